"""The rules of the optimisers: `SGD`, `Adam`, `AdamW` and `RMSprop`.

All take the same first arguments. ``params`` is a list of parameters (duplicates are ignored), a
program, whose ``theta`` is then trained, or a list of groups: dictionaries with ``"params"`` and
any settings of their own, such as ``{"params": model.layers[0].parameters(), "lr": 0.01}``. To
train groups through a program, pass the program as well, as ``program=``. ``lr`` is the learning
rate, above 0; when set between steps, it may also be 0.

All refuse an empty list, anything but leaf Values, and numbers out of range. The conventions are
those of PyTorch (https://docs.pytorch.org/docs/stable/optim.html).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from autograd.value import Number

from .._checks import check_flag, check_pair, check_range
from .groups import Checks
from .optimiser import Optimiser, Params, Setting, check_lr

if TYPE_CHECKING:
    from autograd.program.program import Program
else:
    Program = Any  # for typing.get_type_hints: the real one would import NumPy and numba


__all__ = ["SGD", "Adam", "AdamW", "RMSprop"]

_check_momentum = partial(check_range, name="momentum", low=0.0, high=1.0)
_check_decay = partial(check_range, name="weight_decay", low=0.0)
_check_eps = partial(check_range, name="eps", low=0.0, above=True)


def _sqrt(x: Any) -> Any:
    """√x of a float or an array; nan below 0, where Python's own would be complex or raise."""
    if x.__class__ is float:
        return math.sqrt(x) if x >= 0.0 else math.nan
    return x**0.5


class SGD(Optimiser):
    """Gradient descent, with momentum if wanted: ``p ← p − lr · v``.

    In each step::

        g ← ∂L/∂p + weight_decay · p
        v ← momentum · v + g
        p ← p − lr · v            with nesterov:  p ← p − lr · (g + momentum · v)

    Without momentum v is the gradient itself. With it, v starts at 0 and accumulates the gradients
    of earlier steps. Nesterov's variant takes the step from where momentum is about to lead.

    Arguments:
        params: the parameters, groups of them, or a program.
        lr: the learning rate, above 0; when set between steps, it may also be 0.
        momentum: 0 or more and below 1.
        nesterov: whether to use Nesterov's variant, which needs a momentum above 0.
        weight_decay: the strength of an L2 penalty, 0 or more.
        program: the program that the groups are parameters of, if it is to be trained.

    >>> from autograd import Value
    >>> w = Value(0.5)
    >>> sgd = SGD([w], lr=0.1)
    >>> (0.5 * (2 * w + 1 - 3) ** 2).backward()
    >>> sgd.step()
    >>> w.data
    0.7
    """

    _checks: ClassVar[Checks] = {
        "lr": check_lr,
        "momentum": _check_momentum,
        "nesterov": partial(check_flag, name="nesterov"),
        "weight_decay": _check_decay,
    }
    _slots = ("v",)

    momentum = Setting[float]()
    nesterov = Setting[bool]()
    weight_decay = Setting[float]()

    def __init__(
        self,
        params: Params,
        lr: Number,
        momentum: Number = 0.0,
        nesterov: bool = False,
        weight_decay: Number = 0.0,
        *,
        program: Program | None = None,
    ) -> None:
        super().__init__(
            params, program, lr=lr, momentum=momentum, nesterov=nesterov, weight_decay=weight_decay
        )

    @classmethod
    def _check_together(cls, settings: Mapping[str, Any]) -> None:
        if settings["nesterov"] and not settings["momentum"]:
            raise ValueError("expected a momentum above 0 for nesterov, got 0.0; pass momentum=0.9")

    def _update(self, x: Any, g: Any, state: Any, t: int, s: Mapping[str, Any]) -> tuple[Any, Any]:
        if s["weight_decay"]:
            g = g + s["weight_decay"] * x
        if momentum := s["momentum"]:
            v = momentum * state[0] + g
            state = (v,)
            g = g + momentum * v if s["nesterov"] else v
        return x - s["lr"] * g, state


class Adam(Optimiser):
    """Steps of about lr each, whatever the size of the gradient (https://arxiv.org/abs/1412.6980).

    With the gradient g, in step number t::

        g ← ∂L/∂p + weight_decay · p
        m ← β₁ · m + (1 − β₁) · g              v ← β₂ · v + (1 − β₂) · g²
        p ← p − lr · m̂ / (√v̂ + eps)    where   m̂ = m / (1 − β₁ᵗ),  v̂ = v / (1 − β₂ᵗ)

    Weight decay is an L2 penalty, a part of the gradient, which Adam then divides by √v̂ like any
    other. `AdamW` shrinks the parameters directly.

    Arguments:
        params: the parameters, groups of them, or a program.
        lr: the learning rate, above 0; when set between steps, it may also be 0.
        betas: β₁ and β₂, each 0 or more and below 1.
        eps: keeps the division finite; above 0.
        weight_decay: 0 or more.
        program: the program that the groups are parameters of, if it is to be trained.
    """

    _checks: ClassVar[Checks] = {
        "lr": check_lr,
        "betas": partial(check_pair, name="betas"),
        "eps": _check_eps,
        "weight_decay": _check_decay,
    }
    _slots = ("m", "v")
    _squares = ("v",)

    betas = Setting[tuple[float, float]]()
    eps = Setting[float]()
    weight_decay = Setting[float]()

    def __init__(
        self,
        params: Params,
        lr: Number = 1e-3,
        betas: tuple[Number, Number] = (0.9, 0.999),
        eps: Number = 1e-8,
        weight_decay: Number = 0.0,
        *,
        program: Program | None = None,
    ) -> None:
        super().__init__(params, program, lr=lr, betas=betas, eps=eps, weight_decay=weight_decay)

    def _update(self, x: Any, g: Any, state: Any, t: int, s: Mapping[str, Any]) -> tuple[Any, Any]:
        return _adam(x, g + s["weight_decay"] * x, state, t, s)


class AdamW(Adam):
    """`Adam` with decoupled weight decay (https://arxiv.org/abs/1711.05101).

    The decay is not a part of the gradient. Each step shrinks the parameter itself first::

        p ← p − lr · weight_decay · p
        p ← p − lr · m̂ / (√v̂ + eps)        with m̂ and v̂ as in Adam, of ∂L/∂p alone

    Arguments:
        params: the parameters, groups of them, or a program.
        lr: the learning rate, above 0; when set between steps, it may also be 0.
        betas: β₁ and β₂, each 0 or more and below 1.
        eps: keeps the division finite; above 0.
        weight_decay: 0 or more. Biases and gains of norms are usually put into a group with 0.
        program: the program that the groups are parameters of, if it is to be trained.
    """

    def __init__(
        self,
        params: Params,
        lr: Number = 1e-3,
        betas: tuple[Number, Number] = (0.9, 0.999),
        eps: Number = 1e-8,
        weight_decay: Number = 1e-2,
        *,
        program: Program | None = None,
    ) -> None:
        super().__init__(params, lr, betas, eps, weight_decay, program=program)

    def _update(self, x: Any, g: Any, state: Any, t: int, s: Mapping[str, Any]) -> tuple[Any, Any]:
        return _adam(x * (1.0 - s["lr"] * s["weight_decay"]), g, state, t, s)


def _adam(x: Any, g: Any, state: Any, t: int, s: Mapping[str, Any]) -> tuple[Any, Any]:
    (beta1, beta2), (m, v) = s["betas"], state
    m = beta1 * m + (1.0 - beta1) * g
    v = beta2 * v + (1.0 - beta2) * (g * g)
    m_hat, v_hat = m / (1.0 - beta1**t), v / (1.0 - beta2**t)
    return x - s["lr"] * m_hat / (v_hat**0.5 + s["eps"]), (m, v)


class RMSprop(Optimiser):
    """The gradient divided by its recent size, the root of a running mean of squares.

    In each step (Hinton's lecture 6e, https://www.cs.toronto.edu/~tijmen/csc321/slides/)::

        g ← ∂L/∂p + weight_decay · p
        v ← alpha · v + (1 − alpha) · g²
        b ← momentum · b + g / (√v + eps)
        p ← p − lr · b

    With `centered`, √v is the running standard deviation ``√(v − m²)``, where m is the running mean
    of the gradient, ``m ← alpha · m + (1 − alpha) · g``.

    Arguments:
        params: the parameters, groups of them, or a program.
        lr: the learning rate, above 0; when set between steps, it may also be 0.
        alpha: how much of the mean is kept in each step, 0 or more and below 1.
        eps: keeps the division finite; above 0.
        weight_decay: the strength of an L2 penalty, 0 or more.
        momentum: 0 or more and below 1.
        centered: whether to subtract the mean.
        program: the program that the groups are parameters of, if it is to be trained.
    """

    _checks: ClassVar[Checks] = {
        "lr": check_lr,
        "alpha": partial(check_range, name="alpha", low=0.0, high=1.0),
        "eps": _check_eps,
        "weight_decay": _check_decay,
        "momentum": _check_momentum,
        "centered": partial(check_flag, name="centered"),
    }
    _slots = ("v", "m", "b")
    _squares = ("v",)

    alpha = Setting[float]()
    eps = Setting[float]()
    weight_decay = Setting[float]()
    momentum = Setting[float]()
    centered = Setting[bool]()

    def __init__(
        self,
        params: Params,
        lr: Number = 1e-2,
        alpha: Number = 0.99,
        eps: Number = 1e-8,
        weight_decay: Number = 0.0,
        momentum: Number = 0.0,
        centered: bool = False,
        *,
        program: Program | None = None,
    ) -> None:
        super().__init__(
            params, program, lr=lr, alpha=alpha, eps=eps, weight_decay=weight_decay,
            momentum=momentum, centered=centered,
        )  # fmt: skip

    def _update(self, x: Any, g: Any, state: Any, t: int, s: Mapping[str, Any]) -> tuple[Any, Any]:
        (v, m, b), alpha = state, s["alpha"]
        g = g + s["weight_decay"] * x
        v = alpha * v + (1.0 - alpha) * (g * g)
        m = alpha * m + (1.0 - alpha) * g
        variance = v - m * m if s["centered"] else v
        b = s["momentum"] * b + g / (_sqrt(variance) + s["eps"])
        return x - s["lr"] * b, (v, m, b)
