"""Norms: `LayerNorm` and `RMSNorm` bring the inputs of a layer to a common size."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import count

from autograd import Value, dot, mean
from autograd.value import Integer, Number, Numbers

from ._checks import as_row, check_range, check_size
from .module import Module, Parameter

__all__ = ["LayerNorm", "RMSNorm"]


class LayerNorm(Module):
    """``yᵢ = wᵢ · (xᵢ − μ) / √(σ² + eps) + bᵢ`` (https://arxiv.org/abs/1607.06450).

    μ is the mean of the inputs, ``Σ xᵢ / n``, and σ² their variance, ``Σ (xᵢ − μ)² / n``.

    Arguments:
        n: how many inputs, and outputs.
        eps: keeps the division finite; above 0.

    Attributes:
        w: the gains, n parameters with the labels and paths ``w1``, ``w2``, …; they start at 1.
        b: the shifts, ``b1``, ``b2``, …; they start at 0.

    >>> norm = LayerNorm(3)
    >>> [round(y.data, 4) for y in norm([1.0, 2.0, 3.0])]
    [-1.2247, 0.0, 1.2247]
    """

    def __init__(self, n: Integer, eps: Number = 1e-5) -> None:
        size = check_size(n, "n")
        self.eps = check_range(eps, "eps", 0.0, above=True)
        self.w = [Parameter(1.0, label=f"w{i + 1}") for i in range(size)]
        self.b = [Parameter(0.0, label=f"b{i + 1}") for i in range(size)]
        self._take_first_survey()

    def forward(self, x: Numbers) -> list[Value]:
        """The n normalised inputs."""
        x = as_row(x, len(self.w))
        mu = mean(x)
        centred = [xi - mu for xi in x]
        deviation = (dot(centred, centred) / len(x) + self.eps).sqrt()
        return [w * (c / deviation) + b for w, c, b in zip(self.w, centred, self.b, strict=True)]

    def _item_names(self) -> Mapping[str, Iterable[str]]:
        return {"w": map("w{}".format, count(1)), "b": map("b{}".format, count(1))}

    def __repr__(self) -> str:
        return f"LayerNorm({len(self.w)}, eps={self.eps!r})"


class RMSNorm(Module):
    """``yᵢ = wᵢ · xᵢ / √(Σ xⱼ² / n + eps)`` (https://arxiv.org/abs/1910.07467).

    Like `LayerNorm`, without the mean and the shift: it divides by the root mean square.

    Arguments:
        n: how many inputs, and outputs.
        eps: keeps the division finite; above 0.

    Attributes:
        w: the gains, n parameters with the labels and paths ``w1``, ``w2``, …; they start at 1.

    >>> norm = RMSNorm(2)
    >>> [round(y.data, 4) for y in norm([3.0, -4.0])]
    [0.8485, -1.1314]
    """

    def __init__(self, n: Integer, eps: Number = 1e-5) -> None:
        size = check_size(n, "n")
        self.eps = check_range(eps, "eps", 0.0, above=True)
        self.w = [Parameter(1.0, label=f"w{i + 1}") for i in range(size)]
        self._take_first_survey()

    def forward(self, x: Numbers) -> list[Value]:
        """The n normalised inputs."""
        x = as_row(x, len(self.w))
        size = (dot(x, x) / len(x) + self.eps).sqrt()
        return [w * (xi / size) for w, xi in zip(self.w, x, strict=True)]

    def _item_names(self) -> Mapping[str, Iterable[str]]:
        return {"w": map("w{}".format, count(1))}

    def __repr__(self) -> str:
        return f"RMSNorm({len(self.w)}, eps={self.eps!r})"
