"""From a Value's graph to a `graphviz.Digraph`: how what `plan` chose looks. It draws nothing.

One box per value (name, data, gradient), one small circle per operation, constants small and grey.
Module calls are clusters titled with their path, or single boxes at a coarser ``detail``. The graph
is read and never changed, and the same graph gives the same source, byte for byte.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from operator import attrgetter
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

import graphviz

from autograd import Value

from . import palette
from .groups import Call, ancestors
from .plan import LARGEST, READABLE, marked, planned
from .text import class_name, escaped, escaped_twice, number, shortened

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from .plan import Box, Plan

__all__ = [
    "AS_THEY_ARE",
    "DIRECTIONS",
    "Numbers",
    "blank",
    "digraph",
    "draw_box",
    "framed",
]

DIRECTIONS = ("LR", "TB", "RL", "BT")

REPEATED = 8  # constants, and lines from one box, that an operation is drawn with

_ROUNDING = 1e-14  # a gradient this much smaller than the largest is rounding error
_MARKS = 5  # for the largest gradient in the picture


class Numbers(NamedTuple):
    """Where the numbers in a picture come from."""

    data: Callable[[Value], float]
    grad: Callable[[Value], float]
    inputs: Callable[[Value], Sequence[float]]  # what an operation was given
    steepest: float = 0.0  # the gradient that thick lines are measured by, if the largest drawn
    was: Mapping[Value, float] = MappingProxyType({})  # data before, of those that changed


AS_THEY_ARE = Numbers(attrgetter("data"), attrgetter("grad"), attrgetter("inputs"))


def digraph(
    *roots: Value,
    detail: str = "auto",
    direction: str = "LR",
    digits: int = 4,
    derivatives: bool = False,
    legend: bool = True,
    title: str = "",
    largest: int = LARGEST,
    highlight: Iterable[Value] = (),
    numbers: Numbers = AS_THEY_ARE,
) -> graphviz.Digraph:
    """The picture of everything the roots were made from, as Graphviz's DOT.

    Arguments: see `viz.draw`, which checks them; and

        largest: how many boxes are drawn at the most.
        numbers: where the numbers come from.
    """
    plan = planned(roots, detail, largest)
    rings, beyond = marked(plan, highlight)
    pen = _Pen(
        plan,
        digits=digits,
        derivatives=derivatives,
        sideways=direction in ("LR", "RL"),
        marked=rings,
        numbers=numbers,
    )
    dot = blank(direction, crowded=len(plan.boxes) > READABLE)
    dot.attr("graph", label=pen.below(title, legend, beyond))
    pen.draw_boxes(dot)
    pen.draw_edges(dot)
    return dot


def blank(direction: str, *, crowded: bool = False) -> graphviz.Digraph:
    """The paper that pictures are drawn on: nothing yet, in the look that they share."""
    return graphviz.Digraph(
        "glassgrad",
        graph_attr={
            "rankdir": direction,
            "bgcolor": palette.PAPER,
            "fontname": _FONT,
            "nodesep": "0.22",
            "ranksep": "0.3",
            "pad": "0.15",
            "labelloc": "b",
            "fontsize": "10",
            "fontcolor": palette.QUIET,
            "tooltip": " ",
            **({"nslimit": "1"} if crowded else {}),  # well before perfect
        },
        node_attr={
            "shape": "box",
            "fontname": _FONT,
            "fontcolor": palette.INK,
            "fontsize": str(_POINTS),
            "margin": f"{1.4 * _MARGIN / 72:.3f},{_MARGIN / 72:.3f}",
            "width": "0",
            "height": "0",
        },
        edge_attr={
            "color": palette.LINE,
            "fontname": _FONT,
            "fontcolor": palette.QUIET,
            "fontsize": "10",
            "arrowsize": "0.6",
        },
    )


_FONT = "Helvetica"  # alone, so that the embedded Graphviz knows its widths
_POINTS = 12  # size of the text in boxes
_LINE = 1.2 * _POINTS  # Graphviz's line height
_MARGIN = 5  # between text and border, points
_RING = 5  # the border of what is highlighted, points


# ── how it looks ─────────────────────────────────────────────────────────────────────────────


def draw_box(
    dot: graphviz.Digraph,
    name: str,
    kind: str,
    heading: str,
    lines: Sequence[str],
    tooltip: str,
    *,
    marked: bool = False,
) -> None:
    """A box of left-justified lines, the heading on a band of the kind's tint.

    A marked one has a thick ring around it.
    """
    look = palette.KINDS[kind]
    fill = palette.PAPER
    if heading:
        band = (_MARGIN + _LINE + 1) / (2 * _MARGIN + _LINE * (1 + len(lines)))
        fill = f"{look.tint};{band:.3f}:{palette.PAPER}"
        lines = [heading, *lines]
    dot.node(
        name,
        "".join(escaped(line) + "\\l" for line in lines),
        _attributes={"class": f"{kind} marked" if marked else kind},
        style="rounded,filled" if look.rounded else "filled",
        fillcolor=fill,
        gradientangle="270",
        color=palette.MARK if marked else look.border,
        penwidth=str(_RING if marked else look.width),
        peripheries=str(look.rings),
        tooltip=escaped_twice(tooltip),
    )


def framed(title: str) -> dict[str, str]:
    """The look of a frame around boxes."""
    return {
        "label": escaped(title),
        "style": "rounded",
        "color": palette.LINE,
        "fontcolor": palette.QUIET,
        "fontsize": "11",
        "labelloc": "t",
        "labeljust": "l",
        "margin": "10",
    }


class _Pen:
    """Writes the boxes and edges of one plan."""

    def __init__(
        self,
        plan: Plan,
        *,
        digits: int,
        derivatives: bool,
        sideways: bool,
        marked: set[Box],
        numbers: Numbers,
    ) -> None:
        self.sideways = sideways
        self.marked = marked
        self.data_of, self.grad_of, self.inputs_of, steepest, self.was = numbers
        self.plan = plan
        self.digits = digits
        self.derivatives = derivatives
        self.shown = set(plan.boxes)
        self.roots = set(plan.roots)
        self.inputs = _inputs_of_outermost_calls(plan)
        # Bars and edges are as wide as a gradient is large beside the largest in the picture. The
        # root's own is 1 by definition and says nothing.
        sizes = [
            abs(self.grad_of(v))
            for box in plan.boxes
            for v in ([box] if isinstance(box, Value) else plan.collapsed[box])
            if v not in self.roots and math.isfinite(self.grad_of(v))
        ]
        self.largest_gradient = max(sizes, default=0.0)
        if self.largest_gradient:
            self.largest_gradient = max(self.largest_gradient, steepest)

    def name(self, box: Box) -> str:
        if isinstance(box, Value):
            return f"v{self.plan.place[box]}"
        return f"g{self.plan.place[self.plan.collapsed[box][0]]}"

    def kind(self, v: Value) -> str:
        if v in self.roots and v.operation is not None:
            words = re.findall(r"[^\W_]+", shortened(v.label).lower())
            return "loss" if words == ["l"] or "loss" in words else "output"
        if v.operation is not None:
            return "interior"
        if v in self.plan.parameters:
            return "parameter"
        if v.role in ("input", "target", "constant"):
            return v.role
        if v.role:
            return "leaf"
        return "input" if v in self.inputs else "leaf"

    # ── boxes ──

    def draw_boxes(self, dot: graphviz.Digraph) -> None:
        """All boxes, each within the clusters of the module calls around it."""
        tree: dict[Call | None, list[Box | Call]] = {None: []}
        for box in self.plan.boxes:
            call = self.plan.call_of.get(box) if isinstance(box, Value) else box.parent
            chain = [c for c in ancestors(call) if c not in self.plan.collapsed]
            for outer, inner in zip([None, *chain], chain, strict=False):
                if inner not in tree:
                    tree[inner] = []
                    tree[outer].append(inner)
            tree[chain[-1] if chain else None].append(box)
        self._draw_level(dot, None, tree)

    def _draw_level(
        self, dot: graphviz.Digraph, call: Call | None, tree: dict[Call | None, list[Box | Call]]
    ) -> None:
        # Graphviz, drawing clusters from left to right, tends to put the one that comes first in
        # the source at the bottom; boxes, and clusters drawn downwards, come in their order.
        modules = [child for child in tree[call] if not isinstance(child, Value)]
        if self.sideways and not self.plan.collapsed:
            modules.reverse()
        for child in [v for v in tree[call] if isinstance(v, Value)] + modules:
            if isinstance(child, Value):
                self._draw_value(dot, child)
            elif child in self.plan.collapsed:
                self._draw_group(dot, child)
            else:
                first = next(self._boxes_below(child, tree))
                with dot.subgraph(name=f"cluster_{self.name(first)}_{len(ancestors(child))}") as c:
                    c.attr(**framed(shortened(child.path, 40)))
                    self._draw_level(c, child, tree)

    def _boxes_below(self, call: Call, tree: dict[Call | None, list[Box | Call]]) -> Iterator[Box]:
        for child in tree[call]:
            if isinstance(child, Value) or child in self.plan.collapsed:
                yield child
            else:
                yield from self._boxes_below(child, tree)

    def _draw_value(self, dot: graphviz.Digraph, v: Value) -> None:
        kind = self.kind(v)
        word = shortened(v.role, 20) or palette.KINDS[kind].word
        heading = " · ".join(part for part in (shortened(v.label), word) if part)
        grad = self.grad_of(v)
        gradient = number(grad, self.digits) if v in self.roots else self._gradient(grad)
        lines = [f"data  {self._data(v)}", f"grad  {gradient}"]
        marked = v in self.marked
        draw_box(dot, self.name(v), kind, heading, lines, self._tooltip(v, kind), marked=marked)
        if v.operation is not None:
            self._draw_operation(dot, v)

    def _draw_operation(self, dot: graphviz.Digraph, v: Value) -> None:
        assert v.operation is not None
        circle = f"{self.name(v)}_op"
        written = shortened(v.operation.drawn)
        dot.node(
            circle,
            escaped(written),
            _attributes={"class": "operation"},
            shape="circle" if len(written) <= 5 else "ellipse",
            width="0.3",
            height="0.3",
            margin="0.02",
            color=palette.QUIET,
            style="filled",
            fillcolor=palette.PAPER,
            fontsize="14" if len(written) == 1 else "10",
            tooltip=escaped_twice(self._formula(v)),
        )
        constants = [c for c in v.operands if isinstance(c, float)]
        for i, c in enumerate(constants[:REPEATED]):
            left = len(constants) - i
            more = i == REPEATED - 1 and left > 1  # the last one stands for all that are left
            dot.node(
                f"{self.name(v)}_c{i}",
                f"… {left:,} more" if more else number(c, self.digits),
                _attributes={"class": "constant"},
                shape="plaintext",
                fontcolor=palette.QUIET,
                fontsize="10",
                margin="0.02",
                width="0",
                height="0",
                tooltip=f"{left:,} more constants" if more else f"constant {number(c, 6)}",
            )

    def _draw_group(self, dot: graphviz.Digraph, call: Call) -> None:
        """A module call as one box: what it returned, and how many parameters it holds."""
        interior = [v for v in self.plan.collapsed[call] if v.operation is not None]
        outputs = self.plan.outputs[call]
        name = class_name(call.module)
        path = shortened(call.path, 40)
        heading = f"{path} · {name}" if name != path else name
        lines = [
            f"data  {self._data(*outputs)}",
            f"grad  {self._gradients([self.grad_of(v) for v in outputs])}",
        ]
        parameters = dict.fromkeys(
            p
            for v in interior
            for p in v.operands
            # One that it was given, such as a row of an embedding, is not its own.
            if p in self.plan.parameters and not call.was_given(p)
        )
        if parameters:
            steepest = max(parameters, key=lambda p: (abs(self.grad_of(p)), -self.plan.place[p]))
            count = f"{len(parameters)} parameter{'s' if len(parameters) > 1 else ''}"
            lines.append(f"{count}, steepest  {self._gradient(self.grad_of(steepest))}")
        where = shortened(call.path, 200)
        hint = f"{where}: {len(interior)} operations; detail='scalar' draws them all"
        marked = call in self.marked
        draw_box(dot, self.name(call), "group", heading, lines, hint, marked=marked)

    def _data(self, v: Value, *others: Value) -> str:
        """The data of one value, where it changed with what it was before; or that of several."""
        if others:
            return self._range([self.data_of(w) for w in (v, *others)])
        now = self.data_of(v)
        if v not in self.was:
            return number(now, self.digits)
        written = ("", "")
        for digits in range(self.digits, 18):  # as many as it takes to tell them apart
            written = (number(self.was[v], digits), number(now, digits))
            if written[0] != written[1]:
                break
        return " → ".join(written)

    def _range(self, numbers: Sequence[float]) -> str:
        """Up to three numbers as they are, more as a count and a range."""
        if len(numbers) <= 3:
            return ", ".join(number(x, self.digits) for x in numbers)
        low, high = number(min(numbers), self.digits), number(max(numbers), self.digits)
        return f"{len(numbers)} values, {low} … {high}"

    def _gradients(self, gradients: Sequence[float]) -> str:
        return self._gradient(gradients[0]) if len(gradients) == 1 else self._range(gradients)

    def _gradient(self, gradient: float) -> str:
        """The gradient, an arrow for its direction, and marks for its size."""
        text = number(gradient, self.digits)
        if gradient == 0.0 or not math.isfinite(gradient) or not self.largest_gradient:
            return text
        share = min(1.0, abs(gradient) / self.largest_gradient)
        if share < _ROUNDING:
            return "≈ 0"
        marks = max(1, round(_MARKS * share))
        arrow = "▲" if gradient < 0 else "▼"
        return f"{text}  {arrow}{'■' * marks}{'□' * (_MARKS - marks)}"

    def _tooltip(self, v: Value, kind: str) -> str:
        called = shortened(v.label, 200) or "a value"
        word = palette.KINDS[kind].word
        made = f", made by {shortened(v.op)}" if v.op else ""
        # Digits that differ from one machine's mathematics to another's would be noise.
        digits = max(6, self.digits)
        return (
            f"{called}{f' ({word})' if word else ''}{made}: "
            f"data {number(self.data_of(v), digits)}, grad {number(self.grad_of(v), digits)}"
        )

    def _formula(self, v: Value) -> str:
        """The operation in numbers: ``0.5 × 2 = 1``."""
        assert v.operation is not None
        infix = v.operation.infix.picture if v.operation.infix else ""
        inputs = []
        for x in self.inputs_of(v)[:8]:
            written = number(x, self.digits)
            inputs.append(f"({written})" if infix and written.startswith("−") else written)
        if len(v.operands) > 8:
            inputs.append("…")
        expression = (
            f" {infix} ".join(inputs) if infix else f"{shortened(v.op)}({', '.join(inputs)})"
        )
        return f"{expression} = {number(self.data_of(v), self.digits)}"

    # ── edges ──

    def draw_edges(self, dot: graphviz.Digraph) -> None:
        """Operands to their operation, the operation to its result; calls take boxes directly."""
        for box in self.plan.boxes:
            sources = self.plan.sources[box]
            cut = len(sources) > sum(source in self.shown for source in sources)
            if not isinstance(box, Value):
                for source in sources:
                    if source in self.shown:
                        width = self._flow(self._leaving(source))
                        dot.edge(self.name(source), self.name(box), **width)
                if cut:
                    self._draw_stub(dot, self.name(box))
                continue
            if box.operation is None:
                continue
            circle = f"{self.name(box)}_op"
            self._draw_operands(dot, box, circle)
            if cut:
                self._draw_stub(dot, circle)
            dot.edge(circle, self.name(box), weight="3", **self._flow(self._leaving(box)))

    def _draw_operands(self, dot: graphviz.Digraph, v: Value, circle: str) -> None:
        assert v.operation is not None
        # Operands that cannot change places are called a and b, as in the circle.
        named = len(v.operands) == 2 and not v.operation.commutative
        slopes = _slopes(v)
        sources = [self._source(operand) for operand in v.operands]
        lines = Counter(sources)
        drawn: Counter[Box | None] = Counter()
        for i, source in enumerate(sources):
            if source is not None and source not in self.shown:
                continue
            attributes: dict[str, str] = {}
            if named:
                attributes["label"] = "ab"[i]
            slope = slopes[i]
            if slope is not None and self.derivatives:
                written = f"∂ {number(slope, self.digits)}"
                attributes["label"] = f"{'ab'[i]}: {written}" if named else written
            drawn[source] += 1
            if source is None:
                if drawn[source] <= REPEATED:
                    name = f"{self.name(v)}_c{drawn[source] - 1}"
                    dot.edge(name, circle, arrowsize="0.4", **attributes)
                continue
            one = isinstance(source, Value) or lines[source] == 1  # value that this line stands for
            if lines[source] > REPEATED:  # one line for all
                if drawn[source] > 1:
                    continue
                attributes["label"] = f"{lines[source]:,} times"
            elif not isinstance(source, Value) and drawn[source] > 1 and not named:
                continue
            if isinstance(source, Value) and source.operation is not None:
                attributes["weight"] = "3"  # so that a chain of results runs straight
            if isinstance(source, Value) and self._enters(source, v):
                attributes["minlen"] = "2"  # room for the call's parameters, before its operations
            back = self.grad_of(v) * slope if slope is not None and one else 0.0
            dot.edge(self.name(source), circle, **self._flow(back), **attributes)

    def _source(self, operand: Value | float) -> Box | None:
        """The box an operand comes from; None for a constant."""
        return None if isinstance(operand, float) else self.plan.box_of[operand]

    def _enters(self, operand: Value, v: Value) -> bool:
        """Whether the edge leads into another module call's cluster."""
        call = self.plan.call_of.get(v)
        return call is not None and self.plan.call_of.get(operand) is not call

    def _flow(self, gradient: float) -> dict[str, str]:
        """A line is as wide as the gradient that comes back along it is large."""
        if not self.largest_gradient or not math.isfinite(gradient) or gradient == 0.0:
            return {}
        share = min(1.0, abs(gradient) / self.largest_gradient)
        return {"penwidth": f"{1 + 2.4 * share:.1f}", "color": palette.QUIET}

    def _leaving(self, box: Box) -> float:
        """The gradient of what leaves a box; 0 where that is more than one value, or a result."""
        (v, *others) = [box] if isinstance(box, Value) else self.plan.outputs[box]
        return 0.0 if others or v in self.roots else self.grad_of(v)

    def _draw_stub(self, dot: graphviz.Digraph, target: str) -> None:
        """An ellipsis where an abridged picture was cut."""
        stub = f"{target}_more"
        dot.node(
            stub,
            "…",
            _attributes={"class": "more"},
            shape="plaintext",
            fontcolor=palette.QUIET,
            width="0",
            height="0",
        )
        dot.edge(stub, target, style="dashed")

    # ── below the picture ──

    def below(self, title: str, legend: bool, beyond: int) -> str:
        """Title, what was left out, and the key to the signs in the picture."""
        lines = [shortened(title, 110), *self._notes()]
        if beyond:
            lines.append(
                f"{beyond:,} of the highlighted values {'is' if beyond == 1 else 'are'} not drawn"
            )
        if legend and self.largest_gradient:
            (first, *others) = self.plan.roots
            root = "the result" if others else shortened(first.label) or "the result"
            lines.append(
                f"▲ {root} falls when this value rises, ▼ when it falls;  "
                "■ and thick lines: how large the gradient is"
            )
        if legend and self.derivatives:
            lines.append(
                "∂: the local derivative; the gradient is multiplied by it on its way back"
            )
        return "".join(escaped(line) + "\\n" for line in lines if line)

    def _notes(self) -> list[str]:
        plan, notes = self.plan, []
        if plan.detail != "scalar" and plan.collapsed:
            notes.append(
                f"drawn by {plan.detail}: {plan.total:,} values in all; "
                "detail='scalar' draws each of them"
            )
        if plan.hidden:
            notes.append(
                f"abridged: the {len(plan.boxes):,} boxes nearest to the result; "
                f"{plan.hidden:,} more are not drawn"
            )
        return notes


def _inputs_of_outermost_calls(plan: Plan) -> set[Value]:
    """Leaves without a role that a model was called with: its inputs."""
    outermost = {call: ancestors(call)[0] for call in set(plan.call_of.values())}
    return {
        p
        for v, call in plan.call_of.items()
        for p in v.operands
        if not isinstance(p, float) and outermost[call].was_given(p)
    }


def _slopes(v: Value) -> list[float | None]:
    """∂v/∂operand for each operand, None for a constant."""
    row = v.operation
    assert row is not None
    slopes: list[float | None] = []
    for i, operand in enumerate(v.operands):
        if isinstance(operand, float):
            slopes.append(None)
        elif row.variadic:
            slopes.append(row.derivatives[0])
        else:
            slopes.append(row.derivatives[i](*v.inputs, v.data))
    return slopes
