"""The oldest version of everything that pyproject.toml allows: ``python -m tests.lower_bounds``.

Prints a line ``name==version`` for each requirement ``name>=version``: a file of constraints for
pip. Standard library only, so that any Python can run it before anything is installed.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

__all__ = ["lower_bounds"]

PYPROJECT = Path(__file__).parents[1] / "pyproject.toml"
RUN_TIME_AND_TESTS = ("fast", "plots", "notebooks", "test")
"""The extras whose bounds are promises to those who use or test the packages."""


def lower_bounds(pyproject: str) -> dict[str, str]:
    """The lower bound of each dependency, and of each in the extras that users install.

    Raises:
        ValueError: a requirement has no lower bound, or two different ones.
    """
    project = tomllib.loads(pyproject)["project"]
    extras = project["optional-dependencies"]
    requirements = [*project["dependencies"], *(r for e in RUN_TIME_AND_TESTS for r in extras[e])]
    bounds: dict[str, str] = {}
    for requirement in requirements:
        found = re.fullmatch(r"([A-Za-z0-9._-]+)(?:\[[^]]*\])?>=([0-9.]+)", requirement)
        if found is None:
            raise ValueError(f"{requirement!r} has no lower bound; write it as name>=version")
        name, version = found.groups()
        if bounds.setdefault(name, version) != version:
            raise ValueError(f"{name} has two lower bounds, {bounds[name]} and {version}")
    return bounds


if __name__ == "__main__":
    for name, version in lower_bounds(PYPROJECT.read_text("utf-8")).items():
        print(f"{name}=={version}")
