"""Rows of choices between operands: by size, by a condition, or by an index.

``where``, ``pick`` and the comparisons are functions of `autograd.choices`, not methods of Value.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from .. import ieee
from .row import Op, zero
from .steps import AT_LEAST, COMPARISONS, EQUAL, LARGER, LESS

__all__ = ["CLAMP_MAX", "CLAMP_MIN", "MAXIMUM", "MINIMUM", "PICK", "WHERE"]

nan = math.nan


def maximum(a: float, b: float) -> float:
    return a if a > b or a != a else b


def minimum(a: float, b: float) -> float:
    return a if a < b or a != a else b


def maximum_vector(m: Any, a: Any, b: Any) -> Any:
    return m.where((a > b) | (a != a), a, b)


def _where(c: float, a: float, b: float) -> float:
    return b if c == 0.0 else a


def _pick(operands: Sequence[float]) -> float:
    index = operands[0]
    return operands[1 + int(index)] if _is_position(index, len(operands) - 1) else nan


def _is_position(index: float, count: int) -> bool:
    return 0.0 <= index < count and index.is_integer()


def _pick_vector(m: Any, index: Any, *values: Any) -> Any:
    y: Any = nan
    for k, value in enumerate(values):
        y = m.where(index == float(k), value, y)
    return y


def _picked(index: Any, *values_and_y: Any) -> list[Any]:
    """The derivatives of a pick: 0 for the index, 1 for the value that it picks."""
    count = len(values_and_y) - 1
    if index.__class__ is not float:
        return [0.0, *[EQUAL(index, float(k)) for k in range(count)]]
    slopes = [0.0] * (1 + count)
    if _is_position(index, count):
        slopes[1 + int(index)] = 1.0
    return slopes


MAXIMUM: Op = Op(
    "maximum", "max", maximum,
    lambda a, b, y: LARGER(a, b),
    lambda a, b, y: LARGER(b, a),
    formula="y = max(a, b); a tie shares the gradient",
    commutative=True,
    branching=True,
    vector=maximum_vector,
)  # fmt: skip
MINIMUM: Op = Op(
    "minimum", "min", minimum,
    lambda a, b, y: LARGER(b, a),
    lambda a, b, y: LARGER(a, b),
    formula="y = min(a, b); a tie shares the gradient",
    commutative=True,
    branching=True,
    vector=lambda m, a, b: m.where((a < b) | (a != a), a, b),
)  # fmt: skip
CLAMP_MIN: Op = Op(
    "clamp_min", "clamp_min", ieee.clamp_min,
    lambda a, low, y: AT_LEAST(a, low),
    lambda a, low, y: LESS(a, low),
    formula="y = a where a ≥ low, else low",
    branching=True,
    vector=lambda m, a, low: m.where((a >= low) | (a != a), a, low),
)  # fmt: skip
CLAMP_MAX: Op = Op(
    "clamp_max", "clamp_max", ieee.clamp_max,
    lambda a, high, y: AT_LEAST(high, a),
    lambda a, high, y: LESS(high, a),
    formula="y = a where a ≤ high, else high",
    branching=True,
    vector=lambda m, a, high: m.where((a <= high) | (a != a), a, high),
)  # fmt: skip
WHERE: Op = Op(
    "where", "where", _where,
    zero,
    lambda c, a, b, y: WHERE(c, 1.0, 0.0),
    lambda c, a, b, y: WHERE(c, 0.0, 1.0),
    formula="y = a where c ≠ 0, else b",
    names=("c", "a", "b"),
    selects=True,
    vector=lambda m, c, a, b: m.where(c != 0.0, a, b),
)  # fmt: skip
# An index that picks nothing gives nan. `functions.pick` and programs refuse it.
PICK: Op = Op(
    "pick", "pick", lambda *operands: _pick(operands), _picked,
    formula="y = the value that the index picks, counted from 0",
    names=("index",),
    selects=True,
    variadic=True,
    over=_pick,
    vector=_pick_vector,
)  # fmt: skip

OPERATIONS = (MAXIMUM, MINIMUM, CLAMP_MIN, CLAMP_MAX)
CHOICES = (*COMPARISONS, WHERE, PICK)
