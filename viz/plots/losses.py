"""`plot_losses`: how losses fell."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from itertools import cycle, pairwise
from typing import Any

from autograd import Value
from autograd.value import Number

from ..pictures.text import check_text, number
from .common import DASHES, Axes, axes, numbers_of, plain, pyplot_or_advice

__all__ = ["plot_losses"]

FEW = 4  # losses without a point whose places the legend lists
ORDERS_OF_MAGNITUDE = 1.5  # that losses span where a logarithmic scale shows more


def plot_losses(
    losses: Iterable[Value | Number] | Mapping[str, Iterable[Value | Number]],
    *,
    ax: Axes | None = None,
    label: str = "",
    log: bool | None = None,
) -> Axes:
    """Plot losses against the number of updates made before each.

    Arguments:
        losses: one loss after the other; or several such runs by name, for comparison.
        ax: the Axes to draw on; a new figure's if None.
        label: a name for the curve; runs have theirs.
        log: whether the scale is logarithmic; by default, where losses span orders of magnitude and
            none is 0 or below. An Axes given that already is so stays so.

    Raises:
        TypeError: `losses` holds what is not a number or a Value.
        ValueError: there is no loss, or `log` and none is above 0.
        ImportError: matplotlib is not installed.
    """
    check_text(label, "label")
    pyplot = pyplot_or_advice()
    runs = _runs(losses, label)
    everything = [x for run in runs.values() for x in run if math.isfinite(x)]
    positive = [x for x in everything if x > 0.0]
    if log and not positive:
        raise ValueError(
            "none of the losses is above 0, so a logarithmic scale has no place for it"
        )
    ax = axes(ax)
    if log is None:
        wide = bool(positive) and max(positive) > 10**ORDERS_OF_MAGNITUDE * min(positive)
        log = wide and len(positive) == len(everything)
        log = log or ax.get_yscale() == "log"
    ax.set_yscale("log" if log else "linear")
    dashes = cycle(DASHES)
    for name, run in runs.items():
        drawn = [x if math.isfinite(x) else math.nan for x in run]
        ax.plot(
            range(len(run)),
            drawn,
            label=" ".join(part for part in (plain(name), _missing(run)) if part),
            linestyle=next(dashes),
            marker="." if len(run) <= 30 or _has_lone_point(drawn) else None,
        )
    ax.xaxis.set_major_locator(pyplot.MaxNLocator("auto", integer=True, steps=[1, 2, 5, 10]))
    ax.set_xlabel("updates")
    ax.set_ylabel("loss")
    if any(line.get_label() and not str(line.get_label()).startswith("_") for line in ax.lines):
        ax.legend()
    return ax


def _has_lone_point(drawn: list[float]) -> bool:
    """Whether one has no neighbour, so that no line shows it."""
    gaps = [-1, *(i for i, x in enumerate(drawn) if math.isnan(x)), len(drawn)]
    return any(after - before == 2 for before, after in pairwise(gaps))


def _missing(run: list[float]) -> str:
    """What the legend says of losses that are not finite, which a curve leaves out."""
    missing = [i for i, x in enumerate(run) if not math.isfinite(x)]
    if not missing:
        return ""
    first = missing[0]
    if len(missing) == len(run) - first:  # the curve ends there
        return f"({number(run[first])} from {first:,} on)"
    if len(missing) <= FEW:
        return f"({', '.join(f'{number(run[i])} at {i:,}' for i in missing)})"
    kinds = " or ".join(dict.fromkeys(number(run[i]) for i in missing))
    return f"({kinds} {len(missing):,} times, first at {first:,})"


def _runs(losses: Any, label: str) -> dict[str, list[float]]:
    if isinstance(losses, Mapping):
        if label:
            raise ValueError("each of several runs has its own name; leave label out")
        runs = {str(name): numbers_of(run, f"the run {name!r}") for name, run in losses.items()}
    else:
        runs = {label: numbers_of(losses, "losses")}
    if not runs or not all(runs.values()):
        empty = next((f": {name!r} is empty" for name, run in runs.items() if not run and name), "")
        raise ValueError(f"there are no losses to plot{empty}")
    return runs
