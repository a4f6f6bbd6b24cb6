"""`python -m tests.kept` renews all kept texts."""

from __future__ import annotations

from .kept import writers


def test_every_module_that_keeps_texts_is_found() -> None:
    assert {"tests.autograd.edges", "tests.viz.kept"} <= set(writers())
