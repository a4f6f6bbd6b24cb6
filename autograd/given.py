"""Values whose data and derivatives are given, rather than computed with operations: `node`."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Set
from numbers import Real
from typing import Any, cast

from ._numbers import Number, as_text
from .ops import Op
from .value import Value, as_operand, record

__all__ = ["Node", "node"]


def node(
    data: Number,
    parents: Iterable[Value | Number],
    derivatives: Iterable[Value | Number],
    *,
    name: str = "node",
    label: str = "",
) -> Value:
    """A Value with this data, whose gradient flows to its parents by these derivatives.

    It is for what was computed in another way than with Values, such as a whole layer in NumPy.

    Arguments:
        data: the result, a number.
        parents: what it was computed from.
        derivatives: ``∂data/∂parent`` for each parent: a number, or a Value. Derivatives that are
            Values, computed from the parents, can be differentiated again. Plain numbers cannot:
            ``create_graph=True`` refuses them, because a second derivative of 0 would be wrong for
            most functions. If a derivative is indeed constant, say so: ``Value(2.0)``.
        name: what pictures write in its circle.
        label: the label of the result.

    Raises:
        ValueError: there are no parents, or not as many derivatives.

    A program refuses it, since nothing says how to compute it for other numbers.

    >>> import math
    >>> from autograd import Value, node
    >>> a, b = Value(3.0), Value(4.0)
    >>> y = node(math.hypot(3.0, 4.0), [a, b], [3 / 5, 4 / 5], name="hypot")
    >>> y.backward()
    >>> y.data, a.grad, b.grad
    (5.0, 0.6, 0.8)
    """
    operands, slopes = _listed(parents, "parents"), _listed(derivatives, "derivatives")
    if not operands:
        raise ValueError("node expects at least one parent, got none; Value(data) makes a leaf")
    if len(slopes) != len(operands):
        raise ValueError(
            f"node expects a derivative for each parent ({len(operands)} in all), got {len(slopes)}"
        )
    at = tuple(v.data if isinstance(v, Value) else v for v in operands)
    if not any(isinstance(v, Value) for v in operands):
        operands = tuple(Value(x, role="constant") for x in at)
    numbers = tuple(s.data if isinstance(s, Value) else s for s in slopes)
    made = record(
        Node(as_text(name, "name") or "node", _number(data), at, slopes, numbers), operands
    )
    made.label = label
    return made


def _listed(given: Any, what: str) -> tuple[Value | float, ...]:
    """The Values and floats of a list; errors name the argument and the entry."""
    ordered = isinstance(given, Iterable) and not isinstance(given, Mapping | Set | str | bytes)
    if not ordered or getattr(given, "ndim", 1) == 0:
        kind = type(given).__qualname__
        advice = "; put it in a list" if isinstance(given, Value | Real) else ""
        raise TypeError(f"node expects a list of {what}, got {kind}: {given!r:.60}{advice}")
    return tuple([_operand(x, f"node, {what}[{i}]") for i, x in enumerate(given)])


def _operand(thing: Any, where: str) -> Value | float:
    try:
        return as_operand(thing)
    except TypeError as error:
        raise TypeError(f"{where}: {error}") from None


def _number(data: Any) -> float:
    if isinstance(data, Value):
        raise TypeError("node, data: expected a number, got a Value. Pass its data: v.data.")
    return cast("float", _operand(data, "node, data"))


class Node(Op):
    """The operation of a single value that `node` made: its data and derivatives are given.

    Attributes:
        data: the result.
        at: the data of the operands.
        slopes: the derivatives as they were given, Values or numbers.
        numbers: the same as numbers.
    """

    __slots__ = ("at", "data", "numbers", "slopes")

    def __init__(
        self,
        name: str,
        data: float,
        at: tuple[float, ...],
        slopes: tuple[Any, ...],
        numbers: tuple[float, ...],
    ) -> None:
        self.data, self.at, self.slopes, self.numbers = data, at, slopes, numbers
        super().__init__(name, name, self._near, self._slopes, variadic=True)

    def _near(self, *operands: float) -> float:
        """The data; for other operands, the tangent there."""
        if operands == self.at:
            return self.data
        terms = zip(operands, self.at, self.numbers, strict=True)
        return self.data + sum([slope * (x - x0) for x, x0, slope in terms if x != x0])

    def _slopes(self, *operands_and_y: Any) -> tuple[Any, ...]:
        *operands, y = operands_and_y
        if y.__class__ is not Value:
            return self.numbers
        for k, (operand, slope) in enumerate(zip(operands, self.slopes, strict=True)):
            if operand.__class__ is Value and slope.__class__ is float:
                raise ValueError(
                    f"create_graph expects the derivatives of the node {self.name!r} as Values, "
                    f"because those of a number are unknown; got {slope!r} as derivative {k}. "
                    "Compute it from the parents, as Values; if it is constant, write "
                    f"Value({slope!r})."
                )
        return self.slopes

    def __deepcopy__(self, memo: Any) -> Node:
        slopes = copy.deepcopy(self.slopes, memo)
        return Node(self.name, self.data, self.at, slopes, self.numbers)

    def __reduce__(self) -> tuple[Any, ...]:
        return (Node, (self.name, self.data, self.at, self.slopes, self.numbers))
