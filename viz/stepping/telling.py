"""What the steps of both passes are written with: names, numbers, and pieces of formulas."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .formulas import derivative, part
from .step import Entry
from .written import Text

if TYPE_CHECKING:
    from autograd import Value

    from ..pictures.recording import Recording
    from ..pictures.scene import Line
    from .view import StepView

__all__ = ["Teller", "eq", "local_entry", "rounding"]


class Teller:
    """Writes steps of a view.

    Attributes:
        view: what is drawn.
        names: how values are called.
        digits: how many digits a number has.
        write: how numbers are written.
        recording: the graph.
        root: the loss.
    """

    def __init__(self, view: StepView) -> None:
        self.view = view
        self.names = view.names
        self.digits, self.write = view.digits, view.write
        self.recording: Recording = view.recording
        self.root = view.recording.root

    def d(self, bottom: Value) -> str:
        """The derivative of the loss with respect to a value."""
        return derivative(self.names.html(self.root), self.names.html(bottom))


def local_entry(line: Line, local: Text) -> list[Entry]:
    """The local derivative on a line; nothing where one line stands for many."""
    if not line.local:
        return []
    text = line._replace(local=f"∂ {local.text}").text
    return [Entry(line.name, "local", text, local.exact)]


def eq(html: str) -> str:
    """The next part of an equation, after an equals sign."""
    return part(f"= {html}")


def rounding(x: Text) -> str:
    """What to say of a number that is rounding error."""
    return f"What is left, {x.exact}, is rounding error: computers keep about 16 digits."
