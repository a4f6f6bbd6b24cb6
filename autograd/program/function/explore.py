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
import sys
from itertools import islice
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from autograd.console import cut, on_one_line, printable
from autograd.differentiate import grad
from autograd.modes import AnomalyError
from autograd.value import Value

from .recording import Recorder, Recording, RefusedError
from .samples import Point, Sampler
from .watch import SEES_ALL, Read, Test, Watch

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["Explorer", "check_rows"]

_BUGS = (
    TypeError, NameError, AttributeError, ImportError, SyntaxError, NotImplementedError,
    RecursionError, MemoryError,
)  # fmt: skip
"""Errors that no other numbers would avoid."""

_RANDOM = {
    "Random", "bernoulli", "binomial", "choice", "choices", "default_rng", "dropout", "gauss",
    "generator", "integers", "normal", "normalvariate", "permutation", "rand", "randint", "randn",
    "random", "randrange", "rng", "sample", "shuffle", "standard_normal", "uniform",
}  # fmt: skip
"""Names in code that may draw random numbers."""

_TRIES = 200
"""How many choices of kinds of numbers to try for the arguments."""

_WORK = 300_000
"""How many instructions to record at most, apart from those of the first few points."""


class Explorer:
    """Records a function at many points."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._start = [p.data for p in recorder.params]
        self._title = recorder.signature.title
        self._arguments = recorder.signature.arguments
        self._sampler = Sampler(self._arguments, recorder.signature.samples, self._start)

    def explore(self) -> tuple[Point, Recording]:
        """Record at many points; return the first one and its recording, if all agree.

        Raises:
            ValueError: they do not; or the function raises an error at every point.
        """
        sampler = self._sampler
        before = _random_state()
        first, known = self._first()
        start = sampler.point(first)
        if sys.gettrace() is not None:  # let a debugger or a measurement of coverage see the code
            self._recorder.record(start, Watch(idle=True))
        watch = Watch()
        base = self._recorder.record(start, watch)
        self._check_outputs(base)
        draws = before != _random_state() or not _RANDOM.isdisjoint(watch.names)
        if not base.same(known[first]) or (draws and not self._repeats(base, start)):
            raise ValueError(self._recorder.explain(start, start))
        looks = [event for event in watch.events if isinstance(event, Read | Test)]
        if not looks and SEES_ALL:
            points = [sampler.point(k) for k in range(1, 3) if k not in known]
        else:
            points = [sampler.point(k) for k in range(1, sampler.count)]
            more = self._opposites(base, start, looks, sampler.free)
            more += [point for x in watch.constants for point in sampler.around(x)]
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
            chance = not all([base.same(self._recorder.record(start)) for _ in range(10)])
            raise ValueError(self._recorder.explain(start, start if chance else point))

    def _repeats(self, base: Recording, point: Point) -> bool:
        """Whether the function records the same many times, although it draws random numbers."""
        return all([base.same(self._recorder.record(point)) for _ in range(30)])

    def _try(self, point: Point) -> Recording | None:
        """Record at a point; None if the function raises an error there."""
        try:
            return self._recorder.record(point)
        except (RefusedError, *_BUGS):
            raise
        except Exception:
            return None

    def _first(self) -> tuple[int, dict[int, Recording]]:
        """Choose kinds of numbers that the function accepts.

        Returns:
            The number of the first point that it accepts, and the recordings so far, by number.
        """
        sampler = self._sampler
        best: tuple[dict[int, Recording], list[str]] | None = None
        problem: Exception | None = None
        for kinds in islice(sampler.choices(), _TRIES):
            sampler.kinds = kinds
            accepted: dict[int, Recording] = {}
            for k in range(4):
                try:
                    accepted[k] = self._recorder.record(sampler.point(k))
                except RefusedError:
                    raise
                except _BUGS as error:
                    if _takes_for_a_list(error) and (advice := self._give_lengths()):
                        raise TypeError(
                            f"{self._title}: expected each argument to be used as one number, got "
                            f"one used as a list ({error}). {advice}"
                        ) from error
                    error.add_note(self._note())
                    raise
                except Exception as error:  # whatever the function raises for such numbers
                    problem = problem or error
                if k == 1 and not accepted:
                    break  # the right kind has every number accepted, or nearly so
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
        leaves = [*base.inputs, *self._recorder.params]
        may_move = [*free, *[True] * len(start.params)]
        found: list[Point] = []
        seen: set[Any] = set()
        for test in looks:
            if not isinstance(test, Test) or test.place in seen or len(seen) > 50:
                continue
            seen.add(test.place)
            with self._recorder.at(start.params):
                difference = test.left - test.right
                if not isinstance(difference, Value):
                    continue
                slopes = grad(difference, leaves, create_graph=False)
            steepness = sum([slope * slope for slope in slopes])
            if not 0.0 < steepness < 1e300:
                continue
            for factor in (1.0, 1.01, 2.0, 10.0):
                step = factor * difference.data / steepness
                moved = [
                    x - step * slope if may else x
                    for x, slope, may in zip(
                        [*start.inputs, *start.params], slopes, may_move, strict=True
                    )
                ]
                found.append(Point(moved[: len(free)], moved[len(free) :]))
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
                f"{self._title}: expected it to return Values, got "
                f"{type(thing).__qualname__}{f' in {path}' if path else ''}; {advice}"
            )
        if not recording.outputs:
            raise ValueError(
                f"{self._title}: expected it to return at least one Value, got an empty "
                f"{recording.template.kind.__name__}"  # type: ignore[union-attr]
            )

    def _refuse_numbers(self, one: Recording, other: Recording) -> None:
        """Refuse results that are plain numbers for all data."""
        if one.template != other.template:
            return
        for thing, twin, path in zip(one.outputs, other.outputs, one.paths, strict=True):
            if not isinstance(thing, Value) and not isinstance(twin, Value):
                raise TypeError(
                    f"{self._title}: expected it to return Values, got "
                    f"{type(thing).__qualname__}: {thing:.6g}{f' in {path}' if path else ''}; "
                    "return the Value itself, not its .data, or Value(number) for a constant"
                )

    def _refuse_domain(self, problem: Exception) -> NoReturn:
        names = [argument.name for argument in self._arguments]
        if not names:
            raise problem
        lengths = self._give_lengths()
        raise ValueError(
            f"{self._title}: expected it to accept some of the numbers tried for "
            f"{', '.join(names)}, got {type(problem).__name__} each time"
            f"{printable(f': {cut(on_one_line(str(problem)))}') if str(problem) else ''}. Give "
            "values that it accepts, such as rows of your data: "
            f"samples={{{names[0]!r}: [0, 1, 2]}}{'. ' if lengths else ''}{lengths}"
        ) from problem

    def _give_lengths(self) -> str:
        """What to do about an argument that should be a list; '' if all of them are."""
        plain = [argument.name for argument in self._arguments if not argument.shape]
        if not plain:
            return ""
        return f"If an argument is a list, give its length: shapes={{{plain[0]!r}: 16}}"

    def _note(self) -> str:
        return (
            f"autograd.compile called {self._title} with a Value for each argument, or a "
            "list of Values for those in shapes={...}, to record what it computes. To index by "
            "one, write autograd.pick(values, index)."
        )


def _takes_for_a_list(error: BaseException) -> bool:
    """Whether code failed because it took a Value for a list."""
    text = str(error)
    return isinstance(error, TypeError) and (
        text in ("'Value' object is not subscriptable", "'Value' object is not iterable")
        or text == "object of type 'Value' has no len()"
    )


# ── a program's rows, for `detect_anomaly` ───────────────────────────────────────────────────


def check_rows(
    recorder: Recorder, start: Point, base: Recording
) -> Callable[[Any, Sequence[Any]], None]:
    """A check that the function records the same for given rows, too.

    Arguments:
        recorder: the function.
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
                same = base.same(recorder.record(point))
            except RefusedError as error:
                raise AnomalyError(f"{where}{error}") from None
            except Exception as error:
                raise AnomalyError(
                    f"{where}{recorder.signature.title} raised {type(error).__name__}: {error}"
                ) from error
            if not same:
                raise AnomalyError(where + recorder.explain(start, point))

    return check


def _random_state() -> tuple[Any, ...]:
    """The state of Python's and NumPy's own generators of random numbers."""
    words: Any
    _, words, *rest = np.random.get_state()
    return random.getstate(), words.tobytes(), rest
