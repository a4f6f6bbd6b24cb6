"""`draw_update`: what one update of the parameters did, as two pictures with the changes marked."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from autograd import Value

from .draw import check_options, compose_graph
from .files import write_file
from .numbers import Source
from .recording import Recording, difference
from .render import Picture, bundle
from .text import number, shortened

__all__ = ["UpdatePicture", "draw_update"]

APART = 24.0  # between the two pictures, points


class UpdatePicture:
    """Two pictures of one computation: shows itself in Jupyter, and saves itself as SVG.

    Attributes:
        before, after: each `Picture` by itself, to save as PNG or PDF for example.
        svg: both as one picture, beside each other, or below each other where they are wide.
    """

    def __init__(self, before: Picture, after: Picture) -> None:
        self.before, self.after = before, after

    @property
    def svg(self) -> str:
        """Both pictures in one SVG."""
        before, after = self.before._draw(), self.after._draw()
        (width, height), (other_width, other_height) = before[:2], after[:2]
        x = y = 0.0
        if width > height:
            y = height + APART
        else:
            x = width + APART
        right, bottom = max(width, x + other_width), max(height, y + other_height)
        return (
            '<svg role="img" xmlns="http://www.w3.org/2000/svg" '
            'xmlns:xlink="http://www.w3.org/1999/xlink" '
            f'width="{right:g}pt" height="{bottom:g}pt" viewBox="0 0 {right:g} {bottom:g}">\n'
            f"{before.placed(0.0, 0.0)}{after.placed(x, y)}</svg>\n"
        )

    def save(self, path: str | Path) -> Path:
        """Write both as one picture, in a file that ends in ``.svg``.

        Returns:
            The path written to.

        Raises:
            ValueError: another ending, or none.
            OSError: the file cannot be written.
        """
        path = Path(path)
        if path.suffix.lower() != ".svg":
            raise ValueError(
                f"the two pictures of an update are saved together as .svg, and got {path.name!r}; "
                "other formats take .before.save(...) and .after.save(...)"
            )
        return write_file(path, self.svg, "the picture")

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """What Jupyter shows; as for a `Picture`, the bare SVG is there for those who ask."""
        return bundle(self._repr_html_(), self.svg, repr(self), include)

    def _repr_html_(self) -> str:
        """Both beside each other where there is room, each scrolling if it must."""
        figures = "".join(
            '<div style="flex: 0 1 auto; min-width: 0; max-width: 100%; '
            f'width: {round(picture.size[0] * 4 / 3)}px"><div><b>{word}</b></div>'
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
    direction: str = "LR",
    digits: int = 4,
    title: str = "",
) -> UpdatePicture:
    """Draw a computation before and after an update, and mark what changed.

    Leaves that changed, parameters mostly, have a thick ring in both pictures; the second writes
    every number that changed as ``0.5 → 0.7``. Each picture has the data that its graph was
    recorded with, though the same parameters may have moved on since, and the gradients of its own
    result; ``backward()`` need not have been called, and nothing is written into the graphs. Bars
    and lines of the two compare: both are measured by the largest gradient of the two.

    Arguments:
        before: a loss, or another result, recorded before the update.
        after: that of the same computation, recorded after it.
        detail, direction, digits: see `draw`.
        title: a line below the pictures, before ``before`` and ``after``.

    Returns:
        An `UpdatePicture`: shows itself in Jupyter; ``.before``, ``.after``, ``.svg``,
        ``.save("update.svg")``.

    Raises:
        TypeError: `before` or `after` is not a Value.
        ValueError: the two graphs are not of the same shape, or an argument is not one that
            there is.
        RenderError: a graph cannot be drawn.

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
                f"draw_update takes two results, each a Value, and {name} is "
                f"{type(given).__qualname__}"
            )
    check_options(detail, direction, digits, title)
    old, new = Recording(before), Recording(after)
    if differs := difference(old, new, 1):
        raise ValueError(
            "draw_update compares two recordings of the same computation, and the two differ "
            f"(0 is before, 1 is after): {differs}; draw each by itself"
        )
    pairs = list(zip(old.order, new.order, strict=True))
    moved = [
        (v, w) for v, w in pairs if v.operation is None and not _same(old.data[v], new.data[w])
    ]
    was = {w: old.data[v] for v, w in pairs if not _same(old.data[v], new.data[w])}
    # The root's own gradient is 1 by definition, and says nothing.
    steepest = max(
        (
            abs(gradient)
            for recording in (old, new)
            for v, gradient in recording.gradients.items()
            if v is not recording.root and math.isfinite(gradient)
        ),
        default=0.0,
    )
    pictures = []
    for word, recording, earlier, ringed in (
        ("before", old, {}, [v for v, _ in moved]),
        ("after", new, was, [w for _, w in moved]),
    ):
        root = shortened(recording.root.label) or "result"
        said = f"{word} the update: {root} = {number(recording.data[recording.root], digits)}"
        if word == "after":
            said += ";  thick rings: changed by the update" if moved else ";  nothing has changed"
        scene = compose_graph(
            recording.root,
            detail=detail,
            digits=digits,
            legend=word == "after",
            title=f"{shortened(title, 40)}: {said}" if title else said,
            highlight=ringed,
            source=Source(
                recording.data.__getitem__,
                recording.gradients.__getitem__,
                recording.inputs,
                steepest,
                earlier,
            ),
        )
        pictures.append(Picture(scene, direction, alt=f"Computation graph {word} the update"))
    return UpdatePicture(*pictures)


def _same(x: float, y: float) -> bool:
    return x == y or (x != x and y != y)
