"""`draw`, the one function that most people need."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from autograd import Value

from .compose import compose
from .dot import DIRECTIONS
from .insides import compose_insides
from .layout import check_width
from .legend import explain
from .numbers import CURRENT, Numbers, Source, find_common_scale, keep_numbers, read_recording
from .parts import Structured
from .plan import DETAILS, find_boxes, offer_plans
from .recording import Recording
from .render import Picture
from .structure import compose_module, is_structured
from .text import check_digits, check_text, class_name

if TYPE_CHECKING:
    from .scene import Scene

__all__ = ["check_options", "compose_levels", "draw"]

OF_MODULES = ("auto", "layer", "part")  # the details at which a module may be drawn
KEPT = 50_000
"""Values of which a picture keeps the numbers, so that its folds open; in a larger graph they stay
closed."""


def draw(
    root: Value | Sequence[Value] | Structured,
    *,
    detail: str = "auto",
    direction: str = "auto",
    width: float | None = None,
    digits: int = 4,
    derivatives: bool = False,
    legend: bool = True,
    title: str = "",
    highlight: Value | Iterable[Value] = (),
    sequence: Iterable[Value] = (),
) -> Picture:
    """Draw the graph of a value: every value, gradient and operation it was computed from.

    Call ``root.backward()`` first to see gradients; until then they are 0. Leaves show the data
    they have now, results the data they were computed with. So draw before an update, or use
    `draw_update`, which shows both sides of it. Given a module, draw its layers and neurons, with
    their settings and parameters.

    Arguments:
        root: the value to draw, such as a loss; or a list of values, drawn together; or a module.
        detail: ``"scalar"`` draws every value; ``"neuron"`` and ``"layer"`` draw each module call
            of that size as one box; ``"auto"`` is the finest of these that one can read, and if
            need be, it also draws functions such as softmax, and what repeats, as single boxes:
            ``× 100 examples``. Where even that has no room, each value with a label is one box,
            with its formula. A graph that is too large is abridged. The picture says what it folded
            or left out. For a module, ``"scalar"`` lists every parameter, ``"neuron"`` draws every
            module inside, ``"layer"`` draws each module that holds only innermost ones as one box,
            and ``"auto"`` draws many modules that look alike as one. Where that has no room, each
            part of the module is one box.
        direction: where the computation flows: ``"LR"`` (left to right), ``"TB"`` (top to bottom),
            ``"RL"`` or ``"BT"``. ``"auto"`` is left to right, or top to bottom where that fits
            better.
        width: the width of the place where the picture will be shown, in pixels; by default that
            of a notebook cell. The picture is laid out so that it fits there and its text can be
            read; at ``detail="auto"`` it becomes coarser if it must.
        digits: significant digits of each number.
        derivatives: write the local derivative ∂ of each operation on the lines into it; a module
            has none.
        legend: explain the signs below the picture.
        title: a line of text below the picture.
        highlight: values to mark with a thick ring; if a value is inside a module's box, the box is
            marked.
        sequence: losses to compare this one with, such as those before each update of a training.
            Squares and lines then have one scale for all of them. The numbers are those from when
            the loss was recorded, as in `draw_update`.

    Returns:
        A `Picture`, which shows itself in Jupyter, with ``.svg``, ``.source`` and
        ``.save("loss.svg")``.

    Raises:
        ValueError: a value to highlight is not in the graph, or the list of values is empty.

    >>> from autograd import Value
    >>> w = Value(0.5, label="w", role="parameter")
    >>> "parameter" in draw(w * 2).source
    True
    """
    check_options(detail, direction, digits, title)
    place = check_width(width)
    marked = _list_values(highlight, "highlight")
    others = _list_values(sequence, "sequence")
    if is_structured(root):
        sideways = direction not in ("TB", "BT")
        modules: list[Scene] = []
        for each in OF_MODULES if detail == "auto" else (detail,):
            scene = compose_module(
                root,
                detail=each,
                digits=digits,
                title=title,
                highlight=marked,
                sideways=sideways,
            )
            if not modules:
                modules.append(scene)
            elif scene.items != modules[-1].items:
                note = f"drawn by {each}, to be readable here; detail='neuron' draws every part"
                modules.append(scene._replace(notes=(*scene.notes, note)))
        return Picture(modules, direction, place, f"Structure of {class_name(root)}")
    roots: tuple[Any, ...] = tuple(root) if isinstance(root, list | tuple) else (root,)
    for v in roots:
        if not isinstance(v, Value):
            raise TypeError(
                "expected a Value, such as a loss, a list of Values, or a module to draw, got "
                f"{type(v).__qualname__}: {v!r:.60}"
            )
    if not roots:
        raise ValueError("expected at least one Value to draw, got an empty list")
    with _collect_later():
        scenes = compose_levels(
            *roots,
            detail=detail,
            digits=digits,
            derivatives=derivatives,
            legend=legend,
            title=title,
            highlight=marked,
            source=_read_among(others, roots) if others else CURRENT,
        )
    return Picture(scenes, direction, place)


def compose_levels(
    *roots: Value,
    detail: str,
    digits: int,
    derivatives: bool = False,
    legend: bool = True,
    title: str = "",
    highlight: Sequence[Value] = (),
    source: Source = CURRENT,
    beside: Sequence[Scene] = (),
) -> list[Scene]:
    """Make the scenes of a graph, the finest first; see `draw`, and `Source` for the numbers.

    All are made now, because numbers may change before one of them is chosen. What is explained
    `beside` them, in the scenes of a graph of the same shape, is not explained again.
    """
    scenes: list[Scene] = []
    for plan in offer_plans(roots, detail):
        if source is CURRENT and plan.total <= KEPT:
            source = keep_numbers(plan.place)
        marked, not_drawn = find_boxes(plan, highlight)
        # Where lines have no room for derivatives, the boxes are worth more.
        for written in (True, False) if derivatives and detail == "auto" else (derivatives,):
            numbers = Numbers(plan, digits, source, derivatives=written)
            scene = compose(plan, numbers, marked=marked)
            notes = numbers.notes(title, not_drawn)
            if legend:
                said = beside[min(len(scenes), len(beside) - 1)].notes if beside else ()
                notes += explain(scene, numbers, said)
                if numbers.explained not in ("", *said):
                    notes.append(numbers.explained)
            if written != derivatives:
                notes.append("the local derivatives are left out: there is no room for them here")
            scene = scene._replace(notes=tuple(notes))
            if source is not CURRENT and plan.collapsed:
                explained = notes if legend else None
                insides = partial(compose_insides, plan, numbers, explained)
                scene = scene._replace(insides=insides)
            scenes.append(scene)
    return scenes


@contextmanager
def _collect_later() -> Iterator[None]:
    """A block in which no garbage is collected.

    The stages of a picture make millions of objects of a large graph, which all stay in use. To
    look through them again and again takes up to a quarter of the time.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def _read_among(sequence: Sequence[Value], roots: Sequence[Value]) -> Source:
    """The numbers of a loss, on a scale for the whole sequence."""
    (root, *others) = roots
    if others:
        raise ValueError(
            f"expected one Value to draw in a sequence, got a list of {len(roots):,}. "
            "Draw each separately."
        )
    recording = Recording(root)
    scale = find_common_scale([recording, *map(Recording, sequence)])
    return read_recording(recording, scale)


def _list_values(given: Any, name: str) -> list[Value]:
    if isinstance(given, Value):
        return [given]
    if isinstance(given, str) or not hasattr(given, "__iter__"):
        raise TypeError(
            f"expected {name} to be a list of Values, got {type(given).__qualname__}: {given!r:.60}"
        )
    values = list(given)
    for v in values:
        if not isinstance(v, Value):
            raise TypeError(
                f"expected {name} to hold only Values, got {type(v).__qualname__}: {v!r:.60}"
            )
    return values


def check_options(detail: Any, direction: Any, digits: Any, title: Any) -> None:
    """Raise an error if `draw` cannot take one of these options."""
    check_text(title, "title")
    if detail not in DETAILS:
        raise ValueError(f"expected detail to be one of {', '.join(DETAILS)}, got {detail!r}")
    if direction not in ("auto", *DIRECTIONS):
        raise ValueError(
            f"expected direction to be one of {', '.join(DIRECTIONS)}, got {direction!r}. "
            "Leave it out to choose what fits."
        )
    check_digits(digits)
