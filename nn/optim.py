"""Optimisers: how parameters follow their gradients downhill, `SGD` and `Adam`."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, cast

from autograd import Value
from autograd.value import Number

if TYPE_CHECKING:
    from autograd.program.program import Program
else:
    Program = Any  # for typing.get_type_hints: the real one would bring in NumPy and numba


__all__ = ["SGD", "Adam"]


class _Optimiser:
    """What is trained, Values or a program, and the learning rate, checked.

    A program is trained as one array, `theta`, and Values one by one; the rule is the same, and
    stands in `_moved`, which takes floats or arrays alike.
    """

    def __init__(self, params: Iterable[Value] | Program, lr: Number) -> None:
        self.program: Program | None = None
        self.params: list[Value] = []
        if not isinstance(params, Value) and hasattr(params, "theta"):
            self.program = cast("Program", params)
            self._state: list[Any] = [self._at_rest()]
            count = self.program.theta.size
        else:
            self.params = _parameters_in(params, type(self).__name__)
            self._state = [self._at_rest() for _ in self.params]
            count = len(self.params)
        if not count:
            raise ValueError(
                f"{type(self).__name__} has nothing to train: the list of parameters is empty"
            )
        self._lr = _within(lr, "lr", 0.0, math.inf, open_below=True)
        self._steps = 0

    def _at_rest(self) -> Any:
        """What a parameter's memory of earlier steps is before the first."""
        raise NotImplementedError

    def _moved(self, x: Any, g: Any, state: Any, t: int) -> tuple[Any, Any]:
        """The parameter x after step number t along the gradient g, and its memory then."""
        raise NotImplementedError

    def step(self, gradient: Any = None) -> None:
        """Move every parameter one step against its gradient.

        Arguments:
            gradient: of a program that is trained, an array as `value_and_grad` gives; by default
                what that gave last. Values know their gradients themselves.

        Raises:
            TypeError: a gradient is given, but Values are trained.
            ValueError: a program's gradient is not known yet, or has another shape than theta.
        """
        t = self._steps + 1
        if self.program is None:
            if gradient is not None:
                raise TypeError(
                    "step() takes no gradient where Values are trained: backward() leaves it in "
                    "their grad"
                )
            moved = [
                self._moved(p.data, p.grad, state, t)
                for p, state in zip(self.params, self._state, strict=True)
            ]
            # From here on nothing can fail: either all of it is done, or none.
            for p, (x, _) in zip(self.params, moved, strict=True):
                p.data = x
            self._state = [state for _, state in moved]
            self._steps = t
            return
        theta = self.program.theta
        if gradient is None:
            gradient = self.program.gradient
        if gradient is None:
            raise ValueError(
                "there is no gradient to follow yet; call program.value_and_grad(...) before step()"
            )
        if getattr(gradient, "shape", None) != theta.shape:
            raise ValueError(
                f"the gradient is an array with an entry for each parameter, shape {theta.shape}, "
                f"and got {getattr(gradient, 'shape', gradient)!r}"
            )
        import numpy as np  # there is a program, so there is NumPy

        with np.errstate(all="ignore"):  # nan and inf come without warnings, as from floats
            moved_theta, state = self._moved(theta, gradient, self._state[0], t)
        theta[:] = moved_theta
        self._state, self._steps = [state], t

    @property
    def lr(self) -> float:
        """The learning rate η, 0 or more; set it between steps to follow a schedule."""
        return self._lr

    @lr.setter
    def lr(self, lr: Number) -> None:
        self._lr = _within(lr, "lr", 0.0, math.inf)

    def zero_grad(self) -> None:
        """Forget all gradients: ``grad`` of every parameter becomes 0. (A program keeps none.)"""
        for p in self.params:
            p.zero_grad()


class SGD(_Optimiser):
    """Gradient descent: ``p ← p − lr · v``, where ``v ← momentum · v + ∂L/∂p``.

    Without momentum v is the gradient itself. With it, v starts at 0 and gathers the gradients of
    earlier steps, as in PyTorch.

    Arguments:
        params: the parameters (duplicates are ignored), or a program, whose
            ``theta`` is then trained as one array.
        lr: the learning rate, a positive number. Set between steps, it may be 0, too.
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

    def __init__(
        self, params: Iterable[Value] | Program, lr: Number, momentum: Number = 0.0
    ) -> None:
        super().__init__(params, lr)
        self.momentum = _within(momentum, "momentum", 0.0, 1.0)

    def _at_rest(self) -> float:
        return 0.0

    def _moved(self, x: Any, g: Any, v: Any, t: int) -> tuple[Any, Any]:
        if self.momentum:
            v = self.momentum * v + g
            g = v
        return x - self.lr * g, v


class Adam(_Optimiser):
    """Steps of about lr each, whatever the size of the gradient (https://arxiv.org/abs/1412.6980).

    With g the gradient, and t the number of the step::

        g ← ∂L/∂p + weight_decay · p
        m ← β₁ · m + (1 − β₁) · g              v ← β₂ · v + (1 − β₂) · g²
        p ← p − lr · m̂ / (√v̂ + eps)    where   m̂ = m / (1 − β₁ᵗ),  v̂ = v / (1 − β₂ᵗ)

    Weight decay is an L2 penalty, a part of the gradient, as in PyTorch's Adam (its AdamW, which
    shrinks the parameters directly, is another method).

    Arguments:
        params: the parameters (duplicates are ignored), or a program, whose
            ``theta`` is then trained as one array.
        lr: the learning rate, a positive number. Set between steps, it may be 0, too.
        betas: β₁ and β₂, each from 0 to below 1.
        eps: keeps the division finite; positive.
        weight_decay: 0 or more.

    Raises:
        ValueError: there are no parameters, one is not a leaf, or a number is out of range.
        TypeError: a parameter is not a Value, or a number is not a number.
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
            raise ValueError(f"betas is a pair, as (0.9, 0.999), and got {betas!r}")
        self.betas = (
            _within(betas[0], "betas[0]", 0.0, 1.0),
            _within(betas[1], "betas[1]", 0.0, 1.0),
        )
        self.eps = _within(eps, "eps", 0.0, math.inf, open_below=True)
        self.weight_decay = _within(weight_decay, "weight_decay", 0.0, math.inf)

    def _at_rest(self) -> tuple[float, float]:
        return 0.0, 0.0

    def _moved(self, x: Any, g: Any, state: tuple[Any, Any], t: int) -> tuple[Any, Any]:
        (beta1, beta2), (m, v) = self.betas, state
        g = g + self.weight_decay * x
        m = beta1 * m + (1.0 - beta1) * g
        v = beta2 * v + (1.0 - beta2) * (g * g)
        m_hat, v_hat = m / (1.0 - beta1**t), v / (1.0 - beta2**t)
        return x - self.lr * m_hat / (v_hat**0.5 + self.eps), (m, v)


def _parameters_in(params: Any, optimiser: str) -> list[Value]:
    """The parameters to train, each once, checked."""
    wanted = f"{optimiser} takes a list of parameters, as model.parameters() gives, or a program"
    kind = type(params).__qualname__
    if callable(getattr(params, "parameters", None)):
        raise TypeError(f"{wanted}, and got the module {kind} itself. Give its parameters()")
    if isinstance(params, Mapping):
        raise TypeError(f"{wanted}, and got {kind}. Give list(d.values())")
    if callable(params):
        raise TypeError(f"{wanted}, and got {kind}. Call it, and give what it returns")
    if isinstance(params, (Value, str)) or not hasattr(params, "__iter__"):
        raise TypeError(f"{wanted}, and got {kind}")
    checked: dict[Value, None] = {}
    for p in params:
        if not isinstance(p, Value):
            raise TypeError(f"a parameter is a Value, and got {_instead(p)}")
        if p.operation is not None:
            raise ValueError(
                f"a parameter is a leaf, and {p!r} was computed by {p.op!r}; "
                "train the Values that it was computed from"
            )
        checked[p] = None
    return list(checked)


def _instead(entry: Any) -> str:
    """What stands in the place of a parameter, and what to do about it."""
    kind = type(entry).__qualname__
    if callable(getattr(entry, "parameters", None)):
        return f"the module {kind}. Give its parameters()"
    if isinstance(entry, tuple) and len(entry) == 2 and isinstance(entry[0], str):
        return "a pair of a name and a Value. Give parameters(), not named_parameters()"
    if isinstance(entry, Mapping):
        return f"{kind}. Make an optimiser for each group of parameters"
    if isinstance(entry, str) or not hasattr(entry, "__iter__"):
        return kind
    return f"{kind}. Make one flat list: [p for layer in layers for p in layer.parameters()]"


def _within(number: Any, name: str, low: float, high: float, *, open_below: bool = False) -> float:
    """The number, if low ≤ number < high (low < number with `open_below`)."""
    try:
        x = Value(number).data
    except TypeError as error:
        raise TypeError(f"{name} is not a number: {error}") from None
    if low <= x < high and not (open_below and x == low):
        return x
    wanted = f"above {low:g}" if open_below else f"{low:g} or more"
    limit = " and finite" if high == math.inf else f" and below {high:g}"
    raise ValueError(f"{name} must be {wanted}{limit}, and got {number!r}")
