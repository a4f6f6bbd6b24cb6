"""The benchmark's figures as tables: times, and how many times ours others take."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.benchmarks.figures import Table, duration, met, ratio

from .bench import BATCH, NAMES, POSITIONS, STEPS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .model import Shape

__all__ = ["table"]

OURS = "gpt-glassgrad"
BARS = {
    "document": {"gpt-numpy": 6.0, "gpt-jax": 2.5},
    "batch": {"gpt-c": 2.5, "gpt-jax": 3.0},
}
WHOLE_TRAINING, TIMES_ITS_OWN = 5.0, 50.0


def table(part: str, seconds: Mapping[str, float], shape: Shape) -> Table:
    """The table of one of the benchmark's parts."""
    if part == "document":
        title = f"### A document of {POSITIONS} positions: time of a value and its gradient"
        return _times(title, seconds, BARS[part], 1)
    if part == "batch":
        title = f"### Documents of their own lengths, {BATCH} at a time: time of each"
        return _times(title, seconds, BARS[part], BATCH)
    return _compiling(seconds, shape) if part == "compiling" else _training(seconds)


def _times(
    title: str, seconds: Mapping[str, float], bars: Mapping[str, float], documents: int
) -> Table:
    ours = min(seconds[name] for name in NAMES if name.startswith(OURS) and name in seconds)
    rows = [("engine", "time", "times ours", "goal", "met")]
    for name, label in NAMES.items():
        if name not in seconds:
            continue
        times, goal = seconds[name] / ours, bars.get(name)
        rows.append(
            (
                label,
                duration(seconds[name] / documents),
                ratio(times),
                f"{goal:g}" if goal else "",
                met(times >= goal) if goal else "",
            )
        )
    return Table(title, rows)


def _compiling(seconds: Mapping[str, float], shape: Shape) -> Table:
    rows = [("from plain Python to the first step", "time")]
    labels = {
        "gpt-glassgrad record": "glassgrad: record the graph",
        "gpt-glassgrad compile": "glassgrad: compile it",
        "gpt-glassgrad whole": "glassgrad: all, with the first step",
        "gpt-jax whole": "JAX: first call",
    }
    rows += [(label, duration(seconds[key])) for key, label in labels.items() if key in seconds]
    note = ""
    if "gpt-jax whole" in seconds:
        times = seconds["gpt-jax whole"] / seconds["gpt-glassgrad whole"]
        note = f"JAX takes {ratio(times)} times as long as ours; goal: 1, met: {met(times >= 1.0)}."
    return Table(f"### The loss of {shape.positions} positions, compiled", rows, note)


def _training(seconds: Mapping[str, float]) -> Table:
    ours, own = seconds["compiled"], seconds["own"]
    rows = [
        ("fresh process, to 20 invented names", "time", "times ours", "goal", "met"),
        (
            "glassgrad, compiled", duration(ours), "1.0", f"{WHOLE_TRAINING:g} s",
            met(ours <= WHOLE_TRAINING),
        ),
        (
            NAMES["gpt-own"], duration(own), ratio(own / ours), f"{TIMES_ITS_OWN:g}",
            met(own / ours >= TIMES_ITS_OWN),
        ),
    ]  # fmt: skip
    note = ""
    if seconds["own steps"] < STEPS:
        note = f"The time of its own engine is scaled from {seconds['own steps']:g} steps."
    return Table(f"### A whole training: {STEPS:,} steps of one document", rows, note)
