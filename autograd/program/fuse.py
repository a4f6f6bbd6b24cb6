"""The pass that makes one instruction of a sum of products."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autograd import ops

from .instructions import Kind, varying
from .rewriting import Rewriter

if TYPE_CHECKING:
    from .instructions import Code, Instruction

__all__ = ["fuse"]


def fuse(code: Code) -> Code:
    """Make one instruction of a sum of products, and of a sum of sums.

    ::

        v0 = parameter 0                v0 = parameter 0
        v1 = parameter 1                v1 = parameter 1
        v2 = input 0                    v2 = input 0
        v3 = input 1                    v3 = input 1
        v4 = v0 * v2              →     v4 = dot([v0, v1], [v2, v3])
        v5 = v1 * v3
        v6 = v4 + v5

    A sum or product goes into the sum that uses it if nothing else does, and if both are uniform or
    both vary: what is the same for all rows stays outside the loop over the rows.
    """
    varies = varying(code)
    uses = [0] * len(code)
    for _, operands, _ in code:
        for i in operands:
            uses[i] += 1
    # sign[i] is the sign with which instruction i goes into the sum that uses it. From last to
    # first, so that a sum knows what it is part of before its own terms are looked at.
    sign: dict[int, int] = {}
    averaged: set[int] = set()
    for position in range(len(code) - 1, -1, -1):
        op, operands, _ = code[position]
        absorbed_minus = op is ops.NEG and position in sign
        if not (absorbed_minus or op is ops.ADD or op is ops.SUB or op is Kind.MEAN):
            continue
        mean = op is Kind.MEAN or position in averaged
        for i, operand in enumerate(operands):
            if uses[operand] > 1 or not (mean or varies[operand] == varies[position]):
                continue
            s = sign.get(position, 1)
            if op is ops.NEG or (op is ops.SUB and i == 1):
                s = -s
            if _goes_into_sum(code[operand], varies, s, mean=mean):
                sign[operand] = s
                if mean:
                    averaged.add(operand)
    tape = Rewriter()
    for position, (op, operands, detail) in enumerate(code):
        if position in sign:
            tape.at.append(-1)  # its only user asks for its terms instead
        elif op is ops.ADD or op is ops.SUB or op is Kind.MEAN:
            tape.at.append(_fused(tape, code, varies, sign, position))
        else:
            tape.at.append(tape.write(op, tuple([tape.at[i] for i in operands]), detail))
    return tape.code


def _goes_into_sum(term: Instruction, varies: list[bool], sign: int, *, mean: bool) -> bool:
    op = term.op
    if op is ops.MUL:
        both_vary = varies[term.operands[0]] and varies[term.operands[1]]
        if mean:
            return sign > 0 and both_vary
        # To subtract a product, one factor is negated: a uniform one, which costs next to nothing.
        return sign > 0 or (
            not both_vary and (varies[term.operands[0]] or varies[term.operands[1]])
        )
    return op is ops.ADD or (not mean and (op is ops.SUB or op is ops.NEG))


def _fused(tape: Rewriter, code: Code, varies: list[bool], sign: dict[int, int], root: int) -> int:
    """Write the sum at `root` with all that goes into it; where it stands."""
    products: list[tuple[int, int]] = []
    added: list[int] = []
    subtracted: list[int] = []
    waiting = [(root, 1)]
    while waiting:
        position, s = waiting.pop()
        op, operands, _ = code[position]
        if position != root and position not in sign:
            (added if s > 0 else subtracted).append(position)
        elif op is ops.MUL:
            a, b = operands
            if varies[a] and not varies[b]:
                a, b = b, a
            at = tape.at[a]
            products.append((at if s > 0 else tape.negative(at), tape.at[b]))
        else:
            signs = [s] * len(operands)
            if op is ops.NEG or op is ops.SUB:
                signs[-1] = -s
            waiting.extend(zip(reversed(operands), reversed(signs), strict=True))
    mean = code[root].op is Kind.MEAN
    if not products and not mean:
        if len(added) == 1 and len(subtracted) == 1:
            return tape.write(ops.SUB, (tape.at[added[0]], tape.at[subtracted[0]]))
        if not subtracted and len(added) < 3:
            return tape.write(ops.ADD, tuple([tape.at[i] for i in added]))
    # What is the same for all rows is negated, and added up, outside the loop over the rows.
    uniform = [tape.at[i] for i in added if not varies[i]]
    for i in subtracted:
        if code[i].op is Kind.CONSTANT or varies[root] > varies[i]:
            uniform.append(tape.negative(tape.at[i]))
        else:
            products.append((tape.constant(-1.0), tape.at[i]))
    if varies[root] and len(uniform) > 1:
        uniform = [tape.write(ops.ADD, tuple(uniform))]
    terms = [*uniform, *[tape.at[i] for i in added if varies[i]]]
    factors = [i for pair in products for i in pair]
    if mean:
        return tape.write(Kind.MEAN, (*factors, *terms), len(products))
    if not products:
        return tape.write(ops.ADD, tuple(terms))
    return tape.write(Kind.DOT, (*factors, *terms), len(products))
