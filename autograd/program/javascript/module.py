"""Write a module of JavaScript that computes a tape: its values, and the gradient of its loss."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from .backward import differentiate, mean_of
from .expressions import number, quoted
from .library import Library
from .lower import lower
from .printing import Group, Printer, comment
from .tape import Leaf, Tape

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Column", "Lookup", "Names", "write_module"]

_CALLING = Path(__file__).with_name("calling.js")
_TAKEN = (
    "COLUMNS", "argumentsOf", "asColumns", "asNumbers", "asTheta", "columns", "described",
    "after", "backward", "checkIndex", "forward", "further", "once", "onceBackward",
    "outputs", "parameters", "s", "theta", "u", "unpacked", "v", "value", "valueAndGrad", "x",
)  # fmt: skip


class Column(NamedTuple):
    """What a module is called with: one number for each row, or an array of that shape."""

    name: str
    shape: tuple[int, ...] = ()


class Names(NamedTuple):
    """What a module calls its parameters, outputs and columns."""

    parameters: Sequence[str]
    outputs: Sequence[str]
    columns: Sequence[Column]


class Lookup(NamedTuple):
    """An index that has to be a position in a list.

    Attributes:
        position: where it is computed.
        size: how many values there are to pick from.
        use: what it is for, such as ``pick``.
        name: what to call it in errors.
    """

    position: int
    size: int
    use: str
    name: str


def write_module(
    tape: Tape, names: Names, theta: Sequence[float], *, loss: bool, lookups: Sequence[Lookup] = ()
) -> str:
    """The source of the module.

    Arguments:
        tape: the graph.
        names: what to call parameters, outputs and columns.
        theta: the parameters' values, which the module exports.
        loss: whether the first output is a loss, to differentiate.
        lookups: indices to check before each row is computed.
    """
    gradient: list[int] = []
    value: list[int] = []
    if loss:
        gradient = differentiate(tape, tape.outputs[0], len(theta))
        value = [mean_of(tape, tape.outputs[0])]
    checked = [lookup.position for lookup in lookups]
    tape, moved = lower(tape, [*value, *gradient, *checked])
    value, moved = moved[: len(value)], moved[len(value) :]
    gradient, checked = moved[: len(gradient)], moved[len(gradient) :]
    lookups = [lookup._replace(position=i) for lookup, i in zip(lookups, checked, strict=True)]
    library = Library(_TAKEN)
    groups = _groups(tape, loss=loss)
    comments = {i: f"d{names.outputs[0]}/d{name}"
                for i, name in zip(gradient, names.parameters, strict=False)}  # fmt: skip
    comments |= dict(zip(tape.outputs, names.outputs, strict=True))
    results = [*tape.outputs, *value, *gradient, *checked]
    printer = Printer(tape, groups, results, library, comments)
    functions = printer.functions()
    runs = {group.name: [f"{f}(t, r, u, v, s);" for f in group.functions] for group in groups}
    parts = [
        _exports(names, theta, loss=loss),
        _value(tape, printer, runs, lookups),
        *([_value_and_grad(printer, runs, lookups, value[0], gradient)] if loss else []),
        functions,
        library.source,
        "// How the functions above read what they are called with.\n\n"
        f"const COLUMNS = {_shapes(names.columns)};\n\n{_CALLING.read_text('utf-8').rstrip()}",
    ]
    return "\n\n".join([part for part in parts if part]) + "\n"


def _groups(tape: Tape, *, loss: bool) -> list[Group]:
    """What runs when: once or for each row, and for which of the two exported functions."""
    needed = tape.needed(tape.outputs)
    for_loss = tape.needed(tape.outputs[:1]) if loss else needed
    late: list[bool] = []  # what depends on a mean
    for op, operands, _ in tape.steps:
        late.append(op is Leaf.MEAN or any([late[i] for i in operands]))
    groups = [
        Group("once", "What is the same for all rows.", []),
        Group("forward", "The values of one row.", []),
        Group("further", "The further outputs of one row.", []),
        Group("onceBackward", "What the gradient needs and is the same for all rows.", []),
        Group("backward", "What one row adds to the value and the gradient.", []),
        Group("after", "What follows from the means over the rows.", []),
    ]
    once, row, further, once_back, back, after = groups
    for i, (op, _, _) in enumerate(tape.steps):
        if op is Leaf.MEAN:
            group = back
        elif isinstance(op, Leaf):
            continue
        elif late[i]:
            group = after
        elif tape.varies[i]:
            group = row if for_loss[i] else further if needed[i] else back
        else:
            group = once if needed[i] else once_back
        group.positions.append(i)
    return groups


def _exports(names: Names, theta: Sequence[float], *, loss: bool) -> str:
    """The first lines: what the module is, and the names."""
    what = "value, valueAndGrad" if loss else "value"
    columns = ", ".join([column.name for column in names.columns])
    about = [
        "// A program written by glassgrad: a graph of numbers as plain JavaScript.",
        "//",
        "// value(theta, columns) computes each row's output; of several outputs, an array.",
    ]
    if loss:
        about += [
            "// valueAndGrad(theta, columns) computes the mean over the rows, and its gradient by",
            "// theta: {value, gradient}.",
        ]
    about += [
        "// theta has a number for each parameter; this module exports those it was written with.",
        "// columns has an array for each input, with a number for each row: an object by their",
        "// names, or an array of them in order.",
        "//",
        f"// import {{ {what}, theta }} from \"./model.js\";",
        f"// Columns:{comment(columns or 'none').replace('  //', '')}",
    ]  # fmt: skip
    listed = _list([quoted(name) for name in names.parameters])
    numbers = _list([number(x).text for x in theta])
    return "\n".join(
        [
            *about,
            "",
            f"export const parameters = {listed};",
            f"export const columns = {_list([quoted(c.name) for c in names.columns])};",
            f"export const outputs = {_list([quoted(name) for name in names.outputs])};",
            f"export const theta = {numbers};",
        ]
    )


def _start(printer: Printer, once: Sequence[str]) -> list[str]:
    """The first lines of both exported functions."""
    return [
        "  const t = asTheta(theta);",
        "  const [x, rows] = asColumns(columns);",
        "  const r = new Float64Array(x.length);",
        f"  const u = new Float64Array({printer.count}), v = new Float64Array({printer.count});",
        f"  const s = new Float64Array({len(printer.slots)});",
        *[f"  {line}" for line in once],
        "  for (let i = 0; i < rows; i++) {",
        "    for (let k = 0; k < r.length; k++) r[k] = x[k][i];",
    ]  # fmt: skip


def _checks(printer: Printer, lookups: Sequence[Lookup]) -> list[str]:
    return [
        f"    checkIndex({_elsewhere(printer, lookup.position)}, {lookup.size}, i, "
        f"{quoted(lookup.use)}, {quoted(lookup.name)});"
        for lookup in lookups
    ]


def _value(
    tape: Tape, printer: Printer, runs: dict[str, list[str]], lookups: Sequence[Lookup]
) -> str:
    found = [_elsewhere(printer, i) for i in tape.outputs]
    result = found[0] if len(found) == 1 else f"[{', '.join(found)}]"
    lines = [
        "// The output of each row; if there are several outputs, an array of them for each row.",
        "export function value(theta, columns) {",
        *_start(printer, runs["once"]),
        *[f"    {line}" for line in (*runs["forward"], *runs["further"])],
        *_checks(printer, lookups),
        f"    results.push({result});",
        "  }",
        "  return results;",
        "}",
    ]
    lines.insert(2, "  const results = [];")
    return "\n".join(lines)


def _value_and_grad(
    printer: Printer,
    runs: dict[str, list[str]],
    lookups: Sequence[Lookup],
    value: int,
    gradient: Sequence[int],
) -> str:
    entries = [_elsewhere(printer, i) for i in gradient]
    lines = [
        "// The mean of the loss over the rows, and its gradient with respect to theta.",
        "export function valueAndGrad(theta, columns) {",
        *_start(printer, [*runs["once"], *runs["onceBackward"]]),
        *[f"    {line}" for line in runs["forward"]],
        *_checks(printer, lookups),
        *[f"    {line}" for line in runs["backward"]],
        "  }",
        "  for (let k = 0; k < s.length; k++) s[k] /= rows;",
        *[f"  {line}" for line in runs["after"]],
        f"  const gradient = {_list(entries, indent='  ')};",
        f"  return {{ value: {_elsewhere(printer, value)}, gradient }};",
        "}",
    ]
    return "\n".join(lines)


def _elsewhere(printer: Printer, position: int) -> str:
    """How the exported functions read a result."""
    text = printer.read(position).text
    for name, local in (("theta[", "t["), ("x[", "r[")):
        if text.startswith(name):
            return local + text.removeprefix(name)
    return text


def _shapes(columns: Sequence[Column]) -> str:
    return _list([f"{{ name: {quoted(name)}, shape: {list(shape)} }}" for name, shape in columns])


def _list(parts: Sequence[str], *, indent: str = "") -> str:
    """A list on as many lines as it takes."""
    text = f"[{', '.join(parts)}]"
    if len(text) <= 80:
        return text
    lines = [f"{indent} "]
    for part in parts:
        if len(lines[-1]) + len(part) > 98:
            lines.append(f"{indent} ")
        lines[-1] += f" {part},"
    return "[\n" + "".join([f"{line}\n" for line in lines]) + f"{indent}]"
