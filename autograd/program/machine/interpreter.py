"""The bytecode interpreter: one compiled function that runs any program.

`layout` writes the bytecode, an array of integers whose header says where each part is. The numbers
are in one array as well, `memory`: a slot for each uniform value, then packed matrices, sums over
rows, and last the rows of a block. Only one block of rows is in memory at a time, so that the
working set stays in the processor's cache however many rows there are. Numba compiles the
interpreter once; `cache` keeps it on disk.
"""

from __future__ import annotations

from functools import cache
from itertools import product
from typing import Any

import numba
import numpy as np

from autograd import ops
from autograd.program.ir import NUMBER, Kind
from autograd.program.sums import LONG_SUM, LOOP_COUNT, NO_LOOP, WEIGHTED_SUM

from .cache import Cache, announce_build
from .loops import TABLE, row_loop, uniform_loop
from .memory import REGISTERS, WIDTH, get, inlined, jit, put
from .tiles import (
    dot_tile,
    mean_of_lanes,
    mean_tile,
    of_size,
    row_dot_tile,
    single_mean_tile,
)  # fmt: skip
from .transfers import gather, load_columns, look_up, scatter, store_columns

__all__ = [
    "ADD", "AFTER", "ALL", "BEFORE", "BLOCK", "BODY", "DOT", "GATHER", "HEADER", "LOAD", "LOOKUP",
    "LOOPS", "MATRIX", "MEAN", "MEANS", "MEANS_COUNT", "NOTHING", "PACK", "PACKED", "PARAMETERS",
    "RESULTS", "ROW_DOT", "SCATTER", "SPREAD", "STORE", "SUM", "SUMS", "WIDTH",
    "all_finite", "are_positions", "bind_block", "bind_column", "load", "run",
]  # fmt: skip

if numba.config.DISABLE_JIT:
    raise RuntimeError(
        "compiled programs need numba's compiler, which is switched off; unset "
        "NUMBA_DISABLE_JIT and restart Python"
    )


# ── the format of bytecode ───────────────────────────────────────────────────────────────────

(
    SUM, DOT, MATRIX, ROW_DOT, MEAN, SCATTER, LOAD, STORE, GATHER, LOOKUP, NOTHING,
) = range(len(TABLE), len(TABLE) + 11)  # fmt: skip
LOOPS = np.full(LOOP_COUNT, -1, np.int64)
"""The number in the bytecode of each of `sums.loops_of`. ROW_DOT, SCATTER, STORE and GATHER belong
to no instruction."""
LOOPS[[NUMBER[op] for op in TABLE]] = range(len(TABLE))
LOOPS[[LONG_SUM, NUMBER[Kind.DOT], WEIGHTED_SUM]] = SUM, DOT, MATRIX
LOOPS[[NUMBER[Kind.MEAN], NUMBER[Kind.INPUT]]] = MEAN, LOAD
LOOPS[[NUMBER[ops.PICK], NO_LOOP]] = LOOKUP, NOTHING
ADD = int(LOOPS[NUMBER[ops.ADD]])

# The header, the first words of the bytecode: where in it each part begins and ends.
PARAMETERS = 0  # where theta is in memory
BEFORE, BEFORE_END = 1, 2  # what runs once, before the rows
PACK, PACK_END, PACKED = 3, 4, 5  # the slots to copy matrices from, and where to in memory
SPREAD, SPREAD_END = 6, 7  # triples: a uniform value's slot, where to fill memory with it, how far
SUMS, MEANS, MEANS_COUNT = 8, 9, 10  # where sums and their means are in memory; how many
# For a single row, a sum is a mean, and SUMS is MEANS.
BODY, BODY_END = 11, 12  # what runs for each block of rows
AFTER, AFTER_END = 13, 14  # what runs once, after the rows
RESULTS, RESULTS_END = 15, 16  # runs of results: the first slot, how far to the next, how many
BLOCK = 17  # rows in a block
HEADER = 18  # words in the header

ALL = -1  # in place of a number of rows

TILE = 4
"""The most outputs of a tile, or sums one way."""
BREADTH = 4 if REGISTERS > 16 else 2
"""The most vectors of such a tile, or sums the other way: what its sums leave of the registers
has to hold their factors."""


# ── what runs once ───────────────────────────────────────────────────────────────────────────


@jit
def _run_uniform(memory: Any, bytecode: Any, pc: int, end: int) -> None:
    while pc < end:
        op, n, to = get(bytecode, pc), get(bytecode, pc + 1), get(bytecode, pc + 2)
        pc += 3
        if op == SUM:
            for i in range(n):
                terms = get(bytecode, pc)
                total = get(memory, get(bytecode, pc + 1))
                for t in range(2, terms + 1):
                    total += get(memory, get(bytecode, pc + t))
                memory[to + i] = total
                pc += terms + 1
        elif op == DOT:
            for i in range(n):
                products, terms = get(bytecode, pc), get(bytecode, pc + 1)
                pc += 2
                total = -0.0  # −0.0 + x is x for every x
                for _ in range(products):
                    total += get(memory, get(bytecode, pc)) * get(memory, get(bytecode, pc + 1))
                    pc += 2
                for t in range(terms):
                    total += get(memory, get(bytecode, pc + t))
                memory[to + i] = total
                pc += terms
        else:
            pc = uniform_loop(op, memory, bytecode, pc, n, to)


# ── what runs for each block of rows ─────────────────────────────────────────────────────────

_dot = of_size(dot_tile, *product((4, 2, 1), range(BREADTH, 0, -1)))
_row_dot = of_size(row_dot_tile, (4,), (3,), (2,), (1,))
_mean = of_size(mean_tile, *product((4, 2, 1), [n for n in (4, 2, 1) if n <= BREADTH]))
_single_mean = of_size(single_mean_tile, (8,), (4,), (2,), (1,))


@jit
def _tile_of(left: int) -> int:
    """How many of the outputs (or sums one way) that are left the next tile takes."""
    return TILE if left >= TILE else TILE // 2 if left > 1 else 1


@inlined
def _matrices(memory: Any, bytecode: Any, pc: int, n: int, vectors: int) -> int:
    for _ in range(n):
        outputs, terms, w = get(bytecode, pc), get(bytecode, pc + 1), get(bytecode, pc + 2)
        across, along = get(bytecode, pc + 3), get(bytecode, pc + 4)
        last, step = get(bytecode, pc + 5), get(bytecode, pc + 6)
        x = pc + 7
        out = x + terms
        pc = out + outputs
        tiles = (vectors + BREADTH - 1) // BREADTH
        while out < pc:
            done = _tile_of(pc - out)
            row, todo = 0, vectors
            for tile in range(tiles, 0, -1):
                now = (todo + tile - 1) // tile  # 13 vectors are 4, 3, 3, 3, not 4, 4, 4, 1
                matrix = w, across, along, last, step
                _dot(memory, bytecode, (done, now), (x, terms, *matrix, out, row))
                row += now * WIDTH
                todo -= now
            w += done * across
            last += done * step
            out += done
    return pc


@inlined
def _row_dots(memory: Any, bytecode: Any, pc: int, n: int, vectors: int) -> int:
    for _ in range(n):
        out, first, terms = get(bytecode, pc), get(bytecode, pc + 1), get(bytecode, pc + 2)
        pc += 3
        row, todo = 0, vectors
        for tile in range((vectors + 3) // 4, 0, -1):
            now = (todo + tile - 1) // tile
            _row_dot(memory, bytecode, (now,), (pc, terms, first, out, row))
            row += now * WIDTH
            todo -= now
        pc += 2 * terms
    return pc


@jit
def _size_of_sum(bytecode: Any) -> int:
    """How many numbers a sum over rows has in memory. That of one row is its mean already."""
    return 1 if get(bytecode, BLOCK) == 1 else WIDTH


@inlined
def _means(memory: Any, bytecode: Any, pc: int, n: int, rows: int) -> int:
    block = get(bytecode, BLOCK)
    for _ in range(n):
        lefts, rights, width = get(bytecode, pc), get(bytecode, pc + 1), get(bytecode, pc + 2)
        sums, across = get(bytecode, pc + 3), get(bytecode, pc + 4)
        first_a, first_b = pc + 5, pc + 5 + lefts
        pc = first_b + rights
        # In a full block, the rows of a panel follow one another.
        parts, size = (1, rows * width) if rows == block else (width, rows)
        i = 0
        while i < lefts:
            high = _tile_of(lefts - i)
            j = 0
            while j < rights:
                wide = min(_tile_of(rights - j), BREADTH)
                a, b, s = first_a + i, first_b + j, sums + i * across + j * WIDTH
                for part in range(parts):
                    first = part * block
                    rest = a, b, s, across, first, first + size
                    _mean(memory, bytecode, (high, wide), rest)
                j += wide
            i += high
    return pc


@inlined
def _single_means(memory: Any, bytecode: Any, pc: int, n: int) -> int:
    for _ in range(n):
        lefts, rights, width = get(bytecode, pc), get(bytecode, pc + 1), get(bytecode, pc + 2)
        sums, across = get(bytecode, pc + 3), get(bytecode, pc + 4)
        first_a, first_b = pc + 5, pc + 5 + lefts
        pc = first_b + rights
        i = 0
        while i < lefts:
            high = 8 if lefts - i >= 8 else _tile_of(lefts - i)
            for j in range(0, rights, WIDTH):
                wide = min(rights - j, WIDTH)
                rest = first_a + i, first_b + j, wide, sums + i * across + j, across, width
                _single_mean(memory, bytecode, (high,), rest)
            i += high
    return pc


@inlined
def _run_block(memory: Any, bytecode: Any, columns: Any, row: int, rows: int) -> None:
    pc, end, block = get(bytecode, BODY), get(bytecode, BODY_END), get(bytecode, BLOCK)
    while pc < end:
        op, n, vectors = get(bytecode, pc), get(bytecode, pc + 1), get(bytecode, pc + 2)
        if vectors == 0:  # not a panel of rows, but a single one
            vectors = -(-rows // WIDTH)
        pc += 3
        if op == MATRIX:
            pc = _matrices(memory, bytecode, pc, n, vectors)
        elif op == MEAN:
            if block == 1:
                pc = _single_means(memory, bytecode, pc, n)
            else:
                pc = _means(memory, bytecode, pc, n, rows)
        elif op == ROW_DOT:
            pc = _row_dots(memory, bytecode, pc, n, vectors)
        elif op == LOAD:
            pc = load_columns(memory, bytecode, pc, n, columns, row, rows, block)
        elif op == STORE:
            pc = store_columns(memory, bytecode, pc, n, columns, row, rows)
        elif op == GATHER:
            pc = gather(memory, bytecode, pc, n, block)
        elif op == LOOKUP:
            pc = look_up(memory, bytecode, pc, n, vectors)
        elif op == SCATTER:
            pc = scatter(memory, bytecode, pc, n, rows, block)
        else:
            pc = row_loop(op, memory, bytecode, pc, n, vectors)


# ── entry points ─────────────────────────────────────────────────────────────────────────────


@inlined
def _begin(bytecode: Any, memory: Any, theta: Any) -> None:
    memory[get(bytecode, PARAMETERS) : get(bytecode, PARAMETERS) + theta.size] = theta
    _run_uniform(memory, bytecode, get(bytecode, BEFORE), get(bytecode, BEFORE_END))
    at = get(bytecode, PACKED) - get(bytecode, PACK)
    for pc in range(get(bytecode, PACK), get(bytecode, PACK_END)):
        memory[at + pc] = get(memory, get(bytecode, pc))
    for pc in range(get(bytecode, SPREAD), get(bytecode, SPREAD_END), 3):
        to, x = get(bytecode, pc + 1), get(memory, get(bytecode, pc))
        memory[to : to + get(bytecode, pc + 2)] = x
    sums = get(bytecode, SUMS)
    memory[sums : sums + get(bytecode, MEANS_COUNT) * _size_of_sum(bytecode)] = 0.0


@inlined
def _run_rows(bytecode: Any, memory: Any, columns: Any, start: int, stop: int) -> None:
    # Blocks of about the same size: in blocks of at most 64, 100 rows are 56 and 44.
    blocks = -(-(stop - start) // get(bytecode, BLOCK))
    while start < stop:
        rows = -(-(stop - start) // blocks)
        rows = min(-(-rows // WIDTH) * WIDTH, stop - start)
        _run_block(memory, bytecode, columns, start, rows)
        start += rows
        blocks -= 1


@inlined
def _finish(bytecode: Any, memory: Any, rows: int, results: Any) -> None:
    at, to = get(bytecode, SUMS), get(bytecode, MEANS)
    if at != to:
        for i in range(0, get(bytecode, MEANS_COUNT), WIDTH):
            mean_of_lanes(memory, at + i * WIDTH, to + i, rows)
    _run_uniform(memory, bytecode, get(bytecode, AFTER), get(bytecode, AFTER_END))
    done = 0
    for pc in range(get(bytecode, RESULTS), get(bytecode, RESULTS_END), 3):
        first, step, count = get(bytecode, pc), get(bytecode, pc + 1), get(bytecode, pc + 2)
        if step == 1:
            results[done : done + count] = memory[first : first + count]
        else:
            for k in range(count):
                put(results, done + k, get(memory, first + k * step))
        done += count


_entry = numba.njit(error_model="numpy", nogil=True)
"""A function that Python calls; its forms for arrays of other layouts are built when needed."""


@_entry
def run(
    bytecode: Any, memory: Any, theta: Any, columns: Any, first: Any, second: Any, third: Any,
    start: int, stop: int, rows: int, results: Any,
) -> bool:  # fmt: skip
    """Run a program over the rows from start to stop; then, if `rows` is not 0, finish it.

    Finishing divides the sums in `memory` by `rows` to get the means, runs the instructions that
    depend on them, and copies the outputs and gradients to the results.

    Arguments:
        bytecode, memory, theta: the program, its layout's memory, the parameters.
        columns: the table of the columns' addresses, inputs first; `bind_column` fills it.
        first, second, third: columns to bind here, or empty arrays; this is faster than calling
            `bind_column` for each.
        start, stop, rows: which rows to run, and how many there are in total. If rows is ALL, run
            all rows of these columns, which are then the only ones.
        results: an array to fill.

    Returns:
        True; False if rows is ALL and the columns differ in length or are empty.
    """
    if rows == ALL:
        rows = stop = first.size
        for k, column in enumerate((first, second, third)):
            if k < len(columns) and (column.size != rows or rows == 0):
                return False
    for k, column in enumerate((first, second, third)):
        if column.size:
            columns[k, 0], columns[k, 1] = column.ctypes.data, 8
    if stop > start:
        _begin(bytecode, memory, theta)
        _run_rows(bytecode, memory, columns, start, stop)
    if rows > 0:
        _finish(bytecode, memory, rows, results)
    return True


@_entry
def bind_column(columns: Any, k: int, column: Any) -> None:
    """Enter the address of column k in the table."""
    columns[k, 0] = column.ctypes.data
    columns[k, 1] = column.strides[0]


@_entry
def bind_block(columns: Any, block: Any) -> None:
    """Enter the address of each row of a block in the table."""
    across, along = block.strides
    for k in range(len(block)):
        columns[k, 0] = block.ctypes.data + k * across
        columns[k, 1] = along


@_entry
def all_finite(numbers: Any) -> bool:
    """Whether none of the numbers is nan or infinite."""
    fine = True
    for x in numbers:
        fine &= abs(x) < np.inf
    return fine


@_entry
def are_positions(block: Any, sizes: Any) -> bool:
    """Whether the numbers in row k of a block are whole, not negative, and below ``sizes[k]``.

    A size of 0 stands for a row with any numbers.
    """
    fine = True
    for k in range(len(block)):
        if sizes[k] > 0.0:
            for x in block[k]:
                fine &= 0.0 <= x < sizes[k] and np.floor(x) == x  # false for nan
    return fine


_cache = Cache("run", build=announce_build)
run._cache = _cache
bind_column._cache = Cache("bind_column")
bind_block._cache = Cache("bind_block")
all_finite._cache = Cache("all_finite")
are_positions._cache = Cache("are_positions")


@cache
def load() -> None:
    """Load the machine from disk, or build it, which takes a minute or two and prints a notice."""
    none, table = np.empty(0), np.empty((0, 2), np.int64)
    run(np.zeros(HEADER, np.int32), none, none, table, none, none, none, 0, 0, 0, none)
    run.disable_compile()  # from now on it rejects arrays of any other type
    _cache.warn()
