"""Inputs in lists, tuples, dictionaries, dataclasses and arrays; results of the same shape."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pytest

from autograd import Value, grad, hessian, hvp, jacobian, jvp, value_and_grad, vjp
from autograd.trees import flatten, flatten_like, like

if TYPE_CHECKING:
    from collections.abc import Callable


class Point(NamedTuple):
    x: Any
    y: Any


@dataclass
class Layer:
    w: Any
    b: Any = None


@dataclass(frozen=True)
class Frozen:
    w: Any
    rest: Any


CONTAINERS: dict[str, Any] = {
    "a number": 2.0,
    "a list": [2.0, 3],
    "a tuple": ((2.0, True), 4.0),
    "a named tuple": Point(2.0, Point(3.0, [4.0])),
    "a dictionary": {"w": [2.0, 3.0], ("b", 0): {"c": 4.0}},
    "an ordered dictionary": OrderedDict(z=2.0, a=3.0),
    "a dataclass": Layer([2.0, Layer(3.0)], 4.0),
    "a frozen dataclass": Frozen(2.0, (3.0, [])),
    "an array": np.array([[2.0, 3.0, 4.0], [5.0, 6.0, 7.0]]),
    "an array of integers": np.arange(3),
    "arrays in a list": [np.array([2.0]), (np.array(3.0), 4.0)],
    "an empty array": [np.zeros((0, 2)), 1.0],
    "NumPy's numbers": [np.float64(2.0), np.int32(3), np.bool_(True)],
    "nothing": {"w": 2.0, "b": None},
}
containers = pytest.mark.parametrize("xs", CONTAINERS.values(), ids=CONTAINERS)


def squares(xs: Any) -> Value:
    total = Value(0.0)
    for i, v in enumerate(flatten(xs, "xs"), start=1):
        total = total + i * v * v
    return total


def expected(xs: Any, factor: float) -> list[float]:
    return [factor * 2 * i * float(x) for i, x in enumerate(flatten(xs, "xs"), start=1)]


def assert_same_shape(found: Any, xs: Any, leaves: list[float]) -> None:
    assert type(found) is type(xs)
    assert flatten_like(xs, found, "found", "xs") == leaves
    if isinstance(xs, np.ndarray):
        assert (found.shape, found.dtype) == (xs.shape, float)
    if isinstance(xs, dict):
        assert list(found) == list(xs)
    assert all(type(leaf) is float for leaf in flatten(found, "found"))


@containers
def test_gradients_come_back_in_the_shape_of_the_inputs(xs: Any) -> None:
    value, gradient = value_and_grad(squares)(xs)
    assert type(value) is float
    assert_same_shape(gradient, xs, expected(xs, 1.0))
    _, pull_back = vjp(lambda *a: squares(a if len(a) > 1 else a[0]), xs)
    assert_same_shape(pull_back(3.0), xs, expected(xs, 3.0))
    leaves = like(xs, [Value(x) for x in flatten(xs, "xs")])
    assert flatten(grad(squares(leaves), leaves), "") == expected(xs, 1.0)


@containers
def test_directions_have_the_shape_of_the_inputs(xs: Any) -> None:
    def f(*a: Any) -> Value:
        return squares(a if len(a) > 1 else a[0])

    vs = like(xs, [1.0 for _ in flatten(xs, "xs")])
    slope = sum(expected(xs, 1.0))
    assert jvp(f, xs, vs)[1] == slope
    seconds = [2.0 * i for i in range(1, 1 + len(flatten(xs, "xs")))]
    assert_same_shape(hvp(f, xs, vs), xs, seconds)


@containers
def test_a_function_may_return_any_container(xs: Any) -> None:
    def double(*a: Any) -> Any:
        given = a if len(a) > 1 else a[0]
        return like(given, [2 * v for v in flatten(given, "xs")])

    vs = like(xs, [3.0 for _ in flatten(xs, "xs")])
    value, tangent = jvp(double, xs, vs)
    assert_same_shape(value, xs, [2.0 * float(x) for x in flatten(xs, "xs")])
    assert_same_shape(tangent, xs, [6.0 for _ in flatten(xs, "xs")])
    again, pull_back = vjp(double, xs)
    assert_same_shape(again, xs, flatten(value, ""))
    assert_same_shape(pull_back(vs), xs, [6.0 for _ in flatten(xs, "xs")])


def test_a_dictionary_keeps_its_type_and_its_default() -> None:
    xs = defaultdict(list, {"a": [1.0]})
    gradient = value_and_grad(lambda p: p["a"][0] ** 2)(xs)[1]
    assert (type(gradient), gradient["a"], gradient["new"]) == (defaultdict, [2.0], [])
    assert value_and_grad(lambda p: p["a"] ** 2)(MappingProxyType({"a": 3.0}))[1] == {"a": 6.0}


def test_with_create_graph_the_leaves_are_values() -> None:
    x = Value(2.0)
    gradient = value_and_grad(lambda p: p["x"] ** 3 * p["y"], create_graph=True)({"x": x, "y": 5})[
        1
    ]
    assert (gradient["x"].data, gradient["y"].data) == (60.0, 8.0)
    assert grad(gradient["x"], x) == 60.0
    array = np.array([x, Value(3.0)], dtype=object)
    slopes = grad((array**2).sum(), array, create_graph=True)
    assert slopes.dtype == object
    assert [slope.data for slope in slopes] == [4.0, 6.0]


def test_the_same_value_twice_and_values_inside_the_graph() -> None:
    x = Value(3.0)
    inside = x * 2
    y = inside * inside * x
    assert grad(y, {"x": x, "again": [x, inside]}) == {"x": 108.0, "again": [108.0, 36.0]}
    assert value_and_grad(lambda a, b: a * b)(x, x) == (9.0, (3.0, 3.0))


# ── matrices ─────────────────────────────────────────────────────────────────────────────────


def test_a_jacobian_is_a_list_of_rows() -> None:
    a, b, other = Value(2.0), Value(3.0), Value(1.0)
    ys = [a * b, a + b, other * 2, a]
    assert jacobian(ys, [a, b]) == [[3.0, 2.0], [1.0, 1.0], [0.0, 0.0], [1.0, 0.0]]
    assert jacobian(ys[0], [a, b]) == [[3.0, 2.0]]
    assert jacobian(ys, b) == [[2.0], [1.0], [0.0], [0.0]]
    assert jacobian([], [a]) == []
    assert jacobian((y for y in ys[:1]), (x for x in (a,))) == [[3.0]]


def test_rows_are_pull_backs_of_unit_vectors_and_columns_their_tangents() -> None:
    def f(p: Any) -> Any:
        return [p[0] * p[1].exp(), p[2] / p[0], p[1].sin() * p[2] ** 3, p[0].sqrt()]

    point = [0.7, -0.2, 1.4]
    leaves = [Value(x) for x in point]
    matrix = np.array(jacobian(f(leaves), leaves))
    _, pull_back = vjp(f, point)
    rows = [pull_back(axis) for axis in np.eye(4).tolist()]
    columns = [jvp(f, point, axis)[1] for axis in np.eye(3).tolist()]
    assert np.array_equal(matrix, rows)
    assert np.allclose(matrix, np.transpose(columns), rtol=1e-15, atol=0.0)


def test_tall_and_wide_jacobians_are_the_same_rows() -> None:
    a, b = Value(0.7), Value(-1.3)
    inside = a * b
    ys = [inside, inside.exp() * a, b.relu() + a, (a - b).sin(), inside * inside, a, Value(2.0)]
    for xs in ([a], [inside, a], [a, a, b, inside]):
        tall = jacobian(ys, xs)
        assert np.allclose(tall, [jacobian(y, xs)[0] for y in ys], rtol=1e-15, atol=0.0)
        b.data = 5.0  # derivatives belong to the data that were recorded
        assert jacobian(ys, xs) == tall
        b.data = -1.3


def test_a_jacobian_of_values_can_be_differentiated_again() -> None:
    a, b = Value(2.0), Value(3.0)
    matrix = jacobian([a * a * b, a + b], [a, b], create_graph=True)
    assert [[entry.data for entry in row] for row in matrix] == [[12.0, 4.0], [1.0, 1.0]]
    assert grad(matrix[0][0], [a, b]) == [6.0, 4.0]
    second = hessian(a**3 * b, [a, b], create_graph=True)
    assert grad(second[0][0], [a, b]) == [18.0, 12.0]


def test_matrices_have_the_shapes_of_both_containers() -> None:
    w, b = [Value(2.0), Value(3.0)], Value(5.0)
    ys = {"u": w[0] * b, "v": (w[1] ** 2,)}
    assert jacobian(ys, {"w": w, "b": b}) == {
        "u": {"w": [5.0, 0.0], "b": 2.0},
        "v": ({"w": [0.0, 6.0], "b": 0.0},),
    }
    y = w[0] * w[0] * b
    assert hessian(y, {"w": w, "b": b}) == {
        "w": [{"w": [10.0, 0.0], "b": 4.0}, {"w": [0.0, 0.0], "b": 0.0}],
        "b": {"w": [4.0, 0.0], "b": 0.0},
    }
    assert hessian(y, Point(w[0], b)) == Point(Point(10.0, 4.0), Point(4.0, 0.0))


def test_arrays_give_matrices_as_arrays() -> None:
    x = np.array([[Value(1.0), Value(2.0)], [Value(3.0), Value(4.0)]], dtype=object)
    ys = np.array([x[0, 0] * x[1, 1], (x**2).sum(), x[0, 1]], dtype=object)
    found = jacobian(ys, x)
    assert (found.shape, found.dtype) == ((3, 2, 2), float)
    assert found.tolist() == [[[4, 0], [0, 1]], [[2, 4], [6, 8]], [[0, 1], [0, 0]]]
    assert np.array_equal(hessian((x**2).sum(), x), 2 * np.eye(4).reshape(2, 2, 2, 2))
    mixed = hessian((x**2).sum() * x[0, 0], {"x": x, "one": x[0, 0]})
    assert mixed["x"]["x"].shape == (2, 2, 2, 2)
    assert mixed["x"]["one"].tolist() == [[6.0, 4.0], [6.0, 8.0]]
    assert mixed["one"]["x"].tolist() == [[6.0, 4.0], [6.0, 8.0]]
    assert mixed["one"]["one"] == 6.0


# ── errors name the place ────────────────────────────────────────────────────────────────────

NUMBERS = {"w": [1.0, 2.0, 3.0], "b": (4.0, None)}


def along(vs: Any, xs: Any = NUMBERS) -> Callable[[], Any]:
    return lambda: jvp(squares, xs, vs)


NOT_CALLED: list[Any] = [(vjp, 1.0), (jvp, 1.0, 1.0), (hvp, 1.0, 1.0)]

REFUSALS: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (
        lambda: value_and_grad(squares)({"w": [1.0, 2.0, "3"]}),
        TypeError,
        "xs[\"w\"][2]: expected a real number, got str: '3'. Convert it with float() first.",
    ),
    (
        lambda: value_and_grad(squares)(1.0, Point(1.0, [2j])),
        TypeError,
        "xs[1].y[0]: expected a real number, got complex. Take .real or abs() of it.",
    ),
    (
        lambda: jvp(squares, None, None),
        TypeError,
        "xs: expected a real number, got NoneType. Is a return statement missing?",
    ),
    (
        lambda: jvp(squares, np.array([["a"]]), 1.0),
        TypeError,
        "xs[0, 0]: expected a real number, got str: 'a'. Convert it with float() first.",
    ),
    (
        lambda: jvp(squares, Layer(object), 1.0),
        TypeError,
        "xs.w: expected a real number, got type. Call it, and use what it returns.",
    ),
    (
        along({"w": [1.0, 2.0], "b": (4.0, None)}),
        ValueError,
        'expected 3 numbers in vs["w"], as many as in xs["w"], got 2',
    ),
    (
        along({"w": [1.0, 2.0, [3.0]], "b": (4.0, None)}),
        TypeError,
        'expected one number as vs["w"][2], as xs["w"][2] is, got a list of 1',
    ),
    (
        along({"w": [1.0, 2.0, "3"], "b": (4.0, None)}),
        TypeError,
        "vs[\"w\"][2]: expected a real number, got str: '3'. Convert it with float() first.",
    ),
    (
        along({"w": 1.0, "b": (4.0, None)}),
        TypeError,
        'expected a list of 3 as vs["w"], as xs["w"] is, got float: 1.0',
    ),
    (
        along({"w": [1.0, 2.0, 3.0], "b": (4.0, 5.0)}),
        TypeError,
        'expected None as vs["b"][1], as xs["b"][1] is, got float: 5.0',
    ),
    (
        along({"w": [1.0, 2.0, 3.0], "c": 1.0}),
        ValueError,
        'expected the keys of xs in vs: "b" is missing and "c" is not expected',
    ),
    (
        along([1.0, 2.0]),
        TypeError,
        "expected a dict as vs, as xs is, got a list of 2",
    ),
    (
        along(None),
        TypeError,
        "expected a dict as vs, as xs is, got None",
    ),
    (
        along([[1.0], [2.0]], [[1.0], [2.0], [3.0]]),
        ValueError,
        "expected 3 parts in vs, as many as in xs, got 2",
    ),
    (
        along(np.zeros((2, 3)), np.zeros((3, 2))),
        ValueError,
        "expected shape (3, 2) for vs, as xs has, got (2, 3)",
    ),
    (
        along([1.0, 2.0], np.zeros(3)),
        ValueError,
        "expected 3 numbers in vs, as many as in xs, got 2",
    ),
    (
        lambda: jvp(squares, 2.0, [1.0]),
        TypeError,
        "expected one number as vs, as xs is, got a list of 1",
    ),
    (
        lambda: vjp(lambda x: [x, x], 2.0)[1]([1.0]),
        ValueError,
        "expected 2 numbers in cotangents, as many as in value, got 1",
    ),
    (
        lambda: hvp(squares, [1.0, 2.0], [1.0]),
        ValueError,
        "expected 2 numbers in vs, as many as in xs, got 1",
    ),
    (
        lambda: jvp(forgetful, 2.0, 1.0),
        TypeError,
        "jvp expects a function that returns Values, got NoneType as the result of 'forgetful'; is "
        "a return statement missing?",
    ),
    (
        lambda: vjp(talkative, 2.0),
        TypeError,
        'vjp expects a function that returns Values, got str as the result["y"][1] of '
        "'talkative'",
    ),
    (
        lambda: jacobian([Value(1.0), 2.0], [Value(1.0)]),
        TypeError,
        "jacobian expects Values, got float as ys[1]; call it as "
        "jacobian([y1, y2, ...], [x1, x2, ...])",
    ),
    (
        lambda: jacobian(squares, [Value(1.0)]),
        TypeError,
        "jacobian expects Values, got function as ys; call it as "
        "jacobian([y1, y2, ...], [x1, x2, ...]), or use vjp(f, xs) or jvp(f, xs, vs)",
    ),
    (
        lambda: grad(squares, [Value(1.0)]),  # type: ignore[call-overload]
        TypeError,
        "grad expects Values, got function as y; call it as grad(y, [x1, x2, ...]), "
        "or use value_and_grad(f)(x)",
    ),
    (
        lambda: value_and_grad(Value(6.0, label="y")),  # type: ignore[arg-type]
        TypeError,
        "value_and_grad expects a function, got Value: Value(data=6.0, grad=0.0, label='y'); pass "
        "the function itself, not what it returned, or call grad(y, [x1, x2, ...]) for a Value "
        "that is there already",
    ),
    *[
        (
            partial(f, 6.0, *rest),
            TypeError,
            f"{f.__name__} expects a function, got float: 6.0; pass the function itself, not what "
            "it returned",
        )
        for f, *rest in NOT_CALLED
    ],
    (
        lambda: value_and_grad(lambda p: p[0])(endless()),
        ValueError,
        "xs: expected containers that are nested less deeply, got a list with hundreds of levels; "
        "does one contain itself?",
    ),
]


def forgetful(x: Value) -> None:
    x * x


def endless() -> list[Any]:
    parts: list[Any] = [1.0]
    parts.append(parts)
    return parts


def talkative(x: Value) -> Any:
    return {"y": [x, "and more"]}


@pytest.mark.parametrize(("attempt", "kind", "words"), REFUSALS, ids=[r[2][:60] for r in REFUSALS])
def test_an_error_names_the_place(
    attempt: Callable[[], Any], kind: type[Exception], words: str
) -> None:
    with pytest.raises(kind) as refusal:
        attempt()
    assert refusal.type is kind
    assert str(refusal.value) == words
    assert words.isascii()


# ── which arguments f gets ───────────────────────────────────────────────────────────────────


def test_a_tuple_is_the_arguments_and_anything_else_the_only_one() -> None:
    assert jvp(lambda x, y: x * y, (2.0, 3.0), (1.0, 0.0)) == (6.0, 3.0)
    assert jvp(lambda x: x * x, (3.0,), (1.0,)) == (9.0, 6.0)
    assert jvp(lambda *xs: xs[0] * xs[1], (2.0, 3.0), (1.0, 0.0)) == (6.0, 3.0)
    assert jvp(lambda p: p[0] * p[1], [2.0, 3.0], [1.0, 0.0]) == (6.0, 3.0)
    assert jvp(lambda p, scale=2.0: p[0] * scale, [2.0, 3.0], [1.0, 0.0]) == (4.0, 2.0)
    assert jvp(lambda p: p.x * p.y, Point(2.0, 3.0), Point(1.0, 0.0)) == (6.0, 3.0)
    assert jvp(lambda p, q: p[0] * q["a"], ([2.0], {"a": 3.0}), ([1.0], {"a": 0.0})) == (6.0, 3.0)


def test_the_signature_decides_where_only_one_reading_fits() -> None:
    assert jvp(lambda x, y: x * y, [2.0, 3.0], [1.0, 0.0]) == (6.0, 3.0)
    assert jvp(lambda p: p[0] * p[1], (2.0, 3.0), (1.0, 0.0)) == (6.0, 3.0)
    assert jvp(sum, [2.0, 3.0], [1.0, 5.0]) == (5.0, 6.0)
    assert vjp(lambda x, y: x * y, [2.0, 3.0])[1](1.0) == [3.0, 2.0]
    assert hvp(lambda p: p[0] * p[1], (2.0, 3.0), (1.0, 0.0)) == (0.0, 1.0)
