"""What every row of the table should compute, in mpmath: an independent reference."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import mpmath as mp
import pytest

from autograd import ops

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from autograd import Value

ROWS = ops.TABLE

# Enough for the first derivative of the sigmoid at 40, which is 4e-18 below a value of 1.
mp.mp.dps = 60

# The constants of selu, to the digits that its authors give.
SCALE = mp.mpf("1.0507009873554804934193349852946")
ALPHA = mp.mpf("1.6732632423543772848170429916717")

FORMULAS: dict[str, Callable[..., Any]] = {
    "add": lambda *operands: mp.fsum(operands),
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "truediv": lambda a, b: a / b,
    "pow": lambda a, b: mp.power(a, b),
    "neg": lambda a: -a,
    "abs": lambda a: abs(a),
    "exp": mp.exp,
    "log": mp.log,
    "log1p": mp.log1p,
    "expm1": mp.expm1,
    "exp2": lambda a: mp.power(2, a),
    "log2": lambda a: mp.log(a) / mp.log(2),
    "log10": lambda a: mp.log(a) / mp.log(10),
    "sqrt": mp.sqrt,
    "cbrt": lambda a: mp.sign(a) * mp.cbrt(abs(a)),
    "hypot": lambda a, b: mp.sqrt(a * a + b * b),
    "sin": mp.sin,
    "cos": mp.cos,
    "tan": mp.tan,
    "asin": mp.asin,
    "acos": mp.acos,
    "atan": mp.atan,
    "atan2": mp.atan2,
    "sinh": mp.sinh,
    "cosh": mp.cosh,
    "tanh": mp.tanh,
    "asinh": lambda a: mp.sign(a) * mp.asinh(abs(a)),
    "acosh": mp.acosh,
    "atanh": mp.atanh,
    "erf": mp.erf,
    "erfc": mp.erfc,
    "lgamma": lambda a: mp.log(abs(mp.gamma(a))),
    "digamma": mp.digamma,
    "sigmoid": lambda a: 1 / (1 + mp.exp(-a)),
    "log_sigmoid": lambda a: -mp.log1p(mp.exp(-a)),
    "relu": lambda a: max(a, mp.mpf(0)),
    "leaky_relu": lambda a, slope: a if a > 0 else slope * a,
    "elu": lambda a, alpha: a if a > 0 else alpha * mp.expm1(a),
    "selu": lambda a: SCALE * (a if a > 0 else ALPHA * mp.expm1(a)),
    "softplus": lambda a: mp.log1p(mp.exp(a)),
    "softsign": lambda a: a / (1 + abs(a)),
    "gelu": lambda a: a * mp.erfc(-a / mp.sqrt(2)) / 2,
    "silu": lambda a: a / (1 + mp.exp(-a)),
    "maximum": lambda a, b: max(a, b),
    "minimum": lambda a, b: min(a, b),
    "sign": lambda a: mp.sign(a),
    "floor": mp.floor,
    "ceil": mp.ceil,
    "round": mp.nint,
    "clamp_min": lambda a, low: max(a, low),
    "clamp_max": lambda a, high: min(a, high),
    # Choices
    "less": lambda a, b: mp.mpf(a < b),
    "greater": lambda a, b: mp.mpf(a > b),
    "equal": lambda a, b: mp.mpf(a == b),
    "where": lambda c, a, b: a if abs(c) > mp.mpf("1e-9") else b,  # smooth in c at 0, too
    "pick": lambda index, *values: values[int(mp.nint(index))],
    # Helpers
    "positive": lambda a: mp.mpf(a > 0),
    "larger": lambda a, b: mp.mpf(a > b),
    "leaky_step": lambda a, slope: mp.mpf(1) if a > 0 else slope,
    "at_least": lambda a, b: mp.mpf(a >= b),
    "exp_below": lambda a: mp.exp(a) if a <= 0 else mp.mpf(0),
    "expm1_below": lambda a: mp.expm1(a) if a <= 0 else mp.mpf(0),
    "asin_slope": lambda a: 1 / mp.sqrt(1 - a * a),
    "acosh_slope": lambda a: 1 / mp.sqrt(a * a - 1),
    "atanh_slope": lambda a: 1 / (1 - a * a),
    "cosine": lambda a, b: a / mp.sqrt(a * a + b * b),
    "inverted": lambda a, b: a / (a * a + b * b),
    "zeta": lambda s, a: mp.zeta(s, a),
    "normal_cdf": lambda a: mp.erfc(-a / mp.sqrt(2)) / 2,
    "sech2": lambda a: mp.sech(a) ** 2,
    "gated": lambda a, b: a * b,
    "masked": lambda a, b: a * b,
    "masked_both": lambda a, b: a * b,
    "pow_log": lambda a, b: mp.power(a, b) * mp.log(a),
    "shift": lambda *operands: max(operands),
    "sum_less_one": lambda *operands: mp.fsum(operands) - 1,
    "log_share": lambda a, b: -mp.log1p(b * mp.exp(-a)),
}


def formula(name: str) -> Callable[..., Any]:
    """The reference for a row; if there is none, the failure says where to add it."""
    if name not in FORMULAS:
        pytest.fail(f"the row {name!r} has no reference: add it to FORMULAS in {__name__}")
    return FORMULAS[name]


def exact(f: Callable[..., Any], point: Sequence[float], orders: Sequence[int]) -> float:
    """The partial derivative of f of these orders at the point; the value, if all are 0."""
    at = tuple(mp.mpf(x) for x in point)
    if not any(orders):
        return float(mp.re(f(*at)))
    # Differentiated by s in f(s·x) at s = 1, so that the step suits the size of x.
    scales = [x or mp.mpf(1) for x in at]
    steps = tuple(x / scale for x, scale in zip(at, scales, strict=True))
    scaled = mp.diff(
        lambda *s: f(*(a * b for a, b in zip(s, scales, strict=True))), steps, tuple(orders)
    )
    return float(mp.re(scaled / mp.fprod(x**n for x, n in zip(scales, orders, strict=True))))


def partials(f: Callable[..., Any], point: Sequence[float], order: int) -> Any:
    """All partial derivatives of that order, nested: a number, a gradient, a Hessian, …"""

    def nested(chosen: tuple[int, ...]) -> Any:
        if len(chosen) == order:
            return exact(f, point, [chosen.count(i) for i in range(len(point))])
        return [nested((*chosen, i)) for i in range(len(point))]

    return nested(())


def domain(name: str, points: Sequence[Sequence[float]]) -> list[Sequence[float]]:
    """The points at which the reference is a real number."""
    f = formula(name)
    return [point for point in points if mp.im(f(*(mp.mpf(x) for x in point))) == 0]


def close(ours: Any, reference: Any, rtol: float = 1e-12, atol: float = 1e-45) -> bool:
    """Whether numbers, or nested lists of them, agree; nan agrees with nan."""
    if isinstance(ours, list):
        return len(ours) == len(reference) and all(
            close(a, b, rtol, atol) for a, b in zip(ours, reference, strict=True)
        )
    if math.isnan(ours) or math.isnan(reference):
        return math.isnan(ours) and math.isnan(reference)
    return math.isclose(ours, reference, rel_tol=rtol, abs_tol=atol)


def same(a: float, b: float) -> bool:
    """Equal, where nan equals nan."""
    return a == b or (math.isnan(a) and math.isnan(b))


def nodes(result: Value) -> list[str]:
    """The operations of a graph, in order."""
    from autograd.graph import interior

    return [v.op for v in interior(result)]
