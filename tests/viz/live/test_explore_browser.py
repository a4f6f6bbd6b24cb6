"""The live page in a real browser: numbers are dragged and typed, and everything follows."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import nn
from autograd import Value
from autograd.graph import topological
from viz import Explorer, explore
from viz.pictures.text import number

from ..browser import CHROMIUM, NEEDED, Browser, browser
from ..labels import HARD

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        CHROMIUM is None and not NEEDED,
        reason="Chromium is not installed (GLASSGRAD_NEEDS_CHROMIUM=1 makes this a failure)",
    ),
]

FIGURES = json.loads((Path(__file__).parents[2] / "worked_examples.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def running() -> Iterator[Browser]:
    with browser() as started:
        yield started


@pytest.fixture
def chromium(running: Browser) -> Iterator[Browser]:
    """A browser, in which no script may fail and nothing may be asked of a network."""
    yield running
    assert not running.errors
    assert [
        url for url in running.requests if not url.startswith(("file:", "about:", "data:"))
    ] == []


def loss(w: float = 0.5, b: float = 1.0, *, frozen: bool = False) -> Value:
    """The neuron of the worked examples; in the seventh, only w learns."""
    weight, x = Value(w, "w", role="parameter"), Value(2.0, "x", role="input")
    bias = Value(b, "b", role="constant" if frozen else "parameter")
    y_pred = weight * x + bias
    y_pred.label = "y_pred"
    result = nn.half_squared_error(y_pred, Value(3.0, "y_true", role="target"))
    result.label = "L"
    return result


def opened(page: Browser, explorer: Explorer, folder: Path, **options: Any) -> None:
    page.open(explorer.save(folder / "live.html"), **options)


def ask(page: Browser, call: str) -> Any:
    return page.run(f"glassgrad.{call}")


def settle(page: Browser) -> None:
    """Wait until what has changed is drawn."""
    page.run("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def written(page: Browser, place: str) -> str:
    """A text in the drawing that is to be seen."""
    settle(page)
    script = f"document.querySelector('.graph:not([hidden]) [data-t=\"{place}\"]').textContent"
    return str(page.run(script))


BOX = "document.querySelector('.graph:not([hidden]) .box[data-name=\"{}\"]')"


def box_of(page: Browser, name: str) -> tuple[float, float]:
    page.run(f"{BOX.format(name)}.scrollIntoView({{block: 'center'}})")
    x, y = page.run(
        f"(({{left, top, width, height}}) => [left + width / 2, top + height / 2])"
        f"({BOX.format(name)}.getBoundingClientRect())"
    )
    return x, y


def text(page: Browser, name: str) -> str:
    return str(page.run(f"document.getElementById('{name}').textContent"))


def test_four_updates_lead_to_the_numbers_of_the_worked_example(
    chromium: Browser, tmp_path: Path
) -> None:
    expected = FIGURES["examples"]["iterative-improvement"]
    opened(chromium, explore(loss(frozen=True)), tmp_path)
    for k in range(5):
        assert math.isclose(ask(chromium, "data('L')"), expected["L"][k], rel_tol=1e-12)
        assert math.isclose(ask(chromium, "data('w')"), expected["w"][k], rel_tol=1e-12)
        settle(chromium)
        assert text(chromium, "result") == f"L = {number(expected['L'][k])}"
        assert chromium.run("document.querySelectorAll('#curve circle').length") == k + 1
        chromium.click(*chromium.middle("#update"))
    chromium.click(*chromium.middle("#undo"))
    assert math.isclose(ask(chromium, "data('L')"), expected["L"][4], rel_tol=1e-12)
    chromium.click(*chromium.middle("#reset"))
    chromium.click(*chromium.middle("#ten"))
    assert math.isclose(ask(chromium, "data('L')"), 0.5 * 0.36**10, rel_tol=1e-9)
    chromium.click(*chromium.middle("#undo"))
    assert ask(chromium, "data('w')") == 0.5


def test_a_number_is_dragged_and_everything_follows(chromium: Browser, tmp_path: Path) -> None:
    opened(chromium, explore(loss()), tmp_path)
    x, y = box_of(chromium, "w")
    chromium.mouse("mouseMoved", x, y)
    chromium.mouse("mousePressed", x, y, button="left", clickCount=1)
    for dx in (10, 50, 200):
        chromium.mouse("mouseMoved", x + dx, y + 3, button="left", buttons=1)
    chromium.mouse("mouseReleased", x + 200, y, button="left", clickCount=1)
    assert ask(chromium, "data('w')") == 1.0  # 200 pixels are 50 steps of 0.01
    root = loss(w=1.0)
    root.backward()
    assert ask(chromium, "data('L')") == root.data == 0.0
    assert written(chromium, "v0 data") == "1"
    assert written(chromium, "v0 grad") == "0"
    chromium.click(*chromium.middle("#undo"))
    assert written(chromium, "v0 grad") == "−2  ▼"
    assert ask(chromium, "data('w')") == 0.5  # all of the drag is undone at once


def test_every_number_in_the_picture_is_that_of_python(chromium: Browser, tmp_path: Path) -> None:
    opened(chromium, explore(loss()), tmp_path)
    for w, b in ((0.25, -3.0), (0.001, 2.5), (40.0, 0.5), (-1.5, 1e5)):
        ask(chromium, f"set('w', {w})")
        ask(chromium, f"set('b', {b})")
        root = loss(w, b)
        root.backward()
        for i, v in enumerate(topological(root)):
            assert written(chromium, f"v{i} data") == number(v.data)
            assert written(chromium, f"v{i} grad").split("  ")[0] == number(v.grad)
        assert written(chromium, "v1>v2_op:0 local") == f"∂ {number(w)}"
        assert text(chromium, "result") == f"L = {number(root.data)}"
        shown = text(chromium, "sentences")
        assert f"= {number(2.0 * w + b - 3.0)} · 2" in shown


def test_a_number_with_many_digits_stays_in_its_box(chromium: Browser, tmp_path: Path) -> None:
    opened(chromium, explore(loss()), tmp_path)
    for x in (-1.23456789e-5, -1.23456e-101, 1.23456e305, -0.000123456, -123456.789, math.pi):
        ask(chromium, f"set('b', {x})")
        settle(chromium)
        outside = """[...document.querySelectorAll(".graph:not([hidden]) .box")].filter((box) => {
            const edge = box.querySelector(".body").getBoundingClientRect();
            return [...box.querySelectorAll("text")].some(
                (text) => text.getBoundingClientRect().right > edge.right);
        }).length"""
        assert chromium.run(outside) == 0, x


def focused(page: Browser) -> str:
    return str(page.run("(document.activeElement.dataset.name || document.activeElement.id)"))


def tab_to(page: Browser, name: str) -> None:
    for _ in range(40):
        if focused(page) == name:
            return
        page.press("Tab")
    raise AssertionError(f"Tab never leads to {name}")


def test_keys_alone_change_and_train(chromium: Browser, tmp_path: Path) -> None:
    opened(chromium, explore(loss()), tmp_path)
    tab_to(chromium, "update")
    chromium.press("Enter")
    assert math.isclose(ask(chromium, "data('w')"), 0.7)
    tab_to(chromium, "reset")
    chromium.press(" ")
    assert ask(chromium, "data('w')") == 0.5
    tab_to(chromium, "b")
    assert text(chromium, "chosen").startswith("b")  # what has the focus is what is told of
    chromium.press("ArrowRight", 2)
    chromium.press("ArrowDown")
    assert ask(chromium, "data('b')") == 1.1
    for modifiers, expected in ((8, 2.1), (1, 2.11)):  # Shift, Alt
        about = {"key": "ArrowUp", "code": "ArrowUp", "windowsVirtualKeyCode": 38}
        chromium.ask("Input.dispatchKeyEvent", type="keyDown", modifiers=modifiers, **about)
        chromium.ask("Input.dispatchKeyEvent", type="keyUp", modifiers=modifiers, **about)
        assert ask(chromium, "data('b')") == expected
    chromium.press("Enter")
    assert focused(chromium) == "number"
    chromium.press("0")
    chromium.press("Enter")
    assert ask(chromium, "data('b')") == 0.0
    tab_to(chromium, "range")
    chromium.press("ArrowRight")
    assert ask(chromium, "data('b')") == 0.1
    tab_to(chromium, "nudge")
    chromium.press("Enter")
    assert text(chromium, "nudged").startswith("Δ")
    tab_to(chromium, "y_pred")
    chromium.press("Enter")
    assert text(chromium, "chosen").startswith("y_pred")


def test_what_is_typed_counts_if_it_is_a_number(chromium: Browser, tmp_path: Path) -> None:
    opened(chromium, explore(loss()), tmp_path)

    def typed(entry: str) -> None:
        chromium.run("document.getElementById('number').select()")
        chromium.ask("Input.insertText", text=entry)
        chromium.press("Enter")

    for entry, expected in (("0.7", 0.7), ("−2", -2.0), ("1,5", 1.5), ("1e-3", 0.001)):
        typed(entry)
        assert ask(chromium, "data('w')") == expected
    typed("abc")
    assert ask(chromium, "data('w')") == 0.001
    assert text(chromium, "wrong") == "“abc” is not a number. Type one such as 0.5."
    chromium.press("Escape")
    assert text(chromium, "wrong") == ""
    assert chromium.run("document.getElementById('number').value") == "0.001"


def test_the_link_restores_what_one_sees(chromium: Browser, tmp_path: Path) -> None:
    explorer = explore(loss())
    opened(chromium, explorer, tmp_path)
    chromium.run("document.getElementById('rate').value = '0.05'")
    chromium.run(
        "document.getElementById('rate').onchange({target: document.getElementById('rate')})"
    )
    ask(chromium, "update()")
    ask(chromium, "set('b', 1.25)")
    chromium.click(*box_of(chromium, "x"))
    seen = (
        "[glassgrad.data('L'), glassgrad.grad('w'), document.getElementById('chosen').textContent,"
    )
    seen += (
        "document.getElementById('rate').value, document.querySelectorAll('#curve circle').length,"
    )
    seen += "document.querySelector('.graph:not([hidden])').textContent]"
    chromium.wait("location.hash.includes('at=')")
    chromium.run("new Promise((done) => setTimeout(done, 500))")
    before, link = chromium.run(seen), chromium.run("location.hash")
    assert before[3:5] == ["0.05", 3]
    opened(chromium, explorer, tmp_path)
    chromium.run(f"location.hash = {json.dumps(link)}")
    settle(chromium)
    assert chromium.run(seen) == before
    chromium.run(
        "location.hash = '#set=99:1,0:x&curve=u&at=1000&of=7&lr=-1'"
    )  # nonsense does no harm
    settle(chromium)


def test_on_a_phone_a_tap_opens_a_sheet_with_a_slider_and_a_number(
    chromium: Browser, tmp_path: Path
) -> None:
    opened(chromium, explore(loss()), tmp_path, width=390, height=844)
    assert chromium.run("document.documentElement.scrollWidth") == 390
    visible = "getComputedStyle(document.getElementById('panel')).visibility"
    assert chromium.run(visible) == "hidden"
    chromium.touch([box_of(chromium, "b")])
    settle(chromium)
    assert chromium.run(visible) == "visible"
    assert text(chromium, "chosen").startswith("b")
    assert chromium.run("document.documentElement.scrollWidth") == 390
    small = """[...document.querySelectorAll("button, input, select, summary")]
        .filter((e) => e.checkVisibility({visibilityProperty: true}) && e.id !== "whole")
        .map((e) => [e.id || e.textContent, e.getBoundingClientRect()])
        .filter(([, {width, height}]) => width < 44 || height < 44).map(([name]) => name)"""
    assert chromium.run(small) == []
    chromium.click(*chromium.middle("#more"))
    assert ask(chromium, "data('b')") == 1.1
    chromium.click(*chromium.middle("#close"))
    chromium.wait(f"{visible} === 'hidden'")
    x, y = box_of(chromium, "w")
    chromium.touch([(x, y)], [(x + 20, y)], [(x + 30, y)], [(x + 40, y)], [(x + 40, y)])
    chromium.wait("glassgrad.data('w') === 0.6")


def test_nothing_of_users_runs(chromium: Browser, tmp_path: Path) -> None:
    hostile = "</script><img src=x onerror='window.hit = 1'><script>window.hit = 1</script>"
    for label in (hostile, "<img src=x onerror='window.hit = 1'>", *HARD.values()):
        w, x = Value(2.0, label, role="parameter"), Value(3.0, label, role=label)
        y = (w * x).relu() + Value(1.0, "b")
        y.label = label
        opened(chromium, explore(y, title=label, ask=True), tmp_path)
        for i in range(
            chromium.run("document.querySelectorAll('.graph:not([hidden]) .box').length")
        ):
            chromium.run(
                "((box) => box.dispatchEvent("
                "new KeyboardEvent('keydown', {key: 'Enter', bubbles: true})))"
                f"(document.querySelectorAll('.graph:not([hidden]) .box')[{i}])"
            )
            chromium.run("document.getElementById('show').click()")
            chromium.run("document.getElementById('nudge').click()")
        chromium.run("document.getElementById('every').open = true")
        settle(chromium)
        assert chromium.run("window.hit === undefined && !document.images.length"), label


def test_a_constant_stays_as_it_is(chromium: Browser, tmp_path: Path) -> None:
    opened(chromium, explore(loss(frozen=True)), tmp_path)
    assert ask(chromium, "leaves()") == ["w", "x", "y_true"]
    refused = chromium.run(
        "(() => { try { glassgrad.set('b', 2) } catch (e) { return e.message } })()"
    )
    assert refused == "b cannot be set: it is not a leaf, or it is constant"
    x, y = box_of(chromium, "b")
    chromium.mouse("mousePressed", x, y, button="left", clickCount=1)
    chromium.mouse("mouseMoved", x + 90, y, button="left", buttons=1)
    chromium.mouse("mouseReleased", x + 90, y, button="left", clickCount=1)
    assert ask(chromium, "data('b')") == 1.0
