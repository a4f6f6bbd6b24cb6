"""Mutants of the table of operations, whose derivatives `mutmut` leaves alone: they are lambdas.

Each is one change to one derivative of one row. Nothing is written for it: `install` puts it in the
place of the right one in a process that runs tests.
"""

from __future__ import annotations

import ast
import copy
import importlib
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, cast

if TYPE_CHECKING:
    from collections.abc import Iterator

PREFIX = "autograd.ops.table."
_SWAPPED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
}
_OTHER_NAME = {
    "_first": "_second",
    "_second": "_first",
    "_zero": "_one",
    "_one": "_minus_one",
    "_minus_one": "_one",
}


class TableMutant(NamedTuple):
    row: str
    place: int
    number: int
    before: str
    after: str

    @property
    def name(self) -> str:
        return f"{PREFIX}{self.row}.{self.place}__mutmut_{self.number}"


def table_mutants() -> Iterator[TableMutant]:
    """Every change of one thing in one derivative: an operator, a number, a name, a call."""
    source = Path("autograd/ops.py").read_text(encoding="utf-8")
    for statement in ast.parse(source).body:
        if not (isinstance(statement, ast.AnnAssign) and isinstance(statement.value, ast.Call)):
            continue
        assert isinstance(statement.target, ast.Name)
        for place, derivative in enumerate(statement.value.args[3:]):
            before = ast.unparse(derivative)
            variants = dict.fromkeys(map(ast.unparse, _changed(derivative)))
            for number, after in enumerate(variants):
                yield TableMutant(statement.target.id, place, number, before, after)


def _changed(derivative: ast.expr) -> Iterator[ast.expr]:
    parameters = [a.arg for a in derivative.args.args] if isinstance(derivative, ast.Lambda) else []
    for position, node in enumerate(ast.walk(derivative)):
        for new in _instead(node, parameters):
            changed = copy.deepcopy(derivative)
            if position == 0:
                yield new
                continue
            old = list(ast.walk(changed))[position]
            yield cast("ast.expr", _Replace(old, new).visit(changed))


def _instead(node: ast.AST, parameters: list[str]) -> Iterator[ast.expr]:
    if isinstance(node, ast.BinOp):
        yield ast.BinOp(node.left, _SWAPPED[type(node.op)](), node.right)
        yield node.left
        yield node.right
    elif isinstance(node, ast.UnaryOp):
        yield node.operand
    elif isinstance(node, ast.Constant) and isinstance(node.value, float):
        yield ast.Constant(node.value + 1.0)
    elif isinstance(node, ast.Name) and node.id in parameters:
        yield from (ast.Name(other) for other in parameters if other != node.id)
    elif isinstance(node, ast.Name) and node.id in _OTHER_NAME:
        yield ast.Name(_OTHER_NAME[node.id])
    elif isinstance(node, ast.Call):
        yield from node.args


class _Replace(ast.NodeTransformer):
    def __init__(self, old: ast.AST, new: ast.expr) -> None:
        self.old, self.new = old, new

    def visit(self, node: ast.AST) -> ast.AST:
        return self.new if node is self.old else self.generic_visit(node)


def install(row: str, place: int, source: str) -> None:
    """Put a derivative in the place of a row's own, in this process."""
    ops = importlib.import_module("autograd.ops")
    of = getattr(ops, row)
    derivatives = list(of.derivatives)
    derivatives[place] = eval(source, vars(ops))
    of.derivatives = tuple(derivatives)
    of.crossed = of.derivatives == (ops._second, ops._first)
