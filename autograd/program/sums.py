"""Sums of products: their terms in order, and how the machine runs them.

Sums are added from left to right, as the graph adds them. In another order they would round
differently, and what cancels in the graph would not cancel in the program.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from autograd import ops

from .ir import Kind, constant_of, products_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .ir import Code

__all__ = ["ONE", "Sum", "is_weighted_sum", "sum_at", "terms_of"]

ONE = -1
"""Stands for the number 1 where a position is expected: the other factor of a lone term."""


def terms_of(code: Code, position: int) -> list[tuple[int, int]]:
    """The terms of the sum at `position`, in order, each a pair of factors.

    A product is a sum of one term.
    """
    op, operands, detail = code[position]
    count = detail if op is Kind.DOT or op is Kind.MEAN else int(op is ops.MUL)
    products, lone = products_of(operands, count)
    factors = [(ONE if constant_of(code, a) == 1.0 else a, b) for a, b in products]
    return factors + [(ONE, c) for c in lone]


def is_weighted_sum(code: Code, position: int, varies: Sequence[bool]) -> bool:
    """Whether the instruction there, which varies, runs as the product of a matrix and a vector.

    It then has parts, which `sum_at` tells. Scheduling puts those with the same vector side by
    side, and register allocation makes one matrix of them.
    """
    op, operands, _ = code[position]
    if op is ops.MUL:
        return varies[operands[0]] != varies[operands[1]]
    return op is Kind.DOT or (op is ops.ADD and len(operands) > 2)


class Sum(NamedTuple):
    """A varying sum in the parts that the machine has loops for.

    ``Σ weight · x + last``, or ``first + Σ a · b``, or ``Σ weight · x + Σ a · b``, from left to
    right.

    Attributes:
        weighted: pairs (weight, x), a uniform position and a varying one; either may be ONE.
        last: a uniform position, or None.
        first: any position, or None.
        pairs: pairs (a, b), beginning with one in which both vary.
    """

    weighted: list[tuple[int, int]]
    last: int | None
    first: int | None
    pairs: list[tuple[int, int]]

    @property
    def xs(self) -> tuple[int, ...]:
        """What the weights multiply: sums with the same of it form a matrix."""
        return tuple([x for _, x in self.weighted])


def sum_at(code: Code, position: int, varies: Sequence[bool]) -> Sum:
    """The varying sum at `position` in its parts."""

    def varying(i: int) -> bool:
        return i != ONE and varies[i]

    terms = terms_of(code, position)
    both = [varying(a) and varying(b) for a, b in terms]
    if both[0] and not all(both[:2]):
        terms[:2], both[:2] = terms[1::-1], both[1::-1]  # a + b is b + a
    start = both.index(True) if any(both) else len(terms)
    # The weight comes first: what is uniform, be it a lone term.
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
