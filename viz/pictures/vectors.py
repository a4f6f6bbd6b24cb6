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
from functools import cached_property
from operator import itemgetter
from os.path import commonprefix
from typing import TYPE_CHECKING, TypeAlias

from autograd import Value, ops

from .folds import Alike, Fold, Function, Parameters, Repeat, Vector

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Hashable, Iterable, Sequence

    from .groups import Call
    from .plan import Content

    Near: TypeAlias = Callable[[Content], Iterable[Content | int]]

__all__ = ["common_name", "fold_vectors", "stem"]

MOST = 5_000  # boxes in which vectors are searched for
ROUNDS = 4  # of colour refinement, and of the search


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
    vectors = [graph.put_in_order(elements) for elements in graph.find_vectors()]
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
        used_outside = set(roots)
        for v in order:
            box = box_of.get(v)
            if box is None:
                continue
            sources = [None if isinstance(p, float) else box_of.get(p) for p in v.operands]
            for i, (p, source) in enumerate(zip(v.operands, sources, strict=True)):
                if source is None or source is box:
                    continue
                assert isinstance(p, Value)
                used_outside.add(p)
                # How it is used: w1, x1 and b differ in w1 * x1 + w2 * x2 + b.
                sided = v.operation is ops.MUL or (v.operation and not v.operation.commutative)
                how = (v.operation, i if sided else 0)
                self.inputs[box].setdefault(source, set()).add(how)
                self.users[source].setdefault(box, set()).add(how)
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
            kind = box.path
        else:
            kind = id(box.module)
        return (kind, root, id(self.around[box]))

    @cached_property
    def kinds(self) -> dict[Content, int]:
        """A number for the kind of each box."""
        numbers: dict[Hashable, int] = {}
        found: dict[Content, int] = {}
        for box in self.inputs:
            kind = self.kind(box)
            found[box] = numbers.setdefault(id(box) if kind is None else kind, len(numbers))
        return found

    def _sort(self, *colours: dict[Content, int]) -> list[list[Content]]:
        """The boxes that have the same colours, and labels that begin alike."""
        classes: dict[Hashable, list[Content]] = defaultdict(list)
        for box in self.inputs:
            own = tuple(colour[box] for colour in colours)
            classes[own, stem(self.results[box][0].label)].append(box)
        return [boxes for boxes in classes.values() if len(boxes) > 1]

    # ── vectors ──

    def find_vectors(self) -> list[list[Content]]:
        """Find the vectors: the elements of each, in the order of writing."""
        search = _Search(self.inputs)
        made, used = _refine(self.kinds, self.inputs), _refine(self.kinds, self.users)
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
        search.add_single(made, self._data_of)
        return self._keep_acyclic(search.vectors)

    def _are_named(self, boxes: Sequence[Content]) -> bool:
        """Whether these are leaves with labels."""
        first = self.results[boxes[0]][0]
        return first.operation is None and bool(stem(first.label))

    def _data_of(self, box: Content) -> list[Content]:
        """The inputs that are not parameters."""
        return [p for p in self.inputs[box] if self.results[p][0] not in self.parameters]

    def _parameters_of(self, box: Content) -> list[Content]:
        return [p for p in self.inputs[box] if self.results[p][0] in self.parameters]

    def _keep_acyclic(self, vectors: list[list[Content]]) -> list[list[Content]]:
        """Leave out vectors that are both before and after another box."""
        while True:
            vector_of = {e: i for i, elements in enumerate(vectors) for e in elements}
            sources: dict[Hashable, set[Hashable]] = {}
            for box, inputs in self.inputs.items():
                own = vector_of.get(box, box)
                into = sources.setdefault(own, set())
                into.update(vector_of.get(p, p) for p in inputs)
            looped = _find_loops(sources)
            if not looped:
                return vectors
            vectors = [elements for i, elements in enumerate(vectors) if i not in looped]

    # ── names ──

    def put_in_order(self, elements: list[Content]) -> list[Content]:
        """Sort leaves by the indices in their labels, if each has some."""
        firsts = [self.results[e][0] for e in elements]
        indices = [[int(i) for i in re.findall(r"\d+", v.label[-200:])] for v in firsts]
        if any(v.operation for v in firsts) or len(set(map(tuple, indices))) < len(elements):
            return elements
        return [e for _, e in sorted(zip(indices, elements, strict=True), key=itemgetter(0))]

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


class _Search:
    """The vectors that are found so far, of boxes in the order of writing."""

    def __init__(self, boxes: Iterable[Content]) -> None:
        self.place = {box: i for i, box in enumerate(boxes)}
        self.found: dict[int, list[Content]] = {}
        self.vector_of: dict[Content, int] = {}

    @property
    def vectors(self) -> list[list[Content]]:
        """The elements of each, in the order in which they were computed."""
        return [sorted(elements, key=self.place.__getitem__) for elements in self.found.values()]

    def look(self, classes: Iterable[Sequence[Content]], *choice: Near) -> None:
        """Make vectors of boxes that are near the same: by the first choice that finds any."""
        known = dict(self.vector_of)
        for boxes in classes:
            rest = [box for box in boxes if box not in self.vector_of]
            for near in choice:
                parts = self._part(rest, near, known)
                for elements in parts:
                    self._merge(elements)
                if parts:
                    break

    def join(self, classes: Iterable[Sequence[Content]], near: Near) -> None:
        """Join boxes, and vectors, that are near the same."""
        known = dict(self.vector_of)
        for boxes in classes:
            for elements in self._part(boxes, near, known):
                self._merge(elements)

    def add_single(self, made: dict[Content, int], near: Near) -> None:
        """Add what is made of the same, though it alone is used for something else.

        A loss picks one of the scores.
        """
        made_alike: dict[Hashable, int] = {}
        for i, elements in self.found.items():
            made_alike.setdefault(self._key(elements[0], near, self.vector_of), i)
        for box in self.place:
            key = self._key(box, near, self.vector_of)
            i = made_alike.get(key, -1)
            if key and i >= 0 and box not in self.vector_of and not isinstance(box, Vector):
                if made[box] == made[self.found[i][0]]:
                    self._merge([self.found[i][0], box])

    def _part(
        self, boxes: Sequence[Content], near: Near, known: dict[Content, int]
    ) -> list[list[Content]]:
        parts: dict[Hashable, list[Content]] = defaultdict(list)
        for box in boxes:
            parts[self._key(box, near, known)].append(box)
        return [part for key, part in parts.items() if key and len(part) > 1]

    def _key(self, box: Content, near: Near, known: dict[Content, int]) -> frozenset[Hashable]:
        return frozenset(known.get(other, other) for other in near(box))

    def _merge(self, elements: Sequence[Content]) -> None:
        old = dict.fromkeys(self.vector_of[e] for e in elements if e in self.vector_of)
        merged = dict.fromkeys(e for i in old for e in self.found.pop(i))
        merged.update(dict.fromkeys(elements))
        i = next(iter(old), len(self.place) + len(self.vector_of))
        self.found[i] = list(merged)
        self.vector_of.update(dict.fromkeys(merged, i))


def _refine(
    kinds: dict[Content, int], beside: dict[Content, dict[Content, set[Hashable]]]
) -> dict[Content, int]:
    """Refine the kinds of boxes by those of their inputs, or of their users, and theirs."""
    colours = kinds
    for _ in range(ROUNDS):
        numbers: dict[Hashable, int] = {}
        colours = {
            box: numbers.setdefault(
                (kinds[box], frozenset((colours[p], *how) for p, how in near.items())),
                len(numbers),
            )
            for box, near in beside.items()
        }
    return colours


def _find_loops(sources: dict[Hashable, set[Hashable]]) -> set[Hashable]:
    """The nodes that are on the way from one loop to another, or on one."""
    inputs = {node: {p for p in before if p in sources} for node, before in sources.items()}
    for _ in range(2):  # from the front, and then from the back
        users: dict[Hashable, list[Hashable]] = {node: [] for node in inputs}
        waiting = {node: len(before) for node, before in inputs.items()}
        for node, before in inputs.items():
            for p in before:
                users[p].append(node)
        ready = [node for node, count in waiting.items() if not count]
        while ready:
            node = ready.pop()
            for user in users[node]:
                waiting[user] -= 1
                if not waiting[user]:
                    ready.append(user)
        left = {node for node, count in waiting.items() if count}
        inputs = {node: {u for u in users[node] if u in left} for node in left}
    return set(inputs)


_INDICES = re.compile(r"[\s_.,\[\](){}₀₁₂₃₄₅₆₇₈₉\d]+$")
_OPEN = re.compile(r"[\s_.,\[({]+$|[\[({][^\])}]*$")


def stem(label: str) -> str:
    """The label without the indices at its end: ``w`` of ``w12``, of ``w[1][2]``, of ``w_1``."""
    return _INDICES.sub("", label[-200:])


def common_name(labels: Sequence[str]) -> str:
    """How all of the labels begin: ``w`` for ``w00`` and ``w10``, ``x[1]`` for ``x[1][0]``."""
    start = commonprefix([label[:200] for label in labels])
    return _OPEN.sub("", start) if len(set(labels)) > 1 else start
