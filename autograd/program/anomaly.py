"""Find the operation that gave a program's first nan or inf, for `autograd.detect_anomaly`.

Only a program's results are checked, after it has run, so it runs at full speed. If one of them is
not finite, the first bad row is found and computed again as a graph of Values, and the engine then
finds and describes the operation as it does in eager code.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

import numpy as np

from autograd import graph, modes
from autograd.modes import AnomalyError
from autograd.ops import Op
from autograd.value import Value, record

from .ir import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from .ir import Code
    from .listing import Names

    Array = NDArray[np.float64]

__all__ = ["Recorded", "check_means", "check_rows"]


class Recorded(NamedTuple):
    """A program as it was recorded, from which any row can be computed again.

    Attributes:
        code: the traced instructions, before any pass.
        names: what to call outputs, parameters and inputs.
        labels: of the interior nodes, by their number in the order of the code.
    """

    code: Code
    names: Names
    labels: dict[int, str]


def check_rows(outputs: Array, recorded: Recorded, theta: Array, columns: Sequence[Array]) -> None:
    """Raise AnomalyError if an output of a row is not finite.

    Arguments:
        outputs: the program's outputs, shape (K, B).
        recorded: the program.
        theta, columns: its arguments.
    """
    finite = np.isfinite(outputs)
    if finite.all():
        return
    row = int(finite.all(axis=0).argmin())
    k = int(finite[:, row].argmin())
    where = f"program, row {row}" if columns else "program"
    _replay(recorded, theta, [column[row] for column in columns], where, backward=False)
    _raise_without_operation(
        f"{where}: {recorded.names.outputs[k]} became {float(outputs[k, row])!r}"
    )


def check_means(
    results: Array,
    run: Callable[[Sequence[Array], int], Array],
    recorded: Recorded,
    theta: Array,
    columns: Sequence[Array],
    rows: int,
) -> None:
    """Raise AnomalyError if the mean of the loss over the rows, or its gradient, is not finite.

    Arguments:
        results: the mean, then the gradient, shape (1 + P,).
        run: computes such results for other columns, given their number of rows.
        recorded, theta, columns, rows: as in `check_rows`.
    """
    finite = np.isfinite(results)
    if finite.all():
        return

    def is_finite(start: int, stop: int) -> bool:
        part = run([column[start:stop] for column in columns], stop - start)
        return bool(np.isfinite(part).all())

    # Bisect the rows: if the mean of either half is not finite, the whole mean is not.
    start, stop = 0, rows
    while stop - start > 1:
        middle = (start + stop) // 2
        if not is_finite(start, middle):
            stop = middle
        elif not is_finite(middle, stop):
            start = middle
        else:
            break
    where = "program"
    if stop - start == 1:
        where += f", row {start}" if columns else ""
        _replay(recorded, theta, [column[start] for column in columns], where, backward=True)
    k = int(finite.argmin())
    loss = recorded.names.outputs[0]
    what = f"d{loss}/d{recorded.names.params[k - 1]}" if k else loss
    _raise_without_operation(f"{where}: {what} became {float(results[k])!r}")


def _raise_without_operation(what: str) -> NoReturn:
    raise AnomalyError(
        f"{what}, and no single operation caused it: a leaf was nan or inf already, or a sum over "
        "the rows overflowed"
    )


def _replay(
    recorded: Recorded,
    theta: Array,
    numbers: Sequence[np.float64],
    where: str,
    *,
    backward: bool,
) -> None:
    """Compute one row as a graph of Values; raise AnomalyError at the first nan or inf."""
    code, names, labels = recorded
    found: list[Any] = []
    made: list[Value] = []
    learning: set[Value] = set()  # Values that depend on a parameter: only they have gradients
    try:
        with modes.recorded():
            for op, operands, detail in code:
                if op is Kind.PARAMETER:
                    v = Value(float(theta[detail]), names.params[detail])
                    learning.add(v)
                elif op is Kind.INPUT:
                    v = Value(float(numbers[detail]), names.inputs[detail])
                elif isinstance(op, Op):
                    given = tuple([found[i] for i in operands])
                    v = record(op, given)
                    v.label = labels.get(len(made), "")
                    made.append(v)
                    if not learning.isdisjoint(given):
                        learning.add(v)
                else:  # the output, which comes last, or a constant
                    v = found[operands[0]] if op is Kind.OUTPUT else detail
                found.append(v)
        if backward and found[-1] in learning:
            _check_backward(found[-1], learning)
    except AnomalyError as anomaly:
        raise AnomalyError(f"{where}: {anomaly}") from None


def _check_backward(loss: Value, learning: set[Value]) -> None:
    """Run the backward pass with checks, but only to Values that depend on a parameter."""
    for v, operand, _, gradient, amount, total in graph.backward(loss):
        if operand in learning:
            modes.check_backward(v, operand, gradient, amount, total)
