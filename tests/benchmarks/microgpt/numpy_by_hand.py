"""The model in NumPy with gradients by hand: a line per formula, on whole documents at once.

A batch is padded to the longest of its documents. Arrays have the shape (batch, positions, width),
without the batch for a single document.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .model import BOUNDARY, EPS, TOKENS
from .setup import Document, Peer, Setup, cycle_over

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.benchmarks.worker import Step

__all__ = ["NumPyByHand", "pad"]


def pad(np: Any, documents: Sequence[Document], positions: int) -> tuple[Any, Any, Any]:
    """Tokens, targets and their weights in a document's mean, each of shape (B, positions)."""
    tokens = np.full((len(documents), positions + 1), BOUNDARY)
    weights = np.zeros((len(documents), positions))
    for row, weight, document in zip(tokens, weights, documents, strict=True):
        row[: len(document)] = document
        weight[: len(document) - 1] = 1.0 / (len(document) - 1)
    return tokens[:, :-1], tokens[:, 1:], weights


class NumPyByHand(Peer):
    """Forward and backward by hand."""

    packages = ("numpy",)

    def __init__(self, setup: Setup) -> None:
        super().__init__(setup)
        import numpy

        self.np = numpy
        self._theta = numpy.array(self.theta)
        self._gradient = numpy.zeros(len(self.theta))
        self._w = self._split(self._theta)
        self._dw = self._split(self._gradient)
        n = self.shape.positions
        self._later = numpy.triu(numpy.full((n, n), -numpy.inf), 1)

    def document(self, positions: int) -> Step:
        documents = [
            tuple(array[0] for array in pad(self.np, [d], positions))
            for d in self.of_length(positions)
        ]
        return cycle_over(lambda given: self.compute(*given), documents, self._read)

    def batch(self, size: int) -> Step:
        batches = [
            tuple(pad(self.np, documents, max(map(len, documents)) - 1))
            for documents in self.batches(size)
        ]
        return cycle_over(lambda given: self.compute(*given), batches, self._read)

    def _split(self, theta: Any) -> dict[str, Any]:
        parts, start = {}, 0
        for name, (rows, columns) in self.shape.matrices().items():
            parts[name] = theta[start : start + rows * columns].reshape(rows, columns)
            start += rows * columns
        return parts

    def _read(self, result: tuple[float, Any]) -> tuple[float, list[float]]:
        return float(result[0]), result[1].tolist()

    def compute(self, tokens: Any, targets: Any, weights: Any) -> tuple[float, Any]:
        """The mean loss and its gradient, in an array that the next call overwrites."""
        np, w, dw = self.np, self._w, self._dw
        n = tokens.shape[-1]
        places = slice(0, n)
        x, scale = norm(np, w["tokens"][tokens] + w["places"][places])
        first, kept = x, []
        for k in range(self.shape.blocks):
            x, block = self._block(k, x)
            kept.append(block)
        share = softmax(np, x @ w["out"].T)
        rows = share.reshape(-1, TOKENS)
        chosen = np.arange(len(rows)), targets.reshape(-1)
        documents = weights.size // n
        flat = weights.reshape(-1) / documents
        value = -(np.log(rows[chosen]) @ flat)

        rows[chosen] -= 1.0
        rows *= flat[:, None]
        d = self._linear_back("out", x, share)
        for k in reversed(range(self.shape.blocks)):
            d = self._block_back(k, kept[k], d)
        d = norm_back(np, first, scale, d)
        dw["tokens"][:] = 0.0
        np.add.at(dw["tokens"], tokens.reshape(-1), d.reshape(-1, self.shape.width))
        dw["places"][:] = 0.0
        dw["places"][places] = d if d.ndim == 2 else d.sum(0)
        return value, self._gradient

    def _heads(self, x: Any) -> Any:
        """(..., positions, width) to (..., heads, positions, size)."""
        shape = *x.shape[:-1], self.shape.heads, self.shape.width // self.shape.heads
        return x.reshape(shape).swapaxes(-2, -3)

    def _joined(self, x: Any) -> Any:
        """The way back."""
        x = x.swapaxes(-2, -3)
        return x.reshape(*x.shape[:-2], self.shape.width)

    def _block(self, k: int, x: Any) -> tuple[Any, tuple[Any, ...]]:
        np, w, n = self.np, self._w, x.shape[-2]
        h, scale = norm(np, x)
        query, key, value = (
            self._heads(h @ w[f"{name}{k}"].T) for name in ("query", "key", "value")
        )
        size = self.shape.width // self.shape.heads
        scores = query @ key.swapaxes(-1, -2) / size**0.5 + self._later[:n, :n]
        share = softmax(np, scores)
        found = self._joined(share @ value)
        middle = x + found @ w[f"mix{k}"].T
        h2, scale2 = norm(np, middle)
        up = np.maximum(h2 @ w[f"up{k}"].T, 0.0)
        kept = h, scale, query, key, value, share, found, h2, scale2, up
        return middle + up @ w[f"down{k}"].T, kept

    def _block_back(self, k: int, kept: tuple[Any, ...], d: Any) -> Any:
        np = self.np
        h, scale, query, key, value, share, found, h2, scale2, up = kept
        d_up = self._linear_back(f"down{k}", up, d) * (up > 0.0)
        d = d + norm_back(np, h2, scale2, self._linear_back(f"up{k}", h2, d_up))
        d_found = self._heads(self._linear_back(f"mix{k}", found, d))
        d_share = d_found @ value.swapaxes(-1, -2)
        d_scores = share * (d_share - (share * d_share).sum(-1, keepdims=True))
        d_scores /= (self.shape.width // self.shape.heads) ** 0.5
        dh = self._linear_back(f"query{k}", h, self._joined(d_scores @ key))
        dh = dh + self._linear_back(f"key{k}", h, self._joined(d_scores.swapaxes(-1, -2) @ query))
        d_value = self._joined(share.swapaxes(-1, -2) @ d_found)
        dh += self._linear_back(f"value{k}", h, d_value)
        return d + norm_back(np, h, scale, dh)

    def _linear_back(self, name: str, x: Any, dy: Any) -> Any:
        """Store the gradient of a matrix; return that of its input."""
        rows = dy.reshape(-1, dy.shape[-1])
        self.np.dot(rows.T, x.reshape(-1, x.shape[-1]), out=self._dw[name])
        return dy @ self._w[name]


def norm(np: Any, x: Any) -> tuple[Any, Any]:
    scale = 1.0 / np.sqrt((x * x).sum(-1, keepdims=True) / x.shape[-1] + EPS)
    return x * scale, scale


def norm_back(np: Any, y: Any, scale: Any, dy: Any) -> Any:
    along = (y * dy).sum(-1, keepdims=True) / y.shape[-1]
    return scale * (dy - y * along)


def softmax(np: Any, x: Any) -> Any:
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)
