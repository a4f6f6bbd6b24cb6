"""DetachedWarning: a Value became a plain number, and no gradient flows through it any more."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from types import FrameType
from typing import TYPE_CHECKING, Any

from . import modes

if TYPE_CHECKING:
    from .value import Value

__all__ = ["DetachedWarning", "warn_detached"]


class DetachedWarning(UserWarning):
    """A Value became a plain number, so no gradient flows through it any more.

    ``float(v)``, ``int(v)``, ``round(v)``, ``math.exp(v)`` and storing v in an array of floats do
    this. Python shows the warning once for each line of code; where NumPy, say, asks for the
    number, it is the line that called NumPy. Comparing or formatting a Value does not warn. Nor
    does anything within `no_grad`, or with a Value that has no gradient to lose: a result computed
    within `no_grad`, an input, a target, a constant.

    To make it an error: ``warnings.simplefilter("error", autograd.DetachedWarning)``.
    """


def warn_detached(v: Value) -> None:
    """Warn about the line of code that asked v for its number, if that loses a gradient."""
    # The frame is the caller's of Value.__float__, which calls this.
    asking = sys._getframe(1).f_back
    if asking is not None and _has_gradient_to_lose(v) and not _formats(asking):
        import warnings  # costs time to import, and is rarely needed

        warnings.warn(
            "a Value became a plain number here, so no gradient flows through it. Write v.data if "
            "you mean the number. To keep the gradient use the Value's method: v.exp() for "
            "math.exp(v).",
            DetachedWarning,
            stacklevel=3 + _calls_since_user(asking),
        )


def _has_gradient_to_lose(v: Value) -> bool:
    """Whether a gradient could have gone through v, had it not become a plain number."""
    if modes.open_blocks and not modes.recording.get():
        return False
    if v.operation is not None:
        return True
    return v.role in ("", "parameter") and not hasattr(v, "_a")  # _a: of a no_grad result


def _calls_since_user(frame: FrameType | None) -> int:
    """How many frames further out the user's code is; 0 if there is none but a library's.

    Where a library asked for the number, its line says nothing to the user, and would warn only
    once for all that call it.
    """
    calls = 0
    while frame is not None:
        file = frame.f_code.co_filename
        if not (_in_site_packages(file) or file.startswith(_LIBRARIES)):
            return calls
        calls, frame = calls + 1, frame.f_back
    return 0


def _in_site_packages(file: str) -> bool:
    return "site-packages" in file or "dist-packages" in file


_LIBRARIES = (os.__file__.removesuffix("os.py"), __file__.removesuffix("detached.py"), "<frozen ")
"""Where files of Python itself and of this engine are."""


def _formats(frame: FrameType) -> bool:
    """Whether the frame is computing ``text % v``, the one operator that asks a Value for a number.

    Arithmetic never does: the Value computes it.
    """
    code, at = frame.f_code.co_code, frame.f_lasti
    return code[at : at + 2] in _REMAINDER


def _instructions(function: Callable[..., Any]) -> set[bytes]:
    code = function.__code__.co_code
    return {code[at : at + 2] for at in range(0, len(code), 2)}


def _modulo(a: Any, b: Any) -> None:
    a % b
    a %= b


def _plus(a: Any, b: Any) -> None:
    a + b
    a += b


_REMAINDER = _instructions(_modulo) - _instructions(_plus)
"""How the running Python encodes the operators % and %=."""
