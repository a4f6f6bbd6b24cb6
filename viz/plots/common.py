"""What all plots need: axes to draw on, and what they are given, checked."""

from __future__ import annotations

import math
from collections.abc import Iterable
from types import ModuleType
from typing import TYPE_CHECKING, Any

from autograd import Value

from ..pictures.text import shortened

if TYPE_CHECKING:
    from matplotlib.axes import Axes
else:
    Axes = Any  # for typing.get_type_hints: matplotlib is loaded by the first plot


__all__ = [
    "DASHES",
    "MARKERS",
    "Axes",
    "as_float",
    "axes",
    "finite",
    "numbers_of",
    "plain",
    "pyplot_or_advice",
]

MARKERS = "os"
DASHES = ("-", "--", "-.", ":")


def pyplot_or_advice() -> ModuleType:
    """`matplotlib.pyplot`, loaded now; without it an ImportError that says what to install."""
    try:
        from matplotlib import pyplot
    except ImportError as error:
        raise ImportError(
            'plots are drawn by matplotlib; run: pip install "glassgrad[plots]"'
        ) from error
    return pyplot


def axes(ax: Axes | None) -> Axes:
    """The Axes to draw on: those given, or a new figure's."""
    pyplot = pyplot_or_advice()
    if ax is None:
        new: Axes = pyplot.subplots()[1]
        return new
    if not hasattr(ax, "plot"):
        raise TypeError(
            f"ax is the Axes to draw on, as plt.subplots() gives them, and got "
            f"{type(ax).__qualname__}"
        )
    return ax


def finite(given: Any, name: str) -> float:
    """The argument of that name as a float, which is finite."""
    try:
        x = as_float(given)
    except (TypeError, ValueError):
        raise TypeError(f"{name} is a number, and got {given!r}") from None
    if not math.isfinite(x):
        raise ValueError(f"{name} is a finite number, and got {given!r}")
    return x


def as_float(x: Any) -> float:
    """A number or a Value as a float."""
    return x.data if isinstance(x, Value) else float(x)


def numbers_of(given: Any, name: str) -> list[float]:
    """A list of numbers and Values as floats."""
    if isinstance(given, str | Value) or not isinstance(given, Iterable):
        raise TypeError(
            f"{name} is a list of numbers or Values, and got {type(given).__qualname__}"
        )
    numbers = []
    for i, x in enumerate(given):
        if isinstance(x, str) or not hasattr(x, "__float__") or getattr(x, "shape", None):
            raise TypeError(
                f"{name} is a list of numbers or Values, and [{i}] is {type(x).__qualname__}: "
                f"{x!r:.60}"
            )
        numbers.append(as_float(x))
    return numbers


def plain(label: str, limit: int = 28) -> str:
    """A label as matplotlib takes it, to which ``$`` starts a formula and ``_`` hides a line."""
    text = shortened(label, limit).replace("$", r"\$")
    return f" {text}" if text.startswith("_") else text
