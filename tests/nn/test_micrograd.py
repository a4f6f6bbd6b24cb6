"""Code written for micrograd runs and computes the same; errors explain what differs."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

import pytest

import nn
from autograd import Value, total
from autograd.ops import Op
from tests.two_moons import two_moons


class Scalar:
    """micrograd's formula: each operation knows its children and its local derivatives."""

    def __init__(self, data: float, children: Sequence[tuple[Scalar, float]] = ()) -> None:
        self.data, self.grad, self.children = data, 0.0, children

    def __add__(self, other: Any) -> Scalar:
        other = other if isinstance(other, Scalar) else Scalar(other)
        return Scalar(self.data + other.data, [(self, 1.0), (other, 1.0)])

    def __mul__(self, other: Any) -> Scalar:
        other = other if isinstance(other, Scalar) else Scalar(other)
        return Scalar(self.data * other.data, [(self, other.data), (other, self.data)])

    def relu(self) -> Scalar:
        return Scalar(max(0.0, self.data), [(self, float(self.data > 0))])

    __radd__, __rmul__ = __add__, __mul__

    def backward(self) -> None:
        order: list[Scalar] = []
        seen: set[Scalar] = set()

        def visit(v: Scalar) -> None:
            if v not in seen:
                seen.add(v)
                for child, _ in v.children:
                    visit(child)
                order.append(v)

        visit(self)
        self.grad = 1.0
        for v in reversed(order):
            for child, slope in v.children:
                child.grad += slope * v.grad


class Net:
    """micrograd's MLP: every sum starts from the bias; ReLU except in the last layer."""

    def __init__(self, nin: int, nouts: list[int], weights: Sequence[float]) -> None:
        numbers = map(Scalar, weights)
        self.layers = [
            [([next(numbers) for _ in range(n)], next(numbers)) for _ in range(m)]
            for n, m in zip([nin, *nouts], nouts, strict=False)
        ]

    def parameters(self) -> list[Scalar]:
        return [p for layer in self.layers for w, b in layer for p in (*w, b)]

    def zero_grad(self) -> None:
        for p in self.parameters():
            p.grad = 0.0

    def __call__(self, x: Any) -> Any:
        for layer in self.layers:
            x = [sum((wi * xi for wi, xi in zip(w, x, strict=True)), b) for w, b in layer]
            x = x if layer is self.layers[-1] else [z.relu() for z in x]
        return x[0]


def train(scalar: Any, model: Any, points: Any, targets: Any, steps: int) -> list[float]:
    """micrograd's demo: a maximum-margin loss, L2 regularisation, SGD with a decaying rate."""
    losses = []
    for k in range(steps):
        scores = [model(list(map(scalar, x))) for x in points]
        margins = [(1 + -yi * score).relu() for yi, score in zip(targets, scores, strict=True)]
        data_loss = sum(margins) * (1.0 / len(margins))
        loss = data_loss + 1e-4 * sum(p * p for p in model.parameters())
        model.zero_grad()
        loss.backward()
        for p in model.parameters():
            p.data -= (1.0 - 0.9 * k / 100) * p.grad
        losses.append(loss.data)
    return losses


def compare(points: int, steps: int) -> None:
    xs, ys = two_moons(points, seed=1337)
    model = nn.MLP(2, [16, 16, 1], seed=1)
    rng = random.Random(1337)
    for p in model.parameters():  # micrograd's initial values
        p.data = 0.0 if p.label == "b" else rng.uniform(-1, 1)
    theirs = Net(2, [16, 16, 1], [p.data for p in model.parameters()])
    expected = train(Scalar, theirs, xs, ys, steps)
    assert train(Value, model, xs, ys, steps) == pytest.approx(expected, rel=1e-12)
    for ours, other in zip(model.parameters(), theirs.parameters(), strict=True):
        assert ours.data == pytest.approx(other.data, rel=1e-12, abs=1e-12)
        assert ours.grad == pytest.approx(other.grad, rel=1e-12, abs=1e-12)


def test_micrograds_demo_from_copied_weights_gives_the_same_numbers() -> None:
    compare(points=10, steps=5)


@pytest.mark.slow
def test_micrograds_demo_in_full_gives_the_same_numbers() -> None:
    compare(points=100, steps=20)


# ── names ────────────────────────────────────────────────────────────────────────────────────


def test_modules_take_nonlin() -> None:
    assert [nn.Neuron(2).nonlin, nn.Neuron(2, nonlin=False).nonlin] == [True, False]
    assert nn.Neuron(2, nonlin=False).activation == nn.Neuron(2, False).activation == "linear"  # type: ignore[arg-type]
    assert nn.Neuron(2, nonlin=True).activation == nn.Neuron(2, True).activation == "relu"  # type: ignore[arg-type]
    assert nn.Neuron(2, "tanh", nonlin=True).activation == "tanh"
    assert {neuron.activation for neuron in nn.Layer(2, 3, nonlin=False).neurons} == {"linear"}
    assert {neuron.activation for neuron in nn.Layer(2, 3, nonlin=True).neurons} == {"relu"}


def test_nonlin_can_be_set_later() -> None:
    neuron = nn.Neuron(2, "tanh", seed=0)
    neuron.nonlin = True
    assert neuron.activation == "tanh"
    neuron.nonlin = False
    assert neuron([1, 2]).op == "+"
    neuron.nonlin = True
    assert neuron([1, 2]).op == "relu"
    assert [path for path, _ in neuron.named_parameters()] == ["w1", "w2", "b"]


@pytest.mark.parametrize(("activation", "nonlin"), [("tanh", False), ("linear", True)])
def test_nonlin_that_contradicts_the_activation_is_refused(activation: str, nonlin: bool) -> None:
    with pytest.raises(ValueError, match=f"nonlin={nonlin} contradicts activation='{activation}'"):
        nn.Neuron(2, activation, nonlin=nonlin)


def test_op_is_spelt_as_in_micrograd_if_micrograd_has_the_operation() -> None:
    a, b = Value(2.0), Value(3.0)
    spelt = {
        "": a, "+": a + b, "*": 3 * a,
        "**2": a**2, "**0.5": a**0.5, "**-1": a**-1, "ReLU": a.relu(),
        "tanh": a.tanh(), "exp": a.exp(),
    }  # fmt: skip
    assert {op: v._op for op, v in spelt.items()} == {op: op for op in spelt}
    # micrograd has none of these: a − b is a + b · (−1) there, and a / b is a · b**−1.
    ours = {"-": a - b, "/": a / b, "neg": -a, "**": a**b, "log": a.log(), "max": a.maximum(b)}
    assert {op: v._op for op, v in ours.items()} == {op: op for op in ours}
    own = Op("relu", "relu", lambda a: -a, lambda a, y: -1.0), Op("pow", "**", abs, lambda a, y: y)
    assert [op(a)._op for op in own] == ["relu", "**"]  # user-defined operations keep their symbols
    assert own[1](a)._prev == {a}


def test_prev_holds_each_parent_once_without_the_exponent_and_in_order() -> None:
    a, b = Value(2.0), Value(3.0)
    assert (b * a)._prev == {a, b}
    assert list((b * a)._prev) == [b, a]
    assert a._prev == set()
    assert (a * a)._prev == (a**2)._prev == a.relu()._prev == {a}
    assert (a**b)._prev == {a, b}
    (constant,) = (a + 1)._prev - {a}
    assert (constant.data, constant.role) == (1.0, "constant")
    assert len(total([a, b, Value(1.0)])._prev) == 3  # a sum may have any number of terms


def test_a_walker_written_for_micrograd_evaluates_a_graph() -> None:
    def evaluate(v: Any) -> float:
        numbers = [evaluate(child) for child in v._prev]
        if v._op == "":
            return float(v.data)
        if v._op == "+":
            return sum(numbers) * (2 if len(numbers) == 1 else 1)  # a + a has one child
        if v._op == "*":
            return numbers[0] * numbers[-1]
        if v._op == "ReLU":
            return max(0.0, *numbers)
        assert v._op.startswith("**")
        return float(numbers[0] ** float(v._op[2:]))

    a, b = Value(2.0, role="input"), Value(-3.0, role="input")
    for y in (a * b + 10, (a * 2).relu() + b**2, a + a, b * b + a**-1, a * b * 0.5 + b**0):
        assert evaluate(y) == y.data


ELSEWHERE: list[tuple[Callable[[Any], Any], str]] = [
    (lambda v: v._backward(), r"no _backward: derivatives .* Call loss\.backward\(\)"),
    (lambda v: setattr(v, "_backward", lambda: None), "no _backward to set: .*add an operation"),
    (lambda v: v.topo(), r"no topo: autograd\.graph\.topological\(v\)"),
]


@pytest.mark.parametrize(("attempt", "words"), ELSEWHERE)
def test_micrograd_names_that_are_missing_here_say_what_to_use(
    attempt: Callable[[Any], Any], words: str
) -> None:
    with pytest.raises(AttributeError, match=words):
        attempt(Value(1.0) * 2)


def test_extra_data_for_a_parameter_is_kept_in_a_dictionary() -> None:
    """A Value takes no other attributes: a dict for each node would cost a step 3 %."""
    p = Value(1.0)
    with pytest.raises(AttributeError):
        p.m = 0.0  # type: ignore[attr-defined]
    momentum = {p: 0.0}
    momentum[p] += 0.5
    assert momentum == {p: 0.5}
