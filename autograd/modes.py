"""The modes: `no_grad` (record nothing) and `detect_anomaly` (stop at the first nan or inf).

`blocks` decides where a mode is in force: in which threads, tasks and generators.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any, overload

from .blocks import Block, Function, Modes, Switch, in_force, open_blocks
from .console import on_one_line, printable
from .ops import Op

if TYPE_CHECKING:
    from .value import Value

__all__ = ["AnomalyError", "Modes", "detect_anomaly", "in_force", "no_grad", "open_blocks"]

recording, watching = Switch("recording"), Switch("watching")


class AnomalyError(ArithmeticError):
    """A forward or backward step produced the first ``nan`` or ``inf`` under `detect_anomaly`."""

    def __str__(self) -> str:
        return printable(super().__str__())  # it names labels


@overload
def no_grad() -> Block: ...
@overload
def no_grad(function: Function) -> Function: ...


def no_grad(function: Any = None) -> Any:
    """Stop recording within the block or the decorated function.

    Results are leaves: they have data, but no parents.

    The block affects only its own thread. Asyncio tasks started within it inherit it, and so do
    `asyncio.to_thread` and `contextvars.copy_context`; new threads do not. A decorated generator,
    coroutine or async generator records nothing while its body runs, and its caller keeps
    recording. The same holds for a generator with a block around a ``yield``, except that tasks
    started from that block do not inherit it: decorate the generator if they should.

    >>> from autograd import Value, no_grad
    >>> with no_grad():
    ...     y = Value(2.0) * 3
    >>> y.data, y.parents
    (6.0, ())
    >>> @no_grad()
    ... def predict(x):
    ...     return x * 3
    >>> predict(Value(2.0)).parents
    ()
    """
    block = Block("recording", False)
    return block if function is None else block(function)


def recorded() -> AbstractContextManager[None]:
    """Record operations within the block, even inside `no_grad`: a gradient needs a graph."""
    return nullcontext() if recording.get() else Block("recording", True)


def level_of(operands: Sequence[Any]) -> Any:
    """The innermost level of forward mode that an operand belongs to, or None (see `levels`).

    The mode in force says so, too, but not in a thread that the differentiated function started.
    """
    found = [getattr(getattr(v, "_a", None), "level", None) for v in operands]
    alive = [level for level in found if level is not None and level.alive]
    return max(alive, key=lambda level: level.depth) if alive else None


@overload
def detect_anomaly() -> Block: ...
@overload
def detect_anomaly(function: Function) -> Function: ...


def detect_anomaly(function: Any = None) -> Any:
    """Raise `AnomalyError` at the first ``nan`` or ``inf`` within the block.

    The error names the operation, its inputs and their labels. In the forward pass every result is
    checked, in the backward pass every gradient. In a compiled program only the results are
    checked: if an output, the mean or an entry of the gradient is not finite, the error names the
    first row where that happened, and the operation that caused it. A program that was compiled
    from a function also calls that function for each row, and the error names the first row for
    which it branches or computes a constant otherwise than when it was compiled.

    A program that was compiled from a recorded graph does not know its function. The error names
    the first row for which its recording would differ, as far as the graph can tell:

    - by a comparison of Values (``if x > 0``, ``max(a, b)``), if one of the two is a number or a
      leaf, and one is in the graph or an input. If the graph was recorded within `detect_anomaly`,
      too, any comparison counts.
    - by a constant that is a copy of what an input or a result was (``x - max(x.data, y.data)``),
      if it has more than 3 decimals.

    Nothing shows that plain numbers were compared (``if x.data > 0``). ``maximum``, ``relu``,
    ``abs`` and ``autograd.where`` choose anew for each row, and so need no check.

    It can decorate a function, and it treats threads, tasks and generators as `no_grad` does.

    >>> from autograd import Value, detect_anomaly
    >>> x = Value(-1.0, label="x")
    >>> with detect_anomaly():
    ...     x.log()
    Traceback (most recent call last):
        ...
    autograd.modes.AnomalyError: forward pass: log(x = -1.0) gave nan
    """
    block = Block("watching", True)
    return block if function is None else block(function)


def _describe(operation: Op, operands: Sequence[Value | float], data: Sequence[float]) -> str:
    """The operation and its inputs, such as ``log(x = -1.0)``."""
    inputs = []
    for operand, number in zip(operands, data, strict=True):
        label = "" if isinstance(operand, float) else on_one_line(operand.label)
        inputs.append(f"{label} = {number!r}" if label else f"{number!r}")
    if len(inputs) > 8:
        inputs[8:] = [f"... {len(inputs) - 8} more"]
    symbol = operation.symbol if operation.symbol.isascii() else operation.name
    return f"{symbol}({', '.join(inputs)})"


def check_forward(
    operation: Op, operands: Sequence[Value | float], data: Sequence[float], result: float
) -> None:
    """Raise AnomalyError if the result of a forward step is not finite."""
    if not math.isfinite(result):
        raise AnomalyError(f"forward pass: {_describe(operation, operands, data)} gave {result!r}")


def check_tangent(
    operation: Op, operands: Sequence[Value | float], data: Sequence[float], tangent: Any
) -> None:
    """Raise AnomalyError if the tangent of a step of forward mode is not finite."""
    tangent = tangent if tangent is None or isinstance(tangent, float) else tangent.data
    if tangent is not None and not math.isfinite(tangent):
        step = _describe(operation, operands, data)
        raise AnomalyError(f"forward mode: the tangent became {tangent!r} going through {step}")


def check_backward(
    v: Value, operand: Value, gradient: float, contribution: float, total: float
) -> None:
    """Raise AnomalyError if a contribution to a gradient or the sum so far is not finite."""
    bad = next((number for number in (contribution, total) if not math.isfinite(number)), None)
    if bad is None:
        return
    operation = v.operation
    assert operation is not None
    step = _describe(operation, v.operands, v.inputs)
    result = f"{on_one_line(v.label)} = {v.data!r}" if v.label else f"{v.data!r}"
    name = on_one_line(operand.label) or "an input"
    raise AnomalyError(
        f"backward pass: the gradient of {name} (data {operand.data!r}) "
        f"became {bad!r} going back through {step} = {result}, "
        f"whose own gradient is {gradient!r}"
    )
