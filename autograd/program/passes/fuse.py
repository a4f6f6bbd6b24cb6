"""Instruction fusion: one instruction for a sum of products."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autograd import ops
from autograd.program.ir import Builder, Kind, varying

if TYPE_CHECKING:
    from collections.abc import Iterator

    from autograd.program.ir import Code

__all__ = ["fuse"]


def fuse(code: Code) -> Code:
    """Fuse a sum of products, or a sum that begins with a sum, into one instruction.

    ::

        v0 = parameter 0                v0 = parameter 0
        v1 = parameter 1                v1 = parameter 1
        v2 = input 0                    v2 = input 0
        v3 = input 1                    v3 = input 1
        v4 = v0 * v2              →     v4 = dot([v0, v1], [v2, v3])
        v5 = v1 * v3
        v6 = v4 + v5

    The new instruction adds the same numbers in the same order, so its result is the same to the
    last bit: ``(a + b) + c`` is ``a + b + c`` from left to right, but ``a + (b + c)`` is not.

    A product, or the sum at the beginning, is fused if nothing else uses it and if it varies like
    the sum it joins: uniform work stays outside the loop over the rows.
    """
    varies = varying(code)
    uses = [0] * len(code)
    for _, operands, _ in code:
        for i in operands:
            uses[i] += 1
    # sign[i] is the sign with which instruction i joins the sum that uses it. The loop goes from
    # last to first, so that a sum is placed before its own terms are.
    sign: dict[int, int] = {}
    for position in range(len(code) - 1, -1, -1):
        op, operands, _ = code[position]
        is_sum, mean = op is ops.ADD or op is ops.SUB, op is Kind.MEAN
        if not (is_sum or mean or (op is ops.NEG and position in sign)):
            continue
        # Only the first term may be a sum. Of two terms added, either can come first.
        begun, last = False, int(op is ops.ADD)
        for k, i in enumerate(operands):
            if uses[i] > 1 or (varies[i] != varies[position] and not mean):
                continue
            s = -sign[position] if op is ops.NEG else -1 if op is ops.SUB and k else 1
            term = code[i].op
            if term is ops.MUL:
                if _can_join(code, i, varies, s, mean=mean):
                    sign[i] = s
            elif is_sum and term is ops.NEG:
                sign[i] = s
            elif is_sum and not begun and (term is ops.ADD or term is ops.SUB) and k <= last:
                begun = True
                sign[i] = s
    builder = Builder()
    for position, (op, operands, detail) in enumerate(code):
        if position in sign:
            builder.at.append(-1)  # its only user reads its terms instead
        elif op is ops.ADD or op is ops.SUB or op is Kind.MEAN:
            builder.at.append(_write_sum(builder, code, varies, sign, position))
        else:
            builder.at.append(builder.write(op, tuple([builder.at[i] for i in operands]), detail))
    return builder.code


def _can_join(code: Code, i: int, varies: list[bool], sign: int, *, mean: bool) -> bool:
    """Whether the product at `i` can be fused into the sum, or the mean, that uses it."""
    a, b = (varies[factor] for factor in code[i].operands)
    if mean:
        return a and b
    # To subtract a product, negate one factor. That is nearly free if the factor is uniform.
    return sign > 0 or a != b


def _terms(code: Code, sign: dict[int, int], root: int) -> Iterator[tuple[int, int]]:
    """The positions and signs of the terms of the sum at `root`, in order."""
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


def _write_sum(
    builder: Builder, code: Code, varies: list[bool], sign: dict[int, int], root: int
) -> int:
    """Write the sum at `root` with everything fused into it; return its position."""
    found = list(_terms(code, sign, root))
    if len(found) == 2 and not any([code[i].op is ops.MUL and i in sign for i, _ in found]):
        (a, plus), (b, minus) = sorted(found, key=lambda term: -term[1])
        if plus > 0 > minus:
            return builder.write(ops.SUB, (builder.at[a], builder.at[b]))
    terms: list[tuple[int, ...]] = []  # of one or two factors each
    for i, s in found:
        if i in sign:
            a, b = code[i].operands
            if varies[a] and not varies[b]:
                a, b = b, a
            terms.append((builder.at[a] if s > 0 else builder.negate(builder.at[a]), builder.at[b]))
        elif s > 0:
            terms.append((builder.at[i],))
        elif code[i].op is Kind.CONSTANT or varies[root] > varies[i]:
            terms.append((builder.negate(builder.at[i]),))  # outside the loop over the rows
        else:
            terms.append((builder.constant(-1.0), builder.at[i]))
    if len(terms) == 2:
        terms.sort(key=len, reverse=True)  # w·x + b, which is b + w·x
    products = max([k for k, term in enumerate(terms, 1) if len(term) == 2], default=0)
    factors: list[int] = []
    for term in terms[:products]:
        factors += term if len(term) == 2 else (builder.constant(1.0), *term)
    operands = (*factors, *[i for (i,) in terms[products:]])
    if code[root].op is Kind.MEAN:
        return builder.write(Kind.MEAN, operands, products)
    if products:
        return builder.write(Kind.DOT, operands, products)
    return builder.write(ops.ADD, operands)
