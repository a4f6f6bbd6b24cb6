"""What passes make of code, instruction by instruction: `rewriting.txt`, and their docstrings."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from autograd import ops
from autograd.program import PASSES
from autograd.program.gradient import differentiate
from autograd.program.ir import Kind
from autograd.program.passes import legalise

from .notation import read, told

if TYPE_CHECKING:
    from collections.abc import Callable

    from autograd.program.ir import Code


def differentiated(code: Code) -> Code:
    return differentiate(code, sum(op is Kind.PARAMETER for op, _, _ in code))


ALL: dict[str, Callable[[Code], Code]] = {
    **PASSES,
    "legalise": legalise,
    "differentiate": differentiated,
}
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
    text = inspect.getdoc(differentiate if name == "differentiate" else ALL[name]) or ""
    example = text.partition("::\n\n")[2].partition("\n\n")[0].replace("→", " ")
    before, after = (
        "\n".join(filter(None, (line[part].strip() for line in example.splitlines())))
        for part in (slice(4, 34), slice(34, None))
    )
    assert before and after
    assert told(ALL[name](read(before))) == after


def test_derivatives_may_be_written_with_every_operator(monkeypatch: pytest.MonkeyPatch) -> None:
    """Though those of the table need no / and no **: see the README on how to add one."""
    monkeypatch.setattr(ops.SQRT, "derivatives", (lambda a, y: 0.5 / y + y / a + y**3.0 - 2.0**y,))
    code = read("v0 = parameter 0\nv1 = sqrt(v0)\noutput 0 = v1")
    assert told(differentiated(code)).splitlines() == [
        "v0 = parameter 0",
        "v1 = sqrt(v0)",
        "v2 = constant 0.5",
        "v3 = v2 / v1",
        "v4 = v1 / v0",
        "v5 = v3 + v4",
        "v6 = constant 3.0",
        "v7 = v1 ** v6",
        "v8 = v5 + v7",
        "v9 = constant 2.0",
        "v10 = v9 ** v1",
        "v11 = v8 - v10",
        "output 0 = v1",
        "gradient 0 = v11",
    ]


def test_every_pass_has_examples() -> None:
    assert {title.partition(":")[0] for title in EXAMPLES} == set(ALL)
