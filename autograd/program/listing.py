"""Print a program: its instructions as lines of arithmetic, with the user's names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autograd import ops
from autograd.console import printable

from .ir import AFTER, RESULTS, Kind, needed, products_of, stages, varying
from .names import Names as Names  # older pickles of programs look for it here

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .ir import Code

__all__ = ["abridge", "formula_of", "listing", "summarise"]


def abridge(names: Sequence[str], most: int = 8) -> str:
    """How many names there are, and which; of more than `most`, the first few and the last."""
    if not names:
        return "none"
    shown = list(names) if len(names) <= most else [*names[: most - 2], "...", names[-1]]
    return f"{len(names):,} ({', '.join(shown)})"


def summarise(code: Code, traced: Code, names: Names, recorded: int, *, outputs: str) -> str:
    """What `repr` shows of a program.

    Arguments:
        code: the optimised instructions.
        traced: the instructions before any pass.
        names: what to call outputs, parameters and inputs.
        recorded: how many Values the graph has.
        outputs: what to say of several outputs; '' for a single loss.
    """
    varies = varying(code)
    for_each_row = [
        differs or (op is Kind.MEAN and any([varies[i] for i in operands]))
        for (op, operands, _), differs in zip(code, varies, strict=True)
        if isinstance(op, ops.Op) or op in (Kind.DOT, Kind.MEAN)
    ]
    each = sum(for_each_row)
    once = len(for_each_row) - each
    lines = [
        f"Program: {_count(recorded, 'value')} recorded, {_count(once + each, 'instruction')} left",
        f"  {once:,} uniform (run once), {each:,} varying (for each row)",
        f"  inputs: {abridge(names.inputs)}",
        f"  parameters: {abridge(names.params)}",
    ]
    if outputs:
        lines.append(f"  outputs: {outputs}")
    if ignored := _unneeded(traced, Kind.INPUT, names.inputs):
        lines.append(f"  not in the graph, so without effect: {abridge(ignored)}")
    if unused := _unneeded(traced, Kind.PARAMETER, names.params):
        lines.append(f"  not used, so with gradient 0: {abridge(unused)}")
    return printable("\n".join(lines))


def _unneeded(code: Code, kind: Kind, names: Sequence[str]) -> list[str]:
    """The names of the parameters, or inputs, that no output needs."""
    used = {code[i].detail for i, need in enumerate(needed(code)) if need and code[i].op is kind}
    return [name for k, name in enumerate(names) if k not in used]


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def listing(code: Code, names: Names) -> str:
    """The code as text, in the order in which it runs, the outputs before the gradient."""
    sections: dict[str, list[str]] = {title: [] for title in _TITLES}
    section = _sections(code)
    users: dict[int, list[int]] = {}
    for position, (_, operands, _) in enumerate(code):
        for i in set(operands):
            users.setdefault(i, []).append(position)
    outputs, params, inputs = names
    loss = outputs[0]
    name: dict[int, str] = {}
    # Means that are results come in the order of the results: the loss, then the gradients.
    rank = {
        operands[0]: (op is Kind.GRADIENT, detail)
        for op, operands, detail in reversed(code)
        if op is Kind.OUTPUT or op is Kind.GRADIENT
    }
    order = sorted(
        range(len(code)),
        key=lambda i: (
            _TITLES.index(section[i]),
            rank.get(i, (False, -1)) if code[i].op is Kind.MEAN else (False, -1),
        ),
    )
    count = 0
    for position in order:
        op, operands, detail = code[position]
        if op is Kind.PARAMETER:
            name[position] = params[detail]
        elif op is Kind.INPUT:
            name[position] = inputs[detail]
        elif op is Kind.CONSTANT:
            name[position] = repr(detail)
        elif op is Kind.OUTPUT or op is Kind.GRADIENT:
            result = outputs[detail] if op is Kind.OUTPUT else f"d{loss}/d{params[detail]}"
            if name[operands[0]] != result:
                sections[section[position]].append(f"{result} = {name[operands[0]]}")
        else:
            count += 1
            name[position] = f"v{count}"
            if len(users.get(position, ())) == 1:  # perhaps a gradient or an output, nothing else
                op_of_user, _, k = code[users[position][0]]
                if op_of_user is Kind.GRADIENT:
                    name[position] = f"d{loss}/d{params[k]}"
                elif op_of_user is Kind.OUTPUT:
                    name[position] = outputs[k]
            if name[position] != f"v{count}":
                count -= 1
            formula = formula_of(op, [name[i] for i in operands], detail)
            sections[section[position]].append(f"{name[position]} = {formula}")
    text = "\n".join(
        line for title, lines in sections.items() if lines for line in (f"# {title}", *lines)
    )
    return printable(text)


_TITLES = (
    "forward, once",
    "forward, for each row",
    "backward, once",
    "backward, for each row",
    "means over the rows",
    "once, from the means",
    "results",
)


def _sections(code: Code) -> list[str]:
    """The title of the section that each instruction belongs to."""
    varies = varying(code)
    forward = [False] * len(code)
    for position in range(len(code) - 1, -1, -1):
        if code[position].op is Kind.OUTPUT or forward[position]:
            for i in code[position].operands:
                forward[i] = True
    titles: list[str] = []
    for position, stage in enumerate(stages(code, varies)):
        if stage == RESULTS:
            titles.append("results")
        elif code[position].op is Kind.MEAN:
            titles.append("means over the rows")
        elif stage == AFTER:
            titles.append("once, from the means")
        else:
            way = "forward" if forward[position] else "backward"
            titles.append(f"{way}, {'for each row' if varies[position] else 'once'}")
    return titles


def formula_of(op: ops.Op | Kind, operands: Sequence[str], detail: object) -> str:
    """An instruction as text, given the names of its operands."""
    if op is Kind.DOT or op is Kind.MEAN:
        assert isinstance(detail, int)
        products, terms = products_of(operands, detail)
        total = _sum(products, terms)
        return f"mean({total})" if op is Kind.MEAN else total
    assert isinstance(op, ops.Op)
    if op.infix and len(operands) > 1:
        return f" {op.symbol} ".join(operands)
    if op is ops.NEG:
        return f"-{operands[0]}"
    return f"{op.name}({', '.join(operands)})"


def _sum(products: Sequence[tuple[str, str]], terms: Iterable[str]) -> str:
    if len(products) > 1:
        left, right = (", ".join(factors) for factors in zip(*products, strict=True))
        return " + ".join([f"dot([{left}], [{right}])", *terms])
    return " + ".join([*(f"{a} * {b}" for a, b in products), *terms])
