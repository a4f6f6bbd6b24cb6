"""The front end: flatten a recorded graph into instructions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autograd import graph, ops
from autograd.custom_operations import Operation
from autograd.given import Node

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
        ValueError: an operation is not in the table, and has no vector form.
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
            _check_operation(v.operation)
        operands = [
            builder.constant(operand) if isinstance(operand, float) else at[operand]
            for operand in v.operands
        ]
        at[v] = builder.write(v.operation, tuple(operands))
    for k, v in enumerate(outputs):
        builder.write(Kind.OUTPUT, (at[v],), k)
    return builder.code


def _check_operation(op: ops.Op) -> None:
    """Raise ValueError if programs cannot run an operation that is not in the table."""
    if isinstance(op, Operation) and op.can_be_replayed:
        return
    if refusal := getattr(op, "refusal", ""):  # an operation may say why, and what to do
        raise ValueError(refusal)
    if isinstance(op, Node):
        raise ValueError(
            f"a program computes with other numbers, but of the node {op.name!r} only its own are "
            "known; compute it with Values' operations, or make it an @autograd.operation"
        )
    raise ValueError(
        "a program can run only the operations of the table in autograd/ops.py, and "
        f"{op.name!r} is not one of them; build it from those, or give it a vector form: "
        "@autograd.operation(..., vector=...)"
    )
