"""Losses: how far predictions are from their targets, as one Value to differentiate.

Each takes a prediction and its target, or a list of predictions and a list of as many targets, and
then returns the mean loss. Both may be numbers or Values. Lists that are empty or differ in length,
and numbers out of range, raise a ValueError; anything that is not a number raises a TypeError.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, TypeAlias

from autograd import Value, equal, log_softmax, mean, ops, pick, total, where
from autograd.console import on_one_line
from autograd.functions import as_named_operand, log_probability, mark
from autograd.value import Integer, Number, Numbers

from ._checks import (
    as_list,
    as_numbers,
    check_flag,
    check_fraction,
    check_integer,
    describe,
    is_list,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["binary_cross_entropy", "cross_entropy", "half_squared_error", "hinge_loss", "mse_loss"]

Scalar: TypeAlias = Value | Number

# A list of numbers, or of rows of them. It is one Sequence: for a union of two, mypy would infer a
# list of objects from a list of Values and floats.
if TYPE_CHECKING:
    Rows: TypeAlias = Sequence[Scalar | Numbers] | NDArray[Any]
else:
    Rows: TypeAlias = Sequence[Any]

# The probability whose logarithm is −100, the lowest that PyTorch uses.
_LEAST = math.exp(-100.0)

# How far rounding may push a probability past 0 or 1: 4,096 units in the last place of 1. A sum of
# a few thousand probabilities, or 1 minus such a sum, stays well within that.
_ROUNDING = 2.0**-40


def half_squared_error(y_pred: Scalar | Numbers, y_true: Scalar | Numbers) -> Value:
    """``½ (y_pred − y_true)²``, whose derivative is the error itself, y_pred − y_true.

    >>> half_squared_error(Value(2.0), 3).data
    0.5
    """

    def loss(y_pred: Value, y_true: Value | float) -> Value:
        return 0.5 * (y_pred - y_true) ** 2

    return _mean_of(loss, y_pred, y_true)


def mse_loss(y_pred: Scalar | Numbers, y_true: Scalar | Numbers) -> Value:
    """The mean squared error, ``Σ (y_predᵢ − y_trueᵢ)² / n``."""

    def loss(y_pred: Value, y_true: Value | float) -> Value:
        return (y_pred - y_true) ** 2

    return _mean_of(loss, y_pred, y_true)


def hinge_loss(y_pred: Scalar | Numbers, y_true: Scalar | Numbers) -> Value:
    """``max(0, 1 − y_true · y_pred)``: 0 for a score on the right side with a margin of 1.

    Arguments:
        y_pred: a score, any number.
        y_true: −1 or 1 (up to rounding).
    """

    def loss(y_pred: Value, y_true: Value | float) -> Value:
        if not abs(abs(_number(y_true)) - 1.0) <= _ROUNDING:
            raise ValueError(
                f"expected a target of -1 or 1 for hinge_loss, got {_digits(y_true)}. For targets "
                "of 0 and 1, pass 2*y - 1, or use binary_cross_entropy."
            )
        return (1 - y_true * y_pred).relu()

    return _mean_of(loss, y_pred, y_true)


def binary_cross_entropy(
    y_pred: Scalar | Numbers,
    y_true: Scalar | Numbers,
    from_logits: bool = False,
) -> Value:
    """``−(y_true · ln p + (1 − y_true) · ln(1 − p))``, p being the probability of a 1.

    Prefer `from_logits`: then p is sigmoid(y_pred), and the loss is computed without p, from
    ``ln p = −softplus(−y_pred)`` and ``ln(1 − p) = −softplus(y_pred)``. That is exact for any
    logit, and the gradient never vanishes on a wrong prediction.

    As in PyTorch, a logarithm below −100 counts as −100, so that a p of 0 or 1 gives a finite loss;
    the gradient of that logarithm is then 0. A target of 0 or 1 leaves the other term out, even an
    infinite one: ``0 · ln 0 = 0``.

    A probability is often a sum, such as ``1 − p0 − p1``, which rounding may push past 0 or 1. So p
    may be off by 1e-12. Just above 1, the loss is negative, by no more than that, and its gradient
    is that at 1; just below 0, p counts as 0.

    Arguments:
        y_pred: a probability p, from 0 to 1; or, with `from_logits`, a logit, any number.
        y_true: the target, 0, 1 or a probability between them.
        from_logits: whether y_pred is a logit.
    """
    check_flag(from_logits, "from_logits")

    def loss(y_pred: Value, y_true: Value | float) -> Value:
        target = _number(y_true)
        if not -_ROUNDING <= target <= 1.0 + _ROUNDING:
            raise ValueError(
                f"expected a target from 0 to 1 for binary_cross_entropy, got {_digits(y_true)}. "
                "For targets of -1 and 1, pass (y + 1) / 2, or use hinge_loss."
            )
        if from_logits:
            minus_ln_p, minus_ln_q = (-y_pred).softplus(), y_pred.softplus()
            y: Value = ops.GATED(y_true, minus_ln_p) + ops.GATED(1 - y_true, minus_ln_q)
            mark((y,), "binary cross-entropy", (y_pred, y_true), target)
            return y
        p = y_pred
        if p.data < -_ROUNDING or p.data > 1.0 + _ROUNDING:  # a nan passes on, as everywhere
            raise ValueError(
                "expected a probability from 0 to 1 as the prediction of binary_cross_entropy, got "
                f"{_digits(p)}. For a logit, which may be any number, pass from_logits=True."
            )
        # The limit comes before the logarithm, not after it as max(ln p, −100): the derivative of
        # ln at 0 is inf, and inf · 0 would be nan.
        ln_p, ln_q = p.maximum(_LEAST).log(), (1 - p).maximum(_LEAST).log()
        y = -(y_true * ln_p + (1 - y_true) * ln_q)
        mark((y,), "binary cross-entropy", (y_pred, y_true), target)
        return y

    return _mean_of(loss, y_pred, y_true)


def cross_entropy(
    logits: Rows,
    target: Integer | Value | Rows,
    *,
    ignore_index: Integer | None = None,
    label_smoothing: Number = 0.0,
) -> Value:
    """``−ln softmax(logits)[target]``: how much the right class surprises the model.

    With probabilities pₖ as the target it is ``−Σ pₖ · ln softmax(logits)ₖ``, where a pₖ of 0
    leaves its term out, even an infinite one: ``0 · ln 0 = 0``. Stable: the largest logit is
    subtracted first (see `autograd.log_softmax`), and a loss near 0 keeps its digits.

    With label smoothing ε and K classes, the target becomes ``(1 − ε) · pₖ + ε / K``, where the
    right class has pₖ = 1 and the others 0 (https://arxiv.org/abs/1512.00567).

    Arguments:
        logits: a score for each class; or a list of such rows.
        target: the number of the right class, or a probability for each class; or, for a list of
            rows, a list of as many targets. Probabilities sum to 1 ± 1e-6, which leaves room for
            single precision. A number may be a Value: then a program can take it as its input, a
            column of whole numbers.
        ignore_index: the number of a class that stands for padding. A row with this target does not
            count, and the mean is over the others; a single row has loss 0.
        label_smoothing: ε, from 0 to 1.

    Raises:
        ValueError: all targets of a list are ignored. If one of them is a Value, the mean over no
            rows is nan instead, as in PyTorch: which targets are ignored is decided in each row.

    >>> round(cross_entropy([1.0, 2.0, 3.0], 2).data, 6)
    0.407606
    >>> rows = [[1.0, 2.0, 3.0], [1.0, 2.0, 3.0]]
    >>> round(cross_entropy(rows, [2, -100], ignore_index=-100).data, 6)
    0.407606
    """
    smoothing = check_fraction(label_smoothing, "label_smoothing")
    ignored = None if ignore_index is None else check_integer(ignore_index, "ignore_index")
    rows: Any = as_list(logits, "a list for logits")
    if not rows or not is_list(rows[0]):
        return _loss_and_count(rows, target, ignored, smoothing)[0]
    targets = as_list(target, "a list of targets, one for each row of logits")
    if len(rows) != len(targets):
        raise ValueError(
            f"expected one target for each row of logits, got {len(rows)} rows and "
            f"{len(targets)} targets"
        )
    pairs = []
    for i, (row, one) in enumerate(zip(rows, targets, strict=True)):
        try:
            pairs.append(_loss_and_count(row, one, ignored, smoothing))
        except (TypeError, ValueError, IndexError) as error:
            raise type(error)(f"row {i}: {error}") from None
    counted = [(loss, count) for loss, count in pairs if count.__class__ is Value or count]
    if not counted:
        raise ValueError(f"expected at least one target that is not {ignored}, which is ignored")
    losses, counts = zip(*counted, strict=True)
    if any(isinstance(count, Value) for count in counts):
        return total(losses) / total(counts)
    return mean(losses)


def _loss_and_count(
    logits: Any, target: Any, ignored: int | None, smoothing: float
) -> tuple[Value, Value | int]:
    """The loss of a row, and whether it counts: 1 or 0, or a Value if a program is to decide."""
    if ignored is None or is_list(target):
        return _cross_entropy_of_row(logits, target, smoothing), 1
    if not isinstance(target, Value):
        if target == ignored:
            return Value(0.0, role="constant"), 0
        return _cross_entropy_of_row(logits, target, smoothing), 1
    if target.data != ignored:
        _check_class(target, logits)
    skip = equal(target, ignored)
    loss = _cross_entropy_of_row(logits, where(skip, 0, target), smoothing)
    return where(skip, 0, loss), 1 - skip


def _cross_entropy_of_row(logits: Any, target: Any, smoothing: float) -> Value:
    logits = as_list(logits, "a list for logits")
    if not logits:
        raise ValueError("expected at least one logit, got an empty list")
    logits = as_numbers(logits, "logits[{}]")
    if isinstance(target, Integral):
        k = operator.index(target)
        _check_class(target, logits)
        if smoothing:
            log_p = log_softmax(logits)
            y = -_smooth(log_p[k], log_p, smoothing)
        else:
            y = -log_probability(logits, k)
        mark((y,), "cross-entropy", tuple(logits), k)
        return y
    if isinstance(target, Value):
        _check_class(target, logits)
        log_p = log_softmax(logits)
        y = -_smooth(pick(log_p, target), log_p, smoothing)
        mark((y,), "cross-entropy", (*logits, target))
        return y
    if isinstance(target, Real):
        raise TypeError(
            f"expected an int, a Value or a list for target, got {describe(target)}; the number of "
            "a class is an int, so write int(target)"
        )
    p = as_numbers(as_list(target, "an int, a Value or a list for target"), "target[{}]")
    log_p = log_softmax(logits)
    if len(p) != len(log_p):
        raise ValueError(
            f"expected one probability for each logit, got {len(log_p)} logits and {len(p)} "
            "probabilities"
        )
    numbers = [_number(pk) for pk in p]
    if min(numbers) < -_ROUNDING or abs(math.fsum(numbers) - 1.0) > 1e-6:
        raise ValueError(
            f"expected probabilities of 0 or more that sum to 1 as the target, got {numbers}"
        )
    expected: Value = total(map(ops.GATED, p, log_p))
    y = -_smooth(expected, log_p, smoothing)
    mark((y,), "cross-entropy", (*logits, *p))
    return y


def _check_class(target: Any, logits: Any) -> None:
    """Raise an IndexError unless the target is the number of a logit."""
    number, count = float(_number(target)), len(logits)
    if 0 <= number < count and number.is_integer():
        return
    name = on_one_line(target.label) if isinstance(target, Value) else ""
    advice = ""
    if number < 0 and number.is_integer():
        advice = f"; if it stands for padding, pass ignore_index={number:.0f}"
    raise IndexError(
        f"expected a class from 0 to {count - 1}, one for each logit, got {_digits(target)}"
        f"{f' as the target {name!r}' if name else ''}{advice}"
    )


def _smooth(log_p: Value, all_log_p: Sequence[Value], smoothing: float) -> Value:
    """``(1 − ε) · ln p + ε · mean(ln pₖ)`` for the log-probability of the target."""
    if not smoothing:
        return log_p
    if smoothing == 1.0:
        return mean(all_log_p)
    return (1.0 - smoothing) * log_p + smoothing * mean(all_log_p)


def _mean_of(loss: Callable[[Value, Value | float], Value], y_pred: Any, y_true: Any) -> Value:
    """The loss of one prediction and its target, or the mean loss of a list of each."""
    if is_list(y_pred) != is_list(y_true):
        lazy = any(hasattr(y, "__next__") for y in (y_pred, y_true))
        raise TypeError(
            "expected one prediction and one target, or a list of each, got "
            f"{type(y_pred).__qualname__} and {type(y_true).__qualname__}"
            f"{'; make a list of it: list(...)' if lazy else ''}"
        )
    if not is_list(y_pred):
        prediction = as_named_operand(y_pred, "y_pred")
        return loss(_as_value(prediction), as_named_operand(y_true, "y_true"))
    if len(y_pred) != len(y_true):
        raise ValueError(
            f"expected one target for each prediction, got {len(y_pred)} predictions and "
            f"{len(y_true)} targets"
        )
    if len(y_pred) == 0:
        raise ValueError("expected at least one prediction, got an empty list")
    predictions = _as_flat(as_list(y_pred, "a list of predictions"), "y_pred")
    targets = _as_flat(as_list(y_true, "a list of targets"), "y_true")
    losses = []
    for i, (p, t) in enumerate(zip(predictions, targets, strict=True)):
        try:
            losses.append(loss(_as_value(p), t))
        except ValueError as error:
            raise ValueError(f"entry {i}: {error}") from None
    return mean(losses)


def _as_flat(numbers: list[Any], name: str) -> tuple[Value | float, ...]:
    """Values and floats for a list that has no rows."""
    for i, row in enumerate(numbers):
        if is_list(row):
            raise TypeError(
                f"expected a list of numbers or Values for {name}, got rows: {name}[{i}] is "
                f"{describe(row)}. Make one flat list: [v for row in {name} for v in row]."
            )
    return as_numbers(numbers, f"{name}[{{}}]")


def _as_value(thing: Any) -> Value:
    return thing if isinstance(thing, Value) else Value(thing, role="constant")


def _number(thing: Any) -> float:
    return _as_value(thing).data


def _digits(thing: Any) -> str:
    """The number in full, so that 1 + 1e-9 is not shown as 1."""
    return repr(_number(thing)).removesuffix(".0")
