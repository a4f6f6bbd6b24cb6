"""A graph as a list of steps, in plain Python: what a module of JavaScript is written from.

It says what `ir` says, without arrays of NumPy: pages are written where there is none.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple

from autograd import graph, ops
from autograd.custom_operations import Operation

from ..arguments import check_operation
from ..symbolic import Symbolic

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from autograd.ops import Op
    from autograd.value import Value

__all__ = ["Leaf", "Step", "Symbol", "Tape", "record"]


class Leaf(Enum):
    """The steps that are no operations; `Step.number` says which one."""

    CONSTANT = "a number that never changes; number is the number itself"
    PARAMETER = "an entry of theta"
    INPUT = "a column"
    MEAN = "the mean of its operand over the rows"


class Step(NamedTuple):
    """One step: ``op`` applied to the results of the steps at ``operands``."""

    op: Op | Leaf
    operands: tuple[int, ...] = ()
    number: float = 0.0


class Tape:
    """Steps, operands before their results.

    Attributes:
        steps: the steps so far.
        labels: what the user called some of their results.
        outputs: the positions of the outputs.
        varies: for each step, whether its result differs from row to row.
    """

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.labels: dict[int, str] = {}
        self.outputs: list[int] = []
        self.varies: list[bool] = []
        self._found: dict[Any, int] = {}

    def append(self, op: Op | Leaf, operands: Sequence[int] = (), number: float = 0.0) -> int:
        """Append a step and return its position."""
        operands = tuple(operands)
        self.steps.append(Step(op, operands, number))
        if op is Leaf.INPUT or op is Leaf.MEAN:
            self.varies.append(op is Leaf.INPUT)
        else:
            self.varies.append(any([self.varies[i] for i in operands]))
        position = len(self.steps) - 1
        self._found.setdefault((op, operands, repr(number)), position)
        return position

    def write(self, op: Op | Leaf, operands: Sequence[int] = (), number: float = 0.0) -> int:
        """The position of a step, which is appended if it is new."""
        found = self._found.get((op, tuple(operands), repr(number)))
        return self.append(op, operands, number) if found is None else found

    def constant(self, number: float) -> int:
        """The position of a number."""
        return self.write(Leaf.CONSTANT, (), float(number))

    def number_at(self, position: int) -> float | None:
        """The number at a position, or None if the step there is no constant."""
        step = self.steps[position]
        return step.number if step.op is Leaf.CONSTANT else None

    def needed(self, results: Iterable[int]) -> list[bool]:
        """For each step, whether one of the results needs it."""
        flags = [False] * len(self.steps)
        for position in results:
            flags[position] = True
        for position in range(len(self.steps) - 1, -1, -1):
            if flags[position]:
                for i in self.steps[position].operands:
                    flags[i] = True
        return flags


class Symbol(Symbolic):
    """The result of a step: arithmetic on it writes further steps."""

    __slots__ = ("position", "tape")

    def __init__(self, tape: Tape, position: int) -> None:
        self.tape, self.position = tape, position

    def _apply(self, op: Op, operands: Sequence[Any]) -> Any:
        if isinstance(op, Operation):
            return op.replay(operands)
        return Symbol(self.tape, self.tape.write(op, [self.at(x) for x in operands]))

    def at(self, thing: Any) -> int:
        """The position of a symbol, or of a number."""
        return thing.position if thing.__class__ is Symbol else self.tape.constant(thing)


def record(outputs: Sequence[Value], params: Sequence[Value], inputs: Sequence[Value]) -> Tape:
    """Flatten the graph of `outputs` into a tape, a step for each value.

    Raises:
        ValueError: an operation is not in the table, and has no vector form.
    """
    tape = Tape()
    rows = frozenset(ops.TABLE)
    at: dict[Any, int] = {}
    for leaf, leaves in ((Leaf.PARAMETER, params), (Leaf.INPUT, inputs)):
        for k, v in enumerate(leaves):
            at[v] = tape.append(leaf, (), k)
    for v in graph.topological(*outputs):
        if v.operation is None:
            if v not in at:
                at[v] = tape.constant(v.data)
            continue
        if v.operation not in rows:
            check_operation(v.operation)
        operands = [tape.constant(x) if x.__class__ is float else at[x] for x in v.operands]
        at[v] = tape.append(v.operation, operands)
        if v.label:
            tape.labels[at[v]] = v.label
    tape.outputs = [at[v] for v in outputs]
    return tape
