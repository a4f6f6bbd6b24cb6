"""Layers of neurons: `Neuron`, `Layer` and `MLP`. Each of the other layers has a file of its own.

A layer is a formula over its parameters and its inputs. Its operations, activations included, are
methods of `autograd.Value`.

All layers share some rules. Sizes are ints, 1 or more. ``activation`` is one of `ACTIVATIONS`, and
None means ``"linear"``. ``seed`` is a `Seed`. The inputs x are a list of Values or numbers, and a
single input needs no list around it. Anything else raises a TypeError; a wrong size, length or name
raises a ValueError.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import count
from typing import Any

from autograd import Value, ops
from autograd.functions import weighted_sum
from autograd.value import Integer, Numbers

from ._checks import (
    Seed,
    as_inputs,
    as_numbers,
    check_activation,
    check_size,
    describe,
    make_generator,
    refuse_batch,
    refuse_count,
    refuse_unordered,
)
from .call import Call, call_within, in_progress, new_call
from .module import Module, Parameter

__all__ = ["ACTIVATIONS", "MLP", "Layer", "Neuron", "Seed"]

ACTIVATIONS = ops.ACTIVATIONS
"""The names that ``activation=`` takes: ``"linear"``, and the methods of Value with one operand."""


class Neuron(Module):
    """``y = f(Σ wᵢ·xᵢ + b)`` for an activation f.

    In the graph: one product for each input, one sum, one activation (none if linear).

    The weights start at random, ``wᵢ ~ U(−a, a)`` with ``a = min(1, 4/√nin)``, and so does the
    bias, ``b ~ U(−½, ½)``, so that the neurons of a layer bend in different places. A linear neuron
    starts with half such weights and b = 0, so that first guesses are small. Up to 16 inputs this
    is micrograd's ``U(−1, 1)``; beyond, it shrinks like the initialisation of He et al. (2015,
    https://arxiv.org/abs/1502.01852), so that a sum of many products is no larger than one of few.
    About 97 % of such starts learn the two moons in 100 steps; with He's ``√(6/nin)``, 78 % do.

    Arguments:
        nin: how many inputs.
        activation: the name of f.
        seed: where the first weights come from.
        nonlin: micrograd's way to choose f: False for ``"linear"``, True for ``"relu"``.

    Attributes:
        w: the weights, parameters with the labels and paths ``w1``, ``w2``, ….
        b: the bias.

    >>> neuron = Neuron(2, "tanh", seed=0)
    >>> [path for path, _ in neuron.named_parameters()]
    ['w1', 'w2', 'b']
    """

    _innermost = True

    def __init__(
        self,
        nin: Integer,
        activation: str | None = "relu",
        seed: Seed = None,
        *,
        nonlin: bool | None = None,
    ) -> None:
        nin, rng = check_size(nin, "nin"), make_generator(seed)
        self.activation = check_activation(activation, nonlin, ACTIVATIONS)
        linear = self.activation == "linear"
        a = min(1.0, 4.0 / math.sqrt(nin)) * (0.5 if linear else 1.0)
        self.w = [Parameter(rng.uniform(-a, a), label=f"w{i + 1}") for i in range(nin)]
        self.b = Parameter(0.0 if linear else rng.uniform(-0.5, 0.5), label="b")
        self._take_first_survey()

    def forward(self, x: Numbers) -> Value:
        """``f(Σ wᵢ·xᵢ + b)`` for nin inputs x."""
        if x.__class__ is not tuple:
            x = as_inputs(x)
        w = self.w
        if len(x) != len(w):
            refuse_count(x, len(w))
        try:
            z = weighted_sum(w, x, self.b)
        except TypeError:
            refuse_batch(x)
            as_numbers(x, "input {}")  # says which it was
            raise
        activation = self.activation
        return z if activation == "linear" else getattr(z, activation)()

    @property
    def nonlin(self) -> bool:
        """Whether it has an activation. Setting it chooses ``"relu"`` or ``"linear"``."""
        return self.activation != "linear"

    @nonlin.setter
    def nonlin(self, nonlin: bool) -> None:
        if nonlin != self.nonlin:
            self.activation = "relu" if nonlin else "linear"

    def _item_names(self) -> Mapping[str, Iterable[str]]:
        # w1, w2, … as in the formula; the list would count from w.0
        return {"w": map("w{}".format, count(1))}

    def __repr__(self) -> str:
        return f"Neuron({len(self.w)}, activation={self.activation!r})"


class Layer(Module):
    """``yⱼ = f(Σ wⱼᵢ·xᵢ + bⱼ)``: nout neurons side by side, all with the same inputs.

    Arguments:
        nin: how many inputs.
        nout: how many neurons, and outputs.
        activation: the name of f.
        seed: where the first weights come from.
        nonlin: micrograd's way to choose f: False for ``"linear"``, True for ``"relu"``.

    Attributes:
        neurons: the neurons, as a list.
    """

    def __init__(
        self,
        nin: Integer,
        nout: Integer,
        activation: str | None = "relu",
        seed: Seed = None,
        *,
        nonlin: bool | None = None,
    ) -> None:
        rng, activation = make_generator(seed), check_activation(activation, nonlin, ACTIVATIONS)
        self.neurons = [Neuron(nin, activation, rng) for _ in range(check_size(nout, "nout"))]

    def forward(self, x: Numbers) -> Value | list[Value]:
        """The outputs of all neurons as a list; that of a single neuron as the Value itself."""
        x = as_inputs(x)
        y = self._call_neurons(x, frozenset(map(id, x)), in_progress.get())
        return y[0] if len(y) == 1 else y

    def _call_neurons(
        self, x: tuple[Any, ...], given: frozenset[int], parent: Call | None
    ) -> list[Value]:
        """``[neuron(x) for neuron in self.neurons]``, for inputs with these ids.

        It marks the outputs of plain neurons itself, which is faster than `Module.__call__`.
        """
        y = []
        for neuron in self.neurons:
            if neuron.__class__ is not Neuron:
                y.append(call_within(parent, neuron, x))
                continue
            out = neuron.forward(x)
            if out.operation is not None:
                out._mark = call = new_call(Call)
                call.module, call.given, call.parent = neuron, given, parent
            y.append(out)
        return y

    def __repr__(self) -> str:
        first = self.neurons[0]
        return f"Layer({len(first.w)}, {len(self.neurons)}, activation={first.activation!r})"


class MLP(Module):
    """A multi-layer perceptron: a sequence of layers, each fed by the one before.

    The last layer is linear, so that its outputs can be any number (a score, a logit).

    Arguments:
        nin: how many inputs.
        nouts: how many neurons in each layer, ``[16, 16, 1]`` for two hidden layers and one output.
        activation: the name of f in the hidden layers.
        seed: where the first weights come from.

    Attributes:
        layers: the layers, as a list.

    >>> model = MLP(2, [16, 16, 1], seed=1)
    >>> len(model.parameters()), model
    (337, MLP(2, [16, 16, 1], activation='relu'))
    """

    def __init__(
        self,
        nin: Integer,
        nouts: Sequence[Integer],
        activation: str | None = "relu",
        seed: Seed = None,
    ) -> None:
        if isinstance(nouts, str) or not hasattr(nouts, "__len__"):
            raise TypeError(
                f"expected a list of sizes for nouts, such as [16, 16, 1], got {describe(nouts)}"
            )
        refuse_unordered(nouts, "a list of sizes for nouts, such as [16, 16, 1]")
        if len(nouts) == 0:
            raise ValueError("expected at least one layer in nouts, such as [1], got an empty list")
        rng = make_generator(seed)
        *hidden, last = zip((nin, *nouts), nouts, strict=False)
        self.layers = [Layer(n, m, activation, rng) for n, m in hidden]
        self.layers.append(Layer(*last, "linear", rng))
        self.activation = check_activation(activation, None, ACTIVATIONS)

    def forward(self, x: Numbers) -> Value | list[Value]:
        """The outputs of the last layer as a list; a single one as the Value itself."""
        y: Any = x
        parent = in_progress.get()
        for layer in self.layers:
            if layer.__class__ is not Layer or "forward" in layer.__dict__:
                y = layer(y)
                continue
            # y = layer(y), spelt out because it is faster.
            y = as_inputs(y)
            call = new_call(Call)
            call.module, call.given, call.parent = layer, frozenset(map(id, y)), parent
            y = layer._call_neurons(y, call.given, call)
            if len(y) == 1:
                y = y[0]
        return y  # type: ignore[no-any-return]

    def _in_a_row(self) -> Sequence[Module]:
        return self.layers

    def __repr__(self) -> str:
        nin = len(self.layers[0].neurons[0].w)
        nouts = [len(layer.neurons) for layer in self.layers]
        return f"MLP({nin}, {nouts}, activation={self.activation!r})"
