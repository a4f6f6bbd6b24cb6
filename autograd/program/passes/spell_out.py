"""Legalisation of ``sum_less_one``, for the machine and for JAX."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autograd import ops
from autograd.program.ir import Builder

if TYPE_CHECKING:
    from autograd.program.ir import Code

__all__ = ["spell_out"]


def spell_out(code: Code) -> Code:
    """Write ``a + b + … − 1`` with the 1 taken from the largest; not an option, but for `pair_up`.

    The larger of each pair goes on, and the smaller goes into the sum.

    ::

        v0 = parameter 0                v0 = parameter 0
        v1 = parameter 1                v1 = parameter 1
        v2 = sum_less_one(v0, v1)  →    v2 = minimum(v0, v1)
        output 0 = v2                   v3 = maximum(v0, v1)
                                        v4 = constant -1.0
                                        v5 = v3 + v4
                                        v6 = v5 + v2
                                        output 0 = v6
    """
    if not any([op is ops.SUM_LESS_ONE for op, _, _ in code]):
        return code
    tape = Builder()
    for op, operands, detail in code:
        v = [tape.at[i] for i in operands]
        if op is ops.SUM_LESS_ONE:
            largest, *others = v
            terms = []
            for other in others:
                terms.append(tape.write(ops.MINIMUM, (largest, other)))
                largest = tape.write(ops.MAXIMUM, (largest, other))
            op = ops.ADD
            rest = [tape.write(op, tuple(terms))] if len(terms) > 1 else terms
            v = [tape.write(op, (largest, tape.constant(-1.0))), *rest]
        tape.at.append(tape.write(op, tuple(v), detail))
    return tape.code
