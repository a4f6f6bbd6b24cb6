"""Pages of steps fit their windows: what cannot be read there is folded, and the steps go on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import nn
from autograd import Value, softmax, total
from viz.course.rendering import _step_pages
from viz.stepping.steps import step_through

from .browser import IN_A_BROWSER, Browser, browser
from .built import chapters
from .graphs import GRAPHS, made

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

pytestmark = IN_A_BROWSER

WINDOWS = ((390, 844), (844, 390), (820, 1100), (948, 800), (1300, 800))
TEXT = 10.99  # px; the smallest text has 10 points
PRINTED = 9.33  # px: 7 points


def network() -> Value:
    inputs = [Value(0.5, "x1", role="input"), Value(-1.0, "x2", role="input")]
    return nn.half_squared_error(nn.MLP(2, [4, 4, 1], seed=1)(inputs), 1.0)


def softmax_of_rows() -> Value:
    rows = [[Value(0.3 * i - 0.1 * j, f"a{i}{j}") for j in range(3)] for i in range(3)]
    return total([softmax(row)[0] for row in rows])


def examples() -> dict[str, Callable[[], Value | Sequence[Value]]]:
    """What each page of a worked example shows, by its name."""
    return {
        file: lambda losses=losses: losses  # type: ignore[misc]
        for lesson, example in chapters()
        for file, losses in _step_pages(lesson, example)
    }


OWN: dict[str, Callable[[], Value]] = {
    **{name: lambda name=name: made(name) for name in GRAPHS},  # type: ignore[misc]
    "network": network,
    "softmax of rows": softmax_of_rows,
}
WIDE = ("09-embeddings-cosine.html", "10-learn-cat-1.html", "12-more-data-64.html")
LARGEST = "network, 4 points"  # its page takes seconds, and folds as that of 1 point does

# How much is scrolled sideways; the smallest text; and what is out of sight of the buttons and the
# frame of the picture, at the step where the box of the loss is in focus.
SEEN = """(() => {
    const scroll = document.getElementById("scroll"), frame = scroll.getBoundingClientRect();
    const drawing = document.querySelector(".graph:not([hidden])");
    const scale = drawing.getBoundingClientRect().width / drawing.viewBox.baseVal.width;
    const within = (e, {left, top, right, bottom}) => {
        const box = e.getBoundingClientRect();
        return box.left >= left - 1 && box.right <= right + 1 && box.top >= top - 1
            && box.bottom <= bottom + 1;
    };
    const window = {left: 0, top: 0, right: innerWidth, bottom: innerHeight};
    const hidden = ["scroll", "slider", "first", "back", "play", "next", "end", "speed"].filter(
        (id) => !within(document.getElementById(id), window));
    const loss = drawing.querySelector(".box.active .body");
    if (!loss || !within(loss, frame)) hidden.push("loss");
    const sideways = Math.max(scroll.scrollWidth - scroll.clientWidth,
        document.documentElement.scrollWidth - innerWidth);
    return [sideways, 10 * scale, hidden];
})()"""


def check_page(page: Browser, losses: Value | Sequence[Value], folder: Path) -> None:
    """In all windows; for a training, whose steps are about the leaves, the loss is looked for."""
    walk = step_through(losses)
    path = walk.save(folder / "page.html")
    back = [k for k, step in enumerate(walk.steps) if step.phase == "backward"]
    for width, height in WINDOWS:
        page.open(path, width=width, height=height, step=back[0] if back else 0)
        if not back:
            page.run(
                "(() => { const box = document.querySelector('.graph:not([hidden]) .loss, "
                ".graph:not([hidden]) .output'); box.classList.add('active'); "
                "box.scrollIntoView({block: 'nearest'}); scrollTo(0, 0); })()"
            )
        sideways, text, hidden = page.run(SEEN)
        assert (sideways <= 0, text >= TEXT, hidden) == (True, True, []), (width, sideways, text)
    check_paper(page)


def check_paper(page: Browser) -> None:
    """The whole picture is on a sheet, and can be read there."""
    page.ask("Emulation.setEmulatedMedia", media="print")
    page.run("dispatchEvent(new Event('beforeprint'))")
    try:
        width, height, scale = page.run(
            """(() => {
                const drawing = document.querySelector(".graph:not([hidden])");
                const {width, height} = drawing.getBoundingClientRect();
                return [width, height, width / drawing.viewBox.baseVal.width];
            })()"""
        )
    finally:
        page.run("dispatchEvent(new Event('afterprint'))")
        page.ask("Emulation.setEmulatedMedia", media="")
    assert width <= 641 and height <= 901 and 10 * scale >= PRINTED, (width, height, scale)


def test_pages_of_worked_examples_fit(chromium: Browser, tmp_path: Path) -> None:
    pages = examples()
    assert len(pages) == 16
    for losses in pages.values():
        check_page(chromium, losses(), tmp_path)


@pytest.mark.parametrize("name", [name for name in OWN if name != LARGEST])
def test_pages_of_ones_own_graphs_fit(chromium: Browser, tmp_path: Path, name: str) -> None:
    check_page(chromium, OWN[name](), tmp_path)


def test_pages_fit_beside_scrollbars_that_take_room(tmp_path: Path) -> None:
    pages = {**examples(), **OWN}
    with browser(scrollbars=True) as page:
        for name in (*WIDE, "loss over examples", "network, 1 point"):
            path = step_through(pages[name]()).save(tmp_path / "page.html")
            for width, height in WINDOWS:
                page.open(path, width=width, height=height)
                sideways, text, _ = page.run(SEEN)
                assert (sideways <= 0, text >= TEXT) == (True, True), (name, width, sideways, text)


@pytest.mark.parametrize("window", [(320, 568), (360, 640), (568, 320), (640, 360)])
def test_on_a_small_phone_nothing_is_cut(
    chromium: Browser, tmp_path: Path, window: tuple[int, int]
) -> None:
    width, height = window
    pages = examples()
    for name in (*WIDE, "02-target-moves.html", "11-learn-from-a-mistake-1.html"):
        links = [("11. Learning from a mistake", "index.html"), ("12. More data", "next.html")]
        path = step_through(pages[name](), links=links).save(tmp_path / "page.html")
        chromium.open(path, width=width, height=height, step=3)
        assert chromium.run("document.documentElement.scrollWidth") <= width, name
        assert chromium.run(
            "[...document.querySelectorAll('button, select')].every((each) =>"
            " each.getBoundingClientRect().right <= innerWidth)"
        ), name


# ── steps inside a fold ──────────────────────────────────────────────────────────────────────

FOLD = "document.querySelector('.graph:not([hidden]) .box[data-node*=\" \"]')"


def count(page: Browser) -> str:
    return str(page.run("document.getElementById('count').textContent"))


def attribute(page: Browser, element: str, name: str) -> Any:
    return page.run(f"{element}.getAttribute('{name}')")


def test_a_step_inside_a_fold_lights_it_up_and_says_where_it_is(
    chromium: Browser, tmp_path: Path
) -> None:
    walk = step_through(made("softmax classifier"))
    path = walk.save(tmp_path / "page.html")
    chromium.open(path, width=390, height=844)
    folds = chromium.run(
        "Object.fromEntries([...document.querySelectorAll('.graph:not([hidden]) "
        ".box[data-node*=\" \"]')].map((e) => [e.dataset.of, e.dataset.node.split(' ').slice(1)]))"
    )
    fold_of = {name: fold for fold, names in folds.items() for name in names}
    assert len(folds) >= 5
    inside = 0
    for k, step in enumerate(walk.steps[:-1]):
        active = chromium.run(
            "[...document.querySelectorAll('.graph:not([hidden]) .box.active')]"
            ".map((e) => [e.dataset.of, e.matches('.lit')])"
        )
        if step.focus:
            assert [fold_of.get(step.focus[0], step.focus[0]), True] in active, k
            inside += step.focus[0] in fold_of
            assert (", inside " in count(chromium)) is (step.focus[0] in fold_of)
        chromium.press("ArrowRight")
    assert inside > 30


def test_a_fold_leads_to_the_first_step_inside_by_mouse_and_by_key(
    chromium: Browser, tmp_path: Path
) -> None:
    walk = step_through(made("loss over examples"))
    chromium.open(walk.save(tmp_path / "page.html"), width=390, height=844)
    names = attribute(chromium, FOLD, "data-node").split(" ")[1:]
    forward, backward = (
        min(k for k, s in enumerate(walk.steps) if s.phase == phase for e in s.entries
            if e.field == field and e.where in names)
        for phase, field in (("forward", "data"), ("backward", "grad"))
    )  # fmt: skip
    chromium.run(f"{FOLD}.dispatchEvent(new MouseEvent('click', {{bubbles: true}}))")
    assert count(chromium).startswith(f"step {forward} of")
    chromium.run(f"{FOLD}.focus()")
    chromium.press("Enter")
    assert count(chromium).startswith(f"step {backward} of")
    chromium.run(f"document.querySelectorAll('#steps li')[{forward + 1}].click()")
    assert count(chromium).startswith(f"step {forward + 1} of")
    assert "active" in attribute(chromium, FOLD, "class")
