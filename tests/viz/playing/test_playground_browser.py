"""The playground in a real browser: it trains as Python does, and everything can be touched."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest

import nn
from autograd import Value
from tests.two_moons import two_moons
from viz import Playground, playground

from ..browser import IN_A_BROWSER, Browser
from ..labels import TRIED
from .problems import RULES, curve, four_inputs, logistic, losses_of, moons, three_classes, train

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = IN_A_BROWSER


def opened(page: Browser, made: Playground, folder: Path, **options: Any) -> None:
    page.open(made.save(folder / "train.html"), **options)
    page.run("glassgrad.ready.then(() => 1)")
    settle(page)


def do(page: Browser, call: str) -> None:
    """Call something, and wait until it is done and drawn."""
    page.run(f"Promise.resolve(glassgrad.{call}).then(() => 1)")
    settle(page)


def ask(page: Browser, call: str) -> Any:
    return page.run(f"glassgrad.{call}")


def settle(page: Browser) -> None:
    """Wait until what has changed has gone to the worker, has come back, and is drawn."""
    page.run(
        "new Promise((done) => requestAnimationFrame(() => setTimeout(() => glassgrad.idle()"
        ".then(() => requestAnimationFrame(() => requestAnimationFrame(done))))))"
    )


def text(page: Browser, name: str) -> str:
    return str(page.run(f"document.getElementById('{name}').textContent"))


def place_of(page: Browser, point: int) -> tuple[float, float]:
    return page.middle(f".plane .point[data-k='{point}']")


def theta(page: Browser) -> list[float]:
    return list(page.run("glassgrad.leaves().map((name) => glassgrad.data(name))"))


# ── training ──


@pytest.mark.parametrize("rule", RULES)
def test_200_steps_are_those_of_python(chromium: Browser, tmp_path: Path, rule: str) -> None:
    page, model = moons(optimiser=RULES[rule])
    opened(chromium, page, tmp_path)
    do(chromium, "train(200)")
    train(page, model, RULES[rule](model.parameters()), 200)
    assert theta(chromium) == pytest.approx(
        [p.data for p in model.parameters()], rel=1e-9, abs=1e-12
    )
    X, y = two_moons(40, 0.1)  # noqa: N806
    losses = [v.data for v in losses_of(model, X, y)]
    for name, points in (("training", page.training), ("heldOut", page.held_out)):
        mean = math.fsum(losses[k] for k in points) / len(points)
        assert ask(chromium, f"loss().{name}") == pytest.approx(mean, rel=1e-9)


def test_batches_are_those_of_python_and_a_reset_begins_them_again(
    chromium: Browser, tmp_path: Path
) -> None:
    page, model = moons(optimiser=RULES["momentum"], batch=5)
    opened(chromium, page, tmp_path)
    first = theta(chromium)
    train(page, model, RULES["momentum"](model.parameters()), 50)
    for _ in range(2):
        do(chromium, "train(20)")
        do(chromium, "train(30)")
        assert theta(chromium) == pytest.approx([p.data for p in model.parameters()], rel=1e-9)
        do(chromium, "reset()")
        assert theta(chromium) == first and ask(chromium, "loss().step") == 0


def test_an_optimiser_that_has_made_steps_goes_on(chromium: Browser, tmp_path: Path) -> None:
    X, y = two_moons(40, 0.1)  # noqa: N806
    begun, model = moons()
    optimiser = RULES["Adam"](model.parameters())
    train(begun, model, optimiser, 20)
    page = playground(model, X, y, logistic, optimiser)
    opened(chromium, page, tmp_path)
    do(chromium, "train(30)")
    train(page, model, optimiser, 30)
    assert theta(chromium) == pytest.approx([p.data for p in model.parameters()], rel=1e-9)


@pytest.mark.parametrize("make", [three_classes, curve, four_inputs])
def test_other_problems_are_learnt_as_well(chromium: Browser, tmp_path: Path, make: Any) -> None:
    page, _ = make()
    opened(chromium, page, tmp_path)
    before = ask(chromium, "loss().training")
    do(chromium, "train(200)")
    assert ask(chromium, "loss().training") < 0.5 * before
    assert text(chromium, "alarm") == ""


def test_it_plays_and_pauses_with_one_message_a_frame(chromium: Browser, tmp_path: Path) -> None:
    page, _ = moons()
    opened(chromium, page, tmp_path)
    chromium.run(
        "window.asked = window.frames2 = 0; glassgrad.onAnswer = () => { asked++ };"
        "(function count() { frames2++; requestAnimationFrame(count) })()"
    )
    chromium.click(*chromium.middle("#play"))
    chromium.wait("glassgrad.loss().step >= 50")
    chromium.click(*chromium.middle("#play"))
    settle(chromium)
    assert text(chromium, "play").strip() == "▶ Train"
    assert chromium.run("asked <= frames2 + 2")
    steps = ask(chromium, "loss().step")
    assert "After" in text(chromium, "said") and text(chromium, "steps") == f"{steps:,}"
    settle(chromium)
    assert ask(chromium, "loss().step") == steps
    chromium.click(*chromium.middle("#step"))
    settle(chromium)
    assert ask(chromium, "loss().step") == steps + 1
    chromium.click(*chromium.middle("#reset"))
    settle(chromium)
    assert ask(chromium, "loss().step") == 0


def test_a_divergence_is_reported_at_its_step(chromium: Browser, tmp_path: Path) -> None:
    X, y = [[1.0], [2.0], [3.0]], [1.0, 2.0, 4.0]  # noqa: N806
    model = nn.MLP(1, [1], seed=0)
    page = playground(model, X, y, nn.mse_loss, nn.SGD(model.parameters(), lr=10.0), held_out=0)
    opened(chromium, page, tmp_path)
    first = 0
    w, b = (p.data for p in model.parameters())
    while True:  # the loss overflows at the same step in Python
        errors = [w * x[0] + b - t for x, t in zip(X, y, strict=True)]
        if not math.isfinite(sum(e * e for e in errors)):
            break
        w -= 10.0 * sum(2 * e * x[0] for e, x in zip(errors, X, strict=True)) / 3
        b -= 10.0 * sum(2 * e for e in errors) / 3
        first += 1
    chromium.click(*chromium.middle("#play"))
    chromium.wait("document.getElementById('alarm').textContent !== ''")
    assert text(chromium, "alarm") == (
        f"The loss is not finite since step {first}. "
        "Reset, and try a smaller learning rate, such as 1."
    )
    assert text(chromium, "play").strip() == "▶ Train"
    assert ask(chromium, "loss().step") == first
    chromium.click(*chromium.middle("#reset"))
    settle(chromium)
    assert text(chromium, "alarm") == ""


def test_the_worker_stops_when_the_page_does(chromium: Browser, tmp_path: Path) -> None:
    page, _ = moons()
    opened(chromium, page, tmp_path)
    chromium.click(*chromium.middle("#play"))
    chromium.wait("glassgrad.loss().step > 0")
    chromium.run(
        "Object.defineProperty(document, 'hidden', {value: true, configurable: true});"
        "document.dispatchEvent(new Event('visibilitychange'))"
    )
    settle(chromium)
    steps = ask(chromium, "loss().step")
    settle(chromium)
    settle(chromium)
    assert ask(chromium, "loss().step") == steps
    chromium.run("delete document.hidden; document.dispatchEvent(new Event('visibilitychange'))")
    chromium.wait(f"glassgrad.loss().step > {steps}")
    chromium.run("dispatchEvent(new PageTransitionEvent('pagehide'))")
    assert text(chromium, "play").strip() == "▶ Train"


# ── touching ──


def test_the_rule_the_rate_and_the_batch_can_be_chosen(chromium: Browser, tmp_path: Path) -> None:
    page, model = moons()
    opened(chromium, page, tmp_path)
    chromium.run(
        "for (const [id, value] of [['rule', 'Adam'], ['rate', '0,05']]) {"
        " const e = document.getElementById(id); e.value = value;"
        " e.dispatchEvent(new Event('change')) }"
    )
    do(chromium, "train(60)")
    train(page, model, nn.Adam(model.parameters(), lr=0.05), 60)
    assert theta(chromium) == pytest.approx([p.data for p in model.parameters()], rel=1e-9)


def test_a_weight_is_chosen_and_changed(chromium: Browser, tmp_path: Path) -> None:
    page, model = moons()
    opened(chromium, page, tmp_path)
    chromium.run("document.querySelector('.reach').dispatchEvent(new MouseEvent('click'))")
    settle(chromium)
    name = next(path for path, _ in model.named_parameters())
    assert text(chromium, "chosen").startswith(name)
    chromium.run(
        "{ const e = document.querySelector('#about input'); e.value = '−1.5';"
        " e.dispatchEvent(new Event('change')) }"
    )
    settle(chromium)
    assert ask(chromium, f"data('{name}')") == -1.5
    model.parameters()[0].data = -1.5
    X, y = two_moons(40, 0.1)  # noqa: N806
    losses = losses_of(model, [X[k] for k in page.training], [y[k] for k in page.training])
    (sum(losses, Value(0.0)) / len(losses)).backward()
    assert ask(chromium, f"grad('{name}')") == pytest.approx(model.parameters()[0].grad, rel=1e-9)
    chromium.click(*chromium.middle("#about .number button:last-child"))
    settle(chromium)
    assert ask(chromium, f"data('{name}')") == -1.4
    assert "the slope of the tangent" in text(chromium, "about")


def test_points_are_dragged_added_and_removed(chromium: Browser, tmp_path: Path) -> None:
    page, _ = moons()
    opened(chromium, page, tmp_path)
    count = "document.querySelectorAll('.plane .point').length"
    before = ask(chromium, "loss().training")
    k = page.training[0]
    x, y = place_of(chromium, k)
    chromium.mouse("mouseMoved", x, y)
    chromium.mouse("mousePressed", x, y, button="left", clickCount=1)
    for by in (20, 40, 60):
        chromium.mouse("mouseMoved", x + by, y + by, button="left")
    chromium.mouse("mouseReleased", x + 60, y + 60, button="left", clickCount=1)
    settle(chromium)
    moved = place_of(chromium, k)
    assert moved == pytest.approx((x + 60, y + 60), abs=1.0)
    assert text(chromium, "chosen").startswith(f"Point {k + 1}")
    assert ask(chromium, "loss().training") != before
    chromium.click(*chromium.middle("[data-tool='add1']"))
    left, top, height = chromium.run(
        "(({left, top, height}) => [left, top, height])"
        "(document.querySelector('.plane .edge').getBoundingClientRect())"
    )
    chromium.click(left + 4, top + height - 4)
    settle(chromium)
    assert chromium.run(count) == 41
    chromium.click(*chromium.middle("[data-tool='remove']"))
    chromium.click(left + 4, top + height - 4)
    settle(chromium)
    assert chromium.run(count) == 40
    chromium.click(*chromium.middle("#tools button:last-child"))
    settle(chromium)
    assert ask(chromium, "loss().training") == before
    do(chromium, "train(3)")


def test_a_finger_drags_a_point_and_does_not_scroll(chromium: Browser, tmp_path: Path) -> None:
    page, _ = moons()
    opened(chromium, page, tmp_path, width=390, height=844)
    chromium.run("document.getElementById('plane').scrollIntoView({block: 'center'})")
    x, y = place_of(chromium, 0)
    before = chromium.run("scrollY")
    chromium.touch(*[[(x, y + by)] for by in (0, 15, 30, 45, 60)])
    settle(chromium)
    assert chromium.run("scrollY") == before
    assert place_of(chromium, 0) == pytest.approx((x, y + 60), abs=2.0)


def test_keys_are_enough(chromium: Browser, tmp_path: Path) -> None:
    page, _ = moons()
    opened(chromium, page, tmp_path)
    chromium.run("document.getElementById('points').focus()")
    chromium.press("ArrowRight")
    settle(chromium)
    assert text(chromium, "chosen").startswith("Point 1")
    x, y = place_of(chromium, 0)
    chromium.press("ArrowRight", 3)
    chromium.press("ArrowDown")
    settle(chromium)
    after = place_of(chromium, 0)
    assert after[0] > x + 3 and after[1] > y + 1
    chromium.run("document.querySelector('.node[role]').focus()")
    chromium.press("Enter")
    settle(chromium)
    assert text(chromium, "chosen").startswith("Neuron 1 of layer 1")
    assert "What neuron 1 of layer 1 says" in text(chromium, "shown")


def test_the_noise_moves_the_points_and_nothing_else(chromium: Browser, tmp_path: Path) -> None:
    page, _ = moons()
    opened(chromium, page, tmp_path)
    before, losses = theta(chromium), ask(chromium, "loss().training")
    script = (
        "{{ const e = document.getElementById('noise'); e.value = {};"
        " e.dispatchEvent(new Event('input')) }}"
    )
    chromium.run(script.format(0.5))
    settle(chromium)
    assert ask(chromium, "loss().training") != losses and theta(chromium) == before
    chromium.run(script.format(0))
    settle(chromium)
    assert ask(chromium, "loss().training") == losses


def test_the_plane_has_the_colours_of_what_the_model_says(
    chromium: Browser, tmp_path: Path
) -> None:
    page, model = moons(optimiser=RULES["Adam"])
    opened(chromium, page, tmp_path)
    do(chromium, "train(100)")
    train(page, model, RULES["Adam"](model.parameters()), 100)
    image = chromium.run(
        "[...document.getElementById('shades').getContext('2d').getImageData(0, 0, 48, 48).data]"
    )
    X, _ = two_moons(40, 0.1)  # noqa: N806
    sides = [
        (min(c) - 0.15 * (max(c) - min(c)), max(c) + 0.15 * (max(c) - min(c)))
        for c in zip(*X, strict=True)
    ]
    for i in range(0, 48, 5):
        for j in range(0, 48, 5):
            x = sides[0][0] + (sides[0][1] - sides[0][0]) * (i + 0.5) / 48
            y = sides[1][1] - (sides[1][1] - sides[1][0]) * (j + 0.5) / 48
            score = model([x, y]).data
            red, _, blue, alpha = image[4 * (48 * j + i) : 4 * (48 * j + i) + 4]
            assert (blue > red) == (score > 0)
            sure = 1 / (1 + math.exp(-abs(score)))
            assert alpha == pytest.approx(255 * 0.62 * sure**2, abs=1.5)


def test_of_four_inputs_one_chooses_which_two_are_drawn(chromium: Browser, tmp_path: Path) -> None:
    page, _ = four_inputs(inputs=["a", "b", "c", "<b>d</b>"])
    opened(chromium, page, tmp_path)
    x, _ = place_of(chromium, 0)
    chromium.run(
        "{ const e = document.querySelectorAll('#axes select')[1]; e.value = 3;"
        " e.dispatchEvent(new Event('change')) }"
    )
    settle(chromium)
    assert place_of(chromium, 0)[0] != x
    assert chromium.run("document.querySelectorAll('b b, option b').length") == 0


# ── everywhere ──


def test_in_a_frame_without_an_origin_it_trains_as_well(chromium: Browser, tmp_path: Path) -> None:
    page, _ = moons()
    path = tmp_path / "notebook.html"
    path.write_text(f"<!doctype html><body>{page._repr_html_()}", "utf-8")
    chromium.open(path)
    chromium.wait("document.querySelector('iframe').srcdoc !== ''")
    chromium.wait("!!document.getElementById('steps')", in_frame=True)
    chromium.run("document.getElementById('step').click()", in_frame=True)
    chromium.wait("document.getElementById('steps').textContent === '1'", in_frame=True)


def test_where_workers_are_not_allowed_the_page_does_the_work(
    chromium: Browser, tmp_path: Path
) -> None:
    page, model = moons(optimiser=RULES["Adam"])
    html = page.html.replace("<head>", "<head><script>window.Worker = undefined</script>")
    path = tmp_path / "train.html"
    path.write_text(html, "utf-8")
    chromium.open(path)
    chromium.run("glassgrad.ready.then(() => 1)")
    do(chromium, "train(50)")
    train(page, model, RULES["Adam"](model.parameters()), 50)
    assert theta(chromium) == pytest.approx([p.data for p in model.parameters()], rel=1e-9)


def test_on_a_phone_nothing_is_too_wide_or_too_small(chromium: Browser, tmp_path: Path) -> None:
    page, _ = moons((16, 16, 1))
    opened(chromium, page, tmp_path, width=390, height=844)
    assert chromium.run("document.documentElement.scrollWidth") == 390
    visible = "getComputedStyle(document.getElementById('panel')).visibility"
    assert chromium.run(visible) == "hidden"
    chromium.touch([place_of(chromium, 3)])
    chromium.wait(f"{visible} === 'visible'")
    assert text(chromium, "chosen").startswith("Point 4")
    small = """[...document.querySelectorAll("button, input:not([type=checkbox]), select, .check")]
        .filter((e) => e.checkVisibility({visibilityProperty: true}) && !e.matches(".link"))
        .map((e) => [e.id || e.textContent || e.ariaLabel, e.getBoundingClientRect()])
        .filter(([, {width, height}]) => width < 44 || height < 44).map(([name]) => name)"""
    assert chromium.run(small) == []
    chromium.click(*chromium.middle("#close"))
    chromium.wait(f"{visible} === 'hidden'")


@pytest.mark.thorough
def test_nothing_of_users_runs(chromium: Browser, tmp_path: Path) -> None:
    hostile = "</script><img src=x onerror='window.hit = 1'><script>window.hit = 1</script>"
    for label in (hostile, "<img src=x onerror='window.hit = 1'>", "{{plan}}", *TRIED.values()):
        model = nn.MLP(2, [2, 1], seed=0)

        class Named(nn.Module):
            def __init__(self, inner: nn.MLP = model) -> None:
                self.inner = inner

            def named_parameters(self) -> Any:
                return [(f"{label}{k}", p) for k, p in enumerate(self.inner.parameters())]  # noqa: B023

            def forward(self, x: list[Value]) -> Any:
                return self.inner(x)

        made = playground(
            Named(), [[0.0, 1.0], [1.0, 0.0]], [-1, 1], logistic, held_out=0,
            title=label, inputs=[label, label],
        )  # fmt: skip
        opened(chromium, made, tmp_path)
        chromium.run("document.querySelector('.reach').dispatchEvent(new MouseEvent('click'))")
        settle(chromium)
        chromium.run("document.querySelector('.node[role]').dispatchEvent(new MouseEvent('click'))")
        settle(chromium)
        assert chromium.run("window.hit === undefined && !document.images.length"), label


# ── the link ──


def reload(page: Browser) -> None:
    page.open_again()
    settle(page)


@pytest.mark.parametrize("rule", RULES)
def test_a_reload_goes_on_where_one_was(chromium: Browser, tmp_path: Path, rule: str) -> None:
    page, model = moons(optimiser=RULES[rule])
    opened(chromium, page, tmp_path)
    do(chromium, "train(60)")
    trained, losses = theta(chromium), ask(chromium, "loss()")
    curve = chromium.run("document.querySelector('#curve .run').getAttribute('d')")
    reload(chromium)
    assert theta(chromium) == trained
    assert ask(chromium, "loss()") == losses
    assert chromium.run("document.querySelector('#curve .run').getAttribute('d')") == curve
    do(chromium, "train(60)")
    train(page, model, RULES[rule](model.parameters()), 120)
    assert theta(chromium) == pytest.approx([p.data for p in model.parameters()], rel=1e-9)


def test_a_reload_restores_what_one_has_set_and_chosen(chromium: Browser, tmp_path: Path) -> None:
    page, _ = four_inputs()
    opened(chromium, page, tmp_path)
    name = chromium.run("glassgrad.leaves()[3]")
    do(chromium, f"set({name!r}, 1.25)")
    chromium.run(
        """for (const [name, value, kind] of [
             ["rule", "Adam", "change"], ["rate", "0.03", "change"], ["batch", "5", "change"],
             ["noise", "0.4", "input"], ["speed", "25", "change"],
           ]) {
             const element = document.getElementById(name);
             element.value = value;
             element.dispatchEvent(new Event(kind));
           }
           const [up] = document.querySelectorAll("#axes select");
           up.value = 3;
           up.dispatchEvent(new Event("change"));
           document.querySelector(".reach").dispatchEvent(new MouseEvent("click"));"""
    )
    settle(chromium)
    seen = """[...document.querySelectorAll("#rule, #rate, #batch, #noise, #speed, #axes select")]
        .map((e) => e.value).concat(document.getElementById("chosen").textContent)"""
    before, shown = chromium.run(seen), chromium.run("document.getElementById('points').innerHTML")
    losses = ask(chromium, "loss()")
    assert before[:6] == ["0.03", "Adam", "5", "0.4", "25", "3"]
    reload(chromium)
    assert chromium.run(seen) == before
    assert ask(chromium, f"data({name!r})") == 1.25
    assert ask(chromium, "loss()") == losses
    assert chromium.run("document.getElementById('points').innerHTML") == shown


def test_a_reload_restores_points_that_were_moved_added_and_removed(
    chromium: Browser, tmp_path: Path
) -> None:
    page, _ = moons()
    opened(chromium, page, tmp_path)
    chromium.run("document.getElementById('noise').value = 0.5")
    chromium.run("document.getElementById('noise').dispatchEvent(new Event('input'))")
    chromium.run("document.getElementById('points').focus()")
    key = "document.getElementById('points').dispatchEvent(new KeyboardEvent('keydown', {key: %r}))"
    for pressed in ("PageDown", "PageDown", "ArrowRight", "ArrowUp", "PageDown", "Delete"):
        chromium.run(key % pressed)
    chromium.run("document.querySelector('[data-tool=add1]').click()")
    left, top = chromium.middle("#points")
    chromium.click(left + 31, top - 17)
    settle(chromium)
    losses, shown = (
        ask(chromium, "loss()"),
        chromium.run("document.getElementById('points').innerHTML"),
    )
    assert chromium.run("document.querySelectorAll('.plane .point').length") == 40
    reload(chromium)
    assert ask(chromium, "loss()") == losses
    assert chromium.run("document.getElementById('points').innerHTML") == shown


def test_a_link_to_a_place_of_the_page_changes_nothing(chromium: Browser, tmp_path: Path) -> None:
    page, _ = moons()
    opened(chromium, page, tmp_path)
    do(chromium, "train(5)")
    trained = theta(chromium)
    chromium.run("document.querySelector('.skip').click()")
    settle(chromium)
    assert theta(chromium) == trained and ask(chromium, "loss().step") == 5


HOSTILE = (
    "#lr=-1&rule=%3Cimg%20src%3Dx%20onerror%3D%27window.hit%3D1%27%3E&batch=0.5&noise=9&speed=1e9",
    "#at=weight:99999&axes=7,8&points=1,2,3;4&numbers=AAAA&steps=5&made=5",
    "#at=constructor:1&points=nan,0,1,0,0&steps=-1&curve=0,1,2;x",
    "#points=1,2,77,0,0&numbers=%%%&__proto__=1&curve=" + "9," * 5000,
    "#steps=7&made=7&numbers=" + "_____w" * 200,
    "#id=stale&lr=5&steps=3&points=1,2,1,0,0",
    "#&&=&==3",
    "#7",
)


def test_a_hostile_or_stale_link_does_no_harm(chromium: Browser, tmp_path: Path) -> None:
    page, _ = moons()
    opened(chromium, page, tmp_path)
    first, losses = theta(chromium), ask(chromium, "loss()")
    for link in HOSTILE:
        chromium.run(f"location.hash = {link!r}; new Promise((done) => setTimeout(done, 50))")
        settle(chromium)
        assert theta(chromium) == first, link
        assert ask(chromium, "loss()") == losses, link
        assert chromium.run("document.getElementById('rate').value") == "0.1", link
        assert chromium.run("window.hit === undefined && !document.images.length")
        assert text(chromium, "alarm") == ""


# ── the live graph of a point ──


@pytest.mark.parametrize("make", [moons, three_classes, curve])
def test_a_point_opens_its_live_graph(chromium: Browser, tmp_path: Path, make: Any) -> None:
    page, _ = make()
    opened(chromium, page, tmp_path)
    do(chromium, "train(30)")
    chromium.run("document.getElementById('points').focus()")
    for _ in range(4):
        chromium.run(
            "document.getElementById('points')"
            ".dispatchEvent(new KeyboardEvent('keydown', {key: 'PageDown'}))"
        )
    settle(chromium)
    chromium.click(*chromium.middle("#about .row button"))
    inside = "document.querySelector('#graph iframe')?.contentWindow.glassgrad"
    chromium.wait(f"!!{inside}")
    L = float(text(chromium, "about").split("loss of this point is ")[1].split(".Open")[0])  # noqa: N806
    assert chromium.run(f"{inside}.data('L')") == pytest.approx(L, rel=1e-3)
    found = chromium.run(f"{inside}.leaves().map((name) => {inside}.data(name))")
    assert set(theta(chromium)) <= set(found)
    chromium.press("Escape")
    chromium.wait("!document.querySelector('#graph').open")
    assert not chromium.run("document.querySelector('#graph iframe')")


def test_a_notebook_prints_a_playground_as_it_looks(chromium: Browser, tmp_path: Path) -> None:
    made, _ = moons()
    cell = tmp_path / "cell.html"
    cell.write_text(f"<!DOCTYPE html><meta charset='utf-8'>{made._repr_html_()}", "utf-8")
    chromium.open(cell)
    chromium.wait("!!document.querySelector('.plane .point')", in_frame=True)
    chromium.run("dispatchEvent(new Event('beforeprint'))")
    assert chromium.run("document.querySelector('iframe').offsetHeight > 100")
    chromium.run("dispatchEvent(new Event('afterprint'))")
    assert not chromium.errors
