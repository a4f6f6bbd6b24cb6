"""repr summarises a program, and its listing reads like arithmetic."""

from __future__ import annotations

import re

import pytest

import autograd
from autograd import Value, dot, logsumexp
from autograd.graph import topological
from autograd.program.listing import abridge, listing
from autograd.program.names import Names, names_of
from nn import MLP, Neuron

from .models import moons, softmax_classifier
from .notation import read


def labelled(*labels: str) -> list[Value]:
    return [Value(0.5 + k, label) for k, label in enumerate(labels)]


def numbers_of(text: str) -> dict[str, int]:
    """The numbers in a repr."""
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


def test_repr_counts_values_recorded_and_instructions_left() -> None:
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


def test_repr_counts_uniform_and_varying_instructions() -> None:
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


def test_repr_names_unused_parameters() -> None:
    w, spare, unlabelled, x = Value(2.0, "w"), Value(3.0, "spare"), Value(4.0), Value(1.0, "x")
    program = autograd.compile(w * x, params=[w, spare, unlabelled], inputs=[x])
    (line,) = [line for line in repr(program).splitlines() if "not used" in line]
    assert "gradient 0" in line
    assert "spare" in line and "#2" in line, "by label, or by position"
    assert "w" not in line.split(":")[1]
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
    assert [line for line in lines if "dL/" in line] == [
        f"dL/dw1 = mean({v} * x1)",
        f"dL/dw2 = mean({v} * x2)",
        f"dL/db = mean({v})",
    ]


def test_a_listing_can_be_read_from_top_to_bottom() -> None:
    """Every name is defined once, and before it is used; and all results are there."""
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
        gradients = [name for name in defined if name.startswith("dL/d")]
        assert len(gradients) == len(params) and "L" in defined


def test_a_listing_uses_the_labels_of_outputs() -> None:
    w, x = labelled("w", "x")
    loss = (w * x).tanh()
    loss.label = "loss"
    text = autograd.compile(loss, params=[w], inputs=[x]).listing()
    assert "\nloss = mean(" in text and "dloss/dw = mean(" in text
    y, z = w * x, w + x
    y.label = "product"
    text = autograd.compile([y, z], params=[w], inputs=[x]).listing()
    assert "product = w * x" in text and "= w + x" in text
    assert "dL/" not in text


def test_repeated_labels_are_told_apart() -> None:
    model, x = MLP(1, [2, 1], seed=0), Value(1.0, "x")
    y = model([x])
    assert isinstance(y, Value)
    text = autograd.compile(y, params=model.parameters(), inputs=[x]).listing()
    gradients = [line.split(" = ")[0] for line in text.splitlines() if line.startswith("dL/")]
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


def test_a_listing_separates_what_runs_once_from_what_runs_for_each_row() -> None:
    a, x = labelled("a", "x")
    text = autograd.compile((a.exp() * x).tanh(), params=[a], inputs=[x]).listing()
    parts = dict(re.findall(r"^# (.*)\n((?:[^#].*\n?)+)", text, flags=re.MULTILINE))
    assert "exp(a)" in parts["forward, once"]
    assert "tanh(" in parts["forward, for each row"]
    assert "sech2(" in parts["backward, for each row"]
    assert "L = mean(" in parts["means over the rows"]
    assert "dL/da" in parts["once, from the means"]


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


# ── word for word ────────────────────────────────────────────────────────────────────────────


def test_a_listing_has_its_sections_in_the_order_in_which_they_run() -> None:
    code = read("""
        v0 = parameter 0
        v1 = parameter 1
        v2 = input 0
        v3 = constant 2.0
        v4 = v0 * v0
        v5 = dot([v4, v0], [v2, v2], v1)
        v6 = -v5
        v7 = tanh(v6)
        v8 = gated(v7, v3)
        v9 = add(v7, v8, v2)
        v10 = mean([v7], [v9])
        v11 = mean(v8)
        v12 = mean([v2, v9], [v7, v8], v9)
        v13 = v11 * v4
        v14 = exp(v4)
        output 0 = v10
        gradient 1 = v12
        gradient 0 = v13
    """)
    assert listing(code, Names(["L"], ["w", "b"], ["x"])).splitlines() == [
        "# forward, once",
        "v1 = w * w",
        "# forward, for each row",
        "v2 = dot([v1, w], [x, x]) + b",
        "v3 = -v2",
        "v4 = tanh(v3)",
        "v5 = v4 * 2.0",
        "v6 = v4 + v5 + x",
        "# backward, once",
        "v7 = exp(v1)",
        "# means over the rows",
        "v8 = mean(v5)",
        "L = mean(v4 * v6)",
        "dL/db = mean(dot([x, v6], [v4, v5]) + v6)",
        "# once, from the means",
        "dL/dw = v8 * v1",
    ]


def test_means_are_listed_as_the_value_and_the_gradients_by_number() -> None:
    code = read("""
        v0 = parameter 0
        v1 = input 0
        v2 = mean(v1)
        v3 = mean([v1], [v1])
        v4 = mean([v1], [v1], v1)
        v5 = mean(v1, v1)
        gradient 1 = v3
        gradient 0 = v4
        output 0 = v5
        v9 = v2 * v0
        gradient 2 = v9
    """)
    assert listing(code, Names(["L"], ["a", "b", "c"], ["x"])).splitlines() == [
        "# means over the rows",
        "v1 = mean(x)",
        "L = mean(x + x)",
        "dL/da = mean(x * x + x)",
        "dL/db = mean(x * x)",
        "# once, from the means",
        "dL/dc = v1 * a",
    ]


def test_an_output_that_is_a_leaf_or_used_elsewhere_is_listed_at_the_end() -> None:
    code = read("""
        v0 = parameter 0
        v1 = input 0
        v2 = v0 * v1
        v3 = exp(v2)
        output 0 = v2
        output 1 = v1
        output 2 = v3
        output 3 = v0
    """)
    assert listing(code, Names(["y", "x", "z", "u"], ["w"], ["x"])).splitlines() == [
        "# forward, for each row",
        "v1 = w * x",
        "z = exp(v1)",
        "# results",
        "y = v1",
        "u = w",
    ]


def test_results_with_their_own_instruction_take_no_number() -> None:
    code = read("""
        v0 = parameter 0
        v1 = input 0
        v2 = v0 * v1
        v3 = exp(v1)
        v4 = tanh(v3)
        v5 = -v3
        output 0 = v2
        output 1 = v4
        output 2 = v5
    """)
    assert listing(code, Names(["y", "z", "u"], ["w"], ["x"])).splitlines() == [
        "# forward, for each row",
        "y = w * x",
        "v1 = exp(x)",
        "z = tanh(v1)",
        "u = -v1",
    ]


def test_a_whole_repr() -> None:
    w, b, x = labelled("w", "b", "x")
    spare, idle = labelled("spare", "idle")
    assert repr(autograd.compile((w * x + b - 1) ** 2, [w, b, spare], [x, idle])).splitlines() == [
        "Program: 7 values recorded, 5 instructions left",
        "  0 uniform (run once), 5 varying (for each row)",
        "  inputs: 2 (x, idle)",
        "  parameters: 3 (w, b, spare)",
        "  not in the graph, so without effect: 1 (idle)",
        "  not used, so with gradient 0: 1 (spare)",
    ]
    assert repr(autograd.compile([w * x, x + 1], [w], [x])).splitlines() == [
        "Program: 4 values recorded, 2 instructions left",
        "  0 uniform (run once), 2 varying (for each row)",
        "  inputs: 1 (x)",
        "  parameters: 1 (w)",
        "  outputs: 2, without gradients",
    ]
    assert repr(autograd.compile(w, [w])).splitlines()[0].startswith("Program: 1 value recorded, ")


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ([[""], ["L"], [""]], [["L'"], ["L"], ["x#0"]]),
        ([[""], ["w"], ["x"]], [["L"], ["w"], ["x"]]),
        (
            [[""], ["w", "w", ""], ["w#0", "v1", "a b"]],
            [["L"], ["w#0'", "w#1", "p#2"], ["w#0", "v1#1", "'a b'"]],
        ),
        ([["", ""], ["y#0", "y#0'"], ["y#1"]], [["y#0''", "y#1'"], ["y#0", "y#0'"], ["y#1"]]),
        (
            [[""], [], ["tab\there", "\u202eevil", "naïve", "a=b", "a\\b"]],
            [["L"], [], ["tab\\there", "\\u202eevil", "naïve", "'a=b'", "a\\b"]],
        ),
    ],
)
def test_no_two_values_have_the_same_name(
    labels: list[list[str]], expected: list[list[str]]
) -> None:
    assert list(names_of(*(labelled(*group) for group in labels))) == expected


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "none"),
        (1, "1 (p0)"),
        (8, "8 (p0, p1, p2, p3, p4, p5, p6, p7)"),
        (9, "9 (p0, p1, p2, p3, p4, p5, ..., p8)"),
        (1000, "1,000 (p0, p1, p2, p3, p4, p5, ..., p999)"),
    ],
)
def test_more_than_eight_names_are_abridged(count: int, text: str) -> None:
    assert abridge([f"p{k}" for k in range(count)]) == text


def test_an_output_that_is_an_input_goes_by_the_input_s_name() -> None:
    with pytest.raises(TypeError, match=r"^column x, row 0: expected a real number"):
        autograd.compile(lambda x: x)(["a"])
