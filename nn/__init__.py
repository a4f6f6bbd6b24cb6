"""Neural networks on scalar Values: modules, layers, losses and optimisers.

Activations are methods of `autograd.Value`.
"""

from __future__ import annotations

from . import conflict  # noqa: F401  (raises where another project's autograd is found)
from .layers import ACTIVATIONS, MLP, Embedding, Layer, Neuron
from .losses import (
    binary_cross_entropy,
    cross_entropy,
    half_squared_error,
    hinge_loss,
    mse_loss,
)
from .module import Module, Parameter
from .optim import SGD, Adam

__all__ = [
    "ACTIVATIONS",
    "MLP",
    "SGD",
    "Adam",
    "Embedding",
    "Layer",
    "Module",
    "Neuron",
    "Parameter",
    "binary_cross_entropy",
    "cross_entropy",
    "half_squared_error",
    "hinge_loss",
    "mse_loss",
]
