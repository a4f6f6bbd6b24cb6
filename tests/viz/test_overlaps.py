"""No line runs through a text or a box, and no text lies on another."""

from __future__ import annotations

from dataclasses import replace

import pytest

import nn
from autograd import Value
from viz import Picture, draw
from viz.course.gallery import PAGE, PHONE, WIDE
from viz.pictures.clearance import place_texts
from viz.pictures.geometry import Drawing, Part
from viz.pictures.render import lay_out
from viz.pictures.svg import write_svg

from .built import NAMES, built
from .graphs import GRAPHS, drawn
from .overlaps import overlaps
from .reading import seen


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_nothing_lies_on_anything_else_in_the_pictures_of_a_lesson(name: str) -> None:
    for scene in built(name).scenes:
        for where in (PAGE, PHONE, WIDE):
            assert not overlaps(scene.picture.placed(where)), (scene.name, where)


@pytest.mark.slow
@pytest.mark.parametrize("width", [390, 820, 948, 1300])
@pytest.mark.parametrize("name", GRAPHS)
def test_nothing_lies_on_anything_else_in_a_graph(name: str, width: int) -> None:
    for derivatives in (False, True):
        assert not overlaps(drawn(name, width, derivatives=derivatives))


def written(picture: Picture, drawing: Drawing) -> str:
    return str(write_svg(picture._scene, drawing, "p", picture.words))


def misplaced(picture: Picture, name: str, onto: str) -> Drawing:
    """The drawing of a picture with the text of one part moved to the middle of a line."""
    drawing = lay_out(picture.source)
    (line,) = (part for part in drawing.parts if part.name == onto)
    x, y = line.curves[0][len(line.curves[0]) // 2]
    parts = list(drawing.parts)
    for i, part in enumerate(parts):
        if part.name == name:
            ((_, extent),) = part.words
            parts[i] = part.move_text(x - extent.left - 2.0, y - extent.top - 3.0)
    return replace(drawing, parts=parts)


def test_a_label_is_moved_along_its_line_out_of_the_way() -> None:
    w = Value(2.0, "w")
    picture = draw((w * 3.0 + w).tanh(), derivatives=True)
    drawing = misplaced(picture, "v0->v1_op", "v0->v1_op")
    before, after = written(picture, drawing), written(picture, place_texts(drawing))
    assert overlaps(before) and not overlaps(after)


def test_the_title_of_a_frame_is_moved_along_its_top() -> None:
    picture = draw(nn.Neuron(2, seed=0)([Value(1.0, "x1"), Value(2.0, "x2")]), detail="scalar")
    drawing = lay_out(picture.source)
    (frame,) = (part for part in drawing.parts if part.is_frame)
    ((_, title),) = frame.words
    x, y = title.left + 6.0, title.top
    line = f"M{x},{y - 30}C{x},{y} {x},{y} {x},{y + 40}"
    crossing = Part("edge99", "v0->v9", f'<g><path fill="none" stroke="#000" d="{line}"/></g>')
    placed = place_texts(replace(drawing, parts=[*drawing.parts, crossing]))
    (frame,) = (part for part in placed.parts if part.is_frame)
    ((words, moved),) = frame.words
    assert words == "Neuron"
    assert x < moved.left < moved.right < frame.extent.right and moved.top == title.top


def test_a_label_that_is_in_nobodys_way_stays_where_graphviz_put_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    w = Value(2.0, "w")
    svg = draw(w * 3.0 + w, derivatives=True).svg
    monkeypatch.setattr("viz.pictures.render.place_texts", lambda drawing: drawing)
    assert draw(w * 3.0 + w, derivatives=True).svg == svg
    assert len(seen(draw(w * 3.0 + w, derivatives=True)).edges) > 3
