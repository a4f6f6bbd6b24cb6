"""Compile the compiler itself: passes are loops over arrays of numbers, which numba compiles.

Numba builds each pass once, and `machine.cache` keeps it on disk. Without the decorators the same
functions run as plain Python, only a hundred times slower.
"""

from __future__ import annotations

from typing import Any

import numba

from .machine.cache import Cache, announce_build

__all__ = ["compiled", "helper"]

_options = {"error_model": "numpy", "no_cfunc_wrapper": True, "_nrt": False}
helper = numba.njit(**_options, no_cpython_wrapper=True)
"""Compile a function that only compiled functions call."""


def compiled(function: Any) -> Any:
    """Compile a function that Python calls, at its first call, and keep it on disk.

    To be quick to build, it must not allocate memory: it writes its results into its arguments.
    """
    made = numba.njit(**_options)(function)
    made._cache = Cache(function.__name__.strip("_"), build=announce_build)
    return made
