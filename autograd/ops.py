"""The table of operations, one row each. Derivatives are written here and nowhere else.

A row says how an operation computes its result from plain floats (``forward``), and what its local
derivatives are. Derivatives are written with ordinary operators and with other operations, so the
same line works in three ways: on floats it returns a float (the backward pass), on Values it
records a graph (gradients of gradients), and on a compiler's symbols it emits code.

To add an operation, add a row and a one-line method. Pictures, programs and the gradient tests
follow from the row.

Arithmetic follows IEEE 754, as in NumPy and PyTorch: where Python's ``math`` raises an error, an
operation returns ``inf`` or ``nan``. Where a derivative does not exist, PyTorch's convention holds.
"""

from __future__ import annotations

import math
import operator
import sys
from collections.abc import Callable, Sequence
from functools import partial, reduce
from typing import Any, NamedTuple

from . import ieee, special
from .console import printable

__all__ = [
    "ACTIVATIONS", "CHOICES", "HELPERS", "OPERATIONS", "TABLE", "Op", "find", "vector_forms",
]  # fmt: skip

inf, nan = math.inf, math.nan


class Infix(NamedTuple):
    """How an operation is written between its operands; in code it is its symbol.

    Attributes:
        picture: in the texts of a picture, ``2 × 3``.
        page: in the formulas of a page, ``a · b``; empty if written in another way, as ``aᵇ``.
    """

    picture: str
    page: str


def _spread(forward: Callable[..., float], operands: Sequence[float]) -> float:
    return forward(*operands)


_LETTERS = "abcdefghijklmnopqrstuvwxyz"
FUNCTION = 4  # how tightly ``f(a, b)`` binds


class Op:
    """An operation: one row of the table.

    Arguments:
        name: the name of its method on `Value` (``mul`` stands for ``__mul__``).
        symbol: how the operation is written in code.
        forward: floats to float; never raises, never returns a complex number.
        derivatives: for each operand, ``(*operands, y) -> ∂y/∂operand`` where y is the result. An
            operation with any number of operands has one entry instead: the constant derivative
            with respect to each; or if they differ, and with `variadic`, a function
            ``(*operands, y) -> [∂y/∂operand, ...]``.
        formula: what it computes, for the reader.
        default: the second operand if a call omits it.
        branching: the operation chooses a branch, and a derivative of 0 means that an operand was
            not chosen. Such an operand gets a gradient of exactly 0, even if the gradient that
            arrives is inf or nan (relu(−1).sqrt() has gradient 0, as in PyTorch). For all other
            operations the chain rule is a plain product, and 0 · inf is nan.
        selects: the operation is branching, and what it does not choose counts as not computed: the
            part of the graph behind it gets gradient 0 even where its own derivatives are nan.
        variadic: it has any number of operands, and its one derivative is a function of them all.
        commutative: the order of its operands does not matter, so pictures need not show it.
        drawn: what pictures write in its circle; by default its symbol.
        written: each derivative as a page writes it, where it is short; ``{a}``, ``{b}``, ``{c}``
            … and ``{y}`` stand for the operands and the result.
        names: what pictures call the operands, if they are not a, b, c …; of an operation with any
            number of operands, the first ones.
        infix: how it is written between its operands; None for a function, ``f(a, b)``.
        binds: how tightly it holds its operands: 0 for a comparison, 1 for a sum, 2 for a product,
            3 for a power; a function, ``f(a, b)``, holds them most.
        vector: the forward function without branches, over a namespace m of functions:
            ``(m, *operands) -> y``, or the name of a function in m. Programs are built from it, see
            `vector_forms`. An operation without one cannot be compiled.
        over: for an operation with any number of operands: computes the result from a list of them.
            By default it applies `forward` to the first two, then to that and the third, and so on;
            of a `variadic` operation, to all at once.
    """

    __slots__ = (
        "binds", "branching", "commutative", "default", "derivatives", "drawn", "formula",
        "forward", "infix", "is_product", "name", "names", "over", "selects", "simple", "slope",
        "symbol", "variadic", "vector", "written",
    )  # fmt: skip

    def __init__(
        self,
        name: str,
        symbol: str,
        forward: Callable[..., float],
        *derivatives: Any,
        formula: str = "",
        default: float | None = None,
        branching: bool = False,
        selects: bool = False,
        variadic: bool = False,
        commutative: bool = False,
        drawn: str = "",
        written: tuple[str, ...] = (),
        names: tuple[str, ...] = (),
        infix: Infix | None = None,
        binds: int = FUNCTION,
        vector: str | Callable[..., Any] | None = None,
        over: Callable[[Sequence[float]], float] | None = None,
    ) -> None:
        self.name = name
        self.symbol = symbol
        self.forward = forward
        self.derivatives: tuple[Any, ...] = derivatives
        self.formula = formula
        self.default = default
        self.branching = branching or selects
        self.selects = selects
        self.commutative = commutative
        self.drawn = drawn or symbol
        self.written = written
        self.names = names
        self.infix = infix
        self.binds = binds
        self.vector = vector
        if not derivatives:
            raise ValueError(
                f"expected a derivative for each operand of {name}, got none; write them after the "
                "forward function"
            )
        self.slope: float | None = None if callable(derivatives[0]) else derivatives[0]
        self.variadic = variadic or self.slope is not None
        apply: Any = reduce if self.slope is not None else _spread
        self.over: Callable[[Sequence[float]], float] = over or partial(apply, forward)
        if self.variadic and len(derivatives) > 1:
            raise ValueError(
                f"expected one derivative, got {len(derivatives)} for {name}, which has any number "
                "of operands; give one function that returns a list, or one constant"
            )
        # The backward pass spells out two kinds of operation, which are nearly all of a graph.
        # A product's derivative with respect to one factor is the other, and is read off without a
        # call. A simple operation has one or two operands, and calls a function for each.
        self.is_product = derivatives == (_second, _first) and not self.branching
        self.simple = not self.variadic and len(derivatives) < 3 and not selects

    @property
    def arity(self) -> int:
        """How many operands it takes; 0 stands for any number."""
        return 0 if self.variadic else len(self.derivatives)

    def __call__(self, *operands: Any) -> Any:
        """Apply the operation: compute with numbers, record with Values, emit code with symbols."""
        for operand in operands:
            if operand.__class__ is not float and hasattr(operand, "_apply"):
                return operand._apply(self, operands)
        return self.compute(operands)

    def compute(self, numbers: Sequence[float]) -> float:
        """The result for these floats."""
        return self.over(numbers) if self.variadic else self.forward(*numbers)

    def names_of(self, count: int) -> tuple[str, ...]:
        """What to call its operands, if it has so many."""
        if len(self.names) >= count:
            return self.names[:count]
        others = count - len(self.names)
        return (*self.names, *(map(str, range(others)) if self.names else _LETTERS[:others]))

    def derivatives_at(self, operands: Sequence[Any], y: Any) -> Sequence[Any]:
        """``∂y/∂operand`` for each operand: of floats, Values or symbols, as the operands are."""
        if self.slope is not None:
            return [self.slope] * len(operands)
        if self.variadic:
            return self.derivatives[0](*operands, y)  # type: ignore[no-any-return]
        return [derivative(*operands, y) for derivative in self.derivatives]

    def __repr__(self) -> str:
        return printable(f"<Op {self.symbol}: {self.formula}>")

    def __copy__(self) -> Op:
        return self  # it never changes, so a copy is the same operation, as for a function

    def __deepcopy__(self, memo: Any) -> Op:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        if _BY_NAME.get(self.name) is self:
            return (find, (self.name,))
        from .operation_pickles import reduce_custom  # only pickle needs it

        return reduce_custom(self)


# ── forward functions: floats in, float out, IEEE 754 at the edges ───────────────────────────


def _div(a: float, b: float) -> float:
    try:
        return a / b
    except ZeroDivisionError:
        if a == 0.0 or a != a:
            return nan
        return math.copysign(inf, a) * math.copysign(1.0, b)


def _pow(a: float, b: float) -> float:
    # Products, as in PyTorch, so that a ** 2 - a * a is 0; the C library's pow does not promise
    # that. Programs compute them in the same way.
    if b == 2.0:
        return a * a
    if b == 3.0:
        return a * a * a
    if b == 4.0:
        return (a * a) * (a * a)
    if b == -1.0:
        return _div(1.0, a)
    try:
        return math.pow(a, b)
    except OverflowError:
        return -inf if a < 0.0 and math.fmod(b, 2.0) != 0.0 else inf
    except ValueError:
        # A negative base to a fraction is not a number; 0 to a negative power is a pole.
        if a != 0.0:
            return nan
        return math.copysign(inf, a) if math.fmod(b, 2.0) == -1.0 else inf


def _exp(a: float) -> float:
    try:
        return math.exp(a)
    except OverflowError:
        return inf


def _expm1(a: float) -> float:
    try:
        return math.expm1(a)
    except OverflowError:
        return inf


def _log(a: float) -> float:
    return math.log(a) if a > 0.0 else -inf if a == 0.0 else nan


def _log1p(a: float) -> float:
    return math.log1p(a) if a > -1.0 else -inf if a == -1.0 else nan


def _sqrt(a: float) -> float:
    return math.sqrt(a) if a >= 0.0 else nan


def _sin(a: float) -> float:
    return math.sin(a) if -inf < a < inf else nan


def _cos(a: float) -> float:
    return math.cos(a) if -inf < a < inf else nan


def _tan(a: float) -> float:
    return math.tan(a) if -inf < a < inf else nan


def _sigmoid(a: float) -> float:
    # Two forms, so that exp never sees a positive number and never overflows.
    if a >= 0.0:
        return 1.0 / (1.0 + math.exp(-a))
    e = math.exp(a)
    return e / (1.0 + e)


def _sech2(a: float) -> float:
    e = math.exp(-2.0 * abs(a))  # never overflows, and is accurate far from 0
    return 4.0 * e / ((1.0 + e) * (1.0 + e))


def _relu(a: float) -> float:
    return 0.0 if a <= 0.0 else a


def _leaky_relu(a: float, slope: float) -> float:
    return a if a > 0.0 else a * slope


def _softplus(a: float) -> float:
    return math.log1p(math.exp(-a)) + a if a > 0.0 else math.log1p(math.exp(a))


def _normal_cdf(a: float) -> float:
    # erfc is accurate in the left tail, where 1 + erf would lose all digits.
    return 0.5 * math.erfc(-a * _SQRT_HALF)


def _gelu(a: float) -> float:
    return a * _normal_cdf(a)


def _silu(a: float) -> float:
    return a * _sigmoid(a)


def _maximum(a: float, b: float) -> float:
    return a if a > b or a != a else b


def _minimum(a: float, b: float) -> float:
    return a if a < b or a != a else b


def _shift(a: float, b: float) -> float:
    # Kept finite: an infinite operand minus an infinite maximum would be nan.
    return _minimum(_maximum(_maximum(a, b), -_LARGEST), _LARGEST)


def _shift_over(operands: Sequence[float]) -> float:
    return reduce(_shift, operands, -_LARGEST)  # finite even for a single operand


def _sum_less_one(operands: Sequence[float]) -> float:
    largest, rest = operands[0], -0.0  # -0.0 + a is a for every a; 0.0 + -0.0 would be 0.0
    for a in operands[1:]:
        if a > largest:
            largest, a = a, largest
        rest += a
    return (largest - 1.0) + rest


def _log_share(a: float, b: float) -> float:
    e = _exp(a)
    return 0.0 - _log1p(_div(b, e)) if b <= e else a - _log(e + b)


def _sign(a: float) -> float:
    return 1.0 if a > 0.0 else -1.0 if a < 0.0 else a * 0.0


def _positive(a: float) -> float:
    return 0.0 if a <= 0.0 else 1.0


def _larger(a: float, b: float) -> float:
    return 0.0 if a < b else 0.5 if a == b else 1.0


def _leaky_step(a: float, slope: float) -> float:
    return 1.0 if a > 0.0 else slope


def _gated(a: float, b: float) -> float:
    return 0.0 if a == 0.0 else a * b


def _masked_both(a: float, b: float) -> float:
    return 0.0 if a == 0.0 or b == 0.0 else a * b


def _where(c: float, a: float, b: float) -> float:
    return b if c == 0.0 else a


def _pick(operands: Sequence[float]) -> float:
    index = operands[0]
    return operands[1 + int(index)] if _is_position(index, len(operands) - 1) else nan


def _is_position(index: float, count: int) -> bool:
    return 0.0 <= index < count and index.is_integer()


def _pow_log(a: float, b: float) -> float:
    return 0.0 if a == 0.0 and b >= 0.0 else _pow(a, b) * _log(a)


_LARGEST = sys.float_info.max
_SQRT_HALF = math.sqrt(0.5)
_INV_SQRT_2PI = 1.0 / math.sqrt(2.0 * math.pi)
_TWO_OVER_SQRT_PI = 2.0 / math.sqrt(math.pi)
_LN_2 = math.log(2.0)
_LN_10 = math.log(10.0)


# ── vector forms: the same without branches, over a namespace m of functions ─────────────────


def _pow_vector(m: Any, a: Any, b: Any) -> Any:
    square = a * a
    y = m.where(b == 3.0, square * a, m.where(b == -1.0, 1.0 / a, m.power(a, b)))
    return m.where(b == 2.0, square, m.where(b == 4.0, square * square, y))


def _sigmoid_vector(m: Any, a: Any) -> Any:
    e = m.exp(-m.abs(a))  # never overflows
    return m.where(a >= 0.0, 1.0, e) / (1.0 + e)


def _sech2_vector(m: Any, a: Any) -> Any:
    e = m.exp(-2.0 * m.abs(a))
    return 4.0 * e / ((1.0 + e) * (1.0 + e))


def _normal_cdf_vector(m: Any, a: Any) -> Any:
    return 0.5 * m.erfc(-a * _SQRT_HALF)


def _maximum_vector(m: Any, a: Any, b: Any) -> Any:
    return m.where((a > b) | (a != a), a, b)


def _log_share_vector(m: Any, a: Any, b: Any) -> Any:
    e = m.exp(a)
    return m.where(b <= e, 0.0 - m.log1p(b / e), a - m.log(e + b))


def _pow_log_vector(m: Any, a: Any, b: Any) -> Any:
    return m.where((a == 0.0) & (b >= 0.0), 0.0, _pow_vector(m, a, b) * m.log(a))


def _pick_vector(m: Any, index: Any, *values: Any) -> Any:
    y: Any = nan
    for k, value in enumerate(values):
        y = m.where(index == float(k), value, y)
    return y


def _softsign_vector(m: Any, a: Any) -> Any:
    y = a / (1.0 + m.abs(a))
    return m.where(a == inf, 1.0, m.where(a == -inf, -1.0, y))


def _inverted_vector(m: Any, a: Any, b: Any) -> Any:
    size = m.hypot(a, b)
    return m.where(size == 0.0, a, a / size / size)


# ── derivatives that several operations share ────────────────────────────────────────────────


def _first(a: Any, b: Any, y: Any) -> Any:
    return a


def _second(a: Any, b: Any, y: Any) -> Any:
    return b


def _zero(*_: Any) -> float:
    return 0.0


def _one(*_: Any) -> float:
    return 1.0


def _minus_one(*_: Any) -> float:
    return -1.0


def _times(a: Any, b: Any) -> Any:
    """a · b, but 0 where a = 0 even if b = inf: where b does not count."""
    if a.__class__ is float:
        return a * b if a else 0.0
    return GATED(a, b)


def _picked(index: Any, *values_and_y: Any) -> list[Any]:
    """The derivatives of a pick: 0 for the index, 1 for the value that it picks."""
    count = len(values_and_y) - 1
    if index.__class__ is not float:
        return [0.0, *[EQUAL(index, float(k)) for k in range(count)]]
    slopes = [0.0] * (1 + count)
    if _is_position(index, count):
        slopes[1 + int(index)] = 1.0
    return slopes


# ── the table ────────────────────────────────────────────────────────────────────────────────
# name, symbol, forward, one derivative per operand (given the operands and the result y)

ADD: Op = Op(
    "add", "+", operator.add, 1.0,
    formula="y = a + b + …",
    binds=1,
    commutative=True,
    infix=Infix("+", "+"),
    vector=lambda m, a, b: a + b,
)  # fmt: skip
SUB: Op = Op(
    "sub", "-", operator.sub, _one, _minus_one,
    formula="y = a − b",
    written=("1", "−1"),
    binds=1,
    drawn="a − b",
    infix=Infix("−", "−"),
    vector=lambda m, a, b: a - b,
)  # fmt: skip
MUL: Op = Op(
    "mul", "*", operator.mul, _second, _first,
    formula="y = a · b",
    written=("{b}", "{a}"),
    binds=2,
    commutative=True,
    drawn="×",
    infix=Infix("×", "·"),
    vector=lambda m, a, b: a * b,
)  # fmt: skip
DIV: Op = Op(
    "truediv", "/", _div,
    lambda a, b, y: DIV(1.0, b),
    lambda a, b, y: DIV(-y, b),
    formula="y = a / b",
    written=("1 / {b}", "−{y} / {b}"),
    binds=2,
    drawn="a ÷ b",
    infix=Infix("÷", "/"),
    vector=lambda m, a, b: a / b,
)  # fmt: skip
POW: Op = Op(
    "pow", "**", _pow,
    lambda a, b, y: _times(b, POW(a, b - 1.0)),
    lambda a, b, y: POW_LOG(a, b),
    formula="y = aᵇ",
    written=("{b} · {a}^({b} − 1)", "{y} · log({a})"),
    binds=3,
    drawn="aᵇ",
    infix=Infix("^", ""),
    vector=_pow_vector,
)  # fmt: skip
NEG: Op = Op(
    "neg", "neg", operator.neg, _minus_one,
    formula="y = −a",
    written=("−1",),
    binds=2,
    drawn="−a",
    vector=lambda m, a: -a,
)  # fmt: skip
ABS: Op = Op(
    "abs", "abs", abs, lambda a, y: SIGN(a),
    formula="y = |a|",
    written=("sign({a})",),
    branching=True,
    vector="abs",
)  # fmt: skip
EXP: Op = Op(
    "exp", "exp", _exp, lambda a, y: y,
    formula="y = eᵃ",
    written=("{y}",),
    vector="exp",
)  # fmt: skip
LOG: Op = Op(
    "log", "log", _log, lambda a, y: DIV(1.0, a),
    formula="y = ln a",
    written=("1 / {a}",),
    vector="log",
)  # fmt: skip
LOG1P: Op = Op(
    "log1p", "log1p", _log1p, lambda a, y: DIV(1.0, 1.0 + a),
    formula="y = ln(1 + a)",
    written=("1 / (1 + {a})",),
    vector="log1p",
)  # fmt: skip
EXPM1: Op = Op(
    "expm1", "expm1", _expm1, lambda a, y: EXP(a),
    formula="y = eᵃ − 1",
    written=("exp({a})",),
    vector="expm1",
)  # fmt: skip
EXP2: Op = Op(
    "exp2", "exp2", ieee.exp2, lambda a, y: _LN_2 * y,
    formula="y = 2ᵃ",
    written=("log(2) · {y}",),
    vector="exp2",
)  # fmt: skip
LOG2: Op = Op(
    "log2", "log2", ieee.log2, lambda a, y: DIV(1.0 / _LN_2, a),
    formula="y = log₂ a",
    written=("1 / ({a} · log(2))",),
    vector="log2",
)  # fmt: skip
LOG10: Op = Op(
    "log10", "log10", ieee.log10, lambda a, y: DIV(1.0 / _LN_10, a),
    formula="y = log₁₀ a",
    written=("1 / ({a} · log(10))",),
    vector="log10",
)  # fmt: skip
SQRT: Op = Op(
    "sqrt", "sqrt", _sqrt, lambda a, y: DIV(0.5, y),
    formula="y = √a",
    written=("1 / (2 · {y})",),
    vector="sqrt",
)  # fmt: skip
CBRT: Op = Op(
    "cbrt", "cbrt", math.cbrt, lambda a, y: DIV(1.0 / 3.0, y * y),
    formula="y = ∛a",
    written=("1 / (3 · {y}²)",),
    vector="cbrt",
)  # fmt: skip
HYPOT: Op = Op(
    "hypot", "hypot", math.hypot,
    lambda a, b, y: COSINE(a, b),
    lambda a, b, y: COSINE(b, a),
    formula="y = √(a² + b²)",
    written=("{a} / {y}", "{b} / {y}"),
    commutative=True,
    vector="hypot",
)  # fmt: skip
SIN: Op = Op(
    "sin", "sin", _sin, lambda a, y: COS(a),
    formula="y = sin a",
    written=("cos({a})",),
    vector="sin",
)  # fmt: skip
COS: Op = Op(
    "cos", "cos", _cos, lambda a, y: -SIN(a),
    formula="y = cos a",
    written=("−sin({a})",),
    vector="cos",
)  # fmt: skip
TAN: Op = Op(
    "tan", "tan", _tan, lambda a, y: 1.0 + y * y,
    formula="y = tan a",
    written=("1 + {y}²",),
    vector="tan",
)  # fmt: skip
ASIN: Op = Op(
    "asin", "asin", ieee.asin, lambda a, y: ASIN_SLOPE(a),
    formula="y = arcsin a",
    written=("1 / sqrt(1 − {a}²)",),
    vector="arcsin",
)  # fmt: skip
ACOS: Op = Op(
    "acos", "acos", ieee.acos, lambda a, y: -ASIN_SLOPE(a),
    formula="y = arccos a",
    written=("−1 / sqrt(1 − {a}²)",),
    vector="arccos",
)  # fmt: skip
ATAN: Op = Op(
    "atan", "atan", math.atan, lambda a, y: DIV(1.0, 1.0 + a * a),
    formula="y = arctan a",
    written=("1 / (1 + {a}²)",),
    vector="arctan",
)  # fmt: skip
ATAN2: Op = Op(
    "atan2", "atan2", math.atan2,
    lambda a, b, y: INVERTED(b, a),
    lambda a, b, y: -INVERTED(a, b),
    formula="y = the angle from the positive axis to the point (b, a), from −π to π",
    written=("{b} / hypot({a}, {b})²", "−{a} / hypot({a}, {b})²"),
    vector="arctan2",
)  # fmt: skip
SINH: Op = Op(
    "sinh", "sinh", ieee.sinh, lambda a, y: COSH(a),
    formula="y = sinh a",
    written=("cosh({a})",),
    vector="sinh",
)  # fmt: skip
COSH: Op = Op(
    "cosh", "cosh", ieee.cosh, lambda a, y: SINH(a),
    formula="y = cosh a",
    written=("sinh({a})",),
    vector="cosh",
)  # fmt: skip
# tanh′ = 1 − y² and sigmoid′ = y · (1 − y) would lose digits where y is near ±1; 1/cosh² does not,
# and neither do its own derivatives.
TANH: Op = Op(
    "tanh", "tanh", math.tanh, lambda a, y: SECH2(a),
    formula="y = tanh a",
    written=("1 − {y}²",),
    vector="tanh",
)  # fmt: skip
ASINH: Op = Op(
    "asinh", "asinh", math.asinh, lambda a, y: DIV(1.0, HYPOT(1.0, a)),
    formula="y = arsinh a",
    written=("1 / sqrt(1 + {a}²)",),
    vector="arcsinh",
)  # fmt: skip
ACOSH: Op = Op(
    "acosh", "acosh", ieee.acosh, lambda a, y: ACOSH_SLOPE(a),
    formula="y = arcosh a",
    written=("1 / sqrt({a}² − 1)",),
    vector="arccosh",
)  # fmt: skip
ATANH: Op = Op(
    "atanh", "atanh", ieee.atanh, lambda a, y: ATANH_SLOPE(a),
    formula="y = artanh a",
    written=("1 / (1 − {a}²)",),
    vector="arctanh",
)  # fmt: skip
ERF: Op = Op(
    "erf", "erf", math.erf, lambda a, y: _TWO_OVER_SQRT_PI * EXP(-(a * a)),
    formula="y = 2/√π · the integral of exp(−t²) from 0 to a",
    written=("2 / sqrt(π) · exp(−{a}²)",),
    vector="erf",
)  # fmt: skip
ERFC: Op = Op(
    "erfc", "erfc", math.erfc, lambda a, y: -_TWO_OVER_SQRT_PI * EXP(-(a * a)),
    formula="y = 1 − erf a",
    written=("−2 / sqrt(π) · exp(−{a}²)",),
    vector="erfc",
)  # fmt: skip
LGAMMA: Op = Op(
    "lgamma", "lgamma", special.lgamma, lambda a, y: DIGAMMA(a),
    formula="y = ln |Γ(a)|, where Γ is the gamma function",
    written=("digamma({a})",),
    vector=special.lgamma_vector,
)  # fmt: skip
DIGAMMA: Op = Op(
    "digamma", "digamma", special.digamma, lambda a, y: ZETA(2.0, a),
    formula="y = ψ(a), the derivative of ln Γ(a)",
    written=("trigamma({a})",),
    vector=special.digamma_vector,
)  # fmt: skip
SIGMOID: Op = Op(
    "sigmoid", "sigmoid", _sigmoid,
    lambda a, y: 0.25 * SECH2(0.5 * a),
    formula="y = 1 / (1 + e⁻ᵃ)",
    written=("{y} · (1 − {y})",),
    vector=_sigmoid_vector,
)  # fmt: skip
LOG_SIGMOID: Op = Op(
    "log_sigmoid", "log_sigmoid", ieee.log_sigmoid, lambda a, y: SIGMOID(-a),
    formula="y = ln(1 / (1 + e⁻ᵃ))",
    written=("sigmoid(−{a})",),
    vector=lambda m, a: m.where(a > 0.0, 0.0, a) - m.log1p(m.exp(-m.abs(a))),
)  # fmt: skip
RELU: Op = Op(
    "relu", "relu", _relu, lambda a, y: POSITIVE(a),
    formula="y = max(0, a)",
    branching=True,
    vector=lambda m, a: m.where(a <= 0.0, 0.0, a),
)  # fmt: skip
LEAKY_RELU: Op = Op(
    "leaky_relu", "leaky_relu", _leaky_relu,
    lambda a, slope, y: LEAKY_STEP(a, slope),
    # At a = 0 the branch is slope · a, for both derivatives and for their derivatives.
    lambda a, slope, y: GATED(1.0 - LEAKY_STEP(a, 0.0), a),
    formula="y = a where a > 0, else slope · a",
    default=0.01,
    branching=True,
    vector=lambda m, a, slope: m.where(a > 0.0, a, a * slope),
)  # fmt: skip
ELU: Op = Op(
    "elu", "elu", ieee.elu,
    lambda a, alpha, y: POSITIVE(a) + _times(1.0 - POSITIVE(a), alpha) * EXP_BELOW(a),
    lambda a, alpha, y: EXPM1_BELOW(a),
    formula="y = a where a > 0, else alpha · (eᵃ − 1)",
    default=1.0,
    vector=lambda m, a, alpha: m.where(a > 0.0, a, alpha * m.expm1(a)),
)  # fmt: skip
SELU: Op = Op(
    "selu", "selu", ieee.selu,
    lambda a, y: ieee.SELU_SCALE * POSITIVE(a) + ieee.SELU_SLOPE * EXP_BELOW(a),
    formula="y = 1.0507 · a where a > 0, else 1.7581 · (eᵃ − 1)",
    vector=lambda m, a: m.where(
        a > 0.0, ieee.SELU_SCALE * a, ieee.SELU_SLOPE * m.expm1(a)
    ),
)  # fmt: skip
SOFTPLUS: Op = Op(
    "softplus", "softplus", _softplus, lambda a, y: SIGMOID(a),
    formula="y = ln(1 + eᵃ)",
    written=("sigmoid({a})",),
    vector=lambda m, a: m.log1p(m.exp(-m.abs(a))) + m.where(a <= 0.0, 0.0, a),
)  # fmt: skip
SOFTSIGN: Op = Op(
    "softsign", "softsign", ieee.softsign,
    lambda a, y: DIV(1.0, (1.0 + ABS(a)) * (1.0 + ABS(a))),
    formula="y = a / (1 + |a|)",
    written=("1 / (1 + abs({a}))²",),
    vector=_softsign_vector,
)  # fmt: skip
GELU: Op = Op(
    "gelu", "gelu", _gelu,
    lambda a, y: NORMAL_CDF(a) + a * (_INV_SQRT_2PI * EXP(-0.5 * (a * a))),
    formula="y = a · Φ(a), where Φ is the normal distribution function",
    written=("Φ({a}) + {a} · φ({a})",),
    vector=lambda m, a: a * _normal_cdf_vector(m, a),
)  # fmt: skip
SILU: Op = Op(
    "silu", "silu", _silu,
    lambda a, y: SIGMOID(a) * (1.0 + a * SIGMOID(-a)),
    formula="y = a · sigmoid(a)",
    written=("sigmoid({a}) · (1 + {a} · sigmoid(−{a}))",),
    vector=lambda m, a: a * _sigmoid_vector(m, a),
)  # fmt: skip
SIGN: Op = Op(
    "sign", "sign", _sign, _zero,
    formula="y = sign of a, 0 at 0",
    written=("0",),
    branching=True,
    vector=lambda m, a: m.where(a > 0.0, 1.0, m.where(a < 0.0, -1.0, a * 0.0)),
)  # fmt: skip
FLOOR: Op = Op(
    "floor", "floor", ieee.floor, _zero,
    formula="y = the largest whole number ≤ a",
    written=("0",),
    branching=True,
    vector="floor",
)  # fmt: skip
CEIL: Op = Op(
    "ceil", "ceil", ieee.ceil, _zero,
    formula="y = the smallest whole number ≥ a",
    written=("0",),
    branching=True,
    vector="ceil",
)  # fmt: skip
ROUND: Op = Op(
    "round", "round", special.nearest, _zero,
    formula="y = the whole number nearest to a; a tie goes to the even one",
    written=("0",),
    branching=True,
    vector="rint",
)  # fmt: skip
MAXIMUM: Op = Op(
    "maximum", "max", _maximum,
    lambda a, b, y: LARGER(a, b),
    lambda a, b, y: LARGER(b, a),
    formula="y = max(a, b); a tie shares the gradient",
    commutative=True,
    branching=True,
    vector=_maximum_vector,
)  # fmt: skip
MINIMUM: Op = Op(
    "minimum", "min", _minimum,
    lambda a, b, y: LARGER(b, a),
    lambda a, b, y: LARGER(a, b),
    formula="y = min(a, b); a tie shares the gradient",
    commutative=True,
    branching=True,
    vector=lambda m, a, b: m.where((a < b) | (a != a), a, b),
)  # fmt: skip
CLAMP_MIN: Op = Op(
    "clamp_min", "clamp_min", ieee.clamp_min,
    lambda a, low, y: AT_LEAST(a, low),
    lambda a, low, y: LESS(a, low),
    formula="y = a where a ≥ low, else low",
    branching=True,
    vector=lambda m, a, low: m.where((a >= low) | (a != a), a, low),
)  # fmt: skip
CLAMP_MAX: Op = Op(
    "clamp_max", "clamp_max", ieee.clamp_max,
    lambda a, high, y: AT_LEAST(high, a),
    lambda a, high, y: LESS(high, a),
    formula="y = a where a ≤ high, else high",
    branching=True,
    vector=lambda m, a, high: m.where((a <= high) | (a != a), a, high),
)  # fmt: skip

OPERATIONS = (
    ADD, SUB, MUL, DIV, POW, NEG, ABS, EXP, LOG, LOG1P, EXPM1, EXP2, LOG2, LOG10, SQRT, CBRT, HYPOT,
    SIN, COS, TAN, ASIN, ACOS, ATAN, ATAN2, SINH, COSH, TANH, ASINH, ACOSH, ATANH, ERF, ERFC,
    LGAMMA, DIGAMMA, SIGMOID, LOG_SIGMOID, RELU, LEAKY_RELU, ELU, SELU, SOFTPLUS, SOFTSIGN, GELU,
    SILU, SIGN, FLOOR, CEIL, ROUND, MAXIMUM, MINIMUM, CLAMP_MIN, CLAMP_MAX,
)  # fmt: skip

_STEPS = (SIGN, FLOOR, CEIL, ROUND)  # nothing learns through a derivative of 0

ACTIVATIONS = (
    "linear",
    *(
        op.name
        for op in OPERATIONS
        if op not in (NEG, *_STEPS) and (op.arity == 1 or op.default is not None)
    ),
)
"""The names of the activation functions: ``"linear"``, and the methods of Value that need no other
operand and have a slope."""

# ── choices: functions in `functions`, without a method on Value ─────────────────────────────

LESS: Op = Op(
    "less", "<", lambda a, b: 1.0 if a < b else 0.0, _zero, _zero,
    formula="y = 1 where a < b, else 0",
    written=("0", "0"),
    binds=0,
    drawn="a < b",
    infix=Infix("<", "<"),
    selects=True,
    vector=lambda m, a, b: m.where(a < b, 1.0, 0.0),
)  # fmt: skip
GREATER: Op = Op(
    "greater", ">", lambda a, b: 1.0 if a > b else 0.0, _zero, _zero,
    formula="y = 1 where a > b, else 0",
    written=("0", "0"),
    binds=0,
    drawn="a > b",
    infix=Infix(">", ">"),
    selects=True,
    vector=lambda m, a, b: m.where(a > b, 1.0, 0.0),
)  # fmt: skip
EQUAL: Op = Op(
    "equal", "==", lambda a, b: 1.0 if a == b else 0.0, _zero, _zero,
    formula="y = 1 where a = b, else 0",
    written=("0", "0"),
    binds=0,
    commutative=True,
    infix=Infix("==", "=="),
    selects=True,
    vector=lambda m, a, b: m.where(a == b, 1.0, 0.0),
)  # fmt: skip
WHERE: Op = Op(
    "where", "where", _where,
    _zero,
    lambda c, a, b, y: WHERE(c, 1.0, 0.0),
    lambda c, a, b, y: WHERE(c, 0.0, 1.0),
    formula="y = a where c ≠ 0, else b",
    names=("c", "a", "b"),
    selects=True,
    vector=lambda m, c, a, b: m.where(c != 0.0, a, b),
)  # fmt: skip
# An index that picks nothing gives nan. `functions.pick` and programs refuse it.
PICK: Op = Op(
    "pick", "pick", lambda *operands: _pick(operands), _picked,
    formula="y = the value that the index picks, counted from 0",
    names=("index",),
    selects=True,
    variadic=True,
    over=_pick,
    vector=_pick_vector,
)  # fmt: skip

CHOICES = (LESS, GREATER, EQUAL, WHERE, PICK)

# ── helpers: used in derivatives and stable functions, without a method on Value ─────────────

POSITIVE: Op = Op(
    "positive", "a>0", _positive, _zero,
    formula="y = 1 where a > 0, else 0",
    branching=True,
    vector=lambda m, a: m.where(a <= 0.0, 0.0, 1.0),
)  # fmt: skip
LARGER: Op = Op(
    "larger", "a>b", _larger, _zero, _zero,
    formula="y = 1 where a > b, ½ at a tie",
    branching=True,
    vector=lambda m, a, b: m.where(a < b, 0.0, m.where(a == b, 0.5, 1.0)),
)  # fmt: skip
LEAKY_STEP: Op = Op(
    "leaky_step", "a>0", _leaky_step,
    _zero,
    lambda a, slope, y: 1.0 - LEAKY_STEP(a, 0.0),
    formula="y = 1 where a > 0, else slope",
    branching=True,
    vector=lambda m, a, slope: m.where(a > 0.0, 1.0, slope),
)  # fmt: skip
AT_LEAST: Op = Op(
    "at_least", "a≥b", ieee.at_least, _zero, _zero,
    formula="y = 1 where a ≥ b, else 0",
    branching=True,
    vector=lambda m, a, b: m.where(a >= b, 1.0, 0.0),
)  # fmt: skip
EXP_BELOW: Op = Op(
    "exp_below", "eᵃ, a≤0", ieee.exp_below, lambda a, y: y,
    formula="y = eᵃ where a ≤ 0, else 0",
    branching=True,
    vector=lambda m, a: m.where(a > 0.0, 0.0, m.exp(a)),
)  # fmt: skip
EXPM1_BELOW: Op = Op(
    "expm1_below", "eᵃ−1, a≤0", ieee.expm1_below, lambda a, y: EXP_BELOW(a),
    formula="y = eᵃ − 1 where a ≤ 0, else 0",
    branching=True,
    vector=lambda m, a: m.where(a > 0.0, 0.0, m.expm1(a)),
)  # fmt: skip
# The derivatives of inverse functions. In terms of y, those of these rows cancel no digits.
ASIN_SLOPE: Op = Op(
    "asin_slope", "asin′", ieee.asin_slope, lambda a, y: a * y * y * y,
    formula="y = 1 / √(1 − a²)",
    vector=lambda m, a: 1.0 / m.sqrt((1.0 - a) * (1.0 + a)),
)  # fmt: skip
ACOSH_SLOPE: Op = Op(
    "acosh_slope", "acosh′", ieee.acosh_slope, lambda a, y: -(a * y) * y * y,
    formula="y = 1 / √(a² − 1)",
    vector=lambda m, a: 1.0 / (m.sqrt(m.abs(a) - 1.0) * m.sqrt(m.abs(a) + 1.0)),
)  # fmt: skip
ATANH_SLOPE: Op = Op(
    "atanh_slope", "atanh′", ieee.atanh_slope, lambda a, y: 2.0 * a * y * y,
    formula="y = 1 / (1 − a²)",
    vector=lambda m, a: 1.0 / ((1.0 - a) * (1.0 + a)),
)  # fmt: skip
# The derivatives of hypot and atan2, and theirs.
COSINE: Op = Op(
    "cosine", "a/√(a²+b²)", ieee.cosine,
    lambda a, b, y: COSINE(b, a) * DIV(COSINE(b, a), HYPOT(a, b)),
    lambda a, b, y: -y * DIV(COSINE(b, a), HYPOT(a, b)),
    formula="y = a / √(a² + b²)",
    vector=lambda m, a, b: a / m.hypot(a, b),
)  # fmt: skip
INVERTED: Op = Op(
    "inverted", "a/(a²+b²)", ieee.inverted,
    lambda a, b, y: INVERTED(b, a) * INVERTED(b, a) - y * y,
    lambda a, b, y: -2.0 * y * INVERTED(b, a),
    formula="y = a / (a² + b²), and 0 where both are 0",
    vector=_inverted_vector,
)  # fmt: skip
# The derivatives of digamma: ψ′(a) = ζ(2, a), and each further one is a multiple of the next ζ.
# s is always a number there, so that the derivative with respect to it is not needed: it is nan.
ZETA: Op = Op(
    "zeta", "zeta", special.zeta,
    lambda s, a, y: nan,
    lambda s, a, y: -s * ZETA(s + 1.0, a),
    formula="y = ζ(s, a) = Σ 1 / (a + k)ˢ over k ≥ 0, Hurwitz's zeta function",
    vector=special.zeta_vector,
)  # fmt: skip
NORMAL_CDF: Op = Op(
    "normal_cdf", "Φ", _normal_cdf,
    lambda a, y: _INV_SQRT_2PI * EXP(-0.5 * (a * a)),
    formula="y = Φ(a), the normal distribution function",
    vector=_normal_cdf_vector,
)  # fmt: skip
SECH2: Op = Op(
    "sech2", "sech²", _sech2, lambda a, y: -2.0 * TANH(a) * y,
    formula="y = 1 / cosh² a",
    vector=_sech2_vector,
)  # fmt: skip
GATED: Op = Op(
    "gated", "*", _gated,
    _second,
    _first,
    formula="y = a · b, and 0 where a is 0, whatever b is",
    binds=2,
    commutative=True,
    drawn="×",
    infix=Infix("×", "·"),
    branching=True,
    vector=lambda m, a, b: m.where(a == 0.0, 0.0, a * b),
)  # fmt: skip
# The chain rule behind a choice. Where the first factor is 0, the second counts as not computed.
MASKED: Op = Op(
    "masked", "*", _gated,
    _second,
    _first,
    formula="y = a · b, and 0 where a is 0, whatever b is",
    binds=2,
    commutative=True,
    drawn="×",
    infix=Infix("×", "·"),
    selects=True,
    vector=lambda m, a, b: m.where(a == 0.0, 0.0, a * b),
)  # fmt: skip
MASKED_BOTH: Op = Op(
    "masked_both", "*", _masked_both,
    _second,
    _first,
    formula="y = a · b, and 0 where a or b is 0, whatever the other is",
    binds=2,
    commutative=True,
    drawn="×",
    infix=Infix("×", "·"),
    selects=True,
    vector=lambda m, a, b: m.where((a == 0.0) | (b == 0.0), 0.0, a * b),
)  # fmt: skip
POW_LOG: Op = Op(
    "pow_log", "aᵇ·ln a", _pow_log,
    lambda a, b, y: POW(a, b - 1.0) + _times(b, POW_LOG(a, b - 1.0)),
    lambda a, b, y: _times(y, LOG(a)),
    formula="y = aᵇ · ln a, and 0 where a = 0 ≤ b",
    vector=_pow_log_vector,
)  # fmt: skip
# The largest operand, subtracted in softmax and logsumexp so that nothing overflows. Their results
# do not depend on what is subtracted, so no gradient flows through it: its derivative is set to 0.
SHIFT: Op = Op(
    "shift", "max", _shift, 0.0,
    formula="y = max(a, b, …), finite, as a constant",
    commutative=True,
    over=_shift_over,
    vector=lambda m, a, b: m.finite(_maximum_vector(m, a, b)),
)  # fmt: skip
# In logsumexp the largest operand is e⁰ = 1. Without it, the others keep their digits for log1p.
SUM_LESS_ONE: Op = Op(
    "sum_less_one", "Σ−1", lambda *operands: _sum_less_one(operands), 1.0,
    formula="y = a + b + … − 1, with the 1 taken from the largest",
    over=_sum_less_one,
)  # fmt: skip
# The logarithm of a probability: a is its shifted logit, b is the sum of exp over all the others.
# Neither a value near 0 nor its derivative, 1 − eʸ, is then a difference of nearly equal numbers.
LOG_SHARE: Op = Op(
    "log_share", "log_share", _log_share,
    lambda a, b, y: -EXPM1(y),
    lambda a, b, y: DIV(-1.0, EXP(a) + b),
    formula="y = ln(eᵃ / (eᵃ + b))",
    written=("1 − exp({y})", "−1 / (exp({a}) + {b})"),
    drawn="ln eᵃ/(eᵃ + b)",
    vector=_log_share_vector,
)  # fmt: skip

HELPERS = (
    POSITIVE, LARGER, LEAKY_STEP, AT_LEAST, EXP_BELOW, EXPM1_BELOW, ASIN_SLOPE, ACOSH_SLOPE,
    ATANH_SLOPE, COSINE, INVERTED, ZETA, NORMAL_CDF, SECH2, GATED, MASKED, MASKED_BOTH, POW_LOG,
    SHIFT, SUM_LESS_ONE, LOG_SHARE,
)  # fmt: skip

TABLE = (*OPERATIONS, *CHOICES, *HELPERS)
"""All rows."""
_BY_NAME = {operation.name: operation for operation in TABLE}


def find(name: str) -> Op:
    """The operation of that name; KeyError if there is none."""
    return _BY_NAME[name]


def vector_forms(m: Any) -> dict[Op, Callable[..., Any]]:
    """The vector form of each operation over m: a function of its operands, without branches.

    The same form works for any kind of vector: a compiler's `lanes` turns it into processor
    instructions, `to_jax` into JAX's operations.

    Arguments:
        m: has `where`, `where_rare` (the same with a function for its second operand, which is
            called only where it may count), `erf`, `erfc`, `finite` (the nearest finite number; nan
            stays nan), `exact_log` (the logarithm that Python's ``math`` gives, to the last digit),
            and functions with NumPy's names, which return inf or nan where they are not defined.
    """
    return {
        op: getattr(m, op.vector) if isinstance(op.vector, str) else partial(op.vector, m)
        for op in TABLE
        if op.vector is not None
    }
