"""Error messages of `autograd`, word for word: what it expected, what it got, what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import autograd
import nn
from autograd import Value, grad, gradcheck, node, operation, value_and_grad
from autograd.ops import Op

if TYPE_CHECKING:
    from collections.abc import Callable

EXPECTED = "expected a real number, got "
MORE_THAN_A_LABEL = (
    "expected a number and a label, got more (parents and an operation, perhaps). Write "
    "Value(0.5, label='x') for a leaf, and x * y or x.tanh() for a value with parents."
)


class Celsius:
    pass


class Reading:
    """Looks like an array, but has no length."""

    def __array__(self) -> None:
        raise AssertionError("never asked")


def name_of_data(v: Value) -> str:
    return str(v.data)


class Nameless:
    def __call__(self, v: Value) -> None:
        pass

    def __repr__(self) -> str:
        return "a Nameless"


def edited_and_used_again() -> Value:
    x = Value(1.0)
    y = x * x
    x.data = 2.0
    return grad(y + x * x, x, create_graph=True)


REFUSALS: list[tuple[Callable[[], Any], type[Exception], str]] = [
    # ── Value ──
    (
        lambda: Value("0.5"),  # type: ignore[arg-type]
        TypeError,
        EXPECTED + "str: '0.5'. Convert it with float() first.",
    ),
    (
        lambda: Value("0123456789" * 5),  # type: ignore[arg-type]
        TypeError,
        EXPECTED
        + "str: '0123456789012345678901234567890123456789'. Convert it with float() first.",
    ),
    (
        lambda: Value(None),  # type: ignore[arg-type]
        TypeError,
        EXPECTED + "NoneType. Is a return statement missing?",
    ),
    (
        lambda: Value(1j),  # type: ignore[arg-type]
        TypeError,
        EXPECTED + "complex. Take .real or abs() of it.",
    ),
    (
        lambda: Value([1.0]),  # type: ignore[arg-type]
        TypeError,
        EXPECTED + "list. Use one Value per element: [Value(x) for x in ...].",
    ),
    (
        lambda: Value(np.zeros(2)),  # type: ignore[arg-type]
        TypeError,
        EXPECTED + "numpy.ndarray. Use one Value per element: [Value(x) for x in ...].",
    ),
    (
        lambda: Value(Reading()),  # type: ignore[arg-type]
        TypeError,
        f"{EXPECTED}{__name__}.Reading. Use one Value per element: [Value(x) for x in ...].",
    ),
    (
        lambda: Value(Celsius()),  # type: ignore[arg-type]
        TypeError,
        f"{EXPECTED}{__name__}.Celsius. Convert it with float() first.",
    ),
    (
        lambda: Value(x for x in (1.0, 2.0)),  # type: ignore[arg-type]
        TypeError,
        EXPECTED + "generator. Use one Value per element: [Value(x) for x in ...].",
    ),
    (
        lambda: Value(Value(1.0)),  # type: ignore[arg-type]
        TypeError,
        EXPECTED + "autograd.value.Value. Use it as it is, or its .data for a new leaf.",
    ),
    (
        lambda: Value(1.0, 2.0),  # type: ignore[arg-type]
        TypeError,
        "expected a string as label, got float: 2.0. "
        "Write Value(0.5, label='...') or v.label = '...'.",
    ),
    (
        lambda: Value(1.0, (Value(2.0),), "tanh"),  # type: ignore[call-arg, arg-type]
        TypeError,
        MORE_THAN_A_LABEL,
    ),
    (
        lambda: Value(1.0, (), "", label="x"),  # type: ignore
        TypeError,
        MORE_THAN_A_LABEL,
    ),
    (
        lambda: Value(1.0, _children=(Value(2.0),), _op="*"),  # type: ignore[call-arg]
        TypeError,
        MORE_THAN_A_LABEL,
    ),
    (
        lambda: Value(1.0, "x", label="y"),  # type: ignore
        TypeError,
        MORE_THAN_A_LABEL,
    ),
    (
        lambda: setattr(Value(1.0) * 2.0, "role", "input"),
        ValueError,
        "a role belongs to a leaf, but this value was computed by '*'; give it a label instead",
    ),
    (
        lambda: type("Special", (Value,), {}),
        TypeError,
        "Special cannot subclass Value: the engine recognises Values by their exact type. "
        "Hold a Value in an attribute instead.",
    ),
    # ── functions ──
    (
        lambda: autograd.mean([]),
        ValueError,
        "mean expects at least one value, got none",
    ),
    (
        lambda: autograd.logsumexp([]),
        ValueError,
        "logsumexp expects at least one value, got none",
    ),
    (
        lambda: autograd.softmax([]),
        ValueError,
        "softmax expects at least one value, got none",
    ),
    (
        lambda: autograd.log_softmax([]),
        ValueError,
        "log_softmax expects at least one value, got none",
    ),
    (
        lambda: autograd.softmax(3.0),  # type: ignore[arg-type]
        TypeError,
        "softmax expects a list of Values or numbers, got float: 3.0; put it in a list",
    ),
    (
        lambda: autograd.dot([], []),
        ValueError,
        "dot expects at least one value, got none",
    ),
    (
        lambda: autograd.dot([1.0], [1.0, 2.0]),
        ValueError,
        "dot expects two lists of the same length, got 1 and 2 values",
    ),
    (
        lambda: autograd.softmax(np.array(3.0)),
        TypeError,
        "softmax expects a list of Values or numbers, got ndarray: array(3.); it is an array of no "
        "dimension, a single number",
    ),
    (
        lambda: Value(3.0) % 2,  # type: ignore[operator]
        TypeError,
        "Values have no operation a % b. Write a - b * (a / b).floor().",
    ),
    (
        lambda: 3 // Value(2.0),  # type: ignore[operator]
        TypeError,
        "Values have no operation a // b. Write (a / b).floor().",
    ),
    (
        lambda: np.mod(np.array([Value(3.0)]), 2),
        TypeError,
        "Values have no operation a % b. Write a - b * (a / b).floor().",
    ),
    # ── gradients ──
    (
        lambda: grad(Value(1.0), [2.0]),
        TypeError,
        "grad expects Values, got float as xs[0]; call it as grad(y, [x1, x2, ...])",
    ),
    (
        edited_and_used_again,
        ValueError,
        "create_graph expects each value to keep its data while the graph is recorded, got 1.0 and "
        "2.0; run the whole forward pass again after changing .data",
    ),
    (
        lambda: value_and_grad(name_of_data)(1.0),
        TypeError,
        "value_and_grad expects a function that returns a Value, got str from 'name_of_data'; "
        "return one Value",
    ),
    (
        lambda: value_and_grad(lambda v: [v])(1.0),
        TypeError,
        "value_and_grad expects a function that returns a Value, got list from '<lambda>'; return "
        "one Value, or use vjp(f, xs) for several results",
    ),
    (
        lambda: value_and_grad(lambda a, b: a * b)(1.0, b=2.0),
        TypeError,
        "value_and_grad(f) differentiates by arguments without a name, got b=...; leave out its "
        "name, or if it stays as it is, write value_and_grad(lambda x: f(x, name=...))(x)",
    ),
    (
        lambda: value_and_grad(Nameless())(1.0),
        TypeError,
        "value_and_grad expects a function that returns a Value, got NoneType from a Nameless; "
        "is a return statement missing?",
    ),
    (
        lambda: gradcheck(Value.exp),
        ValueError,
        "gradcheck expects at least one number to check at, got none; "
        "call it as gradcheck(f, x1, x2, ...)",
    ),
    (
        lambda: gradcheck(Value.exp, [1.0]),  # type: ignore[arg-type]
        TypeError,
        f"gradcheck, x1: {EXPECTED}list. Use one Value per element: [Value(x) for x in ...]. Call "
        "it as gradcheck(f, x1, x2, ...).",
    ),
    (
        lambda: gradcheck(autograd.maximum, 1.0, np.nan),
        ValueError,
        "gradcheck, x2: expected a finite number to check at, got nan",
    ),
    (
        lambda: gradcheck(name_of_data, 1.0),
        TypeError,
        "gradcheck expects a function that returns a Value, got str from 'name_of_data'; return "
        "one Value",
    ),
    # ── rows of the table ──
    (
        lambda: Op("clamp", "clamp", max),
        ValueError,
        "expected a derivative for each operand of clamp, got none; write them after the forward "
        "function",
    ),
    # ── operations of one's own ──
    (
        lambda: operation(len),
        TypeError,
        "operation expects the derivatives of len, got len itself; write "
        "@autograd.operation(derivatives=[...]), with a derivative for each operand",
    ),
    (
        lambda: operation(),
        TypeError,
        "operation expects the derivatives of the function, got none; write "
        "@autograd.operation(derivatives=[...]), with a derivative for each operand",
    ),
    (
        lambda: operation([2.0]),
        TypeError,
        "operation takes derivatives by name only, got list: [2.0]; write "
        "@autograd.operation(derivatives=[...]), with a derivative for each operand",
    ),
    (
        lambda: node(3.0, [Value(1.0), Value(2.0)], [1.0]),
        ValueError,
        "node expects a derivative for each parent (2 in all), got 1",
    ),
    (
        lambda: node(3.0, {Value(1.0, "a")}, [1.0]),
        TypeError,
        "node expects a list of parents, got set: {Value(data=1.0, grad=0.0, label='a')}",
    ),
    (
        lambda: node(3.0, [Value(1.0)], [None]),  # type: ignore[list-item]
        TypeError,
        f"node, derivatives[0]: {EXPECTED}NoneType. Is a return statement missing?",
    ),
    (
        lambda: node(Value(3.0), [Value(1.0)], [1.0]),  # type: ignore[arg-type]
        TypeError,
        "node, data: expected a number, got a Value. Pass its data: v.data.",
    ),
    (
        lambda: node(3.0, [Value(1.0)], [1.0], name=3),  # type: ignore[arg-type]
        TypeError,
        "expected a string as name, got int: 3. Write name='...'.",
    ),
    (
        lambda: operation(derivatives=[lambda a: a], check=True)(abs),  # type: ignore[arg-type]
        TypeError,
        "abs: expected `check` to be a list of points, got bool: True; write check=[0.5] or, "
        "for operands a and b, check=[(0.5, 2.0)]",
    ),
    (
        lambda: gradcheck(Value(1.0), [Value(2.0)]),  # type: ignore[arg-type]
        TypeError,
        "gradcheck expects a function, got Value: Value(data=1.0, grad=0.0); pass the function "
        "itself, not what it returned, or call grad(y, [x1, x2, ...]) for a Value that is there "
        "already",
    ),
]


@pytest.mark.parametrize(("attempt", "kind", "words"), REFUSALS, ids=[r[2][:60] for r in REFUSALS])
def test_bad_input_raises_an_error_that_says_what_to_do(
    attempt: Callable[[], Any], kind: type[Exception], words: str
) -> None:
    with pytest.raises(kind) as refusal:
        attempt()
    assert refusal.type is kind
    assert refusal.value.args == (words,)


MISSING = "expected a real number, got NoneType. Is a return statement missing?"
NAMED: list[tuple[Callable[[Any], Any], str]] = [
    (lambda v: autograd.softmax([1.0, v]), "softmax, values[1]: "),
    (lambda v: autograd.log_softmax(x for x in (1.0, 2.0, v)), "log_softmax, values[2]: "),
    (lambda v: autograd.logsumexp([v]), "logsumexp, values[0]: "),
    (lambda v: autograd.mean((1.0, v)), "mean, values[1]: "),
    (lambda v: autograd.total(np.array([1.0, v])), "total, values[1]: "),
    (lambda v: autograd.dot([1.0, v], [1.0, 1.0]), "dot, a[1]: "),
    (lambda v: autograd.dot([1.0, 1.0], [1.0, v]), "dot, b[1]: "),
    (lambda v: autograd.maximum(v, 1.0), "maximum, a: "),
    (lambda v: autograd.minimum(1.0, v), "minimum, b: "),
    (lambda v: autograd.atan2(v, 1.0), "atan2, y: "),
    (lambda v: autograd.hypot(1.0, v), "hypot, b: "),
    (lambda v: autograd.greater(1.0, v), "greater, b: "),
    (lambda v: autograd.where(v, 1.0, 0.0), "where, condition: "),
    (lambda v: autograd.where(1.0, 1.0, v), "where, b: "),
    (lambda v: autograd.pick([1.0], v), "pick, index: "),
    (lambda v: autograd.pick([1.0, v], 1), "pick, values[1]: "),
    (lambda v: autograd.pick([1.0, v], Value(0)), "pick, values[1]: "),
    (lambda v: autograd.pick([[1.0, 2.0], [1.0, v]], Value(0)), "pick, values[1][1]: "),
]


@pytest.mark.parametrize(("call", "where"), NAMED, ids=[where for _, where in NAMED])
def test_a_function_names_the_argument_that_is_not_a_number(
    call: Callable[[Any], Any], where: str
) -> None:
    with pytest.raises(TypeError) as caught:
        call(None)
    assert str(caught.value) == where + MISSING


@pytest.mark.parametrize("function", [autograd.softmax, autograd.mean, autograd.total])
def test_a_dictionary_of_numbers_is_not_a_list_of_them(function: Any) -> None:
    for given in ({"a": 1.0}, {0: 1.0}):  # the keys are no numbers to add up
        with pytest.raises(TypeError) as caught:
            function(given)
        expected = f"{function.__name__} expects a list of Values or numbers, got dict: {given}"
        assert str(caught.value) == f"{expected}; pass list(d.values())"


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (autograd.softmax, "softmax expects"), (lambda v: autograd.dot([1.0], v), "dot expects"),
        (nn.MLP(1, [1]), "expected"), (nn.LayerNorm(1), "expected"),
    ],
)  # fmt: skip
def test_a_set_has_no_order_and_so_is_no_list(call: Any, name: str) -> None:
    with pytest.raises(TypeError) as caught:
        call({1.0})
    wanted = "a list of Values or numbers, got set: {1.0}; sets have no order"
    assert str(caught.value) == f"{name} {wanted}"
    with pytest.raises(TypeError, match=r"expected a list of predictions, got set: .*no order"):
        nn.mse_loss({1.0}, [1.0])  # type: ignore[arg-type]
    assert autograd.total({1.0}).data == autograd.mean({1.0}).data == 1.0


def test_grad_of_a_value_alone_asks_by_what() -> None:
    with pytest.raises(TypeError, match=r"got NoneType as xs; call it as grad\(y"):
        autograd.grad(Value(1.0))  # type: ignore[call-overload]
    with pytest.raises(TypeError, match=r"got function as y; .* use value_and_grad\(f\)\(x\)$"):
        autograd.grad(lambda x: x)  # type: ignore[call-overload]


def test_dot_of_something_that_is_no_list_says_so() -> None:
    with pytest.raises(TypeError) as caught:
        autograd.dot([1.0], None)  # type: ignore[arg-type]
    assert str(caught.value) == "dot expects a list of Values or numbers, got NoneType: None"
