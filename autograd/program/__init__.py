"""A small compiler: a recorded graph becomes a program that runs at machine speed.

The stages, from a graph to machine code:

1. `trace` flattens the graph into instructions (`ir`), in topological order.
2. `gradient` appends the instructions of the gradient, by the derivatives of the table.
3. `passes` optimises the code, then lowers it to what the machine has loops for.
4. `machine.layout` gives every value its place in memory, and writes the code as bytecode.
5. `machine.interpreter`, one function that numba has compiled, runs the bytecode over the rows.

`program` is what the user holds; `listing` prints it, `anomaly` explains its first ``nan``, and
`to_jax` turns it into a function for JAX.

Importing this costs nothing: NumPy and numba come in when `compile` is called.
"""

from __future__ import annotations

import gc
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from autograd.value import Value

if TYPE_CHECKING:
    from .passes import PASSES as PASSES
    from .program import Program
else:
    Program = Any  # for typing.get_type_hints: the real one would bring in NumPy and numba


__all__ = ["compile"]  # and PASSES, which is loaded when it is asked for


if not TYPE_CHECKING:

    def __getattr__(name):  # the passes are a third of the time that importing the engine took
        if name == "PASSES":
            from .passes import PASSES

            return PASSES
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def compile(  # noqa: A001  (the name is part of the design)
    outputs: Value | Sequence[Value],
    params: Iterable[Value] = (),
    inputs: Iterable[Value] = (),
    *,
    passes: Iterable[str] | None = None,
    threads: int = 1,
) -> Program:
    """Make a program of the graph that was recorded for `outputs`.

    A program computes what the graph computes, for as many rows of data as there are, with the
    gradient by all parameters, without touching the graph.

    Each row's numbers are those of its graph. Sums are added in the order in which they were
    written, and products are rounded before they are added: what cancels to 0 in the graph cancels
    to 0 in the program, and ``nan`` and ``inf`` come out in the same rows. Arithmetic (``+``,
    ``*``, ``/``, ``sqrt``, ``abs``, ``relu``, ``maximum``, …) agrees to the last bit. Functions
    such as ``exp``, ``log`` and ``tanh`` may differ in the last digit. The means over the rows, of
    the loss and of its gradient, add up their rows in no particular order, and are rounded
    accordingly; with a single row they are the graph's own numbers.

    A program holds operations only: checks made in Python while they were recorded, as losses check
    their targets, are not made of the columns.

    Arguments:
        outputs: the loss of one row of data, a Value; or several Values, for evaluation.
        params: leaves to differentiate by, as ``model.parameters()``; their data is the program's
            ``theta`` at first.
        inputs: leaves whose data columns take the place of, in this order. All other leaves are
            constants. Without inputs a program runs the graph once.
        passes: the names of the optimisations to make, from ``autograd.program.PASSES``; by default
            all of them.
        threads: how many threads to spread the rows over, where there are enough of them.

    Raises:
        ImportError: numba or NumPy is missing; they come with ``pip install 'glassgrad[fast]'``.
        TypeError: an output, parameter or input is not a Value.
        ValueError: a parameter or input is not a leaf or is repeated, there is no output, a pass
            has an unknown name, there is no thread, or an operation is not in the table.

    >>> import autograd
    >>> w, x = autograd.Value(3.0, label="w"), autograd.Value(1.0, label="x")
    >>> program = autograd.compile((w * x - 1) ** 2, params=[w], inputs=[x])
    >>> program([0.0, 1.0]).tolist()
    [1.0, 4.0]
    >>> value, gradient = program.value_and_grad([0.0, 1.0])
    >>> value, gradient.tolist()  # of the mean over the rows
    (2.5, [2.0])
    """
    try:
        from .program import Program
    except ImportError as error:
        if (error.name or "").partition(".")[0] not in ("numba", "numpy", "llvmlite"):
            raise
        raise ImportError(
            f"compiled programs need NumPy and numba, and {error.name} is missing here; "
            "install them with: pip install 'glassgrad[fast]'",
            name=error.name,
        ) from error
    # Compiling makes many small objects and no cycles: the collector would walk them in vain, for
    # a third of the time.
    collecting = gc.isenabled()
    try:  # with disabling within it: Ctrl-C must not leave the collector off
        gc.disable()
        return Program(outputs, params, inputs, passes=passes, threads=threads)
    finally:
        if collecting:
            gc.enable()
