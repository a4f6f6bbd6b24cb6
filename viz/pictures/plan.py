"""The plan of a picture: its boxes, the values that each stands for, and what feeds what.

At the finest detail each value is a box; at coarser ones each function of several operations is,
then what repeats, then each module call (see `levels`). A graph that is too large to read, or to
lay out in seconds, is abridged here. `compose` writes the texts.
"""

from __future__ import annotations

from collections import deque
from itertools import chain, count, repeat
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from autograd import Value

from .copies import Aside, set_copies_aside
from .folds import Alike, Fold, Repeat
from .groups import Call, groups_of, heights_of, parameters_of
from .levels import Level, Levels
from .parameters import gather_parameters
from .sources import find_members, find_ranks, find_sources, sort_boxes
from .text import shortened
from .written import order_as_written

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

__all__ = [
    "DETAILS",
    "LARGEST",
    "READABLE",
    "Content",
    "Plan",
    "find_boxes",
    "find_held",
    "find_outputs",
    "offer_plans",
    "plan_picture",
]

DETAILS = ("auto", "scalar", "neuron", "layer")

READABLE = 120  # boxes that a picture may have before "auto" looks for a coarser one
LARGEST = 2500  # boxes that a picture may have; a larger one is abridged
DEEPEST = 500  # boxes in a row: Graphviz recurses along them
FEW = 250  # boxes that Graphviz places in seconds, however long their lines are
DETOURS = 1000  # ranks that all lines together may pass; with many more, layout takes minutes
MODELS = 200_000  # values; in a larger graph that repeats, the layers of a model are not looked for
LARGE = 50_000  # values; in a larger graph most copies are set aside before folds are searched for
SMALL = 8  # boxes that fit anywhere
ABRIDGED = (24, 12, 6)  # boxes that an abridged picture keeps; fewer in a narrow place

Content: TypeAlias = "Value | Call"  # what a box stands for


class Plan(NamedTuple):
    """What to draw."""

    roots: tuple[Value, ...]
    boxes: list[Content]  # in the order of their first values
    sources: dict[Content, list[Content]]  # the boxes that each one gets its input from
    box_of: dict[Value, Content]  # the box that shows each value, drawn or not
    call_of: dict[Value, Call]  # the innermost module call around each value
    collapsed: dict[Call, list[Value]]  # the values inside each single-box call, or fold
    outputs: dict[Call, list[Value]]  # those of them that are used outside it
    held: dict[Call, list[Value]]  # the parameters that it uses, and was not called with
    parameters: set[Value]
    place: dict[Value, int]  # index of each value in the topological order of the whole graph
    detail: str
    total: int  # values in the whole graph
    hidden: int  # boxes left out of an abridged picture
    beyond: dict[Content, Content]  # parameters used only by these, and where they lead to
    around: frozenset[Call] = frozenset()  # calls around the whole picture, if it is of an inside
    prefix: str = "g"  # of the names of boxes that stand for several values

    def name(self, box: Content) -> str:
        """The name of a box in the scene, after the place of its first value."""
        if isinstance(box, Value):
            return f"v{self.place[box]}"
        return f"{self.prefix}{self.place[self.collapsed[box][0]]}"


def plan_picture(
    roots: tuple[Value, ...],
    detail: str = "auto",
    most: int | None = None,
    order: Sequence[Value] | None = None,
    *,
    folds: bool = True,
) -> Plan:
    """Choose the boxes for the graph of the roots: the first plan of `offer_plans`.

    Arguments:
        roots: the results to draw.
        detail: see `viz.draw`; ``"auto"`` is the finest detail with at most `most` boxes.
        most: by default as many boxes as one can read at ``"auto"``, and as many as can be drawn at
            any other detail.
        order: the graph in topological order, if it is known.
        folds: whether functions and repeats may be single boxes, as module calls may.
    """
    return next(offer_plans(roots, detail, order, most=most, folds=folds))


def offer_plans(
    roots: tuple[Value, ...],
    detail: str = "auto",
    order: Sequence[Value] | None = None,
    *,
    most: int | None = None,
    folds: bool = True,
) -> Iterator[Plan]:
    """Make the plans for the graph of the roots, the finest first, each when it is asked for.

    A layout takes the first that fits its place. The last are as coarse as can be, and abridged if
    even that is too large to read.

    Arguments: see `plan_picture`.
    """
    if most is None:
        most = READABLE if detail == "auto" else LARGEST
    if order is None:
        order = order_as_written(*roots)
    levels = _find_levels(roots, order, folds=folds and detail == "auto")
    fits, count = False, 0
    whole: Level | None = None
    for level in levels.offer(detail):
        if level.detail == "whole" and not (fits and count > SMALL):
            whole = level  # a few boxes fit anywhere; of too many, the nearest tell more
            break
        draft = _Draft(roots, levels, level, order)
        count = len(draft.boxes)
        fits = draft.can_be_drawn(most)
        if fits:
            yield draft.plan()
            if len(order) > LARGE:
                return  # the texts of another would take a second
        if level.to_abridge:
            coarsest = draft
    if not fits:
        for keep in ABRIDGED if len(order) <= LARGE else ABRIDGED[:1]:
            yield coarsest.abridge(keep)
        if whole is not None:
            draft = _Draft(roots, levels, whole, order)
            if draft.can_be_drawn(most):
                yield draft.plan()


def _find_levels(roots: tuple[Value, ...], order: Sequence[Value], *, folds: bool) -> Levels:
    if folds and len(order) > LARGE:
        aside = set_copies_aside(order, roots)
        if aside.copies:
            levels = _sort_by_calls(roots, aside.kept, folds=True, aside=aside)
            # What is aside has no module calls, so a model is then drawn without its layers.
            has_layers = levels.heights and len(order) <= MODELS
            if not has_layers and levels.hold_copies():
                return levels
    return _sort_by_calls(roots, order, folds=folds)


def _sort_by_calls(
    roots: tuple[Value, ...], order: Sequence[Value], *, folds: bool, aside: Aside | None = None
) -> Levels:
    call_of = groups_of(order)
    parameters = parameters_of(order, call_of)
    heights = heights_of(list(dict.fromkeys(call_of.values())))
    return Levels(roots, order, call_of, parameters, heights, folds=folds, aside=aside)


class _Draft:
    """A level, on its way to a plan."""

    def __init__(
        self,
        roots: tuple[Value, ...],
        levels: Levels,
        level: Level,
        whole_order: Sequence[Value],
    ) -> None:
        self.roots, self.levels, self.level, self.whole_order = roots, levels, level, whole_order
        self._arrange(level.box_of)

    def _arrange(self, box_of: dict[Value, Content]) -> None:
        self.box_of = box_of
        self.boxes: list[Content]
        if self.level.detail == "scalar" and box_of is self.level.box_of:
            self.boxes = list(self.levels.order)
            return
        found = dict.fromkeys(map(box_of.get, self.levels.order))
        self.boxes = [box for box in found if box is not None]

    def can_be_drawn(self, most: int) -> bool:
        """Whether there are at most `most` boxes, and Graphviz can place them."""
        return len(self.boxes) <= most and _can_be_laid_out(self._find_sources())

    def _find_sources(self) -> dict[Content, list[Content]]:
        """The boxes that each one gets its input from."""
        self.members = find_members(self.levels.order, self.box_of)
        self.sources = sort_boxes(find_sources(self.boxes, self.members, self.box_of))
        return self.sources

    def abridge(self, keep: int) -> Plan:
        """The plan of the boxes nearest to the roots, at most that many, and the parameters."""
        gathered = gather_parameters(self.levels, self.box_of)
        if gathered is not self.box_of:
            self._arrange(gathered)
        self.members = find_members(self.levels.order, self.box_of)
        near = _nearest([self.box_of[v] for v in self.roots], self.members, self.box_of, keep)
        near.update(self.box_of[p] for p in self.levels.parameters if p in self.box_of)
        shown = [box for box in self.boxes if box in near]
        self.sources = sort_boxes(find_sources(shown, self.members, self.box_of))
        return self.plan()

    def plan(self) -> Plan:
        """The plan of the boxes that are drawn."""
        levels, order, box_of, sources = self.levels, self.levels.order, self.box_of, self.sources
        collapsed = {box: self.members[box] for box in sources if not isinstance(box, Value)}
        hidden = len(self.boxes) - len(sources)
        outputs = find_outputs(self.roots, order, box_of, collapsed)
        beyond = _lead_on(order, box_of, sources, levels.parameters) if hidden else {}
        if hidden:
            sources = {box: _keep_drawn(before, sources) for box, before in sources.items()}
        if levels.aside:
            box_of = dict(box_of)
            for box in self.boxes:
                if isinstance(box, Value):
                    continue
                inside = self.members[box]
                if isinstance(box, Repeat):
                    more = list(chain.from_iterable(box.set_aside))
                    inside = inside + more
                    if box in outputs:
                        outputs[box] += [v for each in box.more for v in each.like(-1)]
                else:  # a sum ends with its result
                    more = levels.taken_in.get(box, [])
                    inside = [*inside[:-1], *more, inside[-1]]
                box_of.update(zip(more, repeat(box)))
                if box in collapsed:
                    collapsed[box] = inside
        return Plan(
            roots=self.roots,
            boxes=list(sources),
            sources=sources,
            box_of=box_of,
            call_of=levels.call_of,
            collapsed=collapsed,
            outputs=outputs,
            held=find_held(collapsed, levels.parameters, box_of),
            place=dict(zip(self.whole_order, count(), strict=False)),
            parameters=levels.parameters,
            detail=self.level.detail,
            total=len(self.whole_order),
            hidden=hidden,
            beyond=beyond,
        )


def _keep_drawn(sources: Sequence[Content], drawn: dict[Content, list[Content]]) -> list[Content]:
    """The sources that are drawn, and one of the others, if any: it says that lines are cut."""
    kept = [source for source in sources if source in drawn]
    if len(kept) < len(sources):
        kept.append(next(source for source in sources if source not in drawn))
    return kept


def _lead_on(
    order: Sequence[Value],
    box_of: dict[Value, Content],
    sources: dict[Content, list[Content]],
    parameters: set[Value],
) -> dict[Content, Content]:
    """Find the parameters that only hidden boxes use, and the drawn box that these lead to."""
    direct = {source for before in sources.values() for source in before}
    boxes = dict.fromkeys(box_of[p] for p in order if p in parameters and p in box_of)
    beyond = [box for box in boxes if box not in direct]
    leads_to: dict[Content, Content] = {}
    for v in reversed(order) if beyond else ():
        box = box_of.get(v)
        if box is None:
            continue
        target = box if box in sources else leads_to.get(box)
        if target is None:
            continue
        for p in v.operands:
            source = None if isinstance(p, float) else box_of.get(p)
            if source is not None:
                leads_to.setdefault(source, target)
    return {box: leads_to[box] for box in beyond if box in leads_to}


def _nearest(
    roots: Sequence[Content],
    members: dict[Content, list[Value]],
    box_of: dict[Value, Content],
    most: int,
) -> set[Content]:
    """Find the boxes nearest to the roots, at most that many."""
    near = set(roots[:most])
    queue = deque(dict.fromkeys(roots[:most]))
    while queue:
        box = queue.popleft()
        for v in [box] if isinstance(box, Value) else members[box]:
            for p in v.operands:
                source = None if isinstance(p, float) else box_of.get(p)
                if source is None or source in near:
                    continue
                if len(near) == most:
                    return near
                near.add(source)
                queue.append(source)
    return near


def _can_be_laid_out(sources: dict[Content, list[Content]]) -> bool:
    """Whether Graphviz can place these boxes in a few seconds.

    It recurses along the longest path, and routes each line around every rank that the line passes.
    """
    rank, first_use = find_ranks(sources)
    passed = 0
    for box, before in sources.items():
        for source in before:
            starts = rank.get(source, 0) if sources.get(source) else first_use[source] - 1
            passed += max(0, rank[box] - starts - 1)
    lines = sum(map(len, sources.values()))
    detours = len(sources) > FEW and passed > DETOURS
    return max(rank.values()) < DEEPEST and lines <= 2 * LARGEST and not detours


def find_outputs(
    roots: Sequence[Value],
    order: Sequence[Value],
    box_of: dict[Value, Content],
    collapsed: dict[Call, list[Value]],
) -> dict[Call, list[Value]]:
    """Find what each single-box call gives to the rest of the graph, or else its last result."""
    if not collapsed:
        return {}
    used = set(roots)
    find = box_of.get
    for v in order:
        box = find(v)
        used.update([p for p in v.operands if p.__class__ is Value and find(p) is not box])
    interior = {
        call: [v for v in inside if v.operation] or inside for call, inside in collapsed.items()
    }
    return {
        call: [v for v in inside if v in used] or inside[-1:] for call, inside in interior.items()
    }


def find_held(
    collapsed: dict[Call, list[Value]], parameters: set[Value], box_of: dict[Value, Content]
) -> dict[Call, list[Value]]:
    """Find the parameters that each single-box call uses, except those it was called with.

    The same step of all examples holds those without a box of their own; other folds hold none.
    """
    found: dict[Call, list[Value]] = {}
    for call, inside in collapsed.items():
        if isinstance(call, Fold) and not isinstance(call, Alike):
            found[call] = []
            continue
        operands = (p for v in inside for p in v.operands if not isinstance(p, float))
        used = dict.fromkeys(p for p in operands if p in parameters)
        # One that it was called with, such as a row of an embedding, is not its own.
        found[call] = [
            p
            for p in used
            if not call.was_given(p) and not (isinstance(call, Fold) and box_of.get(p) is p)
        ]
    return found


def find_boxes(plan: Plan, highlight: Iterable[Value]) -> tuple[set[Content], int]:
    """Find the boxes that show the highlighted values; count those that are not drawn.

    Raises:
        ValueError: one of the values is not in the graph.
    """
    rings: set[Content] = set()
    beyond = 0
    highlight = list(highlight)
    if not highlight:
        return rings, beyond
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
