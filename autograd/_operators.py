"""The types of a Value's operators: with a number they give a Value, with an array an array."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol, cast, overload

from ._numbers import Number

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from .value import Value

__all__ = ["arithmetic", "comparison", "leave_to_array"]


class _Arithmetic(Protocol):
    @overload
    def __call__(self, other: Value | Number, /) -> Value: ...
    @overload
    def __call__(self, other: NDArray[Any], /) -> NDArray[np.object_]: ...


class _Comparison(Protocol):
    @overload
    def __call__(self, other: Value | Number, /) -> bool: ...
    @overload
    def __call__(self, other: NDArray[Any], /) -> NDArray[np.bool_]: ...


def arithmetic(method: Callable[[Any, Any], Value]) -> _Arithmetic:
    """The method itself, typed for numbers, Values and arrays."""
    return cast("_Arithmetic", method)


def comparison(method: Callable[[Any, Any], bool]) -> _Comparison:
    """The method itself, typed for numbers, Values and arrays."""
    return cast("_Comparison", method)


def leave_to_array(other: Any) -> Any:
    """NotImplemented for an array, which then computes with each of its elements.

    For anything else the TypeError that is being handled continues.
    """
    if getattr(type(other), "__array_ufunc__", None) is None:
        raise
    return NotImplemented
