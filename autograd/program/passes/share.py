"""Common-subexpression elimination (CSE)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autograd import ops
from autograd.program.ir import Instruction, Kind

if TYPE_CHECKING:
    from autograd.program.ir import Code

__all__ = ["share"]


def share(code: Code) -> Code:
    """Compute each common subexpression once.

    ::

        v0 = parameter 0                v0 = parameter 0
        v1 = parameter 1                v1 = parameter 1
        v2 = v0 * v1              →     v2 = v0 * v1
        v3 = v1 * v0                    v3 = v2 + v2
        v4 = v2 + v3
    """
    shared: Code = []
    at: list[int] = []
    seen: dict[object, int] = {}
    for op, operands, detail in code:
        operands = tuple([at[i] for i in operands])
        if op is ops.ADD or op is ops.MUL:  # a + b is b + a; any further terms keep their order
            key: object = (op, *sorted(operands[:2]), *operands[2:])
        elif op is Kind.CONSTANT:
            key = (op, repr(detail))
        elif op is Kind.OUTPUT or op is Kind.GRADIENT:
            key = None
        else:
            key = (op, operands, detail)
        position = seen.get(key) if key else None
        if position is None:
            position = len(shared)
            shared.append(Instruction(op, operands, detail))
            if key:
                seen[key] = position
        at.append(position)
    return shared
