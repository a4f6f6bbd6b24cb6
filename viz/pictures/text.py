"""Numbers and labels as pictures write them: short, exact enough, and safe to embed."""

from __future__ import annotations

import math
import re
from functools import lru_cache
from html import escape
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from unicodedata import category, east_asian_width

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = [
    "arrow",
    "check_digits",
    "check_text",
    "check_whole",
    "class_name",
    "escaped",
    "escaped_twice",
    "exact",
    "names_loss",
    "number",
    "number_range",
    "quantity",
    "shortened",
    "text_width",
]


def number(x: float, digits: int = 4) -> str:
    """Write a number to `digits` significant digits, with a true minus sign: ``−0.125``, ``∞``.

    >>> number(-0.00839808, 6), number(2.0), number(float("-inf"))
    ('−0.00839808', '2', '−∞')
    """
    if math.isinf(x):
        return "∞" if x > 0 else "−∞"
    if x == 0.0:  # −0 is shown as 0
        return "0"
    text = f"{x:.{digits}g}".replace("-", "−")
    return text.replace("e−0", "e−").replace("e+0", "e").replace("e+", "e")


def exact(x: float) -> str:
    """Write a number to as many digits as tell it from every other.

    >>> exact(0.1 + 0.2), exact(2.0), exact(1e-5)
    ('0.30000000000000004', '2', '1e−5')
    """
    significant = repr(x).partition("e")[0].replace(".", "").strip("-0")
    return number(x, max(6, len(significant)))


def number_range(numbers: Sequence[float], digits: int = 4) -> str:
    """Write up to three numbers in full, and more as a count and a range.

    >>> number_range([1.0, 2.5]), number_range([3.0, 1.0, 2.0, 4.0])
    ('1, 2.5', '4 values, 1 … 4')
    """
    if len(numbers) <= 3:
        return ", ".join(number(x, digits) for x in numbers)
    low, high = number(min(numbers), digits), number(max(numbers), digits)
    return f"{len(numbers):,} values, {low} … {high}"


def quantity(count: int, one: str, many: str = "") -> str:
    """Write a count with its noun: ``1 leaf``, ``2,000 leaves``."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def arrow(gradient: float) -> str:
    """The sign of a gradient, a slope: ▲ if the result rises with the value, ▼ if it falls.

    Empty where the gradient is 0 or not finite.
    """
    if gradient == 0.0 or not math.isfinite(gradient):
        return ""
    return "▲" if gradient > 0 else "▼"


def names_loss(label: str) -> bool:
    """Whether a label says that the value is a loss: ``L``, ``loss``, ``mean loss``."""
    words = re.findall(r"[^\W_]+", shortened(label).lower())
    return words == ["l"] or "loss" in words


def shortened(text: str, limit: int = 28) -> str:
    r"""The text on one line, cut to `limit` characters; those that cannot be shown are named.

    >>> shortened("two\nlines"), shortened("a\x07b"), shortened("abcdef", 4)
    ('two lines', 'a[U+0007]b', 'abc…')
    """
    start = str(text).lstrip()[: 4 * limit + 200]  # a label may have millions of characters
    line = " ".join(_show(_MARKS.sub("", start)).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def class_name(thing: object) -> str:
    """The name of a thing's class, as a picture writes it."""
    return shortened(type(thing).__name__, 40)


def check_text(text: object, what: str) -> None:
    """Raise a TypeError if this is not a string; `what` names it."""
    if not isinstance(text, str):
        raise TypeError(
            f"expected {what} to be a str, got {type(text).__qualname__}: {text!r:.60}. "
            "Convert it with str() first."
        )


def check_whole(number: Any, what: str, least: int) -> int:
    """The whole number that a user gave for ``what``; TypeError or ValueError unless it is one."""
    if isinstance(number, bool) or not hasattr(number, "__index__"):
        raise TypeError(
            f"expected {what} to be a whole number, got {type(number).__qualname__}: {number!r:.60}"
        )
    whole = int(number)
    if whole < least:
        raise ValueError(f"expected {what} to be at least {least}, got {whole}")
    return whole


def check_digits(digits: object) -> None:
    """Raise a ValueError if this is not a number of significant digits that a float has."""
    if not isinstance(digits, int) or isinstance(digits, bool) or not 1 <= digits <= 17:
        raise ValueError(f"expected digits to be a whole number from 1 to 17, got {digits!r}")


_MARKS = re.compile("[\u061c\u200e\u200f]")  # of direction; they are invisible

# What XML forbids or discourages, and what changes the direction of text: embeddings, overrides
# and isolates. White space is handled elsewhere.
_UNSHOWN = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff\u202a-\u202e\u2066-\u2069]"
)


def _show(text: str) -> str:
    """Replace each character that cannot be shown by its name: ``[U+0007]``."""
    return _UNSHOWN.sub(lambda character: f"[U+{ord(character[0]):04X}]", text)


def escaped(text: str, bold: str = "") -> str:
    r"""The text as a line of a Graphviz label, in which ``\``, ``&`` and ``<`` start escapes.

    The package `graphviz` escapes quotes. Where Graphviz would take the text to be narrower than it
    is, non-breaking spaces follow it.

    Arguments:
        text: the line.
        bold: the part of it that will be bold.
    """
    shown = _show(text)
    missing = _missing_width(shown)
    in_bold = missing + _bold_excess(bold) - _SPARE
    return _escape(shown) + _spaces(max(missing if missing > _SPARE else 0.0, in_bold))


def escaped_twice(text: str) -> str:
    """The text as a Graphviz tooltip, where escapes are replaced twice."""
    return _escape(_show(text)).replace("\\", "\\\\")


def _escape(text: str) -> str:
    return escape(text, quote=False).replace("\\", "\\\\")


# ── width ────────────────────────────────────────────────────────────────────────────────────

# The embedded Graphviz knows the widths of ASCII only. It takes any other character to be one space
# wide for each byte of its UTF-8, so wide ones would run out of their boxes.
_SPACE = 0.278  # em, in Helvetica
_PAD = 2 * _SPACE  # U+00A0 has two bytes
_SPARE = 0.3  # em that fit into the margin of a box, beside a thick ring too
_VERY_WIDE = {"\ufdfd": 10.0, "\u2e3a": 2.0, "\u2e3b": 3.0}  # a whole sentence; long dashes
_VERY_WIDE |= dict.fromkeys("\u2014\u2015\u2026\u00c6\u00e6\u0152\u0153", 1.0)  # dashes, Æ, Œ
_VERY_WIDE |= dict.fromkeys("\u0132\u01c4\u01c7\u01ca\u01f1", 1.35)  # two letters in one
_VERY_WIDE |= dict.fromkeys(map(chr, range(0x27F5, 0x2800)), 1.6)  # long arrows


def _missing_width(text: str) -> float:
    """How much wider the text is than Graphviz takes it to be, in em."""
    if text.isascii():
        return 0.0
    missing = sum(_width(c) - _SPACE * len(c.encode()) for c in text if c > "\x7f")
    if "\ufe0f" in text:  # makes the character before it an emoji
        missing += text.count("\ufe0f") * (_EMOJI - 0.6)
    return missing


_EMOJI = 1.4  # em

# In Helvetica Bold digits and most capitals are as wide as in Helvetica, and these are wider.
_WIDER_IN_BOLD = re.compile(r"[ABJKLb-df-y!&'?:;\[\]{}]")
_MUCH_WIDER_IN_BOLD = re.compile(r'["^]')


def _bold_excess(text: str) -> float:
    """How much wider the ASCII in the text is in Helvetica Bold than in Helvetica, in em."""
    wider, much_wider = (len(e.findall(text)) for e in (_WIDER_IN_BOLD, _MUCH_WIDER_IN_BOLD))
    return 0.056 * wider + 0.12 * much_wider


def _spaces(width: float) -> str:
    """Non-breaking spaces that Graphviz takes to be at least `width` em wide."""
    return "\u00a0" * max(0, math.ceil(width / _PAD))


def _width(c: str) -> float:
    """The width of a character beyond ASCII, in em: if unsure, too wide."""
    if c in _VERY_WIDE:
        return _VERY_WIDE[c]
    kind = category(c)
    if kind in ("Mn", "Me", "Cf"):  # drawn over the character before, or not at all
        return 0.0
    if east_asian_width(c) in "WF":
        return _EMOJI if kind == "So" and c >= "\u2300" else 1.0
    if kind in ("Nl", "Lt"):  # Roman numerals; two letters in one
        return 1.35
    if kind == "Lo":  # scripts without capitals; some, such as Tamil, have letters wider than an em
        return 0.55 if c < "\u0900" else 1.2
    cyrillic = "\u0400" <= c < "\u0530"
    if kind == "Lu":
        return 0.95 if cyrillic else 0.8
    return 0.65 if cyrillic else {"Mc": 0.8}.get(kind, 0.57)


_NARROW = dict.fromkeys("ijl.,:;'|!ft()[] /I", 0.29)
_WIDE = dict.fromkeys("mMWw@%—▲▼■□→∞", 0.87)
_WIDTHS: Mapping[str, float] = MappingProxyType({**_NARROW, **_WIDE})


def text_width(text: str, size: float) -> float:
    """About how wide a text is in Helvetica, in points."""
    return size * _ems(text)


@lru_cache(maxsize=4096)  # the layouts of a scene measure the same texts again and again
def _ems(text: str) -> float:
    return sum(_WIDTHS.get(c, 0.68 if c.isupper() or c > "\u0530" else 0.54) for c in text)
