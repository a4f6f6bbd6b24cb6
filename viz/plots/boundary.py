"""`plot_decision_boundary`: how a model divides a plane between two classes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from autograd import Value, no_grad

from ..pictures.text import number
from .common import Axes, as_finite, as_float, as_floats, axes_or_new, import_pyplot

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    from autograd.program.program import Program
else:
    ArrayLike = Program = Any  # for typing.get_type_hints: NumPy is loaded by the first plot

__all__ = ["plot_decision_boundary"]

MARKERS = "os"
PROGRAM_RESOLUTION, MODEL_RESOLUTION = 200, 60  # a model is slower


def plot_decision_boundary(
    model: Callable[[list[Value]], Any] | Program,
    X: ArrayLike,  # noqa: N803
    y: ArrayLike | Sequence[Value],
    *,
    ax: Axes | None = None,
    boundary: float = 0.0,
    resolution: int | None = None,
) -> Axes:
    """Plot points of two classes, and the line that a model draws between them.

    The model is evaluated on a grid. Where its score ``model([x1, x2])`` is above `boundary`, the
    plane has the colour of the class with the higher label, elsewhere that of the other.

    Arguments:
        model: a function from a list of two Values to a score, such as `nn.MLP`; or a program
            compiled for the score, with two inputs.
        X: the points, a row ``[x1, x2]`` for each, shape (B, 2).
        y: the class of each, one of two numbers, such as −1 and 1 or 0 and 1.
        ax: the Axes to draw on; those of a new figure if None.
        boundary: the score that separates the classes: 0, or ½ for a probability.
        resolution: the number of grid points along each side.

    Raises:
        ValueError: an argument has the wrong shape or is not finite, or y has not two classes.
    """
    import_pyplot()
    import numpy as np

    points, labels = _points(X, y)
    compiled = hasattr(model, "value_and_grad")
    if resolution is None:
        resolution = PROGRAM_RESOLUTION if compiled else MODEL_RESOLUTION
    if not isinstance(resolution, int) or resolution < 2:
        raise ValueError(f"expected resolution to be a whole number from 2, got {resolution!r}")
    boundary = as_finite(boundary, "boundary")
    middle = 0.5 * (points.max(axis=0) + points.min(axis=0))
    half = 0.55 * np.ptp(points, axis=0)
    half[half == 0.0] = 1.0
    x1, x2 = np.linspace(middle - half, middle + half, resolution).T
    across, up = np.meshgrid(x1, x2)
    evaluate = _scores_of_program if compiled else _scores_of_model
    scores = evaluate(model, across.ravel(), up.ravel()).reshape(across.shape) - boundary
    if np.isnan(scores).all():
        raise ValueError("the model's score is nan everywhere around these points")
    scores = np.ma.masked_invalid(np.clip(scores, -1e100, 1e100))  # nan is left without colour

    ax = axes_or_new(ax)
    colours = []
    for k, (label, marker) in enumerate(zip(np.unique(labels), MARKERS, strict=True)):
        (drawn,) = ax.plot(
            *points[labels == label].T,
            linestyle="none", marker=marker, markersize=6, zorder=3 + k,
            markeredgecolor=ax.get_facecolor(), markeredgewidth=0.7,
            label=f"y = {number(label)}",
        )  # fmt: skip
        colours.append(drawn.get_color())
    low, high = float(scores.min()), float(scores.max())
    reach = 1.0 + max(abs(low), abs(high))
    ax.contourf(
        across, up, scores, levels=[-reach, 0.0, reach], colors=colours, alpha=0.25, zorder=0.5
    )
    if low < 0.0 < high:  # or there is no line: all points are on one side
        ink = ax.xaxis.label.get_color()
        ax.contour(across, up, scores, levels=[0.0], colors=[ink], linewidths=1.5, zorder=2)
    ax.set_xlim(x1[0], x1[-1])
    ax.set_ylim(x2[0], x2[-1])
    ax.set_xlabel("x₁")
    ax.set_ylabel("x₂")
    ax.legend()
    return ax


def _points(X: Any, y: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:  # noqa: N803
    import numpy as np

    if not hasattr(X, "__len__") or isinstance(X, str):
        raise TypeError(
            f"expected X to be a list of points [x1, x2], got {type(X).__qualname__}: {X!r:.60}"
        )
    rows = [as_floats(row, f"the point X[{i}]") for i, row in enumerate(X)]
    labels = np.array(as_floats(y, "y"))
    for i, row in enumerate(rows):
        if len(row) != 2:
            raise ValueError(
                f"expected points of two coordinates, [x1, x2], got {len(row)} in X[{i}]"
                + ("; pass X.T, with a row for each point" if len(rows) == 2 else "")
            )
    if not rows:
        raise ValueError("there are no points to plot: X is empty")
    if len(rows) != len(labels):
        raise ValueError(
            f"expected a label in y for each point, got {len(labels)} for {len(rows)} points"
        )
    points = np.array(rows)
    if not np.isfinite(points).all():
        raise ValueError("a coordinate in X is nan or infinite, which cannot be plotted")
    classes = [f"{label:g}" for label in np.unique(labels)]
    if len(classes) != 2 or not np.isfinite(labels).all():
        few = ", ".join(classes[:5]) + (", ..." if len(classes) > 5 else "")
        got = f"{len(classes)} different labels: {few}" if len(classes) > 1 else f"only {few}"
        raise ValueError(f"expected two classes in y, such as -1 and 1, got {got}")
    return points, labels


def _scores_of_program(
    program: Any, x1: NDArray[np.float64], x2: NDArray[np.float64]
) -> NDArray[np.float64]:
    import numpy as np

    expected = (
        "expected a program of two inputs and one score, such as "
        "autograd.compile(model([x1, x2]), params=..., inputs=[x1, x2])"
    )
    try:
        scores = np.asarray(program(x1, x2))
    except ValueError as error:
        raise ValueError(f"{expected}: {error}") from error
    if scores.size != x1.size:
        raise ValueError(f"{expected}, got one of {len(scores)} outputs")
    return scores


def _scores_of_model(
    model: Any, x1: NDArray[np.float64], x2: NDArray[np.float64]
) -> NDArray[np.float64]:
    import numpy as np

    if not callable(model):
        raise TypeError(
            "expected a model (a function of a list of two Values, or a program), got "
            f"{type(model).__qualname__}: {model!r:.60}"
        )
    with no_grad():
        pairs = zip(x1.tolist(), x2.tolist(), strict=True)
        return np.array([_score(model([Value(a), Value(b)])) for a, b in pairs])


def _score(output: Any) -> float:
    score = output[0] if isinstance(output, list | tuple) and len(output) == 1 else output
    try:
        return as_float(score)
    except (TypeError, ValueError):
        what = f"a list of {len(score)}" if isinstance(score, list | tuple) else f"{score!r:.60}"
        raise TypeError(
            f"expected the model to return one score, a Value or a number, got {what}"
        ) from None
