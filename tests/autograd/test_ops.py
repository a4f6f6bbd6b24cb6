"""The table: every row is right, at every order, at smooth points and at the edges."""

from __future__ import annotations

import math
import pickle
import pkgutil
from functools import partial
from importlib import import_module
from itertools import product
from typing import TYPE_CHECKING, Any

import mpmath
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from autograd import Value, atan2, grad, hessian, hypot, maximum, minimum, ops
from autograd.compat import Unavailable
from autograd.ops import OPERATIONS, Op

from .reference import ROWS, close, domain, exact, formula, nodes, partials, same

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

inf, nan = math.inf, math.nan
rows = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)

SMOOTH = [-2.3, -0.7, 0.3, 1.9]  # no kink, no zero, no tie, on purpose


def operands_of(row: Op) -> list[Sequence[float]]:
    """Smooth points of the row's domain."""
    if row is ops.PICK:
        return [(k, 0.3, -2.3, 1.9) for k in (0.0, -0.0, 1.0, 2.0)]
    if row is ops.WHERE:
        return [(c, 0.3, -2.3) for c in (1.0, 0.0, -0.0, -2.0)]
    if row.variadic:
        return [(0.3, -2.3, 1.9)]
    if row.arity == 1:
        return domain(row.name, [(a,) for a in SMOOTH])
    if row is ops.LOG_SHARE:
        return [(a, b) for a, b in product(SMOOTH, (0.001, 0.7, 9.0))]
    if row is ops.ZETA:
        return [(s, a) for s, a in product((2.0, 3.0, 4.0, 7.0), SMOOTH)]
    return domain(row.name, [(a, b) for a, b in product(SMOOTH, (-1.3, 0.7, 2.1))])


def derivatives(row: Op, point: Sequence[float], order: int) -> Any:
    """All partial derivatives of that order by the engine, nested like `reference.partials`."""
    fixed, free = split(row, point)
    leaves = [Value(x) for x in free]

    def nested(y: Value, left: int) -> Any:
        if left == 0:
            return y.data
        if left == 1:
            return grad(y, leaves)
        return [nested(g, left - 1) for g in grad(y, leaves, create_graph=True)]

    return nested(row(*fixed, *leaves), order)


def split(row: Op, point: Sequence[float]) -> tuple[Sequence[float], Sequence[float]]:
    """The operands that are always numbers, and the others. The first of zeta's is its order."""
    return (point[:1], point[1:]) if row is ops.ZETA else ((), point)


def reference(row: Op, point: Sequence[float], order: int) -> Any:
    if row is ops.SHIFT and order:  # a constant by definition
        return [0.0] * len(point) if order == 1 else [[0.0] * len(point) for _ in point]
    fixed, free = split(row, point)
    return partials(partial(formula(row.name), *fixed), free, order)


@rows
def test_every_row_has_points_of_its_domain_to_be_tested_at(row: Op) -> None:
    assert operands_of(row)


@rows
def test_every_row_computes_its_value(row: Op) -> None:
    for point in operands_of(row):
        assert close(derivatives(row, point, 0), reference(row, point, 0)), point
        assert row(*(Value(x) for x in point)).data == row(*point)


@rows
def test_every_row_has_its_first_derivatives(row: Op) -> None:
    for point in operands_of(row):
        expected = reference(row, point, 1)
        assert close(derivatives(row, point, 1), expected), point
        fixed, free = split(row, point)
        leaves = [Value(x) for x in free]
        row(*fixed, *leaves).backward()
        assert close([v.grad for v in leaves], expected), point


# How a written derivative reads in Python.
READ = str.maketrans({"−": "-", "·": "*", "^": "**", "²": "**2", "Φ": "Phi", "φ": "phi", "π": "pi"})
NAMES = ("cos", "cosh", "digamma", "exp", "hypot", "log", "pi", "sign", "sin", "sinh", "sqrt")
MEANINGS = {
    **{name: getattr(mpmath, name) for name in NAMES},
    "sigmoid": lambda a: 1 / (1 + mpmath.exp(-a)),
    "trigamma": lambda a: mpmath.psi(1, a),
    "Phi": mpmath.ncdf,
    "phi": mpmath.npdf,
}


@pytest.mark.parametrize("row", [r for r in ROWS if r.written], ids=lambda row: row.name)
def test_what_is_written_as_a_derivative_is_the_derivative(row: Op) -> None:
    assert len(row.written) == len(row.derivatives)
    for point in operands_of(row):
        numbers = {**dict(zip(row.names_of(len(point)), point, strict=True)), "y": row(*point)}
        written = {name: f"({float(x)!r})" for name, x in numbers.items()}
        for text, derivative in zip(row.written, derivatives(row, point, 1), strict=True):
            formula_in_python = text.format(**written).translate(READ)
            assert close(float(eval(formula_in_python, dict(MEANINGS))), derivative, 1e-9), text


@rows
def test_every_row_has_its_second_derivatives(row: Op) -> None:
    for point in operands_of(row):
        assert close(derivatives(row, point, 2), reference(row, point, 2)), point


@pytest.mark.parametrize("row", [r for r in OPERATIONS if not r.variadic], ids=lambda r: r.name)
def test_every_operation_has_its_third_derivatives(row: Op) -> None:
    for point in operands_of(row)[::4]:
        assert close(derivatives(row, point, 3), reference(row, point, 3), 1e-11), point


FAR_OUT = [
    (ops.TANH, (15.0,)),
    (ops.TANH, (-20.0,)),
    (ops.TANH, (1e-9,)),
    (ops.SIGMOID, (40.0,)),
    (ops.SIGMOID, (-40.0,)),
    (ops.SIGMOID, (-700.0,)),
    (ops.SIGMOID, (1e-9,)),
    (ops.GELU, (-8.0,)),
    (ops.GELU, (12.0,)),
    (ops.SILU, (-30.0,)),
    (ops.SILU, (30.0,)),
    (ops.LOG1P, (1e-12,)),
    (ops.LOG1P, (-0.999999,)),
    (ops.LOG1P, (1e300,)),
    (ops.EXPM1, (1e-12,)),
    (ops.EXPM1, (-40.0,)),
    (ops.EXP, (700.0,)),
    (ops.EXP, (-700.0,)),
    (ops.LOG, (1e-150,)),
    (ops.LOG, (1e150,)),
    (ops.SQRT, (1e-150,)),
    (ops.SIN, (1e15,)),
    (ops.COS, (1e15,)),
    (ops.TAN, (1.5707,)),
    (ops.SOFTPLUS, (700.0,)),
    (ops.SOFTPLUS, (-700.0,)),
    (ops.SOFTPLUS, (35.0,)),
    (ops.POW, (1.0000001, 1e6)),
    (ops.POW, (1e-5, 3.5)),
    (ops.POW, (-3.0, 5.0)),
    (ops.NORMAL_CDF, (-20.0,)),
    (ops.SECH2, (300.0,)),
    (ops.EXP2, (1000.0,)),
    (ops.EXP2, (-1000.0,)),
    (ops.LOG2, (1.0000001,)),
    (ops.LOG10, (0.9999999,)),
    (ops.LOG2, (1e150,)),
    (ops.LOG10, (1e-150,)),
    (ops.CBRT, (1e-100,)),
    (ops.CBRT, (-1e100,)),
    (ops.HYPOT, (1e8, 1.0)),
    (ops.HYPOT, (1e-9, -3.0)),
    (ops.HYPOT, (1e200, 1e200)),
    (ops.HYPOT, (1e-200, -3e-200)),
    (ops.ATAN2, (1e-9, 1.0)),
    (ops.ATAN2, (1e-9, -1.0)),
    (ops.ATAN2, (-1.0, 1e-9)),
    (ops.ATAN2, (3e-100, 1e-100)),
    (ops.ATAN2, (3e100, -1e100)),
    *[
        (row, (x,))
        for row in (ops.ASIN, ops.ACOS, ops.ATANH)
        for x in (1e-9, -1e-9, 0.9999999999, -0.9999999)
    ],
    *[(row, (x,)) for row in (ops.ATAN, ops.ASINH) for x in (1e-9, -1e-9, 1e9, -1e9)],
    (ops.ASINH, (1e100,)),
    (ops.ACOSH, (1.0000000001,)),
    (ops.ACOSH, (1e9,)),
    (ops.ACOSH, (1e100,)),
    *[(row, (x,)) for row in (ops.SINH, ops.COSH) for x in (1e-9, -1e-9, 700.0, -700.0)],
    *[(row, (x,)) for row in (ops.ERF, ops.ERFC) for x in (1e-9, -1e-9, 3.0, -3.0, 5.5)],
    (ops.ERFC, (12.0,)),
    *[
        (row, (x,))
        for row in (ops.LGAMMA, ops.DIGAMMA)
        for x in (1e-9, -1e-9, 0.49, 0.9999999999, 1.46, 1.47, 1.9999999999, 2.49, 2.51, 7.99, 8.01,
                  9.99, 10.01, 33.3, 1e6, 1e15, -0.49, -0.51, -1.5, -2.3, -9.7, -30.123, -1000.3)
    ],
    (ops.DIGAMMA, (1.4616321449683622,)),
    (ops.DIGAMMA, (1.4616321449683625,)),
    (ops.LOG_SIGMOID, (700.0,)),
    (ops.LOG_SIGMOID, (-35.0,)),
    (ops.LOG_SIGMOID, (35.0,)),
    *[(row, (x,)) for row in (ops.ELU, ops.SELU) for x in (-1e-9, 1e-9, -40.0, 1e9)],
    (ops.SOFTSIGN, (1e-9,)),
    (ops.SOFTSIGN, (-1e50,)),
]  # fmt: skip


@pytest.mark.parametrize(("row", "point"), FAR_OUT, ids=lambda x: getattr(x, "name", str(x)))
def test_operations_are_accurate_at_large_and_tiny_arguments(row: Op, point: list[float]) -> None:
    point = (*point, row.default)[: row.arity]  # type: ignore[assignment]
    leaves = [Value(x) for x in point]
    y = row(*leaves)
    assert close(y.data, exact(formula(row.name), point, [0] * len(point)), atol=0.0)
    # A constant exponent, so that the base may be negative.
    first = grad(y, leaves[0])
    if row is ops.SOFTPLUS:  # whose derivative is the sigmoid, by a formula without cancellation
        assert close(first, exact(formula("sigmoid"), point, [0]), atol=0.0)
        return
    if row is ops.SIGMOID and point[0] < -100:
        assert close(first, y.data, atol=0.0)
        return
    orders = [1, 0][: len(point)]
    assert close(first, exact(formula(row.name), point, orders), atol=0.0)
    slope = grad(y, leaves[0], create_graph=True)
    orders = [2, 0][: len(point)]
    assert close(grad(slope, leaves[0]), exact(formula(row.name), point, orders), atol=0.0)


@pytest.mark.parametrize("row", [r for r in OPERATIONS if r.arity != 1], ids=lambda r: r.name)
def test_either_operand_may_be_a_number(row: Op) -> None:
    a, b = 1.9, 2.1
    f = formula(row.name)
    for x in (Value(a), b), (a, Value(b)), (Value(a), Value(b)):
        y = row(*x)
        assert close(y.data, exact(f, (a, b), (0, 0)))
        for i, v in enumerate(x):
            if isinstance(v, Value):
                orders = [int(i == j) for j in range(2)]
                assert close(grad(y, v), exact(f, (a, b), orders))


OPERATORS: list[tuple[Op, Callable[[Any, Any], Any]]] = [
    (ops.ADD, lambda a, b: a + b),
    (ops.SUB, lambda a, b: a - b),
    (ops.MUL, lambda a, b: a * b),
    (ops.DIV, lambda a, b: a / b),
    (ops.POW, lambda a, b: a**b),
    (ops.LEAKY_RELU, lambda a, b: a.leaky_relu(b)),
    (ops.MAXIMUM, maximum),
    (ops.MAXIMUM, lambda a, b: a.maximum(b)),
    (ops.MINIMUM, minimum),
    (ops.MINIMUM, lambda a, b: a.minimum(b)),
    (ops.HYPOT, hypot),
    (ops.HYPOT, lambda a, b: a.hypot(b)),
    (ops.ATAN2, atan2),
    (ops.ATAN2, lambda a, b: a.atan2(b)),
    (ops.ELU, lambda a, b: a.elu(b)),
    (ops.CLAMP_MIN, lambda a, b: a.clamp_min(b)),
    (ops.CLAMP_MIN, lambda a, b: a.clamp(b)),
    (ops.CLAMP_MAX, lambda a, b: a.clamp_max(b)),
    (ops.CLAMP_MAX, lambda a, b: a.clamp(high=b)),
]


@pytest.mark.parametrize(("row", "written"), OPERATORS)
def test_operators_record_their_rows(row: Op, written: Callable[[Any, Any], Any]) -> None:
    a, b = Value(1.9), Value(2.1)
    assert written(a, b).operation is row
    assert written(a, b).operands == (a, b)
    assert written(a, 3).operands == (a, 3.0)
    if written.__code__.co_names == ():
        assert written(3, b).operands == (3.0, b)
        assert written(3, b).data == row(3.0, 2.1)


@pytest.mark.parametrize("row", [r for r in OPERATIONS if r.arity == 1], ids=lambda r: r.name)
def test_every_unary_row_is_a_method(row: Op) -> None:
    x = Value(0.7)
    y = -x if row is ops.NEG else getattr(x, row.name)()
    assert (y.operation, y.operands, repr(y.data)) == (row, (x,), repr(row(0.7)))


def test_abs_is_a_function_and_a_method() -> None:
    assert abs(Value(-2.0)).data == Value(-2.0).abs().data == 2.0


def test_the_slope_of_leaky_relu_is_a_hundredth_by_default() -> None:
    assert Value(-2.0).leaky_relu().data == -0.02
    assert Value(-2.0).leaky_relu(0.5).data == -1.0
    assert Value(-2.0).leaky_relu(slope=0.5).data == -1.0
    slope = Value(0.1)
    Value(-2.0).leaky_relu(slope).backward()
    assert slope.grad == -2.0


def test_clamp_has_a_lower_bound_an_upper_one_or_both() -> None:
    x = Value(0.3)
    assert x.clamp(0.5, 2.0).data == x.clamp(0.5).data == x.clamp(low=0.5).data == 0.5
    assert x.clamp(-1.0, 0.1).data == x.clamp(high=0.1).data == x.clamp(None, 0.1).data == 0.1
    assert x.clamp(0.0, 1.0).data == 0.3
    assert x.clamp(1.0, 0.0).data == 0.0  # as in PyTorch, the upper bound counts
    assert nodes(x.clamp(0.5)) == ["clamp_min"]
    with pytest.raises(TypeError, match="clamp expects a lower or an upper bound, got neither"):
        x.clamp()
    for bad in ("0", [0.0], 1j):
        with pytest.raises(TypeError, match="a real number, got"):
            x.clamp(bad)  # type: ignore[arg-type]


def test_the_bounds_of_clamp_may_be_values_and_get_the_gradient_where_they_count() -> None:
    for at, slopes in ((-1.0, [0.0, 1.0, 0.0]), (0.5, [1.0, 0.0, 0.0]), (2.0, [0.0, 0.0, 1.0])):
        xs = [Value(at), Value(0.0), Value(1.0)]
        assert grad(xs[0].clamp(xs[1], xs[2]), xs) == slopes


def test_the_alpha_of_elu_is_1_by_default() -> None:
    assert Value(-2.0).elu().data == Value(-2.0).elu(1.0).data == math.expm1(-2.0)
    assert Value(-2.0).elu(alpha=0.5).data == 0.5 * math.expm1(-2.0)


def test_the_names_of_activations_leave_out_the_rows_that_nothing_learns_through() -> None:
    assert {"sign", "floor", "ceil", "round", "neg"}.isdisjoint(ops.ACTIVATIONS)
    assert {"elu", "selu", "softsign", "log_sigmoid", "erf", "linear"} <= set(ops.ACTIVATIONS)


def test_each_row_of_each_file_is_in_the_table_once_and_has_its_name_in_ops() -> None:
    files = [
        import_module(f"autograd.ops.{file.name}") for file in pkgutil.iter_modules(ops.__path__)
    ]
    written = {
        name: thing for file in files for name, thing in vars(file).items() if isinstance(thing, Op)
    }
    assert len(ops.TABLE) == len(set(ops.TABLE)) == len({row.name for row in ops.TABLE})
    assert set(written.values()) == set(ops.TABLE)
    assert all(getattr(ops, name) is row for name, row in written.items())


def test_methods_are_documented_by_their_formula() -> None:
    for row in OPERATIONS:
        method = getattr(Value, row.name, None)
        if method is None or isinstance(method, Unavailable):  # advice to write **
            method = getattr(Value, f"__{row.name}__")
        assert method.__doc__ == f"{row.formula}."
        assert method.__name__.strip("_") == row.name


# ── IEEE 754 at the edges ────────────────────────────────────────────────────────────────────

EDGES: list[tuple[Callable[[], Value], float]] = [
    (lambda: Value(1000).exp(), inf),
    (lambda: Value(-1000).exp(), 0.0),
    (lambda: Value(1000).expm1(), inf),
    (lambda: Value(-1).log(), nan),
    (lambda: Value(0).log(), -inf),
    (lambda: Value(inf).log(), inf),
    (lambda: Value(-1).log1p(), -inf),
    (lambda: Value(-2).log1p(), nan),
    (lambda: Value(-1).sqrt(), nan),
    (lambda: Value(inf).sqrt(), inf),
    (lambda: Value(inf).sin(), nan),
    (lambda: Value(-inf).cos(), nan),
    (lambda: Value(inf).tan(), nan),
    (lambda: Value(1) / 0, inf),
    (lambda: Value(-1) / 0, -inf),
    (lambda: 1 / Value(-0.0), -inf),
    (lambda: Value(0) / 0, nan),
    (lambda: Value(nan) / 0, nan),
    (lambda: Value(inf) / inf, nan),
    (lambda: Value(0) ** -1, inf),
    (lambda: Value(-0.0) ** -1, -inf),
    (lambda: Value(-0.0) ** -2, inf),
    (lambda: Value(0) ** -inf, inf),
    (lambda: Value(-8) ** (1 / 3), nan),
    (lambda: (-8) ** Value(1 / 3), nan),
    (lambda: Value(1e300) ** 1e300, inf),
    (lambda: Value(-1e300) ** 3, -inf),
    (lambda: Value(-1e300) ** 2, inf),
    (lambda: Value(-2) ** inf, inf),
    (lambda: Value(1e300) ** -1e300, 0.0),
    (lambda: Value(0) ** 0, 1.0),
    (lambda: Value(nan) ** 0, 1.0),
    (lambda: Value(1e308) * 10, inf),
    (lambda: Value(inf) - inf, nan),
    (lambda: Value(0) * inf, nan),
    (lambda: Value(-1000).sigmoid(), 0.0),
    (lambda: Value(1000).sigmoid(), 1.0),
    (lambda: Value(1000).softplus(), 1000.0),
    (lambda: Value(-1000).softplus(), 0.0),
    (lambda: Value(nan).relu(), nan),
    (lambda: Value(nan).maximum(1), nan),
    (lambda: Value(1).maximum(nan), nan),
    (lambda: Value(nan).minimum(1), nan),
    (lambda: Value(1).minimum(nan), nan),
]


@pytest.mark.parametrize(("compute", "expected"), EDGES)
def test_arithmetic_is_that_of_ieee_754(compute: Callable[[], Value], expected: float) -> None:
    assert same(compute().data, expected)


GRADIENTS: list[tuple[Callable[[Value], Value], float, float]] = [
    (lambda x: x.relu(), 0.0, 0.0),
    (lambda x: x.abs(), 0.0, 0.0),
    (lambda x: x.sqrt(), 0.0, inf),
    (lambda x: x.log(), 0.0, inf),
    (lambda x: x.leaky_relu(), 0.0, 0.01),
    (lambda x: x.sigmoid(), -1000.0, 0.0),
    (lambda x: x.sigmoid(), 1000.0, 0.0),
    (lambda x: x.tanh(), 1000.0, 0.0),
    (lambda x: x.softplus(), -1000.0, 0.0),
    (lambda x: x.softplus(), 1000.0, 1.0),
    (lambda x: x.gelu(), -1e200, 0.0),
    (lambda x: x.gelu(), 1e200, 1.0),
    (lambda x: x.silu(), -1000.0, 0.0),
    (lambda x: x.maximum(3.0), 3.0, 0.5),
    (lambda x: x.minimum(3.0), 3.0, 0.5),
    (lambda x: x.maximum(x), 3.0, 1.0),
    (lambda x: x**0, 0.0, 0.0),
    (lambda x: x**0, nan, 0.0),
    (lambda x: x**1, 0.0, 1.0),
    (lambda x: x**2, 0.0, 0.0),
    (lambda x: x**2, -3.0, -6.0),
    (lambda x: x**0.5, 0.0, inf),
    (lambda x: 0**x, 0.0, 0.0),
    (lambda x: 0**x, 2.0, 0.0),
    (lambda x: 0**x, -1.0, -inf),
    (lambda x: (-2) ** x, 2.0, nan),
    (lambda x: x.exp(), 1000.0, inf),
    (lambda x: 1 / x, 0.0, -inf),
    (lambda x: 0 / x, 0.0, nan),
    (lambda x: x.log(), -1.0, -1.0),
    (lambda x: x.sqrt() * 0, 0.0, nan),
]


@pytest.mark.parametrize(("f", "at", "expected"), GRADIENTS)
def test_gradients_at_edges_and_kinks_follow_pytorch(
    f: Callable[[Value], Value], at: float, expected: float
) -> None:
    x = Value(at)
    f(x).backward()
    assert same(x.grad, expected)
    assert same(grad(f(x), x), expected)
    assert same(grad(f(x), x, create_graph=True).data, expected)


def test_second_derivatives_vanish_at_the_kinks() -> None:
    for f in Value.relu, Value.abs, Value.leaky_relu:
        x = Value(0.0)
        assert grad(grad(f(x), x, create_graph=True), x) == 0.0


def test_zero_to_a_power_is_constant_in_the_exponent_at_every_order() -> None:
    b = Value(2.0)
    slope = grad(0**b, b, create_graph=True)
    assert (slope.data, grad(slope, b)) == (0.0, 0.0)


def test_a_square_has_second_derivative_2_even_at_0() -> None:
    x = Value(0.0)
    slope = grad(x**2, x, create_graph=True)
    assert (slope.data, grad(slope, x)) == (0.0, 2.0)


any_float = st.floats(allow_nan=True, allow_infinity=True)


@rows
@settings(deadline=None)
@given(a=any_float, b=any_float, c=any_float)
@example(a=0.0, b=-inf, c=nan)
@example(a=-0.0, b=-1e308, c=inf)
@example(a=-1e308, b=3.0, c=0.0)
@example(a=-inf, b=0.5, c=0.0)
@example(a=inf, b=-inf, c=0.0)
@example(a=nan, b=0.0, c=-inf)
def test_no_float_makes_an_operation_raise_or_return_a_complex_number(
    row: Op, a: float, b: float, c: float
) -> None:
    leaves = [Value(a), Value(b), Value(c)][: row.arity or 2]
    y = row(*leaves)
    assert type(y.data) is float
    y.backward()
    plain = grad(y, leaves)
    recorded = grad(y, leaves, create_graph=True)
    for v, once, slope in zip(leaves, plain, recorded, strict=True):
        assert type(v.grad) is float
        assert same(v.grad, once)
        assert same(slope.data, once)
        assert all(type(number) is float for number in grad(slope, leaves))


# ── rows as objects ──────────────────────────────────────────────────────────────────────────


def test_names_are_unique_and_find_their_rows() -> None:
    assert len({row.name for row in ROWS}) == len(ROWS)
    assert all(ops.find(row.name) is row for row in ROWS)
    with pytest.raises(KeyError):
        ops.find("no such row")


def test_every_row_has_a_symbol_and_a_formula() -> None:
    assert all(row.symbol and row.formula.startswith("y = ") for row in ROWS)
    assert repr(ops.EXP) == "<Op exp: y = eᵃ>"


@rows
def test_an_operation_of_the_table_pickles_as_itself(row: Op) -> None:
    assert pickle.loads(pickle.dumps(row)) is row


FMA = Op(
    "fma", "fma", lambda a, b, c: a * b + c,
    lambda a, b, c, y: b, lambda a, b, c, y: a, lambda a, b, c, y: 1.0,
)  # fmt: skip


def test_an_operation_may_have_three_operands() -> None:
    a, b, c = leaves = [Value(2.0), Value(3.0), Value(4.0)]
    y = FMA(a, b, c) * FMA(a, 5, a)
    assert (FMA.arity, FMA(2.0, 3.0, 4.0), y.data) == (3, 10.0, 120.0)
    assert FMA(a, b, c).operands == (a, b, c)
    assert FMA(a, 5, c).inputs == (2.0, 5.0, 4.0)
    y.backward()
    assert [v.grad for v in leaves] == grad(y, leaves) == [3.0 * 12 + 10 * 6, 2.0 * 12, 12.0]
    assert hessian(y, leaves) == hessian((a * b + c) * (a * 5 + a), leaves)


def test_an_operation_of_any_number_of_operands_may_differ_in_its_derivatives() -> None:
    def slopes(*operands_and_y: Any) -> list[Any]:
        *operands, y = operands_and_y
        return [y / (len(operands) * a) for a in operands]

    geometric_mean = Op(
        "geomean", "gm", lambda *a: math.prod(a) ** (1.0 / len(a)), slopes, variadic=True
    )
    assert (geometric_mean.arity, geometric_mean(2.0, 4.0, 8.0)) == (0, pytest.approx(4.0))
    for count in 1, 2, 3, 5:
        leaves = [Value(1.0 + k) for k in range(count)]
        y = geometric_mean(*leaves) ** 2
        same_by_parts = math.prod(leaves, start=Value(1.0)) ** (2.0 / count)
        y.backward()
        assert close([v.grad for v in leaves], grad(same_by_parts, leaves))
        assert close(hessian(y, leaves), hessian(same_by_parts, leaves))
        assert y.parents[0].operands == tuple(leaves)
    with_numbers = geometric_mean(2, leaves[0], 3.0)
    assert close(grad(with_numbers, leaves[0]), with_numbers.data / 3)


def test_a_wrong_count_of_derivatives_is_refused() -> None:
    with pytest.raises(ValueError, match="expected a derivative for each operand of f, got none"):
        Op("f", "f", abs)
    with pytest.raises(ValueError, match="expected one derivative, got 2 for f, which has any num"):
        Op("f", "f", abs, 1.0, 2.0)


def test_an_operation_on_a_value_refuses_an_operand_that_is_not_a_number() -> None:
    with pytest.raises(TypeError, match="a real number, got str"):
        ops.MUL(Value(1.0), "a")
