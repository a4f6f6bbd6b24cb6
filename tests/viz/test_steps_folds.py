"""What folds show on a page of steps, and what stands for what."""

from __future__ import annotations

import json
import re
from typing import Any

from autograd import Value, softmax, total
from viz.pictures.recording import Recording
from viz.stepping.fold_numbers import follow_passes, follow_training
from viz.stepping.folding import FoldedView, fold_view
from viz.stepping.narration import narrate
from viz.stepping.step import Entry
from viz.stepping.steps import step_through
from viz.stepping.view import StepView

from .graphs import made


def folded(loss: Value, level: int = 0) -> FoldedView:
    return list(fold_view(StepView(Recording(loss), 4)))[level]


def shares() -> Value:
    p = softmax([Value(0.0, "a"), Value(0.0, "b")])
    loss = total([p[0] * 3.0, p[1]])
    loss.label = "L"
    return loss


def told(view: FoldedView, entries: list[tuple[Entry, ...]], fold: str, field: str) -> list[str]:
    assert fold in view.folds
    return [e.text for each in entries for e in each if (e.where, e.field) == (fold, field)]


def test_the_numbers_of_a_fold_come_in_one_by_one() -> None:
    view = folded(shares())
    steps = narrate(view.view)
    entries = follow_passes(view, steps)
    (fold,) = [name for name in view.folds if view.title(name) == "softmax"]
    assert told(view, entries, fold, "data") == ["0.5, …", "0.5, 0.5"]
    assert told(view, entries, fold, "grad")[-1] == "3, 1"
    last = {name for k, each in enumerate(entries) for name in [e.where for e in each] if k}
    assert last == set(view.folds)


def test_a_fold_gets_its_gradient_when_it_is_complete() -> None:
    view = folded(shares())
    steps = narrate(view.view)
    (fold,) = [name for name in view.folds if view.title(name) == "softmax"]
    arrived = [
        k for k, each in enumerate(follow_passes(view, steps))
        if any((e.where, e.field) == (fold, "grad") for e in each)
    ]  # fmt: skip
    first, last = view.view.box_of[view.outputs[fold][0]], view.view.box_of[view.outputs[fold][-1]]
    for k, name in zip(sorted(arrived, reverse=True), (first, last), strict=True):
        (entry,) = [e for e in steps[k].entries if e.field == "grad"]
        assert entry.where == name


def test_every_box_and_every_line_of_the_steps_has_its_place() -> None:
    for name in ("attention head", "network, 1 point", "softmax classifier", "chain"):
        for view in fold_view(StepView(Recording(made(name)), 4)):
            found = [inner for names in view.inside.values() for inner in names]
            assert sorted(found) == sorted(view.view.boxes)
            lines = " ".join(map(view.names_of_line, view.scene.lines)).split()  # type: ignore[arg-type]
            drawn = {line.name for line in view.view.scene.lines}
            assert drawn.intersection(lines)
            for line in drawn.difference(lines):  # what is not drawn is inside a box
                tail, head = (re.sub("_(op|c.*)$", "", end) for end in re.split(">|:", line)[:2])
                places = [n for n, names in view.inside.items() if {tail, head} <= {*names}]
                assert places, line


def test_names_of_folds_are_unique_on_the_page() -> None:
    views = list(fold_view(StepView(Recording(made("attention head")), 4)))
    assert len(views) > 1
    names = [name for view in views for name in view.folds if name.startswith("f")]
    assert len(names) == len(set(names))
    assert not any(name in views[0].view.boxes for name in names)


def test_a_training_shows_the_numbers_of_each_loss() -> None:
    losses = []
    for w in (0.5, 2.0):
        p = softmax([Value(w, "a", role="parameter"), Value(0.0, "b")])
        losses.append(p[0] - p[1])
    view = folded(losses[0])
    entries = follow_training(view, map(Recording, losses))
    (fold,) = [name for name in view.folds if view.title(name) == "softmax"]
    for each, loss in zip(entries, losses, strict=True):
        (data,) = [e.text for e in each if (e.where, e.field) == (fold, "data")]
        assert data == ", ".join(f"{v.data:.4g}" for v in loss.parents)


def written(html: str) -> list[Any]:
    found = re.search(r'<script type="application/json" id="plan">(.*?)</script>', html, re.DOTALL)
    assert found
    return list(json.loads(found[1])["steps"])


def test_steps_say_nothing_of_folds_that_are_not_drawn() -> None:
    walk = step_through(made("softmax classifier"))
    drawn = set(re.findall(r'data-t="(.*?)"', walk.html))
    assert {place for step in written(walk.html) for place, _ in step["w"]} <= drawn
    assert any(place.startswith("f") for place in drawn)
    small = step_through(made("squares"))
    assert 'data-level="1"' not in small.html, "nothing is folded that can be read"
