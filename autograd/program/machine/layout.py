"""Code generation: translate instructions into the bytecode that `interpreter` runs.

Every uniform value has its own slot in memory (`slots`). `rows` lays out the loop over rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.program.compiled import compiled
from autograd.program.ir import (
    AFTER,
    BEFORE,
    NUMBER,
    RESULTS,
    ROWS,
    Arrays,
    Kind,
    stages,
    varying,
)  # fmt: skip
from autograd.program.roles import roles_of
from autograd.program.sums import loops_of

from . import interpreter
from .interpreter import LOOPS, WIDTH
from .rows import Rows
from .slots import Slots

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from autograd.program.ir import Code

__all__ = ["Layout"]

CACHE = 60_000
"""How many bytes of the processor's nearest cache a block of rows may fill."""
SHORTEST, LONGEST = WIDTH, 256
"""Limits for the rows in a block: fewer would leave vectors empty, more would save no time."""
LARGER_CACHE, TALLEST = 10 * CACHE, 16
"""The same for programs with panels, whose instructions are many, but work on long rows."""


class Layout:
    """A program as the machine runs it.

    Arguments:
        code: the instructions.
        parameters: how many entries theta has.
        inputs: how many columns there are.
        rowwise: write outputs for each row, to further columns; otherwise outputs are results, as
            gradients are, and have to be uniform.

    Attributes:
        start: the initial contents of memory, float64: theta's slots, then the constants.
        results: how many results a run returns, apart from columns.
        sums: the slice of memory with the sums over rows, which threads add up.
        block: the most rows in a block.
    """

    def __init__(self, code: Code, parameters: int, inputs: int, *, rowwise: bool) -> None:
        op, start, operands, detail = code.arrays
        varies = varying(code)
        stage = stages(code, varies)
        roles = roles_of(code, varies)
        loops = LOOPS[loops_of(code, varies, roles)]
        slots = Slots(code, parameters)
        stage[(op == NUMBER[Kind.PARAMETER]) | (op == NUMBER[Kind.CONSTANT])] = -1
        parts = [np.flatnonzero(stage == one) for one in (BEFORE, ROWS, AFTER, RESULTS)]

        before = _uniform_bytecode(code, parts[BEFORE], loops, slots)
        numbers, is_gradient = detail[parts[RESULTS]], op[parts[RESULTS]] == NUMBER[Kind.GRADIENT]
        wanted = parts[RESULTS][np.lexsort((numbers, is_gradient))]
        outputs = operands[start[wanted]]
        stores: list[tuple[int, int]] = []
        if rowwise:
            columns = inputs + detail[wanted].astype(np.int64)
            stores = list(zip(columns.tolist(), outputs.tolist(), strict=True))
        self._first_mean = slots.count
        self._rows = Rows(code, parts[ROWS], varies, loops, roles, slots, outputs, stores)
        slots.count += _whole_vectors(self._rows.means)  # they are computed in vectors
        after = _uniform_bytecode(code, parts[AFTER], loops, slots)
        results = slots.at[outputs[:0] if rowwise else outputs]
        self._uniform = before, after, _runs(results)

        self._packed = slots.count
        sums = _whole_vectors(self._packed + len(self._rows.packed))
        self.sums = slice(sums, sums + _whole_vectors(self._rows.means) * WIDTH)
        rows = max(self._rows.size(WIDTH) // WIDTH, 1)
        height = CACHE // (8 * rows)
        self.block = max(SHORTEST, min(height // SHORTEST * SHORTEST, LONGEST))
        if self._rows.wide:  # there are many instructions, and decoding them takes time, too
            self.block = max(self.block, min(LARGER_CACHE // (8 * rows) // WIDTH * WIDTH, TALLEST))
        self._size = self.sums.stop + self._rows.size(self.block)
        self._bytecodes: dict[int, NDArray[np.int32]] = {}
        self.start: NDArray[np.float64] = np.array(slots.first, np.float64)
        self.results = len(results)

    def bytecode(self, rows: int) -> NDArray[np.int32]:
        """The program for so many rows, int32.

        A single row is a block of its own: a sum over rows is a number there, not a vector of
        lanes, and a vector holds several rows of a panel. Where there are panels, blocks are no
        taller than needed, since an instruction that runs on a panel takes whole blocks.
        """
        block = 1 if rows == 1 else self.block
        if self._rows.wide and rows > 1:
            blocks = -(-rows // self.block)
            block = -(-rows // blocks)
            if block > WIDTH:
                block = _whole_vectors(block)
        if block not in self._bytecodes:
            self._bytecodes[block] = self._write(block)
        return self._bytecodes[block]

    def _write(self, block: int) -> NDArray[np.int32]:
        before, after, results = self._uniform
        sums = self._first_mean if block == 1 else self.sums.start
        body, spread = self._rows.bytecode(self._packed, sums, self.sums.stop, block)
        header = np.zeros(interpreter.HEADER, np.int32)
        sections = [header]
        end = interpreter.HEADER
        for at, words in (
            (interpreter.BEFORE, before),
            (interpreter.PACK, self._rows.packed),
            (interpreter.SPREAD, spread),
            (interpreter.BODY, body),
            (interpreter.AFTER, after),
            (interpreter.RESULTS, results),
        ):
            sections.append(np.array(words, np.int32))
            header[at : at + 2] = end, end + len(words)
            end += len(words)
        header[interpreter.PARAMETERS] = 0
        header[interpreter.PACKED] = self._packed
        header[interpreter.SUMS], header[interpreter.MEANS] = sums, self._first_mean
        header[interpreter.MEANS_COUNT] = self._rows.means
        header[interpreter.BLOCK] = block
        return np.concatenate(sections)

    def memory(self) -> NDArray[np.float64]:
        """New memory for one run at a time, aligned to a cache line."""
        line = 8
        whole = np.zeros(self._size + line, np.float64)
        skip = (-whole.ctypes.data // 8) % line
        memory = whole[skip : skip + self._size]
        memory[: len(self.start)] = self.start
        return memory


def _whole_vectors(numbers: int) -> int:
    """The number of elements, rounded up to whole vectors."""
    return -(-numbers // WIDTH) * WIDTH


def _runs(slots: NDArray[np.int64]) -> NDArray[np.int64]:
    """Cut slots into runs with the same step: first slot, step, and length of each."""
    words = np.empty(3 * len(slots), np.int64)
    return words[: _find_runs(slots, words)]


@compiled
def _find_runs(slots: Any, words: Any) -> int:
    end = begin = 0
    while begin < slots.size:
        step, stop = 1, begin + 1
        if stop < slots.size:
            step = slots[stop] - slots[begin]
        while stop < slots.size and slots[stop] - slots[stop - 1] == step:
            stop += 1
        words[end], words[end + 1], words[end + 2] = slots[begin], step, stop - begin
        begin = stop
        end += 3
    return end


def _uniform_bytecode(
    code: Code, positions: NDArray[np.int64], loops: NDArray[np.int64], slots: Slots
) -> NDArray[np.int64]:
    """Write the loops over uniform instructions."""
    counts = np.diff(code.arrays.start)[positions]
    words = np.empty(int(counts.sum()) + 5 * len(positions), np.int64)
    end = _write_loops(code.arrays, positions, loops, slots.at, slots.count, words)
    slots.count += len(positions)
    return words[:end]


@compiled
def _write_loops(
    code: Arrays, positions: Any, loops: Any, slots: Any, count: int, words: Any
) -> int:
    """Write bytecode to `words`, and slots from number `count` on; return where the words end."""
    end = loop = 0
    for p in range(positions.size):
        i = positions[p]
        first, last = code.start[i], code.start[i + 1]
        needs_another = end == 0 or loops[i] != words[loop]
        for k in range(first, last):  # no instruction of a loop may need the result of another
            needs_another |= slots[code.operands[k]] >= words[loop + 2]
        if needs_another:
            loop = end
            words[loop], words[loop + 1], words[loop + 2] = loops[i], 0, count
            end += 3
        words[loop + 1] += 1
        if loops[i] == _DOT:
            products = int(code.detail[i])
            words[end], words[end + 1] = products, last - first - 2 * products
            end += 2
        elif loops[i] == _SUM:
            words[end] = last - first
            end += 1
        for k in range(first, last):
            words[end] = slots[code.operands[k]]
            end += 1
        slots[i] = count
        count += 1
    return end


_DOT, _SUM = interpreter.DOT, interpreter.SUM
