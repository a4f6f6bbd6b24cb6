"""Invented names: the data of the benchmark, from syllables and a seed.

Nothing here is a list of real names. A name is one to four syllables; how often each occurs is
chosen so that lengths resemble those of given names, 6.1 letters on average.
"""

from __future__ import annotations

import random
from itertools import islice

__all__ = ["LONGEST", "invent_names"]

STARTS = [*"bcdfghjklmnpqrstvwxyz", "br", "ch", "dr", "kh", "ph", "rh", "sh", "st", "th", "tr"]
START_WEIGHTS = [4, 3, 5, 2, 2, 3, 5, 5, 7, 7, 6, 2, 0.5, 7, 5, 4, 2, 1, 0.3, 2, 2, *[0.5] * 10]
VOWELS = [*"aeiou", "ae", "ai", "ay", "ea", "ee", "ei", "ia", "ie", "io", "oa"]
VOWEL_WEIGHTS = [20, 13, 13, 7, 4, *[0.8] * 10]
ENDS = ["", *"nlrsmhtdx", "rn", "nd", "th", "ss", "ck"]
END_WEIGHTS = [64, 12, 7, 6, 4, 2, 2, 2, 1, 0.5, *[0.3] * 5]
BARE = 0.12
"""The share of syllables that begin with their vowel."""
SYLLABLES, SYLLABLE_WEIGHTS = (1, 2, 3, 4), (4, 56, 37, 3)
SHORTEST, LONGEST = 2, 15


def invent_names(count: int = 32_000, seed: int = 0) -> list[str]:
    """So many different names of 2 to 15 letters, at random; the same ones for the same seed."""
    rng = random.Random(seed)
    syllables = _invent_syllables(rng, 4_000)
    names: dict[str, None] = {}  # in the order in which they were invented
    while len(names) < count:
        sizes = rng.choices(SYLLABLES, SYLLABLE_WEIGHTS, k=count)
        parts = iter(rng.choices(syllables, k=sum(sizes)))
        drawn = ["".join(islice(parts, size)) for size in sizes]
        names.update(dict.fromkeys([n for n in drawn if SHORTEST <= len(n) <= LONGEST]))
    return list(names)[:count]


def _invent_syllables(rng: random.Random, count: int) -> list[str]:
    """Syllables such as ``a``, ``ra`` and ``shen``; common sounds are in more of them."""
    parts = zip(
        rng.choices(STARTS, START_WEIGHTS, k=count),
        rng.choices(VOWELS, VOWEL_WEIGHTS, k=count),
        rng.choices(ENDS, END_WEIGHTS, k=count),
        strict=True,
    )
    return [("" if rng.random() < BARE else start) + vowel + end for start, vowel, end in parts]
