"""Train the model on invented names, a document a step, and invent 20 more.

``python -m tests.benchmarks.microgpt.train`` takes one compiled program for all lengths; with
``--engine own`` it takes the engine that such models come with, value by value.
"""

from __future__ import annotations

import argparse
import math
import random
from typing import TYPE_CHECKING, Any

from .model import BOUNDARY, SMALL, TOKENS, Shape, as_tokens, initial_theta, reader, spell
from .names import invent_names
from .setup import Setup

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["sample", "train_compiled", "train_own"]

LR, BETAS, ADAM_EPS = 0.01, (0.85, 0.99), 1e-8
TEMPERATURE = 0.5


class FloatTools:
    """The model's further functions on plain numbers."""

    def softmax(self, scores: list[float]) -> list[float]:
        largest = max(scores)
        exponentials = [math.exp(s - largest) for s in scores]
        whole = sum(exponentials)
        return [e / whole for e in exponentials]

    def surprise(self, logits: list[float], target: int) -> float:
        return -math.log(self.softmax(logits)[target])

    def pick(self, table: list[list[float]], index: int) -> list[float]:
        return table[index]

    def relu(self, x: float) -> float:
        return max(x, 0.0)


def sample(shape: Shape, theta: Sequence[float], rng: random.Random) -> str:
    """Invent a name: draw each letter by the shares that the model gives them."""
    tools = FloatTools()
    read = reader(shape, theta, tools)
    tokens = [BOUNDARY]
    while len(tokens) <= shape.positions:
        shares = tools.softmax([x / TEMPERATURE for x in read(tokens[-1])])
        tokens += rng.choices(range(TOKENS), shares)
        if tokens[-1] == BOUNDARY:
            break
    return spell(tokens)


def train_compiled(setup: Setup, steps: int) -> Iterator[tuple[float, list[float]]]:
    """After each step, its loss and the new parameters. One program serves all documents."""
    import nn

    from .ours import Masked, padded

    ours = Masked(setup)
    positions, program = ours.program_for(ours.shape.positions)
    adam = nn.Adam(program, LR, BETAS, ADAM_EPS)
    for step in range(steps):
        document = as_tokens(setup.names[step % len(setup.names)])
        value, _ = program.value_and_grad(padded([document], positions))
        adam.lr = LR * (1.0 - step / steps)
        adam.step()
        yield value, program.theta


def train_own(setup: Setup, steps: int) -> Iterator[tuple[float, list[float]]]:
    """The same on the engine of its own, with Adam in plain Python."""
    from .own_engine import OwnEngine, Value

    own = OwnEngine(setup)
    params = list(map(Value, setup.theta))
    means, squares = [0.0] * len(params), [0.0] * len(params)
    for step in range(steps):
        document = as_tokens(setup.names[step % len(setup.names)])
        value, _ = own.compute(params, [document])
        lr = LR * (1.0 - step / steps)
        for i, p in enumerate(params):
            means[i] = BETAS[0] * means[i] + (1.0 - BETAS[0]) * p.grad
            squares[i] = BETAS[1] * squares[i] + (1.0 - BETAS[1]) * p.grad**2
            mean = means[i] / (1.0 - BETAS[0] ** (step + 1))
            square = squares[i] / (1.0 - BETAS[1] ** (step + 1))
            p.data -= lr * mean / (math.sqrt(square) + ADAM_EPS)
        yield value.data, [p.data for p in params]


ENGINES = {"compiled": train_compiled, "own": train_own}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.microgpt.train")
    parser.add_argument("--engine", choices=ENGINES, default="compiled")
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--width", type=int, default=SMALL.width)
    parser.add_argument("--blocks", type=int, default=SMALL.blocks)
    options = parser.parse_args()
    shape = Shape(width=options.width, blocks=options.blocks)
    names = invent_names()
    random.Random(1).shuffle(names)
    setup = Setup(list(shape), initial_theta(shape), names)
    losses: list[float] = []
    theta: Any = setup.theta
    for value, theta in ENGINES[options.engine](setup, options.steps):  # noqa: B007
        losses.append(value)
        if len(losses) % 100 == 0:
            print(f"step {len(losses)}: loss {sum(losses[-100:]) / 100:.4f}", flush=True)
    rng = random.Random(2)
    theta = list(map(float, theta))
    print(*[sample(shape, theta, rng) for _ in range(20)], sep="\n")


if __name__ == "__main__":
    main()
