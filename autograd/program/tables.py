"""Find the columns in what a program is called with: arrays, a block of columns, a table.

A table matches its columns to inputs by name: a DataFrame of pandas or polars, an Arrow table, a
dictionary, a structured array. No such library is imported: a table is recognised by what it has.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from .columns import as_column, check_count, refuse_shapes

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Argument", "as_block", "column_names", "gather", "input_names"]


class Argument(NamedTuple):
    """One thing that a program is called with: a column, or an array of several.

    Attributes:
        name: what a table's column has to be called to match it.
        shape: of the numbers that each row has for it; () for a single number.
    """

    name: str
    shape: tuple[int, ...] = ()

    @property
    def size(self) -> int:
        """How many numbers each row has for it, each of them an input of the program."""
        return math.prod(self.shape)


def input_names(argument: Argument) -> list[str]:
    """The names of an argument's inputs: ``x``, or ``x[0]``, ``x[1]``, ...; ``x[0][0]``, ..."""
    return [
        argument.name + "".join([f"[{i}]" for i in index]) for index in np.ndindex(argument.shape)
    ]


def gather(
    given: Sequence[Any],
    named: Mapping[str, Any],
    arguments: Sequence[Argument],
    names: Sequence[str],
) -> list[Any]:
    """The columns in the arguments of a call, one for each input, still to be checked.

    Arguments:
        given, named: what the program was called with.
        arguments: what it takes.
        names: what to call its inputs in errors.

    Raises:
        ValueError: a column is missing, or there is one too many.
    """
    given = _by_name(given, named, arguments) if named else _spread(given, arguments, names)
    check_count(given, [argument.name for argument in arguments])
    columns: list[Any] = []
    rows = []
    for argument, thing in zip(arguments, given, strict=True):
        if not argument.shape:
            columns.append(as_column(thing, names[len(columns)]))
            rows.append(len(columns[-1]))
        elif _needs_no_conversion(thing) and thing.shape[1:] == argument.shape:
            columns.extend(thing.reshape(len(thing), argument.size).T)
            rows.append(len(thing))
        else:
            own = names[len(columns) : len(columns) + argument.size]
            block = as_block(thing, argument.name, argument.shape, own)
            columns.extend(block.T)
            rows.append(len(block))
    if len(set(rows)) > 1:
        refuse_shapes([argument.name for argument in arguments], rows, "lengths")
    return columns


def _spread(
    given: Sequence[Any], arguments: Sequence[Argument], names: Sequence[str]
) -> Sequence[Any]:
    """What the arguments get if a single block, table or list holds all of them."""
    if len(given) != 1:
        return given
    if callable(getattr(given[0], "collect", None)):  # a LazyFrame of polars
        raise TypeError(
            f"columns: expected a table of numbers, got {type(given[0]).__qualname__}, which has "
            "not been computed yet; pass table.collect()"
        )
    table, alone = given[0], len(arguments) == 1
    only_array = alone and bool(arguments[0].shape)
    labels = column_names(table)
    if labels is not None and not (only_array and _is_array(table, labels, arguments[0])):
        return _by_name((), _columns_of(table, labels), arguments)
    if getattr(table, "ndim", 0) == 2 and not only_array:
        width = sum([argument.size for argument in arguments])
        if table.shape[1] == width:
            return _cut(as_block(table, "columns", (width,), names), arguments)
        if alone:
            return given  # `as_column` says what is wrong with its shape
        raise ValueError(
            f"expected {width} columns, one for each input ({', '.join(names) or 'none'}), got an "
            f"array of shape {table.shape}"
        )
    if isinstance(table, list | tuple) and len(arguments) > 1 and all(map(_is_column, table)):
        if len(table) == len(arguments):
            return table
        wanted = ", ".join([argument.name for argument in arguments])
        raise ValueError(
            f"expected {len(arguments)} columns ({wanted}), got a list of {len(table)}; "
            "if it is a list of rows, pass an array: np.array(rows)"
        )
    return given


def _is_column(thing: Any) -> bool:
    return hasattr(thing, "__len__") and not isinstance(thing, str)


def _needs_no_conversion(thing: Any) -> bool:
    return thing.__class__ is np.ndarray and thing.dtype == np.float64


def _cut(block: NDArray[np.float64], arguments: Sequence[Argument]) -> list[Any]:
    """Cut a block of columns into a part for each argument."""
    parts: list[Any] = []
    start = 0
    for argument in arguments:
        part = block[:, start : start + argument.size]
        parts.append(part.reshape(-1, *argument.shape) if argument.shape else part[:, 0])
        start += argument.size
    return parts


def _is_array(table: Any, labels: Sequence[str], argument: Argument) -> bool:
    """Whether a table is the array of the only argument, rather than columns by name."""
    by_name = argument.name in labels or set(labels) == set(input_names(argument))
    return not by_name and not isinstance(table, Mapping)


# ── by name ──────────────────────────────────────────────────────────────────────────────────


def column_names(table: Any) -> list[Any] | None:
    """The names of a table's columns; None if it is not a table."""
    if isinstance(table, Mapping):
        return list(table)
    if isinstance(table, np.ndarray):
        return list(table.dtype.names) if table.dtype.names else None
    for attribute in ("column_names", "columns"):  # Arrow tables have both, and this order counts
        names = getattr(table, attribute, None)
        if names is not None and not callable(names) and hasattr(table, "__getitem__"):
            return list(names) if getattr(table, "ndim", 2) == 2 else None
    return None


def _columns_of(table: Any, labels: Sequence[Any]) -> dict[Any, Any]:
    repeated = sorted({str(label) for label in labels if list(labels).count(label) > 1})
    if repeated:
        raise ValueError(
            f"columns: expected one column of each name, got several called {_list(repeated)}; "
            "rename them or drop all but one"
        )
    return {label: table[label] for label in labels}


def _by_name(
    given: Sequence[Any], named: Mapping[Any, Any], arguments: Sequence[Argument]
) -> list[Any]:
    """Match columns to arguments by name; those in `given` belong to the first arguments.

    The entries of an array may be columns of their own, called ``x[0]``, ``x[1]``, ...
    """
    found: dict[str, Any] = {}
    left = dict(named)
    missing: list[str] = []
    for k, argument in enumerate(arguments):
        if k < len(given):
            found[argument.name] = given[k]
        elif argument.name in left:
            found[argument.name] = left.pop(argument.name)
        else:
            entries = input_names(argument)
            lacking = [entry for entry in entries if entry not in left]
            if argument.shape and len(lacking) < len(entries):
                missing += lacking
                parts = [as_column(left.pop(e), e) for e in entries if e in left]
                if not lacking:
                    found[argument.name] = np.stack(parts, axis=1).reshape(-1, *argument.shape)
            else:
                missing.append(argument.name)
    twice = [argument.name for argument in arguments[: len(given)] if argument.name in left]
    if twice:
        raise ValueError(
            f"columns: expected each input once, got {_list(twice)} both by its place and by its "
            "name; pass each column one way"
        )
    problems = [f"missing {_list(missing)}"] if missing else []
    problems += [f"unexpected {_list(list(map(str, left)))}"] if left else []
    if problems:
        wanted = [argument.name for argument in arguments]
        advice = "; rename or add columns" if missing else f"; select the others: table[{wanted!r}]"
        raise ValueError(
            f"columns: expected one for each input ({', '.join(wanted) or 'none'}), got "
            f"{' and '.join(problems)}{advice if len(wanted) <= 8 or missing else ''}"
        )
    return [found[argument.name] for argument in arguments] + list(given[len(arguments) :])


def _list(names: Sequence[str]) -> str:
    shown = list(map(repr, names[:8]))
    return ", ".join(shown) + (f" and {len(names) - 8} more" if len(names) > 8 else "")


# ── arrays ───────────────────────────────────────────────────────────────────────────────────


def as_block(
    given: Any, name: str, shape: tuple[int, ...], names: Sequence[str]
) -> NDArray[np.float64]:
    """An array of several numbers for each row, as a block of columns: float64, shape (B, size).

    Arguments:
        given: an array of shape (B, *shape), nested lists, or a DataFrame, whose columns count in
            order.
        name: what to call it in errors.
        shape: of each row.
        names: what to call its columns in errors.

    Raises:
        TypeError: an entry is not a real number.
        ValueError: the shape is wrong, or an entry is missing.
    """
    if not isinstance(given, Mapping) and len(shape) == 1:
        labels = column_names(given)
        if labels is not None and len(labels) == len(names):
            own = zip(_columns_of(given, labels).values(), names, strict=True)
            return np.stack([as_column(column, name) for column, name in own], axis=1)
    array = _as_array(given)
    if array.shape[1:] != shape or array.ndim != len(shape) + 1:
        wanted = ", ".join(["B", *map(str, shape)]) + ("" if shape else ",")
        raise ValueError(
            f"{name}: expected an array of shape ({wanted}), with B rows, got "
            f"{_describe(given, array)}"
        )
    block = array.reshape(len(array), len(names))
    if block.dtype.kind in "fiub" and block.dtype.itemsize <= 8 and not np.ma.isMA(block):
        return block.astype(np.float64, copy=False)  # type: ignore[no-any-return]
    # Convert column by column: that finds the entry to blame.
    columns = [block[:, k] if block.dtype.kind in "fiub" else list(block[:, k])
               for k in range(len(names))]  # fmt: skip
    return np.stack(list(map(as_column, columns, names)), axis=1)


def _as_array(given: Any) -> Any:
    """An array of numbers; of objects if some entries are not numbers, or are masked or nan."""
    if np.ma.isMA(given):
        return given
    try:
        array = np.asarray(given)
    except (ValueError, UserWarning):  # different lengths; masked entries, if warnings are errors
        array = np.empty(0, object)
    real = array.dtype.kind in "fiub"
    if not isinstance(given, list | tuple) or (
        real and not (array.dtype.kind == "f" and np.isnan(array).any())
    ):
        return array
    try:
        return np.array(given, dtype=object)
    except ValueError:
        return array


def _describe(given: Any, array: Any) -> str:
    if isinstance(given, list | tuple):
        lengths = {len(row) for row in given if hasattr(row, "__len__")}
        if len(lengths) > 1:
            return "rows of different lengths"
    if isinstance(given, Mapping) or (array.ndim == 0 and array.dtype == object):
        return f"{type(given).__qualname__}: {given!r:.60}"
    return f"an array of shape {array.shape}"
