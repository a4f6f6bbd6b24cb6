"""Neural networks on scalar Values: modules, layers, losses and optimisers.

From a prediction to a training step:

1. ``y = model(x)``: `Module.__call__` runs `MLP.forward`, which runs the layers and their neurons.
2. `Neuron.forward` records ``Σ wᵢ·xᵢ + b`` (`weighted_sum`), then its activation, a Value method.
3. ``loss = hinge_loss(y, y_true)``: `losses` compares the prediction with its target.
4. ``model.zero_grad(); loss.backward()`` leaves a gradient in each of ``model.parameters()``.
5. ``optimiser.step()``: ``_update`` in `SGD`, `Adam`, … computes the new data of each parameter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import conflict  # noqa: F401  (raises if another project's autograd comes first)
from .attention import Attention
from .dropout import Dropout
from .embedding import Embedding
from .layers import ACTIVATIONS, MLP, Layer, Neuron
from .losses import (
    binary_cross_entropy,
    cross_entropy,
    half_squared_error,
    hinge_loss,
    mse_loss,
)
from .module import Module, Parameter
from .norms import LayerNorm, RMSNorm
from .optim import (
    SGD,
    Adam,
    AdamW,
    RMSprop,
    clip_grad_norm,
    clip_grad_value,
    linear,
    step,
    warmup_cosine,
)
from .sequential import Sequential

if not TYPE_CHECKING:  # with it, type checkers would accept every name
    from .compat import lookup as __getattr__  # noqa: F401  (advice for names of PyTorch)

__all__ = [
    "ACTIVATIONS",
    "MLP",
    "SGD",
    "Adam",
    "AdamW",
    "Attention",
    "Dropout",
    "Embedding",
    "Layer",
    "LayerNorm",
    "Module",
    "Neuron",
    "Parameter",
    "RMSNorm",
    "RMSprop",
    "Sequential",
    "binary_cross_entropy",
    "clip_grad_norm",
    "clip_grad_value",
    "cross_entropy",
    "half_squared_error",
    "hinge_loss",
    "linear",
    "mse_loss",
    "step",
    "warmup_cosine",
]
