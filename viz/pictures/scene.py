"""The scene: everything a picture shows, as data. It has no positions, and no colours.

`compose` makes the scene of a graph, and `structure` that of a module. `dot` writes a scene in
Graphviz's language, and a page of steps writes it as SVG. Names are unique within a scene.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

__all__ = [
    "Box",
    "Circle",
    "Constant",
    "Cut",
    "Field",
    "Frame",
    "Inside",
    "Item",
    "Line",
    "Local",
    "Rank",
    "Scene",
    "Word",
]


class Field(NamedTuple):
    """A line of text in a box, below the heading."""

    key: str  # "data", "grad", "held" (the parameters inside a call), or "" for any other
    text: str
    caption: str = ""  # printed before the text
    marks: str = ""  # printed after it: the sign and size of a gradient
    origin: str = ""  # of a nan or an inf: it "begins" here, or has "spread" here

    @property
    def line(self) -> str:
        """The whole line."""
        return "  ".join(filter(None, (self.caption, self.text, self.marks)))


class Constant(NamedTuple):
    """A plain number that goes into an operation."""

    name: str
    text: str
    tooltip: str = ""


class Circle(NamedTuple):
    """An operation."""

    name: str
    sign: str
    tooltip: str = ""
    constants: tuple[Constant, ...] = ()


class Box(NamedTuple):
    """A value, a module call, or a module."""

    name: str
    kind: str  # of `palette.KINDS`
    title: str  # may be empty
    word: str  # what it is: its role, its kind, or a class; may be empty
    fields: tuple[Field, ...]
    tooltip: str = ""
    marked: bool = False  # has a thick ring
    operation: Circle | None = None  # that makes the value
    names: tuple[str, ...] = ()  # of the values that it stands for, to find them by

    @property
    def heading(self) -> str:
        """The first line: the title, in bold, and the word."""
        return " · ".join(filter(None, (self.title, self.word)))

    @property
    def origin(self) -> str:
        """Whether a nan or an inf ``"begins"`` here, or has ``"spread"`` here; or empty."""
        return min((field.origin for field in self.fields if field.origin), default="")

    @property
    def bold(self) -> str:
        """The bold part of the heading."""
        return self.title or self.word


class Word(NamedTuple):
    """A word without a border, beside a model: ``inputs``, ``outputs``."""

    name: str


class Rank(NamedTuple):
    """The names of boxes that stand side by side, in this order, though no line says so."""

    names: tuple[str, ...]


class Frame(NamedTuple):
    """A module call or a module, drawn around what is inside."""

    name: str
    title: str
    items: tuple[Item, ...]


class Local(NamedTuple):
    """What belongs to a line from an operand to its operation."""

    text: str  # the local derivative; may be empty
    flow: float | None  # how large the gradient is that comes back, from 0 to 1
    exact: str = ""  # the local derivative with more digits, where that says more


class Line(NamedTuple):
    """An arrow from one box, circle or constant to another."""

    tail: str
    head: str
    nth: int = 0  # among the lines from this tail to this head
    label: str = ""
    local: str = ""  # the local derivative, as text
    exact: str = ""  # the same with more digits, over the text; empty where that says no more
    operands: tuple[int, ...] = ()  # the positions of the operands that it stands for
    flow: float | None = None  # size of the gradient that comes back along it, from 0 to 1
    of_constant: bool = False
    stopped: bool = False  # no gradient ever comes back along it
    of_result: bool = False  # from an operation, or from what one made: runs straight
    enters: bool = False  # leads into the frame of another module call
    to_side: bool = False  # ends in the middle of the side of a box, clear of the frame's title
    side_to_side: bool = False  # from the side of one box to the side of another, and straight
    tail_frame: str = ""  # the line begins at this frame, and not at the tail inside
    head_frame: str = ""  # likewise

    @property
    def name(self) -> str:
        """Unique within the scene."""
        return f"{self.tail}>{self.head}:{self.nth}"

    @property
    def text(self) -> str:
        """Everything that is written beside it."""
        return ": ".join(filter(None, (self.label, self.local)))


class Cut(NamedTuple):
    """An ellipsis, and a dashed line from it, where an abridged picture ends."""

    head: str

    @property
    def name(self) -> str:
        """The name of the ellipsis."""
        return f"{self.head}_more"


Item: TypeAlias = Box | Frame | Rank | Word


class Inside(NamedTuple):
    """What is in a fold: a scene of its own."""

    scene: Scene
    ports: dict[str, str]  # the boxes that stand for some from outside, and these, by name
    folds: dict[str, Inside]  # what the folds within it hold, by the names of their boxes


class Scene(NamedTuple):
    """A picture.

    Attributes:
        items: what is drawn, in the order in which it was written.
        lines: what connects it.
        notes: lines of text below the picture: the title, what was left out, the legend.
        crowded: whether there is so much that a quick layout must do.
        tangled: whether lines make so many detours that only straight ones are drawn in time.
        crossing: the most lines between two parts of a model; None for a graph.
        aside: the frames whose titles have no room above what is inside, where lines would run
            through them.
        insides: what its folds hold, made when asked for, by the names of their boxes.
        closed: how many boxes have no room to open, for the viewer.
    """

    items: tuple[Item, ...]
    lines: tuple[Line | Cut, ...] = ()
    notes: tuple[str, ...] = ()
    crowded: bool = False
    tangled: bool = False
    crossing: int | None = None
    aside: frozenset[str] = frozenset()
    insides: Callable[[], Mapping[str, Inside]] = dict
    closed: int = 0

    @property
    def boxes(self) -> Iterator[Box]:
        """All boxes, within frames too."""
        return _boxes(self.items)

    @property
    def frames(self) -> Iterator[Frame]:
        """All frames, the outer ones first."""
        return _frames(self.items)


def _boxes(items: tuple[Item, ...]) -> Iterator[Box]:
    for item in items:
        if isinstance(item, Box):
            yield item
        elif isinstance(item, Frame):
            yield from _boxes(item.items)


def _frames(items: tuple[Item, ...]) -> Iterator[Frame]:
    for item in items:
        if isinstance(item, Frame):
            yield item
            yield from _frames(item.items)
