"""Text for consoles, which may not be able to show every character."""

from __future__ import annotations

import sys

__all__ = ["printable"]


def printable(text: str) -> str:
    r"""The text, with what standard output cannot encode written as an escape, such as ``\u03b7``.

    Our own words are plain ASCII; this is for the names that users give to their Values.
    """
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    return text if text.isascii() else text.encode(encoding, "backslashreplace").decode(encoding)
