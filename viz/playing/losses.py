"""Losses by name, for those who would rather type ``"mse"`` than look for ``nn.mse_loss``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd import Value

__all__ = ["LOSSES", "find_loss"]

LOSSES = {
    "mse": "mse_loss",
    "half_squared_error": "half_squared_error",
    "hinge": "hinge_loss",
    "cross_entropy": "cross_entropy",
    "binary_cross_entropy": "binary_cross_entropy",
}
"""What `nn` calls the loss of each name."""


def find_loss(loss: Any) -> Callable[[Any, Value], Any]:
    """The function that a name stands for; a function stands for itself.

    The functions are those of `nn`, which is imported only if one is asked for by its name: nothing
    else in this package needs layers. ``"binary_cross_entropy"`` takes logits, unless the model
    ends in a sigmoid.

    Raises:
        TypeError: it is neither.
        ValueError: there is no such name.
    """
    if callable(loss):
        return loss  # type: ignore[no-any-return]
    names = ", ".join(map(repr, LOSSES))
    if not isinstance(loss, str):
        raise TypeError(
            "expected loss to be a function of a prediction and its target, such as nn.hinge_loss, "
            f"or one of the names {names}, got {type(loss).__qualname__}: {loss!r:.60}"
        )
    name = loss.lower()
    if name not in LOSSES:
        name = next((short for short, long in LOSSES.items() if long == name), "")
    if not name:
        raise ValueError(
            f"expected loss to be a function or one of the names {names}, got {loss!a:.60}"
        )
    import nn

    function: Callable[..., Any] = getattr(nn, LOSSES[name])
    if name != "binary_cross_entropy":
        return function
    return lambda y_pred, y_true: function(y_pred, y_true, from_logits=y_pred.op != "sigmoid")
