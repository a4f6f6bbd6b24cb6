"""Random graphs for Hypothesis: recipes from which a graph is recorded for any row of data.

A recipe is made together with its data, so that rounding cannot make its results arbitrary: a tanh
replaces any operation whose result would not be real, or so near to a kink that the last digit
decides the side.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

from hypothesis import strategies as st

from autograd import Value, ops
from tests.autograd.reference import ROWS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from autograd.ops import Op

__all__ = ["Recipe", "recipes"]


class Recipe(NamedTuple):
    """How to record a graph: parameters, inputs, constants, then a node for each step."""

    theta: list[float]
    columns: list[list[float]]
    constants: list[float]
    literal: list[bool]  # whether a constant is a number in a formula, rather than a leaf
    steps: list[tuple[Op, tuple[int, ...]]]
    outputs: list[int]

    @property
    def rows(self) -> list[tuple[float, ...]]:
        """The rows of data; a single empty one where there are no inputs."""
        return list(zip(*self.columns, strict=True)) if self.columns else [()]

    def record(self, params: Sequence[Value], inputs: Sequence[Value]) -> list[Value]:
        """Record the graph and return its outputs."""
        nodes: list[Any] = [*params, *inputs]
        for number, literal in zip(self.constants, self.literal, strict=True):
            nodes.append(number if literal else Value(number))
        for op, positions in self.steps:
            operands = [nodes[i] for i in positions]
            if all(isinstance(operand, float) for operand in operands):
                operands[0] = Value(operands[0])
            nodes.append(op(*operands))
        return [v if isinstance(v, Value) else Value(v) for v in (nodes[i] for i in self.outputs)]


numbers = st.floats(-3.0, 3.0, allow_subnormal=False).map(lambda x: round(x, 3))
# Numbers that laws of arithmetic apply to are frequent.
constants = st.sampled_from([0.0, -0.0, 1.0, -1.0, 2.0, 3.0, 4.0, 0.5, -2.0]) | numbers

# The parts of sums and products are more frequent than other operations.
_ROWS = [*ROWS, *(ops.ADD, ops.SUB, ops.MUL) * 5, *(ops.NEG, ops.DIV, ops.TANH) * 2]

_KINKS_AT_0 = (
    ops.RELU, ops.ABS, ops.LEAKY_RELU, ops.POSITIVE, ops.SIGN, ops.LEAKY_STEP, ops.WHERE,
)  # fmt: skip
_KINKS_AT_TIES = (
    ops.MAXIMUM, ops.MINIMUM, ops.LARGER, ops.LESS, ops.GREATER, ops.EQUAL,
)  # fmt: skip


@st.composite
def recipes(draw: st.DrawFn, longest: int = 25) -> Recipe:
    """Recipes for graphs with shared nodes, repeated operands, and outputs that may be leaves."""
    theta = draw(st.lists(numbers, min_size=draw(st.integers(0, 3)), max_size=4))
    rows = draw(st.integers(1, 4))
    column = st.lists(numbers, min_size=rows, max_size=rows)
    columns = draw(st.lists(column, max_size=3))
    if not columns:
        rows = 1
    chosen = draw(st.lists(constants, min_size=0 if theta or columns else 1, max_size=3))
    literal = draw(st.lists(st.booleans(), min_size=len(chosen), max_size=len(chosen)))
    # The numbers at each node, for each row, and how many roundings' worth of error they may have.
    at: list[list[float]] = [[x] * rows for x in theta] + columns + [[x] * rows for x in chosen]
    error = [[0.0] * rows for _ in at]
    literals = {len(at) - len(chosen) + k for k in range(len(chosen)) if literal[k]}
    steps: list[tuple[Op, tuple[int, ...]]] = []
    back = st.integers(0, 9)  # how far back an operand is: often near, so that graphs are deep
    step = st.tuples(st.sampled_from(_ROWS), st.lists(back, min_size=2, max_size=5))
    length = draw(st.integers(1, longest))
    unused: dict[int, None] = {}

    def add(op: Op, positions: tuple[int, ...]) -> bool:
        found = _results(op, positions, at, error, literals)
        if found is None:
            return False
        for i in positions:
            unused.pop(i, None)
        unused[len(at)] = None
        steps.append((op, positions))
        at.append(found[0])
        error.append(found[1])
        return True

    for op, far in draw(st.lists(step, min_size=length, max_size=length)):
        places = tuple(len(at) - 1 - distance % len(at) for distance in far)
        if op in (ops.PICK, ops.WHERE):
            if not add(ops.LESS, places[:2]):  # 0 or 1: also an index
                op = ops.TANH
            places = (len(at) - 1, *places[1:], places[0])
        if not add(op, places[: op.arity or len(places)]):
            assert add(ops.TANH, places[:1])
    if len(unused) > 1 and draw(st.integers(0, 3)):  # mostly the first output depends on everything
        steps.append((ops.ADD, tuple(unused)))
        at.append([])
    outputs = [len(at) - 1, *draw(st.lists(st.integers(0, len(at) - 1), max_size=3))]
    return Recipe(theta, columns, chosen, literal, steps, outputs)


def _results(
    op: Op,
    positions: tuple[int, ...],
    at: list[list[float]],
    error: list[list[float]],
    literals: set[int],
) -> tuple[list[float], list[float]] | None:
    """The results in each row, and their errors; None if they are not reliable."""
    results, errors = [], []
    for k in range(len(at[0])):
        operands = [at[i][k] for i in positions]
        wrong = [error[i][k] for i in positions]
        y = op(*operands)
        slopes = [float(slope) for slope in op.derivatives_at(operands, y)]
        if not all(math.isfinite(z) and abs(z) < 100.0 for z in (y, *slopes)):
            return None
        if op in _KINKS_AT_0 and abs(operands[0]) < 1e-9 * wrong[0]:
            return None
        if (
            op in _KINKS_AT_TIES
            and positions[0] != positions[1]
            and abs(operands[0] - operands[1]) < 1e-9 * sum(wrong)
        ):
            return None
        total = abs(y) + sum(abs(s) * e for s, e in zip(slopes, wrong, strict=True))
        if total > 1e6:
            return None
        # Powers of any base are smooth if the exponent is a whole number, and a constant; by others
        # a base of 0 or below has no derivative. What gates is a kink at 0.
        whole = positions[-1] in literals and operands[-1] in (2.0, 3.0, 4.0)
        if op in (ops.POW, ops.POW_LOG) and operands[0] <= 0.0 and not (op is ops.POW and whole):
            return None
        if op in (ops.POW, ops.GATED) and operands[op is ops.POW] == 0.0 != wrong[op is ops.POW]:
            return None
        if op in (ops.MASKED, ops.MASKED_BOTH) and 0.0 in operands:  # a kink there
            return None
        results.append(y)
        errors.append(total)
    return results, errors
