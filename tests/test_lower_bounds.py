"""Every requirement in pyproject.toml has a lower bound, which `.ci/run lower-bounds` tests."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

PYPROJECT = Path(__file__).parents[1] / "pyproject.toml"
PROJECT = tomllib.loads(PYPROJECT.read_text("utf-8"))["project"]
REQUIREMENTS = [
    *PROJECT["dependencies"],
    *(r for extra in PROJECT["optional-dependencies"].values() for r in extra),
]


@pytest.mark.parametrize("requirement", REQUIREMENTS)
def test_a_requirement_has_a_lower_bound(requirement: str) -> None:
    assert ">=" in {bound.operator for bound in Requirement(requirement).specifier}


def test_a_package_has_one_lower_bound() -> None:
    bounds = {(r.name, str(r.specifier)) for r in map(Requirement, REQUIREMENTS)}
    assert len(bounds) == len({name for name, _ in bounds})
