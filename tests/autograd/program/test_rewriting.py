"""What passes make of code, instruction by instruction: `rewriting.txt`, and their docstrings."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from autograd.program import PASSES
from autograd.program.passes import pair_up

from .notation import read, told

if TYPE_CHECKING:
    from collections.abc import Callable

    from autograd.program.instructions import Code

ALL: dict[str, Callable[[Code], Code]] = {**PASSES, "pair_up": pair_up}
EXAMPLES = {
    section.partition("\n")[0]: section.partition("\n")[2]
    for section in Path(__file__).with_name("rewriting.txt").read_text("utf-8").split("── ")[1:]
}


@pytest.mark.parametrize("title", EXAMPLES)
def test_a_pass_makes_this_of_that(title: str) -> None:
    lines = [line.partition("|")[::2] for line in EXAMPLES[title].strip().splitlines()]
    before, after = (
        "\n".join(filter(None, map(str.strip, column))) for column in zip(*lines, strict=True)
    )
    optimise = ALL[title.partition(":")[0]]
    assert told(optimise(read(before))) == after
    assert told(read(after)) == after


@pytest.mark.parametrize("name", ALL)
def test_the_example_in_a_docstring_is_true(name: str) -> None:
    text = inspect.getdoc(ALL[name]) or ""
    example = text.partition("::\n\n")[2].partition("\n\n")[0].replace("→", " ")
    before, after = (
        "\n".join(filter(None, (line[part].strip() for line in example.splitlines())))
        for part in (slice(4, 34), slice(34, None))
    )
    assert before and after
    assert told(ALL[name](read(before))) == after


def test_every_pass_has_examples() -> None:
    assert {title.partition(":")[0] for title in EXAMPLES} == set(ALL)
