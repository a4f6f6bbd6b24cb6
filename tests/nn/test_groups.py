"""Groups of parameters: each with settings of its own, trained by one optimiser."""

from __future__ import annotations

import copy
import pickle
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import autograd
import nn
from autograd import Value

if TYPE_CHECKING:
    from collections.abc import Callable


def two(a: float = 1.0, b: float = 1.0) -> tuple[Value, Value]:
    p, q = Value(a, label="p"), Value(b, label="q")
    p.grad = q.grad = 1.0
    return p, q


def pickled(thing: Any) -> Any:
    return pickle.loads(pickle.dumps(thing))


def test_each_group_moves_by_its_own_learning_rate() -> None:
    p, q = two()
    nn.SGD([{"params": [p], "lr": 0.25}, {"params": [q]}], lr=0.5).step()
    assert (p.data, q.data) == (0.75, 0.5)


def test_groups_are_trained_as_by_an_optimiser_each() -> None:
    together, apart = nn.MLP(2, [3, 1], "tanh", seed=0), nn.MLP(2, [3, 1], "tanh", seed=0)
    first, last = ({"lr": 0.01, "weight_decay": 0.0}, {"betas": (0.5, 0.75)})
    one = nn.AdamW(
        [{"params": together.layers[0].parameters(), **first},
         {"params": together.layers[1].parameters(), **last}],
        lr=0.1,
    )  # fmt: skip
    each: list[Any] = [
        nn.AdamW(apart.layers[0].parameters(), **first),  # type: ignore[arg-type]
        nn.AdamW(apart.layers[1].parameters(), lr=0.1, **last),  # type: ignore[arg-type]
    ]
    for _ in range(20):
        for model, optimisers in ((together, [one]), (apart, each)):
            model.zero_grad()
            ((model([0.5, -1.0]) - 2) ** 2).backward()
            for optimiser in optimisers:
                optimiser.step()
    assert together.state_dict() == apart.state_dict()


def test_setting_the_learning_rate_keeps_the_proportions_of_groups() -> None:
    p, q = two()
    sgd = nn.SGD([{"params": [p], "lr": 0.125}, {"params": [q]}], lr=0.5)
    for lr in (0.25, 0.0, 1.0):  # also after a learning rate of 0
        sgd.lr = lr
        assert [group["lr"] for group in sgd.param_groups] == [lr / 4, lr]


def test_a_group_follows_the_settings_that_it_does_not_have_itself() -> None:
    p, q = two()
    sgd = nn.SGD([{"params": [p], "weight_decay": 0.0}, {"params": [q]}], lr=0.5)
    sgd.weight_decay = 0.25
    sgd.momentum = 0.5
    assert [group["weight_decay"] for group in sgd.param_groups] == [0.0, 0.25]
    assert [group["momentum"] for group in sgd.param_groups] == [0.5, 0.5]


def test_a_setting_of_a_group_can_be_read_and_set_as_in_pytorch() -> None:
    p, q = two()
    adam = nn.Adam([{"params": [p]}, {"params": (v for v in [q, q])}], lr=0.5)
    for group in adam.param_groups:
        group["lr"] = 0.25
    adam.param_groups[1]["eps"] = 1e-3
    first, second = adam.param_groups
    assert dict(first) == {
        "params": [p], "lr": 0.25, "betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0.0,
    }  # fmt: skip
    assert second["params"] == [q] and second["eps"] == 1e-3
    adam.step()
    assert p.data == pytest.approx(0.75)
    with pytest.raises(ValueError, match="expected eps to be above 0 and finite, got 0"):
        first["eps"] = 0
    with pytest.raises(ValueError, match="unknown setting 'momentum'; Adam has lr, betas, eps"):
        first["momentum"] = 0.9
    with pytest.raises(ValueError, match="the parameters of a group are fixed"):
        first["params"] = []
    assert first["eps"] == 1e-8


def test_without_groups_there_is_one() -> None:
    p, q = two()
    sgd = nn.SGD([p, q], lr=0.5)
    (group,) = sgd.param_groups
    assert group.params == sgd.params == [p, q]
    group["lr"] = 0.25
    sgd.step()
    assert p.data == q.data == 0.75


def test_groups_of_a_program_are_trained_and_the_rest_of_theta_stays() -> None:
    p, q = two()
    r = Value(1.0)
    program = autograd.compile(p + 2 * q + 3 * r, [p, q, r])
    sgd = nn.SGD(
        [{"params": [q], "lr": 0.25}, {"params": [p]}], lr=0.5, momentum=0.5, program=program
    )
    for _ in range(2):
        program.value_and_grad()
        sgd.step()
    assert program.theta.tolist() == [1 - 0.5 * (1 + 1.5), 1 - 0.25 * (2 + 3), 1.0]
    assert p.data == 1.0


def test_copies_and_pickles_of_an_optimiser_go_on_by_themselves() -> None:
    for twin in (copy.deepcopy, pickled):
        p, q = two()
        sgd = nn.SGD([{"params": [p], "lr": 0.125}, {"params": [q]}], lr=0.5)
        sgd.step()
        other = twin(sgd)
        other.lr = 0.25
        other.step()
        assert [v.data for v in other.params] == [1 - 0.125 - 0.0625, 1 - 0.5 - 0.25]
        assert (p.data, sgd.lr) == (0.875, 0.5)


P = Value(1.0, label="p")

REFUSALS: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (
        lambda: nn.SGD([{"params": [P]}, P], lr=0.1),
        TypeError,
        "expected a dictionary for group 1, as for the others, got Value: Value(data=1.0, "
        "grad=0.0, label='p'). Write {'params': [...]} for a group without settings of its own.",
    ),
    (
        lambda: nn.SGD([{"parameters": [P]}], lr=0.1),
        ValueError,
        "group 0 has no 'params'; write {'params': layer.parameters(), 'lr': 0.1}",
    ),
    (
        lambda: nn.SGD([{"params": [P], "betas": (0.9, 0.9)}], lr=0.1),
        ValueError,
        "group 0: unknown setting 'betas'; SGD has lr, momentum, nesterov, weight_decay",
    ),
    (
        lambda: nn.SGD([{"params": [P], "lr": -1.0}], lr=0.1),
        ValueError,
        "group 0: expected lr to be 0 or more and finite, got -1.0",
    ),
    (
        lambda: nn.SGD([{"params": nn.MLP(1, [1])}], lr=0.1),
        TypeError,
        "group 0: SGD expected a list such as model.parameters(), or a program, got the module "
        "MLP. Pass its parameters().",
    ),
    (
        lambda: nn.SGD([{"params": [P]}, {"params": []}], lr=0.1),
        ValueError,
        "group 1: expected at least one parameter to train, got none",
    ),
    (
        lambda: nn.SGD([{"params": [P]}, {"params": [P]}], lr=0.1),
        ValueError,
        "p is in group 0 and in group 1; put each parameter into one group",
    ),
    (
        lambda: nn.SGD([{"params": [P]}], lr=0.1, nesterov=True),
        ValueError,
        "expected a momentum above 0 for nesterov, got 0.0; pass momentum=0.9",
    ),
    (
        lambda: nn.SGD([{"params": [P], "nesterov": True}], lr=0.1),
        ValueError,
        "group 0: expected a momentum above 0 for nesterov, got 0.0; pass momentum=0.9",
    ),
    (
        lambda: nn.SGD([P], lr=0.1, nesterov=1),  # type: ignore[arg-type]
        TypeError,
        "expected True or False for nesterov, got int: 1",
    ),
    (
        lambda: nn.SGD([Value(2.0)], lr=0.1, program=autograd.compile(P * 2, [P])),
        ValueError,
        "expected parameters of the program, got Value(data=2.0, grad=0.0), which it was not "
        "compiled for; pass it to autograd.compile, in params",
    ),
    (
        lambda: nn.SGD(autograd.compile(P, [P]), lr=0.1, program=autograd.compile(P, [P])),
        TypeError,
        "SGD got two programs; pass program= only with parameters",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("act", "kind", "text"), REFUSALS)
def test_wrong_groups_are_refused(act: Any, kind: type[Exception], text: str) -> None:
    with pytest.raises(kind) as caught:
        act()
    assert str(caught.value) == text


def test_settings_that_contradict_each_other_are_refused_when_set_too() -> None:
    sgd = nn.SGD([Value(1.0)], lr=0.1, momentum=0.5, nesterov=True)
    with pytest.raises(ValueError, match="expected a momentum above 0 for nesterov"):
        sgd.momentum = 0.0
    with pytest.raises(ValueError, match="expected a momentum above 0 for nesterov"):
        sgd.param_groups[0]["momentum"] = 0.0
    assert sgd.momentum == 0.5
    with pytest.raises(ValueError, match="expected momentum to be 0 or more and below 1, got 1"):
        sgd.momentum = 1.0


def test_a_variance_that_rounding_makes_negative_gives_nan_and_no_complex_number() -> None:
    p = Value(1.0)
    program = autograd.compile(p * 2, [p])
    values = nn.RMSprop([p], alpha=0.5, centered=True)
    arrays = nn.RMSprop(program, alpha=0.5, centered=True)
    for optimiser in (values, arrays):  # v − m² < 0, as after many steps with one gradient
        state: Any = (0.0, 1e9, 0.0)
        optimiser.param_groups[0]._state = [state]
    p.grad = 0.0
    values.step()
    arrays.step(np.zeros(1))
    assert repr(p.data) == repr(program.theta.item()) == "nan"
