"""The steps of the forward pass: every number is read or computed from those before it."""

from __future__ import annotations

import math
from html import escape
from itertools import takewhile
from typing import TYPE_CHECKING

from autograd import ops

from ..pictures.text import number, quantity
from .formulas import definition, in_full, in_numbers, in_symbols, part
from .names import name_html
from .step import Entry, Step
from .telling import Teller, eq, rounding
from .written import equals

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from autograd import Value

    from ..pictures.scene import Line

__all__ = ["Forward"]

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


class Forward(Teller):
    """Writes the steps of the forward pass."""

    def steps(self) -> Iterator[Step]:
        """The start, and a step for each box or for several leaves of a kind."""
        yield self._start()
        for names in self.view.readings:
            yield self._compute(names[0]) if len(names) == 1 else self._read(names)

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
            f"{written} {eq(in_symbols(v, self.names, self.digits))} "
            f"{eq(in_numbers(v, v.inputs, self.write.data, self.digits))} "
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
            return rounding(small)
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
            f"In full: {self.names.html(v)} {eq(in_full(v, within, name))} "
            f"{eq(in_full(v, within, data))} "
            f"{part(result.html) if result.near_zero else eq(result.html)}."
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


def _common_path(paths: list[str]) -> str:
    """The path of the module around them all: ``layers.0`` for its neurons."""
    columns = zip(*(path.split(".") for path in paths), strict=False)
    common = [parts[0] for parts in takewhile(lambda parts: len(set(parts)) == 1, columns)]
    if len(set(paths)) > 1 and common and not common[-1].isdecimal():
        common = common[:-1]  # the name of a list of modules, such as neurons
    return ".".join(common)
