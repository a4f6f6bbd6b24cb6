"""The shape of a scene before it is drawn: what is above what, and about how large it is."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from .dot import Rows
from .once import once
from .scene import Box, Constant, Cut, Frame
from .text import text_width

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .scene import Item, Scene

__all__ = ["Shape"]

_GAP = 16.0  # between boxes side by side, points
_BESIDE = 9.0  # room that a line takes where it passes a row, points
_LEAST = 6.5  # between boxes side by side in short rows, points
_FRAME = 20.0  # the margins of a frame, left and right together, points


class _Span(NamedTuple):
    """The rows that a box or a frame is in, and how wide it is there, in points."""

    first: int
    last: int
    width: float


class Shape:
    """What is above what in a scene, and about how wide each part is, in points."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.width: dict[str, float] = {}
        self.height: dict[str, float] = {}
        self.maker: dict[str, str] = {}  # the circle of each box that has one
        self.beside: dict[str, list[Constant]] = {}  # the constants of each box's operation
        owner: dict[str, str] = {}
        for box in scene.boxes:
            texts = [(box.heading, 12.6), *((field.line, 12.0) for field in box.fields)]
            self.width[box.name] = 15 + max(text_width(text, size) for text, size in texts)
            self.height[box.name] = 10.0 + 14.4 * (bool(box.heading) + len(box.fields))
            owner[box.name] = box.name
            if box.operation is not None:
                owner[box.operation.name] = box.name
                self.maker[box.name] = box.operation.name
                self.beside[box.name] = list(box.operation.constants)
        self.lines = [line for line in scene.lines if not isinstance(line, Cut)]
        self.labels = max((text_width(line.text, 10.0) for line in self.lines), default=0.0)
        small = self.labels or scene.notes or any(self.beside.values())
        self.smallest = 10.0 if small else 11.0 if any(scene.frames) else 12.0
        self.before: dict[str, list[str]] = defaultdict(list)  # the boxes that each is made from
        self.after: dict[str, list[str]] = defaultdict(list)
        self._rows: dict[float, dict[str, int]] = {}  # of each box, by the limit of their width
        for line in self.lines:
            tail, head = owner.get(line.tail), owner.get(line.head)
            if tail is not None and head is not None and tail != head:
                self.before[head].append(tail)
                self.after[tail].append(head)

    def estimate(self, direction: str) -> float:
        """About how wide the scene is in a direction; rather too narrow than too wide."""
        rows: dict[int, list[float]] = defaultdict(list)
        for name, row in self._place(math.inf).items():
            rows[row].append(self.width[name])
        if direction in ("LR", "RL"):
            lines = 60.0 if self.maker else 25.0
            return sum(max(row) for row in rows.values()) + lines * (len(rows) - 1)
        return max((sum(row) + _GAP * len(row) for row in rows.values()), default=0.0)

    def columns(self) -> list[list[str]]:
        """The boxes in each rank, from the first to the result."""
        columns: dict[int, list[str]] = defaultdict(list)
        row = self._place(math.inf)
        for name in self.width:
            columns[row[name]].append(name)
        return [columns[row] for row in sorted(columns, reverse=True)]

    @property
    def tall(self) -> float:
        """About how tall the scene is if it runs downwards, in points."""
        between = 66.0 if self.maker else 25.0
        return sum(max(self.height[name] for name in names) + between for names in self.columns())

    @once
    def detours(self) -> int:
        """The rows that all lines together pass on their way, in rows as wide as they need."""
        row = self._place(math.inf)
        return sum(row[tail] - row[head] - 1 for head in self.before for tail in self.before[head])

    def rows(self, limit: float) -> Rows:
        """The ranks if rows are at most `limit` points wide."""
        row = self._place(limit)
        rank = {name: 2 * place for name, place in row.items()}
        for name, circle in self.maker.items():
            rank[circle] = rank[name] + 1
            for constant in self.beside[name]:
                rank[constant.name] = rank[name] + 2
        lengths = {
            line.name: max(1, rank[line.tail] - rank[line.head])
            for line in self.lines
            if line.tail in rank and line.head in rank
        }
        in_row: dict[int, list[str]] = defaultdict(list)
        for name in self.width:  # in the order in which they will stand
            in_row[row[name]].append(name)
        column: list[str] = []
        for place in sorted(in_row, reverse=True):
            boxes = in_row[place]
            middle = boxes[len(boxes) // 2]
            fed = [name for name in self.after[column[-1]] if name in boxes] if column else []
            column.append(middle if middle in fed or not fed else fed[0])
        return Rows(lengths, column)

    def framed(self, limit: float) -> float:
        """About how wide the scene is if rows are at most `limit` points wide, frames and all.

        A frame takes up its whole width in each row from its first to its last. So frames that are
        written side by side make a scene wide, however short its rows are.
        """
        span = _span(self.scene.items, self._place(limit), self.width)
        return span.width if span is not None else 0.0

    def _place(self, limit: float) -> dict[str, int]:
        """The row of each box, counted from the result.

        A box goes in the first row above all that use it in which there is room. The boxes are
        taken in the reverse of the order in which they were computed, so that what belongs to one
        result stays together.
        """
        if limit not in self._rows:
            self._rows[limit] = self._find_rows(limit)
        return self._rows[limit]

    def _find_rows(self, limit: float) -> dict[str, int]:
        row: dict[str, int] = {}
        used: dict[int, float] = defaultdict(float)
        for name in reversed(self._order):
            users = {row[user] for user in self.after[name] if user in row}
            place = 1 + max(users, default=-1)
            width = self.width[name] + _GAP
            while used[place] and used[place] + width > limit:
                place += 1
            row[name] = place
            used[place] += width
            for user in users:
                for passed in range(user + 1, place):
                    used[passed] += _BESIDE
            for constant in self.beside.get(name, ()):
                used[place + 1] += text_width(constant.text, 10.0) + _GAP
        return row

    @once
    def _order(self) -> list[str]:
        """The boxes, each after those it is made from."""
        order: dict[str, None] = {}
        entered: set[str] = set()
        stack = [(name, False) for name in reversed(self.width)]
        # From the results back, so that a leaf comes just before its first use.
        stack += [(name, False) for name in reversed(self.width) if not self.after[name]]
        while stack:
            name, done = stack.pop()
            if done:
                order[name] = None
            elif name not in entered:
                entered.add(name)
                stack.append((name, True))
                stack += [(source, False) for source in reversed(self.before[name])]
        return list(order)


def _span(items: Sequence[Item], row: dict[str, int], width: dict[str, float]) -> _Span | None:
    """The rows and the width of all items together; None if there is no box among them."""
    spans = []
    for item in items:
        if isinstance(item, Box):
            spans.append(_Span(row[item.name], row[item.name], width[item.name]))
        elif isinstance(item, Frame) and (inner := _span(item.items, row, width)) is not None:
            spans.append(inner._replace(width=inner.width + _FRAME))
    if not spans:
        return None
    widths: dict[int, float] = defaultdict(lambda: -_LEAST)
    for first, last, wide in spans:
        for place in range(first, last + 1):
            widths[place] += wide + _LEAST
    return _Span(min(widths), max(widths), max(widths.values()))
