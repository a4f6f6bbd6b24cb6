"""Moves texts out of the way of lines: labels along their line, titles within their frame.

Graphviz finds a place for each label before it draws the lines, and none for the title of a frame.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from .geometry import Extent

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .geometry import Drawing, Point

__all__ = ["find_crossed_titles", "place_texts"]

STEP = 2.5  # points between the samples of a line
BESIDE = 3.0  # between a line and its label, points
CLEAR = 1.5  # around a text that is moved, points
WHERE = (0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8, 0.12, 0.88)  # along a line


def place_texts(drawing: Drawing) -> Drawing:
    """The drawing with each label and title in a place where no line and no other text is."""
    page = _Page(drawing)
    parts = list(drawing.parts)
    for i in page.find_crossed():
        extent = page.texts[i]
        for other in page.along_line(i, extent) if page.curves[i] else page.in_frame(i, extent):
            if page.is_free(i, other.shrunk(-CLEAR)):
                right, down = other.left - extent.left, other.top - extent.top
                parts[i] = parts[i].move_text(right, down)
                page.texts[i] = other
                break
    return replace(drawing, parts=parts)


def find_crossed_titles(drawing: Drawing) -> frozenset[str]:
    """Find the frames whose title stays on a line, or on another text, wherever it is moved."""
    placed = place_texts(drawing)
    page = _Page(placed)
    crossed = (placed.parts[i] for i in page.find_crossed())
    return frozenset(part.name for part in crossed if part.is_frame)


class _Page:
    """What is where in a drawing, by the index of its part."""

    def __init__(self, drawing: Drawing) -> None:
        self.parts = drawing.parts
        self.texts: dict[int, Extent] = {}  # labels, titles and constants
        self.shapes: dict[int, Extent] = {}  # boxes, circles, and the tips of arrows
        self.curves: dict[int, list[Point]] = {}  # of lines: the corners
        self.frames: dict[int, Extent] = {}
        self.samples: dict[int, list[Point]] = {}  # of the lines that a text may be close to
        for i, part in enumerate(drawing.parts):
            self.curves[i] = []
            if "->" in part.name:
                self.curves[i] = [corner for curve in part.curves for corner in curve]
                tips = [float(n) for xy in part.coordinates("polygon") for n in _split(xy)]
                if tips:
                    xs, ys = tips[::2], tips[1::2]
                    self.shapes[i] = Extent(min(xs), min(ys), max(xs), max(ys))
            elif part.is_frame:
                self.frames[i] = drawing.extents[part.name]
            elif part.name in drawing.extents:
                self.shapes[i] = drawing.extents[part.name]
            if (i not in self.shapes or self.curves[i]) and part.words:
                left, top, right, bottom = zip(*(each for _, each in part.words), strict=True)
                self.texts[i] = Extent(min(left), min(top), max(right), max(bottom))
        self.boxes = {
            i: Extent(min(xs), min(ys), max(xs), max(ys))
            for i, corners in self.curves.items()
            if corners
            for xs, ys in [tuple(zip(*corners, strict=True))]
        }
        around = [*self.shapes.values(), *self.boxes.values(), *self.frames.values()]
        self.left = min((e.left for e in around), default=0.0)
        self.right = max((e.right for e in around), default=0.0)

    def find_crossed(self) -> Iterator[int]:
        """Find the labels and the titles of frames that are not free."""
        for i, extent in list(self.texts.items()):
            if (self.curves[i] or i in self.frames) and not self.is_free(i, extent):
                yield i

    def is_free(self, i: int, extent: Extent) -> bool:
        """Whether nothing is there, other than the part itself."""
        if extent.left < self.left or extent.right > self.right:
            return False
        left, top, right, bottom = extent
        return not (
            any(j != i and extent.meets(text) for j, text in self.texts.items())
            or any(extent.meets(shape) for shape in self.shapes.values())
            or any(
                left < x < right and top < y < bottom
                for j, box in self.boxes.items()
                if extent.meets(box)
                for x, y in self.sample(j)
            )
        )

    def sample(self, i: int) -> list[Point]:
        """Points along a line."""
        if i not in self.samples:
            self.samples[i] = list(_sample(self.curves[i]))
        return self.samples[i]

    def along_line(self, i: int, extent: Extent) -> Iterator[Extent]:
        """Places beside a line, those near its middle first."""
        points = self.sample(i)
        width, height = extent.right - extent.left, extent.bottom - extent.top
        for gap in (BESIDE, 2 * BESIDE, 4 * BESIDE):
            for where in WHERE:
                k = min(len(points) - 2, int(where * len(points)))
                (x, y), (next_x, next_y) = points[k], points[k + 1]
                length = math.hypot(next_x - x, next_y - y) or 1.0
                for side in (1.0, -1.0):
                    across, down = side * (next_y - y) / length, -side * (next_x - x) / length
                    # So far that the corner nearest to the line is `gap` from it.
                    far = gap + abs(across) * width / 2 + abs(down) * height / 2
                    left, top = x + across * far - width / 2, y + down * far - height / 2
                    yield Extent(left, top, left + width, top + height)

    def in_frame(self, i: int, extent: Extent) -> Iterator[Extent]:
        """Places further to the right in the top of a frame, and then in its bottom."""
        frame = self.frames[i]
        below = frame.bottom - BESIDE - extent.bottom
        for down in (0.0, below):
            for k in range(1 if not down else 0, int((frame.right - extent.right) / STEP)):
                yield extent.moved(k * STEP, down)


def _split(coordinates: str) -> list[str]:
    return coordinates.replace(",", " ").split()


def _sample(corners: Sequence[Point]) -> Iterator[Point]:
    start, *rest = corners
    yield start
    for a, b, c in zip(rest[::3], rest[1::3], rest[2::3], strict=True):
        length = math.dist(start, a) + math.dist(a, b) + math.dist(b, c)
        count = max(2, math.ceil(length / STEP))
        for k in range(1, count + 1):
            t = k / count
            u = 1.0 - t
            p, q, r, s = u * u * u, 3 * u * u * t, 3 * u * t * t, t * t * t
            yield (
                p * start[0] + q * a[0] + r * b[0] + s * c[0],
                p * start[1] + q * a[1] + r * b[1] + s * c[1],
            )
        start = c
