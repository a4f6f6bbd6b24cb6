"""Functions that return gradients: `grad`, `value_and_grad` and `hessian`.

`Value.backward` writes gradients into the graph; these functions return them and leave every
``grad`` unchanged. With ``create_graph=True`` the gradients are Values, recorded with the
derivatives of the same table, so they can be differentiated again.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Literal, overload

from . import graph, modes, ops
from .console import on_one_line
from .value import Value, keep_operands, record

__all__ = ["grad", "hessian", "value_and_grad"]


@overload
def grad(y: Value, xs: Value, create_graph: Literal[False] = False) -> float: ...
@overload
def grad(y: Value, xs: Value, create_graph: Literal[True]) -> Value: ...
@overload
def grad(y: Value, xs: Sequence[Value], create_graph: Literal[False] = False) -> list[float]: ...
@overload
def grad(y: Value, xs: Sequence[Value], create_graph: Literal[True]) -> list[Value]: ...


def grad(y: Value, xs: Value | Sequence[Value], create_graph: bool = False) -> Any:
    """``∂y/∂x`` for each x, without touching any ``grad``.

    Arguments:
        y: the value to differentiate.
        xs: the values to differentiate by, leaves or interior. One Value gives one gradient, a
            sequence gives a list. If y does not depend on an x, that gradient is 0, even if y
            depends on none of them (where PyTorch raises an error).
        create_graph: give Values, whose graph leads back to the leaves, instead of floats.

    Raises:
        ValueError: with `create_graph`, if the data of a leaf changed while y was computed.

    >>> from autograd import Value, grad
    >>> x = Value(2.0)
    >>> (dy,) = grad(x**3, [x], create_graph=True)
    >>> dy.data, grad(dy, x)
    (12.0, 12.0)
    """
    wanted: list[Value] = list(xs) if isinstance(xs, Iterable) else [xs]
    for v in (y, *wanted):
        if not isinstance(v, Value):
            raise TypeError(
                f"grad expects Values, got {type(v).__qualname__}; "
                "call it as grad(y, [x1, x2, ...])"
            )
    if create_graph:
        order = graph.interior(y)
        stand_ins = _stand_ins(order)
        with modes.recorded():
            gradients = _gradients(y, wanted, symbolic=True, stand_ins=stand_ins)
            found = _as_new_values(gradients, {*graph.topological(y), *stand_ins.values()})
        if stand_ins:
            _put_back(found, stand_ins)
    else:
        found = _gradients(y, wanted, symbolic=False)
    return found if isinstance(xs, Iterable) else found[0]


def _gradients(
    y: Value,
    xs: list[Value],
    *,
    symbolic: bool,
    stand_ins: Mapping[Any, Value] = MappingProxyType({}),
) -> list[Any]:
    """The gradients of y by xs, floats or Values."""
    gradients: dict[Value, Any] = {y: 1.0}
    wanted = set(xs)
    watched = bool(modes.open_blocks) and modes.watching.get() and not symbolic
    steps = graph.backward(y, symbolic=symbolic, stand_ins=stand_ins)
    for v, operand, _, gradient, amount, total in steps:
        if watched:
            modes.check_backward(v, operand, gradient, amount, total)
        if operand in wanted:
            gradients[operand] = total
    return [gradients.get(x, 0.0) for x in xs]


def _as_new_values(gradients: list[Any], old: set[Value]) -> list[Any]:
    """The gradients as new Values: ∂(a·b)/∂a is b, but must not change when b is edited."""
    return [
        Value(g) if isinstance(g, float) else record(ops.ADD, (g,)) if g in old else g
        for g in gradients
    ]


def _stand_ins(order: list[Value]) -> dict[Any, Value]:
    """For each operand that has been edited since: a Value with the data it was recorded with.

    A gradient belongs to the numbers of the forward pass. Each operation keeps them as floats. A
    gradient made of Values reads them from the operands, whose data may have been edited since (by
    an optimiser's step). So it is computed with stand-ins, which `_put_back` removes afterwards.
    The graph itself is only read: other threads may be using it.
    """
    recorded: dict[Value, float] = {}
    for v in order:
        if v.operation is None or v.operation.slope is not None:
            continue  # the derivative of a sum is a constant: its inputs do not matter
        for operand, then in zip(v.operands, v.inputs, strict=True):
            if isinstance(operand, float):
                continue
            before = recorded.setdefault(operand, then)
            if not _same(before, then):
                raise ValueError(
                    f"create_graph expects {on_one_line(operand.label) or 'each value'} to keep "
                    f"its data while the graph is recorded, got {before!r} and {then!r}; run "
                    "the whole forward pass again after changing .data"
                )
    return {p: Value(then) for p, then in recorded.items() if not _same(p.data, then)}


def _put_back(gradients: list[Value], stand_ins: dict[Any, Value]) -> None:
    """Replace the stand-ins by the edited values again; each operation keeps its inputs."""
    originals: dict[Any, Value] = {stand_in: v for v, stand_in in stand_ins.items()}
    for v in graph.interior(*gradients):
        if any(p in originals for p in v.operands):
            keep_operands(v, tuple([originals.get(p, p) for p in v.operands]), v.inputs)


def _same(a: float, b: float) -> bool:
    if a == b:
        return math.copysign(1.0, a) == math.copysign(1.0, b)  # 1/0.0 is inf, and 1/-0.0 is -inf
    return a != a and b != b


def value_and_grad(f: Callable[..., Value]) -> Callable[..., tuple[float, Any]]:
    """Turn f into a function that computes ``f(*xs)`` and its gradient by every argument.

    Arguments:
        f: takes Values (or lists of Values, nested to any depth) and returns a Value.

    Returns:
        A function of numbers (or such lists of numbers) that returns ``(value, gradient)``. With
        one argument the gradient has that argument's shape; with several it is a tuple of them.

    >>> from autograd import value_and_grad
    >>> value_and_grad(lambda w, x: w * x + 1)(0.5, 2.0)
    (2.0, (2.0, 0.5))
    >>> value_and_grad(lambda v: v[0] * v[1])([3, 4])
    (12.0, [4.0, 3.0])
    """

    def of_numbers(*xs: Any) -> tuple[float, Any]:
        leaves: list[Value] = []
        arguments = [_as_leaves(x, leaves) for x in xs]
        with modes.recorded():
            y = f(*arguments)
        if not isinstance(y, Value):
            raise TypeError(
                f"value_and_grad expects a function that returns a Value, got "
                f"{type(y).__qualname__} from {getattr(f, '__name__', f)!r}"
            )
        gradients = iter(grad(y, leaves))
        shaped = tuple(_in_shape_of(x, gradients) for x in xs)
        return y.data, shaped[0] if len(shaped) == 1 else shaped

    return of_numbers


def _as_leaves(x: Any, leaves: list[Value]) -> Any:
    if isinstance(x, list | tuple):
        return _like(x, [_as_leaves(part, leaves) for part in x])
    leaf = Value(x.data if isinstance(x, Value) else x)
    leaves.append(leaf)
    return leaf


def _like(x: Any, parts: list[Any]) -> Any:
    """The parts in a list or tuple of the same type as x; it may be a named tuple."""
    return type(x)(*parts) if hasattr(x, "_fields") else type(x)(parts)


def _in_shape_of(x: Any, gradients: Iterator[float]) -> Any:
    if isinstance(x, list | tuple):
        return _like(x, [_in_shape_of(part, gradients) for part in x])
    return next(gradients)


def hessian(y: Value, xs: Value | Sequence[Value]) -> list[list[float]]:
    """``∂²y/∂xᵢ∂xⱼ``: the matrix of second derivatives, shape (n, n), row i for xᵢ.

    >>> from autograd import Value, hessian
    >>> a, b = Value(2.0), Value(3.0)
    >>> hessian(a * a * b, [a, b])
    [[6.0, 4.0], [4.0, 0.0]]
    """
    xs = [xs] if isinstance(xs, Value) else list(xs)
    return [grad(g, xs) for g in grad(y, xs, create_graph=True)]
