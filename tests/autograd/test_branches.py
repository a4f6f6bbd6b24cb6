"""An operand that was not chosen gets gradient 0, even if inf or nan arrives; Hessians at kinks.

The right values are PyTorch's, whose relu, prelu and maximum pass back a masked gradient: 0 where
the operand was not chosen, and not 0 · inf = nan.
"""

from __future__ import annotations

import math
from itertools import product
from typing import TYPE_CHECKING

import pytest

import autograd
from autograd import Value, grad, hessian, maximum, minimum
from autograd.ops import TABLE

from .reference import same

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

inf, nan = math.inf, math.nan

# The function, the point, the gradient. sqrt and log have an infinite slope at 0.
NOT_CHOSEN: list[tuple[Callable[..., Value], Sequence[float], Sequence[float]]] = [
    (lambda x: x.relu().sqrt(), [-1.0], [0.0]),
    (lambda x: x.relu().sqrt(), [0.0], [0.0]),
    (lambda x: x.relu().log(), [-1.0], [0.0]),
    (lambda x: x.relu() ** 0.5, [-1.0], [0.0]),
    (lambda x: 1 / x.relu(), [-1.0], [0.0]),
    (lambda x: x.relu() * nan, [-1.0], [0.0]),
    (lambda x: x.relu() * inf, [-1.0], [0.0]),
    (lambda x: x.leaky_relu(0.0).sqrt(), [-1.0], [0.0]),
    (lambda x, s: x.leaky_relu(s).sqrt(), [-1.0, 0.0], [0.0, inf]),
    (lambda x, s: (x.leaky_relu(s) - x).sqrt(), [2.0, 0.1], [nan, 0.0]),
    (lambda x: x.abs().sqrt(), [0.0], [0.0]),
    (lambda a, b: maximum(a, b).sqrt(), [-1.0, 0.0], [0.0, inf]),
    (lambda a, b: maximum(a, b).sqrt(), [0.0, -1.0], [inf, 0.0]),
    (lambda a, b: minimum(a, b).log(), [3.0, 0.0], [0.0, inf]),
    (lambda a, b: maximum(a, b).sqrt(), [0.0, 0.0], [inf, inf]),
    (lambda x: x.maximum(0.0).sqrt(), [-1.0], [0.0]),
    (lambda x: x.clamp(0.0, 1.0).sqrt(), [-1.0], [0.0]),
    (lambda x: x.clamp(0.0, 1.0).sqrt(), [0.0], [inf]),
    (lambda x: (1.0 - x.clamp(0.0, 1.0)).sqrt(), [2.0], [0.0]),
    (lambda x, low: x.clamp(low).sqrt(), [-1.0, 0.0], [0.0, inf]),
    (lambda x, high: (high - x.clamp(high=high)).log(), [3.0, 2.0], [0.0, nan]),
    (lambda x: x.clamp(1.0, 0.0).sqrt(), [0.5], [0.0]),
    (lambda x: x.floor().sqrt(), [0.5], [0.0]),
    (lambda x: x.ceil().log(), [-0.5], [0.0]),
    (lambda x: x.round().log(), [0.5], [0.0]),
    (lambda x: x.sign().log(), [0.0], [0.0]),
    (lambda x: (x.relu() + x.minimum(0.0).relu()).sqrt(), [-1.0], [0.0]),
    # The chosen operand gets the full gradient.
    (lambda x: x.relu() * inf, [1.0], [inf]),
    (lambda x: (x.relu() - 1.0).sqrt(), [1.0], [inf]),
    (lambda x: x.relu() * 2.0, [nan], [2.0]),
    # A product is a product: no branch was chosen, and 0 · inf is nan, as in PyTorch.
    (lambda x: (x * 0.0).sqrt(), [1.0], [nan]),
    (lambda x: (x**2).sqrt(), [0.0], [nan]),
]


@pytest.mark.parametrize(("f", "point", "expected"), NOT_CHOSEN)
def test_an_operand_that_was_not_chosen_has_gradient_0(
    f: Callable[..., Value], point: Sequence[float], expected: Sequence[float]
) -> None:
    xs = [Value(x) for x in point]
    y = f(*xs)
    y.backward()
    assert all(map(same, [x.grad for x in xs], expected))
    assert all(map(same, grad(y, xs), expected))
    assert all(map(same, [g.data for g in grad(y, xs, create_graph=True)], expected))


@pytest.mark.parametrize(("f", "point", "expected"), NOT_CHOSEN)
def test_an_operand_that_was_not_chosen_has_gradient_0_in_programs(
    f: Callable[..., Value], point: Sequence[float], expected: Sequence[float]
) -> None:
    xs = [Value(0.7 + 0.1 * i) for i in range(len(point))]
    for passes in (None, ()):
        program = autograd.compile(f(*xs), params=xs, passes=passes)
        program.theta[:] = point
        assert all(map(same, program.value_and_grad()[1], expected))
    # Row by row, beside rows where it was chosen.
    scale = Value(1.0)
    slopes = grad(f(*[x * scale for x in xs]), xs, create_graph=True)
    columns = [[0.9, x, 0.8] for x in point]
    found = autograd.compile(slopes, params=[scale], inputs=xs)(*columns)
    assert all(map(same, found[:, 1], expected))


def test_exactly_the_operations_that_branch_are_marked_as_branching() -> None:
    selecting = {"less", "greater", "equal", "where", "pick", "masked", "masked_both"}
    assert {row.name for row in TABLE if row.selects} == selecting
    assert {row.name for row in TABLE if row.branching} == selecting | {
        "abs", "relu", "leaky_relu", "maximum", "minimum", "clamp_min", "clamp_max", "sign",
        "floor", "ceil", "round", "positive", "larger", "at_least", "leaky_step", "exp_below",
        "expm1_below", "gated",
    }  # fmt: skip


KINKS: list[Callable[[Value, Value], Value]] = [
    lambda a, b: a.leaky_relu(b),
    lambda a, b: (a * b).leaky_relu(b),
    lambda a, b: a.leaky_relu(a * b + 0.5),
    lambda a, b: maximum(a * b, a + b),
    lambda a, b: minimum(a * a, b * b),
    lambda a, b: maximum(a, b) * minimum(a, b),
    lambda a, b: (a * b).abs() + (a - b).abs() * a,
    lambda a, b: (a * b).relu() * b.exp(),
    lambda a, b: maximum(a.relu(), b).sin(),
    lambda a, b: (a + 2.0) ** (b * b),
    lambda a, b: (a * b).maximum(0.0).leaky_relu(a),
    lambda a, b: a.elu(b),
    lambda a, b: (a * b).selu() + (b * a).elu(),
    lambda a, b: (a * b).clamp(a, b),
    lambda a, b: (a * b).clamp(-0.5, 0.5) * b.clamp(high=a),
    lambda a, b: (a * b).softsign() + a.round() * b * b,
]


@pytest.mark.parametrize("f", KINKS)
def test_hessians_are_symmetric_at_kinks_and_ties(f: Callable[[Value, Value], Value]) -> None:
    """Second derivatives of one function commute; at a kink, those of the branch that counts do."""
    for point in product((0.0, -0.0, 1.0, -1.0, 0.1, 0.5), repeat=2):
        xs = [Value(x) for x in point]
        (_, ab), (ba, _) = hessian(f(*xs), xs)
        assert same(ab, ba), point
        seconds = autograd.compile(
            [s for g in grad(f(*xs), xs, create_graph=True) for s in grad(g, xs, create_graph=True)]
        )()[:, 0]
        assert same(seconds[1], seconds[2]), point


def test_the_hessian_of_leaky_relu_at_0_is_that_of_its_lower_branch() -> None:
    # At 0 the branch is slope · a, as PyTorch's first derivative says: so ∂²/∂a∂slope = 1.
    a, slope = Value(0.0), Value(0.1)
    assert hessian(a.leaky_relu(slope), [a, slope]) == [[0.0, 1.0], [1.0, 0.0]]
