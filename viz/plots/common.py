"""What all plots share: Axes to draw on, and checks of arguments."""

from __future__ import annotations

import math
from collections.abc import Iterable
from types import ModuleType
from typing import TYPE_CHECKING, Any

from autograd import Value

from ..pictures.text import shortened

if TYPE_CHECKING:
    from matplotlib.axes import Axes as Axes
else:
    Axes = Any  # for typing.get_type_hints: matplotlib is loaded by the first plot

DASHES = ("-", "--", "-.", ":")


def import_pyplot() -> ModuleType:
    """Import ``matplotlib.pyplot``, or raise an ImportError that says what to install."""
    try:
        from matplotlib import pyplot
    except ImportError as error:
        raise ImportError('plots need matplotlib; run: pip install "glassgrad[plots]"') from error
    return pyplot


def axes_or_new(ax: Axes | None) -> Axes:
    """The Axes given, or those of a new figure."""
    if ax is None:
        new: Axes = import_pyplot().subplots()[1]
        return new
    if not hasattr(ax, "plot"):
        raise TypeError(
            f"expected ax to be Axes, as plt.subplots() returns them, got {type(ax).__qualname__}"
        )
    return ax


def as_float(x: Any) -> float:
    """Convert a number or a Value."""
    return x.data if isinstance(x, Value) else float(x)


def as_finite(x: Any, name: str) -> float:
    """Convert the argument of that name, which must be finite."""
    try:
        converted = as_float(x)
    except (TypeError, ValueError):
        raise TypeError(
            f"expected {name} to be a number, got {type(x).__qualname__}: {x!r:.60}"
        ) from None
    if not math.isfinite(converted):
        raise ValueError(f"expected {name} to be finite, got {x!r}")
    return converted


def as_floats(numbers: Any, name: str) -> list[float]:
    """Convert a list of numbers and Values."""
    expected = f"expected {name} to be a list of numbers or Values"
    if isinstance(numbers, str | Value) or not isinstance(numbers, Iterable):
        raise TypeError(f"{expected}, got {type(numbers).__qualname__}: {numbers!r:.60}")
    converted = []
    for i, x in enumerate(numbers):
        if isinstance(x, str) or not hasattr(x, "__float__") or getattr(x, "shape", None):
            raise TypeError(f"{expected}, got {type(x).__qualname__} at [{i}]: {x!r:.60}")
        converted.append(as_float(x))
    return converted


def as_plain_text(label: str, limit: int = 28) -> str:
    """Write a label so that matplotlib shows it: ``$`` would start a formula, ``_`` hide a line."""
    text = shortened(label, limit).replace("$", r"\$")
    return f" {text}" if text.startswith("_") else text
