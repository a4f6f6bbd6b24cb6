"""What counts as a number or as a label, and the errors for everything else."""

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
"""What a Value can be made from: int, float, bool, NumPy scalars, fractions."""

__all__ = ["Integer", "Number", "Numbers", "as_float", "as_text"]


def as_float(number: Any) -> float:
    """Convert a real number to a float. Anything else raises a TypeError that says what to do."""
    kind = number.__class__
    if kind is float:
        return number  # type: ignore[no-any-return]
    # The fast tests come first: isinstance with an abstract class is slow. NumPy's bool is not
    # registered as a Real, though Python's is.
    if kind is int or isinstance(number, Real) or _is_numpy_bool(kind):
        try:
            return float(number)
        except OverflowError:  # an integer or fraction beyond the largest float
            return math.inf if number > 0 else -math.inf
    raise TypeError(f"expected a real number, got {_with_advice(number)}")


def as_text(text: Any, name: str) -> str:
    """Convert a label or role to a plain string. Anything but a string raises a TypeError."""
    if isinstance(text, str):
        return str.__str__(text)  # drops what a subclass, such as NumPy's, adds
    of_values = name in ("label", "role")
    advice = f"Value(0.5, {name}='...') or v.{name} = '...'" if of_values else f"{name}='...'"
    raise TypeError(
        f"expected a string as {name}, got {type(text).__qualname__}: {text!r:.60}. Write {advice}."
    )


def _is_numpy_bool(kind: type) -> bool:
    return kind.__module__ == "numpy" and kind.__name__ in ("bool", "bool_")


def _with_advice(thing: Any) -> str:
    kind = type(thing)
    name = kind.__qualname__
    if kind.__module__ != "builtins":
        name = f"{kind.__module__}.{name}"
    if name == "autograd.value.Value":
        advice = "Use it as it is, or its .data for a new leaf."
    elif isinstance(thing, str):
        return f"{name}: {thing[:40]!r}. Convert it with float() first."
    elif thing is None:
        advice = "Is a return statement missing?"
    elif isinstance(thing, complex):
        advice = "Take .real or abs() of it."
    elif callable(thing):
        advice = "Call it, and use what it returns."
    elif getattr(thing, "ndim", None) == 0:
        advice = "Call .item() on it."
    elif any(hasattr(thing, name) for name in ("__array__", "__len__", "__iter__")):
        advice = "Use one Value per element: [Value(x) for x in ...]."
    else:
        advice = "Convert it with float() first."
    return f"{name}. {advice}"
