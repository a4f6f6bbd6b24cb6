"""The exact errors for bad input: what was expected, what it got, what to do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import autograd
import nn
from autograd import Value, ops
from autograd.value import record

if TYPE_CHECKING:
    from collections.abc import Callable

    from autograd.program.program import Program

w, x, unnamed = Value(2.0, "w"), Value(3.0, "x"), Value(1.0)
doubled = w * 2.0
OWN = ops.Op("cube", "³", lambda a: a**3, lambda a, y: 3.0 * a * a)


def program() -> Program:
    """A program of two columns, the second without a label."""
    return autograd.compile(w * x + unnamed, params=[w], inputs=[x, unnamed])


class Lazy:
    """A table that is computed when it is asked for, as a LazyFrame of polars."""

    def collect(self) -> None: ...


def with_theta(theta: Any) -> None:
    program().theta = theta


REFUSALS: list[tuple[Callable[[], Any], type[Exception], str]] = [
    # ── compiling ──
    (
        lambda: autograd.compile([]),
        ValueError,
        "outputs: expected at least one Value, got an empty list",
    ),
    (
        lambda: autograd.compile(3.0),  # type: ignore[arg-type]
        TypeError,
        "outputs: expected a function, a Value or a list of Values, got float",
    ),
    (
        lambda: autograd.compile([w, 3.0]),  # type: ignore[list-item]
        TypeError,
        "outputs: expected Values, got float: 3.0",
    ),
    (
        lambda: autograd.compile(w, [w, "0123456789" * 9]),  # type: ignore[list-item]
        TypeError,
        f"parameters: expected Values, got str: {('0123456789' * 9)!r:.60}; pass the Values "
        "themselves, such as model.parameters()",
    ),
    (
        lambda: autograd.compile(w, w),  # type: ignore[arg-type]
        TypeError,
        "parameters: expected a list of Values, got Value; put it in a list",
    ),
    (
        lambda: autograd.compile(w, [w], x),  # type: ignore[arg-type]
        TypeError,
        "inputs: expected a list of Values, got Value; put it in a list",
    ),
    (
        lambda: autograd.compile(doubled, [doubled]),
        ValueError,
        f"parameters: expected leaves, got {doubled!r}, which was computed by '*'; "
        "pass the Values that it was computed from",
    ),
    (
        lambda: autograd.compile(w * x, [w], [unnamed, x, w, x]),
        ValueError,
        "inputs: 'x' is repeated; list each Value once",
    ),
    (
        lambda: autograd.compile(w * x, [w, x], [x]),
        ValueError,
        "'x' is both a parameter (an entry of theta) and an input (a column); "
        "leave it out of one of the two lists",
    ),
    (
        lambda: autograd.compile(w, [w], passes="fold"),
        TypeError,
        "passes: expected a list of names, got str: 'fold'; write ['fold']",
    ),
    (
        lambda: autograd.compile(w, [w], passes=3),  # type: ignore[arg-type]
        TypeError,
        "passes: expected a list of names, got int",
    ),
    (
        lambda: autograd.compile(w, [w], passes=["fold", "bold"]),
        ValueError,
        "unknown pass 'bold'; choose from fold, simplify, share, prune, fuse, group",
    ),
    (
        lambda: autograd.compile(w, [w], threads=0),
        ValueError,
        "threads: expected at least one thread, got 0",
    ),
    (
        lambda: autograd.compile(w, [w], threads=1.5),  # type: ignore[arg-type]
        TypeError,
        "threads: expected a whole number, got float: 1.5",
    ),
    (
        lambda: autograd.compile(record(OWN, (w,)), [w]),
        ValueError,
        "a program can run only the operations of the table in autograd/ops, and 'cube' is not "
        "one of them; build it from those, or give it a vector form: "
        "@autograd.operation(..., vector=...)",
    ),
    (
        lambda: autograd.compile(lambda x: x * 2.0, inputs=[x]),
        TypeError,
        "inputs belong to a recorded graph, but this is a function, whose arguments (x) are its "
        "inputs; leave inputs out",
    ),
    (
        lambda: autograd.compile(lambda x: x * 2.0, shapes={"y": 3}),
        ValueError,
        "shapes: expected the names of arguments, got 'y', which lambda x does not have; its "
        "arguments are x",
    ),
    (
        lambda: autograd.compile(lambda **xs: xs["x"]),
        TypeError,
        "lambda xs: expected named arguments, got **xs; write those that it needs, such as "
        "def f(x, y)",
    ),
    (
        lambda: autograd.compile(lambda *xs: xs[0]),
        TypeError,
        "lambda xs: expected named arguments, got *xs; take one list instead, def f(xs), and say "
        "how long it is: shapes={'xs': 3}",
    ),
    (
        lambda: autograd.compile(lambda x: x.data),
        TypeError,
        "lambda x: expected it to return Values, got float: 1.37769; return the Value "
        "itself, not its .data, or Value(number) for a constant",
    ),
    # ── columns ──
    (
        lambda: program()([1.0]),
        ValueError,
        "expected 2 columns, one for each input (x, x#1), got 1",
    ),
    (
        lambda: autograd.compile(w, [w])([1.0]),
        ValueError,
        "expected 0 columns, one for each input (none), got 1",
    ),
    (
        lambda: autograd.compile(w * x, [w], [x])(),
        ValueError,
        "expected 1 column, one for each input (x), got 0",
    ),
    (
        lambda: program()([1.0], 2.0),
        ValueError,
        "column x#1: expected a list or array of one number for each row, "
        "got a single number; put it in a list",
    ),
    (
        lambda: program()([1.0], [[2.0]]),
        ValueError,
        "column x#1: expected a list or array of one number for each row, "
        "got an array of shape (1, 1)",
    ),
    (
        lambda: program()(["a", "b"], [1.0, 2.0]),
        TypeError,
        "column x, row 0: expected a real number, got str: 'a'; "
        "convert it to a float, or leave that row out of all columns",
    ),
    (
        lambda: program()(None, [1.0, 2.0]),  # type: ignore[arg-type]
        TypeError,
        "column x: expected real numbers, got NoneType: None; "
        "convert it to a list or array of floats first",
    ),
    (
        lambda: program()([[1.0], [2.0, 3.0]], [1.0, 2.0]),
        ValueError,
        "column x: expected a list or array of one number for each row, "
        "got lists of different lengths",
    ),
    (
        lambda: program().value_and_grad([1.0], [1.0, 2.0]),
        ValueError,
        "columns: expected one number for each row, got different lengths: x 1, x#1 2",
    ),
    (
        lambda: program().value_and_grad([], []),
        ValueError,
        "columns: expected at least one row, got empty columns",
    ),
    # ── gradients and theta ──
    (
        lambda: autograd.compile([w * x, w], [w], [x]).value_and_grad([1.0]),
        ValueError,
        "value_and_grad differentiates one loss, but this program was compiled for a list "
        "of 2 outputs; compile the loss alone: autograd.compile(loss, ...)",
    ),
    (
        lambda: with_theta([1.0, 2.0]),
        ValueError,
        "theta: expected one entry for each parameter, shape (1,), got an array of shape (2,)",
    ),
    (
        lambda: with_theta([[1.0], [2.0, 3.0]]),
        ValueError,
        "theta: expected one entry for each parameter, got lists of different lengths",
    ),
    (
        lambda: with_theta(["a"]),
        TypeError,
        "theta, entry 0: expected a real number, got str: 'a'; convert it to a float",
    ),
    (
        lambda: with_theta("a"),
        TypeError,
        "theta: expected real numbers, got str: 'a'; convert it to a list or array of floats first",
    ),
    (
        lambda: with_theta(np.array([1j])),
        TypeError,
        "theta, entry 0: expected a real number, got complex128: 1j; convert it to a float",
    ),
    # ── an argument used as a list, without its length ──
    (
        lambda: autograd.compile(lambda x: x[0] * w),
        TypeError,
        "lambda x: expected each argument to be used as one number, got one used as a list "
        "('Value' object is not subscriptable). If an argument is a list, give its length: "
        "shapes={'x': 16}",
    ),
    (
        lambda: autograd.compile(lambda x, y: autograd.dot([w] * len(y), y) * x),
        TypeError,
        "lambda x, y: expected each argument to be used as one number, got one used as a list "
        "(object of type 'Value' has no len()). If an argument is a list, give its length: "
        "shapes={'x': 16}",
    ),
    (
        lambda: autograd.compile(nn.Neuron(2, seed=0)),
        ValueError,
        "Neuron(x): expected it to accept some of the numbers tried for x, got ValueError each "
        "time: expected 2 inputs, one for each weight, got 1. Give values that it accepts, such as "
        "rows of your data: samples={'x': [0, 1, 2]}. If an argument is a list, give its length: "
        "shapes={'x': 16}",
    ),
    (
        lambda: program()(Lazy()),  # type: ignore[arg-type]
        TypeError,
        "columns: expected a table of numbers, got Lazy, which has not been computed yet; pass "
        "table.collect()",
    ),
]


@pytest.mark.parametrize(("attempt", "kind", "words"), REFUSALS, ids=[r[2][:60] for r in REFUSALS])
def test_errors_say_what_is_wrong_and_what_to_do(
    attempt: Callable[[], Any], kind: type[Exception], words: str
) -> None:
    with pytest.raises(kind) as refusal:
        attempt()
    assert refusal.type is kind
    told = re.sub(r"np\.\w+\((.*?)\)", r"\1", str(refusal.value))  # as NumPy 1 shows its scalars
    assert told == words
