"""Pages of steps tell and show what they did when their texts in `told` were kept."""

from __future__ import annotations

import difflib

import pytest

from .told import DRAWN, KEPT, PAGES, drawn, told


@pytest.mark.parametrize("name", PAGES)
def test_a_page_tells_and_shows_what_it_did(name: str) -> None:
    kept, now = (KEPT / f"{name}.txt").read_text("utf-8"), told(name)
    changes = list(difflib.unified_diff(kept.splitlines(), now.splitlines(), "kept", "now", n=1))
    assert not changes, (
        "\n".join(changes[:60]) + "\nIf this is as it should be: python -m tests.viz.told"
    )


def test_nothing_else_is_kept() -> None:
    assert set(KEPT.iterdir()) == {*DRAWN, *(KEPT / f"{name}.txt" for name in PAGES)}


def test_what_graphviz_drew_is_drawn_anew_to_a_tenth_of_a_point() -> None:
    graphviz, page = (file.read_text("utf-8") for file in DRAWN)
    assert drawn(graphviz)[1].splitlines() == page.splitlines()
