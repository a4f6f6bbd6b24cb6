"""The intermediate representation (IR): instructions, and the builder that writes them.

Code is a list of instructions in static single assignment (SSA) form: each instruction computes
one number from the results of earlier ones, and its operands are their positions in the list. An
instruction's operation is a row of the table (`autograd.ops`), just as a Value's is; `Kind` lists
the few that only programs have.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, TypeVar

from autograd import ops

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

T = TypeVar("T")

__all__ = [
    "AFTER", "BEFORE", "RESULTS", "ROWS", "Builder", "Code", "Instruction", "Kind", "constant_of",
    "extend_varying", "needed", "products_of", "renumbered", "stages", "varying",
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


class Instruction(NamedTuple):
    """One step of a program: ``op`` applied to the results of the instructions at ``operands``."""

    op: ops.Op | Kind
    operands: tuple[int, ...] = ()
    detail: Any = None


Code: TypeAlias = list[Instruction]
"""Instructions, operands before their users. OUTPUT and GRADIENT mark the program's results."""


def constant_of(code: Code, position: int) -> float | None:
    """The number at `position`, or None if the instruction there is not a constant."""
    instruction = code[position]
    return instruction.detail if instruction.op is Kind.CONSTANT else None


def products_of(operands: Sequence[T], count: int) -> tuple[list[tuple[T, T]], Sequence[T]]:
    """Split the operands of a DOT or MEAN into its pairs of factors and its other terms."""
    factors = operands[: 2 * count]
    return list(zip(factors[::2], factors[1::2], strict=True)), operands[2 * count :]


def needed(code: Code) -> list[bool]:
    """For each instruction, whether an output or a gradient needs it."""
    flags = [False] * len(code)
    for position in range(len(code) - 1, -1, -1):
        op, operands, _ = code[position]
        if op is Kind.OUTPUT or op is Kind.GRADIENT:
            flags[position] = True
        if flags[position]:
            for i in operands:
                flags[i] = True
    return flags


def varying(code: Iterable[Instruction]) -> list[bool]:
    """For each instruction, whether its result differs from row to row.

    The others are *uniform*: they depend on constants and parameters only, or on means over the
    rows, and are computed once instead of once per row.
    """
    flags: list[bool] = []
    extend_varying(flags, code)
    return flags


def extend_varying(flags: list[bool], code: Iterable[Instruction]) -> None:
    """Append the flags of further instructions to those that `varying` returned."""
    for op, operands, _ in code:
        if op is Kind.MEAN:
            flags.append(False)
        else:
            flags.append(op is Kind.INPUT or any([flags[i] for i in operands]))


BEFORE, ROWS, AFTER, RESULTS = range(4)
"""The stages of a run: before the loop over the rows, in it, after it; then results are read."""


def stages(code: Code, varies: list[bool]) -> list[int]:
    """The stage of each instruction.

    A mean adds up in the loop over the rows, and whatever depends on it runs after the loop, when
    the mean is complete. OUTPUT and GRADIENT belong to the results.
    """
    found: list[int] = []
    for position, (op, operands, _) in enumerate(code):
        if op is Kind.OUTPUT or op is Kind.GRADIENT:
            found.append(RESULTS)
        elif varies[position] or op is Kind.MEAN:
            found.append(ROWS)
        else:
            late = any([found[i] == AFTER or code[i].op is Kind.MEAN for i in operands])
            found.append(AFTER if late else BEFORE)
    return found


class Builder:
    """A writer of code, one instruction at a time.

    Attributes:
        code: the instructions so far.
        at: for a pass that rewrites code, the new position of each old instruction's result.
    """

    def __init__(self) -> None:
        self.code: Code = []
        self.at: list[int] = []
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

    def negate(self, position: int) -> int:
        """Write the negative of the result at `position` and return its position."""
        number = self.number(position)
        return self.write(ops.NEG, (position,)) if number is None else self.constant(-number)

    def number(self, position: int) -> float | None:
        """The number at `position`, or None if the instruction there is not a constant."""
        return constant_of(self.code, position)

    def is_number(self, position: int, number: float) -> bool:
        """Whether the result there is this constant; 0.0 and -0.0 differ."""
        return repr(self.number(position)) == repr(number)

    def never_minus_zero(self, position: int) -> bool:
        """Whether the result there is certainly not −0.0."""
        return self.code[position].op in _NEVER_MINUS_ZERO


_NEVER_MINUS_ZERO = (
    ops.ABS, ops.EXP, ops.RELU, ops.SIGMOID, ops.SOFTPLUS, ops.POSITIVE, ops.SECH2, ops.LARGER,
    ops.LESS, ops.GREATER, ops.EQUAL,
)  # fmt: skip


def renumbered(code: Code, order: list[int]) -> Code:
    """A copy of the code with only the instructions at the positions in `order`, in that order."""
    at = {position: i for i, position in enumerate(order)}
    chosen = [code[position] for position in order]
    return [Instruction(op, tuple([at[i] for i in v]), detail) for op, v, detail in chosen]
