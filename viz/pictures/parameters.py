"""Parameters that share a box, where there are many of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .folds import Parameters
from .groups import ancestors
from .text import class_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from autograd import Value

    from .levels import Levels
    from .plan import Content

__all__ = ["MANY", "gather_parameters", "share_parameters"]

MANY = 12
"""Parameters that are drawn one by one beside a fold."""


def gather_parameters(levels: Levels, box_of: dict[Value, Content]) -> dict[Value, Content]:
    """Give the parameters of an abridged picture few boxes."""
    alone = [p for p in levels.order if p in levels.parameters and box_of.get(p, p) is p]
    if len(alone) > MANY:
        return {**box_of, **share_parameters(levels, alone)}
    if all(p in box_of for p in alone):
        return box_of
    return {**box_of, **{p: p for p in alone}}


def share_parameters(levels: Levels, parameters: Iterable[Value]) -> dict[Value, Parameters]:
    """One box for the parameters of each model, and one for all others."""
    owner: dict[Value, Any] = dict.fromkeys(parameters)
    for v in levels.order:
        call = levels.call_of.get(v)
        if call is not None:
            for p in v.operands:
                if not isinstance(p, float) and p in owner and not call.was_given(p):
                    owner[p] = ancestors(call)[0].module
    by_owner: dict[int, list[Value]] = {}
    for p, module in owner.items():
        by_owner.setdefault(id(module), []).append(p)
    return {
        p: box
        for held in by_owner.values()
        if len(held) > 1
        for module in [owner[held[0]]]
        for box in [Parameters("" if module is None else class_name(module), len(held))]
        for p in held
    }
