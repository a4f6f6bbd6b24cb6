"""Algebraic simplification."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from autograd import ops
from autograd.program.ir import Builder

if TYPE_CHECKING:
    from collections.abc import Callable

    from autograd.program.ir import Code, Kind

__all__ = ["simplify"]


def simplify(code: Code) -> Code:
    """Use the laws of arithmetic that hold for every float, infinite ones and nan included.

    ::

        v0 = parameter 0                v0 = parameter 0
        v1 = constant 1.0               v1 = constant 1.0
        v2 = v0 * v1                    v2 = -v0
        v3 = -v2                  →     output 0 = v0
        v4 = -v3
        output 0 = v4
    """
    tape = Builder()
    for op, operands, detail in code:
        operands = tuple([tape.at[i] for i in operands])
        tape.at.append(_simpler(tape, op, operands, detail))
    return tape.code


def _simpler(tape: Builder, op: ops.Op | Kind, v: tuple[int, ...], detail: object) -> int:
    """Where the result stands, of an instruction that was there already or of a new one."""
    rule = _RULES.get(op)
    return _or_write(tape, rule(tape, v) if rule else None, op, v, detail)


def _or_write(
    tape: Builder, found: int | None, op: ops.Op | Kind, v: tuple[int, ...], detail: object = None
) -> int:
    return tape.write(op, v, detail) if found is None else found


def _add(tape: Builder, v: tuple[int, ...]) -> int | None:
    zeros = [i for i in v if tape.number(i) == 0.0]
    if zeros and len(zeros) < len(v):
        # −0.0 changes nothing. 0.0 does, in one case: it makes 0.0 of −0.0.
        others = tuple([i for i in v if i not in zeros])
        if all([tape.is_number(i, -0.0) for i in zeros]) or any(
            [tape.never_minus_zero(i) for i in others]
        ):
            return _or_write(tape, _add(tape, others), ops.ADD, others)
    if len(v) == 1:
        return v[0]
    if len(v) == 2:
        for a, b in (v, v[::-1]):
            if tape.code[b].op is ops.NEG:
                return tape.write(ops.SUB, (a, tape.code[b].operands[0]))
    return None


def _sub(tape: Builder, v: tuple[int, ...]) -> int | None:
    a, b = v
    if tape.is_number(b, 0.0):
        return a
    return (
        tape.write(ops.ADD, (a, tape.code[b].operands[0])) if tape.code[b].op is ops.NEG else None
    )


def _mul(tape: Builder, v: tuple[int, ...]) -> int | None:
    for a, b in (v, v[::-1]):
        number = tape.number(b)
        if number == 1.0:
            return a
        if number == -1.0:
            return _or_write(tape, _neg(tape, (a,)), ops.NEG, (a,))
        if number is not None and tape.code[a].op is ops.NEG:
            return tape.write(ops.MUL, (tape.code[a].operands[0], tape.constant(-number)))
    return None


def _div(tape: Builder, v: tuple[int, ...]) -> int | None:
    a, b = v
    number = tape.number(b)
    if number == 1.0:
        return a
    # The reciprocal of a power of two is exact, unless it is too small to be held in full.
    if number and abs(math.frexp(number)[0]) == 0.5 and 1e-300 < abs(number) < 1e300:
        return tape.write(ops.MUL, (a, tape.constant(1.0 / number)))
    return None


def _neg(tape: Builder, v: tuple[int, ...]) -> int | None:
    return tape.code[v[0]].operands[0] if tape.code[v[0]].op is ops.NEG else None


def _pow(tape: Builder, v: tuple[int, ...]) -> int | None:
    a, b = v
    number = tape.number(b)
    if number == 0.0:
        return tape.constant(1.0)  # for a nan as well
    if number == 1.0:
        return a
    if number == -1.0:
        return tape.write(ops.DIV, (tape.constant(1.0), a))
    if number in (2.0, 3.0, 4.0):
        square = tape.write(ops.MUL, (a, a))
        if number == 2.0:
            return square
        return tape.write(ops.MUL, (square, a if number == 3.0 else square))
    return None


def _gated(tape: Builder, v: tuple[int, ...]) -> int | None:
    number = tape.number(v[0])
    if number is None or number != number:
        return None
    return _or_write(tape, _mul(tape, v), ops.MUL, v) if number else tape.constant(0.0)


_RULES: dict[ops.Op | Kind, Callable[[Builder, tuple[int, ...]], int | None]] = {
    ops.ADD: _add,
    ops.SUB: _sub,
    ops.MUL: _mul,
    ops.DIV: _div,
    ops.NEG: _neg,
    ops.POW: _pow,
    ops.GATED: _gated,
}
