"""The passes: what makes a program smaller and faster, each a function from code to code.

Every pass may be left out (``compile(..., passes=…)``): programs then run slower, and compute the
same. So a pass must not lose a ``nan`` or an ``inf``: ``x · 0`` is not always 0, nor is ``x − x``.
And it must not change how a number is rounded: what cancels in the graph has to cancel in the
program. Sums therefore keep their order, and products are rounded before they are added. Only a
mean over the rows, which the graph of one row does not have, is free.

The longer ones have a file of their own: `simplify`, `fuse`, `group`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from autograd import ops

from .fuse import fuse
from .group import group
from .instructions import Instruction, Kind
from .rewriting import Rewriter, renumbered
from .simplify import simplify

if TYPE_CHECKING:
    from collections.abc import Callable

    from .instructions import Code

__all__ = ["PASSES", "fold", "pair_up", "prune", "share", "spell_out"]


def fold(code: Code) -> Code:
    """Compute now what depends on constants only.

    ::

        v0 = constant 2.0               v0 = constant 2.0
        v1 = constant 3.0               v1 = constant 3.0
        v2 = v0 * v1              →     v2 = constant 6.0
        v3 = parameter 0                v3 = parameter 0
        v4 = v2 * v3                    v4 = v2 * v3

    Only arithmetic, that is. The machine's exponential, for one, may differ from Python's in the
    last digit, and then ``exp(x) - exp(c)`` would not be 0 where x is the constant c.
    """
    folded: Code = []
    for instruction in code:
        op, operands, _ = instruction
        if isinstance(op, ops.Op) and op in _ARITHMETIC:
            numbers = [folded[i].detail for i in operands if folded[i].op is Kind.CONSTANT]
            if len(numbers) == len(operands):
                y = op.over(numbers) if op.variadic else op.forward(*numbers)
                instruction = Instruction(Kind.CONSTANT, (), y)
        folded.append(instruction)
    return folded


# IEEE 754 prescribes the result to the last bit; and Python and the machine call the same pow.
_ARITHMETIC = frozenset(
    (
        ops.ADD, ops.SUB, ops.MUL, ops.DIV, ops.NEG, ops.ABS, ops.SQRT, ops.RELU, ops.LEAKY_RELU,
        ops.MAXIMUM, ops.MINIMUM, ops.POSITIVE, ops.SIGN, ops.GREATER, ops.LEAKY_STEP, ops.GATED,
        ops.SHIFT, ops.SUM_LESS_ONE, ops.POW,
    )
)  # fmt: skip


def share(code: Code) -> Code:
    """Compute once what is computed twice (common subexpressions).

    ::

        v0 = parameter 0                v0 = parameter 0
        v1 = parameter 1                v1 = parameter 1
        v2 = v0 * v1              →     v2 = v0 * v1
        v3 = v1 * v0                    v3 = v2 + v2
        v4 = v2 + v3
    """
    shared: Code = []
    at: list[int] = []
    seen: dict[object, int] = {}
    for op, operands, detail in code:
        operands = tuple([at[i] for i in operands])
        if op is ops.ADD or op is ops.MUL:  # a + b is b + a; what follows keeps its order
            key: object = (op, *sorted(operands[:2]), *operands[2:])
        elif op is Kind.CONSTANT:
            key = (op, repr(detail))
        elif op is Kind.OUTPUT or op is Kind.GRADIENT:
            key = None
        else:
            key = (op, operands, detail)
        position = seen.get(key) if key else None
        if position is None:
            position = len(shared)
            shared.append(Instruction(op, operands, detail))
            if key:
                seen[key] = position
        at.append(position)
    return shared


def prune(code: Code) -> Code:
    """Leave out what no output and no gradient needs (dead code).

    ::

        v0 = parameter 0                v0 = parameter 0
        v1 = exp(v0)              →     v1 = -v0
        v2 = -v0                        output 0 = v1
        output 0 = v2
    """
    needed = [False] * len(code)
    for position in range(len(code) - 1, -1, -1):
        op, operands, _ = code[position]
        if op is Kind.OUTPUT or op is Kind.GRADIENT:
            needed[position] = True
        if needed[position]:
            for i in operands:
                needed[i] = True
    return renumbered(code, [i for i, need in enumerate(needed) if need])


def spell_out(code: Code) -> Code:
    """Write ``a + b + … − 1`` with the 1 taken from the largest; not an option, but for `pair_up`.

    The larger of each pair goes on, and the smaller goes into the sum.

    ::

        v0 = parameter 0                v0 = parameter 0
        v1 = parameter 1                v1 = parameter 1
        v2 = sum_less_one(v0, v1)  →    v2 = minimum(v0, v1)
        output 0 = v2                   v3 = maximum(v0, v1)
                                        v4 = constant -1.0
                                        v5 = v3 + v4
                                        v6 = v5 + v2
                                        output 0 = v6
    """
    if not any([op is ops.SUM_LESS_ONE for op, _, _ in code]):
        return code
    tape = Rewriter()
    for op, operands, detail in code:
        v = [tape.at[i] for i in operands]
        if op is ops.SUM_LESS_ONE:
            largest, *others = v
            terms = []
            for other in others:
                terms.append(tape.write(ops.MINIMUM, (largest, other)))
                largest = tape.write(ops.MAXIMUM, (largest, other))
            op = ops.ADD
            rest = [tape.write(op, tuple(terms))] if len(terms) > 1 else terms
            v = [tape.write(op, (largest, tape.constant(-1.0))), *rest]
        tape.at.append(tape.write(op, tuple(v), detail))
    return tape.code


def pair_up(code: Code) -> Code:
    """Spell out what the machine has no loop for; not an option, and the last but `group`.

    ::

        v0 = parameter 0                v0 = parameter 0
        v1 = parameter 1                v1 = parameter 1
        v2 = parameter 2                v2 = parameter 2
        v3 = shift(v0, v1, v2)    →     v3 = shift(v0, v1)
        v4 = add(v3)                    v4 = shift(v3, v2)
        output 0 = v4                   output 0 = v4
    """
    code = spell_out(code)
    if not any([op is ops.SHIFT or (op is ops.ADD and len(v) == 1) for op, v, _ in code]):
        return code  # the common case
    tape = Rewriter()
    for op, operands, detail in code:
        v = [tape.at[i] for i in operands]
        if isinstance(op, ops.Op) and op.variadic:
            if op is ops.SHIFT and len(v) == 1:
                v *= 2
            while op is ops.SHIFT and len(v) > 2:
                v[:2] = [tape.write(op, tuple(v[:2]))]
            if len(v) == 1:
                tape.at.append(v[0])
                continue
        tape.at.append(tape.write(op, tuple(v), detail))
    return tape.code


PASSES: dict[str, Callable[[Code], Code]] = {
    one.__name__: one for one in (fold, simplify, share, prune, fuse, group)
}
