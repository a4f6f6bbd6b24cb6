"""Value: what it accepts, what it records, and what `backward` leaves in it."""

from __future__ import annotations

import ast
import copy
import gc
import inspect
import math
import os
import random
import subprocess
import sys
import tracemalloc
import weakref
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import nn
from autograd import AnomalyError, Value, detect_anomaly, engines, mean, no_grad, ops, total
from autograd.compat import NUMPY_NAMES
from autograd.functions import weighted_sum
from autograd.graph import interior
from autograd.value import as_operand, record

from .reference import nodes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

inf, nan = math.inf, math.nan


# ── what it accepts ──────────────────────────────────────────────────────────────────────────

NUMBERS = [
    (2, 2.0),
    (2.5, 2.5),
    (True, 1.0),
    (Fraction(1, 4), 0.25),
    (np.float64(2.5), 2.5),
    (np.float32(0.5), 0.5),
    (np.float16(0.5), 0.5),
    (np.longdouble(0.5), 0.5),
    (np.int64(-3), -3.0),
    (np.uint8(3), 3.0),
    (np.bool_(True), 1.0),
    (10**400, inf),
    (-(10**400), -inf),
    (Fraction(10**400, 3), inf),
]


@pytest.mark.parametrize(("number", "expected"), NUMBERS)
def test_any_real_number_is_kept_as_a_float(number: Any, expected: float) -> None:
    v = Value(number)
    assert v.data == expected
    assert type(v.data) is float
    v.data = v.grad = 0.0
    v.data = v.grad = number
    assert v.data == v.grad == expected
    assert type(v.data) is type(v.grad) is float


REFUSED = [
    ("2.0", "str", r"'2.0'. Convert it with float\(\) first"),
    (None, "NoneType", "Is a return statement missing"),
    (1 + 2j, "complex", r"Take .real or abs\(\) of it"),
    (np.complex128(1j), "(numpy.)?complex(128)?", "Take .real"),  # NumPy may unwrap it first
    ([1.0], "list", r"one Value per element: \[Value\(x\) for x in ...\]"),
    ((1.0, 2.0), "tuple", "one Value per element"),
    (object(), "object", r"Convert it with float\(\) first"),
]


@pytest.mark.parametrize(("thing", "name", "advice"), REFUSED)
def test_anything_else_is_refused_by_type_with_advice(thing: Any, name: str, advice: str) -> None:
    message = f"expected a real number, got {name}[.:] .*{advice}"
    with pytest.raises(TypeError, match=message):
        Value(thing)
    v = Value(1.0)
    attempts: list[Callable[[], Any]] = [
        lambda: v + thing,
        lambda: thing + v,
        lambda: v * thing,
        lambda: thing * v,
        lambda: thing - v,
        lambda: v / thing,
        lambda: v**thing,
        lambda: thing**v,
        lambda: v.maximum(thing),
        lambda: v < thing,
        lambda: thing >= v,
        lambda: setattr(v, "data", thing),
        lambda: setattr(v, "grad", thing),
    ]
    for attempt in attempts:
        with pytest.raises(TypeError, match=message):
            attempt()
    assert (v.data, v.grad) == (1.0, 0.0)


@pytest.mark.parametrize(
    ("array", "advice"),
    [(np.array([1.0, 2.0]), "Use one Value per element"), (np.array(1.0), r"Call .item\(\) on it")],
)
def test_an_array_is_refused(array: Any, advice: str) -> None:
    v = Value(1.0)
    attempts: list[Callable[[], Any]] = [
        lambda: Value(array),
        lambda: v.maximum(array),
        lambda: setattr(v, "data", array),
    ]
    for attempt in attempts:
        with pytest.raises(TypeError, match=rf"got numpy.ndarray\. {advice}"):
            attempt()


def test_a_value_of_a_value_is_refused() -> None:
    with pytest.raises(TypeError, match=r"got autograd.value.Value\. Use it as it is, or its .dat"):
        Value(Value(1.0))  # type: ignore[arg-type]


def test_a_long_string_is_quoted_in_part() -> None:
    with pytest.raises(TypeError) as refusal:
        Value("x" * 10_000)  # type: ignore[arg-type]
    assert len(str(refusal.value)) < 200


@pytest.mark.parametrize("kind", [np.float64, np.float32, np.int64, np.bool_])
def test_a_numpy_scalar_on_the_left_leaves_the_arithmetic_to_the_value(kind: Any) -> None:
    number, v = kind(1), Value(3.0)
    results = [number + v, number - v, number * v, number / v, number**v]
    assert all(type(result) is Value for result in results)
    assert [result.data for result in results] == [4.0, -2.0, 3.0, 1 / 3, 1.0]
    assert [number < v, number <= v, number > v, number >= v] == [True, True, False, False]


# ── what it records ──────────────────────────────────────────────────────────────────────────


def test_a_leaf_has_no_operation_and_no_parents() -> None:
    x = Value(2, label="x")
    assert (x.data, x.grad, x.label, x.op, x.parents, x.inputs) == (2.0, 0.0, "x", "", (), ())


def test_an_operation_records_its_symbol_its_parents_and_their_data() -> None:
    a, b = Value(2.0), Value(3.0)
    y = a * b
    assert (y.op, y.parents, y.inputs, y.data) == ("*", (a, b), (2.0, 3.0), 6.0)


def test_a_constant_is_not_a_node_but_appears_among_the_parents_as_a_value() -> None:
    x = Value(2.0)
    y = 3 - x
    assert y.operands == (3.0, x)
    constant, parent = y.parents
    assert parent is x
    assert isinstance(constant, Value)
    assert (constant.data, constant.role) == (3.0, "constant")
    assert interior(y) == [y]


def test_sum_adds_no_node_for_its_0() -> None:
    a, b, c = Value(1.0), Value(2.0), Value(3.0)
    y = sum([a, b, c])
    assert isinstance(y, Value)
    assert nodes(y) == ["+", "+"]
    assert y.parents[0].parents == (a, b)
    assert sum([a]) is a
    assert (0.5 + a).operands == (0.5, a)
    assert (a + 0).operands == (a, 0.0)


def test_plus_and_minus_signs() -> None:
    x = Value(2.0)
    assert +x is x
    assert (-x).data == -2.0


def test_values_are_equal_and_hashed_by_identity() -> None:
    a, b = Value(1.0), Value(1.0)
    assert a == a
    assert a != b
    assert a != a.data  # type: ignore[comparison-overlap]
    assert len({a, b}) == 2


def test_comparisons_compare_data() -> None:
    a, b = Value(1.0), Value(2.0)
    assert a < b and a <= b and b > a and b >= a and a <= Value(1.0) and a >= Value(1.0)
    assert not (a > b or a >= b or b < a or b <= a or a < Value(1.0) or a > Value(1.0))
    assert a < 2 and a < 2 and a >= True and Fraction(1, 2) < a
    assert not (Value(nan) < 1 or Value(nan) >= 1)
    assert max(a, b) is b
    assert sorted([b, a]) == [a, b]


def test_a_value_turns_into_a_float_and_a_text() -> None:
    v = Value(2.5, label="w")
    assert float(Value(2.5, role="input")) == 2.5
    assert repr(v) == "Value(data=2.5, grad=0.0, label='w')"
    assert repr(Value(-0.0)) == "Value(data=-0.0, grad=0.0)"


def test_a_label_may_be_set_later() -> None:
    y = Value(1.0) + 2
    y.label = "y"
    assert repr(y) == "Value(data=3.0, grad=0.0, label='y')"


def test_a_role_belongs_to_a_leaf() -> None:
    w = Value(1.0, role="parameter")
    assert (w.role, Value(1.0).role) == ("parameter", "")
    w.role = "input"
    assert w.role == "input"
    w.role = ""
    assert (w.role, w.made_by) == ("", None)
    y = w * 2
    with pytest.raises(ValueError, match=r"a role belongs to a leaf, but this .* computed by '\*'"):
        y.role = "parameter"
    assert y.role == ""


def test_subclassing_is_refused_because_values_are_known_by_their_exact_type() -> None:
    with pytest.raises(
        TypeError, match=r"Special cannot subclass Value: .* Hold a Value in an att"
    ):
        type("Special", (Value,), {})


def test_a_misspelt_attribute_is_an_error() -> None:
    with pytest.raises(AttributeError):
        Value(1.0).gard = 1.0  # type: ignore[attr-defined]


# ── the backward pass ────────────────────────────────────────────────────────────────────────


def test_the_chain_rule_reaches_every_leaf() -> None:
    w, x, b = Value(0.5), Value(2.0), Value(1.0)
    y_pred = w * x + b
    loss = 0.5 * (y_pred - 3.0) ** 2
    loss.backward()
    assert (loss.data, loss.grad, y_pred.grad) == (0.5, 1.0, -1.0)
    assert (w.grad, x.grad, b.grad) == (-2.0, -0.5, -1.0)


def test_a_value_used_twice_receives_two_contributions() -> None:
    x = Value(3.0)
    y = x + x
    y.backward()
    assert x.grad == 2.0
    x.zero_grad()
    (x * x).backward()
    assert x.grad == 6.0


def test_a_diamond_is_walked_once_through_every_node() -> None:
    x = Value(2.0)
    y = x * 3
    z = (y + 1) * (y - 1)  # y² − 1
    z.backward()
    assert (y.grad, x.grad) == (12.0, 36.0)


def test_paths_of_unequal_length_are_summed_before_they_are_passed_on() -> None:
    x = Value(0.7)
    y = x
    for _ in range(60):  # 2⁶⁰ paths
        y = y + y
    y.backward()
    assert x.grad == 2.0**60


def test_a_leafs_gradient_by_itself_is_1_and_accumulates() -> None:
    x = Value(5.0)
    x.backward()
    assert x.grad == 1.0
    x.backward()
    assert x.grad == 2.0


def test_backward_twice_doubles_the_leaves_and_nothing_else() -> None:
    a, b = Value(2.0), Value(-3.0)
    c = (a * b).tanh()
    loss = c * c + a
    loss.backward()
    leaves, inside = [a.grad, b.grad], [c.grad, loss.grad]
    loss.backward()
    assert [a.grad, b.grad] == [2 * g for g in leaves]
    assert [c.grad, loss.grad] == inside


def test_an_interior_gradient_is_of_the_latest_call_alone() -> None:
    x = Value(2.0)
    y = x * 3
    (y * 5).backward()
    (y * 7).backward()
    assert y.grad == 7.0
    assert x.grad == 15.0 + 21.0


def test_backward_through_a_shared_part_leaves_no_trace_of_an_earlier_loss() -> None:
    x = Value(2.0)
    shared = x * x
    first, second = shared * 3, shared + 1
    first.backward()
    second.backward()
    assert (first.grad, second.grad, shared.grad, x.grad) == (1.0, 1.0, 1.0, 12.0 + 4.0)


def test_zero_grad_sets_the_gradient_to_0() -> None:
    x = Value(2.0)
    (x * x).backward()
    x.zero_grad()
    assert x.grad == 0.0


def test_a_constant_operand_on_either_side_gets_no_gradient() -> None:
    x = Value(2.0)
    for y, expected in ((3 * x, 3), (x * 3, 3), (3 - x, -1), (1 / x, -0.25), (x**2, 4)):
        x.zero_grad()
        y.backward()
        assert x.grad == expected


def test_gradients_belong_to_the_data_of_the_forward_pass() -> None:
    w, x = Value(3.0), Value(2.0)
    loss = w * x + w.exp() / x + 2**w + w**x
    loss.backward()
    expected = [w.grad, x.grad]
    w.zero_grad()
    x.zero_grad()
    w.data, x.data = 50.0, -7.0
    loss.backward()
    assert [w.grad, x.grad] == expected
    assert (w.data, x.data) == (50.0, -7.0)
    assert loss.parents[1].inputs == (3.0, 2.0)


def test_a_sum_keeps_the_data_of_all_its_terms() -> None:
    a, b, bias = Value(0.1), Value(0.2), Value(0.3)
    sums = [
        total([a]),
        total([a, b]),
        total([a, 5.0, b, a]),
        weighted_sum([a, 2.0], [b, 3.0], bias),
        weighted_sum([a, b], [4.0, a], bias),
    ]
    inputs = [(0.1,), (0.1, 0.2), (0.1, 5.0, 0.2, 0.1), (0.1 * 0.2, 6.0, 0.3)]
    inputs.append((0.1 * 4.0, 0.2 * 0.1, 0.3))
    for v in (a, b, bias, *sums[-1].parents):
        v.data = 99.0
    assert [v.inputs for v in sums] == inputs


def test_backward_raises_where_no_leaf_could_receive_a_gradient() -> None:
    """As PyTorch does: a training loop that changes nothing must not look like one that works."""
    w = Value(2.0)
    with no_grad():
        unrecorded = [w * 3, w.exp(), total([w, w]), copy.copy(w * 3)]
    for loss in unrecorded:
        with pytest.raises(RuntimeError, match=r"computed by '.+' within no_grad\(\)"):
            loss.backward()
    for loss in (mean([w.data, 1.0]), total([w.data]).exp(), nn.mse_loss(w.data, 1.0)):
        with pytest.raises(RuntimeError, match="from plain numbers only"):
            loss.backward()
    assert w.grad == unrecorded[0].grad == 0.0


def test_a_result_computed_within_no_grad_is_a_leaf_for_what_follows() -> None:
    w = Value(2.0)
    with no_grad():
        w = w - 0.5
    loss = w * w
    loss.backward()
    assert w.grad == 3.0


def test_backward_works_within_no_grad_on_a_graph_recorded_before() -> None:
    w = Value(2.0)
    loss = w * w
    with no_grad():
        loss.backward()
    assert w.grad == 4.0


def test_a_step_of_gradient_descent_lowers_the_loss() -> None:
    w = Value(0.5)
    losses = []
    for _ in range(50):
        w.zero_grad()
        loss = (w * 2 - 3) ** 2
        loss.backward()
        w.data -= 0.05 * w.grad
        losses.append(loss.data)
    assert losses == sorted(losses, reverse=True)
    assert math.isclose(w.data, 1.5)


GRAPH_AS_TEXT = """
import random
from autograd import Value
from autograd.graph import topological
random.seed(3)
values = [Value(i, label=str(i)) for i in range(9)]
for i in range(200):
    a, b = random.choice(values), random.choice(values)
    values.append(a * b + i if i % 3 else (a - b).tanh())
    values[-1].label = f"n{i}"
values[-1].backward()
print([(v.label, v.op, v.grad) for v in topological(*values)])
"""


def test_the_same_code_gives_the_same_graph_in_the_same_order_in_every_run() -> None:
    texts = {
        subprocess.run(
            [sys.executable, "-c", GRAPH_AS_TEXT],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)},
            check=True,
            capture_output=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(texts) == 1
    assert len(texts.pop()) > 2000


# ── size ─────────────────────────────────────────────────────────────────────────────────────


def perceptron(parameters: list[Value]) -> Value:
    """A 2-16-16-1 perceptron on one point."""
    weights = iter(parameters)
    layer = [Value(0.3), Value(-0.8)]
    for width in (16, 16, 1):
        layer = [
            (sum((next(weights) * x for x in layer), next(weights))).tanh() for _ in range(width)
        ]
    return layer[0]


@pytest.fixture
def parameters() -> list[Value]:
    rng = random.Random(0)
    return [Value(rng.uniform(-1, 1)) for _ in range(337)]


@pytest.fixture
def no_collector() -> Iterator[None]:
    """Turn the garbage collector off, so that only reference counting frees objects."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def test_a_node_takes_at_most_250_bytes(parameters: list[Value]) -> None:
    perceptron(parameters).backward()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    loss = perceptron(parameters)
    loss.backward()
    taken = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert taken / len(interior(loss)) <= 250


@pytest.mark.usefixtures("no_collector")
def test_a_graph_is_freed_when_its_result_is_without_the_garbage_collector(
    parameters: list[Value],
) -> None:
    def alive() -> int:
        return sum(type(thing) is Value for thing in gc.get_objects())

    def step() -> None:
        loss = perceptron(parameters)
        loss.backward()
        for p in parameters:
            p.data -= 0.01 * p.grad
            p.zero_grad()

    step()
    before = alive()
    for _ in range(5):
        step()
    assert alive() == before
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        gc.collect()
        assert not any(isinstance(thing, Value) for thing in gc.garbage)
    finally:
        gc.set_debug(0)
        gc.garbage.clear()


@pytest.mark.slow
def test_a_sum_of_a_million_values_runs_forward_and_backward() -> None:
    leaves = [Value(1.0) for _ in range(1_000_000)]
    y = sum(leaves)
    assert isinstance(y, Value)
    y.backward()
    assert (y.data, leaves[0].grad, leaves[-1].grad) == (1e6, 1.0, 1.0)


# ── recording any operation ──────────────────────────────────────────────────────────────────


def test_a_user_defined_operation_can_be_recorded_and_differentiated() -> None:
    cube = ops.Op("cube", "³", lambda a: a**3, lambda a, y: 3.0 * a * a, formula="y = a³")
    x = Value(2.0)
    y = record(cube, (x,))
    y.backward()
    assert (y.op, y.data, x.grad) == ("³", 8.0, 12.0)
    assert cube(x).operation is cube


def test_the_derivatives_of_a_user_defined_operation_may_use_its_result_or_be_any_constant() -> (
    None
):
    hypotenuse = ops.Op(
        "hypotenuse", "hyp", math.hypot, lambda a, b, c: a / c, lambda a, b, c: b / c
    )
    doubled = ops.Op("doubled", "2Σ", lambda a, b: a + 2.0 * b, 2.0)
    assert (hypotenuse.formula, hypotenuse.default, hypotenuse.arity) == ("", None, 2)
    a, b = Value(3.0), Value(4.0)
    record(doubled, (Value(0.0), record(hypotenuse, (a, b)))).backward()
    assert (a.grad, b.grad) == (2.0 * 0.6, 2.0 * 0.8)


def test_the_methods_of_a_value_are_those_that_type_checkers_know() -> None:
    known: set[str] = set()
    for kind in Value.__mro__[:-1]:
        if kind is getattr(engines.native, "Core", None):  # written in C: it has fields only
            continue
        source = ast.parse(inspect.getsource(sys.modules[kind.__module__]))
        known |= {node.name for node in ast.walk(source) if isinstance(node, ast.FunctionDef)}
    methods = {name for name in dir(Value) if callable(getattr(Value, name))}
    assert methods <= known | set(dir(object)) | set(NUMPY_NAMES)


def test_a_method_has_the_name_that_numpy_calls_it_by() -> None:
    for name, ours in NUMPY_NAMES.items():
        assert getattr(Value, name, None) is getattr(Value, ours, None)


def test_short_cuts_record_what_record_does() -> None:
    a, b = Value(2.0), Value(3.0)
    for quick, slow in (
        (a / b, record(ops.DIV, (a, b))),
        (a / 3, record(ops.DIV, (a, 3.0))),
        (3 / a, record(ops.DIV, (3.0, a))),
        (a.exp(), record(ops.EXP, (a,))),
    ):
        assert (quick.operation, quick.operands, quick.inputs) == (
            slow.operation,
            slow.operands,
            slow.inputs,
        )
        assert (quick.data, quick.grad, quick.label) == (slow.data, slow.grad, slow.label)


def test_a_weighted_sum_records_what_its_operators_do() -> None:
    a, b, bias = Value(-0.0), Value(2.0), Value(-0.0)
    cases: list[tuple[list[Any], list[Any]]] = [
        ([a, b], [b, b]),
        ([a, 3.0, b], [b, b, 4.0]),
        ([a, a], [1.0, b]),
        ([], []),
    ]
    for weights, values in cases:
        quick = weighted_sum(weights, values, bias)
        slow = record(ops.ADD, (*(w * v for w, v in zip(weights, values, strict=True)), bias))
        assert (repr(quick.data), nodes(quick)) == (repr(slow.data), nodes(slow))
        assert quick.operands[-1] is bias
        pairs = zip([quick, *quick.operands[:-1]], [slow, *slow.operands[:-1]], strict=True)
        for one, other in pairs:
            assert isinstance(one, Value) and isinstance(other, Value)
            assert one.operation is other.operation
            assert (one.grad, one.label, one.role, one.made_by) == (0.0, "", "", None)
            assert repr(one.inputs) == repr(other.inputs)


def test_a_weighted_sum_that_is_not_recorded_is_the_same_number() -> None:
    a, b, bias = Value(-0.0), Value(0.1), Value(-0.0)
    cases: list[tuple[list[Any], list[Any]]] = [
        ([], []),
        ([a, b, 0.3], [b, 0.7, b]),
        ([a, b, 3], [b, b, 4]),
    ]
    for weights, values in cases:
        with no_grad():
            quick = weighted_sum(weights, values, bias)
            products = [as_operand(w * v) for w, v in zip(weights, values, strict=True)]
            slow = record(ops.ADD, (*products, bias))
        assert repr(quick.data) == repr(slow.data)
        assert (quick.operation, quick.grad, quick.label, quick.made_by) == (None, 0.0, "", None)
        with pytest.raises(RuntimeError, match=r"computed by '\+' within no_grad"):
            quick.backward()


def test_an_anomaly_in_a_weighted_sum_that_is_not_recorded_is_found() -> None:
    with no_grad(), detect_anomaly(), pytest.raises(AnomalyError, match=r"\*"):
        weighted_sum([Value(inf)], [0.0], Value(1.0))


def test_a_value_spends_no_memory_on_weak_references() -> None:
    with pytest.raises(TypeError):
        weakref.ref(Value(1.0))


# ── in a notebook ────────────────────────────────────────────────────────────────────────────


def test_without_a_renderer_a_notebook_shows_the_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "viz", None)
    with no_grad():
        y = Value(2.0) * 3
    bundle = y._repr_mimebundle_()
    assert bundle["text/plain"].startswith("Value(data=6.0, grad=0.0)\n(no picture: ")
    assert set(bundle) == {"text/plain"}


def test_a_value_is_formatted_and_rounded_as_its_number() -> None:
    v = Value(2.71828, label="e", role="input")
    assert f"{v:.2f}" == "2.72"
    assert f"{v}" == str(v) == repr(v)
    assert (round(v, 1), round(v), int(v)) == (2.7, 3, 2)
    whole = (round(v), math.floor(v), math.ceil(v), math.trunc(-v.data))
    assert whole == (3, 2, 3, -2)
    assert all(type(n) is int for n in (*whole, math.trunc(v)))


@pytest.mark.parametrize("bad", [{"label": 3}, {"label": ()}, {"role": 5}, {"label": None}])
def test_a_label_or_role_that_is_not_a_string_is_refused(bad: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match="expected a string as "):
        Value(2.0, **bad)
    v = Value(2.0, label="w", role="input")
    ((name, text),) = bad.items()
    with pytest.raises(TypeError, match=f"expected a string as {name}, got "):
        setattr(v, name, text)
    assert (v.label, v.role) == ("w", "input")


def test_a_label_of_a_string_type_becomes_a_plain_string() -> None:
    v = Value(1.0, np.str_("x1"), role=np.str_("input"))
    v.label = v.label + np.str_("'")
    assert (v.label, v.role) == ("x1'", "input")
    assert type(v.label) is type(v.role) is str
