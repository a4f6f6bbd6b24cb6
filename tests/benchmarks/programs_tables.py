"""The figures of `programs` as tables and as bars of the chart."""

from __future__ import annotations

from typing import Any

from .bars import Bar
from .figures import Table, digits, duration, met, ratio
from .programs import BARS, NAMES, ROWS

TUNED = (
    '"Tuned" is the fastest form that we found of NumPy (arrays allocated beforehand, features × '
    "rows) and JAX (the same layout, one flat array of parameters, no thread pool, no asynchronous "
    'dispatch); "plain" and "default" are what most people would write. The limit is the time for '
    "the arithmetic alone, at the highest rate of multiply-adds that this core reached in this "
    "run."
)


def tables(results: dict[str, Any]) -> list[Table]:
    parts = [_two_moons(results), _replayed(results), _calls(results), _rows(results["rows"])]
    if "memory" in results:
        parts.append(_memory(results["memory"]))
    return parts


def _two_moons(results: dict[str, Any]) -> Table:
    seconds, operations, peak = results["two_moons"], results["operations"], results["peak"]
    ours = seconds["glassgrad"]
    rows: list[tuple[str, ...]] = [("", "a step", "GFLOP/s", "times ours", "goal", "met")]
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
    return Table(
        "Two moons: 100 rows, MLP(2, [16, 16, 1]), mean hinge loss: the value, and the gradient of "
        f"337 parameters. A step needs {operations:,} operations and takes "
        f"{ours * peak / operations:.1f} times the limit.",
        rows,
        TUNED,
    )


def _replayed(results: dict[str, Any]) -> Table:
    rows = [
        ("", "operations", "replayed", "eager", "ratio", "goal", "met", "compile", "goal", "met")
    ]
    for task, title in (("whole", "100 rows, one loss"), ("random", "random operations")):
        r = results[task]
        times = r["eager"] / r["glassgrad"]
        rows.append(
            (
                title, f"{r['nodes']:,}", duration(r["glassgrad"]), duration(r["eager"]),
                ratio(times), "≥ 40", met(times >= 40),
                duration(r["compile"]), "≤ 5 s", met(r["compile"] <= 5),
            )
        )  # fmt: skip
    return Table(
        "A recorded graph without inputs, replayed by a program; built, differentiated and freed, "
        "eagerly",
        rows,
    )


def _calls(results: dict[str, Any]) -> Table:
    neuron, compiling = results["neuron"], results["compiling"]
    rows: list[tuple[str, ...]] = [("", "glassgrad", "JAX", "eager", "goal", "met")]
    for title, seconds, bar in (
        ("ReLU neuron, one row: value and gradient", neuron["neuron"], 10e-6),
        ("ReLU neuron, one row: value", neuron["neuron_value"], 10e-6),
        ("two moons: compile the loss of a row", compiling["compile_row"], 50e-3),
        ("first step in a fresh process", compiling["first"], None),
    ):
        told = [duration(seconds[n]) if n in seconds else "" for n in ("glassgrad", "jax", "eager")]
        against = ("", "") if bar is None else (_at_most(bar), met(seconds["glassgrad"] <= bar))
        rows.append((title, *told, *against))
    return Table(
        "One call, and compiling (for JAX, with a first step; in a fresh process, with imports)",
        rows,
    )


def _at_most(seconds: float) -> str:
    return f"≤ {seconds * 1e6:.0f} µs" if seconds < 1e-3 else f"≤ {seconds * 1e3:.0f} ms"


def _rows(results: dict[int, dict[str, float]]) -> Table:
    rows: list[tuple[str, ...]] = [("rows", "glassgrad", "two threads", "JAX", "JAX, times ours")]
    for count, seconds in results.items():
        told = [
            f"{seconds[n] / count * 1e9:.1f}" if n in seconds else ""
            for n in ("glassgrad", "two threads", "jax")
        ]
        times = ratio(seconds["jax"] / seconds["glassgrad"]) if "jax" in seconds else ""
        rows.append((f"{count:,}", *told, times))
    return Table("Two moons: nanoseconds per row, by the number of rows", rows)


def _memory(results: dict[str, float]) -> Table:
    rows: list[tuple[str, ...]] = [("", "MiB", "goal", "met")]
    for name, growth in results.items():
        ours = name == "glassgrad"
        told = ("< 64", met(growth < 64)) if ours else ("", "")
        rows.append((NAMES[name], f"{growth:,.1f}", *told))
    return Table(f"Extra peak memory at {ROWS[-1]:,} rows", rows)


def bars(results: dict[str, Any]) -> list[Bar]:
    """The bars of the chart, slowest first."""
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
