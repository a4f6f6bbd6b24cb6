"""`plot_losses`: how losses fall in training."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from itertools import cycle, pairwise
from typing import Any

from autograd import Value
from autograd.value import Number

from ..pictures.text import check_text, number
from .common import DASHES, Axes, as_floats, as_plain_text, axes_or_new, import_pyplot

__all__ = ["plot_losses"]

FEW = 4  # missing losses that the legend lists one by one
LARGE_RATIO = 10**1.5  # between losses; above it a logarithmic scale shows more


def plot_losses(
    losses: Iterable[Value | Number] | Mapping[str, Iterable[Value | Number]],
    *,
    ax: Axes | None = None,
    label: str = "",
    log: bool | None = None,
) -> Axes:
    """Plot losses against the number of updates made before each.

    A loss that is not finite leaves a gap, and the legend says where.

    Arguments:
        losses: the losses of a run, in order; or a dict of several runs by name.
        ax: the Axes to draw on; those of a new figure if None.
        label: a name for a single run.
        log: whether the scale is logarithmic. If None, it is where the losses span more than an
            order of magnitude and all are above 0, and on Axes that are logarithmic already.

    Raises:
        ValueError: a run is empty, or `log` is true and no loss is above 0.
    """
    check_text(label, "label")
    pyplot = import_pyplot()
    runs = _runs(losses, label)
    finite = [x for run in runs.values() for x in run if math.isfinite(x)]
    positive = [x for x in finite if x > 0.0]
    if log and not positive:
        raise ValueError("a logarithmic scale needs a loss above 0; leave log out")
    ax = axes_or_new(ax)
    if log is None:
        wide = bool(positive) and max(positive) > LARGE_RATIO * min(positive)
        log = (wide and len(positive) == len(finite)) or ax.get_yscale() == "log"
    ax.set_yscale("log" if log else "linear")
    for (name, run), dashes in zip(runs.items(), cycle(DASHES), strict=False):
        drawn = [x if math.isfinite(x) else math.nan for x in run]
        ax.plot(
            range(len(run)),
            drawn,
            label=" ".join(filter(None, (as_plain_text(name), _describe_missing(run)))),
            linestyle=dashes,
            marker="." if len(run) <= 30 or _has_lone_point(drawn) else None,
        )
    ax.xaxis.set_major_locator(pyplot.MaxNLocator("auto", integer=True, steps=[1, 2, 5, 10]))
    ax.set_xlabel("updates")
    ax.set_ylabel("loss")
    if ax.get_legend_handles_labels()[1]:
        ax.legend()
    return ax


def _runs(losses: Any, label: str) -> dict[str, list[float]]:
    if isinstance(losses, Mapping):
        if label:
            raise ValueError("expected no label with several runs, which have names; leave it out")
        runs = {str(name): as_floats(run, f"the run {name!r}") for name, run in losses.items()}
    else:
        runs = {label: as_floats(losses, "losses")}
    if not runs or not all(runs.values()):
        empty = next((f": {name!r} is empty" for name, run in runs.items() if not run and name), "")
        raise ValueError(f"there are no losses to plot{empty}")
    return runs


def _has_lone_point(drawn: list[float]) -> bool:
    """Whether a point has no neighbour, so that no line shows it."""
    gaps = [-1, *(i for i, x in enumerate(drawn) if math.isnan(x)), len(drawn)]
    return any(after - before == 2 for before, after in pairwise(gaps))


def _describe_missing(run: list[float]) -> str:
    """Say which losses are not finite, for the legend."""
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
