"""Formulas as HTML: what an operation computes, and its local derivative, in symbols and numbers.

A derivative is a fraction on the page; its text without tags is ``∂L/∂w``, for screen readers and
for copying. Numbers come from the table of operations (`autograd.ops`). This module only writes
them, and an operation that it does not know is written with numbers alone.
"""

from __future__ import annotations

import re
from html import escape, unescape
from itertools import pairwise
from typing import TYPE_CHECKING

from autograd import ops

from ..pictures.text import number, shortened
from .written import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Sequence

    from autograd import Value

    from .names import Names

__all__ = [
    "by_operation",
    "definition",
    "derivative",
    "in_full",
    "in_numbers",
    "in_symbols",
    "local_derivative",
    "part",
    "plain",
    "rule",
]

MOST = 5  # terms of a sum that are written out

_HIGH = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")

# What an operation does with its gradient, in words.
_RULES = {
    "add": "a sum passes its gradient on unchanged",
    "mul": "a product passes its gradient on, times the other factor",
    **dict.fromkeys(
        ("less", "greater", "equal"), "a comparison jumps, and is flat everywhere else"
    ),
}


_TABLE = frozenset(ops.TABLE)


def _name(v: Value) -> str:
    """The name of v's operation in the table; empty for any other operation, whatever its name."""
    return v.operation.name if v.operation in _TABLE and v.operation is not None else ""


def _sign(v: Value) -> str:
    """The symbol of v's operation in the table; empty for any other, whatever its symbol."""
    return v.op if v.operation in _TABLE else ""


def _binds(v: Value) -> int:
    """How tightly v's operation holds its operands."""
    return ops.FUNCTION if v.operation is None else v.operation.binds


def _infix(v: Value) -> str:
    """The sign between the operands of v; empty for a function or a power."""
    return escape(v.operation.infix.page) if v.operation is not None and v.operation.infix else ""


def plain(html: str) -> str:
    """The text of a formula, as a screen reader reads it."""
    return unescape(re.sub(r"<[^>]*>", "", html))


def part(html: str) -> str:
    """A part of an equation; a line may break before it, but not inside."""
    return f'<span class="part">{html}</span>'


def derivative(top: str, bottom: str) -> str:
    """``∂top/∂bottom`` as a fraction."""
    return (
        f'<span class="frac"><span>∂{top}</span><span class="slash">/</span>'
        f"<span>∂{bottom}</span></span>"
    )


_LETTERS = dict(
    zip("yabcutsrpk", "ʸᵃᵇᶜᵘᵗˢʳᵖᵏ", strict=True)
)  # the formulas of the table use y, a, b and c


def definition(v: Value, names: Names) -> str:
    """What v's operation computes, whatever its operands: ``y = √a``.

    A letter that is a name on this page gives way to another one, in ``y = √u``.
    """
    assert v.operation is not None
    formula = v.operation.formula
    if not _name(v):
        return formula
    free = [letter for letter in _LETTERS if letter not in "yabc" and letter not in names]
    for letter in "yabc":
        if letter in names and free:
            other = free.pop(0)
            formula = re.sub(rf"\b{letter}\b(?! tie)", other, formula)  # not the word in "a tie"
            formula = formula.replace(_LETTERS[letter], _LETTERS[other])
    return formula


# ── forward ──────────────────────────────────────────────────────────────────────────────────


def in_symbols(v: Value, names: Names, digits: int) -> str:
    """The operation of v on the names of its operands: ``w · x``."""
    return in_full(v, (), lambda p: number(p, digits) if isinstance(p, float) else names.html(p))


def in_numbers(
    v: Value, inputs: Sequence[float], write: Callable[[float], Text], digits: int
) -> str:
    """The operation of v on numbers: ``0.5 · 2``."""
    texts = [
        Text(number(x, digits)) if isinstance(p, float) else write(x)
        for p, x in zip(v.operands, inputs, strict=True)
    ]
    written = [text.html for text in texts]
    if _infix(v):
        written[1:] = [text.factor for text in texts[1:]]
    if _infix(v) and texts[0].near_zero:
        written[0] = texts[0].factor
    elif _sign(v) in ("**", "neg"):
        written = [text.factor for text in texts]
    return _apply(v, written)


def in_full(
    v: Value, within: Container[Value], write: Callable[[Value | float], str], first: bool = True
) -> str:
    """The operation of v, with some values written out instead of named: ``w · x + b``.

    Arguments:
        v: an interior value.
        within: the interior values to write out; none of them is very deep.
        write: gives the name, or the number, of any other.
        first: whether there is no sign directly before it.
    """
    binds = _binds(v)
    operands = []
    for i, p in enumerate(v.operands):
        leads = binds == ops.FUNCTION or (first and i == 0 and _sign(v) != "neg")
        if isinstance(p, float) or p not in within:
            text = write(p)
            wrapped = text.startswith("−") and (not leads or _sign(v) == "**")
        else:
            inner = _binds(p)
            # a − (b + c), (a · b)², (a < b) == c
            tight = _sign(v) == "**" or (i > 0 and _sign(v) in ("-", "/")) or binds == 0
            wrapped = binds < ops.FUNCTION and (
                inner < binds or (inner == binds and tight) or (_sign(p) == "neg" and not leads)
            )
            text = in_full(p, within, write, first=leads or wrapped)
        operands.append(f"({text})" if wrapped else text)
    return _apply(v, operands)


def _apply(v: Value, operands: list[str]) -> str:
    if len(operands) > MOST + 1:
        operands = [*operands[: MOST - 1], "…", operands[-1]]
    if infix := _infix(v):
        return f" {infix} ".join(operands)
    if _sign(v) == "**":
        return _power(operands[0], operands[1], v.operands[1])
    if _sign(v) == "neg":
        return f"−{operands[0]}"
    if _sign(v) == "abs":
        return f"|{operands[0]}|"
    return f"{escape(shortened(v.op))}({', '.join(operands)})"


def _power(base: str, exponent: str, operand: Value | float) -> str:
    if isinstance(operand, float) and operand.is_integer() and abs(operand) < 100:
        return base + str(int(operand)).translate(_HIGH)
    return f"{base}^{exponent}"


# ── backward ─────────────────────────────────────────────────────────────────────────────────


def by_operation(
    v: Value, position: int, names: Names, digits: int, *, primed: bool = False
) -> str:
    """``∂(x′ · x)/∂x′``: the derivative of one operation, with respect to one of its operands.

    The operation is written out, because ``∂L/∂x`` counts all paths from x to L.

    Arguments:
        v: the result of the operation.
        position: which operand.
        names: the names of values.
        digits: significant digits of a constant.
        primed: whether the operand is there several times, so that a prime marks this one.
    """
    p = v.operands[position]
    assert not isinstance(p, float)
    bottom = names.html(p) + ("′" if primed else "")
    last = len(v.operands) - 1
    kept = range(last + 1) if last <= MOST else sorted({0, 1, position, last})
    written: list[str] = []
    for before, i in pairwise((-1, *kept)):
        each = v.operands[i]
        text = number(each, digits) if isinstance(each, float) else names.html(each)
        written += [*(["…"] if i > before + 1 else []), bottom if i == position else text]
    top = _apply(v, written)
    binds = _binds(v)
    return derivative(f"({top})" if binds < ops.FUNCTION or _infix(v) else top, bottom)


def local_derivative(
    v: Value, position: int, inputs: Sequence[float], names: Names, digits: int
) -> str:
    """``∂v/∂operand`` in symbols; empty if there is no short way to write it."""
    if _name(v) == "add":
        return "1"
    operands = [number(p, digits) if isinstance(p, float) else names.html(p) for p in v.operands]
    if _name(v) in _CHOOSING:
        return _chosen(_name(v), position, inputs[0], operands[0])
    a, b, *_ = [*operands, ""]
    if _name(v) in _PIECEWISE:
        return _piece(_name(v), position, inputs, a, b)
    exponent = v.operands[-1]
    if _name(v) == "pow" and position == 0 and isinstance(exponent, float):
        if exponent == 2.0:
            return f"2 · {a}"
        less = _power(a, number(exponent - 1.0, digits), exponent - 1.0)
        return f"{b} · {less}" if exponent != 1.0 else "1"
    assert v.operation is not None
    written = v.operation.written
    if position >= len(written):
        return ""
    named = dict(zip(v.operation.names_of(len(operands)), operands, strict=True))
    return written[position].format(**named, y=names.html(v))


_PIECEWISE = (
    "relu", "leaky_relu", "elu", "selu", "maximum", "minimum", "clamp_min", "clamp_max",
)  # fmt: skip


def _piece(name: str, position: int, inputs: Sequence[float], a: str, b: str) -> str:
    """The derivative of a function in pieces, and why it is this piece."""
    x = inputs[0]
    if name == "relu":
        return f"1, since {a} > 0" if x > 0 else f"0, since {a} ≤ 0" if x <= 0 else ""
    if name == "leaky_relu":
        if position == 1:
            return f"min({a}, 0)"
        return f"1, since {a} > 0" if x > 0 else f"{b}, since {a} ≤ 0" if x <= 0 else ""
    if name in ("elu", "selu"):
        return _piece_of_elu(name, position, x, a, b)
    if name in ("clamp_min", "clamp_max"):
        return _piece_of_clamp(name, position, inputs, a, b)
    first, second = (a, b) if position == 0 else (b, a)
    mine, other = (inputs[0], inputs[1]) if position == 0 else (inputs[1], inputs[0])
    if mine == other:
        return "½, since both are equal"
    if mine != mine or other != other:
        return ""
    sign = ">" if mine > other else "&lt;"
    wins = (mine > other) == (name == "maximum")
    return f"{int(wins)}, since {first} {sign} {second}"


_CHOOSING = ("where", "pick")


def _chosen(name: str, position: int, x: float, chooser: str) -> str:
    """The derivative of a choice: which of its operands it chose."""
    if position == 0:
        return f"0, since {chooser} only chooses"
    if name == "pick":
        return f"{int(x == position - 1)}, since {chooser} = {number(x)}"
    chosen = (x != 0.0) == (position == 1)
    return f"{int(chosen)}, since {chooser} {'≠' if x != 0.0 else '='} 0"


def _piece_of_elu(name: str, position: int, x: float, a: str, alpha: str) -> str:
    if x != x:
        return ""
    if position == 1:
        return f"0, since {a} > 0" if x > 0 else f"exp({a}) − 1, since {a} ≤ 0"
    above, below = ("1", alpha) if name == "elu" else ("1.0507", "1.7581")
    times = "" if below == "1" else f"{below} · "
    return f"{above}, since {a} > 0" if x > 0 else f"{times}exp({a}), since {a} ≤ 0"


def _piece_of_clamp(name: str, position: int, inputs: Sequence[float], a: str, bound: str) -> str:
    x, limit = inputs
    if x != x or limit != limit:
        return ""
    within, inside, outside = (
        (x >= limit, "≥", "&lt;") if name == "clamp_min" else (x <= limit, "≤", ">")
    )
    chosen = within == (position == 0)
    return f"{int(chosen)}, since {a} {inside if within else outside} {bound}"


def rule(v: Value) -> str:
    """What the operation does with its gradient, in words; empty for most operations."""
    return _RULES.get(_name(v), "")
