"""Call: one call of a module, which the Values that it returned remember.

A call keeps the ids of its inputs, not the inputs: they would keep alive every graph behind them,
even one that the outputs have been cut off from. Ids are enough to recognise an input on the way
back from an output: whatever the output was computed from was alive when the call ended, and so
were all inputs, so a Value with the id of an input is that input.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from autograd import Value
from autograd.engines import recycled
from autograd.functions import FunctionCall
from autograd.snapshot import copied_values

if TYPE_CHECKING:
    from .module import Module


__all__ = ["Call", "call_within", "in_progress", "mark", "new_call", "values_among"]


@recycled
class Call:
    """One call of a module: the ``made_by`` of the Values that it returned.

    Attributes:
        module: the module that was called.
        parent: the call during which this one was made, or None.
        given: the ids of the Values among its arguments.
    """

    __slots__ = ("given", "module", "parent")

    given: frozenset[int]
    module: Module
    parent: Call | None

    def was_given(self, value: Value) -> bool:
        """Whether `value`, which an output of this call was computed from, is one of its inputs.

        Do not ask about other Values: one made later may have the id of an input that is gone.
        """
        return id(value) in self.given

    @property
    def path(self) -> str:
        """Where the module is within the outermost module being called: ``layers.0.neurons.3``.

        For the outermost module, and for one that it does not hold, the name of the class: ``MLP``.
        """
        outermost = self
        while outermost.parent is not None:
            outermost = outermost.parent
        return outermost.module._path_of(self.module) or type(self.module).__name__

    def __repr__(self) -> str:
        return f"<Call of {self.path}: {len(self.given)} inputs>"

    # An id means nothing to a copy or to another process, so the state has the inputs themselves,
    # if they are part of the graph being copied; no copy can ask about the others. It lists the
    # outer calls, outermost first, so that copying them needs no recursion: a module that calls
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
"""Make a call without ``__init__``, which would take longer, and set its attributes afterwards."""

in_progress: ContextVar[Call | None] = ContextVar("call in progress", default=None)


def call_within(parent: Call | None, function: Callable[..., Any], *args: Any) -> Any:
    """Call a function with `parent` as the call in progress."""
    around = in_progress.get()
    try:  # the first line is inside, so that Ctrl-C cannot come between setting and resetting
        in_progress.set(parent)
        return function(*args)
    finally:
        in_progress.set(around)


def values_among(arguments: Sequence[Any]) -> list[Value]:
    """The Values among the arguments of a call, including those in lists and tuples."""
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
    """Set ``made_by`` of the Values that a call returned.

    It leaves alone Values that an inner call returned first, inputs that the module only passed
    on, and leaves, which were not computed. The result of a function keeps the function's call,
    which gets the module call as its ``within``.
    """
    if outputs.__class__ is Value:
        outputs = (outputs,)
    if isinstance(outputs, (list, tuple)):
        if outputs and isinstance(outputs[0], (list, tuple)):  # a row for each position
            outputs = values_among(outputs)
        for v in outputs:
            if v.__class__ is Value:
                if v.operation is None or id(v) in call.given:
                    continue
                made_by = v.made_by
                if made_by is None:
                    v.made_by = call
                elif made_by.__class__ is FunctionCall and made_by.within is None:
                    made_by.within = call
            elif isinstance(v, (list, tuple)):
                mark(values_among((v,)), call)
