"""Instruction scheduling: reorder instructions so that the machine runs fewer, longer loops."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autograd.program.ir import renumbered, stages, varying
from autograd.program.sums import WEIGHTED_SUM, loop_of, sum_at

if TYPE_CHECKING:
    from autograd.program.ir import Code
    from autograd.program.sums import Loop

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

    The machine runs neighbours in one loop if it can (`loop_of`), and so decides only once what to
    do; a mispredicted branch costs more than the operation itself. Neighbouring dot products with
    the same vector become a matrix times that vector.
    """
    varies = varying(code)
    stage = stages(code, varies)
    waits = [len(set(operands)) for _, operands, _ in code]
    users: list[list[int]] = [[] for _ in code]
    for position, (_, operands, _) in enumerate(code):
        for i in set(operands):
            users[i].append(position)
    ready: dict[tuple[int, Loop], list[int]] = {}

    def make_ready(position: int) -> None:
        ready.setdefault((stage[position], loop_of(code, position, varies)), []).append(position)

    for position, count in enumerate(waits):
        if not count:
            make_ready(position)
    order: list[int] = []
    while ready:
        # The earliest stage first; within it, the loop with the most instructions ready.
        key = min(ready, key=lambda k: (k[0], -len(ready[k])))
        batch = ready.pop(key)
        if key[1] == WEIGHTED_SUM:
            batch.sort(key=lambda i: sum_at(code, i, varies).xs)
        order += batch
        for position in batch:
            for user in users[position]:
                waits[user] -= 1
                if not waits[user]:
                    make_ready(user)
    return renumbered(code, order)
