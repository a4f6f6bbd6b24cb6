"""Pickling and deep-copying graphs of any depth, from several threads at once.

Python's own way follows references by recursion, and a chain of operations is as deep as it is
long. Here a value is pickled as a place in a `Snapshot`: the flat list of its whole graph.

Pickle asks each value on its own how to take it apart, and does not say on whose behalf. So each
thread remembers which snapshots it has made: two values that are pickled together and share a graph
then share a snapshot too. Threads do not see each other's snapshots.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, NamedTuple
from weakref import ref

from . import graph
from .value import Value, keep_operands

if TYPE_CHECKING:
    from collections.abc import Iterable


class Snapshot:
    """A graph as a flat list, operands before results."""

    __slots__ = ("__weakref__", "places", "values")

    def __init__(self, values: list[Value]) -> None:
        self.values = values
        self.places = {id(v): place for place, v in enumerate(values)}

    def __reduce__(self) -> tuple[Any, ...]:
        # First as many blank values, then what they hold: what they hold may lead back to them
        # (a value knows the module call that made it, and a module its parameters).
        return (_blank, (len(self.values),), self._columns())

    def _columns(self) -> tuple[list[Any], ...]:
        # By columns, which are quicker than a million small rows. An operand of this snapshot is
        # named by its place, an int; one of an earlier snapshot, and a constant, stand for
        # themselves.
        values, place = self.values, self.places.get
        return (
            [v._datum for v in values],
            [v._grad for v in values],
            [v._label for v in values],
            [v._mark for v in values],
            [v.operation for v in values],
            [tuple([place(id(p), p) for p in v.operands]) for v in values],
            [v.inputs for v in values],
        )

    def __setstate__(self, columns: tuple[list[Any], ...]) -> None:
        values = self.values
        for v, data, grad, label, mark, operation, operands, inputs in zip(
            values, *columns, strict=True
        ):
            v._datum, v._grad, v._label, v._mark, v.operation = data, grad, label, mark, operation
            if operation is not None:
                given = tuple([values[p] if isinstance(p, int) else p for p in operands])
                keep_operands(v, given, inputs)


def _blank(size: int) -> Snapshot:
    return Snapshot([Value(0.0) for _ in range(size)])


def _value_at(snapshot: Snapshot, place: int) -> Value:
    return snapshot.values[place]


class _Part(NamedTuple):
    """A snapshot that a thread made, for as long as it lives, and the values in it."""

    snapshot: ref[Snapshot]
    values: list[Value]


class _Parts:
    """The snapshots of one thread. They live as long as the pickling or copying that made them.

    Attributes:
        of: for each value in one of them, by its id, which. A snapshot holds its values, so the ids
            are theirs while it lives.
        seen: the interior values among these.
    """

    def __init__(self) -> None:
        self.of: dict[int, _Part] = {}
        self.seen: set[Value] = set()

    def add(self, v: Value) -> Snapshot:
        """A new snapshot of v and of what it was made from, as far as no snapshot holds it yet."""
        found: dict[Value, None] = {}
        for made in graph.interior(v, seen=self.seen):
            for operand in made.operands:
                if not isinstance(operand, float) and id(operand) not in self.of:
                    found.setdefault(operand)
            found.setdefault(made)
        found.setdefault(v)  # which may be a leaf
        snapshot = Snapshot(list(found))
        part = _Part(ref(snapshot, lambda _: self.forget(part)), snapshot.values)
        self.of.update(dict.fromkeys(map(id, found), part))
        return snapshot

    def forget(self, part: _Part) -> None:
        """The snapshot is gone (any thread may say so): its values are nobody's again."""
        for v in part.values:
            if self.of.get(id(v)) is part:
                del self.of[id(v)]
                self.seen.discard(v)


class _Thread(threading.local):
    def __init__(self) -> None:
        self.parts = _Parts()


_thread = _Thread()


def reduce_value(v: Value) -> tuple[Any, ...]:
    """How pickle and copy take a value apart: its snapshot, and its place in it."""
    parts = _thread.parts
    part = parts.of.get(id(v))
    snapshot = part and part.snapshot()
    if snapshot is None:
        if part is not None:  # its snapshot is just being collected
            parts.forget(part)
        try:
            snapshot = parts.add(v)
        except BaseException:  # Ctrl-C left it half done
            _thread.parts = _Parts()
            raise
    return (_value_at, (snapshot, snapshot.places[id(v)]))


def copied_values(ids: Iterable[int]) -> list[Value]:
    """Those of the values with these ids that are in a graph this thread is pickling or copying."""
    found = []
    for i in ids:
        part = _thread.parts.of.get(i)
        snapshot = part and part.snapshot()
        if snapshot is not None:
            found.append(snapshot.values[snapshot.places[i]])
    return found
