"""Walking the graph: one order and one backward pass, which everything shares.

`Value.backward`, `grad`, the pictures and compiled programs all visit a graph in this order. The
walk is iterative (a chain of a million operations needs no recursion) and deterministic (the same
code gives the same order).
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from . import ops

if TYPE_CHECKING:
    from .value import Value

__all__ = [
    "backward", "chain_rule", "check_leaf", "contributions", "finish_backward", "gated_product",
    "interior", "local_derivatives", "pass_on", "product", "symbolic_sum", "topological",
]  # fmt: skip


def interior(*roots: Value, seen: set[Value] | None = None) -> list[Value]:
    """The interior values of a graph, in topological order: operands before their results.

    A depth-first walk that visits each value once. Walk the list backwards for the backward pass:
    every value then comes after all the values computed from it.

    Arguments:
        roots: where to start. They are included, unless they are leaves.
        seen: values to skip, with everything that is reached only through them. The values found
            are added to it.
    """
    order: list[Value] = []
    seen = set() if seen is None else seen
    # A value is pushed to be opened. If some of its operands are still to be visited, it is pushed
    # again, then a None, then these operands. When they are done, the None says to close the value:
    # to append it to the order. The first operand is pushed last, so it is opened first.
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
    """All values of a graph, leaves and `roots` included: operands before their results.

    A leaf comes right before the first value computed from it. Constants are plain numbers, not
    Values, so they are not in the list; `Value.operands` has them.
    """
    order: list[Value] = []
    leaves: set[Value] = set()
    close = order.append
    for v in interior(*roots):  # the operands that are not leaves are in the list already
        a, b = v._a, v._b
        if a.__class__ is tuple:
            for operand in a:
                if (
                    operand.__class__ is not float
                    and operand.operation is None
                    and operand not in leaves
                ):
                    leaves.add(operand)
                    close(operand)
        else:  # spelt out for one and two, to be fast
            if a.__class__ is not float and a.operation is None and a not in leaves:
                leaves.add(a)
                close(a)
            if (
                b is not None
                and b.__class__ is not float
                and b.operation is None
                and b not in leaves
            ):
                leaves.add(b)
                close(b)
        close(v)
    for v in roots:  # a root may be a leaf
        if v.operation is None and v not in leaves:
            leaves.add(v)
            order.append(v)
    return order


def backward(
    root: Value | Mapping[Value, Any],
    *,
    symbolic: bool = False,
    stand_ins: Mapping[Any, Value] = MappingProxyType({}),
) -> Iterator[tuple[Value, Value, int, Any, Any, Any]]:
    """The backward pass from root, one contribution after another. No ``grad`` is written.

    Each contribution is ``(source, operand, position, gradient, amount, total)``: one term of the
    sum ``∂L/∂operand += ∂L/∂source · ∂source/∂operand``. `position` is the index of the operand,
    `gradient` is ∂L/∂source, `amount` is the product, and `total` is the sum so far.

    Results come before their operands, so a source's gradient is complete when it is passed on.
    `Value.backward` spells this walk out, for speed; a test checks that the two agree.

    Arguments:
        root: the value to differentiate, whose own gradient is 1; or several values, each with
            the gradient that the walk starts from.
        symbolic, stand_ins: as in `contributions`.
    """
    totals: dict[Value, Any] = dict(root) if isinstance(root, Mapping) else {root: 1.0}
    order = reversed(interior(*totals))
    return _walk(order, totals, symbolic=symbolic, stand_ins=stand_ins)


def finish_backward(order: Sequence[Value], v: Value) -> None:
    """Finish the pass of `Value.backward` from v on, the last value in `order` that selects.

    From here on it matters which values a gradient reaches, and on which ways: see `_walk`.
    """
    at = order.index(v)
    reached: set[Any] = {order[-1]}
    for done in order[at + 1 :]:
        if done.operation.slope != 0.0:  # type: ignore[union-attr]
            reached.update(done.operands)
    left = order[: at + 1]
    totals = {u: u._grad for u in left if u in reached}
    for _, operand, _, _, amount, _ in _walk(reversed(left), totals):
        operand._grad += amount


def pass_on(v: Value) -> None:
    """Add what v contributes to the ``grad`` of its operands."""
    for operand, amount in contributions(v, v._grad):
        operand._grad += amount


def _walk(
    order: Iterable[Value],
    totals: dict[Value, Any],
    *,
    symbolic: bool = False,
    stand_ins: Mapping[Any, Value] = MappingProxyType({}),
) -> Iterator[tuple[Value, Value, int, Any, Any, Any]]:
    """The contributions of these values, results first, given the gradients so far in `totals`.

    A value is *optional* if gradients reach it only through operands of operations that select,
    such as the branches of a `where`. If it was not chosen, its gradient is 0, and its own
    derivatives may be nan or inf. So a gradient of 0 stays 0 on its way through optional values.
    Whether a value is optional depends on the graph alone, not on its numbers.
    """  # plain tuples: making named ones would take as long as the walk
    needed: set[Value] | None = None  # once there is a choice: the values that are not optional
    for v in order:
        gradient = totals.pop(v, None)
        if gradient is None:  # reached only through a SHIFT, which passes no gradient on
            continue
        optional = needed is not None and v not in needed
        if optional and gradient.__class__ is float and gradient == 0.0:
            continue
        selects = v.operation.selects  # type: ignore[union-attr]
        if selects and needed is None:
            needed = set(totals)
        for i, operand, amount in _contributions(v, gradient, symbolic, stand_ins, optional):
            if needed is not None and not (optional or selects):
                needed.add(operand)
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
        symbolic: give Values, computed by recorded operations, which can be differentiated again.
        stand_ins: with `symbolic`, Values that replace some operands in the computation.
    """
    for _, operand, amount in _contributions(v, gradient, symbolic, stand_ins):
        yield operand, amount


def _contributions(
    v: Value,
    gradient: Any,
    symbolic: bool,
    stand_ins: Mapping[Any, Value],
    optional: bool = False,
) -> list[tuple[int, Value, Any]]:
    """The `contributions` of v, each with the operand's position."""
    operation = v.operation
    assert operation is not None, "a leaf has no operands"
    a, b = v._a, v._b  # what `Value.operands` and `Value.inputs` do, without the calls
    many = a.__class__ is tuple
    operands = (a, b) if b is not None else a if many else (a,)
    times = chain_rule(operation, optional=optional) if symbolic else _FLOATS[operation.branching]
    if operation.slope is not None:
        if not operation.slope:  # a SHIFT passes nothing on, not even 0 · inf
            return []
        amount = times(gradient, operation.slope)
        return [(i, p, amount) for i, p in enumerate(operands) if p.__class__ is not float]
    inputs: Sequence[Any]
    y: Any
    if symbolic:
        inputs, y = [stand_ins.get(p, p) for p in operands], stand_ins.get(v, v)
    elif b is not None:
        inputs, y = (v._a_data, v._b_data), v._datum
    else:
        inputs, y = v._a_data if many else (v._a_data,), v._datum
    derivatives = operation.derivatives
    if operation.variadic:
        found = derivatives[0](*inputs, y)
        return [
            (i, p, times(gradient, found[i]))
            for i, p in enumerate(operands)
            if p.__class__ is not float
        ]
    return [
        (i, p, times(gradient, derivatives[i](*inputs, y)))
        for i, p in enumerate(operands)
        if p.__class__ is not float
    ]


def local_derivatives(v: Value) -> list[float | None]:
    """``∂v/∂operand`` for each operand of an interior value; None where there is no gradient."""
    slope = v.operation.slope if v.operation is not None else None
    if slope is not None:  # a sum may have a million operands
        return [None if p.__class__ is float or not slope else slope for p in v.operands]
    found = iter([derivative for _, derivative in contributions(v, 1.0)])
    return [None if isinstance(p, float) else next(found, None) for p in v.operands]


def check_leaf(root: Value, order: Sequence[Value]) -> None:
    """Raise RuntimeError if the backward pass, through the values in `order`, reaches no leaf.

    A constant does not count. The first interior value nearly always decides, since its operands
    are leaves and constants.
    """
    if not order and (held := getattr(root, "_a", None)) is not None:
        forward_mode = hasattr(held, "tangent")
        raise RuntimeError(
            "backward() found no graph: jvp, in which this value was computed, records none. Use "
            "value_and_grad(f)(x) instead; jvp can differentiate that."
            if forward_mode
            else f"backward() found no graph: this value was computed by {held.symbol!r} within "
            "no_grad(), which records nothing. Compute it outside the block."
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


def chain_rule(operation: ops.Op, *, optional: bool) -> Callable[[Any, Any], Any]:
    """What multiplies ∂L/∂v by ∂v/∂operand, for the operation that made v and a symbolic gradient.

    Arguments:
        operation: the operation.
        optional: whether v may not have been chosen, so that its gradient is 0 (see `_walk`).
    """
    if optional:
        return _doubly_masked_product if operation.branching else _optional_product
    if operation.selects:
        return _masked_product
    return gated_product if operation.branching else product


def product(gradient: Any, derivative: Any) -> Any:
    """gradient · derivative, floats or Values, without recording a factor of 1.

    A factor of 0 is recorded, because 0 · inf is nan, as in the pass over floats.
    """
    if isinstance(gradient, float) and gradient == 1.0:
        return derivative
    is_1 = isinstance(derivative, float) and derivative == 1.0
    return gradient if is_1 else gradient * derivative


def gated_product(gradient: Any, derivative: Any, gate: ops.Op = ops.GATED) -> Any:
    """`product` for a branching operation: exactly 0 where the derivative is 0."""
    if isinstance(derivative, float):
        return product(gradient, derivative) if derivative else 0.0
    finite = isinstance(gradient, float) and math.isfinite(gradient)
    return product(gradient, derivative) if finite else gate(derivative, gradient)


def _masked_product(gradient: Any, derivative: Any) -> Any:
    """`gated_product` for an operation that selects."""
    return gated_product(gradient, derivative, ops.MASKED)


def _optional_product(gradient: Any, derivative: Any) -> Any:
    """`product` for an optional value: exactly 0 where the gradient is 0."""
    if isinstance(gradient, float):  # and not 0, or the walk would have stopped here
        return product(gradient, derivative)
    finite = isinstance(derivative, float) and math.isfinite(derivative)
    return product(gradient, derivative) if finite else ops.MASKED(gradient, derivative)


def _doubly_masked_product(gradient: Any, derivative: Any) -> Any:
    """`gated_product` for an optional value: exactly 0 where either factor is 0."""
    if isinstance(gradient, float) or (isinstance(derivative, float) and not derivative):
        return _masked_product(gradient, derivative)
    if isinstance(derivative, float):
        return _optional_product(gradient, derivative)
    return ops.MASKED_BOTH(gradient, derivative)


_FLOATS: tuple[Callable[[float, float], float], ...] = (operator.mul, gated_product)
