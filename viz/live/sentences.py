"""What the page says of each value: formulas as HTML, with gaps for the numbers.

A gap is ``<i data-n="d5"></i>``, for the data of value 5; in ``data-n="f5"`` the number stands
after a sign, in parentheses if it is negative.
"""

from __future__ import annotations

from collections import Counter
from html import escape
from typing import TYPE_CHECKING, Any

from autograd import ops

from ..stepping.formulas import (
    by_operation,
    definition,
    in_numbers,
    in_symbols,
    local_derivative,
    rule,
)
from ..stepping.written import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from autograd import Value

    from ..stepping.view import StepView
    from .record import Numbered

__all__ = ["write_sentences"]

MOST = 1500  # values that the page has sentences for
WIDE = 12  # operands whose derivatives are written out


class _Gap(Text):
    """A place for the data of a value."""

    @property
    def html(self) -> str:
        """The number as it is."""
        return f'<i data-n="d{self.text}"></i>'

    @property
    def factor(self) -> str:
        """The number after a sign."""
        return f'<i data-n="f{self.text}"></i>'


def write_sentences(numbered: Numbered, view: StepView) -> dict[int, Any]:
    """Write what the page says of interior values, by index.

    Returns:
        Of each value: ``f``, its operation in symbols and in numbers; ``n``, what the operation
        is; ``s``, each local derivative in symbols, or in pieces; ``i``, by position, how the
        derivative is written where ``∂v/∂operand`` would say something else.
    """
    named = [v for v in numbered.order if v.operation is not None and view.names[v] != "…"]
    return {numbered.index[v]: _write(v, numbered, view) for v in named[:MOST]}


def _write(v: Value, numbered: Numbered, view: StepView) -> dict[str, Any]:
    assert v.operation is not None
    names, digits = view.names, view.digits
    places = [
        float("nan") if isinstance(p, float) else float(numbered.index[p]) for p in v.operands
    ]
    formula = in_numbers(v, places, lambda i: _Gap(str(int(i))), digits)
    said: dict[str, Any] = {"f": [in_symbols(v, names, digits), formula]}
    clear = v.operation.binds < ops.FUNCTION and not v.operation.branching
    if not clear:
        said["n"] = f"{escape(v.op)}: {escape(definition(v, names))}."
    positions = [i for i, p in enumerate(v.operands) if not isinstance(p, float)]
    if v.operation.slope == 0.0 or len(positions) > WIDE:
        return said
    repeated = Counter(v.operands)
    inner = {
        i: by_operation(v, i, names, digits, primed=repeated[v.operands[i]] > 1)
        for i in positions
        if v in numbered.recording.roots or repeated[v.operands[i]] > 1
    }
    if inner:
        said["i"] = inner
    said["s"] = {i: _symbols(v, i, view) for i in positions}
    if rule(v):
        said["r"] = rule(v)
    return said


# Where a function in pieces changes: at 0, or where both operands are equal.
_AT_ZERO = {"relu", "leaky_relu", "elu", "selu", "where"}
_AT_EQUAL = {"maximum", "minimum", "clamp_min", "clamp_max"}


def _symbols(v: Value, position: int, view: StepView) -> str | list[object]:
    """The local derivative in symbols.

    Of a function in pieces it is a list: 0 or 1 for what its first operand is compared with, 0 or
    the second operand; then the texts for less, equal and greater.
    """
    assert v.operation is not None
    name = v.operation.name if v.operation in ops.TABLE else ""
    if name == "pick":
        return ""

    def at(inputs: Sequence[float]) -> str:
        return local_derivative(v, position, inputs, view.names, view.digits)

    if name in _AT_ZERO:
        return [0, *(at((x, *v.inputs[1:])) for x in (-1.0, 0.0, 1.0))]
    if name in _AT_EQUAL:
        return [1, *(at((x, 0.0)) for x in (-1.0, 0.0, 1.0))]
    return at(v.inputs)
