"""The tasks of `programs` in glassgrad: compiled, and eager for comparison.

Neither NumPy nor the compiler is imported before a task needs it, so that `Compiled.first` can
measure what a first use costs.
"""

from __future__ import annotations

import functools
import importlib.metadata
import random
import time
from typing import TYPE_CHECKING, Any, NamedTuple

import autograd
import nn
from autograd import Value, graph

from .worker import Data, Step

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    Columns = list[NDArray[np.float64]]

NODES, PARAMETERS, RECENT = 50_000, 100, 1000


class Form(NamedTuple):
    """A building block of the random graph, with one or two operands.

    It maps values between −1 and 1 to such a value, with derivatives of at most 1, so that a graph
    of any depth stays finite.
    """

    record: Callable[[Value, Value], Value]
    operands: int
    operations: int


FORMS = (
    Form(lambda a, b: 0.5 * (a + b), 2, 2),
    Form(lambda a, b: 0.5 * (a - b), 2, 2),
    Form(lambda a, b: a * b, 2, 1),
    Form(lambda a, b: a / (b * b + 1.5), 2, 3),
    Form(lambda a, b: a.maximum(b), 2, 1),
    Form(lambda a, b: a.minimum(b), 2, 1),
    Form(lambda a, _: (a - 1.0).exp(), 1, 2),
    Form(lambda a, _: (a * a + 1.0).log(), 1, 3),
    Form(lambda a, _: (0.4 * a + 0.6).sqrt(), 1, 3),
    Form(lambda a, _: (a - 1.0).softplus(), 1, 2),
    Form(lambda a, _: a.sin(), 1, 1),
    Form(lambda a, _: a.cos(), 1, 1),
    Form(lambda a, _: a.tanh(), 1, 1),
    Form(lambda a, _: a.sigmoid(), 1, 1),
    Form(lambda a, _: a.relu(), 1, 1),
)


def random_graph(seed: int = 0) -> tuple[list[Value], Callable[[], Value]]:
    """Parameters, and a function that records `NODES` operations on them, all of them used.

    What is drawn at random is drawn here; recording takes no more time than its operations do.
    """
    rng = random.Random(seed)
    params = [Value(rng.uniform(-1.0, 1.0)) for _ in range(PARAMETERS)]
    plan: list[tuple[Callable[[Value, Value], Value], int, int]] = []
    used: set[int] = set()
    operations = 2  # for the mean at the end
    while operations < NODES:
        form, size = rng.choice(FORMS), PARAMETERS + len(plan)
        # One operand is recent, so that the graph gets deep; the other comes from anywhere.
        i, j = size - 1 - rng.randrange(min(size, RECENT)), rng.randrange(size)
        plan.append((form.record, i, j))
        used.update((i, j)[: form.operands])
        operations += form.operations

    def record() -> Value:
        pool = list(params)
        for form, i, j in plan:
            pool.append(form(pool[i], pool[j]))
        return autograd.mean([v for k, v in enumerate(pool) if k not in used])

    return params, record


class _Ours:
    """The network and its loss, which both engines share."""

    def __init__(self, data: Data) -> None:
        self.data = data
        self.model = nn.MLP(2, [16, 16, 1])
        for p, x in zip(self.model.parameters(), data.theta, strict=True):
            p.data = x

    def record_whole(self) -> Value:
        """The mean loss over all rows, as one graph."""
        scores: Any = [self.model(point) for point in self.data.points]
        return nn.hinge_loss(scores, self.data.labels)

    def versions(self) -> dict[str, str]:
        names = ("glassgrad", "numba", "llvmlite")
        return {name: importlib.metadata.version(name) for name in names}


class Compiled(_Ours):
    """Programs made by `autograd.compile`."""

    def _row(self) -> tuple[Value, list[Value]]:
        """The loss of one row, and its inputs."""
        point = [Value(x) for x in self.data.points[0]]
        label = Value(self.data.labels[0])
        score: Any = self.model(point)
        return nn.hinge_loss(score, label), [*point, label]

    def _columns(self, rows: int) -> Columns:
        """The data, repeated to fill so many rows, without temporary copies."""
        import numpy as np

        columns = []
        for column in (*zip(*self.data.points, strict=True), self.data.labels):
            columns.append(np.empty(rows))
            columns[-1].reshape(-1, len(self.data.labels))[:] = column
        return columns

    def moons(self, rows: int = 100, threads: int = 1) -> Step:
        loss, inputs = self._row()
        program = autograd.compile(loss, self.model.parameters(), inputs, threads=threads)
        return Step(functools.partial(program.value_and_grad, *self._columns(rows)), _read)

    def moons_for_memory(self, rows: int) -> Callable[[], Any]:
        loss, inputs = self._row()
        program = autograd.compile(loss, self.model.parameters(), inputs)
        program.value_and_grad(*self._columns(100))
        return functools.partial(program.value_and_grad, *self._columns(rows))

    def whole(self) -> Step:
        program = autograd.compile(self.record_whole(), self.model.parameters())
        return Step(program.value_and_grad, _read)

    def random(self) -> Step:
        params, record = random_graph()
        return Step(autograd.compile(record(), params).value_and_grad, _read)

    def _neuron(self) -> tuple[Any, Columns]:
        """The ReLU neuron of the worked examples, and the columns of its one row."""
        import numpy as np

        w, b, x, y_true = Value(0.5), Value(1.0), Value(2.0), Value(3.0)
        loss = nn.half_squared_error((w * x + b).relu(), y_true)
        program = autograd.compile(loss, params=[w, b], inputs=[x, y_true])
        return program, [np.array([2.0]), np.array([3.0])]

    def neuron(self) -> Step:
        program, columns = self._neuron()
        return Step(functools.partial(program.value_and_grad, *columns), _read)

    def neuron_value(self) -> Step:
        program, columns = self._neuron()
        return Step(functools.partial(program, *columns), lambda losses: (losses.item(), []))

    def compile_row(self) -> float:
        """Seconds to compile the loss of one row; all but the first time without loading."""
        loss, inputs = self._row()
        start = time.perf_counter()
        autograd.compile(loss, self.model.parameters(), inputs)
        return time.perf_counter() - start

    def compile_whole(self) -> dict[str, float]:
        """Seconds to compile the loss of all rows as one graph, and its operations."""
        loss = self.record_whole()
        start = time.perf_counter()
        autograd.compile(loss, self.model.parameters())
        return {"seconds": time.perf_counter() - start, "nodes": len(graph.interior(loss))}

    def compile_random(self) -> dict[str, float]:
        """Seconds to compile the random graph, and its operations."""
        params, record = random_graph()
        loss = record()
        start = time.perf_counter()
        autograd.compile(loss, params)
        return {"seconds": time.perf_counter() - start, "nodes": len(graph.interior(loss))}

    def first(self) -> float:
        """Seconds for the first program and its first step, imports included."""
        loss, inputs = self._row()
        columns = [*zip(*self.data.points, strict=True), self.data.labels]
        start = time.perf_counter()
        program = autograd.compile(loss, self.model.parameters(), inputs)
        program.value_and_grad(*columns)
        return time.perf_counter() - start

    def peak(self) -> float:
        """The most floating-point operations per second that one core reaches here.

        Of two attempts: fused multiplications and additions in registers, a large matrix product.
        """
        import numpy as np

        best, times, size = 0.0, 100_000, 1024
        for lanes in (64, 96, 128):
            fused = _fused(lanes)
            fused(1)
            seconds = min(_seconds(fused, times) for _ in range(9))
            best = max(best, 2 * lanes * times / seconds)
        a, b, c = np.ones((size, size)), np.ones((size, size)), np.empty((size, size))
        seconds = min(_seconds(np.dot, a, b, c) for _ in range(9))
        return max(best, 2 * size**3 / seconds)


class Eager(_Ours):
    """The graph is recorded, differentiated and freed in each step."""

    def whole(self) -> Step:
        return self._step(self.model.parameters(), self.record_whole)

    def random(self) -> Step:
        return self._step(*random_graph())

    def neuron(self) -> Step:
        w, b = Value(0.5), Value(1.0)

        def record() -> Value:
            return nn.half_squared_error((w * 2.0 + b).relu(), 3.0)

        return self._step([w, b], record)

    def _step(self, params: list[Value], record: Callable[[], Value]) -> Step:
        def run() -> float:
            for p in params:
                p.grad = 0.0
            loss = record()
            loss.backward()
            return loss.data

        return Step(run, lambda value: (value, [p.grad for p in params]))


def _read(result: tuple[float, NDArray[np.float64]]) -> tuple[float, list[float]]:
    value, gradient = result
    return value, gradient.tolist()


def _seconds(function: Callable[..., Any], *arguments: Any) -> float:
    start = time.perf_counter()
    function(*arguments)
    return time.perf_counter() - start


def _fused(lanes: int) -> Callable[[int], float]:
    """A function of n that multiplies and adds n times in each lane of several registers."""
    import numba
    import numpy as np

    def fused(n: int) -> float:
        a = np.ones(lanes)  # numba takes it for a constant and unrolls the inner loop
        for _ in range(n):
            for j in range(lanes):
                a[j] = a[j] * 0.999999 + 1e-9
        return float(a.sum())

    compiled: Callable[[int], float] = numba.njit(fastmath=True)(fused)
    return compiled
