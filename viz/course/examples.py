"""The twelve worked examples, in teaching order.

`python -m viz` renders them all, and `gallery` puts them on a page.
"""

from __future__ import annotations

from .activations import ACTIVATIONS
from .example import Example, Lesson, Progress
from .more_data import MORE_DATA
from .neuron import (
    BOTH_UPDATE,
    DEAD_RELU,
    ITERATIVE_IMPROVEMENT,
    ONE_UPDATE,
    PERFECT_GUESS,
    RELU_NEURON,
    TARGET_MOVES,
)
from .words import EMBEDDINGS, LEARN_CAT, LEARN_FROM_A_MISTAKE

__all__ = ["LESSONS", "build"]

LESSONS: tuple[Lesson, ...] = (
    PERFECT_GUESS,
    TARGET_MOVES,
    ONE_UPDATE,
    BOTH_UPDATE,
    RELU_NEURON,
    DEAD_RELU,
    ITERATIVE_IMPROVEMENT,
    ACTIVATIONS,
    EMBEDDINGS,
    LEARN_CAT,
    LEARN_FROM_A_MISTAKE,
    MORE_DATA,
)

_BY_NAME = {lesson.name: lesson for lesson in LESSONS}


def build(name: str, progress: Progress | None = None) -> Example:
    """Compute the example of that name, or raise a KeyError if there is none."""
    return _BY_NAME[name].build(progress or (lambda done, of: None))
