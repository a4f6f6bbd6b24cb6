"""The passes, each a function from code to code, and the pipeline that runs them.

`optimise` makes a program smaller, for whatever runs it afterwards. `lower` then prepares it for
the machine. The passes in `PASSES` are optional (``compile(..., passes=…)``): without them programs
run slower and compute the same. So a pass must not lose a ``nan`` or an ``inf``: ``x · 0`` is not
always 0, nor is ``x − x``. And it must not change how a number is rounded: what cancels in the
graph has to cancel in the program. Sums therefore keep their order, and products are rounded before
they are added. Only a mean over the rows, which the graph of one row does not have, is free.

To add a pass: write it in a file of its own, with an example in its docstring, and list it below.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .fold import fold
from .fuse import fuse
from .group import group
from .pair_up import pair_up
from .prune import prune
from .share import share
from .simplify import simplify
from .spell_out import spell_out

if TYPE_CHECKING:
    from collections.abc import Callable, Container

    from autograd.program.ir import Code

__all__ = [
    "PASSES", "fold", "fuse", "group", "lower", "optimise", "pair_up", "prune", "share", "simplify",
    "spell_out",
]  # fmt: skip

_OPTIMISING = (fold, simplify, share, prune, fuse)

PASSES: dict[str, Callable[[Code], Code]] = {one.__name__: one for one in (*_OPTIMISING, group)}
"""The optional passes, in the order in which they run."""


def optimise(code: Code, chosen: Container[str]) -> Code:
    """Run the chosen passes, all but `group`: the order of instructions is for the machine."""
    for one in _OPTIMISING:
        if one.__name__ in chosen:
            code = one(code)
    return code


def lower(code: Code, chosen: Container[str]) -> Code:
    """Prepare the code for the machine: legalise it, then schedule it if that pass is chosen."""
    code = pair_up(code)
    return group(code) if "group" in chosen else code
