"""Renew every kept text: the stored outputs (snapshots) that tests compare with today's.

Run `python -m tests.kept` after a change that is meant to alter what people see, and read the diff.
Each module under `tests` that keeps texts has a function `renew`, which writes them again; this
module finds these functions and calls them. syrupy would keep one text per test, for tests alone;
ours are files that people read and link to, pictures and tables among them.
"""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

__all__ = ["renew", "writers"]

ROOT = Path(__file__).parents[1]


def writers() -> list[str]:
    """The modules under `tests` that keep texts."""
    return [
        ".".join(file.relative_to(ROOT).with_suffix("").parts)
        for file in sorted(ROOT.glob("tests/*/**/*.py"))
        if re.search(r"^def renew\(\)", file.read_text("utf-8"), re.MULTILINE)
    ]


def renew() -> None:
    """Write all kept texts again."""
    for name in writers():
        print(name)
        import_module(name).renew()


if __name__ == "__main__":
    renew()
