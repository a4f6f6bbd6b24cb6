"""Pictures of computation graphs: `draw` shows them, `step_through` plays them step by step.

In the page that `explore` makes, every number can be changed, and everything follows. The page
that `playground` makes trains a model, and in that of `text_playground` one types to a language
model.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from . import conflict  # noqa: F401  (raises where another project's autograd is found)
from .pictures.draw import draw
from .pictures.render import Picture, RenderError
from .pictures.updates import UpdatePicture, draw_update

if TYPE_CHECKING:
    from .live.explore import Explorer, explore
    from .playing.playground import Playground, playground
    from .speaking.text_playground import TextPlayground, text_playground
    from .stepping.steps import Walkthrough, step_through

__all__ = [
    "Explorer",
    "Picture",
    "Playground",
    "RenderError",
    "TextPlayground",
    "UpdatePicture",
    "Walkthrough",
    "draw",
    "draw_update",
    "explore",
    "playground",
    "step_through",
    "text_playground",
]


_PAGES = {
    "Explorer": ".live.explore",
    "Playground": ".playing.playground",
    "TextPlayground": ".speaking.text_playground",
    "Walkthrough": ".stepping.steps",
    "explore": ".live.explore",
    "playground": ".playing.playground",
    "step_through": ".stepping.steps",
    "text_playground": ".speaking.text_playground",
}


def __getattr__(name: str) -> Any:
    """Import what makes pages when it is first used: a first picture need not wait for it."""
    if name not in _PAGES:
        raise AttributeError(f"module 'viz' has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(_PAGES[name], __name__), name)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
