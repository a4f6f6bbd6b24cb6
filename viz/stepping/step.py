"""A step of a page, as data: what it says, what lights up, and what appears in the picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from .formulas import plain

if TYPE_CHECKING:
    from ..pictures.scene import Line
    from .written import Text

__all__ = ["LISTED", "Entry", "Step"]

LISTED = 3  # formulas of one step


class Entry(NamedTuple):
    """A text that appears in the picture."""

    where: str  # the name of a box, a line or a constant
    field: str  # "data", "grad" or "held" of a box, "local" of a line, "constant"
    text: str
    exact: str = ""  # on hover, with more digits; empty if that is the same
    origin: str = ""  # of nan or ∞: it "begins" here, or has "spread" here

    @classmethod
    def of(cls, where: str, field: str, text: Text) -> Entry:
        """A number, or numbers, that appear in the picture."""
        return cls(where, field, text.text, text.exact, text.origin)


class Step(NamedTuple):
    """One step of the page.

    Attributes:
        phase: ``"start"``, ``"forward"``, ``"backward"``, ``"done"`` or ``"training"``.
        formulas: HTML, one line each.
        note: HTML, a sentence or two; may be empty.
        focus: the names of what the step is about, the most important first.
        lines: the lines along which numbers move.
        entries: the texts that appear.
    """

    phase: str
    formulas: tuple[str, ...]
    note: str = ""
    focus: tuple[str, ...] = ()
    lines: tuple[Line, ...] = ()
    entries: tuple[Entry, ...] = ()

    @property
    def text(self) -> str:
        """What the step says, without markup."""
        return plain(". ".join([*self.formulas, *([self.note] if self.note else [])]))
