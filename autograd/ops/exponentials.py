"""Rows of exponentials, logarithms and roots."""

from __future__ import annotations

import math
from typing import Any

from .. import ieee
from .arithmetic import DIV, LOG
from .row import Op

__all__ = [
    "CBRT", "COSINE", "EXP", "EXP2", "EXPM1", "HYPOT", "INVERTED", "LOG1P", "LOG2", "LOG10", "SQRT",
]  # fmt: skip

_LN_2 = math.log(2.0)
_LN_10 = math.log(10.0)


def _inverted_vector(m: Any, a: Any, b: Any) -> Any:
    size = m.hypot(a, b)
    return m.where(size == 0.0, a, a / size / size)


EXP: Op = Op(
    "exp", "exp", ieee.exp, lambda a, y: y,
    formula="y = eᵃ",
    written=("{y}",),
    vector="exp",
)  # fmt: skip
LOG1P: Op = Op(
    "log1p", "log1p", ieee.log1p, lambda a, y: DIV(1.0, 1.0 + a),
    formula="y = ln(1 + a)",
    written=("1 / (1 + {a})",),
    vector="log1p",
)  # fmt: skip
EXPM1: Op = Op(
    "expm1", "expm1", ieee.expm1, lambda a, y: EXP(a),
    formula="y = eᵃ − 1",
    written=("exp({a})",),
    vector="expm1",
)  # fmt: skip
EXP2: Op = Op(
    "exp2", "exp2", ieee.exp2, lambda a, y: _LN_2 * y,
    formula="y = 2ᵃ",
    written=("log(2) · {y}",),
    vector="exp2",
)  # fmt: skip
LOG2: Op = Op(
    "log2", "log2", ieee.log2, lambda a, y: DIV(1.0 / _LN_2, a),
    formula="y = log₂ a",
    written=("1 / ({a} · log(2))",),
    vector="log2",
)  # fmt: skip
LOG10: Op = Op(
    "log10", "log10", ieee.log10, lambda a, y: DIV(1.0 / _LN_10, a),
    formula="y = log₁₀ a",
    written=("1 / ({a} · log(10))",),
    vector="log10",
)  # fmt: skip
SQRT: Op = Op(
    "sqrt", "sqrt", ieee.sqrt, lambda a, y: DIV(0.5, y),
    formula="y = √a",
    written=("1 / (2 · {y})",),
    vector="sqrt",
)  # fmt: skip
CBRT: Op = Op(
    "cbrt", "cbrt", math.cbrt, lambda a, y: DIV(1.0 / 3.0, y * y),
    formula="y = ∛a",
    written=("1 / (3 · {y}²)",),
    vector="cbrt",
)  # fmt: skip
HYPOT: Op = Op(
    "hypot", "hypot", math.hypot,
    lambda a, b, y: COSINE(a, b),
    lambda a, b, y: COSINE(b, a),
    formula="y = √(a² + b²)",
    written=("{a} / {y}", "{b} / {y}"),
    commutative=True,
    vector="hypot",
)  # fmt: skip
# The derivatives of hypot and atan2, and theirs.
COSINE: Op = Op(
    "cosine", "a/√(a²+b²)", ieee.cosine,
    lambda a, b, y: COSINE(b, a) * DIV(COSINE(b, a), HYPOT(a, b)),
    lambda a, b, y: -y * DIV(COSINE(b, a), HYPOT(a, b)),
    formula="y = a / √(a² + b²)",
    vector=lambda m, a, b: a / m.hypot(a, b),
)  # fmt: skip
INVERTED: Op = Op(
    "inverted", "a/(a²+b²)", ieee.inverted,
    lambda a, b, y: INVERTED(b, a) * INVERTED(b, a) - y * y,
    lambda a, b, y: -2.0 * y * INVERTED(b, a),
    formula="y = a / (a² + b²), and 0 where both are 0",
    vector=_inverted_vector,
)  # fmt: skip

OPERATIONS = (EXP, LOG, LOG1P, EXPM1, EXP2, LOG2, LOG10, SQRT, CBRT, HYPOT)
HELPERS = (COSINE, INVERTED)
