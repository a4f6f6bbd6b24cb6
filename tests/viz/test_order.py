"""What stands side by side is in the order in which it was written."""

from __future__ import annotations

import pytest

import nn
from autograd import Value, dot
from viz import Picture, draw
from viz.pictures.render import lay_out

from .reading import Node, seen

DIRECTIONS = ("LR", "RL", "TB", "BT")


def place(box: Node, direction: str) -> float:
    """How far down a box is; in a picture that runs downwards, how far to the right."""
    return box.frame.top if direction in ("LR", "RL") else box.frame.left


def words(direction: str) -> Picture:
    cat = [Value(0.1 * k, f"cat{k}", role="parameter") for k in (1, 2, 3)]
    dog = [Value(0.2 * k, f"dog{k}", role="parameter") for k in (1, 2, 3)]
    lengths = dot(cat, cat).sqrt() * dot(dog, dog).sqrt()
    return draw(dot(cat, dog) / lengths, direction=direction)


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_the_numbers_of_a_word_are_in_order(direction: str) -> None:
    found = seen(words(direction))
    for word in ("cat", "dog"):
        places = [place(found.box(f"{word}{k}"), direction) for k in (1, 2, 3)]
        assert places == sorted(places)


def network(*nouts: int, direction: str) -> Picture:
    model = nn.MLP(2, list(nouts), seed=1)
    x = [Value(0.5, "x1", role="input"), Value(-1.0, "x2", role="input")]
    loss = nn.mse_loss(model(x), [1.0] * nouts[-1] if nouts[-1] > 1 else 1.0)
    return draw(loss, detail="neuron", direction=direction)


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("nouts", [(4, 4, 1), (3, 2, 1), (8, 8, 1), (2, 5, 3)])
def test_inputs_and_neurons_are_in_order(nouts: tuple[int, ...], direction: str) -> None:
    found = seen(network(*nouts, direction=direction))
    rows = [["x1", "x2"]]
    rows += [[f"layers.{i}.neurons.{k}" for k in range(n)] for i, n in enumerate(nouts)]
    for row in rows:
        places = [place(found.box(name), direction) for name in row]
        assert places == sorted(places), row


def test_leaves_of_different_steps_are_not_pulled_together() -> None:
    a, b, c = (Value(1.0, name) for name in "abc")
    found = seen(draw((a * b).exp() + c))
    assert found.box("a").frame.right < found.box("c").frame.left


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("nouts", [(3, 1), (4, 4, 1), (3, 2, 1)])
def test_lines_enter_a_layer_at_the_side_of_a_neuron(
    nouts: tuple[int, ...], direction: str
) -> None:
    drawing = lay_out(network(*nouts, direction=direction).source)
    parts = {part.name: part for part in drawing.parts}
    for name, part in parts.items():
        head = name.partition("->")[2]
        if head.startswith("g"):
            left, top, right, bottom = parts[head].extent
            side = {
                "LR": (left, (top + bottom) / 2),
                "RL": (right, (top + bottom) / 2),
                "TB": ((left + right) / 2, top),
                "BT": ((left + right) / 2, bottom),
            }[direction]
            tip = part.coordinates("polygon")[0].split()[1].split(",")
            assert [float(x) for x in tip] == pytest.approx(side, abs=3.0), name
