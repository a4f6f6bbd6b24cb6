"""The legend of a picture: it explains the signs that the picture shows, and no others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .scene import Cut
from .text import names_loss, number, shortened

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .numbers import Numbers
    from .scene import Scene

__all__ = ["explain"]

FULL = "■■■■■"
SIGNS = ("▲", "▼", FULL, "thickest lines", "thick red", "dashed", "∂")


def explain(scene: Scene, numbers: Numbers, said: Sequence[str] = ()) -> list[str]:
    """Explain the signs in a scene, a line for each kind.

    Arguments:
        scene: the boxes and lines of the picture.
        numbers: its texts.
        said: what is written beside it, and need not be said again.
    """
    known = [sign for sign in SIGNS if any(sign in line for line in said)]
    return [
        line
        for line in _explain_all(scene, numbers)
        if any(sign in line and sign not in known for sign in SIGNS)
    ]


def _explain_all(scene: Scene, numbers: Numbers) -> Iterator[str]:
    yield from _explain_arrows(scene, numbers)
    yield from _explain_sizes(scene, numbers)
    borders = {box.origin for box in scene.boxes}
    if "begins" in borders:
        spread = "; dashed: it has spread here" if "spread" in borders else ""
        yield f"thick red border: nan or ∞ begins here{spread}"
    elif "spread" in borders:
        yield "dashed red border: nan or ∞ has spread here"
    if any(line.local for line in scene.lines if not isinstance(line, Cut)):
        yield "∂: the local derivative; the gradient is multiplied by it on its way back"


def _explain_arrows(scene: Scene, numbers: Numbers) -> Iterator[str]:
    """What arrows mean; and, where something is minimised, which way to move a parameter."""
    arrows = {field.marks[0] for box in scene.boxes for field in box.fields if field.marks}
    if not arrows:
        return
    steep = [v for v in numbers.roots if numbers.grad_of(v)]
    root = (shortened(steep[0].label) if len(steep) == 1 else "") or "the result"
    says = f"▲ {root} rises when this value rises" if "▲" in arrows else ""
    if "▼" in arrows:
        says += ", ▼ it falls" if says else f"▼ {root} falls when this value rises"
    minimised = numbers.minimised or all(names_loss(v.label) for v in numbers.roots)
    movable = any(
        field.marks and (box.kind == "parameter" or field.key == "held")
        for box in scene.boxes
        for field in box.fields
    )
    if minimised and movable:
        says += f"; to lower {root}, move a parameter the other way"
    yield says


def _explain_sizes(scene: Scene, numbers: Numbers) -> Iterator[str]:
    """What squares, and the thickness of lines, are measured by."""
    squares = any("■" in field.marks for box in scene.boxes for field in box.fields)
    thick = any(line.flow for line in scene.lines if not isinstance(line, Cut))
    signs = " and ".join([FULL] * squares + ["the thickest lines"] * thick)
    if signs:
        where = " in each of these pictures" if numbers.shared else ""
        yield f"{signs}: a gradient of {number(numbers.scale, numbers.digits)} or more{where}"
