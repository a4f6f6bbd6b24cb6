"""A program exported to JavaScript computes what its graph computes, nan and inf included."""

from __future__ import annotations

import math
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

import autograd
from autograd import Value, graph, ops, pick, where
from autograd.program.to_js import to_js_of_graph
from tests.autograd.edges import CASES, agree, ours
from tests.autograd.program.agreement import assert_agree, eager, leaves, size_of
from tests.autograd.program.models import many_operations, moons, softmax_classifier
from tests.autograd.program.recipes import Recipe, recipes
from tests.thorough import examples
from tests.viz.built import NAMES, built

from .engines import ENGINES, literal, read, run

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.autograd.program.models import Example

engines = pytest.mark.parametrize("engine", ENGINES)
in_node = pytest.mark.parametrize("engine", ENGINES[:1])

BOTH = """
const both = (module, theta, columns) => {
  const { value, gradient } = module.valueAndGrad(theta, columns);
  return shown([value, ...gradient]);
};
"""


def value_and_grads(engine: str, modules: Sequence[str], calls: Sequence[Any]) -> Any:
    """The value and the gradient of each module, for each of its calls with theta and columns."""
    script = (
        f"{BOTH}const results = () => {literal(calls)}"
        ".map((calls, k) => calls.map(([theta, columns]) => both(MODULES[k], theta, columns)));"
    )
    return read(run(engine, script, modules))


def values(engine: str, modules: Sequence[str], calls: Sequence[Any]) -> Any:
    """The outputs of each module, for its call with theta and columns."""
    script = (
        f"const results = () => {literal(calls)}"
        ".map(([theta, columns], k) => shown(MODULES[k].value(theta, columns)));"
    )
    return read(run(engine, script, modules))


# ── it agrees with graphs ────────────────────────────────────────────────────────────────────


def recorded(function: Callable[..., Value], count: int) -> str:
    """The module of a function of so many parameters."""
    xs = [Value(0.25 + 0.5 * k) for k in range(count)]
    return to_js_of_graph(function(*xs), xs)


@pytest.mark.slow
@engines
def test_every_operation_function_and_loss_agrees_at_edges(engine: str) -> None:
    cases = [case for case in CASES if case.name != "pick"]  # indices are checked
    by_count = [(case, n) for case in cases for n in sorted({len(x) for x in case.points})]
    modules = [recorded(case.ours, n) for case, n in by_count]
    points = [[x for x in case.points if len(x) == n] for case, n in by_count]
    found = value_and_grads(engine, modules, [[(x, []) for x in some] for some in points])
    differing = []
    for (case, _), some, results in zip(by_count, points, found, strict=True):
        for x, (y, *gradient) in zip(some, results, strict=True):
            expected = ours(case, x)
            if not (agree(y, expected[0]) and all(map(agree, gradient, expected[1:]))):
                differing.append((case.name, x, (y, *gradient), expected))
    assert differing == []


def behind_a_choice(row: ops.Op) -> Callable[..., Value]:
    """What is not chosen counts as not computed; and what a pole sends back."""

    def function(c: Value, *xs: Value) -> Value:
        chosen = where(autograd.greater(c, 0.5), row(*xs), c * 3.0)
        y: Value = chosen + row(*xs).sqrt() * c
        return y

    return function


@pytest.mark.slow
@in_node
def test_every_row_agrees_behind_a_choice_and_before_a_pole(engine: str) -> None:
    rows = [row for row in ops.TABLE if row.arity in (1, 2)]
    numbers = [0.0, -0.0, 1.0, -1.0, 0.5, 2.0, -2.5, math.inf, -math.inf, math.nan, 1e300, 5e-324]
    points: dict[int, list[Any]] = {
        1: [(c, a) for c in (0.0, 1.0) for a in numbers],
        2: [(c, a, b) for c in (0.0, 1.0) for a in numbers for b in numbers],
    }
    modules = [recorded(behind_a_choice(row), 1 + row.arity) for row in rows]
    calls: list[Any] = [[(x, []) for x in points[row.arity]] for row in rows]
    differing = []
    for row, results in zip(rows, value_and_grads(engine, modules, calls), strict=True):
        for x, found in zip(points[row.arity], results, strict=True):
            expected = value_and_grad_of(behind_a_choice(row), x)
            if not all(map(agree, found, expected)):
                differing.append((row.name, x, found, expected))
    assert differing == []


def value_and_grad_of(function: Callable[..., Value], point: Sequence[float]) -> list[float]:
    xs = leaves(point)
    y = function(*xs)
    y.backward()
    return [y.data, *[x.grad for x in xs]]


def drawn(count: int, longest: int) -> list[Recipe]:
    """So many random recipes, always the same."""
    found: list[Recipe] = []

    @settings(
        max_examples=count,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(recipes(longest=longest))
    def collect(recipe: Recipe) -> None:
        found.append(recipe)

    collect()
    return found


def modules_of(recipe: Recipe) -> list[str]:
    """Its modules: of all outputs, and of the first one as a loss."""
    params = [Value(t) for t in recipe.theta]
    inputs = [Value(0.7 + 0.5 * k) for k in range(len(recipe.columns))]
    outputs = recipe.record(params, inputs)
    return [to_js_of_graph(made, params, inputs) for made in (outputs, outputs[0])]


def check_random_graphs(engine: str, some: Sequence[Recipe]) -> None:
    modules = [modules_of(recipe) for recipe in some]
    calls = [(recipe.theta, recipe.columns) for recipe in some]
    found = values(engine, [each for each, _ in modules], calls)
    means = value_and_grads(engine, [loss for _, loss in modules], [[call] for call in calls])
    for recipe, by_row, (mean,) in zip(some, found, means, strict=True):
        several, numbers = len(recipe.outputs) > 1, np.zeros(1 + len(recipe.theta))
        for row, outputs in zip(recipe.rows, by_row, strict=True):
            params, expected = recorded_at(recipe, row)
            for y, result in zip(outputs if several else [outputs], expected, strict=True):
                if not math.isclose(y, result.data, rel_tol=1e-12):
                    assert_agree(y, result.data, size_of(result))
                for v in graph.topological(result):
                    v.zero_grad()
            expected[0].backward()
            numbers += [expected[0].data, *[p.grad for p in params]]
        numbers /= len(recipe.rows)
        if not np.allclose(mean, numbers, rtol=1e-12, atol=0.0):
            assert_agree(mean, numbers, sizes_of(recipe))


def recorded_at(recipe: Recipe, row: Sequence[float]) -> tuple[list[Value], list[Value]]:
    """The parameters and outputs of its graph for one row."""
    params = [Value(t) for t in recipe.theta]
    return params, recipe.record(params, [Value(x) for x in row])


def sizes_of(recipe: Recipe) -> Any:
    """What the rounding errors of its mean value and gradient are relative to."""
    sizes = np.zeros(1 + len(recipe.theta))
    for row in recipe.rows:
        params, (loss, *_) = recorded_at(recipe, row)
        results = [loss, *autograd.grad(loss, params, create_graph=True)]
        sizes += [(size_of(g) + abs(g.data)) / len(recipe.rows) for g in results]
    return sizes


@in_node
def test_random_graphs_agree(engine: str) -> None:
    check_random_graphs(engine, drawn(25, 20))


@pytest.mark.slow
@pytest.mark.thorough
@engines
def test_large_random_graphs_agree(engine: str) -> None:
    check_random_graphs(engine, drawn(examples(500, 60), 40))


def graphs_of_the_course() -> list[Value]:
    """The losses that the worked examples step through."""
    return [
        loss
        for name in NAMES
        for loss in [*[s.loss for s in built(name).scenes], *built(name).training[:2]]
        if loss is not None and loss.operation is not None
    ]


@pytest.mark.slow
@engines
def test_every_worked_example_agrees(engine: str) -> None:
    losses = graphs_of_the_course()
    assert len(losses) > 15
    modules: list[str] = []
    calls: list[Any] = []
    for loss in losses:
        recorded = numbers_of_leaves(loss)
        modules.append(to_js_of_graph(loss, list(recorded)))
        calls.append([(list(recorded.values()), [])])
    found = value_and_grads(engine, modules, calls)
    for loss, ((value, *gradient),) in zip(losses, found, strict=True):
        numbers = graph_numbers(loss, list(numbers_of_leaves(loss)))
        assert [value, *gradient] == pytest.approx(numbers, rel=1e-12, abs=1e-300)


def numbers_of_leaves(loss: Value) -> dict[Value, float]:
    """The leaves, with the numbers that the graph was recorded with: updates came later."""
    return {
        operand: x
        for v in graph.interior(loss)
        for operand, x in zip(v.operands, v.inputs, strict=True)
        if isinstance(operand, Value) and operand.operation is None
    }


def graph_numbers(loss: Value, params: Sequence[Value]) -> list[float]:
    """The value and the gradient, without a change to the graph: others look at it, too."""
    totals = dict.fromkeys(params, 0.0)
    for _, operand, _, _, amount, _ in graph.backward(loss):
        if operand in totals:
            totals[operand] += amount
    return [loss.data, *totals.values()]


@pytest.mark.slow
@engines
@pytest.mark.parametrize("make", [moons, softmax_classifier, many_operations])
def test_models_agree(engine: str, make: Callable[[], Example]) -> None:
    example = make()
    inputs = leaves(example.at)
    module = to_js_of_graph(example.loss(inputs), example.params, inputs)
    call = ([p.data for p in example.params], [list(map(float, c)) for c in example.columns])
    expected = example.eager()
    assert_agree(values(engine, [module], [call])[0], expected.values, 1.0)
    ((found,),) = value_and_grads(engine, [module], [[call]])
    expected.assert_mean_is((found[0], np.array(found[1:])))


# ── what it is called with, and what it gives ────────────────────────────────────────────────


def program_of() -> Any:
    w, b = Value(0.5, label="w"), Value(-0.25, label="b")

    def loss(x: Value, y: Value) -> Any:
        y_pred = w * x.tanh() + b
        y_pred.label = "y_pred"
        return (y_pred - y) ** 2, y_pred

    return autograd.compile(loss, [w, b])


@in_node
def test_a_program_gives_its_module(engine: str) -> None:
    program = program_of()
    program.theta[:] = [2.0, 3.0]
    columns = [[1.0, 2.0, 0.5], [0.5, 1.0, -1.0]]
    script = f"""{BOTH}
    const [module] = MODULES, [x, y] = {literal(columns)};
    const {{ theta, parameters, columns, outputs, value, valueAndGrad }} = module;
    const results = () => ({{
      names: [parameters, columns, outputs], theta,
      places: value(theta, [x, y]), byName: value(theta, {{ y, x }}),
      typed: value(Float64Array.from(theta), [Float64Array.from(x), Float32Array.from(y)]),
      mean: both(module, theta, {{ x, y: Float64Array.from(y) }}),
    }});"""
    found = run(engine, script, [program.to_js()])
    assert found["names"] == [["w", "b"], ["x", "y"], ["L", "y_pred"]]
    assert found["theta"] == [2.0, 3.0]
    y_pred = 2.0 * np.tanh(columns[0]) + 3.0
    off = y_pred - columns[1]
    for way in ("places", "byName", "typed"):
        assert_agree(found[way], np.stack([off**2, y_pred], axis=1), 1.0)
    gradient = [(2.0 * off * np.tanh(columns[0])).mean(), (2.0 * off).mean()]
    assert_agree(read(found["mean"]), [(off**2).mean(), *gradient], 1.0)


@in_node
def test_arguments_that_are_lists(engine: str) -> None:
    w = [Value(0.5 + k, label=f"w{k}") for k in range(4)]

    def loss(x: list[list[Value]], y: Value) -> Value:
        return (autograd.dot(w, [*x[0], *x[1]]) - y) ** 2

    program = autograd.compile(loss, w, shapes={"x": (2, 2)})
    x, y = np.arange(12.0).reshape(3, 2, 2) / 7.0, [1.0, -2.0, 0.5]
    script = f"""
    const [{{ theta, value, valueAndGrad }}] = MODULES, x = {literal(x.tolist())}, y = {literal(y)};
    const bad = (given) => {{ try {{ value(theta, given); }} catch (e) {{ return String(e); }} }};
    const typed = x.map((row) => row.map((part) => Float64Array.from(part)));
    const results = () => [
      value(theta, {{ x, y }}), value(theta, [typed, y]), valueAndGrad(theta, {{ x, y }}).gradient,
      bad({{ x: [[1, 2]], y }}), bad({{ x: 1, y }}), bad({{ x: x.slice(1), y }}),
      bad({{ x: [[[1, 2], [3, null]]], y: [1] }}),
    ];"""
    *numbers, gradient, flat, single, fewer, null = run(engine, script, [program.to_js()])
    off = x.reshape(3, 4) @ [v.data for v in w] - y
    for found in numbers:
        assert_agree(found, off**2, 1.0)
    assert_agree(gradient, (2.0 * off[:, None] * x.reshape(3, 4)).mean(axis=0), 1.0)
    nested = "column x: expected nested arrays of rows x 2 x 2 numbers, got"
    assert flat == f"RangeError: {nested} something else in row 0"
    assert single == f"TypeError: {nested} 1"
    lengths = "columns: expected as many rows in each, got different lengths: x 2, y 3"
    assert fewer == f"RangeError: {lengths}"
    assert null == "TypeError: column x, row 0: expected a number, got null"


BAD = {
    "value([1], [[1], [1]])": "RangeError: theta: expected an array of one number for each "
    "parameter, 2 in all, got 1",
    "value(3, [[1], [1]])": "TypeError: theta: expected an array of one number for each "
    "parameter, got 3",
    "value([1, '2'], [[1], [1]])": "TypeError: theta, entry 1 (b): expected a number, got the "
    'string "2"',
    "value(theta)": "TypeError: columns: expected one column for each input (x, y), in an array "
    "or an object, got undefined",
    "value(theta, [1, 2])": "TypeError: column x: expected an array of one number for each row, "
    "got 1",
    "value(theta, [[1, 2]])": "RangeError: columns: expected one column for each input (x, y), "
    "got an array of 1",
    "value(theta, new Float64Array(2))": "TypeError: columns: expected one column for each input "
    "(x, y), in an array or an object, got an array of numbers",
    "value(theta, { x: [1], z: [2] })": "RangeError: columns: expected one column for each input "
    "(x, y), got missing y and unexpected z",
    "value(theta, [[1, 2], [1]])": "RangeError: columns: expected as many rows in each, got "
    "different lengths: x 2, y 1",
    "value(theta, [[], []])": "RangeError: columns: expected at least one row, got none",
    "valueAndGrad(theta, [[1, undefined], [1, 2]])": "TypeError: column x, row 1: expected a "
    "number, got undefined",
    "valueAndGrad(theta, [[1], [[1]]])": "TypeError: column y, row 0: expected a number, got an "
    "array",
    "valueAndGrad(theta, [[1n], [1]])": "TypeError: column x, row 0: expected a number, got a "
    "value of type bigint",
    "valueAndGrad(theta, ['12', [1]])": "TypeError: column x: expected an array of one number for "
    'each row, got the string "12"',
}


@in_node
def test_bad_input_gets_a_clear_error(engine: str) -> None:
    calls = ",\n".join([f"() => {call}" for call in BAD])
    script = f"""
    const [{{ theta, value, valueAndGrad }}] = MODULES;
    const results = () => [{calls}].map((call) => {{
      try {{ return call(); }} catch (error) {{ return String(error); }}
    }});"""
    found = run(engine, script, [program_of().to_js()])
    assert dict(zip(BAD, found, strict=True)) == BAD


@in_node
def test_an_index_that_picks_nothing_is_refused(engine: str) -> None:
    table = [Value(0.5 + k, label=f"t{k}") for k in range(3)]
    token, n = Value(1.0, label="token"), Value(0.0, label="n")
    index = token + n
    index.label = "sum"
    y = pick(table, token) * 2.0 + pick(table[:2], index)
    script = f"""{BOTH}
    const [module] = MODULES, {{ theta, value, valueAndGrad }} = module;
    const bad = (...given) => {{
      try {{ return value(theta, given); }} catch (error) {{ return String(error); }}
    }};
    const results = () => [
      both(module, theta, [[0, 1], [1, 0]]), bad([0, 3], [0, 0]), bad([1, -1], [0, 0]),
      bad([0, 1], [0, 0.5]), bad([0, 1], [0, 1]), bad([NaN], [0]),
    ];"""
    numbers, *errors = run(engine, script, [to_js_of_graph(y, table, [token, n])])
    assert read(numbers) == [
        (1.0 + 1.5 + 3.0 + 1.5) / 2, 1.0, 1.0 + 0.5 + 0.5, 0.0,
    ]  # fmt: skip
    whole = "expected a whole number from 0 to"
    assert errors == [
        f"RangeError: pick, row 1, column token: {whole} 2, got 3",
        f"RangeError: pick, row 1, column token: {whole} 2, got -1; negative indices do not count "
        "from the end",
        f"RangeError: pick, row 1, index sum: {whole} 1, got 1.5",
        f"RangeError: pick, row 1, index sum: {whole} 1, got 2",
        f"RangeError: pick, row 0, column token: {whole} 2, got NaN",
    ]


@in_node
def test_a_list_of_outputs_has_no_gradient_and_may_hold_leaves_and_constants(engine: str) -> None:
    w, x = Value(3.0, label="w"), Value(1.0, label="x")
    module = to_js_of_graph([w, x, Value(7.0), w * 2.0, w * x], [w], [x])
    script = """
    const [module] = MODULES;
    const results = () => [module.valueAndGrad === undefined, module.value([3], [[1, 2]])];
    """
    assert run(engine, script, [module]) == [True, [[3, 1, 7, 6, 3], [3, 2, 7, 6, 6]]]


@in_node
def test_means_over_rows_are_taken_once(engine: str) -> None:
    """What does not vary is computed once: here a penalty, before and after the rows."""
    w, x = Value(3.0, label="w"), Value(1.0, label="x")
    scale = (w * w).exp()
    loss = scale * x + 0.5 * scale.log() ** 2
    module = to_js_of_graph(loss, [w], [x])
    assert "// What follows from the means over the rows.\nfunction after(" in module
    xs = [0.25, -1.0, 2.0]
    ((found,),) = value_and_grads(engine, [module], [[([0.75], [xs])]])

    def build(params: list[Value], inputs: list[Value]) -> Value:
        scale = (params[0] * params[0]).exp()
        return scale * inputs[0] + 0.5 * scale.log() ** 2

    eager(build, [0.75], [xs]).assert_mean_is((found[0], np.array(found[1:])))


@in_node
def test_long_sums_and_large_graphs_become_functions_of_moderate_size(engine: str) -> None:
    weights = [Value(0.01 * k - 1.0) for k in range(700)]
    loss = autograd.total([w * w for w in weights]).tanh() + autograd.total(weights).exp()
    module = to_js_of_graph(loss, weights)
    sizes = [len(body) for body in re.findall(r"^function once\w*\(.*?^}", module, re.M | re.S)]
    assert len(sizes) > 2 and max(sizes) < 20_000
    ((found,),) = value_and_grads(engine, [module], [[([w.data for w in weights], [])]])
    assert found == pytest.approx(graph_numbers(loss, weights), rel=1e-12)


@in_node
def test_operations_of_ones_own(engine: str) -> None:
    @autograd.operation(
        derivatives=[lambda a, b, y: 3.0 * b, lambda a, b, y: 3.0 * a.sin() + y * 0.0],
        vector=lambda a, b: a * b,
    )
    def product(a: float, b: float) -> float:  # its derivatives are its own, even if wrong
        return a * b

    @autograd.operation(derivatives=lambda xs: [x * 2.0 for x in xs],
                        vector=lambda *xs: sum([x * x for x in xs], 0.0))  # fmt: skip
    def squares(*xs: float) -> float:
        return sum(x * x for x in xs)

    xs = leaves([0.5, -1.5, 2.0])
    loss = squares(product(xs[0], xs[1]), *xs)
    module = to_js_of_graph(loss, xs)
    ((found,),) = value_and_grads(engine, [module], [[([x.data for x in xs], [])]])
    assert found == pytest.approx(graph_numbers(loss, xs), rel=1e-12)


def test_an_operation_that_cannot_be_written_is_refused() -> None:
    @autograd.operation(derivatives=[1.0])
    def alone(a: float) -> float:
        return a

    x = Value(1.0)
    with pytest.raises(ValueError, match=r"'alone' is not one of them; build it from those, or gi"):
        to_js_of_graph(alone(x), [x])


HOSTILE = [
    "</script><script>alert(1)</script>", "*/ alert(1) /*", "\n alert(1)", "\u2028alert(1)",
    "`${alert(1)}`", "η", "__proto__", "constructor", "'\"\\",
]  # fmt: skip


@engines
def test_labels_run_nothing_and_are_shown_as_they_are(engine: str) -> None:
    params = [Value(1.0, label=label) for label in HOSTILE]
    inputs = [Value(1.0, label=label + "!") for label in HOSTILE]
    parts = [p * x for p, x in zip(params, inputs, strict=True)]
    for part, label in zip(parts, HOSTILE, strict=True):
        part.label = label + "?"
    loss = autograd.total(parts)
    loss.label = "<!-- </script>"
    module = to_js_of_graph(loss, params, inputs)
    assert module.isascii() and "</script" not in module and "<!--" not in module
    script = """
    const [module] = MODULES;
    const given = Object.fromEntries(module.columns.map((name) => [name, [2, 3]]));
    const results = () => [module.columns, module.value(module.theta, given)];
    """
    names, found = run(engine, script, [module])
    assert names == [label + "!" for label in HOSTILE]
    assert found == [18, 27]


def test_its_comments_are_the_names_of_the_listing() -> None:
    w, b, x = Value(0.5, label="w"), Value(1.0, label="b"), Value(2.0, label="x")
    h = w * x + b
    h.label = "h"
    loss = h.tanh() ** 2
    loss.label = "loss"
    module = to_js_of_graph(loss, [w, b], [x])
    comments = re.findall(r"^  .*;  // (.*)$", module, re.M)
    assert comments == ["h", "loss", "dloss/db", "dloss/dw"]


def test_a_program_and_its_graph_give_the_same_module() -> None:
    example = softmax_classifier()
    inputs = leaves(example.at)
    loss = example.loss(inputs)
    program = autograd.compile(loss, example.params, inputs)
    assert program.to_js() == to_js_of_graph(loss, example.params, inputs)


WITHOUT = """
import sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("numpy", "numba", "llvmlite"):
            raise ImportError(name)

sys.meta_path.insert(0, Missing())
from autograd import Value
from autograd.program.to_js import to_js_of_graph
w, x = Value(2.0, label="w"), Value(1.0, label="x")
print(to_js_of_graph((w * x).tanh() ** 2, [w], [x]))
"""


def test_it_takes_neither_numpy_nor_numba() -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    w, x = Value(2.0, label="w"), Value(1.0, label="x")
    assert done.stdout == to_js_of_graph((w * x).tanh() ** 2, [w], [x]) + "\n"


@pytest.mark.parametrize(
    ("outputs", "params", "inputs", "error"),
    [
        ([], [], [], "outputs: expected at least one Value, got an empty list"),
        (Value(1.0), 3.0, [], "parameters: expected a list of Values, got float"),
        (Value(1.0), [], [Value(2.0).exp()], "inputs: expected leaves, got"),
    ],
)
def test_what_is_exported_is_checked(outputs: Any, params: Any, inputs: Any, error: str) -> None:
    with pytest.raises((TypeError, ValueError), match=f"^{re.escape(error)}"):
        to_js_of_graph(outputs, params, inputs)
