"""A full disk, a read-only folder, a broken `dot`: one clear sentence, and nothing half done."""

from __future__ import annotations

import re
import stat
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from autograd import Value
from nn import MLP
from viz import RenderError, draw, step_through
from viz.__main__ import main

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]

posix = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX")


def product() -> Value:
    return Value(2.0, "x") * Value(3.0, "w")


def assert_one_sentence(text: str, *parts: str) -> None:
    assert "\n" not in text and "Traceback" not in text and "PosixPath" not in text
    assert len(text) < 400
    for part in parts:
        assert part in text


SAVES: dict[str, Callable[[Path], object]] = {
    "model.json": lambda path: MLP(2, [1]).save(path),
    "page.html": lambda path: step_through(product()).save(path),
    "picture.svg": lambda path: draw(product()).save(path),
    "picture.dot": lambda path: draw(product()).save(path),
}
files = pytest.mark.parametrize("name", SAVES)


# ── a folder that not even the superuser can write to ────────────────────────────────────────

READ_ONLY = Path("/sys")
read_only = pytest.mark.skipif(not READ_ONLY.is_dir(), reason="needs a read-only folder: /sys")


@read_only
@files
def test_a_read_only_folder_is_reported_in_one_sentence(name: str) -> None:
    with pytest.raises(OSError, match=r"^(\[Errno \d+\] )?cannot (save to|write the p)") as caught:
        SAVES[name](READ_ONLY / name)
    reason = "(Permission denied|Operation not permitted|Read-only file system)"
    assert re.search(reason, str(caught.value))
    assert_one_sentence(str(caught.value), str(READ_ONLY / name))


@read_only
@pytest.mark.parametrize("out", [READ_ONLY / "renders", READ_ONLY])
def test_the_command_says_that_the_folder_is_read_only(
    out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--only", "perfect-guess", "--out", str(out)]) == 1
    assert_one_sentence(capsys.readouterr().err.strip(), f"cannot write to {out}", "--out")


# ── a full disk ──────────────────────────────────────────────────────────────────────────────

# For one process, a limit on file size has the effect of a full disk.
FULL = """
import pathlib, resource, signal, sys
from autograd import Value
from nn import MLP
from viz import draw, step_through

path = pathlib.Path(sys.argv[1])
y = Value(2.0, "x") * 3.0
thing = {".json": MLP(8, [16, 1], seed=0), ".html": step_through(y)}.get(path.suffix) or draw(y)
getattr(thing, "svg", None)  # rendered while there is room
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (200, 200))
try:
    thing.save(path)
except OSError as error:
    print(error)
"""


@posix
@pytest.mark.parametrize("name", ["model.json", "page.html", "picture.svg", "picture.dot"])
@pytest.mark.slow
def test_a_full_disk_is_reported_in_one_sentence_and_the_old_file_stays(
    name: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_text("old")
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(path)], cwd=ROOT, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert_one_sentence(done.stdout.strip(), "cannot ", str(path), "File too large")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@posix
@pytest.mark.slow
def test_a_full_disk_stops_the_command_in_one_sentence(tmp_path: Path) -> None:
    script = (
        "import resource, runpy, signal, sys, viz; viz.draw(__import__('autograd').Value(1.0)).svg;"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (200, 200));"
        f"sys.argv[1:] = ['--only', 'perfect-guess', '--out', {str(tmp_path / 'out')!r}];"
        "runpy.run_module('viz', run_name='__main__')"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1
    assert_one_sentence(done.stderr.strip(), "cannot write to", "File too large", "--out")
    assert not (tmp_path / "out" / "index.html").exists()


# ── a broken dot ─────────────────────────────────────────────────────────────────────────────

BROKEN = {
    "fails silently": ("#!/bin/sh\ncat >/dev/null\nexit 1\n", 0o755, "1"),
    "is killed": ("#!/bin/sh\nkill -9 $$\n", 0o755, "SIGKILL"),
    "closes its input": ("#!/bin/sh\nexec 0<&-\necho 'no input' >&2\nexit 4\n", 0o755, "no input"),
    "gives nothing": ("#!/bin/sh\ncat >/dev/null\n", 0o755, "dot"),
    "gives something else": ("#!/bin/sh\ncat >/dev/null\necho hello\n", 0o755, "dot"),
    "is not executable": ("#!/bin/sh\n", 0o644, "dot"),
}


@posix
@pytest.mark.parametrize("kind", ["png", "pdf"])
@pytest.mark.parametrize("how", BROKEN)
def test_a_broken_dot_is_reported_in_one_sentence_and_leaves_no_file(
    how: str, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script, mode, said = BROKEN[how]
    dot = tmp_path / "bin" / "dot"
    dot.parent.mkdir()
    dot.write_text(script)
    dot.chmod(mode)
    runs = bool(mode & stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{dot.parent}:/bin:/usr/bin" if runs else str(dot.parent))
    with pytest.raises(RenderError) as caught:
        draw(product()).save(tmp_path / f"a.{kind}")
    assert_one_sentence(str(caught.value), kind.upper(), said)
    assert not (tmp_path / f"a.{kind}").exists()


@posix
def test_a_repaired_dot_is_used_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    picture: Any = draw(product())
    dot = tmp_path / "dot"
    dot.write_text("#!/bin/sh\necho broken >&2\nexit 1\n")
    dot.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    with pytest.raises(RenderError, match="broken"):
        picture.save(tmp_path / "a.png")
    dot.write_text("#!/bin/sh\ncat >/dev/null\nprintf '\\211PNG\\r\\n\\032\\n'\n")
    assert picture.save(tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
