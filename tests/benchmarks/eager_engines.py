"""One training step of micrograd's demo, in each engine that records scalar operations.

An MLP learns two moons: the graph of the loss is built again from all the data, differentiated,
and the parameters take a step. Glassgrad and micrograd have modules for that; the others get
the same formula on their numbers, written in the fastest way that we found. Every
engine is imported when its process starts, and is asked how long that took.
"""

from __future__ import annotations

import gc
import importlib
import importlib.metadata
import math
import time
import tracemalloc
from itertools import count, pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from .worker import Data, Step, peak_growth

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    Relu = Callable[[Any], Any]


class Training(NamedTuple):
    """The network, the data, and the initial parameters."""

    sizes: tuple[int, ...]
    points: list[list[float]]
    labels: list[float]
    start: list[float]


def rates() -> Iterator[float]:
    """The learning rate of each step, as in micrograd's demo."""
    return (max(0.1, 1.0 - 0.9 * k / 100) for k in count())


def mlp(p: Sequence[Any], sizes: Sequence[int], x: Sequence[Any], relu: Relu) -> Any:
    """The score of a point. Parameters come neuron by neuron: weights, then bias."""
    k = 0
    for nin, nout in pairwise(sizes):
        outputs = []
        for _ in range(nout):
            s = p[k + nin]
            for i in range(nin):
                s = s + p[k + i] * x[i]
            outputs.append(s)
            k += nin + 1
        x = outputs if k == len(p) else [relu(s) for s in outputs]
    return x[0]


def total_loss(p: Sequence[Any], training: Training, relu: Relu) -> Any:
    """The mean hinge loss of all points, and a penalty for large parameters."""
    losses = [
        relu(1.0 - y * mlp(p, training.sizes, x, relu))
        for x, y in zip(training.points, training.labels, strict=True)
    ]
    loss, squares = losses[0], p[0] * p[0]
    for other in losses[1:]:
        loss = loss + other
    for w in p[1:]:
        squares = squares + w * w
    return loss * (1.0 / len(losses)) + 1e-4 * squares


class Scalars:
    """An engine; each writes its own `step`."""

    packages: tuple[str, ...] = ()

    def __init__(self, data: Data) -> None:
        self.data = data
        start = time.perf_counter()
        self.load()
        self.import_seconds = time.perf_counter() - start

    def load(self) -> None:
        """Import the engine."""
        raise NotImplementedError

    def step(self, training: Training) -> Step:
        raise NotImplementedError

    def moons(self) -> Step:
        return self.step(Training((2, 16, 16, 1), *self.data))

    def small(self) -> Step:
        points, labels, theta = self.data
        return self.step(Training((2, 4, 1), points[:8], labels[:8], theta[:17]))

    def versions(self) -> dict[str, str]:
        return {name: importlib.metadata.version(name) for name in self.packages}

    def first(self) -> float:
        """Seconds for the import and the first step of the small network."""
        start = time.perf_counter()
        self.small().run()
        return self.import_seconds + time.perf_counter() - start

    def memory(self, task: str) -> float:
        """Peak growth of the process, in MiB, during a step, after a few small ones."""
        small, run = self.small().run, getattr(self, task)().run
        for _ in range(3):
            small()
        return peak_growth(run)


class _WithModules(Scalars):
    """Glassgrad or micrograd: both run the same demo."""

    Value: Any
    MLP: Any

    def _network(self, training: Training) -> Any:
        network = self.MLP(training.sizes[0], list(training.sizes[1:]))
        for p, x in zip(network.parameters(), training.start, strict=True):
            p.data = x
        return network

    def _loss(self, network: Any, training: Training) -> Any:
        """The loss on all data, written as in the demo."""
        inputs = [list(map(self.Value, point)) for point in training.points]
        scores = list(map(network, inputs))
        losses = [
            (1 + -yi * scorei).relu() for yi, scorei in zip(training.labels, scores, strict=True)
        ]
        data_loss = sum(losses) * (1.0 / len(losses))
        return data_loss + 1e-4 * sum(p * p for p in network.parameters())

    def step(self, training: Training) -> Step:
        network, lrs = self._network(training), rates()
        params = network.parameters()

        def run() -> float:
            loss = self._loss(network, training)
            network.zero_grad()
            loss.backward()
            lr = next(lrs)
            for p in params:
                p.data -= lr * p.grad
            return float(loss.data)

        return Step(run, lambda value: (value, [p.grad for p in params]))

    def parts(self) -> dict[str, float]:
        """Seconds of each part of a step."""
        training = Training((2, 16, 16, 1), *self.data)
        network = self._network(training)
        times = [time.perf_counter()]
        loss = self._loss(network, training)
        times.append(time.perf_counter())
        network.zero_grad()
        loss.backward()
        times.append(time.perf_counter())
        del loss
        times.append(time.perf_counter())
        build, backward, free = (b - a for a, b in pairwise(times))
        return {"build": build, "backward": backward, "free": free}

    def nodes(self) -> dict[str, float]:
        """The number of nodes, and the bytes per node after the backward pass."""
        training = Training((2, 16, 16, 1), *self.data)
        network = self._network(training)
        network.zero_grad()
        gc.collect()
        tracemalloc.start()
        loss = self._loss(network, training)
        loss.backward()
        held, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        nodes, waiting = {loss}, [loss]
        while waiting:
            new = set(waiting.pop()._prev) - nodes
            # Each access to a constant makes a new Value, which nothing holds: it does not count.
            new = {v for v in new if getattr(v, "role", "") != "constant"}
            nodes |= new
            waiting.extend(new)
        return {"nodes": len(nodes), "bytes": held / len(nodes)}

    def growth(self) -> float:
        """MiB by which the process grows over 200 steps without the garbage collector."""
        run = self.moons().run
        gc.collect()
        gc.disable()
        for _ in range(10):
            run()
        grown = peak_growth(lambda: [run() for _ in range(200)])
        gc.enable()
        return grown


class Glassgrad(_WithModules):
    packages = ("glassgrad",)

    def load(self) -> None:
        from autograd import Value, engines
        from autograd.functions import weighted_sum
        from nn import MLP, SGD

        self.Value, self.MLP, self.SGD = Value, MLP, SGD
        self.native, self.weighted_sum = engines.native, weighted_sum

    def nodes(self) -> dict[str, float]:
        if self.native:  # it keeps memory for the next values, which must be counted
            self.native.trim()
        return super().nodes()

    def modules(self) -> dict[str, float]:
        """Seconds of a small step with modules and an optimiser, and of the same without them."""
        training = Training(
            (2, 4, 1), self.data.points[:8], self.data.labels[:8], self.data.theta[:17]
        )
        network = self._network(training)
        params = network.parameters()
        sgd = self.SGD(params, lr=0.01)
        layers = [[(n.w, n.b, n.activation) for n in layer.neurons] for layer in network.layers]

        def score(x: Any) -> Any:
            for neurons in layers:
                sums = [(self.weighted_sum(w, tuple(x), b), f) for w, b, f in neurons]
                x = [z if f == "linear" else z.relu() for z, f in sums]
            return x[0]

        def with_nn() -> None:
            loss = self._loss(network, training)
            network.zero_grad()
            loss.backward()
            sgd.step()

        def without() -> None:
            loss = self._loss(_Bare(score, params), training)
            for p in params:
                p.grad = 0.0
            loss.backward()
            for p in params:
                p.data -= 0.01 * p.grad

        best = dict.fromkeys(("with nn", "without"), math.inf)
        for _ in range(200):
            for name, step in (("with nn", with_nn), ("without", without)):
                start = time.perf_counter()
                step()
                best[name] = min(best[name], time.perf_counter() - start)
        return best


class _Bare(NamedTuple):
    """A function in the place of a network."""

    score: Any
    params: list[Any]

    def __call__(self, x: Any) -> Any:
        return self.score(x)

    def parameters(self) -> list[Any]:
        return self.params


class Micrograd(_WithModules):
    packages = ("micrograd",)

    def load(self) -> None:
        from micrograd.engine import Value
        from micrograd.nn import MLP

        self.Value, self.MLP = Value, MLP


class Torch(Scalars):
    """Every number is a tensor without dimensions; the data are Python floats."""

    packages = ("torch",)

    def load(self) -> None:
        import torch

        torch.set_num_threads(1)
        self.torch = torch

    def step(self, training: Training) -> Step:
        torch, lrs = self.torch, rates()
        params = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in training.start]
        sgd = torch.optim.SGD(params, foreach=True)

        def run() -> Any:
            loss = total_loss(params, training, torch.relu)
            sgd.zero_grad()
            loss.backward()
            sgd.param_groups[0]["lr"] = next(lrs)
            sgd.step()
            return loss.item()

        return Step(run, lambda value: (value, [p.grad.item() for p in params]))


class Hips(Scalars):
    """HIPS autograd: a function of an array, unpacked once; a list of floats takes longer."""

    packages = ("autograd",)

    def load(self) -> None:
        # By name, so that type checkers do not take it for our package.
        self.np: Any = importlib.import_module("autograd.numpy")
        self.value_and_grad: Any = importlib.import_module("autograd").value_and_grad

    def step(self, training: Training) -> Step:
        np, lrs, theta = self.np, rates(), self.np.array(training.start)

        def relu(x: Any) -> Any:
            return np.maximum(x, 0.0)

        def loss(theta: Any) -> Any:
            return total_loss([theta[i] for i in range(len(theta))], training, relu)

        step = self.value_and_grad(loss)

        def run() -> Any:
            nonlocal theta
            value, gradient = step(theta)
            theta = theta - next(lrs) * gradient
            return value, gradient

        return Step(run, lambda result: (float(result[0]), result[1].tolist()))


class Xad(Scalars):
    """A tape for each step, which records C++ operations one by one."""

    packages = ("xad",)

    def load(self) -> None:
        from xad import math
        from xad.adj_1st import Real, Tape

        self.max, self.Real, self.Tape = math.max, Real, Tape

    def step(self, training: Training) -> Step:
        maximum, Real, Tape = self.max, self.Real, self.Tape  # noqa: N806
        lrs, theta = rates(), list(training.start)

        def relu(x: Any) -> Any:
            return maximum(x, 0.0)

        def run() -> Any:
            nonlocal theta
            with Tape() as tape:
                params = [Real(x) for x in theta]
                tape.registerInputs(params)
                tape.newRecording()
                loss = total_loss(params, training, relu)
                tape.registerOutput(loss)
                loss.derivative = 1.0
                tape.computeAdjoints()
                gradient = [p.derivative for p in params]
            lr = next(lrs)
            theta = [x - lr * g for x, g in zip(theta, gradient, strict=True)]
            return loss.value, gradient

        return Step(run, lambda result: result)


class Tinygrad(Scalars):
    """Every number is a tensor without dimensions; all results are realised together."""

    packages = ("tinygrad",)

    def load(self) -> None:
        import tinygrad

        self.tinygrad = tinygrad

    def step(self, training: Training) -> Step:
        Tensor, dtypes = self.tinygrad.Tensor, self.tinygrad.dtypes  # noqa: N806
        lrs = rates()
        params = [Tensor(x, dtype=dtypes.float64).contiguous().realize() for x in training.start]

        def run() -> Any:
            nonlocal params
            loss = total_loss(params, training, Tensor.relu)
            gradient = loss.gradient(*params)
            lr = next(lrs)
            params = [p - lr * g for p, g in zip(params, gradient, strict=True)]
            Tensor.realize(loss, *gradient, *params)
            return loss.item(), gradient

        return Step(run, lambda result: (result[0], [g.item() for g in result[1]]))
