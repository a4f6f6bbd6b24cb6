"""Programs pick by whole numbers in their columns, and name the row of an index that is wrong."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import autograd
from autograd import Value, pick, where
from autograd.program.program import Program

from .agreement import assert_program_agrees, compile_loss

if TYPE_CHECKING:
    from collections.abc import Callable

inf, nan = float("inf"), float("nan")


def embedded(params: list[Value], inputs: list[Value]) -> Value:
    """A table of 4 rows of 3, looked up twice; the second time by a computed index."""
    table = [params[3 * i : 3 * i + 3] for i in range(4)]
    token, other = inputs
    a, b = pick(table, token), pick(table, 3 - other)
    return autograd.dot(a, b).tanh() + a[0] * pick([2.0, params[0], b[1]], where(token, 1, 2))


THETA = [0.1 * k - 0.5 for k in range(12)]


@pytest.mark.parametrize("passes", [None, ()], ids=["optimised", "as recorded"])
def test_a_program_picks_anew_for_each_row(passes: Any) -> None:
    def recorded_at(inputs: list[float]) -> Program:
        return compile_loss(embedded, THETA, inputs, passes=passes)

    columns = [[0.0, 1.0, 2.0, 3.0, 3.0, 0.0], [0.0, 3.0, 1.0, 2.0, 0.0, 2.0]]
    program = recorded_at([0.0, 0.0])
    expected = program(*columns)
    assert (recorded_at([3.0, 2.0])(*columns) == expected).all()
    for row, loss in zip(zip(*columns, strict=True), expected, strict=True):
        leaves = [Value(t) for t in THETA]
        assert abs(embedded(leaves, [Value(x) for x in row]).data - loss) < 1e-14
    whole: Any = [np.array(column, dtype) for column, dtype in zip(columns, (int, np.uint8))]  # noqa: B905
    assert program.value_and_grad(*whole)[0] == program.value_and_grad(*columns)[0]


def test_the_gradient_goes_to_what_each_row_picked() -> None:
    def build(params: list[Value], inputs: list[Value]) -> Value:
        return pick(params[:3], inputs[0] - 0.7) ** 2 * params[3]  # recorded at 0.7: index 0

    columns = [[0.7, 1.7, 2.7, 1.7, 1.7]]
    assert_program_agrees(build, [2.0, 3.0, 5.0, -1.0], columns)


def test_only_what_a_row_picked_can_be_nan() -> None:
    x, token = Value(1.0, label="x"), Value(0.0, label="token")
    w = Value(1.0)
    y = pick([(w * x).log(), (w * x).sqrt(), w * x], token)
    program = autograd.compile(y, params=[w], inputs=[x, token])
    value, gradient = program.value_and_grad([-1.0, 4.0, 0.0], [2, 1, 2])
    assert (value, gradient.item()) == ((-1.0 + 2.0) / 3, (-1.0 + 1.0) / 3)


@pytest.fixture(scope="module")
def program() -> Program:
    token = Value(1.0, label="token")
    weights = [Value(0.5 + k, label=f"w{k}") for k in range(4)]
    return autograd.compile(pick(weights, token) ** 2, params=weights, inputs=[token])


WRONG = [
    ([0, 4], "got 4"),
    ([0, -1, 4], "got -1; negative indices do not count from the end"),
    ([0, 1.5], "got 1.5"),
    ([3, nan], "got nan"),
    ([3, inf], "got inf"),
    ([3, 1e300], r"got 1e\+300"),
]


@pytest.mark.parametrize(("column", "got"), WRONG)
@pytest.mark.parametrize(
    "run",
    [
        lambda p, column: p(column),
        lambda p, column: p.value_and_grad(column),
        lambda p, column: p.value_and_grad(np.array(column, float)),
        lambda p, column: p.value_and_grad(column, theta=[1.0] * 4),
        lambda p, column: pickle.loads(pickle.dumps(p))(column),
    ],
)
def test_a_wrong_index_in_a_column_is_named_with_its_row(
    program: Program, run: Callable[[Program, Any], Any], column: list[float], got: str
) -> None:
    expected = f"^pick, row 1, column token: expected a whole number from 0 to 3, {got}"
    with pytest.raises(IndexError, match=expected):
        run(program, column)
    assert program([0, 3]).tolist() == [0.25, 12.25]


def test_a_wrong_index_that_is_computed_is_named_with_its_row() -> None:
    a, b = Value(1.0, label="a"), Value(0.0, label="b")
    index = a + b
    index.label = "sum"
    w = Value(2.0)
    program = autograd.compile(pick([w, w * w, 3.0], index), params=[w], inputs=[a, b])
    assert program([0, 1, 0], [0, 0, 2]).tolist() == [2.0, 4.0, 3.0]
    for wrong in program, program.value_and_grad, pickle.loads(pickle.dumps(program)):
        with pytest.raises(IndexError, match=r"^pick, row 2, index sum: .* from 0 to 2, got 3"):
            wrong([0, 1, 2], [0, 0, 1])


def test_a_picked_number_may_be_an_index() -> None:
    token, w = Value(1.0, label="token"), Value(2.0)
    after = pick([1.0, 2.0, 7.0], token)
    program = autograd.compile(pick([w, w, w * w], after), params=[w], inputs=[token])
    assert program([0, 1]).tolist() == [2.0, 4.0]
    with pytest.raises(IndexError, match=r"^pick, row 1, index: .* from 0 to 2, got 7"):
        program([0, 2])
    with pytest.raises(IndexError, match=r"^pick, row 0, column token: .* from 0 to 2, got 3"):
        program([3, 2])


def test_a_wrong_index_is_named_even_where_its_pick_is_not_chosen() -> None:
    token, w = Value(1.0, label="token"), Value(2.0)
    y = where(autograd.less(token, 2), pick([w, w], token), 0)
    program = autograd.compile(y, params=[w], inputs=[token])
    with pytest.raises(IndexError, match="row 1, column token"):
        program([0, 2])


def test_an_index_may_be_a_parameter_or_a_constant() -> None:
    index, w = Value(1.0, label="which"), Value(2.0)
    program = autograd.compile(pick([w, 3 * w], index), params=[w, index])
    value, gradient = program.value_and_grad()
    assert (value, gradient.tolist()) == (6.0, [3.0, 0.0])
    with pytest.raises(IndexError, match=r"^pick, index: .* from 0 to 1, got 2"):
        program.value_and_grad(theta=[2.0, 2.0])
    assert autograd.compile(pick([w, 3 * w], index), params=[w])().tolist() == [6.0]


def test_rows_split_over_threads_pick_alike() -> None:
    rng = np.random.default_rng(0)
    columns = [rng.integers(0, 4, 40_000), rng.integers(0, 4, 40_000)]
    one = compile_loss(embedded, THETA, [0.0, 0.0])
    two = compile_loss(embedded, THETA, [0.0, 0.0], threads=2)
    assert np.allclose(one.value_and_grad(*columns)[1], two.value_and_grad(*columns)[1], rtol=1e-12)


def test_a_listing_shows_choices_as_they_are_written(program: Program) -> None:
    assert "v1 = pick(token, w0, w1, w2, w3)" in program.listing()
    x = Value(1.0, label="x")
    y = where(autograd.greater(x, 0), x, -x)
    listed = autograd.compile(y, inputs=[x]).listing()
    assert "v1 = x > 0.0" in listed
    assert "L = mean(v3)" in listed or "where(v1, x, v2)" in listed


@pytest.mark.parametrize("rows", [1, 1024, 1025])
def test_a_block_is_looked_up_and_checked_as_columns_are(rows: int) -> None:
    """Few rows are checked at once, more of them column by column."""
    tokens = [Value(0.0, label=f"token{k}") for k in range(4)]
    weights = [Value(0.5 + k) for k in range(3)]
    loss = pick(weights, tokens[0]) * pick(weights, tokens[1]) + tokens[2] * tokens[3]
    program = autograd.compile(loss, params=weights, inputs=tokens)
    block = np.random.default_rng(0).integers(0, 3, (rows, 4)).astype(float)
    for given in (block, np.asfortranarray(block), block[::-1]):
        value, gradient = program.value_and_grad(given)
        expected = program.value_and_grad(*given.T)
        assert value == expected[0]
        assert (gradient == expected[1]).all()
        assert (program(given) == program(*given.T)).all()
    block[-1, 1] = 3.0
    with pytest.raises(IndexError, match=f"row {rows - 1}, column token1: .* got 3"):
        program.value_and_grad(block)
