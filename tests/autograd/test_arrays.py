"""NumPy and Values: arrays of Values, and operations of arrays and NumPy scalars with a Value.

The right answers are those of the same expression on arrays of floats; the right gradients come
from the closed form where one stands beside the test, and else from central differences.
"""

from __future__ import annotations

import math
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograd import Value, no_grad, total

X = [0.7, -1.3, 2.1]


def values(numbers: Any = X) -> Any:
    return np.vectorize(Value, otypes=[object])(np.array(numbers))


def data(result: Any) -> Any:
    """The numbers of a Value, or of an array of Values and numbers."""
    return np.vectorize(lambda v: v.data if isinstance(v, Value) else v, otypes=[float])(result)


def subtract_largest(x: Any, v: Any) -> Any:
    x = x - 0.0
    x -= x.max()
    x *= v
    x /= x.sum()
    return x


W = np.arange(6.0).reshape(2, 3)

# Of an array x and a number v = 1.5: floats, or Values.
EXPRESSIONS: list[Callable[[Any, Any], Any]] = [
    lambda x, v: x - x.max(),
    lambda x, v: x / x.sum(),
    subtract_largest,
    lambda x, v: x * v,
    lambda x, v: v * x,
    lambda x, v: x + v,
    lambda x, v: v - x,
    lambda x, v: x / v,
    lambda x, v: v / x,
    lambda x, v: abs(x) ** v,
    lambda x, v: v**x,
    lambda x, v: np.exp(x),
    lambda x, v: np.exp(x - x.max()) / np.exp(x - x.max()).sum(),
    lambda x, v: np.exp(v),
    lambda x, v: np.sqrt(np.abs(x)) + np.sqrt(v),
    lambda x, v: np.tanh(x) * np.tanh(v),
    lambda x, v: np.power(x, 2) + np.power(v, 3),
    lambda x, v: np.power(2.0, x),
    lambda x, v: np.log(v) + np.log1p(v) - np.expm1(v),
    lambda x, v: np.sin(v) * np.cos(x) * np.tan(v),
    lambda x, v: np.arcsin(np.tanh(x)) + np.arccos(np.tanh(v)) * np.arctan(x),
    lambda x, v: np.arctan(v) + np.arcsin(v - 1.0) * np.arctanh(v - 1.0) - np.arcsinh(v),
    lambda x, v: np.arcsinh(x) - np.arctanh(x / 3.0) * np.arccosh(np.cosh(x) + 1.0),
    lambda x, v: np.arctan2(x, v) + np.arctan2(x, x[::-1]) - np.arctan2(v, 2.0),
    lambda x, v: np.hypot(x, v) * np.hypot(x, x[::-1]) + np.hypot(3.0, v),
    lambda x, v: np.sinh(x) * np.cosh(v) + np.sinh(v) / np.cosh(x),
    lambda x, v: np.exp2(x) + np.exp2(v) - np.log2(v) * np.log10(x * x) + np.log2(x * x),
    lambda x, v: np.cbrt(x) * np.cbrt(v) + np.log10(v),
    lambda x, v: np.rint(x * v) * x + np.floor(v) - np.ceil(v) * np.rint(2.0 * v + 0.25),
    lambda x, v: np.sign(v) * np.clip(v, 0.0, 1.75) + np.clip(v, 2.0, 3.0),
    lambda x, v: np.maximum(x, v),
    lambda x, v: np.minimum(v, x),
    lambda x, v: np.maximum(v, 0.0) * np.maximum(v, 2.0),
    lambda x, v: np.square(v) * np.reciprocal(v) - np.negative(v),
    lambda x, v: np.multiply(x, v, out=None),
    lambda x, v: np.multiply.outer(v, x),
    lambda x, v: np.add.reduce(x) + np.sum(v) + np.mean(v),
    lambda x, v: x @ x,
    lambda x, v: W @ x,
    lambda x, v: np.dot(x, x) * np.dot(x, v),
    lambda x, v: np.mean(x),
    lambda x, v: np.var(x) + x.std(),
    lambda x, v: np.linalg.norm(x),
    lambda x, v: np.outer(x, x) * v,
    lambda x, v: np.cumsum(x),
    lambda x, v: np.float64(2) * v - np.float32(0.5) + v,
    lambda x, v: np.int64(3) - v * np.bool_(True),
    lambda x, v: np.ones(3) * v,
    lambda x, v: v - np.arange(3),
    lambda x, v: np.array(3.0) * v,
    lambda x, v: np.where(np.array([True, False, True]), x * v, x),
    lambda x, v: np.add([1, 2], v),
    lambda x, v: np.clip(x, -1.0, v),
    lambda x, v: np.einsum("i,i", x, x),
]


@pytest.mark.parametrize("compute", EXPRESSIONS)
def test_an_array_of_values_computes_what_an_array_of_floats_does(
    compute: Callable[[Any, Any], Any],
) -> None:
    def of_floats(x: Any, v: float) -> float:
        return float(np.sum(compute(np.array(x), v)))

    x, v = values(), Value(1.5)
    result = compute(x, v)
    np.testing.assert_allclose(data(result), compute(np.array(X), 1.5), rtol=1e-15, atol=1e-15)
    total(np.ravel(np.array(result, dtype=object))).backward()
    h = 1e-6
    for i, leaf in enumerate([*x, v]):
        left, right = [*X, 1.5], [*X, 1.5]
        left[i] -= h
        right[i] += h
        slope = (of_floats(right[:3], right[3]) - of_floats(left[:3], left[3])) / (2 * h)
        assert math.isclose(leaf.grad, slope, rel_tol=1e-6, abs_tol=1e-8)


def test_a_softmax_written_with_arrays_has_its_gradient() -> None:
    """∂sᵢ/∂xⱼ = sᵢ·(δᵢⱼ − sⱼ)."""
    x = values()
    e = np.exp(x - x.max())
    s = e / e.sum()
    s[0].backward()
    p = np.exp(X) / np.sum(np.exp(X))
    np.testing.assert_allclose([v.grad for v in x], p[0] * (np.eye(3)[0] - p), rtol=1e-13)


def test_comparisons_give_bools_about_the_data() -> None:
    x: Any = values()
    v: Any = Value(0.7)
    floats = np.array(X)
    pairs: list[tuple[Any, Any]] = [
        (x < v, floats < 0.7),
        (x >= v, floats >= 0.7),
        (v < floats, floats > 0.7),
        (floats <= v, floats <= 0.7),
        (np.greater(v, x), floats < 0.7),
        (x > 0.0, floats > 0.0),
    ]
    for ours, right in pairs:
        assert ours.dtype == bool
        assert ours.tolist() == right.tolist()
    assert [np.float64(1) < v, np.int64(1) > v, np.less(v, 1.0)] == [False, True, True]
    out = np.empty(3, dtype=bool)
    assert np.less(v, floats, out=out).tolist() == (floats > 0.7).tolist()


def test_one_result_is_a_value_and_several_are_an_array_of_values() -> None:
    v: Any = Value(2.0)
    singles: list[Any] = [
        np.exp(v), np.float64(2) * v, np.maximum(v, 3.0), np.maximum(-1.0, v), np.array(3.0) * v,
        values().sum(), values().mean(), values() @ values(), np.sqrt(v), np.add(v, 1),
    ]  # fmt: skip
    assert [type(single) for single in singles] == [Value] * len(singles)
    for array in (np.ones(3) * v, v * np.ones(3), np.array([v, v]), np.vectorize(Value)(X)):
        assert array.dtype == object
        assert all(type(entry) is Value for entry in array)


def test_maximum_with_a_value_shares_a_tie_and_keeps_a_nan() -> None:
    v: Any = Value(1.0)
    np.maximum(v, 1.0).backward()
    assert v.grad == 0.5
    v.data = math.nan
    assert math.isnan(np.maximum(v, 1.0).data)


def test_in_place_operations_on_an_array_of_values_keep_the_graph() -> None:
    x, v = values(), Value(3.0)
    leaves = x.copy()
    x *= v
    x += v
    x.sum().backward()
    assert [leaf.grad for leaf in leaves] == [3.0, 3.0, 3.0]
    assert math.isclose(v.grad, sum(X) + 3.0)


@pytest.mark.parametrize("compute", [lambda m, v: m * v, lambda m, v: v * m, lambda m, v: m - -v])
def test_a_masked_array_of_floats_keeps_its_mask_and_the_graph(
    compute: Callable[[Any, Any], Any],
) -> None:
    """Σ mᵢ·v over what is not masked is 4v; Σ (mᵢ + v) is 4 + 2v."""
    m, v = np.ma.array([1.0, 1e6, 3.0], mask=[False, True, False]), Value(2.0)
    y = compute(m, v)
    assert y.mask.tolist() == [False, True, False]
    y.sum().backward()
    assert (y.sum().data, v.grad) in {(8.0, 4.0), (8.0, 2.0)}


REFUSED: list[tuple[Callable[[Any, Any], Any], str]] = [
    (lambda x, v: np.heaviside(v, 0.0), r"no operation for np\.heaviside.*v\.data"),
    (lambda x, v: np.logaddexp(x, v), r"no operation for np\.logaddexp.*autograd\.ops"),
    (lambda x, v: np.isfinite(v), r"no operation for np\.isfinite.*\[v\.data for v in values\]"),
    (lambda x, v: np.logical_not(v), r"no operation for np\.logical_not"),
    (lambda x, v: np.fmax(v, 1.0), r"no operation for np\.fmax"),
    (lambda x, v: np.mod(v, 2), r"no operation for np\.remainder"),
    (lambda x, v: np.add(v, 1.0, out=np.empty(())), r"array of objects.*dtype=object"),
    (lambda x, v: np.ones(2).__iadd__(v), r"got dtype float64\. Write a = a \+ v instead"),
    (lambda x, v: np.ones(2, dtype=int).__imul__(v), r"got dtype int64\."),
    (lambda x, v: np.array(["a"]) * v, r"got str: 'a'\. Convert"),
    (lambda x, v: np.array([1j]) * v, r"got complex\. Take \.real"),
    (lambda x, v: v + np.str_("a"), r"got numpy\.str_"),
]


@pytest.mark.parametrize(("attempt", "words"), REFUSED)
def test_a_ufunc_that_values_lack_raises_an_error_with_advice(
    attempt: Callable[[Any, Any], Any], words: str
) -> None:
    with pytest.raises(TypeError, match=words):
        attempt(values(), Value(1.5))


def test_within_no_grad_arrays_record_nothing() -> None:
    x: Any = values()
    v: Any = Value(2.0)
    with no_grad():
        assert all(y.operation is None for y in np.exp(x * v) + np.maximum(x, v))


class Series:
    """An array of another library, which handles Values itself."""

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> str:
        return f"{ufunc.__name__} by Series"


def test_other_libraries_may_handle_the_operation_themselves() -> None:
    v: Any = Value(1.0)
    series: Any = Series()
    assert np.maximum(v, series) == "maximum by Series"


def test_an_array_of_values_pickles_with_its_graph() -> None:
    x = values()
    twins, loss = pickle.loads(pickle.dumps((x, x.sum())))
    loss.backward()
    assert [v.grad for v in twins] == [1.0, 1.0, 1.0]


def test_a_histogram_of_values_raises_an_error_that_says_what_to_write() -> None:
    plt = pytest.importorskip("matplotlib.pyplot")
    figure, ax = plt.subplots()
    try:
        with pytest.raises(TypeError, match=r"\[v\.data for v in values\]"):
            ax.hist([Value(1.0, role="input"), Value(2.0, role="input")])
    finally:
        plt.close(figure)
