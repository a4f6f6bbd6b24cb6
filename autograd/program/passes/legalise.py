"""Legalisation: rewrite operations that the machine has no loop for."""

from __future__ import annotations

import math

import numpy as np

from autograd import ops
from autograd.program.ir import NUMBER, Builder, Code, Rewriter, varying

__all__ = ["legalise"]


def legalise(code: Code) -> Code:
    """Replace ``sum_less_one``, ``shift`` of other than two operands, ``add`` of one, and ``pick``.

    A ``pick`` stays if only its index varies: the machine looks up an entry of a table.

    ::

        v0 = parameter 0                v0 = parameter 0
        v1 = parameter 1                v1 = parameter 1
        v2 = parameter 2                v2 = parameter 2
        v3 = shift(v0, v1, v2)    →     v3 = shift(v0, v1)
        v4 = add(v3)                    v4 = shift(v3, v2)
        output 0 = v4                   output 0 = v4
    """
    op, counts = code.arrays.op, np.diff(code.arrays.start)
    illegal = (op == _SUM_LESS_ONE) | ((op == _SHIFT) & (counts != 2))
    picks = np.flatnonzero(op == _PICK)
    if len(picks):
        varies = varying(code)
        for i in picks.tolist():
            index, *values = code[i].operands
            illegal[i] = not varies[index] or varies[values].any()
    illegal |= (op == _ADD) & (counts < 2)
    if not illegal.any():
        return code  # the common case
    builder = Rewriter(code)
    chosen: dict[tuple[int, int], int] = {}
    for i in np.flatnonzero(illegal).tolist():
        builder.copy_until(i)
        v = builder.operands_of(i)
        if op[i] == _SHIFT:
            position = _write_shift(builder, v)
        elif op[i] == _SUM_LESS_ONE:
            position = _write_sum_less_one(builder, v)
        elif op[i] == _PICK:
            position = _write_pick(builder, v, chosen)
        else:
            position = v[0]  # add(a) -> a
        builder.replace(i, position)
    return builder.rewritten()


_ADD, _SHIFT = NUMBER[ops.ADD], NUMBER[ops.SHIFT]
_SUM_LESS_ONE, _PICK = NUMBER[ops.SUM_LESS_ONE], NUMBER[ops.PICK]


def _write_shift(builder: Builder, v: tuple[int, ...]) -> int:
    """``shift(a, b, c)`` as ``shift(shift(a, b), c)``, and ``shift(a)`` as ``shift(a, a)``."""
    position, *others = v if len(v) > 1 else v * 2
    for other in others:
        position = builder.write(ops.SHIFT, (position, other))
    return position


def _write_sum_less_one(builder: Builder, v: tuple[int, ...]) -> int:
    """``a + b + … − 1``, with the 1 subtracted from the largest term.

    Of the largest term so far and the next one, the smaller joins the other terms::

        v2 = sum_less_one(v0, v1)  →    v2 = minimum(v0, v1)
                                        v3 = maximum(v0, v1)
                                        v4 = constant -1.0
                                        v5 = v3 + v4
                                        v6 = v5 + v2
    """
    largest, *others = v
    smaller: list[int] = []
    for other in others:
        smaller.append(builder.write(ops.MINIMUM, (largest, other)))
        largest = builder.write(ops.MAXIMUM, (largest, other))
    rest = smaller if len(smaller) < 2 else [builder.write(ops.ADD, tuple(smaller))]
    total = builder.write(ops.ADD, (largest, builder.constant(-1.0)))
    return builder.write(ops.ADD, (total, *rest)) if rest else total


def _write_pick(builder: Builder, v: tuple[int, ...], chosen: dict[tuple[int, int], int]) -> int:
    """``pick(i, a, b)`` as a choice for each value; nothing of a value that is not chosen remains.

    ::

        v3 = pick(v0, v1, v2)      →    v3 = v0 == 0.0
                                        v4 = v0 == 1.0
                                        v5 = where(v4, v2, nan)
                                        v6 = where(v3, v1, v5)

    Arguments:
        builder: writes the code.
        v: the index, then the values.
        chosen: for an index and a number, where their comparison is; picks by one index share them.
    """
    index, *values = v
    position = builder.constant(math.nan)
    for k in range(len(values) - 1, -1, -1):
        if (index, k) not in chosen:
            chosen[index, k] = builder.write(ops.EQUAL, (index, builder.constant(float(k))))
        position = builder.write(ops.WHERE, (chosen[index, k], values[k], position))
    return position
