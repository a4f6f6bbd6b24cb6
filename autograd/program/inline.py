"""Inlining: operations of one's own become their vector forms, made of the table's rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.custom_operations import Operation

from .ir import FIRST_CUSTOM, Code, Rewriter
from .symbolic import Symbolic

if TYPE_CHECKING:
    from collections.abc import Sequence

    from autograd.ops import Op

__all__ = ["inline"]


def inline(code: Code) -> Code:
    """Replace each operation made by `autograd.operation` by its vector form.

    It runs after differentiation, which needs the operation's own derivatives. With the vector form
    ``lambda a: (-a * a).exp()``::

        v0 = parameter 0                v0 = parameter 0
        v1 = bell(v0)             →     v1 = -v0
        output 0 = v1                   v2 = v1 * v0
                                        v3 = exp(v2)
                                        output 0 = v3
    """
    if not code.custom:
        return code  # the common case
    builder = Rewriter(code)
    for i in np.flatnonzero(code.arrays.op >= FIRST_CUSTOM).tolist():
        builder.copy_until(i)
        op = code.custom[code.arrays.op[i] - FIRST_CUSTOM]
        assert isinstance(op, Operation)
        found = op.replay([_Symbol(builder, j) for j in builder.operands_of(i)])
        builder.replace(i, _position_of(builder, found))
    return Code(builder.rewritten().arrays)


class _Symbol(Symbolic):
    """The result of an instruction: operations on it write further instructions."""

    __slots__ = ("builder", "position")

    def __init__(self, builder: Rewriter, position: int) -> None:
        self.builder = builder
        self.position = position

    def _apply(self, op: Op, operands: Sequence[Any]) -> Any:
        if isinstance(op, Operation):
            return op.replay(operands)
        v = tuple([_position_of(self.builder, x) for x in operands])
        return _Symbol(self.builder, self.builder.write(op, v))


def _position_of(builder: Rewriter, thing: Any) -> int:
    return thing.position if isinstance(thing, _Symbol) else builder.constant(float(thing))
