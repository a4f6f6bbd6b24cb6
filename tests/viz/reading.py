"""Reads a picture back from its SVG: what a person who looks at it would find there."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from viz import Picture

_SVG = "{http://www.w3.org/2000/svg}"
_TITLE = "{http://www.w3.org/1999/xlink}title"

BOXES = {
    "parameter", "input", "target", "leaf", "interior", "output", "loss", "group", "constant",
}  # fmt: skip


class Frame(NamedTuple):
    """A rectangle on the page."""

    left: float
    top: float
    right: float
    bottom: float

    def holds(self, other: Frame) -> bool:
        return (
            self.left <= other.left
            and self.top <= other.top
            and self.right >= other.right
            and self.bottom >= other.bottom
        )


class Node(NamedTuple):
    """A box, a circle, or a small text."""

    name: str
    kind: str
    lines: list[str]
    tooltip: str
    frame: Frame
    shape: str  # the SVG element that draws its border; "" if there is none
    borders: int
    border_width: float
    border: str
    font_size: float
    bold: list[str]
    marked: bool

    @property
    def heading(self) -> str:
        return "" if self.lines[0].startswith("data  ") else self.lines[0]

    @property
    def data(self) -> str:
        return next(line for line in self.lines if line.startswith("data  "))[6:]

    @property
    def grad(self) -> str:
        return next(line for line in self.lines if line.startswith("grad  "))[6:]


class Edge(NamedTuple):
    """A line from one node to another."""

    tail: str
    head: str
    label: str
    width: float


class Cluster(NamedTuple):
    """A frame around nodes."""

    title: str
    frame: Frame


class Seen(NamedTuple):
    """All there is in a picture."""

    nodes: dict[str, Node]
    edges: list[Edge]
    clusters: list[Cluster]
    below: list[str]

    @property
    def boxes(self) -> list[Node]:
        """The boxes of values and of groups."""
        return [n for n in self.nodes.values() if n.kind in BOXES and n.shape]

    @property
    def circles(self) -> list[Node]:
        return self.of("operation")

    def of(self, kind: str) -> list[Node]:
        return [n for n in self.nodes.values() if n.kind == kind]

    def box(self, heading: str) -> Node:
        """The one box with that heading, or with that name before its word."""
        found = [b for b in self.boxes if heading in (b.heading, b.heading.rpartition(" · ")[0])]
        assert len(found) == 1, (heading, [b.heading for b in self.boxes])
        return found[0]

    def lines_between(self, tail: Node, head: Node) -> list[Edge]:
        """Edges from one box to another, through the circle of the second if it has one."""
        heads = {head.name, f"{head.name}_op"}
        return [e for e in self.edges if e.tail == tail.name and e.head in heads]

    def inside(self, title: str) -> list[Node]:
        """The boxes within the frame of that title."""
        (cluster,) = self.named(title)
        return self.inside_of(cluster)

    def named(self, *titles: str) -> list[Cluster]:
        """The frames of these titles."""
        return [c for title in titles for c in self.clusters if c.title == title]

    def inside_of(self, cluster: Cluster) -> list[Node]:
        """The boxes within a frame."""
        return [b for b in self.boxes if cluster.frame.holds(b.frame)]


def seen(picture: Picture) -> Seen:
    """The picture, read; nothing in it may dangle, and nothing may be executable."""
    return read(picture.svg)


def read(svg: str) -> Seen:
    root = ET.fromstring(svg)
    assert root.tag == f"{_SVG}svg"
    for element in root.iter():
        assert element.tag.removeprefix(_SVG) in _HARMLESS, element.tag
        for name in element.attrib:
            assert not name.startswith("on") and not name.endswith("href"), name
    graph = root.find(f"{_SVG}g")
    assert graph is not None
    nodes, edges, clusters = {}, [], []
    for group in graph.iter(f"{_SVG}g"):
        kind, _, detail = group.get("class", "").partition(" ")
        title = group.findtext(f"{_SVG}title", "")
        if kind == "node":
            # A node that no line of the source describes has no class beside "node".
            assert detail, f"{title} is drawn and was never declared"
            nodes[title] = _node(title, detail, group)
        elif kind == "edge":
            edges.append(_edge(title, group))
        elif kind == "cluster":
            clusters.append(Cluster(" ".join(_texts(group)), _frame(group)))
    for edge in edges:
        assert edge.tail in nodes and edge.head in nodes, edge
    below = [t for child in graph if child.get("class") is None for t in _texts(child)]
    return Seen(nodes, edges, clusters, _join_notes(below))


def _join_notes(lines: list[str]) -> list[str]:
    """The notes below a picture; a line that goes on below ends with a space."""
    notes = [""]
    for line in lines:
        notes[-1] += line
        if not line.endswith(" "):
            notes.append("")
    return notes[:-1] if not notes[-1] else notes


_HARMLESS = {
    "svg", "g", "a", "title", "text", "tspan", "polygon", "path", "polyline", "ellipse",
    "defs", "linearGradient", "stop", "desc", "style",
}  # fmt: skip


def _node(title: str, kind: str, group: ET.Element) -> Node:
    texts = list(group.iter(f"{_SVG}text"))
    borders = [e for e in _shapes(group) if e.get("stroke") != "none"]
    link = group.find(f".//{_SVG}a")
    return Node(
        name=title,
        kind=kind.removesuffix(" marked"),
        lines=_texts(group),
        tooltip="" if link is None else link.get(_TITLE, ""),
        frame=_frame(group),
        shape=borders[0].tag.removeprefix(_SVG) if borders else "",
        borders=len(borders),
        border_width=float(borders[0].get("stroke-width", "1")) if borders else 0.0,
        border=borders[0].get("stroke", "") if borders else "",
        font_size=float(texts[0].get("font-size", "0")),
        bold=[t.text or "" for t in group.iter(f"{_SVG}tspan") if t.get("font-weight") == "bold"],
        marked=kind.endswith(" marked"),
    )


def _edge(title: str, group: ET.Element) -> Edge:
    tail, head = (end.partition(":")[0] for end in title.split("->"))  # without the side it is at
    (path,) = group.iter(f"{_SVG}path")
    return Edge(tail, head, " ".join(_texts(group)), float(path.get("stroke-width", "1")))


def _texts(element: ET.Element) -> list[str]:
    return ["".join(t.itertext()).replace("\xa0", " ") for t in element.iter(f"{_SVG}text")]


def _shapes(group: ET.Element) -> Iterator[ET.Element]:
    return (e for e in group.iter() if e.tag.removeprefix(_SVG) in ("polygon", "path", "ellipse"))


def _frame(group: ET.Element) -> Frame:
    """Around its shapes, or around where its text stands."""
    xs: list[float] = []
    ys: list[float] = []
    for e in _shapes(group):
        if e.get("cx"):
            cx, cy, r = (float(e.get(k, "0")) for k in ("cx", "cy", "rx"))
            xs += [cx - r, cx + r]
            ys += [cy - r, cy + r]
        numbers = re.findall(r"-?[\d.]+", e.get("points", "") + e.get("d", ""))
        xs += map(float, numbers[::2])
        ys += map(float, numbers[1::2])
    if not xs:
        for t in group.iter(f"{_SVG}text"):
            xs.append(float(t.get("x", "0")))
            ys.append(float(t.get("y", "0")))
    return Frame(min(xs), min(ys), max(xs), max(ys))
