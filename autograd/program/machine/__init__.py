"""The machine: it lays a program out in memory and runs it as machine code.

`layout` writes a program as bytecode, with `slots` (memory for uniform values) and `registers`
(rows for varying ones). `run` runs it with `interpreter`, one compiled function for all programs.
The interpreter's loops are in `loops` (one for each operation) and `tiles` (sums of products); both
use `lanes` (vectors of numbers) and `memory`. `cache` keeps the compiled interpreter on disk.
"""
