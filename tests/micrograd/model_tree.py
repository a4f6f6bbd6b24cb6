"""A tree of subclassed modules, copied with `deepcopy`: a student, and a teacher that lags."""

from __future__ import annotations

import copy
import random
from typing import TYPE_CHECKING, Any

from .imports import Layer, Module, Neuron

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .run import Step


class Residual(Module):
    """x + inner(x)."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    def __call__(self, x: Any) -> Any:
        return [a + b for a, b in zip(x, self.inner(x), strict=True)]

    def parameters(self) -> Any:
        return self.inner.parameters()


class Tree(Module):
    """A layer, two residual blocks, and a linear neuron."""

    def __init__(self) -> None:
        self.stem = Layer(2, 4)
        self.blocks = [Residual(Layer(4, 4)) for _ in range(2)]
        self.head = Neuron(4, nonlin=False)

    def __call__(self, x: Any) -> Any:
        x = self.stem(x)
        for block in self.blocks:
            x = block(x)
        return self.head(x)

    def parameters(self) -> Any:
        return [p for part in (self.stem, *self.blocks, self.head) for p in part.parameters()]


def steps() -> Iterator[Step]:
    rng = random.Random(11)
    student = Tree()
    for p in student.parameters():
        p.data = rng.uniform(-0.5, 0.5)
    teacher = copy.deepcopy(student)
    points = [[rng.uniform(-1, 1), rng.uniform(-1, 1)] for _ in range(10)]
    while True:
        loss = sum((student([x, y]) - x * y) ** 2 for x, y in points) / len(points)
        loss = loss + sum((student(p) - teacher(p).data) ** 2 for p in points) * 0.01
        student.zero_grad()
        loss.backward()
        for p in student.parameters():
            p.data -= 0.1 * p.grad
        snapshot = copy.deepcopy(student)  # of the parameters, which have no graph
        for slow, p in zip(teacher.parameters(), snapshot.parameters(), strict=True):
            slow.data = 0.9 * slow.data + 0.1 * p.data
        yield loss, student.parameters()
