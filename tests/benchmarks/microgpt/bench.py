"""Time the model in each engine: documents, batches, compiling, and whole trainings.

All compute the same in float64 on one thread, interleaved in one run (see
`tests.benchmarks.engine`). First, each value and gradient is compared with that of our programs. No
time is asserted: where a goal is missed, the table says "no".
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
from statistics import median
from typing import TYPE_CHECKING

from tests.benchmarks.engine import (
    ONE_THREAD,
    Engine,
    EngineError,
    Run,
    difference,
    interleave,
    progress,
)
from tests.benchmarks.environment import REPOSITORY

from .model import LARGE, SMALL, Shape, initial_theta
from .names import invent_names
from .setup import Setup

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["BATCH", "NAMES", "PARTS", "POSITIONS", "STEPS", "Benchmark"]

NAMES = {
    "gpt-glassgrad": "glassgrad, a program for each length",
    "gpt-glassgrad-masked": "glassgrad, one masked program",
    "gpt-glassgrad-few": "glassgrad, masked programs of a few lengths",
    "gpt-c": "C99 by hand",
    "gpt-jax": "JAX jit",
    "gpt-numpy": "NumPy by hand",
    "gpt-eager": "glassgrad, eager",
    "gpt-own": "its own engine",
}
SLOW = {"gpt-eager", "gpt-own"}
PARTS = ("document", "compiling", "training", "batch")
OURS = {"gpt-glassgrad", "gpt-glassgrad-masked", "gpt-glassgrad-few", "gpt-eager"}
POSITIONS, BATCH, DOCUMENTS, STEPS = 8, 64, 640, 1000
TOLERANCE = 1e-10


class Benchmark:
    """The engines that run here, and their measurements.

    Arguments:
        peers: the interpreter of the peers' environment.
        shape: of the model.
        quick: take few turns.
        own_steps: how many steps of a training to take with the engine of its own.
        skip: engines to leave out.
    """

    def __init__(
        self,
        peers: str,
        *,
        shape: Shape = SMALL,
        quick: bool,
        own_steps: int,
        skip: Sequence[str] = (),
    ) -> None:
        self.shape, self.peers = shape, peers
        self.large = shape == LARGE
        self.turns = 3 if quick or self.large else 9
        self.own_steps = own_steps
        names = invent_names()
        random.Random(1).shuffle(names)
        self.setup = Setup(list(shape), initial_theta(shape), names[:DOCUMENTS])
        self.engines: dict[str, Engine] = {}
        self.versions: dict[str, str] = {}
        for name in progress([n for n in NAMES if n not in skip], "microgpt: starting"):
            engine = self._start(name)
            try:
                self.versions |= engine.tell("versions")
            except EngineError:
                print(f"{name} does not run here; its row stays empty", file=sys.stderr)
                engine.stop()
            else:
                self.engines[name] = engine

    def _start(self, name: str) -> Engine:
        python = sys.executable if name in OURS else self.peers
        return Engine(name, python, self.setup._asdict(), {"NPROC": "1"})

    def stop(self) -> None:
        for engine in self.engines.values():
            engine.stop()

    def task(self, task: str, **options: int) -> dict[str, float]:
        """Check a task's values and gradients, then time it: seconds per step of each engine."""
        engines = {
            name: engine
            for name, engine in self.engines.items()
            if not (name in SLOW and (self.large or task == "batch"))
        }
        found = {n: engine.do("check", task=task, **options) for n, engine in engines.items()}
        expected = next(iter(found.values()))
        for name, theirs in found.items():
            off = difference(expected, theirs)
            if not off <= TOLERANCE:
                raise SystemExit(f"{task}: {name} differs by {off:.1e}")
        runs = {
            name: Run(engine, {"task": task, **options}, 3 if name in SLOW else self.turns)
            for name, engine in engines.items()
        }
        return interleave(f"microgpt: {task}", runs, 0.1)

    def compiling(self) -> dict[str, float]:
        """Seconds for the loss of all positions to record, to compile, and for a first step."""
        found: dict[str, list[float]] = {}
        for _ in progress(range(1 if self.large else 3), "microgpt: compiling"):
            for name in ("gpt-glassgrad", "gpt-jax"):
                if name not in self.engines:
                    continue
                told = self.engines[name].tell("compile_loss", positions=self.shape.positions)
                for key, seconds in told.items():
                    found.setdefault(f"{name} {key}", []).append(seconds)
        return {key: median(seconds) for key, seconds in found.items()}

    def training(self) -> dict[str, float]:
        """Processor seconds of a whole training in a fresh process, to 20 invented names.

        The machine is already built, and all modules are compiled, as pip does when it installs
        them. If the engine of its own takes only a few steps, its time is scaled to the whole.
        """
        found = {"own steps": float(self.own_steps)}
        with tempfile.TemporaryDirectory() as folder:
            self._train("compiled", 1, folder)
            for name, steps in (("compiled", STEPS), ("own", self.own_steps)):
                print(f"… microgpt: training, {name}", file=sys.stderr, flush=True)
                found[name] = self._train(name, steps, folder) * STEPS / steps
        return found

    def _train(self, name: str, steps: int, bytecode: str) -> float:
        """The time that a training takes; Python keeps its modules' bytecode in a folder."""
        command = [sys.executable, "-m", "tests.benchmarks.microgpt.train", "--engine", name]
        command += ["--steps", str(steps), "--width", str(self.shape.width)]
        command += ["--blocks", str(self.shape.blocks)]
        environment = os.environ | ONE_THREAD | {"PYTHONPYCACHEPREFIX": bytecode}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        before = os.times()
        subprocess.run(
            command, check=True, cwd=REPOSITORY, env=environment, stdout=subprocess.DEVNULL
        )
        after = os.times()
        user = after.children_user - before.children_user
        return user + after.children_system - before.children_system

    def document(self) -> dict[str, float]:
        return self.task("document", positions=POSITIONS)

    def batch(self) -> dict[str, float]:
        return self.task("batch", size=BATCH)
