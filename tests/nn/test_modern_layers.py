"""Norms, dropout, attention and sequences: each is its formula, eagerly and as a program."""

from __future__ import annotations

import copy
import math
import pickle
import random
from typing import Any

import numpy as np
import pytest

import autograd
import nn
from autograd import Value, gradcheck
from viz import draw


def numbers(n: int, seed: int = 0) -> list[float]:
    rng = random.Random(seed)
    return [rng.uniform(-1.5, 1.5) for _ in range(n)]


def leaves(n: int, seed: int = 0) -> list[Value]:
    return [Value(x, label=f"x{i + 1}") for i, x in enumerate(numbers(n, seed))]


def flat(y: Any) -> list[Any]:
    return [v for part in y for v in flat(part)] if isinstance(y, list | tuple) else [y]


def data(y: Any) -> list[float]:
    return [v.data for v in flat(y)]


def loss_of(y: Any) -> Value:
    """Different weights, so that no symmetry hides a mistake."""
    return autograd.total((k + 1) * v * v + v for k, v in enumerate(flat(y)))


def scatter(module: nn.Module, seed: int = 3) -> Any:
    """The module, with random numbers for parameters, so that none is 0 or 1."""
    rng = random.Random(seed)
    for p in module.parameters():
        p.data = rng.uniform(-1.0, 1.0)
    return module


def rows(x: list[Any], dim: int) -> list[list[Any]]:
    return [x[i : i + dim] for i in range(0, len(x), dim)]


# For each layer: the module, how many inputs, and how it is called with a flat list of them.
LAYERS: dict[str, tuple[Any, int, Any]] = {
    "LayerNorm": (scatter(nn.LayerNorm(4)), 4, lambda m, x: m(x)),
    "RMSNorm": (scatter(nn.RMSNorm(4)), 4, lambda m, x: m(x)),
    "Dropout": (nn.Dropout(0.5, seed=0).eval(), 3, lambda m, x: m(x)),
    "Attention": (scatter(nn.Attention(4, heads=2)), 12, lambda m, x: m(rows(x, 4))),
    "causal Attention": (scatter(nn.Attention(2, causal=True)), 6, lambda m, x: m(rows(x, 2))),
    "Sequential": (
        scatter(nn.Sequential(nn.Layer(3, 4, None), nn.LayerNorm(4), "gelu", nn.Layer(4, 2, None))),
        3,
        lambda m, x: m(x),
    ),
}
layers = pytest.mark.parametrize(("module", "n", "call"), LAYERS.values(), ids=LAYERS)


@layers
def test_gradients_are_those_of_finite_differences(module: Any, n: int, call: Any) -> None:
    assert gradcheck(lambda *x: loss_of(call(module, list(x))), *numbers(n))


@layers
def test_gradients_of_parameters_are_those_of_finite_differences(
    module: Any, n: int, call: Any
) -> None:
    x = numbers(n)
    if module.parameters():
        loss_of(call(module, x)).backward()
    for p in module.parameters():
        gradient, h, start = p.grad, 1e-6, p.data
        p.data = start + h
        above = loss_of(call(module, x)).data
        p.data = start - h
        below = loss_of(call(module, x)).data
        p.data = start
        assert gradient == pytest.approx((above - below) / (2 * h), rel=1e-6, abs=1e-7)
    module.zero_grad()


@layers
def test_programs_compute_the_same(module: Any, n: int, call: Any) -> None:
    x = leaves(n)
    loss = loss_of(call(module, x))
    module.zero_grad()
    loss.backward()
    program = autograd.compile(loss, module.parameters(), x)
    value, gradient = program.value_and_grad(*([v.data] for v in x))
    assert value == pytest.approx(loss.data, rel=1e-12)
    assert gradient == pytest.approx([p.grad for p in module.parameters()], rel=1e-10, abs=1e-14)
    other = [numbers(n, seed) for seed in (7, 8)]
    expected = [loss_of(call(module, row)).data for row in other]
    assert program(*np.array(other).T) == pytest.approx(expected, rel=1e-12)


@layers
def test_modules_are_copied_pickled_and_stored(module: Any, n: int, call: Any) -> None:
    x = numbers(n)
    for twin in (copy.deepcopy(module), pickle.loads(pickle.dumps(module))):
        assert data(call(twin, x)) == data(call(module, x))
        twin.load_state_dict(module.state_dict())
        paths = [path for path, _ in twin.named_parameters()]
        assert len(set(paths)) == len(paths) == len(twin.parameters())


@layers
def test_a_picture_by_layer_names_each_layer(module: Any, n: int, call: Any) -> None:
    loss = loss_of(call(module, leaves(n)))
    source = draw(loss, detail="layer").source
    if isinstance(module, nn.Attention):  # one box, and what it computes is inside
        assert "query" not in source and "exp" not in source
    if not isinstance(module, nn.Dropout):  # which passes its inputs on
        assert type(module).__name__ in source


# ── norms ────────────────────────────────────────────────────────────────────────────────────


def test_a_layer_norm_gives_mean_0_and_variance_1() -> None:
    y = np.array(data(nn.LayerNorm(5, eps=1e-12)(numbers(5))))
    assert y.mean() == pytest.approx(0.0, abs=1e-12) and y.var() == pytest.approx(1.0)


def test_norms_are_their_formulas() -> None:
    x = np.array(numbers(4))
    for norm in (LAYERS["LayerNorm"][0], LAYERS["RMSNorm"][0]):
        w = np.array(data(norm.w))
        if isinstance(norm, nn.LayerNorm):
            expected = w * (x - x.mean()) / np.sqrt(x.var() + 1e-5) + np.array(data(norm.b))
        else:
            expected = w * x / np.sqrt((x * x).mean() + 1e-5)
        assert data(norm(x)) == pytest.approx(list(expected), rel=1e-12)


def test_inputs_that_are_all_equal_are_normalised_without_a_division_by_zero() -> None:
    assert data(nn.LayerNorm(3)([2.0, 2.0, 2.0])) == [0.0, 0.0, 0.0]
    assert data(nn.RMSNorm(2)([0.0, 0.0])) == [0.0, 0.0]


def test_parameters_of_norms_have_the_paths_of_their_formulas() -> None:
    assert list(nn.LayerNorm(2).state_dict()) == ["w1", "w2", "b1", "b2"]
    assert list(nn.RMSNorm(2).state_dict()) == ["w1", "w2"]


# ── dropout ──────────────────────────────────────────────────────────────────────────────────


def test_dropout_leaves_out_a_part_and_keeps_the_mean() -> None:
    y = data(nn.Dropout(0.25, seed=0)([1.0] * 4000))
    assert set(y) == {0.0, 1 / 0.75}
    assert y.count(0.0) / 4000 == pytest.approx(0.25, abs=0.03)
    assert math.fsum(y) / 4000 == pytest.approx(1.0, abs=0.04)


def test_what_is_left_out_gets_no_gradient_even_next_to_an_infinity() -> None:
    x = [Value(1.0) for _ in range(50)]
    y = nn.Dropout(0.5, seed=1)(x)
    autograd.total(y).backward()
    assert [v.grad for v in x] == data(y) and set(data(y)) == {0.0, 2.0}
    gone = nn.Dropout(1.0)(Value(math.inf))
    (gone * math.inf).backward()
    assert gone.data == 0.0


def test_each_call_draws_anew_and_a_seed_repeats_the_drawings() -> None:
    def drawings(seed: Any) -> list[list[float]]:
        dropout = nn.Dropout(0.5, seed=seed)
        return [data(dropout([1.0] * 20)) for _ in range(3)]

    first, second, third = drawings(4)
    assert first != second != third
    assert drawings(4) == [first, second, third] == drawings(random.Random(4))
    assert drawings(5) != drawings(4)


def test_probabilities_of_0_and_1() -> None:
    assert data(nn.Dropout(0.0)([1.0, 2.0])) == [1.0, 2.0]
    assert data(nn.Dropout(1.0)([1.0, math.nan])) == [0.0, 0.0]
    for p in (-0.1, 1.1, math.nan):
        with pytest.raises(ValueError, match="expected p to be from 0 to 1, got "):
            nn.Dropout(p)


def test_a_value_gives_a_value_and_a_list_a_list() -> None:
    dropout = nn.Dropout(0.5, seed=0)
    for module in (dropout, copy.deepcopy(dropout).eval()):
        assert isinstance(module(Value(1.0)), Value) and isinstance(module(1.0), Value)
        assert isinstance(module([Value(1.0)]), list) and isinstance(module((1.0,)), list)


def test_rows_go_through_a_dropout_as_they_are() -> None:
    model = nn.Sequential(nn.Attention(2, seed=0), nn.Dropout(0.5, seed=0), "tanh")
    y = model([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    assert [len(row) for row in y] == [2, 2, 2]
    assert 0 < data(y).count(0.0) < 6
    assert data(nn.Dropout(0.0)([[1.0, 2.0], [3.0, 4.0]])) == [1.0, 2.0, 3.0, 4.0]
    assert isinstance(nn.Dropout(0.5)(np.float32(1.0)), Value)
    with pytest.raises(TypeError, match="expected a list of Values or numbers, got NoneType"):
        nn.Dropout(0.5)([None])


def test_a_program_refuses_a_dropout_that_is_training() -> None:
    x, dropout = leaves(2), nn.Dropout(0.5, seed=0)
    with pytest.raises(ValueError, match="Dropout draws anew") as caught:
        autograd.compile(loss_of(dropout(x)), [], x)
    assert str(caught.value) == (
        "Dropout draws anew in each call, but a program would repeat one drawing in every row; "
        "call model.eval() before autograd.compile, or train without a program"
    )
    with pytest.raises(ValueError, match="such as a dropout mask"):
        autograd.compile(lambda a, b: loss_of(dropout([a, b])))
    autograd.compile(loss_of(dropout.eval()(x)), [], x)


def test_a_recorded_dropout_is_differentiated_twice_copied_and_drawn() -> None:
    x = Value(3.0, label="x")
    y = nn.Dropout(0.5, seed=2)(x) ** 3
    (slope,) = autograd.grad(y, [x], create_graph=True)
    assert autograd.grad(slope, [x]) == [pytest.approx(8 * 6 * 3.0)]
    assert copy.deepcopy(y).data == pickle.loads(pickle.dumps(y)).data == y.data == 216.0
    assert "dropout" in draw(y, detail="scalar").source


def test_train_and_eval_reach_every_module() -> None:
    class Model(nn.Module):
        def __init__(self) -> None:
            self.parts = {"a": [nn.Dropout(0.5)], "b": nn.Sequential(nn.Dropout(0.5), "relu")}

    model = Model()
    assert model.training and model.eval() is model
    assert {m.training for _, m in model.named_modules()} == {False}
    assert not copy.deepcopy(model).parts["b"].training  # type: ignore[attr-defined]
    assert model.train() is model
    assert {m.training for _, m in model.named_modules()} == {True}
    with pytest.raises(TypeError, match="expected True or False for mode, got str: 'no'"):
        model.train("no")  # type: ignore[arg-type]
    assert model.state_dict() == {}


# ── attention ────────────────────────────────────────────────────────────────────────────────


def attention_of(module: nn.Attention, x: Any) -> Any:
    """Attention in NumPy, as matrices."""

    def linear(layer: nn.Layer, x: Any) -> Any:
        weights = np.array([data(neuron.w) for neuron in layer.neurons])
        return x @ weights.T + np.array([neuron.b.data for neuron in layer.neurons])

    q, k, v = (linear(layer, np.array(x)) for layer in (module.query, module.key, module.value))
    d = module.dim // module.heads
    heads = []
    for h in range(module.heads):
        at = slice(h * d, (h + 1) * d)
        scores = q[:, at] @ k[:, at].T / math.sqrt(d)
        if module.causal:
            scores[np.triu_indices(len(x), 1)] = -math.inf
        shares = np.exp(scores)
        heads.append(shares / shares.sum(axis=1, keepdims=True) @ v[:, at])
    return linear(module.out, np.concatenate(heads, axis=1))


@pytest.mark.parametrize("heads", [1, 2, 4])
@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("positions", [1, 3])
def test_attention_is_its_formula(heads: int, causal: bool, positions: int) -> None:
    module = scatter(nn.Attention(4, heads, causal))
    x = rows(numbers(4 * positions), 4)
    assert np.array([data(row) for row in module(x)]) == pytest.approx(
        attention_of(module, x), rel=1e-12
    )


def test_a_causal_attention_does_not_see_later_positions() -> None:
    x = rows(leaves(6), 2)
    y = LAYERS["causal Attention"][0](x)
    loss_of(y[1]).backward()
    assert all(v.grad for v in flat(x[:2])) and not any(v.grad for v in x[2])


def test_attention_of_one_number_a_position() -> None:
    module = scatter(nn.Attention(1))
    expected = attention_of(module, [[1.0], [2.0]])
    assert data(module([[1.0], [2.0]])) == pytest.approx(list(expected.ravel()))
    assert [len(row) for row in module([1.0, 2.0])] == [1, 1]


# ── sequences ────────────────────────────────────────────────────────────────────────────────


def test_a_sequence_calls_modules_functions_and_activations_in_order() -> None:
    layer = nn.Layer(2, 3, None, seed=0)
    model = nn.Sequential(layer, "tanh", autograd.softmax, lambda p: p[1])
    expected = autograd.softmax([v.tanh() for v in layer([0.5, -1.0])])[1]
    assert model([0.5, -1.0]).data == expected.data
    assert data(nn.Sequential("relu", "linear")([[-1.0], [2.0]])) == [0.0, 2.0]
    assert len(model) == 4 and model[0] is layer


def test_parameters_of_a_sequence_have_paths_by_place() -> None:
    model = nn.Sequential(nn.LayerNorm(1), "relu", nn.Layer(1, 1, None))
    assert list(model.state_dict()) == [
        "layers.0.w1", "layers.0.b1", "layers.2.neurons.0.w1", "layers.2.neurons.0.b",
    ]  # fmt: skip
    assert model.parameters()[0] is model[0].w[0]


# ── errors ───────────────────────────────────────────────────────────────────────────────────


REFUSALS: list[tuple[Any, type[Exception], str]] = [
    (lambda: nn.LayerNorm(0), ValueError, "expected n to be 1 or more, got 0"),
    (lambda: nn.RMSNorm(2, eps=0.0), ValueError, "expected eps to be above 0 and finite, got 0.0"),
    (lambda: nn.LayerNorm(2)([1.0]), ValueError, "expected 2 inputs, got 1"),
    (lambda: nn.RMSNorm(2)([[1.0, 2.0]]), TypeError,
     "expected the inputs of one example, numbers or Values, got a batch of 1. Call the module "
     "once for each: [model(row) for row in rows]."),
    (lambda: nn.Attention(4, heads=3), ValueError,
     "expected dim to be a multiple of heads, got dim=4 and heads=3"),
    (lambda: nn.Attention(4, causal=1), TypeError,  # type: ignore[arg-type]
     "expected True or False for causal, got int: 1"),
    (lambda: nn.Attention(2)(3.0), TypeError,
     "expected a list of positions, each a row of 2 numbers, got float: 3.0"),
    (lambda: nn.Attention(2)([]), ValueError, "expected at least one position, got an empty list"),
    (lambda: nn.Attention(2)([1.0, 2.0]), TypeError,
     "position 0: expected a row of 2 numbers, got float: 1.0"),
    (lambda: nn.Attention(2)([[1.0, 2.0], [1.0]]), ValueError,
     "position 1: expected 2 inputs, got 1"),
    (lambda: nn.Dropout()("ab"), TypeError,
     "expected a Value, a number or a list of them, got str: 'ab'"),
    (nn.Sequential, ValueError, "expected at least one layer, got none"),
    (lambda: nn.Sequential([nn.LayerNorm(1)]), TypeError,  # type: ignore[arg-type]
     "expected layers one by one, got a list; write Sequential(*layers)"),
    (lambda: nn.Sequential(nn.LayerNorm(1), 3), TypeError,  # type: ignore[arg-type]
     "expected a module, a function or the name of an activation for layer 1, got int: 3"),
    (lambda: nn.Sequential(nn.LayerNorm), TypeError,
     "expected a module, a function or the name of an activation for layer 0, got type: "
     "<class 'nn.norms.LayerNorm'>"),
]  # fmt: skip


@pytest.mark.parametrize(("act", "kind", "text"), REFUSALS)
def test_wrong_arguments_are_refused(act: Any, kind: type[Exception], text: str) -> None:
    with pytest.raises(kind) as caught:
        act()
    assert str(caught.value) == text
