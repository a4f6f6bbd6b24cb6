"""What `nn` says to bad input, word for word: what was given, what was expected, what to do."""

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
    "linear, abs, exp, log, log1p, expm1, sqrt, sin, cos, tan, tanh, sigmoid, relu, "
    "leaky_relu, softplus, gelu, silu"
)
WORDS = ["a", "b", "c", "d", "e"]


def a_program() -> Program:
    w, x = Value(2.0, label="w", role="parameter"), Value(3.0)
    return autograd.compile(w * x, [w], [x])


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
        "nin must be 1 or more, and got 0",
    ),
    (
        lambda: nn.Neuron(2.0),  # type: ignore[arg-type]
        TypeError,
        "nin is a number of things, an int, and got 2.0",
    ),
    (
        lambda: nn.Neuron(2)([np.array(1.0)]),
        ValueError,
        "a neuron with 2 weights was given 1 inputs; call it with a list of 2",
    ),
    (
        lambda: nn.Neuron(2, "step"),
        ValueError,
        f"there is no activation 'step'; choose one of {ACTIVATIONS}",
    ),
    (
        lambda: nn.Neuron(2, seed="x"),  # type: ignore[arg-type]
        TypeError,
        "seed is an int, a random.Random or None, and got 'x'",
    ),
    (
        lambda: nn.Neuron(2)([1.0]),
        ValueError,
        "a neuron with 2 weights was given 1 inputs; call it with a list of 2",
    ),
    (
        lambda: nn.Neuron(2)(1j),
        TypeError,
        "the inputs are a list of Values or numbers, and got complex",
    ),
    (
        lambda: nn.Layer(2, 0),
        ValueError,
        "nout must be 1 or more, and got 0",
    ),
    (
        lambda: nn.MLP(2, 3),  # type: ignore[arg-type]
        TypeError,
        "nouts lists the neurons of each layer, as [16, 16, 1], and got 3",
    ),
    (
        lambda: nn.MLP(2, "31"),  # type: ignore[arg-type]
        TypeError,
        "nouts lists the neurons of each layer, as [16, 16, 1], and got '31'",
    ),
    (
        lambda: nn.MLP(2, []),
        ValueError,
        "an MLP needs at least one layer: nouts=[1], and got none",
    ),
    (
        lambda: Silent()(1.0),
        NotImplementedError,
        "Silent cannot be called yet: define forward(self, ...) in Silent",
    ),
    # ── embeddings ──
    (
        lambda: nn.Embedding([], 2),
        ValueError,
        "an embedding needs at least one word, and got an empty list",
    ),
    (
        lambda: nn.Embedding("abc", 2),
        TypeError,
        "tokens is how many there are, or a list of words, and got 'abc'",
    ),
    (
        lambda: nn.Embedding(0, 2),
        ValueError,
        "tokens must be 1 or more, and got 0",
    ),
    (
        lambda: nn.Embedding(3, 0),
        ValueError,
        "dim must be 1 or more, and got 0",
    ),
    (
        lambda: nn.Embedding(["a", 1], 2),  # type: ignore[list-item]
        TypeError,
        "words are strings, and word 1 is 1",
    ),
    (
        lambda: nn.Embedding(["a", "b", "a"], 2),
        ValueError,
        "the word 'a' is repeated; list each once",
    ),
    (
        lambda: nn.Embedding(3, 2)(3),
        IndexError,
        "there is no token 3: this embedding has 3, numbered 0 to 2",
    ),
    (
        lambda: nn.Embedding(3, 2)(-1),
        IndexError,
        "there is no token -1: this embedding has 3, numbered 0 to 2",
    ),
    (
        lambda: nn.Embedding(3, 2)(1.0),
        TypeError,
        "an embedding takes the number of a token (an int), a word, or a list of 3 weights, "
        "and got 1.0",
    ),
    (
        lambda: nn.Embedding(3, 2)([1.0]),
        ValueError,
        "an embedding of 3 tokens was given 1 weights; give one for each",
    ),
    (
        lambda: nn.Embedding(3, 2)("cat"),
        KeyError,
        "this embedding was made without words; 'cat' is none of its tokens",
    ),
    (
        lambda: nn.Embedding(WORDS, 2)("cat"),
        KeyError,
        "there is no word 'cat' in this embedding of 'a', 'b', 'c', 'd', 'e'",
    ),
    (
        lambda: nn.Embedding([*WORDS, "f"], 2)("cat"),
        KeyError,
        "there is no word 'cat' in this embedding of 'a', 'b', 'c', 'd', 'e', ...",
    ),
    # ── losses ──
    (
        lambda: nn.mse_loss([1.0], 1.0),
        TypeError,
        "give one prediction and one target, or a list of each; got list and float",
    ),
    (
        lambda: nn.mse_loss([1.0], [1.0, 2.0]),
        ValueError,
        "each prediction needs a target: got 1 predictions and 2 targets",
    ),
    (
        lambda: nn.mse_loss([], []),
        ValueError,
        "a loss needs at least one prediction, and got an empty list",
    ),
    (
        lambda: nn.hinge_loss(1.0, 0),
        ValueError,
        "the targets of hinge_loss are -1 and 1, and got 0; "
        "for targets 0 and 1 use 2*y - 1, or binary_cross_entropy",
    ),
    (
        lambda: nn.binary_cross_entropy(0.5, -1),
        ValueError,
        "a target of binary_cross_entropy is from 0 to 1, and got -1; "
        "for targets -1 and 1 use (y + 1) / 2, or hinge_loss",
    ),
    (
        lambda: nn.binary_cross_entropy(1.5, 1),
        ValueError,
        "a prediction of binary_cross_entropy is a probability from 0 to 1, and got 1.5; "
        "for a score of any size say from_logits=True",
    ),
    (
        lambda: nn.cross_entropy(1.0, 0),  # type: ignore[arg-type]
        TypeError,
        "logits is a list, and got float",
    ),
    (
        lambda: nn.cross_entropy([[1.0], 2.0], [0, 0]),
        TypeError,
        "logits is a list, and got float",
    ),
    (
        lambda: nn.cross_entropy([1.0, 2.0], 1.0),  # type: ignore[arg-type]
        TypeError,
        "target is an int or a list, and got float",
    ),
    (
        lambda: nn.cross_entropy([[1.0], [2.0]], [0]),
        ValueError,
        "2 rows of logits need as many targets, and got 1",
    ),
    (
        lambda: nn.cross_entropy([1.0, 2.0], 2),
        IndexError,
        "there is no class 2: these logits are for 2 classes, numbered 0 to 1",
    ),
    (
        lambda: nn.cross_entropy([1.0, 2.0], [1.0]),
        ValueError,
        "2 logits need as many probabilities, and got 1",
    ),
    (
        lambda: nn.cross_entropy([1.0, 2.0], [0.5, 0.25]),
        ValueError,
        "the probabilities of a target are 0 or more and add up to 1, and got [0.5, 0.25]",
    ),
    # ── optimisers ──
    (
        lambda: nn.SGD(Value(1.0), lr=0.1),  # type: ignore[arg-type]
        TypeError,
        "SGD takes a list of parameters, as model.parameters() gives, or a program, and got Value",
    ),
    (
        lambda: nn.Adam(3),  # type: ignore[arg-type]
        TypeError,
        "Adam takes a list of parameters, as model.parameters() gives, or a program, and got int",
    ),
    (
        lambda: nn.SGD([], lr=0.1),
        ValueError,
        "SGD has nothing to train: the list of parameters is empty",
    ),
    (
        lambda: nn.SGD([Value(1.0), 2.0], lr=0.1),  # type: ignore[list-item]
        TypeError,
        "a parameter is a Value, and got float",
    ),
    (
        lambda: nn.SGD([Value(1.0) * 2.0], lr=0.1),
        ValueError,
        "a parameter is a leaf, and Value(data=2.0, grad=0.0) was computed by '*'; "
        "train the Values that it was computed from",
    ),
    (
        lambda: nn.SGD([Value(1.0)], lr=0.0),
        ValueError,
        "lr must be above 0 and finite, and got 0.0",
    ),
    (
        lambda: nn.SGD([Value(1.0)], lr=0.1, momentum=1.0),
        ValueError,
        "momentum must be 0 or more and below 1, and got 1.0",
    ),
    (
        lambda: nn.SGD([Value(1.0)], lr="0.1"),  # type: ignore[arg-type]
        TypeError,
        "lr is not a number: expected a real number, got str: '0.1'. "
        "Convert it with float() first.",
    ),
    (
        lambda: nn.Adam([Value(1.0)], betas=None),  # type: ignore[arg-type]
        ValueError,
        "betas is a pair, as (0.9, 0.999), and got None",
    ),
    (
        lambda: nn.Adam([Value(1.0)], betas=0.9),  # type: ignore[arg-type]
        ValueError,
        "betas is a pair, as (0.9, 0.999), and got 0.9",
    ),
    (
        lambda: nn.Adam([Value(1.0)], betas=(1.0, 0.9)),
        ValueError,
        "betas[0] must be 0 or more and below 1, and got 1.0",
    ),
    (
        lambda: nn.Adam([Value(1.0)], betas=(0.9, -0.1)),
        ValueError,
        "betas[1] must be 0 or more and below 1, and got -0.1",
    ),
    (
        lambda: nn.Adam([Value(1.0)], eps=0.0),
        ValueError,
        "eps must be above 0 and finite, and got 0.0",
    ),
    (
        lambda: nn.Adam([Value(1.0)], weight_decay=math.inf),
        ValueError,
        "weight_decay must be 0 or more and finite, and got inf",
    ),
    (
        lambda: nn.SGD([Value(1.0)], lr=0.1).step([1.0]),
        TypeError,
        "step() takes no gradient where Values are trained: backward() leaves it in their grad",
    ),
    (
        lambda: nn.SGD(a_program(), lr=0.1).step(),
        ValueError,
        "there is no gradient to follow yet; call program.value_and_grad(...) before step()",
    ),
    (
        lambda: nn.SGD(a_program(), lr=0.1).step([1.0]),
        ValueError,
        "the gradient is an array with an entry for each parameter, shape (1,), and got [1.0]",
    ),
    (
        lambda: nn.SGD(a_program(), lr=0.1).step(a_program().theta[:0]),
        ValueError,
        "the gradient is an array with an entry for each parameter, shape (1,), and got (0,)",
    ),
    # ── states ──
    (
        lambda: nn.Neuron(2).load_state_dict(3),  # type: ignore[arg-type]
        TypeError,
        "load_state_dict takes a dictionary of path: number, as state_dict() gives, and got int",
    ),
    (
        lambda: nn.Neuron(2).load_state_dict({"w1": 1.0, "w2": 2.0}),
        ValueError,
        "the state does not fit this Neuron: it lacks 'b'. "
        "Build the model with the sizes and words of the one that was saved",
    ),
    (
        lambda: nn.Neuron(1).load_state_dict({"w1": 1.0, "b": 2.0, "c": 3.0}),
        ValueError,
        "the state does not fit this Neuron: it has 'c', unknown to the model. "
        "Build the model with the sizes and words of the one that was saved",
    ),
    (
        lambda: nn.Neuron(3).load_state_dict({"x": 1.0, "w1": 1.0}),
        ValueError,
        "the state does not fit this Neuron: it lacks 'w2', 'w3', 'b'; "
        "it has 'x', unknown to the model. "
        "Build the model with the sizes and words of the one that was saved",
    ),
    (
        lambda: nn.Neuron(3).load_state_dict({}),
        ValueError,
        "the state does not fit this Neuron: it lacks 'w1', 'w2', 'w3' and 1 more. "
        "Build the model with the sizes and words of the one that was saved",
    ),
    (
        lambda: nn.Neuron(1).load_state_dict({"w1": "1", "b": 0.0}),  # type: ignore[dict-item]
        TypeError,
        "the state's entry for 'w1' does not fit: expected a real number, got str: '1'. "
        "Convert it with float() first.",
    ),
    (
        lambda: Wrapped().state_dict(),
        ValueError,
        "two parameters of this Wrapped have the path 'inner.a.b'; "
        "rename an attribute or a key so that each has its own",
    ),
]


@pytest.mark.parametrize(("attempt", "kind", "words"), REFUSALS, ids=[r[2][:40] for r in REFUSALS])
def test_bad_input_is_told_what_is_wrong_and_what_to_do(
    attempt: Callable[[], Any], kind: type[Exception], words: str
) -> None:
    with pytest.raises(kind) as refusal:
        attempt()
    assert refusal.type is kind
    assert refusal.value.args == (words,)
