"""Rows of the error function and the gamma function."""

from __future__ import annotations

import math

from .. import special
from .exponentials import EXP
from .row import Op

__all__ = ["DIGAMMA", "ERF", "ERFC", "LGAMMA", "ZETA"]

nan = math.nan

_TWO_OVER_SQRT_PI = 2.0 / math.sqrt(math.pi)


ERF: Op = Op(
    "erf", "erf", math.erf, lambda a, y: _TWO_OVER_SQRT_PI * EXP(-(a * a)),
    formula="y = 2/√π · the integral of exp(−t²) from 0 to a",
    written=("2 / sqrt(π) · exp(−{a}²)",),
    vector="erf",
)  # fmt: skip
ERFC: Op = Op(
    "erfc", "erfc", math.erfc, lambda a, y: -_TWO_OVER_SQRT_PI * EXP(-(a * a)),
    formula="y = 1 − erf a",
    written=("−2 / sqrt(π) · exp(−{a}²)",),
    vector="erfc",
)  # fmt: skip
LGAMMA: Op = Op(
    "lgamma", "lgamma", special.lgamma, lambda a, y: DIGAMMA(a),
    formula="y = ln |Γ(a)|, where Γ is the gamma function",
    written=("digamma({a})",),
    vector=special.lgamma_vector,
)  # fmt: skip
DIGAMMA: Op = Op(
    "digamma", "digamma", special.digamma, lambda a, y: ZETA(2.0, a),
    formula="y = ψ(a), the derivative of ln Γ(a)",
    written=("trigamma({a})",),
    vector=special.digamma_vector,
)  # fmt: skip
# The derivatives of digamma: ψ′(a) = ζ(2, a), and each further one is a multiple of the next ζ.
# s is always a number there, so that the derivative with respect to it is not needed: it is nan.
ZETA: Op = Op(
    "zeta", "zeta", special.zeta,
    lambda s, a, y: nan,
    lambda s, a, y: -s * ZETA(s + 1.0, a),
    formula="y = ζ(s, a) = Σ 1 / (a + k)ˢ over k ≥ 0, Hurwitz's zeta function",
    vector=special.zeta_vector,
)  # fmt: skip

OPERATIONS = (ERF, ERFC, LGAMMA, DIGAMMA)
HELPERS = (ZETA,)
