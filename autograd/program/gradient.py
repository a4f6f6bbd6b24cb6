"""Reverse-mode differentiation of code.

The derivatives are those of the table of operations: `stencils` records what they write for each
kind of instruction, and the backward pass copies it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from autograd import ops

from .compiled import compiled, helper
from .ir import NUMBER, OPERATIONS, Arrays, Code, Kind, renumbered, spread, varying
from .stencils import GRADIENT, OPERAND, PLAIN, RESULT, Stencils, Tables
from .writer import adopt, constant, new_writer, push, write, written

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["differentiate"]


def differentiate(code: Code, params: int, *, masked: bool = True) -> Code:
    """Append the gradient of output 0 with respect to each parameter.

    This is the backward pass on symbols: from the last instruction to the first, each one passes
    its gradient, times the local derivative, to its operands. A contribution that varies is
    averaged over the rows where it reaches a uniform value, and so is the output.

    ::

        v0 = parameter 0                v0 = parameter 0
        v1 = input 0                    v1 = input 0
        v2 = v0 * v1              →     v2 = v0 * v1
        output 0 = v2                   v3 = mean(v1)
                                        v4 = mean(v2)
                                        output 0 = v4
                                        gradient 0 = v3

    Arguments:
        code: the instructions, with a single output.
        params: how many parameters there are.
        masked: behind a choice (see `graph.backward`), a gradient of 0 stays 0 even where a
            derivative is nan or inf. That takes twice the time. Without it such a gradient is nan;
            as long as all results are finite, they are the same.
    """
    is_output = code.arrays.op == _OUTPUT
    first = is_output & (code.arrays.detail == 0.0)
    root = int(code.arrays.operands[code.arrays.start[first.argmax()]])
    code = renumbered(code, np.flatnonzero(~is_output))
    depends = code.arrays.op == _PARAMETER
    spread(code.arrays, depends, -1)
    stencils = Stencils(code, depends)
    everything = (*OPERATIONS, *code.custom)
    selects = np.array([isinstance(op, ops.Op) and op.selects for op in everything])
    parameters = np.full(params, -1, np.int64)
    at = np.flatnonzero(code.arrays.op == _PARAMETER)
    parameters[code.arrays.detail[at].astype(np.int64)] = at
    varies = varying(code)
    room = 2 * (len(code) + params + 64)
    walk, local = _new_walk(code.arrays, varies, root, room), np.empty(0, np.int64)
    while True:
        tables = stencils.tables
        if len(local) < len(tables.op):
            local = np.empty(2 * len(tables.op), np.int64)
        result = _walk(
            walk, code.arrays, depends, selects, masked, parameters,
            stencils.kind, stencils.of_kind, stencils.of_number, tables, local,
        )  # fmt: skip
        if result == _DONE:
            return Code(written(walk.w), stencils.custom)
        if result == _FULL:  # start again, with more room
            room *= 2
            walk = _new_walk(code.arrays, varies, root, room)
        else:
            position = int(walk.state[_POSITION])
            number = None if walk.total[position] >= 0 else float(walk.total_number[position])
            stencils.make(position, number, optional=result == _OPTIONAL)


_DONE, _FULL, _MISSING, _OPTIONAL = range(4)
"""Why the walk stops: it is done, it needs more room, or it needs a stencil, perhaps an optional
one."""
_ROOT, _POSITION, _SUMMED, _ARRIVALS, _CHOSEN = range(5)
"""The state of the walk: where it began, where it is, whether the gradient there is summed up
already, how many contributions there were so far, whether there was a choice."""


class _Walk(NamedTuple):
    """The backward pass. A gradient is a position, or PLAIN and a number."""

    w: Any
    varies: Any
    state: Any
    # The contributions to each instruction's gradient, as linked lists.
    head: Any
    tail: Any
    next: Any
    what: Any
    number: Any
    # Their sum.
    total: Any
    total_number: Any
    needed: Any  # once there was a choice: what is not optional (`graph.backward`)


def _new_walk(code: Arrays, varies: NDArray[np.bool_], root: int, room: int) -> _Walk:
    """A walk that is about to begin at the root, with room for so many more instructions."""
    n, operands = len(code.op), len(code.operands)
    w = new_writer(n + room, operands + 3 * room, n + room)
    w.op[:n], w.start[: n + 1], w.detail[:n] = code.op, code.start, code.detail
    w.operands[:operands] = code.operands
    w.size[:] = n, operands
    state = np.array([root, root, 0, 0, 0], np.int64)
    return _Walk(
        w, np.concatenate([varies, np.zeros(room + 1, np.bool_)]), state,
        np.full(n, -1, np.int64), np.full(n, -1, np.int64),
        np.empty(operands + 1, np.int64), np.empty(operands + 1, np.int64),
        np.empty(operands + 1, np.float64),
        np.full(n, PLAIN, np.int64), np.zeros(n, np.float64), np.zeros(n, np.bool_),
    )  # fmt: skip


@helper
def _arrive(walk: Any, position: int, what: int, number: float) -> None:
    """Note a contribution to the gradient of the instruction at `position`."""
    new = walk.state[_ARRIVALS]
    walk.state[_ARRIVALS] = new + 1
    walk.what[new], walk.number[new], walk.next[new] = what, number, -1
    if walk.head[position] < 0:
        walk.head[position] = new
    else:
        walk.next[walk.tail[position]] = new
    walk.tail[position] = new


@compiled
def _walk(
    walk: Any, code: Arrays, depends: Any, selects: Any, masked: bool, parameters: Any,
    kind: Any, of_kind: Any, of_number: Any, tables: Tables, local: Any,
) -> int:  # fmt: skip
    """Walk from the root to the first instruction; return why it stopped."""
    w, state = walk.w, walk.state
    if not state[_ARRIVALS]:
        for i in range(code.op.size):
            if code.op[i] == _CONSTANT:
                adopt(w, i)
        _arrive(walk, state[_ROOT], PLAIN, 1.0)
    while state[_POSITION] >= 0:
        position = state[_POSITION]
        if walk.head[position] < 0 or not depends[position]:
            state[_POSITION] -= 1
            continue
        if not state[_SUMMED]:
            if not _has_room(w, walk, position):
                return _FULL
            _sum_up(walk, position, not walk.varies[position])
            state[_SUMMED] = 1
        what, number = walk.total[position], walk.total_number[position]
        op = code.op[position]
        optional = state[_CHOSEN] != 0 and not walk.needed[position]
        if op != _PARAMETER and not (optional and what == PLAIN and number == 0.0):
            if selects[op] and masked and not state[_CHOSEN]:
                state[_CHOSEN] = 1
                for i in range(position):
                    walk.needed[i] = walk.head[i] >= 0
                walk.needed[position] = True
            needs = state[_CHOSEN] != 0 and not (optional or selects[op])
            first = code.start[position]
            if op == _ADD:
                for k in range(first, code.start[position + 1]):
                    i = code.operands[k]
                    if depends[i]:
                        _arrive(walk, i, what, number)
                        walk.needed[i] |= needs
            else:
                k = of_kind[2 * kind[position] + optional] if what >= 0 else of_number[position]
                if k < 0:
                    return _OPTIONAL if optional else _MISSING
                begin, end = tables.first[k], tables.first[k + 1]
                words = tables.start[end] - tables.start[begin]
                if w.size[0] + end - begin > w.op.size - 2 or w.size[1] + words > w.operands.size:
                    return _FULL
                _copy(walk, code, tables, position, begin, end, local)
                for p in range(tables.passes[k], tables.passes[k + 1]):
                    i = code.operands[first + tables.place[p]]
                    passed = tables.what[p]
                    if passed != PLAIN:
                        passed = _resolve(walk, code, position, passed, begin, local)
                    _arrive(walk, i, passed, tables.number[p])
                    walk.needed[i] |= needs
        state[_SUMMED] = 0
        state[_POSITION] -= 1
    # The output and its mean; for each parameter a constant and the gradient.
    last = 2 * parameters.size + 2
    if w.size[0] + last > w.op.size - 2 or w.size[1] + last > w.operands.size:
        return _FULL
    _finish(walk, parameters)
    return _DONE


@helper
def _has_room(w: Any, walk: Any, position: int) -> bool:
    """Whether there is room for the sum of all contributions."""
    count, c = 0, walk.head[position]
    while c >= 0:
        count += 1
        c = walk.next[c]
    return w.size[0] + 3 * count < w.op.size - 4 and w.size[1] + 3 * count < w.operands.size - 4


@helper
def _copy(
    walk: Any, code: Arrays, tables: Tables, position: int, begin: int, end: int, local: Any
) -> None:
    """Copy a stencil's instructions, from `begin` to `end`; `local` gets their positions."""
    for t in range(begin, end):
        if tables.op[t] == _CONSTANT:
            local[t] = constant(walk.w, tables.detail[t])
            continue
        for k in range(tables.start[t], tables.start[t + 1]):
            push(walk.w, _resolve(walk, code, position, tables.operands[k], begin, local))
        local[t] = _write(walk, tables.op[t])


@helper
def _resolve(walk: Any, code: Arrays, position: int, what: int, begin: int, local: Any) -> int:
    """The position of what a stencil refers to."""
    if what >= 0:
        return local[begin + what]
    if what == GRADIENT:
        return walk.total[position]
    return position if what == RESULT else code.operands[code.start[position] + OPERAND - what]


@helper
def _write(walk: Any, op: int) -> int:
    """Write an instruction with the operands pushed, and note whether its result varies."""
    w = walk.w
    position = write(w, op, 0.0)
    if op != _MEAN:
        for k in range(w.start[position], w.start[position + 1]):
            walk.varies[position] |= walk.varies[w.operands[k]]
    return position


@helper
def _sum_up(walk: Any, position: int, across_rows: bool) -> None:
    """Sum up the contributions, in order; with `across_rows`, those that vary are averaged.

    The leading contributions share one mean and later ones have one each, so that with a single
    row they add up in the same order as in the graph.
    """
    w, head = walk.w, walk.head[position]
    if across_rows:
        rest = head
        while rest >= 0 and _differs(walk, rest):
            rest = walk.next[rest]
        c = rest
        while c >= 0:
            if _differs(walk, c):
                push(w, walk.what[c])
                walk.what[c] = _write(walk, _MEAN)
            c = walk.next[c]
        if rest != head:
            c = head
            while c != rest:
                push(w, walk.what[c])
                c = walk.next[c]
            walk.what[head] = _write(walk, _MEAN)
            walk.next[head] = rest
    if walk.next[head] < 0:
        walk.total[position], walk.total_number[position] = walk.what[head], walk.number[head]
        return
    c = head
    while c >= 0:
        if walk.what[c] == PLAIN:
            walk.what[c] = constant(w, walk.number[c])
        c = walk.next[c]
    c = head
    while c >= 0:
        push(w, walk.what[c])
        c = walk.next[c]
    walk.total[position] = _write(walk, _ADD)


@helper
def _differs(walk: Any, c: int) -> bool:
    """Whether a contribution differs from row to row."""
    return walk.what[c] >= 0 and walk.varies[walk.what[c]]


@helper
def _finish(walk: Any, parameters: Any) -> None:
    """Write the output, and a gradient for each parameter."""
    w, root = walk.w, walk.state[_ROOT]
    push(w, root)
    if walk.varies[root]:
        push(w, _write(walk, _MEAN))
    write(w, _OUTPUT, 0.0)
    for k in range(parameters.size):
        what, number = PLAIN, 0.0
        if parameters[k] >= 0:
            what, number = walk.total[parameters[k]], walk.total_number[parameters[k]]
        if what == PLAIN:
            what = constant(w, number)
        push(w, what)
        write(w, _GRADIENT, k)


_CONSTANT, _PARAMETER = NUMBER[Kind.CONSTANT], NUMBER[Kind.PARAMETER]
_MEAN, _OUTPUT, _GRADIENT = NUMBER[Kind.MEAN], NUMBER[Kind.OUTPUT], NUMBER[Kind.GRADIENT]
_ADD = NUMBER[ops.ADD]
