"""Three kinds of iris: micrograd's MLP, softmax and negative log-likelihood by hand."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from .imports import MLP, Value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .run import Step

FLOWERS = [  # the first four of each kind in Fisher's data
    ([5.1, 3.5, 1.4, 0.2], 0), ([4.9, 3.0, 1.4, 0.2], 0), ([4.7, 3.2, 1.3, 0.2], 0),
    ([4.6, 3.1, 1.5, 0.2], 0), ([7.0, 3.2, 4.7, 1.4], 1), ([6.4, 3.2, 4.5, 1.5], 1),
    ([6.9, 3.1, 4.9, 1.5], 1), ([5.5, 2.3, 4.0, 1.3], 1), ([6.3, 3.3, 6.0, 2.5], 2),
    ([5.8, 2.7, 5.1, 1.9], 2), ([7.1, 3.0, 5.9, 2.1], 2), ([6.3, 2.9, 5.6, 1.8], 2),
]  # fmt: skip


def softmax(logits: list[Any]) -> list[Any]:
    largest = max(v.data for v in logits)
    exps = [(v - largest).exp() for v in logits]
    total = sum(exps)
    return [e / total for e in exps]


def steps() -> Iterator[Step]:
    rng = random.Random(1)
    model = MLP(4, [8, 3])
    for p in model.parameters():
        p.data = rng.uniform(-1, 1)
    columns = list(zip(*(x for x, _ in FLOWERS), strict=True))
    means = [sum(column) / len(column) for column in columns]
    while True:
        loss: Any = Value(0)
        right = 0
        for x, kind in FLOWERS:
            probabilities = softmax(model([xi - m for xi, m in zip(x, means, strict=True)]))
            loss -= probabilities[kind].log()
            best = max(probabilities, key=lambda v: v.data)
            right += best is probabilities[kind]
        loss /= len(FLOWERS)
        model.zero_grad()
        loss.backward()
        for p in model.parameters():
            p.data += -0.1 * p.grad
        yield loss, model.parameters()
