"""Two interleaving half circles, the data of micrograd's demo.

scikit-learn has them, too, but tests and benchmarks would need nothing else from it.
"""

from __future__ import annotations

import math
import random


def two_moons(
    n: int = 100, noise: float = 0.1, seed: int = 0
) -> tuple[list[list[float]], list[int]]:
    """``n`` points in the plane with labels −1 (upper moon) and 1 (lower), in random order.

    Like scikit-learn's ``make_moons``: each half circle has radius 1, and every coordinate gets
    Gaussian noise with this standard deviation.
    """
    rng = random.Random(seed)
    moons = []
    for label, size in ((-1, n // 2), (1, n - n // 2)):
        for i in range(size):
            angle = math.pi * i / (size - 1)
            x, y = math.cos(angle), math.sin(angle)
            moons.append(([x, y] if label < 0 else [1.0 - x, 0.5 - y], label))
    rng.shuffle(moons)
    points = [[c + rng.gauss(0.0, noise) for c in point] for point, _ in moons]
    return points, [label for _, label in moons]
