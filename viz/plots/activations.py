"""`plot_activation`: a function and its derivative."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from autograd import Value, grad, modes, ops

from .common import DASHES, Axes, as_finite, as_plain_text, axes_or_new, import_pyplot

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["plot_activation"]

SAMPLES = 401


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

    Raises:
        ValueError: the function has no finite value from low to high.
    """
    import_pyplot()
    import numpy as np

    name, f = _find_activation(activation)
    low, high = as_finite(low, "low"), as_finite(high, "high")
    if not low < high:
        raise ValueError(f"expected low < high, got low={low!r} and high={high!r}")
    x = np.linspace(low, high, SAMPLES)
    if low < 0.0 < high:
        x[np.abs(x).argmin()] = 0.0  # where most activations bend
    curves = np.array([_value_and_derivative(f, each) for each in x.tolist()]).T
    unbounded = bool(np.isinf(curves).any())
    # The formula of a derivative may have values where the function has none.
    curves = np.where(np.isfinite(curves) & np.isfinite(curves[0]), curves, np.nan)
    if np.isnan(curves[0]).all():
        raise ValueError(
            f"{name} has no finite value from {low:g} to {high:g}; choose another range"
        )
    ax = axes_or_new(ax)
    for y, label, dashes in zip(curves, (f"{name}(x)", f"{name}′(x)"), DASHES, strict=False):
        jumps, pole = _find_jumps(y)
        unbounded |= pole
        after = np.array(jumps, int) + 1
        ax.plot(
            np.insert(x, after, 0.5 * (x[after - 1] + x[after])),
            np.insert(y, after, np.nan),
            label=as_plain_text(label, 60),
            linestyle=dashes,
            linewidth=2,
        )
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
    if isinstance(activation, str):
        if activation not in ops.ACTIVATIONS:
            raise ValueError(
                f"unknown activation {activation!r}; choose one of {', '.join(ops.ACTIVATIONS)}"
            )
        return activation, getattr(Value, activation, lambda x: x)  # x itself: linear
    if not callable(activation):
        raise TypeError(
            "expected the name of an activation, such as 'relu', or a function of one Value, got "
            f"{type(activation).__qualname__}: {activation!r:.60}"
        )
    name = getattr(activation, "__name__", type(activation).__name__)
    return ("f" if name == "<lambda>" else name), activation


def _value_and_derivative(f: Callable[[Value], Value], at: float) -> tuple[float, float]:
    """``f(x)`` and ``f′(x)``."""
    x = Value(at)
    with modes.recorded():
        y = f(x)
    if not isinstance(y, Value):
        raise TypeError(
            "expected a function that returns a Value, got one that returns "
            f"{type(y).__qualname__}: {y!r:.60}"
        )
    return y.data, grad(y, x)


def _find_jumps(y: NDArray[np.float64]) -> tuple[list[int], bool]:
    """The steps from sample to sample that are jumps, and whether one of them is a pole.

    A steep slope begins and ends gradually, a jump does not. Next to a pole, the curve goes the
    other way. A jump takes two steps if a sample lies in the middle of it, as abs′(0) = 0 does.
    """
    import numpy as np

    if np.isnan(y).all():
        return [], False
    y = y / (np.nanmax(np.abs(y)) or 1.0)  # so that no difference overflows
    steps = np.pad(np.nan_to_num(np.diff(y)), 1)
    low, high = np.nanquantile(y, (0.05, 0.95))
    least = 0.02 * (high - low) + 1e-6
    jumps: set[int] = set()
    pole = False
    for width in (1, 2):
        windows = np.lib.stride_tricks.sliding_window_view(steps, width + 2)
        windows = windows * np.sign(windows[:, 1:2])
        step, beside = windows[:, 1:-1].min(axis=1), windows[:, [0, -1]]
        found = (np.minimum(step, windows.sum(axis=1)) > least) & (step > 10 * beside.max(axis=1))
        jumps.update(*(found.nonzero()[0] + k for k in range(width)))
        pole |= bool((found & (beside.min(axis=1) < -0.2 * step)).any())
    return sorted(jumps), pole
