"""A second opinion on every row: its value and three orders of derivatives, at 50 digits.

Nothing of the engine's table is used. Each row is written as a formula once more, on truncated
Taylor series whose coefficients are mpmath's numbers: arithmetic on series gives the derivatives.
What is known here of differentiation are the series of 1/x, xⁿ, eˣ, ln x, sin x, cos x and erfc x.
"""

from __future__ import annotations

import math
from itertools import product
from types import FunctionType
from typing import TYPE_CHECKING, Any, NamedTuple

import mpmath as mp
import numpy as np
import pytest

from tests.autograd import reference

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["DIGITS", "FORMULAS", "Local", "Series", "local"]

DIGITS = 150  # of which a difference from 1 of e⁻¹⁵⁰, the smallest that comes up, takes 65
ORDER = 3

# By the number of variables: the exponents of each term; and for each term the pairs of another and
# their product.
_TERMS = {
    n: sorted((p for p in product(range(ORDER + 1), repeat=n) if sum(p) <= ORDER), key=sum)
    for n in (1, 2)
}
_PRODUCTS = {
    n: [
        [
            (j, terms.index(tuple(map(sum, zip(p, q, strict=True)))))
            for j, q in enumerate(terms)
            if sum(p) + sum(q) <= ORDER
        ]
        for p in terms
    ]
    for n, terms in _TERMS.items()
}


class Series:
    """A polynomial of degree 3 in one or two variables: what a function is near a point."""

    __slots__ = ("of", "terms")

    def __init__(self, of: int, terms: list[Any]) -> None:
        self.of = of
        self.terms = terms

    @classmethod
    def variables(cls, point: Sequence[Any]) -> list[Series]:
        """Each coordinate near the point: itself, with slope 1."""
        n = len(point)
        return [
            cls(n, [x, *(mp.mpf(sum(p) == 1 == p[i]) for p in _TERMS[n][1:])])
            for i, x in enumerate(point)
        ]

    @property
    def value(self) -> Any:
        return self.terms[0]

    def constant(self, number: Any) -> Series:
        return Series(self.of, [mp.mpf(number), *[mp.mpf(0)] * (len(self.terms) - 1)])

    def __add__(self, other: Any) -> Series:
        if not isinstance(other, Series):
            return Series(self.of, [self.terms[0] + other, *self.terms[1:]])
        return Series(self.of, [a + b for a, b in zip(self.terms, other.terms, strict=True)])

    def __mul__(self, other: Any) -> Series:
        if not isinstance(other, Series):
            return Series(self.of, [a * other for a in self.terms])
        result = [mp.mpf(0)] * len(self.terms)
        theirs = {j: b for j, b in enumerate(other.terms) if b}
        for i, a in enumerate(self.terms):
            if a:
                for j, k in _PRODUCTS[self.of][i]:
                    if j in theirs:
                        result[k] += a * theirs[j]
        return Series(self.of, result)

    def __neg__(self) -> Series:
        return Series(self.of, [-a for a in self.terms])

    def __sub__(self, other: Any) -> Series:
        return self.__add__(-other)

    def __truediv__(self, other: Any) -> Series:
        return self * (power(other, -1) if isinstance(other, Series) else 1 / mp.mpf(other))

    __radd__, __rmul__ = __add__, __mul__

    def __rsub__(self, other: Any) -> Series:
        return (-self).__add__(other)

    def __rtruediv__(self, other: Any) -> Series:
        return power(self, -1).__mul__(other)

    def into(self, coefficients: Sequence[Any]) -> Series:
        """``Σ cₙ·dⁿ`` where d is how far self is from its value: c is a series at that value."""
        d = Series(self.of, [mp.mpf(0), *self.terms[1:]])
        result = self.constant(coefficients[-1])
        for c in reversed(coefficients[:-1]):
            result = result * d + c
        return result


def power(a: Series, n: Any) -> Series:
    """aⁿ for a constant n."""
    coefficients, binomial = [], mp.mpf(1)
    for k in range(ORDER + 1):
        coefficients.append(binomial * a.value ** (n - k) if binomial else binomial)
        binomial *= (n - k) / mp.mpf(k + 1)
    return a.into(coefficients)


def exp(a: Series) -> Series:
    e = mp.exp(a.value)
    return a.into([e, e, e / 2, e / 6])


def expm1(a: Series) -> Series:
    e = mp.exp(a.value)
    return a.into([mp.expm1(a.value), e, e / 2, e / 6])


def log(a: Series) -> Series:
    x = a.value
    return a.into([mp.log(x), 1 / x, -1 / (2 * x**2), 1 / (3 * x**3)])


def log1p(a: Series) -> Series:
    x = 1 + a.value
    return a.into([mp.log1p(a.value), 1 / x, -1 / (2 * x**2), 1 / (3 * x**3)])


def sin(a: Series) -> Series:
    s, c = mp.sin(a.value), mp.cos(a.value)
    return a.into([s, c, -s / 2, -c / 6])


def cos(a: Series) -> Series:
    s, c = mp.sin(a.value), mp.cos(a.value)
    return a.into([c, -s, -c / 2, s / 6])


def erfc(a: Series) -> Series:
    x = a.value
    bell = 2 / mp.sqrt(mp.pi) * mp.exp(-(x**2))
    return a.into([mp.erfc(x), -bell, bell * x, bell * (1 - 2 * x**2) / 3])


# ── the rows once more ───────────────────────────────────────────────────────────────────────


def _sigmoid(a: Series) -> Series:
    return 1 / (1 + exp(-a))


def _softplus(a: Series) -> Series:
    return a + log1p(exp(-a)) if a.value > 0 else log1p(exp(a))


def _normal_cdf(a: Series) -> Series:
    return erfc(-a / mp.sqrt(2)) / 2


def _pow(a: Series, b: Series) -> Series:
    # A base of 0 or below has a power only if the exponent is a whole number, and stays one.
    return exp(b * log(a)) if a.value > 0 else power(a, int(b.value))


def _steps(a: Series, at_the_left: Any, at_the_right: Any) -> Series:
    chosen = at_the_right if a.value > 0 else at_the_left
    return chosen if isinstance(chosen, Series) else a.constant(chosen)


# What `reference` writes with ordinary operators alone serves series as well as numbers.
_PLAIN = {
    name: formula
    for name, formula in reference.FORMULAS.items()
    if isinstance(formula, FunctionType) and not formula.__code__.co_names
}
FORMULAS: dict[str, Callable[..., Series]] = {
    **_PLAIN,
    "pow": _pow,
    "abs": lambda a: _steps(a, -a, a),
    "exp": exp,
    "log": log,
    "log1p": log1p,
    "expm1": expm1,
    "sqrt": lambda a: power(a, mp.mpf(1) / 2),
    "sin": sin,
    "cos": cos,
    "tan": lambda a: sin(a) / cos(a),
    "tanh": lambda a: 2 * _sigmoid(2 * a) - 1,
    "sigmoid": _sigmoid,
    "relu": lambda a: _steps(a, 0, a),
    "leaky_relu": lambda a, slope: _steps(a, slope * a, a),
    "softplus": _softplus,
    "gelu": lambda a: a * _normal_cdf(a),
    "silu": lambda a: a * _sigmoid(a),
    "maximum": lambda a, b: _steps(a - b, b, a),
    "minimum": lambda a, b: _steps(a - b, a, b),
    # Helpers
    "positive": lambda a: _steps(a, 0, 1),
    "sign": lambda a: _steps(a, -1, 1),
    "greater": lambda a, b: _steps(a - b, 0, 1),
    "leaky_step": lambda a, slope: _steps(a, slope, 1),
    "normal_cdf": _normal_cdf,
    "sech2": lambda a: 4 * _sigmoid(2 * a) * _sigmoid(-2 * a),
    "pow_log": lambda a, b: _pow(a, b) * log(a),
    "log_share": lambda a, b: -log1p(b * exp(-a)),
}


class Local(NamedTuple):
    """A row at a point: its value, and all partial derivatives of the first three orders."""

    y: Any
    first: list[Any]  # (k,)
    second: list[list[Any]]  # (k, k)
    third: Floats  # (k, k, k), for the analysis of errors


def local(name: str, point: Sequence[Any]) -> Local:
    """The row at numbers of mpmath, where it is smooth; right to 50 digits."""
    n = len(point)
    if name in ("add", "sum_less_one"):
        y = mp.fsum(point) - (name == "sum_less_one")
        return Local(y, [mp.mpf(1)] * n, _zeros(n), np.zeros((n, n, n)))
    if name == "shift":  # a constant by definition
        return Local(max(point), [mp.mpf(0)] * n, _zeros(n), np.zeros((n, n, n)))
    if name not in FORMULAS:
        pytest.fail(f"the row {name!r} has no second opinion: add it to FORMULAS in {__name__}")
    # Near 0 the formulas cancel: a second derivative of tanh of the size of a, out of terms of 1.
    smallest = min((abs(x) for x in point if x), default=mp.mpf(1))
    with mp.workdps(DIGITS + 3 * max(0, -int(mp.log10(smallest)))):
        series = FORMULAS[name](*Series.variables(point))
        at = dict(zip(_TERMS[n], series.terms, strict=True))

        def partial(*by: int) -> Any:
            orders = tuple(by.count(i) for i in range(n))
            return at[orders] * math.prod(map(math.factorial, orders))

        places = range(n)
        return Local(
            series.value,
            [partial(i) for i in places],
            [[partial(i, j) for j in places] for i in places],
            np.array([[[float(partial(i, j, k)) for k in places] for j in places] for i in places]),
        )


def _zeros(n: int) -> list[list[Any]]:
    return [[mp.mpf(0)] * n for _ in range(n)]
