"""The gallery: one page, complete, self-contained, and well formed."""

from __future__ import annotations

import re
from html import escape
from html.parser import HTMLParser

import pytest

from viz.course.example import Example, Figure
from viz.course.examples import LESSONS
from viz.course.gallery import PAGE, file_name, live_file, page, pictures, steps_file, training_file

from .built import built, chapters

_VOID = {"meta", "img", "br", "hr", "link", "input"}


class Page(HTMLParser):
    """The elements of a page. A tag that closes nothing, or is never closed, is an error."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(html)
        self.close()
        assert not self.open, self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(dict(attrs)) == len(attrs), f"a repeated attribute in <{tag}>"
        self.elements.append((tag, dict(attrs)))
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open.pop() == tag, f"</{tag}> closes something else"

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join("".join(self.texts).split())

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for t, attributes in self.elements if t == tag]


@pytest.fixture(scope="module")
def html() -> str:
    return page(chapters(), "svg")


def test_every_tag_is_closed_in_order(html: str) -> None:
    assert html.startswith("<!DOCTYPE html>")
    assert Page(html).all("html") == [{"lang": "en"}]


def test_every_lesson_is_there_in_order_and_linked_from_the_top(html: str) -> None:
    read = Page(html)
    names = [lesson.name for lesson in LESSONS]
    assert [s["id"] for s in read.all("section")] == names
    within = [a["href"] for a in read.all("a") if (a["href"] or "").startswith("#")]
    assert within == [f"#{name}" for name in names]
    for lesson in LESSONS:
        for said in lesson[2:-1]:
            assert " ".join(said.split()) in read.text


def test_every_picture_is_shown_once_and_described(html: str) -> None:
    images = Page(html).all("img")
    files = [file_name(lesson, s, "svg") for lesson, e in chapters() for s in e.scenes]
    assert [image["src"] for image in images] == files
    assert len(set(files)) == len(files)
    captions = [s.caption for _, e in chapters() for s in e.scenes]
    assert all(c in (i["alt"] or "") for c, i in zip(captions, images, strict=True))
    words = [str(s.picture.placed(PAGE).words) for _, e in chapters() for s in e.scenes]
    assert all(w in (i["alt"] or "") for w, i in zip(words, images, strict=True))
    assert all(w.startswith("Computation graph of ") for w in words)


def test_a_caption_stands_under_a_picture_and_not_within_it_too() -> None:
    for _, example in chapters():
        for scene in example.scenes:
            written = " ".join(scene.picture._scene.notes)
            assert scene.caption.rstrip(".") not in written


def test_other_windows_get_layouts_of_their_own_where_they_need_one(html: str) -> None:
    sources = Page(html).all("source")
    files = [
        file
        for lesson, e in chapters()
        for s in e.scenes
        for file, picture in pictures(lesson, s, "svg").items()
        if "/" in file and picture.source != s.picture.placed(PAGE).source
    ]
    assert [source["srcset"] for source in sources] == files
    windows = {"phone": "(max-width: 779px)", "wide": "(min-width: 1280px)"}
    for source, file in zip(sources, files, strict=True):
        assert source["media"] == f"screen and {windows[file.partition('/')[0]]}"
    assert "phone/01-perfect-guess.svg" not in files  # it is narrow anyhow
    assert "phone/09-embeddings-cosine.svg" in files
    assert "wide/02-target-moves.svg" in files
    assert "wide/08-activations-tanh.svg" not in files  # it runs sideways anyhow


def test_a_picture_in_a_wide_window_is_wider_than_tall() -> None:
    for lesson, example in chapters("perfect-guess", "one-update", "relu-neuron", "dead-relu"):
        for scene in example.scenes:
            files = pictures(lesson, scene, "svg")
            (wide,) = (files[file] for file in files if file.startswith("wide/"))
            width, height = wide.size
            assert width > height


def test_the_page_is_self_contained(html: str) -> None:
    read = Page(html)
    assert read.all("script") == [{}] and not read.all("link")
    html = re.sub("^ *//.*", "", html, flags=re.MULTILINE)  # comments of the script
    assert not re.search(r"https?:|//|@import|url\(|javascript:|\son\w+=", html)


def test_every_number_stands_in_a_table(html: str) -> None:
    for lesson, example in chapters():
        _, _, section = html.partition(f'<section id="{lesson.name}">')
        section, _, _ = section.partition("</section>")
        for figure in example.figures:
            row = f'<tr><th scope="row">{escape(figure.name)}</th><td>'
            assert (row in section) == (not isinstance(figure.value, bool))


def test_what_the_command_checks_is_not_part_of_a_lesson(html: str) -> None:
    assert "expected" not in Page(html).text
    example = built("target-moves")
    wrong = Example(example.scenes, [Figure("L", 0.25, 0.5), Figure("<w>", 1.0, 1.0)])
    read = Page(page([(LESSONS[1], wrong)], "svg"))
    assert "All the numbers L0.25 <w>1" in read.text


def test_pages_to_step_through_are_linked_from_the_contents_and_from_the_lesson(html: str) -> None:
    links = [a["href"] for a in Page(html).all("a") if a.get("class") == "play"]
    pages = [
        [
            *(steps_file(lesson, scene) for scene in example.scenes if scene.loss is not None),
            *([training_file(lesson)] if example.training else []),
            live_file(lesson),
        ]
        for lesson, example in chapters()
    ]
    assert all(pages), "every lesson has one"
    in_contents = [file for files in pages for file in files]
    in_lessons = [file for files in pages for file in (*files, files[-1])]  # beside its question
    assert links == in_contents + in_lessons
    assert len(set(links)) == len(in_contents)
    text = Page(html).text
    assert "Watch the update" in text and "Watch the 4 updates" in text


def test_without_pages_to_step_through_nothing_links_to_them() -> None:
    read = Page(page(chapters("one-update", "relu-neuron"), "svg", steps=False))
    assert not [a for a in read.all("a") if (a["href"] or "").endswith(".html")]
    assert "python -m viz" in read.text


def test_the_answer_is_folded_away(html: str) -> None:
    for lesson in LESSONS:
        before, _, after = html.partition(escape(lesson.answer))
        assert before.endswith("<details><summary>An answer</summary><p>")
        assert after.startswith("</p></details>")


def test_a_lesson_ends_with_a_question_for_its_live_graph(html: str) -> None:
    for lesson in LESSONS:
        link = f'<a class="play" href="{live_file(lesson)}">Change the numbers</a></p>'
        question = f"<b>Then touch.</b> {escape(lesson.touch)}\n{link}"
        assert html.count(question) == 1
        found = f"<summary>What you will find</summary><p>{escape(lesson.found)}</p></details>"
        assert html.index(question) < html.index(found)
    assert "Then touch" not in page(chapters("dead-relu"), "svg", steps=False)


def test_sequences_have_a_chart(html: str) -> None:
    bars = [e for e in chapters() if e[1].curve]
    assert (
        [table.get("class") for table in Page(html).all("table")].count("chart") == len(bars) == 4
    )


@pytest.mark.parametrize("kind", ["png", "pdf", "dot"])
def test_other_formats_are_shown_or_linked_to(kind: str) -> None:
    read = Page(page(chapters("one-update"), kind))
    shown = [i["src"] for i in read.all("img")] if kind == "png" else []
    linked = [a["href"] for a in read.all("a")]
    for scene in ("before", "after"):
        name = f"03-one-update-{scene}.{kind}"
        assert name in linked
        assert (name in shown) == (kind == "png")


def test_file_names_sort_in_teaching_order() -> None:
    files = [file_name(lesson, e.scenes[0], "svg") for lesson, e in chapters()]
    assert files == sorted(files)
    assert all(re.fullmatch(r"\d\d-[a-z0-9-]+\.svg", name) for name in files)


@pytest.mark.parametrize(
    ("name", "links"),
    [
        (
            "perfect-guess",
            [
                ("01-perfect-guess.html", "Step through it"),
                ("01-perfect-guess-live.html", "Change the numbers"),
            ],
        ),
        (
            "relu-neuron",
            [
                ("05-relu-neuron-before.html", "Step through picture 1"),
                ("05-relu-neuron-training.html", "Watch the update"),
                ("05-relu-neuron-live.html", "Change the numbers"),
            ],
        ),
    ],
)
def test_a_lesson_links_to_the_pages_that_step_through_it(
    name: str, links: list[tuple[str, str]]
) -> None:
    plays = " ".join(f'<a class="play" href="{file}">{said}</a>' for file, said in links)
    html = page(chapters(name), "svg")
    caption, ask = "</span>", "</details></div>"
    assert f'{caption}<span class="plays">{plays}</span></li>' in html
    assert f'{ask}<span class="plays">{plays}</span>\n<figure' in html
    assert 'class="play" href' not in page(chapters(name), "svg", steps=False)


@pytest.mark.parametrize(
    ("name", "count"), [("perfect-guess", 1), ("dead-relu", 1), ("embeddings", 0)]
)
def test_pictures_that_half_a_sheet_holds_stand_beside_something_on_paper(
    name: str, count: int
) -> None:
    assert page(chapters(name), "svg").count('<figure class="tall">') == count
    assert 'class="tall"' not in page(chapters(name), "pdf")
