"""Numbers at which every operation is tested (special, ordinary, random), and its results there."""

from __future__ import annotations

import math
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from autograd import Value, ops
from tests.autograd.reference import ROWS

from .agreement import eager, leaves

if TYPE_CHECKING:
    from collections.abc import Sequence

    from autograd.ops import Op

    from .agreement import Floats

__all__ = [
    "OPERANDS", "SPECIAL", "any_floats", "gradients_at", "ordinary_columns", "special_points",
    "values_at",
]  # fmt: skip

inf, nan = math.inf, math.nan

# 23 numbers: no multiple of what a vector holds, so that some are computed one by one.
SPECIAL = [
    0.0, -0.0, inf, -inf, nan, 1e308, -1e308, 1e-308, -1e-308, 5e-324, -5e-324, 1000.0, -1000.0,
    0.5, -0.5, 1.0, -1.0, 2.0, 3.0, 0.3, -2.3, 40.0, 1e-5,
]  # fmt: skip

OPERANDS = [(op, op.arity) for op in ROWS if op.arity] + [
    (op, n) for op in ROWS if op.slope is not None for n in (1, 2, 5)
]  # not PICK, whose first operand has to be an index
# Operations whose result is real and whose derivative is finite only for a positive first operand.
POSITIVE = (
    ops.LOG, ops.SQRT, ops.POW, ops.POW_LOG, ops.LOG1P, ops.LOG2, ops.LOG10, ops.CBRT,
)  # fmt: skip
# And those for an operand between -1 and 1, and beyond 1.
INSIDE = (ops.ASIN, ops.ACOS, ops.ATANH, ops.ASIN_SLOPE, ops.ATANH_SLOPE)
BEYOND = (ops.ACOSH, ops.ACOSH_SLOPE)


def special_points(n: int) -> list[tuple[float, ...]]:
    """Points of n operands, with every special number at every place."""
    if n < 3:
        return list(product(SPECIAL, repeat=n))
    rng = np.random.default_rng(0)
    return [tuple(rng.permutation(SPECIAL).tolist()[:n]) for _ in range(300)]


def ordinary_columns(op: Op, n: int, rows: int) -> list[Floats]:
    rng = np.random.default_rng(1)
    columns = [rng.uniform(-3.0, 3.0, rows) for _ in range(n)]
    if op in POSITIVE:
        columns[0] = np.abs(columns[0]) + 0.05
    if op in INSIDE:
        columns[0] = columns[0] / 4.0
    if op in BEYOND:
        columns[0] = np.abs(columns[0]) + 1.5
    if op is ops.ZETA:
        columns[0] = np.rint(np.abs(columns[0])) + 2.0
    if op is ops.LOG_SHARE:
        columns[1] = np.abs(columns[1]) + 0.05
    if op is ops.DIV:
        columns[1] = np.copysign(np.abs(columns[1]) + 0.05, columns[1])
    return columns


def values_at(op: Op, points: Sequence[Sequence[float]]) -> Floats:
    return np.array([op(*leaves(point)).data for point in points])


def gradients_at(op: Op, points: Sequence[Sequence[float]]) -> Floats:
    def build(params: list[Value], inputs: list[Value]) -> Value:
        y: Value = op(*params)
        return y

    return np.array([eager(build, point).gradients[0] for point in points])


def any_floats(count: int, seed: int) -> Floats:
    """Numbers of every size and sign, most of them where functions bend."""
    rng = np.random.default_rng(seed)
    with np.errstate(over="ignore"):
        sizes = [10.0 ** rng.uniform(-323, 308.2, count), 10.0 ** rng.uniform(-4, 3, 2 * count)]
    numbers = np.concatenate([*sizes, rng.uniform(0.5, 2.0, count)])
    return rng.permutation(np.copysign(numbers, rng.choice([-1.0, 1.0], numbers.size)))
