"""How a program is laid out: blocks that fit into the cache, memory aligned to a cache line."""

from __future__ import annotations

import numpy as np
import pytest

import autograd
import nn
from autograd import Value
from autograd.program.machine import interpreter
from autograd.program.machine.layout import CACHE, LONGEST, SHORTEST, Layout

from ..notation import read


def layout_of(*lines: str, parameters: int = 0, inputs: int = 1, rowwise: bool = True) -> Layout:
    return Layout(read("\n".join(lines)), parameters, inputs, rowwise=rowwise)


@pytest.mark.parametrize("live", [1, 28, 29, 30, 31, 32, 116, 117, 467, 468, 469, 2000])
def test_a_block_is_as_many_rows_as_fit_into_the_cache(live: int) -> None:
    """A block holds that many values, all live at once, and their sum, in whole vectors."""
    results = range(1, live + 1)
    layout = layout_of(
        "v0 = input 0",
        *(f"v{k} = parameter {k - 1}" for k in results),
        *(f"v{live + k} = v0 * v{k}" for k in results),
        f"v{2 * live + 1} = add({', '.join(f'v{live + k}' for k in results)})",
        f"output 0 = v{2 * live + 1}",
        parameters=live,
    )
    fitting = CACHE // (8 * (live + 1))
    assert layout.block == max(SHORTEST, min(LONGEST, fitting // SHORTEST * SHORTEST))
    assert isinstance(layout.block, int)


def test_memory_begins_with_theta_and_the_constants_at_a_cache_line() -> None:
    layout = layout_of(
        "v0 = parameter 0",
        "v1 = parameter 1",
        "v2 = input 0",
        "v3 = constant 2.5",
        "v4 = v2 * v3",
        "v5 = v4 * v0",
        "output 0 = v5",
        parameters=2,
    )
    assert [repr(x) for x in layout.start.tolist()] == ["0.0", "0.0", "-0.0", "1.0", "2.5"]
    assert layout.start.dtype == np.float64
    several = [layout.memory() for _ in range(20)]  # not all there by luck
    for memory in several:
        assert memory.ctypes.data % 64 == 0
        assert memory.dtype == np.float64
        assert memory[:5].tolist() == layout.start.tolist()
        assert not memory[5:].any()
    assert len({memory.ctypes.data for memory in several}) == 20


def test_results_come_back_by_number_outputs_first() -> None:
    layout = layout_of(
        "v0 = parameter 0",
        "v1 = exp(v0)",
        "v2 = -v0",
        "v3 = tanh(v0)",
        "gradient 1 = v1",
        "gradient 0 = v2",
        "output 0 = v3",
        parameters=1,
        inputs=0,
        rowwise=False,
    )
    assert layout.results == 3
    # v1, v2 and v3 follow theta and two constants, in slots 3 to 5; the last three words say that
    # the results are a run of three, which begins at slot 5 and goes backwards.
    bytecode = layout.bytecode(1)
    assert bytecode[-3:].tolist() == [5, -1, 3]
    assert bytecode.dtype == np.int32


def test_quotients_that_need_the_first_one_wait_for_it() -> None:
    """Only independent operations of a kind are computed as a vector."""
    params = [Value(float(k)) for k in range(3, 12)]
    first = params[0] / params[1]
    program = autograd.compile([first, *[p / first for p in params[2:]]], params, passes=())
    wanted = [0.75, *[p.data / 0.75 for p in params[2:]]]
    assert program()[:, 0].tolist() == pytest.approx(wanted, rel=1e-14)


def test_a_product_that_two_means_share_counts_in_both() -> None:
    """The gradient by a is the mean of x², and that by b the mean of x + x²."""
    a, b, x = (Value(1.0) for _ in range(3))
    program = autograd.compile(a * x * x + b * x + b * x * x, [a, b], [x])
    value, gradient = program.value_and_grad([1.0, 2.0])
    assert gradient.tolist() == [2.5, 4.0]
    assert value == 6.5


def layer_of(*weights: str) -> Layout:
    """Two outputs, each with its row of weights, at two positions of a sequence."""
    lines = [f"v{k} = parameter {k}" for k in range(4)]
    lines += [f"v{4 + k} = input {k}" for k in range(4)]
    for k, (one, other) in enumerate([(4, 5), (6, 7)]):
        for i, row in enumerate(weights):
            lines.append(f"v{8 + 2 * k + i} = dot([{row}], [v{one}, v{other}])")
    lines += [f"output {k} = v{8 + k}" for k in range(4)]
    return layout_of(*lines, parameters=4, inputs=4)


def packed(layout: Layout) -> list[int]:
    words = layout.bytecode(2)
    found: list[int] = words[words[interpreter.PACK] : words[interpreter.PACK_END]].tolist()
    return found


@pytest.mark.parametrize("weights", [("v0, v1", "v2, v3"), ("v0, v2", "v1, v3")])
def test_a_matrix_in_regular_places_stays_where_it_is(weights: tuple[str, str]) -> None:
    assert packed(layer_of(*weights)) == []


def test_the_rows_of_a_matrix_come_in_the_order_of_their_weights() -> None:
    lines = [f"v{k} = parameter {k}" for k in range(6)] + ["v6 = input 0", "v7 = input 1"]
    lines += [f"v{8 + k} = dot([v{i}, v{i + 1}], [v6, v7])" for k, i in enumerate((2, 0, 4))]
    lines += [f"output {k} = v{8 + k}" for k in range(3)]
    assert packed(layout_of(*lines, parameters=6, inputs=2)) == []


def test_a_matrix_that_is_used_twice_is_packed_once() -> None:
    assert packed(layer_of("v0, v3", "v2, v1")) == [0, 3, 2, 1]


@pytest.mark.parametrize(("first", "slots"), [(1000, []), (3000, [0, 3001, 3002, 6003])])
def test_a_matrix_far_apart_in_memory_is_packed(first: int, slots: list[int]) -> None:
    lines = [f"v{k} = parameter {(k % 2) * (first + 1) + (k // 2) * (first + 2)}" for k in range(4)]
    lines += ["v4 = input 0", "v5 = input 1"]
    lines += ["v6 = dot([v0, v1], [v4, v5])", "v7 = dot([v2, v3], [v4, v5])"]
    lines += ["output 0 = v6", "output 1 = v7"]
    assert packed(layout_of(*lines, parameters=2 * first + 4, inputs=2)) == slots


def test_gradients_lie_in_memory_in_the_order_of_the_parameters() -> None:
    model = nn.MLP(3, [8, 5, 1], seed=0)
    params = model.parameters()
    program = autograd.compile(lambda x: model(x) ** 2, params, shapes={"x": 3})
    assert program._training is not None
    for rows in (1, 40):
        words = program._training._layout.bytecode(rows)
        results = words[words[interpreter.RESULTS] : words[interpreter.RESULTS_END]]
        assert results[1:].tolist() == [1, 1 + len(params)]  # one run, with the loss before them
