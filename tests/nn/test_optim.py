"""SGD and Adam: step by step against their formulas, and against PyTorch where it is installed."""

from __future__ import annotations

import math
import warnings
from itertools import chain, repeat
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import autograd
from autograd import Value
from nn import MLP, SGD, Adam

if TYPE_CHECKING:
    from collections.abc import Callable

START = (1.5, -0.7, 0.0, 4.0)


def loss_of(p: list[Any]) -> Any:
    """A valley of four parameters: curved, coupled and lopsided."""
    return (p[0] - 1) ** 2 + 3 * (p[1] + p[0] * p[2]) ** 2 + (p[2] - 0.5) ** 4 + (0.3 * p[3]).tanh()


def trajectory(make: Callable[[list[Value]], SGD | Adam], steps: int = 50) -> list[list[float]]:
    params = [Value(x) for x in START]
    optimiser = make(params)
    seen = []
    for _ in range(steps):
        optimiser.zero_grad()
        loss_of(params).backward()
        optimiser.step()
        seen.append([p.data for p in params])
    return seen


def gradients_at(point: list[float]) -> list[float]:
    params = [Value(x) for x in point]
    loss_of(params).backward()
    return [p.grad for p in params]


def assert_same(found: list[list[float]], expected: list[list[float]]) -> None:
    assert len(found) == len(expected)
    for a, b in zip(chain(*found), chain(*expected), strict=True):
        assert math.isclose(a, b, rel_tol=1e-12, abs_tol=1e-12)


def test_sgd_is_the_update_of_the_lesson() -> None:
    w, b = Value(0.5), Value(1.0)
    sgd = SGD([w, b], lr=0.1)
    losses = []
    for _ in range(2):
        loss = 0.5 * (w * 2 + b - 3) ** 2
        sgd.zero_grad()
        loss.backward()
        sgd.step()
        losses.append(loss.data)
    assert losses[0] == 0.5
    assert math.isclose(losses[1], 0.125)


def test_momentum_accumulates_gradients() -> None:
    p = Value(0.0)
    sgd = SGD([p], lr=0.5, momentum=0.5)
    moved = []
    for _ in range(3):
        p.grad = 1.0
        sgd.step()
        moved.append(p.data)
    assert moved == [-0.5, -0.5 - 0.75, -0.5 - 0.75 - 0.875]


def test_the_first_step_of_adam_is_lr_whatever_the_gradient() -> None:
    for g in (1e-3, 1.0, -1e6):
        p = Value(1.0)
        p.grad = g
        Adam([p], lr=0.25).step()
        assert math.isclose(p.data, 1.0 - math.copysign(0.25, g), rel_tol=1e-5)


def test_the_defaults_of_adam_are_those_of_the_paper() -> None:
    adam = Adam([Value(1.0)])
    assert (adam.lr, adam.betas, adam.eps, adam.weight_decay) == (1e-3, (0.9, 0.999), 1e-8, 0.0)


def test_two_steps_of_adam_by_hand() -> None:
    p = Value(1.0)
    adam = Adam([p], lr=0.1, betas=(0.5, 0.75), eps=1.0)
    p.grad = 2.0
    adam.step()  # m̂ = 2, v̂ = 4
    assert math.isclose(p.data, 1.0 - 0.1 * 2 / 3, rel_tol=1e-15)
    p.grad = -1.0
    adam.step()  # m = 0.5 − 0.5 = 0, so the second step does not move
    assert math.isclose(p.data, 1.0 - 0.1 * 2 / 3, rel_tol=1e-15)


def test_fifty_steps_of_adam_follow_the_paper() -> None:
    lr, beta1, beta2, eps, decay = 0.05, 0.8, 0.95, 1e-6, 0.1
    theta, expected = list(START), []
    m, v = [0.0] * 4, [0.0] * 4
    for t in range(1, 51):
        g = [gi + decay * p for gi, p in zip(gradients_at(theta), theta, strict=True)]
        m = [beta1 * mi + (1 - beta1) * gi for mi, gi in zip(m, g, strict=True)]
        v = [beta2 * vi + (1 - beta2) * gi**2 for vi, gi in zip(v, g, strict=True)]
        alpha = lr * math.sqrt(1 - beta2**t) / (1 - beta1**t)  # the paper's remark in section 2
        theta = [
            p - alpha * mi / (math.sqrt(vi) + eps * math.sqrt(1 - beta2**t))
            for p, mi, vi in zip(theta, m, v, strict=True)
        ]
        expected.append(theta)
    assert_same(trajectory(lambda p: Adam(p, lr, (beta1, beta2), eps, decay)), expected)


SETTINGS: list[tuple[type[SGD | Adam], dict[str, Any]]] = [
    (SGD, {"lr": 0.05}),
    (SGD, {"lr": 0.02, "momentum": 0.9}),
    (Adam, {"lr": 0.1}),
    (Adam, {"lr": 0.05, "betas": (0.8, 0.95), "eps": 1e-6, "weight_decay": 0.1}),
]


@pytest.mark.parametrize(("optimiser", "settings"), SETTINGS)
def test_fifty_steps_are_those_of_pytorch(
    optimiser: type[SGD | Adam], settings: dict[str, Any]
) -> None:
    torch: Any = pytest.importorskip("torch")
    params = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in START]
    peer = getattr(torch.optim, optimiser.__name__)(params, **settings)
    expected = []
    for _ in range(50):
        peer.zero_grad()
        loss_of(params).backward()
        peer.step()
        expected.append([p.item() for p in params])
    assert_same(trajectory(lambda p: optimiser(p, **settings)), expected)


@pytest.mark.parametrize("make", [lambda p: SGD(p, 0.1), lambda p: SGD(p, 0.1, 0.5), Adam])
def test_optimisers_go_downhill(make: Callable[[list[Value]], SGD | Adam]) -> None:
    model = MLP(2, [4, 1], "tanh", seed=0)
    optimiser = make(model.parameters())
    losses = []
    for _ in range(20):
        loss = (model([0.5, -1.0]) - 2) ** 2
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.data)
    assert losses[-1] < losses[0]


def test_the_learning_rate_may_be_set_between_steps() -> None:
    p = Value(0.0)
    sgd = SGD([p], lr=1.0)
    for k in range(3):
        sgd.lr = 1.0 - 0.25 * k
        p.grad = 1.0
        sgd.step()
    assert p.data == -(1.0 + 0.75 + 0.5)
    with pytest.raises(ValueError, match="expected lr to be 0 or more and finite, got -1"):
        sgd.lr = -1
    assert sgd.lr == 0.5


@pytest.mark.parametrize("optimiser", [SGD, Adam])
def test_a_schedule_may_end_at_a_learning_rate_of_zero(optimiser: Any) -> None:
    p = Value(1.5)
    optimise = optimiser([p], lr=0.1)
    optimise.lr = 0
    p.grad = 1.0
    optimise.step()
    assert (p.data, optimise.lr) == (1.5, 0.0)


def test_a_repeated_parameter_is_used_once() -> None:
    p, q = Value(1.0), Value(1.0)
    sgd = SGD([p, q, p], lr=0.5)
    assert sgd.params == [p, q]
    p.grad = 1.0
    sgd.step()
    assert p.data == 0.5


def test_zero_grad_forgets_gradients() -> None:
    p = Value(1.0)
    p.grad = 3.0
    SGD(repeat(p, 1), lr=0.1).zero_grad()
    assert p.grad == 0.0


@pytest.mark.parametrize(
    ("make", "kind", "text"),
    [
        (lambda: Adam([]), ValueError, "Adam expected at least one parameter to train, got none"),
        (lambda: SGD(None, 0.1), TypeError, "SGD expected a list such as .* got NoneType"),  # type: ignore[arg-type]
        (lambda: SGD([Value(1)], 0), ValueError, "expected lr to be above 0 and finite, got 0"),
        (lambda: SGD([Value(1)], -1), ValueError, "expected lr to be above 0 and finite, got -1"),
        (lambda: SGD([Value(1)], math.nan), ValueError, "expected lr to be above 0 .* got nan"),
        (lambda: SGD([Value(1)], math.inf), ValueError, "expected lr to be above 0 .* got inf"),
        (lambda: SGD([Value(1)], "0.1"), TypeError, "got str"),  # type: ignore[arg-type]
        (lambda: Adam([Value(1)], 0.0), ValueError, "expected lr to be above 0"),
        (lambda: Adam([Value(1)], betas=(0.9, 1.0)), ValueError, r"betas\[1\] to be 0 or more"),
        (lambda: Adam([Value(1)], betas=(0.9,)), ValueError, "expected a pair for betas"),  # type: ignore[arg-type]
        (lambda: Adam([Value(1)], weight_decay=-1), ValueError, "weight_decay to be 0 or more"),
    ],
)  # fmt: skip
def test_invalid_settings_are_refused(make: Any, kind: type[Exception], text: str) -> None:
    with pytest.raises(kind, match=text):
        make()


@pytest.mark.parametrize("steps_before", [0, 1, 2])
def test_a_step_that_is_refused_does_not_count(steps_before: int) -> None:
    def train(*, refused: bool) -> float:
        p = Value(1.0)
        adam = Adam([p], lr=0.1)
        for step in range(steps_before + 1):
            p.grad = 1.0 + step
            if refused and step == steps_before:
                with pytest.raises(TypeError):
                    adam.step([1.0])
            adam.step()
        return p.data

    assert train(refused=True) == train(refused=False)


def test_a_step_that_fails_half_way_moves_nothing_and_does_not_count() -> None:
    class Stumbles(Adam):
        fails = True

        def _update(self, x: Any, g: Any, state: Any, t: int, s: Any) -> tuple[Any, Any]:
            if self.fails and x == 2.0:
                raise RuntimeWarning("overflow encountered")
            return super()._update(x, g, state, t, s)

    def train(*, fails: bool) -> list[float]:
        params = [Value(1.0), Value(2.0), Value(3.0)]
        adam = Stumbles(params, lr=0.1)
        for p in params:
            p.grad = 0.5
        adam.fails = fails
        if fails:
            with pytest.raises(RuntimeWarning):
                adam.step()
            assert [p.data for p in params] == [1.0, 2.0, 3.0]
            adam.fails = False
        for _ in range(2):
            adam.step()
        return [p.data for p in params]

    assert train(fails=True) == train(fails=False)


@pytest.mark.parametrize("make", [lambda p: SGD(p, 0.1, 0.9), Adam])
def test_a_program_trains_like_its_values_without_warnings_when_gradients_overflow(
    make: Any,
) -> None:
    w, x = Value(1.0, role="parameter"), Value(1e300)
    program = autograd.compile(w * x, [w], [x])
    eager, compiled = make([w]), make(program)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for g in (1e300, -1e308, math.inf, 1.0):
            w.grad = g
            eager.step()
            compiled.step(np.array([g]))
            assert repr(float(program.theta[0])) == repr(w.data)


def nested(params: Any) -> str:
    with pytest.raises(TypeError) as caught:
        SGD(params, lr=0.1)
    return str(caught.value)


def test_errors_about_anything_but_a_flat_list_of_parameters_say_what_to_write() -> None:
    model = MLP(1, [2, 1])
    flat = "Make one flat list: [p for layer in layers for p in layer.parameters()]."
    for inner in (list, tuple, iter, np.array):
        message = nested([inner(layer.parameters()) for layer in model.layers])
        assert message.startswith("expected a Value for each parameter, got ") and message.endswith(
            flat
        )
    assert nested([model]).endswith("parameter, got the module MLP. Pass its parameters().")
    assert nested(model).endswith("or a program, got the module MLP. Pass its parameters().")
    assert nested(model.parameters).endswith("Call it, and pass what it returns.")
    assert nested(model.named_parameters()).endswith("Pass parameters(), not named_parameters().")
    assert nested({"w": Value(1.0)}).endswith("got dict. Pass list(d.values()).")
    assert nested("w").endswith("or a program, got str")
    assert nested(["w"]) == "expected a Value for each parameter, got str: 'w'"
    assert nested([None]) == "expected a Value for each parameter, got NoneType: None"


def test_generators_sets_and_tuples_of_parameters_are_trained() -> None:
    p, q = Value(1.0), Value(2.0)
    for params in ((p, q), {p, q}, (v for v in (p, q)), np.array([p, q])):
        assert set(SGD(params, lr=0.1).params) == {p, q}
