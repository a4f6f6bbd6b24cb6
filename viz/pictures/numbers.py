"""The texts of a picture: numbers, marks for gradients, tooltips, and the notes below."""

from __future__ import annotations

import math
from operator import attrgetter
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from autograd import Value
from autograd.graph import local_derivatives

from . import palette
from .scene import Field
from .text import arrow, number, number_range, quantity, shortened

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .groups import Call
    from .plan import Plan

__all__ = ["CURRENT", "Numbers", "Source"]

_ROUNDING = 1e-14  # a gradient this much smaller than the largest is rounding error
_MARKS = 5  # for the largest gradient in the picture


class Source(NamedTuple):
    """Where the numbers of a picture come from."""

    data: Callable[[Value], float]
    grad: Callable[[Value], float]
    steepest: float = 0.0  # the gradient that thick lines are measured by, if the largest drawn
    was: Mapping[Value, float] = MappingProxyType({})  # data before, of those that changed


CURRENT = Source(attrgetter("data"), attrgetter("grad"))
"""The data and gradients that the values have now."""


class Numbers:
    """The texts of one picture; see `compose.Texts`."""

    def __init__(
        self, plan: Plan, digits: int = 4, source: Source = CURRENT, *, derivatives: bool = False
    ) -> None:
        self.plan, self.digits, self.derivatives = plan, digits, derivatives
        self.data_of, self.grad_of, steepest, self.was = source
        self.roots = set(plan.roots)
        # Bars and lines show how large a gradient is beside the largest in the picture. That of a
        # result is 1 by definition and says nothing.
        sizes = [
            abs(self.grad_of(v))
            for box in plan.boxes
            for v in ([box] if isinstance(box, Value) else plan.collapsed[box])
            if v not in self.roots and math.isfinite(self.grad_of(v))
        ]
        self.largest = max(sizes, default=0.0)
        if self.largest:
            self.largest = max(self.largest, steepest)

    # ── boxes ──

    def title(self, v: Value) -> str:
        """The label."""
        return shortened(v.label)

    def title_of_call(self, call: Call) -> str:
        """The path."""
        return shortened(call.path, 40)

    def fields(self, v: Value) -> tuple[Field, ...]:
        """Data and gradient."""
        grad = self.grad_of(v)
        if v in self.roots:
            gradient = Field("grad", number(grad, self.digits), "grad")
        else:
            gradient = self._gradient("grad", "grad", grad)
        return Field("data", self._data(v), "data"), gradient

    def fields_of_call(self, call: Call) -> tuple[Field, ...]:
        """Data and gradients of what the call returned, and the parameters that it holds."""
        (v, *others) = outputs = self.plan.outputs[call]
        gradients = [self.grad_of(w) for w in outputs]
        if others:
            data = number_range([self.data_of(w) for w in outputs], self.digits)
            gradient = Field("grad", number_range(gradients, self.digits), "grad")
        else:
            data = self._data(v)
            gradient = self._gradient("grad", "grad", gradients[0])
        fields = (Field("data", data, "data"), gradient)
        parameters = self.plan.held[call]
        if not parameters:
            return fields
        steepest = max(parameters, key=lambda p: (abs(self.grad_of(p)), -self.plan.place[p]))
        count = f"{quantity(len(parameters), 'parameter')}, steepest"
        return (*fields, self._gradient("held", count, self.grad_of(steepest)))

    def _data(self, v: Value) -> str:
        """The data of a value; if it changed, with what it was before."""
        now = self.data_of(v)
        if v not in self.was:
            return number(now, self.digits)
        texts = ("", "")
        for digits in range(self.digits, 18):  # as many as it takes to tell them apart
            texts = (number(self.was[v], digits), number(now, digits))
            if texts[0] != texts[1]:
                break
        return " → ".join(texts)

    def _gradient(self, key: str, caption: str, gradient: float) -> Field:
        """A gradient, with an arrow for its direction and squares for its size."""
        text = number(gradient, self.digits)
        if not arrow(gradient) or not self.largest:
            return Field(key, text, caption)
        share = min(1.0, abs(gradient) / self.largest)
        if share < _ROUNDING:
            return Field(key, "≈ 0", caption)
        full = max(1, round(_MARKS * share))
        marks = f"{arrow(gradient)}{'■' * full}{'□' * (_MARKS - full)}"
        return Field(key, text, caption, marks)

    # ── tooltips ──

    def tooltip(self, v: Value, kind: str) -> str:
        """The value in words."""
        name = shortened(v.label, 200) or "a value"
        word = palette.KINDS[kind].word
        made = f", made by {shortened(v.op)}" if v.op else ""
        # Digits that differ from one machine's mathematics to another's would be noise.
        digits = max(6, self.digits)
        return (
            f"{name}{f' ({word})' if word else ''}{made}: "
            f"data {number(self.data_of(v), digits)}, grad {number(self.grad_of(v), digits)}"
        )

    def tooltip_of_call(self, call: Call) -> str:
        """The size of the call."""
        operations = sum(v.operation is not None for v in self.plan.collapsed[call])
        where = shortened(call.path, 200)
        return f"{where}: {operations} operations; detail='scalar' draws them all"

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

    def lines_into(self, v: Value) -> list[tuple[str, float | None]]:
        """For each operand of v: its local derivative, and the gradient that comes back to it."""
        gradient = self.grad_of(v)
        return [
            ("", None)
            if local is None
            else (
                f"∂ {number(local, self.digits)}" if self.derivatives else "",
                self._flow(gradient * local),
            )
            for local in local_derivatives(v)
        ]

    def flow(self, v: Value) -> float | None:
        """How large the gradient of v is beside the largest."""
        return self._flow(self.grad_of(v))

    def _flow(self, gradient: float) -> float | None:
        if not self.largest or not math.isfinite(gradient) or gradient == 0.0:
            return None
        return min(1.0, abs(gradient) / self.largest)

    # ── below the picture ──

    def notes(self, title: str, legend: bool, not_drawn: int) -> list[str]:
        """Title, what was left out, and the legend."""
        plan, lines = self.plan, [shortened(title, 110)]
        if plan.detail != "scalar" and plan.collapsed:
            lines.append(
                f"drawn by {plan.detail}: {plan.total:,} values in all; "
                "detail='scalar' draws each of them"
            )
        if plan.hidden:
            lines.append(
                f"abridged: the {len(plan.boxes):,} boxes nearest to the result; "
                f"{plan.hidden:,} more are not drawn"
            )
        if not_drawn:
            verb = "is" if not_drawn == 1 else "are"
            lines.append(f"{not_drawn:,} of the highlighted values {verb} not drawn")
        if legend and self.largest:
            (first, *others) = plan.roots
            root = "the result" if others else shortened(first.label) or "the result"
            lines.append(
                f"▲ {root} falls when this value rises, ▼ when it falls;  "
                "■ and thick lines: how large the gradient is"
            )
        if legend and self.derivatives:
            lines.append(
                "∂: the local derivative; the gradient is multiplied by it on its way back"
            )
        return lines
