"""A notebook exported by nbconvert: a picture or plain text everywhere, and nothing lost.

Where the right output comes from: nbconvert's own templates and filters, and pandoc.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from autograd import Value
from nn import MLP
from viz import draw, draw_update, step_through

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning"),
]
needs_pandoc = pytest.mark.skipif(shutil.which("pandoc") is None, reason="pandoc is not installed")

TEMPLATES = "share/jupyter/nbconvert/templates"
LABEL = 'L"<b>&\x07'


@pytest.fixture(autouse=True)
def _templates_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where nbconvert is installed elsewhere than in this environment."""
    # Imported by each test: it takes seconds to load, and few runs of the tests need it.
    nbconvert = pytest.importorskip("nbconvert")
    root = Path(nbconvert.__file__)
    for folder in root.parents:
        if (folder / TEMPLATES).is_dir():
            monkeypatch.setenv("JUPYTER_PATH", str(folder / "share/jupyter"))
            return


def forms(thing: Any) -> dict[str, str]:
    """What IPython keeps of a result: its bundle, and what the methods of other names add."""
    bundle = dict(getattr(thing, "_repr_mimebundle_", dict)())
    for kind in ("html", "svg", "png", "latex", "markdown", "pdf"):
        mime = {"svg": "image/svg+xml", "png": "image/png", "pdf": "application/pdf"}
        method = getattr(thing, f"_repr_{kind}_", None)
        if method is not None:
            bundle.setdefault(mime.get(kind, f"text/{kind}"), method())
    return {"text/plain": repr(thing)} | bundle


def results() -> dict[str, Any]:
    w = Value(0.5, "w", role="parameter")
    y = w * 2.0
    y.label = LABEL
    y.backward()
    return {
        "value": y,
        "picture": draw(y),
        "module": MLP(2, [2, 1], seed=0),
        "update": draw_update(y, w * 2.0),
        "page": step_through(y),
    }


PICTURES = {"value": 1, "picture": 1, "module": 1, "update": 2, "page": 0}


def notebook() -> Any:
    new = pytest.importorskip("nbformat").v4
    cells = [new.new_markdown_cell("# First heading")]
    for thing in results().values():
        output = new.new_output("execute_result", forms(thing), execution_count=1)
        cells.append(new.new_code_cell("show", outputs=[output], execution_count=1))
    cells.append(new.new_markdown_cell("# Last heading\n\nThe *end*."))
    return new.new_notebook(cells=cells)


def export(kind: str, **options: Any) -> tuple[str, dict[str, Any]]:
    exporter = getattr(pytest.importorskip("nbconvert"), f"{kind}Exporter")(**options)
    text, resources = exporter.from_notebook_node(notebook())
    return text, resources


class Page(HTMLParser):
    """The words of a page, its headings, pictures and frames."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words = ""
        self.headings: list[str] = []
        self.pictures = self.frames = 0
        self._within: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._within.append(tag)
        given = dict(attrs)
        self.pictures += "url('data:image/svg+xml;base64," in (given.get("style") or "")
        self.frames += tag == "iframe"
        if tag == "h1":
            self.headings.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag in self._within:
            while self._within.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        if not {"style", "script"} & set(self._within):
            self.words += data
            if "h1" in self._within:
                self.headings[-1] += data


def longest_word(text: str) -> int:
    return max(map(len, text.split()))


@pytest.mark.parametrize("kind", ["HTML", "Slides"])
def test_html_and_slides_show_every_picture_and_every_page(kind: str) -> None:
    page = Page(export(kind)[0])
    assert page.pictures == sum(PICTURES.values())
    assert page.frames == 1
    assert "The end." in page.words
    assert longest_word(page.words) < 300


def test_cleaned_html_says_what_it_does_not_show() -> None:
    """Bleach writes out tags that it does not know, with all they hold, as text."""
    page = Page(export("HTML", sanitize_html=True)[0])
    assert 'Computation graph of L"<b>&[U+0007] = 1, from w = 0.5' in page.words
    assert "Structure of MLP" in page.words
    assert "Step through L" in page.words and "run this cell to see the page" in page.words
    assert "Last heading" in page.words
    assert "base64" not in page.words and "color-scheme" not in page.words
    assert longest_word(page.words) < 100


@needs_pandoc
@pytest.mark.parametrize("reader", ["gfm", "commonmark"])
def test_markdown_keeps_all_pictures_and_all_that_follows_them(reader: str) -> None:
    text, resources = export("Markdown")
    assert not resources["outputs"], "no files that nothing shows"
    html = subprocess.run(
        ["pandoc", "-f", reader, "-t", "html"], input=text.encode(), capture_output=True, check=True
    ).stdout.decode()
    page = Page(html)
    assert page.headings == ["First heading", "Last heading"]
    assert page.pictures == sum(PICTURES.values())
    assert page.frames == 1
    assert "The end." in page.words


@needs_pandoc
def test_latex_shows_text_and_asks_for_no_conversion(monkeypatch: pytest.MonkeyPatch) -> None:
    def convert(*_: Any) -> None:
        raise AssertionError("an SVG would have to be converted, by Inkscape")

    monkeypatch.setattr(
        "nbconvert.preprocessors.SVG2PDFPreprocessor.convert_figure", convert, raising=True
    )
    text, _ = export("Latex")
    assert "Value(data=1.0, grad=1.0" in text
    assert "<Walkthrough: " in text and "MLP(2, [2, 1]" in text
    assert "Last heading" in text and r"\end{document}" in text
    assert "base64" not in text


@needs_pandoc
def test_restructured_text_shows_every_picture() -> None:
    text, _ = export("RST")
    html = subprocess.run(
        ["pandoc", "-f", "rst", "-t", "html"], input=text.encode(), capture_output=True, check=True
    ).stdout.decode()
    page = Page(html)
    assert page.pictures == sum(PICTURES.values())
    assert page.headings == ["First heading", "Last heading"]


@pytest.mark.parametrize("name", PICTURES)
def test_tools_that_ask_for_html_alone_get_the_picture(name: str) -> None:
    """sphinx-gallery calls ``_repr_html_`` by its name, and then ``__repr__``."""
    thing = results()[name]
    html = thing._repr_html_()
    page = Page(html)
    assert page.pictures == PICTURES[name]
    assert page.frames == (name == "page")
    bundle: Callable[[], dict[str, str]] | None = getattr(thing, "_repr_mimebundle_", None)
    assert bundle is None or bundle()["text/html"] == html


def test_words_are_escaped_wherever_they_stand() -> None:
    for name, thing in results().items():
        assert "<b>&" not in re.sub('data-page="[^"]*"', "", thing._repr_html_()), name
