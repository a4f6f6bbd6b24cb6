"""Embedding: a row of parameters for each token."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Mapping, Sequence
from numbers import Integral, Real

from autograd import Value, ops, pick
from autograd.console import on_one_line
from autograd.value import Integer, Numbers, record

from ._checks import (
    Seed,
    as_inputs,
    as_numbers,
    check_size,
    check_words,
    describe,
    make_generator,
    refuse_batch,
    refuse_token_numbers,
)
from .module import Module, Parameter

__all__ = ["Embedding"]


class Embedding(Module):
    """A table of parameters: a row of dim for each token, which may stand for a word.

    The parameters start at random, normally distributed with deviation 1 (as in PyTorch). Those of
    a word have the paths ``cat.0``, ``cat.1``, …; those of a token without a word, ``rows.7.0``, ….

    Arguments:
        tokens: how many tokens, or a list of their words, each once.
        dim: how many parameters each token has.
        seed: where the first values come from.

    Attributes:
        rows: the parameters, a list of dim for each token.
        words: the words, in order; empty without words.

    >>> embedding = Embedding(["cat", "dog"], 3, seed=0)
    >>> embedding("dog") == embedding(1) == embedding.rows[1]
    True
    """

    picks_by = "token"  # what errors of programs call the index of its picks

    def __init__(self, tokens: Integer | Sequence[str], dim: Integer, seed: Seed = None) -> None:
        self.words = check_words(tokens)
        count = len(self.words) or check_size(tokens, "tokens")
        dim, rng = check_size(dim, "dim"), make_generator(seed)
        names = self.words or [f"rows.{i}" for i in range(count)]
        self.rows = [
            [Parameter(rng.gauss(0.0, 1.0), label=f"{name}.{d}") for d in range(dim)]
            for name in names
        ]
        self._number = {word: i for i, word in enumerate(self.words)}
        self._take_first_survey()

    def forward(self, token: Integer | str | Value | Numbers) -> list[Value]:
        """The row of a token, or a mixture of all rows, ``eₔ = Σᵢ pᵢ · rowᵢₔ``.

        Arguments:
            token: the number of a token, its word, or a weight pᵢ for each token: a one-hot list,
                or probabilities. A number may be a Value: then a program can take it as its input,
                a column of whole numbers, and picks a row for each (see `autograd.pick`). Weights
                other than one-hot must be floats or Values: ints such as [0, 1, 2, 3] look like
                token numbers. For several tokens call the module once for each.
        """
        if isinstance(token, str):
            return list(self.rows[self._number_of(token)])
        tokens = len(self.rows)
        if isinstance(token, Integral):
            i = operator.index(token)
            if not 0 <= i < tokens:
                raise IndexError(f"expected a token number from 0 to {tokens - 1}, got {i}")
            return list(self.rows[i])
        if isinstance(token, Value):
            number = token.data
            if not (0 <= number < tokens and number.is_integer()):
                name = f" as {on_one_line(token.label)!r}" if token.label else ""
                raise IndexError(
                    f"expected a token number from 0 to {tokens - 1}, got {number:.17g}{name}"
                )
            return pick(self.rows, token)
        if isinstance(token, Real):
            raise TypeError(
                f"expected a token number (an int), a word or a list of {tokens} weights, got "
                f"{describe(token)}"
            )
        p = as_inputs(token)
        if any(isinstance(word, str) for word in p):
            raise TypeError(
                f"expected a token number, a word or a list of {tokens} weights, got "
                f"{describe(token)}; write [embedding(word) for word in words]"
            )
        refuse_batch(p)
        refuse_token_numbers(p, tokens)
        if len(p) != tokens:
            raise ValueError(f"expected {tokens} weights, one for each token, got {len(p)}")
        p = as_numbers(p, "weight {}")
        return [
            record(ops.ADD, tuple(map(operator.mul, column, p)))
            for column in zip(*self.rows, strict=True)
        ]

    def _number_of(self, word: str) -> int:
        if word in self._number:
            return self._number[word]
        if not self.words:
            raise KeyError(f"this embedding has no words; pass a token number instead of {word!r}")
        few = ", ".join(map(repr, self.words[:5])) + (", ..." if len(self.words) > 5 else "")
        raise KeyError(f"unknown word {word!r}; this embedding has {few}")

    def _item_names(self) -> Mapping[str, Iterable[str]]:
        return {"rows": self.words}

    def __repr__(self) -> str:
        return f"Embedding({self.words or len(self.rows)}, {len(self.rows[0])})"
