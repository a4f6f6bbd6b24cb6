"""The order in which boxes are computed on a page: layer by layer, as a teacher would go.

Any order with operands before results would do. A depth-first one would start the second layer
before the first is finished, because that is how the graph is walked.
"""

from __future__ import annotations

from collections import defaultdict
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

from autograd import Value

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ..pictures.plan import Content, Plan

__all__ = ["order_boxes"]


def order_boxes(plan: Plan) -> list[tuple[Content, int]]:
    """Sort the boxes of a plan, each after those it gets input from.

    Returns:
        The boxes, each with its level: what is computed at a level needs only the levels before.
        What a module call computes stays together. A leaf has the level at which it is first used,
        and comes before what is computed there, with others that have its role.
    """
    shown = set(plan.boxes)
    sources = {box: [s for s in plan.sources[box] if s in shown] for box in plan.boxes}
    written = {box: i for i, box in enumerate(_as_written(plan, sources))}
    around = {call.parent for call in plan.call_of.values()}  # calls that hold other calls

    def unit(box: Content) -> object:
        if not isinstance(box, Value) or box.operation is None:
            return box
        call = plan.call_of.get(box)
        return box if call is None or call in around else call

    levels = _find_levels(sources, unit)
    if levels is None:  # two modules that use parts of each other
        levels = _find_levels(sources, lambda box: box)
    if levels is None:
        return list(written.items())
    first: dict[object, int] = {}  # where the unit of a box begins
    for box, i in written.items():
        first.setdefault(unit(box), i)
    level = {box: levels[unit(box)] if unit(box) in levels else levels[box] for box in written}
    used: dict[Content, int] = {}  # the level at which a box is first used
    for box in written:
        for s in sources[box]:
            used[s] = min(level[box], used.get(s, level[box]))
    begun: dict[object, int] = {}

    def key(box: Content) -> tuple[int, ...]:
        if isinstance(box, Value) and box.operation is None:
            group = (used.get(box, 0), box in plan.call_of, _role(plan, box))
            return (group[0], 0, group[1], begun.setdefault(group, written[box]), written[box])
        return (level[box], 1, 0, first[unit(box)], written[box])

    keys = {box: key(box) for box in written}
    order = sorted(written, key=keys.__getitem__)
    _sort_siblings(order, [box for box in order if unit(box) is box], level)
    return [(box, keys[box][0]) for box in order]


def _sort_siblings(
    order: list[Content], free: Sequence[Content], level: Mapping[Content, int]
) -> None:
    """Bring results that differ in their first operand into the order of that operand.

    In ``x1 − m``, ``x2 − m``, ``x3 − m`` the walk may have come to another one first. They change
    places with each other only.
    """
    place: dict[object, int] = {box: i for i, box in enumerate(order)}
    families: dict[object, list[Value]] = defaultdict(list)
    for box in free:
        if isinstance(box, Value) and box.operation is not None and box.operands[0] in place:
            families[level[box], box.operation, box.operands[1:]].append(box)
    for members in families.values():  # level by level, so that the operands have their places
        slots = sorted(place[box] for box in members)
        for slot, box in zip(slots, sorted(members, key=_first_place(place)), strict=True):
            order[slot], place[box] = box, slot


def _first_place(place: Mapping[object, int]) -> Callable[[Value], int]:
    return lambda box: place[box.operands[0]]


def _role(plan: Plan, leaf: Value) -> str:
    return "parameter" if leaf in plan.parameters else leaf.role


def _find_levels(
    sources: Mapping[Content, Sequence[Content]], unit: Callable[[Content], object]
) -> dict[object, int] | None:
    """Find the level of each unit: 1 more than the highest it gets input from; None in a cycle."""
    before: dict[object, set[object]] = defaultdict(set)
    for box, inputs in sources.items():
        before[unit(box)].update(unit(s) for s in inputs)
        before[unit(box)].discard(unit(box))
    try:
        order = list(TopologicalSorter(before).static_order())
    except CycleError:
        return None
    levels: dict[object, int] = {}
    for each in order:
        levels[each] = 1 + max((levels[s] for s in before[each]), default=-1)
    return levels


def _as_written(plan: Plan, sources: Mapping[Content, Sequence[Content]]) -> list[Content]:
    """The boxes in the order in which people write them, as far as a graph shows it.

    It is a depth-first walk, operand by operand. But of two operands, one that the other is
    computed from waits for its place there: in ``e3 / (e1 + e2 + e3)`` the sum goes first.
    """
    behind: dict[Content, int] = {}  # what each box is computed from, a bit for each
    bit = {box: 1 << i for i, box in enumerate(plan.boxes)}
    for box in plan.boxes:
        behind[box] = 0
        for s in sources[box]:
            behind[box] |= bit[s] | behind.get(s, 0)
    done: dict[Content, None] = {}
    opened: set[Content] = set()
    roots = [plan.box_of[v] for v in plan.roots]
    stack = [(box, False) for box in reversed([*roots, *plan.boxes]) if box in sources]
    while stack:
        box, ready = stack.pop()
        if ready:
            done[box] = None
        elif box not in opened:
            opened.add(box)
            inputs = list(sources[box])
            if len(inputs) == 2 and behind[inputs[1]] & bit[inputs[0]]:
                inputs.reverse()
            stack.append((box, True))
            stack.extend((s, False) for s in reversed(inputs))
    return list(done)
