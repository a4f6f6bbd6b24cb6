"""Inlining: operations of one's own become their vector forms, made of the table's rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autograd.custom_operations import Operation

from .ir import Builder
from .symbolic import Symbolic

if TYPE_CHECKING:
    from collections.abc import Sequence

    from autograd.ops import Op

    from .ir import Code

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
    if not any([isinstance(op, Operation) for op, _, _ in code]):
        return code  # the common case
    builder = Builder()
    for op, operands, detail in code:
        v = tuple([builder.at[i] for i in operands])
        if isinstance(op, Operation):
            found = op.replay([_Symbol(builder, i) for i in v])
            builder.at.append(_position_of(builder, found))
        else:
            builder.at.append(builder.write(op, v, detail))
    return builder.code


class _Symbol(Symbolic):
    """The result of an instruction: operations on it write further instructions."""

    __slots__ = ("builder", "position")

    def __init__(self, builder: Builder, position: int) -> None:
        self.builder = builder
        self.position = position

    def _apply(self, op: Op, operands: Sequence[Any]) -> Any:
        if isinstance(op, Operation):
            return op.replay(operands)
        v = tuple([_position_of(self.builder, x) for x in operands])
        return _Symbol(self.builder, self.builder.write(op, v))


def _position_of(builder: Builder, thing: Any) -> int:
    return thing.position if isinstance(thing, _Symbol) else builder.constant(float(thing))
