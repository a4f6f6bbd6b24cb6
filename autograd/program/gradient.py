"""Reverse-mode differentiation: from instructions to instructions for the gradient as well.

No derivative stands here: each comes from its row in the table of operations, which is handed
symbols, and writes down instructions where it would otherwise compute numbers.
"""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING, Any

from autograd import graph, ops

from .ir import Builder, Kind, varying
from .symbolic import Symbolic

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .ir import Code

__all__ = ["differentiate"]


def differentiate(code: Code, params: int) -> Code:
    """The same instructions, followed by those for the gradient of output 0 by each parameter.

    The backward pass in symbols: from the last instruction to the first, each passes its gradient
    on to its operands, times the local derivative. What reaches a uniform value from one that
    varies is averaged over the rows there and then; so is the output itself.

    ::

        v0 = parameter 0                v0 = parameter 0
        v1 = input 0                    v1 = input 0
        v2 = v0 * v1              →     v2 = v0 * v1
        output 0 = v2                   v3 = mean(v1)
                                        v4 = mean(v2)
                                        output 0 = v4
                                        gradient 0 = v3
    """
    root = next(operands[0] for op, operands, _ in code if op is Kind.OUTPUT)
    code = [instruction for instruction in code if instruction.op is not Kind.OUTPUT]
    builder = _GradientBuilder(code)
    varies = builder.varies
    wanted = _depends_on_parameters(code)
    arriving: dict[int, list[Any]] = {root: [1.0]}
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
        symbols = [_Symbol(builder, i) if code[i].op is not Kind.CONSTANT else code[i].detail
                   for i in operands]  # fmt: skip
        for i, operand in enumerate(operands):
            if not wanted[operand]:
                continue
            derivative = op.derivatives[0]
            if not op.variadic:
                derivative = op.derivatives[i](*symbols, _Symbol(builder, position))
            elif not derivative:
                break  # a SHIFT has no gradient
            times = graph.gated_product if op.branching else _product
            arriving.setdefault(operand, []).append(times(gradient, derivative))
    value = builder.sum([_Symbol(builder, root)], across_rows=True)
    builder.write(Kind.OUTPUT, (value.position,), 0)
    for k, gradient in enumerate(gradients):
        builder.write(Kind.GRADIENT, (builder.place(gradient),), k)
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
    """Appends to the code: what derivatives compute, and their means over the rows."""

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
        """Add an instruction, and note whether its result varies; where it stands."""
        varies = self.varies
        varies.append(
            op is Kind.INPUT or (op is not Kind.MEAN and any([varies[i] for i in operands]))
        )
        return super().write(op, operands, detail)

    def place(self, thing: Any) -> int:
        """Where the result of a symbol, or a number, stands."""
        return thing.position if thing.__class__ is _Symbol else self.constant(float(thing))

    def sum(self, terms: list[Any], *, across_rows: bool) -> Any:
        """The sum of the terms, in order; with `across_rows` those that vary are averaged.

        Those at the beginning share a mean, the others have one each: with a single row the terms
        are then added in the order in which the graph adds them.
        """
        if across_rows:
            first = list(takewhile(self._differs, terms))
            rest = [self._mean([t]) if self._differs(t) else t for t in terms[len(first) :]]
            terms = [self._mean(first), *rest] if first else rest
        if len(terms) == 1:
            return terms[0]
        return self.apply(ops.ADD, terms)

    def _differs(self, thing: Any) -> bool:
        """Whether it differs from row to row."""
        return thing.__class__ is _Symbol and self.varies[thing.position]

    def _mean(self, terms: list[_Symbol]) -> _Symbol:
        return _Symbol(self, self.write(Kind.MEAN, tuple([t.position for t in terms]), 0))

    def apply(self, row: ops.Op, operands: Sequence[Any]) -> _Symbol:
        """Write down an operation on symbols and numbers."""
        return _Symbol(self, self.write(row, tuple([self.place(t) for t in operands])))


class _Symbol(Symbolic):
    """Stands for a number while a derivative is written down: arithmetic on it is recorded."""

    __slots__ = ("builder", "position")

    def __init__(self, builder: _GradientBuilder, position: int) -> None:
        self.builder = builder
        self.position = position

    def _apply(self, row: ops.Op, operands: Sequence[Any]) -> _Symbol:
        return self.builder.apply(row, operands)
