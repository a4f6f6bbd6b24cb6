"""Cut the loop over rows into batches that run at once, and count what they use."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.program.compiled import compiled

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from autograd.program.ir import Arrays, Code

__all__ = ["batches", "count_uses"]


def count_uses(
    code: Code, positions: NDArray[np.int64], stores: Sequence[tuple[int, int]]
) -> list[int]:
    """How often each result is used in the loop."""
    inside = np.zeros(len(code), np.bool_)
    inside[positions] = True
    used = code.arrays.operands[np.repeat(inside, np.diff(code.arrays.start))]
    uses = np.bincount(used, minlength=len(code))
    for _, position in stores:
        uses[position] += 1
    return uses.tolist()


def batches(
    code: Code, positions: NDArray[np.int64], loops: NDArray[np.int64]
) -> Iterator[list[int]]:
    """Cut the code into batches of instructions of one loop that do not need one another."""
    begins = np.zeros(len(positions) + 1, np.bool_)
    begins[-1] = True
    _find_batches(code.arrays, positions, loops, begins)
    listed = positions.tolist()
    for begin, end in pairwise(np.flatnonzero(begins).tolist()):
        yield listed[begin:end]


@compiled
def _find_batches(code: Arrays, positions: Any, loops: Any, begins: Any) -> None:
    """Set a flag where a batch begins."""
    first = -1
    for p in range(positions.size):
        i = positions[p]
        new = p == 0 or loops[i] != loops[positions[p - 1]]
        for k in range(code.start[i], code.start[i + 1]):
            new |= code.operands[k] >= first
        if new:
            begins[p] = True
            first = i
