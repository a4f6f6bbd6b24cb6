"""Pictures as HTML, for the cell of a notebook: on a screen, light or dark, and on paper."""

from __future__ import annotations

from base64 import b64encode
from html import escape
from typing import TYPE_CHECKING
from zlib import compress

from .layout import PX
from .palette import DARKNESS
from .viewer.viewer import write_waking

if TYPE_CHECKING:
    from .render import Picture

__all__ = ["WIDEST_SHEET", "write_html"]

# A style attribute cannot ask for print. But between their margins, A4 and Letter are from 600 to
# 790 pixels wide, and few windows are.
WIDEST_SHEET = 790  # px
_NO_SHEET = f"999 * max(0px, 100vw - {WIDEST_SHEET}px, 600px - 100vw)"  # 0 on paper
_HIGHEST = 90  # hundredths of a sheet


def write_html(picture: Picture, paper: Picture | None) -> str:
    """Write the picture as HTML that shrinks to fit, and is never cut off.

    The picture is the background of a box, and not an image: ``nbconvert --sanitize-html`` would
    turn an image into megabytes of text, but it keeps the words of a box. JupyterLab shows both.
    All is on one line, because a blank line would end the HTML within Markdown.

    Where scripts may run, the box becomes the viewer once one points at it. It is compressed, so
    that notebooks stay small.

    Arguments:
        picture: what a screen shows.
        paper: what is printed, if that is another picture. Nobody points at it.
    """
    words = escape(str(picture.words))
    live = b64encode(compress(picture.viewer.encode(), 9)).decode()
    named = f'role="img" aria-label="{words}" {_WAKING} data-viewer="{live}"'
    boxes = [_write_box(picture, named, _widest(picture, printed=paper is None), words)]
    if paper is not None:
        boxes.append(_write_box(paper, 'aria-hidden="true"', _widest_on_paper(paper), ""))
    style = "max-width: 100%; break-inside: avoid; color: transparent"
    return f'<div style="{style}">{"".join(boxes)}</div>'


_WAKING = f'tabindex="0" onfocus="this.onpointerenter()" onpointerenter="{escape(write_waking())}"'


def _write_box(picture: Picture, attributes: str, widest: str, words: str) -> str:
    """Write a box with the picture.

    The box is light, whatever the system says, and within it is a box that shows the same picture
    in dark, through a mask that is opaque only in a dark notebook (see `palette.DARKNESS`).
    Browsers and notebooks that leave that out show the light picture.
    """
    width, height = _pixels(picture)
    data = b64encode(picture.svg.encode()).decode()
    return (
        f'<div {attributes} style="width: 100%; {widest}; overflow: hidden; color: {DARKNESS}">'
        # The padding keeps the shape: its percentage is of the width.
        f'<div style="height: 0; padding-bottom: {100 * height / width:.4f}%; font-size: 0; '
        "print-color-adjust: exact; -webkit-print-color-adjust: exact; position: relative; "
        "color-scheme: light; "
        "border: 1px solid transparent; "  # where only the dark picture is, if it is there
        "background-repeat: no-repeat; background-size: 100% 100%; "
        f"background-image: url('data:image/svg+xml;base64,{data}')\">{words}"
        f'<div style="{_IN_THE_DARK}"></div></div></div>'
    )


_IN_THE_DARK = (
    # It reaches out further than one sees, because a print shows the edges of a mask.
    "position: absolute; inset: -4px; color-scheme: dark; background: inherit; "
    "background-position: 3px 3px; background-size: calc(100% - 6px) calc(100% - 6px); "
    "mask-image: linear-gradient(currentcolor, currentcolor)"
)


def _widest(picture: Picture, *, printed: bool) -> str:
    """A style by which the picture is not higher than a sheet of paper; or is nothing there."""
    width, height = _pixels(picture)
    sheet = f"{_HIGHEST * width / height:.4g}vh + " if printed else ""
    return f"max-width: {width}px; max-width: min({width}px, {sheet}{_NO_SHEET})"


def _widest_on_paper(picture: Picture) -> str:
    """The same for a picture that only paper shows."""
    width, height = _pixels(picture)
    sheet = f"{_HIGHEST * width / height:.4g}vh"
    return f"max-width: 0; max-width: calc(min({width}px, {sheet}) - {_NO_SHEET})"


def _pixels(picture: Picture) -> tuple[int, int]:
    width, height = picture.size
    return round(width * PX), round(height * PX)
