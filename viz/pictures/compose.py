"""From a plan to a scene: which boxes, circles, lines and frames a graph's picture has.

One box per value (name, data, gradient), one small circle per operation, constants small and grey.
Module calls are frames titled with their path, or single boxes at a coarser ``detail``. The same
graph gives the same scene, to the last character.
"""

from __future__ import annotations

from collections import Counter
from itertools import chain, islice
from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING, Protocol

from autograd import Value, ops

from . import palette
from .folds import Alike, Expression, Fold, Parameters, Port, Vector
from .groups import Call, ancestors
from .plan import READABLE
from .scene import Box, Circle, Constant, Cut, Frame, Line, Rank, Scene
from .sources import find_ranks
from .text import class_name, exact, names_loss, number, quantity, shortened

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from .plan import Content, Plan
    from .scene import Field, Item, Local

__all__ = ["Texts", "compose"]

HEADING = 42  # characters of a heading; words that do not fit are left to the tooltip
DIGITS = 10  # of a number at the end of a name; a longer one is none
NAMES = 2_000  # of values in a box, by which it is found
_LABEL = attrgetter("_label")  # `label`, four times faster: a box may hold a million values
REPEATED = 8  # constants, and lines from one box, that an operation is drawn with


class Texts(Protocol):
    """What a scene writes about values, and how thick its lines are."""

    digits: int

    def title(self, v: Value) -> str:
        """The name in the box of a value."""

    def title_of_call(self, call: Call) -> str:
        """The name in the box of a module call."""

    def fields(self, v: Value) -> tuple[Field, ...]:
        """The numbers in the box of a value."""

    def label_of_call(self, call: Call) -> str:
        """The names that the user gave to the results of a call; empty if there are none."""

    def fields_of_call(self, call: Call) -> tuple[Field, ...]:
        """The numbers in the box of a module call."""

    def tooltip(self, v: Value, kind: str) -> str:
        """What appears over the box of a value."""

    def tooltip_of_call(self, call: Call) -> str:
        """What appears over the box of a module call."""

    def tooltip_of_operation(self, v: Value) -> str:
        """What appears over the circle of the operation that made a value."""

    def lines_into(self, v: Value, positions: Sequence[int]) -> Sequence[Local]:
        """For operands of v, by position: the local derivative, and the flow along the line."""

    def flow(self, v: Value) -> float | None:
        """How large the gradient of v is, from 0 to 1; None where nothing is drawn of it."""


def compose(
    plan: Plan,
    texts: Texts,
    *,
    notes: Sequence[str] = (),
    marked: Collection[Content] = (),
) -> Scene:
    """Make the scene of a planned picture.

    Arguments:
        plan: what to draw.
        texts: what to write.
        notes: lines of text below the picture.
        marked: the boxes with a thick ring.
    """
    composer = _Composer(plan, texts, marked)
    return Scene(
        items=composer.items(),
        lines=tuple(composer.lines()),
        notes=tuple(note for note in notes if note),
        crowded=len(plan.boxes) > READABLE,
    )


class _Composer:
    def __init__(self, plan: Plan, texts: Texts, marked: Collection[Content]) -> None:
        self.plan, self.texts, self.marked = plan, texts, marked
        self.shown = set(plan.boxes)
        self.roots = set(plan.roots)
        self.inputs = _inputs_of_outermost_calls(plan)
        self.depth = _depths(plan)

    # ── boxes ──

    def items(self) -> tuple[Item, ...]:
        """All boxes, each within the frames of the module calls around it."""
        tree: dict[Call | None, list[Content]] = {None: []}
        for box in self.plan.boxes:
            call = self.plan.call_of.get(box) if isinstance(box, Value) else box.parent
            around = ancestors(call)
            chain = [c for c in around if not (c in self.plan.collapsed or c in self.plan.around)]
            for outer, inner in zip([None, *chain], chain, strict=False):
                if inner not in tree:
                    tree[inner] = []
                    tree[outer].append(inner)
            tree[chain[-1] if chain else None].append(box)
        return self._level(None, tree)

    def _level(self, call: Call | None, tree: dict[Call | None, list[Content]]) -> tuple[Item, ...]:
        """The items within a frame, in the order of their last values.

        So what a frame is given comes before it, and what is used after it comes after it.
        """
        children = sorted(
            tree[call], key=lambda child: max(map(self._last, self._boxes_below(child, tree)))
        )
        _count_up(children)
        items: list[Item] = []
        for child in children:
            if isinstance(child, Value):
                item: Item = self._box_of_value(child)
            elif child in self.plan.collapsed:
                item = self._box_of_call(child)
            else:
                first = next(self._boxes_below(child, tree))
                name = f"cluster_{self.plan.name(first)}_{len(ancestors(child))}"
                item = Frame(name, shortened(child.path, 40), self._level(child, tree))
            items.append(item)
        return (*items, *self._ranks(children))

    def _last(self, box: Content) -> int:
        """The place of the last value of a box."""
        v = box if isinstance(box, Value) else self.plan.collapsed[box][-1]
        return self.plan.place[v]

    def _ranks(self, children: Sequence[Content]) -> list[Rank]:
        """Leaves used by the same step, and calls of the same step, in the order of writing."""
        if len(self.plan.boxes) > READABLE:
            return []
        ranks: dict[tuple[bool, int], list[str]] = {}
        for child in children:
            is_box = child in self.depth and not (isinstance(child, Value) and child.operation)
            if is_box:
                side = ranks.setdefault((_is_leaf(child), self.depth[child]), [])
                side.append(self.plan.name(child))
        return [Rank(tuple(names)) for names in ranks.values() if len(names) > 1]

    def _boxes_below(
        self, child: Content, tree: dict[Call | None, list[Content]]
    ) -> Iterator[Content]:
        if isinstance(child, Value) or child in self.plan.collapsed:
            yield child
        else:
            for below in tree[child]:
                yield from self._boxes_below(below, tree)

    def _box_of_value(self, v: Value) -> Box:
        kind = self._kind(v)
        return Box(
            name=self.plan.name(v),
            kind=kind,
            title=self.texts.title(v),
            word=shortened(v.role, 20) or palette.KINDS[kind].word,
            fields=self.texts.fields(v),
            tooltip=self.texts.tooltip(v, kind),
            marked=v in self.marked,
            operation=self._circle(v) if v.operation is not None else None,
        )

    def _kind(self, v: Value) -> str:
        if v in self.roots and v.operation is not None:
            return "loss" if names_loss(v.label) else "output"
        if v.operation is not None:
            return "interior"
        if v in self.plan.parameters:
            return "parameter"
        if v.role in ("input", "target", "constant"):
            return v.role
        if v.role:
            return "leaf"
        return "input" if v in self.inputs else "leaf"

    def _circle(self, v: Value) -> Circle:
        assert v.operation is not None
        constants = [c for c in v.operands if isinstance(c, float)]
        return Circle(
            name=f"{self.plan.name(v)}_op",
            sign=shortened(v.operation.drawn),
            tooltip=self.texts.tooltip_of_operation(v),
            constants=tuple(
                self._constant(v, i, constants) for i in range(min(len(constants), REPEATED))
            ),
        )

    def _constant(self, v: Value, i: int, constants: list[float]) -> Constant:
        name = f"{self.plan.name(v)}_c{i}"
        left = len(constants) - i
        if i == REPEATED - 1 and left > 1:  # the last one stands for all that are left
            return Constant(name, f"… {left:,} more", f"{left:,} more constants")
        c = constants[i]
        return Constant(name, number(c, self.texts.digits), f"constant {exact(c)}")

    def _box_of_call(self, call: Call) -> Box:
        kind, path = "group", self.texts.title_of_call(call)
        title, words = self.texts.label_of_call(call) or path, [path]
        if isinstance(call, Port):
            kind, word = self._kind_of_port(call)
            words = [word] if title == path else [word, path]
        elif isinstance(call, Alike):
            first = call.boxes[0]
            if isinstance(first, Value):
                kind = self._kind(first)
                words.append(palette.KINDS[kind].word)
            else:
                words.append(first.word if isinstance(first, Fold) else class_name(first.module))
        elif isinstance(call, Vector):
            kind = self._kind(call.rows[0][0])
            words = [_count_values(call, "value" if kind in ("interior", "leaf") else kind)]
            kind = "group" if kind == "interior" else kind
        elif isinstance(call, Fold):
            kind = self._kind_of_fold(call)
            if isinstance(call, Expression) and title != path:
                words = []  # a line of its own says it
            words += [call.word, "" if kind == "parameter" else palette.KINDS[kind].word]
        else:
            words.append(class_name(call.module))
        return Box(
            name=self.plan.name(call),
            kind=kind,
            title=title,
            word=_join_words(title, words),
            fields=self.texts.fields_of_call(call),
            tooltip=self.texts.tooltip_of_call(call),
            marked=call in self.marked,
            names=self._names_inside(call),
        )

    def _names_inside(self, call: Call) -> tuple[str, ...]:
        """The labels that the user gave to values that the box stands for."""
        if isinstance(call, Port):
            return ()
        values = chain(self.plan.collapsed[call], self.plan.held[call])
        labels = dict.fromkeys(map(_LABEL, values))
        labels.pop("", None)
        return tuple(shortened(label) for label in islice(labels, NAMES))

    def _kind_of_fold(self, fold: Fold) -> str:
        """Parameters are parameters, and a fold of what is drawn for is a result."""
        if isinstance(fold, Parameters):
            return "parameter"
        (result, *others) = self.plan.outputs[fold]
        of_results = result in self.roots and self.roots.issuperset(others)
        return self._kind(result) if of_results else "group"

    def _kind_of_port(self, port: Port) -> tuple[str, str]:
        """What stands for a value from outside, and its word: a leaf, or a result like others."""
        (v, *others) = port.values
        if others:
            return "group", ""
        kind = "interior" if v.operation is not None else self._kind(v)
        return kind, shortened(v.role, 20) or palette.KINDS[kind].word

    # ── lines ──

    def lines(self) -> Iterator[Line | Cut]:
        """Operands to their operation, the operation to its result; boxes directly to calls."""
        for box in self.plan.boxes:
            name, sources = self.plan.name(box), self.plan.sources[box]
            cut = any(source not in self.shown for source in sources)
            if not isinstance(box, Value):
                for source in sources:
                    if source in self.shown:
                        flow = self._flow_from(source)
                        yield Line(self.plan.name(source), name, flow=flow, to_side=True)
                if cut:
                    yield Cut(name)
            elif box.operation is not None:
                yield from self._lines_into(box, name)
                circle = f"{name}_op"
                if cut:
                    yield Cut(circle)
                yield Line(circle, name, flow=self._flow_from(box), of_result=True)
        for box, target in self.plan.beyond.items():
            head = self.plan.name(target)
            cut_at = Cut(f"{head}_op" if isinstance(target, Value) else head)
            yield Line(self.plan.name(box), cut_at.name, flow=self._flow_from(box))

    def _flow_from(self, box: Content) -> float | None:
        """The flow along a line from a box; None where more than one value leaves, or a result."""
        (v, *others) = [box] if isinstance(box, Value) else self.plan.outputs[box]
        return None if others or v in self.roots else self.texts.flow(v)

    def _lines_into(self, v: Value, name: str) -> Iterator[Line]:
        """A line from each operand to the operation; if a box sends many, one line for all."""
        assert v.operation is not None
        circle = f"{name}_op"
        # Operands that cannot change places have names, a and b for example, as in the circle.
        count = len(v.operands)
        named = not v.operation.commutative and (count == 2 or v.operation.slope is None)
        labels = v.operation.names_of(count) if named and count > 1 else ()
        sources = self._drawn_sources(v)
        lines_from = Counter(sources.values())
        lines = self._share_lines(sources, lines_from, bool(labels))
        texts = self.texts.lines_into(v, [operands[0] for operands in lines])
        nth: Counter[Content | None] = Counter()
        for operands, (local, flow, exact_local) in zip(lines, texts, strict=True):
            i = operands[0]
            source, label = sources[i], labels[i] if labels else ""
            k = nth[source]
            nth[source] += 1
            if source is None:
                tail = f"{name}_c{k}"
                yield Line(tail, circle, label=label, operands=(i,), of_constant=True)
                continue
            if len(operands) > REPEATED:
                label, local, exact_local = f"{len(operands):,} times", "", ""
            of_value = isinstance(source, Value)
            yield Line(
                tail=self.plan.name(source),
                head=circle,
                nth=k,
                label=label,
                local=local,
                exact=exact_local,
                operands=tuple(operands),
                flow=flow if of_value or lines_from[source] == 1 else None,
                stopped=v.operation is ops.SHIFT,
                of_result=isinstance(source, Value) and source.operation is not None,
                enters=isinstance(source, Value) and self._enters(source, v),
            )

    def _drawn_sources(self, v: Value) -> dict[int, Content | None]:
        """The box of each operand that is drawn, by position; None for constants.

        A sum may have a million operands, of which an abridged picture draws a few.
        """
        find, shown = self.plan.box_of.__getitem__, self.shown
        drawn: dict[int, Content | None] = {}
        constants = 0
        for i, p in enumerate(v.operands):
            if isinstance(p, float):
                if constants < REPEATED:
                    drawn[i] = None
                constants += 1
            elif (box := find(p)) in shown:
                drawn[i] = box
        return drawn

    def _share_lines(
        self, sources: dict[int, Content | None], count: Counter[Content | None], labelled: bool
    ) -> list[list[int]]:
        """The positions of the operands that each line stands for."""
        lines: dict[object, list[int]] = {}
        for i, source in sources.items():
            if source is None:
                lines[i] = [i]
            else:
                of_call = not isinstance(source, Value)
                shared = count[source] > REPEATED or (of_call and not labelled)
                lines.setdefault(source if shared else i, []).append(i)
        return list(lines.values())

    def _enters(self, operand: Value, v: Value) -> bool:
        """Whether the line leads into the frame of another module call."""
        call = self.plan.call_of.get(v)
        return call is not None and self.plan.call_of.get(operand) is not call


def _depths(plan: Plan) -> dict[Content, int]:
    """How many boxes lie before each box; before a leaf, one less than before its first user."""
    depth, first_use = find_ranks(plan.sources)
    return {box: first_use.get(box, 0) - 1 if _is_leaf(box) else depth[box] for box in plan.sources}


def _is_leaf(box: Content) -> bool:
    if isinstance(box, Port):
        return True
    first = box.rows[0][0] if isinstance(box, Vector) else box
    return isinstance(first, Value) and first.operation is None


def _count_up(children: list[Content]) -> None:
    """Put leaves whose names differ only in a number in the order of these numbers."""
    families: dict[str, list[tuple[int, int]]] = {}
    for i, child in enumerate(children):
        if isinstance(child, Value) and child.operation is None:
            label = str(child.label)
            name = label.rstrip("0123456789")
            if name != label and len(label) - len(name) < DIGITS:
                families.setdefault(name, []).append((i, int(label[len(name) :])))
    before = list(children)
    for family in families.values():
        counted = sorted(family, key=itemgetter(1))
        for (i, _), (j, _) in zip(family, counted, strict=True):
            children[i] = before[j]


def _join_words(title: str, words: Sequence[str]) -> str:
    """What a box says after its title: as many of the words as its heading has room for."""
    (first, *others) = [shortened(word) for word in words if word and word != title] or [""]
    joined = first
    for word in others:
        if len(title) + len(joined) + len(word) > HEADING:
            break
        joined = f"{joined} · {word}"
    return joined


def _count_values(vector: Vector, word: str) -> str:
    """``3 inputs``, or ``2 × 3 inputs`` for a matrix."""
    columns = {len(row) for row in vector.rows}
    if len(vector.rows) == 1 or len(columns) > 1:
        return quantity(len(vector.values), word)
    return f"{len(vector.rows):,} × {columns.pop():,} {word}s"


def _inputs_of_outermost_calls(plan: Plan) -> set[Value]:
    """Leaves without a role that a model was called with: its inputs."""
    outermost = {call: ancestors(call)[0] for call in set(plan.call_of.values())}
    return {
        p
        for v, call in plan.call_of.items()
        for p in v.operands
        if not isinstance(p, float) and outermost[call].was_given(p)
    }
