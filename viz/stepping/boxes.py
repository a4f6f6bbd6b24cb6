"""The boxes of one plan of a graph, and what each of them says on a page."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from autograd import Value
from autograd.graph import local_derivatives

from ..pictures import palette
from ..pictures.compose import compose
from ..pictures.scene import Field, Local
from ..pictures.text import arrow, class_name, quantity, shortened
from .origins import BoxOrigins
from .written import Text, Writer

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ..pictures.groups import Call
    from ..pictures.plan import Plan
    from ..pictures.recording import Recording
    from ..pictures.scene import Box, Line, Scene
    from .names import Names

__all__ = ["Boxes"]


class Boxes:
    """The boxes of a plan, by their names in the scene.

    Attributes:
        recording: the loss that the page shows.
        plan: which values each box stands for.
        box_of: the name of the box that shows each value, for values that are drawn.
        calls: the module calls with a box, and the folds.
        outputs: what each box gives to the others; for a call without users, its last result.
        parameters: the parameters that each call's box holds.
        names: a short name for every value.
        scene: the boxes and lines. Its numbers are placeholders.
        boxes: the boxes, in the order in which the keyboard visits them.
    """

    names: Names
    scene: Scene
    boxes: dict[str, Box]

    def __init__(self, recording: Recording, digits: int, plan: Plan) -> None:
        self.recording, self.digits, self.plan = recording, digits, plan
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

    def value(self, name: str) -> Value | None:
        """The value that a box stands for; None for the box of a module call."""
        box = self._shows[name]
        return box if isinstance(box, Value) else None

    def operations(self, name: str) -> list[Value]:
        """The results inside the box of a module call."""
        return [v for v in self.plan.collapsed[self.calls[name]] if v.operation is not None]

    def title(self, name: str) -> str:
        """What a box is called."""
        raise NotImplementedError

    def title_of_call(self, call: Call) -> str:
        """What a module call or a fold is called, apart from the names of its results."""
        raise NotImplementedError

    def where(self, v: Value) -> str:
        """The path of the module that v belongs to; empty outside of all modules."""
        raise NotImplementedError

    def compose(self) -> Scene:
        """Make the scene of the plan."""
        return compose(self.plan, _Placeholders(self))

    def label(self, call: Call) -> str:
        """What the user called the results of a module call or a fold; empty without a name."""
        return ""

    def fixed_fields(self, call: Call) -> tuple[Field, ...]:
        """The lines in the box of a call or fold that say the same at every step."""
        return ()

    def names_of_box(self, name: str) -> str:
        """The names by which a script finds a box: its own, and those of what it stands for."""
        return name

    def names_of_line(self, line: Line) -> str:
        """Likewise those of a line."""
        return line.name

    def values(self, name: str) -> list[Value]:
        """All values that a box stands for, with the parameters inside."""
        box = self._shows[name]
        if isinstance(box, Value):
            return [box]
        return [*self.plan.collapsed[box], *self.parameters[name]]

    def data(self, name: str, recording: Recording) -> Text:
        """The number, or numbers, that a box gives to others."""
        data = [recording.data[v] for v in self.twins(self.outputs[name], recording)]
        return self.describe_data(name, data, recording)

    def describe_data(
        self, name: str, data: Sequence[float], recording: Recording, *, complete: bool = True
    ) -> Text:
        """The numbers of a box as text; an ellipsis says that more are to come."""
        text = self.write.data_range(data)
        if not complete:
            return text.extended(", …")
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


def _steepness(gradient: float) -> float:
    """A sort key: nan above all."""
    return math.inf if math.isnan(gradient) else abs(gradient)


class _Placeholders:
    """The texts of a page's scene: names, and a 0 wherever numbers will appear."""

    def __init__(self, view: Boxes) -> None:
        self.view, self.digits = view, view.digits

    def title(self, v: Value) -> str:
        return self.view.names[v]

    def title_of_call(self, call: Call) -> str:
        return self.view.title_of_call(call)

    def fields(self, v: Value) -> tuple[Field, ...]:
        return Field("data", "0", "data"), Field("grad", "0", "grad")

    def label_of_call(self, call: Call) -> str:
        return self.view.label(call)

    def fields_of_call(self, call: Call) -> tuple[Field, ...]:
        fields = (
            *self.view.fixed_fields(call),
            Field("data", "0", "data"),
            Field("grad", "0", "grad"),
        )
        held = self.view.held(self.view.plan.name(call)).text
        return (*fields, Field("held", held)) if held else fields

    def tooltip(self, v: Value, kind: str) -> str:
        return ""

    def tooltip_of_call(self, call: Call) -> str:
        return ""

    def tooltip_of_operation(self, v: Value) -> str:
        return ""

    def lines_into(self, v: Value, positions: Sequence[int]) -> list[Local]:
        locals_of = local_derivatives(v)
        return [Local("" if locals_of[i] is None else "∂ 0", None) for i in positions]

    def flow(self, v: Value) -> float | None:
        return None
