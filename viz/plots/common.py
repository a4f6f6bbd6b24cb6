"""What all plots share: Axes to draw on, and checks of arguments."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeAlias

from autograd import Value

from ..pictures.text import shortened

if TYPE_CHECKING:
    from matplotlib.axes import Axes as Axes
    from numpy.typing import NDArray

    Array: TypeAlias = NDArray[Any]
else:
    Axes = Array = Any  # for typing.get_type_hints: matplotlib is loaded by the first plot

DASHES = ("-", "--", "-.", ":")


def import_library(name: str = "matplotlib.pyplot") -> Any:
    """Import a module of the extra `plots`, or raise an ImportError that says what to install."""
    package = name.partition(".")[0]
    try:
        import_module(package)
        return import_module(name)
    except ImportError as error:
        raise ImportError(f'plots need {package}; run: pip install "glassgrad[plots]"') from error


def axes_or_new(ax: Axes | None) -> Axes:
    """The Axes given, or those of a new figure."""
    if ax is not None and not hasattr(ax, "plot"):
        raise TypeError(f"expected ax to be Axes, as plt.subplots() returns them, {got(ax)}")
    return import_library().subplots()[1] if ax is None else ax


def got(x: Any) -> str:
    """The end of an error: the type and the value of an argument."""
    return f"got {type(x).__qualname__}: {x!r:.60}"


def as_float(x: Any, name: str) -> float:
    """Convert a number or a Value."""
    try:
        return x.data if isinstance(x, Value) else Value(x).data
    except TypeError:
        raise TypeError(f"expected {name} to be a number, {got(x)}") from None


def as_floats(numbers: Any, name: str) -> list[float]:
    """Convert a list of numbers and Values."""
    if isinstance(numbers, str | Value) or not isinstance(numbers, Iterable):
        raise TypeError(f"expected {name} to be a list of numbers or Values, {got(numbers)}")
    floats = [as_float(x, f"{name}[{i}]") for i, x in enumerate(numbers)]
    if not floats:
        raise ValueError(f"there is nothing to plot: {name} is empty")
    return floats


def as_matrix(rows: Any, name: str, width: int | None = None) -> Array:
    """Convert a list or a dict of rows of numbers: all finite, all of one length."""
    import numpy as np

    if isinstance(rows, str) or not hasattr(rows, "__len__"):
        raise TypeError(f"expected {name} to be a list of points [x1, x2], {got(rows)}")
    if not len(rows):
        raise ValueError(f"there is nothing to plot: {name} is empty")
    named = rows.items() if isinstance(rows, dict) else enumerate(rows)
    floats = {f"{name}[{key!r}]": as_floats(row, f"{name}[{key!r}]") for key, row in named}
    for row_name, row in floats.items():
        if len(row) != (width := len(row) if width is None else width):
            raise ValueError(f"expected {row_name} to have length {width}, got length {len(row)}")
        if not np.isfinite(row).all():
            raise ValueError(f"expected {row_name} to be finite, got {row!r:.60}")
    return np.array(list(floats.values()))


def as_plain_text(label: str, limit: int = 28) -> str:
    """Write a label so that matplotlib shows it: ``$`` would start a formula, ``_`` hide a line."""
    text = shortened(label, limit).replace("$", r"\$")
    return f" {text}" if text.startswith("_") else text
