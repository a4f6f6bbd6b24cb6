"""Random models of sequences: the same operations at several positions, and sums over earlier ones.

They are what `autograd.program.roles` is for. Every position has a number and a token as inputs.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any, NamedTuple

import autograd
from autograd import Value

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["Sequences", "random_model"]

TOKENS = 5


class Sequences(NamedTuple):
    """A model, and rows of data for it.

    Attributes:
        theta: its parameters.
        steps: how many positions there are.
        seed: decides what the model does.
    """

    theta: list[float]
    steps: int
    seed: int

    def inputs(self) -> list[Value]:
        """A number for each position, then a token for each."""
        numbers = [Value(0.1 + 0.3 * k, label=f"x{k}") for k in range(self.steps)]
        return numbers + [Value(float(k % TOKENS), label=f"t{k}") for k in range(self.steps)]

    def rows(self, count: int) -> list[list[float]]:
        """Rows of data, one number for each input."""
        rng = random.Random(f"rows of {self.seed}")
        return [
            [rng.uniform(-1.5, 1.5) for _ in range(self.steps)]
            + [float(rng.randrange(TOKENS)) for _ in range(self.steps)]
            for _ in range(count)
        ]

    def loss(self, params: Sequence[Value], inputs: Sequence[Value]) -> Value:
        """Record the model."""
        rng = random.Random(self.seed)
        entries = iter(params)
        tables = [[next(entries) for _ in range(TOKENS)] for _ in range(WIDTH)]
        numbers, tokens = inputs[: self.steps], inputs[self.steps :]
        layers = []
        for _ in range(2):
            weights = [[next(entries) for _ in range(WIDTH)] for _ in range(WIDTH)]
            layers.append((rng.choice(ACROSS), rng.choice(LOCAL), weights))
        state = [
            [autograd.pick(table, token) + (k + 1) * x for k, table in enumerate(tables)]
            for x, token in zip(numbers, tokens, strict=True)
        ]
        for across, local, weights in layers:
            state = [
                [local(sum(w * h for w, h in zip(row, hidden, strict=True))) for row in weights]
                for hidden in state
            ]
            state = [
                [across([state[j][k] for j in range(i + 1)]) + state[i][k] for k in range(WIDTH)]
                for i in range(self.steps)
            ]
        return autograd.mean([
            -autograd.pick(autograd.softmax([*hidden, hidden[0] * hidden[1], x]), token).log()
            for hidden, x, token in zip(state, numbers, tokens, strict=True)
        ])  # fmt: skip


WIDTH = 3


def _attend(earlier: Sequence[Value]) -> Value:
    """What the last one finds when it looks at all, each by its own likeness."""
    shares = autograd.softmax([earlier[-1] * other for other in earlier])
    return sum((s * v for s, v in zip(shares, earlier, strict=True)), Value(0.0))


def _largest(earlier: Sequence[Value]) -> Value:
    found = earlier[0]
    for other in earlier[1:]:
        found = autograd.maximum(found, other)
    return found


ACROSS: list[Callable[[list[Value]], Value]] = [
    _attend, _largest, autograd.total, lambda earlier: earlier[-1] * earlier[0],
]  # fmt: skip
LOCAL: list[Callable[[Any], Value]] = [
    Value.tanh,
    Value.relu,
    lambda a: a,
    lambda a: a / (1.0 + a * a),
    Value.sigmoid,
]


def random_model(seed: int) -> Sequences:
    """A model of 2 to 9 positions."""
    rng = random.Random(f"model {seed}")
    size = WIDTH * TOKENS + 2 * WIDTH * WIDTH
    return Sequences([rng.gauss(0.0, 0.6) for _ in range(size)], rng.randint(2, 9), seed)
