"""Everyone side by side: ``python -m tests.benchmarks``.

Makes an environment for the peers (once, in the user's cache), runs every comparison, prints the
tables, and keeps them beside this module, in `results.md` and `features.md`, with two pictures. It
takes about a quarter of an hour; ``--quick`` is for trying out, takes a few minutes, and keeps
nothing unless told where. No time is asserted anywhere.
"""

from __future__ import annotations

import argparse
import json
import platform
import shutil
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import behind, drawing, eager, features, programs, programs_tables
from .bars import picture
from .environment import PEERS, installed, machine, peers_python, today

if TYPE_CHECKING:
    from collections.abc import Callable

    from .figures import Table

HERE = Path(__file__).parent


class Part:
    """One of the comparisons: measured, told as tables, and drawn."""

    def __init__(self, peers: str, quick: bool) -> None:
        self.peers, self.quick = peers, quick
        self.results: dict[str, Any] = {}
        self.versions: dict[str, str] = {}

    def eager(self) -> None:
        self._measure("eager", eager.Benchmark(self.peers, quick=self.quick))

    def programs(self) -> None:
        self._measure("programs", programs.Benchmark(self.peers, quick=self.quick))

    def drawing(self) -> None:
        self._measure("drawing", drawing.Benchmark(self.peers, quick=self.quick))

    def features(self) -> None:
        self.results["features"] = features.answers(self.peers)

    def _measure(self, name: str, benchmark: Any) -> None:
        try:
            self.results[name] = benchmark.all()
        finally:
            benchmark.stop()
        self.versions |= benchmark.versions


PARTS = ("eager", "programs", "drawing", "features")
TABLES: dict[str, Callable[[Any], list[Table]]] = {
    "eager": eager.tables,
    "programs": programs_tables.tables,
    "drawing": drawing.tables,
    "features": features.tables,
}
TITLES = {
    "eager": "Eager",
    "programs": "Compiled",
    "drawing": "Drawing",
    "features": "What each can do",
}


def document(results: dict[str, Any], heading: str) -> str:
    """All that was measured, and where others did better."""
    parts = ["# Everyone side by side", heading]
    for name in PARTS:
        if name in results and name != "features":
            parts += [f"## {TITLES[name]}", *map(str, TABLES[name](results[name]))]
    parts += ["## Where others do better", behind.told(results)]
    return "\n\n".join(parts) + "\n"


def keep(results: dict[str, Any], heading: str, folder: Path) -> list[Path]:
    """Write the tables and the pictures of what was measured."""
    footnote = f"{machine()} · {today()}"
    files: dict[str, str] = {}
    if set(results) - {"features"}:
        files["results.md"] = document(results, heading)
    if "features" in results:
        files["features.md"] = features.document(results["features"], heading)
    if "eager" in results:
        files["eager.svg"] = picture(
            eager.bars(results["eager"]),
            title="Eager: time of one training step, scalar by scalar",
            subtitle="Two moons, 100 points, MLP(2, [16, 16, 1]): record, differentiate, update",
            footnote=footnote,
        )
    if "programs" in results:
        files["programs.svg"] = picture(
            programs_tables.bars(results["programs"]),
            title="A loss and its whole gradient: time of one step",
            subtitle="Two moons, 100 rows, MLP(2, [16, 16, 1]), 337 parameters; float64, "
            "one thread",
            footnote=footnote,
        )
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return [folder / name for name in files]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks")
    parser.add_argument("--only", choices=PARTS, action="append", help="this part; may be repeated")
    parser.add_argument("--quick", action="store_true", help="few turns, and no large data")
    parser.add_argument("--peers", metavar="PYTHON", help="an interpreter that has the peers")
    parser.add_argument("--json", metavar="PATH", type=Path, help="write the figures there too")
    parser.add_argument(
        "--keep",
        metavar="FOLDER",
        type=Path,
        help="where tables and pictures go: beside this module, with --quick nowhere",
    )
    options = parser.parse_args()
    peers = shutil.which(options.peers) if options.peers else peers_python()
    if not peers:
        parser.error(f"--peers takes an interpreter, and {options.peers} cannot be run")
    part = Part(str(Path(peers).absolute()), options.quick)
    start = time.perf_counter()
    for name in PARTS:
        if not options.only or name in options.only:
            getattr(part, name)()
            minutes = (time.perf_counter() - start) / 60
            print(f"{name} done, {minutes:.1f} minutes so far", file=sys.stderr, flush=True)
    there = installed(part.peers)
    versions = {"Python": platform.python_version(), **part.versions}
    versions |= {name: there[name] for name in PEERS if name in there}
    versions["HIPS autograd"] = versions.pop("autograd", "missing")
    heading = (
        f"`python -m tests.benchmarks`, {today()}, {machine()}; "
        + ", ".join(f"{name} {version}" for name, version in versions.items())
        + ". Medians; all peers, interleaved in one run."
    )
    print(f"{heading}\n")
    for name, result in part.results.items():
        print(f"── {TITLES[name]}\n")
        print("\n\n".join(map(str, TABLES[name](result))), end="\n\n")
    print(f"── Where others do better\n\n{behind.told(part.results)}")
    default = None if options.quick else HERE
    if folder := options.keep or default:
        for path in keep(part.results, heading, folder):
            print(f"wrote {path}", file=sys.stderr)
    if options.json:
        said = {"heading": heading, "results": part.results}
        options.json.write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
