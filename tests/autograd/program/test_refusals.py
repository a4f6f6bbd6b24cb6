"""What programs say to bad input, word for word: what was given and expected, what to do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import autograd
from autograd import Value, ops
from autograd.value import record

if TYPE_CHECKING:
    from collections.abc import Callable

    from autograd.program.program import Program

w, x, unnamed = Value(2.0, "w"), Value(3.0, "x"), Value(1.0)
doubled = w * 2.0
OWN = ops.Op("cube", "³", lambda a: a**3, lambda a, y: 3.0 * a * a)


def program() -> Program:
    """Of two columns, the second without a name."""
    return autograd.compile(w * x + unnamed, params=[w], inputs=[x, unnamed])


def with_theta(theta: Any) -> None:
    program().theta = theta


REFUSALS: list[tuple[Callable[[], Any], type[Exception], str]] = [
    # ── compiling ──
    (
        lambda: autograd.compile([]),
        ValueError,
        "a program computes something, and the list of outputs is empty",
    ),
    (
        lambda: autograd.compile(3.0),  # type: ignore[arg-type]
        TypeError,
        "compile takes its outputs as a Value or a list of Values, and got float",
    ),
    (
        lambda: autograd.compile([w, 3.0]),  # type: ignore[list-item]
        TypeError,
        "a program's output is a Value, and got float: 3.0",
    ),
    (
        lambda: autograd.compile(w, [w, "0123456789" * 9]),  # type: ignore[list-item]
        TypeError,
        f"a program's parameter is a Value, and got str: {('0123456789' * 9)!r:.60}",
    ),
    (
        lambda: autograd.compile(w, w),  # type: ignore[arg-type]
        TypeError,
        "compile takes its parameters as a list of Values, and got Value; put it in a list",
    ),
    (
        lambda: autograd.compile(w, [w], x),  # type: ignore[arg-type]
        TypeError,
        "compile takes its inputs as a list of Values, and got Value; put it in a list",
    ),
    (
        lambda: autograd.compile(doubled, [doubled]),
        ValueError,
        f"a program's parameter is a leaf, and {doubled!r} was computed by '*'; "
        "give the Values that it was computed from",
    ),
    (
        lambda: autograd.compile(w * x, [w], [unnamed, x, w, x]),
        ValueError,
        "'x' stands twice in the list of inputs; name each once",
    ),
    (
        lambda: autograd.compile(w * x, [w, x], [x]),
        ValueError,
        "'x' is both a parameter and an input: a parameter is an entry of theta, "
        "an input a column; leave it out of one of the two lists",
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
        "there is no pass 'bold'; the passes are fold, simplify, share, prune, fuse, group",
    ),
    (
        lambda: autograd.compile(w, [w], threads=0),
        ValueError,
        "a program needs at least one thread, and got threads=0",
    ),
    (
        lambda: autograd.compile(w, [w], threads=1.5),  # type: ignore[arg-type]
        TypeError,
        "threads is a whole number, and got float: 1.5",
    ),
    (
        lambda: autograd.compile(record(OWN, (w,)), [w]),
        ValueError,
        "a program runs the operations of the table in autograd/ops.py, and 'cube' is not one of "
        "them; make it of those that are, or add a row for it",
    ),
    (
        lambda: autograd.compile(lambda x: x * 2.0),  # type: ignore[arg-type]
        TypeError,
        "compile takes its outputs as a Value or a list of Values, and got function; "
        "call it with Values and compile what it returns: "
        "x = Value(1.0); autograd.compile(f(x), inputs=[x])",
    ),
    # ── columns ──
    (
        lambda: program()([1.0]),
        ValueError,
        "this program takes 2 columns, one for each input (x, x#1), and got 1",
    ),
    (
        lambda: autograd.compile(w, [w])([1.0]),
        ValueError,
        "this program takes 0 columns, one for each input (none), and got 1",
    ),
    (
        lambda: autograd.compile(w * x, [w], [x])(),
        ValueError,
        "this program takes 1 column, one for each input (x), and got 0",
    ),
    (
        lambda: program()([1.0], 2.0),
        ValueError,
        "a column is a list or array of one number for each row, "
        "and x#1 got a single number: put it in a list",
    ),
    (
        lambda: program()([1.0], [[2.0]]),
        ValueError,
        "a column is a list or array of one number for each row, and x#1 got shape (1, 1)",
    ),
    (
        lambda: program()(["a", "b"], [1.0, 2.0]),
        TypeError,
        "a column holds real numbers, and x got str: 'a' in row 0; "
        "convert it to a float, or leave that row out of all columns",
    ),
    (
        lambda: program()(None, [1.0, 2.0]),  # type: ignore[arg-type]
        TypeError,
        "a column holds real numbers, and x got NoneType: None; "
        "convert it to a list or array of floats first",
    ),
    (
        lambda: program()([[1.0], [2.0, 3.0]], [1.0, 2.0]),
        ValueError,
        "a column is a list or array of one number for each row, "
        "and x got lists of different lengths",
    ),
    (
        lambda: program().value_and_grad([1.0], [1.0, 2.0]),
        ValueError,
        "columns have one number for each row, and got different lengths: x 1, x#1 2",
    ),
    (
        lambda: program().value_and_grad([], []),
        ValueError,
        "a program runs over at least one row, and got columns without any",
    ),
    # ── gradients and theta ──
    (
        lambda: autograd.compile([w * x, w], [w], [x]).value_and_grad([1.0]),
        ValueError,
        "value_and_grad differentiates one loss, and this program was compiled for a list "
        "of 2 outputs; compile the loss alone: autograd.compile(loss, ...)",
    ),
    (
        lambda: with_theta([1.0, 2.0]),
        ValueError,
        "theta has one entry for each parameter, shape (1,), and got an array of shape (2,)",
    ),
    (
        lambda: with_theta([[1.0], [2.0, 3.0]]),
        ValueError,
        "theta has one entry for each parameter, and got lists of different lengths",
    ),
    (
        lambda: with_theta(["a"]),
        TypeError,
        "theta holds real numbers, and got str: 'a' in entry 0; convert it to a float",
    ),
    (
        lambda: with_theta("a"),
        TypeError,
        "theta holds real numbers, and got str: 'a'; convert it to a list or array of floats first",
    ),
    (
        lambda: with_theta(np.array([1j])),
        TypeError,
        "theta holds real numbers, and got complex128: 1j in entry 0; convert it to a float",
    ),
]


@pytest.mark.parametrize(("attempt", "kind", "words"), REFUSALS, ids=[r[2][:60] for r in REFUSALS])
def test_bad_input_is_told_what_is_wrong_and_what_to_do(
    attempt: Callable[[], Any], kind: type[Exception], words: str
) -> None:
    with pytest.raises(kind) as refusal:
        attempt()
    assert refusal.type is kind
    told = re.sub(r"np\.\w+\((.*?)\)", r"\1", str(refusal.value))  # as NumPy 1 shows its scalars
    assert told == words
