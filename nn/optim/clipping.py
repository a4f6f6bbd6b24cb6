"""Clipping: limit gradients before a step, so that one bad batch cannot throw a training off.

Both functions change gradients in place: ``grad`` of each parameter, or for a program its
``gradient``, the array that the latest `value_and_grad` returned.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from autograd import Value, ops
from autograd.value import Number

from .._checks import check_parameters, check_range

if TYPE_CHECKING:
    from autograd.program.program import Program
else:
    Program = Any  # for typing.get_type_hints: the real one would import NumPy and numba


__all__ = ["clip_grad_norm", "clip_grad_value"]


def clip_grad_norm(
    params: Value | Iterable[Value] | Program, max_norm: Number, norm_type: Number = 2.0
) -> float:
    """Scale all gradients by one factor, so that their norm is at most max_norm.

    ``gᵢ ← gᵢ · min(1, max_norm / (‖g‖ + 1e-6))`` with ``‖g‖ = (Σ |gᵢ|ᵖ)^(1/p)``, as in PyTorch. The
    direction of the step stays as it was. A nan among the gradients makes all of them nan, and an
    inf makes itself nan and the others 0: look at the norm before the step.

    Arguments:
        params: the parameters, or a program.
        max_norm: 0 or more; ``math.inf`` only measures, and leaves the gradients as they are.
        norm_type: p, above 0; 2 for the length of the vector, ``math.inf`` for the largest entry.

    Returns:
        The norm before clipping.

    >>> p, q = Value(0.0), Value(0.0)
    >>> p.grad, q.grad = 30.0, 40.0
    >>> clip_grad_norm([p, q], 1.0), round(p.grad, 6), round(q.grad, 6)
    (50.0, 0.6, 0.8)
    """
    limit = math.inf if max_norm == math.inf else check_range(max_norm, "max_norm", 0.0)
    p = math.inf if norm_type == math.inf else check_range(norm_type, "norm_type", 0.0, above=True)
    values, gradient = _gradients(params)
    g = gradient.tolist() if values is None else [v.grad for v in values]
    norm = _norm(g, p)
    factor = limit / (norm + 1e-6)
    if factor >= 1.0 or limit == math.inf:
        return norm
    if values is None:
        import numpy as np

        with np.errstate(all="ignore"):
            gradient *= factor
        return norm
    for v in values:
        v.grad *= factor
    return norm


def clip_grad_value(params: Value | Iterable[Value] | Program, value: Number) -> None:
    """Clip each gradient on its own: ``gᵢ ← max(−value, min(gᵢ, value))``; a nan stays nan.

    Arguments:
        params: the parameters, or a program.
        value: the limit, 0 or more.
    """
    limit = check_range(value, "value", 0.0)
    values, gradient = _gradients(params)
    if values is None:
        gradient.clip(-limit, limit, out=gradient)
        return
    for v in values:
        if abs(v.grad) > limit:
            v.grad = math.copysign(limit, v.grad)


def _gradients(params: Any) -> tuple[list[Value] | None, Any]:
    """The parameters, or for a program None and its gradient."""
    if isinstance(params, Value):
        params = [params]
    if not hasattr(params, "theta"):
        return check_parameters(params, "clipping"), None
    if params.gradient is None:
        raise ValueError(
            "clipping expected a gradient, got none; call program.value_and_grad(...) first"
        )
    return None, params.gradient


def _norm(g: list[float], p: float) -> float:
    if p == 2.0:
        return math.nan if any(map(math.isnan, g)) else math.hypot(*g)
    sizes = list(map(abs, g))
    if any(map(math.isnan, sizes)):
        return math.nan
    largest = max(sizes, default=0.0)
    if p == math.inf or largest == 0.0 or largest == math.inf:
        return largest
    power = ops.POW.forward  # it overflows to inf
    norm: float = largest * power(math.fsum((size / largest) ** p for size in sizes), 1.0 / p)
    return norm
