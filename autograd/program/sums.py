"""Which loop of the machine runs an instruction, and how it splits a sum of products.

Sums are added from left to right, as in the graph. In another order they would round differently,
and what cancels in the graph would not cancel in the program.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeAlias

from autograd import ops

from .ir import Kind, constant_of, products_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .ir import Code

__all__ = ["LONG_SUM", "ONE", "WEIGHTED_SUM", "Loop", "Sum", "loop_of", "sum_at", "terms_of"]

WEIGHTED_SUM: Final = "weighted sum"
"""The loop for varying sums, as the rows of a matrix times a vector; `sum_at` splits them."""
LONG_SUM: Final = "long sum"
"""The loop for uniform sums of more than two terms."""
Loop: TypeAlias = ops.Op | Kind | Literal["weighted sum", "long sum"]
"""Every other loop runs a single operation, which is its name."""


def loop_of(code: Code, position: int, varies: Sequence[bool]) -> Loop:
    """The loop that runs the instruction at `position`; neighbours with the same loop share it.

    Scheduling puts instructions with the same loop side by side, and layout writes the loops.
    """
    op, operands, _ = code[position]
    if op is ops.MUL:
        a, b = operands
        return WEIGHTED_SUM if varies[a] != varies[b] else op
    if op is ops.ADD and len(operands) > 2:
        return WEIGHTED_SUM if varies[position] else LONG_SUM
    return WEIGHTED_SUM if op is Kind.DOT and varies[position] else op


ONE = -1
"""Stands for the number 1 where a position is expected: a lone term is 1 times the term."""


def terms_of(code: Code, position: int) -> list[tuple[int, int]]:
    """The terms of the sum at `position`, in order, each as a pair of factors.

    A product counts as a sum of one term.
    """
    op, operands, detail = code[position]
    count = detail if op is Kind.DOT or op is Kind.MEAN else int(op is ops.MUL)
    products, lone = products_of(operands, count)
    factors = [(ONE if constant_of(code, a) == 1.0 else a, b) for a, b in products]
    return factors + [(ONE, c) for c in lone]


class Sum(NamedTuple):
    """A varying sum, split into the parts that the machine has loops for.

    It is ``Σ weight · x + last``, or ``first + Σ a · b``, or ``Σ weight · x + Σ a · b``, added from
    left to right.

    Attributes:
        weighted: pairs (weight, x) of a uniform and a varying position; either may be ONE.
        last: a uniform position, or None.
        first: any position, or None.
        pairs: pairs (a, b), starting with the first one in which both vary.
    """

    weighted: list[tuple[int, int]]
    last: int | None
    first: int | None
    pairs: list[tuple[int, int]]

    @property
    def xs(self) -> tuple[int, ...]:
        """The vector that the weights multiply; sums with the same vector form a matrix."""
        return tuple([x for _, x in self.weighted])


def sum_at(code: Code, position: int, varies: Sequence[bool]) -> Sum:
    """Split the varying sum at `position` into its parts."""

    def varying(i: int) -> bool:
        return i != ONE and varies[i]

    terms = terms_of(code, position)
    both = [varying(a) and varying(b) for a, b in terms]
    if both[0] and not all(both[:2]):
        terms[:2], both[:2] = terms[1::-1], both[1::-1]  # a + b is b + a
    start = both.index(True) if any(both) else len(terms)
    # The weight, which is uniform, comes first.
    weighted = [
        (b, a) if varying(a) or (a == ONE and not varying(b)) else (a, b) for a, b in terms[:start]
    ]
    pairs = terms[start:]
    if not pairs and weighted[-1][1] == ONE:
        return Sum(weighted[:-1], weighted[-1][0], None, [])
    if pairs and len(weighted) == 1 and ONE in weighted[0]:
        weight, x = weighted[0]
        return Sum([], None, weight if x == ONE else x, pairs)
    return Sum(weighted, None, None, pairs)
