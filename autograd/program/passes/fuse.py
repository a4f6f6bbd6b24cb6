"""Fusion: one instruction for a sum of products."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autograd import ops
from autograd.program.ir import Builder, Kind, varying

if TYPE_CHECKING:
    from collections.abc import Iterator

    from autograd.program.ir import Code

__all__ = ["fuse"]


def fuse(code: Code) -> Code:
    """Make one instruction of a sum of products, and of a sum that begins with a sum.

    ::

        v0 = parameter 0                v0 = parameter 0
        v1 = parameter 1                v1 = parameter 1
        v2 = input 0                    v2 = input 0
        v3 = input 1                    v3 = input 1
        v4 = v0 * v2              →     v4 = dot([v0, v1], [v2, v3])
        v5 = v1 * v3
        v6 = v4 + v5

    The new instruction adds the same numbers in the same order, so that its result is the same to
    the last bit: ``(a + b) + c`` is ``a + b + c`` from left to right, and ``a + (b + c)`` is not.

    A product, or the sum at the beginning, goes in if nothing else uses it, and if both are uniform
    or both vary: what is the same for all rows stays outside the loop over the rows.
    """
    varies = varying(code)
    uses = [0] * len(code)
    for _, operands, _ in code:
        for i in operands:
            uses[i] += 1
    # sign[i] is the sign with which instruction i goes into the sum that uses it. From last to
    # first, so that a sum knows what it is part of before its own terms are looked at.
    sign: dict[int, int] = {}
    for position in range(len(code) - 1, -1, -1):
        op, operands, _ = code[position]
        a_sum, mean = op is ops.ADD or op is ops.SUB, op is Kind.MEAN
        if not (a_sum or mean or (op is ops.NEG and position in sign)):
            continue
        # A sum has to be the first term. Of two terms added, either is: a + b is b + a.
        begun, last = False, int(op is ops.ADD)
        for k, i in enumerate(operands):
            if uses[i] > 1 or (varies[i] != varies[position] and not mean):
                continue
            s = -sign[position] if op is ops.NEG else -1 if op is ops.SUB and k else 1
            term = code[i].op
            if term is ops.MUL:
                if _product_goes_in(code, i, varies, s, mean=mean):
                    sign[i] = s
            elif a_sum and term is ops.NEG:
                sign[i] = s
            elif a_sum and not begun and (term is ops.ADD or term is ops.SUB) and k <= last:
                begun = True
                sign[i] = s
    tape = Builder()
    for position, (op, operands, detail) in enumerate(code):
        if position in sign:
            tape.at.append(-1)  # its only user asks for its terms instead
        elif op is ops.ADD or op is ops.SUB or op is Kind.MEAN:
            tape.at.append(_fused(tape, code, varies, sign, position))
        else:
            tape.at.append(tape.write(op, tuple([tape.at[i] for i in operands]), detail))
    return tape.code


def _product_goes_in(code: Code, i: int, varies: list[bool], sign: int, *, mean: bool) -> bool:
    """Whether the product at `i` can be a term of the sum, or of the mean, that uses it."""
    a, b = (varies[factor] for factor in code[i].operands)
    if mean:
        return a and b
    # To subtract a product, one factor is negated: a uniform one, which costs next to nothing.
    return sign > 0 or a != b


def _terms(code: Code, sign: dict[int, int], root: int) -> Iterator[tuple[int, int]]:
    """The terms of the sum at `root`, in order: where they stand, and with which sign."""
    waiting = [(root, 1)]
    while waiting:
        position, s = waiting.pop()
        op, operands, _ = code[position]
        if op is ops.MUL or (position != root and position not in sign):
            yield position, s
            continue
        found = [(i, s) for i in operands]
        if op is ops.NEG or op is ops.SUB:
            found[-1] = (operands[-1], -s)
        elif op is ops.ADD and len(operands) > 1:
            second = operands[1]
            if second in sign and (code[second].op is ops.ADD or code[second].op is ops.SUB):
                found[:2] = found[1::-1]
        waiting.extend(reversed(found))


def _fused(tape: Builder, code: Code, varies: list[bool], sign: dict[int, int], root: int) -> int:
    """Write the sum at `root` with all that goes into it; where it stands."""
    found = list(_terms(code, sign, root))
    if len(found) == 2 and not any([code[i].op is ops.MUL and i in sign for i, _ in found]):
        (a, plus), (b, minus) = sorted(found, key=lambda term: -term[1])
        if plus > 0 > minus:
            return tape.write(ops.SUB, (tape.at[a], tape.at[b]))
    terms: list[tuple[int, ...]] = []  # each of one factor, or of two
    for i, s in found:
        if i in sign:
            a, b = code[i].operands
            if varies[a] and not varies[b]:
                a, b = b, a
            terms.append((tape.at[a] if s > 0 else tape.negative(tape.at[a]), tape.at[b]))
        elif s > 0:
            terms.append((tape.at[i],))
        elif code[i].op is Kind.CONSTANT or varies[root] > varies[i]:
            terms.append((tape.negative(tape.at[i]),))  # outside the loop over the rows
        else:
            terms.append((tape.constant(-1.0), tape.at[i]))
    if len(terms) == 2:
        terms.sort(key=len, reverse=True)  # w·x + b, which is b + w·x
    products = max([k for k, term in enumerate(terms, 1) if len(term) == 2], default=0)
    factors: list[int] = []
    for term in terms[:products]:
        factors += term if len(term) == 2 else (tape.constant(1.0), *term)
    operands = (*factors, *[i for (i,) in terms[products:]])
    if code[root].op is Kind.MEAN:
        return tape.write(Kind.MEAN, operands, products)
    return tape.write(Kind.DOT, operands, products) if products else tape.write(ops.ADD, operands)
