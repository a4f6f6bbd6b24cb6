"""Walking the graph: the one order, and the one backward pass, that everything shares.

`backward`, `grad`, the pictures and compiled programs all go through a graph in the order given
here. It is iterative (a chain of a million operations is no deeper than one) and deterministic
(the same code gives the same order).
"""

from __future__ import annotations

import math
import operator
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from . import ops

if TYPE_CHECKING:
    from .value import Value

__all__ = [
    "backward", "check_leaf", "contributions", "gated_product", "interior",
    "local_derivatives", "product", "symbolic_sum", "topological",
]  # fmt: skip


def interior(*roots: Value, seen: set[Value] | None = None) -> list[Value]:
    """The values that operations made, up to and with `roots`: operands before their results.

    A depth-first walk that visits each value once. Walk the list backwards for the backward pass:
    every value then comes after all the values made from it.

    Arguments:
        roots: where to start; leaves among them are left out.
        seen: values to leave out as well, with all that only they lead to. What is found is added.
    """
    order: list[Value] = []
    seen = set() if seen is None else seen
    # A value is pushed to be opened. If it was made from values still to be visited, it goes back
    # under a None, and they on top of it: when they are done, the None says to close it (to put it
    # in the order). The first operand is pushed last, and so opened first.
    stack: list[Any] = [v for v in reversed(roots) if v.operation is not None]
    pop, push, see, close = stack.pop, stack.append, seen.add, order.append
    while stack:
        v = pop()
        if v is None:
            close(pop())
            continue
        if v in seen:
            continue
        see(v)
        a, b = v._a, v._b
        if a.__class__ is tuple:
            push(v)
            push(None)
            for operand in reversed(a):
                if (
                    operand.__class__ is not float
                    and operand.operation is not None
                    and operand not in seen
                ):
                    push(operand)
            continue
        a_first = a.__class__ is not float and a.operation is not None and a not in seen
        b_first = (
            b is not None and b.__class__ is not float and b.operation is not None and b not in seen
        )
        if a_first or b_first:
            push(v)
            push(None)
            if b_first:
                push(b)
            if a_first:
                push(a)
        else:
            close(v)
    return order


def topological(*roots: Value) -> list[Value]:
    """All values up to and with `roots`, leaves included: operands before their results.

    A leaf stands before the first value made from it. Plain numbers that took part (constants) are
    not Values and not in the list; they stand in `Value.operands`.
    """
    order: dict[Value, None] = {}
    for v in interior(*roots):
        for operand in v.operands:
            if not isinstance(operand, float):
                order.setdefault(operand)
        order.setdefault(v)
    for v in roots:  # a root may be a leaf
        order.setdefault(v)
    return list(order)


def backward(
    root: Value,
    *,
    symbolic: bool = False,
    stand_ins: Mapping[Any, Value] = MappingProxyType({}),
) -> Iterator[tuple[Value, Value, int, Any, Any, Any]]:
    """The backward pass from root, one contribution after the other. No ``grad`` is written.

    Each is ``(source, operand, position, gradient, amount, total)``: one term of the sum
    ``∂L/∂operand += ∂L/∂source · ∂source/∂operand``. `position` is the operand's among those of
    the source, `gradient` is ∂L/∂source, `amount` the product, and `total` the sum so far.

    Results come before their operands, so a source's gradient is complete when it is passed on.
    `Value.backward` spells this walk out, for speed; a test holds the two equal.

    Arguments:
        root: the value to differentiate; its own gradient is 1.
        symbolic, stand_ins: as in `contributions`.
    """  # plain tuples: a named one would take as long to make as the walk to find it
    totals: dict[Value, Any] = {root: 1.0}
    for v in reversed(interior(root)):
        gradient = totals.pop(v, None)
        if gradient is None:  # only a shift leads here, and it passes no gradient on
            continue
        for i, operand, amount in _passed_on(v, gradient, symbolic, stand_ins):
            before = totals.get(operand, 0.0)
            total = symbolic_sum(before, amount) if symbolic else before + amount
            totals[operand] = total
            yield v, operand, i, gradient, amount, total


def contributions(
    v: Value,
    gradient: Any,
    *,
    symbolic: bool = False,
    stand_ins: Mapping[Any, Value] = MappingProxyType({}),
) -> Iterator[tuple[Value, Any]]:
    """What the chain rule sends from v to each operand: ``∂L/∂v · ∂v/∂operand``, in order.

    Arguments:
        v: an interior value.
        gradient: ∂L/∂v, a float, or with `symbolic` a Value.
        symbolic: give Values, computed by recorded operations, so that they have gradients too.
        stand_ins: with `symbolic`, the Values to compute with in place of some operands.
    """
    for _, operand, amount in _passed_on(v, gradient, symbolic, stand_ins):
        yield operand, amount


def _passed_on(
    v: Value, gradient: Any, symbolic: bool, stand_ins: Mapping[Any, Value]
) -> list[tuple[int, Value, Any]]:
    """The `contributions` of v, each with its operand and that operand's position."""
    operation = v.operation
    assert operation is not None, "a leaf has no operands"
    a, b = v._a, v._b  # as `Value.operands` and `inputs` read them, without the calls
    operands = (a, b) if b is not None else a if a.__class__ is tuple else (a,)
    derivatives = operation.derivatives
    times = gated_product if operation.branching else product if symbolic else operator.mul
    if operation.variadic:
        if not derivatives[0]:  # a SHIFT passes nothing on, not even 0 · inf
            return []
        return [
            (i, p, times(gradient, derivatives[0]))
            for i, p in enumerate(operands)
            if p.__class__ is not float
        ]
    inputs: Sequence[Any]
    y: Any
    if symbolic:
        inputs, y = [stand_ins.get(p, p) for p in operands], stand_ins.get(v, v)
    else:
        inputs, y = (v._a_data,) if b is None else (v._a_data, v._b_data), v._datum
    return [
        (i, p, times(gradient, derivatives[i](*inputs, y)))
        for i, p in enumerate(operands)
        if p.__class__ is not float
    ]


def local_derivatives(v: Value) -> list[float | None]:
    """``∂v/∂operand`` for each operand of an interior value; None for what gets no gradient."""
    found = iter([derivative for _, derivative in contributions(v, 1.0)])
    return [None if isinstance(p, float) else next(found, None) for p in v.operands]


def check_leaf(root: Value, order: Sequence[Value]) -> None:
    """Raise RuntimeError if the backward pass, through the values in `order`, reaches no leaf.

    A constant does not count. The first interior value nearly always answers, since it was made
    from leaves and constants only.
    """
    if not order and hasattr(root, "_a"):
        raise RuntimeError(
            f"backward() found no graph: this value was computed by {root._a.symbol!r} within "
            "no_grad(), which records nothing. Compute it outside of the block."
        )
    if order and not any(
        not isinstance(operand, float) and operand.operation is None and operand._mark != "constant"
        for inner in order
        for operand in inner.operands
    ):
        raise RuntimeError(
            "backward() found no leaf: this value was computed from plain numbers only. Compute it "
            "from the Values themselves, not from their .data."
        )


def symbolic_sum(a: Any, b: Any) -> Any:
    """a + b without recording a 0."""
    if isinstance(a, float) and a == 0.0:
        return b
    return a if isinstance(b, float) and b == 0.0 else a + b


def product(gradient: Any, derivative: Any) -> Any:
    """The two multiplied, floats or what else records a product, without recording a factor of 1.

    (A 0 is recorded: 0 · inf is nan, here as in the float pass.)
    """
    if isinstance(gradient, float) and gradient == 1.0:
        return derivative
    is_1 = isinstance(derivative, float) and derivative == 1.0
    return gradient if is_1 else gradient * derivative


def gated_product(gradient: Any, derivative: Any) -> Any:
    """The same for a branching operation: exactly 0 where the derivative is 0."""
    if isinstance(derivative, float):
        return product(gradient, derivative) if derivative else 0.0
    finite = isinstance(gradient, float) and math.isfinite(gradient)
    return product(gradient, derivative) if finite else ops.GATED(derivative, gradient)
