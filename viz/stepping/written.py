"""Numbers as a page writes them: short, with more digits on hover.

What is far too small to matter reads as ``≈ 0``: the rounding error that is left where numbers
cancel, or e⁻¹⁰⁰ beside numbers near 1. Its number appears on hover.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from ..pictures.text import number, number_range

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ..pictures.recording import Recording

__all__ = ["ROUNDING", "Text", "Writer", "equals"]

ROUNDING = 1e-14  # a number this much smaller than those around it is rounding error
EXACT = 16  # with at least this many digits, nothing is written as ≈ 0
MORE = 6  # digits on hover


class Text(NamedTuple):
    """A number, or numbers, as text.

    Attributes:
        text: what is written.
        exact: what appears on hover; empty if that is the same.
        near_zero: whether it reads as ``≈ 0``.
        origin: of nan or ∞: it ``"begins"`` here, or has ``"spread"`` here.
    """

    text: str
    exact: str = ""
    near_zero: bool = False
    origin: str = ""

    def extended(self, after: str = "", before: str = "") -> Text:
        """The same with more text around it."""
        exact = f"{before}{self.exact}{after}" if self.exact else ""
        return self._replace(text=f"{before}{self.text}{after}", exact=exact)

    @property
    def html(self) -> str:
        """The text, with more digits on hover."""
        return f'<span title="{self.exact}">{self.text}</span>' if self.exact else self.text

    @property
    def bold(self) -> str:
        """The same in bold: the result of a formula."""
        return f'<b title="{self.exact}">{self.text}</b>' if self.exact else f"<b>{self.text}</b>"

    @property
    def factor(self) -> str:
        """The number after a sign: in parentheses if it is negative, or not quite a number."""
        return f"({self.html})" if self.text.startswith(("−", "≈")) else self.html


class Writer:
    """Writes the numbers of one recording.

    Arguments:
        recording: what data and gradients are measured by.
        digits: significant digits.
    """

    def __init__(self, recording: Recording, digits: int) -> None:
        self.digits = digits
        self._data = min(1.0, _largest(recording.data.values()))
        self._gradient = _largest(recording.gradients.values())

    def data(self, x: float) -> Text:
        """A number of the forward pass, or a local derivative."""
        return self._write(x, self._data)

    def gradient(self, x: float) -> Text:
        """A gradient, or a part of one."""
        return self._write(x, self._gradient)

    def data_range(self, numbers: Sequence[float]) -> Text:
        """Up to three numbers, or the least and the largest."""
        return self._write_range(numbers, self._data)

    def gradient_range(self, numbers: Sequence[float]) -> Text:
        """Up to three gradients, or the least and the largest."""
        return self._write_range(numbers, self._gradient)

    def _write(self, x: float, scale: float) -> Text:
        exact = number(x, max(MORE, self.digits))
        if x and abs(x) < ROUNDING * scale and self.digits < EXACT:
            return Text("≈ 0", exact, near_zero=True)
        text = number(x, self.digits)
        return Text(text, exact if exact != text else "")

    def _write_range(self, numbers: Sequence[float], scale: float) -> Text:
        if len(numbers) == 1:
            return self._write(numbers[0], scale)
        exact = number_range(numbers, max(MORE, self.digits))
        if len(numbers) <= 3:
            text = ", ".join(self._write(x, scale).text for x in numbers)
        else:
            text = number_range(numbers, self.digits)
        return Text(text, exact if exact != text else "")


def equals(text: Text) -> str:
    """The result of an equation, with its sign: ``= 0.5``, or ``≈ 0``."""
    return text.bold if text.near_zero else f"= {text.bold}"


def _largest(numbers: Iterable[float]) -> float:
    return max((abs(x) for x in numbers if math.isfinite(x)), default=0.0)
