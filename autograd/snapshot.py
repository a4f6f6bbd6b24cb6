"""Pickling and deep-copying graphs of any depth, from several threads at once.

Python follows references recursively, and a chain of operations is as deep as it is long. So a
value is pickled as a position in a `Snapshot`: the flat list of its whole graph.

Pickle reduces one value at a time, without saying which call of `pickle.dumps` it belongs to. So
each thread remembers the snapshots it has made: two values that share a graph and are pickled
together then share a snapshot, too. Threads do not see each other's snapshots.
"""

from __future__ import annotations

import threading
from copy import deepcopy
from typing import TYPE_CHECKING, Any, NamedTuple
from weakref import ref

from . import graph
from .value import Value, keep_operands

if TYPE_CHECKING:
    from collections.abc import Iterable


_PLAIN = (int, float)


class Snapshot:
    """A graph as a flat list: operands before results."""

    __slots__ = ("__weakref__", "positions", "values")

    def __init__(self, values: list[Value]) -> None:
        self.values = values
        self.positions = {id(v): i for i, v in enumerate(values)}

    def __reduce__(self) -> tuple[Any, ...]:
        # Blank values first, then their contents, because the contents may lead back to the values:
        # a value refers to the module call that returned it, and a module to its parameters.
        return (_blank, (len(self.values),), self._columns())

    def __deepcopy__(self, memo: dict[int, Any]) -> Snapshot:
        # What copy does with the reduced form, without going through each number.
        twin = memo[id(self)] = _blank(len(self.values))
        data, grads, labels, marks, operations, operands, inputs = self._columns()
        marks = [m if m is None or m.__class__ is str else deepcopy(m, memo) for m in marks]
        operations = [None if op is None else deepcopy(op, memo) for op in operations]
        operands = [
            tuple([p if p.__class__ in _PLAIN else deepcopy(p, memo) for p in row])
            for row in operands
        ]
        twin.__setstate__((data, grads, labels, marks, operations, operands, inputs))
        return twin

    def _columns(self) -> tuple[list[Any], ...]:
        # Columns are faster than a million small rows. An operand in this snapshot is stored as its
        # position, an int; one in an earlier snapshot, and a constant, are stored as they are.
        values, position = self.values, self.positions.get
        return (
            [v._datum for v in values],
            [v._grad for v in values],
            [v._label for v in values],
            [v._mark for v in values],
            [v.operation for v in values],
            [tuple([position(id(p), p) for p in v.operands]) for v in values],
            [v.inputs for v in values],
        )

    def __setstate__(self, columns: tuple[list[Any], ...]) -> None:
        values = self.values
        for v, data, grad, label, mark, operation, operands, inputs in zip(
            values, *columns, strict=True
        ):
            v._datum, v._grad, v._label, v._mark, v.operation = data, grad, label, mark, operation
            if operation is not None:
                found = tuple([values[p] if isinstance(p, int) else p for p in operands])
                keep_operands(v, found, inputs)


def _blank(size: int) -> Snapshot:
    return Snapshot([Value(0.0) for _ in range(size)])


def _value_at(snapshot: Snapshot, position: int) -> Value:
    return snapshot.values[position]


class _Part(NamedTuple):
    """A snapshot that a thread has made, and the values in it."""

    snapshot: ref[Snapshot]
    values: list[Value]


class _Parts:
    """The snapshots of one thread. They live until the pickling or copying is done.

    Attributes:
        of: for the id of each value in a snapshot, the part it is in. A snapshot keeps its values
            alive, so the ids stay valid as long as it lives.
        seen: the interior values among these.
    """

    def __init__(self) -> None:
        self.of: dict[int, _Part] = {}
        self.seen: set[Value] = set()

    def add(self, v: Value) -> Snapshot:
        """Make a snapshot of v and its graph, without the values that another snapshot holds."""
        found: dict[Value, None] = {}
        for made in graph.interior(v, seen=self.seen):
            for operand in made.operands:
                if not isinstance(operand, float) and id(operand) not in self.of:
                    found.setdefault(operand)
            found.setdefault(made)
        found.setdefault(v)  # v may be a leaf
        snapshot = Snapshot(list(found))
        part = _Part(ref(snapshot, lambda _: self.forget(part)), snapshot.values)
        self.of.update(dict.fromkeys(map(id, found), part))
        return snapshot

    def forget(self, part: _Part) -> None:
        """Forget the values of a snapshot that was freed. Any thread may call this."""
        for v in part.values:
            if self.of.get(id(v)) is part:
                del self.of[id(v)]
                self.seen.discard(v)


class _Thread(threading.local):
    def __init__(self) -> None:
        self.parts = _Parts()


_thread = _Thread()


def reduce_value(v: Value) -> tuple[Any, ...]:
    """Reduce a value, for pickle and copy, to its snapshot and its position there."""
    parts = _thread.parts
    part = parts.of.get(id(v))
    snapshot = part and part.snapshot()
    if snapshot is None:
        if part is not None:  # its snapshot is being collected right now
            parts.forget(part)
        try:
            snapshot = parts.add(v)
        except BaseException:  # Ctrl-C may leave it half done
            _thread.parts = _Parts()
            raise
    return (_value_at, (snapshot, snapshot.positions[id(v)]))


def copy_value(v: Value, memo: dict[int, Any]) -> Value:
    """Copy a value with its graph: what `copy.deepcopy` calls."""
    _, (snapshot, position) = reduce_value(v)
    return deepcopy(snapshot, memo).values[position]  # type: ignore[no-any-return]


def copied_values(ids: Iterable[int]) -> list[Value]:
    """The values with these ids, of those whose graph this thread is pickling or copying."""
    found = []
    for i in ids:
        part = _thread.parts.of.get(i)
        snapshot = part and part.snapshot()
        if snapshot is not None:
            found.append(snapshot.values[snapshot.positions[i]])
    return found
