"""Compiled programs beside the best of others: ``python -m tests.benchmarks.programs``.

Everybody computes the same in float64 on one thread, and takes turns in one run: each engine is a
process of its own, that is told line by line when to run (see `programs_worker`), so all see the
same machine. A turn is a warm-up, then a batch of steps that is timed; the figures are medians over
turns. Before anything is timed, every engine's value and gradient are compared with ours.

The peers come from the package index, into an environment of their own in the user's cache, or from
one that is there already (``--peers PYTHON``). One that cannot be had leaves its place empty.
No time is asserted anywhere: a bar that is missed is a "no" in a table.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime
import importlib
import json
import os
import platform
import shutil
import subprocess
import sys
import venv
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, TypeVar

import nn
from tests.two_moons import two_moons

from .programs_picture import Bar, picture
from .programs_worker import Data

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    T = TypeVar("T")

PEERS = {
    "numpy": "numpy==2.4.6",
    "jax": "jax==0.10.2",
    "torch": "torch==2.13.0",
    "casadi": "casadi==3.8.2",
    "micrograd": "micrograd==0.1.0",
}
TORCH_FOR_CPUS = "https://download.pytorch.org/whl/cpu"
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
REPOSITORY = Path(__file__).resolve().parents[2]
ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
}
# JAX takes no notice of these flags when it sizes its pool of threads; of this it does.
NO_POOL = {"NPROC": "1"}


# ── the peers ────────────────────────────────────────────────────────────────────────────────


def peers_python() -> str:
    """The interpreter of an environment with all peers that can be had, made or completed."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    folder = cache / "glassgrad-benchmarks" / f"programs-python{version}"
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not python.exists():
        venv.create(folder, clear=True, with_pip=True)
    pip = [str(python), "-m", "pip", "--disable-pip-version-check"]
    listing = [*pip, "list", "--format=freeze"]
    there = subprocess.run(listing, capture_output=True, text=True, check=True).stdout.split()
    for name, requirement in PEERS.items():
        if requirement in (line.partition("+")[0] for line in there):
            continue
        print(f"installing {requirement} in {folder}", file=sys.stderr)
        install = [*pip, "install", "-q", requirement]
        if name == "torch":  # without what it needs for graphics cards, which is gigabytes
            without = ["--no-deps", "--retries", "1", "--extra-index-url", TORCH_FOR_CPUS]
            subprocess.run([*install, *without], check=False)
        if subprocess.run(install, check=False).returncode:
            print(f"{requirement} could not be installed; its rows stay empty", file=sys.stderr)
    return str(python)


class Engine:
    """A worker process, and what it is told to do."""

    def __init__(self, name: str, python: str, data: Data) -> None:
        self.name = name
        self.process = subprocess.Popen(
            [python, "-m", "tests.benchmarks.programs_worker", name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=REPOSITORY,
            env=os.environ | ONE_THREAD | ({} if name == "jax-default" else NO_POOL),
        )
        self._tell(data._asdict())

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

    def tell(self, what: str) -> Any:
        """What the engine measures itself."""
        return self.do("tell", what=what)

    def stop(self) -> None:
        self.process.communicate()


class EngineError(Exception):
    """An engine does not run here."""


# ── measuring ────────────────────────────────────────────────────────────────────────────────


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
        for name in progress(NAMES, "starting"):
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
        return Engine(name, sys.executable if ours else self.peers, self.data)

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
            size = max((abs(g) for g in ours["gradient"]), default=1.0)
            off = max(
                abs(ours["value"] - theirs["value"]) / abs(ours["value"]),
                *(
                    abs(a - b) / size
                    for a, b in zip(ours["gradient"], theirs["gradient"], strict=True)
                ),
                0.0,
            )
            if not off <= 1e-9:
                raise SystemExit(f"{task}: {name} and we differ by {off:.1e}")

    def _in_turns(
        self,
        what: str,
        runs: Mapping[str, tuple[Engine, dict[str, Any]]],
        turns: int,
        seconds: float,
    ) -> dict[str, float]:
        """Median seconds of a step of each, all of them taking their turns in order."""
        times: dict[str, list[float]] = {name: [] for name in runs}
        for turn in progress(range(turns), what):
            for name, (engine, arguments) in runs.items():
                # Micrograd's steps are longer than all the others' turns together.
                if name != "micrograd" or turn < 4:
                    times[name].append(engine.do("turn", seconds=seconds, **arguments))
        return {name: median(t) for name, t in times.items()}

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
        for name in progress(names, "memory"):
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
            for turn in progress(range(4 if self.quick else 6), what.replace("_", " ")):
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


def progress(things: Iterable[T], what: str) -> Iterable[T]:
    """The things, with progress on standard error."""
    try:
        tqdm = importlib.import_module("tqdm")
    except ImportError:
        print(what, file=sys.stderr)
        return things
    bar: Iterable[T] = tqdm.tqdm(things, desc=what, leave=False)
    return bar


# ── telling ──────────────────────────────────────────────────────────────────────────────────


def duration(seconds: float) -> str:
    """Three digits, and the unit that suits them."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= 0.9995 * size:
            return f"{digits(seconds / size)} {unit}"
    return f"{digits(seconds / 1e-9)} ns"


def digits(number: float) -> str:
    """Three digits, or as many as there are before the point; two of what is below 1."""
    if number < 1.0:
        return f"{number:.2g}"
    return f"{number:.{2 if number < 9.995 else 1 if number < 99.95 else 0}f}"


def ratio(number: float) -> str:
    """A digit after the point of what is below 100, two of what is below 1."""
    decimals = 0 if number >= 99.95 else 1 if number >= 1.0 else 2
    return f"{number:,.{decimals}f}"


def met(is_met: bool) -> str:
    return "yes" if is_met else "no"


def table(title: str, *rows: tuple[str, ...]) -> str:
    """Aligned: the first column to the left, the others to the right."""
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    lines = [title]
    for row in rows:
        first, *others = row
        line = f"  {first:<{widths[0]}}"
        line += "".join(f"   {c:>{w}}" for c, w in zip(others, widths[1:], strict=True))
        lines.append(line.rstrip())
    return "\n".join(lines)


def tables(results: dict[str, Any]) -> str:
    parts = [_two_moons(results), _replayed(results), _calls(results), _rows(results["rows"])]
    if "memory" in results:
        parts.append(_memory(results["memory"]))
    return "\n\n".join(parts)


def _two_moons(results: dict[str, Any]) -> str:
    seconds, operations, peak = results["two_moons"], results["operations"], results["peak"]
    ours = seconds["glassgrad"]
    rows: list[tuple[str, ...]] = [("", "a step", "GFLOP/s", "times ours", "bar", "met")]
    for name, title in NAMES.items():
        if name in seconds:
            times = seconds[name] / ours
            cells = duration(seconds[name]), digits(operations / seconds[name] / 1e9), ratio(times)
        else:
            cells = "", "", ""
        bar = BARS.get(name)
        told = (f"≥ {bar:,}", met(times >= bar) if name in seconds else "") if bar else ("", "")
        rows.append((title, *cells, *told))
    limit = operations / peak
    rows.append(
        ("the limit of one core", duration(limit), digits(peak / 1e9), ratio(limit / ours), "", "")
    )
    return table(
        "Two moons: 100 rows, MLP(2, [16, 16, 1]), mean hinge loss; the value, and the gradient "
        "by 337\nparameters. "
        f"A step needs {operations:,} operations, and is {ours * peak / operations:.1f} times as "
        "long as the limit.",
        *rows,
    )


def _replayed(results: dict[str, Any]) -> str:
    rows = [("", "operations", "replayed", "eager", "ratio", "bar", "met", "compile", "bar", "met")]
    for task, title in (("whole", "the 100 rows, one loss"), ("random", "mixed at random")):
        r = results[task]
        times = r["eager"] / r["glassgrad"]
        rows.append(
            (
                title, f"{r['nodes']:,}", duration(r["glassgrad"]), duration(r["eager"]),
                ratio(times), "≥ 40", met(times >= 40),
                duration(r["compile"]), "≤ 5 s", met(r["compile"] <= 5),
            )
        )  # fmt: skip
    return table(
        "A recorded graph without inputs: replayed, and built, differentiated, freed", *rows
    )


def _calls(results: dict[str, Any]) -> str:
    neuron, compiling = results["neuron"], results["compiling"]
    rows: list[tuple[str, ...]] = [("", "glassgrad", "JAX", "eager", "bar", "met")]
    for title, seconds, bar in (
        ("ReLU neuron, one row: value and gradient", neuron["neuron"], 10e-6),
        ("ReLU neuron, one row: value", neuron["neuron_value"], 10e-6),
        ("two moons: compile the loss of a row", compiling["compile_row"], 50e-3),
        ("  the first step in a fresh process", compiling["first"], None),
    ):
        told = [duration(seconds[n]) if n in seconds else "" for n in ("glassgrad", "jax", "eager")]
        against = ("", "") if bar is None else (_at_most(bar), met(seconds["glassgrad"] <= bar))
        rows.append((title, *told, *against))
    return table("One call, and compiling (JAX's with a first step; fresh with imports)", *rows)


def _at_most(seconds: float) -> str:
    return f"≤ {seconds * 1e6:.0f} µs" if seconds < 1e-3 else f"≤ {seconds * 1e3:.0f} ms"


def _rows(results: dict[int, dict[str, float]]) -> str:
    rows: list[tuple[str, ...]] = [("rows", "glassgrad", "two threads", "JAX", "JAX, times ours")]
    for count, seconds in results.items():
        told = [
            f"{seconds[n] / count * 1e9:.1f}" if n in seconds else ""
            for n in ("glassgrad", "two threads", "jax")
        ]
        times = ratio(seconds["jax"] / seconds["glassgrad"]) if "jax" in seconds else ""
        rows.append((f"{count:,}", *told, times))
    return table("Two moons, by the number of rows: nanoseconds a row", *rows)


def _memory(results: dict[str, float]) -> str:
    rows: list[tuple[str, ...]] = [("", "MiB", "bar", "met")]
    for name, growth in results.items():
        ours = name == "glassgrad"
        told = ("< 64", met(growth < 64)) if ours else ("", "")
        rows.append((NAMES[name], f"{growth:,.1f}", *told))
    return table(f"Memory beyond the data at {ROWS[-1]:,} rows, at its peak", *rows)


def bars(results: dict[str, Any]) -> list[Bar]:
    """The bars of the picture, from the longest step to the limit."""
    seconds = dict(results["two_moons"])
    seconds["limit"] = results["operations"] / results["peak"]
    ours = seconds["glassgrad"]
    names = NAMES | {"limit": "the limit of one core"}
    kinds = {"glassgrad": "ours", "eager": "eager", "limit": "limit"}
    told = []
    for name in sorted(seconds, key=lambda name: -seconds[name]):
        times = "" if name == "glassgrad" else f"{ratio(seconds[name] / ours)} ×"
        kind = kinds.get(name, "peer")
        told.append(Bar(names[name], seconds[name], duration(seconds[name]), times, kind))
    return told


def machine() -> str:
    """The processor's name, as far as the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    name = names[0] if names else platform.processor() or platform.machine()
    return f"{name}, {os.cpu_count()} cores, {platform.system()}"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.programs")
    parser.add_argument("--quick", action="store_true", help="few turns, and no large data")
    parser.add_argument("--peers", metavar="PYTHON", help="an interpreter that has the peers")
    parser.add_argument("--json", metavar="PATH", type=Path, help="write the figures there too")
    parser.add_argument(
        "--picture",
        metavar="PATH",
        type=Path,
        default=Path(__file__).with_name("programs.svg"),
        help="where the picture goes; by default beside this module",
    )
    options = parser.parse_args()
    peers = shutil.which(options.peers) if options.peers else peers_python()
    if not peers:
        parser.error(f"--peers takes an interpreter, and {options.peers} cannot be run")
    benchmark = Benchmark(str(Path(peers).absolute()), quick=options.quick)
    try:
        results = benchmark.all()
    finally:
        benchmark.stop()
    versions = {"Python": platform.python_version(), **benchmark.versions}
    date = datetime.date.today().isoformat()
    print(f"{date}, {machine()}")
    print(", ".join(f"{name} {version}" for name, version in versions.items()))
    print(f"float64, one thread; medians of {benchmark.turns} turns, fewer of what is slow\n")
    print(tables(results))
    options.picture.write_text(picture(bars(results), f"{machine()} · {date}"), encoding="utf-8")
    if options.json:
        said = {"date": date, "machine": machine(), "versions": versions, "results": results}
        options.json.write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
