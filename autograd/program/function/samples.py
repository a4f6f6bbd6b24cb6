"""Points to record a function at: numbers that make likely branches differ.

A function is recorded at numbers of both signs, large and small, whole, equal, in either order. If
it accepts only some numbers, such as targets of -1 and 1, a kind of number is found for each
argument that it does accept.
"""

from __future__ import annotations

import random
from itertools import product
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import TypeAlias

    from autograd.program.tables import Argument

    _Ways: TypeAlias = Sequence[Callable[[random.Random], float]]

__all__ = ["KINDS", "Point", "Sampler"]


class Point(NamedTuple):
    """Numbers for the inputs and parameters."""

    inputs: list[float]
    params: list[float]


_REAL: _Ways = [
    lambda r: r.uniform(-2.0, 2.0),
    lambda r: r.uniform(0.1, 3.0),
    lambda r: r.uniform(-3.0, -0.1),
    lambda r: 0.0,
    lambda r: 1.0,
    lambda r: r.choice((-1.0, 1.0)) * 10.0 ** r.uniform(1.0, 4.0),
    lambda r: r.choice((-1.0, 1.0)) * 10.0 ** r.uniform(-6.0, -2.0),
    lambda r: float(r.randint(-3, 3)),
    lambda r: float(r.randint(0, 1)),
    lambda r: r.uniform(0.0, 1.0),
    lambda r: r.uniform(-30.0, 30.0),
    lambda r: -1.0,
]
_POSITIVE: _Ways = [
    lambda r: r.uniform(0.1, 2.0),
    lambda r: r.uniform(1.0, 5.0),
    lambda r: r.uniform(0.01, 1.0),
    lambda r: 1.0,
    lambda r: 10.0 ** r.uniform(1.0, 4.0),
    lambda r: 10.0 ** r.uniform(-6.0, -2.0),
    lambda r: float(r.randint(1, 4)),
]
_UNIT: _Ways = [
    lambda r: r.uniform(0.05, 0.95),
    lambda r: r.uniform(0.5, 1.0),
    lambda r: r.uniform(0.0, 0.5),
    lambda r: 0.5,
    lambda r: 0.0,
    lambda r: 1.0,
]
_WHOLE: _Ways = [
    lambda r: float(r.randint(0, 1)),
    lambda r: float(r.randint(0, 2)),
    lambda r: 0.0,
    lambda r: 1.0,
    lambda r: 2.0,
    lambda r: float(r.randint(0, 9)),
]
_SIGN: _Ways = [
    lambda r: r.choice((-1.0, 1.0)),
    lambda r: 1.0,
    lambda r: -1.0,
]

KINDS: dict[str, _Ways] = {
    "real": _REAL, "unit": _UNIT, "positive": _POSITIVE, "whole": _WHOLE, "sign": _SIGN,
    "one-hot": (),
}  # fmt: skip
"""The kinds of numbers that an argument may need, each with ways to draw one."""

COUNT = 20
"""How many points to record at, if a function looks at data; see `recorder`."""


class Sampler:
    """Draws points for the arguments of a function.

    Arguments:
        arguments: the arguments.
        given: the caller's own rows of values for some of them.
        params: the parameters' data.
    """

    def __init__(
        self, arguments: Sequence[Argument], given: dict[str, Any], params: list[float]
    ) -> None:
        self._arguments = arguments
        self._given = given
        self._params = params
        self.kinds = ["real"] * len(arguments)

    @property
    def count(self) -> int:
        """How many points are worth trying: at least one for each row of the caller's."""
        return max([COUNT, *[len(rows) for rows in self._given.values()]])

    @property
    def free(self) -> list[bool]:
        """For each input, whether it may be any number."""
        return [
            argument.name not in self._given and kind == "real"
            for argument, kind in zip(self._arguments, self.kinds, strict=True)
            for _ in range(argument.size)
        ]

    def choices(self) -> Iterator[list[str]]:
        """Kinds for all arguments: first real numbers for all, then fewer and fewer of them."""
        options = [
            ["real"] if argument.name in self._given
            else [kind for kind in KINDS if kind != "one-hot" or argument.shape]
            for argument in self._arguments
        ]  # fmt: skip
        # Of many arguments all get the same kind, or one gets another than the rest.
        if len(options) <= 3:
            found = [list(kinds) for kinds in product(*options)]
        else:
            found = [[kind if kind in o else "real" for o in options] for kind in KINDS]
            for k, option in enumerate(options):
                found += [
                    [kind if i == k else "real" for i in range(len(options))] for kind in option
                ]
        return iter(sorted(found, key=lambda kinds: sum([kind != "real" for kind in kinds])))

    def point(self, k: int) -> Point:
        """Point number k: always the same for the same kinds. Number 1 is number 0 reversed."""
        if k == 1 and all(self.free):
            inputs = [-x for x in self.point(0).inputs]
            return Point(inputs, self._other_params(random.Random(k)))
        rng = random.Random(k)
        inputs = []
        for argument, kind in zip(self._arguments, self.kinds, strict=True):
            if argument.name in self._given:
                rows = self._given[argument.name]
                inputs += rows[k % len(rows)].tolist()
            elif kind == "one-hot":
                inputs += _one_hot(rng, argument.shape)
            else:
                ways = KINDS[kind]
                # First all arguments in the same way, then each in its own.
                way = ways[k] if k < len(ways) else rng.choice(ways)
                inputs += [way(rng) for _ in range(argument.size)]
        return Point(inputs, self._other_params(rng) if k % 2 else self._params)

    def _other_params(self, rng: random.Random) -> list[float]:
        return [p * rng.uniform(-2.0, 2.0) + rng.uniform(-1.0, 1.0) for p in self._params]

    def around(self, number: float) -> list[Point]:
        """Points whose free inputs are at or near a number that the function's code mentions."""
        close = (number, number * 1.001 + 1e-6, number * 0.999 - 1e-6)
        near = (*close, number * 1.1 + 0.1, number * 0.9 - 0.1, -number, number * 3.0)
        found = []
        for k in range(len(near) + 2):  # first all inputs alike, then mixed
            rng = random.Random(k)
            inputs, params = self.point(k + 2)
            for i, free in enumerate(self.free):
                if free:
                    inputs[i] = near[k] if k < len(near) else rng.choice(near)
            found.append(Point(inputs, params))
        return found


def _one_hot(rng: random.Random, shape: tuple[int, ...]) -> list[float]:
    inputs: list[float] = []
    for _ in range(len(list(product(*map(range, shape[:-1]))))):
        hot = rng.randrange(shape[-1])
        inputs += [float(i == hot) for i in range(shape[-1])]
    return inputs
