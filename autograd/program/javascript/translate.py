"""Translate functions of Python into JavaScript: those that compute the rows of the table.

It knows the part of Python that they are written in: arithmetic, comparisons, conditions, loops,
tuples, functions within functions. It refuses anything else. Where Python and JavaScript differ,
the translation says what Python means:

- A float is false if it is 0; in JavaScript nan would be false, too. So ``if x`` becomes
  ``if (x !== 0)``.
- ``try`` is translated without its handlers. They return what IEEE 754 says where Python raises an
  error, and JavaScript never does: there ``1 / 0`` is ``Infinity``.
"""

from __future__ import annotations

import ast
import inspect
import sys
from functools import cache
from typing import TYPE_CHECKING, Any

from .expressions import ADDITIVE, ATOM, camel_case, number
from .python_expressions import BINARY, Expressions, names_in

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .library import Library

__all__ = ["translate"]

_ASCII = str.maketrans({"`": None, "−": "-", "·": "*", "≥": ">=", "≤": "<=", "…": "..."})


def translate(function: Callable[..., Any], name: str, library: Library) -> str:
    """The source of a function of that name in JavaScript.

    Arguments:
        function: a function of Python, or a lambda.
        name: what to call it.
        library: has the functions and constants that it uses, or gets them.

    Raises:
        NotImplementedError: it is written with something that is not translated.
    """
    found = _find(function)
    body = [ast.Return(found.body)] if isinstance(found, ast.Lambda) else found.body
    writer = _Function(function, library, found.args, body, names={})
    about = (ast.get_docstring(found) or "") if isinstance(found, ast.FunctionDef) else ""
    said = about.partition("\n")[0].translate(_ASCII)
    comment = [f"// {said}"] if said and said.isascii() else []
    lines = [*comment, *writer.lines(f"function {name}", body)]
    return "\n".join(lines)


@cache
def _parse(module: str) -> ast.Module:
    return ast.parse(inspect.getsource(sys.modules[module]))


def _find(function: Callable[..., Any]) -> ast.FunctionDef | ast.Lambda:
    """The syntax tree of a function."""
    code = function.__code__
    kind = ast.Lambda if code.co_name == "<lambda>" else ast.FunctionDef
    found = [
        node
        for node in ast.walk(_parse(function.__module__))
        if isinstance(node, kind)
        and node.lineno == code.co_firstlineno
        and [arg.arg for arg in node.args.args] == list(code.co_varnames[: code.co_argcount])
    ]
    if len(found) != 1:
        raise NotImplementedError(
            f"expected one function {code.co_name} in line {code.co_firstlineno} of "
            f"{function.__module__}, got {len(found)}; write each in a line of its own"
        )
    return found[0]


def _is_condition(annotation: ast.expr | None) -> bool:
    return isinstance(annotation, ast.Name) and annotation.id == "bool"


class _Function(Expressions):
    """The translation of one function; of those within it, each has its own.

    Arguments:
        function: the function, or the outer one that it is in: it has the global names.
        library: see `translate`.
        args, body: its syntax tree.
        names: the local names of the outer functions, in Python and in JavaScript.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        library: Library,
        args: ast.arguments,
        body: Sequence[ast.stmt],
        names: dict[str, str],
    ) -> None:
        self.function, self.library = function, library
        given = [*args.args, *([args.vararg] if args.vararg else [])]
        self.conditions = {arg.arg for arg in given if _is_condition(arg.annotation)}
        self.parameters = [camel_case(arg.arg) for arg in args.args]
        if args.vararg:
            self.parameters.append(f"...{camel_case(args.vararg.arg)}")
        if args.defaults or args.kwonlyargs or args.kwarg:
            raise self.refused(args)
        counts: dict[str, int] = {arg.arg: 1 for arg in given}
        for node in _own(body):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                counts[node.id] = counts.get(node.id, 0) + 1
        self.counts = counts
        loops = {name for node in _own(body) if isinstance(node, ast.For)
                 for name in names_in(node.target)}  # fmt: skip
        straight: set[str] = set()
        for statement in _flat(body):
            if isinstance(statement, ast.Assign | ast.AnnAssign):
                targets = getattr(statement, "targets", None) or [statement.target]  # type: ignore[union-attr]
                straight.update(*[names_in(target) for target in targets])
        arguments = {arg.arg for arg in given}
        self.constants = {name for name in straight if counts[name] == 1} - arguments - loops
        self.variables = [name for name in counts if name not in self.constants | arguments | loops]
        inner = [node.name for node in body if isinstance(node, ast.FunctionDef)]
        self.names = {**names, **{name: camel_case(name) for name in (*counts, *inner)}}

    # ── statements ───────────────────────────────────────────────────────────────────────────

    def lines(self, header: str, body: Sequence[ast.stmt]) -> list[str]:
        """The whole function."""
        variables = ", ".join([camel_case(name) for name in self.variables])
        declared = [f"  let {variables};"] if variables else []
        return [
            f"{header}({', '.join(self.parameters)}) {{", *declared, *self.block(body), "}",
        ]  # fmt: skip

    def block(self, body: Sequence[ast.stmt]) -> list[str]:
        """Statements, indented."""
        return [f"  {line}" for statement in body for line in self.statement(statement)]

    def statement(self, node: ast.stmt) -> list[str]:
        """The lines of one statement."""
        match node:
            case ast.Expr(value=ast.Constant(value=str())):
                return []  # a docstring
            case ast.Return(value=ast.expr() as value):
                return [f"return {self.expression(value).text};"]
            case ast.Assign(targets=[target], value=value):
                return [self.assignment(target, value)]
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                return [self.assignment(target, value)]
            case ast.AugAssign(target=ast.Name() as target, op=op, value=value) if (
                type(op) in BINARY
            ):
                operator, _ = BINARY[type(op)]
                name = self.names[target.id]
                return [f"{name} {operator}= {self.expression(value).text};"]
            case ast.Try(body=body, orelse=[], finalbody=[]):
                return [line for statement in body for line in self.statement(statement)]
            case ast.If():
                return self.condition(node)
            case ast.While(test=test, body=body, orelse=[]):
                return [f"while ({self.truth(test).text}) {{", *self.block(body), "}"]
            case ast.For(target=target, iter=iterated, body=body, orelse=[]):
                return [f"for ({self.loop(target, iterated)}) {{", *self.block(body), "}"]
            case ast.FunctionDef(args=args, body=body):
                inner = _Function(self.function, self.library, args, body, self.names)
                return inner.lines(f"function {self.names[node.name]}", body)
            case _:
                raise self.refused(node)

    def condition(self, node: ast.If) -> list[str]:
        """An ``if``, with its ``else``."""
        test = self.truth(node.test).text
        if test == "false":  # a question about types, which JavaScript's numbers answer
            return [line for statement in node.orelse for line in self.statement(statement)]
        lines = [f"if ({test}) {{", *self.block(node.body), "}"]
        match node.orelse:
            case []:
                return lines
            case [ast.If() as other]:
                first, *others = self.condition(other)
                return [*lines[:-1], f"}} else {first}", *others]
            case other:
                return [*lines[:-1], "} else {", *self.block(other), "}"]

    def assignment(self, target: ast.expr, value: ast.expr) -> str:
        """``const a = …``, or ``a = …`` for a variable that is declared already."""
        if isinstance(value, ast.Compare | ast.BoolOp) and isinstance(target, ast.Name):
            self.conditions.add(target.id)
        names = names_in(target)
        constant = bool(names) and all([name in self.constants for name in names])
        return f"{'const ' * constant}{self.target(target)} = {self.expression(value).text};"

    def target(self, node: ast.expr) -> str:
        """What is assigned to."""
        match node:
            case ast.Name(id=name):
                return self.names[name]
            case ast.Tuple(elts=parts):
                return f"[{', '.join([self.target(part) for part in parts])}]"
            case ast.Subscript(value=ast.Name(id=name), slice=index):
                return f"{self.names[name]}[{self.expression(index).text}]"
            case _:
                raise self.refused(node)

    def loop(self, target: ast.expr, iterated: ast.expr) -> str:
        """The header of a ``for``."""
        name = self.target(target)
        match iterated:
            case ast.Call(func=ast.Name(id="range"), args=given):
                numbers = [self.expression(x) for x in given]
                if len(numbers) == 1:
                    numbers = [number(0.0), *numbers]
                first, last = numbers[0].text, numbers[1].within(ADDITIVE)
                step = ast.literal_eval(given[2]) if len(given) > 2 else 1
                sign, by = ("<", "+=") if step > 0 else (">", "-=")
                return f"let {name} = {first}; {name} {sign} {last}; {name} {by} {abs(step)}"
            case ast.Call(func=ast.Name(id="enumerate"), args=[things]):
                return f"const {name} of {self.expression(things).within(ATOM)}.entries()"
            case _:
                fixed = all([self.counts[x] == 1 for x in names_in(target)])
                kind = "const" if fixed else "let"
                return f"{kind} {name} of {self.expression(iterated).text}"


def _own(body: Sequence[ast.stmt]) -> list[ast.AST]:
    """All nodes of a function's body, without those of the functions within it."""
    found: list[ast.AST] = []
    stack: list[ast.AST] = list(body[::-1])
    while stack:
        node = stack.pop()
        if not isinstance(node, ast.FunctionDef | ast.Lambda | ast.ListComp):
            found.append(node)
            stack += list(ast.iter_child_nodes(node))[::-1]
    return found


def _flat(body: Sequence[ast.stmt]) -> list[ast.stmt]:
    """The statements of a body, those of a ``try`` among them."""
    return [
        inner
        for statement in body
        for inner in (_flat(statement.body) if isinstance(statement, ast.Try) else [statement])
    ]
