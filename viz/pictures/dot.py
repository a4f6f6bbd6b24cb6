"""From a scene to Graphviz's language, DOT. Nothing else in `viz` writes DOT."""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import graphviz
from graphviz.quoting import quote

from . import palette
from .scene import Box, Cut, Frame, Rank, Scene, Word
from .text import escaped, escaped_twice

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import TypeAlias

    from .scene import Circle, Item, Line

    Beside: TypeAlias = Sequence[Sequence[str]]

__all__ = ["DIRECTIONS", "Rows", "Wrapped", "write_dot"]

DIRECTIONS = ("LR", "TB", "RL", "BT")


class Rows(NamedTuple):
    """Ranks that are chosen before Graphviz begins."""

    lengths: Mapping[str, int]  # how many ranks each line is long, by its name
    column: Sequence[str]  # boxes, one of each row, that are kept above each other


class Wrapped(NamedTuple):
    """A long scene in lines, one below the other: every other line runs back."""

    ranks: Mapping[str, int]  # how far to the right each box, circle and constant is
    lines: Mapping[str, int]  # the line of the picture that it is in
    beside: Sequence[Sequence[str]]  # what is in each rank, from top to bottom


def write_dot(
    scene: Scene,
    direction: str = "LR",
    rows: Rows | None = None,
    beside: Beside = (),
    wrapped: Wrapped | None = None,
) -> str:
    """Write a scene in DOT.

    Arguments:
        scene: what to draw.
        direction: one of `DIRECTIONS`.
        rows: the ranks; by default Graphviz chooses them.
        beside: the boxes or frames that are to stand side by side, in their order.
        wrapped: the lines of a scene that runs to the right and back.
    """
    return str(_Writer(direction, rows, beside, wrapped).write(scene).source)


# ── styles ───────────────────────────────────────────────────────────────────────────────────

_FONT = "Helvetica"  # alone, so that the embedded Graphviz knows its widths
_POINTS = 12  # size of the text in boxes
_LINE = 1.2 * _POINTS  # Graphviz's line height
_MARGIN = 5  # between text and border, points
_RING = 5  # the border of what is highlighted, points
_DASHED = 2  # that of what nan or inf has spread to

_GRAPH = {
    "bgcolor": palette.PAPER,
    "fontname": _FONT,
    "nodesep": "0.22",
    "ranksep": "0.3",
    "pad": "0.15",
    "labelloc": "b",
    "fontsize": "10",
    "fontcolor": palette.QUIET,
    "tooltip": " ",
}
_CROWDED = {  # a layout that is good, long before it is perfect
    "nslimit": "0.2",
    "mclimit": "0.2",
    "splines": "polyline",
}
_TANGLED = {**_CROWDED, "splines": "line"}  # the way around each box would take minutes
_APART = "\u00a0\u00a0"  # beside a line that runs down, Graphviz puts a text too close to it
_ROWS = {
    "nodesep": "0.09",
    "ranksep": "0.16",
    "newrank": "true",
}  # frames do not choose the ranks of their boxes
_POINT = {"style": "invis", "shape": "point", "width": "0.01", "height": "0.01"}
_TIES = 12  # lines that cross others count as often
_BESIDE = {"style": "invis", "minlen": "0"}
_COLUMN = {"style": "invis", "weight": "20", "minlen": "2"}
_NODE = {
    "shape": "box",
    "fontname": _FONT,
    "fontcolor": palette.INK,
    "fontsize": str(_POINTS),
    "margin": f"{1.4 * _MARGIN / 72:.3f},{_MARGIN / 72:.3f}",
    "width": "0",
    "height": "0",
}
_EDGE = {
    "color": palette.LINE,
    "fontname": _FONT,
    "fontcolor": palette.QUIET,
    "fontsize": "10",
    "arrowsize": "0.6",
}
_FRAME = {
    "style": "rounded",
    "color": palette.LINE,
    "fontcolor": palette.QUIET,
    "fontsize": "11",
    "labelloc": "t",
    "labeljust": "l",
    "margin": "10",
}
_TITLE = {
    "shape": "plaintext",
    "fontcolor": palette.QUIET,
    "fontsize": "11",
    "margin": "0.02,0",
    "width": "0",
    "height": "0",
}
_CIRCLE = {
    "width": "0.3",
    "height": "0.3",
    "margin": "0.02",
    "color": palette.QUIET,
    "style": "filled",
    "fillcolor": palette.PAPER,
}
_WORD = {"shape": "plaintext", "fontcolor": palette.QUIET, "width": "0", "height": "0"}
_CONSTANT = {**_WORD, "fontsize": "10", "margin": "0.02"}
_SIDES = {"LR": ("e", "w"), "RL": ("w", "e"), "TB": ("s", "n"), "BT": ("n", "s")}


def _fill(box: Box, tint: str) -> str:
    """White, under a band of the tint if the box has a heading."""
    if not box.heading:
        return palette.PAPER
    band = (_MARGIN + _LINE + 1) / (2 * _MARGIN + _LINE * (1 + len(box.fields)))
    return f"{tint};{band:.3f}:{palette.PAPER}"


class _Writer:
    def __init__(
        self, direction: str, rows: Rows | None, beside: Beside, wrapped: Wrapped | None
    ) -> None:
        self.direction, self.rows, self.beside, self.wrapped = direction, rows, beside, wrapped

    def write(self, scene: Scene) -> graphviz.Digraph:
        haste = _TANGLED if scene.tangled else _CROWDED if scene.crowded else {}
        graph = {**_GRAPH, "rankdir": self.direction, **haste}
        dot = graphviz.Digraph("glassgrad", graph_attr=graph, node_attr=_NODE, edge_attr=_EDGE)
        dot.attr("graph", label="".join(f"{escaped(note)}\\n" for note in scene.notes))
        if self.rows is not None:
            dot.attr(**_ROWS)
        elif self.beside or self.wrapped or scene.aside:
            dot.attr(newrank="true")  # boxes of several frames in one rank
        if scene.crossing is not None:
            # Straight lines, and room for as many as there are between two parts. Graphviz's second
            # search for fewer crossings finds none, where all lead to all, and mixes up the order
            # of the parts.
            ranksep = f"{0.5 + scene.crossing / 150:.2f}"
            dot.attr(compound="true", splines="line", remincross="false", ranksep=ranksep)
        elif any(box.kind == "group" for box in scene.boxes):
            dot.attr(remincross="false")  # it would mix up the order of calls, too
        self.aside = scene.aside
        self._items(dot, scene.items)
        if self.direction in ("TB", "BT"):
            for frame in scene.frames:
                if frame.name in scene.aside:
                    self._rank(dot, [f"{frame.name}_title", next(Scene(frame.items).boxes).name])
        for line in scene.lines:
            if isinstance(line, Cut):
                dot.body.append(_node(line.name, "more", "…", _WORD))
                dot.body.append(_edge(line.name, line.head, None, {"style": "dashed"}))
            else:
                self._line(dot, line)
        if self.wrapped is not None:
            for names in self.wrapped.beside:
                self._rank(dot, names)
        if self.rows is not None:
            for above, below in pairwise(self.rows.column):
                dot.body.append(_edge(above, below, None, _COLUMN))
        return dot

    def _items(self, dot: graphviz.Digraph, items: Sequence[Item], *, framed: bool = False) -> None:
        # Within frames, what comes first is at the bottom of a picture that runs sideways.
        step = -1 if framed and self.direction in ("LR", "RL") else 1
        for item in items[::step]:
            if isinstance(item, Box):
                dot.body += _write_box(item)
            elif isinstance(item, Frame):
                with dot.subgraph(name=item.name) as frame:
                    self._title(frame, item)
                    self._items(frame, item.items, framed=True)
            elif isinstance(item, Word):
                dot.body.append(_node(item.name, "constant", None, _WORD))
        for item in items:
            if isinstance(item, Rank) and not (self.rows or self.beside or self.wrapped):
                self._rank(dot, item.names[::step])
        if self.beside:
            boxes = {item.name for item in items if isinstance(item, Box)}
            ends = {item.name: item for item in items if isinstance(item, Frame)}
            for names in self.beside:
                self._rank(dot, [name for name in names if name in boxes][::step])
                self._frames(dot, [ends[name] for name in names if name in ends][::step])

    def _title(self, dot: graphviz.Digraph, frame: Frame) -> None:
        """The title of a frame: above what is inside, or else to the left of it, or narrow."""
        if frame.name not in self.aside:
            dot.attr(label=escaped(frame.title), **_FRAME)
            return
        lines = [escaped(line) for line in frame.title.split(" · ")]
        if self.direction in ("TB", "BT"):
            dot.attr(label="", **_FRAME)
            label = "".join(f"{line}\\l" for line in lines)
            dot.body.append(_node(f"{frame.name}_title", "title", label, _TITLE))
        else:
            dot.attr(label="\\n".join(lines), **{**_FRAME, "labeljust": "c"})

    def _rank(self, dot: graphviz.Digraph, names: Sequence[str]) -> None:
        """Keep boxes side by side, in this order."""
        if len(names) > 1:
            with dot.subgraph() as rank:
                rank.attr(rank="same")
                for name, next_name in pairwise(names):
                    rank.body.append(_edge(name, next_name, None, _BESIDE))

    def _frames(self, dot: graphviz.Digraph, frames: Sequence[Frame]) -> None:
        """Keep frames side by side in this order, which Graphviz does for nodes only.

        A point in each place is tied to the last box of its frame, so strongly that any other order
        of the frames would cross more lines.
        """
        if len(frames) > 1:
            for frame in frames:
                (*_, box) = Scene(frame.items).boxes
                point = f"{frame.name}_end"
                dot.body.append(_node(point, "more", "", _POINT))
                dot.body += [_edge(box.name, point, None, {"style": "invis"})] * _TIES
            self._rank(dot, [f"{frame.name}_end" for frame in frames])

    def _line(self, dot: graphviz.Digraph, line: Line) -> None:
        text = line.text
        attributes: dict[str, str] = {}
        if line.exact:
            attributes["labeltooltip"] = line.exact
        if line.of_constant:
            attributes["arrowsize"] = "0.4"
        if line.of_result:
            attributes["weight"] = "3"  # so that a chain of results runs straight
        if self.rows is not None and line.name in self.rows.lengths:
            attributes["minlen"] = str(self.rows.lengths[line.name])
        elif line.enters:
            attributes["minlen"] = "2"  # room for the call's parameters, before its operations
        if line.stopped:
            attributes["style"] = "dashed"
        if line.flow is not None:
            attributes["penwidth"] = f"{1 + 2.4 * line.flow:.1f}"
            attributes["color"] = palette.QUIET
        if line.tail_frame:
            attributes["ltail"] = line.tail_frame
        if line.head_frame:
            attributes["lhead"] = line.head_frame
        tail, head = line.tail, line.head
        out, into = _SIDES[self.direction]
        if line.to_side:
            attributes["headport"] = into
        if line.side_to_side:
            tail, head = f"{tail}:{out}", f"{head}:{into}"
        if text and self.direction in ("TB", "BT"):
            text += _APART
        if self.wrapped is not None and self._turns(dot, self.wrapped, line, attributes):
            attributes["xlabel"] = text  # a label would have a rank of its own
            text = ""
        dot.body.append(_edge(tail, head, text or None, attributes))

    def _turns(
        self, dot: graphviz.Digraph, wrapped: Wrapped, line: Line, attributes: dict[str, str]
    ) -> bool:
        """Whether a line does not run to the right; if so, make it run there."""
        if line.head not in wrapped.ranks:  # an ellipsis
            return False
        length = wrapped.ranks[line.head] - wrapped.ranks[line.tail]
        same = wrapped.lines[line.head] == wrapped.lines[line.tail]
        if length > 0:
            attributes["minlen"] = str(length)
            return False
        if line.to_side:
            attributes["headport"] = _SIDES[self.direction][0] if length else "n"
        if length:
            attributes["constraint"] = "false"
            weight = attributes.get("weight", "1") if same else "0"
            back = {"style": "invis", "minlen": str(-length), "weight": weight}
            # It keeps room for the text, too, which Graphviz would give a line that runs on.
            dot.body.append(_edge(line.head, line.tail, line.text or None, back))
        return True


# ── boxes ────────────────────────────────────────────────────────────────────────────────────


@lru_cache(maxsize=4 * 1024)  # a box is written alike in every layout that is tried
def _write_box(box: Box) -> tuple[str, ...]:
    """The statements of a box, and of the circle that makes its value."""
    look = palette.KINDS[box.kind]
    color, width = look.border, look.width
    if box.origin:
        color, width = palette.ALARM, _RING if box.origin == "begins" else _DASHED
    if box.marked:
        color, width = palette.MARK, _RING
    lines = [escaped(box.heading, box.bold)] if box.heading else []
    lines += [escaped(field.line) for field in box.fields]
    style = "rounded,filled" if look.rounded else "filled"
    attributes = {
        "style": f"{style},dashed" if box.origin == "spread" else style,
        "fillcolor": _fill(box, look.tint),
        "gradientangle": "270",
        "color": color,
        "penwidth": str(width),
        "peripheries": str(look.rings),
        "tooltip": escaped_twice(box.tooltip),
    }
    kind = f"{box.kind} marked" if box.marked else box.kind
    label = "".join(f"{line}\\l" for line in lines)
    node = _node(box.name, kind, label, attributes)
    return (node,) if box.operation is None else (node, *_write_circle(box.operation))


def _write_circle(circle: Circle) -> Iterator[str]:
    attributes = {
        **_CIRCLE,
        "shape": "circle" if len(circle.sign) <= 5 else "ellipse",
        "fontsize": "14" if len(circle.sign) == 1 else "10",
        "tooltip": escaped_twice(circle.tooltip),
    }
    yield _node(circle.name, "operation", escaped(circle.sign), attributes)
    for constant in circle.constants:
        attributes = {**_CONSTANT, "tooltip": constant.tooltip}
        yield _node(constant.name, "constant", constant.text, attributes)


# ── statements ───────────────────────────────────────────────────────────────────────────────

# `Digraph.node` and `edge` would quote every key and value again, at half the cost of a picture.
# Names of nodes need no quotes.

_quote = lru_cache(maxsize=1000)(quote)  # colours, sizes and styles repeat


def _node(name: str, kind: str, label: str | None, attributes: Mapping[str, str]) -> str:
    return f"\t{name}{_list_attributes(label, attributes, f'class={_quote(kind)}')}\n"


def _edge(tail: str, head: str, label: str | None, attributes: Mapping[str, str]) -> str:
    return f"\t{tail} -> {head}{_list_attributes(label, attributes)}\n"


def _list_attributes(label: str | None, attributes: Mapping[str, str], end: str = "") -> str:
    parts = [] if label is None else [f"label={quote(label)}"]
    parts += [f"{key}={_quote(attributes[key])}" for key in sorted(attributes)]
    if end:
        parts.append(end)
    return f" [{' '.join(parts)}]" if parts else ""
