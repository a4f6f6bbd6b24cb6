"""Names from other libraries: micrograd's and NumPy's, and what to use here instead."""

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
"""NumPy's names for methods that have another name here."""

ADVICE_ON_STATE = (
    "it takes no attributes of your own. Keep them in a dictionary, such as "
    "velocity = {p: 0.0 for p in parameters}, and write velocity[p]."
)


_NOTHING: KeysView[Any] = {}.keys()
_POW, _RELU = ops.POW, ops.RELU


class Unavailable:
    """An attribute that other libraries have: reading it raises an error with advice."""

    def __init__(self, advice: str) -> None:
        self.advice = advice

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, v: Value | None, owner: type) -> Unavailable:
        if v is None:  # read from the class, by help() for example
            return self
        raise AttributeError(f"a Value has no {self.name}: {self.advice}")

    def __set__(self, v: Value, new: Any) -> NoReturn:
        raise AttributeError(f"a Value has no {self.name} to set: {self.advice}")


def label_among(given: tuple[Any, ...], label: Any, children: Any, op: Any) -> Any:
    """Find the label among the arguments that follow the number in ``Value(number, …)``.

    Raises:
        TypeError: there is more than a label, such as micrograd's parents and operation.
    """
    (first, *rest) = given or (label,)
    if rest or label or children or op or isinstance(first, tuple | list | set):
        raise TypeError(
            "expected a number and a label, got more (parents and an operation, perhaps). Write "
            "Value(0.5, label='x') for a leaf, and x * y or x.tanh() for a value with parents."
        )
    return first


def micrograd_op(v: Value) -> str:
    """The operation's symbol in micrograd; ours where micrograd has no such operation."""
    operation = v.operation
    if operation is None:
        return ""
    if operation is _RELU:
        return "ReLU"
    if operation is _POW and (n := v._b).__class__ is float:
        return f"**{int(n) if n.is_integer() else n}"
    return operation.symbol


def micrograd_prev(v: Value) -> KeysView[Value]:
    """The parents without duplicates, and without an exponent that is part of `micrograd_op`."""
    operation = v.operation
    if operation is None:
        return _NOTHING
    a, b, kind = v._a, v._b, v.__class__
    if a.__class__ is kind:  # the most common cases, quickly
        if b.__class__ is kind:
            return {a: None, b: None}.keys()
        if b is None or operation is _POW:
            return {a: None}.keys()
        return {a: None, _constant(kind, b): None}.keys()
    return dict.fromkeys(v.parents).keys()


def _constant(kind: Any, number: float) -> Value:
    """``Value(number, role="constant")``, without its checks: walks through graphs make many."""
    v: Value = kind.__new__(kind)
    v._datum, v._grad, v.operation, v._label, v._mark = number, 0.0, None, "", "constant"
    return v


class _Micrograd:
    """micrograd's attributes."""

    __slots__ = ()

    _prev = property(micrograd_prev)
    _op = property(micrograd_op)

    if not TYPE_CHECKING:
        _backward = Unavailable(
            "derivatives are in the table autograd.ops. Call loss.backward() for all gradients, "
            "or autograd.graph.contributions(v, v.grad) for those that v passes on. "
            "notebooks/07_under_the_hood.ipynb shows how to add an operation."
        )
        topo = Unavailable("autograd.graph.topological(v) lists the values in order.")
        # Optimisers written for micrograd keep their state in these. Other names have Python's own
        # message: to word that one, too, each assignment to a Value would call a function.
        m, v, velocity, momentum = (Unavailable(ADVICE_ON_STATE) for _ in range(4))
