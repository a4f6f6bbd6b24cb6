"""A trace and a `draw_dot` of one's own: a walk through `_prev` and `_op` that writes DOT."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .imports import Value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .run import Step


def trace(root: Any) -> tuple[set[Any], set[tuple[Any, Any]]]:
    nodes, edges = set(), set()

    def build(v: Any) -> None:
        if v not in nodes:
            nodes.add(v)
            for child in v._prev:
                edges.add((child, v))
                build(child)

    build(root)
    return nodes, edges


def draw_dot(root: Any) -> str:
    """The graph's source; sorted, as micrograd's sets have another order in each process."""
    nodes, edges = trace(root)
    named = sorted(nodes, key=lambda n: (n.data, n.grad, n._op))
    uid = {n: f"n{k}" for k, n in enumerate(named)}
    lines = []
    for n in named:
        lines.append(f'{uid[n]} [label="data {n.data:.4f} | grad {n.grad:.4f}" shape=record]')
        if n._op:
            lines.append(f'{uid[n]}op [label="{n._op}"]')
            lines.append(f"{uid[n]}op -> {uid[n]}")
    lines += sorted(f"{uid[a]} -> {uid[b]}op" for a, b in edges)
    return "digraph {\n" + "\n".join(lines) + "\n}"


def example() -> tuple[Any, list[Any]]:
    """A graph with each operation that micrograd has, values used twice, and constants."""
    a, b, c = Value(0.75), Value(-1.25), Value(1.5)
    d = (a * b + c).relu() + b**2
    e = (d * a + 0.5) * (c * -0.25)
    f = (e * e + a + a).tanh() * 3.0 + (b + 1.125).relu() + c**-1
    return f, [a, b, c]


def steps() -> Iterator[Step]:
    while True:
        root, leaves = example()
        root.backward()
        draw_dot(root)
        yield root, leaves


def source() -> str:
    """The picture of the example, for the test."""
    root, _ = example()
    root.backward()
    return draw_dot(root)
