"""Numbers and labels as the pictures write them."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ET

import pytest

from viz.text import escaped, escaped_twice, number, shortened

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


def test_what_cannot_be_drawn_is_replaced_and_not_dropped() -> None:
    assert shortened("\x00a\ud800b\ufffe\x7fc") == "\ufffda\ufffdb\ufffd\ufffdc"


@pytest.mark.parametrize("label", HARD.values(), ids=HARD)
def test_a_shortened_label_can_stand_in_xml(label: str) -> None:
    element = ET.Element("text")
    element.text = shortened(label, 20_000)
    assert ET.fromstring(ET.tostring(element, "utf-8")).text == (element.text or None)


def test_backslashes_and_markup_are_escaped_and_quotes_left_to_graphviz() -> None:
    assert escaped('a\\N & <b> "q"') == 'a\\\\N &amp; &lt;b&gt; "q"'
    assert escaped_twice("a\\N") == "a" + 4 * "\\" + "N"
