"""Names that other libraries use: what micrograd and NumPy call things, and how to say it here."""

from __future__ import annotations

from collections.abc import KeysView
from typing import TYPE_CHECKING, Any, NoReturn

from . import ops

if TYPE_CHECKING:
    from .value import Value

__all__ = ["NUMPY_NAMES", "Unavailable", "label_among", "micrograd_op", "micrograd_prev"]

NUMPY_NAMES = {
    "arccos": "acos", "arccosh": "acosh", "arcsin": "asin", "arcsinh": "asinh", "arctan": "atan",
    "arctan2": "atan2", "arctanh": "atanh", "conjugate": "__pos__", "fabs": "abs", "rint": "round",
}  # fmt: skip
"""The methods that NumPy calls by another name than ours."""


class Unavailable:
    """In the place of an attribute that other libraries have: an error with advice."""

    def __init__(self, advice: str) -> None:
        self.advice = advice

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, v: Value | None, owner: type) -> Unavailable:
        if v is None:  # asked of the class: by help(), say
            return self
        raise AttributeError(f"a Value has no {self.name}: {self.advice}")

    def __set__(self, v: Value, new: Any) -> NoReturn:
        raise AttributeError(f"a Value has no {self.name} to set: {self.advice}")


def label_among(given: tuple[Any, ...], label: Any, children: Any, op: Any) -> Any:
    """The label among the arguments that follow the number in ``Value(number, …)``.

    Raises:
        TypeError: there is more than a label: micrograd's parents and operation.
    """
    (first, *rest) = given or (label,)
    if rest or label or children or op or isinstance(first, tuple | list | set):
        raise TypeError(
            "expected a number and a label, got more, such as parents and an operation. A leaf is "
            "Value(0.5, label='x'). A value with parents comes from an operation on them: write "
            "x * y or x.tanh()."
        )
    return first


def micrograd_op(v: Value) -> str:
    """The operation in micrograd's spelling; in ours where micrograd does not have it."""
    if v.operation is ops.RELU:
        return "ReLU"
    if v.operation is ops.POW and isinstance(v.operands[1], float):
        n = v.operands[1]
        return f"**{int(n) if n.is_integer() else n}"
    return v.op


def micrograd_prev(v: Value) -> KeysView[Value]:
    """The parents without repetition, and without the exponent that `micrograd_op` names."""
    parents = v.parents
    if micrograd_op(v).startswith("**") and v.op != micrograd_op(v):
        parents = parents[:1]
    return dict.fromkeys(parents).keys()


class _Micrograd:
    __slots__ = ()

    _prev = property(micrograd_prev)
    _op = property(micrograd_op)

    if not TYPE_CHECKING:
        _backward = Unavailable(
            "derivatives stand in the table autograd.ops. Call loss.backward() for all gradients, "
            "or autograd.graph.contributions(v, v.grad) for those that v passes on; "
            "notebooks/07_under_the_hood.ipynb shows how to add an operation"
        )
        topo = Unavailable("autograd.graph.topological(v) lists the values in order")
