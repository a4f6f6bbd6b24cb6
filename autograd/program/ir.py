"""The intermediate representation (IR): instructions, and the builder that writes them.

Code is a list of instructions in static single assignment (SSA) form: each instruction computes
one number from the results of earlier ones, and its operands are their positions in the list. An
instruction's operation is a row of the table (`autograd.ops`), just as a Value's is; `Kind` lists
the few that only programs have.

A model's code has hundreds of thousands of instructions. So `Code` holds them as arrays of numbers,
on which `compiled` passes work; to whoever reads it, it is a sequence of `Instruction`.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from itertools import accumulate, chain, pairwise
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, overload

import numpy as np

from autograd import ops

from .compiled import compiled

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    Integers = NDArray[np.int64]

T = TypeVar("T")

__all__ = [
    "AFTER", "BEFORE", "FIRST_CUSTOM", "NUMBER", "OPERATIONS", "RESULTS", "ROWS", "Arrays",
    "Builder", "Code", "Instruction", "Kind", "Rewriter", "constant_of", "needed",
    "products_of", "renumbered", "spread", "stages", "varying",
]  # fmt: skip


class Kind(Enum):
    """The kinds of instruction that are not in the table; `detail` says which one, or how many."""

    CONSTANT = "a number that never changes; detail is the number"
    PARAMETER = "an entry of theta; detail is its position"
    INPUT = "a column; detail is its position"
    DOT = (
        "a1·b1 + … + ak·bk + c1 + … from left to right; detail is k, operands are a1, b1, …, c1, …"
    )
    MEAN = "the mean of a DOT over the rows; the same operands and detail"
    OUTPUT = "its operand is an output of the program; detail is the output's position"
    GRADIENT = "its operand is a gradient; detail is the parameter's position"


OPERATIONS: tuple[ops.Op | Kind, ...] = (*ops.TABLE, *Kind)
"""What an instruction can do; operations of one's own come after these, see `Code.custom`."""
NUMBER: dict[ops.Op | Kind, int] = {op: i for i, op in enumerate(OPERATIONS)}
"""The number of each in `Arrays`."""
FIRST_CUSTOM = len(OPERATIONS)

_CONSTANT, _INPUT, _MEAN = NUMBER[Kind.CONSTANT], NUMBER[Kind.INPUT], NUMBER[Kind.MEAN]
_OUTPUT, _GRADIENT = NUMBER[Kind.OUTPUT], NUMBER[Kind.GRADIENT]
_KINDS = frozenset(NUMBER[kind] for kind in Kind)


class Instruction(NamedTuple):
    """One step of a program: ``op`` applied to the results of the instructions at ``operands``."""

    op: ops.Op | Kind
    operands: tuple[int, ...] = ()
    detail: Any = None


class Arrays(NamedTuple):
    """Code of n instructions with m operands in total.

    Attributes:
        op: what each instruction does, a number from `NUMBER`; int64, shape (n,).
        start: instruction i has ``operands[start[i] : start[i + 1]]``; int64, shape (n + 1,).
        operands: positions of instructions; int64, shape (m,).
        detail: of each instruction, 0 if it has none; float64, shape (n,).
    """

    op: Any
    start: Any
    operands: Any
    detail: Any


class Code(Sequence[Instruction]):
    """Instructions, operands before their users. OUTPUT and GRADIENT mark the program's results.

    Arguments:
        arrays: the instructions; they must not be changed.
        custom: the operations with the numbers from FIRST_CUSTOM on, which are not in the table.
    """

    __slots__ = ("_instructions", "_lists", "arrays", "custom")

    def __init__(self, arrays: Arrays, custom: tuple[ops.Op, ...] = ()) -> None:
        self.arrays = arrays
        self.custom = custom
        self._instructions: list[Instruction] | None = None
        self._lists: Arrays | None = None

    @property
    def lists(self) -> Arrays:
        """The arrays as lists, for Python code that reads much: it reads lists faster."""
        if self._lists is None:
            self._lists = Arrays(*[array.tolist() for array in self.arrays])
        return self._lists

    def operands_of(self, position: int) -> list[int]:
        """The operands of the instruction at `position`."""
        _, start, operands, _ = self.lists
        return operands[start[position] : start[position + 1]]

    @classmethod
    def of(cls, instructions: Iterable[Instruction]) -> Code:
        """Code from a list of instructions; code stays as it is."""
        if isinstance(instructions, Code):
            return instructions
        listed = list(instructions)
        numbers = dict(NUMBER)
        op = [numbers.setdefault(one.op, len(numbers)) for one in listed]
        operands = [one.operands for one in listed]
        detail = [0.0 if one.detail is None else one.detail for one in listed]
        start = [0, *accumulate(map(len, operands))]
        arrays = Arrays(
            np.array(op, np.int64),
            np.array(start, np.int64),
            np.fromiter(chain.from_iterable(operands), np.int64, start[-1]),
            np.array(detail, np.float64),
        )
        return cls(arrays, tuple(numbers)[FIRST_CUSTOM:])  # type: ignore[arg-type]

    def __len__(self) -> int:
        return len(self.arrays.op)

    def __iter__(self) -> Iterator[Instruction]:
        return iter(self._listed())

    @overload
    def __getitem__(self, at: int) -> Instruction: ...
    @overload
    def __getitem__(self, at: slice) -> list[Instruction]: ...
    def __getitem__(self, at: int | slice) -> Instruction | list[Instruction]:
        if self._instructions is None and not isinstance(at, slice):
            at = range(len(self))[at]
            return self._list(at, at + 1)[0]  # who reads a few instructions does not list them all
        return self._listed()[at]

    def __reduce__(self) -> tuple[Any, ...]:
        # Operations are pickled as such: their numbers may differ in another version.
        used, op = np.unique(self.arrays.op, return_inverse=True)
        everything = (*OPERATIONS, *self.custom)
        return _restore, ([everything[i] for i in used.tolist()], self.arrays._replace(op=op))

    def has(self, *sought: ops.Op | Kind) -> bool:
        """Whether an instruction does one of these."""
        return any((self.arrays.op == NUMBER[op]).any() for op in sought)

    def _listed(self) -> list[Instruction]:
        if self._instructions is None:
            self._instructions = self._list(0, len(self))
        return self._instructions

    def _list(self, begin: int, end: int) -> list[Instruction]:
        everything = (*OPERATIONS, *self.custom)
        op, start, operands, detail = self.arrays
        listed = operands[start[begin] : start[end]].tolist()
        bounds = (start[begin : end + 1] - start[begin]).tolist()
        details = detail[begin:end].tolist()
        return [
            Instruction(
                everything[number],
                tuple(listed[first:last]),
                (detail if number == _CONSTANT else int(detail)) if number in _KINDS else None,
            )
            for number, detail, (first, last) in zip(
                op[begin:end].tolist(), details, pairwise(bounds), strict=True
            )
        ]


def _restore(used: list[ops.Op | Kind], arrays: Arrays) -> Code:
    numbers = dict(NUMBER)
    renewed = np.array([numbers.setdefault(op, len(numbers)) for op in used], np.int64)
    # Copies: arrays that were sent to another process may be read-only there, or a file's, and
    # numba would compile all passes again for those.
    _, start, operands, detail = map(np.array, arrays)
    return Code(
        Arrays(renewed[arrays.op], start, operands, detail),
        tuple(numbers)[FIRST_CUSTOM:],  # type: ignore[arg-type]
    )


def constant_of(code: Sequence[Instruction], position: int) -> float | None:
    """The number at `position`, or None if the instruction there is not a constant."""
    instruction = code[position]
    return instruction.detail if instruction.op is Kind.CONSTANT else None


def products_of(operands: Sequence[T], count: int) -> tuple[list[tuple[T, T]], Sequence[T]]:
    """Split the operands of a DOT or MEAN into its pairs of factors and its other terms."""
    factors = operands[: 2 * count]
    return list(zip(factors[::2], factors[1::2], strict=True)), operands[2 * count :]


def needed(code: Code) -> NDArray[np.bool_]:
    """For each instruction, whether an output or a gradient needs it."""
    flags = (code.arrays.op == _OUTPUT) | (code.arrays.op == _GRADIENT)
    _spread_back(code.arrays, flags)
    return flags


def varying(code: Code) -> NDArray[np.bool_]:
    """For each instruction, whether its result differs from row to row.

    The others are *uniform*: they depend on constants and parameters only, or on means over the
    rows, and are computed once instead of once per row.
    """
    flags = code.arrays.op == _INPUT
    spread(code.arrays, flags, _MEAN)
    return flags


BEFORE, ROWS, AFTER, RESULTS = range(4)
"""The stages of a run: before the loop over the rows, in it, after it; then results are read."""


def stages(code: Code, varies: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The stage of each instruction.

    A mean adds up in the loop over the rows, and whatever depends on it runs after the loop, when
    the mean is complete. OUTPUT and GRADIENT belong to the results.
    """
    op = code.arrays.op
    late = op == _MEAN
    spread(code.arrays, late, -1)
    found = np.where(late, AFTER, BEFORE)
    found[varies | (op == _MEAN)] = ROWS
    found[(op == _OUTPUT) | (op == _GRADIENT)] = RESULTS
    return found


@compiled
def spread(code: Arrays, flags: Any, stop: int) -> None:
    """Set the flag of each instruction that uses a flagged one, unless its operation is `stop`."""
    for position in range(code.op.size):
        if code.op[position] != stop:
            for k in range(code.start[position], code.start[position + 1]):
                flags[position] |= flags[code.operands[k]]


@compiled
def _spread_back(code: Arrays, flags: Any) -> None:
    """Set the flag of each instruction that a flagged one uses."""
    for position in range(code.op.size - 1, -1, -1):
        if flags[position]:
            for k in range(code.start[position], code.start[position + 1]):
                flags[code.operands[k]] = True


def renumbered(code: Code, order: NDArray[np.int64]) -> Code:
    """A copy of the code with only the instructions at the positions in `order`, in that order."""
    op, start, operands, detail = code.arrays
    at = np.empty(len(op), np.int64)
    at[order] = np.arange(len(order))
    counts = np.diff(start)[order]
    begin = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)])
    chosen = np.arange(begin[-1]) + np.repeat(start[order] - begin[:-1], counts)
    return Code(Arrays(op[order], begin, at[operands[chosen]], detail[order]), code.custom)


class Builder:
    """A writer of code, one instruction at a time.

    Attributes:
        code: the instructions so far.
    """

    def __init__(self) -> None:
        self.code: list[Instruction] = []
        self._constants: dict[str, int] = {}

    def write(
        self, op: ops.Op | Kind, operands: tuple[int, ...] = (), detail: object = None
    ) -> int:
        """Append an instruction and return its position."""
        self.code.append(Instruction(op, operands, detail))
        return len(self.code) - 1

    def constant(self, number: float) -> int:
        """The position of a constant, which is appended if it is new."""
        key = repr(number)
        if key not in self._constants:
            self._constants[key] = self.write(Kind.CONSTANT, (), number)
        return self._constants[key]


class Rewriter(Builder):
    """A builder for a pass that rewrites a few instructions and copies all others.

    What it copies is copied in bulk, since that is nearly all of the code.
    """

    def __init__(self, code: Code) -> None:
        super().__init__()
        self._old = code
        self._done = 0  # old instructions copied or rewritten
        self._count = 0  # new instructions
        self._at = np.empty(len(code), np.int64)
        self._parts: list[Arrays] = []

    def write(
        self, op: ops.Op | Kind, operands: tuple[int, ...] = (), detail: object = None
    ) -> int:
        """Append an instruction and return its position."""
        super().write(op, operands, detail)
        self._count += 1
        return self._count - 1

    def copy_until(self, end: int) -> None:
        """Copy the old instructions from the last one that was rewritten to `end`."""
        old, begin = self._old.arrays, self._done
        if begin == end:
            return
        self._flush()
        self._at[begin:end] = np.arange(self._count, self._count + end - begin)
        first, last = old.start[begin], old.start[end]
        self._parts.append(
            Arrays(
                old.op[begin:end],
                np.diff(old.start[begin : end + 1]),
                self._at[old.operands[first:last]],
                old.detail[begin:end],
            )
        )
        self._count += end - begin
        self._done = end

    def operands_of(self, position: int) -> tuple[int, ...]:
        """Where the operands of the next old instruction are now."""
        old = self._old.arrays
        found = self._at[old.operands[old.start[position] : old.start[position + 1]]]
        return tuple(found.tolist())

    def replace(self, position: int, by: int) -> None:
        """Say that the next old instruction, which is not copied, is the result at `by` now."""
        self._at[position] = by
        self._done = position + 1

    def rewritten(self) -> Code:
        """Copy the rest, and return the new code."""
        self.copy_until(len(self._old))
        self._flush()
        op, counts, operands, detail = map(np.concatenate, zip(*self._parts, strict=True))
        start = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)])
        return Code(Arrays(op, start, operands, detail), self._old.custom)

    def _flush(self) -> None:
        """Turn what was written into arrays."""
        if self.code:
            op, start, operands, detail = Code.of(self.code).arrays
            self._parts.append(Arrays(op, np.diff(start), operands, detail))
            self.code = []
