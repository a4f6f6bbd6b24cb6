"""Pictures of all kinds are made of the DOT that was kept in `sources`."""

from __future__ import annotations

import difflib

import pytest

from .sources import KEPT, PICTURES, told


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_made_of_what_it_was(name: str) -> None:
    kept, now = (KEPT / f"{name}.dot").read_text("utf-8"), told(name)
    changes = list(difflib.unified_diff(kept.splitlines(), now.splitlines(), "kept", "now", n=1))
    assert not changes, (
        "\n".join(changes[:60]) + "\nIf this is as it should be: python -m tests.viz.sources"
    )


def test_nothing_else_is_kept() -> None:
    assert set(KEPT.iterdir()) == {KEPT / f"{name}.dot" for name in PICTURES}
