"""Find instructions that do the same at different places, such as the positions of a sequence.

A layer that reads a sequence is recorded once for each position. Its instructions differ only in
which varying values they read. Those that play the same *role* get neighbouring rows in memory, and
the machine runs them as one instruction on longer rows (`machine.rows`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from autograd import ops
from autograd.program.compiled import compiled, helper
from autograd.program.ir import NUMBER, Arrays, Kind

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from autograd.program.ir import Code

__all__ = ["FEW", "roles_of"]

FEW = 256
"""With fewer varying instructions, nothing is placed side by side."""


def roles_of(code: Code, varies: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The role of each instruction, a number from 0 on; uniform ones have one each.

    Two instructions play the same role if they have the same operation, the same weights, and
    operands that play the same roles. How often a role repeats in a sum, or in a chain of maxima,
    does not count: at its fifth position, attention adds up five products of the same roles.

    With few instructions, all have roles of their own: blocks of rows are tall then, and the time
    goes into arithmetic, not into deciding what to do.

    The roles only say what to place side by side. Whether instructions really run as one is decided
    by their operands, so that a mistake here would cost time but do no harm.
    """
    n = len(code)
    roles, kinds = np.arange(n), np.arange(n)
    if np.count_nonzero(varies) < FEW:
        return roles
    _find_roles(code.arrays, varies, roles, kinds, *np.zeros((2, n), np.int64))
    return np.unique(roles, return_inverse=True)[1]


@compiled
def _find_roles(code: Arrays, varies: Any, roles: Any, kinds: Any, last: Any, links: Any) -> None:
    """Fill in the roles.

    Arguments:
        code, varies: the instructions, and which of them differ from row to row.
        roles: the results.
        kinds: what the users of each result see: a sum of one kind looks like one of its terms.
        last, links: what the links of a chain add to it, and how many there are.
    """
    for i in range(code.op.size):
        if not varies[i]:
            continue
        op, first, end = code.op[i], code.start[i], code.start[i + 1]
        if op == _ADD or op == _MUL or op == _DOT:
            products = 1 if op == _MUL else int(code.detail[i]) if op == _DOT else 0
            kinds[i] = _kind_of_sum(code, varies, kinds, first, end, products)
            roles[i] = _mix(_ADD, kinds[i])
        elif op == _SHIFT or op == _MAXIMUM or op == _MINIMUM:
            a, b = code.operands[first], code.operands[end - 1]
            left, right = kinds[a], kinds[b]
            last[i] = right
            if code.op[a] == op and last[a] == right:
                kinds[i] = left
                links[i] = links[a] + 1
                roles[a] = _mix(left, links[i])  # only the last link is the whole chain
            else:
                kinds[i] = _mix(op, left)
                if left != right:
                    kinds[i] = _mix(kinds[i], right)
            roles[i] = kinds[i]
        else:
            kinds[i] = _mix(op, 0)
            for k in range(first, end):
                kinds[i] = _mix(kinds[i], kinds[code.operands[k]])
            roles[i] = kinds[i]


@helper
def _kind_of_sum(code: Arrays, varies: Any, kinds: Any, first: int, end: int, products: int) -> int:
    kind, previous, different = _mix(_ADD, 0), 0, 0
    k = first
    while k < end:
        if k < first + 2 * products:
            left, right = kinds[code.operands[k]], kinds[code.operands[k + 1]]
            term = _mix(min(left, right), max(left, right))
            k += 2
        else:
            i = code.operands[k]
            term = kinds[i] if varies[i] else 1  # what is added may be another number each time
            k += 1
        if term != previous:
            kind = _mix(kind, term)
            different += 1
        previous = term
    return previous if different == 1 and not products else kind


@helper
def _mix(a: int, b: int) -> int:
    """A number that stands for a pair."""
    x = (3 * a + 5 * b + 0x1E3779B97F4A7C15) * 0x2545F4914F6CDD1D & 0x7FFFFFFFFFFFFFFF
    return x ^ (x >> 29)


_ADD, _MUL, _DOT = NUMBER[ops.ADD], NUMBER[ops.MUL], NUMBER[Kind.DOT]
_SHIFT, _MAXIMUM, _MINIMUM = NUMBER[ops.SHIFT], NUMBER[ops.MAXIMUM], NUMBER[ops.MINIMUM]
