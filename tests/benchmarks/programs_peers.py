"""The tasks of `programs` in other engines, each written in the fastest way that we found.

Each keeps its data where it is fastest, and leaves its results where they are: JAX on its device,
NumPy and CasADi in buffers that the next step overwrites. Theta holds the parameters of a layer as
a matrix with a row for each neuron: its weights, then its bias.
"""

from __future__ import annotations

import functools
import importlib.metadata
import time
from array import array
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from .worker import Data, Step

if TYPE_CHECKING:
    from collections.abc import Callable

SIZES = 2, 16, 16, 1


def _layers(theta: Any) -> list[Any]:
    """Split theta, or an array of its shape, into a matrix per layer."""
    layers, start = [], 0
    for nin, nout in pairwise(SIZES):
        stop = start + nout * (nin + 1)
        layers.append(theta[start:stop].reshape(nout, nin + 1))
        start = stop
    return layers


class _Peer:
    """The data, and the versions of the packages."""

    packages: tuple[str, ...] = ()

    def __init__(self, data: Data) -> None:
        self.data = data

    def versions(self) -> dict[str, str]:
        return {name: importlib.metadata.version(name) for name in self.packages}


class Jax(_Peer):
    """``jax.jit`` of ``jax.value_and_grad``, on dense matrices with a row for each neuron.

    Theta is one array, which takes less time to hand over than six; and a call runs in the thread
    that makes it, which for steps as short as these takes half the time of waiting for another.
    """

    packages = ("jax", "jaxlib")
    asynchronous = False

    def __init__(self, data: Data) -> None:
        super().__init__(data)
        start = time.perf_counter()
        import jax

        jax.config.update("jax_enable_x64", True)
        jax.config.update("jax_cpu_enable_async_dispatch", self.asynchronous)
        self.jax, self.np = jax, jax.numpy
        self._import = time.perf_counter() - start

    def _loss(self, theta: Any, x: Any, y: Any) -> Any:
        """The mean loss, given the points as a matrix with a column for each row of data."""
        for k, layer in enumerate(_layers(theta), start=2):
            x = layer[:, :-1] @ x + layer[:, -1:]
            if k < len(SIZES):
                x = self.jax.nn.relu(x)
        return self.np.mean(self.np.maximum(0.0, 1.0 - y * x[0]))

    def _arguments(self, rows: int = 100) -> tuple[Any, Any, Any]:
        times = rows // len(self.data.labels)
        x = self.np.tile(self.np.array(self.data.points).T, (1, times))
        y = self.np.tile(self.np.array(self.data.labels), times)
        return self.np.array(self.data.theta), x, y

    def _step(self, function: Any, *arguments: Any) -> Step:
        compiled = self.jax.jit(self.jax.value_and_grad(function))

        def run() -> Any:
            value, gradient = compiled(*arguments)
            gradient.block_until_ready()  # the value comes from the same computation
            return value, gradient

        return Step(run, lambda result: (result[0].item(), result[1].tolist()))

    def moons(self, rows: int = 100) -> Step:
        return self._step(self._loss, *self._arguments(rows))

    def moons_for_memory(self, rows: int) -> Callable[[], Any]:
        """Compile before the first call, as compiling takes memory, too."""
        arguments = self._arguments(rows)
        gradient = self.jax.jit(self.jax.value_and_grad(self._loss))
        compiled = gradient.lower(*arguments).compile()
        return lambda: self.jax.block_until_ready(compiled(*arguments))

    def _neuron(self, theta: Any, x: Any, y_true: Any) -> Any:
        return 0.5 * (self.np.maximum(theta[0] * x + theta[1], 0.0) - y_true) ** 2

    def neuron(self) -> Step:
        theta, x, y_true = self.np.array([0.5, 1.0]), self.np.array([2.0]), self.np.array([3.0])
        return self._step(lambda *arguments: self._neuron(*arguments)[0], theta, x, y_true)

    def neuron_value(self) -> Step:
        arguments = self.np.array([0.5, 1.0]), self.np.array([2.0]), self.np.array([3.0])
        compiled = self.jax.jit(self._neuron)
        return Step(
            lambda: compiled(*arguments).block_until_ready(), lambda losses: (losses.item(), [])
        )

    def compile_row(self) -> float:
        """Seconds to trace and compile the loss, and to take the first step."""
        arguments = self._arguments()
        self.jax.clear_caches()
        start = time.perf_counter()
        self._step(self._loss, *arguments).run()
        return time.perf_counter() - start

    def first(self) -> float:
        """Seconds for the first step in this process, with the import."""
        start = time.perf_counter()
        self._step(self._loss, *self._arguments()).run()
        return self._import + time.perf_counter() - start


class JaxAsInstalled(Jax):
    """The same with JAX's default settings: a call hands the work to a thread pool.

    With as few rows as here, a single thread of the pool does each computation, but not the thread
    that waits for it.
    """

    asynchronous = True


class Torch(_Peer):
    """PyTorch, eager: a matrix and a vector per layer, in as few operations as possible."""

    packages = ("torch",)

    def __init__(self, data: Data) -> None:
        super().__init__(data)
        import torch

        torch.set_num_threads(1)
        torch.set_default_dtype(torch.float64)
        self.torch = torch

    def moons(self) -> Step:
        torch = self.torch
        x = torch.tensor(self.data.points)
        minus_y = -torch.tensor(self.data.labels)[:, None]
        one = torch.ones(())
        params: list[Any] = []
        for layer in _layers(torch.tensor(self.data.theta)):
            params += layer[:, :-1].t().contiguous(), layer[:, -1].clone()
        for p in params:
            p.requires_grad_()
        w1, b1, w2, b2, w3, b3 = params

        def run() -> Any:
            for p in params:
                p.grad = None
            h = torch.addmm(b1, x, w1).relu_()
            h = torch.addmm(b2, h, w2).relu_()
            score = torch.addmm(b3, h, w3)
            loss = torch.addcmul(one, minus_y, score).relu_().mean()
            loss.backward()
            return loss

        def read(loss: Any) -> tuple[float, list[float]]:
            layers = [
                torch.cat([w.grad.t(), b.grad[:, None]], 1).flatten()
                for w, b in zip(params[::2], params[1::2], strict=True)
            ]
            return loss.item(), torch.cat(layers).tolist()

        return Step(run, read)


class NumPy(_Peer):
    """The backward pass by hand, every result written into an existing array.

    Activations have a row for each neuron and a last row of ones, whose weights are the biases. So
    a layer is one product, and its gradient another, written straight into place.
    """

    packages = ("numpy",)

    def __init__(self, data: Data) -> None:
        super().__init__(data)
        import numpy

        self.np = numpy

    def moons(self, rows: int = 100) -> Step:
        np = self.np
        theta, gradient = np.array(self.data.theta), np.empty(len(self.data.theta))
        times = rows // len(self.data.labels)
        y = np.tile(np.array(self.data.labels), times)
        h0, h1, h2 = (np.ones((size + 1, rows)) for size in SIZES[:-1])
        h0[:-1] = np.tile(np.array(self.data.points).T, times)
        z1, z2, score = (np.empty((size, rows)) for size in SIZES[1:])
        d1, d2, d3 = (np.empty((size, rows)) for size in SIZES[1:])
        on1, on2, on3 = (np.empty((size, rows), bool) for size in SIZES[1:])
        w1, w2, w3 = _layers(theta)
        g1, g2, g3 = _layers(gradient)
        h1_inner, h2_inner = h1[:-1], h2[:-1]
        h0_t, h1_t, h2_t, w2_t, w3_t = h0.T, h1.T, h2.T, w2[:, :-1].T, w3[:, :-1].T
        slope = (-y / rows)[None]

        def run() -> Any:
            np.dot(w1, h0, out=z1)
            np.maximum(z1, 0.0, out=h1_inner)
            np.dot(w2, h1, out=z2)
            np.maximum(z2, 0.0, out=h2_inner)
            np.dot(w3, h2, out=score)
            margin = np.multiply(y, score, out=score)
            np.subtract(1.0, margin, out=margin)
            np.greater(margin, 0.0, out=on3)
            loss = np.add.reduce(np.maximum(margin, 0.0, out=margin), None) / rows
            np.multiply(slope, on3, out=d3)
            np.dot(d3, h2_t, out=g3)
            np.multiply(w3_t, d3, out=d2)
            np.multiply(d2, np.greater(z2, 0.0, out=on2), out=d2)
            np.dot(d2, h1_t, out=g2)
            np.dot(w2_t, d2, out=d1)
            np.multiply(d1, np.greater(z1, 0.0, out=on1), out=d1)
            np.dot(d1, h0_t, out=g1)
            return loss, gradient

        return Step(run, lambda result: (float(result[0]), result[1].tolist()))

    def moons_for_memory(self, rows: int) -> Callable[[], Any]:
        """The first step allocates its arrays, so that they count."""
        self.moons().run()
        made = functools.cache(lambda: self.moons(rows))
        return lambda: made().run()


class PlainNumPy(NumPy):
    """The same in the plainest way: a line per formula, a new array per result."""

    def moons(self, rows: int = 100) -> Step:
        np = self.np
        times = rows // len(self.data.labels)
        x = np.tile(np.array(self.data.points), (times, 1))
        y = np.tile(np.array(self.data.labels), times)[:, None]
        layers = _layers(np.array(self.data.theta))
        (w1, b1), (w2, b2), (w3, b3) = ((m[:, :-1].T.copy(), m[:, -1].copy()) for m in layers)

        def run() -> Any:
            z1 = x @ w1 + b1
            h1 = np.maximum(z1, 0.0)
            z2 = h1 @ w2 + b2
            h2 = np.maximum(z2, 0.0)
            margin = 1.0 - y * (h2 @ w3 + b3)
            d3 = np.where(margin > 0.0, -y / rows, 0.0)
            d2 = (d3 @ w3.T) * (z2 > 0.0)
            d1 = (d2 @ w2.T) * (z1 > 0.0)
            slopes = (x.T @ d1, d1.sum(0)), (h1.T @ d2, d2.sum(0)), (h2.T @ d3, d3.sum(0))
            return np.maximum(margin, 0.0).mean(), slopes

        def read(result: Any) -> tuple[float, list[float]]:
            loss, slopes = result
            layers = [np.column_stack([w.T, b]).ravel() for w, b in slopes]
            return float(loss), np.concatenate(layers).tolist()

        return Step(run, read)


class CasADi(_Peer):
    """One function of SX expressions with the operations of all rows, and their gradient.

    Mapping the function of a row takes longer. It is called with buffers, which saves conversions.
    """

    packages = ("casadi",)

    def __init__(self, data: Data) -> None:
        super().__init__(data)
        import casadi

        self.casadi = casadi

    def moons(self) -> Step:
        casadi = self.casadi
        theta = casadi.SX.sym("theta", len(self.data.theta))
        layers, start = [], 0
        for nin, nout in pairwise(SIZES):
            stop = start + nout * (nin + 1)
            layers.append(
                casadi.reshape(theta[start:stop], nin + 1, nout).T
            )  # CasADi stores columns
            start = stop
        rows = len(self.data.labels)
        x, y = casadi.SX.sym("x", SIZES[0], rows), casadi.SX.sym("y", rows)
        loss = 0.0
        for row in range(rows):
            h = x[:, row]
            for k, layer in enumerate(layers, start=2):
                h = layer[:, :-1] @ h + layer[:, -1]
                if k < len(SIZES):
                    h = casadi.fmax(h, 0.0)
            loss += casadi.fmax(1.0 - y[row] * h, 0.0)
        loss /= rows
        step = casadi.Function("step", [theta, x, y], [loss, casadi.gradient(loss, theta)])
        points = [c for point in self.data.points for c in point]
        arguments = [array("d", x) for x in (self.data.theta, points, self.data.labels)]
        value, gradient = array("d", [0.0]), array("d", bytes(8 * len(self.data.theta)))
        caller, run = step.buffer()
        for k, argument in enumerate(arguments):
            caller.set_arg(k, memoryview(argument))
        for k, result in enumerate((value, gradient)):
            caller.set_res(k, memoryview(result))
        self.in_use = caller, arguments  # keeps them alive: CasADi holds only their addresses
        return Step(run, lambda _: (value[0], gradient.tolist()))


class Micrograd(_Peer):
    """Its own demo: each step builds the graph of the whole data set."""

    packages = ("micrograd",)

    def __init__(self, data: Data) -> None:
        super().__init__(data)
        from micrograd import engine, nn

        self.engine, self.nn = engine, nn

    def moons(self) -> Step:
        Value, MLP = self.engine.Value, self.nn.MLP  # noqa: N806
        model = MLP(SIZES[0], list(SIZES[1:]))
        params = model.parameters()
        for p, x in zip(params, self.data.theta, strict=True):
            p.data = x

        def run() -> Any:
            inputs = [list(map(Value, point)) for point in self.data.points]
            scores = list(map(model, inputs))
            losses = [
                (1 + -yi * scorei).relu()
                for yi, scorei in zip(self.data.labels, scores, strict=True)
            ]
            loss = sum(losses) * (1.0 / len(losses))
            model.zero_grad()
            loss.backward()
            return loss

        return Step(run, lambda loss: (loss.data, [p.grad for p in params]))
