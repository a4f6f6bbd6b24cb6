"""Sets copies aside: of 100,000 examples, three are enough to search for folds.

A sum over many terms is found near the results. In topological order, what a term adds to the graph
is one stretch, and the stretches of alike terms are equal, value by value: the same operations on
values at the same places in the stretch, or on the same values outside. All but a few of them are
taken out of the order in which folds are searched for. The `Repeat` that holds those gets the
others back.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, NamedTuple

from autograd import Value, ops

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Copies", "set_copies_aside"]

MANY = 1_000  # terms of a sum that is worth it
NEAR = 200  # values, nearest to the results, among which the sum is searched for
KEPT = 3  # copies that stay
KINDS = 8  # of terms


class Copies(NamedTuple):
    """What is alike: each is a list of values, whose last is a term of the sum."""

    model: list[Value]  # one of those that stay
    others: list[list[Value]]

    def choose(self, places: list[int]) -> Copies:
        """Only the values at these places."""
        if len(places) == len(self.model):
            return self
        return Copies(
            [self.model[i] for i in places],
            [[values[i] for i in places] for values in self.others],
        )


def set_copies_aside(
    order: Sequence[Value], roots: Sequence[Value]
) -> tuple[list[Value], list[Copies]]:
    """Take copies out of a topological order. Without any, it is returned as it is."""
    for terms, adders in _find_sums(roots):
        kept, copies = _split(order, terms, adders)
        aside = {v for each in copies for values in each.others for v in values}
        if not aside or not aside.isdisjoint(roots):
            continue
        if all(
            p not in aside
            for v in kept
            if v not in adders
            for p in v.operands
            if p.__class__ is Value
        ):
            return kept, copies
    return list(order), []


def _find_sums(roots: Sequence[Value]) -> list[tuple[set[Value], set[Value]]]:
    """The sums of many terms: the terms of each, and what adds them up."""
    sums: list[tuple[set[Value], set[Value]]] = []
    seen = set(roots)
    walked: set[Value] = set()  # steps of sums that have too few terms; what is left has fewer
    queue = deque(roots)
    while queue and len(seen) < NEAR:
        v = queue.popleft()
        terms, adders = ([], walked) if v in walked else _find_terms(v)
        walked |= adders
        if len(terms) >= MANY:
            if len(set(terms)) == len(terms):
                sums.append((set(terms), adders))
            continue
        for p in v.operands:
            if isinstance(p, Value) and p not in seen:
                seen.add(p)
                queue.append(p)
    return sums


def _find_terms(v: Value) -> tuple[list[Value], set[Value]]:
    """What a sum adds up that is one operation, or was written as ``a + b + c``."""
    terms: list[Value] = []
    adders: set[Value] = set()
    step: Value | None = v
    while step is not None and step.operation is ops.ADD:
        adders.add(step)
        first, *others = step.operands
        terms += [p for p in others if isinstance(p, Value)]
        step = first if isinstance(first, Value) else None
        if step is not None and (len(others) > 1 or step.operation is not ops.ADD):
            terms.append(step)
            break
    return terms, adders


def _split(
    order: Sequence[Value], terms: set[Value], adders: set[Value]
) -> tuple[list[Value], list[Copies]]:
    kept: list[Value] = []
    copies: list[Copies] = []
    stretches: list[_Stretch] = []
    start = 0
    for i, v in enumerate(order):
        if v not in terms:
            continue
        while order[start] in adders:
            kept.append(order[start])
            start += 1
        values = list(order[start : i + 1])
        start = i + 1
        for stretch, found in zip(stretches, copies, strict=True):
            if stretch.is_like(values):
                stretch.count += 1
                if stretch.count > KEPT:
                    found.others.append(values)
                else:
                    kept += values
                break
        else:
            kept += values
            if len(stretches) < KINDS and v.operation is not None:
                stretches.append(_Stretch(values))
                copies.append(Copies(values, []))
    kept += order[start:]
    return kept, [each for each in copies if each.others]


_INSIDE, _OUTSIDE, _CONSTANT, _EXPONENT = range(4)


class _Stretch:
    """What one term adds to the graph, to compare with others."""

    def __init__(self, values: list[Value]) -> None:
        self.count = 1
        place = {v: i for i, v in enumerate(values)}
        self.steps: list[tuple[Any, str, list[tuple[int, Any]]]] = []
        for v in values:
            inputs: list[tuple[int, Any]] = []
            for p in v.operands:
                if isinstance(p, float):
                    power = v.operation is ops.POW
                    inputs.append((_EXPONENT, p) if power else (_CONSTANT, None))
                elif p in place:
                    inputs.append((_INSIDE, place[p]))
                else:
                    inputs.append((_OUTSIDE, p))
            self.steps.append((v.operation, v.role, inputs))

    def is_like(self, values: list[Value]) -> bool:
        """Whether these are the same operations on other data."""
        if len(values) != len(self.steps):
            return False
        for v, (operation, role, inputs) in zip(values, self.steps, strict=True):
            if v.operation is not operation:
                return False
            if operation is None:
                if role == "parameter" or v.role != role:
                    return False
                continue
            operands = v.operands
            if len(operands) != len(inputs):
                return False
            for p, (kind, known) in zip(operands, inputs, strict=True):
                if kind == _INSIDE:
                    if p is not values[known]:
                        return False
                elif kind == _OUTSIDE:
                    if p is not known:
                        return False
                elif p.__class__ is not float or (kind == _EXPONENT and p != known):
                    return False
        return True
