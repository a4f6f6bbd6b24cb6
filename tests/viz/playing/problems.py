"""Small problems to train on, for the tests of the playground."""

from __future__ import annotations

import math
import random
from typing import Any

import nn
from autograd import Value
from tests.two_moons import two_moons
from viz import Playground, playground

__all__ = ["RULES", "curve", "four_inputs", "losses_of", "moons", "three_classes", "train"]


def logistic(score: Any, y: Value) -> Value:
    """The loss of a score, for targets of −1 and 1; it has no kinks."""
    loss: Value = (-y * score).softplus()
    return loss


def moons(
    sizes: tuple[int, ...] = (4, 1), optimiser: Any = None, count: int = 40, **options: Any
) -> tuple[Playground, nn.MLP]:
    X, y = two_moons(count, 0.1)  # noqa: N806
    model = nn.MLP(2, sizes, activation="tanh", seed=1)
    chosen = optimiser(model.parameters()) if optimiser else None
    return playground(model, X, y, options.pop("loss", logistic), chosen, **options), model


def three_classes(**options: Any) -> tuple[Playground, nn.MLP]:
    rng = random.Random(0)
    angles = [2.1 * (k % 3) + rng.gauss(0.0, 0.3) for k in range(60)]
    points = [[math.cos(a), math.sin(a)] for a in angles]
    model = nn.MLP(2, [5, 3], activation="tanh", seed=2)
    chosen = nn.Adam(model.parameters(), lr=0.05)
    classes = [k % 3 for k in range(60)]
    return playground(model, points, classes, nn.cross_entropy, chosen, **options), model


def curve(**options: Any) -> tuple[Playground, nn.MLP]:
    rng = random.Random(0)
    xs = [rng.uniform(-2.0, 2.0) for _ in range(40)]
    model = nn.MLP(1, [6, 1], activation="tanh", seed=0)
    chosen = nn.SGD(model.parameters(), lr=0.1, momentum=0.9)
    return playground(
        model, xs, [math.sin(2 * x) for x in xs], nn.mse_loss, chosen, **options
    ), model


def four_inputs(**options: Any) -> tuple[Playground, nn.MLP]:
    rng = random.Random(0)
    points = [[rng.uniform(-1.0, 1.0) for _ in range(4)] for _ in range(40)]
    targets = [int(a * b + c > 0) for a, b, c, _ in points]
    model = nn.MLP(4, [5, 1], seed=0)

    def loss(logit: Any, y: Value) -> Value:
        return nn.binary_cross_entropy(logit, y, from_logits=True)

    return playground(model, points, targets, loss, **options), model


RULES: dict[str, Any] = {
    "SGD": lambda params: nn.SGD(params, lr=0.3),
    "SGD with weight decay": lambda params: nn.SGD(params, lr=0.3, weight_decay=0.01),
    "momentum": lambda params: nn.SGD(params, lr=0.1, momentum=0.9),
    "Nesterov": lambda params: nn.SGD(params, lr=0.1, momentum=0.8, nesterov=True),
    "Adam": lambda params: nn.Adam(params, lr=0.05, weight_decay=0.01),
    "AdamW": lambda params: nn.AdamW(params, lr=0.05, betas=(0.8, 0.95)),
    "RMSprop": lambda params: nn.RMSprop(params, lr=0.01, momentum=0.5),
    # With a small eps, √(v − m²) near 0 would make rounding errors of 1e-15 differences of 1e-3.
    "centred RMSprop": lambda params: nn.RMSprop(params, lr=0.01, centered=True, eps=0.01),
}


def train(page: Playground, model: nn.MLP, optimiser: Any, steps: int, count: int = 40) -> None:
    """Train in Python as the page does."""
    X, y = two_moons(count, 0.1)  # noqa: N806
    for _, batch in zip(range(steps), page.batches(), strict=False):
        losses = losses_of(model, [X[k] for k in batch], [y[k] for k in batch])
        optimiser.zero_grad()
        (sum(losses, Value(0.0)) / len(losses)).backward()
        optimiser.step()


def losses_of(model: nn.MLP, X: Any, y: Any) -> list[Value]:  # noqa: N803
    return [logistic(model(x), Value(float(t))) for x, t in zip(X, y, strict=True)]
