"""``python -m viz``: what it writes, says and returns."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest

from autograd import Value, engines
from viz.__main__ import _parser, main
from viz.course.example import Example, Figure
from viz.course.examples import LESSONS

from .built import built, prepared
from .test_gallery import Page

if TYPE_CHECKING:
    from viz.course.example import Progress

ROOT = Path(__file__).parents[2]
NEURON = ("--only", "relu-neuron")


def run(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "viz", *arguments],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
    )


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("viz.course.rendering.build", prepared)


# ── as a command ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.slow
def test_one_example_goes_to_the_folder_renders(tmp_path: Path) -> None:
    done = run(*NEURON, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, b"")
    files = {file.name for file in (tmp_path / "renders").iterdir() if file.is_file()}
    assert files == {
        "index.html",
        "05-relu-neuron-before.svg",
        "05-relu-neuron-after.svg",
        "05-relu-neuron-before.html",
        "05-relu-neuron-training.html",
        "05-relu-neuron-live.html",
    }
    assert b"Wrote 2 pictures and 3 pages for 1 example." in done.stdout


@pytest.mark.slow
def test_two_runs_write_the_same_bytes(tmp_path: Path) -> None:
    for out, seed in (("a", "1"), ("b", "2")):
        done = run(*NEURON, "--only", "learn-cat", "--out", out, cwd=tmp_path, PYTHONHASHSEED=seed)
        assert done.returncode == 0
    first, second = (
        {file.name: file.read_bytes() for file in (tmp_path / out).iterdir() if file.is_file()}
        for out in "ab"
    )
    assert len(first) == 1 + 2 + 3 + 6 + 3
    assert first == second


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "utf-8"])
@pytest.mark.parametrize("arguments", [["--list"], NEURON])
@pytest.mark.slow
def test_a_terminal_without_some_characters_is_no_reason_to_stop(
    encoding: str, arguments: list[str], tmp_path: Path
) -> None:
    done = run(*arguments, cwd=tmp_path, PYTHONIOENCODING=encoding)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"relu-neuron" in done.stdout


@pytest.mark.slow
def test_output_to_a_file_has_no_progress_in_it(tmp_path: Path) -> None:
    assert b"\r" not in run(*NEURON, cwd=tmp_path).stdout.replace(b"\r\n", b"\n")


# ── all examples ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.slow
def test_the_gallery_links_to_every_picture(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--out", str(tmp_path)]) == 0
    html = Page((tmp_path / "index.html").read_text("utf-8"))
    images = {image["src"] or "" for image in html.all("img")}
    links = {a["href"] or "" for a in html.all("a")}
    pages = {link for link in links if link.endswith(".html")}
    assert links == images | pages | {f"#{lesson.name}" for lesson in LESSONS}
    phone = {source["srcset"] or "" for source in html.all("source")}
    files = {f.relative_to(tmp_path).as_posix() for f in tmp_path.rglob("*") if f.is_file()}
    assert files == images | phone | pages | {"index.html"}
    for example in ("07-iterative-improvement", "10-learn-cat", "11-learn-from-a-mistake"):
        assert f"{example}-training.html" in pages
    for file in pages:
        html_of_page = (tmp_path / file).read_text("utf-8")
        assert len(html_of_page.encode()) < 1_000_000
        lesson = LESSONS[int(file[:2]) - 1]
        assert f"<h1>{lesson.number}. {lesson.title}</h1>" in html_of_page
    for image in images:
        still, script, end = (tmp_path / image).read_text("utf-8").partition("<script")
        assert script and end.count("</script>") == 1
        assert ET.fromstring(still + script + end).tag.endswith("}svg")
    said = capsys.readouterr()
    assert said.err == ""
    made = f"Wrote {len(images)} pictures and {len(pages)} pages for 12 examples."
    assert f"{made} Open {tmp_path / 'index.html'}" in said.out
    rows = [line.split()[:2] for line in said.out.splitlines() if line.endswith("  ok")]
    assert rows == [[str(lesson.number), lesson.name] for lesson in LESSONS]


def test_list_names_the_examples_and_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["--list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 12
    for line, lesson in zip(lines, LESSONS, strict=True):
        assert line.split()[:2] == [str(lesson.number), lesson.name]
        assert line.endswith(lesson.caption)
    assert not list(tmp_path.iterdir())


# ── choices ──────────────────────────────────────────────────────────────────────────────────


def test_only_may_be_repeated_and_keeps_the_teaching_order(tmp_path: Path) -> None:
    assert main(["--out", str(tmp_path), "--only", "dead-relu", "--only", "perfect-guess"]) == 0
    html = Page((tmp_path / "index.html").read_text("utf-8"))
    assert [section["id"] for section in html.all("section")] == ["perfect-guess", "dead-relu"]


def test_no_steps_writes_pictures_only(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--out", str(tmp_path), "--no-steps", *NEURON]) == 0
    files = {file.name for file in tmp_path.iterdir() if file.is_file()}
    assert files == {"index.html", "05-relu-neuron-before.svg", "05-relu-neuron-after.svg"}
    links = [a["href"] or "" for a in Page((tmp_path / "index.html").read_text("utf-8")).all("a")]
    assert not [link for link in links if link.endswith(".html")]
    assert "Wrote 2 pictures for 1 example." in capsys.readouterr().out


def test_an_unknown_example_is_refused_before_anything_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--out", str(tmp_path / "new"), *NEURON, "--only", "relu"]) == 2
    assert "there is no example 'relu'; `python -m viz --list`" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_an_unknown_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["--out", str(tmp_path), "--format", "gif"])


@pytest.mark.parametrize(
    ("kind", "signature"),
    [("svg", b"<svg "), ("dot", b"digraph"), ("png", b"\x89PNG"), ("pdf", b"%PDF")],
)
def test_the_format_is_that_of_the_pictures(kind: str, signature: bytes, tmp_path: Path) -> None:
    if kind in ("png", "pdf") and shutil.which("dot") is None:
        pytest.skip("Graphviz's program dot is not installed")
    assert main(["--out", str(tmp_path), "--format", kind, *NEURON]) == 0
    pictures = sorted(tmp_path.glob(f"*.{kind}"))
    assert [p.stem for p in pictures] == ["05-relu-neuron-after", "05-relu-neuron-before"]
    assert all(p.read_bytes().startswith(signature) for p in pictures)
    assert (tmp_path / "index.html").exists()


def test_folders_are_made(tmp_path: Path) -> None:
    assert main(["--out", str(tmp_path / "a" / "b c" / "猫"), *NEURON]) == 0
    assert (tmp_path / "a" / "b c" / "猫" / "index.html").exists()


def test_the_gallery_opens_in_a_browser_when_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    assert main(["--out", str(tmp_path), "--open", *NEURON]) == 0
    assert opened == [(tmp_path / "index.html").as_uri()]


# ── what may go wrong ────────────────────────────────────────────────────────────────────────


def test_a_wrong_figure_is_named_and_the_command_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def wrong(name: str, progress: Progress | None = None) -> Example:
        example = built(name)
        return example._replace(figures=[*example.figures, Figure("dL_dw", -2.5, -2.0)])

    monkeypatch.setattr("viz.course.rendering.build", wrong)
    assert main(["--out", str(tmp_path), *NEURON]) == 1
    said = capsys.readouterr()
    assert "relu-neuron: expected dL_dw to be -2.0, got -2.5" in said.err
    assert "1 WRONG" in said.out


def test_a_folder_below_a_file_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()
    assert main(["--out", str(tmp_path / "file" / "out"), *NEURON]) == 1
    said = capsys.readouterr().err
    assert f"cannot write to {tmp_path / 'file'}" in said
    assert "--out" in said


def test_a_file_where_the_folder_should_be_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    assert main(["--out", str(tmp_path / "file"), *NEURON]) == 1
    assert f"cannot write to {tmp_path / 'file'}" in capsys.readouterr().err


def test_a_folder_where_a_picture_should_be_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "05-relu-neuron-before.svg").mkdir()
    assert main(["--out", str(tmp_path), *NEURON]) == 1
    assert "05-relu-neuron-before.svg" in capsys.readouterr().err


def test_png_without_dot_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "")
    assert main(["--out", str(tmp_path), "--format", "png", *NEURON]) == 1
    assert "apt install graphviz" in capsys.readouterr().err


class _Terminal:
    """Standard output as a terminal that remembers what was written."""

    def __init__(self) -> None:
        self.written = ""

    def write(self, text: str) -> int:
        self.written += text
        return len(text)

    def flush(self) -> None: ...

    def isatty(self) -> bool:
        return True


def test_on_a_terminal_progress_is_shown_in_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal: Any = _Terminal()
    monkeypatch.setattr("sys.stdout", terminal)
    assert main(["--out", str(tmp_path), *NEURON]) == 0
    assert "\r 5  relu-neuron" in terminal.written


def test_all_output_on_a_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def progressing(name: str, progress: Progress | None = None) -> Example:
        assert progress
        progress(3, 10)
        return built(name)

    terminal: Any = _Terminal()
    monkeypatch.setattr("sys.stdout", terminal)
    monkeypatch.setattr("viz.course.rendering.build", progressing)
    monkeypatch.setattr("viz.course.rendering.time.perf_counter", iter([10.0, 12.5]).__next__)
    assert main(["--out", str(tmp_path), *NEURON]) == 0
    row = " 5  relu-neuron           "
    shown = [
        f"{row}  3 of 10",
        f"{row}         1",
        f"{row}         2",
        f"{row}         2      1",
        f"{row}         2      2",
        f"{row}         2      3",
        "",
    ]
    assert terminal.written == (
        "    example                 pictures  pages  figures  seconds\n"
        + "".join(f"\r{line:<60}\r" for line in shown)
        + f"{row}         2      3       {len(built('relu-neuron').figures)}     2.50  ok\n\n"
        f"Wrote 2 pictures and 3 pages for 1 example. Open {tmp_path / 'index.html'}\n"
    )


def test_pages_have_four_digits_and_the_title_of_their_lesson(tmp_path: Path) -> None:
    third = Value(1.0, "third") / 3.0
    lesson = next(each for each in LESSONS if each.name == "relu-neuron")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("viz.course.rendering._step_pages", lambda *_: [("third.html", third)])
        assert main(["--out", str(tmp_path), *NEURON]) == 0
    html = (tmp_path / "third.html").read_text("utf-8")
    assert '<b title="0.333333">0.3333</b>' in html  # and six where one points
    assert f"<title>5. {lesson.title}</title>" in html


def test_a_page_of_steps_leads_back_to_its_lesson_and_on_to_the_next(tmp_path: Path) -> None:
    assert main(["--out", str(tmp_path), "--only", "target-moves", "--only", "one-update"]) == 0
    links = r'<a href="([^"]*)">([^<]*)</a>'
    first = (tmp_path / "02-target-moves.html").read_text("utf-8")
    assert re.findall(links, first) == [
        ("index.html#target-moves", "Back to lesson 2"),
        ("index.html#one-update", "Lesson 3: One update"),
    ]
    last = (tmp_path / "03-one-update-training.html").read_text("utf-8")
    assert re.findall(links, last) == [("index.html#one-update", "Back to lesson 3")]
    gallery = (tmp_path / "index.html").read_text("utf-8")
    assert 'id="target-moves"' in gallery and 'id="one-update"' in gallery


def test_the_options() -> None:
    told = {
        action.option_strings[-1]: (action.default, action.choices, action.metavar, action.help)
        for action in _parser()._actions
    }
    assert told == {
        "--help": ("==SUPPRESS==", None, None, "show this help message and exit"),
        "--list": (False, None, None, "list the examples and exit"),
        "--only": (None, None, "NAME", "render only this example; may be repeated"),
        "--out": (Path("renders"), None, "DIR", "default: renders/"),
        "--format": ("svg", ("svg", "png", "pdf", "dot"), None, "default: svg"),
        "--no-steps": (
            True,
            None,
            None,
            "write pictures only, no pages",
        ),
        "--open": (False, None, None, "open the gallery in a browser"),
    }
    assert _parser().prog == "python -m viz"
    assert _parser().description == (
        "Render the worked examples, check their figures and write the gallery."
    )


def test_messages_of_failures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--only", "nothing"]) == 2
    assert capsys.readouterr().err == (
        "there is no example 'nothing'; `python -m viz --list` lists them all\n"
    )

    def stopped(name: str, progress: Progress | None = None) -> Example:
        raise KeyboardInterrupt

    monkeypatch.setattr("viz.course.rendering.build", stopped)
    assert main(["--out", str(tmp_path), *NEURON]) == 130
    assert capsys.readouterr().err == (
        "\nstopped; the pictures drawn so far are written, index.html is not\n"
    )

    def broken(name: str, progress: Progress | None = None) -> Example:
        raise OSError("the disk is full")

    monkeypatch.setattr("viz.course.rendering.build", broken)
    assert main(["--out", str(tmp_path), *NEURON]) == 1
    assert capsys.readouterr().err == (
        f"\ncannot write to {tmp_path}: the disk is full; choose another folder with --out\n"
    )


def test_one_picture_and_one_page_are_singular(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--out", str(tmp_path), "--only", "perfect-guess"]) == 0
    assert "\nWrote 1 picture and 2 pages for 1 example. Open " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("why_not", "said"),
    [("it is not built (no module)", "builds one"), ("GLASSGRAD_PURE is set", "")],
)
def test_it_says_once_how_to_get_the_compiled_engine(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    why_not: str,
    said: str,
) -> None:
    monkeypatch.setattr(engines, "native", None)
    monkeypatch.setattr(engines, "why_not", why_not)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert main(["--out", str(tmp_path), "--no-steps", *NEURON]) == 0
    error = capsys.readouterr().err
    assert (error.count("builds one"), why_not in error) == ((1, True) if said else (0, False))
