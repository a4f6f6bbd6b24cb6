"""In a real browser, pictures fit their places, and their text can be read there."""

from __future__ import annotations

import base64
import re
from itertools import combinations
from typing import TYPE_CHECKING, Any

import pytest

from viz import __main__ as command
from viz import draw

from .browser import CHROMIUM, NEEDED, browser
from .built import prepared
from .graphs import GRAPHS, made
from .overlaps import overlaps
from .reading import seen
from .test_wide_labels import BEYOND

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .browser import Browser

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None and not NEEDED, reason="Chromium is not installed"),
]

SCREENS = (390, 820, 948, 1300)
SHEET = 688  # the width of A4 between the margins of the gallery, px
TEXT = 11.0  # px
PRINTED = 9.3  # px: 7 points
PRINTED_CELL = 546  # the width of an output in a notebook that nbconvert has made a page, px


@pytest.fixture(scope="module")
def page() -> Iterator[Browser]:
    with browser() as started:
        yield started


# ── the gallery ──────────────────────────────────────────────────────────────────────────────

# Which file each picture shows, how far it is shrunk, and where it is.
PICTURES = """[...document.images].map((image) => {
    const {left, right, width, height} = image.getBoundingClientRect();
    const scale = Math.min(width / image.naturalWidth, height / image.naturalHeight);
    return [image.currentSrc.split("/").slice(-2).join("/"), scale, left, right, height];
})"""
LOADED = "[...document.images].every((image) => image.complete && image.naturalWidth)"


@pytest.fixture(scope="module")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("gallery")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("viz.course.rendering.build", prepared)
        assert command.main(["--no-steps", "--out", str(out)]) == 0
    return out / "index.html"


def check_gallery(
    page: Browser, gallery: Path, width: int, legible: float, count: int
) -> list[Any]:
    page.run("document.querySelectorAll('details').forEach((each) => { each.open = true })")
    page.wait(LOADED)
    assert page.run("document.documentElement.scrollWidth") <= width
    found = [each for each in page.run(PICTURES) if each[-1]]
    assert len(found) == count
    for file, scale, left, right, _ in found:
        name = file.removeprefix(f"{gallery.parent.name}/")
        assert left >= 0 and right <= width, name
        svg = (gallery.parent / name).read_text("utf-8")
        assert scale * smallest(svg) >= legible, f"{name}: text of {scale * smallest(svg):.1f} px"
    return list(found)


def smallest(svg: str) -> float:
    """The size of the smallest text, in pixels."""
    return 4 / 3 * min(map(float, re.findall(r'font-size="([\d.]+)"', svg)))


@pytest.mark.parametrize("width", SCREENS)
def test_the_gallery_fits_the_window(width: int, page: Browser, gallery: Path) -> None:
    page.open(gallery, width=width)
    found = check_gallery(page, gallery, width, TEXT, count=40)
    on_phone = [file for file, *_ in found if file.startswith("phone/")]
    assert bool(on_phone) is (width < 780)


def test_the_gallery_fits_a_sheet_of_paper(page: Browser, gallery: Path) -> None:
    page.open(gallery, width=1300)
    page.ask("Emulation.setEmulatedMedia", media="print")
    page.ask(
        "Emulation.setDeviceMetricsOverride",
        width=SHEET, height=1016, deviceScaleFactor=1, mobile=False,
    )  # fmt: skip
    try:
        found = check_gallery(page, gallery, SHEET, PRINTED, count=23)  # sequences: ends
        assert all(height <= 950 for *_, height in found)
    finally:
        page.ask("Emulation.setEmulatedMedia", media="")


def test_paper_gets_its_own_pictures_from_a_wide_window_at_once(
    page: Browser, gallery: Path
) -> None:
    page.open(gallery, width=1300)
    shown = "[...document.querySelectorAll('picture img')].map((i) => i.complete && i.currentSrc)"
    assert any("/wide/" in source for source in page.run(shown))
    page.run("new Promise((done) => setTimeout(done, 1000))")  # those for paper are loaded
    on_paper = page.run(f"dispatchEvent(new Event('beforeprint')), {shown}")
    assert all(source and "/wide/" not in source for source in on_paper)
    page.run("dispatchEvent(new Event('afterprint'))")
    page.wait(f"{shown}.some((source) => source && source.includes('/wide/'))")


# ── graphs of one's own ──────────────────────────────────────────────────────────────────────


HEAD = "<!DOCTYPE html><meta charset=utf-8><meta name=viewport content='width=device-width'>"


@pytest.mark.parametrize("width", SCREENS)
@pytest.mark.parametrize("name", GRAPHS)
def test_a_graph_fits_the_place_it_is_drawn_for(
    name: str, width: int, page: Browser, tmp_path: Path
) -> None:
    drawn = draw(made(name), width=width)
    file = tmp_path / "picture.html"
    html = f"{HEAD}<body style='margin: 0'>{drawn._repr_html_()}"
    file.write_text(html, encoding="utf-8")
    page.open(file, width=width)
    assert page.run("document.documentElement.scrollWidth") <= width
    shown = page.run("document.querySelector('[role=img]').getBoundingClientRect().width")
    scale = shown / (drawn.size[0] * 4 / 3)
    assert scale * smallest(drawn.svg) >= TEXT
    file.write_text(f"{HEAD}{drawn.svg}", encoding="utf-8")
    page.open(file, width=width)
    assert not page.run(BEYOND)
    for one, other in combinations(seen(drawn).boxes, 2):
        a, b = one.frame, other.frame
        apart = a.right <= b.left or b.right <= a.left or a.bottom <= b.top or b.bottom <= a.top
        assert apart, (one.heading, other.heading)


# What is shown of each picture on paper: how wide and how high.
PRINTED_BOXES = """[...document.querySelectorAll('[style*=padding-bottom]')].map((box) => {
    const {width, height} = box.getBoundingClientRect();
    return [box.style.backgroundImage, width, height];
}).filter(([, , height]) => height > 5)"""


@pytest.mark.parametrize("name", GRAPHS)
def test_a_graph_drawn_for_a_notebook_can_be_read_on_a_sheet_of_paper(
    name: str, page: Browser, tmp_path: Path
) -> None:
    drawn = draw(made(name))
    file = tmp_path / "picture.html"
    style = f"@media print {{ body {{ width: {PRINTED_CELL}px }} }}"
    html = f"{HEAD}<style>{style}</style><body style='margin: 0'>{drawn._repr_html_()}"
    file.write_text(html, encoding="utf-8")
    page.open(file, width=948)
    (on_screen,) = page.run(PRINTED_BOXES)
    assert on_screen[1] == pytest.approx(min(948, drawn.size[0] * 4 / 3), abs=3)
    page.ask("Emulation.setEmulatedMedia", media="print")
    page.ask(
        "Emulation.setDeviceMetricsOverride",
        width=SHEET, height=1016, deviceScaleFactor=1, mobile=False,
    )  # fmt: skip
    try:
        ((data, width, height),) = page.run(PRINTED_BOXES)
    finally:
        page.ask("Emulation.setEmulatedMedia", media="")
    svg = base64.b64decode(data.partition("base64,")[2].rstrip('")')).decode()
    (natural,) = re.findall(r'<svg [^>]*?width="([\d.]+)pt"', svg)
    assert smallest(svg) * width / (float(natural) * 4 / 3) >= PRINTED
    assert width <= PRINTED_CELL and height <= 1016
    assert not overlaps(svg)
