"""Where others do better: everything in the results in which a peer leads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.micrograd.run import PATTERNS

from . import drawing, eager, programs
from .figures import duration, mebibytes, ratio
from .probes.questions import ENGINES, QUESTIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Row = tuple[str, dict[str, float], dict[str, str], "Callable[[float], str]"]


def _measured(results: dict[str, Any]) -> Iterator[Row]:
    """The figures for which less is better: title, figures, engines' titles, format."""
    if "eager" in results:
        r = results["eager"]
        for task, title in eager.TASKS.items():
            yield f"eager step, {title}", r["steps"][task], eager.NAMES, duration
        yield "memory of the large eager step", r["memory"], eager.NAMES, mebibytes
        yield "import", r["imports"], eager.NAMES, duration
        yield "first eager step in a fresh process", r["first"], eager.NAMES, duration
    if "programs" in results:
        r = results["programs"]
        jax = {"glassgrad": "glassgrad", "jax": "JAX"}
        yield "compiled step, 100 rows", r["two_moons"], programs.NAMES, duration
        yield "compiled neuron, one row", r["neuron"]["neuron"], jax, duration
        yield "compiling", r["compiling"]["compile_row"], jax, duration
        yield "first compiled step in a fresh process", r["compiling"]["first"], jax, duration
        for count, seconds in r["rows"].items():
            yield f"compiled step, {int(count):,} rows", seconds, jax, duration
        yield "memory of the compiled step", r.get("memory", {}), programs.NAMES, mebibytes
    if "drawing" in results:
        r = results["drawing"]
        for network, title in drawing.TITLES.items():
            yield f"picture of {title}", r["warm"][network], drawing.NAMES, duration
        yield "first picture in a fresh process", r["first"], drawing.NAMES, duration
    if "patterns" in results:
        names = {name: name for name in ("glassgrad", "micrograd")}
        for pattern, title in PATTERNS.items():
            yield f"step of {title}", results["patterns"][pattern], names, duration


def list_leads(results: dict[str, Any]) -> str:
    """A line for each figure in which a peer leads, and for each feature that we lack."""
    lines = []
    for what, figures, names, form in _measured(results):
        ours = figures.get("glassgrad")
        if ours is None:
            continue
        ahead = sorted((n for n in figures if n in names and figures[n] < ours), key=figures.get)  # type: ignore[arg-type]
        if ahead:
            others = ", ".join(
                f"{names[n]} {form(figures[n])}"
                + (f" ({ratio(ours / figures[n])} ×)" if figures[n] > 0 else "")
                for n in ahead
            )
            lines.append(f"* {what}: {others}; glassgrad {form(ours)}")
    if "features" in results:
        found = results["features"]
        for rows in QUESTIONS.values():
            for key, asked in rows.items():
                mark, _ = found["glassgrad"].get(key, ("", ""))
                able = [ENGINES[n] for n in ENGINES if found[n].get(key, ("",))[0] == "yes"]
                if mark != "yes" and able and key not in ("brings", "licence_"):
                    lines.append(f"* {asked}: {', '.join(able)}")
    return "\n".join(lines) or "Nowhere in these measurements."
