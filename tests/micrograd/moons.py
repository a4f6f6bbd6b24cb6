"""micrograd's demo: an SVM loss with L2 regularisation on two moons, in mini-batches."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import numpy as np

from tests.two_moons import two_moons

from .imports import MLP, Value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .run import Step


def steps() -> Iterator[Step]:
    rng = random.Random(1337)
    points, labels = two_moons(60, seed=4)
    xs, ys = np.array(points), np.array(labels)
    model = MLP(2, [8, 8, 1])
    for p in model.parameters():
        p.data = rng.uniform(-1, 1)
    k = 0
    while True:
        chosen = rng.sample(range(len(xs)), 20)
        inputs = [list(map(Value, row)) for row in xs[chosen]]
        scores = list(map(model, inputs))

        losses = [(1 + -yi * score).relu() for yi, score in zip(ys[chosen], scores, strict=True)]
        data_loss = sum(losses) * (1.0 / len(losses))
        reg_loss = 1e-4 * sum(p * p for p in model.parameters())
        total_loss = data_loss + reg_loss

        model.zero_grad()
        total_loss.backward()
        learning_rate = max(0.1, 1.0 - 0.9 * k / 100)
        for p in model.parameters():
            p.data -= learning_rate * p.grad
        k += 1
        yield total_loss, model.parameters()
