"""The texts of a picture: numbers, marks for gradients, tooltips, and what was left out."""

from __future__ import annotations

import math
from operator import attrgetter
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from autograd import Value, ops
from autograd.graph import local_derivatives

from . import palette
from .expressions import FORMULA
from .fold_texts import describe_folds, fields_of_labels, fields_of_many, label_results, list_steps
from .folds import Alike, Expression, Function, Parameters, Port, Repeat, Vector
from .groups import ancestors
from .names import tell_apart
from .negligible import SMALLEST_SHARE, find_negligible
from .nonfinite import find_origins
from .once import once
from .scene import Field, Local
from .text import arrow, exact, number, number_range, quantity, shortened

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from .groups import Call
    from .plan import Content, Plan
    from .recording import Recording

__all__ = ["CURRENT", "Numbers", "Source", "find_common_scale", "keep_numbers", "read_recording"]

_MARKS = 5  # squares of a gradient as large as the scale, or larger


class Source(NamedTuple):
    """Where the numbers of a picture come from."""

    data: Callable[[Value], float]
    grad: Callable[[Value], float]
    scale: float | None = None  # the gradient with all squares, where several pictures share one
    minimised: bool = False  # whether the result is something to lower, whatever its label is
    was: Mapping[Value, float] = MappingProxyType({})  # data before, of those that changed


CURRENT = Source(attrgetter("_datum"), attrgetter("_grad"))  # `data` and `grad`, four times faster
"""The data and gradients that the values have now."""


def keep_numbers(values: Collection[Value]) -> Source:
    """The data and gradients that these values have now, whatever they have later."""
    return Source({v: v.data for v in values}.__getitem__, {v: v.grad for v in values}.__getitem__)


class Numbers:
    """The texts of one picture; see `compose.Texts`."""

    def __init__(
        self, plan: Plan, digits: int = 4, source: Source = CURRENT, *, derivatives: bool = False
    ) -> None:
        self.plan, self.digits, self.derivatives = plan, digits, derivatives
        self.source = source
        self.data_of, self.grad_of, scale, self.minimised, self.was = source
        self.roots = set(plan.roots)
        drawn = [
            v
            for box in plan.boxes
            for v in ([box] if isinstance(box, Value) else plan.collapsed[box])
            if v not in self.roots  # the gradient of a result is 1 by definition
        ]
        self.largest = find_scale(drawn, self.grad_of)
        data = map(abs, map(self.data_of, [*drawn, *self.roots]))
        self.unit = min(1.0, max(filter(math.isfinite, data), default=0.0))
        self.origins = find_origins([*drawn, *self.roots], self.data_of, self.grad_of)
        shown = [
            v
            for box in plan.boxes
            for v in ([box] if isinstance(box, Value) else plan.outputs[box])
        ]
        self.negligible = find_negligible(shown, self.data_of)
        # Squares and lines are for the leaves, which one may change, and are measured by them. An
        # abridged picture may have none.
        leaves = [v for v in drawn if v.operation is None]
        leaves += [p for held in plan.held.values() for p in held]
        if scale is None:
            scale = find_scale(leaves, self.grad_of) if leaves else self.largest
        self.scale = scale if scale >= SMALLEST_SHARE * self.largest else 0.0
        self.shared = source.scale is not None
        self.explained = ""  # how values with one name are told apart
        self.paths: dict[Call, str] = {}
        self.names = self._tell_apart()

    def inside(self, plan: Plan) -> Numbers:
        """The texts of what is in a fold of this picture, on the same scale."""
        source = self.source._replace(scale=self.scale)
        texts = Numbers(plan, self.digits, source, derivatives=self.derivatives)
        texts.origins, texts.shared = self.origins, self.shared
        return texts

    # ── boxes ──

    def _tell_apart(self) -> dict[Content, str]:
        """Names for boxes with labels; a frame tells apart what it holds."""
        labels: dict[Content, str] = {}
        for box in self.plan.boxes:
            if isinstance(box, Value):
                labels[box] = shortened(box.label)
            elif not isinstance(box, Alike | Repeat | Parameters | Vector):
                labels[box] = label_results(self.plan, box)
        sharing: dict[str, list[Content]] = {}
        for box, label in labels.items():
            if label:
                sharing.setdefault(label, []).append(box)
        repeated = {
            box: label
            for label, boxes in sharing.items()
            if len(boxes) > len(set(map(self._frame_around, boxes)))
            for box in boxes
        }
        paths = self._find_paths(repeated)
        names = tell_apart(repeated, paths.__getitem__, repeated, taken=sharing)
        for box, label in repeated.items():
            alone = sum(repeated[b] == label and paths[b] == paths[box] for b in repeated) == 1
            which = f"the {label} of {paths[box]}" if alone and paths[box] else ""
            self.explained = f"{names[box]}: {which or f'one of several values called {label}'}"
            break
        return {**labels, **names}

    def _find_paths(self, boxes: Collection[Content]) -> dict[Content, str]:
        """The module that each box is in, or whose parameter it is; empty if there is none."""
        paths = {box: self._frame_around(box) for box in boxes}
        if boxes:
            for v in self.plan.place:
                call = self.plan.call_of.get(v)
                if call is not None:
                    for p in v.operands:
                        if not isinstance(p, float) and p in self.plan.parameters and p in paths:
                            paths[p] = paths[p] or self.path_of(call)
        return paths

    def _frame_around(self, box: Content) -> str:
        """The title of the frame that a box is drawn in; empty if there is none."""
        call = self.plan.call_of.get(box) if isinstance(box, Value) else box.parent
        plan = self.plan
        frames = [c for c in ancestors(call) if not (c in plan.collapsed or c in plan.around)]
        return self.path_of(frames[-1]) if frames else ""

    def path_of(self, call: Call) -> str:
        """The path of a call. A model looks for it among all its modules, so it is kept."""
        if call not in self.paths:
            self.paths[call] = call.path
        return self.paths[call]

    def title(self, v: Value) -> str:
        """The label, or what tells it from another value with that label."""
        return self.names.get(v) or shortened(v.label)

    def title_of_call(self, call: Call) -> str:
        """The path."""
        if isinstance(call, Expression) and not call.path:
            steps = list_steps(self.plan, call)
            count = sum(v.operation is not None for v in call.values)
            return steps if len(steps) <= FORMULA else quantity(count, "operation")
        return shortened(self.path_of(call), 40)

    def fields(self, v: Value) -> tuple[Field, ...]:
        """Data and gradient."""
        if v.operation is ops.SHIFT:
            gradient = Field("grad", "none: only subtracted for safety", "grad")
        else:
            gradient = self._gradient_of(v)
        fields = (Field("data", self._data(v), "data"), gradient)
        return self._mark_origins([v], [v], fields)

    def label_of_call(self, call: Call) -> str:
        """The labels of what a module call or function returned."""
        return self.names.get(call) or label_results(self.plan, call)

    def fields_of_call(self, call: Call) -> tuple[Field, ...]:
        """Data and gradients of what the call returned, and the parameters that it holds."""
        outputs = self.plan.outputs[call]
        if isinstance(call, Alike | Repeat | Parameters | Vector):
            fields = fields_of_many(self, call)
            if isinstance(call, Alike):
                fields = (*fields, *fields_of_labels(self, call))
            return self._mark_origins(outputs, self.plan.collapsed[call], fields)
        if isinstance(call, Port):
            data = number_range([self.data_of(w) for w in call.values], self.digits)
            return (Field("data", data, "data"),)
        (v, *others) = outputs
        gradients = [self.grad_of(w) for w in outputs]
        if others:
            data = number_range([self.data_of(w) for w in outputs], self.digits)
            gradient = Field("grad", number_range(gradients, self.digits), "grad")
        else:
            data = self._data(v)
            gradient = self._gradient_of(v)
        fields = (Field("data", data, "data"), gradient)
        if isinstance(call, Expression) and v.label:
            fields = (Field("", self.title_of_call(call), "="), *fields)
        if isinstance(call, Function) and call.target is not None:
            fields = (*fields, Field("", number(float(call.target), self.digits), "target"))
        parameters = self.plan.held[call]
        if parameters:
            fields = (*fields, self.field_of_parameters(parameters))
        fields = (*fields, *fields_of_labels(self, call))
        return self._mark_origins(outputs, self.plan.collapsed[call], fields)

    def _gradient_of(self, v: Value) -> Field:
        """The gradient of a value; that of a root is 1 by definition, and has no marks."""
        grad = self.grad_of(v)
        if v in self.roots:
            return Field("grad", number(grad, self.digits), "grad")
        return self.gradient("grad", "grad", grad)

    def field_of_parameters(self, parameters: Sequence[Value]) -> Field:
        """How many parameters a box holds, and the steepest of their gradients."""
        steepest = max(parameters, key=lambda p: (abs(self.grad_of(p)), -self.plan.place[p]))
        count = f"{quantity(len(parameters), 'parameter')}, steepest"
        return self.gradient("held", count, self.grad_of(steepest))

    def _mark_origins(
        self, shown: Collection[Value], inside: Collection[Value], fields: Sequence[Field]
    ) -> tuple[Field, ...]:
        """Mark the fields that show a nan or an inf, and say in words where one begins.

        Arguments:
            shown: the values whose data and gradients the fields show.
            inside: all values in the box.
            fields: the lines of the box.
        """
        marked, words = list(fields), []
        in_data, in_gradients = self.origins.strange
        for key, number_of, begun, says, anywhere in (
            ("data", self.data_of, self.origins.data, "", in_data),
            ("grad", self.grad_of, self.origins.gradients, "grad: ", in_gradients),
        ):
            if not anywhere:
                continue
            i = next(i for i, field in enumerate(fields) if field.key == key)
            strange = [v for v in inside if v in anywhere]
            if not strange:
                continue
            here = [v for v in strange if v in begun]
            text = " and ".join(dict.fromkeys(number(number_of(v)) for v in here or strange))
            if here:
                begin = "begin" if " " in text else "begins"
                words.append(Field("", f"{says}{text} {begin} here", origin="begins"))
            if any(v in strange for v in shown):
                marked[i] = fields[i]._replace(origin="spread")
            elif not here:
                words.append(Field("", f"{says}{text} inside", origin="spread"))
        return (*marked, *words)

    def _data(self, v: Value) -> str:
        """The data of a value; if it changed, with what it was before."""
        now = self.data_of(v)
        nothing = v in self.negligible
        if v not in self.was:
            return "≈ 0" if nothing else number(now, self.digits)
        texts = ("", "")
        for digits in range(self.digits, 18):  # as many as it takes to tell them apart
            texts = (number(self.was[v], digits), "≈ 0" if nothing else number(now, digits))
            if texts[0] != texts[1]:
                break
        return " → ".join(texts)

    def gradient(self, key: str, caption: str, gradient: float) -> Field:
        """A gradient, with an arrow for its sign and squares for its size."""
        text = number(gradient, self.digits)
        if not arrow(gradient):
            return Field(key, text, caption)
        if abs(gradient) < SMALLEST_SHARE * self.largest:
            return Field(key, "≈ 0", caption)
        if not self.finite:
            return Field(key, text, caption)
        share = self._flow(gradient)
        full = 0 if share is None else max(1, round(_MARKS * share))
        squares = "■" * full + "□" * (_MARKS - full) if full else ""
        return Field(key, text, caption, arrow(gradient) + squares)

    @once
    def finite(self) -> bool:
        """Whether all results are finite numbers; any other neither rises nor falls."""
        return all(math.isfinite(self.data_of(v)) for v in self.roots)

    # ── tooltips ──

    def tooltip(self, v: Value, kind: str) -> str:
        """The value in words."""
        label = shortened(v.label, 200)
        name = self.names.get(v, label) if len(label) <= 28 else label
        name = name or "a value"
        word = palette.KINDS[kind].word
        made = f", made by {shortened(v.op)}" if v.op else ""
        call = self.plan.call_of.get(v)  # there may be a w1 in every neuron
        where = f" in {shortened(self.path_of(call), 200)}" if v.label and call is not None else ""
        return (
            f"{name}{where}{f' ({word})' if word else ''}{made}: "
            f"data {exact(self.data_of(v))}, grad {exact(self.grad_of(v))}"
        )

    def tooltip_of_call(self, call: Call) -> str:
        """The size of the call or fold."""
        if isinstance(call, Parameters):
            return f"{call.word}; detail='scalar' draws them all"
        if isinstance(call, Port):
            (v, *others) = call.values
            what = quantity(len(call.values), "value") if others else self.tooltip(v, "interior")
            return f"from outside: {what}"
        inside = self.plan.collapsed[call]
        operations = sum(v.operation is not None for v in inside)
        where = shortened(self.path_of(call), 200) or self.label_of_call(call)
        size = quantity(operations, "operation") if operations else quantity(len(inside), "value")
        text = ": ".join(filter(None, (where, size)))
        return f"{text}; detail='scalar' draws them all"

    def tooltip_of_operation(self, v: Value) -> str:
        """The operation in numbers: ``0.5 × 2 = 1``."""
        assert v.operation is not None
        infix = v.operation.infix.picture if v.operation.infix else ""
        inputs = []
        for x in v.inputs[:8]:
            text = number(x, self.digits)
            inputs.append(f"({text})" if infix and text.startswith("−") else text)
        if len(v.operands) > 8:
            inputs.append("…")
        expression = (
            f" {infix} ".join(inputs) if infix else f"{shortened(v.op)}({', '.join(inputs)})"
        )
        return f"{expression} = {number(self.data_of(v), self.digits)}"

    # ── lines ──

    def lines_into(self, v: Value, positions: Sequence[int]) -> list[Local]:
        """For operands of v: the local derivative, and the gradient that comes back to them."""
        gradient = self.grad_of(v)
        locals_of = local_derivatives(v)
        return [
            Local("", None) if local is None else self._local(local, self._flow(gradient * local))
            for local in map(locals_of.__getitem__, positions)
        ]

    def _local(self, local: float, flow: float | None) -> Local:
        if not self.derivatives:
            return Local("", flow)
        if 0.0 < abs(local) < SMALLEST_SHARE * self.unit:
            return Local("∂ ≈ 0", flow, exact(local))
        return Local(f"∂ {number(local, self.digits)}", flow)

    def flow(self, v: Value) -> float | None:
        """How large the gradient of v is, as a share of the scale."""
        return self._flow(self.grad_of(v))

    def _flow(self, gradient: float) -> float | None:
        if not self.scale or not math.isfinite(gradient) or gradient == 0.0:
            return None
        return min(1.0, abs(gradient) / self.scale)

    # ── below the picture ──

    def notes(self, title: str, not_drawn: int) -> list[str]:
        """The title, and what was left out."""
        plan, lines = self.plan, [shortened(title, 110)]
        lines += describe_folds(plan)
        if plan.hidden:
            lines.append(
                f"abridged: the {len(plan.boxes):,} boxes nearest to the result"
                f"{', all parameters among them' if plan.beyond else ''}; "
                f"{plan.hidden:,} more are not drawn"
            )
        if not_drawn:
            verb = "is" if not_drawn == 1 else "are"
            lines.append(f"{not_drawn:,} of the highlighted values {verb} not drawn")
        return [line for line in lines if line]


def find_scale(values: Iterable[Value], grad_of: Callable[[Value], float]) -> float:
    """Find the largest finite gradient of the values; 0 if there is none."""
    sizes = list(map(abs, map(grad_of, values)))
    if math.isfinite(sum(sizes)):
        return max(sizes, default=0.0)
    return max((size for size in sizes if math.isfinite(size)), default=0.0)


def find_common_scale(recordings: Iterable[Recording]) -> float:
    """Find the largest gradient of a leaf in all recordings."""
    return max(
        find_scale((v for v in each.order if v.operation is None), each.gradients.__getitem__)
        for each in recordings
    )


def read_recording(
    recording: Recording, scale: float, was: Mapping[Value, float] = MappingProxyType({})
) -> Source:
    """Read the numbers of a loss, which is to be lowered, as they were when it was recorded."""
    return Source(
        recording.data.__getitem__, recording.gradients.__getitem__, scale, minimised=True, was=was
    )
