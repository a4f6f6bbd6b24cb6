"""Pages of steps on paper: every number and every written step, within a notebook too."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING

import pytest

from autograd import Value
from viz import draw, step_through

from .browser import CHROMIUM, NEEDED, Browser, browser

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None and not NEEDED, reason="Chromium is not installed"),
]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as started:
        yield started


def chain(length: int = 10) -> Value:
    y = Value(0.5, "x")
    for _ in range(length):
        y = y * 0.5 + 1.0
    y.label = "y"
    return y


def notebook(tmp_path: Path, html: str) -> Path:
    page = tmp_path / "notebook.html"
    text = f'<!DOCTYPE html><meta charset="utf-8"><title>A notebook</title><p>Before</p>{html}'
    page.write_text(text, encoding="utf-8")
    return page


def sheets(chromium: Browser) -> int:
    """The number of pages of the PDF that is printed on A4."""
    pdf = chromium.ask("Page.printToPDF", paperWidth=8.27, paperHeight=11.69)["data"]
    return len(re.findall(rb"/Type\s*/Page\b", base64.b64decode(pdf)))


def test_a_notebook_prints_the_picture_and_all_steps_in_place_of_the_frame(
    chromium: Browser, tmp_path: Path
) -> None:
    walk = step_through(chain())
    chromium.open(notebook(tmp_path, walk._repr_html_()))
    chromium.wait("document.getElementById('said')?.textContent", in_frame=True)
    assert sheets(chromium) >= 3, "what is written takes more than the frame"
    chromium.ask("Emulation.setEmulatedMedia", media="print")
    chromium.run("window.dispatchEvent(new Event('beforeprint'))")
    sheet = "document.querySelector('iframe').nextSibling?.shadowRoot"
    try:
        assert not chromium.run("document.querySelector('iframe').offsetHeight")
        heights = chromium.run(f"[...{sheet}.querySelectorAll('li')].map((e) => e.offsetHeight)")
        assert len(heights) == len(walk.steps) and min(heights) > 10
        shown = f"[...{sheet}.querySelectorAll('.graph')].map((e) => e.getBoundingClientRect())"
        ((width, height),) = chromium.run(f"{shown}.map(({{width, height}}) => [width, height])")
        assert width < 650 and 100 < height < 910
        number = f"{sheet}.querySelector('[data-t=\"v0 grad\"]').textContent"
        assert chromium.run(number).startswith("0.0009766")  # 0.5 to the power of 10
        fills = f"getComputedStyle({sheet}.querySelector('.graph .body')).fill"
        assert chromium.run(fills) == "rgb(255, 255, 255)", "the page's colours have come along"
    finally:
        chromium.run("window.dispatchEvent(new Event('afterprint'))")
        chromium.ask("Emulation.setEmulatedMedia", media="")
    assert chromium.run(f"!{sheet} && document.querySelector('iframe').offsetHeight") == 680


def test_a_picture_in_a_notebook_is_whole_on_its_sheet(chromium: Browser, tmp_path: Path) -> None:
    picture = draw(chain(), detail="scalar", direction="TB")
    assert picture.size[1] * 4 / 3 > 1300, "higher than a sheet"
    chromium.open(notebook(tmp_path, picture._repr_html_()))
    assert sheets(chromium) <= 2
    box = "document.querySelector('[role=img]').getBoundingClientRect()"
    for width, height, shrinks in ((718, 1047, True), (390, 844, False), (948, 700, False)):
        size = {"width": width, "height": height}
        chromium.ask(
            "Emulation.setDeviceMetricsOverride", deviceScaleFactor=1, mobile=False, **size
        )
        assert (chromium.run(f"{box}.height") < height) is shrinks


def test_a_page_prints_the_drawing_with_the_largest_text(chromium: Browser, tmp_path: Path) -> None:
    path = step_through(chain(3)).save(tmp_path / "page.html")
    chromium.open(path, width=1300)
    shown = "document.querySelector('.graph:not([hidden])')"
    before = chromium.run(f"{shown}.viewBox.baseVal.width")
    chromium.ask("Emulation.setEmulatedMedia", media="print")
    chromium.run("dispatchEvent(new Event('beforeprint'))")
    try:
        width = chromium.run(f"{shown}.getBoundingClientRect().width")
        scale = width / chromium.run(f"{shown}.viewBox.baseVal.width")
        assert 10 * scale >= 9.3  # 7 points on paper
        assert chromium.run("[...document.querySelectorAll('.to')].every((e) => !e.offsetHeight)")
    finally:
        chromium.ask("Emulation.setEmulatedMedia", media="")
        chromium.run("dispatchEvent(new Event('afterprint'))")
    assert chromium.run(f"{shown}.viewBox.baseVal.width") == before
