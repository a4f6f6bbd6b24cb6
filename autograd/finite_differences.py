"""`gradcheck`: compare gradients with finite differences, which estimate their own error."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from . import modes
from ._numbers import as_float
from .calls import as_result, check_function, number_of
from .differentiate import value_and_grad
from .value import Number, Value

__all__ = ["GradcheckResult", "gradcheck"]

_LARGEST_STEP = 1.5e-3  # times |x|, or times 1 if |x| is less
_SMALLEST_STEP = 1e-12  # times |x|: more than the last digits of x must change
_SMALLEST_AT_0 = 1e-15
_SHRINK = 2.1  # from step to step; halving could keep all steps in phase with an oscillation
_COLUMNS = 6  # of the table of extrapolations: the last has order 12
_GOOD = 1e-6  # an estimate with this relative uncertainty is good enough to compare others with
_PATIENCE = 12  # after a good estimate, this many steps without a better one end the search
_ROUNDING = 2.0**-52


class GradcheckResult:
    """The result of `gradcheck`; true if every entry agrees.

    Attributes:
        ok: whether all entries agree within the tolerances.
        worst: the index of the argument with the worst agreement.
        analytic: its gradient by backpropagation.
        numeric: its gradient by finite differences.
        error: ``|analytic − numeric|`` there.
        tolerance: the largest error that would be accepted there.
        uncertainty: the estimated error of the numeric side.
        kink: the slopes to the left and to the right if they differ; None where f is smooth.
    """

    __slots__ = (
        "analytic", "error", "kink", "numeric", "ok", "tolerance", "uncertainty", "worst",
    )  # fmt: skip

    def __init__(
        self,
        worst: int,
        analytic: float,
        numeric: float,
        tolerance: float,
        uncertainty: float = 0.0,
        kink: tuple[float, float] | None = None,
    ) -> None:
        self.worst = worst
        self.analytic = analytic
        self.numeric = numeric
        self.error = _distance(analytic, numeric)
        self.tolerance = tolerance
        self.uncertainty = uncertainty
        self.kink = kink
        # Equal numbers need no tolerance. But beside a kink they may be equal by chance, and both
        # may be a wrong 0 where f does not change at all.
        exact = self.error == 0.0 != numeric and uncertainty <= 0.01 * abs(numeric)
        self.ok = self.error <= tolerance and (uncertainty <= tolerance or exact)

    def __getstate__(self) -> Any:
        return object.__getstate__(self)  # without this, pickle's oldest protocols refuse slots

    def __bool__(self) -> bool:
        return self.ok

    def __repr__(self) -> str:
        undecided = not self.ok and self.error <= self.tolerance + self.uncertainty
        verdict = "agrees" if self.ok else "CANNOT TELL" if undecided else "DISAGREES"
        text = (
            f"gradcheck {verdict}: worst at argument {self.worst}: analytic {self.analytic!r}, "
            f"numeric {self.numeric!r}, error {self.error:.3g} (accepted {self.tolerance:.3g})"
        )
        if undecided:
            text += f"; the numeric side is uncertain by {self.uncertainty:.3g}"
        if self.kink:
            text += (
                f"; a kink: slope {self.kink[0]:.6g} on its left, {self.kink[1]:.6g} on its right"
            )
        return text


class _Estimate(NamedTuple):
    """A derivative by finite differences."""

    derivative: float
    uncertainty: float
    kink: tuple[float, float] | None


def gradcheck(
    f: Callable[..., Any], *xs: Number, rtol: float = 1e-6, atol: float = 1e-8
) -> GradcheckResult:
    """Compare the gradient of ``f(*xs)`` with finite differences, and report the worst entry.

    The numeric side is Ridders' method: central differences ``(f(x+h) − f(x−h)) / 2h`` for smaller
    and smaller h, each 2.1 times smaller than the last, extrapolated to h = 0. Its error is
    estimated from the differences between the extrapolations and from the rounding of f. Steps go
    down to 1e-12 of x, small enough for a pole or a fast oscillation nearby (log at 1e-300,
    sin(1e6·x)). An entry agrees if ``|analytic − numeric| ≤ atol + rtol·|numeric|`` and the
    uncertainty of the numeric side is within that tolerance. If the numeric side is too uncertain
    to tell whether the gradient is right, the result is false and says so.

    Arguments:
        f: takes one Value per x and returns a Value.
        xs: the point to check at, as numbers. At a kink (relu at 0) there is no derivative: the
            numeric side is the mean of both slopes, and the result names them. An ArithmeticError
            or ValueError that f raises near x, but not at x, counts as nan: smaller steps follow.

    Source: C. J. F. Ridders, Accurate computation of F'(x) and F'(x)F''(x), Advances in
    Engineering Software 4 (1982), 75–76.

    >>> from autograd import gradcheck
    >>> bool(gradcheck(lambda a, b: a.exp() * b, 0.3, 2.0))
    True
    """
    check_function(f, "gradcheck")
    if not xs:
        raise ValueError(
            "gradcheck expects at least one number to check at, got none; "
            "call it as gradcheck(f, x1, x2, ...)"
        )
    numbers = [_point(x, i) for i, x in enumerate(xs)]

    def checked(*v: Value) -> Value | float:
        return as_result(f(*v), f, "gradcheck")

    y, gradient = value_and_grad(checked, create_graph=False)(*numbers)
    analytic = list(gradient) if len(numbers) > 1 else [gradient]

    def check(i: int) -> GradcheckResult:
        def along(x: float) -> float:
            arguments = [Value(x if j == i else number) for j, number in enumerate(numbers)]
            try:
                with modes.recorded():  # f may itself ask for gradients
                    return number_of(f(*arguments))
            except (ArithmeticError, ValueError):  # outside f's domain; smaller steps stay inside
                return math.nan

        best: GradcheckResult | None = None
        for estimate in _estimates(along, numbers[i], y, analytic[i]):
            size = abs(estimate.derivative) if math.isfinite(estimate.derivative) else 0.0
            tolerance = atol + rtol * size  # nothing is near inf or nan
            result = GradcheckResult(
                i, analytic[i], estimate.derivative, tolerance, estimate.uncertainty, estimate.kink
            )
            if result.ok and not result.kink:
                return result
            if best is None or _is_more_certain(result, best):
                best = result
        assert best is not None
        return best

    return max(map(check, range(len(numbers))), key=lambda r: (not r.ok, r.error - r.tolerance))


def _point(x: Any, i: int) -> float:
    """A finite number to check at."""
    try:
        number = as_float(x)
    except TypeError as error:
        raise TypeError(
            f"gradcheck, x{i + 1}: {error} Call it as gradcheck(f, x1, x2, ...)."
        ) from None
    if not math.isfinite(number):
        raise ValueError(f"gradcheck, x{i + 1}: expected a finite number to check at, got {x!r}")
    return number


def _is_more_certain(result: GradcheckResult, than: GradcheckResult) -> bool:
    """Whether the later result is more certain. Smaller steps miss a kink that is beside x."""
    if result.kink or than.kink:
        return result.uncertainty <= result.tolerance
    return result.uncertainty * than.tolerance < than.uncertainty * result.tolerance


def _estimates(
    f: Callable[[float], float], x: float, y: float, analytic: float
) -> Iterator[_Estimate]:
    """Estimates of f′(x), from smaller and smaller steps; the last is not always the best.

    Arguments:
        f: the function.
        x: the point.
        y: f(x).
        analytic: the expected derivative; used only to see when rounding errors exceed it.
    """
    h = _LARGEST_STEP * max(1.0, abs(x))
    smallest = max(_SMALLEST_STEP * abs(x) if x else _SMALLEST_AT_0, 5e-320)
    row: list[float] = []  # T[k, 0], T[k, 1], …: extrapolations of higher and higher order
    bend = 0.0  # f(x + h) − 2f(x) + f(x − h)
    least, waited = math.inf, 0
    while h >= smallest:
        right, left = x + h, x - h  # rounded to floats; so is their distance
        above, below = f(right), f(left)
        difference = (above - below) / (right - left)
        previous, row = row, [difference]
        error = math.inf
        derivative = difference
        for j, before in enumerate(previous[: _COLUMNS - 1]):
            better = row[j] + (row[j] - before) / (_SHRINK ** (2 * j + 2) - 1.0)
            distance = max(abs(better - row[j]), abs(better - before))
            if distance <= error:
                error, derivative = distance, better
            row.append(better)
        if not all(map(math.isfinite, row)):
            row = [difference] if math.isfinite(difference) else []
        largest = max([abs(v) for v in (above, below, y) if math.isfinite(v)], default=0.0)
        noise = _ROUNDING * largest
        before, bend = bend, above - 2.0 * y + below
        # With twice the step, a smooth function bends four times as much, and a kink twice.
        kinked = (
            abs(bend) > 64.0 * noise
            and 0.9 < before / bend / _SHRINK < 1.1
            and error <= abs(bend) / h
        )
        kink = ((y - below) / (x - left), (above - y) / (right - x)) if kinked else None
        uncertainty = error + 2.0 * noise / h
        yield _Estimate(derivative, uncertainty if math.isfinite(uncertainty) else math.inf, kink)
        if noise / h > 1e3 * max(abs(analytic), abs(derivative), 1e-8):
            return  # from here on there is only rounding error
        relative = uncertainty / abs(derivative) if derivative else math.inf
        waited = 0 if relative < least or kinked or least > _GOOD else waited + 1
        least = min(least, relative)
        if waited == _PATIENCE:
            return
        h /= _SHRINK


def _distance(a: float, b: float) -> float:
    """|a − b|, 0 between equal infinities, inf where one is nan."""
    if a == b:
        return 0.0
    distance = abs(a - b)
    return distance if not math.isnan(distance) else math.inf
