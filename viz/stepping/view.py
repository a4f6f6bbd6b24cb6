"""What a page of steps shows: the plan and the scene of its graph, and what each box says."""

from __future__ import annotations

from html import escape
from itertools import groupby
from typing import TYPE_CHECKING

from autograd import Value

from ..pictures.names import tell_apart
from ..pictures.plan import plan_picture
from ..pictures.scene import Cut
from .boxes import Boxes
from .names import Names, legible
from .order import order_boxes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..pictures.groups import Call
    from ..pictures.recording import Recording
    from ..pictures.scene import Line

__all__ = ["FOLLOWED", "StepView"]

FOLLOWED = 300  # values, or boxes, that a person can follow one by one


class StepView(Boxes):
    """The boxes that the steps go through, each after those it gets input from.

    Attributes:
        readings: their names, in groups: leaves of one kind that are read in one step.
        paths: the path of the module that each value belongs to.
        titles: what the boxes of module calls are called.
        left_out: how many values are in no box.
    """

    def __init__(self, recording: Recording, digits: int) -> None:
        plan = plan_picture(recording.roots, most=FOLLOWED, order=recording.order, folds=False)
        super().__init__(recording, digits, plan)
        self.paths = self._find_paths()
        order = [(plan.name(box), level) for box, level in order_boxes(plan)]
        self.titles = tell_apart(
            {name: legible(self.calls[name].path) for name, _ in order if name in self.calls},
            lambda name: "",
        )
        self.names = self._name_values([name for name, _ in order])
        self.scene = self.compose()
        boxes = {box.name: box for box in self.scene.boxes}
        self.boxes = {name: boxes[name] for name, _ in order}
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

    def title(self, name: str) -> str:
        """What a box is called: the value's name, or the path of the module call."""
        v = self.value(name)
        return self.names[v] if v is not None else self.titles[name]

    def title_of_call(self, call: Call) -> str:
        """The path of a module call, told apart from others."""
        return self.titles[self.plan.name(call)]

    def where(self, v: Value) -> str:
        """The path of the module that v belongs to; empty outside of all modules."""
        return legible(self.paths.get(v, ""))
