"""Eight threads that train eight models compute, bit for bit, what each computes alone."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING

import numpy as np
import pytest

import autograd
import nn
from autograd import Value, detect_anomaly, grad, no_grad
from viz import draw

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

THREADS = 8


@pytest.fixture(autouse=True)
def _threads_change_often() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def eagerly(seed: int) -> object:
    model = nn.MLP(2, [4, 1], activation="tanh", seed=seed)
    optimiser = nn.Adam(model.parameters(), lr=0.01)
    numbers = np.random.default_rng(seed).normal(size=(30, 3)).tolist()
    losses = []
    for a, b, y in numbers:
        loss = nn.half_squared_error(model([a, b]), y)
        model.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.data)
    return losses, model.state_dict(), draw(model([1.0, 2.0])).source


def with_switches(seed: int) -> object:
    """Alternate no_grad and detect_anomaly, which hold for their own thread only."""
    model = nn.MLP(2, [3, 1], activation="tanh", seed=seed)
    found: list[object] = []
    for k in range(30):
        switch = (no_grad, detect_anomaly)[(seed + k) % 2]
        with switch():
            y = model([0.1 * k, -0.3])
            found.append((y.data, y.op))
        y = model([0.1 * k, -0.3])
        found.append((y.data, y.op, grad(y, model.parameters())))
        found.append(grad(y, model.parameters()[:2], create_graph=True)[0].data)
    return found


def by_program(seed: int) -> object:
    model = nn.MLP(2, [4, 1], activation="tanh", seed=seed)
    x = [Value(0.0), Value(0.0)]
    program = autograd.compile((model(x) - 1.0) ** 2, model.parameters(), x)
    columns = np.random.default_rng(seed).normal(size=(2, 100 + seed))
    optimiser = nn.Adam(program, lr=0.01)
    losses = []
    for _ in range(30):
        losses.append(program.value_and_grad(*columns)[0])
        optimiser.step()
    program.write_back()
    return losses, model.state_dict(), program(*columns).tolist()


@pytest.mark.parametrize("train", [eagerly, with_switches, by_program])
def test_threads_compute_bit_for_bit_what_they_compute_alone(
    train: Callable[[int], object],
) -> None:
    alone = [train(seed) for seed in range(THREADS)]
    assert alone[0] != alone[1]
    start = Barrier(THREADS)

    def at_once(seed: int) -> object:
        start.wait(60)
        return train(seed)

    with ThreadPoolExecutor(THREADS) as pool:
        assert list(pool.map(at_once, range(THREADS))) == alone
