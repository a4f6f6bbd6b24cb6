"""The steps of one loss: the forward pass, the backward pass, and the result.

A `Step` says which boxes and lines light up, which numbers appear in the picture, and what stands
beside it. Steps are data; `page` writes them, and a script plays them.
"""

from __future__ import annotations

import math
from collections import Counter
from html import escape
from itertools import takewhile
from typing import TYPE_CHECKING

from autograd import ops
from autograd.graph import local_derivatives

from ..pictures.text import number, quantity
from .conclusion import conclude
from .formulas import (
    by_operation,
    definition,
    derivative,
    in_full,
    in_numbers,
    in_symbols,
    local_derivative,
    part,
    plain,
    rule,
)
from .names import name_html
from .step import LISTED, Entry, Step
from .written import Text, equals

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from autograd import Value

    from ..pictures.recording import Contribution, Recording
    from ..pictures.scene import Line
    from .names import Names
    from .view import StepView

__all__ = ["local_derivative_entries", "narrate"]

WRITTEN_OUT = 8  # names or numbers in a formula that is written out in full

READ = 12  # numbers of one step that reads leaves

_ROLES = {
    "parameter": "A parameter: a number that training may change.",
    "input": "An input: given, not learned.",
    "target": "The target: what the prediction should be.",
}
_ROLES_OF_MANY = {
    "parameter": "parameters: numbers that training may change",
    "input": "inputs: given, not learned",
    "target": "targets: what the predictions should be",
}


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
                yield from _local_entry(view.line(v, i), view.write.data(local))


def _local_entry(line: Line, local: Text) -> list[Entry]:
    """The local derivative on a line; nothing where one line stands for many."""
    if not line.local:
        return []
    text = line._replace(local=f"∂ {local.text}").text
    return [Entry(line.name, "local", text, local.exact)]


class _Narrator:
    def __init__(self, view: StepView) -> None:
        self.view = view
        self.names: Names = view.names
        self.digits, self.write = view.digits, view.write
        self.recording: Recording = view.recording
        self.root = view.recording.root
        # Of everything drawn: the gradient so far, and how many contributions it gets in all, and
        # has got so far.
        self.totals: dict[Value, float] = {}
        self.expected: dict[Value, int] = {}
        self.received: dict[Value, int] = {}
        self.mixed: set[Value] = set()  # values that also get contributions that are not drawn
        self.local: dict[Value, list[float | None]] = {}
        self.places: dict[Value, Counter[Value | float]] = {}
        self.explained = False  # how a derivative of one operation is written

    def steps(self) -> Iterator[Step]:
        yield self._start()
        for names in self.view.readings:
            yield self._compute(names[0]) if len(names) == 1 else self._read(names)
        yield from self._backward()
        yield conclude(self.view, self.totals)

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
            "those before it. The backward pass finds by how much "
            f"{name} would change if each value did. {self.view.explanation}".strip(),
        )

    def _compute(self, name: str) -> Step:
        view = self.view
        v = view.value(name)
        held = view.held(name)
        entries = (
            self._data_entry(name),
            *([Entry(name, "held", held.text)] if held.text else []),
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
                (f"{written} {equals(self.write.data(x))}",),
                note + self._say_where(v),
                (name,),
                (),
                entries,
            )
        formula = (
            f"{written} {_eq(in_symbols(v, self.names, self.digits))} "
            f"{_eq(in_numbers(v, v.inputs, self.write.data, self.digits))} "
            f"{part(equals(self.write.data(x)))}"
        )
        if v.operation is ops.SHIFT:
            note = (
                "The largest is only subtracted so that the exponentials do not overflow. The "
                "result does not depend on it, so it counts as a constant."
            )
        else:
            clear = v.operation.binds < ops.FUNCTION and not v.operation.branching
            short = "" if clear else definition(v, self.names)  # the sign alone says it all
            note = f"{escape(v.op)}: {escape(short)}." if short else ""
        parts = (note, self._in_full(v), self._warn(v))
        note = " ".join(part for part in parts if part)
        circle = f"{name}_op"
        return Step(
            "forward",
            (formula,),
            (note + self._say_where(v)).strip(),
            (name, circle, *self._boxes(v.operands)),
            (*self._lines_into(v), view.line_between(circle, name)),
            entries,
        )

    def _data_entry(self, name: str) -> Entry:
        data = self.view.data(name, self.recording)
        return Entry.of(name, "data", data)

    def _read(self, names: list[str]) -> Step:
        """The step that reads several leaves of one kind."""
        leaves = [v for v in map(self.view.value, names) if v is not None]
        listed = leaves if len(leaves) <= READ else leaves[: READ - 1]
        parts = [
            part(f"{self.names.html(v)} {equals(self.write.data(self.recording.data[v]))}")
            for v in listed
        ]
        if len(listed) < len(leaves):
            parts.append(f"and {len(leaves) - len(listed):,} more")
        kind = _ROLES_OF_MANY.get(
            self.view.boxes[names[0]].kind, "leaves: numbers that the computation starts from"
        )
        where = _common_path([self.view.where(v) for v in leaves])
        return Step(
            "forward",
            (", ".join(parts),),
            f"{len(leaves):,} {kind}." + (f" In {escape(where)}." if where else ""),
            tuple(names),
            (),
            tuple(map(self._data_entry, names)),
        )

    def _warn(self, v: Value) -> str:
        """Say where nan or ∞ first arises, or that a result is rounding error."""
        x = self.recording.data[v]
        if v in self.view.origins(self.recording).begun.data:
            what = "nan, not a number," if x != x else number(x)
            if all(map(math.isfinite, v.inputs)):
                why = "all numbers before it are finite"
            elif math.isnan(x) and not any(map(math.isnan, v.inputs)):
                why = "infinity is among the numbers before it, but nan is not"
            else:
                why = "it comes from the constant"
            return f"This is where {what} first arises: {why}."
        small = self.write.data(x)
        cancel = v.operation in (ops.ADD, ops.SUB)
        if small.near_zero and cancel and not all(self.write.data(y).near_zero for y in v.inputs):
            return _rounding(small)
        return ""

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
            if isinstance(p, float):
                return number(p, self.digits)
            text = self.write.data(self.recording.data[p])
            return text.factor if text.near_zero else text.text

        result = self.write.data(self.recording.data[v])
        return (
            f"In full: {self.names.html(v)} {_eq(in_full(v, within, name))} "
            f"{_eq(in_full(v, within, data))} "
            f"{part(result.html) if result.near_zero else _eq(result.html)}."
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
            (f"{name_html(view.title(name))}({', '.join(arguments)}) {part(equals(outputs))}",),
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
            (f"{self._d(v)} {part(equals(self.write.gradient(self.totals[v])))} and stops here",),
            f"{self.names.html(v)} is only subtracted to keep the exponentials small. The result "
            "does not depend on it, so it counts as a constant.",
            (source, f"{source}_op"),
        )

    def _stop_behind_choice(self, source: str, v: Value) -> Step:
        return Step(
            "backward",
            (f"{self._d(v)} {part(equals(self.write.gradient(0.0)))} and stops here",),
            f"{self.names.html(v)} was not chosen, or only chooses, so what it was computed from "
            "gets no gradient here.",
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
        upstream, inner = self._d(v), self._local(v, c.position)
        before = self.write.gradient(c.gradient)
        first = before.factor if before.near_zero else before.html
        formula = (
            f"{self._d(p)} += {upstream} · {inner} "
            f"{_eq(f'{first} · {self.write.data(local).factor}')} "
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
                *_local_entry(line, self.write.data(local)),
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
        if v not in self.places:
            self.places[v] = Counter(v.operands)
        return self.places[v][operand] > 1

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
        if c.source is not self.root or self.explained:
            return ""
        self.explained = True
        return (
            f" {inner} is the derivative of this operation alone; {self._d(c.operand)} counts "
            f"every path from {name} to {self.names.html(self.root)}."
        )

    def _receive(self, p: Value, amount: float) -> str:
        """Record a contribution, and describe it if it is one of several."""
        before = self.totals.get(p)
        self.received[p] = self.received.get(p, 0) + 1
        k, n = self.received[p], self.expected[p]
        # The last term makes it the engine's sum, whatever the order of the terms was.
        total = self.recording.gradients[p] if k == n else (before or 0.0) + amount
        self.totals[p] = total
        if n == 1:
            return ""
        name, now, term = self._d(p), self.write.gradient(total), self.write.gradient(amount)
        if before is None:
            return f"<strong>Contribution {k} of {n}:</strong> {name} {equals(now)} so far."
        first = self.write.gradient(before)
        said = (
            f"<strong>Contribution {k} of {n}:</strong> {name} = "
            f"{first.factor if first.near_zero else first.html} + {term.factor} {equals(now)}"
            f"{'' if k == n else ' so far'}."
        )
        if now.near_zero and not (first.near_zero and term.near_zero):
            said += f" {_rounding(now)}"
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
        more = any(self.received.get(v, 0) < self.expected.get(v, 0) for v in outputs)
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
            return f"{self._d(p)} += {self.write.gradient(amount).bold}"
        y = outputs[0]
        title = self.view.title(source) if y is self.root else self.names[y]
        inner = derivative(name_html(title), self.names.html(p))
        numbers = ""
        if gradient and math.isfinite(amount / gradient):
            first, local = self.write.gradient(gradient), self.write.data(amount / gradient)
            written = f"{first.factor if first.near_zero else first.html} · {local.factor}"
            numbers = f"{_eq(written)} "
        return f"{self._d(p)} += {self._d(y)} · {inner} {numbers}{result}"

    def _receive_from_outside(self, p: Value, count: int, amount: float) -> Step:
        """The step in which a value gets the contributions of values that are not drawn."""
        target = self.view.box_of[p]
        arrived = self._receive(p, amount)
        return Step(
            "backward",
            (f"{self._d(p)} += {self.write.gradient(amount).bold}",),
            f"The sum of {quantity(count, 'contribution')} from values that are not drawn. "
            f"{arrived}",
            (target,),
            (),
            (self._grad_entry(target),),
        )


def _eq(html: str) -> str:
    """The next part of an equation, after an equals sign."""
    return part(f"= {html}")


def _rounding(x: Text) -> str:
    return f"What is left, {x.exact}, is rounding error: computers keep about 16 digits."


def _common_path(paths: list[str]) -> str:
    """The path of the module around them all: ``layers.0`` for its neurons."""
    columns = zip(*(path.split(".") for path in paths), strict=False)
    common = [parts[0] for parts in takewhile(lambda parts: len(set(parts)) == 1, columns)]
    if len(set(paths)) > 1 and common and not common[-1].isdecimal():
        common = common[:-1]  # the name of a list of modules, such as neurons
    return ".".join(common)
