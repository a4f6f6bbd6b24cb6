"""jvp and hvp: forward mode, which keeps no graph. `test_proof` tries every row of the table."""

from __future__ import annotations

import math
import threading
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nn
from autograd import (
    AnomalyError,
    DetachedWarning,
    Value,
    detect_anomaly,
    dot,
    grad,
    hessian,
    hvp,
    jacobian,
    jvp,
    log_softmax,
    logsumexp,
    maximum,
    mean,
    minimum,
    no_grad,
    softmax,
    total,
    value_and_grad,
    vjp,
)
from autograd.ops import OPERATIONS, Op
from autograd.value import record
from tests.blocks import blocks_in_use
from tests.thorough import trying

from .reference import close

if TYPE_CHECKING:
    from collections.abc import Iterable

# ── what it computes ─────────────────────────────────────────────────────────────────────────


def test_the_tangent_is_the_derivative_in_a_direction() -> None:
    assert jvp(lambda x: x**3, 2.0, 1.0) == (8.0, 12.0)
    assert jvp(lambda x: x**3, 2, 0.5) == (8.0, 6.0)
    assert jvp(lambda x, y: x * y + y, (2.0, 3.0), (1.0, 10.0)) == (9.0, 33.0)
    assert jvp(lambda p: p[0] * p[1], [2.0, 3.0], [1.0, 0.0]) == (6.0, 3.0)


def test_all_results_have_their_tangents() -> None:
    value, tangent = jvp(lambda x: [x * i for i in range(5)], 2.0, 1.0)
    assert value == [0.0, 2.0, 4.0, 6.0, 8.0]
    assert tangent == [0.0, 1.0, 2.0, 3.0, 4.0]


FUNCTIONS: dict[str, Any] = {
    "sum": lambda p: sum(v * v for v in p),
    "total": lambda p: total([*p, p[0], 2.0]),
    "mean": lambda p: mean(p) * p[0],
    "dot": lambda p: dot(p, [p[1], 2.0, p[0]]),
    "softmax": lambda p: softmax(p)[1],
    "log_softmax": lambda p: log_softmax(p)[2],
    "logsumexp": logsumexp,
    "maximum": lambda p: maximum(p[0], p[1]) * minimum(p[1], p[2]),
    "tie": lambda p: maximum(p[0] * 2.0, p[0] + p[0]),
    "branches": lambda p: p[0].exp() if p[0] > p[1] else p[1] * p[2],
    "loops": lambda p: newton(p[0] * p[0] + 2.0),
    "powers": lambda p: (p[0] * p[0]) ** p[1] + 2 ** p[2] + p[1] ** 3,
    "leaky": lambda p: (-p[0]).leaky_relu(p[1]) + p[1].relu() + p[2].gelu(),
    "reflected": lambda p: 1 / p[0] - (3 - p[1]) + abs(p[1]) + +p[2],
    "again": lambda p: p[0] * p[0] / p[0],
}


def newton(a: Value) -> Value:
    """The square root, to the last digit: how many steps it takes depends on the data."""
    x = a
    while abs(x.data * x.data - a.data) > 1e-13 * a.data:
        x = (x + a / x) * 0.5
    return x


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_tangent_is_the_gradient_times_the_direction(name: str) -> None:
    f, point, direction = FUNCTIONS[name], [0.7, -1.3, 2.1], [0.3, 1.1, -0.4]
    value, gradient = value_and_grad(f)(point)
    found, tangent = jvp(f, point, direction)
    assert found == value
    assert math.isclose(tangent, np.dot(gradient, direction), rel_tol=1e-13)


Step = tuple[Op, int, int, float | None]
programs = st.lists(
    st.tuples(
        st.sampled_from(OPERATIONS),
        st.integers(0, 30),
        st.integers(0, 30),
        st.one_of(st.none(), st.sampled_from([0.0, 1.0, -2.0, 0.5])),
    ),
    min_size=1,
    max_size=10,
)


def run(program: list[Step], leaves: Iterable[Value]) -> list[Value]:
    """The leaves, and the result of each step of a random program."""
    made = list(leaves)
    for operation, i, j, constant in program:
        a, b = made[-1 - i % len(made)], made[-1 - j % len(made)]
        operands = (a,) if operation.arity == 1 else (a, b if constant is None else constant)
        made.append(operation(*operands))
    return made


@trying(2000, 100)
@given(program=programs, x=st.sampled_from([0.0, -0.0, 1.0, -1.5, 0.3]))
def test_forward_and_reverse_mode_agree_even_at_inf(program: list[Step], x: float) -> None:
    def f(leaf: Value) -> Value:
        return run(program, [leaf])[-1]

    value, slope = value_and_grad(f)(x)
    found, tangent = jvp(f, x, 1.0)
    # Beyond an operand that was not chosen, the backward pass multiplies on by 0, and 0 · inf is
    # nan. In forward mode, nothing comes from there. And at a pole, asin(x) - asin(x) + asin(x) has
    # the slope (1 - 1 + 1) · inf in reverse, but inf - inf + inf forwards.
    assert close(found, value, 1e-15)
    assert math.isnan(slope) or math.isnan(tangent) or close(tangent, slope, 1e-9)


@trying(1000, 50)
@given(
    program=programs, point=st.lists(st.sampled_from([1.0, -1.5, 0.3, 0.7]), min_size=3, max_size=3)
)
def test_pull_backs_are_rows_tangents_are_columns_and_hvps_are_the_hessian_times_a_vector(
    program: list[Step], point: list[float]
) -> None:
    def f(p: list[Value]) -> list[Value]:
        return run(program, p)

    leaves = [Value(x) for x in point]
    ys = f(leaves)
    rows = jacobian(ys, leaves)
    value, pull_back = vjp(f, point)
    assert close(value, [y.data for y in ys], 0.0)
    for i, row in enumerate(rows):
        by_walking = jacobian(ys[i], leaves)[0]
        pulled = pull_back([float(i == k) for k in range(len(rows))])
        assert close(pulled, by_walking, 0.0)
        if all(map(math.isfinite, by_walking)):
            assert close(row, by_walking, 1e-9, 1e-9)
    for j in range(3):
        tangent = jvp(f, point, [float(j == k) for k in range(3)])[1]
        assert close(tangent, [row[j] for row in rows], 1e-15)
    matrix, v = np.array(hessian(ys[-1], leaves)), [0.5, -2.0, 1.0]
    if np.isfinite(matrix).all():
        found = hvp(lambda p: f(p)[-1], point, v)
        # Terms cancel, as in the second derivative of atan(tan(x)), which is 0.
        scale = max(1.0, np.abs(matrix).max())
        assert np.allclose(found, matrix @ v, rtol=1e-9, atol=1e-7 * scale)


def test_what_a_branching_operation_did_not_choose_has_no_tangent() -> None:
    # Not even 0 · inf, which is nan: the square root's slope at 0 is inf.
    assert jvp(lambda x: x.relu().sqrt(), -1.0, 1.0) == (0.0, 0.0)
    assert jvp(lambda x, y: maximum(x.log(), y), (0.0, 1.0), (1.0, 1.0)) == (1.0, 1.0)
    assert jvp(lambda x: (x * 0).abs().sqrt(), 2.0, 1.0) == (0.0, 0.0)
    _, tangent = jvp(lambda x: x.relu().sqrt(), Value(-1.0), 1.0, create_graph=True)
    assert tangent.data == 0.0


def test_an_input_whose_v_is_0_takes_no_part() -> None:
    assert jvp(lambda x, y: x.sqrt() + y, (0.0, 1.0), (0.0, 1.0)) == (1.0, 1.0)
    assert jvp(lambda x, y: x.sqrt() + y, (0.0, 1.0), (1.0, 0.0)) == (1.0, math.inf)


def test_functions_that_do_not_depend_on_their_input_have_tangent_0() -> None:
    w = Value(3.0)
    assert jvp(lambda x: 5, 2.0, 1.0) == (5.0, 0.0)
    assert jvp(lambda x: w * w, 2.0, 1.0) == (9.0, 0.0)
    assert jvp(lambda x: Value(x.data), 2.0, 1.0) == (2.0, 0.0)
    assert jvp(lambda x: x, 2.0, 7.0) == (2.0, 7.0)
    assert jvp(lambda: Value(1.0), (), ()) == (1.0, 0.0)


def test_within_no_grad_derivatives_stop_as_in_the_backward_pass() -> None:
    def f(x: Value) -> Value:
        with no_grad():
            scale = x * 3
        return x * scale

    assert jvp(f, 2.0, 1.0) == (12.0, 6.0)
    assert value_and_grad(f)(2.0) == (12.0, 6.0)
    with no_grad():
        assert jvp(lambda x: x * x, 3.0, 1.0) == (9.0, 6.0)


def test_values_outside_keep_their_data_and_their_gradients() -> None:
    w, x = Value(3.0, label="w"), Value(2.0, label="x")
    w.grad = x.grad = 7.0
    seen: list[str] = []

    def f(a: Value) -> Value:
        seen.append(a.label)
        a.label = "inside"
        return a * w

    assert jvp(f, x, 1.0) == (6.0, 3.0)
    assert (w.data, w.grad, x.data, x.grad, x.label, seen) == (3.0, 7.0, 2.0, 7.0, "x", ["x"])


# ── it looks like a Value ────────────────────────────────────────────────────────────────────


def test_what_f_gets_is_a_value_in_every_respect() -> None:
    def f(x: Any) -> Any:
        assert type(x) is Value
        y = x * 2
        assert type(y) is Value
        assert (y.data, y.grad, y.label, y.op, y.parents, y.operands) == (6.0, 0.0, "", "", (), ())
        assert y > x and x <= 3.0 and not y < 5 and y >= x
        assert f"{y:.1f}" == "6.0"
        assert repr(y) == "Value(data=6.0, grad=0.0)"
        assert y == y and y != x and len({x, y, y}) == 2
        y.label = "y"
        return y

    assert jvp(f, 3.0, 1.0) == (6.0, 2.0)


def test_a_value_that_becomes_a_number_loses_its_tangent_with_a_warning() -> None:
    with pytest.warns(DetachedWarning):
        assert jvp(lambda x: x * math.exp(x * 1.0), 0.0, 1.0) == (0.0, 1.0)
    with pytest.warns(DetachedWarning):
        jvp(lambda x: x * float(x), 2.0, 1.0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        jvp(lambda x: x * x.data, 2.0, 1.0)


def test_layers_and_losses_work() -> None:
    model = nn.MLP(2, [4, 2], activation="gelu", seed=0)

    def f(x: list[Value]) -> Value:
        return nn.cross_entropy(model(x), 1) + nn.mse_loss(model(x), [0.5, -0.5])

    value, gradient = value_and_grad(f)([0.3, -0.8])
    found, tangent = jvp(f, [0.3, -0.8], [2.0, 1.0])
    assert math.isclose(found, value, rel_tol=1e-15)
    assert math.isclose(tangent, 2 * gradient[0] + gradient[1], rel_tol=1e-12)


def test_numpy_arrays_of_values_work() -> None:
    matrix = np.array([[1.0, 2.0], [3.0, 4.0]])

    def f(x: Any) -> Any:
        assert x.dtype == object
        y = np.tanh(matrix @ x) * x - x.max()
        y += np.exp(x) * Value(2.0)
        return y

    x, v = np.array([0.1, -0.2]), np.array([1.0, 0.5])
    value, tangent = jvp(f, x, v)
    h = 1e-6
    assert value.dtype == tangent.dtype == float
    assert np.allclose(tangent, (jvp(f, x + h * v, v)[0] - jvp(f, x - h * v, v)[0]) / (2 * h))


def test_threads_that_f_starts_compute_tangents_too() -> None:
    def f(x: Value) -> Value:
        found: list[Value] = []
        thread = threading.Thread(target=lambda: found.append((x * x).exp()))
        thread.start()
        thread.join()
        return found[0] * x

    value, tangent = jvp(f, 0.5, 1.0)
    e = math.exp(0.25)
    assert math.isclose(value, 0.5 * e, rel_tol=1e-15)
    assert math.isclose(tangent, e + 0.5 * e, rel_tol=1e-15)


def test_two_threads_compute_their_own_tangents() -> None:
    results: dict[int, Any] = {}

    def work(k: int) -> None:
        results[k] = jvp(lambda x: sum((x * k for _ in range(2000)), x * x), 1.0, 1.0)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == {k: (1.0 + 2000 * k, 2.0 + 2000 * k) for k in range(4)}


def test_a_value_that_escapes_is_a_plain_number_afterwards() -> None:
    kept: list[Value] = []

    def leak(x: Value) -> Value:
        kept.append(x * 3)
        return x

    jvp(leak, 2.0, 1.0)
    y = kept[0] * kept[0]
    assert (y.data, y.op) == (36.0, "*")
    with detect_anomaly():  # where every operation looks at the modes in force
        assert (kept[0] * 2).op == "*"
    assert jvp(lambda x: x * kept[0], 2.0, 1.0) == (12.0, 6.0)


def test_an_error_in_f_leaves_nothing_behind() -> None:
    def f(x: Value) -> Value:
        raise LookupError(x.data)

    with pytest.raises(LookupError):
        jvp(f, 2.0, 1.0)
    x = Value(2.0)
    y = x * x
    assert (y.op, grad(y, x)) == ("*", 4.0)


def test_an_anomaly_is_found_in_the_tangent_as_in_the_value() -> None:
    x = Value(0.0, label="x")
    with detect_anomaly():
        with pytest.raises(AnomalyError) as anomaly:
            jvp(lambda a: a.sqrt() + 1, x, 1.0)
        assert (
            str(anomaly.value) == "forward mode: the tangent became inf going through sqrt(x = 0.0)"
        )
        with pytest.raises(AnomalyError, match=r"forward pass: log\(x = 0.0\) gave -inf"):
            jvp(lambda a: a.log(), x, 1.0)
        assert jvp(lambda a: a * a, 3.0, 1.0) == (9.0, 6.0)


# ── no graph ─────────────────────────────────────────────────────────────────────────────────


def blocks_kept(n: int) -> int:
    """How many more blocks of memory are in use after n steps than after 100."""
    blocks: list[int] = []

    def f(x: Value) -> Value:
        y, time = x, Value(0.0)
        for i in range(1, n + 1):
            time = time + 1.0  # it does not depend on x, but is not recorded either
            y = y * 0.999 + x
            if i in (100, n):
                blocks.append(blocks_in_use())
        return y * time

    jvp(f, 0.5, 1.0)
    return blocks[1] - blocks[0]


def test_memory_does_not_grow_with_the_number_of_steps() -> None:
    assert blocks_kept(3_000) < 100


@pytest.mark.slow
def test_a_million_steps_take_no_more_memory_than_a_hundred() -> None:
    assert blocks_kept(1_000_000) < 100


def test_backward_and_grad_of_a_recorded_value_say_what_to_use_instead() -> None:
    def goes_backward(x: Value) -> Value:
        y = x * x
        y.backward()
        return y

    advice = r"records none\. Use value_and_grad\(f\)\(x\) instead; jvp can differentiate that\."
    with pytest.raises(RuntimeError, match=advice):
        jvp(goes_backward, 2.0, 1.0)
    with pytest.raises(RuntimeError, match=advice):
        jvp(lambda x: grad(x * x, x), 2.0, 1.0)
    with no_grad():
        y = Value(2.0) * 3
    with pytest.raises(RuntimeError, match=r"grad found no graph: .* by '\*' within no_grad\(\)"):
        grad(y, Value(2.0))


# ── hvp ──────────────────────────────────────────────────────────────────────────────────────


def test_hvp_is_the_hessian_times_a_vector() -> None:
    assert hvp(lambda x, y: x * x * y, (2.0, 3.0), (1.0, 0.0)) == (6.0, 4.0)
    assert hvp(lambda x, y: x * x * y, (2.0, 3.0), (1.0, 10.0)) == (46.0, 4.0)
    assert hvp(lambda p: p[0] * p[0] * p[1], [2.0, 3.0], [0.0, 1.0]) == [4.0, 0.0]
    assert hvp(lambda x: x**3, 2.0, 1.0) == 12.0
    assert hvp(lambda x: x**3, (2.0,), (1.0,)) == (12.0,)
    assert hvp(lambda x: x * 2, 2.0, 1.0) == 0.0
    assert hvp(lambda x: 7, 2.0, 1.0) == 0.0


def test_hvp_of_kinks_and_shifts_is_finite() -> None:
    assert hvp(lambda p: logsumexp(p) * 4, [1000.0, 1000.0], [1.0, 0.0]) == [1.0, -1.0]
    assert hvp(lambda x: x.relu() * x, -1.0, 1.0) == 0.0
    assert hvp(lambda x: x.abs() ** 3, -2.0, 1.0) == 12.0


def test_hvp_makes_values_that_can_be_differentiated_again() -> None:
    x = Value(2.0)
    product = hvp(lambda a: a**4, x, 1.0, create_graph=True)
    assert (product.data, grad(product, x)) == (48.0, 48.0)  # 12x² and 24x


def test_a_vector_of_values_is_differentiated_as_well() -> None:
    x, v = Value(2.0), Value(3.0)
    value, tangent = jvp(lambda a: a**3, x, v, create_graph=True)
    assert (value.data, tangent.data) == (8.0, 36.0)
    assert grad(tangent, [x, v]) == [36.0, 12.0]
    assert grad(value, [x, v]) == [12.0, 0.0]
    value, tangent = jvp(lambda a: a, x, v, create_graph=True)
    assert value is not x and tangent is not v
    assert grad(value * tangent, [x, v]) == [3.0, 2.0]


def test_every_row_can_be_applied_by_name() -> None:
    for row in OPERATIONS:
        operands = (1.3 if row.name == "acosh" else 0.3, 0.7)[: row.arity or 2]
        value, tangent = jvp(
            lambda *xs, row=row: record(row, xs), operands, (1.0, 0.0)[: len(operands)]
        )
        _, pull_back = vjp(lambda *xs, row=row: record(row, xs), operands)
        assert close([value, tangent], [row.compute(operands), pull_back(1.0)[0]], 1e-15)
