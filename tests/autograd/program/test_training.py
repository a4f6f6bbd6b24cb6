"""Training with a program: theta, write_back, optimisers, SciPy, joblib."""

from __future__ import annotations

import copy
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import autograd
from autograd import Value, mean
from nn import SGD, Adam

from .agreement import assert_agree, leaves
from .models import Example, line, many_operations, moons, softmax_classifier

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from autograd.program.program import Program

    from .agreement import Floats

    # The optimisers take parameters or a program.
    Make = Callable[[Any], SGD | Adam]


def weighted(w: Value, x: Value) -> Program:
    return autograd.compile((w * x - 1) ** 2, params=[w], inputs=[x])


# ── theta ────────────────────────────────────────────────────────────────────────────────────


def test_theta_is_the_parameters_as_they_were_when_compiled() -> None:
    example = many_operations()
    program = example.compile()
    theta = program.theta
    assert theta.dtype == np.float64 and theta.shape == (4,)
    assert theta.tolist() == [p.data for p in example.params]
    example.params[0].data = 100.0
    assert program.theta is theta and theta[0] == 0.4


def test_theta_may_be_changed_in_place_and_assigned() -> None:
    w, x = Value(3.0), Value(1.0)
    program = autograd.compile(w * x, params=[w], inputs=[x])
    theta = program.theta

    def assert_weight_is(number: float) -> None:
        assert program([1.0, 2.0]).tolist() == [number, 2 * number]
        assert program.value_and_grad([1.0, 2.0])[0] == 1.5 * number

    program.theta[0] = 5.0
    assert_weight_is(5.0)
    program.theta = [6]
    assert_weight_is(6.0)
    program.theta = np.array([7], np.int32)
    assert_weight_is(7.0)
    theta.fill(8.0)
    assert_weight_is(8.0)
    program.theta -= 0.5 * program.value_and_grad([1.0])[1]
    assert program.theta.tolist() == [7.5]
    assert w.data == 3.0


def test_an_array_assigned_to_theta_is_copied() -> None:
    w = Value(3.0)
    program = autograd.compile(w * w, params=[w])
    new = np.array([5.0])
    program.theta = new
    new[0] = 6.0
    assert program.theta.tolist() == [5.0]


def test_theta_may_be_any_view_of_an_array() -> None:
    params = leaves([0.0, 0.0, 0.0])
    program = autograd.compile(params[0] + 10 * params[1] + 100 * params[2], params=params)
    for view in (
        np.arange(6.0)[1::2],
        np.arange(6.0)[::-2],
        np.broadcast_to(2.0, (3,)),
        np.arange(3, dtype=np.float32),
        np.arange(3.0).astype(">f8"),
    ):
        program.theta = view
        assert program.theta.tolist() == view.tolist()
        assert program()[0] == view @ [1.0, 10.0, 100.0]
        assert program.value_and_grad()[1].tolist() == [1.0, 10.0, 100.0]


def test_write_back_copies_theta_to_the_values() -> None:
    params = leaves([1.0, 2.0, 3.0])
    program = autograd.compile(params[2] * params[0], params=params)
    program.theta *= 2.0
    assert [p.data for p in params] == [1.0, 2.0, 3.0]
    program.write_back()
    assert [p.data for p in params] == [2.0, 4.0, 6.0]
    assert all(type(p.data) is float for p in params)
    assert (params[2] * params[0]).data == program()[0]


def test_the_gradient_of_the_latest_call_is_kept_and_earlier_ones_are_left_alone() -> None:
    w, x = Value(3.0), Value(1.0)
    program = weighted(w, x)
    _, first = program.value_and_grad([1.0])
    before = first.copy()
    _, second = program.value_and_grad([2.0])
    assert program.gradient is second
    assert (first == before).all() and first[0] != second[0]
    first[0] = 100.0
    assert program.value_and_grad([2.0])[1].tolist() == second.tolist()


def test_a_caller_may_change_a_gradient() -> None:
    w, x = Value(3.0), Value(1.0)
    program = weighted(w, x)
    _, gradient = program.value_and_grad([2.0])
    gradient *= 0.0
    assert program.value_and_grad([2.0])[1].tolist() == [20.0]


# ── optimisers ───────────────────────────────────────────────────────────────────────────────

OPTIMISERS: dict[str, Make] = {
    "SGD": lambda what: SGD(what, lr=0.1),
    "SGD with momentum": lambda what: SGD(what, lr=0.05, momentum=0.9),
    "Adam": lambda what: Adam(what, lr=0.02),
    "Adam with weight decay": lambda what: Adam(what, lr=0.02, weight_decay=0.1),
    "Adam with its own betas": lambda what: Adam(what, lr=0.01, betas=(0.8, 0.95), eps=1e-4),
}
optimisers = pytest.mark.parametrize("make", OPTIMISERS.values(), ids=OPTIMISERS)


def trained_eagerly(example: Example, make: Make, steps: int) -> tuple[list[float], list[float]]:
    """The losses during training, and the final parameters."""
    optimiser = make(example.params)
    losses = []
    for _ in range(steps):
        loss = mean(example.loss(leaves(row)) for row in zip(*example.columns, strict=True))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.data)
    return losses, [p.data for p in example.params]


@optimisers
def test_a_program_learns_what_its_graph_learns(make: Make) -> None:
    # Smooth: across a kink, tiny differences would grow. And without a gradient that is 0 except
    # for rounding, which Adam would take for a direction.
    losses, params = trained_eagerly(softmax_classifier(20), make, 50)
    example = softmax_classifier(20)
    program = example.compile()
    optimiser = make(program)
    for expected in losses:
        optimiser.zero_grad()
        value, _ = program.value_and_grad(*example.columns)
        optimiser.step()
        assert_agree(value, expected, rtol=1e-9)
    assert losses[-1] < 0.9 * losses[0]
    assert_agree(program.theta, params, 1.0, rtol=1e-9)
    program.write_back()
    assert [p.data for p in example.params] == program.theta.tolist()


@optimisers
def test_an_optimiser_follows_a_given_gradient(make: Make) -> None:
    """Instead of the latest: here the gradient of half the data."""
    example = line()
    half = [column[::2] for column in example.columns]
    program, other = example.compile(), line().compile()
    with_latest, with_given = make(program), make(other)
    for _ in range(5):
        program.value_and_grad(*half)
        with_latest.step()
        _, gradient = other.value_and_grad(*half)
        other.value_and_grad(*example.columns)
        with_given.step(gradient)
    assert program.theta.tolist() == other.theta.tolist()


def test_theta_stays_the_same_array_when_an_optimiser_steps() -> None:
    example = line()
    program = example.compile()
    theta, optimiser = program.theta, Adam(program, lr=0.1)
    program.value_and_grad(*example.columns)
    optimiser.step()
    assert program.theta is theta and theta[0] != 0.0


def test_the_learning_rate_may_follow_a_schedule() -> None:
    w, x = Value(3.0), Value(1.0)
    program = weighted(w, x)
    sgd = SGD(program, lr=0.5)
    sgd.lr = 0.25
    program.value_and_grad([1.0])
    sgd.step()
    assert program.theta.tolist() == [3.0 - 0.25 * 4.0]


def test_a_step_before_there_is_a_gradient_is_refused() -> None:
    program = line().compile()
    for optimiser in SGD(program, lr=0.1), Adam(program, lr=0.1):
        with pytest.raises(ValueError, match=r"expected a gradient, got none.*value_and_grad"):
            optimiser.step()


def test_a_gradient_of_another_shape_is_refused_and_nothing_moves() -> None:
    program = line().compile()
    for optimiser in SGD(program, lr=0.1), Adam(program, lr=0.1):
        for gradient in np.zeros(3), np.zeros((2, 1)), 1.0:
            with pytest.raises(ValueError, match=r"shape \(2,\)"):
                optimiser.step(gradient)
        assert program.theta.tolist() == [0.0, 0.0]


def test_values_are_trained_without_a_gradient_being_given() -> None:
    with pytest.raises(TypeError, match="step"):
        SGD([Value(1.0)], lr=0.1).step(np.zeros(1))


def test_a_program_without_parameters_cannot_be_trained() -> None:
    program = autograd.compile(Value(2.0) * 3)
    with pytest.raises(ValueError, match="expected at least one parameter to train, got none"):
        SGD(program, lr=0.1)


# ── others' tools ────────────────────────────────────────────────────────────────────────────


def test_scipy_minimises_a_program_in_one_line() -> None:
    minimize = pytest.importorskip("scipy.optimize").minimize
    example = line()
    program = example.compile()
    columns = example.columns
    result = minimize(
        lambda t: setattr(program, "theta", t) or program.value_and_grad(*columns),  # type: ignore[func-returns-value]
        program.theta,
        jac=True,
        method="L-BFGS-B",
        tol=1e-12,
    )
    x, y = columns
    best, (residual,), *_ = np.linalg.lstsq(np.stack([x, np.ones_like(x)], 1), y, rcond=None)
    assert result.success
    np.testing.assert_allclose(result.x, best, rtol=1e-6)
    np.testing.assert_allclose(result.fun, residual / len(x), rtol=1e-9)


def test_scipy_minimises_a_program_given_theta_with_the_call() -> None:
    """The program's theta does not change."""
    minimize = pytest.importorskip("scipy.optimize").minimize
    program, columns = line().compile(), line().columns
    result = minimize(
        lambda t: program.value_and_grad(*columns, theta=t), [5.0, 5.0], jac=True, method="L-BFGS-B"
    )
    assert program.theta.tolist() == [0.0, 0.0]
    program.theta = result.x
    value, gradient = program.value_and_grad(*columns)
    assert value == result.fun and np.abs(gradient).max() < 1e-4


def test_scipy_trains_a_network() -> None:
    minimize = pytest.importorskip("scipy.optimize").minimize
    example = moons(60, 6, "tanh")
    program = example.compile()
    before, _ = program.value_and_grad(*example.columns)
    result = minimize(
        lambda t: program.value_and_grad(*example.columns, theta=t),
        program.theta,
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": 200},
    )
    assert result.fun < 0.05 * before


def shards(columns: list[Floats], sizes: Iterable[int]) -> list[list[Floats]]:
    ends = np.cumsum(list(sizes))[:-1]
    parts = [np.split(column, ends) for column in columns]
    return [list(shard) for shard in zip(*parts, strict=True)]


def together(results: Iterable[tuple[float, Floats]], sizes: list[int]) -> tuple[float, Floats]:
    """Means over shards, weighted by their rows: the mean over all rows."""
    shares = np.array(sizes) / sum(sizes)
    values, gradients = zip(*results, strict=True)
    return float(shares @ values), shares @ np.array(gradients)


def test_gradients_of_shards_add_up_to_the_gradient_of_all_rows() -> None:
    example = moons()
    program, sizes = example.compile(), [1, 50, 9, 40]
    parts = shards(example.columns, sizes)
    found = together([program.value_and_grad(*part) for part in parts], sizes)
    example.eager().assert_mean_is(found)


@pytest.mark.slow
def test_joblib_maps_a_program_over_shards_of_rows() -> None:
    joblib = pytest.importorskip("joblib")
    example = moons()
    program, sizes = example.compile(), [40, 60]
    program.theta *= 1.5
    parts = shards(example.columns, sizes)
    results = joblib.Parallel(n_jobs=2)(
        joblib.delayed(program.value_and_grad)(*part) for part in parts
    )
    value, gradient = program.value_and_grad(*example.columns)
    found = together(results, sizes)
    sizes_of_terms = np.abs(gradient).max()
    assert_agree(found[0], value)
    assert_agree(found[1], gradient, sizes_of_terms)


def test_copies_are_trained_apart() -> None:
    example = line()
    program = example.compile()
    twin = copy.deepcopy(program)
    twin.theta += 1.0
    assert program.theta.tolist() == [0.0, 0.0]
    assert twin.value_and_grad(*example.columns)[0] != program.value_and_grad(*example.columns)[0]


HUGE: list[tuple[Callable[[Any], Any], float]] = [
    # In eager steps and in programs alike: g² is inf, so v̂ is inf and the step m̂ / √v̂ is 0.
    (lambda trained: Adam(trained, lr=0.1), 0.5),
    (lambda trained: Adam(trained, lr=0.1, weight_decay=1e308), 0.5),
    (lambda trained: SGD(trained, lr=1e200), -math.inf),
    (lambda trained: SGD(trained, lr=0.1, momentum=0.9), 0.5 - 0.1 * 1e200),
]


@pytest.mark.parametrize(("make", "expected"), HUGE)
def test_a_step_along_a_huge_gradient_warns_no_more_than_an_eager_one(
    make: Callable[[Any], Any], expected: float
) -> None:
    w, x = Value(0.5), Value(1.0)
    program = autograd.compile(w * x, params=[w], inputs=[x])
    program.value_and_grad([1e200])
    make(program).step()
    (w * 1e200).backward()
    make([w]).step()
    assert program.theta.tolist() == [w.data] == [expected]
