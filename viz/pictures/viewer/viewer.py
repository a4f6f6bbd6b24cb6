"""The viewer as text, to put in an SVG, and what wakes it in a notebook."""

from __future__ import annotations

import re
from functools import cache

from ..dark import CLASS
from ..palette import VIEWER
from ..template import read_text

__all__ = ["write_script", "write_waking"]

PARTS = ("picture.js", "camera.js", "paths.js", "saving.js", "toolbar.js", "viewer.js")


@cache
def write_script() -> str:
    """Write the style and the script as elements for the end of an SVG."""
    code = "\n".join(_shorten(read_text(__package__, part)) for part in PARTS)
    style = _shorten(read_text(__package__, "viewer.css"))
    return (
        f"<style>{_write_colours()}{style}</style>"
        f"<script><![CDATA[(() => {{\n{code}\n}})()]]></script>"
    )


@cache
def write_waking() -> str:
    """Write the code of an event of the box around a still picture: it becomes the viewer."""
    return _shorten(read_text(__package__, "wake.js")).replace("\n", " ")


def _write_colours() -> str:
    """The colours of what the viewer adds, as CSS variables of the picture."""
    rules = ""
    for theme in ("light", "dark"):
        pairs = ((name, getattr(shade, theme)) for name, shade in VIEWER.items())
        variables = ";".join(f"--{name}:{colour}" for name, colour in pairs)
        rules += f".{CLASS}[data-theme={theme}]{{{variables}}}"
    return rules


def _shorten(text: str) -> str:
    """Drop comments on lines of their own, and indentation: every picture carries the text."""
    return re.sub(r"^\s*(?://.*)?\n?", "", text, flags=re.MULTILINE).rstrip()
