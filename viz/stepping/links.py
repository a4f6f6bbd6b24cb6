"""Links from a page to others, such as the lesson before and the next."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from ..pictures.text import shortened

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["list_links", "write_links"]


def list_links(links: Any) -> list[tuple[str, str]]:
    """The words and the address of each link, checked and made safe to write."""
    found = []
    for link in [links] if isinstance(links, str) else links:
        if not isinstance(link, tuple | list) or [type(part) for part in link] != [str, str]:
            raise TypeError(
                "expected links to be pairs of words and an address, such as ('Back', "
                f"'index.html'), got {type(link).__qualname__}: {link!r:.60}"
            )
        words, address = link
        found.append((shortened(words, 110), shortened(address, 2000)))
    return found


def write_links(links: Sequence[tuple[str, str]]) -> str:
    """The links as HTML; empty if there are none."""
    if not links:
        return ""
    anchors = " ".join(
        f'<a href="{escape(address)}">{escape(words)}</a>' for words, address in links
    )
    return f'<nav aria-label="Lessons">{anchors}</nav>'
