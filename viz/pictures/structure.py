"""From a module to a scene: what a model is made of, before it has computed anything.

An innermost module (a neuron, an embedding) is a box with its settings, the shapes of its
parameters and their number; a module around others is a frame. Many alike are drawn as one. Arrows
connect the parts that feed each other, where a module names them (``_in_a_row``). Otherwise this
module uses only ``named_modules``, ``named_parameters`` and attributes, so it need not know `nn`.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple, TypeGuard

from autograd import Value

from .parts import LISTED, Part, find_parts, list_choices, list_settings
from .plan import LARGEST
from .scene import Box, Field, Frame, Inside, Line, Rank, Scene, Word
from .text import number, quantity, shortened

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .parts import Structured
    from .scene import Item

__all__ = ["compose_module", "is_structured"]

FOLDED = ("auto", "layer", "part")  # details at which many alike parts are one
FEW = 4  # alike parts side by side that are drawn one by one
MOST = 300  # boxes that are inside of boxes, in a whole picture
CROSSING = 600  # lines between two parts in a row; instead of more, one is drawn


def is_structured(thing: Any) -> TypeGuard[Structured]:
    """Whether this is a module, which is drawn by its parts."""
    return not isinstance(thing, type) and all(
        callable(getattr(thing, name, None)) for name in ("named_modules", "named_parameters")
    )


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

        detail: also ``"part"``, one box for each part of the module.
        sideways: whether the picture runs from left to right, or back.
    """
    root = find_parts(module)
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
    scene = Scene(
        items=tuple(items),
        lines=tuple(composer.lines),
        notes=tuple(note for note in notes if note),
        crossing=composer.most_lines,
    )
    if detail == "scalar":  # everything is written in the boxes
        return scene
    insides, closed = _compose_insides(composer)  # now: numbers may change before it is shown
    return scene._replace(insides=lambda: insides, closed=closed)


def _compose_insides(outermost: _Composer) -> tuple[dict[str, Inside], int]:
    """Make the insides of the boxes: of many alike, each; of a module, its parts or parameters.

    The outer ones come first, as long as there is room. What stays closed is noted beside it.

    Returns:
        The insides, and how many of the outermost boxes stay closed.
    """
    insides: dict[str, Inside] = {}
    closed: list[int] = []
    queue = [(outermost, insides, insides, "")]
    room = MOST
    for outer, found, beside, of in queue:  # grows
        closed.append(0)
        for name, (run, around) in outer.folds.items():
            composer = _Composer("layer", outer.digits, outer.marked, sideways=False)
            items, note = composer.look_inside(run, around)
            if not items:
                continue
            if len(items) > room:
                closed[-1] += 1
                continue
            room -= len(items)
            scene = Scene(tuple(items), tuple(composer.lines), (note,) if note else ())
            inside = Inside(scene, {}, {})
            found[name] = inside
            queue.append((composer, inside.folds, found, name))
        if of and closed[-1]:
            scene = beside[of].scene
            notes = (*scene.notes, _tell_closed(closed[-1]))
            beside[of] = beside[of]._replace(scene=scene._replace(notes=notes))
    return insides, closed[0]


def _tell_closed(count: int) -> str:
    """A note, within an open box, about boxes that cannot be opened."""
    return (
        f"{quantity(count, 'box', 'boxes')} cannot be opened: the picture has no room for more. "
        "Draw that part alone, as draw(model.part)"
    )


def _count_boxes(part: Part, detail: str) -> int:
    """Count the boxes that the part becomes."""
    if _is_one_box(part, detail):
        return 1
    runs = part.runs if detail in FOLDED else [[inner] for inner in part.parts]
    count = bool(part.own)
    return count + sum(
        _count_boxes(run[0], detail) * (1 if len(run) > FEW else len(run)) for run in runs
    )


def _is_one_box(part: Part, detail: str) -> bool:
    """Whether the part is one box, and not a frame around its parts."""
    if detail == "part":  # each part of the module that is drawn; this one has no path
        return bool(part.path) or not part.parts
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
        self.folds: dict[str, tuple[list[Part], str]] = {}  # what each box shows, and around it
        self.count = 0
        self.most_lines = 0

    def add(self, items: list[Item], run: list[Part], around: str) -> _Ends:
        """Add alike parts, as the first of them, within the part of that path."""
        part = run[0]
        self.count += 1
        name = f"m{self.count}"
        if _is_one_box(part, self.detail):
            items.append(self._box(name, run, around))
            self.folds[name] = run, around
            ends = _Ends([name], [name])
        else:
            ends = self._add_frame(items, name, run, around)
        for alike in run:
            self.ends[id(alike.module)] = ends
        return ends

    def _add_frame(self, items: list[Item], name: str, run: list[Part], around: str) -> _Ends:
        part = run[0]
        choices = () if part.own else list_choices(part.module)
        title = " · ".join(
            [
                *filter(None, _heading(run, around)),
                *choices,
                quantity(sum(p.count for p in run), "parameter"),
            ]
        )
        children: list[list[Part]] = []
        for alike in part.runs:
            one = self.detail in FOLDED and len(alike) > FEW
            children += [alike] if one else [[inner] for inner in alike]
        stack: list[Item] = []
        within: list[_Ends] = []
        # The numbers in the names follow Graphviz's order, which is from the bottom up.
        for child in reversed(children) if self.sideways else children:
            within.append(self.add(stack, child, part.path))
        if self.sideways:
            within.reverse()
            stack.reverse()
        inside: list[Item] = []
        if part.own:
            inside.append(self._box_of_own(f"{name}_own", part))
            self.folds[f"{name}_own"] = [part.itself], around
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

    def _box(self, name: str, run: list[Part], around: str) -> Box:
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

    def _box_of_own(self, name: str, part: Part) -> Box:
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

    def _texts(self, part: Part) -> list[str]:
        """Settings, and the shapes of the parameters or, in full detail, each of them."""
        if self.detail != "scalar":
            return list(list_settings(part.module))
        lines = [
            f"{shortened(path)}  {number(p.data, self.digits)}   grad  "
            f"{number(p.grad, self.digits)}"
            for path, p in part.own[:LISTED]
        ]
        more = len(part.own) - LISTED
        return [*list_choices(part.module), *lines, *([f"… {more:,} more"] if more > 0 else [])]

    def look_inside(self, run: list[Part], around: str) -> tuple[list[Item], str]:
        """The boxes of what a box shows, and a note if that is not all."""
        part = run[0]
        items: list[Item] = []
        inner = run if len(run) > 1 else part.parts if len(part.runs) == 1 else []
        for alike in [[each] for each in inner[:LISTED]] or part.runs:
            self.add(items, alike, around if len(run) > 1 else part.path)
        if len(run) == 1:
            for before, after in pairwise(self.row(part)):
                self.connect(before, after)
            for path, parameter in part.own[: LISTED - len(items)]:
                items.append(self._box_of_parameter(f"p{len(items)}", path, parameter))
        total = len(inner or part.runs) + len(part.own)
        return items, f"the first {len(items)} of {total:,}" if len(items) < total else ""

    def _box_of_parameter(self, name: str, path: str, parameter: Value) -> Box:
        numbers = {"data": parameter.data, "grad": parameter.grad}
        return Box(
            name,
            "parameter",
            title=shortened(path, 40),
            word="parameter",
            fields=tuple(Field(key, number(x, self.digits), key) for key, x in numbers.items()),
            marked=parameter in self.marked,
            names=(parameter.label,) if parameter.label else (),
        )

    # ── lines ──

    def row(self, part: Part) -> list[_Ends]:
        """The ends of the parts that feed each other, in their order."""
        modules: Sequence[Any] = getattr(part.module, "_in_a_row", tuple)()
        found = [self.ends[id(m)] for m in modules if id(m) in self.ends]
        return [ends for i, ends in enumerate(found) if not i or ends is not found[i - 1]]

    def connect_parts(self, root: Part) -> None:
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


def _heading(run: list[Part], around: str) -> tuple[str, str]:
    """The path of a part within the part around it, and its class, which is never empty."""
    first, last = run[0], run[-1]
    path = shortened(first.path[len(around) + 1 :] if around else first.path, 40)
    if len(run) > 1:
        until = shortened(last.path.rpartition(".")[2], 20)
        return f"{path} … {until}", f"{len(run):,} × {first.name}"
    return path, first.name
