"""A program exported to JAX computes the same values and has the same gradients."""

from __future__ import annotations

import math
import os
import re
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import autograd
from autograd import Value, greater, less, logsumexp, pick, total, where
from autograd.ops import SHIFT

from .agreement import assert_agree, leaves
from .models import Example, many_operations, moons, softmax_classifier
from .points import OPERANDS, gradients_at, ordinary_columns, special_points, values_at

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from autograd.ops import Op

if os.environ.get("GLASSGRAD_NEEDS_JAX"):  # where CI has installed it, nothing is skipped
    import jax
else:
    jax = pytest.importorskip("jax", exc_type=ImportError)

operations = pytest.mark.parametrize(
    ("op", "n"), OPERANDS, ids=lambda x: getattr(x, "name", str(x))
)


@pytest.fixture(autouse=True)
def double_precision() -> Iterator[None]:
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", True)
    yield
    jax.config.update("jax_enable_x64", before)


@pytest.fixture
def single_precision(double_precision: None) -> None:
    jax.config.update("jax_enable_x64", False)


@pytest.fixture(params=[True, False], ids=["float64", "float32"])
def either_precision(double_precision: None, request: pytest.FixtureRequest) -> None:
    jax.config.update("jax_enable_x64", request.param)


def mean_of(function: Any) -> Callable[..., Any]:
    return lambda theta, *columns: function(theta, *columns).mean()


@pytest.mark.slow
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


# ── what it is given ─────────────────────────────────────────────────────────────────────────


def line() -> Any:
    """``w·x + ½·b`` with w = 3 and b = 1, as a function for JAX."""
    w, b, x = Value(3.0, "w"), Value(1.0, "b"), Value(1.0, "x")
    return autograd.compile(w * x + 0.5 * b, params=[w, b], inputs=[x]).to_jax()


def product_of_columns() -> Any:
    x, y = Value(1.0, "x"), Value(1.0, "y")
    return autograd.compile(x * y, inputs=[x, y]).to_jax()


def test_a_missing_column_is_refused() -> None:
    example = moons(5)
    function = example.compile().to_jax()
    with pytest.raises(ValueError, match=r"expected 3 columns, .*got 1"):
        function(np.zeros(337), np.zeros(5))


@pytest.mark.usefixtures("either_precision")
@pytest.mark.parametrize("theta", [[1.0], [1.0, 2.0, 3.0], [], 1.0, [[1.0, 2.0]], np.ones((2, 1))])
def test_theta_of_another_shape_is_refused(theta: Any) -> None:
    """JAX alone would read the last entry in place of a missing one."""
    for f in line(), jax.jit(line()):
        with pytest.raises(ValueError, match=r"shape \(2,\), got an array of shape"):
            f(np.asarray(theta), np.ones(3))


@pytest.mark.usefixtures("either_precision")
@pytest.mark.parametrize(
    "theta",
    [
        [2, 1],
        (2.0, True),
        range(2, 0, -1),
        np.array([2, 1]),
        np.array([2, 1], np.int8),
        np.array([2, 1], np.float32),
        np.array([2, 1], np.float16),
    ],
)
def test_theta_may_be_whole_numbers(theta: Any) -> None:
    """The constant ½ stays what it is: 2·x + ½·1."""
    assert line()(theta, [0.0, 4.0]).tolist() == [0.5, 8.5]
    assert line()(jax.numpy.asarray(theta), [0.0, 4.0]).tolist() == [0.5, 8.5]


@pytest.mark.usefixtures("either_precision")
@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ([2**40, 1], [float(2**40), 1.0]),  # cut to 32 bits it is 0
        (np.array([2**40, -(2**40)]), [float(2**40), -float(2**40)]),
        (np.array([2**63, 1], np.uint64), [float(2**63), 1.0]),
        (np.array([200, 2], np.uint8), [200.0, 2.0]),
        (np.array([True, False]), [1.0, 0.0]),
        ([True, 2], [1.0, 2.0]),
        ((0.5, 0.25), [0.5, 0.25]),
    ],
)
def test_columns_of_integers_are_numbers_like_others(column: Any, expected: list[float]) -> None:
    assert line()([1.0, 0.0], column).tolist() == expected


@pytest.mark.usefixtures("either_precision")
@pytest.mark.parametrize("make", [np.array, lambda *a: jax.numpy.array(*a)], ids=["numpy", "jax"])
def test_small_integers_do_not_wrap_around(make: Any) -> None:
    """200 · 200 is 40,000, and 64 modulo 256."""
    column = make([200, 100], np.uint8)
    for f in product_of_columns(), jax.jit(product_of_columns()):
        assert f(make([], np.float32), column, column).tolist() == [40_000.0, 10_000.0]


def test_traced_integers_that_may_have_been_truncated_are_refused(single_precision: None) -> None:
    """`jax.jit` turns 2**40 into the int32 0 before our function sees it."""
    column = np.array([2**40, 1])
    with pytest.raises(
        TypeError, match=r"column x: expected floats .*got int32.*x\.astype\(float\)"
    ):
        jax.jit(line())(np.ones(2), column)
    assert jax.jit(line())(np.ones(2), column.astype(float)).tolist() == [2.0**40, 1.5]
    jax.config.update("jax_enable_x64", True)
    assert jax.jit(line())(np.ones(2), column).tolist() == [2.0**40 + 0.5, 1.5]


@pytest.mark.usefixtures("either_precision")
def test_one_row_may_be_given_as_scalars() -> None:
    """So that `jax.vmap` can map over the rows."""
    found = line()([2.0, 1.0], 3)
    assert found.shape == () and float(found) == 6.5
    by_rows = jax.vmap(line(), in_axes=(None, 0))
    assert by_rows(np.array([2.0, 1.0]), np.array([0.0, 4.0])).tolist() == [0.5, 8.5]


@pytest.mark.usefixtures("either_precision")
def test_traced_numbers_may_come_in_a_list() -> None:
    slopes = jax.grad(lambda w, b: line()([w, b], [1.0, 3.0]).mean(), argnums=(0, 1))
    assert [float(x) for x in slopes(2.0, 1.0)] == [2.0, 0.5]


@pytest.mark.usefixtures("either_precision")
@pytest.mark.parametrize(
    "columns",
    [
        ([1.0, 2.0], [1.0, 2.0, 3.0]),
        ([1.0, 2.0], [1.0]),  # which JAX would repeat
        ([1.0, 2.0], 1.0),
        (1.0, [1.0, 2.0]),
        ([], []),
        (np.ones((2, 2)), np.ones((2, 2))),
    ],
)
def test_columns_have_the_same_length(columns: Any) -> None:
    for f in product_of_columns(), jax.jit(product_of_columns()):
        with pytest.raises(ValueError, match=r"one number for each row, got .*shape"):
            f(np.empty(0), *[np.asarray(column, float) for column in columns])


@pytest.mark.usefixtures("either_precision")
@pytest.mark.parametrize(
    ("wrong", "kind", "told"),
    [
        ([1.0, None], TypeError, "(row|entry) 1: .* got None"),
        (["a", "b"], TypeError, "str: 'a'"),
        ("ab", TypeError, "str: 'ab'"),
        (None, TypeError, "NoneType"),
        ([1.0, 1j], TypeError, "complex: 1j"),
        (jax.numpy.array([1j, 1.0]), TypeError, "complex64"),
        ([1.0, Value(2.0)], TypeError, "(row|entry) 1: .* got a Value"),
        (
            np.ma.array([1.0, 2.0], mask=[False, True]),
            ValueError,
            "(row|entry) 1: .* got a masked entry",
        ),
        ([[1.0], [1.0, 2.0]], ValueError, "different lengths"),
    ],
)
def test_anything_but_numbers_is_refused(wrong: Any, kind: type[Exception], told: str) -> None:
    with pytest.raises(kind, match=told):
        line()(wrong, [1.0, 2.0])
    with pytest.raises(kind, match=told):
        line()([1.0, 2.0], wrong)


def test_numbers_beyond_float32_are_refused(single_precision: None) -> None:
    """Its range is from 1.2e-38 to 3.4e38 (IEEE 754)."""
    for theta, column, wrong in (
        ([1e300, 1.0], [1.0], "theta holds 1e+300"),
        ([1.0, 1.0], [1.0, -1e39], "column x holds -1e+39"),
        ([1.0, 1e-300], [1.0], "theta holds 1e-300"),
        ([1.0, 1.0], np.array([0.0, -1e-39]), "column x holds -1e-39"),
    ):
        told = re.escape(wrong) + r", out of the range of float32; .*jax_enable_x64"
        with pytest.raises(OverflowError, match=told):
            line()(theta, column)
    x = Value(1.0)
    for y in x * 1e300, x + 1e-300:
        function = autograd.compile(y, inputs=[x]).to_jax()
        with pytest.raises(OverflowError, match=r"1e[+-]300 is out of the range of float32"):
            function([], [1.0])
    assert line()([math.inf, 1.0], [-1.0, 2.0]).tolist() == [-math.inf, math.inf]
    jax.config.update("jax_enable_x64", True)
    assert line()([1e300, 1.0], [1.0]).tolist() == [1e300]


def test_everything_is_computed_in_the_widest_precision_given() -> None:
    """In float32 the recorded 0.1 is 0.10000000149."""
    w, x = Value(1.0), Value(1.0)
    function = autograd.compile(w * 0.1 + x, params=[w], inputs=[x]).to_jax()
    assert function(np.ones(1, np.float32), np.zeros(1)).tolist() == [0.1]
    assert function(np.ones(1), np.zeros(1, np.float32)).tolist() == [0.1]
    assert function(np.ones(1, np.float32), np.zeros(1, np.float32)).dtype == np.float32


# ── what it gives ────────────────────────────────────────────────────────────────────────────


@operations
def test_every_operation_is_the_same_in_jax(op: Op, n: int) -> None:
    columns = ordinary_columns(op, n, 40)
    params, inputs = leaves([0.9, 1.1, 0.8, 0.7, 1.2, -0.8][: n + 1]), leaves([0.7] * n)
    loss = params[-1] * op(*[p * x for p, x in zip(params, inputs, strict=False)])
    program = autograd.compile(loss, params=params, inputs=inputs)
    function = program.to_jax()
    values = program(*columns)
    assert_agree(jax.jit(function)(program.theta, *columns), values, rtol=1e-9)
    _, gradient = program.value_and_grad(*columns)
    found = jax.grad(mean_of(function))(program.theta, *columns)
    size = np.abs(gradient).max() + np.abs(values).max()  # values are averaged, and may cancel
    assert_agree(found, gradient, size, rtol=1e-9)


@operations
def test_an_operation_has_its_value_in_jax_at_special_numbers(op: Op, n: int) -> None:
    """nan and inf too. But XLA treats numbers below 2.2e-308 as 0, before and after."""
    points = [point for point in special_points(n) if not any(0 < abs(x) < 1e-300 for x in point)]
    inputs, columns = leaves([0.7] * n), list(np.array(points).T)
    program = autograd.compile(op(*inputs), inputs=inputs)
    found, expected = np.array(program.to_jax()(program.theta, *columns)), values_at(op, points)
    tiny = (np.abs(expected) < 1e-300) & (expected != 0.0)
    assert_agree(found[~tiny], expected[~tiny], rtol=1e-9)


# Kinks, poles, ties and nan; but nothing that overflows, or is too small for XLA.
EDGES = [0.0, -0.0, 1.0, -1.0, 2.0, 0.5, -2.3, 40.0, math.inf, -math.inf, math.nan]


@operations
def test_an_operation_has_its_gradient_in_jax_at_edges(op: Op, n: int) -> None:
    points = list(product(EDGES, repeat=n)) if n < 3 else [(x, *EDGES[: n - 1]) for x in EDGES]
    inputs, columns = leaves([0.7] * n), list(np.array(points).T)
    program = autograd.compile(op(*inputs), inputs=inputs)
    function = program.to_jax()
    # The gradient with respect to the columns: each row has its own.
    slopes = jax.grad(lambda *xs: function(program.theta, *xs).sum(), argnums=tuple(range(n)))
    assert_agree(np.array(slopes(*columns)).T, gradients_at(op, points), rtol=1e-9)


# float32 has 7 digits; sin(1e10), for example, is a different number there.
SINGLE = [0.0, -0.0, 1.0, -1.0, 2.0, 0.5, -2.25, 40.0, math.inf, -math.inf, math.nan]


@pytest.mark.parametrize(
    ("op", "n"),
    [(op, n) for op, n in OPERANDS if op is not SHIFT],  # its inf becomes the largest number
    ids=lambda x: getattr(x, "name", str(x)),
)
def test_an_operation_is_the_same_in_float32(op: Op, n: int, single_precision: None) -> None:
    points = list(product(SINGLE, repeat=n)) if n < 3 else [(x, *SINGLE[: n - 1]) for x in SINGLE]
    inputs, columns = leaves([0.7] * n), list(np.array(points, np.float32).T)
    function = autograd.compile(op(*inputs), inputs=inputs).to_jax()
    with np.errstate(over="ignore"):  # 40⁴⁰ is inf
        values = np.float32(values_at(op, points))
        gradients = np.float32(gradients_at(op, points))
    assert_agree(function([], *columns), values, 1e-30, rtol=1e-5)
    slopes = jax.grad(lambda *xs: function([], *xs).sum(), argnums=tuple(range(n)))
    assert_agree(np.array(slopes(*columns)).T, gradients, 1e-30, rtol=1e-4)


@pytest.mark.usefixtures("either_precision")
@pytest.mark.parametrize(
    ("z", "expected", "softmax"),
    [
        # log(eᶻ¹ + eᶻ² + eᶻ³), its limit where a z is infinite; and the slopes eᶻ / Σ eᶻ.
        ([math.inf, 0.0, 0.0], math.inf, [math.nan, 0.0, 0.0]),
        ([-math.inf, 0.0, 0.0], math.log(2.0), [0.0, 0.5, 0.5]),
        ([-math.inf] * 3, -math.inf, [math.nan] * 3),
        ([3e38, 3e38, 0.0], 3e38, [0.5, 0.5, 0.0]),
        ([-3e38, -3e38, -3e38], -3e38, [1 / 3] * 3),
        ([math.nan, 0.0, 0.0], math.nan, [math.nan] * 3),
        ([math.inf], math.inf, [math.nan]),
        ([-math.inf], -math.inf, [math.nan]),
        ([3e38], 3e38, [1.0]),
    ],
)
def test_logsumexp_is_right_at_infinity(
    z: list[float], expected: float, softmax: list[float]
) -> None:
    inputs = leaves([0.0] * len(z))
    function = autograd.compile(logsumexp(inputs), inputs=inputs).to_jax()
    columns = [np.array([x]) for x in z]
    assert_agree(function([], *columns), [expected], rtol=1e-6)
    slopes = jax.grad(lambda *xs: function([], *xs).sum(), argnums=tuple(range(len(z))))
    assert_agree(np.ravel(slopes(*columns)), softmax, rtol=1e-6)


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
    """A constant's derivative does not matter: for the exponent of a negative base it is nan."""
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


BEHIND = [lambda x: x.sqrt(), lambda x: x.log(), lambda x: 1 / x, lambda x: (x.log() * x).relu()]


@pytest.mark.parametrize("f", BEHIND)
@pytest.mark.parametrize("passes", [None, []], ids=["optimised", "as recorded"])
def test_what_was_not_chosen_reaches_no_derivative_in_jax(f: Any, passes: Any) -> None:
    """JAX's own `where` gives nan here, forwards and backwards."""
    p, x = Value(2.0), Value(1.0)
    y = p * x
    loss = where(greater(y, 0), f(y), 3 * y * y) + where(less(y.sqrt(), 1), y, 2 * y)
    program = autograd.compile(loss, params=[p], inputs=[x], passes=passes)
    function = program.to_jax()
    for t in (-1.0, 0.0, 0.5, 2.0):
        theta, columns = jax.numpy.array([t]), jax.numpy.array([1.0, 3.0])

        def mean_of(theta: Any, columns: Any = columns) -> Any:
            return function(theta, columns).mean()

        value, gradient = program.value_and_grad(columns, theta=theta)
        assert_agree(mean_of(theta), value)
        assert_agree(jax.grad(mean_of)(theta), gradient)
        assert_agree(jax.jit(jax.grad(mean_of))(theta), gradient)
        assert_agree(jax.jvp(mean_of, (theta,), (jax.numpy.ones(1),))[1], gradient[0])
        assert np.isfinite(jax.hessian(mean_of)(theta)).all() or t > 0


def test_picks_are_exported_and_a_wrong_index_gives_nan() -> None:
    token, values = Value(1.0), [Value(2.0), Value(3.0), Value(5.0)]
    program = autograd.compile(pick(values, token) ** 2, params=values, inputs=[token])
    function, column = program.to_jax(), jax.numpy.array([0.0, 2.0, 2.0])
    assert_agree(function(program.theta, column), program(column))
    gradient = jax.grad(lambda theta: function(theta, column).mean())(
        jax.numpy.array(program.theta)
    )
    assert_agree(gradient, program.value_and_grad(column)[1])
    assert np.isnan(function(program.theta, [3.0, 0.5, -1.0])).all()


# ── functions ────────────────────────────────────────────────────────────────────────────────


def test_a_compiled_function_keeps_its_arguments_and_its_structure_in_jax() -> None:
    w = Value(0.5, "w")

    def loss(x: list[list[Value]], y: Value) -> dict[str, Any]:
        sums = [total(row) for row in x]
        return {"y_pred": [w * s for s in sums], "loss": (w * total(sums) - y) ** 2}

    program = autograd.compile(loss, [w], shapes={"x": (2, 3)})
    x, y = np.arange(24.0).reshape(4, 2, 3), np.arange(4.0)
    expected = program(x, y)
    function = program.to_jax()
    for call in (function, jax.jit(function), jax.vmap(function, in_axes=(None, 0, 0))):
        found = call(program.theta, x, y)
        assert set(found) == {"y_pred", "loss"}  # JAX sorts them
        for name, array in found.items():
            np.testing.assert_allclose(array, expected[name], rtol=1e-12)
    slopes = jax.grad(lambda theta: function(theta, x, y)["loss"].mean())(program.theta)
    np.testing.assert_allclose(slopes, program.value_and_grad(x, y)[1], rtol=1e-12)
    with pytest.raises(ValueError, match=r"x: expected an array of shape \(B, 2, 3\), got"):
        function(program.theta, x[:, 0], y)
    with pytest.raises(ValueError, match=r"expected 2 columns, one for each input \(x, y\), got 1"):
        function(program.theta, x)
