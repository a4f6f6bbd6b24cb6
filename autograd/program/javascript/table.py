"""The table of operations in JavaScript: an object that has for each row what a graph needs to run.

A page that computes a graph's values and gradients looks its operations up in it.
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any

from autograd.custom_operations import Operation

from ..symbolic import Symbolic
from .expressions import Text, number, quoted
from .library import Library

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from autograd.ops import Op

__all__ = ["keys_of", "table"]

_ABOUT = """\
// For each operation: f computes its result y, and d[k] the derivative of y with respect to operand
// k. An operation with any number of operands (variadic) has instead the same slope for each of
// them, or one function d, which returns the list of derivatives. Where the derivative of a
// branching operation is 0, the operand gets gradient 0, even if the gradient that arrives is inf
// or nan; where slope is 0, it gets none. What an operation that selects does not choose counts as
// not computed: a gradient of 0 that reaches a value only through such operations stays 0 from
// there on."""


def table(operations: Iterable[Op]) -> str:
    r"""JavaScript source of an object ``OPS`` with these operations, and of what they need.

    Each operation has its name as its key (see `keys_of`) and ``f``, ``d`` and the flags that the
    comment in the source explains. Everything is translated from the table in `autograd.ops`.

    Arguments:
        operations: rows of the table, and operations of one's own that have a vector form.

    Raises:
        ValueError: an operation of one's own has no vector form, or any number of operands.

    >>> from autograd import ops
    >>> print(table([ops.MUL]).split("\n\n")[-1])
    const OPS = {
      mul: {
        f: (a, b) => a * b,
        d: [(a, b, y) => b, (a, b, y) => a],
      },
    };
    """
    library = Library(["OPS"])
    entries = [
        f"  {_key(key)}: {{\n{_entry(op, library)}  }},\n"
        for op, key in keys_of(operations).items()
    ]
    parts = [library.source, f"{_ABOUT}\n\nconst OPS = {{\n{''.join(entries)}}};"]
    return "\n\n".join([part for part in parts if part])


def keys_of(operations: Iterable[Op]) -> dict[Op, str]:
    """The key of each operation in ``OPS``: its name, and a number if an earlier one has it."""
    found: dict[Op, str] = {}
    for op in operations:
        if op not in found:
            key, count = op.name, 1
            while key in found.values():
                count += 1
                key = f"{op.name}#{count}"
            found[op] = key
    return found


class Expression(Symbolic):
    """A number in JavaScript: arithmetic on it writes expressions."""

    __slots__ = ("library", "text")

    def __init__(self, library: Library, text: Text) -> None:
        self.library, self.text = library, text

    def _apply(self, op: Op, operands: Sequence[Any]) -> Any:
        if isinstance(op, Operation):
            return op.replay(operands)
        return Expression(self.library, self.library.operation(op, list(map(_text, operands))))


def _text(x: Any) -> Text:
    return x.text if isinstance(x, Expression) else number(float(x))


def _entry(op: Op, library: Library) -> str:
    """The properties of one operation."""
    lines = [f"{flag}: true" for flag in ("variadic", "branching", "selects") if getattr(op, flag)]
    if op.slope is not None:
        lines.append(f"slope: {number(op.slope).text}")
    if op.variadic:
        lines += _variadic(op, library)
    else:
        letters = _letters(op)
        operands = [Expression(library, Text(letter)) for letter in letters]
        y = Expression(library, Text("y"))
        f: Any
        if isinstance(op, Operation):
            f = f"({', '.join(letters)}) => {_text(_replay(op, operands)).text}"
        else:
            f = library.apply(op.forward, [x.text for x in operands]).text
            name = f.removesuffix(f"({', '.join(letters)})")
            f = name if name != f and "(" not in name else f"({', '.join(letters)}) => {f}"
        lines.append(f"f: {f}")
        head = f"({', '.join([*letters, 'y'])}) =>"
        slopes = [f"{head} {_text(x).text}" for x in op.derivatives_at(operands, y)]
        whole = f"d: [{', '.join(slopes)}]"
        if len(whole) > 90 and len(slopes) > 1:
            whole = "d: [\n" + "".join([f"      {slope},\n" for slope in slopes]) + "    ]"
        lines.append(whole)
    return "".join([f"    {line},\n" for line in lines])


def _letters(op: Op) -> Sequence[str]:
    """The names of its operands; users' own may be words that JavaScript reserves."""
    names = op.names_of(op.arity)
    if isinstance(op, Operation) or "y" in names or not all(map(str.isidentifier, names)):
        return [f"x{k}" for k in range(op.arity)]
    return names


def _variadic(op: Op, library: Library) -> list[str]:
    if isinstance(op, Operation):
        raise ValueError(
            f"{op.name} has any number of operands, and such an operation of one's own has no form "
            "in JavaScript; build it from the table's operations"
        )
    if op.over.__class__ is partial:  # of the same function of two operands
        a_b = library.apply(op.forward, [Text("a"), Text("b")]).text
        lines = [f"f: (...operands) => operands.reduce((a, b) => {a_b})"]
    else:
        lines = [f"f: (...operands) => {library.function(op.over)}(operands)"]
    if op.slope is None:
        lines.append(f"d: {library.function(op.derivatives[0])}")
    return lines


def _replay(op: Operation, operands: Sequence[Any]) -> Any:
    if op.can_be_replayed:
        return op.replay(operands)
    raise ValueError(
        f"{op.name} has no form in JavaScript, because it has no vector form; give it one: "
        "@autograd.operation(..., vector=...)"
    )


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z]\w*", name, re.ASCII) else f"[{quoted(name)}]"
