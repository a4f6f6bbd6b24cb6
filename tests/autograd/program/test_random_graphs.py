"""Programs agree with random graphs: shared nodes, constants, several outputs, any passes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import autograd
from autograd import Value, grad
from autograd.program import PASSES
from tests.thorough import examples, trying

from .agreement import assert_agree, size_of
from .recipes import Recipe, recipes

if TYPE_CHECKING:
    from collections.abc import Sequence

some_passes = st.none() | st.lists(st.sampled_from(list(PASSES)), unique=True)
row_counts = st.sampled_from([1, 2, 3, 7, 8, 9, 17, 64, 100, 257, 300])

several = settings(trying(400, 60), suppress_health_check=[HealthCheck.too_slow])


def graph_of(recipe: Recipe, row: Sequence[float]) -> tuple[list[Value], list[Value]]:
    """The parameters and the outputs, for one row of data."""
    params = [Value(t) for t in recipe.theta]
    return params, recipe.record(params, [Value(x) for x in row])


def assert_close_for_its_graph(found: float, result: Value) -> None:
    """Close relative to what was rounded on the way; see `size_of`."""
    if not math.isclose(found, result.data, rel_tol=1e-12):
        assert_agree(found, result.data, size_of(result))


def repeated(columns: Sequence[Sequence[float]], rows: int) -> list[list[float]]:
    """As many rows as asked for, by repeating a few."""
    return [np.resize(column, rows).tolist() for column in columns]


def assert_values_agree(recipe: Recipe, rows: int, passes: list[str] | None) -> None:
    params = [Value(t) for t in recipe.theta]
    inputs = [Value(0.7 + 0.5 * k) for k in range(len(recipe.columns))]
    outputs = recipe.record(params, inputs)
    program = autograd.compile(outputs, params=params, inputs=inputs, passes=passes)
    found = program(*repeated(recipe.columns, rows))
    assert found.shape == (len(outputs), rows if inputs else 1)
    for k, row in enumerate(recipe.rows[:rows]):
        _, expected = graph_of(recipe, row)
        for ours, result in zip(found[:, k], expected, strict=True):
            assert_close_for_its_graph(float(ours), result)
    # The same data gives the same numbers, wherever in a block its row stands.
    for k in range(found.shape[1]):
        assert (found[:, k] == found[:, k % len(recipe.rows)]).all()


def assert_gradient_agrees(recipe: Recipe, rows: int, passes: list[str] | None) -> None:
    params = [Value(t) for t in recipe.theta]
    inputs = [Value(0.7 + 0.5 * k) for k in range(len(recipe.columns))]
    loss = recipe.record(params, inputs)[0]
    program = autograd.compile(loss, params=params, inputs=inputs, passes=passes)
    value, gradient = program.value_and_grad(*repeated(recipe.columns, rows))
    assert gradient.shape == (len(params),)
    # Means over the rows, each distinct one as often as it was repeated, of numbers and sizes.
    numbers, sizes = np.zeros(1 + len(params)), np.zeros(1 + len(params))
    total = rows if inputs else 1
    for k, row in enumerate(recipe.rows[:total]):
        share = len(range(k, total, len(recipe.rows))) / total
        leaves, (loss, *_) = graph_of(recipe, row)
        results = [loss, *grad(loss, leaves, create_graph=True)]
        loss.backward()
        assert [p.grad for p in leaves] == [g.data for g in results[1:]]
        for leaf in leaves_of(results):
            leaf.zero_grad()
        numbers += [share * g.data for g in results]
        sizes += [share * (size_of(g) + abs(g.data)) for g in results]
    assert np.isfinite(numbers).all()
    assert_agree([value, *gradient], numbers, sizes)


def leaves_of(results: Sequence[Value]) -> list[Value]:
    from autograd.graph import topological

    return [v for v in topological(*results) if v.operation is None]


@several
@given(recipes(), row_counts, some_passes)
def test_values_agree(recipe: Recipe, rows: int, passes: list[str] | None) -> None:
    assert_values_agree(recipe, rows, passes)


@several
@given(recipes(), row_counts, some_passes)
def test_gradients_agree(recipe: Recipe, rows: int, passes: list[str] | None) -> None:
    assert_gradient_agrees(recipe, rows, passes)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(2))  # parts spread over processes
@settings(several, max_examples=examples(800, 150))
@given(recipes(longest=60), row_counts, some_passes)
def test_values_agree_for_many_more_and_larger_graphs(
    part: int, recipe: Recipe, rows: int, passes: list[str] | None
) -> None:
    assert_values_agree(recipe, rows, passes)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(2))  # parts spread over processes
@settings(several, max_examples=examples(800, 150))
@given(recipes(longest=60), row_counts, some_passes)
def test_gradients_agree_for_many_more_and_larger_graphs(
    part: int, recipe: Recipe, rows: int, passes: list[str] | None
) -> None:
    assert_gradient_agrees(recipe, rows, passes)
