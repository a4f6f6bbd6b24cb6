"""What the page draws: which boxes, and which values each one stands for.

The boxes are those of the project's own drawing (`viz.pictures.dot`), at the finest detail that can
be followed; this module reads them off its source and says what every box writes.
"""

from __future__ import annotations

import heapq
import math
import re
from typing import TYPE_CHECKING, NamedTuple

from ..pictures import palette
from ..pictures.compose import compose
from ..pictures.dot import write_dot
from ..pictures.groups import collapsed_call, groups_of, heights_of
from ..pictures.numbers import Numbers
from ..pictures.plan import plan_picture
from ..pictures.text import class_name, number, shortened
from .formulas import Names, legible

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from autograd import Value

    from ..pictures.groups import Call
    from ..pictures.recording import Recording

__all__ = ["FOLLOWED", "Line", "Stage", "line_name"]

FOLLOWED = 300  # values, or boxes, that a person can follow one by one

_BOX = re.compile(r"^\t+([vg]\d+) \[label=.* class=(\w+)\]$", re.MULTILINE)
_EDGE = re.compile(r"^\t+(\w+) -> (\w+)(.*)$", re.MULTILINE)
_MORE = "class=more"  # an ellipsis: the drawing was abridged


class Line(NamedTuple):
    """A line of the picture: the nth from a tail to a head."""

    tail: str
    head: str
    nth: int = 0


def line_name(line: Line) -> str:
    """What the line is called in the page."""
    return f"{line.tail}>{line.head}:{line.nth}"


class Stage:
    """The boxes of one drawing.

    Attributes:
        boxes: their names in the drawing, in topological order.
        detail: ``"scalar"``, ``"neuron"`` or ``"layer"``.
        left_out: how many values lie in no box that is drawn.
        sources: the drawing in Graphviz's language, one for each direction.
    """

    def __init__(self, recording: Recording, digits: int) -> None:
        self.recording, self.digits = recording, digits
        order, place = recording.order, recording.place
        call_of = groups_of(order)
        heights = heights_of(list(dict.fromkeys(call_of.values())))
        self.detail, self.sources = self._drawn(len(order), bool(heights))
        self.abridged = any(_MORE in source for source in self.sources.values())

        self.kind: dict[str, str] = dict(_BOX.findall(self.sources["LR"]))
        drawn = list(self.kind)
        self.call: dict[str, Call] = {}
        by_call: dict[Call, str] = {}
        for name in drawn:
            if name[0] == "g":  # named after the first value inside
                call = self._call_around(order[int(name[1:])], call_of, heights)
                self.call[name], by_call[call] = call, name
        self.box_of: dict[Value, str] = {}
        for v in order:
            collapsed = self._collapsed(v, call_of, heights)
            name = f"v{place[v]}" if collapsed is None else by_call.get(collapsed, "")
            if v.operation is None:
                name = f"v{place[v]}"
            if name in self.kind:
                self.box_of[v] = name
        self.call_of = call_of
        self.members: dict[str, list[Value]] = {name: [] for name in drawn}
        for v, name in self.box_of.items():
            self.members[name].append(v)
        self.parameters = self._parameters()
        self.outputs = self._outputs()
        self.boxes = self._in_order(drawn)
        self.lines, self.slopes = self._lines()
        self.names = self._names()
        inside = {p for found in self.parameters.values() for p in found}
        self.left_out = sum(v not in self.box_of and v not in inside for v in order)

    def _drawn(self, count: int, calls: bool) -> tuple[str, dict[str, str]]:
        """The finest detail at which the drawing can be followed, and the drawing."""
        levels = ["scalar"] if count <= FOLLOWED or not calls else []
        for level in levels + (["neuron", "layer"] if calls else []):
            source = self._source(level, "LR")
            if _MORE not in source:
                return level, {"LR": source, "TB": self._source(level, "TB")}
        # Abridged: a few boxes of a graph that may be very large, which is gone through once.
        return level, {"LR": source, "TB": source.replace("rankdir=LR", "rankdir=TB")}

    def _source(self, detail: str, direction: str) -> str:
        plan = plan_picture((self.recording.root,), detail, FOLLOWED)
        numbers = Numbers(plan, self.digits, derivatives=True)
        scene = compose(plan, numbers, notes=numbers.notes("", False, 0))
        return write_dot(scene, direction)

    def _collapsed(
        self, v: Value, call_of: dict[Value, Call], heights: dict[Call, int]
    ) -> Call | None:
        call = call_of.get(v)
        if call is None or self.detail == "scalar":
            return None
        return collapsed_call(call, self.detail, heights)

    def _call_around(self, v: Value, call_of: dict[Value, Call], heights: dict[Call, int]) -> Call:
        call = self._collapsed(v, call_of, heights)
        assert call is not None, "the drawing has a box for a module call that is none"
        return call

    def _parameters(self) -> dict[str, list[Value]]:
        """The leaves that each module call's box holds: those that have no box of their own."""
        found: dict[str, dict[Value, None]] = {name: {} for name in self.call}
        for name in self.call:
            for v in self.members[name]:
                for p in v.operands:
                    if not isinstance(p, float) and p.operation is None and p not in self.box_of:
                        found[name][p] = None
        return {name: list(leaves) for name, leaves in found.items()}

    def _outputs(self) -> dict[str, list[Value]]:
        """What each box gives to the others; the last result of a call that gives nothing."""
        used = {self.recording.root}
        for v in self.recording.order:
            if v.operation is not None:
                box = self.box_of.get(v)
                used.update(
                    p
                    for p in v.operands
                    if not isinstance(p, float) and (box is None or self.box_of.get(p) != box)
                )
        return {
            name: [v for v in inside if name not in self.call or v in used] or inside[-1:]
            for name, inside in self.members.items()
        }

    def _names(self) -> Names:
        alone = {inside[0] for name, inside in self.members.items() if name not in self.call}
        results = {}
        for name, call in self.call.items():
            outputs = self.outputs[name]
            for i, v in enumerate(outputs):
                if not v.label:
                    which = f"[{i}]" if len(outputs) > 1 else ""
                    results[v] = legible(call.path) + which
        return Names(self.recording.order, self.recording.root, alone, results)

    def _in_order(self, drawn: Iterable[str]) -> list[str]:
        """The boxes, each after those it gets input from; otherwise as the values come."""
        before: dict[str, set[str]] = {name: set() for name in drawn}
        after: dict[str, set[str]] = {name: set() for name in drawn}
        for v, name in self.box_of.items():
            for p in v.operands:
                source = None if isinstance(p, float) else self.box_of.get(p)
                if source is not None and source != name:
                    before[name].add(source)
                    after[source].add(name)
        rank = {name: int(name[1:]) for name in before}
        left = {name: len(sources) for name, sources in before.items()}
        ready = [(rank[name], name) for name, count in left.items() if not count]
        heapq.heapify(ready)
        done: dict[str, None] = {}
        while len(done) < len(left):
            if not ready:  # modules that use each other's parts in turn: any order is as good
                stuck = min((n for n in left if n not in done), key=rank.__getitem__)
                ready = [(rank[stuck], stuck)]
            name = heapq.heappop(ready)[1]
            if name in done:
                continue
            done[name] = None
            for later in after[name]:
                left[later] -= 1
                if not left[later]:
                    heapq.heappush(ready, (rank[later], later))
        return list(done)

    def _lines(self) -> tuple[dict[tuple[str, str], int], set[Line]]:
        """How many lines go from each tail to each head, and which have room for a derivative."""
        count: dict[tuple[str, str], int] = {}
        slopes = set()
        for tail, head, attributes in _EDGE.findall(self.sources["LR"]):
            nth = count.get((tail, head), 0)
            count[tail, head] = nth + 1
            if "∂ " in attributes:
                slopes.add(Line(tail, head, nth))
        return count, slopes

    def line(self, v: Value, circle: str, position: int) -> Line:
        """The line to a circle from the operand in that position; a box may send several.

        Where the drawing has fewer, because one line stands for many, it is the last of them.
        """
        operand = v.operands[position]
        assert not isinstance(operand, float)
        tail = self.box_of[operand]
        earlier = v.operands[:position]
        nth = sum(not isinstance(p, float) and self.box_of.get(p) == tail for p in earlier)
        return Line(tail, circle, max(0, min(nth, self.lines.get((tail, circle), 1) - 1)))

    # ── what the boxes say ──

    def value(self, name: str) -> Value | None:
        """The value that a box stands for; None for a module call's box."""
        return None if name in self.call else self.members[name][0]

    def title(self, name: str) -> str:
        """What a box is called: the value's name, or the path of the module call."""
        v = self.value(name)
        return self.names[v] if v is not None else legible(self.call[name].path)

    def data(self, name: str, recording: Recording) -> str:
        """The number, or numbers, that a box gives to others."""
        return self._numbers([recording.data[self._twin(v, recording)] for v in self.outputs[name]])

    def grad(self, name: str, gradients: Sequence[float], *, complete: bool = True) -> str:
        """Gradients of what a box gives to others, as text.

        An ellipsis says that more is to come; an arrow, what the loss would do if the value rose.
        """
        text = self._numbers(gradients)
        if not complete:
            return f"{text} + …"
        x = gradients[0]
        if len(gradients) > 1 or not x or not math.isfinite(x):
            return text
        if name == self.box_of.get(self.recording.root):
            return text  # 1 by definition
        return f"{text}  {'▲' if x < 0 else '▼'}"

    def held(self, name: str, gradients: Sequence[float] = ()) -> str:
        """The line about the parameters that a module call's box holds."""
        count = len(self.parameters.get(name, ()))
        if not count:
            return ""
        line = f"{count:,} parameter{'s' if count > 1 else ''}"
        if not gradients:
            return line
        return f"{line}, steepest  {number(max(gradients, key=abs), self.digits)}"

    def _twin(self, v: Value, recording: Recording) -> Value:
        """The value that stands in the same place of another recording."""
        if recording is self.recording:
            return v
        return recording.order[self.recording.place[v]]

    def twins(self, values: Iterable[Value], recording: Recording) -> list[Value]:
        """The values that stand in the same places of another recording."""
        return [self._twin(v, recording) for v in values]

    def _numbers(self, numbers: Sequence[float]) -> str:
        if len(numbers) <= 3:
            return ", ".join(number(x, self.digits) for x in numbers)
        low, high = number(min(numbers), self.digits), number(max(numbers), self.digits)
        return f"{len(numbers)} values, {low} … {high}"

    def role(self, name: str) -> str:
        """What the box is there for, in words."""
        v = self.value(name)
        if v is None:
            return f"module call, {class_name(self.call[name].module)}"
        role = shortened(v.role, 20) or palette.KINDS[self.kind[name]].word
        made = f"operation {shortened(v.op)}" if v.op else ""
        return ", ".join(part for part in (role, made) if part) or "leaf"

    def where(self, v: Value) -> str:
        """The path of the module call that v belongs to; empty outside of all calls."""
        call = self.call_of.get(v)
        return legible(call.path) if call is not None else ""
