"""Compiled passes write into arrays that were made large enough beforehand, and not past them."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

import numpy as np
import pytest

import autograd
from autograd import Value, ops, total
from autograd.program import writer

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from autograd.ops import Op
    from autograd.program.writer import Writer

BEYOND = 4096  # numbers after each array
UNTOUCHED = 7919


def guarded(array: NDArray[np.int64], guards: list[NDArray[np.int64]]) -> NDArray[np.int64]:
    """The array with memory behind it that tells whether it was written to."""
    longer = np.full(len(array) + BEYOND, UNTOUCHED, array.dtype)
    longer[: len(array)] = array
    guards.append(longer[len(array) :])
    return longer[: len(array)]


@pytest.mark.parametrize("op", [ops.COSINE, ops.MUL, ops.POW, ops.GELU, ops.EXP])
@pytest.mark.parametrize("terms", [1, 5, 30, 100])
def test_no_pass_writes_past_its_arrays(
    op: Op, terms: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    guards: list[NDArray[np.int64]] = []

    def new_writer(instructions: int, operands: int, constants: int) -> Writer:
        made = writer.new_writer(instructions, operands, constants)
        detail = guarded(made.bits, guards).view(np.float64)
        return made._replace(
            op=guarded(made.op, guards),
            start=guarded(made.start, guards),
            operands=guarded(made.operands, guards),
            detail=detail,
            bits=detail.view(np.int64),
        )

    for module in ("gradient", "passes.fuse", "passes.share", "passes.simplify"):
        monkeypatch.setattr(import_module(f"autograd.program.{module}"), "new_writer", new_writer)
    for n in range(terms, terms + 4):
        params = [Value(0.5 + 0.01 * k) for k in range((op.arity or 2) * n)]
        operands = [params[k::n] for k in range(n)]
        autograd.compile(total([op(*each) for each in operands]), params=params)
    assert guards
    assert all((guard == UNTOUCHED).all() for guard in guards)
