"""Pictures of computation graphs: `draw` shows them, `step_through` plays them step by step."""

from __future__ import annotations

from . import conflict  # noqa: F401  (raises where another project's autograd is found)
from .pictures.draw import draw
from .pictures.render import Picture, RenderError
from .pictures.updates import UpdatePicture, draw_update
from .stepping.steps import Walkthrough, step_through

__all__ = [
    "Picture",
    "RenderError",
    "UpdatePicture",
    "Walkthrough",
    "draw",
    "draw_update",
    "step_through",
]
