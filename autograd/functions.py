"""Functions on lists of Values, built from the operations in the table.

An empty list raises a ValueError, and an element that is not a real number raises a TypeError that
names the function and the place of the element.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from numbers import Real
from typing import Any

from . import modes, ops
from ._numbers import as_float
from .console import printable
from .engines import native, recycled
from .value import Number, Value, as_operand, record

__all__ = [
    "FunctionCall",
    "as_entries",
    "as_named_operand",
    "as_operands",
    "atan2",
    "dot",
    "hypot",
    "log_probability",
    "log_softmax",
    "logsumexp",
    "mark",
    "maximum",
    "mean",
    "minimum",
    "softmax",
    "total",
    "weighted_sum",
]

_new = Value.__new__


@recycled
class FunctionCall:
    """One call of a function of several operations: the ``made_by`` of the Values that it returned.

    Pictures draw what it computed as one box.

    Attributes:
        name: what the function is called: ``"softmax"``.
        given: the operands; what lies between them and the results belongs to the call.
        target: for a loss, the target as a plain number; None if it is a list.
        within: the module call that also returned the results, or None.
    """

    __slots__ = ("given", "name", "target", "within")

    name: str
    given: tuple[Any, ...]
    target: Any
    within: Any

    def __repr__(self) -> str:
        return f"<FunctionCall of {self.name}: {len(self.given)} operands>"


_new_call = FunctionCall.__new__  # an __init__ would take longer


def mark(results: Sequence[Value], name: str, given: tuple[Any, ...], target: Any = None) -> None:
    """Set ``made_by`` of all results of one call, unless nothing was recorded."""
    if results[0].operation is not None:
        call = _new_call(FunctionCall)
        call.name = name
        call.given = given
        call.target = target
        call.within = None
        for v in results:
            v._mark = call


def total(values: Iterable[Value | Number]) -> Value:
    """``Σ values`` as a single operation; ``sum(values)`` would record one for each value."""
    return record(ops.ADD, as_operands(values, "total"))


def mean(values: Iterable[Value | Number]) -> Value:
    """``Σ values / n``."""
    operands = as_operands(values, "mean")
    return record(ops.ADD, operands) / len(operands)


def dot(a: Iterable[Value | Number], b: Iterable[Value | Number]) -> Value:
    """``Σ aᵢ · bᵢ``: one operation for each product, one for their sum."""
    a, b = as_entries(a, "dot", "a[{}]"), as_entries(b, "dot", "b[{}]")
    if len(a) != len(b):
        raise ValueError(
            f"dot expects two lists of the same length, got {len(a)} and {len(b)} values"
        )
    return record(ops.ADD, as_operands(map(operator.mul, a, b), "dot"))


def weighted_sum(weights: Sequence[Any], values: Sequence[Any], bias: Value) -> Value:
    """``Σ wᵢ·vᵢ + bias``: records the products and one sum of all terms, without a call for each.

    Arguments:
        weights, values: Values or numbers, equally many of each (the caller has checked that).
        bias: the last term of the sum.
    """
    if modes.open_blocks:
        now = modes.in_force()
        if not (now.recording or now.watching):
            number = _sum_products(weights, values)
            if number is not None:
                out = Value(number + bias._datum)
                out._a = ops.ADD  # as `record` leaves what is not recorded
                return out
        return record(ops.ADD, (*map(as_operand, map(operator.mul, weights, values)), bias))
    total = -0.0  # -0.0 + x is x for every x; 0.0 + -0.0 would be 0.0
    terms: list[Any] = []
    data: list[float] = []
    mul = ops.MUL
    for w, v in zip(weights, values):  # noqa: B905  (a check would take a tenth of the time)
        if w.__class__ is Value and v.__class__ is Value:
            b_data = v._datum
        elif w.__class__ is Value and v.__class__ is float:
            b_data = v
        else:
            term = w * v
            terms.append(term)
            y = term._datum if term.__class__ is Value else as_float(term)
            data.append(y)
            total += y
            continue
        product = _new(Value)
        product._a = w
        product._b = v
        product._a_data = a_data = w._datum
        product._b_data = b_data
        product._datum = y = a_data * b_data
        product._grad = 0.0
        product.operation = mul
        product._label = ""
        product._mark = product._compared = None
        terms.append(product)
        data.append(y)
        total += y
    terms.append(bias)
    data.append(bias._datum)
    out = _new(Value)
    out._a = tuple(terms)
    out._a_data = tuple(data)
    out._b = None
    out._datum = total + bias._datum
    out._grad = 0.0
    out.operation = ops.ADD
    out._label = ""
    out._mark = out._compared = None
    return out


if native:  # the same, which leaves to the function above what is not plain
    weighted_sum = native.install_sum(weighted_sum)


def _sum_products(weights: Sequence[Any], values: Sequence[Any]) -> float | None:
    """``Σ wᵢ·vᵢ`` as a number; None if there is anything but Values and floats."""
    total = -0.0
    for w, v in zip(weights, values):  # noqa: B905  (as above)
        a = w._datum if w.__class__ is Value else w
        b = v._datum if v.__class__ is Value else v
        if a.__class__ is not float or b.__class__ is not float:
            return None
        total += a * b
    return total


def logsumexp(values: Iterable[Value | Number]) -> Value:
    """``ln Σ exp(values)``, without overflow and accurate even where the result is nearly 0.

    It is ``m + ln(1 + rest)``, where m is the largest value and rest is ``Σ exp(vᵢ − m) − 1``.

    >>> from autograd import logsumexp
    >>> logsumexp([0, -40]).data  # e⁻⁴⁰
    4.248354255291589e-18
    """
    operands = as_operands(values, "logsumexp")
    largest, _, exponentials = _shift(operands)
    result = largest + record(ops.SUM_LESS_ONE, exponentials).log1p()
    mark((result,), "logsumexp", operands)
    return result


def softmax(values: Iterable[Value | Number]) -> list[Value]:
    """``exp(vᵢ) / Σ exp(v)``: positive numbers that sum to 1; a larger vᵢ gets a larger share.

    The largest value is subtracted first, so nothing overflows.

    >>> from autograd import softmax
    >>> [round(p.data, 6) for p in softmax([1000, 1001])]
    [0.268941, 0.731059]
    """
    operands = as_operands(values, "softmax")
    _, _, exponentials = _shift(operands)
    denominator = record(ops.ADD, exponentials)
    shares = [e / denominator for e in exponentials]
    mark(shares, "softmax", operands)
    return shares


def log_softmax(values: Iterable[Value | Number]) -> list[Value]:
    """``vᵢ − ln Σ exp(v)``: the logarithm of `softmax`, right even where `softmax` underflows to 0.

    Values and gradients stay accurate where a probability is nearly 1, too.
    """
    operands = as_operands(values, "log_softmax")
    _, shifted, exponentials = _shift(operands)
    shares = list(map(ops.LOG_SHARE, shifted, _sum_the_others(exponentials)))
    mark(shares, "log_softmax", operands)
    return shares


def log_probability(values: Iterable[Value | Number], index: int) -> Value:
    """``log_softmax(values)[index]``, without computing the other entries.

    Raises:
        IndexError: there is no such value.
    """
    operands = as_operands(values, "log_softmax")
    largest = record(ops.SHIFT, operands)
    shifted = [v - largest for v in operands]
    others = [v.exp() for i, v in enumerate(shifted) if i != index]
    rest = record(ops.ADD, tuple(others)) if len(others) > 1 else others[0] if others else 0.0
    return ops.LOG_SHARE(shifted[index], rest)  # type: ignore[no-any-return]


def maximum(a: Value | Number, b: Value | Number) -> Value:
    """``max(a, b)`` of Values or numbers; nan if either is nan. A tie shares the gradient."""
    return record(ops.MAXIMUM, as_operands((a, b), "maximum", "ab"))


def minimum(a: Value | Number, b: Value | Number) -> Value:
    """``min(a, b)`` of Values or numbers; nan if either is nan. A tie shares the gradient."""
    return record(ops.MINIMUM, as_operands((a, b), "minimum", "ab"))


def hypot(a: Value | Number, b: Value | Number) -> Value:
    """``√(a² + b²)`` of Values or numbers, without overflow. At 0, 0 its derivatives are nan.

    >>> from autograd import hypot
    >>> hypot(3, 4).data
    5.0
    """
    return record(ops.HYPOT, as_operands((a, b), "hypot", "ab"))


def atan2(y: Value | Number, x: Value | Number) -> Value:
    """The angle from the positive x-axis to the point (x, y), from −π to π, of Values or numbers.

    >>> from autograd import atan2
    >>> atan2(1, -1).data  # three quarters of π
    2.356194490192345
    """
    return record(ops.ATAN2, as_operands((y, x), "atan2", "yx"))


def _shift(values: tuple[Any, ...]) -> tuple[Value, list[Value], tuple[Value, ...]]:
    """The largest value m, the differences ``vᵢ − m``, and ``exp`` of each difference."""
    largest = record(ops.SHIFT, values)
    shifted = [v - largest for v in values]
    return largest, shifted, tuple([v.exp() for v in shifted])


def _sum_the_others(terms: Sequence[Value]) -> list[Value | float]:
    """For each term, the sum of all others. Nothing is subtracted, so no digits are lost."""
    if len(terms) == 1:
        return [0.0]
    *before, all_but_last = accumulate(terms[:-1])
    *after, all_but_first = accumulate(terms[:0:-1])
    return [all_but_first, *map(operator.add, before, reversed(after)), all_but_last]


def as_operands(
    values: Iterable[Value | Number], name: str, arguments: Sequence[str] = ()
) -> tuple[Any, ...]:
    """The operands for a list of values; if all are plain numbers, they become constants.

    Arguments:
        values: Values or numbers.
        name: the function that was called, for errors.
        arguments: what the function calls each of its operands, if it takes them one by one.
    """
    operands = as_entries(values, name, "values[{}]", arguments)
    if not operands:
        raise ValueError(f"{name} expects at least one value, got none")
    for v in operands:
        if v.__class__ is Value:
            return operands
    return tuple(Value(v, role="constant") for v in operands)


def as_entries(
    values: Iterable[Value | Number], name: str, place: str, arguments: Sequence[str] = ()
) -> tuple[Any, ...]:
    """The Values and floats of a list; errors name the function and the place: ``values[{}]``."""
    if not hasattr(values, "__iter__") or isinstance(values, str | bytes):
        got = printable(f"{type(values).__qualname__}: {values!r:.60}")
        advice = "; put it in a list" if isinstance(values, Value | Real) else ""
        raise TypeError(f"{name} expects a list of Values or numbers, got {got}{advice}")
    advice = ""
    if isinstance(values, Mapping) and not all(v.__class__ is Value for v in values):
        advice = "pass list(d.values())"
    elif isinstance(values, set | frozenset) and name not in _IN_ANY_ORDER:
        advice = "sets have no order"
    elif getattr(values, "ndim", 1) == 0:
        advice = "it is an array of no dimension, a single number"
    if advice:
        got = printable(f"{type(values).__qualname__}: {values!r:.60}")
        raise TypeError(f"{name} expects a list of Values or numbers, got {got}; {advice}")
    listed = values if isinstance(values, list | tuple) else list(values)
    try:
        return tuple(map(as_operand, listed))
    except TypeError:  # go through them again, to say which it was
        places = arguments or [place.format(i) for i in range(len(listed))]
        return tuple(map(as_named_operand, listed, [f"{name}, {place}" for place in places]))


def as_named_operand(thing: Any, where: str) -> Value | float:
    """`as_operand`, whose error begins with where the thing was given: ``where, condition``."""
    try:
        return as_operand(thing)
    except TypeError as error:
        raise TypeError(f"{where}: {error}") from None


_IN_ANY_ORDER = ("total", "mean", "logsumexp")
"""Functions that take a set as well."""
