"""Groups: which values a module call computed. Pictures draw them as frames or single boxes.

A module call (`nn.call.Call`) marks what it returns and recognises what it was given. The values in
between are found here, by walking back from its outputs to its inputs. This uses only the
``module``, ``parent``, ``path`` and ``was_given`` of a call, so it need not know `nn`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from autograd.functions import FunctionCall

if TYPE_CHECKING:
    from collections.abc import Sequence

    from autograd import Value

__all__ = ["Call", "ancestors", "collapsed_call", "groups_of", "heights_of", "parameters_of"]


class Call(Protocol):
    """A module call: the ``made_by`` of the values that it returned."""

    @property
    def module(self) -> Any: ...  # noqa: D102
    @property
    def parent(self) -> Call | None: ...  # noqa: D102
    @property
    def path(self) -> str: ...  # noqa: D102
    def was_given(self, value: Value, /) -> bool:
        """Whether a value that existed when the call ended is one of its inputs."""


def groups_of(order: Sequence[Value]) -> dict[Value, Call]:
    """Find the innermost module call of each value; values outside all calls are left out.

    Inner calls claim their values first, and an outer call takes what is left.

    Arguments:
        order: the graph in topological order.
    """
    group: dict[Value, Call] = {}
    passed: dict[Call, set[Value | Call]] = {}  # what the walk of each call need not enter again
    reached: dict[Call, dict[Value, None]] = {}  # the inputs at which the walk of each call ended
    # By depth. The order of values alone is not enough: an early output of a call may come before
    # other inputs of the call.
    claims: dict[int, list[tuple[Value, Call]]] = {}
    for v in [v for v in order if v._mark is not None]:  # nearly all have no mark
        made_by = v.made_by
        if isinstance(made_by, FunctionCall):
            made_by = made_by.within
        if made_by is not None:
            for depth, call in enumerate(ancestors(made_by)):  # they may return it too
                claims.setdefault(depth, []).append((v, call))
    for depth in sorted(claims, reverse=True):
        for v, call in claims[depth]:
            _claim(v, call, group, passed.setdefault(call, set()), reached)
    if group:
        _add_parameters(order, group, parameters_of(order, group))
    return group


def parameters_of(order: Sequence[Value], group: dict[Value, Call]) -> set[Value]:
    """Find the parameters: leaves with that role, and leaves without one that a module holds."""
    calls = dict.fromkeys(group.values())
    outermost = {id(c.module): c.module for c in (ancestors(call)[0] for call in calls)}
    held = {p for module in outermost.values() for p in getattr(module, "parameters", tuple)()}
    return {
        v
        for v in order
        if v.operation is None and (v.role == "parameter" or (not v.role and v in held))
    }


def _claim(
    output: Value,
    call: Call,
    group: dict[Value, Call],
    passed: set[Value | Call],
    reached: dict[Call, dict[Value, None]],
) -> None:
    """Give a call the values behind its output, up to its inputs, passing by inner calls."""
    inputs = reached.setdefault(call, {})
    stack = [output]
    while stack:
        v = stack.pop()
        if call.was_given(v):
            inputs[v] = None
            continue
        if v.operation is None or v in passed:
            continue
        inner = group.setdefault(v, call)
        if inner is call:
            passed.add(v)
            stack.extend(p for p in v.operands if not isinstance(p, float))
        elif inner not in passed and call in ancestors(inner):
            passed.add(inner)
            stack.extend(reached[inner])


def _add_parameters(
    order: Sequence[Value], group: dict[Value, Call], parameters: set[Value]
) -> None:
    """Add each parameter to the only call that uses it, unless the call was given it.

    A parameter that several calls share belongs to none.
    """
    users: dict[Value, set[Call | None]] = {}
    for v in order:
        for operand in v.operands:
            if not isinstance(operand, float) and operand in parameters:
                users.setdefault(operand, set()).add(group.get(v))
    for parameter, calls in users.items():
        (call, *others) = calls
        if call is not None and not others and not call.was_given(parameter):
            group[parameter] = call


def ancestors(call: Call | None) -> list[Call]:
    """The calls around this one, the outermost first, and the call itself."""
    chain: list[Call] = []
    while call is not None:
        chain.append(call)
        call = call.parent
    return chain[::-1]


def collapsed_call(call: Call, detail: str, heights: dict[Call, int]) -> Call | None:
    """The call whose box stands for `call` at this detail; None if its values have their own boxes.

    At ``"neuron"`` that is a call that holds no other. At ``"layer"`` it is the outermost call that
    holds only such calls (a layer of neurons), or an innermost call without such a layer around it
    (an embedding in a model). What a larger call computes itself, between its inner calls, is drawn
    value by value: a single box would lie both before and after them.
    """
    highest = {"neuron": 0, "layer": 1}[detail]
    return next((c for c in ancestors(call) if heights[c] <= highest), None)


def heights_of(calls: Sequence[Call]) -> dict[Call, int]:
    """Count the levels of calls inside each call: 0 for a neuron, 1 for a layer of neurons.

    A module that says that it is a layer, such as `nn.Attention`, counts as one, whatever it calls.
    """
    heights: dict[Call, int] = {}
    for call in calls:
        for height, c in enumerate(reversed(ancestors(call))):
            if height and getattr(c.module, "_is_layer", False):
                height = 1
            heights[c] = max(height, heights.get(c, 0))
    return heights
