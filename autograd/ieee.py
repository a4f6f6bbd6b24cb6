"""Forward functions of the table in `ops`: those of Python's ``math``, as IEEE 754 has them.

Where ``math`` raises an error, these return inf or nan. The table has their formulas.
"""

# ruff: noqa: D103

from __future__ import annotations

import math

__all__ = [
    "SELU_SCALE", "SELU_SLOPE", "acos", "acosh", "acosh_slope", "asin", "asin_slope", "at_least",
    "atanh", "atanh_slope", "ceil", "clamp_max", "clamp_min", "cos", "cosh", "cosine", "div", "elu",
    "exp", "exp2", "exp_below", "expm1", "expm1_below", "floor", "inverted", "log", "log1p", "log2",
    "log10", "log_sigmoid", "selu", "sin", "sinh", "softsign", "sqrt", "tan",
]  # fmt: skip

inf, nan = math.inf, math.nan

SELU_SCALE = 1.0507009873554804934193349852946
SELU_SLOPE = SELU_SCALE * 1.6732632423543772848170429916717
"""The slope of selu at 0 and below it: scale · α (Klambauer et al., 2017)."""


def div(a: float, b: float) -> float:
    try:
        return a / b
    except ZeroDivisionError:
        if a == 0.0 or a != a:
            return nan
        return math.copysign(inf, a) * math.copysign(1.0, b)


def exp(a: float) -> float:
    try:
        return math.exp(a)
    except OverflowError:
        return inf


def expm1(a: float) -> float:
    try:
        return math.expm1(a)
    except OverflowError:
        return inf


def exp2(a: float) -> float:
    try:
        return math.exp2(a)
    except OverflowError:
        return inf


def log(a: float) -> float:
    return math.log(a) if a > 0.0 else -inf if a == 0.0 else nan


def log1p(a: float) -> float:
    return math.log1p(a) if a > -1.0 else -inf if a == -1.0 else nan


def log2(a: float) -> float:
    return math.log2(a) if a > 0.0 else -inf if a == 0.0 else nan


def log10(a: float) -> float:
    return math.log10(a) if a > 0.0 else -inf if a == 0.0 else nan


def sqrt(a: float) -> float:
    return math.sqrt(a) if a >= 0.0 else nan


def sin(a: float) -> float:
    return math.sin(a) if -inf < a < inf else nan


def cos(a: float) -> float:
    return math.cos(a) if -inf < a < inf else nan


def tan(a: float) -> float:
    return math.tan(a) if -inf < a < inf else nan


def asin(a: float) -> float:
    return math.asin(a) if -1.0 <= a <= 1.0 else nan


def acos(a: float) -> float:
    return math.acos(a) if -1.0 <= a <= 1.0 else nan


def sinh(a: float) -> float:
    try:
        return math.sinh(a)
    except OverflowError:
        return math.copysign(inf, a)


def cosh(a: float) -> float:
    try:
        return math.cosh(a)
    except OverflowError:
        return inf


def acosh(a: float) -> float:
    return math.acosh(a) if a >= 1.0 else nan


def atanh(a: float) -> float:
    if -1.0 < a < 1.0:
        return math.atanh(a)
    return math.copysign(inf, a) if abs(a) == 1.0 else nan


def asin_slope(a: float) -> float:
    product = (1.0 - a) * (1.0 + a)  # 1 − a² would lose digits near ±1
    return 1.0 / math.sqrt(product) if product > 0.0 else inf if product == 0.0 else nan


def acosh_slope(a: float) -> float:
    a = abs(a)
    return 1.0 / (math.sqrt(a - 1.0) * math.sqrt(a + 1.0)) if a > 1.0 else inf if a == 1.0 else nan


def atanh_slope(a: float) -> float:
    product = (1.0 - a) * (1.0 + a)
    return 1.0 / product if product else inf


def inverted(a: float, b: float) -> float:
    size = math.hypot(a, b)  # a² + b² might overflow, or underflow
    return a / size / size if size else a


def cosine(a: float, b: float) -> float:
    size = math.hypot(a, b)
    return a / size if size else nan


# copysign keeps −0.0, which a whole number of Python's cannot express.
def floor(a: float) -> float:
    return math.copysign(math.floor(a), a) if -inf < a < inf else a


def ceil(a: float) -> float:
    return math.copysign(math.ceil(a), a) if -inf < a < inf else a


def elu(a: float, alpha: float) -> float:
    return a if a > 0.0 else alpha * math.expm1(a)


def selu(a: float) -> float:
    return SELU_SCALE * a if a > 0.0 else SELU_SLOPE * math.expm1(a)


def exp_below(a: float) -> float:
    return 0.0 if a > 0.0 else math.exp(a)


def expm1_below(a: float) -> float:
    return 0.0 if a > 0.0 else math.expm1(a)


def softsign(a: float) -> float:
    return math.copysign(1.0, a) if abs(a) == inf else a / (1.0 + abs(a))


def log_sigmoid(a: float) -> float:
    # Two forms, so that exp never sees a positive number and never overflows.
    return 0.0 - math.log1p(math.exp(-a)) if a > 0.0 else a - math.log1p(math.exp(a))


def clamp_min(a: float, low: float) -> float:
    return a if a >= low or a != a else low


def clamp_max(a: float, high: float) -> float:
    return a if a <= high or a != a else high


def at_least(a: float, b: float) -> float:
    return 1.0 if a >= b else 0.0
