"""In a real browser, a picture opens, zooms, finds, shows paths and saves; elsewhere it is still.

Most tests open the file that `Picture.save` writes. Others open what a notebook shows, and the
gallery.
"""

from __future__ import annotations

import re
from itertools import combinations
from typing import TYPE_CHECKING, Any

import pytest

import nn
from autograd import Value
from viz import __main__ as command
from viz import draw, draw_update

from .browser import CHROMIUM, NEEDED, browser
from .built import built, prepared
from .graphs import GRAPHS
from .labels import HARD
from .test_fits_browser import HEAD
from .test_wide_labels import BEYOND

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from viz import Picture
    from viz.pictures.updates import UpdatePicture

    from .browser import Browser

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None and not NEEDED, reason="Chromium is not installed"),
]

FOLDED = ("network, 1 point", "network, 4 points", "loss over examples", "attention head")
PICTURES = (*FOLDED, "loop", "model", "update", "update, one above the other")


@pytest.fixture(scope="module")
def page() -> Iterator[Browser]:
    with browser() as started:
        started.ask("Emulation.setFocusEmulationEnabled", enabled=True)
        yield started


def drawn(name: str) -> Picture | UpdatePicture:
    if name == "lesson 12":
        return built("more-data").scenes[0].picture
    if name == "loop":
        layer = nn.Layer(3, 3, "tanh", seed=0)
        h: Sequence[Value] = [Value(0.5, "h")] * 3
        for _ in range(12):
            h = layer(h)
        return draw(h[0] * h[1] * h[2])
    if name == "model":
        return draw(nn.MLP(2, [16, 3, 1], seed=0))
    if name.startswith("update"):
        model = nn.MLP(2, [4, 1], seed=0)
        before, after = (nn.half_squared_error(model([1.0, x2]), 3.0) for x2 in (2.0, 3.0))
        width = 600 if "above" in name else 4000
        return draw_update(before, after, detail="neuron", width=width)
    loss = GRAPHS[name]()
    loss.label = "L"
    loss.backward()
    return draw(loss)


def show(page: Browser, picture: Picture | UpdatePicture, tmp_path: Path, **options: Any) -> None:
    page.open(picture.save(tmp_path / "picture.svg"), **options)
    assert not page.errors


GRAPH = "document.querySelector('g.stage').innerHTML"

# The place of every box that one sees, by the headings of the folds around it and its own name.
BOXES = """[...document.querySelectorAll("g.node")]
    .filter((node) => node.querySelector("polygon, path")?.getBoundingClientRect().width)
    .map((node) => {
        const shape = node.querySelector("polygon, path").getBoundingClientRect();
        const around = [];
        for (let inside = node.closest(".inside"); inside;
             inside = inside.parentNode.closest(".inside")) around.unshift(inside.dataset.of);
        const graphs = [...document.querySelectorAll(".stage > svg")]; // of an update
        if (graphs.length) around.unshift(`graph${graphs.indexOf(node.closest("svg"))}`);
        return [[...around, node.querySelector("title").textContent].join(" "),
            shape.left, shape.top, shape.right, shape.bottom];
    })"""

# How far each line that one sees ends from the boxes at its ends, in points.
LOOSE = """[...document.querySelectorAll("g.edge")]
    .filter((edge) => edge.getBoundingClientRect().width + edge.getBoundingClientRect().height)
    .map((edge) => {
        const [tail, head] = edge.querySelector("title").textContent.split("->")
            .map((name) => name.replace(/:[nsew]$/, ""))
            .map((name) => [...edge.parentNode.children].find((each) =>
                each.classList.contains("node")
                && each.querySelector("title").textContent === name));
        const path = edge.querySelector("path");
        const away = (node, length) => {
            const at = path.getPointAtLength(length).matrixTransform(path.getScreenCTM());
            const shape = node.querySelector("polygon, path, ellipse, text")
                .getBoundingClientRect();
            const dx = Math.max(shape.left - at.x, at.x - shape.right, 0);
            const dy = Math.max(shape.top - at.y, at.y - shape.bottom, 0);
            return Math.hypot(dx, dy) / path.getScreenCTM().a;
        };
        return Math.max(away(tail, 0), away(head, path.getTotalLength()));
    })"""


def boxes(page: Browser) -> dict[str, list[float]]:
    return {name: sides for name, *sides in page.run(BOXES)}


def check_that_boxes_are_apart(page: Browser) -> None:
    """No box is over another, unless it is inside of it; and then it is wholly inside."""
    for (one, a), (other, b) in combinations(boxes(page).items(), 2):
        outer, inner = sorted((one, other), key=len)
        p, q = (a, b) if outer == one else (b, a)
        if inner.startswith(f"{outer} "):
            assert p[0] <= q[0] and p[1] <= q[1] and p[2] >= q[2] and p[3] >= q[3], (outer, inner)
        else:
            assert p[2] <= q[0] or q[2] <= p[0] or p[3] <= q[1] or q[3] <= p[1], (one, other)


def lit(page: Browser) -> set[str]:
    return set(
        page.run(
            "[...document.querySelectorAll('g.node.lit')]"
            ".map((node) => node.querySelector('title').textContent)"
        )
    )


# ── without script ───────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("name", PICTURES)
def test_without_script_it_is_the_still_picture(
    name: str, dark: bool, page: Browser, tmp_path: Path
) -> None:
    picture = drawn(name)
    looks = []
    for text in (picture.svg, picture.viewer):
        (tmp_path / "a.svg").write_text(text, encoding="utf-8")
        file = tmp_path / "image.html"
        file.write_text(f"{HEAD}<img src=a.svg>", encoding="utf-8")
        page.open(file, dark=dark)
        looks.append(page.look())
    assert looks[0] == looks[1]


def test_the_same_graph_gives_the_same_viewer() -> None:
    assert drawn("network, 1 point").viewer == drawn("network, 1 point").viewer


# ── folds ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", [*PICTURES, "lesson 12"])
def test_all_folds_open_and_close_to_where_everything_was(
    name: str, page: Browser, tmp_path: Path
) -> None:
    show(page, drawn(name), tmp_path, width=4100 if name == "update" else 1280)
    before, closed = page.run(GRAPH), boxes(page)
    page.press("o")
    page.wait("![...document.querySelectorAll('[aria-expanded=false].node')].length")
    assert len(boxes(page)) > len(closed)
    check_that_boxes_are_apart(page)
    assert not page.run(BEYOND)
    assert max(page.run(LOOSE)) < 15, "an arrow is 6 to 14 points long"
    page.press("c")
    assert boxes(page) == closed
    places = r' (?:d|points|x|y|c[xy]|[xy][12])="[^"]*"'
    assert re.findall(places, page.run(GRAPH)) == re.findall(places, before)
    assert not page.errors


def test_a_click_opens_a_fold_and_what_is_inside_opens_too(page: Browser, tmp_path: Path) -> None:
    show(page, drawn("network, 1 point"), tmp_path, height=2000)
    closed = boxes(page)
    page.click(*page.middle("g.node.group"))
    neuron = set(boxes(page)) - set(closed)
    assert len(neuron) == 7  # w1, w2, b, x1, x2, their sum, and its relu
    (fold,) = page.run(
        "[...document.querySelectorAll('.inside .node[aria-expanded]')]"
        ".filter((node) => node.getBoundingClientRect().width)"
        ".map((node) => node.getAttribute('aria-description'))"
    )
    assert fold.startswith("Σ a·b + c: 3 operations")
    page.run(
        "[...document.querySelectorAll('.inside .node[aria-expanded]')]"
        ".find((node) => node.getBoundingClientRect().width).focus()"
    )
    page.press("Enter")
    assert len(set(boxes(page)) - set(closed)) == 7 + 8
    check_that_boxes_are_apart(page)
    page.press("Enter")
    assert set(boxes(page)) - set(closed) == neuron


def test_opening_all_says_how_many_boxes_have_no_room_to_open(
    page: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("viz.pictures.structure.MOST", 4)
    show(page, draw(nn.MLP(2, [4, 3, 2], seed=0), detail="layer"), tmp_path)
    says = "document.querySelector('.says').textContent"
    assert not page.run(says)
    page.press("o")
    assert page.run(says) == "2 boxes have no room to open: draw that part alone"
    page.press("c")
    assert not page.run(says)


def test_text_can_be_read_when_all_folds_are_open(page: Browser, tmp_path: Path) -> None:
    show(page, drawn("network, 1 point"), tmp_path)
    page.press("o")
    assert page.run("document.querySelector('.inside text').getBoundingClientRect().height") > 10
    page.press("0")
    assert page.run("document.querySelector('.inside text').getBoundingClientRect().height") < 6
    page.press("c")
    assert page.run("document.querySelector('g.node text').getBoundingClientRect().height") > 10


def test_two_open_folds_lie_the_same_in_whichever_order_they_were_opened(
    page: Browser, tmp_path: Path
) -> None:
    show(page, drawn("network, 1 point"), tmp_path)
    places = []
    for order in ([0, 3], [3, 0]):
        for k in order:
            page.run(f"document.querySelectorAll('.node.group')[{k}].focus()")
            page.press("Enter")
        check_that_boxes_are_apart(page)
        places.append(boxes(page))
        page.press("c")
    assert places[0] == places[1]


def titles(page: Browser) -> list[str]:
    """The headings of the boxes that one sees inside of folds."""
    return [
        str(title)
        for title in page.run(
            "[...document.querySelectorAll('.inside .node')]"
            ".filter((node) => node.getBoundingClientRect().width)"
            ".map((node) => node.querySelector('text').textContent)"
        )
    ]


def test_a_layer_of_a_model_opens_to_its_neurons_and_these_to_their_parameters(
    page: Browser, tmp_path: Path
) -> None:
    show(page, drawn("model"), tmp_path, height=2000)
    page.click(*page.middle("g.node.group"))
    assert titles(page) == [f"neurons.{i} · Neuron" for i in range(16)]
    page.run("document.querySelector('.inside .node').focus()")
    page.press("Enter")
    assert [title for title in titles(page) if title.endswith("parameter")] == [
        "w1 · parameter", "w2 · parameter", "b · parameter",
    ]  # fmt: skip
    check_that_boxes_are_apart(page)


def test_a_fold_of_an_update_opens_and_the_other_picture_makes_room(
    page: Browser, tmp_path: Path
) -> None:
    corner = "[...document.querySelectorAll('.stage > svg')].map((s) => [+s.getAttribute('%s')])"
    for name, axis in (("update", "x"), ("update, one above the other", "y")):
        show(page, drawn(name), tmp_path, width=4100, height=2400)
        (_, (before,)) = page.run(corner % axis)
        page.click(*page.middle("g.node.group"))
        assert titles(page) and not page.errors
        assert page.run(corner % axis)[1][0] > before + 50


def test_a_repeat_shows_its_first_copy(page: Browser, tmp_path: Path) -> None:
    show(page, drawn("loss over examples"), tmp_path)
    page.press("o")
    texts = page.run("[...document.querySelectorAll('.inside text')].map((t) => t.textContent)")
    assert "the first of 100" in texts
    first = [text for text in texts if text.replace("\xa0", " ") == "data  0.01"]
    assert first, "(0.5 · 0 + 0.1 − 0)², the first of the losses"


def test_numbers_inside_are_those_of_when_it_was_drawn(page: Browser, tmp_path: Path) -> None:
    w = Value(0.5, "w", role="parameter")
    picture = draw([w * 2.0, nn.cross_entropy([w, w * 3.0, w], 0)], width=300)
    w.data = 7.0
    w.grad = 8.0
    assert "data &#160;7" not in picture.viewer and "grad &#160;8" not in picture.viewer


def test_what_is_too_much_to_open_says_how_to_see_it(page: Browser, tmp_path: Path) -> None:
    model = nn.MLP(20, [20, 20, 1], seed=0)
    show(page, draw(model([0.1] * 20), detail="neuron"), tmp_path)
    shut = "[...document.querySelectorAll('g.node.group')].filter((g) => !g.ariaExpanded)"
    assert page.run(f"{shut}.length") > 0
    assert page.run(
        f"{shut}.every((g) => g.ariaDescription.includes(\"detail='scalar' draws them all\"))"
    )


# ── paths ────────────────────────────────────────────────────────────────────────────────────


def two_paths() -> Picture:
    w, x, b = (Value(2.0, name) for name in ("w", "x", "b"))
    loss = (w * x) + (b * 3.0).tanh()
    loss.label = "L"
    loss.backward()
    return draw(loss)


def test_a_click_lights_up_the_path_to_the_loss(page: Browser, tmp_path: Path) -> None:
    show(page, two_paths(), tmp_path)
    page.click(*page.middle("g.node.leaf"))  # w
    path = lit(page)
    assert path == {"v0", "v2_op", "v2", "v6_op", "v6"}
    lines = page.run("document.querySelectorAll('g.edge.lit').length")
    assert lines == 4
    faint = page.run("getComputedStyle(document.querySelector('g.edge:not(.lit)')).opacity")
    assert float(faint) < 0.5
    assert page.run("document.querySelector('g.node.leaf').ariaPressed") == "true"
    page.press("Escape")
    assert not lit(page)
    assert page.run("getComputedStyle(document.querySelector('g.edge')).opacity") == "1"


def test_the_tab_key_goes_through_the_boxes_in_the_order_of_writing(
    page: Browser, tmp_path: Path
) -> None:
    show(page, two_paths(), tmp_path)
    page.click(2, 2)
    order = []
    for _ in range(6):
        page.press("Tab")
        order.append(page.run("document.activeElement.querySelector('text').textContent"))
        assert page.run("document.activeElement.querySelector('title').textContent") in lit(page)
    assert [heading.partition(" ")[0] for heading in order] == [
        "w",
        "x",
        "data",
        "b",
        "data",
        "data",
    ]


def test_a_path_goes_through_an_open_fold(page: Browser, tmp_path: Path) -> None:
    show(page, drawn("loss over examples"), tmp_path)
    page.press("o")
    page.run("document.querySelector('.inside .node.interior').focus()")
    page.press("Tab")
    assert page.run("document.activeElement.closest('.inside') !== null")
    assert page.run("document.querySelector('.node.loss').classList.contains('lit')")


# ── zoom and pan ─────────────────────────────────────────────────────────────────────────────

CORNER = "(({e, f}) => [e, f])(document.querySelector('g.stage').transform.baseVal[0].matrix)"
SCALE_NOW = (
    "Number(/scale\\(([^)]*)/.exec(document.querySelector('g.stage').getAttribute('transform'))[1])"
)


def test_ctrl_and_the_wheel_zoom_where_the_mouse_is(page: Browser, tmp_path: Path) -> None:
    show(page, drawn("network, 1 point"), tmp_path)
    whole = page.run(SCALE_NOW)
    x, y = page.middle("g.node.group")
    page.mouse("mouseWheel", x, y, deltaX=0, deltaY=-200, modifiers=2)
    page.wait(f"{SCALE_NOW} > {1.5 * whole}")
    assert page.middle("g.node.group") == pytest.approx((x, y), abs=2)
    page.mouse("mouseWheel", x, y, deltaX=0, deltaY=2000, modifiers=2)
    page.wait(f"{SCALE_NOW} === {whole}")


def test_a_plain_wheel_scrolls_the_page(page: Browser, tmp_path: Path) -> None:
    file = tmp_path / "notebook.html"
    html = drawn("squares")._repr_html_()
    file.write_text(f"{HEAD}<body>{html}<div style='height: 3000px'>", encoding="utf-8")
    page.open(file, width=800, height=400)
    page.mouse("mouseMoved", 100, 100)
    page.wait("document.querySelector('[data-viewer]').shadowRoot !== null")
    page.mouse("mouseWheel", 100, 100, deltaX=0, deltaY=120)
    page.wait("scrollY > 0")


def test_keys_zoom_and_pan(page: Browser, tmp_path: Path) -> None:
    show(page, drawn("network, 1 point"), tmp_path)
    whole, corner = page.run(SCALE_NOW), page.run(CORNER)
    page.press("+", 2)
    assert page.run(SCALE_NOW) == pytest.approx(1.69 * whole)
    before = page.run(CORNER)
    page.press("ArrowRight")
    page.press("ArrowDown")
    after = page.run(CORNER)
    assert after[0] == before[0] - 60 and after[1] == before[1] - 60
    page.press("-")
    assert page.run(SCALE_NOW) == pytest.approx(1.3 * whole)
    page.press("0")
    assert page.run(SCALE_NOW) == whole and page.run(CORNER) == corner


def test_the_mouse_drags_a_zoomed_picture_and_lights_nothing(page: Browser, tmp_path: Path) -> None:
    show(page, drawn("network, 1 point"), tmp_path)
    page.press("+", 4)
    x, y = page.middle("g.node.input")
    before = page.run(CORNER)
    page.mouse("mouseMoved", x, y)
    page.mouse("mousePressed", x, y, button="left", clickCount=1)
    for k in range(1, 6):
        page.mouse("mouseMoved", x - 10 * k, y, button="left", buttons=1)
    page.mouse("mouseReleased", x - 50, y, button="left", clickCount=1)
    after = page.run(CORNER)
    assert after[0] == pytest.approx(before[0] - 50, abs=11) and after[1] == before[1]
    assert not lit(page)


def test_two_fingers_zoom_and_one_pans_what_is_zoomed(page: Browser, tmp_path: Path) -> None:
    show(page, drawn("network, 1 point"), tmp_path, width=390, height=700)
    page.ask("Emulation.setTouchEmulationEnabled", enabled=True, maxTouchPoints=2)
    try:
        whole = page.run(SCALE_NOW)
        page.touch(
            [(150, 200), (250, 200)], [(140, 200), (260, 200)], [(120, 200), (280, 200)],
            [(100, 200), (300, 200)],
        )  # fmt: skip
        zoomed = page.run(SCALE_NOW)
        assert zoomed == pytest.approx(2 * whole, rel=0.2)
        before = page.run(CORNER)
        page.touch([(200, 300)], [(190, 280)], [(180, 260)], [(170, 240)])
        after = page.run(CORNER)
        assert after[0] < before[0] and after[1] < before[1]
        assert page.run(SCALE_NOW) == zoomed
    finally:
        page.ask("Emulation.setTouchEmulationEnabled", enabled=False)


def test_targets_are_large_enough_for_a_finger(page: Browser, tmp_path: Path) -> None:
    page.ask("Emulation.setTouchEmulationEnabled", enabled=True, maxTouchPoints=2)
    try:
        show(page, drawn("network, 1 point"), tmp_path, width=390, height=700)
        sides = page.run(
            "[...document.querySelectorAll('button')].flatMap((button) => "
            "[button.offsetWidth, button.offsetHeight])"
        )
        assert len(sides) == 14 and min(sides) >= 44
        assert page.run("document.querySelector('.bar').offsetWidth") <= 390
    finally:
        page.ask("Emulation.setTouchEmulationEnabled", enabled=False)


# ── find ─────────────────────────────────────────────────────────────────────────────────────


def said(page: Browser) -> str:
    return str(page.run("document.querySelector('.says').textContent"))


def test_find_counts_matches_and_opens_the_folds_they_are_in(page: Browser, tmp_path: Path) -> None:
    show(page, drawn("network, 1 point"), tmp_path)
    page.press("/")
    page.ask("Input.insertText", text="W2")
    assert said(page).startswith("1 of ")
    page.wait("document.querySelector('.current').getBoundingClientRect().width")
    first = page.run("document.querySelector('.current').textContent")
    page.press("Enter")
    assert said(page).startswith("2 of ")
    assert page.run("document.querySelector('.current').textContent") != first
    page.ask("Input.insertText", text=" nowhere")
    assert said(page) == "not found" and not page.run("document.querySelector('.found')")
    page.press("Escape")
    assert not page.run("document.querySelector('.found, .searching')")


def test_find_finds_names_that_only_a_fold_holds(page: Browser, tmp_path: Path) -> None:
    w, s = Value(0.5, "w", role="parameter"), Value(0.0, "s0")
    for i in range(1, 31):
        s = (w * s + Value(0.1 * i, f"<x>{i}")).tanh()
    show(page, draw((s - 0.3) ** 2), tmp_path)
    page.press("/")
    page.ask("Input.insertText", text="<X>17")
    assert said(page) == "1 of 1, inside"
    assert "30 values" in page.run("document.querySelector('.found').textContent")


def test_what_is_found_is_in_view_within_a_large_fold_too(page: Browser, tmp_path: Path) -> None:
    show(page, drawn("loss over examples"), tmp_path, width=948, height=320, calm=False)
    page.press("/")
    page.ask("Input.insertText", text="data")
    for _ in range(4):
        page.press("Enter")
        page.run("new Promise((done) => setTimeout(done, 400))")  # the fold has opened
        assert page.run(
            "((r) => r.width && r.left >= 0 && r.top >= 0 && r.right <= innerWidth"
            " && r.bottom <= innerHeight)"
            "(document.querySelector('.current polygon, .current path').getBoundingClientRect())"
        )


# ── the toolbar ──────────────────────────────────────────────────────────────────────────────

# Boxes that the toolbar lies on.
COVERED = """((bar) => [...%s.querySelectorAll("g.node :is(polygon, path)")]
    .map((shape) => shape.getBoundingClientRect())
    .filter(({left, top, right, bottom}) => left < bar.right && bar.left < right
        && top < bar.bottom && bar.top < bottom).length)
    (%s.querySelector(".bar").getBoundingClientRect())"""


@pytest.mark.parametrize("place", ["file", "notebook", "phone"])
def test_the_toolbar_covers_no_box_of_a_small_picture(
    place: str, page: Browser, tmp_path: Path
) -> None:
    picture = drawn("loss over examples")
    try:
        if place == "file":
            show(page, picture, tmp_path)
            assert not page.run(COVERED % ("document", "document"))
            return
        page.ask("Emulation.setTouchEmulationEnabled", enabled=place == "phone")
        width = 390 if place == "phone" else 948
        notebook(page, picture._repr_html_(), tmp_path, width=width)
        page.run("document.querySelector('[data-viewer]').focus()")
        page.wait(f"{WITHIN}?.querySelector('.bar')?.offsetWidth > 0")
        page.wait(f"{COVERED % (WITHIN, WITHIN)} === 0")
        bar = page.run(f"{WITHIN}.querySelector('.bar').getBoundingClientRect().right")
        assert bar <= page.run("document.documentElement.clientWidth") <= width
    finally:
        page.ask("Emulation.setTouchEmulationEnabled", enabled=False)


# ── saving ───────────────────────────────────────────────────────────────────────────────────

CATCH = """(() => {
    window.saved = [];
    URL.createObjectURL = (blob) => {
        const entry = {type: blob.type};
        window.saved.push(entry);
        blob.arrayBuffer().then((data) => {
            entry.bytes = [...new Uint8Array(data)];
        });
        return "data:,";
    };
    document.addEventListener("click", (event) => {
        if (event.target.download) { event.preventDefault(); }
    }, true);
})()"""


def saved(page: Browser, kind: str) -> bytes:
    page.run(CATCH)
    page.run(f"document.querySelector('button.{kind}').click()")
    page.wait("window.saved.length === 1 && window.saved[0].bytes !== undefined")
    return bytes(page.run("window.saved[0].bytes"))


def test_the_saved_svg_is_what_is_seen_without_a_script(page: Browser, tmp_path: Path) -> None:
    show(page, drawn("loss over examples"), tmp_path)
    page.press("o")
    text = saved(page, "svg").decode()
    assert "<script" not in text and "foreignObject" not in text and "tabindex" not in text
    assert "the first of 100" in text
    show_at = tmp_path / "saved.svg"
    show_at.write_text(text, encoding="utf-8")
    before = boxes(page)
    strip = -page.run("document.documentElement.viewBox.baseVal.y")  # of the toolbar
    page.open(show_at)
    after = boxes(page)
    assert list(after) == list(before)
    for name, (left, top, right, bottom) in before.items():
        sides = [left, top - strip, right, bottom - strip]
        assert after[name] == pytest.approx(sides, abs=0.1), name


def test_the_saved_png_is_twice_as_large(page: Browser, tmp_path: Path) -> None:
    show(page, drawn("squares"), tmp_path)
    data = saved(page, "png")
    assert data.startswith(b"\x89PNG")
    width = int.from_bytes(data[16:20], "big")
    shown = page.run("document.documentElement.getBoundingClientRect().width")
    assert width == pytest.approx(2 * shown, abs=2)


# ── labels ───────────────────────────────────────────────────────────────────────────────────


def test_labels_run_nothing_and_stay_as_they_are(page: Browser, tmp_path: Path) -> None:
    hostile = [
        "</script><script>window.hacked = 1</script>",
        "]]></script><image href=x onerror='window.hacked=1'>",
        "<img src=x onerror=window.hacked=1>",
        "{{script}} ${window.hacked=1} \\u0022",
        *HARD.values(),
    ]
    values = [Value(1.0, label, role="parameter") for label in hostile]
    loss = nn.cross_entropy(values, 0)
    loss.label = hostile[0]
    loss.backward()
    picture = draw(loss)
    for file, text in {
        "alone.svg": picture.viewer,
        "notebook.html": f"{HEAD}{picture._repr_html_()}",
        "inline.html": f"{HEAD}{picture.viewer}",
    }.items():
        (tmp_path / file).write_text(text, encoding="utf-8")
        page.open(tmp_path / file)
        page.mouse("mouseMoved", 200, 90)
        if file == "notebook.html":
            page.wait("document.querySelector('[data-viewer]').shadowRoot !== null")
        page.press("o")
        page.press("/")
        assert page.run("window.hacked === undefined"), file
        assert not page.errors, file


# ── in a notebook ────────────────────────────────────────────────────────────────────────────

WITHIN = "document.querySelector('[data-viewer]').shadowRoot"


def notebook(page: Browser, html: str, tmp_path: Path, **options: Any) -> None:
    file = tmp_path / "notebook.html"
    body = f"<body style='margin: 0'><p id=before>before</p>{html}<p id=after>after</p>"
    file.write_text(f"{HEAD}{body}", encoding="utf-8")
    page.open(file, **options)


def test_pointing_at_a_picture_in_a_notebook_wakes_it_and_moves_nothing(
    page: Browser, tmp_path: Path
) -> None:
    notebook(page, drawn("network, 1 point")._repr_html_(), tmp_path, width=948, height=1600)
    still = page.run("document.querySelector('#after').getBoundingClientRect().top")
    page.mouse("mouseMoved", 300, 300)
    page.wait(f"Boolean({WITHIN}?.querySelector('svg[data-live]'))")
    page.wait(f"{WITHIN}.querySelector('.bar').offsetWidth > 0")
    live = page.run("document.querySelector('#after').getBoundingClientRect().top")
    assert live == pytest.approx(still, abs=1)
    page.press("o")
    assert not page.errors
    assert [url for url in page.requests if not url.startswith(("file:", "data:"))] == []


def test_a_picture_in_a_notebook_opens_by_keys_alone(page: Browser, tmp_path: Path) -> None:
    notebook(page, drawn("network, 1 point")._repr_html_(), tmp_path, width=948, height=1600)
    page.click(*page.middle("#before"))
    while page.run("document.activeElement === document.body"):
        page.press("Tab")  # the browser takes the first
    page.wait(f"Boolean({WITHIN}?.activeElement)")
    page.press("Tab", 2)
    assert page.run(f"{WITHIN}.activeElement.ariaExpanded") == "false"
    page.press("Enter")
    assert page.run(f"{WITHIN}.activeElement.ariaExpanded") == "true"
    words = f"{WITHIN}.querySelector('.inside text')"
    assert page.run(f"{words}.getBoundingClientRect().height") > 10, "it can be read"
    assert page.run("document.documentElement.scrollWidth") <= 948


def test_an_open_picture_in_a_notebook_prints_whole_on_its_sheet(
    page: Browser, tmp_path: Path
) -> None:
    notebook(page, drawn("softmax classifier")._repr_html_(), tmp_path, width=948)
    page.run("document.querySelector('[data-viewer]').onpointerenter()")
    page.wait(f"Boolean({WITHIN}?.querySelector('svg[data-live]'))")
    page.run(f"{WITHIN}.querySelector('button.folds').click()")
    page.run("dispatchEvent(new Event('beforeprint'))")
    page.ask("Emulation.setEmulatedMedia", media="print")
    page.ask(
        "Emulation.setDeviceMetricsOverride",
        width=688, height=1016, deviceScaleFactor=1, mobile=False,
    )  # fmt: skip
    try:
        shown = f"{WITHIN}.querySelector('svg').getBoundingClientRect()"
        assert page.run(f"{shown}.height") <= 0.95 * 1016
        paper = f"{WITHIN}.querySelector('g.graph polygon').getBoundingClientRect()"
        for side, sign in (("left", 1), ("top", 1), ("right", -1), ("bottom", -1)):
            assert sign * page.run(f"{paper}.{side} - {shown}.{side}") > -1, side
    finally:
        page.ask("Emulation.setEmulatedMedia", media="")


@pytest.mark.parametrize("start", ["#111111", "#ffffff"])
def test_it_follows_the_theme_of_the_notebook(start: str, page: Browser, tmp_path: Path) -> None:
    notebook(page, drawn("squares")._repr_html_(), tmp_path)
    page.run(f"document.body.style.setProperty('--jp-layout-color0', '{start}')")
    page.mouse("mouseMoved", 100, 50)
    page.wait(f"Boolean({WITHIN}?.querySelector('svg[data-live]'))")
    page.wait(f"{WITHIN}.querySelector('svg').dataset.theme !== undefined")
    theme = f"{WITHIN}.querySelector('svg').dataset.theme"
    paper = f"getComputedStyle({WITHIN}.querySelector('g.graph polygon')).fill"
    for colour in (start, "#ffffff", "#111111", "#ffffff"):
        page.run(f"document.body.style.setProperty('--jp-layout-color0', '{colour}')")
        dark = colour == "#111111"
        page.wait(f"{theme} === '{'dark' if dark else 'light'}'")
        assert page.run(paper) == ("rgb(27, 33, 39)" if dark else "rgb(255, 255, 255)")


def test_both_pictures_of_an_update_wake(page: Browser, tmp_path: Path) -> None:
    w = Value(0.5, "w", role="parameter")
    update = draw_update((w * 2.0) ** 2, (w * 2.0) ** 2)
    page.open(update.save(tmp_path / "update.svg"))
    page.click(*page.middle("g.node.parameter"))
    assert len(lit(page)) > 3 and not page.errors
    notebook(page, update._repr_html_(), tmp_path)
    hosts = "[...document.querySelectorAll('[data-viewer]')]"
    page.run(f"{hosts}.forEach((host) => host.onpointerenter())")
    page.wait(f"{hosts}.every((host) => host.shadowRoot?.querySelector('svg[data-live]'))")
    assert not page.errors


# ── in the gallery ───────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("gallery")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("viz.course.rendering.build", prepared)
        only = ["--only", "more-data", "--only", "learn-cat"]
        assert command.main(["--no-steps", "--out", str(out), *only]) == 0
    return out / "index.html"


@pytest.mark.parametrize("width", [390, 1300])
def test_a_click_in_the_gallery_opens_the_picture_in_its_place(
    width: int, page: Browser, gallery: Path
) -> None:
    page.open(gallery, width=width)
    page.wait("[...document.images].every((image) => image.complete && image.naturalWidth)")
    page.run("document.querySelector('#more-data img').scrollIntoView()")
    high = page.run("document.querySelector('#more-data img').getBoundingClientRect().height")
    page.run("document.querySelector('#more-data .picture a').click()")
    frame = "document.querySelector('#more-data iframe')"
    page.wait(f"{frame} !== null")
    page.wait("document.documentElement.dataset.live !== undefined", in_frame=True)
    assert page.run(f"{frame}.getBoundingClientRect().height") == pytest.approx(high, abs=3)
    page.wait(f"document.activeElement === {frame}")
    page.run("document.querySelector('.node[aria-expanded]').focus()", in_frame=True)
    page.press("Enter")
    page.wait("document.querySelector('.node.open') !== null", in_frame=True)
    assert page.run("document.documentElement.scrollWidth") <= width
    inside = "document.documentElement.getBoundingClientRect().height"
    page.wait(f"{inside} <= innerHeight + 1", in_frame=True)
    assert not page.errors
    page.ask("Emulation.setEmulatedMedia", media="print")
    assert page.run("document.querySelector('#more-data img').checkVisibility()")
    assert not page.run(f"{frame}.checkVisibility()")
    page.ask("Emulation.setEmulatedMedia", media="")
