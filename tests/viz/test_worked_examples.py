"""The worked examples: their figures are as expected, and their pictures show them."""

from __future__ import annotations

import json
import math
import random
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from viz.course.example import Figure
from viz.course.examples import LESSONS, build
from viz.pictures.text import number

from .built import NAMES, built
from .reading import Seen, seen

EXPECTED: dict[str, dict[str, Any]] = json.loads(
    (Path(__file__).parents[1] / "worked_examples.json").read_text("utf-8")
)["examples"]

each = pytest.mark.parametrize("name", NAMES)


def picture(name: str, scene: str = "") -> Seen:
    (found,) = [s.picture for s in built(name).scenes if s.name == scene]
    return seen(found)


# ── figures ──────────────────────────────────────────────────────────────────────────────────


@each
def test_every_figure_is_the_expected_one(name: str) -> None:
    figures = built(name).figures
    assert figures
    assert [figure for figure in figures if not figure.agrees] == []
    assert len({figure.name for figure in figures}) == len(figures)


def by_name(name: str, values: dict[str, Any]) -> dict[str, float]:
    """The figures of the file, by the names that the example uses."""
    if name == "iterative-improvement":
        return {f"{key}_{k}": x for key, xs in values.items() for k, x in enumerate(xs)}
    if name == "activations":
        of_at = {
            f"{function}({at:g})": x
            for function in ("sigmoid", "tanh", "relu")
            for at, x in zip(values["at"], values[function], strict=True)
        }
        return of_at | {f"softmax_{i}": p for i, p in enumerate(values["softmax"], start=1)}
    if name == "embeddings":
        entries = {f"{w}{i}": x for w in ("cat", "dog") for i, x in enumerate(values[w], start=1)}
        return entries | {"dot": values["dot"], "cosine": values["cosine"]}
    return values


@pytest.mark.parametrize("name", EXPECTED)
def test_the_figures_are_those_of_the_file(name: str) -> None:
    """Both computed and expected figures, so that neither can drift."""
    figures = {figure.name: figure for figure in built(name).figures}
    for key, value in by_name(name, EXPECTED[name]).items():
        assert figures[key].expected == pytest.approx(value, rel=1e-15, abs=0.0), key
        assert figures[key].value == pytest.approx(value, rel=1e-12, abs=1e-15), key


def test_the_softmax_of_the_file_is_of_the_scores_in_the_picture() -> None:
    found = picture("activations", "softmax")
    assert [float(found.box(f"x{i}").data) for i in (1, 2, 3)] == EXPECTED["activations"][
        "softmax_of"
    ]


def test_figures_agree_up_to_rounding_only() -> None:
    assert Figure("a", 0.1 + 0.2, 0.3).agrees
    assert not Figure("a", 0.3 + 1e-6, 0.3).agrees
    assert not Figure("a", math.nan, 0.3).agrees
    assert not Figure("a", False, True).agrees


def test_the_derivatives_of_softmax_sum_to_zero_and_are_symmetric() -> None:
    d = {f.name: f.value for f in built("activations").figures if f.name.startswith("dp")}
    for i in (1, 2, 3):
        assert sum(d[f"dp{i}_dx{j}"] for j in (1, 2, 3)) == pytest.approx(0.0, abs=1e-15)
        for j in (1, 2, 3):
            assert d[f"dp{i}_dx{j}"] == pytest.approx(d[f"dp{j}_dx{i}"])


# ── what the pictures show ───────────────────────────────────────────────────────────────────


@each
def test_every_scene_has_a_caption_of_one_line_and_a_picture(name: str) -> None:
    scenes = built(name).scenes
    assert len({scene.name for scene in scenes}) == len(scenes)
    for scene in scenes:
        assert scene.caption.strip()
        assert "\n" not in scene.caption
        assert len(scene.caption) <= 200
        found = seen(scene.picture)
        assert found.boxes
        assert not any("abridged" in note for note in found.below)


@pytest.mark.parametrize(
    ("name", "scene", "box", "data", "grad"),
    [
        ("perfect-guess", "", "L", "0", "1"),
        ("perfect-guess", "", "w", "0.5", "0"),
        ("target-moves", "", "L", "0.5", "1"),
        ("target-moves", "", "w", "0.5", "−2"),
        ("target-moves", "", "b", "1", "−1"),
        ("target-moves", "", "x", "2", "−0.5"),
        ("target-moves", "", "y_pred", "2", "−1"),
        ("one-update", "before", "w", "0.5", "−2"),
        ("one-update", "after", "w", "0.7", "−1.2"),
        ("one-update", "after", "b", "1", "−0.6"),
        ("one-update", "after", "L", "0.18", "1"),
        ("both-update", "before", "b", "1", "−1"),
        ("both-update", "after", "w", "0.7", "−1"),
        ("both-update", "after", "b", "1.1", "−0.5"),
        ("both-update", "after", "L", "0.125", "1"),
        ("relu-neuron", "before", "z", "2", "−1"),
        ("relu-neuron", "before", "y_pred", "2", "−1"),
        ("relu-neuron", "after", "w", "0.7", "−1.2"),
        ("dead-relu", "", "z", "−1", "0"),
        ("dead-relu", "", "L", "4.5", "1"),
        ("dead-relu", "", "w", "0.5", "0"),
        ("iterative-improvement", "4", "L", "0.008398", "1"),
        ("iterative-improvement", "4", "w", "0.9352", "−0.2592"),
        ("activations", "softmax", "p3", "0.6652", "1"),
        ("activations", "softmax", "x1", "1", "−0.05989"),
        ("embeddings", "dot", "cat·dog", "0.295", "1"),
        ("embeddings", "cosine", "cosine", "0.9925", "1"),
    ],
)
def test_the_picture_shows_the_numbers(
    name: str, scene: str, box: str, data: str, grad: str
) -> None:
    found = picture(name, scene).box(box)
    assert (found.data, found.grad.split("  ")[0]) == (data, grad)


def test_the_dead_relu_has_zero_on_the_line_into_it() -> None:
    found = picture("dead-relu")
    (into,) = found.lines_between(found.box("z"), found.box("y_pred"))
    assert into.label == "∂ 0"


@pytest.mark.parametrize("name", ["one-update", "both-update", "relu-neuron"])
def test_an_update_is_drawn_before_and_after(name: str) -> None:
    before, after = built(name).scenes
    assert (before.name, after.name) == ("before", "after")
    assert before.picture.source != after.picture.source


@pytest.mark.parametrize(
    ("name", "fewest"),
    [("iterative-improvement", 5), ("learn-cat", 5), ("learn-from-a-mistake", 3), ("more-data", 7)],
)
def test_a_sequence_is_drawn_step_by_step(name: str, fewest: int) -> None:
    example = built(name)
    assert len(example.scenes) >= fewest
    assert [s.name for s in example.scenes] == [step for step, _ in example.curve]
    assert example.curve_of
    assert len({s.picture.source for s in example.scenes}) == len(example.scenes)


# ── the claims of the last three ─────────────────────────────────────────────────────────────


def test_with_zero_weights_both_answers_are_equally_likely_and_each_step_makes_it_surer() -> None:
    ps = [p for _, p in built("learn-cat").curve]
    assert ps[0] == 0.5
    assert all(a < b for a, b in pairwise(ps))


def test_the_loss_in_the_picture_is_minus_the_logarithm_of_the_probability() -> None:
    for scene, (_, p) in zip(built("learn-cat").scenes, built("learn-cat").curve, strict=True):
        assert float(seen(scene.picture).box("L").data) == pytest.approx(-math.log(p), abs=1e-4)


def test_the_mistake_is_cat_at_first_and_dog_at_last_and_not_before() -> None:
    ps = [p for _, p in built("learn-from-a-mistake").curve]
    assert ps[0] == pytest.approx(1 / (1 + math.e))
    assert all(a < b for a, b in pairwise(ps))
    assert all(p < 0.5 for p in ps[:-1])
    assert ps[-1] > 0.5


def test_the_correction_moves_weights_biases_and_the_embedding() -> None:
    scenes = built("learn-from-a-mistake").scenes
    first, last = seen(scenes[0].picture), seen(scenes[-1].picture)

    def parameters(found: Seen) -> list[tuple[str, str]]:
        return sorted((b.heading, b.data) for b in found.of("parameter"))

    assert len(parameters(first)) == 3 + 6 + 2
    assert not {data for _, data in parameters(last)} & {"0.3", "−0.2", "0.5"}
    assert {data for _, data in parameters(first)} == {"0.3", "−0.2", "0.5", "0", "1"}


def test_more_data_makes_better_guesses() -> None:
    losses = {int(size): loss for size, loss in built("more-data").curve}
    assert list(losses) == [1, 2, 4, 8, 16, 32, 64]
    assert losses[64] < losses[1] / 2


def test_a_long_example_reports_how_far_it_has_come(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("viz.course.more_data.SEEDS", 2)
    monkeypatch.setattr("viz.course.more_data.SIZES", (1, 64))
    reports: list[tuple[int, int]] = []
    build("more-data", lambda done, of: reports.append((done, of)))
    assert reports == [(1, 2), (2, 2)]


@each
def test_a_step_through_page_shows_the_numbers_of_the_picture(name: str) -> None:
    """Every example has something to step through."""
    example = built(name)
    walked = [(scene.picture, scene.loss) for scene in example.scenes if scene.loss is not None]
    assert walked or example.training
    for picture, loss in walked:
        box = seen(picture).box(loss.label)
        assert box.data in (number(loss.data), number(loss.data, 6))
    if example.curve and example.training:
        assert len(example.training) == len(example.curve)


# ── all together ─────────────────────────────────────────────────────────────────────────────


def test_there_are_twelve_lessons_in_order() -> None:
    assert [lesson.number for lesson in LESSONS] == list(range(1, 13))
    assert set(EXPECTED) == set(NAMES[:9])


def test_captions_of_lessons_are_one_line() -> None:
    for lesson in LESSONS:
        assert len(lesson.caption) <= 100
        assert not {"\n", "  "} & set(lesson.caption + lesson.idea + lesson.plainly)
        assert "  " not in lesson.idea + lesson.plainly


@pytest.mark.parametrize("name", NAMES[:11])
def test_building_again_gives_the_same_pictures_whatever_the_random_state(name: str) -> None:
    random.seed(name)
    again = build(name)
    assert [s.picture.source for s in again.scenes] == [
        s.picture.source for s in built(name).scenes
    ]


def test_an_unknown_example_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        build("no-such-example")
