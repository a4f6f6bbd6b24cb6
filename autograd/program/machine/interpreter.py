"""The bytecode interpreter: one compiled function that runs any program.

The bytecode, `code`, is one array of integers, which `layout` writes; its first words say what
stands where. The numbers are in one array as well, `memory`: a place for each uniform value, then
packed matrices, sums over rows, and last the rows themselves, a block of them at a time, so that
the working set stays in the processor's cache however many rows there are. Numba compiles the
interpreter once; `cache` keeps it on disk.
"""

from __future__ import annotations

import contextlib
import sys
from functools import cache
from itertools import product
from typing import Any

import numba
import numpy as np

from .cache import Cache
from .loops import TABLE, row_loop, uniform_loop
from .memory import WIDTH, get, read, write
from .tiles import dot_tile, mean_of_lanes, mean_tile, of_size, row_dot_tile

__all__ = [
    "AFTER", "ALL", "BEFORE", "BLOCK", "BODY", "DOT", "HEADER", "LOAD", "MATRIX", "MEAN", "MEANS",
    "MEANS_COUNT", "NUMBER", "PACK", "PACKED", "PARAMETERS", "RESULTS", "ROW_DOT", "SPREAD",
    "STORE", "SUM", "SUMS", "TILE", "WIDTH", "load", "place", "run", "tile_of",
]  # fmt: skip

if numba.config.DISABLE_JIT:
    raise RuntimeError(
        "compiled programs need numba's compiler, which is switched off here; unset "
        "NUMBA_DISABLE_JIT and start Python again"
    )

_jit = numba.njit(error_model="numpy")

# ── the words of a program ───────────────────────────────────────────────────────────────────

NUMBER = {row: i for i, row in enumerate(TABLE)}
SUM, DOT, MATRIX, ROW_DOT, MEAN, LOAD, STORE = range(len(NUMBER), len(NUMBER) + 7)


# The header, the first words of a program: where in the code each part begins and ends.
PARAMETERS = 0  # where in memory theta goes
BEFORE, BEFORE_END = 1, 2  # what runs once, before the rows
PACK, PACK_END, PACKED = 3, 4, 5  # the places to copy from, and where in memory to
SPREAD, SPREAD_END = 6, 7  # pairs: a uniform value's place, the row to fill with it
SUMS, MEANS, MEANS_COUNT = 8, 9, 10  # where in memory sums and their means are; how many
BODY, BODY_END = 11, 12  # what runs for each block of rows
AFTER, AFTER_END = 13, 14  # what runs once, after the rows
RESULTS, RESULTS_END = 15, 16  # the places of the results
BLOCK = 17  # rows in a block
HEADER = 18  # how many words it has

ALL = -1  # in the place of a number of rows

TILE = 4
"""Outputs (or sums each way) that a tile has at most; layout packs matrices accordingly."""


# ── what runs once ───────────────────────────────────────────────────────────────────────────


@_jit
def _run_uniform(memory: Any, code: Any, pc: int, end: int) -> None:
    while pc < end:
        op, n, to = get(code, pc), get(code, pc + 1), get(code, pc + 2)
        pc += 3
        if op == SUM:
            for i in range(n):
                terms = get(code, pc)
                total = get(memory, get(code, pc + 1))
                for t in range(2, terms + 1):
                    total += get(memory, get(code, pc + t))
                memory[to + i] = total
                pc += terms + 1
        elif op == DOT:
            for i in range(n):
                products, terms = get(code, pc), get(code, pc + 1)
                pc += 2
                total = -0.0  # which, unlike 0.0, leaves every number as it is
                for _ in range(products):
                    total += get(memory, get(code, pc)) * get(memory, get(code, pc + 1))
                    pc += 2
                for t in range(terms):
                    total += get(memory, get(code, pc + t))
                memory[to + i] = total
                pc += terms
        else:
            pc = uniform_loop(op, memory, code, pc, n, to)


# ── what runs for each block of rows ─────────────────────────────────────────────────────────

_dot = of_size(dot_tile, *product((4, 2, 1), (4, 3, 2, 1)))
_row_dot = of_size(row_dot_tile, (4,), (3,), (2,), (1,))
_mean = of_size(mean_tile, *product((4, 2, 1), (4, 2, 1)))


def tile_of(left: int) -> int:
    """How many of the outputs that are left, or of the sums each way, the next tile takes."""
    return TILE if left >= TILE else TILE // 2 if left > 1 else 1


_tile_of = _jit(tile_of)


@_jit
def _matrices(memory: Any, code: Any, pc: int, n: int, vectors: int) -> int:
    for _ in range(n):
        outputs, terms, w = get(code, pc), get(code, pc + 1), get(code, pc + 2)
        x = pc + 3
        out = x + terms
        pc = out + outputs
        tiles = (vectors + 3) // 4
        while out < pc:
            done = _tile_of(pc - out)
            row, todo = 0, vectors
            for tile in range(tiles, 0, -1):
                now = (todo + tile - 1) // tile  # 13 vectors are 4, 3, 3, 3: none comes up short
                _dot(memory, code, (done, now), x, terms, w, out, row)
                row += now * WIDTH
                todo -= now
            w += done * (terms + 1)
            out += done
    return pc


@_jit
def _row_dots(memory: Any, code: Any, pc: int, n: int, vectors: int) -> int:
    for _ in range(n):
        out, first, terms = get(code, pc), get(code, pc + 1), get(code, pc + 2)
        pc += 3
        row, todo = 0, vectors
        for tile in range((vectors + 3) // 4, 0, -1):
            now = (todo + tile - 1) // tile
            _row_dot(memory, code, (now,), pc, terms, first, out, row)
            row += now * WIDTH
            todo -= now
        pc += 2 * terms
    return pc


@_jit
def _means(memory: Any, code: Any, pc: int, n: int, rows: int) -> int:
    for _ in range(n):
        lefts, rights = get(code, pc), get(code, pc + 1)
        first_a, first_b = pc + 2, pc + 2 + lefts
        sums = first_b + rights
        pc = sums + lefts * rights
        i = 0
        while i < lefts:
            high = _tile_of(lefts - i)
            j = 0
            while j < rights:
                wide = _tile_of(rights - j)
                a, b, s = first_a + i, first_b + j, sums + i * rights + j
                _mean(memory, code, (high, wide), a, b, s, rights, rows)
                j += wide
            i += high
    return pc


@_jit
def _load(memory: Any, code: Any, pc: int, n: int, columns: Any, row: int, rows: int) -> int:
    """Bring rows of columns in; what is missing to whole vectors repeats the last one."""
    for _ in range(n):
        to, column = get(code, pc), get(code, pc + 1)
        pc += 2
        step = columns[column, 1]
        address = columns[column, 0] + row * step
        for r in range(rows):
            memory[to + r] = read(address + r * step)
        for r in range(rows, -(-rows // WIDTH) * WIDTH):
            memory[to + r] = memory[to + rows - 1]
    return pc


@_jit
def _store(memory: Any, code: Any, pc: int, n: int, columns: Any, row: int, rows: int) -> int:
    for _ in range(n):
        source, column = get(code, pc), get(code, pc + 1)
        pc += 2
        step = columns[column, 1]
        address = columns[column, 0] + row * step
        for r in range(rows):
            write(address + r * step, memory[source + r])
    return pc


@_jit
def _run_block(memory: Any, code: Any, columns: Any, row: int, rows: int) -> None:
    pc, end = code[BODY], code[BODY_END]
    vectors = -(-rows // WIDTH)
    while pc < end:
        op, n = get(code, pc), get(code, pc + 1)
        pc += 2
        if op == MATRIX:
            pc = _matrices(memory, code, pc, n, vectors)
        elif op == MEAN:
            pc = _means(memory, code, pc, n, rows)
        elif op == ROW_DOT:
            pc = _row_dots(memory, code, pc, n, vectors)
        elif op == LOAD:
            pc = _load(memory, code, pc, n, columns, row, rows)
        elif op == STORE:
            pc = _store(memory, code, pc, n, columns, row, rows)
        else:
            pc = row_loop(op, memory, code, pc, n, vectors)


# ── the whole ────────────────────────────────────────────────────────────────────────────────


@_jit
def _begin(code: Any, memory: Any, theta: Any) -> None:
    memory[code[PARAMETERS] : code[PARAMETERS] + theta.size] = theta
    _run_uniform(memory, code, code[BEFORE], code[BEFORE_END])
    at = code[PACKED] - code[PACK]
    for pc in range(code[PACK], code[PACK_END]):
        memory[at + pc] = get(memory, get(code, pc))
    for pc in range(code[SPREAD], code[SPREAD_END], 2):
        to, x = code[pc + 1], get(memory, code[pc])
        memory[to : to + code[BLOCK]] = x
    sums = code[SUMS]
    memory[sums : sums + code[MEANS_COUNT] * WIDTH] = 0.0


@_jit
def _run_rows(code: Any, memory: Any, columns: Any, start: int, stop: int) -> None:
    # Blocks of about the same size: 100 rows in blocks of at most 64 are 56 and 44.
    blocks = -(-(stop - start) // code[BLOCK])
    while start < stop:
        rows = -(-(stop - start) // blocks)
        rows = min(-(-rows // WIDTH) * WIDTH, stop - start)
        _run_block(memory, code, columns, start, rows)
        start += rows
        blocks -= 1


@_jit
def _finish(code: Any, memory: Any, rows: int, results: Any) -> None:
    at, to = code[SUMS], code[MEANS]
    for i in range(0, code[MEANS_COUNT], WIDTH):
        mean_of_lanes(memory, at + i * WIDTH, to + i, rows)
    _run_uniform(memory, code, code[AFTER], code[AFTER_END])
    at = code[RESULTS]
    for i in range(results.size):
        results[i] = get(memory, get(code, at + i))


_entry = numba.njit(error_model="numpy", nogil=True)


@_entry
def run(
    code: Any, memory: Any, theta: Any, columns: Any, first: Any, second: Any, third: Any,
    start: int, stop: int, rows: int, results: Any,
) -> bool:  # fmt: skip
    """Run a program over the rows from start to stop; then, if `registers` is not 0, finish it.

    Finishing makes means over so many rows of the sums in `memory`, runs what depends on them, and
    fills the results with the values and gradients that the program asks for.

    Arguments:
        code, memory, theta: the program, memory as its layout makes it, the parameters.
        columns: the table that `place` fills, of inputs, then outputs.
        first, second, third: columns to place here, sooner than a call of `place` each; or empty.
        start, stop, rows: which rows, and how many there are in all. If rows is ALL, these columns
            are all there are, and all their rows are meant.
        results: an array to fill.

    Returns:
        True; False if rows is ALL, but the columns differ in length, or are empty.
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
        _begin(code, memory, theta)
        _run_rows(code, memory, columns, start, stop)
    if rows > 0:
        _finish(code, memory, rows, results)
    return True


@_entry
def place(columns: Any, k: int, column: Any) -> None:
    """Write down where in the process's memory the numbers of a column stand."""
    columns[k, 0] = column.ctypes.data
    columns[k, 1] = column.strides[0]


def _announce() -> None:
    with contextlib.suppress(OSError, ValueError):  # stderr may be closed
        print(_NOTICE, file=sys.stderr, flush=True)


_NOTICE = (
    "autograd.compile: building the machine for this processor, once; this takes some seconds ..."
)
_cache = Cache("run", build=_announce)
run._cache = _cache
place._cache = Cache("place")


@cache
def load() -> None:
    """Have the machine ready: from disk, or else built, which takes some seconds and says so."""
    none, table = np.empty(0), np.empty((0, 2), np.int64)
    run(np.zeros(HEADER, np.int64), none, none, table, none, none, none, 0, 0, 0, none)
    run.disable_compile()  # so that it refuses any array that it was not made for
    _cache.warn()
