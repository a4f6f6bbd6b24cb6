"""NumPy's universal functions on Values: ``np.exp(v)``, ``array * v``, ``array -= v``.

NumPy computes with an array of Values by calling the operators and methods of its elements. It
calls this module if an operand is a Value itself. The module is imported at the first such call, so
NumPy is always installed here.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any, cast

import numpy as np

from . import ops
from .compat import NUMPY_NAMES
from .value import Value, as_operand, record

__all__ = ["apply_ufunc"]

# NumPy computes these with Python's operators, which Values have.
_OPERATORS: dict[np.ufunc, Callable[..., Any]] = {
    np.add: operator.add,
    np.subtract: operator.sub,
    np.multiply: operator.mul,
    np.divide: operator.truediv,
    np.power: operator.pow,
    np.negative: operator.neg,
    np.positive: operator.pos,
    np.conjugate: operator.pos,
    np.absolute: abs,
    np.square: lambda v: v * v,
    np.reciprocal: lambda v: 1.0 / v,
}
_COMPARISONS: dict[np.ufunc, Callable[..., bool]] = {
    np.less: operator.lt,
    np.less_equal: operator.le,
    np.greater: operator.gt,
    np.greater_equal: operator.ge,
    np.equal: operator.eq,
    np.not_equal: operator.ne,
}
_BY_NUMPY = {**_OPERATORS, **_COMPARISONS}
_PRODUCTS = ("matmul", "matvec", "vecdot", "vecmat")
_BY_NAME = {operation.name: operation for operation in ops.OPERATIONS}
_NAMES = {**NUMPY_NAMES, "float_power": "pow"}


def apply_ufunc(
    ufunc: np.ufunc, method: str, inputs: tuple[Any, ...], options: Mapping[str, Any]
) -> Any:
    """Apply a ufunc to `inputs`: the result is a Value or an array of them, bools for a comparison.

    Arguments:
        ufunc, method, inputs, options: as NumPy passes them to ``__array_ufunc__``.

    Raises:
        TypeError: Values have no such operation, or `out` is an array of floats.
    """
    function = _BY_NUMPY.get(ufunc) or _function_of(ufunc)
    if function is None and ufunc.__name__ not in _PRODUCTS:
        raise TypeError(
            f"Values have no operation for np.{ufunc.__name__}. If you need no gradient, pass "
            "numbers: v.data, or [v.data for v in values]. Otherwise write it with the operations "
            "in autograd.ops."
        )
    if function and not options and method == "__call__" and _are_scalars(inputs):
        return function(*[as_operand(x) for x in inputs])
    if any(map(_decides_itself, inputs)):
        return NotImplemented
    if ufunc not in _COMPARISONS:
        _check_out(options)
    by_numpy = function is None or ufunc in _BY_NUMPY
    loop: Any = ufunc if by_numpy else np.frompyfunc(cast("Any", function), ufunc.nin, 1)
    return getattr(loop, method)(*map(_as_array, inputs), **options)


def _function_of(ufunc: np.ufunc) -> Callable[..., Any] | None:
    """The operation of that name in the table, or a combination of operations."""
    if ufunc.__name__ == "clip":
        return _clip
    operation = _BY_NAME.get(_NAMES.get(ufunc.__name__, ufunc.__name__))
    return operation and (lambda *operands: record(operation, tuple(map(as_operand, operands))))


def _clip(v: Any, low: Any, high: Any) -> Value:
    at_least = record(ops.CLAMP_MIN, (as_operand(v), as_operand(low)))
    return record(ops.CLAMP_MAX, (at_least, as_operand(high)))


_SCALARS = (Value, float, int, np.generic)


def _are_scalars(inputs: tuple[Any, ...]) -> bool:
    return all([isinstance(x, _SCALARS) for x in inputs])  # noqa: C419  (faster for two)


def _decides_itself(x: Any) -> bool:
    """Whether x is from another library that handles ufuncs itself, such as a pandas Series."""
    if isinstance(x, Value | np.ndarray | np.generic):
        return False
    return getattr(type(x), "__array_ufunc__", None) is not None


def _as_array(x: Any) -> Any:
    if not isinstance(x, Value):
        return x
    array = np.empty((), dtype=object)
    array[()] = x
    return array


def _check_out(options: Mapping[str, Any]) -> None:
    for out in options.get("out", ()):
        if isinstance(out, np.ndarray) and out.dtype != object:
            raise TypeError(
                f"expected an array of objects to store Values in, got dtype {out.dtype}. Write "
                "a = a + v instead of a += v, or make the array with dtype=object."
            )
