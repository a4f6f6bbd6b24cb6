"""Training a model from start to finish."""

from __future__ import annotations

import pytest

import autograd
from autograd import Value, total
from nn import MLP, SGD, Adam, Embedding, cross_entropy, hinge_loss
from tests.two_moons import two_moons

# Some data sets made with noise 0.1 can hardly be separated, whatever the start; this one is
# ordinary.
POINTS, LABELS = two_moons(100, noise=0.1, seed=0)


def accuracy_on_two_moons(seed: int) -> float:
    """micrograd's demo: 100 full-batch steps on the hinge loss with a little weight decay.

    Compiled, it takes a hundredth of the time.
    """
    model = MLP(2, [16, 16, 1], seed=seed)
    parameters = model.parameters()
    sgd = SGD(parameters, lr=1.0)

    def loss_of(x: Value, y: Value, label: Value) -> Value:
        loss: Value = (1.0 - label * model([x, y])).relu() + 1e-4 * total(p * p for p in parameters)
        return loss

    program = autograd.compile(loss_of, params=parameters)
    columns = (*zip(*POINTS, strict=True), LABELS)
    for k in range(100):
        sgd.lr = 1.0 - 0.9 * k / 100
        program.theta = [p.data for p in parameters]
        _, gradient = program.value_and_grad(*columns)
        for p, slope in zip(parameters, gradient, strict=True):
            p.grad = float(slope)
        sgd.step()
    right = sum((model(x) > 0) == (y > 0) for x, y in zip(POINTS, LABELS, strict=True))
    return float(right) / len(LABELS)


@pytest.mark.slow
def test_two_moons_are_learnt_from_nine_of_ten_starts() -> None:
    assert sum(accuracy_on_two_moons(seed) == 1.0 for seed in range(10)) >= 9


def test_two_moons_are_half_circles_with_the_given_seed() -> None:
    points, labels = two_moons(7, noise=0.0, seed=3)
    assert (labels.count(-1), labels.count(1)) == (3, 4)
    assert two_moons(7, seed=3) == two_moons(7, seed=3) != two_moons(7, seed=4)
    for (x, y), label in zip(points, labels, strict=True):
        centre = (0.0, 0.0) if label < 0 else (1.0, 0.5)
        assert abs((x - centre[0]) ** 2 + (y - centre[1]) ** 2 - 1.0) < 1e-12


def test_adam_learns_exclusive_or() -> None:
    model = MLP(2, [8, 1], "tanh", seed=0)
    adam = Adam(model.parameters(), lr=0.1)
    table = [((-1, -1), -1), ((-1, 1), 1), ((1, -1), 1), ((1, 1), -1)]
    for _ in range(60):
        loss = hinge_loss([model(x) for x, _ in table], [y for _, y in table])
        adam.zero_grad()
        loss.backward()
        adam.step()
    assert all(model(x).data * y > 0 for x, y in table)


def test_an_embedding_learns_which_words_go_together() -> None:
    words = ["cat", "dog", "red", "blue"]
    embedding, classes = Embedding(words, 2, seed=0), [0, 0, 1, 1]
    adam = Adam(embedding.parameters(), lr=0.2)
    for _ in range(40):
        loss = cross_entropy([embedding(word) for word in words], classes)
        adam.zero_grad()
        loss.backward()
        adam.step()
    assert loss.data < 0.01
