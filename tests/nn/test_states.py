"""The states of optimisers: a stopped training goes on as if it had never stopped."""

from __future__ import annotations

import json
import math
import pickle
import random
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import autograd
import nn
from autograd import Value

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MAKERS: dict[str, Callable[..., Any]] = {
    "SGD": lambda p, **k: nn.SGD(p, lr=0.05, **k),
    "SGD with momentum": lambda p, **k: nn.SGD(p, 0.05, 0.9, nesterov=True, **k),
    "Adam": lambda p, **k: nn.Adam(p, lr=0.05, **k),
    "AdamW": lambda p, **k: nn.AdamW(p, 0.05, (0.8, 0.9), 1e-6, 0.1, **k),
    "RMSprop": lambda p, **k: nn.RMSprop(p, 0.01, momentum=0.5, centered=True, eps=0.1, **k),
}
makers = pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)

schedule = nn.warmup_cosine(0.1, warmup=3, steps=20)


def build() -> nn.MLP:
    return nn.MLP(2, [3, 1], "tanh", seed=0)


def grouped(model: nn.MLP) -> list[dict[str, Any]]:
    first, last = (layer.parameters() for layer in model.layers)
    return [{"params": first, "lr": 0.01}, {"params": last}]


def train(model: nn.MLP, optimiser: Any, steps: range) -> None:
    for step in steps:
        optimiser.lr = schedule(step)
        optimiser.zero_grad()
        loss: Any = (model([0.5, math.sin(step)]) - 2) ** 2
        loss.backward()
        optimiser.step()


@makers
def test_a_stopped_training_goes_on_bit_for_bit(make: Any, tmp_path: Path) -> None:
    whole = build()
    train(whole, make(grouped(whole)), range(20))

    stopped = build()
    optimiser = make(grouped(stopped))
    train(stopped, optimiser, range(8))
    stopped.save(tmp_path / "checkpoint.json", optimiser)

    again = nn.MLP(2, [3, 1], "tanh", seed=5)
    optimiser = make(grouped(again))
    again.load(tmp_path / "checkpoint.json", optimiser)
    train(again, optimiser, range(8, 20))
    assert again.state_dict() == whole.state_dict()


@makers
def test_a_stopped_training_of_a_program_goes_on_bit_for_bit(make: Any) -> None:
    def compiled(model: nn.MLP) -> Any:
        x = [Value(0.0), Value(0.0)]
        return autograd.compile((model(x) - 2) ** 2, model.parameters(), x)

    def train(program: Any, optimiser: Any, steps: range) -> None:
        for step in steps:
            optimiser.lr = schedule(step)
            program.value_and_grad([0.5, 1.0], [math.sin(step), 0.3])
            optimiser.step()

    def whole(model: nn.MLP) -> tuple[Any, Any]:
        program = compiled(model)
        return program, make(program)

    def in_groups(model: nn.MLP) -> tuple[Any, Any]:
        program = compiled(model)
        return program, make(grouped(model), program=program)

    for of in (whole, in_groups):
        program, optimiser = of(build())
        train(program, optimiser, range(20))

        stopped, optimiser = of(build())
        train(stopped, optimiser, range(8))
        text = json.dumps({"theta": stopped.theta.tolist(), "optimiser": optimiser.state_dict()})

        saved = json.loads(text)
        again, optimiser = of(build())
        again.theta = saved["theta"]
        optimiser.load_state_dict(saved["optimiser"])
        train(again, optimiser, range(8, 20))
        assert again.theta.tolist() == program.theta.tolist()


def test_a_state_does_not_depend_on_what_was_trained() -> None:
    p, q = Value(1.0), Value(2.0)
    program = autograd.compile(p * q, [p, q])
    values, arrays = nn.Adam([p, q]), nn.Adam(program)
    assert values.state_dict() == arrays.state_dict()  # before the first step, too
    p.grad, q.grad = 2.0, 1.0
    values.step()
    arrays.step(np.array([2.0, 1.0]))
    assert values.state_dict() == arrays.state_dict()
    other = nn.Adam(program, lr=0.5)
    other.load_state_dict(values.state_dict())
    assert other.state_dict() == values.state_dict()


def test_a_state_has_the_settings_the_steps_and_the_slots() -> None:
    p = Value(1.0)
    sgd = nn.SGD([{"params": [p], "lr": 0.25}], lr=0.5, momentum=0.5)
    p.grad = 3.0
    sgd.step()
    assert sgd.state_dict() == {
        "optimiser": "SGD",
        "steps": 1,
        "settings": {"lr": 0.5, "momentum": 0.5, "nesterov": False, "weight_decay": 0.0},
        "groups": [{"parameters": 1, "settings": {"lr": 0.25}, "lr_factor": 0.5}],
        "slots": {"v": [3.0]},
    }


def test_the_proportions_of_groups_come_back_with_a_state() -> None:
    def sgd(of_group: float) -> nn.SGD:
        return nn.SGD([{"params": [Value(1.0)], "lr": of_group}], lr=1.0)

    one, other = sgd(0.25), sgd(0.5)
    one.lr = 0.5
    other.load_state_dict(one.state_dict())
    assert (other.lr, other.param_groups[0]["lr"]) == (0.5, 0.125)
    other.lr = 1.0
    assert other.param_groups[0]["lr"] == 0.25


def test_a_state_is_a_copy() -> None:
    p = Value(1.0)
    adam = nn.Adam([p])
    state = adam.state_dict()
    p.grad = 1.0
    adam.step()
    assert state == nn.Adam([p]).state_dict()
    arrays = nn.Adam(autograd.compile(p * 2, [p]))
    arrays.load_state_dict(adam.state_dict())
    arrays.step(np.ones(1))
    assert arrays.state_dict() != adam.state_dict()


def test_nan_and_infinity_come_back_from_a_file(tmp_path: Path) -> None:
    model = nn.Neuron(1, seed=0)
    adam = nn.Adam(model.parameters())
    model.w[0].grad, model.b.grad = math.nan, math.inf
    adam.step()
    model.save(tmp_path / "m.json", adam)
    assert "NaN" not in (tmp_path / "m.json").read_text()
    other = nn.Adam(model.parameters())
    model.load(tmp_path / "m.json", other)
    assert repr(other.state_dict()) == repr(adam.state_dict())


def test_the_model_alone_can_be_loaded_from_a_file_with_both(tmp_path: Path) -> None:
    model, other = build(), nn.MLP(2, [3, 1], seed=7)
    model.save(tmp_path / "m.json", nn.Adam(model.parameters()))
    other.load(tmp_path / "m.json")
    assert other.state_dict() == model.state_dict()


def test_an_error_leaves_the_model_and_the_optimiser_as_they_were(tmp_path: Path) -> None:
    model, other = build(), nn.MLP(2, [3, 1], seed=7)
    model.save(tmp_path / "both.json", nn.Adam(model.parameters()))
    model.save(tmp_path / "model.json")
    before = other.state_dict()
    for optimiser, file, text in (
        (nn.SGD(other.parameters(), 0.1), "both.json", "expected the state of SGD, got one of "),
        (nn.Adam(other.parameters()[1:]), "both.json", "expected the state of 12 parameters, got"),
        (nn.Adam(other.parameters()), "model.json", "it has no state of an optimiser. Write one"),
    ):
        state = optimiser.state_dict()
        with pytest.raises(ValueError, match=rf"cannot load .*, saved by MLP: .*{text}"):
            other.load(tmp_path / file, optimiser)
        assert other.state_dict() == before and optimiser.state_dict() == state
    with pytest.raises(TypeError, match=r"expected an optimiser such as nn\.Adam, got dict: {}"):
        other.load(tmp_path / "both.json", {})  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"expected an optimiser such as nn\.Adam, got MLP: MLP"):
        other.save(tmp_path / "both.json", model)  # type: ignore[arg-type]
    assert other.state_dict() == before


def changed(**changes: Any) -> dict[str, Any]:
    return {**nn.Adam([Value(1.0), Value(2.0)]).state_dict(), **changes}


GROUP = {"parameters": 2, "settings": {}, "lr_factor": 1.0}
SETTINGS = {"lr": 0.1, "betas": [0.9, 0.999], "eps": 1e-8, "weight_decay": 0.0}
ZEROS = [0.0, 0.0]

WRONG: list[tuple[Any, type[Exception], str]] = [
    (3, TypeError, "expected a dictionary such as state_dict() returns, got int: 3"),
    ({}, ValueError, "the state: missing 'optimiser', 'steps', 'settings', 'groups', 'slots'. "
     "Pass what state_dict() returned."),
    (changed(extra=1), ValueError,
     "the state: unexpected 'extra'. Pass what state_dict() returned."),
    (changed(optimiser="AdamW"), ValueError, "expected the state of Adam, got one of 'AdamW'"),
    (changed(steps=-1), ValueError, "expected a whole number of 0 or more for steps, got -1"),
    (changed(steps=1.5), ValueError, "expected a whole number of 0 or more for steps, got 1.5"),
    (changed(settings=None), TypeError,
     "expected a dictionary for the settings, got NoneType: None"),
    (changed(settings={**SETTINGS, "eps": -1}), ValueError,
     "settings: expected eps to be above 0 and finite, got -1"),
    (changed(settings={**SETTINGS, "betas": [0.9]}), ValueError,
     "settings: expected a pair for betas, such as (0.9, 0.999), got [0.9]"),
    (changed(groups=[]), ValueError, "expected a state of 1 groups of parameters, got 0"),
    (changed(groups=[{**GROUP, "parameters": 3}]), ValueError,
     "group 0: expected the state of 2 parameters, got one of 3. Build the model as the one that "
     "was trained."),
    (changed(groups=[{**GROUP, "settings": {"rate": 1}}]), ValueError,
     "group 0: unknown setting 'rate'; Adam has lr, betas, eps, weight_decay"),
    (changed(groups=[{**GROUP, "lr_factor": "1"}]), TypeError, "group 0, lr_factor: "),
    (changed(slots={"m": ZEROS}), ValueError,
     "the slots: missing 'v'. Pass what state_dict() returned."),
    (changed(slots={"m": ZEROS, "v": [0.0]}), ValueError,
     "slot 'v': expected 2 numbers, one a parameter, got 1"),
    (changed(slots={"m": [-1.0, 0.0], "v": [0.0, -1.0]}), ValueError,
     "slot 'v', entry 1: expected a mean of squares, 0 or more, got -1.0"),
    (changed(slots={"m": ZEROS, "v": [0.0, None]}), TypeError, "slot 'v', entry 1: "),
]  # fmt: skip


@pytest.mark.parametrize(("state", "kind", "text"), WRONG)
def test_a_wrong_state_is_refused_and_changes_nothing(
    state: Any, kind: type[Exception], text: str
) -> None:
    p, q = Value(1.0), Value(2.0)
    for adam in nn.Adam([p, q], lr=0.5), nn.Adam(autograd.compile(p * q, [p, q]), lr=0.5):
        before = adam.state_dict()
        with pytest.raises(kind) as caught:
            adam.load_state_dict(state)
        assert str(caught.value) == text or (text.endswith(": ") and text in str(caught.value))
        assert adam.state_dict() == before


@pytest.mark.parametrize("way", ["state of the generator", "pickle"])
def test_a_training_with_dropout_goes_on_bit_for_bit(way: str) -> None:
    def build() -> tuple[Any, Any, random.Random]:
        drawn = random.Random(5)
        model = nn.Sequential(nn.Layer(2, 4, "tanh", seed=1), nn.Dropout(0.5, seed=drawn),
                              nn.Layer(4, 1, seed=2))  # fmt: skip
        return model, nn.Adam(model.parameters(), lr=0.1), drawn

    def train(model: Any, adam: Any, steps: int) -> list[float]:
        for _ in range(steps):
            model.zero_grad()
            (model([0.5, -1.0]) ** 2).backward()
            adam.step()
        return [p.data for p in model.parameters()]

    model, adam, drawn = build()
    train(model, adam, 4)
    if way == "pickle":
        twin, other = pickle.loads(pickle.dumps((model, adam)))
    else:
        twin, other, redrawn = build()
        twin.load_state_dict(model.state_dict())
        other.load_state_dict(adam.state_dict())
        redrawn.setstate(drawn.getstate())
    assert train(twin, other, 4) == train(model, adam, 4)
