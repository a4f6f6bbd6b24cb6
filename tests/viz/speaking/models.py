"""Small language models, for the tests of their playground."""

from __future__ import annotations

import math
import random
from typing import Any

import nn
from autograd import Value, pick, softmax

__all__ = ["LETTERS", "Spoken", "bigram", "gpt", "recurrent", "transformer"]

LETTERS = "abcde."


class Spoken:
    """A language model, with its tables and tokens, and what Python says about a text."""

    def __init__(self, model: Any, tables: dict[str, Any], tokens: Any = LETTERS) -> None:
        self.model, self.tables, self.tokens = model, tables, list(tokens)

    def chances(self, text: list[str]) -> list[float]:
        """How likely each token is after a text."""
        scores = self.model([Value(float(self.tokens.index(c))) for c in text])
        return [p.data for p in softmax(scores[-1])]


def by_hand(scores: list[Any]) -> list[Any]:
    """Softmax, written with nothing but operators."""
    exponentials = [s.exp() for s in scores]
    total = sum(exponentials)
    return [e / total for e in exponentials]


def gpt(
    heads: int = 2, share: Any = softmax, places: int = 8, dim: int = 4, hidden: int = 0
) -> Spoken:
    """A transformer in the manner of microgpt: attention over all tokens so far."""
    rng = random.Random(0)

    def matrix(rows: int, columns: int) -> list[list[Value]]:
        return [[Value(rng.gauss(0.0, 0.7)) for _ in range(columns)] for _ in range(rows)]

    tables: dict[str, Any] = {
        "letters": matrix(len(LETTERS), dim), "places": matrix(places, dim),
        "query": matrix(dim, dim), "key": matrix(dim, dim), "value": matrix(dim, dim),
        "answer": matrix(len(LETTERS), dim), "scale": [Value(1.0)],
        "up": matrix(hidden, dim), "down": matrix(dim, hidden) if hidden else [],
    }  # fmt: skip

    def linear(table: Any, x: Any) -> Any:
        return [sum(w * v for w, v in zip(row, x, strict=True)) for row in table]

    def model(tokens: list[Value]) -> list[list[Value]]:
        keys: list[Any] = []
        values: list[Any] = []
        said = []
        for t, token in enumerate(tokens):
            x = [
                a + b
                for a, b in zip(pick(tables["letters"], token), tables["places"][t], strict=True)
            ]
            q = linear(tables["query"], x)
            keys.append(linear(tables["key"], x))
            values.append(linear(tables["value"], x))
            heard: list[Any] = []
            size = dim // heads
            for h in range(0, dim, size):
                part = slice(h, h + size)
                scores = [
                    sum(a * b for a, b in zip(q[part], k[part], strict=True)) / math.sqrt(size)
                    for k in keys
                ]
                w = share(scores)
                columns = zip(*(v[part] for v in values), strict=True)
                heard += [sum(a * b for a, b in zip(w, column, strict=True)) for column in columns]
            x = [a + b.tanh() * tables["scale"][0] for a, b in zip(x, heard, strict=True)]
            if hidden:
                thought = linear(tables["down"], [z.relu() for z in linear(tables["up"], x)])
                x = [a + b for a, b in zip(x, thought, strict=True)]
            said.append(linear(tables["answer"], x))
        return said

    return Spoken(model, tables)


def bigram() -> Spoken:
    """A table of scores: what follows which."""
    rng = random.Random(1)
    scores = [[Value(rng.gauss(0.0, 1.0)) for _ in LETTERS] for _ in LETTERS]
    return Spoken(lambda tokens: [pick(scores, token) for token in tokens], {"scores": scores})


def recurrent() -> Spoken:
    """A memory of three numbers; its leaves have no names."""
    rng = random.Random(2)
    rows = [[Value(rng.gauss(0.0, 1.0)) for _ in range(3)] for _ in LETTERS]
    answer = [[Value(rng.gauss(0.0, 1.0)) for _ in range(3)] for _ in LETTERS]

    def model(tokens: list[Value]) -> list[list[Value]]:
        memory = [Value(0.0, role="constant")] * 3
        said = []
        for token in tokens:
            memory = [(m * 0.5 + e).tanh() for m, e in zip(memory, pick(rows, token), strict=True)]
            said.append([sum(w * m for w, m in zip(row, memory, strict=True)) for row in answer])
        return said  # type: ignore[return-value]

    return Spoken(model, {})


class Transformer(nn.Module):
    """Of the parts of `nn`, with a vocabulary of words."""

    def __init__(self) -> None:
        words = ["the", "cat", "sat", "down", "<b>"]
        self.tokens = nn.Embedding(words, 4, seed=0)
        self.places = nn.Embedding(4, 4, seed=1)
        self.attention = nn.Attention(4, heads=2, causal=True, seed=2)
        self.head = nn.Layer(4, len(words), None, seed=3)

    def forward(self, tokens: list[Any]) -> list[Any]:
        x = [
            [a + b for a, b in zip(self.tokens(token), self.places(t), strict=True)]
            for t, token in enumerate(tokens)
        ]
        return [self.head(row) for row in self.attention(x)]


def transformer() -> Spoken:
    """The module; its tables are found by their paths."""
    model = Transformer()
    return Spoken(model, {}, model.tokens.words)
