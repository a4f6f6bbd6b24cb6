"""detect_anomaly in models: it names the first operation that gives nan or inf, with its labels."""

from __future__ import annotations

import math

import pytest

from autograd import AnomalyError, Value, detect_anomaly
from nn import MLP, SGD, Neuron, mse_loss


def test_an_infinite_weight_is_named_at_its_first_use() -> None:
    neuron = Neuron(2, seed=0)
    neuron.w[1].data = math.inf
    with detect_anomaly(), pytest.raises(AnomalyError) as caught:
        neuron([1.0, 2.0])
    assert str(caught.value) == "forward pass: *(w2 = inf, 2.0) gave inf"


def test_a_nan_among_the_inputs_is_named_at_its_first_use() -> None:
    model = MLP(2, [3, 1], seed=0)
    with detect_anomaly(), pytest.raises(AnomalyError, match=r"\*\(w1 = .*, nan\) gave nan"):
        model([math.nan, 1.0])


def test_training_that_diverges_stops_at_the_operation_that_overflowed() -> None:
    model = MLP(1, [4, 1], seed=0)
    optimiser = SGD(model.parameters(), lr=1e6)

    def train() -> None:
        for _ in range(100):
            loss = mse_loss([model([x]) for x in (1.0, 2.0)], [3.0, -5.0])
            model.zero_grad()
            loss.backward()
            optimiser.step()

    with detect_anomaly(), pytest.raises(AnomalyError) as caught:
        train()
    said = str(caught.value)
    assert said.endswith("gave inf") or "became" in said
    shown = said.partition("gave")[0].partition("became")[0]
    assert "inf" not in shown and "nan" not in shown, "its operands were still finite"


def test_a_bad_gradient_in_a_layer_is_named() -> None:
    model = MLP(1, [1], seed=0)
    for p in model.parameters():
        p.data = 0.0
    loss = model([1.0]).sqrt()
    with detect_anomaly(), pytest.raises(AnomalyError, match=r"became inf going back .* sqrt\(0"):
        loss.backward()


def test_sound_training_is_the_same_when_watched() -> None:
    def train(*, watched: bool) -> list[float]:
        model = MLP(2, [3, 1], activation="tanh", seed=0)
        optimiser = SGD(model.parameters(), lr=0.1)
        for _ in range(10):
            model.zero_grad()
            if watched:
                with detect_anomaly():
                    mse_loss([model([Value(1.0), 2.0])], [0.5]).backward()
            else:
                mse_loss([model([Value(1.0), 2.0])], [0.5]).backward()
            optimiser.step()
        return [p.data for p in model.parameters()]

    assert train(watched=True) == pytest.approx(train(watched=False), rel=1e-12)
