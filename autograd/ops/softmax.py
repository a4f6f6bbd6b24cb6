"""Helper rows of softmax, logsumexp and cross entropy, which keep their digits at the extremes."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import reduce
from typing import Any

from .. import ieee
from .arithmetic import DIV
from .choices import maximum, maximum_vector, minimum
from .exponentials import EXP, EXPM1
from .row import Op

__all__ = ["LOG_SHARE", "SHIFT", "SUM_LESS_ONE"]

_LARGEST = sys.float_info.max


def _shift(a: float, b: float) -> float:
    # Kept finite: an infinite operand minus an infinite maximum would be nan.
    return minimum(maximum(maximum(a, b), -_LARGEST), _LARGEST)


def _shift_over(operands: Sequence[float]) -> float:
    return reduce(_shift, operands, -_LARGEST)  # finite even for a single operand


def _sum_less_one(operands: Sequence[float]) -> float:
    largest, rest = operands[0], -0.0  # -0.0 + a is a for every a; 0.0 + -0.0 would be 0.0
    for a in operands[1:]:
        if a > largest:
            largest, a = a, largest
        rest += a
    return (largest - 1.0) + rest


def _log_share(a: float, b: float) -> float:
    e = ieee.exp(a)
    return 0.0 - ieee.log1p(ieee.div(b, e)) if b <= e else a - ieee.log(e + b)


def _log_share_vector(m: Any, a: Any, b: Any) -> Any:
    e = m.exp(a)
    return m.where(b <= e, 0.0 - m.log1p(b / e), a - m.log(e + b))


# The largest operand, subtracted in softmax and logsumexp so that nothing overflows. Their results
# do not depend on what is subtracted, so no gradient flows through it: its derivative is set to 0.
SHIFT: Op = Op(
    "shift", "max", _shift, 0.0,
    formula="y = max(a, b, …), finite, as a constant",
    commutative=True,
    over=_shift_over,
    vector=lambda m, a, b: m.finite(maximum_vector(m, a, b)),
)  # fmt: skip
# In logsumexp the largest operand is e⁰ = 1. Without it, the others keep their digits for log1p.
SUM_LESS_ONE: Op = Op(
    "sum_less_one", "Σ−1", lambda *operands: _sum_less_one(operands), 1.0,
    formula="y = a + b + … − 1, with the 1 taken from the largest",
    over=_sum_less_one,
)  # fmt: skip
# The logarithm of a probability: a is its shifted logit, b is the sum of exp over all the others.
# Neither a value near 0 nor its derivative, 1 − eʸ, is then a difference of nearly equal numbers.
LOG_SHARE: Op = Op(
    "log_share", "log_share", _log_share,
    lambda a, b, y: -EXPM1(y),
    lambda a, b, y: DIV(-1.0, EXP(a) + b),
    formula="y = ln(eᵃ / (eᵃ + b))",
    written=("1 − exp({y})", "−1 / (exp({a}) + {b})"),
    drawn="ln eᵃ/(eᵃ + b)",
    vector=_log_share_vector,
)  # fmt: skip

HELPERS = (SHIFT, SUM_LESS_ONE, LOG_SHARE)
