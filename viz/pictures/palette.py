"""The one palette: every colour of the pictures and pages, in light, in dark and in print.

Colour never says anything alone: each kind of box also has its word in the box and a border of its
own. The tints differ in lightness, so that a grey print keeps them apart. Pages take their colours
from here as CSS variables.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "FALLS",
    "GALLERY",
    "INK",
    "KINDS",
    "LINE",
    "MARK",
    "PAPER",
    "QUIET",
    "RISES",
    "STEPS",
    "Look",
    "Shade",
    "css_of_kinds",
    "css_variables",
]

PAPER = "#ffffff"
INK = "#1f2933"
QUIET = "#67717d"  # captions, constants, operations
LINE = "#9aa5b1"

# The direction of a gradient: what would happen to the result if the value rose.
FALLS = "#0b6e6e"
RISES = "#b4430b"

MARK = "#a8006e"  # the ring around what is highlighted, thick enough to be seen in grey


class Look(NamedTuple):
    """How boxes of one kind are drawn."""

    word: str  # printed in the box, so that a grey print says it too
    tint: str  # behind the name
    border: str
    dark_tint: str  # the tint behind light text, on a dark page
    dark_border: str
    width: float = 1  # of the border, points
    rings: int = 1  # borders around the box
    rounded: bool = False


KINDS = {
    "parameter": Look("parameter", "#f5c04e", "#7a4d00", "#6e4a05", "#f0b840", width=2.5),
    "input": Look("input", "#b9def5", "#1c5d8a", "#1d4a68", "#79bce8", width=1.5, rounded=True),
    "target": Look("target", "#d9c8f0", "#5b3a8c", "#4b3573", "#bfa3ea", width=1.5, rounded=True),
    "constant": Look("constant", "#f3f4f6", "#67717d", "#2b3138", "#a5afba"),
    "leaf": Look("leaf", "#dfe3e8", "#52606d", "#3b434c", "#a5afba"),
    "interior": Look("", "#e6eaee", "#7b8794", "#333b44", "#8893a0"),
    "output": Look("output", "#c2e3c4", "#2e6b32", "#27512c", "#8fd394", width=1.5, rings=2),
    "loss": Look("loss", "#ee8f8a", "#8e1519", "#7c2327", "#ff9d97", width=1.5, rings=2),
    "group": Look("", "#dde3f8", "#44529c", "#353f70", "#a3b0f5", width=1.5, rounded=True),
}


class Shade(NamedTuple):
    """A colour of a page, which follows the reader's choice of light or dark."""

    light: str
    dark: str = ""  # where it differs
    printed: str = ""  # likewise


# By the names of the CSS variables.

STEPS = {
    "ink": Shade(INK, "#e8ebee"),
    "quiet": Shade("#5c6670", "#a5afba"),
    "paper": Shade("#fbfbf8", "#14181c"),
    "card": Shade(PAPER, "#1b2127"),
    "edge": Shade(LINE, "#6b7783"),
    "rule": Shade("#dde2e7", "#343d46"),
    "soft": Shade("#f0f2f4", "#262d34"),
    # the phases of a computation
    "forward": Shade("#1c5d8a", "#7cc0f0"),
    "backward": Shade("#a3195b", "#ff86bd"),
    "done": Shade("#2e6b32", "#8fd394"),
    # the direction of a gradient
    "falls": Shade(FALLS, "#5fd0c5"),
    "rises": Shade(RISES, "#ffab7a"),
}

GALLERY = {
    "ink": Shade(INK, "#e6e9ec", "#000000"),
    "quiet": Shade("#59636e", "#a3adb8", "#444444"),
    "paper": Shade("#fbfbf8", "#14181c", PAPER),
    "card": Shade(PAPER, "#1d2329", PAPER),
    "line": Shade("#d5dae0", "#38424c", "#bbbbbb"),
    "accent": Shade("#1c5d8a", "#8cc4ee", "#1c5d8a"),
    "wrong": Shade("#8e1519", "#ff9d97"),
    "plainly": Shade(KINDS["parameter"].tint),
    "sheet": Shade(PAPER),  # under a picture, which is drawn for white paper
}


def css_variables(page: Mapping[str, Shade]) -> str:
    """Write the colours of a page as CSS variables."""
    light = {name: shade.light for name, shade in page.items()}
    dark = {name: shade.dark for name, shade in page.items() if shade.dark}
    printed = {name: shade.printed for name, shade in page.items() if shade.printed}
    css = _root("light dark", light)
    css += f"@media (prefers-color-scheme: dark) {{\n{_root('light dark', dark)}}}\n"
    if printed:
        css += f"@media print {{\n{_root('light', printed)}}}\n"
    return css


def _root(scheme: str, colours: Mapping[str, str]) -> str:
    variables = "".join(f"  --{name}: {colour};\n" for name, colour in colours.items())
    return f":root {{\n  color-scheme: {scheme};\n{variables}}}\n"


def css_of_kinds() -> str:
    """Write the look of each kind of box as a CSS class."""
    light = "".join(
        f".{kind} {{ --tint: {look.tint}; --border: {look.border}; --width: {look.width}px }}\n"
        for kind, look in KINDS.items()
    )
    dark = "".join(
        f".{kind} {{ --tint: {look.dark_tint}; --border: {look.dark_border} }}\n"
        for kind, look in KINDS.items()
    )
    return f"{light}@media (prefers-color-scheme: dark) {{\n{dark}}}\n"
