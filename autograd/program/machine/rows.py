"""The loop over rows: assign varying values to rows of memory, and sums to matrices.

Instructions that play the same role run as one, on panels of rows (`roles`, `panels`). Dot products
with the same vector become a matrix, and means of products become tables of products.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from autograd import ops
from autograd.program.ir import NUMBER, Kind
from autograd.program.scatters import scatter_at
from autograd.program.sums import Sum, Sums

from . import interpreter
from .batches import batches, count_uses
from .means import Means
from .places import ZERO, Places
from .words import Words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from autograd.program.ir import Code

    from .panels import Row
    from .slots import Slots

__all__ = ["Rows"]

_FAR = 4096
"""How far the numbers of a row of a matrix may be from one another."""
_COPIES = 10
"""So many copies of a row take about as long as one more instruction."""


class Rows:
    """A writer of the bytecode of the loop over rows.

    Arguments:
        code: the instructions.
        positions: which of them are in the loop.
        varies: whether each result differs from row to row.
        loops: which loop runs each instruction.
        roles: the role of each, see `roles`.
        slots: the memory of uniform values.
        results: the positions of the program's results, in order; those that are means get slots
            in this order.
        stores: the number and the position of each output that becomes a column.

    Attributes:
        packed: the slots of the weights, in the order in which they are packed before the loop.
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
        results: NDArray[np.int64],
        stores: Sequence[tuple[int, int]],
    ) -> None:
        self._code = code
        self._sums = Sums(code, varies)
        self._roles = roles.tolist()
        self._slots = slots
        self._places = Places(slots, count_uses(code, positions, stores))
        self._words = Words(self._places.panels)
        self.packed: list[int] = []
        self._packed_from: dict[tuple[int, ...], int] = {}  # a matrix's slots, and where it begins
        scattered: set[int] = set(np.flatnonzero(loops == interpreter.NOTHING).tolist())
        for i in scattered:  # a mean reads the index, even if the comparison runs, too
            if code.arrays.op[i] == NUMBER[ops.MASKED]:
                self._places.uses[scatter_at(code, i).column] += 1
        self._means = Means(code, self._sums, scattered, slots, self._places, self._words)
        for i in results[code.arrays.op[results] == NUMBER[Kind.MEAN]].tolist():
            self._means.number_of(i)
        for batch in batches(code, positions, loops):
            kind = int(loops[batch[0]])
            if kind == interpreter.MEAN:
                self._means.write(batch)
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
    def means(self) -> int:
        """How many means there are; they get the next slots, in the order of their sums."""
        return self._means.count

    @property
    def wide(self) -> bool:
        """Whether instructions run on panels of several rows."""
        return self._words.wide

    def size(self, block: int) -> int:
        """How many numbers the rows are, in blocks of so many."""
        return self._places.panels.place(block)[1]

    def bytecode(
        self, packed: int, sums: int, first_row: int, block: int
    ) -> tuple[NDArray[np.int64], list[int]]:
        """The bytecode, for these addresses of matrices, sums and rows, and rows in a block.

        Returns:
            The bytecode; and triples of the slot of a number, where to fill memory with it, and how
            much of it.
        """
        words, at = self._words.finish(packed, sums, first_row, block)
        return words, self._places.spread(at, block)

    def _by_role(self, batch: list[int]) -> Iterable[list[int]]:
        """The instructions of each role, in order."""
        found: dict[int, list[int]] = {}
        for i in batch:
            found.setdefault(self._roles[i], []).append(i)
        return found.values()

    # ── the loops ────────────────────────────────────────────────────────────────────────────

    def _each(self, kind: int, positions: list[int]) -> None:
        """Write a loop over operations of one or two rows, or over loads of a column."""
        if kind == interpreter.LOAD:
            to = self._places.new_panel(positions)
            for k, i in enumerate(positions):
                self._words.begin(kind, 1)
                self._words.rows([(to, k)])
                self._words.plain(int(self._code.arrays.detail[i]))
            return
        operands = [self._code.operands_of(i) for i in positions]
        if len(positions) > 1:
            positions = self._places.in_order(positions, operands)
            operands = [self._code.operands_of(i) for i in positions]
        to = self._places.new_panel(positions)
        for k, end, rows in self._parts(operands):
            self._words.begin(kind, end - k)
            self._words.rows([(to, k), *rows])
        for each in operands:
            self._places.release(each)

    def _look_up(self, positions: list[int]) -> None:
        """Write lookups of one table at each of several indices."""
        positions = self._places.in_order(
            positions, [self._code.operands_of(i)[:1] for i in positions]
        )
        to = self._places.new_panel(positions)
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
            self._places.release(each)

    def _parts(self, operands: Sequence[Sequence[int]]) -> Iterator[tuple[int, int, list[Row]]]:
        """Cut a panel into parts that run as one instruction.

        A part is where it begins and ends, and the first row of each operand. The operands of a
        part follow one another in panels; if only few do, they are copied into panels that do.
        """
        if len(operands) == 1:
            yield 0, 1, [self._places.row_of(i) for i in operands[0]]
            return
        parts = list(self._places.segments(operands))
        columns = list(zip(*operands, strict=False))
        rows = [self._places.rows_of(each) for each in columns]
        copies = rows.count(None) * (1 + len(operands) // _COPIES)
        if len(parts) <= 1 + copies or len({len(each) for each in operands}) > 1:
            for k, end in parts:
                yield k, end, self._places.all_rows_of(operands[k:end])
            return
        copied = [row is None for row in rows]
        found = [row or self._gather(each) for row, each in zip(rows, columns, strict=True)]
        yield 0, len(operands), found
        for (panel, _), free in zip(found, copied, strict=True):
            if free:
                self._places.panels.free(panel)

    def _store(self, stores: Sequence[tuple[int, int]]) -> None:
        for column, position in stores:
            self._words.begin(interpreter.STORE, 1)
            self._words.rows([self._places.row_of(position)])
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
                members.sort(key=lambda i: list(map(self._places.slot, sums[i].weights)))
                weights = chain.from_iterable([sums[i].weights for i in members])
                alike.setdefault((self._roles[members[0]], *weights), []).append(members)
        for applications in alike.values():
            self._matrix(applications, sums)
        for members in self._by_role(by_vector.get((), [])):
            operands = {
                i: _with_pairs(ZERO if (first := sums[i].first) is None else first, sums[i])
                for i in members
            }
            members = self._places.in_order(members, list(operands.values()))
            self._places.new_panel(members)
            self._row_dots(members, [operands[i] for i in members])
            for i in members:
                self._places.release(self._code.operands_of(i))

    def _matrix(self, applications: list[list[int]], sums: dict[int, Sum]) -> None:
        """Write a matrix times one vector, or several of them side by side."""
        width = len(applications)
        if width > 1:
            nowhere = -1, 0
            applications.sort(
                key=lambda members: self._places.row.get(sums[members[0]].xs[0], nowhere)
            )
        outputs = list(zip(*applications, strict=True))
        vectors = zip(*[sums[members[0]].xs for members in applications], strict=True)
        for each in outputs:
            self._places.new_panel(each)
        xs, temporary = [], []
        for each in vectors:
            row = self._places.rows_of(each)
            if row is None:
                row = self._gather(each)
                temporary.append(row[0])
            xs.append(row)
        # Where pairs are added to the rows of a panel one by one, the sums so far are kept apart: a
        # vector that is written reaches into the next row.
        sofar = list(map(list, outputs))
        for k, each in enumerate(outputs):
            if width > 1 and any(sums[i].pairs for i in each):
                panel = self._places.panels.new(width)
                temporary.append(panel)
                sofar[k] = [ZERO - 1 - panel * width - place for place in range(width)]
                self._places.row.update((i, (panel, place)) for place, i in enumerate(sofar[k]))
        lasts = [tuple([ZERO if (last := sums[i].last) is None else last for i in each])
                 for each in outputs]  # fmt: skip
        common = [len(set(map(self._places.slot, each))) == 1 for each in lasts]
        added = [each[0] if same else ZERO for each, same in zip(lasts, common, strict=True)]
        to = [self._places.row[each[0]] for each in sofar]
        self._words.begin(interpreter.MATRIX, width)
        self._words.plain(len(outputs), len(xs))
        self._words.plain(*self._address([sums[i].weights for i in applications[0]]))
        step, _ = self._address([[last] for last in added])
        self._words.plain(step)
        self._words.rows(xs)
        self._words.rows(to)
        for k, each in enumerate(outputs):
            if not common[k]:  # the matrix itself adds one number, the same to all vectors
                self._words.begin(interpreter.ADD, width)
                self._words.rows(
                    (to[k], to[k], *self._places.all_rows_of([[last] for last in lasts[k]]))
                )
            if any(sums[i].pairs for i in each):
                operands = zip(sofar[k], each, strict=True)
                self._row_dots(each, [_with_pairs(start, sums[i]) for start, i in operands])
        for panel in temporary:
            self._places.panels.free(panel)
        for members in applications:
            self._places.release(sums[members[0]].xs, len(members))
            for i in members:
                self._places.release(chain.from_iterable(sums[i].pairs))

    def _row_dots(self, members: Sequence[int], operands: list[list[int]]) -> None:
        """Write sums of products of varying values, for each row of a panel.

        The operands of each are what it begins with, then pairs of factors.
        """
        panel = self._places.row[members[0]][0]
        for k, end, (start, *rows) in self._parts(operands):
            self._words.begin(interpreter.ROW_DOT, end - k)
            self._words.rows(((panel, k), start))
            self._words.plain(len(rows) // 2)
            self._words.rows(rows)

    def _gather(self, positions: Sequence[int]) -> Row:
        """Copy rows into a panel of their own."""
        panel = self._places.panels.new(len(positions))
        self._words.begin(interpreter.GATHER, 1)
        self._words.rows([(panel, 0)])
        self._words.plain(len(positions))
        self._words.rows(map(self._places.row_of, positions))
        return panel, 0

    def _address(self, rows: Sequence[Sequence[int]]) -> tuple[int, int]:
        """Write where a matrix of uniform values begins in memory.

        If its numbers are in no regular places, the matrix is packed before the loop; and if those
        of a row are far from one another, since they would take too much of the processor's cache.

        Returns:
            How far it is in memory from row to row, and from column to column.
        """
        slots = self._places.slots_of(np.array(rows))
        height, width = slots.shape
        first = int(slots[0, 0])
        across = int(slots[1, 0]) - first if height > 1 else 0
        along = int(slots[0, 1]) - first if width > 1 else 0
        regular = first + across * np.arange(height)[:, None] + along * np.arange(width)
        if (along > 1 and along * width > _FAR) or (slots != regular).any():
            self._words.packed(self._packed_start(slots.ravel().tolist()))
            return width, 1
        self._words.plain(first)
        return across, along

    def _packed_start(self, slots: Sequence[int]) -> int:
        """Where the numbers of these slots are among the packed ones."""
        start = self._packed_from.setdefault(tuple(slots), len(self.packed))
        if start == len(self.packed):
            self.packed += slots
        return start


def _with_pairs(start: int, one: Sum) -> list[int]:
    """What a sum begins with, and its pairs of factors, one after another."""
    return [start, *[i for pair in one.pairs for i in pair]]
