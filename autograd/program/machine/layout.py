"""Code generation: translate instructions into the bytecode that `interpreter` runs.

Every uniform value has its own slot in memory (`slots`). `registers` lays out the loop over rows.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

from autograd.program.ir import AFTER, BEFORE, RESULTS, ROWS, Kind, stages, varying
from autograd.program.sums import loop_of

from . import interpreter
from .interpreter import NUMBER, WIDTH
from .registers import Rows
from .slots import Slots

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from autograd.program.ir import Code

__all__ = ["Layout"]

CACHE = 60_000
"""How many bytes of the processor's nearest cache a block of rows may fill."""
SHORTEST, LONGEST = WIDTH, 256
"""Limits for the rows in a block: fewer would leave vectors empty, more would save no time."""


class Layout:
    """A program as the machine runs it.

    Arguments:
        code: the instructions.
        parameters: how many entries theta has.
        inputs: how many columns there are.
        rowwise: write outputs for each row, to further columns; otherwise outputs are results, as
            gradients are, and have to be uniform.

    Attributes:
        bytecode: the program, int64.
        start: the initial contents of memory, float64: theta's slots, then the constants.
        results: how many results a run returns, apart from columns.
        sums: the slice of memory with the sums over rows, which threads add up.
        block: how many rows a block has.
    """

    def __init__(self, code: Code, parameters: int, inputs: int, *, rowwise: bool) -> None:
        varies = varying(code)
        stage = stages(code, varies)
        slots = Slots(code, parameters)
        parts: list[list[int]] = [[], [], [], []]
        for position, (op, _, _) in enumerate(code):
            if op is not Kind.PARAMETER and op is not Kind.CONSTANT:
                parts[stage[position]].append(position)

        before = _uniform_bytecode(code, parts[BEFORE], varies, slots)
        wanted = sorted(
            [code[position] for position in parts[RESULTS]],
            key=lambda one: (one.op is Kind.GRADIENT, one.detail),
        )
        stores = [(inputs + k, operands[0]) for _, operands, k in wanted] if rowwise else []
        first_mean = slots.count
        rows = Rows(code, parts[ROWS], varies, slots, stores)
        slots.count = first_mean + _whole_vectors(rows.means)  # they are computed in vectors
        after = _uniform_bytecode(code, parts[AFTER], varies, slots)
        results = [] if rowwise else [slots[operands[0]] for _, operands, _ in wanted]

        packed = slots.count
        sums = _whole_vectors(packed + len(rows.packed))
        first_row = sums + _whole_vectors(rows.means) * WIDTH
        self.sums = slice(sums, first_row)
        height = CACHE // (8 * max(rows.count, 1))
        self.block = max(SHORTEST, min(height // SHORTEST * SHORTEST, LONGEST))
        body = rows.bytecode(packed, sums, first_row, self.block)
        spread = [
            word
            for slot, row in rows.spread.items()
            for word in (slot, first_row + row * self.block)
        ]

        header = np.zeros(interpreter.HEADER, np.int64)
        sections = [header]
        end = interpreter.HEADER
        for at, words in (
            (interpreter.BEFORE, before),
            (interpreter.PACK, rows.packed),
            (interpreter.SPREAD, spread),
            (interpreter.BODY, body),
            (interpreter.AFTER, after),
            (interpreter.RESULTS, results),
        ):
            sections.append(np.array(words, np.int64))
            header[at : at + 2] = end, end + len(words)
            end += len(words)
        header[interpreter.PARAMETERS] = 0
        header[interpreter.PACKED] = packed
        header[interpreter.SUMS] = sums
        header[interpreter.BLOCK] = self.block
        header[[interpreter.MEANS, interpreter.MEANS_COUNT]] = first_mean, rows.means
        self.bytecode: NDArray[np.int64] = np.concatenate(sections)
        self.start: NDArray[np.float64] = np.array(slots.first, np.float64)
        self.results = len(results)
        self._size = first_row + rows.count * self.block

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


def _uniform_bytecode(
    code: Code, positions: list[int], varies: list[bool], slots: Slots
) -> list[int]:
    """Write the loops over uniform instructions."""
    words: list[int] = []
    for kind, run in groupby(positions, lambda i: NUMBER[loop_of(code, i, varies)]):
        loop = len(words)
        words += (kind, 0, slots.count)
        for i in run:
            _, operands, products = code[i]
            needs_this_loop = max(slots[j] for j in operands) >= words[loop + 2]
            if needs_this_loop:  # start another one
                words[loop + 1] = slots.count - words[loop + 2]
                loop = len(words)
                words += (kind, 0, slots.count)
            if kind == interpreter.DOT:
                words += (products, len(operands) - 2 * products)
            elif kind == interpreter.SUM:
                words.append(len(operands))
            words += [slots[j] for j in operands]
            slots.new(i)
        words[loop + 1] = slots.count - words[loop + 2]
    return words
