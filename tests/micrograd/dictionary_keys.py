"""Values as keys of dictionaries and members of sets: names, caches, Adagrad's sums."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from .imports import Value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .run import Step


def steps() -> Iterator[Step]:
    rng = random.Random(7)
    names = {Value(rng.uniform(-1, 1)): f"w{k}" for k in range(6)}
    frozen = {w for w, name in names.items() if name in ("w2", "w4")}
    squares: dict[Any, float] = dict.fromkeys(names, 1e-8)
    weights = list(names)
    while True:
        cache: dict[tuple[Any, Any], Any] = {}  # products that several terms share

        def product(a: Any, b: Any, cache: dict[tuple[Any, Any], Any] = cache) -> Any:
            if (a, b) not in cache:
                cache[a, b] = a * b
            return cache[a, b]

        pairs = [(a, b) for a in weights for b in weights if names[a] <= names[b]]
        loss: Any = Value(0)
        for k, (a, b) in enumerate(pairs + pairs[::3]):
            loss = loss + (product(a, b) - 0.1 * k) ** 2
        for w in weights:
            w.grad = 0
        loss.backward()
        for w in set(weights) - frozen:
            squares[w] += w.grad**2
            w.data -= 0.1 * w.grad / squares[w] ** 0.5
        yield loss, weights
