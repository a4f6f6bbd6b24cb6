"""One engine in a process of its own, which does what it is told line by line; see `eager`.

Run by path, with "glassgrad" or "micrograd" as its argument: the two have different environments,
and neither finds the other. Standard library and the engine only.
"""

from __future__ import annotations

import gc
import json
import resource
import sys
import time
import tracemalloc
from itertools import pairwise
from typing import Any

if sys.argv[1] == "glassgrad":
    from autograd import Value
    from nn import MLP
else:
    from micrograd.engine import Value  # type: ignore[no-redef]
    from micrograd.nn import MLP  # type: ignore[no-redef]


class Worker:
    """Micrograd's demo: an MLP with two hidden layers learns two moons."""

    def __init__(self, points: list[list[float]], labels: list[int], start: list[float]) -> None:
        self.points, self.labels = points, labels
        self.model = MLP(2, [16, 16, 1])
        self.k = 0
        for p, x in zip(self.model.parameters(), start, strict=True):
            p.data = x

    def loss(self) -> Any:
        """The loss on all data, written as in the demo."""
        inputs = [list(map(Value, point)) for point in self.points]
        scores = list(map(self.model, inputs))
        losses = [(1 + -yi * scorei).relu() for yi, scorei in zip(self.labels, scores, strict=True)]
        data_loss = sum(losses) * (1.0 / len(losses))
        return data_loss + 1e-4 * sum(p * p for p in self.model.parameters())

    def train(self) -> float:
        """One training step; its graph is let go of at the end."""
        loss = self.loss()
        self.model.zero_grad()
        loss.backward()
        lr = max(0.1, 1.0 - 0.9 * self.k / 100)
        self.k += 1
        for p in self.model.parameters():
            p.data -= lr * p.grad
        return float(loss.data)

    def step(self) -> dict[str, float]:
        """Milliseconds and loss of one training step."""
        start = time.perf_counter()
        loss = self.train()
        return {"ms": (time.perf_counter() - start) * 1e3, "loss": loss}

    def parts(self) -> dict[str, float]:
        """Milliseconds of each part of a training step."""
        times = [time.perf_counter()]
        loss = self.loss()
        times.append(time.perf_counter())
        self.model.zero_grad()
        loss.backward()
        times.append(time.perf_counter())
        del loss
        times.append(time.perf_counter())
        build, backward, free = ((b - a) * 1e3 for a, b in pairwise(times))
        return {"build": build, "backward": backward, "free": free}

    def memory(self) -> dict[str, float]:
        """Nodes of the graph, and bytes that each takes after the backward pass."""
        self.model.zero_grad()
        gc.collect()
        tracemalloc.start()
        loss = self.loss()
        loss.backward()
        held, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        nodes, waiting = {loss}, [loss]
        while waiting:
            new = set(waiting.pop()._prev) - nodes
            # A constant appears as a fresh Value each time it is asked for: not one that is held.
            new = {v for v in new if getattr(v, "role", "") != "constant"}
            nodes |= new
            waiting.extend(new)
        return {"nodes": len(nodes), "bytes": held / len(nodes)}

    def growth(self) -> dict[str, float]:
        """Megabytes by which the process grows over 200 steps without the garbage collector."""
        gc.collect()
        gc.disable()
        for _ in range(10):
            self.train()
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        for _ in range(200):
            self.train()
        gc.enable()
        unit = 2**20 if sys.platform == "darwin" else 2**10  # of ru_maxrss: bytes, or kilobytes
        return {"MB": (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / unit}


def main() -> None:
    worker = Worker(**json.loads(sys.stdin.readline()))
    for command in sys.stdin:
        print(json.dumps(getattr(worker, command.strip())()), flush=True)


if __name__ == "__main__":
    main()
