"""Programs on several processes and devices give what one process gives, as the README says."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import autograd
import nn
from autograd import Value

from .agreement import assert_agree

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

NEEDED = "GLASSGRAD_NEEDS_JAX" in os.environ  # where CI has installed both, nothing is skipped


def model() -> nn.MLP:
    return nn.MLP(2, [6, 1], activation="tanh", seed=0)


def classifier(model: nn.MLP) -> Any:
    """A program for rows of two numbers and a label."""
    x, label = [Value(0.1, label="a"), Value(0.2, label="b")], Value(1.0, label="label")
    return autograd.compile(nn.hinge_loss(model(x), label), model.parameters(), [*x, label])


def rows(count: int = 96) -> NDArray[np.float64]:
    rng = np.random.default_rng(0)
    points = rng.normal(size=(count, 2))
    return np.column_stack([points, np.sign(points.sum(axis=1))])


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    if not NEEDED:
        pytest.importorskip("distributed")
    from distributed import Client

    with Client(n_workers=2, threads_per_worker=1, dashboard_address=None) as client:
        yield client


@pytest.mark.slow
def test_dask_trains_on_shards_as_one_process_trains_on_all_rows(client: Any) -> None:
    alone, spread = classifier(model()), classifier(model())
    shards = np.split(rows(), 4)
    one, many = nn.Adam(alone, lr=0.05), nn.Adam(spread, lr=0.05)
    for _ in range(5):
        alone.value_and_grad(rows())
        futures = client.map(spread.value_and_grad, shards, theta=spread.theta, pure=False)
        spread.gradient = np.mean([gradient for _, gradient in client.gather(futures)], axis=0)
        assert_agree(spread.gradient, alone.gradient, np.abs(alone.gradient).max())
        one.step()
        many.step()
    assert_agree(spread.theta, alone.theta, np.abs(alone.theta).max())


ON_TWO_DEVICES = """
import jax, numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from tests.autograd.program.test_scaling_out import classifier, model, rows

jax.config.update("jax_enable_x64", True)
assert len(jax.devices()) == 2
program = classifier(model())
exported = program.to_jax()
step = jax.jit(jax.value_and_grad(lambda theta, *columns: exported(theta, *columns).mean()))
over_rows = NamedSharding(Mesh(jax.devices(), ("rows",)), PartitionSpec("rows"))
columns = jax.device_put(list(rows().T), over_rows)
assert len(columns[0].addressable_shards) == 2
value, gradient = step(program.theta, *columns)
expected, slopes = program.value_and_grad(rows())
assert abs(value - expected) <= 1e-12 * abs(expected)
assert np.abs(gradient - slopes).max() <= 1e-12 * np.abs(slopes).max()
one_by_one = jax.jit(jax.vmap(exported, in_axes=(None, 0, 0, 0)))(program.theta, *columns)
assert np.abs(one_by_one - program(rows())).max() <= 1e-12 * np.abs(one_by_one).max()
print("agrees")
"""


@pytest.mark.slow
def test_jax_spreads_the_rows_over_two_devices() -> None:
    if not NEEDED:
        pytest.importorskip("jax", exc_type=ImportError)
    flags = {"XLA_FLAGS": "--xla_force_host_platform_device_count=2", "JAX_PLATFORMS": "cpu"}
    ran = subprocess.run(
        [sys.executable, "-c", ON_TWO_DEVICES],
        env={**os.environ, **flags},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert ran.stdout == "agrees\n", ran.stderr


def train(program: Any, adam: nn.Adam, steps: int) -> None:
    for _ in range(steps):
        program.value_and_grad(rows())
        adam.step()


def test_a_training_that_stopped_goes_on_from_its_file(tmp_path: Path) -> None:
    """Bit for bit as one that did not stop."""
    whole, first, second = model(), model(), nn.MLP(2, [6, 1], activation="tanh", seed=1)
    program = classifier(whole)
    train(program, nn.Adam(program, lr=0.05), 9)

    begun = classifier(first)
    adam = nn.Adam(begun, lr=0.05)
    train(begun, adam, 4)
    begun.write_back()
    first.save(tmp_path / "run.json", adam)

    second.load(tmp_path / "run.json")
    resumed = classifier(second)
    adam = nn.Adam(resumed, lr=0.05)
    second.load(tmp_path / "run.json", adam)
    train(resumed, adam, 5)
    assert resumed.theta.tolist() == program.theta.tolist()
