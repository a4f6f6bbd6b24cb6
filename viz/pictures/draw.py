"""`draw`: the one function most people need."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from autograd import Value

from .compose import compose
from .dot import DIRECTIONS
from .numbers import CURRENT, Numbers, Source
from .plan import DETAILS, find_boxes, plan_picture
from .render import Picture
from .structure import Structured, compose_module, is_structured
from .text import check_text, class_name, number, shortened

if TYPE_CHECKING:
    from .scene import Scene

__all__ = ["check_options", "compose_graph", "draw"]

FEW = 3  # results that are named in words


def draw(
    root: Value | Sequence[Value] | Structured,
    *,
    detail: str = "auto",
    direction: str = "LR",
    digits: int = 4,
    derivatives: bool = False,
    legend: bool = True,
    title: str = "",
    highlight: Value | Iterable[Value] = (),
) -> Picture:
    """Draw everything `root` was made from: values, gradients and operations.

    Call ``root.backward()`` first to see gradients; until then they are 0. Leaves show the data
    that they have now, results what was computed: draw before an update, or use `draw_update`,
    which shows both sides of it. Given a module, a model for example, draw what it is made of: its
    layers and neurons, their settings and parameters.

    Arguments:
        root: the value to draw, a loss for example; or several, drawn in one picture; or a module.
        detail: ``"scalar"`` draws every value; ``"neuron"`` and ``"layer"`` draw each module call
            of that size as one box; ``"auto"`` takes the finest that is readable. A graph too
            large for the page is abridged, and the picture says what it left out. Of a module,
            ``"scalar"`` lists every parameter, ``"neuron"`` draws every module within,
            ``"layer"`` one box for each that holds only innermost ones, and ``"auto"`` draws
            many of a kind as one.
        direction: where the computation flows: ``"LR"``, ``"TB"``, ``"RL"`` or ``"BT"``.
        digits: significant digits of each number.
        derivatives: write the local derivative ∂ of each operation on the lines that lead into it;
            a module has none.
        legend: explain the signs below the picture.
        title: a line below the picture.
        highlight: values to mark with a thick ring; where one is drawn inside a module's box, that
            box is marked.

    Returns:
        A `Picture`: shows itself in Jupyter; ``.svg``, ``.source``, ``.save("loss.svg")``.

    Raises:
        TypeError: `root` is not a Value, a sequence of Values or a module; or `highlight` is not
            made of Values.
        ValueError: there is nothing to draw, a value to highlight is not in the graph, or an
            argument is not one of those above.

    >>> from autograd import Value
    >>> w = Value(0.5, label="w", role="parameter")
    >>> "parameter" in draw(w * 2).source
    True
    """
    check_options(detail, direction, digits, title)
    marked = _values(highlight)
    if is_structured(root):
        scene = compose_module(
            root,
            detail=detail,
            digits=digits,
            title=title,
            highlight=marked,
            sideways=direction in ("LR", "RL"),
        )
        return Picture(scene, direction, alt=f"Structure of {class_name(root)}")
    roots: tuple[Any, ...] = tuple(root) if isinstance(root, list | tuple) else (root,)
    for v in roots:
        if not isinstance(v, Value):
            raise TypeError(
                f"draw takes a Value, such as a loss, or a list of Values, or a module, and got "
                f"{type(v).__qualname__}"
            )
    if not roots:
        raise ValueError("there is nothing to draw: the list of values is empty")
    scene = compose_graph(
        *roots,
        detail=detail,
        digits=digits,
        derivatives=derivatives,
        legend=legend,
        title=title,
        highlight=marked,
    )
    return Picture(scene, direction, alt=f"Computation graph: {_results(roots)}")


def compose_graph(
    *roots: Value,
    detail: str,
    digits: int,
    derivatives: bool = False,
    legend: bool = True,
    title: str = "",
    highlight: Sequence[Value] = (),
    source: Source = CURRENT,
) -> Scene:
    """Make the scene of a graph, with numbers from `source`; see `draw` for the rest."""
    plan = plan_picture(roots, detail)
    marked, not_drawn = find_boxes(plan, highlight)
    numbers = Numbers(plan, digits, source, derivatives=derivatives)
    return compose(plan, numbers, notes=numbers.notes(title, legend, not_drawn), marked=marked)


def _results(roots: Sequence[Value]) -> str:
    """What was computed, in words, for those who do not see the picture."""
    results = [f"{shortened(v.label) or 'result'} = {number(v.data)}" for v in roots[:FEW]]
    return ", ".join(results + ["…"] * (len(roots) > FEW))


def _values(highlight: Any) -> list[Value]:
    if isinstance(highlight, Value):
        return [highlight]
    if isinstance(highlight, str) or not hasattr(highlight, "__iter__"):
        raise TypeError(
            f"highlight is a list of Values, and got {type(highlight).__qualname__}: {highlight!r}"
        )
    marked = list(highlight)
    for v in marked:
        if not isinstance(v, Value):
            raise TypeError(
                f"highlight is a list of Values, and holds {type(v).__qualname__}: {v!r:.60}"
            )
    return marked


def check_options(detail: Any, direction: Any, digits: Any, title: Any) -> None:
    """Raise a ValueError or a TypeError if `draw` cannot take one of these options."""
    check_text(title, "title")
    for name, given, known in (
        ("detail", detail, DETAILS),
        ("direction", direction, DIRECTIONS),
    ):
        if given not in known:
            raise ValueError(f"{name}={given!r} is unknown; it is one of {', '.join(known)}")
    if not isinstance(digits, int) or not 1 <= digits <= 17:
        raise ValueError(f"digits={digits!r} is not a whole number from 1 to 17")
