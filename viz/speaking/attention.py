"""Attention, found in the graph of a model, so that nobody has to say where it is.

The weights of attention are a softmax over the tokens so far: two numbers after the second token,
three after the third. No other part of a model grows with the text like that. It is found by its
shape, exponentials that are divided by their sum, whether `autograd.softmax` wrote it or someone
did by hand.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from autograd import ops

if TYPE_CHECKING:
    from .recording import Recorded

__all__ = ["find_attention"]


def find_attention(recorded: Recorded) -> list[list[list[int]]]:
    """Find the heads of attention, in the order in which they are computed.

    Returns:
        For each head, and each place from the second on, the numbers of the weights of all tokens
        so far. Empty if nothing in the model looks like attention.
    """
    length = len(recorded.chances)
    shown = {i for row in recorded.chances for i in row}
    groups: list[list[list[int]]] = [[] for _ in range(length)]
    for total, shares in _find_softmaxes(recorded):
        place = recorded.latest[total]
        if place > 0 and not shown.issuperset(shares):
            groups[place].append(shares)
    later = groups[1:]
    if not later or len({len(found) for found in later}) > 1:
        return []
    heads = [list(head) for head in zip(*later, strict=True)]
    return [head for head in heads if all(len(w) == t for t, w in enumerate(head, start=2))]


def _find_softmaxes(recorded: Recorded) -> list[tuple[int, list[int]]]:
    """For each softmax, its denominator and its results, in the order of the sum."""
    start = len(recorded.leaves)
    kinds = recorded.operations
    shares: dict[int, dict[int, int]] = {}
    for i, (kind, operands) in enumerate(recorded.steps, start=start):
        if kinds[kind] is ops.DIV and operands[1] >= start:
            shares.setdefault(operands[1], {})[operands[0]] = i
    found = []
    for total in sorted(shares):
        terms = _terms(recorded, total, shares[total])
        if terms and len(terms) == len(shares[total]):
            found.append((total, [shares[total][i] for i in terms]))
    return found


def _terms(recorded: Recorded, total: int, parts: dict[int, int]) -> list[int]:
    """The terms of a sum, from left to right; empty if some are not among the parts."""
    terms: list[int] = []
    waiting = [total]
    while waiting:
        i = waiting.pop()
        if i in parts:
            terms.append(i)
            continue
        step = recorded.steps[i - len(recorded.leaves)] if i >= len(recorded.leaves) else None
        if step is None or recorded.operations[step.kind] is not ops.ADD:
            return []
        waiting += step.operands[::-1]
    return terms
