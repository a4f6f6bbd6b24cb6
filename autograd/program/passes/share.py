"""Common-subexpression elimination (CSE)."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd import ops
from autograd.program.compiled import compiled, helper
from autograd.program.ir import NUMBER, Arrays, Code, Kind
from autograd.program.writer import Writer, mixed, new_table, new_writer, push, write, written

__all__ = ["share"]


def share(code: Code) -> Code:
    """Compute each common subexpression once.

    ::

        v0 = parameter 0                v0 = parameter 0
        v1 = parameter 1                v1 = parameter 1
        v2 = v0 * v1              →     v2 = v0 * v1
        v3 = v1 * v0                    v3 = v2 + v2
        v4 = v2 + v3
    """
    n = len(code)
    w = new_writer(n, len(code.arrays.operands), 0)
    _share(code.arrays, w, np.empty(n, np.int64), new_table(n))
    return Code(written(w), code.custom)


@compiled
def _share(code: Arrays, w: Writer, at: Any, seen: Any) -> None:
    """`at` gets the new position of each result; `seen` is a hash table of new positions."""
    mask = seen.size - 1
    for i in range(code.op.size):
        op = code.op[i]
        start = w.size[1]
        for k in range(code.start[i], code.start[i + 1]):
            push(w, at[code.operands[k]])
        new = write(w, op, code.detail[i])
        at[i] = new
        if op == _OUTPUT or op == _GRADIENT:
            continue
        # a + b is b + a; any further terms keep their order.
        swaps = (op == _ADD or op == _MUL) and w.size[1] - start > 1
        slot = _hash(w, new, swaps) & mask
        while seen[slot] >= 0 and not _alike(w, seen[slot], new, swaps):
            slot = (slot + 1) & mask
        if seen[slot] < 0:
            seen[slot] = new
        else:
            at[i] = seen[slot]
            w.size[0], w.size[1] = new, start  # take it back


@helper
def _hash(w: Any, position: int, swaps: bool) -> int:
    detail = w.bits[position]
    if w.detail[position] != w.detail[position]:
        detail = 0  # nan has many forms
    found = mixed(detail * 31 + w.op[position])
    first = w.start[position]
    if swaps:
        a, b = w.operands[first], w.operands[first + 1]
        found = mixed(found * 31 + min(a, b))
        found = mixed(found * 31 + max(a, b))
        first += 2
    for k in range(first, w.start[position + 1]):
        found = mixed(found * 31 + w.operands[k])
    return found


@helper
def _alike(w: Any, i: int, j: int, swaps: bool) -> bool:
    if w.op[i] != w.op[j]:
        return False
    x, y = w.detail[i], w.detail[j]
    if w.bits[i] != w.bits[j] and not (x != x and y != y):
        return False
    a, b = w.start[i], w.start[j]
    count = w.start[i + 1] - a
    if w.start[j + 1] - b != count:
        return False
    if swaps and w.operands[a] == w.operands[b + 1] and w.operands[a + 1] == w.operands[b]:
        a, b, count = a + 2, b + 2, count - 2
    for k in range(count):
        if w.operands[a + k] != w.operands[b + k]:
            return False
    return True


_ADD, _MUL = NUMBER[ops.ADD], NUMBER[ops.MUL]
_OUTPUT, _GRADIENT = NUMBER[Kind.OUTPUT], NUMBER[Kind.GRADIENT]
