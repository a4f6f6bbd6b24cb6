"""The functions of one number that are methods of a Value: exp, tanh, relu and so on.

Each records its operation. The table in `ops` has what it computes, and its derivative.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import ops

if TYPE_CHECKING:
    from .value import Value


class _Elementary:
    """The functions of one number."""

    __slots__ = ()

    def _unary(self, operation: ops.Op) -> Value:
        raise NotImplementedError  # Value has it

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

    def sqrt(self) -> Value:
        """y = √a."""
        return self._unary(ops.SQRT)

    def sin(self) -> Value:
        """y = sin a."""
        return self._unary(ops.SIN)

    def cos(self) -> Value:
        """y = cos a."""
        return self._unary(ops.COS)

    def tan(self) -> Value:
        """y = tan a."""
        return self._unary(ops.TAN)

    def tanh(self) -> Value:
        """y = tanh a."""
        return self._unary(ops.TANH)

    def sigmoid(self) -> Value:
        """y = 1 / (1 + e⁻ᵃ)."""
        return self._unary(ops.SIGMOID)

    def relu(self) -> Value:
        """y = max(0, a)."""
        return self._unary(ops.RELU)

    def softplus(self) -> Value:
        """y = ln(1 + eᵃ)."""
        return self._unary(ops.SOFTPLUS)

    def gelu(self) -> Value:
        """y = a · Φ(a), where Φ is the normal distribution function."""
        return self._unary(ops.GELU)

    def silu(self) -> Value:
        """y = a · sigmoid(a)."""
        return self._unary(ops.SILU)

    fabs = abs  # noqa: A003  (as NumPy calls it for an array of Values)
