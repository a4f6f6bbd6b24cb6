"""Engines, each in its own process, and interleaved timing.

All share the machine and take turns: an engine warms up, then runs a batch of steps that is timed.
Figures are medians over turns, so a noisy moment favours none. pyperf and pytest-benchmark finish
one engine before they start the next. The other end of the pipe is `worker`.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import math
import os
import subprocess
import sys
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from .environment import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    T = TypeVar("T")

ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
}


class EngineError(Exception):
    """An engine does not run here."""


class Engine:
    """A worker process, and the commands that it takes.

    Arguments:
        name: one of `worker.ENGINES`.
        python: the interpreter; only ours has the checkout on its path.
        setup: the worker's first line of input.
        environment: further environment variables.
    """

    def __init__(
        self, name: str, python: str, setup: Any, environment: dict[str, str] | None = None
    ) -> None:
        self.name = name
        ours = python == sys.executable
        start = ["-m"] if ours else [str(Path(__file__).with_name("launch.py"))]
        self.process = subprocess.Popen(
            [python, *start, "tests.benchmarks.worker", name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=REPOSITORY if ours else None,
            env=os.environ | ONE_THREAD | (environment or {}),
        )
        self._tell(setup)

    def _tell(self, what: Any) -> None:
        assert self.process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # `do` notices, as no answer comes
            print(json.dumps(what), file=self.process.stdin, flush=True)

    def do(self, command: str, **arguments: Any) -> Any:
        """Run a command in the worker and return its answer.

        Raises:
            EngineError: the worker has stopped; its standard error says why.
        """
        self._tell((command, arguments))
        assert self.process.stdout is not None
        answer = self.process.stdout.readline()
        if not answer:
            raise EngineError(self.name)
        return json.loads(answer)

    def tell(self, what: str, **arguments: Any) -> Any:
        """Ask for something that the engine measures itself."""
        return self.do("tell", what=what, **arguments)

    def stop(self) -> None:
        self.process.communicate()


class Run(NamedTuple):
    """An engine's task, and the number of its turns."""

    engine: Engine
    arguments: dict[str, Any]
    turns: int


def interleave(what: str, runs: Mapping[str, Run], seconds: float) -> dict[str, float]:
    """Median seconds per step of each engine, all taking turns.

    Engines with long steps may have fewer turns.
    """
    times: dict[str, list[float]] = {name: [] for name in runs}
    for turn in progress(range(max((run.turns for run in runs.values()), default=0)), what):
        for name, run in runs.items():
            if turn < run.turns:
                times[name].append(run.engine.do("turn", seconds=seconds, **run.arguments))
    return {name: median(t) for name, t in times.items()}


def difference(ours: dict[str, Any], theirs: dict[str, Any]) -> float:
    """The largest difference between two values and gradients, relative to ours."""
    pairs = list(zip(ours["gradient"], theirs["gradient"], strict=True))
    size = max((abs(a) for a, _ in pairs), default=1.0)
    off = [abs(ours["value"] - theirs["value"]) / abs(ours["value"])]
    off += [abs(a - b) / size for a, b in pairs]
    return math.nan if any(math.isnan(x) for x in off) else max(off)


def progress(things: Iterable[T], what: str) -> Iterator[T]:
    """Iterate with progress on standard error: a bar in a terminal, otherwise a line."""
    if sys.stderr.isatty():
        with contextlib.suppress(ImportError):
            yield from importlib.import_module("tqdm").tqdm(things, desc=what, leave=False)
            return
    print(f"… {what}", file=sys.stderr, flush=True)
    yield from things
