"""The layers: `Neuron`, `Layer`, `MLP` and `Embedding`.

A layer is a formula over its parameters and its inputs. The operations, and so the activations, are
methods of `autograd.Value`; how parameters learn is in `optim`.
"""

from __future__ import annotations

import math
import operator
import random
from collections.abc import Iterable, Mapping, Sequence
from itertools import count
from numbers import Integral, Real
from typing import Any, TypeAlias

from autograd import Value, ops
from autograd.functions import weighted_sum
from autograd.value import Integer, Numbers, record

from .call import Call, in_progress
from .module import Module, Parameter

__all__ = ["ACTIVATIONS", "MLP", "Embedding", "Layer", "Neuron", "Seed"]

Seed: TypeAlias = Integer | random.Random | None
"""Where random numbers come from: a number, or a generator to go on with; None takes a seed from
Python's own generator, so that ``random.seed(1337)`` makes a whole script repeatable. Different
numbers give different weights; a negative one stands for itself + 2⁶⁴, as in PyTorch."""

ACTIVATIONS = (
    "linear",
    *(
        row.name
        for row in ops.OPERATIONS
        if hasattr(Value, row.name) and (row.arity == 1 or row.default is not None)
    ),
)
"""The names that ``activation=`` takes: ``"linear"``, and every method of Value of one operand."""


class Neuron(Module):
    """``y = f(Σ wᵢ·xᵢ + b)`` for an activation f.

    In the graph: one product for each input, one sum, one activation (none if linear).

    The weights start at random, ``wᵢ ~ U(−a, a)`` with ``a = min(1, 4/√nin)``, and the bias too,
    ``b ~ U(−½, ½)``, so that the neurons of a layer bend in different places; a linear neuron
    starts at half such weights and at b = 0, so that first guesses are small. Up to 16 inputs this
    is micrograd's ``U(−1, 1)``; from there on it shrinks as the initialisation of He et al. (2015,
    https://arxiv.org/abs/1502.01852) does, so that a sum of many products is no larger than one of
    few. Two moons are learnt in 100 steps from about 97 % of such starts; from He's own
    ``√(6/nin)`` it was 78 %.

    Arguments:
        nin: how many inputs.
        activation: one of `ACTIVATIONS`; None means ``"linear"``.
        seed: a number, a ``random.Random`` to draw from, or None.
        nonlin: micrograd's way to choose: False for ``"linear"``, True for ``"relu"``.

    Attributes:
        w: the weights, parameters labelled and with paths ``w1``, ``w2``, ….
        b: the bias.

    Raises:
        ValueError: nin is not positive, or the activation is not known.
        TypeError: nin or seed is not of its type.

    >>> neuron = Neuron(2, "tanh", seed=0)
    >>> [path for path, _ in neuron.named_parameters()]
    ['w1', 'w2', 'b']
    """

    _innermost = True

    def __init__(
        self,
        nin: Integer,
        activation: str | None = "relu",
        seed: Seed = None,
        *,
        nonlin: bool | None = None,
    ) -> None:
        nin, rng = _size(nin, "nin"), _generator(seed)
        self.activation = _activation(activation, nonlin)
        linear = self.activation == "linear"
        a = min(1.0, 4.0 / math.sqrt(nin)) * (0.5 if linear else 1.0)
        self.w = [Parameter(rng.uniform(-a, a), label=f"w{i + 1}") for i in range(nin)]
        self.b = Parameter(0.0 if linear else rng.uniform(-0.5, 0.5), label="b")
        self._look()

    def forward(self, x: Numbers) -> Value:
        """``f(Σ wᵢ·xᵢ + b)``.

        Arguments:
            x: nin inputs, Values or numbers; a single one may come without its list.

        Raises:
            ValueError: x is longer or shorter than nin.
            TypeError: x is not made of Values and numbers.
        """
        if x.__class__ is not tuple:
            x = _as_inputs(x)
        w = self.w
        if len(x) != len(w):
            _refuse_rows(x)
            raise ValueError(
                f"a neuron with {len(w)} weights was given {len(x)} inputs; "
                f"call it with a list of {len(w)}"
            )
        try:
            z = weighted_sum(w, x, self.b)
        except TypeError:
            _refuse_rows(x)
            raise
        activation = self.activation
        return z if activation == "linear" else getattr(z, activation)()

    @property
    def nonlin(self) -> bool:
        """Whether it has an activation. Setting it chooses ``"relu"`` or ``"linear"``."""
        return self.activation != "linear"

    @nonlin.setter
    def nonlin(self, nonlin: bool) -> None:
        if nonlin != self.nonlin:
            self.activation = "relu" if nonlin else "linear"

    def _item_names(self) -> Mapping[str, Iterable[str]]:
        # w1, w2, … as in the formula, where the list would count from w.0
        return {"w": map("w{}".format, count(1))}

    def __repr__(self) -> str:
        return f"Neuron({len(self.w)}, activation={self.activation!r})"


class Layer(Module):
    """``yⱼ = f(Σ wⱼᵢ·xᵢ + bⱼ)``: nout neurons side by side, all given the same inputs.

    Arguments:
        nin: how many inputs.
        nout: how many neurons, and outputs.
        activation: one of `ACTIVATIONS`; None means ``"linear"``.
        seed: a number, a ``random.Random`` to draw from, or None.
        nonlin: micrograd's way to choose: False for ``"linear"``, True for ``"relu"``.

    Attributes:
        neurons: the neurons, as a list.

    Raises:
        ValueError: nin or nout is not positive, or the activation is not known.
        TypeError: nin, nout or seed is not of its type.
    """

    def __init__(
        self,
        nin: Integer,
        nout: Integer,
        activation: str | None = "relu",
        seed: Seed = None,
        *,
        nonlin: bool | None = None,
    ) -> None:
        rng, activation = _generator(seed), _activation(activation, nonlin)
        self.neurons = [Neuron(nin, activation, rng) for _ in range(_size(nout, "nout"))]

    def forward(self, x: Numbers) -> Value | list[Value]:
        """The outputs of all neurons, a list; of a single neuron the Value itself.

        Arguments:
            x: nin inputs, Values or numbers; a single one may come without its list.

        Raises:
            ValueError: x is longer or shorter than nin.
            TypeError: x is not made of Values and numbers.
        """
        x = _as_inputs(x)
        y = self._outputs(x, frozenset(map(id, x)), in_progress.get())
        return y[0] if len(y) == 1 else y

    def _outputs(
        self, x: tuple[Any, ...], given: frozenset[int], around: Call | None
    ) -> list[Value]:
        """The outputs of the neurons, given inputs with these ids, within the call around them.

        The calls of plain neurons are made here: it takes less time than to call each of them.
        """
        y = []
        for neuron in self.neurons:
            if neuron.__class__ is not Neuron:
                y.append(neuron(x))
                continue
            out = neuron.forward(x)
            if out.operation is not None:
                out.made_by = call = _new_call(Call)
                call.module, call.given, call.parent = neuron, given, around
            y.append(out)
        return y

    def __repr__(self) -> str:
        first = self.neurons[0]
        return f"Layer({len(first.w)}, {len(self.neurons)}, activation={first.activation!r})"


class MLP(Module):
    """A multi-layer perceptron: layers in a row, each fed with the outputs of the one before.

    The last layer is linear, so that its outputs can be any number (a score, a logit).

    Arguments:
        nin: how many inputs.
        nouts: how many neurons in each layer, ``[16, 16, 1]`` for two hidden layers and one output.
        activation: that of the hidden layers, one of `ACTIVATIONS`.
        seed: a number, a ``random.Random`` to draw from, or None.

    Attributes:
        layers: the layers, as a list.

    Raises:
        ValueError: a size is not positive, there is none, or the activation is not known.
        TypeError: nouts is not a list, or a size or the seed is not of its type.

    >>> model = MLP(2, [16, 16, 1], seed=1)
    >>> len(model.parameters()), model
    (337, MLP(2, [16, 16, 1], activation='relu'))
    """

    def __init__(
        self,
        nin: Integer,
        nouts: Sequence[Integer],
        activation: str | None = "relu",
        seed: Seed = None,
    ) -> None:
        if isinstance(nouts, str) or not hasattr(nouts, "__len__"):
            raise TypeError(
                f"nouts lists the neurons of each layer, as [16, 16, 1], and got {nouts!r}"
            )
        if len(nouts) == 0:
            raise ValueError("an MLP needs at least one layer: nouts=[1], and got none")
        rng = _generator(seed)
        *hidden, last = zip((nin, *nouts), nouts, strict=False)
        self.layers = [Layer(n, m, activation, rng) for n, m in hidden]
        self.layers.append(Layer(*last, "linear", rng))
        self.activation = _activation(activation)

    def forward(self, x: Numbers) -> Value | list[Value]:
        """The outputs of the last layer, a list; a single one as the Value itself.

        Arguments:
            x: nin inputs, Values or numbers; a single one may come without its list.

        Raises:
            ValueError: x is longer or shorter than nin.
            TypeError: x is not made of Values and numbers.
        """
        y: Any = x
        around = in_progress.get()
        for layer in self.layers:
            if not _is_plain(layer):
                y = layer(y)
                continue
            # What a call of the layer does, at less cost.
            y = _as_inputs(y)
            call = _new_call(Call)
            call.module, call.given, call.parent = layer, frozenset(map(id, y)), around
            y = layer._outputs(y, call.given, call)
            if len(y) == 1:
                y = y[0]
        return y  # type: ignore[no-any-return]

    def _in_a_row(self) -> Sequence[Module]:
        return self.layers

    def __repr__(self) -> str:
        nin = len(self.layers[0].neurons[0].w)
        nouts = [len(layer.neurons) for layer in self.layers]
        return f"MLP({nin}, {nouts}, activation={self.activation!r})"


class Embedding(Module):
    """A row of dim parameters for each token: what the model knows of a word.

    The parameters start at random, normally distributed with deviation 1 (as PyTorch's). Those of a
    word have the paths ``cat.0``, ``cat.1``, …; those of a token without a word ``rows.7.0``, ….

    Arguments:
        tokens: how many tokens, or a list of their words.
        dim: how many numbers stand for one.
        seed: a number, a ``random.Random`` to draw from, or None.

    Attributes:
        rows: the parameters, a list of dim for each token.
        words: the words, in order; empty without words.

    Raises:
        ValueError: there is no token, dim is not positive, or a word is repeated.
        TypeError: an argument is not of its type.

    >>> embedding = Embedding(["cat", "dog"], 3, seed=0)
    >>> embedding("dog") == embedding(1) == embedding.rows[1]
    True
    """

    def __init__(self, tokens: Integer | Sequence[str], dim: Integer, seed: Seed = None) -> None:
        self.words = _words(tokens)
        count = len(self.words) or _size(tokens, "tokens")
        dim, rng = _size(dim, "dim"), _generator(seed)
        names = self.words or [f"rows.{i}" for i in range(count)]
        self.rows = [
            [Parameter(rng.gauss(0.0, 1.0), label=f"{name}.{d}") for d in range(dim)]
            for name in names
        ]
        self._place = {word: i for i, word in enumerate(self.words)}
        self._look()

    def forward(self, token: Integer | str | Numbers) -> list[Value]:
        """The row of a token, or a mixture of all rows, ``eₔ = Σᵢ pᵢ · rowᵢₔ``.

        Arguments:
            token: the number of a token, its word, or as many weights pᵢ as there are tokens: a
                one-hot list, or probabilities. A list of Values lets a program take the token as
                its input. For several tokens call it once for each. Weights other than one-hot are
                floats or Values: a list of ints such as [0, 1, 2, 3] looks like token numbers, and
                is refused.

        Raises:
            IndexError: there is no token of that number.
            KeyError: there is no such word.
            ValueError: there are more or fewer weights than tokens, or they may be token numbers.
            TypeError: it is none of the three.
        """
        if isinstance(token, str):
            return list(self.rows[self._number_of(token)])
        if isinstance(token, Integral):
            i = operator.index(token)
            if not 0 <= i < len(self.rows):
                raise IndexError(
                    f"there is no token {i}: this embedding has {len(self.rows)}, "
                    f"numbered 0 to {len(self.rows) - 1}"
                )
            return list(self.rows[i])
        if isinstance(token, Value | Real):
            raise TypeError(
                f"an embedding takes the number of a token (an int), a word, or a list of "
                f"{len(self.rows)} weights, and got {token!r}"
            )
        p = _as_inputs(token)
        _refuse_rows(p)
        if len(p) != len(self.rows):
            raise ValueError(
                f"an embedding of {len(self.rows)} tokens was given {len(p)} weights; "
                "give one for each"
            )
        if _may_be_tokens(p):
            raise ValueError(
                f"expected one-hot weights, or weights that are floats, got the ints "
                f"{list(map(int, p[:8]))}{' ...' if len(p) > 8 else ''}. If they are token "
                "numbers, write [embedding(t) for t in tokens]; if they are weights, write 2.0 "
                "for 2."
            )
        return [
            record(ops.ADD, tuple(map(operator.mul, column, p)))
            for column in zip(*self.rows, strict=True)
        ]

    def _number_of(self, word: str) -> int:
        if word in self._place:
            return self._place[word]
        if not self.words:
            raise KeyError(f"this embedding was made without words; {word!r} is none of its tokens")
        few = ", ".join(map(repr, self.words[:5])) + (", ..." if len(self.words) > 5 else "")
        raise KeyError(f"there is no word {word!r} in this embedding of {few}")

    def _item_names(self) -> Mapping[str, Iterable[str]]:
        return {"rows": self.words}

    def __repr__(self) -> str:
        return f"Embedding({self.words or len(self.rows)}, {len(self.rows[0])})"


_new_call = Call.__new__


def _is_plain(layer: Any) -> bool:
    """Whether calling it does what this file says: a layer of neurons, none of it overridden."""
    return (
        layer.__class__ is Layer
        and "forward" not in layer.__dict__
        and {Neuron}.issuperset(map(type, layer.neurons))
    )


def _as_inputs(x: Any) -> tuple[Any, ...]:
    """The inputs as a tuple; one alone may come without its list."""
    if x.__class__ is list or x.__class__ is tuple:
        return tuple(x)
    if isinstance(x, Value | Real):
        return (x,)
    try:
        return tuple(x)
    except TypeError:
        raise TypeError(
            f"the inputs are a list of Values or numbers, and got {type(x).__qualname__}"
        ) from None


def _may_be_tokens(weights: Sequence[Any]) -> bool:
    """Whether the weights are ints and not one-hot: someone may mean the numbers of tokens."""
    if not all(isinstance(w, Integral) and not isinstance(w, bool) for w in weights):
        return False
    return bool(sum(map(abs, weights)) != 1 or max(weights) != 1)


def _refuse_rows(x: Sequence[Any]) -> None:
    """Raise a TypeError if x holds the inputs of several examples, not of one."""
    if any(map(_is_row, x)):
        raise TypeError(
            f"expected the inputs of one example, numbers or Values, got a batch of {len(x)}. "
            "Call the module once for each: [model(row) for row in rows]."
        )


def _is_row(x: Any) -> bool:
    if isinstance(x, str) or getattr(x, "ndim", 1) == 0:  # arrays of one number have a __len__, too
        return False
    return hasattr(x, "__len__")


def _size(n: Any, name: str) -> int:
    if not isinstance(n, Integral):
        raise TypeError(f"{name} is a number of things, an int, and got {n!r}")
    size = operator.index(n)
    if size < 1:
        raise ValueError(f"{name} must be 1 or more, and got {n!r}")
    return size


def _words(tokens: Any) -> list[str]:
    if isinstance(tokens, Integral):
        return []
    if isinstance(tokens, str) or not hasattr(tokens, "__iter__"):
        raise TypeError(f"tokens is how many there are, or a list of words, and got {tokens!r}")
    words = list(tokens)
    known: set[str] = set()
    if not words:
        raise ValueError("an embedding needs at least one word, and got an empty list")
    for i, word in enumerate(words):
        if not isinstance(word, str):
            raise TypeError(f"words are strings, and word {i} is {word!r}")
        if word in known:
            raise ValueError(f"the word {word!r} is repeated; list each once")
        known.add(word)
    return words


def _generator(seed: Any) -> random.Random:
    if isinstance(seed, random.Random):
        return seed
    if seed is None:
        return random.Random(random.getrandbits(64))
    if not isinstance(seed, Integral):
        raise TypeError(f"seed is an int, a random.Random or None, and got {seed!r}")
    number = operator.index(seed)
    # Random drops the sign of a seed. As in PyTorch, −1 stands for 2⁶⁴ − 1, so that it is not 1.
    return random.Random(number if number >= 0 else number % 2**64)


def _activation(name: Any, nonlin: Any = None) -> str:
    if isinstance(name, bool):  # micrograd's Neuron(2, False)
        name, nonlin = "relu", name
    if nonlin is not None and bool(nonlin) != (name not in (None, "linear")):
        if name != "relu":
            raise ValueError(
                f"nonlin={nonlin!r} contradicts activation={name!r}; give activation alone"
            )
        return "linear"
    if name is None:
        return "linear"
    if name not in ACTIVATIONS:
        raise ValueError(f"there is no activation {name!r}; choose one of {', '.join(ACTIVATIONS)}")
    return str(name)
