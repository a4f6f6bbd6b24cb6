"""Pages of steps say what is true: one name for one number, and what a gradient of 0 means."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

import pytest

import nn
from autograd import Value, dot, log_softmax, maximum, softmax, total
from viz.course import words
from viz.pictures.names import tell_apart
from viz.pictures.recording import Recording
from viz.stepping.flatness import find_blocks
from viz.stepping.formulas import plain
from viz.stepping.steps import Walkthrough, step_through
from viz.stepping.written import Writer

if TYPE_CHECKING:
    from collections.abc import Callable


def parameter(x: float, label: str) -> Value:
    return Value(x, label, role="parameter")


def inputs(*numbers: float) -> list[Value]:
    return [Value(x, f"x{i}", role="input") for i, x in enumerate(numbers, start=1)]


def mlp(points: int = 1) -> Value:
    model = nn.MLP(2, [3, 1], activation="tanh", seed=0)
    return nn.mse_loss([model(inputs(0.1 * i + 0.2, -0.5)) for i in range(points)], [1.0] * points)


def gates() -> Value:
    class Gated(nn.Module):
        def __init__(self) -> None:
            self.gate, self.out = nn.Neuron(1, "sigmoid", seed=1), nn.Neuron(1, "tanh", seed=2)

        def forward(self, x: Value) -> Value:
            product: Value = self.gate([x]) * self.out([x])
            return product

    product: Value = Gated()(Value(0.5, "x", role="input"))
    return product


def attention() -> Value:
    tokens = [[Value(0.1 * i + j, "e") for j in range(2)] for i in range(3)]
    weights = softmax([dot(tokens[0], token) for token in tokens])
    return total(w * token[0] for w, token in zip(weights, tokens, strict=True))


def mixed() -> Value:
    a, b = Value(1.5, "v5"), Value(-0.25, "a")
    parts = [a * b, a / a, a - a, Value(2.0, "a") * a, Value(3.0) * b, a**a, maximum(a, a)]
    return total([*parts, total([a, b, a])]) * a


def classifier() -> Value:
    model = words.WordClassifier(("cat", "dog"), (1.0, 0.0), learn_words=True)
    for neuron in model.scores.neurons:
        for i, w in enumerate(neuron.w):
            w.data = 0.1 * i - 0.3
    return words._look_at_word(model, 1, 1, "dog")[0]


def same_labels() -> Value:
    y = Value(1.0, "x")
    for i in range(4):
        y = y * Value(float(i) + 0.5, "w") + Value(0.1, "L")
        y.label = "y"
    return y


GRAPHS: dict[str, Callable[[], Value]] = {
    f.__name__: f
    for f in (mlp, gates, attention, mixed, classifier, same_labels)
} | {
    "mlp on 4 points": lambda: mlp(4),
    "mlp on 12 points": lambda: mlp(12),
    "log_softmax": lambda: log_softmax(inputs(1.0, 2.0, 3.0))[1],
    "softmax": lambda: softmax(inputs(1.0, 2.0, 3.0))[2],
}  # fmt: skip
each_graph = pytest.mark.parametrize(
    "name", [pytest.param(n, marks=pytest.mark.slow) if "12" in n else n for n in GRAPHS]
)


def formulas(walk: Walkthrough, phase: str) -> list[str]:
    return [plain(f) for step in walk.steps if step.phase == phase for f in step.formulas]


def note(step: Any) -> str:
    return plain(step.note)


def last_note(loss: Value) -> str:
    return note(step_through(loss).steps[-1])


# ── names ────────────────────────────────────────────────────────────────────────────────────


@each_graph
def test_each_value_has_a_name_of_its_own(name: str) -> None:
    walk = step_through(GRAPHS[name](), digits=17)
    said: dict[str, str] = {}
    for formula in formulas(walk, "forward"):
        for part in formula.split(", ") if "(" not in formula else [formula]:
            called, equals, number = part.partition(" = ")
            if equals:
                assert said.setdefault(called, number) == number
    count = sum(step.phase == "forward" for step in walk.steps)
    assert len(said) >= count - 5
    drawing, _, _ = walk.html.partition("</svg>\n<svg")
    titles = re.findall(r'<g class="box [^"]*"[^>]* data-name="([^"]*)"', drawing)
    assert len(set(titles)) == len(titles) > 0


@each_graph
def test_no_derivative_stands_for_two_numbers(name: str) -> None:
    """Each ``∂a/∂b`` in the chain rule is one number, and none is both total and local."""
    walk = step_through(GRAPHS[name](), digits=17)
    totals: set[str] = set()
    local: dict[str, str] = {}
    for formula in formulas(walk, "backward"):
        rule = re.fullmatch(r"(∂.*?) \+= (∂.*?) · (∂.*) = (\S+) · (\S+) = (\S+)", formula)
        if rule:
            totals |= {rule[1], rule[2]}
            assert local.setdefault(rule[3], rule[5]) == rule[5]
    assert totals and local and not totals & set(local)


def test_weights_of_a_network_have_the_numbers_of_their_module() -> None:
    walk = step_through(mlp())
    text = " ".join(formulas(walk, "forward"))
    assert "w1⁽¹·⁰⁾ · " in text and "w1⁽⁰·²⁾ · x1" in text and " x1⁽" not in text
    assert "w3⁽¹·⁰⁾" in text  # like the others of its neuron, though there is no other w3
    assert note(walk.steps[0]).endswith(
        "Several values are called “w1”. A superscript tells them apart: “w1⁽⁰·⁰⁾” is the one in "
        "layers.0.neurons.0."
    )
    assert "Several" not in note(step_through(inputs(1.0)[0] * 2.0).steps[0])


def test_calls_of_one_module_are_counted() -> None:
    walk = step_through(total([nn.Neuron(60, seed=0)(inputs(*range(60))) for _ in range(3)]))
    assert "Neuron⁽²⁾(" in " ".join(formulas(walk, "forward"))
    assert note(walk.steps[0]).endswith("Several calls are named Neuron: Neuron⁽¹⁾ is the first.")


def test_modules_with_names_lend_them_to_their_weights() -> None:
    text = " ".join(formulas(step_through(gates()), "forward"))
    assert "gate.w1 · x" in text and "out.w1 · x" in text and "out.b" in text


def test_a_weight_that_several_examples_share_has_the_number_of_its_module() -> None:
    text = " ".join(formulas(step_through(mlp(4)), "forward"))
    assert "w1⁽⁰·²⁾ · x1⁽⁴⁾" in text


def test_a_training_tells_parameters_of_one_name_apart() -> None:
    layer, losses = nn.Layer(1, 3, "tanh", seed=0), []
    for _ in range(2):
        layer.zero_grad()
        losses.append(total(layer([1.0])) ** 2)
        losses[-1].backward()
        nn.SGD(layer.parameters(), lr=0.1).step()
    walk = step_through(losses)
    changed = [f.partition(" ← ")[0] for f in formulas(walk, "training") if "←" in f]
    assert len(set(changed)) == len(changed) == 3
    assert all(re.fullmatch("(w1|b)⁽[⁰¹²]⁾", each) for each in changed)
    assert "A superscript tells them apart" in note(walk.steps[0])


@pytest.mark.parametrize(
    ("wanted", "given"),
    [
        (["w", "w"], ["w⁽¹⁾", "w⁽²⁾"]),
        (["w", "w⁽¹⁾", "w"], ["w⁽²⁾", "w⁽¹⁾", "w⁽³⁾"]),
        (["w@a.0", "w@a.1", "b@a.1", "b"], ["w⁽⁰⁾", "w⁽¹⁾", "b⁽¹⁾", "b⁽²⁾"]),  # counted
        (["w@a.0", "w@a.1", "b@a.1"], ["w⁽⁰⁾", "w⁽¹⁾", "b⁽¹⁾"]),
        (["w@a.0.n.0", "w@a.0.n.1", "w@a.1.n.0"], ["w⁽⁰·⁰⁾", "w⁽⁰·¹⁾", "w⁽¹·⁰⁾"]),
        (["w@a.0", "w@b.0"], ["a.0.w", "b.0.w"]),
        (["w@x.gate", "w@x.out"], ["gate.w", "out.w"]),
        (["w@a.0", "w@a.0"], ["w⁽¹⁾", "w⁽²⁾"]),
        (["w@{}", "w@a"], ["{}.w", "a.w"]),
    ],
)
def test_things_of_one_name_are_told_apart(wanted: list[str], given: list[str]) -> None:
    keys = [(*each.partition("@")[::2], i) for i, each in enumerate(wanted)]
    found = tell_apart({k: str(k[0]) for k in keys}, lambda k: str(k[1]), keys)
    assert len(set(found.values())) == len(found)
    assert list(found.values()) == given


def test_a_value_without_a_label_never_looks_like_a_label() -> None:
    a, b = Value(2.0, "v1"), Value(3.0, "v₂")
    forward = formulas(step_through(a * b + 1.0), "forward")
    assert forward[1] == "v₃ = v1 · v₂ = 2 · 3 = 6"


# ── derivatives ──────────────────────────────────────────────────────────────────────────────


def test_the_derivative_of_the_last_operation_is_written_with_the_operation() -> None:
    e = [x.exp() for x in inputs(1.0, 2.0)]
    (first, *_) = [f for f in formulas(step_through(e[0] / total(e)), "backward") if "+=" in f]
    assert first.startswith("∂L/∂v₁ += ∂L/∂L · ∂(v₁ / v₃)/∂v₁ = ")
    notes = [note(step) for step in step_through(e[0] / total(e)).steps]
    said = "∂(v₁ / v₃)/∂v₁ is the derivative of this operation alone; ∂L/∂v₁ counts every path from"
    assert sum(said in each for each in notes) == 1


def test_a_prime_marks_the_operand_that_changes() -> None:
    x = Value(3.0, "x")
    walk = step_through((x / x) * 2.0)
    rules = [f for f in formulas(walk, "backward") if "+=" in f and "∂L/∂x" in f]
    assert [f.partition(" = ")[0] for f in rules] == [
        "∂L/∂x += ∂L/∂v₁ · ∂(x′ / x)/∂x′",
        "∂L/∂x += ∂L/∂v₁ · ∂(x / x′)/∂x′",
    ]
    assert "x′ is x in one place only; elsewhere it stays as it is." in walk.steps[-2].text


@pytest.mark.parametrize(
    ("position", "written"),
    [
        (0, "(x0 + x1 + … + x8)/∂x0"),
        (2, "(x0 + x1 + x2 + … + x8)/∂x2"),
        (5, "(x0 + x1 + … + x5 + … + x8)/∂x5"),
        (8, "(x0 + x1 + … + x8)/∂x8"),
    ],
)
def test_the_operand_in_question_is_never_left_out(position: int, written: str) -> None:
    walk = step_through(total([Value(1.0, f"x{i}") for i in range(9)]))
    rules = [f for f in formulas(walk, "backward") if "+=" in f]
    assert f"∂{written} = " in rules[position]


# ── a gradient of 0 ──────────────────────────────────────────────────────────────────────────

NOTHING = "No small change of a"


@pytest.mark.parametrize(
    ("make", "blocks"),
    [
        (lambda w: (w - 2.0).relu(), True),
        (lambda w: (w - 2.0).relu() * 5.0 - 3.0, True),
        (lambda w: maximum(w, 5.0), True),
        (lambda w: w * 0.0 + 1.0, True),
        (lambda w: (w * 0.0).exp(), True),
        (lambda w: w**0.0, True),
        (lambda w: (w - 1.0) ** 2, False),
        (lambda w: -((w - 1.0) ** 2), False),
        (lambda w: (w - 1.0).relu(), False),  # at the edge
        (lambda w: (w - 1.0) ** 3, False),
        (lambda w: (w - w).cos(), False),
        (lambda w: (w - 1.0).leaky_relu(0.0), False),
        (lambda w: (w - 2.0).leaky_relu(0.0), True),
        (lambda w: (w - 2.0).relu() + (w - 1.0) ** 2, False),
        (lambda w: 1e12 + (w - 1.0) ** 2, False),
    ],
)
def test_a_loss_that_nothing_moves_is_told_from_one_that_is_flat_at_a_point(
    make: Callable[[Value], Value], blocks: bool
) -> None:
    w = parameter(1.0, "w")
    loss = make(w)
    assert (find_blocks(Recording(loss), [w]) is not None) == blocks
    assert (NOTHING in last_note(loss)) == blocks


def test_at_a_minimum_the_page_says_by_how_much_the_loss_rises() -> None:
    w = parameter(0.5, "w")
    assert last_note((w * 2.0 - 1.0) ** 2) == (
        "The gradient of every parameter is 0. Yet L is not constant: it is 0 here, and would be "
        "0.01 at w = 0.45 and 0.01 at w = 0.55. It rises either way, as at the bottom of a "
        "valley."
    )


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda w: -((w - 1.0) ** 2), "It falls either way, as at the top of a hill."),
        (lambda w: (w - 1.0) ** 3, "this is a level spot on a slope."),
        (lambda w: (w - 1.0).relu(), "this is the edge of a flat stretch."),
        (lambda w: w / w, "Moving w alone leaves L as it is."),
        (
            lambda w: (w - 2.0).relu(),
            "No small change of a parameter would change L: L = relu(v₁) stays at 0, so nothing "
            "before it can learn.",
        ),
    ],
)
def test_what_a_gradient_of_0_looks_like_nearby(make: Callable[[Value], Value], said: str) -> None:
    assert last_note(make(parameter(1.0, "w"))).endswith(said)


def test_only_parameters_count_where_there_are_some() -> None:
    w, x = parameter(1.0, "w"), Value(0.0, "x", role="input")
    assert "v₁ = w · x stays at 0" in last_note(w * x + 1.0)


# ── numbers ──────────────────────────────────────────────────────────────────────────────────


def test_what_rounding_leaves_reads_as_0_with_its_number_on_pointing() -> None:
    walk = step_through(softmax(inputs(1.0, 2.0, 3.0))[2])
    (step,) = [step for step in walk.steps if "rounding" in step.note]
    assert re.search(
        r"Contribution 3 of 3: ∂L/∂v₁ = −0\.05989 \+ 0\.05989 ≈ 0\. What is left, \S+e−17, is "
        "rounding error",
        note(step),
    )
    assert re.search(r'<b title="\S+e−17">≈ 0</b>', step.note)
    assert not [each for each in formulas(walk, "backward") if "e−17" in each]
    (entry,) = [e for e in step.entries if e.field == "grad"]
    assert entry.text == "≈ 0" and entry.exact.endswith("e−17")
    assert f'"x":{{"{entry.where} grad":"{entry.exact}"}}' in walk.html


def test_a_sum_of_0_3_less_0_3_is_about_0() -> None:
    (_, *_, forward) = formulas(step_through(Value(0.1, "a") + 0.2 - 0.3), "forward")
    assert forward.endswith("0.3 − 0.3 ≈ 0")


@pytest.mark.parametrize(
    ("x", "digits", "text", "exact"),
    [
        (0.222695123, 4, "0.2227", "0.222695"),
        (0.5, 4, "0.5", ""),
        (3.72e-44, 4, "≈ 0", "3.72e−44"),
        (-3.72e-44, 6, "≈ 0", "−3.72e−44"),
        (3.72e-44, 17, "3.7200000000000001e−44", ""),
        (1e-10, 4, "1e−10", ""),
        (0.0, 4, "0", ""),
        (math.nan, 4, "nan", ""),
    ],
)
def test_numbers_have_more_digits_on_pointing(x: float, digits: int, text: str, exact: str) -> None:
    assert Writer(Recording(Value(1.0) * 2.0), digits).data(x)[:2] == (text, exact)


def test_where_all_numbers_are_tiny_none_is_nearly_0() -> None:
    text = formulas(step_through(Value(2e-20, "a") + Value(1e-20, "b")), "forward")[-1]
    assert text == "L = a + b = 2e−20 + 1e−20 = 3e−20"


def test_a_maximum_for_safety_is_described_as_one() -> None:
    walk = step_through(softmax(inputs(1.0, 2.0))[0])
    (step,) = [step for step in walk.steps if "max(x1, x2) = max(1, 2) = 2" in step.text[:50]]
    assert "only subtracted so that the exponentials do not overflow" in step.note
    assert "as a constant." in step.note


# ── the order of the steps ───────────────────────────────────────────────────────────────────


def order(loss: Value) -> list[str]:
    return [f.partition(" = ")[2] for f in formulas(step_through(loss), "forward")]


def test_layers_come_one_after_the_other_and_neurons_in_their_order() -> None:
    text = "\n".join(formulas(step_through(mlp()), "forward"))
    places = [text.index(f"= w1⁽{n}⁾ · ") for n in ("⁰·⁰", "⁰·¹", "⁰·²", "¹·⁰")]
    assert places == sorted(places)
    assert places[-1] > text.rindex("x2 =")


def test_inputs_are_read_in_their_order_and_in_one_step() -> None:
    for k in range(3):
        forward = formulas(step_through(softmax(inputs(1.0, 2.0, 3.0))[k]), "forward")
        assert forward[0] == "x1 = 1, x2 = 2, x3 = 3"
        assert [f.partition(" = ")[2][:6] for f in forward[2:5]] == ["x1 − v", "x2 − v", "x3 − v"]


def test_classes_come_in_their_order_whichever_is_right() -> None:
    for k in range(3):
        forward = order(nn.cross_entropy([x * 2.0 for x in inputs(1.0, 2.0, 3.0)], k))
        places = [i for i, each in enumerate(forward) if " · 2 = " in each]
        assert [forward[i][:2] for i in places] == ["x1", "x2", "x3"]
        shifted = [each[:2] for each in forward if re.match("v. − v", each)]
        assert shifted == ["v₁", "v₂", "v₃"]


def test_examples_come_in_their_order() -> None:
    w = parameter(0.5, "w")
    loss = nn.mse_loss([w * x for x in inputs(1.0, 2.0, 3.0)], [0.0, 1.0, 2.0])
    forward = order(loss)
    assert [each[:6] for each in forward[2:5]] == ["w · x1", "w · x2", "w · x3"]


def test_one_step_reads_all_parameters_of_a_layer() -> None:
    walk = step_through(mlp())
    (read,) = [
        step for step in walk.steps if "layers.0." in step.note and "parameters" in step.note
    ]
    assert note(read) == "9 parameters: numbers that training may change. In layers.0."
    assert len(read.entries) == len(read.focus) == 9
    assert "w2⁽⁰·¹⁾ = " in read.text
    wide = step_through(nn.MLP(4, [12, 1], seed=0)(inputs(1.0, 2.0, 3.0, 4.0)))
    (read,) = [step for step in wide.steps if note(step).startswith("60 parameters")]
    assert len(read.entries) == 60 and "and 49 more" in read.text


def test_leaves_of_different_kinds_are_read_apart() -> None:
    w, x = parameter(0.5, "w"), Value(2.0, "x", role="input")
    assert formulas(step_through(w * x), "forward")[:2] == ["w = 0.5", "x = 2"]


def test_the_letters_of_a_general_formula_are_no_names_on_the_page() -> None:
    a, b = parameter(1.0, "a"), parameter(2.0, "b")
    y = maximum(a.exp(), b)
    y.label = "y"
    notes = [step.note for step in step_through(y).steps]
    assert "exp: u = eᵗ." in " ".join(notes)
    assert "max: u = max(t, s); a tie shares the gradient." in " ".join(notes)
    assert "exp: y = eᵃ." in " ".join(
        step.note for step in step_through(Value(1.0, "x").exp()).steps
    )
