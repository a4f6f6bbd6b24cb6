"""Bad use is told plainly: what was given, what was expected, what to do."""

from __future__ import annotations

import subprocess
import sys
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
    """Of two columns, the second without a name."""
    y = Value(1.0)
    return autograd.compile(w * x + y, params=[w], inputs=[x, y])


# ── compiling ────────────────────────────────────────────────────────────────────────────────


def test_an_input_is_a_leaf(w: Value, x: Value) -> None:
    with pytest.raises(ValueError, match=r"input is a leaf.*computed by '\*'.*computed from"):
        autograd.compile(w * x, params=[w], inputs=[x * 2])


def test_a_parameter_is_a_leaf(w: Value, x: Value) -> None:
    doubled = w * 2
    doubled.label = "doubled"
    with pytest.raises(ValueError, match=r"parameter is a leaf.*'doubled'.*computed by '\*'"):
        autograd.compile(doubled * x, params=[doubled], inputs=[x])


def test_a_value_is_not_both_parameter_and_input(w: Value, x: Value) -> None:
    with pytest.raises(ValueError, match=r"'x' is both a parameter and an input.*leave it out"):
        autograd.compile(w * x, params=[w, x], inputs=[x])


def test_a_value_is_an_input_once(w: Value, x: Value) -> None:
    with pytest.raises(ValueError, match=r"'x'.*twice.*inputs"):
        autograd.compile(w * x, params=[w], inputs=[x, w, x][::2])


def test_a_value_is_a_parameter_once(w: Value, x: Value) -> None:
    with pytest.raises(ValueError, match=r"'w'.*twice.*parameters"):
        autograd.compile(w * x, params=[w, w], inputs=[x])


def test_values_without_a_label_are_shown_as_they_are() -> None:
    p = Value(2.5)
    with pytest.raises(ValueError, match=r"Value\(data=2\.5.*twice"):
        autograd.compile(p * p, params=[p, p])


@pytest.mark.parametrize("outputs", [3.0, None, "loss", [3.0], ["loss"], [None], np.ones(2)])
def test_an_output_is_a_value(outputs: Any) -> None:
    with pytest.raises(TypeError, match=r"outputs? .*Values?, and got (float|NoneType|str)"):
        autograd.compile(outputs)


def test_there_is_an_output() -> None:
    with pytest.raises(ValueError, match="list of outputs is empty"):
        autograd.compile([])


@pytest.mark.parametrize("what", ["params", "inputs"])
@pytest.mark.parametrize("things", [[1.0], ["w"], [None], "w", None, 5, MLP(1, [1])])
def test_parameters_and_inputs_are_values(what: str, things: Any, w: Value) -> None:
    name = "parameter" if what == "params" else "input"
    with pytest.raises(TypeError, match=rf"{name}s? .*Values?, and got \w+"):
        autograd.compile(w * 2, **{what: things})


@pytest.mark.parametrize("what", ["params", "inputs"])
def test_a_value_alone_is_no_list_of_them(what: str, w: Value) -> None:
    with pytest.raises(TypeError, match="list of Values, and got Value"):
        autograd.compile(w * 2, **{what: w})  # type: ignore[arg-type]


def test_a_pass_has_a_known_name(w: Value) -> None:
    with pytest.raises(ValueError, match=r"no pass 'unroll'.*fold, simplify, share, prune, fuse"):
        autograd.compile(w * 2, passes=["fold", "unroll"])


def test_passes_are_a_list(w: Value) -> None:
    with pytest.raises(TypeError, match=r"list of names, and got the string 'fold'"):
        autograd.compile(w * 2, passes="fold")


@pytest.mark.parametrize("threads", [0, -1])
def test_there_is_at_least_one_thread(threads: int, w: Value) -> None:
    with pytest.raises(ValueError, match=rf"at least one thread, and got threads={threads}"):
        autograd.compile(w * 2, threads=threads)
    program = autograd.compile(w * 2)
    with pytest.raises(ValueError, match=rf"at least one thread, and got threads={threads}"):
        program.threads = threads
    assert program.threads == 1


@pytest.mark.parametrize("threads", [1.5, "2", None])
def test_threads_are_a_whole_number(threads: Any, w: Value) -> None:
    with pytest.raises(TypeError, match="thread"):
        autograd.compile(w * 2, threads=threads)


def test_an_operation_of_ones_own_is_refused_if_it_is_not_in_the_table(w: Value) -> None:
    cube = autograd.ops.Op("cube", "³", lambda a: a**3, lambda a, y: 3.0 * a * a)
    with pytest.raises(ValueError, match=r"'cube' is not one of them.*add a row"):
        autograd.compile(cube(w), params=[w])


# ── calling ──────────────────────────────────────────────────────────────────────────────────

CALLS: list[Callable[..., Any]] = [
    lambda program, *columns: program(*columns),
    lambda program, *columns: program.value_and_grad(*columns),
]
calls = pytest.mark.parametrize("call", CALLS, ids=["values", "value_and_grad"])


@calls
@pytest.mark.parametrize("count", [0, 1, 3])
def test_there_is_a_column_for_each_input(call: Any, count: int, program: Program) -> None:
    with pytest.raises(ValueError, match=rf"takes 2 columns.*\(x, x#1\), and got {count}"):
        call(program, *[[1.0, 2.0]] * count)


@calls
def test_without_inputs_there_are_no_columns(call: Any, w: Value) -> None:
    with pytest.raises(ValueError, match=r"takes 0 columns.*and got 1"):
        call(autograd.compile(w * 2, params=[w]), [1.0])


@calls
def test_columns_are_of_one_length(call: Any, program: Program) -> None:
    with pytest.raises(ValueError, match=r"different lengths: x 2, x#1 3"):
        call(program, [1.0, 2.0], [1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match=r"different lengths: x 2, x#1 1"):
        call(program, [1.0, 2.0], [1.0])
    with pytest.raises(ValueError, match=r"different lengths: x 0, x#1 1"):
        call(program, [], [1.0])


@calls
@pytest.mark.parametrize("shorter", [0, 1, 2])
@pytest.mark.parametrize("rows", [0, 1, 4, 300])
def test_arrays_are_of_one_length_too(call: Any, shorter: int, rows: int, w: Value) -> None:
    """Though the machine is handed them as they are."""
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
        ([1j, 2], "complex128"),
        (np.array([1, 2], np.complex64), "complex64"),
        (np.array([1.0, 2.0], object), "object"),
        ([None, 1.0], "None"),
        ([Fraction(1, 2), 1], "Fraction"),
        ([Value(1.0), Value(2.0)], "Value"),
        (np.array(["2020-01-01", "2020-01-02"], "M8[D]"), "datetime64"),
    ],
)
def test_a_column_holds_real_numbers(call: Any, column: Any, told: str, program: Program) -> None:
    with pytest.raises(TypeError, match=rf"real numbers, and x got .*{told}.*convert"):
        call(program, column, [1.0, 2.0])
    with pytest.raises(TypeError, match=rf"real numbers, and x#1 got .*{told}.*convert"):
        call(program, [1.0, 2.0], column)


@calls
@pytest.mark.parametrize(
    ("column", "told"),
    [
        (5.0, "single number"),
        (np.float64(5.0), "single number"),
        ([[1.0, 2.0]], r"shape \(1, 2\)"),
        (np.ones((2, 1)), r"shape \(2, 1\)"),
        (np.ones((2, 2, 2)), r"shape \(2, 2, 2\)"),
    ],
)
def test_a_column_has_one_dimension(call: Any, column: Any, told: str, program: Program) -> None:
    with pytest.raises(ValueError, match=rf"one number for each row, and x got .*{told}"):
        call(program, column, [1.0, 2.0])


@calls
@pytest.mark.parametrize("column", ["ab", b"ab", None, {1: 2.0, 3: 4.0}, {1.0, 2.0}, iter([1.0])])
def test_what_is_no_sequence_of_numbers_is_no_column(
    call: Any, column: Any, program: Program
) -> None:
    """And is not taken for a single number, either."""
    with pytest.raises(TypeError, match=type(column).__name__):
        call(program, column, [1.0, 2.0])


def test_only_one_loss_has_a_gradient(w: Value, x: Value) -> None:
    program = autograd.compile([w * x, w], params=[w], inputs=[x])
    with pytest.raises(ValueError, match=r"one loss.*list of 2 outputs.*compile"):
        program.value_and_grad([1.0])


def test_after_an_error_a_program_goes_on_as_before(program: Program) -> None:
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
    with pytest.raises(ValueError, match=rf"shape \(1,\), and got .*shape {shape}"):
        program.theta = theta
    with pytest.raises(ValueError, match=rf"shape \(1,\), and got .*shape {shape}"):
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
import autograd, nn, viz
from autograd.program import PASSES
w = autograd.Value(2.0)
(w * 3).backward()
assert w.grad == 3.0 and PASSES
nn.SGD([w], lr=0.1).step()
try:
    autograd.compile(w * 3, params=[w])
except ImportError as error:
    print(error)
"""


@pytest.mark.parametrize("name", ["numba", "numpy"])
def test_compiling_says_what_to_install(name: str) -> None:
    """Everything else goes without."""
    result = subprocess.run(
        [sys.executable, "-c", WITHOUT.format(name=name)],
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    assert f"{name} is missing" in result.stdout
    assert "pip install 'glassgrad[fast]'" in result.stdout


def test_importing_pulls_in_neither_numpy_nor_numba() -> None:
    code = "import sys, autograd.program, nn; print(*{'numpy', 'numba'} & {*sys.modules}, 'only')"
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert result.stdout.split() == ["only"]


def test_handing_a_program_to_jax_says_what_to_install(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "jax", None)
    with pytest.raises(ImportError, match=r"needs JAX.*pip install jax"):
        program.to_jax()
