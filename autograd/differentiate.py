"""Reverse mode as functions: `grad`, `value_and_grad` and `vjp`.

`Value.backward` writes gradients into the graph; these functions return them and leave every
``grad`` unchanged. With ``create_graph=True`` the gradients are Values, recorded with the
derivatives of the same table, so they can be differentiated again. That is also the default within
a function that is being differentiated itself.

Inputs may be nested: lists, tuples, named tuples, dictionaries, dataclasses, NumPy arrays. Results
have the same shape.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Literal, TypeVar, overload

from . import calls, graph
from .console import on_one_line
from .trees import flatten, flatten_like, like
from .value import Value, keep_operands

__all__ = ["grad", "value_and_grad", "vjp"]

Tree = TypeVar("Tree")


@overload
def grad(y: Value, xs: Value, create_graph: Literal[False] | None = None) -> float: ...
@overload
def grad(y: Value, xs: Value, create_graph: Literal[True]) -> Value: ...
@overload
def grad(y: Value, xs: list[Value], create_graph: Literal[False] | None = None) -> list[float]: ...
@overload
def grad(y: Value, xs: list[Value], create_graph: Literal[True]) -> list[Value]: ...
@overload
def grad(y: Value, xs: Any, create_graph: bool | None = None) -> Any: ...


def grad(y: Value, xs: Any = None, create_graph: bool | None = None) -> Any:
    """``∂y/∂x`` for each x, without touching any ``grad``.

    Arguments:
        y: the value to differentiate.
        xs: the values to differentiate by, leaves or interior: one Value, or a container of them.
            The result has the same shape; a generator gives a list. If y does not depend on an x,
            that gradient is 0, even if y depends on none of them (where PyTorch raises an error).
        create_graph: give Values, whose graph leads back to the leaves, instead of floats. This is
            the default within a function that is being differentiated.

    Raises:
        TypeError: y or one of xs is not a Value.
        RuntimeError: y was computed where nothing is recorded: within `no_grad` or `jvp`.
        ValueError: with `create_graph`, if the data of a leaf changed while y was computed.

    >>> from autograd import Value, grad
    >>> x = Value(2.0)
    >>> (dy,) = grad(x**3, [x], create_graph=True)
    >>> dy.data, grad(dy, x)
    (12.0, 12.0)
    >>> w, b = Value(0.5), Value(1.0)
    >>> grad(w * x + b, {"w": [w], "b": b})
    {'w': [2.0], 'b': 1.0}
    """
    if not isinstance(y, Value):
        raise TypeError(not_a_value(y, "y", "grad"))
    xs = calls.as_list(xs)
    wanted = flatten(xs, "xs", value_check("grad"))
    if y not in wanted:
        calls.check_recorded(y, "grad")
    if not calls.keeps_graph(create_graph):
        return like(xs, calls.gradients({y: 1.0}, wanted))
    with calls.keeping(create_graph):
        return like(xs, gradients_as_values({y: 1.0}, wanted))


def not_a_value(thing: Any, path: str, name: str) -> str:
    """The message for a thing that should be a Value."""
    first = "[y1, y2, ...]" if name == "jacobian" else "y"
    message = (
        f"{name} expects Values, got {type(thing).__qualname__} as {path}; "
        f"call it as {name}({first}, [x1, x2, ...])"
    )
    return f"{message}, or use {_FOR_FUNCTIONS[name]}" if callable(thing) else message


_FOR_FUNCTIONS = {
    "grad": "value_and_grad(f)(x)",
    "hessian": "hvp(f, xs, vs)",
    "jacobian": "vjp(f, xs) or jvp(f, xs, vs)",
}


def value_check(name: str) -> Callable[[Any, str], Value]:
    """A check that leaves are Values."""

    def check(leaf: Any, path: str) -> Value:
        if not isinstance(leaf, Value):
            raise TypeError(not_a_value(leaf, path, name))
        return leaf

    return check


def gradients_as_values(seeds: dict[Value, Any], xs: Sequence[Value]) -> list[Value]:
    """The gradients of ``Σ seed · y`` by xs as new Values, computed from the recorded data."""
    order = graph.interior(*seeds)
    stand_ins = _stand_ins(order)
    found = calls.gradients(seeds, xs, symbolic=True, stand_ins=stand_ins)
    found = calls.as_new_values(found, {*graph.topological(*seeds), *stand_ins.values()})
    if stand_ins:
        _put_back(found, stand_ins)
    return found


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


# ── functions of functions ───────────────────────────────────────────────────────────────────


def value_and_grad(
    f: Callable[..., Any], *, create_graph: bool | None = None
) -> Callable[..., tuple[Any, Any]]:
    """Turn f into a function that computes ``f(*xs)`` and its gradient by every argument.

    Arguments:
        f: takes Values, or containers of them, and returns a Value. If it returns a plain number,
            the gradient is 0.
        create_graph: give Values, whose graph leads back to the Values among xs, instead of floats.
            This is the default within a function that is being differentiated.

    Returns:
        A function of numbers or Values, or containers of them, that returns ``(value, gradient)``.
        With one argument the gradient has that argument's shape; with several it is a tuple.

    >>> from autograd import value_and_grad
    >>> value_and_grad(lambda w, x: w * x + 1)(0.5, 2.0)
    (2.0, (2.0, 0.5))
    >>> value_and_grad(lambda v: v["a"] * v["b"])({"a": 3, "b": 4})
    (12.0, {'a': 4.0, 'b': 3.0})
    """
    calls.check_function(f, "value_and_grad")

    def of_numbers(*xs: Any, **named: Any) -> tuple[Any, Any]:
        if named:
            raise TypeError(
                f"value_and_grad(f) differentiates by arguments without a name, got "
                f"{next(iter(named))}=...; leave out its name, or if it stays as it is, write "
                "value_and_grad(lambda x: f(x, name=...))(x)"
            )
        shape = xs[0] if len(xs) == 1 else xs
        y, pull_back = _pull_back(f, xs, flatten(shape, "xs"), create_graph, "value_and_grad")
        return y, like(shape, pull_back([1.0]))

    return of_numbers


def vjp(
    f: Callable[..., Any], xs: Any, *, create_graph: bool | None = None
) -> tuple[Any, Callable[[Any], Any]]:
    """The value of f at xs, and its pull-back: ``cotangents -> Σᵢ cotangentᵢ · ∂yᵢ/∂xⱼ``.

    It records f once; each call of the pull-back is one backward pass, and gives one combination of
    the Jacobian's rows (a vector-Jacobian product). A result whose cotangent is exactly 0 takes no
    part, even if its slope is infinite.

    Arguments:
        f: takes Values, or containers of them, and returns a Value or a container of them.
        xs: a tuple of f's arguments, or its only argument: numbers or Values, nested in any way.
            (A list, too, is taken as all arguments if f needs as many.)
        create_graph: give Values, whose graph leads back to the Values among xs, instead of floats.
            This is the default within a function that is being differentiated.

    Returns:
        ``(value, pull_back)``. The value has the shape of f's result, and so must the argument of
        ``pull_back``; its result has the shape of xs.

    >>> from autograd import vjp
    >>> value, pull_back = vjp(lambda x, y: [x * y, x + y], (2.0, 3.0))
    >>> value, pull_back([1.0, 0.0]), pull_back([0.0, 1.0])
    ([6.0, 5.0], (3.0, 2.0), (1.0, 1.0))
    """
    calls.check_function(f, "vjp")
    arguments = calls.as_arguments(f, xs)
    given = flatten(xs, "xs")
    value, pull_back = _pull_back(f, arguments, given, create_graph, "vjp")

    def of_cotangents(cotangents: Any) -> Any:
        return like(xs, pull_back(flatten_like(value, cotangents, "cotangents", "value")))

    return value, of_cotangents


def _pull_back(
    f: Callable[..., Any],
    arguments: tuple[Any, ...],
    given: list[Any],
    create_graph: bool | None,
    name: str,
) -> tuple[Any, Callable[[Sequence[Any]], list[Any]]]:
    """Record ``f(*arguments)``: its result, and a function from cotangents to gradients."""
    keep = calls.keeps_graph(create_graph)
    leaves, result = calls.record_call(f, arguments, given)
    if name == "value_and_grad":
        result = calls.as_result(result, f, name)
    ys = calls.leaves_of(result, f, name)
    roots = [y for y in ys if y.__class__ is Value]
    if not keep:

        def floats(cotangents: Sequence[Any]) -> list[Any]:
            return calls.gradients(calls.as_seeds(ys, map(calls.number_of, cotangents)), leaves)

        return like(result, map(calls.number_of, ys)), floats
    with calls.keeping(create_graph):
        stand_ins = calls.replay(roots, leaves, given)
        known = {*graph.topological(*roots), *stand_ins.values()}
        values = calls.as_new_values([stand_ins.get(y, y) for y in ys], known.intersection(given))

    def values_of(cotangents: Sequence[Any]) -> list[Any]:
        with calls.keeping(create_graph):
            seeds = calls.as_seeds(ys, cotangents)
            found = calls.gradients(seeds, leaves, symbolic=True, stand_ins=stand_ins)
            return calls.as_new_values(found, known.union(c for c in cotangents if c in known))

    return like(result, values), values_of
