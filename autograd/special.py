"""The gamma function's logarithm and its derivatives: `lgamma`, `digamma` and Hurwitz's `zeta`.

Each is here twice, for the table in `ops`: on a float, and as a vector form, without branches. Both
do the same arithmetic in the same order, so that a program gives the very number that a Value has.

Python's ``math.lgamma`` would lose digits near its zeros, 1 and 2, and there is no digamma.
"""

from __future__ import annotations

import math
from typing import Any

from . import pairs

__all__ = ["digamma", "digamma_vector", "lgamma", "lgamma_vector", "nearest", "zeta", "zeta_vector"]

inf, nan, pi = math.inf, math.nan, math.pi

# ── pieces: arithmetic alone, on floats and on vectors ───────────────────────────────────────

_ROUND = 2.0**52  # from here on, floats are whole numbers: adding it rounds


def nearest(a: float) -> float:
    """The whole number nearest to a, and the even one if a is in the middle of two."""
    return math.copysign(abs(a) + _ROUND - _ROUND, a) if abs(a) < _ROUND else a


def _polynomial(x: Any, coefficients: tuple[Any, ...]) -> Any:
    """``c[0] + c[1]·x + c[2]·x² + …``, by Horner's rule."""
    total: Any = coefficients[-1]
    for c in coefficients[-2::-1]:
        total = total * x + c
    return total


# Chebyshev's approximation of ln Γ(2 + z) / z for |z| ≤ ½, written as a polynomial: off by 2e-16.
_LGAMMA_NEAR_2 = (
    0.42278433509846713, 0.3224670334241132, -0.06735230105319563, 0.02058080842778338,
    -0.007385551028935545, 0.002890510330865901, -0.0011927539009983087, 0.0005096695196526673,
    -0.00022315497746292723, 9.945761692157133e-05, -4.4923727564247656e-05,
    2.050601970174762e-05, -9.45628851510172e-06, 4.3828545383846665e-06, -1.9743106888421067e-06,
    9.242852225162277e-07, -5.811277768921246e-07, 2.7475390051909663e-07,
)  # fmt: skip
# The same of ψ(1.5 + t) / (1.5 + t − root) for |t| ≤ ½.
_DIGAMMA_NEAR_ROOT = (
    0.951055876031833, -0.4236274212814605, 0.2405424842407742, -0.14840492305390884,
    0.09498872445494122, -0.061922133273064534, 0.04076083381242074, -0.02697579675613825,
    0.0179072524394512, -0.011908218001568644, 0.007926944646403797, -0.005279964873257405,
    0.003519006401502276, -0.002345267632540769, 0.0015566317474486838, -0.0010376374098418604,
    0.0007233266279287554, -0.0004821990530566789, 0.0002272331660987376, -0.00015148586836773365,
    0.00025968482126430747, -0.00017312261802727394,
)  # fmt: skip
# The positive root of ψ, as a sum of two numbers, so that the distance from it has all its digits.
_ROOT_HIGH, _ROOT_LOW = 1.4616321449683622, 9.549995429965697e-17

# Stirling's series (NIST's Digital Library of Mathematical Functions, 5.11.1 and 5.11.2), whose
# terms are Bernoulli's numbers: B₂ₖ / (2k · (2k − 1)) and B₂ₖ / 2k.
_LGAMMA_STIRLING = (
    1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156, -3617 / 122400,
)  # fmt: skip
_DIGAMMA_STIRLING = (1 / 12, -1 / 120, 1 / 252, -1 / 240, 1 / 132, -691 / 32760, 1 / 12)
# B₂ₖ / 2k again, to as many terms as 31 digits need from 17 on: the first are pairs.
_FIRST_TERMS = tuple(pairs.ratio(1, q) for q in (12, -120, 252, -240, 132))
_FURTHER_TERMS = (
    -691 / 32760, 1 / 12, -3617 / 8160, 43867 / 14364, -174611 / 6600, 77683 / 276,
    -236364091 / 65520, 657931 / 12, -3392780147 / 3480, 1723168255201 / 85932,
    -7709321041217 / 16320,
)  # fmt: skip
# The same for ln Γ: B₂ₖ / (2k · (2k − 1)).
_FIRST_LGAMMA_TERMS = tuple(pairs.ratio(1, q) for q in (12, -360, 1260, -1680, 1188))
_FURTHER_LGAMMA_TERMS = tuple(c / (2 * k + 11) for k, c in enumerate(_FURTHER_TERMS))
_LN_PI, _HALF_LN_2_PI = (
    (1.1447298858494002, 1.0265951162707826e-17),
    (0.9189385332046728, -3.8782941580672414e-17),
)
_STIRLING_CONSTANT = 0.5 * math.log(2.0 * pi) - 0.5
_LOG_PI = math.log(pi)


def _lgamma_of_large(a: Any, log: Any) -> Any:
    """``ln Γ(a)`` for a ≥ 8, given ln a."""
    u = 1.0 / a
    series = u * _polynomial(u * u, _LGAMMA_STIRLING)
    return (a - 0.5) * (log - 1.0) + (_STIRLING_CONSTANT + series)


def _digamma_near_root(a: Any) -> Any:
    """``ψ(a)`` for 1 ≤ a ≤ 2."""
    return (a - _ROOT_HIGH - _ROOT_LOW) * _polynomial(a - 1.5, _DIGAMMA_NEAR_ROOT)


def _digamma_of_large(a: Any, log: Any) -> Any:
    """``ψ(a)`` for a ≥ 10, given ln a."""
    u = 1.0 / a
    square = u * u
    return log - (0.5 * u + square * _polynomial(square, _DIGAMMA_STIRLING))


_SHIFT = 8


def _reciprocals(a: Any) -> Any:
    """``ψ(a + 8) − ψ(a)``, which is 1/a + 1/(a + 1) + … + 1/(a + 7), as a single fraction."""
    top, bottom = 1.0, a
    for k in range(1, _SHIFT):
        top, bottom = top * (a + k) + bottom, bottom * (a + k)
    return top / bottom


_NEAR = 0.5  # how near 0 the difference of two numbers, each up to 40, is computed with pairs


def _digamma_by_pairs(where: Any, a: Any, off: Any) -> Any:
    """``ψ(a)`` for a < 0, near a root: ``ψ(1 − a) − π / tan πa``, which cancel each other.

    Arguments:
        where: `numpy.where`, or the like for floats.
        a: the operand.
        off: its distance from the nearest whole number, with its sign.
    """
    x = pairs.exact_sum(1.0, -a)
    y = _digamma_of_pair(where, x)
    angle = pairs.scale(off, pairs.PI)
    fraction = pairs.continued_fraction(pairs.multiply(angle, angle), [1.0] * 17, 11)
    return pairs.add(y, pairs.negate(pairs.divide(fraction, (off, 0.0))))[0]


def _lgamma_by_pairs(where: Any, a: Any, off: Any) -> Any:
    """``ln |Γ(a)|`` for -20 < a < -2, near a root: ``ln π − ln |sin πa| − ln Γ(1 − a)`` cancel.

    The arguments are those of `_digamma_by_pairs`.
    """
    x = pairs.exact_sum(1.0, -a)
    angle = pairs.scale(off, pairs.PI)
    square = pairs.multiply(angle, angle)
    fraction = pairs.continued_fraction(square, [1.0] * 17, 11)
    # 1 / sin² θ = 1 + cot² θ, and the fraction is θ · cot θ.
    ratio = pairs.divide(fraction, angle)
    cosecant = pairs.log(where, pairs.add((1.0, 0.0), pairs.multiply(ratio, ratio)))
    reflected = pairs.add(_LN_PI, (0.5 * cosecant[0], 0.5 * cosecant[1]))
    return pairs.add(reflected, pairs.negate(_lgamma_of_pair(where, x)))[0]


def _lgamma_of_pair(where: Any, x: pairs.Pair) -> pairs.Pair:
    """``ln Γ(x)`` for 1 < x < 25, by Stirling's series of ln Γ(x + 16)."""
    shifted = pairs.add(x, (16.0, 0.0))
    u = pairs.divide((1.0, 0.0), shifted)
    square = pairs.multiply(u, u)
    series: pairs.Pair = (square[0] * _polynomial(square[0], _FURTHER_LGAMMA_TERMS), 0.0)
    for k, term in enumerate(_FIRST_LGAMMA_TERMS[::-1]):
        total = pairs.add(series, term)
        series = pairs.multiply(total, square if k < len(_FIRST_LGAMMA_TERMS) - 1 else u)
    y = pairs.multiply(pairs.add(shifted, (-0.5, 0.0)), pairs.log(where, shifted))
    y = pairs.add(pairs.add(y, pairs.negate(shifted)), pairs.add(_HALF_LN_2_PI, series))
    product = x
    for k in range(1, 16):
        product = pairs.multiply(product, pairs.add(x, (float(k), 0.0)))
    return pairs.add(y, pairs.negate(pairs.log(where, product)))


def _digamma_of_pair(where: Any, x: pairs.Pair) -> pairs.Pair:
    """``ψ(x)`` for x > 1, by Stirling's series of ψ(x + 16)."""
    shifted = pairs.add(x, (16.0, 0.0))
    u = pairs.divide((1.0, 0.0), shifted)
    square = pairs.multiply(u, u)
    series: pairs.Pair = (square[0] * _polynomial(square[0], _FURTHER_TERMS), 0.0)
    for term in _FIRST_TERMS[::-1]:
        total = pairs.add(series, term)
        series = pairs.multiply(total, square)
    y = pairs.add(pairs.log(where, shifted), pairs.negate(series))
    y = pairs.add(y, (-0.5 * u[0], -0.5 * u[1]))
    for k in range(16):
        y = pairs.add(y, pairs.divide((-1.0, 0.0), pairs.add(x, (float(k), 0.0))))
    return y


_TERMS = 10
# |B₂ₖ| / (2k)!, the coefficients of the Euler-Maclaurin formula.
_EULER_MACLAURIN = (
    1 / 12, 1 / 720, 1 / 30240, 1 / 1209600, 1 / 47900160, 691 / 1307674368000, 1 / 74724249600,
    3617 / 10670622842880000,
)  # fmt: skip
# The same to as many terms as 31 digits need from 16 on: the first are pairs.
_FIRST_EULER_MACLAURIN = tuple(pairs.ratio(1, q) for q in (12, 720, 30240, 1209600))
_FURTHER_EULER_MACLAURIN = (
    *_EULER_MACLAURIN[4:], 43867 / 5109094217170944000, 174611 / 802857662698291200000,
    77683 / 14101100039391805440000, 236364091 / 1693824136731743669452800000,
    657931 / 186134520519971831808000000, 3392780147 / 37893265687455865519472640000000,
)  # fmt: skip


def _zeta_tail(s: Any, b: Any, power: Any) -> Any:
    """``Σ (b + k)⁻ˢ`` over k ≥ 0 for a large b, given b¹⁻ˢ (DLMF 25.11.43)."""
    u = 1.0 / b
    series: Any = _EULER_MACLAURIN[-1]
    for k in range(len(_EULER_MACLAURIN) - 1, 0, -1):
        series = _EULER_MACLAURIN[k - 1] - (s + (2 * k - 1)) * u * ((s + 2 * k) * u) * series
    return power * (1.0 / (s - 1.0) + u * (0.5 + s * u * series))


_DIGITS = 5  # binary digits of (s − 1) / 2
_HIGHEST = 63.0  # the last s that `_zeta_by_pairs` takes: it has as many digits
_CANCELS = 0.125  # how small a sum is, beside its largest term, that is computed with pairs


def _zeta_by_pairs(where: Any, s: Any, a: Any, off: Any) -> Any:
    """``ζ(s, a)`` for odd s from 3 to 63 and a < 0, near a root, where its four parts cancel.

    Arguments:
        where: `numpy.where`, or the like for floats.
        s, a: the operands.
        off: the distance of a from the nearest whole number, with its sign.
    """
    digits: list[Any] = [0.0] * _DIGITS  # the binary digits of (s − 1) / 2, the highest first
    rest = s - 1.0
    for k in range(_DIGITS):
        unit = 2.0 ** (_DIGITS - k)
        digits[k] = rest >= unit
        rest = where(digits[k], rest - unit, rest)

    def even_power(x: pairs.Pair) -> pairs.Pair:
        """``xˢ⁻¹``, digit by digit."""
        square = pairs.multiply(x, x)
        power: pairs.Pair = (1.0, 0.0)
        for digit in digits:
            power = pairs.multiply(power, power)
            more = pairs.multiply(power, square)
            power = where(digit, more[0], power[0]), where(digit, more[1], power[1])
        return power

    def reciprocal(x: pairs.Pair) -> pairs.Pair:
        return pairs.divide((1.0, 0.0), x)

    def zeta_of_pair(x: pairs.Pair) -> pairs.Pair:
        """``ζ(s, x)`` for x ≥ ½, by the Euler-Maclaurin formula from x + 16 on."""
        u = reciprocal(pairs.add(x, (16.0, 0.0)))
        square = pairs.multiply(u, u)
        count = len(_FIRST_EULER_MACLAURIN)
        series: Any = _FURTHER_EULER_MACLAURIN[-1]
        for k in range(len(_FURTHER_EULER_MACLAURIN) - 1, 0, -1):
            n = 2.0 * (k + count)
            factor = (s + (n - 1.0)) * (s + n) * square[0]
            series = _FURTHER_EULER_MACLAURIN[k - 1] - factor * series
        total: pairs.Pair = (series, 0.0)
        for k in range(count, 0, -1):
            total = pairs.multiply(total, square)
            total = pairs.scale((s + (2.0 * k - 1.0)) * (s + 2.0 * k), total)
            total = pairs.add(_FIRST_EULER_MACLAURIN[k - 1], pairs.negate(total))
        total = pairs.add((0.5, 0.0), pairs.multiply(pairs.scale(s, u), total))
        total = pairs.add(reciprocal((s - 1.0, 0.0)), pairs.multiply(u, total))
        total = pairs.multiply(even_power(u), total)
        for k in range(15, -1, -1):
            u = reciprocal(pairs.add(x, (float(k), 0.0)))
            total = pairs.add(total, pairs.multiply(u, even_power(u)))
        return total

    u = reciprocal((off, 0.0))
    y = pairs.add(pairs.multiply(u, even_power(u)), zeta_of_pair(pairs.exact_sum(1.0, off)))
    y = pairs.add(y, pairs.negate(zeta_of_pair(pairs.exact_sum(1.0, -off))))
    return pairs.add(y, zeta_of_pair(pairs.exact_sum(1.0, -a)))[0]


# ── on floats ────────────────────────────────────────────────────────────────────────────────


def lgamma(a: float) -> float:
    """``ln |Γ(a)|``: inf at 0 and the negative whole numbers.

    The error is below 1e-13 of the result, near roots too.
    """
    if a < -0.5:
        sine = abs(_sine_of_pi(a))
        if not sine:
            return inf
        y = _LOG_PI - math.log(sine) - lgamma(1.0 - a)
        return _lgamma_by_pairs(_where, a, a - nearest(a)) if abs(y) < _NEAR else y
    if a >= 8.0:
        return _lgamma_of_large(a, math.log(a))  # type: ignore[no-any-return]
    if a < 0.5:  # Γ(a) = Γ(a + 2) / (a · (a + 1))
        z, factor = a, abs(a) * (a + 1.0)
    elif a < 1.5:
        z, factor = a - 1.0, a
    else:  # Γ(a) = Γ(z + 2) · (z + 2) · … · (a − 1)
        z, factor = a, 1.0
        while z >= 2.5:
            z -= 1.0
            factor *= z
        z -= 2.0
    log = math.log(factor) if factor else -inf
    return z * _polynomial(z, _LGAMMA_NEAR_2) + (-log if a < 1.5 else log)  # type: ignore[no-any-return]


def digamma(a: float) -> float:
    """``ψ(a) = Γ′(a) / Γ(a)``: nan at the negative whole numbers, and ∓inf at ±0.

    The error is below 1e-13 of the result, near roots too.
    """
    if a < 0.0:
        off = a - nearest(a) if a > -inf else 0.0
        if not off:
            return nan
        y = digamma(1.0 - a) - pi / math.tan(pi * off)
        return _digamma_by_pairs(_where, a, off) if abs(y) < _NEAR else y
    if a < 1.0:
        if a == 0.0:
            return math.copysign(inf, -a)
        return _digamma_near_root(a + 1.0) - 1.0 / a  # type: ignore[no-any-return]
    if a <= 2.0:
        return _digamma_near_root(a)  # type: ignore[no-any-return]
    if a < 10.0:
        return _digamma_of_large(a + _SHIFT, math.log(a + _SHIFT)) - _reciprocals(a)  # type: ignore[no-any-return]
    return _digamma_of_large(a, math.log(a))  # type: ignore[no-any-return]


def zeta(s: float, a: float) -> float:
    """``Σ 1 / (a + k)ˢ`` over k ≥ 0, for s > 1; if a < 0, for whole numbers s.

    The error is below 1e-14 of the result, for s up to 15 also near the roots that odd s have. For
    s up to 63, it is below 1e-13.
    It is infinite where a is 0 or a negative whole number, and nan outside its domain.
    """
    if not s > 1.0 or a != a:
        return nan
    if a >= 0.0:
        return _zeta_of_positive(s, a)
    if not s.is_integer() or a == -inf:
        return nan
    # Over all whole numbers k, positive or negative, the sum has period 1 in a.
    off = a - nearest(a)
    mirrored = _zeta_of_positive(s, 1.0 - a)
    beyond = _zeta_of_positive(s, 1.0 - off) - mirrored
    largest = _power(off, -s)
    both = largest + _zeta_of_positive(s, 1.0 + off)
    if math.fmod(s, 2.0) == 0.0:
        return both + beyond
    if abs(off) == 0.5:  # all else cancels
        return mirrored
    y = both - beyond
    near = s <= _HIGHEST and abs(y) < _CANCELS * abs(largest)
    return _zeta_by_pairs(_where, s, a, off) if near else y


def _zeta_of_positive(s: float, a: float) -> float:
    total = 0.0
    for k in range(_TERMS):
        total += _power(a + k, -s)
    return total + _zeta_tail(s, a + _TERMS, _power(a + _TERMS, 1.0 - s))  # type: ignore[no-any-return]


def _power(a: float, b: float) -> float:
    try:
        return math.pow(a, b)
    except OverflowError:
        return -inf if a < 0.0 and math.fmod(b, 2.0) else inf
    except ValueError:  # 0 to a negative power
        return math.copysign(inf, a) if math.fmod(b, 2.0) == -1.0 else inf


def _where(condition: bool, a: float, b: float) -> float:
    return a if condition else b


def _sine_of_pi(a: float) -> float:
    """``sin πa``, up to its sign; 0 if a is a whole number, or infinite."""
    return math.sin(pi * (a - nearest(a))) if a > -inf else 0.0


# ── vector forms: the same without branches, over a namespace m of functions (see `ops.Op`) ──


def lgamma_vector(m: Any, a: Any) -> Any:
    """`lgamma` of a vector."""
    reflected = a < -0.5
    x = m.where(reflected, 1.0 - a, a)
    factor, z = m.where(x < 0.5, m.abs(x) * (x + 1.0), m.where(x < 1.5, x, 1.0)), x
    for _ in range(6):
        large = z >= 2.5
        z = m.where(large, z - 1.0, z)
        factor = m.where(large, factor * z, factor)
    z = m.where(x < 0.5, x, m.where(x < 1.5, x - 1.0, z - 2.0))
    far = x >= 8.0
    log = m.exact_log(m.where(far, x, factor))
    near = z * _polynomial(z, _LGAMMA_NEAR_2) + m.where(x < 1.5, -log, log)
    y = m.where(far, _lgamma_of_large(x, log), near)
    off = a - m.rint(a)
    sine = m.where(m.abs(a) < inf, m.abs(m.sin(pi * off)), 0.0)
    y = m.where(reflected, _LOG_PI - m.exact_log(sine) - y, y)
    near = reflected & (m.abs(y) < _NEAR)
    y = m.where_rare(near, lambda: _lgamma_by_pairs(m.where, a, off), y)
    return m.where(reflected & (sine == 0.0), inf, y)


def digamma_vector(m: Any, a: Any) -> Any:
    """`digamma` of a vector."""
    reflected = a < 0.0
    x = m.where(reflected, 1.0 - a, a)
    small, large = x < 1.0, x >= 10.0
    near = _digamma_near_root(m.where(small, x + 1.0, x)) - m.where(small, 1.0 / x, 0.0)
    shifted = m.where(large, x, x + float(_SHIFT))
    far = _digamma_of_large(shifted, m.exact_log(shifted))
    y = m.where(x <= 2.0, near, far - m.where(large, 0.0, _reciprocals(x)))
    off = a - m.rint(a)
    cotangent = m.where(off == 0.0, nan, pi / m.tan(pi * off))
    y = m.where(reflected, y - cotangent, y)
    near = reflected & (m.abs(y) < _NEAR)
    return m.where_rare(near, lambda: _digamma_by_pairs(m.where, a, off), y)


def zeta_vector(m: Any, s: Any, a: Any) -> Any:
    """`zeta` of two vectors."""

    def of_positive(a: Any) -> Any:
        total: Any = 0.0
        for k in range(_TERMS):
            total = total + m.power(a + float(k), -s)
        b = a + float(_TERMS)
        return total + _zeta_tail(s, b, m.power(b, 1.0 - s))

    positive = a >= 0.0
    off = a - m.rint(a)
    y = of_positive(m.where(positive, a, 1.0 + off))
    mirrored = of_positive(1.0 - a)
    beyond = of_positive(1.0 - off) - mirrored
    half = 0.5 * s
    largest = m.power(off, -s)
    both = largest + y
    even = half == m.floor(half)
    odd_sum = m.where(m.abs(off) == 0.5, mirrored, both - beyond)
    negative = m.where(even, both + beyond, odd_sum)
    near = (a < 0.0) & (s <= _HIGHEST) & (s == m.floor(s)) & (half != m.floor(half))
    near = near & (m.abs(off) != 0.5) & (m.abs(negative) < _CANCELS * m.abs(largest))
    negative = m.where_rare(near, lambda: _zeta_by_pairs(m.where, s, a, off), negative)
    negative = m.where((s == m.floor(s)) & (s < inf) & (a > -inf), negative, nan)
    return m.where((s > 1.0) & (a == a), m.where(positive, y, negative), nan)
