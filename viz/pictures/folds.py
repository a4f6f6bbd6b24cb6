"""Folds: boxes that stand for many values, and are not module calls.

A `Function` is one use of a function of several operations, and an `Expression` a result with the
steps that lead to it alone. A `Repeat` is many alike subgraphs, and an `Alike` the same box of each
of them; `Steps` are those of a loop. A `Vector` is a list of numbers that are used together.
`Parameters` are those of one model. `functions`, `expressions`, `repeats`, `steps` and `vectors`
find them, and `levels` has the choice. To the rest of a picture, a fold is a box like that of a
module call.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autograd import Value

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Sequence

    from .copies import Copies
    from .groups import Call

__all__ = [
    "Alike",
    "Expression",
    "Fold",
    "Function",
    "Parameters",
    "Port",
    "Repeat",
    "Steps",
    "Vector",
]


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
        results: what it returned, in the order of writing.
        values: those inside.
    """

    def __init__(self, name: str, parent: Call | None, target: float | None = None) -> None:
        super().__init__(name, "", parent)
        self.target = target
        self.results: list[Value] = []
        self.values: list[Value] = []


class Expression(Function):
    """A result, and the steps that lead to it alone.

    Attributes:
        steps: their boxes, in order; the last is its result.
        shape: what alike expressions have in common.
    """

    def __init__(
        self, formula: str, steps: Sequence[Value | Call], shape: Hashable, parent: Call | None
    ) -> None:
        super().__init__(formula, parent)
        self.steps, self.shape = steps, shape


class Repeat(Fold):
    """Alike subgraphs: the same operations on other data.

    Attributes:
        copies: the boxes of each subgraph, in the same order; the last is its result.
        what: ``"examples"``, ``"alike"`` or ``"steps"``.
    """

    def __init__(
        self, copies: Sequence[Sequence[Value | Call]], parent: Call | None, *, what: str
    ) -> None:
        super().__init__("", "", parent)
        self.copies, self.what = copies, what
        self.more: list[Copies] = []  # of these subgraphs, see `copies`

    @property
    def count(self) -> int:
        """How many subgraphs there are, with those that were set aside."""
        return len(self.copies) + sum(len(each.starts) for each in self.more)

    @property
    def path(self) -> str:
        """How many there are of what."""
        return f"× {self.count:,} {self.what}"

    @property
    def set_aside(self) -> Iterator[list[Value]]:
        """The values of each subgraph that is not among the copies."""
        return (values for each in self.more for values in each.others)

    @property
    def of_calls(self) -> bool:
        """Whether module calls are among what repeats."""
        return any(not isinstance(box, Value | Fold) for box in self.copies[0])


class Steps(Repeat):
    """The steps of a loop, each of which goes on from the one before.

    Attributes:
        results: what each step computes last.
    """

    def __init__(
        self,
        copies: Sequence[Sequence[Value | Call]],
        parent: Call | None,
        results: Sequence[Sequence[Value]],
    ) -> None:
        super().__init__(copies, parent, what="steps")
        self.results = results


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
        leaves = results[0][0].operation is None
        flat = (any if leaves else all)(len(row) == 1 for row in results)
        self.rows = [[v for row in results for v in row]] if flat else [list(r) for r in results]

    @property
    def values(self) -> list[Value]:
        """The numbers, row by row."""
        return [v for row in self.rows for v in row]


class Parameters(Fold):
    """Many parameters of one model."""

    def __init__(self, owner: str, count: int) -> None:
        super().__init__(owner, f"{count:,} parameters", None)


class Port(Fold):
    """What comes from one box outside, in the picture of what is inside a fold.

    Attributes:
        values: the values that come from there.
    """

    def __init__(self, path: str) -> None:
        super().__init__(path, "", None)
        self.values: list[Value] = []
