"""`step_through`: a page that walks through a graph, forward and backward, one value at a time.

For one loss it plays the forward pass and the chain rule; for a list of losses, a training.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from itertools import islice
from typing import Any

from autograd import Value

from ..pictures.recording import Recording, describe_difference
from ..pictures.text import check_digits, check_text, number, shortened
from .curve import draw_curve
from .fold_numbers import follow_passes, follow_training
from .folding import fold_view
from .links import list_links
from .narration import narrate
from .page import write_page
from .shown import ShownPage
from .step import Step
from .training import choose_losses, narrate_training
from .view import StepView

__all__ = ["Walkthrough", "step_through"]


class Walkthrough(ShownPage):
    """A page of steps, which shows itself in Jupyter and can be saved as HTML.

    Attributes:
        html: the page; it needs no other file.
        steps: the steps, each a `Step`; ``step.text`` is what it says.
    """

    def __init__(self, html: str, steps: Sequence[Step], title: str) -> None:
        super().__init__(html, title)
        self.steps = tuple(steps)

    def __repr__(self) -> str:
        return f"<Walkthrough: {len(self.steps):,} steps; .html, .steps, .save('loss.html')>"


def step_through(
    loss: Value | Sequence[Value],
    *,
    digits: int = 4,
    title: str = "",
    links: Sequence[tuple[str, str]] = (),
) -> Walkthrough:
    """Make a page that steps through a computation: forward, then backward by the chain rule.

    Each value lights up in turn, with its formula in numbers. Then the gradients flow back, one
    contribution at a time, and add up as you watch. There is no need to call ``backward()``, and
    the graph is not changed. A graph of more than 300 values is stepped through by neuron or by
    layer, or abridged, and the page says so.

    Arguments:
        loss: the value to explain; or several losses, recorded one after the other with an update
            between any two. The page then steps through the training, beside a loss curve.
        digits: significant digits of each number.
        title: the headline; by default it names the loss.
        links: other pages to lead to, above the headline: for each, its words and its address.

    Returns:
        A `Walkthrough`, which shows itself in Jupyter, with ``.html`` and ``.save("loss.html")``.

    Raises:
        ValueError: the list of losses is empty, or their graphs differ in shape.

    >>> from autograd import Value
    >>> w = Value(0.5, label="w")
    >>> [step.text for step in step_through(w * 2).steps][2]
    'L = w · 2 = 0.5 · 2 = 1'
    """
    losses = _list_losses(loss)
    check_digits(digits)
    check_text(title, "title")
    links = list_links(links)
    if isinstance(loss, Value):
        return _step_through_passes(losses[0], digits, title, links)
    return _step_through_training(losses, digits, title, links)


def _list_losses(loss: Any) -> list[Value]:
    if isinstance(loss, Value):
        return [loss]
    if isinstance(loss, str) or not hasattr(loss, "__iter__"):
        raise TypeError(
            "expected a Value, such as a loss, or a list of losses, got "
            f"{type(loss).__qualname__}: {loss!r:.60}"
        )
    losses = list(loss)
    for k, each in enumerate(losses):
        if not isinstance(each, Value):
            advice = ". Keep the losses themselves, not their .data." if _is_number(each) else ""
            raise TypeError(
                f"expected every loss to be a Value, got {type(each).__qualname__} for loss {k}: "
                f"{each!r:.60}{advice}"
            )
    if not losses:
        raise ValueError("expected at least one loss to step through, got an empty list")
    return losses


def _is_number(thing: Any) -> bool:
    return hasattr(thing, "__float__")


def _step_through_passes(
    loss: Value, digits: int, title: str, links: Sequence[tuple[str, str]]
) -> Walkthrough:
    view = StepView(Recording(loss), digits)
    title = shortened(title, 110) or f"Step through {view.names[loss]}"
    steps = narrate(view)
    folds = ((folded, follow_passes(folded, steps)) for folded in fold_view(view))
    notice = _write_notice(view)
    html = write_page(view, steps, folds, title=title, notice=notice, curve="", links=links)
    return Walkthrough(html, steps, title)


def _step_through_training(
    losses: list[Value], digits: int, title: str, links: Sequence[tuple[str, str]]
) -> Walkthrough:
    recordings = [Recording(loss) for loss in losses]
    for k, recording in enumerate(islice(recordings, 1, None), start=1):
        if differs := describe_difference(recordings[0], recording, k):
            raise ValueError(
                f"expected losses whose graphs have the same shape, got different ones: {differs}. "
                "Step through each separately, or record the same computation each time."
            )
    view = StepView(recordings[0], digits)
    name = view.names[losses[0]]
    title = shortened(title, 110) or f"Step through the training of {name}"
    shown = choose_losses(len(losses), len(view.boxes))
    steps = narrate_training(view, recordings, shown)
    values = [recording.data[recording.root] for recording in recordings]
    notice = _write_notice(view)
    if len(shown) < len(losses):
        notice += f" It shows {len(shown):,} of {len(losses):,} losses, evenly spaced."
    figure = (
        f'<figure class="loss"><figcaption>{escape(name)}, from {number(values[0], digits)} to '
        f"{number(values[-1], digits)}</figcaption>{draw_curve(values, shown, name)}</figure>"
    )
    played = [recordings[k] for k in shown]
    folds = ((folded, follow_training(folded, played)) for folded in fold_view(view))
    html = write_page(
        view, steps, folds, title=title, notice=notice.strip(), curve=figure, links=links
    )
    return Walkthrough(html, steps, title)


def _write_notice(view: StepView) -> str:
    """Tell the reader if the graph is not shown value by value."""
    count = f"This graph has {len(view.recording.order):,} values, too many to follow one by one"
    if view.plan.hidden:
        nearest = f"the {len(view.boxes):,} boxes nearest to {view.names[view.recording.root]}"
        return (
            f"{count}. The steps go through {nearest}; {view.left_out:,} values are left out. All "
            "numbers are for the whole graph."
        )
    if (detail := view.plan.detail) != "scalar":
        return (
            f"{count}: this page goes {detail} by {detail}, and adds up what happens inside each "
            "box."
        )
    return ""
