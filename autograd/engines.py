"""The two engines: Python, and the same compiled, if it was built when glassgrad was installed.

`value` is the engine, and says what everything means. The folder `native` has a compiled form of
its hottest parts, which gives the same results, bit for bit. ``GLASSGRAD_PURE=1`` in the
environment chooses Python.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, TypeVar

from . import blocks, graph, ops

__all__ = ["FIELDS", "SLOTS", "Base", "install", "name", "native", "recycled", "why_not"]

_Kind = TypeVar("_Kind")

_INTERFACE = 2
"""What this file and `native/module.c` expect of each other: raise it in both together."""


def _load() -> tuple[Any, str]:
    """The compiled module, and why it is not used if it is None."""
    if os.environ.get("GLASSGRAD_PURE", "") not in ("", "0"):
        return None, "GLASSGRAD_PURE is set"
    try:
        from . import _native
    except ImportError as error:
        return None, f"it is not built ({error})"
    if _native.INTERFACE != _INTERFACE:
        return None, "it was built for another version of glassgrad; install it again"
    return _native, ""


native, why_not = _load()

name = "native" if native else "python"
"""What `autograd.engine` says."""


class _Fieldless:
    """No base at all: a class in Python has its own slots."""

    __slots__ = ()


if TYPE_CHECKING:
    Base = _Fieldless
else:
    Base = native.Core if native else _Fieldless
    """The first base of Value: it holds the fields of a compiled one."""

FIELDS = (
    "_a", "_a_data", "_b", "_b_data", "_compared", "_datum", "_grad", "_label", "_mark",
    "operation",
)  # fmt: skip
"""What a Value holds."""

SLOTS: tuple[str, ...] = () if native else FIELDS


def install(value: type) -> None:
    """Put the compiled functions into the class Value."""
    if native:
        native.install(
            value, type("property", (property,), {}), blocks.open_blocks, ops.TABLE,
            (ops.ADD, ops.SUB, ops.MUL, ops.DIV, ops.POW, ops.NEG, ops.ABS),
            graph.check_leaf, graph.finish_backward, graph.pass_on,
        )  # fmt: skip


def recycled(kind: type[_Kind]) -> type[_Kind]:
    """Let the compiled engine use the memory of a class's objects, which have slots alone, again.

    Then a step that makes thousands of them, as the one before did, gives the garbage collector no
    reason to look for cycles in the whole graph.
    """
    if native:
        native.recycle(kind)
    return kind
