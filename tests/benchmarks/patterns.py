"""Time what micrograd's users write, with micrograd and with glassgrad: ``--only patterns``.

The patterns are those of `tests.micrograd`; they differ in their imports alone. A step is all that
the code does until the next one: it records, differentiates, updates, and whatever else it does.
A program compiled from it is timed, too: from its graph, or if that changes from step to step, from
the same formulas, rewritten.
"""

from __future__ import annotations

import sys
from statistics import median
from typing import Any

from tests.micrograd.run import PATTERNS

from .engine import Engine, EngineError, Run, difference, interleave
from .figures import Table, duration, ratio

NOTHING: dict[str, list[float]] = {"points": [], "labels": [], "theta": []}
NEVER = {"draw_dot": "it draws a new graph in each step, and a program has no graph to draw"}
"""Patterns that no program replaces, and why."""
REWRITTEN = {
    "moons": "the points of a step are columns",
    "activations": "elu's `if` is a `where`",
    "convolution": "`max` is `maximum`",
    "regression": "what dropout draws is a block of columns",
    "gpt": "a program for each of its three words",
}
"""Patterns whose graph changes from step to step: what was rewritten to compile them."""


class Benchmark:
    """Both engines, and their measurements.

    Arguments:
        peers: the interpreter of the peers' environment.
        quick: take few turns.
    """

    def __init__(self, peers: str, *, quick: bool) -> None:
        self.turns = 3 if quick else 12
        self.versions: dict[str, str] = {}
        self.engines = {
            "glassgrad": Engine("patterns", sys.executable, NOTHING),
            "micrograd": Engine("patterns", peers, NOTHING, {"PATTERNS_OF": "micrograd"}),
        }

    def stop(self) -> None:
        for engine in self.engines.values():
            engine.stop()

    def _check(self, name: str) -> None:
        """Compare the loss and the gradient of the second step, to 1e-9."""
        ours, theirs = (e.do("check", task="pattern", name=name) for e in self.engines.values())
        if not difference(ours, theirs) <= 1e-9:
            raise SystemExit(f"{name}: micrograd and glassgrad differ")

    def _times(self, name: str) -> dict[str, float]:
        self._check(name)
        runs = {
            engine: Run(self.engines[engine], {"task": "pattern", "name": name}, self.turns)
            for engine in self.engines
        }
        ours = self.engines["glassgrad"]
        if name not in NEVER:
            runs["program"] = Run(ours, {"task": "program", "name": name}, self.turns)
        found = interleave(f"patterns: {name}", runs, 0.1)
        if name not in NEVER:
            seconds = [ours.tell("compiling", name=name) for _ in range(3)]
            found["compiling"] = median(seconds)
        return found

    def all(self) -> dict[str, Any]:
        try:
            return {name: self._times(name) for name in PATTERNS}
        except EngineError as error:
            raise SystemExit(f"{error} does not run here; its message is above") from None


def tables(results: dict[str, Any]) -> list[Table]:
    head = ("", "micrograd", "glassgrad", "times as fast", "compiled", "times as fast", "compiling")
    rows: list[tuple[str, ...]] = [head]
    for name, title in PATTERNS.items():
        found = results[name]
        theirs, ours, program = (found.get(k) for k in ("micrograd", "glassgrad", "program"))
        compiled = ("", "", "")
        if program:
            compiled = (duration(program), ratio(theirs / program), duration(found["compiling"]))
        rows.append((title, duration(theirs), duration(ours), ratio(theirs / ours), *compiled))
    never = "; ".join(f"{PATTERNS[name]} ({why})" for name, why in NEVER.items())
    rewritten = "; ".join(f"{PATTERNS[name]} ({how})" for name, how in REWRITTEN.items())
    note = (
        "Processor time of one step, which a busy machine changes little. Compiled: loss, gradient "
        "and an update of all parameters by a program, compiled from the graph of a step. Where "
        "the graph is another in each step, a few lines were "
        f"[rewritten](patterns_compiled.py): {rewritten}. Not compiled: {never}."
    )
    return [Table("What micrograd's users write, with only the imports changed", rows, note)]


def document(results: dict[str, Any], heading: str) -> str:
    """The table as Markdown."""
    about = "The code is in [`tests/micrograd`](../micrograd), a file for each row."
    parts = ["# Patterns of micrograd's users", heading, about, *map(str, tables(results))]
    return "\n\n".join(parts) + "\n"
