"""Dead-code elimination (DCE)."""

from __future__ import annotations

import numpy as np

from autograd.program.ir import Code, needed, renumbered

__all__ = ["prune"]


def prune(code: Code) -> Code:
    """Remove instructions that no output and no gradient needs.

    ::

        v0 = parameter 0                v0 = parameter 0
        v1 = exp(v0)              →     v1 = -v0
        v2 = -v0                        output 0 = v1
        output 0 = v2
    """
    return renumbered(code, np.flatnonzero(needed(code)))
