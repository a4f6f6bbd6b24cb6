"""The compiler does what the examples in its docstrings show."""

from __future__ import annotations

import inspect
import re
from itertools import takewhile
from typing import TYPE_CHECKING, Any

import pytest

from autograd import Value, ops
from autograd.program.gradient import differentiate
from autograd.program.ir import Instruction, Kind
from autograd.program.listing import formula_of
from autograd.program.passes import PASSES, legalise
from autograd.program.trace import trace

if TYPE_CHECKING:
    from collections.abc import Callable

    from autograd.program.ir import Code

_LEAVES = {"parameter": Kind.PARAMETER, "input": Kind.INPUT, "constant": Kind.CONSTANT}
_RESULTS = {"output": Kind.OUTPUT, "gradient": Kind.GRADIENT}
_SYMBOLS = {"+": ops.ADD, "*": ops.MUL}


def columns_of(function: Callable[..., Any]) -> list[list[str]]:
    """The lines of the example in a docstring: its left column, and its right column, if any."""
    block = inspect.getdoc(function)
    assert block is not None
    example = takewhile(
        lambda line: line.startswith("    "), block.split("::\n\n", 1)[1].splitlines()
    )
    lines = [line[4:] for line in example]
    left = [line[:24].strip() for line in lines]
    right = [line[24:].replace("→", " ").strip() for line in lines]
    return [[line for line in column if line] for column in (left, right)]


def read(lines: list[str]) -> Code:
    code: Code = []
    at: dict[str, int] = {}
    for line in lines:
        name, formula = line.split(" = ")
        names = re.findall(r"v\d+", formula)
        operands = tuple(at[v] for v in names)
        word, _, detail = formula.partition(" ")
        if word in _LEAVES:
            number = float(detail) if word == "constant" else int(detail)
            code.append(Instruction(_LEAVES[word], (), number))
        elif name.split()[0] in _RESULTS:
            kind, position = name.split()
            code.append(Instruction(_RESULTS[kind], operands, int(position)))
        elif formula.startswith("-"):
            code.append(Instruction(ops.NEG, operands))
        elif "(" in formula:
            code.append(Instruction(ops.find(formula.split("(")[0]), operands))
        else:
            code.append(Instruction(_SYMBOLS[formula.split()[1]], operands))
        at[name] = len(code) - 1
    return code


def written(code: Code) -> list[str]:
    lines: list[str] = []
    names: list[str] = []
    for op, operands, detail in code:
        name = f"v{len([n for n in names if n.startswith('v')])}"
        if op in _LEAVES.values():
            word = next(word for word, kind in _LEAVES.items() if kind is op)
            line = f"{name} = {word} {detail}"
        elif op in _RESULTS.values():
            name = f"{next(word for word, kind in _RESULTS.items() if kind is op)} {detail}"
            line = f"{name} = {names[operands[0]]}"
        else:
            line = f"{name} = {formula_of(op, [names[i] for i in operands], detail)}"
        names.append(name)
        lines.append(line)
    return lines


@pytest.mark.parametrize("optimise", [*PASSES.values(), legalise], ids=lambda f: f.__name__)
def test_a_pass_does_what_its_docstring_shows(optimise: Callable[[Code], Code]) -> None:
    before, after = columns_of(optimise)
    assert len(before) > 3 and before != after
    assert written(read(before)) == before, "the example reads as it stands"
    assert written(optimise(read(before))) == after


def test_tracing_and_differentiating_do_what_their_docstrings_show() -> None:
    w, x = Value(3.0), Value(2.0)
    shown, _ = columns_of(trace)
    assert written(trace([w * x + 1], [w], [x])) == shown
    before, after = columns_of(differentiate)
    assert written(trace([w * x], [w], [x])) == before
    assert written(differentiate(trace([w * x], [w], [x]), 1)) == after
