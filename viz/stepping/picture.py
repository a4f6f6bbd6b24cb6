"""The picture: the project's own drawing of the graph, with room for every number it will show.

Graphviz lays out the drawing of `viz.pictures.dot`, in which the numbers are first replaced by the
widest that each box will ever hold. What comes back is read for its geometry and written again as a
small SVG without colours of its own: the page's style has them, for light and dark, and its script
finds every box, line and number by name.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from html import escape
from typing import TYPE_CHECKING, NamedTuple

from ..pictures import palette
from ..pictures.render import lay_out
from ..pictures.svg import Svg
from ..pictures.text import escaped
from .formulas import legible

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .stage import Stage
    from .story import Write

__all__ = ["drawing", "widest"]

_SVG = "{http://www.w3.org/2000/svg}"
_NODE = re.compile(r'^(\t+)([vg]\d+)( \[label=")((?:[^"\\]|\\.)*)(".*)$', re.MULTILINE)
_LINE = re.compile(r"^\t+(\w+) -> (\w+).*$", re.MULTILINE)
_SHOWN_LINE = re.compile(r"((?:[^\\]|\\[^l])*)\\l")  # of a label: up to \l, but not to \\l
_SLOPE = re.compile(r'label="(?:[ab]: )?∂ [^"]*"')
_FLOW = re.compile(r'color="#\w+" penwidth=[\d.]+ ?')  # of an edge, after the gradient as it is now
_MARGIN = 14.0  # around the picture, points

# Roughly Helvetica's, in thousandths: enough to tell which of two numbers is wider.
_WIDTHS = {
    ".": 278,
    ",": 278,
    " ": 278,
    "−": 584,
    "+": 584,
    "∞": 713,
    "…": 1000,
    "▲": 770,
    "▼": 770,
}


def widest(writes: Iterable[Write]) -> dict[tuple[str, str], str]:
    """The widest text that each place in the picture will hold."""
    found: dict[tuple[str, str], str] = {}
    for where, field, text in writes:
        if _width(text) > _width(found.get((where, field), "")):
            found[where, field] = text
    return found


def _width(text: str) -> int:
    return sum(_WIDTHS.get(c, 556) for c in text)


def drawing(
    stage: Stage,
    direction: str,
    room: Mapping[tuple[str, str], str],
    shown: Mapping[tuple[str, str], str],
) -> str:
    """The picture as SVG.

    Arguments:
        stage: what is drawn.
        direction: ``"LR"`` or ``"TB"``.
        room: the widest text of each place.
        shown: the text that stands there until a script says otherwise.
    """
    svg = ET.fromstring(svg_of(_roomy(stage, stage.sources[direction], room)))
    return _Drawn(stage, direction, shown).read(svg)


def svg_of(source: str) -> str:
    drawing = lay_out(source)
    body = drawing.start + "".join(part.markup for part in drawing.parts)
    return str(Svg(drawing.width, drawing.height, body))


def _roomy(stage: Stage, source: str, room: Mapping[tuple[str, str], str]) -> str:
    """The drawing's source, with the widest texts in the place of the numbers of this moment."""
    count: dict[tuple[str, str], int] = {}

    def box(m: re.Match[str]) -> str:
        name = m[2]
        first = _SHOWN_LINE.findall(m[4])[0]
        heading = "" if first.startswith("data  ") else first
        v = stage.value(name)
        if v is not None and not legible(v.label):
            heading = " · ".join(part for part in (escaped(stage.names[v]), heading) if part)
        # The page's headings are bold, a little wider than Graphviz takes them to be.
        heading += "\u00a0" * round(0.12 * len(stage.title(name)))
        lines = [heading, *(f"{key}  {room.get((name, key), '0')}" for key in ("data", "grad"))]
        if (name, "held") in room:
            lines.append(room[name, "held"])
        return m[1] + name + m[3] + "".join(line + "\\l" for line in lines) + m[5]

    def line(m: re.Match[str]) -> str:
        nth = count.get((m[1], m[2]), 0)
        count[m[1], m[2]] = nth + 1
        text = room.get((f"{m[1]}>{m[2]}:{nth}", "slope"), "∂ 0")
        return _SLOPE.sub(f'label="{text}"', _FLOW.sub("", m[0]))

    return _LINE.sub(line, _NODE.sub(box, source))


class _Frame(NamedTuple):
    left: float
    top: float
    right: float
    bottom: float

    def rect(self, kind: str, radius: float = 0.0, grow: float = 0.0) -> str:
        x, y = self.left - grow, self.top - grow
        rx = f' rx="{_n(radius + grow)}"' if radius else ""
        return (
            f'<rect class="{kind}" x="{_n(x)}" y="{_n(y)}" width="{_n(self.right - x + grow)}" '
            f'height="{_n(self.bottom - y + grow)}"{rx}/>'
        )


class _Drawn:
    """Reads Graphviz's SVG and writes the page's."""

    def __init__(self, stage: Stage, direction: str, shown: Mapping[tuple[str, str], str]) -> None:
        self.stage, self.direction, self.shown = stage, direction, shown
        self.frames: list[_Frame] = []
        self.count: dict[tuple[str, str], int] = {}

    def read(self, svg: ET.Element) -> str:
        graph = svg.find(f"{_SVG}g")
        assert graph is not None
        parts: dict[str, list[str]] = {"cluster": [], "edge": [], "node": []}  # bottom to top
        for group in graph.iter(f"{_SVG}g"):
            kind, _, detail = group.get("class", "").partition(" ")
            title = group.findtext(f"{_SVG}title", "")
            if kind == "cluster":
                parts[kind].append(self._cluster(group))
            elif kind == "edge":
                parts[kind].append(self._line(title, group))
            elif kind == "node":
                parts[kind].append(self._node(title, detail, group))
        left = min(f.left for f in self.frames) - _MARGIN
        top = min(f.top for f in self.frames) - _MARGIN
        width = max(f.right for f in self.frames) + _MARGIN - left
        height = max(f.bottom for f in self.frames) + _MARGIN - top
        return (
            f'<svg class="graph {self.direction}" viewBox="{_n(left)} {_n(top)} {_n(width)} '
            f'{_n(height)}" width="{_n(width)}" height="{_n(height)}" role="group" '
            f'aria-label="Computation graph">\n'
            + "\n".join(part for kind in parts.values() for part in kind)
            + "\n</svg>"
        )

    def _cluster(self, group: ET.Element) -> str:
        frame = _frame(group)
        self.frames.append(frame)
        texts = "".join(_text(t) for t in group.iter(f"{_SVG}text"))
        return f'<g class="cluster">{frame.rect("frame", 8.0)}{texts}</g>'

    def _line(self, title: str, group: ET.Element) -> str:
        tail, _, head = title.partition("->")
        nth = self.count.get((tail, head), 0)
        self.count[tail, head] = nth + 1
        name = f"{tail}>{head}:{nth}"
        of = head.removesuffix("_op")
        self.frames.append(_frame(group))
        path = "".join(f'<path d="{_rounded(p.get("d", ""))}"/>' for p in group.iter(f"{_SVG}path"))
        arrow = "".join(
            f'<polygon points="{_rounded(p.get("points", ""))}"/>'
            for p in group.iter(f"{_SVG}polygon")
        )
        label = ""
        for t in group.iter(f"{_SVG}text"):
            written = "".join(t.itertext())
            if "∂" not in written:
                label += _text(t)
                continue
            which = written[0] if written[0] in "ab" else ""
            text = self.shown.get((name, "slope"), which)
            label += _text(t, text, f' data-t="{name} slope" data-blank="{which}"')
        dashed = " more" if tail.endswith("_more") else ""
        return f'<g class="line{dashed}" data-line="{name}" data-of="{of}">{path}{arrow}{label}</g>'

    def _node(self, name: str, kind: str, group: ET.Element) -> str:
        texts = list(group.iter(f"{_SVG}text"))
        if name in self.stage.kind:
            return self._box(name, kind, group, texts)
        of = name.partition("_")[0]
        ellipse = group.find(f".//{_SVG}ellipse")
        shape = ""
        if ellipse is not None:
            cx, cy, rx, ry = (float(ellipse.get(key, "0")) for key in ("cx", "cy", "rx", "ry"))
            self.frames.append(_Frame(cx - rx, cy - ry, cx + rx, cy + ry))
            shape = f'<ellipse cx="{_n(cx)}" cy="{_n(cy)}" rx="{_n(rx)}" ry="{_n(ry)}"/>'
            label = "".join(_text(t, big=t.get("font-size", "").startswith("14")) for t in texts)
        else:
            for t in texts:
                x, y = float(t.get("x", "0")), float(t.get("y", "0"))
                self.frames.append(_Frame(x - 12.0, y - 8.0, x + 12.0, y + 3.0))
            text = self.shown.get((name, "constant"))  # None: the same in all steps
            place = "" if text is None else f' data-t="{name} constant"'
            label = "".join(_text(t, text, place) for t in texts)
        named = self._operation(of, texts) if shape else ""
        return (
            f'<g class="{escape(kind)}" data-node="{name}" data-of="{of}"{named}>{shape}{label}</g>'
        )

    def _operation(self, name: str, texts: list[ET.Element]) -> str:
        """What the circle of an operation is called: its sign, and what it makes."""
        sign = " ".join("".join(t.itertext()) for t in texts)
        role = f"operation that makes {self.stage.title(name)}"
        return f' data-name="{escape(sign)}" data-role="{escape(role)}"'

    def _box(self, name: str, kind: str, group: ET.Element, texts: list[ET.Element]) -> str:
        look = palette.KINDS[kind]
        radius = 6.0 if look.rounded else 2.5
        frame = _frame(group)
        heading, *lines = texts
        ring = ""
        if look.rings > 1:  # Graphviz's frame is the outer one
            self.frames.append(frame)
            frame = _Frame(frame.left + 4, frame.top + 4, frame.right - 4, frame.bottom - 4)
            ring = frame.rect("ring", radius, 4.0)
        self.frames.append(frame)
        below = float(heading.get("y", "0")) + 4.2
        halo = frame.rect("halo", radius, 5.0 if not ring else 9.0)
        band = (
            f'<path class="band" d="M{_n(frame.left)},{_n(below)}V{_n(frame.top + radius)}'
            f"q0,{_n(-radius)} {_n(radius)},{_n(-radius)}H{_n(frame.right - radius)}"
            f'q{_n(radius)},0 {_n(radius)},{_n(radius)}V{_n(below)}z"/>'
        )
        body = frame.rect("body", radius)
        text = [self._heading(name, heading)]
        for t, key in zip(lines, ("data", "grad", "held"), strict=False):
            value = escape(self.shown.get((name, key), ""))
            shown = f'<tspan data-t="{name} {key}">{value}</tspan>'
            if key != "held":
                shown = f'<tspan class="key">{key}</tspan>\u00a0 {shown}'
            text.append(f'<text x="{t.get("x")}" y="{t.get("y")}">{shown}</text>')
        stage = self.stage
        called = f"{stage.title(name)}, {stage.role(name)}"
        where = stage.where(stage.members[name][0]) if name not in stage.call else ""
        return (
            f'<g class="box {kind}" data-node="{name}" data-of="{name}" tabindex="0" role="img" '
            f'data-name="{escape(stage.title(name))}" data-role="{escape(stage.role(name))}" '
            f'data-where="{escape(where)}" aria-label="{escape(called)}">'
            f"{halo}{body}{band}{frame.rect('frame', radius)}{ring}{''.join(text)}</g>"
        )

    def _heading(self, name: str, t: ET.Element) -> str:
        written = "".join(t.itertext()).replace("\u00a0", " ").rstrip()
        v = self.stage.value(name)
        label = self.stage.title(name) if v is None else self.stage.names[v]
        rest = written[len(label) :] if written.startswith(label) else ""
        bold = written[: len(written) - len(rest)]
        quiet = " quiet" if v is not None and not legible(v.label) else ""
        return (
            f'<text class="head{quiet}" x="{t.get("x")}" y="{t.get("y")}">'
            f"<tspan>{escape(bold)}</tspan>{escape(rest)}</text>"
        )


def _text(t: ET.Element, text: str | None = None, attributes: str = "", big: bool = False) -> str:
    """A text where Graphviz put it, in the page's own style."""
    written = "".join(t.itertext()) if text is None else text
    kind = ' class="big"' if big else ""
    start = ' text-anchor="start"' if t.get("text-anchor") == "start" else ""
    return (
        f'<text{kind} x="{t.get("x")}" y="{t.get("y")}"{start}{attributes}>{escape(written)}</text>'
    )


def _frame(group: ET.Element) -> _Frame:
    """Around the shapes of a node or a cluster."""
    xs: list[float] = []
    ys: list[float] = []
    for e in group.iter():
        if e.tag.removeprefix(_SVG) in ("polygon", "path"):
            numbers = re.findall(r"-?[\d.]+", e.get("points", "") + e.get("d", ""))
            xs += map(float, numbers[::2])
            ys += map(float, numbers[1::2])
    return _Frame(min(xs), min(ys), max(xs), max(ys))


def _rounded(numbers: str) -> str:
    """Coordinates to a tenth of a point."""
    return re.sub(r"-?\d+\.\d+", lambda m: _n(float(m[0])), numbers)


def _n(x: float) -> str:
    written = f"{x:.1f}".removesuffix(".0")
    return "0" if written == "-0" else written
