"""Programs from functions: record a function, check that one recording serves all data.

1. `signature` reads what the function is called with.
2. `recording` calls it at a point. `explore` does so at many, which `samples` draws, and compares.
3. If they differ, `watch` looks on while they are made again, and `explain` says which line it was.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autograd.program.arguments import check_distinct, check_leaves
from autograd.program.source import Source, source_of_values
from autograd.program.structure import loss_first

from .explore import Explorer, check_rows
from .recording import Recorder
from .signature import read_signature

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["source_of_function"]


def source_of_function(
    function: Callable[..., Any], params: Any, inputs: Any, shapes: Any, samples: Any
) -> Source:
    """Record and check a function.

    Raises:
        TypeError: its arguments or results are not of the right kind.
        ValueError: it does not record the same for all data.
    """
    parameters = check_leaves(params, "parameters")
    signature = read_signature(function, shapes, samples)
    if list(inputs):
        names = ", ".join([argument.name for argument in signature.arguments])
        raise TypeError(
            "inputs belong to a recorded graph, but this is a function, whose arguments "
            f"({names}) are its inputs; leave inputs out"
        )
    recorder = Recorder(signature, parameters)
    start, recording = Explorer(recorder).explore()
    check_distinct(parameters, recording.inputs)
    template, order, loss = loss_first(recording.template, len(recording.outputs))
    roots = [recording.outputs[k] for k in order]
    paths = [recording.paths[k] for k in order]
    if loss and len(roots) > 1 and not paths[0] and not roots[0].label:
        paths[0] = "L"
    source = source_of_values(roots, parameters, recording.inputs, template=template, paths=paths)
    return source._replace(
        arguments=signature.arguments,
        loss=loss,
        function=signature.title,
        check=check_rows(recorder, start, recording),
    )
