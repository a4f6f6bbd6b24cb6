"""What the patterns are, and how they are run: so many steps, and the numbers that come out."""

from __future__ import annotations

import importlib
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Step: TypeAlias = "tuple[Any, Sequence[Any]]"
"""What each step of a pattern yields: its loss, and the leaves with their gradients."""

STEPS = 5
PATTERNS = {
    "moons": "the demo: two moons, SVM loss, L2",
    "draw_dot": "a trace and a draw_dot of one's own",
    "dictionary_keys": "values as dictionary keys, Adagrad",
    "object_arrays": "object arrays, np.dot, np.vectorize",
    "model_tree": "a tree of subclassed modules, deepcopy",
    "activations": "eleven learnable activations",
    "xor": "XOR, squared error, momentum",
    "iris": "iris, softmax by hand",
    "graph_network": "a graph neural network",
    "convolution": "a convolution on object arrays",
    "regression": "regression, dropout, clipping",
    "gpt": "a GPT of scalars",
    "optimiser_state": "Adam with its state in dictionaries",
}
"""The modules of this folder that are patterns, and what each is."""


def steps_of(name: str) -> Iterator[Step]:
    """The steps of a pattern, without end."""
    found: Iterator[Step] = importlib.import_module(f"tests.micrograd.{name}").steps()
    return found


def numbers(name: str) -> dict[str, list[float]]:
    """The loss of each step; the gradients and the data of all leaves after the last."""
    losses, leaves = [], []
    for loss, found in islice(steps_of(name), STEPS):
        losses.append(float(loss.data))
        leaves = list(found)
    return {
        "losses": losses,
        "gradients": [float(v.grad) for v in leaves],
        "data": [float(v.data) for v in leaves],
    }
