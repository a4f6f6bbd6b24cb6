"""`plot_decision_boundary`: what a model says of every point of a plane."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from autograd import Value, no_grad

from ..pictures.text import number
from .common import MARKERS, Axes, as_float, axes, finite, numbers_of, pyplot_or_advice

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    from autograd.program.program import Program
else:
    ArrayLike = Program = Any  # for typing.get_type_hints: plots load NumPy when they are drawn


__all__ = ["plot_decision_boundary"]

ROWS_OF_A_PROGRAM, ROWS_OF_A_MODEL = 200, 60  # points along a side of the plane; one is slower


def plot_decision_boundary(
    model: Callable[[list[Value]], Any] | Program,
    X: ArrayLike,  # noqa: N803
    y: ArrayLike | Sequence[Value],
    *,
    ax: Axes | None = None,
    boundary: float = 0.0,
    resolution: int | None = None,
) -> Axes:
    """Plot points of two classes, and where a model draws the line between them.

    The plane is shaded by the side on which ``model([x1, x2])`` falls, in the colour of the class
    of higher label where it is above `boundary`. The model is evaluated on a grid.

    Arguments:
        model: a function of a list of two Values that gives a score, such as `nn.MLP`; or a program
            compiled for the score, with two inputs.
        X: the points, a row ``[x1, x2]`` for each, shape (B, 2).
        y: the class of each, one of two numbers, such as −1 and 1 or 0 and 1.
        ax: the Axes to draw on; a new figure's if None.
        boundary: the score that divides the classes: 0, or ½ for a probability.
        resolution: how many points of the grid are along a side; the more, the finer the line.

    Raises:
        TypeError: the model is not a function or program, gives no number, or X and y hold none.
        ValueError: X or y is not of its shape, or not finite; there are more than two classes; the
            program has not two inputs and one output.
        ImportError: matplotlib is not installed.
    """
    pyplot_or_advice()
    import numpy as np

    points, labels = _points(X, y)
    compiled = hasattr(model, "value_and_grad")
    if resolution is None:
        resolution = ROWS_OF_A_PROGRAM if compiled else ROWS_OF_A_MODEL
    if not isinstance(resolution, int) or resolution < 2:
        raise ValueError(f"resolution is a whole number from 2 on, and got {resolution!r}")
    boundary = finite(boundary, "boundary")
    sides = []
    for column in points.T:
        middle, half = 0.5 * (column.max() + column.min()), 0.55 * (column.max() - column.min())
        sides.append(np.linspace(middle - (half or 1.0), middle + (half or 1.0), resolution))
    across, up = np.meshgrid(*sides)
    score = _scores_of_program if compiled else _scores_of_model
    scores = score(model, across.ravel(), up.ravel()).reshape(across.shape) - boundary
    if np.isnan(scores).all():
        raise ValueError("the model's score is nan everywhere around these points")
    scores = np.ma.masked_invalid(np.clip(scores, -1e100, 1e100))  # nan stays without a shade

    ax = axes(ax)
    colours = []
    for k, (label, marker) in enumerate(zip(np.unique(labels), MARKERS, strict=False)):
        own = points[labels == label]
        (drawn,) = ax.plot(
            own[:, 0],
            own[:, 1],
            linestyle="none",
            marker=marker,
            markersize=6,
            markeredgecolor=ax.get_facecolor(),
            markeredgewidth=0.7,
            zorder=3 + k,
            label=f"y = {number(label)}",
        )
        colours.append(drawn.get_color())
    low, high = float(scores.min()), float(scores.max())
    reach = 1.0 + max(abs(low), abs(high))
    ax.contourf(
        across, up, scores, levels=[-reach, 0.0, reach], colors=colours, alpha=0.25, zorder=0.5
    )
    if low < 0.0 < high:  # else all of it lies on one side
        ink = ax.xaxis.label.get_color()
        ax.contour(across, up, scores, levels=[0.0], colors=[ink], linewidths=1.5, zorder=2)
    ax.set_xlim(sides[0][0], sides[0][-1])
    ax.set_ylim(sides[1][0], sides[1][-1])
    ax.set_xlabel("x₁")
    ax.set_ylabel("x₂")
    ax.legend()
    return ax


def _points(X: Any, y: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:  # noqa: N803
    import numpy as np

    if not hasattr(X, "__len__") or isinstance(X, str):
        raise TypeError(f"X is a list of points [x1, x2], and got {type(X).__qualname__}")
    rows = [numbers_of(row, f"the point X[{i}]") for i, row in enumerate(X)]
    labels = np.array(numbers_of(y, "y"))
    for i, row in enumerate(rows):
        if len(row) != 2:
            raise ValueError(
                f"a point has two coordinates, [x1, x2], and X[{i}] has {len(row)}"
                + ("; give X as rows, X.T" if len(rows) == 2 else "")
            )
    if not rows:
        raise ValueError("there are no points to plot: X is empty")
    if len(rows) != len(labels):
        raise ValueError(
            f"each point has a class: got {len(rows)} points and {len(labels)} labels in y"
        )
    points = np.array(rows)
    if not np.isfinite(points).all():
        raise ValueError("a coordinate in X is nan or infinite, which has no place in a plane")
    classes = [number(label) for label in np.unique(labels)]
    if len(classes) != 2 or not np.isfinite(labels).all():
        few = ", ".join(classes[:5]) + (", ..." if len(classes) > 5 else "")
        raise ValueError(
            f"y names two classes, such as -1 and 1, and holds {len(classes)} different labels: "
            f"{few}"
        )
    return points, labels


def _scores_of_program(
    program: Any, x1: NDArray[np.float64], x2: NDArray[np.float64]
) -> NDArray[np.float64]:
    import numpy as np

    wanted = (
        "a program to plot has two inputs and gives one score, as "
        "autograd.compile(model([x1, x2]), params=..., inputs=[x1, x2])"
    )
    try:
        scores = np.asarray(program(x1, x2))
    except ValueError as error:
        raise ValueError(f"{wanted}: {error}") from error
    if scores.size != x1.size:
        raise ValueError(f"{wanted}; this one gives {len(scores)} outputs")
    return scores


def _scores_of_model(
    model: Any, x1: NDArray[np.float64], x2: NDArray[np.float64]
) -> NDArray[np.float64]:
    import numpy as np

    if not callable(model):
        raise TypeError(
            "plot_decision_boundary takes a model, a function of a list of two Values, or a "
            f"program, and got {type(model).__qualname__}"
        )
    scores = np.empty(x1.size)
    with no_grad():
        for i, (a, b) in enumerate(zip(x1.tolist(), x2.tolist(), strict=True)):
            scores[i] = _score(model([Value(a), Value(b)]))
    return scores


def _score(given: Any) -> float:
    score = given[0] if isinstance(given, list | tuple) and len(given) == 1 else given
    try:
        return as_float(score)
    except (TypeError, ValueError):
        what = f"a list of {len(score)}" if isinstance(score, list | tuple) else repr(score)[:60]
        raise TypeError(
            f"the model gives one score for a point, a Value or a number, and gave {what}"
        ) from None
