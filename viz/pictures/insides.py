"""The insides of folds: what a picture's boxes of many values hold, as small pictures.

A function holds its operations; a module call, its parameters and steps, or smaller calls; a
repeat, the first of its copies. What comes from outside stands at the edge, as a `Port`. The viewer
shows an inside when one opens the fold; see `viewer`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from autograd import Value

from .compose import compose
from .folds import Alike, Expression, Fold, Function, Parameters, Port, Repeat, Vector
from .functions import find_functions
from .groups import ancestors
from .legend import explain
from .plan import Plan, find_held, find_outputs
from .scene import Inside

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from .groups import Call
    from .numbers import Numbers
    from .plan import Content

__all__ = ["MOST", "compose_insides"]

MOST = 300
"""Boxes that all insides of a picture have together; what holds more stays closed."""
FEW = 24
"""Leaves that are drawn one below the other."""


def compose_insides(
    plan: Plan, numbers: Numbers, said: Sequence[str] | None = None, most: int = MOST
) -> dict[str, Inside]:
    """Make the insides of the folds of a picture, by the names of their boxes.

    The outer folds come first, in the order in which they were written, as long as there is room.

    Arguments:
        plan: the plan of the picture.
        numbers: its texts.
        said: its notes; signs that they do not explain are explained inside. None explains nothing.
        most: boxes that all insides may have together.
    """
    insides: dict[str, Inside] = {}
    queue = [(plan, numbers, insides)]
    for outer, texts, found in queue:  # grows
        for fold in outer.collapsed:
            inner = plan_inside(outer, fold)
            if inner is None or len(inner.boxes) > most:
                continue
            most -= len(inner.boxes)
            written = texts.inside(inner)
            notes = [f"the first of {count:,}"] if (count := _count_copies(fold)) else []
            ports = {
                inner.name(port): outer.name(source)
                for port, source in _sources_of_ports(outer, inner)
            }
            scene = compose(inner, written)
            if said is not None:
                notes += explain(scene, written, said)
            inside = Inside(scene._replace(notes=tuple(notes)), ports, {})
            found[outer.name(fold)] = inside
            queue.append((inner, written, inside.folds))
    return insides


def _count_copies(fold: Call) -> int:
    """How many alike subgraphs a box stands for; 0 for any other."""
    if isinstance(fold, Alike):
        return len(fold.boxes)
    return fold.count if isinstance(fold, Repeat) else 0


def plan_inside(plan: Plan, fold: Call) -> Plan | None:
    """Plan the picture of what is in a fold; None if there is nothing more to see."""
    own = dict(_boxes_inside(plan, fold))
    if not any(v.operation for v in own) and not (
        isinstance(fold, Parameters | Vector) and len(own) <= FEW
    ):
        return None
    box_of = {**own, **_find_ports(plan, own)}
    order = sorted(box_of, key=plan.place.__getitem__)
    collapsed: dict[Call, list[Value]] = {}
    sources: dict[Content, list[Content]] = {}
    for v in order:
        box = box_of[v]
        before = sources.setdefault(box, [])
        if not isinstance(box, Value):
            collapsed.setdefault(box, []).append(v)
        if v in own:
            for p in v.operands:
                source = None if isinstance(p, float) else box_of[p]
                if source is not None and source is not box and source not in before:
                    before.append(source)
    around = {*plan.around, *ancestors(fold)}
    if isinstance(fold, Alike) and not isinstance(fold.boxes[0], Value):
        around.update(ancestors(fold.boxes[0]))
    results = [v for v in plan.outputs[fold] if v in own] or [order[-1]]
    return plan._replace(
        boxes=list(sources),
        sources=sources,
        box_of=box_of,
        call_of={v: plan.call_of[v] for v in order if v in plan.call_of},
        collapsed=collapsed,
        outputs=find_outputs(results, order, box_of, collapsed),
        held=find_held(collapsed, plan.parameters, box_of),
        hidden=0,
        beyond={},
        around=frozenset(around),
    )


def _find_ports(plan: Plan, own: Mapping[Value, Content]) -> dict[Value, Port]:
    """What stands for the values from outside: one box for all that come from one box there."""
    ports: dict[Content, Port] = {}
    found: dict[Value, Port] = {}
    for v in own:
        for p in v.operands:
            if isinstance(p, float) or p in own or p in found:
                continue
            box = plan.box_of.get(p, p)
            port = ports.setdefault(box, Port("" if isinstance(box, Value) else box.path))
            port.values.append(p)
            found[p] = port
    return found


def _sources_of_ports(outer: Plan, inner: Plan) -> Iterator[tuple[Port, Content]]:
    """The ports of an inside whose box outside is drawn, with that box."""
    for port in inner.boxes:
        if isinstance(port, Port):
            box = outer.box_of.get(port.values[0])
            if box is not None and box in outer.sources:
                yield port, box


def _boxes_inside(plan: Plan, fold: Call) -> Iterator[tuple[Value, Content]]:
    """Each value in a fold, with the box that shows it once the fold is open."""
    inside = plan.collapsed[fold]
    if isinstance(fold, Alike | Repeat):
        shown = [fold.boxes[0]] if isinstance(fold, Alike) else fold.copies[0]
        yield from _boxes_of_copy(plan, shown, inside, alone=isinstance(fold, Alike))
    elif isinstance(fold, Parameters) or (
        isinstance(fold, Function) and not isinstance(fold, Expression)
    ):
        yield from ((v, v) for v in inside)
    elif isinstance(fold, Vector | Expression):
        functions = find_functions(inside, plan.call_of, plan.roots)
        yield from ((v, functions.get(v, v)) for v in inside)
    elif not isinstance(fold, Fold):
        yield from _boxes_of_call(plan, fold, inside)


def _boxes_of_call(plan: Plan, call: Call, inside: list[Value]) -> Iterator[tuple[Value, Content]]:
    """The calls, functions and values within a call."""
    depth = len(ancestors(call))
    functions = find_functions(inside, plan.call_of, plan.roots)
    for v in inside:
        chain = ancestors(plan.call_of.get(v))
        if len(chain) > depth and chain[depth - 1] is call:
            yield v, chain[depth]
        else:
            yield v, functions.get(v, v)


def _boxes_of_copy(
    plan: Plan, boxes: Sequence[Content], inside: list[Value], *, alone: bool
) -> Iterator[tuple[Value, Content]]:
    """The boxes of one subgraph; of one that is a single call or function, what that holds."""
    shown = set(boxes)
    box_of: dict[Value, Content] = {v: v for v in boxes if isinstance(v, Value)}
    for box in boxes:
        if isinstance(box, Function):
            box_of.update(dict.fromkeys(box.values, box))
    shown_of: dict[Call | None, Call | None] = {}  # the box around each call
    for v in inside:
        call = plan.call_of.get(v)
        if call not in shown_of:
            shown_of[call] = next((c for c in ancestors(call) if c in shown), None)
        around = shown_of[call]
        if around is not None:
            box_of[v] = around
    members = [(v, box_of[v]) for v in inside if v in box_of]
    if not alone:
        yield from members
        return
    (box,) = boxes
    values = [v for v, _ in members]
    if isinstance(box, Function):
        yield from ((v, v) for v in values)
    elif not isinstance(box, Value):
        yield from _boxes_of_call(plan, box, values)
