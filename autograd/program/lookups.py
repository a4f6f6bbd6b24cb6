"""Check the indices of a program's picks before it runs, as `autograd.pick` does in a graph.

The machine itself cannot raise an error in the middle of a block of rows. Most indices are columns,
which are checked directly. A program of its own computes the others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from autograd import ops
from autograd.choices import check_index
from autograd.console import on_one_line
from autograd.functions import FunctionCall

from .ir import NUMBER, Code, Instruction, Kind
from .machine import interpreter
from .passes import prune

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

    from autograd.value import Value

    from .anomaly import Recorded
    from .machine.run import Columns

    Array = NDArray[np.float64]

__all__ = ["Lookup", "check_lookups", "code_of_indices", "find_lookups", "indices_of"]


class Lookup(NamedTuple):
    """An index that a program picks by.

    Attributes:
        position: where the code computes the index.
        size: how many values there are to pick from.
        column: which column the index is; None if it is computed.
        name: what to call it in errors.
        use: what it is for: ``"pick"``, or what the user called that picks.
    """

    position: int
    size: int
    column: int | None
    name: str
    use: str


_TARGET = "target of cross_entropy"


def indices_of(computed: Iterable[Value]) -> dict[int, str]:
    """What the index of a pick is for, where the user did not call `pick`: by the pick's number.

    Arguments:
        computed: the interior nodes of a graph, in order.
    """
    picks: dict[int, tuple[Any, Any]] = {}
    targets = set()
    for k, v in enumerate(computed):
        call = v._mark  # what `made_by` returns if it is a call; this is faster
        if call.__class__ is FunctionCall and call.name == "cross-entropy":
            targets.add(call.given[-1])
        if v.operation is ops.PICK:
            picks[k] = v.operands[0], type(getattr(call, "module", None))
    found = {}
    for k, (index, kind) in picks.items():
        if hasattr(kind, "picks_by"):
            found[k] = f"{kind.picks_by} of {kind.__name__}"
        elif index in targets:
            found[k] = _TARGET
    return found


def find_lookups(recorded: Recorded) -> list[Lookup]:
    """The indices of all picks of a program, each once, in the order in which they run."""
    code, inputs = recorded.code, recorded.names.inputs
    op, start, operands, _ = code.arrays
    picks = np.flatnonzero(op == NUMBER[ops.PICK])
    if not len(picks):
        return []
    is_computed = ~np.isin(op, [NUMBER[kind] for kind in Kind])
    number = np.cumsum(is_computed) - 1  # of each instruction, among those computed by an operation
    sizes: dict[int, tuple[int, str]] = {}
    for i, index in zip(picks.tolist(), operands[start[picks]].tolist(), strict=True):
        size = int(start[i + 1] - start[i]) - 1
        if index not in sizes or size < sizes[index][0]:
            sizes[index] = size, recorded.indices.get(int(number[i]), "pick")
    found = []
    for position, (size, use) in sorted(sizes.items()):
        index = code[position]
        chosen = index.op is ops.WHERE and use == _TARGET  # 0 instead of a target that is ignored
        made = code[index.operands[2]] if chosen else index
        if made.op is Kind.INPUT:
            name = f"column {inputs[made.detail]}"
            found.append(Lookup(position, size, None if chosen else made.detail, name, use))
        else:
            label = recorded.labels.get(int(number[position]), "") if is_computed[position] else ""
            name = f"index {on_one_line(label)}".rstrip()
            found.append(Lookup(position, size, None, name, use))
    return found


def code_of_indices(code: Code, lookups: Sequence[Lookup]) -> Code:
    """The code that computes the indices that are not columns, as its outputs."""
    indices = [lookup.position for lookup in lookups if lookup.column is None]
    outputs = [Instruction(Kind.OUTPUT, (index,), k) for k, index in enumerate(indices)]
    return prune(Code.of([*code[: max(indices) + 1], *outputs]))


def sizes_of(lookups: Sequence[Lookup], columns: int) -> Array:
    """For each column, how many values it picks from; 0 if it is no index."""
    sizes = np.zeros(columns)
    for lookup in lookups:
        if lookup.column is not None:
            sizes[lookup.column] = lookup.size
    return sizes


def check_lookups(
    lookups: Sequence[Lookup], sizes: Array, columns: Columns, compute: Callable[[], Array]
) -> None:
    """Raise IndexError, and name the row, if an index picks nothing.

    Arguments:
        lookups: the indices.
        sizes: see `sizes_of`.
        columns: the program's arguments; or an array with a row for each of them.
        compute: computes the indices that are not columns, shape (K, B); called only if needed.
    """
    if (
        columns.__class__ is np.ndarray
        and all([lookup.column is not None for lookup in lookups])
        and interpreter.are_positions(columns, sizes)
    ):
        return
    computed: list[Array] | None = None
    for lookup in lookups:
        if lookup.column is not None:
            numbers = columns[lookup.column]
        else:
            if computed is None:
                computed = list(compute())
            numbers = computed.pop(0)
        if _are_positions(numbers, lookup.size):
            continue
        with np.errstate(invalid="ignore"):  # inf % 1
            right = (numbers >= 0.0) & (numbers < lookup.size) & (numbers % 1.0 == 0.0)
        row = int(right.argmin())
        where = f"{lookup.use}, row {row}" if len(columns) else lookup.use
        check_index(float(numbers[row]), lookup.size, f"{where}, {lookup.name}")


def _are_positions(numbers: Array, size: int) -> bool:
    if not (np.minimum.reduce(numbers, None) >= 0.0):  # false for nan
        return False
    return bool((numbers < size).all() and (np.floor(numbers) == numbers).all())
