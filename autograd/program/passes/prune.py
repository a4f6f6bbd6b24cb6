"""Dead-code elimination (DCE)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autograd.program.ir import needed, renumbered

if TYPE_CHECKING:
    from autograd.program.ir import Code

__all__ = ["prune"]


def prune(code: Code) -> Code:
    """Remove instructions that no output and no gradient needs.

    ::

        v0 = parameter 0                v0 = parameter 0
        v1 = exp(v0)              →     v1 = -v0
        v2 = -v0                        output 0 = v1
        output 0 = v2
    """
    return renumbered(code, [i for i, need in enumerate(needed(code)) if need])
