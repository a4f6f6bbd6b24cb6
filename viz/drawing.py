"""`draw`: the one function most people need."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autograd import Value

from . import graph
from .render import Picture

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["draw"]


def draw(
    root: Value | Sequence[Value],
    *,
    detail: str = "auto",
    direction: str = "LR",
    digits: int = 4,
    derivatives: bool = False,
    legend: bool = True,
    title: str = "",
) -> Picture:
    """Draw everything `root` was made from: values, gradients and operations.

    Call ``root.backward()`` first to see gradients; until then they are 0.

    Arguments:
        root: the value to draw, a loss for example; or several, drawn in one picture.
        detail: ``"scalar"`` draws every value; ``"neuron"`` and ``"layer"`` draw each module call
            of that size as one box; ``"auto"`` takes the finest that is readable. A graph too
            large for the page is abridged, and the picture says what it left out.
        direction: where the computation flows: ``"LR"``, ``"TB"``, ``"RL"`` or ``"BT"``.
        digits: significant digits of each number.
        derivatives: write the local derivative ∂ of each operation on the lines that lead into it.
        legend: explain the signs below the picture.
        title: a line below the picture.

    Returns:
        A `Picture`: shows itself in Jupyter; ``.svg``, ``.source``, ``.save("loss.svg")``.

    Raises:
        TypeError: `root` is not a Value, nor a sequence of Values.
        ValueError: there is nothing to draw, or an argument is not one of those above.

    >>> from autograd import Value
    >>> w = Value(0.5, label="w", role="parameter")
    >>> "parameter" in draw(w * 2).source
    True
    """
    roots = tuple(root) if isinstance(root, list | tuple) else (root,)
    for v in roots:
        if not isinstance(v, Value):
            raise TypeError(
                f"draw takes a Value, such as a loss, or a list of Values, and got "
                f"{type(v).__qualname__}"
            )
    if not roots:
        raise ValueError("there is nothing to draw: the list of values is empty")
    for name, given, known in (
        ("detail", detail, graph.DETAILS),
        ("direction", direction, graph.DIRECTIONS),
    ):
        if given not in known:
            raise ValueError(f"{name}={given!r} is unknown; it is one of {', '.join(known)}")
    if not isinstance(digits, int) or not 1 <= digits <= 17:
        raise ValueError(f"digits={digits!r} is not a whole number from 1 to 17")
    return Picture(
        graph.digraph(
            *roots,
            detail=detail,
            direction=direction,
            digits=digits,
            derivatives=derivatives,
            legend=legend,
            title=title,
        )
    )
