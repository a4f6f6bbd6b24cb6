"""Memory allocation for uniform values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autograd.program.ir import Kind

if TYPE_CHECKING:
    from autograd.program.ir import Code

__all__ = ["Slots"]


class Slots:
    """The memory slot of each uniform value: theta first, then constants, then results in order."""

    def __init__(self, code: Code, parameters: int) -> None:
        self.first: list[float] = [0.0] * parameters  # the initial contents of memory
        self._constants: dict[str, int] = {}
        self._at: dict[int, int] = {}
        self.zero, self.one = self.of_number(-0.0), self.of_number(1.0)
        for position, (op, _, detail) in enumerate(code):
            if op is Kind.PARAMETER:
                self._at[position] = detail
            elif op is Kind.CONSTANT:
                self._at[position] = self.of_number(detail)
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
        return self._at[position]

    def new(self, position: int) -> None:
        """Give the next free slot to the result of the instruction at `position`."""
        self._at[position] = self.count
        self.count += 1
