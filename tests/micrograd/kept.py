"""What micrograd itself computes in each pattern, kept in `kept.json`.

`python -m tests.kept` runs micrograd again if it is installed (``pip install micrograd==0.1.0``).
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from . import draw_dot
from .run import PATTERNS, numbers

__all__ = ["is_installed", "kept", "micrograd", "renew"]

FILE = Path(__file__).with_suffix(".json")


def kept() -> dict[str, Any]:
    """The numbers of all patterns, as they were kept."""
    return dict(json.loads(FILE.read_text("utf-8")))


def is_installed() -> bool:
    return importlib.util.find_spec("micrograd") is not None


def micrograd() -> dict[str, Any]:
    """Run all patterns with micrograd, in a process of its own."""
    command = [sys.executable, "-m", __name__]
    run = subprocess.run(
        command,
        capture_output=True,
        check=True,
        cwd=FILE.parents[2],
        env=os.environ | {"PATTERNS_OF": "micrograd"},
        text=True,
    )
    return dict(json.loads(run.stdout))


def compute() -> dict[str, Any]:
    """The numbers of all patterns, with the engine that `imports` has chosen."""
    return {
        "micrograd": importlib.metadata.version("micrograd"),
        "patterns": {name: numbers(name) for name in PATTERNS},
        "draw_dot": draw_dot.source().splitlines(),
    }


def renew() -> None:
    """Keep what micrograd computes now, if it is installed."""
    if not is_installed():
        print("  no micrograd, so its numbers stay as they are")
        return
    found = micrograd()
    # A line for each list keeps differences readable.
    patterns = [
        f"{json.dumps(name)}: {{\n"
        + ",\n".join(f"  {json.dumps(what)}: {json.dumps(row)}" for what, row in rows.items())
        + "\n}"
        for name, rows in found["patterns"].items()
    ]
    text = (
        f'{{"micrograd": {json.dumps(found["micrograd"])}, "patterns": {{\n'
        + ",\n".join(patterns)
        + '\n}, "draw_dot": [\n'
        + ",\n".join(map(json.dumps, found["draw_dot"]))
        + "\n]}\n"
    )
    FILE.write_text(text, "utf-8", newline="\n")


if __name__ == "__main__":
    print(json.dumps(compute()))
