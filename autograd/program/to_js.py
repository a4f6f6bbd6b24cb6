"""Export a program to JavaScript, as a module that a web page imports.

Its instructions, and their derivatives, come from the table of operations: see `javascript`. This
module finds the names that it uses. It needs neither NumPy nor numba.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autograd import ops
from autograd.value import Value

from .arguments import check_distinct, check_leaves, check_outputs
from .javascript.module import Column, Lookup, Names, write_module
from .javascript.tape import Leaf, Tape, record
from .names import column_names, names_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .ir import Code
    from .source import Source

__all__ = ["to_js", "to_js_of_graph"]


def to_js(source: Source, theta: Sequence[float]) -> str:
    """The module of a program.

    Arguments:
        source: what the program was made from.
        theta: the parameters' values, which the module exports.
    """
    names = source.recorded.names
    tape = _tape_of(source.recorded.code, source.recorded.labels)
    columns = [Column(argument.name, argument.shape) for argument in source.arguments]
    return write_module(
        tape, Names(names.params, names.outputs, columns), theta,
        loss=source.loss, lookups=lookups_of(tape, names.inputs, source.recorded.indices),
    )  # fmt: skip


def to_js_of_graph(
    outputs: Value | Sequence[Value], params: Iterable[Value] = (), inputs: Iterable[Value] = ()
) -> str:
    """The module of a recorded graph, which ``compile(outputs, params, inputs).to_js()`` gives.

    It takes neither NumPy nor numba. The arguments are those of `autograd.compile`.

    >>> from autograd import Value
    >>> w, x = Value(3.0, label="w"), Value(1.0, label="x")
    >>> source = to_js_of_graph(w * x, [w], [x])
    >>> print(source[source.index("// The values of one row.") :].partition("}")[0])
    // The values of one row.
    function forward(theta, x, u, v, s) {
      v[0] = theta[0] * x[0];  // L
    <BLANKLINE>
    """
    roots = check_outputs(outputs)
    parameters = check_leaves(params, "parameters")
    columns = check_leaves(inputs, "inputs")
    check_distinct(parameters, columns)
    tape = record(roots, parameters, columns)
    names = names_of(roots, parameters, columns)
    named = [Column(name) for name in column_names(columns, names.inputs)]
    return write_module(
        tape, Names(names.params, names.outputs, named), [p.data for p in parameters],
        loss=isinstance(outputs, Value), lookups=lookups_of(tape, names.inputs, {}),
    )  # fmt: skip


def _tape_of(code: Code, labels: dict[int, str]) -> Tape:
    """The tape of a program's instructions; `labels` are by the number of the operation."""
    from .ir import Kind

    leaves: dict[Any, Leaf] = {
        Kind.CONSTANT: Leaf.CONSTANT, Kind.PARAMETER: Leaf.PARAMETER, Kind.INPUT: Leaf.INPUT,
    }  # fmt: skip
    tape = Tape()
    count = 0
    for op, operands, detail in code:
        if op is Kind.OUTPUT:
            tape.outputs.append(operands[0])
        elif isinstance(op, Kind):
            tape.append(leaves[op], (), detail)
        else:
            position = tape.append(op, operands)
            if count in labels:
                tape.labels[position] = labels[count]
            count += 1
    return tape


def lookups_of(tape: Tape, inputs: Sequence[str], uses: dict[int, str]) -> list[Lookup]:
    """The indices of all picks, each once.

    Arguments:
        tape: the graph.
        inputs: the names of the inputs.
        uses: what an index is for, by the number of its operation, if it is not ``pick``.
    """
    found: dict[int, Lookup] = {}
    count = 0
    for op, operands, _ in tape.steps:
        if isinstance(op, Leaf):
            continue
        count += 1
        if op is not ops.PICK:
            continue
        index, size = operands[0], len(operands) - 1
        made = tape.steps[index]
        if made.op is ops.WHERE:  # 0 instead of a target that is ignored
            made = tape.steps[made.operands[2]]
        label = tape.labels.get(index, "")
        what = f"column {inputs[int(made.number)]}" if made.op is Leaf.INPUT else f"index {label}"
        if index not in found or size < found[index].size:
            use = uses.get(count - 1, "pick")
            found[index] = Lookup(index, size, use, what.rstrip())
    return list(found.values())
