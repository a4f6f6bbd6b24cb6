"""How a program's machine is asked to run: at once, as given; or in parts, by several threads."""

from __future__ import annotations

import importlib
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import autograd
from autograd import Value, total
from autograd.program import machine as machine_module
from autograd.program.group import group

from .agreement import recorded
from .notation import told

if TYPE_CHECKING:
    from autograd.program.machine import Machine
    from autograd.program.program import Program

ROWS = 10


def program_of(inputs: int) -> Program:
    return recorded(lambda p, x: total([p[0], *[p[1] * xi for xi in x]]) ** 2, [0.5, 2.0], inputs)


def machine_of(inputs: int) -> Machine:
    machine = program_of(inputs)._training
    assert machine
    return machine


def columns_of(inputs: int, rows: int = ROWS) -> tuple[np.ndarray[Any, Any], ...]:
    return tuple(np.random.default_rng(k).normal(size=rows) for k in range(inputs))


THETA = np.array([0.5, 2.0])


@pytest.mark.parametrize("inputs", [1, 2, 3])
def test_up_to_three_arrays_are_run_as_they_are_given(inputs: int) -> None:
    machine, columns = machine_of(inputs), columns_of(inputs)
    expected = machine.run(THETA, columns, ROWS, 1)
    for _ in range(2):
        found = machine.run_as_given(THETA, columns)
        assert found is not None
        assert found.tolist() == expected.tolist()


@pytest.mark.parametrize("inputs", [0, 4])
def test_none_and_more_than_three_are_not(inputs: int) -> None:
    assert machine_of(inputs).run_as_given(THETA, columns_of(inputs)) is None


def test_what_is_not_of_one_length_or_of_the_right_number_is_left_to_be_checked() -> None:
    machine, (one, two) = machine_of(2), columns_of(2)
    assert machine.run_as_given(THETA, (one, two[1:])) is None
    assert machine.run_as_given(THETA, (one[:0], two[:0])) is None
    assert machine.run_as_given(THETA, (one,)) is None
    assert machine.run_as_given(THETA, (one, two)) is not None


@pytest.mark.parametrize("strange", [[0.5] * ROWS, np.arange(ROWS), np.zeros(2 * ROWS)[::2]])
def test_once_given_what_it_does_not_take_it_is_not_asked_again(strange: Any) -> None:
    machine, (one, two) = machine_of(2), columns_of(2)
    assert machine.run_as_given(THETA, (one, strange)) is None
    assert machine.run_as_given(THETA, (one, two)) is None
    program = program_of(2)
    value, gradient = program.value_and_grad(one, strange)
    again, same = program_of(2).value_and_grad(one, np.array(strange, np.float64))
    assert (value, *gradient) == (again, *same)


@pytest.mark.parametrize(
    ("threads", "rows", "worthwhile", "parts"),
    [
        (1, 100, 1, None),  # nobody asked for more
        (2, 1, 1, None),  # a row for each
        (2, 100, 10**9, None),  # too little work
        (2, 100, 1, 2),
        (3, 100, 1, 3),
        (8, 5, 1, 5),
    ],
)
def test_rows_are_shared_among_threads_where_that_is_worthwhile(
    monkeypatch: pytest.MonkeyPatch, threads: int, rows: int, worthwhile: int, parts: int | None
) -> None:
    pools: list[int | None] = [None]

    def pool(workers: int) -> ThreadPoolExecutor:
        pools.append(workers)
        return ThreadPoolExecutor(workers)

    monkeypatch.setattr(machine_module, "WORTHWHILE", worthwhile)
    monkeypatch.setattr(machine_module, "ThreadPoolExecutor", pool)
    machine, columns = machine_of(2), columns_of(2, rows)
    for _ in range(2):  # in memory that was used before, too
        found = machine.run(THETA, columns, rows, threads)
        assert pools[-1] == parts
        assert found == pytest.approx(machine.run(THETA, columns, rows, 1), rel=1e-13)


def test_it_takes_as_much_work_as_pays_for_a_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """So many words of the program, times rows, for each."""
    machine, rows = machine_of(2), 60
    monkeypatch.setattr(machine_module, "WORTHWHILE", rows * len(machine._words) // 3)
    pools: list[int] = []

    def pool(workers: int) -> ThreadPoolExecutor:
        pools.append(workers)
        return ThreadPoolExecutor(workers)

    monkeypatch.setattr(machine_module, "ThreadPoolExecutor", pool)
    machine.run(THETA, columns_of(2, rows), rows, 8)
    assert pools == [3]


@pytest.mark.parametrize("missing", ["numba", "numpy.linalg", "llvmlite.binding", "scipy", None])
def test_only_what_programs_need_is_said_to_be_missing(
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
        else f"compiled programs need NumPy and numba, and {missing} is missing here; "
        "install them with: pip install 'glassgrad[fast]'"
    )


@pytest.mark.parametrize("threads", [1, 2])
def test_one_thread_runs_what_it_is_given_as_it_is(
    monkeypatch: pytest.MonkeyPatch, threads: int
) -> None:
    program, columns = program_of(2), columns_of(2)
    assert program.threads == 1
    expected = program.value_and_grad(*columns)
    asked: list[Any] = []
    as_given = machine_module.Machine.run_as_given

    def spied(self: Machine, theta: Any, given: Any) -> Any:
        asked.append(theta)
        return as_given(self, theta, given)

    monkeypatch.setattr(machine_module.Machine, "run_as_given", spied)
    program.threads = threads
    value, gradient = program.value_and_grad(*columns)
    assert (value, *gradient) == (expected[0], *expected[1])
    assert [theta is program.theta for theta in asked] == [True] * (threads == 1)


def test_theta_may_be_of_integers_or_read_only() -> None:
    program, columns = program_of(1), columns_of(1)
    locked = np.array([1.0, 3.0])
    locked.flags.writeable = False
    expected = program.value_and_grad(*columns, theta=np.array([1.0, 3.0]))
    for theta in ([1, 3], np.array([1, 3]), np.array([1.0, 0.0, 3.0])[::2], locked):
        value, gradient = program.value_and_grad(*columns, theta=theta)
        assert (value, *gradient) == (expected[0], *expected[1])
    assert program._training and program._training._trusting


@pytest.mark.parametrize(("passes", "times"), [(None, 1), (["group"], 1), (["fuse"], 0), ([], 0)])
def test_instructions_are_grouped_where_that_pass_is_chosen(
    monkeypatch: pytest.MonkeyPatch, passes: list[str] | None, times: int
) -> None:
    grouped: list[Any] = []

    def spied(code: Any) -> Any:
        grouped.append(code)
        return group(code)

    monkeypatch.setattr("autograd.program.program.group", spied)
    recorded(lambda p, x: p[0] * x[0], [1.0], 1, passes=passes)
    assert len(grouped) == times


@pytest.mark.parametrize("several", [False, True])
def test_jax_is_handed_the_optimised_code(monkeypatch: pytest.MonkeyPatch, several: bool) -> None:
    given: list[Any] = []
    w, x = Value(1.0), Value(2.0)
    program = autograd.compile([w * x * 1.0] if several else w * x * 1.0, [w], [x])
    monkeypatch.setattr(
        "autograd.program.to_jax.to_jax",
        lambda code, inputs, several: given.append((told(code), inputs, several)),
    )
    program.to_jax()
    code = "v0 = parameter 0\nv1 = input 0\nv2 = v0 * v1\noutput 0 = v2"
    assert given == [(code, 1, several)]
