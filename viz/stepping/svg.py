"""The picture on a page: SVGs in which a script finds every box, line and number by name.

The script shows the layout that suits the window. The SVGs name no colours: the page's style has
them, for light and dark.
"""

from __future__ import annotations

from collections import defaultdict
from html import escape
from typing import TYPE_CHECKING

from ..pictures import palette
from ..pictures.clearance import place_texts
from ..pictures.geometry import Extent, pt
from ..pictures.scene import Cut
from .layouts import MARGIN
from .names import legible

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ..pictures.geometry import Drawing, Part, Text
    from ..pictures.scene import Box, Constant, Frame, Line
    from .boxes import Boxes
    from .layouts import Laid
    from .step import Entry

__all__ = ["write_layouts"]


def write_layouts(layouts: Iterable[Laid], shown: Mapping[tuple[str, str], Entry]) -> list[str]:
    """Write the layouts of the picture as SVG.

    All but the first are hidden, until a script chooses among them.

    Arguments:
        layouts: the layouts.
        shown: what stands in each place until a script says otherwise.
    """
    return [
        _Writer(boxes, direction, shown).write(
            place_texts(drawing), f'data-level="{level}"' + (' hidden=""' if i else "")
        )
        for i, (boxes, _, level, direction, drawing) in enumerate(layouts)
    ]


class _Writer:
    """Writes a laid-out scene as the page's SVG."""

    def __init__(self, view: Boxes, direction: str, shown: Mapping[tuple[str, str], Entry]) -> None:
        self.view, self.direction, self.shown = view, direction, shown
        self.extents: list[Extent] = []

    def write(self, drawing: Drawing, attributes: str) -> str:
        scene = self.view.scene
        boxes = self.view.boxes
        frames = {frame.name: frame for frame in scene.frames}
        circles = {box.operation.name: box for box in boxes.values() if box.operation}
        constants = {
            constant.name: (constant, box)
            for box in circles.values()
            if box.operation
            for constant in box.operation.constants
        }
        cuts = {line.name: line for line in scene.lines if isinstance(line, Cut)}
        lines: dict[str, list[Line]] = defaultdict(list)  # by tail and head, the last one first
        for line in reversed(scene.lines):
            if not isinstance(line, Cut):
                lines[f"{line.tail}->{line.head}"].append(line)
        of = {name: box.name for name, box in circles.items()}  # the box that a line belongs to
        clusters, edges, nodes = [], [], []  # from bottom to top
        named: dict[str, str] = {}  # the boxes
        for part in drawing.parts:
            if part.name in boxes:
                named[part.name] = self._box(boxes[part.name], part)
            elif part.name in circles:
                nodes.append(self._circle(circles[part.name], part))
            elif part.name in constants:
                nodes.append(self._constant(*constants[part.name], part))
            elif part.name in cuts:
                head = cuts[part.name].head
                nodes.append(self._small("more", part.name, of.get(head, head), part, "…"))
            elif part.name in frames:
                clusters.append(self._frame(frames[part.name], part))
            elif part.name in lines:
                line = lines[part.name].pop()
                edges.append(self._line(line, of.get(line.head, line.head), part))
            else:  # the dashed line from an ellipsis
                tail, _, head = part.name.partition("->")
                edges.append(self._cut(cuts[tail], of.get(head, head), part))
        ordered = [named[name] for name in boxes if name in named]  # as the keyboard visits them
        left = min(extent.left for extent in self.extents) - MARGIN
        top = min(extent.top for extent in self.extents) - MARGIN
        width = max(extent.right for extent in self.extents) + MARGIN - left
        height = max(extent.bottom for extent in self.extents) + MARGIN - top
        return (
            f'<svg class="graph {self.direction}" viewBox="{pt(left)} {pt(top)} {pt(width)} '
            f'{pt(height)}" width="{pt(width)}" height="{pt(height)}" {attributes} role="group" '
            f'aria-label="Computation graph">\n'
            + "\n".join([*clusters, *edges, *nodes, *ordered])
            + "\n</svg>"
        )

    def _extend(self, extent: Extent) -> Extent:
        """Make the picture large enough for something in it."""
        self.extents.append(extent)
        return extent

    def _frame(self, frame: Frame, part: Part) -> str:
        rect = _rect(self._extend(part.extent), "frame", 8.0)
        title = "".join(_text(place, escape(frame.title)) for place in part.texts)
        return f'<g class="cluster">{rect}{title}</g>'

    def _line(self, line: Line, of: str, part: Part) -> str:
        label = ""
        for place in part.texts:
            if line.local:
                name = self.view.names_of_line(line)  # of one line, if it has a derivative
                entry = self.shown.get((name, "local"))
                text = entry.text if entry else line.label
                attributes = f' data-t="{name} local" data-blank="{line.label}"'
                label = _text(place, escape(text), attributes)
            else:
                label = _text(place, escape(line.label))
        kind = "line stopped" if line.stopped else "line"
        return self._arrow(kind, self.view.names_of_line(line), of, part, label)

    def _cut(self, cut: Cut, of: str, part: Part) -> str:
        return self._arrow("line more", f"{cut.name}>{cut.head}:0", of, part, "")

    def _arrow(self, kind: str, name: str, of: str, part: Part, label: str) -> str:
        self._extend(part.extent)
        path = "".join(f'<path d="{d}"/>' for d in part.coordinates("path"))
        arrow = "".join(f'<polygon points="{points}"/>' for points in part.coordinates("polygon"))
        return f'<g class="{kind}" data-line="{name}" data-of="{of}">{path}{arrow}{label}</g>'

    def _circle(self, box: Box, part: Part) -> str:
        assert box.operation is not None
        assert part.ellipse is not None
        name, sign = box.operation.name, box.operation.sign
        cx, cy, rx, ry = part.ellipse
        self._extend(part.ellipse.extent)
        shape = f'<ellipse cx="{pt(cx)}" cy="{pt(cy)}" rx="{pt(rx)}" ry="{pt(ry)}"/>'
        kind = "big" if len(sign) == 1 else ""
        label = "".join(_text(place, escape(sign), kind=kind) for place in part.texts)
        role = f"operation that makes {self.view.title(box.name)}"
        return (
            f'<g class="operation" data-node="{name}" data-of="{box.name}" '
            f'data-name="{escape(sign)}" data-role="{escape(role)}">{shape}{label}</g>'
        )

    def _constant(self, constant: Constant, box: Box, part: Part) -> str:
        entry = self.shown.get((constant.name, "constant"))  # None: the same in all steps
        attributes = f' data-t="{constant.name} constant"' if entry else ""
        text = entry.text if entry else constant.text
        return self._small("constant", constant.name, box.name, part, escape(text), attributes)

    def _small(
        self, kind: str, name: str, of: str, part: Part, text: str, attributes: str = ""
    ) -> str:
        """A text without a border."""
        label = ""
        for place in part.texts:
            x, y = float(place.x), float(place.y)
            self._extend(Extent(x - 12.0, y - 8.0, x + 12.0, y + 3.0))
            label += _text(place, text, attributes)
        return f'<g class="{kind}" data-node="{name}" data-of="{of}">{label}</g>'

    def _box(self, box: Box, part: Part) -> str:
        view, name = self.view, box.name
        look = palette.KINDS[box.kind]
        radius = 6.0 if look.rounded else 2.5
        extent = self._extend(part.extent)
        ring = ""
        if look.rings > 1:  # Graphviz's border is the outer one
            extent = extent.shrunk(4.0)
            ring = _rect(extent, "ring", radius, 4.0)
        heading, *lines = part.texts
        below = float(heading.y) + 4.2
        halo = _rect(extent, "halo", radius, 5.0 if not ring else 9.0)
        band = (
            f'<path class="band" d="M{pt(extent.left)},{pt(below)}V{pt(extent.top + radius)}'
            f"q0,{pt(-radius)} {pt(radius)},{pt(-radius)}H{pt(extent.right - radius)}"
            f'q{pt(radius)},0 {pt(radius)},{pt(radius)}V{pt(below)}z"/>'
        )
        texts = [self._heading(box, heading)]
        for field, place in zip(box.fields, lines, strict=True):
            if field.key:
                entry = self.shown.get((name, field.key))
                alarm = ' class="alarm"' if entry and entry.origin else ""
                text = escape(entry.text) if entry else ""
                span = f'<tspan data-t="{name} {field.key}"{alarm}>{text}</tspan>'
            else:
                span = escape(field.text)
            if field.caption:
                span = f'<tspan class="key">{field.caption}</tspan>\u00a0 {span}'
            texts.append(f'<text x="{place.x}" y="{place.y}">{span}</text>')
        v, title, role = view.value(name), view.title(name), view.role(name)
        where = view.where(v) if v is not None else ""
        origins = [e.origin for f in box.fields if (e := self.shown.get((name, f.key)))]
        kind = f"{box.kind} {min(filter(None, origins), default='')}".rstrip()
        return (
            f'<g class="box {kind}" data-node="{view.names_of_box(name)}" data-of="{name}" '
            f'tabindex="0" role="img" data-name="{escape(title)}" data-role="{escape(role)}" '
            f'data-where="{escape(where)}" aria-label="{escape(f"{title}, {role}")}">'
            f"{halo}{_rect(extent, 'body', radius)}{band}{_rect(extent, 'frame', radius)}{ring}"
            f"{' '.join(texts)}</g>"
        )

    def _heading(self, box: Box, place: Text) -> str:
        v = self.view.value(box.name)
        quiet = " quiet" if v is not None and not legible(v.label) else ""
        word = f" · {escape(box.word)}" if box.title and box.word else ""
        return (
            f'<text class="head{quiet}" x="{place.x}" y="{place.y}">'
            f"<tspan>{escape(box.bold)}</tspan>{word}</text>"
        )


def _rect(extent: Extent, kind: str, radius: float, grow: float = 0.0) -> str:
    left, top, right, bottom = extent.shrunk(-grow)
    return (
        f'<rect class="{kind}" x="{pt(left)}" y="{pt(top)}" width="{pt(right - left)}" '
        f'height="{pt(bottom - top)}" rx="{pt(radius + grow)}"/>'
    )


def _text(place: Text, markup: str, attributes: str = "", kind: str = "") -> str:
    """A text where Graphviz put it, in the page's own style."""
    kind = f' class="{kind}"' if kind else ""
    start = ' text-anchor="start"' if place.anchor == "start" else ""
    return f'<text{kind} x="{place.x}" y="{place.y}"{start}{attributes}>{markup}</text>'
