"""The page as one HTML file: template, style, script, drawings, steps; nothing from elsewhere."""

from __future__ import annotations

import json
import re
from functools import cache
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING

from ..pictures import palette
from .picture import drawing, widest
from .stage import line_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .stage import Stage
    from .story import Step

__all__ = ["page"]

# The palette's tints are made for black text on white paper; these are for light text on a dark
# page. (tint, border), by kind.
_DARK = {
    "parameter": ("#6e4a05", "#f0b840"),
    "input": ("#1d4a68", "#79bce8"),
    "target": ("#4b3573", "#bfa3ea"),
    "constant": ("#2b3138", "#a5afba"),
    "leaf": ("#3b434c", "#a5afba"),
    "interior": ("#333b44", "#8893a0"),
    "output": ("#27512c", "#8fd394"),
    "loss": ("#7c2327", "#ff9d97"),
    "group": ("#353f70", "#a3b0f5"),
}


def page(stage: Stage, steps: Sequence[Step], *, title: str, notice: str, curve: str) -> str:
    """The HTML.

    Arguments:
        stage: what is drawn.
        steps: what happens.
        title: the headline, plain text.
        notice: a remark below it, plain text; may be empty.
        curve: the loss curve as HTML; empty where there is none.
    """
    writes = [write for step in steps for write in step.writes]
    room = widest(writes)
    shown = {(where, field): text for where, field, text in writes}
    drawings = "\n".join(drawing(stage, direction, room, shown) for direction in ("LR", "TB"))
    parts = {
        "title": escape(title),
        "style": f"{_read('page.css')}{_kinds()}",
        "mode": "training" if curve else "passes",
        "notice": f'<p class="notice">{escape(notice)}</p>' if notice else "",
        "drawings": drawings,
        "curve": curve,
        "last": str(len(steps) - 1),
        "count": f"{len(steps):,}",
        "steps": "\n".join(map(_item, steps)),
        "plan": _plan(steps),
        "script": _read("page.js"),
    }
    # One pass: what a part says about {{title}} is its own business.
    return re.sub(r"\{\{(\w+)\}\}", lambda m: parts[m[1]], _read("page.html"))


@cache
def _read(name: str) -> str:
    return files(__package__).joinpath(name).read_text("utf-8")


def _kinds() -> str:
    """The look of each kind of box, in light and dark."""
    light = "".join(
        f".{kind} {{ --tint: {look.tint}; --border: {look.border}; --width: {look.width}px }}\n"
        for kind, look in palette.KINDS.items()
    )
    dark = "".join(
        f".{kind} {{ --tint: {tint}; --border: {border} }}\n"
        for kind, (tint, border) in _DARK.items()
    )
    return f"{light}@media (prefers-color-scheme: dark) {{\n{dark}}}\n"


def _item(step: Step) -> str:
    formulas = "".join(f'<div class="formula">{formula}</div>' for formula in step.formulas)
    return f'<li>{formulas}<p class="note">{step.note}</p></li>'


def _plan(steps: Sequence[Step]) -> str:
    """What the script needs to know; JSON in which no < could end the element around it."""
    plan = {
        "steps": [
            {
                "p": step.phase,
                "f": step.focus,
                "l": [line_name(line) for line in step.lines],
                "w": [[f"{where} {field}", text] for where, field, text in step.writes],
            }
            for step in steps
        ]
    }
    written = json.dumps(plan, ensure_ascii=False, separators=(",", ":"))
    return written.replace("<", "\\u003c")
