"""The story of one loss, step by step: forward, backward, and what came of it.

A `Step` says what lights up, along which lines, which numbers appear in the picture, and the
sentence and formula beside it. The steps are data; `page` entries them and a script plays them.
"""

from __future__ import annotations

import math
from html import escape
from typing import TYPE_CHECKING, NamedTuple

from autograd import ops
from autograd.graph import local_derivatives

from ..pictures.text import number
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

LISTED = 3  # formulas that one step entries below each other
WRITTEN_OUT = 8  # names or numbers in a formula that is written out in full

_ROLES = {
    "parameter": "A parameter: a number that training may change.",
    "input": "An input: given, not learnt.",
    "target": "The target: what the prediction should have been.",
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
        formulas: HTML, a line each.
        note: HTML, a sentence or two; may be empty.
        focus: what the step is about, names in the picture; the first of them most of all.
        lines: along which lines numbers move.
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
        """What the step says, without any markup."""
        return plain(". ".join([*self.formulas, *([self.note] if self.note else [])]))


def narrate(view: StepView) -> list[Step]:
    """Write the steps of one loss, through both passes."""
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
        # The running totals, and how many contributions are still to come, of everything drawn.
        self.totals: dict[Value, float] = {}
        self.expected: dict[Value, int] = {}
        self.received: dict[Value, int] = {}
        self.mixed: set[Value] = set()  # what also gets contributions that are not drawn
        self.local: dict[Value, list[float | None]] = {}

    def steps(self) -> Iterator[Step]:
        yield self._start()
        for name in self.view.boxes:
            yield self._computed(name)
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
            f"{_count(leaves, 'leaf', 'leaves')}, given from outside, and "
            f"{_count(operations, 'operation')}. "
            f"Forward, every value is computed from those before it. Backward, every value learns "
            f"by how much {name} would change if it did.",
        )

    def _computed(self, name: str) -> Step:
        view = self.view
        v = view.value(name)
        held = view.held(name)
        entries = (
            Entry(name, "data", view.data(name, self.recording)),
            *([Entry(name, "held", held)] if held else []),
        )
        if v is None:
            return self._computed_by_module(name, entries)
        x = self.recording.data[v]
        written = self.names.html(v)
        if v.operation is None:
            note = _ROLES.get(view.boxes[name].kind, "A leaf: a number given from outside.")
            return Step(
                "forward",
                (f"{written} = {self._number(x)}",),
                note + self._whereabouts(v),
                (name,),
                (),
                entries,
            )
        inputs = self.recording.inputs(v)
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
            (note + self._whereabouts(v)).strip(),
            (name, circle, *self._boxes(v.operands)),
            (*self._lines_into(v), view.line_between(circle, name)),
            entries,
        )

    def _in_full(self, v: Value) -> str:
        """The formula once more, with what has no name of its own written out; if it is short."""
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
        """Whether it is a result without a label, with a box of its own."""
        box = self.view.box_of.get(v, "")
        return bool(v.operation is not None and not v.label and box and self.view.value(box) is v)

    def _computed_by_module(self, name: str, entries: tuple[Entry, ...]) -> Step:
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
            f"{_count(len(inside), 'operation')} and {_count(parameters, 'parameter')} in one box.",
            (name, *sources),
            tuple(view.line_between(source, name) for source in sources),
            entries,
        )

    def _whereabouts(self, v: Value) -> str:
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
        unseen: dict[Value, tuple[int, float]] = {}  # what comes from values that are not drawn
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
            once = source in view.calls  # one term for each operand: the call's inside is added up
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
            f"The backward pass begins at the end: {name} changes as much as itself.",
            (box,),
            (),
            (Entry(box, "grad", self._grads(box)),),
        )
        for source in reversed(view.boxes):
            for p in view.outputs[source]:
                if p in unseen:
                    yield self._from_afar(p, *unseen.pop(p))
            passed = by_box.get(source, [])
            if source in view.calls:
                if passed or view.parameters[source]:
                    yield self._through_module(source, passed)
                continue
            for contribution in passed:
                yield self._passed(source, contribution)
            v = view.value(source)
            if v is not None and v.operation is not None and not passed and self._stops(v):
                yield self._stopped(source, v)
        for p, rest in unseen.items():  # to a leaf inside a box, or to one beside the picture
            yield self._from_afar(p, *rest)

    def _stops(self, v: Value) -> bool:
        """Whether the operation passes nothing on by its nature (the shift within softmax)."""
        return all(local is None for local in self._local_derivatives(v)) and v in self.totals

    def _stopped(self, source: str, v: Value) -> Step:
        return Step(
            "backward",
            (f"{self._d(v)} {_eq(self._number(self.totals[v]))} and goes no further",),
            f"{self.names.html(v)} was only subtracted to keep the exponentials small; the result "
            "does not depend on it, so it counts as a constant.",
            (source, f"{source}_op"),
        )

    def _local_derivatives(self, v: Value) -> list[float | None]:
        if v not in self.local:
            self.local[v] = local_derivatives(v)
        return self.local[v]

    def _passed(self, source: str, c: Contribution) -> Step:
        """One value passes its gradient on to one operand, times the local derivative."""
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
        note = self._explained(c, inner, local)
        # Among contributions that are not drawn, the engine's running total would not add up here.
        total = self.totals.get(p, 0.0) + c.amount if p in self.mixed else c.total
        arrived = self._received(p, c.amount, total)
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

    def _explained(self, c: Contribution, inner: str, local: float) -> str:
        """Where the local derivative comes from."""
        v = c.source
        symbols = local_derivative(v, c.position, self.recording.inputs(v), self.names, self.digits)
        value = number(local, self.digits)
        said = f"{inner} = {symbols or value}"
        if symbols and ", since" not in symbols and plain(symbols) != value:
            said += f" = {value}"
        if ", since" in said:
            return f"{said}."
        if hands_on := rule(v):
            return f"{said}: {hands_on}."
        return f"{said}, where {self.names.html(v)} = {in_symbols(v, self.names, self.digits)}."

    def _received(self, p: Value, amount: float, total: float) -> str:
        """Book a contribution; what to say of it if there are several."""
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
        """The gradient line of a box; an ellipsis as long as contributions are to come."""
        outputs = self.view.outputs[box]
        more = any(self.received.get(v, 0) < self.expected.get(v, 0) for v in outputs)
        totals = [self.totals.get(v, 0.0) for v in outputs]
        return self.view.grad(box, totals, complete=not more)

    def _through_module(self, source: str, passed: list[Contribution]) -> Step:
        """A module call passes gradients on to what it was given, and to its parameters."""
        view = self.view
        amounts: dict[Value, float] = {}
        for c in passed:
            amounts[c.operand] = amounts.get(c.operand, 0.0) + c.amount
        arrived = []
        for p, amount in amounts.items():
            # The last term makes the sum the engine's own, whatever was added up in which order.
            last = self.received.get(p, 0) + 1 == self.expected[p]
            total = self.recording.gradients[p] if last else self.totals.get(p, 0.0) + amount
            arrived.append((p, self._received(p, amount, total)))
        largest = sorted(amounts.items(), key=lambda term: -abs(term[1]))
        formulas = [self._through(source, p, amount) for p, amount in largest]
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
                f" The last formula is the steepest of its {_count(len(parameters), 'parameter')}."
                if len(parameters) > 1
                else " The last formula is its parameter."
            )
        if len(formulas) > LISTED:
            hidden = len(formulas) - LISTED
            formulas[LISTED - 1 : -1] = []
            note += f" {hidden} more are not written out."
        counted = [said for _, said in arrived if said]
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

    def _through(self, source: str, p: Value, amount: float) -> str:
        """The chain rule of a module call: the derivative of its result, all operations in one."""
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

    def _from_afar(self, p: Value, count: int, amount: float) -> Step:
        """What reaches a value from others that the picture leaves out."""
        last = self.received.get(p, 0) + 1 == self.expected[p]
        total = self.recording.gradients[p] if last else self.totals.get(p, 0.0) + amount
        target = self.view.box_of[p]
        arrived = self._received(p, amount, total)
        return Step(
            "backward",
            (f"{self._d(p)} += {self._number(amount)}",),
            f"The sum of {_count(count, 'contribution')} from values that are not drawn. {arrived}",
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
                # No gradient came this way, or only by a way that the picture leaves out.
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
                f"A negative gradient says: raise this parameter and {loss} falls; a positive one: "
                "lower it. An update moves each a little against its gradient."
            )
        else:
            note = (
                f"A negative gradient says: raise this {what} and {loss} falls; a positive one: "
                "it rises."
            )
        if len(listed) < len(parameters):
            note = f"The {len(listed)} steepest of {len(parameters):,} gradients. {note}"
        focus = dict.fromkeys(name for v in listed for name in self._boxes_of(v))
        return Step("done", tuple(formulas), note, tuple(focus), (), tuple(entries))

    def _in_module(self, v: Value) -> str:
        """Which of the values of that name it is."""
        path = self.view.where(v)
        return f" <small>in {escape(path)}</small>" if path else ""

    def _boxes_of(self, v: Value) -> list[str]:
        """Where a leaf is drawn: in its own box, or in those of the calls that hold it."""
        box = self.view.box_of.get(v)
        return [box] if box else [n for n, held in self.view.parameters.items() if v in held]

    def _held(self, v: Value) -> bool:
        return any(v in held for held in self.view.parameters.values())


_PLAIN = (ops.ADD, ops.SUB, ops.MUL, ops.DIV, ops.POW, ops.NEG)


def _eq(html: str) -> str:
    """The next part of an equation; a line may break before it and not within."""
    return f'<span class="part">= {html}</span>'


def _count(n: int, one: str, many: str = "") -> str:
    return f"{n:,} {one if n == 1 else many or one + 's'}"
