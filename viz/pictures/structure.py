"""From a module to a scene: what a model is made of, before it has computed anything.

An innermost module (a neuron, an embedding) is a box with its settings, the shapes of its
parameters and their number; a module around others is a frame. Many alike are drawn as one. Arrows
connect the parts that feed each other, where a module names them (``_in_a_row``). Otherwise this
module uses only ``named_modules``, ``named_parameters`` and attributes, so it need not know `nn`.
"""

from __future__ import annotations

from functools import cached_property
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeGuard

from autograd import Value

from .plan import LARGEST
from .scene import Box, Field, Frame, Line, Rank, Scene, Word
from .text import class_name, number, quantity, shortened

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from .scene import Item

__all__ = ["Structured", "compose_module", "is_structured"]

FEW = 4  # alike parts side by side that are drawn one by one
LISTED = 24  # parameters that a box lists by name
NESTED = 8  # dimensions of a shape
CROSSING = 600  # lines between two parts in a row; instead of more, one is drawn


class Structured(Protocol):
    """A module, such as `nn.Module`."""

    def named_modules(self) -> Iterator[tuple[str, Any]]: ...  # noqa: D102
    def named_parameters(self) -> Iterator[tuple[str, Value]]: ...  # noqa: D102


def is_structured(thing: Any) -> TypeGuard[Structured]:
    """Whether this is a module, which is drawn by its parts."""
    return not isinstance(thing, type) and all(
        callable(getattr(thing, name, None)) for name in ("named_modules", "named_parameters")
    )


class _Part:
    """A module in the model: its parts, and the parameters that belong to none of them."""

    def __init__(self, module: Any, path: str) -> None:
        self.module, self.path = module, path
        self.parts: list[_Part] = []
        self.own: list[tuple[str, Value]] = []

    @property
    def name(self) -> str:
        return class_name(self.module)

    @cached_property
    def count(self) -> int:
        """The number of parameters in it and its parts."""
        return len(self.own) + sum(part.count for part in self.parts)

    @cached_property
    def kind(self) -> tuple[Any, ...]:
        """Equal for parts that look the same in a picture."""
        return (self.name, *_settings(self.module), *(part.kind for part in self.parts))

    @cached_property
    def runs(self) -> list[list[_Part]]:
        """Its parts; those that are alike and next to each other together."""
        return [list(alike) for _, alike in groupby(self.parts, key=lambda part: part.kind)]

    def walk(self) -> Iterator[_Part]:
        """The part and everything within."""
        yield self
        for part in self.parts:
            yield from part.walk()


class _Ends(NamedTuple):
    """Where lines enter and leave a part, and the frame around it, if any."""

    entries: list[str]
    exits: list[str]
    frame: str = ""


def compose_module(
    module: Structured,
    *,
    detail: str = "auto",
    digits: int = 4,
    title: str = "",
    highlight: Iterable[Value] = (),
    sideways: bool = True,
) -> Scene:
    """Make the scene of a module.

    Arguments: see `viz.draw`, which checks them; and

        sideways: whether the picture runs from left to right, or back.
    """
    root = _tree(module)
    held = {p for part in root.walk() for _, p in part.own}
    marked = set(highlight)
    for v in marked - held:
        name = repr(shortened(v.label)) if v.label else repr(v)
        raise ValueError(
            f"expected highlight to hold parameters of this {root.name}, got {name}, which is not "
            "one"
        )
    notes = [shortened(title, 110)]
    if detail in ("scalar", "neuron") and _count_boxes(root, detail) > LARGEST:
        count = _count_boxes(root, detail)
        notes.append(
            f"abridged: {count:,} boxes are too many to draw; parts that are alike share one"
        )
        detail = "auto"
    if detail == "auto" and _count_boxes(root, detail) > LARGEST:
        detail = "layer"
    composer = _Composer(detail, digits, marked, sideways)
    items: list[Item] = []
    ends = composer.add(items, [root], "")
    composer.connect_parts(root)
    if composer.row(root):
        for name in ("inputs", "outputs"):
            items.append(Word(name))
        composer.connect(_Ends(["inputs"], ["inputs"]), ends)
        composer.connect(ends, _Ends(["outputs"], ["outputs"]))
    return Scene(
        items=tuple(items),
        lines=tuple(composer.lines),
        notes=tuple(note for note in notes if note),
        crossing=composer.most_lines,
    )


def _tree(module: Structured) -> _Part:
    """Find the modules within, and the parameters that belong to none of a module's parts."""
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


def _count_boxes(part: _Part, detail: str) -> int:
    """Count the boxes that the part becomes."""
    if _is_one_box(part, detail):
        return 1
    runs = part.runs if detail in ("auto", "layer") else [[inner] for inner in part.parts]
    count = bool(part.own)
    return count + sum(
        _count_boxes(run[0], detail) * (1 if len(run) > FEW else len(run)) for run in runs
    )


def _is_one_box(part: _Part, detail: str) -> bool:
    """Whether the part is one box, and not a frame around its parts."""
    if any(inner.parts for inner in part.parts):
        return False
    if detail == "layer" or not part.parts:
        return True
    return detail == "auto" and not part.own and len(part.runs) == 1 and len(part.parts) > FEW


class _Composer:
    """Makes boxes and frames of parts, and lines between those in a row."""

    def __init__(self, detail: str, digits: int, marked: set[Value], sideways: bool) -> None:
        self.detail, self.digits, self.marked, self.sideways = detail, digits, marked, sideways
        self.ends: dict[int, _Ends] = {}  # by id of the module, which the tree keeps alive
        self.lines: list[Line] = []
        self.count = 0
        self.most_lines = 0

    def add(self, items: list[Item], run: list[_Part], around: str) -> _Ends:
        """Add alike parts, as the first of them, within the part of that path."""
        part = run[0]
        self.count += 1
        name = f"m{self.count}"
        if _is_one_box(part, self.detail):
            items.append(self._box(name, run, around))
            ends = _Ends([name], [name])
        else:
            ends = self._add_frame(items, name, run, around)
        for alike in run:
            self.ends[id(alike.module)] = ends
        return ends

    def _add_frame(self, items: list[Item], name: str, run: list[_Part], around: str) -> _Ends:
        part = run[0]
        choices = () if part.own else _choices(part.module)
        title = " · ".join(
            [
                *filter(None, _heading(run, around)),
                *choices,
                quantity(sum(p.count for p in run), "parameter"),
            ]
        )
        children: list[list[_Part]] = []
        for alike in part.runs:
            one = self.detail in ("auto", "layer") and len(alike) > FEW
            children += [alike] if one else [[inner] for inner in alike]
        stack: list[Item] = []
        within: list[_Ends] = []
        # The numbers in the names follow Graphviz's order, which is from the bottom up.
        for child in reversed(children) if self.sideways else children:
            within.append(self.add(stack, child, part.path))
        if self.sideways:
            within.reverse()
            stack.reverse()
        inside: list[Item] = [self._box_of_own(f"{name}_own", part)] if part.own else []
        inside += stack
        row = self.row(part)
        boxes = [f"{name}_own"] * bool(part.own)
        boxes += [ends.entries[0] for ends in within if not ends.frame]
        if not row and len(boxes) > 1:
            inside.append(Rank(tuple(boxes)))
        frame = Frame(f"cluster_{name}", title, tuple(inside))
        items.append(frame)
        first, last = (row[:1], row[-1:]) if row else (within, within)
        return _Ends(
            list(dict.fromkeys(name for ends in first for name in ends.entries)),
            list(dict.fromkeys(name for ends in last for name in ends.exits)),
            frame.name,
        )

    def _box(self, name: str, run: list[_Part], around: str) -> Box:
        part = run[0]
        lines = self._texts(part)
        for alike in part.runs:
            lines.append(f"{len(alike)} × {alike[0].name}" if len(alike) > 1 else alike[0].name)
            if self.detail == "scalar" or len(part.runs) <= 2:
                lines += [f"   {line}" for line in self._texts(alike[0])]
        lines.append(quantity(sum(p.count for p in run), "parameter"))
        held = {p for each in run for inner in each.walk() for _, p in inner.own}
        return Box(
            name,
            "group",
            *_heading(run, around),
            fields=tuple(Field("", line) for line in lines),
            tooltip=shortened(f"{part.path or part.name}: {part.module!r}", 200),
            marked=not held.isdisjoint(self.marked),
        )

    def _box_of_own(self, name: str, part: _Part) -> Box:
        """A box for the parameters that belong to none of the module's parts."""
        lines = [*self._texts(part), quantity(len(part.own), "parameter")]
        return Box(
            name,
            "group",
            title="its own",
            word="",
            fields=tuple(Field("", line) for line in lines),
            tooltip=f"{part.path or part.name}: parameters of its own",
            marked=not self.marked.isdisjoint(p for _, p in part.own),
        )

    def _texts(self, part: _Part) -> list[str]:
        """Settings, and the shapes of the parameters or, in full detail, each of them."""
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

    def row(self, part: _Part) -> list[_Ends]:
        """The ends of the parts that feed each other, in their order."""
        modules: Sequence[Any] = getattr(part.module, "_in_a_row", tuple)()
        found = [self.ends[id(m)] for m in modules if id(m) in self.ends]
        return [ends for i, ends in enumerate(found) if not i or ends is not found[i - 1]]

    def connect_parts(self, root: _Part) -> None:
        """Add lines from each part in a row to the next."""
        for part in root.walk():
            if id(part.module) in self.ends and not _is_one_box(part, self.detail):
                for before, after in pairwise(self.row(part)):
                    self.connect(before, after)

    def connect(self, before: _Ends, after: _Ends) -> None:
        """Add lines from all that leaves one part to all that enters the other."""
        lines = len(before.exits) * len(after.entries)
        if lines <= CROSSING:
            self.most_lines = max(self.most_lines, lines)
            for tail in before.exits:
                for head in after.entries:
                    self.lines.append(Line(tail, head, side_to_side=True))
            return
        tail, head = (names[len(names) // 2] for names in (before.exits, after.entries))
        self.lines.append(Line(tail, head, tail_frame=before.frame, head_frame=after.frame))


def _heading(run: list[_Part], around: str) -> tuple[str, str]:
    """The path of a part within the part around it, and its class, which is never empty."""
    first, last = run[0], run[-1]
    path = shortened(first.path[len(around) + 1 :] if around else first.path, 40)
    if len(run) > 1:
        until = shortened(last.path.rpartition(".")[2], 20)
        return f"{path} … {until}", f"{len(run):,} × {first.name}"
    return path, first.name


def _settings(module: Any) -> tuple[str, ...]:
    """The settings of a module, and the shapes of its parameters, from its attributes."""
    lines = list(_choices(module))
    for name, thing in vars(module).items():
        shape = _shape(thing)
        if shape is not None:
            size = " × ".join(f"{n:,}" for n in shape) or "1"
            lines.append(f"{shortened(name)}: {size} number{'' if size == '1' else 's'}")
    return tuple(lines)


def _choices(module: Any) -> Iterator[str]:
    """The public attributes that are text, a number, or a list of texts."""
    for name, thing in vars(module).items():
        if name.startswith("_"):
            continue
        if isinstance(thing, str | int | float):
            yield f"{shortened(name)}: {shortened(_setting_text(thing))}"
        elif isinstance(thing, list | tuple) and thing and all(isinstance(x, str) for x in thing):
            words = ", ".join(shortened(word) for word in thing[:LISTED])
            yield f"{shortened(name)}: {shortened(words)}"


def _setting_text(setting: str | float) -> str:
    try:
        return str(setting)
    except ValueError:  # Python refuses to write integers of thousands of digits
        return "a very large number"


def _shape(thing: Any, depth: int = 0) -> tuple[int, ...] | None:
    """The shape of a parameter or of nested lists of them; None for anything else.

    A list that is nested too deeply, or contains itself, has none.
    """
    if isinstance(thing, Value):
        return () if thing.operation is None and thing.role in ("", "parameter") else None
    if isinstance(thing, dict):
        thing = list(thing.values())
    if not isinstance(thing, list | tuple) or not thing or depth == NESTED:
        return None
    inner = _shape(thing[0], depth + 1)
    # It stops at the first that differs, so a list that contains itself many times is quick, too.
    if inner is None or any(_shape(x, depth + 1) != inner for x in thing[1:]):
        return None
    return (len(thing), *inner)
