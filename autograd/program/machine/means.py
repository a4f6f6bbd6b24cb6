"""Means over the rows, written as tables of products and as scatters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autograd.program.scatters import scatter_at

from . import interpreter
from .mean_tables import regular, tables_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from autograd.program.ir import Code
    from autograd.program.sums import Sums

    from .panels import Row
    from .places import Places
    from .slots import Slots
    from .words import Words

__all__ = ["Means"]


class Means:
    """A writer of the means.

    Arguments:
        code: the instructions.
        sums: their sums of products.
        scattered: positions of what a mean takes from an index and a value, see `scatters`.
        slots: the memory of uniform values.
        places: the rows of varying ones.
        words: the bytecode so far.

    Attributes:
        count: how many means there are; they get the next slots, in the order of their sums.
    """

    def __init__(
        self,
        code: Code,
        sums: Sums,
        scattered: set[int],
        slots: Slots,
        places: Places,
        words: Words,
    ) -> None:
        self.count = 0
        self._code = code
        self._sums = sums
        self._scattered = scattered
        self._slots = slots
        self._places = places
        self._words = words
        self._number: dict[int, int] = {}  # of each mean that has one
        self._step_from: dict[tuple[int, ...], int] = {}  # see `_step_of`

    def number_of(self, position: int) -> int:
        """The number of a mean, which is the next one if it has none."""
        if position not in self._number:
            self._number[position] = self.count
            self.count += 1
            self._slots.new(position)
        return self._number[position]

    def write(self, positions: list[int]) -> None:
        """Write means of sums of products, as tables of products where possible.

        The first terms of all means come first, then all the second ones, so that a mean over one
        row adds its terms in order; those in a panel are one term.
        """
        ranked: dict[tuple[int, int], list[tuple[Row, Row, int]]] = {}
        scattered: dict[tuple[Row, Row, int], list[dict[int, int]]] = {}
        for i in positions:
            terms = self._sums.terms(i)
            if not self._scattered.isdisjoint(self._code.operands_of(i)):
                self._scatter(i, terms, scattered)
                terms = [one for one in terms if self._scattered.isdisjoint(one)]
            for rank, (a, b, width) in enumerate(self._stretches(terms)):
                ranked.setdefault((rank, width), []).append((a, b, i))
        for (_, width), products in sorted(ranked.items()):
            for table in tables_of(products):
                for one in regular(table._replace(sums=list(map(self.number_of, table.sums)))):
                    self._words.begin(interpreter.MEAN, 1)
                    first, across = one.sums[0], one.sums[-len(one.right)] - one.sums[0]
                    self._words.plain(len(one.left), len(one.right), width)
                    self._words.sum(first)
                    self._words.across(across // max(len(one.left) - 1, 1))
                    self._words.rows(one.left)
                    self._words.rows(one.right)
        for (index, value, width), tables in scattered.items():
            for entries in tables:
                self._words.begin(interpreter.SCATTER, 1)
                self._words.rows([index, value])
                self._words.plain(width, max(entries) + 1)
                for entry in range(max(entries) + 1):
                    if entry in entries:
                        self._words.sum(self.number_of(entries[entry]))
                    else:
                        self._words.plain(-1)
        for i in positions:
            self._places.release(self._code.operands_of(i))
        for i in positions if self._scattered else []:
            operands = self._code.operands_of(i)
            for operand in self._scattered.intersection(operands):
                self._places.uses[operand] -= operands.count(operand)
                if not self._places.uses[operand]:
                    self._places.release(scatter_at(self._code, operand)[:2])

    def _scatter(
        self,
        mean: int,
        terms: Iterable[tuple[int, int]],
        found: dict[tuple[Row, Row, int], list[dict[int, int]]],
    ) -> None:
        """Note which terms of a mean are scattered (`scatters`).

        For the first rows of index and value, and their number, `found` gets the mean of each entry
        of a table. A value that is scattered to several means has as many tables.
        """
        scatters = [
            scatter_at(self._code, i) for pair in terms for i in pair if i in self._scattered
        ]
        for entry in dict.fromkeys([one.entry for one in scatters]):
            pairs = [(one.column, one.value) for one in scatters if one.entry == entry]
            for stretch in self._stretches(pairs):
                tables = found.setdefault(stretch, [])
                table = next((one for one in tables if entry not in one), None)
                if table is None:
                    tables.append(table := {})
                table[entry] = mean

    def _stretches(self, terms: list[tuple[int, int]]) -> Iterator[tuple[Row, Row, int]]:
        """Cut a sum of products into parts whose factors follow one another in panels.

        A part is the first row of either factor, and how many there are. They may follow one
        another backwards, as contributions to a gradient do.
        """
        if len(terms) > 1:  # most sums are a single part
            lefts, rights = zip(*terms, strict=True)
            step = self._step_of(lefts)
            if step and self._step_of(rights) == step:
                end = 0 if step > 0 else -1
                yield self._places.row[lefts[end]], self._places.row[rights[end]], len(terms)
                return
        rows = [(self._places.row_of(a), self._places.row_of(b)) for a, b in terms]
        begin = 0
        while begin < len(rows):
            end = begin + 1
            while end < len(rows):
                step = rows[begin + 1][0][1] - rows[begin][0][1]
                if abs(step) != 1 or not self._steps(terms, rows, end, step):
                    break
                end += 1
            lowest = min(rows[begin], rows[end - 1])
            for panel, _ in lowest:
                self._places.panels.widen(panel, end - begin)
            yield *lowest, end - begin
            begin = end

    def _step_of(self, positions: tuple[int, ...]) -> int:
        """1 if the rows of these factors follow one another, −1 if they do backwards, or 0.

        The means of a table have their factors in common, so each sequence is looked at once.
        """
        if positions not in self._step_from:
            rows = [self._places.row.get(i, (-1, 0)) for i in positions]
            panel, first = rows[0]
            step = rows[1][1] - first
            ends = range(first, first + step * len(rows), step or 1)
            straight = panel >= 0 and abs(step) == 1 and rows == [(panel, k) for k in ends]
            self._step_from[positions] = step if straight else 0
        return self._step_from[positions]

    def _steps(
        self, terms: list[tuple[int, int]], rows: list[tuple[Row, Row]], k: int, step: int
    ) -> bool:
        """Whether both factors of term k are in the row that follows those of the term before."""
        for before, after, i, j in zip(rows[k - 1], rows[k], terms[k - 1], terms[k], strict=True):
            filled = i not in self._places.row and i == j
            if not filled and after != (before[0], before[1] + step):
                return False
        return True
