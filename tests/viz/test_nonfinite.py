"""Where nan and inf begin is ringed, and where they have spread to is dashed."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

import pytest

from autograd import Value
from nn import Neuron
from viz import draw
from viz.pictures.palette import ALARM

from .reading import seen

if TYPE_CHECKING:
    from viz import Picture


def borders(drawn: Picture) -> dict[str, str]:
    """How the box of each label is bordered, if it is not as ever."""
    found = {}
    for label, attributes in re.findall(
        r'^\tv\d+ \[label="(.*?)[ \\].*?"(.*)\]', drawn.source, re.M
    ):
        if f'color="{ALARM}"' in attributes:
            dashed = "dashed" in attributes
            assert f"penwidth={2 if dashed else 5}" in attributes
            found[label] = "dashed" if dashed else "thick"
    return found


def said(drawn: Picture) -> dict[str, list[str]]:
    """What the box of each label says about where something begins."""
    return {
        box.heading.partition(" ")[0]: lines
        for box in seen(drawn).boxes
        if (lines := [line for line in box.lines if line.endswith((" here", " inside"))])
    }


def logarithm(x: float) -> Value:
    a, b = Value(x, "a"), Value(2.0, "b")
    z = a.log()
    z.label = "z"
    y = z * 3.0 + b
    y.label = "y"
    y.backward()
    return y


def test_a_nan_is_ringed_where_it_is_made_and_dashed_where_it_has_come() -> None:
    drawn = draw(logarithm(-1.0))
    assert said(drawn) == {"z": ["nan begins here"]}
    assert borders(drawn) == {"z": "thick", "data": "dashed", "y": "dashed"}
    assert (
        seen(drawn).below[-1]
        == "thick red border: nan or ∞ begins here; dashed: it has spread here"
    )
    assert f'<tspan fill="{ALARM}">nan begins here</tspan>' in drawn.svg


def test_an_infinity_begins_too_and_the_gradient_that_it_makes_does_not() -> None:
    drawn = draw(logarithm(0.0))
    assert said(drawn) == {"z": ["−∞ begins here"]}
    assert borders(drawn)["a"] == "dashed"  # its gradient is 1/0


def test_a_nan_that_infinities_make_begins_again() -> None:
    a = Value(math.inf, "a")
    y = a - a
    y.label = "y"
    assert said(draw(y)) == {"a": ["∞ begins here"], "y": ["nan begins here"]}


def test_an_infinite_constant_has_no_box_so_its_product_is_ringed() -> None:
    y = Value(1.0, "a") * math.inf
    y.label = "y"
    assert said(draw(y)) == {"y": ["∞ begins here"]}


def test_a_gradient_begins_where_finite_numbers_made_it() -> None:
    a, b = Value(0.0, "a"), Value(0.0, "b")
    root = (a * b).sqrt()
    root.label = "root"
    y = root * 2.0
    y.label = "y"
    y.backward()
    drawn = draw(y)
    assert said(drawn) == {"": ["grad: ∞ begins here"]}
    assert borders(drawn) == {"data": "thick", "a": "dashed", "b": "dashed"}


@pytest.mark.parametrize("x", [math.nan, math.inf, -math.inf])
def test_what_is_given_begins_at_the_leaf(x: float) -> None:
    y = Value(x, "a") + 1.0
    y.label = "y"
    drawn = draw(y)
    assert borders(drawn) == {"a": "thick", "y": "dashed"}


def test_a_graph_of_finite_numbers_has_no_such_mark() -> None:
    drawn = draw(logarithm(1.0))
    assert not borders(drawn) and not said(drawn)
    assert "border" not in " ".join(seen(drawn).below)


def test_a_highlighted_box_keeps_its_ring_and_says_it_in_words() -> None:
    y = logarithm(-1.0)
    drawn = draw(y, highlight=y.parents[0].parents[0])
    assert said(drawn) == {"z": ["nan begins here"]}
    assert "z" not in borders(drawn)


def test_a_module_call_tells_what_is_inside() -> None:
    neuron = Neuron(1, "relu", seed=0)
    neuron.w[0].data, neuron.b.data = 1.0, 0.0
    y = neuron([Value(-math.inf, "x")]) * 1.0
    y.label = "y"
    y.backward()
    drawn = draw(y, detail="neuron")
    assert said(drawn) == {"x": ["−∞ begins here"], "Neuron": ["−∞ inside", "grad: nan inside"]}
    neuron.zero_grad()
    neuron.b.data = math.nan
    y = neuron([Value(1.0, "x")]) * 1.0
    assert said(draw(y, detail="neuron"))["Neuron"] == ["nan begins here"]


def test_a_result_that_is_nan_neither_rises_nor_falls() -> None:
    w = Value(2.0, "w", role="parameter")
    loss = Value(-1.0, "x").log() * w + w
    loss.label = "L"
    loss.backward()
    svg = draw(loss).svg
    assert not {"▲", "▼", "■"} & set(svg) and "rises" not in svg
    assert "thick red border: nan or ∞ begins here" in svg
