"""The style that makes a picture dark where it is shown on a dark page.

A picture is drawn for white paper, in the light colours of the palette. The style replaces them
with the dark ones if the page around the picture is dark. In print, in PNG and PDF, and in programs
that ignore such styles, the picture stays light.
"""

from __future__ import annotations

from functools import cache

from .palette import DARK

__all__ = ["CLASS", "write_dark_style"]

CLASS = "glassgrad"
"""The class of a picture's root element: several pictures and other SVGs may share a page."""


@cache
def write_dark_style() -> str:
    """Write the style, as an element for the SVG."""
    rules = "".join(
        f'.{CLASS} [fill="{light}"]{{fill:{dark}}}'
        f'.{CLASS} [stroke="{light}"]{{stroke:{dark}}}'
        f'.{CLASS} [style^="stop-color:{light}"]{{stop-color:{dark}!important}}'
        for light, dark in DARK.items()
    )
    return f"<style>@media screen and (prefers-color-scheme:dark){{{rules}}}</style>"
