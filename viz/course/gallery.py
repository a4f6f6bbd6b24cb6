"""The gallery: one page that tells the worked examples as a lesson, from top to bottom.

A plain page with no script and nothing from the network. Pictures wider than the page are shrunk
only as far as they stay readable, and scroll beyond that; each is a link to itself at full size.
Beside it stand the pages that step through the computations (`viz.stepping`). Printed, every lesson
begins on a sheet of its own.
"""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING

from ..pictures.palette import GALLERY, css_variables
from ..pictures.template import fill_template, read_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .example import Example, Figure, Lesson, Scene

__all__ = ["file_name", "page", "steps_file", "training_file"]


def file_name(lesson: Lesson, scene: Scene, kind: str) -> str:
    """Where a picture goes: ``03-one-update-before.svg``."""
    parts = [f"{lesson.number:02d}", lesson.name, scene.name]
    return "-".join(part for part in parts if part) + f".{kind}"


def steps_file(lesson: Lesson, scene: Scene) -> str:
    """Where the page goes that steps through a picture: beside it, ``02-target-moves.html``."""
    return file_name(lesson, scene, "html")


def training_file(lesson: Lesson) -> str:
    """Where the page goes that steps through a training: ``10-learn-cat-training.html``."""
    return f"{lesson.number:02d}-{lesson.name}-training.html"


def page(chapters: Sequence[tuple[Lesson, Example]], kind: str, *, steps: bool = True) -> str:
    """The page as HTML.

    Arguments:
        chapters: the lessons, each with its example, in the order of the page.
        kind: the format of the pictures beside it: svg, png, pdf or dot. The page shows the first
            two and links to the others.
        steps: whether the pages to step through are there to be linked to.
    """
    contents = "".join(_card(lesson, example, steps) for lesson, example in chapters)
    body = "".join(_chapter(lesson, example, kind, steps) for lesson, example in chapters)
    parts = {
        "style": f"{css_variables(GALLERY)}{read_text(__package__, 'gallery.css')}",
        "in_class": _WITH_STEPS if steps else _WITHOUT_STEPS,
        "contents": contents,
        "body": body,
    }
    return fill_template(read_text(__package__, "gallery.html"), parts)


def _card(lesson: Lesson, example: Example, steps: bool) -> str:
    """The lesson in the contents."""
    name = escape(lesson.name)
    return (
        f'<li><a class="title" href="#{name}"><span class="number">{lesson.number}</span> '
        f"{escape(lesson.title)}</a>"
        f'<span class="teaches">{escape(lesson.teaches)}</span>'
        f"<span>{escape(lesson.caption)}</span>{_plays(lesson, example) if steps else ''}</li>"
    )


def _plays(lesson: Lesson, example: Example) -> str:
    """Links to the pages that step through an example."""
    several = len(example.scenes) > 1
    links = [
        (
            steps_file(lesson, scene),
            f"Step through picture {i}" if several else "Step through it",
        )
        for i, scene in enumerate(example.scenes, start=1)
        if scene.loss is not None
    ]
    if example.training:
        updates = len(example.training) - 1
        words = "Watch the update" if updates == 1 else f"Watch the {updates} updates"
        links.append((training_file(lesson), words))
    return '<span class="plays">{}</span>'.format(
        " ".join(f'<a class="play" href="{escape(file)}">{said}</a>' for file, said in links)
    )


def _chapter(lesson: Lesson, example: Example, kind: str, steps: bool) -> str:
    count = len(example.scenes)
    shown = [
        _figure(lesson, scene, kind, f"Picture {i} of {count}" if count > 1 else "")
        for i, scene in enumerate(example.scenes, start=1)
    ]
    if example.curve and len(shown) > 3:  # a sequence: the first and the last say most
        between = "".join(shown[1:-1])
        shown[1:-1] = [
            f"<details><summary>The {len(shown) - 2} pictures in between</summary>"
            f"{between}</details>"
        ]
    return (
        f'<section id="{escape(lesson.name)}">'
        f'<h2><span class="number">{lesson.number}</span> {escape(lesson.title)}</h2>'
        f'<p class="caption">{escape(lesson.caption)}</p>'
        f"<p>{escape(lesson.idea)}</p>"
        f"<aside><b>In plain words.</b> {escape(lesson.plainly)}</aside>"
        f'<div class="ask"><p><b>Ask first.</b> {escape(lesson.ask)}</p>'
        f"<details><summary>An answer</summary><p>{escape(lesson.answer)}</p></details></div>"
        f"{_plays(lesson, example) if steps else ''}"
        f"{''.join(shown)}{_chart(example)}{_table(example.figures)}</section>\n"
    )


def _figure(lesson: Lesson, scene: Scene, kind: str, which: str) -> str:
    path = escape(file_name(lesson, scene, kind))
    if kind in ("svg", "png"):
        width = re.search(r'<svg[^>]* width="([\d.]+)pt"', scene.picture.svg)
        pixels = round(float(width[1]) * 4 / 3) if width else 1000
        picture = (
            f'<div class="picture" tabindex="0"><a href="{path}">'
            f'<img src="{path}" style="--w:{pixels}px" alt="{escape(_described(scene))}">'
            "</a></div>"
        )
    else:
        picture = f'<p><a href="{path}">{path}</a></p>'
    caption = f"<b>{which}.</b> {escape(scene.caption)}" if which else escape(scene.caption)
    return f"<figure>{picture}<figcaption>{caption}</figcaption></figure>"


def _described(scene: Scene) -> str:
    return f"Computation graph. {scene.caption}"


def _chart(example: Example) -> str:
    """The example's sequence as bars."""
    if not example.curve:
        return ""
    top = max(value for _, value in example.curve) or 1.0
    rows = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td class="bar"><span style="width:'
        f'{100 * value / top:.1f}%"></span></td><td>{_number(value)}</td></tr>'
        for name, value in example.curve
    )
    return (
        f'<table class="chart"><caption>{escape(example.curve_of)}</caption><tbody>{rows}'
        "</tbody></table>"
    )


def _table(figures: Sequence[Figure]) -> str:
    wrong = sum(not figure.agrees for figure in figures)
    verdict = f"{wrong} depart" if wrong else "all as expected"
    rows = "".join(
        f'<tr{"" if figure.agrees else " class=wrong"}><th scope="row">{escape(figure.name)}</th>'
        f"<td>{_number(figure.value)}</td><td>{_number(figure.expected)}</td></tr>"
        for figure in figures
    )
    return (
        f"<details><summary>{len(figures)} figures, {verdict}</summary>"
        '<table><thead><tr><th scope="col">figure</th><th scope="col">computed</th>'
        f'<th scope="col">expected</th></tr></thead><tbody>{rows}</tbody></table></details>'
    )


def _number(x: float | bool) -> str:
    if isinstance(x, bool):
        return "yes" if x else "no"
    return f"{x:.6g}".replace("-", "−")


_WITH_STEPS = """A button such as
<span class="play">Step through it</span> opens a page that computes an example before your eyes,
one value at a time, forward and backward, on a projector or a phone. Every lesson has a question
to ask before you show the pictures, with its answer folded away. Printed, a lesson begins on a
sheet of its own, without the answer."""

_WITHOUT_STEPS = """Every lesson has a question to ask before you
show the pictures, with its answer folded away. Printed, a lesson begins on a sheet of its own,
without the answer. <code>python -m viz</code> writes this page with one more thing: pages that
step through the examples, one value at a time, forward and backward."""
