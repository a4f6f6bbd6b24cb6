"""`explore` makes one page of a graph: what it takes, what it refuses, and what is in the page."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from typing import TYPE_CHECKING, Any
from zlib import decompress

import pytest

import autograd
import nn
from autograd import Value
from viz import Explorer, explore
from viz.live import page

if TYPE_CHECKING:
    from pathlib import Path


def loss() -> Value:
    w, x = Value(0.5, "w", role="parameter"), Value(2.0, "x", role="input")
    result = nn.half_squared_error((w * x).relu(), Value(3.0, "y_true", role="target"))
    result.label = "L"
    return result


def plan_of(explorer: Explorer) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="plan">(.*?)</script>', explorer.html)
    assert found
    plan: dict[str, Any] = json.loads(found[1])
    return plan


def test_it_shows_and_saves_itself(tmp_path: Path) -> None:
    explorer = explore(loss())
    assert repr(explorer) == "<Explorer: 3 numbers to change; .html, .save('live.html')>"
    assert explorer.save(tmp_path / "live.html").read_text("utf-8") == explorer.html
    with pytest.raises(ValueError, match=r"ends in \.html, got 'live\.svg'"):
        explorer.save(tmp_path / "live.svg")
    assert explorer.html == explore(loss()).html  # the same graph gives the same page
    assert "<title>Explore L</title>" in explorer.html


def test_the_graph_is_only_read() -> None:
    root = loss()
    explore(root)
    assert root.grad == 0.0
    assert root.data == 2.0


def test_it_begins_with_the_numbers_that_were_recorded() -> None:
    root = loss()
    leaf = next(v for v in autograd.graph.topological(root) if v.label == "w")
    leaf.data = 9.0  # after the forward pass
    plan = plan_of(explore(root))
    assert [plan["start"][str(i)] for i in plan["leaves"]] == [0.5, 2.0, 3.0]
    assert [plan["names"][str(i)] for i in plan["leaves"]] == ["w", "x", "y_true"]
    assert [plan["names"][str(i)] for i in plan["learned"]] == ["w"]


def test_numbers_that_json_has_not_are_there() -> None:
    x = Value(float("inf"), "x")
    plan = plan_of(explore(x * float("nan") + -0.0))
    assert plan["start"] == {"0": "inf"}
    assert plan["constants"] == ["nan", -0.0]


@pytest.mark.parametrize(
    ("outputs", "options", "error", "message"),
    [
        ((), {}, ValueError, "expected at least one output to explore, such as a loss, got none"),
        ((0.5,), {}, TypeError, "expected outputs to be Values, such as a loss, got float: 0.5"),
        (
            ([1.0, 2.0],), {}, TypeError,
            "got list: [1.0, 2.0]. Write explore(*outputs) for several outputs.",
        ),
        (("loss",), {"lr": "fast"}, TypeError, "expected lr to be a number, got str: 'fast'"),
        (("loss",), {"lr": 0}, ValueError, "expected lr to be a positive number, got 0"),
        (("loss",), {"digits": 0}, ValueError, "expected digits to be a whole number from 1 to 17"),
        (("loss",), {"title": 1}, TypeError, "expected title to be a str, got int: 1."),
        (("loss",), {"links": "x"}, TypeError, "expected links to be pairs of words"),
    ],
)  # fmt: skip
def test_what_it_cannot_take_is_refused(
    outputs: tuple[Any, ...], options: dict[str, Any], error: type[Exception], message: str
) -> None:
    given = [loss() if each == "loss" else each for each in outputs]
    with pytest.raises(error, match=re.escape(message)):
        explore(*given, **options)


def test_constants_alone_are_refused() -> None:
    with pytest.raises(ValueError, match="expected an output computed from a leaf that can be"):
        explore(Value(2.0, role="constant") * 3.0)


def test_an_operation_of_ones_own_without_a_vector_form_is_refused() -> None:
    @autograd.operation(derivatives=[lambda x, y: 2.0 * x])
    def square(x: float) -> float:
        return x * x

    with pytest.raises(ValueError, match="square has no form in JavaScript"):
        explore(square(Value(3.0, "x")))


def test_links_lead_to_other_pages() -> None:
    html = explore(loss(), links=[("The gallery", "index.html")]).html
    assert '<nav aria-label="Lessons"><a href="index.html">The gallery</a></nav>' in html


def test_large_drawings_are_compressed(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = explore(loss()).html
    monkeypatch.setattr(page, "INLINE", 1000)
    packed = explore(loss()).html
    start, data, end = re.split(r'<script type="text/plain" id="packed">(.*?)</script>', packed)
    drawings = decompress(b64decode(data)).decode()
    still = "The picture shows the graph as it was recorded."
    assert still in plain
    assert still not in packed
    assert f"{start}{drawings}{end}" == plain.replace(still, "It draws the picture, too.")


@pytest.mark.slow
def test_pages_of_the_worked_examples_are_small() -> None:
    from viz.course.examples import LESSONS, build

    losses = {
        f"{lesson.name} {scene.name}": scene.loss
        for lesson in LESSONS
        for scene in build(lesson.name).scenes
        if scene.loss is not None
    }
    sizes = {name: len(explore(loss).html.encode()) for name, loss in losses.items()}
    assert len(sizes) >= 5
    assert max(sizes.values()) < 400_000, sizes
