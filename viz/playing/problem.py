"""The points that a playground trains on: inputs, targets, and which points are held out."""

from __future__ import annotations

import math
from numbers import Real
from typing import Any, NamedTuple

from .draws import Draws

__all__ = ["Problem", "read_problem"]

MOST_CLASSES = 10  # a page has as many colours


class Problem(NamedTuple):
    """What is to be learnt.

    Attributes:
        rows: the inputs of each point.
        targets: the target of each point.
        held_out: the numbers of the points that are not trained on, in order.
    """

    rows: list[list[float]]
    targets: list[float]
    held_out: list[int]

    @property
    def width(self) -> int:
        """How many inputs each point has."""
        return len(self.rows[0])

    @property
    def training(self) -> list[int]:
        """The numbers of the points that are trained on, in order."""
        held_out = set(self.held_out)
        return [k for k in range(len(self.rows)) if k not in held_out]

    def find_classes(self, outputs: int) -> list[float]:
        """The classes, lowest first; none for a regression.

        A model with several outputs has an output for each class, 0, 1, 2, …; with one output it
        tells two classes apart, if the targets are two numbers, and estimates a number otherwise.
        """
        found = sorted(set(self.targets))
        if outputs == 1:
            return found if len(found) == 2 else []
        if not all(y.is_integer() and 0 <= y < outputs for y in found):
            raise ValueError(
                f"expected targets from 0 to {outputs - 1} in y, the number of a class for each "
                f"point, because the model has {outputs} outputs, got {_few(found)}"
            )
        if outputs > MOST_CLASSES:
            raise ValueError(f"expected at most {MOST_CLASSES} classes, got {outputs}")
        return [float(k) for k in range(outputs)]


def read_problem(X: Any, y: Any, held_out: Any, seed: int) -> Problem:  # noqa: N803
    """Check the points, and choose which are held out.

    Arguments:
        X: a row for each point, or a number if there is one input.
        y: the target of each point.
        held_out: the share of the points that is not trained on.
        seed: which points these are.
    """
    rows = [row if isinstance(row, list) else [row] for row in map(_plain, _list(X, "X"))]
    targets = [_number(each, f"y[{k}]") for k, each in enumerate(_list(y, "y"))]
    if len(rows) != len(targets):
        raise ValueError(
            f"expected one target in y for each point, got {len(rows)} points and "
            f"{len(targets)} targets"
        )
    if len(rows) < 2:
        raise ValueError(f"expected at least 2 points in X, got {len(rows)}")
    width = len(rows[0])
    for k, row in enumerate(rows):
        if len(row) != width or not row:
            raise ValueError(
                f"expected as many inputs in each row of X, got {width} in row 0 and {len(row)} in "
                f"row {k}"
            )
    rows = [[_number(x, f"X[{k}]") for x in row] for k, row in enumerate(rows)]
    share = _number(held_out, "held_out")
    if not 0.0 <= share < 1.0:
        raise ValueError(f"expected held_out to be a share from 0 to below 1, got {held_out!r:.60}")
    count = min(round(share * len(rows)), len(rows) - 1)
    return Problem(rows, targets, sorted(Draws(seed).shuffle(len(rows))[:count]))


def _plain(thing: Any) -> Any:
    """NumPy's arrays, and tuples, as lists."""
    if hasattr(thing, "tolist"):
        return thing.tolist()
    return list(thing) if isinstance(thing, tuple) else thing


def _list(thing: Any, name: str) -> list[Any]:
    plain = thing.to_numpy().tolist() if hasattr(thing, "to_numpy") else _plain(thing)
    if not isinstance(plain, list):
        raise TypeError(
            f"expected a list or an array for {name}, got {type(thing).__qualname__}: {thing!r:.60}"
        )
    return plain


def _number(thing: Any, name: str) -> float:
    if not isinstance(thing, Real):
        raise TypeError(
            f"expected a number for {name}, got {type(thing).__qualname__}: {thing!r:.60}"
        )
    if not math.isfinite(thing):
        raise ValueError(f"expected a finite number for {name}, got {float(thing)!r}")
    return float(thing)


def _few(numbers: list[float]) -> str:
    shown = ", ".join(f"{x:g}" for x in numbers[:5])
    return f"{shown}{', ...' if len(numbers) > 5 else ''}"
