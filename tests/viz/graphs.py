"""Graphs as people draw them: those that pictures have to fit, in tests."""

from __future__ import annotations

import random
from functools import cache
from typing import TYPE_CHECKING

import nn
from autograd import Value, dot, mean, softmax, total
from viz import draw

if TYPE_CHECKING:
    from collections.abc import Callable

    from viz import Picture

__all__ = ["GRAPHS", "attention_head", "drawn", "made"]


def network(points: int) -> Value:
    model = nn.MLP(2, [4, 4, 1], seed=0)
    errors = [model([Value(0.1 * i, "x1"), Value(0.2, "x2")]) - 1.0 for i in range(points)]
    return total([error * error for error in errors])


def logistic_regression() -> Value:
    w1, w2, b = (Value(0.5, name, role="parameter") for name in ("w1", "w2", "b"))
    return nn.binary_cross_entropy((w1 * 1.5 + w2 * 2.0 + b).sigmoid(), 1.0)


def softmax_classifier() -> Value:
    rng = random.Random(0)
    x = [Value(float(j), f"x{j}", role="input") for j in range(3)]
    weights = [
        [Value(rng.uniform(-1, 1), f"w{i}{j}", role="parameter") for j in range(3)]
        for i in range(3)
    ]
    return nn.cross_entropy([dot(row, x) for row in weights], 1)


def attention_head() -> Value:
    rng = random.Random(0)
    tokens = [[Value(rng.uniform(-1, 1), f"x{t}{i}") for i in range(2)] for t in range(3)]

    def projected(name: str, x: list[Value]) -> list[Value]:
        return [dot([weights[name, i, j] for j in range(2)], x) for i in range(2)]

    weights = {
        (name, i, j): Value(rng.uniform(-1, 1), f"{name}{i}{j}", role="parameter")
        for name in "qkv" for i in range(2) for j in range(2)
    }  # fmt: skip
    query = projected("q", tokens[-1])
    share = softmax([dot(query, projected("k", x)) * 0.5**0.5 for x in tokens])
    return total(
        [dot(share, column) for column in zip(*(projected("v", x) for x in tokens), strict=True)]
    )


def chain(length: int) -> Value:
    y = Value(1.0, "x", role="input")
    for i in range(length):
        y = y * 1.01 if i % 2 else y + 0.1
    return y


def loss_over_examples() -> Value:
    w, b = Value(0.5, "w", role="parameter"), Value(0.1, "b", role="parameter")
    return mean([(w * (0.01 * i) + b - 0.02 * i) ** 2 for i in range(100)])


def squares() -> Value:
    x = Value(3.0, "x")
    return x * x + (x + x)


def not_a_number() -> Value:
    w = Value(2.0, "w", role="parameter")
    return Value(-1.0, "x").log() * w + w


GRAPHS: dict[str, Callable[[], Value]] = {
    "network, 1 point": lambda: network(1),
    "network, 4 points": lambda: network(4),
    "logistic regression": logistic_regression,
    "softmax classifier": softmax_classifier,
    "attention head": attention_head,
    "chain": lambda: chain(50),
    "loss over examples": loss_over_examples,
    "squares": squares,
    "nan": not_a_number,
}


def made(name: str) -> Value:
    """The result of a graph, with its gradients."""
    loss = GRAPHS[name]()
    loss.label = "L"
    loss.backward()
    return loss


@cache
def drawn(name: str, width: int, *, derivatives: bool = False) -> Picture:
    """The picture of a graph."""
    return draw(made(name), width=width, derivatives=derivatives)
