"""A graph as a short text for a page: 130,000 operations of a small transformer take about 40 kB.

The graph of a language model repeats itself, for each row of a matrix and each token. So each
operand is written as its distance from the one in its place before, which is the same again and
again, and gzip finds the repeats. ``reader.js`` unpacks it.
"""

from __future__ import annotations

import base64
import gzip
import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .recording import Step

__all__ = ["pack_numbers", "pack_steps"]


def pack_steps(steps: Iterable[Step], kinds: Sequence[str]) -> str:
    """Pack operations.

    For each, there is a byte that says which operation it is, and in a second part its number of
    operands, then for each operand the difference from the operand before, and for the first two
    from those of the last such operation.

    Arguments:
        steps: each with the number of its operation and its operands.
        kinds: the names of the operations.
    """
    which, rest = bytearray(), bytearray()
    last = [[0, 0] for _ in kinds]
    for kind, operands in steps:
        which.append(kind)
        before = last[kind]
        _write(rest, len(operands))
        for k, operand in enumerate(operands):
            if k < 2:
                _write(rest, operand - before[k])
                before[k] = operand
            else:
                _write(rest, operand - operands[k - 1])
    return _as_text(struct.pack("<I", len(which)) + bytes(which) + bytes(rest))


def pack_numbers(numbers: Sequence[float]) -> str:
    """Pack numbers with all their digits."""
    return _as_text(struct.pack(f"<{len(numbers)}d", *numbers))


def _write(out: bytearray, number: int) -> None:
    """Append a whole number, seven bits in each byte, the sign in the last bit of the first."""
    rest = number << 1 if number >= 0 else ~(number << 1)
    while rest > 127:
        out.append(rest & 127 | 128)
        rest >>= 7
    out.append(rest)


def _as_text(data: bytes) -> str:
    return base64.b64encode(gzip.compress(data, mtime=0)).decode("ascii")
