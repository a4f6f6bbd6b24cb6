"""The gallery: one page that tells the worked examples as a lesson, from top to bottom.

A plain page with no script and nothing from the network. Pictures wider than the page are shrunk
only as far as they stay readable, and scroll beyond that; each is a link to itself at full size.
"""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .lessons import Lesson
    from .worked_examples import Example, Figure, Scene

__all__ = ["file_name", "page"]


def file_name(lesson: Lesson, scene: Scene, kind: str) -> str:
    """Where a picture goes: ``03-one-update-before.svg``."""
    parts = [f"{lesson.number:02d}", lesson.name, scene.name]
    return "-".join(part for part in parts if part) + f".{kind}"


def page(chapters: Sequence[tuple[Lesson, Example]], kind: str) -> str:
    """The page as HTML.

    Arguments:
        chapters: the lessons, each with its example, in the order of the page.
        kind: the format of the pictures beside it: svg, png, pdf or dot. The page shows the first
            two and links to the others.
    """
    contents = "".join(
        f'<li><a href="#{escape(lesson.name)}">{escape(lesson.title)}</a></li>'
        for lesson, _ in chapters
    )
    body = "".join(_chapter(lesson, example, kind) for lesson, example in chapters)
    return _PAGE.replace("{contents}", contents).replace("{body}", body)


def _chapter(lesson: Lesson, example: Example, kind: str) -> str:
    shown = [_figure(lesson, scene, kind) for scene in example.scenes]
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
        f"{''.join(shown)}{_chart(example)}{_table(example.figures)}</section>\n"
    )


def _figure(lesson: Lesson, scene: Scene, kind: str) -> str:
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
    return f"<figure>{picture}<figcaption>{escape(scene.caption)}</figcaption></figure>"


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
nav ol { columns: 18rem; padding-left: 1.4rem }
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
  width: max(min(100%, var(--w)), calc(.45 * var(--w))) }
table { border-collapse: collapse; font-size: .95rem; font-variant-numeric: tabular-nums }
th, td { text-align: left; padding: .15rem .9rem .15rem 0; font-weight: 400 }
thead th { color: var(--quiet); border-bottom: 1px solid var(--line) }
.wrong { color: var(--wrong); font-weight: 700 }
.chart { margin: 1.2rem 0 } .chart caption { text-align: left; color: var(--quiet) }
.chart .bar { width: min(22rem, 50vw) }
.chart span { display: block; height: .8rem; background: var(--accent); border-radius: 2px;
  print-color-adjust: exact; -webkit-print-color-adjust: exact }
details { margin: .6rem 0 } summary { cursor: pointer; color: var(--accent) }
@media print { body { max-width: none; background: #fff; color: #000 } nav { display: none }
  .picture { overflow: visible; border: 0 } .picture img { width: 100%; max-width: var(--w) }
  figure { margin-left: 0; width: 100% }
  figure, table { break-inside: avoid } h2 { break-after: avoid } }
</style>
</head>
<body>
<header>
<h1>How a network learns</h1>
<p>Twelve small computations, drawn with every number in them. Words become numbers; weights and
biases make a guess; a loss measures the mistake; gradients say how to change; and it repeats as
data comes in. Nothing here is an illustration: each picture is the graph that the computation
recorded.</p>
<p><b>How to read a picture.</b> The computation flows from left to right (a long one from top to
bottom), through boxes (values) and circles (operations). A box holds its number, <i>data</i>, and
its gradient, <i>grad</i>: by how much the result would change per unit of this value. ▲ means
that the result falls if the value rises, ▼ that it falls if the value falls; the squares and the
thickness of the lines show how much. Amber boxes with a heavy border are parameters, which
learning changes. Blue ones are inputs, violet ones targets; the red box with two borders is the
loss.</p>
<nav><ol>{contents}</ol></nav>
</header>
<main>
{body}</main>
</body>
</html>
"""
