"""A function is compiled if one recording serves all data; else the error names the line."""

from __future__ import annotations

import functools
import math
import pickle
import re
import sys
from collections import namedtuple
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import autograd
import nn
from autograd import Value, detect_anomaly, greater, maximum, no_grad, pick, where

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

w, b = Value(0.5, "w"), Value(0.1, "b")
LIMIT = 37.5
ENTRIES = [Value(0.0), Value(1.0), Value(2.0)]


@pytest.fixture(autouse=True)
def _parameters_are_restored() -> Any:
    yield
    assert (w.data, b.data, w.grad, b.grad) == (0.5, 0.1, 0.0, 0.0)


# ── what is compiled ─────────────────────────────────────────────────────────────────────────

COLUMNS = np.array([[0.5, -1.5, 2.0], [1.0, 3.0, -0.25]])


def line(x: Value, y: Value) -> Value:
    return (w * x + b - y) ** 2


def assert_agrees(program: Any, function: Callable[..., Value], columns: Any) -> None:
    losses = [function(*map(float, row)) for row in np.transpose(columns)]
    assert program(*columns).tolist() == pytest.approx([loss.data for loss in losses])
    mean = autograd.mean(losses)
    value, gradient = program.value_and_grad(*columns)
    assert value == pytest.approx(mean.data)
    assert gradient.tolist() == pytest.approx(autograd.grad(mean, [w, b]))


def test_the_arguments_are_the_inputs() -> None:
    program = autograd.compile(line, [w, b])
    assert_agrees(program, line, COLUMNS)
    assert "inputs: 2 (x, y)" in repr(program)
    x, y = COLUMNS
    assert program(y=y, x=x).tolist() == program(x, y).tolist()
    assert program({"y": y, "x": x}).tolist() == program(COLUMNS.T).tolist()


def keyword_only(x: Value, *, y: Value) -> Value:
    return line(x, y)


def positional_only(x: Value, y: Value, /) -> Value:
    return line(x, y)


def with_defaults(x: Value, y: Value, scale: float = 1.0, *, shift: float = 0.0) -> Value:
    return line(x, y) * scale + shift


def with_options(x: Value, y: Value, **options: Any) -> Value:
    return line(x, y, **options)


def returning_itself(function: Any) -> Any:
    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    return wrapper


class Callable_:  # noqa: N801
    def __call__(self, x: Value, y: Value) -> Value:
        return line(x, y)


@pytest.mark.parametrize(
    "function",
    [
        positional_only,
        with_defaults,
        with_options,
        returning_itself(line),
        functools.partial(with_defaults, scale=1.0),
        Callable_(),
        Callable_().__call__,
        lambda x, y: line(x, y),
        lambda x, y: maximum(line(x, y), 0.0),
    ],
)
def test_any_function_with_named_arguments_is_compiled(function: Any) -> None:
    assert_agrees(autograd.compile(function, [w, b]), line, COLUMNS)


def test_a_keyword_only_argument_is_an_input_too() -> None:
    program = autograd.compile(keyword_only, [w, b])
    assert_agrees(program, line, COLUMNS)
    assert program(COLUMNS[0], y=COLUMNS[1]).tolist() == program(*COLUMNS).tolist()


def test_an_argument_with_a_default_is_an_input_if_it_is_named() -> None:
    program = autograd.compile(with_defaults, [w, b], samples={"shift": [0.5, 1.0]})
    plain = autograd.compile(line, [w, b])(*COLUMNS)
    assert program(*COLUMNS, [1.0, 2.0, 3.0]).tolist() == pytest.approx(plain + np.array([1, 2, 3]))


def test_a_function_without_arguments_runs_once() -> None:
    program = autograd.compile(lambda: w * w + b, [w, b])
    assert program().tolist() == [0.35]
    assert program.value_and_grad()[1].tolist() == [1.0, 1.0]


def test_a_model_is_a_function_and_has_parameters() -> None:
    model = nn.MLP(2, [3, 1], seed=0)
    program = autograd.compile(model, params=model, shapes={"x": 2})
    rows = COLUMNS.T
    assert program(rows).tolist() == pytest.approx([model(row).data for row in rows.tolist()])
    assert program.value_and_grad(rows)[1].shape == (len(model.parameters()),)
    program.theta[:] = 0.0
    program.write_back()
    assert {p.data for p in model.parameters()} == {0.0}


def test_a_program_trains_as_one_from_a_recorded_graph_does() -> None:
    def trained(form: str) -> NDArray[np.float64]:
        model = nn.MLP(2, [4, 1], activation="tanh", seed=1)
        x1, x2, y = (Value(1.0, name) for name in ("x1", "x2", "y"))

        def loss(x1: Value, x2: Value, y: Value) -> Value:
            return nn.hinge_loss(model([x1, x2]), y)

        if form == "function":
            program = autograd.compile(loss, model)
        else:
            program = autograd.compile(loss(x1, x2, y), model, [x1, x2, y])
        optimiser = nn.Adam(program, lr=0.1)
        for _ in range(5):
            program.value_and_grad([1.0, -1.0, 0.5], [0.0, 2.0, 1.0], [1, -1, 1])
            optimiser.step()
        return program.theta

    assert trained("function").tolist() == trained("graph").tolist()


def test_without_a_branch_whatever_the_data_only_a_few_calls_are_made() -> None:
    calls = []

    def counted(x: Value, y: Value) -> Value:
        calls.append(1)
        return line(x, y)

    autograd.compile(counted, [w, b])
    assert len(calls) <= 6


def test_looking_at_data_without_consequences_is_fine() -> None:
    seen: list[float] = []

    def curious(x: Value, y: Value) -> Value:
        seen.append(x.data)
        if x > y or math.isnan(float(x)):
            seen.append(y.data)
        (x * 2.0).exp() if x > 0 else (x * 3.0).exp()  # not part of the result
        return line(x, y)

    assert_agrees(autograd.compile(curious, [w, b]), line, COLUMNS)
    assert min(seen) < 0 < max(seen)


def test_a_gradient_inside_is_compiled_and_backward_inside_leaves_no_trace() -> None:
    def slope(x: Value) -> Value:
        (w * x).backward()
        return autograd.grad(w * x**3, x, create_graph=True)

    program = autograd.compile(slope, [w])
    assert program([2.0]).tolist() == [6.0]


DERIVATIVES: dict[str, Callable[[Callable[[Any], Any], Value], Any]] = {
    "grad": lambda f, x: autograd.grad(f(x), x),
    "value_and_grad": lambda f, x: autograd.value_and_grad(f)(x)[1],
    "vjp": lambda f, x: autograd.vjp(f, x)[1](1.0),
    "jvp": lambda f, x: autograd.jvp(f, x, 1.0)[1],
    "jacobian": lambda f, x: autograd.jacobian([f(x)], [x])[0][0],
}


@pytest.mark.parametrize("name", DERIVATIVES)
def test_a_loss_may_be_made_of_derivatives(name: str) -> None:
    """f = (w·x)³ + b·sin x: as while a function is differentiated, derivatives are Values."""
    derivative = DERIVATIVES[name]
    program = autograd.compile(lambda x: derivative(lambda v: (w * v) ** 3 + b * v.sin(), x), [w])
    x = np.array([0.3, -2.0])
    np.testing.assert_allclose(program(x), 3 * 0.125 * x**2 + 0.1 * np.cos(x), rtol=1e-14)
    _, slope = program.value_and_grad(x)
    np.testing.assert_allclose(slope, np.mean(9 * 0.25 * x**2), rtol=1e-14)


@pytest.mark.parametrize("name", ["hvp", "hessian", "twice"])
def test_a_loss_may_be_made_of_second_derivatives(name: str) -> None:
    def f(v: Any) -> Any:
        return (w * v) ** 3

    def loss(x: Value) -> Any:
        if name == "hvp":
            return autograd.hvp(f, x, 1.0)
        if name == "hessian":
            return autograd.hessian(f(x), [x])[0][0]
        return autograd.value_and_grad(lambda u: autograd.value_and_grad(f)(u)[1])(x)[1]

    value, slope = autograd.compile(loss, [w]).value_and_grad([0.3])
    np.testing.assert_allclose((value, slope[0]), (6 * 0.125 * 0.3, 18 * 0.25 * 0.3), rtol=1e-14)


def test_a_node_inside_is_refused_as_a_node_and_not_as_randomness() -> None:
    with pytest.raises(ValueError, match="of the node 'step' only its own are known; compute it"):
        autograd.compile(lambda x: autograd.node(x.data, [x], [1.0], name="step"))


def test_modes_around_the_compiler_do_not_reach_the_function() -> None:
    with no_grad(), detect_anomaly():  # log(-1) is nan
        program = autograd.compile(lambda x: w * x.log(), [w])
    assert program([1.0]).tolist() == [0.0]


def test_a_debugger_or_coverage_keeps_its_trace_function() -> None:
    before = sys.gettrace()

    def trace(frame: Any, event: str, argument: Any) -> None:
        return None

    sys.settrace(trace)
    try:
        autograd.compile(line, [w, b])
        with pytest.raises(ValueError, match="branch"):
            autograd.compile(lambda x: x if x > 0 else -x)
        assert sys.gettrace() is trace
    finally:
        sys.settrace(before)


# ── arrays ───────────────────────────────────────────────────────────────────────────────────


def scores(x: list[Value], y: Value) -> Value:
    return (w * x[0] + b * x[1] - y) ** 2


@pytest.mark.parametrize(
    "form",
    [
        lambda rows: rows,
        lambda rows: rows.tolist(),
        lambda rows: rows.astype(np.float32),
        np.asfortranarray,
        lambda rows: pytest.importorskip("pandas").DataFrame(rows, columns=["a", "b"]),
        lambda rows: pytest.importorskip("polars").DataFrame(rows, schema=["a", "b"]),
    ],
    ids=["array", "lists", "float32", "Fortran", "pandas", "polars"],
)
def test_a_list_argument_is_a_block_of_columns(form: Callable[[Any], Any]) -> None:
    program = autograd.compile(scores, [w, b], shapes={"x": 2})
    rows, y = COLUMNS.T, [1.0, 2.0, 3.0]
    expected = ((0.5 * COLUMNS[0] + 0.1 * COLUMNS[1] - y) ** 2).tolist()
    assert program(form(rows), y).tolist() == pytest.approx(expected)
    assert program(x=form(rows), y=y).tolist() == pytest.approx(expected)
    assert program({"y": y, "x": form(rows)}).tolist() == pytest.approx(expected)
    whole = np.column_stack([rows, y])
    assert program(whole).tolist() == pytest.approx(expected)
    by_entry: dict[str, Any] = {"x[1]": rows[:, 1], "y": y, "x[0]": rows[:, 0]}
    assert program(by_entry).tolist() == program(whole).tolist()
    value, gradient = program.value_and_grad(form(rows), y)
    assert value == pytest.approx(np.mean(expected)) and gradient.shape == (2,)


def test_lists_of_lists_are_arrays_of_more_dimensions() -> None:
    def transposed(x: list[list[Value]]) -> list[list[Value]]:
        return [[2.0 * v for v in column] for column in zip(*x, strict=True)]

    program = autograd.compile(transposed, shapes={"x": (2, 3)})
    rows = np.arange(24.0).reshape(4, 2, 3)
    assert (program(rows) == 2.0 * rows.swapaxes(1, 2)).all()
    assert "x[0][0], x[0][1]" in repr(program)


def test_the_only_argument_may_be_an_array() -> None:
    program = autograd.compile(lambda x: autograd.total(x), shapes={"x": 2})
    pandas = pytest.importorskip("pandas")
    rows = [[1.0, 2.0], [3.0, 5.0], [0.0, 1.0]]
    for given in (rows, np.array(rows), {"x": rows}, pandas.DataFrame(rows, columns=["p", "q"])):
        assert program(given).tolist() == [3.0, 8.0, 1.0]
    by_name = pandas.DataFrame({"x[1]": [2.0], "x[0]": [1.0]})
    assert program(by_name).tolist() == [3.0]


def test_samples_give_the_shape_too() -> None:
    program = autograd.compile(scores, [w, b], samples={"x": COLUMNS.T})
    assert program([[1.0, 2.0]], [0.0]).shape == (1,)
    pandas = pytest.importorskip("pandas")
    table = pandas.DataFrame(COLUMNS.T, columns=["x", "y"])
    assert_agrees(autograd.compile(line, [w, b], samples=table), line, COLUMNS)


SHAPE = "x: expected an array of shape (B, 2), with B rows, got "
LENGTHS = "columns: expected one number for each row, got different lengths: "


@pytest.mark.parametrize(
    ("x", "kind", "told"),
    [
        ([[1.0, 2.0, 3.0]], ValueError, f"{SHAPE}an array of shape (1, 3)"),
        ([1.0, 2.0], ValueError, f"{SHAPE}an array of shape (2,)"),
        ([[1.0, 2.0], [3.0]], ValueError, f"{SHAPE}rows of different lengths"),
        ([[1.0, None]], TypeError, "column x[1], row 0: expected a real number, got None"),
        (
            [[1.0, 2.0], ["a", 2.0]],
            TypeError,
            "column x[0], row 1: expected a real number, got str",
        ),
        (
            np.ma.array([[1.0, 2.0]], mask=[[False, True]]),
            ValueError,
            "column x[1], row 0: expected a number, got a masked entry",
        ),
        ([[1.0, 2.0], [3.0, 4.0]], ValueError, f"{LENGTHS}x 2, y 1"),
        (np.empty((0, 2)), ValueError, f"{LENGTHS}x 0, y 1"),
        (None, ValueError, f"{SHAPE}NoneType: None"),
    ],
    ids=["3 wide", "flat", "ragged", "None", "str", "masked", "lengths", "empty", "nothing"],
)
def test_a_wrong_array_is_refused(x: Any, kind: type[Exception], told: str) -> None:
    program = autograd.compile(scores, [w, b], shapes={"x": 2})
    for call in (program, program.value_and_grad):
        with pytest.raises(kind, match=re.escape(told)):
            call(x, [1.0])


# ── outputs ──────────────────────────────────────────────────────────────────────────────────

Result = namedtuple("Result", ["loss", "y_pred"])


def predict(x: Value) -> Value:
    return w * x + b


STRUCTURES: dict[str, tuple[Callable[..., Any], Callable[[Any, Any], Any]]] = {
    "tuple": (lambda loss, p: (loss, p), lambda loss, p: (loss, p)),
    "named tuple": (Result, Result),
    "dict": (lambda loss, p: {"p": p, "loss": loss}, lambda loss, p: {"p": p, "loss": loss}),
    "list in a tuple": (
        lambda loss, p: (loss, [p, p + 1.0]),
        lambda loss, p: (loss, np.stack([p, p + 1.0], axis=1)),
    ),
    "lists before the loss": (
        lambda loss, p: {"a": p, "b": [[p, p * 2.0]], "loss": loss, "c": (p,)},
        lambda loss, p: {"a": p, "b": np.stack([p, p * 2.0], 1)[:, None], "loss": loss, "c": (p,)},
    ),
    "ragged": (
        lambda loss, p: (loss, [[p], [p, p]]),
        lambda loss, p: (loss, [p[:, None], np.stack([p, p], 1)]),
    ),
    "array": (
        lambda loss, p: (loss, np.array([p, p])),
        lambda loss, p: (loss, np.stack([p, p], axis=1)),
    ),
}


def assert_same_structure(found: Any, expected: Any) -> None:
    assert type(found) is type(expected)
    if isinstance(expected, np.ndarray):
        np.testing.assert_allclose(found, expected, rtol=1e-12)
    elif isinstance(expected, dict):
        assert list(found) == list(expected)
        for key in expected:
            assert_same_structure(found[key], expected[key])
    else:
        for f, e in zip(found, expected, strict=True):
            assert_same_structure(f, e)


@pytest.mark.parametrize("kind", STRUCTURES)
def test_outputs_come_back_as_the_function_returns_them(kind: str) -> None:
    make, expected = STRUCTURES[kind]
    program = autograd.compile(lambda x, y: make(line(x, y), predict(x)), [w, b])
    alone = autograd.compile(line, [w, b])
    x, y = COLUMNS
    assert_same_structure(program(x, y), expected(alone(x, y), 0.5 * x + 0.1))
    value, gradient = program.value_and_grad(x, y)
    assert value == alone.value_and_grad(x, y)[0]
    assert gradient.tolist() == alone.value_and_grad(x, y)[1].tolist()
    copy = pickle.loads(pickle.dumps(program))
    assert_same_structure(copy(x, y), program(x, y))
    assert "the first with its gradient" in repr(program)


def test_the_gradient_pays_nothing_for_further_outputs() -> None:
    program = autograd.compile(lambda x, y: (line(x, y), predict(x).tanh().exp()), [w, b])
    alone = autograd.compile(line, [w, b])
    assert len(program._joint or ()) == len(alone._joint or ())


def test_the_listing_has_all_outputs_by_name() -> None:
    program = autograd.compile(lambda x, y: {"y_pred": predict(x), "loss": line(x, y)}, [w, b])
    listing = program.listing()
    assert "v1 = w * x + b" in listing and "y_pred = v1" in listing
    assert "loss = mean(" in listing and "dloss/dw = mean(" in listing


@pytest.mark.parametrize(
    "function", [lambda x: [w * x, b * x], lambda x: {"a": w * x}, lambda x: ([w * x], b)]
)
def test_without_a_loss_there_is_no_gradient(function: Callable[[Value], Any]) -> None:
    program = autograd.compile(function, [w, b])
    program([1.0, 2.0])
    with pytest.raises(
        ValueError, match=r"but lambda x returns none; return the loss alone, first .*'loss'"
    ):
        program.value_and_grad([1.0])


async def coroutine(x: Value) -> Value:
    return x


def generator(x: Value) -> Any:
    yield x * w


WRONG: list[tuple[Callable[..., Any], str]] = [
    (lambda x: None, "got NoneType; is a return statement missing?"),
    (lambda x: (x * w, None), "got NoneType; is a return statement missing?"),
    (lambda x: {"loss": x, "name": "a"}, "got str in name; return a Value, or a tuple"),
    (lambda x: 3.0, "got float: 3; return the Value itself, not its .data, or Value(number)"),
    (lambda x: (x, 1), "got int: 1; return the Value itself"),
    (lambda x: [], "expected it to return at least one Value, got an empty list"),
    (generator, "got generator; return a list: list(...)"),
    (coroutine, "got coroutine; an async function cannot be compiled"),
    (lambda x: x.exp, "got method; call it and return what it returns"),
]


@pytest.mark.parametrize(("function", "told"), WRONG)
def test_anything_but_values_is_refused(function: Callable[..., Any], told: str) -> None:
    with pytest.raises((TypeError, ValueError), match=re.escape(told)):
        autograd.compile(function)


# ── choices that are recorded ────────────────────────────────────────────────────────────────


def test_where_in_place_of_an_if_is_compiled() -> None:
    def loss(x: Value, y: Value) -> Value:
        return where(greater(x, 0), w * x, x * b) - y

    program = autograd.compile(loss, [w, b])
    x = np.array([2.0, -3.0])
    assert program(x, 0.0 * x).tolist() == pytest.approx([1.0, -0.3])


def test_tokens_are_picked_by_columns_of_whole_numbers() -> None:
    table = [[Value(float(i + 10 * j)) for j in range(2)] for i in range(5)]

    def embed(tokens: list[Value], scale: Value) -> tuple[Value, list[list[Value]]]:
        rows = [pick(table, token) for token in tokens]
        return autograd.total([a * v for a, v in rows]) * scale, rows

    program = autograd.compile(embed, [v for row in table for v in row], shapes={"tokens": 3})
    tokens = np.array([[0, 1, 2], [4, 4, 4]])
    loss, rows = program(tokens, [1.0, 2.0])
    assert rows.tolist() == [[[t, t + 10] for t in row] for row in tokens.tolist()]
    assert loss.tolist() == [sum(t * (t + 10) for t in [0, 1, 2]), 2 * 3 * 4 * 14]
    assert program.value_and_grad(tokens, [1.0, 2.0])[0] == loss.mean()
    for call in (program, program.value_and_grad):
        with pytest.raises(IndexError, match=r"row 1, column tokens\[2\].* from 0 to 4, got 5"):
            call([[0, 1, 2], [3, 4, 5]], [1.0, 1.0])
