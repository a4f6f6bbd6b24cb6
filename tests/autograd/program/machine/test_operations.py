"""Every operation computes the same in programs as on its own, at the edges too."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

import autograd
from autograd import Value, grad, ops, total
from tests.autograd.reference import ROWS
from tests.thorough import THOROUGH

from ..agreement import assert_agree, assert_program_agrees, compile_loss, eager, leaves
from ..points import (
    OPERANDS,
    SPECIAL,
    any_floats,
    gradients_at,
    ordinary_columns,
    special_points,
    values_at,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from autograd.ops import Op

    from ..agreement import Build, Floats

operations = pytest.mark.parametrize(
    ("op", "n"), OPERANDS, ids=lambda x: getattr(x, "name", str(x))
)
binary_operations = pytest.mark.parametrize(
    "op", [op for op in ROWS if op.arity == 2 or op.slope is not None], ids=lambda op: op.name
)


def assert_same_zeros(found: Floats, expected: Floats) -> None:
    """Zeros have the same sign too: it decides the sign of 1/0."""
    zero = expected == 0.0
    assert (np.signbit(found[zero]) == np.signbit(expected[zero])).all()


# ── without inputs: every operand a parameter ────────────────────────────────────────────────


@pytest.mark.slow
@operations
@pytest.mark.parametrize(
    "together",
    [
        pytest.param(1000, id="many at once"),
        pytest.param(3, id="few at once"),
    ],
)
def test_an_operation_on_parameters_has_its_value_and_gradient(
    op: Op, n: int, together: int
) -> None:
    """Many operations of a kind are computed in vectors, a few one by one."""
    points = special_points(n)
    values, gradients = values_at(op, points), gradients_at(op, points)
    for start in range(0, len(points), together):
        part = slice(start, start + together)
        given = [leaves(point) for point in points[part]]
        results = [op(*operands) for operands in given]
        params = [leaf for operands in given for leaf in operands]
        found = autograd.compile(results, params=params)()[:, 0]
        assert_agree(found, values[part])
        assert_same_zeros(found, values[part])
        # In a sum of them all, the gradient with respect to an operand is that of its term.
        _, gradient = autograd.compile(total(results), params=params).value_and_grad()
        assert_agree(gradient, gradients[part].ravel())


@pytest.mark.slow
@binary_operations
def test_a_constant_may_stand_on_either_side_of_a_parameter(op: Op) -> None:
    points = special_points(2)
    for side in 0, 1:
        params = [Value(point[side]) for point in points]
        results = [
            op(p, point[1]) if side == 0 else op(point[0], p)
            for p, point in zip(params, points, strict=True)
        ]
        found = autograd.compile(results, params=params)()[:, 0]
        values = values_at(op, points)
        assert_agree(found, values)
        assert_same_zeros(found, values)
        for y in results:
            y.backward()
        _, gradient = autograd.compile(total(results), params=params).value_and_grad()
        assert_agree(gradient, [p.grad for p in params])


@operations
def test_an_operation_on_constants_only_is_computed(op: Op, n: int) -> None:
    points = special_points(n)
    results = [op(*leaves(point)) for point in points]
    found = autograd.compile(results)()[:, 0]
    assert_agree(found, values_at(op, points))
    assert_same_zeros(found, values_at(op, points))


# ── with inputs ──────────────────────────────────────────────────────────────────────────────


@operations
def test_an_operation_on_inputs_has_its_value_at_special_numbers(op: Op, n: int) -> None:
    points = special_points(n)
    inputs = [Value(0.7) for _ in range(n)]
    found = autograd.compile(op(*inputs), inputs=inputs)(*zip(*points, strict=True))
    assert_agree(found, values_at(op, points))
    assert_same_zeros(found, values_at(op, points))


@operations
def test_the_recorded_derivatives_of_an_operation_have_their_values_at_special_numbers(
    op: Op, n: int
) -> None:
    points = special_points(n)

    def slopes(point: Sequence[float]) -> tuple[list[Value], list[Value]]:
        operands = leaves(point)
        return operands, grad(op(*operands), operands, create_graph=True)

    inputs, outputs = slopes([0.7] * n)
    found = autograd.compile(outputs, inputs=inputs)(*zip(*points, strict=True))
    assert_agree(found.T, [[slope.data for slope in slopes(point)[1]] for point in points])


@pytest.mark.parametrize(
    ("op", "n"),
    [(op, op.arity or 2) for op in ROWS if op is not ops.PICK],
    ids=lambda x: getattr(x, "name", str(x)),
)
def test_an_operation_on_inputs_has_its_value_at_any_float(op: Op, n: int) -> None:
    columns = [any_floats(2000, seed) for seed in range(n)]
    if op is ops.LOG_SHARE:  # the logarithm of a share of a positive total
        columns[1] = np.abs(columns[1])
    inputs = leaves([0.7] * n)
    found = autograd.compile(op(*inputs), inputs=inputs)(*columns)
    # A few roundings apart at most: series are as long as they need to be.
    assert_agree(found, values_at(op, list(zip(*columns, strict=True))), rtol=1e-15)


@binary_operations
def test_a_constant_may_stand_on_either_side_of_an_input(op: Op) -> None:
    x = Value(0.7)
    found = autograd.compile([op(x, c) for c in SPECIAL], inputs=[x])(SPECIAL)
    expected = values_at(op, [(a, c) for c in SPECIAL for a in SPECIAL])
    assert_agree(found.ravel(), expected)
    assert_same_zeros(found.ravel(), expected)
    found = autograd.compile([op(c, x) for c in SPECIAL], inputs=[x])(SPECIAL)
    expected = values_at(op, [(c, b) for c in SPECIAL for b in SPECIAL])
    assert_agree(found.ravel(), expected)
    assert_same_zeros(found.ravel(), expected)


@binary_operations
def test_a_parameter_may_stand_on_either_side_of_an_input(op: Op) -> None:
    for side in 0, 1:
        p, x = Value(0.7), Value(1.2)
        y = op(p, x) if side == 0 else op(x, p)
        program = autograd.compile(y, params=[p], inputs=[x])
        for number in SPECIAL:
            points = [(number, b) if side == 0 else (b, number) for b in SPECIAL]
            program.theta[:] = number
            values = values_at(op, points)
            assert_agree(program(SPECIAL), values)
            assert_same_zeros(program(SPECIAL), values)
            for b, slopes in zip(SPECIAL, gradients_at(op, points), strict=True):
                assert_agree(program.value_and_grad([b])[1], slopes[[side]])


@binary_operations
def test_an_operation_differs_from_itself_with_swapped_operands(op: Op) -> None:
    columns = [np.abs(column) + 0.05 for column in ordinary_columns(op, 2, 50)]

    def build(params: list[Value], inputs: list[Value]) -> Value:
        a, b = (p * x for p, x in zip(params, inputs, strict=True))
        y: Value = op(a, b) * 3.0 + op(b, a) + op(a, a) * op(b, b)
        return y

    assert_program_agrees(build, [1.1, 0.9], columns)


@pytest.mark.slow
@pytest.mark.parametrize("op", [op for op in ROWS if op is not ops.PICK], ids=lambda op: op.name)
@pytest.mark.parametrize("column", [[], [0.8, -0.3, 1.7]], ids=["once", "for each row"])
def test_an_operation_may_follow_itself_many_times(op: Op, column: list[float]) -> None:
    """Neighbours of a kind are computed together, unless one needs the other's result."""

    def build(params: list[Value], inputs: list[Value]) -> Value:
        ends = []
        for p in params:
            y = p * inputs[0] if inputs else p
            for _ in range(20):
                y = op(y, *[0.9] * ((op.arity or 2) - 1))
            ends.append(y)
        return total(ends)

    for params in (1, 9):
        theta = [0.5 + 0.125 * k for k in range(params)]
        columns = [column] if column else []
        program, expected = compile_loss(build, theta, len(columns)), eager(build, theta, columns)
        assert_agree(program(*columns), expected.values)
        for k in range(len(expected.values)):
            found = program.value_and_grad(*[column[k : k + 1] for column in columns])
            assert_agree(found[1], expected.gradients[k])


def test_a_shift_passes_nothing_on_not_even_0_times_inf() -> None:
    def build(params: list[Value], inputs: list[Value]) -> Value:
        root = ops.SHIFT(params[0], *inputs).sqrt()  # at 0 its slope is inf
        y: Value = params[0] * 3.0 + root
        return y

    assert_program_agrees(build, [0.0], [])
    assert_program_agrees(build, [-1.0], [[0.0, -0.0, 4.0]])
    _, gradient = compile_loss(build, [0.0], 1).value_and_grad([-1.0])
    assert gradient.tolist() == [3.0]


def scaled(op: Op) -> Build:
    """The operation on inputs times parameters: varying operands, and gradients that are means."""
    return lambda p, x: p[-1] * op(*[a * b for a, b in zip(p, x, strict=False)])


def mixed(op: Op) -> Build:
    """The first operand a parameter, the others inputs."""
    return lambda p, x: op(p[0], *x[1:])


def mixed_the_other_way(op: Op) -> Build:
    return lambda p, x: op(*x[:-1], p[0])


@pytest.mark.thorough
@operations
def test_an_operation_agrees_for_any_number_of_rows_of_data(op: Op, n: int) -> None:
    counts = (1, 7, 8, 9, 64, 100, 257, 1000) if THOROUGH else (1, 9, 100)
    columns = ordinary_columns(op, n, counts[-1])
    several = [0.9, 1.1, 0.8, 0.7, 1.2][:n]
    for build, theta in (
        (scaled(op), [*several, -0.8]),
        (mixed(op), [1.3]),
        (mixed_the_other_way(op), [1.3]),
    ):
        program = compile_loss(build, theta, n)
        expected = eager(build, theta, columns)
        for count in counts:
            part = [column[:count] for column in columns]
            assert_agree(program(*part), expected.first(count).values)
            expected.first(count).assert_mean_is(program.value_and_grad(*part))


@operations
def test_a_program_differentiates_the_recorded_derivatives_of_an_operation(op: Op, n: int) -> None:
    """Second derivatives: the loss is a sum of first derivatives."""
    columns = ordinary_columns(op, n, 20)

    def build(params: list[Value], inputs: list[Value]) -> Value:
        operands = [p * x for p, x in zip(params, inputs, strict=True)]
        return total(grad(op(*operands), operands, create_graph=True))

    theta = [1.0, 0.9, 1.1, 0.8, 0.7][:n]
    program = compile_loss(build, theta, n)
    eager(build, theta, columns).assert_mean_is(program.value_and_grad(*columns))
