"""The front end: flatten a recorded graph into instructions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from autograd import graph

from .arguments import check_operation
from .ir import NUMBER, Arrays, Code, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from autograd.value import Value

__all__ = ["trace"]

_CONSTANT = NUMBER[Kind.CONSTANT]


def trace(
    outputs: Sequence[Value],
    params: Sequence[Value],
    inputs: Sequence[Value],
    order: Iterable[Value] | None = None,
) -> Code:
    """Flatten the graph into instructions, one for each value, in topological order.

    For ``w * x + 1`` with the parameter w and the input x::

        v0 = parameter 0
        v1 = input 0
        v2 = v0 * v1
        v3 = constant 1.0
        v4 = v2 + v3
        output 0 = v4

    `order` is ``graph.topological(*outputs)``, if the caller has it.

    Raises:
        ValueError: an operation is not in the table, and has no vector form.
    """
    numbers = dict(NUMBER)
    op: list[int] = []
    start = [0]
    operands: list[int] = []
    details: dict[int, float] = {}  # of the few instructions that have one
    at: dict[Value, int] = {}
    constants: dict[str, int] = {}

    def write(number: int, detail: float) -> int:
        """Write an instruction with the operands since the last one; return its position."""
        details[len(op)] = detail
        op.append(number)
        start.append(len(operands))
        return len(op) - 1

    def constant(number: float) -> int:
        key = repr(number)
        if key not in constants:
            constants[key] = write(_CONSTANT, number)
        return constants[key]

    for kind, leaves in ((Kind.PARAMETER, params), (Kind.INPUT, inputs)):
        for k, leaf in enumerate(leaves):
            at[leaf] = write(NUMBER[kind], k)
    for v in graph.topological(*outputs) if order is None else order:
        operation = v.operation
        if operation is None:
            if v not in at:
                at[v] = constant(v.data)
            continue
        number = numbers.get(operation)
        if number is None:
            check_operation(operation)
            number = numbers[operation] = len(numbers)
        a, b = v._a, v._b
        if a.__class__ is tuple:
            made = [constant(x) if x.__class__ is float else at[x] for x in a]
        else:  # spelt out for one and two, as in `graph.topological`
            made = [constant(a) if a.__class__ is float else at[a]]
            if b is not None:
                made.append(constant(b) if b.__class__ is float else at[b])
        operands += made  # now that its constants are written
        at[v] = len(op)  # what `write` does, without the call
        op.append(number)
        start.append(len(operands))
    for k, v in enumerate(outputs):
        operands.append(at[v])
        write(NUMBER[Kind.OUTPUT], k)
    detail = np.zeros(len(op))
    detail[list(details)] = list(details.values())
    arrays = Arrays(
        np.array(op, np.int64), np.array(start, np.int64), np.array(operands, np.int64), detail
    )
    return Code(arrays, tuple(numbers)[len(NUMBER) :])  # type: ignore[arg-type]
