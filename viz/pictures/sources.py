"""What feeds what: the values in each box, and the boxes that each box gets input from."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

from autograd import Value

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .plan import Content

__all__ = ["find_members", "find_ranks", "find_sources", "sort_boxes"]


def find_members(
    order: Sequence[Value], box_of: dict[Value, Content]
) -> dict[Content, list[Value]]:
    """List the values in each box of a module call."""
    members: dict[Content, list[Value]] = {}
    for v, box in zip(order, map(box_of.get, order), strict=True):
        if box is not v and box is not None:
            members.setdefault(box, []).append(v)
    return members


def find_sources(
    boxes: Sequence[Content], members: dict[Content, list[Value]], box_of: dict[Value, Content]
) -> dict[Content, list[Content]]:
    """Find the boxes that each box gets input from, in order, each once (operands may repeat)."""
    sources: dict[Content, list[Content]] = {}
    find: Callable[[Any], Content | None] = box_of.get  # a constant has no box
    for box in boxes:
        inside = [box] if isinstance(box, Value) else members[box]
        found = dict.fromkeys(map(find, chain.from_iterable(v.operands for v in inside)))
        sources[box] = [source for source in found if source is not None and source is not box]
    return sources


def sort_boxes(sources: dict[Content, list[Content]]) -> dict[Content, list[Content]]:
    """Put each box after its sources, and leave the order as it is otherwise."""
    found: dict[Content, list[Content]] = {}
    entered: set[Content] = set()
    stack = [(box, False) for box in reversed(sources)]
    while stack:
        box, done = stack.pop()
        if done:
            found[box] = sources[box]
        elif box not in entered:
            entered.add(box)
            stack.append((box, True))
            stack += [(p, False) for p in reversed(sources[box]) if p in sources]
    return found


def find_ranks(
    sources: dict[Content, list[Content]],
) -> tuple[dict[Content, int], dict[Content, int]]:
    """Find the longest path to each box, in boxes, and the rank of the first box that uses it."""
    rank: dict[Content, int] = {}
    for box, before in sources.items():
        rank[box] = 1 + max((rank.get(source, 0) for source in before), default=-1)
    first_use: dict[Content, int] = {}
    for box, before in sources.items():
        for source in before:
            first_use[source] = min(rank[box], first_use.get(source, rank[box]))
    return rank, first_use
