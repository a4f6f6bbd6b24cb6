"""Numbers and labels as the pictures write them."""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ET

import pytest

from viz.pictures import embedded
from viz.pictures.text import check_text, escaped, escaped_twice, number, shortened

from .labels import HARD


@pytest.mark.parametrize(
    ("x", "written"),
    [
        (2.0, "2"),
        (-2.0, "−2"),
        (0.125, "0.125"),
        (1 / 3, "0.3333"),
        (1234.5, "1234"),
        (12345.0, "1.234e4"),
        (0.0, "0"),
        (-0.0, "0"),
        (1e-5, "1e−5"),
        (-1.5e-10, "−1.5e−10"),
        (1e16, "1e16"),
        (-1e100, "−1e100"),
        (1e5, "1e5"),
        (5e-324, "4.941e−324"),
        (math.inf, "∞"),
        (-math.inf, "−∞"),
        (math.nan, "nan"),
        (-math.nan, "nan"),
    ],
)
def test_a_number_is_written_short_with_a_true_minus(x: float, written: str) -> None:
    assert number(x) == written


@pytest.mark.parametrize(
    ("digits", "written"), [(1, "0.7"), (2, "0.67"), (6, "0.666667"), (17, "0.66666666666666663")]
)
def test_digits_are_significant_digits(digits: int, written: str) -> None:
    assert number(2 / 3, digits) == written


def test_a_label_stays_on_one_line() -> None:
    assert shortened("one\ntwo\r\n\tthree\u2028four ") == "one two three four"


def test_a_long_label_is_cut_with_an_ellipsis_at_the_limit() -> None:
    assert shortened("x" * 28) == "x" * 28
    assert shortened("x" * 29) == "x" * 27 + "…"
    assert shortened("abcdef", 4) == "abc…"


@pytest.mark.parametrize(
    "c",
    [
        *"\x00\x07\x08\x0e\x1b\x7f\x80\x84\x86\x9f",  # C0, DEL and C1
        *"\ud800\udbff\udc00\udfff\ufffe\uffff",  # what XML 1.0 forbids
        *"\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069",  # what turns other text
    ],
    ids=lambda c: f"U+{ord(c):04X}",
)
def test_what_cannot_be_shown_is_named(c: str) -> None:
    for written in (shortened(f"a{c}b"), escaped(f"a{c}b"), escaped_twice(f"a{c}b")):
        assert written == f"a[U+{ord(c):04X}]b"


@pytest.mark.parametrize("c", [*"\t\n\v\f\r\x1c\x1d\x1e\x1f\x85\u2028\u2029"])
def test_white_space_of_any_kind_is_one_space(c: str) -> None:
    assert shortened(f"a{c}{c}b") == "a b"


def test_marks_of_direction_have_no_look_and_are_left_out() -> None:
    assert shortened("\u200fשלום\u200e!\u061c") == "שלום!"


def test_what_holds_emoji_and_accents_together_stays() -> None:
    assert shortened("👩\u200d👧 e\u0301 ❤\ufe0f") == "👩\u200d👧 e\u0301 ❤\ufe0f"


def test_a_text_of_millions_is_cut_before_it_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []

    def watch(text: str) -> str:
        seen.append(len(text))
        return text

    monkeypatch.setattr("viz.pictures.text._show", watch)
    assert shortened("x" * 10**7) == "x" * 27 + "…"
    assert shortened(" " * 10**7 + "x") == "x"
    assert max(seen) < 1_000


@pytest.mark.parametrize("thing", [5, None, b"x", ["a"], 2.5])
def test_text_that_is_none_is_refused(thing: object) -> None:
    with pytest.raises(TypeError, match=r"^expected a label to be a str, got \w+: .*str\(\) first"):
        check_text(thing, "a label")


# ── width ────────────────────────────────────────────────────────────────────────────────────


def em_by_graphviz(text: str) -> float:
    """How wide the embedded Graphviz takes a label to be."""
    svg = embedded.render(
        "digraph { node [shape=box margin=0 width=0 height=0 fontname=Helvetica fontsize=100] "
        f'a [label="{escaped(text)}"] }}'
    )
    (points,) = re.findall(r'<polygon fill="none" stroke="black" points="([^"]*)"', svg)
    xs = [float(point.split(",")[0]) for point in points.split()]
    return (max(xs) - min(xs)) / 100


@pytest.mark.parametrize(
    ("text", "em"),
    [
        ("猫" * 10, 10.0),  # Unicode's East Asian Width: wide, as wide as high
        ("カタカナ", 4.0),
        ("한국어한국어", 6.0),
        ("Ｗｉｄｅ！", 5.0),  # full width
        ("、。「」", 4.0),
        ("🐱" * 8, 8 * 1.25),  # Noto Color Emoji's advance width is 1.245 em
        ("猫cat", 1.0 + 0.5 + 0.556 + 0.278),
        ("Щ" * 8, 8 * 0.93),
    ],
)
def test_a_label_has_room_for_characters_wider_than_graphviz_takes_them_to_be(
    text: str, em: float
) -> None:
    assert em - 0.3 <= em_by_graphviz(text) <= 1.25 * em + 0.3


@pytest.mark.parametrize(
    "text", ["weight_1", "data  0.5 → 0.7", "grad  3  ▼■■■■■", "é ß ж", "e\u0301"]
)
def test_nothing_is_added_where_graphviz_is_about_right(text: str) -> None:
    assert escaped(text) == text


@pytest.mark.parametrize("label", HARD.values(), ids=HARD)
def test_a_shortened_label_can_stand_in_xml(label: str) -> None:
    element = ET.Element("text")
    element.text = shortened(label, 20_000)
    assert ET.fromstring(ET.tostring(element, "utf-8")).text == (element.text or None)


def test_backslashes_and_markup_are_escaped_and_quotes_left_to_graphviz() -> None:
    assert escaped('a\\N & <b> "q"') == 'a\\\\N &amp; &lt;b&gt; "q"'
    assert escaped_twice("a\\N") == "a" + 4 * "\\" + "N"
