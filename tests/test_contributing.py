"""The README's example of a new operation is all that it takes."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

TRIED = """
import autograd
from autograd import Value, grad, gradcheck
from viz import draw, step_through

x = Value(-0.5, label="x")
y = x.softsign()
y.backward()
assert y.data == -0.5 / 1.5 and x.grad == 1 / 1.5**2
assert gradcheck(lambda a: a.softsign(), 0.3)
slope = grad(y, x, create_graph=True)
assert abs(grad(slope, x) - 2 / 1.5**3) < 1e-15  # the second derivative, at a negative number
assert "softsign" in draw(y).svg
assert "softsign" in step_through(y).html
value, gradient = autograd.compile(y, params=[x]).value_and_grad()
assert (value, *gradient) == (y.data, x.grad)
assert "softsign" in autograd.compile(y, params=[x]).listing()
"""


def lines_of_readme() -> str:
    found = re.search(r"^```diff\n(.*?)^```$", (ROOT / "README.md").read_text("utf-8"), re.M | re.S)
    assert found is not None, "the README shows no diff"
    return found[1]


def apply(diff: str, folder: Path) -> list[Path]:
    """Apply a diff whose hunks are found by what stands in them; the files it changes."""
    changed = []
    for part in re.split(r"^--- a/", diff, flags=re.M)[1:]:
        name, _, hunks = part.partition("\n")
        path = folder / name
        text = path.read_text("utf-8")
        for hunk in re.split(r"^(?:\+\+\+ b/.*|@@)\n", hunks, flags=re.M)[1:]:
            lines = hunk.splitlines(keepends=True)
            before = "".join(line[1:] for line in lines if line[0] in " -")
            after = "".join(line[1:] for line in lines if line[0] in " +")
            assert text.count(before) == 1, f"{name} does not have, or not once:\n{before}"
            text = text.replace(before, after)
        path.write_text(text, encoding="utf-8")
        changed.append(path)
    return changed


@pytest.mark.long  # the machine of programs is built anew, with the new operation
def test_a_row_makes_an_operation(tmp_path: Path) -> None:
    pytest.importorskip("numba")
    for package in ("autograd", "nn", "viz"):
        shutil.copytree(
            ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    assert len(apply(lines_of_readme(), tmp_path)) == 2
    tried = subprocess.run(
        [sys.executable, "-c", TRIED], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert tried.returncode == 0, tried.stderr
