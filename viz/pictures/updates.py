"""`draw_update`: an update of the parameters, as two pictures with the changes marked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from autograd import Value

from .dark import CLASS, write_dark_style
from .describe import Words
from .draw import check_options, compose_levels
from .files import write_file
from .layout import PX, check_width
from .numbers import find_common_scale, read_recording
from .recording import Recording, describe_difference
from .render import Picture, bundle
from .scene import Scene
from .svg import Svg, write_words
from .text import number, shortened
from .viewer.viewer import write_script

__all__ = ["UpdatePicture", "draw_update"]

APART = 24.0  # between the two pictures, points


class UpdatePicture:
    """Two pictures of one computation, which show themselves in Jupyter and can be saved as SVG.

    Attributes:
        before, after: each `Picture` separately, for example to save it as PNG or PDF.
        words: what they show, in words and numbers.
        svg: both as one picture: side by side, or one below the other if they are wide.
        viewer: the same with a script: folds open, and one can zoom, find and save.
    """

    def __init__(self, before: Picture, after: Picture) -> None:
        self.before, self.after = before, after

    @property
    def words(self) -> Words:
        """What both pictures show, in words and numbers."""
        before, after = self.before.words, self.after.words
        return Words(f"{before.name}; {after.name}", f"before: {before.rest}; after: {after.rest}")

    @property
    def viewer(self) -> str:
        """Both pictures in one SVG with a script; see `Picture`."""
        return self._beside(self.before._draw_live(), self.after._draw_live(), write_script())

    @property
    def svg(self) -> str:
        """Both pictures in one SVG."""
        return self._beside(self.before._draw(), self.after._draw())

    def _beside(self, before: Svg, after: Svg, script: str = "") -> str:
        (width, height), (other_width, other_height) = before[:2], after[:2]
        x = y = 0.0
        if width + APART + other_width > self.before._place.width / PX:
            y = height + APART
        else:
            x = width + APART
        right, bottom = max(width, x + other_width), max(height, y + other_height)
        return (
            f'<svg role="img" class="{CLASS}" xmlns="http://www.w3.org/2000/svg" '
            'xmlns:xlink="http://www.w3.org/1999/xlink" '
            f'width="{right:g}pt" height="{bottom:g}pt" viewBox="0 0 {right:g} {bottom:g}">\n'
            f"{write_words(self.words)}{write_dark_style()}"
            f"{before.placed(0.0, 0.0)}{after.placed(x, y)}{script}</svg>\n"
        )

    def save(self, path: str | Path) -> Path:
        """Write both as one picture to a file that ends in ``.svg``.

        Returns:
            The path written to.
        """
        path = Path(path)
        if path.suffix.lower() != ".svg":
            raise ValueError(
                f"expected a file name that ends in .svg, got {path.name!r}. For other formats, "
                "use .before.save(...) and .after.save(...)."
            )
        return write_file(path, self.viewer, "the picture")

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """What Jupyter shows; see `Picture`."""
        return bundle(self._repr_html_(), self.svg, repr(self), include)

    def _repr_html_(self) -> str:
        """Both side by side if there is room."""
        figures = "".join(
            '<div style="flex: 0 1 auto; min-width: 0; max-width: 100%; '
            f'width: {round(picture.size[0] * PX)}px"><div><b>{word}</b></div>'
            f"{picture._repr_html_()}</div>"
            for word, picture in (("before", self.before), ("after", self.after))
        )
        return f'<div style="display: flex; flex-wrap: wrap; gap: 16px">{figures}</div>'

    def __repr__(self) -> str:
        return "<UpdatePicture: .before, .after, .svg, .save(path)>"


def draw_update(
    before: Value,
    after: Value,
    *,
    detail: str = "auto",
    direction: str = "auto",
    width: float | None = None,
    digits: int = 4,
    title: str = "",
) -> UpdatePicture:
    """Draw a computation before and after an update, and mark what changed.

    Leaves that changed, mostly parameters, have a thick ring in both pictures. The second picture
    writes every number that changed as ``0.5 → 0.7``. Each picture shows the data that its graph
    was recorded with, even if the parameters have changed since, and the gradients of its own
    result. There is no need to call ``backward()``, and the graphs are not changed. Squares and
    lines have one scale: the largest gradient of a leaf in both.

    Arguments:
        before: a loss, or another result, recorded before the update.
        after: the result of the same computation, recorded after the update.
        detail, direction, width, digits: see `draw`.
        title: text below the pictures.

    Returns:
        An `UpdatePicture`, which shows itself in Jupyter, with ``.before``, ``.after``, ``.svg``
        and ``.save("update.svg")``.

    Raises:
        ValueError: the two graphs do not have the same shape.

    >>> from autograd import Value
    >>> w, x = Value(0.5, label="w", role="parameter"), Value(2.0, label="x")
    >>> before = w * x
    >>> w.data = 0.7
    >>> "data  0.5 → 0.7" in draw_update(before, w * x).after.source
    True
    """
    for name, given in (("before", before), ("after", after)):
        if not isinstance(given, Value):
            raise TypeError(
                f"expected {name} to be a Value, such as a loss, got "
                f"{type(given).__qualname__}: {given!r:.60}"
            )
    check_options(detail, direction, digits, title)
    place = check_width(width)
    old, new = Recording(before), Recording(after)
    if differs := describe_difference(old, new, 1):
        raise ValueError(
            "expected two recordings of the same computation, got different ones (loss 0 is "
            f"before, loss 1 is after): {differs}. Draw each separately."
        )
    pairs = list(zip(old.order, new.order, strict=True))
    moved = [
        (v, w) for v, w in pairs if v.operation is None and not _same(old.data[v], new.data[w])
    ]
    was = {w: old.data[v] for v, w in pairs if not _same(old.data[v], new.data[w])}
    scale = find_common_scale((old, new))
    pictures: list[Picture] = []
    scenes: list[Scene] = []
    for word, recording, earlier, ringed in (  # the second has the legend
        ("after", new, was, [w for _, w in moved]),
        ("before", old, {}, [v for v, _ in moved]),
    ):
        root = shortened(recording.root.label) or "result"
        caption = f"{word} the update: {root} = {number(recording.data[recording.root], digits)}"
        if word == "after":
            caption += ";  thick rings: changed by the update" if moved else ";  nothing changed"
        scenes = compose_levels(
            recording.root,
            detail=detail,
            digits=digits,
            title=f"{shortened(title, 40)}: {caption}" if title else caption,
            highlight=ringed,
            source=read_recording(recording, scale, earlier),
            beside=scenes,
        )
        what = f"Computation graph {word} the update"
        pictures.append(Picture(scenes, direction, place, what))
    return UpdatePicture(*reversed(pictures))


def _same(x: float, y: float) -> bool:
    return x == y or (x != x and y != y)
