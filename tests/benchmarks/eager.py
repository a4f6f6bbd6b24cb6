"""The eager engine beside micrograd, on micrograd's own demo: ``python -m tests.benchmarks.eager``.

Two worker processes, one for each engine, take their training steps in turn: so both see the same
machine, and neither's garbage weighs on the other's collections. A turn is four steps, of which the
first is not measured: a process that has just waited for the other finds its caches cold, which a
training loop does not. Both start from the same weights and see the same data, and their losses
must agree. The garbage collector is on, as it is for users.
Micrograd comes from the package index, into an environment of its own in the user's cache.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
import venv
from pathlib import Path
from statistics import median
from typing import Any

from tests.two_moons import two_moons

PEER = "micrograd==0.1.0"
TURNS, STEPS, IMPORTS = 6, 3, 21
REPOSITORY = Path(__file__).resolve().parents[2]


def peer_python() -> str:
    """The interpreter of an environment that has micrograd, made where it is not there yet."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    folder = cache / "glassgrad-benchmarks" / f"{PEER.replace('==', '-')}-python{version}"
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not python.exists() or _run(python, "-c", "import micrograd.nn"):
        print(f"installing {PEER} in {folder}", file=sys.stderr)
        venv.create(folder, clear=True, with_pip=True)
        if _run(python, "-m", "pip", "install", "-q", "--disable-pip-version-check", PEER):
            raise SystemExit(
                f"{PEER} could not be installed, so there is nothing to compare with. "
                "Go online (or point pip at an index that has it) and run this again."
            )
    return str(python)


def _run(*command: str | Path, **environment: str) -> int:
    return subprocess.run(command, env=os.environ | environment, check=False).returncode


def _packages_of(python: str) -> str:
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    return subprocess.run(
        [python, "-c", code], capture_output=True, text=True, check=True
    ).stdout.strip()


class Engine:
    """A worker process, and what it is told to do."""

    def __init__(self, name: str, python: str, setup: dict[str, Any]) -> None:
        environment = os.environ | {"PYTHONPATH": str(REPOSITORY) if name == "glassgrad" else ""}
        self.process = subprocess.Popen(
            [python, str(Path(__file__).with_name("eager_worker.py")), name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        self._tell(json.dumps(setup))

    def _tell(self, line: str) -> None:
        assert self.process.stdin is not None
        print(line, file=self.process.stdin, flush=True)

    def do(self, command: str) -> dict[str, float]:
        self._tell(command)
        assert self.process.stdout is not None
        answer: dict[str, float] = json.loads(self.process.stdout.readline())
        return answer

    def turn(self) -> list[dict[str, float]]:
        """A few training steps in a row; what it says of all but the first."""
        self.do("step")
        return [self.do("step") for _ in range(STEPS)]

    def stop(self) -> None:
        self.process.communicate()


def import_ms(python: str, module: str, path: str) -> float:
    """How much longer a fresh interpreter takes with the import than without it.

    Without `site`, whose own imports (an editable install's, say) would be taken off the bill.
    """
    bare: list[float] = []
    loaded: list[float] = []
    for _ in range(IMPORTS):
        for code, times in (("pass", bare), (f"import {module}", loaded)):
            start = time.perf_counter()
            if _run(python, "-S", "-c", code, PYTHONPATH=path):
                raise SystemExit(f"{code!r} failed in {python}")
            times.append((time.perf_counter() - start) * 1e3)
    return median(loaded) - median(bare)


def main() -> None:
    peer = peer_python()
    points, labels = two_moons(100, noise=0.1, seed=0)
    rng = random.Random(1)
    setup = {
        "points": points,
        "labels": labels,
        "start": [rng.uniform(-1.0, 1.0) for _ in range(337)],
    }
    engines = Engine("glassgrad", sys.executable, setup), Engine("micrograd", peer, setup)
    times: tuple[list[float], list[float]] = ([], [])
    for engine in engines:  # to warm up
        engine.turn()
    for _ in range(TURNS):
        for ours, theirs in zip(*(engine.turn() for engine in engines), strict=True):
            if abs(ours["loss"] - theirs["loss"]) > 1e-9 * abs(theirs["loss"]):
                both = f"{ours['loss']} and {theirs['loss']}"
                raise SystemExit(f"the losses differ: {both}")
            times[0].append(ours["ms"])
            times[1].append(theirs["ms"])
    parts = [engines[0].do("parts") for _ in range(TURNS * STEPS)]
    memory = [engine.do("memory") for engine in engines]
    growth = engines[0].do("growth")["MB"]
    for engine in engines:
        engine.stop()
    imports = (
        import_ms(sys.executable, "autograd", str(REPOSITORY)),
        import_ms(peer, "micrograd.engine", _packages_of(peer)),
    )

    step = [median(t) for t in times]
    rows = [
        ("", "glassgrad", "micrograd", "target"),
        ("training step, ms", f"{step[0]:.1f}", f"{step[1]:.1f}", ""),
        ("  times as fast", f"{step[1] / step[0]:.1f}", "1", "≥ 20"),
        *(
            (f"  {part}, ms", f"{median(p[part] for p in parts):.1f}", "", "")
            for part in ("build", "backward", "free")
        ),
        ("nodes in the graph", *(f"{m['nodes']:,.0f}" for m in memory), ""),
        ("bytes per node", *(f"{m['bytes']:.0f}" for m in memory), ""),
        ("import, ms", *(f"{ms:.1f}" for ms in imports), ""),
        ("growth over 200 steps, collector off, MB", f"{growth:.1f}", "", "0"),
    ]
    machine = f"Python {sys.version.split()[0]}, {sys.platform}, {os.cpu_count()} cores"
    print(f"{TURNS * STEPS} steps each, in turn; medians. {machine}\n")
    for row in rows:
        print(f"{row[0]:<42}" + "".join(f"{cell:>12}" for cell in row[1:]))


if __name__ == "__main__":
    main()
