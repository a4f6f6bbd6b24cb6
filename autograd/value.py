"""Value: a number that remembers how it was made, and can say how to change it.

Arithmetic on Values records a graph; `Value.backward` walks it from the result to the leaves and
leaves every gradient in ``grad``. What an operation computes, and its derivative, is in `ops`; the
order of the walk is in `graph`.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import TYPE_CHECKING, Any, NoReturn, Protocol, TypeAlias, cast, final, overload

from . import detached, elsewhere, graph, modes, ops
from ._numbers import Integer, Number, as_float, as_text
from .console import cut, printable
from .detached import warn_detached

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers: TypeAlias = "Sequence[Value | Number] | NDArray[Any]"
else:  # type checkers cannot see that NumPy's arrays are like sequences
    Numbers: TypeAlias = Sequence[Any]

__all__ = ["Integer", "Number", "Numbers", "Value", "as_operand", "keep_operands", "record"]


class _Arithmetic(Protocol):
    """An operator's type: beside an array it gives an array of Values."""

    @overload
    def __call__(self, other: Value | Number, /) -> Value: ...
    @overload
    def __call__(self, other: NDArray[Any], /) -> NDArray[np.object_]: ...


class _Comparison(Protocol):
    @overload
    def __call__(self, other: Value | Number, /) -> bool: ...
    @overload
    def __call__(self, other: NDArray[Any], /) -> NDArray[np.bool_]: ...


def _arithmetic(method: Callable[[Value, Any], Value]) -> _Arithmetic:
    return cast("_Arithmetic", method)


def _comparison(method: Callable[[Value, Any], bool]) -> _Comparison:
    return cast("_Comparison", method)


@final
class Value:
    """A scalar in a computation graph.

    Arguments:
        data: any real number. It is kept as a float64, as ``float(data)`` rounds it: whole numbers
            are exact up to 2**53, and ``Value(2**53) + 1`` is 2**53 again, as in PyTorch.
        label: a name for pictures and messages.
        role: what a leaf is there for: ``"parameter"``, ``"input"``, ``"target"`` or nothing.
            Pictures tell them apart; the arithmetic does not care.

    Raises:
        TypeError: `data` is not a real number.

    >>> w, x, b = Value(0.5, label="w"), Value(2.0, label="x"), Value(1.0, label="b")
    >>> y = w * x + b
    >>> y.backward()
    >>> y.data, w.grad, x.grad, b.grad
    (2.0, 2.0, 0.5, 1.0)
    """

    # operation: the operation that made it; None for a leaf.
    # _datum: the number. (NumPy's masked arrays take what anything calls _data for an array of it,
    #     so ``masked * v`` would compute with plain numbers.)
    # _a, _b: its operands: Values, and plain floats for constants, which need no node. _b is None
    #     if there is only one. More than two are a tuple in _a; for one or two a tuple would be a
    #     second object to make, to walk at each garbage collection, to free.
    # _a_data, _b_data: the data of one or two operands then; the gradient belongs to these,
    #     whatever is assigned to a parameter's data later.
    # A result computed within no_grad is a leaf, with the operation that computed it in _a; other
    #     leaves have no _a.
    # _mark: a leaf's role, or the module call that returned the value (see nn.Module).
    __slots__ = (
        "_a",
        "_a_data",
        "_b",
        "_b_data",
        "_datum",
        "_grad",
        "_label",
        "_mark",
        "operation",
    )

    _a: Any
    _b: Any
    _datum: float
    _grad: float
    _label: str
    _mark: Any
    _a_data: float
    _b_data: float
    operation: ops.Op | None

    def __init__(self, data: Number, label: str = "", *, role: str = "") -> None: ...

    if not TYPE_CHECKING:  # the same, with advice for those who pass what other libraries take

        @wraps(__init__)
        def __init__(self, data, *given, label="", role="", _children=(), _op=""):
            self._datum = as_float(data)
            self._grad = 0.0
            self.operation = None
            if given or _children or _op:
                label = elsewhere.label_among(given, label, _children, _op)
            self._label = label if label.__class__ is str else as_text(label, "label")
            self._mark = (role if role.__class__ is str else as_text(role, "role")) or None

    def __init_subclass__(cls) -> NoReturn:
        raise TypeError(
            f"{cls.__name__} cannot subclass Value: the engine recognises Values by their exact "
            "type. Hold a Value in an attribute instead."
        )

    # ── what it holds ────────────────────────────────────────────────────────────────────────

    @property
    def data(self) -> float:
        """The number itself. Assigning changes a leaf for the forward passes that follow."""
        return self._datum

    @data.setter
    def data(self, data: Number) -> None:
        self._datum = as_float(data)

    @property
    def grad(self) -> float:
        """∂L/∂self, for the L whose ``backward()`` was called; 0 before that."""
        return self._grad

    @grad.setter
    def grad(self, grad: Number) -> None:
        self._grad = as_float(grad)

    @property
    def label(self) -> str:
        """A name for pictures and messages. May be set later."""
        return self._label

    @label.setter
    def label(self, label: str) -> None:
        self._label = as_text(label, "label")

    @property
    def op(self) -> str:
        """The symbol of the operation that made it, such as ``"*"``; ``""`` for a leaf."""
        return "" if self.operation is None else self.operation.symbol

    @property
    def operands(self) -> tuple[Value | float, ...]:
        """What the operation was given, in order: Values, and floats for constants."""
        if self.operation is None:
            return ()
        if self._b is not None:
            return (self._a, self._b)
        return self._a if self._a.__class__ is tuple else (self._a,)

    @property
    def parents(self) -> tuple[Value, ...]:
        """The values it was computed from, in order; a constant appears as a Value of its own."""
        return tuple(
            v if isinstance(v, Value) else Value(v, role="constant") for v in self.operands
        )

    @property
    def inputs(self) -> tuple[float, ...]:
        """The data of the parents when the operation ran."""
        if self.operation is None:
            return ()
        if self._b is not None:
            return (self._a_data, self._b_data)
        if self._a.__class__ is tuple:  # their derivative is a constant: nothing was worth keeping
            return tuple(v._datum if isinstance(v, Value) else v for v in self._a)
        return (self._a_data,)

    @property
    def role(self) -> str:
        """What a leaf is there for; pictures show it. May be set later."""
        return self._mark if isinstance(self._mark, str) else ""

    @role.setter
    def role(self, role: str) -> None:
        if self.operation is not None:
            raise ValueError(
                f"a role belongs to a leaf, and this value was made by {self.op!r}; "
                "give it a label instead"
            )
        self._mark = as_text(role, "role") or None

    @property
    def made_by(self) -> Any:
        """The module call that returned this value (`nn.module.Call`), or None."""
        return None if isinstance(self._mark, str) else self._mark

    # ── the backward pass ────────────────────────────────────────────────────────────────────

    def backward(self) -> None:
        """Compute ``∂self/∂v`` for every value v that self was made from, into ``v.grad``.

        Reverse-mode differentiation: each value passes its gradient on to its operands, times the
        local derivative, and a value used twice receives two contributions (the chain rule). Leaves
        add to what they hold, call after call, until `zero_grad`; interior gradients are of this
        call alone.

        Of a leaf it adds ``∂self/∂self = 1`` to its own gradient, and that is all.

        Raises:
            RuntimeError: no leaf could receive a gradient: self was computed within `no_grad`, or
                from plain numbers only.
            AnomalyError: a gradient is nan or inf, within `detect_anomaly`.
        """
        order = graph.interior(self)
        graph.check_leaf(self, order)
        for v in order:
            v._grad = 0.0
        if order:
            self._grad = 1.0
        else:
            self._grad += 1.0  # a leaf: dx/dx
        if modes.open_blocks and modes.watching.get():
            for v, operand, _, gradient, amount, _ in graph.backward(self):
                operand._grad += amount
                modes.check_backward(v, operand, gradient, amount, operand._grad)
            return
        for v in reversed(order):  # graph.backward, spelt out: it takes half the time
            gradient = v._grad
            operation: Any = v.operation
            if operation.is_product:
                a, b = v._a, v._b
                if a.__class__ is Value:
                    a._grad += gradient * v._b_data
                if b.__class__ is Value:
                    b._grad += gradient * v._a_data
                continue
            if operation.variadic:  # the same constant derivative for every operand
                derivative = operation.derivatives[0]
                if derivative:  # a SHIFT passes nothing on, not even 0 · inf
                    gradient *= derivative
                    for operand in v._a if v._b is None else (v._a, v._b):
                        if operand.__class__ is Value:
                            operand._grad += gradient
                continue
            a, b = v._a, v._b
            # Where a branching operation's derivative is 0, not even 0 · inf is passed on.
            if b is None:
                derivative = operation.derivatives[0](v._a_data, v._datum)
                if derivative or not operation.branching:
                    a._grad += gradient * derivative
                continue
            if a.__class__ is Value:
                derivative = operation.derivatives[0](v._a_data, v._b_data, v._datum)
                if derivative or not operation.branching:
                    a._grad += gradient * derivative
            if b.__class__ is Value:
                derivative = operation.derivatives[1](v._a_data, v._b_data, v._datum)
                if derivative or not operation.branching:
                    b._grad += gradient * derivative

    def zero_grad(self) -> None:
        """Forget this value's gradient: ``grad`` becomes 0."""
        self._grad = 0.0

    # ── arithmetic ───────────────────────────────────────────────────────────────────────────────
    # Each method records its operation; the table in `ops` has the function and its derivatives.

    @_arithmetic
    def __add__(self, other: Any) -> Value:
        """y = a + b + …."""
        return _binary(ops.ADD, self, other)

    @_arithmetic
    def __radd__(self, other: Any) -> Value:
        if other.__class__ is int and other == 0:
            return self  # the 0 that sum() starts from adds no node
        return _reflected(ops.ADD, other, self)

    @_arithmetic
    def __sub__(self, other: Any) -> Value:
        """y = a − b."""
        return _binary(ops.SUB, self, other)

    @_arithmetic
    def __rsub__(self, other: Any) -> Value:
        return _reflected(ops.SUB, other, self)

    @_arithmetic
    def __mul__(self, other: Any) -> Value:
        """y = a · b."""
        return _binary(ops.MUL, self, other)

    @_arithmetic
    def __rmul__(self, other: Any) -> Value:
        return _reflected(ops.MUL, other, self)

    @_arithmetic
    def __truediv__(self, other: Any) -> Value:
        """y = a / b."""
        return _binary(ops.DIV, self, other)

    @_arithmetic
    def __rtruediv__(self, other: Any) -> Value:
        return _reflected(ops.DIV, other, self)

    @_arithmetic
    def __pow__(self, other: Any) -> Value:
        """y = aᵇ."""
        return _binary(ops.POW, self, other)

    @_arithmetic
    def __rpow__(self, other: Any) -> Value:
        return _reflected(ops.POW, other, self)

    def __pos__(self) -> Value:
        return self

    def __neg__(self) -> Value:
        """y = −a."""
        return _unary(ops.NEG, self)

    def __abs__(self) -> Value:
        """y = |a|."""
        return _unary(ops.ABS, self)

    def abs(self) -> Value:
        """y = |a|."""
        return _unary(ops.ABS, self)

    def exp(self) -> Value:
        """y = eᵃ."""
        return _unary(ops.EXP, self)

    def log(self) -> Value:
        """y = ln a."""
        return _unary(ops.LOG, self)

    def log1p(self) -> Value:
        """y = ln(1 + a)."""
        return _unary(ops.LOG1P, self)

    def expm1(self) -> Value:
        """y = eᵃ − 1."""
        return _unary(ops.EXPM1, self)

    def sqrt(self) -> Value:
        """y = √a."""
        return _unary(ops.SQRT, self)

    def sin(self) -> Value:
        """y = sin a."""
        return _unary(ops.SIN, self)

    def cos(self) -> Value:
        """y = cos a."""
        return _unary(ops.COS, self)

    def tan(self) -> Value:
        """y = tan a."""
        return _unary(ops.TAN, self)

    def tanh(self) -> Value:
        """y = tanh a."""
        return _unary(ops.TANH, self)

    def sigmoid(self) -> Value:
        """y = 1 / (1 + e⁻ᵃ)."""
        return _unary(ops.SIGMOID, self)

    def relu(self) -> Value:
        """y = max(0, a)."""
        return _unary(ops.RELU, self)

    def leaky_relu(self, slope: Value | Number = 0.01) -> Value:
        """y = a where a > 0, else slope · a."""
        return _binary(ops.LEAKY_RELU, self, as_operand(slope))

    def softplus(self) -> Value:
        """y = ln(1 + eᵃ)."""
        return _unary(ops.SOFTPLUS, self)

    def gelu(self) -> Value:
        """y = a · Φ(a), where Φ is the normal distribution function."""
        return _unary(ops.GELU, self)

    def silu(self) -> Value:
        """y = a · sigmoid(a)."""
        return _unary(ops.SILU, self)

    def maximum(self, other: Value | Number) -> Value:
        """y = max(a, b); a tie shares the gradient."""
        return _binary(ops.MAXIMUM, self, as_operand(other))

    def minimum(self, other: Value | Number) -> Value:
        """y = min(a, b); a tie shares the gradient."""
        return _binary(ops.MINIMUM, self, as_operand(other))

    # Comparisons are of data; == and hash are those of the object, so that Values can be keys.

    @_comparison
    def __lt__(self, other: Any) -> bool:
        return _compare(operator.lt, self, other)

    @_comparison
    def __le__(self, other: Any) -> bool:
        return _compare(operator.le, self, other)

    @_comparison
    def __gt__(self, other: Any) -> bool:
        return _compare(operator.gt, self, other)

    @_comparison
    def __ge__(self, other: Any) -> bool:
        return _compare(operator.ge, self, other)

    # ── recording ────────────────────────────────────────────────────────────────────────────

    def _apply(self, operation: ops.Op, operands: Sequence[Any]) -> Value:
        """Record any operation on any operands: what the methods do, without their short cuts."""
        return record(operation, tuple(as_operand(v) for v in operands))

    # ── names of other libraries ─────────────────────────────────────────────────────────────

    _prev = property(elsewhere.micrograd_prev)
    _op = property(elsewhere.micrograd_op)
    conjugate = __pos__  # as NumPy calls it for an array of Values
    fabs = abs  # noqa: A003  (the method above)

    if not TYPE_CHECKING:
        _backward = elsewhere.Unavailable(
            "derivatives stand in the table autograd.ops. Call loss.backward() for all gradients, "
            "or autograd.graph.contributions(v, v.grad) for those that v passes on; "
            "notebooks/07_under_the_hood.ipynb shows how to add an operation"
        )
        topo = elsewhere.Unavailable("autograd.graph.topological(v) lists the values in order")

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        """What NumPy calls for ``np.exp(v)``, and for v beside its arrays and scalars."""
        global _apply_ufunc
        if _apply_ufunc is None:  # the first time: importing the engine does not import NumPy
            from .arrays import apply_ufunc

            _apply_ufunc = apply_ufunc
        return _apply_ufunc(ufunc, method, inputs, options)

    # ── as a number ──────────────────────────────────────────────────────────────────────────

    def __float__(self) -> float:
        warn_detached(self)
        return self._datum

    def __int__(self) -> int:
        warn_detached(self)
        return int(self._datum)

    @overload
    def __round__(self, digits: None = None) -> int: ...
    @overload
    def __round__(self, digits: int) -> float: ...

    def __round__(self, digits: int | None = None) -> float:
        warn_detached(self)
        return round(self._datum, digits)

    def __format__(self, spec: str) -> str:
        """``f"{loss:.4f}"`` formats the number."""
        return format(self._datum, spec) if spec else str(self)

    def __repr__(self) -> str:
        label = f", label={printable(repr(cut(self.label)))}" if self.label else ""
        return f"Value(data={self._datum!r}, grad={self._grad!r}{label})"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Mapping[str, str]:
        """What Jupyter shows: a picture of the graph, or the text where there is no renderer."""
        bundle = {"text/plain": repr(self)}
        try:
            from viz import draw  # at display time only: the engine itself knows nothing of viz

            bundle = {**draw(self)._repr_mimebundle_(include, exclude), **bundle}
        except Exception as error:  # a broken renderer must not hide the number itself
            bundle["text/plain"] += f"\n(no picture: {error})"
        return bundle

    def _repr_html_(self) -> str | None:
        """The picture alone, for tools that ask for HTML, such as sphinx-gallery."""
        return self._repr_mimebundle_().get("text/html")

    # ── copying ──────────────────────────────────────────────────────────────────────────────

    def __copy__(self) -> Value:
        """Another value made from the same operands."""
        twin = _new(Value)
        for slot in Value.__slots__:
            if hasattr(self, slot):
                setattr(twin, slot, getattr(self, slot))
        return twin

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        from .snapshot import reduce_value  # only pickle and deepcopy need it

        return reduce_value(self)


_new = Value.__new__
_apply_ufunc: Callable[..., Any] | None = None


def as_operand(thing: Any) -> Value | float:
    """A Value as it is, a number as the float that stands for a constant; TypeError otherwise."""
    return thing if thing.__class__ is Value else as_float(thing)


def record(operation: ops.Op, operands: tuple[Any, ...]) -> Value:
    """The operation's value, recorded in the graph unless `no_grad` is in force."""
    data = [v._datum if v.__class__ is Value else v for v in operands]
    out = _new(Value)
    out._datum = operation.over(data) if operation.variadic else operation.forward(*data)
    out._grad = 0.0
    out._label = ""
    out._mark = None
    if modes.open_blocks:
        now = modes.in_force()
        if now.watching:
            modes.check_forward(operation, operands, data, out._datum)
        if not now.recording:
            out.operation = None
            out._a = operation
            return out
    out.operation = operation
    keep_operands(out, operands, data)
    return out


def keep_operands(v: Value, operands: tuple[Any, ...], data: Sequence[float]) -> None:
    """Store in an interior value what its operation was given, and what that was worth."""
    if len(operands) == 2:
        v._a, v._b = operands
        v._a_data, v._b_data = data
    elif v.operation.variadic:  # type: ignore[union-attr]
        v._a, v._b = operands, None
    else:
        v._a, v._b = operands[0], None
        v._a_data = data[0]


# ── what the methods do ──────────────────────────────────────────────────────────────────────
# These run once per operation, millions of times: they do what `record` does, with one and two
# operands spelt out.


def _unary(operation: ops.Op, a: Value) -> Value:
    if modes.open_blocks:
        return record(operation, (a,))
    out = _new(Value)
    out._a_data = a_data = a._datum
    forward = operation.forward  # a local: quicker to call than an attribute
    out._datum = forward(a_data)
    out._grad = 0.0
    out.operation = operation
    out._a = a
    out._b = None
    out._label = ""
    out._mark = None
    return out


def _binary(operation: ops.Op, a: Value, b: Any) -> Value:
    if b.__class__ is Value:
        b_data = b._datum
    else:
        try:
            b = b_data = b if b.__class__ is float else as_float(b)
        except TypeError:
            return _leave_to_array(b)  # type: ignore[no-any-return]
    if modes.open_blocks:
        return record(operation, (a, b))
    out = _new(Value)
    out._a_data = a_data = a._datum
    out._b_data = b_data
    forward = operation.forward
    out._datum = forward(a_data, b_data)
    out._grad = 0.0
    out.operation = operation
    out._a = a
    out._b = b
    out._label = ""
    out._mark = None
    return out


def _reflected(operation: ops.Op, number: Any, b: Value) -> Value:
    a = as_float(number)
    if modes.open_blocks:
        return record(operation, (a, b))
    out = _new(Value)
    out._a_data = a
    out._b_data = b_data = b._datum
    forward = operation.forward
    out._datum = forward(a, b_data)
    out._grad = 0.0
    out.operation = operation
    out._a = a
    out._b = b
    out._label = ""
    out._mark = None
    return out


def _compare(compare: Callable[[float, float], bool], v: Value, other: Any) -> bool:
    try:
        return compare(v._datum, other._datum if other.__class__ is Value else as_float(other))
    except TypeError:
        return _leave_to_array(other)  # type: ignore[no-any-return]


def _leave_to_array(other: Any) -> Any:
    """NotImplemented for an array, which then computes ``value ∘ each of its elements``.

    For anything else the error that is being handled goes on.
    """
    if getattr(type(other), "__array_ufunc__", None) is None:
        raise
    return NotImplemented


# These modules are imported above, and name Value in annotations only: that is where
# typing.get_type_hints looks for it.
for _module in (detached, elsewhere, graph, modes):
    vars(_module)["Value"] = Value
