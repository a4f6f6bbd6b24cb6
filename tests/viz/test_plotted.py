"""Plots ask matplotlib for what they did when the texts in `plotted` were kept."""

from __future__ import annotations

import difflib

import pytest

from .plotted import KEPT, PLOTS, kept, told


@pytest.mark.parametrize("name", PLOTS)
def test_a_plot_asks_for_what_it_did(name: str) -> None:
    before, now = kept(name).read_text("utf-8"), told(name)
    changes = list(difflib.unified_diff(before.splitlines(), now.splitlines(), "kept", "now", n=1))
    assert not changes, (
        "\n".join(changes[:60]) + "\nIf this is as it should be: python -m tests.viz.plotted"
    )


def test_nothing_else_is_kept() -> None:
    assert set(KEPT.iterdir()) == {kept(name) for name in PLOTS}
