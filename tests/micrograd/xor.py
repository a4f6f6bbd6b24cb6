"""XOR with a network of lists: tanh, squared error, momentum, one epoch a step."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from .imports import Value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .run import Step

XOR = (((0.0, 0.0), -1.0), ((0.0, 1.0), 1.0), ((1.0, 0.0), 1.0), ((1.0, 1.0), -1.0))


def steps() -> Iterator[Step]:
    rng = random.Random(5)
    hidden = [[Value(rng.uniform(-1, 1)) for _ in range(3)] for _ in range(4)]
    output = [Value(rng.uniform(-1, 1)) for _ in range(5)]
    parameters = [*(p for row in hidden for p in row), *output]
    velocity = [0.0] * len(parameters)

    def predict(x: Any) -> Any:
        h = [(w[0] * x[0] + w[1] * x[1] + w[2]).tanh() for w in hidden]
        return (sum(w * v for w, v in zip(output, h, strict=False)) + output[-1]).tanh()

    while True:
        loss = sum((predict(x) - y) ** 2 for x, y in XOR)
        for p in parameters:
            p.grad = 0.0
        loss.backward()
        for k, p in enumerate(parameters):
            velocity[k] = 0.5 * velocity[k] - 0.05 * p.grad
            p.data += velocity[k]
        yield loss, parameters
