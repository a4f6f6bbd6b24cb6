"""What a program is made from: a recorded graph, traced, and how the program will be called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from autograd import graph, ops
from autograd.value import Value

from .anomaly import Recorded
from .arguments import check_distinct, check_leaves, check_outputs
from .branches import Branches, branches_of
from .lookups import indices_of
from .names import column_names, names_of
from .structure import STACKED, Template
from .tables import Argument
from .trace import trace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

__all__ = ["Source", "source_of_graph", "source_of_values"]


class Source(NamedTuple):
    """What a program is made from.

    Attributes:
        params: the parameters, which `Program.write_back` writes to.
        recorded: the traced graph, its names and labels.
        size: how many Values the graph has.
        arguments: what the program is called with.
        outputs: how many outputs it has.
        template: how to build what a call returns.
        loss: whether the first output is a loss, to differentiate.
        function: the name of the function that was compiled; '' for a graph.
        check: computes rows again with the function, and raises an error if it records something
            else for one of them; None for a graph.
        branches: what Python compared while the graph was recorded; None for a function.
    """

    params: list[Value]
    recorded: Recorded
    size: int
    arguments: list[Argument]
    outputs: int
    template: Template
    loss: bool
    function: str = ""
    check: Callable[[Any, Sequence[Any]], None] | None = None
    branches: Branches | None = None


def source_of_graph(outputs: Any, params: Any, inputs: Iterable[Value]) -> Source:
    """Check and trace a graph that the user recorded."""
    roots = check_outputs(outputs)
    parameters = check_leaves(params, "parameters")
    columns = check_leaves(inputs, "inputs")
    check_distinct(parameters, columns)
    alone = isinstance(outputs, Value)
    order = graph.topological(*roots)
    template: Template = 0 if alone else STACKED
    source = source_of_values(roots, parameters, columns, template=template, order=order)
    arguments = [Argument(name) for name in column_names(columns, source.recorded.names.inputs)]
    branches = branches_of(order, parameters, columns)
    return source._replace(arguments=arguments, loss=alone, branches=branches)


def source_of_values(
    roots: list[Value],
    params: list[Value],
    inputs: list[Value],
    *,
    template: Template,
    paths: Sequence[str] = (),
    order: list[Value] | None = None,
) -> Source:
    """Trace the graph of `roots`; `order` is its topological order, if the caller has it."""
    order = graph.topological(*roots) if order is None else order
    code = trace(roots, params, inputs, order)
    computed = [v for v in order if v.operation is not None]
    labels = {k: v.label for k, v in enumerate(computed) if v._label}
    names = names_of(roots, params, inputs, paths=paths)
    data = [v.data for v in params], [v.data for v in inputs]
    indices = indices_of(computed) if code.has(ops.PICK) else {}
    recorded = Recorded(code, names, labels, *data, indices)
    return Source(params, recorded, len(order), [], len(roots), template, False)
