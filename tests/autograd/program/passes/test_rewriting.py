"""Passes rewrite code as `rewriting.txt` and their docstrings show, instruction by instruction."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

import pytest

from autograd import Value, ops
from autograd.program.gradient import differentiate
from autograd.program.trace import trace

from ..notation import read, write
from .rewriting import REWRITES, Example, differentiate_all, examples

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize("example", examples(), ids=lambda example: example.title)
def test_a_pass_rewrites_code_as_shown(example: Example) -> None:
    assert example.rewrite() == example.after
    assert write(read(example.after)) == example.after


def columns_of(function: Callable[..., object]) -> list[str]:
    """The code on the left and on the right of the example in a docstring."""
    text = inspect.getdoc(function) or ""
    example = text.partition("::\n\n")[2].partition("\n\n")[0].replace("→", " ").splitlines()
    return [
        "\n".join(filter(None, (line[part].strip() for line in example)))
        for part in (slice(4, 34), slice(34, None))
    ]


@pytest.mark.parametrize("name", REWRITES)
def test_the_example_in_a_docstring_is_true(name: str) -> None:
    before, after = columns_of(differentiate if name == "differentiate" else REWRITES[name])
    assert before.count("\n") >= 3 and before != after
    assert write(read(before)) == before
    assert write(REWRITES[name](read(before))) == after


def test_the_example_in_the_docstring_of_trace_is_true() -> None:
    w, x = Value(3.0), Value(2.0)
    assert write(trace([w * x + 1], [w], [x])) == columns_of(trace)[0]


def test_the_example_of_differentiate_begins_with_a_traced_graph() -> None:
    w, x = Value(3.0), Value(2.0)
    assert write(trace([w * x], [w], [x])) == columns_of(differentiate)[0]


def test_derivatives_may_be_written_with_every_operator(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of the table need neither / nor **, but a new operation may."""
    monkeypatch.setattr(ops.SQRT, "derivatives", (lambda a, y: 0.5 / y + y / a + y**3.0 - 2.0**y,))
    code = read("v0 = parameter 0\nv1 = sqrt(v0)\noutput 0 = v1")
    assert write(differentiate_all(code)).splitlines() == [
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
    assert {example.name for example in examples()} == set(REWRITES)
