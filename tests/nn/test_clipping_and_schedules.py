"""Clipping limits gradients; schedules are functions of the step."""

from __future__ import annotations

import math
import pickle
from typing import Any

import numpy as np
import pytest

import autograd
import nn
from autograd import Value


def with_gradients(*gradients: float) -> list[Value]:
    params = [Value(0.0) for _ in gradients]
    for p, g in zip(params, gradients, strict=True):
        p.grad = g
    return params


def program_with(*gradients: float) -> Any:
    w, x = [Value(1.0) for _ in gradients], [Value(0.0) for _ in gradients]
    loss = sum(a * b for a, b in zip(w, x, strict=True))
    program = autograd.compile(loss, w, x)  # type: ignore[arg-type]
    program.value_and_grad(*([g] for g in gradients))
    return program


def both(clip: Any, *gradients: float) -> tuple[Any, list[float]]:
    """What a clipping returns and leaves; the same for Values and a program."""
    params, program = with_gradients(*gradients), program_with(*gradients)
    norm = clip(params)
    with np.errstate(all="raise"):
        assert repr(clip(program)) == repr(norm)
    left = [p.grad for p in params]
    assert repr(program.gradient.tolist()) == repr(left)
    return norm, left


def test_a_long_gradient_is_scaled_down_and_keeps_its_direction() -> None:
    norm, left = both(lambda p: nn.clip_grad_norm(p, 1.0), 30.0, -40.0)
    assert norm == 50.0
    assert left == pytest.approx([0.6, -0.8], rel=1e-7)


def test_a_short_gradient_stays_as_it_is() -> None:
    assert both(lambda p: nn.clip_grad_norm(p, 6.0), 3.0, -4.0) == (5.0, [3.0, -4.0])
    assert both(lambda p: nn.clip_grad_norm(p, 6.0), 0.0, 0.0) == (0.0, [0.0, 0.0])


@pytest.mark.parametrize(
    ("norm_type", "norm"), [(1, 7.0), (2, 5.0), (math.inf, 4.0), (3, 91 ** (1 / 3)), (0.5, 13.93)]
)
def test_other_norms(norm_type: float, norm: float) -> None:
    found, left = both(lambda p: nn.clip_grad_norm(p, 0.5, norm_type), 3.0, -4.0)
    assert found == pytest.approx(norm, rel=1e-3)
    assert left == pytest.approx([1.5 / found, -2.0 / found], rel=1e-5)


def test_the_norm_of_huge_and_tiny_gradients_neither_overflows_nor_vanishes() -> None:
    for norm_type in (1, 2, 3, math.inf):
        norm, left = both(lambda p, t=norm_type: nn.clip_grad_norm(p, 1.0, t), 1e300, 1e300)
        assert math.isfinite(norm) and 0.4 < left[0] <= 1.0
        norm, _ = both(lambda p, t=norm_type: nn.clip_grad_norm(p, 1.0, t), 1e-300, 0.0)
        assert norm == 1e-300


def test_a_nan_makes_all_nan_and_an_infinity_itself() -> None:
    norm, left = both(lambda p: nn.clip_grad_norm(p, 1.0), math.nan, 2.0, math.inf)
    assert math.isnan(norm) and all(map(math.isnan, left))
    norm, left = both(lambda p: nn.clip_grad_norm(p, 1.0), math.inf, 2.0)
    assert norm == math.inf and math.isnan(left[0]) and left[1] == 0.0


def test_an_infinite_limit_only_measures() -> None:
    assert both(lambda p: nn.clip_grad_norm(p, math.inf), 3.0, -4.0) == (5.0, [3.0, -4.0])
    assert both(lambda p: nn.clip_grad_norm(p, math.inf), math.inf, 2.0) == (
        math.inf, [math.inf, 2.0],
    )  # fmt: skip


def test_each_gradient_is_clipped_on_its_own() -> None:
    _, left = both(lambda p: nn.clip_grad_value(p, 1.5), 3.0, -4.0, 0.5, math.nan, -math.inf)
    assert repr(left) == "[1.5, -1.5, 0.5, nan, -1.5]"


def test_a_single_parameter_needs_no_list() -> None:
    (p,) = with_gradients(-8.0)
    nn.clip_grad_value(p, 4.0)
    assert nn.clip_grad_norm(p, 2.0) == 4.0
    assert p.grad == pytest.approx(-2.0)


W = Value(1.0)


@pytest.mark.parametrize(
    ("act", "kind", "text"),
    [
        (lambda: nn.clip_grad_norm([Value(1.0)], -1), ValueError, "expected max_norm to be 0"),
        (lambda: nn.clip_grad_norm([Value(1.0)], 1, 0), ValueError, "norm_type to be above 0"),
        (lambda: nn.clip_grad_value([Value(1.0)], math.nan), ValueError, "value to be 0 or more"),
        (lambda: nn.clip_grad_norm(nn.MLP(1, [1]), 1.0), TypeError,  # type: ignore[arg-type]
         r"Pass its parameters\(\)"),
        (lambda: nn.clip_grad_norm(autograd.compile(W * 2, [W]), 1.0), ValueError,
         r"expected a gradient, got none; call program.value_and_grad\(...\) first"),
    ],
)  # fmt: skip
def test_wrong_clipping_is_refused(act: Any, kind: type[Exception], text: str) -> None:
    with pytest.raises(kind, match=text):
        act()


# ── schedules ────────────────────────────────────────────────────────────────────────────────


def test_warmup_goes_up_a_line_and_then_down_a_cosine() -> None:
    schedule = nn.warmup_cosine(0.8, warmup=4, steps=12, end=0.2)
    assert [schedule(t) for t in range(5)] == pytest.approx([0.2, 0.4, 0.6, 0.8, 0.8])
    assert schedule(8) == pytest.approx(0.5)  # half way
    assert [schedule(t) for t in (12, 13, 1000)] == [0.2] * 3
    rates = [schedule(t) for t in range(4, 13)]
    assert rates == sorted(rates, reverse=True)


def test_without_warmup_a_cosine_starts_at_the_top() -> None:
    schedule = nn.warmup_cosine(0.8, warmup=0, steps=10)
    assert (schedule(0), schedule(10)) == (0.8, 0.0)


def test_linear_may_go_down_or_up() -> None:
    down, up = nn.linear(1.0, steps=4, end=0.5), nn.linear(0.25, steps=2, end=0.75)
    assert [down(t) for t in range(6)] == [1.0, 0.875, 0.75, 0.625, 0.5, 0.5]
    assert [up(t) for t in range(4)] == [0.25, 0.5, 0.75, 0.75]


def test_steps_shrink_by_a_factor() -> None:
    schedule = nn.step(0.5, every=3)
    assert [schedule(t) for t in range(7)] == pytest.approx([0.5] * 3 + [0.05] * 3 + [0.005])
    assert nn.step(1.0, every=1, factor=10.0)(1000) == math.inf


@pytest.mark.parametrize(
    "schedule", [nn.warmup_cosine(0.1, 2, 9), nn.linear(0.1, 9), nn.step(0.1, 3)]
)
def test_schedules_set_the_learning_rate_and_can_be_pickled(schedule: Any) -> None:
    sgd = nn.SGD([Value(1.0)], lr=1.0)
    for t in range(12):
        sgd.lr = schedule(t)
        assert sgd.lr == schedule(t) == pickle.loads(pickle.dumps(schedule))(t)


@pytest.mark.parametrize(
    ("act", "kind", "text"),
    [
        (lambda: nn.linear(0, 5), ValueError, "expected lr to be above 0 and finite, got 0"),
        (lambda: nn.linear(1, 0), ValueError, "expected steps to be 1 or more, got 0"),
        (lambda: nn.linear(1, 2.5), TypeError, "expected an int for steps, got float: 2.5"),  # type: ignore[arg-type]
        (lambda: nn.linear(1, 5, -1), ValueError,
         "expected end to be 0 or more and finite, got -1"),
        (lambda: nn.linear(1, 5)(-1), ValueError,
         "expected step to be 0 or more and finite, got -1"),
        (lambda: nn.step(1, 0), ValueError, "expected every to be 1 or more, got 0"),
        (lambda: nn.step(1, 2, 0), ValueError, "expected factor to be above 0 and finite, got 0"),
        (lambda: nn.warmup_cosine(1, 5, 5), ValueError,
         "expected more steps than the 5 of warmup, got 5"),
        (lambda: nn.warmup_cosine(1, -1, 5), ValueError, "expected warmup to be 0 or more, got -1"),
    ],
)  # fmt: skip
def test_wrong_schedules_are_refused(act: Any, kind: type[Exception], text: str) -> None:
    with pytest.raises(kind) as caught:
        act()
    assert str(caught.value) == text


def test_schedules_follow_formulas_written_afresh() -> None:
    up = [0.2 * k / 5 for k in range(1, 6)]
    down = [0.01 + 0.19 * math.cos(math.pi * k / 40) ** 2 for k in range(20)]  # cos² of half angles
    warm = nn.warmup_cosine(0.2, warmup=5, steps=25, end=0.01)
    assert [warm(t) for t in range(28)] == pytest.approx([*up, *down, *[0.01] * 3], rel=1e-14)

    shrunk, lr = [], 0.2
    for t in range(20):
        if t and t % 6 == 0:
            lr *= 0.3
        shrunk.append(lr)
    stairs = nn.step(0.2, every=6, factor=0.3)
    assert [stairs(t) for t in range(20)] == pytest.approx(shrunk, rel=1e-14)

    line = nn.linear(0.2, steps=8, end=0.04)
    found = [0.2 - 0.02 * t for t in range(8)]
    assert [line(t) for t in range(11)] == pytest.approx([*found, *[0.04] * 3], rel=1e-14)
