"""A real browser for tests: headless Chromium, driven over its DevTools pipe.

Tests load a page, press keys and read what it says. Playwright and Selenium do the same with a
browser or a driver that they download; this takes the installed Chromium and nothing else.
"""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import signal
import tempfile
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

__all__ = ["CHROMIUM", "IN_A_BROWSER", "NEEDED", "Browser", "browser"]

NEEDED = os.environ.get("GLASSGRAD_NEEDS_CHROMIUM") == "1"  # a missing browser is a failure

# Windows cannot pass pipes by number, so no browser is looked for there.
NAMES = ("chromium", "chromium-browser", "google-chrome") if hasattr(os, "posix_spawn") else ()
CHROMIUM = next(filter(None, map(shutil.which, NAMES)), None)

IN_A_BROWSER = [
    pytest.mark.slow,
    pytest.mark.skipif(
        CHROMIUM is None and not NEEDED,
        reason="Chromium is not installed (GLASSGRAD_NEEDS_CHROMIUM=1 makes this a failure)",
    ),
]
"""Marks of tests that start a browser."""

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--hide-scrollbars", "--disable-dev-shm-usage", "--remote-debugging-pipe",
    "--disable-features=IsolateSandboxedIframes",  # frames in the process of their page
)  # fmt: skip
PATIENCE = 120.0  # seconds for one answer; a busy machine may take long to start a browser

_CODES = {
    "ArrowRight": 39, "ArrowLeft": 37, "Home": 36, "End": 35, " ": 32, "Tab": 9, "Enter": 13,
    "ArrowDown": 40, "ArrowUp": 38, "Escape": 27, "+": 187, "-": 189, "0": 48,
    "/": 191, "c": 67, "o": 79,
}  # fmt: skip


@contextmanager
def browser(*, scrollbars: bool = False) -> Iterator[Browser]:
    """Start a browser with one empty page, and stop it afterwards.

    Arguments:
        scrollbars: whether scrollbars take room, as on a desktop, or hide, as on a phone.
    """
    assert CHROMIUM is not None, "GLASSGRAD_NEEDS_CHROMIUM is set, and Chromium is not installed"
    flags = [flag for flag in FLAGS if not (scrollbars and flag == "--hide-scrollbars")]
    # Chromium reads commands from descriptor 3 and answers on 4.
    (theirs_in, ours_out), (ours_in, theirs_out) = os.pipe(), os.pipe()
    silent = os.open(os.devnull, os.O_RDWR)
    given = [_high(end) for end in (theirs_in, theirs_out, silent, silent)]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        pid = os.posix_spawn(
            CHROMIUM,
            [CHROMIUM, *flags, f"--user-data-dir={profile}", "about:blank"],
            os.environ,
            file_actions=[
                (os.POSIX_SPAWN_DUP2, end, as_)
                for end, as_ in zip(given, (3, 4, 1, 2), strict=True)
            ],
            setpgroup=0,
        )
        for end in (theirs_in, theirs_out, silent, *given):
            os.close(end)
        try:
            yield Browser(ours_out, ours_in, phones=not scrollbars)
        finally:
            os.close(ours_out)
            os.close(ours_in)
            os.killpg(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def _high(descriptor: int) -> int:
    """Duplicate a descriptor to a number that the browser does not use."""
    import fcntl  # not on Windows, which imports this module without using it

    return fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 20)


class Browser:
    """One page in a running browser.

    Attributes:
        phones: whether a narrow window is that of a phone.
        requests: the addresses requested since the page was opened.
        errors: the errors in its scripts since then.
    """

    def __init__(self, out: int, inward: int, *, phones: bool) -> None:
        self._out, self._in = out, inward
        self.phones = phones
        self._count = 0
        self._buffer = b""
        self.requests: list[str] = []
        self.errors: list[str] = []
        self._loaded = False
        self._session: str | None = None
        self.ask("Target.setDiscoverTargets", discover=True)
        found = [t for t in self.ask("Target.getTargets")["targetInfos"] if t["type"] == "page"]
        target = (
            found[0]["targetId"] if found else self.ask("Target.createTarget", url="")["targetId"]
        )
        self._session = self.ask("Target.attachToTarget", targetId=target, flatten=True)[
            "sessionId"
        ]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.ask(f"{domain}.enable")

    def ask(self, method: str, **parameters: Any) -> Any:
        """Send a command and return its result."""
        self._count += 1
        message: dict[str, Any] = {"id": self._count, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._read()
            if answer.get("id") == self._count:
                assert "error" not in answer, answer["error"]
                return answer["result"]
            self._note(answer)

    def _note(self, event: Any) -> None:
        about = event.get("params", {})
        match event.get("method"):
            case "Page.loadEventFired":
                self._loaded = True
            case "Network.requestWillBeSent":
                self.requests.append(about["request"]["url"])
            case "Runtime.exceptionThrown":
                self.errors.append(str(about["exceptionDetails"]))
            case "Log.entryAdded" if about["entry"]["level"] == "error":
                self.errors.append(about["entry"]["text"])

    def _read(self) -> Any:
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._in], [], [], PATIENCE)
            assert ready, "the browser does not answer"
            chunk = os.read(self._in, 1 << 16)
            assert chunk, "the browser has stopped"
            self._buffer += chunk
        line, _, self._buffer = self._buffer.partition(b"\0")
        return json.loads(line)

    def open(
        self,
        path: Path,
        *,
        step: int = 0,
        width: int = 1280,
        height: int = 800,
        dark: bool = False,
        calm: bool = True,
    ) -> None:
        """Load a page from a file in a window of that size, by default with reduced motion."""
        self.ask(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=height, deviceScaleFactor=1,
            mobile=self.phones and width < 600,
        )  # fmt: skip
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        motion = {"name": "prefers-reduced-motion", "value": "reduce" if calm else "no-preference"}
        self.ask("Emulation.setEmulatedMedia", features=[scheme, motion])
        self._go("about:blank")  # a new fragment alone would not reload the page
        self.requests.clear()
        self.errors.clear()
        self._go(f"{path.resolve().as_uri()}{f'#{step}' if step else ''}")

    def _go(self, url: str) -> None:
        self._loaded = False
        self.ask("Page.navigate", url=url)
        while not self._loaded:
            self._note(self._read())

    def run(self, script: str, *, in_frame: bool = False) -> Any:
        """Evaluate an expression in the page, or in its first frame."""
        world = {}
        if in_frame:
            (frame, *_) = self.ask("Page.getFrameTree")["frameTree"]["childFrames"]
            world["contextId"] = self.ask("Page.createIsolatedWorld", frameId=frame["frame"]["id"])[
                "executionContextId"
            ]
        answer = self.ask(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True, **world
        )
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def wait(self, condition: str, *, in_frame: bool = False) -> None:
        """Wait until the expression is true."""
        end = time.monotonic() + PATIENCE
        while not self.run(condition, in_frame=in_frame):
            assert time.monotonic() < end, f"never came true: {condition}"
            time.sleep(0.02)

    def open_again(self) -> None:
        """Open the address that the live page has by now, as a reload or another tab would."""
        self.run("new Promise((done) => setTimeout(done, 450))")  # the address follows soon
        address = self.run("location.href")
        self._go("about:blank")
        self._go(address)
        self.run("glassgrad.ready.then(() => 1)")

    def press(self, key: str, times: int = 1) -> None:
        """Press and release a key."""
        about = {"key": key, "code": key.strip() or "Space", "windowsVirtualKeyCode": _CODES[key]}
        if len(key) == 1 or key == "Enter":
            about["text"] = "\r" if key == "Enter" else key
        for _ in range(times):
            self.ask("Input.dispatchKeyEvent", type="keyDown", **about)
            self.ask("Input.dispatchKeyEvent", type="keyUp", **about)

    def point(self, selector: str) -> None:
        """Move the mouse onto the middle of the first matching element."""
        self.mouse("mouseMoved", *self.middle(selector))

    def middle(self, selector: str) -> tuple[float, float]:
        """The middle of the first matching element, in the window."""
        x, y = self.run(
            f"(({{left, top, width, height}}) => [left + width / 2, top + height / 2])"
            f"(document.querySelector({json.dumps(selector)}).getBoundingClientRect())"
        )
        return x, y

    def mouse(self, kind: str, x: float, y: float, **about: Any) -> None:
        """Move, press or release the mouse, or turn its wheel."""
        self.ask("Input.dispatchMouseEvent", type=kind, x=x, y=y, **about)

    def click(self, x: float, y: float) -> None:
        """Move the mouse to a place and click."""
        self.mouse("mouseMoved", x, y)
        for kind in ("mousePressed", "mouseReleased"):
            self.mouse(kind, x, y, button="left", clickCount=1)

    def touch(self, *moves: Sequence[tuple[float, float]]) -> None:
        """Put fingers on the screen, move them, and lift them."""
        for k, fingers in enumerate(moves):
            points = [{"x": x, "y": y, "id": i} for i, (x, y) in enumerate(fingers)]
            kind = "touchMove" if k else "touchStart"
            self.ask("Input.dispatchTouchEvent", type=kind, touchPoints=points)
        self.ask("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])

    def look(self) -> bytes:
        """Take a screenshot, as PNG."""
        return base64.b64decode(self.ask("Page.captureScreenshot", format="png")["data"])
