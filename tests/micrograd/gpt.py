"""A GPT of scalars: embeddings, RMS norm, two heads of causal attention, a feed-forward part."""

from __future__ import annotations

import random
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from .imports import Value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .run import Step

WORDS = ["anna", "nana", "hanna"]
LETTERS = sorted(set("".join(WORDS)))
END = len(LETTERS)  # before the first letter and after the last
DIM, HEADS, LENGTH = 8, 2, 5


def matrix(rng: random.Random, rows: int, columns: int) -> list[list[Any]]:
    return [[Value(rng.gauss(0, 0.3)) for _ in range(columns)] for _ in range(rows)]


def linear(x: list[Any], w: list[list[Any]]) -> list[Any]:
    return [sum(wi * xi for wi, xi in zip(row, x, strict=True)) for row in w]


def softmax(logits: list[Any]) -> list[Any]:
    largest = max(v.data for v in logits)
    exps = [(v - largest).exp() for v in logits]
    total = sum(exps)
    return [e / total for e in exps]


def norm(x: list[Any]) -> list[Any]:
    scale = (sum(v * v for v in x) / len(x) + 1e-5) ** -0.5
    return [v * scale for v in x]


def add(x: list[Any], y: list[Any]) -> list[Any]:
    return [a + b for a, b in zip(x, y, strict=True)]


class GPT:
    """A block of a transformer; the keys and values of earlier tokens are kept in lists."""

    def __init__(self, rng: random.Random) -> None:
        self.tokens = matrix(rng, END + 1, DIM)
        self.places = matrix(rng, LENGTH + 1, DIM)
        self.query, self.key, self.value, self.out = (matrix(rng, DIM, DIM) for _ in range(4))
        self.up, self.down = matrix(rng, 2 * DIM, DIM), matrix(rng, DIM, 2 * DIM)
        self.head = matrix(rng, END + 1, DIM)

    def parameters(self) -> list[Any]:
        return [p for w in vars(self).values() for row in w for p in row]

    def __call__(self, token: int, place: int, keys: list[Any], values: list[Any]) -> list[Any]:
        x = norm(add(self.tokens[token], self.places[place]))
        h = norm(x)
        query = linear(h, self.query)
        keys.append(linear(h, self.key))
        values.append(linear(h, self.value))
        mixed: list[Any] = []
        for start in range(0, DIM, DIM // HEADS):
            part = slice(start, start + DIM // HEADS)
            scores = [
                sum(q * k for q, k in zip(query[part], key[part], strict=True)) / 2 for key in keys
            ]
            weights = softmax(scores)
            columns = zip(*(value[part] for value in values), strict=True)
            mixed += [
                sum(w * v for w, v in zip(weights, column, strict=True)) for column in columns
            ]
        x = add(x, linear(mixed, self.out))
        x = add(x, linear([v.relu() for v in linear(norm(x), self.up)], self.down))
        return linear(x, self.head)


def steps() -> Iterator[Step]:
    model = GPT(random.Random(42))
    parameters = model.parameters()
    m, v = [0.0] * len(parameters), [0.0] * len(parameters)
    k = 0
    while True:
        word = WORDS[k % len(WORDS)]
        tokens = [END, *map(LETTERS.index, word), END]
        keys: list[Any] = []
        values: list[Any] = []
        losses = []
        for place, (token, following) in enumerate(pairwise(tokens)):
            probabilities = softmax(model(token, place, keys, values))
            losses.append(-probabilities[following].log())
        loss = (1 / len(losses)) * sum(losses)
        for p in parameters:
            p.grad = 0
        loss.backward()
        k += 1
        for i, p in enumerate(parameters):
            m[i] = 0.9 * m[i] + 0.1 * p.grad
            v[i] = 0.95 * v[i] + 0.05 * p.grad**2
            p.data -= 0.01 * (m[i] / (1 - 0.9**k)) / ((v[i] / (1 - 0.95**k)) ** 0.5 + 1e-8)
        yield loss, parameters
