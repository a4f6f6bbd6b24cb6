"""The live page as one HTML file, with its style, scripts, pictures and graph. It loads nothing."""

from __future__ import annotations

import json
from base64 import b64encode
from html import escape
from typing import TYPE_CHECKING, Any
from zlib import compress

from autograd.graph import local_derivatives
from autograd.program.javascript import table

from ..pictures.palette import STEPS
from ..pictures.scene import Cut
from ..pictures.template import fill_template, read_text
from ..pictures.text import quantity
from ..stepping import __name__ as stepping
from ..stepping.head import write_head
from ..stepping.layouts import LEGIBLE, lay_out_page
from ..stepping.links import write_links
from ..stepping.step import Entry
from ..stepping.svg import write_layouts
from .record import Numbered, write_boxes, write_graph, write_lines
from .sentences import write_sentences

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ..stepping.boxes import Boxes
    from ..stepping.view import StepView

__all__ = ["write_page"]

INLINE = 200_000  # characters of drawings; more are compressed, to a fifth

SCRIPTS = (
    "numbers.js",
    "engine.js",
    "session.js",
    "plots.js",
    "picture.js",
    "panel.js",
    "explore.js",
    "lessons.js",
)


def write_page(
    view: StepView,
    levels: Iterator[Boxes],
    numbered: Numbered,
    *,
    title: str,
    links: Sequence[tuple[str, str]],
    rate: float,
    ask: bool,
) -> str:
    """Write the page as HTML.

    Arguments:
        view: knows the name of each value.
        levels: what to draw, the finest first.
        numbered: the graph.
        title: the headline, plain text.
        links: the words and the address of each page to lead to, plain text.
        rate: the learning rate at first.
        ask: whether the page asks before it shows a gradient.
    """
    finest = next(levels)
    layouts = lay_out_page(
        finest, [_make_room(finest)], ((level, [_make_room(level)]) for level in levels)
    )
    drawn = list(dict.fromkeys(laid.boxes for laid in layouts))
    shown = {(e.where, e.field): e for level in drawn for e in _list_numbers(level)}
    plan = {
        **write_graph(numbered, view),
        "boxes": write_boxes(numbered, drawn),
        "lines": write_lines(numbered, drawn),
        "said": write_sentences(numbered, view),
        "digits": view.digits,
        "lr": rate,
        "ask": ask,
    }
    drawings = "\n".join(write_layouts(layouts, shown))
    packed = len(drawings) > INLINE
    script = "\n".join(read_text(__package__, name) for name in SCRIPTS)
    parts = {
        "title": escape(title),
        "head": write_head(title, STEPS, stepping, __package__),
        "notice": f'<p class="notice">{escape(said)}</p>' if (said := _say_folded(finest)) else "",
        "links": write_links(links),
        "drawings": _pack(drawings) if packed else drawings,
        "still": "The picture shows the graph as it was recorded."
        if not packed
        else "It draws the picture, too.",
        "plan": _as_json(plan),
        "operations": table(numbered.operations),
        "script": fill_template(script, {"legible": str(LEGIBLE)}),
    }
    return fill_template(read_text(__package__, "page.html"), parts)


def _as_json(plan: dict[str, Any]) -> str:
    """The plan as JSON in which nothing can end the element around it, or begin a comment."""
    text = json.dumps(plan, ensure_ascii=False, separators=(",", ":"))
    return text.replace("</", "<\\/").replace("<!", "\\u003c!")


def _pack(drawings: str) -> str:
    """An element with the drawings, compressed, which the script unpacks."""
    data = b64encode(compress(drawings.encode(), 9)).decode()
    return f'<script type="text/plain" id="packed">{data}</script>'


def _say_folded(level: Boxes) -> str:
    """Tell the reader if the picture does not show the graph value by value."""
    total = len(level.recording.order)
    if len(level.boxes) == total:
        return ""
    return (
        f"This graph has {quantity(total, 'value')}, too many to draw one by one: a box may stand "
        "for many. All of its numbers can be changed, and everything is computed."
    )


# ── numbers in the picture ───────────────────────────────────────────────────────────────────


def _make_room(level: Boxes) -> list[Entry]:
    """The widest texts that places will hold; the page writes numbers that fit into them."""
    wide = "−0.00" + "8" * level.digits
    entries = []
    for name in level.boxes:
        count = len(level.outputs[name])
        numbers = ", ".join([wide] * count) if count <= 3 else f"{count:,} values, {wide} … {wide}"
        entries.append(Entry(name, "data", numbers))
        entries.append(Entry(name, "grad", f"{numbers}  ▲" if count == 1 else numbers))
        if level.parameters.get(name):
            held = level.held(name).text
            entries.append(Entry(name, "held", f"{held}, steepest  {wide}"))
    local = "∂ −0." + "8" * level.digits
    for line in level.scene.lines:
        if not isinstance(line, Cut) and line.local:
            entries.append(Entry(line.name, "local", line._replace(local=local).text))
    return entries


def _list_numbers(level: Boxes) -> Iterator[Entry]:
    """The numbers at first, for paper, and for a reader without scripts."""
    recording = level.recording
    for name in level.boxes:
        gradients = [recording.gradients[v] for v in level.outputs[name]]
        yield Entry.of(name, "data", level.data(name, recording))
        yield Entry.of(name, "grad", level.grad(name, gradients, recording))
        if held := level.parameters.get(name):
            text = level.held(name, [recording.gradients[p] for p in held])
            yield Entry.of(name, "held", text)
    for line in level.scene.lines:
        if isinstance(line, Cut) or not line.local or len(line.operands) != 1:
            continue
        v = level.value(line.head.removesuffix("_op"))
        local = local_derivatives(v)[line.operands[0]] if v is not None else None
        if local is not None:
            number = level.write.data(local)
            written = line._replace(local=f"∂ {number.text}").text
            yield Entry(level.names_of_line(line), "local", written, number.exact)
