"""The contributing guide's diff is all that a new operation needs."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
GUIDE = (ROOT / ".github" / "CONTRIBUTING.md").read_text("utf-8")

TRIED = """
import autograd
from autograd import Value, grad, gradcheck
from viz import draw, step_through

x = Value(-1.5, label="x")
y = x.square()
y.backward()
assert (y.data, x.grad) == (2.25, -3.0)
assert grad(grad(y, x, create_graph=True), x) == 2.0
assert gradcheck(lambda a: a.square(), 0.3)
assert "square" in draw(y).svg
assert "square" in step_through(y).html
program = autograd.compile(y, params=[x])
value, gradient = program.value_and_grad()
assert (value, *gradient) == (2.25, -3.0)
assert "square" in program.listing()
"""


def apply(diff: str, folder: Path) -> list[str]:
    """Apply a diff without line numbers, finding hunks by their text; return the changed files.

    git and patch need the line numbers, which the guide leaves out.
    """
    changed = []
    for part in re.split(r"^--- a/", diff, flags=re.MULTILINE)[1:]:
        name, _, hunks = part.partition("\n")
        text = (folder / name).read_text("utf-8")
        for hunk in re.split(r"^(?:\+\+\+ b/.*|@@)\n", hunks, flags=re.MULTILINE)[1:]:
            lines = hunk.splitlines(keepends=True)
            before = "".join(line[1:] for line in lines if line[0] in " -")
            after = "".join(line[1:] for line in lines if line[0] in " +")
            assert text.count(before) == 1, f"{name} must have this exactly once:\n{before}"
            text = text.replace(before, after)
        (folder / name).write_text(text, encoding="utf-8")
        changed.append(name)
    return changed


def python(*arguments: str, folder: Path) -> None:
    """Run Python with the packages in that folder."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        encoding="utf-8",
        errors="replace",
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the tree with the guide's diff applied."""
    pytest.importorskip("numba")
    folder = tmp_path_factory.mktemp("copy")
    for part in ("autograd", "nn", "viz", "tests"):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    (diff,) = re.findall(r"^```diff\n(.*?)^```$", GUIDE, flags=re.MULTILINE | re.DOTALL)
    names = apply(diff, folder)
    assert len(names) == 3
    return folder


@pytest.mark.slow  # numba compiles the machine again, with the new operation
def test_the_lines_make_an_operation(changed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBA_OPT", "0")  # a third of the time to build
    python("-c", TRIED, folder=changed)


@pytest.mark.slow
def test_the_tests_over_the_table_pass_except_for_the_edges(changed: Path) -> None:
    python(
        "-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", "-m", "not slow",
        "-k", "square or every_row", "--deselect=tests/autograd/test_edges.py",
        "tests/autograd/test_ops.py", "tests/autograd/test_proof.py", "tests/viz/test_steps.py",
        folder=changed,
    )  # fmt: skip


def test_the_guide_and_the_workflow_know_the_steps_of_ci() -> None:
    script = (ROOT / ".ci" / "run").read_text("utf-8")
    found = re.search(r"^STEPS=\((.*)\)$", script, flags=re.MULTILINE)
    assert found is not None
    assert f"`{found[1]}`" in " ".join(GUIDE.split())
    workflow = (ROOT / ".github" / "workflows" / "ci.yml").read_text("utf-8")
    runs = re.findall(r"run: bash \.ci/run (.*)", workflow)
    assert {step for run in runs for step in run.split()} == set(found[1].split())
    for step in found[1].split():
        assert re.search(rf"^#   {step} ", script, flags=re.MULTILINE), f"{step} is not explained"
