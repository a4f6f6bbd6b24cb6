"""The step-through page in a real browser: keys are pressed, and what it says is compared."""

from __future__ import annotations

import re
from io import BytesIO
from typing import TYPE_CHECKING

import pytest

import nn
from autograd import Value
from autograd.graph import topological
from viz import draw
from viz.__main__ import main
from viz.pictures import palette
from viz.pictures.text import number
from viz.stepping.steps import Walkthrough, step_through

from .browser import IN_A_BROWSER, Browser
from .labels import TRIED

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = IN_A_BROWSER


def loss() -> Value:
    w, x = Value(0.5, "w", role="parameter"), Value(2.0, "x", role="input")
    z = w * x + Value(1.0, "b", role="parameter")
    z.label = "z"
    result = nn.half_squared_error(z * w, Value(3.0, "y_true", role="target"))
    result.label = "L"
    return result


def said(page: Browser) -> str:
    """What a screen reader hears of the step."""
    return str(page.run("document.getElementById('said').textContent"))


def in_picture(page: Browser, box: str, field: str) -> str:
    """A text in the drawing that is to be seen."""
    script = (
        f"document.querySelector('.graph:not([hidden]) [data-t=\"{box} {field}\"]').textContent"
    )
    return str(page.run(script))


def opened(page: Browser, walk: Walkthrough, folder: Path, **options: int | bool) -> None:
    page.open(walk.save(folder / "page.html"), **options)  # type: ignore[arg-type]


def test_keys_step_through_both_passes_with_the_true_numbers(
    chromium: Browser, tmp_path: Path
) -> None:
    root = loss()
    walk = step_through(root)
    opened(chromium, walk, tmp_path)
    last = len(walk.steps) - 1
    assert said(chromium).startswith(f"Start, step 0 of {last}: How L is computed")
    order = topological(root)
    for i, v in enumerate(order):
        assert in_picture(chromium, f"v{i}", "data") == ""
        chromium.press("ArrowRight")
        assert said(chromium).startswith(f"Forward, step {i + 1} of {last}: ")
        assert number(v.data) in said(chromium).partition(". ")[0].rpartition(" = ")[2]
        assert in_picture(chromium, f"v{i}", "data") == number(v.data)
    root.backward()
    grads: dict[str, str] = {}
    for step in walk.steps[len(order) + 1 : -1]:
        chromium.press("ArrowRight")
        heard = said(chromium)
        assert heard.startswith("Backward, ")
        assert step.text.partition(". ")[0] in heard
        grads[step.entries[-1].where] = in_picture(chromium, step.entries[-1].where, "grad")
    assert {name: text.split("  ")[0] for name, text in grads.items()} == {
        f"v{i}": number(v.grad) for i, v in enumerate(order)
    }
    chromium.press("ArrowLeft")
    assert f"step {last - 2} of {last}" in said(chromium)
    chromium.press("End")
    assert said(chromium).startswith(f"Done, step {last} of {last}")
    assert f"∂L/∂w = {number(order[0].grad)}" in said(chromium)
    chromium.press("Home")
    assert in_picture(chromium, "v0", "data") == ""


def test_a_value_used_twice_fills_in_one_contribution_at_a_time(
    chromium: Browser, tmp_path: Path
) -> None:
    x = Value(3.0, "x")
    opened(chromium, step_through(x * x), tmp_path, step=4)
    assert "Contribution 1 of 2: ∂L/∂x = 3 so far." in said(chromium)
    assert in_picture(chromium, "v0", "grad") == "3 + …"
    chromium.press("ArrowRight")
    assert "Contribution 2 of 2: ∂L/∂x = 3 + 3 = 6." in said(chromium)
    assert in_picture(chromium, "v0", "grad") == "6  ▲"
    flowing = (
        "[...document.querySelectorAll('.graph:not([hidden]) .flow')].map(e => e.dataset.line)"
    )
    assert chromium.run(flowing) == ["v0>v1_op:1", "v1_op>v1:0"]


def at(page: Browser) -> int:
    return int(re.findall(r"step (\d+)", said(page))[0])


def test_a_box_leads_to_its_step_by_mouse_and_by_key(chromium: Browser, tmp_path: Path) -> None:
    walk = step_through(loss())
    opened(chromium, walk, tmp_path)
    steps = {phase: [s.focus[:1] if s.phase == phase else () for s in walk.steps] for phase in
             ("forward", "backward")}  # fmt: skip
    computed = steps["forward"].index(("v4",))
    passed = max(k for k, focus in enumerate(steps["backward"]) if focus == ("v4",))
    click = (
        "document.querySelector('.graph:not([hidden]) [data-node=\"{}\"]')"
        ".dispatchEvent(new MouseEvent('click', {{bubbles: true}}))"
    )
    for node, k in (("v4", computed), ("v4", passed), ("v4", computed), ("v4_op", passed)):
        chromium.run(click.format(node))
        assert at(chromium) == k
    chromium.press("Home")
    chromium.run("document.querySelector('.graph:not([hidden]) [data-node=\"v4\"]').focus()")
    chromium.press("Enter")
    assert at(chromium) == computed
    chromium.press("Enter")
    assert at(chromium) == passed


def test_a_written_step_leads_to_its_step_by_mouse_and_by_key(
    chromium: Browser, tmp_path: Path
) -> None:
    walk = step_through(loss())
    opened(chromium, walk, tmp_path)
    chromium.run("document.querySelector('details').open = true")
    for k in (5, len(walk.steps) - 1, 2):
        chromium.run(f"document.querySelectorAll('#steps li')[{k}].click()")
        assert at(chromium) == k
        chromium.run(f"document.querySelectorAll('#steps button')[{k - 1}].focus()")
        chromium.press("Enter")
        assert at(chromium) == k - 1
        chromium.press("ArrowRight")
        assert at(chromium) == k
    current = "[...document.querySelectorAll('#steps [aria-current=step]')].map((e) => e.innerText)"
    assert len(chromium.run(current)) == 1
    last = len(walk.steps) - 1
    assert f"All {last} steps" in chromium.run("document.querySelector('summary').textContent")
    assert f"of {last}" in said(chromium)


def test_keys_visit_the_boxes_in_the_order_of_the_steps(chromium: Browser, tmp_path: Path) -> None:
    walk = step_through(loss())
    opened(chromium, walk, tmp_path)
    boxes = "[...document.querySelectorAll('.graph:not([hidden]) .box')].map(e => e.dataset.node)"
    read = [e.where for s in walk.steps if s.phase == "forward" for e in s.entries]
    assert chromium.run(boxes) == read


def test_pointing_at_a_box_gives_more_digits(chromium: Browser, tmp_path: Path) -> None:
    third = Value(1.0, "x") / 3.0
    opened(chromium, step_through(third * 1.0), tmp_path, step=2)
    chromium.point('.graph:not([hidden]) [data-node="v1"]')
    tip = "document.getElementById('tip')"
    chromium.wait(f"!{tip}.hidden && {tip}.textContent === 'v₁: operation /, data 0.333333'")
    assert in_picture(chromium, "v1", "data") == "0.3333"


def test_play_slider_speed_and_buttons(chromium: Browser, tmp_path: Path) -> None:
    walk = step_through(loss())
    opened(chromium, walk, tmp_path)
    chromium.run("document.getElementById('speed').value = '4'")
    chromium.press(" ")
    assert chromium.run("document.getElementById('play').getAttribute('aria-label')") == "Pause"
    chromium.wait("document.getElementById('said').textContent.includes('step 2 of')")
    chromium.press(" ")
    assert chromium.run("document.getElementById('play').getAttribute('aria-label')") == "Play"
    chromium.run("document.getElementById('slider').focus()")
    here = int(re.findall(r"step (\d+)", said(chromium))[0])
    chromium.press("ArrowRight", 3)  # one step for each press, on the slider too
    assert f"step {here + 3} of" in said(chromium)
    chromium.run("document.getElementById('back').focus()")
    chromium.press(" ")
    assert f"step {here + 2} of" in said(chromium)
    chromium.run("document.getElementById('end').focus()")
    chromium.press("Enter")
    chromium.press("ArrowLeft")  # the keys still arrive, though there is no further to go
    assert f"step {len(walk.steps) - 2} of" in said(chromium)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [360, 768, 1280])
def test_it_fits_every_width_and_keeps_the_active_box_in_view(
    chromium: Browser, tmp_path: Path, width: int, dark: bool
) -> None:
    walk = step_through(loss())
    opened(chromium, walk, tmp_path, width=width, height=720, dark=dark)
    for _ in walk.steps[1:]:
        chromium.press("ArrowRight")
        assert chromium.run(
            """(() => {
                const frame = document.getElementById("scroll").getBoundingClientRect();
                const page = document.documentElement;
                const active = [...document.querySelectorAll(".graph:not([hidden]) .active")];
                const first = active.slice(0, 1).map((e) => e.getBoundingClientRect());
                const play = document.getElementById("play").getBoundingClientRect();
                return page.scrollWidth <= innerWidth && play.bottom <= innerHeight
                    && first.every((b) => b.left >= frame.left - 1 && b.right <= frame.right + 1
                        && b.top >= frame.top - 1 && b.bottom <= frame.bottom + 1);
            })()"""
        )
    assert not chromium.run(
        """[...document.querySelectorAll(".graph:not([hidden]) .box")].some((box) => {
            const right = box.querySelector(".body").getBoundingClientRect().right;
            const texts = [...box.querySelectorAll("text")];
            return texts.some((text) => text.getBoundingClientRect().right > right);
        })"""
    ), "a number is wider than its box"


def test_the_words_stand_beside_a_picture_that_is_seen_better_so(
    chromium: Browser, tmp_path: Path
) -> None:
    """A chain that runs downwards leaves room at its side."""
    places = """["#scroll", "#panel"].map((name) => {
        const {left, top, right, bottom} = document.querySelector(name).getBoundingClientRect();
        return {left, top, right, bottom};
    })"""
    for width, beside in ((948, True), (500, False)):
        opened(chromium, step_through(loss()), tmp_path, width=width, height=680)
        picture, panel = chromium.run(places)
        assert (picture["right"] <= panel["left"]) is beside
        assert (picture["bottom"] <= panel["top"]) is not beside


def test_the_keyboard_reaches_the_controls_and_then_the_boxes_in_their_order(
    chromium: Browser, tmp_path: Path
) -> None:
    opened(chromium, step_through(loss(), links=[("A lesson", "#")]), tmp_path, step=1)
    reached = []
    for _ in range(16):
        chromium.press("Tab")
        reached.append(
            chromium.run("((e) => e.dataset.name || e.id || e.textContent)(document.activeElement)")
        )
    assert reached[:4] == ["Skip to the controls", "A lesson", "whole", "slider"]
    boxes = reached[reached.index("scroll") + 1 :]
    assert boxes[:5] == ["w", "x", "v₁", "b", "z"], "each after those it gets input from"


def test_a_box_in_focus_names_itself_and_its_role(chromium: Browser, tmp_path: Path) -> None:
    opened(chromium, step_through(loss()), tmp_path, step=1)
    chromium.run("document.getElementById('scroll').focus()")
    chromium.press("Tab")
    tip = "document.getElementById('tip')"
    assert chromium.run(f"!{tip}.hidden && {tip}.textContent") == "w: parameter, data 0.5"
    name = "document.activeElement.getAttribute('aria-label')"
    assert chromium.run(name) == "w · parameter, data 0.5, grad"  # what is written in the box
    chromium.press("Tab", times=4)
    assert chromium.run(name) == "z, data, grad, operation +"


def test_a_phone_on_its_side_shows_the_picture_and_the_buttons(
    chromium: Browser, tmp_path: Path
) -> None:
    walk = step_through(loss(), links=[("Back to a lesson", "#"), ("The next lesson", "#")])
    opened(chromium, walk, tmp_path, step=3, width=844, height=390)
    shown = chromium.run(
        """["#scroll", "#play", "#slider", "#formulas", "nav"].map((name) => {
            const box = document.querySelector(name).getBoundingClientRect();
            return box.top >= 0 && box.left >= 0 && box.bottom <= innerHeight
                && box.right <= innerWidth && box.height > 10;
        })"""
    )
    assert all(shown), shown
    size = chromium.run(
        "(({width, height}) => [width, height])"
        "(document.getElementById('scroll').getBoundingClientRect())"
    )
    assert size[0] > 400 and size[1] > 250


@pytest.mark.parametrize("height", [390, 720, 1100])
def test_nothing_lies_on_something_else(chromium: Browser, tmp_path: Path, height: int) -> None:
    opened(chromium, step_through(loss()), tmp_path, width=1280, height=height)
    assert chromium.run(
        """(() => {
            const [picture, panel, controls, all] = ["#scroll", "#panel", "#controls", ".all"].map(
                (name) => document.querySelector(name).getBoundingClientRect());
            return (picture.bottom <= panel.top + 1 || picture.right <= panel.left)
                && panel.bottom <= controls.top + 1 && controls.bottom <= all.top + 1;
        })()"""
    )


def test_paper_has_every_number_and_the_written_steps(chromium: Browser, tmp_path: Path) -> None:
    walk = step_through(loss())
    opened(chromium, walk, tmp_path, step=2)
    chromium.ask("Emulation.setEmulatedMedia", media="print")
    chromium.run("dispatchEvent(new Event('beforeprint'))")
    try:
        heights = chromium.run(
            "[...document.querySelectorAll('#steps li')].map((e) => e.offsetHeight)"
        )
        assert len(heights) == len(walk.steps) and min(heights) > 10
        assert in_picture(chromium, "v0", "grad").startswith(number(walk_gradient()))
        assert chromium.run("document.querySelector('.box').matches('.playing *')") is False
        assert not chromium.run("document.getElementById('controls').offsetHeight")
        assert chromium.run("document.documentElement.scrollWidth <= innerWidth")
    finally:
        chromium.run("dispatchEvent(new Event('afterprint'))")
        chromium.ask("Emulation.setEmulatedMedia", media="")
    assert said(chromium).startswith("Forward, step 2 of"), "as it was before"
    assert not chromium.run("document.getElementById('all').open")


def walk_gradient() -> float:
    root = loss()
    root.backward()
    return topological(root)[0].grad


def test_there_is_one_headline_and_everything_is_in_a_landmark(
    chromium: Browser, tmp_path: Path
) -> None:
    opened(chromium, step_through(loss(), links=[("Back", "#")]), tmp_path)
    counts = "['h1', 'header', 'main', 'nav'].map((name) => document.querySelectorAll(name).length)"
    assert chromium.run(counts) == [1, 1, 1, 1]
    outside = """[...document.body.querySelectorAll("*")].filter((e) => e.offsetHeight
        && ![...e.children].length && !e.closest("header, main, section, [role=tooltip]"))"""
    assert chromium.run(f"{outside}.length") == 0
    unnamed = """[...document.querySelectorAll("button, input, select, nav, section, summary, a")]
        .filter((e) => !(e.ariaLabel || e.textContent || e.labels?.[0]?.textContent).trim())"""
    assert chromium.run(f"{unnamed}.length") == 0


def test_pointing_at_a_node_names_it_and_its_role(chromium: Browser, tmp_path: Path) -> None:
    opened(chromium, step_through(loss()), tmp_path, step=3)
    tip = "document.getElementById('tip')"
    for node, named in {
        "v1": "x: input, data 2",
        "v2": "v₁: operation *, data 1",
        "v2_op": "×: operation that makes v₁",
        "v4": "z: operation +",  # not computed yet
    }.items():
        chromium.point(f'.graph:not([hidden]) [data-node="{node}"]')
        chromium.wait(f"!{tip}.hidden && {tip}.textContent === '{named}'")


def test_with_reduced_motion_nothing_moves_by_itself(chromium: Browser, tmp_path: Path) -> None:
    moving = "document.getAnimations().length"
    for calm in (True, False):
        opened(chromium, step_through(loss()), tmp_path, step=3, calm=calm)
        chromium.press("ArrowRight", 2)
        assert bool(chromium.run(moving)) != calm


def test_in_a_dense_picture_the_other_lines_stand_back(chromium: Browser, tmp_path: Path) -> None:
    model = nn.MLP(2, [12, 12, 1], seed=0)
    opened(chromium, step_through(model([0.5, -0.3]) ** 2), tmp_path, step=20)
    style = "getComputedStyle(document.querySelector('.graph:not([hidden]) .line{} path')).{}"

    def look(lines: str) -> tuple[float, float]:
        width = chromium.run(style.format(lines, "strokeWidth"))
        return float(width.removesuffix("px")), float(chromium.run(style.format(lines, "opacity")))

    assert look(":not(.flow)") == (0.7, 1.0)  # thin, and as dark as ever
    assert look(".flow") == (3.0, 1.0)


@pytest.mark.thorough
def test_no_label_runs_a_script(chromium: Browser, tmp_path: Path) -> None:
    hostile = "</script><script>window.hit = 1</script><img src=x onerror='window.hit = 1'>"
    for label in (hostile, *TRIED.values()):
        y = Value(2.0, label, role=label) * Value(3.0, label) + 1.0
        y.label = label
        opened(chromium, step_through(y, title=label), tmp_path)
        chromium.press("End")
        assert said(chromium).startswith("Done"), label
        assert chromium.run("window.hit === undefined && !document.images.length"), label


def test_a_training_goes_from_loss_to_loss(chromium: Browser, tmp_path: Path) -> None:
    losses, w = [], Value(0.5, "w", role="parameter")
    for _ in range(4):
        losses.append(nn.half_squared_error(w * Value(2.0, "x", role="input") + 1.0, 3.0))
        losses[-1].label = "L"
        w.zero_grad()
        losses[-1].backward()
        w.data -= 0.1 * w.grad
    opened(chromium, step_through(losses), tmp_path)
    points = "document.querySelectorAll('.curve circle:not(.later)').length"
    weights = [0.5, 0.7, 0.82, 0.892]
    for k, root in enumerate(losses):
        assert f"L = {number(root.data)}" in said(chromium)
        assert in_picture(chromium, "v0", "data") == number(weights[k])
        assert chromium.run(points) == k + 1
        chromium.press("ArrowRight")


@pytest.mark.parametrize("width", [360, 820, 1400])
def test_the_gallery_fits_every_width_and_leads_to_the_pages_of_steps(
    chromium: Browser, tmp_path: Path, width: int
) -> None:
    names = ("relu-neuron", "iterative-improvement", "learn-from-a-mistake")
    assert main(["--out", str(tmp_path), *(word for n in names for word in ("--only", n))]) == 0
    chromium.open(tmp_path / "index.html", width=width)
    assert chromium.run("document.documentElement.scrollWidth <= innerWidth")
    broken = "[...document.images].filter((image) => !image.naturalWidth).length"
    assert chromium.run(f"document.images.length > 10 && {broken}") == 0
    links = chromium.run("[...document.querySelectorAll('nav .play')].map((a) => a.href)")
    assert len(links) == (2 + 1) + (1 + 1) + (2 + 1)
    for link in links:
        chromium.open(tmp_path / link.rpartition("/")[2], width=width)
        if link.endswith("-live.html"):
            assert chromium.run("glassgrad.leaves().length") > 0
        else:
            assert said(chromium).startswith(("Start, ", "Training, "))


# What may run in the frames of a notebook: all; or in VS Code, which has a policy of its own, only
# what stands in the page itself.
POLICIES = {
    "jupyter": "",
    "vs code": "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'",
}


@pytest.mark.parametrize("system", ["light", "dark"])
@pytest.mark.parametrize(
    ("style", "theme"),
    [
        ("--jp-layout-color0: #111", "dark"),
        ("--jp-layout-color0: white", "light"),
        ("--vscode-editor-background: #1f1f1f", "dark"),
        ("--background: light-dark(white, #181c1a); color-scheme: dark", "dark"),
        ("--background: light-dark(white, #181c1a); color-scheme: light", "light"),
        ("", None),
    ],
)
def test_it_is_as_dark_as_the_notebook_around_it(
    chromium: Browser, tmp_path: Path, style: str, theme: str | None, system: str
) -> None:
    """And where no notebook says, as the system."""
    page = tmp_path / "notebook.html"
    page.write_text(
        f'<!DOCTYPE html><meta charset="utf-8"><title>A notebook</title><body style="{style}">'
        f"{step_through(loss())._repr_html_()}{draw(loss())._repr_html_()}",
        encoding="utf-8",
    )
    chromium.open(page, dark=system == "dark")
    chromium.wait("document.getElementById('said')?.textContent", in_frame=True)
    ink = "getComputedStyle(document.documentElement).getPropertyValue('--ink').trim()"
    expected = palette.STEPS["ink"].dark if (theme or system) == "dark" else palette.INK
    assert chromium.run(ink, in_frame=True) == expected
    # A picture is light where nothing says otherwise.
    chromium.run("document.querySelector('iframe').remove()")
    seen = mean_brightness(chromium.look())
    assert (seen < 128) == (theme == "dark")


@pytest.mark.parametrize("element", ["body", "documentElement"])
def test_it_follows_when_the_notebook_changes_its_theme(
    chromium: Browser, tmp_path: Path, element: str
) -> None:
    page = tmp_path / "notebook.html"
    page.write_text(
        '<!DOCTYPE html><html style="--background: white"><meta charset="utf-8">'
        f"<title>A notebook</title><body>{step_through(loss())._repr_html_()}",
        encoding="utf-8",
    )
    chromium.open(page)
    chromium.wait("document.getElementById('said')?.textContent", in_frame=True)
    ink = "getComputedStyle(document.documentElement).getPropertyValue('--ink').trim()"
    for background, expected in (("#111", palette.STEPS["ink"].dark), ("white", palette.INK)):
        chromium.run(f"document.{element}.style.setProperty('--background', '{background}')")
        chromium.wait(f"{ink} === '{expected}'", in_frame=True)


def mean_brightness(png: bytes) -> float:
    """Of the pixels at the left end of the picture, its paper."""
    from matplotlib.image import imread

    return float(imread(BytesIO(png))[20:60, 12:16, :3].mean() * 255)


@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)
def test_it_works_in_the_frame_that_a_notebook_shows(
    chromium: Browser, tmp_path: Path, policy: str
) -> None:
    walk = step_through(loss())
    page = tmp_path / "notebook.html"
    page.write_text(
        f'<!DOCTYPE html><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" '
        f'content="{policy}"><title>A notebook</title>{walk._repr_html_()}',
        encoding="utf-8",
    )
    chromium.open(page)
    heard = "document.getElementById('said').textContent"
    chromium.wait(f"document.getElementById('said') && {heard}.startsWith('Start')", in_frame=True)
    # Its origin is no one's: what a label might smuggle in could not reach the notebook.
    assert chromium.run("document.querySelector('iframe').contentDocument") is None
    chromium.run("document.querySelector('iframe').focus()")
    chromium.press("ArrowRight", 3)
    chromium.wait(f"{heard}.startsWith('Forward, step 3 of')", in_frame=True)
    assert "v₁ = w · x = 0.5 · 2 = 1" in chromium.run(heard, in_frame=True)
    chromium.press("End")
    chromium.wait(f"{heard}.startsWith('Done, step {len(walk.steps) - 1} of')", in_frame=True)
