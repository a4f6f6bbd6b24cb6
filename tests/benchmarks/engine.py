"""Engines in processes of their own, told line by line when to run, and their turns.

All see the same machine: each in turn warms up and runs a batch of steps that is timed, and the
figures are medians over turns. See `worker` for the other end.
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
    """A worker process, and what it is told to do.

    Arguments:
        name: one of `worker.ENGINES`.
        python: the interpreter; ours has the checkout on its path, the peers' has not.
        setup: the first line that the worker reads.
        environment: variables beyond those that are there.
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
        with contextlib.suppress(BrokenPipeError):  # then there will be no answer, which tells it
            print(json.dumps(what), file=self.process.stdin, flush=True)

    def do(self, command: str, **arguments: Any) -> Any:
        """The worker's answer to a command.

        Raises:
            EngineError: it has stopped; what it had to say about that is on standard error.
        """
        self._tell((command, arguments))
        assert self.process.stdout is not None
        answer = self.process.stdout.readline()
        if not answer:
            raise EngineError(self.name)
        return json.loads(answer)

    def tell(self, what: str, **arguments: Any) -> Any:
        """What the engine measures itself."""
        return self.do("tell", what=what, **arguments)

    def stop(self) -> None:
        self.process.communicate()


class Run(NamedTuple):
    """What an engine does in its turns."""

    engine: Engine
    arguments: dict[str, Any]
    turns: int


def in_turns(what: str, runs: Mapping[str, Run], seconds: float) -> dict[str, float]:
    """Median seconds of a step of each, all of them taking their turns in order.

    One whose steps are long may have fewer turns than the others.
    """
    times: dict[str, list[float]] = {name: [] for name in runs}
    for turn in progress(range(max((run.turns for run in runs.values()), default=0)), what):
        for name, run in runs.items():
            if turn < run.turns:
                times[name].append(run.engine.do("turn", seconds=seconds, **run.arguments))
    return {name: median(t) for name, t in times.items()}


def difference(ours: dict[str, Any], theirs: dict[str, Any]) -> float:
    """How far two values and gradients are apart, relative to ours."""
    pairs = list(zip(ours["gradient"], theirs["gradient"], strict=True))
    size = max((abs(a) for a, _ in pairs), default=1.0)
    off = [abs(ours["value"] - theirs["value"]) / abs(ours["value"])]
    off += [abs(a - b) / size for a, b in pairs]
    return math.nan if any(math.isnan(x) for x in off) else max(off)


def progress(things: Iterable[T], what: str) -> Iterator[T]:
    """The things, with progress on standard error: a bar in a terminal, a line elsewhere."""
    if sys.stderr.isatty():
        with contextlib.suppress(ImportError):
            yield from importlib.import_module("tqdm").tqdm(things, desc=what, leave=False)
            return
    print(f"… {what}", file=sys.stderr, flush=True)
    yield from things
