"""Calling a user's functions: with what they expect, and with errors that say where.

`custom_operations` wraps what it is given in these.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from . import detached, modes
from ._numbers import as_float
from .replay import Recipe
from .value import Value, as_operand

__all__ = ["Derivative", "Forward", "Many", "describe"]


class Forward:
    """The user's function, whose errors name the operation and its operands."""

    def __init__(self, function: Callable[..., Any], name: str, names: tuple[str, ...]) -> None:
        self.function, self.name, self.names = function, name, names

    def __call__(self, *operands: float) -> float:
        """The result, a float."""
        try:
            y = self.function(*operands)
            if y.__class__ is Value:
                detached.warn_returned(y, self.name)
            return y if y.__class__ is float else _as_result(y)
        except Exception as error:
            where = describe(self.name, self.names or _positions(operands), operands)
            _explain(error, where)


class Derivative:
    """The user's derivative, called with floats, Values, or a program's symbols."""

    def __init__(
        self, function: Callable[..., Any], name: str, names: tuple[str, ...], position: int
    ) -> None:
        self.function, self.names = function, names
        by = f"the derivative of {name}" if position < 0 else f"∂{name}/∂{names[position]}"
        self.what = by.replace("∂", "d")
        self.many = position < 0
        self.takes_result = _takes_result(function, names, self.what, many=self.many)
        self.needs_values = False  # whether it calls methods that only Values have
        self._replayed = Recipe(function, self.what)

    def __call__(self, *operands_and_y: Any) -> Any:
        """The derivative: a float for floats, a Value or a float for Values, or a symbol."""
        *operands, y = operands_and_y
        given = (operands,) if self.many else tuple(operands)
        given = (*given, y) if self.takes_result else given
        if y.__class__ is Value:
            return self._of_values(given)
        if y.__class__ is not float:  # a program's symbols
            return self._replayed(*given)
        if not self.needs_values:
            try:
                return self._as_numbers(self.function(*given))
            except AttributeError:  # a float has no method cos; a Value has
                self.needs_values = True
            except Exception as error:
                self._explain(error, operands)
        try:
            with modes.no_grad():
                return self._as_numbers(self.function(*_as_values(given)))
        except Exception as error:
            self._explain(error, operands)

    def _of_values(self, given: tuple[Any, ...]) -> Any:
        try:
            with detached.refused(self.what):
                found = self.function(*_as_values(given))
            return list(map(as_operand, found)) if self.many else as_operand(found)
        except Exception as error:
            _explain(error, self.what)

    def _as_numbers(self, found: Any) -> Any:
        return list(map(_as_result, found)) if self.many else _as_result(found)

    def _explain(self, error: Exception, operands: Sequence[float]) -> NoReturn:
        _explain(error, describe(self.what, self.names or _positions(operands), operands))


class Many:
    """The derivatives of a function of any number of operands, as many as there are operands."""

    def __init__(self, derivative: Derivative) -> None:
        self.derivative = derivative

    def __call__(self, *operands_and_y: Any) -> list[Any]:
        """The list of derivatives."""
        found = list(self.derivative(*operands_and_y))
        count = len(operands_and_y) - 1
        if len(found) != count:
            raise ValueError(
                f"{self.derivative.what}: expected a list of {count} derivatives, one for each "
                f"operand, got {len(found)}"
            )
        return found


def _takes_result(
    function: Callable[..., Any], names: tuple[str, ...], what: str, *, many: bool
) -> bool:
    """Whether a derivative takes the operands and the result, or only the operands."""
    import inspect  # slow to import, and needed only here

    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return False
    if any(p.kind is p.VAR_POSITIONAL for p in parameters):
        return True
    needed = sum([p.default is p.empty and p.kind is not p.KEYWORD_ONLY for p in parameters])
    count = 1 if many else len(names)
    if needed in (count, count + 1):
        return needed > count
    operands = "the list of operands" if many else ", ".join(names)
    raise ValueError(
        f"{what}: expected a function of ({operands}), or of ({operands}, y) with the result y, "
        f"got one of {needed} argument{'' if needed == 1 else 's'}"
    )


def _as_result(y: Any) -> float:
    return y.data if y.__class__ is Value else as_float(y)


def _as_values(given: tuple[Any, ...]) -> list[Any]:
    return [
        [_as_value(x) for x in thing] if isinstance(thing, list) else _as_value(thing)
        for thing in given
    ]


def _as_value(x: Any) -> Any:
    """A number as a Value."""
    return Value(x) if x.__class__ is float else x


def _positions(operands: Sequence[Any]) -> tuple[str, ...]:
    return tuple(map(str, range(len(operands))))


def describe(name: str, names: Sequence[str], operands: Sequence[Any]) -> str:
    """The operation with its operands, such as ``f(a = 1.0, b = 2.0)``."""
    given = [f"{n} = {x!r}" for n, x in zip(names, operands, strict=False)]
    if len(given) > 8:
        given[8:] = [f"... {len(given) - 8} more"]
    return f"{name}({', '.join(given)})"


_KINDS = (ArithmeticError, AttributeError, IndexError, KeyError, OverflowError, RuntimeError,
          TypeError, ValueError, ZeroDivisionError)  # fmt: skip


def _explain(error: Exception, where: str) -> NoReturn:
    """Raise the error again, with the operation and its operands in front of its message."""
    if type(error) not in _KINDS:
        error.add_note(f"in {where}")
        raise error
    said = str(error)
    if said.startswith(where):
        raise error
    raise type(error)(f"{where}: {type(error).__name__}: {said}") from error
