"""Pages of steps say where nan and ∞ begin, and mark what they have spread to."""

from __future__ import annotations

import math
import re

import pytest

import nn
from autograd import Value, softmax
from viz.pictures.recording import Recording
from viz.stepping.steps import step_through
from viz.stepping.view import StepView

from .test_steps_truth import inputs, last_note, note


def origins(loss: Value) -> dict[str, str]:
    """What the page says of nan and ∞, by the box and the field."""
    walk = step_through(loss)
    view = StepView(Recording(loss), 4)
    return {
        f"{view.title(e.where)} {e.field}": f"{e.origin}: {e.text}"
        for step in walk.steps
        for e in step.entries
        if e.origin
    }


def logarithm_of_minus_1() -> Value:
    z = Value(-1.0, "a").log()
    z.label = "z"
    y = z * 3.0 + Value(2.0, "b")
    y.label = "y"
    return y


def test_boxes_say_where_nan_begins_and_where_it_has_spread() -> None:
    assert origins(logarithm_of_minus_1()) == {
        "z data": "begins: nan, begins here",
        "v₁ data": "spread: nan",
        "y data": "spread: nan",
    }


def test_an_infinite_gradient_is_told_in_its_box_its_step_and_the_conclusion() -> None:
    w, x = Value(0.0, "w", role="parameter"), Value(3.0, "x", role="input")
    y = (w * x).sqrt() * 2.0
    y.label = "y"
    assert origins(y) == {
        "v₁ grad": "begins: ∞, begins here",
        "w grad": "spread: ∞",
        "x grad": "spread: nan",
    }
    walk = step_through(y)
    (here,) = [step for step in walk.steps if "first arises in the backward pass" in step.note]
    assert here.text.startswith("∂y/∂v₁ += ")
    assert "this begins where ∂y/∂v₁ = ∞." in walk.steps[-1].text


def test_where_infinities_make_nan_the_step_says_so() -> None:
    infinite = Value(math.inf, "a")
    steps = step_through(infinite - infinite).steps
    assert "first arises: infinity is among the numbers before it" in steps[2].note
    steps = step_through(Value(1.0, "a") * math.inf).steps
    assert "∞ first arises: it comes from the constant." in steps[2].note


def test_what_is_inside_a_box_of_a_module_is_told_at_the_box() -> None:
    model = nn.MLP(2, [60, 1], seed=1)
    model.layers[0].neurons[3].b.data = math.nan
    loss = model(inputs(1.0, 1.0))
    found = origins(loss)
    assert found["layers.0.neurons.3 data"].startswith("begins: nan")
    assert found["layers.1.neurons.0 data"] == "spread: nan"
    assert found["layers.1.neurons.0 grad"] == "spread: 1; nan inside"
    assert "These are 3 of 241 gradients." in last_note(loss)
    assert "It begins at b⁽⁰·³⁾ = nan. A thick red border" in last_note(loss)


def test_a_training_that_ends_in_nan_says_where_it_begins() -> None:
    w = Value(1.0, "w", role="parameter")
    losses = []
    for data in (1.0, -1.0):
        w.data = data
        losses.append(w.log() * 2.0)
    first, last = ([e.origin for e in s.entries if e.origin] for s in step_through(losses).steps)
    assert first == [] and last == ["begins", "spread"]


def test_no_gradient_comes_back_along_the_line_into_a_maximum_for_safety() -> None:
    def stopped(loss: Value) -> set[str]:
        lines = re.findall(r'class="line stopped" data-line="(\S+)"', step_through(loss).html)
        return set(lines)

    assert stopped(softmax(inputs(1.0, 2.0))[0]) == {"v0>v2_op:0", "v1>v2_op:0"}
    assert not stopped(logarithm_of_minus_1())


@pytest.mark.parametrize("x", [-1.0, 0.0])
def test_where_the_result_is_no_number_nothing_is_said_to_rise_or_fall(x: float) -> None:
    z = Value(x, "x").log() * 2.0 + Value(3.0, "y")
    z.label = "z"
    walk = step_through(z)
    said = note(walk.steps[-1])
    assert " falls if" not in said and "rises with" not in said
    assert "It begins at v₁ = log(x)." in said
    assert said.endswith("marks where nan or ∞ begins, a dashed one where it has spread to.")
    assert [i for i, step in enumerate(walk.steps) if "first arises" in step.note] == [2]
    assert not [e for step in walk.steps for e in step.entries if e.text.endswith(("▲", "▼"))]


def test_where_no_number_begins_is_said_of_boxes_too() -> None:
    model = nn.MLP(2, [60, 1], seed=1)
    model.layers[0].neurons[3].w[0].data = 1e308
    assert "It begins in layers.0.neurons.3." in last_note(model(inputs(10.0, 1.0)))
    y = Value(-1.0, "x").log()
    for _ in range(400):
        y = y * 0.5
    assert last_note(y).endswith("It begins among the values that are not drawn.")
