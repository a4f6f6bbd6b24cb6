"""Functions of Python become functions of JavaScript that mean the same."""

from __future__ import annotations

import math
import random

import mpmath
import pytest

from autograd.program.javascript import missing
from autograd.program.javascript.expressions import POWER, Text, binary, camel_case, number, quoted
from autograd.program.javascript.library import Library

from .engines import ENGINES, literal, read, run

inf = math.inf
_HALF = 0.5
_NUMBERS = (1.0, -2.5, 4.0)


def truth_of_nan(a: float) -> float:
    """In Python nan is true; in JavaScript it is false."""
    return 1.0 if a else 2.0


def not_nan(a: float) -> float:
    return 1.0 if not a else 2.0


def chained(a: float) -> float:
    return 1.0 if 0.0 < a <= 2.0 and not (a == 1.0 or a > 1.75) else _HALF


def loops(a: float) -> float:
    total, k = 0.0, 3.0
    for step in range(5, 1, -2):
        total = total * a + step
    for i, c in enumerate(_NUMBERS[::-1]):
        total += c * i
    for c in _NUMBERS[1:]:
        if c > 0.0:
            c, total = total, c
        total -= c
    while k > a and k > 0.0:
        k -= 1.0
        total *= 0.5
    return total - _NUMBERS[-1] - len(_NUMBERS)


def powers(a: float) -> float:
    return (-a) ** 2 - a**2.0**0.5 + 2.0 ** (-1.0) - (a - (1.0 - a))  # type: ignore[no-any-return]


def nested(a: float) -> float:
    def inner(b: float) -> float:
        return a * b - (a - b) / (a * b + 1.5)

    high, low = inner(a), inner(2.0)
    return high - (low - high)


def caught(a: float) -> float:
    try:
        return math.exp(a)
    except OverflowError:
        return inf


FUNCTIONS = [truth_of_nan, not_nan, chained, loops, powers, nested, caught]


@pytest.mark.parametrize("engine", ENGINES[:1])
def test_the_parts_of_python_that_it_knows(engine: str) -> None:
    library = Library()
    names = [library.function(function) for function in FUNCTIONS]
    numbers = [0.0, 0.25, 1.0, 1.5, 2.0, 2.5, 1000.0, math.nan]
    script = (
        f"{library.source}\nconst results = () => [{', '.join(names)}]"
        f".map((f) => shown({literal(numbers)}.map(f)));"
    )
    for function, found in zip(FUNCTIONS, read(run(engine, script)), strict=True):
        expected = [function(a) for a in numbers]
        assert found == pytest.approx(expected, rel=1e-15, nan_ok=True), function.__name__


def with_default(a: float, b: float = 1.0) -> float:
    return a + b


def with_string(a: float) -> float:
    return a if str(a) == "1.0" else -a


def with_shadow(a: float) -> float:
    notNan = a + 1.0  # noqa: N806
    return not_nan(notNan)


@pytest.mark.parametrize("function", [with_default, with_string, with_shadow])
def test_anything_else_is_refused(function: object) -> None:
    with pytest.raises(NotImplementedError, match=r"autograd/program/javascript/translate\.py kno"):
        Library().function(function)


def test_numbers_keep_all_their_digits() -> None:
    written = {0.1: "0.1", 3.0: "3", -0.0: "-0", 1e300: "1e+300", inf: "Infinity"}
    assert {x: number(x).text for x in written} == written
    assert number(math.nan).text == "NaN"
    assert binary("**", POWER, number(-2.0), Text("b")).text == "(-2) ** b"
    assert binary("-", 5, Text("a"), Text("b - c", 5)).text == "a - (b - c)"


def test_names_and_texts() -> None:
    assert [camel_case(x) for x in ("leaky_relu", "_where", "_LN_2", "of_b")] == [
        "leakyRelu", "where", "LN_2", "ofB",
    ]  # fmt: skip
    assert quoted('</script>"é\u2028') == '"<\\/script>\\"\\u00e9\\u2028"'


@pytest.mark.parametrize("name", ["erf", "erfc"])
def test_the_error_function_has_all_its_digits(name: str) -> None:
    rng = random.Random(1)
    numbers = [rng.uniform(-7.0, 7.0) for _ in range(300)]
    numbers += [rng.uniform(0.0, 26.0) for _ in range(200)]
    numbers += [rng.gauss(0.0, 1.0) * 10.0 ** rng.uniform(-12.0, 0.0) for _ in range(200)]
    with mpmath.workdps(50):
        for a in numbers:
            expected = float(getattr(mpmath, name)(a))
            assert getattr(missing, name)(a) == pytest.approx(expected, rel=5e-16, abs=0.0)


def test_the_error_function_at_edges() -> None:
    for a in (0.0, -0.0, 5e-324, -5e-324, 1e-308, inf, -inf, 26.6, 27.2, 28.5):
        assert missing.erf(a) == math.erf(a)
        assert missing.erfc(a) == math.erfc(a)
    assert math.isnan(missing.erf(math.nan)) and math.isnan(missing.erfc(math.nan))
