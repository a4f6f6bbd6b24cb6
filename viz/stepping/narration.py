"""The steps of one loss: the forward pass, the backward pass, and the result.

A `Step` says which boxes and lines light up, which numbers appear in the picture, and what stands
beside it. Steps are data; `page` writes them, and a script plays them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from autograd.graph import local_derivatives

from .backward import Backward
from .conclusion import conclude
from .forward import Forward
from .telling import local_entry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..pictures.recording import Recording
    from .step import Entry, Step
    from .view import StepView

__all__ = ["local_derivative_entries", "narrate"]


def narrate(view: StepView) -> list[Step]:
    """Write the steps of one loss."""
    backward = Backward(view)
    steps = [*Forward(view).steps(), *backward.steps()]
    return [*steps, conclude(view, backward.totals)]


def local_derivative_entries(view: StepView, recording: Recording) -> Iterator[Entry]:
    """The local derivatives on all lines, for any recording of the same shape."""
    for name in view.boxes:
        v = view.value(name)
        if v is None or v.operation is None:
            continue
        (twin,) = view.twins([v], recording)
        for i, local in enumerate(local_derivatives(twin)):
            p = v.operands[i]
            if local is not None and not isinstance(p, float) and p in view.box_of:
                yield from local_entry(view.line(v, i), view.write.data(local))
