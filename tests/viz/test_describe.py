"""What a picture says to those who cannot see it."""

from __future__ import annotations

import random
import xml.etree.ElementTree as ET
from html import escape

import pytest

import nn
from autograd import Value
from viz import draw, draw_update
from viz.pictures.text import number


def line(w: float = 0.5) -> Value:
    x = Value(2.0, "x", role="input")
    y = x * Value(w, "w", role="parameter") + Value(1.0, "b", role="parameter")
    loss = (y - Value(3.0, "y_true", role="target")) ** 2
    loss.label = "L"
    return loss


def test_a_graph_is_told_in_numbers_parameters_first() -> None:
    loss = line()
    assert str(draw(loss).words) == (
        "Computation graph of L = 1, from w = 0.5, b = 1, x = 2, y_true = 3; 4 operations"
    )
    loss.backward()
    assert str(draw(loss).words) == (
        "Computation graph of L = 1, from w = 0.5 (gradient −4), b = 1 (gradient −2), "
        "x = 2 (gradient −1), y_true = 3 (gradient 2); 4 operations"
    )


def test_one_value_several_results_and_values_without_a_name() -> None:
    a = Value(2.0)
    assert str(draw(Value(-0.5)).words) == "Computation graph of leaf = −0.5"
    assert str(draw(a * 3.0).words) == "Computation graph of output = 6, from leaf = 2; 1 operation"
    results = [a * float(k) for k in range(5)]
    assert str(draw(results).words) == (
        "Computation graph of output = 0, output = 2, output = 4, and 2 more, from leaf = 2; "
        "5 operations"
    )


def test_what_has_the_same_name_is_told_apart_by_its_place() -> None:
    y = nn.MLP(1, [1, 1], seed=0)(Value(1.0, "x"))
    heard = str(draw(y, detail="scalar").words)
    assert "w1 in layers.0.neurons.0 = " in heard and "w1 in layers.1.neurons.0 = " in heard
    coarse = str(draw(y, detail="layer").words)
    assert (
        coarse == f"Computation graph of layers.1 = {number(y.data)}, from x = 1, through layers.0"
    )


def test_a_large_graph_is_described_in_few_words() -> None:
    xs = [Value(float(k), f"x{k}") for k in range(400)]
    chain = irregular = xs[0]
    rng = random.Random(0)
    for x in xs:
        chain = (chain * x).tanh()
        step = rng.choice(["tanh", "sin", "exp", "relu"])
        irregular = getattr(rng.choice([irregular * x, irregular + x]), step)()
    squares = sum((x * x for x in xs), Value(0.0))
    for root in (sum(xs[:30], Value(0.0)), squares, chain, irregular):
        assert len(str(draw(root).words)) < 600
    assert str(draw(chain).words).endswith("through × 399 steps; 2 operations")
    assert str(draw(irregular).words).endswith("; abridged")
    added = draw(sum(xs[:30], Value(0.0)), detail="scalar")
    assert str(added.words).endswith(", and 19 more; 30 operations")


def test_a_module_is_told_by_its_parts() -> None:
    assert str(draw(nn.Neuron(1)).words) == (
        "Structure of Neuron, Neuron (activation: relu; w: 1 number; b: 1 number; 2 parameters)"
    )
    heard = str(draw(nn.MLP(2, [20, 1])).words)
    assert heard.startswith("Structure of MLP, layers.0 (Layer; 20 × Neuron; ")


def test_an_update_is_told_before_and_after() -> None:
    update = draw_update(line(0.5), line(0.7))
    assert str(update.words) == (
        "Computation graph before the update of L = 1; Computation graph after the update of "
        "L = 1, now 0.36, before: from w = 0.5 (gradient −4), b = 1 (gradient −2), x = 2 "
        "(gradient −1), y_true = 3 (gradient 2); 4 operations; after: from w = 0.5, now 0.7 "
        "(gradient −2.4), b = 1 (gradient −1.2), x = 2 (gradient −0.84), y_true = 3 "
        "(gradient 1.2); 4 operations"
    )
    assert ET.fromstring(update.svg).findtext("{*}title") == update.words.name


@pytest.mark.parametrize("root", [line(), nn.Neuron(2)], ids=["graph", "module"])
def test_the_words_are_in_the_svg_and_in_the_html(root: Value) -> None:
    drawn = draw(root)
    svg, html = ET.fromstring(drawn.svg), drawn._repr_html_()
    assert svg.get("role") == "img"
    assert (svg[0].tag, svg[0].text) == ("{http://www.w3.org/2000/svg}title", drawn.words.name)
    assert (svg[1].tag, svg[1].text) == ("{http://www.w3.org/2000/svg}desc", drawn.words.rest)
    words = escape(str(drawn.words))
    assert f'role="img" aria-label="{words}"' in html
    assert f">{words}<" in html  # for pages that drop the picture
