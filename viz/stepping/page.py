"""The page as one HTML file, with its style, script, pictures and steps. It loads nothing."""

from __future__ import annotations

import json
from html import escape
from typing import TYPE_CHECKING

from ..pictures.palette import STEPS
from ..pictures.template import fill_template, read_text
from .head import write_head
from .layouts import LEGIBLE, PRINTED, SHEET, lay_out_page
from .links import write_links
from .svg import write_layouts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .folding import FoldedView
    from .step import Entry, Step
    from .view import StepView

__all__ = ["write_page"]


def write_page(
    view: StepView,
    steps: Sequence[Step],
    folds: Iterator[tuple[FoldedView, Sequence[Sequence[Entry]]]],
    *,
    title: str,
    notice: str,
    curve: str,
    links: Sequence[tuple[str, str]] = (),
) -> str:
    """Write the page as HTML.

    Arguments:
        view: what is drawn.
        steps: the steps.
        folds: coarser pictures, and the texts of their folds at each step.
        title: the headline, plain text.
        notice: a remark below it, plain text; may be empty.
        curve: the loss curve as HTML; empty where there is none.
        links: the words and the address of each page to lead to, plain text.
    """
    layouts = lay_out_page(view, [step.entries for step in steps], folds)
    for of_folds in {laid.level: laid.entries for laid in layouts if laid.level}.values():
        steps = [
            step._replace(entries=(*step.entries, *more))
            for step, more in zip(steps, of_folds, strict=True)
        ]
    shown = {(entry.where, entry.field): entry for step in steps for entry in step.entries}
    parts = {
        "title": escape(title),
        "head": write_head(title, STEPS, __package__),
        "mode": "training" if curve else "passes",
        "notice": f'<p class="notice">{escape(notice)}</p>' if notice else "",
        "links": write_links(links),
        "drawings": "\n".join(write_layouts(layouts, shown)),
        "curve": curve,
        "last": str(len(steps) - 1),
        "count": f"{len(steps) - 1:,}",  # the start is not one of them
        "steps": "\n".join(map(_item, steps)),
        "plan": _plan(steps),
        "script": fill_template(
            read_text(__package__, "page.js"),
            {
                "width": str(SHEET[0]),
                "height": str(SHEET[1]),
                "legible": str(LEGIBLE),
                "printed": str(PRINTED),
            },
        ),
    }
    return fill_template(read_text(__package__, "page.html"), parts)


def _item(step: Step) -> str:
    formulas = "".join(f'<div class="formula">{formula}</div>' for formula in step.formulas)
    return f'<li>{formulas}<p class="note">{step.note}</p></li>'


def _plan(steps: Sequence[Step]) -> str:
    """The steps for the script, as JSON in which no < can end the element around it."""
    text = json.dumps({"steps": list(map(_step, steps))}, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c")


def _step(step: Step) -> dict[str, object]:
    written: dict[str, object] = {
        "p": step.phase,
        "f": step.focus,
        "l": [line.name for line in step.lines],
        "w": [[f"{entry.where} {entry.field}", entry.text] for entry in step.entries],
    }
    # With more digits, for tooltips; and where nan and ∞ begin, or have spread to.
    exact = {f"{e.where} {e.field}": e.exact for e in step.entries if e.exact}
    origins = {f"{e.where} {e.field}": e.origin for e in step.entries if e.origin}
    return written | ({"x": exact} if exact else {}) | ({"o": origins} if origins else {})
