"""Rows of steps: signs, rounding and comparisons. They are constant between their jumps."""

from __future__ import annotations

from .. import ieee, special
from .row import Infix, Op, zero

__all__ = [
    "AT_LEAST", "CEIL", "EQUAL", "FLOOR", "GREATER", "LARGER", "LEAKY_STEP", "LESS", "POSITIVE",
    "ROUND", "SIGN",
]  # fmt: skip


def _sign(a: float) -> float:
    return 1.0 if a > 0.0 else -1.0 if a < 0.0 else a * 0.0


def _positive(a: float) -> float:
    return 0.0 if a <= 0.0 else 1.0


def _larger(a: float, b: float) -> float:
    return 0.0 if a < b else 0.5 if a == b else 1.0


def _leaky_step(a: float, slope: float) -> float:
    return 1.0 if a > 0.0 else slope


SIGN: Op = Op(
    "sign", "sign", _sign, zero,
    formula="y = sign of a, 0 at 0",
    written=("0",),
    branching=True,
    vector=lambda m, a: m.where(a > 0.0, 1.0, m.where(a < 0.0, -1.0, a * 0.0)),
)  # fmt: skip
FLOOR: Op = Op(
    "floor", "floor", ieee.floor, zero,
    formula="y = the largest whole number ≤ a",
    written=("0",),
    branching=True,
    vector="floor",
)  # fmt: skip
CEIL: Op = Op(
    "ceil", "ceil", ieee.ceil, zero,
    formula="y = the smallest whole number ≥ a",
    written=("0",),
    branching=True,
    vector="ceil",
)  # fmt: skip
ROUND: Op = Op(
    "round", "round", special.nearest, zero,
    formula="y = the whole number nearest to a; a tie goes to the even one",
    written=("0",),
    branching=True,
    vector="rint",
)  # fmt: skip
LESS: Op = Op(
    "less", "<", lambda a, b: 1.0 if a < b else 0.0, zero, zero,
    formula="y = 1 where a < b, else 0",
    written=("0", "0"),
    binds=0,
    drawn="a < b",
    infix=Infix("<", "<"),
    selects=True,
    vector=lambda m, a, b: m.where(a < b, 1.0, 0.0),
)  # fmt: skip
GREATER: Op = Op(
    "greater", ">", lambda a, b: 1.0 if a > b else 0.0, zero, zero,
    formula="y = 1 where a > b, else 0",
    written=("0", "0"),
    binds=0,
    drawn="a > b",
    infix=Infix(">", ">"),
    selects=True,
    vector=lambda m, a, b: m.where(a > b, 1.0, 0.0),
)  # fmt: skip
EQUAL: Op = Op(
    "equal", "==", lambda a, b: 1.0 if a == b else 0.0, zero, zero,
    formula="y = 1 where a = b, else 0",
    written=("0", "0"),
    binds=0,
    commutative=True,
    infix=Infix("==", "=="),
    selects=True,
    vector=lambda m, a, b: m.where(a == b, 1.0, 0.0),
)  # fmt: skip
POSITIVE: Op = Op(
    "positive", "a>0", _positive, zero,
    formula="y = 1 where a > 0, else 0",
    branching=True,
    vector=lambda m, a: m.where(a <= 0.0, 0.0, 1.0),
)  # fmt: skip
LARGER: Op = Op(
    "larger", "a>b", _larger, zero, zero,
    formula="y = 1 where a > b, ½ at a tie",
    branching=True,
    vector=lambda m, a, b: m.where(a < b, 0.0, m.where(a == b, 0.5, 1.0)),
)  # fmt: skip
LEAKY_STEP: Op = Op(
    "leaky_step", "a>0", _leaky_step,
    zero,
    lambda a, slope, y: 1.0 - LEAKY_STEP(a, 0.0),
    formula="y = 1 where a > 0, else slope",
    branching=True,
    vector=lambda m, a, slope: m.where(a > 0.0, 1.0, slope),
)  # fmt: skip
AT_LEAST: Op = Op(
    "at_least", "a≥b", ieee.at_least, zero, zero,
    formula="y = 1 where a ≥ b, else 0",
    branching=True,
    vector=lambda m, a, b: m.where(a >= b, 1.0, 0.0),
)  # fmt: skip

OPERATIONS = (SIGN, FLOOR, CEIL, ROUND)
COMPARISONS = (LESS, GREATER, EQUAL)
HELPERS = (POSITIVE, LARGER, LEAKY_STEP, AT_LEAST)
