"""The palette: every colour of the pictures and pages, in light and in dark.

Colour is never the only sign: each kind of box also has a word and its own border. The tints
differ in lightness, so that a grey print keeps them apart. Pages take their colours from here as
CSS variables.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "ALARM",
    "BACKGROUNDS",
    "CLASSES",
    "DARK",
    "DARKNESS",
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
    "VIEWER",
    "Look",
    "Shade",
    "css_of_kinds",
    "css_of_themes",
    "css_variables",
]

PAPER = "#ffffff"
INK = "#1f2933"
QUIET = "#67717d"  # captions, constants, operations
LINE = "#8792a0"  # as pale as a line may be: 3 : 1 beside paper

# The sign of a gradient: what would happen to the result if the value rose.
RISES = "#0b6e6e"
FALLS = "#b4430b"

ALARM = "#c8102e"  # a nan or an inf, which words and borders show, too

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


class Shade(NamedTuple):
    """A colour of a page: what a reader sees in light, and in dark. A print is always light."""

    light: str
    dark: str = ""  # where it differs


# What boxes and pages share.
_QUIET = Shade(QUIET, "#a5afba")
_SOFT = Shade("#f3f4f6", "#2b3138")
_RULE = Shade("#dfe3e8", "#333b44")
_AMBER = "#f5c04e"
_BLUE = Shade("#1c5d8a", "#7cc0f0")
_GREEN = Shade("#2e6b32", "#8fd394")

KINDS = {
    "parameter": Look("parameter", _AMBER, "#7a4d00", "#6e4a05", "#f0b840", width=2.5),
    "input": Look("input", "#b9def5", _BLUE.light, "#1d4a68", _BLUE.dark, width=1.5, rounded=True),
    "target": Look("target", "#d9c8f0", "#5b3a8c", "#4b3573", "#bfa3ea", width=1.5, rounded=True),
    "constant": Look("constant", _SOFT.light, _QUIET.light, _SOFT.dark, _QUIET.dark),
    "leaf": Look("leaf", _RULE.light, "#52606d", "#3b434c", _QUIET.dark),
    "interior": Look("", "#e6eaee", "#7b8794", _RULE.dark, "#8893a0"),
    "output": Look("output", "#c2e3c4", _GREEN.light, "#27512c", _GREEN.dark, width=1.5, rings=2),
    "loss": Look("loss", "#ee8f8a", "#8e1519", "#7c2327", "#ff9d97", width=1.5, rings=2),
    "group": Look("", "#dde3f8", "#44529c", "#353f70", "#a3b0f5", width=1.5, rounded=True),
}

DARK = {
    PAPER: "#1b2127",
    INK: "#e8ebee",
    QUIET: _QUIET.dark,
    LINE: "#6b7783",
    RISES: "#5fd0c5",
    FALLS: "#ffab7a",
    ALARM: "#ff7b86",
    MARK: "#ff8ad2",
    **{look.tint: look.dark_tint for look in KINDS.values()},
    **{look.border: look.dark_border for look in KINDS.values()},
}
"""The colours of pictures: what stands for each on a dark page."""

BACKGROUNDS = (
    "--jp-layout-color0",  # JupyterLab
    "--vscode-editor-background",
    "--colab-primary-surface-color",
    "--background",  # marimo
    "--pst-color-background",  # Jupyter Book, and Sphinx with its theme from PyData
    "--color-background-primary",  # Sphinx with Furo
    "--md-default-bg-color",  # MkDocs with Material
    "--bs-body-bg",  # Quarto
)
"""What notebooks, and pages that are made of them, name the colour of their background in CSS."""

_NAMED = "".join(f"var({name}, " for name in BACKGROUNDS) + PAPER + ")" * len(BACKGROUNDS)
DARKNESS = f"oklch(from {_NAMED} l c h / calc(100 * (0.5 - l)))"
"""A colour for CSS: opaque in a dark notebook, and transparent elsewhere.

Where a browser cannot compute it, the colour of the element around it is inherited.
"""

# The colours of pages, by the names of their CSS variables.
_PAGE = {
    "ink": Shade(INK, DARK[INK]),
    "quiet": _QUIET,
    "paper": Shade("#fbfbf8", "#14181c"),
    "card": Shade(PAPER, DARK[PAPER]),
    "rule": _RULE,
}
STEPS = {
    **_PAGE,
    "edge": Shade(LINE, DARK[LINE]),
    "soft": _SOFT,
    # the phases of a computation
    "forward": _BLUE,
    "backward": Shade("#a3195b", "#ff86bd"),
    "done": _GREEN,
    # the sign of a gradient
    "rises": Shade(RISES, DARK[RISES]),
    "falls": Shade(FALLS, DARK[FALLS]),
    "alarm": Shade(ALARM, DARK[ALARM]),
}
CLASSES = {
    f"class{k}": Shade(light, dark)
    for k, (light, dark) in enumerate(
        (
            ("#c8540a", "#ffa15e"),
            ("#1f6fb2", "#6cb8f5"),
            ("#2e7d32", "#84d68a"),
            ("#8e3fb0", "#d79bf2"),
            ("#8f6d00", "#ead06a"),
            ("#0b7d7d", "#5fd0c5"),
            ("#a3195b", "#ff86bd"),
            ("#6b4a2b", "#cfa782"),
            ("#52606d", "#b8c1cb"),
            ("#37428f", "#a3b0f5"),
        )
    )
}
"""The colours of classes in a playground. The first two are also those of below 0 and above."""

GALLERY = {
    **_PAGE,
    "accent": _BLUE,
    "plainly": Shade(_AMBER),
    "sheet": Shade(PAPER, DARK[PAPER]),  # under a picture
}

VIEWER = {
    "face": Shade(PAPER, DARK[PAPER]),
    "ink": _PAGE["ink"],
    "edge": Shade(LINE, DARK[LINE]),
    "focus": _BLUE,
    "mark": Shade(MARK, DARK[MARK]),
}


def css_variables(page: Mapping[str, Shade]) -> str:
    """Write the colours of a page as CSS variables."""
    light = {name: shade.light for name, shade in page.items()}
    dark = {name: shade.dark for name, shade in page.items() if shade.dark}
    return f"{_root('light', light)}{_in_the_dark(_root('dark', dark))}"


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
    return f"{light}{_in_the_dark(dark)}"


def _in_the_dark(css: str) -> str:
    """Styles for a dark screen; a page is printed as if it were light."""
    return f"@media screen and (prefers-color-scheme: dark) {{\n{css}}}\n"


def css_of_themes(page: Mapping[str, Shade]) -> str:
    """Write the colours of a page for a root that says its theme, whatever the system says."""
    variables = {
        "light": {name: shade.light for name, shade in page.items()},
        "dark": {name: shade.dark or shade.light for name, shade in page.items()},
    }
    looks = {
        "light": {kind: (look.tint, look.border) for kind, look in KINDS.items()},
        "dark": {kind: (look.dark_tint, look.dark_border) for kind, look in KINDS.items()},
    }
    css = ""
    for theme, colours in variables.items():
        root = f":root[data-theme={theme}]"
        css += _root(theme, colours).replace(":root", root)
        css += "".join(
            f"{root} .{kind} {{ --tint: {tint}; --border: {border} }}\n"
            for kind, (tint, border) in looks[theme].items()
        )
    return f"@media screen {{\n{css}}}\n"
