"""Sums are split into rows of matrices, and what is added to them."""

from __future__ import annotations

import random

import numpy as np

import autograd
from autograd import Value
from autograd.program.ir import varying
from autograd.program.sums import ONE, Sums

from .notation import read


def test_a_residual_leaves_the_rows_of_a_layer_one_vector() -> None:
    code = read("""
        v0 = parameter 0
        v1 = parameter 1
        v2 = parameter 2
        v3 = input 0
        v4 = input 1
        v5 = input 2
        v6 = dot([v0, v1, v2], [v3, v4, v5], v3)
        v7 = dot([v2, v0, v1], [v3, v4, v5], v4)
        output 0 = v6
        output 1 = v7
    """)
    sums = Sums(code, varying(code))
    first, second = sums.split(6), sums.split(7)
    assert first.xs == second.xs == (3, 4, 5)
    assert (first.weights, second.weights) == ((0, 1, 2), (2, 0, 1))
    assert (first.pairs, second.pairs) == ([(ONE, 3)], [(ONE, 4)])


def test_short_sums_stay_in_one_piece() -> None:
    code = read("""
        v0 = parameter 0
        v1 = input 0
        v2 = input 1
        v3 = dot([v0], [v1], v2)
        output 0 = v3
    """)
    found = Sums(code, varying(code)).split(3)
    assert (found.xs, found.weights, found.pairs) == ((1, 2), (0, ONE), [])


def test_residual_layers_over_a_sequence_give_the_graph_s_own_numbers() -> None:
    """Enough positions to run side by side, and layers of other lengths than vectors have."""
    rng = random.Random(0)
    w = [[[Value(rng.gauss(0, 1)) for _ in range(5)] for _ in range(5)] for _ in range(2)]
    params = [v for layer in w for row in layer for v in row]

    def positions(*xs: Value) -> list[Value]:
        found: list[Value] = []
        for k in range(0, 35, 5):
            x = list(xs[k : k + 5])
            for layer in w:
                y = [autograd.dot(row, x).tanh() for row in layer]
                x = [a + autograd.dot(row, y) for a, row in zip(x, layer, strict=True)]
            found += x
        return found

    inputs = [Value(0.0) for _ in range(35)]
    outputs = positions(*inputs)
    program = autograd.compile(outputs, params, inputs)
    for rows in (1, 3, 9):
        columns = np.random.default_rng(rows).normal(size=(rows, 35))
        got = program(columns)
        for row, numbers in enumerate(columns.tolist()):
            wanted = [v.data for v in positions(*map(Value, numbers))]
            np.testing.assert_allclose(got[:, row], wanted, rtol=1e-13, atol=1e-13)
