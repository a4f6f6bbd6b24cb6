"""Which loop of the machine runs an instruction, and how it splits a sum of products.

Sums are added from left to right, as in the graph. In another order they would round differently,
and what cancels in the graph would not cancel in the program.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from autograd import ops

from .ir import FIRST_CUSTOM, NUMBER, Kind
from .scatters import scatters

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from .ir import Code

__all__ = [
    "LONG_SUM", "LOOP_COUNT", "NO_LOOP", "ONE", "WEIGHTED_SUM", "Sum", "Sums", "loops_of",
]  # fmt: skip

WEIGHTED_SUM, LONG_SUM, NO_LOOP = FIRST_CUSTOM, FIRST_CUSTOM + 1, FIRST_CUSTOM + 2
"""The loop for varying sums, as the rows of a matrix times a vector (`Sums` splits them), the
loop for uniform sums of more than two terms, and none for what `scatters` finds. Every other loop
runs a single operation, whose number is the loop's."""
LOOP_COUNT = NO_LOOP + 1
"""How many there are."""


def loops_of(code: Code, varies: NDArray[np.bool_], roles: NDArray[np.int64]) -> NDArray[np.int64]:
    """The loop that runs each instruction; neighbours with the same loop share it.

    Scheduling puts instructions with the same loop side by side, and layout writes the loops. A
    product that plays the role of a sum elsewhere, as at the first position of a sequence, is a sum
    of one term.
    """
    op, start, operands, _ = code.arrays
    loops = op.copy()
    products = np.flatnonzero(op == NUMBER[ops.MUL])
    first = start[products]
    mixed = varies[operands[first]] != varies[operands[first + 1]]
    loops[products[mixed]] = WEIGHTED_SUM
    long = (op == NUMBER[ops.ADD]) & (np.diff(start) > 2)
    loops[long] = np.where(varies[long], WEIGHTED_SUM, LONG_SUM)
    loops[(op == NUMBER[Kind.DOT]) & varies] = WEIGHTED_SUM
    sums = np.zeros(len(op), np.bool_)
    sums[roles[loops == WEIGHTED_SUM]] = True
    loops[products[varies[products] & sums[roles[products]]]] = WEIGHTED_SUM
    loops[scatters(code, varies)] = NO_LOOP
    return loops  # type: ignore[no-any-return]


_LAYER = 3
"""So many products may be a row of a layer's matrix."""
ONE = -1
"""Stands for the number 1 where a position is expected: a lone term is 1 times the term."""


class Sum(NamedTuple):
    """A varying sum, split into the parts that the machine has loops for.

    It is ``Σ weight · x + last``, or ``first + Σ a · b``, or ``Σ weight · x + Σ a · b``, added from
    left to right. What a residual connection adds to a row of a matrix times a vector becomes a
    pair, of 1 and what is added: as one more x, it would differ between the rows of the matrix.

    Attributes:
        xs: the vector that the weights multiply: varying positions, or ONE. Sums with the same
            vector form a matrix.
        weights: a uniform position for each x, or ONE.
        last: a uniform position, or None.
        first: any position, or None.
        pairs: pairs (a, b), starting with the first one in which both vary, or (ONE, b).
    """

    xs: tuple[int, ...]
    weights: tuple[int, ...]
    last: int | None
    first: int | None
    pairs: list[tuple[int, int]]


class Sums:
    """A reader of the sums in code.

    Arguments:
        code: the instructions.
        varies: whether each result differs from row to row.
    """

    def __init__(self, code: Code, varies: NDArray[np.bool_]) -> None:
        self._code = code
        self._varies = [*varies.tolist(), False]  # at ONE, too
        self._varying = frozenset(np.flatnonzero(varies).tolist())
        ones = (code.arrays.op == NUMBER[Kind.CONSTANT]) & (code.arrays.detail == 1.0)
        self._ones = frozenset(np.flatnonzero(ones).tolist())

    def terms(self, position: int) -> list[tuple[int, int]]:
        """The terms of the sum at `position`, in order, each as a pair of factors.

        A product counts as a sum of one term.
        """
        lefts, rights, others = self._factors(position)
        return [*zip(lefts, rights, strict=True), *[(ONE, c) for c in others]]

    def _factors(self, position: int) -> tuple[list[int], list[int], list[int]]:
        """The left and the right factors of a sum, and what it adds to their products."""
        operands = self._code.operands_of(position)
        op, _, _, detail = self._code.lists
        count = 0
        if op[position] == _DOT or op[position] == _MEAN:
            count = 2 * int(detail[position])
        elif op[position] == _MUL:
            count = 2
        lefts = operands[:count:2]
        if not self._ones.isdisjoint(lefts):
            lefts = [ONE if a in self._ones else a for a in lefts]
        return lefts, operands[1:count:2], operands[count:]

    def split(self, position: int) -> Sum:
        """Split the varying sum at `position` into its parts."""
        lefts, rights, others = self._factors(position)
        xs, weights = tuple(rights), tuple(lefts)
        rights, lefts = rights + others, lefts + [ONE] * len(others)
        if self._varying.issuperset(rights) and self._varying.isdisjoint(lefts):
            # Most sums are like this.
            if len(xs) < _LAYER:
                return Sum(tuple(rights), tuple(lefts), None, None, [])
            return Sum(xs, weights, None, None, [(ONE, c) for c in others])
        varies = self._varies
        terms = list(zip(lefts, rights, strict=True))
        both = [varies[a] and varies[b] for a, b in terms]
        if both[0] and not all(both[:2]):
            terms[:2], both[:2] = terms[1::-1], both[1::-1]  # a + b is b + a
        start = both.index(True) if True in both else len(terms)
        # The weight, which is uniform, comes first.
        weighted = [
            (b, a) if varies[a] or (a == ONE and not varies[b]) else (a, b)
            for a, b in terms[:start]
        ]
        pairs = terms[start:]
        if not pairs and weighted[-1][1] == ONE:
            last = weighted.pop()[0]
            return Sum(*_unzipped(weighted), last, None, [])
        if pairs and len(weighted) == 1 and ONE in weighted[0]:
            weight, x = weighted[0]
            return Sum((), (), None, weight if x == ONE else x, pairs)
        return Sum(*_unzipped(weighted), None, None, pairs)


def _unzipped(weighted: Sequence[tuple[int, int]]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    weights, xs = zip(*weighted, strict=True) if weighted else ((), ())
    return xs, weights


_MUL, _DOT, _MEAN = NUMBER[ops.MUL], NUMBER[Kind.DOT], NUMBER[Kind.MEAN]
