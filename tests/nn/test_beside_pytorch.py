"""1,000 steps beside PyTorch, on Values and on programs, with all that trainings use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import autograd
import nn
from autograd import Value

from .pytorch import CASES, EVERY, START, STEPS, Case, forces, kept, loss_of, pytorch

if TYPE_CHECKING:
    from collections.abc import Callable

KEPT = kept()
cases = pytest.mark.parametrize("name", CASES)


def train(
    case: Case, params: list[Value], trained: Any, read: Callable[[], list[float]], backward: Any
) -> list[list[float]]:
    """The parameters after every 50 steps; `trained` is the list of parameters, or a program."""
    program = None if isinstance(trained, list) else trained
    what: Any = trained
    further: dict[str, Any] = {}
    if case.groups:
        halves = (params[:2], params[2:])
        what = [{"params": p, **s} for p, s in zip(halves, case.groups, strict=True)]
        further = {"program": program}
    optimiser = getattr(nn, case.optimiser)(what, **case.settings, **further)
    seen = []
    for step in range(STEPS):
        if case.schedule:
            optimiser.lr = case.schedule(step)
        optimiser.zero_grad()
        backward(forces(step))
        if case.clip_norm is not None:
            nn.clip_grad_norm(trained, case.clip_norm, case.norm_type)
        if case.clip_value is not None:
            nn.clip_grad_value(trained, case.clip_value)
        optimiser.step()
        if (step + 1) % EVERY == 0:
            seen.append(read())
    return seen


def assert_same(found: list[list[float]], expected: list[list[float]]) -> None:
    assert len(found) == len(expected) == STEPS // EVERY
    for ours, theirs in zip(found, expected, strict=True):
        assert ours == pytest.approx(theirs, rel=1e-10, abs=1e-10)


@cases
def test_values_follow_pytorch_for_a_thousand_steps(name: str) -> None:
    params = [Value(x) for x in START]
    found = train(
        CASES[name],
        params,
        params,
        lambda: [p.data for p in params],
        lambda f: loss_of(params, f).backward(),
    )
    assert_same(found, KEPT[name])


@cases
def test_programs_follow_pytorch_for_a_thousand_steps(name: str) -> None:
    params = [Value(x) for x in START]
    columns = [Value(0.0) for _ in START]
    program = autograd.compile(loss_of(params, columns), params, columns)
    found = train(
        CASES[name],
        params,
        program,
        lambda: program.theta.tolist(),
        lambda f: program.value_and_grad(*([x] for x in f)),
    )
    assert_same(found, KEPT[name])
    assert [p.data for p in params] == list(START)  # until write_back


@cases
def test_what_was_kept_is_what_pytorch_computes(name: str) -> None:
    torch: Any = pytest.importorskip("torch")
    assert_same(pytorch(torch, CASES[name]), KEPT[name])


def test_every_case_was_kept() -> None:
    assert list(KEPT) == list(CASES)
