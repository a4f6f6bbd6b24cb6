"""Run JavaScript in Node, or in Chromium, and read what it computed.

A script is a module that defines ``results()``, which may be asynchronous and returns what JSON can
hold. JSON has no nan, no inf and no −0, so scripts turn numbers into text with ``shown``, which
`read` turns back into floats.
"""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from autograd.program.javascript.expressions import number
from tests.viz.browser import CHROMIUM, NEEDED, browser

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["ENGINES", "SHOWN", "literal", "read", "run"]

NODE = shutil.which("node")

ENGINES = [
    pytest.param("node", marks=pytest.mark.skipif(not NODE, reason="Node is not installed")),
    pytest.param(
        "chromium",
        marks=[
            pytest.mark.slow,
            pytest.mark.skipif(not (CHROMIUM or NEEDED), reason="Chromium is not installed"),
        ],
    ),
]

SHOWN = """
function shown(x) {
  return Array.isArray(x) || ArrayBuffer.isView(x)
    ? Array.from(x, shown) : Object.is(x, -0) ? "-0" : typeof x === "number" ? String(x) : x;
}
"""


def run(engine: str, script: str, modules: Sequence[str] = ()) -> Any:
    """What ``results()`` of this script returns, in that engine.

    The script finds the modules, given by their sources, imported in ``MODULES``.
    """
    imports = ",\n".join([f"await import({_url(source)})" for source in modules])
    script = f"const MODULES = [{imports}];\n{script}"
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        if engine == "node":
            path = Path(folder) / "script.mjs"
            path.write_text(
                f"{script}\n{SHOWN}\nconsole.log(JSON.stringify(await results()));\n", "utf-8"
            )
            assert NODE is not None
            done = subprocess.run([NODE, path], capture_output=True, text=True, encoding="utf-8")
            assert done.returncode == 0, done.stderr[:2000]
            return json.loads(done.stdout)
        path = Path(folder) / "page.html"
        path.write_text(
            '<!doctype html><meta charset="utf-8"><script type="module">\n'
            f"{script}\n{SHOWN}\nwindow.answer = JSON.stringify(await results());\n</script>",
            "utf-8",
        )
        with browser() as page:
            page.open(path)
            page.wait("window.answer !== undefined")
            assert page.errors == []
            return json.loads(page.run("window.answer"))


def _url(module: str) -> str:
    encoded = base64.b64encode(module.encode("ascii")).decode("ascii")
    return f'"data:text/javascript;base64,{encoded}"'


def literal(things: Any) -> str:
    """Numbers, text, and lists of them, as JavaScript."""
    if isinstance(things, str):
        return json.dumps(things)
    if isinstance(things, float | int):
        return number(things).text
    return f"[{', '.join(map(literal, things))}]"


def read(shown: Any) -> Any:
    """The numbers that ``shown`` turned into text."""
    return list(map(read, shown)) if isinstance(shown, list) else float(shown)
