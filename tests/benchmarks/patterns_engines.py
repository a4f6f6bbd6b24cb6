"""The patterns of micrograd's users, a step at a time, and as compiled programs."""

from __future__ import annotations

import time
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

from tests.micrograd.run import steps_of

from .worker import Data, Step

if TYPE_CHECKING:
    from collections.abc import Iterator

EPISODE = 20  # steps; then a pattern starts again, so that no training goes astray
LR = 1e-3


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
        """Loss, gradient and an update, by a program compiled from the graph of the second step."""
        program, _ = self._compile(name)

        def run() -> float:
            value, gradient = program.value_and_grad()
            program.theta -= LR * gradient
            return float(value)

        return Step(run, lambda value: (value, program.value_and_grad()[1].tolist()))

    def compiling(self, name: str) -> float:
        """Seconds to compile a second time: the first may load numba."""
        self._compile(name)
        return self._compile(name)[1]

    def _compile(self, name: str) -> tuple[Any, float]:
        import autograd

        found = steps_of(name)
        params = list(next(found)[1])
        before = [p.data for p in params]
        loss, params_now = next(found)
        assert list(params_now) == params, "the parameters change from step to step"
        start = time.process_time()
        program = autograd.compile(loss, params=params)
        seconds = time.process_time() - start
        program.theta[:] = before  # the step has changed the parameters
        value, _ = program.value_and_grad()
        assert abs(float(value) - loss.data) <= 1e-9 * abs(loss.data), "another value"
        return program, seconds
