"""Find what a program adds to the gradients of a table whose entries an index picks.

The gradient of a picked value goes to the entry that was picked, and 0 to all others. Code says so
with a comparison and a product for each entry::

    v3 = v0 == 0.0
    v4 = v0 == 1.0
    v5 = v3 * v2
    v6 = v4 * v2
    v7 = mean(v5)
    v8 = mean(v6)

The machine adds v2 to one of the sums instead, the one that v0 says, and computes neither the
comparisons nor the products.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from autograd import ops

from .compiled import compiled
from .ir import NUMBER, Arrays, Kind

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .ir import Code

__all__ = ["MOST", "Scatter", "scatter_at", "scatters"]

MOST = 4096
"""How many entries a table may have."""


class Scatter(NamedTuple):
    """A term of a mean that is a value where an index is a certain number, and 0 elsewhere.

    Attributes:
        column, value: the positions of the index and the value.
        entry: the number.
    """

    column: int
    value: int
    entry: int


def scatters(code: Code, varies: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Whether each instruction is such a product, or a comparison for such products only."""
    found = np.zeros(len(code), np.bool_)
    if code.has(ops.EQUAL, ops.MASKED):
        _find(code.arrays, varies, found)
    return found


def scatter_at(code: Code, position: int) -> Scatter:
    """The parts of the product at `position`, which is one of `scatters`."""
    op, _, _, detail = code.lists
    comparison, value = code.operands_of(position)
    index, entry = code.operands_of(comparison)
    if op[entry] != _CONSTANT:
        index, entry = entry, index
    return Scatter(index, value, int(detail[entry]))


@compiled
def _find(code: Arrays, varies: Any, found: Any) -> None:
    for i in range(code.op.size):
        first = code.start[i]
        if code.op[i] == _EQUAL and varies[i]:
            for k in range(first, first + 2):
                entry = code.operands[k]
                number = code.detail[entry]
                if code.op[entry] == _CONSTANT and 0.0 <= number < MOST and int(number) == number:
                    found[i] = True
        elif code.op[i] == _MASKED:
            found[i] = code.op[code.operands[first]] == _EQUAL and found[code.operands[first]]
    # A product has to be a term of means, by itself, and nothing else.
    for i in range(code.op.size):
        first, end = code.start[i], code.start[i + 1]
        pairs = first + 2 * int(code.detail[i]) if code.op[i] == _MEAN else end
        for k in range(first, end):
            operand = code.operands[k]
            if code.op[operand] == _MASKED and k < pairs:
                partner = code.operands[first + ((k - first) ^ 1)] if code.op[i] == _MEAN else i
                if code.op[partner] != _CONSTANT or code.detail[partner] != 1.0:
                    found[operand] = False
    for i in range(code.op.size):
        for k in range(code.start[i], code.start[i + 1]):
            operand = code.operands[k]
            if code.op[operand] == _EQUAL:
                is_condition = code.op[i] == _MASKED and k == code.start[i]
                if not (is_condition and found[i]):
                    found[operand] = False


_EQUAL, _MASKED = NUMBER[ops.EQUAL], NUMBER[ops.MASKED]
_CONSTANT, _MEAN = NUMBER[Kind.CONSTANT], NUMBER[Kind.MEAN]
