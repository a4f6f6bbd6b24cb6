"""Folds: what repeats, functions of several operations, and the parameters beside them."""

from __future__ import annotations

import contextlib
import gc
import importlib
import random
import time
from typing import TYPE_CHECKING, Any

import pytest

import nn
from autograd import Value, dot, log_softmax, logsumexp, mean, softmax, total
from autograd.graph import topological
from viz import draw
from viz.pictures import copies as copies_module
from viz.pictures import levels
from viz.pictures import plan as plan_module
from viz.pictures.folds import Repeat
from viz.pictures.functions import find_functions
from viz.pictures.numbers import Numbers
from viz.pictures.plan import offer_plans, plan_picture

from .graphs import drawn
from .reading import seen

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def parameter(data: float, label: str) -> Value:
    return Value(data, label, role="parameter")


def linear_regression(examples: int, *, by_sum: bool = False, labels: bool = False) -> Value:
    w, b = parameter(0.5, "w"), parameter(0.1, "b")
    losses = []
    for i in range(examples):
        x, y_true = Value(i / examples, role="input"), i / examples + 1
        y_pred = w * x + b
        if labels:
            x.label, y_pred.label = "x", "y_pred"
        losses.append((y_pred - y_true) ** 2)
    loss: Any = sum(losses) / examples if by_sum else mean(losses)
    loss.label = "L"
    loss.backward()
    return loss  # type: ignore[no-any-return]


def logistic_regression(examples: int) -> Value:
    rng = random.Random(0)
    w1, w2, b = parameter(0.5, "w1"), parameter(-0.3, "w2"), parameter(0.1, "b")
    p = [(w1 * rng.gauss(0, 1) + w2 * rng.gauss(0, 1) + b).sigmoid() for _ in range(examples)]
    loss = nn.binary_cross_entropy(p, [i % 2 for i in range(examples)])
    loss.backward()
    return loss


def network(points: int, *sizes: int) -> Value:
    rng, model = random.Random(0), nn.MLP(2, list(sizes), "tanh", seed=1)
    rows = [[rng.gauss(0, 1), rng.gauss(0, 1)] for _ in range(points)]
    loss = nn.mse_loss([model(x) for x in rows], [1.0] * points)
    loss.label = "L"
    loss.backward()
    return loss


# ── repeats ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("by_sum", [False, True])
def test_a_loss_over_100_examples_is_one_box_beside_its_parameters(by_sum: bool) -> None:
    loss = linear_regression(100, by_sum=by_sum)
    found = seen(draw(loss))
    (fold,) = found.of("group")
    assert fold.heading == "× 100 examples"
    parameters = {box.heading: box for box in found.of("parameter")}
    assert set(parameters) == {"w · parameter", "b · parameter"}
    assert all(found.lines_between(box, fold) for box in parameters.values())
    (result,) = found.of("loss")
    assert found.lines_between(fold, result)
    assert len(found.boxes) == 4


def test_a_box_of_examples_says_first_least_largest_and_the_summed_gradient() -> None:
    w = parameter(2.0, "w")
    loss = mean([(w * x) ** 2 for x in (2.0, -1.0, 3.0, 0.5)])
    loss.backward()
    plan = list(offer_plans((loss,)))[-1]
    assert [box.path for box in plan.collapsed] == ["× 4 examples", "mean"]
    w_many = mean([(w * x) ** 2 for x in (2.0, -1.0, 3.0, 0.5, *[1.0] * 20)])
    w_many.backward()
    (fold,) = seen(draw(w_many)).of("group")
    assert fold.lines[1:5] == ["each  ×, ^2", "first  16", "least  1", "largest  36"]
    assert fold.lines[5].startswith("grad, summed  1 ")


def test_labels_within_examples_are_shown_with_their_range() -> None:
    (fold,) = seen(draw(linear_regression(50, labels=True))).of("group")
    assert "x  0 … 0.98" in fold.lines
    assert "y_pred  0.1 … 0.59" in fold.lines


def test_functions_and_parameters_of_an_example_are_told() -> None:
    found = seen(draw(logistic_regression(100)))
    (fold,) = found.of("group")
    assert "each  Σ a·b + c, sigmoid, binary cross-entropy" in fold.lines
    assert len(found.of("parameter")) == 3
    assert "folded: × 100 examples, mean;  detail='scalar' draws all 1,405 values" in found.below


def test_a_network_on_many_points_is_drawn_once() -> None:
    loss = network(4, 4, 4, 1)
    found = seen(draw(loss))
    (frame,) = [c for c in found.clusters if c.title == "× 4 examples"]
    assert len(found.of("group")) == 9
    neuron = found.box("layers.0.neurons.0 · Neuron")
    assert neuron.lines[1].startswith("data  −0.8843 … 0.7692")
    assert neuron.lines[3].startswith("3 parameters, steepest")
    assert frame.frame.left <= neuron.frame.left


def test_a_tooltip_says_what_a_fold_is_and_how_large() -> None:
    model = nn.MLP(2, [3, 1], seed=0)
    losses = [(model([Value(0.1 * i), Value(1.0)]) - Value(1.0 * i)) ** 2 for i in range(30)]
    tooltips = {box.tooltip for box in seen(draw(mean(losses))).boxes}
    for said in ("layers.0.neurons.0: 120 operations", "^2: 30 operations", "30 values"):
        assert f"{said}; detail='scalar' draws them all" in tooltips


def test_the_words_for_a_picture_take_no_step_of_all_examples_for_a_leaf() -> None:
    html = draw(network(4, 4, 4, 1))._repr_html_()
    assert "Computation graph of L = 0.799, through layers.0.neurons.0, " in html
    assert "from w = 0.5 (gradient " in draw(linear_regression(100))._repr_html_()


def test_the_few_parameters_of_a_network_on_many_points_have_their_boxes() -> None:
    found = seen(draw(network(5, 2, 1)))
    assert len(found.of("parameter")) == 9
    assert not any("parameter" in line for box in found.of("group") for line in box.lines)


def test_the_coarsest_plan_of_a_network_on_many_points_is_three_boxes() -> None:
    *_, plan = offer_plans((network(4, 4, 4, 1),))
    assert [box.path for box in plan.collapsed] == ["MLP", "× 4 examples", "mean"]


def test_parameters_that_are_also_penalised_share_a_box_with_lines_to_both() -> None:
    model = nn.MLP(2, [4, 4, 1], "tanh", seed=1)
    losses = [nn.hinge_loss(model([0.1 * i, 1.0]), 1.0) for i in range(20)]
    loss = mean(losses) + 1e-4 * dot(model.parameters(), model.parameters())
    found = seen(draw(loss))
    (box,) = found.of("parameter")
    assert box.heading == "MLP · 37 parameters"
    assert found.lines_between(box, found.box("Σ a·b"))
    assert found.lines_between(box, found.box("layers.0.neurons.0 · Neuron"))


def test_what_differs_in_more_than_its_data_does_not_repeat() -> None:
    x, ws = Value(1.0, "x"), [parameter(0.1 * i, f"w{i}") for i in range(30)]
    plan = plan_picture((total([(w * x).tanh() for w in ws]),), most=1000)
    repeats = [box for box in plan.collapsed if isinstance(box, Repeat)]
    assert not repeats, "each has a parameter of its own"
    w = parameter(1.0, "w")
    powers = plan_picture((total([(w + Value(1.0)) ** n for n in range(2, 32)]),), most=1000)
    repeats = [box for box in powers.collapsed if isinstance(box, Repeat)]
    assert not repeats, "each has an exponent of its own"
    mixed = [(w * i).tanh() if i % 2 else (w * i).exp() for i in range(40)]
    folds = [box.path for box in plan_picture((total(mixed),)).collapsed]
    assert folds == ["× 20 examples", "× 20 examples"]


@pytest.mark.parametrize("classes", [2, 3])
def test_examples_of_other_classes_are_alike(classes: int) -> None:
    rng, model = random.Random(0), nn.Layer(2, classes, seed=1)
    rows = [[rng.gauss(0, 1), rng.gauss(0, 1)] for _ in range(6)]
    losses = [nn.cross_entropy(model(x), i % classes) for i, x in enumerate(rows)]
    picture = draw(mean(losses))
    assert "× 6 examples" in picture.source
    (box,) = [box for box in seen(picture).boxes if box.heading.startswith("cross-entropy")]
    assert box.heading == "cross-entropy"
    assert box.lines[-1].split() == ["target", "0", "…", str(classes - 1)]
    assert "cross-entropy, mean" in picture.source


def test_a_loss_with_two_terms_for_each_example_repeats_example_by_example() -> None:
    rng, model = random.Random(0), nn.MLP(2, [3, 2], seed=1)
    losses: list[Value] = []
    for i in range(20):
        a, b = model([rng.gauss(0, 1), rng.gauss(0, 1)])
        losses.append((a - 0.1 * i) ** 2 + (b - 1.0) ** 2)
    added = losses[0]
    for each in losses[1:]:
        added = added + each
    for loss in (mean(losses), total(losses), added):
        assert "× 20 examples" in draw(loss).source


def test_squares_in_a_picture_of_examples_are_measured_by_the_parameters() -> None:
    full = [
        line
        for box in seen(drawn("network, 4 points", 948)).boxes
        for line in box.lines
        if "steepest" in line and "■■■■■" in line
    ]
    assert len(full) == 1


def test_what_all_examples_share_stays_outside_the_fold() -> None:
    w, scale = parameter(0.5, "w"), Value(3.0, "scale")
    shared = (w * scale).exp()
    shared.label = "shared"
    found = seen(draw(mean([(shared * i - 1.0) ** 2 for i in range(40)])))
    (fold,) = found.of("group")
    assert found.lines_between(found.box("shared"), fold)


def test_data_that_one_example_uses_twice_is_not_taken_for_data_used_once() -> None:
    w = parameter(0.5, "w")
    once = [(w * Value(1.0) * Value(2.0)).exp() for _ in range(20)]
    twice = [(w * x * x).exp() for x in (Value(1.0) for _ in range(20))]
    folds = [box.path for box in plan_picture((total(once + twice),)).collapsed]
    assert folds == ["× 20 examples", "× 20 examples"]


def test_a_repeat_within_what_does_not_repeat_is_found() -> None:
    w, b = parameter(0.5, "w"), parameter(0.5, "b")
    inner = mean([(w * i).tanh() for i in range(50)])
    outer = total([inner.exp(), (b * 2.0).exp(), b.tanh()])
    assert [box.path for box in plan_picture((outer,)).collapsed] == ["× 50 examples", "mean"]


def test_few_examples_in_a_small_picture_are_drawn_one_by_one() -> None:
    assert not plan_picture((linear_regression(3),)).collapsed


def test_by_hand_nothing_is_folded() -> None:
    loss = linear_regression(20)
    plan = plan_picture((loss,), "scalar")
    assert (len(plan.boxes), plan.collapsed) == (plan.total, {})


def test_a_highlighted_value_in_a_fold_marks_the_fold() -> None:
    loss = linear_regression(100)
    term = loss.parents[0].parents[7]
    (fold,) = [box for box in seen(draw(loss, highlight=[term])).boxes if box.marked]
    assert fold.heading == "× 100 examples"


def test_a_list_of_results_that_repeats_is_folded() -> None:
    w, b = parameter(0.5, "w"), parameter(0.1, "b")
    results = [(w * (0.1 * i) + b).tanh() for i in range(60)]
    for i, y in enumerate(results):
        y.label = f"y{i}"
    found = seen(draw(results))
    (fold,) = found.of("output")
    assert fold.heading == "× 60 examples · output"
    assert any(line.startswith("y0 … y59  ") for line in fold.lines)
    assert len(found.of("parameter")) == 2


def test_a_model_on_a_list_of_points_is_drawn_once() -> None:
    model = nn.MLP(2, [4, 4, 1], seed=0)
    found = seen(draw([model([0.1 * i, 0.2]) for i in range(40)]))
    assert [c.title for c in found.clusters] == ["× 40 examples"]
    assert len(found.boxes) == 9


def test_steps_that_repeat_within_an_example_are_written_once() -> None:
    w, b = parameter(0.5, "w"), parameter(0.1, "b")
    bags = [mean([(w * (0.1 * i * j)).tanh() for j in range(9)]) + b for i in range(12)]
    (fold,) = seen(draw(mean([bag.exp() for bag in bags]))).of("group")
    assert fold.lines[1] == "each  9 × (×, tanh), mean, +, exp"


# ── labels ───────────────────────────────────────────────────────────────────────────────────


class Guess(nn.Module):
    def __init__(self) -> None:
        self.w = [parameter(0.5, "w0"), parameter(-0.5, "w1")]

    def forward(self, x: list[float]) -> Value:
        score = dot(self.w, x)
        score.label = "score"
        chance = score.sigmoid()
        chance.label = "chance"
        return chance


def labelled_losses(examples: int) -> Value:
    model, losses = Guess(), []
    for i in range(examples):
        loss = (model([0.1 * i, 0.2]) - 1.0) ** 2
        loss.label = "own loss"
        losses.append(loss)
    total_loss = mean(losses)
    total_loss.label = "mean loss"
    return total_loss


@pytest.mark.parametrize("width", [390, 948, 1300])
@pytest.mark.parametrize("detail", ["auto", "neuron", "layer", "scalar"])
@pytest.mark.parametrize("examples", [1, 20])
def test_labels_survive_every_fold(examples: int, detail: str, width: int) -> None:
    picture = draw(labelled_losses(examples), detail=detail, width=width)
    text = "\n".join(line for box in seen(picture).boxes for line in box.lines)
    for label in ("score", "chance", "own loss", "mean loss"):
        assert label in text


# ── parameters of abridged pictures ──────────────────────────────────────────────────────────


def long_way(parameters: int) -> Value:
    v = Value(1.0, "x")
    for i in range(parameters):
        v = (v * parameter(0.5, f"w{i}")).tanh()
    rng = random.Random(0)
    for _ in range(600):
        v = rng.choice((Value.tanh, Value.sin, Value.cos))(v)
    return v


def test_an_abridged_picture_shows_the_parameters_and_where_they_lead() -> None:
    found = seen(draw(long_way(3)))
    assert {box.heading for box in found.of("parameter")} == {f"w{i} · parameter" for i in range(3)}
    (more,) = found.of("more")
    assert {edge.tail for edge in found.edges if edge.head == more.name} == {
        box.name for box in found.of("parameter")
    }


def test_a_graph_that_functions_do_not_make_readable_is_abridged_value_by_value() -> None:
    v = Value(0.5, "x")
    rng = random.Random(0)
    for _ in range(200):
        v = rng.choice((Value.tanh, Value.sin))(dot([v, v.tanh()], [v.exp(), v]))
    plan = plan_picture((v,))
    assert (plan.detail, plan.collapsed) == ("scalar", {})
    assert plan.hidden == plan.total - len(plan.boxes)


def test_many_parameters_of_an_abridged_picture_share_a_box() -> None:
    (box,) = seen(draw(long_way(50))).of("parameter")
    assert box.heading == "w0 … w49 · 50 parameters"


# ── functions ────────────────────────────────────────────────────────────────────────────────


def values(n: int = 3) -> list[Value]:
    return [Value(0.5 * i, f"v{i}") for i in range(n)]


FUNCTIONS: dict[str, Callable[[], Any]] = {
    "softmax": lambda: softmax(values()),
    "log_softmax": lambda: log_softmax(values()),
    "logsumexp": lambda: logsumexp(values()),
    "cross-entropy": lambda: nn.cross_entropy(values(), 1),
    "binary cross-entropy": lambda: nn.binary_cross_entropy(values()[1], 1, from_logits=True),
    "mean": lambda: mean(values()),
    "Σ a·b": lambda: dot(values(), values()),
    "Σ a·b + c": lambda: total([*(a * b for a, b in zip(values(2), values(2), strict=True)), 1.0]),
    "sum": lambda: sum(values(), Value(1.0)),
}


def test_a_loss_with_branches_for_safety_is_one_box_unless_detail_asks_for_more() -> None:
    loss = nn.binary_cross_entropy((Value(0.5, "w") * 2.0).sigmoid(), 1.0)
    loss.label = "L"
    assert [box.heading for box in seen(draw(loss)).boxes][-1] == "L · binary cross-entropy · loss"
    assert len(seen(draw(loss, detail="scalar")).boxes) > 8


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_is_one_box_with_lines_from_its_operands(name: str) -> None:
    y = FUNCTIONS[name]()
    results = tuple(y) if isinstance(y, list) else (y,)
    plan = next(plan for plan in offer_plans(results) if plan.detail == "function")
    assert [box.path for box in plan.collapsed] == [name]
    (function,) = plan.collapsed
    leaves = {v for v in plan.place if v.operation is None}
    assert set(plan.sources[function]) == leaves
    assert {plan.box_of[v] for v in results} == {function}


def test_a_soft_target_is_an_operand_of_cross_entropy() -> None:
    logits, target = values(2), [Value(0.25, "t0"), Value(0.75, "t1")]
    _, plan, *_ = offer_plans((nn.cross_entropy(logits, target),))
    (function,) = plan.collapsed
    assert function.path == "cross-entropy", "and the log_softmax is inside"
    assert set(plan.sources[function]) == {*logits, *target}


def test_a_loss_says_its_target() -> None:
    loss = nn.cross_entropy([v * 1.0 for v in values(40)], 2)
    loss.label = "L"
    (box,) = seen(draw(loss)).of("loss")
    assert box.heading == "L · cross-entropy · loss"
    assert "target  2" in box.lines


def test_a_labelled_step_keeps_its_box() -> None:
    a, b, c, d = values(4)
    product = a * b
    product.label = "a*b"
    _, plan, *_ = offer_plans((total([product, c * d, c * a]),))
    assert product in plan.boxes


def test_a_step_that_is_used_elsewhere_keeps_its_box() -> None:
    a, b, c, d = values(4)
    product = a * b
    _, plan, *_ = offer_plans((total([product, c * d, c * a]), product.tanh()))
    assert product in plan.boxes


def test_a_module_that_returns_a_functions_result_holds_the_function() -> None:
    class Guess(nn.Module):
        def __init__(self) -> None:
            self.layer = nn.Layer(2, 3, "linear", seed=0)

        def forward(self, x: list[float]) -> list[Value]:
            return softmax(self.layer(x))

    results = Guess()([1.0, 2.0])
    plan = list(offer_plans(tuple(results)))[1]
    function = next(box for box in plan.collapsed if box.path == "softmax")
    assert function.parent is not None
    assert function.parent.path == "Guess"


def test_the_label_of_a_neurons_result_is_the_title_of_its_box() -> None:
    scores = nn.Layer(2, 2, "linear", seed=0)([1.0, 2.0])
    for y, word in zip(scores, ("sleeps", "eats"), strict=True):
        y.label = f"score of {word}"
    headings = {box.heading for box in seen(draw(list(scores), detail="neuron")).boxes}
    assert "score of sleeps · Layer · neurons.0 · Neuron" not in headings
    assert "score of sleeps · neurons.0 · Neuron" in headings


# ── size ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.slow
def test_a_loss_over_100000_examples_is_one_box() -> None:
    found = seen(draw(linear_regression(100_000)))
    (fold,) = found.of("group")
    assert fold.heading == "× 100,000 examples"
    assert len(found.of("parameter")) == 2


def mixed_losses(kind: str) -> Value:
    w, b = parameter(0.5, "w"), parameter(0.1, "b")
    losses = []
    for i in range(1_500):
        x = Value(i / 1_500, "x", role="input")
        y = w * x + b
        y.label = "y_pred"
        loss = (y - 0.3) ** 2
        if kind == "half of each":
            loss = 0.5 * loss
        if kind == "two kinds" and i % 3 == 0:
            loss = (w * x).tanh().exp()
        if kind == "two kinds in blocks" and i // 100 % 2:
            loss = (w * x).tanh().exp()
        if kind == "another exponent" and i == 700:
            loss = (y - 0.3) ** 3
        if kind == "another operand" and i == 700:
            loss = (y - w) ** 2
        losses.append(loss)
    if kind == "nan":
        losses[700].parents[0].parents[0].data = float("nan")
    result: Any = sum(losses) / 1_500 if kind == "added up" else mean(losses)
    result.label = "L"
    result.backward()
    return result  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    "kind",
    [
        "alike", "half of each", "two kinds", "two kinds in blocks", "another exponent",
        "another operand", "added up", "nan",
    ],
)  # fmt: skip
def test_copies_that_are_set_aside_are_in_the_picture_all_the_same(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    loss = mixed_losses(kind)
    pictures = []
    for large in (10**9, 1_000):
        monkeypatch.setattr(plan_module, "LARGE", large)
        drawn = draw(loss, highlight=[loss.parents[0]])
        pictures.append((drawn.source, str(drawn.words)))
    assert pictures[0] == pictures[1]
    assert "examples" in pictures[0][0]


@pytest.mark.parametrize("kind", ["alike", "added up", "two kinds in blocks"])
def test_copies_in_a_row_are_compared_many_at_once(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[int] = []
    is_like = copies_module._Stretch.is_like

    def count(self: Any, order: Sequence[Value], start: int) -> bool:
        compared.append(start)
        return is_like(self, order, start)

    monkeypatch.setattr(copies_module._Stretch, "is_like", count)
    monkeypatch.setattr(plan_module, "LARGE", 1_000)
    assert "examples" in draw(mixed_losses(kind)).source
    assert len(compared) < 1_000 if kind == "two kinds in blocks" else len(compared) < 50


def sum_of_products(kind: str) -> Value:
    w, result = parameter(0.5, "w"), Value(0.0)
    for i in range(1_500):
        result = w * 1.5 if i == 0 else result + w * 1.5
        if i == 700 and kind == "a step with a name":
            result.label = "half"
        if i == 700 and kind == "a step used again":
            half = result
    root: Value = result * half if kind == "a step used again" else result
    root.label = "L"
    root.backward()
    return root


@pytest.mark.parametrize("kind", ["only products", "a step with a name", "a step used again"])
def test_a_long_sum_of_alike_operations_is_drawn_as_a_shorter_one_is(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = sum_of_products(kind)
    pictures = []
    for large in (10**9, 1_000):
        monkeypatch.setattr(plan_module, "LARGE", large)
        drawn = draw(root)
        pictures.append((drawn.source, str(drawn.words)))
    assert pictures[0] == pictures[1]
    assert "Σ a·b" in pictures[0][0]
    assert "abridged" not in pictures[0][0]


def test_a_long_softmax_is_found_in_linear_time() -> None:
    scores = [Value(i / 4_000) for i in range(4_000)]
    root = total([share * share for share in softmax(scores)])
    start = time.process_time()
    find_functions(topological(root), {}, [root])
    assert time.process_time() - start < 1.0  # quadratic steps took 4 s


def test_a_network_over_very_many_examples_is_drawn_as_one_box(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(plan_module, "LARGE", 1_000)
    monkeypatch.setattr(plan_module, "MODELS", 1_000)
    model = nn.MLP(1, [2, 1], activation="tanh", seed=0)
    examples = [i / 1_200 for i in range(1_200)]
    loss = nn.mse_loss([model([x]) for x in examples], examples)
    loss.backward()
    found = seen(draw(loss))
    assert "× 1,200 examples" in {box.heading for box in found.of("group")}
    assert not any("abridged" in note for note in found.below)
    assert len(found.of("parameter")) == len(model.parameters())


@pytest.mark.slow
def test_a_sum_of_a_million_steps_that_is_not_worth_a_box_takes_no_longer() -> None:
    y = Value(1.0)
    for _ in range(1_000_000):
        y = y + 1.0
    assert "abridged" in draw(y).source


def test_a_graph_in_which_nothing_is_searched_is_abridged_and_keeps_its_parameters(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(levels, "SEARCHED", 300)
    found = seen(draw(linear_regression(100)))
    assert not found.of("group")
    assert {box.heading for box in found.of("parameter")} == {"w · parameter", "b · parameter"}
    assert "abridged" in draw(linear_regression(100)).svg


def count_calls(monkeypatch: pytest.MonkeyPatch, where: Any, name: str) -> list[Any]:
    calls: list[Any] = []
    wrapped = getattr(where, name)

    def counting(*given: Any) -> Any:
        calls.append(given)
        return wrapped(*given)

    monkeypatch.setattr(where, name, counting)
    return calls


def test_an_abridged_sum_writes_only_the_lines_that_it_draws(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    written = count_calls(monkeypatch, Numbers, "_local")
    root = total([Value(1.0) for _ in range(3_000)])
    assert "abridged" in draw(root, detail="scalar").source
    assert len(written) <= sum(plan_module.ABRIDGED)


def test_an_abridged_plan_keeps_one_of_the_sources_that_are_not_drawn() -> None:
    root = total([Value(1.0) for _ in range(3_000)])
    plan = plan_picture((root,), "scalar")
    assert [v in plan.sources for v in plan.sources[root]] == [True] * 23 + [False]


def test_copies_are_not_looked_for_when_no_term_is_like_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(copies_module, "TRIED", 100)
    compared = count_calls(monkeypatch, copies_module._Stretch, "is_like")
    scores = [Value(i / 3_000) for i in range(3_000)]
    root = nn.cross_entropy(scores, 3)
    assert not copies_module.set_copies_aside(topological(root), [root]).copies
    assert 0 < len(compared) <= 100 * copies_module.KINDS


@pytest.mark.parametrize("fails", [False, True])
def test_no_garbage_is_collected_while_a_graph_is_drawn(
    monkeypatch: pytest.MonkeyPatch, fails: bool
) -> None:
    module = importlib.import_module("viz.pictures.draw")
    collecting = []

    def compose(*given: Any, **options: Any) -> Any:
        collecting.append(gc.isenabled())
        return [] if fails else composed(*given, **options)

    composed = module.compose
    monkeypatch.setattr(module, "compose", compose)
    with contextlib.suppress(AttributeError):
        draw(Value(1.0) * 2.0)
    assert collecting == [False]
    assert gc.isenabled()
