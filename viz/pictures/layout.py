"""Chooses how a scene lies, so that it fits its place and can still be read there.

Graphviz lays out left to right, or top to bottom, whatever the width of the result. Here several
layouts are tried, the most natural first, and the first that fits is taken: left to right,
top to bottom, and top to bottom in short rows, where boxes that would stand side by side are
spread over more rows. If no layout fits, or if all are very tall, the next coarser scene is tried.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from .dot import Rows, write_dot
from .scene import Constant, Cut

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from typing import TypeAlias

    from .geometry import Drawing
    from .scene import Scene

    Measure: TypeAlias = Callable[[str], Drawing]

__all__ = ["CELL", "PX", "Layout", "Place", "check_width", "choose_layout"]

NARROWEST = 200  # px: a place that still holds the widest box
PX = 4 / 3  # a point in pixels
_PAD = 24.0  # around a drawing, points
_NOTES = 245.0  # points: notes below a smaller picture are as wide as this
_ROW = 22.0  # between two rows, points
_GAP = 16.0  # between boxes side by side, points
_BESIDE = 9.0  # room that a line takes where it passes a row, points
FEW = 200  # boxes and lines that are laid out again to wrap the notes better
TRIES = 2  # layouts in short rows
TANGLED = 400  # ranks that all lines together may pass in short rows: nobody can follow more
HOPELESS = 1.3  # a layout is tried although its estimate is too wide, up to this factor
CROSSED = 3  # likewise for rows, where there is a coarser scene


class Place(NamedTuple):
    """Where a picture is shown. Lengths are in pixels."""

    width: float
    tallest: float = 2600.0  # three screens; a coarser scene is better than a taller one
    smallest: float = 11.0  # text that can be read there
    aim: float = 11.0  # text that is better there


CELL = Place(948, aim=13.0)
"""The output cell of a notebook in a window 1,400 px wide; printed on A4, 13 px are 7 points."""
SHEET = 680  # px: the width of a sheet of A4


class Layout(NamedTuple):
    """A scene and how it lies."""

    scene: Scene  # its notes are wrapped
    source: str
    drawing: Drawing


def check_width(width: object) -> Place:
    """The place of that width, or `CELL` for None.

    Raises:
        TypeError, ValueError: it is not a width in pixels.
    """
    if width is None:
        return CELL
    if not isinstance(width, int | float) or isinstance(width, bool):
        raise TypeError(
            "expected width to be a number of pixels, got "
            f"{type(width).__qualname__}: {width!r:.60}"
        )
    if not NARROWEST <= width < math.inf:
        raise ValueError(
            f"expected width to be at least {NARROWEST} pixels, got {width!r:.60}. Leave it out "
            f"to draw for a notebook cell of {CELL.width:g} pixels."
        )
    return Place(width, aim=CELL.aim if width >= SHEET else 11.0)


def choose_layout(
    scenes: Sequence[Scene], direction: str, place: Place, measure: Measure
) -> Layout:
    """Lay out the first of the scenes that fits its place.

    Arguments:
        scenes: the same picture at several levels of detail, the finest first.
        direction: one of `dot.DIRECTIONS`, or ``"auto"`` to choose.
        place: where the picture will be shown.
        measure: draws DOT.
    """
    if direction != "auto":  # it was asked for, so anything that can be read will do
        place = place._replace(aim=place.smallest)
    best: Layout | None = None
    rank = (math.inf, math.inf)
    for scene in scenes:
        readable: Layout | None = None
        last = scene is scenes[-1]
        for layout in _candidates(scene, direction, place, measure, last=last):
            drawing = layout.drawing
            scale = min(1.0, place.width / (drawing.width * PX))
            height = drawing.height * PX
            text = drawing.smallest * PX * scale
            if height * scale <= place.tallest and text >= place.smallest:
                if text >= place.aim:
                    return layout
                readable = readable or layout
            # Otherwise the most legible; of those that can be read, the first that is not much
            # taller than another.
            key = (1 / min(text, place.smallest), height)
            if key[0] < rank[0] or (key[0] == rank[0] and height < 0.75 * rank[1]):
                best, rank = layout, key
        if readable:
            return readable
    assert best is not None
    return best


def _candidates(
    scene: Scene, direction: str, place: Place, measure: Measure, *, last: bool
) -> Iterator[Layout]:
    """Measured layouts of a scene, the most natural first; of the last scene at least one."""
    shape = _Shape(scene)
    most, aim = (place.width / text * shape.smallest for text in (place.smallest, place.aim))
    if direction != "auto":
        ways = [direction]
    else:
        ways = [way for way in ("LR", "TB") if shape.estimate(way) <= HOPELESS * most]
        if scene.crowded:  # measuring several would take seconds
            ways = ways[:1]
    hopeless = not last and shape.estimate("TB") > CROSSED * most
    spread = not (hopeless or scene.crowded or direction != "auto" or scene.crossing is not None)
    for way in ways:
        layout = _lay_out(scene, way, None, shape.estimate(way), place, measure)
        yield layout
        if way in ("TB", "BT") and layout.drawing.width <= aim:
            return  # in more rows it would only be taller
    limit = aim - _PAD
    tried: list[Rows] = []
    while spread and len(tried) < TRIES and limit > 0.2 * aim:
        rows = shape.rows(limit)
        if sum(rows.lengths.values()) > TANGLED:
            break
        if rows in tried:
            limit *= 0.8
            continue
        tried.append(rows)
        layout = _lay_out(scene, "TB", rows, limit, place, measure)
        yield layout
        limit *= min(0.9, max(0.75, aim / layout.drawing.inside))
    if last and not ways and not tried:
        way = min(("LR", "TB"), key=shape.estimate)
        yield _lay_out(scene, way, None, shape.estimate(way), place, measure)


def _lay_out(
    scene: Scene,
    direction: str,
    rows: Rows | None,
    width: float,
    place: Place,
    measure: Measure,
) -> Layout:
    """Draw a scene, with its notes wrapped to the width of the drawing, estimated at first."""
    most = place.width / PX - _PAD

    def draw(width: float) -> Layout:
        notes = wrap_notes(scene.notes, min(max(width, _NOTES), most))
        wrapped = scene._replace(notes=notes)
        source = write_dot(wrapped, direction, rows=rows)
        return Layout(wrapped, source, measure(source))

    layout = draw(width)
    inside = layout.drawing.inside
    notes = wrap_notes(scene.notes, min(max(inside, _NOTES), most))
    small = len(layout.drawing.parts) < FEW
    return draw(inside) if small and notes != layout.scene.notes else layout


# ── rows ─────────────────────────────────────────────────────────────────────────────────────


class _Shape:
    """What is above what in a scene, and about how wide each part is, in points."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.width: dict[str, float] = {}
        self.maker: dict[str, str] = {}  # the circle of each box that has one
        self.beside: dict[str, list[Constant]] = {}  # the constants of each box's operation
        owner: dict[str, str] = {}
        for box in scene.boxes:
            texts = [(box.heading, 12.6), *((field.line, 12.0) for field in box.fields)]
            self.width[box.name] = 15 + max(text_width(text, size) for text, size in texts)
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
        for name, place in row.items():
            in_row[place].append(name)
        column = [in_row[place][len(in_row[place]) // 2] for place in sorted(in_row, reverse=True)]
        return Rows(lengths, column)

    def _place(self, limit: float) -> dict[str, int]:
        """The row of each box, counted from the result.

        A box goes in the first row above all that use it in which there is room. The boxes are
        taken in the reverse of the order in which they were computed, so that what belongs to one
        result stays together.
        """
        row: dict[str, int] = {}
        used: dict[int, float] = defaultdict(float)
        for name in reversed(self._order()):
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


# ── notes ────────────────────────────────────────────────────────────────────────────────────


def wrap_notes(notes: Sequence[str], width: float) -> tuple[str, ...]:
    """Break notes into lines at most `width` points wide; a line that goes on ends with a space."""
    lines: list[str] = []
    for note in notes:
        line = ""
        for word in re.findall(r"\S+\s*", note):
            if line and text_width(line + word.rstrip(), 10.0) > width:
                lines.append(f"{line.rstrip()} ")
                line = ""
            line += word
        lines.append(line)
    return tuple(lines)


_NARROW = dict.fromkeys("ijl.,:;'|!ft()[] /I", 0.29)
_WIDE = dict.fromkeys("mMWw@%—▲▼■□→∞", 0.87)
_WIDTHS: Mapping[str, float] = MappingProxyType({**_NARROW, **_WIDE})


def text_width(text: str, size: float) -> float:
    """About how wide a text is in Helvetica, in points."""
    return size * sum(_WIDTHS.get(c, 0.68 if c.isupper() or c > "\u0530" else 0.54) for c in text)
