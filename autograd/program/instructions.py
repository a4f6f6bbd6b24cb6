"""Instructions: what a recorded graph is flattened into, and what the compiler's passes rewrite.

A list of instructions is a program in which every instruction computes one number, once, from the
numbers that instructions before it computed: an operand is a position in the list. A row of the
table of operations (`autograd.ops`) is an instruction's operation just as it is a Value's; the few
kinds that no Value has are below.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from autograd import ops

T = TypeVar("T")

__all__ = ["Code", "Instruction", "Kind", "constant_of", "products_of", "stages", "varying"]


class Kind(Enum):
    """What an instruction may be besides a row of the table. `detail` says which, or how many."""

    CONSTANT = "a number that never changes; detail is the number"
    PARAMETER = "an entry of theta; detail is its position"
    INPUT = "a column; detail is its position"
    DOT = (
        "a1·b1 + … + ak·bk + c1 + … from left to right; detail is k, operands are a1, b1, …, c1, …"
    )
    MEAN = "the mean of a DOT over the rows; the same operands and detail"
    OUTPUT = "its operand is what the program computes; detail is the output's position"
    GRADIENT = "its operand is a gradient; detail is the parameter's position"


class Instruction(NamedTuple):
    """One step of a program: ``op`` applied to the results of the instructions at ``operands``."""

    op: ops.Op | Kind
    operands: tuple[int, ...] = ()
    detail: Any = None


Code: TypeAlias = list[Instruction]
"""Instructions, operands before their users; OUTPUT and GRADIENT say which results are wanted."""


def constant_of(code: Code, position: int) -> float | None:
    """The number at `position`, or None if it is not a constant."""
    instruction = code[position]
    return instruction.detail if instruction.op is Kind.CONSTANT else None


def products_of(operands: Sequence[T], count: int) -> tuple[list[tuple[T, T]], Sequence[T]]:
    """The operands of a DOT or MEAN as its pairs of factors, and its further terms."""
    factors = operands[: 2 * count]
    return list(zip(factors[::2], factors[1::2], strict=True)), operands[2 * count :]


def varying(code: Iterable[Instruction]) -> list[bool]:
    """For each instruction whether its result differs from row to row.

    The others are *uniform*: they depend on constants and parameters alone, or are means over the
    rows, and need computing once, not once for each row.
    """
    flags: list[bool] = []
    for op, operands, _ in code:
        if op is Kind.MEAN:
            flags.append(False)
        else:
            flags.append(op is Kind.INPUT or any([flags[i] for i in operands]))
    return flags


def stages(code: Code, varies: list[bool]) -> list[int]:
    """When each instruction runs: 0 before the loop over the rows, 1 in it, 2 after it.

    After it run a mean over the rows, being complete only then, and what depends on one.
    """
    found: list[int] = []
    for position, (op, operands, _) in enumerate(code):
        if op is Kind.OUTPUT or op is Kind.GRADIENT:
            found.append(3)
        elif varies[position] or op is Kind.MEAN:
            found.append(1)
        else:
            found.append(
                2 if any([found[i] == 2 or code[i].op is Kind.MEAN for i in operands]) else 0
            )
    return found
