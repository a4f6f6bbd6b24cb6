"""The optimisers, `SGD` and `Adam`: they move parameters downhill, against their gradients.

Both train a list of parameters (duplicates are ignored) or a program, whose ``theta`` they train as
one array. Both refuse an empty list, anything but leaf Values, and numbers out of range.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, cast

from autograd import Value
from autograd.value import Number

from ._checks import check_parameters, check_range

if TYPE_CHECKING:
    from autograd.program.program import Program
else:
    Program = Any  # for typing.get_type_hints: the real one would import NumPy and numba


__all__ = ["SGD", "Adam"]


class _Optimiser:
    """The base of optimisers: what is trained, Values or a program, and the learning rate.

    Values are trained one by one, and a program as one array, ``theta``. The rule is the same: it
    is in `_update`, which takes floats and arrays alike.
    """

    def __init__(self, params: Iterable[Value] | Program, lr: Number) -> None:
        self.program: Program | None = None
        self.params: list[Value] = []
        if not isinstance(params, Value) and hasattr(params, "theta"):
            self.program = cast("Program", params)
            self._state: list[Any] = [self._first_state()]
            count = self.program.theta.size
        else:
            self.params = check_parameters(params, type(self).__name__)
            self._state = [self._first_state() for _ in self.params]
            count = len(self.params)
        if not count:
            raise ValueError(
                f"{type(self).__name__} expected at least one parameter to train, got none"
            )
        self._lr = check_range(lr, "lr", 0.0, above=True)
        self._steps = 0

    def _first_state(self) -> Any:
        """The state of a parameter before its first step; later ones remember earlier steps."""
        raise NotImplementedError

    def _update(self, x: Any, g: Any, state: Any, t: int) -> tuple[Any, Any]:
        """The parameter x after step number t, given its gradient g, and its new state."""
        raise NotImplementedError

    def step(self, gradient: Any = None) -> None:
        """Move every parameter one step against its gradient.

        Arguments:
            gradient: for a program only: an array such as `value_and_grad` returns; by default the
                last one that it returned. Values hold their gradients themselves.
        """
        t = self._steps + 1
        if self.program is None:
            if gradient is not None:
                raise TypeError(
                    "step() takes a gradient only if it trains a program; backward() leaves the "
                    "gradients of Values in their grad"
                )
            updated = [
                self._update(p.data, p.grad, state, t)
                for p, state in zip(self.params, self._state, strict=True)
            ]
            # Nothing can fail from here on, so a step moves all parameters or none.
            for p, (x, _) in zip(self.params, updated, strict=True):
                p.data = x
            self._state = [state for _, state in updated]
            self._steps = t
            return
        theta = self.program.theta
        if gradient is None:
            gradient = self.program.gradient
        if gradient is None:
            raise ValueError(
                "step() expected a gradient, got none; call program.value_and_grad(...) first"
            )
        if getattr(gradient, "shape", None) != theta.shape:
            raise ValueError(
                f"expected a gradient of shape {theta.shape}, an entry for each parameter, got "
                f"{getattr(gradient, 'shape', gradient)!r}"
            )
        import numpy as np  # there is a program, so there is NumPy

        with np.errstate(all="ignore"):  # nan and inf give no warnings, as with floats
            updated_theta, state = self._update(theta, gradient, self._state[0], t)
        theta[:] = updated_theta
        self._state, self._steps = [state], t

    @property
    def lr(self) -> float:
        """The learning rate η, 0 or more; set it between steps to follow a schedule."""
        return self._lr

    @lr.setter
    def lr(self, lr: Number) -> None:
        self._lr = check_range(lr, "lr", 0.0)

    def zero_grad(self) -> None:
        """Set ``grad`` of every parameter to 0. (A program accumulates no gradients.)"""
        for p in self.params:
            p.zero_grad()


class SGD(_Optimiser):
    """Gradient descent: ``p ← p − lr · v``, where ``v ← momentum · v + ∂L/∂p``.

    Without momentum v is the gradient itself. With it, v starts at 0 and accumulates the gradients
    of earlier steps, as in PyTorch.

    Arguments:
        params: the parameters, or a program.
        lr: the learning rate, above 0; when set between steps, it may also be 0.
        momentum: 0 or more and below 1.

    >>> w = Value(0.5)
    >>> sgd = SGD([w], lr=0.1)
    >>> (0.5 * (2 * w + 1 - 3) ** 2).backward()
    >>> sgd.step()
    >>> w.data
    0.7
    """

    def __init__(
        self, params: Iterable[Value] | Program, lr: Number, momentum: Number = 0.0
    ) -> None:
        super().__init__(params, lr)
        self.momentum = check_range(momentum, "momentum", 0.0, 1.0)

    def _first_state(self) -> float:
        return 0.0

    def _update(self, x: Any, g: Any, v: Any, t: int) -> tuple[Any, Any]:
        if self.momentum:
            v = self.momentum * v + g
            g = v
        return x - self.lr * g, v


class Adam(_Optimiser):
    """Steps of about lr each, whatever the size of the gradient (https://arxiv.org/abs/1412.6980).

    With the gradient g, in step number t::

        g ← ∂L/∂p + weight_decay · p
        m ← β₁ · m + (1 − β₁) · g              v ← β₂ · v + (1 − β₂) · g²
        p ← p − lr · m̂ / (√v̂ + eps)    where   m̂ = m / (1 − β₁ᵗ),  v̂ = v / (1 − β₂ᵗ)

    Weight decay is an L2 penalty, a part of the gradient, as in PyTorch's Adam. (AdamW, which
    shrinks the parameters directly, is another method.)

    Arguments:
        params: the parameters, or a program.
        lr: the learning rate, above 0; when set between steps, it may also be 0.
        betas: β₁ and β₂, each 0 or more and below 1.
        eps: keeps the division finite; above 0.
        weight_decay: 0 or more.
    """

    def __init__(
        self,
        params: Iterable[Value] | Program,
        lr: Number = 1e-3,
        betas: tuple[Number, Number] = (0.9, 0.999),
        eps: Number = 1e-8,
        weight_decay: Number = 0.0,
    ) -> None:
        super().__init__(params, lr)
        if not hasattr(betas, "__len__") or len(betas) != 2:
            raise ValueError(f"expected a pair for betas, such as (0.9, 0.999), got {betas!r}")
        self.betas = (
            check_range(betas[0], "betas[0]", 0.0, 1.0),
            check_range(betas[1], "betas[1]", 0.0, 1.0),
        )
        self.eps = check_range(eps, "eps", 0.0, above=True)
        self.weight_decay = check_range(weight_decay, "weight_decay", 0.0)

    def _first_state(self) -> tuple[float, float]:
        return 0.0, 0.0

    def _update(self, x: Any, g: Any, state: tuple[Any, Any], t: int) -> tuple[Any, Any]:
        (beta1, beta2), (m, v) = self.betas, state
        g = g + self.weight_decay * x
        m = beta1 * m + (1.0 - beta1) * g
        v = beta2 * v + (1.0 - beta2) * (g * g)
        m_hat, v_hat = m / (1.0 - beta1**t), v / (1.0 - beta2**t)
        return x - self.lr * m_hat / (v_hat**0.5 + self.eps), (m, v)
