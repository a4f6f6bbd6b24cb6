"""`plot_embeddings`: words as arrows, and how similar they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..pictures.text import number
from .common import Array, Axes, as_matrix, as_plain_text, axes_or_new, got, import_library

MOST_WORDS, MOST_ARROWS, MOST_NUMBERS = 60, 20, 8  # that a plot has room for


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
        ax: the Axes for the arrows; those of a new figure if None. The similarities take half.
        similarities: whether to plot the similarities too.
    """
    pyplot = import_library()
    import numpy as np

    rows = _find_vectors(embedding, tokens)
    matrix = as_matrix(rows, "embedding")
    names = [as_plain_text(str(name), 20) for name in rows]
    dimensions = matrix.shape[1]
    if dimensions > 2:
        places, shares = _project(matrix)
        label = f"direction {{}} of {dimensions}: {{}} %"
        labels = [label.format(i, number(100.0 * share, 3)) for i, share in enumerate(shares, 1)]
    else:
        places = np.pad(matrix, ((0, 0), (0, 2 - dimensions)))
        labels = ["dimension 0", "dimension 1" if dimensions == 2 else ""]
    if ax is None:
        width, height = pyplot.rcParams["figure.figsize"]
        _, ax = pyplot.subplots(figsize=(width * (1.7 if similarities else 1.0), height))
    ax = axes_or_new(ax)
    ax.set(xlabel=labels[0], ylabel=labels[1])
    if similarities:  # first, because it decides how much room the names have
        _plot_similarities(ax, names, matrix)
    _plot_arrows(ax, names, places)
    return ax


def _find_vectors(embedding: Any, tokens: Any) -> dict[Any, Any]:
    """The vectors of the tokens, by name."""
    rows = embedding
    if hasattr(rows, "rows") and hasattr(rows, "words"):
        rows = dict(zip(rows.words or range(len(rows.rows)), rows.rows, strict=True))
    if not isinstance(rows, Mapping):
        raise TypeError(f"expected an nn.Embedding or a dict from words to vectors, {got(rows)}")
    if isinstance(tokens, str):
        raise TypeError(f"expected tokens to be a list, {got(tokens)}; write [{tokens!r}]")
    chosen = list(dict.fromkeys(rows if tokens is None else tokens))
    for token in chosen:
        if token not in rows:
            few = ", ".join(map(repr, list(rows)[:5])) + (", ..." if len(rows) > 5 else "")
            raise KeyError(f"there is no token {token!r} in this embedding of {few}")
    if len(chosen) > MOST_WORDS:
        many = f"expected at most {MOST_WORDS} words, got {len(chosen):,}"
        raise ValueError(f"{many}; choose some with tokens=[...]")
    return {name: rows[name] for name in chosen}


def _project(matrix: Array) -> tuple[Array, list[float]]:
    """The rows on the plane that keeps most of their squared length, and the share of each axis.

    The plane goes through the origin, unlike that of a principal component analysis, which moves
    the origin to the mean: an arrow stays an arrow, and two words keep their angle.
    """
    import numpy as np

    # A row of zeros more, and there are two directions even for a single word.
    _, singular, directions = np.linalg.svd(np.pad(matrix, ((0, 1), (0, 0))), full_matrices=False)
    places = matrix @ directions[:2].T
    longest = places[np.abs(places).argmax(axis=0), (0, 1)]
    places *= np.where(longest < 0.0, -1.0, 1.0)  # the sign is free: the longest arrow decides
    squares = (singular / (singular[0] or 1.0)) ** 2  # in proportion, so that none overflows
    return places, (squares[:2] / (squares.sum() or 1.0)).tolist()


def _plot_arrows(ax: Axes, names: list[str], places: Array) -> None:
    import numpy as np

    low, high = np.minimum(places.min(axis=0), 0.0), np.maximum(places.max(axis=0), 0.0)
    half = 0.6 * float((high - low).max()) or 1.0
    xlim, ylim = np.transpose([0.5 * (low + high) - half, 0.5 * (low + high) + half])
    ax.set(xlim=xlim, ylim=ylim, aspect="equal")  # or angles would be distorted
    ink = ax.xaxis.label.get_color()
    arrows = places.tolist() if len(names) <= MOST_ARROWS else []
    for x, y in places.tolist():
        (point,) = ax.plot([x], [y], "o", markersize=4)
        if arrows:
            style = {"arrowstyle": "-|>", "color": point.get_color(), "linewidth": 2}
            ax.annotate("", (x, y), (0.0, 0.0), arrowprops={**style, "shrinkA": 0, "shrinkB": 0})
    ax.plot([0.0], [0.0], "+", color=ink)  # the origin
    import_library("textalloc").allocate(
        ax, *places.T, names, x_scatter=places[:, 0], y_scatter=places[:, 1],
        x_lines=[[0.0, x] for x, _ in arrows] or None, max_distance=0.5, nbr_candidates=1000,
        y_lines=[[0.0, y] for _, y in arrows] or None, textsize=10 if arrows else 8,
        textcolor=[ink] * len(names), linecolor=[ink] * len(names), linewidth=0.5, zorder=4,
    )  # fmt: skip


def _plot_similarities(ax: Axes, names: list[str], matrix: Array) -> None:
    """Plot a table of all pairs on the right half of the Axes."""
    import numpy as np

    scaled = matrix / (np.abs(matrix).max() or 1.0)  # so that no square overflows
    with np.errstate(invalid="ignore"):  # a vector of zeros has no direction
        unit = scaled / np.linalg.norm(scaled, axis=1, keepdims=True)
    cosines = np.clip(unit @ unit.T, -1.0, 1.0)

    divider = import_library("mpl_toolkits.axes_grid1").make_axes_locatable(ax)
    table = divider.append_axes("right", size="100%", pad=0.8)
    colours = import_library().get_cmap().with_extremes(bad="gray")
    image = table.imshow(cosines, cmap=colours, vmin=-1.0, vmax=1.0)
    table.grid(False)
    size = ("medium", "small", "xx-small")[(len(names) > 5) + (len(names) > 14)]
    table.set_xticks(range(len(names)), names, rotation=90 if len(names) > 4 else 0, fontsize=size)
    table.set_yticks(range(len(names)), names, fontsize=size)
    table.tick_params(length=0)
    table.set_title("cosine similarity", fontsize="medium")
    if len(names) > MOST_NUMBERS:
        table.figure.colorbar(image, cax=divider.append_axes("right", size="5%", pad=0.1))
        return
    digits = 3 if len(names) <= 5 else 2
    for (i, j), cosine in np.ndenumerate(cosines.round(digits)):
        written = "–" if np.isnan(cosine) else number(cosine, digits)
        ink = "white" if sum(image.to_rgba(cosine)[:3]) < 1.5 else "black"
        table.text(j, i, written, ha="center", va="center", color=ink, fontsize=size)
