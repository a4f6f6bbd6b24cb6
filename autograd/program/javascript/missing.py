"""The functions of Python's ``math`` that JavaScript lacks: the error function and its complement.

They are written in Python, as everything else that `translate` translates.
"""

from __future__ import annotations

import math

__all__ = ["erf", "erfc"]

inf = math.inf

# Rational approximations by Sun Microsystems, 1993 (fdlibm, s_erf.c), whose error is below one unit
# in the last place. Each has the coefficients of a numerator and a denominator.
_ERF_AT_1 = 8.45062911510467529297e-01  # erf(1), rounded to half the digits
_NEAR_0 = (
    1.28379167095512558561e-01, -3.25042107247001499370e-01, -2.84817495755985104766e-02,
    -5.77027029648944159157e-03, -2.37630166566501626084e-05,
)  # fmt: skip
_BELOW_0 = (
    1.0, 3.97917223959155352819e-01, 6.50222499887672944485e-02, 5.08130628187576562776e-03,
    1.32494738004321644526e-04, -3.96022827877536812320e-06,
)  # fmt: skip
_NEAR_1 = (
    -2.36211856075265944077e-03, 4.14856118683748331666e-01, -3.72207876035701323847e-01,
    3.18346619901161753674e-01, -1.10894694282396677476e-01, 3.54783043256182359371e-02,
    -2.16637559486879084300e-03,
)  # fmt: skip
_BELOW_1 = (
    1.0, 1.06420880400844228286e-01, 5.40397917702171048937e-01, 7.18286544141962662868e-02,
    1.26171219808761642112e-01, 1.36370839120290507362e-02, 1.19844998467991074170e-02,
)  # fmt: skip
_MIDDLE = (
    -9.86494403484714822705e-03, -6.93858572707181764372e-01, -1.05586262253232909814e+01,
    -6.23753324503260060396e+01, -1.62396669462573470355e+02, -1.84605092906711035994e+02,
    -8.12874355063065934246e+01, -9.81432934416914548592e+00,
)  # fmt: skip
_BELOW_MIDDLE = (
    1.0, 1.96512716674392571292e+01, 1.37657754143519042600e+02, 4.34565877475229228821e+02,
    6.45387271733267880336e+02, 4.29008140027567833386e+02, 1.08635005541779435134e+02,
    6.57024977031928170135e+00, -6.04244152148580987438e-02,
)  # fmt: skip
_FAR = (
    -9.86494292470009928597e-03, -7.99283237680523006574e-01, -1.77579549177547519889e+01,
    -1.60636384855821916062e+02, -6.37566443368389627722e+02, -1.02509513161107724954e+03,
    -4.83519191608651397019e+02,
)  # fmt: skip
_BELOW_FAR = (
    1.0, 3.03380607434824582924e+01, 3.25792512996573918826e+02, 1.53672958608443695994e+03,
    3.19985821950859553908e+03, 2.55305040643316442583e+03, 4.74528541206955367215e+02,
    -2.24409524465858183362e+01,
)  # fmt: skip
_HALF_THE_BITS = 2.0**27 + 1.0


def erf(a: float) -> float:
    """The error function, 2/√π · the integral of exp(−t²) from 0 to a."""
    x = abs(a)
    if a != a:
        return a
    if x < 0.84375:
        if x < 2.0**-28:
            return 0.125 * (8.0 * a + 8.0 * _NEAR_0[0] * a)  # a · _NEAR_0 may underflow
        square = a * a
        return a + a * (_horner(square, _NEAR_0) / _horner(square, _BELOW_0))
    if x < 1.25:
        s = x - 1.0
        y = _ERF_AT_1 + _horner(s, _NEAR_1) / _horner(s, _BELOW_1)
    else:
        y = 1.0 - _erfc_of_large(x)
    return y if a > 0.0 else -y


def erfc(a: float) -> float:
    """The complement of the error function, 1 − erf a, with all digits for large a."""
    x = abs(a)
    if a != a:
        return a
    if x < 0.84375:
        square = a * a
        y = _horner(square, _NEAR_0) / _horner(square, _BELOW_0)
        return 1.0 - (a + a * y) if a < 0.25 else 0.5 - (a - 0.5 + a * y)
    if x < 1.25:
        s = x - 1.0
        y = _horner(s, _NEAR_1) / _horner(s, _BELOW_1)
        return 1.0 - _ERF_AT_1 - y if a > 0.0 else 1.0 + (_ERF_AT_1 + y)
    return _erfc_of_large(x) if a > 0.0 else 2.0 - _erfc_of_large(x)


def _erfc_of_large(x: float) -> float:
    """``erfc(x)`` for x ≥ 1.25."""
    if x > 28.0:
        return 0.0
    s = 1.0 / (x * x)
    if x < 1.0 / 0.35:
        ratio = _horner(s, _MIDDLE) / _horner(s, _BELOW_MIDDLE)
    else:
        ratio = _horner(s, _FAR) / _horner(s, _BELOW_FAR)
    # exp(−x²) with all its digits: the square of a number of half the bits is exact.
    above = _HALF_THE_BITS * x
    high = above - (above - x)
    return math.exp(-high * high - 0.5625) * math.exp((high - x) * (high + x) + ratio) / x


def _horner(x: float, coefficients: tuple[float, ...]) -> float:
    """``c[0] + c[1]·x + c[2]·x² + …``, by Horner's rule."""
    total = coefficients[-1]
    for c in coefficients[-2::-1]:
        total = total * x + c
    return total
