"""Typical losses of a row of data, for several tests."""

from __future__ import annotations

from operator import neg
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

import autograd
from autograd import Value, log_softmax
from nn import MLP, cross_entropy, hinge_loss
from tests.two_moons import two_moons

from .agreement import Eager, eager, leaves

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from autograd.program.program import Program

    from .agreement import Floats

__all__ = ["Example", "line", "many_operations", "moons", "softmax_classifier"]


class Example(NamedTuple):
    """A loss, the parameters in it, columns of data, and inputs at which it can be recorded."""

    loss: Callable[[list[Value]], Value]
    params: list[Value]
    columns: list[Floats]
    at: Sequence[float]

    def compile(self, **options: Any) -> Program:
        """Compile its program."""
        inputs = leaves(self.at)
        return autograd.compile(self.loss(inputs), params=self.params, inputs=inputs, **options)

    def eager(self) -> Eager:
        """The results of one graph per row."""
        return eager(lambda _, inputs: self.loss(inputs), self.params, self.columns)


def moons(rows: int = 100, hidden: int = 16, activation: str = "relu") -> Example:
    """Two moons, a perceptron with two hidden layers, hinge loss."""
    model = MLP(2, [hidden, hidden, 1], activation, seed=0)
    points, labels = two_moons(rows, noise=0.1, seed=0)

    def loss(inputs: list[Value]) -> Value:
        *point, label = inputs
        score = model(point)
        assert isinstance(score, Value)
        return hinge_loss(score, label)

    columns = [*np.array(points).T, np.array(labels, float)]
    return Example(loss, model.parameters(), columns, [0.3, -0.2, 1.0])


def softmax_classifier(rows: int = 60, scale: float = 1.0) -> Example:
    """Three numbers to four classes, a hidden layer, cross-entropy with a one-hot target."""
    model = MLP(3, [5, 4], "tanh", seed=1)
    rng = np.random.default_rng(2)
    columns = [scale * rng.normal(size=rows) for _ in range(3)]
    columns += list(np.eye(4)[:, rng.integers(0, 4, rows)])

    def loss(inputs: list[Value]) -> Value:
        return cross_entropy(model(inputs[:3]), inputs[3:])

    return Example(loss, model.parameters(), columns, [0.1, -0.1, 0.2, 0.0, 1.0, 0.0, 0.0])


def line(rows: int = 40) -> Example:
    """A straight line through noisy points, by least squares."""
    rng = np.random.default_rng(3)
    x = rng.uniform(-2.0, 2.0, rows)
    slope, height = Value(0.0, "slope"), Value(0.0, "height")

    def loss(inputs: list[Value]) -> Value:
        x, y = inputs
        return (slope * x + height - y) ** 2

    noisy = 3.0 * x - 1.0 + rng.normal(0.0, 0.1, rows)
    return Example(loss, [slope, height], [x, noisy], [1.0, 2.0])


def many_operations(rows: int = 33) -> Example:
    """Something for every pass: operations to fold, share, fuse and simplify."""
    rng = np.random.default_rng(4)
    params = leaves([0.4, -0.7, 1.3, 0.2])

    def loss(inputs: list[Value]) -> Value:
        a, b, c, d = params
        x, y = inputs
        uniform = (a * b).exp() + c / 4.0 - d**2
        z = (a * x + b * y + uniform).tanh() * 1.0 + 0.0
        again = (a * x + b * y + uniform).tanh()
        p, q, r = log_softmax([z * c, again - d, neg(neg(x))])
        constant = Value(2.0) * Value(3.0) - 1
        return (p * p + q**3 - r) / constant - (z - again * y) - a * b * c + (-uniform).sigmoid()

    return Example(loss, params, [rng.normal(size=rows) for _ in range(2)], [0.5, 2.0])
