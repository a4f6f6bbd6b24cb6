"""`plot_decision_boundary`: how a model divides a plane between classes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import cycle
from typing import TYPE_CHECKING, Any

from autograd import Value, no_grad

from ..pictures.text import number
from .common import Array, Axes, as_float, as_floats, as_matrix, axes_or_new, got, import_library

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from autograd.program.program import Program
else:
    ArrayLike = Program = Any  # for typing.get_type_hints: NumPy is loaded by the first plot

FEW = 5  # classes whose legend has room in a corner


def plot_decision_boundary(
    model: Callable[[list[Value]], Any] | Program,
    X: ArrayLike,  # noqa: N803
    y: ArrayLike | Sequence[Value],
    *,
    ax: Axes | None = None,
    boundary: float = 0.0,
    resolution: int | None = None,
) -> Axes:
    """Plot points of several classes, and how a model divides the plane between the classes.

    A model with an output for each class predicts the class of the largest. A model with one
    output for two classes predicts the higher class where the output is above `boundary`. The
    plane has the colour of the predicted class, stronger where its probability is higher: the
    softmax or sigmoid of the outputs, or the outputs themselves if they are probabilities.

    Arguments:
        model: a function from a list of two Values to an output or a list of outputs, such as
            `nn.MLP`; or a program with two inputs.
        X: the points, a row ``[x1, x2]`` for each, shape (B, 2).
        y: the class of each point, a number. The first output belongs to the lowest class.
        ax: the Axes to draw on; those of a new figure if None.
        boundary: where a single output divides the classes: 0, or ½ for a probability.
        resolution: the number of grid points along each side; 200 for a program, 80 for a model.
    """
    to_rgba = import_library("matplotlib.colors").to_rgba_array
    import numpy as np

    points, labels = as_matrix(X, "X", width=2), np.array(as_floats(y, "y"))
    classes = np.unique(labels)
    if len(points) != len(labels):
        raise ValueError(f"expected {len(points)} labels in y, one per point, got {len(labels)}")
    if len(classes) < 2 or not np.isfinite(classes).all():
        raise ValueError(f"expected two classes or more in y, got {classes.tolist()!s:.60}")
    if resolution is None:
        resolution = 200 if hasattr(model, "value_and_grad") else 80  # a model is slower
    if not isinstance(resolution, int) or resolution < 2:
        raise ValueError(
            f"expected resolution to be a whole number, at least 2, got {resolution!r}"
        )
    middle = 0.5 * (points.max(axis=0) + points.min(axis=0))
    half = 0.55 * np.ptp(points, axis=0)
    half[half == 0.0] = 1.0
    x1, x2 = np.linspace(middle - half, middle + half, resolution).T
    grid = np.meshgrid(x1, x2)
    outputs = _evaluate(model, *(each.ravel() for each in grid))
    scores = _score_classes(outputs, len(classes), as_float(boundary, "boundary"))
    scores = scores.reshape(-1, resolution, resolution)

    beside = ax is None and len(classes) > FEW  # the legend: it would lie on points
    ax = import_library().subplots(layout="constrained")[1] if beside else axes_or_new(ax)
    colours = []
    for label, marker in zip(classes, cycle("osD^vPX*"), strict=False):
        here, edge = points[labels == label].T, ax.get_facecolor()
        name = f"y = {number(label)}"
        (drawn,) = ax.plot(*here, marker, label=name, markeredgecolor=edge, zorder=3)
        colours.append(drawn.get_color())
    probability = 1.0 / np.exp(scores - scores.max(axis=0)).sum(axis=0)  # of the largest
    shades = to_rgba(colours)[scores.argmax(axis=0)]
    shades[..., 3] = np.nan_to_num(0.45 * probability**2)  # nan is left without colour
    box = (x1[0], x1[-1], x2[0], x2[-1])
    ax.imshow(shades, extent=box, origin="lower", aspect="auto", zorder=0.5)
    for k in range(1, len(classes)):
        lead = scores[k] - np.delete(scores, k, axis=0).max(axis=0)
        if np.nanmin(lead) < 0.0 < np.nanmax(lead):  # otherwise there is no line
            ink = ax.xaxis.label.get_color()
            ax.contour(*grid, lead, levels=[0.0], colors=[ink], linewidths=1.5, zorder=2)
    ax.set(xlim=box[:2], ylim=box[2:], xlabel="x₁", ylabel="x₂")
    if beside:
        ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    else:
        ax.legend()
    return ax


def _evaluate(model: Any, x1: Array, x2: Array) -> Array:
    """The outputs of a model or a program at points of the plane, a row for each output."""
    import numpy as np

    if hasattr(model, "value_and_grad"):
        return np.atleast_2d(model(x1, x2))
    if not callable(model):
        raise TypeError(f"expected a function of a list of two Values, or a program, {got(model)}")
    rows = []
    with no_grad():
        for pair in zip(x1.tolist(), x2.tolist(), strict=True):
            y = model([Value(x) for x in pair])
            rows.append(as_floats(y if isinstance(y, list | tuple) else [y], "model([x1, x2])"))
    return np.array(rows).T


def _score_classes(outputs: Array, classes: int, boundary: float) -> Array:
    """A row of scores for each class, whose softmax is the probability of the class."""
    import numpy as np

    if len(outputs) != classes and (len(outputs), classes) != (1, 2):
        few = "1 or 2 outputs" if classes == 2 else f"{classes} outputs"
        raise ValueError(f"expected {few} of the model, for {classes} classes, got {len(outputs)}")
    if np.isnan(outputs).any(axis=0).all():
        raise ValueError(
            "expected a number from the model somewhere around the points, got nan everywhere. "
            "Check its parameters and the inputs."
        )
    if not np.isfinite(boundary):
        raise ValueError(f"expected boundary to be finite, got {boundary!r}")
    if len(outputs) == 1:
        probable = 0.0 < boundary < 1.0
        zero = boundary * (1.0 - outputs) if probable else 0.0 * outputs
        one = (1.0 - boundary) * outputs if probable else outputs - boundary
        outputs = np.concatenate([zero, one])
    else:
        probable = bool((outputs >= 0.0).all()) and np.allclose(outputs.sum(axis=0), 1.0)
    if probable:
        outputs = np.log(np.maximum(outputs, 1e-300))
    return np.clip(outputs, -1e100, 1e100)  # so that infinities have a difference
