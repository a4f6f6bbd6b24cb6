"""Repeats of different lengths: what a loss over words of 3, 7 and 5 letters makes.

Each word has its own loop, of as many steps as it has letters. The branches are alike if each does
the same steps in the same order, once what repeats in a row is counted once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from autograd import Value, ops

from .folds import Fold, Repeat

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from .groups import Call
    from .repeats import Branches

__all__ = ["find_runs", "sort_uneven"]

FEW = 3  # branches that are folded
LONGEST = 32  # boxes of a step
MOST = 5_000  # boxes of all branches

T = TypeVar("T")


def find_runs(items: Sequence[T], longest: int = LONGEST) -> list[tuple[list[T], int]]:
    """What comes again and again, once, and how often.

    >>> find_runs([1, 2, 1, 2, 1, 2, 3])
    [([1, 2], 3), ([3], 1)]
    """
    found: list[tuple[list[T], int]] = []
    i = 0
    while i < len(items):
        times, period = 1, 1
        for length in range(1, min(longest, (len(items) - i) // 2) + 1):
            count = 1
            while items[i + count * length : i + (count + 1) * length] == items[i : i + length]:
                count += 1
            if count > 1 and count * length > times * period:
                times, period = count, length
        found.append((list(items[i : i + period]), times))
        i += times * period
    return found


def sort_uneven(branches: Branches, call_of: dict[Value, Call]) -> list[Repeat]:
    """Make a repeat of the branches that do the same, but some steps more often than others."""
    if sum(map(len, branches.boxes.values())) > MOST:
        return []
    groups: dict[Hashable, list[Any]] = {}
    for head, join in branches.heads.items():
        kinds = [kind for box in branches.boxes[head] if (kind := _kind(box)) is not None]
        once = [kind for each, _ in find_runs(kinds) for kind in each]
        groups.setdefault((join, tuple(once)), []).append(head)
    repeats = []
    for (join, _), heads in groups.items():  # type: ignore[misc]
        copies = [branches.boxes[head] for head in heads]
        if len(copies) < FEW or len({len(copy) for copy in copies}) == 1:
            continue
        parent = call_of.get(join) if isinstance(join, Value) else join.parent
        repeats.append(Repeat(copies, parent, what="examples"))
    return repeats


def _kind(box: Any) -> Hashable:
    """What alike steps have in common; None of data."""
    if not isinstance(box, Value):
        return box.path if isinstance(box, Fold) else id(box.module)
    if box.operation is None:
        return None
    exponent = box.operands[-1] if box.operation is ops.POW else None
    return (box.operation, exponent if isinstance(exponent, float) else None)
