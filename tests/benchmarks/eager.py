"""Time eager engines, which record the graph again for each step, scalar by scalar.

The task is micrograd's demo: two moons, 100 points, `MLP(2, [16, 16, 1])`, the loss built from the
whole data set. A small one, 17 parameters and 8 points, suits engines made for large tensors, too.
All engines start from the same parameters, and each loss and gradient is compared with ours before
anything is timed. The garbage collector is on, as it is for users.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from statistics import median
from typing import Any

from tests.two_moons import two_moons

from .bars import Bar
from .engine import Engine, EngineError, Run, difference, interleave, progress
from .environment import REPOSITORY, packages_of
from .figures import Table, digits, duration, mebibytes, ratio
from .worker import Data

NAMES = {
    "glassgrad": "glassgrad",
    "xad": "XAD (a tape in C++)",
    "torch": "PyTorch, scalar tensors",
    "micrograd": "micrograd",
    "hips": "HIPS autograd",
    "tinygrad": "tinygrad",
}
MODULES = {
    "glassgrad": "autograd",
    "xad": "xad.adj_1st, xad.math",
    "torch": "torch",
    "micrograd": "micrograd.engine",
    "hips": "autograd.numpy",
    "tinygrad": "tinygrad",
}
TASKS = {
    "moons": "100 points, MLP(2, [16, 16, 1])",
    "small": "8 points, MLP(2, [4, 1])",
}
TOO_SLOW = {("moons", "tinygrad")}  # it takes minutes for so many scalars
SLOW = {"hips": 3, "micrograd": 6, "torch": 6}  # turns over 100 points


class Benchmark:
    """The engines that run here, and their measurements.

    Arguments:
        peers: the interpreter of the peers' environment.
        quick: take few turns.
    """

    def __init__(self, peers: str, *, quick: bool) -> None:
        self.peers = peers
        self.turns = 2 if quick else 12
        points, labels = two_moons(100, noise=0.1, seed=0)
        rng = random.Random(1)
        theta = [rng.uniform(-1.0, 1.0) for _ in range(337)]
        self.data = Data(points, [float(label) for label in labels], theta)
        self.engines: dict[str, Engine] = {}
        self.versions: dict[str, str] = {}
        for name in progress(NAMES, "eager: starting"):
            engine = self._start(name)
            try:
                self.versions |= engine.tell("versions")
            except EngineError:
                if name == "glassgrad":
                    raise
                print(f"{NAMES[name]} does not run here; its row stays empty", file=sys.stderr)
                engine.stop()
            else:
                self.engines[name] = engine

    def _python(self, name: str) -> str:
        return sys.executable if name == "glassgrad" else self.peers

    def _start(self, name: str) -> Engine:
        return Engine(f"scalars-{name}", self._python(name), self.data._asdict())

    def stop(self) -> None:
        for engine in self.engines.values():
            engine.stop()

    def _those(self, task: str) -> dict[str, Engine]:
        return {n: engine for n, engine in self.engines.items() if (task, n) not in TOO_SLOW}

    def _check(self, task: str) -> None:
        """Compare the loss and the gradient of the second step with ours, to 1e-9."""
        ours = self.engines["glassgrad"].do("check", task=task)
        for name, engine in self._those(task).items():
            if name == "glassgrad":
                continue
            off = difference(ours, engine.do("check", task=task))
            if not off <= 1e-9:
                raise SystemExit(f"{task}: {NAMES[name]} differs from glassgrad by {off:.1e}")

    def steps(self, task: str) -> dict[str, float]:
        """Median seconds per training step."""
        self._check(task)
        few = SLOW if task == "moons" else {}
        runs = {
            name: Run(engine, {"task": task}, min(self.turns, few.get(name, self.turns)))
            for name, engine in self._those(task).items()
        }
        return interleave(f"eager: {TASKS[task]}", runs, 0.1)

    def memory(self) -> dict[str, float]:
        """Peak MiB of a step, each in a fresh process."""
        growth: dict[str, float] = {}
        for name in progress(self._those("moons"), "eager: memory"):
            engine = self._start(name)
            growth[name] = engine.tell("memory", task="moons")
            engine.stop()
        return growth

    def first(self) -> dict[str, float]:
        """Median seconds for the import and the first small step, in fresh processes."""
        times: dict[str, list[float]] = {name: [] for name in self.engines}
        for turn in progress(range(min(4, self.turns)), "eager: first step"):
            for name in self.engines:
                engine = self._start(name)
                seconds = engine.tell("first")
                engine.stop()
                if turn:  # the first turn reads files from disk
                    times[name].append(seconds)
        return {name: median(t) for name, t in times.items()}

    def imports(self) -> dict[str, float]:
        """Seconds that the import adds to the start of a fresh interpreter.

        Python starts without `site`: modules that it imports (for an editable install, say) would
        seem to cost nothing.
        """
        bare: dict[str, list[float]] = {name: [] for name in self.engines}
        loaded: dict[str, list[float]] = {name: [] for name in self.engines}
        there = packages_of(self.peers)
        for turn in progress(range(min(12, self.turns)), "eager: imports"):
            for name in self.engines:
                python = self._python(name)
                path = str(REPOSITORY) if name == "glassgrad" else there
                for code, times in (("pass", bare), (f"import {MODULES[name]}", loaded)):
                    seconds = _seconds_of(python, code, path)
                    if turn:
                        times[name].append(seconds)
        return {name: max(0.0, median(loaded[name]) - median(bare[name])) for name in loaded}

    def all(self) -> dict[str, Any]:
        ours, theirs = self.engines["glassgrad"], self.engines.get("micrograd")
        steps = {task: self.steps(task) for task in TASKS}
        parts = [ours.tell("parts") for _ in range(self.turns)]
        nodes = {"glassgrad": ours.tell("nodes")}
        if theirs:
            nodes["micrograd"] = theirs.tell("nodes")
        return {
            "steps": steps,
            "memory": self.memory(),
            "imports": self.imports(),
            "first": self.first(),
            "parts": {part: median(p[part] for p in parts) for part in parts[0]},
            "nodes": nodes,
            "growth": ours.tell("growth"),
            "modules": ours.tell("modules"),
        }


def _seconds_of(python: str, code: str, path: str) -> float:
    start = time.perf_counter()
    environment = os.environ | {"PYTHONPATH": path}
    subprocess.run([python, "-S", "-P", "-c", code], env=environment, check=True)
    return time.perf_counter() - start


def tables(results: dict[str, Any]) -> list[Table]:
    return [side_by_side(results), _ours(results)]


def side_by_side(results: dict[str, Any]) -> Table:
    moons, small = (results["steps"][task] for task in TASKS)
    rows: list[tuple[str, ...]] = [
        ("", "a step", "times ours", "memory", "a small step", "times ours", "import", "first step")
    ]
    for name, title in NAMES.items():
        if name not in small:
            rows.append((title, *[""] * 7))
            continue
        big = name in moons
        rows.append(
            (
                title,
                duration(moons[name]) if big else "too slow",
                ratio(moons[name] / moons["glassgrad"]) if big else "",
                mebibytes(results["memory"][name]) if big else "",
                duration(small[name]),
                ratio(small[name] / small["glassgrad"]),
                duration(results["imports"][name]),
                duration(results["first"][name]),
            )
        )
    return Table(
        f"A training step, recorded each time: {TASKS['moons']} (small: {TASKS['small']})",
        rows,
        "Memory: peak growth of the process during a step. First step: a small one in a fresh "
        "process, import included.",
    )


def _ours(results: dict[str, Any]) -> Table:
    nodes, parts = results["nodes"], results["parts"]
    rows: list[tuple[str, ...]] = [("", "glassgrad", "micrograd")]
    for title, key, form in (
        ("nodes in the graph", "nodes", "{:,.0f}"),
        ("bytes per node", "bytes", "{:,.0f}"),
    ):
        rows.append((title, *(form.format(n[key]) for n in nodes.values())))
    rows = [(*row, *[""] * (3 - len(row))) for row in rows]
    rows += [(part, duration(seconds), "") for part, seconds in parts.items()]
    with_nn, without = results["modules"]["with nn"], results["modules"]["without"]
    rows += [
        ("a small step, with modules and nn.SGD", duration(with_nn), ""),
        ("the same, written without them", duration(without), ""),
        ("so the part of nn", f"{1.0 - without / with_nn:.0%}", ""),
    ]
    rows.append(
        (
            "growth over 200 steps, garbage collector off",
            f"{digits(max(0.0, results['growth']))} MiB",
            "",
        )
    )
    return Table("The same step, in detail", rows)


def bars(results: dict[str, Any]) -> list[Bar]:
    """The bars of the chart, slowest first."""
    seconds: dict[str, float] = results["steps"]["moons"]
    found = []
    for name in sorted(seconds, key=lambda name: -seconds[name]):
        ours = name == "glassgrad"
        times = "" if ours else f"{ratio(seconds[name] / seconds['glassgrad'])} ×"
        kind = "ours" if ours else "peer"
        found.append(Bar(NAMES[name], seconds[name], duration(seconds[name]), times, kind))
    return found
