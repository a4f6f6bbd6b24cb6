"""Legalisation: rewrite what the machine has no loop for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autograd import ops
from autograd.program.ir import Builder

from .spell_out import spell_out

if TYPE_CHECKING:
    from autograd.program.ir import Code

__all__ = ["pair_up"]


def pair_up(code: Code) -> Code:
    """Spell out what the machine has no loop for; not an option, and the last but `group`.

    ::

        v0 = parameter 0                v0 = parameter 0
        v1 = parameter 1                v1 = parameter 1
        v2 = parameter 2                v2 = parameter 2
        v3 = shift(v0, v1, v2)    →     v3 = shift(v0, v1)
        v4 = add(v3)                    v4 = shift(v3, v2)
        output 0 = v4                   output 0 = v4
    """
    code = spell_out(code)
    if not any([op is ops.SHIFT or (op is ops.ADD and len(v) == 1) for op, v, _ in code]):
        return code  # the common case
    tape = Builder()
    for op, operands, detail in code:
        v = [tape.at[i] for i in operands]
        if isinstance(op, ops.Op) and op.variadic:
            if op is ops.SHIFT and len(v) == 1:
                v *= 2
            while op is ops.SHIFT and len(v) > 2:
                v[:2] = [tape.write(op, tuple(v[:2]))]
            if len(v) == 1:
                tape.at.append(v[0])
                continue
        tape.at.append(tape.write(op, tuple(v), detail))
    return tape.code
