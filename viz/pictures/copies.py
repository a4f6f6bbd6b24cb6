"""Sets copies aside: of 100,000 examples, three are enough to search for folds.

A sum over many terms is found near the results. In topological order, what a term adds to the graph
is one stretch, and the stretches of alike terms are equal, value by value: the same operations on
values at the same places in the stretch, or on the same values outside. All but a few of them are
taken out of the order in which folds are searched for, and so are the operations that add them up.
The `Repeat` that holds those gets the others back.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, NamedTuple

from autograd import Value, ops

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["Aside", "Copies", "set_copies_aside"]

MANY = 1_000  # terms of a sum that is worth it
NEAR = 200  # values, nearest to the results, among which the sum is searched for
KEPT = 3  # copies that stay
KINDS = 8  # of terms
TRIED = 2_000  # terms of which none is like another; then there are no copies
PARTS = 100  # a stretch longer than the graph divided by this is none of many
RUN = 8  # alike stretches in a row, after which as many more are compared at once
MOST = 500  # that are compared at once, so that their values stay in the cache


class Copies(NamedTuple):
    """What is alike: stretches of the order, whose last value is a term of the sum.

    A list for each would be a hundred thousand lists, so only the places are kept.
    """

    model: list[Value]  # one of those that stay
    order: Sequence[Value]
    starts: list[int]  # where each of the others begins
    places: Sequence[int]  # of its values, counted from there

    @property
    def others(self) -> Iterator[list[Value]]:
        """The values of each one that does not stay."""
        order, places = self.order, self.places
        return ([order[start + i] for i in places] for start in self.starts)

    def like(self, k: int) -> list[Value]:
        """The value in each of the others that is like value k of the model."""
        order, i = self.order, self.places[k]
        return [order[start + i] for start in self.starts]

    def choose(self, chosen: Sequence[int]) -> Copies:
        """Only some values, by their indices in the model."""
        return self._replace(
            model=[self.model[k] for k in chosen], places=[self.places[k] for k in chosen]
        )


class Aside(NamedTuple):
    """A topological order without copies."""

    kept: Sequence[Value]
    copies: Sequence[Copies] = ()
    adders: Sequence[Value] = ()  # each only adds a copy to the sum, and is not kept either


def set_copies_aside(order: Sequence[Value], roots: Sequence[Value]) -> Aside:
    """Take copies out of a topological order. Without any, it is returned as it is."""
    for total, terms, adders in _find_sums(roots):
        kept, copies = _split(order, terms, adders)
        if not copies:
            continue
        aside: set[Value] = set()
        for each in copies:
            for k in range(len(each.model)):
                aside.update(each.like(k))
        if not aside.isdisjoint(roots):
            continue
        others = [v for v in kept if v not in adders]
        used = {p for v in others for p in v.operands if p.__class__ is Value}
        if used.isdisjoint(aside):
            steps = adders
            steps.discard(total)
            if not all(map(steps.isdisjoint, (used, roots, terms))) or any(
                v._label or v._mark is not None for v in steps
            ):
                continue  # a step with a name or another use divides the sum
            plain = {v for v in steps if v._b is not None and v._b in aside}
            rest = [v for v in kept if v not in plain]
            return Aside(rest, copies, [v for v in kept if v in plain])
    return Aside(order)


def _find_sums(roots: Sequence[Value]) -> list[tuple[Value, set[Value], set[Value]]]:
    """The sums of many terms: the result of each, the terms, and what adds them up."""
    sums: list[tuple[Value, set[Value], set[Value]]] = []
    seen = set(roots)
    walked: set[Value] = set()  # steps of sums that have too few terms; what is left has fewer
    queue = deque(roots)
    while queue and len(seen) < NEAR:
        v = queue.popleft()
        terms, adders = ([], walked) if v in walked else _find_terms(v)
        walked |= adders
        if len(terms) >= MANY:
            if len(set(terms)) == len(terms):
                sums.append((v, set(terms), adders))
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
        first, other = step._a, step._b  # `operands`, spelt out to be fast
        many = other is None
        if not many:
            if other.__class__ is Value:
                terms.append(other)
        else:
            (first, *others) = step.operands
            terms += [p for p in others if p.__class__ is Value]
        step = first if first.__class__ is Value else None
        if step is not None and (many or step.operation is not ops.ADD):
            terms.append(step)
            break
    return terms, adders


def _split(
    order: Sequence[Value], terms: set[Value], adders: set[Value]
) -> tuple[list[Value], list[Copies]]:
    kept: list[Value] = []
    stretches: list[_Stretch] = []
    longest = len(order) // PARTS
    ends = [i + 1 for i, v in enumerate(order) if v in terms]
    start = at = run = 0
    before: _Stretch | None = None
    while at < len(ends):
        first, end = start, ends[at]
        while order[start] in adders:
            start += 1
        kept += order[first:start]
        alike = (s for s in stretches if s.length == end - start and s.is_like(order, start))
        stretch = next(alike, None)
        run = run + 1 if stretch is not None and stretch is before else 0
        before = stretch
        at += 1
        if at == TRIED and all(s.kept == 1 for s in stretches):
            return list(order), []
        if stretch is None:
            values = list(order[start:end])
            kept += values
            if len(stretches) < KINDS and len(values) <= longest and values[-1].operation:
                stretches.append(_Stretch(values))
        elif stretch.kept < KEPT:
            stretch.kept += 1
            kept += order[start:end]
        else:
            stretch.others.append(start)
            if run >= RUN:
                steps = start - first
                more = stretch.find_more(order, ends[at : at + min(run, MOST)], end, steps, adders)
                for start in more:
                    kept += order[start - steps : start]
                    end = start + stretch.length
                stretch.others += more
                at += len(more)
                run = run + len(more) if more else 0
        start = end
    kept += order[start:]
    copies = [Copies(s.model, order, s.others, range(s.length)) for s in stretches if s.others]
    return kept, copies


def _column(order: Sequence[Value], begins: range, k: int) -> Sequence[Value]:
    """Value k of the stretches that begin at these places."""
    return order[begins.start + k : begins.stop + k : begins.step]


_INSIDE, _OUTSIDE, _CONSTANT, _EXPONENT = range(4)


class _Stretch:
    """What one term adds to the graph, to compare with others."""

    def __init__(self, values: list[Value]) -> None:
        self.model, self.kept = values, 1
        self.others: list[int] = []  # where those begin that are set aside
        self.length = len(values)
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

    def is_like(self, order: Sequence[Value], start: int) -> bool:
        """Whether the values from here on are the same operations on other data."""
        for i, (operation, role, inputs) in enumerate(self.steps, start):
            v = order[i]
            if v.operation is not operation:
                return False
            if operation is None:
                if role == "parameter" or v.role != role:
                    return False
                continue
            operands = v.operands
            if len(operands) != len(inputs):
                return False
            for p, (kind, known) in zip(operands, inputs):  # noqa: B905  (strict takes its time)
                if kind == _OUTSIDE:
                    if p is not known:
                        return False
                elif kind == _INSIDE:
                    if p is not order[start + known]:
                        return False
                elif p.__class__ is not float or (kind == _EXPONENT and p != known):
                    return False
        return True

    def find_more(
        self,
        order: Sequence[Value],
        ends: Sequence[int],
        start: int,
        steps: int,
        adders: set[Value],
    ) -> range:
        """Where the next stretches begin, if they are all alike and at equal distances.

        Arguments:
            order: the graph in topological order.
            ends: where the next stretches end.
            start: where the one before ended.
            steps: how many steps of the sum come before each.
            adders: the steps of the sum.
        """
        begins = range(
            start + steps, start + (steps + self.length) * len(ends), steps + self.length
        )
        if list(ends) == [begin + self.length for begin in begins]:
            between = [_column(order, begins, -k) for k in range(1, steps + 1)]
            if all(map(adders.issuperset, between)) and adders.isdisjoint(
                _column(order, begins, 0)
            ):
                return begins if self.are_like(order, begins) else range(0)
        return range(0)

    def are_like(self, order: Sequence[Value], begins: range) -> bool:
        """Whether `is_like` holds at all these places. It goes by columns, which is faster."""
        for i, (operation, role, inputs) in enumerate(self.steps):
            column = _column(order, begins, i)
            if not all(v.operation is operation for v in column):
                return False
            if operation is None:
                if role == "parameter" or any(v.role != role for v in column):
                    return False
                continue
            operands = [v.operands for v in column]
            if set(map(len, operands)) != {len(inputs)}:
                return False
            # Values are compared by identity.
            for side, (kind, known) in zip(zip(*operands, strict=True), inputs, strict=True):
                if kind == _OUTSIDE:
                    alike = side.count(known) == len(side)
                elif kind == _INSIDE:
                    alike = list(side) == _column(order, begins, known)
                else:
                    alike = set(map(type, side)) == {float}
                    if kind == _EXPONENT:
                        alike = alike and side.count(known) == len(side)
                if not alike:
                    return False
        return True
