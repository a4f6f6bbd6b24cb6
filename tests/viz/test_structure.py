"""`draw(module)`: what a model is made of, before it has computed anything."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

import nn
from autograd import Value
from viz import draw
from viz.pictures.structure import compose_module

from .labels import HARD
from .overlaps import overlaps
from .reading import Seen, seen

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from viz.pictures.scene import Inside


class Speaker(nn.Module):
    """A module of one's own, with a parameter of its own."""

    def __init__(self) -> None:
        self.embed = nn.Embedding(["cat", "dog"], 3, seed=0)
        self.net = nn.MLP(3, [4, 2], seed=0)
        self.scale = Value(1.0, "scale", role="parameter")


def lines(found: Seen, heading: str) -> list[str]:
    return found.box(heading).lines[1:]


def test_a_neuron_is_a_box_with_its_settings_and_parameters() -> None:
    found = seen(draw(nn.Neuron(2, "tanh", seed=0)))
    (box,) = found.boxes
    assert box.lines == [
        "Neuron", "activation: tanh", "w: 2 numbers", "b: 1 number", "3 parameters",
    ]  # fmt: skip


def test_an_embedding_tells_its_words_and_shape() -> None:
    (box,) = seen(draw(nn.Embedding(["cat", "dog"], 3, seed=0))).boxes
    assert box.lines == ["Embedding", "words: cat, dog", "rows: 2 × 3 numbers", "6 parameters"]


def test_modules_around_others_are_frames_with_their_parameters_counted() -> None:
    found = seen(draw(nn.MLP(2, [3, 1], seed=0)))
    assert {c.title for c in found.clusters} == {
        "MLP · activation: relu · 13 parameters",
        "layers.0 · Layer · 9 parameters",
        "layers.1 · Layer · 4 parameters",
    }
    inside = found.inside("layers.0 · Layer · 9 parameters")
    assert sorted(b.heading for b in inside) == [f"neurons.{i} · Neuron" for i in range(3)]


def test_arrows_lead_from_the_inputs_through_each_layer_to_the_outputs() -> None:
    found = seen(draw(nn.MLP(2, [3, 2, 1], seed=0)))
    assert len(found.edges) == 3 + 3 * 2 + 2 * 1 + 1 + 2 * 1 - 2  # all to all, in and out
    assert sum(e.tail == "inputs" for e in found.edges) == 3
    assert sum(e.head == "outputs" for e in found.edges) == 1


def test_a_module_that_does_not_say_what_feeds_what_has_no_arrows_of_its_own() -> None:
    found = seen(draw(Speaker()))
    assert "inputs" not in found.nodes
    assert len(found.edges) == 4 * 2  # those between the layers of the MLP within


@pytest.mark.parametrize("nouts", [[3, 1], [3, 4, 1], [4, 4, 4, 2], [8, 3, 2]])
@pytest.mark.parametrize("direction", ["LR", "TB", "RL", "BT"])
def test_neurons_stand_in_their_order_whatever_the_direction(
    nouts: list[int], direction: str
) -> None:
    found = seen(draw(nn.MLP(2, nouts, seed=0), detail="neuron", direction=direction))
    for cluster in found.clusters:
        if cluster.title.startswith("layers"):
            inside = found.inside(cluster.title)
            inside.sort(key=lambda b: b.frame.top if direction in ("LR", "RL") else b.frame.left)
            headings = [b.heading for b in inside]
            assert headings == [f"neurons.{i} · Neuron" for i in range(len(inside))]


def test_many_alike_are_drawn_as_one() -> None:
    found = seen(draw(nn.MLP(2, [16, 16, 1], seed=0)))
    assert len(found.boxes) == 3
    assert "16 × Neuron" in lines(found, "layers.0")
    assert lines(found, "layers.1")[-1] == "272 parameters"


def test_detail_neuron_draws_each_and_layer_draws_one_box_for_each() -> None:
    model = nn.MLP(2, [16, 16, 1], seed=0)
    assert len(seen(draw(model, detail="neuron")).boxes) == 33
    assert [b.heading for b in seen(draw(model, detail="layer")).boxes if b.kind == "group"] == [
        "layers.0 · Layer", "layers.1 · Layer", "layers.2 · Layer",
    ]  # fmt: skip


def test_detail_scalar_lists_each_parameter_with_its_gradient() -> None:
    model = nn.Neuron(2, "linear", seed=0)
    model.w[0].data, model.w[0].grad = 0.25, -3.0
    (box,) = seen(draw(model, detail="scalar")).boxes
    assert "w1  0.25   grad  −3" in box.lines


def test_what_a_box_holds_is_there_to_open_and_what_is_left_out_is_said() -> None:
    scene = compose_module(nn.Embedding(list("abcdefgh"), 4, seed=0))
    (inside,) = scene.insides().values()
    assert [box.title for box in inside.scene.boxes][:5] == ["a.0", "a.1", "a.2", "a.3", "b.0"]
    assert inside.scene.notes == ("the first 24 of 32",)


def test_only_the_viewer_knows_how_many_boxes_have_no_room_to_open(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model = nn.MLP(2, [4, 3, 2], seed=0)
    assert not compose_module(model, detail="layer").closed
    monkeypatch.setattr("viz.pictures.structure.MOST", 4)
    scene = compose_module(model, detail="layer")
    assert len(scene.insides()) == 1
    assert scene.closed == 2 and not scene.notes
    picture = draw(model, detail="layer")
    assert 'data-closed="2"' in picture.viewer and "data-closed" not in picture.svg


def test_a_fold_says_how_many_of_its_boxes_have_no_room_to_open() -> None:
    scene = compose_module(nn.MLP(20, [60] * 8, seed=0))
    for inside in scene.insides().values():
        closed = sum(1 for _ in inside.scene.boxes) - len(inside.folds)
        assert inside.scene.notes[-1].startswith(f"{closed} boxes cannot be opened")


# ── titles, and narrow places ────────────────────────────────────────────────────────────────


class Block(nn.Module):
    """A block of a transformer."""

    def __init__(self) -> None:
        self.norm1, self.norm2 = nn.LayerNorm(4), nn.LayerNorm(4)
        self.attention = nn.Attention(4, 2, seed=0)
        self.mlp = nn.MLP(4, [8, 4], seed=1)


class Transformer(nn.Module):
    """Some blocks, between an embedding and a layer."""

    def __init__(self) -> None:
        self.embedding = nn.Embedding(5, 4, seed=0)
        self.blocks = [Block() for _ in range(3)]
        self.head = nn.Layer(4, 5, "linear", seed=0)


MODELS: dict[str, Callable[[], nn.Module]] = {
    "mlp": lambda: nn.MLP(2, [4, 4, 1], seed=0),
    "deep": lambda: nn.MLP(3, [4, 3, 4, 2], seed=0),
    "sequential": lambda: nn.Sequential(nn.Layer(2, 4, seed=0), nn.MLP(4, [3, 1], seed=1)),
    "own": Speaker,
    "block": Block,
}


@pytest.mark.parametrize("direction", ["auto", "LR", "TB", "RL", "BT"])
@pytest.mark.parametrize("name", MODELS)
def test_no_line_runs_through_the_title_of_a_frame(name: str, direction: str) -> None:
    for detail in ("auto", "neuron", "layer", "scalar"):
        assert not overlaps(draw(MODELS[name](), detail=detail, direction=direction))


def test_where_lines_enter_a_frame_from_above_its_title_is_at_its_side() -> None:
    found = seen(draw(nn.MLP(2, [4, 4, 1], seed=0), direction="TB"))
    assert "layers.1 Layer 20 parameters" in {cluster.title for cluster in found.clusters}
    assert not found.of("title")


@pytest.mark.parametrize("width", [390, 820, 948, 1300])
@pytest.mark.parametrize("name", MODELS)
def test_a_model_fits_the_place_it_is_drawn_for(name: str, width: int) -> None:
    picture = draw(MODELS[name](), width=width)
    assert not overlaps(picture)
    layout = picture._lay_out()
    scale = min(1.0, width / (layout.drawing.width * 4 / 3))
    assert scale * layout.drawing.smallest * 4 / 3 >= 11.0


def test_where_layers_have_no_room_each_part_of_a_model_is_a_box() -> None:
    picture = draw(Transformer(), width=390)
    boxes = sorted(seen(picture).boxes, key=lambda box: box.frame.top)
    assert [box.heading for box in boxes] == [
        "embedding · Embedding", "blocks.0 · Block", "blocks.1 · Block", "blocks.2 · Block",
        "head · Layer",
    ]  # fmt: skip
    assert len(picture._scene.insides()) == 5, "and they open"
    (note,) = seen(picture).below
    assert note == "drawn by part, to be readable here; detail='neuron' draws every part"


def test_a_model_that_is_drawn_more_coarsely_to_fit_says_so() -> None:
    model = nn.MLP(2, [4, 4, 1], seed=0)
    (note,) = seen(draw(model, width=390)).below
    assert note == "drawn by layer, to be readable here; detail='neuron' draws every part"
    assert not seen(draw(model)).below


def test_numbers_inside_are_those_of_when_it_was_drawn() -> None:
    model = nn.Neuron(2, seed=0)
    scene = compose_module(model)
    model.w[0].data = 7.0
    (inside,) = scene.insides().values()
    assert all(field.text != "7" for box in inside.scene.boxes for field in box.fields)


def test_a_large_model_has_few_boxes_to_open() -> None:
    def count(insides: Mapping[str, Inside]) -> int:
        return sum(sum(1 for _ in i.scene.boxes) + count(i.folds) for i in insides.values())

    assert 200 < count(compose_module(nn.MLP(20, [60] * 8, seed=0)).insides()) <= 300


def test_what_a_module_holds_itself_has_a_box_of_its_own() -> None:
    found = seen(draw(Speaker()))
    assert lines(found, "its own") == ["scale: 1 number", "1 parameter"]


def test_a_model_too_large_to_draw_in_full_is_abridged_and_the_picture_says_so() -> None:
    model = nn.MLP(2, [3000, 1], seed=0)
    found = seen(draw(model, detail="neuron"))
    assert len(found.boxes) == 2
    assert found.below == [
        "abridged: 3,001 boxes are too many to draw; parts that are alike share one"
    ]
    assert any(c.title.endswith("12,001 parameters") for c in found.clusters)


@pytest.mark.slow
def test_a_large_model_is_drawn_quickly() -> None:
    model = nn.MLP(30, [300, 300, 3], seed=0)
    start = time.perf_counter()
    assert len(seen(draw(model, detail="neuron")).boxes) == 603
    assert time.perf_counter() - start < 30.0


def test_drawing_changes_nothing_and_is_the_same_each_time() -> None:
    model = Speaker()
    before = [(path, p.data, p.grad) for path, p in model.named_parameters()]
    assert draw(model).source == draw(model).source
    assert [(path, p.data, p.grad) for path, p in model.named_parameters()] == before


@pytest.mark.parametrize("label", HARD.values(), ids=HARD)
def test_hard_names_make_no_trouble(label: str) -> None:
    words = [label, "dog"]
    model = nn.Embedding(words, 2, seed=0)
    assert seen(draw(model, title=label)).boxes
    assert seen(draw(model, detail="scalar")).boxes


def test_options_are_checked_as_for_a_value() -> None:
    model: Any = nn.Neuron(1, seed=0)
    with pytest.raises(ValueError, match=r"expected detail to be one of .*, got 'parts'"):
        draw(model, detail="parts")


def test_a_class_of_modules_is_no_module() -> None:
    wrong: Any = nn.Neuron
    with pytest.raises(TypeError, match=r"expected a Value, .* or a module to draw, got type"):
        draw(wrong)


# ── in a notebook ────────────────────────────────────────────────────────────────────────────


def test_a_module_shows_itself_in_jupyter_with_its_text() -> None:
    model = nn.MLP(2, [3, 1], seed=0)
    bundle = model._repr_mimebundle_()
    assert bundle["text/plain"] == repr(model)
    assert bundle["text/html"] == draw(model)._repr_html_() == model._repr_html_()


def test_a_module_shows_its_text_when_drawing_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("no ink")

    monkeypatch.setattr("viz.draw", broken)
    model = nn.Neuron(1, seed=0)
    assert model._repr_mimebundle_() == {"text/plain": f"{model!r}\n(no picture: no ink)"}


def test_a_module_may_hold_lists_and_dictionaries_that_hold_themselves() -> None:
    class Knotted(nn.Module):
        def __init__(self) -> None:
            self.w = Value(1.0)
            self.list: list[Any] = [Value(2.0)]
            self.list.extend([self.list] * 50)
            self.dictionary: dict[str, Any] = {}
            self.dictionary["itself"] = self.dictionary
            self.itself = self

    assert "2 parameters" in draw(Knotted()).source


def test_a_list_nested_a_thousand_deep_is_drawn() -> None:
    class Nested(nn.Module):
        def __init__(self) -> None:
            self.inner: Any = Value(1.0)
            for _ in range(1000):
                self.inner = [self.inner]

    assert "1 parameter" in draw(Nested()).source


# ── attributes of any kind ───────────────────────────────────────────────────────────────────


class Holding(nn.Module):
    def __init__(self, thing: Any) -> None:
        self.thing = thing
        self.w = Value(1.0)


def lists_that_hold_themselves() -> dict[str, Any]:
    alone: list[Any] = []
    alone.append(alone)
    twice: list[Any] = []
    twice += [twice, twice]
    by_name: dict[str, Any] = {}
    by_name["list"] = [by_name]
    mixed: list[Any] = [Value(1.0)]
    mixed.append(mixed)
    pair: tuple[list[Any], int] = ([], 1)
    pair[0].append(pair)
    deep: list[Any] = []
    for _ in range(5_000):
        deep = [deep]
    return {"alone": alone, "twice": twice, "dict": by_name, "mixed": mixed, "tuple": pair} | {
        "deep": deep
    }


@pytest.mark.parametrize("name", ["alone", "twice", "dict", "mixed", "tuple", "deep"])
@pytest.mark.parametrize("detail", ["auto", "scalar", "neuron", "layer"])
def test_a_list_that_holds_itself_has_no_shape_and_is_not_followed(name: str, detail: str) -> None:
    model = Holding(lists_that_hold_themselves()[name])
    (box,) = seen(draw(model, detail=detail)).of("group")
    assert not any(line.startswith("thing: ") for line in box.lines)
    assert any(line.split()[0].rstrip(":") == "w" for line in box.lines)


@pytest.mark.parametrize(
    ("setting", "written"),
    [
        (10**5_000, "thing: a very large number"),  # Python writes at most 4,300 digits
        (["word"] * 10**5, f"thing: {'word, ' * 4}wor…"),
        ("x" * 10**7, f"thing: {'x' * 27}…"),
        ("a\x07b", "thing: a[U+0007]b"),
    ],
    ids=["digits", "words", "letters", "control"],
)
def test_a_setting_of_any_size_is_written_short(setting: Any, written: str) -> None:
    assert written in seen(draw(Holding(setting))).of("group")[0].lines
