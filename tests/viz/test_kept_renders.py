"""The pictures kept in notebooks/renders are those that the code draws today.

The pages that step through them are not kept: they change with every word and make up more than
all pictures together, and `python -m viz` writes them in a second.
"""

from __future__ import annotations

import re

import pytest

from viz.course.example import Lesson
from viz.course.examples import LESSONS
from viz.course.gallery import page, pictures

from .built import built, chapters
from .kept import RENDERS as KEPT
from .kept import RENEW

ONE_BY_ONE = pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)


@ONE_BY_ONE
def test_kept_pictures_are_as_drawn_today(lesson: Lesson) -> None:
    for scene in built(lesson.name).scenes:
        for file in pictures(lesson, scene, "svg"):
            assert (KEPT / file).is_file(), f"{file} is not there; {RENEW}"
        for file, picture in pictures(lesson, scene, "dot").items():
            assert (KEPT / file).is_file(), f"{file} is not there; {RENEW}"
            assert (KEPT / file).read_text("utf-8") == picture.source, f"{file} is old; {RENEW}"


@ONE_BY_ONE
def test_kept_lessons_say_what_they_say_today(lesson: Lesson) -> None:
    kept = _lessons((KEPT / "index.html").read_text("utf-8"))
    now = _lessons(page([(lesson, built(lesson.name))], "svg", steps=False))
    assert list(now) == [lesson.name]
    assert kept[lesson.name] == now[lesson.name], f"index.html is old; {RENEW}"


def _lessons(html: str) -> dict[str, tuple[str, str]]:
    """The part about each lesson, and its entry in the list of contents."""
    parts = re.findall(r'<section id="([^"]*)">.*?</section>', html, re.DOTALL)
    return {
        name: (
            html[html.index(f'<section id="{name}">') :].partition("</section>")[0],
            html[html.index(f'href="#{name}"') :].partition("</li>")[0],
        )
        for name in parts
    }


def test_around_the_lessons_the_kept_gallery_is_of_today() -> None:
    """Its style, its script, and what introduces the contents: drawn with one lesson only."""
    kept = (KEPT / "index.html").read_text("utf-8")
    now = page(chapters(LESSONS[0].name), "svg", steps=False)
    assert _around(kept) == _around(now), f"index.html is old; {RENEW}"
    assert list(_lessons(kept)) == [lesson.name for lesson in LESSONS]


def _around(html: str) -> str:
    """All but the part about each lesson and its entry in the list of contents."""
    part = r'<section id="[^"]*">.*?</section>\n?|<li><a class="title".*?</li>\n?'
    return re.sub(part, "", html, flags=re.DOTALL)


def test_the_kept_gallery_links_to_nothing_that_is_not_there() -> None:
    html = (KEPT / "index.html").read_text("utf-8")
    for link in re.findall(r'(?:href|src|srcset)="([^#"][^"]*)"', html):
        assert (KEPT / link).is_file(), f"index.html links to {link}; {RENEW}"


@pytest.mark.slow
def test_the_kept_gallery_is_of_today() -> None:
    html = (KEPT / "index.html").read_text("utf-8")
    assert html == page(chapters(), "svg", steps=False), f"index.html is old; {RENEW}"


def test_nothing_else_is_kept() -> None:
    assert KEPT.is_dir(), f"there is no {KEPT.name}; {RENEW}"
    drawn = {
        file
        for lesson, example in chapters()
        for scene in example.scenes
        for kind in ("dot", "svg")
        for file in pictures(lesson, scene, kind)
    }
    kept = {file.relative_to(KEPT).as_posix() for file in KEPT.rglob("*") if file.is_file()}
    stray = kept - drawn - {"index.html", "step-through.png"}
    assert not stray, f"delete {', '.join(sorted(stray))} from {KEPT.name}, or {RENEW}"
