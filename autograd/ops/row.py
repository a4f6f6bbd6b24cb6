"""What a row of the table is: an operation, how it is computed and how it is written.

The rows themselves are in the files beside this one, by kind.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial, reduce
from typing import Any, NamedTuple

from ..console import printable

__all__ = ["Infix", "Op", "first", "second", "zero"]


class Infix(NamedTuple):
    """How an operation is written between its operands; in code it is its symbol.

    Attributes:
        picture: in the texts of a picture, ``2 × 3``.
        page: in the formulas of a page, ``a · b``; empty if written in another way, as ``aᵇ``.
    """

    picture: str
    page: str


def _spread(forward: Callable[..., float], operands: Sequence[float]) -> float:
    return forward(*operands)


_LETTERS = "abcdefghijklmnopqrstuvwxyz"


FUNCTION = 4  # how tightly ``f(a, b)`` binds


class Op:
    """An operation: one row of the table.

    Arguments:
        name: the name of its method on `Value` (``mul`` stands for ``__mul__``).
        symbol: how the operation is written in code.
        forward: floats to float; never raises, never returns a complex number.
        derivatives: for each operand, ``(*operands, y) -> ∂y/∂operand`` where y is the result. An
            operation with any number of operands has one entry instead: the constant derivative
            with respect to each; or if they differ, and with `variadic`, a function
            ``(*operands, y) -> [∂y/∂operand, ...]``.
        formula: what it computes, for the reader.
        default: the second operand if a call omits it.
        branching: the operation chooses a branch, and a derivative of 0 means that an operand was
            not chosen. Such an operand gets a gradient of exactly 0, even if the gradient that
            arrives is inf or nan (relu(−1).sqrt() has gradient 0, as in PyTorch). For all other
            operations the chain rule is a plain product, and 0 · inf is nan.
        selects: the operation is branching, and what it does not choose counts as not computed: the
            part of the graph behind it gets gradient 0 even where its own derivatives are nan.
        variadic: it has any number of operands, and its one derivative is a function of them all.
        commutative: the order of its operands does not matter, so pictures need not show it.
        drawn: what pictures write in its circle; by default its symbol.
        written: each derivative as a page writes it, where it is short; ``{a}``, ``{b}``, ``{c}``
            … and ``{y}`` stand for the operands and the result.
        names: what pictures call the operands, if they are not a, b, c …; of an operation with any
            number of operands, the first ones.
        infix: how it is written between its operands; None for a function, ``f(a, b)``.
        binds: how tightly it holds its operands: 0 for a comparison, 1 for a sum, 2 for a product,
            3 for a power; a function, ``f(a, b)``, holds them most.
        vector: the forward function without branches, over a namespace m of functions:
            ``(m, *operands) -> y``, or the name of a function in m. Programs are built from it, see
            `vector_forms`. An operation without one cannot be compiled.
        over: for an operation with any number of operands: computes the result from a list of them.
            By default it applies `forward` to the first two, then to that and the third, and so on;
            of a `variadic` operation, to all at once.
    """

    __slots__ = (
        "binds", "branching", "commutative", "default", "derivatives", "drawn", "formula",
        "forward", "infix", "is_product", "name", "names", "over", "selects", "simple", "slope",
        "symbol", "variadic", "vector", "written",
    )  # fmt: skip

    def __init__(
        self,
        name: str,
        symbol: str,
        forward: Callable[..., float],
        *derivatives: Any,
        formula: str = "",
        default: float | None = None,
        branching: bool = False,
        selects: bool = False,
        variadic: bool = False,
        commutative: bool = False,
        drawn: str = "",
        written: tuple[str, ...] = (),
        names: tuple[str, ...] = (),
        infix: Infix | None = None,
        binds: int = FUNCTION,
        vector: str | Callable[..., Any] | None = None,
        over: Callable[[Sequence[float]], float] | None = None,
    ) -> None:
        self.name = name
        self.symbol = symbol
        self.forward = forward
        self.derivatives: tuple[Any, ...] = derivatives
        self.formula = formula
        self.default = default
        self.branching = branching or selects
        self.selects = selects
        self.commutative = commutative
        self.drawn = drawn or symbol
        self.written = written
        self.names = names
        self.infix = infix
        self.binds = binds
        self.vector = vector
        if not derivatives:
            raise ValueError(
                f"expected a derivative for each operand of {name}, got none; write them after the "
                "forward function"
            )
        self.slope: float | None = None if callable(derivatives[0]) else derivatives[0]
        self.variadic = variadic or self.slope is not None
        apply: Any = reduce if self.slope is not None else _spread
        self.over: Callable[[Sequence[float]], float] = over or partial(apply, forward)
        if self.variadic and len(derivatives) > 1:
            raise ValueError(
                f"expected one derivative, got {len(derivatives)} for {name}, which has any number "
                "of operands; give one function that returns a list, or one constant"
            )
        # The backward pass spells out two kinds of operation, which are nearly all of a graph.
        # A product's derivative with respect to one factor is the other, and is read off without a
        # call. A simple operation has one or two operands, and calls a function for each.
        self.is_product = derivatives == (second, first) and not self.branching
        self.simple = not self.variadic and len(derivatives) < 3 and not selects

    @property
    def arity(self) -> int:
        """How many operands it takes; 0 stands for any number."""
        return 0 if self.variadic else len(self.derivatives)

    def __call__(self, *operands: Any) -> Any:
        """Apply the operation: compute with numbers, record with Values, emit code with symbols."""
        for operand in operands:
            if operand.__class__ is not float and hasattr(operand, "_apply"):
                return operand._apply(self, operands)
        return self.compute(operands)

    def compute(self, numbers: Sequence[float]) -> float:
        """The result for these floats."""
        return self.over(numbers) if self.variadic else self.forward(*numbers)

    def names_of(self, count: int) -> tuple[str, ...]:
        """What to call its operands, if it has so many."""
        if len(self.names) >= count:
            return self.names[:count]
        others = count - len(self.names)
        return (*self.names, *(map(str, range(others)) if self.names else _LETTERS[:others]))

    def derivatives_at(self, operands: Sequence[Any], y: Any) -> Sequence[Any]:
        """``∂y/∂operand`` for each operand: of floats, Values or symbols, as the operands are."""
        if self.slope is not None:
            return [self.slope] * len(operands)
        if self.variadic:
            return self.derivatives[0](*operands, y)  # type: ignore[no-any-return]
        return [derivative(*operands, y) for derivative in self.derivatives]

    def __repr__(self) -> str:
        return printable(f"<Op {self.symbol}: {self.formula}>")

    def __copy__(self) -> Op:
        return self  # it never changes, so a copy is the same operation, as for a function

    def __deepcopy__(self, memo: Any) -> Op:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        from . import TABLE, find  # the table, which is made of rows like this one

        if self in TABLE:
            return (find, (self.name,))
        from ..operation_pickles import reduce_custom  # only pickle needs it

        return reduce_custom(self)


# ── derivatives that rows of several kinds share ─────────────────────────────────────────────


def first(a: Any, b: Any, y: Any) -> Any:
    """The first operand: a product's derivative with respect to the second."""
    return a


def second(a: Any, b: Any, y: Any) -> Any:
    """The second operand: a product's derivative with respect to the first."""
    return b


def zero(*_: Any) -> float:
    """0 everywhere, which is how code can tell it: by ``derivative is zero``."""
    return 0.0
