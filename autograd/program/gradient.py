"""Reverse-mode differentiation of code.

The derivatives are those of the table of operations: applied to symbols instead of numbers, they
write instructions instead of computing.
"""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING, Any

from autograd import graph, ops

from .ir import Builder, Kind, extend_varying, varying
from .symbolic import Symbolic

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .ir import Code

__all__ = ["differentiate"]


def differentiate(code: Code, params: int, *, masked: bool = True) -> Code:
    """Append the gradient of output 0 with respect to each parameter.

    This is the backward pass on symbols: from the last instruction to the first, each one passes
    its gradient, times the local derivative, to its operands. A contribution that varies is
    averaged over the rows where it reaches a uniform value, and so is the output.

    ::

        v0 = parameter 0                v0 = parameter 0
        v1 = input 0                    v1 = input 0
        v2 = v0 * v1              →     v2 = v0 * v1
        output 0 = v2                   v3 = mean(v1)
                                        v4 = mean(v2)
                                        output 0 = v4
                                        gradient 0 = v3

    Arguments:
        code: the instructions, with a single output.
        params: how many parameters there are.
        masked: behind a choice (see `graph.backward`), a gradient of 0 stays 0 even where a
            derivative is nan or inf. That takes twice the time. Without it such a gradient is nan;
            as long as all results are finite, they are the same.
    """
    root = next(operands[0] for op, operands, _ in code if op is Kind.OUTPUT)
    code = [instruction for instruction in code if instruction.op is not Kind.OUTPUT]
    builder = _GradientBuilder(code)
    varies = builder.varies
    wanted = _depends_on_parameters(code)
    arriving: dict[int, list[Any]] = {root: [1.0]}
    needed: set[int] | None = (
        None  # once there is a choice: what is not optional (`graph.backward`)
    )
    gradients: list[Any] = [0.0] * params
    for position in range(len(code) - 1, -1, -1):
        contributions = arriving.pop(position, None)
        if contributions is None:
            continue
        op, operands, detail = code[position]
        if not wanted[position]:
            continue
        gradient = builder.sum(contributions, across_rows=not varies[position])
        if isinstance(op, Kind):
            gradients[detail] = gradient
            continue
        optional = needed is not None and position not in needed
        if optional and gradient.__class__ is float and gradient == 0.0:
            continue
        if op.selects and needed is None and masked:
            needed = set(arriving)
        times = graph.chain_rule(op, optional=optional)
        if times is graph.product:
            times = _product
        symbols = [_Symbol(builder, i) if code[i].op is not Kind.CONSTANT else code[i].detail
                   for i in operands]  # fmt: skip
        y = _Symbol(builder, position)
        together = op.derivatives_at(symbols, y) if op.variadic else ()
        for i, operand in enumerate(operands):
            if not wanted[operand] or op.slope == 0.0:  # a SHIFT passes no gradient on
                continue
            derivative = together[i] if op.variadic else op.derivatives[i](*symbols, y)
            arriving.setdefault(operand, []).append(times(gradient, derivative))
            if needed is not None and not (optional or op.selects):
                needed.add(operand)
    value = builder.sum([_Symbol(builder, root)], across_rows=True)
    builder.write(Kind.OUTPUT, (value.position,), 0)
    for k, gradient in enumerate(gradients):
        builder.write(Kind.GRADIENT, (builder.position_of(gradient),), k)
    return builder.code


def _depends_on_parameters(code: Code) -> list[bool]:
    flags: list[bool] = []
    for op, operands, _ in code:
        flags.append(op is Kind.PARAMETER or any([flags[i] for i in operands]))
    return flags


def _product(gradient: Any, derivative: Any) -> Any:
    """Their product, without writing an instruction for a factor of 1 or −1."""
    if derivative.__class__ is float and derivative == -1.0:
        return -gradient
    return graph.product(gradient, derivative)


class _GradientBuilder(Builder):
    """A builder that appends the gradient's instructions, and its means over the rows."""

    def __init__(self, code: Code) -> None:
        super().__init__()
        self.code = code
        self.varies = varying(code)
        self._constants = {
            repr(detail): i for i, (op, _, detail) in enumerate(code) if op is Kind.CONSTANT
        }

    def write(
        self, op: ops.Op | Kind, operands: tuple[int, ...] = (), detail: object = None
    ) -> int:
        """Append an instruction, note whether its result varies, and return its position."""
        position = super().write(op, operands, detail)
        extend_varying(self.varies, self.code[position:])
        return position

    def position_of(self, thing: Any) -> int:
        """The position of a symbol, or of a number, which is written as a constant."""
        return thing.position if thing.__class__ is _Symbol else self.constant(float(thing))

    def sum(self, terms: list[Any], *, across_rows: bool) -> Any:
        """The sum of the terms, in order; with `across_rows`, terms that vary are averaged.

        The leading terms share one mean and later terms have one each, so that with a single row
        the terms add up in the same order as in the graph.
        """
        if across_rows:
            first = list(takewhile(self._differs, terms))
            rest = [self._mean([t]) if self._differs(t) else t for t in terms[len(first) :]]
            terms = [self._mean(first), *rest] if first else rest
        if len(terms) == 1:
            return terms[0]
        return self.apply(ops.ADD, terms)

    def _differs(self, thing: Any) -> bool:
        """Whether a symbol or number differs from row to row."""
        return thing.__class__ is _Symbol and self.varies[thing.position]

    def _mean(self, terms: list[_Symbol]) -> _Symbol:
        return _Symbol(self, self.write(Kind.MEAN, tuple([t.position for t in terms]), 0))

    def apply(self, op: ops.Op, operands: Sequence[Any]) -> _Symbol:
        """Write an operation on symbols and numbers."""
        return _Symbol(self, self.write(op, tuple([self.position_of(t) for t in operands])))


class _Symbol(Symbolic):
    """The result of an instruction: arithmetic on it writes further instructions."""

    __slots__ = ("builder", "position")

    def __init__(self, builder: _GradientBuilder, position: int) -> None:
        self.builder = builder
        self.position = position

    def _apply(self, op: ops.Op, operands: Sequence[Any]) -> _Symbol:
        return self.builder.apply(op, operands)
