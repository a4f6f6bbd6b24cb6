"""Record a function at many points, and refuse it if the recordings differ.

A program repeats one recording for all data. So a function has to record the same operations and
the same constants whatever its inputs and parameters are. It is called at points with numbers of
many kinds, which include those that its own code mentions, and those where a comparison that it
made would come out the other way. If it neither compares Values nor reads their numbers, three
points are enough.
"""

from __future__ import annotations

import inspect
import random
import warnings
from contextlib import ExitStack, contextmanager, nullcontext
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

import numpy as np

from autograd import graph, modes
from autograd.blocks import Block
from autograd.console import cut, on_one_line, printable
from autograd.detached import DetachedWarning
from autograd.differentiate import grad
from autograd.modes import AnomalyError
from autograd.program.structure import Template, flatten
from autograd.value import Value

from .explain import Watched, differ, explain, explain_randomness
from .samples import Point, Sampler
from .watch import SEES_ALL, Read, Test, Watch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from .signature import Signature

__all__ = ["Recorder", "Recording"]

_BUGS = (
    TypeError, NameError, AttributeError, ImportError, SyntaxError, NotImplementedError,
    RecursionError, MemoryError,
)  # fmt: skip
"""Errors that no other numbers would avoid."""

_TRIES = 200
"""How many choices of kinds of numbers to try for the arguments."""

_WORK = 300_000
"""How many instructions to record at most, apart from those of the first few points."""


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
        self._start = [p.data for p in params]

    # ── one call ─────────────────────────────────────────────────────────────────────────────

    def record(self, point: Point, watch: Watch | None = None) -> Recording:
        """Call the function at a point.

        Raises:
            ValueError: it changed a parameter, or an operation is not in the table.
        """
        inputs, given = self.signature.make_inputs()
        for v, x in zip(inputs, point.inputs, strict=True):
            v.data = x
        with self._at(point.params), _quietly():
            result = watch.run(lambda: self.signature.call(given)) if watch else (
                self.signature.call(given)
            )  # fmt: skip
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
            found.append((v.operation, *map(key, v.operands)))
            at[v] = len(at)
        found.append((None, *map(key, roots)))
        return found

    @contextmanager
    def _at(self, numbers: Sequence[float]) -> Iterator[None]:
        """Give the parameters other data within the block."""
        before = [(p.data, p.grad) for p in self.params]
        try:
            for p, x in zip(self.params, numbers, strict=True):
                p.data = x
            yield
        finally:
            for p, (x, g) in zip(self.params, before, strict=True):
                p.data, p.grad = x, g

    def _refuse_changes(self, point: Point) -> None:
        for k, (p, x) in enumerate(zip(self.params, point.params, strict=True)):
            if p.data != x and x == x:
                name = f"parameter {on_one_line(p.label)!r}" if p.label else f"parameter {k}"
                raise ChangedParameterError(
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

    # ── many calls ───────────────────────────────────────────────────────────────────────────

    def explore(self) -> tuple[Point, Recording]:
        """Record at many points; return the first one and its recording, if all agree.

        Raises:
            ValueError: they do not; or the function raises an error at every point.
        """
        sampler = Sampler(self.signature.arguments, self.signature.samples, self._start)
        before = _random_state()
        first, known = self._first(sampler)
        start = sampler.point(first)
        watch = Watch()
        base = self.record(start, watch)
        self._check_outputs(base)
        draws = before != _random_state()
        if not base.same(known[first]) or (draws and not self._repeats(base, start)):
            raise ValueError(self.explain(start, start))
        looks = [event for event in watch.events if isinstance(event, Read | Test)]
        if not looks and SEES_ALL:
            points = [sampler.point(k) for k in range(1, 3) if k not in known]
        else:
            points = [sampler.point(k) for k in range(1, sampler.count)]
            more = self._opposites(base, start, looks, sampler.free)
            more += [sampler.around(x, k) for x in watch.constants for k in range(2, 5)]
            points[6:6] = more  # the likeliest to tell first
            del points[max(6, _WORK // (len(base.operations) + 1)) :]
        for k, recording in known.items():
            self._compare(base, start, sampler.point(k), recording)
        for point in points:
            recorded = self._try(point)
            if recorded is None and point.params != self._start:  # perhaps the parameters' fault
                point = Point(point.inputs, self._start)
                recorded = self._try(point)
            if recorded is not None:
                self._compare(base, start, point, recorded)
        self._refuse_numbers(base, base)
        return start, base

    def _compare(self, base: Recording, start: Point, point: Point, other: Recording) -> None:
        """Raise ValueError if recordings at two points differ."""
        if not base.same(other):
            self._refuse_numbers(base, other)
            chance = not all([base.same(self.record(start)) for _ in range(10)])
            raise ValueError(self.explain(start, start if chance else point))

    def _repeats(self, base: Recording, point: Point) -> bool:
        """Whether the function records the same many times, although it draws random numbers."""
        return all([base.same(self.record(point)) for _ in range(30)])

    def _try(self, point: Point) -> Recording | None:
        """Record at a point; None if the function raises an error there."""
        try:
            return self.record(point)
        except (ChangedParameterError, *_BUGS):
            raise
        except Exception:
            return None

    def _first(self, sampler: Sampler) -> tuple[int, dict[int, Recording]]:
        """Choose kinds of numbers that the function accepts.

        Returns:
            The number of the first point that it accepts, and the recordings so far, by number.
        """
        best: tuple[dict[int, Recording], list[str]] | None = None
        problem: Exception | None = None
        for kinds in islice(sampler.choices(), _TRIES):
            sampler.kinds = kinds
            accepted: dict[int, Recording] = {}
            for k in range(4):
                try:
                    accepted[k] = self.record(sampler.point(k))
                except ChangedParameterError:
                    raise
                except _BUGS as error:
                    error.add_note(self._note())
                    raise
                except Exception as error:  # whatever the function raises for such numbers
                    problem = problem or error
                if list(accepted) == [0, 1] and set(kinds) <= {"real"}:
                    return 0, accepted
            if accepted and (best is None or len(accepted) > len(best[0])):
                best = accepted, kinds
            if len(accepted) == 4:
                break
        if best is None:
            assert problem is not None
            self._refuse_domain(problem)
        accepted, sampler.kinds = best
        return min(accepted), accepted

    def _opposites(
        self, base: Recording, start: Point, looks: Sequence[Read | Test], free: list[bool]
    ) -> list[Point]:
        """Points where comparisons would come out the other way, or tie, if they are linear."""
        leaves = [*base.inputs, *self.params]
        found: list[Point] = []
        seen: set[Any] = set()
        for test in looks:
            if not isinstance(test, Test) or test.place in seen or len(seen) > 50:
                continue
            seen.add(test.place)
            with self._at(start.params), _quietly():
                difference = test.left - test.right
                if not isinstance(difference, Value):
                    continue
                slopes = grad(difference, leaves)
            steepness = sum([slope * slope for slope in slopes])
            if not 0.0 < steepness < 1e300:
                continue
            for factor in (1.0, 1.01, 2.0, 10.0):
                step = factor * difference.data / steepness
                moved = [x - step * slope if may else x for x, slope, may in zip(
                    [*start.inputs, *start.params], slopes, [*free, *[True] * len(self.params)],
                    strict=True,
                )]  # fmt: skip
                count = len(start.inputs)
                found.append(Point(moved[:count], moved[count:]))
        return found

    # ── refusing ─────────────────────────────────────────────────────────────────────────────

    def _check_outputs(self, recording: Recording) -> None:
        """Refuse results that no data could make right, such as None or a generator."""
        for thing, path in zip(recording.outputs, recording.paths, strict=True):
            if isinstance(thing, Value | int | float):
                continue
            advice = "return a Value, or a tuple, list or dictionary of Values"
            if thing is None:
                advice = "is a return statement missing?"
            elif hasattr(thing, "__next__"):
                advice = "return a list: list(...)"
            elif inspect.iscoroutine(thing):
                advice = "an async function cannot be compiled; write a plain one"
            elif callable(thing):
                advice = "call it and return what it returns"
            raise TypeError(
                f"{self.signature.title}: expected it to return Values, got "
                f"{type(thing).__qualname__}{f' in {path}' if path else ''}; {advice}"
            )
        if not recording.outputs:
            raise ValueError(
                f"{self.signature.title}: expected it to return at least one Value, got an empty "
                f"{recording.template.kind.__name__}"  # type: ignore[union-attr]
            )

    def _refuse_numbers(self, one: Recording, other: Recording) -> None:
        """Refuse results that are plain numbers for all data."""
        if one.template != other.template:
            return
        for thing, twin, path in zip(one.outputs, other.outputs, one.paths, strict=True):
            if not isinstance(thing, Value) and not isinstance(twin, Value):
                raise TypeError(
                    f"{self.signature.title}: expected it to return Values, got "
                    f"{type(thing).__qualname__}: {thing:.6g}{f' in {path}' if path else ''}; "
                    "return the Value itself, not its .data, or Value(number) for a constant"
                )

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

    def _refuse_domain(self, problem: Exception) -> NoReturn:
        names = [argument.name for argument in self.signature.arguments]
        if not names:
            raise problem
        raise ValueError(
            f"{self.signature.title}: expected it to accept some of the numbers tried for "
            f"{', '.join(names)}, got {type(problem).__name__} each time"
            f"{printable(f': {cut(on_one_line(str(problem)))}') if str(problem) else ''}. Give "
            "values that it accepts, such as rows of your data: "
            f"samples={{{names[0]!r}: [0, 1, 2]}}"
        ) from problem

    def _note(self) -> str:
        return (
            f"autograd.compile called {self.signature.title} with a Value for each argument, or a "
            "list of Values for those in shapes={...}, to record what it computes. To index by "
            "one, write autograd.pick(values, index)."
        )

    # ── a program's rows, for `detect_anomaly` ───────────────────────────────────────────────

    def check_rows(self, start: Point, base: Recording) -> Callable[[Any, Sequence[Any]], None]:
        """A check that the function records the same for given rows, too.

        Arguments:
            start, base: the point that the program was recorded at, and its recording.

        Returns:
            A function of theta and columns, which raises AnomalyError.
        """

        def check(theta: Any, columns: Sequence[Any]) -> None:
            rows = list(zip(*[column.tolist() for column in columns], strict=True)) or [()]
            for row, inputs in enumerate(rows):
                point = Point(list(inputs), theta.tolist())
                where = f"program, row {row}: " if columns else "program: "
                try:
                    same = base.same(self.record(point))
                except Exception as error:
                    raise AnomalyError(
                        f"{where}{self.signature.title} raised {type(error).__name__}: {error}"
                    ) from error
                if not same:
                    raise AnomalyError(where + self.explain(start, point))

        return check


class ChangedParameterError(ValueError):
    """A function changed its parameters while it was recorded."""


@contextmanager
def _quietly() -> Iterator[None]:
    """Record, whatever mode is in force, and without warnings that a number left the graph."""
    with ExitStack() as stack:
        stack.enter_context(modes.recorded())
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


def _random_state() -> tuple[Any, ...]:
    """The state of Python's and NumPy's own generators of random numbers."""
    words: Any
    _, words, *rest = np.random.get_state()
    return random.getstate(), words.tobytes(), rest
