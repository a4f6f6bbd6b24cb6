"""Fixtures for all tests of `viz`."""

from __future__ import annotations

import pytest

from viz.pictures import render


@pytest.fixture(autouse=True)
def _nothing_is_drawn_yet() -> None:
    """Forget the drawings of other tests, so that Graphviz is asked again."""
    render._draw_once.cache_clear()
