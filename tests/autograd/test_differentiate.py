"""grad, value_and_grad and hessian, on random graphs and in detail."""

from __future__ import annotations

import math
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NamedTuple

import mpmath as mp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd import (
    Value,
    detect_anomaly,
    grad,
    gradcheck,
    hessian,
    no_grad,
    ops,
    total,
    value_and_grad,
)
from autograd.graph import topological
from autograd.ops import OPERATIONS, Op
from autograd.value import record
from tests.thorough import trying

from .reference import close, formula, nodes, partials

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

# ── random graphs ────────────────────────────────────────────────────────────────────────────

KINKED = (  # a random graph may tie exactly
    "abs", "relu", "leaky_relu", "elu", "selu", "softsign", "maximum", "minimum", "clamp_min",
    "clamp_max", "sign", "floor", "ceil", "round",
)  # fmt: skip
SMOOTH = [row for row in OPERATIONS if row.name not in KINKED]

POSITIVE = (
    "log", "log1p", "log2", "log10", "sqrt", "cbrt", "pow", "hypot", "atan2", "lgamma", "digamma",
)  # fmt: skip
INSIDE = ("asin", "acos", "atanh")  # defined between −1 and 1

Step = tuple[Op, int, int, float | None]

steps = st.lists(
    st.tuples(
        st.sampled_from(SMOOTH),
        st.integers(0, 30),
        st.integers(0, 30),
        st.one_of(st.none(), st.floats(0.25, 3.0)),  # a constant as the second operand
    ),
    min_size=1,
    max_size=9,
)
points = st.lists(st.floats(-1.5, 1.5).map(lambda x: round(x, 3)), min_size=2, max_size=2)


def run(program: list[Step], leaves: Sequence[Any], apply: Callable[..., Any]) -> Any:
    """A random graph. Each step takes earlier results, scaled to stay smooth and small."""

    def row(name: str, *operands: Any) -> Any:
        return apply(next(r for r in OPERATIONS if r.name == name), *operands)

    made = list(leaves)
    for operation, i, j, constant in program:
        a, b = made[-1 - i % len(made)], made[-1 - j % len(made)]
        a = row("tanh", a)
        if operation.name in POSITIVE:
            a = row("softplus", a)
        elif operation.name in INSIDE:
            a = row("tanh", row("tanh", a))
        elif operation.name == "acosh":
            a = row("cosh", row("softplus", a))
        if constant is not None:
            b = constant
        elif operation.name in ("truediv", "pow"):
            b = row("softplus", row("sin", b))
        made.append(apply(operation, *((a, b) if operation.arity != 1 else (a,))))
    return row("add", made[-1], *made[:2])


def ours(row: Op, *operands: Any) -> Any:
    return row(*operands)


def exactly(row: Op, *operands: Any) -> Any:
    return formula(row.name)(*operands)


@trying(60)
@given(program=steps, point=points)
def test_random_graphs_have_the_right_value_gradient_and_hessian(
    program: list[Step], point: list[float]
) -> None:
    def reference(*xs: Any) -> Any:
        return run(program, xs, exactly)

    leaves = [Value(x) for x in point]
    y = run(program, leaves, ours)
    y.backward()
    gradient = partials(reference, point, 1)
    assert close(y.data, partials(reference, point, 0), 1e-11, 1e-12)
    assert close([v.grad for v in leaves], gradient, 1e-10, 1e-11)
    assert close(hessian(y, leaves), partials(reference, point, 2), 1e-9, 1e-10)


@trying(200)
@given(
    program=st.lists(
        st.tuples(
            st.sampled_from(OPERATIONS),
            st.integers(0, 30),
            st.integers(0, 30),
            st.one_of(st.none(), st.sampled_from([0.0, 1.0, -2.0, 0.5, 1e200])),
        ),
        min_size=1,
        max_size=12,
    ),
    point=st.lists(st.sampled_from([0.0, -0.0, 1.0, -1.5, 0.3, 1e200]), min_size=2, max_size=2),
)
def test_backward_grad_and_create_graph_agree_bit_for_bit_even_at_inf_and_nan(
    program: list[Step], point: list[float]
) -> None:
    made = [Value(x) for x in point]
    leaves = made[:]
    for operation, i, j, constant in program:
        a, b = made[-1 - i % len(made)], made[-1 - j % len(made)]
        operands = (a,) if operation.arity == 1 else (a, b if constant is None else constant)
        made.append(operation(*operands))
    y = made[-1]
    y.backward()
    plain = grad(y, made)
    recorded = [slope.data for slope in grad(y, made, create_graph=True)]
    assert close(plain, recorded, 0.0, 0.0)
    reached = [v for v in made if v.grad != 0.0 or v in leaves]
    assert close([v.grad for v in reached], grad(y, reached), 0.0, 0.0)


# ── grad ─────────────────────────────────────────────────────────────────────────────────────


def test_gradients_have_the_shape_of_the_values() -> None:
    a, b = Value(2.0), Value(3.0)
    y = a * b
    assert grad(y, a) == 3.0
    assert grad(y, [a, b]) == [3.0, 2.0]
    assert grad(y, (b, a, b)) == (2.0, 3.0, 2.0)
    assert grad(y, {"a": a, "both": [a, (b,)]}) == {"a": 3.0, "both": [3.0, (2.0,)]}
    assert grad(y, (v for v in (a, b))) == [3.0, 2.0]
    assert grad(y, {"a": a}.values()) == [3.0]
    assert grad(y, []) == []


def test_grad_changes_no_grad_attribute() -> None:
    a, b = Value(2.0), Value(3.0)
    y = (a * b).exp()
    for v in (a, b, y, y.parents[0]):
        v.grad = 7.0
    grad(y, [a, b, y])
    grad(y, [a, b], create_graph=True)
    hessian(y, [a, b])
    assert [v.grad for v in (a, b, y, y.parents[0])] == [7.0] * 4


def test_grad_by_interior_values_and_by_the_result_itself() -> None:
    x = Value(2.0)
    inside = x * 3
    y = inside * inside + x
    assert grad(y, [inside, x, y]) == [12.0, 37.0, 1.0]
    assert [g.data for g in grad(y, [inside, x, y], create_graph=True)] == [12.0, 37.0, 1.0]
    assert hessian(y, [inside, x]) == [[2.0, 6.0], [6.0, 18.0]]


def test_a_value_outside_the_graph_has_gradient_0() -> None:
    x, other = Value(2.0), Value(3.0)
    y = x * x
    later = y * other
    assert grad(y, [other, later]) == [0.0, 0.0]
    slopes = grad(y, [other, later], create_graph=True)
    assert [(type(g), g.data) for g in slopes] == [(Value, 0.0)] * 2


def test_create_graph_gives_values_that_differentiate_again() -> None:
    x = Value(2.0)
    y = x**4
    expected = [32.0, 48.0, 48.0, 24.0, 0.0, 0.0]
    for derivative in expected:
        y = grad(y, x, create_graph=True)
        assert type(y) is Value
        assert y.data == derivative


def test_a_gradient_can_run_backward_like_any_value() -> None:
    x, w = Value(0.5), Value(2.0)
    slope = grad((w * x).tanh(), x, create_graph=True)  # w · (1 − tanh²(wx))
    loss = (slope - 1) ** 2
    loss.backward()
    t = math.tanh(1.0)
    s, ds = 2 * (1 - t * t), (1 - t * t) * (1 - 2 * t * 1.0)
    assert math.isclose(w.grad, 2 * (s - 1) * ds, rel_tol=1e-14)


def test_gradients_belong_to_the_recorded_data_and_edits_are_preserved() -> None:
    w, x = Value(3.0), Value(2.0)
    y = w * x + w.exp() / x + 2**w * w.log() + w**x
    expected, second = grad(y, [w, x]), hessian(y, [w, x])
    w.data, x.data = 50.0, math.nan
    assert grad(y, [w, x]) == expected
    recorded = grad(y, [w, x], create_graph=True)
    assert [g.data for g in recorded] == expected
    assert hessian(y, [w, x]) == second
    assert w.data == 50.0
    assert math.isnan(x.data)
    # And edits after the gradient was taken do not reach it.
    w.data = x.data = -1.0
    assert [g.data for g in recorded] == expected
    assert [grad(g, [w, x]) for g in recorded] == second


def test_the_sign_of_a_zero_belongs_to_the_recorded_data() -> None:
    for recorded, edited in ((0.0, -0.0), (-0.0, 0.0)):  # 1/0.0 is inf, 1/-0.0 is -inf (IEEE 754)
        x = Value(recorded)
        y = 1 / x
        x.data = edited
        slope = grad(y, x, create_graph=True)
        assert slope.data == grad(y, x) == -math.inf  # -1/x²
        assert grad(slope, x) == math.copysign(math.inf, recorded)  # 2/x³


def test_a_gradient_as_a_graph_writes_to_no_value_at_any_moment() -> None:
    w, x = Value(3.0), Value(2.0)
    hidden = (w * x).tanh()
    y = hidden * w.exp() + x**w + total([w, x, hidden])
    w.data, x.data, hidden.data = 50.0, -7.0, 0.25
    values = topological(y)
    before = [(v.data, v.grad, v.operation, v.operands) for v in values]
    steps = 0

    def look(frame: object, event: str, argument: object) -> Any:
        nonlocal steps
        steps += 1
        assert [(v._datum, v._grad) for v in values] == [(d, g) for d, g, _, _ in before]
        return look

    tracing = sys.gettrace()
    sys.settrace(look)  # between any two lines, where another thread or Ctrl-C may come
    try:
        grad(y, [w, x, hidden], create_graph=True)
        hessian(y, [w, x])
    finally:
        sys.settrace(tracing)
    assert steps > 100
    assert [(v.data, v.grad, v.operation, v.operands) for v in values] == before


def test_the_graph_of_a_gradient_is_the_same_whether_or_not_a_leaf_was_edited() -> None:
    def slopes(edit: bool) -> tuple[list[Value], list[Value]]:
        w, x = Value(3.0, label="w"), Value(2.0, label="x")
        y = w * x + w.exp() / x + x**w + total([w, x, w * w])
        if edit:
            w.data, x.data = 50.0, -1.0
        return grad(y, [w, x], create_graph=True), [w, x]

    (ours, leaves), (edited, edited_leaves) = slopes(False), slopes(True)
    order, twins = topological(*ours), topological(*edited)
    place: dict[Any, Any] = {v: i for i, v in enumerate(order)}
    twin_place: dict[Any, Any] = {v: i for i, v in enumerate(twins)}
    for v, twin in zip(order, twins, strict=True):
        assert (v.operation, v.label) == (twin.operation, twin.label)
        assert [place.get(p, p) for p in v.operands] == [
            twin_place.get(p, p) for p in twin.operands
        ]
        assert v.operation is None or v.data == twin.data
    assert hessian(ours[0], leaves) == hessian(edited[0], edited_leaves)
    # d³/dw³ of the whole: eʷ/x + x^w·ln(x)³
    third = grad(grad(edited[0], edited_leaves[0], create_graph=True), edited_leaves[0])
    assert math.isclose(third, math.exp(3.0) / 2.0 + 8.0 * math.log(2.0) ** 3, rel_tol=1e-14)


def test_a_gradient_that_is_an_edited_leaf_keeps_the_recorded_number() -> None:
    a, b = Value(2.0), Value(3.0)
    y = a * b
    b.data = 100.0
    slope = grad(y, a, create_graph=True)
    assert (slope.data, slope.parents, b.data) == (3.0, (b,), 100.0)
    assert grad(slope, [a, b]) == [0.0, 1.0]


def test_hessians_of_edited_leaves_are_right_in_threads_and_disturb_nothing_else() -> None:
    w, x = Value(3.0), Value(2.0)
    y = w * x + w.exp() / x + x**w
    expected = hessian(y, [w, x])
    w.data = 1.5

    def work(k: int) -> bool:
        if k % 2:
            return hessian(y, [w, x]) == expected
        return w.data == 1.5 and grad(w * w, w) == 3.0

    switching = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(4) as pool:
            assert all(pool.map(work, range(200)))
    finally:
        sys.setswitchinterval(switching)


def test_a_gradient_is_a_new_value_even_if_it_equals_one_in_the_graph() -> None:
    a, b = Value(2.0), Value(3.0)
    y = a * b
    slope = grad(y, a, create_graph=True)
    assert slope is not b
    slope.label, b.data = "∂y/∂a", 100.0
    assert (b.label, slope.data) == ("", 3.0)
    assert grad(slope, [a, b]) == [0.0, 1.0]
    e = a.exp()
    assert grad(e, a, create_graph=True) is not e
    assert grad(a, a, create_graph=True) is not a
    assert grad(grad(y, a, create_graph=True), b, create_graph=True).data == 1.0


@pytest.mark.parametrize("swap", [False, True])
def test_a_leaf_recorded_with_two_data_is_refused_with_create_graph_and_right_without(
    swap: bool,
) -> None:
    x = Value(1.0, label="x")
    a = x * x
    x.data = 2.0
    b = x * x
    y = b + a if swap else a + b
    assert grad(y, x) == 6.0
    with pytest.raises(ValueError, match="create_graph expects x to keep its data"):
        grad(y, x, create_graph=True)
    assert x.data == 2.0


def test_no_grad_does_not_prevent_a_gradient_that_needs_a_graph() -> None:
    x = Value(2.0)
    y = x**3
    with no_grad():
        assert hessian(y, [x]) == [[12.0]]
        assert value_and_grad(lambda v: v**3)(2.0) == (8.0, 12.0)
        assert grad(y, x, create_graph=True).op != ""
        assert gradcheck(lambda v: v**3, 2.0)
        assert (x * x).op == ""


def test_a_chain_of_100_000_has_a_second_derivative() -> None:
    x = Value(1.0)
    y = x * x
    for _ in range(100_000):
        y = y + x
    assert hessian(y, [x]) == [[2.0]]


x = Value(1.0)


@pytest.mark.parametrize(
    ("y", "xs", "named"),
    [
        (3.0, [x], "float as y"),
        (x, [x, 3], r"int as xs\[1\]"),
        (x, {"w": [x, (x, "b")]}, r'str as xs\["w"\]\[1\]\[1\]'),
        (x, 3.0, "float as xs"),
        (x, None, "NoneType as xs"),
        (x, "x", "str as xs"),
        ([x], [x], "list as y"),
    ],
)
def test_grad_accepts_only_values(y: Any, xs: Any, named: str) -> None:
    for create_graph in (True, False):
        with pytest.raises(TypeError, match=f"^grad expects Values, got {named}; call it as grad"):
            grad(y, xs, create_graph)
    with pytest.raises(TypeError, match=f"^hessian expects Values, got {named}; call it as hes"):
        hessian(y, xs)


# ── value_and_grad ───────────────────────────────────────────────────────────────────────────


def test_value_and_grad_of_one_and_of_several_arguments() -> None:
    assert value_and_grad(lambda x: x * x)(3) == (9.0, 6.0)
    assert value_and_grad(lambda w, x: w * x + 1)(0.5, 2.0) == (2.0, (2.0, 0.5))


def test_value_and_grad_keeps_the_shape_of_nested_lists() -> None:
    def f(weights: Any, bias: Any) -> Value:
        (a, b), (c,) = weights
        y: Value = a * b * c + bias[0] * 2 + a
        return y

    value, gradient = value_and_grad(f)([(2, 3), [4]], (5.0,))
    assert value == 36.0
    assert gradient == ([(13.0, 8.0), [6.0]], (2.0,))


def test_value_and_grad_reads_the_data_of_values_and_does_not_change_them() -> None:
    x = Value(3.0)
    assert value_and_grad(lambda v: v * v)(x) == (9.0, 6.0)
    assert x.grad == 0.0


def test_an_argument_that_is_not_used_has_gradient_0() -> None:
    assert value_and_grad(lambda a, b: a * 2)(1.0, 5.0) == (2.0, (2.0, 0.0))


def test_value_and_grad_refuses_a_function_that_does_not_return_a_value() -> None:
    def forgetful(x: Value) -> Any:
        x * x

    with pytest.raises(TypeError, match="returns a Value, got NoneType from 'forgetful'"):
        value_and_grad(forgetful)(1.0)
    with pytest.raises(TypeError, match="got list"):
        value_and_grad(lambda x: [x])(1.0)


def test_a_plain_number_has_gradient_0() -> None:
    assert value_and_grad(lambda a, b: 3)(1.0, [2.0]) == (3.0, (0.0, [0.0]))


def test_value_and_grad_refuses_arguments_that_are_not_numbers() -> None:
    with pytest.raises(TypeError, match="a real number, got str"):
        value_and_grad(lambda x: x)(["a"])


# ── hessian ──────────────────────────────────────────────────────────────────────────────────


def test_a_hessian_is_symmetric_and_right() -> None:
    point = (0.7, -1.2, 0.4)
    leaves = a, b, c = [Value(x) for x in point]
    y = (a * b).tanh() * c + a.exp() * b**2 / (1 + c * c) + a.sigmoid() * b.softplus()
    matrix = hessian(y, leaves)

    def reference(a: Any, b: Any, c: Any) -> Any:
        sigmoid, softplus = 1 / (1 + mp.exp(-a)), mp.log(1 + mp.exp(b))
        return mp.tanh(a * b) * c + mp.exp(a) * b**2 / (1 + c * c) + sigmoid * softplus

    assert close(matrix, partials(reference, point, 2))
    assert close(matrix, [list(column) for column in zip(*matrix, strict=True)], 1e-14)


def test_the_hessian_of_a_linear_function_is_0() -> None:
    a, b = Value(2.0), Value(3.0)
    assert hessian(2 * a - b, [a, b]) == [[0.0, 0.0], [0.0, 0.0]]


def test_the_hessian_by_one_value_is_a_matrix_of_one() -> None:
    x = Value(2.0)
    assert hessian(x**3, x) == [[12.0]]


def test_the_graph_of_a_gradient_consists_of_operations_from_the_table() -> None:
    x = Value(0.3)
    slope = grad(x.sin() * x, x, create_graph=True)
    assert sorted(nodes(slope)) == ["*", "+", "cos", "sin"]
    with detect_anomaly():
        assert math.isfinite(grad(slope, x))


def test_value_and_grad_keeps_named_tuples() -> None:
    class Point(NamedTuple):
        x: float
        y: float

    value, gradient = value_and_grad(lambda p: p.x * p.y)(Point(2.0, 3.0))
    assert (value, gradient) == (6.0, Point(3.0, 2.0))


def test_a_shift_stops_only_the_gradient_through_itself() -> None:
    x, w = Value(2.0), Value(3.0)
    y = x * 3.0 + record(ops.SHIFT, (w * 2.0, w * 5.0))
    assert grad(y, [x, w]) == [3.0, 0.0]
    assert [g.data for g in grad(y, [x, w], create_graph=True)] == [3.0, 0.0]
    y.backward()
    assert (x.grad, w.grad) == (3.0, 0.0)
