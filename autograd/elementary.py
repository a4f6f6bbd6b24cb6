"""The functions that are methods of a Value: exp, tanh, relu, hypot and so on.

Each records its operation. The table in `ops` has what it computes, and its derivative.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import ops
from ._numbers import Number, as_float

if TYPE_CHECKING:
    from .value import Value


class _Elementary:
    """The functions of a number, with a second operand or a setting at most."""

    __slots__ = ()

    def _unary(self, operation: ops.Op) -> Value:
        raise NotImplementedError  # Value has it

    def _binary(self, operation: ops.Op, other: Any) -> Value:
        raise NotImplementedError  # Value has it

    def _with(self, operation: ops.Op, other: Any) -> Value:
        return self._binary(operation, other if type(other) is type(self) else as_float(other))

    def abs(self) -> Value:
        """y = |a|."""
        return self._unary(ops.ABS)

    def exp(self) -> Value:
        """y = eᵃ."""
        return self._unary(ops.EXP)

    def log(self) -> Value:
        """y = ln a."""
        return self._unary(ops.LOG)

    def log1p(self) -> Value:
        """y = ln(1 + a)."""
        return self._unary(ops.LOG1P)

    def expm1(self) -> Value:
        """y = eᵃ − 1."""
        return self._unary(ops.EXPM1)

    def exp2(self) -> Value:
        """y = 2ᵃ."""
        return self._unary(ops.EXP2)

    def log2(self) -> Value:
        """y = log₂ a."""
        return self._unary(ops.LOG2)

    def log10(self) -> Value:
        """y = log₁₀ a."""
        return self._unary(ops.LOG10)

    def sqrt(self) -> Value:
        """y = √a."""
        return self._unary(ops.SQRT)

    def cbrt(self) -> Value:
        """y = ∛a."""
        return self._unary(ops.CBRT)

    def hypot(self, other: Value | Number) -> Value:
        """y = √(a² + b²)."""
        return self._with(ops.HYPOT, other)

    def sin(self) -> Value:
        """y = sin a."""
        return self._unary(ops.SIN)

    def cos(self) -> Value:
        """y = cos a."""
        return self._unary(ops.COS)

    def tan(self) -> Value:
        """y = tan a."""
        return self._unary(ops.TAN)

    def asin(self) -> Value:
        """y = arcsin a."""
        return self._unary(ops.ASIN)

    def acos(self) -> Value:
        """y = arccos a."""
        return self._unary(ops.ACOS)

    def atan(self) -> Value:
        """y = arctan a."""
        return self._unary(ops.ATAN)

    def atan2(self, x: Value | Number) -> Value:
        """y = the angle from the positive axis to the point (b, a), from −π to π."""
        return self._with(ops.ATAN2, x)

    def sinh(self) -> Value:
        """y = sinh a."""
        return self._unary(ops.SINH)

    def cosh(self) -> Value:
        """y = cosh a."""
        return self._unary(ops.COSH)

    def tanh(self) -> Value:
        """y = tanh a."""
        return self._unary(ops.TANH)

    def asinh(self) -> Value:
        """y = arsinh a."""
        return self._unary(ops.ASINH)

    def acosh(self) -> Value:
        """y = arcosh a."""
        return self._unary(ops.ACOSH)

    def atanh(self) -> Value:
        """y = artanh a."""
        return self._unary(ops.ATANH)

    def erf(self) -> Value:
        """y = 2/√π · the integral of exp(−t²) from 0 to a."""
        return self._unary(ops.ERF)

    def erfc(self) -> Value:
        """y = 1 − erf a."""
        return self._unary(ops.ERFC)

    def lgamma(self) -> Value:
        """y = ln |Γ(a)|, where Γ is the gamma function."""
        return self._unary(ops.LGAMMA)

    def digamma(self) -> Value:
        """y = ψ(a), the derivative of ln Γ(a)."""
        return self._unary(ops.DIGAMMA)

    def sigmoid(self) -> Value:
        """y = 1 / (1 + e⁻ᵃ)."""
        return self._unary(ops.SIGMOID)

    def log_sigmoid(self) -> Value:
        """y = ln(1 / (1 + e⁻ᵃ))."""
        return self._unary(ops.LOG_SIGMOID)

    def relu(self) -> Value:
        """y = max(0, a)."""
        return self._unary(ops.RELU)

    def leaky_relu(self, slope: Value | Number = 0.01) -> Value:
        """y = a where a > 0, else slope · a."""
        return self._with(ops.LEAKY_RELU, slope)

    def elu(self, alpha: Value | Number = 1.0) -> Value:
        """y = a where a > 0, else alpha · (eᵃ − 1)."""
        return self._with(ops.ELU, alpha)

    def selu(self) -> Value:
        """y = 1.0507 · a where a > 0, else 1.7581 · (eᵃ − 1)."""
        return self._unary(ops.SELU)

    def softplus(self) -> Value:
        """y = ln(1 + eᵃ)."""
        return self._unary(ops.SOFTPLUS)

    def softsign(self) -> Value:
        """y = a / (1 + |a|)."""
        return self._unary(ops.SOFTSIGN)

    def gelu(self) -> Value:
        """y = a · Φ(a), where Φ is the normal distribution function."""
        return self._unary(ops.GELU)

    def silu(self) -> Value:
        """y = a · sigmoid(a)."""
        return self._unary(ops.SILU)

    def sign(self) -> Value:
        """y = sign of a, 0 at 0."""
        return self._unary(ops.SIGN)

    def floor(self) -> Value:
        """y = the largest whole number ≤ a."""
        return self._unary(ops.FLOOR)

    def ceil(self) -> Value:
        """y = the smallest whole number ≥ a."""
        return self._unary(ops.CEIL)

    def round(self) -> Value:
        """y = the whole number nearest to a; a tie goes to the even one."""
        return self._unary(ops.ROUND)

    def maximum(self, other: Value | Number) -> Value:
        """y = max(a, b); a tie shares the gradient."""
        return self._with(ops.MAXIMUM, other)

    def minimum(self, other: Value | Number) -> Value:
        """y = min(a, b); a tie shares the gradient."""
        return self._with(ops.MINIMUM, other)

    def clamp_min(self, low: Value | Number) -> Value:
        """y = a where a ≥ low, else low."""
        return self._with(ops.CLAMP_MIN, low)

    def clamp_max(self, high: Value | Number) -> Value:
        """y = a where a ≤ high, else high."""
        return self._with(ops.CLAMP_MAX, high)

    def clamp(self, low: Value | Number | None = None, high: Value | Number | None = None) -> Value:
        """y = a, but low where a < low, and high where a > high. None is no bound.

        At a bound itself the derivative is 1, as in PyTorch. If low > high, the result is high.

        Raises:
            TypeError: there is no bound.
        """
        if low is None and high is None:
            raise TypeError("clamp expects a lower or an upper bound, got neither")
        above = self if low is None else self.clamp_min(low)
        return above if high is None else above.clamp_max(high)  # type: ignore[return-value]

    # NumPy calls its functions so for an array of Values.
    fabs = abs  # noqa: A003
    arcsin, arccos, arctan, arctan2 = asin, acos, atan, atan2
    arcsinh, arccosh, arctanh = asinh, acosh, atanh
    rint = round  # noqa: A003
