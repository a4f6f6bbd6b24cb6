"""Comparisons of Values, in Python: ``x > 0``, ``max(a, b)``, ``sorted``. They give a bool.

A comparison records nothing, so a graph does not show that Python chose between two ways. But the
latest comparisons are remembered, and a program that was compiled from the graph can tell, within
`autograd.detect_anomaly`, that one of them comes out otherwise for a row.

They must neither take long, as sorting compares a lot, nor keep anything alive without end:

* What a Value was compared with is remembered with it, if that is a number or a leaf. A graph would
  stay alive: ``best = min(best, loss)`` would keep those of all losses.
* Two leaves are remembered in a list of limited length. Otherwise each leaf could keep the one
  before it alive, as in ``if x > previous``, and so all of them.

Within `detect_anomaly`, which is for finding mistakes, every comparison is remembered, by the
leaves that it depends on: they outlive the product of ``if x * y > 1``.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from operator import ge, gt, le, lt
from sys import _getframe
from types import CodeType
from typing import Any, NamedTuple

from . import modes
from ._numbers import as_float
from ._operators import leave_to_array

__all__ = ["SYMBOLS", "Comparison", "comparing", "comparisons_of"]

_MOST = 32
"""How many comparisons a Value remembers."""

_FIELDS = 6
"""How many entries one comparison takes of what a Value remembers: tuples in a list take longer."""

_of_leaves: deque[tuple[Any, ...]] = deque(maxlen=4096)
"""The latest comparisons of two leaves, with the same fields."""

_MIRRORED: dict[Callable[[Any, Any], bool], Any] = {lt: gt, le: ge, gt: lt, ge: le}
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


def comparing(function: Callable[[float, float], bool]) -> Callable[[Any, Any], bool]:
    """A method of Value, such as ``__lt__``, that compares data, and remembers that it did.

    Arguments:
        function: `operator.lt`, or another of its kind.
    """

    def compare(self: Any, other: Any) -> bool:
        if other.__class__ is self.__class__:
            outcome = function(self._datum, other._datum)
        else:
            try:
                other = other if other.__class__ is float else as_float(other)
            except TypeError:
                return leave_to_array(other)  # type: ignore[no-any-return]
            outcome = function(self._datum, other)
        try:
            caller = _getframe(1)
        except ValueError:  # called by no Python code
            return outcome
        code, place = caller.f_code, caller.f_lasti  # finding the line would take longer
        if modes.open_blocks and modes.watching.get():
            _remember_leaves(self, other, (function, self, other, outcome, code, place))
        # What a Value remembers does not refer to itself, as that would be a reference cycle.
        elif other.__class__ is float:
            _add(self, (function, None, other, outcome, code, place))
        elif self.operation is None:
            if other.operation is None:
                _of_leaves.append((function, self, other, outcome, code, place))
            else:
                _add(other, (_MIRRORED[function], None, self, outcome, code, place))
        elif other.operation is None:
            _add(self, (function, None, other, outcome, code, place))
        return outcome

    compare.__name__ = f"__{function.__name__}__"
    compare.__qualname__ = f"Value.{compare.__name__}"
    return compare


def _remember_leaves(v: Any, other: Any, made: tuple[Any, ...]) -> None:
    from .graph import topological  # rarely needed

    for leaf in topological(v) if other.__class__ is float else topological(v, other):
        if leaf.operation is None:
            _add(leaf, made)


def _add(v: Any, made: tuple[Any, ...]) -> None:
    remembered = getattr(v, "_compared", None)
    if remembered is None:  # most Values are compared only once: a list would take longer
        v._compared = made
    elif remembered.__class__ is tuple:
        v._compared = [*remembered, *made]
    else:
        remembered += made
        if len(remembered) > 2 * _MOST * _FIELDS:  # cutting it down each time would take longer
            del remembered[: -_MOST * _FIELDS]


def comparisons_of(values: Iterable[Any]) -> list[Comparison]:
    """The comparisons that Values remember; of those that ask the same, the latest."""
    between: dict[int, list[tuple[Any, ...]]] = {}  # comparisons of two leaves, by either leaf
    for function, left, right, *rest in tuple(_of_leaves):
        between.setdefault(id(left), []).append((function, left, right, *rest))
        if right is not left:
            mirrored = _MIRRORED[function]
            between.setdefault(id(right), []).append((mirrored, right, left, *rest))
    latest: dict[Any, Comparison] = {}
    for v in values:
        remembered = getattr(v, "_compared", None) or ()
        if not remembered and id(v) not in between:  # as for nearly all values of a large graph
            continue
        found = list(zip(*[iter(remembered[-_MOST * _FIELDS :])] * _FIELDS, strict=True))
        for function, left, right, outcome, code, place in (*found, *between.get(id(v), ())):
            left = v if left is None else left
            made = Comparison(function, left, right, outcome, code, _line(code, place))
            latest[made._replace(outcome=True)] = made
    return list(latest.values())


def _line(code: CodeType, place: int) -> int:
    """The line of an instruction."""
    found = [line for start, end, line in code.co_lines() if start <= place < end]
    return found[0] or code.co_firstlineno if found else code.co_firstlineno
