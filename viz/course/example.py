"""The parts of a worked example: its text, its computation, its pictures and its figures.

Each example builds a graph with the engine and draws it, before and after an update or step by
step. It also lists figures with their expected values. Nothing in a picture is written by hand.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from ..pictures.draw import draw
from ..pictures.text import quantity

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from autograd import Value

    from ..pictures.render import Picture
    from ..stepping.shown import ShownPage

__all__ = [
    "LR",
    "Example",
    "Figure",
    "Lesson",
    "Progress",
    "Scene",
    "draw_with_derivatives",
    "rises",
    "say_after",
]

LR = 0.1  # η, the learning rate of every example

Progress: TypeAlias = "Callable[[int, int], None]"
"""Called with how many parts of a long computation are done, and how many there are."""


class Scene(NamedTuple):
    """One picture of an example."""

    name: str  # part of the file name, such as "after"; "" where there is only one
    caption: str
    picture: Picture
    loss: Value | None = None  # to step through; None where that would show nothing new


class Figure(NamedTuple):
    """One figure of an example, computed and expected."""

    name: str
    value: float | bool
    expected: float | bool

    @property
    def agrees(self) -> bool:
        """Whether both are equal up to rounding: to 1e-9, absolute and relative."""
        return math.isclose(self.value, self.expected, rel_tol=1e-9, abs_tol=1e-9)


class Example(NamedTuple):
    """An example that was computed: its pictures and its figures."""

    scenes: list[Scene]
    figures: list[Figure]
    curve: list[tuple[str, float]] = []  # noqa: RUF012  (a sequence in numbers, for a chart)
    curve_of: str = ""
    training: Sequence[Value] = ()  # the losses before and after each update, to step through
    # The result of the graph to change by hand, before any update; or what makes another page to
    # touch, from its title and links.
    live: Value | Callable[..., ShownPage] | None = None


class Lesson(NamedTuple):
    """The text of an example, and the function that computes it."""

    number: int
    name: str  # on the command line and in file names
    title: str
    teaches: str  # the ideas it is for, in a few words
    caption: str  # one line
    idea: str  # the explanation, with its formulas
    plainly: str  # the same without mathematics
    ask: str  # a question for a class to answer before it sees the pictures
    answer: str
    touch: str  # a question to answer by changing the live graph
    found: str  # what one finds there
    build: Callable[[Progress], Example]  # computes it


def draw_with_derivatives(
    root: Value | Sequence[Value], title: str = "", sequence: Sequence[Value] = ()
) -> Picture:
    """Draw a small graph with the local derivative on every line."""
    return draw(root, title=title, derivatives=True, sequence=sequence)


def say_after(k: int, event: str) -> str:
    """Say “Before the first update”, “After 1 update”, “After 2 updates”."""
    return f"After {quantity(k, event)}" if k else f"Before the first {event}"


def rises(numbers: Sequence[float]) -> bool:
    """Whether each number is larger than the one before."""
    return all(a < b for a, b in pairwise(numbers))
