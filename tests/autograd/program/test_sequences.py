"""Programs whose instructions run on panels of rows agree with their graphs, for any row count."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd
from autograd import Value
from autograd.program import roles
from autograd.program.machine.layout import Layout
from autograd.program.machine.words import Words
from tests.thorough import examples

from .agreement import assert_agree
from .sequences import random_model

ROWS = [1, 2, 3, 4, 5, 9, 21]


@pytest.fixture(autouse=True)
def _side_by_side(monkeypatch: pytest.MonkeyPatch) -> None:
    """Place alike instructions side by side even if there are few."""
    monkeypatch.setattr(roles, "FEW", 0)


def compiled(seed: int) -> tuple[Any, Any]:
    model = random_model(seed)
    params, inputs = list(map(Value, model.theta)), model.inputs()
    return model, autograd.compile(model.loss(params, inputs), params, inputs)


@pytest.mark.parametrize("seed", range(8))
def test_a_model_of_sequences_agrees_with_its_graphs(seed: int) -> None:
    model, program = compiled(seed)
    rows = model.rows(max(ROWS))
    numbers = []
    for row in rows:
        params = list(map(Value, model.theta))
        loss = model.loss(params, list(map(Value, row)))
        loss.backward()
        numbers.append([loss.data, *[p.grad for p in params]])
    for count in ROWS:
        value, gradient = program.value_and_grad(np.array(rows[:count]))
        size = 1.0 + np.mean(np.abs(numbers[:count]), axis=0)  # of what is added up
        assert_agree([value, *gradient], np.mean(numbers[:count], axis=0), size)


@pytest.mark.parametrize("seed", range(8))
def test_outputs_of_rows_do_not_depend_on_how_many_there_are(seed: int) -> None:
    model, program = compiled(seed)
    rows = np.array(model.rows(max(ROWS)))
    together = program(rows)
    for count in ROWS:
        assert program(rows[:count]) == pytest.approx(together[:count], rel=1e-12)


def test_alike_instructions_run_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """With roles, the machine has fewer instructions to run."""
    written: list[int] = []
    begin = Words.begin

    def count(self: Words, kind: int, width: int) -> None:
        written.append(kind)
        begin(self, kind, width)

    monkeypatch.setattr(Words, "begin", count)
    counts = []
    for few in (0, 1_000_000):
        written.clear()
        monkeypatch.setattr(roles, "FEW", few)
        compiled(2)
        counts.append(len(written))
    assert counts[0] < 0.6 * counts[1]


def test_nothing_is_written_outside_of_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Vectors reach beyond a row if there are fewer rows than lanes, but not beyond memory."""
    spaces = []
    memory = Layout.memory

    def guarded(self: Layout) -> Any:
        self._size += 100
        space = memory(self)
        self._size -= 100
        space[-100:] = 123.0
        spaces.append(space)
        return space

    monkeypatch.setattr(Layout, "memory", guarded)
    for seed in range(4):
        model, program = compiled(seed)
        for count in ROWS:
            program.value_and_grad(np.array(model.rows(count)))
            program(np.array(model.rows(count)))
    assert len(spaces) == 8  # two machines of each program
    for space in spaces:
        assert (space[-100:] == 123.0).all()


def test_nan_and_inf_stay_in_their_positions() -> None:
    model, program = compiled(1)
    rows = np.array(model.rows(7))
    rows[2, 0] = np.inf
    rows[5, 1] = np.nan
    outputs = program(rows)
    fine = [0, 1, 3, 4, 6]
    assert np.isfinite(outputs[fine]).all()
    assert not np.isfinite(outputs[[2, 5]]).any()
    for k in (2, 5):
        params = list(map(Value, model.theta))
        loss = model.loss(params, list(map(Value, rows[k].tolist())))
        assert np.isnan(outputs[k]) == np.isnan(loss.data)


def test_a_picked_value_that_several_tables_share_reaches_all_of_them() -> None:
    """Two means take the same product, beside others; and one takes it twice."""
    a, b, c, d = (Value(0.5 + k) for k in range(4))
    x, token = Value(1.0, label="x"), Value(0.0, label="token")
    first, second = autograd.pick([a, b], token), autograd.pick([c, d], token)
    loss = ((first + second) * x) ** 2 + a * x + c * x * x
    program = autograd.compile(loss, [a, b, c, d], [x, token])
    columns = np.array([[0.5, 0.0], [1.5, 1.0], [-2.0, 1.0], [0.25, 0.0], [3.0, 1.0]])
    for count in range(1, 6):
        expected = np.zeros(4)
        for x_row, token_row in columns[:count].tolist():
            p = [Value(0.5 + k) for k in range(4)]
            u = Value(x_row)
            picked = p[int(token_row)] + p[2 + int(token_row)]
            ((picked * u) ** 2 + p[0] * u + p[2] * u * u).backward()
            expected += [v.grad for v in p]
        _, gradient = program.value_and_grad(columns[:count])
        assert gradient == pytest.approx(expected / count, rel=1e-13)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(8, 8 + examples(60)))
def test_many_more_models_agree(seed: int) -> None:
    test_a_model_of_sequences_agrees_with_its_graphs(seed)
