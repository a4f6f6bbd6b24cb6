"""The table of operations in JavaScript agrees with the table in Python, row by row."""

from __future__ import annotations

import math
import random
import re
import subprocess
import sys
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest

import autograd
from autograd import ops
from autograd.program.javascript import keys_of, table
from tests.autograd.edges import agree

from .engines import ENGINES, literal, read, run

if TYPE_CHECKING:
    from collections.abc import Iterable

    from autograd.ops import Op

inf, nan = math.inf, math.nan

ORDINARY = random.Random(17)
ONE = [
    0.0, -0.0, inf, -inf, nan, 1e308, -1e308, 1e-308, -1e-308, 5e-324, -5e-324, 1e-10, -1e-10, 0.5,
    -0.5, 1.0, -1.0, 2.0, -2.0, 1.5, -1.5, 2.5, 3.0, -3.5, 19.0, -19.0, 40.0, -40.0, 709.9, -745.5,
    -38.5, 1e16, -1e16, 0.1, -7.3, 123456.789,
    *[ORDINARY.uniform(-6.0, 6.0) for _ in range(40)],
    *[10.0 ** ORDINARY.uniform(-300.0, 300.0) for _ in range(20)],
]  # fmt: skip
TWO = [
    0.0, -0.0, 1.0, -1.0, 0.5, -2.0, 3.0, 4.0, 2.0, inf, -inf, nan, 1e308, -1e308, 5e-324, 1e-200,
    7.0, -7.5, 15.0, *[ORDINARY.uniform(-4.0, 4.0) for _ in range(6)],
]  # fmt: skip
THREE = [0.0, -0.0, 1.0, -2.0, inf, nan, 2.0]
ZETAS = [(float(s), ORDINARY.uniform(-20.0, 3.0)) for s in range(2, 17) for _ in range(12)]
ZETAS += [(s, -k - 0.5 + off) for s in (17.0, 31.0, 63.0) for k in (0, 3) for off in (1e-9, 1e-3)]


def points(op: Op) -> list[tuple[float, ...]]:
    """Where to compare a row: ordinary numbers and edges."""
    if op.arity == 1:
        return [(a,) for a in ONE]
    if op.arity == 2:
        return [*product(TWO, TWO), *(ZETAS if op is ops.ZETA else [])]
    triples = list(product(THREE, repeat=3))
    return triples if op.arity else [*[(a,) for a in TWO], *triples]


COMPUTED = """
const computed = ([key, x]) => {
  const op = OPS[key], y = op.f(...x);
  const slopes = op.slope !== undefined ? x.map(() => op.slope)
    : op.variadic ? op.d(...x, y) : op.d.map((d) => d(...x, y));
  return shown([y, ...slopes]);
};
"""


def compute(engine: str, operations: Iterable[Op], cases: list[tuple[Op, Any]]) -> Any:
    """The result of each operation at its operands, and all derivatives, in JavaScript."""
    keys = keys_of(operations)
    given = ",\n".join([literal([keys[op], x]) for op, x in cases])
    script = f"{table(keys)}{COMPUTED}const results = () => [{given}].map(computed);"
    return read(run(engine, script))


def differing(engine: str, cases: list[tuple[Op, Any]]) -> list[Any]:
    """The cases in which JavaScript and Python differ, with both results."""
    found = []
    for (op, x), (y, *slopes) in zip(cases, compute(engine, ops.TABLE, cases), strict=True):
        expected = op.compute(x)
        derivatives = [float(d) for d in op.derivatives_at(x, expected)]
        if not (
            agree(y, expected, signed=True)
            and len(slopes) == len(derivatives)
            and all(map(agree, slopes, derivatives))
        ):
            found.append((op.name, x, (y, *slopes), (expected, *derivatives)))
    return found


CASES = [(op, x) for op in ops.TABLE for x in points(op)]


@pytest.mark.parametrize("engine", ENGINES[:1])
def test_some_numbers_of_every_row_agree(engine: str) -> None:
    cases = CASES[::29]
    assert {op for op, _ in cases} >= {op for op in ops.TABLE if op.arity}
    assert differing(engine, cases) == []


@pytest.mark.slow
@pytest.mark.parametrize("engine", ENGINES)
def test_every_row_agrees_at_ordinary_numbers_and_at_edges(engine: str) -> None:
    assert {op for op, _ in CASES} == set(ops.TABLE)
    assert differing(engine, CASES) == []


@pytest.mark.parametrize("engine", ENGINES[:1])
def test_operations_of_ones_own_come_from_their_vector_forms(engine: str) -> None:
    @autograd.operation(
        derivatives=[lambda a, b, y: (a * b).cos() * b, lambda a, b, y: (a * b).cos() * a],
        vector=lambda a, b: (a * b).sin(),
        name="constructor",  # names may be anything
    )
    def first(a: float, b: float) -> float:
        return math.sin(a * b)

    @autograd.operation(
        derivatives=[lambda new: new * 2.0], vector=lambda new: new * new, name="constructor",
        branching=True,
    )  # fmt: skip
    def second(new: float) -> float:
        return new * new

    @autograd.operation(derivatives=[1.0], vector=lambda a: a + 1.0, name="__proto__")
    def third(a: float) -> float:
        return a + 1.0

    operations = [first, second, third]
    assert list(keys_of(operations).values()) == ["constructor", "constructor#2", "__proto__"]
    found = compute(engine, operations, [(first, [0.5, 2.0]), (second, [3.0]), (third, [1.0])])
    assert found == [
        pytest.approx([math.sin(1.0), math.cos(1.0) * 2.0, math.cos(1.0) * 0.5], rel=1e-12),
        [9.0, 6.0],
        [2.0, 1.0],
    ]


def test_an_operation_of_ones_own_without_a_vector_form_is_refused() -> None:
    @autograd.operation(derivatives=[1.0])
    def alone(a: float) -> float:
        return a

    @autograd.operation(derivatives=lambda xs: [1.0 for _ in xs], vector=lambda *xs: sum(xs))
    def any_number(*xs: float) -> float:
        return sum(xs)

    with pytest.raises(ValueError, match=r"^alone has no form in JavaScript, because it has no ve"):
        table([alone])
    with pytest.raises(ValueError, match=r"^any_number has any number of operands, and such an"):
        table([any_number])


def test_a_table_has_what_its_rows_need_and_nothing_else() -> None:
    source = table([ops.MUL, ops.TANH])
    assert re.findall(r"^function (\w+)", source, re.M) == ["sech2"]
    assert re.findall(r"^  (\w+): {$", source, re.M) == ["mul", "tanh"]


def test_its_flags_say_how_gradients_are_passed_on() -> None:
    source = table([ops.ADD, ops.SHIFT, ops.RELU, ops.WHERE, ops.PICK])
    entries = dict(re.findall(r"^  (\w+): {\n(.*?)^  },", source, re.M | re.S))
    flags = {key: re.findall(r"^    (\w+: (?:true|\d)),", entries[key], re.M) for key in entries}
    assert flags == {
        "add": ["variadic: true", "slope: 1"],
        "shift": ["variadic: true", "slope: 0"],
        "relu": ["branching: true"],
        "where": ["branching: true", "selects: true"],
        "pick": ["variadic: true", "branching: true", "selects: true"],
    }


def test_it_is_plain_ascii_and_every_function_has_its_own_name() -> None:
    source = table(ops.TABLE)
    assert source.isascii()
    names = re.findall(r"^(?:function|const) (\w+)", source, re.M)
    assert len(names) == len(set(names))


def test_it_takes_neither_numpy_nor_numba() -> None:
    code = (
        "import sys; from autograd import ops; from autograd.program.javascript import table; "
        "table(ops.TABLE); assert not {'numpy', 'numba'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
