"""An engine of its own, as such models come with: a scalar `Value` in 60 lines, in their style.

A value keeps its operands and the local derivative with respect to each; `backward` applies the
chain rule from the result to the leaves. Nothing is compiled.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from .model import loss
from .setup import Document, Peer, cycle_over

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.benchmarks.worker import Step

__all__ = ["OwnEngine", "OwnTools", "Value"]


class Value:
    """A number, how it was computed, and its gradient."""

    __slots__ = ("data", "grad", "operands", "slopes")

    def __init__(
        self,
        data: float,
        operands: tuple[Value, ...] = (),
        slopes: tuple[float, ...] = (),
    ) -> None:
        self.data = data
        self.grad = 0.0
        self.operands = operands
        self.slopes = slopes

    def __add__(self, other: Any) -> Value:
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other: Any) -> Value:
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data * other.data, (self, other), (other.data, self.data))

    def __pow__(self, power: float) -> Value:
        return Value(self.data**power, (self,), (power * self.data ** (power - 1),))

    def exp(self) -> Value:
        y = math.exp(self.data)
        return Value(y, (self,), (y,))

    def log(self) -> Value:
        return Value(math.log(self.data), (self,), (1.0 / self.data,))

    def relu(self) -> Value:
        return Value(max(0.0, self.data), (self,), (float(self.data > 0.0),))

    def __neg__(self) -> Value:
        return self * -1.0

    def __sub__(self, other: Any) -> Any:
        return self + -other

    def __truediv__(self, other: Any) -> Any:
        return self * other**-1

    __radd__ = __add__
    __rmul__ = __mul__

    def backward(self) -> None:
        """Set the gradient of this value with respect to each value behind it."""
        order: list[Value] = []
        seen: set[Value] = set()
        stack = [(self, False)]
        while stack:
            v, operands_done = stack.pop()
            if operands_done:
                order.append(v)
            elif v not in seen:
                seen.add(v)
                stack.append((v, True))
                stack += [(operand, False) for operand in v.operands]
        self.grad = 1.0
        for v in reversed(order):
            for operand, slope in zip(v.operands, v.slopes, strict=True):
                operand.grad += slope * v.grad


class OwnTools:
    """The model's further functions, on these values; tokens are ints."""

    def softmax(self, scores: list[Any]) -> list[Any]:
        largest = max(v.data for v in scores)
        exponentials = [(v - largest).exp() for v in scores]
        whole = sum(exponentials)
        return [e / whole for e in exponentials]

    def surprise(self, logits: list[Any], target: int) -> Any:
        return -self.softmax(logits)[target].log()

    def pick(self, table: list[list[Any]], index: int) -> list[Any]:
        return table[index]

    def relu(self, x: Any) -> Any:
        return x.relu()


class OwnEngine(Peer):
    """The model on these values; each step builds the graph of its document."""

    def document(self, positions: int) -> Step:
        params = list(map(Value, self.theta))
        return cycle_over(
            lambda document: self.compute(params, [document]), self.of_length(positions), _read
        )

    def batch(self, size: int) -> Step:
        params = list(map(Value, self.theta))
        return cycle_over(
            lambda documents: self.compute(params, documents), self.batches(size), _read
        )

    def compute(
        self, params: list[Value], documents: Sequence[Document]
    ) -> tuple[Value, list[Value]]:
        """The mean loss of the documents; the gradients are those of the parameters."""
        for p in params:
            p.grad = 0.0
        losses = [loss(self.shape, params, document, OwnTools()) for document in documents]
        mean: Value = sum(losses) / float(len(losses))
        mean.backward()
        return mean, params


def _read(result: tuple[Value, list[Value]]) -> tuple[float, list[float]]:
    mean, params = result
    return mean.data, [p.grad for p in params]
