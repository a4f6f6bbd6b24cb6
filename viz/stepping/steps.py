"""`step_through`: a page that walks through a graph, forward and backward, one value at a time.

Given one loss it plays the forward pass and the chain rule; given a list of losses, a training. The
parts are the other files of this folder.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from itertools import islice
from pathlib import Path
from typing import Any

from autograd import Value

from ..pictures.files import write_file
from ..pictures.recording import Recording, difference
from ..pictures.text import check_text, number, shortened
from .curve import curve
from .narration import Step, narrate
from .page import page
from .training import choose_losses, narrate_training
from .view import StepView

__all__ = ["Walkthrough", "step_through"]


_SHOW = (
    "this.onload = null; const box = this.parentNode; box.firstChild.hidden = true; "
    "this.srcdoc = box.dataset.page"
)


class Walkthrough:
    """A page of steps: shows itself in Jupyter, and saves itself as HTML.

    Attributes:
        html: the page, complete in itself.
        steps: what it shows, one `Step` after the other; ``step.text`` is what each one says.
    """

    def __init__(self, html: str, steps: Sequence[Step], title: str) -> None:
        self.html = html
        self.steps = tuple(steps)
        self._title = title

    def save(self, path: str | Path) -> Path:
        """Write the page to a file that ends in ``.html``; a file there is replaced as a whole.

        Returns:
            The path written to.

        Raises:
            ValueError: another ending, or none.
            OSError: the file cannot be written.
        """
        path = Path(path)
        if path.suffix.lower() not in (".html", ".htm"):
            raise ValueError(
                f"the page is HTML, and {path.name!r} does not end in .html; "
                f"save it as {path.stem or 'loss'}.html"
            )
        return write_file(path, self.html, "the page")

    def _repr_html_(self) -> str:
        """The page in a frame of its own, which keeps its style and script to itself.

        Where frames are taken out, as in a notebook that is not trusted, the words before it
        remain. The frame takes its page from the box around it: ``nbconvert --sanitize-html``
        writes out a frame with all it holds, but drops what it does not know of a box. All is on
        one line, since a blank one would end the HTML within Markdown.
        """
        title = escape(self._title)
        page = escape(self.html).replace("\n", "&#10;")
        return (
            f'<div data-page="{page}"><div>{title}: run this cell to see the page, or open what '
            '<code>.save("loss.html")</code> writes.</div>'
            f'<iframe title="{title}" sandbox="allow-scripts" width="100%" height="680" '
            f'frameborder="0" onload="{_SHOW}"></iframe></div>'
        )

    def __repr__(self) -> str:
        return f"<Walkthrough: {len(self.steps):,} steps; .html, .steps, .save('loss.html')>"


def step_through(loss: Value | Sequence[Value], *, digits: int = 4, title: str = "") -> Walkthrough:
    """A page that steps through a computation: forward, then backward, with every chain rule.

    Each value lights up in turn, with its formula in numbers; then the gradients flow back, one
    contribution at a time, and add up before one's eyes. The graph is not changed: ``backward()``
    need not have been called, and no ``grad`` is written. A graph of more than 300 values is
    stepped through by neuron or by layer, or abridged, and the page says so.

    Arguments:
        loss: the value to explain; or several losses recorded one after the other, with an update
            between each two: the page then steps through the training, beside a loss curve.
        digits: significant digits of each number.
        title: the headline; by default it names the loss.

    Returns:
        A `Walkthrough`: shows itself in Jupyter; ``.html``, ``.save("loss.html")``.

    Raises:
        TypeError: `loss` is not a Value, nor a list of Values.
        ValueError: the list is empty; the losses have graphs of different shapes; or an argument
            is not one of those above.
        RenderError: the graph cannot be drawn.

    >>> from autograd import Value
    >>> w = Value(0.5, label="w")
    >>> [step.text for step in step_through(w * 2).steps][2]
    'L = w · 2 = 0.5 · 2 = 1'
    """
    losses = _checked(loss)
    if not isinstance(digits, int) or isinstance(digits, bool) or not 1 <= digits <= 17:
        raise ValueError(f"digits={digits!r} is not a whole number from 1 to 17")
    check_text(title, "title")
    if isinstance(loss, Value):
        return _passes(losses[0], digits, title)
    return _training(losses, digits, title)


def _checked(loss: Any) -> list[Value]:
    if isinstance(loss, Value):
        return [loss]
    if isinstance(loss, str) or not hasattr(loss, "__iter__"):
        raise TypeError(
            f"step_through takes a Value, such as a loss, or a list of losses, and got "
            f"{type(loss).__qualname__}"
        )
    losses = list(loss)
    for k, each in enumerate(losses):
        if not isinstance(each, Value):
            advice = "; keep the losses themselves, not their .data" if _is_number(each) else ""
            raise TypeError(
                f"step_through takes a list of losses, each a Value, and loss {k} is "
                f"{type(each).__qualname__}{advice}"
            )
    if not losses:
        raise ValueError("there is nothing to step through: the list of losses is empty")
    return losses


def _is_number(thing: Any) -> bool:
    return hasattr(thing, "__float__")


def _passes(loss: Value, digits: int, title: str) -> Walkthrough:
    view = StepView(Recording(loss), digits)
    title = shortened(title, 110) or f"Step through {view.names[loss]}"
    steps = narrate(view)
    html = page(view, steps, title=title, notice=_notice(view), curve="")
    return Walkthrough(html, steps, title)


def _training(losses: list[Value], digits: int, title: str) -> Walkthrough:
    recordings = [Recording(loss) for loss in losses]
    for k, recording in enumerate(islice(recordings, 1, None), start=1):
        if differs := difference(recordings[0], recording, k):
            raise ValueError(
                f"the losses of a training have graphs of the same shape, and these differ: "
                f"{differs}; step through each by itself, or record the same computation each time"
            )
    view = StepView(recordings[0], digits)
    name = view.names[losses[0]]
    title = shortened(title, 110) or f"Step through the training of {name}"
    shown = choose_losses(len(losses), len(view.boxes))
    steps = narrate_training(view, recordings, shown)
    values = [recording.data[recording.root] for recording in recordings]
    notice = _notice(view)
    if len(shown) < len(losses):
        notice += f" It shows {len(shown):,} of {len(losses):,} losses, evenly chosen."
    figure = (
        f'<figure class="loss"><figcaption>{escape(name)}, from {number(values[0], digits)} to '
        f"{number(values[-1], digits)}</figcaption>{curve(values, shown, name)}</figure>"
    )
    html = page(view, steps, title=title, notice=notice.strip(), curve=figure)
    return Walkthrough(html, steps, title)


def _notice(view: StepView) -> str:
    """What the reader should know of a graph that is not shown value by value."""
    count = f"This graph has {len(view.recording.order):,} values, too many to follow one by one"
    if view.plan.hidden:
        nearest = f"the {len(view.boxes):,} boxes nearest to {view.names[view.recording.root]}"
        return (
            f"{count}. Only {nearest} are drawn; {view.left_out:,} values are left out. All "
            "numbers are those of the whole graph."
        )
    if (detail := view.plan.detail) != "scalar":
        return (
            f"{count}: this page goes {detail} by {detail}, and adds up what happens inside each "
            "box."
        )
    return ""
