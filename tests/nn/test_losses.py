"""Losses: formulas, edge cases, graphs and errors."""

from __future__ import annotations

import math
import random
from typing import TYPE_CHECKING, Any

import mpmath as mp
import numpy as np
import pytest

import autograd
from autograd import Value, grad, gradcheck, softmax, total
from nn import binary_cross_entropy, cross_entropy, half_squared_error, hinge_loss, mse_loss

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


# σ(1) = e² / (e¹ + e²), and its negative logarithm.
P, LN = 1 / (1 + math.exp(-1)), math.log1p(math.exp(-1))


def with_logits(y_pred: Any, y_true: Any) -> Value:
    return binary_cross_entropy(y_pred, y_true, from_logits=True)


PAIRS: list[tuple[Callable[..., Value], float, float, float]] = [
    (half_squared_error, 2.0, 3.0, 0.5),
    (mse_loss, 2.0, 4.0, 4.0),
    (hinge_loss, 0.25, 1, 0.75),
    (hinge_loss, 0.25, -1, 1.25),
    (hinge_loss, 2.0, 1, 0.0),
    (binary_cross_entropy, 0.25, 1, -math.log(0.25)),
    (binary_cross_entropy, 0.25, 0, -math.log(0.75)),
    (binary_cross_entropy, 0.25, 0.5, -0.5 * math.log(0.25 * 0.75)),
    (with_logits, 0.0, 1, math.log(2)),
    (with_logits, math.log(3), 0, math.log(4)),
]


@pytest.mark.parametrize(("loss", "y_pred", "y_true", "expected"), PAIRS)
def test_the_loss_of_a_pair(
    loss: Callable[..., Value], y_pred: float, y_true: float, expected: float
) -> None:
    for p in (y_pred, Value(y_pred)):
        for t in (y_true, Value(y_true), np.float64(y_true)):
            assert math.isclose(loss(p, t).data, expected, rel_tol=1e-15)
    assert gradcheck(lambda p: loss(p, y_true), y_pred)


@pytest.mark.parametrize(
    "loss", [half_squared_error, mse_loss, hinge_loss, binary_cross_entropy, with_logits]
)
def test_the_loss_of_lists_is_the_mean(loss: Callable[..., Value]) -> None:
    y_pred, y_true = [0.25, 0.5, 0.875], [1, 1, 1]
    mean = sum(loss(p, t).data for p, t in zip(y_pred, y_true, strict=True)) / 3
    assert math.isclose(loss([Value(p) for p in y_pred], y_true).data, mean, rel_tol=1e-15)
    assert math.isclose(loss(tuple(y_pred), np.array(y_true)).data, mean, rel_tol=1e-15)


def test_the_graph_of_half_squared_error_is_its_formula() -> None:
    y_pred, y_true = Value(2.0), Value(3.0)
    loss = half_squared_error(y_pred, y_true)
    half, square = loss.parents
    difference, two = square.parents
    assert (loss.op, square.op, difference.op) == ("*", "**", "-")
    assert (half.data, two.data) == (0.5, 2.0)
    assert difference.parents == (y_pred, y_true)
    assert grad(loss, y_pred) == -1.0  # the error itself


def test_the_target_may_learn_too() -> None:
    y_pred, y_true = Value(0.25), Value(1.0)
    for loss in (half_squared_error, mse_loss, hinge_loss, binary_cross_entropy, with_logits):
        assert grad(loss(y_pred, y_true), y_true) != 0.0


# ── binary cross entropy at the edges ────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("p", "y", "expected"),
    [(0.0, 0, 0.0), (1.0, 1, 0.0), (0.0, 1, 100.0), (1.0, 0, 100.0), (1e-50, 1, 100.0)],
)
def test_the_logarithm_of_a_probability_of_0_counts_as_minus_100(
    p: float, y: int, expected: float
) -> None:
    y_pred = Value(p)
    loss = binary_cross_entropy(y_pred, y)
    assert math.isclose(loss.data, expected, abs_tol=1e-12)
    assert math.isfinite(grad(loss, y_pred))


@pytest.mark.parametrize("z", [-1000.0, -40.0, -1.0, 0.0, 1e-9, 3.0, 40.0, 700.0, 1e6])
@pytest.mark.parametrize("y", [0, 1, 0.25])
def test_from_logits_it_is_exact_for_any_logit(z: float, y: float) -> None:
    with mp.workdps(1000):  # 1 − p needs as many digits as e⁻¹⁰⁰⁰ has zeros
        if abs(z) > 2000:
            expected = mp.mpf(abs(z)) * (1 - y if z > 0 else y)
            slope = mp.mpf(1 - y if z > 0 else -y)
        else:
            p = 1 / (1 + mp.exp(-mp.mpf(z)))
            expected = -(y * mp.log(p) + (1 - y) * mp.log(1 - p))
            slope = p - y
    logit = Value(z)
    loss = with_logits(logit, y)
    assert math.isclose(loss.data, expected, rel_tol=1e-15)
    assert math.isclose(grad(loss, logit), slope, rel_tol=1e-14)


# ── cross entropy ────────────────────────────────────────────────────────────────────────────


def test_cross_entropy_is_minus_the_logarithm_of_a_softmax() -> None:
    logits = [1.0, 2.0, 3.0]
    softmax = [math.exp(v) / sum(map(math.exp, logits)) for v in logits]
    for k in range(3):
        assert math.isclose(cross_entropy(logits, k).data, -math.log(softmax[k]), rel_tol=1e-15)
    values = [Value(v) for v in logits]
    a_one: Any = np.int64(1)
    gradient = grad(cross_entropy(values, a_one), values)
    np.testing.assert_allclose(gradient, np.array(softmax) - [0, 1, 0], rtol=1e-14)


def test_a_class_is_the_same_as_its_one_hot_probabilities() -> None:
    logits = [Value(v) for v in (0.5, -1.0, 2.0)]
    one_hot: list[Value | float] = [0, Value(1), 0.0]
    by_number, by_one_hot = cross_entropy(logits, 1), cross_entropy(logits, one_hot)
    assert math.isclose(by_number.data, by_one_hot.data, rel_tol=1e-15)
    np.testing.assert_allclose(grad(by_one_hot, logits), grad(by_number, logits), rtol=1e-15)


def test_cross_entropy_with_probabilities() -> None:
    p, q = [0.2, 0.3, 0.5], [0.1, 0.7, 0.2]
    logits = [math.log(x) for x in q]
    expected = -sum(pk * math.log(qk) for pk, qk in zip(p, q, strict=True))
    assert math.isclose(cross_entropy(logits, p).data, expected, rel_tol=1e-14)
    arrays: tuple[Any, Any] = np.array(logits), np.array(p)
    assert math.isclose(cross_entropy(*arrays).data, expected, rel_tol=1e-14)


def test_cross_entropy_of_rows_is_the_mean() -> None:
    rows, targets = [[1.0, 2.0], [3.0, 0.0]], [0, 1]
    each = [cross_entropy(row, k).data for row, k in zip(rows, targets, strict=True)]
    assert math.isclose(cross_entropy(rows, targets).data, sum(each) / 2, rel_tol=1e-15)
    assert cross_entropy(rows, [[1, 0], [0, 1]]).data == cross_entropy(rows, targets).data
    arrays: tuple[Any, Any] = np.array(rows), np.array(targets)
    assert cross_entropy(*arrays).data == (each[0] + each[1]) / 2


def test_large_logits_neither_overflow_nor_lose_digits() -> None:
    assert cross_entropy([1000.0, 0.0], 0).data == 0.0
    assert cross_entropy([1000.0, 0.0], 1).data == 1000.0
    here, far = cross_entropy([1.0, 0.0], 0), cross_entropy([2.0**40 + 1, 2.0**40], 0)
    assert here.data == far.data


# ── errors ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "loss", [half_squared_error, mse_loss, hinge_loss, binary_cross_entropy, with_logits]
)
@pytest.mark.parametrize(
    ("y_pred", "y_true", "kind", "text"),
    [
        ([], [], ValueError, "expected at least one prediction, got an empty list"),
        ([0.5], [1, 1], ValueError, "got 1 predictions and 2 targets"),
        ([0.5], 1, TypeError, "or a list of each, got list and int"),
        (0.5, [1], TypeError, "or a list of each, got float and list"),
        ("0.5", 1, TypeError, "got str"),
        (0.5, "1", TypeError, "got str"),
        (None, 1, TypeError, "got NoneType"),
    ],
)
def test_predictions_and_targets_that_do_not_pair_up_are_refused(
    loss: Callable[..., Value], y_pred: Any, y_true: Any, kind: type[Exception], text: str
) -> None:
    with pytest.raises(kind, match=text):
        loss(y_pred, y_true)


NO_LOGITS = "expected at least one logit, got an empty list"


@pytest.mark.parametrize(
    ("loss", "y_pred", "y_true", "text"),
    [
        (hinge_loss, 0.5, 0, "a target of -1 or 1 for hinge_loss, got 0\\. .* 2\\*y - 1"),
        (hinge_loss, [0.5, 0.5], [1, Value(0.5)], "got 0.5"),
        (
            binary_cross_entropy,
            0.5,
            -1,
            r"from 0 to 1 for binary_cross_entropy, got -1\. .* \(y \+ 1\) / 2",
        ),
        (with_logits, 0.5, 2, "from 0 to 1 for binary_cross_entropy, got 2"),
        (binary_cross_entropy, 1.5, 1, "a probability from 0 to 1 as .* got 1.5. .*from_logits"),
        (binary_cross_entropy, -0.1, 1, "a probability from 0 to 1 as .* got -0.1"),
        (
            cross_entropy,
            [1.0, 2.0],
            [1.0],
            "one probability for each logit, got 2 logits and 1 probabilities",
        ),
        (cross_entropy, [1.0, 2.0], [0.7, 0.7], r"sum to 1 as the target, got \[0\.7, 0\.7\]"),
        (cross_entropy, [1.0, 2.0], [1.5, -0.5], "probabilities of 0 or more"),
        (
            cross_entropy,
            [[1.0, 2.0]],
            [0, 1],
            "one target for each row of logits, got 1 rows and 2 targets",
        ),
        (cross_entropy, [], 0, NO_LOGITS),
        (cross_entropy, [], [], NO_LOGITS),
    ],
)
def test_numbers_out_of_range_are_refused(
    loss: Callable[..., Value], y_pred: Any, y_true: Any, text: str
) -> None:
    with pytest.raises(ValueError, match=text):
        loss(y_pred, y_true)


def test_an_unknown_class_is_refused() -> None:
    for k in (2, -1):
        with pytest.raises(
            IndexError, match=f"expected a class from 0 to 1, one for each logit, got {k}"
        ):
            cross_entropy([1.0, 2.0], k)


@pytest.mark.parametrize(
    ("logits", "target", "text"),
    [
        (1.0, 0, "expected a list for logits, got float: 1.0"),
        ([1.0, 2.0], 0.0, "expected an int, a Value or a list for target, got float: 0.0"),
        ([[1.0, 2.0]], 0, "a list of targets, one for each row of logits, got int: 0"),
        ([1.0, "2"], 0, "got str"),
    ],
)
def test_cross_entropy_of_anything_but_lists_is_refused(
    logits: Any, target: Any, text: str
) -> None:
    with pytest.raises(TypeError, match=text):
        cross_entropy(logits, target)


def test_a_nan_passes_through() -> None:
    for loss in (half_squared_error, mse_loss, hinge_loss, binary_cross_entropy, with_logits):
        assert math.isnan(loss(math.nan, 1).data)
    assert math.isnan(cross_entropy([math.nan, 1.0], 1).data)


# ── 0 · ln 0, and probabilities that rounding pushes past 0 or 1 ─────────────────────────────

inf = math.inf


def in_three_ways(f: Callable[..., Value], xs: Sequence[float]) -> list[tuple[float, list[float]]]:
    """Value and gradient, computed by the graph, by gradients as Values, and by a program."""
    leaves = [Value(x) for x in xs]
    y = f(*leaves)
    params = [Value(0.3 + 0.1 * i) for i in range(len(xs))]
    program = autograd.compile(f(*params), params=params)
    program.theta[:] = xs
    value, gradient = program.value_and_grad()
    return [
        (y.data, grad(y, leaves)),
        (y.data, [g.data for g in grad(y, leaves, create_graph=True)]),
        (value, gradient.tolist()),
    ]


CERTAIN_TARGETS: list[tuple[Callable[..., Value], Sequence[float], float, Sequence[float]]] = [
    # −ln(e² / (e¹ + e²)) = ln(1 + e⁻¹), and the gradient is softmax − target.
    (lambda a, b, c: cross_entropy([a, b, c], [0, 1, 0]), (1, 2, -inf), LN, (1 - P, P - 1, 0)),
    (lambda a, b, c: cross_entropy([a, b, c], 1), (1, 2, -inf), LN, (1 - P, P - 1, 0)),
    (lambda a, b, c: cross_entropy([a, b, c], [Value(0), Value(1), Value(0)]), (1, 2, -inf), LN,
     (1 - P, P - 1, 0)),
    (lambda a, b: cross_entropy([a, b], [1, 0]), (0, -inf), 0.0, (0, 0)),
    (lambda a, b: cross_entropy([a, b], [0, 1]), (-inf, 5), 0.0, (0, 0)),
    (lambda a, b, c: cross_entropy([a, b, c], [0.5, 0.5, 0]), (1, 1, -inf), math.log(2), (0, 0, 0)),
    (lambda a, b: cross_entropy([a, b], [0, 1]), (0, -inf), inf, (1, -1)),
    (lambda z: with_logits(z, 1), (inf,), 0.0, (0,)),
    (lambda z: with_logits(z, 0), (-inf,), 0.0, (0,)),
    (lambda z: with_logits(z, Value(1.0)), (inf,), 0.0, (0,)),
    (lambda z: with_logits(z, 1), (-inf,), inf, (-1,)),
    (lambda z: with_logits(z, 0), (inf,), inf, (1,)),
    (lambda p: binary_cross_entropy(p, 1), (1,), 0.0, (-1,)),
    (lambda p: binary_cross_entropy(p, 0), (0,), 0.0, (1,)),
]  # fmt: skip


@pytest.mark.parametrize(("f", "at", "value", "gradient"), CERTAIN_TARGETS)
def test_a_target_of_0_leaves_its_term_out(
    f: Callable[..., Value], at: Sequence[float], value: float, gradient: Sequence[float]
) -> None:
    for found, slopes in in_three_ways(f, at):
        assert found == pytest.approx(value, rel=1e-14)
        assert slopes == pytest.approx(list(gradient), rel=1e-14, abs=1e-16)


def test_a_column_of_targets_leaves_terms_out_row_by_row() -> None:
    z, y = Value(0.3), Value(0.5)
    program = autograd.compile(with_logits(z, y), inputs=[z, y])
    assert program([inf, -inf, inf, 0.0], [1, 0, 0, 1]).tolist() == [0.0, 0.0, inf, math.log(2)]


ROUNDING_ERRORS = [2.0**-52, 1e-15, 1e-13]


@pytest.mark.parametrize("by", ROUNDING_ERRORS)
def test_a_probability_that_rounding_pushed_past_0_or_1_counts_as_0_or_1(by: float) -> None:
    for p, y, value, slope in (
        (1 + by, 1, 0.0, -1.0),
        (1 + by, 0, 100.0, 0.0),  # as at p = 1, where the logarithm is cut at −100
        (-by, 0, 0.0, 1.0),
        (-by, 1, 100.0, 0.0),
    ):
        for found, slopes in in_three_ways(lambda p, y=y: binary_cross_entropy(p, y), [p]):
            assert found == pytest.approx(value, abs=2 * by)
            assert slopes == pytest.approx([slope], abs=2 * by)
        # The same holds for a target, in this and other losses.
        assert binary_cross_entropy(0.5, p).data == pytest.approx(math.log(2))
        assert with_logits(0.5, p).data == pytest.approx(with_logits(0.5, round(p)).data)
    assert cross_entropy([0.0, 0.0], [1 + by, -by]).data == pytest.approx(math.log(2))
    assert hinge_loss(0.25, 1 + by).data == pytest.approx(0.75)
    assert hinge_loss(0.25, -1 + by).data == pytest.approx(1.25)


def test_sums_of_probabilities_are_probabilities() -> None:
    rng = random.Random(0)
    for _ in range(300):
        p = softmax([Value(rng.uniform(-5, 5)) for _ in range(rng.randint(2, 40))])
        assert abs(binary_cross_entropy(total(p), 1).data) < 1e-12
        rest = 1 - p[0]
        for q in p[1:]:
            rest = rest - q
        assert abs(binary_cross_entropy(rest, 0).data) < 1e-12


@pytest.mark.parametrize("by", [1e-11, 1e-9, 1e-6])
def test_an_error_too_large_for_rounding_is_refused_and_shown_in_full(by: float) -> None:
    for p in (1 + by, -by):
        with pytest.raises(ValueError, match=f"got {p!r}. For a logit"):
            binary_cross_entropy(p, 1)
        with pytest.raises(ValueError, match=f"got {p!r}. For targets of -1 and 1"):
            binary_cross_entropy(0.5, p)
    with pytest.raises(ValueError, match=f"-1 or 1 for hinge_loss, got {1 + by!r}. "):
        hinge_loss(0.5, 1 + by)
