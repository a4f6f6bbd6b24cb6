"""Text for consoles, some of which cannot show every character."""

from __future__ import annotations

import sys

__all__ = ["cut", "on_one_line", "printable"]

LONGEST = 200  # characters of a label that a line of text shows


def printable(text: str) -> str:
    r"""Escape the characters that standard output cannot encode, as ``\u03b7``.

    Our own texts are plain ASCII; this is for the labels that users give to their Values.
    """
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    return text if text.isascii() else text.encode(encoding, "backslashreplace").decode(encoding)


def cut(label: str) -> str:
    """The label, or the start of one that is too long to read."""
    return label if len(label) <= LONGEST else f"{label[: LONGEST - 3]}..."


def on_one_line(label: str) -> str:
    r"""The label, cut, with line breaks and control characters escaped, as ``\n``."""
    return "".join([c if c.isprintable() else repr(c)[1:-1] for c in cut(label)])
