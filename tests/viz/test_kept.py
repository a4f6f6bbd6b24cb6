"""Pages of steps, pictures and plots show what they did when their texts were kept."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

import pytest

from .kept import GIVEN, HERE, RENEW, TEXTS

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("file", TEXTS, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_what_is_shown_is_what_was_kept(file: Path) -> None:
    kept, now = file.read_text("utf-8"), TEXTS[file]()
    changes = list(difflib.unified_diff(kept.splitlines(), now.splitlines(), "kept", "now", n=1))
    assert not changes, "\n".join([*changes[:60], RENEW])


def test_nothing_else_is_kept() -> None:
    folders = ("pages", "sources", "plotted")
    there = {*HERE.glob("*.txt"), *(file for name in folders for file in (HERE / name).iterdir())}
    assert there == {GIVEN, *TEXTS}
