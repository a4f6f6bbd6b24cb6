"""The gamma functions and erf keep their digits over their whole domains, near zeros too."""

from __future__ import annotations

import math
import random
from typing import TYPE_CHECKING, Any

import mpmath as mp
import numpy as np
import pytest

import autograd
from autograd import Value, grad, ops

from .reference import formula

if TYPE_CHECKING:
    from collections.abc import Callable

    from autograd.ops import Op

inf, nan = math.inf, math.nan

ROOT = 1.4616321449683622  # of digamma; the exact one is 9.55e-17 larger


def near(*centres: float) -> list[float]:
    """Points on both sides of each centre, from far to as near as floats can be."""
    return [
        *(c + sign * 10.0**-k for c in centres for k in range(1, 16) for sign in (1, -1)),
        *(math.nextafter(c, away) for c in centres for away in (inf, -inf)),
    ]


def scattered(low: float, high: float, count: int = 300) -> list[float]:
    rng = random.Random(0)
    return [rng.uniform(low, high) for _ in range(count)]


def sizes(low: int, high: int, count: int = 200) -> list[float]:
    """Numbers of every size from 10^low to 10^high."""
    rng = random.Random(1)
    return [10.0 ** rng.uniform(low, high) for _ in range(count)]


def worst(row: Op, points: list[float], scale: Callable[[Any], Any] = abs) -> float:
    """The largest error at the points, relative to `scale` of the exact value."""
    f, errors = formula(row.name), []
    with mp.workdps(60):
        for x in points:
            exact = f(mp.mpf(x))
            errors.append(float(abs(row.forward(x) - exact) / (scale(exact) or 1)))
    return max(errors)


POSITIVE = [*scattered(0.0, 12.0), *near(1.0, 2.0, ROOT, 2.5, 8.0, 10.0), *sizes(-300, 300)]


@pytest.mark.parametrize("row", [ops.LGAMMA, ops.DIGAMMA], ids=lambda row: row.name)
def test_on_the_positive_axis_a_gamma_function_has_15_digits_even_near_its_roots(row: Op) -> None:
    with mp.workdps(60):  # so large that Γ itself has more than 10^1000 digits
        points = [x for x in POSITIVE if x < 1e4 or row is ops.DIGAMMA]
    assert worst(row, points) < 5e-15


def root_below(n: int) -> Any:
    """The root of digamma between −n − 1 and −n, by Newton's method."""
    x = mp.acot(mp.log(n + 1) / mp.pi) / mp.pi - n - 1
    for _ in range(7):
        # ψ′ is reflected: mpmath takes long to compute it for large negative numbers.
        x -= mp.digamma(x) / ((mp.pi / mp.sin(mp.pi * x)) ** 2 - mp.psi(1, 1 - x))
    assert -n - 1 < x < -n
    return x


def around(root: Any) -> list[float]:
    """The floats nearest to a root, and others up to 0.03 away on both sides."""
    x = float(root)
    away = [sign * 10.0**-k for k in range(2, 17, 2) for sign in (3, -3)]
    return [x, math.nextafter(x, inf), math.nextafter(x, -inf), *(x + d for d in away)]


def test_digamma_has_its_digits_near_each_negative_root_and_between_them() -> None:
    orders = [0, 1, 5, 9, 10, 19, 137, 999, 12345]
    with mp.workdps(60):
        roots = [root_below(n) for n in orders]
    assert worst(ops.DIGAMMA, [x for root in roots for x in around(root)]) < 5e-14
    assert worst(ops.DIGAMMA, [*scattered(-10.0, 0.0, 60), *scattered(-1000.0, -10.0, 60)]) < 5e-14


def test_digamma_has_its_digits_where_floats_are_halves_and_quarters() -> None:
    """The largest operands that are no poles; mpmath would take minutes for these."""
    rng = random.Random(2)
    with mp.workdps(60):
        for size in (2.0**30, 2.0**47, 2.0**50):
            for _ in range(20):
                x = -size - rng.random() * size
                if x.is_integer():
                    continue
                mirrored = 1 - mp.mpf(x)  # Stirling's series: the next term is below 1e-36
                exact = mp.log(mirrored) - 1 / (2 * mirrored) - 1 / (12 * mirrored**2)
                exact -= mp.pi * mp.cot(mp.pi * (mp.mpf(x) - mp.nint(x)))
                assert float(abs(ops.DIGAMMA.forward(x) - exact) / abs(exact)) < 5e-14, x


@pytest.mark.parametrize("row", [ops.LGAMMA, ops.DIGAMMA], ids=lambda row: row.name)
def test_on_the_negative_axis_an_error_is_relative_to_what_cancels_there(row: Op) -> None:
    points = [*scattered(-1000.0, -0.5), *(-x for x in sizes(-300, 3))]
    assert worst(row, points, lambda exact: max(abs(exact), 1)) < 1e-14


def lgamma_roots() -> list[float]:
    """Where ``|Γ| = 1`` below −2: two between any two poles, ever closer to them."""
    roots = []
    for n in range(2, 18):
        for start, end in ((-n - 1, -n - 0.5), (-n - 0.5, -n)):
            low, high = mp.mpf(start) + mp.mpf(10) ** -40, mp.mpf(end) - mp.mpf(10) ** -40
            rises = abs(mp.gamma(low)) < 1
            if rises == (abs(mp.gamma(high)) < 1):
                continue  # between −3 and −2.5, both are on one side
            for _ in range(150):
                middle = (low + high) / 2
                low, high = (
                    (middle, high) if (abs(mp.gamma(middle)) < 1) == rises else (low, middle)
                )
            roots.append(float(low))
    return roots


def test_lgamma_has_its_digits_near_each_negative_root_and_between_them() -> None:
    with mp.workdps(60):
        roots = lgamma_roots()
    assert len(roots) == 32
    points = [x for root in roots for x in around(root) if not x.is_integer()]
    assert worst(ops.LGAMMA, points) < 5e-14
    assert worst(ops.LGAMMA, scattered(-25.0, -2.0)) < 5e-14
    x = Value(1.5, label="x")
    column = autograd.compile(x.lgamma(), [], [x])(points)
    assert column.tolist() == [ops.LGAMMA.forward(point) for point in points]


@pytest.mark.parametrize("row", [ops.NORMAL_CDF, ops.GELU], ids=lambda row: row.name)
def test_the_left_tail_of_the_normal_distribution_has_15_digits(row: Op) -> None:
    points = [*scattered(-37.0, -4.0), *near(-4.0), -4.0, -5.0, -37.0]
    assert worst(row, points) < 5e-15
    x = Value(1.5, label="x")
    y = autograd.value.record(row, (x,))
    column = autograd.compile(y, [], [x])(points)
    assert column == pytest.approx([row.forward(point) for point in points], rel=5e-15)
    assert ops.NORMAL_CDF.forward(-1e300) == ops.NORMAL_CDF.forward(-inf) == 0.0


def test_lgamma_of_large_numbers_has_all_digits() -> None:
    with mp.workdps(60):
        for x in sizes(2, 305):
            exact = mp.loggamma(mp.mpf(x))
            assert float(abs(ops.LGAMMA.forward(x) - exact) / exact) < 1e-15


def test_lgamma_is_exactly_0_at_1_and_2() -> None:
    assert ops.LGAMMA.forward(1.0) == ops.LGAMMA.forward(2.0) == 0.0


@pytest.mark.parametrize("row", [ops.ERF, ops.ERFC], ids=lambda row: row.name)
def test_the_error_function_has_15_digits_in_both_tails(row: Op) -> None:
    points = [*scattered(-6.0, 6.0), *sizes(-300, 0), *(-x for x in sizes(-300, 0))]
    assert worst(row, points + (scattered(6.0, 26.0) if row is ops.ERFC else [])) < 1e-15


@pytest.mark.slow
def test_zeta_has_14_digits_for_many_orders() -> None:
    with mp.workdps(60):
        for s in (2.0, 3.0, 4.0, 7.0, 12.0, 1.5):
            for x in [*scattered(0.0, 20.0, 40), *sizes(-10, 5, 20)]:
                exact = mp.zeta(s, mp.mpf(x))
                assert float(abs(ops.ZETA.forward(s, x) - exact) / exact) < 1e-14, (s, x)


def hurwitz(s: int, a: float) -> Any:
    """``ζ(s, a)``, from terms that mpmath has for a > 0 alone."""
    count = max(0, -math.floor(a))
    return mp.fsum((mp.mpf(a) + k) ** -s for k in range(count)) + mp.zeta(s, mp.mpf(a) + count)


def zeta_root(s: int, n: int) -> Any:
    """The root of ζ(s, ·), for an odd s, between −n − 1 and −n."""
    low, high = -n - 1 + mp.mpf("1e-3"), -n - mp.mpf("1e-3")
    assert hurwitz(s, low) > 0 > hurwitz(s, high)
    for _ in range(70):
        middle = (low + high) / 2
        low, high = (middle, high) if hurwitz(s, middle) > 0 else (low, middle)
    return low


@pytest.mark.slow
@pytest.mark.parametrize("s", [3, 5, 7, 9, 11, 13, 15])
def test_zeta_has_14_digits_near_each_negative_root_as_a_value_and_in_a_program(s: int) -> None:
    """ζ(3, a) is the second derivative of digamma, up to a factor."""
    with mp.workdps(60):
        points = [x for n in (0, 1, 2, 9, 16) for x in around(zeta_root(s, n))]
        points += [*scattered(-20.0, 0.0, 200 if s < 9 else 20), *(-k / 2 for k in range(1, 60, 2))]
        for x in points:
            exact = hurwitz(s, x)
            assert float(abs(ops.ZETA.forward(float(s), x) - exact) / abs(exact)) < 1e-14, x
    a = Value(0.7)
    found = autograd.compile(autograd.value.record(ops.ZETA, (float(s), a)), inputs=[a])(points)
    np.testing.assert_array_equal(found, [ops.ZETA.forward(float(s), x) for x in points])


def test_zeta_of_a_high_odd_order_has_its_digits_where_all_but_one_part_cancels() -> None:
    with mp.workdps(60):
        for s in (17, 25):
            for x in (-0.5, -2.5, -28.5):
                assert math.isclose(ops.ZETA.forward(float(s), x), hurwitz(s, x), rel_tol=1e-14)


@pytest.mark.slow
@pytest.mark.parametrize("s", [17, 31, 33, 63])
def test_zeta_of_a_high_odd_order_has_13_digits_near_each_root(s: int) -> None:
    """Near a root, powers of 2 up to 2ˢ cancel; what is left may be as small as 10⁻⁶⁰."""
    with mp.workdps(200):
        points = [x for n in (0, 1, 2, 9) for x in around(zeta_root(s, n))]
        points += [*scattered(-12.0, 0.0, 20), *(math.nextafter(-k - 0.5, 0.0) for k in range(9))]
        for x in points:
            exact = hurwitz(s, x)
            assert float(abs(ops.ZETA.forward(float(s), x) - exact) / abs(exact)) < 1e-13, x
    a = Value(0.7)
    found = autograd.compile(autograd.value.record(ops.ZETA, (float(s), a)), inputs=[a])(points)
    np.testing.assert_array_equal(found, [ops.ZETA.forward(float(s), x) for x in points])


def test_zeta_beside_minus_a_half_keeps_its_digits_at_order_17() -> None:
    at = -0.4999999998861
    with mp.workdps(60):
        assert math.isclose(ops.ZETA.forward(17.0, at), hurwitz(17, at), rel_tol=1e-13)


def test_the_ninth_derivative_of_lgamma_has_its_digits_beside_a_root() -> None:
    """It is 8! · ζ(9, a), up to its sign, and 0 a hair's breadth from −½."""
    at = -0.4999999998
    x = Value(at)
    y: Any = x.lgamma()
    for _ in range(9):
        y = grad(y, x, create_graph=True)
    with mp.workdps(40):
        exact = float(-math.factorial(8) * hurwitz(9, at))
    assert math.isclose(y.data, exact, rel_tol=1e-13)


def test_derivatives_of_lgamma_are_right_to_the_sixth_order_on_both_sides_of_0() -> None:
    for at in (0.4, 1.5, 6.3, 25.0, -0.7, -3.4):
        x = Value(at)
        y: Any = x.lgamma()
        for order in range(6):
            y = grad(y, x, create_graph=True)
            exact = float(mp.psi(order, mp.mpf(at)))
            assert math.isclose(y.data, exact, rel_tol=1e-12), (at, order)


EDGES = [
    (ops.LGAMMA, [(0.0, inf), (-0.0, inf), (-1.0, inf), (-1e16, inf), (inf, inf), (-inf, inf)]),
    (ops.DIGAMMA, [(0.0, -inf), (-0.0, inf), (-1.0, nan), (-1e16, nan), (inf, inf), (-inf, nan)]),
    (ops.LGAMMA, [(5e-324, 744.4400719213812), (-5e-324, 744.4400719213812), (1e308, inf)]),
    (ops.DIGAMMA, [(5e-324, -inf), (-5e-324, inf), (1e-300, -1e300), (1e308, 709.1962086421661)]),
]


@pytest.mark.parametrize(("row", "cases"), EDGES, ids=lambda x: getattr(x, "name", ""))
def test_gamma_functions_have_their_limits_at_poles_and_infinity(
    row: Op, cases: list[tuple[float, float]]
) -> None:
    for x, expected in cases:
        np.testing.assert_allclose(row.forward(x), expected, rtol=1e-15)
    assert math.isnan(row.forward(nan))


def test_zeta_is_infinite_at_its_poles_and_nan_outside_its_domain() -> None:
    for s, a in ((2.0, 0.0), (2.0, -3.0), (3.0, 0.0)):
        assert ops.ZETA.forward(s, a) == inf
    for s, a in ((1.0, 2.0), (0.5, 2.0), (2.5, -0.5), (inf, -0.5), (2.0, -inf), (nan, 1.0)):
        assert math.isnan(ops.ZETA.forward(s, a))
    assert math.isnan(ops.ZETA.forward(2.0, nan))
    assert ops.ZETA.forward(2.0, inf) == 0.0
    assert ops.ZETA.forward(2.0, 1e200) == 1e-200


@pytest.mark.slow
@pytest.mark.parametrize("row", [ops.LGAMMA, ops.DIGAMMA], ids=lambda row: row.name)
def test_programs_compute_gamma_functions_to_the_last_bit_as_values_do(row: Op) -> None:
    points = [*POSITIVE, *scattered(-20.0, 0.0), *near(-0.504, -1.0, -1.5735, -2.457), -1e7, -inf]
    with mp.workdps(60):
        points += [x for n in (0, 1, 9, 30, 10**6) for x in around(root_below(n))]
    x = Value(0.7)
    found = autograd.compile(row(x), inputs=[x])(points)
    np.testing.assert_array_equal(found, [row.forward(p) for p in points])


def test_functions_that_round_take_ties_and_signs_as_ieee_754_has_them() -> None:
    rounded = {
        0.5: 0.0, 1.5: 2.0, 2.5: 2.0, -0.5: -0.0, -1.5: -2.0, 0.49999999999999994: 0.0,
        4503599627370495.5: 4503599627370496.0, 2.0**52 + 1.0: 2.0**52 + 1.0, 1e300: 1e300,
        -0.0: -0.0, inf: inf, -inf: -inf,
    }  # fmt: skip
    for x, expected in rounded.items():
        assert repr(Value(x).round().data) == repr(expected), x
    for x in (*rounded, 0.1, -0.1, 7.9, -7.9, 5e-324, -5e-324):
        for row, function in ((ops.FLOOR, np.floor), (ops.CEIL, np.ceil), (ops.ROUND, np.rint)):
            assert repr(row.forward(x)) == repr(float(function(x))), (row, x)
