"""The order of a graph, and the backward pass."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd import Value, ops
from autograd.graph import (
    backward,
    contributions,
    interior,
    local_derivatives,
    symbolic_sum,
    topological,
)


def test_operands_come_before_their_results_and_leaves_before_their_first_use() -> None:
    a, b, c = Value(1.0), Value(2.0), Value(3.0)
    product = a * b
    y = product + c
    assert interior(y) == [product, y]
    assert topological(y) == [a, b, product, c, y]


def test_the_graph_of_the_first_operand_comes_before_that_of_the_second() -> None:
    a, b = Value(1.0), Value(2.0)
    left, right = a + 1, b + 1
    y = left * right
    assert topological(y) == [a, left, b, right, y]
    assert interior(total := ops.ADD(right, left, y)) == [right, left, y, total]


def test_a_leaf_is_its_own_order() -> None:
    x = Value(1.0)
    assert interior(x) == []
    assert topological(x) == [x]
    assert topological(x, x) == [x]
    assert topological() == interior() == []


def test_constants_are_not_in_the_order() -> None:
    x = Value(1.0)
    y = 3 * x + 1
    assert topological(y) == [x, y.parents[0], y]


def test_several_roots_share_their_common_part() -> None:
    x = Value(2.0)
    shared = x * x
    left, right = shared + 1, shared - 1
    assert interior(left, right) == [shared, left, right]
    assert interior(right, left) == [shared, right, left]
    assert interior(left, shared, left) == [shared, left]
    assert topological(left, right, x) == [x, shared, left, right]


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 99), st.integers(0, 99)), min_size=1, max_size=40))
def test_the_order_of_any_graph_has_each_value_once_and_operands_first(
    pairs: list[tuple[int, int]],
) -> None:
    values = [Value(1.0), Value(2.0)]
    for i, j in pairs:
        values.append(values[i % len(values)] - values[j % len(values)])
    roots = values[-3:]
    order = topological(*roots)
    place = {v: i for i, v in enumerate(order)}
    assert len(place) == len(order)
    assert set(roots) <= set(order)
    for v in order:
        assert all(place[p] < place[v] for p in v.parents)
    assert [v for v in order if v.operation is not None] == interior(*roots)
    assert topological(*roots) == order


def test_a_graph_with_exponentially_many_paths_is_walked_in_linear_time() -> None:
    x = Value(1.0)
    y = x
    for _ in range(1000):
        y = y * y + y
    assert len(interior(y)) == 2000


def test_contributions_are_the_gradient_times_the_local_derivatives() -> None:
    a, b = Value(2.0), Value(3.0)
    assert list(contributions(a * b, 10.0)) == [(a, 30.0), (b, 20.0)]
    assert list(contributions(a * a, 10.0)) == [(a, 20.0), (a, 20.0)]
    assert list(contributions(5 * b, 10.0)) == [(b, 50.0)]
    assert list(contributions(ops.ADD(a, b, 1.0), 10.0)) == [(a, 10.0), (b, 10.0)]


def test_a_shift_contributes_nothing() -> None:
    shift = ops.SHIFT(Value(2.0), Value(3.0))
    assert list(contributions(shift, 10.0)) == []
    assert list(contributions(shift, Value(10.0), symbolic=True)) == []


def test_symbolic_contributions_are_values_and_record_no_factor_of_1() -> None:
    a, b = Value(2.0), Value(3.0)
    gradient = Value(10.0)
    (_, to_a), (_, to_b) = contributions(a * b, gradient, symbolic=True)
    assert (to_a.parents, to_a.data) == ((gradient, b), 30.0)
    assert (to_b.parents, to_b.data) == ((gradient, a), 20.0)
    (_, to_a), _ = contributions(a * b, 1.0, symbolic=True)
    assert to_a is b
    (_, to_a), _ = contributions(a + b, gradient, symbolic=True)
    assert to_a is gradient


def test_a_symbolic_sum_records_no_0() -> None:
    v = Value(2.0)
    assert symbolic_sum(0.0, v) is v
    assert symbolic_sum(v, 0.0) is v
    assert symbolic_sum(1.0, 2.0) == 3.0
    assert symbolic_sum(v, 1.0).data == 3.0
    assert symbolic_sum(v, Value(0.0)).data == 2.0


# ── the backward pass ────────────────────────────────────────────────────────────────────────

ROWS = ops.TABLE
EDGES = (-float("inf"), -2.0, -0.0, 0.0, 0.5, 1.0, 700.0, float("inf"), float("nan"))


def check_backward_is_the_walk(root: Value) -> None:
    """`Value.backward`, which is spelt out for speed, leaves what `graph.backward` yields."""
    found = dict.fromkeys(topological(root), 0.0) | {root: 1.0}
    for _, operand, *_, total in backward(root):
        found[operand] = total
    for v in found:
        v.zero_grad()
    root.backward()
    assert [repr(v.grad) for v in found] == [repr(gradient) for gradient in found.values()]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_backward_leaves_what_the_walk_yields_for_every_operation(row: ops.Op) -> None:
    for numbers in product(EDGES, repeat=row.arity or 3):
        x, *rest = numbers
        check_backward_is_the_walk(row(*map(Value, numbers)))
        check_backward_is_the_walk(row(Value(x), *rest))
        if rest:
            check_backward_is_the_walk(row(x, *map(Value, rest)))
            shared = Value(x)
            check_backward_is_the_walk(row(shared, *[shared for _ in rest]) * shared)


@settings(max_examples=300)
@given(
    st.lists(st.sampled_from(EDGES), min_size=1, max_size=3),
    st.lists(
        st.tuples(
            st.sampled_from([row for row in ROWS if row is not ops.SHIFT]),
            st.lists(st.integers(0, 30), min_size=4, max_size=4),
            st.sampled_from([None, *EDGES]),
        ),
        min_size=1,
        max_size=20,
    ),
)
def test_backward_leaves_what_the_walk_yields_for_random_graphs(
    leaves: list[float], steps: list[tuple[ops.Op, list[int], float | None]]
) -> None:
    nodes: list[Any] = [Value(x) for x in leaves]
    for row, chosen, constant in steps:
        operands = [nodes[-1 - i % len(nodes)] for i in chosen[: row.arity or 4]]
        if constant is not None and len(operands) > 1:
            operands[1] = constant
        nodes.append(row(*operands))
    check_backward_is_the_walk(nodes[-1])


def test_the_walk_names_the_source_of_each_contribution_and_writes_no_gradient() -> None:
    a, b = Value(2.0), Value(3.0)
    y = 5 * (a * b) + b
    scaled = y.parents[0]
    (inner,) = (v for v in scaled.operands if isinstance(v, Value))
    assert list(backward(y)) == [
        (y, scaled, 0, 1.0, 1.0, 1.0),
        (y, b, 1, 1.0, 1.0, 1.0),
        (scaled, inner, 1, 1.0, 5.0, 5.0),
        (inner, a, 0, 5.0, 15.0, 15.0),
        (inner, b, 1, 5.0, 10.0, 11.0),
    ]
    assert (a.grad, b.grad, inner.grad, y.grad) == (0.0, 0.0, 0.0, 0.0)
    assert list(backward(a)) == []


def test_local_derivatives_are_none_where_no_gradient_flows() -> None:
    a, b = Value(2.0), Value(3.0)
    assert local_derivatives(a * b) == [3.0, 2.0]
    assert local_derivatives(a * 4) == [4.0, None]
    assert local_derivatives(ops.SHIFT(a, b)) == [None, None]
