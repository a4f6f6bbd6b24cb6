"""Running programs: kinds of columns, threads, repeatability, memory."""

from __future__ import annotations

import subprocess
import sys
from array import array
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

import autograd
from autograd import Value, total
from autograd.program.machine import run as machine

from .agreement import assert_agree, leaves
from .models import many_operations, moons

if TYPE_CHECKING:
    from collections.abc import Callable

    from .agreement import Floats
    from .models import Example

ROOT = Path(__file__).parents[3]


# ── columns ──────────────────────────────────────────────────────────────────────────────────

THREE_ROWS = {
    "list": [1, 2.5, -3],
    "tuple": (1.0, 2.5, -3.0),
    "array module": array("d", [1.0, 2.5, -3.0]),
    "NumPy scalars": [np.float32(1.0), np.float64(2.5), np.int8(-3)],
    "float32": np.array([1.0, 2.5, -3.0], np.float32),
    "float16": np.array([1.0, 2.5, -3.0], np.float16),
    "longdouble": np.array([1.0, 2.5, -3.0], np.longdouble),
    "big-endian": np.array([1.0, 2.5, -3.0], ">f8"),
    "every other": np.array([1.0, 9.0, 2.5, 9.0, -3.0])[::2],
    "backwards": np.array([-3.0, 2.5, 1.0])[::-1],
    "column of a matrix": np.array([[1.0, 9.0], [2.5, 9.0], [-3.0, 9.0]])[:, 0],
    "row of a Fortran matrix": np.asfortranarray([[1.0, 2.5, -3.0], [9.0, 9.0, 9.0]])[0],
    "real part": np.array([1.0 + 9j, 2.5, -3.0]).real,
    "misaligned": np.frombuffer(b"!" + np.array([1.0, 2.5, -3.0]).tobytes(), np.float64, offset=1),
    "field of records": np.array(
        [(9, 1.0), (9, 2.5), (9, -3.0)], np.dtype([("byte", "i1"), ("x", "f8")])
    )["x"],
}
WHOLE = {
    "ints": [2, 0, -3],
    "range": range(2, 5),
    "bools": [True, False, True],
    "int64": np.array([2, 0, -3]),
    "int8": np.array([2, 0, -3], np.int8),
    "uint64": np.array([2, 0, 2**64 - 1], np.uint64),
    "bool array": np.array([True, False, True]),
    "one number over and over": np.broadcast_to(np.float64(4.0), (3,)),
}


@pytest.mark.parametrize(
    "column", [*THREE_ROWS.values(), *WHOLE.values()], ids=[*THREE_ROWS, *WHOLE]
)
@pytest.mark.parametrize("place", [0, 3], ids=["first", "fourth"])
def test_a_column_is_any_sequence_of_real_numbers(column: Floats, place: int) -> None:
    """The machine treats the first three columns differently from the rest."""
    p = Value(2.0)
    inputs = leaves([0.7] * 4)
    loss = (inputs[place] * p + inputs[place - 1]) * inputs[place - 2] + inputs[place - 3]
    program = autograd.compile(loss, params=[p], inputs=inputs)
    columns: list[Floats] = [np.array([5.0, 6.0, 7.0])] * 4
    columns[place] = column
    data = np.array([float(x) for x in column])
    others = columns[place - 1]
    assert program(*columns).tolist() == ((data * 2.0 + others) * others + others).tolist()
    value, gradient = program.value_and_grad(*columns)
    assert_agree(value, ((data * 2.0 + others) * others + others).mean())
    assert_agree(gradient, [(data * others).mean()])
    assert [float(x) for x in column] == data.tolist()


@pytest.mark.parametrize(
    "column", [*THREE_ROWS.values(), *WHOLE.values()], ids=[*THREE_ROWS, *WHOLE]
)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_up_to_three_columns_run_unconverted_or_are_converted(column: Floats, place: int) -> None:
    """Also after columns of other types, when the machine no longer tries unconverted ones."""
    p = Value(2.0)
    inputs = leaves([0.7] * 3)
    loss = (inputs[place] * p).tanh() + inputs[place - 1] * inputs[place - 2]
    program = autograd.compile(loss, params=[p], inputs=inputs)
    columns: list[Floats] = [np.array([0.5, 0.25, 0.125])] * 3
    columns[place] = column
    arrays = [np.array([float(x) for x in each]) for each in columns]
    value, gradient = program.value_and_grad(*arrays)
    for given in (columns, arrays, columns):
        again, again_gradient = program.value_and_grad(*given)
        assert again == value and (again_gradient == gradient).all()
    slopes = 1.0 / np.cosh(np.minimum(2.0 * arrays[place], 300.0)) ** 2
    assert_agree(gradient, [(slopes * arrays[place]).mean()])


def test_read_only_columns_are_read() -> None:
    x = Value(1.0)
    program = autograd.compile(x * x, inputs=[x])
    column = np.array([1.0, 2.0, 3.0])
    column.flags.writeable = False
    assert program(column).tolist() == [1.0, 4.0, 9.0]


def test_columns_may_be_the_same_array() -> None:
    x, y = leaves([1.0, 2.0])
    program = autograd.compile(x - 2 * y, inputs=[x, y])
    column = np.arange(10.0)
    assert program(column, column).tolist() == (-column).tolist()
    assert program(column[:5], column[5:]).tolist() == (column[:5] - 2 * column[5:]).tolist()


def test_unused_inputs_still_take_a_column() -> None:
    x, y, z = leaves([1.0, 2.0, 3.0])
    program = autograd.compile(y * 2, inputs=[x, y, z])
    assert program([9, 9], [1, 2], [9, 9]).tolist() == [2.0, 4.0]
    assert autograd.compile(Value(5.0) * 2, inputs=[x])([1, 2]).tolist() == [10.0, 10.0]


def test_thousands_of_columns_are_accepted() -> None:
    inputs = leaves([1.0] * 4000)
    program = autograd.compile(total(inputs), inputs=inputs)
    columns = [[float(k), 1.0] for k in range(4000)]
    assert program(*columns).tolist() == [sum(range(4000)), 4000.0]


def test_results_are_new_arrays() -> None:
    x = Value(1.0)
    program = autograd.compile([x, x + 1], inputs=[x])
    column = np.array([1.0, 2.0])
    first = program(column)
    assert first.dtype == np.float64 and first.shape == (2, 2)
    first += 100.0
    assert program(column).tolist() == [[1.0, 2.0], [2.0, 3.0]]
    assert column.tolist() == [1.0, 2.0]


def test_a_program_runs_any_number_of_rows_in_turn() -> None:
    """A run leaves nothing in memory that affects a shorter one."""
    example = many_operations(300)
    program = example.compile()
    for rows in (300, 1, 299, 8, 64, 2):
        part = [column[:rows] for column in example.columns]
        fresh = example.compile()
        assert (program(*part) == fresh(*part)).all()
        value, gradient = program.value_and_grad(*part)
        expected_value, expected_gradient = fresh.value_and_grad(*part)
        assert value == expected_value and (gradient == expected_gradient).all()


# ── repeatability, threads ───────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("make", [moons, many_operations])
def test_calls_give_the_same_bit_for_bit(make: Callable[[int], Example], threads: int) -> None:
    example = make(20_001)
    program, again = example.compile(threads=threads), example.compile(threads=threads)
    value, gradient = program.value_and_grad(*example.columns)
    rowwise = program(*example.columns)
    for other in (program, again, program):
        other_value, other_gradient = other.value_and_grad(*example.columns)
        assert other_value == value and (other_gradient == gradient).all()
        assert (other(*example.columns) == rowwise).all()


def assert_threads_change_nothing(example: Example, threads: int) -> None:
    alone, several = example.compile(), example.compile(threads=threads)
    for _ in range(2):
        assert (several(*example.columns) == alone(*example.columns)).all()
        value, gradient = several.value_and_grad(*example.columns)
        expected_value, expected_gradient = alone.value_and_grad(*example.columns)
        assert_agree(value, expected_value)
        assert_agree(gradient, expected_gradient, np.abs(expected_gradient).max())
        for program in alone, several:
            program.theta *= 1.1


@pytest.mark.parametrize("rows", [1, 2, 100, 100_000])
def test_threads_give_the_same_results(rows: int) -> None:
    assert_threads_change_nothing(many_operations(rows), 2)


@pytest.mark.slow
def test_threads_give_the_same_results_for_a_network() -> None:
    assert_threads_change_nothing(moons(100_000), 2)


@pytest.mark.parametrize("threads", [2, 3, 8])
@pytest.mark.parametrize("rows", [1, 3, 8, 9, 100, 257])
def test_threads_give_the_same_results_even_for_little_work(
    rows: int, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "WORTHWHILE", 1)
    assert_threads_change_nothing(many_operations(rows), threads)


def test_the_number_of_threads_may_be_changed() -> None:
    example = many_operations(50_000)
    program = example.compile()
    value, _ = program.value_and_grad(*example.columns)
    program.threads = 2
    assert program.threads == 2
    assert_agree(program.value_and_grad(*example.columns)[0], value)


def test_one_program_may_be_called_by_eight_threads_at_once() -> None:
    example = moons(400)
    program = example.compile()
    parts = [[column[k * 50 : (k + 1) * 50] for column in example.columns] for k in range(8)]
    expected = [(program(*part), program.value_and_grad(*part)) for part in parts]

    def work(k: int) -> None:
        for _ in range(200):
            rowwise, (value, gradient) = program(*parts[k]), program.value_and_grad(*parts[k])
            assert (rowwise == expected[k][0]).all()
            assert value == expected[k][1][0] and (gradient == expected[k][1][1]).all()

    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(work, k) for k in range(8)]:
            done.result()


def test_different_programs_may_be_compiled_and_run_at_once() -> None:
    def work(k: int) -> None:
        for _ in range(20):
            w, x = Value(float(k)), Value(1.0)
            program = autograd.compile((w * x).tanh(), params=[w], inputs=[x])
            assert_agree(program([0.1, 0.2]), np.tanh([0.1 * k, 0.2 * k]))

    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(work, k) for k in range(8)]:
            done.result()


# ── memory ───────────────────────────────────────────────────────────────────────────────────

MILLION_ROWS = """
from pathlib import Path
import numpy as np
from tests.autograd.program.models import moons

def highest():
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1])

example = moons(100)
program = example.compile(threads={threads})
columns = [np.resize(column, 1_000_000) for column in example.columns]
few = [column[:100_000] for column in columns]
expected, _ = program.value_and_grad(*[column[:100] for column in columns])
program(*few), program.value_and_grad(*few)
before = highest()
value, gradient = program.value_and_grad(*columns)
middle = highest()
rowwise = program(*columns)
print((middle - before) / 1024, (highest() - before) / 1024, abs(value - expected))
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads Linux's /proc")
@pytest.mark.parametrize("threads", [1, 2])
def test_a_million_rows_need_hardly_any_memory(threads: int) -> None:
    result = subprocess.run(
        [sys.executable, "-c", MILLION_ROWS.format(threads=threads)],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    for_gradient, for_values, error = map(float, result.stdout.split())
    assert for_gradient < 64.0
    assert for_values < 64.0  # 8 MiB of it are the array of results
    assert error < 1e-9
