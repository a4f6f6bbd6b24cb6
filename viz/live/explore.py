"""`explore`: a page in which every leaf of a graph can be changed, and everything follows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograd import Value

from ..pictures.draw import draw
from ..pictures.recording import Recording
from ..pictures.text import check_digits, check_text, quantity, shortened
from ..stepping.links import list_links
from ..stepping.shown import ShownPage
from .levels import find_levels
from .page import write_page
from .record import Numbered, find_leaves

__all__ = ["Explorer", "explore"]

RATE = 0.1  # the learning rate of the worked examples


class Explorer(ShownPage):
    """A live page of a graph, which shows itself in Jupyter and can be saved as HTML.

    Attributes:
        html: the page; it needs no other file.
    """

    def __init__(self, html: str, title: str, output: Value, leaves: int) -> None:
        super().__init__(html, title)
        self._output, self._leaves = output, leaves

    def _draw_instead(self) -> str:
        return draw(self._output)._repr_html_()

    def __repr__(self) -> str:
        count = quantity(self._leaves, "number")
        return f"<Explorer: {count} to change; .html, .save('live.html')>"


def explore(
    *outputs: Value,
    lr: float = RATE,
    ask: bool = False,
    digits: int = 4,
    title: str = "",
    links: Sequence[tuple[str, str]] = (),
) -> Explorer:
    """Make a page in which every leaf of a graph can be changed, and everything follows.

    The page runs the graph itself: drag a number, type another or use the arrow keys, and all data,
    gradients and local derivatives follow. It can update the parameters against their gradients,
    draw an output against any leaf with its tangent, and compare ``ΔL/Δw`` with ``∂L/∂w``. Its
    address holds what one sees. There is no need to call ``backward()``, and the graph is not
    changed. Constants stay as they are; so do leaves whose role is ``"constant"``.

    A graph of more than 300 values is drawn with its modules, or with folds, in single boxes.

    Arguments:
        outputs: what to explore, such as a loss. With several, the page lets one choose which of
            them the gradients are of.
        lr: the learning rate that the page begins with.
        ask: whether the page asks for the sign or the number of a gradient before it shows it.
        digits: significant digits of each number.
        title: the headline; by default it names the output.
        links: other pages to lead to, above the headline: for each, its words and its address.

    Returns:
        An `Explorer`, which shows itself in Jupyter, with ``.html`` and ``.save("live.html")``.

    Raises:
        TypeError: an output is not a Value.
        ValueError: there is no output, or no leaf that could be changed.

    >>> w = Value(0.5, label="w")
    >>> explore((w * 2 - 3) ** 2)
    <Explorer: 1 number to change; .html, .save('live.html')>
    """
    roots = _list_outputs(outputs)
    check_digits(digits)
    check_text(title, "title")
    rate = _check_rate(lr)
    recording = Recording(*roots)
    numbered = Numbered(recording)
    leaves = find_leaves(numbered)
    if not leaves:
        raise ValueError(
            "expected an output computed from a leaf that can be changed, got one of constants only"
        )
    view, levels = find_levels(recording, digits)
    title = shortened(title, 110) or f"Explore {_enumerate([view.names[v] for v in roots])}"
    html = write_page(
        view, levels, numbered, title=title, links=list_links(links), rate=rate, ask=bool(ask)
    )
    return Explorer(html, title, roots[0], len(leaves))


def _list_outputs(outputs: Sequence[Any]) -> list[Value]:
    for each in outputs:
        if not isinstance(each, Value):
            several = isinstance(each, list | tuple)
            advice = ". Write explore(*outputs) for several outputs." if several else ""
            raise TypeError(
                "expected outputs to be Values, such as a loss, got "
                f"{type(each).__qualname__}: {each!r:.60}{advice}"
            )
    if not outputs:
        raise ValueError("expected at least one output to explore, such as a loss, got none")
    return list(dict.fromkeys(outputs))


def _enumerate(names: Sequence[str]) -> str:
    """``p1, p2 and p3``, or the first of many."""
    if len(names) > 3:
        return f"{', '.join(names[:3])}, …"
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def _check_rate(lr: Any) -> float:
    try:
        rate = float(lr)
    except (TypeError, ValueError):
        raise TypeError(
            f"expected lr to be a number, got {type(lr).__qualname__}: {lr!r:.60}"
        ) from None
    if not 0.0 < rate < float("inf"):
        raise ValueError(f"expected lr to be a positive number, got {lr!r:.60}")
    return rate
