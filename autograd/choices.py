"""Functions that choose: comparisons, `where` and `pick`. A program decides anew for each row.

Python's own choices (``a < b``, ``if``, ``values[i]``) are made once, while the graph is recorded.
These are recorded, so that a program repeats them with its own numbers.

Only what was chosen gets a gradient. The rest counts as not computed: where its own value or
derivative is nan or inf, nothing of that reaches a result, a gradient or a second derivative.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from numbers import Real
from typing import Any, overload

from . import ops
from ._numbers import Number
from .console import on_one_line, printable
from .functions import as_entries, as_named_operand, as_operands
from .value import Value, record

__all__ = ["check_index", "equal", "greater", "less", "pick", "where"]


def less(a: Value | Number, b: Value | Number) -> Value:
    """1 where a < b, else 0, as a Value; its derivative is 0. (``a < b`` itself is a bool.)

    As in every comparison, the result is 0 if either is nan.
    """
    return record(ops.LESS, as_operands((a, b), "less", "ab"))


def greater(a: Value | Number, b: Value | Number) -> Value:
    """1 where a > b, else 0, as a Value; its derivative is 0. (``a > b`` itself is a bool.)"""
    return record(ops.GREATER, as_operands((a, b), "greater", "ab"))


def equal(a: Value | Number, b: Value | Number) -> Value:
    """1 where a and b are the same number, else 0, as a Value; its derivative is 0.

    ``a == b`` asks something else: whether they are the same Value.
    """
    return record(ops.EQUAL, as_operands((a, b), "equal", "ab"))


def where(condition: Value | Number, a: Value | Number, b: Value | Number) -> Value:
    """a where the condition is not 0, else b. Only the chosen one gets a gradient.

    Arguments:
        condition: a comparison, such as ``greater(x, 0)``, or any other Value; nan counts as true,
            as in NumPy. A bool or a number is a constant, and a program will not decide again.
        a, b: Values or numbers.

    >>> from autograd import Value, greater, where
    >>> x = Value(-1.0)
    >>> y = where(greater(x, 0), x.sqrt(), 0)
    >>> y.backward()
    >>> y.data, x.grad  # the nan of x.sqrt() was not chosen
    (0.0, 0.0)
    """
    return record(ops.WHERE, as_operands((condition, a, b), "where", ("condition", "a", "b")))


@overload
def pick(values: Sequence[Value | Number], index: Value | Number) -> Value: ...
@overload
def pick(values: Sequence[Sequence[Value | Number]], index: Value | Number) -> list[Value]: ...


def pick(values: Any, index: Any) -> Any:
    """``values[index]``: the entry, or if `values` is a list of lists, the row, that index chooses.

    Only what was picked gets a gradient. If the index is a Value, the pick is an operation, and a
    program picks anew for each row of its columns. If it is a number, the entry itself is returned.

    Arguments:
        values: Values or numbers; or lists of them, all of one length, such as an embedding table.
        index: a whole number from 0 to ``len(values) - 1``, as a number or as a Value. Negative
            ones do not count from the end, because in a column of data they are mostly mistakes.

    Raises:
        IndexError: the index is negative, too large, not whole, or nan. A program raises it before
            it runs, and names the row; a program exported to JAX gives nan instead.
        ValueError: there are no values, or the rows differ in length.

    >>> from autograd import Value, pick
    >>> table = [[Value(1.0), Value(2.0)], [Value(3.0), Value(4.0)]]
    >>> token = Value(1, label="token")
    >>> [v.data for v in pick(table, token)]
    [3.0, 4.0]
    """
    if not hasattr(values, "__iter__") or isinstance(values, str | Mapping | Set):
        got = printable(f"{type(values).__qualname__}: {values!r:.60}")
        advice = "; pass list(d.values())" if isinstance(values, Mapping) else ""
        advice = "; put it in a list" if isinstance(values, Value | Real) else advice
        raise TypeError(f"pick expects a list to pick from, got {got}{advice}")
    if _is_row(index):
        got = printable(f"{type(index).__qualname__}: {index!r:.60}")
        raise TypeError(
            f"pick expects one index, got {got}; write [pick(values, i) for i in indices]"
        )
    listed = list(values)
    if not listed:
        raise ValueError("pick expects at least one value to pick from, got none")
    chooser = as_named_operand(index, "pick, index")
    label = on_one_line(chooser.label) if isinstance(chooser, Value) else ""
    number = chooser.data if isinstance(chooser, Value) else chooser
    check_index(number, len(listed), f"pick, index {label}".rstrip())
    if not any(map(_is_row, listed)):
        return _pick_entry(listed, chooser, "values[{}]")
    rows = [_entries(row, i) for i, row in enumerate(listed)]
    for i, row in enumerate(rows):
        if len(row) != len(rows[0]):
            raise ValueError(
                f"pick expects rows of one length, got {len(rows[0])} entries in row 0 and "
                f"{len(row)} in row {i}"
            )
    columns = enumerate(zip(*rows, strict=True))
    return [_pick_entry(column, chooser, f"values[{{}}][{j}]") for j, column in columns]


def check_index(index: float, count: int, where: str) -> None:
    """Raise IndexError unless the index is a whole number from 0 to count − 1."""
    if 0.0 <= index < count and index.is_integer():
        return
    got = repr(int(index)) if index.is_integer() and abs(index) < 1e15 else repr(index)
    advice = "; negative indices do not count from the end" if index < 0.0 else ""
    raise IndexError(f"{where}: expected a whole number from 0 to {count - 1}, got {got}{advice}")


def _is_row(thing: Any) -> bool:
    return hasattr(thing, "__iter__") and not isinstance(thing, str) and _dimensions(thing) != 0


def _dimensions(thing: Any) -> int | None:
    return getattr(thing, "ndim", None)  # a NumPy array of no dimension has __iter__ as well


def _entries(row: Any, i: int) -> list[Any]:
    if not isinstance(row, Iterable) or not _is_row(row):
        kind = type(row).__qualname__
        raise TypeError(f"pick expects numbers only, or lists only, got {kind} as row {i}")
    return list(row)


def _pick_entry(values: Sequence[Any], index: Value | float, place: str) -> Value:
    """The entry; `place` is how errors call entry i, with {} for i."""
    if isinstance(index, Value):
        return record(ops.PICK, (index, *as_entries(values, "pick", place)))
    entry = values[int(index)]
    if isinstance(entry, Value):
        return entry
    number = as_named_operand(entry, f"pick, {place.format(int(index))}")
    return Value(number, role="constant")  # type: ignore[arg-type]
