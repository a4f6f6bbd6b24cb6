"""Instruction scheduling: reorder instructions so that the machine runs fewer, longer loops."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.program.compiled import compiled, helper
from autograd.program.ir import Arrays, Code, renumbered, stages, varying
from autograd.program.roles import roles_of
from autograd.program.sums import LOOP_COUNT, WEIGHTED_SUM, Sums, loops_of

__all__ = ["group"]


def group(code: Code) -> Code:
    """Put instructions with the same loop, and dot products with the same vector, side by side.

    ::

        v0 = parameter 0                v0 = parameter 0
        v1 = input 0                    v1 = parameter 1
        v2 = v0 * v1                    v2 = input 0
        v3 = relu(v2)             →     v3 = v0 * v2
        v4 = parameter 1                v4 = v1 * v2
        v5 = v4 * v1                    v5 = relu(v3)
        v6 = relu(v5)                   v6 = relu(v4)

    The machine runs neighbours in one loop if it can (`loops_of`), and so decides only once what to
    do; a mispredicted branch costs more than the operation itself. Neighbouring dot products with
    the same vector become a matrix times that vector.

    Instructions that play the same role (`roles_of`) wait for one another, so that they get
    neighbouring rows of memory and run as one.
    """
    varies = varying(code)
    roles = roles_of(code, varies)
    loops = loops_of(code, varies, roles)
    sums = Sums(code, varies) if (loops == WEIGHTED_SUM).any() else None
    keys = stages(code, varies) * _LOOPS + loops
    queues = np.full((4 * _LOOPS, 4), -1, np.int64)
    queues[:, _COUNT] = 0
    n, operands = len(code), len(code.arrays.operands)
    users = np.empty(operands, np.int64), np.zeros(n + 2, np.int64)
    waits, order, state = np.zeros(n, np.int64), np.empty(n, np.int64), np.zeros(4, np.int64)
    _find_users(code.arrays, *users, waits, np.full(n, -1, np.int64))
    follows = np.full(n, -1, np.int64)
    left = np.bincount(roles, minlength=n)
    pool = np.full((n, 2), -1, np.int64)
    while _schedule(*users, waits, roles, left, pool, keys, queues, follows, order, state):
        batch = order[state[_BEGIN] : state[_END]]
        if sums is not None and loops[batch[0]] == WEIGHTED_SUM:
            vectors = {i: sums.split(i).xs for i in batch.tolist()}
            batch[:] = sorted(vectors, key=vectors.__getitem__)
    return renumbered(code, order)


_LOOPS = LOOP_COUNT
_FIRST, _LAST, _COUNT, _SINCE = range(4)
"""The queue of instructions of one stage and loop that are ready to run: a linked list, and since
when it has not been empty."""
_BEGIN, _END, _TIME, _READY = range(4)
"""The state of scheduling: where the latest batch begins and ends in the order, the time, and how
many instructions were ready so far."""


@compiled
def _find_users(code: Arrays, users: Any, start: Any, waits: Any, seen: Any) -> None:
    """Find the users of each result, and for how many different results each instruction waits.

    Those of result i are ``users[start[i] : start[i + 1]]``; `start` has one more entry, for work.
    """
    for counting in (True, False):
        seen[:] = -1
        for position in range(code.op.size):
            for k in range(code.start[position], code.start[position + 1]):
                i = code.operands[k]
                if seen[i] == position:  # a · a is one user of a
                    continue
                seen[i] = position
                if counting:
                    start[i + 2] += 1
                    waits[position] += 1
                else:
                    users[start[i + 1]] = position
                    start[i + 1] += 1
        if counting:
            for i in range(code.op.size):
                start[i + 2] += start[i + 1]


@compiled
def _schedule(
    users: Any, start: Any, waits: Any, roles: Any, left: Any, pool: Any, keys: Any, queues: Any,
    follows: Any, order: Any, state: Any,
) -> bool:  # fmt: skip
    """Append the next batch to the order; return False if none is left.

    Instructions that play the same role wait for one another in a pool. `left` says how many of a
    role are not in it yet, `pool` is a linked list for each role.
    """
    if state[_END] == 0:
        for position in range(waits.size):
            if not waits[position]:
                _make_ready(position, roles, left, pool, keys, queues, follows, state)
    for p in range(state[_BEGIN], state[_END]):  # the caller may have sorted the latest batch
        for k in range(start[order[p]], start[order[p] + 1]):
            waits[users[k]] -= 1
            if not waits[users[k]]:
                _make_ready(users[k], roles, left, pool, keys, queues, follows, state)
    if state[_READY] == state[_END] < waits.size:  # they wait for one another in a circle
        for role in range(left.size):
            if left[role] > 0 and pool[role, 0] >= 0:
                _release(role, pool, keys, queues, follows, state)
    # The earliest stage first; within it, the loop with the most instructions ready.
    best = -1
    for key in range(len(queues)):
        if queues[key, _COUNT] and (best < 0 or _comes_before(queues, key, best)):
            best = key
    if best < 0:
        return False
    state[_BEGIN] = state[_END]
    position = queues[best, _FIRST]
    while position >= 0:
        order[state[_END]] = position
        state[_END] += 1
        position = follows[position]
    queues[best, _FIRST], queues[best, _COUNT] = -1, 0
    return True


@helper
def _make_ready(
    position: int, roles: Any, left: Any, pool: Any, keys: Any, queues: Any, follows: Any,
    state: Any,
) -> None:  # fmt: skip
    """Put an instruction into the pool of its role, and release all when the last one is there."""
    role = roles[position]
    if pool[role, 0] < 0:
        pool[role, 0] = position
    else:
        follows[pool[role, 1]] = position
    pool[role, 1] = position
    left[role] -= 1
    if left[role] == 0:
        _release(role, pool, keys, queues, follows, state)


@helper
def _release(role: int, pool: Any, keys: Any, queues: Any, follows: Any, state: Any) -> None:
    """Move the instructions in the pool of a role to their queues."""
    position = pool[role, 0]
    pool[role, 0] = -1
    while position >= 0:
        following = follows[position]
        follows[position] = -1
        _append(position, keys, queues, follows, state)
        position = following


@helper
def _append(position: int, keys: Any, queues: Any, follows: Any, state: Any) -> None:
    queue = queues[keys[position]]
    if queue[_COUNT] == 0:
        queue[_FIRST], queue[_SINCE] = position, state[_TIME]
        state[_TIME] += 1
    else:
        follows[queue[_LAST]] = position
    queue[_LAST] = position
    queue[_COUNT] += 1
    state[_READY] += 1


@helper
def _comes_before(queues: Any, a: int, b: int) -> bool:
    if a // _LOOPS != b // _LOOPS:
        return a < b
    if queues[a, _COUNT] != queues[b, _COUNT]:
        return queues[a, _COUNT] > queues[b, _COUNT]
    return queues[a, _SINCE] < queues[b, _SINCE]
