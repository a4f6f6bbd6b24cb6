"""Regression with dropout by hand, and gradients clipped one by one and by their norm."""

from __future__ import annotations

import math
import random
from typing import TYPE_CHECKING, Any

from .imports import Module, Value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .run import Step


class Dropout(Module):
    """Zero for a share of the numbers; the others are scaled, so that the mean stays."""

    def __init__(self, share: float, rng: random.Random) -> None:
        self.share, self.rng = share, rng

    def __call__(self, x: list[Any]) -> list[Any]:
        keep = 1.0 - self.share
        return [v * (1.0 / keep) if self.rng.random() < keep else v * 0.0 for v in x]


def clip(parameters: list[Any], largest: float, norm: float) -> None:
    for p in parameters:
        p.grad = max(-largest, min(largest, p.grad))
    length = math.sqrt(sum(p.grad**2 for p in parameters))
    if length > norm:
        for p in parameters:
            p.grad *= norm / length


def steps() -> Iterator[Step]:
    rng = random.Random(2)
    dropout = Dropout(0.2, rng)
    hidden = [(Value(rng.uniform(-2, 2)), Value(rng.uniform(-1, 1))) for _ in range(12)]
    output = [Value(rng.uniform(-1, 1)) for _ in hidden]
    offset = Value(0.0)
    parameters = [*(p for pair in hidden for p in pair), *output, offset]
    points = [k / 6 - 1 for k in range(13)]
    while True:
        loss: Any = Value(0.0)
        for x in points:
            h = dropout([(w * x + b).tanh() for w, b in hidden])
            y = sum((w * v for w, v in zip(output, h, strict=True)), offset)
            loss = loss + (y - math.sin(3 * x)) ** 2
        loss = loss / len(points)
        for p in parameters:
            p.grad = 0.0
        loss.backward()
        clip(parameters, largest=0.5, norm=1.0)
        for p in parameters:
            p.data -= 0.3 * p.grad
        yield loss, parameters
