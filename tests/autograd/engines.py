"""Random graphs that any engine can compute: what two engines print must be the same, bit for bit.

``python -m tests.autograd.engines SEED COUNT`` prints a line for each graph.
"""

from __future__ import annotations

import math
import random
import sys
from typing import TYPE_CHECKING, Any

from autograd import Value, no_grad, ops, total
from autograd.functions import weighted_sum
from autograd.graph import topological

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["describe", "random_graph"]

EDGES = (
    0.0, -0.0, 1.0, -1.0, 0.5, 2.0, 3.0, 4.0, -2.5, 1e308, -1e308, 5e-324, 1e-10, 710.0, -746.0,
    math.inf, -math.inf, math.nan,
)  # fmt: skip
METHODS = [row.name for row in ops.OPERATIONS if row.arity == 1 and row is not ops.NEG]


def random_graph(rng: random.Random) -> tuple[list[Value], Value]:
    """Leaves, and a Value computed from them in all the ways that users have."""

    def number() -> float:
        return rng.choice(EDGES) if rng.random() < 0.05 else rng.gauss(0.0, 1.5)

    leaves = [Value(number()) for _ in range(rng.randint(1, 4))]
    made: list[Any] = [*leaves]

    def one() -> Any:
        return rng.choice(made[-6:] if rng.random() < 0.7 else made)

    def other() -> Any:
        return rng.choice((one(), one(), number(), rng.randint(-3, 3), True))

    def few() -> list[Any]:
        return [one() for _ in range(rng.randint(1, 4))]

    def method() -> Any:
        return getattr(one(), rng.choice(METHODS))()

    steps = (
        lambda: one() + other(), lambda: other() + one(), lambda: one() - other(),
        lambda: other() - one(), lambda: one() * other(), lambda: other() * one(),
        lambda: one() / other(), lambda: other() / one(), lambda: one() ** other(),
        lambda: other() ** one(), lambda: -one(), lambda: abs(one()), lambda: sum(few()),
        lambda: total(few()), lambda: weighted_sum(few()[:1] * 3, (one(), one(), number()), one()),
        lambda: one().maximum(other()), lambda: one().leaky_relu(), lambda: one().hypot(one()),
        method, method, method,
        lambda: one().relu(), lambda: one().tanh(), lambda: one().exp(), lambda: one().sigmoid(),
        lambda: ops.LOG_SHARE(one(), one()), lambda: ops.WHERE(one(), one(), one()),
    )  # fmt: skip
    for _ in range(rng.randint(1, 30)):
        if rng.random() < 0.02:
            with no_grad():
                made.append(rng.choice(steps)())
        else:
            made.append(rng.choice(steps)())
        if rng.random() < 0.05:
            rng.choice(leaves).data = number()  # gradients belong to the data of the forward pass
    return leaves, made[-1]


def describe(leaves: list[Value], y: Value) -> Iterator[str]:
    """Everything that `backward` leaves in a graph, twice."""
    for _ in range(2):
        try:
            y.backward()
        except RuntimeError as error:
            yield str(error)
    for v in (*leaves, *topological(y)):
        yield f"{v.op} {v.data!r} {v.grad!r} {v.inputs!r} {len(v.operands)}"


def main(seed: int, count: int) -> None:
    for k in range(seed, seed + count):
        print(k, *describe(*random_graph(random.Random(k))), sep=" | ")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
