"""The SVG of a picture: Graphviz's drawing of a scene, with what DOT cannot express.

Graphviz's HTML-like labels could set a name in bold, but the embedded Graphviz has none.
"""

from __future__ import annotations

from functools import partial
from heapq import heapify, heappop, heappush
from html import escape
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from . import palette
from .dark import CLASS, write_dark_style
from .geometry import gather_usual
from .scene import Cut

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from .describe import Words
    from .geometry import Drawing, Part
    from .scene import Box, Scene

__all__ = ["DrawnInside", "Svg", "write_svg", "write_words"]

# Boxes are measured for Helvetica. Arial and Liberation Sans are as wide; a Linux without any of
# them has DejaVu, whose condensed cut is about as wide and whose usual one would not fit.
_FONTS = 'font-family="Helvetica,Arial,Liberation Sans,DejaVu Sans Condensed,sans-serif"'


class DrawnInside(NamedTuple):
    """What a fold holds, laid out; see `scene.Inside`."""

    scene: Scene
    drawing: Drawing
    ports: Mapping[str, str]
    folds: Mapping[str, DrawnInside]


class Svg(NamedTuple):
    """A picture as SVG. Its size is in points."""

    width: float
    height: float
    body: str  # everything within the root element
    words: Words  # for those who cannot see it

    def __str__(self) -> str:
        """The element alone, without the prologue of a file, so that it can stand in a page."""
        return self._element("pt", style=write_dark_style())

    def live(self, script: str) -> str:
        """The element with a script at its end."""
        return self._element("pt", style=write_dark_style(), script=script)

    def placed(self, x: float, y: float) -> str:
        """The element as part of another SVG whose unit is the point, with its corner at (x, y)."""
        return self._element("", f'x="{x:g}" y="{y:g}" ')

    def _element(self, unit: str, place: str = "", style: str = "", script: str = "") -> str:
        width, height = (f"{x:.2f}".rstrip("0").rstrip(".") for x in self[:2])
        return (
            f'<svg {place}role="img" class="{CLASS}" width="{width}{unit}" '
            f'height="{height}{unit}"\n '
            f'viewBox="0.00 0.00 {self.width:.2f} {self.height:.2f}" '
            'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">'
            f"{write_words(self.words)}{style}{self.body}{script}</svg>\n"
        )


def write_words(words: Words) -> str:
    """Write the alternative text of a picture as the elements that screen readers look for."""
    rest = f"<desc>{escape(words.rest)}</desc>" if words.rest else ""
    return f"<title>{escape(words.name)}</title>{rest}"


def write_svg(
    scene: Scene,
    drawing: Drawing,
    prefix: str,
    words: Words,
    insides: Mapping[str, DrawnInside] = MappingProxyType({}),
    *,
    live: bool = False,
) -> Svg:
    """Write a drawn scene as SVG: names in bold, the signs of gradients in colour.

    Arguments:
        scene: what was drawn.
        drawing: where everything is.
        prefix: begins the name of each fill. Several pictures may share a page, where fills of the
            same name would be taken for each other.
        words: what the picture shows.
        insides: for the viewer, what the folds hold, by the names of their boxes. It is hidden.
        live: whether it is for the viewer, which finds what folds hold by name.
    """
    parts = _dress_parts(scene, drawing, prefix, live=live)
    body = _write_in_order(scene, parts, prefix, insides)
    start = drawing.start
    if live and scene.closed:
        start = start.replace(' class="graph"', f' data-closed="{scene.closed}" class="graph"', 1)
    body = f"{start}{body}</g>\n".replace('font-family="Helvetica,sans-Serif"', _FONTS)
    return Svg(drawing.width, drawing.height, body, words)


def _dress_parts(
    scene: Scene, drawing: Drawing, prefix: str, *, live: bool
) -> list[tuple[str, str]]:
    """The name and the markup of each part."""
    boxes = {box.name: box for box in scene.boxes}
    found = []
    for part in drawing.parts:
        box = boxes.get(part.name)
        dressed = part if box is None else _dress(part.rename_gradient(f"{prefix}_{part.id}"), box)
        markup = dressed.markup
        if live and box is not None and box.names:
            names = "&#10;".join(escape(name) for name in box.names)
            markup = markup.replace(' class="node', f' data-names="{names}" class="node', 1)
        found.append((part.name, markup))
    if found:  # the last holds the end of the file
        name, markup = found[-1]
        found[-1] = name, markup.removesuffix("</g>\n</svg>\n")
    return found


def _write_in_order(
    scene: Scene,
    parts: Sequence[tuple[str, str]],
    prefix: str,
    insides: Mapping[str, DrawnInside],
) -> str:
    """Frames, lines, and then boxes in the order of writing, each fold with what it holds.

    That is the order in which the Tab key and screen readers go through them.
    """
    order: dict[str, int] = {frame.name: -2 for frame in scene.frames}
    for box in _order_boxes(scene):
        circle = box.operation
        inputs = [circle.name, *(c.name for c in circle.constants)] if circle is not None else []
        for name in (*inputs, box.name):
            order[name] = len(order)
    markup = []
    for name, drawn in sorted(parts, key=lambda part: order.get(part[0], -1)):
        markup.append(drawn)
        if name in insides:
            markup.append(_write_inside(name, insides[name], f"{prefix}_{name}"))
    return "".join(markup)


def _order_boxes(scene: Scene) -> Iterator[Box]:
    """The boxes in the order of writing, each after those that it is made from."""
    boxes = {box.name: box for box in scene.boxes}
    owner = {box.operation.name: box.name for box in boxes.values() if box.operation is not None}
    users: dict[str, list[str]] = {name: [] for name in boxes}
    waits_for = dict.fromkeys(boxes, 0)
    for line in scene.lines:
        tail, head = (
            ("", "") if isinstance(line, Cut) else (line.tail, owner.get(line.head, line.head))
        )
        if tail in boxes and head in boxes and tail != head:
            users[tail].append(head)
            waits_for[head] += 1
    ready = [(_place(name), name) for name, count in waits_for.items() if not count]
    heapify(ready)
    while ready:
        _, name = heappop(ready)
        yield boxes[name]
        for user in users[name]:
            waits_for[user] -= 1
            if not waits_for[user]:
                heappush(ready, (_place(user), user))


def _place(name: str) -> int:
    """The place of what a box shows in its graph, which is in its name: 12 for ``v12``."""
    return int(name[1:]) if name[1:].isdecimal() else 0


def _write_inside(of: str, inside: DrawnInside, prefix: str) -> str:
    """What a fold holds, as a hidden group; `of` is the name of its box."""
    scene, drawing, ports, folds = inside
    pairs = " ".join(f"{inner}:{outer}" for inner, outer in ports.items())
    parts = _write_in_order(scene, _dress_parts(scene, drawing, prefix, live=True), prefix, folds)
    graph = f'class="graph" transform="{drawing.transform}"'
    return (
        f'<g class="inside" display="none" data-of="{of}" data-ports="{pairs}" '
        f'data-width="{drawing.width:g}" data-height="{drawing.height:g}">\n'
        f"{gather_usual(drawing.notes + parts, graph)}</g>\n"
    )


def _dress(part: Part, box: Box) -> Part:
    """Set the name of a box in bold, and colour the marks of its gradients."""
    edits: dict[int, Callable[[str], str]] = {}
    if box.heading:
        rest = f" · {escape(box.word)}" if box.title and box.word else ""
        heading = f'<tspan font-weight="bold">{escape(box.bold)}</tspan>{rest}'
        edits[0] = lambda _: heading
    for i, field in enumerate(box.fields, start=bool(box.heading)):
        if field.origin:
            edits[i] = _alarm
        elif field.marks:
            edits[i] = partial(_colour_end, field.marks)
    return part.edit_texts(edits)


def _alarm(text: str) -> str:
    return f'<tspan fill="{palette.ALARM}">{text}</tspan>'


def _colour_end(marks: str, text: str) -> str:
    colour = palette.RISES if marks.startswith("▲") else palette.FALLS
    return f'{text.removesuffix(marks)}<tspan fill="{colour}">{marks}</tspan>'
