"""What people write with micrograd: tracers, containers, model trees and training loops.

Each is a pattern of public code, in our own words. Loops are run with `Plain`, too, which has
nothing but micrograd's operations.
"""

from __future__ import annotations

import copy
import math
import random
from typing import Any

import numpy as np
import pytest

import nn
from autograd import Value

# ── looking at graphs ────────────────────────────────────────────────────────────────────────


def trace(root: Any) -> tuple[set[Any], set[tuple[Any, Any]]]:
    """The nodes and edges of a graph, as everyone's draw_dot collects them."""
    nodes, edges = set(), set()

    def build(v: Any) -> None:
        if v not in nodes:
            nodes.add(v)
            for child in v._prev:
                edges.add((child, v))
                build(child)

    build(root)
    return nodes, edges


def dot_source(root: Any) -> str:
    nodes, edges = trace(root)
    lines = []
    for n in sorted(nodes, key=lambda n: (n.data, n._op)):
        lines.append(f"{n.label or '?'} | data {n.data:.4f} | grad {n.grad:.4f}")
        if n._op:
            lines.append(f"  {n._op} <- {sorted(m.data for m, to in edges if to is n)}")
    return "\n".join(lines)


def test_a_tracer_of_ones_own_finds_all_nodes_edges_and_operations() -> None:
    a, b, c = Value(2.0, label="a"), Value(-3.0, label="b"), Value(10.0, label="c")
    e = a * b
    e.label = "e"
    d = e + c
    d.label = "d"
    loss = d.relu()
    loss.label = "L"
    loss.backward()
    assert dot_source(loss).splitlines() == [
        "e | data -6.0000 | grad 1.0000", "  * <- [-3.0, 2.0]",
        "b | data -3.0000 | grad 2.0000",
        "a | data 2.0000 | grad -3.0000",
        "d | data 4.0000 | grad 1.0000", "  + <- [-6.0, 10.0]",
        "L | data 4.0000 | grad 1.0000", "  ReLU <- [4.0]",
        "c | data 10.0000 | grad 1.0000",
    ]  # fmt: skip


# ── containers ───────────────────────────────────────────────────────────────────────────────


def test_values_are_keys_of_dictionaries_and_members_of_sets() -> None:
    a, b, twin = Value(1.0), Value(2.0), Value(1.0)
    names = {a: "a", b: "b"}
    assert names[a] == "a" and twin not in names and len({a, a, b, twin}) == 3
    a.data = 5.0
    assert names[a] == "a"


def test_object_arrays_work_with_dot_vectorize_and_broadcasting() -> None:
    w = np.array([[Value(1.0), Value(-2.0)], [Value(0.5), Value(3.0)]], dtype=object)
    x = np.array([3.0, 0.5])
    z = np.dot(w, x) + np.array([Value(1.0), Value(-3.0)])
    hidden = np.vectorize(lambda v: v.relu(), otypes=[object])(z)
    loss = ((hidden - np.array([2.0, 1.0])) ** 2).sum() / 2
    loss.backward()
    assert [v.data for v in hidden] == [3.0, 0.0] and loss.data == 1.0
    assert np.vectorize(lambda v: v.grad)(w).tolist() == [[3.0, 0.5], [0.0, 0.0]]


# ── trees of modules ─────────────────────────────────────────────────────────────────────────


class Residual(nn.Module):
    def __init__(self, inner: nn.Module) -> None:
        self.inner = inner

    def __call__(self, x: Any) -> Any:  # micrograd has no forward
        y: Any = self.inner(x)
        return [a + b for a, b in zip(x, y, strict=True)]

    def parameters(self) -> list[Value]:
        return list(self.inner.parameters())


class Tree(nn.Module):
    def __init__(self) -> None:
        self.stem = nn.Layer(2, 2, nonlin=True, seed=3)
        self.blocks = [Residual(nn.Layer(2, 2, nonlin=False, seed=k)) for k in range(2)]
        self.head = nn.Neuron(2, nonlin=False, seed=9)

    def __call__(self, x: Any) -> Any:
        x = self.stem(x)
        for block in self.blocks:
            x = block(x)
        return self.head(x)

    def parameters(self) -> list[Value]:
        parts = [self.stem, *self.blocks, self.head]
        return [p for part in parts for p in part.parameters()]


def test_a_tree_of_subclassed_modules_is_copied_and_both_train_alone() -> None:
    model = Tree()
    twin = copy.deepcopy(model)
    assert len(model.parameters()) == 6 + 6 + 6 + 3
    assert not set(model.parameters()) & set(twin.parameters())

    def step(m: Tree) -> float:
        loss = (m([1.0, 0.5]) - 1.0) ** 2
        m.zero_grad()
        loss.backward()
        for p in m.parameters():
            p.data -= 0.05 * p.grad
        return float(loss.data)

    before = [p.data for p in twin.parameters()]
    losses = [step(model) for _ in range(5)]
    assert losses == sorted(losses, reverse=True)
    assert [p.data for p in twin.parameters()] == before
    assert [step(twin) for _ in range(5)] == losses


# ── training loops ───────────────────────────────────────────────────────────────────────────


class Plain:
    """micrograd's operations, with closures for the backward pass."""

    def __init__(self, data: float, children: tuple[Plain, ...] = ()) -> None:
        self.data, self.grad, self.children = float(data), 0.0, children
        self.spread: Any = lambda: None

    def __add__(self, other: Any) -> Plain:
        other = other if isinstance(other, Plain) else Plain(other)
        out = Plain(self.data + other.data, (self, other))

        def spread() -> None:
            self.grad += out.grad
            other.grad += out.grad

        out.spread = spread
        return out

    def __mul__(self, other: Any) -> Plain:
        other = other if isinstance(other, Plain) else Plain(other)
        out = Plain(self.data * other.data, (self, other))

        def spread() -> None:
            self.grad += other.data * out.grad
            other.grad += self.data * out.grad

        out.spread = spread
        return out

    def __pow__(self, n: float) -> Plain:
        out = Plain(self.data**n, (self,))

        def spread() -> None:
            self.grad += n * self.data ** (n - 1) * out.grad

        out.spread = spread
        return out

    def _unary(self, y: float, slope: float) -> Plain:
        out = Plain(y, (self,))

        def spread() -> None:
            self.grad += slope * out.grad

        out.spread = spread
        return out

    def tanh(self) -> Plain:
        y = math.tanh(self.data)
        return self._unary(y, 1 - y * y)

    def exp(self) -> Plain:
        return self._unary(math.exp(self.data), math.exp(self.data))

    def log(self) -> Plain:
        return self._unary(math.log(self.data), 1 / self.data)

    def __neg__(self) -> Plain:
        return self * -1

    def __sub__(self, other: Any) -> Any:
        return self + -other

    def __truediv__(self, other: Any) -> Any:
        return self * other**-1

    __radd__, __rmul__ = __add__, __mul__

    def backward(self) -> None:
        order: list[Plain] = []
        seen = set()

        def build(v: Plain) -> None:
            if v not in seen:
                seen.add(v)
                for child in v.children:
                    build(child)
                order.append(v)

        build(self)
        self.grad = 1.0
        for v in reversed(order):
            v.spread()


def weights(scalar: Any, nin: int, nouts: list[int], seed: int) -> Any:
    rng = random.Random(seed)
    return [
        [[scalar(rng.uniform(-1, 1)) for _ in range(n + 1)] for _ in range(m)]
        for n, m in zip([nin, *nouts], nouts, strict=False)
    ]


def forward(net: Any, x: Any) -> Any:
    for k, layer in enumerate(net):
        x = [sum((w * v for w, v in zip(ws, x, strict=False)), ws[-1]) for ws in layer]
        if k < len(net) - 1:
            x = [z.tanh() for z in x]
    return x


def flat(net: Any) -> list[Any]:
    return [p for layer in net for ws in layer for p in ws]


def xor(scalar: Any) -> list[float]:
    """Squared error, plain descent."""
    net, losses = weights(scalar, 2, [3, 1], seed=5), []
    for _ in range(30):
        loss = sum(
            (forward(net, [a, b])[0] - float(a != b)) ** 2 for a in (0.0, 1.0) for b in (0.0, 1.0)
        )
        for p in flat(net):
            p.grad = 0.0
        loss.backward()
        for p in flat(net):
            p.data += -0.1 * p.grad
        losses.append(loss.data)
    return losses


FLOWERS = [
    ([5.1, 3.5, 1.4, 0.2], 0), ([4.9, 3.0, 1.4, 0.2], 0), ([7.0, 3.2, 4.7, 1.4], 1),
    ([6.4, 3.2, 4.5, 1.5], 1), ([6.3, 3.3, 6.0, 2.5], 2), ([5.8, 2.7, 5.1, 1.9], 2),
]  # fmt: skip


def iris(scalar: Any) -> list[float]:
    """A softmax and its logarithm by hand, with momentum kept by parameter."""
    net, losses = weights(scalar, 4, [4, 3], seed=1), []
    velocity: dict[Any, float] = {}
    for _ in range(20):
        loss = scalar(0.0)
        for x, k in FLOWERS:
            exps = [z.exp() for z in forward(net, [v / 4 - 1 for v in x])]
            loss = loss - (exps[k] / sum(exps)).log() / scalar(len(FLOWERS))
        for p in flat(net):
            p.grad = 0.0
        loss.backward()
        for p in flat(net):
            velocity[p] = 0.9 * velocity.get(p, 0.0) - 0.1 * p.grad
            p.data += velocity[p]
        losses.append(loss.data)
    return losses


def regression(scalar: Any) -> list[float]:
    """Dropout by hand, and gradients clipped one by one and by their norm."""
    rng, net, losses = random.Random(2), weights(scalar, 1, [6, 1], seed=8), []
    points = [k / 5 - 1 for k in range(11)]
    for _ in range(20):
        loss = scalar(0.0)
        for x in points:
            hidden = [(ws[0] * x + ws[1]).tanh() for ws in net[0]]
            kept = [h * (0.0 if rng.random() < 0.2 else 1.25) for h in hidden]
            y = forward(net[1:], kept)[0]
            loss = loss + (y - math.sin(3 * x)) ** 2 / scalar(len(points))
        for p in flat(net):
            p.grad = 0.0
        loss.backward()
        for p in flat(net):
            p.grad = max(-1.0, min(1.0, p.grad))
        norm = math.sqrt(sum(p.grad**2 for p in flat(net)))
        for p in flat(net):
            p.data -= 0.3 * p.grad / max(1.0, norm)
        losses.append(loss.data)
    return losses


@pytest.mark.parametrize("loop", [xor, iris, regression])
def test_training_loops_give_the_losses_of_micrograd(loop: Any) -> None:
    losses = loop(Value)
    assert losses == pytest.approx(loop(Plain), rel=1e-10)
    assert losses[-1] < losses[0]
