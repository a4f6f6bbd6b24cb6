"""What Values were compared with, in Python: ``x > 0``, ``max(a, b)``, ``sorted``.

A comparison gives a bool and records nothing, so a graph does not show that Python chose between
two ways. But a Value remembers its latest comparisons, and a program that was compiled from the
graph can tell, within `autograd.detect_anomaly`, that one of them comes out otherwise for a row.

What a Value was compared with is remembered if it has no graph of its own: otherwise
``best = min(best, loss)`` would keep the graphs of all losses alive. Within `detect_anomaly`, which
is for finding mistakes, every comparison is remembered, by the leaves that it depends on: they
outlive the product of ``if x * y > 1``.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from operator import ge, gt, le, lt
from types import CodeType
from typing import Any, NamedTuple

from . import modes

__all__ = ["SYMBOLS", "Comparison", "comparisons_of", "remember"]

_MOST = 32
"""How many comparisons a Value remembers."""

_MIRRORED = {lt: gt, le: ge, gt: lt, ge: le}
SYMBOLS = {lt: "<", le: "<=", gt: ">", ge: ">="}
"""How the functions of `operator` are written."""


class Comparison(NamedTuple):
    """``left symbol right``, as Python evaluated it.

    Attributes:
        compare: a function of `operator`.
        left, right: Values, and floats for numbers.
        outcome: the result.
        code, line: where.
    """

    compare: Callable[[Any, Any], bool]
    left: Any
    right: Any
    outcome: bool
    code: CodeType
    line: int


def comparisons_of(v: Any) -> list[Comparison]:
    """The comparisons that a Value remembers; of those that ask the same, the latest."""
    latest: dict[Any, Comparison] = {}
    for compare, left, *rest in getattr(v, "_compared", ()):
        made = Comparison(compare, v if left is None else left, *rest)
        latest[made._replace(outcome=True)] = made
    return list(latest.values())


def remember(compare: Callable[[Any, Any], bool], v: Any, other: Any, outcome: bool) -> None:
    """Let v, and `other` if it is a Value, remember how they compare."""
    try:
        caller = sys._getframe(3)  # Value.__lt__ calls _compare, which calls this
    except ValueError:  # called by no Python code
        return
    code, line = caller.f_code, caller.f_lineno
    number = other.__class__ is float
    if modes.open_blocks and modes.watching.get():
        from .graph import topological  # rarely needed

        for leaf in topological(v) if number else topological(v, other):
            if leaf.operation is None:
                _add(leaf, (compare, v, other, outcome, code, line))
        return
    # What a Value remembers does not refer to itself, as that would be a reference cycle.
    if number or other.operation is None:
        _add(v, (compare, None, other, outcome, code, line))
    if not number and v.operation is None:
        _add(other, (_MIRRORED[compare], None, v, outcome, code, line))


def _add(v: Any, made: tuple[Any, ...]) -> None:
    try:
        remembered = v._compared
    except AttributeError:
        v._compared = [made]
        return
    remembered.append(made)
    if len(remembered) > _MOST:
        del remembered[0]
