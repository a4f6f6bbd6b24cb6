"""What labels with indices have in common: ``w00`` and ``w01`` are numbers of ``w``."""

from __future__ import annotations

import re
from itertools import takewhile
from typing import TYPE_CHECKING

from .text import shortened

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["common_name", "name_range", "stem"]

_INDICES = re.compile(r"[\s_.,\[\](){}₀₁₂₃₄₅₆₇₈₉\d]+$")
_OPEN = re.compile(r"[\s_.,\[({]+$|[\[({][^\])}]*$")


def stem(label: str) -> str:
    """The label without the indices at its end: ``w`` of ``w12``, of ``w[1][2]``, of ``w_1``."""
    return _INDICES.sub("", label[-200:])


def common_name(labels: Sequence[str]) -> str:
    """How all of the labels begin: ``w`` for ``w00`` and ``w10``, ``x[1]`` for ``x[1][0]``."""
    least, most = min(labels)[:200], max(labels)[:200]
    start = "".join(
        a for a, _ in takewhile(lambda pair: pair[0] == pair[1], zip(least, most, strict=False))
    )
    return _OPEN.sub("", start) if len(set(labels)) > 1 else start


def name_range(labels: Sequence[str]) -> str:
    """The label, or the first and the last of several."""
    first, last = shortened(labels[0]), shortened(labels[-1])
    return first if len(set(labels)) == 1 else f"{first} … {last}"
