"""Scenes: data that DOT and pages are written from, and never read back."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import nn
import viz
from autograd import Value
from viz import draw, step_through
from viz.pictures import plan, recording
from viz.pictures.dot import write_dot
from viz.pictures.draw import compose_levels
from viz.pictures.render import lay_out
from viz.pictures.scene import Cut, Line, Scene
from viz.pictures.structure import compose_module
from viz.stepping import boxes, view
from viz.stepping.layouts import make_room

from .sources import gated, line, long_sum, network, strange

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(viz.__file__).parent


def importing(name: str) -> set[str]:
    """The files of pictures and pages that import a module."""
    files = [*(ROOT / "pictures").glob("*.py"), *(ROOT / "stepping").glob("*.py")]
    found = set()
    for file in files:
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            if name in (each.partition(".")[0] for each in names):
                found.add(f"{file.parent.name}/{file.name}")
    return found


def test_one_module_writes_dot_and_one_reads_what_graphviz_drew() -> None:
    assert importing("graphviz") == {"pictures/dot.py", "pictures/render.py"}  # the latter runs it
    assert importing("xml") == set()
    assert importing("re") == {
        "pictures/geometry.py",
        "pictures/layout.py",  # words in a note
        "pictures/template.py",
        "pictures/labels.py",  # indices in labels
        "pictures/text.py",
        "pictures/vectors.py",  # likewise
        "stepping/formulas.py",  # tags in a formula
    }


@pytest.mark.parametrize(
    ("make", "again"),
    [
        (lambda: line()[0], []),
        # What is too large for a window folds: its layers are found from the same order.
        (lambda: network(40, 1), ["compose", "groups_of", "heights_of", "parameters_of"]),
    ],
)
def test_a_page_plans_its_graph_once(
    make: Callable[[], Value], again: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []

    def count(module: Any, name: str) -> None:
        real = getattr(module, name)

        def counted(*arguments: Any, **options: Any) -> Any:
            calls.append(name)
            return real(*arguments, **options)

        monkeypatch.setattr(module, name, counted)

    for module in (plan, recording):
        count(module, "order_as_written")
    for name in ("groups_of", "heights_of", "parameters_of"):
        count(plan, name)
    count(view, "plan_picture")
    count(boxes, "compose")
    loss = make()
    step_through(loss)
    once = ["order_as_written", "groups_of", "heights_of", "parameters_of", "plan_picture"]
    assert sorted(calls) == sorted([*once, "compose", *again])


SCENES: dict[str, Callable[[], Scene]] = {
    "line": lambda: graph(line()[0]),
    "strange": lambda: graph(*strange()),
    "long sum": lambda: graph(long_sum()),
    "network": lambda: graph(network(3, 2, 1), detail="neuron"),
    "abridged": lambda: graph(network(60, 60, 1), detail="scalar"),
    "gate": lambda: graph(gated()),
    "module": lambda: compose_module(nn.MLP(2, [3, 1], seed=0)),
}


def graph(*roots: Value, detail: str = "auto") -> Scene:
    return compose_levels(*roots, detail=detail, digits=4, derivatives=True)[0]


@pytest.mark.parametrize("direction", ["LR", "TB"])
@pytest.mark.parametrize("name", SCENES)
def test_everything_in_a_scene_is_drawn_once_and_nothing_else(name: str, direction: str) -> None:
    scene = SCENES[name]()
    circles = [box.operation for box in scene.boxes if box.operation]
    cuts = [each for each in scene.lines if isinstance(each, Cut)]
    lines = [each for each in scene.lines if isinstance(each, Line)]
    ends = [(each.tail, each.head) for each in lines]
    expected = [
        *(box.name for box in scene.boxes),
        *(circle.name for circle in circles),
        *(constant.name for circle in circles for constant in circle.constants),
        *(frame.name for frame in scene.frames),
        *(each.name for each in cuts),
        *(f"{each.name}->{each.head}" for each in cuts),
        *(f"{tail}->{head}" for tail, head in ends),
        *(["inputs", "outputs"] if name == "module" else []),
    ]
    drawn = [
        # The sides of the boxes at which a line begins and ends are Graphviz's.
        "->".join(end.partition(":")[0] for end in part.name.split("->"))
        for part in lay_out(write_dot(scene, direction)).parts
    ]
    assert sorted(drawn) == sorted(expected)
    assert len({each.name for each in lines}) == len(lines)


def test_a_line_says_which_operands_it_stands_for() -> None:
    x = Value(2.0, "x")
    shared, apart = x + x, x * 3.0
    lines = [each for each in graph(shared, apart).lines if isinstance(each, Line)]
    found = [(each.tail, each.nth, each.operands) for each in lines if each.operands]
    assert found == [("v0", 0, (0,)), ("v0", 1, (1,)), ("v0", 0, (0,)), ("v2_c0", 0, (1,))]


def test_a_page_has_room_for_other_texts_than_its_scene_shows() -> None:
    scene = graph(line()[0])
    narrow, wide = (
        lay_out(write_dot(make_room(scene, room)))
        for room in ({}, {("v0", "data"): "−1.234567890123e−100"})
    )
    assert wide.width > narrow.width + 50
    before, after = (drawing.extents["v0"] for drawing in (narrow, wide))
    assert after.right - after.left > before.right - before.left + 50


def test_the_size_of_a_picture_is_that_of_its_svg() -> None:
    drawn = draw(line()[0])
    width, height = drawn.size
    assert f'width="{width:g}pt" height="{height:g}pt"' in drawn.svg


def test_a_picture_is_of_the_time_when_it_was_drawn() -> None:
    loss, (w, _) = line()
    drawn = draw(loss)
    w.data = 0.876543
    assert "0.8765" not in drawn.source


@pytest.mark.parametrize(("roots", "said"), [(1, "1 box;"), (2, "2 boxes;")])
def test_the_repr_counts_boxes(roots: int, said: str) -> None:
    assert said in repr(draw([Value(1.0) for _ in range(roots)]))
