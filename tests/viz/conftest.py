"""Fixtures for all tests of `viz`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from viz.pictures import render

from .browser import browser

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .browser import Browser

LOCAL = ("file:", "about:", "data:", "blob:")


@pytest.fixture(autouse=True)
def _nothing_is_drawn_yet() -> None:
    """Forget the drawings of other tests, so that Graphviz is asked again."""
    render._draw_once.cache_clear()


@pytest.fixture(scope="module")
def running() -> Iterator[Browser]:
    """A browser, for all tests of a module."""
    with browser() as started:
        yield started


@pytest.fixture
def chromium(running: Browser) -> Iterator[Browser]:
    """A browser, in which no script may fail and nothing may be asked of a network."""
    yield running
    assert not running.errors
    assert [url for url in running.requests if not url.startswith(LOCAL)] == []
