"""Random graphs that carry their proof: exact value, gradient and Hessian, with error bounds.

Each graph is built together with the exact numbers at each node (`Node`). The engine has no part in
it: mpmath differentiates each row's reference formula numerically (`local`), and the chain rule,
from the parameters forward, puts these local derivatives together. Numerical differentiation of a
whole graph would take hundreds of times as long, and would lose the digits that the graph cancels.

Beside each number stands a bound on its rounding error, in units of the rounding unit. It tells
which numbers 16 digits can give to ten, and how closely the others. A step that would land on a
kink or a pole, cancel four digits of its value, or leave the range in which nothing underflows is
replaced by a tanh, or left out.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import mpmath as mp
import numpy as np

from autograd import Value, ops

from .reference import ROWS, formula

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from random import Random

    from numpy.typing import NDArray

    from autograd.ops import Op

    Floats = NDArray[np.float64]

__all__ = ["CHOOSING", "DIGITS", "GAPS", "Graph", "Local", "Node", "local", "random_graph"]

DIGITS = 150  # the smallest difference from 1 that comes up, e⁻¹⁵⁰, takes 65
LINEAR = {"add": 0, "sum_less_one": -1}
"""The rows that add up any number of operands and this constant."""
CHOOSING: dict[str, Callable[[Any], int]] = {
    "where": lambda c: 1 if c else 2,
    "pick": lambda index: 1 + int(index),
}
"""The rows whose first operand says which of the others is the result."""


# ── a row's derivatives ──────────────────────────────────────────────────────────────────────


class Local(NamedTuple):
    """A row at a point: its value, and all partial derivatives of the first three orders."""

    y: Any
    first: Any  # (k,), of mpmath's numbers, as the next
    second: Any  # (k, k)
    third: Floats  # (k, k, k), for the error bounds


def local(name: str, point: Sequence[Any]) -> Local:
    """A row at mpmath's numbers, where it is smooth: value to 150 digits, derivatives to 20."""
    n = len(point)
    first = np.full(n, mp.mpf(name in LINEAR), dtype=object)
    second = np.full((n, n), mp.mpf(0), dtype=object)
    third = np.zeros((n, n, n))
    if name in LINEAR:
        return Local(mp.fsum(point) + LINEAR[name], first, second, third)
    f = formula(name)
    y = f(*point)
    if name == "shift":  # a constant by definition
        return Local(y, first, second, third)
    if name in CHOOSING:
        first[CHOOSING[name](point[0])] = mp.mpf(1)
        return Local(y, first, second, third)
    # A base of 0 or below has a power only if the exponent is a whole number, and stays one.
    free = [0] if name == "pow" and point[0] <= 0 else list(range(n))
    size = max(map(abs, (y, *(x or mp.mpf(1) for x in point))))
    # In units of tiny operands, derivatives may be as small as their cubes: a digit for each bit.
    tiny = max([0, *(-mp.mag(x) for x in point if x)])
    # The first digits are enough, unless a derivative is so small that they cancel. Those of Φ are
    # the smallest, e⁻³³⁸ at 26, and those of hypot and atan2 where one operand is.
    steep = name in ("normal_cdf", "gelu", "erf", "erfc", "hypot", "cosine", "atan2", "inverted")
    most = 2 * DIGITS + 40 if steep else DIGITS + 20
    for digits in (40 + tiny, most + tiny):
        with mp.workdps(digits):
            first[free], second[np.ix_(free, free)], third[np.ix_(free, free, free)], seen = (
                _partials(f, [+x for x in point], free, size * mp.mpf(10) ** (20 - digits))
            )
        if seen:
            break
    return Local(y, first, second, third)


def _partials(
    f: Callable[..., Any], point: list[Any], free: list[int], noise: Any
) -> tuple[list[Any], list[list[Any]], Any, bool]:
    """The partial derivatives of f by one or two free operands, from those along lines.

    `mp.diffs` gives d_k, the k-th derivative of f(a + ut, b + vt) by t, for four directions (u, v).
    The mixed derivatives follow from those along (1, 1) and (1, -1): d₂ = f_aa ± 2f_ab + f_bb,
    d₃ = f_aaa ± 3f_aab + 3f_abb ± f_bbb. All directions are in units of the operands, so that the
    steps suit their sizes.

    Returns:
        The derivatives by order, those within the noise as 0; and whether none was in the noise
        other than exact zeros.
    """
    scales = [point[i] or mp.mpf(1) for i in free]

    def along(*direction: int) -> list[Any]:
        steps = [(i, d * x) for i, x, d in zip(free, scales, direction, strict=True) if d]

        def on_line(t: Any) -> Any:
            moved = point.copy()
            for i, step in steps:
                moved[i] += step * t
            return f(*moved)

        return list(mp.diffs(on_line, 0, 3))

    orders: dict[tuple[int, ...], Any] = {}
    if len(free) == 1:
        _, orders[0,], orders[0, 0], orders[0, 0, 0] = along(1)
    else:
        _, orders[0,], orders[0, 0], orders[0, 0, 0] = along(1, 0)
        _, orders[1,], orders[1, 1], orders[1, 1, 1] = along(0, 1)
        _, _, same2, same3 = along(1, 1)
        _, _, opposite2, opposite3 = along(1, -1)
        orders[0, 1] = (same2 - opposite2) / 4
        orders[0, 0, 1] = (same3 - opposite3 - 2 * orders[1, 1, 1]) / 6
        orders[0, 1, 1] = (same3 + opposite3 - 2 * orders[0, 0, 0]) / 6
    seen = all(d == 0 or abs(d) > noise for d in orders.values())
    # The differences are one-sided: a second derivative of 0 comes out as a step times the third.
    # (A first one that is no larger than that tells of a point where rounding spoils everything.)
    step = mp.eps * max(abs(d) for by, d in orders.items() if len(by) == 3)

    def partial(*by: int) -> Any:
        d = orders[tuple(sorted(by))]
        seen = abs(d) > (max(noise, step) if len(by) == 2 else noise)
        return d / mp.fprod(scales[i] for i in by) if seen else mp.mpf(0)

    places = range(len(free))
    return (
        [partial(i) for i in places],
        [[partial(i, j) for j in places] for i in places],
        np.array([[[float(partial(i, j, k)) for k in places] for j in places] for i in places]),
        seen,
    )


# ── a node's ─────────────────────────────────────────────────────────────────────────────────


class Node(NamedTuple):
    """The exact numbers at a node, with respect to all n variables, and bounds for floats.

    The size of a derivative is the sum of its terms' absolute values. The errors are first-order
    bounds, in units of the rounding unit; every number counts as rounded once, variables included.
    """

    y: Any
    gradient: Any  # (n,), of mpmath's numbers, as the next
    hessian: Any  # (n, n)
    gradient_size: Floats
    hessian_size: Floats
    y_error: float
    gradient_error: Floats
    hessian_error: Floats


def variable(x: float, i: int, n: int) -> Node:
    """The i-th of n variables."""
    unit = np.eye(n)[i]
    return constant(x, n)._replace(gradient=unit.astype(object) * mp.mpf(1), gradient_size=unit)


def constant(x: float, n: int) -> Node:
    """A constant: all derivatives are 0."""
    line, square = np.zeros(n), np.zeros((n, n))
    exact = line.astype(object) + mp.mpf(0), square.astype(object) + mp.mpf(0)
    return Node(mp.mpf(x), *exact, line, square, abs(x), line, square)


def step(row: Op, operands: Sequence[Node]) -> Node | None:
    """The row of these operands; None where it is not smooth, or floats cannot compute it."""
    at = [v.y for v in operands]
    y_errors = np.array([v.y_error for v in operands])
    if row.name in GAPS and not GAPS[row.name](*at) > 1e-9 * y_errors.sum():
        return None
    # The first operand is a comparison, which is exact.
    if row.name in CHOOSING and at[0] not in (0, 1):
        return None
    y, f1, f2, third = local(row.name, at)
    derivatives = (*f1, *f2.flat)
    if not _moderate(y) or not all(_moderate(f) or abs(f) < TINY for f in derivatives):
        return None
    if not np.isfinite(third).all():
        return None
    gradients = np.array([v.gradient for v in operands])
    hessians = np.array([v.hessian for v in operands])

    # The same formulas with all terms positive, then with one factor of each replaced by its error.
    s1, s2, s3 = _sizes(f1), _sizes(f2), np.abs(third)
    e1, e2 = s1 + s2 @ y_errors, s2 + s3 @ y_errors
    # A shift has the errors of its operands, though its derivative counts as 0.
    passed_on = y_errors.max() if row is ops.SHIFT else s1 @ y_errors
    g = np.array([v.gradient_size for v in operands])
    h = np.array([v.hessian_size for v in operands])
    eg = np.array([v.gradient_error for v in operands])
    eh = np.array([v.hessian_error for v in operands])
    mixed = eg.T @ s2 @ g
    node = Node(
        y,
        f1 @ gradients,
        gradients.T @ f2 @ gradients + np.tensordot(f1, hessians, 1),
        s1 @ g,
        g.T @ s2 @ g + np.tensordot(s1, h, 1),
        float(passed_on + abs(y)),
        e1 @ g + s1 @ eg,
        g.T @ e2 @ g + mixed + mixed.T + np.tensordot(e1, h, 1) + np.tensordot(s1, eh, 1),
    )
    sizes = (*node.gradient_size, *node.hessian_size.flat)
    if node.y_error > WORST_CONDITION * abs(y) or not all(map(_moderate, sizes)):
        return None
    return node


# GAPS: how far operands are from a kink or a pole, which must be more than rounding can bridge. (A
# tangent or a fraction near a pole is ill-conditioned, which WORST_CONDITION limits.)
WORST_CONDITION = 1e4
TINY = mp.mpf("1e-330")  # a 0 as a float, and negligible beside moderate numbers
GAPS: dict[str, Callable[..., Any]] = (
    dict.fromkeys(
        ("relu", "leaky_relu", "elu", "selu", "softsign", "abs", "cbrt", "positive", "sign",
         "leaky_step", "exp_below", "expm1_below"),
        lambda a, *_: abs(a))
    | dict.fromkeys(
        ("maximum", "minimum", "clamp_min", "clamp_max", "larger", "at_least", "less", "greater",
         "equal"),
        lambda a, b: abs(a - b))
    | dict.fromkeys(("log", "log2", "log10", "sqrt", "pow_log"), lambda a, *_: a)
    | dict.fromkeys(("asin", "acos", "atanh", "asin_slope"), lambda a: 1 - abs(a))
    | dict.fromkeys(("floor", "ceil"), lambda a: abs(a - mp.nint(a)))
    | dict.fromkeys(("hypot", "cosine", "inverted"), lambda a, b: max(abs(a), abs(b)))
    | dict.fromkeys(("lgamma", "digamma"), lambda a: a if a > 1 else abs(a - min(mp.nint(a), 0)))
    | {
        "log1p": lambda a: 1 + a, "acosh": lambda a: a - 1, "acosh_slope": lambda a: abs(a) - 1,
        "atanh_slope": lambda a: abs(1 - abs(a)), "round": lambda a: abs(abs(a - mp.nint(a)) - 0.5),
        "truediv": lambda a, b: abs(b), "log_share": lambda a, b: b,
        "atan2": lambda a, b: max(abs(a), b),
        # A factor of 0 counts as a choice: what it multiplies is as if it were not computed. So
        # does a slope of 0, where these rows are differentiated.
        **dict.fromkeys(("masked", "masked_both"), lambda a, b: min(abs(a), abs(b))),
    }
)  # fmt: skip


def _moderate(x: Any) -> bool:
    """Whether products of a few such numbers neither overflow nor underflow."""
    return bool(x == 0 or 1e-75 < abs(x) < 1e75)


def _sizes(exact: Any) -> Floats:
    return np.abs(np.asarray(exact, np.float64))


# ── graphs ───────────────────────────────────────────────────────────────────────────────────


class Graph(NamedTuple):
    """A recipe for a graph: constants, variables, a node for each step; the last is the result."""

    constants: list[float]
    literal: list[bool]  # whether a constant is a number in a formula, rather than a leaf
    variables: list[float]
    steps: list[tuple[Op, tuple[int, ...]]]
    result: Node

    def record(self, variables: Sequence[Value]) -> Value:
        """Record the graph with the engine and return its result."""
        nodes: list[Any] = [
            number if literal else Value(number)
            for number, literal in zip(self.constants, self.literal, strict=True)
        ]
        nodes.extend(variables)
        for row, positions in self.steps:
            operands = [nodes[i] for i in positions]
            if all(isinstance(operand, float) for operand in operands):
                operands[0] = Value(operands[0])
            nodes.append(row(*operands))
        result: Value = nodes[-1]
        return result

    def __repr__(self) -> str:
        steps = ", ".join(f"{row.name}{positions}" for row, positions in self.steps)
        constants = list(zip(self.constants, self.literal, strict=True))
        return f"<constants {constants}, variables {self.variables}: {steps}>"

    @property
    def depth(self) -> int:
        """The longest path from a leaf to the result, in steps."""
        depths = [0] * (len(self.variables) + len(self.constants))
        for _, positions in self.steps:
            depths.append(1 + max(depths[i] for i in positions))
        return depths[-1]


_EXTREME = (
    0.0, -0.0, 1e-3, 12.0, -12.0, 37.0, -37.0, 100.0, -150.0, 1e4, -1e4, 1e8, -1e-8, 1e-12, 1e20,
    -1e-20, 1e40, 1e-40, -1e60, 1e60, 1e-60, math.pi, 1e-5, -1e5,
)  # fmt: skip
_SPECIAL = (0.0, 1.0, -1.0, 2.0, 2.0, 3.0, 4.0, 0.5, -2.0, -0.5)


def _number(rng: Random) -> float:
    if rng.random() < 1 / 6:
        return rng.choice(_EXTREME)
    return (rng.randrange(-3000, 3000) + 0.5) / 1000  # a 0 would hide the rest


def _constant(rng: Random) -> float:
    return rng.choice(_SPECIAL) if rng.random() < 2 / 3 else _number(rng)


# Arithmetic comes up more often than its share, steps less often.
_STEPS = (
    ops.POSITIVE, ops.SIGN, ops.FLOOR, ops.CEIL, ops.ROUND, ops.LARGER, ops.AT_LEAST,
    ops.LEAKY_STEP, ops.SHIFT, *ops.CHOICES[:3],
)  # fmt: skip
# The first operand of zeta is always a number: it comes up in second derivatives of lgamma.
_SMOOTH = [row for row in ROWS if row not in (*_STEPS, ops.ZETA)]
_ROWS = [*_STEPS, *_SMOOTH * 3, *(ops.MUL,) * 10, *(ops.DIV, ops.ADD, ops.SUB) * 4]


def random_graph(rng: Random, longest: int = 15, first: Op | None = None) -> Graph:
    """A graph over the whole table, with shared nodes, repeated operands and extreme numbers.

    The first step may be given; the others are any.
    """
    xs = [_number(rng) for _ in range(rng.randint(1, 3))]
    cs = [(_constant(rng), rng.random() < 0.5) for _ in range(rng.randint(0, 3))]
    n = len(xs)
    with mp.workdps(DIGITS):
        nodes = [constant(c, n) for c, _ in cs] + [variable(x, i, n) for i, x in enumerate(xs)]
        literals = {k: c for k, (c, literal) in enumerate(cs) if literal}
        steps: list[tuple[Op, tuple[int, ...]]] = []
        unused = dict.fromkeys(range(len(cs), len(nodes)))

        def add(row: Op, positions: tuple[int, ...]) -> bool:
            if row is ops.POW and not _smooth_power(nodes[positions[0]].y, positions[1]):
                return False
            node = step(row, [nodes[i] for i in positions])
            if node is None:
                return False
            for i in positions:
                unused.pop(i, None)
            unused[len(nodes)] = None
            steps.append((row, positions))
            nodes.append(node)
            return True

        def _smooth_power(a: Any, exponent: int) -> bool:
            # With a constant whole exponent, a power is smooth below 0, too, and at 0 if positive.
            whole = literals.get(exponent, 0.5).is_integer()
            return bool(a > 0 or (whole and (a < 0 or 2.0 <= literals[exponent] <= 4.0)))

        for _ in range(rng.randint(2, longest)):
            row = rng.choice(_ROWS)
            # How far back operands are: mostly near, so that graphs are deep.
            far = rng.choices([0, 0, 0, 0, 1, 1, 2, 3, 5, 7], k=rng.randint(2, 4))
            if first is not None and not steps:
                row = first
            places = tuple(len(nodes) - 1 - distance % len(nodes) for distance in far)
            if row.name in CHOOSING:
                if not add(ops.LESS, places[:2]):  # 0 or 1: also an index
                    row = ops.TANH
                places = (len(nodes) - 1, *places[1:], places[0])
            if not add(row, places[: row.arity or len(places)]):
                add(ops.TANH, places[:1])
        # Where possible, the result depends on everything, and multiplies one part by another.
        for i in list(unused)[::-1]:
            if i != len(nodes) - 1 and not (nodes[i].y and add(ops.MUL, (i, len(nodes) - 1))):
                add(ops.ADD, (i, len(nodes) - 1))
        if not steps:
            add(ops.ADD, (len(cs), len(cs)))
    return Graph([c for c, _ in cs], [literal for _, literal in cs], xs, steps, nodes[-1])
