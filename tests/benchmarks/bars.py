"""A bar chart of times on a logarithmic scale, as SVG.

We write the SVG ourselves: it is small, needs no fonts or scripts, and has its own background, so
that it can be read on a light or a dark page. matplotlib would outline its text or depend on fonts.
"""

from __future__ import annotations

import math
from html import escape
from typing import TYPE_CHECKING, NamedTuple

from viz.pictures.palette import INK, KINDS, LINE, PAPER, QUIET

if TYPE_CHECKING:
    from collections.abc import Sequence

WIDTH, LEFT, RIGHT, TOP, ROW, BOTTOM = 880, 216, 186, 92, 34, 74
THICKNESS = 20
UNITS = {0: "1 s", -3: "1 ms", -6: "1 µs", -9: "1 ns"}


class Bar(NamedTuple):
    """A bar: the engine, the seconds a step takes, and the text at its end."""

    name: str
    seconds: float
    duration: str
    ratio: str
    kind: str  # "ours", "eager", "peer" or "limit"


STYLE = f"""
    text {{ font: 14px system-ui, -apple-system, "Segoe UI", Roboto, Helvetica, Arial, sans-serif;
           fill: {INK} }}
    .title {{ font-size: 18px; font-weight: 600 }}
    .quiet {{ fill: {QUIET} }}
    .small {{ fill: {QUIET}; font-size: 12px }}
    .figure {{ font-variant-numeric: tabular-nums }}
    .over {{ paint-order: stroke; stroke: {PAPER}; stroke-width: 6px; stroke-linejoin: round }}
    .strong {{ font-weight: 700 }}
    .grid {{ stroke: {LINE}; stroke-opacity: 0.35 }}
    .ours {{ fill: {KINDS["parameter"].tint}; stroke: {KINDS["parameter"].border} }}
    .eager {{ fill: #fbe5b7; stroke: {KINDS["parameter"].border}; stroke-opacity: 0.6 }}
    .peer {{ fill: {KINDS["input"].tint}; stroke: {KINDS["input"].border}; stroke-opacity: 0.45 }}
    .limit {{ fill: none; stroke: {QUIET}; stroke-dasharray: 4 3 }}
"""


def draw_bars(bars: Sequence[Bar], *, title: str, subtitle: str, footnote: str) -> str:
    """Draw the bars as SVG, in this order."""
    lowest = math.floor(math.log10(min(bar.seconds for bar in bars)) - 0.1)
    highest = math.log10(max(bar.seconds for bar in bars))
    scale = (WIDTH - LEFT - RIGHT) / (highest - lowest)
    foot = TOP + ROW * len(bars)
    height = foot + BOTTOM

    def x(exponent: float) -> float:
        return round(LEFT + scale * (exponent - lowest), 1)

    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
        f'viewBox="0 0 {WIDTH} {height}" role="img" aria-labelledby="title">',
        f'<title id="title">{escape(title)}</title>',
        f"<style>{STYLE}</style>",
        f'<rect x="0.5" y="0.5" width="{WIDTH - 1}" height="{height - 1}" rx="10" '
        f'fill="{PAPER}" stroke="{LINE}" stroke-opacity="0.6"/>',
        f'<text x="28" y="40" class="title">{escape(title)}</text>',
        f'<text x="28" y="64" class="quiet">{escape(subtitle)}</text>',
        f'<text x="{WIDTH - 28}" y="{TOP - 6}" class="small" text-anchor="end">times ours</text>',
    ]
    for exponent in range(lowest, math.floor(highest) + 1):
        at = x(exponent)
        lines.append(
            f'<line class="grid" x1="{at}" x2="{at}" y1="{TOP - 4}" y2="{foot + 4}"/>'
            f'<text class="small" x="{at}" y="{foot + 20}" text-anchor="middle">'
            f"{_decade(exponent)}</text>"
        )
    for k, bar in enumerate(bars):
        lines += _bar(bar, TOP + ROW * k, x(lowest), x(math.log10(bar.seconds)))
    lines += [
        f'<text x="28" y="{height - 22}" class="small">The scale is logarithmic: each line is ten '
        f"times the one before. {escape(footnote)}</text>",
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _bar(bar: Bar, top: float, left: float, right: float) -> list[str]:
    middle = top + ROW / 2
    weight = " strong" if bar.kind == "ours" else ""
    return [
        f'<text class="{weight.strip()}" x="{left - 12}" y="{middle + 5}" text-anchor="end">'
        f"{escape(bar.name)}</text>",
        f'<rect class="{bar.kind}" x="{left}" y="{middle - THICKNESS / 2}" '
        f'width="{right - left:.1f}" height="{THICKNESS}" rx="3"/>',
        f'<text class="figure over{weight}" x="{right + 9:.1f}" y="{middle + 5}">'
        f"{escape(bar.duration)}</text>",
        f'<text class="figure quiet" x="{WIDTH - 28}" y="{middle + 5}" text-anchor="end">'
        f"{escape(bar.ratio)}</text>",
    ]


def _decade(exponent: int) -> str:
    """10 to that power, in seconds: ``10 µs``."""
    unit = 3 * (exponent // 3)
    return UNITS[unit].replace("1", str(10 ** (exponent - unit)))
