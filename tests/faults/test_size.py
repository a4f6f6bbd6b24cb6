"""A million operations: built, differentiated, drawn and freed, in a chain and in a sum."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

import pytest

from autograd import Value, grad, total
from tests.blocks import blocks_in_use
from viz import draw

from ..viz.reading import seen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MILLION = 1_000_000

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _no_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def chain(x: Value) -> Value:
    y = x
    for _ in range(MILLION):
        y = y + 1e-6
    return y


def sum_of_one_operation(x: Value) -> Value:
    return total([x * 1.0 for _ in range(MILLION)])


def sum_of_python(x: Value) -> Value:
    return sum([x] * MILLION, Value(0.0))


@pytest.mark.parametrize(
    ("build", "slope", "note"),
    [
        (chain, 1.0, "abridged: "),
        (sum_of_one_operation, 1e6, "folded: Σ a·b"),
        (sum_of_python, 1e6, "abridged: "),
    ],
)
def test_a_million_operations(build: Callable[[Value], Value], slope: float, note: str) -> None:
    x = Value(2.0, label="x")
    draw(x * 2.0).svg  # noqa: B018  (what the first picture of a process keeps is not counted)
    before = blocks_in_use()
    y = build(x)
    y.label = "y"
    assert blocks_in_use() - before > 0.99 * MILLION  # others may free a few
    y.backward()
    assert x.grad == slope == grad(y, x)
    picture = draw(y)
    (result,) = (box for box in seen(picture).boxes if box.heading.startswith("y"))
    assert result.lines[-1].startswith("grad  1")
    assert any(line.startswith(note) for line in seen(picture).below)
    del y, picture, result  # freed with the collector off, and without recursion
    assert blocks_in_use() - before < 10_000
