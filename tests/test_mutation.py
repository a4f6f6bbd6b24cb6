"""The faults that are put into the table of operations are faults, and each is another one."""

from __future__ import annotations

import subprocess
import sys

import pytest

from autograd import ops
from tests.mutation.table import table_mutants

MUTANTS = list(table_mutants())


def test_every_derivative_of_the_table_has_mutants_and_no_two_are_the_same() -> None:
    places = {(mutant.row, mutant.place) for mutant in MUTANTS}
    rows = {name: row for name, row in vars(ops).items() if isinstance(row, ops.Op)}
    assert places == {(n, i) for n, row in rows.items() for i in range(len(row.derivatives))}
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS)
    assert len({(m.row, m.place, m.after) for m in MUTANTS}) == len(MUTANTS)
    assert all(mutant.before != mutant.after for mutant in MUTANTS)


def test_the_changes_of_a_derivative_are_these() -> None:
    changed = [m.after.removeprefix("lambda a, y: ") for m in MUTANTS if m.row == "COS"]
    assert changed == ["SIN(a)", "-a", "-SIN(y)"]
    changed = [m.after.removeprefix("lambda a, y: ") for m in MUTANTS if m.row == "SQRT"]
    assert changed == ["0.5", "y", "DIV(1.5, y)", "DIV(0.5, a)"]


@pytest.mark.parametrize(("after", "slope"), [("lambda a, y: SIN(a)", 0.0), ("_one", 1.0)])
def test_a_fault_is_put_in_the_place_of_a_derivative(after: str, slope: float) -> None:
    script = (
        "from autograd import Value, grad\n"
        "from tests.mutation.table import install\n"
        f"install('COS', 0, {after!r})\n"
        "x = Value(0.0)\n"
        "print(grad(x.cos(), x))\n"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert float(run.stdout) == slope
