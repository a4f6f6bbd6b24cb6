"""Dropout: in training, a random part of the inputs is left out."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Real
from typing import Any, overload

from autograd import Value, operation
from autograd.value import Number, Numbers

from ._checks import Seed, as_inputs, check_fraction, describe, make_generator
from .module import Module

__all__ = ["Dropout"]


@operation(
    derivatives=[lambda x, m: m, lambda x, m: x],
    name="dropout",
    formula="y = x · m",
    branching=True,
)
def _drop(x: float, m: float) -> float:
    return x * m if m else 0.0  # what is left out is 0, even if it was nan or inf


_drop.refusal = (
    "Dropout draws anew in each call, but a program would repeat one drawing in every row; call "
    "model.eval() before autograd.compile, or train without a program"
)


class Dropout(Module):
    """``yᵢ = xᵢ · mᵢ`` with random ``mᵢ``: 0 with probability p, else ``1 / (1 − p)``.

    So the mean of yᵢ is xᵢ (https://jmlr.org/papers/v15/srivastava14a.html). Each call draws anew.
    After ``model.eval()``, and until ``model.train()``, the inputs pass unchanged.

    A program would repeat one drawing, so `autograd.compile` refuses a Dropout that is training.

    What it will draw next is no parameter, so neither `state_dict` nor `save` has it. To go on with
    a stopped training bit for bit, pass a `random.Random` as seed and keep its ``getstate()``, too,
    or pickle the model with the optimiser.

    Arguments:
        p: the probability of being left out, from 0 to 1.
        seed: where the drawings come from.

    >>> dropout = Dropout(0.5, seed=2)
    >>> [y.data for y in dropout([Value(1.0), Value(2.0), Value(3.0)])]
    [2.0, 4.0, 0.0]
    >>> [y.data for y in dropout.eval()([Value(1.0), Value(2.0), Value(3.0)])]
    [1.0, 2.0, 3.0]
    """

    def __init__(self, p: Number = 0.5, seed: Seed = None) -> None:
        self.p = check_fraction(p, "p")
        self._random = make_generator(seed)

    @overload
    def forward(self, x: Value | float) -> Value: ...
    @overload
    def forward(self, x: Numbers) -> list[Value]: ...
    @overload
    def forward(self, x: Sequence[Numbers]) -> list[list[Value]]: ...

    def forward(self, x: Any) -> Any:
        """The inputs with some of them left out: a Value for a Value, a list for a list of them.

        Arguments:
            x: a Value or a number, a list of them, or a list of rows, such as `Attention` returns.
        """
        if isinstance(x, Value | Real):
            v = x if isinstance(x, Value) else Value(x, role="constant")
            return _drop(v, self._draw()) if self.training and self.p > 0.0 else v
        if isinstance(x, str):  # its parts are strings again, without end
            raise TypeError(f"expected a Value, a number or a list of them, got {describe(x)}")
        return [self.forward(part) for part in as_inputs(x)]

    def _draw(self) -> float:
        return 0.0 if self._random.random() < self.p else 1.0 / (1.0 - self.p)

    def __repr__(self) -> str:
        return f"Dropout({self.p!r})"
