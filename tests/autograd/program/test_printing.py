"""What a program says of itself: repr sums up, the listing reads like arithmetic."""

from __future__ import annotations

import re

import pytest

import autograd
from autograd import Value, dot, logsumexp
from autograd.graph import topological
from nn import MLP, Neuron

from .models import moons, softmax_classifier


def labelled(*labels: str) -> list[Value]:
    return [Value(0.5 + k, label) for k, label in enumerate(labels)]


def numbers_of(text: str) -> dict[str, int]:
    """How many of what, as repr tells it."""
    found = {}
    for what, pattern in (
        ("recorded", r"([\d,]+) values? recorded"),
        ("left", r"([\d,]+) instructions? left"),
        ("uniform", r"([\d,]+) uniform"),
        ("varying", r"([\d,]+) varying"),
        ("inputs", r"inputs: ([\d,]+|none)"),
        ("parameters", r"parameters: ([\d,]+|none)"),
    ):
        match = re.search(pattern, text)
        assert match, (what, text)
        found[what] = 0 if match[1] == "none" else int(match[1].replace(",", ""))
    return found


# ── repr ─────────────────────────────────────────────────────────────────────────────────────


def test_repr_counts_what_was_recorded_and_what_is_left() -> None:
    example = moons()
    inputs = [Value(x) for x in example.at]
    loss = example.loss(inputs)
    program = autograd.compile(loss, params=example.params, inputs=inputs)
    numbers = numbers_of(repr(program))
    assert numbers["recorded"] == len(topological(loss))
    assert numbers["parameters"] == 337 and numbers["inputs"] == 3
    assert numbers["left"] == numbers["uniform"] + numbers["varying"]
    assert numbers["left"] < numbers["recorded"]
    unoptimised = numbers_of(repr(example.compile(passes=[])))
    assert unoptimised["left"] > 2 * numbers["left"]
    assert unoptimised["recorded"] == numbers["recorded"]


def test_repr_tells_uniform_from_varying() -> None:
    p, x = labelled("p", "x")
    forward = numbers_of(repr(autograd.compile([p.exp().tanh() * x], params=[p], inputs=[x])))
    assert (forward["uniform"], forward["varying"]) == (2, 1)
    uniform = numbers_of(repr(autograd.compile(p.exp().tanh(), params=[p])))
    assert uniform["varying"] == 0 < uniform["uniform"]


def test_repr_names_inputs_and_parameters() -> None:
    w, x, y = labelled("weight", "width", "height")
    text = repr(autograd.compile(w * x + y, params=[w], inputs=[x, y]))
    assert "1 (weight)" in text and "2 (width, height)" in text


def test_repr_of_many_parameters_stays_short() -> None:
    params = [Value(1.0, f"p{k}") for k in range(1000)]
    text = repr(autograd.compile(dot(params, params), params=params))
    assert "1,000 (p0, p1" in text and "p999)" in text
    assert max(map(len, text.splitlines())) < 100


def test_repr_names_the_parameters_that_play_no_part() -> None:
    w, spare, unlabelled, x = Value(2.0, "w"), Value(3.0, "spare"), Value(4.0), Value(1.0, "x")
    program = autograd.compile(w * x, params=[w, spare, unlabelled], inputs=[x])
    (line,) = [line for line in repr(program).splitlines() if "not used" in line]
    assert "gradient 0" in line
    assert "spare" in line and "#2" in line, "by label, or by position"
    assert "w" not in line.split(":")[1].replace("unused", "")
    value, gradient = program.value_and_grad([1.0, 3.0])
    assert (value, gradient.tolist()) == (4.0, [2.0, 0.0, 0.0])


def test_repr_is_silent_on_unused_parameters_where_there_are_none() -> None:
    w, x = labelled("w", "x")
    assert "not used" not in repr(autograd.compile(w * x, params=[w], inputs=[x]))
    # A gradient that happens to be 0 is another matter.
    assert "not used" not in repr(autograd.compile(w * 0 + x, params=[w], inputs=[x]))


def test_a_parameter_whose_path_leads_to_no_output_is_unused_even_if_it_was_in_the_code() -> None:
    w, spare = labelled("w", "spare")
    _ = w * spare
    assert "1 (spare)" in repr(autograd.compile(w * 2, params=[w, spare]))


# ── listing ──────────────────────────────────────────────────────────────────────────────────


def test_a_neuron_reads_as_a_neuron() -> None:
    neuron, (x1, x2) = Neuron(2, "relu", seed=0), labelled("x1", "x2")
    program = autograd.compile(neuron([x1, x2]), params=neuron.parameters(), inputs=[x1, x2])
    lines = program.listing().splitlines()
    (z,) = [line for line in lines if "dot" in line]
    name, formula = z.split(" = ")
    assert formula == "dot([w1, w2], [x1, x2]) + b"
    (y,) = [line for line in lines if line.endswith(f" = relu({name})")]
    assert f"L = mean({y.split(' = ')[0]})" in lines
    (slope,) = [line for line in lines if line.endswith(f" = positive({name})")]
    v = slope.split(" = ")[0]
    assert [line for line in lines if "∂L" in line] == [
        f"∂L/∂w1 = mean({v} * x1)",
        f"∂L/∂w2 = mean({v} * x2)",
        f"∂L/∂b = mean({v})",
    ]


def test_a_listing_can_be_read_from_top_to_bottom() -> None:
    """Every name stands on the left once, and before it is used; and all results are there."""
    for example in (moons(), softmax_classifier()):
        params = [Value(p.data, f"p{k}") for k, p in enumerate(example.params)]
        lines = example.compile().listing().splitlines()
        assert any(line.startswith("#") for line in lines)
        defined: set[str] = set()
        for line in lines:
            if line.startswith("#"):
                continue
            name, formula = line.split(" = ")
            assert name not in defined
            for used in re.findall(r"\bv\d+\b", formula):
                assert used in defined, line
            defined.add(name)
        gradients = [name for name in defined if name.startswith("∂L/∂")]
        assert len(gradients) == len(params) and "L" in defined


def test_a_listing_uses_the_labels_of_outputs() -> None:
    w, x = labelled("w", "x")
    loss = (w * x).tanh()
    loss.label = "loss"
    text = autograd.compile(loss, params=[w], inputs=[x]).listing()
    assert "\nloss = mean(" in text and "∂loss/∂w = mean(" in text
    y, z = w * x, w + x
    y.label = "product"
    text = autograd.compile([y, z], params=[w], inputs=[x]).listing()
    assert "product = w * x" in text and "= w + x" in text
    assert "∂" not in text


def test_labels_that_are_there_twice_are_told_apart() -> None:
    model, x = MLP(1, [2, 1], seed=0), Value(1.0, "x")
    y = model([x])
    assert isinstance(y, Value)
    text = autograd.compile(y, params=model.parameters(), inputs=[x]).listing()
    gradients = [line.split(" = ")[0] for line in text.splitlines() if line.startswith("∂")]
    assert len(gradients) == len(set(gradients)) == len(model.parameters())


def definitions(listing: str) -> list[str]:
    return [line.split(" = ")[0] for line in listing.splitlines() if not line.startswith("#")]


@pytest.mark.parametrize(
    ("parameter", "column"), [("x", "x"), ("v1", "x"), ("w", "v2"), ("L", "x")]
)
def test_a_name_in_a_listing_stands_for_one_thing(parameter: str, column: str) -> None:
    """Even if a parameter and an input share a label, or one looks like the names of a listing."""
    w, x = labelled(parameter, column)
    text = autograd.compile((w * x).tanh() * w, params=[w], inputs=[x]).listing()
    names = definitions(text)
    assert len(names) == len(set(names))
    first = next(line for line in text.splitlines() if " * " in line)
    left, right = first.split(" = ")[1].split(" * ")
    assert left != right, "the parameter and the input"
    assert left not in names and right not in names


def test_a_label_that_reads_as_a_formula_is_quoted() -> None:
    w, x = labelled("a + b", "x")
    assert "'a + b' * x" in autograd.compile(w * x, params=[w], inputs=[x]).listing()


def test_repr_names_the_inputs_that_are_not_in_the_graph() -> None:
    w, x, lost = labelled("w", "x", "lost")
    program = autograd.compile(w * x, params=[w], inputs=[x, lost])
    (line,) = [line for line in repr(program).splitlines() if "without effect" in line]
    assert "1 (lost)" in line
    assert "without effect" not in repr(autograd.compile(w * x, params=[w], inputs=[x]))


def test_a_label_of_several_lines_stays_on_one() -> None:
    w, x = labelled("first\nsecond", "x")
    program = autograd.compile(w * x, params=[w], inputs=[x])
    u, y = labelled("w", "x")
    plain = autograd.compile(u * y, params=[u], inputs=[y])
    assert len(program.listing().splitlines()) == len(plain.listing().splitlines())
    assert len(repr(program).splitlines()) == 4
    assert all(line.startswith("#") or " = " in line for line in program.listing().splitlines())


def test_a_listing_shows_constants_and_every_kind_of_formula() -> None:
    a, b, x = labelled("a", "b", "x")
    for formula, line in (
        (a / x, "a / x"),
        (x**a, "x ** a"),
        (-x, "-x"),
        (x.exp(), "exp(x)"),
        (x.maximum(a), "maximum(x, a)"),
        (x.leaky_relu(0.25), "leaky_relu(x, 0.25)"),
        (a * x + b, "a * x + b"),
        (a - x, "a - x"),
        (x * x, "x * x"),
        (x + 0.5, "x + 0.5"),
    ):
        lines = autograd.compile([formula], params=[a, b], inputs=[x]).listing().splitlines()
        assert lines[-1].split(" = ")[1] == line


def test_a_listing_tells_what_runs_once_and_what_for_each_row() -> None:
    a, x = labelled("a", "x")
    text = autograd.compile((a.exp() * x).tanh(), params=[a], inputs=[x]).listing()
    parts = dict(re.findall(r"^# (.*)\n((?:[^#].*\n?)+)", text, flags=re.MULTILINE))
    assert "exp(a)" in parts["forward, once"]
    assert "tanh(" in parts["forward, for each row"]
    assert "sech2(" in parts["backward, for each row"]
    assert "L = mean(" in parts["means over the rows"]
    assert "∂L/∂a" in parts["once, from the means"]


def test_a_shift_for_safety_shows_in_the_listing() -> None:
    a, b, x = labelled("a", "b", "x")
    text = autograd.compile(logsumexp([a * x, b * x]), params=[a, b], inputs=[x]).listing()
    assert "shift(" in text


@pytest.mark.parametrize("passes", [None, []], ids=["optimised", "as recorded"])
def test_a_program_without_anything_to_compute_prints(passes: list[str] | None) -> None:
    c = Value(2.0)
    program = autograd.compile(c, passes=passes)
    assert "L = 2.0" in program.listing()
    assert numbers_of(repr(program))["left"] == 0
