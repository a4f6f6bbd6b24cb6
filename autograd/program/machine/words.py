"""The bytecode of the loop over rows while it is written: addresses are filled in at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .memory import WIDTH

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from .panels import Panels, Row

__all__ = ["Words"]


class Words:
    """A writer of instructions in runs: those of one loop, on panels of the same width.

    A run begins with its loop, how many instructions it has, and how many vectors each works on, or
    0 for those of a single row.

    Attributes:
        panels: the rows that instructions refer to.
        wide: whether instructions run on panels of several rows.
    """

    def __init__(self, panels: Panels) -> None:
        self.panels = panels
        self._words: list[int] = []
        # Where the words are that `finish` fills in: rows, widths, packed matrices, sums, distances
        # between sums.
        self._rows_at: list[int] = []
        self._panel_at: list[int] = []
        self._widths_at: list[int] = []
        self._packed_at: list[int] = []
        self._sums_at: list[int] = []
        self._across_at: list[int] = []
        self._run = [-1, 0]  # the loop and the width of the run that is being written,
        self._count_at = 0  # and where its number of instructions is

    @property
    def wide(self) -> bool:
        """Whether instructions run on panels of several rows."""
        return bool(self._widths_at)

    def begin(self, loop: int, width: int) -> None:
        """Begin an instruction of a loop, on so many rows."""
        if self._run != [loop, width]:
            self._run = [loop, width]
            self._count_at = len(self._words) + 1
            self._words += (loop, 0, 0)
            if width > 1:
                self._widths_at.append(len(self._words) - 1)
                self._words[-1] = width
        self._words[self._count_at] += 1

    def plain(self, *words: int) -> None:
        """Write words as they are."""
        self._words += words

    def rows(self, rows: Iterable[Row]) -> None:
        """Write the addresses of rows."""
        for panel, k in rows:
            self._rows_at.append(len(self._words))
            self._panel_at.append(panel)
            self._words.append(k)

    def packed(self, start: int) -> None:
        """Write the address of what is packed there."""
        self._packed_at.append(len(self._words))
        self._words.append(start)

    def sum(self, number: int) -> None:
        """Write the address of a sum over rows."""
        self._sums_at.append(len(self._words))
        self._words.append(number)

    def across(self, sums: int) -> None:
        """Write a distance of so many sums."""
        self._across_at.append(len(self._words))
        self._words.append(sums)

    def finish(
        self, packed: int, sums: int, first_row: int, block: int
    ) -> tuple[NDArray[np.int64], list[int]]:
        """The bytecode, and where in memory each panel begins.

        Arguments:
            packed, sums, first_row: where packed matrices, sums and rows begin.
            block: how many numbers a row has.
        """
        at = [first_row + place for place in self.panels.place(block)[0]]
        words = np.array(self._words, np.int64)
        lanes = 1 if block == 1 else WIDTH
        words[self._packed_at] += packed
        words[self._sums_at] = sums + words[self._sums_at] * lanes
        words[self._across_at] *= lanes
        if self._rows_at:
            begins = np.array(at, np.int64)[self._panel_at]
            words[self._rows_at] = begins + words[self._rows_at] * block
        words[self._widths_at] = -(-words[self._widths_at] * block // WIDTH)
        return words, at
