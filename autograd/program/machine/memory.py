"""Memory access for the machine's inner loops, as LLVM instructions.

Numba's own indexing handles negative indices and does not keep vectors in registers. The loops that
decide a program's speed (`tiles`, `loops`) use these functions instead.
"""

from __future__ import annotations

import platform
from typing import Any

import llvmlite.binding as llvm
import numba
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

__all__ = [
    "F64", "I64", "REGISTERS", "VECTOR", "WIDTH", "Emitter", "get", "inlined", "jit", "put", "read",
    "write",
]  # fmt: skip

jit = numba.njit(error_model="numpy")
"""Compile a function that only the machine calls."""
inlined = numba.njit(error_model="numpy", inline="always")
"""Like `jit`, for a function that is called in one place, which becomes part of its caller.

Numba optimises a function that it does not inline on its own, and once more in each of its callers,
theirs, and so on. Inlining the outer functions makes building the machine several times as fast.
"""


def _width() -> int:
    """How many float64 numbers a register of this processor holds."""
    features = llvm.get_host_cpu_features()
    return 8 if features.get("avx512f") else 4 if features.get("avx") else 2


def _registers() -> int:
    """How many such registers it has."""
    x86 = platform.machine().lower() in ("x86_64", "amd64", "i386", "i686")
    return 16 if x86 and _width() < 8 else 32


WIDTH = _width()
REGISTERS = _registers()
F64 = ir.DoubleType()
I64 = ir.IntType(64)
VECTOR = ir.VectorType(F64, WIDTH)


class Emitter:
    """An emitter of LLVM instructions on the two arrays of a loop, memory and bytecode."""

    def __init__(
        self, context: Any, builder: Any, signature: Any, memory: Any, bytecode: Any
    ) -> None:
        self.builder = builder
        self._memory = context.make_array(signature.args[0])(context, builder, memory).data
        self._code = context.make_array(signature.args[1])(context, builder, bytecode).data
        self._multiply_add = cgutils.get_or_insert_function(
            builder.module,
            ir.FunctionType(VECTOR, [VECTOR, VECTOR, VECTOR]),
            f"llvm.fmuladd.v{WIDTH}f64",
        )

    def word(self, *index: Any) -> Any:
        """Load the word of `bytecode` at the sum of the indices."""
        word = self.builder.load(self.builder.gep(self._code, [self.plus(*index)]))
        return self.builder.sext(word, I64)

    def plus(self, *terms: Any) -> Any:
        total = terms[0]
        for term in terms[1:]:
            if isinstance(term, int):
                term = I64(term)
            total = self.builder.add(total, term)
        return total

    def times(self, a: Any, b: int) -> Any:
        return self.builder.mul(a, I64(b))

    def load(self, index: Any) -> Any:
        """Load the vector that begins at `index` in `memory`."""
        return self.builder.load(self._vector_at(index), align=8)

    def store(self, vector: Any, index: Any) -> None:
        self.builder.store(vector, self._vector_at(index), align=8)

    def number(self, index: Any) -> Any:
        """Load the number at `index` in `memory`."""
        return self.builder.load(self.builder.gep(self._memory, [index]))

    def put(self, number: Any, index: Any) -> None:
        self.builder.store(number, self.builder.gep(self._memory, [index]))

    def spread(self, index: Any) -> Any:
        """Load the number at `index` in `memory` into every lane of a vector."""
        return self.lanes(self.number(index), VECTOR)

    def forget(self) -> None:
        """Make LLVM read numbers again that it would otherwise keep in registers."""
        nothing = ir.FunctionType(ir.VoidType(), [])
        self.builder.asm(nothing, "", "~{memory}", [], True)

    def lanes(self, scalar: Any, vector: ir.VectorType) -> Any:
        one = self.builder.insert_element(ir.Constant(vector, ir.Undefined), scalar, I64(0))
        order = ir.Constant(ir.VectorType(ir.IntType(32), WIDTH), [0] * WIDTH)
        return self.builder.shuffle_vector(one, ir.Constant(vector, ir.Undefined), order)

    def _vector_at(self, index: Any) -> Any:
        return self.builder.bitcast(self.builder.gep(self._memory, [index]), VECTOR.as_pointer())

    def sums(self, count: int) -> list[Any]:
        """Variables of one vector each; LLVM keeps them in registers."""
        return [cgutils.alloca_once(self.builder, VECTOR) for _ in range(count)]

    def add_product(self, total: Any, a: Any, b: Any) -> None:
        """Add a · b to a variable, after rounding the product."""
        product = self.builder.fmul(a, b)
        self.builder.store(self.builder.fadd(self.builder.load(total), product), total)

    def add_unrounded_product(self, total: Any, a: Any, b: Any) -> None:
        """Add a · b to a variable, rounding only the sum if the processor can."""
        fused = self.builder.call(self._multiply_add, [a, b, self.builder.load(total)])
        self.builder.store(fused, total)


@intrinsic
def read(typing: Any, address: Any) -> Any:
    """Read the float64 at an address in the process's memory."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.load(builder.inttoptr(arguments[0], F64.as_pointer()), align=8)

    return types.float64(types.int64), emit


@intrinsic
def write(typing: Any, address: Any, number: Any) -> Any:
    """Write a float64 to an address in the process's memory."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        pointer = builder.inttoptr(arguments[0], F64.as_pointer())
        builder.store(arguments[1], pointer, align=8)
        return context.get_dummy_value()

    return types.void(types.int64, types.float64), emit


@intrinsic
def get(typing: Any, array: Any, index: Any) -> Any:
    """``array[index]`` without numba's test for a negative index; integers become 64 bits long."""
    is_short = array.dtype == types.int32

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        found = builder.load(builder.gep(data, [arguments[1]]))
        return builder.sext(found, I64) if is_short else found

    return (types.int64 if is_short else array.dtype)(array, types.int64), emit


@intrinsic
def put(typing: Any, array: Any, index: Any, number: Any) -> Any:
    """``array[index] = number`` without numba's test for a negative index."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        builder.store(arguments[2], builder.gep(data, [arguments[1]]))
        return context.get_dummy_value()

    return types.void(array, types.int64, array.dtype), emit
