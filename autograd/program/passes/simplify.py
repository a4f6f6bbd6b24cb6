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
    """Apply the laws of arithmetic that hold for every float, inf and nan included.

    ::

        v0 = parameter 0                v0 = parameter 0
        v1 = constant 1.0               v1 = constant 1.0
        v2 = v0 * v1                    v2 = -v0
        v3 = -v2                  →     output 0 = v0
        v4 = -v3
        output 0 = v4
    """
    builder = Builder()
    for op, operands, detail in code:
        operands = tuple([builder.at[i] for i in operands])
        builder.at.append(_write_simplified(builder, op, operands, detail))
    return builder.code


def _write_simplified(
    builder: Builder, op: ops.Op | Kind, operands: tuple[int, ...], detail: object = None
) -> int:
    """Write the instruction in its simplest form, unless its result exists; the result's position.

    A rule returns that position, or None where no law applies. Each return ends with its law.
    """
    rule = _RULES.get(op)
    position = rule(builder, operands) if rule else None
    return builder.write(op, operands, detail) if position is None else position


def _add(builder: Builder, operands: tuple[int, ...]) -> int | None:
    zeros = [i for i in operands if builder.number(i) == 0.0]
    if zeros and len(zeros) < len(operands):
        others = tuple([i for i in operands if i not in zeros])
        # x + −0.0 is x for every x. x + 0.0 is x as well, except that −0.0 becomes 0.0.
        if all([builder.is_number(i, -0.0) for i in zeros]) or any(
            [builder.never_minus_zero(i) for i in others]
        ):
            return _write_simplified(builder, ops.ADD, others)  # x + 0 + y -> x + y
    if len(operands) == 1:
        return operands[0]  # add(x) -> x
    if len(operands) == 2:
        for a, b in (operands, operands[::-1]):
            if builder.code[b].op is ops.NEG:
                return builder.write(ops.SUB, (a, builder.code[b].operands[0]))  # x + -y -> x - y
    return None


def _sub(builder: Builder, operands: tuple[int, ...]) -> int | None:
    a, b = operands
    if builder.is_number(b, 0.0):
        return a  # x - 0 -> x
    if builder.code[b].op is ops.NEG:
        return builder.write(ops.ADD, (a, builder.code[b].operands[0]))  # x - -y -> x + y
    return None


def _mul(builder: Builder, operands: tuple[int, ...]) -> int | None:
    for a, b in (operands, operands[::-1]):
        number = builder.number(b)
        if number == 1.0:
            return a  # x * 1 -> x
        if number == -1.0:
            return _write_simplified(builder, ops.NEG, (a,))  # x * -1 -> -x
        if number is not None and builder.code[a].op is ops.NEG:
            x, c = builder.code[a].operands[0], builder.constant(-number)
            return builder.write(ops.MUL, (x, c))  # -x * c -> x * -c
    return None


def _div(builder: Builder, operands: tuple[int, ...]) -> int | None:
    a, b = operands
    number = builder.number(b)
    if number == 1.0:
        return a  # x / 1 -> x
    # The reciprocal of a power of two is exact, unless it is subnormal or overflows.
    if number and abs(math.frexp(number)[0]) == 0.5 and 1e-300 < abs(number) < 1e300:
        return builder.write(ops.MUL, (a, builder.constant(1.0 / number)))  # x / 4 -> x * 0.25
    return None


def _neg(builder: Builder, operands: tuple[int, ...]) -> int | None:
    (a,) = operands
    return builder.code[a].operands[0] if builder.code[a].op is ops.NEG else None  # -(-x) -> x


def _pow(builder: Builder, operands: tuple[int, ...]) -> int | None:
    a, b = operands
    number = builder.number(b)
    if number == 0.0:
        return builder.constant(1.0)  # x ** 0 -> 1, even if x is nan
    if number == 1.0:
        return a  # x ** 1 -> x
    if number == -1.0:
        return builder.write(ops.DIV, (builder.constant(1.0), a))  # x ** -1 -> 1 / x
    if number not in (2.0, 3.0, 4.0):
        return None
    square = builder.write(ops.MUL, (a, a))
    if number == 2.0:
        return square  # x ** 2 -> x * x
    if number == 3.0:
        return builder.write(ops.MUL, (square, a))  # x ** 3 -> (x * x) * x
    return builder.write(ops.MUL, (square, square))  # x ** 4 -> (x * x) * (x * x)


def _gated(builder: Builder, operands: tuple[int, ...]) -> int | None:
    number = builder.number(operands[0])
    if number is None or number != number:
        return None
    if number == 0.0:
        return builder.constant(0.0)  # gated(0, x) -> 0, even if x is inf or nan
    return _write_simplified(builder, ops.MUL, operands)  # gated(c, x) -> c * x


def _masked_both(builder: Builder, operands: tuple[int, ...]) -> int | None:
    # masked_both(0, x) -> 0, even if x is inf or nan
    return builder.constant(0.0) if 0.0 in map(builder.number, operands) else None


def _where(builder: Builder, operands: tuple[int, ...]) -> int | None:
    c, a, b = operands
    number = builder.number(c)
    if number is None:
        return a if a == b else None  # where(c, x, x) -> x
    return a if number else b  # where(1, x, y) -> x, where(0, x, y) -> y


def _pick(builder: Builder, operands: tuple[int, ...]) -> int | None:
    index, values = builder.number(operands[0]), operands[1:]
    if index is None or index not in range(len(values)):
        return None
    return values[int(index)]  # pick(1, x, y) -> y


_RULES: dict[ops.Op | Kind, Callable[[Builder, tuple[int, ...]], int | None]] = {
    ops.ADD: _add,
    ops.SUB: _sub,
    ops.MUL: _mul,
    ops.DIV: _div,
    ops.NEG: _neg,
    ops.POW: _pow,
    ops.GATED: _gated,
    ops.MASKED: _gated,
    ops.MASKED_BOTH: _masked_both,
    ops.WHERE: _where,
    ops.PICK: _pick,
}
