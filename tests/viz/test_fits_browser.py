"""In a real browser, pictures fit their places, and their text can be read there."""

from __future__ import annotations

import random
import re
from itertools import combinations
from typing import TYPE_CHECKING, Any

import pytest

import nn
from autograd import Value, dot, mean, softmax, total
from viz import __main__ as command
from viz import draw

from .browser import CHROMIUM, NEEDED, browser
from .built import prepared
from .reading import seen
from .test_wide_labels import BEYOND

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
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
        patch.setattr(command, "build", prepared)
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


# ── graphs of one's own ──────────────────────────────────────────────────────────────────────


def network(points: int) -> Value:
    model = nn.MLP(2, [4, 4, 1], seed=0)
    errors = [model([Value(0.1 * i, "x1"), Value(0.2, "x2")]) - 1.0 for i in range(points)]
    return total([error * error for error in errors])


def logistic_regression() -> Value:
    w1, w2, b = (Value(0.5, name, role="parameter") for name in ("w1", "w2", "b"))
    return nn.binary_cross_entropy((w1 * 1.5 + w2 * 2.0 + b).sigmoid(), 1.0)


def softmax_classifier() -> Value:
    rng = random.Random(0)
    x = [Value(float(j), f"x{j}", role="input") for j in range(3)]
    weights = [
        [Value(rng.uniform(-1, 1), f"w{i}{j}", role="parameter") for j in range(3)]
        for i in range(3)
    ]
    return nn.cross_entropy([dot(row, x) for row in weights], 1)


def attention_head() -> Value:
    rng = random.Random(0)
    tokens = [[Value(rng.uniform(-1, 1), f"x{t}{i}") for i in range(2)] for t in range(3)]

    def projected(name: str, x: list[Value]) -> list[Value]:
        return [dot([weights[name, i, j] for j in range(2)], x) for i in range(2)]

    weights = {
        (name, i, j): Value(rng.uniform(-1, 1), f"{name}{i}{j}", role="parameter")
        for name in "qkv" for i in range(2) for j in range(2)
    }  # fmt: skip
    query = projected("q", tokens[-1])
    share = softmax([dot(query, projected("k", x)) * 0.5**0.5 for x in tokens])
    return total(
        [dot(share, column) for column in zip(*(projected("v", x) for x in tokens), strict=True)]
    )


def chain(length: int) -> Value:
    y = Value(1.0, "x", role="input")
    for i in range(length):
        y = y * 1.01 if i % 2 else y + 0.1
    return y


def loss_over_examples() -> Value:
    w, b = Value(0.5, "w", role="parameter"), Value(0.1, "b", role="parameter")
    return mean([(w * (0.01 * i) + b - 0.02 * i) ** 2 for i in range(100)])


def squares() -> Value:
    x = Value(3.0, "x")
    return x * x + (x + x)


def not_a_number() -> Value:
    w = Value(2.0, "w", role="parameter")
    return Value(-1.0, "x").log() * w + w


GRAPHS: dict[str, Callable[[], Value]] = {
    "network, 1 point": lambda: network(1),
    "network, 4 points": lambda: network(4),
    "logistic regression": logistic_regression,
    "softmax classifier": softmax_classifier,
    "attention head": attention_head,
    "chain": lambda: chain(50),
    "loss over examples": loss_over_examples,
    "squares": squares,
    "nan": not_a_number,
}


HEAD = "<!DOCTYPE html><meta charset=utf-8><meta name=viewport content='width=device-width'>"


@pytest.mark.parametrize("width", SCREENS)
@pytest.mark.parametrize("name", GRAPHS)
def test_a_graph_fits_the_place_it_is_drawn_for(
    name: str, width: int, page: Browser, tmp_path: Path
) -> None:
    loss = GRAPHS[name]()
    loss.label = "L"
    loss.backward()
    drawn = draw(loss, width=width)
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
