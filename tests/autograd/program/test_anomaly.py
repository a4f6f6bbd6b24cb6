"""detect_anomaly in programs names the row and the operation that first gave nan or inf."""

from __future__ import annotations

import math
import pickle
import re
import threading
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import autograd
from autograd import AnomalyError, Value, detect_anomaly, no_grad
from nn import MLP, Adam, binary_cross_entropy

if TYPE_CHECKING:
    from collections.abc import Callable

    from autograd.program.program import Program


def anomaly_of(work: Callable[[], object]) -> str:
    with detect_anomaly(), pytest.raises(AnomalyError) as caught:
        work()
    return str(caught.value)


@pytest.fixture
def w() -> Value:
    return Value(0.5, label="w")


@pytest.fixture
def x() -> Value:
    return Value(2.0, label="x")


@pytest.mark.parametrize("bad_rows", [[0], [3], [99], [3, 50], [0, 99], [41, 42, 43]])
def test_the_first_bad_row_and_its_operation_are_named(
    bad_rows: list[int], w: Value, x: Value
) -> None:
    program = autograd.compile(w * x.log() + 1.0, [w], [x])
    column = np.arange(1.0, 101.0)
    column[bad_rows] = -np.arange(1.0, 1.0 + len(bad_rows))
    expected = f"program, row {bad_rows[0]}: forward pass: log(x = -1.0) gave nan"
    assert anomaly_of(lambda: program(column)) == expected
    assert anomaly_of(lambda: program.value_and_grad(column)) == expected
    assert anomaly_of(lambda: program.value_and_grad(column.tolist())) == expected


def test_the_first_operation_is_named_and_not_a_later_one(w: Value, x: Value) -> None:
    y = (((x * w - 1.0).log() * 0.0 + w).tanh() - x) ** 2
    program = autograd.compile(y, [w], [x])
    assert anomaly_of(lambda: program([4.0, 1.0])) == (
        "program, row 1: forward pass: log(-0.5) gave nan"
    )


def test_labels_of_interior_nodes_are_named_too(w: Value, x: Value) -> None:
    z = w * x
    z.label = "z"
    y = (z - 1.0).log() + z.log()
    program = autograd.compile([y, z], [w], [x])
    assert anomaly_of(lambda: program([3.0, 2.0])) == (
        "program, row 1: forward pass: log(0.0) gave -inf"
    )
    program = autograd.compile(z.log() * (w + x), [w], [x])
    assert anomaly_of(lambda: program([0.0])) == (
        "program, row 0: forward pass: log(z = 0.0) gave -inf"
    )


def test_a_bad_gradient_is_named_although_the_value_is_finite(w: Value, x: Value) -> None:
    y = (w * x).sqrt()
    y.label = "root"
    program = autograd.compile(y, [w], [x])
    columns = [1.0, 4.0, 0.0]
    with detect_anomaly():
        assert program(columns)[2] == 0.0
    assert anomaly_of(lambda: program.value_and_grad(columns)) == (
        "program, row 2: backward pass: the gradient of an input (data 0.0) became inf going back "
        "through sqrt(0.0) = root = 0.0, whose own gradient is 1.0"
    )
    assert "the gradient of w (data 0.0)" in anomaly_of(
        lambda: autograd.compile(w.sqrt() + x, [w], [x]).value_and_grad([1.0], theta=[0.0])
    )


def test_only_gradients_of_parameters_are_watched(w: Value, x: Value) -> None:
    spoilt = w * x.sqrt()  # ∂/∂x at 0 is inf, but no one asked for it
    program = autograd.compile(spoilt + (1.0 / w), [w], [x])
    with detect_anomaly():
        value, gradient = program.value_and_grad([0.0, 1.0])
        assert (value, gradient.tolist()) == (2.25, [-3.5])
    program = autograd.compile(w.sqrt() + spoilt, [w], [x])
    assert "through sqrt(w = 0.0)" in anomaly_of(lambda: program.value_and_grad([0.0], theta=[0.0]))


def test_the_theta_passed_to_the_call_is_blamed(w: Value, x: Value) -> None:
    program = autograd.compile(w.log() * x, [w], [x])
    with detect_anomaly():
        program.value_and_grad([1.0])
    assert anomaly_of(lambda: program.value_and_grad([1.0], theta=[-2.0])) == (
        "program, row 0: forward pass: log(w = -2.0) gave nan"
    )
    program.theta[:] = -3.0
    assert "log(w = -3.0)" in anomaly_of(lambda: program([1.0]))


def test_without_inputs_there_is_no_row_to_name(w: Value) -> None:
    program = autograd.compile((w - 1.0).log(), [w])
    expected = "program: forward pass: log(-0.5) gave nan"
    assert anomaly_of(program) == expected
    assert anomaly_of(program.value_and_grad) == expected


def test_the_bad_one_of_several_outputs_is_found(w: Value, x: Value) -> None:
    fine, bad = w + x, 1.0 / (x - w)
    program = autograd.compile([fine, bad], [w], [x], threads=2)
    with detect_anomaly():
        program([1.0, 2.0])
    assert anomaly_of(lambda: program([1.0, 0.5])) == (
        "program, row 1: forward pass: /(1.0, 0.0) gave inf"
    )


def test_a_nan_in_a_column_is_named_where_it_is_used(w: Value, x: Value) -> None:
    program = autograd.compile(w * x, [w], [x])
    assert anomaly_of(lambda: program([1.0, math.nan])) == (
        "program, row 1: forward pass: *(w = 0.5, x = nan) gave nan"
    )


def test_an_anomaly_that_no_operation_caused_is_reported_too(w: Value, x: Value) -> None:
    leaf = autograd.compile(x, [w], [x])
    assert anomaly_of(lambda: leaf([1.0, math.inf])).startswith(
        "program, row 1: x became inf, and no single operation caused it"
    )
    sums = autograd.compile(w * x, [w], [x])
    rows = [1.7e308] * 4  # the loss of each is finite; their sum is not
    assert anomaly_of(lambda: sums.value_and_grad(rows)).startswith(
        "program: L became inf, and no single operation caused it"
    )


def test_a_bad_gradient_is_not_kept_for_an_optimiser(w: Value, x: Value) -> None:
    program = autograd.compile(w * x.log(), [w], [x])
    adam = Adam(program, lr=0.1)
    program.value_and_grad([2.0])
    kept = program.gradient
    anomaly_of(lambda: program.value_and_grad([-2.0]))
    assert program.gradient is kept
    adam.step()
    assert math.isfinite(program.theta[0])


def test_the_loss_of_a_network_is_blamed_and_not_its_layers() -> None:
    model = MLP(2, [8, 1], activation="tanh", seed=0)
    x1, x2, y = (Value(0.5, label=name) for name in ("x1", "x2", "y"))
    logit = model([x1, x2])
    logit.label = "logit"
    loss = (1.0 + (-logit * y).exp()).log()  # overflows, which softplus would not
    program = autograd.compile(loss, model.parameters(), [x1, x2, y])
    message = anomaly_of(
        lambda: program.value_and_grad([0.1, -9.0, 9.0], [0.1, -9.0, 9.0], [1.0, 1e4, -1e4])
    )
    assert re.fullmatch(r"program, row [12]: forward pass: exp\([0-9.]+\) gave inf", message)


def test_a_program_without_anomalies_computes_the_same_when_watched() -> None:
    model = MLP(2, [4, 1], activation="tanh", seed=0)
    x = [Value(0.5), Value(0.5)]
    loss = binary_cross_entropy(model(x).sigmoid(), 1.0)
    program = autograd.compile(loss, model.parameters(), x)
    columns = np.random.default_rng(0).normal(size=(2, 50))
    plain, (value, gradient) = program(*columns), program.value_and_grad(*columns)
    with detect_anomaly():
        assert (program(*columns) == plain).all()
        watched_value, watched = program.value_and_grad(*columns)
    assert watched_value == value and (watched == gradient).all()


def test_outside_the_block_and_in_other_threads_nothing_is_watched(w: Value, x: Value) -> None:
    program: Program = autograd.compile(w * x.log(), [w], [x])
    results: list[Any] = []
    with detect_anomaly():
        for work in (program, program.value_and_grad):
            thread = threading.Thread(target=lambda work=work: results.append(work([-1.0])))
            thread.start()
            thread.join()
    results.append(program([-1.0]))
    results.append(program.value_and_grad([-1.0]))
    assert np.isnan(np.concatenate([np.hstack(r) for r in results])).all()


def test_an_anomaly_is_found_even_if_nothing_is_recorded(w: Value, x: Value) -> None:
    program = autograd.compile((w * x).sqrt(), [w], [x])
    with no_grad():
        assert "sqrt(0.0) = 0.0" in anomaly_of(lambda: program.value_and_grad([0.0]))


def test_a_copy_reports_the_same_anomaly(w: Value, x: Value) -> None:
    program = autograd.compile(w * x.log(), [w], [x])
    twin = pickle.loads(pickle.dumps(program))
    expected = anomaly_of(lambda: program.value_and_grad([-1.0]))
    assert anomaly_of(lambda: twin.value_and_grad([-1.0])) == expected


@pytest.mark.parametrize("passes", [(), None])
def test_the_error_is_the_same_whatever_passes_run(passes: Any, w: Value, x: Value) -> None:
    program = autograd.compile((w * x - w * 2.0).log() + 1.0, [w], [x], passes=passes)
    assert anomaly_of(lambda: program.value_and_grad([3.0, 2.0])) == (
        "program, row 1: forward pass: log(0.0) gave -inf"
    )


def test_the_engine_reports_the_same(w: Value, x: Value) -> None:
    def loss() -> Value:
        z = w * x
        z.label = "z"
        return (z - 1.0).log() ** 2 / z.log() + (z - 4.0).sqrt()

    for number in (0.0, 0.5, 1.0, 2.0, 3.0, 8.0):
        x.data = 2.5
        program = autograd.compile(loss(), [w], [x])
        x.data = number
        run = partial(program.value_and_grad, [number])
        eager = anomaly_of(lambda: loss().backward())
        assert anomaly_of(run) == f"program, row 0: {eager}"


def test_a_mean_whose_sum_overflows_is_named_and_blamed_on_no_operation() -> None:
    a, b, c, x = (Value(number, label) for number, label in zip([0.0] * 4, "abcx", strict=True))
    program = autograd.compile(a + b * x + c, [a, b, c], [x])
    huge = [1.7e308, 1.7e308]
    blame = (
        "and no single operation caused it: a leaf was nan or inf already, or a sum over "
        "the rows overflowed"
    )
    with detect_anomaly():
        with pytest.raises(AnomalyError) as anomaly:
            program.value_and_grad(huge)
        assert str(anomaly.value) == f"program: dL/db became inf, {blame}"
        program.theta = [0.0, 1.0, 0.0]
        with pytest.raises(AnomalyError) as anomaly:
            program.value_and_grad(huge)
        assert str(anomaly.value) == f"program: L became inf, {blame}"


def test_contributions_of_a_row_whose_sum_overflows_are_named() -> None:
    w, x, y = Value(1e-300, "w"), Value(1.0, "x"), Value(1.0, "y")
    program = autograd.compile(w * x + w * y, [w], [x, y])
    with detect_anomaly(), pytest.raises(AnomalyError) as anomaly:
        program.value_and_grad([1.0, 1.2e308], [2.0, 1.2e308])
    assert str(anomaly.value) == (
        "program, row 1: backward pass: the gradient of w (data 1e-300) became inf going back "
        "through *(w = 1e-300, x = 1.2e+308) = 120000000.0, whose own gradient is 1.0"
    )


def test_no_grad_alone_watches_no_program() -> None:
    w, x = Value(1.0, "w"), Value(1.0, "x")
    program = autograd.compile(w * x, [w], [x])
    with no_grad():
        assert math.isnan(program([math.nan])[0])
        assert math.isnan(program.value_and_grad([math.nan])[0])


# ── constants that were computed from data ───────────────────────────────────────────────────


def shifted_by_hand(x: Value, y: Value) -> Value:
    m = max(x.data, y.data)
    return (x - m).exp() + (y - m).exp()


COPIES: list[tuple[Callable[[Value, Value], Value], str]] = [
    (shifted_by_hand, "the constant 1.23456, which was x when it was recorded, but here that is 3"),
    (lambda x, y: y * x.data, "the constant 1.23456, which was x when it was recorded"),
    (lambda x, y: y * Value(x.data), "the constant 1.23456, which was x when it was recorded"),
]


@pytest.mark.parametrize(("function", "told"), COPIES)
def test_a_constant_that_is_a_copy_of_an_input_is_named(
    function: Callable[[Value, Value], Value], told: str
) -> None:
    x, y = Value(1.23456, "x"), Value(0.98765, "y")
    program = autograd.compile(function(x, y), [], [x, y])
    program([1.23456, 3.0], [0.5, 0.5])
    calls: list[Callable[..., Any]] = [program, program.value_and_grad]
    for call in calls:
        text = anomaly_of(partial(call, [1.23456, 3.0], [0.5, 0.5]))
        assert text.startswith("program, row 1: the graph has ") and told in text
        assert "not their .data or float()" in text and "autograd.compile(f, ...)" in text
        with detect_anomaly():
            call([1.23456], [0.5])  # as recorded


def test_a_constant_that_is_a_copy_of_a_result_is_named(w: Value) -> None:
    x = Value(1.23456, "x")
    product = w * x
    for label, name in (("", "a result of mul"), ("z", "z")):
        product.label = label
        program = autograd.compile(product * product.data, [w], [x])
        assert f"which was {name} when" in anomaly_of(partial(program, [3.0]))


@pytest.mark.parametrize(
    "function",
    [
        lambda w, x: w * x + 0.5,  # the data of w, but also an ordinary number
        lambda w, x: x.maximum(9.87654) * w,  # what it gives if it was chosen
        lambda w, x: x * w.data,  # of a parameter, as a target network has it
        lambda w, x: autograd.logsumexp([x, w]),  # whose shift is an operation
        lambda w, x: x * 3.14159265,
    ],
)
def test_other_constants_are_left_alone(function: Callable[[Value, Value], Value]) -> None:
    w, x = Value(0.123456, "w"), Value(1.23456, "x")
    program = autograd.compile(function(w, x), [w], [x])
    with detect_anomaly():
        program([1.0, 20.0])
        program.theta[:] = 0.7
        program.value_and_grad([1.0, 20.0])
