"""Constant folding."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd import ops
from autograd.program.compiled import compiled
from autograd.program.ir import NUMBER, OPERATIONS, Arrays, Code, Kind

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
    known = code.arrays.op == _CONSTANT
    _spread_knowledge(code.arrays, known)
    found = np.flatnonzero(known & (code.arrays.op != _CONSTANT))
    if not found.size:
        return code
    op, start, operands, detail = code.arrays
    op, detail = op.copy(), detail.copy()
    for position in found.tolist():  # with the table's own functions, so in Python
        numbers = detail[operands[start[position] : start[position + 1]]].tolist()
        detail[position] = OPERATIONS[op[position]].compute(numbers)
    op[found] = _CONSTANT
    counts = np.diff(start)
    kept = np.ones(len(op), np.bool_)
    kept[found] = False
    left = operands[np.repeat(kept, counts)]
    counts[found] = 0
    start = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)])
    return Code(Arrays(op, start, left, detail), code.custom)


@compiled
def _spread_knowledge(code: Arrays, known: Any) -> None:
    """Mark arithmetic on constants, and on results of such arithmetic."""
    for position in range(code.op.size):
        if code.op[position] < _IS_ARITHMETIC.size and _IS_ARITHMETIC[code.op[position]]:
            known[position] = True
            for k in range(code.start[position], code.start[position + 1]):
                known[position] &= known[code.operands[k]]


_CONSTANT = NUMBER[Kind.CONSTANT]
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
_IS_ARITHMETIC = np.array([op in _ARITHMETIC for op in OPERATIONS])
