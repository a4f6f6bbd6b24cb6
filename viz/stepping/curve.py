"""The loss curve of a training: a small SVG that a script reveals point by point."""

from __future__ import annotations

import math
from html import escape
from typing import TYPE_CHECKING

from ..pictures.text import number

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["draw_curve"]

WIDTH, HEIGHT = 320, 210
LEFT, RIGHT, TOP, BOTTOM = 46, 14, 14, 34  # room for the numbers around the plot


def draw_curve(losses: Sequence[float], shown: Sequence[int], name: str) -> str:
    """Draw the loss after each update, as SVG.

    Arguments:
        losses: all losses; those that are not finite leave a gap.
        shown: the indices of those that have a step.
        name: the name of the loss.
    """
    finite = [x for x in losses if math.isfinite(x)]
    ticks = _ticks(min([0.0, *finite]), max([0.0, *finite]))
    low, high = ticks[0], ticks[-1]
    last = max(len(losses) - 1, 1)

    def x(k: float) -> str:
        return f"{LEFT + (WIDTH - LEFT - RIGHT) * k / last:.1f}"

    def y(loss: float) -> str:
        return f"{TOP + (HEIGHT - TOP - BOTTOM) * (high - loss) / (high - low):.1f}"

    parts = []
    for tick in ticks:
        parts.append(
            f'<path class="grid" d="M{LEFT},{y(tick)}H{WIDTH - RIGHT}"/>'
            f'<text x="{LEFT - 7}" y="{float(y(tick)) + 3.5:.1f}" text-anchor="end">'
            f"{number(tick)}</text>"
        )
    for k in _whole_ticks(len(losses) - 1):
        parts.append(f'<text x="{x(k)}" y="{HEIGHT - BOTTOM + 15}">{k:,}</text>')
    parts.append(
        f'<text class="axis" x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 3}">updates</text>'
    )
    for step, k in enumerate(shown):
        if not math.isfinite(losses[k]):
            continue
        if step:
            points = [
                f"{x(i)},{y(losses[i])}"
                for i in range(shown[step - 1], k + 1)
                if math.isfinite(losses[i])
            ]
            parts.append(f'<polyline data-step="{step}" points="{" ".join(points)}"/>')
        parts.append(f'<circle data-step="{step}" cx="{x(k)}" cy="{y(losses[k])}" r="3.2"/>')
    return (
        f'<svg class="curve" viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="xMinYMid" '
        f'role="img" aria-label="{escape(name)} after each update: from {number(losses[0])} to '
        f'{number(losses[-1])}">{"".join(parts)}</svg>'
    )


def _ticks(low: float, high: float) -> list[float]:
    """From 3 to 6 round numbers, evenly spaced, around the range from low to high."""
    if not low < high:
        return [0.0, 1.0]
    size = 10.0 ** math.floor(math.log10((high - low) / 4 or 1e-300))
    step = next(m * size for m in (1, 2, 2.5, 5, 10) if (high - low) / (m * size) <= 4.5)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [i * step for i in range(first, last + 1)]


def _whole_ticks(last: int) -> list[int]:
    """Up to 6 whole numbers from 0 to last."""
    size = 10 ** max(0, int(math.log10(max(last, 1))) - 1)
    step = next((m * size for m in (1, 2, 5, 10, 20, 50) if last <= 5 * m * size), max(last, 1))
    return list(range(0, last + 1, step))
