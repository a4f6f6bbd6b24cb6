"""Register allocation: assign varying values to the rows of a block, and sums to matrices.

Once nothing needs a row's value any more, another value takes the row: with fewer rows, longer
blocks fit into the same cache. Neighbouring dot products with the same vector become a matrix, and
means of products become tables of products.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from autograd.program.sums import ONE, Sum, sum_at, terms_of

from . import interpreter

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from autograd.program.ir import Instruction

    from .slots import Slots

__all__ = ["Rows"]


class Rows:
    """A writer of the bytecode of the loop over rows.

    Attributes:
        count: how many rows a block needs.
        packed: the slots of the weights, in the order in which they are packed before the loop.
        spread: slots of uniform values that fill a whole row, and these rows.
        means: how many means there are; they get the next slots, in the order of their sums.
    """

    def __init__(
        self,
        code: Sequence[Instruction],
        positions: Sequence[int],
        varies: Sequence[bool],
        loops: Sequence[int],
        slots: Slots,
        stores: Sequence[tuple[int, int]],
    ) -> None:
        self._code = code
        self._varies = varies
        self._slots = slots
        self.count = 0
        self.packed: list[int] = []
        self._packed_from: dict[tuple[int, ...], int] = {}  # a matrix's slots, and where it begins
        self.spread: dict[int, int] = {}
        self.means = 0
        self._free: list[int] = []
        self._row: dict[int, int] = {}
        self._words: list[int] = []
        # Words that refer to a row, a packed matrix or a sum: `bytecode` fills in their addresses.
        self._rows_at: list[int] = []
        self._packed_at: list[int] = []
        self._sums_at: list[int] = []

        self._last_use = {i: len(code) for _, i in stores}
        for position in reversed(positions):
            for i in code[position].operands:
                self._last_use.setdefault(i, position)
        for kind, run in groupby(positions, lambda i: loops[i]):
            members = list(run)
            if kind == interpreter.MEAN:
                self._mean(members)
            elif kind == interpreter.MATRIX:
                self._matrices(members)
            else:
                self._each(kind, members)
        self._store(stores)

    def bytecode(self, packed: int, sums: int, first_row: int, block: int) -> list[int]:
        """The bytecode, for these addresses of matrices, sums and rows, and rows in a block."""
        words = self._words.copy()
        for i in self._packed_at:
            words[i] += packed
        for i in self._sums_at:
            words[i] = sums + words[i] * interpreter.WIDTH
        for i in self._rows_at:
            words[i] = first_row + words[i] * block
        return words

    # ── which row holds what ─────────────────────────────────────────────────────────────────

    def _new_row(self, position: int) -> int:
        if not self._free:
            self._free.append(self.count)
            self.count += 1
        self._row[position] = self._free.pop()
        return self._row[position]

    def _release(self, positions: Iterable[int], now: int) -> None:
        """Free the rows that nothing after the instruction at `now` needs."""
        for i in set(positions):
            if i in self._row and self._last_use.get(i, i) <= now:
                self._free.append(self._row.pop(i))

    def _row_of(self, position: int) -> int:
        """The row of a varying value, or a row filled with a uniform value or with 1."""
        if position == ONE:
            return self._filled(self._slots.one)
        if self._varies[position]:
            return self._row[position]
        return self._filled(self._slots[position])

    def _filled(self, slot: int) -> int:
        """The row that is filled with one number. It is filled only once, so it is never freed."""
        if slot not in self.spread:
            self.spread[slot] = self.count
            self.count += 1
        return self.spread[slot]

    def _write_rows(self, rows: Iterable[int]) -> None:
        for row in rows:
            self._rows_at.append(len(self._words))
            self._words.append(row)

    # ── the loops ────────────────────────────────────────────────────────────────────────────

    def _each(self, kind: int, positions: list[int]) -> None:
        """Write a loop over operations of one or two rows, or over loads of a column."""
        self._words += (kind, len(positions))
        for i in positions:
            _, operands, detail = self._code[i]
            to = self._new_row(i)  # not an operand's row: those are freed below
            self._write_rows((to, *[self._row_of(j) for j in operands]))
            if kind == interpreter.LOAD:
                self._words.append(detail)
            self._release((*operands, i), i)

    def _store(self, stores: Sequence[tuple[int, int]]) -> None:
        self._words += (interpreter.STORE, len(stores))
        for column, position in stores:
            self._write_rows([self._row_of(position)])
            self._words.append(column)

    def _matrices(self, positions: list[int]) -> None:
        """Write sums of products: neighbours with the same vector form a matrix."""
        sums = {i: sum_at(self._code, i, self._varies) for i in positions}
        for xs, run in groupby(positions, lambda i: sums[i].xs):
            members = list(run)
            outputs = [self._new_row(i) for i in members]
            if xs:
                self._words += (interpreter.MATRIX, 1, len(members), len(xs))
                self._packed_at.append(len(self._words))
                self._words.append(self._pack([sums[i] for i in members]))
                self._write_rows([self._row_of(x) for x in xs])
                self._write_rows(outputs)
            for i, output in zip(members, outputs, strict=True):
                pairs, first = sums[i].pairs, sums[i].first
                if pairs:
                    self._words += (interpreter.ROW_DOT, 1)
                    start = self._filled(self._slots.zero) if first is None else self._row_of(first)
                    self._write_rows((output, output if xs else start))
                    self._words.append(len(pairs))
                    self._write_rows([self._row_of(i) for pair in pairs for i in pair])
            for i in members:
                self._release((*self._code[i].operands, i), members[-1])

    def _pack(self, sums: list[Sum]) -> int:
        """Pack the weights in the order in which tiles read them; return where they begin.

        A matrix that was packed before is not packed again: a layer that is used several times, as
        at each position of a sequence, has one.
        """
        slots = self._slots
        packed: list[int] = []
        done = 0
        while done < len(sums):
            tile = sums[done : done + interpreter.tile_of(len(sums) - done)]
            packed += [slots.zero if s.last is None else slots[s.last] for s in tile]
            for t in range(len(tile[0].weighted)):
                weights = [s.weighted[t][0] for s in tile]
                packed += [slots.one if w == ONE else slots[w] for w in weights]
            done += len(tile)
        start = self._packed_from.setdefault(tuple(packed), len(self.packed))
        if start == len(self.packed):
            self.packed += packed
        return start

    def _mean(self, positions: list[int]) -> None:
        """Write means of sums of products, as tables of products where possible.

        The first terms of all means come first, then all the second ones, so that a mean over one
        row adds its terms in order.
        """
        ranked: list[list[tuple[int, int, int]]] = []
        for i in positions:
            for rank, (a, b) in enumerate(terms_of(self._code, i)):
                if rank == len(ranked):
                    ranked.append([])
                ranked[rank].append((a, b, self.means))
            self._slots.new(i)
            self.means += 1
        tables = [table for terms in ranked for table in _tables(terms)]
        self._words += (interpreter.MEAN, len(tables))
        for table in tables:
            self._words += (len(table.left), len(table.right))
            self._write_rows([self._row_of(i) for i in (*table.left, *table.right)])
            self._sums_at += range(len(self._words), len(self._words) + len(table.sums))
            self._words += table.sums
        for i in positions:
            self._release(self._code[i].operands, positions[-1])


def _tables(terms: Iterable[tuple[int, int, int]]) -> list[_Table]:
    """Group pairs of factors into few tables, in each of which every left pairs with every right.

    Factors with the same partners go together: the gradient of a layer's weights is the mean of
    each output's gradient times each input.
    """
    sums: dict[tuple[int, int], int] = {}
    tables: list[_Table] = []
    for a, b, total in terms:
        pair = (a, b) if a < b else (b, a)
        if pair in sums:  # it belongs to a second mean
            tables.append(_Table([a], [b], [total]))
        sums.setdefault(pair, total)
    partners: dict[int, set[int]] = {}
    for a, b in sums:
        partners.setdefault(a, set()).add(b)
        partners.setdefault(b, set()).add(a)
    alike: dict[tuple[int, ...], list[int]] = {}
    for i, others in partners.items():
        alike.setdefault(tuple(sorted(others)), []).append(i)
    left = dict(sums)

    def take(rows: list[int], columns: Sequence[int]) -> None:
        pairs = [(a, b) if a < b else (b, a) for a in rows for b in columns]
        if len(set(pairs)) == len(pairs) and all(pair in left for pair in pairs):
            tables.append(_Table(rows, list(columns), [left.pop(pair) for pair in pairs]))
        else:
            for a in rows:
                for b in columns:
                    pair = (a, b) if a < b else (b, a)
                    if pair in left:
                        tables.append(_Table([a], [b], [left.pop(pair)]))

    for columns, rows in sorted(alike.items(), key=lambda one: -len(one[0]) * len(one[1])):
        take(rows, columns)
    return tables


class _Table(NamedTuple):
    """Sums to which each left times each right is added, in row-major order."""

    left: list[int]
    right: list[int]
    sums: list[int]
