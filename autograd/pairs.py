"""Arithmetic with 31 digits, on pairs: sums of two numbers, ``high + low``, kept unevaluated.

It is for differences that would cancel all of a float's digits. Everything here is additions,
products and quotients alone, so that it works on floats and on a compiler's vectors alike. The
sum and the product of two floats are exact as pairs (Dekker, 1971); the error of each other
operation is about 10⁻³¹ of the larger operand.
"""

from __future__ import annotations

from typing import Any, TypeAlias

__all__ = [
    "LN_2", "PI", "SQRT_HALF", "Pair", "add", "continued_fraction", "divide", "exact_sum",
    "log", "multiply", "negate", "ratio", "scale",
]  # fmt: skip

Pair: TypeAlias = tuple[Any, Any]

PI = (3.141592653589793, 1.2246467991473532e-16)
SQRT_HALF = (0.7071067811865476, -4.833646656726457e-17)
LN_2 = (0.6931471805599453, 2.3190468138462996e-17)

_HALF_THE_BITS = 2.0**27 + 1.0


def ratio(p: int, q: int) -> tuple[float, float]:
    """``p / q``."""
    high = p / q
    top, bottom = high.as_integer_ratio()
    return high, (p * bottom - top * q) / (q * bottom)


def exact_sum(a: Any, b: Any) -> Pair:
    """``a + b`` of two numbers."""
    total = a + b
    of_b = total - a
    return total, (a - (total - of_b)) + (b - of_b)


def _joined(high: Any, low: Any) -> Pair:
    """``high + low``, where high is the larger: a pair whose high part is its nearest float."""
    total = high + low
    return total, low - (total - high)


def _exact_product(a: Any, b: Any) -> Pair:
    product = a * b
    (a_high, a_low), (b_high, b_low) = _halves(a), _halves(b)
    low = ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low
    return product, low


def _halves(a: Any) -> Pair:
    """``a`` as a sum of two numbers with half the bits, whose products are exact."""
    above = _HALF_THE_BITS * a
    high = above - (above - a)
    return high, a - high


def negate(a: Pair) -> Pair:
    """``−a``."""
    return -a[0], -a[1]


def add(a: Pair, b: Pair) -> Pair:
    """``a + b``."""
    high, low = exact_sum(a[0], b[0])
    return _joined(high, low + (a[1] + b[1]))


def scale(number: float, a: Pair) -> Pair:
    """``number · a``."""
    high, low = _exact_product(number, a[0])
    return _joined(high, low + number * a[1])


def multiply(a: Pair, b: Pair) -> Pair:
    """``a · b``."""
    high, low = _exact_product(a[0], b[0])
    return _joined(high, low + (a[0] * b[1] + a[1] * b[0]))


def divide(a: Pair, b: Pair) -> Pair:
    """``a / b``."""
    quotient = a[0] / b[0]
    high, low = _exact_product(quotient, b[0])
    rest = ((a[0] - high) - low) + a[1] - quotient * b[1]
    return _joined(quotient, rest / b[0])


def continued_fraction(x: Pair, factors: list[float], exact: int) -> Pair:
    """``1 − c₁x / (3 − c₂x / (5 − …))``, with a float for all after the first `exact` levels.

    With factors 1, 1, 1, … it is ``√x / tan √x``; with 1², 2², 3², … it is ``√x / artanh √x``
    (DLMF 4.25 and 4.39). A level hardly depends on an error in one far below.
    """
    count = len(factors)
    tail: Any = 2.0 * count + 1.0
    for k in range(count, exact, -1):
        tail = (2.0 * k - 1.0) - factors[k - 1] * x[0] / tail
    total: Pair = (tail, 0.0)
    for k in range(exact, 0, -1):
        total = add((2.0 * k - 1.0, 0.0), negate(divide(scale(factors[k - 1], x), total)))
    return total


def log(where: Any, x: Pair) -> Pair:
    """``ln x`` for 0.7 ≤ x < 2¹²⁰: k · ln 2 + 2 artanh s, s = (m − 1) / (m + 1), m = x / 2ᵏ."""
    high, low = x
    power: Any = 0.0
    for step in (64, 32, 16, 8, 4, 2, 1):  # until 0.7 ≤ m < 1.4
        large = high >= 0.7 * 2.0**step
        factor = where(large, 0.5**step, 1.0)
        high, low, power = high * factor, low * factor, power + where(large, float(step), 0.0)
    m = (high, low)
    s = divide(add(m, (-1.0, 0.0)), add(m, (1.0, 0.0)))
    squares = [float(k * k) for k in range(1, 16)]
    fraction = continued_fraction(multiply(s, s), squares, 8)
    log_m = divide((2.0 * s[0], 2.0 * s[1]), fraction)
    return add(log_m, scale(power, LN_2))
