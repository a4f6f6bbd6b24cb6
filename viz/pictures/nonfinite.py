"""Where nan and inf begin, forward and backward, and where they have spread to."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from autograd import Value

__all__ = ["Origins", "find_origins"]


class Origins(NamedTuple):
    """The values at which nan and inf begin."""

    data: set[Value]  # made from finite numbers, or a leaf
    gradients: set[Value]  # sent by values whose own data and gradient are finite
    spread: bool  # whether other values have them, too
    strange: tuple[set[Value], set[Value]]  # all whose data, or gradient, is not finite


def find_origins(
    values: Collection[Value],
    data_of: Callable[[Value], float],
    grad_of: Callable[[Value], float],
) -> Origins:
    """Find where nan and inf begin.

    A nan also begins where it is made of infinities, as in ``inf − inf``.
    """
    strange = _find_strange(values, data_of)
    data = {
        v
        for v in strange
        if _begins(
            data_of(v),
            [
                x
                for p, x in zip(v.operands, v.inputs, strict=True)
                if not isinstance(p, float)  # a constant has no box that could be marked
            ],
        )
    }
    senders: dict[Value, list[float]] = {v: [] for v in _find_strange(values, grad_of)}
    if senders:
        for v in values:
            for p in v.operands:
                if not isinstance(p, float) and p in senders:
                    senders[p] += [grad_of(v), data_of(v)]
    gradients = {v for v, sent in senders.items() if all(map(math.isfinite, sent))}
    spread = len(data) < len(strange) or len(gradients) < len(senders)
    return Origins(data, gradients, spread, (set(strange), set(senders)))


def _find_strange(values: Collection[Value], number_of: Callable[[Value], float]) -> list[Value]:
    """The values whose numbers are not finite."""
    if math.isfinite(sum(map(number_of, values))):
        return []  # a million values take a tenth of a second
    return [v for v in values if not math.isfinite(number_of(v))]


def _begins(x: float, sources: list[float]) -> bool:
    """Whether x is a nan that no source has, or an inf made from finite sources."""
    if math.isnan(x):
        return not any(map(math.isnan, sources))
    return math.isinf(x) and all(map(math.isfinite, sources))
