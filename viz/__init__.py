"""Pictures of computation graphs: `draw` shows them, `step_through` plays them step by step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import conflict  # noqa: F401  (raises where another project's autograd is found)
from .pictures.draw import draw
from .pictures.render import Picture, RenderError
from .pictures.updates import UpdatePicture, draw_update

if TYPE_CHECKING:
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


def __getattr__(name: str) -> Any:
    """Import what makes pages when it is first used: a first picture need not wait for it."""
    if name not in ("Walkthrough", "step_through"):
        raise AttributeError(f"module 'viz' has no attribute {name!r}")
    from .stepping import steps

    found = globals()[name] = getattr(steps, name)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
