"""The page of the README shows what the trained program computes."""

from __future__ import annotations

import re
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from .test_readme import BLOCKS, README
from .viz.browser import CHROMIUM, NEEDED, browser

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

(PAGE,) = re.findall(r"^```html\n(.*?)^```$", README, flags=re.MULTILINE | re.DOTALL)
(CODE,) = [block for block in BLOCKS if ".listing()" in block]
(WRITE,) = re.findall(r"^`(Path\(.*?\))` writes", README, flags=re.MULTILINE)


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a folder with the page, and the module that the README's code writes."""
    monkeypatch.chdir(tmp_path)
    made, _ = CODE.split("print(program.listing())")  # the rest runs the program in Python
    exec(compile(f"{made}\nfrom pathlib import Path\n{WRITE}", "README.md", "exec"), {})
    (tmp_path / "page.html").write_text(f"<!doctype html>\n{PAGE}", "utf-8")
    (tmp_path / "favicon.ico").write_bytes(b"")  # which browsers ask for
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(tmp_path)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/page.html"
    server.shutdown()
    server.server_close()
    thread.join()


def test_it_has_five_lines() -> None:
    assert len(PAGE.splitlines()) == 5 and "Five lines put it" in README


@pytest.mark.slow
@pytest.mark.skipif(not (CHROMIUM or NEEDED), reason="Chromium is not installed")
def test_moving_the_slider_shows_the_program_s_output(site: str) -> None:
    with browser() as page:
        page._go(site)
        for x in (1.5, -1.0):
            page.run(f"x1.value = {x}; x1.dispatchEvent(new Event('input'));")
            page.wait("y.value !== ''")
            assert float(page.run("y.value")) == pytest.approx(max(0.5 * x - 0.3 * 0.5 + 0.1, 0.0))
        assert page.errors == []
