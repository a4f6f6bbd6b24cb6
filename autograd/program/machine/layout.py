"""Code generation: from instructions to the bytecode that `interpreter` runs.

Every uniform value gets a place of its own in memory (`places`); the loop over rows is laid out by
`registers`.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

from autograd import ops
from autograd.program.ir import Kind, stages, varying

from . import interpreter
from .interpreter import WIDTH
from .places import Places
from .registers import Rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from autograd.program.ir import Code

__all__ = ["Layout"]

CACHE = 60_000
"""Bytes of the processor's nearest cache that a block of rows may fill."""
SHORTEST, LONGEST = WIDTH, 256
"""Rows in a block: fewer than that leave vectors empty, and more save no further time."""


class Layout:
    """A program as the machine takes it.

    Arguments:
        code: the instructions.
        parameters: how many entries theta has.
        inputs: how many columns there are.
        rowwise: outputs are wanted for each row, as further columns; otherwise they come back as
            results, as gradients do, and have to be uniform.

    Attributes:
        words: the program, int64.
        memory: what memory holds at first, float64.
        results: how many numbers come back besides columns.
        sums: the part of memory with sums over rows, which add up over parts of the rows.
    """

    def __init__(self, code: Code, parameters: int, inputs: int, *, rowwise: bool) -> None:
        varies = varying(code)
        stage = stages(code, varies)
        places = Places(code, parameters)
        parts: list[list[int]] = [[], [], [], []]
        for position, (op, _, _) in enumerate(code):
            if op is not Kind.PARAMETER and op is not Kind.CONSTANT:
                parts[stage[position]].append(position)

        before = _uniform_words(code, parts[0], places)
        wanted = sorted(
            [code[position] for position in parts[3]],
            key=lambda one: (one.op is Kind.GRADIENT, one.detail),
        )
        stores = [(inputs + k, operands[0]) for _, operands, k in wanted] if rowwise else []
        first_mean = places.count
        rows = Rows(code, parts[1], varies, places, stores)
        places.count = first_mean + _whole_vectors(rows.means)  # in which they are computed
        after = _uniform_words(code, parts[2], places)
        results = [] if rowwise else [places[operands[0]] for _, operands, _ in wanted]

        packed = places.count
        sums = _whole_vectors(packed + len(rows.packed))
        first_row = sums + _whole_vectors(rows.means) * WIDTH
        self.sums = slice(sums, first_row)
        height = CACHE // (8 * max(rows.count, 1))
        self.block = max(SHORTEST, min(height // SHORTEST * SHORTEST, LONGEST))
        body = rows.words_with(packed, sums, first_row, self.block)
        spread = [
            word
            for place, row in rows.spread.items()
            for word in (place, first_row + row * self.block)
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
        self.words: NDArray[np.int64] = np.concatenate(sections)
        self.start: NDArray[np.float64] = np.array(places.first, np.float64)
        self.results = len(results)
        self._size = first_row + rows.count * self.block

    def memory(self) -> NDArray[np.float64]:
        """Fresh memory for one run at a time; it begins where a line of the cache does."""
        line = 8
        whole = np.zeros(self._size + line, np.float64)
        skip = (-whole.ctypes.data // 8) % line
        memory = whole[skip : skip + self._size]
        memory[: len(self.start)] = self.start
        return memory


def _whole_vectors(numbers: int) -> int:
    """How many numbers the vectors hold that hold so many."""
    return -(-numbers // WIDTH) * WIDTH


def _uniform_words(code: Code, positions: list[int], places: Places) -> list[int]:
    """The loops over uniform instructions: neighbours of a kind are one."""
    words: list[int] = []
    for kind, run in groupby(positions, lambda i: _loop_of(code[i].op, len(code[i].operands))):
        loop = len(words)
        words += (kind, 0, places.count)
        for i in run:
            _, operands, products = code[i]
            if max(places[j] for j in operands) >= words[loop + 2]:  # none needs another's result
                words[loop + 1] = places.count - words[loop + 2]
                loop = len(words)
                words += (kind, 0, places.count)
            if kind == interpreter.DOT:
                words += (products, len(operands) - 2 * products)
            elif kind == interpreter.SUM:
                words.append(len(operands))
            words += [places[j] for j in operands]
            places.new(i)
        words[loop + 1] = places.count - words[loop + 2]
    return words


def _loop_of(op: ops.Op | Kind, operands: int) -> int:
    if op is Kind.DOT:
        return interpreter.DOT
    if op is ops.ADD and operands > 2:
        return interpreter.SUM
    assert isinstance(op, ops.Op)
    return interpreter.NUMBER[op]
