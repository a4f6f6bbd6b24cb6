"""no_grad and detect_anomaly: what they do, and when they end."""

from __future__ import annotations

import asyncio
import math
import threading
from typing import TYPE_CHECKING

import pytest

from autograd import AnomalyError, Value, detect_anomaly, grad, maximum, modes, no_grad, total

from .reference import nodes

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture(autouse=True)
def _no_block_is_left_open() -> object:
    yield
    assert not modes.open_blocks
    assert modes.recording.get()
    assert not modes.watching.get()


# ── no_grad ──────────────────────────────────────────────────────────────────────────────────


def test_no_grad_computes_and_records_nothing() -> None:
    x = Value(2.0)
    with no_grad():
        results = [x * 3, 3 * x, x.exp(), total([x, x]), maximum(x, 1), x**2 + x]
    assert [y.data for y in results] == [6.0, 6.0, math.exp(2.0), 4.0, 2.0, 6.0]
    for y in results:
        assert (y.parents, y.op, y.inputs, y.operation) == ((), "", (), None)
    assert nodes(x * 3) == ["*"]


def test_no_grad_as_a_decorator() -> None:
    @no_grad()
    def predict(x: Value) -> Value:
        return x * 3

    x = Value(2.0)
    assert predict(x).parents == ()
    assert predict(x).parents == ()
    assert (x * 3).op == "*"


def test_no_grad_nests() -> None:
    x = Value(2.0)
    with no_grad():
        with no_grad():
            assert (x * 3).parents == ()
        assert (x * 3).parents == ()
    assert (x * 3).op == "*"


def test_no_grad_ends_with_an_exception() -> None:
    x = Value(2.0)
    with pytest.raises(ZeroDivisionError), no_grad():
        1 / 0  # noqa: B018
    assert (x * 3).op == "*"


def test_a_result_of_no_grad_is_a_leaf_like_any_other() -> None:
    with no_grad():
        y = Value(2.0) * 3
    (y * y).backward()
    assert y.grad == 12.0
    y.role = "input"


def test_backward_and_grad_work_inside_no_grad() -> None:
    x = Value(2.0)
    y = x**3
    with no_grad():
        y.backward()
        assert grad(y, x) == 12.0
    assert x.grad == 12.0


def test_no_grad_in_one_thread_leaves_the_others_recording() -> None:
    x = Value(2.0)
    inside, done = threading.Event(), threading.Event()
    recorded: list[str] = []

    def other() -> None:
        inside.wait(10)
        recorded.append((x * 3 + x.exp()).op)
        done.set()

    thread = threading.Thread(target=other)
    thread.start()
    with no_grad():
        inside.set()
        assert done.wait(10)
        assert (x * 3).op == ""
    thread.join()
    assert recorded == ["+"]


def test_no_grad_in_one_task_leaves_the_others_recording() -> None:
    async def silent() -> str:
        with no_grad():
            await asyncio.sleep(0.01)
            return (Value(2.0) * 3).op

    async def recording() -> str:
        await asyncio.sleep(0.005)
        return (Value(2.0) * 3).op

    async def both() -> list[str]:
        return list(await asyncio.gather(silent(), recording()))

    assert asyncio.run(both()) == ["", "*"]


# ── detect_anomaly ───────────────────────────────────────────────────────────────────────────


def test_the_first_bad_forward_step_is_named_with_its_inputs_and_their_labels() -> None:
    x = Value(-1.0, label="x")
    with detect_anomaly(), pytest.raises(AnomalyError) as anomaly:
        x.log() + 1
    assert str(anomaly.value) == "forward pass: log(x = -1.0) gave nan"
    with detect_anomaly(), pytest.raises(AnomalyError) as anomaly:
        1 / (x + 1)
    assert str(anomaly.value) == "forward pass: /(1.0, 0.0) gave inf"


@pytest.mark.parametrize("big", [Value(1e200), Value(-1e200)])
def test_overflow_is_an_anomaly_in_every_kind_of_step(big: Value) -> None:
    steps: list[Callable[[], Value]] = [
        lambda: big * big,
        lambda: big * 1e200,
        lambda: 1e200 * big,
        lambda: (big * 0 + 1000).exp(),
        lambda: total([1e308, 1e308, big * 0]),
        lambda: big**2,
    ]
    with detect_anomaly():
        for step in steps:
            with pytest.raises(AnomalyError, match="forward pass"):
                step()
        assert (big + 1).data == big.data


def test_a_bad_backward_step_is_named_with_its_inputs_result_and_gradient() -> None:
    x = Value(0.0, label="x")
    y = x.sqrt()
    y.label = "root"
    loss = y * 3
    with detect_anomaly(), pytest.raises(AnomalyError) as anomaly:
        loss.backward()
    assert str(anomaly.value) == (
        "backward pass: the gradient of x (data 0.0) became inf going back through "
        "sqrt(x = 0.0) = root = 0.0, whose own gradient is 3.0"
    )


def test_detect_anomaly_watches_grad_too() -> None:
    x = Value(0.0, label="x")
    y = x.sqrt()
    with detect_anomaly():
        with pytest.raises(AnomalyError) as anomaly:
            grad(y, x)
        assert str(anomaly.value) == (
            "backward pass: the gradient of x (data 0.0) became inf going back through "
            "sqrt(x = 0.0) = 0.0, whose own gradient is 1.0"
        )
        with pytest.raises(AnomalyError):
            grad(y, x, create_graph=True)


def test_a_sum_of_gradients_that_overflows_is_an_anomaly() -> None:
    x = Value(1.0, label="x")
    y = x * 1e308 + x * 1e308 * 0.9
    for differentiate in (y.backward, lambda: grad(y, x)):
        with (
            detect_anomaly(),
            pytest.raises(AnomalyError, match=r"the gradient of x .* became inf"),
        ):
            differentiate()


def test_a_finite_computation_raises_no_anomaly() -> None:
    x, w = Value(2.0), Value(3.0)
    with detect_anomaly():
        y = (x * w).tanh() + total([x, w, x])
        y.backward()
        watched = [x.grad, w.grad, *grad(y, [x, w])]
    for v in x, w:
        v.zero_grad()
    y = (x * w).tanh() + total([x, w, x])
    y.backward()
    assert watched == [x.grad, w.grad, *grad(y, [x, w])]
    assert sorted(nodes(y)) == ["*", "+", "+", "tanh"]


def test_no_grad_alone_watches_nothing() -> None:
    x = Value(0.0)
    y = x.sqrt()
    with no_grad():
        y.backward()
        assert x.grad == grad(y, x) == math.inf


def test_outside_the_block_nothing_is_watched() -> None:
    with detect_anomaly():
        pass
    assert math.isnan(Value(-1.0).log().data)


def test_detect_anomaly_watches_inside_no_grad_and_both_end_with_an_exception() -> None:
    with pytest.raises(AnomalyError), no_grad(), detect_anomaly():
        Value(-1.0).log()
    assert (Value(-1.0).log()).op == "log"


def test_detect_anomaly_watches_only_its_own_thread() -> None:
    results: list[float] = []
    with detect_anomaly():
        thread = threading.Thread(target=lambda: results.append(Value(0.0).log().data))
        thread.start()
        thread.join()
    assert results == [-math.inf]


def test_a_step_of_many_inputs_is_described_in_part() -> None:
    with detect_anomaly(), pytest.raises(AnomalyError) as anomaly:
        total([Value(1e308, label=f"x{i}") for i in range(100)])
    message = str(anomaly.value)
    assert "x7 = 1e+308, ... 92 more) gave inf" in message
    assert "x8" not in message


def test_up_to_eight_inputs_are_all_described() -> None:
    with detect_anomaly():
        with pytest.raises(AnomalyError) as anomaly:
            total([Value(1e308), *[Value(float(i)) for i in range(6)], Value(1e308)])
        assert str(anomaly.value) == (
            "forward pass: +(1e+308, 0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 1e+308) gave inf"
        )
        with pytest.raises(AnomalyError) as anomaly:
            total([Value(1e308), *[Value(float(i)) for i in range(7)], Value(1e308)])
        assert str(anomaly.value) == (
            "forward pass: +(1e+308, 0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, ... 1 more) gave inf"
        )
