"""Attention: each position mixes in what others hold, as much as its query matches their keys."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from autograd import Value, dot, softmax
from autograd.value import Integer, Numbers

from ._checks import Seed, as_inputs, as_row, check_flag, check_size, describe, make_generator
from .layers import Layer
from .module import Module

__all__ = ["Attention"]


class Attention(Module):
    """Self-attention with one or more heads (https://arxiv.org/abs/1706.03762).

    From the row xₜ of each position t come a query, a key and a value, each by a linear layer.
    Each head takes its share of them, d = dim / heads numbers, and computes::

        aₜₛ = softmax over s of (qₜ · kₛ) / √d
        yₜ  = Σₛ aₜₛ · vₛ

    The outputs of all heads, side by side, go through one more linear layer. With `causal`, a
    position attends to itself and earlier ones only, s ≤ t.

    Arguments:
        dim: how many numbers each position has.
        heads: how many heads; dim must be a multiple of it.
        causal: whether later positions are hidden.
        seed: where the first weights come from.

    Attributes:
        query, key, value, out: the linear layers, each dim by dim, with biases.

    >>> attention = Attention(4, heads=2, causal=True, seed=0)
    >>> y = attention([[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]])
    >>> len(y), len(y[0]), len(attention.parameters())
    (3, 4, 80)
    """

    _is_layer = True

    def __init__(
        self, dim: Integer, heads: Integer = 1, causal: bool = False, seed: Seed = None
    ) -> None:
        size, self.heads = check_size(dim, "dim"), check_size(heads, "heads")
        if size % self.heads:
            raise ValueError(
                f"expected dim to be a multiple of heads, got dim={size} and heads={self.heads}"
            )
        self.dim, self.causal = size, check_flag(causal, "causal")
        rng = make_generator(seed)
        self.query, self.key, self.value, self.out = (
            Layer(size, size, "linear", rng) for _ in range(4)
        )

    def forward(self, x: Sequence[Numbers]) -> list[list[Value]]:
        """A row of dim Values for each position.

        Arguments:
            x: the positions, a list of rows of dim numbers or Values.
        """
        rows = self._check(x)
        queries, keys, values = (
            [as_inputs(layer(row)) for row in rows] for layer in (self.query, self.key, self.value)
        )
        mixed = []
        for t, query in enumerate(queries):
            seen = t + 1 if self.causal else len(rows)
            heads: list[Value] = []
            for h in self._shares():
                scores = [dot(query[h], key[h]) / self._scale() for key in keys[:seen]]
                weights = softmax(scores)
                columns = zip(*(value[h] for value in values[:seen]), strict=True)
                heads += [dot(weights, column) for column in columns]
            mixed.append(heads)
        return [list(as_inputs(self.out(row))) for row in mixed]

    def _shares(self) -> list[slice]:
        """The places of each head's numbers in a row."""
        d = self.dim // self.heads
        return [slice(h * d, (h + 1) * d) for h in range(self.heads)]

    def _scale(self) -> float:
        return math.sqrt(self.dim / self.heads)

    def _check(self, x: Any) -> list[tuple[Any, ...]]:
        if not hasattr(x, "__len__") or isinstance(x, str):
            raise TypeError(
                f"expected a list of positions, each a row of {self.dim} numbers, got {describe(x)}"
            )
        if len(x) == 0:
            raise ValueError("expected at least one position, got an empty list")
        rows = []
        for t, row in enumerate(x):
            try:
                if not hasattr(row, "__len__") and self.dim > 1:
                    raise TypeError(f"expected a row of {self.dim} numbers, got {describe(row)}")
                rows.append(as_row(row, self.dim))
            except (TypeError, ValueError) as error:
                raise type(error)(f"position {t}: {error}") from None
        return rows

    def __repr__(self) -> str:
        return f"Attention({self.dim}, heads={self.heads}, causal={self.causal})"
