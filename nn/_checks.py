"""Checks of arguments, shared by layers, losses and optimisers.

Each returns its argument in the form that the calling code works with, or raises an error that says
what was expected, what it got, and what to do.
"""

from __future__ import annotations

import math
import operator
import random
from collections.abc import Mapping, Sequence
from numbers import Integral, Real
from typing import Any, NoReturn, TypeAlias

from autograd import Value
from autograd.console import printable
from autograd.functions import as_named_operand
from autograd.value import Integer, as_operand

__all__ = [
    "Seed",
    "as_inputs",
    "as_list",
    "as_numbers",
    "as_row",
    "check_activation",
    "check_count",
    "check_flag",
    "check_fraction",
    "check_integer",
    "check_pair",
    "check_parameters",
    "check_program",
    "check_range",
    "check_size",
    "check_words",
    "describe",
    "is_list",
    "make_generator",
    "refuse_batch",
    "refuse_count",
    "refuse_token_numbers",
    "refuse_unordered",
]


def describe(thing: Any) -> str:
    """The type and the value of an argument, as errors show it: ``str: 'abc'``."""
    text = printable(repr(thing))
    return f"{type(thing).__qualname__}: {text if len(text) <= 80 else f'{text[:77]}...'}"


# ── layers ───────────────────────────────────────────────────────────────────────────────────


def check_size(n: Any, name: str) -> int:
    """Check a size, an int of 1 or more."""
    if not isinstance(n, Integral):
        raise TypeError(f"expected an int for {name}, got {describe(n)}")
    size = operator.index(n)
    if size < 1:
        raise ValueError(f"expected {name} to be 1 or more, got {n!r}")
    return size


def check_integer(n: Any, name: str) -> int:
    """Check an int of any size."""
    if not isinstance(n, Integral) or isinstance(n, bool):
        raise TypeError(f"expected an int for {name}, got {describe(n)}")
    return operator.index(n)


def check_count(n: Any, name: str) -> int:
    """Check a count, an int of 0 or more."""
    if not isinstance(n, Integral):
        raise TypeError(f"expected an int for {name}, got {describe(n)}")
    if n < 0:
        raise ValueError(f"expected {name} to be 0 or more, got {n!r}")
    return operator.index(n)


Seed: TypeAlias = Integer | random.Random | None
"""Where random numbers come from: an int, a generator to draw from, or None, which takes a seed
from Python's own generator, so that ``random.seed(1337)`` makes a whole script repeatable.
Different ints give different values; a negative one stands for itself + 2⁶⁴, as in PyTorch."""


def make_generator(seed: Any) -> random.Random:
    """Make the generator to draw first values from."""
    if isinstance(seed, random.Random):
        return seed
    if seed is None:
        return random.Random(random.getrandbits(64))
    if not isinstance(seed, Integral):
        raise TypeError(f"expected an int, a random.Random or None for seed, got {describe(seed)}")
    number = operator.index(seed)
    # Random drops the sign of a seed. As in PyTorch, −1 stands for 2⁶⁴ − 1, so that it is not 1.
    return random.Random(number if number >= 0 else number % 2**64)


def check_activation(name: Any, nonlin: Any, known: Sequence[str]) -> str:
    """Choose the activation's name, from ``activation=`` and micrograd's ``nonlin=``."""
    if isinstance(name, bool):  # micrograd's Neuron(2, False)
        name, nonlin = "relu", name
    if nonlin is not None and bool(nonlin) != (name not in (None, "linear")):
        if name != "relu":
            raise ValueError(
                f"nonlin={nonlin!r} contradicts activation={name!r}; pass only activation"
            )
        return "linear"
    if name is None:
        return "linear"
    if callable(name):
        called = getattr(name, "__name__", "")
        advice = f"pass {called!r}" if called in known else "pass its name, such as 'tanh'"
        raise TypeError(f"expected the name of an activation, got {describe(name)}; {advice}")
    if not isinstance(name, str) or name not in known:
        raise ValueError(f"unknown activation {name!r}; choose one of {', '.join(known)}")
    return str(name)


def as_inputs(x: Any) -> tuple[Any, ...]:
    """The inputs of a layer as a tuple; a single input needs no list around it."""
    if x.__class__ is list or x.__class__ is tuple:
        return tuple(x)
    if isinstance(x, Value | Real):
        return (x,)
    refuse_unordered(x, "a list of Values or numbers")
    try:
        return tuple(x)
    except TypeError:
        raise TypeError(f"expected a list of Values or numbers, got {describe(x)}") from None


def as_row(x: Any, n: int) -> tuple[Any, ...]:
    """The n inputs of a layer as a tuple."""
    row = as_inputs(x)
    refuse_batch(row)
    if len(row) != n:
        raise ValueError(f"expected {n} inputs, got {len(row)}")
    return as_numbers(row, "input {}")


def as_numbers(values: Sequence[Any], place: str) -> tuple[Value | float, ...]:
    """Values and floats for a list; errors say where: `place` is ``"input {}"``, with {} for i."""
    try:
        return tuple(map(as_operand, values))
    except TypeError:
        return tuple([as_named_operand(v, place.format(i)) for i, v in enumerate(values)])


def refuse_count(x: Sequence[Any], expected: int) -> NoReturn:
    """Raise an error because there are not as many inputs as weights."""
    refuse_batch(x)
    raise ValueError(f"expected {expected} inputs, one for each weight, got {len(x)}")


def refuse_batch(x: Sequence[Any]) -> None:
    """Raise a TypeError if x holds the inputs of several examples."""
    if any(map(_is_row, x)):
        raise TypeError(
            f"expected the inputs of one example, numbers or Values, got a batch of {len(x)}. "
            "Call the module once for each: [model(row) for row in rows]."
        )


def _is_row(x: Any) -> bool:
    if isinstance(x, str) or getattr(x, "ndim", 1) == 0:  # arrays of one number have a __len__, too
        return False
    return hasattr(x, "__len__")


def check_words(tokens: Any) -> list[str]:
    """Check the words of an embedding; there are none if its tokens are only numbered."""
    if isinstance(tokens, Integral):
        return []
    if isinstance(tokens, str) or not hasattr(tokens, "__iter__"):
        raise TypeError(f"expected an int or a list of words for tokens, got {describe(tokens)}")
    if isinstance(tokens, set | frozenset):  # in each process, the words would have other numbers
        raise TypeError(
            f"expected an int or a list of words for tokens, got {describe(tokens)}; sets have no "
            "order, so pass sorted(words)"
        )
    words = list(tokens)
    if not words:
        raise ValueError("expected at least one word, got an empty list")
    known: set[str] = set()
    for i, word in enumerate(words):
        if not isinstance(word, str):
            raise TypeError(f"expected a str for word {i}, got {describe(word)}")
        if word in known:
            raise ValueError(f"the word {word!r} is repeated; list each word once")
        known.add(word)
    return words


def refuse_token_numbers(weights: Sequence[Any], tokens: int) -> None:
    """Raise a ValueError if all weights are ints but not one-hot: they may be token numbers."""
    if not weights or not all(isinstance(w, Integral) and not isinstance(w, bool) for w in weights):
        return
    if len(weights) != tokens or sum(map(abs, weights)) != 1 or max(weights) != 1:
        raise ValueError(
            f"expected {tokens} weights that are one-hot or floats, got the ints "
            f"{list(map(int, weights[:8]))}{' ...' if len(weights) > 8 else ''}. If they are token "
            "numbers, write [embedding(t) for t in tokens]; if they are weights, write 2.0 for 2."
        )


# ── losses ───────────────────────────────────────────────────────────────────────────────────


def is_list(thing: Any) -> bool:
    """Whether it counts as a list: anything with a length, except a string."""
    if isinstance(thing, str) or getattr(thing, "ndim", 1) == 0:  # an array of one number
        return False
    return hasattr(thing, "__len__")


def as_list(things: Any, expected: str) -> list[Any]:
    """Turn anything with a length, except a string, into a list."""
    if not is_list(things):
        raise TypeError(f"expected {expected}, got {describe(things)}")
    refuse_unordered(things, expected)
    return list(things)


def refuse_unordered(things: Any, expected: str) -> None:
    """Raise a TypeError for a set or a dictionary, whose entries are not those of a list."""
    if isinstance(things, set | frozenset):
        raise TypeError(f"expected {expected}, got {describe(things)}; sets have no order")
    if isinstance(things, Mapping):
        raise TypeError(f"expected {expected}, got {describe(things)}; pass list(d.values())")


# ── optimisers ───────────────────────────────────────────────────────────────────────────────


def check_range(
    number: Any, name: str, low: float, high: float = math.inf, *, above: bool = False
) -> float:
    """Check that low ≤ number < high; or, with `above`, that low < number < high."""
    try:
        x = Value(number).data
    except TypeError as error:
        raise TypeError(f"{name}: {error}") from None
    if low <= x < high and not (above and x == low):
        return x
    bound = f"above {low:g}" if above else f"{low:g} or more"
    limit = "finite" if high == math.inf else f"below {high:g}"
    raise ValueError(f"expected {name} to be {bound} and {limit}, got {number!r}")


def check_fraction(number: Any, name: str) -> float:
    """Check a number from 0 to 1."""
    try:
        x = Value(number).data
    except TypeError as error:
        raise TypeError(f"{name}: {error}") from None
    if not 0.0 <= x <= 1.0:
        raise ValueError(f"expected {name} to be from 0 to 1, got {number!r}")
    return x


def check_pair(pair: Any, name: str) -> tuple[float, float]:
    """Check a pair of numbers, each 0 or more and below 1."""
    if not is_list(pair) or len(pair) != 2:
        raise ValueError(f"expected a pair for {name}, such as (0.9, 0.999), got {pair!r}")
    first, second = (check_range(x, f"{name}[{i}]", 0.0, 1.0) for i, x in enumerate(pair))
    return first, second


def check_flag(flag: Any, name: str) -> bool:
    """Check a setting that is on or off."""
    if not isinstance(flag, bool):
        raise TypeError(f"expected True or False for {name}, got {describe(flag)}")
    return flag


def check_program(program: Any, optimiser: str) -> Any:
    """Check a program whose parameters are to be trained."""
    if hasattr(program, "theta"):
        return program
    raise TypeError(
        f"{optimiser} expected a program, such as autograd.compile returns, for program, got "
        f"{describe(program)}"
    )


def check_parameters(params: Any, optimiser: str) -> list[Value]:
    """Check the parameters to train, and drop duplicates."""
    expected = f"{optimiser} expected a list such as model.parameters(), or a program"
    kind = type(params).__qualname__
    if callable(getattr(params, "parameters", None)):
        raise TypeError(f"{expected}, got the module {kind}. Pass its parameters().")
    if isinstance(params, Mapping):
        raise TypeError(f"{expected}, got {kind}. Pass list(d.values()).")
    if callable(params):
        raise TypeError(f"{expected}, got {kind}. Call it, and pass what it returns.")
    if isinstance(params, (Value, str)) or not hasattr(params, "__iter__"):
        raise TypeError(f"{expected}, got {kind}")
    checked: dict[Value, None] = {}
    for p in params:
        if not isinstance(p, Value):
            raise TypeError(f"expected a Value for each parameter, got {_not_a_parameter(p)}")
        if p.operation is not None:
            raise ValueError(
                f"expected a leaf for each parameter, got {p!r}, computed by {p.op!r}. "
                "Train the Values that it was computed from."
            )
        checked[p] = None
    return list(checked)


def _not_a_parameter(entry: Any) -> str:
    """How an error describes an entry that is not a Value, with advice."""
    kind = type(entry).__qualname__
    if callable(getattr(entry, "parameters", None)):
        return f"the module {kind}. Pass its parameters()."
    if isinstance(entry, tuple) and len(entry) == 2 and isinstance(entry[0], str):
        return "a pair of a name and a Value. Pass parameters(), not named_parameters()."
    if isinstance(entry, Mapping):
        return f"{kind}. Pass a list of parameters, or a list of groups, each a dictionary."
    if hasattr(entry, "__iter__") and not isinstance(entry, str):
        return f"{kind}. Make one flat list: [p for layer in layers for p in layer.parameters()]."
    return describe(entry)
