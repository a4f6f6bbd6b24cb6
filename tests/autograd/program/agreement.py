"""Compute with graphs row by row, and compare programs with the results."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

import autograd
from autograd import Value
from autograd.graph import topological

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import ArrayLike, NDArray

    from autograd.program.program import Program

    Floats = NDArray[np.float64]
    # From parameters and inputs to the loss of one row.
    Build = Callable[[list[Value], list[Value]], Value]
    # Numbers to make parameters with, or the parameters of a model.
    Theta = Sequence[float] | Sequence[Value]

__all__ = [
    "Eager",
    "assert_agree",
    "assert_program_agrees",
    "compile_loss",
    "eager",
    "leaves",
    "size_of",
]

RTOL = 1e-12
# Numbers near the smallest float have few digits, and rounding may take the last ones.
ATOL = 1e-321


def assert_agree(
    found: ArrayLike, expected: ArrayLike, size: ArrayLike = 0.0, rtol: float = RTOL
) -> None:
    """Same shape, nan and inf in the same places, and other numbers close.

    Close is relative to the number; or to `size`, where that is larger: the size of what was added
    up to get the number. A sum of large terms that cancel has rounding errors of their size.
    """
    a, b = np.asarray(found, np.float64), np.asarray(expected, np.float64)
    assert a.shape == b.shape
    with np.errstate(invalid="ignore", over="ignore"):
        near = np.abs(a - b) <= rtol * np.maximum(np.abs(b), size) + ATOL
    right = np.where(np.isfinite(b), near, (a == b) | (np.isnan(a) & np.isnan(b)))
    if not right.all():
        where = np.argwhere(~right)
        told = [f"at {tuple(i)}: {a[tuple(i)]!r}, not {b[tuple(i)]!r}" for i in where[:5]]
        raise AssertionError(f"{len(where)} of {a.size} differ: {'; '.join(told)}")


class Eager(NamedTuple):
    """The results of one graph per row: losses (B,) and gradients (B, P)."""

    values: Floats
    gradients: Floats

    def first(self, rows: int) -> Eager:
        """The results of the first rows."""
        return Eager(self.values[:rows], self.gradients[:rows])

    def assert_mean_is(self, found: tuple[float, Floats], rtol: float = RTOL) -> None:
        """Check that a program's ``value_and_grad`` is the mean of this over the rows."""
        value, gradient = found
        assert type(value) is float
        assert gradient.dtype == np.float64
        for ours, rowwise in (([value], self.values[:, None]), (gradient, self.gradients)):
            assert_agree(ours, means(rowwise), means(np.abs(rowwise)), rtol)


def means(rowwise: Floats) -> list[float]:
    """The mean of each column, rounded once."""
    return [
        math.fsum(column) / len(rowwise) if np.isfinite(column).all() else float(sum(column))
        for column in rowwise.T
    ]


def eager(build: Build, theta: Theta, columns: Sequence[ArrayLike] = ()) -> Eager:
    """The loss and its gradient for each row, from one graph per row."""
    values, gradients = [], []
    params = leaves(theta)
    for row in zip(*map(np.ravel, columns), strict=True) if columns else [()]:
        for p in params:
            p.zero_grad()
        loss = build(params, leaves(row))
        loss.backward()
        values.append(loss.data)
        gradients.append([p.grad for p in params])
    return Eager(np.array(values), np.array(gradients).reshape(len(values), len(params)))


def compile_loss(
    build: Build, theta: Theta, inputs: int | Sequence[float] = 0, **options: Any
) -> Program:
    """Compile a loss, recorded at `inputs`; if that is how many there are, at 0.7, 1.2, …, which
    are not the numbers that it will see.
    """
    if isinstance(inputs, int):
        inputs = [0.7 + 0.5 * k for k in range(inputs)]
    params, columns = leaves(theta), leaves(inputs)
    return autograd.compile(build(params, columns), params=params, inputs=columns, **options)


def assert_program_agrees(
    build: Build, theta: Theta, columns: Sequence[ArrayLike] = (), **options: Any
) -> Program:
    """Check values, their mean and its gradient against graphs; return the program."""
    program = compile_loss(build, theta, len(columns), **options)
    expected = eager(build, theta, columns)
    assert_agree(program(*columns), expected.values)
    expected.assert_mean_is(program.value_and_grad(*columns))
    return program


def leaves(numbers: Theta) -> list[Value]:
    """The numbers as fresh leaves; Values as they are."""
    return [x if isinstance(x, Value) else Value(x) for x in numbers]


def size_of(result: Value) -> float:
    """``Σ |∂result/∂v · v|`` over all v in its graph: what rounding errors are relative to.

    To first order, an operation that rounds its result v with a relative error of ε changes the
    result by ``∂result/∂v · v · ε``. (Leaves' gradients have to be 0 before.)
    """
    result.backward()
    order = topological(result)
    size = sum(abs(v.grad * v.data) for v in order)
    for v in order:
        v.zero_grad()
    # At a pole of a derivative it says nothing. And where two factors are 0 because of what cancels
    # in them, rounding makes a product of two errors, which is of no first order.
    return size + RTOL if math.isfinite(size) else 0.0
