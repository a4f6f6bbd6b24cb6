"""Bad use raises an error that says what was expected, what it got, and what to do."""

from __future__ import annotations

import math
import re
import subprocess
import sys
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import autograd
from autograd import Value
from nn import MLP

if TYPE_CHECKING:
    from collections.abc import Callable

    from autograd.program.program import Program

ROOT = Path(__file__).parents[3]


@pytest.fixture
def w() -> Value:
    return Value(2.0, "w")


@pytest.fixture
def x() -> Value:
    return Value(3.0, "x")


@pytest.fixture
def program(w: Value, x: Value) -> Program:
    """A program of two columns, the second without a label."""
    y = Value(1.0)
    return autograd.compile(w * x + y, params=[w], inputs=[x, y])


# ── compiling ────────────────────────────────────────────────────────────────────────────────


def test_an_input_is_a_leaf(w: Value, x: Value) -> None:
    with pytest.raises(
        ValueError, match=r"inputs: expected leaves.*computed by '\*'.*computed from"
    ):
        autograd.compile(w * x, params=[w], inputs=[x * 2])


def test_a_parameter_is_a_leaf(w: Value, x: Value) -> None:
    doubled = w * 2
    doubled.label = "doubled"
    with pytest.raises(
        ValueError, match=r"parameters: expected leaves.*'doubled'.*computed by '\*'"
    ):
        autograd.compile(doubled * x, params=[doubled], inputs=[x])


def test_a_value_is_not_both_parameter_and_input(w: Value, x: Value) -> None:
    with pytest.raises(ValueError, match=r"'x' is both a parameter .*and an input.*leave it out"):
        autograd.compile(w * x, params=[w, x], inputs=[x])


def test_a_value_is_an_input_once(w: Value, x: Value) -> None:
    with pytest.raises(ValueError, match=r"inputs: 'x' is repeated"):
        autograd.compile(w * x, params=[w], inputs=[x, w, x][::2])


def test_a_value_is_a_parameter_once(w: Value, x: Value) -> None:
    with pytest.raises(ValueError, match=r"parameters: 'w' is repeated"):
        autograd.compile(w * x, params=[w, w], inputs=[x])


def test_values_without_a_label_are_shown_as_they_are() -> None:
    p = Value(2.5)
    with pytest.raises(ValueError, match=r"Value\(data=2\.5.*repeated"):
        autograd.compile(p * p, params=[p, p])


@pytest.mark.parametrize("outputs", [3.0, None, "loss", [3.0], ["loss"], [None], np.ones(2)])
def test_an_output_is_a_value(outputs: Any) -> None:
    with pytest.raises(TypeError, match=r"outputs: expected .*Values?, got (float|NoneType|str)"):
        autograd.compile(outputs)


def test_there_is_an_output() -> None:
    with pytest.raises(ValueError, match="outputs: expected at least one Value, got an empty list"):
        autograd.compile([])


@pytest.mark.parametrize("what", ["params", "inputs"])
@pytest.mark.parametrize("things", [[1.0], ["w"], [None], "w", None, 5, [MLP(1, [1])]])
def test_parameters_and_inputs_are_values(what: str, things: Any, w: Value) -> None:
    name = "parameter" if what == "params" else "input"
    with pytest.raises(TypeError, match=rf"{name}s: expected .*Values?, got \w+"):
        autograd.compile(w * 2, **{what: things})


@pytest.mark.parametrize("what", ["params", "inputs"])
def test_a_single_value_is_refused_as_a_list(what: str, w: Value) -> None:
    with pytest.raises(TypeError, match="list of Values, got Value"):
        autograd.compile(w * 2, **{what: w})  # type: ignore[arg-type]


def test_a_pass_has_a_known_name(w: Value) -> None:
    with pytest.raises(
        ValueError, match=r"unknown pass 'unroll'.*fold, simplify, share, prune, fuse"
    ):
        autograd.compile(w * 2, passes=["fold", "unroll"])


def test_passes_are_a_list(w: Value) -> None:
    with pytest.raises(TypeError, match=r"list of names, got str: 'fold'"):
        autograd.compile(w * 2, passes="fold")


@pytest.mark.parametrize("threads", [0, -1])
def test_there_is_at_least_one_thread(threads: int, w: Value) -> None:
    with pytest.raises(ValueError, match=rf"at least one thread, got {threads}"):
        autograd.compile(w * 2, threads=threads)
    program = autograd.compile(w * 2)
    with pytest.raises(ValueError, match=rf"at least one thread, got {threads}"):
        program.threads = threads
    assert program.threads == 1


@pytest.mark.parametrize("threads", [1.5, "2", None])
def test_threads_are_a_whole_number(threads: Any, w: Value) -> None:
    with pytest.raises(TypeError, match="thread"):
        autograd.compile(w * 2, threads=threads)


def test_a_custom_operation_is_refused_if_it_is_not_in_the_table(w: Value) -> None:
    cube = autograd.ops.Op("cube", "³", lambda a: a**3, lambda a, y: 3.0 * a * a)
    with pytest.raises(ValueError, match=r"'cube' is not one of them.*give it a vector form"):
        autograd.compile(cube(w), params=[w])


@pytest.mark.parametrize("function", [lambda x: x * 2.0, MLP(1, [1]), abs])
def test_several_functions_are_refused_with_advice(function: Any) -> None:
    with pytest.raises(
        TypeError, match=r"got \w+.*; compile one function that returns all outputs"
    ):
        autograd.compile([function])


@pytest.mark.parametrize("given", [{"shapes": {"x": 2}}, {"samples": {"x": [1.0]}}])
def test_shapes_and_samples_belong_to_a_function(given: Any, w: Value) -> None:
    with pytest.raises(TypeError, match=r"belong to a function, .*a recorded graph; pass the func"):
        autograd.compile(w * 2, **given)


@pytest.mark.parametrize(
    ("params", "advice"),
    [
        ([MLP(1, [1])], r"got MLP: .*; pass the model itself, or list its parameters: \["),
        (MLP(1, [1]).parameters, r"got method; call it and pass what it returns"),
        ([[Value(1.0)], [Value(2.0)]], r"got list: .*; put all of them in one flat list"),
        (np.array([[Value(1.0)]]), r"got ndarray: .*; put all of them in one flat list"),
        ({"w": Value(1.0)}, r"got dict; pass its values: list\(d\.values\(\)\)"),
        (np.array(Value(1.0)), r"got ndarray; pass the Value in it: array\.item\(\)"),
        (Value(1.0), r"got Value; put it in a list"),
        ("w", r"got str; pass the Values themselves"),
    ],
)
def test_anything_but_a_flat_list_of_parameters_is_refused_with_advice(
    params: Any, advice: str, w: Value
) -> None:
    with pytest.raises(TypeError, match=advice):
        autograd.compile(w * 2, params=params)


def test_data_in_place_of_inputs_is_refused_with_advice(w: Value, x: Value) -> None:
    with pytest.raises(
        TypeError, match=r"list the Values that columns replace, and call the program with"
    ):
        autograd.compile(w * x, params=[w], inputs=[np.ones(3)])  # type: ignore[list-item]


# ── calling ──────────────────────────────────────────────────────────────────────────────────

CALLS: list[Callable[..., Any]] = [
    lambda program, *columns: program(*columns),
    lambda program, *columns: program.value_and_grad(*columns),
]
calls = pytest.mark.parametrize("call", CALLS, ids=["values", "value_and_grad"])


@calls
def test_a_block_or_list_has_as_many_columns_as_the_program_has_inputs(
    call: Any, program: Program
) -> None:
    with pytest.raises(ValueError, match=r"expected 2 columns.*\(x, x#1\), got an array of .*5, 3"):
        call(program, np.ones((5, 3)))
    with pytest.raises(ValueError, match=r"expected 2 columns \(x, x#1\), got a list of 3; .*rows"):
        call(program, [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])


@calls
@pytest.mark.parametrize("count", [0, 1, 3])
def test_there_is_a_column_for_each_input(call: Any, count: int, program: Program) -> None:
    with pytest.raises(ValueError, match=rf"expected 2 columns.*\(x, x#1\), got {count}"):
        call(program, *[[1.0, 2.0]] * count)


@calls
def test_without_inputs_there_are_no_columns(call: Any, w: Value) -> None:
    with pytest.raises(ValueError, match=r"expected 0 columns.*got 1"):
        call(autograd.compile(w * 2, params=[w]), [1.0])


@calls
def test_columns_have_the_same_length(call: Any, program: Program) -> None:
    with pytest.raises(ValueError, match=r"different lengths: x 2, x#1 3"):
        call(program, [1.0, 2.0], [1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match=r"different lengths: x 2, x#1 1"):
        call(program, [1.0, 2.0], [1.0])
    with pytest.raises(ValueError, match=r"different lengths: x 0, x#1 1"):
        call(program, [], [1.0])


@calls
@pytest.mark.parametrize("shorter", [0, 1, 2])
@pytest.mark.parametrize("rows", [0, 1, 4, 300])
def test_arrays_have_the_same_length_too(call: Any, shorter: int, rows: int, w: Value) -> None:
    """Although the machine takes them unconverted."""
    inputs = [Value(1.0, "a"), Value(2.0, "b"), Value(3.0, "c")]
    program = autograd.compile(w * inputs[0] + inputs[1] * inputs[2], params=[w], inputs=inputs)
    columns = [np.ones(rows if k == shorter else 5) for k in range(3)]
    with pytest.raises(ValueError, match=rf"different lengths: .*{'abc'[shorter]} {rows}"):
        call(program, *columns)


@calls
@pytest.mark.parametrize("empty", [[], (), np.empty(0), np.array([], object)])
def test_there_is_at_least_one_row(call: Any, empty: Any, program: Program) -> None:
    with pytest.raises(ValueError, match="at least one row"):
        call(program, empty, empty)


@calls
@pytest.mark.parametrize(
    ("column", "told"),
    [
        (["a", "b"], "str"),
        (["1", "2"], "str"),
        ([1.0, "2"], "str"),
        (np.array(["1", "2"]), "str"),
        ([1j, 2], "complex"),
        (np.array([1, 2], np.complex64), "complex64"),
        (np.array([1.0, 2.0], object), "object"),
        ([None, 1.0], "None"),
        ([Fraction(1, 2), 1], "Fraction"),
        ([Value(1.0), Value(2.0)], "Value"),
        (np.array(["2020-01-01", "2020-01-02"], "M8[D]"), "datetime64"),
    ],
)
def test_a_column_holds_real_numbers(call: Any, column: Any, told: str, program: Program) -> None:
    with pytest.raises(
        TypeError, match=rf"column x\b.*: expected .*real number.*, got .*{told}.*convert"
    ):
        call(program, column, [1.0, 2.0])
    with pytest.raises(
        TypeError, match=rf"column x#1\b.*: expected .*real number.*, got .*{told}.*convert"
    ):
        call(program, [1.0, 2.0], column)


CONVERT = "; convert it to a float, or leave that row out of all columns"


@calls
@pytest.mark.parametrize(
    ("column", "told"),
    [
        ([1.0, None], "None in row 1"),
        (np.array([1.0, None]), "None in row 1"),
        ([True, None], "None in row 1"),
        ([1.0, "2"], "str: '2' in row 1"),
        ([1.0, 1j], "complex: 1j in row 1"),
        ([1.0, Decimal(2)], "Decimal: Decimal('2') in row 1"),
        ([1, 2**70], f"int: {2**70} in row 1"),  # too large for any NumPy array of integers
        ([1.0, [2.0]], "list: [2.0] in row 1"),
        ([[1.0], 2.0], "list: [1.0] in row 0"),
        ([1.0, (2.0, 3.0)], "tuple: (2.0, 3.0) in row 1"),
        ([1.0, np.array([2.0])], "ndarray: array([2.]) in row 1"),
        ([1.0, {"a": 2}], "dict: {'a': 2} in row 1"),
        ([1.0, abs], "builtin_function_or_method: <built-in function abs> in row 1"),
    ],
)
def test_the_row_to_blame_is_named(call: Any, column: Any, told: str, program: Program) -> None:
    got, row = told.rsplit(" in ", 1)
    expected = f"column x, {row}: expected a real number, got {got}{CONVERT}"
    with pytest.raises(TypeError, match=re.escape(expected)):
        call(program, column, [1.0, 2.0])


@calls
def test_an_array_of_objects_that_are_all_numbers_is_refused_as_a_whole(
    call: Any, program: Program
) -> None:
    with pytest.raises(
        TypeError, match=r"column x: .* got an array of dtype object; convert it to a list"
    ):
        call(program, np.array([1.0, 2.0], object), [1.0, 2.0])


@calls
def test_a_value_in_a_column_is_refused_with_advice(call: Any, program: Program) -> None:
    with pytest.raises(TypeError, match=r"column x, row 1: .* got a Value; .* v\.data"):
        call(program, [1.0, Value(2.0)], [1.0, 2.0])


# NumPy would use the numbers under a mask: the mean of [1, 2, (1e6)] would be 333334.33, where that
# of the two numbers that count is 1.5.
@calls
@pytest.mark.parametrize(
    ("column", "row"),
    [
        (np.ma.array([1.0, 2.0, 1e6], mask=[False, False, True]), 2),
        (np.ma.array([1, 2, 3], mask=[False, True, True]), 1),
        (np.ma.masked_invalid([math.nan, 1.0, 2.0]), 0),
        (np.ma.array([1.0, 2.0, 3.0], mask=True), 0),
        ([1.0, np.ma.array(2.0, mask=True)], 1),
        ([1.0, np.ma.masked, 2.0], 1),
        (tuple(np.ma.array([1.0, 2.0, 3.0], mask=[False, False, True])), 2),
    ],
)
@pytest.mark.parametrize("form", [list, np.array])  # arrays alone go straight to the machine
@pytest.mark.filterwarnings("ignore:.*converting a masked element to nan")
def test_a_masked_entry_is_refused(
    call: Any, column: Any, row: int, form: Any, program: Program
) -> None:
    told = (
        f"column x, row {row}: expected a number, got a masked entry; "
        "fill it with a number, or leave that row out"
    )
    for _ in range(2):
        with pytest.raises(ValueError, match=told):
            call(program, column, form([1.0, 2.0, 3.0][: len(column)]))


def test_a_masked_entry_in_theta_is_refused(program: Program) -> None:
    with pytest.raises(ValueError, match=r"theta, entry 0: .* got a masked entry"):
        program.theta = np.ma.array([1.0], mask=True)
    with pytest.raises(ValueError, match=r"theta, entry 0: .* got a masked entry"):
        program.value_and_grad([1.0], [1.0], theta=np.ma.array([1.0], mask=True))
    assert program.theta.tolist() == [2.0]


@calls
def test_a_masked_array_without_masked_entries_is_a_column(call: Any, program: Program) -> None:
    plain = call(program, [1.0, 2.0], [1.0, 2.0])
    masked = call(program, np.ma.array([1.0, 2.0]), np.ma.array([1.0, 2.0], mask=[False, False]))
    assert repr(masked) == repr(plain)


@calls
def test_nan_is_a_number(call: Any, program: Program) -> None:
    result = call(program, [1.0, math.nan], [1.0, 2.0])
    if isinstance(result, tuple):
        assert math.isnan(result[0])
    else:
        assert result[0] == 3.0 and math.isnan(result[1])


@calls
@pytest.mark.parametrize("dtype", ["Int64", "Float64", "boolean"])
def test_a_missing_entry_of_pandas_is_refused(call: Any, dtype: str, program: Program) -> None:
    """But nan in an ordinary column stays nan, and a column without NA is accepted."""
    pandas = pytest.importorskip("pandas")
    with pytest.raises(
        ValueError, match=r"column x, row 1: .* got a missing entry \(NA\); fill it"
    ):
        call(program, pandas.Series([1, None], dtype=dtype), [1.0, 2.0])
    with pytest.raises(TypeError, match=r"column x, row 1: .* got NAType: <NA>; convert it"):
        call(program, [1, pandas.NA], [1.0, 2.0])
    call(program, pandas.Series([1, 0], dtype=dtype), pandas.Series([1.0, math.nan]))


@calls
@pytest.mark.parametrize(
    ("column", "told"),
    [
        (5.0, "single number"),
        (np.float64(5.0), "single number"),
        (np.array(5.0), "single number"),
        (np.array(5), "single number"),
        ([[1.0, 2.0]], r"shape \(1, 2\)"),
        (np.ones((2, 1)), r"shape \(2, 1\)"),
        (np.ones((2, 2, 2)), r"shape \(2, 2, 2\)"),
    ],
)
def test_a_column_has_one_dimension(call: Any, column: Any, told: str, program: Program) -> None:
    with pytest.raises(
        ValueError, match=rf"column x: expected .*one number for each row, got .*{told}"
    ):
        call(program, column, [1.0, 2.0])


@calls
@pytest.mark.parametrize("column", ["ab", b"ab", None, {1: 2.0, 3: 4.0}, {1.0, 2.0}, iter([1.0])])
def test_anything_but_a_sequence_of_numbers_is_refused(
    call: Any, column: Any, program: Program
) -> None:
    """And not mistaken for a single number."""
    with pytest.raises(TypeError, match=type(column).__name__):
        call(program, column, [1.0, 2.0])


def test_only_one_loss_has_a_gradient(w: Value, x: Value) -> None:
    program = autograd.compile([w * x, w], params=[w], inputs=[x])
    with pytest.raises(ValueError, match=r"one loss.*list of 2 outputs.*compile"):
        program.value_and_grad([1.0])


def test_after_an_error_a_program_still_works(program: Program) -> None:
    before = program([1.0, 2.0], [3.0, 4.0])
    wrong: list[list[Any]] = [[["a"], [1.0]], [[1.0], [1.0, 2.0]], [[], []]]
    for columns in wrong:
        with pytest.raises((TypeError, ValueError)):
            program(*columns)
    assert (program([1.0, 2.0], [3.0, 4.0]) == before).all()
    assert program.gradient is None


# ── theta ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("theta", "shape"), [([], r"\(0,\)"), ([1.0, 2.0], r"\(2,\)"), ([[1.0]], r"\(1, 1\)")]
)
def test_theta_has_one_entry_for_each_parameter(theta: Any, shape: str, program: Program) -> None:
    with pytest.raises(ValueError, match=rf"shape \(1,\), got .*shape {shape}"):
        program.theta = theta
    with pytest.raises(ValueError, match=rf"shape \(1,\), got .*shape {shape}"):
        program.value_and_grad([1.0], [1.0], theta=theta)
    assert program.theta.tolist() == [2.0]


@pytest.mark.parametrize("theta", [["1.5"], ["a"], [None], None, [1j], np.array([1j])])
def test_theta_holds_real_numbers(theta: Any, program: Program) -> None:
    with pytest.raises((TypeError, ValueError), match="theta"):
        program.theta = theta
    assert program.theta.tolist() == [2.0]


# ── what is not installed ────────────────────────────────────────────────────────────────────

WITHOUT = """
import sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == {name!r}:
            raise ModuleNotFoundError("No module named " + repr(name), name=name)

sys.meta_path.insert(0, Blocked())
import autograd, autograd.program, nn, viz
w = autograd.Value(2.0)
(w * 3).backward()
assert w.grad == 3.0
nn.SGD([w], lr=0.1).step()
try:
    {use}
except ImportError as error:
    print(error)
"""


@pytest.mark.parametrize("name", ["numba", "numpy"])
@pytest.mark.parametrize("use", ["autograd.compile(w * 3, [w])", "autograd.program.PASSES"])
def test_compiling_says_what_to_install(name: str, use: str) -> None:
    """Everything else works without them."""
    result = subprocess.run(
        [sys.executable, "-c", WITHOUT.format(name=name, use=use)],
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    assert f"{name} is missing" in result.stdout
    assert "pip install 'glassgrad[fast]'" in result.stdout


def test_importing_the_package_imports_neither_numpy_nor_numba() -> None:
    code = "import sys, autograd.program, nn; print(*{'numpy', 'numba'} & {*sys.modules}, 'only')"
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert result.stdout.split() == ["only"]


def test_exporting_to_jax_says_what_to_install(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "jax", None)
    with pytest.raises(ImportError, match=r"needs JAX.*pip install jax"):
        program.to_jax()
