"""What is drawn: one box per value, one circle per operation, and signs that survive grey print."""

from __future__ import annotations

import itertools
import math
import os
import random
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from autograd import Value, equal, greater, no_grad, pick, softmax, total, where
from autograd.graph import topological
from autograd.ops import CHOICES, OPERATIONS
from nn import MLP, Embedding, Layer, Module, Neuron, cross_entropy
from viz import draw
from viz.pictures.palette import KINDS, PAPER

from .reading import Seen, seen

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).parents[2]


def line() -> Value:
    """``L = ½(w·x + b − y_true)²`` at the second worked example, with gradients."""
    w, x = Value(0.5, "w", role="parameter"), Value(2.0, "x", role="input")
    b, y_true = Value(1.0, "b", role="parameter"), Value(3.0, "y_true", role="target")
    y_pred = w * x + b
    y_pred.label = "y_pred"
    loss = 0.5 * (y_pred - y_true) ** 2
    loss.label = "L"
    loss.backward()
    return loss


def inputs(*numbers: float) -> list[Value]:
    return [Value(x, f"x{i}", role="input") for i, x in enumerate(numbers, start=1)]


def trained(y: Value | Sequence[Value]) -> Value:
    """A loss on what a model returned, with gradients."""
    loss = total((v - 1.0) ** 2 for v in ([y] if isinstance(y, Value) else y))
    loss.label = "L"
    loss.backward()
    return loss


# ── boxes and circles ────────────────────────────────────────────────────────────────────────


def test_there_is_one_box_per_value_and_one_circle_per_operation() -> None:
    loss = line()
    order = topological(loss)
    found = seen(draw(loss))
    assert len(found.boxes) == len(order)
    assert len(found.circles) == sum(v.operation is not None for v in order)
    assert {c.shape for c in found.circles} == {"ellipse"}


def test_a_box_says_label_data_and_grad() -> None:
    w = seen(draw(line())).box("w")
    assert (w.heading, w.data) == ("w · parameter", "0.5")
    assert w.grad.startswith("−2 ")


def test_the_name_is_bold_and_the_word_is_not() -> None:
    found = seen(draw(line()))
    assert found.box("w").bold == ["w"]
    assert found.box("y_pred").bold == ["y_pred"]


def test_a_value_without_a_label_is_data_and_grad_alone() -> None:
    x = Value(2.0)
    product = seen(draw((x * 3.0) * 1.0)).nodes["v1"]
    assert (product.heading, product.data, product.grad) == ("", "6", "0")


def test_constants_are_small_and_grey_and_no_boxes() -> None:
    found = seen(draw(Value(2.0, "x") * 3.0 + 4.0))
    constants = found.of("constant")
    assert sorted(c.lines[0] for c in constants) == ["3", "4"]
    assert all(c.shape == "" for c in constants)
    assert max(c.font_size for c in constants) < found.box("x").font_size


def test_a_constant_asked_for_as_a_value_is_a_box_that_says_so() -> None:
    product = Value(2.0) * 3.0
    (found,) = seen(draw(product.parents[1])).boxes
    assert (found.heading, found.data) == ("constant", "3")


@pytest.mark.parametrize("row", OPERATIONS + CHOICES, ids=lambda row: row.name)
def test_every_operation_of_the_table_has_a_circle_with_its_sign(row: Any) -> None:
    operands = [Value(0.5, name) for name in "abc"[: row.arity or 2]]
    (circle,) = seen(draw(row(*operands), derivatives=True)).circles
    assert circle.lines[0]
    assert " = " in circle.tooltip


@pytest.mark.parametrize(
    ("y", "formula"),
    [
        (Value(0.5) * Value(2.0), "0.5 × 2 = 1"),
        (Value(-1.0) ** 2, "(−1) ^ 2 = 1"),
        (Value(1.0) - Value(-3.0), "1 − (−3) = 4"),
        (Value(-1.0).relu(), "relu(−1) = 0"),
    ],
)
def test_a_circle_tells_its_operation_in_numbers(y: Value, formula: str) -> None:
    assert [c.tooltip for c in seen(draw(y)).circles] == [formula]


# ── kinds ────────────────────────────────────────────────────────────────────────────────────


def every_kind() -> Seen:
    loss = line()
    free = Value(1.0, "free")
    return seen(draw([loss, loss.parents[0] * free]))


def test_a_parameter_says_so_in_words_and_has_a_heavy_border() -> None:
    found = seen(draw(line()))
    w, others = found.box("w"), [b for b in found.boxes if b.kind != "parameter"]
    assert w.heading.endswith("parameter")
    assert w.border_width > max(b.border_width for b in others)


@pytest.mark.parametrize("word", ["parameter", "input", "target", "loss", "output", "leaf"])
def test_each_kind_stands_in_its_boxes_as_a_word(word: str) -> None:
    boxes = every_kind().of(word)
    assert boxes
    assert all(b.heading == word or b.heading.endswith(f" · {word}") for b in boxes)


def test_the_loss_is_the_box_with_two_borders() -> None:
    found = seen(draw(line()))
    assert [b.heading for b in found.boxes if b.borders == 2] == ["L · loss"]


def test_inputs_have_round_corners_and_parameters_sharp_ones() -> None:
    found = seen(draw(line()))
    assert found.box("x").shape == "path"
    assert found.box("w").shape == "polygon"


def test_every_kind_differs_from_every_other_by_more_than_colour() -> None:
    marks = {
        kind: (look.word, look.width, look.rings, look.rounded) for kind, look in KINDS.items()
    }
    for a, b in itertools.combinations(marks, 2):
        assert marks[a] != marks[b], (a, b)


def lightness(colour: str) -> float:
    """L* of CIELAB, 0 for black and 100 for white: how light a colour prints in grey."""
    channels = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    y = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return 116 * y ** (1 / 3) - 16 if y > 0.008856 else 903.3 * y


@pytest.mark.parametrize(
    ("a", "b"),
    [("parameter", "input"), ("parameter", "leaf"), ("loss", "interior"), ("loss", "target"),
     ("loss", "output"), ("parameter", "interior")],
)  # fmt: skip
def test_tints_of_neighbours_differ_in_grey(a: str, b: str) -> None:
    assert abs(lightness(KINDS[a].tint) - lightness(KINDS[b].tint)) > 4


def test_text_on_every_tint_is_readable() -> None:
    for look in KINDS.values():
        assert lightness(look.tint) > 60
        assert lightness(look.border) < 60
    assert lightness(PAPER) == pytest.approx(100, abs=0.1)


def test_a_role_of_ones_own_is_the_word_in_the_box() -> None:
    found = seen(draw(Value(0.1, "η", role="learning rate") * 2.0))
    assert found.box("η").heading == "η · learning rate"
    assert found.box("η").kind == "leaf"


@pytest.mark.parametrize("role", ["group", "interior", "loss", "output", "operation"])
def test_a_role_that_names_another_kind_of_box_makes_no_other_kind(role: str) -> None:
    found = seen(draw(Value(1.0, "a", role=role) * 2.0))
    assert (found.box("a").kind, found.box("a").borders) == ("leaf", 1)


def test_what_a_model_was_called_with_is_an_input_without_being_told() -> None:
    x = Value(1.0, "x")
    assert seen(draw(MLP(1, [1])([x]))).box("x").heading == "x · input"


# ── gradients ────────────────────────────────────────────────────────────────────────────────


def test_an_arrow_is_the_sign_of_the_gradient() -> None:
    found = seen(draw(line()))
    assert found.box("w").grad == "−2  ▼■■■■■"  # negative: the loss falls when w rises
    assert found.box("y_true").grad == "1  ▲■■□□□"


def test_a_way_to_move_is_shown_only_where_parameters_lower_a_loss() -> None:
    (says, *_) = seen(draw(line())).below
    assert says.endswith("to lower L, move a parameter the other way")
    x = Value(2.0, "x", role="parameter")
    for y in (x.relu(), x * 3.0):
        y.backward()
        (says, *_) = seen(draw(y)).below
        assert says == "▲ the result rises when this value rises"
    loss = Value(2.0, "x", role="input") * 3.0
    loss.label = "loss"
    loss.backward()
    assert "to lower" not in " ".join(seen(draw(loss)).below)


def test_the_key_names_the_one_result_that_sent_gradients_back() -> None:
    x = Value(2.0, "x")
    y, z = x * 3.0, x.exp()
    y.label, z.label = "y", "z"
    z.backward()
    assert seen(draw([y, z])).below[0].startswith("▲ z rises")
    y.backward()
    assert seen(draw([y, z])).below[0].startswith("▲ the result rises")


def test_squares_measure_by_the_leaves_and_the_key_says_what_all_five_mean() -> None:
    w = Value(0.5, "w", role="parameter")
    y = (w * 2.0) * 8.0  # the gradient of w is 16, that of the product 8
    y.backward()
    found = seen(draw(y))
    assert found.box("w").grad == "16  ▲■■■■■"
    assert "■■■■■ and the thickest lines: a gradient of 16 or more" in found.below
    assert [b.grad for b in found.of("interior")] == ["8  ▲■■□□□"]
    steep = (w * 0.25) * 8.0
    w.zero_grad()
    steep.backward()
    found = seen(draw(steep))
    assert found.box("w").grad == "2  ▲■■■■■"
    assert [b.grad for b in found.of("interior")] == ["8  ▲■■■■■"]  # or more


def test_where_the_leaves_have_no_gradient_nothing_else_stands_out() -> None:
    w = Value(2.0, "w", role="parameter")
    loss = (w - 2.0) ** 2 * 0.5
    loss.label = "L"
    loss.backward()
    found = seen(draw(loss))
    assert sorted(b.grad for b in found.of("interior")) == ["0", "0.5  ▲"]
    assert found.below == ["▲ L rises when this value rises"]
    assert {e.width for e in found.edges} == {1.0}


def test_squares_tell_the_size_of_the_gradient_beside_the_largest() -> None:
    found = seen(draw(line()))
    filled = {name: found.box(name).grad.count("■") for name in ("w", "b", "x")}
    assert filled["w"] == 5 > filled["b"] > filled["x"] >= 1
    assert all(found.box(n).grad.count("■") + found.box(n).grad.count("□") == 5 for n in filled)


def test_a_gradient_of_zero_has_no_arrow() -> None:
    x = Value(-1.0, "x", role="input")
    y = x.relu() + Value(1.0, "b")
    y.backward()
    assert seen(draw(y)).box("x").grad == "0"


def test_the_results_own_gradient_is_one_and_has_no_marks() -> None:
    assert seen(draw(line())).box("L").grad == "1"


def test_before_backward_there_are_no_arrows_and_no_key() -> None:
    found = seen(draw(Value(2.0, "x") * 3.0))
    assert found.box("x").grad == "0"
    assert found.below == []


def test_a_rest_of_rounding_is_not_shown_as_a_direction() -> None:
    x, w = Value(1.0, "x"), Value(1.0, "w")
    y = x * w
    y.backward()
    x.grad = 1e-17
    assert seen(draw(y)).box("x").grad == "≈ 0"


def test_lines_are_as_wide_as_the_gradient_is_large() -> None:
    found = seen(draw(line()))
    width = {e.tail: e.width for e in found.edges}
    w, b, x = (width[found.box(name).name] for name in ("w", "b", "x"))
    assert w > b > x > 1


def test_a_line_that_no_gradient_comes_back_along_is_thin() -> None:
    a = Value(-1.0, "a")
    flat, steep = a.relu(), a * 3.0
    flat.label, steep.label = "flat", "steep"
    y = flat + steep
    y.backward()
    found = seen(draw(y))
    ((thin,), (thick,)) = (
        found.lines_between(found.box("a"), found.box(name)) for name in ("flat", "steep")
    )
    assert thin.width == 1 < thick.width


def test_a_box_of_one_neuron_passes_its_gradient_on_in_the_width_of_its_line() -> None:
    y = Neuron(1, "linear")(inputs(2.0))
    found = seen(draw(trained(y), detail="neuron"))
    (group,) = found.of("group")
    assert next(e.width for e in found.edges if e.tail == group.name) > 1


@pytest.mark.parametrize("strange", [math.nan, math.inf, -math.inf])
def test_a_gradient_or_data_that_is_no_number_is_drawn_as_what_it_is(strange: float) -> None:
    a, b = Value(strange, "a"), Value(1.0, "b")
    y = a * b
    y.backward()
    y.parents[1].grad = strange
    a.grad = 0.5
    found = seen(draw(y))
    written = {"nan": "nan", "inf": "∞", "-inf": "−∞"}[str(strange)]
    assert (found.box("a").data, found.box("b").grad) == (written, written)
    assert found.box("a").grad == "0.5"  # the result is no number, so nothing makes it rise


def test_the_key_names_the_root() -> None:
    (key, _) = seen(draw(line())).below
    assert key.startswith("▲ L rises when this value rises")
    assert seen(draw(line(), legend=False)).below == []


def test_a_maximum_subtracted_for_safety_is_drawn_as_that() -> None:
    scores = [Value(float(k), f"x{k}", role="input") for k in (1, 2, 3)]
    p = softmax(scores)[2]
    p.backward()
    drawn = draw(p, derivatives=True)
    found = seen(drawn)
    (circle,) = (c for c in found.circles if c.lines == ["max"])
    box = found.nodes[circle.name.removesuffix("_op")]
    assert box.lines == ["data  3", "grad  none: only subtracted for safety"]
    into = [e for e in found.edges if e.head == circle.name]
    assert [(e.label, e.width) for e in into] == [("", 1.0)] * 3
    dashed = re.findall(r"\t(v\d+) -> (v\d+_op) \[.*?style=dashed", drawn.source)
    assert sorted(dashed) == sorted((e.tail, e.head) for e in into)


def test_a_tooltip_tells_values_of_one_name_apart() -> None:
    y = MLP(1, [2, 1], seed=0)([Value(1.0, "x")])
    found = seen(draw(y, detail="scalar"))
    tooltips = [
        box.tooltip.partition(" (")[0] for box in found.boxes if box.heading.startswith("w1 ")
    ]
    assert sorted(tooltips) == [
        "w1 in layers.0.neurons.0", "w1 in layers.0.neurons.1", "w1 in layers.1.neurons.0",
    ]  # fmt: skip


# ── derivatives and operands ─────────────────────────────────────────────────────────────────


def test_local_derivatives_stand_on_the_lines_when_asked_for() -> None:
    found = seen(draw(line(), derivatives=True))
    written = {e.tail: e.label for e in found.edges}
    assert written[found.box("w").name] == "∂ 2"
    assert written[found.box("x").name] == "∂ 0.5"
    assert written[found.box("y_pred").name] == "a: ∂ 1"
    assert written[found.box("y_true").name] == "b: ∂ −1"
    assert "∂: the local derivative" in found.below[-1]
    assert not any("∂" in e.label for e in seen(draw(line())).edges)


@pytest.mark.parametrize("row", [r for r in OPERATIONS if r.arity != 1], ids=lambda row: row.name)
def test_operands_that_cannot_change_places_are_told_apart(row: Any) -> None:
    a, b = Value(2.0, "a"), Value(3.0, "b")
    found = seen(draw(row(a, b)))
    labels = [found.lines_between(found.box(n), found.boxes[-1])[0].label for n in "ab"]
    same = row.name in ("add", "mul", "maximum", "minimum", "hypot")
    assert labels == (["", ""] if same else ["a", "b"])


def test_the_operands_of_a_choice_are_named_as_in_its_formula() -> None:
    values = c, a, b = Value(1.0, "x"), Value(2.0, "y"), Value(3.0, "z")
    for y, names in (
        (where(c, a, b), ["c", "a", "b"]),
        (pick([a, b], c), ["index", "0", "1"]),
        (greater(a, b), ["", "a", "b"]),
        (equal(a, b), ["", "", ""]),
    ):
        found = seen(draw([y, c * 1.0]))
        circle = found.circles[0].name
        labels = {e.tail: e.label for e in found.edges if e.head == circle}
        assert [labels.get(found.box(v.label).name, "") for v in values] == names


def test_the_operands_of_a_difference_from_one_collapsed_layer_are_told_apart() -> None:
    one, other = Layer(1, 2)(inputs(1.0))
    found = seen(draw(one - other, detail="layer"))
    assert sorted(e.label for e in found.edges if e.tail.startswith("g")) == ["a", "b"]


def test_a_value_used_twice_by_one_operation_has_two_lines_to_it() -> None:
    x = Value(3.0, "x")
    found = seen(draw(x * x))
    assert len([e for e in found.edges if e.tail == found.box("x").name]) == 2


def test_a_value_used_a_thousand_times_by_one_operation_has_one_line_that_says_so() -> None:
    x = Value(3.0, "x")
    found = seen(draw(total([x] * 1000)))
    assert [e.label for e in found.edges if e.tail == found.box("x").name] == ["1,000 times"]


def test_of_many_constants_the_first_are_drawn_and_the_rest_counted() -> None:
    found = seen(draw(total([Value(1.0), *range(1000)])))
    written = [c.lines[0] for c in found.of("constant")]
    assert written == ["0", "1", "2", "3", "4", "5", "6", "… 993 more"]
    assert len([e for e in found.edges if e.tail.startswith("v1_c")]) == 8


# ── the graph is read and not changed ────────────────────────────────────────────────────────


def state(root: Value) -> list[tuple[Any, ...]]:
    return [
        (id(v), v.data, v.grad, v.label, v.role, v.made_by, v.operation, v.operands, v.inputs)
        for v in topological(root)
    ]


@pytest.mark.parametrize("detail", ["auto", "scalar", "neuron", "layer"])
def test_drawing_changes_nothing(detail: str) -> None:
    model = MLP(2, [3, 1], seed=1)
    loss = trained(model(inputs(1.0, -2.0)))
    before = state(loss)
    assert draw(loss, detail=detail, derivatives=True).svg
    assert state(loss) == before


_SCRIPT = """
from autograd import Value
from nn import MLP
from viz import draw
x = [Value(1.0, "x1", role="input"), Value(-2.0, "x2", role="input")]
y = MLP(2, [4, 4, 1], seed=1)(x)
loss = (y - 1.0) ** 2
loss.backward()
for detail in ("scalar", "neuron", "layer", "auto"):
    picture = draw(loss, detail=detail, derivatives=True)
    print(picture.source)
    print(picture.svg)
"""


@pytest.mark.slow
def test_the_same_code_gives_the_same_picture_byte_for_byte() -> None:
    def run(seed: str) -> bytes:
        return subprocess.run(
            [sys.executable, "-c", _SCRIPT],
            cwd=ROOT,
            env={
                **os.environ,
                "PYTHONHASHSEED": seed,
                "PYTHONPATH": str(ROOT),
                "PYTHONIOENCODING": "utf-8",
            },
            capture_output=True,
            check=True,
        ).stdout

    first = run("1")
    assert len(first) > 10_000
    assert run("2") == first


def test_a_picture_drawn_again_after_others_is_the_same_byte_for_byte() -> None:
    loss = line()
    first = draw(loss).svg
    assert draw(Value(1.0, "a") * 2.0).svg != first
    assert draw(loss).svg == first


# ── modules ──────────────────────────────────────────────────────────────────────────────────


def network() -> Value:
    return trained(MLP(2, [3, 1], seed=1)(inputs(1.0, -2.0)))


def test_module_calls_are_frames_titled_with_their_paths() -> None:
    found = seen(draw(network(), detail="scalar"))
    assert {c.title for c in found.clusters} == {
        "MLP", "layers.0", "layers.1", "layers.1.neurons.0",
        *(f"layers.0.neurons.{i}" for i in range(3)),
    }  # fmt: skip
    assert len(found.inside("layers.0.neurons.1")) == 3 + 4  # w1 w2 b, two products, sum, relu
    assert not any(b.heading == "x1 · input" for b in found.inside("MLP"))


def test_at_neuron_detail_there_is_one_box_per_neuron_and_no_parameter() -> None:
    found = seen(draw(network(), detail="neuron"))
    paths = [f"layers.0.neurons.{i} · Neuron" for i in range(3)] + ["layers.1.neurons.0 · Neuron"]
    assert sorted(b.heading for b in found.of("group")) == paths
    assert not found.of("parameter")
    assert {c.title for c in found.clusters} == {"MLP", "layers.0", "layers.1"}
    assert any(note.startswith("drawn by neuron: ") for note in found.below)


def test_neurons_are_joined_as_in_the_network() -> None:
    found = seen(draw(network(), detail="neuron"))
    last = found.box("layers.1.neurons.0")
    for i in range(3):
        hidden = found.box(f"layers.0.neurons.{i}")
        assert len(found.lines_between(hidden, last)) == 1
        assert not found.lines_between(last, hidden)
        for x in ("x1", "x2"):
            assert len(found.lines_between(found.box(x), hidden)) == 1
            assert not found.lines_between(found.box(x), last)


def test_at_layer_detail_there_is_one_box_per_layer() -> None:
    found = seen(draw(network(), detail="layer"))
    assert sorted(b.heading for b in found.of("group")) == ["layers.0 · Layer", "layers.1 · Layer"]
    assert len(found.lines_between(found.box("layers.0"), found.box("layers.1"))) == 1
    assert [c.title for c in found.clusters] == ["MLP"]


def test_a_collapsed_neuron_tells_its_result_its_gradient_and_its_parameters() -> None:
    neuron = Neuron(2, "linear", seed=1)
    y = neuron(inputs(1.0, -2.0))
    trained(y)
    (box,) = seen(draw(y * 1.0, detail="neuron", digits=3)).of("group")
    assert box.data == f"{y.data:.3g}".replace("-", "−")
    assert box.grad.split()[0] == f"{y.grad:.3g}".replace("-", "−")
    assert box.lines[3].startswith("3 parameters, steepest")


def test_a_collapsed_layer_gives_the_range_of_its_results() -> None:
    layer = Layer(1, 5, seed=1)
    found = seen(draw(trained(layer(inputs(1.0))), detail="layer"))
    (box,) = found.of("group")
    assert box.heading == "Layer"
    assert box.data.startswith("5 values, ")
    assert box.lines[3].startswith("10 parameters")


@pytest.mark.parametrize("detail", ["neuron", "layer"])
def test_a_neuron_alone_is_one_box(detail: str) -> None:
    found = seen(draw(trained(Neuron(2)(inputs(1.0, 2.0))), detail=detail))
    assert [b.heading for b in found.of("group")] == ["Neuron"]


@pytest.mark.parametrize("detail", ["scalar", "neuron", "layer"])
def test_a_model_called_on_two_rows_is_drawn_twice(detail: str) -> None:
    model = MLP(2, [2, 1], seed=1)
    loss = trained([model(inputs(1.0, 2.0)), model(inputs(3.0, 4.0))])
    found = seen(draw(loss, detail=detail))
    assert [c.title for c in found.clusters].count("MLP") == 2
    assert len(found.of("input")) == 4
    # Parameters that both calls use stand once, outside both.
    assert len(found.of("parameter")) == (len(model.parameters()) if detail == "scalar" else 0)


class Words(Module):
    """An embedding, a layer, and operations of its own after them."""

    def __init__(self) -> None:
        self.embedding, self.scores = Embedding(["cat", "dog"], 2), Layer(2, 2, "linear")

    def forward(self, word: Any) -> list[Value]:
        return softmax(self.scores(self.embedding(word)))


def test_an_embedding_shows_the_row_that_was_picked() -> None:
    model = Words()
    loss = -model(0)[0].log()
    loss.backward()
    found = seen(draw(loss, detail="neuron"))
    row = [found.box(w.label) for w in model.embedding.rows[0]]
    assert all(box.kind == "parameter" for box in row)
    neurons = found.of("group")
    assert all(found.lines_between(box, neuron) for box in row for neuron in neurons)


@pytest.mark.parametrize("detail", ["neuron", "layer"])
def test_an_embedding_that_mixes_rows_is_a_box_of_its_own(detail: str) -> None:
    loss = -Words()(inputs(0.25, 0.75))[0].log()
    loss.backward()
    found = seen(draw(loss, detail=detail))
    assert found.box("embedding · Embedding").lines[3].startswith("4 parameters")


def test_what_a_model_computes_between_its_parts_is_drawn_within_its_frame() -> None:
    loss = -Words()(inputs(0.25, 0.75))[0].log()
    found = seen(draw(loss, detail="layer"))
    assert {b.heading for b in found.inside("Words")} >= {"embedding · Embedding", "scores · Layer"}
    # softmax of two scores: the shift, two differences, two exponentials, a sum, a quotient
    assert len([b for b in found.inside("Words") if b.kind == "interior"]) == 7


class Detour(Module):
    """Its own operations come before and after those of its part."""

    def __init__(self) -> None:
        self.part = Neuron(1)

    def forward(self, x: Value) -> Any:
        return self.part([x * 2.0]) + x * 2.0


@pytest.mark.parametrize("detail", ["auto", "scalar", "neuron", "layer"])
def test_lines_never_run_in_a_circle(detail: str) -> None:
    class Twice(Module):
        def __init__(self) -> None:
            self.first, self.second = Detour(), Detour()

        def forward(self, x: Value) -> Any:
            return self.second(self.first(x) * 3.0)

    found = seen(draw(Twice()(Value(1.0, "x")), detail=detail))
    left = set(found.nodes)
    while left:  # a graph without a circle has, whatever is taken away, a node without input
        free = {n for n in left if not any(e.head == n and e.tail in left for e in found.edges)}
        assert free, "the lines run in a circle"
        left -= free


def test_modules_appended_to_a_list_later_have_their_paths() -> None:
    class Growing(Module):
        def __init__(self) -> None:
            self.parts: dict[str, list[Neuron]] = {"many": []}

        def forward(self, x: Value) -> list[Value]:
            return [part([x]) for part in self.parts["many"]]

    model = Growing()
    for _ in range(3):
        model.parts["many"].append(Neuron(1))
    found = seen(draw(model(Value(1.0, "x")), detail="neuron"))
    assert {b.heading for b in found.of("group")} == {f"parts.many.{i} · Neuron" for i in range(3)}


def test_a_module_that_returns_its_input_is_not_drawn() -> None:
    class Same(Module):
        def forward(self, x: Any) -> Any:
            return x

    found = seen(draw(Same()(Value(1.0, "x")) * 2.0, detail="neuron"))
    assert not found.clusters and not found.of("group")


def test_a_parameter_among_the_roots_is_drawn_at_every_detail() -> None:
    neuron = Neuron(1)
    loss = trained(neuron([1.0]))
    for detail in ("scalar", "neuron", "layer"):
        found = seen(draw([loss, neuron.w[0]], detail=detail))
        assert found.box("w1").heading == "w1 · parameter"


def test_a_hidden_value_among_the_roots_is_shown_by_its_box() -> None:
    y = Neuron(1, "linear")(inputs(1.0))
    found = seen(draw([y.parents[0], y * 2.0], detail="neuron"))
    (box,) = found.of("group")
    assert box.data.count(",") == 1  # the hidden value, and what the neuron returned


@pytest.mark.slow
def test_auto_draws_the_finest_detail_that_is_readable() -> None:
    small, middle = MLP(2, [2, 1]), MLP(2, [8, 8, 1])
    assert not seen(draw(small(inputs(1.0, 2.0)))).of("group")
    assert len(seen(draw(middle(inputs(1.0, 2.0)))).of("group")) == 17
    wide = MLP(2, [150, 150, 1])
    with no_grad():  # quick: only the shape counts below
        assert wide([1.0, 2.0]).operation is None
    assert len(seen(draw(wide(inputs(1.0, 2.0)))).of("group")) == 3


# ── large graphs ─────────────────────────────────────────────────────────────────────────────


def test_a_network_of_1400_nodes_is_drawn_whole() -> None:
    loss = trained(MLP(2, [16, 16, 1], seed=1)(inputs(1.0, -2.0)))
    order = topological(loss)
    operations = sum(v.operation is not None for v in order)
    assert len(order) + operations > 1000
    found = seen(draw(loss, detail="scalar"))
    assert (len(found.boxes), len(found.circles)) == (len(order), operations)
    assert not any("abridged" in note for note in found.below)


def abridged(root: Value, detail: str = "auto") -> Seen:
    found = seen(draw(root, detail=detail))
    size = len(topological(root))
    (note,) = [note for note in found.below if note.startswith("abridged")]
    assert f"{len(found.boxes):,} boxes nearest" in note
    assert f"{size - len(found.boxes):,} more are not drawn" in note
    assert len(found.boxes) <= 120
    assert found.of("more"), "an ellipsis where lines are cut"
    return found


def chain(n: int) -> Value:
    v = Value(1.0, "x")
    for _ in range(n):
        v = v * 1.5
    return v


@pytest.mark.parametrize("length", [2_000, 5_000])
def test_a_chain_is_abridged_by_hand_and_folded_otherwise(length: int) -> None:
    root = chain(length)
    root.label = "end"
    assert "end · output" in {b.heading for b in abridged(root, "scalar").boxes}
    folded = {b.heading for b in seen(draw(root)).boxes}
    assert folded == {"x · leaf", f"× {length - 1:,} steps", "end · output"}


@pytest.mark.slow
def test_a_chain_of_a_million_is_abridged() -> None:
    abridged(chain(1_000_000))


@pytest.mark.slow
def test_a_sum_of_a_million_is_abridged() -> None:
    abridged(total([Value(1.0) for _ in range(1_000_000)]))


def tangle(n: int) -> Value:
    rng = random.Random(0)
    values = [Value(rng.uniform(-1.0, 1.0)) for _ in range(100)]
    for _ in range(n):
        a, b = rng.choice(values[-5000:]), values[-rng.randint(1, 100)]
        values.append(rng.choice((a + b, a * b, a - b, a.tanh())))
    root = total(values[-100:])
    root.backward()
    return root


@pytest.mark.parametrize(("size", "detail"), [(200_000, "auto"), (2_000, "scalar")])
@pytest.mark.slow
def test_a_tangle_is_abridged(size: int, detail: str) -> None:
    abridged(tangle(size), detail)


def test_thousands_of_lines_between_few_boxes_are_abridged() -> None:
    leaves = [Value(1.0) for _ in range(80)]
    abridged(total([total(leaves) for _ in range(80)]), "scalar")


def test_a_shared_leaf_along_a_chain_is_abridged_before_the_layout_takes_minutes() -> None:
    x, state = Value(0.1, "x"), Value(0.0)
    for _ in range(400):
        state = (state + x).tanh()
    abridged(state, "scalar")


def test_a_box_for_each_neuron_of_many_rows_is_abridged() -> None:
    model = MLP(2, [16, 16, 1], seed=1)
    loss = trained([model(inputs(float(i), 1.0)) for i in range(80)])
    found = seen(draw(loss, detail="neuron"))
    assert any("abridged" in note for note in found.below)
    assert len(found.boxes) <= 120


def test_the_picture_of_a_sum_of_numbers_does_not_grow_with_them() -> None:
    assert len(draw(total([Value(1.0), *range(100_000)])).source) < 5_000


def test_a_loss_of_many_answers_is_drawn() -> None:
    scores = Layer(2, 10, "linear", seed=1)(inputs(1.0, 2.0))
    loss = cross_entropy(list(scores), 3)
    loss.backward()
    for detail in ("scalar", "neuron", "layer", "auto"):
        assert seen(draw(loss, detail=detail)).boxes


def test_plain_leaves_that_a_users_module_holds_are_its_parameters() -> None:
    class Line(Module):
        def __init__(self) -> None:
            self.slope, self.height = Value(2.0, "slope"), Value(1.0, "height")

        def forward(self, x: Value) -> Value:
            return self.slope * x + self.height

    y = Line()(Value(3.0, "x"))
    headings = {box.heading for box in seen(draw(y)).boxes}
    assert {"slope · parameter", "height · parameter", "x · input"} <= headings
    (_, group) = seen(draw(y, detail="neuron")).boxes
    assert "2 parameters, steepest  0" in group.lines


def test_a_recurrence_over_shared_parameters_is_drawn_whole() -> None:
    cell, h = Neuron(2, "tanh", seed=0), Value(0.0)
    for i in range(20):
        h = cell([h, Value(float(i))])
    assert "abridged" not in draw(h, detail="scalar").source


@pytest.mark.parametrize(
    ("detail", "direction"), [("scalar", "LR"), ("scalar", "TB"), ("neuron", "TB")]
)
def test_the_neurons_of_a_layer_are_drawn_in_their_order(detail: str, direction: str) -> None:
    model = MLP(2, [4, 1], seed=0)
    y = model([Value(1.0, "x1"), Value(2.0, "x2")])
    found = seen(draw(y, detail=detail, direction=direction))
    titles = [f"layers.0.neurons.{i}" for i in range(4)]
    frames = (
        [next(c.frame for c in found.clusters if c.title == title) for title in titles]
        if detail == "scalar"
        else [found.box(f"{title} · Neuron").frame for title in titles]
    )
    places = [frame.top if direction == "LR" else frame.left for frame in frames]
    assert places == sorted(places)


def test_an_operation_tells_up_to_eight_of_its_operands() -> None:
    for count, formula in (
        (8, "0 + 1 + 2 + 3 + 4 + 5 + 6 + 7 = 28"),
        (9, "0 + 1 + 2 + 3 + 4 + 5 + 6 + 7 + … = 36"),
    ):
        assert f'tooltip="{formula}"' in draw(total([Value(float(k)) for k in range(count)])).source


def test_the_gradient_of_the_result_has_as_many_digits_as_asked_for() -> None:
    y = Value(1.0 / 3.0) * 2.0
    y.grad = 1.0 / 3.0
    assert "data  0.67\\lgrad  0.33\\l" in draw(y, digits=2).source


def test_a_leaf_may_be_a_constant() -> None:
    assert "class=constant" in draw(Value(5.0, "five", role="constant") * 2.0).source
