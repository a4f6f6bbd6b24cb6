"""Layers as NumPy object arrays: `np.dot`, `np.vectorize`, broadcasting and sums."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import numpy as np

from .imports import Value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .run import Step

as_values = np.vectorize(Value)
relu = np.vectorize(lambda v: v.relu())
gradient_of = np.vectorize(lambda v: float(v.grad))


def steps() -> Iterator[Step]:
    rng = random.Random(3)

    def uniform(*shape: int) -> Any:
        numbers = [rng.uniform(-1, 1) for _ in range(int(np.prod(shape)))]
        return np.array(numbers).reshape(shape)

    w1, b1, w2, b2 = (as_values(uniform(*shape)) for shape in ((3, 8), (8,), (8, 2), (2,)))
    xs = uniform(12, 3)
    ys = np.stack([xs[:, 0] * xs[:, 1], np.abs(xs[:, 2])], axis=1)
    parameters = [v for array in (w1, b1, w2, b2) for v in array.flat]
    while True:
        hidden = relu(np.dot(xs, w1) + b1)
        scores = hidden @ w2 + b2
        loss = ((scores - ys) ** 2).sum() / len(xs) + 0.01 * (w1 * w1).sum()
        for v in parameters:
            v.grad = 0
        loss.backward()
        for array in (w1, b1, w2, b2):
            changes = 0.1 * gradient_of(array)
            for v, change in zip(array.flat, changes.flat, strict=True):
                v.data -= change
        yield loss, parameters
