"""step_through: the steps, their formulas and numbers, and the page that holds them."""

from __future__ import annotations

import json
import math
import re
import stat
import sys
from collections import defaultdict
from html import unescape
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import mpmath
import pytest

import nn
from autograd import (
    Value,
    grad,
    greater,
    less,
    log_softmax,
    maximum,
    minimum,
    ops,
    pick,
    softmax,
    total,
    where,
)
from autograd.graph import contributions, interior, topological
from autograd.value import record
from viz.course import example, examples, more_data, words
from viz.pictures.recording import Recording
from viz.pictures.text import number
from viz.pictures.written import order_as_written
from viz.stepping.formulas import _piece
from viz.stepping.steps import Walkthrough, step_through
from viz.stepping.training import ENTRIES, choose_losses

from .built import NAMES
from .labels import HARD

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


def line(relu: bool = True) -> Value:
    """``L = ½(y_pred − y_true)²`` for ``y_pred = ReLU(w·x + b)``."""
    w, x = Value(0.5, "w", role="parameter"), Value(2.0, "x", role="input")
    b, y_true = Value(1.0, "b", role="parameter"), Value(3.0, "y_true", role="target")
    z = w * x + b
    z.label = "z"
    y_pred = z.relu() if relu else z
    y_pred.label = "y_pred"
    loss = nn.half_squared_error(y_pred, y_true)
    loss.label = "L"
    return loss


def texts(loss: Any, **options: Any) -> list[str]:
    return [step.text for step in step_through(loss, **options).steps]


def of(phase: str, walk: Walkthrough) -> list[str]:
    return [step.text for step in walk.steps if step.phase == phase]


def shown(walk: Walkthrough, k: int | None = None) -> dict[tuple[str, str], str]:
    """What stands in the picture after step k."""
    last = len(walk.steps) if k is None else k + 1
    return {(w.where, w.field): w.text for step in walk.steps[:last] for w in step.entries}


def plan(walk: Walkthrough) -> Any:
    found = re.search(r'<script type="application/json" id="plan">(.*?)</script>', walk.html, re.S)
    assert found
    return json.loads(found[1])


# ── the two passes ───────────────────────────────────────────────────────────────────────────


def test_the_forward_pass_goes_in_the_order_of_the_graph_with_formulas_in_numbers() -> None:
    forward = of("forward", step_through(line()))
    assert [text.partition(". ")[0] for text in forward] == [
        "w = 0.5",
        "x = 2",
        "v₁ = w · x = 0.5 · 2 = 1",
        "b = 1",
        "z = v₁ + b = 1 + 1 = 2",
        "y_pred = relu(z) = relu(2) = 2",
        "y_true = 3",
        "v₂ = y_pred − y_true = 2 − 3 = −1",
        "v₃ = v₂² = (−1)² = 1",
        "L = 0.5 · v₃ = 0.5 · 1 = 0.5",
    ]


def test_the_backward_pass_spells_out_the_chain_rule() -> None:
    backward = of("backward", step_through(line()))
    assert [text.partition(". ")[0] for text in backward] == [
        "∂L/∂L = 1",
        "∂L/∂v₃ += ∂L/∂L · ∂(0.5 · v₃)/∂v₃ = 1 · 0.5 = 0.5",
        "∂L/∂v₂ += ∂L/∂v₃ · ∂v₃/∂v₂ = 0.5 · (−2) = −1",
        "∂L/∂y_pred += ∂L/∂v₂ · ∂v₂/∂y_pred = −1 · 1 = −1",
        "∂L/∂y_true += ∂L/∂v₂ · ∂v₂/∂y_true = −1 · (−1) = 1",
        "∂L/∂z += ∂L/∂y_pred · ∂y_pred/∂z = −1 · 1 = −1",
        "∂L/∂v₁ += ∂L/∂z · ∂z/∂v₁ = −1 · 1 = −1",
        "∂L/∂b += ∂L/∂z · ∂z/∂b = −1 · 1 = −1",
        "∂L/∂w += ∂L/∂v₁ · ∂v₁/∂w = −1 · 2 = −2",
        "∂L/∂x += ∂L/∂v₁ · ∂v₁/∂x = −1 · 0.5 = −0.5",
    ]
    assert backward[8].endswith(
        "∂v₁/∂w = x = 2: a product passes its gradient on, times the other factor."
    )
    assert backward[5].endswith("∂y_pred/∂z = 1, since z > 0.")


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda a, b: a * b + 1.0, "a · b + 1 = −2 · 3 + 1 = −5"),
        (lambda a, b: (a + b) * a, "(a + b) · a = (−2 + 3) · (−2) = −2"),
        (lambda a, b: b - (a - b), "b − (a − b) = 3 − (−2 − 3) = 8"),
        (lambda a, b: b - a * b, "b − a · b = 3 − (−2) · 3 = 9"),
        (lambda a, b: a / (a * b), "a / (a · b) = −2 / (−2 · 3) = 0.3333"),
        (lambda a, b: (a * b) ** 2, "(a · b)² = (−2 · 3)² = 36"),
        (lambda a, b: b ** (a + b), "b^(a + b) = 3^(−2 + 3) = 3"),
        (lambda a, b: 1 / (1 + (-b).exp()), "1 / (1 + exp(−b)) = 1 / (1 + exp(−3)) = 0.9526"),
        (lambda a, b: -(a + b) * b, "−(a + b) · b = −(−2 + 3) · 3 = −3"),
        (lambda a, b: b * (-(b**2)), "b · (−b²) = 3 · (−3²) = −27"),
        (lambda a, b: (a * b + b).tanh(), "tanh(a · b + b) = tanh(−2 · 3 + 3) = −0.9951"),
    ],
)
def test_what_has_no_name_is_also_written_out(
    make: Callable[[Value, Value], Value], said: str
) -> None:
    result = make(Value(-2.0, "a"), Value(3.0, "b"))
    result.label = "y"
    assert of("forward", step_through(result))[-1].endswith(f"In full: y = {said}.")
    python = said.partition(" = ")[2].replace("−", "-").replace("·", "*").replace("^", "**")
    numbers = python.replace("²", "**2").split(" = ")  # the numbers are true as they are written
    functions = {"exp": math.exp, "tanh": math.tanh}
    assert eval(numbers[0], functions) == pytest.approx(float(numbers[1]), rel=1e-3)


def test_nothing_is_written_out_that_has_a_name_or_is_too_long() -> None:
    a, b = Value(2.0, "a"), Value(3.0, "b")
    named = a * b
    named.label = "c"
    assert not [text for text in texts(named + 1.0) if "In full" in text]
    many = [Value(float(i), f"x{i}") * 2.0 for i in range(5)]
    assert not [text for text in texts(total(many)) if "In full" in text]


def test_the_last_step_says_what_the_parameters_got() -> None:
    (done,) = of("done", step_through(line()))
    assert done.startswith("∂L/∂w = −2. ∂L/∂b = −1. Where the gradient is negative, L falls")


def test_a_value_used_twice_visibly_gets_two_contributions() -> None:
    x = Value(3.0, "x")
    walk = step_through(x * x)
    first, second = of("backward", walk)[1:]
    assert first.startswith("∂L/∂x += ∂L/∂L · ∂(x′ · x)/∂x′ = 1 · 3 = 3.")
    assert first.endswith("Contribution 1 of 2: ∂L/∂x = 3 so far.")
    assert second.endswith("Contribution 2 of 2: ∂L/∂x = 3 + 3 = 6.")
    grads = [w.text for step in walk.steps for w in step.entries if w[:2] == ("v0", "grad")]
    assert grads == ["3 + …", "6  ▲"]
    assert [step.lines[1].nth for step in walk.steps if "Contribution" in step.note] == [0, 1]


def test_numbers_appear_only_when_their_step_has_come() -> None:
    walk = step_through(line())
    order = topological(line())
    for k, step in enumerate(walk.steps):
        seen = shown(walk, k)
        boxes = [f"v{i}" for i in range(len(order))]
        forward = sum(s.phase == "forward" for s in walk.steps[: k + 1])
        assert [(b, "data") in seen for b in boxes] == [i < forward for i in range(len(boxes))]
        if step.phase in ("start", "forward"):
            assert not [key for key in seen if key[1] in ("grad", "local")]


def every_operation() -> Iterator[tuple[str, Value]]:
    for row in ops.OPERATIONS:
        a, b = Value(0.7, "a"), Value(-1.3, "b")
        if row.name == "pow":
            b = Value(1.3, "b")
        if row.name == "acosh":
            a = Value(1.7, "a")
        yield row.name, record(row, (a,) if row.arity == 1 else (a, b))
    a, b = Value(0.7, "a"), Value(-1.3, "b")
    for row in (ops.LESS, ops.GREATER, ops.EQUAL):
        yield row.name, row(a, b) * a
    yield "where", where(greater(a, b), a * b, b)
    yield "pick", pick([a, b * b, 2.0], Value(1.0, "index"))
    yield "choice behind a choice", where(0.0, (a * less(b, 0)).exp(), b) * a
    yield "softmax", softmax([a, b, a * b])[1]
    yield "log_softmax", log_softmax([a, b, 2.0])[0]
    yield "reflected", 1 / (3 - a) + 2.0**b
    yield "slope", grad(a.tanh() * b.sigmoid(), a, create_graph=True)
    yield "tie", maximum(a, a) + minimum(a, b)
    yield "sum", total([a, b, a, 1.0])
    yield "unused", a * 0.0 + b.relu()


DIGITS = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
OPERATIONS = dict(every_operation())
each_operation = pytest.mark.parametrize("name", OPERATIONS)


@each_operation
def test_numbers_and_gradients_are_the_engines_own(name: str) -> None:
    loss = OPERATIONS[name]
    recording = Recording(loss)
    for v in topological(loss):
        v.zero_grad()
    loss.backward()
    walk = step_through(loss, digits=17)
    seen = shown(walk)
    for i, v in enumerate(order_as_written(loss)):
        assert recording.gradients[v] == v.grad
        assert seen[f"v{i}", "data"] == number(v.data, 17)
        assert seen[f"v{i}", "grad"].split("  ")[0] == number(v.grad, 17)


@each_operation
def test_symbols_and_numbers_of_a_local_derivative_agree(name: str) -> None:
    """The symbolic derivative, evaluated, is the number beside it."""
    functions = {
        "sin": math.sin, "cos": math.cos, "exp": math.exp, "log": math.log, "min": min,
        "sigmoid": lambda x: 1 / (1 + math.exp(-x)), "sign": lambda x: math.copysign(1, x),
        "cosh": math.cosh, "sinh": math.sinh, "sqrt": math.sqrt, "π": math.pi,
        "hypot": math.hypot, "digamma": mpmath.digamma, "trigamma": lambda x: mpmath.psi(1, x),
        "Φ": lambda x: 0.5 * math.erfc(-x / math.sqrt(2)),
        "φ": lambda x: math.exp(-x * x / 2) / math.sqrt(2 * math.pi),
    }  # fmt: skip
    walk = step_through(OPERATIONS[name], digits=12)
    values: dict[str, float] = {}
    for text in of("forward", walk):
        formula = text.partition(". ")[0]
        for part in formula.split(", ") if "leaves: " in text else [formula]:
            named = part.split(" = ")
            values[named[0].translate(DIGITS)] = float(named[-1].replace("−", "-"))
    checked = 0
    for step in walk.steps:
        said = re.match(
            r"∂.*?/∂.*? = (.*?)(?: = (.*?))?(?::|, [a-z]{2}|\. |\.$)", step_note(step.note)
        )
        if step.phase != "backward" or not said or not said[2]:
            continue
        python = re.sub(r"\^\(|\^", lambda m: "**(" if m[0] == "^(" else "**", said[1])
        python = python.replace("·", "*").replace("−", "-").replace("²", "**2").replace("½", "0.5")
        python = python.translate(DIGITS)
        found = eval(python, dict(functions), values)
        assert found == pytest.approx(
            float(said[2].replace("−", "-").replace("∞", "inf")), rel=1e-9
        )
        checked += 1
    written = [text for row in ops.OPERATIONS if row.name == name for text in row.written]
    assert checked or not any("{" in text for text in written)


def step_note(note: str) -> str:
    return unescape(re.sub(r"<[^>]*>", "", note))


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda a, b: a.relu(), "0, since a ≤ 0"),
        (lambda a, b: b.relu(), "1, since b > 0"),
        (lambda a, b: a.leaky_relu(0.1), "0.1, since a ≤ 0"),
        (lambda a, b: maximum(a, b), "0, since a < b"),
        (lambda a, b: minimum(a, b), "1, since a < b"),
        (lambda a, b: maximum(a, -2.0), "½, since both are equal"),
        (lambda a, b: a.clamp(-1.0, 1.0), "1, since v₁ ≤ 1"),
        (lambda a, b: a.elu(), "= exp(a), since a ≤ 0"),
        (lambda a, b: a.atan(), "1 / (1 + a²) = 0.2"),
        (lambda a, b: a**3, "3 · a² = 12"),
        (lambda a, b: a - b, "1, where L = a − b"),
        (lambda a, b: where(a, b, 1), "0, since a only chooses"),
        (lambda a, b: where(1, a, b), "1, since 1 ≠ 0"),
        (lambda a, b: where(0, a, b), "0, since 0 = 0"),
        (lambda a, b: pick([a, b], Value(1.0, "i")), "0, since i only chooses"),
        (lambda a, b: less(a, b), "0: a comparison jumps, and is flat everywhere else"),
    ],
)
def test_a_derivative_says_why(make: Callable[[Value, Value], Value], said: str) -> None:
    assert said in of("backward", step_through(make(Value(-2.0, "a"), Value(1.5, "b"))))[1]


def test_the_shift_within_softmax_stops_the_gradient_and_says_so() -> None:
    backward = of("backward", step_through(softmax([Value(1.0, "a"), Value(2.0, "b")])[0]))
    assert any("and stops here" in text for text in backward)


@pytest.mark.parametrize("name", [row.name for row in ops.OPERATIONS])
def test_an_operation_of_ones_own_is_not_explained_as_the_row_of_its_name(name: str) -> None:
    row = ops.find(name)
    own = ops.Op(name, row.symbol, lambda a: 7.0 * a, lambda a, y: 7.0, formula="y = 7a")
    x = Value(0.5, label="x")
    walk = step_through(own(x))
    forward, backward = " ".join(of("forward", walk)), " ".join(of("backward", walk))
    assert f"{row.symbol}(x)" in forward
    assert "y = 7a" in forward
    assert f"∂{row.symbol}(x)/∂x = 7, where L = {row.symbol}(x)." in backward


def test_behind_a_choice_the_gradient_stops_and_the_page_says_so() -> None:
    x = Value(-1.0, "x")
    root, chosen = x.sqrt(), greater(x, 0)
    root.label, chosen.label = "root", "chosen"
    backward = of("backward", step_through(where(chosen, root, 3 * x)))
    for name in ("root", "chosen"):
        said = f"∂L/∂{name} = 0 and stops here. {name} was not chosen, or only chooses, so what it"
        assert any(said in text for text in backward)
    assert not any("nan" in text for text in backward)


def test_comparisons_are_written_with_their_sign() -> None:
    a, b = Value(2.0, "p"), Value(3.0, "q")
    walk = step_through(less(greater(a, b), less(a + 1, b)) * a)
    assert "v₁ = p > q = 2 > 3 = 0. >: y = 1 where a > b, else 0." in of("forward", walk)
    assert "(p > q) < (p + 1 < q)" in " ".join(of("forward", walk))
    formulas = [f for step in step_through(less(a, b)).steps for f in step.formulas]
    assert any("2 &lt; 3" in formula for formula in formulas)
    c = Value(1.0, "c")
    forward = " ".join(of("forward", step_through(where(c, a, b) * c)))
    assert "where: y = a where u ≠ 0, else b." in forward
    assert not any("2 < 3" in formula for formula in formulas)


def test_a_leaf_alone_can_be_stepped_through() -> None:
    assert len(texts(Value(3.0, "x"))) == 4


# ── what it leaves alone ─────────────────────────────────────────────────────────────────────


def test_the_graph_is_not_changed_and_its_grads_do_not_matter() -> None:
    loss = line()
    before = step_through(loss).html
    assert [v.grad for v in topological(loss)] == [0.0] * 10
    for i, v in enumerate(topological(loss)):
        v.grad = -0.001234567 * i
    held = [(v.data, v.grad, v.label, v.operands) for v in topological(loss)]
    assert step_through(loss).html == before
    assert [(v.data, v.grad, v.label, v.operands) for v in topological(loss)] == held


def test_the_page_is_the_same_every_time() -> None:
    assert step_through(line()).html == step_through(line()).html


def test_edited_parameters_show_what_was_recorded() -> None:
    loss = line()
    before = step_through(loss)
    for v in topological(loss):
        if v.operation is None:
            v.data = 99.0
    after = step_through(loss)
    assert after.html == before.html


def test_the_bias_of_a_neuron_is_shown_as_recorded_after_an_update() -> None:
    neuron = nn.Neuron(3, "tanh", seed=1)
    neuron.b.data = 0.3
    loss = neuron([1.0, 2.0, 3.0]) ** 2
    at_first = step_through(loss, digits=12)
    loss.backward()
    nn.SGD(neuron.parameters(), lr=0.5).step()
    assert neuron.b.data != 0.3
    (read,) = [text for text in texts(loss) if "b = 0.3" in text]
    assert read.endswith("4 parameters: numbers that training may change. In Neuron.")
    assert [s.text for s in step_through(loss, digits=12).steps] == [s.text for s in at_first.steps]


# ── large graphs ─────────────────────────────────────────────────────────────────────────────


def notice(walk: Walkthrough) -> str:
    found = re.search(r'<p class="notice">(.*?)</p>', walk.html.partition("</header>")[0])
    return found[1] if found else ""


def mlp_loss(points: int = 1, seed: int = 0) -> tuple[nn.MLP, Value]:
    model = nn.MLP(2, [16, 16, 1], activation="tanh", seed=seed)
    xs = [[Value(0.1 * i, "x1"), Value(1.0, "x2")] for i in range(points)]
    return model, nn.mse_loss([model(x) for x in xs], [1.0] * points)


def test_a_graph_that_can_be_followed_has_no_notice() -> None:
    assert notice(step_through(line())) == ""


def test_a_large_graph_is_stepped_by_neuron_and_says_so() -> None:
    model, loss = mlp_loss()
    walk = step_through(loss)
    assert "neuron by neuron" in notice(walk) and f"{len(topological(loss)):,} values" in notice(
        walk
    )
    forward = of("forward", walk)
    assert sum("operations and 3 parameters in one box" in text for text in forward) == 16
    assert len(walk.steps) < 120
    loss.backward()
    seen = shown(walk)
    place = {v: i for i, v in enumerate(topological(loss))}
    xs = [v for v in place if v.label in ("x1", "x2")]
    for x in xs:
        assert seen[f"v{place[x]}", "grad"].split("  ")[0] == number(x.grad)
    last = model.layers[-1].neurons[0]
    steepest = max((p.grad for p in last.parameters()), key=abs)
    held = [text for (_, field), text in seen.items() if field == "held" and "17" in text]
    assert f"17 parameters, steepest  {number(steepest)}" in held


def test_the_chain_rule_of_a_neuron_takes_all_its_operations_in_one() -> None:
    model, loss = mlp_loss()
    backward = of("backward", step_through(loss, digits=12))
    last = model.layers[-1].neurons[0]
    text = next(text for text in backward if text.startswith("∂L/∂layers.1.neurons"))
    assert "= −" in text and "∂layers.2.neurons.0/∂layers.1.neurons." in text
    # y = w · a + b: the derivative of the last neuron, which is linear, is its weight.
    weights = sorted((abs(w.data) for w in last.w), reverse=True)[:2]
    found = re.findall(r"· \(?(−?[\d.]+)\)? = ", text)
    assert [abs(float(x.replace("−", "-"))) for x in found] == pytest.approx(weights)


def test_boxes_light_up_after_those_they_get_input_from() -> None:
    _, loss = mlp_loss(2)
    walk = step_through(loss)
    lit: set[str] = set()
    for step in walk.steps:
        if step.phase == "forward":
            new = {entry.where for entry in step.entries}
            assert set(step.focus) - {f"{step.focus[0]}_op"} - new <= lit
            lit |= new


def test_an_even_larger_one_goes_by_layer() -> None:
    _, loss = mlp_loss(12)
    walk = step_through(loss)
    assert "layer by layer" in notice(walk)
    first = "layers.0⁽¹⁾(x1⁽¹⁾, x2⁽¹⁾) = 16 values, "
    assert any(text.startswith(first) for text in of("forward", walk))


def test_a_graph_without_modules_is_abridged_and_sums_up_the_rest() -> None:
    x, y = Value(1.0, "x"), Value(1.5, "y")
    for _ in range(2_000):
        y = y * x + 0.0
    walk = step_through(y)
    assert "The steps go through the 24 boxes nearest to L" in notice(walk)
    y.backward()
    rest = next(text for text in of("backward", walk) if "not drawn" in text)
    assert rest.endswith(f"= {number(x.grad)}.")
    assert (f"v{topological(y).index(x)}", "grad") in shown(walk)


def test_a_deep_graph_needs_no_recursion() -> None:
    y = Value(1.0, "x")
    for _ in range(30_000):
        y = y * 1.0001
    assert sys.getrecursionlimit() < 30_000
    assert len(step_through(y).steps) < 100


# ── training ─────────────────────────────────────────────────────────────────────────────────


def training(steps: int = 5, lr: float = 0.1) -> tuple[list[Value], list[float]]:
    """Losses recorded one after the other, with w updated in place, and what w was for each."""
    w, losses, weights = Value(0.5, "w", role="parameter"), [], []
    for _ in range(steps):
        loss = nn.half_squared_error(w * Value(2.0, "x") + 1.0, 3.0)
        loss.label = "L"
        w.zero_grad()
        loss.backward()
        losses.append(loss)
        weights.append(w.data)
        w.data -= lr * w.grad
    return losses, weights


def test_a_training_has_a_step_for_each_loss_with_the_numbers_of_its_time() -> None:
    losses, weights = training()
    walk = step_through(losses)
    assert [step.phase for step in walk.steps] == ["training"] * 5
    for k, w in enumerate(weights):
        seen = shown(walk, k)
        assert seen["v0", "data"] == number(w)
        assert seen["v0", "grad"].split("  ")[0] == number(-4 * (1 - w))
    assert walk.steps[0].text == "L = 0.5. Before the first update."
    assert walk.steps[1].text == (
        "L = 0.18, down from 0.5. w ← w − η · ∂L/∂w = 0.5 − 0.1 · (−2) = 0.7. "
        "After 1 update. The learning rate η is 0.1."
    )


def test_the_loss_curve_has_a_point_for_each_loss() -> None:
    html = step_through(training()[0]).html
    assert len(re.findall(r'<circle data-step="\d+"', html)) == 5
    assert 'aria-label="L after each update: from 0.5 to 0.008398"' in html
    assert '<svg class="curve"' not in step_through(line()).html


@pytest.mark.parametrize("how", ["momentum", "Adam", "zero_grad forgotten"])
def test_a_learning_rate_is_claimed_only_if_all_updates_agree_on_it(how: str) -> None:
    """Of a single parameter any one update may look like plain descent."""
    w = Value(0.5, "w", role="parameter")
    optimiser: Any = nn.SGD([w], lr=0.05, momentum=0.9 * (how == "momentum"))
    if how == "Adam":
        optimiser = nn.Adam([w], lr=0.1)
    losses = []
    for _ in range(4):
        losses.append(0.5 * (w * 2.0 - 3.0) ** 2)
        if how != "zero_grad forgotten":
            w.zero_grad()
        losses[-1].backward()
        optimiser.step()
    assert not [step for step in step_through(losses).steps if "η" in step.text]


def test_losses_between_which_nothing_moved_ask_for_the_step() -> None:
    w = Value(0.5, "w", role="parameter")
    (_, second) = step_through([w * 2.0, w * 2.0]).steps
    assert "Was backward() called" in second.text


def test_losses_between_which_no_gradient_moved_anything_say_so() -> None:
    w = Value(0.5, "w", role="parameter")
    (_, second) = step_through([(w - 2.0).relu(), (w - 2.0).relu()]).steps
    assert second.text.endswith("Nothing has moved, because all gradients were 0.")


def test_updates_that_are_no_plain_descent_claim_no_learning_rate() -> None:
    losses = []
    w, b = Value(0.5, "w", role="parameter"), Value(0.0, "b", role="parameter")
    optimiser = nn.Adam([w, b], lr=0.1)
    for _ in range(3):
        losses.append((w * 2.0 + b - 3.0) ** 2)
        optimiser.zero_grad()
        losses[-1].backward()
        optimiser.step()
    said = texts(losses)[1]
    assert "w: 0.5 → 0.6" in said and "η" not in said


def test_a_training_of_a_network_shows_biases_of_their_time() -> None:
    model = words.WordClassifier(("cat", "dog"), (1.0, 0.0), learn_words=True)
    optimiser = nn.SGD(model.parameters(), lr=0.1)
    losses, biases = [], []
    for _ in range(4):
        loss, _ = words._look_at_word(model, 1, 1, "dog")
        losses.append(loss)
        biases.append(model.scores.neurons[0].b.data)
        optimiser.step()
    walk = step_through(losses)
    place = order_as_written(losses[0]).index(model.scores.neurons[0].b)
    assert [shown(walk, k)[f"v{place}", "data"] for k in range(4)] == [number(b) for b in biases]


def test_constants_that_change_between_losses_change_in_the_picture() -> None:
    losses = [(Value(2.0, "w") * x) for x in (1.0, 3.0)]
    assert [shown(step_through(losses), k)["v1_c0", "constant"] for k in (0, 1)] == ["1", "3"]


def test_a_long_training_is_thinned_out_and_says_so() -> None:
    losses, _ = training(3_000, lr=0.0001)
    walk = step_through(losses)
    assert len(walk.steps) < 3_000
    assert f"It shows {len(walk.steps):,} of 3,000 losses" in notice(walk)
    assert walk.steps[-1].text.startswith(f"L = {number(losses[-1].data)}")
    assert len(walk.html) < 2_500_000


def test_losses_that_are_not_finite_leave_a_gap() -> None:
    losses = [Value(x, "w") * 1.0 for x in (1.0, math.inf, math.nan, 0.5)]
    html = step_through(losses).html
    assert len(re.findall(r'<circle data-step="\d+"', html)) == 2
    assert "NaN" not in html


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (lambda w: (w * 2.0).relu(), "loss 0 has 2 values in its graph, loss 1 has 3"),
        (lambda w: w + 2.0, r"value 1 .*is made by '\*' in loss 0 and made by '\+' in loss 1"),
        (lambda w: 2.0 * w, "has different operands in loss 0 and loss 1"),
        (lambda w: w * w, "has different operands in loss 0 and loss 1"),
    ],
)
def test_losses_of_different_shapes_are_refused(other: Callable[[Value], Value], said: str) -> None:
    w = Value(0.5, "w")
    first = w * 2.0
    first.label = "L"
    with pytest.raises(ValueError, match=said) as raised:
        step_through([first, other(w)])
    assert "whose graphs have the same shape" in str(raised.value)


# ── the page ─────────────────────────────────────────────────────────────────────────────────


def drawn_by(name: str, monkeypatch: pytest.MonkeyPatch) -> list[Value]:
    """Every graph that a worked example draws."""
    roots: list[Value] = []

    def draw(root: Any, **options: Any) -> Any:
        roots.extend(root if isinstance(root, list) else [root])

    for module in (example, words, more_data):
        monkeypatch.setattr(module, "draw", draw)
    monkeypatch.setattr(more_data, "SEEDS", 1)
    monkeypatch.setattr(more_data, "SIZES", (1, 64))
    examples.build(name)
    return roots


@pytest.mark.parametrize("name", NAMES)
def test_every_worked_example_makes_pages_of_less_than_a_megabyte(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    roots = drawn_by(name, monkeypatch)
    assert roots
    for root in roots[:3]:
        walk = step_through(root)
        assert len(walk.html.encode()) < 1_000_000
        for i, v in enumerate(order_as_written(root)):
            assert shown(walk)[f"v{i}", "data"] == number(Recording(root).data[v])
    if name in ("iterative-improvement", "learn-cat", "learn-from-a-mistake"):
        assert len(step_through(roots).html.encode()) < 1_000_000


class Parser(HTMLParser):
    """Counts elements, and what they refer to."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: dict[str, int] = defaultdict(int)
        self.references: list[str] = []
        self.handlers: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        for name, value in attrs:
            if name in ("src", "href", "xlink:href", "action", "data"):
                self.references.append(value or "")
            if name.startswith("on"):
                self.handlers.append(name)


def parsed(html: str) -> Parser:
    parser = Parser()
    parser.feed(html)
    return parser


def test_the_page_needs_nothing_from_elsewhere() -> None:
    for walk in (step_through(line()), step_through(training()[0])):
        assert parsed(walk.html).references == ["#controls"]
        assert not re.search(r"https?:|@import|url\(|fetch\(|XMLHttp", walk.html)


@pytest.mark.parametrize("label", HARD.values(), ids=HARD)
def test_a_label_is_text_wherever_it_stands(label: str) -> None:
    def loss(label: str) -> Value:
        y = Value(2.0, label, role=label) * Value(3.0, "w") + 1.0
        y.label = label
        return y

    walk, plain = step_through(loss(label), title=label), step_through(loss("x"), title="x")
    html, plain_html = (
        re.sub(r'<svg [^>]* hidden="" .*?</svg>', "", w.html, flags=re.S) for w in (walk, plain)
    )
    assert parsed(html).tags == parsed(plain_html).tags  # wide labels need other drawings besides
    assert not parsed(walk.html).handlers
    assert len(html) < len(plain_html) + 40 * 200
    assert len(plan(walk)["steps"]) == len(plan(plain)["steps"])
    walk.html.encode()  # no half of a surrogate pair
    assert not re.search("[\u202a-\u202e\u2066-\u2069]", walk.html.partition("<body")[2])


def test_names_of_values_without_a_label_do_not_collide_with_labels() -> None:
    a = Value(1.0, "v₁")
    assert texts(a * 2 + Value(1.0, "L"))[2] == "v₂ = v₁ · 2 = 1 · 2 = 2"


def test_in_jupyter_the_page_stands_in_a_frame_of_its_own() -> None:
    walk = step_through(line())
    html = walk._repr_html_()
    found = re.fullmatch(
        r'<div data-page="([^"]*)"><div>(.*)</div><iframe title="Step through L" ([^>]*)></iframe>'
        "</div>",
        html,
    )
    assert found
    assert unescape(found[1]) == walk.html
    assert 'sandbox="allow-scripts"' in found[3] and 'height="680"' in found[3]
    # What is left where frames are not trusted, and taken out.
    assert found[2].startswith("Step through L: run this cell")
    assert "\n" not in html  # a blank line would end the HTML within Markdown


def test_links_stand_above_the_headline_and_are_escaped() -> None:
    assert "<nav" not in step_through(line()).html
    html = step_through(line(), links=[("Back", "index.html#a"), ("<b>&\x07", 'x"y')]).html
    row, _, rest = html.partition("<nav ")[2].partition("</nav>")
    assert '<a href="index.html#a">Back</a>' in row
    assert '<a href="x&quot;y">&lt;b&gt;&amp;[U+0007]</a>' in row
    assert "<h1>" in rest


def test_the_keyboard_visits_each_box_after_those_it_gets_input_from() -> None:
    x = Value(2.0, "x", role="input")
    loss = (nn.MLP(1, [2, 1], seed=0)(x) - 1.0) ** 2
    unfolded = re.findall(r'<svg [^>]*data-level="0".*?</svg>', step_through(loss).html, re.DOTALL)
    visited = re.findall(r'<g class="box [^"]*" data-node="(\w+)"', "".join(unfolded))
    names = {v: f"v{i}" for i, v in enumerate(topological(loss))}
    count = len(names)
    for boxes in (visited[i : i + count] for i in range(0, len(visited), count)):
        assert sorted(boxes) == sorted(names.values())
        for v, name in names.items():
            operands = [names[p] for p in v.operands if isinstance(p, Value)]
            assert all(boxes.index(operand) < boxes.index(name) for operand in operands)


def test_without_a_script_the_picture_shows_the_last_step() -> None:
    assert re.search(r'<tspan data-t="v0 grad">−2  ▼</tspan>', step_through(line()).html)


# ── saving ───────────────────────────────────────────────────────────────────────────────────


def test_save_writes_the_page_and_returns_the_path(tmp_path: Path) -> None:
    walk = step_through(line())
    path = walk.save(tmp_path / "loss.html")
    assert path == tmp_path / "loss.html"
    assert path.read_bytes().decode("utf-8") == walk.html
    assert walk.save(str(path)) == path
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(sys.platform == "win32", reason="permissions are those of POSIX")
def test_a_file_keeps_its_permissions(tmp_path: Path) -> None:
    path = tmp_path / "loss.html"
    path.write_text("old")
    path.chmod(0o640)
    step_through(line()).save(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_failed_save_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "loss.html"
    path.write_text("old")
    walk = step_through(line())
    walk.html += "\ud800"  # cannot be encoded
    with pytest.raises(UnicodeEncodeError):
        walk.save(path)
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", ["loss", "loss.svg", "loss.html.gz"])
def test_another_ending_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"that ends in \.html, got .*; save the page as loss"):
        step_through(line()).save(tmp_path / name)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="cannot write the page: No such file") as raised:
        step_through(line()).save(tmp_path / "none" / "loss.html")
    assert raised.value.filename == str(tmp_path / "none" / "loss.html")


# ── errors ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("given", "error", "said"),
    [
        (1.5, TypeError, "expected a Value, such as a loss, or a list of losses, got float: 1.5"),
        (None, TypeError, "got NoneType"),
        ("loss", TypeError, "got str: 'loss'"),
        ([], ValueError, "at least one loss to step through, got an empty list"),
        (
            [Value(1.0), 2.0],
            TypeError,
            "got float for loss 1: 2.0. Keep the losses themselves, not their .data.",
        ),
        ([[Value(1.0)]], TypeError, "got list for loss 0"),
    ],
)
def test_what_is_no_loss_is_refused(given: Any, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=re.escape(said)):
        step_through(given)


def test_bad_options_are_refused() -> None:
    for digits in (0, 18, 2.5, True, "4"):
        with pytest.raises(
            ValueError, match="expected digits to be a whole number from 1 to 17, got"
        ):
            step_through(Value(1.0), digits=digits)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="expected title to be a str, got int"):
        step_through(Value(1.0), title=3)  # type: ignore[arg-type]


def test_contributions_come_in_the_engines_order() -> None:
    loss = line()
    gradients = {loss: 1.0}
    expected = []
    for v in reversed(interior(loss)):
        for operand, amount in contributions(v, gradients[v]):
            gradients[operand] = gradients.get(operand, 0.0) + amount
            expected.append((v, operand, amount, gradients[operand]))
    found = [(c.source, c.operand, c.amount, c.total) for c in Recording(loss).backward()]
    assert found == expected


def test_of_very_many_losses_as_many_as_fit_are_shown_evenly_chosen() -> None:
    most = ENTRIES // (3 * 10)
    assert choose_losses(most, 10) == list(range(most))
    shown = choose_losses(4 * most - 3, 10)
    assert shown == [4 * k for k in range(most)]
    assert choose_losses(5, 10**9) == [0, 4]


@pytest.mark.parametrize(
    ("losses", "words"),
    [([2.0, 1.0], "down from 2"), ([1.0, 2.0], "up from 1"), ([1.0, math.nan], "after 1")],
)
def test_a_training_tells_whether_the_loss_fell(losses: list[float], words: str) -> None:
    recorded = [Value(x) * 1.0 for x in losses]
    assert f"= {losses[1]:g}, {words}." in texts(recorded)[1]


def test_what_differs_between_two_losses_is_named_with_its_place() -> None:
    x = Value(1.0)
    with pytest.raises(
        ValueError, match=r"value 1 is a leaf in loss 0 and made by 'exp' in loss 1"
    ):
        step_through([x + Value(2.0), x + x.exp()])


@pytest.mark.parametrize(
    ("name", "position", "inputs", "words"),
    [
        ("relu", 0, [1.0], "1, since a > 0"),
        ("relu", 0, [0.0], "0, since a ≤ 0"),
        ("relu", 0, [math.nan], ""),
        ("leaky_relu", 0, [1.0, 0.1], "1, since a > 0"),
        ("leaky_relu", 0, [0.0, 0.1], "b, since a ≤ 0"),
        ("leaky_relu", 0, [math.nan, 0.1], ""),
        ("leaky_relu", 1, [1.0, 0.1], "min(a, 0)"),
        ("maximum", 0, [2.0, 1.0], "1, since a > b"),
        ("maximum", 1, [2.0, 1.0], "0, since b &lt; a"),
        ("minimum", 0, [2.0, 1.0], "0, since a > b"),
        ("minimum", 1, [2.0, 1.0], "1, since b &lt; a"),
        ("maximum", 1, [1.0, 1.0], "½, since both are equal"),
        ("maximum", 0, [math.nan, 1.0], ""),
        ("minimum", 0, [1.0, math.nan], ""),
        ("elu", 0, [2.0, 0.5], "1, since a > 0"),
        ("elu", 0, [0.0, 0.5], "b · exp(a), since a ≤ 0"),
        ("elu", 1, [2.0, 0.5], "0, since a > 0"),
        ("elu", 1, [-2.0, 0.5], "exp(a) − 1, since a ≤ 0"),
        ("elu", 0, [math.nan, 0.5], ""),
        ("selu", 0, [2.0], "1.0507, since a > 0"),
        ("selu", 0, [-2.0], "1.7581 · exp(a), since a ≤ 0"),
        ("clamp_min", 0, [1.0, 1.0], "1, since a ≥ b"),
        ("clamp_min", 1, [1.0, 1.0], "0, since a ≥ b"),
        ("clamp_min", 0, [0.0, 1.0], "0, since a &lt; b"),
        ("clamp_max", 0, [1.0, 1.0], "1, since a ≤ b"),
        ("clamp_max", 1, [2.0, 1.0], "1, since a > b"),
        ("clamp_max", 0, [math.nan, 1.0], ""),
    ],
)
def test_which_piece_of_a_function_the_operands_are_on_is_said(
    name: str, position: int, inputs: list[float], words: str
) -> None:
    assert _piece(name, position, inputs, "a", "b") == words


def test_a_negative_number_is_in_brackets_where_its_sign_would_mislead() -> None:
    x, y = Value(-2.0, "x"), Value(-3.0, "y")
    for made, formula in (
        (x**2, "L = x² = (−2)² = 4"),
        (x + y, "L = x + y = −2 + (−3) = −5"),
        (y - x, "L = y − x = −3 − (−2) = −1"),
        (-x, "L = −x = −(−2) = 2"),
    ):
        assert formula in texts(made)


def test_the_plan_of_a_page_is_compact() -> None:
    html = step_through(line()).html
    assert '"plan">{"steps":[{"p":"' in html
