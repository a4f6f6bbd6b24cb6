"""Tables of products whose means a program needs, such as the gradient of a layer's weights."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from .panels import Row

__all__ = ["Table", "regular", "tables_of"]


def tables_of(terms: Iterable[tuple[Row, Row, int]]) -> list[Table]:
    """Group pairs of factors into few tables, in each of which every left pairs with every right.

    Factors with the same partners go together: the gradient of a layer's weights is the mean of
    each output's gradient times each input.
    """
    sums: dict[tuple[Row, Row], int] = {}
    tables: list[Table] = []
    for a, b, total in terms:
        pair = (a, b) if a < b else (b, a)
        if pair in sums:  # it belongs to a second mean
            tables.append(Table([a], [b], [total]))
        sums.setdefault(pair, total)
    partners: dict[Row, set[Row]] = {}
    for a, b in sums:
        partners.setdefault(a, set()).add(b)
        partners.setdefault(b, set()).add(a)
    alike: dict[tuple[Row, ...], list[Row]] = {}
    for i, others in partners.items():
        alike.setdefault(tuple(sorted(others)), []).append(i)
    left = dict(sums)

    def take(rows: list[Row], columns: Sequence[Row]) -> None:
        pairs = [(a, b) if a < b else (b, a) for a in rows for b in columns]
        if len(set(pairs)) == len(pairs) and all(pair in left for pair in pairs):
            tables.append(Table(rows, list(columns), [left.pop(pair) for pair in pairs]))
        else:
            for a in rows:
                for b in columns:
                    pair = (a, b) if a < b else (b, a)
                    if pair in left:
                        tables.append(Table([a], [b], [left.pop(pair)]))

    for columns, rows in sorted(alike.items(), key=lambda one: -len(one[0]) * len(one[1])):
        take(rows, columns)
    return tables


class Table(NamedTuple):
    """Sums to which each left times each right is added, in row-major order."""

    left: list[Row]
    right: list[Row]
    sums: list[int]


def regular(table: Table) -> Iterator[Table]:
    """Cut a table into such whose sums are in regular places.

    Those in a row follow one another, and each row is as far from the one before.
    """
    width = len(table.right)
    rows = [table.sums[k : k + width] for k in range(0, len(table.sums), width)]
    first = rows[0][0]
    across = rows[1][0] - first if len(rows) > 1 else 0
    if all([row == [*range(first + k * across, first + k * across + width)]
            for k, row in enumerate(rows)]):  # fmt: skip
        yield table
    elif len(rows) > 1:
        for a, row in zip(table.left, rows, strict=True):
            yield from regular(Table([a], table.right, row))
    else:
        for b, one in zip(table.right, table.sums, strict=True):
            yield Table(table.left, [b], [one])
