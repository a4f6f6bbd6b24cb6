"""DetachedWarning: a Value became a plain number, so gradients no longer flow through it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from types import FrameType
from typing import TYPE_CHECKING, Any

from . import modes

if TYPE_CHECKING:
    from .value import Value

__all__ = ["DetachedWarning", "refused", "warn_detached", "warn_returned"]


class DetachedWarning(UserWarning):
    """A Value became a plain number, so gradients no longer flow through it.

    ``float(v)``, ``int(v)``, ``round(v)``, ``math.exp(v)`` and storing v in an array of floats do
    this. Python shows the warning once for each line of code. If a library such as NumPy converted
    the Value, that is the line that called the library. Comparing or formatting a Value does not
    warn. Neither does anything within `no_grad`, or with a Value that has no gradient to lose: a
    result computed within `no_grad`, an input, a target, a constant.

    To turn it into an error: ``warnings.simplefilter("error", autograd.DetachedWarning)``.
    """


def warn_detached(v: Value) -> None:
    """Warn about the line of code that converts v to a number, if that loses a gradient."""
    if what := _refused_in.get():
        raise TypeError(
            f"{what} turned a Value into a plain number. To differentiate it again, or to run it "
            "in a program, write it with Values' operations: a.cos() instead of math.cos(a)."
        )
    # Value.__float__ calls this; the frame is that of its caller.
    caller = sys._getframe(1).f_back
    if caller is not None and _has_gradient_to_lose(v) and not _formats(caller):
        import warnings  # slow to import, and rarely needed

        warnings.warn(
            "a Value became a plain number here, so no gradient flows through it. Write v.data if "
            "you mean the number. To keep the gradient, use the Value's method: v.exp() instead of "
            "math.exp(v).",
            DetachedWarning,
            stacklevel=3 + _calls_since_user(caller),
        )


def warn_returned(v: Value, name: str) -> None:
    """Warn about the line that calls an operation of one's own whose function returned v."""
    if _has_gradient_to_lose(v):
        import warnings  # as above

        warnings.warn(
            f"the function of {name} returned a Value, of which only the number is kept: a Value "
            "that it uses gets no gradient unless it is an operand. Make it one, or return v.data "
            "if you mean the number.",
            DetachedWarning,
            stacklevel=2 + _calls_since_user(sys._getframe(1)),
        )


_refused_in: ContextVar[str] = ContextVar("refused_in", default="")


@contextmanager
def refused(what: str) -> Iterator[None]:
    """Within the block, raise a TypeError where a Value becomes a plain number.

    Arguments:
        what: what the block runs, for the message.
    """
    token = _refused_in.set(what)
    try:
        yield
    finally:
        _refused_in.reset(token)


def _has_gradient_to_lose(v: Value) -> bool:
    """Whether a gradient could flow through v."""
    if modes.open_blocks and not modes.recording.get():
        return False
    if v.operation is not None:
        return True
    held = getattr(v, "_a", None)
    if hasattr(held, "tangent"):  # it belongs to a jvp
        return True
    computed_in_no_grad = held is not None
    return v.role in ("", "parameter") and not computed_in_no_grad


def _calls_since_user(frame: FrameType | None) -> int:
    """How many frames out the user's code is; 0 if every frame belongs to a library.

    A line inside a library would tell the user nothing, and Python would show the warning only once
    for all code that calls it.
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
"""Where the files of Python and of this engine are."""


def _formats(frame: FrameType) -> bool:
    """Whether the frame is computing ``text % v``, the only operator that calls ``float(v)``."""
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
