"""Expressions: what a result with a name was computed from, as one box.

A teacher draws the gates of a recurrent cell as one box each: ``f = sigmoid(w·x + u·h + b)``. The
box holds the steps that lead to its result and to nothing else. So a result with a label keeps its
box, and so does what is used in several places. Contracting such steps never closes a loop, because
only the result leaves the box.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from autograd import Value, ops

from .folds import Expression, Function, Vector
from .sources import find_members, find_sources, sort_boxes
from .text import number, shortened

if TYPE_CHECKING:
    from collections.abc import Collection, Container, Hashable, Sequence

    from .groups import Call
    from .plan import Content

__all__ = ["fold_expressions", "fold_whole"]

MOST = 5_000  # boxes among which expressions are searched for
LONGEST = 16  # steps of an expression; nobody writes a longer one without naming a part of it
FORMULA = 34  # characters of a formula that a box has room for
FEW = 6  # parameters that are drawn one by one
_HIGH = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def fold_expressions(
    order: Sequence[Value],
    box_of: dict[Value, Content],
    parameters: Collection[Value],
    call_of: dict[Value, Call],
    roots: Collection[Value],
) -> dict[Value, Content]:
    """Give each expression one box, and the parameters of each one. Without any, return `box_of`.

    Arguments:
        order: the graph in topological order.
        box_of: the box of each value.
        parameters: those of the graph.
        call_of: the innermost module call of each value.
        roots: the results, which end expressions.
    """
    boxes = [box for box in dict.fromkeys(map(box_of.get, order)) if box is not None]
    if len(boxes) > MOST:
        return box_of
    members = find_members(order, box_of)
    sources = sort_boxes(find_sources(boxes, members, box_of))
    users: dict[Content, list[Content]] = {box: [] for box in sources}
    for box, before in sources.items():
        for source in before:
            users[source].append(box)

    def around(box: Content) -> Call | None:
        return call_of.get(box) if isinstance(box, Value) else box.parent

    end_of: dict[Content, Content] = {}  # the last box of the expression that each is in
    for box in reversed(sources):
        ends = {end_of[user] for user in users[box]}
        end_of[box] = box
        if len(ends) == 1 and _is_step(box, roots):
            (end,) = ends
            if _result_of(end) is not None and around(end) is around(box):
                end_of[box] = end
    inside: dict[Content, list[Content]] = {}
    for box in sources:
        inside.setdefault(end_of[box], []).append(box)
    found: dict[Content, Expression] = {}
    for end, steps in inside.items():
        result = _result_of(end)
        if result is not None and 1 < len(steps) <= LONGEST:
            found.update(dict.fromkeys(steps, _make(result, steps, members, around(end))))
    if not found:
        return box_of
    folded = {v: found.get(box, box) for v, box in box_of.items()}
    for v in order:
        fold = folded.get(v)
        if isinstance(fold, Expression):
            fold.values.append(v)
    return {**folded, **_gather_parameters(order, folded, parameters)}


def fold_whole(
    order: Sequence[Value],
    box_of: dict[Value, Content],
    parameters: Collection[Value],
    call_of: dict[Value, Call],
    roots: Sequence[Value],
) -> dict[Value, Content]:
    """Give all that a single result was computed by one box, and each kind of leaves one.

    Arguments: see `fold_expressions`.
    """
    (result,) = roots
    interior = [v for v in order if v.operation is not None]
    boxes = [box for box in dict.fromkeys(map(box_of.get, interior)) if box is not None]
    whole = Expression("", boxes, (), None)
    whole.results, whole.values = [result], interior
    folded: dict[Value, Content] = dict.fromkeys(interior, whole)
    kinds: dict[Hashable, list[Value]] = {}
    for v in order:
        if v.operation is None and v.role != "constant":
            kinds.setdefault("parameter" if v in parameters else v.role, []).append(v)
    for kind, leaves in kinds.items():
        one = Vector([[v] for v in leaves], "", ("leaves", kind), "", None)
        folded.update((v, v if len(leaves) < FEW else one) for v in leaves)
    return folded


def _make(
    result: Value,
    steps: Sequence[Content],
    members: dict[Content, list[Value]],
    parent: Call | None,
) -> Expression:
    within = {v for box in steps for v in ([box] if isinstance(box, Value) else members[box])}
    fold = Expression(write_formula(result, within), steps, tuple(map(_kind, steps)), parent)
    fold.results = [result]
    return fold


def _result_of(box: Content) -> Value | None:
    """What a box computes, if it is one number, and by operations; None otherwise."""
    if isinstance(box, Value):
        return box if box.operation is not None else None
    return box.results[0] if isinstance(box, Function) and len(box.results) == 1 else None


def _is_step(box: Content, roots: Collection[Value]) -> bool:
    result = _result_of(box)
    return result is not None and not result.label and result not in roots


def _kind(box: Content) -> Hashable:
    """What alike steps have in common."""
    if not isinstance(box, Value):
        return box.path
    constants = [p for p in box.operands if isinstance(p, float)]
    exponent = constants[-1] if box.operation is ops.POW and constants else None
    return (box.operation, len(box.operands), len(constants), exponent)


def _gather_parameters(
    order: Sequence[Value], box_of: dict[Value, Content], parameters: Collection[Value]
) -> dict[Value, Vector]:
    """Give the parameters that the same expressions use one box, if there are many."""
    alone = [p for p in parameters if box_of.get(p) is p]
    if len(alone) <= FEW:
        return {}
    users: dict[Value, dict[Content, None]] = {p: {} for p in order if p in set(alone)}
    for v in order:
        for p in v.operands:
            if p in users and isinstance(p, Value):
                users[p][box_of[v]] = None
    shared: dict[tuple[Content, ...], list[Value]] = {}
    for p, found in users.items():
        if all(isinstance(box, Expression) for box in found):
            shared.setdefault(tuple(found), []).append(p)
    return {
        p: vector
        for together in shared.values()
        if len(together) > 1
        for vector in [Vector([[p] for p in together], "", ("parameters",), "", None)]
        for p in together
    }


# ── formulas ─────────────────────────────────────────────────────────────────────────────────


def write_formula(v: Value, within: Container[Value]) -> str:
    """Write what v computes: ``sigmoid(w·x + u·h + b)``; empty if it is long, or lacks names.

    Arguments:
        v: an interior value.
        within: the interior values to write out instead of naming them.
    """
    text = _write(v, within, FORMULA)
    return text if len(text) <= FORMULA else ""


def _write(v: Value, within: Container[Value], room: int) -> str:
    """The formula, or something longer than there is room for."""
    operation = v.operation
    assert operation is not None
    texts: list[str] = []
    # A loop that adds up begins with 0.0, which is no term of its own.
    starts = operation is ops.ADD and v.operands[0] == 0.0
    for i, p in enumerate(v.operands[starts:]):
        text, binds = _write_operand(p, within, room)
        tight = operation is ops.POW or (i and operation in (ops.SUB, ops.DIV))
        loose = binds < operation.binds or (tight and binds == operation.binds)
        if (loose and operation.binds < ops.FUNCTION) or (i and text.startswith("−")):
            text = f"({text})"
        texts.append(text)
        room -= len(text)
        if room < 0:
            return "…" * (FORMULA + 1)
    (first, *others) = texts
    if operation is ops.POW and isinstance(n := v.operands[1], float) and n.is_integer():
        return first + f"{n:.0f}".translate(_HIGH)
    if not others and operation is ops.ADD:
        return first
    if operation is ops.NEG:
        return f"−{first}"
    if operation.infix:
        sign = operation.infix.page or operation.infix.picture
        return (sign if sign in "·/" else f" {sign} ").join(texts)
    return f"{shortened(operation.symbol)}({', '.join(texts)})"


def _write_operand(p: Value | float, within: Container[Value], room: int) -> tuple[str, int]:
    """The name, number or formula of an operand, and how tightly it holds together."""
    if isinstance(p, float):
        return number(p), ops.FUNCTION
    if p in within:
        assert p.operation is not None
        return (_write(p, within, room - 1), p.operation.binds) if room > 0 else ("…" * 99, 0)
    name = shortened(p.label)
    return (name, ops.FUNCTION) if name else ("…" * 99, ops.FUNCTION)
