"""Parameters are always drawn: each has its box, or is in a box that says so."""

from __future__ import annotations

import re

import pytest

import nn
from autograd import Value
from autograd.graph import topological
from viz import Picture, draw

from .graphs import GRAPHS, drawn, made
from .reading import seen


def count_of_parameters(picture: Picture) -> int:
    """The parameters that the boxes of a picture stand for."""
    count = 0
    for box in seen(picture).boxes:
        said = [re.search(r"([\d,]+)(?: × ([\d,]+))? parameters?", line) for line in box.lines]
        held = [each for each in said if each]
        if held:
            first, second = held[0].groups()
            count += int(first.replace(",", "")) * int((second or "1").replace(",", ""))
        else:
            count += box.kind == "parameter"
    return count


def parameters(loss: Value) -> int:
    return sum(v.role == "parameter" for v in topological(loss))


@pytest.mark.slow
@pytest.mark.parametrize("width", [390, 820, 948, 1300])
@pytest.mark.parametrize("name", GRAPHS)
def test_every_parameter_is_in_the_picture(name: str, width: int) -> None:
    count = parameters(made(name))
    assert count_of_parameters(drawn(name, width)) >= count


@pytest.mark.parametrize("width", [390, 1300])
def test_every_parameter_of_a_large_network_is_in_the_picture(width: int) -> None:
    model = nn.MLP(3, [8, 8, 1], seed=0)
    loss = nn.mse_loss([model([0.1 * i, 0.2, 0.3]) for i in range(3)], [1.0, 0.0, 1.0])
    assert count_of_parameters(draw(loss, width=width)) >= len(model.parameters())
