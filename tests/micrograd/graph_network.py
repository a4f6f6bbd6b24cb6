"""A graph neural network: each node averages its neighbours' messages, twice."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from .imports import Layer, Module

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .run import Step

NEIGHBOURS = {  # two triangles, joined by an edge
    "a": "bc", "b": "ac", "c": "abd", "d": "cef", "e": "df", "f": "de",
}  # fmt: skip
FEATURES = {n: [0.3 * k - 0.8, (-1.0) ** k] for k, n in enumerate(NEIGHBOURS)}
LABELS = {"a": 1, "f": -1}  # the other nodes have none


class GraphLayer(Module):
    """h(n) ← f(own(h(n)) + the mean of message(h(m)) over the neighbours m)."""

    def __init__(self, nin: int, nout: int, nonlin: bool) -> None:
        self.own, self.message = (Layer(nin, nout, nonlin=False) for _ in range(2))
        self.nonlin = nonlin

    def __call__(self, states: Mapping[str, list[Any]]) -> dict[str, list[Any]]:
        messages = {n: self.message(h) for n, h in states.items()}
        found: dict[str, list[Any]] = {}
        for n, h in states.items():
            received = [messages[m] for m in NEIGHBOURS[n]]
            means = [sum(column) / len(received) for column in zip(*received, strict=True)]
            sums = [a + b for a, b in zip(self.own(h), means, strict=True)]
            found[n] = [s.relu() for s in sums] if self.nonlin else sums
        return found

    def parameters(self) -> list[Any]:
        return [*self.own.parameters(), *self.message.parameters()]


def steps() -> Iterator[Step]:
    rng = random.Random(21)
    layers = [GraphLayer(2, 6, nonlin=True), GraphLayer(6, 2, nonlin=False)]
    parameters = [p for layer in layers for p in layer.parameters()]
    for p in parameters:
        p.data = rng.uniform(-0.7, 0.7)
    while True:
        states: Any = FEATURES
        for layer in layers:
            states = layer(states)
        margins = [1 - label * (states[n][0] - states[n][1]) for n, label in LABELS.items()]
        loss = sum(m.relu() for m in margins) / len(LABELS)
        edges = [(a, b) for a in NEIGHBOURS for b in NEIGHBOURS[a] if a < b]
        rough = sum(
            (p - q) ** 2 for a, b in edges for p, q in zip(states[a], states[b], strict=True)
        )
        loss = loss + 0.05 * rough
        for layer in layers:
            layer.zero_grad()
        loss.backward()
        for p in parameters:
            p.data -= 0.2 * p.grad
        yield loss, parameters
