"""Derivatives of functions that take derivatives themselves: each level sees only its own."""

from __future__ import annotations

import math
from itertools import product
from typing import TYPE_CHECKING, Any

import mpmath as mp
import pytest

from autograd import (
    Value,
    detect_anomaly,
    equal,
    grad,
    gradcheck,
    greater,
    hessian,
    hvp,
    jacobian,
    jvp,
    maximum,
    no_grad,
    node,
    pick,
    value_and_grad,
    vjp,
    where,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    Derivative = Callable[[Callable[[Any], Any]], Callable[[Any], Any]]


def by_jvp(f: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda x: jvp(f, x, 1.0)[1]


def by_vjp(f: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda x: vjp(f, x)[1](1.0)


def by_value_and_grad(f: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda x: value_and_grad(f)(x)[1]


def by_grad(f: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """With a graph that the caller's code records; it cannot be inside a jvp."""

    def derivative(x: Any) -> Any:
        x = x if isinstance(x, Value) else Value(x)
        return grad(f(x), x)

    return derivative


FORMS: list[Derivative] = [by_jvp, by_vjp, by_value_and_grad]


in_every_combination = pytest.mark.parametrize(
    "forms",
    list(product(FORMS, repeat=3)),
    ids=lambda forms: "-".join(form.__name__ for form in forms),
)


def smooth(x: Any) -> Any:
    return (x * x).sin() * x.exp() / (1 + x * x) + x**3 * x.tanh()


def reference(x: Any) -> Any:
    return mp.sin(x * x) * mp.exp(x) / (1 + x * x) + x**3 * mp.tanh(x)


@in_every_combination
def test_third_derivatives_are_right(forms: tuple[Derivative, ...]) -> None:
    f: Callable[[Any], Any] = smooth
    for order, form in enumerate(forms, start=1):
        f = form(f)
        assert math.isclose(f(0.7), float(mp.diff(reference, 0.7, order)), rel_tol=1e-12)


@pytest.mark.parametrize(
    ("inner", "outer"),
    [*product(FORMS, repeat=2), (by_grad, by_vjp), (by_grad, by_value_and_grad)],
)
def test_an_inner_function_that_uses_the_outer_variable_does_not_confuse_the_two(
    inner: Derivative, outer: Derivative
) -> None:
    # d/dx (x · d/dy (x + y)) = d/dx x = 1, but a mixture of the two gives 2.
    assert outer(lambda x: x * inner(lambda y: x + y)(1.0))(1.0) == 1.0
    # d/dx (x · d/dy (x · y)) = 2x, whether y is a number or x itself.
    assert outer(lambda x: x * inner(lambda y: x * y)(1.0))(3.0) == 6.0
    if inner is not by_grad:  # grad(y, x) is by the Value x, wherever it occurs
        assert outer(lambda x: x * inner(lambda y: x * y)(x))(3.0) == 6.0


@in_every_combination
def test_three_levels_that_use_each_others_variables(forms: tuple[Derivative, ...]) -> None:
    outer, middle, inner = forms

    # z ↦ x·y·z³ has the slope 3xyz²; at z = y, 3xy³; its slope by y is 9xy²; at y = x, 9x³.
    def f(x: Any) -> Any:
        return middle(lambda y: inner(lambda z: x * y * z**3)(y) - 0.0 * x)(x)

    # The slope by y counts the y of the closure as well: 3xy·y², so 9xy².
    assert math.isclose(f(2.0), 72.0)
    assert math.isclose(outer(f)(2.0), 27 * 4.0)


@pytest.mark.parametrize("form", FORMS)
def test_a_hessian_inside_another_function_is_differentiated(form: Derivative) -> None:
    # hvp of a⁴ is 12a²; by a, 24a.
    assert form(lambda x: hvp(lambda a: a**4, x, 1.0))(2.0) == 48.0
    assert form(lambda x: hvp(lambda a: a**3 * x, 1.0, x))(2.0) == 24.0  # 6x · x


def test_recorded_derivatives_inside_a_function_are_differentiated() -> None:
    def curvature(x: Value) -> Any:
        return hessian(x**4, x)[0][0]

    def slope(x: Value) -> Any:
        return jacobian([x**3, x], [x])[0][0]

    assert value_and_grad(curvature)(2.0) == (48.0, 48.0)
    assert value_and_grad(slope)(2.0) == (12.0, 12.0)
    assert value_and_grad(lambda x: grad(x**3, x, create_graph=False))(2.0) == (12.0, 0.0)
    assert jvp(lambda x: value_and_grad(curvature)(x)[1], 2.0, 1.0) == (48.0, 24.0)


def test_results_are_values_inside_and_floats_outside() -> None:
    seen: list[Any] = []

    def f(x: Any) -> Any:
        seen[:] = [
            *jvp(lambda a: a * x, x, 1.0),
            *value_and_grad(lambda a: a * x)(x),
            value_and_grad(lambda a: 5.0)(x)[1],
            vjp(lambda a: [a, 2.0], x)[0][1],
            vjp(lambda a: a * x, x)[1](1.0),
            hvp(lambda a: a * a * x, x, 1.0),
        ]
        return x

    jvp(f, 2.0, 1.0)
    assert {type(number) for number in seen} == {Value}
    value_and_grad(f)(2.0)
    assert {type(number) for number in seen} == {Value}
    f(2.0)
    assert {type(number) for number in seen} == {float}


def test_gradients_of_directional_derivatives_reach_every_value() -> None:
    x, w = Value(0.7), Value(1.3)
    _, slope = jvp(lambda a: (a * w).sin(), x, 2.0, create_graph=True)
    # 2w·cos(xw)
    assert math.isclose(slope.data, 2 * 1.3 * math.cos(0.91), rel_tol=1e-15)
    by_x, by_w = grad(slope, [x, w])
    assert math.isclose(by_x, -2 * 1.69 * math.sin(0.91), rel_tol=1e-14)
    assert math.isclose(by_w, 2 * math.cos(0.91) - 2 * 1.3 * 0.7 * math.sin(0.91), rel_tol=1e-14)
    slope.backward()
    assert (x.grad, w.grad) == (by_x, by_w)


def test_value_and_grad_with_create_graph_leads_back_to_its_arguments() -> None:
    x, w = Value(2.0), Value(3.0)
    value, slope = value_and_grad(lambda a: a * a * w * x, create_graph=True)(x)
    # By the argument alone: 2awx. The x of the closure counts when the slope is differentiated.
    assert (value.data, slope.data) == (24.0, 24.0)
    assert grad(value, [x, w]) == [36.0, 8.0]
    assert grad(slope, [x, w]) == [24.0, 8.0]  # 2wx² gives 4wx and 2x²


def test_a_pull_back_with_create_graph_can_be_used_many_times() -> None:
    x, c = Value(2.0), Value(5.0)
    value, pull_back = vjp(lambda a: {"square": a * a, "cube": a**3}, x, create_graph=True)
    assert grad(value["cube"], x) == 12.0
    slope = pull_back({"square": c, "cube": 1.0})
    assert (slope.data, grad(slope, [x, c])) == (32.0, [22.0, 4.0])
    assert grad(pull_back({"square": 0.0, "cube": 1.0}), x) == 12.0


def test_no_grad_stops_derivatives_of_derivatives_as_well() -> None:
    def f(x: Any) -> Any:
        with no_grad():
            slope = value_and_grad(lambda a: a**3)(x)[1]
        return x * slope

    assert value_and_grad(f)(2.0) == (24.0, 12.0)
    assert jvp(f, 2.0, 1.0) == (24.0, 12.0)


def test_kinks_inside_gradients_have_the_derivatives_of_their_branch() -> None:
    def f(x: Any) -> Any:
        return x.relu() * x + maximum(x, 3.0) ** 2 + (x * 0 - 1).relu().sqrt()

    for forms in product(FORMS, repeat=2):
        assert forms[0](forms[1](f))(2.0) == 2.0
        assert forms[0](forms[1](f))(4.0) == 4.0
        assert forms[0](forms[1](f))(-2.0) == 0.0


def cube(x: Any) -> Any:
    """x³ as a node, whose derivative is a Value."""
    return node(x.data**3, [x], [3 * x * x], name="cube")


def test_nodes_have_tangents_and_refuse_to_be_differentiated_again_where_they_cannot() -> None:
    for form in FORMS:
        assert form(cube)(2.0) == 12.0
        assert form(by_jvp(cube))(2.0) == 12.0
    x = Value(2.0)
    assert grad(jvp(cube, x, 1.0, create_graph=True)[1], x) == 12.0
    refused = r"the node 'cube' has derivatives at one point"
    for inner in (by_vjp, by_value_and_grad):
        with pytest.raises(ValueError, match=refused):
            by_jvp(inner(cube))(2.0)
    with pytest.raises(ValueError, match=refused):
        hvp(cube, 2.0, 1.0)
    with pytest.raises(ValueError, match="create_graph expects the derivatives of the node"):
        by_jvp(by_jvp(lambda x: node(4.0, [x], [4.0])))(2.0)


CHOICES: list[tuple[Callable[[Any], Any], float, float]] = [
    (lambda x: where(greater(x, 0), x.log(), 0), 0.0, 0.0),
    (lambda x: where(greater(x, 0), x.sqrt(), x**3), 3.0, -6.0),
    (lambda x: where(x, x**3, (x - x).sqrt() / x.log()), 3.0, -6.0),
    (lambda x: pick([x.log(), x**3, 2.0], Value(1)), 3.0, -6.0),
    (lambda x: pick([x.log(), x**3, x * x], where(equal(x, -1), 2, 0)), -2.0, 2.0),
    (lambda x: where(greater(x, 0), x.log(), x) * where(x, x, x.log()), -2.0, 2.0),
]


@pytest.mark.parametrize(("f", "first", "second"), CHOICES)
def test_nothing_comes_from_what_was_not_chosen(
    f: Callable[[Any], Any], first: float, second: float
) -> None:
    for form in FORMS:
        assert form(f)(-1.0) == first
    for outer, inner in product(FORMS, repeat=2):
        assert outer(inner(f))(-1.0) == second
    assert hvp(f, -1.0, 1.0) == second
    x = Value(-1.0)
    assert jacobian([f(x), x], x) == [[first], [1.0]]
    _, slope = jvp(f, x, 1.0, create_graph=True)
    assert grad(slope, x) == second


def test_a_value_that_escapes_from_an_inner_function_keeps_its_outer_tangent() -> None:
    kept: list[Any] = []

    def f(x: Any) -> Any:
        def inner(y: Any) -> Any:
            kept.append(x * y)
            return y

        jvp(inner, 5.0, 1.0)
        return kept[-1] * x  # 5x · x

    assert jvp(f, 2.0, 1.0) == (20.0, 20.0)
    assert jvp(lambda x: value_and_grad(f)(x)[0], 2.0, 1.0)[0] == 20.0


def test_anomalies_are_found_at_every_level() -> None:
    with detect_anomaly(), pytest.raises(ArithmeticError, match="inf"):
        jvp(lambda x: value_and_grad(lambda a: a.sqrt())(x)[1], 0.0, 1.0)


def test_gradcheck_accepts_functions_that_take_derivatives_or_return_numbers() -> None:
    assert gradcheck(lambda x: grad(x**3, x), 2.0)
    assert gradcheck(lambda x, y: jvp(lambda a: a**3 * y, x, 1.0)[1], 2.0, 3.0)
    assert gradcheck(lambda x: 4.0, 2.0)


def test_a_chain_of_second_derivatives_needs_no_recursion() -> None:
    def f(x: Any) -> Any:
        y = x * x
        for _ in range(5_000):
            y = y + x
        return y

    assert jvp(by_value_and_grad(f), 1.0, 1.0) == (5002.0, 2.0)
    assert hvp(f, 1.0, 3.0) == 6.0
