"""Tables of products are cut into such whose sums are in regular places."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from autograd.program.machine.mean_tables import Table, regular

if TYPE_CHECKING:
    from collections.abc import Iterable

    from autograd.program.machine.panels import Row


def table(sums: list[list[int]]) -> Table:
    lefts: list[Row] = [(0, i) for i in range(len(sums))]
    rights: list[Row] = [(1, j) for j in range(len(sums[0]))]
    return Table(lefts, rights, [one for row in sums for one in row])


def entries(tables: Iterable[Table]) -> dict[frozenset[Row], int]:
    """The sum of each pair of factors, in either order."""
    found: dict[frozenset[Row], int] = {}
    for one in tables:
        pairs = [frozenset((a, b)) for a in one.left for b in one.right]
        found |= dict(zip(pairs, one.sums, strict=True))
    return found


def is_regular(one: Table) -> bool:
    width = len(one.right)
    across = one.sums[width] - one.sums[0] if len(one.left) > 1 else 0
    return one.sums == [
        one.sums[0] + i * across + j for i in range(len(one.left)) for j in range(width)
    ]


def test_rows_columns_and_both_of_them_may_come_in_any_order() -> None:
    for sums in ([[3, 4, 5], [0, 1, 2]], [[2, 1], [7, 6], [12, 11]], [[0, 3, 6], [1, 4, 7]]):
        given = table(sums)
        (found,) = regular(given)
        assert is_regular(found)
        assert entries([found]) == entries([given])


def test_rows_at_other_distances_begin_another_table() -> None:
    found = list(regular(table([[0, 1], [2, 3], [4, 5], [9, 10], [14, 15]])))
    assert [len(one.left) for one in found] == [3, 2]
    assert all(map(is_regular, found))


@pytest.mark.parametrize("seed", range(20))
def test_nothing_is_lost(seed: int) -> None:
    rng = random.Random(seed)
    height, width = rng.randint(1, 4), rng.randint(1, 4)
    numbers = rng.sample(range(height * width + seed // 5), height * width)
    given = table([numbers[i * width : (i + 1) * width] for i in range(height)])
    found = list(regular(given))
    assert entries(found) == entries([given])
    assert all(map(is_regular, found))
