"""From a module to a `graphviz.Digraph`: what a model is made of, before it has computed anything.

An innermost module (a neuron, an embedding) is a box with its settings, the shapes of its
parameters and their number; a module around others is a frame. Many alike are drawn as one. Arrows
are drawn where a module says (``_in_a_row``) which parts feed each other. Nothing else is asked of
it but ``named_modules``, ``named_parameters`` and its attributes, so this package need not know
`nn`.
"""

from __future__ import annotations

from functools import cached_property
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeGuard

from autograd import Value

from . import palette
from .dot import blank, draw_box, framed
from .plan import LARGEST
from .text import class_name, escaped, number, shortened

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import graphviz

__all__ = ["Structured", "digraph", "is_structured"]

FEW = 4  # alike parts side by side that are drawn one by one
LISTED = 24  # parameters that a box lists by name
NESTED = 8  # dimensions of a shape
CROSSING = 600  # lines between two parts in a row; where there are more, one stands for all


class Structured(Protocol):
    """What is drawn here: a module, such as `nn.Module`."""

    def named_modules(self) -> Iterator[tuple[str, Any]]: ...  # noqa: D102
    def named_parameters(self) -> Iterator[tuple[str, Value]]: ...  # noqa: D102


def is_structured(thing: Any) -> TypeGuard[Structured]:
    """Whether it is a module, to be drawn by its parts."""
    return not isinstance(thing, type) and all(
        callable(getattr(thing, name, None)) for name in ("named_modules", "named_parameters")
    )


class _Part:
    """A module with its place in the model: the modules within, and the parameters of its own."""

    def __init__(self, module: Any, path: str) -> None:
        self.module, self.path = module, path
        self.parts: list[_Part] = []
        self.own: list[tuple[str, Value]] = []

    @property
    def name(self) -> str:
        return class_name(self.module)

    @cached_property
    def count(self) -> int:
        """How many parameters it and its parts hold."""
        return len(self.own) + sum(part.count for part in self.parts)

    @cached_property
    def kind(self) -> tuple[Any, ...]:
        """Equal for parts that a picture need not tell apart."""
        return (self.name, *_settings(self.module), *(part.kind for part in self.parts))

    @cached_property
    def runs(self) -> list[list[_Part]]:
        """Its parts, those alike and next to each other together."""
        return [list(alike) for _, alike in groupby(self.parts, key=lambda part: part.kind)]

    def walk(self) -> Iterator[_Part]:
        """The part and all those within."""
        yield self
        for part in self.parts:
            yield from part.walk()


class _Drawn(NamedTuple):
    """How a part was drawn: where lines enter and leave, and the frame around, if any."""

    entries: list[str]
    exits: list[str]
    frame: str = ""


def digraph(
    module: Structured,
    *,
    detail: str = "auto",
    direction: str = "LR",
    digits: int = 4,
    title: str = "",
    highlight: Iterable[Value] = (),
) -> graphviz.Digraph:
    """The picture of a module, as Graphviz's DOT.

    Arguments: see `viz.draw`, which checks them.
    """
    root = _tree(module)
    held = {p for part in root.walk() for _, p in part.own}
    marked = set(highlight)
    for v in marked - held:
        called = repr(shortened(v.label)) if v.label else repr(v)
        raise ValueError(f"highlight: {called} is not a parameter of this {root.name}")
    notes = [shortened(title, 110)]
    if detail in ("scalar", "neuron") and _boxes(root, detail) > LARGEST:
        notes.append(f"abridged: {_boxes(root, detail):,} boxes are too many; those alike are one")
        detail = "auto"
    if detail == "auto" and _boxes(root, detail) > LARGEST:
        detail = "layer"
    dot = blank(direction)
    pen = _Pen(detail, direction, digits, marked)
    drawn = pen.draw(dot, [root], "")
    pen.connect(dot, root)
    # Straight lines, and room for as many as there are between two parts. Graphviz's second search
    # for fewer crossings finds none, where all lead to all, and mixes up the order of the parts.
    dot.attr(
        compound="true",
        splines="line",
        remincross="false",
        ranksep=f"{0.5 + pen.most_lines / 150:.2f}",
    )
    if pen.row(root):
        for name in ("inputs", "outputs"):
            dot.node(
                name,
                _attributes={"class": "constant"},
                shape="plaintext",
                fontcolor=palette.QUIET,
                width="0",
                height="0",
            )
        pen.line(dot, _Drawn(["inputs"], ["inputs"]), drawn)
        pen.line(dot, drawn, _Drawn(["outputs"], ["outputs"]))
    dot.attr("graph", label="".join(escaped(note) + "\\n" for note in notes if note))
    return dot


def _tree(module: Structured) -> _Part:
    """The module and those within, each with the parameters that belong to no part of it."""
    root = _Part(module, "")
    around = [root]
    parts = [root]
    for path, inner in module.named_modules():
        if not path:
            continue
        while around[-1].path and not path.startswith(f"{around[-1].path}."):
            around.pop()
        part = _Part(inner, path)
        around[-1].parts.append(part)
        around.append(part)
        parts.append(part)
    by_path = {part.path: part for part in parts}
    for path, parameter in module.named_parameters():
        owner = path
        while owner:
            owner = owner.rpartition(".")[0]
            if owner in by_path:
                break
        own = by_path[owner]
        own.own.append((path[len(own.path) + 1 :] if own.path else path, parameter))
    return root


def _boxes(part: _Part, detail: str) -> int:
    """How many boxes it will be drawn as."""
    if _as_one_box(part, detail):
        return 1
    runs = part.runs if detail in ("auto", "layer") else [[inner] for inner in part.parts]
    count = bool(part.own)
    return count + sum(_boxes(run[0], detail) * (1 if len(run) > FEW else len(run)) for run in runs)


def _as_one_box(part: _Part, detail: str) -> bool:
    """Whether it is a box, and not a frame around its parts."""
    if any(inner.parts for inner in part.parts):
        return False
    if detail == "layer" or not part.parts:
        return True
    return detail == "auto" and not part.own and len(part.runs) == 1 and len(part.parts) > FEW


class _Pen:
    """Draws parts as boxes and frames, and lines between those in a row."""

    def __init__(self, detail: str, direction: str, digits: int, marked: set[Value]) -> None:
        self.detail, self.digits, self.marked = detail, digits, marked
        self.sideways = direction in ("LR", "RL")
        self.out, self.into = _SIDES[direction]
        self.drawn: dict[int, _Drawn] = {}  # by id of the module, which the tree keeps alive
        self.count = 0
        self.most_lines = 0

    def draw(self, dot: graphviz.Digraph, run: list[_Part], around: str) -> _Drawn:
        """Draw alike parts as the first of them, within the part of that path."""
        part = run[0]
        self.count += 1
        name = f"m{self.count}"
        if _as_one_box(part, self.detail):
            self._box(dot, name, run, around)
            drawn = _Drawn([name], [name])
        else:
            drawn = self._frame(dot, name, run, around)
        for alike in run:
            self.drawn[id(alike.module)] = drawn
        return drawn

    def _frame(self, dot: graphviz.Digraph, name: str, run: list[_Part], around: str) -> _Drawn:
        part = run[0]
        choices = () if part.own else _choices(part.module)
        title = " · ".join(
            [_heading(run, around), *choices, _parameters(sum(p.count for p in run))]
        )
        children: list[list[_Part]] = []
        for alike in part.runs:
            one = self.detail in ("auto", "layer") and len(alike) > FEW
            children += [alike] if one else [[inner] for inner in alike]
        within: list[_Drawn] = []
        with dot.subgraph(name=f"cluster_{name}") as frame:
            frame.attr(**framed(title))
            # Graphviz, drawing from left to right, stacks frames from the bottom up.
            for child in reversed(children) if self.sideways else children:
                within.append(self.draw(frame, child, part.path))
            if self.sideways:
                within.reverse()
            if part.own:
                self._own(frame, f"{name}_own", part)
            boxes = [f"{name}_own"] * bool(part.own)
            boxes += [drawn.entries[0] for drawn in within if not drawn.frame]
            if not self.row(part) and len(boxes) > 1:
                with frame.subgraph() as rank:  # side by side in their order
                    rank.attr(rank="same")
                    for one_box, next_box in pairwise(boxes[::-1] if self.sideways else boxes):
                        rank.edge(one_box, next_box, style="invis")
        row = self.row(part)
        first, last = (row[:1], row[-1:]) if row else (within, within)
        return _Drawn(
            list(dict.fromkeys(name for drawn in first for name in drawn.entries)),
            list(dict.fromkeys(name for drawn in last for name in drawn.exits)),
            f"cluster_{name}",
        )

    def _box(self, dot: graphviz.Digraph, name: str, run: list[_Part], around: str) -> None:
        part = run[0]
        lines = self._lines(part)
        for alike in part.runs:
            lines.append(f"{len(alike)} × {alike[0].name}" if len(alike) > 1 else alike[0].name)
            if self.detail == "scalar" or len(part.runs) <= 2:
                lines += [f"   {line}" for line in self._lines(alike[0])]
        lines.append(_parameters(sum(p.count for p in run)))
        held = {p for each in run for inner in each.walk() for _, p in inner.own}
        hint = f"{part.path or part.name}: {part.module!r}"
        draw_box(
            dot,
            name,
            "group",
            _heading(run, around),
            lines,
            shortened(hint, 200),
            marked=not held.isdisjoint(self.marked),
        )

    def _own(self, dot: graphviz.Digraph, name: str, part: _Part) -> None:
        """A box for what a module holds beside its parts."""
        marked = not self.marked.isdisjoint(p for _, p in part.own)
        lines = [*self._lines(part), _parameters(len(part.own))]
        hint = f"{part.path or part.name}: parameters of its own"
        draw_box(dot, name, "group", "its own", lines, hint, marked=marked)

    def _lines(self, part: _Part) -> list[str]:
        """Settings, and either the shapes of its parameters or, in full detail, each of them."""
        if self.detail != "scalar":
            return list(_settings(part.module))
        lines = [
            f"{shortened(path)}  {number(p.data, self.digits)}   grad  "
            f"{number(p.grad, self.digits)}"
            for path, p in part.own[:LISTED]
        ]
        more = len(part.own) - LISTED
        return [*_choices(part.module), *lines, *([f"… {more:,} more"] if more > 0 else [])]

    # ── lines ──

    def row(self, part: _Part) -> list[_Drawn]:
        """How the parts that feed each other were drawn, in their order."""
        modules: Sequence[Any] = getattr(part.module, "_in_a_row", tuple)()
        found = [self.drawn[id(m)] for m in modules if id(m) in self.drawn]
        return [drawn for i, drawn in enumerate(found) if not i or drawn is not found[i - 1]]

    def connect(self, dot: graphviz.Digraph, root: _Part) -> None:
        """An arrow from each part in a row to the next."""
        for part in root.walk():
            if id(part.module) in self.drawn and not _as_one_box(part, self.detail):
                for before, after in pairwise(self.row(part)):
                    self.line(dot, before, after)

    def line(self, dot: graphviz.Digraph, before: _Drawn, after: _Drawn) -> None:
        """From all that leaves one part to all that enters the other."""
        lines = len(before.exits) * len(after.entries)
        if lines <= CROSSING:
            self.most_lines = max(self.most_lines, lines)
            for tail in before.exits:
                for head in after.entries:
                    dot.edge(f"{tail}:{self.out}", f"{head}:{self.into}")
            return
        frames = {"ltail": before.frame, "lhead": after.frame}
        tail, head = (names[len(names) // 2] for names in (before.exits, after.entries))
        dot.edge(tail, head, **{key: frame for key, frame in frames.items() if frame})


_SIDES = {"LR": ("e", "w"), "RL": ("w", "e"), "TB": ("s", "n"), "BT": ("n", "s")}


def _heading(run: list[_Part], around: str) -> str:
    """The path of a part within the part around it, and its class."""
    first, last = run[0], run[-1]
    path = shortened(first.path[len(around) + 1 :] if around else first.path, 40)
    if len(run) > 1:
        until = shortened(last.path.rpartition(".")[2], 20)
        return f"{path} … {until} · {len(run):,} × {first.name}"
    return f"{path} · {first.name}" if path else first.name


def _parameters(count: int) -> str:
    return f"{count:,} parameter{'' if count == 1 else 's'}"


def _settings(module: Any) -> tuple[str, ...]:
    """What a module's attributes say of it: its settings, and the shapes of its parameters."""
    lines = list(_choices(module))
    for name, thing in vars(module).items():
        shape = _shape(thing)
        if shape is not None:
            size = " × ".join(f"{n:,}" for n in shape) or "1"
            lines.append(f"{shortened(name)}: {size} number{'' if size == '1' else 's'}")
    return tuple(lines)


def _choices(module: Any) -> Iterator[str]:
    """The public attributes that are a word, a number, or a list of words."""
    for name, thing in vars(module).items():
        if name.startswith("_"):
            continue
        if isinstance(thing, str | int | float):
            yield f"{shortened(name)}: {shortened(_written(thing))}"
        elif isinstance(thing, list | tuple) and thing and all(isinstance(x, str) for x in thing):
            words = ", ".join(shortened(word) for word in thing[:LISTED])
            yield f"{shortened(name)}: {shortened(words)}"


def _written(setting: str | float) -> str:
    try:
        return str(setting)
    except ValueError:  # Python refuses to write integers of thousands of digits
        return "a very large number"


def _shape(thing: Any, depth: int = 0) -> tuple[int, ...] | None:
    """The shape of a parameter, or of a list of them; None for anything else.

    A list that is nested too deeply to be read as a shape, or holds itself, has none.
    """
    if isinstance(thing, Value):
        return () if thing.operation is None and thing.role in ("", "parameter") else None
    if isinstance(thing, dict):
        thing = list(thing.values())
    if not isinstance(thing, list | tuple) or not thing or depth == NESTED:
        return None
    inner = _shape(thing[0], depth + 1)
    # The first that differs ends it, so that a list that holds itself many times is quick, too.
    if inner is None or any(_shape(x, depth + 1) != inner for x in thing[1:]):
        return None
    return (len(thing), *inner)
