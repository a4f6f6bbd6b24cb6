"""Which numbers read ``≈ 0``: what rounding left, and what is nothing beside what it came from.

``0.3 − (0.1 + 0.2)`` is −5.6e−17, and ``exp(−100)`` is 3.7e−44. A number is compared with what
feeds it, and not with 1: in a graph whose other numbers are as small, it stays a number. The size
of a product, a quotient or a power comes from its factors, so it is only negligible if one of
them is.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from autograd import Value, ops

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["SMALLEST_SHARE", "find_negligible"]

SMALLEST_SHARE = 1e-14
"""A number whose share of what it is compared with is smaller is rounding error, or as good as."""

_SCALED = (ops.MUL, ops.DIV, ops.POW, ops.NEG)


def find_negligible(values: Iterable[Value], data_of: Callable[[Value], float]) -> set[Value]:
    """Find the results that are negligible beside what feeds them; leaves never are.

    Arguments:
        values: those to look at, each after its operands.
        data_of: the data of each.
    """
    beside: dict[Value, float] = {}  # what each negligible value is negligible beside
    for v in values:
        scaled = v.operation in _SCALED
        if v.operation is None or (scaled and not beside):
            continue
        sizes = []
        if beside:
            sizes = [beside[p] for p in v.operands if not isinstance(p, float) and p in beside]
        if not scaled:
            sizes += [size for size in map(abs, v.inputs) if size < math.inf]
        largest = max(sizes, default=0.0)
        if 0.0 < abs(data_of(v)) < SMALLEST_SHARE * largest:
            beside[v] = largest
    return set(beside)
