"""Names from other libraries: micrograd's, NumPy's, PyTorch's, and what to use here instead."""

from __future__ import annotations

from collections.abc import Iterable, KeysView
from functools import lru_cache
from sys import modules
from typing import TYPE_CHECKING, Any, NoReturn

from . import ops

if TYPE_CHECKING:
    from .value import Value

__all__ = [
    "NUMPY_NAMES", "Unavailable", "label_among", "lookup", "micrograd_op", "micrograd_prev",
    "missing",
]  # fmt: skip

NUMPY_NAMES = {
    "arccos": "acos", "arccosh": "acosh", "arcsin": "asin", "arcsinh": "asinh", "arctan": "atan",
    "arctan2": "atan2", "arctanh": "atanh", "conjugate": "__pos__", "fabs": "abs", "rint": "round",
}  # fmt: skip
"""NumPy's names for methods that have another name here."""

TENSOR_NAMES = {
    "item": "its number is v.data.",
    "numpy": "its number is v.data.",
    "detach": "its number is v.data, and Value(v.data) is a new leaf with the same number.",
    "requires_grad": "each Value gets a gradient. To record nothing, use autograd.no_grad().",
    "pow": "write v ** n.",
    "square": "write v ** 2.",
    "clip": "write v.clamp(low, high).",
    "sum": "it is one number. Write autograd.total(values) for a list of Values.",
    "mean": "it is one number. Write autograd.mean(values) for a list of Values.",
    "max": "it is one number. Write autograd.maximum(a, b), or max(values) of a list.",
    "min": "it is one number. Write autograd.minimum(a, b), or min(values) of a list.",
}
"""What tensors and arrays have and a Value has not, with advice."""

MISSING = {
    "Tensor": "write Value(0.5), with a Value for each number",
    "tensor": "write Value(0.5), with a Value for each number",
    "Variable": "write Value(0.5)",
    "sum": "write autograd.total(values)",
    "max": "write autograd.maximum(a, b)",
    "min": "write autograd.minimum(a, b)",
    "abs": "write abs(x)",
    "pow": "write a ** b",
    "jit": "write autograd.compile(function, params=[...])",
}
"""What other libraries have as functions, with advice. (Methods of a Value need no entry.)"""

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


def missing(package: str, name: str, advice: str | None) -> AttributeError:
    """The error for a name that a package does not have."""
    said = f"module {package!r} has no attribute {name!r}"
    # Given the name and the module, Python suggests a similar name.
    return AttributeError(f"{said}; {advice}" if advice else said, name=name, obj=modules[package])


def lookup(name: str) -> NoReturn:
    """What Python calls for ``autograd.exp`` and other names that the package does not have."""
    from .value import Value

    is_method = not name.startswith("_") and callable(getattr(Value, name, None))
    advice = f"write x.{name}() for a Value x" if is_method else None
    raise missing("autograd", name, MISSING.get(name, advice))


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
    if operation is _POW and v._b.__class__ is float:
        return _power(v._b)
    return "ReLU" if operation is _RELU else operation.symbol


@lru_cache(maxsize=64)  # to write a number takes longer than all the rest
def _power(n: float) -> str:
    return f"**{int(n) if n.is_integer() else n}"


def micrograd_prev(v: Value) -> KeysView[Value]:
    """The parents without duplicates, and without an exponent that is part of `micrograd_op`.

    The Values that stand for constants are kept: code that walks the graph twice, to number the
    nodes and then to draw lines, finds the same ones.
    """
    operation = v.operation
    if operation is None:
        return _NOTHING
    a, b, kind = v._a, v._b, v.__class__
    if a.__class__ is kind:  # the most common cases, quickly
        if b.__class__ is kind:
            return {a: None, b: None}.keys()
        if b is None or operation is _POW:
            return {a: None}.keys()
    kept = getattr(v, "_compared", None)
    if kept.__class__ is not _Kept:
        if a.__class__ is kind:
            parents = {a: None, _constant(kind, b): None}
        else:
            parents = dict.fromkeys(v.parents)
        v._compared = kept = _Kept(kept or ())
        kept.parents = parents
    return kept.parents.keys()


class _Kept(list[Any]):
    """What a Value remembers of comparisons (see `comparisons`), and its parents.

    They share a place, because one more in each Value would make all of them larger.
    """

    __slots__ = ("parents",)

    parents: dict[Value, None]


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

        for _name, _advice in TENSOR_NAMES.items():
            vars()[_name] = Unavailable(_advice)
            vars()[_name].__set_name__(None, _name)
        del _name, _advice

    def __dir__(self) -> Iterable[str]:
        """The names that work: what Jupyter offers to complete."""
        return [name for name in object.__dir__(self) if name not in _UNAVAILABLE]


_UNAVAILABLE = {name for name, it in vars(_Micrograd).items() if isinstance(it, Unavailable)}
