"""The notebooks run from top to bottom and repeat the outputs kept in them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import autograd

# The event loop that runs notebooks on Windows makes ZeroMQ warn. It works all the same.
pytestmark = pytest.mark.filterwarnings("ignore:Proactor event loop:RuntimeWarning")

FOLDER = Path(__file__).parents[1] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
NUMBER = re.compile(r"-?\d+\.?\d*(?:e[-+]?\d+)?")


def read(path: Path) -> Any:
    # Imported here because it takes seconds to load, and few runs of the tests need it.
    nbformat = pytest.importorskip("nbformat")
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    return notebook


@pytest.fixture(scope="module")
def tools_are_built() -> None:
    """Build the font list and the machine, which say so at first use: no notebook should."""
    pytest.importorskip("matplotlib.font_manager")
    pytest.importorskip("numba")
    autograd.compile(autograd.Value(1.0)).value_and_grad()


def round_number(match: re.Match[str]) -> str:
    """Round a number to four digits; a rounding error becomes 0."""
    x = float(match[0])
    return "0" if abs(x) < 1e-9 else f"{x:.4g}"


def texts_of(notebook: Any) -> list[str]:
    """The text that each code cell printed or returned, with its numbers rounded.

    Cells tagged "varies" are left out. Times differ between machines, and so do the results of a
    long training, which magnifies the last bit of a sum.
    """
    texts = []
    for cell in notebook.cells:
        if cell.cell_type == "code" and "varies" not in cell.metadata.get("tags", []):
            parts = [
                output.get("text") or output.get("data", {}).get("text/plain", "")
                for output in cell.outputs
                if output.get("name") != "stderr"  # the first compile says that it takes a while
            ]
            texts.append(NUMBER.sub(round_number, "".join(parts)))
    return texts


def outputs(notebook: Any) -> list[Any]:
    return [output for cell in notebook.cells for output in cell.get("outputs", [])]


def pictures(notebook: Any) -> dict[str, int]:
    """Count the pictures: graphs, which are SVG within HTML, and plots."""
    found = [output.get("data", {}) for output in outputs(notebook)]
    graphs = sum("data:image/svg+xml" in data.get("text/html", "") for data in found)
    return {"graphs": graphs, "plots": sum("image/png" in data for data in found)}


def complaints(notebook: Any) -> list[str]:
    """Errors, warnings and anything else that no reader needs."""
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
    kept, drawn = texts_of(notebook), pictures(notebook)
    client = nbclient.NotebookClient(
        notebook,
        timeout=300,
        startup_timeout=300,
        kernel_name="python3",
        resources={"metadata": {"path": str(FOLDER)}},
    )
    client.execute()
    assert texts_of(notebook) == kept
    assert pictures(notebook) == drawn
