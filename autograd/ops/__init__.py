"""The table of operations, one row each. Derivatives are written here and nowhere else.

A row says how an operation computes its result from plain floats (``forward``), and what its local
derivatives are. Derivatives are written with ordinary operators and with other operations, so the
same line works in three ways: on floats it returns a float (the backward pass), on Values it
records a graph (gradients of gradients), and on a compiler's symbols it emits code.

`row` says what a row can tell. The rows are in a file for each kind: `arithmetic`, `exponentials`,
`trigonometric` and so on. Each file lists its rows at its end, and the table joins the lists.

To add an operation, add a row and a one-line method. Pictures, programs and the gradient tests
follow from the row.

Arithmetic follows IEEE 754, as in NumPy and PyTorch: where Python's ``math`` raises an error, an
operation returns ``inf`` or ``nan``. Where a derivative does not exist, PyTorch's convention holds.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from . import (
    activations,
    arithmetic,
    choices,
    exponentials,
    softmax,
    special_functions,
    steps,
    trigonometric,
)
from .activations import *
from .arithmetic import *
from .choices import *
from .exponentials import *
from .row import FUNCTION, Infix, Op
from .row import _spread as _spread  # older pickles of custom operations look for it here
from .softmax import *
from .special_functions import *
from .steps import *
from .trigonometric import *

__all__ = [
    "ACTIVATIONS", "CHOICES", "FUNCTION", "HELPERS", "OPERATIONS", "TABLE", "Infix", "Op", "find",
    "vector_forms",
]  # fmt: skip

OPERATIONS: tuple[Op, ...] = (
    *arithmetic.OPERATIONS,
    *exponentials.OPERATIONS,
    *trigonometric.OPERATIONS,
    *special_functions.OPERATIONS,
    *activations.OPERATIONS,
    *steps.OPERATIONS,
    *choices.OPERATIONS,
)
"""The operations that are methods of Value."""

ACTIVATIONS = (
    "linear",
    *(
        op.name
        for op in OPERATIONS
        if op is not arithmetic.NEG
        and op not in steps.OPERATIONS  # nothing learns through a derivative of 0
        and (op.arity == 1 or op.default is not None)
    ),
)
"""The names of the activation functions: ``"linear"``, and the methods of Value that need no other
operand and have a slope."""

CHOICES: tuple[Op, ...] = choices.CHOICES
"""The operations of functions in `autograd.choices`, without a method on Value."""

HELPERS: tuple[Op, ...] = (
    *steps.HELPERS,
    *activations.HELPERS,
    *trigonometric.HELPERS,
    *exponentials.HELPERS,
    *special_functions.HELPERS,
    *arithmetic.HELPERS,
    *softmax.HELPERS,
)
"""Used in derivatives and stable functions, without a method on Value."""

TABLE = (*OPERATIONS, *CHOICES, *HELPERS)
"""All rows."""
_BY_NAME = {operation.name: operation for operation in TABLE}


def find(name: str) -> Op:
    """The operation of that name; KeyError if there is none."""
    return _BY_NAME[name]


def vector_forms(m: Any) -> dict[Op, Callable[..., Any]]:
    """The vector form of each operation over m: a function of its operands, without branches.

    The same form works for any kind of vector: a compiler's `lanes` turns it into processor
    instructions, `to_jax` into JAX's operations.

    Arguments:
        m: has `where`, `where_rare` (the same with a function for its second operand, which is
            called only where it may count), `erf`, `erfc`, `finite` (the nearest finite number; nan
            stays nan), `exact_log` (the logarithm that Python's ``math`` gives, to the last digit),
            and functions with NumPy's names, which return inf or nan where they are not defined.
    """
    return {
        op: getattr(m, op.vector) if isinstance(op.vector, str) else partial(op.vector, m)
        for op in TABLE
        if op.vector is not None
    }
