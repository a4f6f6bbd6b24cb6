"""The notebooks run from top to bottom, and say what their kept outputs say."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

nbformat = pytest.importorskip("nbformat")
nbclient = pytest.importorskip("nbclient")

FOLDER = Path(__file__).parents[1] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
NUMBER = re.compile(r"-?\d+\.?\d*(?:e[-+]?\d+)?")


def rounded(match: re.Match[str]) -> str:
    """A number to four digits; one that only rounding made is 0."""
    x = float(match[0])
    return "0" if abs(x) < 1e-9 else f"{x:.4g}"


def said(notebook: Any) -> list[str]:
    """What each code cell printed or returned, as text, numbers rounded."""
    texts = []
    for cell in notebook.cells:
        if cell.cell_type == "code":
            parts = [
                output.get("text") or output.get("data", {}).get("text/plain", "")
                for output in cell.outputs
            ]
            texts.append(NUMBER.sub(rounded, "".join(parts)))
    return texts


def pictures(notebook: Any) -> int:
    return sum(
        "image/svg+xml" in output.get("data", {})
        for cell in notebook.cells
        for output in cell.get("outputs", [])
    )


def test_there_are_notebooks() -> None:
    assert [path.name for path in NOTEBOOKS] == [
        "01_values_and_gradients.ipynb",
        "02_worked_examples.ipynb",
    ]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_in_its_own_folder_and_repeats_its_outputs(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    kept, drawn = said(notebook), pictures(notebook)
    assert all(cell.execution_count for cell in notebook.cells if cell.cell_type == "code")
    client = nbclient.NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(FOLDER)}}
    )
    client.execute()
    assert said(notebook) == kept
    assert pictures(notebook) == drawn > 3
