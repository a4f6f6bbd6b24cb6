"""Neuron, Layer, MLP, Embedding: their formulas, graphs, seeds and errors."""

from __future__ import annotations

import math
import random
from typing import Any

import numpy as np
import pytest

from autograd import Value, grad
from autograd.graph import topological
from nn import ACTIVATIONS, MLP, Embedding, Layer, Module, Neuron
from tests.autograd.reference import same


def set_to(module: Module, *numbers: float) -> None:
    for p, x in zip(module.parameters(), numbers, strict=True):
        p.data = x


# ── Neuron ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_a_neuron_applies_its_activation_to_the_weighted_sum(activation: str) -> None:
    neuron = Neuron(2, activation)
    set_to(neuron, 0.5, -0.25, 0.125)
    for x, total in (([0.75, 0.5], 0.375), ([2.25, -0.5], 1.375)):  # acosh begins at 1
        z = Value(total)
        y = z if activation == "linear" else getattr(z, activation)()
        assert same(neuron(x).data, y.data)


def test_its_graph_is_a_product_per_input_one_sum_and_the_activation() -> None:
    neuron = Neuron(3)
    x = [Value(float(i)) for i in range(3)]
    y = neuron(x)
    (z,) = y.parents
    *products, b = z.parents
    assert (y.op, z.op, [p.op for p in products]) == ("relu", "+", ["*"] * 3)
    assert [p.parents for p in products] == list(zip(neuron.w, x, strict=True))
    assert b is neuron.b


def test_a_linear_neuron_has_no_activation_node() -> None:
    assert Neuron(1, "linear")([1.0]).op == Neuron(1, None)([1.0]).op == "+"


def test_the_neuron_of_the_worked_example() -> None:
    neuron = Neuron(1)
    set_to(neuron, 0.5, 1.0)
    (w,), b = neuron.w, neuron.b
    loss = 0.5 * (neuron([2]) - 3) ** 2
    assert loss.data == 0.5
    assert grad(loss, [w, b]) == [-2.0, -1.0]


def test_a_single_input_may_come_without_its_list() -> None:
    neuron = Neuron(1, "linear")
    set_to(neuron, 2.0, 1.0)
    assert neuron(3).data == neuron(Value(3)).data == neuron([3]).data == 7.0
    assert len(MLP(2, [1, 2, 1])([1.0, 2.0]).parents) == 3


def test_numpy_rows_are_inputs() -> None:
    model = MLP(2, [3, 1], seed=0)
    assert model(np.array([1.0, 2.0])).data == model([1.0, 2.0]).data
    assert model(np.array([1, 2])).data == model([Value(1), Value(2)]).data


@pytest.mark.parametrize(
    ("x", "kind", "text"),
    [
        ([1.0], ValueError, "expected 2 inputs, one for each weight, got 1"),
        ((1.0, 2.0, 3.0), ValueError, "expected 2 inputs, one for each weight, got 3"),
        (1.0, ValueError, "expected 2 inputs, one for each weight, got 1"),
        (
            np.ones((5, 2)),
            TypeError,
            r"inputs of one example, .* a batch of 5\. Call the module once",
        ),
        (np.ones((2, 2)), TypeError, "a batch of 2"),
        ([[1.0, 2.0], [3.0, 4.0]], TypeError, "a batch of 2"),
        ([[Value(1.0), Value(2.0)]], TypeError, "a batch of 1"),
        (None, TypeError, "expected a list of Values or numbers, got NoneType: None"),
        (["a", "b"], TypeError, "got str"),
    ],
)
@pytest.mark.parametrize("module", [Neuron(2), Layer(2, 3), MLP(2, [3, 1])])
def test_inputs_that_do_not_fit_are_refused(
    module: Module, x: Any, kind: type[Exception], text: str
) -> None:
    with pytest.raises(kind, match=text):
        module(x)


@pytest.mark.parametrize(
    ("make", "kind", "text"),
    [
        (lambda: Neuron(0), ValueError, "expected nin to be 1 or more, got 0"),
        (lambda: Neuron(-1), ValueError, "expected nin to be 1 or more, got -1"),
        (lambda: Neuron(2.0), TypeError, "expected an int for nin, got float: 2.0"),  # type: ignore[arg-type]
        (lambda: Neuron("2"), TypeError, "expected an int for nin, got str: '2'"),  # type: ignore[arg-type]
        (lambda: Layer(2, 0), ValueError, "expected nout to be 1 or more, got 0"),
        (lambda: MLP(2, []), ValueError, r"at least one layer in nouts, such as \[1\]"),
        (lambda: MLP(2, 3), TypeError, r"such as \[16, 16, 1\], got int: 3"),  # type: ignore[arg-type]
        (lambda: MLP(2, [3, 0]), ValueError, "expected nout to be 1 or more, got 0"),
        (lambda: MLP(0, [3]), ValueError, "expected nin to be 1 or more, got 0"),
        (lambda: Neuron(2, "rleu"), ValueError, "activation 'rleu'; choose one of linear, "),
        (lambda: MLP(2, [1], "add"), ValueError, "unknown activation 'add'; choose one of"),
        (lambda: Neuron(2, seed=1.5), TypeError, "an int, a random.Random or None for seed"),  # type: ignore[arg-type]
    ],
)  # fmt: skip
def test_invalid_sizes_and_names_are_refused(make: Any, kind: type[Exception], text: str) -> None:
    with pytest.raises(kind, match=text):
        make()


# ── Layer and MLP ────────────────────────────────────────────────────────────────────────────


def test_a_layer_of_one_gives_the_value_itself() -> None:
    assert isinstance(Layer(2, 1)([1.0, 2.0]), Value)
    assert [type(y) for y in Layer(2, 2)([1.0, 2.0])] == [Value, Value]


def test_a_layer_takes_any_iterable_once() -> None:
    layer = Layer(2, 2, seed=0)
    assert [y.data for y in layer(iter([1.0, 2.0]))] == [y.data for y in layer([1.0, 2.0])]


def test_an_mlp_is_its_layers_one_after_the_other() -> None:
    model = MLP(2, [3, 2], "tanh", seed=0)
    hidden, last = model.layers
    assert [n.activation for n in hidden.neurons] == ["tanh"] * 3
    assert [n.activation for n in last.neurons] == ["linear"] * 2
    x = [0.5, -1.0]
    assert [y.data for y in model(x)] == [y.data for y in last(hidden(x))]


def test_an_mlp_agrees_with_numpy() -> None:
    model = MLP(3, [5, 4, 2], "tanh", seed=3)
    x = np.array([0.3, -0.7, 1.1])
    y = x
    for layer in model.layers:
        w = np.array([[w.data for w in neuron.w] for neuron in layer.neurons])
        b = np.array([neuron.b.data for neuron in layer.neurons])
        y = w @ y + b
        if layer is not model.layers[-1]:
            y = np.tanh(y)
    np.testing.assert_allclose([v.data for v in model(x)], y, rtol=1e-14)


def test_a_repr_says_how_a_layer_was_made() -> None:
    assert repr(MLP(2, [16, 1], "tanh")) == "MLP(2, [16, 1], activation='tanh')"
    assert repr(Layer(2, 3)) == "Layer(2, 3, activation='relu')"
    assert repr(Neuron(2, None)) == "Neuron(2, activation='linear')"
    assert repr(Embedding(4, 2)) == "Embedding(4, 2)"
    assert repr(Embedding(["a"], 2)) == "Embedding(['a'], 2)"


# ── seeds and first values ───────────────────────────────────────────────────────────────────


def test_the_same_seed_gives_the_same_model() -> None:
    seeds: tuple[Any, ...] = (7, random.Random(7), np.int64(7))
    states = [MLP(2, [4, 1], seed=seed).state_dict() for seed in seeds]
    assert states[0] == states[1] == states[2]
    assert MLP(2, [4, 1], seed=8).state_dict() != states[0]


def test_a_generator_continues_from_one_layer_to_the_next() -> None:
    rng = random.Random(7)
    assert Neuron(2, seed=rng).state_dict() != Neuron(2, seed=rng).state_dict()


def test_without_a_seed_models_differ_and_the_seed_of_python_repeats_them() -> None:
    random.seed(1337)
    one, two = MLP(2, [4, 1]).state_dict(), MLP(2, [4, 1]).state_dict()
    random.seed(1337)
    assert MLP(2, [4, 1]).state_dict() == one != two


@pytest.mark.parametrize(("nin", "a"), [(1, 1.0), (16, 1.0), (64, 0.5), (1600, 0.1)])
def test_weights_and_biases_start_within_their_bounds(nin: int, a: float) -> None:
    layer = Layer(nin, 3200 // nin, seed=0)
    weights = [w.data for neuron in layer.neurons for w in neuron.w]
    assert 0.99 * a < max(map(abs, weights)) <= a
    assert abs(sum(w * w for w in weights) / len(weights) - a * a / 3) < 0.05 * a * a
    assert all(0.0 < abs(neuron.b.data) <= 0.5 for neuron in layer.neurons)


def test_a_linear_neuron_starts_at_half_the_weights_and_no_bias() -> None:
    neuron = Neuron(3200, "linear", seed=0)
    a = 0.5 * 4.0 / math.sqrt(3200)
    assert 0.99 * a < max(abs(w.data) for w in neuron.w) <= a
    assert neuron.b.data == 0.0


# ── Embedding ────────────────────────────────────────────────────────────────────────────────


def test_a_token_is_its_row() -> None:
    embedding = Embedding(["cat", "dog"], 3, seed=0)
    assert embedding("dog") == embedding(1) == embedding(np.int64(1)) == embedding.rows[1]
    assert embedding(1) is not embedding.rows[1]
    assert embedding.words == ["cat", "dog"]
    assert Embedding(2, 3, seed=0)(1)[0].data == embedding(1)[0].data


def test_weights_mix_the_rows() -> None:
    embedding = Embedding(3, 2)
    set_to(embedding, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0)
    p = [Value(0.5), Value(0.25), Value(0.25)]
    mixed = embedding(p)
    assert [e.data for e in mixed] == [2.5, 3.5]
    assert grad(mixed[0], p) == [1.0, 3.0, 5.0]
    assert grad(mixed[1], embedding.rows[1]) == [0.0, 0.25]
    assert [e.data for e in embedding([0, 1, 0])] == [v.data for v in embedding(1)]
    assert [e.data for e in embedding(np.array([0.0, 1.0, 0.0]))] == [3.0, 4.0]


def test_paths_are_words_or_numbers_of_rows() -> None:
    with_words, without = Embedding(["cat", "dog"], 2), Embedding(2, 2)
    assert list(with_words.state_dict()) == ["cat.0", "cat.1", "dog.0", "dog.1"]
    assert list(without.state_dict()) == ["rows.0.0", "rows.0.1", "rows.1.0", "rows.1.1"]
    for embedding in (with_words, without):
        assert [p.label for p in embedding.parameters()] == list(embedding.state_dict())


def test_rows_start_normally_distributed() -> None:
    numbers = [p.data for p in Embedding(100, 30, seed=0).parameters()]
    assert abs(sum(numbers) / 3000) < 0.06
    assert abs(math.fsum(x * x for x in numbers) / 3000 - 1.0) < 0.08


@pytest.mark.parametrize(
    ("token", "kind", "text"),
    [
        (2, IndexError, "expected a token number from 0 to 1, got 2"),
        (-1, IndexError, "expected a token number from 0 to 1, got -1"),
        ("cow", KeyError, "unknown word 'cow'; this embedding has 'cat', 'dog'"),
        ([1.0], ValueError, "expected 2 weights, one for each token, got 1"),
        ([], ValueError, "expected 2 weights, one for each token, got 0"),
        ([1], ValueError, r"got the ints \[1\]. If they are token numbers, write"),
        ([1, 0, 1], ValueError, r"expected 2 weights that are .* got the ints \[1, 0, 1\]"),
        (1.0, TypeError, r"a list of 2 weights, got float: 1\.0"),
        (Value(2.0), IndexError, "expected a token number from 0 to 1, got 2"),
        (None, TypeError, "got NoneType"),
    ],
)
def test_unknown_tokens_are_refused(token: Any, kind: type[Exception], text: str) -> None:
    with pytest.raises(kind, match=text):
        Embedding(["cat", "dog"], 2)(token)


def test_a_word_needs_an_embedding_with_words() -> None:
    with pytest.raises(KeyError, match="has no words; pass a token number instead of 'cat'"):
        Embedding(2, 2)("cat")


@pytest.mark.parametrize(
    ("tokens", "dim", "kind", "text"),
    [
        (0, 2, ValueError, "expected tokens to be 1 or more, got 0"),
        (2, 0, ValueError, "expected dim to be 1 or more, got 0"),
        ([], 2, ValueError, "at least one word"),
        (["a", "b", "a"], 2, ValueError, "the word 'a' is repeated"),
        (["a", 1], 2, TypeError, "expected a str for word 1, got int: 1"),
        ("cat", 2, TypeError, "a list of words for tokens, got str: 'cat'"),
        (2.5, 2, TypeError, "a list of words for tokens, got float: 2.5"),
    ],
)
def test_invalid_embeddings_are_refused(
    tokens: Any, dim: int, kind: type[Exception], text: str
) -> None:
    with pytest.raises(kind, match=text):
        Embedding(tokens, dim)


@pytest.mark.parametrize(("nin", "a"), [(1, 1.0), (4, 1.0), (16, 1.0), (64, 0.5)])
@pytest.mark.parametrize("activation", ["relu", "linear"])
def test_a_neuron_starts_with_the_draws_that_its_docstring_describes(
    nin: int, a: float, activation: str
) -> None:
    neuron, rng = Neuron(nin, activation, seed=7), random.Random(7)
    if activation == "linear":
        a /= 2
    assert [w.data for w in neuron.w] == [rng.uniform(-a, a) for _ in range(nin)]
    assert neuron.b.data == (0.0 if activation == "linear" else rng.uniform(-0.5, 0.5))


def test_a_neuron_takes_its_inputs_by_name_too() -> None:
    neuron = Neuron(2, seed=0)
    assert neuron(x=[1.0, 2.0]).data == neuron([1.0, 2.0]).data


# ── replaced parts ───────────────────────────────────────────────────────────────────────────


class Doubled(Neuron):
    def forward(self, x: Any) -> Value:
        return super().forward(x) * 2.0


class Negated(Layer):
    def forward(self, x: Any) -> Any:
        return [-y for y in super().forward(x)]  # type: ignore[union-attr]


def test_a_subclass_of_neuron_in_a_layer_is_called_and_marked() -> None:
    model = MLP(1, [2, 1], "tanh", seed=0)
    layer = model.layers[0]
    layer.neurons[1] = Doubled(1, "tanh", seed=1)
    _, second = layer([0.5])
    assert second.data == 2.0 * Neuron(1, "tanh", seed=1)([0.5]).data
    y = model([Value(0.5)])
    calls = [v.made_by for v in topological(y) if v.made_by is not None]
    assert [call.path for call in calls] == [
        "layers.0.neurons.0",
        "layers.0.neurons.1",
        "layers.1.neurons.0",
    ]
    assert [call.parent.path for call in calls] == ["layers.0", "layers.0", "layers.1"]
    assert {call.parent.parent.path for call in calls} == {"MLP"}


def test_a_subclass_of_layer_in_a_model_is_called_and_marked() -> None:
    model = MLP(1, [2, 1], "tanh", seed=0)
    plain = MLP(1, [2, 1], "tanh", seed=0)
    model.layers[0] = Negated(1, 2, "tanh")
    model.load_state_dict(plain.state_dict())
    y, hidden = model([0.5]), [-v for v in plain.layers[0]([0.5])]
    assert y.data == plain.layers[1](hidden).data
    assert {v.made_by.path for v in topological(y) if v.made_by is not None} == {
        "layers.0.neurons.0",
        "layers.0.neurons.1",
        "layers.0",
        "layers.1.neurons.0",
    }


def test_a_forward_set_on_a_single_layer_or_neuron_is_run() -> None:
    model = MLP(1, [2, 1], seed=0)
    setattr(model.layers[1], "forward", lambda x: x[0] * 0.0 + 7.0)  # noqa: B010
    assert model([0.5]).data == 7.0
    model = MLP(1, [1], seed=0)
    setattr(model.layers[0].neurons[0], "forward", lambda x: x[0] * 0.0 + 7.0)  # noqa: B010
    assert model([Value(0.5)]).data == 7.0


def test_a_model_and_its_layers_one_by_one_give_the_same_graph() -> None:
    model, x = MLP(2, [3, 1], "tanh", seed=0), [Value(0.5), Value(-1.0)]
    whole, parts = model(x), model.layers[1](model.layers[0](x))
    assert [(v.op, v.data) for v in topological(whole)] == [
        (v.op, v.data) for v in topological(parts)
    ]
    for v, w in zip(topological(whole), topological(parts), strict=True):
        if v.made_by is not None:
            assert v.made_by.module is w.made_by.module
            assert v.made_by.parent.module is w.made_by.parent.module
            assert v.made_by.given == w.made_by.given or v.made_by.parent.module is model.layers[1]


# ── no surprises ─────────────────────────────────────────────────────────────────────────────


def test_a_negative_seed_is_not_its_positive_one() -> None:
    # random.Random drops the sign. PyTorch's manual_seed takes −1 as 2⁶⁴ − 1, as we do.
    for make in (
        lambda seed: Neuron(3, seed=seed),
        lambda seed: Layer(3, 2, seed=seed),
        lambda seed: MLP(3, [2, 1], seed=seed),
        lambda seed: Embedding(3, 2, seed=seed),
    ):
        drawn = {seed: tuple(p.data for p in make(seed).parameters()) for seed in (-2, -1, 0, 1, 2)}
        assert len(set(drawn.values())) == 5
        assert drawn[-1] == tuple(p.data for p in make(2**64 - 1).parameters())


def test_token_numbers_are_not_mistaken_for_weights() -> None:
    embedding = Embedding(4, 2, seed=0)
    tokens: Any
    for tokens in ([0, 1, 2, 3], [3, 2, 1, 0], (1, 1, 0, 0), [0, 0, 0, 0], [2, 0, 0, 0]):
        with pytest.raises(
            ValueError, match=r"the ints \[\d.*\]\. If they are token numbers, write "
        ):
            embedding(tokens)
    with pytest.raises(ValueError, match="the ints"):
        embedding(np.array([0, 1, 2, 3]))
    with pytest.raises(ValueError, match=r"the ints \[0, 1, 2, 3, 4, 5, 6, 7\] \.\.\.\."):
        Embedding(9, 2)(range(9))


def test_weights_are_one_hot_or_floats_or_values() -> None:
    embedding = Embedding(4, 2, seed=0)
    row = [v.data for v in embedding.rows[2]]
    weights: Any
    for weights in (
        [0, 0, 1, 0],
        np.eye(4)[2],
        np.eye(4, dtype=int)[2],
        [False, False, True, False],
    ):
        assert [v.data for v in embedding(weights)] == row
    for weights in ([0.0, 1.0, 2.0, 3.0], [Value(1), 0, 2, 0], [True, True, False, False]):
        embedding(weights)
    assert embedding([1.0, 1.0, 0.0, 0.0])[0].data == sum(embedding.rows[i][0].data for i in (0, 1))
    assert len(Embedding(1, 2)([1])) == 2
