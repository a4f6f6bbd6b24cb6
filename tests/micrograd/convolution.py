"""A convolution on object arrays: two kernels slide over small pictures; max-pooling; a score."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import numpy as np

from .imports import Value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .run import Step

PICTURES = [  # an upright bar, a lying one, and a slope
    (np.array([[0, 1, 0, 0, 0]] * 5), 1.0),
    (np.array([[0] * 5, [0] * 5, [1] * 5, [0] * 5, [0] * 5]), -1.0),
    (np.eye(5) * 0.5, 0.0),
]


def convolve(picture: Any, kernel: Any) -> Any:
    size = picture.shape[0] - kernel.shape[0] + 1
    out = np.empty((size, size), dtype=object)
    for i in range(size):
        for j in range(size):
            window = picture[i : i + kernel.shape[0], j : j + kernel.shape[1]]
            out[i, j] = (window * kernel).sum()
    return out


def pool(picture: Any) -> Any:
    """The largest of each 2 × 2 block."""
    size = picture.shape[0] // 2
    out = np.empty((size, size), dtype=object)
    for i in range(size):
        for j in range(size):
            block = picture[2 * i : 2 * i + 2, 2 * j : 2 * j + 2]
            out[i, j] = max(block.ravel(), key=lambda v: v.data)
    return out


def steps() -> Iterator[Step]:
    rng = random.Random(8)
    kernels = np.array([[[Value(rng.uniform(-1, 1)) for _ in "xx"] for _ in "xx"] for _ in "xx"])
    biases = np.array([Value(0.1), Value(-0.1)])
    weights = np.array([Value(rng.uniform(-0.5, 0.5)) for _ in range(8)])
    parameters = [*kernels.flat, *biases, *weights]
    while True:
        loss: Any = 0
        for picture, target in PICTURES:
            maps = [convolve(picture, k) + b for k, b in zip(kernels, biases, strict=True)]
            bent = [np.vectorize(lambda v: v.relu())(m) for m in maps]
            features = np.concatenate([pool(m).ravel() for m in bent])
            loss += (features.dot(weights) - target) ** 2
        for p in parameters:
            p.grad = 0
        loss.backward()
        for p in parameters:
            p.data -= 0.02 * p.grad
        yield loss, parameters
