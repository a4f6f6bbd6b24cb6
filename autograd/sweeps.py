"""Forward mode through a recorded graph, on plain numbers: tangents, and Hessians times vectors.

`tangents` goes through the graph once, and finds the derivative of every value in a direction.

`hessian_times` is forward mode over reverse mode. It finds the tangents first. Then, going
backward, each value has its gradient g, and the derivative ġ of that gradient in the direction. The
chain rule sends ``g · d`` to an operand, where d is a local derivative, and the product rule says::

    (g · d)˙ = ġ · d + g · ḋ

The derivative ḋ comes from the same table, by forward mode through the formula for d. No graph of
the gradient is made. (Reverse mode over reverse mode records one, several times as large as that of
the function.)

Source: B. A. Pearlmutter, Fast exact multiplication by the Hessian, Neural Computation 6 (1994),
147–160.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from . import graph
from .levels import Forward, dual_of, local_tangent, make_dual
from .modes import Modes
from .value import Value

__all__ = ["hessian_times", "tangents"]


def tangents(order: Iterable[Value], seeds: Mapping[Value, float]) -> dict[Value, float]:
    """The derivative of every value in the direction that the seeds give; 0 where it has none.

    Arguments:
        order: the interior values of a graph, operands before results.
        seeds: the tangents that are known: those of inputs, or of interior values.
    """
    found: dict[Any, float] = dict(seeds)
    for v in order:
        given = [found.get(p) for p in v.operands]
        if any([t is not None for t in given]):  # noqa: C419  (faster for two)
            assert v.operation is not None
            tangent = local_tangent(v.operation, v.inputs, given, v._datum)
            if tangent is not None:
                found[v] = tangent
    return found


def hessian_times(y: Value, xs: Sequence[Value], vs: Iterable[float]) -> list[float]:
    """``Σⱼ ∂²y/∂xᵢ∂xⱼ · vⱼ`` for each leaf x of the recorded value y."""
    order = graph.interior(y)
    found = tangents(order, {x: v for x, v in zip(xs, vs, strict=True) if v})
    level = Forward(Modes(recording=False))
    try:
        with level.block():
            dots = _backward(level, y, order, found)
    finally:
        level.alive = False
    return [dots.get(x, 0.0) for x in xs]


def _backward(
    level: Forward, y: Value, order: list[Value], tangents: dict[Value, float]
) -> dict[Value, float]:
    """The derivative ġ of every gradient. A value without one has a constant gradient."""
    gradients, dots = {y: 1.0}, dict[Value, float]()
    for v in reversed(order):
        if v not in gradients:  # reached only through a SHIFT
            continue
        gradient, dot = gradients.pop(v), dots.pop(v, None)
        operation: Any = v.operation
        if operation.slope == 0.0:  # a SHIFT passes nothing on
            continue
        slopes = _slopes(level, v, tangents)
        for p, (slope, bend) in zip(v.operands, slopes, strict=True):
            if isinstance(p, float):
                continue
            passed = None if dot is None else dot * slope
            if slope or not operation.branching:
                gradients[p] = gradients.get(p, 0.0) + gradient * slope
            else:  # exactly 0, even if the gradient is inf or nan
                passed = None
                if not operation.selects:  # if it does, p was not chosen, and nothing reaches it
                    gradients.setdefault(p, 0.0)
            if bend is not None and (gradient or not operation.branching):
                passed = gradient * bend if passed is None else passed + gradient * bend
            if passed is not None:
                dots[p] = dots.get(p, 0.0) + passed
    return dots


def _slopes(
    level: Forward, v: Value, tangents: Mapping[Any, float]
) -> list[tuple[float, float | None]]:
    """For each operand, the local derivative d and its own derivative ḋ; None if d is constant."""
    operation: Any = v.operation
    operands, inputs = v.operands, v.inputs
    if operation.slope is not None:
        return [(operation.slope, None)] * len(operands)
    given = [tangents.get(p) for p in operands]
    if operation.is_product:
        return [(inputs[1], given[1]), (inputs[0], given[0])]
    arguments: list[Any] = [
        x if t is None else make_dual(level, None, x, t) for x, t in zip(inputs, given, strict=True)
    ]
    tangent = tangents.get(v)
    arguments.append(v._datum if tangent is None else make_dual(level, None, v._datum, tangent))
    if operation.variadic:
        return [_parts(d) for d in operation.derivatives[0](*arguments)]
    return [
        (0.0, None) if isinstance(p, float) else _parts(derivative(*arguments))
        for p, derivative in zip(operands, operation.derivatives, strict=True)
    ]


def _parts(derivative: Any) -> tuple[float, float | None]:
    """A derivative as a number, and its own derivative."""
    if derivative.__class__ is not Value:
        return derivative, None
    dual = dual_of(derivative)
    return derivative._datum, None if dual is None else dual.tangent
