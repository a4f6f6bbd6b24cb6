"""Find the operation that gave a program's first nan or inf, for `autograd.detect_anomaly`.

Only a program's results are checked, after it has run, so it runs at full speed. If one of them is
not finite, the first bad row is found and computed again as a graph of Values, and the engine then
finds and describes the operation as it does in eager code.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

import numpy as np

from autograd import graph, modes
from autograd.modes import AnomalyError
from autograd.ops import Op
from autograd.value import Value, record

from .ir import Kind, varying

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from .ir import Code
    from .names import Names

    Array = NDArray[np.float64]

__all__ = ["Recorded", "check_constants", "check_means", "check_rows", "compute"]


class Recorded(NamedTuple):
    """A program as it was recorded, from which any row can be computed again.

    Attributes:
        code: the traced instructions, before any pass.
        names: what to call outputs, parameters and inputs.
        labels: of the interior nodes, by their number in the order of the code.
        params, inputs: the data of the leaves, when it was compiled.
        indices: what the index of a pick is for, by the number of the pick (see `lookups`).
    """

    code: Code
    names: Names
    labels: dict[int, str]
    params: list[float]
    inputs: list[float]
    indices: dict[int, str] = {}  # noqa: RUF012  (older pickles have none, and nothing adds to it)


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


def check_constants(recorded: Recorded, theta: Array, columns: Sequence[Array]) -> None:
    """Raise AnomalyError if a constant is a number that the graph computes otherwise for a row.

    Such a constant was computed from data while the graph was recorded: as ``x.data``, ``float(x)``
    or, to subtract it for safety, ``max(x.data, y.data)``. It is recognised by its digits: a
    constant of more than 3 decimals that equals, to the last bit, what an operation or input was.

    Arguments:
        recorded, theta, columns: as in `check_rows`.
    """
    code, names, labels = recorded[:3]
    copies = _copies(code, recorded.params, recorded.inputs)
    if not copies:
        return
    for row, inputs in enumerate(zip(*[column.tolist() for column in columns], strict=True)):
        numbers = compute(code, theta.tolist(), inputs)
        for position, constant in copies:
            if numbers[position] != constant:
                made = sum([isinstance(op, Op) for op, _, _ in code[:position]])
                op, _, detail = code[position]
                name = names.inputs[detail] if op is Kind.INPUT else labels.get(made, "")
                name = name or f"a result of {op.name}"
                raise AnomalyError(
                    f"program, row {row}: the graph has the constant {constant!r}, which was "
                    f"{name} when it was recorded, but here that is {numbers[position]!r}. Compute "
                    "with the Values themselves, not their .data or float(); if you compile the "
                    "function that computes it, autograd.compile(f, ...), the error names the line"
                )


def _copies(
    code: Code, params: Sequence[float], inputs: Sequence[float]
) -> list[tuple[int, float]]:
    """Positions that depend on inputs, and the constants that equal what they were."""
    constants = {
        detail: position
        for position, (op, _, detail) in enumerate(code)
        if op is Kind.CONSTANT and math.isfinite(detail) and detail != round(detail, 3)
    }
    if not constants:
        return []
    varies = varying(code)
    found = []
    for position, number in enumerate(compute(code, params, inputs)):
        at = constants.get(number)
        if at is not None and varies[position] and not _depends(code, position, at):
            found.append((position, number))
    return found


def _depends(code: Code, position: int, on: int) -> bool:
    """Whether the result at a position was computed from the one at another."""
    waiting, seen = [position], set()
    while waiting:
        position = waiting.pop()
        if position == on:
            return True
        if position > on and position not in seen:
            seen.add(position)
            waiting += code[position].operands
    return False


def compute(code: Code, params: Sequence[float], inputs: Sequence[float]) -> list[float]:
    """The result of each instruction, for one row."""
    found: list[float] = []
    for op, operands, detail in code:
        given = [found[i] for i in operands]
        if op is Kind.PARAMETER or op is Kind.INPUT:
            found.append((params if op is Kind.PARAMETER else inputs)[detail])
        elif isinstance(op, Op):
            found.append(op.over(given) if op.variadic else op.forward(*given))
        else:
            found.append(detail if op is Kind.CONSTANT else math.nan)
    return found


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
    code, names, labels = recorded[:3]
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
