"""The gallery: one page that presents the worked examples as lessons, from top to bottom.

A plain page with nothing from the network; its HTML is in `gallery.html` and `parts.html`. Each
picture is laid out three times: for a window, where it also fits a sheet of paper, for a phone, and
for a wide window. Nothing scrolls sideways. Each picture is a link to its file, which is a viewer;
`gallery.js` opens it in its place. The pages that step through the computations (`viz.stepping`)
and those whose numbers can be changed (`viz.live`) go beside it. In print, each lesson starts on a
new sheet.
"""

from __future__ import annotations

import re
from functools import cache
from html import escape
from typing import TYPE_CHECKING, NamedTuple

from ..pictures.layout import Place
from ..pictures.palette import GALLERY, css_variables
from ..pictures.template import fill_template, read_text
from ..pictures.text import number

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ..pictures.render import Picture
    from .example import Example, Figure, Lesson, Scene

__all__ = ["file_name", "live_file", "page", "pictures", "steps_file", "training_file"]

SHOWN = ("svg", "png")  # formats that a page can show
PAGE = Place(715, tallest=1344)
"""In a window at least 780 px wide; on A4, 688 px wide, with text of 7 points, 941 px high."""
HALF = 368
"""Points: a picture as wide as this has text of 7 points on half the width of a sheet."""
PHONE = Place(372)
"""In a window 390 px wide."""
WIDE = Place(1170, tallest=1344, long=700)
"""In a window at least 1280 px wide; a projector shows about as much in height."""
ELSEWHERE = {"phone": PHONE, "wide": WIDE}


def file_name(lesson: Lesson, scene: Scene, kind: str) -> str:
    """Name the file of a picture: ``03-one-update-before.svg``."""
    parts = [f"{lesson.number:02d}", lesson.name, scene.name]
    return "-".join(part for part in parts if part) + f".{kind}"


def pictures(lesson: Lesson, scene: Scene, kind: str) -> dict[str, Picture]:
    """The files of a picture: for the page and, where it lies differently, for other windows."""
    name = file_name(lesson, scene, kind)
    found = {name: scene.picture.placed(PAGE)}
    for folder, place in ELSEWHERE.items() if kind in SHOWN else ():
        picture = scene.picture.placed(place)
        if picture.source != found[name].source:
            found[f"{folder}/{name}"] = picture
    return found


def steps_file(lesson: Lesson, scene: Scene) -> str:
    """Name the page that steps through a picture: ``02-target-moves.html``."""
    return file_name(lesson, scene, "html")


def training_file(lesson: Lesson) -> str:
    """Name the page that steps through a training: ``10-learn-cat-training.html``."""
    return f"{lesson.number:02d}-{lesson.name}-training.html"


def live_file(lesson: Lesson) -> str:
    """Name the page of the graph that can be changed: ``02-target-moves-live.html``."""
    return f"{lesson.number:02d}-{lesson.name}-live.html"


def page(chapters: Sequence[tuple[Lesson, Example]], kind: str, *, steps: bool = True) -> str:
    """Write the page as HTML.

    Arguments:
        chapters: the lessons, each with its example, in the order of the page.
        kind: the format of the pictures beside it: svg, png, pdf or dot. The page shows svg and
            png, and links to the others.
        steps: whether to link to the pages that step through the examples, and the live ones.
    """
    return join([write_chapter(*each, kind, steps=steps) for each in chapters], steps=steps)


class Chapter(NamedTuple):
    """A lesson in the page."""

    card: str  # in the contents
    body: str


def write_chapter(lesson: Lesson, example: Example, kind: str, *, steps: bool) -> Chapter:
    """Write a lesson as HTML; see `page`."""
    return Chapter(_card(lesson, example, steps), _chapter(lesson, example, kind, steps))


def join(chapters: Sequence[Chapter], *, steps: bool) -> str:
    """Write the page around its chapters; see `page`."""
    parts = {
        "style": f"{css_variables(GALLERY)}{read_text(__package__, 'gallery.css')}",
        "script": read_text(__package__, "gallery.js"),
        "in_class": _fill("in class, with steps" if steps else "in class, without steps"),
        "contents": "\n".join(each.card for each in chapters),
        "body": "\n".join(each.body for each in chapters),
    }
    return fill_template(read_text(__package__, "gallery.html"), parts)


class _Html(str):
    """Text that is HTML already."""

    __slots__ = ()


@cache
def _parts() -> dict[str, str]:
    """The parts of `parts.html`, by the name in the comment above each."""
    _, *found = re.split(r"^<!-- (.*) -->\n", read_text(__package__, "parts.html"), flags=re.M)
    return {name: part.rstrip("\n") for name, part in zip(found[::2], found[1::2], strict=True)}


def _fill(part: str, **texts: object) -> _Html:
    """Fill a part of the page with texts, which are escaped unless they are HTML."""
    return _Html(
        fill_template(
            _parts()[part],
            {
                name: text if isinstance(text, _Html) else escape(str(text))
                for name, text in texts.items()
            },
        )
    )


def _lines(parts: Iterable[_Html]) -> _Html:
    return _Html("\n".join(parts))


def _card(lesson: Lesson, example: Example, steps: bool) -> _Html:
    """The lesson in the contents."""
    return _fill("card", **lesson._asdict(), plays=_plays(lesson, example, steps))


def _plays(lesson: Lesson, example: Example, steps: bool) -> _Html:
    """Links to the pages that step through an example."""
    if not steps:
        return _Html()
    several = len(example.scenes) > 1
    links = [
        _fill(
            "play",
            file=steps_file(lesson, scene),
            says=f"Step through picture {i}" if several else "Step through it",
        )
        for i, scene in enumerate(example.scenes, start=1)
        if scene.loss is not None
    ]
    if example.training:
        updates = len(example.training) - 1
        says = "Watch the update" if updates == 1 else f"Watch the {updates} updates"
        links.append(_fill("play", file=training_file(lesson), says=says))
    if example.live is not None:
        links.append(_fill("play", file=live_file(lesson), says="Change the numbers"))
    return _fill("plays", links=_Html(" ".join(links)))


def _chapter(lesson: Lesson, example: Example, kind: str, steps: bool) -> _Html:
    count = len(example.scenes)
    folded = bool(example.curve) and count > 3  # a sequence: the first and the last say most
    printed = example.scenes[:: count - 1] if folded else example.scenes
    tall = kind == "svg" and all(_is_tall(scene.picture.placed(PAGE)) for scene in printed)
    figures = [
        _figure(
            pictures(lesson, scene, kind),
            scene,
            _Html(_fill("which", i=i, count=count) + " ") if count > 1 else _Html(),
            tall,
        )
        for i, scene in enumerate(example.scenes, start=1)
    ]
    if folded:
        figures[1:-1] = [_fill("between", count=count - 2, pictures=_lines(figures[1:-1]))]
    return _fill(
        "chapter",
        **lesson._asdict(),
        plays=_plays(lesson, example, steps),
        pictures=_lines(figures),
        chart=_chart(example),
        touching=_touch(lesson, example, steps),
        numbers=_numbers(example.figures),
    )


def _touch(lesson: Lesson, example: Example, steps: bool) -> _Html:
    """The question that the live graph answers."""
    if example.live is None or not steps:
        return _Html()
    file = live_file(lesson)
    return _fill("touch", touch=lesson.touch, found=lesson.found, file=file)


def _is_tall(picture: Picture) -> bool:
    """Whether a picture can stand on half a sheet, beside the text or another one."""
    width, height = picture.size
    return width <= HALF and height > 1.7 * width


def _figure(files: dict[str, Picture], scene: Scene, which: _Html, tall: bool) -> _Html:
    path, *others = files
    if path.endswith(SHOWN):
        sources = _Html().join(_fill(other.partition("/")[0], path=other) for other in others)
        words = files[path].words
        picture = _fill(
            "shown", path=path, sources=_Html(sources), caption=scene.caption, words=words
        )
    else:
        picture = _fill("linked", path=path)
    kind = _Html(' class="tall"' if tall else "")
    return _fill("figure", picture=picture, kind=kind, which=which, caption=scene.caption)


def _chart(example: Example) -> _Html:
    """The sequence of an example as bars."""
    if not example.curve:
        return _Html()
    top = max(value for _, value in example.curve) or 1.0
    rows = _lines(
        _fill("bar", name=name, percent=f"{100 * value / top:.1f}", value=number(value))
        for name, value in example.curve
    )
    return _fill("chart", caption=example.curve_of, rows=rows)


def _numbers(figures: Sequence[Figure]) -> _Html:
    """The figures that are numbers, as a table. What `python -m viz` checks is not part of it."""
    rows = [
        _fill("number", name=figure.name, value=number(figure.value))
        for figure in figures
        if not isinstance(figure.value, bool)
    ]
    return _fill("numbers", rows=_lines(rows)) if rows else _Html()
