"""The JavaScript functions and constants that operations need, each once and under its own name.

JavaScript's ``Math`` has most of what Python's ``math`` has. What it lacks, and what the engine
computes itself, is translated from Python.
"""

from __future__ import annotations

import math
import operator
import re
from functools import partial, reduce
from typing import TYPE_CHECKING, Any

from autograd import ieee, ops, pairs, special

from . import missing
from .expressions import (
    ADDITIVE,
    MULTIPLICATIVE,
    POWER,
    UNARY,
    Text,
    binary,
    call,
    camel_case,
    number,
)  # fmt: skip
from .translate import translate

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["Library"]

_NATIVE: dict[Any, str] = {
    getattr(math, name): f"Math.{name}"
    for name in (
        "acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "cbrt", "ceil", "cos", "cosh",
        "exp", "expm1", "floor", "hypot", "log", "log10", "log1p", "log2", "sin", "sinh", "sqrt",
        "tan", "tanh",
    )
}  # fmt: skip
_NATIVE[abs] = "Math.abs"

_OPERATORS: dict[Any, Callable[..., Text]] = {
    operator.add: partial(binary, "+", ADDITIVE),
    operator.sub: partial(binary, "-", ADDITIVE),
    operator.mul: partial(binary, "*", MULTIPLICATIVE),
    operator.neg: lambda a: Text(f"-{a.within(POWER)}", UNARY),
    ieee.div: partial(binary, "/", MULTIPLICATIVE),
    math.fmod: partial(binary, "%", MULTIPLICATIVE),
    math.exp2: lambda a: binary("**", POWER, number(2.0), a),
}

_BY_HAND: dict[Any, tuple[str, str]] = {
    math.pow: (
        "power",
        "// Unlike in C and Python, in JavaScript 1 ** NaN and (-1) ** Infinity are NaN.\n"
        "function power(a, b) {\n"
        "  return a === 1 || (a === -1 && Math.abs(b) === Infinity) ? 1 : a ** b;\n"
        "}",
    ),
    math.copysign: (
        "copysign",
        "// The size of a with the sign of b, which may be -0.\n"
        "function copysign(a, b) {\n"
        "  return b < 0 || Object.is(b, -0) ? -Math.abs(a) : Math.abs(a);\n"
        "}",
    ),
}
_ONLY_CALLS = re.compile(r"function \w+\((.*)\) {\n  return ([\w.]+)\(\1\);\n}")
_INSTEAD = {math.erf: missing.erf, math.erfc: missing.erfc}


class Library:
    """Collects JavaScript functions and constants.

    Arguments:
        taken: names that are used for something else.
    """

    def __init__(self, taken: Sequence[str] = ()) -> None:
        self._names: dict[Any, str] = {}
        self._sources: list[str] = []
        by_hand = [name for name, _ in _BY_HAND.values()]
        self._taken = {*taken, *by_hand, *[camel_case(op.name) for op in ops.TABLE]}

    @property
    def source(self) -> str:
        """All of them, each after those that it uses."""
        return "\n\n".join(self._sources)

    def apply(self, function: Callable[..., Any], arguments: Sequence[Text]) -> Text:
        """A call of a function of Python."""
        if function in _OPERATORS:
            return _OPERATORS[function](*arguments)
        return call(self.function(function), *arguments)

    def function(self, function: Any) -> str:
        """The name of a function of Python in JavaScript; it is translated if it is new."""
        function = _INSTEAD.get(function, function)
        if function in _NATIVE:
            return _NATIVE[function]
        if function in self._names:
            return self._names[function]
        if function in _BY_HAND:
            self._names[function], source = _BY_HAND[function]
            self._sources.append(source)
            return self._names[function]
        if function in _OPERATORS:
            letters = [Text(c) for c in "ab"[: 1 if function in (operator.neg, math.exp2) else 2]]
            text = _OPERATORS[function](*letters).text
            return f"(({', '.join([c.text for c in letters])}) => {text})"
        return self._translated(function)

    def _translated(self, function: Any) -> str:
        name = self._names[function] = self._name_for(function)
        source = translate(function, name, self)
        if only_calls := _ONLY_CALLS.fullmatch(source):
            self._names[function] = only_calls[2]
        else:
            self._sources.append(source)
        return self._names[function]

    def name_of(self, function: Any) -> str:
        """The name of a function that is being translated."""
        return self._names[function]

    def _name_for(self, function: Any) -> str:
        if function in _ROW_OF:
            return camel_case(_ROW_OF[function])
        name = camel_case(function.__name__)
        if function.__module__ == pairs.__name__:
            name = f"pairs{name[0].upper()}{name[1:]}"
        elif name in self._taken:
            module = function.__module__.rpartition(".")[2].replace("_", "")
            name = f"{module}{name[0].upper()}{name[1:]}"
        return self._free(name)

    def _free(self, name: str) -> str:
        found, count = name, 1
        while found in self._taken:
            count += 1
            found = f"{name}{count}"
        self._taken.add(found)
        return found

    def constant(self, module: str, name: str, value: Any) -> Text:
        """A constant of a module of Python: a number, or a tuple of numbers."""
        if isinstance(value, float) and (not math.isfinite(value) or value == math.pi):
            return Text("Math.PI") if value == math.pi else number(value)
        key = (module, name)
        if key not in self._names:
            self._names[key] = self._free(camel_case(name))
            self._sources.append(f"const {self._names[key]} = {_literal(value)};")
        return Text(self._names[key])

    # ── operations ───────────────────────────────────────────────────────────────────────────

    def operation(self, op: ops.Op, operands: Sequence[Text]) -> Text:
        """A row of the table, applied to operands."""
        if not op.variadic:
            return self.apply(op.forward, operands)
        if op.over.__class__ is partial and op.forward in _OPERATORS:  # a sum
            return reduce(_OPERATORS[op.forward], operands)
        return call(self.function(op.over), Text(f"[{', '.join([x.text for x in operands])}]"))


_ROW_OF: dict[Any, str] = {}
for _op in ops.TABLE:
    _ROW_OF.setdefault(_op.over if _op.variadic else _op.forward, _op.name)
_ROW_OF[missing.erf], _ROW_OF[missing.erfc] = "erf", "erfc"
del _ROW_OF[special.nearest]  # other functions call it by its own name, which says more than round


def _literal(value: Any) -> str:
    """A number, or nested tuples of numbers."""
    if isinstance(value, tuple | list):
        parts = [_literal(x) for x in value]
        text = f"[{', '.join(parts)}]"
        if len(text) <= 90:
            return text
        lines, line = [], ""
        for part in parts:
            if line and len(line) + len(part) > 90:
                lines.append(line.rstrip())
                line = ""
            line += f"{part}, "
        return "[\n" + "".join([f"  {x}\n" for x in (*lines, line.rstrip())]) + "]"
    if isinstance(value, float | int):
        return number(float(value)).text
    raise NotImplementedError(f"expected a constant that is a number or a tuple, got {value!r:.60}")
