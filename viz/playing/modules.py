"""The model and its loss as JavaScript, recorded from Python, for one point of data."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from autograd import Value
from autograd.program.javascript.module import Column, Names, write_module
from autograd.program.javascript.tape import Tape, record

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .problem import Problem

__all__ = ["Recorded", "record_model", "write_modules"]

RECORDED = 8  # points at which the graph has to be the same


class Recorded(NamedTuple):
    """The graph of one point."""

    inputs: list[Value]
    target: Value
    outputs: list[Value]
    loss: Value


def record_model(
    model: Callable[[list[Value]], Any],
    loss: Callable[[Any, Value], Any],
    problem: Problem,
    params: Sequence[Value],
) -> Recorded:
    """Record the first point.

    The page repeats its graph for every point, so it has to be the same for others.

    Raises:
        TypeError: the model or the loss returns something else than Values.
        ValueError: the graph differs from point to point, or an operation cannot be exported.
    """
    count = len(problem.rows)
    picked = sorted({count * k // RECORDED for k in range(RECORDED)} | _one_of_each(problem))
    first: Recorded | None = None
    steps: list[str] = []
    for k in picked:
        recorded = _record(model, loss, problem.rows[k], problem.targets[k])
        found = list(map(repr, _tape(recorded, params).steps))
        if first is None:
            first, steps = recorded, found
        elif found != steps:
            raise ValueError(
                f"expected the same graph for every point, got another for X[{k}] than for "
                f"X[{picked[0]}]: the model or the loss branches on data, or is random. For a "
                "branch, write autograd.where(condition, a, b)."
            )
    assert first is not None
    return first


def write_modules(
    recorded: Recorded, params: Sequence[Value], neurons: Sequence[Value]
) -> tuple[str, str, str]:
    """Write the loss, with its gradient, the outputs of the model, and those of its neurons.

    Each is the body of a function that returns ``{value, valueAndGrad}``, or ``{value}``. No name
    of a user is in it.

    Arguments:
        recorded: the graph.
        params: what theta has the numbers of.
        neurons: the outputs of the neurons; if there are none, their function returns null.
    """
    columns = [f"x{k + 1}" for k in range(len(recorded.inputs))]

    def write(outputs: Sequence[Value]) -> str:
        tape = record(outputs, params, recorded.inputs)
        return _write(tape, params, columns, len(outputs))

    return (
        _write(_tape(recorded, params), params, [*columns, "y"], 1),
        write(recorded.outputs),
        write(neurons) if neurons else "return null;",
    )


def _one_of_each(problem: Problem) -> set[int]:
    """A point for each of the first few targets, because a loss may branch on its target."""
    first = {y: k for k, y in reversed(list(enumerate(problem.targets)))}
    return set(sorted(first.values())[:RECORDED])


def _tape(recorded: Recorded, params: Sequence[Value]) -> Tape:
    return record([recorded.loss], params, [*recorded.inputs, recorded.target])


def _record(model: Any, loss: Any, row: Sequence[float], y: float) -> Recorded:
    inputs = [Value(x, f"x{k + 1}" if len(row) > 1 else "x", role="input")
              for k, x in enumerate(row)]  # fmt: skip
    target = Value(y, "y_true", role="target")
    made = model(inputs)
    outputs = list(made) if isinstance(made, list | tuple) else [made]
    for each in outputs or [made]:
        if not isinstance(each, Value):
            raise TypeError(
                "expected the model to return a Value or a list of Values, got "
                f"{type(each).__qualname__}: {each!r:.60}"
            )
    for k, each in enumerate(outputs):
        if not each.label and each.operation is not None:
            each.label = "y_pred" if len(outputs) == 1 else f"y_pred{k}"
    result = loss(outputs[0] if len(outputs) == 1 else outputs, target)
    if not isinstance(result, Value):
        raise TypeError(
            "expected the loss to be a function that returns a Value, such as nn.hinge_loss, got "
            f"{type(result).__qualname__}: {result!r:.60}"
        )
    if not result.label and result.operation is not None:
        result.label = "L"
    return Recorded(inputs, target, outputs, result)


def _write(tape: Tape, params: Sequence[Value], columns: Sequence[str], outputs: int) -> str:
    tape.labels.clear()
    loss = columns[-1] == "y"
    names = Names(
        [f"p{k}" for k in range(len(params))],
        ["L"] if loss else [f"o{k}" for k in range(outputs)],
        [Column(name) for name in columns],
    )
    source = write_module(tape, names, [0.0] * len(params), loss=loss)
    source = re.sub(r"^export ", "", source, flags=re.MULTILINE)
    source = re.sub(r"^const (theta|outputs) = \[[^]]*\];\n", "", source, flags=re.MULTILINE)
    source = re.sub(r"(^| +)// .*$", "", source, flags=re.MULTILINE)  # our own names, p0 and so on
    source = re.sub(r"\n{2,}", "\n", source)
    return f"{source}return {{ {'value, valueAndGrad' if loss else 'value'} }};"
