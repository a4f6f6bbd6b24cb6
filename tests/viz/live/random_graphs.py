"""Random graphs over the table of operations, rebuilt with other numbers in their leaves."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from autograd import Value, ops

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["OPERATIONS", "build", "draw_numbers"]

OPERATIONS = (*ops.OPERATIONS, *ops.CHOICES, ops.SHIFT, ops.LOG_SHARE)
LEAVES = 4


def draw_numbers(seed: int, k: int) -> list[float]:
    """The numbers of the leaves, before the first change and after each."""
    rng = random.Random(f"numbers {seed} {k}")
    return [round(rng.uniform(-2.0, 2.0), rng.choice([0, 1, 17])) for _ in range(LEAVES)]


def build(seed: int, numbers: Sequence[float]) -> Value:
    """A graph whose shape depends on the seed alone."""
    rng = random.Random(f"shape {seed}")
    values = [Value(x, f"x{i}") for i, x in enumerate(numbers)]
    for _ in range(rng.randint(3, 25)):
        op = rng.choice(OPERATIONS)
        count = op.arity or rng.randint(2, 5)
        operands: list[Value | float] = [rng.choice(values) for _ in range(count)]
        if count > 1 and rng.random() < 0.3:
            operands[rng.randrange(count)] = rng.choice([0.0, 0.5, 2.0, 3.0, -1.0])
        if not any(isinstance(p, Value) for p in operands):
            operands[0] = values[-1]
        values.append(op(*operands))
    total = values[0]
    for v in values[1:]:
        total = total + v.tanh()  # finite, wherever the value is a number
    return total
