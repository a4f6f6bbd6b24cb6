"""Find rows for which Python would have chosen otherwise than when a graph was recorded."""

from __future__ import annotations

import linecache
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

from autograd.comparisons import SYMBOLS, Comparison, comparisons_of
from autograd.console import cut, on_one_line, printable
from autograd.modes import AnomalyError
from autograd.value import Value

from .anomaly import compute
from .ir import Kind
from .trace import trace

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from .ir import Code

__all__ = ["Branches", "branches_of", "check_branches"]


class Branches(NamedTuple):
    """The comparisons that a graph's Values remember, and how to make them again for other rows.

    Attributes:
        code: computes what was compared; its outputs are left, right, left, right, ….
        outcomes: what each comparison gave.
        texts: how to describe each of them in an error: what it is, and where.
        compare: the functions of `operator`.
    """

    code: Code
    outcomes: list[bool]
    texts: list[tuple[str, str]]
    compare: list[Any]


def branches_of(
    order: Iterable[Value], params: Sequence[Value], inputs: Sequence[Value]
) -> Branches | None:
    """The comparisons that the Values of a graph remember, if they depend on its leaves.

    Arguments:
        order: the graph.
        params, inputs: its leaves, even those that no result depends on: ``max(a, b)`` is one of
            its operands.
    """
    found = comparisons_of(chain(order, params, inputs))
    if not found:
        return None
    from .function.watch import is_users  # which needs this module

    made = [c for c in found if is_users(c.code)]
    sides = [v if isinstance(v, Value) else Value(v) for c in made for v in (c.left, c.right)]
    try:
        code = trace(sides, params, inputs)
    except ValueError:  # an operation that programs cannot run: nothing to compare
        return None
    return Branches(
        code,
        [c.outcome for c in made],
        [(_written(c), _place(c)) for c in made],
        [c.compare for c in made],
    )


def check_branches(
    branches: Branches | None, theta: NDArray[Any], columns: Sequence[NDArray[Any]]
) -> None:
    """Raise AnomalyError if a comparison comes out otherwise for a row than it did for the graph.

    Arguments:
        branches: the comparisons.
        theta, columns: the program's arguments.
    """
    if branches is None:
        return
    code, outcomes, texts, compare = branches
    outputs = [operands[0] for op, operands, _ in code if op is Kind.OUTPUT]
    rows = list(zip(*[column.tolist() for column in columns], strict=True)) or [()]
    for row, inputs in enumerate(rows):
        numbers = compute(code, theta.tolist(), inputs)
        for k, outcome in enumerate(outcomes):
            left, right = numbers[outputs[2 * k]], numbers[outputs[2 * k + 1]]
            if compare[k](left, right) is not outcome:
                what, place = texts[k]
                where = f"program, row {row}" if columns else "program"
                raise AnomalyError(
                    f"{where}: {what} was {outcome} when the graph was recorded, {place}, but here "
                    f"{left!r} {SYMBOLS[compare[k]]} {right!r} is {not outcome}. A program repeats "
                    "what was recorded then: choose with autograd.where, maximum or minimum. (If "
                    "nothing was chosen there, compare .data, which is not remembered.)"
                )


def _written(c: Comparison) -> str:
    left, right = (
        repr(v) if isinstance(v, float) else cut(on_one_line(v.label)) or "a Value"
        for v in (c.left, c.right)
    )
    return printable(f"{left} {SYMBOLS[c.compare]} {right}")


def _place(c: Comparison) -> str:
    file = c.code.co_filename
    source = cut(on_one_line(linecache.getline(file, c.line).strip()))
    return printable(f"in line {c.line} of {file}" + (f" (`{source}`)" if source else ""))
