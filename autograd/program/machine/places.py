"""Which row of memory holds which value, in the loop over rows of columns.

Varying values that play the same role are neighbours in a panel (`panels`). A panel is freed when
the last of its values has been used. Uniform values that such instructions read are spread over
rows that are filled once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from autograd.program.sums import ONE

from .panels import Panels, Row

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from .slots import Slots

__all__ = ["ZERO", "Places"]

ZERO = ONE - 1
"""Stands for −0.0 where a position is expected: −0.0 + x is x for every x."""


class Places:
    """The rows of values.

    Arguments:
        slots: the memory of uniform values.
        uses: how often each value is read.

    Attributes:
        panels: the panels.
        row: the row of each varying value that has one.
        uses: as given.
    """

    def __init__(self, slots: Slots, uses: list[int]) -> None:
        self._slots = slots
        self.uses = uses
        self.panels = Panels()
        self.row: dict[int, Row] = {}
        self._filled_rows: dict[int, int] = {}  # panels that are filled with one number, by slot
        self._listed_rows: dict[tuple[int, ...], int] = {}  # and those with a number for each row
        self._left: list[int] = []  # of each panel: how often it is still used

    def spread(self, at: Mapping[int, int] | Sequence[int], block: int) -> list[int]:
        """Triples of the slot of a number, where to fill memory with it, and how much of it.

        Arguments:
            at: where each panel is.
            block: how many rows of the columns are in a block.
        """
        spread: list[int] = []
        for slot, panel in self._filled_rows.items():
            spread += (slot, at[panel], self.panels.rows[panel] * block)
        for listed, panel in self._listed_rows.items():
            for k, slot in enumerate(listed):
                spread += (slot, at[panel] + k * block, block)
        return spread

    def new_panel(self, positions: Sequence[int]) -> int:
        """Make a panel for the results at these positions."""
        panel = self.panels.new(len(positions))
        for k, i in enumerate(positions):
            self.row[i] = panel, k
        self._left += [0] * (panel + 1 - len(self._left))
        self._left[panel] = sum([self.uses[i] for i in positions])
        return panel

    def release(self, operands: Iterable[int], times: int = 1) -> None:
        """Count uses of each operand, and free the panels that nothing needs any more."""
        row, left = self.row, self._left
        for i in operands:
            if i in row:
                panel = row[i][0]
                left[panel] -= times
                if not left[panel]:
                    self.panels.free(panel)

    def row_of(self, position: int) -> Row:
        """The row of a varying value, or a row filled with a uniform value."""
        return self.row.get(position) or self._filled(self.slot(position), 1)

    def slot(self, position: int) -> int:
        """The slot of a uniform value."""
        if position >= 0:
            return self._slots[position]
        return self._slots.one if position == ONE else self._slots.zero

    def slots_of(self, positions: NDArray[np.int64]) -> NDArray[np.int64]:
        """The slots of many uniform values."""
        found = self._slots.at[positions]
        found[positions == ONE], found[positions == ZERO] = self._slots.one, self._slots.zero
        return found

    def rows_of(self, positions: Sequence[int]) -> Row | None:
        """The first of the rows of these operands, if they follow one another in a panel."""
        if len(positions) == 1:
            return self.row_of(positions[0])
        if not any([i in self.row for i in positions]):
            listed = tuple(map(self.slot, positions))
            if len(set(listed)) == 1:
                return self._filled(listed[0], len(listed))
            if listed not in self._listed_rows:
                self._listed_rows[listed] = self.panels.fixed()
                self.panels.widen(self._listed_rows[listed], len(listed))
            return self._listed_rows[listed], 0
        first = self.row.get(positions[0])
        if first is None:
            return None
        panel, k = first
        for i in positions:
            if self.row.get(i) != (panel, k):
                return None
            k += 1
        return first

    def all_rows_of(self, operands: Sequence[Sequence[int]]) -> list[Row]:
        """The first rows of operands that follow one another."""
        found = []
        for each in zip(*operands, strict=True):
            row = self.rows_of(each)
            assert row is not None
            found.append(row)
        return found

    def _filled(self, slot: int, width: int) -> Row:
        """Rows that are filled with one number. They are filled only once, so never freed."""
        if slot not in self._filled_rows:
            self._filled_rows[slot] = self.panels.fixed()
        self.panels.widen(self._filled_rows[slot], width)
        return self._filled_rows[slot], 0

    def in_order(self, positions: list[int], operands: Sequence[Sequence[int]]) -> list[int]:
        """Sort instructions of a role in the order of the rows that they read.

        If they read one operand's rows repeatedly, the order is that of another.
        """
        if len(positions) == 1:
            return positions
        nowhere = -1, 0
        rows = [[self.row.get(i, nowhere) for i in each] for each in operands]
        columns = list(zip(*rows, strict=False))  # sums of a role may differ in length
        columns.sort(key=lambda column: -len(set(column)))
        order = sorted(range(len(positions)), key=list(zip(*columns, strict=True)).__getitem__)
        return [positions[k] for k in order]

    def segments(self, operands: Sequence[Sequence[int]]) -> Iterator[tuple[int, int]]:
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
            a, b = self.row.get(i), self.row.get(j)
            if a is None or b is None:
                if a is not b:
                    return False
            elif b != (a[0], a[1] + 1):
                return False
        return True
