"""Numbers and labels as the pictures write them: short, exact enough, and safe to embed."""

from __future__ import annotations

import math
import re
from html import escape

__all__ = ["escaped", "escaped_twice", "number", "shortened", "undirected"]

_DIRECTIONS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def number(x: float, digits: int = 4) -> str:
    """The number to `digits` significant digits, with a true minus sign: ``−0.125``, ``∞``.

    >>> number(-0.00839808, 6), number(2.0), number(float("-inf"))
    ('−0.00839808', '2', '−∞')
    """
    if math.isinf(x):
        return "∞" if x > 0 else "−∞"
    if x == 0.0:  # a negative zero is no news to a reader
        return "0"
    written = f"{x:.{digits}g}".replace("-", "−")
    return written.replace("e−0", "e−").replace("e+0", "e").replace("e+", "e")


def shortened(text: str, limit: int = 28) -> str:
    """The label on one line, without characters that cannot be drawn, cut to `limit`."""
    text = undirected(str(text))
    line = " ".join("".join(c if _drawable(c) else "\ufffd" for c in text).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def undirected(text: str) -> str:
    """The text without the characters that change the direction of others."""
    return _DIRECTIONS.sub("", text)


def _drawable(c: str) -> bool:
    """Whether XML allows the character; white space is dealt with apart."""
    return c.isspace() or (c >= " " and not "\x7f" <= c <= "\x9f" and not _unpaired(c))


def _unpaired(c: str) -> bool:
    return "\ud800" <= c <= "\udfff" or c in "\ufffe\uffff"


def escaped(text: str) -> str:
    r"""The text as a piece of a Graphviz label, in which ``\``, ``&`` and ``<`` start escapes.

    Quotes are the business of the package `graphviz`.
    """
    return escape(text, quote=False).replace("\\", "\\\\")


def escaped_twice(text: str) -> str:
    """The text as a Graphviz tooltip, in which escapes are replaced two times over."""
    return escaped(text).replace("\\", "\\\\")
