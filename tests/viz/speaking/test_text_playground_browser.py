"""The playground of a language model in a real browser: it says what Python says."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest

from autograd import softmax
from viz import text_playground

from ..browser import IN_A_BROWSER, Browser
from ..labels import HARD
from .models import Spoken, bigram, by_hand, gpt, recurrent, transformer

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = IN_A_BROWSER

MODELS: dict[str, Any] = {
    "gpt": gpt,
    "gpt, its softmax by hand": lambda: gpt(share=by_hand),
    "bigram": bigram,
    "recurrent": recurrent,
    "of modules": transformer,
}


def opened(page: Browser, spoken: Spoken, folder: Path, *, length: int = 4, **options: Any) -> None:
    window = {name: options.pop(name) for name in ("width", "height", "dark") if name in options}
    made = text_playground(
        spoken.model, spoken.tokens, length, parameters=spoken.tables or None, **options
    )
    page.open(made.save(folder / "speak.html"), **window)
    page.run("glassgrad.ready.then(() => 1)")


def text(page: Browser, name: str) -> str:
    return str(page.run(f"document.getElementById('{name}').textContent"))


def chances(page: Browser) -> list[float]:
    return list(page.run("Object.values(glassgrad.chances())"))


def press(page: Browser, name: str) -> None:
    page.click(*page.middle(f"#{name}"))


def corner(page: Browser, selector: str) -> list[float]:
    return list(
        page.run(
            "(({left, top}) => [left, top])"
            f"(document.querySelector({selector!r}).getBoundingClientRect())"
        )
    )


# ── what it says ──


@pytest.mark.parametrize("make", MODELS.values(), ids=MODELS)
def test_its_chances_are_those_of_python(chromium: Browser, tmp_path: Path, make: Any) -> None:
    spoken = make()
    opened(chromium, spoken, tmp_path)
    rng = random.Random(0)
    for _ in range(12):
        read = rng.choices(spoken.tokens, k=rng.randint(1, 4))
        chromium.run(f"glassgrad.write({(' ' if len(spoken.tokens[0]) > 1 else '').join(read)!r})")
        assert chances(chromium) == pytest.approx(spoken.chances(read), rel=1e-9, abs=1e-15)


def test_its_attention_is_that_of_python(chromium: Browser, tmp_path: Path) -> None:
    heard: list[list[float]] = []

    def listened(scores: list[Any]) -> Any:
        weights = softmax(scores)
        heard.append([w.data for w in weights])
        return weights

    spoken = gpt(share=listened)
    opened(chromium, spoken, tmp_path)
    chromium.run("glassgrad.write('cab')")
    heard.clear()
    spoken.chances(list("cab"))
    found = chromium.run("glassgrad.attention()")
    assert [len(head) for head in found] == [3, 3]
    for t in range(3):
        for head in range(2):
            assert found[head][t] == pytest.approx(heard[2 * t + head], rel=1e-9)


def test_a_changed_weight_changes_what_it_says_as_in_python(
    chromium: Browser, tmp_path: Path
) -> None:
    spoken = gpt()
    opened(chromium, spoken, tmp_path, text="bad")
    before = chances(chromium)
    names = ["letters[1][2]", "query[3][0]", "scale[0]"]
    places = [
        spoken.tables["letters"][1][2],
        spoken.tables["query"][3][0],
        spoken.tables["scale"][0],
    ]
    for name, value in zip(names, places, strict=True):
        assert chromium.run(f"glassgrad.data('{name}')") == value.data
        value.data += 0.75
        chromium.run(f"glassgrad.set('{name}', {value.data!r})")
        assert chances(chromium) == pytest.approx(spoken.chances(list("bad")), rel=1e-9)
    assert text(chromium, "restore") == "Restore 3 changed weights"
    press(chromium, "restore")
    assert chances(chromium) == before


# ── typing and writing ──


def test_what_one_types_is_read_at_once(chromium: Browser, tmp_path: Path) -> None:
    spoken = gpt()
    opened(chromium, spoken, tmp_path, length=6, start=".")
    assert chances(chromium) == pytest.approx(spoken.chances(["."]), rel=1e-9)
    chromium.run("document.getElementById('text').focus()")
    chromium.ask("Input.insertText", text="Bé")
    assert text(chromium, "wrong") == "The model does not know “é”."
    assert chances(chromium) == pytest.approx(spoken.chances([".", "b"]), rel=1e-9)
    chromium.ask("Input.insertText", text="acdeab")
    assert "reads at most 5 letters" in text(chromium, "wrong")
    assert chromium.run("glassgrad.text()") == "bacde"
    read = chromium.run(
        "[...document.querySelectorAll('#letters small')].map((e) => e.textContent)"
    )
    assert read[0] == "start" and len(read) == 6
    p = spoken.chances(["."])[1]
    assert read[1] == f"{100 * p:.{0 if p > 0.0995 else 1}f} %"


def test_a_click_on_what_is_likely_writes_it(chromium: Browser, tmp_path: Path) -> None:
    spoken = gpt()
    opened(chromium, spoken, tmp_path, start=".")
    best = max(zip(spoken.chances(["."]), spoken.tokens, strict=True))[1]
    chromium.click(*chromium.middle("#likely button"))
    assert chromium.run("glassgrad.text()") == best


def test_it_writes_on_as_boldly_as_the_temperature_says(chromium: Browser, tmp_path: Path) -> None:
    spoken = gpt()
    opened(chromium, spoken, tmp_path, length=8, start=".")

    def heat(temperature: float) -> None:
        chromium.run(f"heat.value = {temperature}; heat.dispatchEvent(new Event('input')); 0")

    heat(0)
    assert text(chromium, "after") == "What comes after the start, at temperature 0.0"
    greedy = ["."]
    while len(greedy) < 8:
        shares = spoken.chances(greedy)
        token = spoken.tokens[shares.index(max(shares))]
        if token == ".":
            break
        greedy.append(token)
    for _ in range(2):
        press(chromium, "new")
        chromium.wait("document.getElementById('on').textContent === 'Write on'")
        assert chromium.run("glassgrad.text()") == "".join(greedy[1:])
    heat(2)
    found = set()
    for _ in range(6):
        press(chromium, "new")
        chromium.wait("document.getElementById('on').textContent === 'Write on'")
        found.add(chromium.run("glassgrad.text()"))
    assert len(found) > 1


def test_it_draws_tokens_as_often_as_they_are_likely(chromium: Browser, tmp_path: Path) -> None:
    spoken = bigram()
    opened(chromium, spoken, tmp_path, length=2)
    drawn = chromium.run(
        """Array.from({length: 600}, () => {
             glassgrad.write("a");
             document.getElementById("one").click();
             return glassgrad.text()[1];
           }).join("")"""
    )
    for token, p in zip(spoken.tokens, spoken.chances(["a"]), strict=True):
        assert abs(drawn.count(token) / 600 - p) < 0.07, token


# ── weights and attention, by mouse and keys ──


def test_a_click_on_a_weight_shows_its_number_and_its_curve(
    chromium: Browser, tmp_path: Path
) -> None:
    spoken = gpt()
    opened(chromium, spoken, tmp_path, text="bad")
    chromium.run("document.querySelector('#squares').scrollIntoView()")
    left, top = corner(chromium, "#squares")
    chromium.click(left + 22 + 24 * 1.5, top + 24 * 0.5)
    assert text(chromium, "about").startswith("letters[0][1]in the row of a")
    value = spoken.tables["letters"][0][1]
    assert chromium.run(
        "document.querySelector('#about input').value"
    ) == f"{value.data:.6g}".replace("-", "−")
    chromium.wait("!!document.querySelector('#about .tangent')")
    shares = spoken.chances(list("bad"))
    best = shares.index(max(shares))
    value.data += 1e-5
    more = spoken.chances(list("bad"))[best]
    value.data -= 2e-5
    slope = (more - spoken.chances(list("bad"))[best]) / 2e-5
    said = text(chromium, "about")
    told = float(said.split("derivative by this weight is ")[1].split(",")[0].replace("−", "-"))
    assert told == pytest.approx(slope, rel=2e-3)
    chromium.run("document.querySelector('#about input').focus()")
    before = chances(chromium)
    chromium.press("ArrowUp")
    assert chromium.run("glassgrad.data('letters[0][1]')") == pytest.approx(value.data + 1e-5 + 0.1)
    assert chances(chromium) != before


def test_a_weight_that_has_no_part_in_it_says_so(chromium: Browser, tmp_path: Path) -> None:
    opened(chromium, gpt(), tmp_path, text="bad")
    chromium.run("squares.focus()")
    chromium.press("ArrowRight")
    chromium.press("ArrowDown", 2)
    chromium.wait("document.getElementById('about').textContent.includes('has no part')")
    assert "The text has no c, so this weight has no part" in text(chromium, "about")


def test_keys_alone_reach_everything(chromium: Browser, tmp_path: Path) -> None:
    opened(chromium, gpt(), tmp_path, text="bad")
    reached = []
    for _ in range(40):
        chromium.press("Tab")
        reached.append(
            chromium.run(
                "(({id, localName, classList: [kind]}) => id || kind || localName)"
                "(document.activeElement)"
            )
        )
        if reached[-1] == "map" and reached.count("map") == 1:
            told = text(chromium, "told")
            chromium.press("ArrowUp")
            assert text(chromium, "told") != told
            assert text(chromium, "told").startswith("a (2) listens to")
            assert text(chromium, "said") == text(chromium, "told")
        if reached[-1] == "squares":
            chromium.press("ArrowRight")
            chromium.press("ArrowDown")
            assert text(chromium, "about").startswith("letters[1][0]")
            break
    assert {"text", "one", "on", "new", "clear", "heat", "button", "map", "table", "squares"} <= {
        *reached
    }


def test_a_tap_on_a_square_says_its_numbers(chromium: Browser, tmp_path: Path) -> None:
    opened(chromium, gpt(), tmp_path, text="bad", width=390, height=844)
    chromium.run("document.querySelector('.map').scrollIntoView()")
    left, top = corner(chromium, "figure:nth-of-type(2) .map")
    cell = chromium.run("document.querySelector('.cell').getBoundingClientRect().width - 2.5")
    chromium.touch([(left + 22 + 0.5 * cell, top + 20 + 1.5 * cell)])
    chromium.wait(
        "document.getElementById('told').textContent.startsWith('a (2) listens to b (1)')"
    )
    weights = chromium.run("glassgrad.attention().map((head) => head[1][0])")
    assert f"head 2 {round(100 * weights[1])} %" in text(chromium, "told") or weights[1] < 0.0995


# ── the link ──


def test_a_reload_restores_what_one_saw(chromium: Browser, tmp_path: Path) -> None:
    opened(chromium, gpt(), tmp_path, length=6, start=".")
    chromium.run("glassgrad.write('bad'); glassgrad.set('key[0][1]', 2.5)")
    chromium.run("heat.value = 0.5; heat.dispatchEvent(new Event('input')); squares.focus()")
    chromium.press("ArrowRight")
    said = chances(chromium)
    chromium.open_again()
    assert chromium.run("glassgrad.text()") == "bad"
    assert chromium.run("glassgrad.data('key[0][1]')") == 2.5
    assert chances(chromium) == said
    assert text(chromium, "degrees") == "0.5"
    assert text(chromium, "about").startswith("letters[0][0]")


HOSTILE = (
    "#text=%3Cimg%20src%3Dx%20onerror%3D%27window.hit%3D1%27%3E"
    "&set=0:1e999,99999:1,-1:2,x&at=77777&t=-3&of=99",
    "#text=%E0%A4%A&set=" + "0:" * 5000 + "&t=nan&at=1e3&of=__proto__",
    "#__proto__=1&constructor=2&text=" + "a" * 20_000,
    "#3",
    "#&&==&=",
)


def test_a_hostile_link_does_no_harm(chromium: Browser, tmp_path: Path) -> None:
    spoken = gpt()
    opened(chromium, spoken, tmp_path, length=6, start=".")
    for link in HOSTILE:
        chromium.run(f"location.hash = {link!r}; new Promise((done) => setTimeout(done, 50))")
        read = list(chromium.run("glassgrad.text()"))
        assert chances(chromium) == pytest.approx(spoken.chances([".", *read]), rel=1e-9)
        assert chromium.run("window.hit === undefined && !document.images.length")


# ── everywhere ──


def test_on_a_phone_nothing_is_too_wide_or_too_small(chromium: Browser, tmp_path: Path) -> None:
    opened(chromium, gpt(heads=4), tmp_path, length=8, text="badcab", width=390, height=844)
    chromium.run("squares.focus()")
    chromium.press("ArrowRight")
    assert chromium.run("document.documentElement.scrollWidth") == 390
    small = """[...document.querySelectorAll("button, input, select")]
        .filter((e) => e.checkVisibility({visibilityProperty: true}))
        .map((e) => [e.id || e.textContent || e.ariaLabel, e.getBoundingClientRect()])
        .filter(([, {width, height}]) => width < 44 || height < 44).map(([name]) => name)"""
    assert chromium.run(small) == []


def test_a_long_text_fits_and_a_square_can_still_be_chosen(
    chromium: Browser, tmp_path: Path
) -> None:
    opened(
        chromium, gpt(heads=4, places=40), tmp_path, length=40, text="badcab" * 6,
        width=390, height=844,
    )  # fmt: skip
    assert chromium.run("document.documentElement.scrollWidth") == 390
    chromium.run("document.querySelector('.map').scrollIntoView()")
    left, top = corner(chromium, ".map")
    width = chromium.run("document.querySelector('.map').getBoundingClientRect().width")
    cell = (width - 22 - 2) / 36
    assert cell > 2
    chromium.click(left + 22 + 4.5 * cell, top + 20 + 30.5 * cell)
    assert text(chromium, "told").startswith("b (31) listens to a (5)")


def test_words_are_typed_with_spaces_between(chromium: Browser, tmp_path: Path) -> None:
    opened(chromium, transformer(), tmp_path)
    chromium.run("document.getElementById('text').focus()")
    chromium.ask("Input.insertText", text="the  Cat dog")
    assert text(chromium, "wrong") == "The model does not know “dog”."
    assert chromium.run("glassgrad.text()") == "the cat"
    named = "[...document.querySelectorAll('.map [text-anchor=end]')].map((e) => e.textContent)"
    assert chromium.run(named) == ["the", "cat"] * 2


def test_nothing_of_users_runs(chromium: Browser, tmp_path: Path) -> None:
    hostile = "</script><img src=x onerror='window.hit = 1'><script>window.hit = 1</script>"
    names = [name for name in dict.fromkeys((hostile, "{{plan}}", *HARD.values())) if name]
    spoken = bigram()
    spoken.tokens = [*names[:5], spoken.tokens[5]]
    for label in names:
        named = {label: spoken.tables["scores"]}
        made = text_playground(
            spoken.model, spoken.tokens, 4, parameters=named, title=label, text=label, start="."
        )
        chromium.open(made.save(tmp_path / "speak.html"))
        chromium.run("glassgrad.ready.then(() => 1)")
        chromium.run("squares.focus()")
        chromium.press("ArrowRight")
        assert chromium.run("window.hit === undefined && !document.images.length"), label


def test_in_a_notebook_it_shows_itself_in_a_frame(chromium: Browser, tmp_path: Path) -> None:
    spoken = gpt()
    made = text_playground(spoken.model, spoken.tokens, 4, parameters=spoken.tables, text="bad")
    path = tmp_path / "notebook.html"
    path.write_text(f"<!DOCTYPE html><body>{made._repr_html_()}</body>", "utf-8")
    chromium.open(path)
    chromium.wait("document.querySelectorAll('.map .heard').length === 12", in_frame=True)
