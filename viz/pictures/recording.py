"""The numbers of a recorded graph: the data it was recorded with, and its gradients.

The graph is only read. Gradients come from a walk of its own through the engine's
`autograd.graph.backward`, so they are the engine's, sum for sum, and no ``grad`` is written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from autograd.graph import backward, topological

from .text import shortened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from autograd import Value

__all__ = ["Contribution", "Recording", "difference"]


class Contribution(NamedTuple):
    """One term of one gradient: ``∂L/∂operand += ∂L/∂source · ∂source/∂operand``."""

    source: Value
    operand: Value
    position: int  # among the operands of source
    gradient: float  # ∂L/∂source
    amount: float  # the product
    total: float  # ∂L/∂operand with it


class Recording:
    """One loss and its graph, as it was when it was recorded.

    Attributes:
        root: the loss.
        order: all its values, in topological order.
        place: where each stands in that order.
        data: what each was worth.
    """

    def __init__(self, root: Value) -> None:
        self.root = root
        self.order = topological(root)
        self.place = {v: i for i, v in enumerate(self.order)}
        self.data = _recorded_data(self.order)
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

    def inputs(self, v: Value) -> list[float]:
        """The data of the operands of v when its operation ran."""
        return list(v.inputs)

    def backward(self) -> Iterator[Contribution]:
        """The backward pass, one contribution after the other, in the order of the engine."""
        return map(Contribution._make, backward(self.root))


def _recorded_data(order: list[Value]) -> dict[Value, float]:
    """The data of every value when the graph was recorded, even if a leaf was edited since.

    Each operation keeps the data of its operands.
    """
    data = {v: v.data for v in order if v.operation is not None}
    for v in order:
        for operand, then in zip(v.operands, v.inputs, strict=True):
            if not isinstance(operand, float):
                data.setdefault(operand, then)
    for v in order:  # a root may be a leaf
        data.setdefault(v, v.data)
    return data


def difference(first: Recording, other: Recording, k: int) -> str:
    """What sets the shape of loss k apart from that of loss 0; empty if they are the same."""
    if len(first.order) != len(other.order):
        return (
            f"loss 0 was made from {len(first.order):,} values, loss {k} from {len(other.order):,}"
        )
    for i, (v, w) in enumerate(zip(first.order, other.order, strict=True)):
        if v.operation is not w.operation:
            made = [f"made by {x.op!r}" if x.operation is not None else "a leaf" for x in (v, w)]
            name = f" ({shortened(v.label)!r})" if v.label else ""
            return f"value {i}{name} is {made[0]} in loss 0, and {made[1]} in loss {k}"
        if _places(first, v) != _places(other, w):
            return f"value {i}, made by {v.op!r}, has other operands in loss {k} than in loss 0"
    return ""


def _places(recording: Recording, v: Value) -> list[int | None]:
    return [None if isinstance(p, float) else recording.place[p] for p in v.operands]
