"""A picture is laid out for the width of its place."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest

import nn
from autograd import Value, softmax, total
from viz import Picture, draw, draw_update
from viz.pictures.dot import write_dot
from viz.pictures.draw import compose_levels
from viz.pictures.layout import CELL, Place, choose_layout, wrap_notes
from viz.pictures.render import lay_out
from viz.pictures.shape import Shape
from viz.pictures.text import text_width

from .overlaps import overlaps
from .reading import seen

if TYPE_CHECKING:
    from viz.pictures.geometry import Drawing
    from viz.pictures.scene import Scene


def products(count: int) -> Value:
    """A sum of products, which is as wide as it has terms."""
    terms = [
        Value(1.0 + i, f"w{i}", role="parameter") * Value(2.0, f"x{i}", role="input")
        for i in range(count)
    ]
    loss = total(terms)
    loss.label = "L"
    loss.backward()
    return loss


def chain(length: int) -> Value:
    y = Value(1.0, "x")
    for _ in range(length):
        y = y.tanh()
    return y


def model_loss() -> Value:
    loss: Value = nn.MLP(2, [4, 4, 1], seed=0)([Value(1.0, "x1"), Value(2.0, "x2")]) ** 2
    loss.backward()
    return loss


def text(picture: Picture, width: float) -> float:
    """The size of the smallest text in a place of that width, in pixels."""
    shown = min(width, picture.size[0] * 4 / 3)
    sizes = [float(part.partition('"')[0]) for part in picture.svg.split('font-size="')[1:]]
    return min(sizes) * shown / picture.size[0]


def flow(picture: Picture) -> str:
    return "down" if "rankdir=TB" in picture.source else "sideways"


@pytest.mark.parametrize("width", [390, 640, 948, 1300])
@pytest.mark.parametrize("make", [lambda: products(6), lambda: chain(30), model_loss])
def test_a_picture_fits_its_place_and_can_be_read_there(make: Any, width: int) -> None:
    assert text(draw(make(), width=width), width) >= 11.0


def test_a_picture_runs_sideways_if_there_is_room_and_downwards_if_not() -> None:
    assert [flow(draw(products(2), width=width)) for width in (2000, 390)] == ["sideways", "down"]
    tall, wide = chain(8), products(12)
    assert flow(draw(tall, detail="scalar")) == "down"
    assert flow(draw(wide)) == "sideways"


def side_inputs(count: int) -> Value:
    y = Value(0.1, "h", role="input")
    for i in range(count):
        y = (y * Value(0.5, f"w{i}", role="parameter")).tanh()
    y.label = "L"
    y.backward()
    return y


def shared(count: int) -> Value:
    """A recurrence: one parameter is used in each step."""
    w, y = Value(0.5, "w", role="parameter"), Value(0.1, "h", role="input")
    for _ in range(count):
        y = (w * y).tanh()
    y.label = "L"
    y.backward()
    return y


def long_chain(count: int) -> Value:
    y = Value(1.0, "x", role="input")
    for i in range(count):
        y = y * 1.01 if i % 2 else y + 0.1
    y.label = "L"
    y.backward()
    return y


@pytest.mark.parametrize("width", [948, 1300])
@pytest.mark.parametrize("make", [lambda: long_chain(50), lambda: shared(15), lambda: chain(40)])
def test_a_long_chain_is_drawn_in_lines_and_takes_two_screens_at_most(
    make: Any, width: int
) -> None:
    drawn = draw(make(), width=width)
    assert text(drawn, width) >= 11.0
    assert drawn.size[1] * 4 / 3 < 1800
    assert not overlaps(drawn)


def test_the_lines_of_a_chain_run_to_the_right_and_back() -> None:
    found = seen(draw(long_chain(50), detail="scalar"))
    boxes = sorted(found.boxes, key=lambda box: int(box.name[1:]))
    (first, *_), places = boxes, [(b.frame.top + b.frame.bottom) / 2 for b in boxes]
    assert places == pytest.approx(sorted(places), abs=12.0)
    count = next(i for i, box in enumerate(boxes) if box.frame.top > first.frame.bottom)
    assert count >= 3
    for start in range(0, len(boxes) - count, count):
        lefts = [box.frame.left for box in boxes[start : start + count]]
        assert lefts == sorted(lefts, reverse=bool(start // count % 2))
        turn, below = boxes[start + count - 1].frame, boxes[start + count].frame
        assert turn.left < below.right and below.left < turn.right


@pytest.mark.parametrize("width", [948, 1300])
def test_inputs_stand_beside_the_steps_of_a_chain(width: int) -> None:
    drawn = draw(side_inputs(12), width=width, detail="scalar")
    assert drawn.size[1] * 4 / 3 < 2600 and not overlaps(drawn)
    found = seen(drawn)
    for i in range(1, 12):
        w = found.box(f"w{i}")
        (edge,) = (edge for edge in found.edges if edge.tail == w.name)
        circle = found.nodes[edge.head]
        assert abs(circle.frame.top - w.frame.top) < 120.0


def test_a_phone_shows_a_chain_from_top_to_bottom() -> None:
    assert flow(draw(long_chain(20), width=390)) == "down"


def loop(steps: int) -> list[Value]:
    """The results of the steps of a loop that uses its weights in each, and a labelled input."""
    w, u, b, h = Value(0.5, "w"), Value(0.3, "u"), Value(0.1, "b"), Value(0.0, "h")
    results = []
    for i in range(steps):
        h = (w * h + u * Value(i / 10, f"x{i}") + b).tanh()
        results.append(h)
    return results


def test_a_loop_with_labelled_inputs_is_folded_without_a_layout_from_top_to_bottom_first() -> None:
    measured = []

    def measure(source: str) -> Drawing:
        measured.append(source)
        return lay_out(source)

    scenes = compose_levels(loop(20)[-1], detail="auto", digits=4)
    chosen = choose_layout(scenes, "auto", CELL, measure)
    assert len(list(scenes[0].boxes)) > 2 * len(list(chosen.scene.boxes))
    steps = [source for source in measured if "rankdir=TB" in source and source.count("tanh") > 5]
    assert steps == []  # 6,500 pixels tall, and three lines pass all of it


def test_lines_that_make_many_detours_are_drawn_straight_if_there_is_nothing_coarser() -> None:
    straight = [
        "splines=line" in draw(loop(steps)[-1], detail="scalar").source for steps in (10, 20)
    ]
    assert straight == [False, True]


def test_what_is_too_wide_in_both_directions_is_spread_over_more_rows() -> None:
    loss = total([products(3) * products(3) for _ in range(2)])
    tops = [
        {box.frame.top for box in seen(draw(loss, direction=way, width=640)).boxes}
        for way in ("auto", "TB")
    ]
    assert len(tops[0]) > len(tops[1])
    assert text(draw(loss, width=640), 640) >= 11.0


def test_a_direction_that_is_asked_for_is_kept() -> None:
    for direction in ("LR", "TB", "RL", "BT"):
        assert f"rankdir={direction}" in draw(products(4), direction=direction, width=390).source


def test_a_narrow_place_gets_a_coarser_picture_and_one_detail_is_kept() -> None:
    loss = model_loss()
    boxes = [len(seen(draw(loss, width=width)).boxes) for width in (390, 948, 20_000)]
    assert boxes == sorted(boxes) and boxes[0] < boxes[-1]
    for width in (390, 20_000):
        assert len(seen(draw(loss, detail="neuron", width=width)).boxes) == 12


def test_derivatives_are_left_out_where_lines_have_no_room_for_them() -> None:
    a = [Value(0.123456 + i, f"cat{i}") for i in range(3)]
    cosine = total([x * x for x in a]) / total([x * x * 0.123 for x in a]).sqrt()
    cosine.backward()
    wide, narrow = (draw(cosine, derivatives=True, digits=6, width=w) for w in (4000, 390))
    said = "the local derivatives are left out: there is no room for them here"
    assert "∂" in wide.source and said not in seen(wide).below
    assert "∂" not in narrow.source and said in seen(narrow).below


def tangle(columns: int, rows: int) -> Value:
    """A loss of values that are each made of several others, no two in the same way."""
    rng = random.Random(0)
    row = [Value(rng.random(), role="parameter") for _ in range(columns)]
    for _ in range(rows):
        kinds = [Value.tanh, Value.exp, Value.sin, Value.cos, Value.sigmoid, Value.softplus]
        row = [
            rng.choice(kinds)(total(rng.sample(row, 2)) * rng.choice(row) - rng.choice(row))
            for _ in row
        ]
    return total(row)


@pytest.mark.slow
@pytest.mark.parametrize("width", [390, 820, 948, 1300])
def test_what_is_abridged_keeps_as_few_boxes_as_its_place_needs(width: int) -> None:
    loss = tangle(12, 12)
    loss.backward()
    picture = draw(loss, width=width)
    assert any("abridged" in note for note in picture._scenes[0].notes)
    assert text(picture, width) >= 11.0
    assert not overlaps(picture)


def test_notes_wrap_and_make_no_picture_wider() -> None:
    loss = products(2)
    bare = draw(loss, legend=False, width=2000)
    noted = draw(loss, title="a title of many words " * 5, width=2000)
    assert noted.size[0] == bare.size[0]
    title, legend, *_ = seen(noted).below
    assert title == " ".join(["a title of many words"] * 5)
    assert legend.startswith("▲ L rises")


def test_a_note_is_broken_between_words() -> None:
    lines = wrap_notes(["one two three", "", "incomprehensibilities"], text_width("one two ", 10))
    assert lines == ("one two ", "three", "", "incomprehensibilities")


def test_the_same_graph_is_laid_out_in_the_same_way() -> None:
    one, other = (draw(model_loss(), width=700) for _ in range(2))
    assert one.svg == other.svg and one.source == other.source


def test_a_module_and_an_update_take_a_width_too() -> None:
    model = nn.MLP(8, [8, 8, 8, 8, 8, 1], seed=0)
    assert text(draw(model, width=500), 500) >= 11.0
    before = products(3)
    drawn = draw_update(before, products(3), width=400)
    assert all(text(each, 400) >= 11.0 for each in (drawn.before, drawn.after))


@pytest.mark.slow
def test_a_large_graph_is_laid_out_once() -> None:
    drawn: list[str] = []

    def measure(source: str) -> Drawing:
        drawn.append(source)
        return lay_out(source)

    scenes = draw(products(60), detail="scalar")._scenes
    choose_layout(scenes, "auto", CELL, measure)
    assert len(drawn) == 1


@pytest.mark.parametrize(
    ("width", "error", "said"),
    [
        ("wide", TypeError, "expected width to be a number of pixels, got str: 'wide'"),
        (True, TypeError, "expected width to be a number of pixels, got bool: True"),
        (0, ValueError, "expected width to be at least 200 pixels, got 0. Leave it out"),
        (-948, ValueError, "expected width to be at least 200 pixels, got -948"),
        (float("nan"), ValueError, "expected width to be at least 200 pixels, got nan"),
        (float("inf"), ValueError, "expected width to be at least 200 pixels, got inf"),
    ],
)
def test_what_is_no_width_is_refused(width: Any, error: type[Exception], said: str) -> None:
    x = Value(1.0)
    for refuse in (lambda: draw(x, width=width), lambda: draw_update(x, x, width=width)):
        with pytest.raises(error, match=said.replace("(", r"\(")):
            refuse()


def framed_scenes() -> list[Scene]:
    """A network at all its levels: in the finest, frames of neurons stand side by side."""
    loss: Value = nn.MLP(2, [3, 1], seed=0)([Value(1.0, "x1"), Value(2.0, "x2")]) ** 2
    return compose_levels(loss, detail="auto", digits=4)


@pytest.mark.parametrize("limit", [300.0, 600.0, 900.0])
def test_the_width_of_short_rows_is_known_before_they_are_drawn(limit: float) -> None:
    for scene in framed_scenes():
        shape = Shape(scene)
        drawing = lay_out(write_dot(scene, "TB", rows=shape.rows(limit)))
        assert shape.framed(limit) == pytest.approx(drawing.inside, rel=0.2)


@pytest.mark.parametrize("width", [500, 715])
def test_rows_that_frames_make_far_too_wide_are_not_drawn(width: int) -> None:
    widths: list[float] = []

    def measure(source: str) -> Drawing:
        drawing = lay_out(source)
        widths.append(drawing.width)
        return drawing

    place = Place(width)
    layout = choose_layout(framed_scenes(), "auto", place, measure)
    assert layout.drawing.width in widths
    assert max(widths) < 1.5 * width / place.smallest * 12.0


@pytest.mark.parametrize("width", range(150, 420, 15))
def test_no_word_of_a_note_stands_alone(width: int) -> None:
    note = "▲ L rises when this value rises, ▼ it falls; to lower L, move a parameter the other way"
    lines = wrap_notes([note], width)
    assert "".join(lines) == note
    assert all(text_width(line.rstrip(), 10.0) <= width for line in lines)
    assert len(lines[-1].split()) > 1


def test_branches_side_by_side_run_on_downwards_and_do_not_turn_back() -> None:
    results = softmax([Value(float(i), f"x{i}", role="input") for i in (1, 2, 3)])
    picture = draw(results, detail="scalar", derivatives=True)
    found = seen(picture.placed(Place(1170, tallest=1344, long=700)))
    above = max(box.frame.bottom for box in found.of("interior"))
    assert all(box.frame.top > above for box in found.of("output"))
