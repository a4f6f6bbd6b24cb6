"""The errors of `nn`, word for word: what was expected, what it got, and what to do."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import autograd
import nn
from autograd import Value

if TYPE_CHECKING:
    from collections.abc import Callable

    from autograd.program.program import Program

ACTIVATIONS = (
    "linear, abs, exp, log, log1p, expm1, exp2, log2, log10, sqrt, cbrt, sin, cos, tan, asin, "
    "acos, atan, sinh, cosh, tanh, asinh, acosh, atanh, erf, erfc, lgamma, digamma, sigmoid, "
    "log_sigmoid, relu, leaky_relu, elu, selu, softplus, softsign, gelu, silu"
)
WORDS = ["a", "b", "c", "d", "e"]


def a_program() -> Program:
    w, x = Value(2.0, label="w", role="parameter"), Value(3.0)
    return autograd.compile(w * x, [w], [x])


def refusal_of(thing: Any) -> str:
    """The engine's error for something that is not a number; its tests check the text."""
    with pytest.raises(TypeError) as caught:
        Value(thing)
    return str(caught.value)


class Wrapped(nn.Module):
    def __init__(self) -> None:
        self.inner = {"a.b": Value(1.0), "a": {"b": Value(2.0)}}


class Silent(nn.Module):
    pass


REFUSALS: list[tuple[Callable[[], Any], type[Exception], str]] = [
    # ── layers ──
    (
        lambda: nn.Neuron(0),
        ValueError,
        "expected nin to be 1 or more, got 0",
    ),
    (
        lambda: nn.Neuron(2.0),  # type: ignore[arg-type]
        TypeError,
        "expected an int for nin, got float: 2.0",
    ),
    (
        lambda: nn.Neuron(2)([np.array(1.0)]),
        ValueError,
        "expected 2 inputs, one for each weight, got 1",
    ),
    (
        lambda: nn.Neuron(2, "step"),
        ValueError,
        f"unknown activation 'step'; choose one of {ACTIVATIONS}",
    ),
    (
        lambda: nn.Neuron(2, seed="x"),  # type: ignore[arg-type]
        TypeError,
        "expected an int, a random.Random or None for seed, got str: 'x'",
    ),
    (
        lambda: nn.Neuron(2)([1.0]),
        ValueError,
        "expected 2 inputs, one for each weight, got 1",
    ),
    (
        lambda: nn.Neuron(2)(1j),
        TypeError,
        "expected a list of Values or numbers, got complex: 1j",
    ),
    (
        lambda: nn.Layer(2, 0),
        ValueError,
        "expected nout to be 1 or more, got 0",
    ),
    (
        lambda: nn.MLP(2, 3),  # type: ignore[arg-type]
        TypeError,
        "expected a list of sizes for nouts, such as [16, 16, 1], got int: 3",
    ),
    (
        lambda: nn.MLP(2, "31"),  # type: ignore[arg-type]
        TypeError,
        "expected a list of sizes for nouts, such as [16, 16, 1], got str: '31'",
    ),
    (
        lambda: nn.MLP(2, []),
        ValueError,
        "expected at least one layer in nouts, such as [1], got an empty list",
    ),
    (
        lambda: Silent()(1.0),
        NotImplementedError,
        "Silent has no forward method; define forward(self, ...) in Silent",
    ),
    (
        lambda: nn.MLP(2, {3, 1}),  # type: ignore[arg-type]
        TypeError,
        "expected a list of sizes for nouts, such as [16, 16, 1], got set: {1, 3}; sets have no "
        "order",
    ),
    (
        lambda: nn.MLP(2, [1])({0: 1.0, 1: 2.0}),
        TypeError,
        "expected a list of Values or numbers, got dict: {0: 1.0, 1: 2.0}; pass list(d.values())",
    ),
    (
        lambda: nn.MLP(2, [1], activation=math.tanh),  # type: ignore[arg-type]
        TypeError,
        "expected the name of an activation, got builtin_function_or_method: "
        "<built-in function tanh>; pass 'tanh'",
    ),
    (
        lambda: nn.MLP(2, [1], activation=Silent),  # type: ignore[arg-type]
        TypeError,
        f"expected the name of an activation, got type: {Silent!r}; pass its name, such as 'tanh'",
    ),
    (
        lambda: nn.Sequential(nn.Layer(2, 3), Value.tanh),
        TypeError,
        "expected a module, a function or the name of an activation for layer 1, got the method "
        "Value.tanh; write 'tanh' to apply it to each Value",
    ),
    # ── embeddings ──
    (
        lambda: nn.Embedding({"a"}, 2),  # type: ignore[arg-type]
        TypeError,
        "expected an int or a list of words for tokens, got set: {'a'}; sets have no order, so "
        "pass sorted(words)",
    ),
    (
        lambda: nn.Embedding(["a", "b"], 2)(["b", "a"]),
        TypeError,
        "expected a token number, a word or a list of 2 weights, got list: ['b', 'a']; write "
        "[embedding(word) for word in words]",
    ),
    (
        lambda: nn.Embedding([], 2),
        ValueError,
        "expected at least one word, got an empty list",
    ),
    (
        lambda: nn.Embedding("abc", 2),
        TypeError,
        "expected an int or a list of words for tokens, got str: 'abc'",
    ),
    (
        lambda: nn.Embedding(0, 2),
        ValueError,
        "expected tokens to be 1 or more, got 0",
    ),
    (
        lambda: nn.Embedding(3, 0),
        ValueError,
        "expected dim to be 1 or more, got 0",
    ),
    (
        lambda: nn.Embedding(["a", 1], 2),  # type: ignore[list-item]
        TypeError,
        "expected a str for word 1, got int: 1",
    ),
    (
        lambda: nn.Embedding(["a", "b", "a"], 2),
        ValueError,
        "the word 'a' is repeated; list each word once",
    ),
    (
        lambda: nn.Embedding(3, 2)(3),
        IndexError,
        "expected a token number from 0 to 2, got 3",
    ),
    (
        lambda: nn.Embedding(3, 2)(-1),
        IndexError,
        "expected a token number from 0 to 2, got -1",
    ),
    (
        lambda: nn.Embedding(3, 2)(1.0),
        TypeError,
        "expected a token number (an int), a word or a list of 3 weights, got float: 1.0",
    ),
    (
        lambda: nn.Embedding(3, 2)([1.0]),
        ValueError,
        "expected 3 weights, one for each token, got 1",
    ),
    (
        lambda: nn.Embedding(3, 2)("cat"),
        KeyError,
        "this embedding has no words; pass a token number instead of 'cat'",
    ),
    (
        lambda: nn.Embedding(WORDS, 2)("cat"),
        KeyError,
        "unknown word 'cat'; this embedding has 'a', 'b', 'c', 'd', 'e'",
    ),
    (
        lambda: nn.Embedding([*WORDS, "f"], 2)("cat"),
        KeyError,
        "unknown word 'cat'; this embedding has 'a', 'b', 'c', 'd', 'e', ...",
    ),
    # ── losses ──
    (
        lambda: nn.mse_loss([1.0], 1.0),
        TypeError,
        "expected one prediction and one target, or a list of each, got list and float",
    ),
    (
        lambda: nn.mse_loss([1.0], [1.0, 2.0]),
        ValueError,
        "expected one target for each prediction, got 1 predictions and 2 targets",
    ),
    (
        lambda: nn.mse_loss([], []),
        ValueError,
        "expected at least one prediction, got an empty list",
    ),
    (
        lambda: nn.hinge_loss(1.0, 0),
        ValueError,
        "expected a target of -1 or 1 for hinge_loss, got 0. "
        "For targets of 0 and 1, pass 2*y - 1, or use binary_cross_entropy.",
    ),
    (
        lambda: nn.binary_cross_entropy(0.5, -1),
        ValueError,
        "expected a target from 0 to 1 for binary_cross_entropy, got -1. "
        "For targets of -1 and 1, pass (y + 1) / 2, or use hinge_loss.",
    ),
    (
        lambda: nn.binary_cross_entropy(1.5, 1),
        ValueError,
        "expected a probability from 0 to 1 as the prediction of binary_cross_entropy, got 1.5. "
        "For a logit, which may be any number, pass from_logits=True.",
    ),
    (
        lambda: nn.cross_entropy(1.0, 0),  # type: ignore[arg-type]
        TypeError,
        "expected a list for logits, got float: 1.0",
    ),
    (
        lambda: nn.cross_entropy([[1.0], 2.0], [0, 0]),
        TypeError,
        "row 1: expected a list for logits, got float: 2.0",
    ),
    (
        lambda: nn.cross_entropy([1.0, 2.0], 1.0),  # type: ignore[arg-type]
        TypeError,
        "expected an int, a Value or a list for target, got float: 1.0; the number of a class is "
        "an int, so write int(target)",
    ),
    (
        lambda: nn.cross_entropy([[1.0, 2.0]] * 3, np.array([0, 1, 2])),
        IndexError,
        "row 2: expected a class from 0 to 1, one for each logit, got 2",
    ),
    (
        lambda: nn.cross_entropy([[1.0, 2.0]], [np.array(1)]),
        TypeError,
        "row 0: expected an int, a Value or a list for target, got ndarray: array(1)",
    ),
    (
        lambda: nn.cross_entropy({0: 1.0, 1: 2.0}, 0),  # type: ignore[arg-type]
        TypeError,
        "expected a list for logits, got dict: {0: 1.0, 1: 2.0}; pass list(d.values())",
    ),
    (
        lambda: nn.mse_loss([[1.0, 2.0]], [[1.0, 0.0]]),  # type: ignore[list-item]
        TypeError,
        "expected a list of numbers or Values for y_pred, got rows: y_pred[0] is list: [1.0, 2.0]. "
        "Make one flat list: [v for row in y_pred for v in row].",
    ),
    (
        lambda: nn.mse_loss([1.0, 2.0], np.zeros((2, 1))),
        TypeError,
        "expected a list of numbers or Values for y_true, got rows: y_true[0] is ndarray: "
        "array([0.]). Make one flat list: [v for row in y_true for v in row].",
    ),
    (
        lambda: nn.mse_loss(map(float, [1]), [1.0]),  # type: ignore[arg-type]
        TypeError,
        "expected one prediction and one target, or a list of each, got map and list; make a list "
        "of it: list(...)",
    ),
    (
        lambda: nn.mse_loss({0: 1.0}, [1.0]),  # type: ignore[arg-type]
        TypeError,
        "expected a list of predictions, got dict: {0: 1.0}; pass list(d.values())",
    ),
    (
        lambda: nn.hinge_loss([1.0, 2.0], [1, 0]),
        ValueError,
        "entry 1: expected a target of -1 or 1 for hinge_loss, got 0. "
        "For targets of 0 and 1, pass 2*y - 1, or use binary_cross_entropy.",
    ),
    (
        lambda: nn.binary_cross_entropy(1.0, 1, from_logits="yes"),  # type: ignore[arg-type]
        TypeError,
        "expected True or False for from_logits, got str: 'yes'",
    ),
    (
        lambda: nn.cross_entropy([[1.0], [2.0]], [0]),
        ValueError,
        "expected one target for each row of logits, got 2 rows and 1 targets",
    ),
    (
        lambda: nn.cross_entropy([1.0, 2.0], 2),
        IndexError,
        "expected a class from 0 to 1, one for each logit, got 2",
    ),
    (
        lambda: nn.cross_entropy([1.0, 2.0], [1.0]),
        ValueError,
        "expected one probability for each logit, got 2 logits and 1 probabilities",
    ),
    (
        lambda: nn.cross_entropy([1.0, 2.0], [0.5, 0.25]),
        ValueError,
        "expected probabilities of 0 or more that sum to 1 as the target, got [0.5, 0.25]",
    ),
    # ── optimisers ──
    (
        lambda: nn.SGD(Value(1.0), lr=0.1),  # type: ignore[arg-type]
        TypeError,
        "SGD expected a list such as model.parameters(), or a program, got Value",
    ),
    (
        lambda: nn.Adam(3),  # type: ignore[arg-type]
        TypeError,
        "Adam expected a list such as model.parameters(), or a program, got int",
    ),
    (
        lambda: nn.SGD([Value(1.0)], lr=0.1, program=3),  # type: ignore[arg-type]
        TypeError,
        "SGD expected a program, such as autograd.compile returns, for program, got int: 3",
    ),
    (
        lambda: nn.SGD([], lr=0.1),
        ValueError,
        "SGD expected at least one parameter to train, got none",
    ),
    (
        lambda: nn.SGD([Value(1.0), 2.0], lr=0.1),  # type: ignore[list-item]
        TypeError,
        "expected a Value for each parameter, got float: 2.0",
    ),
    (
        lambda: nn.SGD([Value(1.0) * 2.0], lr=0.1),
        ValueError,
        "expected a leaf for each parameter, got Value(data=2.0, grad=0.0), computed by '*'. "
        "Train the Values that it was computed from.",
    ),
    (
        lambda: nn.SGD([Value(1.0)], lr=0.0),
        ValueError,
        "expected lr to be above 0 and finite, got 0.0",
    ),
    (
        lambda: nn.SGD([Value(1.0)], lr=0.1, momentum=1.0),
        ValueError,
        "expected momentum to be 0 or more and below 1, got 1.0",
    ),
    (
        lambda: nn.SGD([Value(1.0)], lr="0.1"),  # type: ignore[arg-type]
        TypeError,
        f"lr: {refusal_of('0.1')}",
    ),
    (
        lambda: nn.Adam([Value(1.0)], betas=None),  # type: ignore[arg-type]
        ValueError,
        "expected a pair for betas, such as (0.9, 0.999), got None",
    ),
    (
        lambda: nn.Adam([Value(1.0)], betas=0.9),  # type: ignore[arg-type]
        ValueError,
        "expected a pair for betas, such as (0.9, 0.999), got 0.9",
    ),
    (
        lambda: nn.Adam([Value(1.0)], betas=(1.0, 0.9)),
        ValueError,
        "expected betas[0] to be 0 or more and below 1, got 1.0",
    ),
    (
        lambda: nn.Adam([Value(1.0)], betas=(0.9, -0.1)),
        ValueError,
        "expected betas[1] to be 0 or more and below 1, got -0.1",
    ),
    (
        lambda: nn.Adam([Value(1.0)], eps=0.0),
        ValueError,
        "expected eps to be above 0 and finite, got 0.0",
    ),
    (
        lambda: nn.Adam([Value(1.0)], weight_decay=math.inf),
        ValueError,
        "expected weight_decay to be 0 or more and finite, got inf",
    ),
    (
        lambda: nn.SGD([Value(1.0)], lr=0.1).step([1.0]),
        TypeError,
        "step() takes a gradient only if it trains a program; backward() leaves the gradients of "
        "Values in their grad",
    ),
    (
        lambda: nn.SGD(a_program(), lr=0.1).step(),
        ValueError,
        "step() expected a gradient, got none; call program.value_and_grad(...) first",
    ),
    (
        lambda: nn.SGD(a_program(), lr=0.1).step([1.0]),
        ValueError,
        "expected a gradient of shape (1,), an entry for each parameter, got [1.0]",
    ),
    (
        lambda: nn.SGD(a_program(), lr=0.1).step(a_program().theta[:0]),
        ValueError,
        "expected a gradient of shape (1,), an entry for each parameter, got (0,)",
    ),
    # ── states ──
    (
        lambda: nn.Neuron(2).load_state_dict(3),  # type: ignore[arg-type]
        TypeError,
        "expected a dictionary of paths and numbers, such as state_dict() returns, got int: 3",
    ),
    (
        lambda: nn.Neuron(2).load_state_dict({"w1": 1.0, "w2": 2.0}),
        ValueError,
        "the state does not fit this Neuron: missing 'b'. "
        "Build the model with the sizes and words of the one that was saved.",
    ),
    (
        lambda: nn.Neuron(1).load_state_dict({"w1": 1.0, "b": 2.0, "c": 3.0}),
        ValueError,
        "the state does not fit this Neuron: unexpected 'c'. "
        "Build the model with the sizes and words of the one that was saved.",
    ),
    (
        lambda: nn.Neuron(3).load_state_dict({"x": 1.0, "w1": 1.0}),
        ValueError,
        "the state does not fit this Neuron: missing 'w2', 'w3', 'b'; unexpected 'x'. "
        "Build the model with the sizes and words of the one that was saved.",
    ),
    (
        lambda: nn.Neuron(3).load_state_dict({}),
        ValueError,
        "the state does not fit this Neuron: missing 'w1', 'w2', 'w3' and 1 more. "
        "Build the model with the sizes and words of the one that was saved.",
    ),
    (
        lambda: nn.Neuron(1).load_state_dict({"w1": "1", "b": 0.0}),  # type: ignore[dict-item]
        TypeError,
        f"state['w1']: {refusal_of('1')}",
    ),
    (
        lambda: Wrapped().state_dict(),
        ValueError,
        "two parameters of this Wrapped have the path 'inner.a.b'; rename an attribute or a key",
    ),
    (
        lambda: setattr(nn.SGD([Value(1.0)], lr=0.1, momentum=0.9), "momentm", 0.5),
        AttributeError,
        "SGD has no setting 'momentm'; it has lr, momentum, nesterov, weight_decay. "
        "Keep data of your own in a variable.",
    ),
    (
        lambda: setattr(nn.AdamW([Value(1.0)], lr=0.1), "beta", 0.5),
        AttributeError,
        "AdamW has no setting 'beta'; it has lr, betas, eps, weight_decay. "
        "Keep data of your own in a variable.",
    ),
    (
        lambda: setattr(nn.SGD([Value(1.0)], lr=0.1), "lr", nn.linear(0.1, 10)),
        TypeError,
        "lr: expected a real number, got functools.partial. Call it, and use what it returns.",
    ),
    (
        lambda: nn.Embedding(4, 2)(Value(9, "token")),
        IndexError,
        "expected a token number from 0 to 3, got 9 as 'token'",
    ),
    (
        lambda: nn.Embedding(4, 2)(Value(0.5)),
        IndexError,
        "expected a token number from 0 to 3, got 0.5",
    ),
]


@pytest.mark.parametrize(("attempt", "kind", "words"), REFUSALS, ids=[r[2][:40] for r in REFUSALS])
def test_each_error_says_what_is_wrong_and_what_to_do(
    attempt: Callable[[], Any], kind: type[Exception], words: str
) -> None:
    with pytest.raises(kind) as refusal:
        attempt()
    assert refusal.type is kind
    assert refusal.value.args == (words,)


NAMED: list[tuple[Callable[[Any], Any], str]] = [
    (lambda v: nn.Neuron(2, seed=1)([1.0, v]), "input 1: "),
    (lambda v: nn.MLP(2, [2, 1], seed=1)([v, 1.0]), "input 0: "),
    (lambda v: nn.LayerNorm(2)([1.0, v]), "input 1: "),
    (lambda v: nn.RMSNorm(2)([1.0, v]), "input 1: "),
    (lambda v: nn.Attention(2, seed=1)([[1.0, 1.0], [1.0, v]]), "position 1: input 1: "),
    (lambda v: nn.Embedding(2, 2, seed=1)([0.5, v]), "weight 1: "),
    (lambda v: nn.mse_loss([1.0, v], [1.0, 1.0]), "y_pred[1]: "),
    (lambda v: nn.hinge_loss([1.0, 1.0], [1.0, v]), "y_true[1]: "),
    (lambda v: nn.half_squared_error(v, 1.0), "y_pred: "),
    (lambda v: nn.binary_cross_entropy(0.5, v), "y_true: "),
    (lambda v: nn.cross_entropy([1.0, v], 0), "logits[1]: "),
    (lambda v: nn.cross_entropy([1.0, 1.0], [1.0, v]), "target[1]: "),
]


@pytest.mark.parametrize(("call", "where"), NAMED, ids=range(len(NAMED)))
def test_errors_say_which_input_is_not_a_number(call: Callable[[Any], Any], where: str) -> None:
    with pytest.raises(TypeError) as caught:
        call(None)
    assert str(caught.value) == where + refusal_of(None)


def test_a_sequential_says_in_which_layer_an_error_arose() -> None:
    model = nn.Sequential(nn.Layer(2, 3), "tanh", nn.Layer(4, 1))
    with pytest.raises(ValueError, match="expected 4 inputs, one for each weight, got 3") as caught:
        model([1.0, 2.0])
    assert caught.value.__notes__ == ["in layer 2 of a Sequential: Layer(4, 1, activation='relu')"]
