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
    parts = {"contents": contents, "body": body, "steps": _WITH_STEPS if steps else _WITHOUT_STEPS}
    return re.sub(r"\{(contents|body|steps)\}", lambda m: parts[m[1]], _PAGE)


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


_WITH_STEPS = """<p class="class"><b>In class.</b> A button such as
<span class="play">Step through it</span> opens a page that computes an example before your eyes,
one value at a time, forward and backward, on a projector or a phone. Every lesson has a question
to ask before you show the pictures, with its answer folded away. Printed, a lesson begins on a
sheet of its own, without the answer.</p>"""

_WITHOUT_STEPS = """<p class="class"><b>In class.</b> Every lesson has a question to ask before you
show the pictures, with its answer folded away. Printed, a lesson begins on a sheet of its own,
without the answer. <code>python -m viz</code> writes this page with one more thing: pages that
step through the examples, one value at a time, forward and backward.</p>"""

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>glassgrad: how a network learns, in twelve pictures</title>
<style>
:root { color-scheme: light dark; --ink: #1f2933; --quiet: #59636e; --paper: #fbfbf8;
  --card: #fff; --line: #d5dae0; --accent: #1c5d8a; --wrong: #8e1519 }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ec; --quiet: #a3adb8; --paper: #14181c;
  --card: #1d2329; --line: #38424c; --accent: #8cc4ee; --wrong: #ff9d97 } }
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 72rem; padding: 1rem clamp(.8rem, 4vw, 3rem) 4rem;
  font: 1.06rem/1.6 system-ui, "Segoe UI", Helvetica, Arial, sans-serif;
  color: var(--ink); background: var(--paper) }
h1 { font-size: clamp(1.7rem, 5vw, 2.6rem); line-height: 1.15; margin: 2rem 0 .6rem }
h2 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 .3rem }
p, ol, aside { max-width: 44rem }
a { color: var(--accent) }
nav ol { list-style: none; max-width: none; margin: 1.6rem 0; padding: 0; display: grid; gap: .8rem;
  grid-template-columns: repeat(auto-fill, minmax(min(19rem, 100%), 1fr)) }
nav li { display: flex; flex-direction: column; gap: .25rem; padding: .7rem .9rem;
  background: var(--card); border: 1px solid var(--line); border-radius: 10px;
  font-size: .95rem; line-height: 1.4 }
nav .title { font-size: 1.08rem; font-weight: 650 }
nav .plays { margin-top: auto; padding-top: .4rem }
.teaches { color: var(--quiet); font-size: .88rem }
.plays { display: flex; flex-wrap: wrap; gap: .5rem }
.play { display: inline-block; padding: .2rem .75rem; border: 1px solid var(--accent);
  border-radius: 999px; color: var(--accent); font-size: .88rem; text-decoration: none }
.play::before { content: "▶\\FE0E"; font-size: .75em; margin-right: .5em }
a.play:hover, a.play:focus-visible { color: var(--paper); background: var(--accent) }
section .plays { margin: 1rem 0 } section .play { padding: .4rem 1rem; font-size: .95rem }
.ask p { margin: .6rem 0 .2rem } .ask details { margin: 0 }
section { margin: 3.2rem 0 0; padding-top: 1.6rem; border-top: 1px solid var(--line) }
.number { color: var(--quiet); font-weight: 400; margin-right: .3em }
.caption { font-size: 1.12rem; color: var(--quiet); margin: 0 0 .8rem }
aside { border-left: 4px solid #f5c04e; padding: .2rem 0 .2rem .9rem; margin: 1rem 0 }
figure { margin: 1.4rem 0 1.4rem calc(50% - min(47vw, 60rem));
  width: min(94vw, 120rem) }
figcaption { color: var(--quiet); font-size: .95rem; max-width: 44rem }
.picture { overflow-x: auto; background: #fff; border: 1px solid var(--line);
  border-radius: 8px; padding: .5rem; margin-bottom: .4rem }
.picture a { display: block }
.picture img { display: block; height: auto; margin: 0 auto;
  width: max(min(100%, var(--w)), calc(.62 * var(--w))) }
table { border-collapse: collapse; font-size: .95rem; font-variant-numeric: tabular-nums }
th, td { text-align: left; padding: .15rem .9rem .15rem 0; font-weight: 400 }
thead th { color: var(--quiet); border-bottom: 1px solid var(--line) }
.wrong { color: var(--wrong); font-weight: 700 }
.chart { margin: 1.2rem 0 } .chart caption { text-align: left; color: var(--quiet) }
.chart .bar { width: min(22rem, 50vw) }
.chart span { display: block; height: .8rem; background: var(--accent); border-radius: 2px;
  print-color-adjust: exact; -webkit-print-color-adjust: exact }
details { margin: .6rem 0 } summary { cursor: pointer; color: var(--accent) }
@media print { :root { color-scheme: light; --ink: #000; --quiet: #444; --paper: #fff; --card: #fff;
  --line: #bbb; --accent: #1c5d8a } @page { margin: 14mm }
  body { max-width: none; padding: 0; font-size: 11pt } a { color: inherit; text-decoration: none }
  header h1 { margin-top: 0 }
  nav ol { grid-template-columns: 1fr 1fr 1fr; gap: .5rem; margin: 1rem 0 }
  nav li { font-size: 9pt; padding: .4rem .6rem }
  section { break-before: page; border: 0; margin: 0; padding: 0 }
  .plays, .class, details { display: none } header p { font-size: 9.5pt; max-width: none }
  .picture { overflow: visible; border: 0; padding: 0 }
  .picture img { width: auto; max-width: min(100%, var(--w)); max-height: 60vh }
  figure { margin-left: 0; width: 100% } nav li, figure, table, aside { break-inside: avoid }
  h2 { break-after: avoid } }
</style>
</head>
<body>
<header>
<h1>How a network learns</h1>
<p>Twelve small computations, drawn with every number in them. Words become numbers; weights and
biases make a guess; a loss measures the mistake; gradients say how to change; and it repeats as
data comes in. Nothing here is an illustration: each picture is the graph that the computation
recorded.</p>
{steps}
<nav aria-label="Lessons"><ol>{contents}</ol></nav>
<p><b>How to read a picture.</b> The computation flows from left to right (a long one from top to
bottom), through boxes (values) and circles (operations). A box holds its number, <i>data</i>, and
its gradient, <i>grad</i>: by how much the result would change per unit of this value. ▲ means
that the result falls if the value rises, ▼ that it falls if the value falls; the squares and the
thickness of the lines show how much. Amber boxes with a heavy border are parameters, which
learning changes. Blue ones are inputs, violet ones targets; the red box with two borders is the
loss.</p>
</header>
<main>
{body}</main>
</body>
</html>
"""
