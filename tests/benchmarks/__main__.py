"""Compare glassgrad with its peers: ``python -m tests.benchmarks``.

Sets up an environment with the peers (once, in the user's cache), runs every comparison, prints the
tables, and writes them beside this module: `results.md`, `patterns.md`, `features.md` and two
charts. This takes fifteen to twenty minutes; ``--quick`` takes a few minutes and writes files only
with ``--keep``. No time is asserted.
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

from . import behind, drawing, eager, features, patterns, programs, programs_tables
from .bars import draw_bars
from .environment import PEERS, installed, machine, peers_python, today

if TYPE_CHECKING:
    from collections.abc import Callable

    from .figures import Table

HERE = Path(__file__).parent


class Part:
    """The comparisons and their results."""

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

    def patterns(self) -> None:
        self._measure("patterns", patterns.Benchmark(self.peers, quick=self.quick))

    def features(self) -> None:
        self.results["features"] = features.answers(self.peers)

    def _measure(self, name: str, benchmark: Any) -> None:
        try:
            self.results[name] = benchmark.all()
        finally:
            benchmark.stop()
        self.versions |= benchmark.versions


PARTS = ("eager", "programs", "drawing", "patterns", "features")
APART = {"patterns": patterns.document, "features": features.document}  # each in a file of its own
TABLES: dict[str, Callable[[Any], list[Table]]] = {
    "eager": eager.tables,
    "programs": programs_tables.tables,
    "drawing": drawing.tables,
    "patterns": patterns.tables,
    "features": features.tables,
}
TITLES = {
    "eager": "Eager",
    "programs": "Compiled",
    "drawing": "Drawing",
    "patterns": "Patterns of micrograd's users",
    "features": "Features",
}


def document(results: dict[str, Any], heading: str) -> str:
    """The results as Markdown, with a list of where others did better."""
    parts = ["# Benchmarks", heading]
    for name in PARTS:
        if name in results and name not in APART:
            parts += [f"## {TITLES[name]}", *map(str, TABLES[name](results[name]))]
    parts += ["## Where others do better", behind.list_leads(results)]
    if "features" not in results:
        parts += ["What they can do and we cannot is in [features.md](features.md)."]
    return "\n\n".join(parts) + "\n"


def keep(results: dict[str, Any], heading: str, folder: Path) -> list[Path]:
    """Write the tables and charts; return the files."""
    footnote = f"{machine()} · {today()}"
    files: dict[str, str] = {}
    if results.keys() - APART.keys():
        files["results.md"] = document(results, heading)
    for name in results.keys() & APART.keys():
        files[f"{name}.md"] = APART[name](results[name], heading)
    if "eager" in results:
        files["eager.svg"] = draw_bars(
            eager.bars(results["eager"]),
            title="Eager: time of one training step, scalar by scalar",
            subtitle="Two moons, 100 points, MLP(2, [16, 16, 1]): record, differentiate, update",
            footnote=footnote,
        )
    if "programs" in results:
        files["programs.svg"] = draw_bars(
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
    parser.add_argument(
        "--only", choices=PARTS, action="append", help="run only this part; may be repeated"
    )
    parser.add_argument("--quick", action="store_true", help="take few turns and no large data")
    parser.add_argument(
        "--peers", metavar="PYTHON", help="the interpreter of an environment with the peers"
    )
    parser.add_argument(
        "--json", metavar="PATH", type=Path, help="write the figures to this file, too"
    )
    parser.add_argument(
        "--keep",
        metavar="FOLDER",
        type=Path,
        help="write tables and charts here (default: beside this module; with --quick, nowhere)",
    )
    options = parser.parse_args()
    peers = shutil.which(options.peers) if options.peers else peers_python()
    if not peers:
        parser.error(f"--peers expected an interpreter, got {options.peers}, which cannot be run")
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
        + ". Medians; all peers interleaved in one run."
    )
    print(f"{heading}\n")
    for name, result in part.results.items():
        print(f"── {TITLES[name]}\n")
        print("\n\n".join(map(str, TABLES[name](result))), end="\n\n")
    print(f"── Where others do better\n\n{behind.list_leads(part.results)}")
    default = None if options.quick else HERE
    if folder := options.keep or default:
        for path in keep(part.results, heading, folder):
            print(f"wrote {path}", file=sys.stderr)
    if options.json:
        figures = {"heading": heading, "results": part.results}
        options.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
