"""Programs of whole models agree with their graphs: networks, classifiers, recurrences."""

from __future__ import annotations

import gc
import math
from typing import TYPE_CHECKING

import numpy as np
import pytest

import autograd
from autograd import Value, dot, logsumexp, mean, softmax, total
from nn import MLP, Embedding, Layer, Neuron, cross_entropy, mse_loss

from .agreement import Eager, assert_agree, eager, leaves
from .models import Example, line, many_operations, moons, softmax_classifier

if TYPE_CHECKING:
    from collections.abc import Callable


def assert_example_agrees(example: Example) -> None:
    program = example.compile()
    expected = example.eager()
    sizes = np.abs(expected.values).max()
    assert_agree(program(*example.columns), expected.values, sizes)
    expected.assert_mean_is(program.value_and_grad(*example.columns))


@pytest.mark.parametrize("make", [moons, softmax_classifier, line, many_operations])
def test_a_model_agrees(make: Callable[[], Example]) -> None:
    assert_example_agrees(make())


def mean_loss(example: Example) -> Value:
    """Over all rows, recorded as one graph."""
    return mean(example.loss(leaves(row)) for row in zip(*example.columns, strict=True))


@pytest.mark.parametrize("make", [moons, softmax_classifier])
@pytest.mark.slow
def test_the_mean_over_all_rows_recorded_as_one_graph_agrees(make: Callable[[], Example]) -> None:
    example = make()
    loss = mean_loss(example)
    loss.backward()
    slopes = [p.grad for p in example.params]
    program = autograd.compile(loss, params=example.params)
    value, gradient = program.value_and_grad()
    assert_agree(value, loss.data)
    # Relative to the size of what each row adds to the gradient.
    rowwise = example.eager()
    sizes = np.abs(rowwise.gradients).mean(axis=0)
    assert_agree(gradient, slopes, sizes)
    assert_agree(program(), [loss.data])
    rowwise.assert_mean_is((value, gradient))
    rowwise.assert_mean_is(example.compile().value_and_grad(*example.columns))


def test_a_softmax_recorded_at_small_logits_is_stable_at_large_ones() -> None:
    """The shift that prevents overflow is computed for each row; it is not a constant."""
    w, x = leaves([1.0, -0.5, 2.0]), leaves([0.1, 0.2, 0.3])
    logits = [a * b for a, b in zip(w, x, strict=True)]
    one_hot = leaves([0.0, 1.0, 0.0])
    loss = cross_entropy(logits, one_hot)
    rows = [
        [1000.0, -1000.0, 0.0, 0, 1, 0],
        [-1000.0, 1000.0, 1000.0, 1, 0, 0],
        [1000.0, 1000.0, 1000.0, 0, 0, 1],
        [-1000.0, -1000.0, -1000.0, 0, 0, 1],
        [0.0, 0.0, 0.0, 0, 0, 1],
        [1e300, -1e300, 1e300, 0, 1, 0],
    ]
    columns = list(np.array(rows).T)

    def build(params: list[Value], inputs: list[Value]) -> Value:
        return cross_entropy([a * b for a, b in zip(params, inputs[:3], strict=True)], inputs[3:])

    program = autograd.compile(loss, params=w, inputs=x + one_hot)
    expected = eager(build, [1.0, -0.5, 2.0], columns)
    assert np.isfinite(expected.values).all() and np.isfinite(expected.gradients).all()
    assert_agree(program(*columns), expected.values)
    expected.assert_mean_is(program.value_and_grad(*columns))
    for k in range(len(rows)):
        one = [column[k : k + 1] for column in columns]
        Eager(expected.values[k : k + 1], expected.gradients[k : k + 1]).assert_mean_is(
            program.value_and_grad(*one)
        )


@pytest.mark.parametrize("bound", [1.0, 1000.0])
def test_a_classifier_agrees_at_small_and_at_huge_numbers(bound: float) -> None:
    assert_example_agrees(softmax_classifier(scale=bound))


def test_probabilities_of_huge_logits_add_up_to_1_in_every_row() -> None:
    x = leaves([0.0, 0.1, 0.2])
    program = autograd.compile([*softmax(x), logsumexp(x)], inputs=x)
    columns = [[1000.0, -1000.0, 0.0, 1e308], [1001.0, 0.0, 0.0, -1e308], [0.0, 1e5, 0.0, 1e308]]
    found = program(*columns)
    for k, row in enumerate(zip(*columns, strict=True)):
        values = leaves(row)
        assert_agree(found[:, k], [v.data for v in [*softmax(values), logsumexp(values)]])
    assert_agree(found[:3].sum(axis=0), [1.0] * 4)


STEPS = 10_000


def recurrence(params: list[Value], inputs: list[Value]) -> Value:
    """``h ← tanh(w·h + u·x + b)``, repeated."""
    (w, u, b), (x,) = params, inputs
    h = Value(0.0)
    for _ in range(STEPS):
        h = (w * h + u * x + b).tanh()
    return h


@pytest.mark.slow
def test_a_recurrence_of_10_000_steps_agrees() -> None:
    theta, columns = [0.95, 0.3, -0.02], [[0.5, -0.1, 1.5]]
    params, x = leaves(theta), Value(0.2)
    program = autograd.compile(recurrence(params, [x]), params=params, inputs=[x])
    expected = eager(recurrence, theta, columns)
    assert_agree(program(*columns), expected.values)
    expected.assert_mean_is(program.value_and_grad(*columns))


@pytest.mark.slow
def test_a_recurrence_of_10_000_steps_without_inputs_agrees() -> None:
    params = leaves([0.95, 0.3, -0.02])
    h = recurrence(params, [Value(0.5)])
    h.backward()
    value, gradient = autograd.compile(h, params=params).value_and_grad()
    assert_agree([value, *gradient], [h.data, *[p.grad for p in params]])


@pytest.mark.slow
def test_a_recurrence_over_10_000_inputs_agrees() -> None:
    """Every step has its own input: as many columns as steps."""
    theta = [0.9, 0.4, 0.1]
    data = np.random.default_rng(5).normal(size=(STEPS, 2))

    def build(params: list[Value], inputs: list[Value]) -> Value:
        w, u, b = params
        h, loss = Value(0.0), Value(0.0)
        for x in inputs:
            h = (w * h + u * x + b).tanh()
            loss = loss + h * h
        return loss / STEPS

    params, inputs = leaves(theta), [Value(0.0) for _ in range(STEPS)]
    program = autograd.compile(build(params, inputs), params=params, inputs=inputs)
    expected = eager(build, theta, list(data))
    assert_agree(program(*data), expected.values)
    expected.assert_mean_is(program.value_and_grad(*data))


def test_an_embedding_takes_the_token_as_one_hot_columns() -> None:
    words = ["cat", "dog", "red", "blue"]
    embedding, head = Embedding(words, 3, seed=0), Layer(3, 4, "linear", seed=1)
    params = [*embedding.parameters(), *head.parameters()]
    token, target = leaves([1.0, 0.0, 0.0, 0.0]), leaves([0.0, 1.0, 0.0, 0.0])
    logits = head(embedding(token))
    assert isinstance(logits, list)
    loss = cross_entropy(logits, target)
    program = autograd.compile(loss, params=params, inputs=token + target)
    pairs = [(a, b) for a in range(4) for b in range(4)]
    columns = [*np.eye(4)[:, [a for a, _ in pairs]], *np.eye(4)[:, [b for _, b in pairs]]]
    values, gradients = [], []
    for a, b in pairs:
        for p in params:
            p.zero_grad()
        picked = head(embedding(words[a]))
        assert isinstance(picked, list)
        loss = cross_entropy(picked, b)
        loss.backward()
        values.append(loss.data)
        gradients.append([p.grad for p in params])
    expected = Eager(np.array(values), np.array(gradients))
    assert_agree(program(*columns), expected.values)
    expected.assert_mean_is(program.value_and_grad(*columns))


@pytest.mark.parametrize("n", [2, 3, 5, 1000])
def test_a_dot_product_of_any_width_agrees(n: int) -> None:
    rng = np.random.default_rng(n)
    columns = list(rng.normal(size=(n, 11)))
    w, x = leaves(rng.normal(size=n).tolist()), leaves([1.0] * n)
    b = Value(0.5)
    program = autograd.compile(dot(w, x) + b, params=[*w, b], inputs=x)
    data, weights = np.array(columns), np.array([p.data for p in w])
    assert_agree(program(*columns), weights @ data + 0.5, np.abs(weights) @ np.abs(data))
    value, gradient = program.value_and_grad(*columns)
    sizes = np.abs(data).mean(axis=1)
    assert_agree(gradient, [*data.mean(axis=1), 1.0], [*sizes, 1.0])
    assert_agree(value, (weights @ data).mean() + 0.5, float(np.abs(weights) @ sizes))


def test_a_dot_product_of_a_thousand_parameters_agrees() -> None:
    rng = np.random.default_rng(6)
    a, b = rng.normal(size=(2, 1000))
    left, right = leaves(a.tolist()), leaves(b.tolist())
    program = autograd.compile(dot(left, right), params=left + right)
    value, gradient = program.value_and_grad()
    assert_agree(value, math.fsum(a * b), np.abs(a * b).sum())
    assert (gradient == [*b, *a]).all()


def test_layers_may_share_their_weights() -> None:
    """One layer is used three times, and its first weight once more in the output."""
    layer, out = Layer(3, 3, "tanh", seed=2), Neuron(3, "linear", seed=3)
    params = [*layer.parameters(), *out.parameters()]

    def loss(inputs: list[Value]) -> Value:
        h: list[Value] | Value = inputs
        for _ in range(3):
            assert isinstance(h, list)
            h = layer(h)
        assert isinstance(h, list)
        y: Value = (out(h) * layer.neurons[0].w[0] - inputs[0]) ** 2
        return y

    rng = np.random.default_rng(7)
    columns = [rng.normal(size=50) for _ in range(3)]
    assert_example_agrees(Example(loss, params, columns, [0.1, 0.2, 0.3]))


@pytest.mark.parametrize("nouts", [[1], [2], [3, 1], [4, 5, 2], [7, 9, 1], [17, 13, 3]])
@pytest.mark.parametrize("rows", [1, 5, 8, 31, 250])
def test_layers_of_any_size_agree_over_any_number_of_rows(nouts: list[int], rows: int) -> None:
    """Matrices are cut into tiles, and every size of tile is left over at their edges."""
    model = MLP(3, nouts, "sigmoid", seed=4)
    rng = np.random.default_rng(8)

    def loss(inputs: list[Value]) -> Value:
        y = model(inputs[:3])
        return mse_loss(y if isinstance(y, list) else [y], [inputs[3]] * nouts[-1])

    columns = [rng.normal(size=rows) for _ in range(4)]
    assert_example_agrees(Example(loss, model.parameters(), columns, [0.1, 0.2, 0.3, 0.4]))


@pytest.mark.parametrize("n", [1, 2, 3, 5])
def test_a_quadratic_form_agrees(n: int) -> None:
    """Its gradient is the means of all products of two inputs, including squares."""
    rng = np.random.default_rng(n)
    pairs = [(i, j) for i in range(n) for j in range(i, n)]
    columns = [rng.normal(size=21) for _ in range(n)]
    params = leaves(rng.normal(size=len(pairs) + n).tolist())

    def loss(inputs: list[Value]) -> Value:
        squares = [p * inputs[i] * inputs[j] for p, (i, j) in zip(params, pairs, strict=False)]
        return total(
            [*squares, *[p * x for p, x in zip(params[len(pairs) :], inputs, strict=True)]]
        )

    example = Example(loss, params, columns, [0.5] * n)
    assert_example_agrees(example)
    _, gradient = example.compile().value_and_grad(*columns)
    products = [(columns[i] * columns[j]).mean() for i, j in pairs]
    assert_agree(gradient, [*products, *[column.mean() for column in columns]], 1.0)


def test_uniform_values_are_used_in_rows_and_get_gradients_from_them() -> None:
    """Uniform values enter the loop over the rows, and their gradients leave it."""

    def build(params: list[Value], inputs: list[Value]) -> Value:
        a, b, c = params
        x, y = inputs
        scale, shift = (a * b).exp(), (b - c).sigmoid()
        penalty = 0.1 * total(p * p for p in params) + (scale * shift).log()
        return ((x * scale + shift) * (y / scale) - shift).tanh() + penalty * shift + x * penalty

    rng = np.random.default_rng(9)
    theta, columns = [0.3, -0.6, 0.9], [rng.normal(size=77) for _ in range(2)]
    params, inputs = leaves(theta), leaves([0.1, 0.2])
    program = autograd.compile(build(params, inputs), params=params, inputs=inputs)
    expected = eager(build, theta, columns)
    assert_agree(program(*columns), expected.values)
    expected.assert_mean_is(program.value_and_grad(*columns))


# ── outputs of every kind ────────────────────────────────────────────────────────────────────


def test_outputs_may_be_leaves_and_may_repeat() -> None:
    p, x, c = Value(3.0), Value(5.0), Value(7.0)
    y = p * x
    program = autograd.compile([y, p, x, c, y, c * 2, x], params=[p], inputs=[x])
    assert program([1.0, 2.0]).tolist() == [
        [3.0, 6.0],
        [3.0, 3.0],
        [1.0, 2.0],
        [7.0, 7.0],
        [3.0, 6.0],
        [14.0, 14.0],
        [1.0, 2.0],
    ]
    assert program([1.0]).shape == (7, 1)


def test_a_list_of_one_output_gives_an_array_of_one_row() -> None:
    x = Value(5.0)
    assert autograd.compile([x * 2], inputs=[x])([1, 2, 3]).tolist() == [[2.0, 4.0, 6.0]]
    assert autograd.compile(x * 2, inputs=[x])([1, 2, 3]).tolist() == [2.0, 4.0, 6.0]


def test_a_loss_may_be_a_leaf() -> None:
    p, x, c = Value(3.0), Value(5.0), Value(7.0)
    for loss, values, mean_value, gradient in (
        (p, [3.0, 3.0], 3.0, 1.0),
        (x, [1.0, 2.0], 1.5, 0.0),
        (c, [7.0, 7.0], 7.0, 0.0),
    ):
        program = autograd.compile(loss, params=[p], inputs=[x])
        assert program([1.0, 2.0]).tolist() == values
        found, slopes = program.value_and_grad([1.0, 2.0])
        assert (found, slopes.tolist()) == (mean_value, [gradient])


def test_without_parameters_the_gradient_is_empty() -> None:
    x = Value(2.0)
    value, gradient = autograd.compile(x * x, inputs=[x]).value_and_grad([1.0, 3.0])
    assert (value, gradient.shape) == (5.0, (0,))


def test_without_inputs_there_is_one_row() -> None:
    p = Value(3.0)
    program = autograd.compile(p * p, params=[p])
    assert program().tolist() == [9.0]
    value, gradient = program.value_and_grad()
    assert (value, gradient.tolist()) == (9.0, [6.0])
    assert autograd.compile([p, p * p], params=[p])().tolist() == [[3.0], [9.0]]


def test_other_leaves_are_constants_with_their_data_when_compiled() -> None:
    p, x, c = Value(3.0), Value(5.0), Value(7.0)
    y = p * x + c
    c.data = 70.0
    program = autograd.compile(y, params=[p], inputs=[x])
    c.data = 700.0
    assert program([1.0]).tolist() == [73.0]


def test_compiling_and_running_leave_the_graph_alone() -> None:
    example = many_operations()
    inputs = leaves(example.at)
    loss = example.loss(inputs)
    loss.backward()
    before = loss.data, [p.grad for p in example.params], [p.data for p in example.params]
    program = autograd.compile(loss, params=example.params, inputs=inputs)
    program.theta += 1.0
    program.value_and_grad(*example.columns)
    after = loss.data, [p.grad for p in example.params], [p.data for p in example.params]
    assert before == after


@pytest.mark.parametrize("collecting", [True, False])
def test_compiling_leaves_the_garbage_collector_as_it_was(collecting: bool) -> None:
    p = Value(3.0)
    enabled = gc.isenabled()
    try:
        (gc.enable if collecting else gc.disable)()
        autograd.compile(p * p, params=[p])
        assert gc.isenabled() == collecting
        with pytest.raises(ValueError, match="repeated"):
            autograd.compile(p * p, params=[p, p])
        assert gc.isenabled() == collecting
    finally:
        (gc.enable if enabled else gc.disable)()


@pytest.mark.slow
def test_a_chain_of_300_000_operations_agrees() -> None:
    p = Value(0.5)
    y = p
    for k in range(150_000):
        y = (y * 0.999 + p) if k % 2 else (y - 0.001 * k / 150_000).tanh()
    y.backward()
    value, gradient = autograd.compile(y, params=[p]).value_and_grad()
    assert_agree([value, *gradient], [y.data, p.grad])
