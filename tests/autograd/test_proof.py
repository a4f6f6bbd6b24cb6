"""Gradients are right: random graphs over the whole table, against exact arithmetic (see `proof`).

The eager engine, gradients of gradients, forward mode and programs compute the value, the gradient
and the second derivatives of each graph. Where 16 digits suffice, all agree to 1e-10 of the number;
everywhere, to a few times what rounding alone may cause. The run ends with the worst errors, under
"proof of gradients".
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from itertools import combinations_with_replacement
from random import Random
from typing import TYPE_CHECKING, Any

import mpmath as mp
import numpy as np
import pytest

import autograd
from autograd import Value, grad, hessian, hvp, jvp, ops, vjp
from tests.conftest import PROOF
from tests.thorough import examples

from .proof import CHOOSING, DIGITS, GAPS, Graph, local, random_graph
from .reference import FORMULAS, ROWS, domain, formula

if TYPE_CHECKING:
    from collections.abc import Callable

    from autograd.ops import Op

    Record = Callable[[str, object], None]

RTOL = 1e-10
ROUNDING = 2.0**-53
# The bounds of proof.Node round each row once; the engine may round ten times.
SLACK = 16.0
# No moderate number underflows, but a number that underflowed may be multiplied by a large one.
ATOL = 1e-150
# A number is compared relative to its size unless rounding takes more digits than this.
CONDITION = 1e4


@dataclass
class Worst:
    """The worst errors of a run."""

    graphs: int = 0
    numbers: int = 0
    compared: int = 0
    depth: int = 0
    relative: dict[str, float] = field(default_factory=dict)
    roundings: dict[str, float] = field(default_factory=dict)

    def compare(self, kind: str, found: Any, exact: Any, errors: Any) -> None:
        """Check that every number is as close to the exact one as promised."""
        for ours, x, error in zip(np.ravel(found), np.ravel(exact), np.ravel(errors), strict=True):
            assert math.isfinite(ours), (kind, ours, x)
            distance, size = float(abs(mp.mpf(float(ours)) - x)), float(abs(x))
            self.numbers += 1
            if error <= CONDITION * size:
                self.compared += 1
                relative = _ratio(distance, size)
                self.relative[kind] = max(self.relative.get(kind, 0.0), relative)
                assert relative <= RTOL, (kind, ours, x, relative)
            roundings = _ratio(distance, ROUNDING * error)
            self.roundings[kind] = max(self.roundings.get(kind, 0.0), roundings)
            assert roundings <= SLACK, (kind, ours, x, roundings)


def _ratio(distance: float, size: float) -> float:
    return 0.0 if distance <= ATOL else float(distance / size) if size else math.inf


def prove(graph: Graph, inputs: int, worst: Worst) -> None:
    """Compare all results of the engine; the last `inputs` variables are a program's inputs."""
    exact = graph.result
    value = exact.y, exact.y_error
    gradient = exact.gradient, exact.gradient_error
    second = exact.hessian, exact.hessian_error
    worst.graphs += 1
    worst.depth = max(worst.depth, graph.depth)

    xs = [Value(x) for x in graph.variables]
    y = graph.record(xs)
    y.backward()
    worst.compare("value, eager", y.data, *value)
    worst.compare("gradient, backward", [x.grad for x in xs], *gradient)
    slopes = grad(y, xs, create_graph=True)
    worst.compare("gradient, create_graph", [slope.data for slope in slopes], *gradient)
    worst.compare("second derivatives, hessian", hessian(y, xs), *second)

    point, axes = graph.variables, np.eye(len(xs)).tolist()
    along = [jvp(graph.record, point, axis) for axis in axes]
    for found, _ in along:
        worst.compare("value, jvp", found, *value)
    worst.compare("gradient, jvp", [tangent for _, tangent in along], *gradient)
    direction = [(-1.0) ** i * (1.0 + 0.25 * i) for i in range(len(xs))]
    worst.compare(
        "directional derivative, jvp",
        jvp(graph.record, point, direction)[1],
        exact.gradient @ direction,
        exact.gradient_error @ np.abs(direction),
    )
    worst.compare("gradient, vjp", vjp(graph.record, point)[1](1.0), *gradient)
    twice = [
        [jvp(lambda p, i=i: jvp(graph.record, p, axes[i])[1], point, axis)[1] for axis in axes]
        for i in range(len(xs))
    ]
    worst.compare("second derivatives, jvp of jvp", twice, *second)
    worst.compare(
        "second derivatives, hvp", [hvp(graph.record, point, axis) for axis in axes], *second
    )

    # Programs run at other inputs than they were recorded at.
    params = len(xs) - inputs
    xs = [Value(x if i < params else 0.7 + 0.5 * i) for i, x in enumerate(graph.variables)]
    columns = [[x] for x in graph.variables[params:]]
    y = graph.record(xs)
    slopes = grad(y, xs, create_graph=True)
    seconds = [s for slope in slopes for s in grad(slope, xs, create_graph=True)]
    found = autograd.compile(y, params=xs[:params], inputs=xs[params:]).value_and_grad(*columns)
    worst.compare("value, program", found[0], *value)
    worst.compare("gradient, program", found[1], *(part[:params] for part in gradient))
    numbers = [y, *slopes, *seconds]
    outputs = autograd.compile(numbers, params=xs[:params], inputs=xs[params:])(*columns)[:, 0]
    n = 1 + len(xs)
    worst.compare("value, program", outputs[0], *value)
    worst.compare("gradient, program of gradients", outputs[1:n], *gradient)
    worst.compare("second derivatives, program", outputs[n:], *second)


def prove_many(
    count: int, longest: int, number: int, record: Record, first: Op | None = None
) -> None:
    """Prove so many random graphs: the same ones in every run, whatever else was run or changed."""
    worst = Worst()
    for k in range(examples(count, count // 10)):
        rng = Random(f"{number}, {k}")
        graph = random_graph(rng, longest, first)
        try:
            prove(graph, min(rng.randint(0, 2), len(graph.variables)), worst)
        except Exception as error:
            error.add_note(f"graph {k} of the series {number}: {graph}")
            raise
    record(PROOF, asdict(worst))


# ── the exact numbers are right themselves ───────────────────────────────────────────────────

POINTS = [0.3, -0.7, 1.9, -2.3, 1e-7, 40.0, -40.0]
OTHERS = [0.7, -1.3, 2.1, 0.7, -1.3, 2.1, -1.3]


def test_every_row_has_a_reference() -> None:
    assert {row.name for row in ROWS} == FORMULAS.keys()


rows = pytest.mark.parametrize(
    "row", [row for row in ROWS if row is not ops.ZETA], ids=lambda row: row.name
)


@pytest.mark.slow
@rows
def test_derivatives_along_lines_are_the_partial_ones(row: Op) -> None:
    pairs = list(zip(POINTS, OTHERS, strict=True))
    operands: list[tuple[float, ...]]
    if row.name in CHOOSING:
        operands = [(chosen, *pair) for chosen in (0.0, 1.0) for pair in pairs]
    else:
        operands = [pair[: row.arity or 2] for pair in pairs]
    n = len(operands[0])
    smooth = [at for at in operands if row.name not in GAPS or GAPS[row.name](*at) != 0]
    points = domain(row.name, smooth)
    assert points
    for point in points:
        with mp.workdps(DIGITS):
            at = [mp.mpf(x) for x in point]
            y, first, second, third = local(row.name, at)
            found: dict[tuple[int, ...], Any] = {(): y}
            for i, j, k in combinations_with_replacement(range(n), 3):
                found |= {(i,): first[i], (i, j): second[i][j], (i, j, k): third[i, j, k]}
                found |= {(k,): first[k], (k, k): second[k][k]}
            for by, ours in found.items():
                if row.name == "shift" and by:
                    assert ours == 0
                    continue
                exact = differences(formula(row.name), at, [by.count(i) for i in range(n)])
                # Third derivatives are floats; a value has all digits, and the others have twenty.
                rtol = 1e-48 if not by else 1e-14 if len(by) == 3 else 1e-20
                assert abs(ours - exact) <= rtol * abs(exact) + 1e-48, (point, by)


def differences(f: Callable[..., Any], at: list[Any], orders: list[int]) -> Any:
    """The partial derivative of f by differences of steps of 1e-40, at 200 digits."""
    with mp.workdps(200):
        return mp.re(mp.diff(f, tuple(at), tuple(orders), h=mp.mpf(10) ** -40))


# ── and the engine's is the same ─────────────────────────────────────────────────────────────


@pytest.mark.thorough
def test_graphs_are_differentiated_right(record_property: Record) -> None:
    prove_many(300, 12, 0, record_property)


@pytest.mark.thorough
@rows
def test_graphs_with_each_row_are_differentiated_right(row: Op, record_property: Record) -> None:
    prove_many(20, 4, 0, record_property, row)


@pytest.mark.slow
@pytest.mark.thorough
@pytest.mark.parametrize("number", range(1, 9))
def test_thousands_of_graphs_are_differentiated_right(number: int, record_property: Record) -> None:
    prove_many(examples(500, 60), 16, number, record_property)
