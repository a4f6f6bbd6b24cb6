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

    def in_order(self) -> Table:
        """The same table with rows and columns in the order of the first sums in them."""
        width = len(self.right)
        columns = sorted(range(width), key=self.sums.__getitem__)
        rows = sorted(range(len(self.left)), key=lambda i: self.sums[i * width])
        return Table(
            [self.left[i] for i in rows],
            [self.right[j] for j in columns],
            [self.sums[i * width + j] for i in rows for j in columns],
        )

    def transposed(self) -> Table:
        """The same table with left and right exchanged."""
        width = len(self.right)
        return Table(self.right, self.left, [i for j in range(width) for i in self.sums[j::width]])


def regular(table: Table) -> Iterator[Table]:
    """Cut a table into such whose sums are in regular places.

    Those in a row follow one another, and each row is as far from the one before.
    """
    for one in (table.in_order(), table.transposed().in_order()):
        width = len(one.right)
        rows = [one.sums[k : k + width] for k in range(0, len(one.sums), width)]
        if all([row == [*range(row[0], row[0] + width)] for row in rows]):
            begin = 0
            while begin < len(rows):
                end = begin + 1
                while end < len(rows) and rows[end][0] - rows[end - 1][0] == (
                    rows[begin + 1][0] - rows[begin][0]
                ):
                    end += 1
                sums = one.sums[begin * width : end * width]
                yield Table(one.left[begin:end], one.right, sums)
                begin = end
            return
    if len(table.left) > 1:
        width = len(table.right)
        for k, a in enumerate(table.left):
            yield from regular(Table([a], table.right, table.sums[k * width : (k + 1) * width]))
    else:
        for b, one_sum in zip(table.right, table.sums, strict=True):
            yield Table(table.left, [b], [one_sum])
