"""micrograd's names work here; an error explains what differs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import nn
from autograd import Value, total
from autograd.comparisons import SYMBOLS, comparisons_of
from autograd.graph import topological
from autograd.ops import Op


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


def test_a_second_walk_through_prev_finds_the_same_constants() -> None:
    a, b = Value(2.0), Value(3.0)
    for v in (a * 0.5, 0.5 - a, (a + 1) ** 2 + 7, total([a, 3.0, b])):
        for node in topological(v):
            first = list(node._prev)
            assert node > -9.0  # comparisons are remembered in the same place
            assert list(node._prev) == first  # Values are equal by identity
    y = a * 0.5
    assert y > 0.5
    assert len(y._prev) == 2 and y < 9.0
    found = [(SYMBOLS[c.compare], c.right) for c in comparisons_of([y])]
    assert found == [(">", 0.5), ("<", 9.0)]


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
    (lambda v: setattr(v, "m", 0.0), r"no m to set: .*velocity = \{p: 0\.0 for p in parameters\}"),
    (lambda v: v.velocity, "no velocity: .*dictionary"),
    # Those of tensors and arrays.
    (lambda v: v.item(), r"no item: its number is v\.data"),
    (lambda v: v.detach(), r"no detach: .*Value\(v\.data\) is a new leaf"),
    (lambda v: setattr(v, "requires_grad", True), r"no requires_grad to set: .*no_grad\(\)"),
    (lambda v: v.sum(), r"no sum: it is one number\. Write autograd\.total"),
    (lambda v: v.clip(0, 1), r"no clip: write v\.clamp\(low, high\)"),
]


@pytest.mark.parametrize(("attempt", "words"), ELSEWHERE)
def test_micrograd_names_that_are_missing_here_say_what_to_use(
    attempt: Callable[[Any], Any], words: str
) -> None:
    with pytest.raises(AttributeError, match=words):
        attempt(Value(1.0) * 2)


def test_names_that_are_missing_are_not_offered_to_complete() -> None:
    offered = dir(Value(1.0))
    assert {"data", "exp", "clamp", "_prev", "__add__"} <= set(offered)
    assert not {"item", "detach", "topo", "m"} & set(offered)


def test_a_value_takes_no_further_attributes() -> None:
    """A dict for each node would make a step 3 % slower."""
    p = Value(1.0)
    assert not hasattr(p, "m")
    for name in ("m", "v", "velocity", "momentum", "anything"):
        with pytest.raises(AttributeError):
            setattr(p, name, 0.0)


def test_a_value_stays_the_same_key_when_its_data_changes() -> None:
    a, twin = Value(1.0), Value(1.0)
    names = {a: "a"}
    a.data = 5.0
    assert names[a] == "a" and twin not in names and len({a, a, twin}) == 2


def test_a_constant_among_prev_is_as_value_makes_it() -> None:
    a = Value(2.0)
    for v in (a + 0.5, 0.5 + a):
        (constant,) = [p for p in v._prev if p is not a]
        made = Value(0.5, role="constant")
        for name in ("data", "grad", "label", "role", "op", "parents", "inputs", "made_by"):
            assert getattr(constant, name) == getattr(made, name)
        assert repr(constant * a) == repr(made * a)
