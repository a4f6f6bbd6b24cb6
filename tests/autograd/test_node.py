"""`node`: a Value whose data and derivatives are given."""

from __future__ import annotations

import copy
import math
import pickle
from typing import TYPE_CHECKING, Any

import pytest

import autograd
from autograd import Value, grad, hessian, node, softmax
from viz import draw, step_through
from viz.stepping.formulas import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def first_share(values: Sequence[Value]) -> Value:
    """The first entry of softmax, as users of other engines write it: in one node."""
    powers = [math.exp(v.data) for v in values]
    shares = [power / sum(powers) for power in powers]
    slopes = [shares[0] * ((i == 0) - share) for i, share in enumerate(shares)]
    return node(shares[0], values, slopes, name="softmax", label="p")


def pickled(thing: Any) -> Any:
    return pickle.loads(pickle.dumps(thing))


@pytest.mark.parametrize("count", [1, 2, 3, 6])
def test_a_node_passes_its_gradient_on_by_the_given_derivatives(count: int) -> None:
    values = [Value(0.3 * k, f"v{k}") for k in range(count)]
    loss = (first_share(values) * 2 + values[0]) ** 2
    loss.backward()
    expected = grad((softmax(values)[0] * 2 + values[0]) ** 2, values)
    assert [v.grad for v in values] == pytest.approx(expected, rel=1e-14)
    assert grad(loss, values) == pytest.approx(expected, rel=1e-14)


def test_a_node_keeps_its_parents_and_is_named() -> None:
    a = Value(2.0)
    y = node(7.0, [a, 3, a], [1.0, 5.0, 2.0], name="mine", label="y")
    assert (y.data, y.operands, y.inputs, y.op, y.label) == (
        7.0, (a, 3.0, a), (2.0, 3.0, 2.0), "mine", "y",
    )  # fmt: skip
    y.backward()
    assert a.grad == 3.0
    assert node(1.0, [2], [3]).parents[0].role == "constant"


def test_a_node_may_have_no_finite_data() -> None:
    a = Value(math.inf)
    y = node(math.nan, [a], [math.inf])
    assert math.isnan(y.data)
    assert grad(y, a) == math.inf


def test_derivatives_that_are_values_are_differentiated_again() -> None:
    a, b = Value(2.0), Value(3.0)

    def product(a: Value, b: Value) -> Value:
        return node(a.data * b.data, [a, b], [b, a], name="product")

    loss = product(a, b) ** 2 + product(a, a)
    expected = hessian((a * b) ** 2 + a * a, [a, b])
    assert hessian(loss, [a, b]) == expected
    both: list[Callable[[Any], Any]] = [pickled, copy.deepcopy]
    for copied in both:
        twin, x, z = copied([loss, a, b])
        assert hessian(twin, [x, z]) == expected
    sine = node(math.sin(2.0), [a], [a.cos()])
    third = grad(grad(sine, a, create_graph=True), a, create_graph=True)
    assert grad(third, a) == pytest.approx(-math.cos(2.0))


def test_a_constant_derivative_is_a_value_too() -> None:
    a = Value(2.0)
    slope = grad(node(6.0, [a], [Value(3.0)]), a, create_graph=True)
    assert (slope.data, grad(slope, a)) == (3.0, 0.0)


def test_second_derivatives_of_plain_numbers_are_refused_rather_than_0() -> None:
    y = first_share([Value(1.0), Value(2.0)])
    with pytest.raises(ValueError, match="create_graph expects the derivatives of the node 'soft"):
        grad(y, y.operands[0], create_graph=True)
    with pytest.raises(ValueError, match=r"got 0\.19\d+ as derivative 0. Compute it from the"):
        hessian(y, [y.operands[0]])


def test_a_node_is_drawn_stepped_through_pickled_and_copied() -> None:
    values = [Value(0.3 * k, "abc"[k]) for k in range(3)]
    loss = first_share(values) ** 2
    assert "softmax" in draw(loss, derivatives=True).svg
    texts = [plain(formula) for step in step_through(loss).steps for formula in step.formulas]
    assert any("p = softmax(a, b, c)" in text for text in texts)
    both: list[Callable[[Any], Any]] = [pickled, copy.deepcopy]
    for copied in both:
        twin, leaves = copied((loss, values))
        assert (twin.data, grad(twin, leaves)) == (loss.data, grad(loss, values))


def test_a_program_refuses_a_node() -> None:
    values = [Value(1.0), Value(2.0)]
    with pytest.raises(ValueError, match="of the node 'softmax' only its own are known; compute"):
        autograd.compile(first_share(values), params=values)


def test_within_no_grad_a_node_is_a_number() -> None:
    with autograd.no_grad():
        assert node(1.0, [Value(2.0)], [3.0]).parents == ()


@pytest.mark.parametrize(
    ("attempt", "kind", "said"),
    [
        (
            lambda: node(1.0, [], []),
            ValueError,
            "node expects at least one parent, got none; Value(data) makes a leaf",
        ),
        (
            lambda: node(1.0, [Value(1.0)], [1.0, 2.0]),
            ValueError,
            "node expects a derivative for each parent (1 in all), got 2",
        ),
        (
            lambda: node(1.0, 3, [1.0]),  # type: ignore[arg-type]
            TypeError,
            "node expects a list of parents, got int: 3; put it in a list",
        ),
        (
            lambda: node(Value(1.0), [Value(1.0)], [1.0]),  # type: ignore[arg-type]
            TypeError,
            "node, data: expected a number, got a Value. Pass its data: v.data.",
        ),
    ],
)
def test_a_mistake_is_reported(
    attempt: Callable[[], Any], kind: type[Exception], said: str
) -> None:
    with pytest.raises(kind) as refusal:
        attempt()
    assert str(refusal.value) == said
