"""The machine: it lays a program out in memory and runs it as machine code.

`layout` writes a program as bytecode, with `slots` (memory for uniform values) and `registers`
(rows for varying ones, in `panels`; `batches`, `mean_tables` and `words` help it). `run` runs it
with `interpreter`, one compiled function for all programs. The interpreter's loops are in `loops`
(one for each operation), `tiles` (sums of products) and `transfers` (copies); they use `lanes`
(vectors of numbers) and `memory`. `cache` keeps the compiled interpreter on disk.
"""
