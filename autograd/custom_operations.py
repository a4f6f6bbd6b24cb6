"""Operations of one's own: `operation` makes one of a plain function.

They are rows like those of the table, only not in it. `operation_pickles` stores them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial, update_wrapper
from typing import TYPE_CHECKING, Any

from ._numbers import Number, as_float, as_text
from .console import printable
from .ops import Op
from .replay import Recipe
from .user_functions import Derivative, Forward, Many, describe
from .value import Value, record

if TYPE_CHECKING:
    import inspect

__all__ = ["Operation", "operation"]


def operation(
    *given: Any,
    derivatives: Any = None,
    vector: Callable[..., Any] | None = None,
    check: Iterable[Any] = (),
    name: str = "",
    symbol: str = "",
    formula: str = "",
    branching: bool = False,
) -> Callable[[Callable[..., Any]], Operation]:
    """Make an operation of a plain function of floats, as a decorator.

    The function is called with floats and returns one. Called with Values, the operation records
    its result: it is drawn, stepped through, pickled and differentiated like those of the table.
    A Value that the function uses but that is no operand gets no gradient; if the function returns
    a Value, a `DetachedWarning` says so.

    Arguments:
        derivatives: for each operand, the derivative with respect to it: a function of the
            operands, or of the operands and the result, or a number if it is constant. Written with
            Values' operations (``a * b``, ``a.cos()``), it can be differentiated again, to any
            order; with ``math.cos(a)``, it gives first derivatives only. If the function takes any
            number of operands (``*xs``), one function of a list of them, or of that list and the
            result, that returns the list of all derivatives.
        vector: the same function written with Values' operations, for programs to run. Without it,
            programs refuse the operation. They differentiate it by `derivatives`, too.
        check: points at which to compare the derivatives with finite differences, and the vector
            form with the function, right away; each a tuple of numbers, or a number if there is one
            operand. `Operation.check` does that later.
        name, symbol: what errors and pictures call it; the function's name by default.
        formula: what it computes, for pages, such as ``"y = √(a² + b²)"``.
        branching: a derivative of 0 means that an operand was not chosen, so that it gets gradient
            0 even if the gradient that arrives is inf or nan.

    Raises:
        TypeError: there are no derivatives, or the decorator is written without parentheses.
        ValueError: there are too many or too few derivatives, or a check fails.

    >>> import autograd
    >>> @autograd.operation(derivatives=[lambda a, b, y: a / y, lambda a, b, y: b / y])
    ... def hypotenuse(a, b):
    ...     return (a * a + b * b) ** 0.5
    >>> a, b = autograd.Value(3.0), autograd.Value(4.0)
    >>> y = hypotenuse(a, b)
    >>> y.backward()
    >>> y.data, a.grad, b.grad
    (5.0, 0.6, 0.8)
    """
    if given or derivatives is None:
        raise TypeError(_how_to_call(given))

    def make(function: Callable[..., Any]) -> Operation:
        if not callable(function):
            kind = type(function).__qualname__
            raise TypeError(f"operation expects a function to decorate, got {kind}")
        made = Operation(
            function, derivatives, vector, name=name, symbol=symbol, formula=formula,
            branching=branching,
        )  # fmt: skip
        for point in _as_points(check, made):
            made.check(*point)
        return made

    return make


class Operation(Op):
    """An operation made by `operation`: call it with Values, or with numbers.

    Attributes:
        function: the function that it was made of.
        refusal: the error of a program that meets the operation, if it has no vector form; set it
            to say why there is none and what to do.
    """

    __slots__ = ("__dict__", "_replayed", "_signature", "function", "parts")
    __name__: str
    refusal: str

    def __init__(
        self,
        function: Callable[..., Any],
        derivatives: Any,
        vector: Callable[..., Any] | None = None,
        *,
        name: str = "",
        symbol: str = "",
        formula: str = "",
        branching: bool = False,
    ) -> None:
        name = as_text(name, "name") or getattr(function, "__name__", "") or "operation"
        names, many, self._signature = _read_operands(function, name)
        if not many and not names and isinstance(derivatives, Sequence):  # a C function
            names = tuple("abcdefgh"[: len(derivatives)])
        slopes = _as_slopes(name, names, many, derivatives)
        if vector is not None:
            _check_vector(vector, name, names, many)
        super().__init__(
            name, as_text(symbol, "symbol") or name, Forward(function, name, names), *slopes,
            formula=as_text(formula, "formula"), branching=branching, variadic=many,
            names=() if many else names,
        )  # fmt: skip
        self.function = function
        self.parts = (function, derivatives, vector)
        self._replayed = Recipe(vector, f"the vector form of {name}") if vector else None
        update_wrapper(self, function)

    def __call__(self, *operands: Any, **named: Any) -> Any:
        """The result for numbers; for Values, a Value that records it."""
        if named or (not self.variadic and len(operands) != self.arity):
            operands = self._bind(operands, named)
        return super().__call__(*operands)

    def _bind(self, operands: tuple[Any, ...], named: dict[str, Any]) -> tuple[Any, ...]:
        given = len(operands) + len(named)
        try:
            if self._signature is None:
                raise TypeError(f"got {given}")
            bound = self._signature.bind(*operands, **named)
        except TypeError as error:
            raise TypeError(
                f"{self.name} expects {self.arity} operand{'' if self.arity == 1 else 's'} "
                f"({', '.join(self.names)}), got "
                f"{given}: {error}"
            ) from None
        bound.apply_defaults()
        return bound.args

    @property
    def can_be_replayed(self) -> bool:
        """Whether it has a vector form, so that programs can run it."""
        return self._replayed is not None

    def replay(self, symbols: Sequence[Any]) -> Any:
        """The vector form, applied to a program's symbols."""
        assert self._replayed is not None
        return self._replayed(*symbols)

    def check(self, *point: Number) -> None:
        """Compare the derivatives at this point with finite differences.

        The vector form is compared with the function, too.

        Raises:
            ValueError: one is wrong, or the point is at a kink, where there is no derivative.
        """
        from .finite_differences import gradcheck  # which needs this module's callers

        at = describe(self.name, self.names_of(len(point)), point)
        result = gradcheck(lambda *xs: record(self, xs), *point)
        if not result:
            operand = self.names_of(len(point))[result.worst]
            decided = result.error > result.tolerance + result.uncertainty and not result.kink
            raise ValueError(
                f"{at}: expected the derivative with respect to {operand} to be "
                f"{result.numeric:.10g}, by finite differences, got {result.analytic:.10g}; "
                + ("correct `derivatives`" if decided else f"check at another point ({result!r})")
            )
        if self._replayed:
            y, twin = self.compute([as_float(x) for x in point]), self._replayed(*map(Value, point))
            twin = twin.data if isinstance(twin, Value) else twin
            if abs(twin - y) > 1e-9 * max(abs(y), 1e-9):
                raise ValueError(
                    f"{at}: expected the vector form to give {y!r}, as the function does, got "
                    f"{twin!r}; correct `vector`"
                )

    def __reduce__(self) -> tuple[Any, ...]:
        from .operation_pickles import reduce_operation  # only pickle needs it

        return reduce_operation(self)


def _how_to_call(given: tuple[Any, ...]) -> str:
    """What to tell a user who called `operation` without `derivatives`."""
    write = "write @autograd.operation(derivatives=[...]), with a derivative for each operand"
    if not given:
        return f"operation expects the derivatives of the function, got none; {write}"
    if len(given) == 1 and callable(given[0]) and getattr(given[0], "__name__", "") != "<lambda>":
        name = getattr(given[0], "__name__", "the function")
        return f"operation expects the derivatives of {name}, got {name} itself; {write}"
    got = printable(f"{type(given[0]).__qualname__}: {given[0]!r:.60}")
    return f"operation takes derivatives by name only, got {got}; {write}"


def _constant(number: float, *_: Any) -> float:
    return number


def _as_slopes(name: str, names: tuple[str, ...], many: bool, derivatives: Any) -> list[Any]:
    """The derivatives as rows have them."""
    if many:
        if not callable(derivatives):
            raise TypeError(
                f"{name} has any number of operands: expected `derivatives` to be one function "
                f"that returns the list of all derivatives, got {type(derivatives).__qualname__}"
            )
        return [Many(Derivative(derivatives, name, (), -1))]
    if callable(derivatives) or not isinstance(derivatives, Iterable):
        raise TypeError(
            f"{name}: expected `derivatives` to be a list with one function for each operand, got "
            f"{type(derivatives).__qualname__}; write derivatives=[...]"
        )
    listed = list(derivatives)
    if len(listed) != len(names) or not names:
        raise ValueError(
            f"{name} has {len(names)} operand{'' if len(names) == 1 else 's'} "
            f"({', '.join(names) or 'none'}): expected as many derivatives, got {len(listed)}"
        )
    return [
        Derivative(d, name, names, i) if callable(d) else _as_constant(d, f"d{name}/d{names[i]}")
        for i, d in enumerate(listed)
    ]


def _as_constant(derivative: Any, what: str) -> Callable[..., float]:
    try:
        return partial(_constant, as_float(derivative))
    except TypeError:
        got = printable(f"{type(derivative).__qualname__}: {derivative!r:.60}")
        raise TypeError(
            f"{what}: expected a function, or a number if it is constant, got {got}"
        ) from None


def _check_vector(vector: Any, name: str, names: tuple[str, ...], many: bool) -> None:
    """Raise an error unless the vector form can be called with as many operands."""
    operands = "*operands" if many else ", ".join(names)
    expected = f"{name}: expected `vector` to be a function of ({operands})"
    if not callable(vector):
        raise TypeError(f"{expected}, got {type(vector).__qualname__}")
    import inspect  # slow to import, and needed only here

    try:
        signature = inspect.signature(vector)
    except (TypeError, ValueError):  # some functions written in C have none
        return
    try:
        signature.bind(*names)
    except TypeError:
        raise ValueError(
            f"{expected}, got one of {signature}; write it with the operations of Values"
        ) from None


def _read_operands(
    function: Callable[..., Any], name: str
) -> tuple[tuple[str, ...], bool, inspect.Signature | None]:
    """The names of a function's operands, whether there may be any number, and its signature."""
    import inspect  # as above

    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # some functions written in C have none
        return (), False, None
    names: list[str] = []
    for parameter in signature.parameters.values():
        if parameter.kind is parameter.VAR_POSITIONAL and not names:
            return (), True, signature
        if parameter.kind not in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD):
            raise ValueError(
                f"{name}: expected a function of operands only, got {parameter}; write f(a, b), or "
                "f(*operands) for any number"
            )
        names.append(parameter.name)
    return tuple(names), False, signature


def _as_points(check: Iterable[Any], made: Operation) -> list[tuple[Any, ...]]:
    if isinstance(check, bool) or not isinstance(check, Iterable):
        raise TypeError(
            f"{made.name}: expected `check` to be a list of points, got "
            f"{type(check).__qualname__}: {check!r:.60}; write check=[0.5] or, for operands a and "
            "b, check=[(0.5, 2.0)]"
        )
    points = list(check)
    plain = [not isinstance(point, tuple | list) for point in points]
    if all(plain) and len(points) == made.arity > 1:
        return [tuple(points)]  # one point, without the list around it
    return [(point,) if alone else tuple(point) for point, alone in zip(points, plain, strict=True)]
