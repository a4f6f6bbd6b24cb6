"""The notebooks run from top to bottom, and say what their kept outputs say."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import autograd

# What runs a notebook waits in a way that is new to ZeroMQ on Windows, and works.
pytestmark = pytest.mark.filterwarnings("ignore:Proactor event loop:RuntimeWarning")

FOLDER = Path(__file__).parents[1] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
NUMBER = re.compile(r"-?\d+\.?\d*(?:e[-+]?\d+)?")


def read(path: Path) -> Any:
    # Imported where it is needed: it takes seconds to load, and few runs of the tests want it.
    nbformat = pytest.importorskip("nbformat")
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    return notebook


@pytest.fixture(scope="module")
def tools_are_built() -> None:
    """In a new environment they are built at first use, and say so, which no notebook should."""
    pytest.importorskip("matplotlib.font_manager")
    pytest.importorskip("numba")
    autograd.compile(autograd.Value(1.0)).value_and_grad()


def rounded(match: re.Match[str]) -> str:
    """A number to four digits; one that only rounding made is 0."""
    x = float(match[0])
    return "0" if abs(x) < 1e-9 else f"{x:.4g}"


def said(notebook: Any) -> list[str]:
    """What each code cell printed or returned, as text, numbers rounded.

    But for cells tagged "varies": times, and what long training makes of the last bit of a sum,
    are not the same on every machine.
    """
    texts = []
    for cell in notebook.cells:
        if cell.cell_type == "code" and "varies" not in cell.metadata.get("tags", []):
            parts = [
                output.get("text") or output.get("data", {}).get("text/plain", "")
                for output in cell.outputs
                if output.get("name") != "stderr"  # where compile says that it is slow, once
            ]
            texts.append(NUMBER.sub(rounded, "".join(parts)))
    return texts


def outputs(notebook: Any) -> list[Any]:
    return [output for cell in notebook.cells for output in cell.get("outputs", [])]


def pictures(notebook: Any) -> dict[str, int]:
    """How many pictures it shows: graphs, which are SVG within HTML, and plots."""
    found = [output.get("data", {}) for output in outputs(notebook)]
    graphs = sum("data:image/svg+xml" in data.get("text/html", "") for data in found)
    return {"graphs": graphs, "plots": sum("image/png" in data for data in found)}


def complaints(notebook: Any) -> list[str]:
    """Errors, warnings, and what else a reader has no use for."""
    return [
        output.get("text") or output.get("evalue")
        for output in outputs(notebook)
        if output.output_type == "error" or output.get("name") == "stderr"
    ]


def test_there_are_notebooks() -> None:
    assert [path.name for path in NOTEBOOKS] == [
        "01_values_and_gradients.ipynb",
        "02_worked_examples.ipynb",
        "03_activation_functions.ipynb",
        "04_words_as_vectors.ipynb",
        "05_training_a_network.ipynb",
        "06_more_data.ipynb",
        "07_under_the_hood.ipynb",
        "08_a_tiny_language_model.ipynb",
    ]


each = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


@pytest.mark.slow
@each
def test_a_notebook_is_kept_with_its_outputs(path: Path) -> None:
    notebook = read(path)
    assert complaints(notebook) == []
    assert all(cell.execution_count for cell in notebook.cells if cell.cell_type == "code")
    assert sum(pictures(notebook).values()) > 3


@pytest.mark.slow
@each
@pytest.mark.usefixtures("tools_are_built")
def test_a_notebook_runs_in_its_own_folder_and_repeats_its_outputs(path: Path) -> None:
    nbclient = pytest.importorskip("nbclient")
    notebook = read(path)
    kept, drawn = said(notebook), pictures(notebook)
    client = nbclient.NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(FOLDER)}}
    )
    client.execute()
    assert said(notebook) == kept
    assert pictures(notebook) == drawn
