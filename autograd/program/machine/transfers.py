"""The loops that copy numbers: between columns and rows, from tables, and from row to row."""

from __future__ import annotations

import math
from typing import Any

from .memory import WIDTH, get, jit, put, read, write

__all__ = ["gather", "load_columns", "look_up", "scatter", "store_columns"]


@jit
def load_columns(
    memory: Any, bytecode: Any, pc: int, n: int, columns: Any, row: int, rows: int, block: int
) -> int:
    """Load rows of columns; fill a block to whole vectors with the last number."""
    for _ in range(n):
        to, column = get(bytecode, pc), get(bytecode, pc + 1)
        pc += 2
        step = columns[column, 1]
        address = columns[column, 0] + row * step
        for r in range(rows):
            memory[to + r] = read(address + r * step)
        for r in range(rows, min(-(-rows // WIDTH) * WIDTH, block)):
            memory[to + r] = memory[to + rows - 1]
    return pc


@jit
def store_columns(
    memory: Any, bytecode: Any, pc: int, n: int, columns: Any, row: int, rows: int
) -> int:
    """Write rows to columns."""
    for _ in range(n):
        source, column = get(bytecode, pc), get(bytecode, pc + 1)
        pc += 2
        step = columns[column, 1]
        address = columns[column, 0] + row * step
        for r in range(rows):
            write(address + r * step, memory[source + r])
    return pc


@jit
def gather(memory: Any, bytecode: Any, pc: int, n: int, block: int) -> int:
    """Copy scattered rows into panels."""
    for _ in range(n):
        to, count = get(bytecode, pc), get(bytecode, pc + 1)
        pc += 2
        if block == 1:
            for k in range(count):
                put(memory, to + k, get(memory, get(bytecode, pc + k)))
        else:
            for k in range(count):
                source = get(bytecode, pc + k)
                for r in range(block):
                    put(memory, to + k * block + r, get(memory, source + r))
        pc += count
    return pc


@jit
def look_up(memory: Any, bytecode: Any, pc: int, n: int, vectors: int) -> int:
    """Look up entries of tables: ``out[r] = table[index[r]]``, and nan if there is no such entry.

    Each instruction has the addresses of the rows of its result and of the index, where the table
    begins, how far its entries are from one another, and how many there are.
    """
    for _ in range(n):
        to, index, table = get(bytecode, pc), get(bytecode, pc + 1), get(bytecode, pc + 2)
        step, count = get(bytecode, pc + 3), get(bytecode, pc + 4)
        pc += 5
        for r in range(vectors * WIDTH):
            x = get(memory, index + r)
            y = math.nan
            if 0.0 <= x < count and math.floor(x) == x:
                y = get(memory, table + int(x) * step)
            put(memory, to + r, y)
    return pc


@jit
def scatter(memory: Any, bytecode: Any, pc: int, n: int, rows: int, block: int) -> int:
    """Add numbers to the sums over rows that an index chooses: ``sum[index[r]] += x[r]``.

    Each instruction has the addresses of the rows of the index and of x, how many rows their panels
    have, and how many sums there are; then the address of each sum, or −1.
    """
    for _ in range(n):
        index, x, width = get(bytecode, pc), get(bytecode, pc + 1), get(bytecode, pc + 2)
        count = get(bytecode, pc + 3)
        pc += 4
        for first in range(0, block * width, block):
            for r in range(rows):
                i = get(memory, index + first + r)
                if 0.0 <= i < count and math.floor(i) == i:
                    at = get(bytecode, pc + int(i))
                    if at >= 0:
                        at += 0 if block == 1 else r % WIDTH  # in the lane of this row
                        put(memory, at, get(memory, at) + get(memory, x + first + r))
        pc += count
    return pc
