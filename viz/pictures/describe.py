"""The alternative text of a picture: what it shows, for those who cannot see it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from .scene import Box, Cut, Frame
from .text import quantity

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .scene import Item, Scene

__all__ = ["Words", "describe"]

FEW, MANY = 3, 12  # results, and values, that are named one by one

_LAST = {"parameter": 0, "input": 1, "target": 2}  # the order in which leaves are named


class Words(NamedTuple):
    """The alternative text of a picture."""

    name: str  # ``Computation graph of L = 0.5``
    rest: str  # ``from w = 0.5 (gradient −2), b = 1 (gradient −2); 4 operations``

    def __str__(self) -> str:
        """The whole text, on one line."""
        return ", ".join(filter(None, self))


def describe(scene: Scene, what: str) -> Words:
    """Describe a picture.

    Arguments:
        scene: what is drawn.
        what: what the picture is, such as ``Computation graph``.
    """
    names = _name_boxes(scene)
    return (
        _describe_graph(scene, what, names)
        if scene.crossing is None
        else Words(what, _list([_describe_part(box, names[box.name]) for box in scene.boxes], MANY))
    )


def _describe_graph(scene: Scene, what: str, names: dict[str, str]) -> Words:
    boxes = list(scene.boxes)
    used = {line.tail for line in scene.lines if not isinstance(line, Cut)}
    operations = sum(box.operation is not None for box in boxes)
    has_gradients = any(_text(box, "grad") not in ("", "0") for box in boxes)
    results, leaves, calls = [], [], []
    for box in boxes:
        said = f"{names[box.name]} = {_text(box, 'data')}".replace("= ≈", "≈")
        if box.name not in used:
            results.append(said)
        elif box.kind == "group" or (box.kind == "interior" and box.operation is None):
            calls.append(names[box.name])
        elif box.operation is None:
            gradient = f" (gradient {_text(box, 'grad')})" if has_gradients else ""
            leaves.append((_LAST.get(box.kind, len(_LAST)), f"{said}{gradient}"))
    leaves.sort(key=lambda leaf: leaf[0])
    parts = [
        f"from {_list([said for _, said in leaves], MANY)}" if leaves else "",
        f"through {_list(calls, FEW)}" if calls else "",
    ]
    counts = [
        quantity(operations, "operation") if operations else "",
        "abridged" if any(isinstance(line, Cut) for line in scene.lines) else "",
    ]
    rest = "; ".join(filter(None, [", ".join(filter(None, parts)), *counts]))
    return Words(f"{what} of {_list(results, FEW)}" if results else what, rest)


def _describe_part(box: Box, name: str) -> str:
    """A part of a model, with its settings."""
    settings = [field.line.strip() for field in box.fields]
    return f"{name} ({'; '.join(filter(None, [box.word * (name != box.word), *settings]))})"


def _text(box: Box, key: str) -> str:
    """A number in a box; empty if it has none of that kind."""
    text = next((field.text for field in box.fields if field.key == key), "")
    return text.replace(" → ", ", now ")


def _list(texts: Sequence[str], most: int) -> str:
    more = len(texts) - most
    return ", ".join([*texts[:most], f"and {more:,} more"] if more > 0 else texts)


def _name_boxes(scene: Scene) -> dict[str, str]:
    """What each box is called: its title, and where it is if others have the same."""
    placed = list(_place_boxes(scene.items, ""))
    titles = Counter(box.title for box, _ in placed)
    return {
        box.name: f"{box.title} in {where}"
        if box.title and where and titles[box.title] > 1
        else box.title or box.word or "result"
        for box, where in placed
    }


def _place_boxes(items: tuple[Item, ...], where: str) -> Iterator[tuple[Box, str]]:
    """All boxes, each with the title of the innermost frame around it."""
    for item in items:
        if isinstance(item, Frame):
            yield from _place_boxes(item.items, item.title.partition(" · ")[0])
        elif isinstance(item, Box):
            yield item, where
