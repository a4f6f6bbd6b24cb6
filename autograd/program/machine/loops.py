"""The inner loops for single operations, one for each row of the table: on rows and on numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

from autograd import ops

from .lanes import Functions, Lanes
from .memory import I64, VECTOR, WIDTH, Emitter

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["TABLE", "row_loop", "uniform_loop"]

TABLE = {
    op: formula
    for op, formula in ops.vector_forms(Functions()).items()
    if not op.variadic or op.slope is not None  # a PICK has no fixed number of operands
}
"""The function that computes each operation. Its position here is its number in the bytecode."""
_SLOW = (
    ops.DIV, ops.EXP, ops.LOG, ops.LOG1P, ops.EXPM1, ops.SQRT, ops.TANH, ops.SIGMOID,
    ops.SOFTPLUS, ops.SILU, ops.SECH2,
)  # fmt: skip
"""Operations slow enough that gathering scattered numbers into a vector pays off."""


@intrinsic
def row_loop(
    typing: Any, op: Any, memory: Any, bytecode: Any, pc: Any, n: Any, vectors: Any
) -> Any:
    """Run n instructions of one operation on rows of `vectors` vectors; return the next pc.

    Each instruction has the addresses of the rows of its result and of its operands.
    """
    signature = types.int64(types.int64, memory, bytecode, *[types.int64] * 3)

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        op, memory, bytecode, pc, n, vectors = arguments
        e = Emitter(context, builder, _drop_op(signature), memory, bytecode)

        def loop(op: ops.Op, formula: Callable[..., Lanes]) -> Any:
            words = 1 + (op.arity or 2)
            with cgutils.for_range(builder, n) as instruction:
                here = e.plus(pc, e.times(instruction.index, words))
                to, *operands = [e.word(here, k) for k in range(words)]
                with cgutils.for_range(builder, vectors) as vector:
                    at = e.times(vector.index, WIDTH)
                    xs = [Lanes(builder, e.load(e.plus(start, at))) for start in operands]
                    e.store(formula(*xs).value, e.plus(to, at))
            return e.plus(pc, e.times(n, words))

        return _switch(builder, op, loop)

    return signature, emit


@intrinsic
def uniform_loop(typing: Any, op: Any, memory: Any, bytecode: Any, pc: Any, n: Any, to: Any) -> Any:
    """Run n instructions of one operation on single numbers; return the next pc.

    Each instruction has the slots of its operands; the results go to `to`, `to + 1` and so on. No
    instruction may need the result of another.
    """
    signature = types.int64(types.int64, memory, bytecode, *[types.int64] * 3)

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        op, memory, bytecode, pc, n, to = arguments
        e = Emitter(context, builder, _drop_op(signature), memory, bytecode)

        def loop(op: ops.Op, formula: Callable[..., Lanes]) -> Any:
            count = op.arity or 2

            def operand(instruction: Any, k: int) -> Any:
                return e.number(e.word(pc, e.times(instruction, count), k))

            done: Any = I64(0)
            if op in _SLOW:
                whole = builder.sdiv(n, I64(WIDTH))
                done = e.times(whole, WIDTH)
                with cgutils.for_range(builder, whole) as vector:
                    first = e.times(vector.index, WIDTH)
                    xs = [ir.Constant(VECTOR, ir.Undefined)] * count
                    for lane in range(WIDTH):
                        for k in range(count):
                            x = operand(e.plus(first, lane), k)
                            xs[k] = builder.insert_element(xs[k], x, I64(lane))
                    y = formula(*[Lanes(builder, x) for x in xs])
                    e.store(y.value, e.plus(to, first))
            with cgutils.for_range(builder, builder.sub(n, done)) as rest:
                instruction = e.plus(rest.index, done)
                numbers = [Lanes(builder, operand(instruction, k)) for k in range(count)]
                e.put(formula(*numbers).value, e.plus(to, instruction))
            return e.plus(pc, e.times(n, count))

        return _switch(builder, op, loop)

    return signature, emit


def _drop_op(signature: Any) -> Any:
    return signature.return_type(*signature.args[1:])


def _switch(builder: Any, op: Any, loop: Callable[[ops.Op, Callable[..., Lanes]], Any]) -> Any:
    """Emit a jump to the loop of the operation with number `op`, and the value it returns."""
    result = cgutils.alloca_once(builder, I64)
    end = builder.append_basic_block("end")
    cases = builder.switch(op, end)
    for number, (operation, formula) in enumerate(TABLE.items()):
        case = builder.append_basic_block(operation.name)
        cases.add_case(I64(number), case)
        builder.position_at_end(case)
        builder.store(loop(operation, formula), result)
        builder.branch(end)
    builder.position_at_end(end)
    return builder.load(result)
