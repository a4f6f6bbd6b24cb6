"""Prepare a tape for printing: drop what nothing needs, and simplify the rest.

Operations of one's own become their vector forms, a power with a simple exponent becomes products,
a long sum becomes several, and what depends on constants alone is computed now.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autograd import ops
from autograd.custom_operations import Operation

from .tape import Leaf, Symbol, Tape

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["lower"]

_LONGEST = 64  # the terms of a sum in one statement


def lower(tape: Tape, results: Sequence[int]) -> tuple[Tape, list[int]]:
    """The prepared tape, with its outputs and labels, and where the results are on it."""
    out = Tape()
    needed = tape.needed([*tape.outputs, *results])
    at: dict[int, int] = {}
    for position, (op, operands, number) in enumerate(tape.steps):
        if not needed[position]:
            continue
        moved = [at[i] for i in operands]
        if isinstance(op, Leaf):
            at[position] = out.write(op, moved, number)
        else:
            at[position] = _write(out, op, moved)
            if position in tape.labels:
                out.labels.setdefault(at[position], tape.labels[position])
    out.outputs = [at[i] for i in tape.outputs]
    return out, [at[i] for i in results]


def _write(tape: Tape, op: ops.Op, operands: list[int]) -> int:
    """Write an operation, or what stands for it."""
    numbers = [tape.number_at(i) for i in operands]
    if isinstance(op, Operation):
        return _position(tape, op.replay([Symbol(tape, i) for i in operands]))
    if None not in numbers:
        return tape.constant(op.compute(numbers))  # type: ignore[arg-type]
    if op is ops.POW and numbers[1] in (1.0, 2.0, 3.0, 4.0, -1.0):
        return _power(tape, operands[0], numbers[1])
    if op is ops.ADD:
        while len(operands) > _LONGEST:
            operands = [tape.write(op, operands[:_LONGEST]), *operands[_LONGEST:]]
        return operands[0] if len(operands) == 1 else tape.write(op, operands)
    return tape.write(op, operands)


def _power(tape: Tape, a: int, exponent: float) -> int:
    """``a ** exponent``, as `ops.POW` computes it."""
    if exponent == 1.0:
        return a
    if exponent == -1.0:
        return tape.write(ops.DIV, [tape.constant(1.0), a])
    square = tape.write(ops.MUL, [a, a])
    return (
        square
        if exponent == 2.0
        else tape.write(ops.MUL, [square, a if exponent == 3.0 else square])
    )


def _position(tape: Tape, thing: Any) -> int:
    return thing.position if isinstance(thing, Symbol) else tape.constant(float(thing))
