"""The steps of one loss: the forward pass, the backward pass, and the result.

A `Step` says which boxes and lines light up, which numbers appear in the picture, and what stands
beside it. Steps are data; `page` writes them, and a script plays them.
"""

from __future__ import annotations

import math
from html import escape
from typing import TYPE_CHECKING, NamedTuple

from autograd import ops
from autograd.graph import local_derivatives

from ..pictures.text import number, quantity
from .formulas import (
    derivative,
    factor,
    in_full,
    in_numbers,
    in_symbols,
    local_derivative,
    name_html,
    plain,
    rule,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from autograd import Value

    from ..pictures.recording import Contribution, Recording
    from ..pictures.scene import Line
    from .formulas import Names
    from .view import StepView

__all__ = ["Entry", "Step", "local_derivative_entries", "narrate"]

LISTED = 3  # formulas of one step
WRITTEN_OUT = 8  # names or numbers in a formula that is written out in full

_ROLES = {
    "parameter": "A parameter: a number that training may change.",
    "input": "An input: given, not learned.",
    "target": "The target: what the prediction should be.",
}


class Entry(NamedTuple):
    """A text that appears in the picture."""

    where: str  # the name of a box, a line or a constant
    field: str  # "data", "grad" or "held" of a box, "local" of a line, "constant"
    text: str


class Step(NamedTuple):
    """One step of the page.

    Attributes:
        phase: ``"start"``, ``"forward"``, ``"backward"``, ``"done"`` or ``"training"``.
        formulas: HTML, one line each.
        note: HTML, a sentence or two; may be empty.
        focus: the names of what the step is about, the most important first.
        lines: the lines along which numbers move.
        entries: the texts that appear.
    """

    phase: str
    formulas: tuple[str, ...]
    note: str = ""
    focus: tuple[str, ...] = ()
    lines: tuple[Line, ...] = ()
    entries: tuple[Entry, ...] = ()

    @property
    def text(self) -> str:
        """What the step says, without markup."""
        return plain(". ".join([*self.formulas, *([self.note] if self.note else [])]))


def narrate(view: StepView) -> list[Step]:
    """Write the steps of one loss."""
    return list(_Narrator(view).steps())


def local_derivative_entries(view: StepView, recording: Recording) -> Iterator[Entry]:
    """The local derivatives on all lines, for any recording of the same shape."""
    for name in view.boxes:
        v = view.value(name)
        if v is None or v.operation is None:
            continue
        (twin,) = view.twins([v], recording)
        for i, local in enumerate(local_derivatives(twin)):
            p = v.operands[i]
            if local is not None and not isinstance(p, float) and p in view.box_of:
                yield from _local_entry(view.line(v, i), local, view.digits)


def _local_entry(line: Line, local: float, digits: int) -> list[Entry]:
    """The local derivative on a line; nothing where one line stands for many."""
    if not line.local:
        return []
    text = line._replace(local=f"∂ {number(local, digits)}").text
    return [Entry(line.name, "local", text)]


class _Narrator:
    def __init__(self, view: StepView) -> None:
        self.view = view
        self.names: Names = view.names
        self.digits = view.digits
        self.recording: Recording = view.recording
        self.root = view.recording.root
        # Of everything drawn: the gradient so far, and how many contributions it gets in all, and
        # has got so far.
        self.totals: dict[Value, float] = {}
        self.expected: dict[Value, int] = {}
        self.received: dict[Value, int] = {}
        self.mixed: set[Value] = set()  # values that also get contributions that are not drawn
        self.local: dict[Value, list[float | None]] = {}

    def steps(self) -> Iterator[Step]:
        yield self._start()
        for name in self.view.boxes:
            yield self._compute(name)
        yield from self._backward()
        yield self._done()

    def _number(self, x: float) -> str:
        return f"<b>{number(x, self.digits)}</b>"

    def _d(self, bottom: Value) -> str:
        return derivative(self.names.html(self.root), self.names.html(bottom))

    # ── forward ──

    def _start(self) -> Step:
        order = self.recording.order
        leaves = sum(v.operation is None for v in order)
        operations = len(order) - leaves
        name = self.names.html(self.root)
        return Step(
            "start",
            (f"How {name} is computed, and how its gradients are found",),
            f"This graph has {quantity(leaves, 'leaf', 'leaves')} and "
            f"{quantity(operations, 'operation')}. The forward pass computes every value from "
            f"those before it. The backward pass finds by how much {name} would change if each "
            "value did.",
        )

    def _compute(self, name: str) -> Step:
        view = self.view
        v = view.value(name)
        held = view.held(name)
        entries = (
            Entry(name, "data", view.data(name, self.recording)),
            *([Entry(name, "held", held)] if held else []),
        )
        if v is None:
            return self._compute_call(name, entries)
        x = self.recording.data[v]
        written = self.names.html(v)
        if v.operation is None:
            note = _ROLES.get(
                view.boxes[name].kind, "A leaf: a number that the computation starts from."
            )
            return Step(
                "forward",
                (f"{written} = {self._number(x)}",),
                note + self._say_where(v),
                (name,),
                (),
                entries,
            )
        inputs = v.inputs
        formula = (
            f"{written} {_eq(in_symbols(v, self.names, self.digits))} "
            f"{_eq(in_numbers(v, inputs, self.digits))} {_eq(self._number(x))}"
        )
        short = v.operation.formula if v.operation not in _PLAIN else ""
        note = f"{escape(v.op)}: {escape(short)}." if short else ""
        note = " ".join(part for part in (note, self._in_full(v)) if part)
        circle = f"{name}_op"
        return Step(
            "forward",
            (formula,),
            (note + self._say_where(v)).strip(),
            (name, circle, *self._boxes(v.operands)),
            (*self._lines_into(v), view.line_between(circle, name)),
            entries,
        )

    def _in_full(self, v: Value) -> str:
        """The formula with unnamed values written out; empty if it is too long."""
        within: set[Value] = set()
        count, waiting = 0, list(v.operands)
        while waiting:
            p = waiting.pop()
            count += 1
            if count + len(waiting) > WRITTEN_OUT:
                return ""
            if not isinstance(p, float) and self._nameless(p):
                count -= 1
                within.add(p)
                waiting += p.operands
        if not within:
            return ""

        def name(p: Value | float) -> str:
            return number(p, self.digits) if isinstance(p, float) else self.names.html(p)

        def data(p: Value | float) -> str:
            return number(p if isinstance(p, float) else self.recording.data[p], self.digits)

        return (
            f"In full: {self.names.html(v)} {_eq(in_full(v, within, name))} "
            f"{_eq(in_full(v, within, data))} "
            f"{_eq(number(self.recording.data[v], self.digits))}."
        )

    def _nameless(self, v: Value) -> bool:
        """Whether a value is a result without a label, drawn as a box."""
        box = self.view.box_of.get(v, "")
        return bool(v.operation is not None and not v.label and box and self.view.value(box) is v)

    def _compute_call(self, name: str, entries: tuple[Entry, ...]) -> Step:
        view = self.view
        inside = view.operations(name)
        given = dict.fromkeys(
            p
            for v in inside
            for p in v.operands
            if not isinstance(p, float) and view.box_of.get(p) not in (None, name)
        )
        sources = dict.fromkeys(view.box_of[v] for v in given)
        arguments = [self.names.html(v) for v in given]
        if len(arguments) > 4:
            arguments = [*arguments[:3], "…", arguments[-1]]
        outputs = view.data(name, self.recording)
        parameters = len(view.parameters[name])
        return Step(
            "forward",
            (f"{name_html(view.title(name))}({', '.join(arguments)}) {_eq(f'<b>{outputs}</b>')}",),
            f"{quantity(len(inside), 'operation')} and {quantity(parameters, 'parameter')} in one "
            "box.",
            (name, *sources),
            tuple(view.line_between(source, name) for source in sources),
            entries,
        )

    def _say_where(self, v: Value) -> str:
        path = self.view.where(v)
        return f" In {escape(path)}." if path else ""

    def _boxes(self, operands: Iterable[Value | float]) -> list[str]:
        """The boxes of the operands that are drawn, each once."""
        found = (None if isinstance(p, float) else self.view.box_of.get(p) for p in operands)
        return list(dict.fromkeys(name for name in found if name))

    def _lines_into(self, v: Value) -> list[Line]:
        box_of = self.view.box_of
        return [
            self.view.line(v, i)
            for i, p in enumerate(v.operands)
            if not isinstance(p, float) and p in box_of
        ]

    # ── backward ──

    def _backward(self) -> Iterator[Step]:
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
                self.expected[p] = self.expected.get(p, 0) + count
        for p in unseen:
            self.expected[p] = self.expected.get(p, 0) + 1
        self.mixed = set(unseen)

        self.totals[root] = 1.0
        name = self.names.html(root)
        box = view.box_of[root]
        yield Step(
            "backward",
            (f"{derivative(name, name)} {_eq('<b>1</b>')}",),
            f"The backward pass starts at the end: {name} changes exactly as much as itself.",
            (box,),
            (),
            (Entry(box, "grad", self._grads(box)),),
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
            if v is not None and v.operation is not None and not passed and self._stops(v):
                yield self._stop(source, v)
        for p, rest in unseen.items():  # for a leaf inside a box, or one that is not drawn
            yield self._receive_from_outside(p, *rest)

    def _stops(self, v: Value) -> bool:
        """Whether the operation never passes a gradient on, like the shift in softmax."""
        return all(local is None for local in self._local_derivatives(v)) and v in self.totals

    def _stop(self, source: str, v: Value) -> Step:
        return Step(
            "backward",
            (f"{self._d(v)} {_eq(self._number(self.totals[v]))} and stops here",),
            f"{self.names.html(v)} is only subtracted to keep the exponentials small. The result "
            "does not depend on it, so it counts as a constant.",
            (source, f"{source}_op"),
        )

    def _local_derivatives(self, v: Value) -> list[float | None]:
        if v not in self.local:
            self.local[v] = local_derivatives(v)
        return self.local[v]

    def _pass_on(self, source: str, c: Contribution) -> Step:
        """The step in which a value passes its gradient on to an operand."""
        v, p = c.source, c.operand
        target, circle = self.view.box_of[p], f"{source}_op"
        local = self._local_derivatives(v)[c.position]
        assert local is not None
        upstream, inner = self._d(v), derivative(self.names.html(v), self.names.html(p))
        formula = (
            f"{self._d(p)} += {upstream} · {inner} "
            f"{_eq(f'{number(c.gradient, self.digits)} · {factor(local, self.digits)}')} "
            f"{_eq(self._number(c.amount))}"
        )
        line = self.view.line(v, c.position)
        note = self._explain(c, inner, local)
        # With contributions that are not drawn, the engine's running total would not add up here.
        total = self.totals.get(p, 0.0) + c.amount if p in self.mixed else c.total
        arrived = self._receive(p, c.amount, total)
        return Step(
            "backward",
            (formula,),
            " ".join(part for part in (note, arrived) if part),
            (target, circle, source),
            (self.view.line_between(circle, source), line),
            (
                *_local_entry(line, local, self.digits),
                Entry(target, "grad", self._grads(target)),
            ),
        )

    def _explain(self, c: Contribution, inner: str, local: float) -> str:
        """Say where the local derivative comes from."""
        v = c.source
        symbols = local_derivative(v, c.position, v.inputs, self.names, self.digits)
        value = number(local, self.digits)
        text = f"{inner} = {symbols or value}"
        if symbols and ", since" not in symbols and plain(symbols) != value:
            text += f" = {value}"
        if ", since" in text:
            return f"{text}."
        if in_words := rule(v):
            return f"{text}: {in_words}."
        return f"{text}, where {self.names.html(v)} = {in_symbols(v, self.names, self.digits)}."

    def _receive(self, p: Value, amount: float, total: float) -> str:
        """Record a contribution, and describe it if it is one of several."""
        before = self.totals.get(p)
        self.received[p] = self.received.get(p, 0) + 1
        self.totals[p] = total
        k, n = self.received[p], self.expected[p]
        if n == 1:
            return ""
        name = self._d(p)
        if before is None:
            so_far = f"{name} = {self._number(total)} so far"
        else:
            so_far = (
                f"{name} = {number(before, self.digits)} + {factor(amount, self.digits)} = "
                f"{self._number(total)}" + ("" if k == n else " so far")
            )
        return f"<strong>Contribution {k} of {n}:</strong> {so_far}."

    def _grads(self, box: str) -> str:
        """The gradient line of a box, with an ellipsis while contributions are still to come."""
        outputs = self.view.outputs[box]
        more = any(self.received.get(v, 0) < self.expected.get(v, 0) for v in outputs)
        totals = [self.totals.get(v, 0.0) for v in outputs]
        return self.view.grad(box, totals, complete=not more)

    def _pass_through_call(self, source: str, passed: list[Contribution]) -> Step:
        """The step in which a module call passes gradients on to its inputs and parameters."""
        view = self.view
        amounts: dict[Value, float] = {}
        for c in passed:
            amounts[c.operand] = amounts.get(c.operand, 0.0) + c.amount
        arrived = []
        for p, amount in amounts.items():
            # The last term makes it the engine's sum, whatever the order of the terms was.
            last = self.received.get(p, 0) + 1 == self.expected[p]
            total = self.recording.gradients[p] if last else self.totals.get(p, 0.0) + amount
            arrived.append((p, self._receive(p, amount, total)))
        largest = sorted(amounts.items(), key=lambda term: -abs(term[1]))
        formulas = [self._write_chain_rule(source, p, amount) for p, amount in largest]
        targets = list(dict.fromkeys(view.box_of[p] for p in amounts))
        entries = [Entry(target, "grad", self._grads(target)) for target in targets]
        parameters = view.parameters[source]
        note = f"{name_html(view.title(source))} applies the chain rule to all its operations."
        if parameters:
            gradients = [self.recording.gradients[p] for p in parameters]
            entries.append(Entry(source, "held", view.held(source, gradients)))
            steepest = max(parameters, key=lambda p: abs(self.recording.gradients[p]))
            formulas.append(
                f"{derivative(self.names.html(self.root), self.names.html(steepest))} "
                f"{_eq(self._number(self.recording.gradients[steepest]))}"
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
        if len(outputs) > 1:
            return f"{self._d(p)} += {self._number(amount)}"
        y = outputs[0]
        inner = derivative(self.names.html(y), self.names.html(p))
        numbers = ""
        if gradient and math.isfinite(amount / gradient):
            local = amount / gradient
            written = f"{number(gradient, self.digits)} · {factor(local, self.digits)}"
            numbers = f"{_eq(written)} "
        return f"{self._d(p)} += {self._d(y)} · {inner} {numbers}{_eq(self._number(amount))}"

    def _receive_from_outside(self, p: Value, count: int, amount: float) -> Step:
        """The step in which a value gets the contributions of values that are not drawn."""
        last = self.received.get(p, 0) + 1 == self.expected[p]
        total = self.recording.gradients[p] if last else self.totals.get(p, 0.0) + amount
        target = self.view.box_of[p]
        arrived = self._receive(p, amount, total)
        return Step(
            "backward",
            (f"{self._d(p)} += {self._number(amount)}",),
            f"The sum of {quantity(count, 'contribution')} from values that are not drawn. "
            f"{arrived}",
            (target,),
            (),
            (Entry(target, "grad", self._grads(target)),),
        )

    # ── the end ──

    def _done(self) -> Step:
        view, gradients = self.view, self.recording.gradients
        entries = []
        for name in view.boxes:
            if any(v not in self.totals for v in view.outputs[name]):
                # No gradient has come, or only from values that are not drawn.
                entries.append(
                    Entry(name, "grad", view.grad(name, [gradients[v] for v in view.outputs[name]]))
                )
        leaves = [v for v in self.recording.order if v.operation is None]
        parameters = [v for v in leaves if v.role == "parameter" or self._held(v)] or leaves
        listed = parameters
        if len(parameters) > LISTED + 1:
            listed = sorted(parameters, key=lambda v: -abs(gradients[v]))[:LISTED]
        formulas = [
            f"{self._d(v)} {_eq(self._number(gradients[v]))}{self._in_module(v)}" for v in listed
        ]
        loss = self.names.html(self.root)
        what = "parameter" if any(v.role == "parameter" for v in parameters) else "value"
        if not any(gradients[v] for v in parameters):
            note = f"All gradients are 0: no small change of a {what} would change {loss}."
        elif what == "parameter" and view.boxes[view.box_of[self.root]].kind == "loss":
            note = (
                f"Where the gradient is negative, {loss} falls if the parameter rises; where it is "
                f"positive, {loss} falls if the parameter falls. An update moves each parameter a "
                "little against its gradient."
            )
        else:
            note = (
                f"Where the gradient is negative, {loss} falls if the {what} rises; where it is "
                f"positive, {loss} rises with it."
            )
        if len(listed) < len(parameters):
            note = f"These are the {len(listed)} largest of {len(parameters):,} gradients. {note}"
        focus = dict.fromkeys(name for v in listed for name in self._boxes_of(v))
        return Step("done", tuple(formulas), note, tuple(focus), (), tuple(entries))

    def _in_module(self, v: Value) -> str:
        """The path of the module call, to tell values of one name apart."""
        path = self.view.where(v)
        return f" <small>in {escape(path)}</small>" if path else ""

    def _boxes_of(self, v: Value) -> list[str]:
        """The boxes of a leaf: its own, or those of the calls that hold it."""
        box = self.view.box_of.get(v)
        return [box] if box else [n for n, held in self.view.parameters.items() if v in held]

    def _held(self, v: Value) -> bool:
        return any(v in held for held in self.view.parameters.values())


_PLAIN = (ops.ADD, ops.SUB, ops.MUL, ops.DIV, ops.POW, ops.NEG)


def _eq(html: str) -> str:
    """The next part of an equation; a line may break before it, but not inside."""
    return f'<span class="part">= {html}</span>'
