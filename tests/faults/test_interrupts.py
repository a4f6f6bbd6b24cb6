"""Ctrl-C at any moment: the running computation is lost, and everything still works."""

from __future__ import annotations

import contextlib
import os
import random
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import nn
from autograd import Value, detect_anomaly, modes, no_grad
from nn.call import in_progress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")


# ── real signals from another process ────────────────────────────────────────────────────────

# Each works until it is interrupted, then checks that its values are as good as new.
TRAINING = """
import nn
model, fresh = nn.MLP(2, [8, 1], activation="tanh", seed=0), nn.MLP(2, [8, 1], activation="tanh")
optimiser = nn.Adam(model.parameters(), lr=1e-5)  # so slow that it never converges
points = [([0, 0], 0), ([0, 1], 1), ([1, 0], 1), ([1, 1], 0)]

def loss_of(model):
    return nn.mse_loss([model(x) for x, _ in points], [y for _, y in points])

def work():
    model.zero_grad()
    loss_of(model).backward()
    optimiser.step()

def check():
    fresh.load_state_dict(model.state_dict())
    results = []
    for one in (model, fresh):
        one.zero_grad()
        loss = loss_of(one)
        loss.backward()
        results.append([loss.data, *(p.grad for p in one.parameters())])
    assert results[0] == results[1] and any(results[0])
    assert loss.made_by is None and model([0, 1]).made_by.parent.parent.module is model
"""

PROGRAM = """
import autograd, nn
import numpy as np
model = nn.MLP(2, [8, 1], activation="tanh", seed=0)
x = [autograd.Value(0.0), autograd.Value(0.0)]
program = autograd.compile((model(x) - 1.0) ** 2, params=model.parameters(), inputs=x)
columns = np.random.default_rng(0).normal(size=(2, 20_000))
optimiser = nn.Adam(program, lr=0.01)
program.value_and_grad(*columns), program(*columns)

def work():
    program(*columns)
    program.value_and_grad(*columns)
    optimiser.step()

def check():
    program.write_back()
    again = autograd.compile((model(x) - 1.0) ** 2, params=model.parameters(), inputs=x)
    for one in (again, program):
        value, gradient = one.value_and_grad(*columns)
        assert np.isfinite(value) and np.isfinite(gradient).all()
    assert (gradient == again.gradient).all()
    assert (program(*columns) == again(*columns)).all()
"""

RENDERING = """
import nn
from autograd import Value
from viz import draw, step_through
model = nn.MLP(2, [3, 1], activation="tanh", seed=0)
loss = (model([Value(0.5), Value(-0.3)]) - 1.0) ** 2
loss.backward()
before = [(p.data, p.grad) for p in model.parameters()]
picture, page = draw(loss).svg, step_through(loss).html

def work():
    draw(loss).svg
    step_through(loss).html

def check():
    assert [(p.data, p.grad) for p in model.parameters()] == before
    assert draw(loss).svg == picture
    assert step_through(loss).html == page
"""

LOOP = """
import os, signal
for _ in range({times}):
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        os.write(1, b"working\\n")
        while True:
            work()
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    check()
os.write(1, b"sound\\n")
"""


@pytest.mark.parametrize(
    ("script", "times"),
    [(TRAINING, 40), (PROGRAM, 20), (RENDERING, 12)],
    ids=["training", "program", "rendering"],
)
@pytest.mark.slow
def test_everything_works_after_ctrl_c(script: str, times: int) -> None:
    rng = random.Random(0)
    with subprocess.Popen(
        [sys.executable, "-c", script + LOOP.format(times=times)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as child:
        assert child.stdout is not None
        said = os.read(child.stdout.fileno(), 100)
        while said == b"working\n":
            time.sleep(rng.uniform(0.001, 0.03))
            # Python drops an exception raised while it frees an object, so send it again.
            for _ in range(20):
                child.send_signal(signal.SIGINT)
                if select.select([child.stdout], [], [], 3.0)[0]:
                    break
            else:
                child.kill()
            said = os.read(child.stdout.fileno(), 100)
        _, errors = child.communicate(timeout=60)
    assert (said, child.returncode) == (b"sound\n", 0), errors.decode()


# As in a terminal, even if the tests run in the background, where Ctrl-C is ignored.
COMMAND = """
import runpy, signal
signal.signal(signal.SIGINT, signal.default_int_handler)
runpy.run_module("viz", run_name="__main__", alter_sys=True)
"""


@pytest.mark.slow
@pytest.mark.parametrize("impatient", [False, True], ids=["once", "twice"])
def test_the_command_stops_in_one_sentence(impatient: bool, tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", COMMAND, "--out", str(tmp_path)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as child:
        assert child.stdout is not None
        while not child.stdout.readline().endswith("  ok\n"):
            pass
        if impatient:
            child.send_signal(signal.SIGINT)
            time.sleep(0.02)
        try:
            for _ in range(20):
                child.send_signal(signal.SIGINT)  # again, if it was dropped, as above
                with contextlib.suppress(subprocess.TimeoutExpired):
                    _, errors = child.communicate(timeout=3)
                    break
        finally:
            child.kill()  # or leaving this block would wait for ever
    assert errors.strip() == "stopped; the pictures drawn so far are written, index.html is not"
    assert child.returncode == 130
    assert not (tmp_path / "index.html").exists()
    assert (tmp_path / "01-perfect-guess.svg").read_text("utf-8").rstrip().endswith("</svg>")
    assert not list(tmp_path.rglob("*.draft"))


# ── thousands of signals, between any two steps of the interpreter ───────────────────────────


def _interrupted(work: Callable[[], object], times: int) -> Iterator[None]:
    """Repeat the work until a timer interrupts it like Ctrl-C; do that so many times."""
    rng = random.Random(0)
    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    try:
        for _ in range(times):
            try:
                # It repeats, since Python drops a signal that comes while it frees an object.
                signal.setitimer(signal.ITIMER_REAL, rng.uniform(2e-5, 4e-4), 0.2)
                while True:
                    work()
            except KeyboardInterrupt:
                signal.setitimer(signal.ITIMER_REAL, 0)
            yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_no_mode_stays_on_when_its_block_is_interrupted() -> None:
    @no_grad()
    def decorated() -> None:
        pass

    def around_a_yield() -> Iterator[None]:
        with no_grad():
            yield

    def work() -> None:
        with no_grad():
            pass
        with detect_anomaly(), no_grad():
            pass
        decorated()
        for _ in around_a_yield():
            pass

    for _ in _interrupted(work, 1000):
        assert modes.recording.get() and not modes.watching.get()
    assert (Value(2.0) * 3).op == "*"
    assert not modes.open_blocks


def test_no_module_call_stays_open_when_it_is_interrupted() -> None:
    class Same(nn.Module):
        def forward(self, x: float) -> float:
            return x

    same = Same()
    for _ in _interrupted(lambda: same(1.0), 1000):
        assert in_progress.get() is None
