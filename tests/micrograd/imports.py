"""The imports of the patterns: the only lines that change when micrograd's users switch.

With ``PATTERNS_OF=micrograd`` in the environment, the patterns run with micrograd itself.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

MICROGRAD = os.environ.get("PATTERNS_OF") == "micrograd"

if TYPE_CHECKING or not MICROGRAD:
    from autograd import Value
    from nn import MLP, Layer, Module, Neuron
else:
    from micrograd.engine import Value
    from micrograd.nn import MLP, Layer, Module, Neuron

    from .added_functions import add_functions

    add_functions(Value)

__all__ = ["MICROGRAD", "MLP", "Layer", "Module", "Neuron", "Value"]
