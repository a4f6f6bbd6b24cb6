"""The plan of a picture: its boxes, the values that each stands for, and what feeds what.

At the finest detail each value is a box; at coarser ones each module call is. A graph that is too
large to read, or to lay out in seconds, is abridged here. `compose` writes the texts.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from autograd import Value
from autograd.graph import topological

from .groups import Call, collapsed_call, groups_of, heights_of, parameters_of
from .text import shortened

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["DETAILS", "LARGEST", "READABLE", "Content", "Plan", "find_boxes", "plan_picture"]

DETAILS = ("auto", "scalar", "neuron", "layer")

READABLE = 120  # boxes that a picture may have before "auto" looks for a coarser one
LARGEST = 2500  # boxes that a picture may have; a larger one is abridged
DEEPEST = 500  # boxes in a row: Graphviz recurses along them
FEW = 250  # boxes that Graphviz places in seconds, however long their lines are
DETOURS = 1000  # ranks that all lines together may pass; with many more, layout takes minutes
ABRIDGED = 24  # boxes that an abridged picture keeps

Content: TypeAlias = "Value | Call"  # what a box stands for


class Plan(NamedTuple):
    """What to draw."""

    roots: tuple[Value, ...]
    boxes: list[Content]  # in the order of their first values
    sources: dict[Content, list[Content]]  # the boxes that each one gets its input from
    box_of: dict[Value, Content]  # the box that shows each value, drawn or not
    call_of: dict[Value, Call]  # the innermost module call around each value
    collapsed: dict[Call, list[Value]]  # the values inside each single-box call
    outputs: dict[Call, list[Value]]  # those of them that are used outside it
    held: dict[Call, list[Value]]  # the parameters that it uses, and was not called with
    parameters: set[Value]
    place: dict[Value, int]  # index of each value in the topological order of the whole graph
    detail: str
    total: int  # values in the whole graph
    hidden: int  # boxes left out of an abridged picture

    def name(self, box: Content) -> str:
        """The name of a box in the scene, after the place of its first value."""
        if isinstance(box, Value):
            return f"v{self.place[box]}"
        return f"g{self.place[self.collapsed[box][0]]}"


def plan_picture(
    roots: tuple[Value, ...],
    detail: str = "auto",
    most: int | None = None,
    order: Sequence[Value] | None = None,
) -> Plan:
    """Choose the boxes for the graph of the roots.

    Arguments:
        roots: the results to draw.
        detail: see `viz.draw`; ``"auto"`` is the finest detail with at most so many boxes.
        most: how many; by default as many as one can read at ``"auto"``, and as many as can be
            drawn at any other detail.
        order: the graph in topological order, if it is known.
    """
    if order is None:
        order = topological(*roots)
    place = {v: i for i, v in enumerate(order)}
    call_of = groups_of(order)
    parameters = parameters_of(order, call_of)
    heights = heights_of(list(dict.fromkeys(call_of.values())))
    # "auto" takes the finest of these at which the picture is readable.
    levels = ("scalar", "neuron", "layer") if detail == "auto" and heights else (detail,)
    if most is None:
        most = READABLE if detail == "auto" else LARGEST
    for level in levels:
        box_of = _boxes_of(roots, order, call_of, heights, parameters, level)
        boxes: list[Content] = list(dict.fromkeys(box_of[v] for v in order if v in box_of))
        members = _members(order, box_of)
        if len(boxes) <= most:
            sources = _sources(boxes, members, box_of)
            if _can_be_laid_out(sources):
                break
    else:  # abridged
        near = _nearest([box_of[v] for v in roots], members, box_of)
        sources = _sources([box for box in boxes if box in near], members, box_of)
    collapsed = {box: members[box] for box in sources if not isinstance(box, Value)}
    return Plan(
        roots=roots,
        boxes=list(sources),
        sources=sources,
        box_of=box_of,
        call_of=call_of,
        collapsed=collapsed,
        outputs=_outputs(roots, order, box_of, collapsed),
        held=_held(collapsed, parameters),
        place=place,
        parameters=parameters,
        detail="scalar" if level == "auto" else level,
        total=len(order),
        hidden=len(boxes) - len(sources),
    )


def _boxes_of(
    roots: Sequence[Value],
    order: Sequence[Value],
    call_of: dict[Value, Call],
    heights: dict[Call, int],
    parameters: set[Value],
    detail: str,
) -> dict[Value, Content]:
    """Find the box that shows each value: its own, or that of the module call around it.

    A parameter that several collapsed calls use, and nothing else, has no box. What a call was
    given from outside has a box of its own.
    """
    if detail in ("scalar", "auto") or not call_of:
        return {v: v for v in order}
    box_of: dict[Value, Content] = {}
    seen_outside = {v for v in roots if v.operation is None}
    for v in order:
        call = call_of.get(v)
        box_of[v] = (call and collapsed_call(call, detail, heights)) or v
        box = box_of[v]
        for p in v.operands:
            if not isinstance(p, float) and (isinstance(box, Value) or box.was_given(p)):
                seen_outside.add(p)
    for v in order:
        if v in seen_outside and v.operation is None:
            box_of[v] = v
        elif v in parameters and box_of[v] is v:
            del box_of[v]
    return box_of


def _members(order: Sequence[Value], box_of: dict[Value, Content]) -> dict[Content, list[Value]]:
    """List the values in each box of a module call."""
    members: dict[Content, list[Value]] = {}
    for v in order:
        box = box_of.get(v, v)
        if box is not v:
            members.setdefault(box, []).append(v)
    return members


def _nearest(
    roots: Sequence[Content], members: dict[Content, list[Value]], box_of: dict[Value, Content]
) -> set[Content]:
    """Find the boxes nearest to the roots, as many as an abridged picture keeps."""
    near = set(roots[:ABRIDGED])
    queue = deque(dict.fromkeys(roots[:ABRIDGED]))
    while queue:
        box = queue.popleft()
        for source in _sources([box], members, box_of)[box]:
            if len(near) == ABRIDGED:
                return near
            if source not in near:
                near.add(source)
                queue.append(source)
    return near


def _sources(
    boxes: Sequence[Content], members: dict[Content, list[Value]], box_of: dict[Value, Content]
) -> dict[Content, list[Content]]:
    """Find the boxes that each box gets input from, in order, each once (operands may repeat)."""
    sources: dict[Content, list[Content]] = {}
    for box in boxes:
        inside = [box] if isinstance(box, Value) else members[box]
        found: dict[Content, None] = {}
        for v in inside:
            for operand in v.operands:
                source = None if isinstance(operand, float) else box_of.get(operand)
                if source is not None and source is not box:
                    found[source] = None
        sources[box] = list(found)
    return sources


def _can_be_laid_out(sources: dict[Content, list[Content]]) -> bool:
    """Whether Graphviz can place these boxes in a few seconds.

    It recurses along the longest path, and routes each line around every rank that the line passes.
    """
    rank: dict[Content, int] = {}
    for box, before in sources.items():
        rank[box] = 1 + max((rank.get(source, 0) for source in before), default=-1)
    first_use: dict[Content, int] = {}
    for box, before in sources.items():
        for source in before:
            first_use[source] = min(rank[box], first_use.get(source, rank[box]))
    passed = 0
    for box, before in sources.items():
        for source in before:
            starts = rank.get(source, 0) if sources.get(source) else first_use[source] - 1
            passed += max(0, rank[box] - starts - 1)
    lines = sum(map(len, sources.values()))
    detours = len(sources) > FEW and passed > DETOURS
    return max(rank.values()) < DEEPEST and lines <= 2 * LARGEST and not detours


def _outputs(
    roots: Sequence[Value],
    order: Sequence[Value],
    box_of: dict[Value, Content],
    collapsed: dict[Call, list[Value]],
) -> dict[Call, list[Value]]:
    """Find what each single-box call gives to the rest of the graph, or else its last result."""
    if not collapsed:
        return {}
    used = set(roots)
    for v in order:
        box = box_of.get(v)
        used.update(p for p in v.operands if not isinstance(p, float) and box_of.get(p) is not box)
    interior = {call: [v for v in inside if v.operation] for call, inside in collapsed.items()}
    return {
        call: [v for v in inside if v in used] or inside[-1:] for call, inside in interior.items()
    }


def _held(collapsed: dict[Call, list[Value]], parameters: set[Value]) -> dict[Call, list[Value]]:
    """Find the parameters that each single-box call uses, except those it was called with."""
    found: dict[Call, list[Value]] = {}
    for call, inside in collapsed.items():
        operands = (p for v in inside for p in v.operands if not isinstance(p, float))
        used = dict.fromkeys(p for p in operands if p in parameters)
        # One that it was called with, such as a row of an embedding, is not its own.
        found[call] = [p for p in used if not call.was_given(p)]
    return found


def find_boxes(plan: Plan, highlight: Iterable[Value]) -> tuple[set[Content], int]:
    """Find the boxes that show the highlighted values; count those that are not drawn.

    Raises:
        ValueError: one of the values is not in the graph.
    """
    rings: set[Content] = set()
    beyond = 0
    users: dict[Value, set[Content]] = {}  # the boxes in which a value is an operand
    for call, inside in plan.collapsed.items():
        for w in inside:
            for p in w.operands:
                if not isinstance(p, float):
                    users.setdefault(p, set()).add(call)
    for v in highlight:
        if v not in plan.place:
            root = shortened(plan.roots[0].label) or "the result"
            called = repr(shortened(v.label)) if v.label else repr(v)
            raise ValueError(
                f"expected highlight to hold values that {root} was computed from, got {called}, "
                "which is not in its graph"
            )
        own = plan.box_of.get(v)
        boxes: set[Content]
        # A parameter without a box of its own is inside the boxes of the calls that use it.
        boxes = users.get(v, set()) if own is None else {own} & set(plan.boxes)
        rings |= boxes
        beyond += not boxes
    return rings, beyond
