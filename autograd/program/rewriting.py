"""What passes write their code with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autograd import ops

from .instructions import Instruction, Kind, constant_of

if TYPE_CHECKING:
    from .instructions import Code

__all__ = ["Rewriter", "renumbered"]


class Rewriter:
    """New code, and where each instruction of the old one went."""

    def __init__(self) -> None:
        self.code: Code = []
        self.at: list[int] = []
        self._constants: dict[str, int] = {}

    def write(
        self, op: ops.Op | Kind, operands: tuple[int, ...] = (), detail: object = None
    ) -> int:
        """Add an instruction; where it stands."""
        self.code.append(Instruction(op, operands, detail))
        return len(self.code) - 1

    def constant(self, number: float) -> int:
        """Where a number stands; it is added once."""
        key = repr(number)
        if key not in self._constants:
            self._constants[key] = self.write(Kind.CONSTANT, (), number)
        return self._constants[key]

    def negative(self, position: int) -> int:
        """Where minus what stands at `position` stands."""
        number = self.number(position)
        return self.write(ops.NEG, (position,)) if number is None else self.constant(-number)

    def number(self, position: int) -> float | None:
        """The number at a position, or None if it is not a constant."""
        return constant_of(self.code, position)

    def is_number(self, position: int, number: float) -> bool:
        """Whether that constant stands there, the sign of a zero included."""
        return repr(self.number(position)) == repr(number)

    def never_minus_zero(self, position: int) -> bool:
        """Whether the operation there cannot give −0.0."""
        return self.code[position].op in _NEVER_MINUS_ZERO


_NEVER_MINUS_ZERO = (
    ops.ABS, ops.EXP, ops.RELU, ops.SIGMOID, ops.SOFTPLUS, ops.POSITIVE, ops.SECH2, ops.GREATER,
)  # fmt: skip


def renumbered(code: Code, order: list[int]) -> Code:
    """The instructions at the positions of `order`, in that order."""
    at = {position: i for i, position in enumerate(order)}
    chosen = [code[position] for position in order]
    return [Instruction(op, tuple([at[i] for i in v]), detail) for op, v, detail in chosen]
