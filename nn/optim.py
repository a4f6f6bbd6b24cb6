"""Optimisers: how parameters follow their gradients downhill, `SGD` and `Adam`."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from autograd import Value

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["SGD", "Adam"]


class _Optimiser:
    """The parameters, each once, and the learning rate, checked."""

    def __init__(self, params: Iterable[Value], lr: float) -> None:
        if isinstance(params, Value) or not hasattr(params, "__iter__"):
            raise TypeError(
                f"{type(self).__name__} takes a list of parameters, as model.parameters() gives, "
                f"and got {type(params).__qualname__}"
            )
        self.params = list(dict.fromkeys(params))
        if not self.params:
            raise ValueError(
                f"{type(self).__name__} has nothing to train: the list of parameters is empty"
            )
        for p in self.params:
            if not isinstance(p, Value):
                raise TypeError(f"a parameter is a Value, and got {type(p).__qualname__}")
            if p.row is not None:
                raise ValueError(
                    f"a parameter is a leaf, and {p!r} was computed by {p.op!r}; "
                    "train the Values that it was computed from"
                )
        self.lr = lr

    @property
    def lr(self) -> float:
        """The learning rate η; set it between steps to follow a schedule."""
        return self._lr

    @lr.setter
    def lr(self, lr: float) -> None:
        self._lr = _within(lr, "lr", 0.0, math.inf, open_below=True)

    def zero_grad(self) -> None:
        """Forget all gradients: ``grad`` of every parameter becomes 0."""
        for p in self.params:
            p.zero_grad()


class SGD(_Optimiser):
    """Gradient descent: ``p ← p − lr · v``, where ``v ← momentum · v + ∂L/∂p``.

    Without momentum v is the gradient itself. With it, v starts at 0 and gathers the gradients of
    earlier steps, as in PyTorch.

    Arguments:
        params: the parameters; one that is there twice is used once.
        lr: the learning rate, a positive number; it may be set between steps.
        momentum: from 0 to below 1.

    Raises:
        ValueError: there are no parameters, one is not a leaf, or lr or momentum is out of range.
        TypeError: a parameter is not a Value, or lr or momentum not a number.

    >>> w = Value(0.5)
    >>> sgd = SGD([w], lr=0.1)
    >>> (0.5 * (2 * w + 1 - 3) ** 2).backward()
    >>> sgd.step()
    >>> w.data
    0.7
    """

    def __init__(self, params: Iterable[Value], lr: float, momentum: float = 0.0) -> None:
        super().__init__(params, lr)
        self.momentum = _within(momentum, "momentum", 0.0, 1.0)
        self._v = [0.0] * len(self.params)

    def step(self) -> None:
        """Move every parameter one step against its gradient."""
        lr, momentum, v = self.lr, self.momentum, self._v
        if not momentum:
            for p in self.params:
                p.data -= lr * p.grad
            return
        for i, p in enumerate(self.params):
            v[i] = momentum * v[i] + p.grad
            p.data -= lr * v[i]


class Adam(_Optimiser):
    """Steps of about lr each, whatever the size of the gradient (https://arxiv.org/abs/1412.6980).

    With g the gradient, and t the number of the step::

        g ← ∂L/∂p + weight_decay · p
        m ← β₁ · m + (1 − β₁) · g              v ← β₂ · v + (1 − β₂) · g²
        p ← p − lr · m̂ / (√v̂ + eps)    where   m̂ = m / (1 − β₁ᵗ),  v̂ = v / (1 − β₂ᵗ)

    Weight decay is an L2 penalty, a part of the gradient, as in PyTorch's Adam (its AdamW, which
    shrinks the parameters directly, is another method).

    Arguments:
        params: the parameters; one that is there twice is used once.
        lr: the learning rate, a positive number; it may be set between steps.
        betas: β₁ and β₂, each from 0 to below 1.
        eps: keeps the division finite; positive.
        weight_decay: 0 or more.

    Raises:
        ValueError: there are no parameters, one is not a leaf, or a number is out of range.
        TypeError: a parameter is not a Value, or a number is not a number.
    """

    def __init__(
        self,
        params: Iterable[Value],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(params, lr)
        if isinstance(betas, int | float) or len(betas) != 2:
            raise ValueError(f"betas is a pair, as (0.9, 0.999), and got {betas!r}")
        self.betas = (
            _within(betas[0], "betas[0]", 0.0, 1.0),
            _within(betas[1], "betas[1]", 0.0, 1.0),
        )
        self.eps = _within(eps, "eps", 0.0, math.inf, open_below=True)
        self.weight_decay = _within(weight_decay, "weight_decay", 0.0, math.inf)
        self._t = 0
        self._m = [0.0] * len(self.params)
        self._v = [0.0] * len(self.params)

    def step(self) -> None:
        """Move every parameter one step."""
        (beta1, beta2), m, v = self.betas, self._m, self._v
        self._t += 1
        correction1, correction2 = 1.0 - beta1**self._t, 1.0 - beta2**self._t
        for i, p in enumerate(self.params):
            g = p.grad + self.weight_decay * p.data
            m[i] = beta1 * m[i] + (1.0 - beta1) * g
            v[i] = beta2 * v[i] + (1.0 - beta2) * (g * g)
            m_hat, v_hat = m[i] / correction1, v[i] / correction2
            p.data -= self.lr * m_hat / (math.sqrt(v_hat) + self.eps)


def _within(number: Any, name: str, low: float, high: float, *, open_below: bool = False) -> float:
    """The number, if low ≤ number < high (low < number with `open_below`)."""
    x = Value(number).data
    if low <= x < high and not (open_below and x == low):
        return x
    wanted = f"above {low:g}" if open_below else f"{low:g} or more"
    limit = " and finite" if high == math.inf else f" and below {high:g}"
    raise ValueError(f"{name} must be {wanted}{limit}, and got {number!r}")
