"""The switches: `no_grad` (record nothing), `detect_anomaly` (stop at the first nan or inf).

Both belong to the current context (thread, asyncio task): one thread's switch is its own.
"""

from __future__ import annotations

import math
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager

    from .ops import Op
    from .value import Value

__all__ = ["AnomalyError", "detect_anomaly", "no_grad"]

# The blocks that are open, in all threads together. An operation looks at this one global, and asks
# the context variables, which are slower, only when it is not empty.
open_blocks: set[object] = set()

recording: ContextVar[bool] = ContextVar("recording", default=True)
watching: ContextVar[bool] = ContextVar("watching", default=False)


class AnomalyError(ArithmeticError):
    """A forward or backward step produced the first ``nan`` or ``inf`` under `detect_anomaly`."""


@contextmanager
def _switched(switch: ContextVar[bool], to: bool) -> Iterator[None]:
    # Ctrl-C may come between any two steps, and must not leave the switch on: so all that is done
    # is done within the `try`, and can be undone whether or not it was done. A count could not.
    before, block = switch.get(), object()
    try:
        open_blocks.add(block)
        switch.set(to)
        yield
    finally:
        switch.set(before)
        open_blocks.discard(block)


@contextmanager
def no_grad() -> Iterator[None]:
    """Within the block (or the decorated function) operations record nothing.

    Results are leaves: they know their data, and not where it came from.

    >>> from autograd import Value, no_grad
    >>> with no_grad():
    ...     y = Value(2.0) * 3
    >>> y.data, y.parents
    (6.0, ())
    """
    with _switched(recording, False):
        yield


def recorded() -> AbstractContextManager[None]:
    """Within the block operations are recorded, even inside `no_grad`: a gradient needs a graph."""
    return nullcontext() if recording.get() else _switched(recording, True)


@contextmanager
def detect_anomaly() -> Iterator[None]:
    """Within the block the first ``nan`` or ``inf`` that a step produces raises `AnomalyError`.

    The error names the operation, its inputs and their labels. It watches the forward pass (each
    operation's result) and the backward pass (each gradient). A compiled program is watched by its
    results: if an output, the mean or an entry of the gradient is not finite, the error names the
    first row to blame, and the operation that spoilt it there.

    >>> from autograd import Value, detect_anomaly
    >>> x = Value(-1.0, label="x")
    >>> with detect_anomaly():
    ...     x.log()
    Traceback (most recent call last):
        ...
    autograd.modes.AnomalyError: forward pass: log(x = -1.0) gave nan
    """
    with _switched(watching, True):
        yield


def _described(row: Op, operands: Sequence[Value | float], data: Sequence[float]) -> str:
    """The operation with its inputs, such as ``log(x = -1.0)``."""
    inputs = []
    for operand, number in zip(operands, data, strict=True):
        label = "" if isinstance(operand, float) else operand.label
        inputs.append(f"{label} = {number!r}" if label else f"{number!r}")
    if len(inputs) > 8:
        inputs[8:] = [f"… {len(inputs) - 8} more"]
    return f"{row.symbol}({', '.join(inputs)})"


def check_forward(
    row: Op, operands: Sequence[Value | float], data: Sequence[float], result: float
) -> None:
    """Raise AnomalyError if the result of a forward step is not finite."""
    if not math.isfinite(result):
        raise AnomalyError(f"forward pass: {_described(row, operands, data)} gave {result!r}")


def check_backward(
    v: Value, operand: Value, gradient: float, contribution: float, total: float
) -> None:
    """Raise AnomalyError if a contribution to a gradient, or the sum so far, is not finite."""
    bad = next((number for number in (contribution, total) if not math.isfinite(number)), None)
    if bad is None:
        return
    row = v.row
    assert row is not None
    result = f"{v.label} = {v.data!r}" if v.label else f"{v.data!r}"
    raise AnomalyError(
        f"backward pass: the gradient of {operand.label or 'an input'} (data {operand.data!r}) "
        f"became {bad!r} going back through {_described(row, v.operands, v.inputs)} = {result}, "
        f"whose own gradient is {gradient!r}"
    )
