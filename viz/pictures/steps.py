"""Steps: what a loop repeats, each time with the result of the time before.

A recurrent network over a sentence, or a simulation over time, is one long graph. In topological
order, its boxes repeat with a period: the same operations on the same parameters and on what was
computed one period earlier. Such a stretch is one box, ``× 30 steps``. Contracting a stretch of a
topological order never closes a loop.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from autograd import Value, ops

from .folds import Alike, Expression, Fold, Function, Parameters, Repeat, Steps, Vector
from .groups import ancestors
from .once import once

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable, Sequence

    from .groups import Call
    from .plan import Content

__all__ = ["fold_steps"]

FEW = 4  # steps that are folded, unless the place is narrow
LONGEST = 64  # boxes of a step
SAVED = 6  # boxes that a fold must save
MOST = 20_000  # boxes in which steps are searched for


def fold_steps(
    sources: dict[Content, list[Content]],
    members: dict[Content, list[Value]],
    box_of: dict[Value, Content],
    parameters: Collection[Value],
    call_of: dict[Value, Call],
    roots: Collection[Value],
    *,
    open_calls: bool = True,
    few: int = FEW,
) -> dict[Value, Content]:
    """Give the steps of each loop one box. If there is no loop, the result is `box_of`.

    Module calls are in a step as a whole, or around the loop.

    Arguments:
        sources: what each box is made from, each box after its sources.
        members: the values in each box of several.
        box_of: the box of each value.
        parameters: those of the graph.
        call_of: the innermost module call of each value.
        roots: the results, which keep their boxes.
        open_calls: whether there may be calls in a step whose insides have boxes.
        few: how many steps make a loop.
    """
    if len(sources) > MOST:
        return box_of
    kept = {box_of[v] for v in roots if v in box_of}
    stretch = _Stretch(sources, box_of, parameters, call_of, kept, few)
    fold_of: dict[Content, Steps] = {}
    for copies in stretch.find(open_calls=open_calls):
        parent = stretch.find_call_around([box for copy in copies for box in copy])
        results = [_find_results(copy[-1], members) for copy in copies]
        fold = Steps(copies, parent, results)
        fold_of.update((box, fold) for copy in copies for box in copy)
    return {v: fold_of.get(box, box) for v, box in box_of.items()} if fold_of else box_of


def _find_results(box: Content, members: dict[Content, list[Value]]) -> list[Value]:
    """What a step computes in its last box."""
    if isinstance(box, Value):
        return [box]
    return box.values if isinstance(box, Vector) else members[box][-1:]


class _Stretch:
    """The boxes that compute something, in topological order."""

    def __init__(
        self,
        sources: dict[Content, list[Content]],
        box_of: dict[Value, Content],
        parameters: Collection[Value],
        call_of: dict[Value, Call],
        kept: set[Content],
        few: int = FEW,
    ) -> None:
        self.few = few
        self.sources, self.parameters, self.call_of, self.kept = sources, parameters, call_of, kept
        self.boxes = [box for box, before in sources.items() if before or _computes(box)]
        self.place = {box: i for i, box in enumerate(self.boxes)}
        numbers: dict[Hashable, int] = {}
        self.natural = [numbers.setdefault(self._kind(box), len(numbers)) for box in self.boxes]
        self.kinds = [  # a result is like no other box
            -1 - i if box in kept else kind
            for i, (box, kind) in enumerate(zip(self.boxes, self.natural, strict=True))
        ]
        self.inputs = [
            [self._look_back(i, source) for source in sources[box]]
            for i, box in enumerate(self.boxes)
        ]

    def _kind(self, box: Content) -> Hashable:
        if isinstance(box, Repeat | Alike):
            return id(box)
        around = self._calls_around(box)
        outer = id(around[0].module) if around else None
        if isinstance(box, Value):
            constants = [p for p in box.operands if isinstance(p, float)]
            exponent = constants[-1] if box.operation is ops.POW and constants else None
            return (box.operation, len(box.operands), len(constants), exponent, outer)
        if isinstance(box, Vector):
            return (box.kind, len(box.values), outer)
        if isinstance(box, Expression):
            return (box.shape, outer)
        return (box.path if isinstance(box, Function) else id(box.module), outer)

    def _calls_around(self, box: Content) -> list[Call]:
        return ancestors(self.call_of.get(box) if isinstance(box, Value) else box.parent)

    @once
    def _spans(self) -> dict[Call, tuple[int, int]]:
        """The places of the first and the last box within each call."""
        spans: dict[Call, tuple[int, int]] = {}
        for i, box in enumerate(self.boxes):
            for call in self._calls_around(box):
                spans[call] = spans.get(call, (i, i))[0], i
        return spans

    def find_call_around(self, boxes: Sequence[Content]) -> Call | None:
        """The innermost call that all boxes are in."""
        first, *others = map(self._calls_around, boxes)
        common = set(first).intersection(*others)
        return next((call for call in reversed(first) if call in common), None)

    def _has_whole_calls(self, steps: range, *, open_calls: bool) -> bool:
        """Whether each call that a step has a box of is within the step, or around all steps."""
        common = set(ancestors(self.find_call_around(self.boxes[steps.start : steps.stop])))
        for start in steps:
            for i in range(start, start + steps.step):
                for call in self._calls_around(self.boxes[i]):
                    if call in common:
                        continue
                    first, last = self._spans[call]
                    if not open_calls or first < start or last >= start + steps.step:
                        return False
        return True

    def find(self, *, open_calls: bool) -> list[list[list[Content]]]:
        """Find the loops: the boxes of each step, in order. See `fold_steps`."""
        found: list[tuple[int, int, int]] = []  # start, period, number of boxes
        for period in range(1, min(LONGEST, len(self.boxes) // self.few) + 1):
            found += self._runs(period)
        loops: list[list[list[Content]]] = []
        taken: set[int] = set()
        # The longest; and, of those that are nearly as long, the one with the shortest period.
        found.sort(key=lambda run: (-(run[2] - run[2] % run[1]) + run[1], run[1]))
        for start, period, length in found:
            steps = self._choose_steps(start, period, length, open_calls=open_calls)
            if steps is None or not taken.isdisjoint(range(steps.start, steps.stop)):
                continue
            begin = steps.start
            follow = any(
                begin <= self.place.get(p, -1) < begin + period
                for box in self.boxes[begin + period : begin + 2 * period]
                for p in self.sources[box]
            )
            if follow:
                taken.update(range(begin, steps.stop))
                loops.append([self.boxes[i : i + period] for i in steps])
        return loops

    def _choose_steps(
        self, start: int, period: int, length: int, *, open_calls: bool
    ) -> range | None:
        """Where each step of a stretch begins, so that calls are whole; None if they cannot be."""
        aligned = self._align(start, period, length)
        begins = dict.fromkeys([aligned, *range(start, start + period)])
        # A step hands little on: the new state of a cell, and not its gates.
        for begin in sorted(begins, key=lambda begin: (self._count_state(begin, period), begin)):
            count = (start + length - begin) // period
            steps = range(begin, begin + count * period, period)
            if count >= self.few and self._has_whole_calls(steps, open_calls=open_calls):
                return steps
        return None

    def _count_state(self, begin: int, period: int) -> int:
        """How many boxes the second of the steps that begin here gets from the first."""
        second = self.boxes[begin + period : begin + 2 * period]
        handed_on = {p for box in second for p in self.sources[box]}
        return sum(begin <= self.place.get(p, -1) < begin + period for p in handed_on)

    def _align(self, start: int, period: int, length: int) -> int:
        """Where the first whole step begins in a stretch that may have room for a part of one.

        A result keeps its own box, even if it is the end of the last step. Then that step is drawn
        whole, beside the fold.
        """
        end, spare = start + length, length % period
        cut_short = end < len(self.boxes) and self.natural[end] == self.natural[end - period]
        is_result = cut_short and self.boxes[end] in self.kept
        return start if is_result and spare == period - 1 else start + spare

    def _runs(self, period: int) -> list[tuple[int, int, int]]:
        """The stretches that repeat with a period, and the first step, which begins from leaves."""
        runs: list[tuple[int, int, int]] = []
        kinds, start = self.kinds, 0
        last = len(kinds) - period
        for i in range(last + 1):
            if i < last and kinds[i] == kinds[i + period] and self._follows(i, period):
                continue
            length = i - start + period  # of all steps, if there are two
            if i > start:
                begin = start
                while (
                    begin > 0
                    and start - begin < period
                    and kinds[begin - 1] == kinds[begin - 1 + period]
                    and self._begins(begin - 1, start, period)
                ):
                    begin -= 1
                length += start - begin
                steps = length // period
                if steps >= self.few and (steps - 1) * period >= SAVED:
                    runs.append((begin, period, length))
            start = i + 1
        return runs

    def _look_back(self, i: int, source: Content) -> int | str | Content:
        """Where box i finds an input: so many boxes before it, or in data, or in a certain leaf."""
        if source in self.place:
            return i - self.place[source]
        return "data" if self._is_data(source) or self._is_given(self.boxes[i], source) else source

    def _follows(self, i: int, period: int) -> bool:
        """Whether the box one period after box i is made from what lies one period later."""
        before, after = self.inputs[i], self.inputs[i + period]
        return before == after or (
            len(before) == len(after)
            and all(
                a == b or p is q
                for a, b, p, q in zip(before, after, *self._sources(i, period), strict=True)
            )
        )

    def _begins(self, i: int, start: int, period: int) -> bool:
        """Whether box i may be in a first step: made from where the loop starts."""
        before, after = self._sources(i, period)

        def starts(p: Content) -> bool:
            return self.place.get(p, -LONGEST) < start - period

        if len(before) == len(after) and all(
            a == b or p is q or (q in self.place and starts(p))
            for a, b, p, q in zip(
                self.inputs[i], self.inputs[i + period], before, after, strict=True
            )
        ):
            return True
        if isinstance(self.boxes[i], Value):
            return False
        kept = {p for p in before if p in after}  # it may be made from many leaves, and later one
        return all(p in kept or starts(p) for p in before) and all(
            q in kept or q in self.place or self._look_back(i + period, q) == "data" for q in after
        )

    def _sources(self, i: int, period: int) -> tuple[list[Content], list[Content]]:
        """The inputs of box i, and those of the box one period later."""
        return self.sources[self.boxes[i]], self.sources[self.boxes[i + period]]

    @staticmethod
    def _is_given(box: Content, source: Content) -> bool:
        """Whether a module was called with these leaves, such as with a row of an embedding."""
        if isinstance(box, Value | Fold):
            return False
        leaves = source.values if isinstance(source, Vector) else [source]
        return all(
            isinstance(v, Value) and v.operation is None and box.was_given(v) for v in leaves
        )

    def _is_data(self, box: Content) -> bool:
        first = box.values[0] if isinstance(box, Vector) else box
        return isinstance(first, Value) and first not in self.parameters


def _computes(box: Content) -> bool:
    """Whether the box computes something, if only from constants."""
    if isinstance(box, Value):
        return box.operation is not None
    if isinstance(box, Vector):
        return box.values[0].operation is not None
    return not isinstance(box, Parameters) and isinstance(box, Fold)
