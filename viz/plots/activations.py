"""`plot_activation`: a function and its derivative."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, TypeAlias

from autograd import Value, grad, modes, ops

from ..pictures.text import number
from .common import DASHES, Axes, axes, finite, plain

__all__ = ["plot_activation"]

SAMPLES = 401  # points of a curve, before what lies around its jumps


def plot_activation(
    activation: str | Callable[[Value], Value],
    *,
    low: float = -4.0,
    high: float = 4.0,
    ax: Axes | None = None,
) -> Axes:
    """Plot ``f(x)`` and its derivative ``f′(x)`` for x from low to high.

    The derivative is the engine's. Where it jumps, as relu's does at 0, its line is broken.

    Arguments:
        activation: a name, such as ``"relu"``, that ``activation=`` of a layer takes; or a function
            of one Value.
        low, high: the ends of the x-axis.
        ax: the Axes to draw on; a new figure's if None.

    Raises:
        TypeError: `activation` is not one of these, or the function does not give a Value.
        ValueError: there is no activation of that name, `low` is not below `high`, or the function
            has no finite value between them.
        ImportError: matplotlib is not installed.
    """
    name, f = _activation(activation)
    low, high = finite(low, "low"), finite(high, "high")
    if not low < high:
        raise ValueError(f"low must be below high, and got low={low!r}, high={high!r}")
    curve = _Curve(f)
    step = (high - low) / (SAMPLES - 1)
    xs = [low + step * i for i in range(SAMPLES - 1)] + [high]
    if low < 0.0 < high:  # where most of them bend
        xs[min(range(SAMPLES), key=lambda i: abs(xs[i]))] = 0.0
    points = curve.points(xs)
    values = [p[1] for p in points if math.isfinite(p[1])]
    if not values:
        raise ValueError(
            f"{name} has no finite value from {number(low)} to {number(high)}; choose another range"
        )
    ax = axes(ax)
    x = [p[0] for p in points]
    for k, label in ((1, f"{name}(x)"), (2, f"{name}′(x)")):
        # The formula of a derivative may well have values where the function has none.
        y = [p[k] if math.isfinite(p[1]) and math.isfinite(p[k]) else math.nan for p in points]
        ax.plot(x, y, label=plain(label, 60), linestyle=DASHES[k - 1], linewidth=2)
    if curve.unbounded:  # else the last point before it would be all that is to be seen
        seen = sorted(p[k] for p in points for k in (1, 2) if math.isfinite(p[k]))
        bottom, top = seen[len(seen) // 12], seen[-1 - len(seen) // 12]
        room = 0.1 * (top - bottom) or 1.0
        ax.set_ylim(bottom - room, top + room)
    ax.axhline(0.0, color=ax.xaxis.label.get_color(), linewidth=0.6, zorder=0.9)
    ax.set_xlabel("x")
    ax.legend()
    return ax


def _activation(given: Any) -> tuple[str, Callable[[Value], Value]]:
    if isinstance(given, str):
        named = {
            row.name: getattr(Value, row.name)
            for row in ops.OPERATIONS
            if hasattr(Value, row.name) and (row.arity == 1 or row.default is not None)
        }
        if given == "linear":
            return given, lambda x: x
        if given not in named:
            raise ValueError(
                f"there is no activation {given!r}; choose one of linear, {', '.join(named)}"
            )
        return given, named[given]
    if not callable(given):
        raise TypeError(
            "plot_activation takes the name of an activation, such as 'relu', or a function of one "
            f"Value, and got {type(given).__qualname__}"
        )
    name = getattr(given, "__name__", type(given).__name__)
    return ("f" if name == "<lambda>" else name), given


_Point: TypeAlias = tuple[float, float, float]
"""``(x, f(x), f′(x))``"""


class _Curve:
    """A function and its derivative, evaluated where one asks."""

    def __init__(self, f: Callable[[Value], Value]) -> None:
        self.f = f
        self.unbounded = False  # somewhere between the points

    def at(self, x: float) -> _Point:
        """The function and its derivative at x."""
        given = Value(x)
        with modes.recorded():
            y = self.f(given)
        if not isinstance(y, Value):
            raise TypeError(
                f"the function to plot must give a Value when called with one, and gave "
                f"{type(y).__qualname__}"
            )
        slope = grad(y, given)
        self.unbounded |= math.isinf(y.data) or math.isinf(slope)
        return x, y.data, slope

    def points(self, xs: Sequence[float]) -> list[_Point]:
        """The curve at each x and on both sides of each jump, with nan between these."""
        sampled = [self.at(x) for x in xs]
        much = [0.02 * _spread([p[k] for p in sampled]) for k in range(3)]
        points = sampled[:1]
        for left, right in pairwise(sampled):
            for k in (1, 2):
                if abs(right[k] - left[k]) > much[k]:
                    sides = self.sides(left, right, k)
                    if sides:
                        a, b = sides
                        f = a[1] if k == 2 else math.nan  # where f′ alone jumps, f goes on
                        points += [a, (a[0], f, math.nan), b]
                        break
            points.append(right)
        return points

    def sides(self, left: _Point, right: _Point, k: int) -> tuple[_Point, _Point] | None:
        """The points next to a jump of f (k = 1) or f′ (2) on either side; None without a jump.

        Halving the distance halves the rise of a slope, leaves a jump as it is, and at a pole makes
        the rise larger.
        """
        between = abs(right[k] - left[k])
        for _ in range(40):
            middle = self.at(0.5 * (left[0] + right[0]))
            halves = [(left, middle), (middle, right)]
            rises = [abs(b[k] - a[k]) for a, b in halves]
            if not all(map(math.isfinite, rises)):
                return None
            rise = max(rises)
            if rise > 3.0 * between:
                self.unbounded = True
                return left, right
            left, right = halves[rises.index(rise)]
            if rise < 0.25 * between:
                return None
        return left, right


def _spread(numbers: Sequence[float]) -> float:
    finite = [x for x in numbers if math.isfinite(x)]
    return max(finite) - min(finite) if finite else 0.0
