"""Instruction fusion: one instruction for a sum of products."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd import ops
from autograd.program.compiled import compiled, helper
from autograd.program.ir import NUMBER, Arrays, Code, Kind, varying
from autograd.program.writer import (
    Writer,
    constant,
    negate,
    new_writer,
    push,
    write,
    write_2,
    written,
)

__all__ = ["fuse"]


def fuse(code: Code) -> Code:
    """Fuse a sum of products, or a sum that begins with a sum, into one instruction.

    ::

        v0 = parameter 0                v0 = parameter 0
        v1 = parameter 1                v1 = parameter 1
        v2 = input 0                    v2 = input 0
        v3 = input 1                    v3 = input 1
        v4 = v0 * v2              →     v4 = dot([v0, v1], [v2, v3])
        v5 = v1 * v3
        v6 = v4 + v5

    The new instruction adds the same numbers in the same order, so its result is the same to the
    last bit: ``(a + b) + c`` is ``a + b + c`` from left to right, but ``a + (b + c)`` is not.

    A product, or the sum at the beginning, is fused if nothing else uses it and if it varies like
    the sum it joins: uniform work stays outside the loop over the rows.
    """
    n, operands = len(code), len(code.arrays.operands)
    varies, sign = varying(code), np.zeros(n, np.int64)
    uses = np.bincount(code.arrays.operands, minlength=n)
    _place(code.arrays, varies, uses, sign)
    w = new_writer(n + operands, 2 * (n + operands), operands + 2)
    pairs = np.empty((3, operands + 1, 2), np.int64)
    _fuse(code.arrays, varies, sign, w, np.full(n, -1, np.int64), *pairs)
    return Code(written(w), code.custom)


@compiled
def _place(code: Arrays, varies: Any, uses: Any, sign: Any) -> None:
    """Find the sign with which each instruction joins the sum that uses it; 0 if it does not.

    The loop goes from last to first, so that a sum is placed before its own terms are.
    """
    for position in range(code.op.size - 1, -1, -1):
        op = code.op[position]
        is_sum, mean = op == _ADD or op == _SUB, op == _MEAN
        if not (is_sum or mean or (op == _NEG and sign[position] != 0)):
            continue
        # Only the first term may be a sum. Of two terms added, either can come first.
        begun, last = False, 1 if op == _ADD else 0
        first = code.start[position]
        for k in range(code.start[position + 1] - first):
            i = code.operands[first + k]
            if uses[i] > 1 or (varies[i] != varies[position] and not mean):
                continue
            s = 1
            if op == _NEG:
                s = -sign[position]
            elif op == _SUB and k > 0:
                s = -1
            term = code.op[i]
            if term == _MUL:
                if _can_join(code, i, varies, s, mean):
                    sign[i] = s
            elif is_sum and term == _NEG:
                sign[i] = s
            elif is_sum and not begun and (term == _ADD or term == _SUB) and k <= last:
                begun = True
                sign[i] = s


@helper
def _can_join(code: Arrays, i: int, varies: Any, sign: int, mean: bool) -> bool:
    """Whether the product at `i` can be fused into the sum, or the mean, that uses it."""
    a, b = varies[code.operands[code.start[i]]], varies[code.operands[code.start[i] + 1]]
    if mean:
        return a and b
    # To subtract a product, negate one factor. That is nearly free if the factor is uniform.
    return sign > 0 or a != b


@compiled
def _fuse(
    code: Arrays, varies: Any, sign: Any, w: Writer, at: Any, waiting: Any, terms: Any, factors: Any
) -> None:
    """Write the code; the last three arguments are for the terms of one sum."""
    for position in range(code.op.size):
        op = code.op[position]
        if sign[position] != 0:
            continue
        if op == _ADD or op == _SUB or op == _MEAN:
            count = _find_terms(code, sign, position, waiting, terms)
            at[position] = _write_sum(w, code, varies, sign, at, position, terms, count, factors)
        else:
            for k in range(code.start[position], code.start[position + 1]):
                push(w, at[code.operands[k]])
            at[position] = write(w, op, code.detail[position])


@helper
def _find_terms(code: Arrays, sign: Any, root: int, waiting: Any, terms: Any) -> int:
    """Find the positions and signs of the terms of the sum at `root`, in order; their number."""
    count, top = 0, 1
    waiting[0, 0], waiting[0, 1] = root, 1
    while top:
        top -= 1
        position, s = waiting[top, 0], waiting[top, 1]
        op = code.op[position]
        if op == _MUL or (position != root and sign[position] == 0):
            terms[count, 0], terms[count, 1] = position, s
            count += 1
            continue
        first, end = code.start[position], code.start[position + 1]
        for k in range(end - 1, first - 1, -1):
            last = k == end - 1
            waiting[top, 0] = code.operands[k]
            waiting[top, 1] = -s if last and (op == _NEG or op == _SUB) else s
            top += 1
        if op == _ADD and end - first > 1:
            second = code.operands[first + 1]
            if sign[second] != 0 and (code.op[second] == _ADD or code.op[second] == _SUB):
                waiting[top - 1, 0], waiting[top - 2, 0] = second, code.operands[first]
    return count


@helper
def _write_sum(
    w: Any, code: Arrays, varies: Any, sign: Any, at: Any, root: int, terms: Any, count: int,
    factors: Any,
) -> int:  # fmt: skip
    """Write the sum at `root` with everything fused into it; return its position."""
    products = 0  # how many terms there are up to the last product
    for k in range(count):
        if code.op[terms[k, 0]] == _MUL and sign[terms[k, 0]] != 0:
            products = k + 1
    if count == 2 and not products and terms[0, 1] != terms[1, 1]:
        plus, minus = (0, 1) if terms[0, 1] > 0 else (1, 0)
        return write_2(w, _SUB, at[terms[plus, 0]], at[terms[minus, 0]])
    # Each term becomes a product of two factors, or is added as it is: then the first is −1.
    for k in range(count):
        i, s = terms[k, 0], terms[k, 1]
        if sign[i] != 0:
            a, b = code.operands[code.start[i]], code.operands[code.start[i] + 1]
            if varies[a] and not varies[b]:
                a, b = b, a
            factors[k, 0], factors[k, 1] = at[a] if s > 0 else negate(w, at[a]), at[b]
        elif s > 0:
            factors[k, 0], factors[k, 1] = -1, at[i]
        elif code.op[i] == _CONSTANT or (varies[root] and not varies[i]):
            factors[k, 0], factors[k, 1] = -1, negate(w, at[i])  # outside the loop over the rows
        else:
            factors[k, 0], factors[k, 1] = constant(w, -1.0), at[i]
    if count == 2 and factors[0, 0] < 0 <= factors[1, 0]:  # w·x + b, which is b + w·x
        for side in range(2):
            factors[0, side], factors[1, side] = factors[1, side], factors[0, side]
    products = 0
    for k in range(count):
        if factors[k, 0] >= 0:
            products = k + 1
    for k in range(products):
        if factors[k, 0] < 0:
            factors[k, 0] = constant(w, 1.0)
    for k in range(count):
        if k < products:
            push(w, factors[k, 0])
        push(w, factors[k, 1])
    if code.op[root] == _MEAN:
        return write(w, _MEAN, products)
    return write(w, _DOT, products) if products else write(w, _ADD, 0.0)


_CONSTANT, _DOT, _MEAN = NUMBER[Kind.CONSTANT], NUMBER[Kind.DOT], NUMBER[Kind.MEAN]
_ADD, _SUB, _MUL, _NEG = NUMBER[ops.ADD], NUMBER[ops.SUB], NUMBER[ops.MUL], NUMBER[ops.NEG]
