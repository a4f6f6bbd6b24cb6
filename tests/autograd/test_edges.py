"""Edge cases match the stored table (`edges.md`): PyTorch's results, or a reason to differ.

Values, eager and compiled; derivatives by `backward`, by gradients of gradients and by programs.
"""

from __future__ import annotations

import math
from itertools import groupby

import pytest

import autograd
from autograd import Value, grad, ops

from . import edges
from .edges import CASES, DEPARTURES, Case

TABLE = {name: list(lines) for name, lines in groupby(edges.read_table(), lambda line: line.name)}
cases = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


def test_the_table_has_every_case_at_every_point() -> None:
    kept = [(name, *map(repr, line.point)) for name, lines in TABLE.items() for line in lines]
    assert kept == [(case.name, *map(repr, point)) for case in CASES for point in case.points]


def test_every_operation_is_a_case() -> None:
    lacking = {row.name for row in ops.OPERATIONS + ops.CHOICES} - TABLE.keys()
    assert not lacking, f"no edges of {lacking}: install PyTorch, then run python -m tests.kept"


@cases
def test_edge_cases_match_the_stored_table(case: Case) -> None:
    for line in TABLE[case.name]:
        found = edges.ours(case, line.point)
        assert edges.all_agree(found, line.ours), f"at {line.point}: {found}, not {line.ours}"


@cases
def test_gradients_as_values_are_the_same_at_the_edges(case: Case) -> None:
    for line in TABLE[case.name]:
        xs = [Value(x) for x in line.point]
        y = case.ours(*xs)
        found = [y.data, *(slope.data for slope in grad(y, xs, create_graph=True))]
        assert edges.all_agree(tuple(found), line.ours), f"at {line.point}: {found}"


@cases
def test_programs_are_the_same_at_the_edges(case: Case) -> None:
    for n in sorted({len(line.point) for line in TABLE[case.name]}):
        xs = [Value(0.4 + 0.1 * i) for i in range(n)]
        program = autograd.compile(case.ours(*xs), params=xs)
        for line in TABLE[case.name]:
            if len(line.point) == n:
                program.theta[:] = line.point
                value, gradient = program.value_and_grad()
                found = (value, *map(float, gradient))
                # Not the sign of a value's 0: a program gives the mean over its rows.
                agree = all(map(edges.agree, found, line.ours))
                assert agree, f"at {line.point}: {found}, not {line.ours}"


def test_every_departure_from_pytorch_has_its_reason() -> None:
    for lines in TABLE.values():
        for line in lines:
            assert line.why == edges.reason(*line[:4]), line


def test_every_reason_is_in_use() -> None:
    assert {line.why for lines in TABLE.values() for line in lines} == {"", *DEPARTURES}


def test_a_difference_without_a_reason_is_refused() -> None:
    with pytest.raises(ValueError, match=r"mul at \(2.0, 3.0\) gives .* and PyTorch"):
        edges.reason("mul", (2.0, 3.0), (6.0, 3.0, 2.0), (6.0, 3.0, 2.5))
    with pytest.raises(ValueError, match=r"mul at .* and PyTorch refuses"):
        edges.reason("mul", (2.0, 3.0), (6.0, 3.0, 2.0), ())


def test_numbers_that_agree() -> None:
    assert edges.agree(math.nan, math.nan) and edges.agree(math.inf, math.inf)
    assert edges.agree(0.0, -0.0) and not edges.agree(0.0, -0.0, signed=True)
    assert not edges.agree(math.inf, -math.inf)
    assert not edges.agree(1.0, 1.0 + 1e-11)
    assert not edges.agree(math.nan, 0.0)


def test_the_table_is_as_its_script_writes_it() -> None:
    kept = edges.TABLE.read_text(encoding="utf-8")
    version = kept.partition("with PyTorch ")[2].partition(";")[0]
    assert edges.render_table(edges.read_table(), version) == kept


def test_pytorch_gives_what_the_table_says() -> None:
    torch = pytest.importorskip("torch", exc_type=ImportError)
    for case in CASES:
        for line in TABLE[case.name]:
            found = edges.theirs(torch, case, line.point)
            assert edges.all_agree(found, line.theirs), f"{case.name} at {line.point}: {found}"
