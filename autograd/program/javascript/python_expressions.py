"""Translate expressions of Python into JavaScript: arithmetic, comparisons, calls, tuples.

`translate` has the statements around them, and says which parts of Python are known.
"""

from __future__ import annotations

import ast
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from .expressions import (
    ADDITIVE,
    AND,
    ATOM,
    COMPARISON,
    CONDITIONAL,
    EQUALITY,
    MULTIPLICATIVE,
    OR,
    POWER,
    UNARY,
    Text,
    binary,
    call,
    number,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .library import Library

__all__ = ["BINARY", "Expressions", "names_in"]

BINARY: dict[type[ast.AST], tuple[str, int]] = {
    ast.Add: ("+", ADDITIVE),
    ast.Sub: ("-", ADDITIVE),
    ast.Mult: ("*", MULTIPLICATIVE),
    ast.Div: ("/", MULTIPLICATIVE),
    ast.Pow: ("**", POWER),
}
_COMPARISONS: dict[type[ast.AST], tuple[str, int]] = {
    ast.Lt: ("<", COMPARISON),
    ast.LtE: ("<=", COMPARISON),
    ast.Gt: (">", COMPARISON),
    ast.GtE: (">=", COMPARISON),
    ast.Eq: ("===", EQUALITY),
    ast.NotEq: ("!==", EQUALITY),
}


class Expressions:
    """Translates the expressions in a function.

    Attributes:
        function: the function, which has the global names.
        library: has the functions and constants that it uses, or gets them.
        names: the local names, in Python and in JavaScript.
        conditions: those that are true or false, rather than numbers.
    """

    function: Callable[..., Any]
    library: Library
    names: dict[str, str]
    conditions: set[str]

    def refused(self, node: Any) -> NotImplementedError:
        """The error of a part of Python that is not translated."""
        what = ast.unparse(node) if isinstance(node, ast.AST) else str(node)
        return NotImplementedError(
            f"{self.function.__module__}.{self.function.__name__}: expected the part of Python "
            f"that autograd/program/javascript/translate.py knows, got: {what}"
        )

    def truth(self, node: ast.expr) -> Text:
        """A condition: an expression that is true or false."""
        match node:
            case ast.Compare() | ast.BoolOp() | ast.UnaryOp(op=ast.Not()):
                return self.expression(node)
            case ast.Name(id=name) if name in self.conditions:
                return self.expression(node)
            case ast.Call(func=ast.Attribute(attr="is_integer")):
                return self.expression(node)
            case ast.Call(func=ast.Name(id=name)) if self._gives_condition(name):
                return self.expression(node)
            case _:
                return binary("!==", EQUALITY, self.expression(node), number(0.0))

    def _gives_condition(self, name: str) -> bool:
        function = self.function.__globals__.get(name)
        return getattr(function, "__annotations__", {}).get("return") in (bool, "bool")

    def expression(self, node: ast.expr) -> Text:
        """An expression."""
        match node:
            case ast.Constant(value=bool()):
                return Text("true" if node.value else "false")
            case ast.Constant(value=int() | float()):
                return number(node.value)  # type: ignore[arg-type]
            case ast.Name(id=name):
                return self.name(name)
            case ast.Attribute():
                return self.library.constant(*self.attribute(node))
            case ast.BinOp(left=ast.List(elts=[value]), op=ast.Mult(), right=count):
                length = self.expression(count).text
                return Text(f"new Array({length}).fill({self.expression(value).text})")
            case ast.BinOp(left=left, op=op, right=right) if type(op) in BINARY:
                a, b = self.expression(left), self.expression(right)
                return binary(*BINARY[type(op)], a, b)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return Text(f"-{self.expression(operand).within(POWER)}", UNARY)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                text = self.truth(operand)
                if text.text.endswith(" !== 0"):
                    return Text(f"{text.text.removesuffix(' !== 0')} === 0", EQUALITY)
                return Text(f"!{text.within(UNARY)}", UNARY)
            case ast.IfExp(test=test, body=a, orelse=b):
                yes, no = self.expression(a), self.expression(b)
                return Text(
                    f"{self.truth(test).within(OR)} ? {yes.within(OR)} : {no.text}", CONDITIONAL
                )
            case ast.BoolOp(op=op, values=values):
                sign, level = ("&&", AND) if isinstance(op, ast.And) else ("||", OR)
                # JavaScript's && holds more tightly than ||, and readers doubt it.
                parts = [self.truth(x).within(EQUALITY) for x in values]
                return Text(f" {sign} ".join(parts), level)
            case ast.Compare():
                return self.comparison(node)
            case ast.Tuple(elts=parts) | ast.List(elts=parts):
                within = [
                    f"...{self.expression(part.value).text}"
                    if isinstance(part, ast.Starred)
                    else self.expression(part).text
                    for part in parts
                ]
                return Text(f"[{', '.join(within)}]")
            case ast.Subscript(value=value, slice=index):
                return self.subscript(self.expression(value), index)
            case ast.ListComp():
                return self.list_of_constants(node)
            case ast.Call(func=called, args=given, keywords=[]):
                return self.call(called, given)
            case _:
                raise self.refused(node)

    def name(self, name: str) -> Text:
        """A local name, or a global one."""
        if name in self.names:
            return Text(self.names[name])
        if name not in self.function.__globals__:
            raise self.refused(name)
        value = self.function.__globals__[name]
        if callable(value):
            return Text(self.library.function(value))
        text = self.library.constant(self.function.__module__, name, value)
        if text.text in self.names.values():
            raise self.refused(f"{name}, whose name in JavaScript is that of a local variable")
        return text

    def attribute(self, node: ast.Attribute) -> tuple[str, str, Any]:
        """What ``module.name`` stands for: the module, the name, the thing."""
        module = node.value
        if not isinstance(module, ast.Name) or module.id in self.names:
            raise self.refused(node)
        found = self.function.__globals__[module.id]
        return found.__name__, node.attr, getattr(found, node.attr)

    def comparison(self, node: ast.Compare) -> Text:
        """``a < b``, or ``a < b < c``."""
        match node:
            case ast.Compare(left=ast.Attribute(attr="__class__"), ops=[ast.Is() | ast.IsNot()]):
                # Whether an operand is a float: here all are.
                return Text("true" if isinstance(node.ops[0], ast.Is) else "false")
        operands = [node.left, *node.comparators]
        if not all([isinstance(x, ast.Name | ast.Constant) for x in operands[1:-1]]):
            raise self.refused(node)  # it would be computed twice
        parts = []
        for (left, right), op in zip(pairwise(operands), node.ops, strict=True):
            if type(op) not in _COMPARISONS:
                raise self.refused(node)
            sign, level = _COMPARISONS[type(op)]
            parts.append(binary(sign, level, self.expression(left), self.expression(right)))
        return parts[0] if len(parts) == 1 else Text(" && ".join([p.text for p in parts]), AND)

    def subscript(self, value: Text, index: ast.expr) -> Text:
        """``a[i]``, or a slice."""
        match index:
            case ast.Slice():
                bounds = [
                    None if bound is None else ast.literal_eval(bound)
                    for bound in (index.lower, index.upper, index.step)
                ]
                match bounds:
                    case [None, None, -1]:
                        return Text(f"{value.within(ATOM)}.slice().reverse()")
                    case [int() as last, None, -1] if last < -1:
                        return Text(f"{value.within(ATOM)}.slice(0, {last + 1}).reverse()")
                    case [int() as first, None, None]:
                        return Text(f"{value.within(ATOM)}.slice({first})")
                    case _:
                        raise self.refused(index)
            case ast.UnaryOp(op=ast.USub()):
                return Text(f"{value.within(ATOM)}.at({self.expression(index).text})")
            case _:
                return Text(f"{value.within(ATOM)}[{self.expression(index).text}]")

    def list_of_constants(self, node: ast.ListComp) -> Text:
        """A list that is the same in every call."""
        used = {x.id for x in ast.walk(node) if isinstance(x, ast.Name)}
        if (used - set(names_in(node))) & set(self.names):
            raise self.refused(node)
        code = compile(ast.Expression(node), "<constants>", "eval")
        numbers = eval(code, self.function.__globals__)
        return Text(f"[{', '.join([number(x).text for x in numbers])}]")

    def call(self, called: ast.expr, given: Sequence[ast.expr]) -> Text:
        """A call of a function, or of a method of numbers."""
        match called, given:
            case ast.Name(id="len"), [thing]:
                return Text(f"{self.expression(thing).within(ATOM)}.length")
            case ast.Name(id="float"), [x]:
                return self.expression(x)
            case ast.Name(id="int"), [x]:
                return call("Math.trunc", self.expression(x))
            case ast.Name(id="abs"), [x]:
                return call("Math.abs", self.expression(x))
            case ast.Attribute(value=x, attr="is_integer"), []:
                return call("Number.isInteger", self.expression(x))
            case ast.Name(id="reduce"), [ast.Name(id=reduced), things, first]:
                name = self.library.function(self.function.__globals__[reduced])
                items, start = self.expression(things).within(ATOM), self.expression(first).text
                return Text(f"{items}.reduce((a, b) => {name}(a, b), {start})")
        arguments = [self.expression(x) for x in given]
        if isinstance(called, ast.Attribute):
            _, _, function = self.attribute(called)
        elif isinstance(called, ast.Name):
            if called.id in self.names:  # an argument, or a function within this one
                return call(self.names[called.id], *arguments)
            function = self.function.__globals__.get(called.id)
            if function is None:
                raise self.refused(called)
        else:
            raise self.refused(called)
        if function is self.function:
            return call(self.library.name_of(function), *arguments)
        text = self.library.apply(function, arguments)
        name = text.text.partition("(")[0]
        if name in self.names.values():
            raise self.refused(f"a call of {name}, which is also the name of a local variable")
        return text


def names_in(target: ast.AST) -> list[str]:
    """The names that an assignment to `target` sets."""
    return [
        node.id
        for node in ast.walk(target)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    ]
