"""`draw_update`: a computation before and after an update, and what changed."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING, Any

import pytest

import nn
from autograd import Value
from viz import UpdatePicture, draw, draw_update

from .labels import TRIED
from .reading import seen

if TYPE_CHECKING:
    from pathlib import Path


class Line:
    """Worked examples 2 to 4: ``½(w·x + b − y_true)²``."""

    def __init__(self, label: str = "w") -> None:
        self.w = Value(0.5, label, role="parameter")
        self.b = Value(1.0, "b", role="parameter")
        self.x = Value(2.0, "x", role="input")

    def loss(self) -> Value:
        y_pred = self.w * self.x + self.b
        y_pred.label = "y_pred"
        loss = 0.5 * (y_pred - 3.0) ** 2
        loss.label = "L"
        return loss


def updated(*names: str) -> tuple[Line, Value, Value]:
    line = Line()
    before = line.loss()
    before.backward()
    nn.SGD([getattr(line, name) for name in names], lr=0.1).step()
    return line, before, line.loss()


def test_each_picture_has_the_data_its_graph_was_recorded_with() -> None:
    _, before, after = updated("w", "b")
    drawn = draw_update(before, after)
    assert [seen(drawn.before).box(name).data for name in ("w", "b", "L")] == ["0.5", "1", "0.5"]
    assert [seen(drawn.after).box(name).data for name in ("w", "b", "L")] == [
        "0.5 → 0.7", "1 → 1.1", "0.5 → 0.125",
    ]  # fmt: skip


def test_what_the_update_left_alone_is_written_as_ever() -> None:
    _, before, after = updated("w")
    found = seen(draw_update(before, after).after)
    assert (found.box("b").data, found.box("x").data) == ("1", "2")
    assert found.box("y_pred").data == "2 → 2.4"


def test_the_leaves_that_moved_are_ringed_in_both_pictures_and_no_other() -> None:
    _, before, after = updated("w")
    drawn = draw_update(before, after)
    for picture in (drawn.before, drawn.after):
        assert [b.heading for b in seen(picture).boxes if b.marked] == ["w · parameter"]


def test_two_graphs_of_their_own_leaves_compare_too() -> None:
    first, second = Line(), Line()
    second.w.data = 0.7
    drawn = draw_update(first.loss(), second.loss())
    assert seen(drawn.after).box("w").data == "0.5 → 0.7"


def test_gradients_are_of_each_result_by_itself_and_nothing_is_written() -> None:
    line, before, after = updated("w")
    held = [(v.data, v.grad) for v in (line.w, line.b, line.x, before, after)]
    drawn = draw_update(before, after)
    assert drawn.svg and drawn._repr_mimebundle_()
    assert [(v.data, v.grad) for v in (line.w, line.b, line.x, before, after)] == held
    assert seen(drawn.before).box("w").grad.startswith("−2 ")
    assert seen(drawn.after).box("w").grad.startswith("−1.2 ")


def test_squares_of_both_pictures_have_one_scale_and_the_key_says_so() -> None:
    _, before, after = updated("w")
    drawn = draw_update(before, after)
    assert seen(drawn.before).box("w").grad == "−2  ▼■■■■■"
    assert seen(drawn.after).box("w").grad == "−1.2  ▼■■■□□"
    assert seen(drawn.after).below[1:] == [
        "▲ L rises when this value rises, ▼ it falls; to lower L, move a parameter the other way",
        "■■■■■ and the thickest lines: a gradient of 2 or more in each of these pictures",
    ]


def test_an_update_lowers_its_result_whatever_that_is_called() -> None:
    w = Value(0.5, "w", role="parameter")
    before = w * 3.0
    w.data = 0.2
    (says, *_) = seen(draw_update(before, w * 3.0).after).below[1:]
    assert says.endswith("to lower the result, move a parameter the other way")


def test_a_sequence_has_one_scale_and_the_numbers_of_its_time() -> None:
    w = Value(2.0, "w", role="parameter")
    losses = []
    for _ in range(3):
        loss = w**2
        w.zero_grad()
        loss.backward()
        losses.append(loss)
        w.data -= 0.25 * w.grad
    found = [seen(draw(each, sequence=losses)).box("w") for each in losses]
    assert [(b.data, b.grad) for b in found] == [
        ("2", "4  ▲■■■■■"), ("1", "2  ▲■■□□□"), ("0.5", "1  ▲■□□□□"),
    ]  # fmt: skip


def test_a_change_below_the_last_digit_is_written_with_more_digits() -> None:
    line = Line()
    before = line.loss()
    line.w.data = 0.5 + 1e-9
    found = seen(draw_update(before, line.loss()).after)
    assert found.box("w").data == "0.5 → 0.500000001"


def test_what_an_update_makes_negligible_reads_as_zero() -> None:
    a = Value(0.5, "a", role="parameter")
    before = a + 0.2 - 0.3
    a.data = 0.1
    found = seen(draw_update(before, a + 0.2 - 0.3).after)
    assert found.of("output")[0].data == "0.4 → ≈ 0"


def test_the_pictures_say_which_is_which_and_what_the_marks_mean() -> None:
    _, before, after = updated("w")
    drawn = draw_update(before, after, title="One update")
    assert seen(drawn.before).below == ["One update: before the update: L = 0.5"]
    assert seen(drawn.after).below[0] == (
        "One update: after the update: L = 0.18; thick rings: changed by the update"
    )


def test_nothing_changed_is_said_and_nothing_is_marked() -> None:
    line = Line()
    drawn = draw_update(line.loss(), line.loss())
    assert seen(drawn.after).below[0].endswith("nothing changed")
    assert "→" not in drawn.after.source.replace("->", "")
    assert not any(b.marked for b in seen(drawn.after).boxes)


def test_a_nan_that_stays_has_not_changed() -> None:
    x = Value(float("nan"), "x")
    found = seen(draw_update(x * 2.0, x * 2.0).after)
    assert found.box("x").data == "nan" and not found.box("x").marked


def test_modules_drawn_as_boxes_are_ringed_where_their_parameters_moved() -> None:
    model = nn.MLP(2, [2, 1], seed=0)
    before = model([1.0, 2.0])
    model.layers[1].neurons[0].b.data += 1.0
    found = seen(draw_update(before, model([1.0, 2.0]), detail="neuron").after)
    (ringed,) = (b for b in found.boxes if b.marked)
    assert ringed.heading.startswith("layers.1.neurons.0")
    assert "→" in ringed.data


def test_both_pictures_stand_in_one_svg_and_do_not_overlap() -> None:
    _, before, after = updated("w")
    for place, beside in ((500, False), (3200, True)):
        root = ET.fromstring(draw_update(before, after, width=place).svg)
        parts = root.findall("{http://www.w3.org/2000/svg}svg")
        corners = [(float(p.get("x", "")), float(p.get("y", ""))) for p in parts]
        sizes = [(float(p.get("width", "")), float(p.get("height", ""))) for p in parts]
        assert corners[0] == (0.0, 0.0)
        assert (corners[1][0] > sizes[0][0]) is beside
        assert (corners[1][1] > sizes[0][1]) is not beside
        whole = [float(n) for n in root.get("viewBox", "").split()]
        for (x, y), (width, height) in zip(corners, sizes, strict=True):
            assert x + width <= whole[2] and y + height <= whole[3]


def test_it_saves_both_as_svg_and_says_how_to_save_other_formats(tmp_path: Path) -> None:
    _, before, after = updated("w")
    drawn = draw_update(before, after)
    assert isinstance(drawn, UpdatePicture)
    path = drawn.save(tmp_path / "update.svg")
    assert path.read_text(encoding="utf-8") == drawn.viewer
    with pytest.raises(ValueError, match=r"that ends in \.svg, got 'update.png'\. For other"):
        drawn.save(tmp_path / "update.png")
    with pytest.raises(OSError, match="cannot write the picture"):
        drawn.save(tmp_path / "missing" / "update.svg")


def test_jupyter_is_given_both_with_their_words_and_lets_them_wrap() -> None:
    _, before, after = updated("w")
    drawn = draw_update(before, after)
    bundle = drawn._repr_mimebundle_()
    html = bundle["text/html"]
    assert html.count('role="img"') == 2 and "flex-wrap: wrap" in html
    assert html.index("<b>before</b>") < html.index("<b>after</b>")
    assert html == drawn._repr_html_()
    assert bundle["text/plain"] == repr(drawn)
    assert drawn._repr_mimebundle_(include={"image/svg+xml"})["image/svg+xml"] == drawn.svg


@pytest.mark.slow
@pytest.mark.thorough
@pytest.mark.parametrize("label", TRIED.values(), ids=TRIED)
def test_hard_labels_make_no_trouble(label: str) -> None:
    line = Line(label)
    before = line.loss()
    line.w.data = 0.7
    drawn = draw_update(before, line.loss(), title=label)
    assert seen(drawn.before) and seen(drawn.after)
    ET.fromstring(drawn.svg)
    assert "<script" not in drawn._repr_mimebundle_()["text/html"]


def test_graphs_of_different_shapes_are_refused_with_what_differs() -> None:
    x = Value(2.0, "x")
    with pytest.raises(ValueError, match=r"same computation, got different ones .* 2 values.* 3"):
        draw_update(x.exp(), x.exp().log())
    with pytest.raises(ValueError, match=r"made by 'exp' in loss 0 and made by 'log' in loss 1"):
        draw_update(x.exp(), x.log())


@pytest.mark.parametrize("wrong", [0.5, None, "L", [Value(1.0)]])
def test_what_is_no_value_is_refused_by_its_place(wrong: Any) -> None:
    name = re.escape(type(wrong).__name__)
    with pytest.raises(TypeError, match=f"expected before to be a Value, .*, got {name}"):
        draw_update(wrong, Value(1.0))
    with pytest.raises(TypeError, match=f"expected after to be a Value, .*, got {name}"):
        draw_update(Value(1.0), wrong)


def test_options_are_checked_as_those_of_draw() -> None:
    with pytest.raises(ValueError, match=r"expected direction to be one of .*, got 'left'"):
        draw_update(Value(1.0), Value(1.0), direction="left")
