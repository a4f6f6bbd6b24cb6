"""Expressions of JavaScript: numbers, operators with their parentheses, and names.

An expression is a text together with how tightly its outermost operator holds its operands.
"""

from __future__ import annotations

import json
import math
import re
from typing import NamedTuple

__all__ = [
    "ADDITIVE", "AND", "ATOM", "COMPARISON", "CONDITIONAL", "EQUALITY", "MULTIPLICATIVE", "OR",
    "POWER", "UNARY", "Text", "binary", "call", "camel_case", "number", "quoted",
]  # fmt: skip

CONDITIONAL, OR, AND, EQUALITY, COMPARISON, ADDITIVE, MULTIPLICATIVE, UNARY, POWER, ATOM = range(10)
"""How tightly operators hold their operands."""


class Text(NamedTuple):
    """An expression of JavaScript."""

    text: str
    level: int = ATOM

    def within(self, level: int) -> str:
        """The text, in parentheses if it holds less tightly than that."""
        return self.text if self.level >= level else f"({self.text})"


def number(x: float) -> Text:
    """A number with all its digits: ``0.1``, ``-3``, ``1e+300``, ``Infinity``."""
    if math.isnan(x):
        return Text("NaN")
    text = repr(float(x)).removesuffix(".0").replace("inf", "Infinity")
    return Text(text, UNARY if text.startswith("-") else ATOM)


def binary(operator: str, level: int, a: Text, b: Text) -> Text:
    """``a + b``, for an operator that is applied from left to right."""
    if level == POWER:  # it is applied from right to left, and refuses −a ** b
        return Text(f"{a.within(ATOM)} ** {b.within(POWER)}", POWER)
    return Text(f"{a.within(level)} {operator} {b.within(level + 1)}", level)


def call(function: str, *arguments: Text) -> Text:
    """``f(a, b)``."""
    return Text(f"{function}({', '.join([a.text for a in arguments])})")


def camel_case(name: str) -> str:
    """A name of Python as one of JavaScript: ``leaky_relu`` is ``leakyRelu``; ``LN_2`` stays."""
    if name.isupper() or name.strip("_").isupper():
        return name.strip("_")
    return re.sub(r"_+(\w)", lambda found: found[1].upper(), name.strip("_"))


def quoted(text: str) -> str:
    """A string of JavaScript, in plain ASCII, that can stand in a page's script, too."""
    return json.dumps(text).replace("</", "<\\/").replace("<!--", "<\\!--")
