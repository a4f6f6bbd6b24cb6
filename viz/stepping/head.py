"""The head of a page as HTML: title, colours and style. All pages share it, the live ones too."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from ..pictures.palette import css_of_kinds, css_of_themes, css_variables
from ..pictures.template import fill_template, read_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..pictures.palette import Shade

__all__ = ["write_head"]


def write_head(title: str, colours: Mapping[str, Shade], *packages: str) -> str:
    """Write the head of a page.

    Arguments:
        title: plain text.
        colours: those of the page, for light and dark.
        packages: each has a ``page.css``; a later one overrules those before.
    """
    styles = "".join(read_text(package, "page.css") for package in packages)
    style = f"{css_variables(colours)}{styles}{css_of_kinds()}{css_of_themes(colours)}"
    head = read_text(__package__, "head.html")
    return fill_template(head.rstrip(), {"title": escape(title), "style": style})
