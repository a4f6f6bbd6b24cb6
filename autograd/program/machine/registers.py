"""The loop over rows: assign varying values to rows of memory, and sums to matrices.

Instructions that play the same role run as one, on panels of rows (`roles`, `panels`). Dot products
with the same vector become a matrix, and means of products become tables of products.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from autograd import ops
from autograd.program.ir import NUMBER
from autograd.program.scatters import scatter_at
from autograd.program.sums import ONE, Sum, Sums

from . import interpreter
from .batches import batches, count_uses
from .mean_tables import regular, tables_of
from .panels import Panels, Row
from .words import Words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from autograd.program.ir import Code

    from .slots import Slots

__all__ = ["Rows"]

_COPIES = 10
"""So many copies of a row take about as long as one more instruction."""

_ZERO = ONE - 1
"""Stands for −0.0 where a position is expected: −0.0 + x is x for every x."""


class Rows:
    """A writer of the bytecode of the loop over rows.

    Arguments:
        code: the instructions.
        positions: which of them are in the loop.
        varies: whether each result differs from row to row.
        loops: which loop runs each instruction.
        roles: the role of each, see `roles`.
        slots: the memory of uniform values.
        stores: the number and the position of each output that becomes a column.

    Attributes:
        packed: the slots of the weights, in the order in which they are packed before the loop.
        means: how many means there are; they get the next slots, in the order of their sums.
        wide: whether instructions run on panels.
    """

    def __init__(
        self,
        code: Code,
        positions: NDArray[np.int64],
        varies: NDArray[np.bool_],
        loops: NDArray[np.int64],
        roles: NDArray[np.int64],
        slots: Slots,
        stores: Sequence[tuple[int, int]],
    ) -> None:
        self._code = code
        self._sums = Sums(code, varies)
        self._roles = roles.tolist()
        self._slots = slots
        self._panels = Panels()
        self.packed: list[int] = []
        self._packed_from: dict[tuple[int, ...], int] = {}  # a matrix's slots, and where it begins
        self._filled_rows: dict[int, int] = {}  # panels that are filled with one number, by slot
        self._listed_rows: dict[tuple[int, ...], int] = {}  # and those with a number for each row
        self._step_from: dict[tuple[int, ...], int] = {}  # see `_step_of`
        self.means = 0
        self._row: dict[int, Row] = {}
        self._words = Words(self._panels)
        self._scattered: set[int] = set(np.flatnonzero(loops == interpreter.NOTHING).tolist())
        self._uses: list[int] = count_uses(code, positions, stores)
        for i in self._scattered:  # a mean reads the index, even if the comparison runs, too
            if code.arrays.op[i] == NUMBER[ops.MASKED]:
                self._uses[scatter_at(self._code, i).column] += 1
        self._left: list[int] = []  # of each panel: how often it is still used
        for batch in batches(code, positions, loops):
            kind = int(loops[batch[0]])
            if kind == interpreter.MEAN:
                self._mean(batch)
            elif kind == interpreter.MATRIX:
                self._matrices(batch)
            elif kind == interpreter.LOOKUP:
                for panel in self._by_role(batch):
                    self._look_up(panel)
            elif kind != interpreter.NOTHING:
                for panel in self._by_role(batch):
                    self._each(kind, panel)
        self._store(stores)

    @property
    def wide(self) -> bool:
        """Whether instructions run on panels of several rows."""
        return self._words.wide

    def size(self, block: int) -> int:
        """How many numbers the rows are, in blocks of so many."""
        return self._panels.place(block)[1]

    def bytecode(
        self, packed: int, sums: int, first_row: int, block: int
    ) -> tuple[NDArray[np.int64], list[int]]:
        """The bytecode, for these addresses of matrices, sums and rows, and rows in a block.

        Returns:
            The bytecode; and triples of the slot of a number, where to fill memory with it, and how
            much of it.
        """
        words, at = self._words.finish(packed, sums, first_row, block)
        spread: list[int] = []
        for slot, panel in self._filled_rows.items():
            spread += (slot, at[panel], self._panels.rows[panel] * block)
        for listed, panel in self._listed_rows.items():
            for k, slot in enumerate(listed):
                spread += (slot, at[panel] + k * block, block)
        return words, spread

    # ── which row holds what ─────────────────────────────────────────────────────────────────

    def _by_role(self, batch: list[int]) -> Iterable[list[int]]:
        """The instructions of each role, in order."""
        found: dict[int, list[int]] = {}
        for i in batch:
            found.setdefault(self._roles[i], []).append(i)
        return found.values()

    def _new_panel(self, positions: Sequence[int]) -> int:
        """Make a panel for the results at these positions."""
        panel = self._panels.new(len(positions))
        for k, i in enumerate(positions):
            self._row[i] = panel, k
        self._left += [0] * (panel + 1 - len(self._left))
        self._left[panel] = sum([self._uses[i] for i in positions])
        return panel

    def _release(self, operands: Iterable[int], times: int = 1) -> None:
        """Count uses of each operand, and free the panels that nothing needs any more."""
        row, left = self._row, self._left
        for i in operands:
            if i in row:
                panel = row[i][0]
                left[panel] -= times
                if not left[panel]:
                    self._panels.free(panel)

    def _row_of(self, position: int) -> Row:
        """The row of a varying value, or a row filled with a uniform value."""
        return self._row.get(position) or self._filled(self._slot(position), 1)

    def _slot(self, position: int) -> int:
        """The slot of a uniform value."""
        if position >= 0:
            return self._slots[position]
        return self._slots.one if position == ONE else self._slots.zero

    def _filled(self, slot: int, width: int) -> Row:
        """Rows that are filled with one number. They are filled only once, so never freed."""
        if slot not in self._filled_rows:
            self._filled_rows[slot] = self._panels.fixed()
        self._panels.widen(self._filled_rows[slot], width)
        return self._filled_rows[slot], 0

    def _rows_of(self, positions: Sequence[int]) -> Row | None:
        """The first of the rows of these operands, if they follow one another in a panel."""
        if len(positions) == 1:
            return self._row_of(positions[0])
        if not any([i in self._row for i in positions]):
            listed = tuple(map(self._slot, positions))
            if len(set(listed)) == 1:
                return self._filled(listed[0], len(listed))
            if listed not in self._listed_rows:
                self._listed_rows[listed] = self._panels.fixed()
                self._panels.widen(self._listed_rows[listed], len(listed))
            return self._listed_rows[listed], 0
        first = self._row.get(positions[0])
        if first is None:
            return None
        panel, k = first
        for i in positions:
            if self._row.get(i) != (panel, k):
                return None
            k += 1
        return first

    def _all_rows_of(self, operands: Sequence[Sequence[int]]) -> list[Row]:
        """The first rows of operands that follow one another."""
        found = []
        for each in zip(*operands, strict=True):
            row = self._rows_of(each)
            assert row is not None
            found.append(row)
        return found

    # ── the loops ────────────────────────────────────────────────────────────────────────────

    def _each(self, kind: int, positions: list[int]) -> None:
        """Write a loop over operations of one or two rows, or over loads of a column."""
        if kind == interpreter.LOAD:
            to = self._new_panel(positions)
            for k, i in enumerate(positions):
                self._words.begin(kind, 1)
                self._words.rows([(to, k)])
                self._words.plain(int(self._code.arrays.detail[i]))
            return
        operands = [self._code.operands_of(i) for i in positions]
        if len(positions) > 1:
            positions = self._in_order(positions, operands)
            operands = [self._code.operands_of(i) for i in positions]
        to = self._new_panel(positions)
        for k, end, rows in self._parts(operands):
            self._words.begin(kind, end - k)
            self._words.rows([(to, k), *rows])
        for each in operands:
            self._release(each)

    def _look_up(self, positions: list[int]) -> None:
        """Write lookups of one table at each of several indices."""
        positions = self._in_order(positions, [self._code.operands_of(i)[:1] for i in positions])
        to = self._new_panel(positions)
        operands = [self._code.operands_of(i)[:1] for i in positions]
        slots = [self._slots[i] for i in self._code.operands_of(positions[0])[1:]]
        step = slots[1] - slots[0] if len(slots) > 1 else 0
        for k, end, (index,) in self._parts(operands):
            self._words.begin(interpreter.LOOKUP, end - k)
            self._words.rows([(to, k), index])
            if slots == [slots[0] + step * t for t in range(len(slots))]:
                self._words.plain(slots[0], step, len(slots))
            else:
                self._words.packed(self._packed_start(slots))
                self._words.plain(1, len(slots))
        for each in operands:
            self._release(each)

    def _in_order(self, positions: list[int], operands: Sequence[Sequence[int]]) -> list[int]:
        """Sort instructions of a role in the order of the rows that they read.

        If they read one operand's rows repeatedly, the order is that of another.
        """
        if len(positions) == 1:
            return positions
        nowhere = -1, 0
        rows = [[self._row.get(i, nowhere) for i in each] for each in operands]
        columns = list(zip(*rows, strict=False))  # sums of a role may differ in length
        columns.sort(key=lambda column: -len(set(column)))
        order = sorted(range(len(positions)), key=list(zip(*columns, strict=True)).__getitem__)
        return [positions[k] for k in order]

    def _parts(self, operands: Sequence[Sequence[int]]) -> Iterator[tuple[int, int, list[Row]]]:
        """Cut a panel into parts that run as one instruction.

        A part is where it begins and ends, and the first row of each operand. The operands of a
        part follow one another in panels; if only few do, they are copied into panels that do.
        """
        if len(operands) == 1:
            yield 0, 1, [self._row_of(i) for i in operands[0]]
            return
        parts = list(self._segments(operands))
        columns = list(zip(*operands, strict=False))
        rows = [self._rows_of(each) for each in columns]
        copies = rows.count(None) * (1 + len(operands) // _COPIES)
        if len(parts) <= 1 + copies or len({len(each) for each in operands}) > 1:
            for k, end in parts:
                yield k, end, self._all_rows_of(operands[k:end])
            return
        copied = [row is None for row in rows]
        found = [row or self._gather(each) for row, each in zip(rows, columns, strict=True)]
        yield 0, len(operands), found
        for (panel, _), free in zip(found, copied, strict=True):
            if free:
                self._panels.free(panel)

    def _segments(self, operands: Sequence[Sequence[int]]) -> Iterator[tuple[int, int]]:
        """Cut a panel into parts that run as one: their operands follow one another in panels."""
        begin = 0
        for k in range(1, len(operands) + 1):
            if k == len(operands) or not self._continues(operands[k - 1], operands[k]):
                yield begin, k
                begin = k

    def _continues(self, before: Sequence[int], after: Sequence[int]) -> bool:
        """Whether each operand is in the row after the one before, or both are uniform."""
        if len(before) != len(after) or not before:
            return False
        for i, j in zip(before, after, strict=True):
            a, b = self._row.get(i), self._row.get(j)
            if a is None or b is None:
                if a is not b:
                    return False
            elif b != (a[0], a[1] + 1):
                return False
        return True

    def _store(self, stores: Sequence[tuple[int, int]]) -> None:
        for column, position in stores:
            self._words.begin(interpreter.STORE, 1)
            self._words.rows([self._row_of(position)])
            self._words.plain(column)

    def _matrices(self, positions: list[int]) -> None:
        """Write sums of products: those with the same vector form a matrix."""
        sums = {i: self._sums.split(i) for i in positions}
        by_vector: dict[tuple[int, ...], list[int]] = {}
        for i in positions:
            by_vector.setdefault(sums[i].xs, []).append(i)
        alike: dict[tuple[int, ...], list[list[int]]] = {}  # by role and weights
        for xs, members in by_vector.items():
            if xs:
                weights = chain.from_iterable([sums[i].weights for i in members])
                alike.setdefault((self._roles[members[0]], *weights), []).append(members)
        for applications in alike.values():
            self._matrix(applications, sums)
        for members in self._by_role(by_vector.get((), [])):
            operands = {
                i: _with_pairs(_ZERO if (first := sums[i].first) is None else first, sums[i])
                for i in members
            }
            members = self._in_order(members, list(operands.values()))
            self._new_panel(members)
            self._row_dots(members, [operands[i] for i in members])
            for i in members:
                self._release(self._code.operands_of(i))

    def _matrix(self, applications: list[list[int]], sums: dict[int, Sum]) -> None:
        """Write a matrix times one vector, or several of them side by side."""
        width = len(applications)
        if width > 1:
            nowhere = -1, 0
            applications.sort(key=lambda members: self._row.get(sums[members[0]].xs[0], nowhere))
        outputs = list(zip(*applications, strict=True))
        vectors = zip(*[sums[members[0]].xs for members in applications], strict=True)
        for each in outputs:
            self._new_panel(each)
        xs, temporary = [], []
        for each in vectors:
            row = self._rows_of(each)
            if row is None:
                row = self._gather(each)
                temporary.append(row[0])
            xs.append(row)
        # Where pairs are added to the rows of a panel one by one, the sums so far are kept apart: a
        # vector that is written reaches into the next row.
        sofar = list(map(list, outputs))
        for k, each in enumerate(outputs):
            if width > 1 and any(sums[i].pairs for i in each):
                panel = self._panels.new(width)
                temporary.append(panel)
                sofar[k] = [_ZERO - 1 - panel * width - place for place in range(width)]
                self._row.update((i, (panel, place)) for place, i in enumerate(sofar[k]))
        lasts = [tuple([_ZERO if (last := sums[i].last) is None else last for i in each])
                 for each in outputs]  # fmt: skip
        common = [len(set(map(self._slot, each))) == 1 for each in lasts]
        added = [each[0] if same else _ZERO for each, same in zip(lasts, common, strict=True)]
        to = [self._row[each[0]] for each in sofar]
        self._words.begin(interpreter.MATRIX, width)
        self._words.plain(len(outputs), len(xs))
        self._words.packed(self._pack([sums[i] for i in applications[0]], added))
        self._words.rows(xs)
        self._words.rows(to)
        for k, each in enumerate(outputs):
            if not common[k]:  # the matrix itself adds one number, the same to all vectors
                self._words.begin(interpreter.ADD, width)
                self._words.rows((to[k], to[k], *self._all_rows_of([[last] for last in lasts[k]])))
            if any(sums[i].pairs for i in each):
                operands = zip(sofar[k], each, strict=True)
                self._row_dots(each, [_with_pairs(start, sums[i]) for start, i in operands])
        for panel in temporary:
            self._panels.free(panel)
        for members in applications:
            self._release(sums[members[0]].xs, len(members))
            for i in members:
                self._release(chain.from_iterable(sums[i].pairs))

    def _row_dots(self, members: Sequence[int], operands: list[list[int]]) -> None:
        """Write sums of products of varying values, for each row of a panel.

        The operands of each are what it begins with, then pairs of factors.
        """
        panel = self._row[members[0]][0]
        for k, end, (start, *rows) in self._parts(operands):
            self._words.begin(interpreter.ROW_DOT, end - k)
            self._words.rows(((panel, k), start))
            self._words.plain(len(rows) // 2)
            self._words.rows(rows)

    def _gather(self, positions: Sequence[int]) -> Row:
        """Copy rows into a panel of their own."""
        panel = self._panels.new(len(positions))
        self._words.begin(interpreter.GATHER, 1)
        self._words.rows([(panel, 0)])
        self._words.plain(len(positions))
        self._words.rows(map(self._row_of, positions))
        return panel, 0

    def _pack(self, sums: list[Sum], lasts: Sequence[int]) -> int:
        """Pack the weights in the order in which tiles read them; return where they begin.

        A matrix that was packed before is not packed again.
        """
        packed: list[int] = []
        done = 0
        while done < len(sums):
            size = interpreter.tile_of(len(sums) - done)
            tile = sums[done : done + size]
            packed += map(self._slot, lasts[done : done + size])
            for weights in zip(*[one.weights for one in tile], strict=True):
                packed += map(self._slot, weights)
            done += size
        return self._packed_start(packed)

    def _packed_start(self, slots: Sequence[int]) -> int:
        """Where the numbers of these slots are among the packed ones."""
        start = self._packed_from.setdefault(tuple(slots), len(self.packed))
        if start == len(self.packed):
            self.packed += slots
        return start

    def _mean(self, positions: list[int]) -> None:
        """Write means of sums of products, as tables of products where possible.

        The first terms of all means come first, then all the second ones, so that a mean over one
        row adds its terms in order; those in a panel are one term.
        """
        ranked: dict[tuple[int, int], list[tuple[Row, Row, int]]] = {}
        scattered: dict[tuple[Row, Row, int], list[dict[int, int]]] = {}
        for i in positions:
            terms = self._sums.terms(i)
            if self._scattered:
                self._scatter(i, terms, scattered)
                terms = [one for one in terms if self._scattered.isdisjoint(one)]
            for rank, (a, b, width) in enumerate(self._stretches(terms)):
                ranked.setdefault((rank, width), []).append((a, b, i))
        number: dict[int, int] = {}

        def number_of(position: int) -> int:
            if position not in number:
                number[position] = self.means
                self.means += 1
                self._slots.new(position)
            return number[position]

        for (_, width), products in sorted(ranked.items()):
            for table in tables_of(products):
                for one in regular(table._replace(sums=list(map(number_of, table.sums)))):
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
                        self._words.sum(number_of(entries[entry]))
                    else:
                        self._words.plain(-1)
        for i in positions:
            self._release(self._code.operands_of(i))
        for i in positions if self._scattered else []:
            operands = self._code.operands_of(i)
            for operand in self._scattered.intersection(operands):
                self._uses[operand] -= operands.count(operand)
                if not self._uses[operand]:
                    self._release(scatter_at(self._code, operand)[:2])

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
                yield self._row[lefts[end]], self._row[rights[end]], len(terms)
                return
        rows = [(self._row_of(a), self._row_of(b)) for a, b in terms]
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
                self._panels.widen(panel, end - begin)
            yield *lowest, end - begin
            begin = end

    def _step_of(self, positions: tuple[int, ...]) -> int:
        """1 if the rows of these factors follow one another, −1 if they do backwards, or 0.

        The means of a table have their factors in common, so each sequence is looked at once.
        """
        if positions not in self._step_from:
            rows = [self._row.get(i, (-1, 0)) for i in positions]
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
            filled = i not in self._row and i == j
            if not filled and after != (before[0], before[1] + step):
                return False
        return True


def _with_pairs(start: int, one: Sum) -> list[int]:
    """What a sum begins with, and its pairs of factors, one after another."""
    return [start, *[i for pair in one.pairs for i in pair]]
