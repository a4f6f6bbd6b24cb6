"""`plot_embeddings`: words as arrows, and how alike they are."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..pictures.text import number
from .common import Axes, axes, numbers_of, plain, pyplot_or_advice

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


__all__ = ["plot_embeddings"]

WORDS = 60  # vectors that a plot can name
WRITTEN = 8  # words up to which their similarities are written in numbers


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
    pyplot = pyplot_or_advice()
    import numpy as np

    vectors = _vectors(embedding, tokens)
    names = [plain(str(name), 20) for name in vectors]
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
    ax = axes(ax)
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
                few = ", ".join(map(repr, list(rows)[:5])) + (", ..." if len(rows) > 5 else "")
                raise KeyError(f"there is no token {token!r} in this embedding of {few}")
            chosen[token] = rows[token]
        rows = chosen
    if not rows:
        raise ValueError("there are no vectors to plot")
    if len(rows) > WORDS:
        raise ValueError(
            f"{len(rows):,} vectors are more than a plot can name; choose up to {WORDS} with "
            "tokens=[...]"
        )
    vectors = {name: numbers_of(row, f"the vector of {name!r}") for name, row in rows.items()}
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
    extent = ax.get_window_extent()
    side = min(extent.width, extent.height) * 72.0 / ax.figure.dpi  # in points of print
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
