"""Memory for varying values: rows of a block, in panels of rows side by side.

A *panel* holds values that play the same role (`roles`), so that one instruction can compute all of
them. Most panels hold a single value. Where a panel is in memory depends on how many numbers a row
has: `Panels` notes what is needed from when to when, and `place` finds addresses for a length of
rows.
"""

from __future__ import annotations

from bisect import bisect_left, insort

from .memory import WIDTH

__all__ = ["Panels", "Row"]

Row = tuple[int, int]
"""A panel's number, and which of its rows."""


class Panels:
    """A record of panels, in the order in which they are made and no longer needed.

    Attributes:
        rows: how many rows each panel has.
    """

    def __init__(self) -> None:
        self.rows: list[int] = []
        self._events: list[int] = []  # a panel is needed from now on; ~panel: no longer

    def new(self, rows: int) -> int:
        """Make a panel, and return its number."""
        self._events.append(len(self.rows))
        self.rows.append(rows)
        return len(self.rows) - 1

    def fixed(self) -> int:
        """Make a panel of one row that is kept, before all others; `widen` makes room for more."""
        self.rows.append(1)
        return len(self.rows) - 1

    def widen(self, panel: int, rows: int) -> None:
        """Give a panel at least so many rows."""
        self.rows[panel] = max(self.rows[panel], rows)

    def free(self, panel: int) -> None:
        """Say that a panel is no longer needed."""
        self._events.append(~panel)

    def place(self, numbers: int) -> tuple[list[int], int]:
        """Find room for the panels, if a row has so many numbers.

        Returns:
            Where each panel begins, and how many numbers they take in total.
        """
        # Vectors are written whole. What follows a row is written later, or left free.
        slack = WIDTH - 1 if numbers % WIDTH else 0
        sizes = [(rows * numbers + slack + WIDTH - 1) // WIDTH * WIDTH for rows in self.rows]
        if max(self.rows, default=1) == 1:
            at, end = self._place_single_rows()
            size = sizes[0] if sizes else 0
            return [size * place for place in at], size * end
        at = [-1] * len(sizes)
        end = 0
        made = {panel for panel in self._events if panel >= 0}
        for panel, size in enumerate(sizes):
            if panel not in made:
                at[panel] = end
                end += size
        free = _Free()
        for event in self._events:
            if event < 0:
                free.add(at[~event], sizes[~event])
                continue
            at[event] = free.take(sizes[event])
            if at[event] < 0:
                at[event], end = free.extend(end, sizes[event])
        return at, end

    def _place_single_rows(self) -> tuple[list[int], int]:
        """Find room for panels of one row each, counted in rows."""
        at = [-1] * len(self.rows)
        end = 0
        for panel in set(range(len(at))).difference(self._events):
            at[panel] = end
            end += 1
        free: list[int] = []
        for event in self._events:
            if event < 0:
                free.append(at[~event])
            elif free:
                at[event] = free.pop()
            else:
                at[event] = end
                end += 1
        return at, end


class _Free:
    """The free parts of memory, which are joined where they meet."""

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._size: dict[int, int] = {}
        self._of_size: dict[int, list[int]] = {}  # starts, some of them no longer valid

    def add(self, start: int, size: int) -> None:
        where = bisect_left(self._starts, start)
        if where < len(self._starts) and self._starts[where] == start + size:
            size += self._size.pop(self._starts.pop(where))
        if where and self._starts[where - 1] + self._size[self._starts[where - 1]] == start:
            start = self._starts[where - 1]
            size += self._size[start]
        else:
            insort(self._starts, start)
        self._size[start] = size
        self._of_size.setdefault(size, []).append(start)

    def take(self, size: int) -> int:
        """Take the smallest part that is large enough; return its start, or −1."""
        for there in sorted(self._of_size):
            if there < size:
                continue
            starts = self._of_size[there]
            while starts:
                start = starts.pop()
                if self._size.get(start) == there:
                    self._remove(start)
                    if there > size:
                        self.add(start + size, there - size)
                    return start
            del self._of_size[there]
        return -1

    def extend(self, end: int, size: int) -> tuple[int, int]:
        """Take a part at the end of memory, with what is free there; return its start, the end."""
        if self._starts and self._starts[-1] + self._size[self._starts[-1]] == end:
            start = self._starts[-1]
            self._remove(start)
            return start, start + size
        return end, end + size

    def _remove(self, start: int) -> None:
        del self._size[start]
        del self._starts[bisect_left(self._starts, start)]
