"""The forward functions of the table for machines whose errors are inf and nan by themselves.

Each line computes what its row in `autograd.ops` computes. It is written without branches and over
a namespace of functions (``where``, ``exp``, …), so that one line serves whole vectors of numbers,
however they are held: `lanes` makes processor instructions of it, `to_jax` JAX's operations. The
tests hold every line against its row.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from autograd import ops

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["formulas"]


def formulas(m: Any) -> dict[ops.Op, Callable[..., Any]]:
    """A function for each row of the table, of one or two operands.

    All but `ops.SUM_LESS_ONE`, which `passes.pair_up` makes of others.

    Arguments:
        m: has `where`, `erfc`, `finite` (the nearest finite number; nan stays), and the functions
            of NumPy's names that are used below.
    """
    where = m.where

    def power(a: Any, b: Any) -> Any:
        square = a * a
        y = where(b == 3.0, square * a, where(b == -1.0, 1.0 / a, m.power(a, b)))
        return where(b == 2.0, square, where(b == 4.0, square * square, y))

    def sigmoid(a: Any) -> Any:
        e = m.exp(-m.abs(a))  # never overflows
        return where(a >= 0.0, 1.0, e) / (1.0 + e)

    def sech2(a: Any) -> Any:
        e = m.exp(-2.0 * m.abs(a))
        return 4.0 * e / ((1.0 + e) * (1.0 + e))

    def normal_cdf(a: Any) -> Any:
        return 0.5 * m.erfc(-a * math.sqrt(0.5))

    def maximum(a: Any, b: Any) -> Any:
        return where((a > b) | (a != a), a, b)

    def log_share(a: Any, b: Any) -> Any:
        e = m.exp(a)
        return where(b <= e, 0.0 - m.log1p(b / e), a - m.log(e + b))

    return {
        ops.ADD: lambda a, b: a + b,
        ops.SUB: lambda a, b: a - b,
        ops.MUL: lambda a, b: a * b,
        ops.DIV: lambda a, b: a / b,
        ops.POW: power,
        ops.NEG: lambda a: -a,
        ops.ABS: m.abs,
        ops.EXP: m.exp,
        ops.LOG: m.log,
        ops.LOG1P: m.log1p,
        ops.EXPM1: m.expm1,
        ops.SQRT: m.sqrt,
        ops.SIN: m.sin,
        ops.COS: m.cos,
        ops.TAN: m.tan,
        ops.TANH: m.tanh,
        ops.SIGMOID: sigmoid,
        ops.RELU: lambda a: where(a <= 0.0, 0.0, a),
        ops.LEAKY_RELU: lambda a, slope: where(a > 0.0, a, a * slope),
        ops.SOFTPLUS: lambda a: m.log1p(m.exp(-m.abs(a))) + where(a <= 0.0, 0.0, a),
        ops.GELU: lambda a: a * normal_cdf(a),
        ops.SILU: lambda a: a * sigmoid(a),
        ops.MAXIMUM: maximum,
        ops.MINIMUM: lambda a, b: where((a < b) | (a != a), a, b),
        ops.POSITIVE: lambda a: where(a <= 0.0, 0.0, 1.0),
        ops.SIGN: lambda a: where(a > 0.0, 1.0, where(a < 0.0, -1.0, a * 0.0)),
        ops.GREATER: lambda a, b: where(a < b, 0.0, where(a == b, 0.5, 1.0)),
        ops.LEAKY_STEP: lambda a, slope: where(a > 0.0, 1.0, slope),
        ops.NORMAL_CDF: normal_cdf,
        ops.SECH2: sech2,
        ops.GATED: lambda a, b: where(a == 0.0, 0.0, a * b),
        ops.POW_LOG: lambda a, b: where((a == 0.0) & (b >= 0.0), 0.0, power(a, b) * m.log(a)),
        ops.SHIFT: lambda a, b: m.finite(maximum(a, b)),
        ops.LOG_SHARE: log_share,
    }
