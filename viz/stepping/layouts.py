"""The layouts of a page's picture: for windows of several widths, and for a sheet of paper.

Graphviz lays each out with room for the widest text that each place will ever hold. Where the boxes
of the steps cannot be read in a place, the first fold of them that can be is laid out for it.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from ..pictures.layout import Place, choose_layout, is_far_too_wide
from ..pictures.order import lay_out_in_order
from ..pictures.render import lay_out
from ..pictures.scene import Box, Cut, Frame
from ..pictures.shape import Shape
from ..pictures.text import text_width

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ..pictures.geometry import Drawing
    from ..pictures.scene import Item, Scene
    from .boxes import Boxes
    from .step import Entry

__all__ = ["LEGIBLE", "MARGIN", "PRINTED", "SHEET", "Laid", "lay_out_page", "make_room"]

MARGIN = 14.0  # around the picture, points
SHEET = (640, 900)
"""What a picture may take of a sheet of A4, within a notebook too: width and height in pixels."""
LEGIBLE = 1.1  # pixels per point: text of 10 points has 11 pixels on a screen
PRINTED = 0.934  # pixels per point: on paper it has 7 points
# px, less two scrollbars that take room: on a phone, the same on its side, beside the words, on a
# tablet, on a screen
_WIDTHS_OF_FRAMES = (330, 420, 485, 735, 1200)
_WIDEST = 1530  # px: no frame is wider than this
_TALL = 1400  # px: a picture that is taller may lie better in another way
_TALLEST = 2600  # px: of a taller picture, a window shows too little at a time
_A_LITTLE = 1.35  # times the width of a place: this much too wide may fit after all
_PAD = 4.0  # around what Graphviz draws, points


class Laid(NamedTuple):
    """A layout of the picture.

    Attributes:
        boxes: what it shows.
        entries: the texts that its folds show, for each step.
        level: 0 for the boxes of the steps, and more, the more is folded.
        direction: ``"LR"`` or ``"TB"``.
        drawing: where everything is.
    """

    boxes: Boxes
    entries: Sequence[Sequence[Entry]]
    level: int
    direction: str
    drawing: Drawing

    @property
    def width(self) -> float:
        """The width of the picture with its margin, in points."""
        return self.drawing.inside + 2 * MARGIN

    @property
    def fits_a_sheet(self) -> bool:
        """Whether the whole picture can be read on a sheet of paper."""
        width, height = SHEET
        tall = self.drawing.height + 2 * (MARGIN - _PAD)
        return PRINTED * self.width <= width and PRINTED * tall <= height


def lay_out_page(
    view: Boxes,
    entries: Sequence[Sequence[Entry]],
    folds: Iterator[tuple[Boxes, Sequence[Sequence[Entry]]]],
) -> list[Laid]:
    """Lay the picture out in every way that differs from those before, the finest first.

    Arguments:
        view: the boxes of the steps.
        entries: the texts that appear in the picture at each step.
        folds: coarser pictures, with the texts of their folds; each is made when it is needed.
    """
    return sorted(_Layouts(view, entries, folds).lay_out(), key=lambda laid: laid.level)


class _Level(NamedTuple):
    boxes: Boxes
    entries: Sequence[Sequence[Entry]]
    scene: Scene  # with room for the widest texts


class _Layouts:
    def __init__(
        self,
        view: Boxes,
        entries: Sequence[Sequence[Entry]],
        folds: Iterator[tuple[Boxes, Sequence[Sequence[Entry]]]],
    ) -> None:
        self.room = _find_widest(entry for each in entries for entry in each)
        self.folds = folds
        self.levels = [_Level(view, (), make_room(view.scene, self.room))]
        self.laid: dict[tuple[int, float, float], Laid] = {}  # by level and size

    def lay_out(self) -> Iterable[Laid]:
        """Lay out the boxes of the steps in both directions, and what suits each place."""
        finest = self.levels[0].scene
        for direction in ("LR", "TB"):
            drawing = lay_out_in_order(finest, direction, lay_out)
            self._add(Laid(self.levels[0].boxes, (), 0, direction, drawing))
        first = 1 if finest.crowded and self._has(1) else 0  # it would take seconds, and not fit
        if not finest.crowded or first:
            for width in reversed(_WIDTHS_OF_FRAMES):
                first = self._suit_frame(width, first)
            self._drop_too_wide()
            self._suit_sheet()
        return self.laid.values()

    def _suit_frame(self, width: int, first: int) -> int:
        """Add the first level that can be read in a frame. If it is very tall, add others, too.

        Returns:
            The first level that may be read in a narrower frame.
        """
        k = first
        while self._has(k):
            laid = self._find_laid(k, width)
            if laid is None:
                frame = self._place(k, LEGIBLE, width)
                if k and is_far_too_wide(self.levels[k].scene, frame) and self._has(k + 1):
                    k += 1
                    continue
                laid = self._choose(k, frame, width)
            too_wide = LEGIBLE * laid.width / width
            if too_wide <= 1.0 or not self._has(k + 1):
                self._add(laid)
            if too_wide <= 1.0 and LEGIBLE * laid.drawing.height <= _TALLEST:
                break
            if too_wide > _A_LITTLE and k == first and self._has(k + 1):
                first = k + 1
            k += 1
        return first

    def _find_laid(self, k: int, width: int) -> Laid | None:
        """A layout of a level that fits a frame already, and is not very tall."""
        for laid in self.laid.values():
            fits = LEGIBLE * laid.width <= width and LEGIBLE * laid.drawing.height <= _TALL
            if laid.level == k and fits:
                return laid
        return None

    def _suit_sheet(self) -> None:
        """See to it that a picture can be read on paper, one that is folded as little as can be."""
        k = 0
        while self._has(k) and not any(
            laid.fits_a_sheet for laid in self.laid.values() if laid.level == k
        ):
            sheet = self._place(k, PRINTED, *SHEET)
            if not (self.levels[k].scene.crowded or is_far_too_wide(self.levels[k].scene, sheet)):
                laid = self._lay_out(k, sheet)
                if laid.fits_a_sheet:
                    self._add(laid)
                    break
            k += 1

    def _drop_too_wide(self) -> None:
        """Of what fits no window, keep the one whose text is the largest in a window."""
        too_wide = [key for key, laid in self.laid.items() if LEGIBLE * laid.width > _WIDEST]
        finest = [key for key in too_wide if key[0] == 0]
        if len(finest) > 1 and len(self.levels) > 1:
            kept = min(finest, key=lambda key: max(key[1] / 1230, key[2] / 700))
            for key in finest:
                if key != kept:
                    del self.laid[key]

    def _has(self, k: int) -> bool:
        """Whether there is a level k; if so, it is made."""
        while len(self.levels) <= k:
            following = next(self.folds, None)
            if following is None:
                return False
            folded, entries = following
            room = {**self.room, **_find_widest(entry for each in entries for entry in each)}
            self.levels.append(_Level(folded, entries, make_room(folded.scene, room)))
        return True

    def _place(self, k: int, scale: float, width: float, height: float = math.inf) -> Place:
        """A place in which all text of a level has at least so many pixels per point."""
        smallest = scale * Shape(self.levels[k].scene).smallest
        margin = 2 * (MARGIN - _PAD) * scale
        return Place(width - margin, tallest=height - margin, smallest=smallest, aim=smallest)

    def _choose(self, k: int, place: Place, width: float) -> Laid:
        """Lay out a level for a place. What is a little too wide is tried for a narrower one."""
        laid = self._lay_out(k, place)
        if 1.0 < LEGIBLE * laid.width / width < _A_LITTLE:
            narrower = self._lay_out(k, place._replace(width=place.width / _A_LITTLE))
            if LEGIBLE * narrower.width <= width:
                return narrower
        return laid

    def _lay_out(self, k: int, place: Place) -> Laid:
        boxes, entries, scene = self.levels[k]
        return Laid(boxes, entries, k, "TB", choose_layout([scene], "auto", place, lay_out).drawing)

    def _add(self, laid: Laid) -> None:
        self.laid.setdefault((laid.level, laid.drawing.width, laid.drawing.height), laid)


# ── room for texts ───────────────────────────────────────────────────────────────────────────


def _find_widest(entries: Iterable[Entry]) -> dict[tuple[str, str], str]:
    """The widest text that each place in the picture will hold."""
    found: dict[tuple[str, str], str] = {}
    for where, field, text, *_ in entries:
        if text_width(text, 1.0) > text_width(found.get((where, field), ""), 1.0):
            found[where, field] = text
    return found


def make_room(scene: Scene, room: Mapping[tuple[str, str], str]) -> Scene:
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
        if isinstance(line, Cut) or not line.local or (line.name, "local") not in room
        else line._replace(label="", local=room[line.name, "local"])
        for line in scene.lines
    ]
    return scene._replace(items=items_with_room(scene.items), lines=tuple(lines))
