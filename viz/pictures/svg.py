"""The SVG of a picture: Graphviz's drawing of a scene, with what DOT cannot express.

Graphviz's HTML-like labels could set a name in bold, but the embedded Graphviz has none.
"""

from __future__ import annotations

from functools import partial
from html import escape
from typing import TYPE_CHECKING, NamedTuple

from . import palette
from .dark import CLASS, write_dark_style

if TYPE_CHECKING:
    from collections.abc import Callable

    from .describe import Words
    from .geometry import Drawing, Part
    from .scene import Box, Scene

__all__ = ["Svg", "write_svg", "write_words"]

# Boxes are measured for Helvetica. Arial and Liberation Sans are as wide; a Linux without any of
# them has DejaVu, whose condensed cut is about as wide and whose usual one would not fit.
_FONTS = 'font-family="Helvetica,Arial,Liberation Sans,DejaVu Sans Condensed,sans-serif"'


class Svg(NamedTuple):
    """A picture as SVG. Its size is in points."""

    width: float
    height: float
    body: str  # everything within the root element, and its end
    words: Words  # for those who cannot see it

    def __str__(self) -> str:
        """The element alone, without the prologue of a file, so that it can stand in a page."""
        return self._element("pt", style=write_dark_style())

    def placed(self, x: float, y: float) -> str:
        """The element as part of another SVG whose unit is the point, with its corner at (x, y)."""
        return self._element("", f'x="{x:g}" y="{y:g}" ')

    def _element(self, unit: str, place: str = "", style: str = "") -> str:
        width, height = (f"{x:.2f}".rstrip("0").rstrip(".") for x in self[:2])
        return (
            f'<svg {place}role="img" class="{CLASS}" width="{width}{unit}" '
            f'height="{height}{unit}"\n '
            f'viewBox="0.00 0.00 {self.width:.2f} {self.height:.2f}" '
            'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">'
            f"{write_words(self.words)}{style}{self.body}"
        )


def write_words(words: Words) -> str:
    """Write the alternative text of a picture as the elements that screen readers look for."""
    rest = f"<desc>{escape(words.rest)}</desc>" if words.rest else ""
    return f"<title>{escape(words.name)}</title>{rest}"


def write_svg(scene: Scene, drawing: Drawing, prefix: str, words: Words) -> Svg:
    """Write a drawn scene as SVG: names in bold, the signs of gradients in colour.

    Arguments:
        scene: what was drawn.
        drawing: where everything is.
        prefix: begins the name of each fill. Several pictures may share a page, where fills of the
            same name would be taken for each other.
        words: what the picture shows.
    """
    boxes = {box.name: box for box in scene.boxes}
    markup = [drawing.start]
    for part in drawing.parts:
        box = boxes.get(part.name)
        dressed = part if box is None else _dress(part.rename_gradient(f"{prefix}_{part.id}"), box)
        markup.append(dressed.markup)
    body = "".join(markup).replace('font-family="Helvetica,sans-Serif"', _FONTS)
    return Svg(drawing.width, drawing.height, body, words)


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
