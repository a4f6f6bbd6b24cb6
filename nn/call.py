"""Call: what the Values that a module returned remember of the call that made them.

A call does not hold the Values that it was given: through them it would keep alive every graph
behind them, long after the graph at hand has been cut off from it. It keeps their ids. That is
enough to find them again on the way back from a Value that it returned: whatever that was made from
was alive when the call ended, and so was every input, so one with the id of an input is that input.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from autograd import Value
from autograd.snapshot import copied_values

if TYPE_CHECKING:
    from .module import Module


__all__ = ["Call", "in_progress", "mark", "new_call", "values_among"]


class Call:
    """One call of a module; the Values that it returned know it as their ``made_by``.

    Attributes:
        module: what was called.
        parent: the call during which this one was made, or None.
    """

    __slots__ = ("given", "module", "parent")

    given: frozenset[int]  # the ids of the Values that it was given
    module: Module
    parent: Call | None

    def was_given(self, value: Value) -> bool:
        """Whether `value`, which an output of this call was made from, is one of its inputs.

        Only asked on the way back from an output does the answer mean something: a Value made
        later may have the id of an input that is gone.
        """
        return id(value) in self.given

    @property
    def path(self) -> str:
        """Where the module sits in the outermost module being called: ``layers.0.neurons.3``.

        That outermost module itself, and one that it does not hold, go by their class: ``MLP``.
        """
        outermost = self
        while outermost.parent is not None:
            outermost = outermost.parent
        return outermost.module._path_of(self.module) or type(self.module).__name__

    def __repr__(self) -> str:
        return f"<Call of {self.path}: {len(self.given)} inputs>"

    # An id means nothing in another process or for a copy, so the inputs themselves are written:
    # those that are part of the graph being copied. The others can never be asked for. The outer
    # calls are written outermost first, so that copying them is no recursion: a module that calls
    # itself may be hundreds of calls deep.

    def __getstate__(self) -> tuple[Any, ...]:
        outer: list[Call] = []
        call = self.parent
        while call is not None:
            outer.append(call)
            call = call.parent
        return self.module, outer[::-1], copied_values(self.given)

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self.module, outer, inputs = state
        self.parent = outer[-1] if outer else None
        self.given = frozenset(map(id, inputs))


new_call = Call.__new__
"""A call whose attributes are still to be set: where thousands are made, faster than __init__."""

in_progress: ContextVar[Call | None] = ContextVar("call in progress", default=None)


def values_among(arguments: tuple[Any, ...]) -> list[Value]:
    """The Values among the arguments of a call, lists and tuples opened."""
    if len(arguments) == 1 and arguments[0].__class__ in (list, tuple):  # the most common case
        found = [v for v in arguments[0] if v.__class__ is Value]
        if len(found) == len(arguments[0]):
            return found
    found = []
    waiting: list[Sequence[Any]] = [arguments]
    opened: set[int] = set()
    for inner in waiting:
        for thing in inner:
            if thing.__class__ is Value:
                found.append(thing)
            elif isinstance(thing, (list, tuple)) and id(thing) not in opened:
                opened.add(id(thing))  # it may hold itself
                waiting.append(thing)
    return found


def mark(outputs: Any, call: Call) -> None:
    """Tell the Values that a call returned who made them.

    One that an inner call made knows that already, and one that was passed through was not made
    here; a leaf was not made at all.
    """
    if outputs.__class__ is Value:
        outputs = (outputs,)
    if isinstance(outputs, (list, tuple)):
        for v in outputs:
            if v.__class__ is Value:
                if v.operation is not None and v.made_by is None and id(v) not in call.given:
                    v.made_by = call
            elif isinstance(v, (list, tuple)):
                mark(values_among((v,)), call)
