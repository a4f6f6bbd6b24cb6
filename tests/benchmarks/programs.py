"""Time compiled programs and their best peers: arrays in, a value and its gradient out.

All compute the same in float64 on one thread, interleaved in one run (see `engine`). First, each
value and gradient is compared with ours. The row of an engine that cannot be installed stays empty.
No time is asserted: where a goal is missed, the table says "no".
"""

from __future__ import annotations

import sys
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING, Any

import nn
from tests.two_moons import two_moons

from .engine import Engine, EngineError, Run, difference, interleave, progress
from .worker import Data

if TYPE_CHECKING:
    from collections.abc import Mapping

NAMES = {
    "glassgrad": "glassgrad, compiled",
    "numpy": "NumPy by hand, tuned",
    "numpy-plain": "NumPy by hand, plain",
    "jax": "JAX jit, tuned",
    "jax-default": "JAX jit, default settings",
    "torch": "PyTorch, eager",
    "casadi": "CasADi SX",
    "eager": "glassgrad, eager",
    "micrograd": "micrograd",
}
BARS = {"numpy-plain": 3, "jax-default": 4, "torch": 6, "casadi": 20, "micrograd": 20_000}
SIZES = 2, 16, 16, 1
ROWS = 100, 1_000, 10_000, 100_000, 1_000_000
# JAX ignores those flags when it sizes its thread pool, but respects this variable.
NO_POOL = {"NPROC": "1"}


class Benchmark:
    """The engines that run here, and their measurements.

    Arguments:
        peers: the interpreter of the peers' environment.
        quick: take few turns and no large data.
    """

    def __init__(self, peers: str, *, quick: bool) -> None:
        self.quick = quick
        self.turns = 3 if quick else 15
        self.peers = peers
        points, labels = two_moons(100, noise=0.1, seed=0)
        theta = [p.data for p in nn.MLP(SIZES[0], SIZES[1:], seed=1).parameters()]
        self.data = Data(points, [float(label) for label in labels], theta)
        self.engines: dict[str, Engine] = {}
        self.versions: dict[str, str] = {}
        for name in progress(NAMES, "programs: starting"):
            engine = self._start(name)
            try:
                self.versions |= engine.tell("versions")
            except EngineError:
                if name in ("glassgrad", "eager"):
                    raise
                print(f"{name} does not run here; its row stays empty", file=sys.stderr)
                engine.stop()
            else:
                self.engines[name] = engine

    def _start(self, name: str) -> Engine:
        ours = name in ("glassgrad", "eager")
        python = sys.executable if ours else self.peers
        pool = {} if name == "jax-default" else NO_POOL
        return Engine(name, python, self.data._asdict(), pool)

    def stop(self) -> None:
        for engine in self.engines.values():
            engine.stop()

    def _those(self, *names: str) -> dict[str, Engine]:
        return {name: self.engines[name] for name in names if name in self.engines}

    def _check(self, task: str, *others: str) -> None:
        """Compare the value and the gradient of others with ours, to 1e-9."""
        ours = self.engines["glassgrad"].do("check", task=task)
        for name, engine in self._those(*others).items():
            # The eager engine records all rows in one graph; its loss is the program's mean loss.
            as_theirs = "whole" if (name, task) == ("eager", "moons") else task
            theirs = engine.do("check", task=as_theirs)
            off = difference(ours, theirs)
            if not off <= 1e-9:
                raise SystemExit(f"{task}: {name} differs from glassgrad by {off:.1e}")

    def _interleave(
        self,
        what: str,
        runs: Mapping[str, tuple[Engine, dict[str, Any]]],
        turns: int,
        seconds: float,
    ) -> dict[str, float]:
        """Median seconds per step; micrograd, by far the slowest, takes fewer turns."""
        planned = {
            name: Run(engine, arguments, min(turns, 4) if name == "micrograd" else turns)
            for name, (engine, arguments) in runs.items()
        }
        return interleave(f"programs: {what}", planned, seconds)

    def two_moons(self) -> dict[str, float]:
        """Seconds per step over 100 rows, for all engines."""
        self._check("moons", *(name for name in NAMES if name != "glassgrad"))
        runs = {
            name: (engine, {"task": "whole" if name == "eager" else "moons"})
            for name, engine in self._those(*NAMES).items()
        }
        return self._interleave("two moons", runs, self.turns, 0.03)

    def replayed(self, task: str) -> dict[str, float]:
        """Seconds per step of a recorded graph, as a program and eagerly, and to compile it."""
        self._check(task, "eager")
        runs = {
            name: (engine, {"task": task})
            for name, engine in self._those("glassgrad", "eager").items()
        }
        seconds = self._interleave(f"{task} graph", runs, self.turns, 0.1)
        compiling = self.engines["glassgrad"].tell(f"compile_{task}")
        return seconds | {"compile": compiling["seconds"], "nodes": compiling["nodes"]}

    def many_rows(self) -> dict[int, dict[str, float]]:
        """Seconds per step by the number of rows: ours on one and two threads, and JAX's."""
        seconds = {}
        for rows in ROWS[:3] if self.quick else ROWS:
            ours = self.engines["glassgrad"]
            options: dict[str, Any] = {"task": "moons", "rows": rows}
            runs = {
                "glassgrad": (ours, options),
                "two threads": (ours, options | {"threads": 2}),
                **{name: (engine, options) for name, engine in self._those("jax").items()},
            }
            expected = ours.do("check", task="moons")
            for name, (engine, arguments) in runs.items():  # the rows repeat, so the mean stays
                found = engine.do("check", **arguments)
                if abs(found["value"] - expected["value"]) > 1e-9 * abs(expected["value"]):
                    raise SystemExit(f"{name} differs from glassgrad over {rows:,} rows")
            seconds[rows] = self._interleave(f"{rows:,} rows", runs, min(7, self.turns), 0.05)
        return seconds

    def memory(self) -> dict[str, float]:
        """Extra peak MiB of a step over the most rows, in fresh processes."""
        growth: dict[str, float] = {}
        names = [name for name in ("glassgrad", "jax", "numpy") if name in self.engines]
        for name in progress(names, "programs: memory"):
            engine = self._start(name)
            growth[name] = engine.do("memory", rows=ROWS[-1])
            engine.stop()
        return growth

    def neuron(self) -> dict[str, dict[str, float]]:
        """Seconds per call of the ReLU neuron for one row, with and without the gradient."""
        self._check("neuron", "jax", "eager")
        self._check("neuron_value", "jax")
        results = {}
        for task, others in (("neuron", ("jax", "eager")), ("neuron_value", ("jax",))):
            engines = self._those("glassgrad", *others)
            runs = {name: (engine, {"task": task}) for name, engine in engines.items()}
            results[task] = self._interleave("neuron", runs, self.turns, 0.03)
        return results

    def compiling(self) -> dict[str, dict[str, float]]:
        """Seconds to compile the loss of a row, warm, and for a first step in a fresh process."""
        engines = self._those("glassgrad", "jax")
        times: dict[str, dict[str, list[float]]] = {}
        for what in ("compile_row", "first"):
            times[what] = {name: [] for name in engines}
            for turn in progress(
                range(4 if self.quick else 6), f"programs: {what}".replace("_", " ")
            ):
                for name, engine in engines.items():
                    if what == "first":
                        engine = self._start(name)
                    seconds = engine.tell(what)
                    if what == "first":
                        engine.stop()
                    if turn:  # the first turn fills caches on disk
                        times[what][name].append(seconds)
        return {what: {n: median(t) for n, t in by.items()} for what, by in times.items()}

    def all(self) -> dict[str, Any]:
        results = {
            "two_moons": self.two_moons(),
            "operations": len(self.data.labels) * operations_per_row(),
            "peak": self.engines["glassgrad"].tell("peak"),
            "whole": self.replayed("whole"),
            "random": self.replayed("random"),
            "neuron": self.neuron(),
            "compiling": self.compiling(),
            "rows": self.many_rows(),
        }
        return results if self.quick else results | {"memory": self.memory()}


def operations_per_row() -> int:
    """The number of additions and multiplications in a value and its gradient.

    A comparison counts as one. Savings by a clever order or fused instructions are not deducted.
    """
    weights = [nin * nout for nin, nout in pairwise(SIZES)]
    neurons, hidden = sum(SIZES[1:]), sum(SIZES[1:-1])
    forward = 2 * sum(weights)  # Σ w·x + b: as many additions as products
    by_weights = 2 * sum(weights) + neurons  # a product for each, then the sum over the rows
    by_activations = 2 * sum(weights[1:]) - hidden  # a sum of n products has n − 1 additions
    relu = 2 * hidden  # forward and backward
    hinge = 5  # y·s, 1 − y·s, max, the sum over the rows, backward
    return forward + by_weights + by_activations + relu + hinge
