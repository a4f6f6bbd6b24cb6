"""A long, thin scene in lines, as a text is: from left to right, then back from right to left.

So the last step of a line and the first of the next stand below each other, and no arrow has to
cross the picture.
"""

from __future__ import annotations

from bisect import bisect
from collections import defaultdict
from typing import TYPE_CHECKING

from .dot import Wrapped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .shape import Shape

__all__ = ["wrap"]

STEP = 66.0  # from one box to the next, past a circle, points
THIN = 2  # boxes from which lines may lead to other lines of the picture
SHORTEST = 3  # columns in a line of the picture
LONGEST = 1950.0  # points; in a scene that is taller, lines of 2 columns are better than none
LINES = 2  # a picture of fewer is no better for it


def wrap(shape: Shape, limit: float) -> Wrapped | None:
    """Break a scene into lines at most `limit` points wide; None if it is not long and thin."""
    columns = shape.columns()
    if any(shape.scene.frames):
        return None
    count = _count_columns(shape, columns, limit)
    starts = range(0, len(columns), count or 1)
    if count < (SHORTEST if shape.tall < LONGEST else 2) or len(starts) < LINES:
        return None
    line_of = {name: bisect(starts, c) - 1 for c, names in enumerate(columns) for name in names}
    crossing = [0] * len(starts)  # boxes from which lines lead on, at the end of each line
    for tail, heads in shape.after.items():
        for k in range(line_of[tail], max((line_of[head] for head in heads), default=0)):
            crossing[k] += 1
    return _place(shape, columns, starts) if max(crossing) <= THIN else None


def _count_columns(shape: Shape, columns: Sequence[Sequence[str]], limit: float) -> int:
    """How many columns fit in a line; 0 if none."""
    between = STEP + (shape.labels + 8.0 if shape.labels else 0.0)
    widths = [max(shape.width[name] for name in names) for names in columns]
    for count in range(min(len(columns), int(limit / between)), 0, -1):
        widest = [0.0] * count  # the columns of all lines are as wide as the widest
        for c, width in enumerate(widths):
            line, i = divmod(c, count)
            place = i if line % 2 == 0 else count - 1 - i
            widest[place] = max(widest[place], width)
        if sum(widest) + between * count <= limit:  # a circle stands at both ends
            return count
    return 0


def _place(shape: Shape, columns: Sequence[Sequence[str]], starts: Sequence[int]) -> Wrapped:
    """Give each node its line, and its rank: how far to the right it is.

    Boxes have even ranks, and circles odd ones. The first circle of a line is still at the end of
    the line before, and the first box is below the box before it.
    """
    ranks: dict[str, int] = {}
    lines: dict[str, int] = {}
    at, step, k = 0, 1, 0
    for c, names in enumerate(columns):
        turns = c > 0 and c in starts
        circle = at + step  # between the column before and this one
        for name in names:
            for each in _made_by(shape, name):
                ranks[each], lines[each] = circle, k
        if turns:
            k, step = k + 1, -step
        elif c:
            at += 2 * step
        for name in names:
            ranks[name], lines[name] = at, k
    by_rank: dict[int, list[str]] = defaultdict(list)
    for name in sorted(ranks, key=lines.__getitem__):
        by_rank[ranks[name]].append(name)
    return Wrapped(ranks, lines, [by_rank[rank] for rank in sorted(by_rank)])


def _made_by(shape: Shape, name: str) -> list[str]:
    """The constants and the circle of a box, from top to bottom."""
    if name not in shape.maker:
        return []
    return [*(constant.name for constant in shape.beside[name]), shape.maker[name]]
