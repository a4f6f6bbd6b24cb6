"""Compiled programs beside the best of others: arrays in, a value and its gradient out.

Everybody computes the same in float64 on one thread, and takes turns in one run, as `engine` says.
Before anything is timed, every engine's value and gradient are compared with ours. One that cannot
be had leaves its place empty. No time is asserted anywhere: a bar that is missed is a "no".
"""

from __future__ import annotations

import sys
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING, Any

import nn
from tests.two_moons import two_moons

from .engine import Engine, EngineError, Run, difference, in_turns, progress
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
# JAX takes no notice of these flags when it sizes its pool of threads; of this it does.
NO_POOL = {"NPROC": "1"}


class Benchmark:
    """All engines that run here, and what is measured with them.

    Arguments:
        peers: the interpreter of the peers' environment.
        quick: few turns, and no large data.
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
                print(f"{name} does not run here; its rows stay empty", file=sys.stderr)
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
            # Eagerly all rows are one graph; their mean loss is that of the program for a row.
            as_theirs = "whole" if (name, task) == ("eager", "moons") else task
            theirs = engine.do("check", task=as_theirs)
            off = difference(ours, theirs)
            if not off <= 1e-9:
                raise SystemExit(f"{task}: {name} and we differ by {off:.1e}")

    def _in_turns(
        self,
        what: str,
        runs: Mapping[str, tuple[Engine, dict[str, Any]]],
        turns: int,
        seconds: float,
    ) -> dict[str, float]:
        """Median seconds of a step; micrograd's are longer than all the others' turns together."""
        planned = {
            name: Run(engine, arguments, min(turns, 4) if name == "micrograd" else turns)
            for name, (engine, arguments) in runs.items()
        }
        return in_turns(f"programs: {what}", planned, seconds)

    def two_moons(self) -> dict[str, float]:
        """Seconds of a step over 100 rows, for everybody."""
        self._check("moons", *(name for name in NAMES if name != "glassgrad"))
        runs = {
            name: (engine, {"task": "whole" if name == "eager" else "moons"})
            for name, engine in self._those(*NAMES).items()
        }
        return self._in_turns("two moons", runs, self.turns, 0.03)

    def replayed(self, task: str) -> dict[str, float]:
        """Seconds of a step of a recorded graph, by its program and eagerly; and to compile it."""
        self._check(task, "eager")
        runs = {
            name: (engine, {"task": task})
            for name, engine in self._those("glassgrad", "eager").items()
        }
        seconds = self._in_turns(f"{task} graph", runs, self.turns, 0.1)
        compiling = self.engines["glassgrad"].tell(f"compile_{task}")
        return seconds | {"compile": compiling["seconds"], "nodes": compiling["nodes"]}

    def many_rows(self) -> dict[int, dict[str, float]]:
        """Seconds of a step over more and more rows: ours, ours on two threads, and JAX's."""
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
            for name, (engine, arguments) in runs.items():  # the rows repeat: the mean stays
                found = engine.do("check", **arguments)
                if abs(found["value"] - expected["value"]) > 1e-9 * abs(expected["value"]):
                    raise SystemExit(f"{name} differs from us over {rows:,} rows")
            seconds[rows] = self._in_turns(f"{rows:,} rows", runs, min(7, self.turns), 0.05)
        return seconds

    def memory(self) -> dict[str, float]:
        """MiB that a step over the most rows takes beyond the data, in fresh processes."""
        growth: dict[str, float] = {}
        names = [name for name in ("glassgrad", "jax", "numpy") if name in self.engines]
        for name in progress(names, "programs: memory"):
            engine = self._start(name)
            growth[name] = engine.do("memory", rows=ROWS[-1])
            engine.stop()
        return growth

    def neuron(self) -> dict[str, dict[str, float]]:
        """Seconds of a call for one row of the ReLU neuron, with and without the gradient."""
        self._check("neuron", "jax", "eager")
        self._check("neuron_value", "jax")
        results = {}
        for task, others in (("neuron", ("jax", "eager")), ("neuron_value", ("jax",))):
            engines = self._those("glassgrad", *others)
            runs = {name: (engine, {"task": task}) for name, engine in engines.items()}
            results[task] = self._in_turns("neuron", runs, self.turns, 0.03)
        return results

    def compiling(self) -> dict[str, dict[str, float]]:
        """Seconds to compile the loss of a row, in this process and first thing in a fresh one."""
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
                    if turn:  # the first makes sure that what is kept on the disk is there
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
    """The additions and multiplications in a value and its gradient, counted from the sizes.

    A comparison counts as one. What a clever order or a fused instruction saves is not taken off.
    """
    weights = [nin * nout for nin, nout in pairwise(SIZES)]
    neurons, hidden = sum(SIZES[1:]), sum(SIZES[1:-1])
    forward = 2 * sum(weights)  # Σ w·x + b: as many additions as products
    by_weights = 2 * sum(weights) + neurons  # a product for each, then the sum over the rows
    by_activations = 2 * sum(weights[1:]) - hidden  # a sum of n products has n − 1 additions
    relu = 2 * hidden  # there and back
    hinge = 5  # y·s, 1 − y·s, max, the sum over the rows, and back
    return forward + by_weights + by_activations + relu + hinge
