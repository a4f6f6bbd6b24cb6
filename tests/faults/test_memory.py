"""Memory stays flat over thousands of training steps, with the garbage collector off."""

from __future__ import annotations

import gc
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

import autograd
import nn
from autograd import Value, detect_anomaly, grad, no_grad
from tests.blocks import blocks_in_use

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

STEPS = 2_000
POINTS = [([0.0, 1.0], 1.0), ([1.0, 1.0], -1.0)]


@pytest.fixture(autouse=True)
def _no_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def of_the_process() -> int:
    """The memory of this process, in bytes."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


def assert_flat(step: Callable[[], object]) -> None:
    for _ in range(STEPS):  # until Python's free lists, which keep up to 2,000 tuples, are full
        step()
    measures_process = sys.platform == "linux"
    blocks, process = blocks_in_use(), of_the_process() if measures_process else 0
    for _ in range(STEPS):
        step()
    # One block kept at every step would make STEPS. Other threads of the test run hold a few.
    assert blocks_in_use() - blocks < STEPS // 4
    if measures_process:
        assert of_the_process() - process < 2**20


def model() -> nn.MLP:
    return nn.MLP(2, [4, 1], activation="tanh", seed=0)


def loss_of(one: nn.MLP) -> Value:
    return nn.mse_loss([one(x) for x, _ in POINTS], [y for _, y in POINTS])


@pytest.mark.parametrize("optimiser", [nn.SGD, nn.Adam])
@pytest.mark.slow
def test_training_eagerly(optimiser: type[nn.SGD | nn.Adam]) -> None:
    learner = model()
    optimise = optimiser(learner.parameters(), lr=0.01)

    def step() -> None:
        learner.zero_grad()
        loss_of(learner).backward()
        optimise.step()

    assert_flat(step)


@pytest.mark.slow
def test_training_within_no_grad_and_detect_anomaly() -> None:
    learner = nn.MLP(2, [2, 1], seed=0)

    def step() -> None:
        with detect_anomaly():
            loss = learner([0.5, 0.25])
            loss.backward()
        with no_grad():
            learner([0.5, 0.25])
        grad(grad(loss, learner.parameters()[0], create_graph=True), learner.parameters())

    assert_flat(step)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.slow
def test_training_a_program(threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "autograd.program.machine.run.WORTHWHILE", 1
    )  # threads even for so few rows
    learner, x = model(), [Value(0.0), Value(0.0)]
    loss = (learner(x) - 1.0) ** 2
    program = autograd.compile(loss, learner.parameters(), x, threads=threads)
    columns = np.random.default_rng(0).normal(size=(2, 50))
    optimise = nn.Adam(program, lr=0.01)

    def step() -> None:
        program.value_and_grad(*columns)
        optimise.step()
        program(*columns)
        program.write_back()

    assert_flat(step)


@pytest.mark.slow
def test_compiling_at_every_step() -> None:
    learner, x = nn.MLP(2, [1], seed=0), [Value(0.5), Value(0.25)]

    def step() -> None:
        autograd.compile(learner(x) ** 2, learner.parameters(), x).value_and_grad([0.5], [0.25])

    assert_flat(step)
