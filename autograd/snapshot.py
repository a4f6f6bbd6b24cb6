"""Pickling and deep-copying graphs of any depth.

Python's own way follows references by recursion, and a chain of operations is as deep as it is
long. Here a value is pickled as a place in a `Snapshot`: the flat list of its whole graph.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from . import graph
from .value import Value, keep_operands

if TYPE_CHECKING:
    from collections.abc import Iterable

# id of a value -> the snapshot that holds it, so that two values pickled together that share a
# graph share a snapshot too. A snapshot holds its values, so the ids are theirs while it lives, and
# it lives as long as the pickling that asked for it.
_snapshots: WeakValueDictionary[int, Snapshot] = WeakValueDictionary()


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
            [v._data for v in values],
            [v._grad for v in values],
            [v.label for v in values],
            [v._mark for v in values],
            [v.row for v in values],
            [tuple([place(id(p), p) for p in v.operands]) for v in values],
            [v.inputs for v in values],
        )

    def __setstate__(self, columns: tuple[list[Any], ...]) -> None:
        values = self.values
        for v, data, grad, label, mark, row, operands, inputs in zip(values, *columns, strict=True):
            v._data, v._grad, v.label, v._mark, v.row = data, grad, label, mark, row
            if row is not None:
                given = tuple([values[p] if isinstance(p, int) else p for p in operands])
                keep_operands(v, given, inputs)


def _blank(size: int) -> Snapshot:
    return Snapshot([Value(0.0) for _ in range(size)])


def _value_at(snapshot: Snapshot, place: int) -> Value:
    return snapshot.values[place]


def reduce_value(v: Value) -> tuple[Any, ...]:
    """How pickle and copy take a value apart: its snapshot, and its place in it."""
    snapshot = _snapshots.get(id(v))
    if snapshot is None:
        snapshot = Snapshot([p for p in graph.topological(v) if id(p) not in _snapshots])
        for p in snapshot.values:
            _snapshots[id(p)] = snapshot
    return (_value_at, (snapshot, snapshot.places[id(v)]))


def copied_values(ids: Iterable[int]) -> list[Value]:
    """Those of the values with these ids that are in a graph being pickled or copied just now."""
    known = [(i, _snapshots[i]) for i in ids if i in _snapshots]
    return [snapshot.values[snapshot.places[i]] for i, snapshot in known]
