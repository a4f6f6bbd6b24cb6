"""Operator overloading for symbols: objects that the table's derivatives take for numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autograd import ops

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Self

__all__ = ["Symbolic"]


class Symbolic:
    """A mixin: Python's arithmetic operators, as operations of the table.

    A subclass defines `_apply`, which operations also call when a symbol is among their operands.
    """

    __slots__ = ()

    def _apply(self, op: ops.Op, operands: Sequence[Any]) -> Self:
        raise NotImplementedError

    def __add__(self, other: Any) -> Self:
        return self._apply(ops.ADD, (self, other))

    def __radd__(self, other: Any) -> Self:
        return self._apply(ops.ADD, (other, self))

    def __sub__(self, other: Any) -> Self:
        return self._apply(ops.SUB, (self, other))

    def __rsub__(self, other: Any) -> Self:
        return self._apply(ops.SUB, (other, self))

    def __mul__(self, other: Any) -> Self:
        return self._apply(ops.MUL, (self, other))

    def __rmul__(self, other: Any) -> Self:
        return self._apply(ops.MUL, (other, self))

    def __truediv__(self, other: Any) -> Self:
        return self._apply(ops.DIV, (self, other))

    def __rtruediv__(self, other: Any) -> Self:
        return self._apply(ops.DIV, (other, self))

    def __pow__(self, other: Any) -> Self:
        return self._apply(ops.POW, (self, other))

    def __rpow__(self, other: Any) -> Self:
        return self._apply(ops.POW, (other, self))

    def __neg__(self) -> Self:
        return self._apply(ops.NEG, (self,))
