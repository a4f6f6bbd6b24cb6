"""Comparisons, where and pick: only what was chosen counts, in values and derivatives alike."""

from __future__ import annotations

import copy
import math
import pickle
import random
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import autograd
from autograd import Value, equal, grad, greater, hessian, less, mean, no_grad, ops, pick, where
from autograd.modes import AnomalyError, detect_anomaly

from .reference import close, same

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

inf, nan = math.inf, math.nan

# ── comparisons ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("compare", "expected"),
    [(less, [1.0, 0.0, 0.0]), (greater, [0.0, 0.0, 1.0]), (equal, [0.0, 1.0, 0.0])],
)
def test_a_comparison_is_1_or_0_and_has_derivative_0(
    compare: Callable[[Any, Any], Value], expected: list[float]
) -> None:
    for a, y in zip((1.0, 2.0, 3.0), expected, strict=True):
        x, limit = Value(a), Value(2.0)
        for result in (compare(x, limit), compare(x, 2), compare(a, limit), compare(a, 2)):
            assert result.data == y
        result = compare(x, limit)
        result.backward()
        assert (x.grad, limit.grad) == (0.0, 0.0)
        assert [g.data for g in grad(result, [x, limit], create_graph=True)] == [0.0, 0.0]
    for a, b in ((nan, 1.0), (1.0, nan), (nan, nan)):
        assert compare(Value(a), Value(b)).data == 0.0


def test_python_compares_and_records_nothing() -> None:
    x = Value(1.0)
    assert (x < 2, x > 2) == (True, False)


def test_a_comparison_sends_nothing_back_not_even_0_times_inf() -> None:
    for at in (0.0, -1.0):
        x = Value(at)
        y = where(less(x.sqrt(), 1), x, 2 * x) + equal(x.log(), 3) + greater(2, x.sqrt())
        y.backward()
        assert x.grad == grad(y, x) == grad(y, x, create_graph=True).data
        assert x.grad == (1.0 if at == 0.0 else 2.0)  # sqrt(-1) is nan: not less than 1


# ── where ────────────────────────────────────────────────────────────────────────────────────


def test_where_gives_value_and_gradient_to_the_chosen_branch() -> None:
    true: list[Any] = [True, 1, -2.0, nan, Value(1.0), np.bool_(True)]
    for condition in true:
        a, b = Value(3.0), Value(5.0)
        y = where(condition, 2 * a, b)
        y.backward()
        assert (y.data, a.grad, b.grad) == (6.0, 2.0, 0.0)
    false: list[Any] = [False, 0, -0.0, Value(0.0), np.bool_(False)]
    for condition in false:
        a, b = Value(3.0), Value(5.0)
        y = where(condition, 2 * a, b)
        y.backward()
        assert (y.data, a.grad, b.grad) == (5.0, 0.0, 1.0)
    assert where(greater(2, 1), 3, 4).data == 3.0
    x = Value(2.0)
    y = where(x, x, x)
    y.backward()
    assert x.grad == 1.0


# Behind the branch that is not chosen, something is nan or inf. All derivatives are then 0.
BAD: list[tuple[str, Callable[[Value], Value], Sequence[float]]] = [
    ("log", lambda x: x.log(), [-1.0, 0.0, -0.0]),
    ("sqrt", lambda x: x.sqrt(), [-1.0, 0.0, -0.0]),
    ("1/x", lambda x: 1 / x, [0.0, -0.0]),
    ("power", lambda x: x**0.5 + x**-2, [0.0, -3.0]),
    ("product", lambda x: (x - 1) * x.log() * x.sqrt(), [0.0, -1.0]),
    ("log1p", lambda x: (x - 1).log1p() / x, [0.0, -1.0]),
    ("overflow", lambda x: (1000 * (1 - x)).exp() ** 2, [0.0, -1.0, -1e300]),
    ("abs", lambda x: abs(x.log()).relu().leaky_relu(), [0.0, -1.0]),
    ("maximum", lambda x: x.sqrt().maximum(x.log()).minimum(x.log()), [0.0, -1.0]),
    ("softmax", lambda x: autograd.softmax([x.log(), x.sqrt(), 1.0])[0], [0.0, -1.0]),
    ("nested", lambda x: where(greater(x, -2), x.log(), 1 / (x + 3)), [0.0, -1.0, -3.0]),
    ("gradient", lambda x: grad(x.sqrt() * x.log(), x, create_graph=True), [0.0, -1.0]),
    ("deep", lambda x: ((x.log() * 2 + x.sin()).tanh() * x.sqrt() - 3).sigmoid(), [0.0, -1.0]),
]
bad = pytest.mark.parametrize(("f", "at"), [pytest.param(f, at, id=name) for name, f, at in BAD])


def orders_of(y: Value, x: Value) -> list[Value]:
    """The value and its derivatives of the first three orders, as graphs."""
    orders = [y]
    for _ in range(3):
        orders.append(grad(orders[-1], x, create_graph=True))
    return orders


@bad
def test_nan_and_inf_of_the_branch_not_chosen_reach_no_derivative(
    f: Callable[[Value], Value], at: Sequence[float]
) -> None:
    for number in at:
        x = Value(number)
        y = where(greater(x, 0), f(x), 3 * x * x)
        y.backward()
        expected = [3 * number * number, 6 * number, 6.0, 0.0]
        assert (x.grad, grad(y, x)) == (expected[1], expected[1])
        assert [v.data for v in orders_of(y, x)] == expected
        assert hessian(y, x) == [[6.0]]
    x = Value(1.5)  # and where it is chosen, all of it counts
    for ours, alone in zip(
        orders_of(where(greater(x, 0), f(x), 3 * x * x), x), orders_of(f(x), x), strict=True
    ):
        assert close(ours.data, alone.data)


@bad
@pytest.mark.parametrize("passes", [None, ()], ids=["optimised", "as recorded"])
def test_nor_do_they_in_a_program(
    f: Callable[[Value], Value], at: Sequence[float], passes: Sequence[str] | None
) -> None:
    x, w = Value(1.5, label="x"), Value(1.0, label="w")
    outputs = orders_of(where(greater(x, 0), f(x), 3 * x * x), x)
    found = autograd.compile(outputs, inputs=[x], passes=passes)([*at, 1.5])
    for k, number in enumerate(at):
        assert found[:, k].tolist() == [3 * number * number, 6 * number, 6.0, 0.0]
    assert close(found[:, -1].tolist(), [v.data for v in outputs])

    loss = where(greater(w * x, 0), f(w * x), 3 * w * x)
    program = autograd.compile(loss, params=[w], inputs=[x], passes=passes)
    _, gradient = program.value_and_grad(at)
    assert close(gradient.item(), 3 * sum(at) / len(at))


def test_a_target_that_is_missing_may_be_nan() -> None:
    w = Value(0.5, label="w")
    xs, ys = [1.0, 2.0, 3.0], [2.0, nan, 1.0]

    def loss_of(x: Value | float, y: Value | float, known: Value | float) -> Value:
        return where(known, (w * x - y) ** 2, 0)

    known = [float(y == y) for y in ys]
    loss = mean([loss_of(*row) for row in zip(xs, ys, known, strict=True)])
    inputs = [Value(1.0, label=name) for name in ("x", "y", "known")]
    program = autograd.compile(loss_of(*inputs), params=[w], inputs=inputs)
    value, gradient = program.value_and_grad(xs, ys, known)
    assert close([value, gradient.item()], [loss.data, grad(loss, w)])
    assert math.isfinite(value)


def test_a_program_without_nan_behind_its_choices_is_as_short_as_a_product() -> None:
    w = [Value(0.1 * k) for k in range(6)]
    x = [Value(1.0) for _ in range(6)]
    loss, known = (autograd.dot(w, x) - 1) ** 2, Value(1.0)
    chosen = autograd.compile(where(known, loss, 0), params=w, inputs=[*x, known])
    times = autograd.compile(known * loss, params=w, inputs=[*x, known])
    lines = len(times.listing().splitlines())
    assert len(chosen.listing().splitlines()) <= lines + 3
    rng = np.random.default_rng(0)
    columns = [*rng.normal(size=(6, 50)), rng.integers(0, 2, 50)]
    assert np.allclose(chosen.value_and_grad(*columns)[1], times.value_and_grad(*columns)[1])
    columns[0][columns[6] == 0] = nan  # and with nan, it is as right as ever
    cleaned = [np.nan_to_num(column) for column in columns]
    for _ in range(2):
        value, gradient = chosen.value_and_grad(*columns)
        assert np.allclose([value, *gradient], np.hstack(times.value_and_grad(*cleaned)))


def test_behind_a_choice_a_gradient_of_0_stays_0_in_all_three_ways() -> None:
    # The branch is chosen, but its gradient is 0, where its slope is infinite.
    def f(x: Value, c: Value) -> Value:
        return where(c, x.sqrt(), 1.0) * 0.0

    x, c = Value(0.0), Value(1.0)
    y = f(x, c)
    y.backward()
    program = autograd.compile(f(x, c), params=[x], inputs=[c])
    found = [x.grad, grad(y, x, create_graph=True).data, program.value_and_grad([1.0])[1].item()]
    assert found == [0.0, 0.0, 0.0]


def test_a_second_derivative_through_a_chosen_branch_of_gradient_0_is_right() -> None:
    cases: list[tuple[Callable[[Value], Value], float, float]] = [
        (lambda x: x.log(), 1.0, 2.0),
        (lambda x: x.relu() - 1, 1.0, 2.0),
        (lambda x: abs(x - 3), 3.5, 2.0),
    ]
    for f, at, expected in cases:
        x = Value(at)
        shift = f(x).data
        assert hessian(where(greater(x, 0), f(x) - shift, 9) ** 2, x) == [[expected]]


def test_a_value_that_is_also_used_outside_the_choice_keeps_its_plain_derivatives() -> None:
    x = Value(0.0)
    s = x.sqrt()
    for y in (where(0, s, 1) + s, s + where(0, s, 1)):
        x.zero_grad()
        y.backward()
        assert x.grad == grad(y, x) == grad(y, x, create_graph=True).data == inf
    y = where(0, s, 1) + s * 0
    x.zero_grad()
    y.backward()
    assert all(map(math.isnan, (x.grad, grad(y, x), grad(y, x, create_graph=True).data)))


def test_the_hessian_of_a_choice_is_symmetric() -> None:
    for point in ((-1.0, 0.0), (0.0, 0.0), (0.0, -1.0), (2.0, 3.0)):
        xs = [Value(x) for x in point]
        x, z = xs
        (_, xz), (zx, _) = hessian(where(greater(x, 0), x * z.sqrt(), z * z + x), xs)
        assert same(xz, zx)
        assert math.isfinite(xz)


def test_a_condition_that_is_a_bool_stays_as_it_was_recorded() -> None:
    x = Value(1.0)
    fixed = autograd.compile(where(x > 0, x, -x), inputs=[x])
    asked = autograd.compile(where(greater(x, 0), x, -x), inputs=[x])
    assert fixed([-2.0, 3.0]).tolist() == [-2.0, 3.0]
    assert asked([-2.0, 3.0]).tolist() == [2.0, 3.0]


def test_a_choice_refuses_what_is_not_a_number() -> None:
    with pytest.raises(TypeError, match="expected a real number, got str: 'a'"):
        where("a", 1, 2)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="expected a real number, got None"):
        where(1, None, 2)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="expected a real number, got list"):
        less(Value(1.0), [2.0])  # type: ignore[arg-type]


def test_an_anomaly_behind_a_choice_is_found_where_it_arises() -> None:
    x = Value(-1.0, label="x")
    with detect_anomaly(), pytest.raises(AnomalyError, match=r"log\(x = -1.0\) gave nan"):
        where(greater(x, 0), x.log(), 0)
    y = where(greater(x, 0), x.log(), 0)
    with detect_anomaly():
        y.backward()
    assert x.grad == 0.0


# ── any graph behind a choice ────────────────────────────────────────────────────────────────

ROWS = [row for row in ops.TABLE if row not in (ops.SHIFT, ops.SUM_LESS_ONE, ops.LOG_SHARE)]


def any_graph(rng: random.Random, leaves: Sequence[Value]) -> Value:
    """A random graph, whatever its numbers are: many are nan or inf."""
    nodes: list[Value] = list(leaves)
    for _ in range(rng.randint(2, 9)):
        row = rng.choice(ops.CHOICES if rng.random() < 0.3 else ROWS)
        operands = [rng.choice(nodes[-5:]) for _ in range(row.arity or 3)]
        if row is ops.PICK:
            operands[0] = less(rng.choice(nodes), rng.choice(nodes))
        nodes.append(row(*operands))
    return nodes[-1]


def random_case(number: int) -> tuple[list[Value], Value, Value]:
    """Two leaves, a graph behind a choice, and the same without what was not chosen."""
    rng = random.Random(number)
    xs = [Value(rng.choice([-1.0, 0.0, 0.5, 2.0, -0.0])) for _ in range(2)]
    behind, (a, b) = any_graph(rng, xs), xs
    alone = a * a * b.sin() + b.exp() * a
    chosen = (
        where(Value(0.0), behind, alone),
        pick([behind, alone, 2 * behind], Value(1.0)),
        where(where(Value(0.0), behind, 1.0), alone, behind),
    )[number % 3]
    return xs, chosen * chosen + chosen.sin(), alone * alone + alone.sin()


@pytest.mark.parametrize("number", range(60))
def test_any_graph_that_is_not_chosen_is_as_if_it_were_not_there(number: int) -> None:
    xs, y, expected = random_case(number)
    y.backward()
    assert close([x.grad for x in xs], grad(expected, xs))
    assert close(hessian(y, xs), hessian(expected, xs))


@pytest.mark.thorough
@pytest.mark.parametrize("number", range(0, 60, 5))
def test_nor_in_a_program_up_to_third_derivatives(number: int) -> None:
    xs, y, expected = random_case(number)

    def all_of(y: Value) -> list[Value]:
        first = grad(y, xs, create_graph=True)
        second = [v for slope in first for v in grad(slope, xs, create_graph=True)]
        return [y, *first, *second, *[v for s in second for v in grad(s, xs, create_graph=True)]]

    found = autograd.compile(all_of(y), inputs=xs)(*[[x.data] for x in xs])[:, 0]
    assert close(found.tolist(), [v.data for v in all_of(expected)])


# ── pick ─────────────────────────────────────────────────────────────────────────────────────


def test_pick_gives_the_entry_and_all_of_the_gradient() -> None:
    for k in range(3):
        values = [Value(2.0), Value(3.0), Value(5.0)]
        index = Value(k)
        y = pick(values, index) ** 2
        y.backward()
        data = [v.data for v in values]
        expected = [2 * data[k] * (i == k) for i in range(3)]
        assert [v.grad for v in values] == expected
        assert (y.data, index.grad) == (data[k] ** 2, 0.0)
        slopes = grad(y, values, create_graph=True)
        assert [g.data for g in slopes] == expected
        assert hessian(y, values) == [[2.0 * (i == j == k) for j in range(3)] for i in range(3)]


def test_pick_gives_a_row_of_a_table() -> None:
    table: Any = [[Value(1.0), 2.0], [Value(3.0), Value(4.0)], (5, Value(6.0))]
    for index in (1, Value(1.0), np.int64(1), 1.0, True):
        row = pick(table, index)
        assert [v.data for v in row] == [3.0, 4.0]
    array: Any = np.arange(6.0).reshape(3, 2)
    a, b = pick(table, Value(2))
    (a * b).backward()
    assert table[2][1].grad == 5.0
    assert [v.data for v in pick(array, Value(1))] == [2.0, 3.0]


def test_a_plain_index_gives_the_entry_itself() -> None:
    values: list[Any] = [Value(2.0), 3]
    assert pick(values, 0) is values[0]
    assert (pick(values, 1).data, pick(values, 1).operation) == (3.0, None)


def test_nothing_of_what_was_not_picked_reaches_a_derivative() -> None:
    x, index = Value(-1.0), Value(1.0)
    y = pick([x.log(), 3 * x * x, 1 / (x + 1), nan], index)
    y.backward()
    assert (y.data, x.grad) == (3.0, -6.0)
    assert [v.data for v in orders_of(y, x)] == [3.0, -6.0, 6.0, 0.0]


BAD_INDICES: list[tuple[Any, str]] = [
    (3, "expected a whole number from 0 to 2, got 3"),
    (-1, "expected a whole number from 0 to 2, got -1; negative indices do not count from the end"),
    (1.5, "expected a whole number from 0 to 2, got 1.5"),
    (
        -0.5,
        "expected a whole number from 0 to 2, got -0.5; negative indices do not",
    ),
    (nan, "expected a whole number from 0 to 2, got nan"),
    (inf, "expected a whole number from 0 to 2, got inf"),
    (1e300, r"expected a whole number from 0 to 2, got 1e\+300"),
]


@pytest.mark.parametrize(("index", "said"), BAD_INDICES)
def test_an_index_that_picks_nothing_is_named(index: float, said: str) -> None:
    values = [Value(1.0), Value(2.0), Value(3.0)]
    with pytest.raises(IndexError, match=f"^pick, index: {said}"):
        pick(values, index)
    with pytest.raises(IndexError, match=f"^pick, index token: {said}"):
        pick(values, Value(index, label="token"))
    with pytest.raises(IndexError, match=said):
        pick([[v] for v in values], Value(index))


@pytest.mark.parametrize(
    ("attempt", "kind", "said"),
    [
        (lambda: pick([], 0), ValueError, "pick expects at least one value to pick from, got none"),
        (
            lambda: pick(3, 0),  # type: ignore[call-overload]
            TypeError,
            "pick expects a list to pick from, got int: 3; put it in a list",
        ),
        (
            lambda: pick([1.0, 2.0], [0, 1]),  # type: ignore[call-overload]
            TypeError,
            "pick expects one index, got list: [0, 1]; write [pick(values, i) for i in indices]",
        ),
        (lambda: pick("ab", 0), TypeError, "pick expects a list to pick from, got str: 'ab'"),  # type: ignore[arg-type]
        (lambda: pick({5.0}, 0), TypeError, "pick expects a list to pick from, got set: {5.0}"),  # type: ignore[call-overload]
        (
            lambda: pick({5: 1.0}, 0),  # type: ignore[call-overload]
            TypeError,
            "pick expects a list to pick from, got dict: {5: 1.0}; pass list(d.values())",
        ),
        (
            lambda: pick([[1, 2], [3]], Value(0)),
            ValueError,
            "pick expects rows of one length, got 2 entries in row 0 and 1 in row 1",
        ),
        (
            lambda: pick([[1], 2], 0),  # type: ignore[list-item]
            TypeError,
            "pick expects numbers only, or lists only, got int as row 1",
        ),
        (
            lambda: pick([1, 2], "a"),  # type: ignore[call-overload]
            TypeError,
            "pick, index: expected a real number, got str: 'a'. Convert it with float() first.",
        ),
    ],
)
def test_what_cannot_be_picked_from_is_refused(
    attempt: Callable[[], Any], kind: type[Exception], said: str
) -> None:
    with pytest.raises(kind) as refusal:
        attempt()
    assert str(refusal.value) == said


# ── as parts of a graph ──────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("copied", [lambda v: pickle.loads(pickle.dumps(v)), copy.deepcopy])
def test_choices_are_pickled_and_copied(copied: Callable[[Any], Any]) -> None:
    x, index = Value(2.0), Value(1.0)
    y = where(greater(x, 0), x * x, 0) * pick([x, 3 * x], index)
    twin, x_twin = copied([y, x])
    assert [v.op for v in autograd.graph.interior(twin)] == [
        v.op for v in autograd.graph.interior(y)
    ]
    assert grad(twin, x_twin) == grad(y, x) == 36.0


def test_within_no_grad_a_choice_records_nothing() -> None:
    x = Value(2.0)
    with no_grad():
        assert where(greater(x, 0), x, 0).parents == pick([x, x], Value(1)).parents == ()


def test_editing_data_after_recording_does_not_change_what_was_chosen() -> None:
    x, c, index = Value(2.0), Value(1.0), Value(1.0)
    y = where(c, x * x, x) * pick([x, x**3], index)
    expected = grad(y, x)
    for leaf in (x, c, index):
        leaf.data = 0.0
    assert grad(y, x) == grad(y, x, create_graph=True).data == expected
    y.backward()
    assert x.grad == expected


@pytest.mark.slow
def test_a_chain_of_a_million_choices_runs_forward_and_backward() -> None:
    x = Value(1.0)
    y: Value = x
    for _ in range(1_000_000):
        y = where(1.0, y, 0.0)
    y.backward()
    assert x.grad == 1.0


def test_choices_are_rows_of_the_table() -> None:
    assert [row.name for row in ops.CHOICES] == ["less", "greater", "equal", "where", "pick"]
    assert all(ops.find(row.name) is row for row in ops.CHOICES)
