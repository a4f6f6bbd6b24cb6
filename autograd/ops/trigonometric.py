"""Rows of trigonometric and hyperbolic functions, and their inverses."""

from __future__ import annotations

import math
from typing import Any

from .. import ieee
from .arithmetic import DIV
from .exponentials import HYPOT, INVERTED
from .row import Op

__all__ = [
    "ACOS", "ACOSH", "ACOSH_SLOPE", "ASIN", "ASINH", "ASIN_SLOPE", "ATAN", "ATAN2", "ATANH",
    "ATANH_SLOPE", "COS", "COSH", "SECH2", "SIN", "SINH", "TAN", "TANH",
]  # fmt: skip


def _sech2(a: float) -> float:
    e = math.exp(-2.0 * abs(a))  # never overflows, and is accurate far from 0
    return 4.0 * e / ((1.0 + e) * (1.0 + e))


def _sech2_vector(m: Any, a: Any) -> Any:
    e = m.exp(-2.0 * m.abs(a))
    return 4.0 * e / ((1.0 + e) * (1.0 + e))


SIN: Op = Op(
    "sin", "sin", ieee.sin, lambda a, y: COS(a),
    formula="y = sin a",
    written=("cos({a})",),
    vector="sin",
)  # fmt: skip
COS: Op = Op(
    "cos", "cos", ieee.cos, lambda a, y: -SIN(a),
    formula="y = cos a",
    written=("−sin({a})",),
    vector="cos",
)  # fmt: skip
TAN: Op = Op(
    "tan", "tan", ieee.tan, lambda a, y: 1.0 + y * y,
    formula="y = tan a",
    written=("1 + {y}²",),
    vector="tan",
)  # fmt: skip
ASIN: Op = Op(
    "asin", "asin", ieee.asin, lambda a, y: ASIN_SLOPE(a),
    formula="y = arcsin a",
    written=("1 / sqrt(1 − {a}²)",),
    vector="arcsin",
)  # fmt: skip
ACOS: Op = Op(
    "acos", "acos", ieee.acos, lambda a, y: -ASIN_SLOPE(a),
    formula="y = arccos a",
    written=("−1 / sqrt(1 − {a}²)",),
    vector="arccos",
)  # fmt: skip
ATAN: Op = Op(
    "atan", "atan", math.atan, lambda a, y: DIV(1.0, 1.0 + a * a),
    formula="y = arctan a",
    written=("1 / (1 + {a}²)",),
    vector="arctan",
)  # fmt: skip
ATAN2: Op = Op(
    "atan2", "atan2", math.atan2,
    lambda a, b, y: INVERTED(b, a),
    lambda a, b, y: -INVERTED(a, b),
    formula="y = the angle from the positive axis to the point (b, a), from −π to π",
    written=("{b} / hypot({a}, {b})²", "−{a} / hypot({a}, {b})²"),
    vector="arctan2",
)  # fmt: skip
SINH: Op = Op(
    "sinh", "sinh", ieee.sinh, lambda a, y: COSH(a),
    formula="y = sinh a",
    written=("cosh({a})",),
    vector="sinh",
)  # fmt: skip
COSH: Op = Op(
    "cosh", "cosh", ieee.cosh, lambda a, y: SINH(a),
    formula="y = cosh a",
    written=("sinh({a})",),
    vector="cosh",
)  # fmt: skip
# tanh′ = 1 − y² and sigmoid′ = y · (1 − y) would lose digits where y is near ±1; 1/cosh² does not,
# and neither do its own derivatives.
TANH: Op = Op(
    "tanh", "tanh", math.tanh, lambda a, y: SECH2(a),
    formula="y = tanh a",
    written=("1 − {y}²",),
    vector="tanh",
)  # fmt: skip
ASINH: Op = Op(
    "asinh", "asinh", math.asinh, lambda a, y: DIV(1.0, HYPOT(1.0, a)),
    formula="y = arsinh a",
    written=("1 / sqrt(1 + {a}²)",),
    vector="arcsinh",
)  # fmt: skip
ACOSH: Op = Op(
    "acosh", "acosh", ieee.acosh, lambda a, y: ACOSH_SLOPE(a),
    formula="y = arcosh a",
    written=("1 / sqrt({a}² − 1)",),
    vector="arccosh",
)  # fmt: skip
ATANH: Op = Op(
    "atanh", "atanh", ieee.atanh, lambda a, y: ATANH_SLOPE(a),
    formula="y = artanh a",
    written=("1 / (1 − {a}²)",),
    vector="arctanh",
)  # fmt: skip
# The derivatives of inverse functions. In terms of y, those of these rows cancel no digits.
ASIN_SLOPE: Op = Op(
    "asin_slope", "asin′", ieee.asin_slope, lambda a, y: a * y * y * y,
    formula="y = 1 / √(1 − a²)",
    vector=lambda m, a: 1.0 / m.sqrt((1.0 - a) * (1.0 + a)),
)  # fmt: skip
ACOSH_SLOPE: Op = Op(
    "acosh_slope", "acosh′", ieee.acosh_slope, lambda a, y: -(a * y) * y * y,
    formula="y = 1 / √(a² − 1)",
    vector=lambda m, a: 1.0 / (m.sqrt(m.abs(a) - 1.0) * m.sqrt(m.abs(a) + 1.0)),
)  # fmt: skip
ATANH_SLOPE: Op = Op(
    "atanh_slope", "atanh′", ieee.atanh_slope, lambda a, y: 2.0 * a * y * y,
    formula="y = 1 / (1 − a²)",
    vector=lambda m, a: 1.0 / ((1.0 - a) * (1.0 + a)),
)  # fmt: skip
SECH2: Op = Op(
    "sech2", "sech²", _sech2, lambda a, y: -2.0 * TANH(a) * y,
    formula="y = 1 / cosh² a",
    vector=_sech2_vector,
)  # fmt: skip

OPERATIONS = (SIN, COS, TAN, ASIN, ACOS, ATAN, ATAN2, SINH, COSH, TANH, ASINH, ACOSH, ATANH)
HELPERS = (ASIN_SLOPE, ACOSH_SLOPE, ATANH_SLOPE, SECH2)
