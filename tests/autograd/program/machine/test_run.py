"""How a program's machine runs: with unconverted columns, or in parts on several threads."""

from __future__ import annotations

import importlib
import math
import subprocess
import sys
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import autograd
from autograd import Value, total
from autograd.program.machine import run as machine_module
from autograd.program.passes import group
from autograd.program.structure import STACKED

from ..agreement import compile_loss
from ..notation import write

if TYPE_CHECKING:
    from autograd.program.machine.run import Machine
    from autograd.program.program import Program

ROOT = Path(__file__).parents[4]
ROWS = 10


def program_of(inputs: int) -> Program:
    return compile_loss(
        lambda p, x: total([p[0], *[p[1] * xi for xi in x]]) ** 2, [0.5, 2.0], inputs
    )


def machine_of(inputs: int) -> Machine:
    machine = program_of(inputs)._training
    assert machine
    return machine


def columns_of(inputs: int, rows: int = ROWS) -> tuple[np.ndarray[Any, Any], ...]:
    return tuple(np.random.default_rng(k).normal(size=rows) for k in range(inputs))


THETA = np.array([0.5, 2.0])


def threads_started(monkeypatch: pytest.MonkeyPatch) -> list[Thread]:
    """Collects the threads that machines start from now on."""
    started: list[Thread] = []

    class Counted(Thread):
        def start(self) -> None:
            started.append(self)
            super().start()

    monkeypatch.setattr(machine_module, "Thread", Counted)
    return started


@pytest.mark.parametrize("inputs", [1, 2, 3])
def test_up_to_three_arrays_are_run_directly(inputs: int) -> None:
    machine, columns = machine_of(inputs), columns_of(inputs)
    expected = machine.run(THETA, columns, ROWS, 1)
    for _ in range(2):
        found = machine.run_directly(THETA, columns)
        assert found is not None
        assert found.tolist() == expected.tolist()


@pytest.mark.parametrize("inputs", [0, 4])
def test_without_columns_or_with_more_than_three_nothing_runs_directly(inputs: int) -> None:
    assert machine_of(inputs).run_directly(THETA, columns_of(inputs)) is None


def test_columns_of_wrong_lengths_or_number_are_left_to_the_checks() -> None:
    machine, (one, two) = machine_of(2), columns_of(2)
    assert machine.run_directly(THETA, (one, two[1:])) is None
    assert machine.run_directly(THETA, (one[:0], two[:0])) is None
    assert machine.run_directly(THETA, (one,)) is None
    assert machine.run_directly(THETA, (one, two)) is not None


@pytest.mark.parametrize("strange", [[0.5] * ROWS, np.arange(ROWS), np.zeros(2 * ROWS)[::2]])
def test_after_columns_of_other_types_it_does_not_try_again(strange: Any) -> None:
    machine, (one, two) = machine_of(2), columns_of(2)
    assert machine.run_directly(THETA, (one, strange)) is None
    assert machine.run_directly(THETA, (one, two)) is None
    program = program_of(2)
    value, gradient = program.value_and_grad(one, strange)
    again, same = program_of(2).value_and_grad(one, np.array(strange, np.float64))
    assert (value, *gradient) == (again, *same)


@pytest.mark.parametrize(
    ("threads", "rows", "worthwhile", "parts"),
    [
        (1, 100, 1, 1),  # one thread is the default
        (2, 1, 1, 1),  # a row for each
        (2, 100, 10**9, 1),  # too little work
        (2, 100, 1, 2),
        (3, 100, 1, 3),
        (8, 5, 1, 5),
    ],
)
def test_rows_are_shared_among_threads_if_that_is_worthwhile(
    monkeypatch: pytest.MonkeyPatch, threads: int, rows: int, worthwhile: int, parts: int
) -> None:
    started = threads_started(monkeypatch)
    monkeypatch.setattr(machine_module, "WORTHWHILE", worthwhile)
    machine, columns = machine_of(2), columns_of(2, rows)
    for _ in range(2):  # and again, in memory that was used before
        started.clear()
        found = machine.run(THETA, columns, rows, threads)
        assert len(started) == parts - 1  # the calling thread runs one part
        assert found == pytest.approx(machine.run(THETA, columns, rows, 1), rel=1e-13)


def test_another_thread_starts_only_for_enough_work(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each thread needs that many words of bytecode times rows."""
    machine, rows = machine_of(2), 60
    monkeypatch.setattr(
        machine_module, "WORTHWHILE", rows * len(machine._layout.bytecode(rows)) // 3
    )
    started = threads_started(monkeypatch)
    machine.run(THETA, columns_of(2, rows), rows, 8)
    assert len(started) == 2  # besides the calling thread


def test_if_no_thread_can_start_one_does_all_the_work(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The system has a limit, and no thread can start while Python exits (from 3.12 on)."""

    class Unavailable(Thread):
        def start(self) -> None:
            raise RuntimeError("can't start new thread")

    monkeypatch.setattr(machine_module, "WORTHWHILE", 1)
    machine, columns = machine_of(2), columns_of(2)
    expected = machine.run(THETA, columns, ROWS, 3)
    monkeypatch.setattr(machine_module, "Thread", Unavailable)
    assert machine.run(THETA, columns, ROWS, 3).tolist() == expected.tolist()


AT_EXIT = """
import atexit, threading, time
import numpy as np
import autograd
from autograd import Value
from autograd.program.machine import run as machine

machine.WORTHWHILE = 1
w, x = Value(2.0), Value(1.0)
program = autograd.compile(w * x, params=[w], inputs=[x], threads=3)
column = np.arange(9.0)

def run():
    print(program.value_and_grad(column)[0], program(column).sum(), flush=True)

class Last:
    def __del__(self):
        run()

last = Last()
atexit.register(run)
run()
threading.Thread(target=lambda: (time.sleep(0.2), run())).start()  # outlives the main thread
"""


@pytest.mark.slow
def test_programs_with_threads_run_while_python_exits() -> None:
    """In a thread that outlives the main one, in `atexit`, and in `__del__`: mean 8, sum 72."""
    done = subprocess.run(
        [sys.executable, "-c", AT_EXIT], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == ["8.0 72.0"] * 4


@pytest.mark.parametrize("threads", [1, 3])
def test_inf_and_nan_come_without_a_warning(monkeypatch: pytest.MonkeyPatch, threads: int) -> None:
    """As in the graph: exp(1000) is inf, inf - inf is nan. (Warnings are errors in these tests.)"""
    monkeypatch.setattr(machine_module, "WORTHWHILE", 1)
    w, x = Value(1.0), Value(1.0)
    program = autograd.compile((w * x).exp(), params=[w], inputs=[x], threads=threads)
    value, gradient = program.value_and_grad([0.0, 1000.0, 1.0])
    assert (value, *gradient) == (math.inf, math.inf)
    huge = autograd.compile(w * x, params=[w], inputs=[x], threads=threads)
    assert huge.value_and_grad([1e308, 1e308, 1e308])[0] == math.inf  # the sum is too large
    assert math.isnan(huge.value_and_grad([math.inf, 0.0, -math.inf])[0])
    if np.finfo(np.longdouble).max > np.finfo(np.float64).max:
        assert huge(np.array([np.longdouble("1e400")])) == math.inf


@pytest.mark.parametrize("missing", ["numba", "numpy.linalg", "llvmlite.binding", "scipy", None])
def test_only_missing_requirements_are_reported_as_missing(
    monkeypatch: pytest.MonkeyPatch, missing: str | None
) -> None:
    class Missing:
        @staticmethod
        def find_spec(name: str, path: Any = None, target: Any = None) -> None:
            if name == "autograd.program.program":
                raise ImportError("no such thing", name=missing)

    package = importlib.import_module("autograd.program")
    monkeypatch.delitem(sys.modules, "autograd.program.program")
    monkeypatch.delattr(package, "program")
    monkeypatch.setattr(sys, "meta_path", [Missing, *sys.meta_path])
    with pytest.raises(ImportError) as error:
        autograd.compile(Value(1.0) * 2.0)
    assert error.value.name == missing
    assert str(error.value) == (
        "no such thing"
        if missing in ("scipy", None)
        else f"compiled programs need NumPy and numba, but {missing} is missing; "
        "install them with: pip install 'glassgrad[fast]'"
    )


@pytest.mark.parametrize("threads", [1, 2])
def test_one_thread_runs_unconverted_columns(monkeypatch: pytest.MonkeyPatch, threads: int) -> None:
    program, columns = program_of(2), columns_of(2)
    assert program.threads == 1
    expected = program.value_and_grad(*columns)
    asked: list[Any] = []
    directly = machine_module.Machine.run_directly

    def spy(self: Machine, theta: Any, given: Any) -> Any:
        asked.append(theta)
        return directly(self, theta, given)

    monkeypatch.setattr(machine_module.Machine, "run_directly", spy)
    program.threads = threads
    value, gradient = program.value_and_grad(*columns)
    assert (value, *gradient) == (expected[0], *expected[1])
    assert [theta is program.theta for theta in asked] == [True] * (threads == 1)


def test_theta_may_hold_integers_or_be_read_only() -> None:
    program, columns = program_of(1), columns_of(1)
    locked = np.array([1.0, 3.0])
    locked.flags.writeable = False
    expected = program.value_and_grad(*columns, theta=np.array([1.0, 3.0]))
    for theta in ([1, 3], np.array([1, 3]), np.array([1.0, 0.0, 3.0])[::2], locked):
        value, gradient = program.value_and_grad(*columns, theta=theta)
        assert (value, *gradient) == (expected[0], *expected[1])
    assert program._training and program._training._trusting


@pytest.mark.parametrize(("passes", "times"), [(None, 1), (["group"], 1), (["fuse"], 0), ([], 0)])
def test_instructions_are_grouped_if_that_pass_is_chosen(
    monkeypatch: pytest.MonkeyPatch, passes: list[str] | None, times: int
) -> None:
    grouped: list[Any] = []

    def spy(code: Any) -> Any:
        grouped.append(code)
        return group(code)

    monkeypatch.setattr("autograd.program.passes.group", spy)
    compile_loss(lambda p, x: p[0] * x[0], [1.0], 1, passes=passes)
    assert len(grouped) == times


@pytest.mark.parametrize("several", [False, True])
def test_the_optimised_code_is_exported_to_jax(
    monkeypatch: pytest.MonkeyPatch, several: bool
) -> None:
    given: list[Any] = []
    w, x = Value(1.0), Value(2.0)
    program = autograd.compile([w * x * 1.0] if several else w * x * 1.0, [w], [x])
    monkeypatch.setattr(
        "autograd.program.to_jax.to_jax",
        lambda code, params, source: given.append((write(code), params, source.template)),
    )
    program.to_jax()
    code = "v0 = parameter 0\nv1 = input 0\nv2 = v0 * v1\noutput 0 = v2"
    assert given == [(code, 1, STACKED if several else 0)]
