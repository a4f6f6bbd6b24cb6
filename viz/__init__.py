"""Pictures of computation graphs: `draw` shows them, `step_through` plays them step by step."""

from __future__ import annotations

from . import conflict  # noqa: F401  (raises where another project's autograd is found)
from .drawing import draw
from .render import Picture, RenderError
from .steps import Walkthrough, step_through
from .updates import UpdatePicture, draw_update

__all__ = [
    "Picture",
    "RenderError",
    "UpdatePicture",
    "Walkthrough",
    "draw",
    "draw_update",
    "step_through",
]
