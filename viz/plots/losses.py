"""`plot_losses`: how losses fall in training."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from itertools import cycle

from autograd import Value
from autograd.value import Number

from ..pictures.text import check_text, number
from .common import DASHES, Array, Axes, as_floats, as_plain_text, axes_or_new, import_library


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
        log: whether the scale is logarithmic. If None, it is where the largest loss is more than
            30 times the smallest and all are above 0, and on Axes that are logarithmic already.
    """
    pyplot = import_library()
    import numpy as np

    check_text(label, "label")
    if not isinstance(losses, Mapping) or not losses:
        runs = {label: np.array(as_floats(losses, "losses"))}
    elif label:
        raise ValueError("expected no label with several runs, which have names; leave it out")
    else:
        runs = {k: np.array(as_floats(run, f"losses[{k!r}]")) for k, run in losses.items()}
    finite = np.concatenate([run[np.isfinite(run)] for run in runs.values()])
    positive = finite[finite > 0.0]
    if log and not positive.size:
        raise ValueError("expected a loss above 0 for a logarithmic scale; leave log out")
    ax = axes_or_new(ax)
    if log is None:
        wide = positive.size == finite.size > 0 and finite.max() > 30.0 * finite.min()
        log = wide or ax.get_yscale() == "log"
    ax.set_yscale("log" if log else "linear")
    for (name, run), dashes in zip(runs.items(), cycle(DASHES), strict=False):
        has_point = np.pad(np.isfinite(run), 1)
        alone = has_point[1:-1] & ~has_point[:-2] & ~has_point[2:]  # no line shows these
        (line,) = ax.plot(np.where(np.isfinite(run), run, np.nan), linestyle=dashes)
        line.set_label(" ".join(filter(None, (as_plain_text(str(name)), _describe_gaps(run)))))
        if len(run) <= 30 or alone.any():
            line.set(marker=".", markevery=None if len(run) <= 30 else alone)
    ax.xaxis.set_major_locator(pyplot.MaxNLocator("auto", integer=True, steps=[1, 2, 5, 10]))
    ax.set(xlabel="updates", ylabel="loss")
    if ax.get_legend_handles_labels()[1]:
        ax.legend()
    return ax


def _describe_gaps(run: Array) -> str:
    """Say which losses are not finite, for the legend."""
    gaps = {i: number(x) for i, x in enumerate(run.tolist()) if not math.isfinite(x)}
    if not gaps:
        return ""
    first = min(gaps)
    if len(gaps) == len(run) - first:  # the curve ends there
        return f"({gaps[first]} from {first:,} on)"
    if len(gaps) <= 4:
        return f"({', '.join(f'{x} at {i:,}' for i, x in gaps.items())})"
    return f"({' or '.join(dict.fromkeys(gaps.values()))} {len(gaps):,} times, first at {first:,})"
