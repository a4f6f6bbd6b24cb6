"""Keeps what stands side by side in the order in which it was written.

Graphviz chooses an order with few crossings. Where that is another one, the scene is laid out again
with the same ranks, and with the order of each rank given.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING

from .dot import write_dot
from .scene import Frame

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .dot import Rows
    from .geometry import Drawing
    from .scene import Scene

__all__ = ["keep_order", "lay_out_in_order"]

ALIGNED = 3.0  # points between the middles of boxes of one rank, at most
TRIES = 3  # layouts with the order given: the first may change the ranks


def lay_out_in_order(
    scene: Scene,
    direction: str,
    measure: Callable[[str], Drawing],
) -> Drawing:
    """Draw a scene as Graphviz lays it out, but in the order of writing.

    Arguments:
        scene, direction: see `dot.write_dot`.
        measure: draws DOT.
    """
    drawing = measure(write_dot(scene, direction))
    _, drawing = keep_order(scene, direction, "", drawing, measure)
    return drawing


def keep_order(
    scene: Scene,
    direction: str,
    source: str,
    drawing: Drawing,
    measure: Callable[[str], Drawing],
    *,
    rows: Rows | None = None,
) -> tuple[str, Drawing]:
    """Lay out a drawn scene again where things side by side are not in the order of writing.

    Arguments:
        scene, direction, rows: see `dot.write_dot`.
        source: the scene in DOT.
        drawing: how Graphviz drew that.
        measure: draws DOT.

    Returns:
        The source and the drawing with the fewest neighbours that are out of order.
    """
    if scene.crowded or scene.tangled or scene.crossing is not None:
        return source, drawing
    ranks = _find_ranks(scene, drawing, direction)
    disorder = _count_disorder(ranks)
    for _ in range(TRIES if disorder else 0):
        beside = [[name for _, name in rank] for rank in ranks]
        tried = write_dot(scene, direction, rows, beside)
        drawn = measure(tried)
        found = _find_ranks(scene, drawn, direction)
        left = _count_disorder(found)
        if left < disorder:
            source, drawing, ranks, disorder = tried, drawn, found, left
        elif rows is not None:
            rows = rows._replace(column=())  # now and then it is stronger than the order
        if not disorder:
            break
    return source, drawing


def _count_disorder(ranks: Sequence[Sequence[tuple[float, str]]]) -> int:
    """Count the neighbours side by side that are not in the order of writing."""
    return sum(a > b for rank in ranks for (a, _), (b, _) in pairwise(rank))


def _find_ranks(scene: Scene, drawing: Drawing, direction: str) -> list[list[tuple[float, str]]]:
    """What stands side by side, as it was written, each with its place in the drawing."""
    sideways = direction in ("LR", "RL")
    extents = drawing.extents
    ranks: list[tuple[float, list[tuple[float, str]]]] = []
    for box in scene.boxes:
        left, top, right, bottom = extents[box.name]
        x, y = (left + right) / 2, (top + bottom) / 2
        middle, place = (x, y) if sideways else (y, x)
        for at, rank in ranks:
            if abs(at - middle) < ALIGNED:
                rank.append((place, box.name))
                break
        else:
            ranks.append((middle, [(place, box.name)]))
    found = [rank for _, rank in ranks]
    for items in (scene.items, *(frame.items for frame in scene.frames)):
        frames = [extents[item.name] for item in items if isinstance(item, Frame)]
        names = [item.name for item in items if isinstance(item, Frame)]
        spans = [
            (e.left, e.right, e.top) if sideways else (e.top, e.bottom, e.left) for e in frames
        ]
        end = -math.inf
        for (start, stop, place), name in sorted(zip(spans, names, strict=True)):
            if start >= end:
                found.append(rank := [])
            rank.append((place, name))
            end = max(end, stop)
            rank.sort(key=lambda each: names.index(each[1]))
    return found
