"""Folds on a page of steps: coarser pictures, for windows where the whole graph is not legible.

The steps stay as they are. In a folded picture, a box stands for many of the boxes that the steps
go through: it lights up with each of them, and its numbers come in with theirs.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from autograd import Value

from ..pictures.fold_texts import label_results, list_steps
from ..pictures.folds import Fold, Function, Repeat
from ..pictures.plan import LARGE, offer_plans
from ..pictures.scene import Cut, Field
from ..pictures.text import quantity
from .boxes import Boxes
from .names import legible
from .order import order_boxes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..pictures.groups import Call
    from ..pictures.plan import Plan
    from ..pictures.scene import Line, Scene
    from .view import StepView

__all__ = ["FoldedView", "fold_view"]

NAMED = 3  # labels of results that a heading has room for


def fold_view(view: StepView) -> Iterator[FoldedView]:
    """Fold the boxes of the steps, as little as possible at first, then more and more.

    There is nothing to fold in a graph whose values already share boxes as far as they can.
    """
    recording = view.recording
    if len(recording.order) > LARGE:
        return  # searching would take a second, and the picture is abridged or of layers
    most = len(view.boxes)
    for k, plan in enumerate(offer_plans(recording.roots, order=recording.order)):
        if plan.detail in ("expression", "whole"):
            return  # too much would happen in a single box
        if len(plan.boxes) < most and not plan.hidden:
            most = len(plan.boxes)
            yield FoldedView(view, plan._replace(prefix=f"f{k}g"))


class FoldedView(Boxes):
    """The boxes of a coarser plan of the graph that a page steps through.

    Arguments:
        view: what the steps go through.
        plan: the coarser plan; its names for folds are unique on the page.

    Attributes:
        folds: the names of the boxes that the view does not have.
        inside: the boxes of the view that each box here stands for, in their order.
    """

    def __init__(self, view: StepView, plan: Plan) -> None:
        super().__init__(view.recording, view.digits, plan)
        self.view, self.names = view, view.names
        self._drawn = set(plan.boxes)
        self.inside: dict[str, list[str]] = defaultdict(list)
        for name in view.boxes:
            for place in self._places_of(name):
                self.inside[place].append(name)
        scene = self.compose()
        self._lines_inside = self._match_lines(scene)
        self.scene = self._blank_shared(scene)
        boxes = {box.name: box for box in self.scene.boxes}
        self.boxes = {name: boxes[name] for name in (plan.name(b) for b, _ in order_boxes(plan))}
        self.folds = [name for name in self.boxes if name not in view.boxes]

    # ── what stands for what ──

    def _places_of(self, name: str) -> list[str]:
        """The boxes here that show what a box of the view gives to others."""
        boxes = (self.plan.box_of.get(v) for v in self.view.outputs.get(name, ()))
        return [self.plan.name(box) for box in dict.fromkeys(boxes) if box in self._drawn and box]

    def _match_lines(self, scene: Scene) -> dict[str, list[str]]:
        """The names of the lines of the view that each line here stands for."""
        between: dict[tuple[str, str], list[str]] = defaultdict(list)
        into: dict[tuple[str, int], str] = {}
        for line in _lines(self.view.scene):
            into.update(((line.head, i), line.name) for i in line.operands)
            for tail in self._places_of(line.tail.removesuffix("_op")):
                for head in self._places_of(line.head.removesuffix("_op")):
                    between[tail, head].append(line.name)
        found = {}
        for line in _lines(scene):
            if line.operands:
                names = [into.get((line.head, i), "") for i in line.operands]
                found[line.name] = [name for name in dict.fromkeys(names) if name]
            elif line.of_result and line.tail.endswith("_op"):
                found[line.name] = [line.name]
            else:
                found[line.name] = between[line.tail, line.head]
        return found

    def _blank_shared(self, scene: Scene) -> Scene:
        """The scene without local derivatives on lines that stand for several."""
        lines = [
            line
            if isinstance(line, Cut) or len(self._lines_inside.get(line.name, ())) == 1
            else line._replace(local="")
            for line in scene.lines
        ]
        return scene._replace(lines=tuple(lines))

    def names_of_box(self, name: str) -> str:
        """Its own name, and those of the boxes and operations of the view that it stands for."""
        if name in self.view.boxes:
            return name
        found = [name]
        for inner in self.inside[name]:
            found.append(inner)
            if self.view.boxes[inner].operation is not None:
                found.append(f"{inner}_op")
        return " ".join(found)

    def names_of_line(self, line: Line) -> str:
        """The names of the lines of the view that it stands for, or its own."""
        return " ".join(self._lines_inside.get(line.name, ())) or line.name

    # ── what the boxes say ──

    def title(self, name: str) -> str:
        """The heading of a fold, or the name of a value."""
        v = self.value(name)
        return self.names[v] if v is not None else self.boxes[name].bold

    def title_of_call(self, call: Call) -> str:
        """The path of a module call, or what a fold is."""
        return legible(call.path)

    def label(self, call: Call) -> str:
        """The names of the results of a function, or those of the values of a vector."""
        if not isinstance(call, Fold):
            return ""
        if not isinstance(call, Function):
            return label_results(self.plan, call)
        root = self.recording.root
        named = [self.names[v] for v in self.plan.outputs[call] if v.label or v is root]
        return ", ".join(named[:NAMED]) + (", …" if len(named) > NAMED else "")

    def fixed_fields(self, call: Call) -> tuple[Field, ...]:
        """What each of many alike subgraphs does."""
        if isinstance(call, Repeat):
            return (Field("", list_steps(self.plan, call), "each"),)
        return ()

    def role(self, name: str) -> str:
        """How much a fold holds, in words."""
        if name not in self.folds or self.value(name) is not None:
            return super().role(name)
        inside = self.plan.collapsed[self.calls[name]]
        operations = sum(v.operation is not None for v in inside)
        if not operations:
            return f"{quantity(len(inside), 'value')} in one box"
        return f"{quantity(operations, 'operation')} in one box"

    def where(self, v: Value) -> str:
        """The path of the module that v belongs to; empty outside of all modules."""
        return self.view.where(v)


def _lines(scene: Scene) -> Iterator[Line]:
    """The lines between boxes and operations, without those of constants."""
    for line in scene.lines:
        if not isinstance(line, Cut) and not line.of_constant:
            yield line
