"""Patterns of micrograd's users compute here what they compute there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from . import draw_dot
from .kept import is_installed, kept, micrograd
from .run import PATTERNS, STEPS, numbers

KEPT = kept()
NOT_PATTERNS = {"__init__", "added_functions", "imports", "kept", "run"}


def assert_same(found: dict[str, list[float]], expected: dict[str, list[float]]) -> None:
    assert len(found["losses"]) == STEPS
    assert found.keys() == expected.keys()
    for what, row in expected.items():
        assert found[what] == pytest.approx(row, rel=1e-10, abs=1e-12), what


@pytest.mark.parametrize("name", PATTERNS)
def test_a_pattern_computes_what_micrograd_computes(name: str) -> None:
    expected = KEPT["patterns"][name]
    assert sum(map(bool, expected["gradients"])) > len(expected["gradients"]) / 2
    assert_same(numbers(name), expected)


def test_ones_own_drawing_is_the_same_but_for_the_gradients_of_plain_numbers() -> None:
    source = "\n".join(KEPT["draw_dot"])
    assert source.count("op [label") == 19
    without, count = re.subn(
        r"(data (0\.5|-0\.25|3\.0|1\.125)0* \| grad) [-.\d]+", r"\1 0.0000", source
    )
    assert count == 4
    assert draw_dot.source() == without


def test_every_pattern_is_listed_and_kept() -> None:
    modules = {path.stem for path in Path(__file__).parent.glob("*.py")}
    patterns = {m for m in modules - NOT_PATTERNS if not m.startswith("test_")}
    assert patterns == set(PATTERNS) == set(KEPT["patterns"])


@pytest.mark.skipif(not is_installed(), reason="micrograd is not installed")
def test_what_was_kept_is_what_micrograd_computes() -> None:
    now: Any = micrograd()
    assert now["draw_dot"] == KEPT["draw_dot"]
    for name in PATTERNS:
        assert_same(now["patterns"][name], KEPT["patterns"][name])
