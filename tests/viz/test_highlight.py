"""`draw(…, highlight=…)`: thick rings around the values that one asks for."""

from __future__ import annotations

import random
from typing import Any

import pytest

import nn
from autograd import Value
from viz import draw
from viz.pictures import palette

from .reading import seen


def line() -> tuple[Value, Value, Value]:
    w, x = Value(0.5, "w", role="parameter"), Value(2.0, "x", role="input")
    y = w * x
    y.label = "y"
    return w, x, y


def test_the_highlighted_values_are_ringed_and_no_other() -> None:
    w, _, y = line()
    boxes = seen(draw(y, highlight=[w, y])).boxes
    assert {b.heading.partition(" ")[0]: b.marked for b in boxes} == {
        "w": True,
        "x": False,
        "y": True,
    }


def test_a_ring_is_thicker_than_any_border_so_that_grey_shows_it() -> None:
    w, _, y = line()
    found = seen(draw(y, highlight=w))
    widest = max(look.width for look in palette.KINDS.values())
    assert found.box("w").border_width > widest + 1
    assert found.box("w").border == palette.MARK
    assert found.box("x").border != palette.MARK


def test_a_ring_says_nothing_of_the_kind_which_the_box_keeps_saying() -> None:
    w, _, y = line()
    ringed, plain = (seen(draw(y, highlight=h)).box("w") for h in ([w], []))
    assert (ringed.kind, ringed.lines) == (plain.kind, plain.lines)


def test_without_highlight_the_source_is_as_ever() -> None:
    _, _, y = line()
    assert draw(y).source == draw(y, highlight=[]).source
    assert "marked" not in draw(y).source


def test_an_iterator_of_values_will_do() -> None:
    w, x, y = line()
    found = seen(draw(y, highlight=iter([w, x])))
    assert sum(b.marked for b in found.boxes) == 2


def test_a_value_within_a_module_rings_the_box_that_stands_for_it() -> None:
    model = nn.MLP(2, [3, 1], seed=0)
    y = model([1.0, 2.0])
    w = model.layers[0].neurons[1].w[0]
    found = seen(draw(y, detail="neuron", highlight=[w]))
    assert [b.heading.split(" ")[0] for b in found.boxes if b.marked] == ["layers.0.neurons.1"]


def test_the_picture_says_how_many_highlighted_values_it_left_out() -> None:
    x = Value(1.0, "x")
    y = x
    rng = random.Random(0)
    for _ in range(5_000):
        y = rng.choice((Value.tanh, Value.sin))(y)
    assert "1 of the highlighted values is not drawn" in seen(draw(y, highlight=[x])).below


def test_a_value_of_another_graph_is_named() -> None:
    _, _, y = line()
    with pytest.raises(ValueError, match="got 'stranger', which is not in its graph"):
        draw(y, highlight=[Value(1.0, "stranger")])


@pytest.mark.parametrize(
    ("given", "named"),
    [("w", "str: 'w'"), (3, "int: 3"), ([1.0], "float: 1.0"), (None, "NoneType")],
)
def test_what_is_no_value_cannot_be_highlighted(given: Any, named: str) -> None:
    with pytest.raises(
        TypeError, match=f"highlight to (be a list of|hold only) Values, got {named}"
    ):
        draw(line()[2], highlight=given)


def test_a_module_is_ringed_where_it_holds_the_parameter() -> None:
    model = nn.MLP(2, [3, 1], seed=0)
    found = seen(draw(model, highlight=model.layers[1].neurons[0].b))
    assert [b.heading for b in found.boxes if b.marked] == ["neurons.0 · Neuron"]
    with pytest.raises(ValueError, match="parameters of this MLP, got 'z', which is not one"):
        draw(model, highlight=[Value(0.0, "z")])
