"""Reads what Graphviz drew: the size, and the place of every box, text and path.

This is the only module in `viz` that reads SVG, and it reads Graphviz's. Lengths are in points.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from html import unescape
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from .once import once
from .palette import INK
from .text import text_width

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = [
    "Drawing",
    "Ellipse",
    "Extent",
    "Part",
    "Point",
    "Text",
    "gather_usual",
    "pt",
    "read_drawing",
]

_COMMENT = re.compile(r"<!--.*?-->\n?", re.DOTALL)
_SIZE = re.compile(r' (?:width|height)="([\d.]+)pt"')
_PART = re.compile(r'<g id="(\w+)" class="(?:node|edge|cluster)[^"]*">\n<title>(.*?)</title>')
_SIDE = re.compile(":[nsew]$|:[nsew](?=->)")  # of a box, at which a line begins or ends
_TEXT = re.compile(r'<text [^>]*?text-anchor="(\w+)" x="([^"]*)" y="([^"]*)"')
_WORDS = re.compile(
    r'<text [^>]*?text-anchor="(\w+)" x="([^"]*)" y="([^"]*)"[^>]*? font-size="([\d.]+)"'
    r"[^>]*>(.*?)</text>"
)
_TAG = re.compile(r"<[^>]*>")
_PLACED = re.compile(r'(<text [^>]*?)x="([^"]*)" y="([^"]*)"')
_SHAPE = re.compile(r'<(path|polygon|polyline) [^>]*?(?:d|points)="([^"]*)"')
_ELLIPSE = re.compile(r'<ellipse [^>]*?cx="([^"]*)" cy="([^"]*)" rx="([^"]*)" ry="([^"]*)"')
_SEPARATORS = str.maketrans(",MC", "   ")  # between the coordinates of a polygon or a path
_DECIMAL = re.compile(r"-?\d+\.\d+")
_FONT_SIZE = re.compile(r'font-size="([\d.]+)"')
_GRADIENT = re.compile(r'<linearGradient id="([^"]*)"')

_TRANSFORM = re.compile(r'class="graph" transform="([^"]*)"')
_NOTE = re.compile(r"<text .*?</text>\n", re.DOTALL)
_ID = re.compile(r'<g id="[^"]*"')
_USUAL = (  # what most elements say
    ' xml:space="preserve"',
    ' font-family="Helvetica,sans-Serif"',
    ' font-size="12.00"',
    f' fill="{INK}"',
)


class Extent(NamedTuple):
    """The rectangle around something."""

    left: float
    top: float
    right: float
    bottom: float

    def shrunk(self, by: float) -> Extent:
        """The rectangle with its sides moved inwards."""
        left, top, right, bottom = self
        return Extent(left + by, top + by, right - by, bottom - by)

    def moved(self, right: float, down: float) -> Extent:
        """The rectangle in another place."""
        left, top, right_side, bottom = self
        return Extent(left + right, top + down, right_side + right, bottom + down)

    def meets(self, other: Extent) -> bool:
        """Whether the two share a point inside."""
        return (
            self.left < other.right
            and other.left < self.right
            and self.top < other.bottom
            and other.top < self.bottom
        )


class Text(NamedTuple):
    """Where a text stands."""

    x: str
    y: str
    anchor: str  # "start" or "middle"


Point: TypeAlias = tuple[float, float]


class Ellipse(NamedTuple):
    """Where an ellipse is."""

    cx: float
    cy: float
    rx: float
    ry: float

    @property
    def extent(self) -> Extent:
        """The rectangle around it."""
        cx, cy, rx, ry = self
        return Extent(cx - rx, cy - ry, cx + rx, cy + ry)


class Part(NamedTuple):
    """A node, a line or a frame as Graphviz drew it."""

    id: str  # Graphviz's own
    name: str  # that of the node or frame; of a line, "tail->head"
    markup: str

    @property
    def texts(self) -> list[Text]:
        """The places of its texts."""
        return [Text(x, y, anchor) for anchor, x, y in _TEXT.findall(self.markup)]

    @property
    def ellipse(self) -> Ellipse | None:
        """Its ellipse, if it has one."""
        if "<ellipse" not in self.markup:  # sooner said than by the expression
            return None
        found = _ELLIPSE.search(self.markup)
        return Ellipse(*map(float, found.groups())) if found else None

    def coordinates(self, element: str) -> list[str]:
        """The coordinates of its paths, or of its polygons, to a tenth of a point."""
        return [
            _DECIMAL.sub(lambda number: pt(float(number[0])), coordinates)
            for tag, coordinates in _SHAPE.findall(self.markup)
            if tag == element
        ]

    @property
    def extent(self) -> Extent:
        """The rectangle around its paths and polygons."""
        numbers: list[float] = []
        for tag, coordinates in _SHAPE.findall(self.markup):
            if tag != "polyline":
                numbers += _read_numbers(coordinates)
        xs, ys = numbers[::2], numbers[1::2]
        return Extent(min(xs), min(ys), max(xs), max(ys))

    @property
    def is_frame(self) -> bool:
        """Whether it is a frame around nodes."""
        return 'class="cluster"' in self.markup

    @property
    def has_shape(self) -> bool:
        """Whether it has a border or a line, and not only text."""
        return "<poly" in self.markup or "<path" in self.markup

    @property
    def curves(self) -> list[list[Point]]:
        """The corners of its Bezier curves: a point, and three more for each curve."""
        return [
            list(zip(numbers[::2], numbers[1::2], strict=True))
            for tag, coordinates in _SHAPE.findall(self.markup)
            if tag == "path"
            for numbers in [_read_numbers(coordinates)]
        ]

    @property
    def words(self) -> list[tuple[str, Extent]]:
        """Its texts, and about where they are: from the baseline to the height of capitals."""
        found = []
        for anchor, x, y, size, markup in _WORDS.findall(self.markup):
            text = unescape(_TAG.sub("", markup))
            width, height = text_width(text.strip("\u00a0"), float(size)), float(size)
            left = float(x) - (width / 2 if anchor == "middle" else 0.0)
            top = float(y) - 0.72 * height
            found.append((text, Extent(left, top, left + width, float(y) + 0.1 * height)))
        return found

    def move_text(self, right: float, down: float) -> Part:
        """The part with its texts moved."""

        def move(found: re.Match[str]) -> str:
            x, y = float(found[2]) + right, float(found[3]) + down
            return f'{found[1]}x="{x:.2f}" y="{y:.2f}"'

        return self._replace(markup=_PLACED.sub(move, self.markup))

    def rename_gradient(self, name: str) -> Part:
        """The part with its gradient, if it has one, under another name."""
        found = _GRADIENT.search(self.markup)
        if found is None:
            return self
        markup = self.markup.replace(found[0], f'<linearGradient id="{name}"', 1)
        return self._replace(markup=markup.replace(f'"url(#{found[1]})"', f'"url(#{name})"'))

    def edit_texts(self, edits: Mapping[int, Callable[[str], str]]) -> Part:
        """The part with the markup of some of its texts edited, by their index."""
        pieces = self.markup.split("</text>")
        for i, edit in edits.items():
            start, _, text = pieces[i].rpartition(">")
            pieces[i] = f"{start}>{edit(text)}"
        return self._replace(markup="</text>".join(pieces))


@dataclass(frozen=True)
class Drawing:
    """A scene as Graphviz drew it."""

    width: float
    height: float
    start: str  # the markup before the parts: the background and the notes
    parts: list[Part]

    @once
    def outlines(self) -> list[tuple[str, Extent]]:
        """The name of each part that has a shape, and the rectangle around it."""
        found = []
        for part in self.parts:
            if (ellipse := part.ellipse) is not None:
                found.append((part.name, ellipse.extent))
            elif part.has_shape:
                found.append((part.name, part.extent))
        return found

    @once
    def extents(self) -> dict[str, Extent]:
        """The rectangle around each part that has a shape, by its name."""
        return dict(self.outlines)

    @property
    def transform(self) -> str:
        """How its coordinates become those of the picture, whose corner is at 0."""
        (transform,) = _TRANSFORM.findall(self.start)
        return str(transform)

    @property
    def notes(self) -> str:
        """The markup of the notes below it."""
        return "".join(_NOTE.findall(self.start))

    @once
    def smallest(self) -> float:
        """The size of its smallest text."""
        sizes = {size for part in self.parts for size in _FONT_SIZE.findall(part.markup)}
        return min(map(float, sizes.union(_FONT_SIZE.findall(self.start))), default=math.inf)

    @property
    def inside(self) -> float:
        """The width of what is drawn, without the notes."""
        extents = [extent for _, extent in self.outlines]
        if not extents:
            return 0.0
        return max(e.right for e in extents) - min(e.left for e in extents)


def read_drawing(svg: str) -> Drawing:
    """Read Graphviz's SVG."""
    svg = _COMMENT.sub("", svg[svg.index("<svg") :])
    # Without the spaces that only made room.
    svg = "</text>".join([text.rstrip("\u00a0") for text in svg.split("</text>")])
    root, _, body = svg.partition(">")
    width, height = map(float, _SIZE.findall(root))
    found = list(_PART.finditer(body))
    starts = [match.start() for match in found]
    parts = [
        Part(match[1], _SIDE.sub("", unescape(match[2])), body[start:end])
        for match, start, end in zip(found, starts, [*starts[1:], len(body)], strict=True)
    ]
    return Drawing(width, height, body[: starts[0]] if starts else body, _seat_titles(parts))


def _read_numbers(coordinates: str) -> list[float]:
    """The coordinates of a polygon or a path, x and y in turn."""
    return list(map(float, coordinates.translate(_SEPARATORS).split()))


def _seat_titles(parts: list[Part]) -> list[Part]:
    """Give each frame the title that stands inside it as a node, if there is one."""
    titles = {part.name: part.markup for part in parts if 'class="node title"' in part.markup}
    if not titles:
        return parts
    seated = []
    for part in parts:
        if part.name in titles:
            continue
        texts = "".join(_NOTE.findall(titles.get(f"{part.name}_title", "")))
        start, end, rest = part.markup.partition("</a>" if "</a>" in part.markup else "</g>")
        seated.append(part._replace(markup=f"{start}{texts}{end}{rest}"))
    return seated


def gather_usual(markup: str, attributes: str = "") -> str:
    """Put the markup of many elements in a group that says once what most of them say.

    Arguments:
        markup: the elements, as Graphviz wrote them.
        attributes: of the group.
    """
    markup = _ID.sub("<g", markup)
    for usual in _USUAL:
        markup = markup.replace(usual, "")
    return (
        f'<g {attributes} xml:space="preserve" font-family="Helvetica,sans-Serif" '
        f'font-size="12.00" fill="{INK}">\n{markup}</g>\n'
    )


def pt(x: float) -> str:
    """A length or coordinate, to a tenth of a point."""
    text = f"{x:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text
