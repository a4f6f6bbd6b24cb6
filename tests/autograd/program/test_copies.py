"""Programs can be pickled and copied, with their model or alone, and sent to other processes."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

import autograd
from autograd import Value
from nn import MLP, SGD, Adam

from .models import Example, many_operations, moons, softmax_classifier

if TYPE_CHECKING:
    from collections.abc import Callable

    from autograd.program.program import Program

ROOT = Path(__file__).parents[3]

COPY: dict[str, Callable[[Program], Program]] = {
    "pickle": lambda program: pickle.loads(pickle.dumps(program)),
    "pickle, oldest protocol": lambda program: pickle.loads(pickle.dumps(program, 2)),
    "deepcopy": copy.deepcopy,
}
copies = pytest.mark.parametrize("copied", COPY.values(), ids=COPY)


def assert_same_results(a: Program, b: Program, example: Example) -> None:
    assert (a(*example.columns) == b(*example.columns)).all()
    value, gradient = a.value_and_grad(*example.columns)
    other_value, other_gradient = b.value_and_grad(*example.columns)
    assert value == other_value and (gradient == other_gradient).all()


@copies
@pytest.mark.parametrize("make", [moons, softmax_classifier, many_operations])
@pytest.mark.parametrize("ran", [False, True], ids=["fresh", "after a run"])
def test_a_copy_is_the_same_program(
    copied: Callable[[Program], Program], make: Callable[[], Example], ran: bool
) -> None:
    example = make()
    program = example.compile()
    program.theta *= 1.25
    if ran:
        program(*example.columns), program.value_and_grad(*example.columns)
    twin = copied(program)
    assert (twin.theta == program.theta).all() and twin.theta is not program.theta
    assert repr(twin) == repr(program)
    assert twin.listing() == program.listing()
    assert twin.threads == program.threads
    if ran:
        assert program.gradient is not None and twin.gradient is not None
        assert (twin.gradient == program.gradient).all()
    else:
        assert twin.gradient is None
    assert_same_results(program, twin, example)
    twin.theta += 1.0
    assert twin.theta[0] != program.theta[0]


@copies
def test_a_copy_of_several_outputs_is_the_same_program(
    copied: Callable[[Program], Program],
) -> None:
    p, x = Value(3.0), Value(1.0)
    program = autograd.compile([p * x, x, p], params=[p], inputs=[x], passes=["fold"], threads=2)
    twin = copied(program)
    assert twin([1.0, 2.0]).tolist() == program([1.0, 2.0]).tolist()
    assert twin.threads == 2 and repr(twin) == repr(program)


@copies
@pytest.mark.slow
def test_a_program_of_a_deep_chain_is_copied(copied: Callable[[Program], Program]) -> None:
    w = Value(0.5)
    y = w
    for _ in range(20_000):
        y = y * 0.75 + w
    program = autograd.compile(y, params=[w])
    twin = copied(program)
    twin_value, twin_gradient = twin.value_and_grad()
    value, gradient = program.value_and_grad()
    assert twin_value == value == pytest.approx(2.0) and (twin_gradient == gradient).all()


def test_a_copy_writes_back_to_its_own_values() -> None:
    w = Value(3.0)
    program = autograd.compile(w * w, params=[w])
    twin = pickle.loads(pickle.dumps(program))
    twin.theta[:] = 5.0
    twin.write_back()
    assert w.data == 3.0


@copies
def test_a_program_copied_with_its_model_writes_back_to_the_copied_model(
    copied: Callable[[object], object],
) -> None:
    model = MLP(2, [3, 1], seed=0)
    x = [Value(0.3), Value(0.4)]
    y = model(x)
    assert isinstance(y, Value)
    program = autograd.compile(y, params=model.parameters(), inputs=x)
    pair = copied((model, program))
    assert isinstance(pair, tuple)
    other_model, other = pair
    other.theta[:] = np.arange(13.0)
    other.write_back()
    assert [p.data for p in other_model.parameters()] == list(range(13))
    assert [p.data for p in model.parameters()] == program.theta.tolist()
    assert other_model([0.3, 0.4]).data == pytest.approx(other([0.3], [0.4])[0], rel=1e-12)


IN_ANOTHER_PROCESS = """
import pickle, sys
program, columns = pickle.load(sys.stdin.buffer)
value, gradient = program.value_and_grad(*columns)
program.write_back()
sys.stdout.buffer.write(pickle.dumps((value, gradient, program(*columns), program)))
"""


@pytest.mark.slow
def test_a_program_runs_in_another_process_and_comes_back() -> None:
    example = moons()
    program = example.compile()
    program.theta *= 0.9
    result = subprocess.run(
        [sys.executable, "-c", IN_ANOTHER_PROCESS],
        cwd=ROOT,
        input=pickle.dumps((program, example.columns)),
        capture_output=True,
        check=True,
    )
    value, gradient, rowwise, twin = pickle.loads(result.stdout)
    expected_value, expected_gradient = program.value_and_grad(*example.columns)
    assert value == expected_value and (gradient == expected_gradient).all()
    assert (rowwise == program(*example.columns)).all()
    assert (twin.gradient == gradient).all()
    assert_same_results(program, twin, example)


def test_a_pickle_holds_the_program_and_not_the_memory_that_it_runs_in() -> None:
    example = moons(4)
    program = example.compile()
    fresh = len(pickle.dumps(program))
    program(*example.columns), program.value_and_grad(*example.columns)
    assert len(pickle.dumps(program)) < fresh + 20_000


def test_an_optimiser_is_copied_with_its_program() -> None:
    example = many_operations()
    program = example.compile()
    adam = Adam(program, lr=0.1)
    program.value_and_grad(*example.columns)
    adam.step()
    other, other_adam = pickle.loads(pickle.dumps((program, adam)))
    for p, optimiser in ((program, adam), (other, other_adam)):
        p.value_and_grad(*example.columns)
        optimiser.step()
    assert (other.theta == program.theta).all()
    assert SGD(other, lr=0.1).program is other
