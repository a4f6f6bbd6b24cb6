"""What stands side by side is in the order in which it was written."""

from __future__ import annotations

import re
import time
from itertools import combinations
from typing import TYPE_CHECKING

import pytest

import nn
from autograd import Value, dot, log_softmax
from viz import Picture, draw
from viz.course.gallery import PAGE, PHONE, WIDE
from viz.pictures.render import lay_out
from viz.pictures.written import order_as_written

from .built import NAMES, built
from .graphs import GRAPHS, drawn
from .reading import Cluster, Node, seen

if TYPE_CHECKING:
    from .reading import Seen

DIRECTIONS = ("LR", "RL", "TB", "BT")


def place(box: Node | Cluster, direction: str) -> float:
    """How far down a box is; in a picture that runs downwards, how far to the right."""
    return box.frame.top if direction in ("LR", "RL") else box.frame.left


def written(box: Node) -> int:
    """The place of a box in the order of writing, which its name tells."""
    return int(box.name[1:])


def disorder(picture: Picture) -> list[str]:
    """Boxes or frames side by side that are not in the order of writing."""
    found = seen(picture)
    direction = "LR" if "rankdir=LR" in picture.source else "TB"
    in_lines = "constraint=false" in picture.source  # there, ranks of several lines meet
    within = {box.name: frames_around(box, found) for box in found.boxes}
    wrong = []
    for one, other in combinations(found.boxes, 2):
        level = abs(middle(one, direction) - middle(other, direction)) < 3.0
        if level and within[one.name] == within[other.name]:
            first = counted(one.heading, other.heading)
            if first is None:
                if in_lines or min(numbered(one.heading)[1], numbered(other.heading)[1]) >= 0:
                    continue  # of different names that are counted, either may be first
                first = written(one) < written(other)
            if (place(one, direction) < place(other, direction)) is not first:
                wrong.append(f"{one.lines[0]} and {other.lines[0]}")
    for a, b in combinations(found.clusters, 2):
        if beside(a, b, direction):
            first = counted(a.title, b.title)
            first = last_of(a, found) < last_of(b, found) if first is None else first
            if (place(a, direction) < place(b, direction)) is not first:
                wrong.append(f"{a.title} and {b.title}")
    return wrong


def counted(one: str, other: str) -> bool | None:
    """Whether the number in the first of two names is smaller; None if not only that differs."""
    (name, number), (other_name, other_number) = map(numbered, (one, other))
    return number < other_number if name == other_name and number != other_number else None


def numbered(heading: str) -> tuple[str, int]:
    found = re.match(r"(.*?)(\d+)( |$)", heading)
    return (found[1], int(found[2])) if found else (heading, -1)


def last_of(frame: Cluster, found: Seen) -> int:
    return max(map(written, found.inside_of(frame)))


def middle(box: Node, direction: str) -> float:
    left, top, right, bottom = box.frame
    return (left + right) / 2 if direction == "LR" else (top + bottom) / 2


def frames_around(box: Node, found: Seen) -> list[str]:
    return [c.title for c in found.clusters if c.frame.holds(box.frame)]


def beside(a: Cluster, b: Cluster, direction: str) -> bool:
    """Whether two frames share a rank, and neither is within the other."""
    one, other = a.frame, b.frame
    if direction == "LR":
        return one.left < other.right and other.left < one.right and not overlap(a, b)
    return one.top < other.bottom and other.top < one.bottom and not overlap(a, b)


def overlap(a: Cluster, b: Cluster) -> bool:
    return a.frame.holds(b.frame) or b.frame.holds(a.frame)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_the_pictures_of_a_lesson_are_in_the_order_of_writing(name: str) -> None:
    for scene in built(name).scenes:
        for where in (PAGE, PHONE, WIDE):
            assert not disorder(scene.picture.placed(where)), (scene.name, where)


@pytest.mark.slow
@pytest.mark.parametrize("width", [390, 820, 948, 1300])
@pytest.mark.parametrize("name", GRAPHS)
def test_graphs_are_in_the_order_of_writing(name: str, width: int) -> None:
    for derivatives in (False, True):
        assert not disorder(drawn(name, width, derivatives=derivatives))


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("detail", ["auto", "scalar", "neuron"])
@pytest.mark.parametrize("target", [0, 1, 2])
def test_classes_are_in_order_whichever_is_right(target: int, detail: str, direction: str) -> None:
    model = nn.Layer(2, 3, activation=None, seed=0)
    scores = model([Value(0.5, "x1"), Value(-1.0, "x2")])
    found = seen(draw(nn.cross_entropy(scores, target), detail=detail, direction=direction))
    names = [f"neurons.{k}" for k in range(3)]
    things = [found.box(name) for name in names] if detail == "neuron" else found.named(*names)
    places = [place(each, direction) for each in things]
    assert places == sorted(places)


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


def test_the_order_of_many_scores_beside_their_maximum_is_found_at_once() -> None:
    scores = [Value(i / 10_000) for i in range(10_000)]
    likely = log_softmax(scores)[3]
    start = time.perf_counter()
    order = order_as_written(likely)
    assert time.perf_counter() - start < 2.0
    assert [v for v in order if v.operation is None] == scores
