"""The passes, each a function from code to code, and the pipeline that runs them.

`optimise` makes any program smaller; `lower` prepares it for the machine. The passes in `PASSES`
are optional (``compile(..., passes=...)``): without them a program runs slower but computes the
same numbers. So a pass must not lose a ``nan`` or an ``inf``: ``x · 0`` is not always 0, and
neither is ``x − x``. Nor may it change how a number is rounded, because what cancels in the graph
has to cancel in the program: sums keep their order, and products are rounded before they are added.
Only a mean over the rows, which no single graph has, may add up in any order.

To add a pass, write it in a file of its own, with an example in its docstring, and list it below.
Its work is a loop over `Code.arrays`, usually a `compiled` one, which writes with `writer`; a pass
that rewrites few instructions may use `Rewriter` instead.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from .fold import fold
from .fuse import fuse
from .group import group
from .legalise import legalise
from .prune import prune
from .share import share
from .simplify import simplify

if TYPE_CHECKING:
    from collections.abc import Callable, Container

    from autograd.program.ir import Code

__all__ = [
    "PASSES", "choose", "fold", "fuse", "group", "legalise", "lower", "optimise", "prune", "share",
    "simplify",
]  # fmt: skip

_OPTIMISING = (fold, simplify, share, prune, fuse)

PASSES: dict[str, Callable[[Code], Code]] = {one.__name__: one for one in (*_OPTIMISING, group)}
"""The optional passes, in the order in which they run."""


def choose(names: Iterable[str] | None) -> set[str]:
    """Check the names of passes; None stands for all of them."""
    if names is None:
        return set(PASSES)
    if isinstance(names, str):
        raise TypeError(f"passes: expected a list of names, got str: {names!r}; write [{names!r}]")
    if not isinstance(names, Iterable):
        raise TypeError(f"passes: expected a list of names, got {type(names).__qualname__}")
    chosen = set(names)
    for name in chosen - set(PASSES):
        raise ValueError(f"unknown pass {name!r}; choose from {', '.join(PASSES)}")
    return chosen


def optimise(code: Code, chosen: Container[str]) -> Code:
    """Run the chosen passes except `group`, whose order of instructions is for the machine only."""
    for one in _OPTIMISING:
        if one.__name__ in chosen:
            code = one(code)
    return code


def lower(code: Code, chosen: Container[str]) -> Code:
    """Prepare the code for the machine: legalise it, then schedule it if `group` is chosen."""
    code = legalise(code)
    return group(code) if "group" in chosen else code
