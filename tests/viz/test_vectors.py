"""Vectors: numbers that are made alike and used together share a box."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from autograd import Value, dot, softmax, total
from viz import draw, draw_update
from viz.pictures.folds import Vector
from viz.pictures.labels import common_name, name_range, stem
from viz.pictures.plan import offer_plans

from .graphs import attention_head
from .reading import seen

if TYPE_CHECKING:
    from viz.pictures.plan import Plan


def matrix(name: str, rows: int, columns: int, rng: random.Random) -> list[list[Value]]:
    return [
        [Value(rng.uniform(-1, 1), f"{name}{i}{j}", role="parameter") for j in range(columns)]
        for i in range(rows)
    ]


def vectors(plan: Plan) -> set[tuple[str, ...]]:
    """The labels in each vector of labelled values, row by row."""
    return {
        tuple(v.label for v in box.values)
        for box in plan.collapsed
        if isinstance(box, Vector) and all(v.label for v in box.values)
    }


def shapes(plan: Plan) -> dict[str, list[int]]:
    """The lengths of the rows of each vector, by its name."""
    return {
        box.path: [len(row) for row in box.rows]
        for box in plan.collapsed
        if isinstance(box, Vector) and box.path
    }


def vector_plans(*roots: Value) -> list[Plan]:
    return [plan for plan in offer_plans(roots) if plan.detail == "vector"]


# ── an attention head ────────────────────────────────────────────────────────────────────────


def test_a_head_has_a_box_for_each_token_each_row_of_weights_and_each_key() -> None:
    first, *_ = vector_plans(attention_head())
    assert {("x00", "x01"), ("x10", "x11"), ("x20", "x21"), ("k00", "k01")} <= vectors(first)
    found = shapes(first)
    assert found["Σ q·x2"] == found["Σ k·x0"] == found["Σ v·x1"] == [2]
    assert found["Σ a·b"] == [3], "the row of scores"
    assert len(first.boxes) == 20


def test_then_one_for_all_tokens_all_keys_and_each_matrix() -> None:
    *_, coarse = vector_plans(attention_head())
    assert ("x00", "x01", "x10", "x11", "x20", "x21") in vectors(coarse)
    assert ("v00", "v01", "v10", "v11") in vectors(coarse)
    assert shapes(coarse)["Σ k·x"] == shapes(coarse)["Σ v·x"] == [2, 2, 2]
    assert len(coarse.boxes) == 11


@pytest.mark.parametrize("how", ["sum", "loop", "without roles"])
def test_a_head_written_in_another_way_reads_the_same(how: str) -> None:
    rng = random.Random(0)
    weights = {name: matrix(name, 2, 2, rng) for name in "qkv"}
    tokens = [[Value(rng.uniform(-1, 1), f"x{t}{i}") for i in range(2)] for t in range(3)]
    if how == "without roles":
        for p in (p for rows in weights.values() for row in rows for p in row):
            p.role = ""

    def product(a: list[Value], b: list[Value]) -> Value:
        if how == "loop":
            y: Value | float = 0.0
            for p, q in zip(a, b, strict=True):
                y = y + p * q
            assert isinstance(y, Value)
            return y
        return sum((p * q for p, q in zip(a, b, strict=True)), 0)  # type: ignore[return-value]

    def apply(name: str, x: list[Value]) -> list[Value]:
        return [product(row, x) for row in weights[name]]

    query = apply("q", tokens[-1])
    scores = [product(query, apply("k", x)) / 1.4 for x in tokens]
    if how == "loop":  # a softmax, too
        exponentials = [(s - max(s.data for s in scores)).exp() for s in scores]
        denominator = sum(exponentials[1:], exponentials[0])
        shares = [e / denominator for e in exponentials]
    else:
        shares = softmax(scores)
    values = [apply("v", x) for x in tokens]
    mixed = [product(shares, [value[i] for value in values]) for i in range(2)]
    *_, plan = vector_plans(mixed[0] ** 2 + mixed[1] ** 2)
    assert len(shapes(plan)["Σ k·x"]) == 3 or how == "without roles"
    assert any(box.path == "softmax" for box in plan.collapsed)
    assert len(plan.boxes) <= 14


def test_tokens_that_see_only_earlier_ones_have_rows_of_scores_of_their_lengths() -> None:
    rng = random.Random(0)
    weights = {name: matrix(name, 2, 2, rng) for name in "qkv"}
    tokens = [[Value(rng.uniform(-1, 1), f"x{t}{i}") for i in range(2)] for t in range(4)]
    q, k, v = ([[dot(row, x) for row in weights[n]] for x in tokens] for n in "qkv")
    mixed = []
    for t in range(1, 4):
        shares = softmax([dot(q[t], key) / 1.4 for key in k[: t + 1]])
        mixed += [dot(shares, column) for column in zip(*v[: t + 1], strict=True)]
    *_, plan = vector_plans(total([y * y for y in mixed]))
    rows = [[len(row) for row in box.rows] for box in plan.collapsed if isinstance(box, Vector)]
    assert [2, 3, 4] in rows
    assert len(plan.boxes) <= 14


# ── what is a vector, and what is none ───────────────────────────────────────────────────────


def product_of_matrix_and_vector() -> Value:
    rng = random.Random(0)
    x = [Value(0.1 * i, f"x{i}", role="input") for i in range(4)]
    b = [Value(0.1, f"b{i}", role="parameter") for i in range(3)]
    y = [(dot(row, x) + c).tanh() for row, c in zip(matrix("w", 3, 4, rng), b, strict=True)]
    return total([(p - t) ** 2 for p, t in zip(y, (1.0, 0.0, 2.0), strict=True)])


def test_a_product_of_a_matrix_and_a_vector_is_a_chain_of_vectors() -> None:
    first, coarse = vector_plans(product_of_matrix_and_vector())
    assert {("w00", "w01", "w02", "w03"), ("b0", "b1", "b2")} <= vectors(first)
    assert [box.path for box in coarse.collapsed if box.path] == ["Σ w·x + c"]
    assert len(coarse.boxes) == 8


def test_a_box_of_a_vector_shows_its_numbers_its_labels_and_its_constants() -> None:
    loss = product_of_matrix_and_vector()
    loss.backward()
    found = seen(draw(loss, width=500))
    box = found.box("x0 … x3 · 4 inputs")
    assert box.lines[1] == "data  [0, 0.1, 0.2, 0.3]"
    assert box.lines[2].startswith("grad  [")
    assert found.box("− c · 3 values").lines[1] == "c  [1, 0, 2]"
    assert "folded: vectors;" in " ".join(found.below)


def test_a_vector_that_an_update_changed_shows_both() -> None:
    w = [Value(0.5, f"w{i}", role="parameter") for i in range(3)]
    rows = [[0.1 * i, 0.2, 0.3] for i in range(40)]

    def loss() -> Value:
        return total([(dot(w, row) - 1.0) ** 2 for row in rows])

    before = loss()
    for p in w:
        p.data = 0.75
    after = draw_update(before, loss(), width=390).after
    lines = [line for box in seen(after).of("parameter") for line in box.lines]
    assert "data  [0.5, 0.5, 0.5] → [0.75, 0.75, 0.75]" in lines or "data  0.5 → 0.75" in lines


def test_numbers_with_other_names_or_other_uses_are_not_one_vector() -> None:
    rng = random.Random(0)
    w = matrix("w", 1, 3, rng)[0]
    x = [Value(0.5, name) for name in ("height", "width", "age")]
    y = [dot(w, x), dot(w, x).exp()]
    for plan in vector_plans(total([*y, *(a.tanh() for a in y)])):
        assert not any("height" in labels for labels in vectors(plan))


def test_elements_are_in_the_order_of_writing_though_the_loss_picks_one() -> None:
    rng = random.Random(0)
    x = [Value(0.1 * i, f"x{i}") for i in range(3)]
    scores = [dot(row, x) for row in matrix("w", 4, 3, rng)]
    loss = -softmax(scores)[2].log()
    plan = vector_plans(loss)[0]
    (found,) = [box for box in plan.collapsed if isinstance(box, Vector) and box.path]
    assert [v.data for v in found.values] == [v.data for v in scores]


def test_a_single_result_is_never_within_a_vector() -> None:
    for make in (attention_head, product_of_matrix_and_vector):
        for plan in vector_plans(make()):
            assert not isinstance(plan.box_of[plan.roots[0]], Vector)


def test_every_box_comes_after_what_it_is_made_of() -> None:
    for make in (attention_head, product_of_matrix_and_vector):
        for plan in offer_plans((make(),)):
            place = {box: i for i, box in enumerate(plan.boxes)}
            for box, before in plan.sources.items():
                assert all(place[p] < place[box] for p in before), plan.detail


def test_a_vector_in_which_nan_begins_says_so() -> None:
    rng = random.Random(0)
    x = [Value(0.1 * i, f"x{i}") for i in range(3)]
    scores = [dot(row, x).log() for row in matrix("w", 4, 3, rng)]
    drawn = draw(total([s * 2.0 for s in scores]), width=420)
    box = seen(drawn).box("log · 4 values")
    assert "nan begins here" in box.lines


# ── labels ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("label", "expected"),
    [("w12", "w"), ("w[1][2]", "w"), ("x_1", "x"), ("cat.0", "cat"), ("b", "b"), ("7", "")],
)
def test_the_stem_of_a_label_has_no_indices(label: str, expected: str) -> None:
    assert stem(label) == expected


def test_what_labels_have_in_common() -> None:
    assert common_name(["w00", "w01", "w10"]) == "w"
    assert common_name(["x[1][0]", "x[1][1]"]) == "x[1]"
    assert common_name(["cat", "dog"]) == ""
    assert name_range(["w0", "w1", "w2"]) == "w0 … w2"
    assert name_range(["p", "p"]) == "p"


# ── random graphs ────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("seed", range(12))
def test_folds_of_random_graphs_close_no_loop_and_lose_no_parameter(seed: int) -> None:
    rng = random.Random(seed)
    roles = ("", "parameter", "input")
    values = [Value(rng.uniform(0.1, 1.0), f"v{i}", role=rng.choice(roles)) for i in range(6)]
    for _ in range(16):
        a, b = rng.choices(values, k=3), rng.choices(values, k=3)
        values += rng.choice(
            (
                lambda a=a: softmax(a),
                lambda a=a, b=b: [dot(a, b)],
                lambda a=a: [v.tanh() for v in a],
                lambda a=a, b=b: [v * 2.0 - w for v, w in zip(a, b, strict=True)],
                lambda a=a: [total([(a[0] * i + a[1]) ** 2 for i in range(12)])],
            )
        )()
    root = total(values[-8:])
    for plan in offer_plans((root,), most=1_000):
        place = {box: i for i, box in enumerate(plan.boxes)}
        for box, before in plan.sources.items():
            assert all(place[p] < place[box] for p in before), plan.detail
        assert plan.parameters <= plan.box_of.keys()
