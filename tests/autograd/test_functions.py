"""softmax and its family: right, stable, and made only of recorded operations."""

from __future__ import annotations

import math
import pickle
from functools import partial
from typing import TYPE_CHECKING, Any

import mpmath as mp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd
from autograd import (
    Value,
    dot,
    grad,
    hessian,
    log_softmax,
    logsumexp,
    maximum,
    mean,
    minimum,
    ops,
    softmax,
    total,
)
from autograd.graph import interior
from nn import binary_cross_entropy, cross_entropy

from .reference import close, nodes, partials, same

if TYPE_CHECKING:
    from collections.abc import Callable

inf = math.inf


def exact_logsumexp(*xs: Any) -> Any:
    return mp.log(mp.fsum(mp.exp(x) for x in xs))


# Each as a function of three numbers: ours on Values, and the reference.
FUNCTIONS: dict[str, tuple[Callable[..., Value], Callable[..., Any]]] = {
    "total": (lambda *v: total(v), lambda *x: mp.fsum(x)),
    "mean": (lambda *v: mean(v), lambda *x: mp.fsum(x) / 3),
    "dot": (lambda a, b, c: dot([a, b, a], [b, c, c]), lambda a, b, c: a * b + b * c + a * c),
    "logsumexp": (lambda *v: logsumexp(v), exact_logsumexp),
    "softmax": (lambda *v: softmax(v)[1], lambda *x: mp.exp(x[1] - exact_logsumexp(*x))),
    "log_softmax": (lambda *v: log_softmax(v)[1], lambda *x: x[1] - exact_logsumexp(*x)),
    "maximum": (lambda a, b, c: maximum(a, b) * c, lambda a, b, c: max(a, b) * c),
    "minimum": (lambda a, b, c: minimum(a, b) * c, lambda a, b, c: min(a, b) * c),
}
POINTS = [(0.3, -1.2, 2.5), (-4.0, 0.1, 0.2), (30.0, 1.0, -20.0)]

functions = pytest.mark.parametrize("name", FUNCTIONS)


@functions
def test_values_gradients_and_hessians_are_right(name: str) -> None:
    ours, reference = FUNCTIONS[name]
    for point in POINTS:
        leaves = [Value(x) for x in point]
        y = ours(*leaves)
        y.backward()
        gradient = partials(reference, point, 1)
        assert close(y.data, partials(reference, point, 0), atol=1e-16)
        assert close([v.grad for v in leaves], gradient, atol=1e-15)
        assert close(grad(y, leaves), gradient, atol=1e-15)
        assert close(hessian(y, leaves), partials(reference, point, 2), atol=1e-15)


@functions
def test_pure_numbers_are_accepted_and_give_values(name: str) -> None:
    ours, reference = FUNCTIONS[name]
    y = ours(1, 2.5, True)
    assert isinstance(y, Value)
    assert close(y.data, partials(reference, (1.0, 2.5, 1.0), 0))


@settings(deadline=None)
@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=6))
def test_softmax_is_a_distribution_whose_logarithm_is_log_softmax(xs: list[float]) -> None:
    probabilities = [p.data for p in softmax(xs)]
    assert math.isclose(math.fsum(probabilities), 1.0, rel_tol=1e-14)
    assert all(0.0 <= p <= 1.0 for p in probabilities)
    for p, log_p in zip(probabilities, log_softmax(xs), strict=True):
        assert math.isclose(p, math.exp(log_p.data), rel_tol=1e-12, abs_tol=1e-320)


def test_large_logits_do_not_overflow() -> None:
    e = math.exp(-1.0)
    v = [Value(1000), Value(1001)]
    assert close([p.data for p in softmax(v)], [e / (1 + e), 1 / (1 + e)])
    assert close(logsumexp(v).data, 1001 + math.log1p(e))
    assert close(log_softmax(v)[0].data, -1 - math.log1p(e))
    logsumexp(v).backward()
    assert close([x.grad for x in v], [e / (1 + e), 1 / (1 + e)])


def test_a_probability_that_underflows_keeps_its_logarithm() -> None:
    assert softmax([0.0, -1000.0])[1].data == 0.0
    assert log_softmax([0.0, -1000.0])[1].data == -1000.0


def test_a_logit_of_minus_infinity_is_a_probability_of_0() -> None:
    v = [Value(-inf), Value(0.5)]
    p, q = softmax(v)
    assert (p.data, q.data) == (0.0, 1.0)
    q.backward()
    assert [x.grad for x in v] == [0.0, 0.0]


@pytest.mark.parametrize(
    ("xs", "expected"),
    [([inf, 0.0], inf), ([-inf, -inf], -inf), ([inf, inf], inf), ([inf, -inf], inf)],
)
def test_logsumexp_of_infinities_is_infinite_and_not_nan(xs: list[float], expected: float) -> None:
    assert logsumexp(xs).data == expected


@pytest.mark.parametrize("f", [softmax, log_softmax, logsumexp])
def test_a_nan_reaches_the_result(f: Callable[[Any], Any]) -> None:
    for xs in [math.nan, 0.0], [0.0, math.nan]:
        result = f(xs)
        first = result if isinstance(result, Value) else result[0]
        assert math.isnan(first.data)


def test_total_is_one_node_and_dot_one_more_than_its_products() -> None:
    v = [Value(x) for x in range(5)]
    assert nodes(total(v)) == ["+"]
    assert total(v).operands == tuple(v)
    assert nodes(dot(v, v)) == ["*"] * 5 + ["+"]
    assert nodes(mean(v)) == ["+", "/"]


def test_total_and_dot_take_any_iterable() -> None:
    v = [Value(x) for x in range(4)]
    assert total(x for x in v).data == 6.0
    assert dot(iter(v), (x for x in v)).data == 14.0
    assert mean(dict.fromkeys(v)).data == 1.5


def test_the_same_value_given_twice_counts_twice() -> None:
    x = Value(3.0)
    total([x, x, 1]).backward()
    assert x.grad == 2.0


@pytest.mark.parametrize("f", [softmax, log_softmax, logsumexp])
def test_the_subtracted_maximum_is_recorded_not_baked_in_and_gets_no_gradient(
    f: Callable[[Any], Any],
) -> None:
    v = [Value(1.0), Value(5.0), Value(2.0)]
    result = f(v)
    y = result if isinstance(result, Value) else result[0]
    (shift,) = [node for node in interior(y) if node.operation is ops.SHIFT]
    assert shift.operands == tuple(v)
    assert shift.data == 5.0
    # Whatever number is subtracted, the result is the same: no gradient passes through the shift.
    shift_alone = [Value(1.0), Value(5.0)]
    largest = ops.SHIFT(*shift_alone)
    (largest * math.inf).backward()
    assert [x.grad for x in shift_alone] == [0.0, 0.0]
    assert grad(largest * math.inf, shift_alone) == [0.0, 0.0]
    slopes = grad(largest * math.inf, shift_alone, create_graph=True)
    assert [g.data for g in slopes] == [0.0, 0.0]


def test_a_second_forward_pass_sees_new_leaf_data() -> None:
    v = [Value(1.0), Value(2.0)]
    before = softmax(v)[0]
    v[0].data = 2.0
    assert before.data < 0.3
    assert softmax(v)[0].data == 0.5


@pytest.mark.parametrize("f", [total, mean, logsumexp, softmax, log_softmax])
def test_an_empty_list_is_refused_by_name(f: Callable[[Any], Any]) -> None:
    with pytest.raises(ValueError, match=f"{f.__name__} expects at least one value, got none"):
        f([])


def test_dot_refuses_lists_of_different_lengths_and_empty_ones() -> None:
    with pytest.raises(ValueError, match="two lists of the same length, got 2 and 3 values"):
        dot([1, 2], [1, 2, 3])
    with pytest.raises(ValueError, match="dot expects at least one value"):
        dot([], [])


@pytest.mark.parametrize("f", [total, mean, logsumexp, softmax, log_softmax])
def test_an_element_that_is_not_a_number_is_refused(f: Callable[[Any], Any]) -> None:
    with pytest.raises(TypeError, match="a real number, got str"):
        f([Value(1.0), "2"])


def test_maximum_minimum_and_dot_refuse_what_is_not_a_number() -> None:
    for f in maximum, minimum:
        with pytest.raises(TypeError, match="got NoneType"):
            f(Value(1.0), None)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="got list"):
        dot([Value(1.0)], [[1.0]])  # type: ignore[list-item]


def test_a_million_terms_add_up() -> None:
    x = Value(1.0)
    y = total([x] * 1_000_000)
    y.backward()
    assert (y.data, x.grad) == (1e6, 1e6)


# ── digits near 0, and infinities ────────────────────────────────────────────────────────────

NEARLY_CERTAIN = [
    (0.0, -40.0), (-40.0, 0.0), (0.0, -700.0), (0.0, -40.0, -41.0, -40.0), (-50.0, 0.0, -60.0),
    (1e-20, -50.0), (-1e-18, -38.0, -45.0), (3.0, 40.0, 80.0), (-300.0, -340.0), (0.3, 0.1, -0.2),
    (5.0, 5.0, 5.0), (-800.0, 0.0, -20.0), (2.0,),
]  # fmt: skip


def run_program(
    f: Callable[[list[Value]], Value], xs: tuple[float, ...]
) -> tuple[float, list[float]]:
    """Value and gradient by a program that was recorded where another value is the largest."""
    params = [Value(0.1 * (i % 3)) for i in range(len(xs))]
    program = autograd.compile(f(params), params=params)
    program.theta[:] = xs
    value, gradient = program.value_and_grad()
    return value, gradient.tolist()


def log_share(k: int, v: list[Value]) -> Value:
    return log_softmax(v)[k]


def minus_loss(target: Any, v: list[Value]) -> Value:
    return -cross_entropy(v, target)


@pytest.mark.parametrize("xs", NEARLY_CERTAIN)
def test_logsumexp_and_log_softmax_keep_their_digits_near_0(xs: tuple[float, ...]) -> None:
    """logsumexp([0, −40]) is e⁻⁴⁰ to 12 digits, and 1 − p is no difference: against mpmath."""

    def agree(found: tuple[float, list[float]], value: Any, gradient: list[Any]) -> None:
        for a, b in zip([found[0], *found[1]], [value, *gradient], strict=True):
            assert math.isclose(a, b, rel_tol=1e-12, abs_tol=1e-320), (a, float(b))

    def both(f: Callable[[list[Value]], Value], value: Any, gradient: list[Any]) -> None:
        leaves = [Value(x) for x in xs]
        y = f(leaves)
        agree((y.data, grad(y, leaves)), value, gradient)
        agree((y.data, [g.data for g in grad(y, leaves, create_graph=True)]), value, gradient)
        agree(run_program(f, xs), value, gradient)

    with mp.workdps(800):
        e = [mp.exp(mp.mpf(x)) for x in xs]
        p = [x / mp.fsum(e) for x in e]
        both(logsumexp, mp.log(mp.fsum(e)), p)
        for k in range(len(xs)):
            slopes = [-q for q in p]
            slopes[k] = 1 - p[k]
            both(partial(log_share, k), mp.log(p[k]), slopes)
            both(partial(minus_loss, k), mp.log(p[k]), slopes)
            one_hot = [float(i == k) for i in range(len(xs))]
            both(partial(minus_loss, one_hot), mp.log(p[k]), slopes)


@pytest.mark.parametrize(
    ("xs", "value", "gradient"),
    [  # PyTorch's, whose derivative is e to the v − y
        ([inf], inf, [math.nan]),
        ([-inf], -inf, [math.nan]),
        ([-inf, -inf], -inf, [math.nan, math.nan]),
        ([inf, inf], inf, [math.nan, math.nan]),
        ([math.nan, inf], math.nan, [math.nan, math.nan]),
        ([inf, 0.0, 0.0], inf, [math.nan, 0.0, 0.0]),
        ([-inf, 0.0, -inf], 0.0, [0.0, 1.0, 0.0]),
        ([math.nan], math.nan, [math.nan]),
        ([1e308], 1e308, [1.0]),
    ],
)
def test_logsumexp_of_inf_and_nan_is_as_in_pytorch(
    xs: list[float], value: float, gradient: list[float]
) -> None:
    leaves = [Value(x) for x in xs]
    y = logsumexp(leaves)
    assert all(map(same, [y.data, *grad(y, leaves)], [value, *gradient]))
    found = run_program(logsumexp, tuple(xs))
    assert all(map(same, [found[0], *found[1]], [value, *gradient]))


def test_a_long_log_softmax_is_linear_in_the_number_of_values() -> None:
    nodes_of = [len(interior(*log_softmax([Value(0.1)] * n))) for n in (100, 200)]
    assert nodes_of[1] < 2.1 * nodes_of[0]


# ── who made it ──────────────────────────────────────────────────────────────────────────────


def test_results_remember_the_call_of_the_function_that_returned_them() -> None:
    xs = [Value(1.0), Value(2.0)]
    first, second = softmax(xs)
    assert first.made_by is second.made_by
    assert (first.made_by.name, first.made_by.given) == ("softmax", tuple(xs))
    assert softmax(xs)[0].made_by is not first.made_by
    assert logsumexp(xs).made_by.name == "logsumexp"
    assert "cross-entropy: 2 operands" in repr(cross_entropy(xs, 1).made_by)
    assert cross_entropy(xs, 1).made_by.target == 1


def test_a_loss_remembers_its_target_as_a_number() -> None:
    for target in (1, 1.0, Value(1.0)):
        for from_logits in (True, False):
            loss = binary_cross_entropy(Value(0.25), target, from_logits=from_logits)
            assert type(loss.made_by.target) is float
            assert loss.made_by.target == 1.0


def test_nothing_is_remembered_of_what_was_not_recorded() -> None:
    with autograd.no_grad():
        assert all(v.made_by is None for v in (*softmax([1.0, Value(2.0)]), logsumexp([1.0])))


def test_a_copied_graph_remembers_its_own_operands() -> None:
    xs = [Value(1.0), Value(2.0)]
    y = pickle.loads(pickle.dumps(total(softmax(xs))))
    call = y.parents[0].made_by
    assert call is y.parents[1].made_by
    assert set(call.given) == {v for v in autograd.graph.topological(y) if v.operation is None}
