"""Algebraic simplification."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd import ops
from autograd.program.compiled import compiled, helper
from autograd.program.ir import NUMBER, OPERATIONS, Arrays, Code, Kind
from autograd.program.writer import (
    Writer,
    constant,
    new_writer,
    push,
    write,
    write_1,
    write_2,
    written,
)

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
    n, operands = len(code), len(code.arrays.operands)
    w = new_writer(2 * n, operands + 3 * n, n)
    _simplify(code.arrays, w, np.empty(n, np.int64), np.empty(operands, np.int64))
    return Code(written(w), code.custom)


@compiled
def _simplify(code: Arrays, w: Writer, at: Any, v: Any) -> None:
    """`at` gets the new position of each result; `v` is for the operands of one instruction."""
    for i in range(code.op.size):
        first, count = code.start[i], code.start[i + 1] - code.start[i]
        for k in range(count):
            v[k] = at[code.operands[first + k]]
        at[i] = _write_simplified(w, code.op[i], v, count, code.detail[i])


@helper
def _write_simplified(w: Any, op: int, v: Any, count: int, detail: float) -> int:
    """Write the instruction in its simplest form, unless its result exists; the result's position.

    Each rule does that for one operation. Where a law applies, its line ends with the law.
    """
    if op == _ADD:
        return _add(w, v, count)
    if op == _MUL:
        return _mul(w, v[0], v[1])
    if op == _SUB:
        return _sub(w, v[0], v[1])
    if op == _NEG:
        return _neg(w, v[0])
    if op == _DIV:
        return _div(w, v[0], v[1])
    if op == _POW:
        return _pow(w, v[0], v[1])
    if op == _GATED or op == _MASKED:
        return _gated(w, op, v[0], v[1])
    if op == _MASKED_BOTH and (_is(w, v[0], 0.0) or _is(w, v[1], 0.0)):
        return constant(w, 0.0)  # masked_both(0, x) -> 0, even if x is inf or nan
    if op == _WHERE and w.op[v[0]] == _CONSTANT:
        return v[2] if w.detail[v[0]] == 0.0 else v[1]  # where(1, x, y) -> x, where(0, x, y) -> y
    if op == _WHERE and v[1] == v[2]:
        return v[1]  # where(c, x, x) -> x
    if op == _PICK and w.op[v[0]] == _CONSTANT:
        index = w.detail[v[0]]
        if 0.0 <= index < count - 1 and index == np.floor(index):
            return v[1 + int(index)]  # pick(1, x, y) -> y
    for k in range(count):
        push(w, v[k])
    return write(w, op, detail)


@helper
def _is(w: Any, position: int, number: float) -> bool:
    """Whether the result there is a constant that equals the number, as 0.0 equals -0.0."""
    return w.op[position] == _CONSTANT and w.detail[position] == number


@helper
def _negative(w: Any, position: int) -> bool:
    return np.copysign(1.0, w.detail[position]) < 0.0


@helper
def _add(w: Any, v: Any, count: int) -> int:
    others, all_minus, never_minus = 0, True, False
    for k in range(count):
        if _is(w, v[k], 0.0):
            all_minus &= _negative(w, v[k])
        else:
            others += 1
            never_minus |= w.op[v[k]] < _NEVER_MINUS_ZERO.size and _NEVER_MINUS_ZERO[w.op[v[k]]]
    # x + −0.0 is x for every x. x + 0.0 is x as well, except that −0.0 becomes 0.0.
    if 0 < others < count and (all_minus or never_minus):
        left = 0
        for k in range(count):
            if not _is(w, v[k], 0.0):
                v[left] = v[k]
                left += 1
        count = left  # x + 0 + y -> x + y
    if count == 1:
        return v[0]  # add(x) -> x
    if count == 2:
        a, b = v[0], v[1]
        if w.op[b] == _NEG:
            return write_2(w, _SUB, a, w.operands[w.start[b]])  # x + -y -> x - y
        if w.op[a] == _NEG:
            return write_2(w, _SUB, b, w.operands[w.start[a]])  # -y + x -> x - y
    for k in range(count):
        push(w, v[k])
    return write(w, _ADD, 0.0)


@helper
def _sub(w: Any, a: int, b: int) -> int:
    if _is(w, b, 0.0) and not _negative(w, b):
        return a  # x - 0 -> x
    if w.op[b] == _NEG:
        return write_2(w, _ADD, a, w.operands[w.start[b]])  # x - -y -> x + y
    return write_2(w, _SUB, a, b)


@helper
def _mul(w: Any, a: int, b: int) -> int:
    for _ in range(2):
        if _is(w, b, 1.0):
            return a  # x * 1 -> x
        if _is(w, b, -1.0):
            return _neg(w, a)  # x * -1 -> -x
        if w.op[b] == _CONSTANT and w.op[a] == _NEG:
            c = constant(w, -w.detail[b])
            return write_2(w, _MUL, w.operands[w.start[a]], c)  # -x * c -> x * -c
        a, b = b, a
    return write_2(w, _MUL, a, b)


@helper
def _div(w: Any, a: int, b: int) -> int:
    if _is(w, b, 1.0):
        return a  # x / 1 -> x
    if w.op[b] == _CONSTANT:
        # The reciprocal of a power of two is exact, unless it is subnormal or overflows.
        size = abs(w.detail[b])
        if 1e-300 < size < 1e300 and math.frexp(size)[0] == 0.5:
            return write_2(w, _MUL, a, constant(w, 1.0 / w.detail[b]))  # x / 4 -> x * 0.25
    return write_2(w, _DIV, a, b)


@helper
def _neg(w: Any, a: int) -> int:
    if w.op[a] == _NEG:
        return w.operands[w.start[a]]  # -(-x) -> x
    return write_1(w, _NEG, a)


@helper
def _pow(w: Any, a: int, b: int) -> int:
    if _is(w, b, 0.0):
        return constant(w, 1.0)  # x ** 0 -> 1, even if x is nan
    if _is(w, b, 1.0):
        return a  # x ** 1 -> x
    if _is(w, b, -1.0):
        return write_2(w, _DIV, constant(w, 1.0), a)  # x ** -1 -> 1 / x
    if _is(w, b, 2.0):
        return write_2(w, _MUL, a, a)  # x ** 2 -> x * x
    if _is(w, b, 3.0):
        return write_2(w, _MUL, write_2(w, _MUL, a, a), a)  # x ** 3 -> (x * x) * x
    if _is(w, b, 4.0):
        square = write_2(w, _MUL, a, a)
        return write_2(w, _MUL, square, square)  # x ** 4 -> (x * x) * (x * x)
    return write_2(w, _POW, a, b)


@helper
def _gated(w: Any, op: int, a: int, b: int) -> int:
    if w.op[a] == _CONSTANT and w.detail[a] == w.detail[a]:
        if w.detail[a] == 0.0:
            return constant(w, 0.0)  # gated(0, x) -> 0, even if x is inf or nan
        return _mul(w, a, b)  # gated(c, x) -> c * x
    return write_2(w, op, a, b)


_CONSTANT = NUMBER[Kind.CONSTANT]
_ADD, _SUB, _MUL, _DIV = NUMBER[ops.ADD], NUMBER[ops.SUB], NUMBER[ops.MUL], NUMBER[ops.DIV]
_NEG, _POW, _WHERE, _PICK = NUMBER[ops.NEG], NUMBER[ops.POW], NUMBER[ops.WHERE], NUMBER[ops.PICK]
_GATED, _MASKED = NUMBER[ops.GATED], NUMBER[ops.MASKED]
_MASKED_BOTH = NUMBER[ops.MASKED_BOTH]
_NEVER_MINUS_ZERO = np.array(
    [
        op in (
            ops.ABS, ops.EXP, ops.RELU, ops.SIGMOID, ops.SOFTPLUS, ops.POSITIVE, ops.SECH2,
            ops.LARGER, ops.LESS, ops.GREATER, ops.EQUAL,
        )
        for op in OPERATIONS
    ]
)  # fmt: skip
"""Whether the result of an operation is certainly not −0.0."""
