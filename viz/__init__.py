"""Pictures of computation graphs: `draw` shows every value, gradient and operation."""

from __future__ import annotations

from .drawing import draw
from .render import Picture, RenderError

__all__ = ["Picture", "RenderError", "draw"]
