"""Patterns of micrograd's users whose graph changes from step to step, rewritten to be compiled.

What changes becomes an input, ``if`` and ``max`` become `where` and `maximum`; the rest of the
formulas is that of `tests.micrograd`. The examples of a step are the rows of a program.
"""

from __future__ import annotations

import math
import random
from itertools import repeat
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

import nn
from autograd import Value, greater, maximum, where
from tests.micrograd import activations, convolution
from tests.two_moons import two_moons

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["REWRITTEN", "Rewritten"]


class Rewritten(NamedTuple):
    """A loss to compile, and what it is given.

    Attributes:
        loss: of one example; its arguments are inputs.
        params: in the order of the pattern's.
        batches: the columns of each step, from the second one on.
        shapes: the lengths of arguments that are lists.
        clip: what is done to a gradient before the update.
    """

    loss: Callable[..., Any]
    params: list[Value]
    batches: Iterator[tuple[Any, ...]]
    shapes: dict[str, int] = {}  # noqa: RUF012  (nothing changes it)
    clip: Callable[[Any], Any] = lambda gradient: gradient


def moons() -> Rewritten:
    """The points of a step are columns."""
    rng = random.Random(1337)
    points, labels = two_moons(60, seed=4)
    model = nn.MLP(2, [8, 8, 1])
    for _ in model.parameters():
        rng.uniform(-1, 1)

    def loss(x1: Any, x2: Any, y: Any) -> Any:
        data_loss = (1 + -y * model([x1, x2])).relu()
        return data_loss + 1e-4 * sum(p * p for p in model.parameters())

    def batches() -> Iterator[tuple[Any, ...]]:
        xs, ys = np.array(points), np.array(labels, float)
        rng.sample(range(len(xs)), 20)  # the first step's
        while True:
            chosen = rng.sample(range(len(xs)), 20)
            yield xs[chosen, 0], xs[chosen, 1], ys[chosen]

    return Rewritten(loss, model.parameters(), batches())


def elu(x: Any, a: Any) -> Any:
    """The pattern's, with its ``if`` as a `where`."""
    return where(greater(x, 0), x, a * (x.exp() - 1))


def learnable_activations() -> Rewritten:
    """The units of the pattern; elu chooses anew for each row."""
    rng = random.Random(5)
    units = [activations.Unit(rng, activation) for activation in activations.ACTIVATIONS]
    points = np.array([(rng.uniform(-2, 2), rng.uniform(-2, 2)) for _ in range(8)])
    for unit in units:
        if unit.activation is activations.elu:
            unit.activation = elu

    def loss(x: Any, y: Any) -> Any:
        return (sum(unit([x, y]) for unit in units) / len(units) - x * y) ** 2

    params = [p for unit in units for p in unit.parameters()]
    return Rewritten(loss, params, repeat((points[:, 0], points[:, 1])))


def pooled_convolution() -> Rewritten:
    """The pixels of a picture are a row; the pool takes `maximum`, not Python's ``max``."""
    kernels = np.array([[[Value(0.1) for _ in "xx"] for _ in "xx"] for _ in "xx"])
    biases, weights = [Value(0.1), Value(-0.1)], [Value(0.1) for _ in range(8)]

    def loss(pixels: Any, target: Any) -> Any:
        picture = np.array(list(pixels)).reshape(5, 5)
        features = []
        for kernel, bias in zip(kernels, biases, strict=True):
            bent = [
                [(v + bias).relu() for v in row] for row in convolution.convolve(picture, kernel)
            ]
            for i in (0, 2):
                for j in (0, 2):
                    top = maximum(bent[i][j], bent[i][j + 1])
                    features.append(maximum(top, maximum(bent[i + 1][j], bent[i + 1][j + 1])))
        return (sum(w * f for w, f in zip(weights, features, strict=True)) - target) ** 2 * 3.0

    pictures = np.array([picture.ravel() for picture, _ in convolution.PICTURES], float)
    targets = np.array([target for _, target in convolution.PICTURES])
    params = [*kernels.flat, *biases, *weights]
    return Rewritten(loss, params, repeat((pictures, targets)), {"pixels": 25})


def regression_with_dropout() -> Rewritten:
    """What dropout draws is a block of columns: 0, or the factor of what is kept."""
    rng = random.Random(2)
    hidden = [(Value(rng.uniform(-2, 2)), Value(rng.uniform(-1, 1))) for _ in range(12)]
    output = [Value(rng.uniform(-1, 1)) for _ in hidden]
    offset = Value(0.0)
    xs = np.array([k / 6 - 1 for k in range(13)])
    keep = 1.0 - 0.2

    def loss(x: Any, y: Any, kept: Any) -> Any:
        h = [(w * x + b).tanh() * k for (w, b), k in zip(hidden, kept, strict=True)]
        return (sum((w * v for w, v in zip(output, h, strict=True)), offset) - y) ** 2

    def batches() -> Iterator[tuple[Any, ...]]:
        ys, first = np.sin(3 * xs), True
        while True:
            drawn = [[rng.random() < keep for _ in hidden] for _ in xs]
            if not first:
                yield xs, ys, np.array(drawn) * (1.0 / keep)
            first = False

    def clip(gradient: Any) -> Any:
        clipped = np.clip(gradient, -0.5, 0.5)
        return clipped * min(1.0, 1.0 / math.sqrt(clipped @ clipped))

    params = [*(p for pair in hidden for p in pair), *output, offset]
    return Rewritten(loss, params, batches(), {"kept": 12}, clip)


REWRITTEN: dict[str, Callable[[], Rewritten]] = {
    "moons": moons,
    "activations": learnable_activations,
    "convolution": pooled_convolution,
    "regression": regression_with_dropout,
}
