"""Call a function at a point, and keep what it recorded."""

from __future__ import annotations

import inspect
import warnings
from contextlib import ExitStack, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, NamedTuple

from autograd import graph, modes
from autograd.blocks import Block
from autograd.calls import recording_a_call
from autograd.console import on_one_line
from autograd.detached import DetachedWarning
from autograd.given import Node
from autograd.program.arguments import refusal_of_node
from autograd.program.structure import Template, flatten
from autograd.value import Value

from .explain import Watched, differ, explain, explain_endless, explain_randomness
from .watch import EndlessError, Watch

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .samples import Point
    from .signature import Signature

__all__ = ["Recorder", "Recording", "RefusedError"]


class RefusedError(ValueError):
    """A function did what no program can do, whatever the numbers."""


class Recording(NamedTuple):
    """What a function recorded at one point.

    Attributes:
        inputs: the fresh inputs that it was called with.
        outputs: what it returned, flattened.
        template: the structure of that.
        paths: the names of the outputs within it.
        operations: the operations that those outputs need which are Values, each with its
            operands. Equal if and only if the program is the same.
    """

    inputs: list[Value]
    outputs: list[Any]
    template: Template
    paths: list[str]
    operations: list[tuple[Any, ...]]

    def same(self, other: Recording) -> bool:
        """Whether both are the same program."""
        if self.template != other.template or not _equal(self.operations, other.operations):
            return False
        pairs = zip(self.outputs, other.outputs, strict=True)
        return all([a.__class__ is b.__class__ and (a.__class__ is Value or a is b or a == b)
                    for a, b in pairs])  # fmt: skip


class Recorder:
    """Calls one function, with inputs and parameters of chosen data.

    Arguments:
        signature: the function.
        params: the parameters. Their data and gradients are restored after each call.
    """

    def __init__(self, signature: Signature, params: Sequence[Value]) -> None:
        self.signature = signature
        self.params = params
        self._limit: int | None = None

    def record(self, point: Point, watch: Watch | None = None) -> Recording:
        """Call the function at a point.

        Raises:
            RefusedError: it changed a parameter, or takes far more steps than the first call did.
        """
        watch = watch or Watch(limit=self._limit)
        inputs, given = self.signature.make_inputs()
        for v, x in zip(inputs, point.inputs, strict=True):
            v.data = x
        with self.at(point.params):
            try:
                result = watch.run(lambda: self.signature.call(given))
            except EndlessError as error:
                raise RefusedError(explain_endless(self.signature.title, error.place)) from None
            if self._limit is None:
                self._limit = 20 * watch.calls + 30_000
            if inspect.iscoroutine(result):
                result.close()
            self._refuse_changes(point)
            template, outputs, paths = flatten(result)
        return Recording(inputs, outputs, template, paths, self._operations(outputs, inputs))

    def _operations(self, outputs: Sequence[Any], inputs: Sequence[Value]) -> list[tuple[Any, ...]]:
        """Each operation with its operands: positions as ints, constants as tuples."""
        roots = [v for v in outputs if isinstance(v, Value)]
        at: dict[Value, int] = {v: -1 - k for k, v in enumerate([*inputs, *self.params])}
        found: list[tuple[Any, ...]] = []

        def key(operand: Any) -> Any:
            if operand.__class__ is float:
                return (operand,)
            position = at.get(operand)
            return (operand._datum,) if position is None else position

        for v in graph.interior(*roots):
            if isinstance(v.operation, Node):  # a new one in each call, which would look random
                raise RefusedError(f"{self.signature.title}: {refusal_of_node(v.operation)}")
            found.append((v.operation, *map(key, v.operands)))
            at[v] = len(at)
        found.append((None, *map(key, roots)))
        return found

    @contextmanager
    def at(self, numbers: Sequence[float]) -> Iterator[None]:
        """Give the parameters other data within the block, in which operations are recorded."""
        before = [(p.data, p.grad) for p in self.params]
        try:
            for p, x in zip(self.params, numbers, strict=True):
                p.data = x
            with _quietly():
                yield
        finally:
            for p, (x, g) in zip(self.params, before, strict=True):
                p.data, p.grad = x, g

    def _refuse_changes(self, point: Point) -> None:
        for k, (p, x) in enumerate(zip(self.params, point.params, strict=True)):
            if p.data != x and x == x:
                name = f"parameter {on_one_line(p.label)!r}" if p.label else f"parameter {k}"
                raise RefusedError(
                    f"{self.signature.title}: expected parameters to keep their data, got a call "
                    f"that changed {name} from {x:.6g} to {p.data:.6g}; compute with new Values "
                    "instead, and train outside the function"
                )

    def _watched(self, point: Point) -> Watched:
        watch = Watch(closely=True)
        recording = self.record(point, watch)
        leaves = {v: f"input {k}" for k, v in enumerate(recording.inputs)}
        leaves |= {v: f"parameter {k}" for k, v in enumerate(self.params)}
        return Watched(watch.events, recording.outputs, leaves)

    def explain(self, one: Point, other: Point) -> str:
        """Why recordings at these points differ; at the same point, that it is random."""
        title, first, second = self.signature.title, self._watched(one), self._watched(other)
        if one != other:
            return explain(title, first, second)
        tries = 30  # chance may repeat itself
        while tries and not differ(first, second):
            second = self._watched(other)
            tries -= 1
        return explain_randomness(title, first, second)


@contextmanager
def _quietly() -> Iterator[None]:
    """Record, whatever mode is in force, and without warnings that a number left the graph."""
    with ExitStack() as stack:
        stack.enter_context(modes.recorded())
        stack.enter_context(recording_a_call())
        stack.enter_context(Block("watching", False) if modes.watching.get() else nullcontext())
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore", DetachedWarning)
        yield


def _equal(one: list[tuple[Any, ...]], other: list[tuple[Any, ...]]) -> bool:
    if len(one) != len(other):
        return False
    if one == other:
        return True
    # A nan among the constants differs from itself.
    return all(
        [a == b or (a[0] is b[0] and repr(a) == repr(b)) for a, b in zip(one, other, strict=True)]
    )
