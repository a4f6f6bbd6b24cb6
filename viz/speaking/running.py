"""A function in JavaScript that runs a graph, written from the table of operations.

A language model has a hundred thousand operations, and all of them run at each key that one
presses. So each kind of operation has a line of its own in one loop, which browsers make fast.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from autograd.custom_operations import Operation
from autograd.program.javascript import keys_of
from autograd.program.javascript.expressions import Text, quoted
from autograd.program.javascript.library import Library

if TYPE_CHECKING:
    from collections.abc import Sequence

    from autograd.ops import Op

__all__ = ["write_run"]

_RUN = """\
// Computes the first steps: their kinds, where their operands begin, the operands, and all numbers,
// of which the first step has the place `first`.
const run = (() => {
%(library)s
const general = [%(general)s];
return (kinds, from, operands, cells, first, count) => {
  for (let k = 0; k < count; k++) {
    const at = from[k], end = from[k + 1], a = cells[operands[at]];
    let y;
    if (end - at > 2) {
      y = general[kinds[k]](...Array.from(operands.subarray(at, end), (i) => cells[i]));
    } else if (end - at === 1) {
      switch (kinds[k]) {
%(unary)s
      }
    } else {
      const b = cells[operands[at + 1]];
      switch (kinds[k]) {
%(binary)s
      }
    }
    cells[first + k] = y;
  }
};
})();"""


def write_run(operations: Sequence[Op]) -> str:
    """The source of ``run``. Its page has ``OPS``, the table of these operations."""
    library = Library(["OPS", "run", "general"])
    keys = keys_of(operations)
    cases: dict[int, list[str]] = {1: [], 2: []}
    for kind, op in enumerate(operations):
        for count, lines in cases.items():
            if op.variadic or op.arity == count:
                lines.append(f"        case {kind}: y = {_apply(op, count, keys, library)}; break;")
    return _RUN % {
        "library": library.source,
        "general": ", ".join(f"OPS[{quoted(key)}].f" for key in keys.values()),
        "unary": "\n".join(cases[1]),
        "binary": "\n".join(cases[2]),
    }


def _apply(op: Op, count: int, keys: dict[Op, str], library: Library) -> str:
    """An operation of one or two operands."""
    operands = [Text(letter) for letter in "ab"[:count]]
    if isinstance(op, Operation):  # one of the user's own
        return f"OPS[{quoted(keys[op])}].f({', '.join(x.text for x in operands)})"
    return library.operation(op, operands).text
