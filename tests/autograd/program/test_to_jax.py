"""What a program hands on to JAX computes the same values, and has the same gradients, there."""

from __future__ import annotations

import math
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import autograd
from autograd import Value, total

from .agreement import assert_agree, leaves
from .models import Example, many_operations, moons, softmax_classifier
from .points import OPERANDS, gradients_at, ordinary_columns, special_points, values_at

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from autograd.ops import Op

jax = pytest.importorskip("jax", exc_type=ImportError)

rows = pytest.mark.parametrize(("row", "n"), OPERANDS, ids=lambda x: getattr(x, "name", str(x)))


@pytest.fixture(autouse=True)
def double_precision() -> Iterator[None]:
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", True)
    yield
    jax.config.update("jax_enable_x64", before)


def mean_of(function: Any) -> Callable[..., Any]:
    return lambda theta, *columns: function(theta, *columns).mean()


@pytest.mark.parametrize("passes", [None, []], ids=["optimised", "as recorded"])
@pytest.mark.parametrize("make", [moons, softmax_classifier, many_operations])
def test_a_model_is_the_same_in_jax(make: Callable[[], Example], passes: list[str] | None) -> None:
    example = make()
    program, columns = example.compile(passes=passes), example.columns
    function, values = program.to_jax(), program(*columns)
    size = np.abs(values).max()
    for f in function, jax.jit(function):
        found = f(program.theta, *columns)
        assert found.shape == values.shape and found.dtype == np.float64
        assert_agree(found, values, size, rtol=1e-9)
    value, gradient = program.value_and_grad(*columns)
    for g in jax.grad(mean_of(function)), jax.jit(jax.grad(mean_of(function))):
        assert_agree(g(program.theta, *columns), gradient, np.abs(gradient).max(), rtol=1e-9)
    found_value, found = jax.value_and_grad(mean_of(function))(program.theta, *columns)
    assert_agree(found_value, value, rtol=1e-9)


def test_theta_is_an_argument() -> None:
    w, x = Value(3.0), Value(1.0)
    program = autograd.compile(w * x, params=[w], inputs=[x])
    function = program.to_jax()
    program.theta[:] = 100.0
    assert function(np.array([2.0]), np.array([1.0, 5.0])).tolist() == [2.0, 10.0]


def test_several_outputs_come_in_rows() -> None:
    p, x, c = Value(3.0), Value(5.0), Value(7.0)
    program = autograd.compile([p * x, p, x, c, p * x], params=[p], inputs=[x])
    column = np.array([1.0, 2.0])
    for f in program.to_jax(), jax.jit(program.to_jax()):
        assert f(program.theta, column).tolist() == program(column).tolist()


def test_without_inputs_there_is_one_row() -> None:
    p, q = Value(3.0), Value(4.0)
    program = autograd.compile(p * q, params=[p, q])
    function = program.to_jax()
    assert function(program.theta).tolist() == program().tolist() == [12.0]
    assert jax.grad(mean_of(function))(program.theta).tolist() == [4.0, 3.0]


def test_rows_may_be_mapped_one_by_one() -> None:
    example = softmax_classifier()
    program = example.compile()
    function = jax.vmap(program.to_jax(), in_axes=(None, *[0] * len(example.columns)))
    found = function(program.theta, *[column[:, None] for column in example.columns])
    assert_agree(found[:, 0], program(*example.columns), rtol=1e-9)


def test_a_missing_column_is_told() -> None:
    example = moons(5)
    function = example.compile().to_jax()
    with pytest.raises(ValueError, match=r"takes 3 columns, and got 1"):
        function(np.zeros(337), np.zeros(5))


@rows
def test_every_row_is_the_same_in_jax(row: Op, n: int) -> None:
    columns = ordinary_columns(row, n, 40)
    params, inputs = leaves([0.9, 1.1, 0.8, 0.7, 1.2, -0.8][: n + 1]), leaves([0.7] * n)
    loss = params[-1] * row(*[p * x for p, x in zip(params, inputs, strict=False)])
    program = autograd.compile(loss, params=params, inputs=inputs)
    function = program.to_jax()
    values = program(*columns)
    assert_agree(jax.jit(function)(program.theta, *columns), values, rtol=1e-9)
    _, gradient = program.value_and_grad(*columns)
    found = jax.grad(mean_of(function))(program.theta, *columns)
    assert_agree(found, gradient, np.abs(gradient).max(), rtol=1e-9)


@rows
def test_a_row_has_its_value_in_jax_at_special_numbers(row: Op, n: int) -> None:
    """nan and inf too. But XLA takes numbers below 2.2e-308 for 0, before and after."""
    points = [point for point in special_points(n) if not any(0 < abs(x) < 1e-300 for x in point)]
    inputs, columns = leaves([0.7] * n), list(np.array(points).T)
    program = autograd.compile(row(*inputs), inputs=inputs)
    found, expected = np.array(program.to_jax()(program.theta, *columns)), values_at(row, points)
    tiny = (np.abs(expected) < 1e-300) & (expected != 0.0)
    assert_agree(found[~tiny], expected[~tiny], rtol=1e-9)


# Kinks, poles, ties, and what is no number; not what overflows, or is too small for XLA.
EDGES = [0.0, -0.0, 1.0, -1.0, 2.0, 0.5, -2.3, 40.0, math.inf, -math.inf, math.nan]


@rows
def test_a_row_has_its_gradient_in_jax_at_edges(row: Op, n: int) -> None:
    points = list(product(EDGES, repeat=n)) if n < 3 else [(x, *EDGES[: n - 1]) for x in EDGES]
    inputs, columns = leaves([0.7] * n), list(np.array(points).T)
    program = autograd.compile(row(*inputs), inputs=inputs)
    function = program.to_jax()
    # The gradient by the columns: each row's own.
    slopes = jax.grad(lambda *xs: function(program.theta, *xs).sum(), argnums=tuple(range(n)))
    assert_agree(np.array(slopes(*columns)).T, gradients_at(row, points), rtol=1e-9)


WITH_CONSTANTS: dict[str, Callable[[Value], Value]] = {
    "z²": lambda z: z**2,
    "z⁵": lambda z: z**5,
    "z⁻³": lambda z: z**-3,
    "2ᶻ": lambda z: 2.0**z,
    "1/z": lambda z: 1.0 / z,
    "leaky relu": lambda z: z.leaky_relu(0.1),
    "max(z, ½)": lambda z: z.maximum(0.5),
    "3√z² − 1": lambda z: (z * z).sqrt() * 3.0 - 1.0,
}


@pytest.mark.parametrize("passes", [None, []], ids=["optimised", "as recorded"])
@pytest.mark.parametrize("f", WITH_CONSTANTS.values(), ids=WITH_CONSTANTS)
def test_jax_differentiates_forwards_and_twice(
    f: Callable[[Value], Value], passes: list[str] | None
) -> None:
    """Constants have no derivative to speak of: that by the exponent of a negative base is nan."""
    w, x, at = Value(-1.5), Value(1.0), np.array([-1.5])
    program = autograd.compile(f(w * x), params=[w], inputs=[x], passes=passes)
    columns = [np.array([1.0, 2.0, -0.5])]
    function = mean_of(program.to_jax())
    _, gradient = program.value_and_grad(*columns)
    assert_agree(jax.grad(function)(at, *columns), gradient, rtol=1e-9)
    assert_agree(jax.jacfwd(function)(at, *columns), gradient, rtol=1e-9)
    weight = Value(-1.5)
    loss = total(f(weight * c) for c in columns[0]) / 3
    second = autograd.hessian(loss, weight)
    assert_agree(jax.hessian(function)(at, *columns), second, rtol=1e-9)
