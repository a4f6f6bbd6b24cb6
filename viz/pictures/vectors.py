"""Vectors: values that are made alike and used together, as one box each.

A row of weights, the numbers of a token, a query and the scores of an attention head are lists in
the code that wrote them. The graph does not know these lists; they are found by structure.

First, boxes are sorted into classes by colour refinement: boxes of one class are made in the same
way, and lead to the same. Within a class, those from the same inputs
(other than parameters) are a vector, or else those that the same boxes use. What a vector feeds, or
is made of, element by element, is a vector as well. Vectors found in a second search, over the
boxes of the first, are matrices.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from autograd import Value, ops

from .folds import Alike, Expression, Function, Parameters, Repeat, Vector
from .labels import common_name, stem
from .once import once
from .vector_search import ROUNDS, Search, find_loops, refine

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable, Mapping, Sequence

    from .groups import Call
    from .plan import Content

__all__ = ["fold_vectors"]

MOST = 5_000  # boxes in which vectors are searched for


def fold_vectors(
    order: Sequence[Value],
    box_of: dict[Value, Content],
    parameters: Collection[Value],
    call_of: dict[Value, Call],
    roots: Collection[Value],
) -> dict[Value, Content]:
    """Give each vector one box. If there is none, the result is equal to `box_of`.

    Arguments:
        order: the graph in topological order.
        box_of: the box of each value.
        parameters: those of the graph.
        call_of: the innermost module call of each value.
        roots: the results. A single one keeps its box.
    """
    if len(set(box_of.values())) > MOST:
        return box_of
    graph = _Graph(order, box_of, parameters, call_of, set(roots))
    vectors = graph.put_in_order(graph.find_vectors())
    vector_of = {
        element: Vector(
            [graph.results[e] for e in elements],
            graph.made_by(elements[0]),
            graph.kind(element),
            graph.name(elements),
            graph.around[element],
        )
        for elements in vectors
        for element in elements[:1]
    }
    for elements in vectors:
        for element in elements[1:]:
            vector_of[element] = vector_of[elements[0]]
    return {v: vector_of.get(box, box) for v, box in box_of.items()}


class _Graph:
    """The boxes of a level, in topological order as far as they have one."""

    def __init__(
        self,
        order: Sequence[Value],
        box_of: dict[Value, Content],
        parameters: Collection[Value],
        call_of: dict[Value, Call],
        roots: set[Value],
    ) -> None:
        self.parameters, self.roots = parameters, roots
        self.inputs: dict[Content, dict[Content, set[Hashable]]] = {}
        self.users: dict[Content, dict[Content, set[Hashable]]] = {}
        self.results: dict[Content, list[Value]] = {}
        self.around: dict[Content, Call | None] = {}
        self.inside: dict[Content, list[Value]] = {}
        for v in order:
            box = box_of.get(v)
            if box is not None:
                self.inside.setdefault(box, []).append(v)
                self.inputs.setdefault(box, {})
                self.users.setdefault(box, {})
        self.lists: dict[Value, list[Sequence[Value | float]]] = {}  # operands that it is among
        used_outside = set(roots)
        for v in order:
            box = box_of.get(v)
            if box is None:
                continue
            if len(v.operands) > 2:
                for p in v.operands:
                    if isinstance(p, Value):
                        self.lists.setdefault(p, []).append(v.operands)
            sources = [None if isinstance(p, float) else box_of.get(p) for p in v.operands]
            for i, (p, source) in enumerate(zip(v.operands, sources, strict=True)):
                if source is None or source is box:
                    continue
                assert isinstance(p, Value)
                used_outside.add(p)
                # How it is used: w1, x1 and b differ in w1 * x1 + w2 * x2 + b.
                sided = v.operation is ops.MUL or (v.operation and not v.operation.commutative)
                how = (v.operation, i if sided and len(v.operands) <= 3 else 0)
                self.inputs[box].setdefault(source, set()).add(how)
                self.users[source].setdefault(box, set()).add(how)
        self.place = {box: i for i, box in enumerate(self.inputs)}
        for box, inside in self.inside.items():
            self.results[box] = [v for v in inside if v in used_outside] or inside[-1:]
            self.around[box] = call_of.get(box) if isinstance(box, Value) else box.parent

    # ── classes ──

    def kind(self, box: Content) -> Hashable:
        """What the elements of a vector have in common by themselves; None if it is none."""
        root = any(v in self.roots for v in self.results[box])
        if root and len(self.roots) == 1:
            return None
        kind: Hashable
        if isinstance(box, Value):
            constants = [p for p in box.operands if isinstance(p, float)]
            exponent = constants[0] if box.operation is ops.POW and constants else None
            role = "parameter" if box in self.parameters else box.role
            kind = (box.operation, len(box.operands), len(constants), exponent, role)
        elif isinstance(box, Vector):
            return box.kind  # so that one score is like several
        elif isinstance(box, Repeat | Alike | Parameters):
            return None
        elif isinstance(box, Function):
            kind = box.shape if isinstance(box, Expression) else box.path
        else:
            kind = id(box.module)
        return (kind, root, id(self.around[box]))

    @once
    def kinds(self) -> dict[Content, int]:
        """A number for the kind of each box."""
        numbers: dict[Hashable, int] = {}
        found: dict[Content, int] = {}
        for box in self.inputs:
            kind = self.kind(box)
            found[box] = numbers.setdefault(id(box) if kind is None else kind, len(numbers))
        return found

    @once
    def stems(self) -> dict[Content, frozenset[str]]:
        """What the parameters are called that a box uses."""
        return {
            box: frozenset(stem(self.results[p][0].label) for p in self._parameters_of(box))
            for box in self.inputs
        }

    def _sort(self, *colours: Mapping[Content, Hashable]) -> list[list[Content]]:
        """The boxes that have the same colours, and labels that begin alike."""
        classes: dict[Hashable, list[Content]] = defaultdict(list)
        for box in self.inputs:
            own = tuple(colour[box] for colour in colours)
            classes[own, self._stem(box)].append(box)
        return [boxes for boxes in classes.values() if len(boxes) > 1]

    # ── vectors ──

    def find_vectors(self) -> list[list[Content]]:
        """Find the vectors: the elements of each, in the order of writing."""
        search = Search(self.place)
        made, used = refine(self.kinds, self.inputs), refine(self.kinds, self.users)
        alike = self._sort(made, used)
        for _ in range(ROUNDS):
            search.look(alike, self._data_of, self.users.__getitem__)
        if not any(isinstance(box, Vector) for box in self.inputs):
            search.look(self._sort(made), self._parameters_of)
            search.look(alike, self._data_of, self.users.__getitem__)
        else:  # whether or not they lead to the same
            same_kind = self._sort(self.kinds)
            named = [boxes for boxes in same_kind if self._are_named(boxes)]
            search.join(named, lambda box: [self.kinds[user] for user in self.users[box]])
            for _ in range(ROUNDS):
                search.join(same_kind, self._parameters_of)
                search.look(alike, self._data_of, self.users.__getitem__)
                search.join(same_kind, self.inputs.__getitem__)
        # What is used for something else each time, or once, as a loss picks one of the scores.
        singles = [
            [box for box in boxes if box not in search.vector_of and not isinstance(box, Vector)]
            for boxes in self._sort(made, self.stems)
        ]
        for _ in range(ROUNDS):
            search.join(singles, self._data_of)
        search.add_single(made, self._data_of, self._stem)
        return self._keep_acyclic(search.vectors)

    def _are_named(self, boxes: Sequence[Content]) -> bool:
        """Whether these are leaves with labels."""
        first = self.results[boxes[0]][0]
        return first.operation is None and bool(stem(first.label))

    def _stem(self, box: Content) -> str:
        return stem(self.results[box][0].label)

    def _data_of(self, box: Content) -> list[Content]:
        """The inputs that are not parameters."""
        return [p for p in self.inputs[box] if self.results[p][0] not in self.parameters]

    def _parameters_of(self, box: Content) -> list[Content]:
        return [p for p in self.inputs[box] if self.results[p][0] in self.parameters]

    def _keep_acyclic(self, vectors: list[list[Content]]) -> list[list[Content]]:
        """Leave out vectors that are both before and after another box."""
        while True:
            vector_of = {e: i for i, elements in enumerate(vectors) for e in elements}
            sources: dict[int, set[int]] = {}
            for box, inputs in self.inputs.items():
                own = vector_of.get(box, -1 - self.place[box])
                into = sources.setdefault(own, set())
                into.update(vector_of.get(p, -1 - self.place[p]) for p in inputs)
            looped = find_loops(sources)
            if not looped:
                return vectors
            vectors = [elements for i, elements in enumerate(vectors) if i not in looped]

    # ── order and names ──

    def put_in_order(self, vectors: list[list[Content]]) -> list[list[Content]]:
        """Put the elements of each vector in the order of writing.

        That is the order of the indices in their labels, or of the operands of a sum, or that of
        what they are used for. The order of the graph alone begins with what the loss picked.
        """
        rank: dict[Content, tuple[int, int]] = {}  # the vector of each element, and its place there
        found = []
        for i, elements in enumerate(reversed(vectors)):
            keys = self._indices(elements) or self._operands(elements) or self._uses(elements, rank)
            if keys:
                elements = sorted(elements, key=keys.__getitem__)
            rank.update((e, (i, place)) for place, e in enumerate(elements))
            found.append(elements)
        return found[::-1]

    def _indices(self, elements: list[Content]) -> dict[Content, Any]:
        labels = [self.results[e][0].label[-200:] for e in elements]
        indices = [tuple(map(int, re.findall(r"\d+", label))) for label in labels]
        return dict(zip(elements, indices, strict=True)) if _differ(indices) else {}

    def _operands(self, elements: list[Content]) -> dict[Content, Any]:
        firsts = [self.results[e][0] for e in elements]
        for operands in self.lists.get(firsts[0], ()):
            places = {p: i for i, p in enumerate(operands) if isinstance(p, Value)}
            if places.keys() >= set(firsts):
                return {e: places[v] for e, v in zip(elements, firsts, strict=True)}
        return {}

    def _uses(
        self, elements: list[Content], rank: dict[Content, tuple[int, int]]
    ) -> dict[Content, Any]:
        uses = [min((rank[u] for u in self.users[e] if u in rank), default=()) for e in elements]
        return dict(zip(elements, uses, strict=True)) if _differ(uses) and all(uses) else {}

    def made_by(self, element: Content) -> str:
        """The function that made an element; empty if it is an operation, or none."""
        if isinstance(element, Vector):
            return element.made_by
        return "" if isinstance(element, Value) else element.path

    def name(self, elements: Sequence[Content]) -> str:
        """The function that made them; ``Σ k·x``, if it multiplies numbers that are called so."""
        function = self.made_by(elements[0])
        if not function.startswith("Σ a·b"):
            return function
        sides: tuple[list[str], list[str]] = ([], [])
        for v in (v for e in elements for v in self.inside[e] if v.operation is ops.MUL):
            for side, p in zip(sides, v.operands, strict=True):
                side.append(p.label if isinstance(p, Value) else "")
        names = [common_name(side) for side in sides]
        return function.replace("a·b", "·".join(names)) if all(names) else function


def _differ(keys: Sequence[tuple[int, ...]]) -> bool:
    return len(set(keys)) == len(keys)
