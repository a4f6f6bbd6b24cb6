"""Folds: boxes that stand for many values, and are not module calls.

A `Function` is one use of a function of several operations. A `Repeat` is many alike subgraphs;
an `Alike` is the same step of each of them. A `Vector` is a list of numbers that are used together.
`Parameters` are those of one model. `functions`, `repeats` and `vectors` find them, and `levels` has the choice between them. To the rest of a picture, a fold is a
box like that of a module call.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autograd import Value

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from .groups import Call

__all__ = ["Alike", "Fold", "Function", "Parameters", "Repeat", "Vector"]


class Fold:
    """A box of many values: a `groups.Call` without a module.

    Attributes:
        path: its title.
        word: what it is, after the title.
        parent: the module call around it, or None.
    """

    def __init__(self, path: str, word: str, parent: Call | None) -> None:
        self._path, self.word, self._parent = path, word, parent

    @property
    def module(self) -> Any:
        """There is no module."""
        return None

    @property
    def path(self) -> str:
        """The title."""
        return self._path

    @property
    def parent(self) -> Call | None:
        """The module call around it."""
        return self._parent

    def was_given(self, value: Value, /) -> bool:
        """Every leaf that it uses has a box of its own, unless it is inside."""
        return True


class Function(Fold):
    """One use of a function of several operations, such as a softmax.

    Attributes:
        target: of a loss, if it is a plain number.
    """

    def __init__(self, name: str, parent: Call | None, target: float | None = None) -> None:
        super().__init__(name, "", parent)
        self.target = target


class Repeat(Fold):
    """Alike subgraphs: the same operations on other data.

    Attributes:
        copies: the boxes of each subgraph, in the same order; the last is its result.
    """

    def __init__(
        self, copies: Sequence[Sequence[Value | Call]], parent: Call | None, of_examples: bool
    ) -> None:
        what = "examples" if of_examples else "alike"
        super().__init__(f"× {len(copies):,} {what}", "", parent)
        self.copies = copies

    @property
    def of_calls(self) -> bool:
        """Whether module calls are among what repeats."""
        return any(not isinstance(box, Value | Fold) for box in self.copies[0])


class Alike(Fold):
    """The boxes in the same place of all subgraphs of a repeat, in the picture of one.

    Attributes:
        boxes: the box in each subgraph.
    """

    def __init__(self, boxes: Sequence[Value | Call], repeat: Repeat) -> None:
        first = boxes[0]
        super().__init__("" if isinstance(first, Value) else first.path, "", repeat)
        self.boxes = boxes

    def was_given(self, value: Value, /) -> bool:
        """Whether it is an operand from outside."""
        return any(isinstance(box, Value) or box.was_given(value) for box in self.boxes)


class Vector(Fold):
    """Values made alike and used together: a vector, or a matrix.

    Attributes:
        rows: the results of each element; one row if each has one result.
        made_by: the function that made each; empty if it is an operation, or none.
        kind: what the elements have in common; see `vectors`.
    """

    def __init__(
        self,
        results: Sequence[Sequence[Value]],
        made_by: str,
        kind: Hashable,
        name: str,
        parent: Call | None,
    ) -> None:
        super().__init__(name, "", parent)
        self.made_by, self.kind = made_by, kind
        single = all(len(row) == 1 for row in results)
        self.rows = [[v for (v,) in results]] if single else [list(row) for row in results]

    @property
    def values(self) -> list[Value]:
        """The numbers, row by row."""
        return [v for row in self.rows for v in row]


class Parameters(Fold):
    """Many parameters of one model."""

    def __init__(self, owner: str, count: int) -> None:
        super().__init__(owner, f"{count:,} parameters", None)
