"""Schedules: the learning rate as a function of the step.

Each of these returns a plain function. Steps are counted from 0::

    schedule = nn.warmup_cosine(0.1, warmup=10, steps=200)
    for step in range(200):
        optimiser.lr = schedule(step)
        ...
        optimiser.step()

Any function of your own serves as well. Groups with a learning rate of their own keep their
proportion to ``optimiser.lr``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

from autograd import ops
from autograd.value import Integer, Number

from .._checks import check_count, check_range, check_size

__all__ = ["linear", "step", "warmup_cosine"]

# Partials, not closures, so that a schedule can be printed, pickled and compared.


def warmup_cosine(
    lr: Number, warmup: Integer, steps: Integer, end: Number = 0.0
) -> Callable[[Number], float]:
    """Up along a line, then down along half a cosine (https://arxiv.org/abs/1608.03983).

    For step t = 0, 1, …::

        lr · (t + 1) / warmup                                       while t < warmup
        end + (lr − end) · (1 + cos(π · (t − warmup) / (steps − warmup))) / 2    then
        end                                                         from t = steps on

    Arguments:
        lr: the highest learning rate, above 0.
        warmup: how many steps lead up to it; 0 for none.
        steps: how many steps there are in all, more than warmup.
        end: the last learning rate, 0 or more.

    >>> schedule = warmup_cosine(0.1, warmup=2, steps=6)
    >>> [round(schedule(t), 4) for t in range(7)]
    [0.05, 0.1, 0.1, 0.0854, 0.05, 0.0146, 0.0]
    """
    warm, count = check_count(warmup, "warmup"), check_size(steps, "steps")
    if count <= warm:
        raise ValueError(f"expected more steps than the {warm} of warmup, got {count}")
    return partial(_warmup_cosine, _rate(lr), warm, count, _end(end))


def _warmup_cosine(lr: float, warmup: int, steps: int, end: float, step: Any) -> float:
    t = _check_step(step)
    if t < warmup:
        return lr * (t + 1.0) / warmup
    if t >= steps:
        return end
    return end + (lr - end) * (1.0 + math.cos(math.pi * (t - warmup) / (steps - warmup))) / 2.0


def linear(lr: Number, steps: Integer, end: Number = 0.0) -> Callable[[Number], float]:
    """Along a line from lr to end: ``lr + (end − lr) · min(1, t / steps)`` at step t.

    Arguments:
        lr: the learning rate at step 0, above 0.
        steps: how many steps it takes, 1 or more.
        end: the learning rate from then on, 0 or more. It may be the higher of the two.

    >>> schedule = linear(1.0, steps=4)
    >>> [schedule(t) for t in range(6)]
    [1.0, 0.75, 0.5, 0.25, 0.0, 0.0]
    """
    return partial(_linear, _rate(lr), check_size(steps, "steps"), _end(end))


def _linear(lr: float, steps: int, end: float, step: Any) -> float:
    t = _check_step(step)
    return end if t >= steps else lr + (end - lr) * (t / steps)


def step(lr: Number, every: Integer, factor: Number = 0.1) -> Callable[[Number], float]:
    """Down by a factor every so many steps: ``lr · factor^⌊t / every⌋`` at step t.

    Arguments:
        lr: the learning rate at step 0, above 0.
        every: after how many steps it changes, 1 or more.
        factor: what it is multiplied by, above 0.

    >>> schedule = step(1.0, every=2, factor=0.5)
    >>> [schedule(t) for t in range(6)]
    [1.0, 1.0, 0.5, 0.5, 0.25, 0.25]
    """
    shrink = check_range(factor, "factor", 0.0, above=True)
    return partial(_step, _rate(lr), check_size(every, "every"), shrink)


def _step(lr: float, every: int, factor: float, t: Any) -> float:
    shrunk: float = ops.POW.forward(factor, _check_step(t) // every)
    return lr * shrunk


def _rate(lr: Any) -> float:
    return check_range(lr, "lr", 0.0, above=True)


def _end(end: Any) -> float:
    return check_range(end, "end", 0.0)


def _check_step(t: Any) -> float:
    return check_range(t, "step", 0.0)
