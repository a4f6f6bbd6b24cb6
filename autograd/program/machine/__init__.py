"""The machine: what lays a program out in memory, and runs it as machine code.

`run` holds a program ready to run: `layout` (with `registers`) has written it as bytecode, which
`interpreter` executes, one compiled function for all programs. Its loops are in `loops` (a loop for
each operation) and `tiles` (sums of products); they are made of `lanes` (vectors of numbers) and
`memory`. `cache` keeps the compiled interpreter on disk.
"""
