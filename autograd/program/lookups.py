"""Check the indices of a program's picks before it runs, as `autograd.pick` does in a graph.

The machine itself cannot raise an error in the middle of a block of rows. Most indices are columns,
which are checked directly. A program of its own computes the others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from autograd import ops
from autograd.choices import check_index
from autograd.console import on_one_line

from .ir import Code, Instruction, Kind
from .machine import interpreter
from .passes import prune

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from .machine.run import Columns

    Array = NDArray[np.float64]

__all__ = ["Lookup", "check_lookups", "code_of_indices", "find_lookups"]


class Lookup(NamedTuple):
    """An index that a program picks by.

    Attributes:
        position: where the code computes the index.
        size: how many values there are to pick from.
        column: which column the index is; None if it is computed.
        name: what to call it in errors.
    """

    position: int
    size: int
    column: int | None
    name: str


def find_lookups(code: Code, inputs: Sequence[str], labels: dict[int, str]) -> list[Lookup]:
    """The indices of all picks in traced code, each once, in the order in which they run.

    Arguments:
        code: the instructions, as recorded.
        inputs: the names of the columns.
        labels: of the interior nodes, by their number in the order of the code.
    """
    if not code.has(ops.PICK):
        return []
    sizes: dict[int, int] = {}
    for op, operands, _ in code:
        if op is ops.PICK:
            size = len(operands) - 1
            sizes[operands[0]] = min(size, sizes.get(operands[0], size))
    made = [i for i, instruction in enumerate(code) if isinstance(instruction.op, ops.Op)]
    names = {i: on_one_line(labels[k]) for k, i in enumerate(made) if k in labels}
    found = []
    for position, size in sorted(sizes.items()):
        op, _, detail = code[position]
        if op is Kind.INPUT:
            found.append(Lookup(position, size, detail, f"column {inputs[detail]}"))
        else:
            name = f"index {names.get(position, '')}".rstrip()
            found.append(Lookup(position, size, None, name))
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
        and interpreter.are_positions(columns, sizes)
        and all([lookup.column is not None for lookup in lookups])
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
        where = f"pick, row {row}" if len(columns) else "pick"
        check_index(float(numbers[row]), lookup.size, f"{where}, {lookup.name}")


def _are_positions(numbers: Array, size: int) -> bool:
    if not (np.minimum.reduce(numbers, None) >= 0.0):  # false for nan
        return False
    return bool((numbers < size).all() and (np.floor(numbers) == numbers).all())
