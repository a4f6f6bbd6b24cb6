"""Curves and boundaries, drawn by matplotlib (``pip install "glassgrad[plots]"``).

Each function draws on the Axes that it is given, or on a new figure's, and returns them. Colours
come from matplotlib's style in use; what they say is also said by a marker, a dash or a word, so
that a grey print says it too. matplotlib is loaded by the first plot.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from itertools import cycle, pairwise
from typing import TYPE_CHECKING, Any, TypeAlias

from autograd import Value, grad, modes, no_grad, ops

from .text import number, shortened

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import ModuleType

    import numpy as np
    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike, NDArray

    from autograd.program.program import Program
    from autograd.value import Number

__all__ = ["plot_activation", "plot_decision_boundary", "plot_embeddings", "plot_losses"]

SAMPLES = 401  # points of a curve, before what lies around its jumps
ROWS_OF_A_PROGRAM, ROWS_OF_A_MODEL = 200, 60  # points along a side of the plane; one is slower
ORDERS_OF_MAGNITUDE = 1.5  # that losses span where a logarithmic scale shows more
WORDS = 60  # vectors that a plot can name
WRITTEN = 8  # words up to which their similarities are written in numbers

_MARKERS = "os"
_DASHES = ("-", "--", "-.", ":")


def _pyplot() -> ModuleType:
    try:
        from matplotlib import pyplot
    except ImportError as error:
        raise ImportError(
            'plots are drawn by matplotlib; run: pip install "glassgrad[plots]"'
        ) from error
    return pyplot


def _axes(ax: Axes | None) -> Axes:
    pyplot = _pyplot()
    if ax is None:
        new: Axes = pyplot.subplots()[1]
        return new
    if not hasattr(ax, "plot"):
        raise TypeError(
            f"ax is the Axes to draw on, as plt.subplots() gives them, and got "
            f"{type(ax).__qualname__}"
        )
    return ax


# ── activations ──────────────────────────────────────────────────────────────────────────────


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
    low, high = _finite(low, "low"), _finite(high, "high")
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
    ax = _axes(ax)
    x = [p[0] for p in points]
    for k, label in ((1, f"{name}(x)"), (2, f"{name}′(x)")):
        # The formula of a derivative may well have values where the function has none.
        y = [p[k] if math.isfinite(p[1]) and math.isfinite(p[k]) else math.nan for p in points]
        ax.plot(x, y, label=_text(label, 60), linestyle=_DASHES[k - 1], linewidth=2)
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


# ── losses ───────────────────────────────────────────────────────────────────────────────────


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
    pyplot = _pyplot()
    runs = _runs(losses, label)
    everything = [x for run in runs.values() for x in run if math.isfinite(x)]
    positive = [x for x in everything if x > 0.0]
    if log and not positive:
        raise ValueError(
            "none of the losses is above 0, so a logarithmic scale has no place for it"
        )
    ax = _axes(ax)
    if log is None:
        wide = bool(positive) and max(positive) > 10**ORDERS_OF_MAGNITUDE * min(positive)
        log = wide and len(positive) == len(everything)
        log = log or ax.get_yscale() == "log"
    ax.set_yscale("log" if log else "linear")
    dashes = cycle(_DASHES)
    for name, run in runs.items():
        lost = next((i for i, x in enumerate(run) if not math.isfinite(x)), None)
        told = (
            "" if lost is None else f"{' ' if name else ''}({number(run[lost])} from {lost:,} on)"
        )
        drawn = [x if math.isfinite(x) else math.nan for x in run]
        few = len(run) <= 30
        ax.plot(
            range(len(run)),
            drawn,
            label=_text(name) + told,
            linestyle=next(dashes),
            marker="." if few else None,
        )
    ax.xaxis.set_major_locator(pyplot.MaxNLocator("auto", integer=True, steps=[1, 2, 5, 10]))
    ax.set_xlabel("updates")
    ax.set_ylabel("loss")
    if any(line.get_label() and not str(line.get_label()).startswith("_") for line in ax.lines):
        ax.legend()
    return ax


def _runs(losses: Any, label: str) -> dict[str, list[float]]:
    if isinstance(losses, Mapping):
        if label:
            raise ValueError("each of several runs has its own name; leave label out")
        runs = {str(name): _numbers(run, f"the run {name!r}") for name, run in losses.items()}
    else:
        runs = {label: _numbers(losses, "losses")}
    if not runs or not all(runs.values()):
        empty = next((f": {name!r} is empty" for name, run in runs.items() if not run and name), "")
        raise ValueError(f"there are no losses to plot{empty}")
    return runs


# ── decision boundaries ──────────────────────────────────────────────────────────────────────


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
    _pyplot()
    import numpy as np

    points, labels = _points(X, y)
    compiled = hasattr(model, "value_and_grad")
    if resolution is None:
        resolution = ROWS_OF_A_PROGRAM if compiled else ROWS_OF_A_MODEL
    if not isinstance(resolution, int) or resolution < 2:
        raise ValueError(f"resolution is a whole number from 2 on, and got {resolution!r}")
    boundary = _finite(boundary, "boundary")
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

    ax = _axes(ax)
    colours = []
    for k, (label, marker) in enumerate(zip(np.unique(labels), _MARKERS, strict=False)):
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
    rows = [_numbers(row, f"the point X[{i}]") for i, row in enumerate(X)]
    labels = np.array(_numbers(y, "y"))
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
        few = ", ".join(classes[:5]) + (", …" if len(classes) > 5 else "")
        raise ValueError(
            f"y names two classes, such as −1 and 1, and holds {len(classes)} different labels: "
            f"{few}"
        )
    return points, labels


def _scores_of_program(
    program: Any, x1: NDArray[np.float64], x2: NDArray[np.float64]
) -> NDArray[np.float64]:
    import numpy as np

    wanted = (
        "a program to plot has two inputs and gives one score, as "
        "autograd.compile(model([x1, x2]), params=…, inputs=[x1, x2])"
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
        return float(score)
    except (TypeError, ValueError):
        what = f"a list of {len(score)}" if isinstance(score, list | tuple) else repr(score)[:60]
        raise TypeError(
            f"the model gives one score for a point, a Value or a number, and gave {what}"
        ) from None


# ── embeddings ───────────────────────────────────────────────────────────────────────────────


def plot_embeddings(
    embedding: Any,
    *,
    tokens: Iterable[str | int] | None = None,
    ax: Axes | None = None,
    similarities: bool = True,
) -> Axes:
    """Plot words as arrows, and how alike each two of them are: ``cos = a·b / (|a| |b|)``.

    Of vectors of more than two numbers the plot shows the projection on the plane that keeps most
    of their squared length (the first two right singular vectors; Eckart and Young, 1936), and says
    along each axis how many percent that is. The similarities are those of the whole vectors.

    Arguments:
        embedding: an `nn.Embedding`, or a vector, a list of numbers or Values, for each word.
        tokens: the words to plot, or the numbers of tokens without words; all if None.
        ax: the Axes to draw on; a new figure's if None. The similarities take half of its place.
        similarities: whether to plot them.

    Returns:
        The Axes of the arrows.

    Raises:
        TypeError: `embedding` is neither, or a vector does not hold numbers.
        KeyError: there is no such token.
        ValueError: there is no vector, there are too many to name, they are of different lengths,
            or not finite.
        ImportError: matplotlib is not installed.
    """
    pyplot = _pyplot()
    import numpy as np

    vectors = _vectors(embedding, tokens)
    names = [_text(str(name), 20) for name in vectors]
    matrix = np.array(list(vectors.values()))
    if not np.isfinite(matrix).all():
        raise ValueError("a vector holds nan or infinity, which has no place in a plane")
    dimensions = matrix.shape[1]
    places, labels = matrix, [f"dimension {i}" for i in range(2)]
    if dimensions > 2:
        places, shares = _projected(matrix)
        labels = [
            f"direction {i + 1} of {dimensions}: {number(100 * share, 3)} %"
            for i, share in enumerate(shares)
        ]
    if ax is None:
        width, height = pyplot.rcParams["figure.figsize"]
        _, ax = pyplot.subplots(figsize=(width * (1.7 if similarities else 1.0), height))
    ax = _axes(ax)
    if similarities:
        _plot_similarities(ax, names, matrix)
    _plot_arrows(ax, names, places)
    ax.set_xlabel(labels[0])
    if dimensions > 1:
        ax.set_ylabel(labels[1])
    else:
        ax.set_yticks([])
    return ax


def _vectors(embedding: Any, tokens: Any) -> dict[Any, list[float]]:
    """The vectors of the tokens, by name, checked."""
    if isinstance(embedding, Mapping):
        rows: Mapping[Any, Any] = embedding
    elif hasattr(embedding, "rows") and hasattr(embedding, "words"):
        rows = dict(zip(embedding.words or range(len(embedding.rows)), embedding.rows, strict=True))
    else:
        raise TypeError(
            "plot_embeddings takes an nn.Embedding, or a dict from words to vectors, and got "
            f"{type(embedding).__qualname__}"
        )
    if isinstance(tokens, str):
        raise TypeError(f"tokens is a list of words, and got the string {tokens!r}: [{tokens!r}]")
    if tokens is not None:
        chosen = {}
        for token in tokens:
            if token not in rows:
                few = ", ".join(map(repr, list(rows)[:5])) + (", …" if len(rows) > 5 else "")
                raise KeyError(f"there is no token {token!r} in this embedding of {few}")
            chosen[token] = rows[token]
        rows = chosen
    if not rows:
        raise ValueError("there are no vectors to plot")
    if len(rows) > WORDS:
        raise ValueError(
            f"{len(rows):,} vectors are more than a plot can name; choose up to {WORDS} with "
            "tokens=[…]"
        )
    vectors = {name: _numbers(row, f"the vector of {name!r}") for name, row in rows.items()}
    lengths = {len(vector) for vector in vectors.values()}
    if lengths == {0}:
        raise ValueError("the vectors are empty lists")
    if len(lengths) > 1:
        told = ", ".join(f"{name!r} {len(vector)}" for name, vector in list(vectors.items())[:5])
        raise ValueError(f"vectors have one length, and these have several: {told}")
    return vectors


def _projected(
    matrix: NDArray[np.float64],
) -> tuple[NDArray[np.float64], list[float]]:
    """The rows on the plane that keeps most of their squared length, and the share each axis has.

    The plane goes through the origin, unlike that of a principal component analysis, which moves
    the origin to the mean: an arrow stays an arrow, and two words have their true angle.
    """
    import numpy as np

    _, singular, directions = np.linalg.svd(matrix, full_matrices=False)
    places = np.zeros((len(matrix), 2))
    kept = min(2, len(directions))
    places[:, :kept] = matrix @ directions[:kept].T
    for column in places.T:  # a singular vector has two signs: the longest arrow decides
        if column[np.argmax(np.abs(column))] < 0.0:
            column *= -1.0
    squares = (singular / (singular[0] or 1.0)) ** 2  # beside the first, lest they overflow
    squares /= squares.sum() or 1.0
    return places, [*squares[:2].tolist(), 0.0][:2]


def _plot_arrows(ax: Axes, names: Sequence[str], places: NDArray[np.float64]) -> None:
    import numpy as np

    xy = np.zeros((len(names), 2))
    xy[:, : places.shape[1]] = places[:, :2]
    low, high = np.minimum(xy.min(axis=0), 0.0), np.maximum(xy.max(axis=0), 0.0)
    half = 0.75 * float((high - low).max()) or 1.0  # with room for words at the ends
    (left, bottom), (right, top) = 0.5 * (low + high) - half, 0.5 * (low + high) + half
    ax.set_xlim(left, right)
    ax.set_ylim(bottom, top)
    ax.set_aspect("equal")  # angles and lengths as they are

    few = len(names) <= 20
    box, figure = ax.get_position(), ax.figure
    side = 72.0 * min(box.width * figure.get_figwidth(), box.height * figure.get_figheight())
    offsets = _beside_points(names, xy * side / (2.0 * half))
    for name, (x, y), offset in zip(names, xy.tolist(), offsets, strict=True):
        (point,) = ax.plot([x], [y], marker="o", markersize=4, linestyle="none")
        if few:
            arrow = {
                "arrowstyle": "-|>", "color": point.get_color(), "linewidth": 2,
                "shrinkA": 0, "shrinkB": 0,
            }  # fmt: skip
            ax.annotate("", (x, y), (0.0, 0.0), arrowprops=arrow)
        ax.annotate(
            name,
            (x, y),
            offset,
            textcoords="offset points",
            ha="left" if offset[0] >= 0.0 else "right",
            va="center",
            bbox={"facecolor": ax.get_facecolor(), "alpha": 0.6, "edgecolor": "none", "pad": 1},
            zorder=4,
        )
    ax.plot([0.0], [0.0], marker="+", color=ax.xaxis.label.get_color())  # the origin, in view


def _beside_points(names: Sequence[str], points: NDArray[np.float64]) -> list[tuple[float, float]]:
    """Where each name goes, seen from its point, so that they do not cover each other.

    Outwards, if that is free; else turned about the point, or further away. In points of print.
    """
    height, width = 12.0, 6.6  # of a line of text, and of a letter: about
    taken: list[tuple[float, float, float, float]] = []
    offsets = []
    for name, (x, y) in zip(names, points.tolist(), strict=True):
        outwards = math.atan2(y, x)
        places = []
        for distance in (8.0, 16.0, 26.0):
            for turn in (0.0, 0.6, -0.6, 1.2, -1.2, 1.8, -1.8, 2.6, -2.6):
                dx = distance * math.cos(outwards + turn)
                dy = distance * math.sin(outwards + turn)
                left = x + dx - (0.0 if dx >= 0.0 else width * len(name))
                box = (left, left + width * len(name), y + dy - height / 2, y + dy + height / 2)
                covered = sum(
                    max(0.0, min(box[1], other[1]) - max(box[0], other[0]))
                    * max(0.0, min(box[3], other[3]) - max(box[2], other[2]))
                    for other in taken
                )
                places.append((covered, (dx, dy), box))
        _, offset, box = min(places, key=lambda place: place[0])  # of equals the first
        offsets.append(offset)
        taken.append(box)
    return offsets


def _plot_similarities(ax: Axes, names: Sequence[str], matrix: NDArray[np.float64]) -> None:
    """A table of all pairs, beside the arrows, within the place that these had."""
    import numpy as np

    largest = np.abs(matrix).max(axis=1, keepdims=True)
    scaled = matrix / np.where(
        largest > 0.0, largest, 1.0
    )  # whose squares neither over- nor underflow
    lengths = np.linalg.norm(scaled, axis=1, keepdims=True)
    unit = np.divide(scaled, lengths, out=np.full_like(matrix, np.nan), where=lengths > 0.0)
    cosines = np.clip(unit @ unit.T, -1.0, 1.0)

    table = _beside(ax)
    image = table.imshow(cosines, vmin=-1.0, vmax=1.0)
    table.grid(False)
    size = ("medium", "small", "xx-small")[(len(names) > 5) + (len(names) > 14)]
    table.set_xticks(range(len(names)), names, rotation=90 if len(names) > 4 else 0, fontsize=size)
    table.set_yticks(range(len(names)), names, fontsize=size)
    table.tick_params(length=0)
    table.set_title("cosine similarity", fontsize="medium")
    if len(names) > WRITTEN:
        table.figure.colorbar(image, ax=table, fraction=0.046)
        return
    digits = 3 if len(names) <= 5 else 2
    for i, row in enumerate(cosines.tolist()):
        for j, cosine in enumerate(row):
            written = number(round(cosine, digits), digits)
            ink: Any = "black"
            red, green, blue, _ = image.cmap(image.norm(cosine))
            if 0.299 * red + 0.587 * green + 0.114 * blue < 0.5:  # how light it looks (Rec. 601)
                ink = "white"
            if math.isnan(cosine):  # of a vector of zeros, which has no direction
                written, ink = "–", ax.xaxis.label.get_color()
            table.text(j, i, written, ha="center", va="center", color=ink, fontsize=size)


def _beside(ax: Axes) -> Axes:
    """New Axes on the right half of where these were, which keep the left."""
    place = ax.get_subplotspec()
    if place is not None:  # in a grid, which may be laid out anew
        halves = place.subgridspec(1, 2, wspace=0.35)
        ax.set_subplotspec(halves[0])
        return ax.figure.add_subplot(halves[1])
    box = ax.get_position()
    ax.set_position((box.x0, box.y0, 0.42 * box.width, box.height))
    return ax.figure.add_axes((box.x0 + 0.58 * box.width, box.y0, 0.42 * box.width, box.height))


# ── what all of them need ────────────────────────────────────────────────────────────────────


def _finite(given: Any, name: str) -> float:
    try:
        x = float(given)
    except (TypeError, ValueError):
        raise TypeError(f"{name} is a number, and got {given!r}") from None
    if not math.isfinite(x):
        raise ValueError(f"{name} is a finite number, and got {given!r}")
    return x


def _numbers(given: Any, name: str) -> list[float]:
    """A list of numbers and Values as floats."""
    if isinstance(given, str | Value) or not isinstance(given, Iterable):
        raise TypeError(
            f"{name} is a list of numbers or Values, and got {type(given).__qualname__}"
        )
    numbers = []
    for i, x in enumerate(given):
        if isinstance(x, str) or not hasattr(x, "__float__") or getattr(x, "shape", None):
            raise TypeError(
                f"{name} is a list of numbers or Values, and [{i}] is {type(x).__qualname__}: "
                f"{x!r:.60}"
            )
        numbers.append(float(x))
    return numbers


def _text(label: str, limit: int = 28) -> str:
    """A label as matplotlib takes it, to which ``$`` starts a formula and ``_`` hides a line."""
    text = shortened(label, limit).replace("$", r"\$")
    return f" {text}" if text.startswith("_") else text
