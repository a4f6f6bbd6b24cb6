"""The graph as data for the page: what is computed from what, and what stands where."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from autograd.graph import topological
from autograd.program.javascript import keys_of

from ..pictures.scene import Cut
from ..pictures.text import shortened

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from autograd import Value
    from autograd.ops import Op

    from ..pictures.recording import Recording
    from ..stepping.boxes import Boxes
    from ..stepping.view import StepView

__all__ = ["Numbered", "find_leaves", "write_boxes", "write_graph", "write_lines"]

CONSTANT = "constant"  # the role of a leaf that stays as it is


class Numbered:
    """The values of a graph in the engine's order, each with its index.

    The page adds up contributions in this order, so its sums have the engine's last digits.
    """

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self.order = topological(*recording.roots)
        self.index = {v: i for i, v in enumerate(self.order)}
        found = dict.fromkeys(v.operation for v in self.order if v.operation is not None)
        self.operations: list[Op] = list(found)


def find_leaves(numbered: Numbered) -> list[Value]:
    """The leaves that can be changed, in the order in which they were written."""
    return [v for v in numbered.recording.order if v.operation is None and v.role != CONSTANT]


def write_graph(numbered: Numbered, view: StepView) -> dict[str, Any]:
    """Write the graph as data.

    Returns:
        ``ops``: the names of operations. ``nodes``: for each value, 0 if it is a leaf; otherwise
        the index of its operation, and its operands: the index of a value, or −1 − the index of a
        constant. ``constants``, ``start``: the data of leaves; ``outputs``, ``names``, ``leaves``.
    """
    constants: dict[str, int] = {}  # by their digits: 0 and −0 differ
    which = {operation: k for k, operation in enumerate(numbered.operations)}
    nodes: list[object] = []

    def operand(p: Value | float) -> int:
        if isinstance(p, float):
            return -1 - constants.setdefault(repr(p), len(constants))
        return numbered.index[p]

    for v in numbered.order:
        nodes.append([which[v.operation], *map(operand, v.operands)] if v.operation else 0)
    data, index, names = numbered.recording.data, numbered.index, view.names
    leaves = find_leaves(numbered)
    return {
        "ops": list(keys_of(numbered.operations).values()),
        "signs": [shortened(operation.symbol) for operation in numbered.operations],
        "nodes": nodes,
        "constants": [_number(float(text)) for text in constants],
        "start": {index[v]: _number(data[v]) for v in numbered.order if v.operation is None},
        "outputs": [index[v] for v in numbered.recording.roots],
        "names": {index[v]: names[v] for v in numbered.order if names[v] != "…"},
        "leaves": [index[v] for v in leaves if names[v] != "…"],
        "learned": [index[v] for v in leaves if v.role == "parameter" or v in view.plan.parameters],
        "roles": {index[v]: shortened(v.role, 20) for v in leaves if v.role},
        "where": {index[v]: where for v in leaves if (where := view.where(v))},
    }


def _number(x: float) -> float | str:
    """A number as JSON has it; it has no nan and no ∞."""
    return x if math.isfinite(x) else repr(x)


def write_boxes(numbered: Numbered, levels: Iterable[Boxes]) -> dict[str, Any]:
    """Write what each box shows: its results ``o``, and for a fold or a call more.

    ``v`` is true of the box of a value; ``h`` has the parameters inside, ``l`` the leaves inside.
    """
    index = numbered.index
    leaves = set(find_leaves(numbered))
    found: dict[str, Any] = {}
    for level in levels:
        for name in level.boxes:
            about: dict[str, Any] = {"o": [index[v] for v in level.outputs[name]]}
            if level.value(name) is not None:
                about["v"] = 1
            else:
                inside = [index[v] for v in level.values(name) if v in leaves]
                about |= {"h": [index[v] for v in level.parameters.get(name, ())], "l": inside}
                about["title"] = level.title(name)
            found[name] = about
    return found


def write_lines(numbered: Numbered, levels: Sequence[Boxes]) -> dict[str, Any]:
    """Write which local derivative each line shows: the index of a result, and the position."""
    found: dict[str, Any] = {}
    for level in levels:
        for line in level.scene.lines:
            if isinstance(line, Cut) or len(line.operands) != 1 or not line.local:
                continue
            v = level.value(line.head.removesuffix("_op"))
            if v is not None:
                found[level.names_of_line(line)] = [numbered.index[v], line.operands[0]]
    return found
