"""The parts of the search for vectors: merging, colour refinement, and finding loops."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, TypeAlias

from .folds import Vector

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Sequence

    from .plan import Content

    Near: TypeAlias = Callable[[Content], Iterable[Content | int]]

__all__ = ["ROUNDS", "Search", "find_loops", "refine"]

ROUNDS = 4  # of colour refinement, and of the search


class Search:
    """The vectors that are found so far, of boxes in the order of writing."""

    def __init__(self, place: dict[Content, int]) -> None:
        self.place = place
        self.found: dict[int, list[Content]] = {}
        self.vector_of: dict[Content, int] = {}

    @property
    def vectors(self) -> list[list[Content]]:
        """The elements of each, in the order in which they were computed."""
        return [sorted(elements, key=self.place.__getitem__) for elements in self.found.values()]

    def look(self, classes: Iterable[Sequence[Content]], *choice: Near) -> None:
        """Make vectors of boxes that are near the same: by the first choice that finds any."""
        known = dict(self.vector_of)
        for boxes in classes:
            rest = [box for box in boxes if box not in self.vector_of]
            for near in choice:
                parts = self._part(rest, near, known)
                for elements in parts:
                    self._merge(elements)
                if parts:
                    break

    def join(self, classes: Iterable[Sequence[Content]], near: Near) -> None:
        """Join boxes, and vectors, that are near the same."""
        known = dict(self.vector_of)
        for boxes in classes:
            for elements in self._part(boxes, near, known):
                self._merge(elements)

    def add_single(
        self, made: dict[Content, int], near: Near, stem_of: Callable[[Content], str]
    ) -> None:
        """Add what is made of the same, though it alone is used for something else.

        A loss picks one of the scores.
        """
        made_alike: dict[frozenset[int], int] = {}
        for i, elements in self.found.items():
            made_alike.setdefault(self._key(elements[0], near, self.vector_of), i)
        for box in self.place:
            key = self._key(box, near, self.vector_of)
            i = made_alike.get(key, -1)
            if key and i >= 0 and box not in self.vector_of and not isinstance(box, Vector):
                first = self.found[i][0]
                if made[box] == made[first] and stem_of(box) == stem_of(first):
                    self._merge([self.found[i][0], box])

    def _part(
        self, boxes: Sequence[Content], near: Near, known: dict[Content, int]
    ) -> list[list[Content]]:
        parts: dict[frozenset[int], list[Content]] = defaultdict(list)
        for box in boxes:
            parts[self._key(box, near, known)].append(box)
        return [part for key, part in parts.items() if key and len(part) > 1]

    def _key(self, box: Content, near: Near, known: dict[Content, int]) -> frozenset[int]:
        return frozenset(
            other if isinstance(other, int) else known.get(other, id(other)) for other in near(box)
        )

    def _merge(self, elements: Sequence[Content]) -> None:
        old = dict.fromkeys(self.vector_of[e] for e in elements if e in self.vector_of)
        merged = dict.fromkeys(e for i in old for e in self.found.pop(i))
        merged.update(dict.fromkeys(elements))
        i = next(iter(old), len(self.place) + len(self.vector_of))
        self.found[i] = list(merged)
        self.vector_of.update(dict.fromkeys(merged, i))


def refine(
    kinds: dict[Content, int], beside: dict[Content, dict[Content, set[Hashable]]]
) -> dict[Content, int]:
    """Refine the kinds of boxes by those of their inputs, or of their users, and theirs."""
    colours = kinds
    for _ in range(ROUNDS):
        numbers: dict[Hashable, int] = {}
        colours = {
            box: numbers.setdefault(
                (kinds[box], frozenset((colours[p], *how) for p, how in near.items())),
                len(numbers),
            )
            for box, near in beside.items()
        }
    return colours


def find_loops(sources: dict[int, set[int]]) -> set[int]:
    """The nodes that are on the way from one loop to another, or on one."""
    inputs = {node: {p for p in before if p in sources} for node, before in sources.items()}
    for _ in range(2):  # from the front, and then from the back
        users: dict[int, list[int]] = {node: [] for node in inputs}
        waiting = {node: len(before) for node, before in inputs.items()}
        for node, before in inputs.items():
            for p in before:
                users[p].append(node)
        ready = [node for node, count in waiting.items() if not count]
        while ready:
            node = ready.pop()
            for user in users[node]:
                waiting[user] -= 1
                if not waiting[user]:
                    ready.append(user)
        left = {node for node, count in waiting.items() if count}
        inputs = {node: {u for u in users[node] if u in left} for node in left}
    return set(inputs)
