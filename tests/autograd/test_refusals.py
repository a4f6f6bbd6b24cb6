"""What `autograd` says to bad input, word for word: what was given and expected, what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import autograd
from autograd import Value, grad, gradcheck, value_and_grad
from autograd.ops import Op

if TYPE_CHECKING:
    from collections.abc import Callable

HOLDS = "a Value holds one real number, and got "
MORE_THAN_A_LABEL = (
    "expected a number and a label, got more, such as parents and an operation. A leaf is "
    "Value(0.5, label='x'). A value with parents comes from an operation on them: write "
    "x * y or x.tanh()."
)


class Celsius:
    pass


class Reading:
    """As an array says what it is, without a length."""

    def __array__(self) -> None:
        raise AssertionError("never asked")


def abs_of_data(v: Value) -> float:
    return abs(v.data)


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
        HOLDS + "str ('0.5'; convert it with float() first)",
    ),
    (
        lambda: Value("0123456789" * 5),  # type: ignore[arg-type]
        TypeError,
        HOLDS + "str ('0123456789012345678901234567890123456789'; convert it with float() first)",
    ),
    (
        lambda: Value(None),  # type: ignore[arg-type]
        TypeError,
        HOLDS + "NoneType (is a return statement missing?)",
    ),
    (
        lambda: Value(1j),  # type: ignore[arg-type]
        TypeError,
        HOLDS + "complex (take .real, or abs() of it)",
    ),
    (
        lambda: Value([1.0]),  # type: ignore[arg-type]
        TypeError,
        HOLDS + "list (use one Value per element: [Value(x) for x in ...])",
    ),
    (
        lambda: Value(np.zeros(2)),  # type: ignore[arg-type]
        TypeError,
        HOLDS + "numpy.ndarray (use one Value per element: [Value(x) for x in ...])",
    ),
    (
        lambda: Value(Reading()),  # type: ignore[arg-type]
        TypeError,
        f"{HOLDS}{__name__}.Reading (use one Value per element: [Value(x) for x in ...])",
    ),
    (
        lambda: Value(Celsius()),  # type: ignore[arg-type]
        TypeError,
        f"{HOLDS}{__name__}.Celsius (convert it with float() first)",
    ),
    (
        lambda: Value(Value(1.0)),  # type: ignore[arg-type]
        TypeError,
        HOLDS + "autograd.value.Value (use it as it is, or its .data for a fresh leaf)",
    ),
    (
        lambda: Value(1.0, 2.0),  # type: ignore[arg-type]
        TypeError,
        "a Value's label and role are strings, got float as label: 2.0. "
        "Write Value(0.5, label='...'), or v.label = '...'.",
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
        "mean needs at least one value, and got none",
    ),
    (
        lambda: autograd.logsumexp([]),
        ValueError,
        "logsumexp needs at least one value, and got none",
    ),
    (
        lambda: autograd.softmax([]),
        ValueError,
        "softmax needs at least one value, and got none",
    ),
    (
        lambda: autograd.log_softmax([]),
        ValueError,
        "log_softmax needs at least one value, and got none",
    ),
    (
        lambda: autograd.softmax(3.0),  # type: ignore[arg-type]
        TypeError,
        "softmax takes a list of Values or numbers, and got 3.0",
    ),
    (
        lambda: autograd.dot([], []),
        ValueError,
        "dot needs at least one value, and got none",
    ),
    (
        lambda: autograd.dot([1.0], [1.0, 2.0]),
        ValueError,
        "dot multiplies pairs, and got 1 and 2 values; give as many of each",
    ),
    # ── gradients ──
    (
        lambda: grad(Value(1.0), [2.0]),  # type: ignore[list-item]
        TypeError,
        "grad differentiates a Value by Values, and got float; call it as grad(y, [x1, x2, ...])",
    ),
    (
        edited_and_used_again,
        ValueError,
        "a value took part in this graph with two different data, 1.0 and 2.0; "
        "create_graph needs one: run the forward pass again after changing .data",
    ),
    (
        lambda: value_and_grad(abs_of_data)(1.0),  # type: ignore[arg-type]
        TypeError,
        "value_and_grad needs a function that returns a Value, and got float from 'abs_of_data'",
    ),
    (
        lambda: value_and_grad(Nameless())(1.0),  # type: ignore[arg-type]
        TypeError,
        "value_and_grad needs a function that returns a Value, and got NoneType from a Nameless",
    ),
    (
        lambda: gradcheck(Value.exp),
        ValueError,
        "gradcheck needs at least one point: gradcheck(f, x1, x2, ...)",
    ),
    # ── rows of the table ──
    (
        lambda: Op("clamp", "clamp", max, (1.0).__add__, (1.0).__add__, (1.0).__add__),
        ValueError,
        "clamp has 3 operands, and a row has one, two, or any number "
        "with one constant derivative; build it from several rows",
    ),
]


@pytest.mark.parametrize(("attempt", "kind", "words"), REFUSALS, ids=[r[2][:60] for r in REFUSALS])
def test_bad_input_is_told_what_is_wrong_and_what_to_do(
    attempt: Callable[[], Any], kind: type[Exception], words: str
) -> None:
    with pytest.raises(kind) as refusal:
        attempt()
    assert refusal.type is kind
    assert refusal.value.args == (words,)
