"""A GPT of 4,192 scalars, written as a user of micrograd would: lists, ``sum`` and ``zip``.

The model follows Karpathy's *microgpt* (2026): token and position embeddings, blocks of causal
attention and an MLP with RMS norms without gains, no biases, and an output matrix. It runs on any
scalars that add and multiply; what else it needs is in `Tools`.
"""

from __future__ import annotations

import random
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = [
    "BOUNDARY", "EPS", "LARGE", "SMALL", "TOKENS", "Shape", "Tools", "as_tokens", "initial_theta",
    "loss", "matrices", "reader", "spell", "surprises",
]  # fmt: skip

LETTERS = "abcdefghijklmnopqrstuvwxyz"
BOUNDARY = len(LETTERS)
"""The token before and after a name."""
TOKENS = len(LETTERS) + 1
EPS = 1e-5
"""What an RMS norm adds to the mean square."""

Row = list[Any]
Matrix = list[Row]


class Shape(NamedTuple):
    """The size of a model.

    Attributes:
        width: how many numbers stand for a token; a multiple of `heads`.
        heads: how many heads an attention has.
        blocks: how many blocks follow one another.
        positions: the most tokens that the model reads.
    """

    width: int = 16
    heads: int = 4
    blocks: int = 1
    positions: int = 16

    def matrices(self) -> dict[str, tuple[int, int]]:
        """The name and shape of each matrix, in the order of theta; a row for each output."""
        n = self.width
        shapes = {"tokens": (TOKENS, n), "places": (self.positions, n)}
        for k in range(self.blocks):
            shapes |= {f"{name}{k}": (n, n) for name in ("query", "key", "value", "mix")}
            shapes |= {f"up{k}": (4 * n, n), f"down{k}": (n, 4 * n)}
        return shapes | {"out": (TOKENS, n)}

    def parameters(self) -> int:
        return sum(rows * columns for rows, columns in self.matrices().values())


SMALL = Shape()
LARGE = Shape(width=64, blocks=2)


class Tools(Protocol):
    """What the model needs beside arithmetic."""

    def softmax(self, scores: Row) -> Row: ...

    def surprise(self, logits: Row, target: Any) -> Any:
        """``-ln softmax(logits)[target]``."""

    def pick(self, table: Matrix, index: Any) -> Row: ...

    def relu(self, x: Any) -> Any: ...


def initial_theta(shape: Shape, seed: int = 0) -> list[float]:
    """Normally distributed numbers, with a standard deviation of 0.08."""
    rng = random.Random(seed)
    return [rng.gauss(0.0, 0.08) for _ in range(shape.parameters())]


def matrices(shape: Shape, theta: Sequence[Any]) -> dict[str, Matrix]:
    """The entries of theta as the model's matrices, by name."""
    entries = iter(theta)
    return {
        name: [[next(entries) for _ in range(columns)] for _ in range(rows)]
        for name, (rows, columns) in shape.matrices().items()
    }


def as_tokens(name: str) -> list[int]:
    """The letters of a name as numbers, between two boundaries."""
    return [BOUNDARY, *map(LETTERS.index, name), BOUNDARY]


def spell(tokens: Sequence[int]) -> str:
    """The letters of tokens, without boundaries."""
    return "".join([LETTERS[t] for t in tokens if t != BOUNDARY])


def linear(w: Matrix, x: Row) -> Row:
    return [sum(wi * xi for wi, xi in zip(row, x, strict=True)) for row in w]


def norm(x: Row) -> Row:
    """Divide by the root of the mean square."""
    scale = (sum(xi * xi for xi in x) / len(x) + EPS) ** -0.5
    return [xi * scale for xi in x]


def add(a: Row, b: Row) -> Row:
    return [p + q for p, q in zip(a, b, strict=True)]


def attend(query: Row, keys: Matrix, values: Matrix, heads: int, tools: Tools) -> Row:
    """What each head finds at this position and those before it, side by side."""
    size = len(query) // heads
    found: Row = []
    for head in range(heads):
        part = slice(head * size, (head + 1) * size)
        scores = [
            sum(q * k for q, k in zip(query[part], key[part], strict=True)) / size**0.5
            for key in keys
        ]
        shares = tools.softmax(scores)
        columns = zip(*[value[part] for value in values], strict=True)
        found += [sum(s * v for s, v in zip(shares, column, strict=True)) for column in columns]
    return found


def reader(shape: Shape, theta: Sequence[Any], tools: Tools) -> Callable[[Any], Row]:
    """A function from the next token to the logits of the one after it; it remembers the others."""
    m = matrices(shape, theta)
    memory: list[tuple[Matrix, Matrix]] = [([], []) for _ in range(shape.blocks)]

    def read(token: Any) -> Row:
        position = len(memory[0][0])
        x = norm(add(tools.pick(m["tokens"], token), m["places"][position]))
        for k, (keys, values) in enumerate(memory):
            h = norm(x)
            keys.append(linear(m[f"key{k}"], h))
            values.append(linear(m[f"value{k}"], h))
            query = linear(m[f"query{k}"], h)
            x = add(x, linear(m[f"mix{k}"], attend(query, keys, values, shape.heads, tools)))
            h = list(map(tools.relu, linear(m[f"up{k}"], norm(x))))
            x = add(x, linear(m[f"down{k}"], h))
        return linear(m["out"], x)

    return read


def surprises(shape: Shape, theta: Sequence[Any], tokens: Sequence[Any], tools: Tools) -> Row:
    """How surprising each token is after those before it."""
    read = reader(shape, theta, tools)
    return [tools.surprise(read(token), target) for token, target in pairwise(tokens)]


def loss(shape: Shape, theta: Sequence[Any], tokens: Sequence[Any], tools: Tools) -> Any:
    """The mean of the `surprises`."""
    all_of_them = surprises(shape, theta, tokens, tools)
    return sum(all_of_them) / len(all_of_them)
