"""Format figures with three digits and a unit, and tables as Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence


def duration(seconds: float) -> str:
    """Three digits and the unit that suits them."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= 0.9995 * size:
            return f"{digits(seconds / size)} {unit}"
    return f"{digits(seconds / 1e-9)} ns"


def digits(number: float) -> str:
    """Three digits, or all those before the point; two for numbers below 1."""
    if number < 0.9995:
        return f"{number:.2g}"
    return f"{number:,.{2 if number < 9.995 else 1 if number < 99.95 else 0}f}"


def ratio(number: float) -> str:
    """One decimal for numbers below 100, two for those below 1."""
    decimals = 0 if number >= 99.95 else 1 if number >= 1.0 else 2
    return f"{number:,.{decimals}f}"


def mebibytes(number: float) -> str:
    return f"{number:,.0f} MiB" if number >= 9.5 else f"{number:.1f} MiB"


def met(is_met: bool) -> str:
    return "yes" if is_met else "no"


class Table(NamedTuple):
    """Rows of cells under a title; the first row is the header."""

    title: str
    rows: Sequence[tuple[str, ...]]
    note: str = ""

    def __str__(self) -> str:
        """The table as Markdown: the first column flush left, the others flush right."""
        head, *body = [[cell.replace("|", "\\|") for cell in row] for row in self.rows]
        widths = [max(3, *(len(row[k]) for row in (head, *body))) for k in range(len(head))]
        rule = ["-" * widths[0], *("-" * (w - 1) + ":" for w in widths[1:])]
        lines = [
            "| "
            + " | ".join(
                f"{cell:>{w}}" if k else f"{cell:<{w}}"
                for k, (cell, w) in enumerate(zip(row, widths, strict=True))
            )
            + " |"
            for row in (head, rule, *body)
        ]
        return "\n\n".join(part for part in (self.title, "\n".join(lines), self.note) if part)
