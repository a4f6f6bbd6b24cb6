"""Functions that are being differentiated, one inside the other, and the Values inside them.

While `jvp` runs a function, a `Level` is in force there. If that function differentiates another
one, the other has a level of its own, inside the first. An operation asks the innermost level what
to do. A `Recording` level records it for the backward pass. A `Forward` level computes the result
and its tangent at once, and records nothing::

    ẏ = Σ ∂y/∂aᵢ · ȧᵢ

A Value that carries a tangent has a `Dual` of its level: two numbers, primal and tangent. They may
be Values themselves, of a level further out, where the same operations apply to them. So each level
sees only its own tangents, and those of different levels never mix.

Source: J. M. Siskind and B. A. Pearlmutter, Nesting forward-mode AD in a functional framework,
Higher-Order and Symbolic Computation 21 (2008), 361–376.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from . import graph, modes, ops
from .blocks import Block
from .modes import Modes
from .ops.row import zero
from .value import Value, record

__all__ = [
    "Dual", "Forward", "Level", "Recording", "alive", "dual_of", "local_tangent", "make_dual",
]  # fmt: skip

_new = Value.__new__
_NOT_RECORDING = Modes(recording=False)


class Level:
    """A function that is being differentiated. ``with level.block():`` is around its body.

    Arguments:
        outside: the modes outside it, where its results will be used.

    Attributes:
        depth: how many levels it is in, counting itself.
        alive: whether the function is still running.
        outside: as above.
    """

    __slots__ = ("alive", "depth", "outside")

    def __init__(self, outside: Modes) -> None:
        self.outside = outside
        self.depth = 1 if outside.level is None else outside.level.depth + 1
        self.alive = True

    def block(self) -> Block:
        """A block in which this level is in force."""
        return Block("level", self)

    def apply(self, operation: ops.Op, operands: tuple[Any, ...], now: Modes) -> Value:
        """The operation's result in this level, which the modes `now` name."""
        raise NotImplementedError


class Recording(Level):
    """A level inside a `Forward` one that records the graph, as code outside of all levels does."""

    __slots__ = ()

    def apply(self, operation: ops.Op, operands: tuple[Any, ...], now: Modes) -> Value:
        """Record it."""
        return record(operation, operands, now)


class Dual:
    """What a Value of a `Forward` level holds in place of operands.

    Attributes:
        level: the level whose tangent it carries.
        operation: what computed it; None for an input.
        primal: the number without this tangent: a float, or a Value of a level further out.
        tangent: its derivative in the direction of `jvp`, likewise.
    """

    __slots__ = ("level", "operation", "primal", "tangent")

    def __init__(self, level: Level, operation: ops.Op | None, primal: Any, tangent: Any) -> None:
        self.level = level
        self.operation = operation
        self.primal = primal
        self.tangent = tangent


def dual_of(v: Any) -> Dual | None:
    """The Dual in a Value; None if it carries no tangent."""
    if v.__class__ is Value and v.operation is None:
        held = getattr(v, "_a", None)
        if held.__class__ is Dual:
            return held
    return None


def make_dual(level: Level, operation: ops.Op | None, primal: Any, tangent: Any) -> Value:
    """A Value that carries a tangent, and has no parents."""
    out = _new(Value)
    out._datum = primal._datum if primal.__class__ is Value else primal
    out._grad = 0.0
    out._label = ""
    out._mark = out._compared = None
    out.operation = None
    out._a = Dual(level, operation, primal, tangent)
    return out


def alive(v: Any) -> tuple[Any, Dual | None]:
    """An operand and its Dual, without tangents of functions that have returned already."""
    dual = dual_of(v)
    while dual is not None and not dual.level.alive:
        v = dual.primal
        dual = dual_of(v)
    return v, dual


class Forward(Level):
    """A level of forward mode."""

    __slots__ = ()

    def apply(self, operation: ops.Op, operands: tuple[Any, ...], now: Modes) -> Value:
        """Compute its result and its tangent."""
        if not self.outside.recording:  # nobody asks for derivatives of the tangents
            return self._apply_to_floats(operation, operands, now)
        primals: list[Any] = []
        tangents: list[Any] = []
        reached = False
        for operand in operands:
            v, dual = alive(operand)
            if dual is not None and dual.level is self:
                reached = True
                primals.append(dual.primal)
                tangents.append(dual.tangent)
            else:
                primals.append(v)
                tangents.append(None)
        outside = self.outside._replace(watching=now.watching)
        if reached:
            y = operation(*primals)
            tangent = local_tangent(operation, primals, tangents, y, self)
            if now.watching:
                _check(operation, operands, primals, y, tangent)
            if tangent is not None:
                return make_dual(self, operation, y, tangent)
            if y.__class__ is Value:
                return y
            return record(operation, operands, _NOT_RECORDING)
        if outside.level is not None:
            return outside.level.apply(operation, tuple(primals), outside)  # type: ignore[no-any-return]
        return record(operation, tuple(primals), outside)

    def _apply_to_floats(self, operation: ops.Op, operands: tuple[Any, ...], now: Modes) -> Value:
        data: list[float] = []
        tangents: list[Any] = []
        reached = False
        for v in operands:
            tangent = None
            if v.__class__ is not Value:
                data.append(v)
            else:
                data.append(v._datum)
                if v.operation is None and (dual := getattr(v, "_a", None)).__class__ is Dual:
                    if dual.level is not self:
                        dual = alive(v)[1]
                    if dual is not None and dual.level is self and dual.tangent is not None:
                        tangent = dual.tangent
                        reached = True
            tangents.append(tangent)
        if not reached:
            return record(operation, operands, Modes(recording=False, watching=now.watching))
        y = operation.compute(data)
        if operation.is_product:
            (a, b), (a_dot, b_dot) = data, tangents
            if a_dot is None:
                tangent = a * b_dot
            else:
                tangent = a_dot * b if b_dot is None else a_dot * b + a * b_dot
        else:
            tangent = local_tangent(operation, data, tangents, y)
        if now.watching:
            _check(operation, operands, data, y, tangent)
        if tangent is None:
            return record(operation, operands, _NOT_RECORDING)
        return make_dual(self, operation, y, tangent)


def _check(operation: ops.Op, operands: Any, primals: list[Any], y: Any, tangent: Any) -> None:
    """Raise AnomalyError if the result or its tangent is not finite."""
    numbers = [v._datum if v.__class__ is Value else v for v in (*primals, y)]
    modes.check_forward(operation, operands, numbers[:-1], numbers[-1])
    modes.check_tangent(operation, operands, numbers[:-1], tangent)


def local_tangent(
    operation: ops.Op,
    primals: Sequence[Any],
    tangents: Sequence[Any],
    y: Any,
    level: Level | None = None,
) -> Any:
    """``Σ ∂y/∂aᵢ · ȧᵢ`` over the operands with a tangent; None if no term is left.

    A branching operation passes nothing on from an operand that it has not chosen. So its result
    has no tangent at all, not one of 0: the square root of relu(−1) would make nan of that, where
    the backward pass gives 0.
    """
    times = graph.chain_rule(operation, optional=False)
    if operation.slope == 0.0:  # a SHIFT passes nothing on
        return None
    alike = operation.derivatives_at(primals, y) if operation.variadic else ()
    total: Any = None
    for i, tangent in enumerate(tangents):
        if tangent is None:
            continue
        derivative = alike[i] if alike else operation.derivatives[i](*primals, y)
        # The derivatives of a `node` were computed inside the level; the tangent is outside.
        if alike and (dual := dual_of(derivative)) is not None and dual.level is level:
            derivative = dual.primal
        if operation.branching and _is_zero(derivative):
            continue
        term = times(tangent, derivative)
        total = term if total is None else total + term
    return total


def _is_zero(derivative: Any) -> bool:
    """Whether a derivative is 0, and stays 0 whatever else is varied."""
    if derivative.__class__ is not Value:
        return not derivative
    if derivative._datum:
        return False
    operation = derivative.operation
    if operation is None:
        return dual_of(derivative) is None
    return not operation.variadic and all(
        slope is zero
        for operand, slope in zip(derivative.operands, operation.derivatives, strict=True)
        if operand.__class__ is Value
    )
