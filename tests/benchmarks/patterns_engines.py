"""The patterns of micrograd's users, a step at a time, and as compiled programs."""

from __future__ import annotations

import time
from itertools import chain, cycle, islice
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from tests.micrograd.run import steps_of

from .worker import Data, Step

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .patterns_compiled import Rewritten

EPISODE = 20  # steps; then a pattern starts again, so that no training goes astray
LR = 1e-3
Compiled: TypeAlias = "tuple[float, Callable[[], float], float]"
"""The loss of the second step; a step, from the second one on; the seconds that compiling took."""
LOSSES = {"gpt": 3}  # a graph for each of its words


def _episodes(name: str) -> Iterator[Any]:
    return chain.from_iterable(islice(steps_of(name), EPISODE) for _ in iter(int, 1))


class Patterns:
    """The patterns with the engine that `tests.micrograd.imports` has chosen."""

    clock = staticmethod(time.process_time)  # all run in one thread, and wait for nothing

    def __init__(self, data: Data) -> None:
        pass  # each pattern has its own

    def pattern(self, name: str) -> Step:
        """One step, as it is written."""
        found = _episodes(name)
        return Step(
            lambda: next(found),
            lambda step: (float(step[0].data), [float(p.grad) for p in step[1]]),
        )

    def program(self, name: str) -> Step:
        """Loss, gradient and an update, by programs compiled from the pattern."""
        run, _ = self._compile(name)
        return Step(run, lambda value: (value, []))

    def compiling(self, name: str) -> float:
        """Seconds to compile a second time: the first may load numba."""
        self._compile(name)
        return self._compile(name)[1]

    def _compile(self, name: str) -> tuple[Callable[[], float], float]:
        """A step of compiled programs, and the seconds that compiling took."""
        found = steps_of(name)
        params = list(next(found)[1])
        before = np.array([p.data for p in params])
        loss, params_now = next(found)
        assert list(params_now) == params, "the parameters change from step to step"
        expected = loss.data
        from .patterns_compiled import REWRITTEN  # micrograd's process has no autograd

        if name in REWRITTEN:
            value, run, seconds = self._rewritten(REWRITTEN[name](), before)
        else:
            losses = [loss, *(next(found)[0] for _ in range(LOSSES.get(name, 1) - 1))]
            value, run, seconds = self._recorded(losses, params, before)
        assert abs(value - expected) <= 1e-9 * abs(expected), "another value"
        return run, seconds

    def _rewritten(self, pattern: Rewritten, before: Any) -> Compiled:
        import autograd

        start = time.process_time()
        program = autograd.compile(
            pattern.loss, params=pattern.params, shapes=pattern.shapes or None
        )
        seconds = time.process_time() - start
        program.theta[:] = before
        first = next(pattern.batches)
        batches = chain([first], pattern.batches)

        def run() -> float:
            value, gradient = program.value_and_grad(*next(batches))
            program.theta -= LR * pattern.clip(gradient)
            return float(value)

        return float(program.value_and_grad(*first)[0]), run, seconds

    def _recorded(self, losses: list[Any], params: list[Any], before: Any) -> Compiled:
        """The graph of each loss as a program; they take turns, and train the same parameters."""
        import autograd

        start = time.process_time()
        programs = [autograd.compile(loss, params=params) for loss in losses]
        seconds = time.process_time() - start
        theta, turns = before.copy(), cycle(programs)

        def run() -> float:
            program = next(turns)
            value, gradient = program.value_and_grad(theta=theta)
            theta[:] -= LR * gradient
            return float(value)

        return float(programs[0].value_and_grad(theta=theta)[0]), run, seconds
