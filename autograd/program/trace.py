"""From a recorded graph to instructions, and from those to instructions for the gradient.

No derivative stands here: each comes from its row in the table of operations, which is handed
symbols, and writes down instructions where it would otherwise compute numbers.
"""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING, Any

from autograd import graph, ops

from .instructions import Instruction, Kind, varying

if TYPE_CHECKING:
    from collections.abc import Sequence

    from autograd.value import Value

    from .instructions import Code

__all__ = ["differentiate", "trace"]


def trace(outputs: Sequence[Value], params: Sequence[Value], inputs: Sequence[Value]) -> Code:
    """The graph as instructions: one for each value in it, in topological order.

    For ``w * x + 1`` with the parameter w and the input x::

        v0 = parameter 0
        v1 = input 0
        v2 = v0 * v1
        v3 = constant 1.0
        v4 = v2 + v3
        output 0 = v4

    Raises:
        ValueError: an operation is not in the table.
    """
    tape = _Tape([])
    at: dict[Value, int] = {}
    for kind, leaves in ((Kind.PARAMETER, params), (Kind.INPUT, inputs)):
        for k, leaf in enumerate(leaves):
            at[leaf] = tape.write(Instruction(kind, (), k))
    for v in graph.topological(*outputs):
        if v in at:
            continue
        if v.operation is None:
            at[v] = tape.constant(v.data)
            continue
        if v.operation not in _TABLE:
            raise ValueError(
                f"a program runs the operations of the table in autograd/ops.py, and "
                f"{v.operation.name!r} is not one of them; make it of those that are, or add a row "
                "for it"
            )
        operands = [
            tape.constant(operand) if isinstance(operand, float) else at[operand]
            for operand in v.operands
        ]
        at[v] = tape.write(Instruction(v.operation, tuple(operands)))
    for k, v in enumerate(outputs):
        tape.write(Instruction(Kind.OUTPUT, (at[v],), k))
    return tape.code


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
    tape = _Tape(list(code))
    varies = varying(code)
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
        gradient = tape.sum(contributions, across_rows=not varies[position])
        if isinstance(op, Kind):
            gradients[detail] = gradient
            continue
        symbols = [_Symbol(tape, i) if code[i].op is not Kind.CONSTANT else code[i].detail
                   for i in operands]  # fmt: skip
        for i, operand in enumerate(operands):
            if not wanted[operand]:
                continue
            slope = op.derivatives[0]
            if not op.variadic:
                slope = op.derivatives[i](*symbols, _Symbol(tape, position))
            elif not slope:
                break  # a SHIFT passes nothing on
            times = graph.gated_product if op.branching else _product
            arriving.setdefault(operand, []).append(times(gradient, slope))
    value = tape.sum([_Symbol(tape, root)], across_rows=True)
    tape.write(Instruction(Kind.OUTPUT, (value.position,), 0))
    for k, gradient in enumerate(gradients):
        tape.write(Instruction(Kind.GRADIENT, (tape.place(gradient),), k))
    return tape.code


def _depends_on_parameters(code: Code) -> list[bool]:
    flags: list[bool] = []
    for op, operands, _ in code:
        flags.append(op is Kind.PARAMETER or any([flags[i] for i in operands]))
    return flags


def _product(gradient: Any, slope: Any) -> Any:
    """Their product, with nothing written down for a factor of 1."""
    if slope.__class__ is float and slope == 1.0:
        return gradient
    if slope.__class__ is float and slope == -1.0:
        return -gradient
    return slope if gradient.__class__ is float and gradient == 1.0 else gradient * slope


_TABLE = frozenset(ops.OPERATIONS + ops.HELPERS)


class _Tape:
    """Instructions as they are written down, each constant once."""

    def __init__(self, code: Code) -> None:
        self.code = code
        self.varies = varying(code)
        self._constants = {
            repr(detail): i for i, (op, _, detail) in enumerate(code) if op is Kind.CONSTANT
        }

    def write(self, instruction: Instruction) -> int:
        op, operands, _ = instruction
        varies = self.varies
        self.code.append(instruction)
        varies.append(
            op is Kind.INPUT or (op is not Kind.MEAN and any([varies[i] for i in operands]))
        )
        return len(varies) - 1

    def constant(self, number: float) -> int:
        position = self._constants.get(repr(number))  # which tells 0.0 from −0.0
        if position is None:
            position = self.write(Instruction(Kind.CONSTANT, (), number))
            self._constants[repr(number)] = position
        return position

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
        mean = Instruction(Kind.MEAN, tuple([t.position for t in terms]), 0)
        return _Symbol(self, self.write(mean))

    def apply(self, row: ops.Op, operands: Sequence[Any]) -> _Symbol:
        return _Symbol(self, self.write(Instruction(row, tuple([self.place(t) for t in operands]))))


class _Symbol:
    """What stands for a number while a derivative is written down: arithmetic on it is recorded."""

    __slots__ = ("position", "tape")

    def __init__(self, tape: _Tape, position: int) -> None:
        self.tape = tape
        self.position = position

    def _apply(self, row: ops.Op, operands: Sequence[Any]) -> _Symbol:
        return self.tape.apply(row, operands)

    def __add__(self, other: Any) -> _Symbol:
        return self.tape.apply(ops.ADD, (self, other))

    def __radd__(self, other: Any) -> _Symbol:
        return self.tape.apply(ops.ADD, (other, self))

    def __sub__(self, other: Any) -> _Symbol:
        return self.tape.apply(ops.SUB, (self, other))

    def __rsub__(self, other: Any) -> _Symbol:
        return self.tape.apply(ops.SUB, (other, self))

    def __mul__(self, other: Any) -> _Symbol:
        return self.tape.apply(ops.MUL, (self, other))

    def __rmul__(self, other: Any) -> _Symbol:
        return self.tape.apply(ops.MUL, (other, self))

    def __truediv__(self, other: Any) -> _Symbol:
        return self.tape.apply(ops.DIV, (self, other))

    def __rtruediv__(self, other: Any) -> _Symbol:
        return self.tape.apply(ops.DIV, (other, self))

    def __pow__(self, other: Any) -> _Symbol:
        return self.tape.apply(ops.POW, (self, other))

    def __rpow__(self, other: Any) -> _Symbol:
        return self.tape.apply(ops.POW, (other, self))

    def __neg__(self) -> _Symbol:
        return self.tape.apply(ops.NEG, (self,))
