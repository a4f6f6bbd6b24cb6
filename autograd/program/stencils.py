"""Stencils: what an operation's derivatives write, recorded once and then copied.

The table's derivatives are called with symbols, on which arithmetic writes instructions. What they
write depends on the operation, on the constants among its operands, and on which operands are to
receive a gradient. Instructions that agree in these are of the same kind, and share a stencil.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from autograd import graph, ops

from .compiled import compiled, helper
from .ir import FIRST_CUSTOM, NUMBER, OPERATIONS, Arrays, Builder, Code, Kind
from .symbolic import Symbolic
from .writer import mixed, new_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["GRADIENT", "OPERAND", "PLAIN", "RESULT", "Stencils", "Tables"]

GRADIENT, RESULT, PLAIN, OPERAND = -1, -2, -3, -4
"""What a stencil refers to: the gradient that arrives, the operation's result, no position but a
plain number, or the operation's operands: OPERAND for the first, OPERAND - 1 for the second, ….
From 0 on, it is an instruction of the stencil."""


class Tables(NamedTuple):
    """All stencils, one after another.

    Stencil k writes the instructions from ``first[k]`` to ``first[k + 1]``, then passes on what
    ``place``, ``what`` and ``number`` have from ``passes[k]`` to ``passes[k + 1]``: to which
    operand, what (see OPERAND), and if that is PLAIN, which number.
    """

    first: Any
    op: Any
    start: Any  # where an instruction's operands begin; it has them up to the next one's
    operands: Any
    detail: Any
    passes: Any
    place: Any
    what: Any
    number: Any


class Stencils:
    """The stencils of some code, each made when it is first needed.

    Arguments:
        code: the instructions.
        depends: for each of them, whether it depends on a parameter. Others get no gradient.

    Attributes:
        kind: the kind of each instruction.
        of_kind: for each kind, its stencil for a gradient that is the result of an instruction;
            then the same if that is optional (see `graph.backward`). −1 stands for none so far.
        of_number: for each instruction, its stencil for a gradient that is a number; or −1.
    """

    def __init__(self, code: Code, depends: NDArray[np.bool_]) -> None:
        self._code, self._depends = code, depends
        self.kind, seen = np.full(len(code), -1, np.int64), new_table(len(code))
        count = _find_kinds(
            code.arrays, code.arrays.detail.view(np.int64), depends, self.kind, seen
        )
        self.of_kind = np.full(2 * count, -1, np.int64)
        self.of_number = np.full(len(code), -1, np.int64)
        self._made: dict[tuple[Any, ...], int] = {}
        self._numbers = {op: i for i, op in enumerate((*OPERATIONS, *code.custom))}
        self._lists: list[_Growing] = [
            _Growing(np.float64 if name in ("detail", "number") else np.int64)
            for name in Tables._fields
        ]
        for begins in (0, 2, 5):
            self._lists[begins].extend([0])

    @property
    def custom(self) -> tuple[ops.Op, ...]:
        """The operations that are not in the table, those of derivatives included."""
        return tuple(self._numbers)[FIRST_CUSTOM:]  # type: ignore[return-value]

    @property
    def tables(self) -> Tables:
        """All stencils so far."""
        return Tables(*[growing.array for growing in self._lists])

    def make(self, position: int, number: float | None, *, optional: bool) -> None:
        """Make the stencil of an instruction whose gradient is a number; None: it is a result."""
        arrays = self._code.arrays
        op = (*OPERATIONS, *self._code.custom)[arrays.op[position]]
        assert isinstance(op, ops.Op)
        operands = arrays.operands[arrays.start[position] : arrays.start[position + 1]]
        fixed = arrays.op[operands] == _CONSTANT
        ordinary = np.zeros(len(operands), np.bool_)
        if number is None and op is ops.MUL:
            ordinary = fixed & _is_ordinary(arrays.detail[operands])
            fixed = fixed & ~ordinary
        numbers = [
            constant if is_fixed else None
            for constant, is_fixed in zip(arrays.detail[operands].tolist(), fixed, strict=True)
        ]
        if number is None:
            self.of_kind[2 * self.kind[position] + optional] = len(self._made)
            key: tuple[Any, ...] = (len(self._made),)
        else:
            key = (self.kind[position], optional, repr(number), *map(repr, numbers))
            self.of_number[position] = self._made.get(key, len(self._made))
        if key not in self._made:
            self._made[key] = len(self._made)
            wanted = self._depends[operands].tolist()
            at = np.flatnonzero(ordinary).tolist()
            self._record(op, numbers, at, wanted, number, optional)

    def _record(
        self,
        op: ops.Op,
        numbers: Sequence[float | None],
        ordinary_at: Sequence[int],
        wanted: Sequence[bool],
        number: float | None,
        optional: bool,
    ) -> None:
        """Call the derivatives, and append what they write to the tables."""
        builder = Builder()
        gradient: Any = _Symbol(builder, GRADIENT) if number is None else number
        symbols = [
            _Symbol(builder, OPERAND - k) if constant is None else constant
            for k, constant in enumerate(numbers)
        ]
        y = _Symbol(builder, RESULT)
        times = graph.chain_rule(op, optional=optional)
        if times is graph.product:
            times = _product
        together = op.derivatives_at(symbols, y) if op.variadic else ()
        passed: list[tuple[int, int, float]] = []
        for k, is_wanted in enumerate(wanted):
            if not is_wanted or op.slope == 0.0:  # a SHIFT passes no gradient on
                continue
            derivative = together[k] if op.variadic else op.derivatives[k](*symbols, y)
            # An ordinary constant is finite, so nothing has to be masked.
            ordinary = any([derivative is symbols[j] for j in ordinary_at])
            amount = (_product if ordinary else times)(gradient, derivative)
            if amount.__class__ is _Symbol:
                passed.append((k, amount.position, 0.0))
            else:
                passed.append((k, PLAIN, float(amount)))
        first, numbered, start, operands, detail, passes, place, what, plain = self._lists
        known = self._numbers
        numbered.extend([known.setdefault(one.op, len(known)) for one in builder.code])
        operands.extend(list(chain.from_iterable([one.operands for one in builder.code])))
        start.extend(np.cumsum([len(one.operands) for one in builder.code]) + start.array[-1])
        detail.extend([0.0 if one.detail is None else one.detail for one in builder.code])
        first.extend([len(numbered.array)])
        place.extend([k for k, _, _ in passed])
        what.extend([position for _, position, _ in passed])
        plain.extend([amount for _, _, amount in passed])
        passes.extend([len(place.array)])


def _product(gradient: Any, derivative: Any) -> Any:
    """Their product, without writing an instruction for a factor of 1 or −1."""
    if derivative.__class__ is float and derivative == -1.0:
        return -gradient
    return graph.product(gradient, derivative)


class _Symbol(Symbolic):
    """Something that a stencil refers to: arithmetic on it writes further instructions."""

    __slots__ = ("builder", "position")

    def __init__(self, builder: Builder, position: int) -> None:
        self.builder = builder
        self.position = position

    def _apply(self, op: ops.Op, operands: Sequence[Any]) -> _Symbol:
        found = [
            x.position if x.__class__ is _Symbol else self.builder.constant(float(x))
            for x in operands
        ]
        return _Symbol(self.builder, self.builder.write(op, tuple(found)))


class _Growing:
    """An array to append to."""

    def __init__(self, dtype: Any) -> None:
        self._room = np.empty(64, dtype)
        self.array = self._room[:0]

    def extend(self, more: Any) -> None:
        """Append some numbers."""
        end = len(self.array) + len(more)
        if end > len(self._room):
            room = np.empty(2 * end, self._room.dtype)
            room[: len(self.array)] = self.array
            self._room = room
        self._room[len(self.array) : end] = more
        self.array = self._room[:end]


def _is_ordinary(constants: Any) -> Any:
    """Whether a product with the constant is written for it as for any other such constant."""
    return np.isfinite(constants) & (np.abs(constants) != 1.0)


@compiled
def _find_kinds(code: Arrays, bits: Any, depends: Any, kind: Any, seen: Any) -> int:
    """Number the kinds of instructions that pass gradients on; return how many there are.

    `bits` are the details as integers; `seen` is a hash table of an instruction of each kind.
    """
    mask = seen.size - 1
    kinds = 0
    for i in range(code.op.size):
        if not depends[i] or code.start[i] == code.start[i + 1]:
            continue
        found = code.op[i]
        for k in range(code.start[i], code.start[i + 1]):
            j = code.operands[k]
            found = 3 * found + depends[j]
            if code.op[j] == _CONSTANT and not _matters_not(code, i, j):
                found = mixed(found + bits[j])
        slot = mixed(found) & mask
        while seen[slot] >= 0 and not _same_kind(code, bits, depends, seen[slot], i):
            slot = (slot + 1) & mask
        if seen[slot] < 0:
            seen[slot] = i
            kind[i] = kinds
            kinds += 1
        else:
            kind[i] = kind[seen[slot]]
    return kinds


@helper
def _matters_not(code: Arrays, i: int, j: int) -> bool:
    """Whether it does not matter for the kind of i which constant its operand j is."""
    return code.op[i] == _MUL and np.isfinite(code.detail[j]) and abs(code.detail[j]) != 1.0


@helper
def _same_kind(code: Arrays, bits: Any, depends: Any, i: int, j: int) -> bool:
    a, b = code.start[i], code.start[j]
    count = code.start[i + 1] - a
    if code.op[i] != code.op[j] or count != code.start[j + 1] - b:
        return False
    for k in range(count):
        p, q = code.operands[a + k], code.operands[b + k]
        fixed = code.op[p] == _CONSTANT
        if depends[p] != depends[q] or fixed != (code.op[q] == _CONSTANT):
            return False
        if fixed:
            free = _matters_not(code, i, p)
            if free != _matters_not(code, j, q) or (not free and bits[p] != bits[q]):
                return False
    return True


_CONSTANT, _MUL = NUMBER[Kind.CONSTANT], NUMBER[ops.MUL]
