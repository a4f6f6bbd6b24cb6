"""Memory allocation for uniform values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from autograd.program.ir import NUMBER, Kind

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from autograd.program.ir import Code

__all__ = ["Slots"]


class Slots:
    """The memory slot of each uniform value: theta first, then constants, then results in order.

    Attributes:
        first: the initial contents of memory.
        at: the slot of each instruction's result; −1 if it has none yet.
        count: how many slots there are.
        zero, one: the slots of −0.0 and 1.
    """

    def __init__(self, code: Code, parameters: int) -> None:
        op, _, _, detail = code.arrays
        self.first: list[float] = [0.0] * parameters
        self._constants: dict[str, int] = {}
        self.at: NDArray[np.int64] = np.full(len(code), -1, np.int64)
        self.zero, self.one = self.of_number(-0.0), self.of_number(1.0)
        is_parameter = op == NUMBER[Kind.PARAMETER]
        self.at[is_parameter] = detail[is_parameter]
        constants = np.flatnonzero(op == NUMBER[Kind.CONSTANT])
        self.at[constants] = [self.of_number(number) for number in detail[constants].tolist()]
        self.count = len(self.first)

    def of_number(self, number: float) -> int:
        """The slot of a constant."""
        key = repr(number)
        if key not in self._constants:
            self._constants[key] = len(self.first)
            self.first.append(number)
        return self._constants[key]

    def __getitem__(self, position: int) -> int:
        """The slot of the result of the instruction at `position`."""
        return int(self.at[position])

    def new(self, position: int) -> None:
        """Give the next free slot to the result of the instruction at `position`."""
        self.at[position] = self.count
        self.count += 1
