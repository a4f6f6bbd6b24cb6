"""The values of a graph in the order in which they were written, as well as the graph tells it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autograd.graph import topological

if TYPE_CHECKING:
    from autograd import Value

__all__ = ["order_as_written"]

LARGEST = 100_000  # values of a graph whose order is looked at again; nobody sees more


def order_as_written(*roots: Value) -> list[Value]:
    """All values of a graph in topological order, those of a list in the order of the list.

    `topological` comes to a value by its first use. In ``log_softmax(scores)[1]`` that is
    ``scores[1] - max(scores)``, so the second score would come before the first. Here, a value that
    is used beside a result of it, such as this maximum, waits for that result.
    """
    order = topological(*roots)
    if len(order) > LARGEST:
        return order
    before = []
    among: dict[Value, set[Value | float]] = {}  # a maximum may have thousands of operands
    for v in order:
        if len(v.operands) == 2:
            a, b = v.operands
            if not (isinstance(a, float) or isinstance(b, float)) and b.operation is not None:
                if len(b.operands) > 2 and b not in among:
                    among[b] = set(b.operands)
                if a in among[b] if b in among else any(a is v for v in b.operands):
                    before.append(b)
    return topological(*before, *roots) if before else order
