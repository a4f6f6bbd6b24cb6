"""Constant folding."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autograd import ops
from autograd.program.ir import Instruction, Kind

if TYPE_CHECKING:
    from autograd.program.ir import Code

__all__ = ["fold"]


def fold(code: Code) -> Code:
    """Compute arithmetic on constants at compile time.

    ::

        v0 = constant 2.0               v0 = constant 2.0
        v1 = constant 3.0               v1 = constant 3.0
        v2 = v0 * v1              →     v2 = constant 6.0
        v3 = parameter 0                v3 = parameter 0
        v4 = v2 * v3                    v4 = v2 * v3

    Functions such as ``exp`` stay: the machine's result may differ from Python's in the last digit,
    and then ``exp(x) - exp(c)`` would not be 0 where the column x holds the constant c.
    """
    folded: Code = []
    for instruction in code:
        op, operands, _ = instruction
        if isinstance(op, ops.Op) and op in _ARITHMETIC:
            numbers = [folded[i].detail for i in operands if folded[i].op is Kind.CONSTANT]
            if len(numbers) == len(operands):
                instruction = Instruction(Kind.CONSTANT, (), op.compute(numbers))
        folded.append(instruction)
    return folded


# IEEE 754 prescribes these results to the last bit. For pow, Python and the machine call the same
# function of the C library.
_ARITHMETIC = frozenset(
    (
        ops.ADD, ops.SUB, ops.MUL, ops.DIV, ops.NEG, ops.ABS, ops.SQRT, ops.RELU, ops.LEAKY_RELU,
        ops.MAXIMUM, ops.MINIMUM, ops.CLAMP_MIN, ops.CLAMP_MAX, ops.FLOOR, ops.CEIL, ops.ROUND,
        ops.SIGN, ops.POSITIVE, ops.LARGER, ops.AT_LEAST, ops.LEAKY_STEP, ops.GATED, ops.SHIFT,
        ops.SUM_LESS_ONE, ops.POW, ops.MASKED, ops.MASKED_BOTH, *ops.CHOICES,
    )
)  # fmt: skip
