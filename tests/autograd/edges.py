"""What operations, functions and losses give at edge cases, beside PyTorch: `edges.md`.

The table holds every operation at 0, −0, ±inf, nan, numbers that overflow and underflow, kinks and
poles: the value and all first derivatives, ours and PyTorch's in float64. Where they differ it says
``ours ≠ PyTorch's`` and names the reason, which is written in `DEPARTURES`, and only there. A
difference without a reason is an error. `test_edges` compares the engine with the table.

`python -m tests.kept` renews it, and asks PyTorch again where that is installed
(``pip install torch==2.13.0``).
"""

from __future__ import annotations

import math
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import autograd
import nn
from autograd import Value, ops

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

__all__ = [
    "CASES", "DEPARTURES", "TABLE", "Case", "Line", "agree", "compute_lines", "ours", "read_table",
    "reason", "render_table", "renew", "theirs",
]  # fmt: skip

TABLE = Path(__file__).with_suffix(".md")

inf, nan = math.inf, math.nan
Numbers = tuple[float, ...]

# ── the cases ────────────────────────────────────────────────────────────────────────────────


class Case(NamedTuple):
    """A function of some numbers, on Values and on tensors, and the points to compare it at."""

    name: str
    points: Sequence[Numbers]
    ours: Callable[..., Value]
    theirs: Callable[..., Any]
    """The same in PyTorch: a function of the module `torch` and the tensors."""


ONE = [
    0.0, -0.0, inf, -inf, nan, 1e308, -1e308, 1e-308, -1e-308, 5e-324, -5e-324, 1e-10, 0.5, -0.5,
    1.0, -1.0, 2.0, -2.0, 19.0, -19.0, 21.0, 40.0, -40.0, 709.9, -745.5, 1e16, -1e16,
]  # fmt: skip
TWO = [0.0, -0.0, 1.0, -1.0, 0.5, -2.0, 3.0, inf, -inf, nan, 1e308, -1e308, 5e-324, 1e-200]
LISTS = [
    (0.0, 0.0), (1.0, 1.0, 1.0), (1000.0, 1001.0), (-1000.0, -1001.0), (1000.0, -1000.0),
    (1e308, 1e308), (1e308, -1e308), (-1e308, -1e308), (inf, 0.0), (0.0, inf), (inf, inf),
    (-inf, 0.0), (0.0, -inf), (-inf, -inf), (inf, -inf), (nan, 0.0), (0.0, nan), (nan, inf),
    (1e-308, 5e-324), (-0.0, 0.0), (0.0, 40.0), (0.0, -800.0),
]  # fmt: skip
SCORES = [(a,) for a in ONE]
PAIRS = list(product(TWO, TWO))
PROBABILITIES = [
    (a,) for a in (0.0, 1.0, 0.5, 0.1, 5e-324, 1e-308, 1e-50, 1e-40, 1e-10, 1.0 - 2.0**-53, nan)
]
EXPONENTS = (0.0, -0.0, 1.0, 2.0, 3.0, 0.5, -0.5, -1.0, -2.0, inf, -inf, nan)


def _row_cases() -> Iterator[Case]:
    """Every operation of the table, with its name in PyTorch."""
    theirs: dict[str, Callable[..., Any]] = {
        "add": lambda t, a, b: a + b,
        "sub": lambda t, a, b: a - b,
        "mul": lambda t, a, b: a * b,
        "truediv": lambda t, a, b: a / b,
        "pow": lambda t, a, b: a**b,
        # PyTorch has no cube root, and no derivative by alpha.
        "cbrt": lambda t, a: t.sign(a) * a.abs() ** (1 / 3),
        "elu": lambda t, a, alpha: t.where(
            a > 0, a, alpha * t.expm1(t.where(a > 0, t.zeros_like(a), a))
        ),
        "clamp_min": lambda t, a, low: t.clamp(a, min=low),
        "clamp_max": lambda t, a, high: t.clamp(a, max=high),
        "leaky_relu": lambda t, a, slope: t.nn.functional.prelu(a, slope),
        "selu": lambda t, a: t.nn.functional.selu(a),
        "softsign": lambda t, a: t.nn.functional.softsign(a),
        "log_sigmoid": lambda t, a: t.nn.functional.logsigmoid(a),
        "softplus": lambda t, a: t.nn.functional.softplus(a),
        "gelu": lambda t, a: t.nn.functional.gelu(a),
        "silu": lambda t, a: t.nn.functional.silu(a),
    }
    for row in ops.OPERATIONS:
        other = theirs.get(row.name, lambda t, *x, name=row.name: getattr(t, name)(*x))
        yield Case(row.name, SCORES if row.arity == 1 else PAIRS, row, other)


def _choice_cases() -> Iterator[Case]:
    """Comparisons, choices, and what is behind a choice."""
    for row in (ops.LESS, ops.GREATER, ops.EQUAL):
        compare = {"less": "lt", "greater": "gt", "equal": "eq"}[row.name]
        yield Case(
            row.name, PAIRS, row,
            lambda t, a, b, name=compare: getattr(t, name)(a, b).double().requires_grad_(),
        )  # fmt: skip
    some = (1.0, -0.0, inf, nan)
    yield Case(
        "where", list(product((0.0, -0.0, 1.0, -2.0, inf, nan), some, some)), ops.WHERE,
        lambda t, c, a, b: t.where(c != 0, a, b),
    )  # fmt: skip
    yield Case(
        "pick", list(product((0.0, -0.0, 1.0), some, some)), ops.PICK,
        lambda t, index, *v: t.stack(v)[index.long()],
    )  # fmt: skip
    for name in ("log", "sqrt"):
        yield Case(
            f"where(a > 0, {name} a, 0)", SCORES,
            lambda a, name=name: autograd.where(autograd.greater(a, 0), getattr(a, name)(), 0),
            lambda t, a, name=name: t.where(a > 0, getattr(t, name)(a), 0.0),
        )  # fmt: skip


def _power_cases() -> Iterator[Case]:
    """A number on one side of a power."""
    for b in EXPONENTS:
        yield Case(f"a ** {b}", SCORES, lambda a, b=b: a**b, lambda t, a, b=b: a**b)
    for a in (0.0, -0.0, 1.0, -2.0, 2.0, inf, nan):
        yield Case(f"{a} ** b", SCORES, lambda b, a=a: a**b, lambda t, b, a=a: a**b)


def _setting_cases() -> Iterator[Case]:
    """Functions with numbers as settings, which PyTorch computes apart from those with tensors."""
    for alpha in (1.0, 2.0, 0.0):
        yield Case(
            f"elu, alpha {alpha:g}", SCORES, lambda a, alpha=alpha: a.elu(alpha),
            lambda t, a, alpha=alpha: t.nn.functional.elu(a, alpha),
        )  # fmt: skip
    for low, high in ((0.0, 1.0), (1.0, 0.0), (-inf, 0.5), (nan, 1.0), (0.0, nan), (None, 2.0)):
        yield Case(
            f"clamp from {low} to {high}", SCORES,
            lambda a, low=low, high=high: a.clamp(low, high),
            lambda t, a, low=low, high=high: t.clamp(a, low, high),
        )  # fmt: skip


def _target_cases() -> Iterator[Case]:
    """Losses of one prediction, for each target."""
    for y in (0.0, 1.0, 0.25):
        yield Case(
            f"binary_cross_entropy, target {y:g}", PROBABILITIES,
            lambda p, y=y: nn.binary_cross_entropy(p, y),
            lambda t, p, y=y: t.nn.functional.binary_cross_entropy(p, t.full_like(p, y)),
        )  # fmt: skip
        yield Case(
            f"binary_cross_entropy from logits, target {y:g}", SCORES,
            lambda z, y=y: nn.binary_cross_entropy(z, y, from_logits=True),
            lambda t, z, y=y: t.nn.functional.binary_cross_entropy_with_logits(
                z, t.full_like(z, y)
            ),
        )  # fmt: skip
    for y in (-1.0, 1.0):
        yield Case(
            f"hinge_loss, target {y:g}", SCORES,
            lambda z, y=y: nn.hinge_loss(z, y), lambda t, z, y=y: t.relu(1 - y * z),
        )  # fmt: skip


CASES: list[Case] = [
    *_row_cases(),
    *_choice_cases(),
    *_power_cases(),
    *_setting_cases(),
    Case("total", LISTS, lambda *v: autograd.total(v), lambda t, *v: t.stack(v).sum()),
    Case("mean", LISTS, lambda *v: autograd.mean(v), lambda t, *v: t.stack(v).mean()),
    Case("dot with itself", LISTS, lambda *v: autograd.dot(v, v),
         lambda t, *v: t.dot(t.stack(v), t.stack(v))),
    Case("logsumexp", LISTS, lambda *v: autograd.logsumexp(v),
         lambda t, *v: t.logsumexp(t.stack(v), 0)),
    Case("softmax, first", LISTS, lambda *v: autograd.softmax(v)[0],
         lambda t, *v: t.softmax(t.stack(v), 0)[0]),
    Case("log_softmax, first", LISTS, lambda *v: autograd.log_softmax(v)[0],
         lambda t, *v: t.log_softmax(t.stack(v), 0)[0]),
    Case("cross_entropy, target 0", LISTS, lambda *v: nn.cross_entropy(v, 0),
         lambda t, *v: t.nn.functional.cross_entropy(t.stack(v), t.tensor(0))),
    Case("cross_entropy, first target 0.75", [v for v in LISTS if len(v) == 2],
         lambda *v: nn.cross_entropy(v, [0.75, 0.25]),
         lambda t, *v: t.nn.functional.cross_entropy(
             t.stack(v), t.tensor([0.75, 0.25], dtype=t.float64))),
    Case("cross_entropy, certain of the first", [v for v in LISTS if len(v) == 2],
         lambda *v: nn.cross_entropy(v, [1.0, 0.0]),
         lambda t, *v: t.nn.functional.cross_entropy(
             t.stack(v), t.tensor([1.0, 0.0], dtype=t.float64))),
    Case("mse_loss", PAIRS, nn.mse_loss, lambda t, a, b: t.nn.functional.mse_loss(a, b)),
    Case("half_squared_error", PAIRS, nn.half_squared_error,
         lambda t, a, b: 0.5 * t.nn.functional.mse_loss(a, b)),
    *_target_cases(),
]  # fmt: skip


def ours(case: Case, point: Numbers) -> Numbers:
    """The value and its derivative by each number, computed by `Value.backward`."""
    xs = [Value(x) for x in point]
    y = case.ours(*xs)
    y.backward()
    return (y.data, *(x.grad for x in xs))


def theirs(torch: Any, case: Case, point: Numbers) -> Numbers:
    """The same by PyTorch; an empty result if it raises an error."""
    xs = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in point]
    try:
        y = case.theirs(torch, *xs)
    except RuntimeError:
        return ()
    y.backward()
    return (y.item(), *(0.0 if x.grad is None else x.grad.item() for x in xs))


def agree(a: float, b: float, signed: bool = False) -> bool:
    """Whether two numbers agree to 1e-12, or to the last digits of the smallest; nan with nan, ±0.

    The sign of 0 counts for a value, but not for a derivative: gradients are added to a 0.
    """
    if a == b == 0.0:
        return not signed or math.copysign(1.0, a) == math.copysign(1.0, b)
    if math.isnan(a):
        return math.isnan(b)
    return math.isclose(a, b, rel_tol=1e-12, abs_tol=1e-310)


def all_agree(a: Numbers, b: Numbers) -> bool:
    """Whether two values agree, and their derivatives."""
    if len(a) != len(b):
        return False
    return agree(a[0], b[0], signed=True) and all(map(agree, a[1:], b[1:]))


# ── where we depart, and why ─────────────────────────────────────────────────────────────────


class Departure(NamedTuple):
    """A reason to differ from PyTorch, and the cases it applies to."""

    why: str
    names: tuple[str, ...]  # what the names of cases start with
    holds: Callable[[Numbers, Numbers, Numbers], bool]
    """Takes the point, our numbers and those of PyTorch."""


SOFTMAXES = ("softmax", "log_softmax", "cross_entropy")

DEPARTURES: dict[str, Departure] = {
    "digits": Departure(
        "PyTorch computes these derivatives from the result (1 − y², y · (1 − y), y + 1), which"
        " loses digits where the result is near ±1, and gelu from 1 + erf, which loses them in the"
        " left tail. Its derivative of digamma has nine digits. Ours are right to the last digits.",
        ("tanh", "sigmoid", "expm1", "gelu", "silu", "softsign", "digamma",
         "binary_cross_entropy from logits"),
        lambda at, us, them: all(abs(a - b) < 1e-8 for a, b in zip(us, them, strict=True)),
    ),
    "threshold": Departure(
        "Above 20, PyTorch's softplus is a itself, with derivative 1. Ours stays ln(1 + eᵃ).",
        ("softplus",),
        lambda at, us, them: at[0] > 20.0 and them == (at[0], 1.0),
    ),
    "nan": Departure(
        "What nan gives is nan, so that nothing hides it; PyTorch's sign of nan is 0, and so is its"
        " derivative of abs there; those of elu and selu are the slope above 0.",
        ("abs", "elu", "selu", "sign"),
        lambda at, us, them: math.isnan(at[0]) and any(map(math.isnan, us)),
    ),
    "squares": Departure(
        "In these derivatives PyTorch squares the operands, or multiplies them by ln 10, which"
        " overflows or underflows long before the result does. Ours do not.",
        ("atan2", "asinh", "acosh", "log10"),
        lambda at, us, them: any(x and not 1e-150 < abs(x) < 1e150 for x in at)
        and agree(us[0], them[0]),
    ),
    "limit": Departure(
        "PyTorch's softsign meets inf/inf, and the derivative of a cube root (which PyTorch lacks:"
        " we compare with a power of |a|) 0 · inf. Ours are the limits, ±1 with derivative 0, and"
        " inf.",
        ("softsign", "cbrt"),
        lambda at, us, them: at[0] in (0.0, inf, -inf) and math.isnan(them[1]),
    ),
    "pole": Departure(
        "The derivative of digamma is inf at its poles, as on both sides of them. PyTorch's sine of"
        " πa is not 0 there, but something small.",
        ("digamma",),
        lambda at, us, them: at[0] < 0.0 and at[0].is_integer() and us[1] == inf,
    ),
    "not chosen": Departure(
        "What a where does not choose counts as not computed. In PyTorch a gradient of 0 goes back"
        " to it, and 0 · inf is nan.",
        ("where(",),
        lambda at, us, them: us == (0.0, 0.0) == (them[0], us[1]) and math.isnan(them[1]),
    ),
    "root": Departure(
        "If the exponent is the number ±0.5, PyTorch takes a square root. At −0 and −inf that"
        " differs from the power of IEEE 754 (and from PyTorch's power of two tensors). Ours is the"
        " power, whether the exponent is a number or a Value.",
        ("a ** 0.5", "a ** -0.5"),
        lambda at, us, them: math.copysign(1.0, at[0]) < 0.0,
    ),
    "shares": Departure(
        "PyTorch's derivative of logsumexp is e to the power a − y, which is 1 for each of several"
        " equal numbers so large that y rounds to them. Ours are shares that add up to 1.",
        ("logsumexp",),
        lambda at, us, them: sum(us[1:]) == 1.0 and sum(them[1:]) > 1.0,
    ),
    "infinite logit": Departure(
        "PyTorch's softmax of a list that contains inf is nan throughout. Ours is nan only where"
        " the formula meets inf/inf or inf − inf: an infinite logit takes all from finite ones,"
        " whose probability is 0.",
        SOFTMAXES,
        lambda at, us, them: math.inf in at and all(map(math.isnan, them)),
    ),
    "0 · ln 0": Departure(
        "A class of probability 0 in the target costs nothing, even where its logarithm is −inf,"
        " and a logit that is infinitely right costs 0; PyTorch's formulas meet 0 · inf.",
        ("cross_entropy, certain of the first", "binary_cross_entropy from logits"),
        lambda at, us, them: us[0] == 0.0
        and math.isnan(them[0])
        and all(map(agree, us[1:], them[1:])),
    ),
    "infinite loss": Departure(
        "A prediction that is infinitely wrong costs inf; PyTorch's formula meets inf − inf.",
        ("binary_cross_entropy from logits",),
        lambda at, us, them: math.isinf(at[0]) and us[0] == inf and math.isnan(them[0]),
    ),
    "1 − p": Departure(
        "We round 1 − p and take its logarithm; PyTorch's log1p keeps the digits of a p near 0,"
        " where the loss for target 0 is p itself. Ours is p ± 1e-16. (Derivatives differ as under"
        " *cut*. Neither happens with logits.)",
        ("binary_cross_entropy, ",),
        lambda at, us, them: at[0] < 0.5 and bool(them) and not agree(us[0], them[0])
        and abs(us[0] - them[0]) < 2e-16,
    ),
    "cut": Departure(
        "In the derivative of binary_cross_entropy, PyTorch never divides by less than 1e-12, so it"
        " is not the derivative of the value. Ours is: 0 where the logarithm is cut off at −100,"
        " and elsewhere −1/p or 1/(1 − p). (With logits there is no such difference.)",
        ("binary_cross_entropy, ",),
        lambda at, us, them: bool(them) and not 1e-12 < at[0] < 1.0 - 1e-12,
    ),
    "refused": Departure(
        "A nan passes through, as everywhere; PyTorch refuses it, since it is not a probability.",
        ("binary_cross_entropy, ",),
        lambda at, us, them: math.isnan(at[0]) and math.isnan(us[0]) and them == (),
    ),
    "sign of 0": Departure(
        "Where the formula does not determine the sign of a result of 0, neither do we: relu(−0),"
        " sign(−0), the larger and the smaller of 0 and −0, and a loss of 0.",
        ("relu", "sign", "maximum", "minimum", "cross_entropy"),
        lambda at, us, them: us[0] == them[0] == 0.0 and all(map(agree, us, them)),
    ),
}  # fmt: skip


def reason(name: str, at: Numbers, us: Numbers, them: Numbers) -> str:
    """The key of the departure that explains the difference; "" if there is none.

    Raises:
        ValueError: there is a difference, and no reason.
    """
    if all_agree(us, them):
        return ""
    for key, departure in DEPARTURES.items():
        if name.startswith(departure.names) and departure.holds(at, us, them):
            return key
    raise ValueError(
        f"{name} at {at} gives {us}, and PyTorch {them or 'refuses'}: make them agree, or give the "
        "reason in DEPARTURES"
    )


# ── the table ────────────────────────────────────────────────────────────────────────────────


class Line(NamedTuple):
    """The entry of the table for a case at a point."""

    name: str
    point: Numbers
    ours: Numbers
    theirs: Numbers
    why: str


def compute_lines(torch: Any = None) -> Iterator[Line]:
    """Compute the table; without torch, PyTorch's side is taken from the stored one.

    Raises:
        ValueError: there is a difference without a reason.
    """
    known = {} if torch else {(line.name, repr(line.point)): line.theirs for line in read_table()}
    for case in CASES:
        for point in case.points:
            us = ours(case, point)
            them = theirs(torch, case, point) if torch else known[case.name, repr(point)]
            yield Line(case.name, point, us, them, reason(case.name, point, us, them))


def render_table(table: Sequence[Line], version: str) -> str:
    """Write the table in Markdown, as it is stored."""
    departing = sum(bool(line.why) for line in table)
    text = [
        "# Edge cases: glassgrad beside PyTorch",
        "",
        f"Written by `python -m tests.kept` with PyTorch {version}; do not edit. Values and first"
        " derivatives with respect to each number, in float64. A single number in a cell: both"
        f" agree. *a ≠ b*: we give a, PyTorch gives b. Of {len(table)} lines, {departing} differ on"
        " purpose, for these reasons:",
        "",
    ]
    for key, departure in DEPARTURES.items():
        count = sum(line.why == key for line in table)
        text.append(f"- **{key}** ({count}): {departure.why}")
    name = ""
    for line in table:
        if line.name != name:
            name = line.name
            text += [
                "",
                f"## {name}",
                "",
                "| at | value | derivatives | why |",
                "|---|---|---|---|",
            ]
        cells = [
            _cell(ours, line.theirs[i] if line.theirs else None, signed=i == 0)
            for i, ours in enumerate(line.ours)
        ]
        at = ", ".join(map(repr, line.point))
        text.append(f"| {at} | {cells[0]} | {', '.join(cells[1:])} | {line.why} |")
    return "\n".join(text) + "\n"


def read_table() -> list[Line]:
    """Read the stored table."""
    table, name = [], ""
    for text in TABLE.read_text(encoding="utf-8").splitlines():
        if text.startswith("## "):
            name = text.removeprefix("## ")
        elif text.startswith("| ") and not text.startswith("| at "):
            at, value, derivatives, why = (cell.strip() for cell in text.strip("|").split("|"))
            pairs = [cell.split(" ≠ ") for cell in (value, *derivatives.split(", "))]
            us = tuple(float(pair[0]) for pair in pairs)
            them = tuple(float(pair[-1]) for pair in pairs if pair[-1] != "refused")
            table.append(Line(name, tuple(map(float, at.split(", "))), us, them, why))
    return table


def _cell(ours: float, theirs: float | None, signed: bool) -> str:
    if theirs is None:
        return f"{ours!r} ≠ refused"
    return repr(ours) if agree(ours, theirs, signed) else f"{ours!r} ≠ {theirs!r}"


def renew() -> None:
    """Write the table again."""
    try:
        import torch
    except ImportError:
        torch = None
        version = TABLE.read_text(encoding="utf-8").partition("with PyTorch ")[2].partition(";")[0]
    else:
        version = torch.__version__.partition("+")[0]
    text = render_table(list(compute_lines(torch)), version)
    TABLE.write_text(text, encoding="utf-8", newline="\n")
