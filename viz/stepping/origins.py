"""Where nan and ∞ begin in the boxes of a page, and where they have spread to."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from autograd import Value

from ..pictures.nonfinite import find_origins
from ..pictures.text import number

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from ..pictures.plan import Content, Plan
    from ..pictures.recording import Recording
    from .written import Text

__all__ = ["BoxOrigins"]


class BoxOrigins:
    """Marks the numbers of boxes.

    Arguments:
        plan: which values are in which box.
        recording: where the numbers are from; it may be another one of the same shape.
    """

    def __init__(self, plan: Plan, recording: Recording) -> None:
        self._plan, self._recording = plan, recording
        data, gradients = recording.data.__getitem__, recording.gradients.__getitem__
        self.begun = find_origins(recording.order, data, gradients)

    def mark_data(self, text: Text, box: Content, shown: Sequence[float]) -> Text:
        """Mark the data of a box, and say where nan or ∞ begins. `shown` is what the text shows."""
        return self._mark(text, box, shown, self._recording.data, self.begun.data)

    def mark_grad(self, text: Text, box: Content, shown: Sequence[float]) -> Text:
        """Mark the gradients of a box in the same way."""
        return self._mark(text, box, shown, self._recording.gradients, self.begun.gradients)

    def _mark(
        self,
        text: Text,
        box: Content,
        shown: Sequence[float],
        numbers: Mapping[Value, float],
        begun: Collection[Value],
    ) -> Text:
        strange = [v for v in self._twins(box) if not math.isfinite(numbers[v])]
        if not strange:
            return text
        here = [v for v in strange if v in begun]
        what = number(numbers[(here or strange)[0]])
        if not all(map(math.isfinite, shown)):
            words = ", begins here" if here else ""
        else:
            words = f"; {what} begins inside" if here else f"; {what} inside"
        return text.extended(words)._replace(origin="begins" if here else "spread")

    def _twins(self, box: Content) -> Iterable[Value]:
        inside = [box] if isinstance(box, Value) else self._plan.collapsed[box]
        return (self._recording.order[self._plan.place[v]] for v in inside)
