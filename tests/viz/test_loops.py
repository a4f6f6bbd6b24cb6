"""Loops: the steps of a recurrent network, or of a simulation, share a box."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import nn
from autograd import Value, mean
from viz import draw
from viz.pictures.folds import Steps
from viz.pictures.plan import offer_plans
from viz.pictures.text import number

from .reading import seen

if TYPE_CHECKING:
    from collections.abc import Sequence


def simulation(steps: int) -> Value:
    k, m = Value(2.0, "k", role="parameter"), Value(1.5, "m", role="parameter")
    x, v = Value(1.0, "x0"), Value(0.0, "v0")
    for _ in range(steps):
        v = v - k * x / m * 0.05
        x = x + v * 0.05
    loss = (x - 0.3) ** 2
    loss.label = "L"
    loss.backward()
    return loss


def test_a_simulation_of_30_steps_is_one_box_beside_its_parameters() -> None:
    loss = simulation(30)
    found = seen(draw(loss))
    box = found.box("× 30 steps")
    assert {b.heading for b in found.of("parameter")} == {"k · parameter", "m · parameter"}
    assert all(found.lines_between(p, box) for p in found.of("parameter"))
    assert found.lines_between(found.box("x0"), box) and found.lines_between(found.box("v0"), box)
    assert "folded: × 30 steps;" in " ".join(found.below)


def test_the_box_says_what_a_step_does_and_the_first_and_the_last_result() -> None:
    loss = simulation(30)
    box = seen(draw(loss)).box("× 30 steps")
    last = loss.parents[0].parents[0]
    first = Value(1.0) + (0.0 - 2.0 / 1.5 * 0.05) * 0.05
    assert box.lines[1] == "each  ×, ÷, ×, −, ×, +"
    assert box.lines[2] == f"first  {number(first.data)}"
    assert box.lines[3] == f"last  {number(last.data)}"
    assert box.lines[4].startswith(f"grad, last  {number(last.grad)}  ")


def test_a_recurrent_network_is_its_weights_and_its_steps() -> None:
    w = [[Value(0.1 * (i - j), f"w{i}{j}", role="parameter") for j in range(3)] for i in range(3)]
    h = [Value(0.0, f"h{i}") for i in range(3)]
    for t in range(6):
        x = Value(0.1 * t, f"x{t}", role="input")
        h = [sum((a * b for a, b in zip(row, h, strict=True)), x).tanh() for row in w]
    plans = list(offer_plans((h[0] * h[1] + h[2],)))
    folds = [box for plan in plans for box in plan.collapsed if isinstance(box, Steps)]
    assert {len(fold.copies) for fold in folds} == {6}
    assert min(len(plan.boxes) for plan in plans) <= 8


def test_labels_of_the_state_are_in_the_box() -> None:
    w, h = Value(0.5, "w", role="parameter"), Value(0.0, "h0")
    for t in range(40):
        h = (w * h + 0.1 * t).tanh()
        h.label = f"h{t + 1}"
    box = seen(draw((h - 1.0) ** 2)).box("× 40 steps")
    assert any(line.startswith("h1 … h40  ") for line in box.lines)


def test_what_repeats_side_by_side_is_no_loop() -> None:
    plans = offer_plans((sum(((Value(1.0) * i).tanh() for i in range(50)), Value(0.0)),))
    assert not [box for plan in plans for box in plan.collapsed if isinstance(box, Steps)]


def test_a_step_with_another_parameter_is_not_folded() -> None:
    x = Value(1.0, "x")
    for i in range(30):
        x = (x * Value(0.5, f"w{i}", role="parameter")).tanh()
    plans = offer_plans((x * 1.0,))
    assert not [box for plan in plans for box in plan.collapsed if isinstance(box, Steps)]


def test_the_result_is_not_within_its_steps() -> None:
    y = Value(1.0, "x")
    for _ in range(200):
        y = y.tanh()
    for plan in offer_plans((y,)):
        assert y in plan.boxes


def labelled(steps: int) -> Value:
    w, s = Value(0.5, "w", role="parameter"), Value(0.1, "s0")
    for i in range(1, steps + 1):
        s = (w * s + Value(0.1 * i, f"x{i}")).tanh()
    return s


def test_the_inputs_of_the_steps_share_a_box() -> None:
    found = seen(draw((labelled(30) - 0.3) ** 2))
    inputs = found.box("x1 … x30")
    assert inputs.heading == "x1 … x30 · 30 values" and inputs.lines[1] == "data  0.1 … 3"
    assert found.lines_between(inputs, found.box("× 30 steps"))
    assert len(found.boxes) <= 8


def test_each_place_of_a_step_has_its_own_box_of_inputs() -> None:
    w, s = Value(0.5, "w", role="parameter"), Value(0.1, "s0")
    for i in range(20):
        s = (w * s + Value(0.1 * i, f"x{i}") * Value(1.0 * i, f"y{i}")).tanh()
    headings = [box.heading for box in seen(draw((s - 0.3) ** 2)).boxes]
    assert {"x0 … x19 · 20 values", "y0 … y19 · 20 values", "s0 · leaf"} <= set(headings)


def test_inputs_that_several_steps_use_share_a_box_too() -> None:
    w, u = Value(0.5, "w", role="parameter"), Value(0.3, "u", role="parameter")
    x = [Value(0.1 * i, f"x{i}", role="input") for i in range(41)]
    s = Value(0.0, "s0")
    for before, now in pairwise(x):
        s = (s + w * now + u * before).tanh()
    found = seen(draw((s - 0.3) ** 2))
    assert found.box("x0 … x40").heading == "x0 … x40 · 41 inputs" and len(found.boxes) <= 10


def test_an_input_that_is_used_elsewhere_keeps_its_box() -> None:
    w, s = Value(0.5, "w", role="parameter"), Value(0.1, "s0")
    inputs = [Value(0.1 * i, f"x{i}") for i in range(30)]
    for x in inputs:
        s = (w * s + x).tanh()
    found = seen(draw((s - inputs[7]) ** 2))
    assert found.box("x7").heading == "x7 · leaf" and len(found.boxes) <= 9


def test_the_last_step_is_drawn_whole_if_the_result_is_its_end() -> None:
    found = seen(draw(labelled(30)))
    assert found.box("× 29 steps").lines[1] == "each  ×, +, tanh"
    assert found.box("x30").heading == "x30 · leaf" and len(found.boxes) <= 8


def read(words: str, *, each: bool) -> Value:
    """The loss of a recurrent network that reads words, at the end or after each of them."""
    embed = nn.Embedding(list("abcdefg"), 3, seed=0)
    cell, head = nn.Layer(6, 3, "tanh", seed=1), nn.Layer(3, 4, "linear", seed=2)
    h: Sequence[Value] = [Value(0.0, f"h{i}") for i in range(3)]
    losses = []
    for word in words:
        h = cell([*h, *embed(word)])
        if each:
            losses.append(nn.cross_entropy(head(h), 2))
    loss = mean(losses) if each else nn.cross_entropy(head(h), 2)
    loss.label = "L"
    loss.backward()
    return loss


def test_a_layer_that_a_loop_calls_is_one_box_beside_its_parameters() -> None:
    layer = nn.Layer(3, 3, "tanh", seed=0)
    h: Sequence[Value] = [Value(0.5, f"h{i}") for i in range(3)]
    for _ in range(12):
        h = layer(h)
    found = seen(draw(sum(h, Value(0.0))))
    box = found.box("× 12 steps")
    assert box.lines[1] == "each  Layer" and len(found.boxes) <= 7
    assert found.lines_between(found.box("Layer · 12 parameters"), box)
    assert all(found.lines_between(found.box(f"h{i}"), box) for i in range(3))


def test_each_step_may_be_given_another_row_of_an_embedding() -> None:
    found = seen(draw(read("gabcdefgabc", each=False)))
    assert found.box("× 11 steps").lines[1] == "each  Layer"
    assert found.box("21 parameters") and found.box("Layer · 21 parameters")


def test_a_step_may_have_several_layers_and_each_has_a_box_of_parameters() -> None:
    found = seen(draw(read("gabcdefgabc", each=True)))
    assert found.box("× 11 steps").lines[1] == "each  2 × Layer, cross-entropy"
    held = {box.heading for box in found.of("parameter")}
    assert held == {"21 parameters", "Layer · 21 parameters", "Layer · 16 parameters"}


def test_a_step_holds_whole_calls_and_no_frame_of_one_is_around_all() -> None:
    model = nn.MLP(2, [3, 2], seed=0)
    h: Sequence[Value] = [Value(0.5, "a"), Value(0.1, "b")]
    for _ in range(12):
        h = model(h)
    plans = list(offer_plans((h[0] * h[1],)))
    folds = [box for plan in plans for box in plan.collapsed if isinstance(box, Steps)]
    assert folds and all(fold.parent is None for fold in folds)
    for fold in folds:
        assert [len(copy) for copy in fold.copies] == [2] * len(fold.copies)
        for copy in fold.copies:
            assert len({box.parent for box in copy if not isinstance(box, Value)}) == 1
