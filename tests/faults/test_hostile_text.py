"""Labels, roles, titles, captions and names are text in every format, never a script."""

from __future__ import annotations

import json
import re
import shutil
import struct
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from autograd import Value
from nn import Module, Neuron
from viz import Picture, draw, step_through
from viz.course.example import Example, Figure, Scene
from viz.course.examples import LESSONS
from viz.course.gallery import page
from viz.pictures.text import shortened
from viz.pictures.viewer.viewer import write_waking

from ..viz.browser import CHROMIUM, NEEDED, Browser, browser
from ..viz.reading import read, seen
from ..viz.test_gallery import Page
from .attacks import ATTACKS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

DOT = shutil.which("dot")
needs_dot = pytest.mark.skipif(DOT is None, reason="Graphviz's program dot is not installed")
needs_chromium = pytest.mark.skipif(
    CHROMIUM is None and not NEEDED,
    reason="Chromium is not installed (GLASSGRAD_NEEDS_CHROMIUM=1 makes this a failure)",
)
attacks = pytest.mark.parametrize("text", ATTACKS.values(), ids=ATTACKS)
pytestmark = pytest.mark.thorough


def compute(text: str) -> Value:
    """A graph in which every name is this text."""

    class Model(Module):
        def __init__(self) -> None:
            self.parts = {text: Neuron(2, seed=0)}

        def forward(self, *x: Value) -> Any:
            return self.parts[text](list(x))

    Model.__name__ = re.sub("[\0\ud800-\udfff]", "", text) or "Model"
    w = Value(2.0, text, role="parameter")
    y = Model()(Value(1.0, text, role="input") * w, Value(0.5, text, role=text)) - 3.0
    y.label = text
    y.backward()
    return y  # type: ignore[no-any-return]


def pictures(text: str) -> list[Picture]:
    y = compute(text)
    scalar = draw(y, detail="scalar", derivatives=True, title=text, highlight=[y])
    return [scalar, draw(y, detail="neuron", title=text)]


def gallery(text: str) -> str:
    """The gallery with one lesson, in which every text is this one."""
    written = text.encode(errors="replace").decode()
    y = compute(text)
    scene = Scene("", written, draw(y, title=text), y)
    figures = [Figure(written, 1.0, 1.0), Figure(written, 1.0, 2.0)]
    example = Example([scene], figures, [(written, 1.0)], written)
    texts: Any = dict.fromkeys(LESSONS[0]._fields[2:-1], written)
    lesson = LESSONS[0]._replace(**texts)
    return page([(lesson, example)], "svg")


@pytest.mark.slow
@attacks
def test_a_text_adds_nothing_to_a_picture_but_itself(text: str) -> None:
    plain = pictures("name")
    for hostile, tame in zip(pictures(text), plain, strict=True):
        found, expected = seen(hostile), seen(tame)  # seen() refuses anything active
        assert len(found.boxes) == len(expected.boxes)
        assert len(found.circles) == len(expected.circles)
        assert len(found.clusters) == len(expected.clusters)
        assert len(hostile.svg) < len(tame.svg) + 30 * 250 * 8, "long texts are cut"


@pytest.mark.slow
@attacks
def test_a_text_adds_nothing_to_the_gallery_but_itself(text: str) -> None:
    def elements(text: str) -> list[tuple[str, list[str]]]:
        # How long a text is decides the shape of the picture: where it stands (the class of its
        # figure), and for how many windows it is laid out (sources).
        return [
            (tag, [] if tag == "figure" else sorted(a))
            for tag, a in Page(gallery(text)).elements
            if tag != "source"
        ]

    assert elements(text) == elements("name")


@needs_dot
@attacks
@pytest.mark.slow
def test_png_and_pdf_have_the_size_of_the_svg(text: str, tmp_path: Path) -> None:
    assert DOT is not None
    picture = draw(compute(text), title=text)
    svg = subprocess.run(
        [DOT, "-Tsvg"], input=picture.source.encode(), capture_output=True, check=True
    ).stdout.decode()
    assert read(svg).boxes
    points = [float(n) for n in re.findall(r' (?:width|height)="([\d.]+)pt"', svg)[:2]]
    png = picture.save(tmp_path / "a.png").read_bytes()
    assert struct.unpack(">II", png[16:24]) == pytest.approx([p * 96 / 72 for p in points], abs=2)
    pdf = picture.save(tmp_path / "a.pdf").read_bytes()
    boxes = re.findall(rb"/MediaBox \[ ?0 0 ([\d.]+) ([\d.]+) ?\]", pdf)
    assert len(boxes) == 1, "one page"
    margins = 2 * 36.0  # dot's own, on paper
    assert [float(n) - margins for n in boxes[0]] == pytest.approx(points, abs=2)


# ── in a real browser ────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def running() -> Iterator[Browser]:
    with browser() as started:
        yield started


def inline(text: str) -> str:
    """Pictures in a page, as notebooks show them: as an image, and as bare SVG."""
    drawn = pictures(text)
    shown = "".join(p.svg + str(p._repr_mimebundle_()["text/html"]) for p in drawn)
    return f'<!DOCTYPE html><meta charset="utf-8"><title>x</title>{shown}'


PAGES: dict[str, Callable[[str], str]] = {
    "picture.svg": lambda text: pictures(text)[0].svg,
    "pictures.html": inline,
    "steps.html": lambda text: step_through(compute(text), title=text).html,
    "gallery.html": gallery,
}

# A successful attack would show as one of these, perhaps only after a mouse event.
OURS = json.dumps({"onfocus": "this.onpointerenter()", "onpointerenter": write_waking()})
INTRUDERS = (
    f"""(() => {{
    const OURS = {OURS};
"""
    """    const all = [...document.querySelectorAll("*")];
    const links = all.flatMap((e) => [e.getAttribute("href"), e.getAttribute("xlink:href")]);
    for (const element of all)
        for (const kind of ["mouseover", "mousemove", "focus", "load"])
            element.dispatchEvent(new Event(kind));
    return [
        window.hit !== undefined,
        all.some((e) => [...e.attributes].some((a) =>
            a.name.startsWith("on") && a.value !== OURS[a.name])),
        links.some((link) => link && link.trim().toLowerCase().startsWith("javascript")),
        all.some((e) => ["evil", "table"].includes(e.id)),
    ].some(Boolean);
})()"""
)


# The gallery's texts are our own, so it does not escape these; the browser replaces them.
UNSHOWN = dict.fromkeys(PAGES, ()) | {
    "gallery.html": (
        "hard: control characters",
        "hard: a lone surrogate",
        "hard: not a character",
        "hard: override",
    ),
}


@needs_chromium
@pytest.mark.parametrize("name", PAGES)
@pytest.mark.slow
def test_no_text_runs_a_script_and_all_of_it_is_shown(
    name: str, running: Browser, tmp_path: Path
) -> None:
    for attack, text in ATTACKS.items():
        path = tmp_path / name
        path.write_text(PAGES[name](text), encoding="utf-8")
        running.open(path)
        assert running.run(INTRUDERS) is False, attack
        beside = [
            url for url in running.requests if not url.startswith(("file:", "data:", "about:"))
        ]
        assert not beside, attack
        missing = [e for e in running.errors if "ERR_FILE_NOT_FOUND" not in e]
        assert not missing, attack  # the gallery's pictures are not beside it here
        shown = " ".join(str(running.run("document.documentElement.textContent")).split())
        expected = shortened(text, 28).rstrip("…")
        if attack not in UNSHOWN[name]:
            assert expected in shown, attack
