"""Sequential: modules and functions, one after another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from autograd import Value

from ._checks import as_inputs, check_activation, describe
from .layers import ACTIVATIONS
from .module import Module

__all__ = ["Sequential"]


class Sequential(Module):
    """``y = fₖ(… f₂(f₁(x)))``: each is called with what the one before returned.

    Arguments:
        layers: modules, functions, and names of `ACTIVATIONS`, which are applied to each Value.

    Attributes:
        layers: the same, as a list, so that parameters have paths such as ``layers.0.neurons.1.b``.

    >>> from nn import Layer, LayerNorm
    >>> model = Sequential(Layer(2, 4, None, seed=0), LayerNorm(4), "tanh", Layer(4, 1, None))
    >>> len(model.parameters()), model[1]
    (25, LayerNorm(4, eps=1e-05))
    """

    def __init__(self, *layers: Module | Callable[[Any], Any] | str) -> None:
        if not layers:
            raise ValueError("expected at least one layer, got none")
        if len(layers) == 1 and isinstance(layers[0], list | tuple):
            raise TypeError("expected layers one by one, got a list; write Sequential(*layers)")
        for i, layer in enumerate(layers):
            if isinstance(layer, str):
                check_activation(layer, None, ACTIVATIONS)
            elif not callable(layer) or isinstance(layer, type):
                raise TypeError(
                    f"expected a module, a function or the name of an activation for layer {i}, "
                    f"got {describe(layer)}"
                )
            elif not isinstance(layer, Module) and getattr(Value, _name(layer), None) is layer:
                raise TypeError(
                    f"expected a module, a function or the name of an activation for layer {i}, "
                    f"got the method Value.{_name(layer)}; write {_name(layer)!r} to apply it to "
                    "each Value"
                )
        self.layers = list(layers)

    def forward(self, x: Any) -> Any:
        """What the last layer returns."""
        for i, layer in enumerate(self.layers):
            try:
                x = _activate(layer, x) if isinstance(layer, str) else layer(x)
            except Exception as error:
                error.add_note(f"in layer {i} of a Sequential: {layer!r}")
                raise
        return x

    def __getitem__(self, index: int) -> Any:
        return self.layers[index]

    def __len__(self) -> int:
        return len(self.layers)

    def _in_a_row(self) -> Sequence[Module]:
        return [layer for layer in self.layers if isinstance(layer, Module)]

    def __repr__(self) -> str:
        names = (getattr(f, "__qualname__", repr(f)) for f in self.layers)
        return f"Sequential({', '.join(names)})"


def _name(function: Any) -> str:
    return getattr(function, "__name__", "")


def _activate(name: str, x: Any) -> Any:
    """Apply an activation to a Value, or to each of a list."""
    if name == "linear":
        return x
    if isinstance(x, list | tuple):
        return [_activate(name, v) for v in x]
    (v,) = as_inputs(x)
    return getattr(v if isinstance(v, Value) else Value(v, role="constant"), name)()
