"""Optimisers move parameters downhill, against their gradients.

`rules` has the formulas: `SGD`, `Adam`, `AdamW` and `RMSprop`. What they share is in `optimiser`:
what is trained, in which `groups`, and the step. `states` turns an optimiser's memory into plain
data and back, `clipping` limits gradients, and `schedules` are learning rates as functions of the
step.
"""

from __future__ import annotations

from .clipping import clip_grad_norm, clip_grad_value
from .rules import SGD, Adam, AdamW, RMSprop
from .schedules import linear, step, warmup_cosine

__all__ = [
    "SGD",
    "Adam",
    "AdamW",
    "RMSprop",
    "clip_grad_norm",
    "clip_grad_value",
    "linear",
    "step",
    "warmup_cosine",
]
