"""`plot_embeddings`: words as arrows, and how similar they are."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from typing import TYPE_CHECKING, Any, TypeAlias

from ..pictures.text import number
from .common import Axes, as_floats, as_plain_text, axes_or_new, import_pyplot

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["plot_embeddings"]

_Box: TypeAlias = tuple[float, float, float, float]
"""Left, right, bottom, top."""

MOST_WORDS = 60  # that a plot can name
WITH_NUMBERS = 8  # words up to which the similarities are written out
DISTANCES = range(8, 100, 7)  # of a name from its point
TURNS = sorted((0.5 * k for k in range(-6, 7)), key=abs)  # of a name about its point, in radians


def plot_embeddings(
    embedding: Any,
    *,
    tokens: Iterable[str | int] | None = None,
    ax: Axes | None = None,
    similarities: bool = True,
) -> Axes:
    """Plot words as arrows, and the similarity of each pair: ``cos = a·b / (|a| |b|)``.

    Vectors of more than two numbers are projected on the plane that keeps most of their squared
    length (the first two right singular vectors; Eckart and Young, 1936), and the label of each
    axis says how many percent it keeps. The similarities are those of the whole vectors.

    Arguments:
        embedding: an `nn.Embedding`; or a dict from words to vectors, lists of numbers or Values.
        tokens: the words to plot, or the numbers of tokens without words; all if None.
        ax: the Axes to draw on; those of a new figure if None. The similarities take half of them.
        similarities: whether to plot the similarities too.

    Returns:
        The Axes of the arrows.

    Raises:
        KeyError: a token is not in the embedding.
        ValueError: there are no vectors, more than 60, or vectors of different lengths.
    """
    pyplot = import_pyplot()
    import numpy as np

    vectors = _vectors(embedding, tokens)
    names = [as_plain_text(str(name), 20) for name in vectors]
    matrix = np.array(list(vectors.values()))
    if not np.isfinite(matrix).all():
        raise ValueError("a vector holds nan or infinity, which cannot be plotted")
    dimensions = matrix.shape[1]
    places, labels = matrix, ["dimension 0", "dimension 1"]
    if dimensions > 2:
        places, shares = _project(matrix)
        labels = [
            f"direction {i} of {dimensions}: {number(100 * share, 3)} %"
            for i, share in enumerate(shares, start=1)
        ]
    if ax is None:
        width, height = pyplot.rcParams["figure.figsize"]
        _, ax = pyplot.subplots(figsize=(width * (1.7 if similarities else 1.0), height))
    ax = axes_or_new(ax)
    ax.set_xlabel(labels[0])
    if dimensions > 1:
        ax.set_ylabel(labels[1])
    else:
        places = np.hstack([matrix, np.zeros_like(matrix)])
        ax.set_yticks([])
    if similarities:
        _plot_similarities(ax, names, matrix)
    _plot_arrows(ax, names, places)
    return ax


def _vectors(embedding: Any, tokens: Any) -> dict[Any, list[float]]:
    """The vectors of the tokens, by name."""
    if isinstance(embedding, Mapping):
        rows: Mapping[Any, Any] = embedding
    elif hasattr(embedding, "rows") and hasattr(embedding, "words"):
        rows = dict(zip(embedding.words or range(len(embedding.rows)), embedding.rows, strict=True))
    else:
        raise TypeError(
            "expected an nn.Embedding or a dict from words to vectors, got "
            f"{type(embedding).__qualname__}"
        )
    if isinstance(tokens, str):
        raise TypeError(f"expected tokens to be a list, got str: {tokens!r}; write [{tokens!r}]")
    chosen = list(dict.fromkeys(rows if tokens is None else tokens))
    for token in chosen:
        if token not in rows:
            few = ", ".join(map(repr, list(rows)[:5])) + (", ..." if len(rows) > 5 else "")
            raise KeyError(f"there is no token {token!r} in this embedding of {few}")
    if not chosen:
        raise ValueError("there are no vectors to plot")
    if len(chosen) > MOST_WORDS:
        raise ValueError(
            f"a plot has room for {MOST_WORDS} names, got {len(chosen):,} vectors; choose some "
            "with tokens=[...]"
        )
    vectors = {name: as_floats(rows[name], f"the vector of {name!r}") for name in chosen}
    lengths = {len(vector) for vector in vectors.values()}
    if lengths == {0}:
        raise ValueError("the vectors are empty")
    if len(lengths) > 1:
        found = ", ".join(f"{name!r} {len(vector)}" for name, vector in list(vectors.items())[:5])
        raise ValueError(f"expected vectors of one length, got different ones: {found}")
    return vectors


def _project(matrix: NDArray[np.float64]) -> tuple[NDArray[np.float64], list[float]]:
    """The rows on the plane that keeps most of their squared length, and the share of each axis.

    The plane goes through the origin, unlike that of a principal component analysis, which moves
    the origin to the mean: an arrow stays an arrow, and two words keep their angle.
    """
    import numpy as np

    _, singular, directions = np.linalg.svd(matrix, full_matrices=False)
    places = np.zeros((len(matrix), 2))
    kept = min(2, len(directions))
    places[:, :kept] = matrix @ directions[:kept].T
    for column in places.T:  # the sign of a singular vector is free: the longest arrow decides
        if column[np.argmax(np.abs(column))] < 0.0:
            column *= -1.0
    squares = (singular / (singular[0] or 1.0)) ** 2  # in proportion, so that none overflows
    squares /= squares.sum() or 1.0
    return places, [*squares[:2].tolist(), 0.0][:2]


def _plot_arrows(ax: Axes, names: Sequence[str], places: NDArray[np.float64]) -> None:
    import numpy as np

    low, high = np.minimum(places.min(axis=0), 0.0), np.maximum(places.max(axis=0), 0.0)
    half = 0.75 * float((high - low).max()) or 1.0  # with room for names at the ends
    (left, bottom), (right, top) = 0.5 * (low + high) - half, 0.5 * (low + high) + half
    ax.set_xlim(left, right)
    ax.set_ylim(bottom, top)
    ax.set_aspect("equal")  # or lengths and angles would be distorted

    extent = ax.get_window_extent()
    scale = min(extent.width, extent.height) * 72.0 / ax.figure.dpi / (2.0 * half)
    edges = (scale * left, scale * right, scale * bottom, scale * top)
    offsets = _place_names(names, scale * places, edges)
    ink = ax.xaxis.label.get_color()
    for name, (x, y), offset in zip(names, places.tolist(), offsets, strict=True):
        (point,) = ax.plot([x], [y], marker="o", markersize=4, linestyle="none")
        if len(names) <= 20:
            arrow = {"arrowstyle": "-|>", "color": point.get_color(), "linewidth": 2}
            ax.annotate("", (x, y), (0.0, 0.0), arrowprops={**arrow, "shrinkA": 0, "shrinkB": 0})
        far = math.hypot(*offset) > 12.0  # so that a line shows which point the name belongs to
        ax.annotate(
            name, (x, y), offset,
            textcoords="offset points", ha="left" if offset[0] >= 0.0 else "right", va="center",
            arrowprops={"arrowstyle": "-", "color": ink, "linewidth": 0.5} if far else None,
            bbox={"facecolor": ax.get_facecolor(), "alpha": 0.6, "edgecolor": "none", "pad": 1},
            zorder=4,
        )  # fmt: skip
    ax.plot([0.0], [0.0], marker="+", color=ink)  # the origin


def _place_names(
    names: Sequence[str], points: NDArray[np.float64], edges: _Box
) -> list[tuple[float, float]]:
    """Where to write each name, seen from its point: the nearest free place, outwards first.

    All in points of print (1/72 inch). (The package adjustText takes ten times as long and leaves
    some of 30 names on top of each other.)
    """
    height, letter, dot = 12.0, 6.6, 2.0  # of a line of text, its letters, half a marker: about
    taken = [(x - dot, x + dot, y - dot, y + dot) for x, y in points.tolist()]
    inf, (left, right, bottom, top) = math.inf, edges
    taken += [(-inf, left, -inf, inf), (right, inf, -inf, inf)]
    taken += [(-inf, inf, -inf, bottom), (-inf, inf, top, inf)]
    offsets = []
    for name, (x, y) in zip(names, points.tolist(), strict=True):
        outwards = math.atan2(y, x)
        places = []
        for distance, turn in product(DISTANCES, TURNS):
            dx = distance * math.cos(outwards + turn)
            dy = distance * math.sin(outwards + turn)
            start = x + dx - (0.0 if dx >= 0.0 else letter * len(name))
            box = (start, start + letter * len(name), y + dy - height / 2, y + dy + height / 2)
            places.append(((dx, dy), box))
        free = (place for place in places if not any(_overlap(place[1], box) for box in taken))
        offset, box = next(free, places[0])
        offsets.append(offset)
        taken.append(box)
    return offsets


def _overlap(one: _Box, other: _Box) -> bool:
    (left, right, bottom, top), (start, end, low, high) = one, other
    return left < end and start < right and bottom < high and low < top


def _plot_similarities(ax: Axes, names: Sequence[str], matrix: NDArray[np.float64]) -> None:
    """Plot a table of all pairs on the right half of the Axes."""
    import numpy as np

    largest = np.abs(matrix).max(axis=1, keepdims=True)
    scaled = matrix / np.where(largest > 0.0, largest, 1.0)  # whose squares cannot overflow
    lengths = np.linalg.norm(scaled, axis=1, keepdims=True)
    unit = np.divide(scaled, lengths, out=np.full_like(matrix, np.nan), where=lengths > 0.0)
    cosines = np.clip(unit @ unit.T, -1.0, 1.0)

    table = _split(ax)
    image = table.imshow(cosines, vmin=-1.0, vmax=1.0)
    table.grid(False)
    size = ("medium", "small", "xx-small")[(len(names) > 5) + (len(names) > 14)]
    table.set_xticks(range(len(names)), names, rotation=90 if len(names) > 4 else 0, fontsize=size)
    table.set_yticks(range(len(names)), names, fontsize=size)
    table.tick_params(length=0)
    table.set_title("cosine similarity", fontsize="medium")
    if len(names) > WITH_NUMBERS:
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


def _split(ax: Axes) -> Axes:
    """Move the Axes to the left half of their place, and make new ones on the right half."""
    place = ax.get_subplotspec()
    if place is not None:  # in a grid, which a layout may still move
        halves = place.subgridspec(1, 2, wspace=0.35)
        ax.set_subplotspec(halves[0])
        return ax.figure.add_subplot(halves[1])
    box = ax.get_position()
    ax.set_position((box.x0, box.y0, 0.42 * box.width, box.height))
    return ax.figure.add_axes((box.x0 + 0.58 * box.width, box.y0, 0.42 * box.width, box.height))
