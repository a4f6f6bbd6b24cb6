"""The engine of a live page computes what Python computes: every value, every gradient."""

from __future__ import annotations

import json
import math
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from autograd import Value, where
from autograd.graph import topological
from autograd.program.javascript import table
from tests.autograd.program.javascript.engines import ENGINES, read, run
from viz.live.record import Numbered, write_graph
from viz.pictures.recording import Recording
from viz.pictures.template import read_text
from viz.stepping.view import StepView

from .random_graphs import OPERATIONS, build, draw_numbers

if TYPE_CHECKING:
    from collections.abc import Sequence

CHANGES = 5


def written(root: Value) -> dict[str, Any]:
    recording = Recording(root)
    return write_graph(Numbered(recording), StepView(recording, 4))


def compute(engine: str, plans: Sequence[tuple[dict[str, Any], list[list[float]]]]) -> Any:
    """The data and gradients of these graphs, for each list of numbers in their leaves."""
    scripts = "\n".join(read_text("viz.live", name) for name in ("numbers.js", "engine.js"))
    asked = [[plan, rows] for plan, rows in plans]
    script = f"""
{table(OPERATIONS)}
{scripts}
function results() {{
  return {json.dumps(asked)}.map(([plan, rows]) => {{
    const graph = new Graph(plan, OPS), leaves = Object.keys(plan.start).map(Number);
    const byName = (name) => leaves.find((i) => plan.names[i] === name);
    return rows.map((numbers) => {{
      numbers.forEach((x, k) => {{ graph.data[byName(`x${{k}}`) ?? -1] = x; }});
      graph.forward();
      graph.backward(graph.outputs[0]);
      return shown([graph.data, graph.grad]);
    }});
  }});
}}"""
    return read(run(engine, script))


def near(found: float, expected: float) -> bool:
    if not math.isfinite(expected):
        return found == expected or (found != found and expected != expected)
    return abs(found - expected) <= 1e-9 * max(1.0, abs(expected))


@cache
def random_graphs() -> list[tuple[dict[str, Any], list[list[float]]]]:
    return [
        (written(build(seed, draw_numbers(seed, 0))),
         [draw_numbers(seed, k) for k in range(CHANGES + 1)])
        for seed in range(200)
    ]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("engine", ENGINES)
def test_200_random_graphs_and_5_changes_of_each_agree_with_backward(engine: str) -> None:
    nan = 0
    for seed, found in enumerate(compute(engine, random_graphs())):
        for k, (data, grad) in enumerate(found):
            root = build(seed, draw_numbers(seed, k))
            root.backward()
            order = topological(root)
            for i, v in enumerate(order):
                assert near(data[i], v.data), (seed, k, i, v, data[i])
                assert near(grad[i], v.grad), (seed, k, i, v, v.grad, grad[i])
            nan += not math.isfinite(sum(v.grad for v in order))
    assert nan > 20  # those are graphs like any other


@pytest.mark.parametrize("engine", ENGINES)
def test_nothing_leaks_out_of_the_branch_that_was_not_chosen(engine: str) -> None:
    def root(x: float) -> Value:
        v = Value(x, "x0")
        return where(v, v * 2.0, (v * v).log().sqrt() / v) + 0.0 * v

    found = compute(engine, [(written(root(1.0)), [[1.0], [0.0], [-3.0]])])
    for x, (_, grad) in zip([1.0, 0.0, -3.0], found[0], strict=True):
        y = root(x)
        y.backward()
        assert all(map(near, grad, [v.grad for v in topological(y)]))
