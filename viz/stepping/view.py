"""What a page of steps shows: the plan and the scene of its graph, and what each box says."""

from __future__ import annotations

import math
from html import escape
from itertools import groupby
from typing import TYPE_CHECKING

from autograd import Value
from autograd.graph import local_derivatives

from ..pictures import palette
from ..pictures.compose import compose
from ..pictures.names import tell_apart
from ..pictures.plan import plan_picture
from ..pictures.scene import Cut, Field, Local
from ..pictures.text import arrow, class_name, quantity, shortened
from .names import Names, legible
from .order import order_boxes
from .origins import BoxOrigins
from .written import Text, Writer

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ..pictures.groups import Call
    from ..pictures.recording import Recording
    from ..pictures.scene import Box, Line

__all__ = ["FOLLOWED", "StepView"]

FOLLOWED = 300  # values, or boxes, that a person can follow one by one


class StepView:
    """The boxes of a page, by their names in the scene.

    Attributes:
        recording: the loss that the page shows.
        plan: which values each box stands for.
        scene: the boxes and lines. Its numbers are placeholders.
        names: a short name for every value.
        boxes: the boxes, in the order of the steps: each after those it gets input from.
        readings: the same, in groups: leaves of one kind that are read in one step.
        box_of: the name of the box that shows each value, for values that are drawn.
        calls: the module calls with a box.
        outputs: what each box gives to the others; for a call without users, its last result.
        parameters: the parameters that each call's box holds.
        left_out: how many values are in no box.
    """

    def __init__(self, recording: Recording, digits: int) -> None:
        self.recording, self.digits = recording, digits
        self.plan = plan = plan_picture(
            (recording.root,), most=FOLLOWED, order=recording.order, folds=False
        )
        named = {box: plan.name(box) for box in plan.boxes}
        self.box_of: dict[Value, str] = {}
        for v in recording.order:
            box = plan.box_of.get(v)
            # A parameter within a call has no box.
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
        self.write = Writer(recording, digits)
        self._origins: dict[Recording, BoxOrigins] = {}
        self.paths = self._find_paths()
        order = [(plan.name(box), level) for box, level in order_boxes(plan)]
        self.titles = tell_apart(
            {name: legible(self.calls[name].path) for name, _ in order if name in self.calls},
            lambda name: "",
        )
        self.names = self._name_values([name for name, _ in order])
        self.scene = compose(plan, _Placeholders(self))
        boxes = {box.name: box for box in self.scene.boxes}
        self.boxes: dict[str, Box] = {name: boxes[name] for name, _ in order}
        self.readings = self._group(order)
        lines = [line for line in self.scene.lines if not isinstance(line, Cut)]
        self._line_between = {(line.tail, line.head): line for line in lines}
        self._line_of = {(line.head, i): line for line in lines for i in line.operands}
        inside = {p for held in self.parameters.values() for p in held}
        self.left_out = sum(v not in self.box_of and v not in inside for v in recording.order)

    def _find_paths(self) -> dict[Value, str]:
        """The path of the module that each value belongs to.

        A parameter that several calls of one module share belongs to that module as well.
        """
        call_of = self.plan.call_of
        path_of = {call: call.path for call in dict.fromkeys(call_of.values())}
        paths = {v: path_of[call] for v, call in call_of.items()}
        users: dict[Value, set[str]] = {}
        for v in self.recording.order:
            for p in v.operands:
                if not isinstance(p, float) and p in self.plan.parameters and p not in call_of:
                    call = call_of.get(v)
                    own = call is not None and not call.was_given(p)
                    users.setdefault(p, set()).add(path_of[call] if call and own else "")
        for p, (path, *others) in users.items():
            if path and not others:
                paths[p] = path
        return paths

    def _name_values(self, order: Sequence[str]) -> Names:
        results = {}
        for name in self.calls:
            outputs = self.outputs[name]
            for i, v in enumerate(outputs):
                which = f"[{i}]" if len(outputs) > 1 else ""
                results[v] = self.titles[name] + which
        alone = {box for box in self._shows.values() if isinstance(box, Value)}
        first = [v for name in order for v in self.outputs[name]]
        return Names(
            dict.fromkeys([*first, *self.recording.order]),
            self.recording.root,
            drawn=alone,
            titles=self.titles.values(),
            results=results,
            path_of=lambda v: self.paths.get(v, ""),
            parameters=self.plan.parameters,
        )

    def _group(self, order: Sequence[tuple[str, int]]) -> list[list[str]]:
        """Put leaves of one level and one kind together."""

        def group(item: tuple[str, int]) -> object:
            name, level = item
            v = self.value(name)
            if v is None or v.operation is not None:
                return name
            return level, self.boxes[name].kind, v in self.plan.call_of

        return [[name for name, _ in items] for _, items in groupby(order, group)]

    def boxes_of(self, leaf: Value) -> list[str]:
        """The boxes of a leaf: its own, or those of the calls that hold it."""
        box = self.box_of.get(leaf)
        return [box] if box else [n for n, held in self.parameters.items() if leaf in held]

    # ── lines ──

    def line(self, v: Value, position: int) -> Line:
        """The line into the operation of v, from the operand in that position."""
        return self._line_of[f"{self.box_of[v]}_op", position]

    def line_between(self, tail: str, head: str) -> Line:
        """The line between two boxes, or an operation and its result."""
        return self._line_between[tail, head]

    # ── what the boxes say ──

    @property
    def explanation(self) -> str:
        """How things with one name are told apart, as HTML; empty if all names differ."""
        said = [self.names.explanation] if self.names.explanation else []
        for name, title in self.titles.items():
            if title != (path := legible(self.calls[name].path)):
                said.append(escape(f"Several calls are named {path}: {title} is the first."))
                break
        return " ".join(said)

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
        return self.names[v] if v is not None else self.titles[name]

    def data(self, name: str, recording: Recording) -> Text:
        """The number, or numbers, that a box gives to others."""
        data = [recording.data[v] for v in self.twins(self.outputs[name], recording)]
        text = self.write.data_range(data)
        return self.origins(recording).mark_data(text, self._shows[name], data)

    def grad(
        self, name: str, gradients: Sequence[float], recording: Recording, *, complete: bool = True
    ) -> Text:
        """The gradients of what a box gives to others, as text.

        An ellipsis says that more is to come; an arrow, whether the loss rises or falls with it.
        """
        text = self.write.gradient_range(gradients)
        if complete or not all(map(math.isfinite, gradients)):
            text = self.origins(recording).mark_grad(text, self._shows[name], gradients)
        if not complete:
            return text.extended(" + …")
        if len(gradients) > 1 or name == self.box_of.get(self.recording.root):
            return text  # that of the loss is 1 by definition
        direction = "" if text.near_zero or not self.finite else arrow(gradients[0])
        return text.extended(f"  {direction}" if direction else "")

    def origins(self, recording: Recording) -> BoxOrigins:
        """Where nan and ∞ begin, in this recording."""
        if recording not in self._origins:
            self._origins = {recording: BoxOrigins(self.plan, recording)}  # the latest is enough
        return self._origins[recording]

    @property
    def finite(self) -> bool:
        """Whether the loss is a finite number; any other neither rises nor falls."""
        return math.isfinite(self.recording.data[self.recording.root])

    def held(self, name: str, gradients: Sequence[float] = ()) -> Text:
        """The line about the parameters inside the box of a module call."""
        count = len(self.parameters.get(name, ()))
        if not count:
            return Text("")
        line = quantity(count, "parameter")
        if not gradients:
            return Text(line)
        steepest = self.write.gradient(max(gradients, key=_steepness))
        return steepest.extended(before=f"{line}, steepest  ")

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
        """The path of the module that v belongs to; empty outside of all modules."""
        return legible(self.paths.get(v, ""))


def _steepness(gradient: float) -> float:
    """A sort key: nan above all."""
    return math.inf if math.isnan(gradient) else abs(gradient)


class _Placeholders:
    """The texts of a page's scene: names, and a 0 wherever numbers will appear."""

    def __init__(self, view: StepView) -> None:
        self.view, self.digits = view, view.digits

    def title(self, v: Value) -> str:
        return self.view.names[v]

    def title_of_call(self, call: Call) -> str:
        return self.view.titles[self.view.plan.name(call)]

    def fields(self, v: Value) -> tuple[Field, ...]:
        return Field("data", "0", "data"), Field("grad", "0", "grad")

    def label_of_call(self, call: Call) -> str:
        return ""

    def fields_of_call(self, call: Call) -> tuple[Field, ...]:
        fields = (Field("data", "0", "data"), Field("grad", "0", "grad"))
        held = self.view.held(self.view.plan.name(call)).text
        return (*fields, Field("held", held)) if held else fields

    def tooltip(self, v: Value, kind: str) -> str:
        return ""

    def tooltip_of_call(self, call: Call) -> str:
        return ""

    def tooltip_of_operation(self, v: Value) -> str:
        return ""

    def lines_into(self, v: Value) -> list[Local]:
        return [Local("" if local is None else "∂ 0", None) for local in local_derivatives(v)]

    def flow(self, v: Value) -> float | None:
        return None
