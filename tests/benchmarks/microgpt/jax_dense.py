"""The model in JAX: ``jit`` of ``value_and_grad``, dense, with a mask.

A document is padded to the positions that the function was compiled for; a batch is the ``vmap`` of
a document. Theta is one array, which takes less time to hand over than many.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from .model import EPS
from .numpy_by_hand import pad
from .setup import Document, Peer, Setup, cycle_over

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.benchmarks.worker import Step

__all__ = ["Jax"]


class Jax(Peer):
    """Tuned as in `programs_peers.Jax`: a call runs in the thread that makes it."""

    packages = ("jax", "jaxlib")

    def __init__(self, setup: Setup) -> None:
        super().__init__(setup)
        import jax
        import numpy

        jax.config.update("jax_enable_x64", True)
        jax.config.update("jax_cpu_enable_async_dispatch", False)
        self.jax, self.jnp, self.np = jax, jax.numpy, numpy
        self._theta = jax.numpy.array(self.theta)

    def document(self, positions: int) -> Step:
        given = [self._arguments([d], positions) for d in self.of_length(positions)]
        single = [[array[0] for array in arrays] for arrays in given]
        return self._step(self._loss, single)

    def batch(self, size: int) -> Step:
        given = [self._arguments(b, self.shape.positions) for b in self.batches(size)]
        return self._step(self._mean_loss, given)

    def compile_loss(self, positions: int) -> dict[str, float]:
        """Seconds to trace and compile the loss of so many positions, and to take a step."""
        document = [0] * (positions + 1)
        arguments = [array[0] for array in self._arguments([document], positions)]
        self.jax.clear_caches()
        start = time.perf_counter()
        self._step(self._loss, [arguments]).run()
        return {"whole": time.perf_counter() - start}

    def _arguments(self, documents: Sequence[Document], positions: int) -> list[Any]:
        return list(map(self.jnp.array, pad(self.np, documents, positions)))

    def _step(self, function: Callable[..., Any], given: Sequence[Sequence[Any]]) -> Step:
        compiled = self.jax.jit(self.jax.value_and_grad(function))

        def compute(arguments: Sequence[Any]) -> Any:
            value, gradient = compiled(self._theta, *arguments)
            gradient.block_until_ready()  # the value comes from the same computation
            return value, gradient

        return cycle_over(compute, given, lambda r: (r[0].item(), r[1].tolist()))

    def _mean_loss(self, theta: Any, tokens: Any, targets: Any, weights: Any) -> Any:
        losses = self.jax.vmap(self._loss, (None, 0, 0, 0))(theta, tokens, targets, weights)
        return losses.mean()

    def _loss(self, theta: Any, tokens: Any, targets: Any, weights: Any) -> Any:
        """The loss of one document: tokens, targets and weights of shape (positions,)."""
        jax, jnp, w = self.jax, self.jnp, self._split(theta)
        n, heads = len(tokens), self.shape.heads
        size = self.shape.width // heads
        earlier = jnp.tril(jnp.ones((n, n), bool))
        x = self._norm(w["tokens"][tokens] + w["places"][:n])
        for k in range(self.shape.blocks):
            h = self._norm(x)
            query, key, value = (
                (h @ w[f"{name}{k}"].T).reshape(n, heads, size)
                for name in ("query", "key", "value")
            )
            scores = jnp.einsum("phd,qhd->hpq", query, key) / size**0.5
            share = jax.nn.softmax(jnp.where(earlier, scores, -jnp.inf), axis=-1)
            found = jnp.einsum("hpq,qhd->phd", share, value).reshape(n, heads * size)
            x = x + found @ w[f"mix{k}"].T
            x = x + jax.nn.relu(self._norm(x) @ w[f"up{k}"].T) @ w[f"down{k}"].T
        shares = jax.nn.log_softmax(x @ w["out"].T, axis=-1)
        return -(shares[jnp.arange(n), targets] @ weights)

    def _norm(self, x: Any) -> Any:
        return x * self.jax.lax.rsqrt((x * x).mean(-1, keepdims=True) + EPS)

    def _split(self, theta: Any) -> dict[str, Any]:
        parts, start = {}, 0
        for name, (rows, columns) in self.shape.matrices().items():
            parts[name] = theta[start : start + rows * columns].reshape(rows, columns)
            start += rows * columns
        return parts
