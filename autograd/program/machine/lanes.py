"""Arithmetic on registers: symbols whose operators emit LLVM instructions.

A `Lanes` stands for one float64 or for a vector of them; the same formula serves both. Exponential
and logarithm are computed here, as polynomials, on a whole vector at a time. A library's function
would take the numbers one by one.
"""

from __future__ import annotations

import math
import sys
from functools import partial
from typing import TYPE_CHECKING, Any

from llvmlite import ir
from numba.core import cgutils

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Functions", "Lanes", "width_of"]

_I64 = ir.IntType(64)
_F64 = ir.DoubleType()


def width_of(kind: Any) -> int:
    """How many numbers a value of this LLVM type holds; 0 for a scalar."""
    return kind.count if isinstance(kind, ir.VectorType) else 0


def _constant(kind: Any, number: float) -> Any:
    width = width_of(kind)
    return ir.Constant(kind, [number] * width if width else number)


class Lanes:
    """A register of one or several float64 numbers, 64-bit integers or truth values."""

    __hash__ = None  # type: ignore[assignment]

    def __init__(self, builder: Any, value: Any) -> None:
        self.builder = builder
        self.value = value

    def _of(self, other: Any) -> Any:
        return other.value if isinstance(other, Lanes) else _constant(self.value.type, other)

    def _new(self, value: Any) -> Lanes:
        return Lanes(self.builder, value)

    def __add__(self, other: Any) -> Lanes:
        return self._new(self.builder.fadd(self.value, self._of(other)))

    def __sub__(self, other: Any) -> Lanes:
        return self._new(self.builder.fsub(self.value, self._of(other)))

    def __mul__(self, other: Any) -> Lanes:
        return self._new(self.builder.fmul(self.value, self._of(other)))

    def __truediv__(self, other: Any) -> Lanes:
        return self._new(self.builder.fdiv(self.value, self._of(other)))

    __radd__ = __add__
    __rmul__ = __mul__

    def __rsub__(self, other: Any) -> Lanes:
        return self._new(self.builder.fsub(self._of(other), self.value))

    def __rtruediv__(self, other: Any) -> Lanes:
        return self._new(self.builder.fdiv(self._of(other), self.value))

    def __neg__(self) -> Lanes:
        return self._new(self.builder.fneg(self.value))

    def __lt__(self, other: Any) -> Lanes:
        return self._new(self.builder.fcmp_ordered("<", self.value, self._of(other)))

    def __le__(self, other: Any) -> Lanes:
        return self._new(self.builder.fcmp_ordered("<=", self.value, self._of(other)))

    def __gt__(self, other: Any) -> Lanes:
        return self._new(self.builder.fcmp_ordered(">", self.value, self._of(other)))

    def __ge__(self, other: Any) -> Lanes:
        return self._new(self.builder.fcmp_ordered(">=", self.value, self._of(other)))

    def __eq__(self, other: object) -> Any:
        return self._new(self.builder.fcmp_ordered("==", self.value, self._of(other)))

    def __ne__(self, other: object) -> Any:
        return self._new(self.builder.fcmp_unordered("!=", self.value, self._of(other)))

    def __and__(self, other: Lanes) -> Lanes:
        return self._new(self.builder.and_(self.value, other.value))

    def __or__(self, other: Lanes) -> Lanes:
        return self._new(self.builder.or_(self.value, other.value))


class Functions:
    """The functions that `ops.vector_forms` uses, for `Lanes`."""

    def where(self, condition: Lanes, a: Any, b: Any) -> Lanes:
        builder = condition.builder
        width = width_of(condition.value.type)
        kind = ir.VectorType(_F64, width) if width else _F64
        values = [x.value if isinstance(x, Lanes) else _constant(kind, x) for x in (a, b)]
        return Lanes(builder, builder.select(condition.value, *values))

    def where_rare(self, condition: Lanes, a: Callable[[], Lanes], b: Lanes) -> Lanes:
        """`where`, but a is computed only if the condition holds in some lane."""
        builder = condition.builder
        width = width_of(condition.value.type)
        anywhere = condition.value
        if width:
            mask = builder.bitcast(anywhere, ir.IntType(width))
            anywhere = builder.icmp_unsigned("!=", mask, ir.Constant(mask.type, 0))
        before = builder.block
        with builder.if_then(anywhere, likely=False):
            chosen = self.where(condition, a(), b)
            inside = builder.block
        result = builder.phi(b.value.type)
        result.add_incoming(b.value, before)
        result.add_incoming(chosen.value, inside)
        return Lanes(builder, result)

    def finite(self, a: Lanes) -> Lanes:
        largest = sys.float_info.max
        return self.where(a > largest, largest, self.where(a < -largest, -largest, a))

    def abs(self, a: Lanes) -> Lanes:
        return _call("llvm.fabs", a)

    def sqrt(self, a: Lanes) -> Lanes:
        return _call("llvm.sqrt", a)

    def exp(self, a: Lanes) -> Lanes:
        """eᵃ = 2ⁿ · eʳ, with n the whole number nearest to a / ln 2, and so |r| ≤ ½ ln 2."""
        # Beyond these bounds the result is inf or 0, and n would not fit.
        a = self.where(a > 710.0, 710.0, self.where(a < -746.0, -746.0, a))
        n, r = _reduced(a)
        # 2ⁿ in two factors, each of which a float64 can hold, down to the smallest results.
        builder = a.builder
        half = builder.ashr(n, _constant(n.type, 1))
        y = (1.0 + _expm1_of_small(r)) * _power_of_two(a, half)
        return y * _power_of_two(a, builder.sub(n, half))

    def expm1(self, a: Lanes) -> Lanes:
        y = self.where(a > 600.0, self.exp(a), _expm1(self.where(a > 600.0, 600.0, a)))
        return self.where(a == 0.0, a, y)  # keeps −0.0

    def tanh(self, a: Lanes) -> Lanes:
        """(e²ᵃ − 1) / (e²ᵃ + 1), as t / (t + 2) with t = e²ᵃ − 1, so that small ones stay precise.

        For |a| ≥ 1 it is 1 − 2 / (t + 2), so that large results reach 1.
        """
        size = self.abs(a)
        t = _expm1(2.0 * self.where(size > 20.0, 20.0, size))
        large = size >= 1.0
        quotient = self.where(large, 2.0, t) / (t + 2.0)
        return _call("llvm.copysign", self.where(large, 1.0 - quotient, quotient), a)

    def log(self, a: Lanes) -> Lanes:
        """ln a = k · ln 2 + ln m, with a = 2ᵏ · m and √½ ≤ m < √2."""
        builder = a.builder
        tiny = a < 2.2250738585072014e-308  # subnormal, with no exponent in its bits: scale it up
        bits = _bits(self.where(tiny, a * 2.0**54, a))
        over = builder.sub(bits, _constant(bits.type, _bits_of(math.sqrt(0.5))))
        power = builder.ashr(over, _constant(bits.type, 52))
        m = _float(a, builder.sub(bits, builder.shl(power, _constant(bits.type, 52))))
        k = _whole(a, power) - self.where(tiny, 54.0, 0.0)
        # ln(1 + f) = 2 artanh s = 2s + s·R(s²), with s = f / (2 + f); 2s = f − s·f saves digits.
        f = m - 1.0
        s = f / (f + 2.0)
        z = s * s
        series = _polynomial(z, [2.0 / (2 * i + 1) for i in range(1, 11)]) * z
        half_square = 0.5 * f * f
        y = k * _LN2_HIGH - ((half_square - (s * (half_square + series) + k * _LN2_LOW)) - f)
        y = self.where(a == math.inf, a, y)
        return self.where(a > 0.0, y, self.where(a == 0.0, -math.inf, math.nan))

    def log1p(self, a: Lanes) -> Lanes:
        """ln(1 + a), corrected for the rounding error of 1 + a to first order."""
        w = a + 1.0
        lost = self.where((w > 0.0) & (w < math.inf), (a - (w - 1.0)) / w, 0.0)
        return self.where(w == 1.0, a, self.log(w) + lost)

    def power(self, a: Lanes, b: Lanes) -> Lanes:
        return _each_lane("pow", a, b)

    def sin(self, a: Lanes) -> Lanes:
        return _each_lane("sin", a)

    def cos(self, a: Lanes) -> Lanes:
        return _each_lane("cos", a)

    def tan(self, a: Lanes) -> Lanes:
        return _each_lane("tan", a)

    def floor(self, a: Lanes) -> Lanes:
        return _call("llvm.floor", a)

    def ceil(self, a: Lanes) -> Lanes:
        return _call("llvm.ceil", a)

    def rint(self, a: Lanes) -> Lanes:
        return _call("llvm.rint", a)

    def exact_log(self, a: Lanes) -> Lanes:
        """ln a, to the last digit as Python's ``math.log`` has it."""
        return _each_lane("log", a)

    def __getattr__(self, name: str) -> Callable[..., Lanes]:
        """Any other function of the C library, by its name in NumPy."""
        if name not in _LIBRARY:
            raise AttributeError(f"no function {name!r} for lanes")
        return partial(_each_lane, _LIBRARY[name])


_LIBRARY = {
    "arccos": "acos", "arccosh": "acosh", "arcsin": "asin", "arcsinh": "asinh", "arctan": "atan",
    "arctan2": "atan2", "arctanh": "atanh",
    **{name: name for name in ("cbrt", "cosh", "erf", "erfc", "exp2", "hypot", "log10", "log2",
                               "sinh")},
}  # fmt: skip


# ── building blocks ──────────────────────────────────────────────────────────────────────────

# ln 2 as a sum of two numbers. The first ends in zero bits, so that n times it is exact.
_LN2_HIGH = 0.693147180369123816490
_LN2_LOW = 1.90821492927058770002e-10
# Adding this number rounds to a whole number, which then stands in the low bits.
_ROUND = 1.5 * 2.0**52


def _bits_of(number: float) -> int:
    mantissa, exponent = math.frexp(number)
    return ((exponent + 1022) << 52) + int((mantissa * 2.0 - 1.0) * 2.0**52)


def _bits(a: Lanes) -> Any:
    width = width_of(a.value.type)
    return a.builder.bitcast(a.value, ir.VectorType(_I64, width) if width else _I64)


def _float(like: Lanes, bits: Any) -> Lanes:
    return Lanes(like.builder, like.builder.bitcast(bits, like.value.type))


def _whole(like: Lanes, integer: Any) -> Lanes:
    """A small integer as a float64."""
    bits = like.builder.add(integer, _constant(integer.type, _bits_of(_ROUND)))
    return _float(like, bits) - _ROUND


def _power_of_two(like: Lanes, n: Any) -> Lanes:
    builder = like.builder
    shifted = builder.shl(n, _constant(n.type, 52))
    return _float(like, builder.add(shifted, _constant(n.type, _bits_of(1.0))))


def _reduced(a: Lanes) -> tuple[Any, Lanes]:
    """The integer n and the remainder r with a = n · ln 2 + r."""
    rounded = a * (1.0 / math.log(2.0)) + _ROUND
    n = a.builder.sub(_bits(rounded), _constant(_bits(rounded).type, _bits_of(_ROUND)))
    whole = rounded - _ROUND
    return n, _multiply_add(whole, -_LN2_LOW, _multiply_add(whole, -_LN2_HIGH, a))


def _expm1_of_small(r: Lanes) -> Lanes:
    """eʳ − 1 for |r| ≤ ½ ln 2: the Taylor series, which needs 13 terms there."""
    series = _polynomial(r, [1.0 / math.factorial(k) for k in range(2, 14)])
    return _multiply_add(r * r, series, r)


def _expm1(a: Lanes) -> Lanes:
    """eᵃ − 1 = 2ⁿ · (eʳ − 1) + (2ⁿ − 1), for a up to 600; below −700 it is −1."""
    n, r = _reduced(Functions().where(a < -700.0, -700.0, a))
    power = _power_of_two(a, n)
    return _multiply_add(power, _expm1_of_small(r), power - 1.0)


def _polynomial(x: Lanes, coefficients: list[float]) -> Lanes:
    """``c[0] + c[1]·x + c[2]·x² + …``, by Horner's rule."""
    *rest, last = coefficients
    total: Any = _multiply_add(x, last, rest.pop())
    while rest:
        total = _multiply_add(total, x, rest.pop())
    return total  # type: ignore[no-any-return]


def _multiply_add(a: Lanes, b: Any, c: Any) -> Lanes:
    """a · b + c, without rounding the product if the processor can."""
    return _call("llvm.fmuladd", a, b, c)


def _call(name: str, a: Lanes, *others: Any) -> Lanes:
    """Call one of LLVM's own functions, on a whole register."""
    kind = a.value.type
    width = width_of(kind)
    function = cgutils.get_or_insert_function(
        a.builder.module,
        ir.FunctionType(kind, [kind] * (1 + len(others))),
        f"{name}.v{width}f64" if width else f"{name}.f64",
    )
    values = [x.value if isinstance(x, Lanes) else _constant(kind, x) for x in others]
    return Lanes(a.builder, a.builder.call(function, [a.value, *values]))


def _each_lane(name: str, *operands: Lanes) -> Lanes:
    """Call a function of the C library, one number at a time."""
    builder = operands[0].builder
    function = cgutils.get_or_insert_function(
        builder.module, ir.FunctionType(_F64, [_F64] * len(operands)), name
    )
    kind = operands[0].value.type
    if not width_of(kind):
        return Lanes(builder, builder.call(function, [x.value for x in operands]))
    result = ir.Constant(kind, ir.Undefined)
    for lane in range(width_of(kind)):
        numbers = [builder.extract_element(x.value, _I64(lane)) for x in operands]
        result = builder.insert_element(result, builder.call(function, numbers), _I64(lane))
    return Lanes(builder, result)
