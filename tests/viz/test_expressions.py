"""Expressions: where nothing finer fits, a result with a name is one box with its formula."""

from __future__ import annotations

import random
import re
from typing import TYPE_CHECKING

import pytest

import nn
from autograd import Value, dot
from viz import draw
from viz.pictures.expressions import write_formula
from viz.pictures.folds import Expression, Steps
from viz.pictures.plan import offer_plans

from .reading import seen

if TYPE_CHECKING:
    from collections.abc import Callable

    from viz import Picture

GATES = {"f": Value.sigmoid, "i": Value.sigmoid, "o": Value.sigmoid, "g": Value.tanh}


def long_short_term_memory(units: int = 1, steps: int = 1) -> Value:
    """The loss of a recurrent cell with gates, as one writes it with lists."""
    rng = random.Random(0)

    def weight(name: str) -> Value:
        return Value(rng.uniform(-1.0, 1.0), name, role="parameter")

    w = {
        gate: [[weight(f"W{gate}{i}{j}") for j in range(units)] for i in range(units)]
        for gate in GATES
    }
    u = {gate: [weight(f"U{gate}{i}") for i in range(units)] for gate in GATES}
    b = {gate: [weight(f"b{gate}{i}") for i in range(units)] for gate in GATES}
    h, c = ([Value(0.1, f"{name}{i}") for i in range(units)] for name in "hc")
    for t in range(steps):
        x = Value(0.5 + t, f"x{t}", role="input")
        gates: dict[str, list[Value]] = {}
        for gate, activation in GATES.items():
            gates[gate] = [
                activation(dot(w[gate][i], h) + u[gate][i] * x + b[gate][i]) for i in range(units)
            ]
            for i, v in enumerate(gates[gate]):
                v.label = f"{gate}{i}" if units > 1 else gate
        f, i_, o, g = gates.values()
        c = [f[k] * c[k] + i_[k] * g[k] for k in range(units)]
        h = [o[k] * c[k].tanh() for k in range(units)]
    loss = nn.mse_loss(h, [1.0] * units) if units > 1 else (h[0] - 1.0) ** 2
    loss.label = "L"
    loss.backward()
    return loss


def read_words(words: list[str]) -> Value:
    """The summed loss of a recurrent network that reads words of different lengths."""
    w, u, b = (Value(0.3, name, role="parameter") for name in "wub")
    losses = []
    for word in words:
        h = Value(0.0, "h0")
        for letter in word:
            h = (w * h + u * ((ord(letter) - 96) / 26) + b).tanh()
        losses.append((h - len(word) / 10) ** 2)
    first, second, third = losses
    loss = first + second + third
    loss.label = "L"
    loss.backward()
    return loss


def smallest(picture: Picture, width: float) -> float:
    """The size of the smallest text on a screen, in pixels."""
    scale = min(1.0, width / (picture.size[0] * 4 / 3))
    sizes = map(float, re.findall(r'font-size="([\d.]+)"', picture.svg))
    return scale * 4 / 3 * min(sizes)


def test_each_gate_of_a_cell_is_one_box_with_its_formula() -> None:
    found = seen(draw(long_short_term_memory()))
    lines = {box.heading: box.lines[1] for box in found.of("group")}
    assert lines["f"] == "=  sigmoid(Wf00·h0 + Uf0·x0 + bf0)"
    assert lines["g"] == "=  tanh(Wg00·h0 + Ug0·x0 + bg0)"
    assert set(lines) == {"f", "i", "o", "g"}
    (loss,) = found.of("loss")
    assert loss.lines[:2] == ["L · loss", "=  (o·tanh(f·c0 + i·g) − 1)²"]
    for gate in found.of("group"):
        assert found.lines_between(gate, loss)


def test_the_parameters_of_each_gate_share_a_box() -> None:
    found = seen(draw(long_short_term_memory()))
    headings = {box.heading for box in found.of("parameter")}
    assert headings == {f"W{g}00, U{g}0, b{g}0 · 3 parameters" for g in GATES}


@pytest.mark.parametrize("width", [390, 948])
@pytest.mark.parametrize(
    "make",
    [
        long_short_term_memory,
        lambda: long_short_term_memory(2),
        lambda: long_short_term_memory(1, 3),
        lambda: long_short_term_memory(1, 8),
        lambda: long_short_term_memory(2, 8),
        lambda: read_words(["cat", "elephan", "horse"]),
    ],
    ids=["cell", "2 units", "3 steps", "8 steps", "2 units, 8 steps", "words"],
)
def test_recurrent_cells_can_be_read_in_a_notebook_and_on_a_phone(
    make: Callable[[], Value], width: int
) -> None:
    picture = draw(make(), width=width)
    assert smallest(picture, width) >= 11.0
    assert seen(picture).of("parameter")


def test_the_steps_of_a_cell_with_gates_are_one_box_from_its_first_step_on() -> None:
    found = seen(draw(long_short_term_memory(1, 8)))
    box = found.box("× 7 steps")
    assert {line.split()[0] for line in box.lines[2:6]} == set(GATES)
    assert {box.heading for box in found.of("group")} == {"× 7 steps", "f", "i", "o", "g"}


def test_a_step_ends_where_little_is_handed_on() -> None:
    plans = offer_plans((long_short_term_memory(1, 8),))
    folds = [b for plan in plans for b in plan.collapsed if isinstance(b, Steps)]
    for copy in folds[-1].copies:
        labels = [box.results[0].label for box in copy if isinstance(box, Expression)]
        assert labels[:4] == ["o", "f", "i", "g"]


def test_expressions_are_folded_only_where_finer_pictures_do_not_fit() -> None:
    w = Value(0.5, "w", role="parameter")
    y = (w * 2.0 + 1.0).tanh()
    y.label = "y"
    assert not any("=" in line for box in seen(draw(y * 3.0)).boxes for line in box.lines)


def test_an_expression_opens_to_its_steps() -> None:
    picture = draw(long_short_term_memory())
    assert picture.viewer.count("Σ a·b + c") >= 4


def test_a_result_that_nobody_names_is_called_by_its_formula_or_its_steps() -> None:
    x, y = Value(0.5, "x"), Value(2.0, "y")
    v = x * y + 1.0
    assert write_formula(v, {v, *v.parents}) == "x·y + 1"
    assert write_formula(Value(1.0) * 2.0 * x, ()) == ""  # a factor has no name


@pytest.mark.parametrize(
    ("make", "formula"),
    [
        (lambda x, y: (x + y) * x, "(x + y)·x"),
        (lambda x, y: x - (y - x), "x − (y − x)"),
        (lambda x, y: x / (y * x), "x/(y·x)"),
        (lambda x, y: (x + y) ** 2, "(x + y)²"),
        (lambda x, y: -(x + y), "−(x + y)"),
        (lambda x, y: x * -3.0 + y, "x·(−3) + y"),
        (lambda x, y: x.tanh().maximum(y), "max(tanh(x), y)"),
        (lambda x, y: 0.0 + x * y, "x·y"),
        (lambda x, y: (x * y) ** 0.5, "(x·y) ^ 0.5"),
    ],
)
def test_formulas_are_written_as_in_a_textbook(
    make: Callable[[Value, Value], Value], formula: str
) -> None:
    x, y = Value(0.5, "x"), Value(2.0, "y")
    v = make(x, y)
    within: set[Value] = set()
    stack = [v]
    while stack:
        p = stack.pop()
        if p.parents:
            within.add(p)
            stack += p.parents
    assert write_formula(v, within) == formula


def test_a_formula_that_is_too_long_is_not_written() -> None:
    x = Value(0.5, "a number with a name")
    v = x * x + x
    assert write_formula(v, {v, *v.parents} - {x}) == ""
    deep = [x]
    for _ in range(5_000):
        deep.append(-deep[-1])
    assert write_formula(deep[-1], set(deep[1:])) == ""
