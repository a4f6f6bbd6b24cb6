"""The machine: it lays a program out in memory and runs it as machine code.

`layout` writes a program as bytecode, with `slots` (memory for uniform values) and `rows` (the loop
over rows: `places` and `panels` hold varying values, `means` adds them up with `mean_tables`,
`batches` orders the instructions and `words` writes them). `run` runs it with `interpreter`, one
compiled function for all programs. The interpreter's loops are in `loops` (one for each operation),
`tiles` (sums of products) and `transfers` (copies); they use `lanes` (vectors of numbers) and
`memory`. `cache` keeps the compiled interpreter on disk.
"""
