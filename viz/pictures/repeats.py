"""Repeats: the same operations on other data, as a loss over examples makes them.

They are found by structure. Where many lines come together, such as in the mean over examples, each
branch is what leads there and nowhere else. Branches are alike if they have the same operations, in
the same order, and share what comes from elsewhere: the parameters. Their own leaves are data, and
differ. The time is linear in the size of the graph.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from autograd import Value, ops
from autograd.functions import FunctionCall

from .folds import Fold, Function, Repeat
from .sources import sort_boxes
from .uneven import sort_uneven

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .groups import Call

__all__ = ["Branches", "find_repeats"]

FEW = 3  # branches that are folded
NESTED = 4  # how many times branches that do not repeat are searched for branches within

_ALL: Any = object()  # what all results lead to

_WITH_EXPONENT = {ops.POW}  # whose constant is a part of the formula, and not data


def find_repeats(
    order: Sequence[Value],
    box_of: dict[Value, Any],
    parameters: set[Value],
    call_of: dict[Value, Call],
    roots: Sequence[Value],
    *,
    without_all: bool = False,
    uneven: bool = False,
) -> list[Repeat]:
    """Find the branches that repeat.

    Arguments:
        order: the graph in topological order.
        box_of: the box of each value, or of the function or module call around it.
        parameters: these never repeat; each has a box outside.
        call_of: the innermost module call of each value.
        roots: the results. One never repeats; many are searched as if a sum led on from them.
        without_all: whether some operands are not in the order; they are ignored.
        uneven: whether branches may repeat some of their steps more often than others do.
    """
    if len(roots) < FEW and not any(
        len(v.operands) >= FEW if box is v else isinstance(box, Fold) for v, box in box_of.items()
    ):
        return []
    graph = _Graph(order, box_of, parameters, without_all)
    results = dict.fromkeys(box_of[v] for v in roots if v in box_of)
    if len(results) < FEW:
        ends = {*results, *parameters}
    else:
        ends = parameters
        graph.inputs[_ALL] = list(results)
    if uneven:
        return [
            each
            for each in sort_uneven(graph.find_branches(ends, set(), set()), call_of)
            if set.intersection(*map(graph.find_shared, each.copies))
        ]
    repeats: list[Repeat] = []
    folded: set[Any] = set()  # boxes within repeats
    alone: set[Any] = set()  # branches that do not repeat; there may be repeats within
    for _ in range(NESTED):
        branches = graph.find_branches(ends, folded, alone)
        for heads in graph.sort_alike(branches):
            copies = [branches.boxes[head] for head in heads]
            user = branches.heads[heads[0]]
            of_value = user is _ALL or isinstance(user, Value)
            parent = call_of.get(user) if of_value else user.parent
            what = "examples" if graph.is_of_examples(copies[0]) else "alike"
            repeats.append(Repeat(copies, parent, what=what))
            folded.update(box for copy in copies for box in copy)
        rest = branches.heads.keys() - folded
        if not any(graph.is_join(box) for head in rest for box in branches.boxes[head]):
            break
        alone |= rest
    return repeats


class Branches(NamedTuple):
    """What leads to a join and nowhere else."""

    heads: dict[Any, Any]  # the result of each branch, and the join that it leads to
    boxes: dict[Any, list[Any]]  # all of each branch, by its result; a box comes after its inputs
    head_of: dict[Any, Any]  # the result of the branch that each box is in, or None


class _Graph:
    """The boxes of a plan, and the inputs of each, once for every use.

    An input that is a constant is a text: empty if it is data.
    """

    def __init__(
        self,
        order: Sequence[Value],
        box_of: dict[Value, Any],
        parameters: set[Value],
        without_all: bool,
    ) -> None:
        self.parameters = parameters
        self.inputs: dict[Any, list[Any]] = {}
        self.sizes: dict[Any, int] = {}
        find = box_of.get
        # Parameters within calls have no box, nor have copies that were set aside.
        partial = len(box_of) < len(order) or without_all
        for v in order:
            box = find(v)
            if box is v:
                if v.operation in _WITH_EXPONENT:
                    inputs = [str(p) if isinstance(p, float) else find(p) for p in v.operands]
                else:
                    inputs = ["" if p.__class__ is float else find(p) for p in v.operands]
                self.inputs[v] = [p for p in inputs if p is not None] if partial else inputs
            elif box is not None:
                self.sizes[box] = self.sizes.get(box, 0) + 1
                # Taken out and put back, so that a box comes after all of its inputs.
                known = self.inputs.pop(box, [])
                for p in v.operands:
                    source = None if isinstance(p, float) else find(p)
                    if source is not None and source is not box:
                        known.append(source)
                self.inputs[box] = known
        for box in self.sizes:
            if isinstance(box, Function):
                self._sort_as_given(box, find)
        if any(not isinstance(box, Function) or len(box.results) > 1 for box in self.sizes):
            self._sort()  # what uses an early result of a box came before the box

    def _sort_as_given(self, function: Function, find: Callable[[Value], Any]) -> None:
        """Put the operands of a marked function in the order in which it was given them.

        Its steps may use them in another order. A cross-entropy begins with the score of the right
        class, which is data.
        """
        call = function.results[0].made_by
        if isinstance(call, FunctionCall):
            used = self.inputs[function]
            known = set(used)  # there may be many, as in a softmax
            given = dict.fromkeys(find(p) for p in call.given if isinstance(p, Value))
            self.inputs[function] = [
                *[box for box in given if box in known], *[box for box in used if box not in given]
            ]  # fmt: skip

    def _sort(self) -> None:
        """Put each box after its inputs."""
        sources = {
            box: [p for p in inputs if p.__class__ is not str]
            for box, inputs in self.inputs.items()
        }
        self.inputs = {box: self.inputs[box] for box in sort_boxes(sources)}

    def is_join(self, box: Any) -> bool:
        """Whether many lines come together here."""
        inputs = self.inputs[box]
        return len(inputs) >= FEW and len({p for p in inputs if p.__class__ is not str}) >= FEW

    def is_of_examples(self, boxes: Sequence[Any]) -> bool:
        """Whether a branch applies a model to data: it uses parameters."""
        return any(p in self.parameters for box in boxes for p in self.inputs[box]) or any(
            not isinstance(box, Value | Fold) for box in boxes
        )

    def find_shared(self, boxes: Sequence[Any]) -> set[Any]:
        """The parameters and modules that a branch uses."""
        used = {p for box in boxes for p in self.inputs[box] if p in self.parameters}
        return used | {id(box.module) for box in boxes if not isinstance(box, Value | Fold)}

    def find_branches(self, ends: set[Any], folded: set[Any], alone: set[Any]) -> Branches:
        """Find what leads to a join and nowhere else."""
        head_of: dict[Any, Any] = dict.fromkeys(ends)
        heads: dict[Any, Any] = {}
        for box in reversed(self.inputs):
            head = head_of.setdefault(box, None)
            join = head is None and box not in folded and self.is_join(box)
            for p in self.inputs[box]:
                if p.__class__ is str:
                    continue
                own = p if join and p not in alone and p not in folded else head
                if head_of.setdefault(p, own) is not own:
                    head_of[p] = None
                elif own is p and self.inputs[p]:
                    heads[p] = box
        boxes: dict[Any, list[Any]] = {}
        for box in self.inputs:
            if head_of[box] is not None:
                boxes.setdefault(head_of[box], []).append(box)
        return Branches({p: box for p, box in heads.items() if head_of[p] is p}, boxes, head_of)

    def sort_alike(self, branches: Branches) -> list[list[Any]]:
        """Sort the results of branches into groups that are alike, and large enough to fold."""
        kinds: dict[Any, int] = {}  # a number for each kind of subgraph
        kind_of: dict[Any, int] = {}
        head_of = branches.head_of
        for box, inputs in self.inputs.items():
            head = head_of[box]
            if head is None:
                continue
            shape = [kind_of[p] if head_of.get(p) is head else p for p in inputs]
            kind = (_kind(box), self.sizes.get(box, 1), *shape)
            kind_of[box] = kinds.setdefault(kind, len(kinds))
        groups: dict[Any, list[Any]] = {}
        for head, join in branches.heads.items():
            # All kinds, in order: a value used twice and two values make the same kind of result.
            all_kinds = tuple([kind_of[box] for box in branches.boxes[head]])
            groups.setdefault((join, all_kinds), []).append(head)
        return [heads for heads in groups.values() if len(heads) >= FEW]


def _kind(box: Any) -> Any:
    """What alike boxes have in common."""
    if not isinstance(box, Value):
        return box.path if isinstance(box, Fold) else box.module
    return box.operation or box.role
