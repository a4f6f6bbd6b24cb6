"""Value: a number that remembers how it was made, and can say how to change it.

Arithmetic on Values records a graph; `Value.backward` walks it from the result to the leaves and
leaves every gradient in ``grad``. What an operation computes, and its derivative, is in `ops`; the
order of the walk is in `graph`.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, KeysView, Mapping, Sequence
from functools import wraps
from numbers import Real
from typing import TYPE_CHECKING, Any, NoReturn, Protocol, TypeAlias, final, overload

from . import detached, elsewhere, graph, modes, ops
from .console import printable
from .detached import warn_detached

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Number: TypeAlias = float | Real | np.number[Any] | np.bool_
    Integer: TypeAlias = int | np.integer[Any]
    Numbers: TypeAlias = "Sequence[Value | Number] | NDArray[Any]"

    class _Arithmetic(Protocol):
        @overload
        def __call__(self, other: Value | Number, /) -> Value: ...
        @overload
        def __call__(self, other: NDArray[Any], /) -> NDArray[np.object_]: ...

    class _Comparison(Protocol):
        @overload
        def __call__(self, other: Value | Number, /) -> bool: ...
        @overload
        def __call__(self, other: NDArray[Any], /) -> NDArray[np.bool_]: ...

else:  # type checkers cannot see that NumPy's scalars are Reals, and its arrays like sequences
    Number: TypeAlias = float | Real
    Integer: TypeAlias = int
    Numbers: TypeAlias = Sequence[Any]
"""What stands for a number beside a Value: int, float, bool, NumPy scalars, fractions."""

__all__ = ["Integer", "Number", "Numbers", "Value", "as_operand", "record", "weighted_sum"]


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

    # row: the operation that made it; None for a leaf.
    # _datum: the number. (NumPy's masked arrays take what anything calls _data for an array of it,
    #     so ``masked * v`` would compute with plain numbers.)
    # _a, _b: what the operation was given: Values, and plain floats for constants, which need no
    #     node. _b is None if there is only one. More than two are a tuple in _a; for one or two a
    #     tuple would be a second object to make, to walk at each garbage collection, to free.
    # _x, _y: what the data of one or two operands were then; the gradient belongs to these,
    #     whatever is assigned to a parameter's data later.
    # A result computed within no_grad is a leaf, with the row that computed it in _a; other leaves
    #     have no _a.
    # _mark: a leaf's role, or the module call that returned the value (see nn.Module).
    __slots__ = ("_a", "_b", "_datum", "_grad", "_label", "_mark", "_x", "_y", "row")

    _a: Any
    _b: Any
    _datum: float
    _grad: float
    _label: str
    _mark: Any
    _x: float
    _y: float
    row: ops.Op | None

    def __init__(self, data: Number, label: str = "", *, role: str = "") -> None: ...

    if not TYPE_CHECKING:  # the same, with advice for those who pass what other libraries take

        @wraps(__init__)
        def __init__(self, data, *given, label="", role="", _children=(), _op=""):
            self._datum = _as_float(data)
            self._grad = 0.0
            self.row = None
            if given or _children or _op:
                label = elsewhere.label_among(given, label, _children, _op)
            self._label = label if label.__class__ is str else _as_text(label, "label")
            self._mark = (role if role.__class__ is str else _as_text(role, "role")) or None

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
        self._datum = _as_float(data)

    @property
    def grad(self) -> float:
        """∂L/∂self, for the L whose ``backward()`` was called; 0 before that."""
        return self._grad

    @grad.setter
    def grad(self, grad: Number) -> None:
        self._grad = _as_float(grad)

    @property
    def label(self) -> str:
        """A name for pictures and messages. May be set later."""
        return self._label

    @label.setter
    def label(self, label: str) -> None:
        self._label = _as_text(label, "label")

    @property
    def op(self) -> str:
        """The symbol of the operation that made it, such as ``"*"``; ``""`` for a leaf."""
        return "" if self.row is None else self.row.symbol

    @property
    def operands(self) -> tuple[Value | float, ...]:
        """What the operation was given, in order: Values, and floats for constants."""
        if self.row is None:
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
        if self.row is None:
            return ()
        if self._b is not None:
            return (self._x, self._y)
        if self._a.__class__ is tuple:  # their derivative is a constant: nothing was worth keeping
            return tuple(v._datum if isinstance(v, Value) else v for v in self._a)
        return (self._x,)

    @property
    def role(self) -> str:
        """What a leaf is there for; pictures show it. May be set later."""
        return self._mark if isinstance(self._mark, str) else ""

    @role.setter
    def role(self, role: str) -> None:
        if self.row is not None:
            raise ValueError(
                f"a role belongs to a leaf, and this value was made by {self.op!r}; "
                "give it a label instead"
            )
        self._mark = _as_text(role, "role") or None

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
        if not _has_leaf(self, order):
            raise RuntimeError(_nothing_to_reach(self))
        for v in order:
            v._grad = 0.0
        if order:
            self._grad = 1.0
        else:
            self._grad += 1.0  # a leaf: dx/dx
        if modes.open_blocks and modes.watching.get():
            _backward_watched(order)
            return
        for v in reversed(order):
            gradient = v._grad
            row: Any = v.row
            if row.crossed:
                a, b = v._a, v._b
                if a.__class__ is Value:
                    a._grad += gradient * v._y
                if b.__class__ is Value:
                    b._grad += gradient * v._x
                continue
            if row.variadic:  # the same constant derivative for every operand
                slope = row.derivatives[0]
                if slope:  # a SHIFT passes nothing on, not even 0 · inf
                    gradient *= slope
                    for operand in v._a if v._b is None else (v._a, v._b):
                        if operand.__class__ is Value:
                            operand._grad += gradient
                continue
            a, b = v._a, v._b
            # Where a branching operation's derivative is 0, not even 0 · inf is passed on.
            if b is None:
                slope = row.derivatives[0](v._x, v._datum)
                if slope or not row.branching:
                    a._grad += gradient * slope
                continue
            if a.__class__ is Value:
                slope = row.derivatives[0](v._x, v._y, v._datum)
                if slope or not row.branching:
                    a._grad += gradient * slope
            if b.__class__ is Value:
                slope = row.derivatives[1](v._x, v._y, v._datum)
                if slope or not row.branching:
                    b._grad += gradient * slope

    def zero_grad(self) -> None:
        """Forget this value's gradient: ``grad`` becomes 0."""
        self._grad = 0.0

    # ── recording ────────────────────────────────────────────────────────────────────────────

    def _apply(self, row: ops.Op, operands: Sequence[Any]) -> Value:
        """Record any row on any operands: what the methods do, without their short cuts."""
        return record(row, tuple(as_operand(v) for v in operands))

    # ── names of other libraries ─────────────────────────────────────────────────────────────

    @property
    def _prev(self) -> KeysView[Value]:
        """The parents as micrograd has them: a set, without a constant exponent; in order here."""
        return elsewhere.micrograd_prev(self)

    @property
    def _op(self) -> str:
        """The operation as micrograd writes it, where it has it: ``"ReLU"``, ``"**2"``."""
        return elsewhere.micrograd_op(self)

    if not TYPE_CHECKING:
        _backward = elsewhere.Unavailable(
            "derivatives stand in the table autograd.ops. Call loss.backward() for all gradients, "
            "or autograd.graph.contributions(v, v.grad) for those that v passes on; "
            "notebooks/07_under_the_hood.ipynb shows how to add an operation"
        )
        topo = elsewhere.Unavailable("autograd.graph.topological(v) lists the values in order")

    # Arithmetic and the methods (exp, relu, …) are attached below, one per row of the table; this
    # block tells type checkers their names.
    if TYPE_CHECKING:
        __add__: _Arithmetic
        __radd__: _Arithmetic
        __sub__: _Arithmetic
        __rsub__: _Arithmetic
        __mul__: _Arithmetic
        __rmul__: _Arithmetic
        __truediv__: _Arithmetic
        __rtruediv__: _Arithmetic
        __pow__: _Arithmetic
        __rpow__: _Arithmetic

        def __neg__(self) -> Value: ...
        def __abs__(self) -> Value: ...
        def abs(self) -> Value: ...
        def exp(self) -> Value: ...
        def log(self) -> Value: ...
        def log1p(self) -> Value: ...
        def expm1(self) -> Value: ...
        def sqrt(self) -> Value: ...
        def sin(self) -> Value: ...
        def cos(self) -> Value: ...
        def tan(self) -> Value: ...
        def tanh(self) -> Value: ...
        def sigmoid(self) -> Value: ...
        def relu(self) -> Value: ...
        def leaky_relu(self, slope: Value | Number = 0.01) -> Value: ...
        def softplus(self) -> Value: ...
        def gelu(self) -> Value: ...
        def silu(self) -> Value: ...
        def maximum(self, other: Value | Number) -> Value: ...
        def minimum(self, other: Value | Number) -> Value: ...

        __lt__: _Comparison
        __le__: _Comparison
        __gt__: _Comparison
        __ge__: _Comparison

    def __pos__(self) -> Value:
        return self

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        """What NumPy calls for ``np.exp(v)``, and for v beside its arrays and scalars."""
        global _apply_ufunc
        if _apply_ufunc is None:  # the first time: importing the engine does not import NumPy
            from .arrays import apply_ufunc

            _apply_ufunc = apply_ufunc
        return _apply_ufunc(ufunc, method, inputs, options)

    # ── as a number ──────────────────────────────────────────────────────────────────────────
    # Comparisons (attached below) compare data; == and hash are those of the object, so that Values
    # can be keys.

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
        label = f", label={printable(repr(self.label))}" if self.label else ""
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


def _as_float(number: Any) -> float:
    """The number as a float, or a TypeError that says what to do."""
    kind = number.__class__
    # The quick tests come first: asking isinstance about an abstract class is slow. NumPy's bool
    # is not registered as a Real, though Python's is.
    if kind is float or kind is int or isinstance(number, Real) or _is_numpy_bool(kind):
        try:
            return float(number)
        except OverflowError:  # an integer or fraction beyond the largest float
            return math.inf if number > 0 else -math.inf
    raise TypeError(f"a Value holds one real number, and got {_refusal(number)}")


def _as_text(text: Any, name: str) -> str:
    """The label or role as a plain string, or a TypeError that says what to do."""
    if isinstance(text, str):
        return str.__str__(text)  # of a subclass, such as NumPy's, its characters alone
    raise TypeError(
        f"a Value's label and role are strings, got {type(text).__qualname__} as {name}: "
        f"{text!r:.60}. Write Value(0.5, {name}='...'), or v.{name} = '...'."
    )


def _is_numpy_bool(kind: type) -> bool:
    return kind.__module__ == "numpy" and kind.__name__ in ("bool", "bool_")


def _refusal(thing: Any) -> str:
    kind = type(thing)
    name = kind.__qualname__
    if kind.__module__ != "builtins":
        name = f"{kind.__module__}.{name}"
    if isinstance(thing, Value):
        advice = "use it as it is, or its .data for a fresh leaf"
    elif isinstance(thing, str):
        advice = f"{thing[:40]!r}; convert it with float() first"
    elif thing is None:
        advice = "is a return statement missing?"
    elif isinstance(thing, complex):
        advice = "take .real, or abs() of it"
    elif getattr(thing, "ndim", None) == 0:
        advice = "call .item() on it"
    elif hasattr(thing, "__array__") or hasattr(thing, "__len__"):
        advice = "use one Value per element: [Value(x) for x in ...]"
    else:
        advice = "convert it with float() first"
    return f"{name} ({advice})"


def as_operand(thing: Any) -> Value | float:
    """A Value as it is, a number as the float that stands for a constant; TypeError otherwise."""
    return thing if thing.__class__ is Value else _as_float(thing)


def _data_of(other: Any) -> float:
    return other._datum if other.__class__ is Value else _as_float(other)


def _has_leaf(v: Value, order: list[Value]) -> bool:
    """Whether the backward pass from v, through the interior values `order`, reaches a leaf.

    A constant does not count. The first interior value nearly always answers, since it was made
    from leaves and constants only.
    """
    if not order:
        return not hasattr(v, "_a")
    return any(
        isinstance(operand, Value) and operand.row is None and operand._mark != "constant"
        for inner in order
        for operand in inner.operands
    )


def _nothing_to_reach(v: Value) -> str:
    if v.row is None:
        return (
            f"backward() found no graph: this value was computed by {v._a.symbol!r} within "
            "no_grad(), which records nothing. Compute it outside of the block."
        )
    return (
        "backward() found no leaf: this value was computed from plain numbers only. Compute it "
        "from the Values themselves, not from their .data."
    )


def record(row: ops.Op, operands: tuple[Any, ...]) -> Value:
    """The value of `row` on `operands`, recorded in the graph unless `no_grad` is in force."""
    data = [v._datum if v.__class__ is Value else v for v in operands]
    out = _new(Value)
    out._datum = row.over(data) if row.variadic else row.forward(*data)
    out._grad = 0.0
    out._label = ""
    out._mark = None
    if modes.open_blocks:
        now = modes.in_force()
        if now.watching:
            modes.check_forward(row, operands, data, out._datum)
        if not now.recording:
            out.row = None
            out._a = row
            return out
    out.row = row
    keep_operands(out, operands, data)
    return out


def keep_operands(v: Value, operands: tuple[Any, ...], data: Sequence[float]) -> None:
    """Store in an interior value what its operation was given, and what that was worth."""
    if len(operands) == 2:
        v._a, v._b = operands
        v._x, v._y = data
    elif v.row.variadic:  # type: ignore[union-attr]
        v._a, v._b = operands, None
    else:
        v._a, v._b = operands[0], None
        v._x = data[0]


def weighted_sum(weights: Sequence[Any], values: Sequence[Any], bias: Value) -> Value:
    """``Σ wᵢ·vᵢ + bias``: what `*` and then `+` of them all record, without a call for each.

    Arguments:
        weights, values: Values or numbers, as many of each.
        bias: the last term of the sum.
    """
    if modes.open_blocks:
        return record(ops.ADD, (*map(as_operand, map(operator.mul, weights, values)), bias))
    total = -0.0  # which, unlike 0.0, leaves every number as it is
    terms: list[Any] = []
    for w, v in zip(weights, values, strict=True):
        if w.__class__ is not Value or v.__class__ is not Value:
            product = w * v
            terms.append(product)
            total += _data_of(product)
            continue
        product = _new(Value)
        product._a = w
        product._b = v
        product._x = x = w._datum
        product._y = y = v._datum
        product._datum = x = x * y
        product._grad = 0.0
        product.row = ops.MUL
        product._label = ""
        product._mark = None
        terms.append(product)
        total += x
    terms.append(bias)
    out = _new(Value)
    out._a = tuple(terms)
    out._b = None
    out._datum = total + bias._datum
    out._grad = 0.0
    out.row = ops.ADD
    out._label = ""
    out._mark = None
    return out


def _backward_watched(order: list[Value]) -> None:
    """The backward pass, with a look at every number."""
    for v in reversed(order):
        for operand, contribution in graph.contributions(v, v._grad):
            operand._grad += contribution
            modes.check_backward(v, operand, v._grad, contribution, operand._grad)


# ── one method per row ───────────────────────────────────────────────────────────────────────
# These run once per operation, millions of times: they do what `record` does, with one and two
# operands spelt out.


def _unary(row: ops.Op) -> Callable[[Value], Value]:
    forward = row.forward

    def method(self: Value) -> Value:
        if modes.open_blocks:
            return record(row, (self,))
        out = _new(Value)
        out._x = x = self._datum
        out._datum = forward(x)
        out._grad = 0.0
        out.row = row
        out._a = self
        out._b = None
        out._label = ""
        out._mark = None
        return out

    return method


def _binary(row: ops.Op) -> tuple[Callable[[Value, Any], Value], Callable[[Value, Any], Value]]:
    """The method for ``value ∘ other``, and the one for ``number ∘ value``."""
    forward = row.forward
    is_operator = row.symbol in _OPERATORS

    def method(self: Value, other: Any) -> Value:
        if other.__class__ is Value:
            y = other._datum
        else:
            try:
                other = y = other if other.__class__ is float else _as_float(other)
            except TypeError:
                if not is_operator:
                    raise
                return _leave_to_array(other)  # type: ignore[no-any-return]
        if modes.open_blocks:
            return record(row, (self, other))
        out = _new(Value)
        out._x = x = self._datum
        out._y = y
        out._datum = forward(x, y)
        out._grad = 0.0
        out.row = row
        out._a = self
        out._b = other
        out._label = ""
        out._mark = None
        return out

    def reflected(self: Value, number: Any) -> Value:
        x = _as_float(number)
        if modes.open_blocks:
            return record(row, (x, self))
        out = _new(Value)
        out._x = x
        out._y = y = self._datum
        out._datum = forward(x, y)
        out._grad = 0.0
        out.row = row
        out._a = x
        out._b = self
        out._label = ""
        out._mark = None
        return out

    return method, reflected


def _leave_to_array(other: Any) -> Any:
    """NotImplemented for an array, which then computes ``value ∘ each of its elements``.

    For anything else the error that is being handled goes on.
    """
    if getattr(type(other), "__array_ufunc__", None) is None:
        raise
    return NotImplemented


def _attach(row: ops.Op) -> None:
    """Give Value the method, or the operator, of one row."""
    methods: dict[str, Any] = {}
    if row.arity == 1:
        method: Any = _unary(row)
    else:
        method, reflected = _binary(row)
        if row is ops.ADD:
            reflected = _without_start_of_sum(reflected)
        if row.default is not None:
            method = _with_slope(method, row.default)
        if row.symbol in _OPERATORS:
            methods[f"__r{row.name}__"] = reflected
    if row.symbol in _OPERATORS or row.name in ("abs", "neg"):
        methods[f"__{row.name}__"] = method
    if row.symbol not in _OPERATORS and row.name != "neg":
        methods[row.name] = method
    for name, function in methods.items():
        function.__name__, function.__qualname__ = name, f"Value.{name}"
        function.__doc__ = f"{row.formula}."
        setattr(Value, name, function)


_OPERATORS = ("+", "-", "*", "/", "**")


def _comparison(compare: Callable[[float, float], bool]) -> Callable[[Value, Any], bool]:
    def method(self: Value, other: Any) -> bool:
        try:
            return compare(self._datum, _data_of(other))
        except TypeError:
            return _leave_to_array(other)  # type: ignore[no-any-return]

    return method


def _with_slope(method: Callable[[Value, Any], Value], default: float) -> Any:
    def with_default(self: Value, slope: Any = default) -> Value:
        return method(self, slope)

    return with_default


def _without_start_of_sum(plus: Callable[[Value, Any], Value]) -> Callable[[Value, Any], Value]:
    def reflected(self: Value, number: Any) -> Value:
        if number.__class__ is int and number == 0:
            return self  # the 0 that sum() starts from adds no node
        return plus(self, number)

    return reflected


def _attach_all() -> None:
    for row in ops.OPERATIONS:
        _attach(row)
    # NumPy computes np.arcsin of an array of Values by calling the method arcsin of each.
    for name, ours in elsewhere.NUMPY_NAMES.items():
        if hasattr(Value, ours):
            setattr(Value, name, getattr(Value, ours))
    for compare in (operator.lt, operator.le, operator.gt, operator.ge):
        method = _comparison(compare)
        method.__name__ = f"__{compare.__name__}__"
        method.__qualname__ = f"Value.{method.__name__}"
        setattr(Value, method.__name__, method)


_attach_all()

# These modules are imported above, and name Value in annotations only: that is where
# typing.get_type_hints looks for it.
for _module in (detached, elsewhere, graph, modes):
    vars(_module)["Value"] = Value
