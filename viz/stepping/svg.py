"""The picture on a page: SVGs in which a script finds every box, line and number by name.

Graphviz lays the scene out, with room for the widest text that each place will ever hold, in
several ways: the script shows the one that suits the window. The SVGs name no colours: the page's
style has them, for light and dark.
"""

from __future__ import annotations

import math
from collections import defaultdict
from html import escape
from typing import TYPE_CHECKING

from ..pictures import palette
from ..pictures.clearance import place_texts
from ..pictures.geometry import Extent, pt
from ..pictures.layout import Place, choose_layout
from ..pictures.order import lay_out_in_order
from ..pictures.render import lay_out
from ..pictures.scene import Box, Cut, Frame
from .names import legible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ..pictures.geometry import Drawing, Part, Text
    from ..pictures.scene import Constant, Item, Line, Scene
    from .step import Entry
    from .view import StepView

__all__ = ["draw_view", "widest_texts"]

_MARGIN = 14.0  # around the picture, points
_WIDTHS_OF_FRAMES = (360, 480, 760, 1230)  # px: on a phone, beside the words, on a tablet, a screen

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


def widest_texts(entries: Iterable[Entry]) -> dict[tuple[str, str], str]:
    """The widest text that each place in the picture will hold."""
    found: dict[tuple[str, str], str] = {}
    for where, field, text, *_ in entries:
        if _width(text) > _width(found.get((where, field), "")):
            found[where, field] = text
    return found


def _width(text: str) -> int:
    return sum(_WIDTHS.get(c, 556) for c in text)


def draw_view(
    view: StepView,
    room: Mapping[tuple[str, str], str],
    shown: Mapping[tuple[str, str], Entry],
) -> list[str]:
    """Draw the picture as SVG: left to right, top to bottom, and for frames of several widths.

    All but the first are hidden, until a script chooses among them.

    Arguments:
        view: what to draw.
        room: the widest text of each place.
        shown: what stands there until a script says otherwise.
    """
    return [
        _Writer(view, direction, shown).write(place_texts(drawing), 'hidden="" ' if i else "")
        for i, (direction, drawing) in enumerate(_lay_out(_make_room(view.scene, room)))
    ]


def _lay_out(scene: Scene) -> Iterator[tuple[str, Drawing]]:
    """Lay the scene out in every way that differs from those before."""
    sizes = set()
    for direction in ("LR", "TB"):
        drawing = lay_out_in_order(scene, direction, lay_out)
        sizes.add((drawing.width, drawing.height))
        yield direction, drawing
    if scene.crowded:  # it would fit none of these frames, and take seconds
        return
    for width in _WIDTHS_OF_FRAMES:
        frame = Place(width - 2 * _MARGIN, tallest=math.inf)
        drawing = choose_layout([scene], "auto", frame, lay_out).drawing
        if (drawing.width, drawing.height) not in sizes:
            sizes.add((drawing.width, drawing.height))
            yield "TB", drawing


def _make_room(scene: Scene, room: Mapping[tuple[str, str], str]) -> Scene:
    """The scene with the widest text in each place."""

    def box_with_room(box: Box) -> Box:
        circle = box.operation
        if circle is not None:
            constants = [
                c._replace(text=room.get((c.name, "constant"), c.text)) for c in circle.constants
            ]
            circle = circle._replace(constants=tuple(constants))
        fields = [f._replace(text=room.get((box.name, f.key), f.text)) for f in box.fields]
        return box._replace(fields=tuple(fields), operation=circle)

    def items_with_room(items: Iterable[Item]) -> tuple[Item, ...]:
        return tuple(
            box_with_room(item)
            if isinstance(item, Box)
            else item._replace(items=items_with_room(item.items))
            if isinstance(item, Frame)
            else item
            for item in items
        )

    lines = [
        line
        if isinstance(line, Cut) or (line.name, "local") not in room
        else line._replace(label="", local=room[line.name, "local"])
        for line in scene.lines
    ]
    return scene._replace(items=items_with_room(scene.items), lines=tuple(lines))


class _Writer:
    """Writes a laid-out scene as the page's SVG."""

    def __init__(
        self, view: StepView, direction: str, shown: Mapping[tuple[str, str], Entry]
    ) -> None:
        self.view, self.direction, self.shown = view, direction, shown
        self.extents: list[Extent] = []

    def write(self, drawing: Drawing, hidden: str) -> str:
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
        left = min(extent.left for extent in self.extents) - _MARGIN
        top = min(extent.top for extent in self.extents) - _MARGIN
        width = max(extent.right for extent in self.extents) + _MARGIN - left
        height = max(extent.bottom for extent in self.extents) + _MARGIN - top
        return (
            f'<svg class="graph {self.direction}" viewBox="{pt(left)} {pt(top)} {pt(width)} '
            f'{pt(height)}" width="{pt(width)}" height="{pt(height)}" {hidden}role="group" '
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
                entry = self.shown.get((line.name, "local"))
                text = entry.text if entry else line.label
                attributes = f' data-t="{line.name} local" data-blank="{line.label}"'
                label = _text(place, escape(text), attributes)
            else:
                label = _text(place, escape(line.label))
        kind = "line stopped" if line.stopped else "line"
        return self._arrow(kind, line.name, of, part, label)

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
            entry = self.shown.get((name, field.key))
            alarm = ' class="alarm"' if entry and entry.origin else ""
            text = escape(entry.text) if entry else ""
            span = f'<tspan data-t="{name} {field.key}"{alarm}>{text}</tspan>'
            if field.caption:
                span = f'<tspan class="key">{field.caption}</tspan>\u00a0 {span}'
            texts.append(f'<text x="{place.x}" y="{place.y}">{span}</text>')
        v, title, role = view.value(name), view.title(name), view.role(name)
        where = view.where(v) if v is not None else ""
        origins = [e.origin for f in box.fields if (e := self.shown.get((name, f.key)))]
        kind = f"{box.kind} {min(filter(None, origins), default='')}".rstrip()
        return (
            f'<g class="box {kind}" data-node="{name}" data-of="{name}" tabindex="0" '
            f'role="img" data-name="{escape(title)}" data-role="{escape(role)}" '
            f'data-where="{escape(where)}" aria-label="{escape(f"{title}, {role}")}">'
            f"{halo}{_rect(extent, 'body', radius)}{band}{_rect(extent, 'frame', radius)}{ring}"
            f"{' '.join(texts)}</g>"
        )

    def _heading(self, box: Box, place: Text) -> str:
        v = self.view.value(box.name)
        quiet = " quiet" if v is not None and not legible(v.label) else ""
        word = f" · {escape(box.word)}" if box.word else ""
        return (
            f'<text class="head{quiet}" x="{place.x}" y="{place.y}">'
            f"<tspan>{escape(box.title)}</tspan>{word}</text>"
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
