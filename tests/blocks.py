"""How much of Python's memory is in use."""

from __future__ import annotations

import sys

from autograd import engines


def blocks_in_use() -> int:
    """The blocks that Python has allocated, and the values of the compiled engine beside them."""
    values: int = engines.native.count() if engines.native else 0
    return sys.getallocatedblocks() + values
