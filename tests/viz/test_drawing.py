"""`draw`: what it takes, what it refuses, and how it says so."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

import pytest

from autograd import Value, no_grad
from viz import Picture, draw

from .reading import seen

if TYPE_CHECKING:
    from pathlib import Path


def test_draw_gives_a_picture_with_its_source() -> None:
    drawn = draw(Value(2.0, "x") * 3.0)
    assert isinstance(drawn, Picture)
    assert drawn.source.startswith("digraph glassgrad {")


@pytest.mark.parametrize(
    ("thing", "named"),
    [(3.0, "float"), (None, "NoneType"), ("L", "str"), ({}, "dict"), ([1.0], "float"),
     ([Value(1.0), None], "NoneType"), ([[Value(1.0)]], "list"), (iter([Value(1.0)]), "iterator")],
)  # fmt: skip
def test_what_is_no_value_is_refused_by_its_type(thing: Any, named: str) -> None:
    with pytest.raises(
        TypeError, match=rf"^expected a Value, .*a list of Values.* to draw, got .*{named}"
    ):
        draw(thing)


@pytest.mark.parametrize("nothing", [[], ()])
def test_nothing_to_draw_is_said_to_be_nothing(nothing: Any) -> None:
    with pytest.raises(
        ValueError, match=r"^expected at least one Value to draw, got an empty list$"
    ):
        draw(nothing)


@pytest.mark.parametrize("detail", ["Scalar", "", None, "neurons", 3, []])
def test_an_unknown_detail_is_refused_with_those_that_there_are(detail: Any) -> None:
    known = "auto, scalar, neuron, layer"
    with pytest.raises(
        ValueError, match=re.escape(f"expected detail to be one of {known}, got {detail!r}")
    ):
        draw(Value(1.0), detail=detail)


@pytest.mark.parametrize("direction", ["lr", "left", None])
def test_an_unknown_direction_is_refused_with_those_that_there_are(direction: Any) -> None:
    with pytest.raises(
        ValueError, match=f"direction to be one of LR, TB, RL, BT, got {direction!r}"
    ):
        draw(Value(1.0), direction=direction)


@pytest.mark.parametrize("digits", [0, -1, 18, 4.0, "4", None, True])
def test_digits_that_make_no_sense_are_refused(digits: Any) -> None:
    with pytest.raises(
        ValueError, match=f"digits to be a whole number from 1 to 17, got {digits!r}"
    ):
        draw(Value(1.0), digits=digits)


def test_several_values_are_drawn_in_one_picture_with_what_they_share_once() -> None:
    x = Value(2.0, "x")
    found = seen(draw([x * 3.0, x.exp()]))
    assert len(found.boxes) == 3
    assert len(found.of("output")) == 2


def test_a_value_given_twice_is_drawn_once() -> None:
    y = Value(2.0, "x") * 3.0
    assert draw([y, y]).source == draw(y).source


def test_a_leaf_is_a_picture_of_one_box() -> None:
    (box,) = seen(draw(Value(2.0, "w", role="parameter"))).boxes
    assert (box.heading, box.data, box.grad) == ("w · parameter", "2", "0")


def test_a_result_of_no_grad_is_a_leaf() -> None:
    x = Value(2.0, "x")
    with no_grad():
        y = x * 3.0
    found = seen(draw(y))
    assert ([b.data for b in found.boxes], found.edges) == (["6"], [])


@pytest.mark.parametrize("direction", ["LR", "TB", "RL", "BT"])
def test_the_computation_flows_in_the_direction_asked_for(direction: str) -> None:
    x = Value(2.0, "x")
    y = x.exp()
    y.label = "y"
    found = seen(draw(y, direction=direction))
    start, end = found.box("x").frame, found.box("y").frame
    across, down = end.left - start.left, end.top - start.top
    assert {"LR": across > 0, "RL": across < 0, "TB": down > 0, "BT": down < 0}[direction]


def test_digits_is_how_exactly_numbers_are_written() -> None:
    third = Value(1.0, "x") / 3.0
    assert {b.data for b in seen(draw(third, digits=2)).boxes} == {"1", "0.33"}
    assert {b.data for b in seen(draw(third, digits=8)).boxes} == {"1", "0.33333333"}


def test_a_title_stands_below_the_picture_on_one_line() -> None:
    assert seen(draw(Value(1.0), title="two\nlines")).below == ["two lines"]
    assert seen(draw(Value(1.0), title=" ")).below == []


def test_a_label_may_be_set_after_the_graph_was_made() -> None:
    x = Value(2.0)
    y = x * 3.0
    x.label = "late"
    assert seen(draw(y)).box("late").data == "2"


def test_digits_are_from_1_to_17() -> None:
    third = Value(1.0 / 3.0)
    assert "data  0.3\\l" in draw(third, digits=1).source
    assert "data  0.33333333333333331\\l" in draw(third, digits=17).source


def test_a_file_that_cannot_be_put_in_place_is_not_there_in_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="cannot write the picture: No space left"):
        draw(Value(1.0)).save(tmp_path / "new.dot")
    assert list(tmp_path.iterdir()) == []


def test_a_sequence_is_of_losses_drawn_one_by_one() -> None:
    x = Value(1.0)
    with pytest.raises(TypeError, match=r"expected sequence to hold only Values, got float: 0\.5"):
        draw(x * 2.0, sequence=[0.5])  # type: ignore[list-item]
    with pytest.raises(ValueError, match=r"expected one Value to draw in a sequence, .* list of 2"):
        draw([x * 2.0, x * 3.0], sequence=[x])
