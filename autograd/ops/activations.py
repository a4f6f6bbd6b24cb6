"""Rows of activation functions: what a neuron does to its sum."""

from __future__ import annotations

import math
from typing import Any

from .. import ieee, pairs
from .arithmetic import ABS, DIV, GATED, times
from .exponentials import EXP
from .row import Op
from .steps import LEAKY_STEP, POSITIVE
from .trigonometric import SECH2

__all__ = [
    "ELU", "EXPM1_BELOW", "EXP_BELOW", "GELU", "LEAKY_RELU", "LOG_SIGMOID", "NORMAL_CDF",
    "RELU", "SELU", "SIGMOID", "SILU", "SOFTPLUS", "SOFTSIGN",
]  # fmt: skip

inf = math.inf

_SQRT_HALF = math.sqrt(0.5)
_INV_SQRT_2PI = 1.0 / math.sqrt(2.0 * math.pi)


def _sigmoid(a: float) -> float:
    # Two forms, so that exp never sees a positive number and never overflows.
    if a >= 0.0:
        return 1.0 / (1.0 + math.exp(-a))
    e = math.exp(a)
    return e / (1.0 + e)


def _relu(a: float) -> float:
    return 0.0 if a <= 0.0 else a


def _leaky_relu(a: float, slope: float) -> float:
    return a if a > 0.0 else a * slope


def _softplus(a: float) -> float:
    return math.log1p(math.exp(-a)) + a if a > 0.0 else math.log1p(math.exp(a))


def _normal_cdf(a: float) -> float:
    # erfc is accurate in the left tail, where 1 + erf would lose all digits.
    x = -a * _SQRT_HALF
    y = 0.5 * math.erfc(x)
    return y - y * _rounding(a, x) if _FAR < a < _NEAR else y


_FAR, _NEAR = -40.0, -4.0


def _rounding(a: Any, x: Any) -> Any:
    """How much too large erfc(x) is, relative to it, because x is ``−a / √2`` rounded.

    In the left tail that matters: the derivative of ln erfc is about −2x, up to −54.
    """
    high, low = pairs.scale(a, pairs.SQRT_HALF)
    return -2.0 * x * ((x + high) + low)


def _gelu(a: float) -> float:
    return a * _normal_cdf(a)


def _silu(a: float) -> float:
    return a * _sigmoid(a)


def _sigmoid_vector(m: Any, a: Any) -> Any:
    e = m.exp(-m.abs(a))  # never overflows
    return m.where(a >= 0.0, 1.0, e) / (1.0 + e)


def _normal_cdf_vector(m: Any, a: Any) -> Any:
    x = -a * _SQRT_HALF
    y = 0.5 * m.erfc(x)
    return m.where((a > _FAR) & (a < _NEAR), y - y * _rounding(a, x), y)


def _softsign_vector(m: Any, a: Any) -> Any:
    y = a / (1.0 + m.abs(a))
    return m.where(a == inf, 1.0, m.where(a == -inf, -1.0, y))


SIGMOID: Op = Op(
    "sigmoid", "sigmoid", _sigmoid,
    lambda a, y: 0.25 * SECH2(0.5 * a),
    formula="y = 1 / (1 + e⁻ᵃ)",
    written=("{y} · (1 − {y})",),
    vector=_sigmoid_vector,
)  # fmt: skip
LOG_SIGMOID: Op = Op(
    "log_sigmoid", "log_sigmoid", ieee.log_sigmoid, lambda a, y: SIGMOID(-a),
    formula="y = ln(1 / (1 + e⁻ᵃ))",
    written=("sigmoid(−{a})",),
    vector=lambda m, a: m.where(a > 0.0, 0.0, a) - m.log1p(m.exp(-m.abs(a))),
)  # fmt: skip
RELU: Op = Op(
    "relu", "relu", _relu, lambda a, y: POSITIVE(a),
    formula="y = max(0, a)",
    branching=True,
    vector=lambda m, a: m.where(a <= 0.0, 0.0, a),
)  # fmt: skip
LEAKY_RELU: Op = Op(
    "leaky_relu", "leaky_relu", _leaky_relu,
    lambda a, slope, y: LEAKY_STEP(a, slope),
    # At a = 0 the branch is slope · a, for both derivatives and for their derivatives.
    lambda a, slope, y: GATED(1.0 - LEAKY_STEP(a, 0.0), a),
    formula="y = a where a > 0, else slope · a",
    default=0.01,
    branching=True,
    vector=lambda m, a, slope: m.where(a > 0.0, a, a * slope),
)  # fmt: skip
ELU: Op = Op(
    "elu", "elu", ieee.elu,
    lambda a, alpha, y: POSITIVE(a) + times(1.0 - POSITIVE(a), alpha) * EXP_BELOW(a),
    lambda a, alpha, y: EXPM1_BELOW(a),
    formula="y = a where a > 0, else alpha · (eᵃ − 1)",
    default=1.0,
    vector=lambda m, a, alpha: m.where(a > 0.0, a, alpha * m.expm1(a)),
)  # fmt: skip
SELU: Op = Op(
    "selu", "selu", ieee.selu,
    lambda a, y: ieee.SELU_SCALE * POSITIVE(a) + ieee.SELU_SLOPE * EXP_BELOW(a),
    formula="y = 1.0507 · a where a > 0, else 1.7581 · (eᵃ − 1)",
    vector=lambda m, a: m.where(
        a > 0.0, ieee.SELU_SCALE * a, ieee.SELU_SLOPE * m.expm1(a)
    ),
)  # fmt: skip
SOFTPLUS: Op = Op(
    "softplus", "softplus", _softplus, lambda a, y: SIGMOID(a),
    formula="y = ln(1 + eᵃ)",
    written=("sigmoid({a})",),
    vector=lambda m, a: m.log1p(m.exp(-m.abs(a))) + m.where(a <= 0.0, 0.0, a),
)  # fmt: skip
SOFTSIGN: Op = Op(
    "softsign", "softsign", ieee.softsign,
    lambda a, y: DIV(1.0, (1.0 + ABS(a)) * (1.0 + ABS(a))),
    formula="y = a / (1 + |a|)",
    written=("1 / (1 + abs({a}))²",),
    vector=_softsign_vector,
)  # fmt: skip
GELU: Op = Op(
    "gelu", "gelu", _gelu,
    lambda a, y: NORMAL_CDF(a) + a * (_INV_SQRT_2PI * EXP(-0.5 * (a * a))),
    formula="y = a · Φ(a), where Φ is the normal distribution function",
    written=("Φ({a}) + {a} · φ({a})",),
    vector=lambda m, a: a * _normal_cdf_vector(m, a),
)  # fmt: skip
SILU: Op = Op(
    "silu", "silu", _silu,
    lambda a, y: SIGMOID(a) * (1.0 + a * SIGMOID(-a)),
    formula="y = a · sigmoid(a)",
    written=("sigmoid({a}) · (1 + {a} · sigmoid(−{a}))",),
    vector=lambda m, a: a * _sigmoid_vector(m, a),
)  # fmt: skip
EXP_BELOW: Op = Op(
    "exp_below", "eᵃ, a≤0", ieee.exp_below, lambda a, y: y,
    formula="y = eᵃ where a ≤ 0, else 0",
    branching=True,
    vector=lambda m, a: m.where(a > 0.0, 0.0, m.exp(a)),
)  # fmt: skip
EXPM1_BELOW: Op = Op(
    "expm1_below", "eᵃ−1, a≤0", ieee.expm1_below, lambda a, y: EXP_BELOW(a),
    formula="y = eᵃ − 1 where a ≤ 0, else 0",
    branching=True,
    vector=lambda m, a: m.where(a > 0.0, 0.0, m.expm1(a)),
)  # fmt: skip
NORMAL_CDF: Op = Op(
    "normal_cdf", "Φ", _normal_cdf,
    lambda a, y: _INV_SQRT_2PI * EXP(-0.5 * (a * a)),
    formula="y = Φ(a), the normal distribution function",
    vector=_normal_cdf_vector,
)  # fmt: skip

OPERATIONS = (SIGMOID, LOG_SIGMOID, RELU, LEAKY_RELU, ELU, SELU, SOFTPLUS, SOFTSIGN, GELU, SILU)
HELPERS = (EXP_BELOW, EXPM1_BELOW, NORMAL_CDF)
