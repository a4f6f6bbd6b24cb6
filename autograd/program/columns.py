"""Check the columns and theta that users pass, and convert them to float64.

Anything that NumPy turns into an array of real numbers is accepted. Nothing is guessed: if an entry
is missing (None, a masked entry, a DataFrame's NA or null) or is not a number, the error names its
row. A nan is a number here, as it is in the graph.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

import numpy as np

from autograd.value import Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

__all__ = [
    "as_column", "as_floats", "as_theta", "check_count", "check_theta_shape", "refuse_shapes",
]  # fmt: skip

_REAL = "fiub"  # NumPy's kinds of numbers that convert to float
_PLAIN = (np.ndarray, list, tuple)  # without a mask or missing entries of their own


def as_column(given: Any, name: str) -> NDArray[np.float64]:
    """One number for each row, as an array of shape (B,)."""
    array = as_floats(given, name)
    if array.ndim == 0:
        raise ValueError(f"{_wording(name).shape}, got a single number; put it in a list")
    if array.ndim != 1:
        raise ValueError(f"{_wording(name).shape}, got an array of shape {array.shape}")
    return array


def as_theta(given: Any, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """One number for each parameter, as a writable array of that shape."""
    array = as_floats(given)
    check_theta_shape(array.shape, shape)
    array = np.ascontiguousarray(array)
    # A read-only array is another type to numba, which would recompile the whole machine for it.
    return array if array.flags.writeable else array.copy()


def as_floats(given: Any, name: str = "") -> NDArray[np.float64]:
    """The column of that name, or theta, as an array of any shape.

    Raises:
        TypeError: an entry is not a real number.
        ValueError: an entry is missing, or lists in it differ in length.
    """
    if given.__class__ not in _PLAIN:
        _refuse_missing(given, name)
    try:
        array = np.asarray(given)
    except (ValueError, UserWarning):  # different lengths; masked entries, if warnings are errors
        _refuse_entry(given, name)
        raise ValueError(f"{_wording(name).shape}, got lists of different lengths") from None
    if array.dtype.kind not in _REAL and (array.size or array.ndim != 1):
        if array.ndim:
            _refuse_entry(given, name)
        got = f"an array of dtype {array.dtype}" if array.ndim else _describe(given)
        raise TypeError(
            f"{_wording(name).whole}: expected real numbers, got {got}; "
            "convert it to a list or array of floats first"
        )
    if array is not given and array.dtype.kind == "f" and np.isnan(array).any():
        _refuse_masked(given, name)
    if array.dtype.itemsize <= 8:
        return array.astype(np.float64, copy=False)
    with np.errstate(over="ignore"):  # a longdouble beyond float64 is inf, as in float()
        return array.astype(np.float64)


def check_count(columns: Sequence[Any], names: Sequence[str]) -> None:
    """Raise ValueError unless there is a column for each input of these names."""
    count = len(names)
    if len(columns) != count:
        raise ValueError(
            f"expected {count} column{'' if count == 1 else 's'}, one for each input "
            f"({', '.join(names) or 'none'}), got {len(columns)}" + _advice(columns, count)
        )


def check_theta_shape(shape: tuple[int, ...], expected: tuple[int, ...]) -> None:
    """Raise ValueError unless theta has the expected shape."""
    if shape != expected:
        raise ValueError(f"{_THETA.shape}, shape {expected}, got an array of shape {shape}")


def refuse_shapes(names: Sequence[str], shapes: Sequence[object], what: str) -> NoReturn:
    """Raise ValueError because columns differ in their lengths, or shapes."""
    found = ", ".join(f"{name} {shape}" for name, shape in zip(names, shapes, strict=True))
    raise ValueError(f"columns: expected one number for each row, got different {what}: {found}")


def _advice(columns: Sequence[Any], inputs: int) -> str:
    """What to write instead, if one table was passed for all columns."""
    if len(columns) != 1 or inputs < 2:
        return ""
    table = columns[0]
    if getattr(table, "ndim", 0) == 2 and table.shape[1] == inputs:
        return "; spread the table: program(*X.T)"
    if isinstance(table, list | tuple) and len(table) == inputs:
        return "; spread the list: program(*columns)"
    return ""


class _Wording(NamedTuple):
    """How errors name a column or theta, its shape and its entries, with advice about an entry."""

    whole: str
    shape: str
    entry: str
    advice: str


def _wording(name: str) -> _Wording:
    if not name:
        return _THETA
    return _Wording(
        f"column {name}",
        f"column {name}: expected a list or array of one number for each row",
        f"column {name}, row",
        ", or leave that row out of all columns",
    )


_THETA = _Wording("theta", "theta: expected one entry for each parameter", "theta, entry", "")


def _refuse_missing(given: Any, name: str) -> None:
    """Refuse what is missing: NumPy would use the numbers under a mask, and nan for the others."""
    if isinstance(given, np.ma.MaskedArray):
        _refuse_first(np.ma.getmaskarray(given), "a masked entry", name)
    elif hasattr(given, "isna") and not isinstance(getattr(given, "dtype", None), np.dtype | None):
        _refuse_first(given.isna(), "a missing entry (NA)", name)
    elif hasattr(given, "is_null"):  # columns of polars and Arrow
        _refuse_first(given.is_null(), "a missing entry (null)", name)


def _refuse_masked(given: Any, name: str) -> None:
    """Refuse a list with masked entries, which NumPy has turned into nan."""
    if isinstance(given, list | tuple):
        _refuse_first([np.ma.is_masked(entry) for entry in given], "a masked entry", name)


def _refuse_first(missing: Any, what: str, name: str) -> None:
    missing = np.asarray(missing, bool)
    if missing.any():
        wording, at = _wording(name), int(missing.argmax())
        raise ValueError(
            f"{wording.entry} {at}: expected a number, got {what}; "
            f"fill it with a number{wording.advice}"
        )


def _refuse_entry(given: Iterable[Any], name: str) -> None:
    """Refuse the first entry that is not a number, if there is a single one to blame."""
    entries, wording = list(given), _wording(name)
    _refuse_masked(entries, name)
    nested = [isinstance(entry, list | tuple | np.ndarray) for entry in entries]
    for k, entry in enumerate(entries):
        expected = f"{wording.entry} {k}: expected a real number"
        if isinstance(entry, Value):
            raise TypeError(f"{expected}, got a Value; convert it to its number: v.data")
        if all(nested) or not (nested[k] or np.asarray(entry).dtype.kind not in _REAL):
            continue
        got = "None" if entry is None else _describe(entry)
        raise TypeError(f"{expected}, got {got}; convert it to a float{wording.advice}")


def _describe(given: Any) -> str:
    return f"{type(given).__qualname__}: {given!r:.60}"
