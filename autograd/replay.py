"""Replaying a function written with Values' operations on other things: a program's symbols.

The function is recorded as a graph, at several points. If the graphs differ, it chose its way by
its data, and cannot be replayed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from . import detached, modes
from .value import Value, as_operand

if TYPE_CHECKING:
    from .program.ir import Code
else:
    Code = Any  # for typing.get_type_hints: the engine imports the compiler only when it is used

__all__ = ["Recipe"]

_POINTS: tuple[Callable[[int], float], ...] = (
    lambda k: 0.7 + 0.5 * k,
    lambda k: -0.9 - 0.4 * k,
    lambda k: 1.6 - 0.9 * k,
)


class Recipe:
    """A function of Values that can be called with symbols: the table's operations apply to them.

    Arguments:
        function: takes Values, and perhaps lists of them; returns a Value, a number, or a list.
        what: what to call it in errors.
    """

    def __init__(self, function: Callable[..., Any], what: str) -> None:
        self.function, self.what = function, what
        self._recorded: dict[tuple[int, ...], tuple[Code, bool]] = {}

    def __getstate__(self) -> tuple[Any, ...]:
        return (self.function, self.what)

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self.function, self.what = state
        self._recorded = {}

    def __call__(self, *given: Any) -> Any:
        """The function of these things, Values among them or not."""
        if all(thing.__class__ is Value for thing in given):
            return self.function(*given)
        # How long each argument is; −1 for one that is no list.
        shape = tuple(len(thing) if isinstance(thing, list) else -1 for thing in given)
        if shape not in self._recorded:
            self._recorded[shape] = self._record(shape)
        code, several = self._recorded[shape]
        flat = [x for thing in given for x in (thing if isinstance(thing, list) else [thing])]
        from .program.ir import Kind

        found: list[Any] = []
        outputs = []
        for op, operands, detail in code:
            if op is Kind.INPUT:
                found.append(flat[detail])
            elif op is Kind.CONSTANT:
                found.append(detail)
            elif op is Kind.OUTPUT:
                outputs.append(found[operands[0]])
            else:
                found.append(op(*[found[i] for i in operands]))  # type: ignore[operator]
        return outputs if several else outputs[0]

    def _record(self, shape: tuple[int, ...]) -> tuple[Code, bool]:
        first, *others = [self._record_at(point, shape) for point in _POINTS]
        for other in others:
            if _comparable(other[0]) != _comparable(first[0]):
                raise ValueError(
                    f"{self.what} takes other steps for other numbers, which a program cannot: "
                    "instead of `if`, write autograd.where(autograd.greater(a, b), ...), or "
                    "maximum; instead of a.data, write a"
                )
        return first

    def _record_at(
        self, point: Callable[[int], float], shape: tuple[int, ...]
    ) -> tuple[Code, bool]:
        from .program.trace import trace

        leaves: list[Value] = []

        def leaf() -> Value:
            leaves.append(Value(point(len(leaves))))
            return leaves[-1]

        given = [leaf() if n < 0 else [leaf() for _ in range(n)] for n in shape]
        with modes.recorded(), detached.refused(self.what):
            results = self.function(*given)
        several = isinstance(results, list | tuple)
        outputs = list(map(as_operand, results if several else [results]))
        values = [y if isinstance(y, Value) else Value(y, role="constant") for y in outputs]
        return trace(values, [], leaves), several


def _comparable(code: Code) -> list[tuple[Any, ...]]:
    return [(op, operands, repr(detail)) for op, operands, detail in code]
