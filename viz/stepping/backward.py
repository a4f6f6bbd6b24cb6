"""The steps of the backward pass: every value passes its gradient on to its operands."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING

from autograd.graph import local_derivatives

from ..pictures.text import number, quantity
from .formulas import by_operation, derivative, in_symbols, local_derivative, part, plain, rule
from .names import name_html
from .step import LISTED, Entry, Step
from .telling import Teller, eq, local_entry, rounding
from .written import Text, equals

if TYPE_CHECKING:
    from collections.abc import Iterator

    from autograd import Value

    from ..pictures.recording import Contribution
    from .view import StepView

__all__ = ["Backward"]


class Backward(Teller):
    """Writes the steps of the backward pass.

    Attributes:
        totals: the gradient of everything drawn, as far as the steps have come.
    """

    def __init__(self, view: StepView) -> None:
        super().__init__(view)
        self.totals: dict[Value, float] = {}
        # How many contributions everything drawn gets in all, and has got so far.
        self._expected: dict[Value, int] = {}
        self._received: dict[Value, int] = {}
        self._local_of: dict[Value, list[float | None]] = {}
        self._places: dict[Value, Counter[Value | float]] = {}
        self._explained = False  # how a derivative of one operation is written

    def steps(self) -> Iterator[Step]:
        """Each contribution to a gradient, from the loss back to the leaves."""
        view, root = self.view, self.root
        by_box: dict[str, list[Contribution]] = {}
        unseen: dict[Value, tuple[int, float]] = {}  # contributions of values that are not drawn
        for step in self.recording.backward():
            target = view.box_of.get(step.operand)
            source = view.box_of.get(step.source, "")
            if target is None or target == source:
                continue
            if not source:
                count, amount = unseen.get(step.operand, (0, 0.0))
                unseen[step.operand] = (count + 1, amount + step.amount)
                continue
            by_box.setdefault(source, []).append(step)
        for source, contributions in by_box.items():
            once = source in view.calls  # a call adds up its terms for each operand
            for p in dict.fromkeys(c.operand for c in contributions):
                count = 1 if once else sum(c.operand is p for c in contributions)
                self._expected[p] = self._expected.get(p, 0) + count
        for p in unseen:
            self._expected[p] = self._expected.get(p, 0) + 1

        self.totals[root] = 1.0
        name = self.names.html(root)
        box = view.box_of[root]
        yield Step(
            "backward",
            (f"{derivative(name, name)} {eq('<b>1</b>')}",),
            f"The backward pass starts at the end: {name} changes exactly as much as itself.",
            (box,),
            (),
            (self._grad_entry(box),),
        )
        for source in reversed(view.boxes):
            for p in view.outputs[source]:
                if p in unseen:
                    yield self._receive_from_outside(p, *unseen.pop(p))
            passed = by_box.get(source, [])
            if source in view.calls:
                if passed or view.parameters[source]:
                    yield self._pass_through_call(source, passed)
                continue
            for contribution in passed:
                yield self._pass_on(source, contribution)
            v = view.value(source)
            if v is not None and v.operation is not None and not passed:
                if self._stops(v):
                    yield self._stop(source, v)
                elif self.totals.get(v) == 0.0:
                    yield self._stop_behind_choice(source, v)
        for p, rest in unseen.items():  # for a leaf inside a box, or one that is not drawn
            yield self._receive_from_outside(p, *rest)

    def _stops(self, v: Value) -> bool:
        """Whether the operation never passes a gradient on, like the shift in softmax."""
        return all(local is None for local in self._local_derivatives(v)) and v in self.totals

    def _stop(self, source: str, v: Value) -> Step:
        return Step(
            "backward",
            (f"{self.d(v)} {part(equals(self.write.gradient(self.totals[v])))} and stops here",),
            f"{self.names.html(v)} is only subtracted to keep the exponentials small. The result "
            "does not depend on it, so it counts as a constant.",
            (source, f"{source}_op"),
        )

    def _stop_behind_choice(self, source: str, v: Value) -> Step:
        return Step(
            "backward",
            (f"{self.d(v)} {part(equals(self.write.gradient(0.0)))} and stops here",),
            f"{self.names.html(v)} was not chosen, or only chooses, so what it was computed from "
            "gets no gradient here.",
            (source, f"{source}_op"),
        )

    def _local_derivatives(self, v: Value) -> list[float | None]:
        if v not in self._local_of:
            self._local_of[v] = local_derivatives(v)
        return self._local_of[v]

    def _pass_on(self, source: str, c: Contribution) -> Step:
        """The step in which a value passes its gradient on to an operand."""
        v, p = c.source, c.operand
        target, circle = self.view.box_of[p], f"{source}_op"
        local = self._local_derivatives(v)[c.position]
        assert local is not None
        upstream, inner = self.d(v), self._local(v, c.position)
        before = self.write.gradient(c.gradient)
        first = before.factor if before.near_zero else before.html
        formula = (
            f"{self.d(p)} += {upstream} · {inner} "
            f"{eq(f'{first} · {self.write.data(local).factor}')} "
            f"{part(equals(self.write.gradient(c.amount)))}"
        )
        line = self.view.line(v, c.position)
        note = self._explain(c, inner, local)
        arrived = self._receive(p, c.amount)
        return Step(
            "backward",
            (formula,),
            " ".join(filter(None, (note, arrived, self._warn_of_gradient(p, c.amount)))),
            (target, circle, source),
            (self.view.line_between(circle, source), line),
            (
                *local_entry(line, self.write.data(local)),
                self._grad_entry(target),
            ),
        )

    def _local(self, v: Value, position: int) -> str:
        """The derivative of the operation that makes v, with respect to one operand.

        ``∂v/∂p`` would be the gradient itself where v is the loss. Where p is an operand twice, it
        would stand for both.
        """
        p = v.operands[position]
        primed = self._is_repeated(v, p)
        if v is self.root or primed:
            return by_operation(v, position, self.names, self.digits, primed=primed)
        assert not isinstance(p, float)
        return derivative(self.names.html(v), self.names.html(p))

    def _is_repeated(self, v: Value, operand: Value | float) -> bool:
        """Whether it is an operand of v in more than one place."""
        if v not in self._places:
            self._places[v] = Counter(v.operands)
        return self._places[v][operand] > 1

    def _explain(self, c: Contribution, inner: str, local: float) -> str:
        """Say where the local derivative comes from."""
        v = c.source
        symbols = local_derivative(v, c.position, v.inputs, self.names, self.digits)
        value = self.write.data(local)
        is_value = value.html if value.near_zero else f"= {value.html}"
        text = f"{inner} = {symbols}" if symbols else f"{inner} {is_value}"
        if symbols and ", since" not in symbols and plain(symbols) != value.text:
            text += f" {is_value}"
        if ", since" in text:
            text = f"{text}."
        elif in_words := rule(v):
            text = f"{text}: {in_words}."
        else:
            text = f"{text}, where {self.names.html(v)} = {in_symbols(v, self.names, self.digits)}."
        return f"{text}{self._explain_notation(c, inner)}"

    def _explain_notation(self, c: Contribution, inner: str) -> str:
        """Say what is different in the derivative of an operation alone."""
        name = self.names.html(c.operand)
        if self._is_repeated(c.source, c.operand):
            return f" {name}′ is {name} in one place only; elsewhere it stays as it is."
        if c.source is not self.root or self._explained:
            return ""
        self._explained = True
        return (
            f" {inner} is the derivative of this operation alone; {self.d(c.operand)} counts "
            f"every path from {name} to {self.names.html(self.root)}."
        )

    def _receive(self, p: Value, amount: float) -> str:
        """Record a contribution, and describe it if it is one of several."""
        before = self.totals.get(p)
        self._received[p] = self._received.get(p, 0) + 1
        k, n = self._received[p], self._expected[p]
        # The last term makes it the engine's sum, whatever the order of the terms was.
        total = self.recording.gradients[p] if k == n else (before or 0.0) + amount
        self.totals[p] = total
        if n == 1:
            return ""
        name, now, term = self.d(p), self.write.gradient(total), self.write.gradient(amount)
        if before is None:
            return f"<strong>Contribution {k} of {n}:</strong> {name} {equals(now)} so far."
        first = self.write.gradient(before)
        said = (
            f"<strong>Contribution {k} of {n}:</strong> {name} = "
            f"{first.factor if first.near_zero else first.html} + {term.factor} {equals(now)}"
            f"{'' if k == n else ' so far'}."
        )
        if now.near_zero and not (first.near_zero and term.near_zero):
            said += f" {rounding(now)}"
        return said

    def _warn_of_gradient(self, p: Value, amount: float) -> str:
        """Say where nan or ∞ first arises on the way back."""
        if math.isfinite(amount) or p not in self.view.origins(self.recording).begun.gradients:
            return ""
        what = "nan, not a number," if amount != amount else number(amount)
        return f"This is where {what} first arises in the backward pass."

    def _grad_entry(self, box: str) -> Entry:
        return Entry.of(box, "grad", self._grads(box))

    def _grads(self, box: str) -> Text:
        """The gradient line of a box, with an ellipsis while contributions are still to come."""
        outputs = self.view.outputs[box]
        more = any(self._received.get(v, 0) < self._expected.get(v, 0) for v in outputs)
        totals = [self.totals.get(v, 0.0) for v in outputs]
        return self.view.grad(box, totals, self.recording, complete=not more)

    def _pass_through_call(self, source: str, passed: list[Contribution]) -> Step:
        """The step in which a module call passes gradients on to its inputs and parameters."""
        view = self.view
        amounts: dict[Value, float] = {}
        for c in passed:
            amounts[c.operand] = amounts.get(c.operand, 0.0) + c.amount
        arrived = []
        for p, amount in amounts.items():
            arrived.append((p, self._receive(p, amount)))
        largest = sorted(amounts.items(), key=lambda term: -abs(term[1]))
        formulas = [self._write_chain_rule(source, p, amount) for p, amount in largest]
        targets = list(dict.fromkeys(view.box_of[p] for p in amounts))
        entries = [self._grad_entry(target) for target in targets]
        parameters = view.parameters[source]
        note = f"{name_html(view.title(source))} applies the chain rule to all its operations."
        if parameters:
            gradients = [self.recording.gradients[p] for p in parameters]
            held = view.held(source, gradients)
            entries.append(Entry.of(source, "held", held))
            steepest = max(parameters, key=lambda p: abs(self.recording.gradients[p]))
            formulas.append(
                f"{derivative(self.names.html(self.root), self.names.html(steepest))} "
                f"{part(equals(self.write.gradient(self.recording.gradients[steepest])))}"
            )
            note += (
                f" The last formula is for the steepest of its {len(parameters):,} parameters."
                if len(parameters) > 1
                else " The last formula is for its parameter."
            )
        if len(formulas) > LISTED:
            hidden = len(formulas) - LISTED
            formulas[LISTED - 1 : -1] = []
            note += f" {hidden} more are not shown."
        counted = [text for _, text in arrived if text]
        if len(counted) == 1:
            note += f" {counted[0]}"
        return Step(
            "backward",
            tuple(formulas),
            note,
            (source, *targets),
            tuple(view.line_between(target, source) for target in targets),
            tuple(entries),
        )

    def _write_chain_rule(self, source: str, p: Value, amount: float) -> str:
        """Write the chain rule of a module call, with one derivative for all its operations."""
        outputs = self.view.outputs[source]
        gradient = self.totals.get(outputs[0], 0.0)
        result = part(equals(self.write.gradient(amount)))
        if len(outputs) > 1:
            return f"{self.d(p)} += {self.write.gradient(amount).bold}"
        y = outputs[0]
        title = self.view.title(source) if y is self.root else self.names[y]
        inner = derivative(name_html(title), self.names.html(p))
        numbers = ""
        if gradient and math.isfinite(amount / gradient):
            first, local = self.write.gradient(gradient), self.write.data(amount / gradient)
            written = f"{first.factor if first.near_zero else first.html} · {local.factor}"
            numbers = f"{eq(written)} "
        return f"{self.d(p)} += {self.d(y)} · {inner} {numbers}{result}"

    def _receive_from_outside(self, p: Value, count: int, amount: float) -> Step:
        """The step in which a value gets the contributions of values that are not drawn."""
        target = self.view.box_of[p]
        arrived = self._receive(p, amount)
        return Step(
            "backward",
            (f"{self.d(p)} += {self.write.gradient(amount).bold}",),
            f"The sum of {quantity(count, 'contribution')} from values that are not drawn. "
            f"{arrived}",
            (target,),
            (),
            (self._grad_entry(target),),
        )
