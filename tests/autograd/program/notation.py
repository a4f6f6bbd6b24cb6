"""Read and write instructions as text, as in the docstrings of the passes.

::

    v0 = parameter 0
    v1 = input 0
    v2 = v0 * v1
    output 0 = v2

Each line is an instruction: the first is v0, the next v1, outputs and gradients included.
"""

from __future__ import annotations

import re

from autograd import ops
from autograd.program.ir import Code, Instruction, Kind

_INFIX = {"+": ops.ADD, "-": ops.SUB, "*": ops.MUL, "/": ops.DIV, "**": ops.POW}
_SYMBOLS = {op: symbol for symbol, op in _INFIX.items()}
_LEAVES = {"constant": Kind.CONSTANT, "parameter": Kind.PARAMETER, "input": Kind.INPUT}
_WANTED = {"output": Kind.OUTPUT, "gradient": Kind.GRADIENT}
_SUMS = {"dot": Kind.DOT, "mean": Kind.MEAN}


def read(text: str) -> Code:
    """Parse code, an instruction a line."""
    code = []
    for line in filter(None, map(str.strip, text.splitlines())):
        left, right = line.split(" = ")
        v = tuple(int(number) for number in re.findall(r"v(\d+)", right))
        word, _, detail = left.partition(" ")
        if word in _WANTED:
            code.append(Instruction(_WANTED[word], v, int(detail)))
            continue
        assert left == f"v{len(code)}", line
        word, _, detail = right.partition(" ")
        if word in _LEAVES:
            number = float(detail) if word == "constant" else int(detail)
            code.append(Instruction(_LEAVES[word], (), number))
        elif found := re.fullmatch(r"v\d+ (\S+) v\d+", right):
            code.append(Instruction(_INFIX[found[1]], v))
        elif right.startswith("-"):
            code.append(Instruction(ops.NEG, v))
        else:
            name, _, arguments = right.partition("(")
            if name not in _SUMS:
                code.append(Instruction(ops.find(name), v))
                continue
            count = arguments.partition("]")[0].count("v") if "[" in arguments else 0
            factors = [
                i for pair in zip(v[:count], v[count : 2 * count], strict=True) for i in pair
            ]
            code.append(Instruction(_SUMS[name], (*factors, *v[2 * count :]), count))
    return Code.of(code)


def write(code: Code) -> str:
    """Print code, an instruction a line."""
    return "\n".join(_line(position, *instruction) for position, instruction in enumerate(code))


def _line(position: int, op: ops.Op | Kind, operands: tuple[int, ...], detail: object) -> str:
    v = [f"v{i}" for i in operands]
    if op is Kind.OUTPUT or op is Kind.GRADIENT:
        return f"{op.name.lower()} {detail} = {v[0]}"
    if op is Kind.DOT or op is Kind.MEAN:
        assert isinstance(detail, int)
        factors, terms = v[: 2 * detail], v[2 * detail :]
        lists = [f"[{', '.join(factors[k::2])}]" for k in (0, 1)] if detail else []
        right = f"{op.name.lower()}({', '.join([*lists, *terms])})"
    elif isinstance(op, Kind):
        right = f"{op.name.lower()} {detail!r}"
    elif op is ops.NEG:
        right = f"-{v[0]}"
    elif len(v) == 2 and op in _SYMBOLS:
        right = f"{v[0]} {_SYMBOLS[op]} {v[1]}"
    else:
        right = f"{op.name}({', '.join(v)})"
    return f"v{position} = {right}"
