"""gradcheck accepts right gradients and rejects wrong ones, near poles and kinks, too."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest

from autograd import Value, grad, gradcheck
from autograd.ops import Op
from autograd.value import record

if TYPE_CHECKING:
    from collections.abc import Callable


def test_gradcheck_accepts_a_right_gradient() -> None:
    result = gradcheck(lambda a, b: (a * b).tanh() + a.exp() / b, 0.3, 2.0)
    assert result
    assert result.ok
    assert result.error <= result.tolerance
    assert repr(result).startswith("gradcheck agrees: worst at argument ")


def test_gradcheck_accepts_gradients_of_gradients() -> None:
    def slope(x: Value) -> Value:
        slope: Value = grad(x.tanh() * x, x, create_graph=True)
        return slope

    assert gradcheck(slope, 0.3)


def test_gradcheck_catches_a_wrong_row_and_reports_both_sides() -> None:
    wrong = Op("wrong", "wrong", lambda a, b: a * b, lambda a, b, y: b, lambda a, b, y: 2.0 * a)
    result = gradcheck(lambda a, b: record(wrong, (a, b)), 3.0, 5.0)
    assert not result
    assert (result.worst, result.analytic) == (1, 6.0)
    assert math.isclose(result.numeric, 3.0, rel_tol=1e-9)
    assert math.isclose(result.error, 3.0, rel_tol=1e-9)
    assert repr(result).startswith(
        "gradcheck DISAGREES: worst at argument 1: analytic 6.0, numeric "
    )


def test_gradcheck_catches_an_error_of_a_part_in_a_hundred_thousand() -> None:
    wrong = Op("wrong", "wrong", math.sin, lambda a, y: math.cos(a) * (1 + 1e-5))
    assert not gradcheck(lambda a: record(wrong, (a,)), 0.4)
    assert gradcheck(lambda a: record(wrong, (a,)), 0.4, rtol=1e-4)


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_gradcheck_never_accepts_nan_or_inf_for_a_number(place: int, bad: float) -> None:
    # Analytically linear; numerically lost as soon as the bad argument moves.
    at = [1.0, 1.0, 1.0]

    def f(*v: Value) -> Value:
        return sum(v, Value(0.0)) + (bad if v[place].data > at[place] else 0.0)

    result = gradcheck(f, *at)
    assert not result
    assert (result.worst, result.analytic, result.error) == (place, 1.0, math.inf)


def test_gradcheck_disagrees_at_a_kink() -> None:
    assert not gradcheck(Value.relu, 0.0)


def test_gradcheck_needs_a_point_made_of_numbers() -> None:
    with pytest.raises(ValueError, match="at least one number to check at, got none; call it as"):
        gradcheck(Value.exp)
    with pytest.raises(TypeError, match="got list"):
        gradcheck(Value.exp, [1.0])  # type: ignore[arg-type]


@pytest.mark.parametrize("x", [0.01, 0.001])
def test_gradcheck_takes_smaller_steps_where_a_function_bends_sharply(x: float) -> None:
    assert gradcheck(lambda a: a.log(), x)
    assert gradcheck(lambda a: 1 / a, x)


def test_gradcheck_needs_no_tolerance_where_both_sides_are_exactly_equal() -> None:
    result = gradcheck(lambda v: v * 1.0, 0.0, rtol=0.0, atol=0.0)
    assert result
    assert (result.error, result.tolerance) == (0.0, 0.0)


def sloped(claimed: float, true: float) -> Callable[[Value], Value]:
    """A line of slope `true` whose derivative says `claimed`."""
    row = Op("sloped", "sloped", lambda a: true * a, lambda a, y: claimed)
    return lambda v: record(row, (v,))


def test_gradcheck_reports_the_argument_that_is_furthest_from_being_accepted() -> None:
    near, off = sloped(1e9 + 500, 1e9), sloped(1.001, 1.0)  # 500 of an accepted 1000; 1e-3 of 1e-6
    for f, worst in (
        (lambda a, b: near(a) + off(b), 1),
        (lambda a, b: off(a) + near(b), 0),
        (lambda a, b: off(a) + off(b), 0),
    ):
        result = gradcheck(f, 0.0, 0.0)
        assert not result
        assert result.worst == worst
    assert result.tolerance == pytest.approx(1e-8 + 1e-6)


def test_gradcheck_accepts_what_a_smaller_step_shows() -> None:
    # At steps above 5e-4 the slope is 30.
    def bent(claimed: float) -> Callable[[Value], Value]:
        row = Op("bent", "bent", lambda a: (30.0 if abs(a) > 5e-4 else 2.0) * a, lambda *_: claimed)
        return lambda v: record(row, (v,))

    assert gradcheck(bent(2.0), 0.0)
    assert not gradcheck(bent(10.0), 0.0, rtol=0.5)


@pytest.mark.parametrize("bad", [math.inf, math.nan])
def test_gradcheck_has_no_relative_tolerance_for_a_number_that_is_not_finite(bad: float) -> None:
    row = Op("bad", "bad", lambda a: bad, lambda a, y: 1.0)
    assert gradcheck(lambda v: record(row, (v,)), 0.0, atol=0.25).tolerance == 0.25


# Where a function changes fast: its derivative in closed form is what the engine should give, and
# gradcheck must see it.
HARD: list[tuple[str, Callable[[Value], Value], float]] = [
    ("log", Value.log, 1e-5),
    ("log", Value.log, 1e-12),
    ("log", Value.log, 1e-300),
    ("log1p", Value.log1p, -1.0 + 1e-9),
    ("sqrt", Value.sqrt, 1e-8),
    ("sqrt", Value.sqrt, 1e-100),
    ("sin(1e6·x)", lambda x: (1e6 * x).sin(), 1.0),
    ("sin(1e7·x)", lambda x: (1e7 * x).sin(), 0.7),
    ("sin(1e8·x)", lambda x: (1e8 * x).sin(), 1.0),
    # In these, steps that are halved meet the wave at the same place, again and again.
    ("sin(1e8·x)", lambda x: (1e8 * x).sin(), 0.1),
    ("sin(1e8·x)", lambda x: (1e8 * x).sin(), 0.0),
    ("sin(781256·x)", lambda x: 3 * x + (781256.5181991656 * x).cos(), -10.701710903221226),
    ("sin(1/x)", lambda x: (1 / x).sin(), 1e-3),
    ("1/x", lambda x: 1 / x, 1e-6),
    ("1/x", lambda x: 1 / x, -1e-100),
    ("1/x³", lambda x: x**-3, 1e-4),
    ("xˣ", lambda x: x**x, 1e-8),
    ("tan", Value.tan, math.pi / 2 - 1e-4),
    ("tan", Value.tan, math.pi / 2 - 1e-10),
    ("exp(1e3·x)", lambda x: (1e3 * x).exp(), 0.5),
    ("exp(x²)", lambda x: (x * x).exp(), 20.0),
    ("exp", Value.exp, 700.0),
    ("a narrow bell", lambda x: (-((x / 1e-4) ** 2)).exp(), 1e-5),
    ("a steep sigmoid", lambda x: (1e5 * x).sigmoid(), 1e-5),
    ("a fine ripple", lambda x: x + 1e-9 * (1e6 * x).sin(), 1.0),
    ("relu beside its kink", Value.relu, 1e-12),
    ("relu beside its kink", Value.relu, 1e-5),
]


@pytest.mark.parametrize(("name", "f", "x"), HARD, ids=[f"{name} at {x}" for name, _, x in HARD])
def test_gradcheck_tells_right_gradients_from_wrong_ones(
    name: str, f: Callable[[Value], Value], x: float
) -> None:
    assert gradcheck(f, x)

    def off(by: float) -> Callable[[Value], Value]:
        row = Op("off", "off", lambda a: f(Value(a)).data, lambda a, y: slope(a) * (1.0 + by))
        return lambda v: record(row, (v,))

    def slope(a: float) -> float:
        v = Value(a)
        return grad(f(v), v)

    for by in (1.0, 1e-2, 1e-4, -1e-4, 2e-5):
        assert not gradcheck(off(by), x), by


def test_gradcheck_does_not_accept_an_equality_by_chance() -> None:
    # The slope is 0.9. Steps of 0.0015 and 0.00075, one across the kink, extrapolate to 1 where
    # they are halved: (4·0.9 − 0.6) / 3.
    row = Op("off", "off", lambda a: 0.9 * abs(a), lambda a, y: 1.0)
    assert not gradcheck(lambda v: record(row, (v,)), 0.001)
    # Far from 0 a slope may be seen to a few digits only, and equality is more than chance.
    assert gradcheck(lambda v: (v - 72.99430659865905).relu() + 2 * v, 72.994306597)


@pytest.mark.parametrize("p", [1e-3, 1e-5, 1e-12, 1 - 1e-8])
def test_gradcheck_stays_within_the_domain_of_a_function_that_raises_outside(p: float) -> None:
    def checked(v: Value) -> Value:
        if not 0.0 < v.data < 1.0:
            raise ValueError("expected a probability")
        return (v / (1 - v)).log()

    row = Op("raises", "raises", math.log, lambda a, y: 1.0 / a)  # math.log raises from 0 down
    assert gradcheck(checked, p)
    assert gradcheck(lambda v: record(row, (v,)), p)
    with pytest.raises(ValueError, match="expected a probability"):
        gradcheck(checked, 1.5)


def test_gradcheck_names_the_slopes_on_both_sides_of_a_kink() -> None:
    result = gradcheck(Value.relu, 0.0)
    assert not result
    assert result.kink == pytest.approx((0.0, 1.0))
    assert repr(result).endswith("; a kink: slope 0 on its left, 1 on its right")
    # The convention abs'(0) = 0 is the mean of both; so it agrees, but the kink is still reported.
    result = gradcheck(Value.abs, 0.0)
    assert result
    assert result.kink == pytest.approx((-1.0, 1.0))
    slight = gradcheck(lambda x: x.abs() * 1e-3 + x, 0.0)
    assert slight.kink == pytest.approx((0.999, 1.001))
    assert gradcheck(Value.exp, 0.0).kink is None


def test_gradcheck_says_so_if_rounding_hides_the_slope() -> None:
    # The digits that x changes are lost in 1e10: a gradient of 1 looks the same as 1.0001.
    for claimed in (0.0, 1.0, 1.0001):
        row = Op("far", "far", lambda a: 1e10 + a, lambda a, y, claimed=claimed: claimed)
        result = gradcheck(lambda v, row=row: record(row, (v,)), 1.0)
        assert not result
        if claimed:
            assert repr(result).startswith("gradcheck CANNOT TELL: worst at argument 0: ")
            assert "; the numeric side is uncertain by " in repr(result)
            assert result.uncertainty > result.tolerance


def test_gradcheck_calls_a_smooth_function_only_a_few_times() -> None:
    for f, x in ((Value.exp, 0.5), (Value.tanh, -40.0), (Value.sin, 1.0), (Value.log, 2.0)):
        asked: list[float] = []

        def spy(v: Value, f: Callable[[Value], Value] = f, asked: list[float] = asked) -> Value:
            asked.append(v.data)
            return f(v)

        assert gradcheck(spy, x)
        assert len(asked) <= 9
