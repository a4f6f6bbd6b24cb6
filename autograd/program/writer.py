"""The builder that compiled passes use: it appends instructions to arrays.

A pass knows beforehand how many instructions and operands it writes at most, and allocates that
much room. What it does not use costs nothing: the system provides memory when it is written to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from autograd import ops

from .compiled import helper
from .ir import NUMBER, Arrays, Kind

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "Writer", "adopt", "constant", "mixed", "negate", "new_table", "new_writer",
    "push", "write", "write_1",
    "write_2", "written",
]  # fmt: skip

_CONSTANT, _NEG = NUMBER[Kind.CONSTANT], NUMBER[ops.NEG]


class Writer(NamedTuple):
    """Code in the making.

    Attributes:
        op, start, operands, detail: as in `Arrays`, with room to spare.
        size: how many instructions and how many operands there are.
        bits: the details as integers, the same memory.
        constants: a hash table of the positions of constants, −1 where there is none.
    """

    op: Any
    start: Any
    operands: Any
    detail: Any
    size: Any
    bits: Any
    constants: Any


def new_writer(instructions: int, operands: int, constants: int) -> Writer:
    """A writer with room for so many instructions, operands, and different constants."""
    detail = np.empty(instructions + 1, np.float64)
    return Writer(
        np.empty(instructions + 1, np.int64),
        np.zeros(instructions + 2, np.int64),
        np.empty(operands, np.int64),
        detail,
        np.zeros(2, np.int64),
        detail.view(np.int64),
        new_table(constants),
    )


def new_table(entries: int) -> NDArray[np.int64]:
    """An empty hash table of positions, at most half full with so many entries."""
    return np.full(1 << max(4, (2 * entries).bit_length()), -1, np.int64)


def written(w: Writer) -> Arrays:
    """The code that was written."""
    count, operands = w.size.tolist()
    return Arrays(
        w.op[:count].copy(),
        w.start[: count + 1].copy(),
        w.operands[:operands].copy(),
        w.detail[:count].copy(),
    )


@helper
def push(w: Any, operand: int) -> None:
    """Append an operand to the instruction that the next `write` completes."""
    w.operands[w.size[1]] = operand
    w.size[1] += 1


@helper
def write(w: Any, op: int, detail: float) -> int:
    """Append an instruction with the operands pushed since the last one; return its position."""
    position = w.size[0]
    w.op[position] = op
    w.detail[position] = detail
    w.start[position + 1] = w.size[1]
    w.size[0] = position + 1
    return position


@helper
def write_1(w: Any, op: int, a: int) -> int:
    """Append an instruction with one operand."""
    push(w, a)
    return write(w, op, 0.0)


@helper
def write_2(w: Any, op: int, a: int, b: int) -> int:
    """Append an instruction with two operands."""
    push(w, a)
    push(w, b)
    return write(w, op, 0.0)


@helper
def constant(w: Any, number: float) -> int:
    """The position of a constant, which is appended if it is new; 0.0 and -0.0 differ."""
    position = w.size[0]
    w.detail[position] = number if number == number else np.nan  # there is only one nan
    bits = w.bits[position]
    mask = w.constants.size - 1
    slot = mixed(bits) & mask
    while w.constants[slot] >= 0:
        if w.bits[w.constants[slot]] == bits:
            return w.constants[slot]
        slot = (slot + 1) & mask
    w.constants[slot] = position
    return write(w, _CONSTANT, w.detail[position])


@helper
def mixed(bits: int) -> int:
    """A hash: every bit of the result depends on all bits."""
    bits = (bits ^ (bits >> 32)) * 0x45D9F3B
    bits = (bits ^ (bits >> 29)) * 0x119DE1F3
    return bits ^ (bits >> 32)


@helper
def negate(w: Any, position: int) -> int:
    """Write the negative of the result at `position` and return its position."""
    if w.op[position] == _CONSTANT:
        return constant(w, -w.detail[position])
    return write_1(w, _NEG, position)


@helper
def adopt(w: Any, position: int) -> None:
    """Let `constant` return this constant, which `write` has written."""
    mask = w.constants.size - 1
    bits = w.bits[position]
    slot = mixed(bits) & mask
    while w.constants[slot] >= 0 and w.bits[w.constants[slot]] != bits:
        slot = (slot + 1) & mask
    w.constants[slot] = position
