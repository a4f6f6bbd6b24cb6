"""The random numbers of the page, so that Python can draw the same batches."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Draws", "draw_batches"]

_MASK = 0xFFFFFFFF


class Draws:
    """Random numbers from 0 to 1: the generator mulberry32, which ``draws.js`` has for the page.

    It is short, and the same to the last bit in both languages. `random.Random` would be neither.
    """

    def __init__(self, seed: int) -> None:
        self._state = seed & _MASK

    def __call__(self) -> float:
        """The next number, 0 or more and below 1."""
        self._state = (self._state + 0x6D2B79F5) & _MASK
        t = self._state
        t = ((t ^ (t >> 15)) * (t | 1)) & _MASK
        t ^= (t + (t ^ (t >> 7)) * (t | 61)) & _MASK
        return ((t ^ (t >> 14)) & _MASK) / 2**32

    def shuffle(self, count: int) -> list[int]:
        """The numbers below `count`, in random order."""
        order = list(range(count))
        for i in range(count - 1, 0, -1):
            j = int(self() * (i + 1))
            order[i], order[j] = order[j], order[i]
        return order


def draw_batches(count: int, size: int, seed: int) -> Iterator[list[int]]:
    """Draw batches without end: all examples in random order, then all in another, and so on.

    Arguments:
        count: how many examples there are.
        size: how many of them each batch has; the last of a round may have fewer.
        seed: where the order comes from.
    """
    draws = Draws(seed)
    while True:
        order = draws.shuffle(count)
        for start in range(0, count, size):
            yield order[start : start + size]
