"""What cancels in the graph cancels in a program: sums keep their order, products are rounded.

The expected numbers are those of the graph, which computes as IEEE 754 and Python prescribe: each
operation rounded once, in the order in which it was written. Programs give the same bits for all
arithmetic (+ − · / √, and choices such as |x|, relu, max); for functions such as exp, which Python
takes from the C library, the last digit may differ.
"""

from __future__ import annotations

import math
import random
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import autograd
from autograd import AnomalyError, Value, detect_anomaly, dot, mean, total
from autograd.program import PASSES

from .agreement import compile_loss, eager, leaves

if TYPE_CHECKING:
    from .agreement import Build, Floats

inf, nan = math.inf, math.nan
RNG = np.random.default_rng(0)
X, Y, Z = (RNG.uniform(-3.0, 3.0, 1000) for _ in range(3))
POSITIVE = np.abs(X) + 0.1


def assert_same(found: Any, expected: Any) -> None:
    """The same numbers and nan in the same places; a zero may have either sign."""
    assert np.array_equal(np.asarray(found), np.asarray(expected), equal_nan=True)


# ── examples with known results ──────────────────────────────────────────────────────────────

EXAMPLES: dict[str, tuple[Build, list[Floats], float]] = {
    "discriminant of (x + c)²": (
        lambda p, x: (x[1] * x[1] - 4 * x[0] * x[2]).sqrt(), [X, 2 * X, X], 0.0,
    ),
    "discriminant, with **": (
        lambda p, x: (x[1] ** 2 - 4 * x[0] * x[2]).sqrt(), [X, 2 * X, X], 0.0,
    ),
    "log of a singular determinant": (
        lambda p, x: (x[0] * x[3] - x[1] * x[2]).log(), [X, Y, X, Y], -inf,
    ),
    "1 / determinant": (
        lambda p, x: 1 / abs(x[0] * x[3] - x[1] * x[2]), [X, Y, X, Y], inf,
    ),
    "|xy − yx|": (lambda p, x: abs(x[0] * x[1] - x[1] * x[0]), [X, Y], 0.0),
    "dot less dot": (
        lambda p, x: (dot(x, [x[1], x[0], x[2]]) - dot([x[1], x[0], x[2]], x)).relu(),
        [X, Y, Z], 0.0,
    ),
    "cube less product": (lambda p, x: 1 / abs(x[0] ** 3 - x[0] * x[0] * x[0]), [X], inf),
    "fourth power less product": (
        lambda p, x: abs(x[0] ** 4 - (x[0] * x[0]) * (x[0] * x[0])).log(), [X], -inf,
    ),
    "power with an exponent that varies": (
        lambda p, x: abs(x[0] ** x[1] - x[0] * x[0]).log(), [X, np.full(1000, 2.0)], -inf,
    ),
    "reciprocal less x**−1": (lambda p, x: abs(1 / x[0] - x[0] ** -1).log(), [X], -inf),
    "exp less exp of the same constant": (
        lambda p, x: abs(x[0].exp() - Value(0.3).exp()).log(), [np.full(1000, 0.3)], -inf,
    ),
    "tanh less tanh of the same constant": (
        lambda p, x: abs(x[0].tanh() - Value(0.7).tanh()).log(), [np.full(1000, 0.7)], -inf,
    ),
    "sum less the same sum": (
        lambda p, x: 1 / abs(total(x) - (x[0] + x[1] + x[2])), [X, Y, Z], inf,
    ),
    "(0.1 + 0.2) + 0.3 is not 0.1 + (0.2 + 0.3)": (
        lambda p, x: ((x[0] + x[1]) + x[2]) - (x[0] + (x[1] + x[2])),
        [np.full(1000, 0.1), np.full(1000, 0.2), np.full(1000, 0.3)], 2.0**-53,
    ),
    "one order of a total is not another": (
        lambda p, x: total(x) - total([x[1], x[2], x[0]]),
        [np.full(1000, 0.1), np.full(1000, 0.2), np.full(1000, 0.3)], 2.0**-53,
    ),
    "a time since 2023, and an offset": (
        lambda p, x: (x[0] - 1.7e9) + x[1], [np.full(1000, 1.7e9), np.full(1000, 0.35)], 0.35,
    ),
    "the offset first": (
        lambda p, x: x[1] + (x[0] - 1.7e9), [np.full(1000, 1.7e9), np.full(1000, 0.35)], 0.35,
    ),
    "the offset taken off": (
        lambda p, x: x[1] - (1.7e9 - x[0]), [np.full(1000, 1.7e9), np.full(1000, 0.35)], 0.35,
    ),
    "1e100 in the middle of a total": (
        lambda p, x: total([x[0], 1e100, -1e100, x[1]]), [X, np.full(1000, 0.35)], 0.35,
    ),
    "a product in the middle of a total": (
        lambda p, x: total([1e100, x[0] * x[1], -1e100, x[2], 1.0]),
        [X, Y, np.full(1000, 0.35)], 1.35,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_has_its_result_in_every_row(name: str) -> None:
    build, columns, result = EXAMPLES[name]
    for passes in (None, [], ["fuse"], ["simplify", "fuse"]):
        program = compile_loss(build, [], len(columns), passes=passes)
        assert_same(program(*columns), np.full(1000, result))


def test_weights_that_are_equal_cancel_whether_they_are_parameters_or_data() -> None:
    """``|w·x − u·x|`` at w = u is 0, and its gradient too, since abs′(0) = 0."""
    build: Build = lambda p, x: abs(p[0] * x[0] - p[1] * x[0])  # noqa: E731
    for w in X[:20].tolist():
        program = compile_loss(build, [w, w], 1)
        assert_same(program(Y), np.zeros(1000))
        value, gradient = program.value_and_grad(Y)
        assert (value, gradient.tolist()) == (0.0, [0.0, 0.0])


@pytest.mark.parametrize("bias_first", [False, True])
def test_a_neuron_at_its_kink_is_at_its_kink_in_a_program(*, bias_first: bool) -> None:
    """relu′(0) = 0 where ``w·x + b`` cancels, and the bias is added where it was written."""

    def build(p: list[Value], x: list[Value]) -> Value:
        w1, w2, b = p
        if bias_first:
            return total([b, w1 * x[0], w2 * x[1]]).relu()
        return total([w1 * x[0], w2 * x[1], b]).relu()

    rng = random.Random(1)
    for _ in range(20):
        w1, w2, x1, x2 = (rng.uniform(-2.0, 2.0) for _ in range(4))
        b = -(w2 * x2) if bias_first else -(w1 * x1 + w2 * x2)
        if bias_first:
            w1 = 0.0
        program = compile_loss(build, [w1, w2, b], 2)
        value, gradient = program.value_and_grad([x1], [x2])
        assert (value, gradient.tolist()) == (0.0, [0.0, 0.0, 0.0])


def test_an_anomaly_is_found_in_the_row_and_operation_where_the_graph_has_it() -> None:
    a, b, c = leaves([1.0, 3.0, 1.0])
    program = autograd.compile((b * b - 4 * a * c).sqrt(), inputs=[a, b, c])
    columns = [X.copy(), 2 * X, X.copy()]
    with detect_anomaly():
        assert_same(program(*columns), np.zeros(1000))
        columns[1][613] *= 0.5  # x² − 4x² is below 0
        with pytest.raises(AnomalyError, match=r"^program, row 613: forward pass: sqrt\("):
            program(*columns)
    determinant = autograd.compile((a * c - b * b).log(), inputs=[a, b, c])
    with detect_anomaly(), pytest.raises(AnomalyError, match=r"row 7: .* log\(0\.0\) gave -inf"):
        determinant(np.where(np.arange(1000) < 7, 2.0, 1.0) * POSITIVE, POSITIVE, POSITIVE)


def test_tanh_reaches_1_where_that_of_the_c_library_does() -> None:
    """``1 − tanh x`` is about 2e⁻²ˣ: half of the smallest step below 1, and so 0, from 19.06 on."""
    x = Value(0.5)
    column = RNG.uniform(15.0, 25.0, 1000)
    found = autograd.compile((1 - x.tanh()).log(), inputs=[x])(column)
    assert_same(found == -inf, [math.tanh(number) == 1.0 for number in column])


# ── random expressions that cancel ───────────────────────────────────────────────────────────

NUMBERS = [0.0, 1.0, -1.0, 2.0, 0.1, 0.2, 0.3, 1 / 3, 1e-9, 3e7, -1.7e9, 1e17, -1e17, 1e-200]


class Cancelling:
    """A random expression of parameters p and inputs x, in which much is 0 except for rounding."""

    def __init__(self, seed: int) -> None:
        rng = random.Random(seed)
        self.theta = [self._number(rng) for _ in range(rng.randint(0, 3))]
        pool = [self._number(rng) for _ in range(4)]  # few, so that operands come up twice
        self.inputs = rng.randint(0 if self.theta else 1, 4)
        self.rows = [[rng.choice(pool) for _ in range(self.inputs)] for _ in range(9)]
        self.theta = [rng.choice([t, rng.choice(pool)]) for t in self.theta]
        self.seed = rng.random()

    @staticmethod
    def _number(rng: random.Random) -> float:
        return rng.choice([rng.choice(NUMBERS), rng.uniform(-2.0, 2.0), rng.gauss(0.0, 1e3)])

    def build(self, params: list[Value], inputs: list[Value]) -> Value:
        rng = random.Random(self.seed)
        atoms: list[Any] = [*params, *inputs]

        def atom() -> Any:
            return rng.choice(atoms)

        def shuffled(terms: list[Any]) -> list[Any]:
            return rng.sample(terms, len(terms))

        def added(terms: list[Any]) -> Any:
            """Their sum, written in one of several ways."""
            way = rng.randrange(5)
            if way == 0:
                return total(terms)
            if way == 1:
                return sum(terms)
            if way == 2 and len(terms) > 2:
                k = rng.randint(1, len(terms) - 1)
                return added(terms[:k]) + added(terms[k:])
            result = terms[0]
            for term in terms[1:]:
                result = result - -term if rng.random() < 0.3 else result + term
            return result

        def difference() -> Any:
            a, b, c, d = atom(), atom(), atom(), atom()
            kind = rng.randrange(9)
            if kind == 0:
                return a * b - b * a
            if kind == 1:
                return a * d - b * c
            if kind == 2:
                return b**2 - 4 * a * c
            if kind == 3:
                terms = [a * b, c, d * a, -(b * c), rng.choice(NUMBERS)]
                return added(terms) - added(shuffled(terms))
            if kind == 4:
                return added(shuffled([a, b, c * 1e9, -(c * 1e9), d * b]))
            if kind == 5:
                return (a + b) * (a - b) - (a * a - b * b)
            if kind == 6:
                return added([a * c, b * d, c]) - c - added([b * d, a * c])
            if kind == 7:
                return (a - b) + rng.choice(NUMBERS) * c - (a - b)
            return a**3 - a * a * a + (b / 4 - b * 0.25)

        def kinked(z: Any) -> Any:
            kind = rng.randrange(12)
            if kind == 0:
                return z.relu()
            if kind == 1:
                return abs(z)
            if kind == 2:
                return z.maximum(atom())
            if kind == 3:
                return z.minimum(0.0)
            if kind == 4:
                return z.sqrt()
            if kind == 5:
                return 1 / z
            if kind == 6:
                return atom() / z
            if kind == 7:
                return z.leaky_relu()
            if kind == 8:
                return mean([z, atom(), -z])
            return z

        parts = []
        for _ in range(rng.randint(1, 4)):
            parts.append(kinked(difference()))
            atoms.append(parts[-1])
        y = added([p * atom() if rng.random() < 0.5 else p for p in shuffled(parts)])
        return y if isinstance(y, Value) else Value(float(y))


def assert_bits_agree(seed: int) -> None:
    """The values of all rows, and the gradient of each row."""
    case = Cancelling(seed)
    rng = random.Random(seed)
    passes = rng.choice([None, None, None, [n for n in PASSES if rng.random() < 0.5]])
    program = compile_loss(case.build, case.theta, case.inputs, passes=passes)
    columns = [list(column) for column in zip(*case.rows, strict=True)]
    expected = eager(case.build, case.theta, columns)
    assert_same(program(*columns), expected.values)
    for k in range(min(3, len(expected.values))):
        value, gradient = program.value_and_grad(*[column[k : k + 1] for column in columns])
        assert_same(value, expected.values[k])
        assert_same(gradient, expected.gradients[k])


def test_random_expressions_that_cancel_agree_bit_for_bit() -> None:
    for seed in range(150):
        assert_bits_agree(seed)


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, 20_000, 1000))
def test_many_random_expressions_that_cancel_agree_bit_for_bit(first: int) -> None:
    for seed in range(first, first + 1000):
        assert_bits_agree(seed)
