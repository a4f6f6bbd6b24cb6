"""The one palette: what each kind of box looks like, in colour and in grey.

Colour never says anything alone: each kind also has its word in the box and a border of its own.
The tints differ in lightness, so that a grey print keeps them apart.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["FALLS", "INK", "KINDS", "LINE", "MARK", "PAPER", "QUIET", "RISES", "Look"]

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
    width: float = 1  # of the border, points
    rings: int = 1  # borders around the box
    rounded: bool = False


KINDS = {
    "parameter": Look("parameter", "#f5c04e", "#7a4d00", width=2.5),
    "input": Look("input", "#b9def5", "#1c5d8a", width=1.5, rounded=True),
    "target": Look("target", "#d9c8f0", "#5b3a8c", width=1.5, rounded=True),
    "constant": Look("constant", "#f3f4f6", "#67717d"),
    "leaf": Look("leaf", "#dfe3e8", "#52606d"),
    "interior": Look("", "#e6eaee", "#7b8794"),
    "output": Look("output", "#c2e3c4", "#2e6b32", width=1.5, rings=2),
    "loss": Look("loss", "#ee8f8a", "#8e1519", width=1.5, rings=2),
    "group": Look("", "#dde3f8", "#44529c", width=1.5, rounded=True),
}
