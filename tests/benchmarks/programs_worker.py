"""One engine in a process of its own, which does what it is told line by line; see `programs`.

Run as ``python -m tests.benchmarks.programs_worker NAME``, where the name is one of `ENGINES`. The
first line it reads are the data; each further one is a command and its arguments, in JSON, and is
answered with a line. An engine is asked for tasks by name, and makes of each a `Step`.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import sys
import time
from itertools import repeat
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

ENGINES = {
    "glassgrad": "programs_ours:Compiled",
    "eager": "programs_ours:Eager",
    "jax": "programs_peers:Jax",
    "jax-default": "programs_peers:JaxAsInstalled",
    "torch": "programs_peers:Torch",
    "numpy": "programs_peers:NumPy",
    "numpy-plain": "programs_peers:PlainNumPy",
    "casadi": "programs_peers:CasADi",
    "micrograd": "programs_peers:Micrograd",
}


class Data(NamedTuple):
    """What all engines learn from: the points of two moons, and where the parameters start."""

    points: list[list[float]]
    labels: list[float]
    theta: list[float]


class Step(NamedTuple):
    """A value and a gradient, computed anew by each ``run()``."""

    run: Callable[[], Any]
    read: Callable[[Any], tuple[float, list[float]]]
    """What a run returned, as a float and a list in the order of theta."""


class Worker:
    """The commands."""

    def __init__(self, engine: Any) -> None:
        self.engine = engine
        self._steps: dict[str, Step] = {}

    def _step(self, task: str, options: dict[str, Any]) -> Step:
        key = json.dumps([task, options])
        if key not in self._steps:
            self._steps[key] = getattr(self.engine, task)(**options)
        return self._steps[key]

    def check(self, task: str, **options: Any) -> dict[str, Any]:
        """The value and the gradient of a task, after a second run: the first may differ."""
        step = self._step(task, options)
        step.run()
        value, gradient = step.read(step.run())
        return {"value": value, "gradient": gradient}

    def turn(self, task: str, seconds: float, **options: Any) -> float:
        """Seconds that a step takes, over a batch of about so many, after half as long a warm-up.

        The warm-up is what a process needs that has waited while others had their turns.
        """
        run = self._step(task, options).run
        start, warm = time.perf_counter(), 0
        while not warm or time.perf_counter() - start < seconds / 2:
            run()
            warm += 1
        steps = max(1, round(seconds * warm / (time.perf_counter() - start)))
        start = time.perf_counter()
        for _ in repeat(None, steps):
            run()
        return (time.perf_counter() - start) / steps

    def memory(self, rows: int) -> float:
        """MiB by which the process grows at its peak when a step over so many rows is run.

        The arrays with the data are there before, and so is all that a first step brings along.
        """
        import resource

        run = self.engine.moons_for_memory(rows)
        with contextlib.suppress(OSError):  # where there is Linux: the peak so far is forgotten
            Path("/proc/self/clear_refs").write_text("5")
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        for _ in range(3):
            run()
        unit = 2**20 if sys.platform == "darwin" else 2**10  # of ru_maxrss: bytes, or kilobytes
        return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / unit

    def tell(self, what: str, **options: Any) -> Any:
        """What the engine measures itself."""
        return getattr(self.engine, what)(**options)


def main() -> None:
    module, _, name = ENGINES[sys.argv[1]].partition(":")
    data = Data(**json.loads(sys.stdin.readline()))
    worker = Worker(getattr(importlib.import_module(f"tests.benchmarks.{module}"), name)(data))
    for line in sys.stdin:
        command, arguments = json.loads(line)
        print(json.dumps(getattr(worker, command)(**arguments)), flush=True)


if __name__ == "__main__":
    main()
