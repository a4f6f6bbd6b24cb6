"""Columns at once: a block, a list, a DataFrame or another table matched by name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import autograd
from autograd import Value

if TYPE_CHECKING:
    from collections.abc import Callable

    from autograd.program.program import Program

ROWS = np.array([[1.0, 10.0, 100.0], [2.0, 20.0, 200.0]])
NAMES = ["x", "sepal length", "z"]


@pytest.fixture
def program() -> Program:
    """``w · x − y + 2 z``; a label of two words, and one that an output shares."""
    w = Value(3.0, "w")
    inputs = [Value(1.0, name) for name in NAMES]
    x, y, z = inputs
    out = w * x - y + 2 * z
    out.label = "z"
    return autograd.compile(out, [w], inputs)


def by_hand(rows: Any) -> list[float]:
    return [3 * x - y + 2 * z for x, y, z in rows]


def assert_same_results(program: Program, given: Any, rows: Any = ROWS) -> None:
    expected = by_hand(rows)
    assert program(given).tolist() == expected
    value, gradient = program.value_and_grad(given)
    assert value == pytest.approx(sum(expected) / len(expected))
    assert gradient.tolist() == pytest.approx([np.mean(np.asarray(rows)[:, 0])])


@pytest.mark.parametrize(
    "form",
    [
        lambda rows: rows,
        np.asfortranarray,
        lambda rows: rows.astype(np.int64),
        lambda rows: rows.astype(np.float32),
        lambda rows: rows.astype(np.longdouble),
        lambda rows: np.hstack([rows, rows])[:, ::2][:, [0, 2, 1]],  # not contiguous
        lambda rows: np.ma.array(rows, mask=np.zeros_like(rows)),
    ],
    ids=["C", "Fortran", "int", "float32", "longdouble", "strided", "masked"],
)
def test_a_block_holds_a_column_for_each_input(
    form: Callable[[Any], Any], program: Program
) -> None:
    block = form(ROWS)
    assert_same_results(program, block, np.asarray(block, float))


def test_a_list_holds_columns_not_rows(program: Program) -> None:
    assert_same_results(program, ROWS.T.tolist())
    assert_same_results(program, tuple(ROWS.T))
    assert_same_results(program, [ROWS[:, 0], [10, 20], ROWS[:, 2]])


def test_a_square_array_is_rows_and_a_square_list_is_columns(program: Program) -> None:
    square = np.arange(9.0).reshape(3, 3)
    assert program(square).tolist() == by_hand(square)
    assert program(square.tolist()).tolist() == by_hand(square.T)


def test_a_single_input_takes_a_block_of_one_column() -> None:
    x = Value(1.0, "x")
    program = autograd.compile(x * 2, [], [x])
    assert program(np.array([[1.0], [2.0]])).tolist() == [2.0, 4.0]
    assert program({"x": [1.0, 2.0]}).tolist() == [2.0, 4.0]
    with pytest.raises(ValueError, match=r"column x: .*one number for each row, got .*\(2, 2\)"):
        program(np.ones((2, 2)))


def test_columns_are_passed_by_name(program: Program) -> None:
    x, y, z = ROWS.T
    assert program(x, z=z, **{"sepal length": y}).tolist() == by_hand(ROWS)
    value, _ = program.value_and_grad(x, y, z=z, theta=[0.0])
    assert value == np.mean(2 * z - y)


def structured() -> Any:
    table = np.empty(2, [(name, "f4") for name in reversed(NAMES)])
    for name, column in zip(NAMES, ROWS.T, strict=True):
        table[name] = column
    return table


def dictionary() -> Any:
    return dict(zip(NAMES[::-1], ROWS.T[::-1].tolist(), strict=True))


def pandas_frame() -> Any:
    pandas = pytest.importorskip("pandas")
    return pandas.DataFrame(dictionary())


def polars_frame() -> Any:
    polars = pytest.importorskip("polars")
    return polars.DataFrame(dictionary())


tables = pytest.mark.parametrize("table", [dictionary, structured, pandas_frame, polars_frame])


@tables
def test_a_table_is_matched_by_name_in_any_order(
    table: Callable[[], Any], program: Program
) -> None:
    assert_same_results(program, table())


FRAMES: list[Callable[[Any], Any]] = [
    lambda columns: pytest.importorskip("pandas").DataFrame(columns),
    lambda columns: pytest.importorskip("polars").DataFrame(columns),
    lambda columns: columns,
]
frames = pytest.mark.parametrize("frame", FRAMES, ids=["pandas", "polars", "dict"])


@frames
def test_missing_and_unexpected_columns_are_named(
    frame: Callable[[Any], Any], program: Program
) -> None:
    columns = {"x": [1.0], "sepal length": [1.0], "z": [1.0], "id": [7.0]}
    with pytest.raises(
        ValueError,
        match=r"got unexpected 'id'; select the others: table\[\['x', 'sepal length', 'z'\]\]",
    ):
        program(frame(columns))
    with pytest.raises(ValueError, match=r"got missing 'z' and unexpected 'zz'; rename"):
        program.value_and_grad(frame({"x": [1.0], "zz": [1.0], "sepal length": [1.0]}))


def test_a_name_may_not_be_repeated(program: Program) -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(np.ones((2, 4)), columns=["x", "sepal length", "z", "x"])
    with pytest.raises(ValueError, match="got several called 'x'; rename them or drop"):
        program(frame)


def test_a_column_by_place_and_by_name_is_refused(program: Program) -> None:
    with pytest.raises(ValueError, match="once, got 'x' both by its place and by its name"):
        program([1.0], [2.0], [3.0], x=[1.0])


def test_inputs_that_share_a_label_are_matched_by_their_unique_names() -> None:
    a, b = Value(1.0, "x"), Value(2.0, "x")
    program = autograd.compile(a - b, [], [a, b])
    assert program({"x#0": [5.0], "x#1": [3.0]}).tolist() == [2.0]
    with pytest.raises(ValueError, match=r"missing 'x#0', 'x#1' and unexpected 'x'"):
        program({"x": [1.0]})


# ── bad rows ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("block", "kind", "told"),
    [
        (np.array([[1.0, 2.0], [3.0, None]], object), TypeError, "column y, row 1: .* got None"),
        (np.array([["1", "2"]]), TypeError, "column x, row 0: .* got str"),
        (np.array([[1j, 2.0]]), TypeError, "column x, row 0: .* got complex"),
        (
            np.ma.array([[1.0, 2.0], [3.0, 4.0]], mask=[[False, False], [False, True]]),
            ValueError,
            "column y, row 1: .* got a masked entry",
        ),
        (np.empty((0, 2)), ValueError, "at least one row"),
    ],
    ids=["None", "str", "complex", "masked", "empty"],
)
def test_the_bad_entry_of_a_block_is_named(block: Any, kind: type[Exception], told: str) -> None:
    x, y = Value(1.0, "x"), Value(2.0, "y")
    program = autograd.compile(x + y, [], [x, y])
    for call in (program, program.value_and_grad):
        with pytest.raises(kind, match=told):
            call(block)


def test_nan_in_a_block_is_a_number(program: Program) -> None:
    assert np.isnan(program(np.array([[np.nan, 1.0, 2.0]]))).all()


@pytest.mark.parametrize("missing", ["NA", "None"])
def test_a_missing_entry_of_pandas_is_named(missing: str, program: Program) -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(dictionary())
    if missing == "NA":
        frame["x"] = pandas.array([1, None], dtype="Int64")
        told = r"column x, row 1: expected a number, got a missing entry \(NA\)"
        with pytest.raises(ValueError, match=told):
            program(frame)
    else:
        frame["x"] = pandas.Series([1.0, None], dtype=object)
        with pytest.raises(TypeError, match=r"column x, row 1: expected a real number, got None"):
            program(frame)


def test_a_null_of_polars_is_named(program: Program) -> None:
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame({**dictionary(), "x": [1.0, None]})
    told = "column x, row 1: expected a number, got a missing entry (null); fill it"
    with pytest.raises(ValueError, match=re.escape(told)):
        program(frame)
    with pytest.raises(ValueError, match=re.escape(told)):
        program(frame["x"], *ROWS.T[1:])


def test_columns_of_text_are_refused(program: Program) -> None:
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame({**dictionary(), "x": ["a", "b"]})
    with pytest.raises(TypeError, match=r"column x, row 0: expected a real number, got str: 'a'"):
        program(frame)
