"""What counts as a number or a label, and what the refusal of anything else says."""

from __future__ import annotations

import math
from collections.abc import Sequence
from numbers import Real
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from .value import Value

    Number: TypeAlias = float | Real | np.number[Any] | np.bool_
    Integer: TypeAlias = int | np.integer[Any]
    Numbers: TypeAlias = Sequence[Value | Number] | NDArray[Any]
else:  # type checkers cannot see that NumPy's scalars are Reals, and its arrays like sequences
    Number: TypeAlias = float | Real
    Integer: TypeAlias = int
    Numbers: TypeAlias = Sequence[Any]
"""What stands for a number beside a Value: int, float, bool, NumPy scalars, fractions."""

__all__ = ["Integer", "Number", "Numbers", "as_float", "as_text"]


def as_float(number: Any) -> float:
    """The number as a float, or a TypeError that says what to do."""
    kind = number.__class__
    if kind is float:
        return number  # type: ignore[no-any-return]
    # The quick tests come first: asking isinstance about an abstract class is slow. NumPy's bool
    # is not registered as a Real, though Python's is.
    if kind is int or isinstance(number, Real) or _is_numpy_bool(kind):
        try:
            return float(number)
        except OverflowError:  # an integer or fraction beyond the largest float
            return math.inf if number > 0 else -math.inf
    raise TypeError(f"a Value holds one real number, and got {_refusal(number)}")


def as_text(text: Any, name: str) -> str:
    """The label or role as a plain string, or a TypeError that says what to do."""
    if isinstance(text, str):
        return str.__str__(text)  # of a subclass, such as NumPy's, its characters alone
    raise TypeError(
        f"a Value's label and role are strings, got {type(text).__qualname__} as {name}: "
        f"{text!r:.60}. Write Value(0.5, {name}='...'), or v.{name} = '...'."
    )


def _is_numpy_bool(kind: type) -> bool:
    return kind.__module__ == "numpy" and kind.__name__ in ("bool", "bool_")


def _refusal(thing: Any) -> str:
    kind = type(thing)
    name = kind.__qualname__
    if kind.__module__ != "builtins":
        name = f"{kind.__module__}.{name}"
    if name == "autograd.value.Value":
        advice = "use it as it is, or its .data for a fresh leaf"
    elif isinstance(thing, str):
        advice = f"{thing[:40]!r}; convert it with float() first"
    elif thing is None:
        advice = "is a return statement missing?"
    elif isinstance(thing, complex):
        advice = "take .real, or abs() of it"
    elif getattr(thing, "ndim", None) == 0:
        advice = "call .item() on it"
    elif hasattr(thing, "__array__") or hasattr(thing, "__len__"):
        advice = "use one Value per element: [Value(x) for x in ...]"
    else:
        advice = "convert it with float() first"
    return f"{name} ({advice})"
