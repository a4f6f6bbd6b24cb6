"""Rows of arithmetic: sums, products, quotients, powers and absolute values.

The logarithm is here too, because the derivative of ``a ** b`` with respect to b needs it.
"""

from __future__ import annotations

import math
import operator
from typing import Any

from .. import ieee
from .row import Infix, Op, first, second
from .steps import SIGN

__all__ = [
    "ABS", "ADD", "DIV", "GATED", "LOG", "MASKED", "MASKED_BOTH", "MUL", "NEG", "POW",
    "POW_LOG", "SUB",
]  # fmt: skip

inf, nan = math.inf, math.nan


def _pow(a: float, b: float) -> float:
    # Products, as in PyTorch, so that a ** 2 - a * a is 0; the C library's pow does not promise
    # that. Programs compute them in the same way.
    if b == 2.0:
        return a * a
    if b == 3.0:
        return a * a * a
    if b == 4.0:
        return (a * a) * (a * a)
    if b == -1.0:
        return ieee.div(1.0, a)
    try:
        return math.pow(a, b)
    except OverflowError:
        return -inf if a < 0.0 and math.fmod(b, 2.0) != 0.0 else inf
    except ValueError:
        # A negative base to a fraction is not a number; 0 to a negative power is a pole.
        if a != 0.0:
            return nan
        return math.copysign(inf, a) if math.fmod(b, 2.0) == -1.0 else inf


def _pow_vector(m: Any, a: Any, b: Any) -> Any:
    square = a * a
    y = m.where(b == 3.0, square * a, m.where(b == -1.0, 1.0 / a, m.power(a, b)))
    return m.where(b == 2.0, square, m.where(b == 4.0, square * square, y))


def _pow_log(a: float, b: float) -> float:
    return 0.0 if a == 0.0 and b >= 0.0 else _pow(a, b) * ieee.log(a)


def _pow_log_vector(m: Any, a: Any, b: Any) -> Any:
    return m.where((a == 0.0) & (b >= 0.0), 0.0, _pow_vector(m, a, b) * m.log(a))


def _gated(a: float, b: float) -> float:
    return 0.0 if a == 0.0 else a * b


def _masked_both(a: float, b: float) -> float:
    return 0.0 if a == 0.0 or b == 0.0 else a * b


def _one(*_: Any) -> float:
    return 1.0


def _minus_one(*_: Any) -> float:
    return -1.0


def times(a: Any, b: Any) -> Any:
    """a · b, but 0 where a = 0 even if b = inf: where b does not count."""
    if a.__class__ is float:
        return a * b if a else 0.0
    return GATED(a, b)


ADD: Op = Op(
    "add", "+", operator.add, 1.0,
    formula="y = a + b + …",
    binds=1,
    commutative=True,
    infix=Infix("+", "+"),
    vector=lambda m, a, b: a + b,
)  # fmt: skip
SUB: Op = Op(
    "sub", "-", operator.sub, _one, _minus_one,
    formula="y = a − b",
    written=("1", "−1"),
    binds=1,
    drawn="a − b",
    infix=Infix("−", "−"),
    vector=lambda m, a, b: a - b,
)  # fmt: skip
MUL: Op = Op(
    "mul", "*", operator.mul, second, first,
    formula="y = a · b",
    written=("{b}", "{a}"),
    binds=2,
    commutative=True,
    drawn="×",
    infix=Infix("×", "·"),
    vector=lambda m, a, b: a * b,
)  # fmt: skip
DIV: Op = Op(
    "truediv", "/", ieee.div,
    lambda a, b, y: DIV(1.0, b),
    lambda a, b, y: DIV(-y, b),
    formula="y = a / b",
    written=("1 / {b}", "−{y} / {b}"),
    binds=2,
    drawn="a ÷ b",
    infix=Infix("÷", "/"),
    vector=lambda m, a, b: a / b,
)  # fmt: skip
POW: Op = Op(
    "pow", "**", _pow,
    lambda a, b, y: times(b, POW(a, b - 1.0)),
    lambda a, b, y: POW_LOG(a, b),
    formula="y = aᵇ",
    written=("{b} · {a}^({b} − 1)", "{y} · log({a})"),
    binds=3,
    drawn="aᵇ",
    infix=Infix("^", ""),
    vector=_pow_vector,
)  # fmt: skip
NEG: Op = Op(
    "neg", "neg", operator.neg, _minus_one,
    formula="y = −a",
    written=("−1",),
    binds=2,
    drawn="−a",
    vector=lambda m, a: -a,
)  # fmt: skip
ABS: Op = Op(
    "abs", "abs", abs, lambda a, y: SIGN(a),
    formula="y = |a|",
    written=("sign({a})",),
    branching=True,
    vector="abs",
)  # fmt: skip
LOG: Op = Op(
    "log", "log", ieee.log, lambda a, y: DIV(1.0, a),
    formula="y = ln a",
    written=("1 / {a}",),
    vector="log",
)  # fmt: skip
GATED: Op = Op(
    "gated", "*", _gated,
    second,
    first,
    formula="y = a · b, and 0 where a is 0, whatever b is",
    binds=2,
    commutative=True,
    drawn="×",
    infix=Infix("×", "·"),
    branching=True,
    vector=lambda m, a, b: m.where(a == 0.0, 0.0, a * b),
)  # fmt: skip
# The chain rule behind a choice. Where the first factor is 0, the second counts as not computed.
MASKED: Op = Op(
    "masked", "*", _gated,
    second,
    first,
    formula="y = a · b, and 0 where a is 0, whatever b is",
    binds=2,
    commutative=True,
    drawn="×",
    infix=Infix("×", "·"),
    selects=True,
    vector=lambda m, a, b: m.where(a == 0.0, 0.0, a * b),
)  # fmt: skip
MASKED_BOTH: Op = Op(
    "masked_both", "*", _masked_both,
    second,
    first,
    formula="y = a · b, and 0 where a or b is 0, whatever the other is",
    binds=2,
    commutative=True,
    drawn="×",
    infix=Infix("×", "·"),
    selects=True,
    vector=lambda m, a, b: m.where((a == 0.0) | (b == 0.0), 0.0, a * b),
)  # fmt: skip
POW_LOG: Op = Op(
    "pow_log", "aᵇ·ln a", _pow_log,
    lambda a, b, y: POW(a, b - 1.0) + times(b, POW_LOG(a, b - 1.0)),
    lambda a, b, y: times(y, LOG(a)),
    formula="y = aᵇ · ln a, and 0 where a = 0 ≤ b",
    vector=_pow_log_vector,
)  # fmt: skip

OPERATIONS = (ADD, SUB, MUL, DIV, POW, NEG, ABS)
HELPERS = (GATED, MASKED, MASKED_BOTH, POW_LOG)
