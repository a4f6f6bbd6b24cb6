"""The neurons of a model, found in its graph, and what each is connected to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from autograd.graph import topological
from autograd.value import Value

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .modules import Recorded

__all__ = ["Neuron", "find_neurons"]


class Neuron(NamedTuple):
    """A neuron: ``f(Σ wᵢ·xᵢ + b)``.

    Attributes:
        output: its result in the graph.
        name: where it is in the model.
        layer: how many neurons are on the longest way from the inputs to it, itself included.
        activation: the name of f.
        weights: the numbers of its weights, by what they multiply: the number of an input, or as
            many inputs plus the number of a neuron.
        bias: the number of b.
    """

    output: Value
    name: str
    layer: int
    activation: str
    weights: list[tuple[int, int]]
    bias: int


def find_neurons(recorded: Recorded, index: Mapping[Value, int]) -> list[Neuron]:
    """Find the neurons in the graph of the outputs, in the order in which they are computed.

    Arguments:
        recorded: the graph.
        index: the number of each parameter.

    Returns:
        The neurons; empty if a part of the model is something else, because a picture of the
        neurons alone would then be wrong.
    """
    order = topological(*recorded.outputs)
    sources: dict[Value, int] = {v: k for k, v in enumerate(recorded.inputs)}
    layers: dict[Value, int] = {}
    found: list[Neuron] = []
    seen: set[Value] = set()
    for v in order:
        if v.operation is None:
            continue
        module = getattr(v.made_by, "module", None)
        weights, bias = getattr(module, "w", None), getattr(module, "b", None)
        if not isinstance(weights, list) or not isinstance(bias, Value) or bias not in index:
            continue
        wired = _wire(v, weights, bias, sources, index, seen)
        if wired is None:
            return []
        layer = 1 + max((layers[s] for s, _ in wired if s in layers), default=0)
        sources[v], layers[v] = len(recorded.inputs) + len(found), layer
        found.append(
            Neuron(
                v,
                v.made_by.path,
                layer,
                getattr(module, "activation", ""),
                [(sources[s], i) for s, i in wired],
                index[bias],
            )
        )
    computed = {v for v in order if v.operation is not None}
    return found if computed <= seen and set(recorded.outputs) <= set(layers) else []


def _wire(
    output: Value,
    weights: Sequence[Any],
    bias: Value,
    sources: Mapping[Value, int],
    index: Mapping[Value, int],
    seen: set[Value],
) -> list[tuple[Value, int]] | None:
    """What each weight of a neuron multiplies, and the number of the weight; None if unclear."""
    wired: dict[Value, Value] = {}
    waiting = [output]
    own = set(weights) | {bias}
    while waiting:
        v = waiting.pop()
        seen.add(v)
        parents = [p for p in v.operands if isinstance(p, Value)]
        weight = next((p for p in parents if p in own and p is not bias), None)
        if weight is not None:
            others = [p for p in parents if p is not weight]
            if len(others) != 1 or others[0] not in sources:
                return None
            wired[weight] = others[0]
            continue
        for p in parents:
            if p in sources:
                return None
            if p.operation is not None:
                waiting.append(p)
    if set(wired) != set(weights) or any(w not in index for w in weights):
        return None
    return [(wired[w], index[w]) for w in weights]
