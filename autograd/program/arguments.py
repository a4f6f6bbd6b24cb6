"""Check what `compile` is called with: outputs, parameters, inputs, a graph's operations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from autograd import ops
from autograd.console import cut
from autograd.custom_operations import Operation
from autograd.given import Node
from autograd.value import Value

__all__ = ["check_distinct", "check_leaves", "check_operation", "check_outputs"]


def check_outputs(outputs: Any) -> list[Value]:
    """Check the outputs and return them as a list, even if there is only one."""
    values = [outputs] if isinstance(outputs, Value) else _check_values(outputs, "outputs")
    if not values:
        raise ValueError("outputs: expected at least one Value, got an empty list")
    return values


def check_leaves(values: Any, role: str) -> list[Value]:
    """Check the parameters or inputs (`role` says which) and return them as a list of leaves."""
    if role == "parameters" and callable(getattr(values, "parameters", None)):
        values = values.parameters()  # of a module
    leaves = _check_values(values, role)
    for v in leaves:
        if v.operation is not None:
            raise ValueError(
                f"{role}: expected leaves, got {_name(v)}, which was computed by {v.op!r}; "
                "pass the Values that it was computed from"
            )
    if len(set(leaves)) < len(leaves):
        repeated = next(v for k, v in enumerate(leaves) if v in leaves[:k])
        raise ValueError(f"{role}: {_name(repeated)} is repeated; list each Value once")
    return leaves


def check_distinct(params: list[Value], inputs: list[Value]) -> None:
    """Raise ValueError if a Value is both a parameter and an input."""
    for v in set(params) & set(inputs):
        raise ValueError(
            f"{_name(v)} is both a parameter (an entry of theta) and an input (a column); "
            "leave it out of one of the two lists"
        )


def refusal_of_node(node: Node) -> str:
    """Why a program cannot run a `node`."""
    return (
        f"a program computes with other numbers, but of the node {node.name!r} only its own are "
        "known; compute it with Values' operations, or make it an @autograd.operation"
    )


def check_operation(op: ops.Op) -> None:
    """Raise ValueError if programs cannot run an operation that is not in the table."""
    if isinstance(op, Operation) and op.can_be_replayed:
        return
    if refusal := getattr(op, "refusal", ""):  # an operation may say why, and what to do
        raise ValueError(refusal)
    if isinstance(op, Node):
        raise ValueError(refusal_of_node(op))
    raise ValueError(
        "a program can run only the operations of the table in autograd/ops, and "
        f"{op.name!r} is not one of them; build it from those, or give it a vector form: "
        "@autograd.operation(..., vector=...)"
    )


def _check_values(values: Any, role: str) -> list[Value]:
    try:
        if isinstance(values, Value | str | Mapping) or callable(values):
            raise TypeError
        listed = list(values)
    except TypeError:
        expected = "a list of Values"
        if role == "outputs":
            expected = "a function, a Value or a list of Values"
        raise TypeError(
            f"{role}: expected {expected}, got {type(values).__qualname__}" + _advice(values, role)
        ) from None
    for v in listed:
        if not isinstance(v, Value):
            raise TypeError(
                f"{role}: expected Values, got {type(v).__qualname__}: {v!r:.60}" + _advice(v, role)
            )
    return listed


def _advice(thing: Any, role: str) -> str:
    """What to write instead, where that can be guessed."""
    if isinstance(thing, Value):
        return "; put it in a list"
    if isinstance(thing, Mapping):
        return "; pass its values: list(d.values())"
    if role == "parameters" and isinstance(thing, str):
        return "; pass the Values themselves, such as model.parameters()"
    if role == "outputs" and callable(thing):
        return "; compile one function that returns all outputs: return loss, y_pred"
    if role == "parameters" and hasattr(thing, "parameters"):
        return "; pass the model itself, or list its parameters: [*a.parameters(), *b.parameters()]"
    if callable(thing) and not hasattr(thing, "parameters"):
        return "; call it and pass what it returns"
    if getattr(thing, "ndim", None) == 0:  # of an array
        return "; pass the Value in it: array.item()"
    if isinstance(thing, Iterable) and not isinstance(thing, str):
        if any([isinstance(v, Value) for v in thing]):
            return "; put all of them in one flat list"
        if role == "inputs":
            return "; list the Values that columns replace, and call the program with the columns"
    return ""


def _name(v: Value) -> str:
    return repr(cut(v.label)) if v.label else repr(v)
