"""Recordings: the data that a graph was recorded with, and its gradients.

The graph is only read. Gradients come from `autograd.graph.backward`, so they are the engine's, sum
for sum, and no ``grad`` is written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from autograd.graph import backward

from .text import shortened
from .written import order_as_written

if TYPE_CHECKING:
    from collections.abc import Iterator

    from autograd import Value

__all__ = ["Contribution", "Recording", "describe_difference"]


class Contribution(NamedTuple):
    """One term of one gradient: ``∂L/∂operand += ∂L/∂source · ∂source/∂operand``."""

    source: Value
    operand: Value
    position: int  # among the operands of source
    gradient: float  # ∂L/∂source
    amount: float  # the product
    total: float  # ∂L/∂operand with it


class Recording:
    """A loss and its graph, with the data from when it was recorded.

    Arguments:
        root: the loss.
        others: more results whose graphs belong to it.

    Attributes:
        root: the loss, which the gradients are of.
        roots: the loss, and the other results.
        order: all its values, in topological order.
        place: the index of each value in that order.
        data: the data of each value.
    """

    def __init__(self, root: Value, *others: Value) -> None:
        self.root = root
        self.roots = (root, *others)
        self.order = order_as_written(*self.roots)
        self.place = {v: i for i, v in enumerate(self.order)}
        self.data = _find_data(self.order)
        self._gradients: dict[Value, float] | None = None

    @property
    def gradients(self) -> dict[Value, float]:
        """``∂L/∂v`` for every value v; 0 where no gradient arrives."""
        if self._gradients is None:
            self._gradients = dict.fromkeys(self.order, 0.0)
            self._gradients[self.root] = 1.0
            for step in self.backward():
                self._gradients[step.operand] = step.total
        return self._gradients

    def backward(self) -> Iterator[Contribution]:
        """Run the backward pass, one contribution after the other, in the engine's order."""
        return map(Contribution._make, backward(self.root))


def _find_data(order: list[Value]) -> dict[Value, float]:
    """Find the data of every value when the graph was recorded; a leaf's may have changed since.

    Each operation keeps the data of its operands.
    """
    data = {v: v.data for v in order if v.operation is not None}
    for v in order:
        for operand, recorded in zip(v.operands, v.inputs, strict=True):
            if not isinstance(operand, float):
                data.setdefault(operand, recorded)
    for v in order:  # a root may be a leaf
        data.setdefault(v, v.data)
    return data


def describe_difference(first: Recording, other: Recording, k: int) -> str:
    """Say how the graph of loss k differs in shape from that of loss 0; empty if it does not."""
    if len(first.order) != len(other.order):
        return (
            f"loss 0 has {len(first.order):,} values in its graph, loss {k} has "
            f"{len(other.order):,}"
        )
    for i, (v, w) in enumerate(zip(first.order, other.order, strict=True)):
        if v.operation is not w.operation:
            made = [f"made by {x.op!r}" if x.operation is not None else "a leaf" for x in (v, w)]
            name = f" ({shortened(v.label)!r})" if v.label else ""
            return f"value {i}{name} is {made[0]} in loss 0 and {made[1]} in loss {k}"
        if _places(first, v) != _places(other, w):
            return f"value {i}, made by {v.op!r}, has different operands in loss 0 and loss {k}"
    return ""


def _places(recording: Recording, v: Value) -> list[int | None]:
    return [None if isinstance(p, float) else recording.place[p] for p in v.operands]
