"""The inner loops for sums of products, in tiles. Programs spend most of their time here.

A *tile* is a small block of sums that fits into the processor's registers and stays there while
rows and terms stream past. Each number that is read is used several times, so that arithmetic takes
the time and not memory access.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

from .memory import F64, I64, VECTOR, WIDTH, Emitter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = [
    "dot_tile", "mean_of_lanes", "mean_tile", "of_size", "row_dot_tile", "single_mean_tile",
]  # fmt: skip

SPREADS_WHILE_MULTIPLYING = WIDTH == 8
"""Whether a multiplication can read one number and spread it over all lanes, as in AVX-512.

A tile that rounds its products takes twice as many steps as one that does not. Without the extra
steps that spread the weights, it takes no more time.
"""


def dot_tile(
    e: Emitter, outputs: int, vectors: int, x: Any, terms: Any, w: Any, across: Any, along: Any,
    last: Any, step: Any, out: Any, row: Any,
) -> None:  # fmt: skip
    """A matrix times rows: ``out[i] = Σ_t weight[i][t] · x[t] + last[i]``.

    Every product is rounded, and the terms are added from left to right, as in a graph.

    Arguments:
        outputs, vectors: the tile's size: rows of the matrix, and vectors of WIDTH numbers.
        x, terms: where the addresses of x are in the bytecode, and how many there are.
        w, across, along: where weight[0][0] is in memory, and how far from it the next row of the
            matrix and the next column are.
        last, step: where last[0] is in memory, and how far from it the next one is.
        out: where the addresses of out are in the bytecode.
        row: the first row of the block to compute.
    """
    builder = e.builder
    sums = [e.sums(vectors) for _ in range(outputs)]
    weights_at = [e.plus(w, builder.mul(across, I64(i))) for i in range(outputs)]

    def each_product(t: Any) -> Iterator[tuple[Any, Any, Any]]:
        at = e.plus(e.word(x, t), row)
        xs = [e.load(e.plus(at, j * WIDTH)) for j in range(vectors)]
        column = builder.mul(along, t)
        for i in range(outputs):
            for j in range(vectors):
                if j == 0 or SPREADS_WHILE_MULTIPLYING:
                    e.forget()
                    weight = e.spread(e.plus(weights_at[i], column))
                yield sums[i][j], weight, xs[j]

    for total, weight, number in each_product(I64(0)):
        builder.store(builder.fmul(weight, number), total)
    with cgutils.for_range_slice(builder, I64(1), terms, I64(1), I64) as (t, _):
        for total, weight, number in each_product(t):
            e.add_product(total, weight, number)
    for i in range(outputs):
        at = e.plus(e.word(out, I64(i)), row)
        added = e.spread(e.plus(last, builder.mul(step, I64(i))))
        for j in range(vectors):
            e.store(builder.fadd(builder.load(sums[i][j]), added), e.plus(at, j * WIDTH))


def row_dot_tile(
    e: Emitter, vectors: int, ab: Any, terms: Any, first: Any, out: Any, row: Any
) -> None:
    """Products of rows: ``out = first + Σ_t a[t] · b[t]``, from left to right.

    Arguments:
        vectors: the tile's size, in vectors of WIDTH numbers.
        ab, terms: where the addresses of a[0], b[0], a[1], … are in the bytecode; how many pairs.
        first, out: their addresses.
        row: the first row of the block to compute.
    """
    builder = e.builder
    sums = e.sums(vectors)
    for j, total in enumerate(sums):
        builder.store(e.load(e.plus(first, row, j * WIDTH)), total)
    with cgutils.for_range(builder, terms) as loop:
        pair = e.plus(ab, e.times(loop.index, 2))
        a, b = e.plus(e.word(pair), row), e.plus(e.word(pair, 1), row)
        for j, total in enumerate(sums):
            x, y = e.load(e.plus(a, j * WIDTH)), e.load(e.plus(b, j * WIDTH))
            e.add_product(total, x, y)
    for j, total in enumerate(sums):
        e.store(builder.load(total), e.plus(out, row, j * WIDTH))


def mean_tile(
    e: Emitter, lefts: int, rights: int, a: Any, b: Any, s: Any, across: Any, begin: Any, end: Any
) -> None:
    """Sums over rows of all products of two lists: ``sum[i][j] += Σ_row a[i][row] · b[j][row]``.

    Each sum stays spread over the WIDTH lanes of a vector: lane l has the rows l, l + WIDTH, …. No
    graph prescribes the order of a sum over rows, so products need not be rounded.

    Arguments:
        lefts, rights: the tile's size: how many a and how many b.
        a, b: where their addresses are in the bytecode.
        s, across: where the first sum is in memory, and how far from it the next a's sums are; the
            sums of one a follow one another.
        begin, end: which numbers of each row to add up.
    """
    builder = e.builder
    lefts_at = [e.word(a, I64(i)) for i in range(lefts)]
    rights_at = [e.word(b, I64(j)) for j in range(rights)]
    sums = [e.sums(rights) for _ in range(lefts)]
    for i in range(lefts):
        for j in range(rights):
            builder.store(ir.Constant(VECTOR, [0.0] * WIDTH), sums[i][j])

    def add_products(first: Any, chosen: Callable[[Any], Any]) -> None:
        xs = [chosen(e.load(e.plus(at, first))) for at in lefts_at]
        ys = [chosen(e.load(e.plus(at, first))) for at in rights_at]
        for i, x in enumerate(xs):
            for j, y in enumerate(ys):
                e.add_unrounded_product(sums[i][j], x, y)

    count = builder.sub(end, begin)
    whole = builder.sdiv(count, I64(WIDTH))
    with cgutils.for_range(builder, whole) as loop:
        add_products(e.plus(begin, e.times(loop.index, WIDTH)), lambda vector: vector)
    left_over = builder.srem(count, I64(WIDTH))
    with builder.if_then(builder.icmp_signed(">", left_over, I64(0))):
        integers = ir.VectorType(I64, WIDTH)
        lane = ir.Constant(integers, list(range(WIDTH)))
        real = builder.icmp_signed("<", lane, e.lanes(left_over, integers))
        zero = ir.Constant(VECTOR, [0.0] * WIDTH)
        left = e.plus(begin, e.times(whole, WIDTH))
        add_products(left, lambda vector: builder.select(real, vector, zero))
    for i, row in enumerate(sums):
        at = e.plus(s, builder.mul(across, I64(i)))
        for j, total in enumerate(row):
            here = e.plus(at, j * WIDTH)
            e.store(builder.fadd(e.load(here), builder.load(total)), here)


def single_mean_tile(
    e: Emitter, lefts: int, a: Any, b: Any, rights: Any, s: Any, across: Any, width: Any
) -> None:
    """`mean_tile` for a single row of data: ``sum[i][j] += Σ_k a[i][k] · b[j][k]``, k in a panel.

    A sum is one number, and a vector holds the sums of one a side by side, so that nothing is left
    to add up. What is added up are the rows of a panel, in order.

    Arguments:
        lefts: the tile's size: how many a.
        a, b: where the addresses of their panels are in the bytecode.
        rights: how many b, from 1 to WIDTH.
        s, across: as for `mean_tile`.
        width: how many rows a panel has.
    """
    builder = e.builder
    lefts_at = [e.word(a, I64(i)) for i in range(lefts)]
    last = builder.sub(rights, I64(1))  # lanes without a b repeat the last one
    is_used = [builder.icmp_signed("<", I64(j), rights) for j in range(WIDTH)]
    rights_at = [e.word(b, builder.select(used, I64(j), last)) for j, used in enumerate(is_used)]
    sums = e.sums(lefts)
    for total in sums:
        builder.store(ir.Constant(VECTOR, [0.0] * WIDTH), total)
    with cgutils.for_range(builder, width) as loop:
        ys = ir.Constant(VECTOR, ir.Undefined)
        for j, at in enumerate(rights_at):
            ys = builder.insert_element(ys, e.number(e.plus(at, loop.index)), I64(j))
        for total, at in zip(sums, lefts_at, strict=True):
            e.add_unrounded_product(total, e.spread(e.plus(at, loop.index)), ys)
    starts = [e.plus(s, builder.mul(across, I64(i))) for i in range(lefts)]
    found = [builder.load(total) for total in sums]
    with builder.if_else(is_used[-1]) as (whole, part):
        with whole:
            for numbers, at in zip(found, starts, strict=True):
                e.store(builder.fadd(e.load(at), numbers), at)
        with part:
            for j in range(WIDTH - 1):
                with builder.if_then(is_used[j]):
                    for numbers, at in zip(found, starts, strict=True):
                        number, here = builder.extract_element(numbers, I64(j)), e.plus(at, j)
                        e.put(builder.fadd(e.number(here), number), here)


def _fold(builder: Any, vectors: list[Any]) -> Any:
    """A vector of WIDTH numbers, of which the k-th is the sum of the lanes of vector k.

    Two vectors at a time are folded into one, each taking half of its lanes.
    """

    def fold(a: Any, b: Any, step: int) -> Any:
        halves = []
        for half in (0, step):
            lanes = [
                lane % (2 * step) % step + lane // (2 * step) * 2 * step + half
                + (WIDTH if lane % (2 * step) >= step else 0)
                for lane in range(WIDTH)
            ]  # fmt: skip
            order = ir.Constant(ir.VectorType(ir.IntType(32), WIDTH), lanes)
            halves.append(builder.shuffle_vector(a, b, order))
        return builder.fadd(*halves)

    while len(vectors) > 1:
        step = len(vectors) // 2
        vectors = [fold(vectors[k], vectors[k + step], step) for k in range(step)]
    return vectors[0]


def of_size(tile: Callable[..., None], *sizes: tuple[int, ...]) -> Callable[..., None]:
    """A function that numba can compile, which runs the tile in a size chosen at run time.

    Its arguments are `memory`, `bytecode`, the size (a tuple, one of `sizes`), and a tuple of what
    the tile takes after its size. Any other size runs the last of `sizes`.
    """
    base = 1 + max(n for size in sizes for n in size)

    @intrinsic
    def run(typing: Any, memory: Any, bytecode: Any, size: Any, others: Any) -> Any:
        signature = types.void(memory, bytecode, size, others)

        def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            memory, bytecode, asked, others = arguments
            e = Emitter(context, builder, signature, memory, bytecode)
            blocks = [builder.append_basic_block(f"{tile.__name__}{size}") for size in sizes]
            end = builder.append_basic_block("end")
            number: Any = I64(0)
            for n in cgutils.unpack_tuple(builder, asked):
                number = e.plus(e.times(number, base), n)
            rest = cgutils.unpack_tuple(builder, others)
            switch = builder.switch(number, blocks[-1])
            for size, block in zip(sizes, blocks, strict=True):
                if block is not blocks[-1]:
                    case = sum(n * base**k for k, n in enumerate(reversed(size)))
                    switch.add_case(I64(case), block)
                builder.position_at_end(block)
                tile(e, *size, *rest)
                builder.branch(end)
            builder.position_at_end(end)
            return context.get_dummy_value()

        return signature, emit

    return run  # type: ignore[no-any-return]


@intrinsic
def mean_of_lanes(typing: Any, memory: Any, index: Any, to: Any, rows: Any) -> Any:
    """Add up the lanes of each of WIDTH vectors, from `index` in `memory`, and divide by `rows`.

    The means form one vector, stored at `to`; lane k is the mean of vector k.
    """

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        memory, index, to, rows = arguments
        data = context.make_array(signature.args[0])(context, builder, memory).data

        def at(index: Any) -> Any:
            return builder.bitcast(builder.gep(data, [index]), VECTOR.as_pointer())

        vectors = [
            builder.load(at(builder.add(index, I64(k * WIDTH))), align=8) for k in range(WIDTH)
        ]
        count = builder.sitofp(rows, F64)
        one = builder.insert_element(ir.Constant(VECTOR, ir.Undefined), count, I64(0))
        order = ir.Constant(ir.VectorType(ir.IntType(32), WIDTH), [0] * WIDTH)
        counts = builder.shuffle_vector(one, ir.Constant(VECTOR, ir.Undefined), order)
        builder.store(builder.fdiv(_fold(builder, vectors), counts), at(to), align=8)
        return context.get_dummy_value()

    return types.void(memory, types.int64, types.int64, types.int64), emit
