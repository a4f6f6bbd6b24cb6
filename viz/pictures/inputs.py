"""Gathers the data of folds: inputs that only alike subgraphs use are vectors.

A loop over a sentence uses another word at each step. Once its steps share a box, the words would
be a tower of boxes beside it. Those in the same place of each step are one box, ``x1 … x30``; so
are those of examples that share some of their data, as neighbours in a time series do.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from autograd import Value

from .folds import Alike, Repeat, Vector

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable, Sequence

    from .plan import Content

__all__ = ["gather_inputs"]

FEW = 4  # boxes of inputs that become one


class _Spot(NamedTuple):
    """Where a box is among those that one box shows."""

    repeat: Content
    copy: int
    place: int  # in the copy


def gather_inputs(
    order: Sequence[Value],
    box_of: dict[Value, Content],
    before: dict[Value, Content],
    kept: Collection[Value],
) -> dict[Value, Content]:
    """Give the inputs in the same place of each subgraph one box.

    Arguments:
        order: the graph in topological order.
        box_of: the box of each value.
        before: the box of each value before there were repeats: one of the `copies` of a repeat.
        kept: leaves that have boxes of their own, such as parameters.
    """
    spots = _find_spots(set(box_of.values()))
    if not spots:
        return box_of
    alone = set(kept)  # leaves that something else uses, too
    alone.update(p for v in order if box_of.get(v) is v for p in v.operands if p.__class__ is Value)
    seats: dict[Hashable, list[Value]] = {}  # the inputs in the same place of each subgraph
    counts: Counter[_Spot] = Counter()  # what each spot got from outside its subgraph
    for v in order:
        spot = spots.get(v) or spots.get(before.get(v, v))
        if spot is None:
            continue
        for p in v.operands:
            if not isinstance(p, Value):
                continue
            source = spots.get(p) or spots.get(before.get(p, p))
            if source is not None and source[:2] == spot[:2]:
                continue
            counts[spot] += 1
            if p.operation is None and p not in alone and _is_loose(p, box_of.get(p)):
                alone.add(p)
                seats.setdefault((spot.repeat, spot.place, counts[spot], p.role), []).append(p)
    found = [inputs for inputs in seats.values() if len({box_of[p] for p in inputs}) >= FEW]
    gathered = {p for inputs in found for p in inputs}
    split = {  # vectors of which something would be left
        box
        for box in {box_of[p] for p in gathered}
        if isinstance(box, Vector) and not gathered.issuperset(box.values)
    }
    vectors: dict[Value, Content] = {}
    for inputs in found:
        rest = [p for p in inputs if box_of[p] not in split]
        if len(rest) >= FEW:
            vector = Vector([[p] for p in rest], "", ("input", rest[0].role), "", None)
            vectors.update(dict.fromkeys(rest, vector))
    return {**box_of, **vectors}


def _is_loose(p: Value, box: Content | None) -> bool:
    """Whether a leaf has a box of its own, or is in a plain list of leaves."""
    return box is p or (isinstance(box, Vector) and len(box.rows) == 1)


def _find_spots(boxes: Collection[Content]) -> dict[Content, _Spot]:
    """Where each box is that one box shows for many."""
    spots: dict[Content, _Spot] = {}
    for fold in boxes:
        if isinstance(fold, Repeat):
            for k, copy in enumerate(fold.copies):
                spots.update((box, _Spot(fold, k, place)) for place, box in enumerate(copy))
        elif isinstance(fold, Alike):
            spots.update((box, _Spot(fold, k, 0)) for k, box in enumerate(fold.boxes))
    return spots
