"""Time drawing a graph: with the embedded Graphviz, with a `dot` process, and with torchviz."""

from __future__ import annotations

import random
import shutil
import sys
from statistics import median
from typing import Any

from .drawing_engines import SIZES
from .engine import Engine, EngineError, Run, interleave, progress
from .figures import Table, duration

NAMES = {
    "glassgrad": "glassgrad, embedded Graphviz",
    "dot": "the same DOT, in a `dot` process",
    "torchviz": "torchviz, in a `dot` process",
}
TITLES = {
    "neuron": "a neuron",
    "small": "MLP(2, [4, 4, 1])",
    "large": "MLP(2, [16, 16, 1])",
}
TURNS = {"neuron": 10, "small": 10, "large": 4}


class Benchmark:
    """The engines that run here, and their measurements.

    Arguments:
        peers: the interpreter of the peers' environment.
        quick: take few turns.
    """

    def __init__(self, peers: str, *, quick: bool) -> None:
        self.peers, self.quick = peers, quick
        rng = random.Random(1)
        theta = [rng.uniform(-1.0, 1.0) for _ in range(337)]
        self.setup = {"points": [[2.0, -1.0]], "labels": [1.0], "theta": theta}
        self.engines: dict[str, Engine] = {}
        self.versions: dict[str, str] = {}
        if not shutil.which("dot"):
            print(
                "Graphviz's dot is not installed, so there is nothing to compare with",
                file=sys.stderr,
            )
        for name in progress(NAMES, "drawing: starting"):
            engine = self._start(name)
            try:
                engine.tell("size", network="neuron")  # fails without dot
                self.versions |= engine.tell("versions")
            except EngineError:
                if name == "glassgrad":
                    raise
                print(f"{NAMES[name]} does not run here; its row stays empty", file=sys.stderr)
                engine.stop()
            else:
                self.engines[name] = engine

    def _start(self, name: str) -> Engine:
        python = self.peers if name == "torchviz" else sys.executable
        return Engine(f"draw-{name}", python, self.setup)

    def stop(self) -> None:
        for engine in self.engines.values():
            engine.stop()

    def warm(self, network: str) -> dict[str, float]:
        """Median seconds per picture, in a process that has drawn before."""
        turns = 2 if self.quick else TURNS[network]
        runs = {
            name: Run(engine, {"task": "draw", "network": network}, turns)
            for name, engine in self.engines.items()
        }
        return interleave(f"drawing: {TITLES[network]}", runs, 0.05)

    def first(self) -> dict[str, float]:
        """Median seconds for the imports and the first picture, in fresh processes."""
        times: dict[str, list[float]] = {name: [] for name in self.engines}
        for turn in progress(range(2 if self.quick else 6), "drawing: first picture"):
            for name in self.engines:
                engine = self._start(name)
                seconds = engine.tell("first")
                engine.stop()
                if turn:  # the first turn reads files from disk
                    times[name].append(seconds)
        return {name: median(t) for name, t in times.items()}

    def all(self) -> dict[str, Any]:
        return {
            "warm": {network: self.warm(network) for network in SIZES},
            "first": self.first(),
            "size": {
                network: {n: e.tell("size", network=network) for n, e in self.engines.items()}
                for network in SIZES
            },
        }


def tables(results: dict[str, Any]) -> list[Table]:
    return [pictures(results)]


def pictures(results: dict[str, Any]) -> Table:
    rows: list[tuple[str, ...]] = [("", "first picture", *TITLES.values())]
    for name, title in NAMES.items():
        if name not in results["first"]:
            rows.append((title, *[""] * (len(TITLES) + 1)))
            continue
        cells = []
        for network in TITLES:
            size = results["size"][network][name]
            seconds = results["warm"][network][name]
            cells.append(f"{duration(seconds)} ({size['boxes']:,} boxes)")
        rows.append((title, duration(results["first"][name]), *cells))
    return Table(
        "Drawing the graph of a loss as SVG, every scalar included",
        rows,
        "First picture: the neuron, in a fresh process, imports included. The others are warm.",
    )
