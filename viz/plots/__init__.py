"""Curves, boundaries and embeddings, drawn by matplotlib (``pip install "glassgrad[plots]"``).

Each function draws on the Axes it is given, or on those of a new figure, and returns them. Colours
come from the current matplotlib style. A marker, a dash or a word repeats what a colour says, so
that a grey print says it too. Only the first plot imports matplotlib.
"""

from __future__ import annotations

from .activations import plot_activation
from .boundary import plot_decision_boundary
from .embeddings import plot_embeddings
from .losses import plot_losses

__all__ = ["plot_activation", "plot_decision_boundary", "plot_embeddings", "plot_losses"]
