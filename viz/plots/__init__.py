"""Curves and boundaries, drawn by matplotlib (``pip install "glassgrad[plots]"``).

Each function draws on the Axes that it is given, or on a new figure's, and returns them. Colours
come from matplotlib's style in use; what they say is also said by a marker, a dash or a word, so
that a grey print says it too. matplotlib is loaded by the first plot.
"""

from __future__ import annotations

from .activations import plot_activation
from .boundary import plot_decision_boundary
from .embeddings import plot_embeddings
from .losses import plot_losses

__all__ = ["plot_activation", "plot_decision_boundary", "plot_embeddings", "plot_losses"]
