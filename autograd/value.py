"""Value: a number that remembers how it was computed, so that it can be differentiated.

Arithmetic on Values records a graph, one value for each operation. `Value.backward` walks the graph
from the result back to the leaves, and writes every gradient into ``grad``. The table in `ops` has
what each operation computes, and its derivative; `graph` has the order of the walk.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import wraps
from typing import TYPE_CHECKING, Any, NoReturn, final

from . import _numbers, _operators, compat, detached, elementary, graph, modes, ops, protocols
from ._numbers import Integer, Number, Numbers, as_float, as_text
from ._operators import arithmetic, leave_to_array
from .engines import SLOTS, Base, install, native
from .modes import Modes, open_blocks

__all__ = ["Integer", "Number", "Numbers", "Value", "as_operand", "keep_operands", "record"]


@final
class Value(Base, elementary._Elementary, protocols._Protocols, compat._Micrograd):
    """A scalar in a computation graph.

    Arguments:
        data: any real number, stored as a float64: whole numbers are exact up to 2**53.
        label: a name for pictures and messages.
        role: what a leaf is for: ``"parameter"``, ``"input"``, ``"target"`` or nothing. Pictures
            tell them apart; arithmetic ignores it.

    >>> w, x, b = Value(0.5, label="w"), Value(2.0, label="x"), Value(1.0, label="b")
    >>> y = w * x + b
    >>> y.backward()
    >>> y.data, w.grad, x.grad, b.grad
    (2.0, 2.0, 0.5, 1.0)
    """

    __slots__ = SLOTS

    operation: ops.Op | None  # the operation that computed it; None for a leaf
    # The operands: Values, and plain floats for constants. One is in _a, and _b is None; only more
    # than two are a tuple in _a, since making one takes time. A leaf has neither; one computed
    # within no_grad has its operation in _a.
    _a: Any
    _b: Any
    # Their data when the operation ran: gradients belong to it, even if a leaf's data is changed.
    _a_data: Any
    _b_data: float
    _datum: float  # the number (named _data, NumPy's masked arrays would take it for an array)
    _grad: float
    _label: str
    _mark: Any  # a leaf's role, or the call that returned the value (see made_by)
    _compared: Any  # see `comparisons`; copies have none

    def __init__(self, data: Number, label: str = "", *, role: str = "") -> None: ...

    if not TYPE_CHECKING:  # the same, with advice for callers who pass what other libraries take

        @wraps(__init__)
        def __init__(self, data, *given, label="", role="", _children=(), _op=""):
            self._datum = as_float(data)
            self._grad = 0.0
            self.operation = self._compared = None
            if given or _children or _op:
                label = compat.label_among(given, label, _children, _op)
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
        """The number itself. Assigning to a leaf changes the forward passes that follow."""
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
    def role(self) -> str:
        """What a leaf is for; pictures show it. May be set later."""
        return self._mark if isinstance(self._mark, str) else ""

    @role.setter
    def role(self, role: str) -> None:
        if self.operation is not None:
            raise ValueError(
                f"a role belongs to a leaf, but this value was computed by {self.op!r}; "
                "give it a label instead"
            )
        self._mark = as_text(role, "role") or None

    @property
    def made_by(self) -> Any:
        """The `nn.module.Call` or `functions.FunctionCall` that returned this value, or None."""
        return None if isinstance(self._mark, str) else self._mark

    @made_by.setter
    def made_by(self, call: Any) -> None:
        self._mark = call

    @property
    def op(self) -> str:
        """The symbol of the operation that computed it, such as ``"*"``; ``""`` for a leaf."""
        return "" if self.operation is None else self.operation.symbol

    @property
    def operands(self) -> tuple[Value | float, ...]:
        """What the operation was applied to, in order: Values, and floats for constants."""
        if self.operation is None:
            return ()
        if self._b is not None:
            return (self._a, self._b)
        return self._a if self._a.__class__ is tuple else (self._a,)

    @property
    def parents(self) -> tuple[Value, ...]:
        """The operands, with a new Value for each constant."""
        return tuple(
            [v if isinstance(v, Value) else Value(v, role="constant") for v in self.operands]
        )

    @property
    def inputs(self) -> tuple[float, ...]:
        """The data of the operands when the operation ran."""
        if self.operation is None:
            return ()
        if self._b is not None:
            return (self._a_data, self._b_data)
        return self._a_data if self._a.__class__ is tuple else (self._a_data,)

    # ── the backward pass ────────────────────────────────────────────────────────────────────

    def backward(self) -> None:
        """Compute the gradient ``∂self/∂v`` of every value v in its graph, into ``v.grad``.

        Reverse-mode differentiation: each value passes its gradient on to its operands, times the
        local derivative. A value used twice receives two contributions, which add up (the chain
        rule). Leaves accumulate over calls until `zero_grad`; interior gradients are those of this
        call alone. Called on a leaf, it adds ``∂self/∂self = 1`` to the leaf's own gradient.

        Raises:
            RuntimeError: there is no leaf: self was computed in `no_grad` or from plain numbers.
            AnomalyError: a gradient is nan or inf, within `detect_anomaly`.
        """
        if native and native.backward(self):
            return
        order = graph.interior(self)
        graph.check_leaf(self, order)
        for v in order:
            v._grad = 0.0
        self._grad = 1.0 if order else self._grad + 1.0  # of a leaf: dx/dx
        if open_blocks and modes.watching.get():
            for v, operand, _, gradient, amount, _ in graph.backward(self):
                operand._grad += amount
                modes.check_backward(v, operand, gradient, amount, operand._grad)
            return
        for v in reversed(order):  # the loop of graph.backward, spelt out: this is twice as fast
            gradient = v._grad
            operation: Any = v.operation
            a, b = v._a, v._b
            if operation.is_product:
                if a.__class__ is Value:
                    a._grad += gradient * v._b_data
                if b.__class__ is Value:
                    b._grad += gradient * v._a_data
            elif not operation.simple:
                if slope := operation.slope:  # a sum; a SHIFT has 0: it passes on not even 0 · inf
                    gradient *= slope
                    for operand in a if b is None else (a, b):
                        if operand.__class__ is Value:
                            operand._grad += gradient
                elif operation.selects:
                    graph.finish_backward(order, v)
                    return
                elif slope is None:
                    graph.pass_on(v)
            # Where a branching operation's derivative is 0, not even 0 · inf is passed on.
            elif b is None:
                derivative = operation.derivatives[0](v._a_data, v._datum)
                if derivative or not operation.branching:
                    a._grad += gradient * derivative
            else:
                if a.__class__ is Value:
                    derivative = operation.derivatives[0](v._a_data, v._b_data, v._datum)
                    if derivative or not operation.branching:
                        a._grad += gradient * derivative
                if b.__class__ is Value:
                    derivative = operation.derivatives[1](v._a_data, v._b_data, v._datum)
                    if derivative or not operation.branching:
                        b._grad += gradient * derivative

    def zero_grad(self) -> None:
        """Set ``grad`` to 0."""
        self._grad = 0.0

    # ── operators; the functions of one number, such as exp, are in `elementary` ────────────────

    @arithmetic
    def __add__(self, other: Any) -> Value:
        """y = a + b + …."""
        return self._binary(ops.ADD, other)

    @arithmetic
    def __radd__(self, other: Any) -> Value:
        if other.__class__ is int and other == 0:
            return self  # the 0 that sum() starts from adds no node
        return self._reflected(ops.ADD, other)

    @arithmetic
    def __sub__(self, other: Any) -> Value:
        """y = a − b."""
        return self._binary(ops.SUB, other)

    @arithmetic
    def __rsub__(self, other: Any) -> Value:
        return self._reflected(ops.SUB, other)

    @arithmetic
    def __mul__(self, other: Any) -> Value:
        """y = a · b."""
        return self._binary(ops.MUL, other)

    @arithmetic
    def __rmul__(self, other: Any) -> Value:
        return self._reflected(ops.MUL, other)

    @arithmetic
    def __truediv__(self, other: Any) -> Value:
        """y = a / b."""
        return self._binary(ops.DIV, other)

    @arithmetic
    def __rtruediv__(self, other: Any) -> Value:
        return self._reflected(ops.DIV, other)

    @arithmetic
    def __pow__(self, other: Any) -> Value:
        """y = aᵇ."""
        return self._binary(ops.POW, other)

    @arithmetic
    def __rpow__(self, other: Any) -> Value:
        return self._reflected(ops.POW, other)

    def __neg__(self) -> Value:
        """y = −a."""
        return self._unary(ops.NEG)

    def __pos__(self) -> Value:
        return self

    conjugate = __pos__  # as NumPy calls it for an array of Values

    def __abs__(self) -> Value:
        """y = |a|."""
        return self._unary(ops.ABS)

    # ── recording: what `record` does, spelt out for one and two operands to be fast ─────────────

    def _unary(self, operation: ops.Op) -> Value:
        if open_blocks:
            return record(operation, (self,))
        out = _new(Value)
        out._a_data = a_data = self._datum
        forward = operation.forward  # calling a local is faster than calling an attribute
        out._datum = forward(a_data)
        out._grad = 0.0
        out.operation = operation
        out._a = self
        out._b = None
        out._label = ""
        out._mark = out._compared = None
        return out

    def _binary(self, operation: ops.Op, other: Any) -> Value:
        if other.__class__ is Value:
            b_data = other._datum
        else:
            try:
                other = b_data = other if other.__class__ is float else as_float(other)
            except TypeError:
                return leave_to_array(other)  # type: ignore[no-any-return]
        if open_blocks:
            return record(operation, (self, other))
        out = _new(Value)
        out._a_data = a_data = self._datum
        out._b_data = b_data
        forward = operation.forward
        out._datum = forward(a_data, b_data)
        out._grad = 0.0
        out.operation = operation
        out._a = self
        out._b = other
        out._label = ""
        out._mark = out._compared = None
        return out

    def _reflected(self, operation: ops.Op, number: Any) -> Value:
        number = as_float(number)
        if open_blocks:
            return record(operation, (number, self))
        out = _new(Value)
        out._a_data = number
        out._b_data = b_data = self._datum
        forward = operation.forward
        out._datum = forward(number, b_data)
        out._grad = 0.0
        out.operation = operation
        out._a = number
        out._b = self
        out._label = ""
        out._mark = out._compared = None
        return out

    def _apply(self, operation: ops.Op, operands: Sequence[Any]) -> Value:
        """Record any operation on any operands."""
        return record(operation, tuple(as_operand(v) for v in operands))


_new = Value.__new__


def as_operand(thing: Any) -> Value | float:
    """Return a Value unchanged, and a number as the float that stands for a constant."""
    return thing if thing.__class__ is Value else as_float(thing)


def record(operation: ops.Op, operands: tuple[Any, ...], now: Modes | None = None) -> Value:
    """Apply an operation in the modes `now`, by default those in force, and record the result."""
    if now is None and native and (quick := native.record(operation, operands)) is not None:
        return quick  # type: ignore[no-any-return]
    if now is None and open_blocks:
        now = modes.in_force()
        if now.recording and (level := now.level or modes.level_of(operands)):
            return level.apply(operation, operands, now)  # type: ignore[no-any-return]
    data = [v._datum if v.__class__ is Value else v for v in operands]
    out = _new(Value)
    out._datum = operation.over(data) if operation.variadic else operation.forward(*data)
    out._grad = 0.0
    out._label = ""
    out._mark = out._compared = None
    if now is not None and now.watching:
        modes.check_forward(operation, operands, data, out._datum)
    if now is not None and not now.recording:
        out.operation, out._a = None, operation
        return out
    out.operation = operation
    keep_operands(out, operands, data)
    return out


def keep_operands(v: Value, operands: tuple[Any, ...], data: Sequence[float]) -> None:
    """Store the operands in an interior value, and their data."""
    if len(operands) == 2:
        (v._a, v._b), (v._a_data, v._b_data) = operands, data
    elif len(operands) > 2 or v.operation.variadic:  # type: ignore[union-attr]
        v._a, v._b, v._a_data = operands, None, tuple(data)
    else:
        v._a, v._b, v._a_data = operands[0], None, data[0]


# These modules mention Value in type hints: here `typing.get_type_hints` finds it for them.
for _module in (_numbers, _operators, detached, elementary, compat, graph, modes, protocols):
    vars(_module)["Value"] = Value
install(Value)
