"""What a page of steps shows: the plan and the scene of its graph, and what each box says."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

from autograd import Value
from autograd.graph import local_derivatives

from ..pictures import palette
from ..pictures.compose import compose
from ..pictures.plan import plan_picture
from ..pictures.scene import Cut, Field
from ..pictures.text import arrow, class_name, number, number_range, quantity, shortened
from .formulas import Names, legible

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ..pictures.groups import Call
    from ..pictures.plan import Content
    from ..pictures.recording import Recording
    from ..pictures.scene import Box, Line

__all__ = ["FOLLOWED", "StepView"]

FOLLOWED = 300  # values, or boxes, that a person can follow one by one


class StepView:
    """The boxes of a page, by their names in the scene.

    Attributes:
        recording: the loss, of which this is a view.
        plan: which values each box stands for.
        scene: the boxes and lines. Its numbers are placeholders.
        names: a short name for every value.
        boxes: the boxes; each comes after those it gets input from.
        box_of: the name of the box that shows each value, for values that are drawn.
        calls: the module calls with a box.
        outputs: what each box gives to the others; for a call without users, its last result.
        parameters: the parameters that each call's box holds.
        left_out: how many values are in no box.
    """

    def __init__(self, recording: Recording, digits: int) -> None:
        self.recording, self.digits = recording, digits
        self.plan = plan = plan_picture((recording.root,), most=FOLLOWED, order=recording.order)
        named = {box: plan.name(box) for box in plan.boxes}
        self.box_of: dict[Value, str] = {}
        for v in recording.order:
            box = plan.box_of.get(v)
            # A parameter within a call has no box of its own.
            if box in named and (box is v or v.operation is not None):
                self.box_of[v] = named[box]
        self._shows = {name: box for box, name in named.items()}
        self.calls = {name: box for name, box in self._shows.items() if not isinstance(box, Value)}
        self.outputs = {
            name: [box] if isinstance(box, Value) else plan.outputs[box]
            for name, box in self._shows.items()
        }
        self.parameters = {
            name: [p for p in plan.held[call] if p not in self.box_of]
            for name, call in self.calls.items()
        }
        self.names = self._name_values()
        self.scene = compose(plan, _Placeholders(self))
        self.boxes: dict[str, Box] = self._in_order({box.name: box for box in self.scene.boxes})
        lines = [line for line in self.scene.lines if not isinstance(line, Cut)]
        self._line_between = {(line.tail, line.head): line for line in lines}
        self._line_of = {(line.head, i): line for line in lines for i in line.operands}
        inside = {p for held in self.parameters.values() for p in held}
        self.left_out = sum(v not in self.box_of and v not in inside for v in recording.order)

    def _name_values(self) -> Names:
        alone = {box for box in self._shows.values() if isinstance(box, Value)}
        results = {}
        for name, call in self.calls.items():
            outputs = self.outputs[name]
            for i, v in enumerate(outputs):
                if not v.label:
                    which = f"[{i}]" if len(outputs) > 1 else ""
                    results[v] = legible(call.path) + which
        return Names(self.recording.order, self.recording.root, alone, results)

    def _in_order(self, boxes: dict[str, Box]) -> dict[str, Box]:
        """The boxes, each after those it gets input from, and otherwise in the plan's order."""
        plan = self.plan
        rank: dict[Content, int] = {box: i for i, box in enumerate(plan.boxes)}
        after: dict[Content, list[Content]] = {box: [] for box in plan.boxes}
        left: dict[Content, int] = {}
        for box in plan.boxes:
            before = [source for source in plan.sources[box] if source in rank]
            left[box] = len(before)
            for source in before:
                after[source].append(box)
        ready = [rank[box] for box, count in left.items() if not count]
        heapq.heapify(ready)
        done: dict[Content, None] = {}
        while len(done) < len(left):
            if not ready:  # modules that use parts of each other: any order is as good
                ready = [min(rank[box] for box in left if box not in done)]
            box = plan.boxes[heapq.heappop(ready)]
            if box in done:
                continue
            done[box] = None
            for later in after[box]:
                left[later] -= 1
                if not left[later]:
                    heapq.heappush(ready, rank[later])
        return {plan.name(box): boxes[plan.name(box)] for box in done}

    # ── lines ──

    def line(self, v: Value, position: int) -> Line:
        """The line into the operation of v, from the operand in that position."""
        return self._line_of[f"{self.box_of[v]}_op", position]

    def line_between(self, tail: str, head: str) -> Line:
        """The line between two boxes, or an operation and its result."""
        return self._line_between[tail, head]

    # ── what the boxes say ──

    def value(self, name: str) -> Value | None:
        """The value that a box stands for; None for the box of a module call."""
        box = self._shows[name]
        return box if isinstance(box, Value) else None

    def operations(self, name: str) -> list[Value]:
        """The results inside the box of a module call."""
        return [v for v in self.plan.collapsed[self.calls[name]] if v.operation is not None]

    def title(self, name: str) -> str:
        """What a box is called: the value's name, or the path of the module call."""
        v = self.value(name)
        return self.names[v] if v is not None else legible(self.calls[name].path)

    def data(self, name: str, recording: Recording) -> str:
        """The number, or numbers, that a box gives to others."""
        outputs = self.twins(self.outputs[name], recording)
        return number_range([recording.data[v] for v in outputs], self.digits)

    def grad(self, name: str, gradients: Sequence[float], *, complete: bool = True) -> str:
        """The gradients of what a box gives to others, as text.

        An ellipsis says that more is to come; an arrow, where the loss moves if the value rises.
        """
        text = number_range(gradients, self.digits)
        if not complete:
            return f"{text} + …"
        if len(gradients) > 1 or name == self.box_of.get(self.recording.root):
            return text  # that of the loss is 1 by definition
        return "  ".join(filter(None, (text, arrow(gradients[0]))))

    def held(self, name: str, gradients: Sequence[float] = ()) -> str:
        """The line about the parameters inside the box of a module call."""
        count = len(self.parameters.get(name, ()))
        if not count:
            return ""
        line = quantity(count, "parameter")
        if not gradients:
            return line
        return f"{line}, steepest  {number(max(gradients, key=abs), self.digits)}"

    def twins(self, values: Iterable[Value], recording: Recording) -> list[Value]:
        """The values in the same places of another recording."""
        if recording is self.recording:
            return list(values)
        return [recording.order[self.plan.place[v]] for v in values]

    def role(self, name: str) -> str:
        """What the box is there for, in words."""
        v = self.value(name)
        if v is None:
            return f"module call, {class_name(self.calls[name].module)}"
        role = shortened(v.role, 20) or palette.KINDS[self.boxes[name].kind].word
        made = f"operation {shortened(v.op)}" if v.op else ""
        return ", ".join(part for part in (role, made) if part) or "leaf"

    def where(self, v: Value) -> str:
        """The path of the module call that v belongs to; empty outside of all calls."""
        call = self.plan.call_of.get(v)
        return legible(call.path) if call is not None else ""


class _Placeholders:
    """The texts of a page's scene: names, and a 0 wherever numbers will appear."""

    def __init__(self, view: StepView) -> None:
        self.view, self.digits = view, view.digits

    def title(self, v: Value) -> str:
        return self.view.names[v]

    def fields(self, v: Value) -> tuple[Field, ...]:
        return Field("data", "0", "data"), Field("grad", "0", "grad")

    def fields_of_call(self, call: Call) -> tuple[Field, ...]:
        fields = (Field("data", "0", "data"), Field("grad", "0", "grad"))
        held = self.view.held(self.view.plan.name(call))
        return (*fields, Field("held", held)) if held else fields

    def tooltip(self, v: Value, kind: str) -> str:
        return ""

    def tooltip_of_call(self, call: Call) -> str:
        return ""

    def tooltip_of_operation(self, v: Value) -> str:
        return ""

    def lines_into(self, v: Value) -> list[tuple[str, float | None]]:
        return [("" if local is None else "∂ 0", None) for local in local_derivatives(v)]

    def flow(self, v: Value) -> float | None:
        return None
