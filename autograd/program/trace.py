"""The front end: flatten a recorded graph into instructions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autograd import graph, ops

from .ir import Builder, Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from autograd.value import Value

    from .ir import Code

__all__ = ["trace"]

_TABLE = frozenset(ops.TABLE)


def trace(outputs: Sequence[Value], params: Sequence[Value], inputs: Sequence[Value]) -> Code:
    """Flatten the graph into instructions, one for each value, in topological order.

    For ``w * x + 1`` with the parameter w and the input x::

        v0 = parameter 0
        v1 = input 0
        v2 = v0 * v1
        v3 = constant 1.0
        v4 = v2 + v3
        output 0 = v4

    Raises:
        ValueError: an operation is not in the table.
    """
    builder = Builder()
    at: dict[Value, int] = {}
    for kind, leaves in ((Kind.PARAMETER, params), (Kind.INPUT, inputs)):
        for k, leaf in enumerate(leaves):
            at[leaf] = builder.write(kind, (), k)
    for v in graph.topological(*outputs):
        if v in at:
            continue
        if v.operation is None:
            at[v] = builder.constant(v.data)
            continue
        if v.operation not in _TABLE:
            raise ValueError(
                "a program can run only the operations of the table in autograd/ops.py, and "
                f"{v.operation.name!r} is not one of them; build it from those, or add a row for it"
            )
        operands = [
            builder.constant(operand) if isinstance(operand, float) else at[operand]
            for operand in v.operands
        ]
        at[v] = builder.write(v.operation, tuple(operands))
    for k, v in enumerate(outputs):
        builder.write(Kind.OUTPUT, (at[v],), k)
    return builder.code
