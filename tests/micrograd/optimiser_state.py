"""An optimiser that keeps its state for each parameter: Adam, with a dictionary instead of `p.m`.

With micrograd people also write ``p.m = 0.0``. Here a Value takes no attributes of one's own.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from .imports import MLP

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .run import Step


class Adam:
    """Kingma and Ba (2015), https://arxiv.org/abs/1412.6980, algorithm 1."""

    def __init__(self, parameters: list[Any], lr: float) -> None:
        self.parameters, self.lr, self.t = parameters, lr, 0
        self.m = dict.fromkeys(parameters, 0.0)
        self.v = dict.fromkeys(parameters, 0.0)

    def zero_grad(self) -> None:
        for p in self.parameters:
            p.grad = 0.0

    def step(self) -> None:
        self.t += 1
        for p in self.parameters:
            self.m[p] = 0.9 * self.m[p] + 0.1 * p.grad
            self.v[p] = 0.999 * self.v[p] + 0.001 * p.grad**2
            m, v = self.m[p] / (1 - 0.9**self.t), self.v[p] / (1 - 0.999**self.t)
            p.data -= self.lr * m / (v**0.5 + 1e-8)


def steps() -> Iterator[Step]:
    rng = random.Random(3)
    model = MLP(3, [4, 4, 1])
    for p in model.parameters():
        p.data = rng.uniform(-1, 1)
    xs = [[2.0, 3.0, -1.0], [3.0, -1.0, 0.5], [0.5, 1.0, 1.0], [1.0, 1.0, -1.0]]
    ys = [1.0, -1.0, -1.0, 1.0]
    adam = Adam(model.parameters(), lr=0.05)
    while True:
        loss = sum((model(x) - y) ** 2 for x, y in zip(xs, ys, strict=True))
        adam.zero_grad()
        loss.backward()
        adam.step()
        yield loss, model.parameters()
