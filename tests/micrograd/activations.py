"""Eleven activation functions with parameters of their own, which are trained with the weights."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from .imports import Module, Value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .run import Step


def sigmoid(x: Any) -> Any:
    return 1 / (1 + (-x).exp())


def prelu(x: Any, a: Any) -> Any:
    return x.relu() - a * (-x).relu()


def elu(x: Any, a: Any) -> Any:
    return x if x.data > 0 else a * (x.exp() - 1)


def swish(x: Any, a: Any) -> Any:
    return x * sigmoid(a * x)


def softplus(x: Any, a: Any) -> Any:
    return (1 + (a * x).exp()).log() / a


def scaled_tanh(x: Any, a: Any, b: Any) -> Any:
    return a * (b * x).tanh()


def steep_sigmoid(x: Any, a: Any) -> Any:
    return sigmoid(a * x)


def mixture(x: Any, a: Any) -> Any:
    share = sigmoid(a)
    return share * x.relu() + (1 - share) * x.tanh()


def bell(x: Any, a: Any, b: Any) -> Any:
    return (-(((x - a) / b) ** 2)).exp()


def polynomial(x: Any, a: Any, b: Any, c: Any) -> Any:
    return a + b * x + c * x**2


def rational(x: Any, a: Any, b: Any) -> Any:
    return (x + a * x**2) / (1 + (b * x) ** 2)


def piecewise_linear(x: Any, a: Any, b: Any) -> Any:
    return x.relu() + a * (b - x).relu()


ACTIVATIONS: dict[Callable[..., Any], tuple[float, ...]] = {
    prelu: (0.25,), elu: (1.0,), swish: (1.0,), softplus: (1.0,), scaled_tanh: (1.7, 0.7),
    steep_sigmoid: (2.0,), mixture: (0.0,), bell: (0.1, 1.0), polynomial: (0.0, 1.0, 0.1),
    rational: (0.3, 0.5), piecewise_linear: (0.2, 0.4),
}  # fmt: skip
"""Each function, and the first values of its parameters."""


class Unit(Module):
    """A neuron with an activation whose parameters are learnt."""

    def __init__(self, rng: random.Random, activation: Callable[..., Any]) -> None:
        self.w = [Value(rng.uniform(-1, 1)) for _ in range(2)]
        self.b = Value(rng.uniform(-1, 1))
        self.activation = activation
        self.shape = [Value(x) for x in ACTIVATIONS[activation]]

    def __call__(self, x: Any) -> Any:
        z = sum((wi * xi for wi, xi in zip(self.w, x, strict=True)), self.b)
        return self.activation(z, *self.shape)

    def parameters(self) -> list[Any]:
        return [*self.w, self.b, *self.shape]


def steps() -> Iterator[Step]:
    rng = random.Random(5)
    units = [Unit(rng, activation) for activation in ACTIVATIONS]
    parameters = [p for unit in units for p in unit.parameters()]
    points = [(rng.uniform(-2, 2), rng.uniform(-2, 2)) for _ in range(8)]
    while True:
        loss: Any = Value(0.0)
        for x, y in points:
            loss = loss + (sum(unit([x, y]) for unit in units) / len(units) - x * y) ** 2
        loss = loss / len(points)
        for p in parameters:
            p.grad = 0.0
        loss.backward()
        for p in parameters:
            p.data -= 0.05 * p.grad
        yield loss, parameters
