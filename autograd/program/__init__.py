"""A small compiler: it turns a recorded graph into a program that runs at machine speed.

From ``compile(loss, params, inputs)`` to machine code and back:

1. `compile` calls `source.source_of_graph`, and so `trace.trace`: the graph becomes instructions
   (`ir`). A function is recorded first: see `function`. Then `compile` creates a `Program`.
2. `gradient.differentiate` appends the gradient's instructions. `stencils` has what the table's
   derivatives write for each kind of instruction.
3. `inline` writes out operations of one's own, `passes.optimise` shrinks the code, and
   `passes.lower` prepares it for the machine.
4. `machine.layout.Layout` allocates memory and writes bytecode; `machine.run.Machine` holds both.
5. `Program.value_and_grad` calls the machine's `run_directly`, or `run` if columns need converting.
   Both call `machine.interpreter.run`, compiled by numba: it runs the bytecode over the rows.

`roles` finds instructions that do the same at different places, such as the positions of a
sequence, so that the machine runs them as one; `scatters` finds the gradients of what an index
picks. `sums` says which loop of the machine runs an instruction.

Code is held as arrays of numbers, and steps 2 to 4 are loops over them that numba compiles, too
(`compiled`); they write code with `writer`.

`arguments`, `columns` and `tables` check what users pass; `structure` builds what they get, in the
form that a function returned. `listing` prints a program, `anomaly` explains its
first ``nan``. `to_jax` exports it to JAX, and `to_js` to JavaScript, without NumPy: see
`javascript`.

Importing this package is cheap: NumPy and numba are imported when `compile` is called.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from autograd.value import Value

if TYPE_CHECKING:
    from .passes import PASSES as PASSES
    from .program import Program
else:
    Program = Any  # for typing.get_type_hints: the real one would import NumPy and numba


__all__ = ["compile"]  # and PASSES, which is imported on first use


if not TYPE_CHECKING:

    def __getattr__(name):  # the passes need NumPy and numba
        if name == "PASSES":
            with _explained():
                from .passes import PASSES

            return PASSES
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


@contextmanager
def _explained() -> Iterator[None]:
    """Say what to install if an import fails because NumPy or numba is missing."""
    try:
        yield
    except ImportError as error:
        if (error.name or "").partition(".")[0] not in ("numba", "numpy", "llvmlite"):
            raise
        raise ImportError(
            f"compiled programs need NumPy and numba, but {error.name} is missing; "
            "install them with: pip install 'glassgrad[fast]'",
            name=error.name,
        ) from error


class HasParameters(Protocol):
    """A model, such as an `nn.Module`."""

    def parameters(self) -> Iterable[Value]:
        """The leaves to train, in order."""


def compile(  # noqa: A001  (the name is part of the design)
    outputs: Value | Sequence[Value] | Callable[..., Any],
    params: Iterable[Value] | HasParameters = (),
    inputs: Iterable[Value] = (),
    *,
    shapes: Mapping[str, int | tuple[int, ...]] | None = None,
    samples: Mapping[str, Any] | None = None,
    passes: Iterable[str] | None = None,
    threads: int = 1,
) -> Program:
    """Compile a function, or the graph recorded for `outputs`, into a program.

    The program computes the same numbers as the graph, for any number of rows of data, together
    with the gradient with respect to all parameters. It leaves the graph untouched.

    For each row, sums are added in the order in which they were written, and products are rounded
    before they are added. So what cancels to 0 in the graph cancels to 0 in the program, and
    ``nan`` and ``inf`` appear in the same rows. Arithmetic (``+``, ``*``, ``/``, ``sqrt``, ``abs``,
    ``relu``, ``maximum``, …) agrees to the last bit; functions such as ``exp``, ``log`` and
    ``tanh`` may differ in the last digit. The means of the loss and of its gradient add up the rows
    in no particular order; with a single row they are the graph's own numbers.

    **A function** is called with fresh Values, named as its arguments are, and what it records
    becomes the program. This is the safe way. A program repeats one recording for every row, so the
    function is called at many points, with other parameters, too (they are restored), and refused
    if the recordings differ: if it branches on data (``if x > 0``, ``max(a, b)``, ``while``), or
    turns data into a constant (``math.exp(x.data)``, ``float(x)``). The error names the line, and
    what to write instead. A branch that only rare data takes can still be missed: call the program
    within `autograd.detect_anomaly`, and the function itself is called again for each row, and has
    to record the same.

    Arguments without a default become inputs; the others keep their default, unless `shapes` or
    `samples` names them. The function returns the loss; or the loss and further outputs, as a
    tuple, or as a dictionary with the entry ``"loss"``; or a list of Values, for evaluation only.
    ``program(...)`` returns all of them, and ``program.value_and_grad(...)`` differentiates the
    loss. Within the function, `grad`, `value_and_grad`, `jvp` and the others give Values, so a loss
    may be made of derivatives.

    **A recorded graph** is compiled as it is. If Python chose between two ways (``if x > 0``,
    ``max(a, b)``), the program goes the recorded way for every row, and a constant that was
    computed from data keeps its recorded value. Within `autograd.detect_anomaly` the program
    reports what it recognises: comparisons of Values that come out otherwise for a row, and
    constants that were copies of data. It cannot see a choice by plain numbers (``if x.data > 0``,
    ``max(values, key=lambda v: v.data)``), nor a constant computed from them (``2 * x.data``).
    Checks made in Python while the graph was recorded, such as those that losses make on their
    targets, are not repeated for the columns.

    Arguments:
        outputs: a function, such as a module; or the loss of one row of data, a Value; or several
            Values, for evaluation.
        params: leaves to differentiate with respect to, or a model that has them, such as an
            `nn.Module`; their data is the initial ``theta``.
        inputs: for a recorded graph, leaves whose data is replaced by columns, in this order. All
            other leaves are constants. Without inputs a program runs the graph once.
        shapes: for a function, the lengths of arguments that are lists: ``{"x": 16}``, or
            ``{"x": (8, 16)}`` for 8 lists of 16. The program takes arrays of shape (B, 16), or
            (B, 8, 16). All other arguments are single numbers.
        samples: for a function, values to record it at, for arguments that do not take any number
            (whole numbers, targets of -1 and 1, and positive numbers are found without): some rows
            of data, as ``{"token": [0, 1, 2]}``. An array also gives the argument's shape.
        passes: the names of the optimisations to run, from ``autograd.program.PASSES``; all of them
            by default.
        threads: how many threads share the rows, if there are enough rows.

    Raises:
        ImportError: numba or NumPy is missing; ``pip install 'glassgrad[fast]'`` installs both.
        TypeError: a function takes ``*args``, or returns something else than Values.
        ValueError: an operation is not in the table and has no vector form, or a parameter or input
            is not a leaf; or a function records something else for other data, changes a parameter,
            or raises an error for all numbers tried.

    >>> import autograd
    >>> w = autograd.Value(3.0, label="w")
    >>> program = autograd.compile(lambda x, y: (w * x - y) ** 2, params=[w])
    >>> program([0.0, 1.0], [1.0, 1.0]).tolist()
    [1.0, 4.0]
    >>> value, gradient = program.value_and_grad([0.0, 1.0], [1.0, 1.0])
    >>> value, gradient.tolist()  # the mean over the rows, and its gradient
    (2.5, [2.0])

    The same program from a recorded graph:

    >>> x, y = autograd.Value(1.0, label="x"), autograd.Value(1.0, label="y")
    >>> program = autograd.compile((w * x - y) ** 2, params=[w], inputs=[x, y])
    >>> program([0.0, 1.0], [1.0, 1.0]).tolist()
    [1.0, 4.0]

    A list as an argument, and a second output:

    >>> def loss(x, y):
    ...     y_pred = autograd.dot([w, w], x)
    ...     return (y_pred - y) ** 2, y_pred
    >>> program = autograd.compile(loss, [w], shapes={"x": 2})
    >>> squared_errors, y_pred = program([[1.0, 2.0], [0.0, 1.0]], [8.0, 3.0])
    >>> squared_errors.tolist(), y_pred.tolist()
    ([1.0, 0.0], [9.0, 3.0])
    """
    with _explained():
        from .function import source_of_function
        from .program import Program
        from .source import source_of_graph
    # Compiling creates many small objects but no reference cycles: the garbage collector would find
    # nothing, and take a third of the time.
    collecting = gc.isenabled()
    try:  # disable it inside: Ctrl-C must not leave the collector off
        gc.disable()
        if callable(outputs):
            source = source_of_function(outputs, params, inputs, shapes, samples)
        elif shapes is not None or samples is not None:
            given = "shapes" if shapes is not None else "samples"
            raise TypeError(
                f"{given} belong to a function, but this is a recorded graph; pass the function "
                f"itself, autograd.compile(f, ...), or leave {given} out"
            )
        else:
            source = source_of_graph(outputs, params, inputs)
        return Program(source, passes=passes, threads=threads)
    finally:
        if collecting:
            gc.enable()
