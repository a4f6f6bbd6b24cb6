"""Columns and theta as the user gives them: checked, and made float64.

Whatever NumPy makes an array of real numbers is taken. Nothing is guessed: where a number is
missing (None, a masked entry, pandas' NA), or an entry is no number, the error says in which row.
A nan is a number here, as it is in the graph.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from autograd.value import Value

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

__all__ = ["column_of", "floats_of", "theta_of"]

_REAL = "fiub"  # NumPy's kinds of numbers that have a float


def column_of(given: Any, name: str) -> NDArray[np.float64]:
    """One number for each row.

    Raises:
        TypeError: an entry is no real number.
        ValueError: an entry is missing, or it is not one-dimensional.
    """
    array = floats_of(given, name)
    if array.ndim != 1:
        raise ValueError(
            f"{_words(name).shape} got "
            + ("a single number: put it in a list" if array.ndim == 0 else f"shape {array.shape}")
        )
    return array


def theta_of(given: Any, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """One number for each parameter: an array of that shape, which may be written to.

    Raises:
        TypeError: an entry is no real number.
        ValueError: an entry is missing, or it has another shape.
    """
    array = floats_of(given)
    if array.shape != shape:
        raise ValueError(
            f"theta has one entry for each parameter, shape {shape}, and got an array of shape "
            f"{array.shape}"
        )
    array = np.ascontiguousarray(array)
    # To numba an array that is read-only is of another type, to compile all anew for.
    return array if array.flags.writeable else array.copy()


def floats_of(given: Any, name: str = "") -> NDArray[np.float64]:
    """A column of that name, or theta, as an array of whatever shape it has.

    Raises:
        TypeError: an entry is no real number.
        ValueError: an entry is missing, or no array can hold it.
    """
    if given.__class__ is not np.ndarray:
        _refuse_missing(given, name)
    try:
        array = np.asarray(given)
    except (ValueError, UserWarning):  # different lengths; masked entries, if warnings are errors
        _refuse_entry(given, name)
        raise ValueError(f"{_words(name).shape} got lists of different lengths") from None
    if array.dtype.kind not in _REAL and (array.size or array.ndim != 1):
        if array.ndim:
            _refuse_entry(given, name)
        got = f"an array of dtype {array.dtype}" if array.ndim else _described(given)
        raise TypeError(
            f"{_words(name).kind} got {got}; convert it to a list or array of floats first"
        )
    if array is not given and array.dtype.kind == "f" and np.isnan(array).any():
        _refuse_masked(given, name)
    if array.dtype.itemsize <= 8:
        return array.astype(np.float64, copy=False)
    with np.errstate(over="ignore"):  # a longdouble beyond float64 is inf, as in float()
        return array.astype(np.float64)


class _Words(NamedTuple):
    """How errors begin, what an entry stands in, and what else to do about one without a number."""

    kind: str
    shape: str
    place: str
    advice: str


def _words(name: str) -> _Words:
    if not name:
        return _THETA
    return _Words(
        f"a column holds real numbers, and {name}",
        f"a column is a list or array of one number for each row, and {name}",
        "row",
        ", or leave that row out of all columns",
    )


_THETA = _Words(
    "theta holds real numbers, and",
    "theta has one entry for each parameter, and",
    "entry",
    "",
)


def _refuse_missing(given: Any, name: str) -> None:
    """Refuse masked entries and pandas' NA: NumPy would take what lies beneath the mask, or nan."""
    if isinstance(given, np.ma.MaskedArray):
        _refuse_first(np.ma.getmaskarray(given), "a masked entry", name)
    elif hasattr(given, "isna") and not isinstance(getattr(given, "dtype", None), np.dtype | None):
        _refuse_first(given.isna(), "a missing entry (NA)", name)


def _refuse_masked(given: Any, name: str) -> None:
    """Refuse a list with masked entries, of which NumPy has made nan."""
    if isinstance(given, list | tuple):
        _refuse_first([np.ma.is_masked(entry) for entry in given], "a masked entry", name)


def _refuse_first(missing: Any, what: str, name: str) -> None:
    missing = np.asarray(missing, bool)
    if missing.any():
        words, at = _words(name), int(missing.argmax())
        raise ValueError(
            f"{words.kind} got {what} in {words.place} {at}; fill it with a number{words.advice}"
        )


def _refuse_entry(given: Iterable[Any], name: str) -> None:
    """Refuse the first entry that is no number, if one alone is to blame."""
    entries, words = list(given), _words(name)
    _refuse_masked(entries, name)
    nested = [isinstance(entry, list | tuple | np.ndarray) for entry in entries]
    for k, entry in enumerate(entries):
        where = f"in {words.place} {k}"
        if isinstance(entry, Value):
            raise TypeError(f"{words.kind} got a Value {where}; convert it to its number: v.data")
        if all(nested) or not (nested[k] or np.asarray(entry).dtype.kind not in _REAL):
            continue
        got = "None" if entry is None else _described(entry)
        raise TypeError(f"{words.kind} got {got} {where}; convert it to a float{words.advice}")


def _described(given: Any) -> str:
    return f"{type(given).__qualname__}: {given!r:.60}"
