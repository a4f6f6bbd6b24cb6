"""Which boxes a live page draws: values, or folds of them, the finest first."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from ..pictures.plan import offer_plans
from ..stepping.folding import FoldedView, fold_view
from ..stepping.view import FOLLOWED, StepView

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..pictures.recording import Recording
    from ..stepping.boxes import Boxes

__all__ = ["find_levels"]


def find_levels(recording: Recording, digits: int) -> tuple[StepView, Iterator[Boxes]]:
    """Plan the boxes.

    Returns:
        The view, which knows the name of each value; and what to draw, the finest first, each made
        when it is asked for. A graph that the view would have to abridge is drawn with folds.
    """
    view = StepView(recording, digits)
    if not view.plan.hidden:
        return view, chain([view], fold_view(view))
    folded = _fold_large(view)
    first = next(folded, None)
    return view, chain([first] if first else [view], folded)


def _fold_large(view: StepView) -> Iterator[FoldedView]:
    """Folds of a graph that is too large to be drawn value by value."""
    recording, most = view.recording, FOLLOWED + 1
    for k, plan in enumerate(offer_plans(recording.roots, order=recording.order, most=FOLLOWED)):
        if len(plan.boxes) < most and not plan.hidden:
            most = len(plan.boxes)
            yield FoldedView(view, plan._replace(prefix=f"f{k}g"))
