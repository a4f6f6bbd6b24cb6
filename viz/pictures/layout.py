"""Chooses how a scene lies, so that it fits its place and can still be read there.

Graphviz lays out left to right, or top to bottom, whatever the width of the result. Here several
layouts are tried, the most natural first, and the first that fits is taken: left to right,
top to bottom, and top to bottom in short rows, where boxes that would stand side by side are
spread over more rows. If no layout fits, or if all are very tall, the next coarser scene is tried.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, NamedTuple

from .clearance import find_crossed_titles
from .dot import Rows, Wrapped, write_dot
from .order import keep_order
from .shape import Shape
from .text import text_width
from .wrap import wrap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import TypeAlias

    from .geometry import Drawing
    from .scene import Scene

    Measure: TypeAlias = Callable[[str], Drawing]

__all__ = [
    "CELL",
    "FOLD",
    "PAPER",
    "PX",
    "Layout",
    "Place",
    "check_width",
    "choose_grid",
    "choose_layout",
    "fits",
    "is_far_too_wide",
]

NARROWEST = 200  # px: a place that still holds the widest box
PX = 4 / 3  # a point in pixels
_GAP = 16.0  # between boxes side by side, points
_PAD = 24.0  # around a drawing, points
_NOTES = 245.0  # points: notes below a smaller picture are as wide as this
FEW = 200  # boxes and lines that are soon laid out again
TITLES = 3  # layouts of a model with more titles out of the way of its lines
TRIES = 2  # layouts in short rows, or in lines
TANGLED = 400  # ranks that all lines together may pass in short rows: nobody can follow more
DETOURS = 1000  # rows that all lines together may pass; with many more, layout takes minutes
HOPELESS = 1.3  # a layout is tried although its estimate is too wide, up to this factor
WIDER = 1.6  # a grid of boxes than the root of their area
CROSSED = 3  # likewise for rows, where there is a coarser scene


class Place(NamedTuple):
    """Where a picture is shown. Lengths are in pixels."""

    width: float
    tallest: float = 2600.0  # three screens; a coarser scene is better than a taller one
    smallest: float = 11.0  # text that can be read there
    aim: float = 11.0  # text that is better there
    long: float = 1467.0  # two screens; a thin picture that is taller is better in lines


CELL = Place(948, aim=13.0)
"""The output cell of a notebook in a window 1,400 px wide; printed on A4, 13 px are 7 points."""
PAPER = Place(780, tallest=1305, smallest=13.3, aim=13.3)
"""A sheet of A4, as if it were as large as it must be for text of 7 points to have 13.3 pixels.

The margins of a printed notebook, and the numbers of its cells, leave 546 of 688 pixels.
"""
FOLD = Place(760)
"""The inside of a fold, which opens wherever the picture is."""
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
        for candidate in _candidates(scene, direction, place, measure, last=last):
            layout = candidate.layout
            if _legibility(layout, place) >= (place.smallest if readable is None else place.aim):
                layout = candidate.in_order(measure)
            text = _legibility(layout, place)
            if text >= place.aim:
                return layout
            if text >= place.smallest:
                readable = readable or layout
            # Otherwise the most legible; of those that can be read, the first that is not much
            # taller than another.
            shown, height = _shown(layout, place)
            key = (1 / min(shown, place.smallest), height)
            if key[0] < rank[0] or (key[0] == rank[0] and height < 0.75 * rank[1]):
                best, rank, of_best = layout, key, candidate
        if readable:
            return readable
    assert best is not None
    return of_best.in_order(measure) if best is of_best.layout else best


def choose_grid(scene: Scene, place: Place, measure: Measure) -> Layout:
    """Lay out boxes that no line connects: in rows, about as wide together as they are tall."""
    shape = Shape(scene)
    area = sum(shape.width[name] * shape.height[name] for name in shape.width)
    limit = min(WIDER * math.sqrt(area), place.width / PX - _PAD)
    rows: list[list[str]] = []
    room = 0.0
    for name, width in shape.width.items():
        if not rows or width > room:
            rows.append([])
            room = limit
        rows[-1].append(name)
        room -= width + _GAP
    noted = scene._replace(notes=wrap_notes(scene.notes, max(limit, _NOTES)))
    source = write_dot(noted, "TB", Rows({}, [row[0] for row in rows]), beside=rows)
    return Layout(noted, source, measure(source))


def is_far_too_wide(scene: Scene, place: Place) -> bool:
    """Whether a coarser scene is better in a place, without trying to spread this one over rows."""
    shape = Shape(scene)
    return shape.estimate("TB") > CROSSED * place.width / place.smallest * shape.smallest


def fits(layout: Layout, place: Place) -> bool:
    """Whether a layout, perhaps for another place, can be read in this one."""
    return _legibility(layout, place) >= place.smallest


def _shown(layout: Layout, place: Place) -> tuple[float, float]:
    """The size of the smallest text in a place, and how tall the whole picture is, in pixels."""
    drawing = layout.drawing
    scale = min(1.0, place.width / (drawing.width * PX))
    return drawing.smallest * PX * scale, drawing.height * PX


def _legibility(layout: Layout, place: Place) -> float:
    """The size of the smallest text in a place, in pixels; 0 if the picture is too tall there."""
    text, height = _shown(layout, place)
    scale = min(1.0, place.width / (layout.drawing.width * PX))
    return text if height * scale <= place.tallest else 0.0


class _Candidate(NamedTuple):
    """A layout that may not be in the order of writing yet."""

    layout: Layout
    direction: str
    rows: Rows | Wrapped | None

    def in_order(self, measure: Measure) -> Layout:
        """The layout, in the order of writing."""
        scene, source, drawing = self.layout
        if isinstance(self.rows, Wrapped):
            return self.layout
        ordered = keep_order(scene, self.direction, source, drawing, measure, rows=self.rows)
        return Layout(scene, *ordered)


def _candidates(
    scene: Scene, direction: str, place: Place, measure: Measure, *, last: bool
) -> Iterator[_Candidate]:
    """Measured layouts of a scene, the most natural first; of the last scene at least one."""
    shape = Shape(scene)
    unwrapped = scene._replace(tangled=shape.detours > DETOURS)
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
        if way == "TB" and direction == "auto" and spread and shape.tall * PX > place.long:
            yield from _wrapped(shape, aim, place, measure)
        if not last and _is_too_long(shape, way, place):
            continue
        candidate = _lay_out(unwrapped, way, None, shape.estimate(way), place, measure)
        yield candidate
        if way in ("TB", "BT") and candidate.layout.drawing.width <= aim:
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
        if not last and shape.framed(limit) > HOPELESS * most:
            break
        candidate = _lay_out(scene, "TB", rows, limit, place, measure)
        yield candidate
        drawing = candidate.layout.drawing
        if drawing.width > HOPELESS * most and len(drawing.parts) > FEW:
            break
        limit *= min(0.9, max(0.75, aim / drawing.inside))
    if last and not ways and not tried:
        way = min(("LR", "TB"), key=shape.estimate)
        yield _lay_out(unwrapped, way, None, shape.estimate(way), place, measure)


def _is_too_long(shape: Shape, direction: str, place: Place) -> bool:
    """Whether a coarser scene is better than this one without rows, and sooner laid out."""
    readable = place.tallest / place.smallest * shape.smallest
    too_tall = direction == "TB" and shape.tall > HOPELESS * readable
    return too_tall or shape.detours > DETOURS


def _wrapped(shape: Shape, aim: float, place: Place, measure: Measure) -> Iterator[_Candidate]:
    """Layouts of a long, thin scene in lines."""
    limit = aim - _PAD
    for _ in range(TRIES):
        wrapped = wrap(shape, limit)
        if wrapped is None:
            return
        candidate = _lay_out(shape.scene, "LR", wrapped, limit, place, measure)
        yield candidate
        limit *= min(0.9, aim / candidate.layout.drawing.width)


def _lay_out(
    scene: Scene,
    direction: str,
    rows: Rows | Wrapped | None,
    width: float,
    place: Place,
    measure: Measure,
) -> _Candidate:
    """Draw a scene, with its notes wrapped to the width of the drawing, estimated at first."""
    most = place.width / PX - _PAD
    wrapped, rows_only = (rows, None) if isinstance(rows, Wrapped) else (None, rows)

    def draw(width: float) -> Layout:
        notes = wrap_notes(scene.notes, min(max(width, _NOTES), most))
        noted = scene._replace(notes=notes)
        source = write_dot(noted, direction, rows=rows_only, wrapped=wrapped)
        return Layout(noted, source, measure(source))

    layout = draw(width)
    inside = layout.drawing.inside
    notes = wrap_notes(scene.notes, min(max(inside, _NOTES), most))
    small = len(layout.drawing.parts) < FEW
    if scene.crossing is not None and len(layout.drawing.parts) < 2 * FEW:
        for _ in range(TITLES):
            crossed = find_crossed_titles(layout.drawing) - scene.aside
            if not crossed:
                break
            scene = scene._replace(aside=scene.aside | crossed)
            layout = draw(width)
    if small and notes != layout.scene.notes:
        layout = draw(inside)
    return _Candidate(layout, direction, rows)


# ── notes ────────────────────────────────────────────────────────────────────────────────────


def wrap_notes(notes: Sequence[str], width: float) -> tuple[str, ...]:
    """Break notes into lines at most `width` points wide; a line that goes on ends with a space.

    The lines of a note are about as long as each other, so that no word stands alone.
    """
    return tuple(line for note in notes for line in _balance(note, width))


def _balance(note: str, width: float) -> list[str]:
    """As few lines as there can be, with the longest of them as short as it can be."""
    lines = _break(note, width)
    short, long = 0.0, width
    while len(lines) > 1 and long - short > 1.0:
        middle = (short + long) / 2
        tried = _break(note, middle)
        if len(tried) > len(lines) or any(_note_width(line) > middle for line in tried):
            short = middle
        else:
            lines, long = tried, middle
    return lines


def _break(note: str, width: float) -> list[str]:
    lines = [""]
    for word in re.findall(r"\S+\s*", note):
        if lines[-1] and _note_width(lines[-1] + word) > width:
            lines[-1] = f"{lines[-1].rstrip()} "
            lines.append("")
        lines[-1] += word
    return lines


def _note_width(line: str) -> float:
    return text_width(line.rstrip(), 10.0)
