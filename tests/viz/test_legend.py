"""The legend explains the signs that a picture shows, and no others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import nn
from autograd import Value
from viz import draw, draw_update
from viz.pictures.scene import Cut

from .graphs import GRAPHS, made
from .test_loops import labelled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from viz.pictures.scene import Scene


def signs(scene: Scene) -> set[str]:
    """The signs that a scene shows."""
    fields = [field for box in scene.boxes for field in box.fields]
    lines = [line for line in scene.lines if not isinstance(line, Cut)]
    shown = {field.marks[0] for field in fields if field.marks}
    shown |= {"■■■■■" for field in fields if "■" in field.marks}
    shown |= {"thickest lines" for line in lines if line.flow}
    shown |= {"∂" for line in lines if line.local}
    borders = {box.origin for box in scene.boxes}
    return shown | {"begins here"} & {f"{b} here" for b in borders} | {"spread"} & borders


def explained(*notes: str) -> set[str]:
    """The signs that notes explain."""
    every = ("▲", "▼", "■■■■■", "thickest lines", "∂", "begins here", "spread")
    text = "".join(notes)  # a line that goes on ends with a space
    return {sign for sign in every if sign in text}


def check(scene: Scene, *beside: str) -> None:
    assert explained(*scene.notes, *beside) >= signs(scene)
    assert explained(*scene.notes) <= signs(scene)
    for inside in scene.insides().values():
        shown = signs(inside.scene)
        assert explained(*scene.notes, *inside.scene.notes) >= shown
        assert explained(*inside.scene.notes) <= shown


@pytest.mark.parametrize("derivatives", [False, True])
@pytest.mark.parametrize("name", GRAPHS)
def test_the_legend_explains_what_is_shown(name: str, derivatives: bool) -> None:
    for width in (390, 948):
        check(draw(made(name), derivatives=derivatives, width=width)._scene)


def steep() -> Iterator[Value]:
    """Graphs that show few signs."""
    yield labelled(30)
    yield Value(0.0, "x", role="parameter") / Value(0.0, "y") + 1.0
    yield Value(0.0, "x", role="parameter").sqrt() * 3.0
    yield (Value(1.0, "w", role="parameter") - 1.0) ** 2  # at the minimum
    yield Value(2.0, "x") * 3.0
    yield -Value(2.0, "w", role="parameter")
    yield sum((Value(0.1 * i, f"x{i}") * i for i in range(200)), Value(0.0))
    yield nn.MLP(2, [4, 1], seed=0)([1.0, 2.0])


@pytest.mark.parametrize("i", range(len(list(steep()))))
def test_the_legend_explains_no_more_than_that(i: int) -> None:
    root = list(steep())[i]
    root.backward()
    check(draw(root)._scene)


def test_only_arrows_that_are_drawn_are_explained() -> None:
    loss = (Value(1.0, "w", role="parameter") - 3.0) ** 2
    loss.label = "L"
    loss.backward()
    (arrows, *_) = draw(loss)._scene.notes
    assert arrows == ("▼ L falls when this value rises; to lower L, move a parameter the other way")


def test_a_picture_before_an_update_explains_what_the_one_after_it_does_not() -> None:
    w = Value(3.0, "w", role="parameter")
    before = (w - 1.0) ** 2
    w.data = 1.0  # the minimum: no marks
    pair = draw_update(before, (w - 1.0) ** 2)
    check(pair.before._scene)
    assert "▲" in " ".join(pair.before._scene.notes)
    assert "▲" not in " ".join(pair.after._scene.notes)


def test_a_pair_of_pictures_has_one_legend() -> None:
    w = Value(3.0, "w", role="parameter")
    before = (w - 1.0) ** 2
    w.data = 2.0
    pair = draw_update(before, (w - 1.0) ** 2)
    assert not explained(*pair.before._scene.notes)
    check(pair.before._scene, *pair.after._scene.notes)
