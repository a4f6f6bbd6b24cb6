"""Export a program to JAX, as a function that JAX can trace.

Each operation is computed by its vector form over `jax.numpy`. Derivatives come from the table, as
everywhere, applied to JAX's arrays in place of floats.
"""

from __future__ import annotations

import math
from functools import partial, reduce
from itertools import takewhile
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd import ops

from .columns import as_floats, check_count, check_theta_shape, refuse_shapes
from .ir import Kind, products_of, varying
from .structure import build
from .symbolic import Symbolic

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from .ir import Code
    from .source import Source
    from .tables import Argument

__all__ = ["to_jax"]


def to_jax(code: Code, params: int, source: Source) -> Callable[..., Any]:
    """A function of ``(theta, *columns)`` that computes the code's outputs for each row.

    Arguments:
        code: the instructions.
        params: how many entries theta has.
        source: what the program was made from, with its arguments and the template of its outputs.
    """
    try:
        import jax
    except ImportError as error:
        raise ImportError(
            "to_jax needs JAX, which is not installed; install it with: pip install jax",
            name=error.name,
        ) from error
    jnp = jax.numpy
    primitive = _primitives(jax)
    varies = varying(code)
    any_choice = any([isinstance(op, ops.Op) and op.selects for op, _, _ in code])
    inputs, arguments = source.recorded.names.inputs, source.arguments
    arrays = any([argument.shape for argument in arguments])

    def function(theta: Any, *given: Any) -> Any:
        names = [argument.name for argument in arguments] if arrays else inputs
        check_count(given, names)
        theta = _as_jax(jax, theta)
        check_theta_shape(theta.shape, (params,))
        columns = tuple([_as_jax(jax, x, name) for x, name in zip(given, names, strict=True)])
        if arrays:
            columns = _split(columns, arguments)
        rows = _rows_of(columns, inputs)
        # One precision for everything: the widest of the arguments.
        dtype = jnp.result_type(theta, *columns)
        theta, columns = theta.astype(dtype), tuple([x.astype(dtype) for x in columns])
        found = evaluate(theta, columns, dtype, {})
        if any_choice:
            found = evaluate(theta, columns, dtype, _chosen(code, found))
        results = {detail: operands[0] for op, operands, detail in code if op is Kind.OUTPUT}
        outputs = [jnp.broadcast_to(found[results[k]], rows) for k in range(len(results))]
        if source.template == 0:
            return outputs[0]
        return build(source.template, jnp.stack(outputs), jnp)

    def evaluate(
        theta: Any, columns: Sequence[Any], dtype: Any, chosen: Mapping[int, Any]
    ) -> list[Any]:
        """The result of each instruction. See `_chosen`."""
        found: list[Any] = []
        for position, (op, operands, detail) in enumerate(code):
            result = None
            given: Any = found
            if position in chosen:
                x = {i: found[i] for i in operands}
                fixed = {i: jax.lax.stop_gradient(x[i]) for i in x}
                given = {i: jnp.where(chosen[position], x[i], fixed[i]) for i in x}
            if op is Kind.PARAMETER:
                result = theta[detail]
            elif op is Kind.INPUT:
                result = columns[detail]
            elif op is Kind.CONSTANT:
                result = _constant(jnp, detail, dtype)
            elif op is Kind.DOT:
                result = dot(given, operands, detail)
            elif op is not Kind.OUTPUT:
                assert isinstance(op, ops.Op)
                result = primitive(op, [given[i] for i in operands])
            found.append(result)
        return found

    def dot(found: Any, operands: tuple[int, ...], count: int) -> Any:
        products, terms = products_of(operands, count)
        by_weights = list(takewhile(lambda pair: varies[pair[1]] and not varies[pair[0]], products))
        total: Any = None
        if len(by_weights) > 1:  # a vector times a matrix: the work accelerators are made for
            weights = jnp.stack([found[a] for a, _ in by_weights])
            vectors = jnp.stack([found[b] for _, b in by_weights])
            total = jnp.matmul(weights, vectors, precision="highest")  # all digits, on a GPU too
            products = products[len(by_weights) :]
        for term in (*[found[a] * found[b] for a, b in products], *[found[i] for i in terms]):
            total = term if total is None else total + term
        return total

    return function


def _chosen(code: Code, found: Sequence[Any]) -> dict[int, Any]:
    """Where the results of instructions behind a choice were chosen, for those that are not always.

    What was not chosen has gradient 0, but in JAX, as anywhere, 0 · nan is nan. So its operands
    become constants, which pass on nothing.

    Arguments:
        code: the instructions.
        found: their results.
    """
    reached: dict[int, Any] = {}
    for position in range(len(code) - 1, -1, -1):
        op, operands, _ = code[position]
        here = op is Kind.OUTPUT or reached.get(position, False)
        for k, i in enumerate(operands):
            by = _chooses(op, k, [found[j] for j in operands])
            there = by if here is True else here if by is True else here & by
            before = reached.get(i, False)
            reached[i] = True if before is True or there is True else before | there
    return {
        position: where
        for position, where in reached.items()
        if where is not True and code[position].operands
    }


def _chooses(op: ops.Op | Kind, k: int, operands: Sequence[Any]) -> Any:
    """Where an instruction chooses its operand number k: true, false, or an array of both."""
    if isinstance(op, Kind) or not (op.selects or op is ops.SHIFT):
        return True
    if op is ops.MASKED or op is ops.MASKED_BOTH:
        return operands[1 - k] != 0.0
    if op is ops.WHERE and k > 0:
        return operands[0] != 0.0 if k == 1 else operands[0] == 0.0
    return k > 0 and op is ops.PICK and operands[0] == float(k - 1)


def _split(columns: Sequence[Any], arguments: Sequence[Argument]) -> tuple[Any, ...]:
    """A column for each entry of each argument."""
    found: list[Any] = []
    for x, (name, shape) in zip(columns, arguments, strict=True):
        if x.shape[max(x.ndim - len(shape), 0) :] != shape or x.ndim > len(shape) + 1:
            wanted = ", ".join(["B", *map(str, shape)]) + ("" if shape else ",")
            raise ValueError(
                f"{name}: expected an array of shape ({wanted}), got one of shape {x.shape}"
            )
        found += [x[(..., *index)] for index in np.ndindex(shape)]
    return tuple(found)


def _as_jax(jax: Any, given: Any, name: str = "") -> Any:
    """The column of that name, or theta, as a JAX array of floats.

    JAX alone would silently truncate 64-bit integers to 32 bits, let 8-bit integers wrap around,
    and turn floats beyond float32's range into inf or 0.
    """
    jnp = jax.numpy
    what = f"column {name}" if name else "theta"
    default = jnp.result_type(float)
    if isinstance(given, list | tuple) and any([isinstance(x, jax.Array) for x in given]):
        given = jnp.asarray(given)
    if isinstance(given, jax.Array):
        if jnp.issubdtype(given.dtype, jnp.floating):
            return given
        if jnp.issubdtype(given.dtype, jnp.complexfloating):
            raise TypeError(f"{what}: expected real numbers, got an array of dtype {given.dtype}")
        cut = not jax.config.jax_enable_x64 and given.dtype in (jnp.int32, jnp.uint32)
        if cut and isinstance(given, jax.core.Tracer):
            raise TypeError(
                f"{what}: expected floats while JAX traces the function, got {given.dtype}, which "
                "JAX may have truncated from 64 bits; convert it to floats first: x.astype(float)"
            )
        return given.astype(default)
    array = as_floats(given, name)
    if getattr(given, "dtype", None) in (np.float16, np.float32):
        return jnp.asarray(array.astype(given.dtype))
    lost = _lost(jnp, array, default)
    if lost.any():
        raise OverflowError(f"{what} holds {array[lost].item(0)!r}, {_out_of_range(default)}")
    with np.errstate(under="ignore"):
        return jnp.asarray(array.astype(default))


def _rows_of(columns: Sequence[Any], names: Sequence[str]) -> tuple[int, ...]:
    """The shape that all columns have: (B,), or () where `jax.vmap` maps over the rows."""
    shapes: dict[tuple[int, ...], str] = {
        column.shape: name for column, name in zip(columns, names, strict=True)
    }
    if len(shapes) > 1:
        refuse_shapes(list(shapes.values()), list(shapes), "shapes")
    for shape, name in shapes.items():
        if len(shape) > 1 or 0 in shape:
            raise ValueError(
                f"column {name}: expected an array of one number for each row, "
                f"got an array of shape {shape}"
            )
        return shape
    return (1,)


def _constant(jnp: Any, number: float, dtype: Any) -> Any:
    """A constant of the program; OverflowError if it would become 0 or inf."""
    if _lost(jnp, number, dtype):
        raise OverflowError(f"the constant {number!r} is {_out_of_range(dtype)}")
    return jnp.asarray(number, dtype)


def _lost(jnp: Any, numbers: Any, dtype: Any) -> Any:
    """Where a conversion would turn numbers other than 0 into 0, or finite ones into inf."""
    if dtype == jnp.float64:
        return np.zeros(np.shape(numbers), bool)
    size, limits = np.abs(numbers), jnp.finfo(dtype)
    outside = (size < float(limits.tiny)) | (size > float(limits.max))
    return outside & (size != 0.0) & (size != math.inf)


def _out_of_range(dtype: Any) -> str:
    return (
        f"out of the range of {dtype}; to use float64, call "
        'jax.config.update("jax_enable_x64", True) first'
    )


def _primitives(jax: Any) -> Callable[[ops.Op, Sequence[Any]], Any]:
    """A function that applies an operation to JAX's arrays, with the table's derivatives."""
    formula = ops.vector_forms(_Namespace(jax))
    # JAX differentiates the last three as the table does.
    made = {**_variadic(jax, formula), **{op: formula[op] for op in (ops.SUB, ops.MUL, ops.NEG)}}

    def primitive(op: ops.Op) -> Any:
        if op in made:
            return made[op]
        function = jax.custom_jvp(formula[op] if op in formula else partial(replay, op))

        def push_forward(operands: Any, tangents: Any) -> Any:
            y = function(*operands)
            symbols = [_Array(x, apply) for x in operands]
            together = op.derivatives_at(symbols, _Array(y, apply)) if op.variadic else ()
            terms = []
            for i, t in enumerate(tangents):
                # Skip constants: the derivative with respect to a constant exponent may be nan.
                if isinstance(t, jax.custom_derivatives.SymbolicZero):
                    continue
                local = _raw(
                    together[i] if op.variadic else op.derivatives[i](*symbols, _Array(y, apply))
                )
                term = local * t
                # Where a branching operation's derivative is 0, so is the term: 0 · inf is nan.
                terms.append(jax.numpy.where(local == 0.0, 0.0, term) if op.branching else term)
            return y, sum(terms[1:], terms[0]) if terms else jax.numpy.zeros_like(y)

        function.defjvp(push_forward, symbolic_zeros=True)
        made[op] = function
        return function

    def replay(op: Any, *operands: Any) -> Any:
        """The vector form of an operation of one's own."""
        return _raw(op.replay([_Array(x, apply) for x in operands]))

    def apply(op: ops.Op, operands: Sequence[Any]) -> Any:
        return primitive(op)(*operands)

    return apply


def _variadic(jax: Any, formula: Mapping[ops.Op, Callable[..., Any]]) -> dict[ops.Op, Any]:
    """The operations that take any number of operands; each has the same constant derivatives."""

    def add(*operands: Any) -> Any:
        return reduce(formula[ops.ADD], operands)

    def shift(first: Any, *others: Any) -> Any:
        # A single operand is shifted by itself, which makes it finite.
        return jax.lax.stop_gradient(reduce(formula[ops.SHIFT], others or (first,), first))

    # As in `passes.legalise`; but JAX has to differentiate it, and its derivatives are all 1.
    def sum_less_one(largest: Any, *others: Any) -> Any:
        rest = -0.0  # x + −0.0 is x for every x
        for a in others:
            rest = rest + formula[ops.MINIMUM](largest, a)
            largest = formula[ops.MAXIMUM](largest, a)
        return (largest - 1.0) + rest

    def push_forward(operands: Any, tangents: Any) -> Any:
        return linear(*operands), reduce(formula[ops.ADD], tangents)

    linear = jax.custom_jvp(sum_less_one)
    linear.defjvp(push_forward)
    return {ops.ADD: add, ops.SHIFT: shift, ops.SUM_LESS_ONE: linear}


class _Array(Symbolic):
    """A JAX array that the table's derivatives can be applied to."""

    def __init__(self, array: Any, apply: Callable[[ops.Op, Sequence[Any]], Any]) -> None:
        self.array = array
        self._operation = apply

    def _apply(self, op: ops.Op, operands: Sequence[Any]) -> _Array:
        return _Array(self._operation(op, [_raw(x) for x in operands]), self._operation)


def _raw(x: Any) -> Any:
    return x.array if isinstance(x, _Array) else x


class _Namespace:
    """`jax.numpy`, and the other functions that the vector forms need."""

    def __init__(self, jax: Any) -> None:
        self._jnp = jax.numpy
        self.erf, self.erfc = jax.scipy.special.erf, jax.scipy.special.erfc
        self.exact_log = jax.numpy.log

    def where_rare(self, condition: Any, a: Callable[[], Any], b: Any) -> Any:
        return self._jnp.where(condition, a(), b)

    def finite(self, a: Any) -> Any:
        range_of = self._jnp.finfo(a.dtype)  # depends on the precision
        return self._jnp.clip(a, range_of.min, range_of.max)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._jnp, name)
