"""Losses: how far predictions are from their targets, as one Value to differentiate.

Each takes one prediction and its target, or a list of each, and then gives the mean.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from numbers import Integral
from typing import TYPE_CHECKING, Any, TypeAlias

from autograd import Value, log_softmax, mean, ops, total
from autograd.functions import log_probability
from autograd.value import Integer, Number, Numbers, as_operand

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["binary_cross_entropy", "cross_entropy", "half_squared_error", "hinge_loss", "mse_loss"]

Scalar: TypeAlias = Value | Number

# A list of numbers or of rows of them: one Sequence, for with two to choose from mypy takes a list
# of Values and floats for a list of objects.
if TYPE_CHECKING:
    Rows: TypeAlias = Sequence[Scalar | Numbers] | NDArray[Any]
else:
    Rows: TypeAlias = Sequence[Any]

# PyTorch's lowest logarithm of a probability, −100, as a probability.
_LEAST = math.exp(-100.0)

# How far rounding may push a probability past 0 or 1: 4,096 units in the last place of 1. A sum of
# a few thousand probabilities, or 1 less such a sum, stays well within it.
_ROUNDING = 2.0**-40


def half_squared_error(y_pred: Scalar | Numbers, y_true: Scalar | Numbers) -> Value:
    """``½ (y_pred − y_true)²``, whose derivative by y_pred is the error itself, y_pred − y_true.

    Arguments:
        y_pred: a prediction, or a list of them.
        y_true: its target, or as many targets; numbers or Values.

    Returns:
        The loss; of lists the mean of the losses.

    Raises:
        ValueError: the lists are empty, or not equally long.
        TypeError: only one of the two is a list, or something is not a number.

    >>> half_squared_error(Value(2.0), 3).data
    0.5
    """

    def loss(y_pred: Value, y_true: Value | float) -> Value:
        return 0.5 * (y_pred - y_true) ** 2

    return _mean_of(loss, y_pred, y_true)


def mse_loss(y_pred: Scalar | Numbers, y_true: Scalar | Numbers) -> Value:
    """The mean squared error, ``Σ (y_predᵢ − y_trueᵢ)² / n``.

    Arguments:
        y_pred: a prediction, or a list of them.
        y_true: its target, or as many targets; numbers or Values.

    Raises:
        ValueError: the lists are empty, or not equally long.
        TypeError: only one of the two is a list, or something is not a number.
    """

    def loss(y_pred: Value, y_true: Value | float) -> Value:
        return (y_pred - y_true) ** 2

    return _mean_of(loss, y_pred, y_true)


def hinge_loss(y_pred: Scalar | Numbers, y_true: Scalar | Numbers) -> Value:
    """``max(0, 1 − y_true · y_pred)``: 0 for a score on the right side with a margin of 1.

    Arguments:
        y_pred: a score, any number, or a list of scores.
        y_true: −1 or 1 (up to rounding), or as many of them; numbers or Values.

    Returns:
        The loss; of lists the mean of the losses.

    Raises:
        ValueError: the lists are empty, or not equally long, or a target is neither −1 nor 1.
        TypeError: only one of the two is a list, or something is not a number.
    """

    def loss(y_pred: Value, y_true: Value | float) -> Value:
        if not abs(abs(_number(y_true)) - 1.0) <= _ROUNDING:
            raise ValueError(
                f"the targets of hinge_loss are -1 and 1, and got {_digits(y_true)}; "
                "for targets 0 and 1 use 2*y - 1, or binary_cross_entropy"
            )
        return (1 - y_true * y_pred).relu()

    return _mean_of(loss, y_pred, y_true)


def binary_cross_entropy(
    y_pred: Scalar | Numbers,
    y_true: Scalar | Numbers,
    from_logits: bool = False,
) -> Value:
    """``−(y_true · ln p + (1 − y_true) · ln(1 − p))``, p being the probability of a 1.

    A logarithm below −100 counts as −100, as in PyTorch, so that a p of 0 or 1 gives a finite
    loss; the gradient of that logarithm is then 0. With `from_logits` p is sigmoid(y_pred), and the
    loss is computed without p, where ``ln p = −softplus(−y_pred)`` and
    ``ln(1 − p) = −softplus(y_pred)``: exact for any logit, and its gradient never vanishes on a
    wrong prediction. Prefer it. A target of 0 or 1 leaves the other term out, even an infinite one:
    ``0 · ln 0 = 0``.

    A probability is often a sum, such as ``1 − p0 − p1``, which rounding may push past 0 or 1.
    As much as rounding explains (1e-12) is accepted. The loss of a p just above 1 is then negative
    by as little, and its gradient that at 1; a p just below 0 counts as 0.

    Arguments:
        y_pred: a probability p, from 0 to 1, or with `from_logits` any number; or a list of them.
        y_true: the target, from 0 to 1 (mostly one of them), or as many; numbers or Values.
        from_logits: y_pred is a logit.

    Returns:
        The loss; of lists the mean of the losses.

    Raises:
        ValueError: the lists are empty, or not equally long, or something is not from 0 to 1.
        TypeError: only one of the two is a list, or something is not a number.
    """

    def loss(y_pred: Value, y_true: Value | float) -> Value:
        if not -_ROUNDING <= _number(y_true) <= 1.0 + _ROUNDING:
            raise ValueError(
                f"a target of binary_cross_entropy is from 0 to 1, and got {_digits(y_true)}; "
                "for targets -1 and 1 use (y + 1) / 2, or hinge_loss"
            )
        if from_logits:
            minus_ln_p, minus_ln_q = (-y_pred).softplus(), y_pred.softplus()
            y: Value = ops.GATED(y_true, minus_ln_p) + ops.GATED(1 - y_true, minus_ln_q)
            return y
        p = y_pred
        if p.data < -_ROUNDING or p.data > 1.0 + _ROUNDING:  # a nan passes on, as everywhere
            raise ValueError(
                f"a prediction of binary_cross_entropy is a probability from 0 to 1, and got "
                f"{_digits(p)}; for a score of any size say from_logits=True"
            )
        # The largest of p and e⁻¹⁰⁰ before the logarithm, not of ln p and −100 after it: the
        # derivative of ln at 0 is inf, and inf · 0 would be nan.
        ln_p, ln_q = p.maximum(_LEAST).log(), (1 - p).maximum(_LEAST).log()
        return -(y_true * ln_p + (1 - y_true) * ln_q)

    return _mean_of(loss, y_pred, y_true)


def cross_entropy(logits: Rows, target: Integer | Rows) -> Value:
    """``−ln softmax(logits)[target]``: how surprising the right class is to the model.

    With probabilities pₖ as the target it is ``−Σ pₖ · ln softmax(logits)ₖ``, where a pₖ of 0
    leaves its term out, even an infinite one: ``0 · ln 0 = 0``. Stable: the largest logit is
    subtracted first (see `autograd.log_softmax`), and a loss that is nearly 0 keeps its digits.

    Arguments:
        logits: a score for each class; or a list of such rows.
        target: the number of the right class, or a list of probabilities, one for each class; or,
            for a list of rows, a list of as many targets. Probabilities may add up to
            1 ± 1e-6, which leaves room for single precision.

    Returns:
        The loss; of several rows the mean of the losses.

    Raises:
        IndexError: there is no class of that number.
        ValueError: there are no logits, lengths differ, or probabilities are negative or do not add
            up to 1.
        TypeError: something is not of its type.

    >>> round(cross_entropy([1.0, 2.0, 3.0], 2).data, 6)
    0.407606
    """
    rows: Any = _listed(logits, "logits")
    if rows and _is_list(rows[0]):
        targets = _listed(target, "target")
        if len(rows) != len(targets):
            raise ValueError(
                f"{len(rows)} rows of logits need as many targets, and got {len(targets)}"
            )
        return mean(map(_cross_entropy_of_row, rows, targets))
    return _cross_entropy_of_row(rows, target)


def _cross_entropy_of_row(logits: Any, target: Any) -> Value:
    logits = _listed(logits, "logits")
    if isinstance(target, Integral):
        k = operator.index(target)
        if logits and not 0 <= k < len(logits):
            raise IndexError(
                f"there is no class {k}: these logits are for {len(logits)} classes, "
                f"numbered 0 to {len(logits) - 1}"
            )
        return -log_probability(logits, k)
    p, log_p = _listed(target, "target"), log_softmax(logits)
    if len(p) != len(log_p):
        raise ValueError(f"{len(log_p)} logits need as many probabilities, and got {len(p)}")
    numbers = [_number(pk) for pk in p]
    if min(numbers) < -_ROUNDING or abs(math.fsum(numbers) - 1.0) > 1e-6:
        raise ValueError(
            f"the probabilities of a target are 0 or more and add up to 1, and got {numbers}"
        )
    return -total(map(ops.GATED, map(as_operand, p), log_p))


def _mean_of(loss: Callable[[Value, Value | float], Value], y_pred: Any, y_true: Any) -> Value:
    """The loss of a pair, or the mean loss of two lists of them."""
    if _is_list(y_pred) != _is_list(y_true):
        raise TypeError(
            "give one prediction and one target, or a list of each; got "
            f"{type(y_pred).__qualname__} and {type(y_true).__qualname__}"
        )
    if not _is_list(y_pred):
        return loss(_as_value(y_pred), as_operand(y_true))
    if len(y_pred) != len(y_true):
        raise ValueError(
            f"each prediction needs a target: got {len(y_pred)} predictions and {len(y_true)} "
            "targets"
        )
    if len(y_pred) == 0:
        raise ValueError("a loss needs at least one prediction, and got an empty list")
    return mean([loss(_as_value(p), as_operand(t)) for p, t in zip(y_pred, y_true, strict=True)])


def _is_list(thing: Any) -> bool:
    return hasattr(thing, "__len__") and not isinstance(thing, str)


def _listed(things: Any, name: str) -> list[Any]:
    if not _is_list(things):
        advice = "an int or " if name == "target" else ""
        raise TypeError(f"{name} is {advice}a list, and got {type(things).__qualname__}")
    return list(things)


def _as_value(thing: Any) -> Value:
    return thing if isinstance(thing, Value) else Value(thing, role="constant")


def _number(thing: Any) -> float:
    return _as_value(thing).data


def _digits(thing: Any) -> str:
    """The number with all the digits that it differs by from others."""
    return repr(_number(thing)).removesuffix(".0")
