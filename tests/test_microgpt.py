"""The engines of the benchmark `microgpt` compute the same, and its data is what it says."""

from __future__ import annotations

import random
import shutil
from statistics import mean
from typing import TYPE_CHECKING, Any

import pytest

from tests.benchmarks.engine import difference
from tests.benchmarks.microgpt import bench, ours, tables, train
from tests.benchmarks.microgpt.c_by_hand import CByHand
from tests.benchmarks.microgpt.jax_dense import Jax
from tests.benchmarks.microgpt.model import BOUNDARY, SMALL, Shape, as_tokens, initial_theta, spell
from tests.benchmarks.microgpt.names import LONGEST, invent_names
from tests.benchmarks.microgpt.numpy_by_hand import NumPyByHand
from tests.benchmarks.microgpt.ours import Compiled, Eager, FewMasked, Masked
from tests.benchmarks.microgpt.own_engine import OwnEngine
from tests.benchmarks.microgpt.setup import Setup

if TYPE_CHECKING:
    from tests.benchmarks.microgpt.setup import Peer

TINY = Shape(width=4, heads=2, blocks=2, positions=5)
SETUP = Setup(
    list(TINY),
    [8.0 * x for x in initial_theta(TINY)],  # far from the start, so that no share is alike
    ["abc", "xyz", "ab", "q", "fern", "bob", "zoo", "dd"],
)


def slow(engine: type[Peer]) -> Any:
    return pytest.param(engine, marks=pytest.mark.slow)


def result(engine: type[Peer], task: str, amount: int) -> dict[str, Any]:
    step = getattr(engine(SETUP), task)(amount)
    step.run()
    value, gradient = step.read(step.run())  # of the second document or batch
    return {"value": value, "gradient": gradient}


@pytest.mark.parametrize(("task", "amount"), [("document", 4), ("batch", 4)])
@pytest.mark.parametrize(
    "engine", [OwnEngine, NumPyByHand, *map(slow, (Compiled, Masked, FewMasked, CByHand, Jax))]
)
def test_an_engine_agrees_with_the_eager_graph(engine: type[Peer], task: str, amount: int) -> None:
    if engine is CByHand and not shutil.which("cc"):
        pytest.skip("no C compiler")
    if engine is Jax:
        pytest.importorskip("jax")
    assert difference(result(Eager, task, amount), result(engine, task, amount)) < 1e-10


def test_a_document_goes_to_the_shortest_program_that_it_fits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ours, "compile_masked", lambda shape, params, positions: positions)
    few = FewMasked(Setup(list(SMALL), [], []))
    assert [few.program_for(n)[1] for n in (1, 6, 7, 8, 10, 11, 16)] == [6, 6, 8, 8, 10, 16, 16]
    parts = few.by_program([[0] * 8, [0] * 4, [0] * 9])  # of 7, 3 and 8 positions
    assert [(program, block.shape) for program, block in parts] == [(8, (2, 17)), (6, (1, 13))]


def test_the_model_has_as_many_parameters_as_it_is_known_for() -> None:
    assert SMALL.parameters() == 4192


def test_names_are_different_and_the_same_for_the_same_seed() -> None:
    names = invent_names(2000)
    assert names == invent_names(2000) != invent_names(2000, seed=1)
    assert len(set(names)) == 2000
    assert max(map(len, names)) <= LONGEST
    assert set("".join(names)) <= set("abcdefghijklmnopqrstuvwxyz")


def test_names_are_about_as_long_as_given_names() -> None:
    assert 6.0 < mean(map(len, invent_names())) < 6.2


def test_a_name_becomes_tokens_and_back() -> None:
    assert as_tokens("ada") == [BOUNDARY, 0, 3, 0, BOUNDARY]
    assert spell(as_tokens("ada")) == "ada"


@pytest.mark.slow
def test_both_trainings_take_the_same_steps() -> None:
    compiled = [value for value, _ in train.train_compiled(SETUP, 4)]
    own = [value for value, _ in train.train_own(SETUP, 4)]
    assert compiled == pytest.approx(own, rel=1e-9)
    assert compiled[-1] != compiled[0]


def test_a_sampled_name_ends_at_a_boundary_or_after_the_last_position() -> None:
    rng = random.Random(0)
    names = [train.sample(TINY, SETUP.theta, rng) for _ in range(50)]
    assert max(map(len, names)) <= TINY.positions
    assert len(set(names)) > 10


def test_the_tables_compare_with_the_faster_of_our_programs() -> None:
    seconds = {"gpt-glassgrad": 2e-4, "gpt-glassgrad-masked": 1e-4, "gpt-numpy": 7e-4}
    text = str(tables.table("document", seconds, SMALL))
    (line,) = [line for line in text.splitlines() if "NumPy" in line]
    assert [cell.strip() for cell in line.split("|")[2:-1]] == ["700 µs", "7.0", "6", "yes"]
    training = {"own steps": float(bench.STEPS), "compiled": 6.0, "own": 240.0}
    assert str(tables.table("training", training, SMALL)).count(" no ") == 2
