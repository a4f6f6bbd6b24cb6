"""Lesson 12: more data, better guesses."""

from __future__ import annotations

import math
import random
from itertools import cycle, islice
from typing import TYPE_CHECKING, Any

import nn
from autograd import Value, no_grad

from ..pictures.draw import draw
from ..pictures.text import quantity
from ..playing.playground import playground
from .example import LR, Example, Figure, Lesson, Progress, Scene, rises

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ..playing.playground import Playground

SIZES = (1, 2, 4, 8, 16, 32, 64)
SEEDS = 20
UPDATES, BATCH = 60, 4
"""Each update sees the next four examples: as good as all of them, in a third of the time."""


def _noisy_rule(n: int, rng: random.Random) -> list[tuple[list[float], float]]:
    """Draw n examples of ``y = tanh(x1 − x2)`` plus noise of standard deviation 0.2."""
    points = [[rng.uniform(-2.0, 2.0), rng.uniform(-2.0, 2.0)] for _ in range(n)]
    return [(x, math.tanh(x[0] - x[1]) + rng.gauss(0.0, 0.2)) for x in points]


def _mean_loss(model: nn.MLP, examples: Iterable[tuple[list[float], float]]) -> Value:
    predictions, targets = [], []
    for x, y in examples:
        predictions.append(model(x))
        targets.append(y)
    return nn.mse_loss(predictions, targets)


def _train(examples: Sequence[tuple[list[float], float]], seed: int) -> nn.MLP:
    model = nn.MLP(2, [3, 1], activation="tanh", seed=seed)
    optimiser = nn.SGD(model.parameters(), lr=LR)
    in_turn = cycle(examples)
    for _ in range(UPDATES):
        model.zero_grad()
        _mean_loss(model, islice(in_turn, min(BATCH, len(examples)))).backward()
        optimiser.step()
    return model


def _play(**about: Any) -> Playground:
    """A page in which the network learns on which side of the rule a point is, from few points."""
    points = _noisy_rule(SIZES[-1], random.Random(4))
    model = nn.MLP(2, [3, 1], activation="tanh", seed=0)
    return playground(
        model,
        [x for x, _ in points],
        [math.copysign(1.0, y) for _, y in points],
        nn.hinge_loss,
        nn.SGD(model.parameters(), lr=LR),
        held_out=0.9,
        seed=4,
        **about,
    )


def _more_data(progress: Progress) -> Example:
    losses = dict.fromkeys(SIZES, 0.0)
    shown: dict[int, nn.MLP] = {}
    for seed in range(SEEDS):
        rng = random.Random(seed)
        training, test = _noisy_rule(SIZES[-1], rng), _noisy_rule(200, rng)
        for size in SIZES:
            model = _train(training[:size], seed)
            with no_grad():
                losses[size] += _mean_loss(model, test).data / SEEDS
            if seed == 0:
                shown[size] = model
        progress(seed + 1, SEEDS)
    captions, drawn = [], []
    for size, model in shown.items():
        x = [Value(1.0, "x1", role="input"), Value(-0.5, "x2", role="input")]
        y_pred = model(x)
        y_pred.label = "y_pred"
        loss = nn.half_squared_error(y_pred, Value(math.tanh(1.5), "y_true", role="target"))
        loss.label = "L"
        model.zero_grad()
        loss.backward()
        captions.append(
            f"Trained on {quantity(size, 'example')}: y_pred = {y_pred.data:.3f} "
            f"for a true {math.tanh(1.5):.3f}. Mean test loss of {SEEDS} such networks: "
            f"{losses[size]:.3f}."
        )
        drawn.append(loss)
    scenes = []
    for size, caption, loss in zip(shown, captions, drawn, strict=True):
        picture = draw(loss, sequence=drawn)
        scenes.append(Scene(str(size), caption, picture, loss if size == SIZES[-1] else None))
    curve = [(str(size), loss) for size, loss in losses.items()]
    figures = [
        Figure(
            "mean test loss falls at every doubling",
            rises([-loss for loss in losses.values()]),
            True,
        ),
    ]
    return Example(scenes, figures, curve, "mean test loss after n examples", live=_play)


MORE_DATA = Lesson(
    number=12,
    name="more-data",
    title="More data, better guesses",
    teaches="generalisation, test loss",
    caption="The same small network, trained on 1 to 64 examples, tested on 200 it has never seen.",
    idea=(
        "A network with 13 parameters learns y = tanh(x1 − x2) from noisy examples. From one "
        "example it learns just that example; with 64, the noise averages out and the rule "
        "remains. The test loss is the mean squared error on 200 other examples, averaged over 20 "
        "networks."
    ),
    plainly=(
        "One guest tells you little. A cook who has served sixty-four knows what people like."
    ),
    ask="Why not take just one example, and train on it for longer?",
    answer=(
        "The network would learn that one example ever more exactly, noise and all. It cannot "
        "know what the others would have taught it."
    ),
    touch=(
        "Press Train: the network learns six points by heart. How many of the 58 that it does not "
        "learn from are right? Then add points of both kinds where the map is wrong."
    ),
    found=(
        "About 76 %: six points are too few to show the rule. A handful more, near the border, "
        "takes it beyond 90 %: each says something that the others did not."
    ),
    build=_more_data,
)
