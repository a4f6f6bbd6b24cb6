"""`plot_activation`: a function and its derivative."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd import Value, grad, modes, ops

from .common import DASHES, Array, Axes, as_float, as_plain_text, axes_or_new, got, import_library


def plot_activation(
    activation: str | Callable[[Value], Value],
    *,
    low: float = -4.0,
    high: float = 4.0,
    ax: Axes | None = None,
) -> Axes:
    """Plot ``f(x)`` and its derivative ``f′(x)`` for x from low to high.

    The engine computes the derivative. A curve is broken where it jumps, as relu′ does at 0.

    Arguments:
        activation: the name of an activation, such as ``"relu"``; or a function of one Value.
        low, high: the ends of the x-axis.
        ax: the Axes to draw on; those of a new figure if None.
    """
    import_library()
    import numpy as np

    name, f = _find_activation(activation)
    low, high = as_float(low, "low"), as_float(high, "high")
    if not 0.0 < high - low < np.inf:
        raise ValueError(f"expected finite low < high, got low={low!r} and high={high!r}")
    x = np.linspace(low, high, 401)
    if low < 0.0 < high:
        x[np.abs(x).argmin()] = 0.0  # where most activations bend
    curves = np.array([_value_and_derivative(f, each) for each in x.tolist()]).T
    unbounded = bool(np.isinf(curves).any())
    # The formula of a derivative may have values where the function has none.
    curves = np.where(np.isfinite(curves) & np.isfinite(curves[0]), curves, np.nan)
    if np.isnan(curves[0]).all():
        raise ValueError(f"{name} has no finite value from {low:g} to {high:g}; try other ends")
    ax = axes_or_new(ax)
    for y, label, dashes in zip(curves, (f"{name}(x)", f"{name}′(x)"), DASHES, strict=False):
        jumps, pole = _find_jumps(y)
        unbounded |= pole
        x_broken, y_broken = np.insert(x, jumps, x[jumps - 1]), np.insert(y, jumps, np.nan)
        ax.plot(x_broken, y_broken, label=as_plain_text(label, 60), linestyle=dashes, linewidth=2)
    if unbounded:  # or the samples next to a pole would flatten everything else
        bottom, top = np.nanquantile(curves, (1 / 12, 11 / 12)).tolist()
        room = 0.2 * (top - bottom) or 1.0
        ax.set_ylim(bottom - room, top + room)
    ax.axhline(0.0, color=ax.xaxis.label.get_color(), linewidth=0.6, zorder=0.9)
    ax.set_xlabel("x")
    ax.legend()
    return ax


def _find_activation(activation: Any) -> tuple[str, Callable[[Value], Value]]:
    """The name of a function, and the function."""
    if activation in ops.ACTIVATIONS:
        return activation, getattr(Value, activation, lambda x: x)  # x itself: linear
    if isinstance(activation, str):
        known = ", ".join(ops.ACTIVATIONS)
        raise ValueError(f"unknown activation {activation!r}; choose one of {known}")
    if not callable(activation):
        raise TypeError(
            f"expected a function of a Value, or its name, such as 'relu', {got(activation)}"
        )
    name = getattr(activation, "__name__", type(activation).__name__)
    return ("f" if name == "<lambda>" else name), activation


def _value_and_derivative(f: Callable[[Value], Value], at: float) -> tuple[float, float]:
    x = Value(at)
    with modes.recorded():
        y = f(x)
    if not isinstance(y, Value):
        raise TypeError(f"expected the function to return a Value, {got(y)}")
    return y.data, grad(y, x)


def _find_jumps(y: Array) -> tuple[Array, bool]:
    """The samples just behind a jump, and whether a jump is a pole.

    A steep slope begins and ends gradually, a jump does not. Next to a pole, the curve goes the
    other way. A jump takes two steps if a sample lies in the middle of it, as abs′(0) = 0 does.
    """
    import numpy as np

    if np.isnan(y).all():
        return np.array([], int), False
    y = y / (np.nanmax(np.abs(y)) or 1.0)  # so that no difference overflows
    least = 0.02 * np.ptp(np.nanquantile(y, (0.05, 0.95))) + 1e-6
    steps = np.pad(np.nan_to_num(np.diff(y)), 1)
    jumps: set[int] = set()
    pole = False
    for width in (1, 2):
        windows = np.lib.stride_tricks.sliding_window_view(steps, width + 2)
        windows = windows * np.sign(windows[:, 1:2])  # so that each jump is upwards
        step, beside = windows[:, 1:-1].min(axis=1), windows[:, [0, -1]]
        found = (np.minimum(step, windows.sum(axis=1)) > least) & (step > 10 * beside.max(axis=1))
        jumps.update(*(found.nonzero()[0] + k for k in range(1, width + 1)))
        pole |= bool((found & (beside.min(axis=1) < -0.2 * step)).any())
    return np.array(sorted(jumps), int), pole
