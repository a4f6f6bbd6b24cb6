"""A page that shows itself in Jupyter, in a frame, and can be saved as HTML."""

from __future__ import annotations

from functools import cache
from html import escape
from pathlib import Path

from ..pictures.files import write_file
from ..pictures.palette import BACKGROUNDS, DARKNESS
from ..pictures.template import fill_template, read_text
from .layouts import PRINTED, SHEET

__all__ = ["ShownPage"]


class ShownPage:
    """A page of one file.

    Attributes:
        html: the page; it needs no other file.
    """

    def __init__(self, html: str, title: str) -> None:
        self.html = html
        self._title = title

    def save(self, path: str | Path) -> Path:
        """Write the page to a file that ends in ``.html``.

        Returns:
            The path written to.
        """
        path = Path(path)
        if path.suffix.lower() not in (".html", ".htm"):
            raise ValueError(
                f"expected a file name that ends in .html, got {path.name!r}; "
                f"save the page as {path.stem or 'loss'}.html"
            )
        return write_file(path, self.html, "the page")

    def _repr_html_(self) -> str:
        """The page in a frame, so that its style and script affect nothing else.

        Where frames are removed, as in a notebook that is not trusted, the words before it remain.
        The page is an attribute of the box around the frame, because ``nbconvert --sanitize-html``
        would write out the contents of a frame, but it drops unknown attributes. All is on one
        line, because a blank line would end the HTML within Markdown.
        """
        title = escape(self._title)
        page = escape(self.html).replace("\n", "&#10;")
        return (
            f'<div data-page="{page}"><div>{title}: run this cell to see the page, or open the '
            f'file that <code>.save("loss.html")</code> writes.{self._draw_instead()}</div>'
            f'<iframe title="{title}" sandbox="allow-scripts" width="100%" height="680" '
            f'frameborder="0" style="color: {DARKNESS}" onload="{_show()}"></iframe></div>'
        )

    def _draw_instead(self) -> str:
        """A picture to show where the frame is removed, as HTML; empty for none."""
        return ""


@cache
def _show() -> str:
    """What a frame does in a notebook that is trusted: it shows the page. An attribute of HTML."""
    width, height = SHEET
    parts = {
        "names": str(list(BACKGROUNDS)),
        "width": str(width),
        "height": str(height),
        "printed": str(PRINTED),
    }
    script = fill_template(read_text(__package__, "frame.js"), parts)
    return escape(script).replace("\n", "&#10;")
