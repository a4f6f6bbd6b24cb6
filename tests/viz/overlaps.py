"""Measures a picture: which of its lines and texts lie on something they do not belong to."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from itertools import combinations, pairwise
from typing import TYPE_CHECKING, NamedTuple

from viz.pictures.geometry import Extent
from viz.pictures.text import text_width

if TYPE_CHECKING:
    from collections.abc import Iterator

    from viz import Picture

__all__ = ["overlaps"]

_SVG = "{http://www.w3.org/2000/svg}"
SAMPLES = 24  # of each Bezier curve
SPARE = 0.6  # points by which things may touch

Point = tuple[float, float]


class Thing(NamedTuple):
    """Something that nothing else may lie on."""

    what: str  # "box", "label", "title" or "note"
    name: str
    extent: Extent


class Curve(NamedTuple):
    """A line, as points along it."""

    name: str
    ends: frozenset[str]
    points: list[Point]


def overlaps(picture: Picture | str) -> list[str]:
    """What lies on something else in a picture, in words; empty if it is clear."""
    svg = picture if isinstance(picture, str) else picture.svg
    things, curves = _read(svg)
    found = []
    for curve in curves:
        for thing in things:
            if thing.name not in curve.ends and _meets(curve.points, thing.extent):
                found.append(f"line {curve.name} runs through {thing.what} {thing.name}")
    for one, other in combinations(things, 2):
        if _overlap(one.extent, other.extent):
            found.append(f"{one.what} {one.name} lies on {other.what} {other.name}")
    return found


def _overlap(one: Extent, other: Extent) -> bool:
    return (
        one.left < other.right
        and other.left < one.right
        and one.top < other.bottom
        and other.top < one.bottom
    )


def _meets(points: list[Point], extent: Extent) -> bool:
    left, top, right, bottom = extent
    return any(left < x < right and top < y < bottom for x, y in points)


def _read(svg: str) -> tuple[list[Thing], list[Curve]]:
    graph = ET.fromstring(svg).find(f"{_SVG}g")
    assert graph is not None
    things: list[Thing] = []
    curves: list[Curve] = []
    for group in graph.iter(f"{_SVG}g"):
        kind = group.get("class", "").partition(" ")[0]
        title = group.findtext(f"{_SVG}title", "")
        texts = [_extent_of_text(text) for text in group.iter(f"{_SVG}text")]
        if kind == "node":
            shapes = [*_shapes(group)]
            things += [Thing("box", title, each.shrunk(SPARE)) for each in shapes or texts][:1]
        elif kind == "cluster":
            things += [Thing("title", title, each) for each in texts]
        elif kind == "edge":
            tail, head = (end.partition(":")[0] for end in title.split("->"))
            points = [p for path in group.iter(f"{_SVG}path") for p in _along(path.get("d", ""))]
            curves.append(Curve(title, frozenset((tail, head)), points))
            words = "".join(t for text in group.iter(f"{_SVG}text") for t in text.itertext())
            things += [Thing("label", f"{title} {words}", each) for each in texts]
    things += [
        Thing("note", "".join(text.itertext()), _extent_of_text(text))
        for text in graph.findall(f"{_SVG}text")
    ]
    return things, curves


def _shapes(group: ET.Element) -> Iterator[Extent]:
    """The rectangles around what is drawn in a group."""
    for e in group.iter():
        tag = e.tag.removeprefix(_SVG)
        if tag == "ellipse":
            cx, cy, rx, ry = (float(e.get(key, "0")) for key in ("cx", "cy", "rx", "ry"))
            yield Extent(cx - rx, cy - ry, cx + rx, cy + ry)
        elif tag in ("polygon", "path") and e.get("stroke") != "none":
            numbers = [float(n) for n in _NUMBER.findall(e.get("points", "") + e.get("d", ""))]
            xs, ys = numbers[::2], numbers[1::2]
            yield Extent(min(xs), min(ys), max(xs), max(ys))


_NUMBER = re.compile(r"-?[\d.]+")


def _extent_of_text(text: ET.Element) -> Extent:
    """About where a text stands: from its baseline to the height of its capitals."""
    x, y, size = (float(text.get(key, "0")) for key in ("x", "y", "font-size"))
    width = text_width("".join(text.itertext()).strip("\xa0"), size)
    left = x if text.get("text-anchor") == "start" else x - width / 2
    return Extent(left, y - 0.72 * size, left + width, y + 0.1 * size).shrunk(SPARE)


def _along(d: str) -> Iterator[Point]:
    """Points along a path of Bezier curves, each a point apart or less."""
    numbers = [float(n) for n in _NUMBER.findall(d)]
    start, *rest = zip(numbers[::2], numbers[1::2], strict=True)
    points = [start]
    for a, b, c in zip(rest[::3], rest[1::3], rest[2::3], strict=True):
        before = points[-1]
        for i in range(1, SAMPLES + 1):
            t = i / SAMPLES
            u = 1 - t
            weights = (u**3, 3 * u * u * t, 3 * u * t * t, t**3)
            x, y = (
                sum(w * p[k] for w, p in zip(weights, (before, a, b, c), strict=True))
                for k in (0, 1)
            )
            points.append((x, y))
    for (x, y), (to_x, to_y) in pairwise(points):
        steps = max(1, int(max(abs(to_x - x), abs(to_y - y))))
        yield from ((x + (to_x - x) * i / steps, y + (to_y - y) * i / steps) for i in range(steps))
    yield points[-1]
