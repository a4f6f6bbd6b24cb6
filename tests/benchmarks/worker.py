"""Run one engine, commanded line by line; see `engine`.

Run as ``python -m tests.benchmarks.worker NAME``, where the name is one of `ENGINES`. The first
line of input holds the data; each further line is a command with its arguments, in JSON, and gets a
line in reply. A task is a method of the engine that returns a `Step`.
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
    "scalars-glassgrad": "eager_engines:Glassgrad",
    "scalars-micrograd": "eager_engines:Micrograd",
    "scalars-torch": "eager_engines:Torch",
    "scalars-hips": "eager_engines:Hips",
    "scalars-xad": "eager_engines:Xad",
    "scalars-tinygrad": "eager_engines:Tinygrad",
    "patterns": "patterns_engines:Patterns",
    "draw-glassgrad": "drawing_engines:Embedded",
    "draw-dot": "drawing_engines:SpawningDot",
    "draw-torchviz": "drawing_engines:TorchViz",
    "gpt-glassgrad": "microgpt.ours:Compiled",
    "gpt-glassgrad-masked": "microgpt.ours:Masked",
    "gpt-glassgrad-few": "microgpt.ours:FewMasked",
    "gpt-eager": "microgpt.ours:Eager",
    "gpt-own": "microgpt.own_engine:OwnEngine",
    "gpt-numpy": "microgpt.numpy_by_hand:NumPyByHand",
    "gpt-c": "microgpt.c_by_hand:CByHand",
    "gpt-jax": "microgpt.jax_dense:Jax",
}


class Data(NamedTuple):
    """The data of most engines: the points of two moons, and the initial parameters.

    An engine with other data has an attribute `takes`, the class of that data.
    """

    points: list[list[float]]
    labels: list[float]
    theta: list[float]


class Step(NamedTuple):
    """A value and a gradient, computed by each ``run()``."""

    run: Callable[[], Any]
    read: Callable[[Any], tuple[float, list[float]]]
    """Converts the result of a run to a float and a list in the order of theta."""


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
        """The value and the gradient of a task's second run; the first may differ."""
        step = self._step(task, options)
        step.run()
        value, gradient = step.read(step.run())
        return {"value": value, "gradient": gradient}

    def turn(self, task: str, seconds: float, **options: Any) -> float:
        """Seconds per step, over a batch that takes about so many, after half as long a warm-up.

        A process that has waited while others had their turns needs the warm-up.
        """
        run = self._step(task, options).run
        clock: Callable[[], float] = getattr(self.engine, "clock", time.perf_counter)
        start, warm = clock(), 0
        while not warm or clock() - start < seconds / 2:
            run()
            warm += 1
        steps = max(1, round(seconds * warm / (clock() - start)))
        start = clock()
        for _ in repeat(None, steps):
            run()
        return (clock() - start) / steps

    def memory(self, rows: int) -> float:
        """Peak growth of the process, in MiB, during a step over so many rows.

        The arrays with the data, and whatever a first step loads, do not count.
        """
        run = self.engine.moons_for_memory(rows)
        return peak_growth(lambda: [run() for _ in range(3)])

    def tell(self, what: str, **options: Any) -> Any:
        """Return something that the engine measures itself."""
        return getattr(self.engine, what)(**options)


def peak_growth(run: Callable[[], Any]) -> float:
    """Peak growth of this process, in MiB, during a run."""
    with contextlib.suppress(OSError):  # on Linux, reset the peak
        Path("/proc/self/clear_refs").write_text("5")
    before = _peak()
    run()
    return _peak() - before


def _peak() -> float:
    """The peak memory of this process so far, in MiB."""
    try:  # not ru_maxrss, which a process inherits from its parent
        status = Path("/proc/self/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) / 2**10
    except (OSError, IndexError):
        import resource

        unit = 2**20 if sys.platform == "darwin" else 2**10  # bytes, or kilobytes
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def main() -> None:
    module, _, name = ENGINES[sys.argv[1]].partition(":")
    engine = getattr(importlib.import_module(f"tests.benchmarks.{module}"), name)
    takes = getattr(engine, "takes", Data)
    worker = Worker(engine(takes(**json.loads(sys.stdin.readline()))))
    for line in sys.stdin:
        command, arguments = json.loads(line)
        print(json.dumps(getattr(worker, command)(**arguments)), flush=True)


if __name__ == "__main__":
    main()
